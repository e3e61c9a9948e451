/* resolve_given.c: load exactly what a linker was seen to load (the plugin), in its order.
 *
 * The linker names files by path and offset. They are matched to the inputs of the command line:
 * by the spelling of the path, else by device and inode. Shared libraries and opaque files are
 * taken from the line, in their places; a whole archive or a script that the linker offers is no
 * file of ours.
 *
 * GNU ld also opens members to see whether they define a common symbol, and a plugin sees those
 * too (bfd/elflink.c, elf_link_is_defined_archive_symbol). Such a member is left out when a common
 * symbol explains the look and nothing else wants the member.
 *
 * Entry: rp_res_run_observed.
 */
#include "link/resolve_internal.h"

#include <sys/stat.h>

struct given {
    uint32_t cand;
    uint32_t unit;
    bool doubtful; /* perhaps only probed */
};

/* Where a path of the line, or of a thin member, leads. */
struct place {
    dev_t dev;
    ino_t ino;
    const char *path;
    uint32_t unit; /* index + 1, or 0 for a thin member: */
    uint32_t key;
};

struct match {
    struct resolver *r;
    RP_VEC(struct place) places;
    struct rp_strmap by_path; /* path -> index into places + 1, of its first place */
    bool *used;               /* by unit: an object that was matched */
    size_t last_unit;
    size_t next_fixed; /* units before this have their libraries and opaque files loaded */
    RP_VEC(struct given) given;
};

/* --- places ---------------------------------------------------------------------------------- */

static bool add_place(struct match *m, struct place p)
{
    uint32_t *slot = rp_strmap_put(&m->by_path, p.path, strlen(p.path));
    if (!slot || !rp_vec_push(&m->places, p))
        return false;
    if (!*slot)
        *slot = (uint32_t)m->places.n;
    return true;
}

static const struct rp_map *map_of(const struct resolver *r, const struct unit *u)
{
    switch (u->kind) {
    case UNIT_OBJECT: return &r->cands.v[u->index].map;
    case UNIT_LAZY_OBJECT: return &r->cands.v[r->providers.v[u->index].cand - 1].map;
    case UNIT_ARCHIVE:
    case UNIT_WHOLE: return &r->model->ars.v[u->index].map;
    case UNIT_SHARED: return &r->dsos.v[u->index].map;
    case UNIT_OPAQUE: break;
    }
    return &u->map;
}

static bool list_thin_members(struct match *m)
{
    struct resolver *r = m->r;
    for (size_t i = 0; i < r->model->ars.n; i++) {
        const struct rp_archive *a = &r->model->ars.v[i].archive;
        for (uint32_t no = 0; a->thin && no < a->n_members; no++) {
            struct place p = {.path = a->members[no].path, .key = r->ars.v[i].first_key + no};
            struct stat st;
            if (!p.path || stat(p.path, &st) != 0)
                continue; /* the linker has not loaded it either */
            p.dev = st.st_dev;
            p.ino = st.st_ino;
            if (!add_place(m, p))
                return false;
        }
    }
    return true;
}

static bool list_places(struct match *m)
{
    struct resolver *r = m->r;
    for (size_t i = 0; i < r->units.n; i++) {
        const struct unit *u = &r->units.v[i];
        const struct rp_map *map = map_of(r, u);
        struct place p = {.dev = map->dev,
                          .ino = map->ino,
                          .path = r->link->inputs.v[u->input - 1].path,
                          .unit = (uint32_t)i + 1};
        if (!add_place(m, p))
            return false;
    }
    return list_thin_members(m);
}

static bool is_same(const struct place *a, const struct place *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

/* The place of an observed path: its first one; NULL when it is none of ours. */
static const struct place *find_place(const struct match *m, const char *path)
{
    uint32_t i = rp_strmap_get(&m->by_path, path, strlen(path));
    if (i)
        return &m->places.v[i - 1];
    struct stat st;
    if (stat(path, &st) != 0)
        return NULL;
    const struct place wanted = {.dev = st.st_dev, .ino = st.st_ino};
    for (size_t k = 0; k < m->places.n; k++)
        if (is_same(&m->places.v[k], &wanted))
            return &m->places.v[k];
    return NULL;
}

/* Of several units with one file: the first object that was not taken yet, or the archive's next
 * mention from where the linker stands, else its last one. */
static uint32_t choose_unit(const struct match *m, const struct place *p)
{
    const struct resolver *r = m->r;
    uint32_t chosen = p->unit - 1;
    for (size_t k = 0; k < m->places.n; k++) {
        const struct place *q = &m->places.v[k];
        if (!q->unit || !is_same(p, q))
            continue;
        uint32_t u = q->unit - 1;
        bool object = r->units.v[u].kind == UNIT_OBJECT || r->units.v[u].kind == UNIT_LAZY_OBJECT;
        chosen = u;
        if (object ? !m->used[u] : u >= m->last_unit)
            break;
    }
    return chosen;
}

/* --- one observed file ----------------------------------------------------------------------- */

static enum reap_status unknown_file(struct match *m, const struct rp_observed *o)
{
    struct rp_map map;
    if (rp_map_open(&m->r->quiet, &map, o->path) != REAP_OK)
        return REAP_OK; /* gone: nothing of it can be rewritten */
    enum rp_magic magic = rp_magic_of(map.data, map.size);
    rp_map_close(&map);
    if (magic == RP_MAGIC_UNKNOWN || magic == RP_MAGIC_ELF_DYN)
        return REAP_OK; /* a script; a library that another one needs */
    return rp_fail(m->r->ctx, REAP_ERR_UNSUPPORTED, "unknown-input", rp_at(o->path),
                   "the linker loaded it, but it is not on the command line");
}

static uint32_t member_at(const struct rp_archive *a, uint64_t offset)
{
    uint32_t lo = 0, hi = a->n_members; /* members are in the order of their offsets */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (a->members[mid].offset < offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < a->n_members && a->members[lo].offset == offset ? lo : UINT32_MAX;
}

static enum reap_status give(struct match *m, uint32_t cand, uint32_t unit)
{
    struct given g = {.cand = cand, .unit = unit};
    m->last_unit = unit;
    return rp_vec_push(&m->given, g) ? REAP_OK : rp_nomem(m->r->ctx);
}

static enum reap_status give_member(struct match *m, uint32_t key, uint32_t unit)
{
    struct resolver *r = m->r;
    struct provider *p = &r->providers.v[key];
    bool again = p->cand != 0;
    if (again && r->units.v[unit].kind != UNIT_WHOLE)
        return REAP_OK; /* looked at once more */
    uint32_t c = again ? rp_res_add_member(r, p->ar, p->member_no) : rp_res_cand_of(r, key);
    return c ? give(m, c - 1, unit) : rp_nomem(r->ctx);
}

/* Thin members are offered by their own paths: the unit is a mention of their archive. */
static enum reap_status give_thin(struct match *m, const struct place *p)
{
    struct resolver *r = m->r;
    const struct rp_ar *ar = &r->model->ars.v[r->providers.v[p->key].ar - 1];
    const struct place of_archive = {.dev = ar->map.dev, .ino = ar->map.ino};
    for (size_t k = 0; k < m->places.n; k++)
        if (m->places.v[k].unit && is_same(&m->places.v[k], &of_archive))
            return give_member(m, p->key, choose_unit(m, &m->places.v[k]));
    return REAP_OK;
}

static enum reap_status take(struct match *m, const struct rp_observed *o)
{
    struct resolver *r = m->r;
    const struct place *p = find_place(m, o->path);
    if (!p)
        return unknown_file(m, o);
    if (!p->unit)
        return give_thin(m, p);
    uint32_t unit = choose_unit(m, p);
    struct unit *u = &r->units.v[unit];
    switch (u->kind) {
    case UNIT_OBJECT:
        if (m->used[unit])
            return REAP_OK;
        m->used[unit] = true;
        return give(m, u->index, unit);
    case UNIT_LAZY_OBJECT:
        if (m->used[unit])
            return REAP_OK;
        m->used[unit] = true;
        return give(m, r->providers.v[u->index].cand - 1, unit);
    case UNIT_ARCHIVE:
    case UNIT_WHOLE: {
        if (o->offset == 0)
            return REAP_OK; /* the archive itself */
        uint32_t no = member_at(&r->model->ars.v[u->index].archive, o->offset);
        if (no == UINT32_MAX)
            return rp_fail(r->ctx, REAP_ERR_UNSUPPORTED, "unknown-member", rp_at(o->path),
                           "the linker loaded a member at offset 0x%llx that is not there",
                           (unsigned long long)o->offset);
        return give_member(m, r->ars.v[u->index].first_key + no, unit);
    }
    default: return REAP_OK; /* loaded in its place on the line */
    }
}

/* --- probed members -------------------------------------------------------------------------- */

/* Facts about names while doubtful members are weighed, in struct name_state: `by` is the first
 * given file (index + 1) with a common symbol of the name, `key` the first (index + 1) that
 * defines it for certain, `referenced` whether a file that stays refers to it. */

static struct name_state *name_at(struct match *m, const struct cand *c, uint32_t i, rp_id *ret)
{
    *ret = c->globals[i - c->elf.first_global];
    return *ret ? rp_res_name(m->r, *ret) : NULL;
}

static void note_commons(struct match *m, size_t n)
{
    const struct cand *c = &m->r->cands.v[m->given.v[n].cand];
    for (uint32_t i = c->elf.first_global; i < c->elf.n_symbols; i++) {
        rp_id g;
        struct name_state *s = name_at(m, c, i, &g);
        if (s && rp_sym_shndx(&c->elf, i) == RP_SHN_COMMON && !s->by)
            s->by = (rp_id)n + 1;
    }
}

/* Whether an earlier file's common symbol explains why the linker looked into a member. */
static bool is_doubtful(struct match *m, size_t n)
{
    const struct given *gv = &m->given.v[n];
    const struct cand *c = &m->r->cands.v[gv->cand];
    if (m->r->units.v[gv->unit].kind != UNIT_ARCHIVE || c->state != CAND_OPEN)
        return false;
    for (uint32_t i = c->elf.first_global; i < c->elf.n_symbols; i++) {
        rp_id g;
        const struct name_state *s = name_at(m, c, i, &g);
        if (s && s->by && s->by <= n && rp_sym_shndx(&c->elf, i) != RP_SHN_UNDEF &&
            !rp_res_is_data_definition(c, g))
            return true;
    }
    return false;
}

/* A file that stays: its references count, and what it defines needs no one else. */
static void settle(struct match *m, size_t n)
{
    const struct cand *c = &m->r->cands.v[m->given.v[n].cand];
    for (uint32_t i = c->elf.first_global; i < c->elf.n_symbols; i++) {
        rp_id g;
        struct name_state *s = name_at(m, c, i, &g);
        if (!s)
            continue;
        uint32_t shndx = rp_sym_shndx(&c->elf, i);
        if (shndx == RP_SHN_UNDEF)
            s->referenced = s->referenced || rp_sym_bind(&c->elf.syms[i]) != STB_WEAK;
        else if (!s->key || s->key > n + 1)
            s->key = (uint32_t)n + 1;
    }
}

static bool is_wanted(struct match *m, size_t n)
{
    const struct cand *c = &m->r->cands.v[m->given.v[n].cand];
    for (uint32_t i = c->elf.first_global; i < c->elf.n_symbols; i++) {
        rp_id g;
        const struct name_state *s = name_at(m, c, i, &g);
        if (!s || rp_sym_shndx(&c->elf, i) == RP_SHN_UNDEF)
            continue;
        bool undefined = s->referenced && (!s->key || s->key > n + 1);
        bool fills = s->by && s->by <= n && rp_res_is_data_definition(c, g);
        if (undefined || fills)
            return true;
    }
    return false;
}

static bool refer_from_outside(struct match *m, const rp_id *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct name_state *s = rp_res_name(m->r, v[i]);
        if (!s)
            return false;
        s->referenced = true;
    }
    return true;
}

static bool settle_outside(struct match *m)
{
    struct resolver *r = m->r;
    if (!refer_from_outside(m, r->requested.v, r->requested.n) ||
        !refer_from_outside(m, r->mentioned.v, r->mentioned.n) ||
        !refer_from_outside(m, r->script_mentions.v, r->script_mentions.n) ||
        !refer_from_outside(m, r->provide_mentions.v, r->provide_mentions.n) ||
        !refer_from_outside(m, r->opaque_refs.v, r->opaque_refs.n) ||
        (r->entry && !refer_from_outside(m, &r->entry, 1)))
        return false;
    for (size_t i = 0; i < r->dsos.n; i++) {
        const struct dso *d = &r->dsos.v[i];
        for (uint32_t k = d->elf.first_global; k < d->elf.n_symbols; k++) {
            rp_id g = d->globals[k - d->elf.first_global];
            if (g && rp_sym_shndx(&d->elf, k) == RP_SHN_UNDEF && !refer_from_outside(m, &g, 1))
                return false;
        }
    }
    return true;
}

static bool leave_out_probed(struct match *m)
{
    size_t n_doubtful = 0;
    if (m->r->model->globals.n && !rp_res_name(m->r, (rp_id)m->r->model->globals.n))
        return false;
    for (size_t i = 0; i < m->given.n; i++)
        note_commons(m, i);
    for (size_t i = 0; i < m->given.n; i++)
        n_doubtful += m->given.v[i].doubtful = is_doubtful(m, i);
    if (!n_doubtful)
        return true;
    if (!settle_outside(m))
        return false;
    for (size_t i = 0; i < m->given.n; i++)
        if (!m->given.v[i].doubtful)
            settle(m, i);
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < m->given.n; i++) {
            if (!m->given.v[i].doubtful || !is_wanted(m, i))
                continue;
            m->given.v[i].doubtful = false;
            settle(m, i);
            again = true;
        }
    }
    return true;
}

/* --- loading --------------------------------------------------------------------------------- */

/* Libraries and opaque files that stand on the line before a unit. */
static enum reap_status load_fixed(struct match *m, size_t end)
{
    struct resolver *r = m->r;
    enum reap_status st = REAP_OK;
    for (; m->next_fixed < end && !st; m->next_fixed++) {
        struct unit *u = &r->units.v[m->next_fixed];
        if (u->kind == UNIT_SHARED)
            st = rp_res_load_shared(r, &r->dsos.v[u->index]);
        else if (u->kind == UNIT_OPAQUE)
            st = rp_res_load_opaque(r, u);
    }
    return st;
}

static enum reap_status open_given(struct match *m)
{
    struct resolver *r = m->r;
    uint32_t *list = malloc((m->given.n + 1) * sizeof *list);
    if (!list)
        return rp_nomem(r->ctx);
    for (size_t i = 0; i < m->given.n; i++) {
        list[i] = m->given.v[i].cand;
        r->cands.v[list[i]].opened_for_all = true;
    }
    enum reap_status st = rp_res_open(r, list, m->given.n);
    free(list);
    return st;
}

/* Another plugin that comes first keeps its files from us: an object of the line that was not seen
 * is taken as IR when it looks like it, and as loaded otherwise. */
static enum reap_status take_unseen(struct match *m)
{
    struct resolver *r = m->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->units.n && !st; i++)
        if (r->units.v[i].kind == UNIT_OBJECT && !m->used[i])
            st = give(m, r->units.v[i].index, (uint32_t)i);
    return st;
}

enum reap_status rp_res_check_observed(struct resolver *r)
{
    const struct rp_model *model = r->model;
    for (rp_id g = 1; g <= r->n_lazy && g <= model->globals.n && !r->ret->ir_file; g++) {
        const struct rp_global *gl = rp_global_of(model, g);
        bool wanted = (gl->flags & RP_GLOB_REFERENCED) && !(gl->flags & RP_GLOB_WEAK_ONLY);
        if (!wanted || gl->def_file || !(gl->flags & RP_GLOB_LAZY))
            continue;
        uint32_t c;
        enum reap_status st =
            rp_res_open_provider(r, r->ars.v[gl->lazy_ar - 1].first_key + gl->lazy_member, &c);
        if (st)
            return st;
        if (r->cands.v[c].state == CAND_BITCODE || r->cands.v[c].ir)
            r->ret->ir_file = r->cands.v[c].display;
    }
    return REAP_OK;
}

static enum reap_status load_given(struct match *m)
{
    struct resolver *r = m->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < m->given.n && !st && !r->stop; i++) {
        const struct given *g = &m->given.v[i];
        if (g->doubtful)
            continue;
        st = load_fixed(m, g->unit);
        if (!st)
            st = rp_res_load(r, g->cand, r->units.v[g->unit].input, 0, 0);
    }
    return st || r->stop ? st : load_fixed(m, r->units.n);
}

enum reap_status rp_res_run_observed(struct resolver *r)
{
    struct match m = {.r = r, .used = calloc(r->units.n + 1, sizeof *m.used)};
    enum reap_status st = m.used && list_places(&m) ? REAP_OK : rp_nomem(r->ctx);
    for (size_t i = 0; i < r->opts->n_observed && !st; i++)
        st = take(&m, &r->opts->observed[i]);
    if (!st)
        st = take_unseen(&m);
    if (!st)
        st = open_given(&m);
    if (!st && !r->opts->gold && !leave_out_probed(&m))
        st = rp_nomem(r->ctx);
    if (!st)
        st = load_given(&m);
    free(m.used);
    rp_vec_free(&m.places);
    rp_strmap_free(&m.by_path);
    rp_vec_free(&m.given);
    return st;
}
