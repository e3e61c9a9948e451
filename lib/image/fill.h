/* fill.h: write the image again, with its dead code filled.
 *
 * Nothing moves. Dead atoms of code become traps that hold their node's number (pass/tripwire.h),
 * or zeros; relocations that were kept for them become R_*_NONE, because whoever applies them (the
 * kernel's own `relocs`) would write into the traps. Bytes that self-patching code verifies stay,
 * by range: around them the function is filled all the same, and its first trap stands where
 * the first free byte is. Everything else is the input's. A run on the output changes nothing.
 */
#ifndef RP_IMAGE_FILL_H
#define RP_IMAGE_FILL_H

#include "image/image.h"
#include "image/sizes.h"

struct rp_fill_options {
    bool zero;               /* zeros, which compress best, instead of traps */
    bool data;               /* dead data becomes zeros, too */
    bool strip_dead_symbols; /* symbols of filled atoms leave .symtab */
    bool strip_relocs;       /* relocation sections that no loader reads go */
    bool sizes;              /* measure the compressed sizes (seconds) */
};

struct rp_fill_pages {
    uint64_t addr, size; /* whole pages of 4 KiB */
};

struct rp_fill_result {
    uint64_t n_code, code_bytes;           /* dead atoms of code, and their bytes that are filled */
    uint64_t n_data, data_bytes;           /* the same for data */
    uint64_t n_data_left, data_left_bytes; /* dead data that stays: not asked for */
    uint64_t n_filled_before;  /* of these atoms, those that the input has filled already */
    uint64_t protected_bytes;  /* of dead code, left alone: self-patching code verifies them */
    uint64_t n_relocs;         /* kept relocations that became R_*_NONE */
    uint64_t n_symbols;        /* symbols that went */
    uint64_t n_reloc_sections; /* relocation sections that went */
    uint64_t n_pages[3];       /* whole filled pages of 4 KiB, 64 KiB, 2 MiB, by address */
    RP_VEC(struct rp_fill_pages) pages; /* runs of whole filled pages, by rising address */
    uint64_t punched;                   /* bytes of the output that take no room on the disk */
    uint64_t size_before, size_after;   /* of the files */
    bool has_sizes;
    struct rp_sizes sizes;
};

/* Whether these bytes of code (all of an atom, or what protected ranges leave of it) are filled
 * already, by traps of whichever node or by zeros: branches and references decoded from them mean
 * nothing. At least one byte. */
bool rp_fill_is_filled(uint16_t machine, const uint8_t *bytes, uint64_t n);

/* Write the image with its dead atoms filled. The model's one file is the ELF (its view has .symtab
 * as symbol table); out_path "-" is standard output, NULL only counts. The mode bits are the
 * input's. ret needs rp_fill_result_free after REAP_OK.
 * REAP_ERR_UNSUPPORTED: no traps for this machine. */
enum reap_status rp_image_fill(const struct rp_image *im, const struct rp_marks *marks,
                               const struct rp_fill_options *o, const char *out_path,
                               struct rp_fill_result *ret);
void rp_fill_result_free(struct rp_fill_result *r);

#endif
