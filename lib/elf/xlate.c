/* xlate.c: the door to libelf's translators between a file's records and memory. */
#include "elf/elf_internal.h"

#include <libelf.h>

bool rp_xlate32(int type, void *dst, uint64_t dst_size, const uint8_t *src, uint64_t src_size)
{
    Elf_Data from = {
        .d_buf = (void *)(uintptr_t)src,
        .d_type = (Elf_Type)type,
        .d_size = (size_t)src_size,
        .d_version = EV_CURRENT,
    };
    Elf_Data to = {
        .d_buf = dst,
        .d_type = (Elf_Type)type,
        .d_size = (size_t)dst_size,
        .d_version = EV_CURRENT,
    };
    return elf32_xlatetom(&to, &from, ELFDATA2LSB) != NULL;
}
