/* edges.c: which node needs which, from one walk over the relocations.
 *
 * What becomes an edge (docs/liveness.md has the rules for users):
 *   - each relocation of an allocated section, from the node that holds it to the node that it
 *     names; weak references as RP_EDGE_WEAK; references to `__start_X` and brackets lead to sets;
 *   - members of a section group, in a cycle, so that they stay or go together (gABI, Groups);
 *   - from a section to the SHF_LINK_ORDER sections that describe it (gABI, Section Attributes);
 *   - from code to its FDE, from an FDE to its CIE; the FDE's reference to its code is none.
 * Non-allocated sections (debug information) have no edges: they describe and do not need.
 *
 * How: all edges that leave a node come from its own file, and the nodes of a file are contiguous.
 * So every file, in parallel, collects its edges and counting-sorts them by source into its own
 * stretch of the edge array, whose length was bounded beforehand; closing the gaps afterwards
 * gives CSR without a second copy. Names are resolved once each, in `target`, not per relocation.
 *
 * Entry: rp_edges.
 */
#include "pass/edges.h"

#include "arch/arch.h"
#include "table/table.h"
#include "util/pool.h"

#include <stdio.h>
#include <string.h>

struct raw_edge {
    rp_id from;
    struct rp_edge e;
};

/* A node that must stay because it could not be understood. */
struct odd_node {
    rp_id node;
    const char *why; /* static */
};

struct file_edges {
    RP_VEC(struct odd_node) odd;
    uint64_t first; /* its stretch of m->edges, before the gaps are closed */
    uint64_t bound; /* edges that it can have at most */
    uint64_t n;     /* edges that it has */
    bool any_whole; /* a section of it is RP_SEC_WHOLE */
};

struct edges_state {
    struct rp_model *m;
    const struct rp_job *job;
    bool wraps_definitions; /* --wrap also changes references within the defining file */
    rp_id *target;          /* [n globals + 1]: the node that a reference to the global reaches */
    struct file_edges *files;
};

/* What the walk over one file carries along. */
struct walk {
    struct edges_state *st;
    struct rp_file *f;
    struct file_edges *fe;
    struct raw_edge *out; /* fe->bound of them */
    enum reap_status rc;
};

static void emit(struct walk *w, rp_id from, rp_id to, uint32_t kind, uint32_t reloc)
{
    if (from && to && w->fe->n < w->fe->bound)
        w->out[w->fe->n++] = (struct raw_edge){from, {to, kind & 15, reloc & 0xfffffff}};
}

static void odd(struct walk *w, rp_id node, const char *why)
{
    struct odd_node o = {node, why};
    if (!rp_vec_push(&w->fe->odd, o))
        w->rc = REAP_ERR_NOMEM;
}

/* --- names ----------------------------------------------------------------------------------- */

enum { CHUNK = 4096 };

static enum reap_status target_chunk(void *arg, size_t chunk)
{
    struct edges_state *st = arg;
    const struct rp_model *m = st->m;
    size_t end = (chunk + 1) * CHUNK;
    for (size_t i = chunk * CHUNK; i < end && i < m->globals.n; i++)
        st->target[i + 1] = rp_global_node(m, (rp_id)i + 1);
    return REAP_OK;
}

/* The section that a local symbol is in, of another file when its own is a duplicate; 0 when
 * there is none. At the linkers' level such a reference leads nowhere, as in lld. */
static rp_id local_section(const struct walk *w, uint32_t sym)
{
    const struct rp_model *m = w->st->m;
    uint32_t shndx = rp_sym_shndx(&w->f->elf, sym);
    if (shndx == RP_SHN_UNDEF || shndx >= w->f->elf.n_sections)
        return 0;
    rp_id section = w->f->sec_base + shndx;
    if (!(m->sections[section].flags & RP_SEC_DUPLICATE))
        return section;
    return w->st->job->level == RP_LEVEL_FULL ? rp_section_prevailing(m, section) : 0;
}

/* --- relocations ----------------------------------------------------------------------------- */

/* Where the relocations of one section come from. */
struct source {
    uint32_t no;       /* section number */
    uint32_t rel_type; /* SHT_REL or SHT_RELA */
    bool code;         /* SHF_EXECINSTR */
    const struct rp_rela *relocs;
    uint32_t n_relocs;
};

/* The node that a section symbol plus addend names in a split section. In PC-relative fields of
 * code the addend may count from the end of the instruction; linkers read it as it stands when
 * they merge, so that compilers avoid section symbols there. When the two readings lead to
 * different pieces, nothing may be cut out of the section. */
static rp_id piece_target(struct walk *w, const struct source *s, const struct rp_rela *r,
                          rp_id section, uint64_t value)
{
    struct rp_model *m = w->st->m;
    const struct rp_section *sec = &m->sections[section];
    int64_t addend = rp_reloc_addend(m->arch, &w->f->elf, s->no, s->rel_type, r);
    int64_t offset = (int64_t)(value + (uint64_t)addend);
    rp_id node = rp_node_at(m, section, offset < 0 ? 0 : (uint64_t)offset);

    if (s->code && rp_reloc_info(m->arch, r->type)->pcrel &&
        (m->arch->pc_bias || m->arch->pc_loose)) {
        int64_t biased = offset + m->arch->pc_bias;
        bool same =
            !m->arch->pc_loose && offset >= 0 && node == rp_node_at(m, section, (uint64_t)biased);
        /* a section of another file is never split into pieces: see is_mergeable() in split.c */
        if (!same && (sec->flags & RP_SEC_STRINGS) &&
            sec->file == m->sections[w->f->sec_base].file) {
            m->sections[section].flags |= RP_SEC_WHOLE;
            w->fe->any_whole = true;
        }
    }
    if ((sec->flags & RP_SEC_STRINGS) &&
        (offset < 0 || (uint64_t)offset > rp_shdr_of(m, section)->size)) {
        m->sections[section].flags |= RP_SEC_WHOLE;
        w->fe->any_whole = true;
    }
    return node;
}

/* lld redirects a --wrap'ed name in the file that defines it as well; the other linkers redirect
 * undefined names only, which the resolver has done (link/resolve.h). */
static rp_id wrapped(const struct edges_state *st, rp_id global)
{
    const struct rp_link *link = st->job->link;
    const struct rp_global *g = rp_global_of(st->m, global);
    for (size_t i = 0; i < link->wrap.n; i++) {
        if (strcmp(link->wrap.v[i].name, g->name) != 0)
            continue;
        char name[1024];
        int n = snprintf(name, sizeof name, "__wrap_%s", g->name);
        rp_id wrap = n > 0 && (size_t)n < sizeof name ? rp_model_find_global(st->m, name) : 0;
        return wrap ? wrap : global;
    }
    return global;
}

/* A table that other code refers to by itself, not through its bracket, may be walked by it. */
static void keep_named_table(struct walk *w, const struct source *s, rp_id section)
{
    struct rp_section *sec = &w->st->m->sections[section];
    if (!(sec->flags & RP_SEC_RECORDS) || section == w->f->sec_base + s->no ||
        sec->file != w->st->m->sections[w->f->sec_base + s->no].file)
        return;
    sec->flags |= RP_SEC_WHOLE;
    w->fe->any_whole = true;
}

/* The node that relocation r refers to, and the kind of the edge. 0: none of the link. */
static rp_id reloc_target(struct walk *w, const struct source *s, const struct rp_rela *r,
                          uint32_t *ret_kind)
{
    const struct rp_model *m = w->st->m;
    const struct rp_elf *e = &w->f->elf;
    *ret_kind = RP_EDGE_RELOC;
    if (r->sym == 0)
        return 0;

    rp_id global = rp_sym_global(w->f, r->sym);
    if (global) {
        if (w->st->wraps_definitions && rp_sym_shndx(e, r->sym) != RP_SHN_UNDEF)
            global = wrapped(w->st, global);
        rp_id node = w->st->target[global];
        if (node && m->nodes.v[node].kind == RP_NODE_SET)
            *ret_kind = m->sets.v[m->nodes.v[node].offset].name[0] == '_' ? RP_EDGE_START_STOP
                                                                          : RP_EDGE_BRACKET;
        else if (rp_sym_bind(&e->syms[r->sym]) == STB_WEAK &&
                 rp_sym_shndx(e, r->sym) == RP_SHN_UNDEF)
            *ret_kind = RP_EDGE_WEAK;
        return node;
    }

    rp_id section = local_section(w, r->sym);
    if (!section)
        return 0;
    keep_named_table(w, s, section);
    const struct rp_sym *sym = &e->syms[r->sym];
    if (m->sections[section].n_nodes > 1 && rp_sym_type(sym) == STT_SECTION)
        return piece_target(w, s, r, section, sym->value);
    return rp_node_at(m, section, sym->value);
}

static void reloc_edge(struct walk *w, const struct source *s, uint32_t i, rp_id from)
{
    uint32_t kind;
    rp_id to = reloc_target(w, s, &s->relocs[i], &kind);
    emit(w, from, to, kind, i);
}

/* The relocations of a section that is no table. */
static void plain_edges(struct walk *w, const struct source *s, const struct rp_section *sec)
{
    for (uint32_t i = 0; i < s->n_relocs; i++) {
        rp_id from = sec->node;
        if (sec->n_nodes > 1)
            from = rp_node_at(w->st->m, w->f->sec_base + s->no, s->relocs[i].offset);
        reloc_edge(w, s, i, from);
    }
}

/* From the code that an FDE or another record is about to the record. The code is looked for in the
 * FDE's own file: a copy that does not prevail has a description of its own. */
static void subject_edge(struct walk *w, const struct source *s, const struct rp_record *r,
                         rp_id node)
{
    const struct rp_model *m = w->st->m;
    const struct rp_elf *e = &w->f->elf;
    if (r->subject_reloc == UINT32_MAX) {
        odd(w, node, "a record whose subject is not named by a relocation");
        return;
    }
    const struct rp_rela *rel = &s->relocs[r->subject_reloc];
    uint32_t shndx = rp_sym_shndx(e, rel->sym);
    if (shndx == RP_SHN_UNDEF || shndx >= e->n_sections) {
        odd(w, node, "a record about something outside of its file");
        return;
    }
    const struct rp_section *code = &m->sections[w->f->sec_base + shndx];
    if (code->flags & RP_SEC_DUPLICATE)
        return; /* dead: its function is */
    uint64_t offset =
        e->syms[rel->sym].value + (uint64_t)rp_reloc_addend(m->arch, e, s->no, s->rel_type, rel);
    if (code->n_nodes == 0)
        odd(w, node, "a record about a section that is no part of the program");
    else
        emit(w, rp_node_at(m, w->f->sec_base + shndx, offset), node, RP_EDGE_SUBJECT, 0);
}

/* The relocations of a section that was split into records. At the linkers' level a record's
 * LSDA and personality are roots (roots.c), as in lld, and no edges of it. */
static void record_edges(struct walk *w, const struct source *s, const struct rp_section *sec)
{
    const struct rp_model *m = w->st->m;
    struct rp_records records = {0};
    const char *why = NULL;
    const struct rp_table *table = rp_table_of(w->f, s->no);
    if (!table || !table->split(m->arch, w->f, s->no, sec->rel, &records, &why)) {
        w->rc = REAP_ERR_NOMEM; /* it was split once before */
        rp_vec_free(&records.v);
        return;
    }
    for (size_t i = 0; i < records.v.n && i < sec->n_nodes; i++) {
        const struct rp_record *r = &records.v.v[i];
        rp_id node = sec->node + (rp_id)i;
        if (r->terminator)
            odd(w, node, "the terminator of .eh_frame");
        if (r->node_kind == RP_NODE_FDE || r->has_subject)
            subject_edge(w, s, r, node);
        if (r->parent != UINT32_MAX)
            emit(w, node, sec->node + r->parent, RP_EDGE_CIE, 0);
        if (records.partner)
            emit(w, node, m->sections[w->f->sec_base + records.partner].node + (rp_id)i,
                 RP_EDGE_ASSOC, 0);
        if (w->st->job->level == RP_LEVEL_LINKER)
            continue;
        for (uint32_t k = r->first_reloc; k < r->first_reloc + r->n_relocs; k++)
            if (k != r->subject_reloc)
                reloc_edge(w, s, k, node);
    }
    rp_vec_free(&records.v);
}

/* --- groups and link order ------------------------------------------------------------------- */

bool rp_in_alloc_group(const struct rp_model *m, rp_id section)
{
    const struct rp_section *s = &m->sections[section];
    return s->group &&
           m->sections[rp_file_of(m, s->file)->sec_base + s->group].flags & RP_SEC_ALLOC_GROUP;
}

/* A cycle through the members of a group, if it has an allocated one. Records of a table in the
 * group follow their subjects instead. */
static void group_edges(struct walk *w, uint32_t group)
{
    const struct rp_model *m = w->st->m;
    const struct rp_elf *e = &w->f->elf;
    const uint8_t *words = rp_elf_bytes(e, group);
    rp_id first = 0, last = 0;
    if (!(m->sections[w->f->sec_base + group].flags & RP_SEC_ALLOC_GROUP))
        return;
    for (uint64_t i = 1; i < e->shdrs[group].size / 4; i++) {
        const uint8_t *p = words + 4 * i;
        uint32_t no = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        if (no >= e->n_sections || m->sections[w->f->sec_base + no].n_nodes != 1)
            continue;
        rp_id node = m->sections[w->f->sec_base + no].node;
        if (m->nodes.v[node].kind != RP_NODE_SECTION)
            continue;
        emit(w, last, node, RP_EDGE_GROUP, 0);
        first = first ? first : node;
        last = node;
    }
    if (first != last)
        emit(w, last, first, RP_EDGE_GROUP, 0);
}

static void link_order_edges(struct walk *w, uint32_t no)
{
    const struct rp_model *m = w->st->m;
    const struct rp_shdr *sh = &w->f->elf.shdrs[no];
    const struct rp_section *s = &m->sections[w->f->sec_base + no];
    if (!(sh->flags & SHF_LINK_ORDER) || sh->link == 0 || sh->link >= w->f->elf.n_sections)
        return;
    const struct rp_section *of = &m->sections[w->f->sec_base + sh->link];
    for (uint32_t i = 0; i < of->n_nodes; i++)
        emit(w, of->node + i, s->node, RP_EDGE_LINK_ORDER, 0);
}

/* The pieces of a section that must not be cut hang together. */
static void whole_edges(struct walk *w)
{
    const struct rp_model *m = w->st->m;
    for (uint32_t no = 1; no < w->f->elf.n_sections; no++) {
        const struct rp_section *s = &m->sections[w->f->sec_base + no];
        if (!(s->flags & RP_SEC_WHOLE))
            continue;
        for (uint32_t i = 0; i < s->n_nodes && s->n_nodes > 1; i++)
            emit(w, s->node + i, s->node + (i + 1) % s->n_nodes, RP_EDGE_ASSOC, 0);
    }
}

/* --- one file -------------------------------------------------------------------------------- */

/* Sections whose relocations are followed: the allocated ones; at the linkers' level also the
 * others that the marking can reach through a group or a link, as in lld. */
static bool has_edges(const struct edges_state *st, rp_id section)
{
    const struct rp_section *s = &st->m->sections[section];
    if (!s->n_nodes || !s->rel)
        return false;
    if (s->flags & RP_SEC_ALLOC)
        return true;
    return st->job->level == RP_LEVEL_LINKER &&
           (rp_shdr_of(st->m, section)->flags & SHF_LINK_ORDER ||
            rp_in_alloc_group(st->m, section));
}

static struct source source_of(const struct rp_file *f, const struct rp_section *s, uint32_t no)
{
    struct source src = {.no = no,
                         .rel_type = f->elf.shdrs[s->rel].type,
                         .code = f->elf.shdrs[no].flags & SHF_EXECINSTR};
    src.relocs = rp_elf_relocs(&f->elf, s->rel, &src.n_relocs);
    return src;
}

/* How many edges a file can have at most, and whether all its relocations are known. */
static enum reap_status bound_file(void *arg, size_t i)
{
    struct edges_state *st = arg;
    struct rp_model *m = st->m;
    struct rp_file *f = &m->files.v[i];
    uint64_t bound = 0;
    if (!f->sec_base)
        return REAP_OK;
    for (uint32_t no = 1; no < f->elf.n_sections; no++) {
        const struct rp_section *s = &m->sections[f->sec_base + no];
        const struct rp_shdr *sh = &f->elf.shdrs[no];
        if (s->n_nodes == 0) /* META: groups are bounded by their members */
            continue;
        bound += s->n_nodes + (s->group != 0); /* CIE or whole-section edges; group cycle */
        if (sh->flags & SHF_LINK_ORDER && sh->link && sh->link < f->elf.n_sections)
            bound += m->sections[f->sec_base + sh->link].n_nodes;
        if (!has_edges(st, f->sec_base + no))
            continue;
        uint32_t n = 0;
        rp_elf_relocs(&f->elf, s->rel, &n);
        if (n > 0xfffffff)
            return rp_fail(
                m->ctx, REAP_ERR_UNSUPPORTED, "too-many-relocations",
                (struct rp_where){.file = f->display, .section = rp_elf_shname(&f->elf, no)},
                "the section has more relocations than Reap can number");
        bound += n;
    }
    st->files[i].bound = bound;
    return REAP_OK;
}

/* A relocation that Reap does not know, or cannot read, could mean anything. */
static void check_types(struct walk *w, const struct source *s)
{
    const struct rp_arch *a = w->st->m->arch;
    if (w->f->untouched)
        return;
    for (uint32_t i = 0; i < s->n_relocs; i++) {
        const struct rp_reloc_info *info = rp_reloc_info(a, s->relocs[i].type);
        if (info->cls != RP_REL_UNKNOWN &&
            !(s->rel_type == SHT_REL && info->insn && !a->insn_addends))
            continue;
        w->f->untouched = true;
        w->f->untouched_why = "a relocation of a type that Reap does not know";
        rp_note(w->st->m->ctx, "unknown-relocation",
                (struct rp_where){.file = w->f->display,
                                  .section = rp_elf_shname(&w->f->elf, s->no),
                                  .offset = s->relocs[i].offset,
                                  .has_offset = true},
                "relocation type %u is unknown; the file is left as it is", s->relocs[i].type);
        return;
    }
}

static void walk_file(struct walk *w)
{
    const struct rp_model *m = w->st->m;
    for (uint32_t no = 1; no < w->f->elf.n_sections && !w->rc; no++) {
        const struct rp_section *s = &m->sections[w->f->sec_base + no];
        if (w->f->elf.shdrs[no].type == SHT_GROUP)
            group_edges(w, no);
        if (!s->n_nodes)
            continue;
        link_order_edges(w, no);
        bool records = s->flags & (RP_SEC_EH_FRAME | RP_SEC_RECORDS) &&
                       m->nodes.v[s->node].kind != RP_NODE_SECTION;
        if (!records && w->f->tables && w->f->tables[no])
            odd(w, s->node, "a table that could not be split into records");
        if (s->flags & RP_SEC_EH_FRAME && !records && w->f->elf.shdrs[no].size)
            odd(w, s->node, "an .eh_frame that could not be split into records");
        if (!has_edges(w->st, w->f->sec_base + no)) {
            if (records)
                record_edges(w, &(struct source){.no = no, .rel_type = SHT_RELA}, s);
            continue;
        }
        struct source src = source_of(w->f, s, no);
        check_types(w, &src);
        if (records)
            record_edges(w, &src, s);
        else
            plain_edges(w, &src, s);
    }
    if (w->fe->any_whole)
        whole_edges(w);
}

/* Counting sort of the file's edges by source, into its stretch of the edge array; edge_start of
 * its nodes becomes relative to the stretch. */
static void sort_edges(struct walk *w)
{
    struct rp_model *m = w->st->m;
    uint32_t *start = m->edge_start + w->f->first_node;
    struct rp_edge *edges = m->edges + w->fe->first;
    for (uint64_t i = 0; i < w->fe->n; i++)
        start[w->out[i].from - w->f->first_node]++;
    uint32_t sum = 0;
    for (uint32_t k = 0; k < w->f->n_nodes; k++) {
        uint32_t n = start[k];
        start[k] = sum;
        sum += n;
    }
    for (uint64_t i = 0; i < w->fe->n; i++)
        edges[start[w->out[i].from - w->f->first_node]++] = w->out[i].e;
    /* each start now is the next one's: move them back */
    for (uint32_t k = w->f->n_nodes; k-- > 1;)
        start[k] = start[k - 1];
    if (w->f->n_nodes)
        start[0] = 0;
}

static enum reap_status edges_file(void *arg, size_t i)
{
    struct edges_state *st = arg;
    struct rp_file *f = &st->m->files.v[i];
    struct walk w = {.st = st, .f = f, .fe = &st->files[i]};
    if (!f->sec_base || !f->n_nodes)
        return REAP_OK;
    w.out = malloc((w.fe->bound + 1) * sizeof *w.out);
    if (!w.out)
        return REAP_ERR_NOMEM;
    walk_file(&w);
    if (!w.rc)
        sort_edges(&w);
    free(w.out);
    return w.rc;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Move every file's edges down over the gap before it; then the sets' edges. */
static enum reap_status close_gaps(struct edges_state *st, const struct rp_set_edges *sets,
                                   rp_id first_set)
{
    struct rp_model *m = st->m;
    uint64_t n = 0;
    for (size_t i = 0; i < m->files.n; i++) {
        const struct rp_file *f = &m->files.v[i];
        const struct file_edges *fe = &st->files[i];
        memmove(m->edges + n, m->edges + fe->first, fe->n * sizeof *m->edges);
        for (uint32_t k = 0; k < f->n_nodes; k++)
            m->edge_start[f->first_node + k] += (uint32_t)n;
        n += fe->n;
    }
    size_t k = 0;
    for (rp_id node = first_set; node < m->nodes.n; node++) {
        m->edge_start[node] = (uint32_t)n;
        for (; k < sets->v.n && sets->v.v[k].from == node; k++)
            m->edges[n++] = (struct rp_edge){sets->v.v[k].to, sets->v.v[k].kind & 15, 0};
    }
    m->edge_start[m->nodes.n] = (uint32_t)n;
    m->n_edges = (uint32_t)n;
    struct rp_edge *fit = realloc(m->edges, (n + 1) * sizeof *fit);
    if (fit)
        m->edges = fit;
    return REAP_OK;
}

static enum reap_status odd_roots(struct edges_state *st)
{
    struct rp_model *m = st->m;
    for (size_t i = 0; i < m->files.n; i++)
        for (size_t k = 0; k < st->files[i].odd.n; k++) {
            const struct odd_node *o = &st->files[i].odd.v[k];
            struct rp_root r = {o->node, RP_ROOT_ODD_SHAPE, o->why, true, false};
            if (!rp_vec_push(&m->roots, r))
                return rp_nomem(m->ctx);
        }
    return REAP_OK;
}

static enum reap_status debug_refs_file(void *arg, size_t i)
{
    struct edges_state *st = arg;
    struct rp_model *m = st->m;
    struct rp_file *f = &m->files.v[i];
    struct file_edges none = {0}; /* bound 0: nothing is emitted */
    struct walk w = {.st = st, .f = f, .fe = &none};
    if (!f->sec_base)
        return REAP_OK;
    for (uint32_t no = 1; no < f->elf.n_sections; no++) {
        const struct rp_section *s = &m->sections[f->sec_base + no];
        if (!s->n_nodes || !s->rel || s->flags & RP_SEC_ALLOC)
            continue;
        struct source src = source_of(f, s, no);
        for (uint32_t k = 0; k < src.n_relocs; k++) {
            uint32_t kind;
            rp_id to = reloc_target(&w, &src, &src.relocs[k], &kind);
            if (to)
                __atomic_fetch_or(&m->debug_ref.w[to / 64], UINT64_C(1) << (to % 64),
                                  __ATOMIC_RELAXED);
        }
    }
    return REAP_OK;
}

/* Lay out the stretches of the edge array and allocate it. */
static enum reap_status reserve_edges(struct edges_state *st, uint64_t n_set_edges)
{
    struct rp_model *m = st->m;
    uint64_t n = 0;
    for (size_t i = 0; i < m->files.n; i++) {
        st->files[i].first = n;
        n += st->files[i].bound;
    }
    n += n_set_edges;
    if (n >= UINT32_MAX)
        return rp_fail(m->ctx, REAP_ERR_UNSUPPORTED, "too-many-edges", rp_at(NULL),
                       "the link has more relocations than Reap can number");
    m->edges = malloc((n + 1) * sizeof *m->edges);
    m->edge_start = calloc(m->nodes.n + 2, sizeof *m->edge_start);
    return m->edges && m->edge_start ? REAP_OK : rp_nomem(m->ctx);
}

enum reap_status rp_edges(struct rp_model *m, const struct rp_job *job)
{
    struct edges_state st = {
        .m = m,
        .job = job,
        .wraps_definitions = job->link->flavor == RP_LINKER_LLD && job->link->wrap.n,
    };
    struct rp_set_edges sets = {0};
    rp_id first_set = (rp_id)m->nodes.n;
    st.target = calloc(m->globals.n + 1, sizeof *st.target);
    st.files = calloc(m->files.n + 1, sizeof *st.files);
    enum reap_status rc = st.target && st.files ? REAP_OK : rp_nomem(m->ctx);

    if (!rc) /* what each name leads to, sets included */
        rc = rp_parallel(m->ctx, m->globals.n / CHUNK + 1, target_chunk, &st);
    if (!rc)
        rc = rp_sets_make(m, job, st.target, &sets);
    if (!rc) /* room for each file's edges */
        rc = rp_parallel(m->ctx, m->files.n, bound_file, &st);
    if (!rc)
        rc = reserve_edges(&st, sets.v.n);
    if (!rc) { /* the edges */
        rc = rp_parallel(m->ctx, m->files.n, edges_file, &st);
        if (rc == REAP_ERR_NOMEM)
            rp_nomem(m->ctx);
    }
    if (!rc)
        rc = close_gaps(&st, &sets, first_set);
    if (!rc)
        rc = odd_roots(&st);
    if (!rc && job->debug_refs) {
        rc = rp_bitset_init(&m->debug_ref, m->nodes.n) ? REAP_OK : rp_nomem(m->ctx);
        if (!rc)
            rc = rp_parallel(m->ctx, m->files.n, debug_refs_file, &st);
    }
    for (size_t i = 0; st.files && i < m->files.n; i++)
        rp_vec_free(&st.files[i].odd);
    free(st.files);
    free(st.target);
    rp_vec_free(&sets.v);
    return rc;
}
