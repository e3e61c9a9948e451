/* resolve_load.c: map the inputs, learn what archives define, and open what may be loaded.
 *
 * Why in waves: a linker opens members one by one as it meets references, which leaves the other
 * threads idle. Whatever a linker extracts, it extracts for a reference from a file that is
 * loaded, to a name that the member defines; so following *every* strong reference to *every*
 * member that defines the name opens a superset of what any of them loads, and hardly a larger
 * one. A wave is opened in parallel; its references make the next one.
 *
 * Entry functions: rp_res_load_inputs, rp_res_load_archives, rp_res_run_waves.
 */
#include "link/resolve_internal.h"
#include "util/pool.h"

enum { MAX_KEY = 0x7fffffff };
/* spelled so that the compiler sees the value fit its bit-field */
#define KEY(k) ((k)&0x7fffffffu)

/* --- candidates and providers ---------------------------------------------------------------- */

static uint32_t add_cand(struct resolver *r, struct cand c)
{
    return rp_vec_push(&r->cands, c) ? (uint32_t)r->cands.n : 0;
}

/* Put candidate number n (index + 1) into the next wave, once. */
static bool queue(struct resolver *r, uint32_t n)
{
    if (!n)
        return false;
    struct cand *c = &r->cands.v[n - 1];
    if (!c->queued && c->state == CAND_CLOSED) {
        c->queued = true;
        return rp_vec_push(&r->wave, n - 1);
    }
    return true;
}

uint32_t rp_res_add_member(struct resolver *r, rp_id ar, uint32_t no)
{
    const struct rp_ar *a = &r->model->ars.v[ar - 1];
    const char *path = r->link->inputs.v[a->input - 1].path;
    struct cand c = {.path = path,
                     .member = a->archive.members[no].name,
                     .ar = ar,
                     .member_no = no,
                     .input = a->input};
    c.display = rp_arena_printf(&r->model->arena, "%s(%s)", path, c.member);
    return c.display ? add_cand(r, c) : 0;
}

uint32_t rp_res_cand_of(struct resolver *r, uint32_t key)
{
    struct provider *p = &r->providers.v[key];
    if (!p->cand)
        p->cand = rp_res_add_member(r, p->ar, p->member_no);
    return p->cand;
}

enum reap_status rp_res_open_provider(struct resolver *r, uint32_t key, uint32_t *ret_cand)
{
    uint32_t c = rp_res_cand_of(r, key);
    if (!c)
        return rp_nomem(r->ctx);
    *ret_cand = c - 1;
    if (r->cands.v[c - 1].state != CAND_CLOSED)
        return REAP_OK;
    return rp_res_open(r, ret_cand, 1);
}

/* --- inputs ---------------------------------------------------------------------------------- */

static enum reap_status add_unit(struct resolver *r, enum unit_kind kind, size_t index, rp_id input)
{
    struct unit u = {.kind = kind, .index = (uint32_t)index, .input = input};
    return rp_vec_push(&r->units, u) ? REAP_OK : rp_nomem(r->ctx);
}

/* The archive in `map`, which the unit shares when it was named before. Takes the map. */
static enum reap_status add_archive(struct resolver *r, const struct rp_input *in, rp_id input,
                                    struct rp_map map)
{
    struct rp_model *m = r->model;
    enum unit_kind kind = in->whole_archive ? UNIT_WHOLE : UNIT_ARCHIVE;
    for (size_t i = 0; i < m->ars.n; i++)
        if (m->ars.v[i].map.dev == map.dev && m->ars.v[i].map.ino == map.ino) {
            rp_map_close(&map);
            return add_unit(r, kind, i, input);
        }
    if (!rp_vec_push(&m->ars, (struct rp_ar){.map = map, .input = input})) {
        rp_map_close(&map);
        return rp_nomem(r->ctx);
    }
    struct rp_ar *ar = &m->ars.v[m->ars.n - 1];
    enum reap_status st = rp_archive_open(r->ctx, &ar->archive, &ar->map);
    if (st)
        return st;
    ar->loaded = calloc((size_t)ar->archive.n_members + 1, sizeof *ar->loaded);
    struct res_ar ra = {.first_key = (uint32_t)r->providers.n};
    bool ok = ar->loaded && rp_vec_push(&r->ars, ra) &&
              rp_vec_reserve(&r->providers, r->providers.n + ar->archive.n_members);
    if (!ok)
        return rp_nomem(r->ctx);
    if (ra.first_key + (uint64_t)ar->archive.n_members > MAX_KEY)
        return rp_fail(r->ctx, REAP_ERR_UNSUPPORTED, "too-many-members", rp_at(in->path),
                       "the archives have more members than Reap can number");
    for (uint32_t k = 0; k < ar->archive.n_members; k++)
        r->providers.v[r->providers.n++] = (struct provider){.ar = (rp_id)m->ars.n, .member_no = k};
    r->ret->n_members_seen += ar->archive.n_members;
    return add_unit(r, kind, m->ars.n - 1, input);
}

static enum reap_status add_object(struct resolver *r, const struct rp_input *in, rp_id input,
                                   struct rp_map map)
{
    struct cand c = {
        .map = map, .path = in->path, .display = in->path, .input = input, .opened_for_all = true};
    uint32_t n = add_cand(r, c);
    if (!n) {
        rp_map_close(&map);
        return rp_nomem(r->ctx);
    }
    if (!queue(r, n))
        return rp_nomem(r->ctx);
    bool gnu = r->opts->mode == RP_RESOLVE_GNU && !r->opts->gold;
    if (!in->lazy || gnu || r->opts->mode == RP_RESOLVE_ALL) /* bfd has no --start-lib */
        return add_unit(r, UNIT_OBJECT, n - 1, input);
    if (!rp_vec_push(&r->providers, (struct provider){.cand = n}))
        return rp_nomem(r->ctx);
    return add_unit(r, UNIT_LAZY_OBJECT, r->providers.n - 1, input);
}

static enum reap_status add_shared(struct resolver *r, const struct rp_input *in, rp_id input,
                                   struct rp_map map)
{
    struct dso d = {.map = map, .path = in->path, .input = input};
    if (!rp_vec_push(&r->dsos, d)) {
        rp_map_close(&map);
        return rp_nomem(r->ctx);
    }
    return add_unit(r, UNIT_SHARED, r->dsos.n - 1, input);
}

static enum reap_status add_opaque(struct resolver *r, rp_id input, struct rp_map map)
{
    enum reap_status st = add_unit(r, UNIT_OPAQUE, 0, input);
    if (st)
        rp_map_close(&map);
    else
        r->units.v[r->units.n - 1].map = map;
    return st;
}

static enum reap_status add_input(struct resolver *r, rp_id input)
{
    const struct rp_input *in = &r->link->inputs.v[input - 1];
    if (!in->path)
        return rp_fail(r->ctx, REAP_ERR_IO, "missing-input", rp_at(in->word), "cannot be found");
    struct rp_map map;
    enum reap_status st = rp_map_open(r->ctx, &map, in->path);
    if (st)
        return st;
    if (in->binary || in->just_symbols)
        return add_opaque(r, input, map);
    switch (rp_magic_of(map.data, map.size)) {
    case RP_MAGIC_ARCHIVE:
    case RP_MAGIC_THIN_ARCHIVE: return add_archive(r, in, input, map);
    case RP_MAGIC_ELF_REL:
    case RP_MAGIC_ELF_OTHER:
    case RP_MAGIC_BITCODE: return add_object(r, in, input, map);
    case RP_MAGIC_ELF_DYN: return add_shared(r, in, input, map);
    case RP_MAGIC_ELF_EXEC: /* linkers take it with -R only */
        if (!r->ret->unsupported_file)
            r->ret->unsupported_file = in->path;
        r->stop = true;
        return add_opaque(r, input, map);
    default: return add_opaque(r, input, map);
    }
}

/* Names that a -R file defines and refers to. Anything but ELF has none that we know. */
static enum reap_status read_just_symbols(struct resolver *r, struct unit *u)
{
    struct rp_elf e;
    const char *path = r->link->inputs.v[u->input - 1].path;
    if (rp_elf_open(&r->quiet, &e, path, u->map.data, u->map.size) != REAP_OK)
        return REAP_OK;
    enum reap_status st = REAP_OK;
    for (uint32_t i = e.first_global; i < e.n_symbols && !st; i++) {
        const char *name = rp_elf_symname(&e, i); /* lies in the map, which stays */
        if (!*name || rp_sym_bind(&e.syms[i]) == STB_LOCAL)
            continue;
        rp_id g = rp_res_intern(r, name);
        bool defined = rp_sym_shndx(&e, i) != RP_SHN_UNDEF;
        if (!g || !(defined ? rp_vec_push(&r->opaque_defined, g) : rp_vec_push(&r->opaque_refs, g)))
            st = rp_nomem(r->ctx);
    }
    rp_elf_close(&e);
    return st;
}

/* -b binary: _binary_PATH_start, _end and _size, with everything in the path as it was written
 * that is not alphanumeric as an underscore (ld manual, BFD; lld does the same). */
static enum reap_status name_binary(struct resolver *r, const struct rp_input *in)
{
    static const char *const suffix[] = {"start", "end", "size"};
    for (size_t i = 0; i < 3; i++) {
        char *name = rp_arena_printf(&r->model->arena, "_binary_%s_%s", in->path, suffix[i]);
        if (!name)
            return rp_nomem(r->ctx);
        for (char *p = name; *p; p++)
            if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')))
                *p = '_';
        rp_id g = rp_res_intern(r, name);
        if (!g || !rp_vec_push(&r->opaque_defined, g))
            return rp_nomem(r->ctx);
    }
    return REAP_OK;
}

static enum reap_status read_opaque(struct resolver *r, struct unit *u)
{
    const struct rp_input *in = &r->link->inputs.v[u->input - 1];
    return in->binary ? name_binary(r, in) : in->just_symbols ? read_just_symbols(r, u) : REAP_OK;
}

enum reap_status rp_res_load_inputs(struct resolver *r)
{
    for (size_t i = 0; i < r->link->inputs.n; i++) {
        enum reap_status st = add_input(r, (rp_id)i + 1);
        if (st)
            return st;
    }
    for (size_t i = 0; i < r->units.n; i++) {
        if (r->units.v[i].kind != UNIT_OPAQUE)
            continue;
        enum reap_status st = read_opaque(r, &r->units.v[i]);
        if (st)
            return st;
    }
    for (size_t i = 0; i < r->dsos.n; i++) {
        enum reap_status st = rp_res_open_shared(r, &r->dsos.v[i]);
        if (st)
            return st;
    }
    return REAP_OK;
}

/* --- what archives define -------------------------------------------------------------------- */

struct index_hashes {
    struct resolver *r;
    struct name_hash **v; /* by archive */
};

static enum reap_status hash_index(void *arg, size_t i)
{
    struct index_hashes *h = arg;
    const struct rp_archive *a = &h->r->model->ars.v[i].archive;
    h->v[i] = malloc(((size_t)a->n_index + 1) * sizeof **h->v);
    if (!h->v[i])
        return REAP_ERR_NOMEM;
    for (uint32_t k = 0; k < a->n_index; k++)
        h->v[i][k] = rp_res_hash(a->index[k].name);
    return REAP_OK;
}

/* GNU linkers extract the default version foo@@V for a reference to foo@V too. */
static enum reap_status add_versioned(struct resolver *r, struct res_ar *ra, const char *name,
                                      struct name_hash h, uint32_t key)
{
    rp_id g;
    if (r->opts->mode != RP_RESOLVE_GNU || name[h.len] != '@')
        return REAP_OK;
    if (!rp_res_versioned_name(r, name, &g))
        return rp_nomem(r->ctx);
    ra->lazies[ra->n_lazies++] = (struct lazy){.global = g, .key = KEY(key), .alias = 1};
    return REAP_OK;
}

static enum reap_status intern_index(struct resolver *r, size_t i, const struct name_hash *h)
{
    const struct rp_archive *a = &r->model->ars.v[i].archive;
    struct res_ar *ra = &r->ars.v[i];
    ra->lazies = malloc((2 * (size_t)a->n_index + 1) * sizeof *ra->lazies);
    if (!ra->lazies)
        return rp_nomem(r->ctx);
    for (uint32_t k = 0; k < a->n_index && k < RP_RES_AHEAD; k++)
        rp_res_fetch(r, h, k, a->n_index);
    for (uint32_t k = 0; k < a->n_index; k++) {
        const char *name = a->index[k].name;
        rp_res_fetch(r, h, k + RP_RES_AHEAD, a->n_index);
        rp_id g = rp_res_intern_h(r, name, h[k]);
        if (!g)
            return rp_nomem(r->ctx);
        uint32_t key = ra->first_key + a->index[k].member;
        ra->lazies[ra->n_lazies++] = (struct lazy){.global = g, .key = KEY(key)};
        enum reap_status st = add_versioned(r, ra, name, h[k], key);
        if (st)
            return st;
    }
    ra->indexed = true;
    return REAP_OK;
}

static enum reap_status intern_indexes(struct resolver *r)
{
    size_t n = r->model->ars.n;
    struct index_hashes h = {.r = r, .v = calloc(n + 1, sizeof *h.v)};
    if (!h.v)
        return rp_nomem(r->ctx);
    enum reap_status st = rp_parallel(r->ctx, n, hash_index, &h);
    /* most names of an index are new: let the map grow once, not a dozen times */
    size_t n_names = r->model->global_map.n;
    for (size_t i = 0; i < n; i++)
        n_names += r->model->ars.v[i].archive.n_index;
    if (!st && !rp_strmap_reserve(&r->model->global_map, n_names))
        st = REAP_ERR_NOMEM;
    if (st)
        rp_nomem(r->ctx);
    for (size_t i = 0; i < n && !st; i++)
        st = intern_index(r, i, h.v[i]);
    for (size_t i = 0; i < n; i++)
        free(h.v[i]);
    free(h.v);
    return st;
}

/* Linkers that read members themselves (lld from 15, mold) see those that the index left out too:
 * open what the index does not mention. */
static enum reap_status open_unindexed(struct resolver *r, size_t i, bool *ret_any)
{
    struct res_ar *ra = &r->ars.v[i];
    uint32_t n = r->model->ars.v[i].archive.n_members;
    bool *covered = calloc((size_t)n + 1, sizeof *covered);
    if (!covered)
        return rp_nomem(r->ctx);
    for (uint32_t k = 0; k < ra->n_lazies; k++)
        covered[ra->lazies[k].key - ra->first_key] = true;
    enum reap_status st = REAP_OK;
    for (uint32_t no = 0; no < n && !st; no++) {
        if (covered[no])
            continue;
        *ret_any = true;
        if (!queue(r, rp_res_cand_of(r, ra->first_key + no)))
            st = rp_nomem(r->ctx);
    }
    free(covered);
    return st;
}

/* Add the definitions of members that the index does not mention, and put all in member order. */
static enum reap_status sort_lazies(struct resolver *r, size_t i)
{
    struct res_ar *ra = &r->ars.v[i];
    uint32_t n = r->model->ars.v[i].archive.n_members;
    uint32_t *at = calloc((size_t)n + 2, sizeof *at); /* at[no + 1]: how many, then where */
    if (!at)
        return rp_nomem(r->ctx);
    for (uint32_t k = 0; k < ra->n_lazies; k++)
        at[ra->lazies[k].key - ra->first_key + 1]++;
    uint64_t total = ra->n_lazies;
    for (uint32_t no = 0; no < n; no++) {
        uint32_t ci = r->providers.v[ra->first_key + no].cand;
        if (at[no + 1] || !ci || r->cands.v[ci - 1].state != CAND_OPEN)
            continue;
        const struct rp_elf *e = &r->cands.v[ci - 1].elf;
        for (uint32_t s = e->first_global; s < e->n_symbols; s++)
            at[no + 1] += rp_sym_shndx(e, s) != RP_SHN_UNDEF;
        total += at[no + 1];
    }
    struct lazy *sorted = malloc(((size_t)total + 1) * sizeof *sorted);
    if (!sorted) {
        free(at);
        return rp_nomem(r->ctx);
    }
    for (uint32_t no = 0; no < n; no++)
        at[no + 1] += at[no];
    bool *indexed = calloc((size_t)n + 1, sizeof *indexed);
    for (uint32_t k = 0; k < ra->n_lazies && indexed; k++) {
        uint32_t no = ra->lazies[k].key - ra->first_key;
        indexed[no] = true;
        sorted[at[no]++] = ra->lazies[k];
    }
    for (uint32_t no = 0; no < n && indexed; no++) {
        uint32_t ci = r->providers.v[ra->first_key + no].cand;
        if (indexed[no] || !ci || r->cands.v[ci - 1].state != CAND_OPEN)
            continue;
        const struct cand *c = &r->cands.v[ci - 1];
        for (uint32_t s = c->elf.first_global; s < c->elf.n_symbols; s++)
            if (rp_sym_shndx(&c->elf, s) != RP_SHN_UNDEF)
                sorted[at[no]++] = (struct lazy){.global = c->globals[s - c->elf.first_global],
                                                 .key = KEY(ra->first_key + no)};
    }
    free(at);
    free(ra->lazies);
    ra->lazies = sorted;
    ra->n_lazies = (uint32_t)total;
    bool ok = indexed != NULL;
    free(indexed);
    return ok ? REAP_OK : rp_nomem(r->ctx);
}

/* By-global table of all definitions that are to be had. */
static enum reap_status index_lazies(struct resolver *r)
{
    r->n_lazy = (rp_id)r->model->globals.n;
    r->lazy_start = calloc((size_t)r->n_lazy + 2, sizeof *r->lazy_start);
    if (!r->lazy_start)
        return rp_nomem(r->ctx);
    uint64_t total = 0;
    for (size_t i = 0; i < r->ars.n; i++) {
        for (uint32_t k = 0; k < r->ars.v[i].n_lazies; k++)
            r->lazy_start[r->ars.v[i].lazies[k].global]++;
        total += r->ars.v[i].n_lazies;
    }
    if (total >= UINT32_MAX)
        return rp_fail(r->ctx, REAP_ERR_UNSUPPORTED, "too-many-symbols", rp_at(NULL),
                       "the archives have more symbols than Reap can number");
    r->lazy_keys = malloc(((size_t)total + 1) * sizeof *r->lazy_keys);
    if (!r->lazy_keys)
        return rp_nomem(r->ctx);
    uint32_t sum = 0;
    for (rp_id g = 0; g <= r->n_lazy + 1; g++) {
        uint32_t n = r->lazy_start[g];
        r->lazy_start[g] = sum;
        sum += g <= r->n_lazy ? n : 0;
    }
    /* fill backwards: every start is moved up to its end, then down again */
    for (size_t i = 0; i < r->ars.n; i++)
        for (uint32_t k = 0; k < r->ars.v[i].n_lazies; k++) {
            const struct lazy *l = &r->ars.v[i].lazies[k];
            r->lazy_keys[r->lazy_start[l->global]++] = l->key;
        }
    for (rp_id g = r->n_lazy + 1; g > 0; g--)
        r->lazy_start[g] = r->lazy_start[g - 1];
    r->lazy_start[0] = 0;
    return REAP_OK;
}

/* Candidates for all members of the archives that are loaded whole. */
static enum reap_status want_whole(struct resolver *r)
{
    for (size_t i = 0; i < r->units.n; i++) {
        const struct unit *u = &r->units.v[i];
        bool whole =
            u->kind == UNIT_WHOLE || (u->kind == UNIT_ARCHIVE && r->opts->mode == RP_RESOLVE_ALL);
        if (!whole || r->ars.v[u->index].opened_all)
            continue;
        r->ars.v[u->index].opened_all = true;
        uint32_t n = r->model->ars.v[u->index].archive.n_members;
        for (uint32_t no = 0; no < n; no++) {
            uint32_t c = rp_res_cand_of(r, r->ars.v[u->index].first_key + no);
            if (!queue(r, c))
                return rp_nomem(r->ctx);
            r->cands.v[c - 1].opened_for_all = true;
        }
    }
    return REAP_OK;
}

static enum reap_status open_wave(struct resolver *r)
{
    while (r->wave.n) {
        uint32_t *list = r->wave.v;
        size_t n = r->wave.n;
        memset(&r->wave, 0, sizeof r->wave); /* opening makes the next one */
        enum reap_status st = rp_res_open(r, list, n);
        free(list);
        if (st)
            return st;
    }
    return REAP_OK;
}

enum reap_status rp_res_load_archives(struct resolver *r)
{
    bool reads_members = r->opts->mode == RP_RESOLVE_MOLD ||
                         (r->opts->mode == RP_RESOLVE_LLD && r->opts->lld_major != 14);
    enum reap_status st = intern_indexes(r);
    for (size_t i = 0; i < r->ars.n && !st && !r->opts->observed; i++) {
        bool any = false;
        bool by_member = reads_members ||
                         (r->opts->mode == RP_RESOLVE_LLD && !r->model->ars.v[i].archive.has_index);
        if (!by_member)
            continue;
        st = open_unindexed(r, i, &any);
        if (!st && any)
            st = open_wave(r);
        if (!st)
            st = sort_lazies(r, i);
    }
    if (!st)
        st = index_lazies(r);
    if (!st && !r->opts->observed)
        st = want_whole(r);
    return st;
}

/* --- waves ----------------------------------------------------------------------------------- */

enum reap_status rp_res_want(struct resolver *r, rp_id global)
{
    if (r->opts->observed || r->opts->mode == RP_RESOLVE_ALL)
        return REAP_OK;
    if (global >= r->wanted.n) {
        size_t n = r->model->globals.n + r->model->globals.n / 2 + 64;
        if (!rp_vec_reserve(&r->wanted, n))
            return REAP_ERR_NOMEM;
        memset(r->wanted.v + r->wanted.n, 0, n - r->wanted.n);
        r->wanted.n = n;
    }
    if (r->wanted.v[global])
        return REAP_OK;
    r->wanted.v[global] = 1;
    if (!r->lazy_start)
        return rp_vec_push(&r->pending, global) ? REAP_OK : REAP_ERR_NOMEM;
    if (global > r->n_lazy)
        return REAP_OK;
    for (uint32_t i = r->lazy_start[global]; i < r->lazy_start[global + 1]; i++) {
        if (!queue(r, rp_res_cand_of(r, r->lazy_keys[i])))
            return REAP_ERR_NOMEM;
    }
    return REAP_OK;
}

static enum reap_status want_list(struct resolver *r, const rp_id *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rp_id g = v[i];
        enum reap_status st = rp_res_want(r, g);
        if (st)
            return rp_nomem(r->ctx);
    }
    return REAP_OK;
}

/* Everything that is asked for from outside of objects. */
static enum reap_status want_roots(struct resolver *r)
{
    enum reap_status st = want_list(r, r->requested.v, r->requested.n);
    if (!st)
        st = want_list(r, r->mentioned.v, r->mentioned.n);
    if (!st)
        st = want_list(r, r->script_mentions.v, r->script_mentions.n);
    if (!st)
        st = want_list(r, r->provide_mentions.v, r->provide_mentions.n);
    if (!st)
        st = want_list(r, r->opaque_refs.v, r->opaque_refs.n);
    if (!st && r->entry)
        st = want_list(r, &r->entry, 1);
    for (rp_id g = 1; g <= r->n_redirect && !st; g++)
        st = want_list(r, &g, 1);
    for (size_t i = 0; i < r->dsos.n && !st; i++) {
        const struct dso *d = &r->dsos.v[i];
        for (uint32_t k = d->elf.first_global; k < d->elf.n_symbols && !st; k++)
            if (rp_sym_shndx(&d->elf, k) == RP_SHN_UNDEF && d->globals[k - d->elf.first_global])
                st = want_list(r, &d->globals[k - d->elf.first_global], 1);
    }
    return st;
}

enum reap_status rp_res_run_waves(struct resolver *r)
{
    enum reap_status st = want_roots(r);
    for (size_t i = 0; i < r->pending.n && !st; i++) {
        r->wanted.v[r->pending.v[i]] = 0;
        st = want_list(r, &r->pending.v[i], 1);
    }
    return st ? st : open_wave(r);
}

void rp_res_free_inputs(struct resolver *r)
{
    for (size_t i = 0; i < r->cands.n; i++) {
        struct cand *c = &r->cands.v[i];
        if (c->file)
            continue; /* the model owns it */
        if (c->state == CAND_OPEN)
            rp_elf_close(&c->elf);
        free(c->globals);
        if (c->map.path)
            rp_map_close(&c->map);
    }
    for (size_t i = 0; i < r->dsos.n; i++) {
        struct dso *d = &r->dsos.v[i];
        free(d->aliases);
        if (d->file)
            continue;
        rp_elf_close(&d->elf);
        free(d->globals);
        rp_map_close(&d->map);
    }
    for (size_t i = 0; i < r->ars.n; i++)
        free(r->ars.v[i].lazies);
    for (size_t i = 0; i < r->units.n; i++)
        if (r->units.v[i].map.path)
            rp_map_close(&r->units.v[i].map);
    free(r->lazy_start);
    free(r->lazy_keys);
    rp_vec_free(&r->cands);
    rp_vec_free(&r->dsos);
    rp_vec_free(&r->ars);
    rp_vec_free(&r->units);
    rp_vec_free(&r->providers);
    rp_vec_free(&r->wanted);
    rp_vec_free(&r->pending);
    rp_vec_free(&r->wave);
}
