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
    size_t n_added; /* files so far, to see whether a pass added any */
    size_t next_defsym;
};

/* --- one symbol ------------------------------------------------------------------------------ */

static void refer(struct name_state *s, unsigned bind, unsigned visibility, rp_id by, bool shared)
{
    if (!shared) {
        if (visibility != STV_DEFAULT && (!s->visibility || visibility < s->visibility))
            s->visibility = (uint8_t)visibility;
        s->referenced = true;
        s->strong_ref = s->strong_ref || bind != STB_WEAK;
    }
    if (s->kind == NAME_NEW || (s->kind == NAME_UNDEFINED && s->bind == STB_WEAK)) {
        bool was_new = s->kind == NAME_NEW;
        s->kind = NAME_UNDEFINED;
        if (was_new || bind != STB_WEAK) {
            s->bind = bind == STB_WEAK ? STB_WEAK : STB_GLOBAL;
            s->by = by;
        }
    }
}

/* BFD's link_action table (bfd/linker.c) without its errors: a common symbol gives way to a
 * strong definition, and takes the place of a weak one. */
static void define(struct name_state *s, unsigned bind, bool common)
{
    bool weak = bind == STB_WEAK;
    if (s->kind == NAME_DEFINED && !(s->bind == STB_WEAK && !weak))
        return;
    if (s->kind == NAME_COMMON && (common || weak))
        return;
    s->kind = common ? NAME_COMMON : NAME_DEFINED;
    s->bind = weak ? STB_WEAK : STB_GLOBAL;
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
            refer(s, rp_sym_bind(sym), rp_sym_vis(sym), c->file, false);
            continue;
        }
        if (rp_sym_vis(sym) && (!s->visibility || rp_sym_vis(sym) < s->visibility))
            s->visibility = (uint8_t)rp_sym_vis(sym);
        define(s, rp_sym_bind(sym), shndx == RP_SHN_COMMON);
    }
    return REAP_OK;
}

/* --- archives -------------------------------------------------------------------------------- */

/* Whether a name that the index of an archive lists extracts the member. */
static enum reap_status wants(struct gnu *g, const struct lazy *l, bool *ret)
{
    struct resolver *r = g->r;
    struct name_state *s = rp_res_name(r, l->global);
    if (!s)
        return rp_nomem(r->ctx);
    *ret = s->kind == NAME_UNDEFINED && s->bind != STB_WEAK;
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

static enum reap_status search_once(struct gnu *g, const struct unit *u)
{
    struct resolver *r = g->r;
    const struct res_ar *ra = &r->ars.v[u->index];
    for (uint32_t k = 0; k < ra->n_lazies && !r->stop; k++) {
        const struct lazy *l = &ra->lazies[k];
        uint32_t c = r->providers.v[l->key].cand;
        if (c && r->cands.v[c - 1].file)
            continue;
        bool want = false;
        enum reap_status st = wants(g, l, &want);
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

static enum reap_status search(struct gnu *g, const struct unit *u)
{
    size_t before;
    enum reap_status st;
    do {
        before = g->n_added;
        st = search_once(g, u);
    } while (!st && !g->r->stop && g->n_added != before);
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
            want = s->kind == NAME_UNDEFINED && s->bind != STB_WEAK;
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
            refer(s, rp_sym_bind(sym), STV_DEFAULT, d->file, true);
        } else if (s->kind == NAME_NEW ||
                   (s->kind == NAME_UNDEFINED && s->visibility == STV_DEFAULT)) {
            s->kind = NAME_SHARED;
            s->bind = (uint8_t)rp_sym_bind(sym);
        }
    }
    return st;
}

/* --- the line -------------------------------------------------------------------------------- */

/* bfd looks at --defsym in its place: archives before it still define the name. */
static enum reap_status define_defsyms(struct gnu *g, uint32_t arg)
{
    struct resolver *r = g->r;
    for (; g->bfd && g->next_defsym < r->link->args.n && g->next_defsym < arg; g->next_defsym++) {
        const struct rp_arg *a = &r->link->args.v[g->next_defsym];
        const char *word = a->n_words ? a->words[0] : "";
        word += strspn(word, "-");
        if (strncmp(word, "defsym", 6) != 0)
            continue;
        const char *expr = word[6] == '=' ? word + 7 : a->n_words > 1 ? a->words[1] : "";
        char *name = rp_arena_strndup(&r->model->arena, expr, strcspn(expr, "= \t"));
        rp_id id = name && *name ? rp_res_intern(r, name) : 0;
        struct name_state *s = id ? rp_res_name(r, id) : NULL;
        if (name && !*name)
            continue;
        if (!s)
            return rp_nomem(r->ctx);
        define(s, STB_GLOBAL, false);
    }
    return REAP_OK;
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
        before = g->n_added;
        for (size_t i = first; i < end && !st && !g->r->stop; i++)
            st = add_unit(g, &i, first_pass);
        first_pass = false;
    } while (!st && !g->r->stop && g->n_added != before);
    return st;
}

static enum reap_status run_line(struct gnu *g)
{
    struct resolver *r = g->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->units.n && !st && !r->stop; i++) {
        uint32_t group = group_of(r, i);
        st = define_defsyms(g, r->link->inputs.v[r->units.v[i].input - 1].arg);
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

static enum reap_status refer_all(struct resolver *r, const rp_id *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct name_state *s = rp_res_name(r, v[i]);
        if (!s)
            return rp_nomem(r->ctx);
        refer(s, STB_GLOBAL, STV_DEFAULT, 0, false);
    }
    return REAP_OK;
}

enum reap_status rp_res_run_gnu(struct resolver *r)
{
    struct gnu g = {.r = r, .bfd = !r->opts->gold};
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->opaque_defined.n && !st; i++) {
        struct name_state *s = rp_res_name(r, r->opaque_defined.v[i]);
        if (!s)
            st = rp_nomem(r->ctx);
        else
            define(s, STB_GLOBAL, false);
    }
    if (!st)
        st = refer_all(r, r->requested.v, r->requested.n);
    if (!st)
        st = refer_all(r, r->mentioned.v, r->mentioned.n);
    if (!st && !g.bfd) /* gold looks for every name that a script mentions */
        st = refer_all(r, r->provide_mentions.v, r->provide_mentions.n);
    if (!st)
        st = refer_all(r, r->opaque_refs.v, r->opaque_refs.n);
    if (!st && r->entry)
        st = refer_all(r, &r->entry, 1);
    return st ? st : run_line(&g);
}
