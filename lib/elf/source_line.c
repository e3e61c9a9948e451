/* source_line.c: source lines by libdwfl, which relocates the debug information of an object in
 * memory and gives its sections addresses.
 *
 * The object goes through a memory file, so that an archive's other members are not read. Nothing
 * of it may fail a run: files change after a link, and databases travel.
 */
#include "elf/source_line.h"

#include "elf/archive.h"
#include "elf/filemap.h"

#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static bool line_of(Dwfl *dwfl, int fd, uint32_t shndx, uint64_t offset, char **ret)
{
    Dwarf_Addr bias = 0;
    GElf_Shdr header;
    Dwfl_Module *module = dwfl_report_offline(dwfl, "object", "object", fd);
    if (!module || dwfl_report_end(dwfl, NULL, NULL) != 0)
        return false;
    Dwarf *debug = dwfl_module_getdwarf(module, &bias);
    Elf *elf = dwfl_module_getelf(module, &bias);
    Elf_Scn *section = elf ? elf_getscn(elf, shndx) : NULL;
    if (!debug || !section || !gelf_getshdr(section, &header) || offset >= header.sh_size)
        return false;
    Dwfl_Line *line = dwfl_module_getsrc(module, header.sh_addr + bias + offset);
    int number = 0;
    const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
    if (!file)
        return false;
    return asprintf(ret, "%s:%d", file, number) >= 0;
}

/* The debug information is in the object itself or nowhere: no search of folders or servers. */
static int no_debug_file(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base,
                         const char *file, const char *link, GElf_Word crc, char **ret)
{
    (void)module, (void)user, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)ret;
    return -1;
}

static bool look_up(const uint8_t *bytes, uint64_t size, uint32_t shndx, uint64_t offset,
                    char **ret)
{
    static const Dwfl_Callbacks callbacks = {.find_debuginfo = no_debug_file,
                                             .section_address = dwfl_offline_section_address};
    bool found = false;
    int fd = memfd_create("reap-object", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    for (uint64_t at = 0; at < size;) {
        ssize_t n = write(fd, bytes + at, size - at);
        if (n <= 0) {
            close(fd);
            return false;
        }
        at += (uint64_t)n;
    }
    Dwfl *dwfl = dwfl_begin(&callbacks);
    if (dwfl) {
        int copy = dup(fd); /* libdwfl closes what it took, and nothing else */
        dwfl_report_begin(dwfl);
        found = copy >= 0 && line_of(dwfl, copy, shndx, offset, ret);
        dwfl_end(dwfl);
    }
    close(fd);
    return found;
}

static bool look_up_member(struct rp_ctx *quiet, const struct rp_map *map, const char *member,
                           uint32_t shndx, uint64_t offset, char **ret)
{
    struct rp_archive archive;
    bool found = false;
    if (rp_archive_open(quiet, &archive, map))
        return false;
    for (uint32_t i = 0; i < archive.n_members && !found; i++) {
        const struct rp_member *m = &archive.members[i];
        if (strcmp(m->name, member) != 0)
            continue;
        struct rp_map thin;
        if (!m->path) {
            found = look_up(map->data + m->offset, m->size, shndx, offset, ret);
        } else if (!rp_map_open(quiet, &thin, m->path)) {
            found = look_up(thin.data, thin.size, shndx, offset, ret);
            rp_map_close(&thin);
        }
    }
    rp_archive_close(&archive);
    return found;
}

bool rp_source_line(struct rp_ctx *ctx, const char *path, const char *member, uint32_t shndx,
                    uint64_t offset, char **ret)
{
    struct rp_map map;
    struct rp_ctx quiet; /* a missing file is no error here */
    bool found = false;
    rp_ctx_init(&quiet, NULL, NULL);
    quiet.n_threads = ctx->n_threads;
    if (!rp_map_open(&quiet, &map, path)) {
        found = member && *member ? look_up_member(&quiet, &map, member, shndx, offset, ret)
                                  : look_up(map.data, map.size, shndx, offset, ret);
        rp_map_close(&map);
    }
    rp_ctx_fini(&quiet);
    return found;
}
