/* program.h: a linked program, as far as a crash needs it: names of addresses, addresses of names,
 * and the bytes of its segments. Addresses are those of the file, before any load bias.
 */
#ifndef RP_ELF_PROGRAM_H
#define RP_ELF_PROGRAM_H

#include "elf/filemap.h"
#include "util/arena.h"
#include "util/vec.h"

struct rp_program_symbol {
    uint64_t addr, size; /* size 0: unknown */
    const char *name;
    bool is_function, is_global;
};

struct rp_program_segment {
    uint64_t addr, size;        /* in memory */
    uint64_t offset, file_size; /* in the file; checked against its size */
    bool is_code;
};

struct rp_program_section { /* that holds code */
    uint64_t addr, size;
    const char *name;
};

struct rp_program {
    struct rp_map map;
    uint16_t machine; /* EM_… */
    bool is_pie;      /* ET_DYN: the load address differs from the file's */
    uint64_t entry;
    RP_VEC(struct rp_program_symbol) symbols; /* functions and data, by rising address */
    RP_VEC(struct rp_program_segment) segments;
    RP_VEC(struct rp_program_section) sections; /* in the order of the file */
    struct rp_arena arena;                      /* names */
};

/* ELF programs and shared libraries of either class, little or big endian. *ret needs
 * rp_program_close after REAP_OK alone. */
enum reap_status rp_program_open(struct rp_ctx *ctx, const char *path, struct rp_program *ret);
void rp_program_close(struct rp_program *p);

/* The function that holds an address; without a size it reaches to the next symbol. NULL: a hole,
 * or not in the program. */
const struct rp_program_symbol *rp_program_at(const struct rp_program *p, uint64_t addr);
/* The last function that starts below an address, whether or not it reaches it; NULL: none. */
const struct rp_program_symbol *rp_program_before(const struct rp_program *p, uint64_t addr);
/* A function or object of this name (mangled); the first one by address. NULL: none. */
const struct rp_program_symbol *rp_program_named(const struct rp_program *p, const char *name);
bool rp_program_is_code(const struct rp_program *p, uint64_t addr);
/* Up to `n` bytes at an address as the file has them; how many there are. */
size_t rp_program_read(const struct rp_program *p, uint64_t addr, void *to, size_t n);

#endif
