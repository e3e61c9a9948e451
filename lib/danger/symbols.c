/* symbols.c: the symbols of each section, and which of them stands at a place.
 *
 * Why: the rules ask for the function around a relocation many thousand times, and a file that
 * `ld -r` made has hundreds of thousands of symbols: to look at all of them for each question is
 * quadratic.
 *
 * How: one list of all symbols that name a place, by section, made at the first question; each
 * section's part once in the order of the symbol table, once by value. Beside the latter stands the
 * furthest end of a symbol so far, so that the walk back from a place ends where nothing before can
 * cover it.
 *
 * Entries: rp_danger_symbol_at, rp_danger_symbols_of.
 */
#include "danger/danger.h"

#include <string.h>

struct rp_danger_symbols {
    uint32_t *start;    /* by section id, one more at the end */
    uint32_t *in_order; /* numbers in the file's table */
    struct place {
        uint64_t value, size;
        uint64_t furthest; /* end of this symbol or one before it in the section */
        uint32_t sym;
    } * by_value;
};

/* Whether a symbol names a place of an object's section for people: its section number, or 0. */
static uint32_t named_section(const struct rp_elf *e, uint32_t sym)
{
    unsigned type = rp_sym_type(&e->syms[sym]);
    uint32_t no = rp_sym_shndx(e, sym);
    const char *name = rp_elf_symname(e, sym);
    bool counts = no < e->n_sections && type != STT_SECTION && type != STT_FILE && *name &&
                  strncmp(name, ".L", 2) != 0;
    return counts ? no : 0;
}

static int by_value(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->sym < y->sym ? -1 : x->sym > y->sym;
}

static void count(const struct rp_model *m, uint32_t *start)
{
    for (size_t i = 0; i < m->files.n; i++) {
        const struct rp_file *f = &m->files.v[i];
        for (uint32_t k = 1; f->sec_base && k < f->elf.n_symbols; k++) {
            uint32_t no = named_section(&f->elf, k);
            if (no)
                start[f->sec_base + no + 1]++;
        }
    }
    for (size_t id = 0; id <= m->n_section_ids; id++)
        start[id + 1] += start[id];
}

/* Fill both lists; next[] begins as start[]. */
static void fill(const struct rp_model *m, struct rp_danger_symbols *s, uint32_t *next)
{
    for (size_t i = 0; i < m->files.n; i++) {
        const struct rp_file *f = &m->files.v[i];
        for (uint32_t k = 1; f->sec_base && k < f->elf.n_symbols; k++) {
            uint32_t no = named_section(&f->elf, k);
            if (!no)
                continue;
            uint32_t at = next[f->sec_base + no]++;
            s->in_order[at] = k;
            s->by_value[at] = (struct place){f->elf.syms[k].value, f->elf.syms[k].size, 0, k};
        }
    }
    for (size_t id = 0; id <= m->n_section_ids; id++) {
        struct place *p = s->by_value + s->start[id];
        uint32_t n = s->start[id + 1] - s->start[id];
        uint64_t furthest = 0;
        if (n > 1)
            qsort(p, n, sizeof *p, by_value);
        for (uint32_t k = 0; k < n; k++) {
            uint64_t end =
                p[k].size > UINT64_MAX - p[k].value ? UINT64_MAX : p[k].value + p[k].size;
            furthest = end > furthest ? end : furthest;
            p[k].furthest = furthest;
        }
    }
}

static void make(struct rp_danger *d)
{
    const struct rp_model *m = d->m;
    size_t n = (size_t)m->n_section_ids + 2;
    struct rp_danger_symbols *s = calloc(1, sizeof *s);
    uint32_t *next = malloc(n * sizeof *next);
    if (s && next && (s->start = calloc(n, sizeof *s->start))) {
        count(m, s->start);
        size_t all = (size_t)s->start[n - 1] + 1;
        s->in_order = malloc(all * sizeof *s->in_order);
        s->by_value = malloc(all * sizeof *s->by_value);
        if (s->in_order && s->by_value) {
            memcpy(next, s->start, n * sizeof *next);
            fill(m, s, next);
            d->symbols = s;
            s = NULL;
        }
    }
    free(next);
    if (s) {
        rp_danger_symbols_free(s);
        d->oom = true;
    }
    d->oom |= !d->symbols;
}

void rp_danger_symbols_free(struct rp_danger_symbols *s)
{
    if (!s)
        return;
    free(s->start);
    free(s->in_order);
    free(s->by_value);
    free(s);
}

const uint32_t *rp_danger_symbols_of(struct rp_danger *d, rp_id section, uint32_t *ret_n)
{
    *ret_n = 0;
    if (!d->symbols)
        make(d);
    if (!d->symbols)
        return NULL;
    *ret_n = d->symbols->start[section + 1] - d->symbols->start[section];
    return d->symbols->in_order + d->symbols->start[section];
}

uint32_t rp_danger_symbol_at(struct rp_danger *d, rp_id section, uint64_t offset)
{
    if (!d->symbols)
        make(d);
    if (!d->symbols)
        return 0;
    const struct place *p = d->symbols->by_value, *best = NULL;
    uint32_t first = d->symbols->start[section], low = first, high = d->symbols->start[section + 1];
    while (low < high) { /* the first symbol behind the place */
        uint32_t mid = low + (high - low) / 2;
        if (p[mid].value <= offset)
            low = mid + 1;
        else
            high = mid;
    }
    /* the largest that covers it; of equals the first in the table */
    for (uint32_t i = low; i-- > first && p[i].furthest >= offset;) {
        if (p[i].value != offset && offset - p[i].value >= p[i].size)
            continue;
        if (!best || best->size < p[i].size || (best->size == p[i].size && p[i].sym < best->sym))
            best = &p[i];
    }
    return best ? best->sym : 0;
}
