/* table.h: sections that are arrays of records about other sections.
 *
 * A table splits its section into nodes (records) and says which edges they have: a SUBJECT edge
 * from the code to the record, and the record's other fields as edges of the record. The marking
 * knows nothing of formats. An unknown shape keeps the section whole, with a note.
 */
#ifndef RP_TABLE_TABLE_H
#define RP_TABLE_TABLE_H

#include "model/model.h"

/* One record found in a section. */
struct rp_record {
    uint64_t offset, size;          /* bytes in the section */
    uint32_t node_kind;             /* RP_NODE_FDE, RP_NODE_CIE, RP_NODE_RECORD */
    uint32_t first_reloc, n_relocs; /* its relocations (numbers in the section's relocations,
                                       which are sorted by offset; else the table refuses) */
    uint32_t subject_reloc; /* number of the relocation that names the subject, UINT32_MAX = none
                               (then the record is a root, ODD_SHAPE) */
    uint32_t parent;        /* FDE: index of its CIE among the records; else UINT32_MAX */
    bool has_subject;       /* an edge leads from its subject to it, as to an FDE */
    bool terminator;        /* zero terminator of .eh_frame: stays if it is the last of the link */
};

struct rp_records {
    RP_VEC(struct rp_record) v;
    uint32_t partner; /* section number of a parallel table whose record i goes with record i of
                         this one, 0 = none */
};

struct rp_table {
    const char *name;
    /* Whether this table knows the section. Called once for each allocated section. */
    bool (*match)(const struct rp_file *f, uint32_t shndx);
    /* Fill *ret in ascending offset order, covering the whole section without gaps. false: odd
     * shape, *ret_why says why (static string; NULL: out of memory); the section is then one
     * node, kept. */
    bool (*split)(const struct rp_arch *arch, const struct rp_file *f, uint32_t shndx, uint32_t rel,
                  struct rp_records *ret, const char **ret_why);
    /* Write the surviving records to `out` (capacity: the section's size), moving offsets that
     * point inside the section (the CIE pointer). `live` is by record index; new_offset[i] is
     * filled for live records (UINT64_MAX for dead ones). Returns the new size. */
    uint64_t (*rewrite)(const struct rp_file *f, uint32_t shndx, const struct rp_records *records,
                        const bool *live, uint8_t *out, uint64_t *new_offset);
};

/* cie.c: write to `out` a CIE that names no personality routine and no LSDAs, of the same size, its
 * end filled with nops; its FDEs keep their augmentation data, whose length they tell. False: it is
 * not of a form that is understood. `word`: bytes of an address. `out` has room for `size` bytes
 * and may be NULL: only the answer is wanted. */
bool rp_cie_without_personality(const uint8_t *cie, uint64_t size, unsigned word, uint8_t *out);

/* The table that knows a section, or NULL. */
const struct rp_table *rp_table_of(const struct rp_file *f, uint32_t shndx);

#endif
