/* typeid_known.c: what is known by name of functions and files, for the search for typeid.
 *
 * Names are those of the Itanium C++ ABI. A name that is on a list here is trusted; whoever gives a
 * function of his own a name of the standard library's has undefined behaviour already
 * ([reserved.names]).
 */
#include "pass/typeid_private.h"

#include <elf.h>
#include <string.h>

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), k = strlen(suffix);
    return n >= k && strcmp(s + n - k, suffix) == 0;
}

/* --- functions ------------------------------------------------------------------------------- */

/* Functions of the C++ runtime libraries that read slots, or look as if they did. */
static const struct {
    const char *name, *why;
    const char *hierarchy; /* the slots that it reads all the same, NULL: none */
} allowed[] = {
    {"__dynamic_cast",
     "it compares classes that its callers name, and what is derived from them (clause 1)", NULL},
    {"__cxa_call_unexpected", "it reads the header of an exception, not of an object", NULL},
    {"_ZNK10__cxxabiv117__pbase_type_info10__do_catchEPKSt9type_infoPPvj",
     "it asks for the class of type_info objects alone", "_ZTISt9type_info"},
};

/* Code whose names have such a part. */
static const struct {
    const char *part, *why;
} allowed_parts[] = {
    {"16itanium_demangle",
     "LLVM's demangler asks only the nodes that it made, and by their own kinds"},
};

static bool is_part_of(const char *function, const char *name)
{
    size_t n = strlen(name);
    return strncmp(function, name, n) == 0 &&
           (function[n] == '\0' || strcmp(function + n, ".cold") == 0);
}

const char *rp_typeid_allowed(const char *function, const char **ret_hierarchy)
{
    *ret_hierarchy = NULL;
    for (size_t i = 0; function && i < sizeof allowed / sizeof *allowed; i++) {
        if (!is_part_of(function, allowed[i].name))
            continue;
        *ret_hierarchy = allowed[i].hierarchy;
        return allowed[i].why;
    }
    for (size_t i = 0; function && i < sizeof allowed_parts / sizeof *allowed_parts; i++)
        if (strncmp(function, "_ZN", 3) == 0 && strstr(function, allowed_parts[i].part))
            return allowed_parts[i].why;
    return NULL;
}

bool rp_typeid_is_noreturn(const char *name)
{
    static const char *const names[] = {
        "__cxa_throw",
        "__cxa_rethrow",
        "__cxa_bad_cast",
        "__cxa_bad_typeid",
        "_Unwind_Resume",
        "__stack_chk_fail",
        "__cxa_throw_bad_array_new_length",
        "abort",
        "exit",
        "_exit",
        "__assert_fail",
        "_ZSt9terminatev",
        "__clang_call_terminate",
        "__cxa_pure_virtual",
        "__fortify_fail",
        "__chk_fail",
        "longjmp",
        "__cxa_call_unexpected",
        "__libc_fatal",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    /* std::__throw_length_error(char const*) and its like */
    const char *std = starts_with(name, "_ZSt") ? name + 4 : "";
    while (*std >= '0' && *std <= '9')
        std++;
    return starts_with(std, "__throw_");
}

bool rp_typeid_takes_typeinfo(const char *name)
{
    return strcmp(name, "__dynamic_cast") == 0 || strstr(name, "St9type_info") ||
           starts_with(name, "_ZNSt10type_index") || starts_with(name, "_ZNKSt10type_index") ||
           starts_with(name, "_ZNSt3__110type_index") ||
           starts_with(name, "_ZNKSt3__110type_index");
}

bool rp_typeid_takes_other(const char *name)
{
    if (starts_with(name, "_ZdlPv") || starts_with(name, "_ZdaPv") || strcmp(name, "free") == 0)
        return true;
    if (rp_typeid_takes_typeinfo(name) || strstr(name, "10__cxxabiv1"))
        return false;
    if (starts_with(name, "_ZNK"))
        return true; /* a const member function: the first argument is `this`, or is written */
    static const char *const destructors[] = {"D0Ev", "D1Ev", "D2Ev"};
    size_t n = strlen(name);
    for (size_t i = 0; i < 3 && n > 8 && starts_with(name, "_ZN"); i++)
        if (ends_with(name, destructors[i]) && name[n - 5] != '2') /* not a function called D1 */
            return true;
    return false;
}

/* Containers that hold nothing but pointers, numbers and a stateless allocator at the start. */
static const struct {
    const char *name; /* behind _ZN and K */
    int64_t size;
} containers[] = {
    {"St6vectorI", 24},     {"St12_Vector_baseI", 24},
    {"St5dequeI", 80},      {"St11_Deque_baseI", 80},
    {"St5stackI", 80},      {"St5queueI", 80},
    {"St3__16vectorI", 24}, {"St3__15dequeI", 48},
    {"St3__15stackI", 48},  {"St3__114__split_bufferI", 32},
};

bool rp_typeid_is_container(const char *function, int64_t d)
{
    if (!function || !starts_with(function, "_ZN"))
        return false;
    const char *name = function + 3 + (function[3] == 'K');
    /* static members have no `this`; allocators with state may be polymorphic */
    if (strstr(name, "_S_") || (!strstr(name, "SaI") && !strstr(name, "9allocatorI")))
        return false;
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        if (starts_with(name, containers[i].name))
            return d >= 0 && d < containers[i].size;
    return false;
}

/* --- files ----------------------------------------------------------------------------------- */

static bool is_c_source(const char *name)
{
    return ends_with(name, ".c") || ends_with(name, ".s") || ends_with(name, ".S");
}

static bool is_mangled(const char *name)
{
    return starts_with(name, "_Z") || starts_with(name, "__cxa_") ||
           strcmp(name, "__gxx_personality_v0") == 0;
}

/* Whether an archive defines no mangled name at all: a library of C. */
static bool is_c_archive(const struct rp_archive *a)
{
    for (uint32_t i = 0; i < a->n_index; i++)
        if (starts_with(a->index[i].name, "_Z"))
            return false;
    return a->n_index > 0;
}

/* C and assembler: no name is mangled, and the name of the source says C, or, where it was
 * stripped, the whole library is C. */
static bool is_c(const struct rp_model *m, const struct rp_file *f)
{
    const struct rp_elf *e = &f->elf;
    bool named = false;
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        const char *name = rp_elf_symname(e, i);
        bool file = rp_sym_type(&e->syms[i]) == STT_FILE && *name;
        if (file ? !is_c_source(name) : is_mangled(name))
            return false;
        named |= file;
    }
    return named || (f->ar && is_c_archive(&m->ars.v[f->ar - 1].archive));
}

/* Whether the first relocation of a vtable names no typeinfo: it was made without RTTI. */
static bool has_no_rtti(const struct rp_model *m, const struct rp_file *f, uint32_t sym)
{
    const struct rp_elf *e = &f->elf;
    const struct rp_sym *s = &e->syms[sym];
    uint32_t n = 0, rel = m->sections[f->sec_base + rp_sym_shndx(e, sym)].rel, first = UINT32_MAX;
    if (!rel)
        return false;
    const struct rp_rela *r = rp_elf_relocs(e, rel, &n);
    for (uint32_t i = 0; i < n; i++)
        if (r[i].offset >= s->value && r[i].offset < s->value + s->size &&
            (first == UINT32_MAX || r[i].offset < r[first].offset))
            first = i;
    /* functions are named by their symbols; what is named by a section's is not known */
    const char *name = first == UINT32_MAX ? "" : rp_elf_symname(e, r[first].sym);
    return *name && !starts_with(name, "_ZTI");
}

/* typeid is an error under -fno-rtti, which shows in the vtables that a file makes. */
static bool is_without_rtti(const struct rp_model *m, const struct rp_file *f)
{
    const struct rp_elf *e = &f->elf;
    unsigned n_files = 0, n = 0;
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        uint32_t shndx = rp_sym_shndx(e, i);
        n_files += rp_sym_type(&e->syms[i]) == STT_FILE;
        if (shndx == RP_SHN_UNDEF || shndx >= e->n_sections ||
            !starts_with(rp_elf_symname(e, i), "_ZTV"))
            continue;
        if (!has_no_rtti(m, f, i))
            return false;
        n++;
    }
    return n > 0 && n_files <= 1; /* ld -r puts several sources into one file */
}

/* Sanitizers put checks between an address and its use, so that nothing looks as it should. */
static const char *const runtimes[] = {"__asan_", "__hwasan_", "__msan_", "__tsan_", "__ubsan_"};

static bool is_of_runtime(const char *name)
{
    for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
        if (starts_with(name, runtimes[i]))
            return true;
    return false;
}

bool rp_typeid_is_instrumented(const struct rp_file *f)
{
    const struct rp_elf *e = &f->elf;
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (e->syms[i].shndx16 == SHN_UNDEF && is_of_runtime(rp_elf_symname(e, i)))
            return true;
    return false;
}

bool rp_typeid_any_instrumented(const struct rp_model *m)
{
    for (size_t i = 0; i < m->globals.n; i++) {
        const char *name = m->globals.v[i].name;
        if (name[0] == '_' && name[1] == '_' && is_of_runtime(name))
            return true;
    }
    return false;
}

enum rp_file_typeid rp_typeid_of_file(const struct rp_model *m, const struct rp_file *f)
{
    if (is_without_rtti(m, f))
        return RP_FILE_NONE;
    return is_c(m, f) ? RP_FILE_STRONG : RP_FILE_ANY;
}
