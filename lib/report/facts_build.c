/* facts_build.c: from the marked model to facts that need no input any more.
 *
 * Why: reports, `why` and every later view must not depend on mapped files, and must say the same
 * whether they are made during the link or from a database a week later.
 *
 * How: one pass over files, nodes, edges, roots and symbols in the order of their ids; nodes keep
 * the ids of the model, COMDAT duplicates, which are no nodes there, follow behind. Edges are
 * deduplicated by (from, to, kind), the first relocation standing for the rest. Then chains.c and
 * totals.c derive reasons, heads and sums from the facts alone.
 *
 * Entries: rp_facts_build, and rp_facts_sum when nothing but the totals is asked for.
 */
#include "report/facts.h"

#include "reap/reap.h"
#include "report/build.h"
#include "util/strbuf.h"

#include <string.h>

/* --- the run --------------------------------------------------------------------------------- */

static bool intern_command(struct rp_build *b, const struct rp_link *link)
{
    struct rp_strbuf s = {0};
    for (size_t i = 0; i < link->args.n; i++) {
        for (uint32_t w = 0; w < link->args.v[i].n_words; w++) {
            const char *word = link->args.v[i].words[w];
            /* quoted when a blank would make two words of it; for reading, not for a shell */
            bool blank = !*word || strpbrk(word, " \t\n\"'\\") != NULL;
            rp_strbuf_printf(&s, blank ? "%s'%s'" : "%s%s", s.n ? " " : "", word);
        }
    }
    bool ok = !s.oom && (!s.n || rp_facts_intern(b->f, s.s, s.n, &b->f->command));
    rp_strbuf_free(&s);
    return ok;
}

static bool build_run(struct rp_build *b, const struct rp_job *job)
{
    static const char *const linkers[] = {
        [RP_LINKER_BFD] = "bfd",
        [RP_LINKER_GOLD] = "gold",
        [RP_LINKER_LLD] = "lld",
        [RP_LINKER_MOLD] = "mold",
    };
    const char *level = job->level == RP_LEVEL_LINKER ? "linker" : "full";
    if (!rp_build_str(b, REAP_VERSION, &b->f->version) || !rp_build_str(b, level, &b->f->level))
        return false;
    const struct rp_link *link = job->link;
    if (!link)
        return true;
    return rp_build_str(b, link->output, &b->f->output) &&
           rp_build_str(b, linkers[link->flavor], &b->f->linker) && intern_command(b, link);
}

enum reap_status rp_facts_set_product(struct rp_ctx *ctx, struct rp_facts *f, const char *product)
{
    return rp_facts_intern(f, product, strlen(product), &f->product) ? REAP_OK : rp_nomem(ctx);
}

/* --- files ----------------------------------------------------------------------------------- */

static uint64_t image_size(const struct rp_model *m, const struct rp_file *f)
{
    if (f->elf.size)
        return f->elf.size;
    if (f->map.data)
        return f->map.size;
    if (f->ar && f->member_no < m->ars.v[f->ar - 1].archive.n_members)
        return m->ars.v[f->ar - 1].archive.members[f->member_no].size;
    return 0;
}

static bool build_files(struct rp_build *b)
{
    static const char *const kinds[] = {
        [RP_FILE_OBJECT] = "object",
        [RP_FILE_SHARED] = "shared",
        [RP_FILE_IR] = "ir",
        [RP_FILE_OPAQUE] = "opaque",
    };
    const struct rp_model *m = b->m;
    for (size_t i = 0; i < m->files.n; i++) {
        const struct rp_file *f = &m->files.v[i];
        struct rp_fact_file out = {.size = image_size(m, f), .extracted_by = f->extracted_by};
        const char *why = f->untouched ? f->untouched_why ? f->untouched_why : "untouched" : NULL;
        if (!rp_build_str(b, f->path, &out.path) || !rp_build_str(b, f->member, &out.member) ||
            !rp_build_str(b, kinds[f->kind], &out.kind) ||
            !rp_build_str(b, why, &out.untouched_why) ||
            !rp_build_str(b, f->extracted_for, &out.extracted_for) ||
            !rp_vec_push(&b->f->files, out))
            return false;
    }
    return true;
}

/* --- nodes ----------------------------------------------------------------------------------- */

/* Flags and type first; a name decides only between kinds of non-allocated sections. */
static enum rp_fact_class class_of(const struct rp_shdr *sh, uint32_t flags, const char *name)
{
    if (!(sh->flags & SHF_ALLOC)) {
        bool debug = !strncmp(name, ".debug", 6) || !strncmp(name, ".zdebug", 7) ||
                     !strncmp(name, ".stab", 5) || !strncmp(name, ".gdb_index", 10) ||
                     !strncmp(name, ".gnu.debuglto_", 14) || !strcmp(name, ".line");
        return debug ? RP_CLASS_DEBUG : RP_CLASS_OTHER;
    }
    if (flags & RP_SEC_EH_FRAME)
        return RP_CLASS_EH_FRAME;
    if (sh->flags & SHF_EXECINSTR)
        return RP_CLASS_TEXT;
    if (sh->type == SHT_NOBITS)
        return RP_CLASS_BSS;
    return sh->flags & SHF_WRITE ? RP_CLASS_DATA : RP_CLASS_RODATA;
}

static bool fill_section_node(struct rp_build *b, rp_id section, struct rp_fact_node *out)
{
    const struct rp_model *m = b->m;
    const char *name = rp_section_name(m, section);
    out->file = m->sections[section].file;
    out->shndx = rp_section_no(m, section);
    out->cls = (uint8_t)class_of(rp_shdr_of(m, section), m->sections[section].flags, name);
    return rp_build_str(b, name, &out->section);
}

static bool fill_common_node(struct rp_build *b, rp_id global, struct rp_fact_node *out)
{
    out->file = rp_global_of(b->m, global)->def_file;
    out->offset = 0;
    out->cls = RP_CLASS_BSS;
    return rp_build_str(b, "COMMON", &out->section) && rp_build_global_name(b, global, &out->name);
}

static void fill_life(const struct rp_marks *marks, rp_id node, struct rp_fact_node *out)
{
    out->live = marks->live[node];
    if (!out->live)
        return;
    out->parent = marks->parent[node];
    out->parent_edge = marks->cause[node] + (out->parent ? 0 : 1); /* an edge's is filled later */
}

static bool build_nodes(struct rp_build *b, const struct rp_marks *marks)
{
    const struct rp_model *m = b->m;
    struct rp_fact_node last = {0}; /* of the same section: pieces share what it says */
    rp_id last_section = 0;
    if (!rp_vec_reserve(&b->f->nodes, m->nodes.n + 1))
        return false;
    for (rp_id i = 1; i < m->nodes.n; i++) {
        const struct rp_node *n = &m->nodes.v[i];
        struct rp_fact_node out = {0};
        bool ok;
        if (n->section && n->section == last_section) {
            out = last;
            ok = true;
        } else if (n->section) {
            ok = fill_section_node(b, n->section, &out);
            last = out;
            last_section = n->section;
        } else if (n->kind == RP_NODE_COMMON) {
            ok = fill_common_node(b, (rp_id)n->offset, &out);
        } else {
            ok = rp_build_str(b, m->sets.v[n->offset].name, &out.section);
            out.cls = RP_CLASS_OTHER;
        }
        out.kind = n->kind;
        out.offset = n->section ? n->offset : 0;
        out.size = n->kind == RP_NODE_SET ? 0 : n->size;
        fill_life(marks, i, &out);
        if (!ok || !rp_vec_push(&b->f->nodes, out))
            return false;
    }
    return true;
}

static bool build_duplicates(struct rp_build *b)
{
    const struct rp_model *m = b->m;
    b->dup_node = calloc((size_t)m->n_section_ids + 1, sizeof *b->dup_node);
    if (!b->dup_node)
        return false;
    for (rp_id s = 1; s <= m->n_section_ids; s++) {
        uint32_t flags = m->sections[s].flags;
        if (!(flags & RP_SEC_DUPLICATE) || flags & RP_SEC_META || !m->sections[s].file)
            continue;
        struct rp_fact_node out = {.kind = RP_NODE_SECTION, .reason = RP_REASON_COMDAT_DUPLICATE};
        out.size = rp_shdr_of(m, s)->size;
        b->dup_node[s] = (rp_id)b->f->nodes.n;
        if (!fill_section_node(b, s, &out) || !rp_vec_push(&b->f->nodes, out))
            return false;
    }
    return true;
}

/* --- edges ----------------------------------------------------------------------------------- */

bool rp_build_global_name(struct rp_build *b, rp_id global, rp_str *ret)
{
    if (!b->global_name[global]) {
        const struct rp_global *g = rp_global_of(b->m, global);
        if (!rp_facts_intern(b->f, g->name, g->name_len, &b->global_name[global]))
            return false;
    }
    *ret = b->global_name[global];
    return true;
}

/* Where an edge stands: the relocation's offset and the symbol that it names. */
static bool fill_place(struct rp_build *b, const struct rp_node *from, const struct rp_edge *e,
                       struct rp_fact_edge *out)
{
    if (b->m->edge_place) /* a linked image: not every reference has a relocation */
        out->offset = b->m->edge_place[e - b->m->edges];
    bool by_reloc = rp_edge_is_reference(e->kind) || e->kind == RP_EDGE_START_STOP ||
                    e->kind == RP_EDGE_BRACKET;
    if (!by_reloc || !from->section || !b->m->sections[from->section].rel)
        return true;
    const struct rp_file *file = rp_section_file(b->m, from->section);
    uint32_t n;
    const struct rp_rela *r = rp_elf_relocs(&file->elf, b->m->sections[from->section].rel, &n);
    if (!r || e->reloc >= n)
        return true;
    uint32_t sym = r[e->reloc].sym;
    out->offset = r[e->reloc].offset;
    rp_id global = rp_sym_global(file, sym);
    if (global)
        return rp_build_global_name(b, global, &out->symbol);
    if (sym >= file->elf.n_symbols || rp_sym_type(&file->elf.syms[sym]) == STT_SECTION)
        return true;
    return rp_build_str(b, rp_elf_symname(&file->elf, sym), &out->symbol);
}

/* The edges of the current node by target, for deduplication. */
struct seen {
    uint32_t first;  /* the node's first edge; smaller entries are of earlier nodes */
    uint32_t *edge;  /* by target: its first edge */
    uint16_t *kinds; /* by target: bit of each kind among its edges */
};

static uint32_t find_edge(const struct rp_facts *f, const struct seen *s, const struct rp_edge *e)
{
    uint32_t at = s->edge[e->to];
    if (at < s->first || !(s->kinds[e->to] >> e->kind & 1))
        return 0;
    while (f->edges.v[at].to != e->to || f->edges.v[at].kind != e->kind)
        at++; /* one step but for the rare target of several kinds */
    return at;
}

static bool build_node_edges(struct rp_build *b, rp_id from, struct seen *seen)
{
    const struct rp_model *m = b->m;
    struct rp_facts *f = b->f;
    seen->first = (uint32_t)f->edges.n;
    for (uint32_t i = m->edge_start[from]; i < m->edge_start[from + 1]; i++) {
        const struct rp_edge *e = &m->edges[i];
        uint32_t id = find_edge(f, seen, e);
        if (!id) {
            struct rp_fact_edge out = {.from = from, .to = e->to, .kind = (uint8_t)e->kind};
            id = (uint32_t)f->edges.n;
            if (!fill_place(b, &m->nodes.v[from], e, &out) || !rp_vec_push(&f->edges, out))
                return false;
            bool again = seen->edge[e->to] >= seen->first;
            seen->edge[e->to] = again ? seen->edge[e->to] : id;
            seen->kinds[e->to] = (uint16_t)((again ? seen->kinds[e->to] : 0) | 1u << e->kind);
        }
        b->edge_id[i] = id;
    }
    return true;
}

static bool build_edges(struct rp_build *b)
{
    const struct rp_model *m = b->m;
    bool ok = false;
    struct seen seen = {.edge = calloc(m->nodes.n + 1, sizeof *seen.edge),
                        .kinds = calloc(m->nodes.n + 1, sizeof *seen.kinds)};
    b->edge_id = calloc((size_t)m->n_edges + 1, sizeof *b->edge_id);
    if (!seen.edge || !seen.kinds || !b->edge_id)
        goto out;
    for (rp_id i = 1; i < m->nodes.n; i++)
        if (!build_node_edges(b, i, &seen))
            goto out;
    for (rp_id i = 1; i < m->nodes.n; i++)
        if (b->f->nodes.v[i].parent)
            b->f->nodes.v[i].parent_edge = b->edge_id[b->f->nodes.v[i].parent_edge];
    ok = true;
out:
    free(seen.edge);
    free(seen.kinds);
    return ok;
}

/* --- roots ----------------------------------------------------------------------------------- */

/* Details repeat, usually the same pointer as the root before. */
static bool build_roots(struct rp_build *b)
{
    const char *last = NULL;
    rp_str last_detail = 0;
    for (size_t i = 0; i < b->m->roots.n; i++) {
        const struct rp_root *r = &b->m->roots.v[i];
        if (r->detail != last) {
            last = r->detail;
            if (!rp_build_str(b, last, &last_detail))
                return false;
        }
        struct rp_fact_root out = {r->node, r->reason, last_detail};
        if (!rp_vec_push(&b->f->roots, out))
            return false;
    }
    return true;
}

/* The root at the start of each live node's path. */
static bool follow_roots(struct rp_facts *f)
{
    uint32_t *stack = malloc(f->nodes.n * sizeof *stack);
    if (!stack)
        return false;
    for (rp_id i = 1; i < f->nodes.n; i++) {
        size_t depth = 0;
        rp_id v = i;
        while (f->nodes.v[v].live && f->nodes.v[v].parent && !f->nodes.v[v].root) {
            stack[depth++] = v;
            v = f->nodes.v[v].parent;
        }
        struct rp_fact_node *top = &f->nodes.v[v];
        if (top->live && !top->parent)
            top->root = top->parent_edge;
        while (depth)
            f->nodes.v[stack[--depth]].root = top->root;
    }
    free(stack);
    return true;
}

/* --- all of it ------------------------------------------------------------------------------- */

enum reap_status rp_facts_build(const struct rp_model *m, const struct rp_marks *marks,
                                const struct rp_job *job, struct rp_facts *ret)
{
    struct rp_facts f;
    if (!rp_facts_init(&f))
        return rp_nomem(m->ctx);
    struct rp_build b = {.m = m, .f = &f};
    enum reap_status st = REAP_OK;
    b.global_name = calloc(m->globals.n + 1, sizeof *b.global_name);
    if (!b.global_name || !build_run(&b, job) || !build_files(&b) || !build_nodes(&b, marks) ||
        !build_duplicates(&b) || !build_edges(&b) || !build_roots(&b) || !follow_roots(&f))
        st = rp_nomem(m->ctx);
    if (!st)
        st = rp_build_symbols(&b);
    if (!st)
        st = rp_build_undefs(&b);
    if (!st)
        st = rp_build_members(&b);
    if (!st)
        st = rp_facts_chains(m->ctx, &f, &m->debug_ref);
    if (!st)
        st = rp_facts_totals(m->ctx, &f);
    free(b.global_name);
    free(b.edge_id);
    free(b.dup_node);
    if (st)
        rp_facts_free(&f);
    else
        *ret = f;
    return st;
}

enum reap_status rp_facts_sum(const struct rp_model *m, const struct rp_marks *marks,
                              struct rp_totals *ret)
{
    struct rp_facts f;
    if (!rp_facts_init(&f))
        return rp_nomem(m->ctx);
    struct rp_build b = {.m = m, .f = &f};
    b.global_name = calloc(m->globals.n + 1, sizeof *b.global_name);
    bool ok = b.global_name && build_files(&b) && build_nodes(&b, marks) && build_duplicates(&b);
    enum reap_status st = ok ? rp_facts_totals(m->ctx, &f) : rp_nomem(m->ctx);
    if (!st)
        *ret = f.totals;
    free(b.global_name);
    free(b.dup_node);
    rp_facts_free(&f);
    return st;
}
