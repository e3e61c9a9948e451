/* parts.h: what the parts of the analysis of an image share while the model is being made. */
#ifndef RP_IMAGE_PARTS_H
#define RP_IMAGE_PARTS_H

#include "elf/elf_linked.h"
#include "image/image.h"

/* A table of records between two marks, as a rule file describes it (link/rules.h). */
struct rp_image_table {
    const struct rp_rule *rule;
    uint64_t start, end; /* addresses */
    uint32_t record;     /* bytes */
    bool follow; /* its records refer to more than their subjects: a node for each; else one for all
                  */
};

/* Bytes that are no symbol's: a record, or a table that is not followed. */
struct rp_image_cut {
    uint64_t addr, size;
    uint32_t kind;  /* enum rp_node_kind */
    uint32_t table; /* index + 1, 0 = none */
};

/* A frame description entry, or a CIE, of .eh_frame. */
struct rp_image_frame {
    uint64_t addr, size;
    uint64_t subject;     /* FDE: start of the code; 0 = none */
    uint64_t lsda;        /* 0 = none */
    uint64_t cie;         /* FDE: address of its CIE */
    uint64_t personality; /* CIE: what its field means, 0 = none */
    bool is_cie;
    bool indirect; /* CIE: the personality's address is stored there */
};

struct rp_image_build {
    struct rp_image *im;
    const struct rp_image_options *o;
    struct rp_segment *segments;
    uint32_t n_segments;
    struct rp_strmap globals; /* name -> symbol number of a global or weak definition */
    RP_VEC(struct rp_image_table) tables;
    RP_VEC(struct rp_image_frame) frames; /* by rising address */
    RP_VEC(struct rp_image_cut) cuts;     /* by rising address, disjoint */
    RP_VEC(uint64_t) splits;     /* addresses of code that records name: gaps are divided there */
    struct rp_image_edges edges; /* in no order */
    bool globals_by_section;     /* code names global objects by their section (relocs.c) */
};

/* The address of a symbol; false for undefined ones, files and the like. */
bool rp_image_symbol_addr(const struct rp_image *im, uint32_t sym, uint64_t *ret);
/* The address of a global or weak definition. */
bool rp_image_global_addr(const struct rp_image_build *b, const char *name, uint64_t *ret);
/* The node that an address means; a kernel's early code names physical ones. */
rp_id rp_image_node_at_any(const struct rp_image_build *b, uint64_t addr);
/* Whether this symbol says nothing of the program: AArch64's $x and $d, assembler temporaries. */
bool rp_image_is_marker(const char *name);

/* names.c */
enum reap_status rp_image_names(struct rp_image_build *b);
enum reap_status rp_image_name_edges(struct rp_image_build *b); /* f to f.cold */

/* records.c: find tables and cut them; then the edges of their records. */
enum reap_status rp_image_find_tables(struct rp_image_build *b);
enum reap_status rp_image_record_edges(struct rp_image_build *b);
/* pieces.c: where code without names is divided: splits. */
enum reap_status rp_image_find_pieces(struct rp_image_build *b);
/* frames.c: the same for .eh_frame. */
enum reap_status rp_image_find_frames(struct rp_image_build *b);
enum reap_status rp_image_frame_edges(struct rp_image_build *b);

/* atoms.c: nodes. */
enum reap_status rp_image_atoms(struct rp_image_build *b);
/* relocs.c: kept and dynamic relocations. */
enum reap_status rp_image_reloc_edges(struct rp_image_build *b);
/* values.c: addresses that are stored without a relocation. */
enum reap_status rp_image_value_edges(struct rp_image_build *b);
/* roots.c */
enum reap_status rp_image_roots(struct rp_image_build *b);

#endif
