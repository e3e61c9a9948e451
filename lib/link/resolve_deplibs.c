/* resolve_deplibs.c: libraries that objects ask for by themselves.
 *
 * clang writes `#pragma comment(lib, "pthread")` into a section of type
 * SHT_LLVM_DEPENDENT_LIBRARIES, and lld adds what it finds under these names to its inputs
 * ("LLVM Extensions", SHT_LLVM_DEPENDENT_LIBRARIES; other linkers ignore the section). libc++ and
 * libc++abi ask for pthread and rt so. glibc 2.34 and later have only empty archives by these
 * names.
 *
 * lld does so while it extracts members, and this resolver is not made for inputs that come up on
 * the way. So it only tells whether the wish changes nothing: each name is that of an empty
 * archive, or of a file that is among the inputs already. Else the link is not collected.
 *
 * Entry: rp_res_deplibs_are_idle.
 */
#include "link/resolve_internal.h"

#include <stdio.h>
#include <sys/stat.h>

static const char archive_magic[] = "!<arch>\n";

/* Whether lld would read nothing new from a file. */
static bool is_idle_file(const struct resolver *r, const char *path, const struct stat *st)
{
    for (size_t i = 0; i < r->link->inputs.n; i++) {
        const char *given = r->link->inputs.v[i].path;
        struct stat other;
        if (given && strcmp(given, path) == 0)
            return true;
        if (given && stat(given, &other) == 0 && other.st_dev == st->st_dev &&
            other.st_ino == st->st_ino)
            return true;
    }
    char magic[sizeof archive_magic - 1];
    FILE *f = st->st_size == (off_t)sizeof magic ? fopen(path, "rbe") : NULL;
    if (!f)
        return false;
    bool is_empty_archive =
        fread(magic, sizeof magic, 1, f) == 1 && memcmp(magic, archive_magic, sizeof magic) == 0;
    fclose(f);
    return is_empty_archive;
}

/* lld looks for libNAME.so, unless -Bstatic is in force, and libNAME.a in each directory. What it
 * would then try, NAME itself in these places, is not looked for here. */
static bool is_idle_name(const struct resolver *r, const char *name)
{
    static const char *const endings[] = {"so", "a"};
    for (size_t i = 0; i < r->link->search_dirs.n; i++)
        for (size_t k = r->link->is_static; k < sizeof endings / sizeof *endings; k++) {
            char path[4096];
            int n = snprintf(path, sizeof path, "%s/lib%s.%s", r->link->search_dirs.v[i], name,
                             endings[k]);
            struct stat st;
            if (n < 0 || (size_t)n >= sizeof path)
                return false;
            if (stat(path, &st) == 0)
                return is_idle_file(r, path, &st);
        }
    return false;
}

bool rp_res_deplibs_are_idle(const struct resolver *r, const struct rp_elf *elf, uint32_t shndx)
{
    const uint8_t *p = rp_elf_bytes(elf, shndx);
    uint64_t size = elf->shdrs[shndx].size;
    if (elf->shdrs[shndx].flags & SHF_COMPRESSED)
        return false;
    while (size) {
        const uint8_t *zero = memchr(p, 0, (size_t)size);
        if (!zero || !is_idle_name(r, (const char *)p))
            return false;
        size -= (uint64_t)(zero - p) + 1;
        p = zero + 1;
    }
    return true;
}
