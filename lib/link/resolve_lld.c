/* resolve_lld.c: lld's symbol resolution, as far as it decides what is loaded and in which order.
 *
 * lld enters the names that archive members define as lazy symbols, in member order, and never
 * forgets them. A strong reference to a lazy symbol loads its member at once, before the next
 * symbol of the referring file is looked at; a lazy symbol that arrives after a strong undefined
 * reference loads its member on arrival. So the order of files is that of a depth-first walk. The
 * rules are those of Symbol::resolve and LinkerDriver::link of lld 14 to 19 (lld/ELF/Symbols.cpp,
 * Driver.cpp). What lld does recursively is a stack of (file, next symbol) here.
 */
#include "link/resolve_internal.h"

struct frame {
    uint32_t cand;
    uint32_t next; /* symbol number */
};

struct lld {
    struct resolver *r;
    RP_VEC(struct frame) stack;
    RP_VEC(const char *) sonames;
};

static bool is_lld14(const struct resolver *r)
{
    return r->opts->lld_major == 14;
}

/* --- one symbol ------------------------------------------------------------------------------ */

static void merge_visibility(struct name_state *s, unsigned v)
{
    if (v != STV_DEFAULT && (s->visibility == STV_DEFAULT || v < s->visibility))
        s->visibility = (uint8_t)v;
}

static void define(struct name_state *s, unsigned bind, bool common)
{
    if (common) {
        if (s->kind != NAME_COMMON && (s->kind != NAME_DEFINED || s->bind == STB_WEAK)) {
            s->kind = NAME_COMMON;
            s->bind = (uint8_t)bind;
        }
        return;
    }
    bool replace = s->kind == NAME_COMMON    ? bind != STB_WEAK
                   : s->kind != NAME_DEFINED ? true
                                             : s->bind != STB_GLOBAL && bind == STB_GLOBAL;
    if (replace) {
        s->kind = NAME_DEFINED;
        s->bind = (uint8_t)bind;
    }
}

/* The reference makes the name undefined, or returns the provider that it extracts; UINT32_MAX:
 * none. `by_shared`: a shared library refers to it. */
static uint32_t refer(struct name_state *s, unsigned bind, unsigned visibility, rp_id by,
                      bool by_shared)
{
    merge_visibility(s, visibility);
    if (s->kind == NAME_NEW || (s->kind == NAME_SHARED && visibility != STV_DEFAULT)) {
        s->kind = NAME_UNDEFINED;
        s->bind = (uint8_t)bind;
        s->by = by;
    } else if (s->kind == NAME_LAZY) {
        if (bind != STB_WEAK)
            return s->key;
        s->bind = STB_WEAK;
    } else if (!by_shared && (s->kind == NAME_UNDEFINED || s->kind == NAME_SHARED)) {
        if (bind != STB_WEAK || !s->referenced) {
            if (s->bind == STB_WEAK && bind != STB_WEAK)
                s->by = by;
            s->bind = (uint8_t)bind;
        }
    }
    return UINT32_MAX;
}

/* --- files ----------------------------------------------------------------------------------- */

/* lld looks no further into a provider that was loaded. */
static bool is_loaded(const struct resolver *r, uint32_t key)
{
    uint32_t c = r->providers.v[key].cand;
    return c && r->cands.v[c - 1].file;
}

/* Enter the definitions of a loaded candidate and push its references. */
static enum reap_status begin(struct lld *l, uint32_t cand)
{
    struct resolver *r = l->r;
    const struct cand *c = &r->cands.v[cand];
    const struct rp_elf *e = &c->elf;
    for (uint32_t i = e->first_global; i < e->n_symbols; i++) {
        rp_id g = c->globals[i - e->first_global];
        uint32_t shndx = rp_sym_shndx(e, i);
        if (!g || shndx == RP_SHN_UNDEF)
            continue;
        struct name_state *s = rp_res_name(r, g);
        if (!s)
            return rp_nomem(r->ctx);
        merge_visibility(s, rp_sym_vis(&e->syms[i]));
        define(s, rp_sym_bind(&e->syms[i]), shndx == RP_SHN_COMMON);
    }
    struct frame f = {.cand = cand, .next = e->first_global};
    return rp_vec_push(&l->stack, f) ? REAP_OK : rp_nomem(r->ctx);
}

static enum reap_status extract(struct lld *l, uint32_t key, rp_id name, rp_id by)
{
    struct resolver *r = l->r;
    if (is_loaded(r, key))
        return REAP_OK;
    uint32_t c;
    enum reap_status st = rp_res_open_provider(r, key, &c);
    if (!st)
        st = rp_res_load(r, c, r->cands.v[c].input, name, by);
    if (st || r->stop || !r->cands.v[c].file)
        return st;
    return begin(l, c);
}

/* Go on with the references of the topmost file until one extracts something or all are done. */
static enum reap_status step(struct lld *l)
{
    struct resolver *r = l->r;
    struct frame *f = &l->stack.v[l->stack.n - 1];
    const struct cand *c = &r->cands.v[f->cand];
    const struct rp_elf *e = &c->elf;
    while (f->next < e->n_symbols) {
        uint32_t i = f->next++;
        rp_id g = c->globals[i - e->first_global];
        if (!g || rp_sym_shndx(e, i) != RP_SHN_UNDEF)
            continue;
        struct name_state *s = rp_res_name(r, g);
        if (!s)
            return rp_nomem(r->ctx);
        uint32_t key = refer(s, rp_sym_bind(&e->syms[i]), rp_sym_vis(&e->syms[i]), c->file, false);
        s->referenced = true;
        if (key != UINT32_MAX && !is_loaded(r, key))
            return extract(l, key, g, c->file);
    }
    l->stack.n--;
    return REAP_OK;
}

static enum reap_status run_stack(struct lld *l)
{
    enum reap_status st = REAP_OK;
    while (l->stack.n && !st && !l->r->stop)
        st = step(l);
    return st;
}

/* Refer to a name from outside of objects; whatever it extracts is loaded before this returns. */
static enum reap_status refer_now(struct lld *l, rp_id g, unsigned bind, unsigned visibility,
                                  rp_id by, bool by_shared)
{
    struct name_state *s = rp_res_name(l->r, g);
    if (!s)
        return rp_nomem(l->r->ctx);
    uint32_t key = refer(s, bind, visibility, by, by_shared);
    if (key == UINT32_MAX)
        return REAP_OK;
    enum reap_status st = extract(l, key, g, by);
    return st ? st : run_stack(l);
}

/* A lazy symbol arrives. */
static enum reap_status arrive(struct lld *l, rp_id g, uint32_t key)
{
    struct resolver *r = l->r;
    struct name_state *s = rp_res_name(r, g);
    if (!s)
        return rp_nomem(r->ctx);
    if (s->kind == NAME_NEW) {
        s->kind = NAME_LAZY;
        s->bind = STB_GLOBAL;
        s->key = key;
        return REAP_OK;
    }
    rp_id by = s->kind == NAME_UNDEFINED ? s->by : 0;
    if (s->kind == NAME_COMMON && r->fortran_common) {
        /* a common symbol may be initialized by a member that really defines it */
        uint32_t c;
        enum reap_status st = rp_res_open_provider(r, key, &c);
        if (st || r->cands.v[c].state != CAND_OPEN ||
            !rp_res_is_strong_definition(&r->cands.v[c], g))
            return st;
    } else if (s->kind != NAME_UNDEFINED) {
        return REAP_OK;
    } else if (s->bind == STB_WEAK) {
        s->kind = NAME_LAZY; /* stays weak: only a strong reference extracts it */
        s->key = key;
        return REAP_OK;
    }
    enum reap_status st = extract(l, key, g, by);
    return st ? st : run_stack(l);
}

/* --- inputs ---------------------------------------------------------------------------------- */

static enum reap_status parse_object(struct lld *l, uint32_t cand)
{
    enum reap_status st = begin(l, cand);
    return st ? st : run_stack(l);
}

static enum reap_status parse_archive(struct lld *l, const struct unit *u)
{
    struct resolver *r = l->r;
    const struct res_ar *ra = &r->ars.v[u->index];
    /* the input through which members come from here on */
    for (uint32_t k = 0; k < ra->n_lazies && !r->stop; k++) {
        uint32_t key = ra->lazies[k].key;
        if (is_loaded(r, key) || !ra->lazies[k].global)
            continue;
        enum reap_status st = arrive(l, ra->lazies[k].global, key);
        if (st)
            return st;
    }
    return REAP_OK;
}

static enum reap_status parse_lazy_object(struct lld *l, const struct unit *u)
{
    struct resolver *r = l->r;
    const struct cand *c = &r->cands.v[r->providers.v[u->index].cand - 1];
    if (c->state != CAND_OPEN) /* bitcode is lazy too, but what it defines is not known */
        return rp_res_load(r, r->providers.v[u->index].cand - 1, u->input, 0, 0);
    const struct rp_elf e = c->elf; /* cands may grow */
    const rp_id *globals = c->globals;
    for (uint32_t i = e.first_global; i < e.n_symbols && !r->stop; i++) {
        rp_id g = globals[i - e.first_global];
        if (!g || rp_sym_shndx(&e, i) == RP_SHN_UNDEF)
            continue;
        enum reap_status st = arrive(l, g, u->index);
        if (st)
            return st;
        if (is_loaded(r, u->index))
            break;
    }
    return REAP_OK;
}

static bool is_new_soname(struct lld *l, const struct dso *d)
{
    const char *soname = d->elf.soname;
    if (!soname) {
        const char *slash = strrchr(d->path, '/');
        bool searched = l->r->link->inputs.v[d->input - 1].word[0] == '-';
        soname = searched && slash ? slash + 1 : d->path;
    }
    for (size_t i = 0; i < l->sonames.n; i++)
        if (strcmp(l->sonames.v[i], soname) == 0)
            return false;
    return rp_vec_push(&l->sonames, soname);
}

static enum reap_status parse_shared(struct lld *l, struct dso *d)
{
    struct resolver *r = l->r;
    enum reap_status st = rp_res_load_shared(r, d);
    if (st || !is_new_soname(l, d))
        return st;
    const struct rp_elf *e = &d->elf;
    for (uint32_t i = e->first_global; i < e->n_symbols && !st && !r->stop; i++) {
        rp_id g = d->globals[i - e->first_global];
        if (!g)
            continue;
        if (rp_sym_shndx(e, i) == RP_SHN_UNDEF) {
            st = refer_now(l, g, rp_sym_bind(&e->syms[i]), rp_sym_vis(&e->syms[i]), d->file, true);
            continue;
        }
        struct name_state *s = rp_res_name(r, g);
        if (!s)
            return rp_nomem(r->ctx);
        if (s->kind == NAME_NEW) {
            s->kind = NAME_SHARED;
            s->bind = (uint8_t)rp_sym_bind(&e->syms[i]);
        } else if (s->visibility == STV_DEFAULT &&
                   (s->kind == NAME_UNDEFINED || s->kind == NAME_LAZY)) {
            s->kind = NAME_SHARED;
        }
    }
    return st;
}

static enum reap_status parse_units(struct lld *l)
{
    struct resolver *r = l->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->units.n && !st && !r->stop; i++) {
        struct unit *u = &r->units.v[i];
        switch (u->kind) {
        case UNIT_OBJECT:
            st = rp_res_load(r, u->index, u->input, 0, 0);
            if (!st && !r->stop && r->cands.v[u->index].file)
                st = parse_object(l, u->index);
            break;
        case UNIT_LAZY_OBJECT: st = parse_lazy_object(l, u); break;
        case UNIT_ARCHIVE: st = parse_archive(l, u); break;
        case UNIT_WHOLE: {
            uint32_t n = r->model->ars.v[u->index].archive.n_members;
            for (uint32_t no = 0; no < n && !st && !r->stop; no++) {
                uint32_t c;
                st = rp_res_load_again(r, u, no, &c);
                if (!st && !r->stop && r->cands.v[c].file)
                    st = parse_object(l, c);
            }
            break;
        }
        case UNIT_SHARED: st = parse_shared(l, &r->dsos.v[u->index]); break;
        case UNIT_OPAQUE: st = rp_res_load_opaque(r, u); break;
        }
    }
    return st;
}

/* --- what is asked for after all inputs ------------------------------------------------------ */

/* PROVIDE(a = b): b is looked for when a is wanted (lld 19; 14 looks for every name). */
static enum reap_status refer_to_provided(struct lld *l)
{
    struct resolver *r = l->r;
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < r->provides.n; i++) {
            struct provide *p = &r->provides.v[i];
            struct name_state *s = rp_res_name(r, p->name);
            if (!s)
                return rp_nomem(r->ctx);
            bool wanted = s->kind == NAME_UNDEFINED || s->kind == NAME_SHARED;
            if (p->done || (!wanted && !is_lld14(r)))
                continue;
            p->done = again = true;
            for (uint32_t k = 0; k < p->n; k++) {
                rp_id g = r->provide_mentions.v[p->first + k];
                enum reap_status st = refer_now(l, g, STB_GLOBAL, STV_DEFAULT, 0, false);
                if (st)
                    return st;
            }
        }
    }
    return REAP_OK;
}

static enum reap_status extract_matching(struct lld *l, const char *glob)
{
    struct resolver *r = l->r;
    enum reap_status st = REAP_OK;
    size_t n = r->model->globals.n; /* those that come with the members are not looked at */
    for (rp_id g = 1; g <= n && !st; g++) {
        struct name_state *s = rp_res_name(r, g);
        if (!s)
            return rp_nomem(r->ctx);
        if (s->kind != NAME_LAZY)
            continue;
        const struct rp_global *gl = rp_global_of(r->model, g);
        char *name = rp_arena_strndup(&r->model->arena, gl->name, gl->name_len);
        if (!name)
            return rp_nomem(r->ctx);
        if (rp_glob_match(glob, name))
            st = refer_now(l, g, STB_GLOBAL, STV_DEFAULT, 0, false);
    }
    return st;
}

/* Names of --wrap are looked for last; lld maps references to them only after that. */
static enum reap_status refer_to_wraps(struct lld *l)
{
    struct resolver *r = l->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->link->wrap.n && !st; i++) {
        rp_id g = rp_res_intern(r, r->link->wrap.v[i].name);
        rp_id wrap = g ? r->redirect[g] : 0, real = 0;
        for (rp_id k = 1; k <= r->n_redirect && !real; k++)
            if (k != g && r->redirect[k] == g)
                real = k;
        if (!g || !rp_res_name(r, (rp_id)r->model->globals.n))
            return rp_nomem(r->ctx);
        const struct name_state *s = rp_res_name(r, g);
        if (s->kind == NAME_NEW || (is_lld14(r) && s->kind == NAME_LAZY && !s->referenced))
            continue;
        unsigned bind = rp_res_name(r, g)->bind;
        if (is_lld14(r) && real)
            st = refer_now(l, real, STB_GLOBAL, STV_DEFAULT, 0, false);
        if (!st)
            st = refer_now(l, wrap, bind, STV_DEFAULT, 0, false);
        if (!st && !is_lld14(r) && real && rp_res_name(r, real)->kind != NAME_NEW)
            st = refer_now(l, g, bind, STV_DEFAULT, 0, false);
        if (!st && !is_lld14(r) && real)
            st = refer_now(l, real, STB_GLOBAL, STV_DEFAULT, 0, false);
    }
    return st;
}

static enum reap_status refer_late(struct lld *l)
{
    struct resolver *r = l->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->script_mentions.n && !st; i++)
        st = refer_now(l, r->script_mentions.v[i], STB_GLOBAL, STV_DEFAULT, 0, false);
    for (size_t i = 0; i < r->mentioned.n && !st; i++)
        st = refer_now(l, r->mentioned.v[i], STB_GLOBAL, STV_DEFAULT, 0, false);
    if (!st)
        st = refer_to_provided(l);
    if (!st && r->entry) {
        struct name_state *s = rp_res_name(r, r->entry);
        if (!s)
            return rp_nomem(r->ctx);
        if (s->kind == NAME_LAZY)
            st = refer_now(l, r->entry, STB_GLOBAL, STV_DEFAULT, 0, false);
    }
    for (size_t i = 0; i < r->link->undefined_globs.n && !st; i++)
        st = extract_matching(l, r->link->undefined_globs.v[i].name);
    return st ? st : refer_to_wraps(l);
}

enum reap_status rp_res_run_lld(struct resolver *r)
{
    struct lld l = {.r = r};
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->requested.n && !st; i++) {
        st = refer_now(&l, r->requested.v[i], STB_GLOBAL, STV_DEFAULT, 0, false);
        if (!st)
            rp_res_name(r, r->requested.v[i])->referenced = true;
    }
    for (size_t i = 0; i < r->opaque_defined.n && !st; i++) {
        struct name_state *s = rp_res_name(r, r->opaque_defined.v[i]);
        if (!s)
            st = rp_nomem(r->ctx);
        else
            define(s, STB_GLOBAL, false);
    }
    for (size_t i = 0; i < r->opaque_refs.n && !st; i++)
        st = refer_now(&l, r->opaque_refs.v[i], STB_GLOBAL, STV_DEFAULT, 0, false);
    if (!st)
        st = parse_units(&l);
    if (!st && !r->stop)
        st = refer_late(&l);
    rp_vec_free(&l.stack);
    rp_vec_free(&l.sonames);
    return st;
}
