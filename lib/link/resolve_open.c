/* resolve_open.c: open candidates in parallel, and turn their global symbols' names into ids.
 *
 * Opening checks a whole file, relocations included, and is most of the work of loading; it and
 * the hashing of names run on all threads. Entering the names is sequential, so that ids are the
 * same in every run; slots of the hash table are fetched ahead, because nearly every look-up
 * misses the cache.
 *
 * A member that may never be loaded is opened with its diagnostics dropped: a malformed member
 * that nobody needs is no error for most linkers, and none for us.
 */
#include "link/resolve_internal.h"
#include "util/pool.h"

enum { BATCH = 256, AHEAD = RP_RES_AHEAD };

/* One candidate of a batch. */
struct opening {
    uint32_t cand;
    struct name_hash *hashes; /* by global symbol */
};

struct batch {
    struct resolver *r;
    struct opening *v;
};

/* --- in parallel ----------------------------------------------------------------------------- */

/* The bytes of a candidate; maps a thin member. */
static enum reap_status cand_bytes(struct resolver *r, struct rp_ctx *ctx, struct cand *c,
                                   const uint8_t **ret, uint64_t *ret_size)
{
    if (c->ar) {
        const struct rp_ar *ar = &r->model->ars.v[c->ar - 1];
        const struct rp_member *m = &ar->archive.members[c->member_no];
        if (!m->path) {
            *ret = ar->map.data + m->offset;
            *ret_size = m->size;
            return REAP_OK;
        }
        if (!c->map.path) {
            enum reap_status st = rp_map_open(ctx, &c->map, m->path);
            if (st)
                return st;
        }
    }
    *ret = c->map.data;
    *ret_size = c->map.size;
    return REAP_OK;
}

/* Whether any section's name starts with prefix. */
static bool has_section_like(const struct rp_elf *e, const char *prefix)
{
    size_t n = strlen(prefix);
    for (uint32_t i = 1; i < e->n_sections; i++)
        if (strncmp(rp_elf_shname(e, i), prefix, n) == 0)
            return true;
    return false;
}

/* Whether the linker would compile the IR in an object. lld reads nothing but .llvm.lto, and that
 * only with --fat-lto-objects. The others hand every object to their plugins; without one, an
 * object that has code is linked as it is. */
static bool uses_ir(const struct resolver *r, const struct rp_elf *e)
{
    bool fat = false;
    if (!rp_elf_has_ir(e, &fat))
        return false;
    if (r->link->flavor == RP_LINKER_LLD)
        return r->fat_lto && has_section_like(e, ".llvm.lto");
    return r->plugin || !fat;
}

static enum reap_status open_cand(struct resolver *r, struct rp_ctx *ctx, struct cand *c)
{
    const uint8_t *data;
    uint64_t size;
    enum reap_status st = cand_bytes(r, ctx, c, &data, &size);
    if (st) {
        c->state = CAND_FAILED;
        return st;
    }
    switch (rp_magic_of(data, size)) {
    case RP_MAGIC_ELF_REL: break;
    case RP_MAGIC_BITCODE: c->state = CAND_BITCODE; return REAP_OK;
    case RP_MAGIC_ELF_DYN:
    case RP_MAGIC_ELF_EXEC:
    case RP_MAGIC_ELF_OTHER: c->state = CAND_FOREIGN; return REAP_OK;
    default: c->state = CAND_NO_ELF; return REAP_OK;
    }
    st = rp_elf_open(ctx, &c->elf, c->display, data, size);
    if (st) {
        memset(&c->elf, 0, sizeof c->elf);
        c->state = st == REAP_ERR_UNSUPPORTED ? CAND_FOREIGN : CAND_FAILED;
        return st == REAP_ERR_UNSUPPORTED ? REAP_OK : st;
    }
    c->state = CAND_OPEN;
    c->ir = uses_ir(r, &c->elf);
    return REAP_OK;
}

static enum reap_status open_and_hash(void *arg, size_t i)
{
    struct batch *b = arg;
    struct opening *o = &b->v[i];
    struct cand *c = &b->r->cands.v[o->cand];
    enum reap_status st = open_cand(b->r, c->opened_for_all ? b->r->ctx : &b->r->quiet, c);
    if (st == REAP_ERR_NOMEM || (st && c->opened_for_all))
        return st;
    if (c->state != CAND_OPEN)
        return REAP_OK;
    uint32_t n = c->elf.n_symbols - c->elf.first_global;
    o->hashes = malloc(((size_t)n + 1) * sizeof *o->hashes);
    c->globals = calloc((size_t)n + 1, sizeof *c->globals);
    if (!o->hashes || !c->globals)
        return REAP_ERR_NOMEM;
    for (uint32_t k = 0; k < n; k++) {
        const char *name = rp_elf_symname(&c->elf, c->elf.first_global + k);
        o->hashes[k] = rp_res_hash(name);
        c->versioned = c->versioned || name[o->hashes[k].len] == '@';
    }
    return REAP_OK;
}

/* --- one after the other --------------------------------------------------------------------- */

static enum reap_status intern_symbol(struct resolver *r, const struct cand *c, uint32_t k,
                                      struct name_hash h)
{
    const struct rp_elf *e = &c->elf;
    const uint32_t i = e->first_global + k;
    if (rp_sym_bind(&e->syms[i]) == STB_LOCAL || h.len == 0)
        return REAP_OK;
    rp_id g = rp_res_intern_h(r, rp_elf_symname(e, i), h);
    if (!g)
        return REAP_ERR_NOMEM;
    uint32_t shndx = rp_sym_shndx(e, i);
    /* gold wraps common symbols too */
    bool wraps = shndx == RP_SHN_UNDEF || (shndx == RP_SHN_COMMON && r->opts->gold);
    if (wraps && g <= r->n_redirect && r->opts->mode != RP_RESOLVE_LLD)
        g = r->redirect[g];
    c->globals[k] = g;
    if (shndx == RP_SHN_COMMON || (shndx == RP_SHN_UNDEF && rp_sym_bind(&e->syms[i]) != STB_WEAK))
        return rp_res_want(r, g);
    return REAP_OK;
}

static enum reap_status intern_opening(struct resolver *r, const struct opening *o)
{
    const struct cand *c = &r->cands.v[o->cand];
    if (!o->hashes)
        return REAP_OK;
    uint32_t n = c->elf.n_symbols - c->elf.first_global;
    for (uint32_t k = 0; k < n && k < AHEAD; k++)
        rp_res_fetch(r, o->hashes, k, n);
    for (uint32_t k = 0; k < n; k++) {
        rp_res_fetch(r, o->hashes, k + AHEAD, n);
        /* c may have moved: wanting a name can add candidates */
        enum reap_status st = intern_symbol(r, &r->cands.v[o->cand], k, o->hashes[k]);
        if (st)
            return st;
    }
    return REAP_OK;
}

static enum reap_status open_batch(struct resolver *r, const uint32_t *list, size_t n)
{
    struct opening openings[BATCH];
    memset(openings, 0, sizeof openings);
    for (size_t i = 0; i < n; i++)
        openings[i].cand = list[i];
    struct batch b = {.r = r, .v = openings};
    enum reap_status st = rp_parallel(r->ctx, n, open_and_hash, &b);
    for (size_t i = 0; i < n && !st; i++)
        st = intern_opening(r, &openings[i]);
    for (size_t i = 0; i < n; i++)
        free(openings[i].hashes);
    return st == REAP_ERR_NOMEM ? rp_nomem(r->ctx) : st;
}

enum reap_status rp_res_open(struct resolver *r, const uint32_t *list, size_t n)
{
    for (size_t i = 0; i < n; i += BATCH) {
        enum reap_status st = open_batch(r, list + i, n - i < BATCH ? n - i : BATCH);
        if (st)
            return st;
    }
    return REAP_OK;
}

enum reap_status rp_res_open_loud(struct resolver *r, struct cand *c)
{
    enum reap_status st = open_cand(r, r->ctx, c);
    if (!st)
        return rp_fail(r->ctx, REAP_ERR_INPUT, "changed-input", rp_at(c->display),
                       "the file changes while it is read");
    return st;
}
