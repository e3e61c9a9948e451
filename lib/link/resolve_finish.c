/* resolve_finish.c: of the definitions in the files that were loaded, which prevail.
 *
 * One pass over the files in load order: strong before weak before common (the largest), the
 * first among equals, regular objects before shared libraries. Definitions in the copies of a
 * COMDAT group that are left out do not count (gABI, Section Groups). mold lets a weak definition
 * win over a common symbol; the others do not.
 *
 * Entry: rp_res_finish.
 */
#include "link/resolve_internal.h"

#include "util/bitset.h"
#include "util/checked.h"

enum { DEF_NONE, DEF_COMMON, DEF_WEAK, DEF_STRONG };

struct finish {
    struct resolver *r;
    struct rp_strmap comdats; /* signatures that are no global name -> 1 */
    uint8_t *comdat_of;       /* by global - 1: a group with this signature was entered */
    uint8_t *kind;            /* by global - 1: DEF_* of the definition so far */
};

/* --- COMDAT ---------------------------------------------------------------------------------- */

/* Enter a signature; *ret_again: an earlier group had it. Most are global symbols, which have ids:
 * that spares hashing hundreds of thousands of names. */
static bool enter_signature(struct finish *fin, const struct rp_file *f, const struct rp_shdr *sh,
                            bool *ret_again)
{
    const struct rp_elf *e = &f->elf;
    const char *name = rp_elf_group_signature(e, sh);
    *ret_again = false;
    if (!name)
        return true; /* nothing to compare: it stays */
    rp_id g = 0;
    if (sh->info >= e->first_global && rp_sym_shndx(e, sh->info) != RP_SHN_UNDEF)
        g = f->globals[sh->info - e->first_global];
    if (!g)
        g = rp_model_find_global(fin->r->model, name);
    if (g) {
        *ret_again = fin->comdat_of[g - 1];
        fin->comdat_of[g - 1] = 1;
        return true;
    }
    uint32_t *slot = rp_strmap_put(&fin->comdats, name, strlen(name));
    if (!slot)
        return false;
    *ret_again = *slot != 0;
    *slot = 1;
    return true;
}

/* Enter the groups of a file; *ret has a bit for each section of a copy that is left out, and
 * stays empty (w == NULL) when there is none. */
static bool enter_groups(struct finish *fin, const struct rp_file *f, struct rp_bitset *ret)
{
    const struct rp_elf *e = &f->elf;
    for (uint32_t no = 1; no < e->n_sections; no++) {
        const struct rp_shdr *sh = &e->shdrs[no];
        if (sh->type != SHT_GROUP || sh->size < 4)
            continue;
        const uint8_t *words = rp_elf_bytes(e, no);
        bool again = false;
        if (!(rp_load32(words) & GRP_COMDAT))
            continue;
        if (!enter_signature(fin, f, sh, &again))
            return false;
        if (!again)
            continue;
        if (!ret->w && !rp_bitset_init(ret, e->n_sections))
            return false;
        for (uint64_t i = 1; i < sh->size / 4; i++)
            if (rp_load32(words + 4 * i) < e->n_sections)
                rp_bitset_set(ret, rp_load32(words + 4 * i));
    }
    return true;
}

/* --- regular objects ------------------------------------------------------------------------- */

static bool prevails(const struct finish *fin, const struct rp_global *g, unsigned old,
                     unsigned new_kind, const struct rp_sym *sym)
{
    if (old == DEF_COMMON && new_kind == DEF_COMMON) {
        const struct rp_file *f = rp_file_of(fin->r->model, g->def_file);
        return sym->size > f->elf.syms[g->def_sym].size;
    }
    if ((old == DEF_WEAK && new_kind == DEF_COMMON) || (old == DEF_COMMON && new_kind == DEF_WEAK))
        return (new_kind == DEF_COMMON) != (fin->r->opts->mode == RP_RESOLVE_MOLD);
    return new_kind > old;
}

static void add_definition(struct finish *fin, rp_id file, uint32_t i, rp_id id, unsigned kind)
{
    struct rp_global *g = rp_global_of(fin->r->model, id);
    const struct rp_sym *sym = &rp_file_of(fin->r->model, file)->elf.syms[i];
    if (fin->kind[id - 1] != DEF_NONE && !prevails(fin, g, fin->kind[id - 1], kind, sym))
        return;
    fin->kind[id - 1] = (uint8_t)kind;
    g->def_file = file;
    g->def_sym = i;
}

static void add_reference(struct rp_global *g, unsigned bind)
{
    if (!(g->flags & RP_GLOB_REFERENCED))
        g->flags |= RP_GLOB_REFERENCED | RP_GLOB_WEAK_ONLY;
    if (bind != STB_WEAK)
        g->flags &= ~(unsigned)RP_GLOB_WEAK_ONLY;
}

/* lld ranks STB_GNU_UNIQUE with the weak ones (Symbol::shouldReplace), the others do not. */
static bool is_strong(const struct resolver *r, unsigned bind)
{
    return r->opts->mode == RP_RESOLVE_LLD ? bind == STB_GLOBAL : bind != STB_WEAK;
}

static enum reap_status finish_object(struct finish *fin, rp_id file)
{
    struct resolver *r = fin->r;
    const struct rp_file *f = rp_file_of(r->model, file);
    const struct rp_elf *e = &f->elf;
    struct rp_bitset discarded = {0};
    if (!enter_groups(fin, f, &discarded)) {
        rp_bitset_free(&discarded);
        return rp_nomem(r->ctx);
    }
    for (uint32_t i = e->first_global; i < e->n_symbols; i++) {
        if (i + 8 < e->n_symbols && f->globals[i + 8 - e->first_global])
            __builtin_prefetch(rp_global_of(r->model, f->globals[i + 8 - e->first_global]));
        rp_id id = f->globals[i - e->first_global];
        if (!id)
            continue;
        struct rp_global *g = rp_global_of(r->model, id);
        const struct rp_sym *sym = &e->syms[i];
        unsigned vis = rp_sym_vis(sym), bind = rp_sym_bind(sym);
        if (vis != STV_DEFAULT && (g->visibility == STV_DEFAULT || vis < g->visibility))
            g->visibility = (uint8_t)vis;
        uint32_t shndx = rp_sym_shndx(e, i);
        if (shndx == RP_SHN_UNDEF)
            add_reference(g, bind);
        else if (shndx == RP_SHN_COMMON)
            add_definition(fin, file, i, id, DEF_COMMON);
        else if (!(discarded.w && shndx < e->n_sections && rp_bitset_get(&discarded, shndx)))
            add_definition(fin, file, i, id, is_strong(r, bind) ? DEF_STRONG : DEF_WEAK);
        if (f->untouched)
            g->flags |= RP_GLOB_UNTOUCHED_REF;
    }
    rp_bitset_free(&discarded);
    return REAP_OK;
}

/* --- shared libraries ------------------------------------------------------------------------ */

/* A library that defines a name which a regular object defines too is a reference to it: the
 * linker exports such a definition, since the library's own uses bind to it (lld,
 * Symbol::resolve(SharedSymbol); bfd marks it def_dynamic). */
static void finish_shared(struct finish *fin, rp_id file)
{
    struct rp_model *m = fin->r->model;
    const struct rp_file *f = rp_file_of(m, file);
    const struct rp_elf *e = &f->elf;
    for (uint32_t i = e->first_global; i < e->n_symbols; i++) {
        rp_id id = f->globals[i - e->first_global];
        if (!id)
            continue;
        struct rp_global *g = rp_global_of(m, id);
        bool defined = rp_sym_shndx(e, i) != RP_SHN_UNDEF;
        bool regular = g->def_file && !(g->flags & RP_GLOB_SHARED_DEF);
        if (!defined || regular)
            g->flags |= RP_GLOB_SHARED_REF;
        /* a name that is hidden in the objects cannot be satisfied from outside (gABI) */
        if (defined && !g->def_file && g->visibility == STV_DEFAULT) {
            g->def_file = file;
            g->def_sym = i;
            g->flags |= RP_GLOB_SHARED_DEF;
        }
    }
}

/* --- versions, --wrap, lazy ------------------------------------------------------------------ */

/* The version in the name of a global's definition: "V" of foo@@V; NULL when it has none. */
static const char *default_version(const struct rp_model *m, const struct rp_global *g)
{
    if (!g->def_file || (g->flags & RP_GLOB_SHARED_DEF))
        return NULL;
    const char *name = rp_elf_symname(&rp_file_of(m, g->def_file)->elf, g->def_sym);
    const char *at = strchr(name, '@');
    return at && at[1] == '@' ? at + 2 : NULL;
}

/* foo@V that nobody defines is foo@@V's, or a shared library's foo of version V, which is not told
 * from its foo here: either satisfies it. */
static void unite_version(struct rp_model *m, rp_id id)
{
    struct rp_global *g = rp_global_of(m, id);
    const char *at = memchr(g->name, '@', g->name_len);
    if (!at || at == g->name || g->def_file)
        return;
    rp_id base = rp_strmap_get(&m->global_map, g->name, (size_t)(at - g->name));
    if (!base)
        return;
    struct rp_global *b = rp_global_of(m, base);
    const char *version = default_version(m, b);
    size_t n = g->name_len - (size_t)(at + 1 - g->name);
    bool same = version && strlen(version) == n && memcmp(version, at + 1, n) == 0;
    if (!same && !(b->flags & RP_GLOB_SHARED_DEF))
        return;
    g->def_file = b->def_file;
    g->def_sym = b->def_sym;
    const unsigned passed_on = RP_GLOB_SHARED_REF | RP_GLOB_REFERENCED | RP_GLOB_UNTOUCHED_REF;
    if (same)
        b->flags |= g->flags & passed_on;
    else
        g->flags |= RP_GLOB_SHARED_DEF;
    if (same && !(g->flags & RP_GLOB_WEAK_ONLY) && (g->flags & RP_GLOB_REFERENCED))
        b->flags &= ~(unsigned)RP_GLOB_WEAK_ONLY;
}

/* lld maps references when all is loaded. (Definitions keep their names here, so that each file
 * still says what it defines; what --wrap names is a root anyway.) */
static void map_wrapped(struct resolver *r)
{
    for (size_t i = 0; i < r->model->files.n && r->n_redirect; i++) {
        struct rp_file *f = &r->model->files.v[i];
        if (f->kind != RP_FILE_OBJECT)
            continue;
        for (uint32_t k = f->elf.first_global; k < f->elf.n_symbols; k++) {
            rp_id *g = &f->globals[k - f->elf.first_global];
            if (!*g || *g > r->n_redirect || rp_sym_shndx(&f->elf, k) != RP_SHN_UNDEF)
                continue;
            *g = r->redirect[*g];
        }
    }
}

static void note_lazies(struct resolver *r)
{
    for (size_t i = 0; i < r->ars.n; i++) {
        const struct res_ar *ra = &r->ars.v[i];
        const struct rp_ar *ar = &r->model->ars.v[i];
        for (uint32_t k = 0; k < ra->n_lazies; k++) {
            const struct lazy *l = &ra->lazies[k];
            uint32_t no = l->key - ra->first_key;
            if (!l->global || ar->loaded[no])
                continue;
            struct rp_global *g = rp_global_of(r->model, l->global);
            if (g->def_file || (g->flags & RP_GLOB_LAZY))
                continue;
            g->flags |= RP_GLOB_LAZY;
            g->lazy_ar = (rp_id)i + 1;
            g->lazy_member = no;
        }
    }
}

/* Names that the linkers define when nobody else does (ld's default scripts; lld,
 * addReservedSymbols; mold, create_internal_file). */
static const char *const reserved[] = {
    "_GLOBAL_OFFSET_TABLE_",
    "_DYNAMIC",
    "_PROCEDURE_LINKAGE_TABLE_",
    "__ehdr_start",
    "__executable_start",
    "__dso_handle",
    "__bss_start",
    "_end",
    "end",
    "_etext",
    "etext",
    "__etext",
    "_edata",
    "edata",
    "__init_array_start",
    "__init_array_end",
    "__fini_array_start",
    "__fini_array_end",
    "__preinit_array_start",
    "__preinit_array_end",
    "__rela_iplt_start",
    "__rela_iplt_end",
    "__rel_iplt_start",
    "__rel_iplt_end",
    "__GNU_EH_FRAME_HDR",
    "_TLS_MODULE_BASE_",
    "__tls_get_addr",
    "___tls_get_addr",
};

static void note_linker_defined(struct resolver *r)
{
    struct rp_model *m = r->model;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        rp_id id = rp_model_find_global(m, reserved[i]);
        if (id && !rp_global_of(m, id)->def_file)
            rp_global_of(m, id)->flags |= RP_GLOB_LINKER_DEF;
    }
    for (size_t i = 0; i < r->provides.n; i++) {
        struct rp_global *g = rp_global_of(m, r->provides.v[i].name);
        if (!g->def_file || (g->flags & RP_GLOB_SHARED_DEF))
            g->flags |= RP_GLOB_LINKER_DEF;
    }
    for (size_t i = 0; i < r->linker_defined.n; i++)
        rp_global_of(m, r->linker_defined.v[i])->flags |= RP_GLOB_LINKER_DEF;
    for (size_t i = 0; i < r->section_defined.n; i++)
        rp_global_of(m, r->section_defined.v[i])->flags |= RP_GLOB_LINKER_DEF;
    for (size_t i = 0; i < r->opaque_defined.n; i++)
        rp_global_of(m, r->opaque_defined.v[i])->flags |=
            RP_GLOB_LINKER_DEF | RP_GLOB_UNTOUCHED_REF;
    for (size_t i = 0; i < r->opaque_refs.n; i++)
        rp_global_of(m, r->opaque_refs.v[i])->flags |= RP_GLOB_UNTOUCHED_REF;
}

enum reap_status rp_res_finish(struct resolver *r)
{
    struct rp_model *m = r->model;
    struct finish fin = {.r = r};
    fin.kind = calloc(m->globals.n + 1, 1);
    fin.comdat_of = calloc(m->globals.n + 1, 1);
    enum reap_status st = fin.kind && fin.comdat_of ? REAP_OK : rp_nomem(r->ctx);
    if (r->opts->mode == RP_RESOLVE_LLD)
        map_wrapped(r);
    for (size_t i = 0; i < m->files.n && !st; i++)
        if (m->files.v[i].kind == RP_FILE_OBJECT)
            st = finish_object(&fin, (rp_id)i + 1);
    for (size_t i = 0; i < m->files.n && !st; i++)
        if (m->files.v[i].kind == RP_FILE_SHARED)
            finish_shared(&fin, (rp_id)i + 1);
    if (!st) {
        for (rp_id g = 1; g <= m->globals.n; g++)
            unite_version(m, g);
        note_lazies(r);
        note_linker_defined(r);
    }
    rp_strmap_free(&fin.comdats);
    free(fin.kind);
    free(fin.comdat_of);
    return st;
}
