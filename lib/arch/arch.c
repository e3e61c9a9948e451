/* arch.c: choose the machine; addends of plain integer fields, which all machines share. */
#include "arch/arch_private.h"

#include "util/checked.h"

#include <string.h>

const struct rp_arch *rp_arch_of(uint16_t machine, uint8_t elf_class)
{
    static const struct rp_arch *const all[] = {&rp_arch_x86_64, &rp_arch_aarch64, &rp_arch_i386,
                                                &rp_arch_arm};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i]->machine == machine && all[i]->elf_class == elf_class)
            return all[i];
    return NULL;
}

const struct rp_reloc_info *rp_reloc_info(const struct rp_arch *a, uint32_t type)
{
    static const struct rp_reloc_info unknown = {"unknown", RP_REL_UNKNOWN, 0, false, false};
    return type < a->n_relocs && a->relocs[type].name ? &a->relocs[type] : &unknown;
}

int64_t rp_arch_load_plain(const struct rp_reloc_info *info, const uint8_t *field)
{
    if (info->insn)
        return 0;
    switch (info->width) {
    case 1: return (int8_t)field[0];
    case 2: return (int16_t)rp_load16(field);
    case 4: return (int32_t)rp_load32(field);
    case 8: return (int64_t)rp_load64(field);
    default: return 0;
    }
}

bool rp_arch_store_plain(const struct rp_reloc_info *info, uint8_t *field, int64_t addend)
{
    if (info->insn || info->width == 0)
        return addend == 0;
    if (info->width < 8) {
        unsigned bits = info->width * 8u;
        int64_t min = -(INT64_C(1) << (bits - 1)), max = (INT64_C(1) << bits) - 1;
        if (addend < min || addend > max)
            return false;
    }
    switch (info->width) {
    case 1: field[0] = (uint8_t)addend; return true;
    case 2: rp_store16(field, (uint16_t)addend); return true;
    case 4: rp_store32(field, (uint32_t)addend); return true;
    case 8: rp_store64(field, (uint64_t)addend); return true;
    default: return false;
    }
}

int64_t rp_reloc_addend(const struct rp_arch *a, const struct rp_elf *e, uint32_t shndx,
                        uint32_t rel_type, const struct rp_rela *r)
{
    if (rel_type != SHT_REL)
        return r->addend;
    const struct rp_reloc_info *info = rp_reloc_info(a, r->type);
    const uint8_t *bytes = rp_elf_bytes(e, shndx);
    if (!bytes || !rp_in_range(r->offset, info->width, e->shdrs[shndx].size))
        return 0;
    return a->load_addend(info, bytes + r->offset);
}
