/* rtti_outside.c: what code that is not in the link can do with its classes.
 *
 * Can it name a class? Then the class's slots and those of its descendants are followed. It can
 * when the typeinfo is exported or asked for by a shared library or an untouched file, when a base
 * is of a shared library, and when a shared library has a copy of its own: type_info objects are
 * compared by their names (Itanium C++ ABI, 2.9.4; libstdc++ and libc++ on ELF), so any library in
 * whose bytes the name stands, hidden or not, can be the one that casts.
 *
 * Can it read a slot without naming a class? `typeid(*p)` in a library leaves no trace in its
 * symbols. It is excluded for the libraries of C and C++ themselves, which look at no objects but
 * those of their own classes (which are exported, and so keep all that derives from them), and for
 * libraries in which nothing is of C++. Everything else is a reason to keep every slot, unless the
 * user gives his word.
 *
 * And whether the linker would take vtables for equal that differ in their slots alone.
 *
 * Entry: rp_rtti_outside.
 */
#include "pass/rtti_private.h"

#include "arch/arch.h"
#include "pass/typeid.h"
#include "util/strmap.h"

#include <string.h>

/* --- naming ---------------------------------------------------------------------------------- */

/* The name by which a class is compared: the string in its _ZTS; NULL when it is not one. */
static const char *name_of(const struct rp_model *m, const struct rp_class *c)
{
    const struct rp_file *f = rp_file_of(m, c->file);
    const char *symbol = rp_elf_symname(&f->elf, c->sym);
    return c->global && !strncmp(symbol, "_ZTI", 4) ? symbol + 4 : NULL;
}

/* What is looked for in the bytes of libraries. */
struct names {
    struct rp_strmap map;
    size_t longest;           /* bytes */
    struct rp_bitset lengths; /* there is a name of so many bytes */
};

/* Class ids by name. A local class has a name of its own, whose comparison is by address. */
static bool map_names(const struct rp_model *m, const struct rp_rtti *rtti, struct names *names)
{
    if (!rp_strmap_reserve(&names->map, rtti->classes.n))
        return false;
    for (size_t i = 0; i < rtti->classes.n; i++) {
        const char *name = name_of(m, &rtti->classes.v[i]);
        size_t n = name ? strlen(name) : 0;
        uint32_t *slot = n ? rp_strmap_put(&names->map, name, n) : NULL;
        if (n && !slot)
            return false;
        if (slot)
            *slot = (uint32_t)i + 1;
        if (n > names->longest)
            names->longest = n;
    }
    if (!rp_bitset_init(&names->lengths, names->longest + 1))
        return false;
    for (size_t i = 0; i < rtti->classes.n; i++) {
        const char *name = name_of(m, &rtti->classes.v[i]);
        if (name)
            rp_bitset_set(&names->lengths, strlen(name));
    }
    return true;
}

/* How the name of a class begins: its length, N…E, St…, Z…E of a local class (Itanium ABI, 5.1). */
static bool begins_name(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == 'N' || c == 'S' || c == 'Z';
}

/* Classes whose name stands in some bytes, ended by a zero, whatever is before it. */
static void names_in_bytes(struct rp_rtti *rtti, const struct names *names, const uint8_t *p,
                           uint64_t size)
{
    const uint8_t *end = p + size;
    while (p < end) {
        const uint8_t *zero = memchr(p, 0, (size_t)(end - p));
        if (!zero)
            return;
        if ((size_t)(zero - p) > names->longest)
            p = zero - names->longest;
        for (; p < zero; p++) {
            size_t n = (size_t)(zero - p);
            if (!begins_name(*p) || !rp_bitset_get(&names->lengths, n))
                continue;
            uint32_t cls = rp_strmap_get(&names->map, (const char *)p, n);
            if (cls)
                rtti->flags[cls - 1] |= RP_CLS_VISIBLE;
        }
        p = zero + 1;
    }
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The libraries of C and C++ themselves. */
static bool is_runtime(const struct rp_file *f)
{
    static const char *const names[] = {
        "libc",
        "libm",
        "libmvec",
        "libgcc_s",
        "libpthread",
        "libdl",
        "librt",
        "libutil",
        "libresolv",
        "libstdc++",
        "libc++",
        "libc++abi",
        "libunwind",
        "libatomic",
        "ld-linux",
        "ld-linux-x86-64",
        "ld-linux-aarch64",
        "ld-linux-armhf",
        "ld-musl-x86_64",
        "ld-musl-aarch64",
        "ld-musl-i386",
    };
    const char *name = f->elf.soname ? f->elf.soname : base_name(f->path);
    size_t n = 0; /* up to ".so" */
    const char *so = strstr(name, ".so");
    if (so)
        n = (size_t)(so - name);
    if (!strncmp(name, "libc.musl-", 10))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == n && !strncmp(names[i], name, n))
            return true;
    return false;
}

/* The data of the runtime's own libraries names classes that they make objects of; those that they
 * look at are exported, for user code derives from them. */
static void names_in_library(struct rp_rtti *rtti, const struct names *names,
                             const struct rp_file *f)
{
    for (uint32_t sym = 1; sym < f->elf.n_symbols; sym++) {
        const char *name = rp_elf_symname(&f->elf, sym);
        if (strncmp(name, "_ZTI", 4) != 0 && strncmp(name, "_ZTS", 4) != 0)
            continue;
        uint32_t cls = rp_strmap_get(&names->map, name + 4, strcspn(name + 4, "@"));
        if (cls)
            rtti->flags[cls - 1] |= RP_CLS_VISIBLE;
    }
    if (is_runtime(f))
        return;
    if (f->elf.n_sections <= 1) /* nothing says where its data is */
        names_in_bytes(rtti, names, f->elf.data, f->elf.size);
    for (uint32_t i = 1; i < f->elf.n_sections; i++) {
        const struct rp_shdr *sh = &f->elf.shdrs[i];
        if ((sh->flags & SHF_ALLOC) && !(sh->flags & SHF_EXECINSTR) && sh->type == SHT_PROGBITS)
            names_in_bytes(rtti, names, rp_elf_bytes(&f->elf, i), sh->size);
    }
}

/* Flags that the resolver and the roots have set. */
static void flagged(const struct rp_model *m, struct rp_rtti *rtti)
{
    const uint32_t seen = RP_GLOB_EXPORTED | RP_GLOB_SHARED_REF | RP_GLOB_UNTOUCHED_REF;
    for (size_t i = 0; i < rtti->classes.n; i++) {
        const struct rp_class *c = &rtti->classes.v[i];
        if (rtti->flags[i] & RP_CLS_FOREIGN_BASE ||
            (c->global && rp_global_of(m, c->global)->flags & seen))
            rtti->flags[i] |= RP_CLS_VISIBLE;
    }
}

/* --- reading --------------------------------------------------------------------------------- */

/* Mangled as C++ does. Vector variants of C functions (_ZGVbN2v_cos; Vector Function ABI) are not.
 */
static bool is_mangled(const char *name)
{
    bool vector = !strncmp(name, "_ZGV", 4) && name[4] >= 'a' && name[4] <= 'z';
    return !strncmp(name, "_Z", 2) && !vector;
}

static bool is_cxx_name(const char *name)
{
    return is_mangled(name) || !strncmp(name, "__gxx_personality", 17) ||
           !strcmp(name, "__dynamic_cast") ||
           (!strncmp(name, "__cxa_", 6) && strcmp(name, "__cxa_finalize") != 0 &&
            strcmp(name, "__cxa_atexit") != 0 && strncmp(name, "__cxa_thread_atexit", 19) != 0);
}

/* Whether anything in a library says that it holds C++: its names, the libraries that it needs, or
 * the name of std::type_info, which a C++ runtime linked into it has. */
static bool looks_like_cxx(const struct rp_file *f)
{
    const struct rp_elf *e = &f->elf;
    for (uint32_t i = 0; i < e->n_needed; i++)
        if (!strncmp(e->needed[i], "libstdc++", 9) || !strncmp(e->needed[i], "libc++", 6))
            return true;
    for (uint32_t sym = 1; sym < e->n_symbols; sym++)
        if (is_cxx_name(rp_elf_symname(e, sym)))
            return true;
    return e->data && memmem(e->data, e->size, "St9type_info", 12);
}

static bool exports_by_rule(const struct rp_job *job)
{
    for (size_t i = 0; job->rules && i < job->rules->rules.n; i++)
        if (job->rules->rules.v[i].kind == RP_RULE_EXPORT)
            return true;
    return false;
}

static bool is_loader(const char *name)
{
    return !strcmp(name, "dlopen") || !strcmp(name, "dlmopen");
}

/* Whether a library loads others at run time: what it hands out may come from them. */
static bool loads_libraries(const struct rp_file *f)
{
    for (uint32_t sym = 1; sym < f->elf.n_symbols; sym++)
        if (rp_sym_shndx(&f->elf, sym) == RP_SHN_UNDEF && is_loader(rp_elf_symname(&f->elf, sym)))
            return true;
    return false;
}

/* Whether live bytes of a file refer to its symbol number `sym`. */
static bool refers_alive(const struct rp_model *m, const struct rp_marks *marks,
                         const struct rp_file *f, uint32_t sym)
{
    for (uint32_t no = 1; no < f->elf.n_sections; no++) {
        const struct rp_section *s = &m->sections[f->sec_base + no];
        uint32_t n = 0;
        const struct rp_rela *r = s->node && s->rel && s->flags & RP_SEC_ALLOC
                                      ? rp_elf_relocs(&f->elf, s->rel, &n)
                                      : NULL;
        for (uint32_t i = 0; i < n; i++)
            if (r[i].sym == sym && marks->live[rp_node_at(m, f->sec_base + no, r[i].offset)])
                return true;
    }
    return false;
}

bool rp_rtti_loads(const struct rp_model *m, const struct rp_marks *marks)
{
    rp_id loaders[] = {rp_model_find_global(m, "dlopen"), rp_model_find_global(m, "dlmopen")};
    if (!loaders[0] && !loaders[1])
        return false;
    for (size_t i = 0; i < m->files.n; i++) {
        const struct rp_file *f = &m->files.v[i];
        for (uint32_t k = f->elf.first_global; f->sec_base && k < f->elf.n_symbols; k++) {
            rp_id g = rp_sym_global(f, k);
            if (g && (g == loaders[0] || g == loaders[1]) &&
                (rp_sym_shndx(&f->elf, k) == RP_SHN_UNDEF) && refers_alive(m, marks, f, k))
                return true;
        }
    }
    return false;
}

/* Names that the file to be linked later will find elsewhere. */
static bool has_undefined(const struct rp_model *m)
{
    for (size_t i = 0; i < m->globals.n; i++) {
        const struct rp_global *g = &m->globals.v[i];
        if (!g->def_file && !g->node && g->flags & RP_GLOB_REFERENCED &&
            !(g->flags & (RP_GLOB_LINKER_DEF | RP_GLOB_WEAK_ONLY)))
            return true;
    }
    return false;
}

/* Why code outside of the link could read a slot; NULL: it could not. */
static const char *why_read(struct rp_model *m, const struct rp_job *job)
{
    const struct rp_link *link = job->link;
    if (link->shared)
        return "the output is a shared library: whoever loads it may look at its objects";
    if (link->relocatable && has_undefined(m))
        return "the output is to be linked with other code, which may look at its objects";
    if (link->export_dynamic || link->keep_exported || link->dynamic_lists.n ||
        link->export_symbols.n || job->n_export_from || exports_by_rule(job))
        return "names are exported: whoever uses them may look at the program's objects";
    for (size_t i = 0; i < m->files.n; i++) {
        const struct rp_file *f = &m->files.v[i];
        const char *why = NULL;
        if (f->kind == RP_FILE_SHARED && !is_runtime(f) && looks_like_cxx(f))
            why = rp_arena_printf(&m->arena,
                                  "the shared library %s may look at the program's objects",
                                  base_name(f->path));
        else if (f->kind == RP_FILE_SHARED && !is_runtime(f) && loads_libraries(f))
            why = rp_arena_printf(&m->arena,
                                  "libraries that %s loads may look at the program's objects",
                                  base_name(f->path));
        else if (f->kind == RP_FILE_OPAQUE || f->kind == RP_FILE_IR)
            why = rp_arena_printf(&m->arena, "%s is not understood, and may look at objects",
                                  f->display);
        if (why)
            return why;
    }
    return NULL;
}

/* --- folding --------------------------------------------------------------------------------- */

/* Linkers that fold identical sections (--icf) fold vtables as well, and compilers compare vtable
 * pointers in place of types for a dynamic_cast to a final class. Slots of eight bytes stay as
 * different as they were (rp_slot_value); smaller ones do not. */
static bool folds_sections(const struct rp_link *link)
{
    bool on = false;
    for (size_t i = 0; i < link->args.n; i++)
        for (uint32_t k = 0; k < link->args.v[i].n_words; k++) {
            const char *word = link->args.v[i].words[k];
            word += strspn(word, "-");
            if (word != link->args.v[i].words[k] && !strncmp(word, "icf", 3))
                on = strcmp(word, "icf=none") != 0;
        }
    return on;
}

static bool any_narrow(const struct rp_model *m, const struct rp_rtti *rtti)
{
    for (size_t i = 0; i < rtti->slots.n; i++) {
        const struct rp_rtti_slot *s = &rtti->slots.v[i];
        rp_id section = m->nodes.v[s->vtable].section;
        uint32_t n;
        const struct rp_rela *r =
            rp_elf_relocs(&rp_section_file(m, section)->elf, m->sections[section].rel, &n);
        if (rp_reloc_info(m->arch, r[s->reloc].type)->width != 8)
            return true;
    }
    return false;
}

enum reap_status rp_rtti_outside(struct rp_model *m, const struct rp_job *job, struct rp_rtti *rtti)
{
    struct names names = {0};
    bool any_library = false;
    for (size_t i = 0; i < m->files.n; i++)
        any_library |= m->files.v[i].kind == RP_FILE_SHARED;
    flagged(m, rtti);
    enum reap_status rc = REAP_OK;
    if (any_library && !map_names(m, rtti, &names))
        rc = rp_nomem(m->ctx);
    for (size_t i = 0; i < m->files.n && !rc; i++)
        if (m->files.v[i].kind == RP_FILE_SHARED)
            names_in_library(rtti, &names, &m->files.v[i]);
    rp_strmap_free(&names.map);
    rp_bitset_free(&names.lengths);
    rtti->outside = why_read(m, job);
    bool narrow = any_narrow(m, rtti);
    if (!rtti->outside && narrow && rp_typeid_can(m->arch->machine))
        rtti->outside = "vtables are relative, and loads from their slots are not searched for";
    if (folds_sections(job->link) && narrow)
        rtti->folds = "identical vtables would be folded (--icf) that differ in their slots";
    return rc;
}
