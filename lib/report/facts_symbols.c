/* facts_symbols.c: names in the facts: definitions, references to nothing, unextracted members.
 *
 * A definition is noted with the node that holds it, in whatever file it stands, so that `why` can
 * tell apart the copy that prevails, COMDAT copies, weak definitions that lost, definitions in
 * shared libraries and definitions that were never extracted from an archive. The biggest
 * definition gives its node a name.
 *
 * Names of unextracted members come from the archive's index, so that members need not be opened.
 */
#include "report/facts.h"

#include "report/build.h"

#include <string.h>

/* Symbols that name no definition of the program: sections, files, mapping symbols of the AArch64
 * ABI ($x, $d), assembler temporaries. */
static bool is_definition(const struct rp_elf *e, uint32_t sym)
{
    const struct rp_sym *s = &e->syms[sym];
    const char *name = rp_elf_symname(e, sym);
    unsigned type = rp_sym_type(s);
    if (!*name || type == STT_SECTION || type == STT_FILE || rp_sym_shndx(e, sym) == RP_SHN_UNDEF)
        return false;
    return !(rp_sym_bind(s) == STB_LOCAL &&
             (!strncmp(name, ".L", 2) || (name[0] == '$' && strchr("xdat", name[1]))));
}

/* How well a symbol names its node: size, then global before weak before local. */
static uint64_t rank(const struct rp_fact_symbol *s)
{
    uint64_t size = s->size > UINT64_MAX >> 3 ? UINT64_MAX >> 3 : s->size;
    return size << 2 | (s->bind == STB_GLOBAL ? 3 : s->bind == STB_WEAK ? 2 : 1);
}

static rp_id node_of(const struct rp_build *b, rp_id file, uint32_t sym)
{
    const struct rp_model *m = b->m;
    const struct rp_file *f = rp_file_of(m, file);
    uint32_t shndx = rp_sym_shndx(&f->elf, sym);
    if (shndx == RP_SHN_COMMON) {
        rp_id global = rp_sym_global(f, sym);
        return global && rp_global_of(m, global)->def_file == file ? rp_global_of(m, global)->node
                                                                   : 0;
    }
    if (shndx >= f->elf.n_sections || !f->sec_base)
        return 0;
    rp_id section = f->sec_base + shndx;
    if (b->dup_node[section])
        return b->dup_node[section];
    return m->sections[section].n_nodes ? rp_node_at(m, section, f->elf.syms[sym].value) : 0;
}

static bool add_symbol(struct rp_build *b, rp_id file, uint32_t sym, uint64_t *best)
{
    const struct rp_file *f = rp_file_of(b->m, file);
    const struct rp_sym *s = &f->elf.syms[sym];
    struct rp_fact_symbol out = {
        .node = node_of(b, file, sym),
        .file = file,
        .place = RP_PLACE_OBJECT,
        .bind = (uint8_t)rp_sym_bind(s),
        .type = (uint8_t)rp_sym_type(s),
        .vis = (uint8_t)rp_sym_vis(s),
        .value = s->value,
        .size = s->size,
    };
    /* Not the global's name: with --wrap, a definition keeps its own. */
    const char *name = rp_elf_symname(&f->elf, sym);
    rp_id global = rp_sym_global(f, sym);
    bool same = global && !strcmp(name, rp_global_of(b->m, global)->name);
    if (same ? !rp_build_global_name(b, global, &out.name) : !rp_build_str(b, name, &out.name))
        return false;
    struct rp_fact_node *node = &b->f->nodes.v[out.node];
    if (out.node && node->kind != RP_NODE_COMMON && rank(&out) > best[out.node]) {
        best[out.node] = rank(&out);
        node->name = out.name;
    }
    return rp_vec_push(&b->f->symbols, out);
}

/* Defined by the linker: one of its own names, or __start_X or __stop_X of a set, whose name is
 * "__start_X/__stop_X". */
static bool is_linkers(const struct rp_model *m, const struct rp_global *g)
{
    if (g->flags & RP_GLOB_LINKER_DEF)
        return true;
    if (strncmp(g->name, "__start_", 8) != 0 && strncmp(g->name, "__stop_", 7) != 0)
        return false;
    for (size_t i = 0; i < m->sets.n; i++) {
        const char *slash = strchr(m->sets.v[i].name, '/');
        size_t n = slash ? (size_t)(slash - m->sets.v[i].name) : 0;
        if (n && ((n == g->name_len && !strncmp(m->sets.v[i].name, g->name, n)) ||
                  (strlen(slash + 1) == g->name_len && !strncmp(slash + 1, g->name, g->name_len))))
            return true;
    }
    return false;
}

/* Names that no object defines: by shared libraries, by the linker, by nobody. */
static bool add_global(struct rp_build *b, rp_id id)
{
    const struct rp_global *g = rp_global_of(b->m, id);
    struct rp_fact_symbol out = {.vis = g->visibility, .bind = STB_GLOBAL};
    if (g->flags & RP_GLOB_SHARED_DEF && g->def_file) {
        out.place = RP_PLACE_SHARED;
        out.file = g->def_file;
    } else if (g->def_file) {
        return true; /* among its file's symbols */
    } else if (is_linkers(b->m, g)) {
        out.place = RP_PLACE_LINKER;
    } else if (g->flags & (RP_GLOB_REFERENCED | RP_GLOB_SHARED_REF | RP_GLOB_UNTOUCHED_REF)) {
        out.place = RP_PLACE_UNDEFINED;
    } else {
        return true;
    }
    if (g->flags & RP_GLOB_WEAK_ONLY)
        out.bind = STB_WEAK;
    return rp_build_global_name(b, id, &out.name) && rp_vec_push(&b->f->symbols, out);
}

enum reap_status rp_build_symbols(struct rp_build *b)
{
    const struct rp_model *m = b->m;
    uint64_t *best = calloc(b->f->nodes.n, sizeof *best);
    bool ok = best != NULL;
    for (rp_id file = 1; ok && file <= m->files.n; file++) {
        const struct rp_file *f = rp_file_of(m, file);
        if (f->kind == RP_FILE_SHARED || !f->sec_base)
            continue;
        for (uint32_t s = 1; ok && s < f->elf.n_symbols; s++)
            if (is_definition(&f->elf, s))
                ok = add_symbol(b, file, s, best);
    }
    for (rp_id g = 1; ok && g <= m->globals.n; g++)
        ok = add_global(b, g);
    free(best);
    return ok ? REAP_OK : rp_nomem(m->ctx);
}

/* --- references to nothing ------------------------------------------------------------------- */

static bool is_missing(const struct rp_model *m, rp_id global)
{
    const struct rp_global *g = rp_global_of(m, global);
    return !g->def_file && !is_linkers(m, g);
}

static bool refers_to_missing(const struct rp_model *m, const struct rp_file *f)
{
    for (uint32_t s = f->elf.first_global; s < f->elf.n_symbols; s++) {
        rp_id g = rp_sym_global(f, s);
        if (g && rp_sym_shndx(&f->elf, s) == RP_SHN_UNDEF && is_missing(m, g))
            return true;
    }
    return false;
}

/* The places in one section; several in a row from one node to one name count once. */
static bool add_section_undefs(struct rp_build *b, rp_id file, rp_id section)
{
    const struct rp_model *m = b->m;
    const struct rp_file *f = rp_file_of(m, file);
    uint32_t n = 0;
    const struct rp_rela *r = rp_elf_relocs(&f->elf, m->sections[section].rel, &n);
    struct rp_fact_undef last = {0};
    for (uint32_t i = 0; i < n; i++) {
        rp_id g = rp_sym_global(f, r[i].sym);
        if (!g || !is_missing(m, g))
            continue;
        struct rp_fact_undef out = {
            .file = file,
            .node = rp_node_at(m, section, r[i].offset),
            .offset = r[i].offset,
            .weak = rp_sym_bind(&f->elf.syms[r[i].sym]) == STB_WEAK,
        };
        if (!rp_build_global_name(b, g, &out.name))
            return false;
        if (out.node == last.node && out.name == last.name)
            continue;
        last = out;
        if (!rp_vec_push(&b->f->undefs, out))
            return false;
    }
    return true;
}

enum reap_status rp_build_undefs(struct rp_build *b)
{
    const struct rp_model *m = b->m;
    for (rp_id file = 1; file <= m->files.n; file++) {
        const struct rp_file *f = rp_file_of(m, file);
        if (f->kind == RP_FILE_SHARED || !f->sec_base || !refers_to_missing(m, f))
            continue;
        for (uint32_t no = 1; no < f->elf.n_sections; no++) {
            const struct rp_section *s = &m->sections[f->sec_base + no];
            bool alloc = s->flags & RP_SEC_ALLOC;
            if (alloc && s->rel && s->n_nodes && !add_section_undefs(b, file, f->sec_base + no))
                return rp_nomem(m->ctx);
        }
    }
    return REAP_OK;
}

/* --- members that stayed in their archives --------------------------------------------------- */

static bool add_members(struct rp_build *b, const struct rp_ar *ar)
{
    const struct rp_archive *a = &ar->archive;
    rp_id *ids = calloc((size_t)a->n_members + 1, sizeof *ids);
    bool ok = ids != NULL;
    for (uint32_t i = 0; ok && i < a->n_members; i++) {
        if (ar->loaded && ar->loaded[i])
            continue;
        struct rp_fact_file out = {.size = a->members[i].size};
        ids[i] = (rp_id)b->f->files.n;
        ok = rp_build_str(b, a->path, &out.path) &&
             rp_build_str(b, a->members[i].name, &out.member) &&
             rp_build_str(b, "member-not-extracted", &out.kind) && rp_vec_push(&b->f->files, out);
    }
    for (uint32_t i = 0; ok && i < a->n_index; i++) {
        const struct rp_armap_entry *e = &a->index[i];
        if (e->member >= a->n_members || !ids[e->member])
            continue;
        struct rp_fact_symbol out = {
            .file = ids[e->member], .place = RP_PLACE_MEMBER, .bind = STB_GLOBAL};
        ok = rp_build_str(b, e->name, &out.name) && rp_vec_push(&b->f->symbols, out);
    }
    free(ids);
    return ok;
}

enum reap_status rp_build_members(struct rp_build *b)
{
    for (size_t i = 0; i < b->m->ars.n; i++)
        if (!add_members(b, &b->m->ars.v[i]))
            return rp_nomem(b->m->ctx);
    return REAP_OK;
}
