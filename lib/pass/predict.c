/* predict.c: what the linkers' own --gc-sections keeps, where they differ from each other.
 *
 * Why: under mode=report the link is the linker's alone, and lint must name what *it* will drop.
 * The marking is the common part (RP_LEVEL_LINKER); here is which sections are roots for what they
 * are, and whether a reference to __start_X keeps the sections X.
 *
 * Measured with --print-gc-sections (tests/lint/predict.py does it again):
 *   bfd 2.40     nothing is a root by its name; KEEP decides. The default script has the KEEPs
 *                below; a script with SECTIONS of its own takes their place, and then even
 *                .init_array, .init and .eh_frame go.
 *   gold 2.40    by prefix, whatever the script says: .init, .fini, .ctors, .note, …
 *   lld 14, 19   by type and name, whatever the script says; __start_X keeps nothing unless
 *                -z nostart-stop-gc is given
 *   mold 1.10    by type and prefix; every section with a C identifier's name is a root
 *
 * Entries: rp_predict_reserved, rp_predict_start_stop, rp_predict_drops_eh_frame.
 */
#include "pass/pass.h"

#include "pass/edges.h"

#include <string.h>

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool any_prefix(const char *s, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (starts_with(s, *prefixes))
            return true;
    return false;
}

/* Whether a script of the link takes the place of the linker's default script. */
static bool has_own_script(const struct rp_job *job)
{
    for (size_t i = 0; i < job->n_scripts; i++)
        if (job->scripts[i]->has_sections && !job->scripts[i]->has_insert)
            return true;
    return false;
}

/* The KEEPs of the default script (ld --verbose, elf_x86_64, aarch64linux, elf_i386). */
static unsigned bfd_default(const char *name)
{
    static const char *const sorted[] = {".init_array.", ".fini_array.", ".ctors.", ".dtors.",
                                         NULL};
    static const char *const exact[] = {".preinit_array", ".init_array", ".fini_array", ".ctors",
                                        ".dtors",         ".jcr",        NULL};
    for (const char *const *e = exact; *e; e++)
        if (strcmp(name, *e) == 0)
            return RP_ROOT_INIT_ARRAY;
    if (any_prefix(name, sorted))
        return RP_ROOT_INIT_ARRAY;
    return strcmp(name, ".init") == 0 || strcmp(name, ".fini") == 0 ? RP_ROOT_INIT_SECTION : 0;
}

/* gold/object.cc, is_section_name_included. */
static unsigned gold_reserved(const char *name, uint32_t type)
{
    static const char *const prefixes[] = {".ctors", ".dtors",         ".init", ".fini",
                                           ".jcr",   ".preinit_array", NULL};
    if (any_prefix(name, prefixes) || type == SHT_INIT_ARRAY || type == SHT_FINI_ARRAY)
        return RP_ROOT_INIT_ARRAY;
    if (starts_with(name, ".note"))
        return RP_ROOT_NOTE;
    if (starts_with(name, ".gcc_except_table") ||
        (starts_with(name, ".rodata") && strstr(name, "nptl_version")) ||
        ((starts_with(name, ".text") || starts_with(name, ".data")) && strstr(name, "personality")))
        return RP_ROOT_LINKER_REF;
    return 0;
}

/* mold/passes, gc-sections.cc, should_keep. */
static unsigned mold_reserved(const char *name, uint32_t type)
{
    static const char *const prefixes[] = {".ctors", ".dtors", ".init", ".fini", NULL};
    if (type == SHT_INIT_ARRAY || type == SHT_FINI_ARRAY || type == SHT_PREINIT_ARRAY ||
        any_prefix(name, prefixes))
        return RP_ROOT_INIT_ARRAY;
    if (type == SHT_NOTE)
        return RP_ROOT_NOTE;
    return rp_is_c_identifier(name) ? RP_ROOT_LINKER_REF : 0;
}

unsigned rp_predict_reserved(const struct rp_model *m, const struct rp_job *job, rp_id section,
                             unsigned lld_reason)
{
    const char *name = rp_section_name(m, section);
    uint32_t type = rp_shdr_of(m, section)->type;
    switch (job->link->flavor) {
    case RP_LINKER_GOLD: return gold_reserved(name, type);
    case RP_LINKER_MOLD: return mold_reserved(name, type);
    case RP_LINKER_BFD:
        if (type == SHT_NOTE)
            return rp_in_alloc_group(m, section) ? 0 : RP_ROOT_NOTE;
        return has_own_script(job) ? 0 : bfd_default(name);
    default: return lld_reason;
    }
}

bool rp_predict_start_stop(const struct rp_job *job)
{
    if (job->link->flavor == RP_LINKER_LLD)
        return job->link->start_stop_gc_set && !job->link->start_stop_gc;
    return !job->link->start_stop_gc;
}

bool rp_predict_drops_eh_frame(const struct rp_model *m, const struct rp_job *job, rp_id section)
{
    if (!job->predict || job->link->flavor != RP_LINKER_BFD || !has_own_script(job))
        return false;
    const struct rp_file *f = rp_section_file(m, section);
    for (size_t i = 0; i < job->n_scripts; i++)
        if (rp_script_keep(job->scripts[i], f->path, f->member, rp_section_name(m, section),
                           rp_shdr_of(m, section)->flags) != UINT32_MAX)
            return false;
    return true;
}
