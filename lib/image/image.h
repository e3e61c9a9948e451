/* image.h: an image that is linked already: what of it is dead, and filled.
 *
 * A linked executable with its relocations kept (ld --emit-relocs) becomes a model of one file:
 * the atoms (ranges of symbols) of its allocated sections are the nodes, relocations that the
 * contents confirm and branches found by decoding are the edges, so that marking, facts, reports
 * and `why` work as for objects. Nothing moves: dead code is filled in place.
 *
 *   open -> atoms -> edges -> roots -> mark (pass) -> fill
 */
#ifndef RP_IMAGE_IMAGE_H
#define RP_IMAGE_IMAGE_H

#include "pass/pass.h"

struct rp_image_options {
    bool data;      /* atoms of data may die, too */
    bool no_scan;   /* do not look for branches byte by byte (a negative control) */
    bool no_decode; /* do not decode branches */
    const struct rp_rules *rules;
    const struct rp_script *const *scripts; /* brackets from the linker script, if given */
    size_t n_scripts;
};

enum rp_image_source {                     /* how an edge was found */
                       RP_IMAGE_RELOC = 1, /* a kept relocation that the contents confirm */
                       RP_IMAGE_BRANCH,    /* a decoded branch without relocation */
                       RP_IMAGE_SCAN,      /* only the byte scan found it */
                       RP_IMAGE_VALUE,     /* a stored address that equals an atom's start */
                       RP_IMAGE_RECORD,    /* a record of a table, decoded by value */
};

struct rp_image_edge {
    rp_id from, to; /* nodes */
    uint8_t kind;   /* enum rp_edge_kind */
    uint8_t source; /* enum rp_image_source */
    uint64_t addr;  /* where it stands */
};

/* What the analysis knows beside the model. */
struct rp_image {
    struct rp_model model; /* files.v[0] is the image */
    struct rp_map map;
    RP_VEC(struct rp_image_edge)
    edges;            /* by rising `from`; edges of the model are these by index */
    uint32_t n_stale; /* relocations that the contents contradict */
    uint32_t n_by_source[6];
    struct rp_bitset protected_bytes; /* nodes that self-patching code verifies: never filled */
};

#endif
