/* resolve_mold.c: which members mold keeps.
 *
 * mold reads every file at once, gives each a priority by its place, and lets every name resolve
 * to the best definition, where definitions in members that are not (yet) alive rank like those
 * of shared libraries. Then what is reachable from the files of the line by strong references
 * becomes alive (mold 1.10, elf/passes.cc, mark_live_objects; elf/input-files.cc, get_rank). The
 * files that are left stand in the order of the line, members in the order of their archive.
 */
#include "link/resolve_internal.h"

/* A file by priority. */
struct mfile {
    uint32_t index; /* cand or dso */
    bool shared, alive, opaque;
    rp_id input;
    rp_id name; /* why it is alive: the name and the mfile (index + 1) that refers to it */
    uint32_t by;
};

/* To what a name resolves. */
struct winner {
    uint32_t rank;  /* 1 best, 7 none */
    uint32_t mfile; /* index + 1 */
};

struct mold {
    struct resolver *r;
    RP_VEC(struct mfile) files;
    RP_VEC(struct winner) winners; /* by global - 1 */
    RP_VEC(uint32_t) todo;
};

enum { RANK_NONE = 7 };

/* --- which file defines what ----------------------------------------------------------------- */

static enum reap_status add_file(struct mold *m, struct mfile f)
{
    return rp_vec_push(&m->files, f) ? REAP_OK : rp_nomem(m->r->ctx);
}

/* mold reads an archive or library once, however often it is named. */
static bool is_repeated(const struct mold *m, size_t unit)
{
    const struct resolver *r = m->r;
    const struct unit *u = &r->units.v[unit];
    for (size_t i = 0; i < unit; i++) {
        const struct unit *v = &r->units.v[i];
        bool ar = (u->kind == UNIT_ARCHIVE || u->kind == UNIT_WHOLE) &&
                  (v->kind == UNIT_ARCHIVE || v->kind == UNIT_WHOLE) && u->index == v->index;
        bool so = u->kind == UNIT_SHARED && v->kind == UNIT_SHARED &&
                  strcmp(r->dsos.v[u->index].path, r->dsos.v[v->index].path) == 0;
        if (ar || so)
            return true;
    }
    return false;
}

static enum reap_status add_members(struct mold *m, const struct unit *u)
{
    struct resolver *r = m->r;
    const struct res_ar *ra = &r->ars.v[u->index];
    uint32_t n = r->model->ars.v[u->index].archive.n_members;
    for (uint32_t no = 0; no < n; no++) {
        uint32_t c = r->providers.v[ra->first_key + no].cand;
        if (!c) /* never opened: nobody can want it */
            continue;
        struct mfile f = {.index = c - 1, .alive = u->kind == UNIT_WHOLE, .input = u->input};
        enum reap_status st = add_file(m, f);
        if (st)
            return st;
    }
    return REAP_OK;
}

static enum reap_status list_files(struct mold *m)
{
    struct resolver *r = m->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->units.n && !st; i++) {
        const struct unit *u = &r->units.v[i];
        struct mfile f = {.index = u->index, .alive = true, .input = u->input};
        if (is_repeated(m, i))
            continue;
        switch (u->kind) {
        case UNIT_ARCHIVE:
        case UNIT_WHOLE: st = add_members(m, u); continue;
        case UNIT_LAZY_OBJECT:
            f.index = r->providers.v[u->index].cand - 1;
            f.alive = false;
            break;
        case UNIT_SHARED:
            f.shared = true;
            f.alive = !r->link->inputs.v[u->input - 1].as_needed;
            break;
        case UNIT_OPAQUE:
            f.opaque = true;
            f.index = (uint32_t)i;
            break;
        case UNIT_OBJECT: break;
        }
        st = add_file(m, f);
    }
    return st;
}

static uint32_t rank_of(const struct mfile *f, unsigned bind, bool common)
{
    bool weak = bind == STB_WEAK;
    if (common)
        return f->alive ? 5 : 6;
    if (f->shared || !f->alive)
        return weak ? 4 : 3;
    return weak ? 2 : 1;
}

static void claim(struct mold *m, rp_id g, uint32_t rank, size_t file)
{
    struct winner *w = &m->winners.v[g - 1];
    if (w->mfile == 0 || rank < w->rank) /* ties: the earlier file */
        *w = (struct winner){.rank = rank, .mfile = (uint32_t)file + 1};
}

static const struct rp_elf *symbols_of(const struct mold *m, const struct mfile *f,
                                       const rp_id **ret_globals)
{
    struct resolver *r = m->r;
    if (f->opaque)
        return NULL;
    if (f->shared) {
        *ret_globals = r->dsos.v[f->index].globals;
        return &r->dsos.v[f->index].elf;
    }
    const struct cand *c = &r->cands.v[f->index];
    *ret_globals = c->globals;
    return c->state == CAND_OPEN ? &c->elf : NULL;
}

static void claim_all(struct mold *m, size_t file)
{
    const struct mfile *f = &m->files.v[file];
    const rp_id *globals = NULL;
    const struct rp_elf *e = symbols_of(m, f, &globals);
    for (uint32_t i = e ? e->first_global : 0; e && i < e->n_symbols; i++) {
        rp_id g = globals[i - e->first_global];
        uint32_t shndx = rp_sym_shndx(e, i);
        if (g && shndx != RP_SHN_UNDEF)
            claim(m, g, rank_of(f, rp_sym_bind(&e->syms[i]), shndx == RP_SHN_COMMON), file);
    }
}

/* --- what is reachable ----------------------------------------------------------------------- */

static bool reach(struct mold *m, rp_id g, uint32_t by)
{
    uint32_t w = m->winners.v[g - 1].mfile;
    if (!w || m->files.v[w - 1].alive)
        return true;
    m->files.v[w - 1].alive = true;
    m->files.v[w - 1].name = g;
    m->files.v[w - 1].by = by;
    return rp_vec_push(&m->todo, w - 1);
}

/* References of a file that has become alive. A common symbol is a reference as well when the name
 * resolves to a real definition. */
static bool visit(struct mold *m, uint32_t file)
{
    const struct mfile f = m->files.v[file];
    const rp_id *globals = NULL;
    const struct rp_elf *e = symbols_of(m, &f, &globals);
    for (uint32_t i = e ? e->first_global : 0; e && i < e->n_symbols; i++) {
        rp_id g = globals[i - e->first_global];
        uint32_t shndx = rp_sym_shndx(e, i);
        if (!g || (!f.shared && rp_sym_bind(&e->syms[i]) == STB_WEAK))
            continue;
        bool common = shndx == RP_SHN_COMMON && m->winners.v[g - 1].rank < 5;
        if ((shndx == RP_SHN_UNDEF || common) && !reach(m, g, file + 1))
            return false;
    }
    return true;
}

static bool reach_all(struct mold *m, const rp_id *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!reach(m, v[i], 0))
            return false;
    return true;
}

static bool mark_alive(struct mold *m)
{
    struct resolver *r = m->r;
    for (uint32_t i = 0; i < m->files.n; i++)
        if (m->files.v[i].alive && !rp_vec_push(&m->todo, i))
            return false;
    if (!reach_all(m, r->requested.v, r->requested.n) ||
        !reach_all(m, r->mentioned.v, r->mentioned.n) ||
        !reach_all(m, r->script_mentions.v, r->script_mentions.n) ||
        !reach_all(m, r->provide_mentions.v, r->provide_mentions.n) ||
        !reach_all(m, r->opaque_refs.v, r->opaque_refs.n) || (r->entry && !reach(m, r->entry, 0)))
        return false;
    while (m->todo.n)
        if (!visit(m, m->todo.v[--m->todo.n]))
            return false;
    return true;
}

/* --- the result ------------------------------------------------------------------------------ */

static rp_id file_of(const struct mold *m, uint32_t by)
{
    if (!by)
        return 0;
    const struct mfile *f = &m->files.v[by - 1];
    return f->opaque ? 0 : f->shared ? m->r->dsos.v[f->index].file : m->r->cands.v[f->index].file;
}

static enum reap_status load_alive(struct mold *m)
{
    struct resolver *r = m->r;
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < m->files.n && !st && !r->stop; i++) {
        const struct mfile *f = &m->files.v[i];
        if (f->opaque)
            st = rp_res_load_opaque(r, &r->units.v[f->index]);
        else if (f->shared)
            st = rp_res_load_shared(r, &r->dsos.v[f->index]);
        else if (f->alive)
            st = rp_res_load(r, f->index, f->input, f->name, 0);
    }
    /* the referring file may come after the file that it extracts */
    for (size_t i = 0; i < m->files.n && !st && !r->stop; i++) {
        rp_id id = file_of(m, (uint32_t)i + 1);
        if (id && m->files.v[i].by)
            rp_file_of(r->model, id)->extracted_by = file_of(m, m->files.v[i].by);
    }
    return st;
}

enum reap_status rp_res_run_mold(struct resolver *r)
{
    struct mold m = {.r = r};
    enum reap_status st = list_files(&m);
    size_t n = r->model->globals.n;
    if (!st && !rp_vec_reserve(&m.winners, n + 1))
        st = rp_nomem(r->ctx);
    if (!st) {
        memset(m.winners.v, 0, (n + 1) * sizeof *m.winners.v);
        m.winners.n = n;
        for (size_t i = 0; i < m.files.n; i++)
            claim_all(&m, i);
        if (!mark_alive(&m))
            st = rp_nomem(r->ctx);
    }
    if (!st)
        st = load_alive(&m);
    rp_vec_free(&m.files);
    rp_vec_free(&m.winners);
    rp_vec_free(&m.todo);
    return st;
}
