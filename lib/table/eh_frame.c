/* eh_frame.c: the call frame information of exception handling, .eh_frame, as records.
 *
 * Why: one .eh_frame section describes all functions of a file. Taken whole it would either keep
 * every function or keep the description of functions that are gone. An FDE lives when the code
 * that it covers does; only then are its LSDA, its CIE and the CIE's personality needed.
 *
 * How: a record is a 32-bit length (0xffffffff: a 64-bit length follows), then an id: 0 for a CIE,
 * else the distance back from the id's own place to the FDE's CIE (LSB Core, "The .eh_frame
 * section"). The first field after an FDE's id is the start of the code, and in a relocatable
 * object that field carries a relocation, which names the subject; augmentations need no parsing,
 * because everything else that a record refers to is told by its relocations too. A length of 0
 * ends the table: crtend.o brings it. What is shaped otherwise is not cut.
 *
 * Entry: rp_table_of.
 */
#include "table/table.h"

#include "table/record.h"
#include "util/checked.h"

#include <string.h>

/* The psABI of x86-64 gives .eh_frame a type of its own; clang uses it. */
#define SHT_X86_64_UNWIND_ 0x70000001u

static bool match(const struct rp_file *f, uint32_t shndx)
{
    const struct rp_shdr *sh = &f->elf.shdrs[shndx];
    bool type_fits =
        sh->type == SHT_PROGBITS || (f->elf.machine == EM_X86_64 && sh->type == SHT_X86_64_UNWIND_);
    return type_fits && (sh->flags & SHF_ALLOC) && !(sh->flags & SHF_COMPRESSED) &&
           strcmp(rp_elf_shname(&f->elf, shndx), ".eh_frame") == 0;
}

/* One record's place: `id` is the offset of its id field. */
struct extent {
    uint64_t offset, id, end;
};

/* Read the length at `offset`. False, with *ret_why, when the record leaves the section. A
 * terminator has end == offset + 4. */
static bool read_extent(const uint8_t *bytes, uint64_t size, uint64_t offset, struct extent *ret,
                        const char **ret_why)
{
    if (size - offset < 4) {
        *ret_why = "a record's length is cut off";
        return false;
    }
    uint64_t length = rp_load32(bytes + offset), head = 4;
    if (length == 0xffffffff) {
        if (size - offset < 12) {
            *ret_why = "a record's length is cut off";
            return false;
        }
        length = rp_load64(bytes + offset + 4);
        head = 12;
    }
    if (length > size - offset - head) {
        *ret_why = "a record reaches beyond the section";
        return false;
    }
    if (length != 0 && length < 4) {
        *ret_why = "a record is too short";
        return false;
    }
    if (length == 0 && head == 12) {
        *ret_why = "a 64-bit length is zero";
        return false;
    }
    *ret = (struct extent){offset, offset + head, offset + head + length};
    return true;
}

/* Relocations [*next, …) that lie in the record, and which of them names the subject. */
static bool take_relocs(const struct rp_rela *relocs, uint32_t n_relocs, uint32_t *next,
                        const struct extent *x, struct rp_record *r, const char **ret_why)
{
    r->first_reloc = *next;
    uint64_t last = x->offset;
    while (*next < n_relocs && relocs[*next].offset < x->end) {
        const struct rp_rela *rel = &relocs[*next];
        if (rel->offset < last) {
            *ret_why = "relocations are not sorted";
            return false;
        }
        last = rel->offset;
        if (rel->offset < x->id + 4) {
            *ret_why = "a relocation changes a record's length or id";
            return false;
        }
        ++*next;
    }
    r->n_relocs = *next - r->first_reloc;
    return true;
}

/* The relocation of pc_begin, the first field after the id: 4 bytes, or 8 in a record with a
 * 64-bit length, where producers differ. */
static uint32_t subject_of(const struct rp_rela *relocs, const struct rp_record *r,
                           const struct extent *x)
{
    if (r->n_relocs == 0)
        return UINT32_MAX;
    const struct rp_rela *first = &relocs[r->first_reloc];
    bool at_start =
        first->offset == x->id + 4 || (x->id - x->offset == 12 && first->offset == x->id + 8);
    return at_start && first->sym != 0 ? r->first_reloc : UINT32_MAX;
}

/* The index of the CIE at `offset`, UINT32_MAX when there is none. Offsets ascend. */
static uint32_t find_cie(const struct rp_records *records, uint64_t offset)
{
    size_t lo = 0, hi = records->v.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (records->v.v[mid].offset < offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == records->v.n || records->v.v[lo].offset != offset ||
        records->v.v[lo].node_kind != RP_NODE_CIE)
        return UINT32_MAX;
    return (uint32_t)lo;
}

static bool link_cies(const uint8_t *bytes, struct rp_records *records, const char **ret_why)
{
    for (size_t i = 0; i < records->v.n; i++) {
        struct rp_record *r = &records->v.v[i];
        if (r->node_kind != RP_NODE_FDE)
            continue;
        uint64_t id = r->offset + (rp_load32(bytes + r->offset) == 0xffffffff ? 12 : 4);
        uint32_t distance = rp_load32(bytes + id);
        /* signed: a CIE may follow its FDEs */
        r->parent = find_cie(records, id - (uint64_t)(int64_t)(int32_t)distance);
        if (r->parent == UINT32_MAX) {
            *ret_why = "an FDE names no CIE";
            return false;
        }
    }
    return true;
}

static bool split(const struct rp_arch *arch, const struct rp_file *f, uint32_t shndx, uint32_t rel,
                  struct rp_records *ret, const char **ret_why)
{
    (void)arch;
    const struct rp_elf *e = &f->elf;
    const uint8_t *bytes = rp_elf_bytes(e, shndx);
    uint64_t size = e->shdrs[shndx].size;
    uint32_t n_relocs = 0, next = 0;
    const struct rp_rela *relocs = rel ? rp_elf_relocs(e, rel, &n_relocs) : NULL;
    bool ended = false;

    for (uint64_t offset = 0; offset < size;) {
        struct extent x = {0};
        if (!read_extent(bytes, size, offset, &x, ret_why))
            return false;
        bool terminator = x.end == x.id;
        if (ended && !terminator) {
            *ret_why = "records follow the terminator";
            return false;
        }
        struct rp_record r = {.offset = offset,
                              .size = x.end - offset,
                              .node_kind = RP_NODE_RECORD,
                              .subject_reloc = UINT32_MAX,
                              .parent = UINT32_MAX,
                              .terminator = terminator};
        if (!take_relocs(relocs, n_relocs, &next, &x, &r, ret_why))
            return false;
        if (!terminator) {
            bool is_cie = rp_load32(bytes + x.id) == 0;
            r.node_kind = is_cie ? RP_NODE_CIE : RP_NODE_FDE;
            if (!is_cie)
                r.subject_reloc = subject_of(relocs, &r, &x);
        }
        ended = terminator;
        if (!rp_vec_push(&ret->v, r)) {
            *ret_why = NULL;
            return false;
        }
        offset = x.end;
    }
    if (next != n_relocs) {
        *ret_why = "a relocation lies outside of the records";
        return false;
    }
    return link_cies(bytes, ret, ret_why);
}

static uint64_t rewrite(const struct rp_file *f, uint32_t shndx, const struct rp_records *records,
                        const bool *live, uint8_t *out, uint64_t *new_offset)
{
    const uint8_t *bytes = rp_elf_bytes(&f->elf, shndx);
    uint64_t size = 0;
    for (size_t i = 0; i < records->v.n; i++) {
        new_offset[i] = UINT64_MAX;
        if (!live[i])
            continue;
        const struct rp_record *r = &records->v.v[i];
        memcpy(out + size, bytes + r->offset, r->size);
        new_offset[i] = size;
        size += r->size;
    }
    for (size_t i = 0; i < records->v.n; i++) {
        const struct rp_record *r = &records->v.v[i];
        if (!live[i] || r->node_kind != RP_NODE_FDE || new_offset[r->parent] == UINT64_MAX)
            continue;
        uint64_t id = new_offset[i] + (rp_load32(out + new_offset[i]) == 0xffffffff ? 12 : 4);
        rp_store32(out + id, (uint32_t)(id - new_offset[r->parent]));
    }
    return size;
}

static const struct rp_table eh_frame = {
    .name = "eh_frame",
    .match = match,
    .split = split,
    .rewrite = rewrite,
};

const struct rp_table *rp_table_of(const struct rp_file *f, uint32_t shndx)
{
    return eh_frame.match(f, shndx)          ? &eh_frame
           : rp_record_table.match(f, shndx) ? &rp_record_table
                                             : NULL;
}
