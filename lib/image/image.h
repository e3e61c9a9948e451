/* image.h: an image that is linked already: what of it is dead, and filled.
 *
 * A linked executable with its relocations kept (ld --emit-relocs) becomes a model of one file:
 * the atoms (ranges of symbols) of its allocated sections are the nodes, relocations that the
 * contents confirm and branches found by decoding are the edges, so that marking, facts, reports
 * and `why` work as for objects. Nothing moves: dead code is filled in place.
 *
 *   open.c -> atoms.c (records.c, frames.c) -> relocs.c, values.c, branches.c -> merge.c -> roots.c
 *   -> mark (pass) -> fill.c
 *
 * In the model an image looks like an object: symbol values and relocation offsets are relative to
 * their section (elf/elf_linked.h sees to that). Addresses are asked for here.
 */
#ifndef RP_IMAGE_IMAGE_H
#define RP_IMAGE_IMAGE_H

#include "pass/pass.h"

struct rp_image_options {
    bool data;                    /* atoms of local data may die, too */
    bool no_scan;                 /* do not look for branches byte by byte (a negative control) */
    bool no_decode;               /* do not decode branches */
    const struct rp_rules *rules; /* or NULL */
    const struct rp_script *const *scripts; /* linker scripts, if given */
    size_t n_scripts;
    struct rp_link *link;       /* that the scripts belong to; NULL without scripts */
    const char *const *entries; /* -e and -u: names that are roots */
    size_t n_entries;
};

enum rp_image_source {                     /* how an edge was found */
                       RP_IMAGE_RELOC = 1, /* a kept relocation that the contents confirm */
                       RP_IMAGE_BRANCH,    /* a decoded branch without relocation */
                       RP_IMAGE_SCAN,      /* only the byte scan found it */
                       RP_IMAGE_VALUE,     /* a stored address that equals an atom's start */
                       RP_IMAGE_RECORD,    /* a record of a table, decoded by value */
                       RP_IMAGE_NAME,      /* parts of one function, by their names (f, f.cold) */
                       RP_IMAGE_N_SOURCES
};

struct rp_image_edge {
    rp_id from, to; /* nodes, never 0 */
    uint8_t kind;   /* enum rp_edge_kind */
    uint8_t source; /* enum rp_image_source */
    uint32_t reloc; /* RELOC: number within the section's relocations; else 0 */
    uint64_t addr;  /* where it stands */
};
struct rp_image_edges {
    RP_VEC(struct rp_image_edge) v;
};

enum rp_atom_flag {
    RP_ATOM_CODE = 1,     /* in an SHF_EXECINSTR section */
    RP_ATOM_GAP = 2,      /* no symbol covers it */
    RP_ATOM_FUNCTION = 4, /* starts with an STT_FUNC (or STT_GNU_IFUNC) symbol that has a size */
    RP_ATOM_GLOBAL = 8,   /* a global or weak symbol is in it */
    RP_ATOM_LOCAL = 64,   /* a local symbol is in it */
    RP_ATOM_UNSIZED = 16, /* a label of assembly without a size: it reaches to the next symbol */
    RP_ATOM_PIECE = 32,   /* of a gap of code: entered by a record or relocation alone */
};

/* What is known of a node beside the model; index = node id. */
struct rp_atom {
    uint32_t symbol; /* number of the symbol that names it, 0 = none */
    uint32_t flags;  /* enum rp_atom_flag */
    uint32_t table;  /* a record, or all of a table: index + 1 of the table; else 0 */
};

struct rp_image_range {
    uint64_t addr, size;
};

/* A symbol of the program at its address: functions, objects and labels of allocated sections. */
struct rp_image_symbol {
    uint64_t addr;
    uint32_t symbol; /* number in the symbol table */
    rp_id node;
};

/* What the analysis knows beside the model. */
struct rp_image {
    struct rp_model *m;     /* files.v[0] is the image; borrowed */
    const struct rp_elf *e; /* of files.v[0] */
    rp_id *sections; /* allocated sections with nodes by rising address (TLS .tbss left out) */
    uint32_t n_sections;
    RP_VEC(struct rp_atom) atoms;
    RP_VEC(struct rp_image_symbol) symbols; /* by rising address */
    struct rp_image_edges edges; /* by rising `from`; edges of the model are these, by index */
    uint32_t n_by_source[RP_IMAGE_N_SOURCES];
    uint32_t n_stale;  /* relocations that the contents contradict */
    uint32_t n_relocs; /* relocations looked at */
    RP_VEC(struct rp_image_range)
    verified;                     /* by rising address: bytes of code that the program
                  itself checks before it patches them: never filled */
    uint64_t text_low, text_high; /* addresses of code lie in [low, high) */
};

/* Open a linked image and make the model of it: sections and symbols, no nodes yet. `m` is empty;
 * what was opened is freed with it (rp_model_free). Refusals are REAP_ERR_UNSUPPORTED with what to
 * do: no relocations, no symbols, packed, another machine; REAP_ERR_INPUT: malformed. */
enum reap_status rp_image_open(struct rp_ctx *ctx, const char *path, struct rp_model *m,
                               struct rp_image *ret);
void rp_image_close(struct rp_image *im);

/* Nodes, edges and roots: after it rp_mark() may run. */
enum reap_status rp_image_analyse(struct rp_image *im, const struct rp_image_options *o);

/* The allocated section that holds an address, 0 = none. */
rp_id rp_image_section_at(const struct rp_image *im, uint64_t addr);
/* The node that holds an address, 0 = none. */
rp_id rp_image_node_at(const struct rp_image *im, uint64_t addr);
/* The address of a node's first byte; its size is in the model. */
static inline uint64_t rp_image_node_addr(const struct rp_image *im, rp_id node)
{
    const struct rp_node *n = &im->m->nodes.v[node];
    return rp_shdr_of(im->m, n->section)->addr + n->offset;
}
/* The n bytes at an address, NULL when they are not in the file (or not in one section). */
const uint8_t *rp_image_data(const struct rp_image *im, uint64_t addr, uint64_t n);
/* Index of the first symbol at or above an address; symbols.n: none. */
size_t rp_image_first_symbol(const struct rp_image *im, uint64_t addr);
/* The first symbol at exactly this address, NULL = none: code that may be branched to. */
const struct rp_image_symbol *rp_image_symbol_at(const struct rp_image *im, uint64_t addr);
/* The node of code whose symbol is at exactly this address, 0 = none. */
rp_id rp_image_code_at(const struct rp_image *im, uint64_t addr);
/* Index of the first verified range that ends above an address; verified.n: none. */
size_t rp_image_verified_from(const struct rp_image *im, uint64_t addr);
/* "function+0x10" for a node's address, into buf; returns buf. */
char *rp_image_name_addr(const struct rp_image *im, uint64_t addr, char *buf, size_t size);

static inline bool rp_image_add_edge(struct rp_image_edges *edges, rp_id from, rp_id to,
                                     enum rp_edge_kind kind, enum rp_image_source source,
                                     uint32_t reloc, uint64_t addr)
{
    struct rp_image_edge e = {from, to, (uint8_t)kind, (uint8_t)source, reloc, addr};
    return rp_vec_push(&edges->v, e);
}

/* drop.c: take away the edges from atoms called from[0 .. n_from) to atoms called `to`, as if the
 * analysis had missed them; how many there were. Between rp_image_analyse and rp_mark. */
uint32_t rp_image_drop_edges(struct rp_image *im, const char *from, size_t n_from, const char *to);

/* branches.c: edges between code that have no relocation, appended to ret. from != to. */
enum reap_status rp_image_branches(const struct rp_image *im, const struct rp_image_options *o,
                                   struct rp_image_edges *ret);

#endif
