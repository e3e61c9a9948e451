/* typeid.c: live code that may read an RTTI slot without naming a class.
 *
 * Why: see typeid.h. How: file by file, in parallel. A fast look at a section's bytes
 * (typeid_ops.c) finds the functions that are worth a closer one; so are those that name a vtable
 * with slots. Of these the values in registers are followed (typeid_flow.c) and judged
 * (typeid_judge.c). Files that are no C++, or were compiled without RTTI, have no typeid
 * (typeid_known.c).
 *
 * Entry: rp_typeid_scan().
 */
#include "pass/typeid_private.h"

#include "util/checked.h"
#include "util/pool.h"

#include <elf.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A function of a file. */
struct function {
    uint64_t value;
    uint32_t shndx, sym;
};

typedef RP_VEC(struct rp_typeid_use) use_vec;

/* One file's share of the search. */
struct job {
    rp_id file;
    uint32_t first, n; /* into scan.order */
    use_vec uses;      /* in that order */
};

struct scan {
    const struct rp_model *m;
    const struct rp_rtti *rtti;
    const rp_id *nodes;
    uint32_t *order;  /* indices into nodes: by file, then as given */
    uint32_t *n_uses; /* by index into nodes */
    RP_VEC(struct job) jobs;
    bool instrumented; /* a file may have been compiled with a sanitizer */
    atomic_bool found; /* a use that keeps every slot */
};

/* What the search in one file needs. */
struct worker {
    struct scan *scan;
    const struct rp_file *file;
    struct rp_flow flow;
    struct rp_judge judged;
    RP_VEC(struct function) functions; /* by section and value; filled on demand */
    RP_VEC(struct rp_rela) sorted;     /* relocations of a section that are not in order */
    bool has_functions;
    bool is_judged; /* rp_typeid_of_file() was asked: when it matters */
    enum rp_file_typeid kind;
    use_vec *uses;
};

bool rp_typeid_can(uint16_t machine)
{
    return rp_decode_has(machine);
}

/* --- functions ------------------------------------------------------------------------------- */

static bool is_function(const struct rp_elf *e, uint32_t sym)
{
    unsigned type = rp_sym_type(&e->syms[sym]);
    uint32_t shndx = rp_sym_shndx(e, sym);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && shndx != RP_SHN_UNDEF &&
           shndx < e->n_sections;
}

/* Global symbols come behind local ones in the table, so that of several names of one place the
 * last is a global one if any is. */
static int by_place(const void *a, const void *b)
{
    const struct function *x = a, *y = b;
    if (x->shndx != y->shndx)
        return x->shndx < y->shndx ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->sym < y->sym ? -1 : x->sym > y->sym;
}

static bool find_functions(struct worker *w)
{
    const struct rp_elf *e = &w->file->elf;
    if (w->has_functions)
        return true;
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (is_function(e, i) &&
            !rp_vec_push(&w->functions, (struct function){.shndx = rp_sym_shndx(e, i),
                                                          .value = e->syms[i].value,
                                                          .sym = i}))
            return false;
    if (w->functions.n)
        qsort(w->functions.v, w->functions.n, sizeof *w->functions.v, by_place);
    w->has_functions = true;
    return true;
}

/* The first function of the section that begins behind `offset`, as an index. */
static size_t function_behind(const struct worker *w, uint32_t shndx, uint64_t offset)
{
    size_t low = 0, high = w->functions.n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct function *f = &w->functions.v[mid];
        if (f->shndx < shndx || (f->shndx == shndx && f->value <= offset))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The function around `offset` of a section of `size` bytes, into the flow. Its name, or NULL. */
static const char *set_function(struct worker *w, uint32_t shndx, uint64_t offset, uint64_t size)
{
    const struct rp_elf *e = &w->file->elf;
    size_t next = function_behind(w, shndx, offset);
    struct rp_flow *f = &w->flow;
    f->start = 0;
    f->end = size;
    f->is_public = false;
    if (next < w->functions.n && w->functions.v[next].shndx == shndx &&
        w->functions.v[next].value < size)
        f->end = w->functions.v[next].value;
    if (next == 0 || w->functions.v[next - 1].shndx != shndx)
        return NULL;
    f->start = w->functions.v[next - 1].value;
    f->is_public = rp_sym_bind(&e->syms[w->functions.v[next - 1].sym]) != STB_LOCAL;
    return rp_elf_symname(e, w->functions.v[next - 1].sym);
}

/* --- one section ----------------------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
    const struct rp_rela *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The section's relocations by rising offset: nearly always as they stand. */
static bool set_relocs(struct worker *w, rp_id section)
{
    struct rp_flow *f = &w->flow;
    uint32_t rel = w->scan->m->sections[section].rel, n = 0;
    f->relocs = rel ? rp_elf_relocs(&w->file->elf, rel, &n) : NULL;
    f->n_relocs = n;
    bool sorted = true;
    for (uint32_t i = 1; i < n; i++)
        sorted &= f->relocs[i - 1].offset <= f->relocs[i].offset;
    if (sorted)
        return true;
    w->sorted.n = 0;
    if (!rp_vec_reserve(&w->sorted, n))
        return false;
    memcpy(w->sorted.v, f->relocs, n * sizeof *w->sorted.v);
    qsort(w->sorted.v, n, sizeof *w->sorted.v, by_offset);
    f->relocs = w->sorted.v;
    return true;
}

/* Whether a node names a vtable with slots. */
static bool names_vtable(const struct scan *s, rp_id node)
{
    const struct rp_model *m = s->m;
    if (!s->rtti->special.w || !m->edge_start)
        return false;
    for (uint32_t i = m->edge_start[node]; i < m->edge_start[node + 1]; i++)
        if (rp_bitset_get(&s->rtti->special, m->edges[i].to) &&
            rp_flow_has_slots(s->rtti, m->edges[i].to))
            return true;
    return false;
}

/* The class alone whose objects it asks: its typeinfo's name, NULL: not known. */
static const char *asked_class(const struct worker *w, const struct rp_judged *j,
                               const char *function)
{
    const struct rp_rtti *rtti = w->scan->rtti;
    if (j->cls) {
        const struct rp_class *c = &rtti->classes.v[j->cls - 1];
        return c->global ? rp_global_of(w->scan->m, c->global)->name : NULL;
    }
    return j->arg && function ? rp_typeid_class_of(w->scan->m, rtti, function, j->arg - 1u) : NULL;
}

static bool add_use(struct worker *w, rp_id node, uint64_t offset, const struct rp_judged *j,
                    const char *function)
{
    struct rp_typeid_use u = {.node = node, .offset = offset, .strong = j->strong, .live = true};
    if (!j->strong && w->kind == RP_FILE_STRONG)
        return true;
    u.allowed = rp_typeid_allowed(function, &u.of);
    if (!u.allowed)
        u.of = asked_class(w, j, function);
    if (!u.allowed && !u.of)
        atomic_store(&w->scan->found, true);
    return rp_vec_push(w->uses, u);
}

/* A function too large to be followed: everything that looks like a use is one. */
static bool doubt(struct worker *w, rp_id node, const char *function)
{
    static const struct rp_judged none;
    const struct rp_flow *f = &w->flow;
    uint64_t at = f->start;
    while (rp_typeid_prefilter(f->machine, f->code, f->end, at, &at) && at < f->end) {
        if (!add_use(w, node, at, &none, function))
            return false;
        at += rp_decode_step(f->machine);
    }
    return true;
}

/* Whether the function, as it stands in the flow, may have a strong use: it compares a byte with
 * '*', or refers to a function that takes a type_info. */
static bool may_be_strong(const struct worker *w)
{
    const struct rp_flow *f = &w->flow;
    if (rp_typeid_has_star(f->machine, f->code, f->start, f->end))
        return true;
    for (uint32_t r = rp_rela_from(f->relocs, f->n_relocs, f->start);
         r < f->n_relocs && f->relocs[r].offset < f->end; r++)
        if (rp_typeid_takes_typeinfo(rp_elf_symname(&w->file->elf, f->relocs[r].sym)))
            return true;
    return false;
}

static bool search_function(struct worker *w, rp_id node, const char *function, bool vtables)
{
    w->judged.found.n = 0;
    if (w->scan->rtti->strong_only && !vtables && !may_be_strong(w))
        return true;
    if (!rp_flow_run(&w->flow, vtables))
        return w->flow.is_large && doubt(w, node, function);
    if (!rp_typeid_judge(&w->flow, function, &w->judged))
        return false;
    for (size_t i = 0; i < w->judged.found.n; i++) {
        const struct rp_judged *j = &w->judged.found.v[i];
        if (!j->proof && !add_use(w, node, w->flow.start + j->offset, j, function))
            return false;
    }
    return true;
}

static bool search_node(struct worker *w, rp_id node)
{
    const struct rp_model *m = w->scan->m;
    const struct rp_node *n = &m->nodes.v[node];
    const struct rp_shdr *sh = rp_shdr_of(m, n->section);
    uint32_t shndx = rp_section_no(m, n->section), r = 0;
    const uint8_t *code = rp_elf_bytes(&w->file->elf, shndx);
    uint64_t end = n->offset + n->size, from = n->offset, near = 0, vtable = 0;
    bool vtables = names_vtable(w->scan, node);
    if (!code || (!vtables && !rp_typeid_prefilter(w->flow.machine, code, end, from, &near)))
        return true;
    if (!w->is_judged)
        w->kind = rp_typeid_of_file(m, w->file);
    w->is_judged = true;
    if (w->kind == RP_FILE_NONE)
        return true;
    w->flow.code = code;
    w->flow.section = n->section;
    if (!find_functions(w) || !set_relocs(w, n->section))
        return false;
    while (from < end) {
        bool a = rp_typeid_prefilter(w->flow.machine, code, end, from, &near);
        bool b = vtables && rp_typeid_next_vtable(&w->flow, &r, from, end, &vtable);
        if (!a && !b)
            break;
        uint64_t at = a && (!b || near < vtable) ? near : vtable;
        const char *function = set_function(w, shndx, at, sh->size);
        if (!search_function(w, node, function, b && vtable < w->flow.end))
            return false;
        from = w->flow.end > at ? w->flow.end : at + 1;
    }
    return true;
}

/* --- the search ------------------------------------------------------------------------------ */

static bool is_code(const struct rp_model *m, rp_id node)
{
    const struct rp_node *n = &m->nodes.v[node];
    if (n->kind != RP_NODE_SECTION || !n->section)
        return false;
    const struct rp_shdr *sh = rp_shdr_of(m, n->section);
    return (sh->flags & SHF_EXECINSTR) && !(sh->flags & SHF_COMPRESSED) && sh->type != SHT_NOBITS &&
           rp_in_range(n->offset, n->size, sh->size);
}

/* Code of the node may be anything. */
static bool doubt_node(struct worker *w, rp_id node)
{
    static const struct rp_judged none;
    const struct rp_node *n = &w->scan->m->nodes.v[node];
    return add_use(w, node, n->offset, &none, NULL);
}

static enum reap_status search_file(void *arg, size_t i)
{
    struct scan *s = arg;
    struct job *j = &s->jobs.v[i];
    const struct rp_file *file = rp_file_of(s->m, j->file);
    struct worker w = {.scan = s, .file = file, .uses = &j->uses};
    bool ok = true;
    if (!rp_decode_has(file->elf.machine))
        return REAP_OK;
    w.flow.m = s->m;
    w.flow.rtti = s->rtti;
    w.flow.file = file;
    w.flow.machine = file->elf.machine;
    if (s->instrumented && j->n && rp_typeid_is_instrumented(file)) /* in doubt as a whole */
        ok = doubt_node(&w, s->nodes[s->order[j->first]]);
    for (uint32_t k = 0; ok && k < j->n; k++) {
        if (s->rtti->first_only && atomic_load(&s->found))
            break;
        uint32_t index = s->order[j->first + k];
        size_t before = k ? j->uses.n : 0;
        ok = search_node(&w, s->nodes[index]);
        s->n_uses[index] = (uint32_t)(j->uses.n - before);
    }
    rp_flow_free(&w.flow);
    rp_vec_free(&w.judged.found);
    rp_vec_free(&w.functions);
    rp_vec_free(&w.sorted);
    return ok ? REAP_OK : rp_nomem(s->m->ctx);
}

/* The nodes by file, the order given within; a job for each file. */
static bool make_jobs(struct scan *s, size_t n)
{
    const struct rp_model *m = s->m;
    uint32_t *count = calloc(m->files.n + 2, sizeof *count);
    bool ok = count != NULL;
    for (size_t i = 0; ok && i < n; i++)
        if (is_code(m, s->nodes[i]))
            count[m->sections[m->nodes.v[s->nodes[i]].section].file + 1]++;
    for (rp_id f = 1; ok && f <= m->files.n; f++) {
        count[f + 1] += count[f];
        if (count[f + 1] > count[f])
            ok = rp_vec_push(
                &s->jobs, (struct job){.file = f, .first = count[f], .n = count[f + 1] - count[f]});
    }
    for (size_t i = 0; ok && i < n; i++)
        if (is_code(m, s->nodes[i]))
            s->order[count[m->sections[m->nodes.v[s->nodes[i]].section].file]++] = (uint32_t)i;
    free(count);
    return ok;
}

/* Put the uses of all files together, in the order of the nodes. */
static bool gather(struct scan *s, size_t n, struct rp_rtti *rtti)
{
    uint32_t total = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t k = s->n_uses[i];
        s->n_uses[i] = total; /* from now on: where they begin */
        total += k;
    }
    if (!rp_vec_reserve(&rtti->uses, rtti->uses.n + total))
        return false;
    struct rp_typeid_use *to = rtti->uses.v + rtti->uses.n;
    for (size_t j = 0; j < s->jobs.n; j++) {
        const struct job *job = &s->jobs.v[j];
        size_t next = 0;
        for (uint32_t k = 0; k < job->n; k++) {
            uint32_t index = s->order[job->first + k];
            uint32_t at = s->n_uses[index];
            while (next < job->uses.n && job->uses.v[next].node == s->nodes[index])
                to[at++] = job->uses.v[next++];
        }
    }
    rtti->uses.n += total;
    return true;
}

enum reap_status rp_typeid_scan(const struct rp_model *m, const rp_id *nodes, size_t n,
                                struct rp_rtti *rtti)
{
    struct scan s = {.m = m, .rtti = rtti, .nodes = nodes};
    enum reap_status st = REAP_OK;
    s.instrumented = rp_typeid_any_instrumented(m);
    s.order = calloc(n + 1, sizeof *s.order);
    s.n_uses = calloc(n + 1, sizeof *s.n_uses);
    if (!s.order || !s.n_uses || !make_jobs(&s, n))
        st = rp_nomem(m->ctx);
    if (st == REAP_OK)
        st = rp_parallel(m->ctx, s.jobs.n, search_file, &s);
    if (st == REAP_OK && !gather(&s, n, rtti))
        st = rp_nomem(m->ctx);
    for (size_t i = 0; i < s.jobs.n; i++)
        rp_vec_free(&s.jobs.v[i].uses);
    rp_vec_free(&s.jobs);
    free(s.n_uses);
    free(s.order);
    return st;
}

const char *rp_typeid_function(const struct rp_model *m, rp_id section, uint64_t offset)
{
    const struct rp_elf *e = &rp_section_file(m, section)->elf;
    uint32_t shndx = rp_section_no(m, section), best = 0;
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (is_function(e, i) && rp_sym_shndx(e, i) == shndx && e->syms[i].value <= offset &&
            (!best || e->syms[i].value >= e->syms[best].value))
            best = i;
    return best ? rp_elf_symname(e, best) : NULL;
}
