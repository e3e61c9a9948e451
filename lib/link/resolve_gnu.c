/* resolve_gnu.c: archive search as GNU ld (bfd) and gold do it.
 *
 * Inputs are taken from left to right. An archive is searched by its index, over and over until a
 * pass adds nothing; then it is forgotten, unless it stands in a group, whose archives are
 * searched again until nothing new comes. A strong undefined name extracts; a weak one does not.
 * bfd also extracts for a common symbol, when the member defines it as data and not as a common
 * symbol again (bfd/elflink.c, elf_link_add_archive_symbols); gold does not (gold/archive.cc).
 *
 * Shared libraries define and refer like objects. bfd forgets an --as-needed library that nothing
 * needed when it came (bfd/elflink.c, elf_link_add_object_symbols).
 */
#include "link/resolve_internal.h"

struct gnu {
    struct resolver *r;
    bool bfd;
    size_t n_added;     /* files so far */
    size_t n_undefined; /* names that became undefined so far */
    size_t next_arg;    /* bfd: arguments before this have had their say */
};

/* --- one symbol ------------------------------------------------------------------------------ */

/* Both linkers search an archive or group again only when new undefined names have come, and count
 * differently: bfd the names that become strongly undefined or, from nowhere, common; gold those
 * that become undefined. */
static void refer(struct gnu *g, struct name_state *s, unsigned bind, unsigned visibility, rp_id by,
                  bool shared)
{
    if (!shared) {
        if (visibility != STV_DEFAULT && (!s->visibility || visibility < s->visibility))
            s->visibility = (uint8_t)visibility;
        s->referenced = true;
        s->strong_ref = s->strong_ref || bind != STB_WEAK;
        if (g->bfd && s->kind == NAME_SHARED && visibility != STV_DEFAULT) {
            s->kind = NAME_UNDEFINED; /* a library cannot satisfy a hidden reference */
            s->bind = (uint8_t)bind;
            s->by = by;
        }
    }
    if (s->kind == NAME_NEW || (s->kind == NAME_UNDEFINED && s->bind == STB_WEAK)) {
        bool was_new = s->kind == NAME_NEW;
        if (shared && !g->bfd && !was_new)
            return; /* gold: a library does not strengthen a weak reference */
        s->kind = NAME_UNDEFINED;
        g->n_undefined += g->bfd ? bind != STB_WEAK : was_new;
        if (was_new || bind != STB_WEAK) {
            s->bind = bind == STB_WEAK ? STB_WEAK : STB_GLOBAL;
            s->by = by;
        }
    }
}

/* BFD's link_action table (bfd/linker.c) without its errors: a common symbol gives way to a
 * strong definition, and takes the place of a weak one. */
static void define(struct gnu *g, struct name_state *s, unsigned bind, bool common)
{
    bool weak = bind == STB_WEAK;
    /* what a script defines at first counts as undefined for objects */
    bool defined = s->kind == NAME_DEFINED && !(g->bfd && s->assigned);
    if (defined && !(s->bind == STB_WEAK && !weak))
        return;
    if (s->kind == NAME_COMMON && (common || weak))
        return;
    if (s->kind == NAME_SHARED && common && s->lib_data)
        return;
    g->n_undefined += g->bfd && common && s->kind == NAME_NEW;
    s->assigned = s->assigned && !g->bfd;
    s->kind = common ? NAME_COMMON : NAME_DEFINED;
    s->bind = weak ? STB_WEAK : STB_GLOBAL;
}

/* A definition foo@@V satisfies references to foo@V. */
static enum reap_status define_version(struct gnu *g, const struct rp_elf *e, uint32_t i)
{
    rp_id id;
    if (!rp_res_versioned_name(g->r, rp_elf_symname(e, i), &id))
        return rp_nomem(g->r->ctx);
    struct name_state *s = id ? rp_res_name(g->r, id) : NULL;
    if (s)
        define(g, s, rp_sym_bind(&e->syms[i]), false);
    return id && !s ? rp_nomem(g->r->ctx) : REAP_OK;
}

static enum reap_status add_symbols(struct gnu *g, uint32_t cand)
{
    struct resolver *r = g->r;
    const struct cand *c = &r->cands.v[cand];
    const struct rp_elf *e = &c->elf;
    if (!c->file)
        return REAP_OK; /* a member that is no object */
    g->n_added++;
    for (uint32_t i = e->first_global; i < e->n_symbols; i++) {
        rp_id id = c->globals[i - e->first_global];
        if (!id)
            continue;
        struct name_state *s = rp_res_name(r, id);
        if (!s)
            return rp_nomem(r->ctx);
        const struct rp_sym *sym = &e->syms[i];
        uint32_t shndx = rp_sym_shndx(e, i);
        if (shndx == RP_SHN_UNDEF) {
            refer(g, s, rp_sym_bind(sym), rp_sym_vis(sym), c->file, false);
            continue;
        }
        if (rp_sym_vis(sym) && (!s->visibility || rp_sym_vis(sym) < s->visibility))
            s->visibility = (uint8_t)rp_sym_vis(sym);
        define(g, s, rp_sym_bind(sym), shndx == RP_SHN_COMMON);
        enum reap_status st = c->versioned ? define_version(g, e, i) : REAP_OK;
        if (st)
            return st;
    }
    return REAP_OK;
}

/* --- archives -------------------------------------------------------------------------------- */

/* gold asks its options about names that are not referred to strongly, and does not look for what
 * it is going to define itself, outside of SECTIONS (gold/archive.cc, should_include_member;
 * observed with --defsym, assignments and PROVIDE in gold 2.40). bfd enters names of options as
 * undefined. */
static bool is_wanted(const struct name_state *s)
{
    if (s->kind == NAME_NEW || (s->kind == NAME_UNDEFINED && s->bind == STB_WEAK))
        return s->named;
    return s->kind == NAME_UNDEFINED && !s->assigned;
}

/* Whether a name that the index of an archive lists extracts the member. */
static enum reap_status wants(struct gnu *g, const struct lazy *l, bool *ret)
{
    struct resolver *r = g->r;
    struct name_state *s = rp_res_name(r, l->global);
    if (!s)
        return rp_nomem(r->ctx);
    *ret = l->alias ? s->kind == NAME_UNDEFINED && s->bind != STB_WEAK : is_wanted(s);
    if (s->kind != NAME_COMMON || !g->bfd)
        return REAP_OK;
    uint32_t c;
    enum reap_status st = rp_res_open_provider(r, l->key, &c);
    if (!st && r->cands.v[c].state == CAND_OPEN)
        *ret = rp_res_is_data_definition(&r->cands.v[c], l->global);
    else if (!st)
        *ret = r->cands.v[c].state == CAND_BITCODE;
    return st;
}

/* Of an entry foo@@V bfd looks at foo only when nobody has mentioned foo@V. */
static enum reap_status is_mentioned(struct gnu *g, const struct lazy *alias, bool *ret)
{
    const struct name_state *s = rp_res_name(g->r, alias->global);
    if (!s)
        return rp_nomem(g->r->ctx);
    *ret = s->kind != NAME_NEW;
    return REAP_OK;
}

static enum reap_status search_once(struct gnu *g, const struct unit *u)
{
    struct resolver *r = g->r;
    const struct res_ar *ra = &r->ars.v[u->index];
    for (uint32_t k = 0; k < ra->n_lazies && !r->stop; k++) {
        const struct lazy *l = &ra->lazies[k];
        uint32_t c = r->providers.v[l->key].cand;
        if (c && r->cands.v[c - 1].file)
            continue;
        bool want = false, by_alias = false;
        enum reap_status st = REAP_OK;
        if (g->bfd && k + 1 < ra->n_lazies && l[1].alias)
            st = is_mentioned(g, &l[1], &by_alias);
        if (!st && !by_alias)
            st = wants(g, l, &want);
        if (st)
            return st;
        if (!want)
            continue;
        rp_id by = rp_res_name(r, l->global)->by;
        st = rp_res_open_provider(r, l->key, &c);
        if (!st)
            st = rp_res_load(r, c, u->input, l->global, by);
        if (!st && !r->stop)
            st = add_symbols(g, c);
        if (st)
            return st;
    }
    return REAP_OK;
}

/* Whether an archive is searched once more. */
static size_t progress(const struct gnu *g)
{
    return g->bfd ? g->n_undefined : g->n_added;
}

static enum reap_status search(struct gnu *g, const struct unit *u)
{
    size_t before;
    enum reap_status st;
    do {
        before = progress(g);
        st = search_once(g, u);
    } while (!st && !g->r->stop && progress(g) != before);
    return st;
}

static enum reap_status load_whole(struct gnu *g, const struct unit *u)
{
    struct resolver *r = g->r;
    enum reap_status st = REAP_OK;
    uint32_t n = r->model->ars.v[u->index].archive.n_members, c;
    for (uint32_t no = 0; no < n && !st && !r->stop; no++) {
        st = rp_res_load_again(r, u, no, &c);
        if (!st && !r->stop)
            st = add_symbols(g, c);
    }
    return st;
}

/* gold's --start-lib: the objects between it and --end-lib are searched like one archive, by
 * their own symbol tables. */
static enum reap_status search_lib_once(struct gnu *g, size_t first, size_t end)
{
    struct resolver *r = g->r;
    for (size_t i = first; i < end && !r->stop; i++) {
        const struct unit *u = &r->units.v[i];
        uint32_t ci = r->providers.v[u->index].cand - 1;
        const struct cand *c = &r->cands.v[ci];
        if (c->file)
            continue;
        bool want = c->state != CAND_OPEN; /* what bitcode defines is not known */
        rp_id name = 0;
        for (uint32_t k = c->elf.first_global; k < c->elf.n_symbols && !want; k++) {
            name = c->globals[k - c->elf.first_global];
            if (!name || rp_sym_shndx(&c->elf, k) == RP_SHN_UNDEF)
                continue;
            struct name_state *s = rp_res_name(r, name);
            if (!s)
                return rp_nomem(r->ctx);
            want = is_wanted(s);
            rp_id alias = 0;
            if (c->versioned && !want &&
                !rp_res_versioned_name(r, rp_elf_symname(&c->elf, k), &alias))
                return rp_nomem(r->ctx);
            s = alias ? rp_res_name(r, alias) : NULL;
            want = want || (s && s->kind == NAME_UNDEFINED && s->bind != STB_WEAK);
        }
        if (!want)
            continue;
        rp_id by = name ? rp_res_name(r, name)->by : 0;
        enum reap_status st = rp_res_load(r, ci, u->input, name, by);
        if (!st && !r->stop)
            st = add_symbols(g, ci);
        if (st)
            return st;
    }
    return REAP_OK;
}

static enum reap_status search_lib(struct gnu *g, size_t first, size_t end)
{
    size_t before;
    enum reap_status st;
    do {
        before = g->n_added;
        st = search_lib_once(g, first, end);
    } while (!st && !g->r->stop && g->n_added != before);
    return st;
}

/* --- shared libraries ------------------------------------------------------------------------ */

static bool is_definition(const struct dso *d, uint32_t i)
{
    return rp_sym_shndx(&d->elf, i) != RP_SHN_UNDEF;
}

/* Whether an --as-needed library defines something that a regular object refers to strongly and
 * that nothing defines yet. */
static enum reap_status is_needed(struct gnu *g, const struct dso *d, bool *ret)
{
    *ret = false;
    for (uint32_t i = d->elf.first_global; i < d->elf.n_symbols && !*ret; i++) {
        rp_id id = d->globals[i - d->elf.first_global];
        if (!id || !is_definition(d, i))
            continue;
        const struct name_state *s = rp_res_name(g->r, id);
        if (!s)
            return rp_nomem(g->r->ctx);
        *ret = s->kind == NAME_UNDEFINED && s->strong_ref;
    }
    return REAP_OK;
}

/* Initialized data of a library: for bfd it takes the place of a common symbol, whichever comes
 * first (bfd/elflink.c, _bfd_elf_merge_symbol). */
static bool is_lib_data(const struct dso *d, uint32_t i)
{
    const struct rp_sym *sym = &d->elf.syms[i];
    uint32_t shndx = rp_sym_shndx(&d->elf, i);
    bool func = rp_sym_type(sym) == STT_FUNC || rp_sym_type(sym) == STT_GNU_IFUNC;
    bool bss = shndx < d->elf.n_sections && d->elf.shdrs[shndx].type == SHT_NOBITS;
    return rp_sym_bind(sym) != STB_WEAK && !func && !bss;
}

static enum reap_status add_shared(struct gnu *g, struct dso *d)
{
    struct resolver *r = g->r;
    enum reap_status st = rp_res_load_shared(r, d);
    bool needed = true;
    if (!st && g->bfd && r->link->inputs.v[d->input - 1].as_needed)
        st = is_needed(g, d, &needed);
    if (st || !needed)
        return st;
    g->n_added++;
    for (uint32_t i = d->elf.first_global; i < d->elf.n_symbols; i++) {
        rp_id id = d->globals[i - d->elf.first_global];
        if (!id)
            continue;
        struct name_state *s = rp_res_name(r, id);
        if (!s)
            return rp_nomem(r->ctx);
        const struct rp_sym *sym = &d->elf.syms[i];
        if (!is_definition(d, i)) {
            refer(g, s, rp_sym_bind(sym), STV_DEFAULT, d->file, true);
        } else if (s->kind == NAME_NEW || (s->kind == NAME_COMMON && g->bfd && is_lib_data(d, i)) ||
                   (s->kind == NAME_UNDEFINED && s->visibility == STV_DEFAULT)) {
            s->kind = NAME_SHARED;
            s->bind = (uint8_t)rp_sym_bind(sym);
            s->lib_data = g->bfd && is_lib_data(d, i);
        }
        rp_id alias = d->aliases[i - d->elf.first_global];
        s = alias ? rp_res_name(r, alias) : NULL;
        if (s && (s->kind == NAME_NEW || s->kind == NAME_UNDEFINED))
            s->kind = NAME_SHARED;
    }
    return st;
}

/* --- the line -------------------------------------------------------------------------------- */

static enum reap_status refer_all(struct gnu *g, const rp_id *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct name_state *s = rp_res_name(g->r, v[i]);
        if (!s)
            return rp_nomem(g->r->ctx);
        if (g->bfd)
            refer(g, s, STB_GLOBAL, STV_DEFAULT, 0, false);
        else
            s->named = true;
    }
    return REAP_OK;
}

/* The id of a name that is part of a longer string. */
static rp_id name_id(struct gnu *g, const char *name, size_t n)
{
    char *copy = rp_arena_strndup(&g->r->model->arena, name, n);
    return copy ? rp_res_intern(g->r, copy) : 0;
}

/* Names in an expression. */
static enum reap_status refer_in(struct gnu *g, const char *expr)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.$";
    static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.$0123456789@";
    while (*expr) {
        size_t n = strspn(expr, more);
        if (n && strchr(first, *expr) && strncmp(expr, ".", n) != 0) {
            rp_id id = name_id(g, expr, n);
            struct name_state *s = id ? rp_res_name(g->r, id) : NULL;
            if (!s)
                return rp_nomem(g->r->ctx);
            refer(g, s, STB_GLOBAL, STV_DEFAULT, 0, false);
        }
        expr += n ? n : 1;
    }
    return REAP_OK;
}

/* A name that was undefined before stays so when its value is not known yet. */
static enum reap_status define_now(struct gnu *g, const char *name, size_t n, bool is_known)
{
    rp_id id = name_id(g, name, n);
    struct name_state *s = id ? rp_res_name(g->r, id) : NULL;
    if (!s)
        return rp_nomem(g->r->ctx);
    if (s->kind == NAME_NEW ||
        (is_known && (s->kind == NAME_UNDEFINED || s->kind == NAME_SHARED))) {
        s->kind = NAME_DEFINED;
        s->bind = STB_GLOBAL;
        s->assigned = true;
    }
    return REAP_OK;
}

/* --defsym NAME=EXPRESSION: refers to what is in the expression, then defines the name, even when
 * the value is not known yet. */
static enum reap_status take_defsym(struct gnu *g, const char *expr)
{
    size_t n = strcspn(expr, "= \t");
    const char *value = strchr(expr, '=');
    if (n == 0 || !value)
        return REAP_OK;
    enum reap_status st = refer_in(g, value + 1);
    return st ? st : define_now(g, expr, n, true);
}

/* "-T file", "--script=file"; "-Ttext=0" and its like are something else. */
static bool is_script_option(const char *word)
{
    static const char *const others[] = {"text", "data", "bss", "rodata-", "ldata-"};
    if (strncmp(word, "-T", 2) != 0) {
        word += strspn(word, "-");
        return strcmp(word, "script") == 0 || strncmp(word, "script=", 7) == 0;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strncmp(word + 2, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}

static enum reap_status check_known(struct gnu *g, const char *name, bool *ret)
{
    rp_id id = rp_res_intern(g->r, name);
    const struct name_state *s = id ? rp_res_name(g->r, id) : NULL;
    if (!s)
        return rp_nomem(g->r->ctx);
    *ret = *ret && s->kind == NAME_DEFINED;
    return REAP_OK;
}

/* Assignments of -T scripts define their names at once. PROVIDE counts for nothing yet. */
static enum reap_status take_scripts(struct gnu *g)
{
    struct resolver *r = g->r;
    enum reap_status st = refer_all(g, r->script_mentions.v, r->script_mentions.n);
    for (size_t n = 0; n < r->opts->n_scripts && !st; n++) {
        const struct rp_script *s = r->opts->scripts[n];
        for (size_t k = 0; k < s->defined.n && !st; k++) {
            const struct rp_script_symbol *sym = &s->defined.v[k];
            bool is_known = true;
            for (uint32_t i = 0; i < sym->n_mentions && !sym->provide && !st; i++)
                st = check_known(g, s->mentioned.v[sym->first_mention + i].name, &is_known);
            if (!sym->provide && !st)
                st = define_now(g, sym->name, strlen(sym->name), is_known);
        }
    }
    return st;
}

/* bfd takes --defsym and -T in their places on the line: archives before them still define the
 * names, those after them are asked for what they mention. */
static enum reap_status take_options(struct gnu *g, uint32_t arg)
{
    struct resolver *r = g->r;
    enum reap_status st = REAP_OK;
    for (; g->bfd && g->next_arg < r->link->args.n && g->next_arg < arg && !st; g->next_arg++) {
        const struct rp_arg *a = &r->link->args.v[g->next_arg];
        const char *word = a->n_words ? a->words[0] : "";
        if (word[0] != '-')
            continue;
        if (is_script_option(word)) {
            st = take_scripts(g);
            continue;
        }
        word += strspn(word, "-");
        if (strncmp(word, "defsym", 6) == 0)
            st = take_defsym(g, word[6] == '=' ? word + 7 : a->n_words > 1 ? a->words[1] : "");
    }
    return st;
}

/* `first` time, or another search in a group. */
static enum reap_status add_unit(struct gnu *g, size_t *i, bool first)
{
    struct resolver *r = g->r;
    struct unit *u = &r->units.v[*i];
    enum reap_status st = REAP_OK;
    if (u->kind == UNIT_ARCHIVE)
        return search(g, u);
    if (u->kind == UNIT_LAZY_OBJECT) {
        size_t end = *i + 1;
        while (end < r->units.n && r->units.v[end].kind == UNIT_LAZY_OBJECT)
            end++;
        st = search_lib(g, *i, end);
        *i = end - 1;
        return st;
    }
    if (!first)
        return REAP_OK;
    switch (u->kind) {
    case UNIT_OBJECT:
        st = rp_res_load(r, u->index, u->input, 0, 0);
        return st || r->stop ? st : add_symbols(g, u->index);
    case UNIT_WHOLE: return load_whole(g, u);
    case UNIT_SHARED: return add_shared(g, &r->dsos.v[u->index]);
    default: return rp_res_load_opaque(r, u);
    }
}

static uint32_t group_of(const struct resolver *r, size_t unit)
{
    return r->link->inputs.v[r->units.v[unit].input - 1].group;
}

static enum reap_status run_group(struct gnu *g, size_t first, size_t end)
{
    size_t before;
    enum reap_status st = REAP_OK;
    bool first_pass = true;
    do {
        before = g->n_undefined;
        for (size_t i = first; i < end && !st && !g->r->stop; i++)
            st = add_unit(g, &i, first_pass);
        first_pass = false;
    } while (!st && !g->r->stop && g->n_undefined != before);
    return st;
}

static enum reap_status run_line(struct gnu *g)
{
    struct resolver *r = g->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->units.n && !st && !r->stop; i++) {
        uint32_t group = group_of(r, i);
        st = take_options(g, r->link->inputs.v[r->units.v[i].input - 1].arg);
        if (st)
            break;
        if (!group) {
            st = add_unit(g, &i, true);
            continue;
        }
        size_t end = i + 1;
        while (end < r->units.n && group_of(r, end) == group)
            end++;
        st = run_group(g, i, end);
        i = end - 1;
    }
    return st;
}

static enum reap_status define_all(struct gnu *g, const rp_id *v, size_t n, bool for_certain)
{
    for (size_t i = 0; i < n; i++) {
        struct name_state *s = rp_res_name(g->r, v[i]);
        if (!s)
            return rp_nomem(g->r->ctx);
        if (for_certain)
            define(g, s, STB_GLOBAL, false);
        else
            s->assigned = true;
    }
    return REAP_OK;
}

/* Names in expressions, for gold: they count like -u, unless a script is going to define them. */
static enum reap_status mention_all(struct gnu *g, const rp_id *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct name_state *s = rp_res_name(g->r, v[i]);
        if (!s)
            return rp_nomem(g->r->ctx);
        s->named = s->named || !s->assigned;
    }
    return REAP_OK;
}

/* gold asks its options about foo for an index entry foo@V as well. */
static enum reap_status name_versions(struct gnu *g)
{
    const struct rp_model *m = g->r->model;
    for (rp_id id = 1; id <= m->globals.n; id++) {
        const struct rp_global *gl = rp_global_of(m, id);
        const char *at = memchr(gl->name, '@', gl->name_len);
        rp_id stem = at ? rp_strmap_get(&m->global_map, gl->name, (size_t)(at - gl->name)) : 0;
        if (!stem)
            continue;
        struct name_state *s = rp_res_name(g->r, id);
        if (!s)
            return rp_nomem(g->r->ctx);
        s->named = s->named || g->r->names.v[stem - 1].named;
    }
    return REAP_OK;
}

/* Names that are asked for, or defined, from the start. */
static enum reap_status start(struct gnu *g)
{
    struct resolver *r = g->r;
    enum reap_status st = define_all(g, r->opaque_defined.v, r->opaque_defined.n, true);
    if (!st)
        st = refer_all(g, r->requested.v, r->requested.n);
    if (!st)
        st = refer_all(g, r->opaque_refs.v, r->opaque_refs.n);
    if (!st && r->entry)
        st = refer_all(g, &r->entry, 1);
    if (st || g->bfd)
        return st;
    st = define_all(g, r->linker_defined.v, r->linker_defined.n, false);
    for (size_t i = 0; i < r->provides.n && !st; i++)
        if (!r->provides.v[i].in_sections)
            st = define_all(g, &r->provides.v[i].name, 1, false);
    if (!st)
        st = mention_all(g, r->mentioned.v, r->mentioned.n);
    if (!st)
        st = mention_all(g, r->script_mentions.v, r->script_mentions.n);
    if (!st)
        st = mention_all(g, r->provide_mentions.v, r->provide_mentions.n);
    return st ? st : name_versions(g);
}

enum reap_status rp_res_run_gnu(struct resolver *r)
{
    struct gnu g = {.r = r, .bfd = !r->opts->gold};
    enum reap_status st = start(&g);
    return st ? st : run_line(&g);
}
