/* extraction.c: link an archive member only when something live refers to it.
 *
 * Why: linkers load a member for a reference from any loaded section, also from one that is then
 * removed. Its constructors run, its notes stay, and whatever they refer to. Leaving such members
 * out changes what the program does, so it is done on demand (extraction=live) alone.
 *
 * How: mark as if each member were loaded by its first live reference: roots that come with a file
 * count once the file is needed. Roots of members that are never needed are then taken away, and
 * the marking that follows finds nothing alive in them.
 *
 * In doubt a member counts as needed: when it is linked untouched, defines an absolute symbol, has
 * a rooted section in a COMDAT group (another file's copy was discarded for it), or has a section
 * behind a live pair of __start_X and __stop_X.
 *
 * Entries: rp_extraction_live, rp_extraction_reasons.
 */
#include "pass/extraction.h"

#include <string.h>

bool rp_root_comes_with_file(unsigned reason)
{
    switch (reason) {
    case RP_ROOT_RETAIN:
    case RP_ROOT_INIT_ARRAY:
    case RP_ROOT_INIT_SECTION:
    case RP_ROOT_NOTE:
    case RP_ROOT_KEEP:
    case RP_ROOT_NONALLOC: return true;
    default: return false;
    }
}

struct marker {
    struct rp_model *m;
    uint8_t *candidate, *needed, *live; /* by file id, file id, node */
    uint32_t *root_start, *roots;       /* CSR by file: indexes of roots that come with it */
    rp_id *queue;
    uint32_t n;
};

static rp_id file_of(const struct rp_model *m, rp_id node)
{
    const struct rp_node *n = &m->nodes.v[node];
    if (n->section)
        return m->sections[n->section].file;
    return n->kind == RP_NODE_COMMON ? rp_global_of(m, (rp_id)n->offset)->def_file : 0;
}

/* A member that was not loaded for --whole-archive. */
static bool is_extracted(const struct rp_file *f, const struct rp_link *link)
{
    return f->ar && f->input && f->input <= link->inputs.n &&
           !link->inputs.v[f->input - 1].whole_archive;
}

/* Whether the file came by a reference, and leaving it out can be told by its nodes. */
static bool is_candidate(const struct rp_model *m, const struct rp_link *link, rp_id id)
{
    const struct rp_file *f = rp_file_of(m, id);
    if (!is_extracted(f, link) || f->kind != RP_FILE_OBJECT || f->untouched)
        return false;
    for (uint32_t i = f->elf.first_global; i < f->elf.n_symbols; i++) {
        rp_id g = rp_sym_global(f, i);
        if (rp_sym_shndx(&f->elf, i) == RP_SHN_ABS && g && rp_global_of(m, g)->def_file == id)
            return false;
    }
    return true;
}

static bool is_conditional(const struct marker *w, const struct rp_root *r)
{
    rp_id section = w->m->nodes.v[r->node].section;
    return rp_root_comes_with_file(r->reason) && section && !w->m->sections[section].group &&
           w->candidate[w->m->sections[section].file];
}

static void enter(struct marker *w, rp_id node)
{
    if (w->live[node])
        return;
    w->live[node] = 1;
    w->queue[w->n++] = node;
}

static void reach(struct marker *w, rp_id node)
{
    enter(w, node);
    rp_id file = file_of(w->m, node);
    if (!file || w->needed[file])
        return;
    w->needed[file] = 1;
    for (uint32_t k = w->root_start[file]; k < w->root_start[file + 1]; k++)
        if (w->m->roots.v[w->roots[k]].follow)
            enter(w, w->m->roots.v[w->roots[k]].node);
}

/* The conditional roots by file. */
static bool index_roots(struct marker *w)
{
    const struct rp_model *m = w->m;
    w->root_start = calloc(m->files.n + 3, sizeof *w->root_start);
    w->roots = malloc((m->roots.n + 1) * sizeof *w->roots);
    if (!w->root_start || !w->roots)
        return false;
    for (size_t i = 0; i < m->roots.n; i++)
        if (is_conditional(w, &m->roots.v[i]))
            w->root_start[file_of(m, m->roots.v[i].node) + 2]++;
    for (size_t k = 1; k < m->files.n + 3; k++)
        w->root_start[k] += w->root_start[k - 1];
    for (uint32_t i = 0; i < m->roots.n; i++)
        if (is_conditional(w, &m->roots.v[i]))
            w->roots[w->root_start[file_of(m, m->roots.v[i].node) + 1]++] = i;
    return true;
}

static void mark(struct marker *w)
{
    const struct rp_model *m = w->m;
    for (size_t i = 0; i < m->roots.n; i++)
        if (m->roots.v[i].follow && !is_conditional(w, &m->roots.v[i]))
            reach(w, m->roots.v[i].node);
    while (w->n) {
        rp_id from = w->queue[--w->n];
        for (uint32_t k = m->edge_start[from]; k < m->edge_start[from + 1]; k++)
            if (!w->live[m->edges[k].to])
                reach(w, m->edges[k].to);
    }
}

enum reap_status rp_extraction_live(struct rp_model *m, const struct rp_link *link, uint32_t *ret_n)
{
    struct marker w = {.m = m};
    enum reap_status st = REAP_OK;
    uint32_t n_idle = 0;
    size_t n = 0;
    w.candidate = calloc(m->files.n + 1, 1);
    w.needed = calloc(m->files.n + 1, 1);
    w.live = calloc(m->nodes.n + 1, 1);
    w.queue = malloc((m->nodes.n + 1) * sizeof *w.queue);
    for (rp_id i = 1; w.candidate && i <= m->files.n; i++)
        w.candidate[i] = is_candidate(m, link, i);
    if (!w.candidate || !w.needed || !w.live || !w.queue || !index_roots(&w)) {
        st = rp_nomem(m->ctx);
        goto out;
    }
    mark(&w);
    for (size_t i = 0; i < m->roots.n; i++) {
        bool idle = is_conditional(&w, &m->roots.v[i]) && !w.needed[file_of(m, m->roots.v[i].node)];
        if (!idle)
            m->roots.v[n++] = m->roots.v[i];
    }
    m->roots.n = n;
    for (rp_id i = 1; i <= m->files.n; i++)
        n_idle += !w.needed[i] && w.candidate[i];
    *ret_n = n_idle;
out:
    free(w.candidate);
    free(w.needed);
    free(w.live);
    free(w.queue);
    free(w.root_start);
    free(w.roots);
    return st;
}

void rp_extraction_reasons(struct rp_model *m, const struct rp_link *link)
{
    for (rp_id i = 1; i <= m->files.n; i++) {
        const struct rp_file *f = rp_file_of(m, i);
        for (uint32_t k = f->globals ? f->elf.first_global : UINT32_MAX; k < f->elf.n_symbols;
             k++) {
            rp_id g = rp_sym_global(f, k);
            rp_id def = g ? rp_global_of(m, g)->def_file : 0;
            if (def <= i || rp_sym_shndx(&f->elf, k) != RP_SHN_UNDEF ||
                rp_sym_bind(&f->elf.syms[k]) == STB_WEAK)
                continue;
            struct rp_file *to = rp_file_of(m, def);
            if (to->extracted_for || !is_extracted(to, link))
                continue;
            to->extracted_for = rp_global_of(m, g)->name;
            to->extracted_by = i;
        }
    }
}
