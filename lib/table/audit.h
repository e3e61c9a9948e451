/* audit.h: hold the tables of a linked image against those of the image before the collection.
 *
 *   audit_image.c   an image's symbols and bytes        audit.c   tables, records, findings
 *   audit_match.c   which symbol of the old image is which of the new one
 */
#ifndef RP_TABLE_AUDIT_H
#define RP_TABLE_AUDIT_H

#include "elf/elf_file.h"
#include "elf/filemap.h"
#include "link/rules.h"

struct rp_audit_symbol {
    uint64_t addr, size;
    const char *name, *file; /* of the STT_FILE before a local symbol; "" for global ones */
    uint32_t order;          /* number in the symbol table */
    uint32_t match;          /* index + 1 in the other image, 0 = not there */
    bool solid;              /* it has a size */
    bool ambiguous;          /* another one has the same names */
};

struct rp_audit_image {
    struct rp_map map;
    struct rp_elf elf;
    bool open;
    RP_VEC(struct rp_audit_symbol) symbols; /* by address; the one that names it first */
};

enum reap_status rp_audit_open(struct rp_ctx *ctx, const char *path, struct rp_audit_image *ret);
void rp_audit_close(struct rp_audit_image *im);
/* Index + 1 of the symbol that covers an address, 0 = none. */
uint32_t rp_audit_symbol_at(const struct rp_audit_image *im, uint64_t addr);
/* n bytes at an address, NULL when they are not in the file. */
const uint8_t *rp_audit_bytes(const struct rp_audit_image *im, uint64_t addr, uint64_t n);
/* Bytes of the section of this name. */
const uint8_t *rp_audit_section(const struct rp_audit_image *im, const char *name, uint64_t *ret_n);
bool rp_audit_global(const struct rp_audit_image *im, const char *name, uint64_t *ret_addr);
bool rp_audit_is_allocated(const struct rp_audit_image *im, uint64_t addr);

/* Fill the symbols' `match` of both images. */
enum reap_status rp_audit_match(struct rp_ctx *ctx, struct rp_audit_image *old_image,
                                struct rp_audit_image *new_image);

/* What was found of one table. */
struct rp_audit_table {
    const char *name; /* glob of the rule, or the start mark */
    const char *origin;
    uint32_t record; /* bytes; 0: compared by size alone */
    uint64_t n_old, n_new, n_dead, n_ignored,
        n_unnamed;                             /* records; n_dead: of the old, subject gone */
    uint64_t n_missing, n_extra, n_misordered; /* findings */
    uint64_t n_dangling; /* findings: a record of the new image is about nothing of the old one */
    uint64_t old_bytes, new_bytes;
    bool unreadable;   /* a finding: marks are the wrong way round, or no record size fits */
    char example[160]; /* of the first finding */
};
struct rp_audit {
    RP_VEC(struct rp_audit_table) tables;
    uint64_t n_findings;
};
enum reap_status rp_audit_run(struct rp_ctx *ctx, const struct rp_rules *rules,
                              const char *old_path, const char *new_path, struct rp_audit *ret);

#endif
