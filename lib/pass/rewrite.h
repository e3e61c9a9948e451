/* rewrite.h: what the parts of the object rewriter share (private to lib/pass).
 *
 * One struct rp_rewrite is the rewriting of one file. It works on the file's own numbers: tables
 * by old section number and old symbol number say what becomes of each. The parts fill it in this
 * order: sections (rewrite_object.c), cuts (rewrite_cut.c), references (rewrite_relocs.c),
 * symbols (rewrite_symbols.c), relocations (rewrite_relocs.c with rewrite_debug.c), groups and
 * symbol lists (rewrite_lists.c); then rewrite_object.c numbers the sections and has them emitted.
 */
#ifndef RP_PASS_REWRITE_H
#define RP_PASS_REWRITE_H

#include "arch/arch.h"
#include "elf/emit.h"
#include "pass/pass.h"
#include "util/bitset.h"

/* How a section with dead pieces shrinks. Piece i was [old[i], old[i + 1]) and starts at fresh[i];
 * for a dead piece that is where the next live one starts, or the new end. */
struct rp_cut {
    uint32_t n;            /* pieces */
    uint64_t *old, *fresh; /* [n + 1], bytes */
    bool *live;            /* [n] */
    uint32_t *last;        /* the piece that was found last: the next is often it or behind it */
    bool merge;            /* SHF_MERGE pieces; else records of a table */
    bool spoiled;          /* a live reference needs a dead piece: keep the section whole */
};

/* In place of a class's id: see rp_rw_section.slots. */
#define RP_CUT UINT32_MAX

struct rp_rw_section {
    bool keep;
    bool quiet;           /* not allocated, or live without being followed: a reference from here to
                             dropped code becomes a tombstone */
    bool packed;          /* SHF_COMPRESSED and not (yet) decompressed */
    bool trap;            /* dead code that stays as traps, without relocations (tripwire.h) */
    uint32_t *slots;      /* by relocation: 0: it stays, RP_CUT: it is cut, for an unwinder that is
                             dead; else the class whose RTTI slot it is, and is cut; NULL: all stay */
    uint32_t new_no;      /* number in the output, 0 = dropped */
    struct rp_cut *cut;   /* NULL: all bytes stay */
    const uint8_t *bytes; /* contents in place of the file's own, or NULL */
    uint8_t *writable;    /* bytes, when they are a copy of ours */
    uint64_t size;        /* of bytes */
    const struct rp_rela *relocs; /* surviving relocations of this section */
    uint32_t n_relocs;
};

struct rp_rewrite {
    const struct rp_model *m;
    const struct rp_marks *marks;
    const struct rp_plan *plan;
    const struct rp_file *f;
    const struct rp_elf *e;
    const struct rp_arch *arch;
    struct rp_arena arena;
    RP_VEC(void *) owned; /* freed at the end */

    struct rp_rw_section *sec;   /* by section number */
    struct rp_bitset referenced; /* by symbol number: a surviving relocation or group names it */
    uint32_t *sym_map;           /* by symbol number: new number, 0 = gone */
    struct rp_emit_symbol *symbols;
    uint32_t *symbol_section; /* by index into symbols: old section number, 0 = special */
    uint32_t n_symbols, n_locals;
};

static inline const struct rp_section *rp_rw_model_section(const struct rp_rewrite *rw,
                                                           uint32_t shndx)
{
    return &rw->m->sections[rw->f->sec_base + shndx];
}
static inline struct rp_where rp_rw_at(const struct rp_rewrite *rw, uint32_t shndx, uint64_t offset)
{
    return (struct rp_where){.file = rw->f->display,
                             .section = rp_elf_shname(rw->e, shndx),
                             .offset = offset,
                             .has_offset = true};
}
/* Whether a symbol's section number names a section of the file. */
static inline bool rp_rw_is_section(const struct rp_rewrite *rw, uint32_t shndx)
{
    return shndx != RP_SHN_UNDEF && shndx < rw->e->n_sections;
}

/* rewrite_cut.c */

/* Make the cuts of all kept sections that have dead pieces; may drop a section (an .eh_frame
 * without live records). */
enum reap_status rp_rw_cuts(struct rp_rewrite *rw);
/* Piece of a cut that holds the old offset; the last one for the end. */
uint32_t rp_cut_piece(const struct rp_cut *c, uint64_t old_offset);
/* New offset for an old one. */
uint64_t rp_cut_map(const struct rp_cut *c, uint64_t old_offset);
/* Give up spoiled cuts and make the new contents of the others. */
enum reap_status rp_rw_cut_contents(struct rp_rewrite *rw);

/* rewrite_relocs.c */

/* Mark the symbols that surviving relocations name; spoil cuts that would lose a referenced
 * piece. */
enum reap_status rp_rw_scan(struct rp_rewrite *rw);
/* Make the surviving relocations of every kept section; needs sym_map. */
enum reap_status rp_rw_relocs(struct rp_rewrite *rw);

/* rewrite_debug.c */

/* The contents of a section as they stand now, decompressed. */
enum reap_status rp_rw_contents(struct rp_rewrite *rw, uint32_t shndx, const uint8_t **ret_bytes,
                                uint64_t *ret_size);
/* The same as a copy that may be written to. */
enum reap_status rp_rw_writable(struct rp_rewrite *rw, uint32_t shndx, uint8_t **ret_bytes,
                                uint64_t *ret_size);
/* Whether a relocation in a section would refer to something that is dropped, so that it has to
 * become a tombstone. */
bool rp_rw_is_gone(const struct rp_rewrite *rw, uint32_t from, const struct rp_rela *r);
/* Whether a relocation is cut, as rp_rw_section.slots says. `r` is one of the file's own records.
 */
uint32_t rp_rw_cut_of(const struct rp_rewrite *rw, uint32_t from, const struct rp_rela *r);
/* Replace one relocation of section `from` by a tombstone. *ret_keep: `r`, changed, stays.
 * `cut`: of rp_rw_cut_of(). */
enum reap_status rp_rw_tombstone(struct rp_rewrite *rw, uint32_t from, struct rp_rela *r,
                                 uint32_t cut, bool *ret_keep);
/* Compress the sections again that were decompressed and changed. */
enum reap_status rp_rw_recompress(struct rp_rewrite *rw);

/* rewrite_symbols.c: choose and number the symbols. */
enum reap_status rp_rw_symbols(struct rp_rewrite *rw);

/* rewrite_lists.c */

/* Decide which groups stay, and mark their signatures as referenced. */
void rp_rw_choose_groups(struct rp_rewrite *rw);
/* Contents of groups (needs section numbers) and of the lists of symbol numbers: address
 * significance tables and call graph profiles. */
enum reap_status rp_rw_groups(struct rp_rewrite *rw);
enum reap_status rp_rw_symbol_lists(struct rp_rewrite *rw);

#endif
