/* roots.c: what of an image is needed though nothing in it refers to it.
 *
 * The entry point, names that the user, a linker script or a rule file gives, exported dynamic
 * symbols and what the dynamic section points to, constructors, notes, and tables between a start
 * and an end mark. And what the link has made unknowable: gaps between symbols, assembly without
 * function symbols, data of local symbols, to which references may be read in more than one way
 * once only a section's symbol names them (`--data` lets such data die all the same).
 *
 * Entry: rp_image_roots.
 */
#include "image/parts.h"

#include "link/brackets.h"
#include "util/checked.h"
#include "util/glob.h"

#include <string.h>

static enum reap_status add(struct rp_image_build *b, rp_id node, unsigned reason,
                            const char *detail)
{
    struct rp_model *m = b->im->m;
    struct rp_root r = {.node = node, .reason = reason, .detail = detail, .follow = true};
    if (!node)
        return REAP_OK;
    return detail && rp_vec_push(&m->roots, r) ? REAP_OK : rp_nomem(m->ctx);
}

/* It stays, and what it refers to does not follow. */
static enum reap_status add_alone(struct rp_image_build *b, rp_id node, unsigned reason,
                                  const char *detail)
{
    enum reap_status st = add(b, node, reason, detail);
    if (st == REAP_OK && node)
        b->im->m->roots.v[b->im->m->roots.n - 1].follow = false;
    return st;
}

static enum reap_status add_section(struct rp_image_build *b, rp_id section, unsigned reason,
                                    const char *detail)
{
    const struct rp_section *s = &b->im->m->sections[section];
    enum reap_status st = REAP_OK;
    for (uint32_t i = 0; i < s->n_nodes && st == REAP_OK; i++)
        st = add(b, s->node + i, reason, detail);
    return st;
}

static rp_id node_of_symbol(const struct rp_image_build *b, uint32_t sym)
{
    uint64_t addr;
    return rp_image_symbol_addr(b->im, sym, &addr) ? rp_image_node_at(b->im, addr) : 0;
}

static enum reap_status add_name(struct rp_image_build *b, const char *name, unsigned reason,
                                 const char *detail)
{
    uint32_t sym = rp_strmap_get(&b->globals, name, strlen(name));
    return sym ? add(b, node_of_symbol(b, sym), reason, detail) : REAP_OK;
}

static const char *detail_of(struct rp_image_build *b, const char *what, const char *name)
{
    return rp_arena_printf(&b->im->m->arena, "%s %s", what, name);
}

/* --- the entry point ---------------------------------------------------------------------------
 */

/* Names of the command line and of linker scripts. */
static enum reap_status name_roots(struct rp_image_build *b)
{
    const struct rp_image_options *o = b->o;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < o->n_entries && st == REAP_OK; i++)
        st =
            add_name(b, o->entries[i], RP_ROOT_UNDEFINED_OPTION, detail_of(b, "-u", o->entries[i]));
    for (size_t i = 0; i < o->n_scripts && st == REAP_OK; i++) {
        const struct rp_script *s = o->scripts[i];
        if (s->entry)
            st = add_name(b, s->entry, RP_ROOT_ENTRY, detail_of(b, "ENTRY of", s->path));
        for (size_t k = 0; k < s->externs.n && st == REAP_OK; k++)
            st =
                add_name(b, s->externs.v[k].name, RP_ROOT_UNDEFINED_OPTION, s->externs.v[k].origin);
        for (size_t k = 0; k < s->mentioned.n && st == REAP_OK; k++)
            st = add_name(b, s->mentioned.v[k].name, RP_ROOT_SCRIPT_SYMBOL,
                          s->mentioned.v[k].origin);
    }
    return st;
}

/* --- rules -------------------------------------------------------------------------------------
 */

static enum reap_status keep_symbols(struct rp_image_build *b, const struct rp_rule *r)
{
    const struct rp_image *im = b->im;
    unsigned reason = r->kind == RP_RULE_EXPORT ? RP_ROOT_EXPORTED : RP_ROOT_RULE;
    enum reap_status st = REAP_OK;
    if (strncmp(r->origin, "--", 2) == 0)
        reason = RP_ROOT_OPTION;
    for (size_t i = 0; i < im->symbols.n && st == REAP_OK; i++)
        if (rp_glob_match(r->glob, rp_elf_symname(im->e, im->symbols.v[i].symbol)))
            st = add(b, im->symbols.v[i].node, reason, r->origin);
    return st;
}

static enum reap_status rule_roots(struct rp_image_build *b)
{
    struct rp_model *m = b->im->m;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; b->o->rules && i < b->o->rules->rules.n && st == REAP_OK; i++) {
        const struct rp_rule *r = &b->o->rules->rules.v[i];
        bool file =
            r->kind == RP_RULE_KEEP_FILE && rp_file_glob_match(r->glob, b->im->e->name, NULL);
        if (r->kind == RP_RULE_KEEP_SYMBOL || r->kind == RP_RULE_EXPORT)
            st = keep_symbols(b, r);
        if (r->kind != RP_RULE_KEEP_SECTION && !file)
            continue;
        for (rp_id s = 1; s <= m->n_section_ids && st == REAP_OK; s++)
            if ((m->sections[s].flags & RP_SEC_ALLOC) &&
                (file || rp_glob_match(r->glob, rp_section_name(m, s))))
                st = add_section(b, s, RP_ROOT_RULE, r->origin);
    }
    return st;
}

/* --- sections ----------------------------------------------------------------------------------
 */

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Why a section is a root for what it is; 0: it is none. */
static unsigned section_reason(const struct rp_shdr *sh, const char *name)
{
    enum { SHF_GNU_RETAIN_ = 1 << 21 };
    switch (sh->type) {
    case SHT_INIT_ARRAY:
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY: return RP_ROOT_INIT_ARRAY;
    case SHT_NOTE: return RP_ROOT_NOTE;
    default: break;
    }
    if (starts_with(name, ".ctors") || starts_with(name, ".dtors") || strcmp(name, ".jcr") == 0)
        return RP_ROOT_INIT_ARRAY;
    if (strcmp(name, ".init") == 0 || strcmp(name, ".fini") == 0)
        return RP_ROOT_INIT_SECTION;
    return sh->flags & SHF_GNU_RETAIN_ ? RP_ROOT_RETAIN : 0;
}

static enum reap_status section_roots(struct rp_image_build *b)
{
    const struct rp_model *m = b->im->m;
    enum reap_status st = REAP_OK;
    for (rp_id s = 1; s <= m->n_section_ids && st == REAP_OK; s++) {
        const struct rp_section *sec = &m->sections[s];
        const char *name = rp_section_name(m, s);
        if (!sec->n_nodes)
            continue;
        if (!(sec->flags & RP_SEC_ALLOC)) {
            st = add_alone(b, sec->node, RP_ROOT_NONALLOC, name);
            continue;
        }
        unsigned reason = section_reason(rp_shdr_of(m, s), name);
        if (reason)
            st = add_section(b, s, reason, name);
    }
    return st;
}

/* --- dynamic linking ---------------------------------------------------------------------------
 */

static enum reap_status exported_symbols(struct rp_image_build *b, const struct rp_shdr *sh)
{
    const struct rp_elf *e = b->im->e;
    enum reap_status st = REAP_OK;
    if (sh->entsize != sizeof(struct rp_sym))
        return REAP_OK;
    const struct rp_sym *syms = (const void *)(e->data + sh->offset);
    for (uint64_t i = 1; i < sh->size / sizeof *syms && st == REAP_OK; i++)
        if (syms[i].shndx16 != SHN_UNDEF && rp_sym_bind(&syms[i]) != STB_LOCAL &&
            rp_sym_type(&syms[i]) != STT_TLS)
            st = add(b, rp_image_node_at(b->im, syms[i].value), RP_ROOT_EXPORTED,
                     "dynamic symbol table");
    return st;
}

static enum reap_status dynamic_tags(struct rp_image_build *b, const struct rp_shdr *sh)
{
    const uint8_t *p = b->im->e->data + sh->offset;
    enum reap_status st = REAP_OK;
    for (uint64_t i = 0; i < sh->size / 16 && st == REAP_OK; i++) {
        uint64_t tag = rp_load64(p + 16 * i), value = rp_load64(p + 16 * i + 8);
        if (tag == DT_NULL)
            break;
        if (tag == DT_INIT || tag == DT_FINI)
            st = add(b, rp_image_node_at(b->im, value), RP_ROOT_INIT_FINI,
                     tag == DT_INIT ? "DT_INIT" : "DT_FINI");
    }
    return st;
}

static enum reap_status dynamic_roots(struct rp_image_build *b)
{
    const struct rp_elf *e = b->im->e;
    enum reap_status st = REAP_OK;
    for (uint32_t i = 1; i < e->n_sections && st == REAP_OK; i++) {
        if (e->shdrs[i].type == SHT_DYNSYM)
            st = exported_symbols(b, &e->shdrs[i]);
        else if (e->shdrs[i].type == SHT_DYNAMIC)
            st = dynamic_tags(b, &e->shdrs[i]);
    }
    return st;
}

/* --- tables between marks ----------------------------------------------------------------------
 */

/* What stands between a start and an end mark of data, whoever refers to the marks: code that walks
 * a table names no entry of it. */
static enum reap_status bracket(struct rp_image_build *b, uint32_t start, uint32_t end)
{
    const struct rp_image *im = b->im;
    uint64_t from, to;
    if (!rp_image_symbol_addr(im, start, &from) || !rp_image_symbol_addr(im, end, &to) ||
        to <= from)
        return REAP_OK;
    rp_id section = rp_image_section_at(im, from);
    if (!section || (rp_shdr_of(im->m, section)->flags & SHF_EXECINSTR) ||
        to - rp_shdr_of(im->m, section)->addr > rp_shdr_of(im->m, section)->size)
        return REAP_OK;
    const char *detail = rp_arena_printf(&im->m->arena, "between %s and %s",
                                         rp_elf_symname(im->e, start), rp_elf_symname(im->e, end));
    enum reap_status st = REAP_OK;
    const struct rp_section *s = &im->m->sections[section];
    for (rp_id i = rp_node_at(im->m, section, from - rp_shdr_of(im->m, section)->addr);
         i < s->node + s->n_nodes && rp_image_node_addr(im, i) < to && st == REAP_OK; i++)
        if (rp_image_node_addr(im, i) >= from && im->m->nodes.v[i].kind == RP_NODE_ATOM)
            st = add(b, i, RP_ROOT_KEEP, detail);
    return st;
}

/* Tables whose marks a rule file names. */
static enum reap_status rule_brackets(struct rp_image_build *b)
{
    enum reap_status st = REAP_OK;
    for (size_t i = 0; b->o->rules && i < b->o->rules->rules.n && st == REAP_OK; i++) {
        const struct rp_rule *r = &b->o->rules->rules.v[i];
        if (r->kind != RP_RULE_BRACKET)
            continue;
        uint32_t start = rp_strmap_get(&b->globals, r->start, strlen(r->start));
        uint32_t end = rp_strmap_get(&b->globals, r->end, strlen(r->end));
        if (start && end)
            st = bracket(b, start, end);
    }
    return st;
}

/* What __start_X and __stop_X of the linkers bracket: the section X, also when the program names
 * only one of the two. */
static enum reap_status start_stop(struct rp_image_build *b, const char *name)
{
    const struct rp_model *m = b->im->m;
    const char *x = starts_with(name, "__start_")  ? name + strlen("__start_")
                    : starts_with(name, "__stop_") ? name + strlen("__stop_")
                                                   : NULL;
    enum reap_status st = REAP_OK;
    for (uint32_t i = 0; x && i < b->im->n_sections && st == REAP_OK; i++) {
        rp_id section = b->im->sections[i];
        if (!(rp_shdr_of(m, section)->flags & SHF_EXECINSTR) &&
            strcmp(rp_section_name(m, section), x) == 0)
            for (uint32_t k = 0; k < m->sections[section].n_nodes && st == REAP_OK; k++)
                if (m->nodes.v[m->sections[section].node + k].kind == RP_NODE_ATOM)
                    st = add(b, m->sections[section].node + k, RP_ROOT_KEEP, name);
    }
    return st;
}

/* Tables between the symbols of linker scripts. */
static enum reap_status script_brackets(struct rp_image_build *b)
{
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < b->o->n_scripts && b->o->link && st == REAP_OK; i++) {
        struct rp_bracket *v = NULL;
        uint32_t n = 0;
        st = rp_script_brackets(b->im->m->ctx, b->o->link, b->o->scripts[i], &v, &n);
        for (uint32_t k = 0; k < n && st == REAP_OK; k++) {
            const char *to = v[k].symbols[1];
            uint32_t start = rp_strmap_get(&b->globals, v[k].symbols[0], strlen(v[k].symbols[0]));
            uint32_t end = to ? rp_strmap_get(&b->globals, to, strlen(to)) : 0;
            if (start && end)
                st = bracket(b, start, end);
        }
    }
    return st;
}

static enum reap_status bracket_roots(struct rp_image_build *b)
{
    const struct rp_image *im = b->im;
    struct rp_strmap starts = {0};
    enum reap_status st = rule_brackets(b);
    if (st == REAP_OK)
        st = script_brackets(b);
    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < im->symbols.n && st == REAP_OK; i++) {
            uint32_t sym = im->symbols.v[i].symbol;
            const char *name = rp_elf_symname(im->e, sym);
            struct rp_mark_name mark;
            if (im->e->syms[sym].size || rp_sym_bind(&im->e->syms[sym]) == STB_LOCAL)
                continue;
            if (!pass)
                st = start_stop(b, name);
            rp_mark_name(name, &mark);
            if (st != REAP_OK || mark.kind != (pass ? RP_MARK_END : RP_MARK_START) ||
                mark.by_letter || rp_mark_is_region(&mark, name))
                continue;
            size_t n = strlen(mark.stem);
            if (pass) {
                uint32_t start = rp_strmap_get(&starts, mark.stem, n);
                st = start ? bracket(b, start, sym) : REAP_OK;
                continue;
            }
            char *key = rp_arena_strndup(&im->m->arena, mark.stem, n);
            uint32_t *slot = key ? rp_strmap_put(&starts, key, n) : NULL;
            if (slot)
                *slot = *slot ? *slot : sym;
            else
                st = rp_nomem(im->m->ctx);
        }
    rp_strmap_free(&starts);
    return st;
}

/* --- what cannot be known ----------------------------------------------------------------------
 */

/* Why a node must stay whatever refers to it; NULL: it needs not. */
static const char *why_unknown(const struct rp_image_build *b, rp_id node)
{
    const struct rp_node *n = &b->im->m->nodes.v[node];
    uint32_t flags = b->im->atoms.v[node].flags;
    switch (n->kind) {
    case RP_NODE_GAP:
        if (flags & RP_ATOM_PIECE)
            return NULL;
        return flags & RP_ATOM_CODE ? "code that no symbol covers" : "data that no symbol covers";
    case RP_NODE_SECTION: return "a section without addresses of its own";
    case RP_NODE_ATOM: break;
    default: return NULL;
    }
    if (flags & RP_ATOM_CODE)
        return flags & RP_ATOM_FUNCTION ? NULL : "assembly without a function symbol";
    if (flags & RP_ATOM_UNSIZED)
        return "data of unknown size";
    if ((flags & RP_ATOM_LOCAL) && !b->o->data)
        return "local data: references to it are ambiguous after the link";
    /* -fsection-anchors of GCC: `ldr x3, [x1, #16]`, where x1 holds the address of another object
     * of the same file, reads a function pointer that no relocation names. */
    if (b->im->e->machine == EM_AARCH64)
        return "data: AArch64 code addresses it from its neighbours";
    if (b->globals_by_section && !b->o->data)
        return "data: code names global objects by their section, which is ambiguous";
    return NULL;
}

static enum reap_status unknown_roots(struct rp_image_build *b)
{
    const struct rp_model *m = b->im->m;
    enum reap_status st = REAP_OK;
    for (rp_id i = 1; i < m->nodes.n && st == REAP_OK; i++) {
        uint32_t table = b->im->atoms.v[i].table;
        if (!(m->sections[m->nodes.v[i].section].flags & RP_SEC_ALLOC))
            continue;
        if (table && !b->tables.v[table - 1].follow) {
            st = add_alone(b, i, RP_ROOT_RULE, b->tables.v[table - 1].rule->origin);
            continue;
        }
        const char *why = why_unknown(b, i);
        if (why)
            st = add(b, i, RP_ROOT_ODD_SHAPE, why);
    }
    return st;
}

enum reap_status rp_image_roots(struct rp_image_build *b)
{
    enum reap_status st = REAP_OK;
    if (b->im->e->entry)
        st = add(b, rp_image_node_at_any(b, b->im->e->entry), RP_ROOT_ENTRY, "entry point");
    if (st == REAP_OK)
        st = name_roots(b);
    if (st == REAP_OK)
        st = rule_roots(b);
    if (st == REAP_OK)
        st = dynamic_roots(b);
    if (st == REAP_OK)
        st = section_roots(b);
    if (st == REAP_OK)
        st = bracket_roots(b);
    if (st == REAP_OK)
        st = unknown_roots(b);
    return st;
}
