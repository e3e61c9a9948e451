/* cmdline_search.c: where the linkers look for libraries and for files that scripts name.
 *
 * All four linkers try, in every directory of the search path in turn, libX.so (unless -Bstatic)
 * and then libX.a; all -L count for all -l, wherever they stand. GNU ld's own directories come
 * from SEARCH_DIR commands of its default script, so a script by -T takes them away; gold has them
 * built in; lld and mold have none. GNU ld, gold and mold pass over files for other machines.
 */
#include "link/cmdline_impl.h"

#include "util/checked.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Built-in directories of Debian's binutils 2.40 ("ld --verbose", "ld.gold --debug=files"). */
struct own_dirs {
    const char *emulation;
    const char *bfd[16];
    const char *gold[6];
};

static const struct own_dirs own_dirs[] = {
    {"elf_x86_64",
     {"/usr/local/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
      "/usr/lib/x86_64-linux-gnu64", "/usr/local/lib64", "/lib64", "/usr/lib64", "/usr/local/lib",
      "/lib", "/usr/lib", "/usr/x86_64-linux-gnu/lib64", "/usr/x86_64-linux-gnu/lib"},
     {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"}},
    /* The native linker's, then those that only the i686 cross linker has. */
    {"elf_i386",
     {"/usr/local/lib/i386-linux-gnu", "/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu",
      "/usr/lib/x86_64-linux-gnu32", "/usr/local/lib32", "/lib32", "/usr/lib32",
      "/usr/lib/x86_64-linux-gnu", "/usr/local/lib", "/lib", "/usr/lib",
      "/usr/i386-linux-gnu/lib32", "/usr/x86_64-linux-gnu/lib32", "/usr/i386-linux-gnu/lib",
      "/usr/i686-linux-gnu/lib"},
     {"/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib", "/usr/lib"}},
    {"aarch64linux",
     {"/usr/local/lib/aarch64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
      "/usr/local/lib", "/lib", "/usr/lib", "/usr/aarch64-linux-gnu/lib"},
     {"/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib", "/usr/lib"}},
};

static const char *native_emulation(void)
{
#if defined __aarch64__
    return "aarch64linux";
#elif defined __i386__
    return "elf_i386";
#else
    return "elf_x86_64";
#endif
}

/* Machine and class of an emulation or of the name of an output format; machine 0: not known. */
struct target {
    uint16_t machine;
    uint8_t elf_class;
};

static struct target target_of(const char *name)
{
    static const struct {
        const char *name;
        struct target target;
    } names[] = {
        {"elf_x86_64", {EM_X86_64, ELFCLASS64}},
        {"elf64-x86-64", {EM_X86_64, ELFCLASS64}},
        {"elf32_x86_64", {EM_X86_64, ELFCLASS32}},
        {"elf32-x86-64", {EM_X86_64, ELFCLASS32}},
        {"elf_i386", {EM_386, ELFCLASS32}},
        {"elf32-i386", {EM_386, ELFCLASS32}},
        {"armelf", {EM_ARM, ELFCLASS32}},
        {"armelf_linux_eabi", {EM_ARM, ELFCLASS32}},
        {"elf32-littlearm", {EM_ARM, ELFCLASS32}},
        {"aarch64linux", {EM_AARCH64, ELFCLASS64}},
        {"aarch64elf", {EM_AARCH64, ELFCLASS64}},
        {"elf64-littleaarch64", {EM_AARCH64, ELFCLASS64}},
    };
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].target;
    return (struct target){0};
}

static bool is_compatible(struct target want, struct target have)
{
    return want.machine == 0 || have.machine == 0 ||
           (want.machine == have.machine && want.elf_class == have.elf_class);
}

/* --- what a file is ------------------------------------------------------------------------- */

static size_t read_at(int fd, void *buf, size_t size, uint64_t offset)
{
    ssize_t n;
    if (offset > INT64_MAX)
        return 0;
    do
        n = pread(fd, buf, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? 0 : (size_t)n;
}

static struct target elf_target(const uint8_t *head, size_t n)
{
    struct target t = {0};
    if (n >= 20 && memcmp(head, ELFMAG, SELFMAG) == 0) {
        t.elf_class = head[EI_CLASS];
        t.machine = rp_load16(head + 18);
    }
    return t;
}

/* The machine of the first ELF member, past the index and the table of names. */
static struct target archive_target(int fd)
{
    uint64_t offset = 8; /* past the magic, ar(5) */
    for (int i = 0; i < 8; i++) {
        uint8_t head[60 + 64]; /* member header and the start of its contents */
        size_t n = read_at(fd, head, sizeof head, offset);
        if (n < 60 || memcmp(head + 58, "`\n", 2) != 0)
            break;
        if (head[0] != '/' || (head[1] >= '0' && head[1] <= '9')) {
            struct target t = elf_target(head + 60, n - 60);
            if (t.machine)
                return t;
        }
        uint64_t size = 0;
        for (int k = 48; k < 58 && head[k] >= '0' && head[k] <= '9'; k++)
            size = size * 10 + (uint64_t)(head[k] - '0');
        offset += 60 + size + (size & 1);
    }
    return (struct target){0};
}

/* Text has no control characters; a script is text that is no other format. An empty file is an
 * empty script to GNU ld and lld. */
static bool is_text(const uint8_t *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] == 0x7f || (s[i] < ' ' && (s[i] < '\t' || s[i] > '\r')))
            return false;
    return true;
}

/* The machine of a script that says OUTPUT_FORMAT(name) before anything else but comments. */
static struct target script_target(char *s)
{
    for (;;) {
        s += strspn(s, " \t\r\n\f\v");
        if (strncmp(s, "/*", 2) != 0)
            break;
        s = strstr(s + 2, "*/");
        if (!s)
            return (struct target){0};
        s += 2;
    }
    if (strncmp(s, "OUTPUT_FORMAT", 13) != 0)
        return (struct target){0};
    s += 13;
    s += strspn(s, " \t\r\n(\"");
    s[strcspn(s, " \t\r\n),\"")] = '\0';
    return target_of(s);
}

enum rp_found_kind rp_probe_file(const char *path, const char *emulation)
{
    enum rp_found_kind kind = RP_FOUND_NONE;
    uint8_t head[4096 + 1];
    struct stat sb;
    /* O_NONBLOCK: a FIFO must not stop us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return RP_FOUND_NONE;
    if (fstat(fd, &sb) < 0 || S_ISDIR(sb.st_mode))
        goto out;
    kind = S_ISFIFO(sb.st_mode) || S_ISSOCK(sb.st_mode) ? RP_FOUND_PIPE : RP_FOUND_FILE;
    if (!S_ISREG(sb.st_mode))
        goto out;
    struct target have = {0};
    size_t n = read_at(fd, head, sizeof head - 1, 0);
    head[n] = '\0';
    if (n >= 8 && memcmp(head, "!<arch>\n", 8) == 0) {
        have = archive_target(fd);
    } else if (n >= 8 && memcmp(head, "!<thin>\n", 8) == 0) {
        /* its members are elsewhere: taken as fitting */
    } else if (is_text(head, n)) {
        kind = RP_FOUND_SCRIPT;
        have = script_target((char *)head);
    } else {
        have = elf_target(head, n);
    }
    if (emulation && !is_compatible(target_of(emulation), have))
        kind = RP_FOUND_NONE;
out:
    close(fd);
    return kind;
}

enum reap_status rp_note_pipe(struct rp_cmdline *c, const char *path)
{
    struct rp_link *link = c->link;
    if (!link->pass_through_why)
        link->pass_through_why =
            rp_arena_printf(&link->arena, "%s: a pipe can be read only once", path);
    return link->pass_through_why ? REAP_OK : rp_nomem(c->ctx);
}

/* --- directories ---------------------------------------------------------------------------- */

/* Measured: GNU ld and mold know both spellings, lld "=" alone, gold neither. */
const char *rp_with_sysroot(struct rp_link *link, const char *path)
{
    bool is_gold = link->flavor == RP_LINKER_GOLD, is_lld = link->flavor == RP_LINKER_LLD;
    if (path[0] == '=' && !is_gold)
        return rp_arena_printf(&link->arena, "%s%s", link->sysroot, path + 1);
    if (strncmp(path, "$SYSROOT", 8) == 0 && !is_gold && !is_lld)
        return rp_arena_printf(&link->arena, "%s%s", link->sysroot, path + 8);
    return path;
}

static bool add_dir(struct rp_link *link, const char *dir)
{
    dir = rp_with_sysroot(link, dir);
    return dir && rp_vec_push(&link->search_dirs, dir);
}

/* -Y P,dir:dir (GNU ld and gold). */
static bool add_default_path(struct rp_link *link, const char *path)
{
    if (strncmp(path, "P,", 2) == 0)
        path += 2;
    while (*path) {
        size_t n = strcspn(path, ":");
        const char *dir = rp_arena_strndup(&link->arena, path, n);
        if (!dir || (n && !add_dir(link, dir)))
            return false;
        path += n + (path[n] == ':');
    }
    return true;
}

static bool add_own_dirs(struct rp_link *link)
{
    const char *emulation = link->emulation ? link->emulation : native_emulation();
    for (size_t i = 0; i < sizeof own_dirs / sizeof *own_dirs; i++) {
        if (strcmp(own_dirs[i].emulation, emulation) != 0)
            continue;
        const char *const *dirs =
            link->flavor == RP_LINKER_BFD ? own_dirs[i].bfd : own_dirs[i].gold;
        for (; *dirs; dirs++) {
            const char *dir = rp_arena_printf(&link->arena, "%s%s", link->sysroot, *dirs);
            if (!dir || !rp_vec_push(&link->search_dirs, dir))
                return false;
        }
    }
    return true;
}

enum reap_status rp_search_dirs(struct rp_cmdline *c, bool own_script)
{
    struct rp_link *link = c->link;
    for (size_t i = 0; i < link->args.n; i++) {
        const struct rp_arg_option *o = &c->options.v[i];
        if (o->row && o->row->meaning == RP_O_LIBRARY_PATH && o->value && *o->value &&
            !add_dir(link, o->value))
            return rp_nomem(c->ctx);
    }
    if (c->default_path && !add_default_path(link, c->default_path))
        return rp_nomem(c->ctx);
    bool has_own = link->flavor == RP_LINKER_GOLD || (link->flavor == RP_LINKER_BFD && !own_script);
    if (has_own && !c->nostdlib && !add_own_dirs(link))
        return rp_nomem(c->ctx);
    return REAP_OK;
}

/* --- files ---------------------------------------------------------------------------------- */

/* Searching, lld takes the first file of the name; the others want one for their machine. */
static const char *searched_emulation(const struct rp_link *link)
{
    return link->flavor == RP_LINKER_LLD ? NULL : link->emulation;
}

static enum reap_status try_file(struct rp_cmdline *c, const char *dir, const char *prefix,
                                 const char *name, const char *suffix, const char **ret,
                                 enum rp_found_kind *ret_kind)
{
    const char *path =
        rp_arena_printf(&c->link->arena, "%s%s%s%s%s", dir, *dir ? "/" : "", prefix, name, suffix);
    if (!path)
        return rp_nomem(c->ctx);
    *ret_kind = rp_probe_file(path, searched_emulation(c->link));
    *ret = *ret_kind == RP_FOUND_NONE ? NULL : path;
    return REAP_OK;
}

enum reap_status rp_find_library(struct rp_cmdline *c, const char *name, bool is_static,
                                 const char **ret, enum rp_found_kind *ret_kind)
{
    struct rp_link *link = c->link;
    bool literal = name[0] == ':';
    enum reap_status st = REAP_OK;
    *ret = NULL;
    *ret_kind = RP_FOUND_NONE;
    for (size_t i = 0; i < link->search_dirs.n && !*ret && !st; i++) {
        const char *dir = link->search_dirs.v[i];
        if (literal) {
            st = try_file(c, dir, "", name + 1, "", ret, ret_kind);
            continue;
        }
        if (!is_static)
            st = try_file(c, dir, "lib", name, ".so", ret, ret_kind);
        if (!st && !*ret)
            st = try_file(c, dir, "lib", name, ".a", ret, ret_kind);
    }
    return st;
}

/* Whether the script lies below the sysroot, links resolved. */
static bool is_in_sysroot(const char *sysroot, const char *script)
{
    char *root = realpath(sysroot, NULL), *file = realpath(script, NULL);
    size_t n = root ? strlen(root) : 0;
    bool inside = root && file && n > 1 && strncmp(root, file, n) == 0 && file[n] == '/';
    free(root);
    free(file);
    return inside;
}

/* GNU ld manual, "INPUT (file, …)"; lld and gold look in the same places. */
enum reap_status rp_find_script_file(struct rp_cmdline *c, const char *name, const char *script,
                                     const char **ret, enum rp_found_kind *ret_kind)
{
    struct rp_link *link = c->link;
    enum reap_status st = REAP_OK;
    const char *given = rp_with_sysroot(link, name);
    if (!given)
        return rp_nomem(c->ctx);
    *ret = NULL;
    if (given != name || name[0] == '/') {
        if (given == name && *link->sysroot && is_in_sysroot(link->sysroot, script))
            st = try_file(c, link->sysroot, "", name + 1, "", ret, ret_kind);
        return st || *ret ? st : try_file(c, "", "", given, "", ret, ret_kind);
    }
    const char *slash = strrchr(script, '/');
    if (slash) {
        const char *dir = rp_arena_strndup(&link->arena, script, (size_t)(slash - script));
        if (!dir)
            return rp_nomem(c->ctx);
        st = try_file(c, slash == script ? "/" : dir, "", name, "", ret, ret_kind);
    }
    if (!st && !*ret)
        st = try_file(c, "", "", name, "", ret, ret_kind);
    for (size_t i = 0; i < link->search_dirs.n && !*ret && !st; i++)
        st = try_file(c, link->search_dirs.v[i], "", name, "", ret, ret_kind);
    return st;
}
