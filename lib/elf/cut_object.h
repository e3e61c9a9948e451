/* cut_object.h: an object of which some references name stubs that trap, and the stubs. */
#ifndef RP_ELF_CUT_OBJECT_H
#define RP_ELF_CUT_OBJECT_H

#include "elf/elf_file.h"

#define RP_STUB_PREFIX  "__reap_cut_"
#define RP_STUB_SECTION ".text.reap_cut"

/* The same ET_REL with the undefined symbols called names[0 .. n) renamed to RP_STUB_PREFIX + name.
 * *ret_bytes is malloc'd. *ret_n: how many names were undefined symbols of it; those that it
 * defines itself or does not know stay as they are. */
enum reap_status rp_cut_object(struct rp_ctx *ctx, const struct rp_elf *elf,
                               const char *const *names, size_t n, uint8_t **ret_bytes,
                               uint64_t *ret_size, size_t *ret_n);
/* An object for the same machine that defines the stubs of these names: one trap. */
enum reap_status rp_stub_object(struct rp_ctx *ctx, const struct rp_elf *like,
                                const char *const *names, size_t n, uint8_t **ret_bytes,
                                uint64_t *ret_size);
/* Bytes in memory of a linked file: the allocated sections. */
uint64_t rp_image_bytes(const struct rp_elf *elf);

#endif
