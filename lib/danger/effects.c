/* effects.c: what a lost pointer to a function would have done, and who misses it.
 *
 * Why: that an entry of .init_array is gone says little. That nobody fills the vector any more
 * which live code reads is the answer to "why does it abort".
 *
 * How: from each function that the lost section names, the calls are followed a few levels deep
 * (functions as symbols say, so that code built without -ffunction-sections works too; the
 * toolchain's own libraries are left out). Writable objects that these functions store to, or whose
 * address they take, are what the entry fills; live code outside of the walk that reads them or
 * takes their address is who misses it. The more readers, the higher the finding ranks.
 *
 * Entries: rp_danger_effects, rp_danger_weight, rp_danger_callee_lives, rp_danger_fills.
 */
#include "danger/danger.h"

#include "arch/access.h"

#include <string.h>

enum { MAX_FUNCS = 200, MAX_DEPTH = 6, MAX_OBJECTS = 64, MAX_READERS = 32 };

struct func {
    rp_id section;
    uint64_t start, end;
    unsigned depth;
};

struct object {
    rp_id section;
    uint64_t start, end; /* bytes in the section */
    const char *name;    /* "" = none */
    bool stored;         /* else its address is taken */
    rp_id by_section;    /* the code that does it */
    uint64_t by_offset;
    rp_id readers[MAX_READERS];  /* sections of live code … */
    uint64_t reads[MAX_READERS]; /* … and where in them */
    uint32_t n_readers;
};

struct effects {
    struct rp_danger *d;
    struct func funcs[MAX_FUNCS];
    rp_id from; /* the lost section's file */
    uint32_t n_funcs;
    uint32_t n_entries; /* the first funcs are what the entries name */
    struct object objects[MAX_OBJECTS];
    uint32_t n_objects;
};

static bool is_runtime_section(const struct rp_danger *d, rp_id section)
{
    uint8_t *known = &d->runtime[d->m->sections[section].file];
    if (!*known)
        *known = rp_danger_is_runtime(rp_section_file(d->m, section)->path) ? 2 : 1;
    return *known == 2;
}

static void add_func(struct effects *e, rp_id section, uint64_t offset, unsigned depth)
{
    struct func f = {.section = section, .start = offset, .depth = depth};
    uint32_t sym = rp_danger_symbol_at(e->d, section, offset);
    const struct rp_file *file = rp_section_file(e->d->m, section);
    if (sym) {
        f.start = file->elf.syms[sym].value;
        f.end = f.start + file->elf.syms[sym].size;
    }
    if (!sym || f.end <= f.start)
        f.end = rp_shdr_of(e->d->m, section)->size;
    for (uint32_t i = 0; i < e->n_funcs; i++)
        if (e->funcs[i].section == section && e->funcs[i].start == f.start)
            return;
    if (e->n_funcs < MAX_FUNCS)
        e->funcs[e->n_funcs++] = f;
}

static bool in_walk(const struct effects *e, rp_id section, uint64_t offset)
{
    for (uint32_t i = 0; i < e->n_funcs; i++)
        if (e->funcs[i].section == section && offset >= e->funcs[i].start &&
            offset < e->funcs[i].end)
            return true;
    return false;
}

/* Data that a program fills: writable, but neither relocated constants nor tables. */
static bool is_variable(const struct rp_danger *d, rp_id section)
{
    const struct rp_shdr *sh = rp_shdr_of(d->m, section);
    const char *name = rp_section_name(d->m, section);
    return sh->flags & SHF_WRITE && sh->flags & SHF_ALLOC && !(sh->flags & SHF_EXECINSTR) &&
           strncmp(name, ".data.rel.ro", 12) != 0 && !rp_danger_is_initializer(name);
}

static void add_object(struct effects *e, rp_id section, uint64_t offset, bool stored,
                       rp_id by_section, uint64_t by_offset)
{
    struct object o = {.section = section,
                       .start = offset,
                       .end = offset + 1,
                       .name = "",
                       .stored = stored,
                       .by_section = by_section,
                       .by_offset = by_offset};
    uint32_t sym = rp_danger_symbol_at(e->d, section, offset);
    if (sym) {
        const struct rp_elf *elf = &rp_section_file(e->d->m, section)->elf;
        o.name = rp_elf_symname(elf, sym);
        o.start = elf->syms[sym].value;
        o.end = o.start + (elf->syms[sym].size ? elf->syms[sym].size : 1);
    }
    if (strncmp(o.name, "_ZGV", 4) == 0 || strcmp(o.name, "__dso_handle") == 0)
        return; /* guards of local statics */
    for (uint32_t i = 0; i < e->n_objects; i++)
        if (e->objects[i].section == section && e->objects[i].start == o.start) {
            e->objects[i].stored |= stored;
            return;
        }
    if (e->n_objects < MAX_OBJECTS)
        e->objects[e->n_objects++] = o;
}

/* The relocations of one function. Common symbols and split sections have no place here. */
static void walk_func(struct effects *e, const struct func *f)
{
    struct rp_danger *d = e->d;
    const struct rp_file *file = rp_section_file(d->m, f->section);
    const uint8_t *code = rp_elf_bytes(&file->elf, rp_section_no(d->m, f->section));
    uint64_t size = rp_shdr_of(d->m, f->section)->size;
    uint32_t n, i;
    const struct rp_rela *r = rp_danger_relocs(d, f->section, &n);
    for (n = rp_danger_relocs_in(d, f->section, f->start, f->end, &i); i < n; i++) {
        if (r[i].offset < f->start || r[i].offset >= f->end)
            continue;
        uint64_t offset;
        rp_id to = rp_danger_target(d, f->section, &r[i], &offset);
        if (!to || is_runtime_section(d, to))
            continue;
        enum rp_access how = rp_arch_access(d->m->arch, code, size, &r[i]);
        if (rp_danger_is_code(d, to)) {
            if (f->depth < MAX_DEPTH)
                add_func(e, to, offset, f->depth + 1);
        } else if (is_variable(d, to) && how != RP_ACCESS_READ && how != RP_ACCESS_TEST) {
            add_object(e, to, offset, how == RP_ACCESS_WRITE, f->section, r[i].offset);
        }
    }
}

static int by_order(const void *a, const void *b)
{
    const struct rp_danger_read *const *x = a, *const *y = b;
    return (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

/* The first of the reads outside of the walk. */
static void take_readers(const struct effects *e, struct object *o,
                         const struct rp_danger_read *const *reads, size_t n)
{
    for (size_t i = 0; i < n && o->n_readers < MAX_READERS; i++)
        if (!in_walk(e, reads[i]->section, reads[i]->offset)) {
            o->readers[o->n_readers] = reads[i]->section;
            o->reads[o->n_readers++] = reads[i]->offset;
        }
}

/* Live code outside of the walk that reads the object. */
static void find_readers(struct effects *e, struct object *o)
{
    rp_id node = rp_node_at(e->d->m, o->section, o->start);
    size_t n = 0, low = 0, high, end;
    const struct rp_danger_read *r = node ? rp_danger_reads_of(e->d, node, &n) : NULL;
    for (high = n; low < high;) {
        size_t mid = low + (high - low) / 2;
        if (r[mid].to < o->start)
            low = mid + 1;
        else
            high = mid;
    }
    bool in_order = true;
    for (end = low; end < n && r[end].to < o->end; end++)
        in_order &= end == low || r[end - 1].order < r[end].order;
    if (low == end)
        return;
    const struct rp_danger_read **reads = malloc((end - low) * sizeof *reads);
    if (!reads) {
        e->d->oom = true;
        return;
    }
    for (size_t i = low; i < end; i++)
        reads[i - low] = &r[i];
    if (!in_order)
        qsort(reads, end - low, sizeof(void *), by_order);
    take_readers(e, o, reads, end - low);
    free(reads);
}

/* From the first functions to all, and who reads what they fill. */
static void finish(struct effects *e)
{
    for (uint32_t i = 0; i < e->n_funcs; i++) {
        struct func f = e->funcs[i];
        if (!is_runtime_section(e->d, f.section))
            walk_func(e, &f);
    }
    for (uint32_t i = 0; i < e->n_objects; i++)
        find_readers(e, &e->objects[i]);
}

/* The functions that a lost section names. */
static struct effects *make_entries(struct rp_danger *d, rp_id section)
{
    struct effects *e = calloc(1, sizeof *e);
    if (!e) {
        d->oom = true;
        return NULL;
    }
    e->d = d;
    e->from = d->m->sections[section].file;
    uint32_t n;
    const struct rp_rela *r = rp_danger_relocs(d, section, &n);
    bool code = rp_danger_is_code(d, section);
    for (uint32_t i = 0; i < n && i < MAX_FUNCS; i++) {
        uint64_t offset;
        rp_id to = rp_danger_target(d, section, &r[i], &offset);
        if (to && rp_danger_is_code(d, to) && (code || !is_runtime_section(d, to)))
            add_func(e, to, offset, 0);
    }
    e->n_entries = e->n_funcs;
    return e;
}

/* The walk from them. */
static struct effects *make(struct rp_danger *d, rp_id section)
{
    struct effects *e = make_entries(d, section);
    if (e)
        finish(e);
    return e;
}

/* The walk from one function. */
static struct effects *make_from(struct rp_danger *d, rp_id section, uint64_t offset)
{
    struct effects *e = calloc(1, sizeof *e);
    if (!e) {
        d->oom = true;
        return NULL;
    }
    e->d = d;
    if (rp_danger_is_code(d, section))
        add_func(e, section, offset, 0);
    else if (is_variable(d, section))
        add_object(e, section, offset, true, section, offset);
    finish(e);
    return e;
}

/* Live code that refers to the function, 0 = none. */
static rp_id live_caller(struct rp_danger *d, rp_id node)
{
    if (!rp_danger_need_in(d))
        return 0;
    for (uint32_t i = d->in_start[node]; i < d->in_start[node + 1]; i++) {
        rp_id from = d->edge_from[d->in_edge[i]];
        if (from != node && d->marks->live[from] &&
            rp_danger_is_code(d, d->m->nodes.v[from].section))
            return from;
    }
    return 0;
}

/* A function that stays though everything that called it went: exported, or a root by name. */
static bool is_survivor(struct rp_danger *d, const struct func *f)
{
    rp_id node = rp_node_at(d->m, f->section, f->start);
    return node && d->marks->live[node] && !is_runtime_section(d, f->section) &&
           !live_caller(d, node);
}

static uint64_t weight(const struct effects *e)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < e->n_objects; i++)
        if (e->objects[i].n_readers) {
            /* what fills another file's object registers there; one's own may just be set to 0 */
            bool foreign = e->d->m->sections[e->objects[i].section].file != e->from;
            sum += 16 + e->objects[i].n_readers + (foreign ? 64 : 0);
        }
    if (sum) /* what survives without a caller shows that the entry was meant to run */
        for (uint32_t i = 0; i < e->n_funcs; i++)
            if (is_survivor(e->d, &e->funcs[i]))
                return 2 * sum + 1000;
    return 2 * sum + (e->n_entries != 0);
}

uint64_t rp_danger_weight(struct rp_danger *d, rp_id section)
{
    if (d->weight[section])
        return d->weight[section] - 1;
    struct effects *e = make(d, section);
    uint64_t w = e ? weight(e) : 0;
    free(e);
    d->weight[section] = w + 1;
    return w;
}

bool rp_danger_callee_lives(struct rp_danger *d, rp_id section)
{
    struct effects *e = make(d, section);
    bool lives = false;
    for (uint32_t i = 0; e && i < e->n_funcs && !lives; i++)
        lives = is_survivor(d, &e->funcs[i]);
    free(e);
    return lives;
}

/* --- words ----------------------------------------------------------------------------------- */

static const char *func_name(struct rp_danger *d, const struct func *f)
{
    const char *name = rp_danger_name_at(d, f->section, f->start);
    return *name ? name : rp_section_name(d->m, f->section);
}

static void say_entry(struct rp_danger *d, struct rp_draft *x, const struct func *f, bool detail)
{
    struct rp_words w = {.next = 0};
    const char *name = func_name(d, f);
    rp_id node = rp_node_at(d->m, f->section, f->start);
    rp_draft_part(d, x, name, d->marks->live[node] ? 0 : node);
    if (!detail)
        return;
    const char *plain = rp_word_name(&w, name), *where = rp_word_section(&w, d, f->section);
    if (!d->marks->live[node]) {
        rp_draft_say(x, "the entry names %s (%s), which went with it", plain, where);
    } else {
        rp_id caller = live_caller(d, node);
        const struct rp_fact_node *n = &d->facts->nodes.v[node];
        const char *why =
            n->root ? rp_root_reason_name(d->facts->roots.v[n->root].reason) : "live code";
        if (caller)
            rp_draft_say(x, "the entry names %s (%s), which is live: %s refers to it", plain, where,
                         rp_word_code(&w, d, caller));
        else
            rp_draft_say(x,
                         "the entry names %s (%s), which survives (%s), but nothing calls it any "
                         "more",
                         plain, where, why);
    }
    rp_draft_chain(x, "%s names %s, which would have run", rp_word_section(&w, d, x->section),
                   plain);
}

static void say_survivor(struct rp_danger *d, struct rp_draft *x, const struct func *f)
{
    struct rp_words w = {.next = 0};
    const char *name = func_name(d, f), *plain = rp_word_name(&w, name);
    const struct rp_fact_node *n = &d->facts->nodes.v[rp_node_at(d->m, f->section, f->start)];
    rp_draft_part(d, x, name, 0);
    rp_draft_say(x,
                 "which would have called %s (%s): it survives (%s), but nothing calls it any more",
                 plain, rp_word_section(&w, d, f->section),
                 n->root ? rp_root_reason_name(d->facts->roots.v[n->root].reason) : "live");
    rp_draft_chain(x, "%s would have been called, and is not", plain);
}

static void say_object(struct rp_danger *d, struct rp_draft *x, const struct object *o)
{
    enum { SHOWN = 4 };
    struct rp_words w = {.next = 0};
    const char *name = *o->name ? o->name : rp_section_name(d->m, o->section);
    const char *by = rp_danger_name_at(d, o->by_section, o->by_offset);
    const char *plain = rp_word_name(&w, name), *writer = rp_word_name(&w, by);
    rp_draft_part(d, x, o->name, 0);
    rp_draft_say(x, "%s %s %s (%s)", writer, o->stored ? "writes" : "fills, by its address,", plain,
                 rp_word_section(&w, d, o->section));
    rp_draft_chain(x, "%s %s %s", writer, o->stored ? "would have written" : "would have filled",
                   plain);
    for (uint32_t i = 0; i < o->n_readers && i < SHOWN; i++) {
        const char *reader = rp_danger_name_at(d, o->readers[i], o->reads[i]);
        rp_draft_say(x, "%s is read by live code: %s (%s+0x%llx)", plain, rp_word_name(&w, reader),
                     rp_word_section(&w, d, o->readers[i]), (unsigned long long)o->reads[i]);
        rp_draft_chain(x, "%s reads %s and finds it as it was before", rp_word_name(&w, reader),
                       plain);
    }
    if (o->n_readers > SHOWN)
        rp_draft_say(x, "… and by %u more places", o->n_readers - SHOWN);
}

void rp_danger_effects(struct rp_danger *d, struct rp_draft *x, rp_id section, bool detail)
{
    enum { SHOWN_ENTRIES = 4, SHOWN_OBJECTS = 4 };
    struct effects *e = !x ? NULL : detail ? make(d, section) : make_entries(d, section);
    if (!e)
        return;
    x->score += rp_danger_weight(d, section);
    for (uint32_t i = 0; i < e->n_entries; i++)
        say_entry(d, x, &e->funcs[i], detail && i < SHOWN_ENTRIES);
    for (uint32_t i = e->n_entries; i < e->n_funcs && detail; i++)
        if (is_survivor(d, &e->funcs[i]))
            say_survivor(d, x, &e->funcs[i]);
    uint32_t shown = 0;
    for (uint32_t i = 0; i < e->n_objects && detail && shown < SHOWN_OBJECTS; i++)
        if (e->objects[i].n_readers) {
            say_object(d, x, &e->objects[i]);
            shown++;
        }
    free(e);
}

bool rp_danger_fills(struct rp_danger *d, struct rp_draft *x, rp_id section, uint64_t offset)
{
    struct effects *e = make_from(d, section, offset);
    bool any = false;
    for (uint32_t i = 0; e && i < e->n_objects; i++) {
        if (!e->objects[i].n_readers)
            continue;
        if (x && !any)
            say_object(d, x, &e->objects[i]);
        any = true;
    }
    free(e);
    return any;
}
