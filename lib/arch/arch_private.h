/* arch_private.h: what the machines' files share among themselves. */
#ifndef RP_ARCH_ARCH_PRIVATE_H
#define RP_ARCH_ARCH_PRIVATE_H

#include "arch/arch.h"

extern const struct rp_arch rp_arch_x86_64, rp_arch_aarch64, rp_arch_i386, rp_arch_arm;

/* Addends of plain little-endian integer fields; loading sign-extends. A value fits a field when
 * either its signed or its unsigned reading is the value. */
int64_t rp_arch_load_plain(const struct rp_reloc_info *info, const uint8_t *field);
bool rp_arch_store_plain(const struct rp_reloc_info *info, uint8_t *field, int64_t addend);

#endif
