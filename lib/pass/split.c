/* split.c: cut sections into nodes, the units of the collection.
 *
 * Why: a linker's unit is the section; but a table such as .eh_frame holds records about many
 * sections, and a string section holds the strings of live and dead functions alike.
 *
 * How: a first parallel walk over the files counts the nodes of each section, a prefix sum gives
 * every file a contiguous range of ids (sections by number, nodes by offset, common symbols last),
 * and a second walk fills them in. Reading the contents twice costs less than keeping the pieces.
 *
 * Pieces of SHF_MERGE sections (gABI, Section Attribute Flags): strings end with a zero entry,
 * constants have sh_entsize bytes. Where sh_addralign is larger than an entry, a piece begins only
 * at an aligned offset, so that cutting pieces out never moves another off its alignment.
 *
 * Entry: rp_split.
 */
#include "pass/pass.h"
#include "table/table.h"
#include "util/pool.h"

#include <string.h>

struct split_state {
    struct rp_model *m;
    const struct rp_job *job;
};

/* --- SHF_MERGE ------------------------------------------------------------------------------- */

static bool is_zero_entry(const uint8_t *p, uint64_t entsize)
{
    for (uint64_t i = 0; i < entsize; i++)
        if (p[i])
            return false;
    return true;
}

/* End of the string at `offset`, its terminator included; `size` when there is none. */
static uint64_t string_end(const uint8_t *bytes, uint64_t size, uint64_t entsize, uint64_t offset)
{
    if (entsize == 1) {
        const uint8_t *end = memchr(bytes + offset, 0, size - offset);
        return end ? (uint64_t)(end - bytes) + 1 : size;
    }
    while (offset < size && !is_zero_entry(bytes + offset, entsize))
        offset += entsize;
    return offset < size ? offset + entsize : size;
}

/* End of the piece that starts at `offset`: the next string end that is aligned, padding with
 * zero entries included. */
static uint64_t string_piece_end(const uint8_t *bytes, uint64_t size, const struct rp_shdr *sh,
                                 uint64_t offset)
{
    uint64_t align = sh->addralign ? sh->addralign : 1;
    while (offset < size) {
        offset = string_end(bytes, size, sh->entsize, offset);
        while (offset < size && offset % align && is_zero_entry(bytes + offset, sh->entsize))
            offset += sh->entsize;
        if (offset % align == 0)
            return offset;
    }
    return size;
}

/* Bytes of a constant's piece: the entry size, or the least multiple of it that is aligned. 0:
 * not to be cut. */
static uint64_t constant_step(const struct rp_shdr *sh)
{
    uint64_t step = sh->entsize;
    for (unsigned doubled = 0; sh->addralign > 1 && step % sh->addralign; doubled++) {
        if (doubled == 16)
            return 0;
        step *= 2;
    }
    return step;
}

static bool is_mergeable(const struct rp_model *m, rp_id section)
{
    const struct rp_shdr *sh = rp_shdr_of(m, section);
    uint64_t align = sh->addralign;
    if (!(sh->flags & SHF_MERGE) || !(sh->flags & SHF_ALLOC) || sh->type != SHT_PROGBITS ||
        (sh->flags & (SHF_WRITE | SHF_EXECINSTR | SHF_COMPRESSED | SHF_TLS)) ||
        m->sections[section].rel || m->sections[section].group || sh->size == 0 ||
        sh->entsize == 0 || sh->entsize > 4096 || sh->size % sh->entsize || (align & (align - 1)))
        return false;
    if (!(sh->flags & SHF_STRINGS))
        return constant_step(sh) != 0;
    if (sh->entsize != 1 && sh->entsize != 2 && sh->entsize != 4)
        return false;
    const uint8_t *bytes =
        rp_elf_bytes(&rp_section_file(m, section)->elf, rp_section_no(m, section));
    return is_zero_entry(bytes + sh->size - sh->entsize, sh->entsize);
}

/* Count the pieces of a section; with `nodes`, fill them in. */
static uint32_t split_merge(const struct rp_model *m, rp_id section, struct rp_node *nodes)
{
    const struct rp_shdr *sh = rp_shdr_of(m, section);
    const uint8_t *bytes =
        rp_elf_bytes(&rp_section_file(m, section)->elf, rp_section_no(m, section));
    uint64_t step = sh->flags & SHF_STRINGS ? 0 : constant_step(sh);
    uint64_t size = sh->size;
    uint32_t n = 0;
    for (uint64_t offset = 0; offset < size; n++) {
        uint64_t end = step ? (size - offset > step ? offset + step : size)
                            : string_piece_end(bytes, size, sh, offset);
        if (nodes)
            nodes[n] = (struct rp_node){section, RP_NODE_STRING, offset, end - offset};
        offset = end;
    }
    return n;
}

/* --- tables ---------------------------------------------------------------------------------- */

/* *ret_n: number of records, 0 when the section is to be taken whole. */
static enum reap_status split_table(const struct split_state *st, rp_id section, bool tell,
                                    struct rp_node *nodes, uint32_t *ret_n)
{
    const struct rp_model *m = st->m;
    const struct rp_file *f = rp_section_file(m, section);
    uint32_t no = rp_section_no(m, section);
    struct rp_records records = {0};
    const char *why = NULL;

    *ret_n = 0;
    const struct rp_table *table = rp_table_of(f, no);
    if (!table->split(m->arch, f, no, m->sections[section].rel, &records, &why)) {
        rp_vec_free(&records.v);
        if (!why)
            return REAP_ERR_NOMEM;
        if (tell)
            rp_note(m->ctx, "odd-table",
                    (struct rp_where){.file = f->display, .section = rp_section_name(m, section)},
                    "%s; the section is kept whole", why);
        return REAP_OK;
    }
    *ret_n = (uint32_t)records.v.n;
    for (size_t i = 0; nodes && i < records.v.n; i++) {
        const struct rp_record *r = &records.v.v[i];
        nodes[i] = (struct rp_node){section, r->node_kind, r->offset, r->size};
    }
    rp_vec_free(&records.v);
    return REAP_OK;
}

/* --- the two walks --------------------------------------------------------------------------- */

static bool is_common_here(const struct rp_model *m, const struct rp_file *f, uint32_t sym)
{
    rp_id g = rp_sym_global(f, sym);
    return g && rp_sym_shndx(&f->elf, sym) == RP_SHN_COMMON &&
           rp_global_of(m, g)->def_file == (rp_id)(f - m->files.v) + 1 &&
           rp_global_of(m, g)->def_sym == sym;
}

static enum reap_status count_section(const struct split_state *st, rp_id section)
{
    struct rp_model *m = st->m;
    const struct rp_file *f = rp_section_file(m, section);
    struct rp_section *s = &m->sections[section];

    s->n_nodes = 1;
    if (f->untouched || !(s->flags & RP_SEC_ALLOC))
        return REAP_OK;
    if (rp_table_of(f, rp_section_no(m, section))) {
        uint32_t n;
        enum reap_status rc = split_table(st, section, true, NULL, &n);
        if (rc)
            return rc;
        if (!f->tables || !f->tables[rp_section_no(m, section)])
            s->flags |= RP_SEC_EH_FRAME;
        else if (n)
            s->flags |= RP_SEC_RECORDS;
        if (n)
            s->n_nodes = n;
    } else if (st->job->level == RP_LEVEL_FULL && is_mergeable(m, section)) {
        s->flags |= RP_SEC_STRINGS;
        s->n_nodes = split_merge(m, section, NULL);
    }
    return REAP_OK;
}

static enum reap_status count_file(void *arg, size_t i)
{
    struct split_state *st = arg;
    struct rp_model *m = st->m;
    struct rp_file *f = &m->files.v[i];
    uint64_t n = 0;
    if (!f->sec_base)
        return REAP_OK;
    for (uint32_t no = 1; no < f->elf.n_sections; no++) {
        rp_id section = f->sec_base + no;
        if (m->sections[section].flags & (RP_SEC_META | RP_SEC_DUPLICATE))
            continue;
        enum reap_status rc = count_section(st, section);
        if (rc)
            return rc;
        n += m->sections[section].n_nodes;
    }
    for (uint32_t sym = f->elf.first_global; sym < f->elf.n_symbols; sym++)
        n += is_common_here(m, f, sym);
    if (n > UINT32_MAX / 2)
        return rp_fail(m->ctx, REAP_ERR_UNSUPPORTED, "too-many-nodes", rp_at(f->display),
                       "the file has more pieces than Reap can number");
    f->n_nodes = (uint32_t)n;
    return REAP_OK;
}

static enum reap_status fill_section(const struct split_state *st, rp_id section)
{
    struct rp_model *m = st->m;
    const struct rp_section *s = &m->sections[section];
    struct rp_node *nodes = &m->nodes.v[s->node];
    uint32_t n = 0;
    if (s->flags & RP_SEC_STRINGS) {
        split_merge(m, section, nodes);
        return REAP_OK;
    }
    if (s->flags & (RP_SEC_EH_FRAME | RP_SEC_RECORDS)) {
        enum reap_status rc = split_table(st, section, false, nodes, &n);
        if (rc)
            return rc;
    }
    if (n == 0)
        nodes[0] = (struct rp_node){section, RP_NODE_SECTION, 0, rp_shdr_of(m, section)->size};
    return REAP_OK;
}

static enum reap_status fill_file(void *arg, size_t i)
{
    struct split_state *st = arg;
    struct rp_model *m = st->m;
    struct rp_file *f = &m->files.v[i];
    rp_id next = f->first_node;
    if (!f->sec_base)
        return REAP_OK;
    for (uint32_t no = 1; no < f->elf.n_sections; no++) {
        rp_id section = f->sec_base + no;
        struct rp_section *s = &m->sections[section];
        if (s->n_nodes == 0)
            continue;
        s->node = next;
        next += s->n_nodes;
        enum reap_status rc = fill_section(st, section);
        if (rc)
            return rc;
    }
    for (uint32_t sym = f->elf.first_global; sym < f->elf.n_symbols; sym++) {
        if (!is_common_here(m, f, sym))
            continue;
        rp_id g = rp_sym_global(f, sym);
        m->nodes.v[next] = (struct rp_node){0, RP_NODE_COMMON, g, f->elf.syms[sym].size};
        rp_global_of(m, g)->node = next++;
    }
    return REAP_OK;
}

enum reap_status rp_split(struct rp_model *m, const struct rp_job *job)
{
    struct split_state st = {m, job};
    enum reap_status rc = rp_parallel(m->ctx, m->files.n, count_file, &st);
    if (rc)
        return rc == REAP_ERR_NOMEM ? rp_nomem(m->ctx) : rc;

    uint64_t n = 1;
    for (size_t i = 0; i < m->files.n; i++) {
        m->files.v[i].first_node = (rp_id)n;
        n += m->files.v[i].n_nodes;
        if (n > UINT32_MAX / 2)
            return rp_fail(m->ctx, REAP_ERR_UNSUPPORTED, "too-many-nodes",
                           rp_at(m->files.v[i].display),
                           "the link has more pieces than Reap can number");
    }
    if (!rp_vec_reserve(&m->nodes, n))
        return rp_nomem(m->ctx);
    m->nodes.n = n;
    m->nodes.v[0] = (struct rp_node){0};
    rc = rp_parallel(m->ctx, m->files.n, fill_file, &st);
    return rc == REAP_ERR_NOMEM ? rp_nomem(m->ctx) : rc;
}
