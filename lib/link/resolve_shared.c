/* resolve_shared.c: the dynamic symbols of a shared library as names.
 *
 * A definition with a default version, or without one, is the plain name. A hidden one (bit 15 of
 * its version number; LSB, Symbol Version Table) binds only references that say foo@V, and has
 * that name here; version 0 is local. A reference to foo@V is a reference to that name, which a
 * .symver definition of a regular object can satisfy, and no plain archive member; mold alone
 * looks for the plain name.
 */
#include "link/resolve_internal.h"
#include "util/checked.h"

enum { VERSYM_HIDDEN_BIT = 0x8000, VERDEF_SIZE = 20, VERDAUX_SIZE = 8, VERNEED_SIZE = 16 };

typedef RP_VEC(const char *) version_names;

static bool set_version(version_names *v, uint32_t index, const struct rp_elf *e, uint32_t name)
{
    index &= 0x7fff;
    if (name >= e->strtab_size)
        return true; /* nothing that we can name */
    while (v->n <= index)
        if (!rp_vec_push(v, NULL))
            return false;
    v->v[index] = e->strtab + name;
    return true;
}

/* LSB, Version Definitions: the first auxiliary entry is the name. */
static bool read_verdefs(const struct rp_elf *e, const uint8_t *p, uint64_t size, version_names *v)
{
    uint64_t at = 0;
    while (rp_in_range(at, VERDEF_SIZE, size)) {
        uint64_t aux = at + rp_load32(p + at + 12);
        uint32_t next = rp_load32(p + at + 16);
        if (rp_in_range(aux, VERDAUX_SIZE, size) &&
            !set_version(v, rp_load16(p + at + 4), e, rp_load32(p + aux)))
            return false;
        if (next == 0)
            break;
        at += next; /* always forward, so that it ends */
    }
    return true;
}

/* LSB, Version Requirements. */
static bool read_verneeds(const struct rp_elf *e, const uint8_t *p, uint64_t size, version_names *v)
{
    uint64_t at = 0;
    while (rp_in_range(at, VERNEED_SIZE, size)) {
        uint64_t aux = at + rp_load32(p + at + 8);
        uint32_t next = rp_load32(p + at + 12);
        for (uint32_t n = rp_load16(p + at + 2); n && rp_in_range(aux, VERNEED_SIZE, size); n--) {
            if (!set_version(v, rp_load16(p + aux + 6), e, rp_load32(p + aux + 8)))
                return false;
            aux += rp_load32(p + aux + 12);
        }
        if (next == 0)
            break;
        at += next;
    }
    return true;
}

static bool read_versions(const struct rp_elf *e, version_names *v)
{
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const uint8_t *p = rp_elf_bytes(e, i);
        uint64_t size = e->shdrs[i].size;
        if (e->shdrs[i].type == SHT_GNU_verdef && p && !read_verdefs(e, p, size, v))
            return false;
        if (e->shdrs[i].type == SHT_GNU_verneed && p && !read_verneeds(e, p, size, v))
            return false;
    }
    return true;
}

static bool intern_symbol(struct resolver *r, struct dso *d, uint32_t i, const version_names *v)
{
    const struct rp_elf *e = &d->elf;
    const char *name = rp_elf_symname(e, i);
    uint32_t version = 1;
    if (e->versym)
        version = rp_load16((const uint8_t *)e->versym + 2 * (uint64_t)i);
    bool defined = rp_sym_shndx(e, i) != RP_SHN_UNDEF;
    uint32_t index = version & ~(uint32_t)VERSYM_HIDDEN_BIT;
    if (!*name || rp_sym_bind(&e->syms[i]) == STB_LOCAL || (defined && index == 0))
        return true;

    const char *vname = index >= 2 && index < v->n ? v->v[index] : NULL;
    if (defined && vname && d->aliases && !(version & VERSYM_HIDDEN_BIT)) {
        const char *alias = rp_arena_printf(&r->model->arena, "%s@%s", name, vname);
        rp_id id = alias ? rp_res_intern(r, alias) : 0;
        if (!id)
            return false;
        d->aliases[i - e->first_global] = id;
    }
    bool plain = defined ? !(version & VERSYM_HIDDEN_BIT) : r->opts->mode == RP_RESOLVE_MOLD;
    if (!plain && vname) {
        name = rp_arena_printf(&r->model->arena, "%s@%s", name, vname);
        if (!name)
            return false;
    } else if (!plain && defined) {
        return true; /* hidden, and of a version without a name */
    }
    rp_id g = rp_res_intern(r, name);
    d->globals[i - e->first_global] = g;
    return g != 0;
}

enum reap_status rp_res_open_shared(struct resolver *r, struct dso *d)
{
    struct rp_elf e;
    enum reap_status st = rp_elf_open(r->ctx, &e, d->path, d->map.data, d->map.size);
    if (st)
        return st;
    d->elf = e;
    version_names v = {0};
    d->globals = calloc((size_t)(e.n_symbols - e.first_global) + 1, sizeof *d->globals);
    if (r->opts->mode == RP_RESOLVE_GNU)
        d->aliases = calloc((size_t)(e.n_symbols - e.first_global) + 1, sizeof *d->aliases);
    bool ok =
        d->globals && (d->aliases || r->opts->mode != RP_RESOLVE_GNU) && read_versions(&d->elf, &v);
    for (uint32_t i = e.first_global; i < e.n_symbols && ok; i++)
        ok = intern_symbol(r, d, i, &v);
    rp_vec_free(&v);
    return ok ? REAP_OK : rp_nomem(r->ctx);
}
