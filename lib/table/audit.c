/* audit.c: is every record of a table still there, in order, unless what it is about is gone?
 *
 * Why: that a collected kernel boots proves little; one boots with all of .altinstructions lost.
 *
 * How: the rules say which marks bracket a table, how long a record is and which field names its
 * subject. A record is turned into what it means, independent of addresses: the symbol and offset
 * of its subject and targets, and its other bytes (with those of the parallel table). The records
 * of the old image whose subject has a symbol in the new one are expected in the new table, and
 * nothing else. Tables without a description of their records must have kept their size.
 *
 * Records of a parallel table whose second half is all zero are end marks (ORC: "no entry from
 * here on") at the end of a function, that is at the start of whatever follows; they are counted
 * and not compared.
 *
 * Records about places without a symbol (code in .altinstr_replacement) are compared by number.
 *
 * Entry: rp_audit_run.
 */
#include "table/audit.h"

#include "util/checked.h"
#include "util/strmap.h"

#include <stdio.h>
#include <string.h>

/* One record, with symbols numbered as in the old image. */
struct meaning {
    uint64_t hash;
    uint32_t subject; /* symbol of the old image, index + 1; 0 = none */
    uint64_t addr;    /* of the subject in its own image */
    uint64_t place;   /* subject's offset into its symbol */
    bool dangling;    /* new image: the subject's symbol is not in the old one */
    bool ignored;
    bool unnamed; /* no symbol covers the subject: its record cannot be told from others of these */
    bool seen;
};

struct side {
    const struct rp_audit_image *im;
    bool is_new;
    uint64_t start, end;
    const uint8_t *bytes, *second;
    RP_VEC(struct meaning) v;
};

struct auditor {
    struct rp_ctx *ctx;
    struct rp_audit_image images[2];
    struct rp_audit *ret;
};

static void example(struct rp_audit_table *t, const struct auditor *a, const struct meaning *m,
                    const char *what)
{
    if (t->example[0])
        return;
    const char *name = m->subject ? a->images[0].symbols.v[m->subject - 1].name : "?";
    snprintf(t->example, sizeof t->example, "%s: about %s+0x%llx", what, name,
             (unsigned long long)m->place);
}

/* --- records ---------------------------------------------------------------------------------- */

static unsigned width_of(enum rp_field_encoding e)
{
    return e == RP_FIELD_PCREL64 || e == RP_FIELD_ABS64 ? 8 : 4;
}

/* The address that a field of the record at `at` means. */
static uint64_t field_value(const struct rp_field *f, const uint8_t *record, uint64_t at)
{
    const uint8_t *p = record + f->offset;
    uint64_t place = at + f->offset;
    switch (f->encoding) {
    case RP_FIELD_PCREL32: return place + (uint64_t)(int64_t)(int32_t)rp_load32(p);
    case RP_FIELD_PCREL64: return place + rp_load64(p);
    case RP_FIELD_ABS32: return rp_load32(p);
    default: return rp_load64(p);
    }
}

static bool field_fits(const struct rp_field *f, uint32_t record)
{
    return f->offset + width_of(f->encoding) <= record;
}

/* The symbol, numbered as in the old image, and the offset into it. False: none of both. */
static bool name_address(const struct side *s, uint64_t addr, uint32_t *ret_symbol,
                         uint64_t *ret_place)
{
    uint32_t k = rp_audit_symbol_at(s->im, addr);
    *ret_symbol = 0;
    *ret_place = 0;
    if (!k)
        return false;
    const struct rp_audit_symbol *sym = &s->im->symbols.v[k - 1];
    *ret_place = addr - sym->addr;
    *ret_symbol = s->is_new ? sym->match : k;
    return *ret_symbol != 0;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    uint64_t both[2] = {hash, value};
    return rp_hash(both, sizeof both);
}

static bool is_zero(const uint8_t *p, uint32_t n)
{
    while (n && !*p)
        p++, n--;
    return n == 0;
}

static void read_record(const struct side *s, const struct rp_rule_table *t, uint32_t size,
                        uint64_t i, struct meaning *ret)
{
    uint8_t rest[4096];
    const uint8_t *p = s->bytes + i * size;
    uint64_t at = s->start + i * size;
    *ret = (struct meaning){.addr = field_value(&t->subject, p, at)};
    bool named = name_address(s, ret->addr, &ret->subject, &ret->place);
    ret->unnamed = !rp_audit_symbol_at(s->im, ret->addr);
    ret->dangling = s->is_new && !named && !ret->unnamed;
    memcpy(rest, p, size);
    memset(rest + t->subject.offset, 0, width_of(t->subject.encoding));
    ret->hash = mix(mix(0, ret->subject), ret->place);
    for (uint32_t k = 0; k < t->n_targets; k++) {
        uint32_t symbol;
        uint64_t place, value;
        if (!field_fits(&t->targets[k], size))
            continue;
        const uint8_t *field = p + t->targets[k].offset;
        value = field_value(&t->targets[k], p, at);
        /* the low bits of a pointer may be flags, and stay in the offset; what no symbol covers,
         * such as merged strings, moves by itself */
        if (!is_zero(field, width_of(t->targets[k].encoding)) &&
            name_address(s, value, &symbol, &place))
            ret->hash = mix(mix(ret->hash, symbol), place);
        memset(rest + t->targets[k].offset, 0, width_of(t->targets[k].encoding));
    }
    ret->hash = mix(ret->hash, rp_hash(rest, size));
    ret->ignored = is_zero(p, size); /* padding up to a page (.smp_locks) */
    if (s->second) {
        const uint8_t *other = s->second + i * t->parallel_size;
        ret->hash = mix(ret->hash, rp_hash(other, t->parallel_size));
        ret->ignored |= is_zero(other, t->parallel_size);
    }
}

/* How many records of this size are about something in the image, 0 when too few are. */
static uint64_t plausible(const struct side *s, const struct rp_rule_table *t, uint32_t size)
{
    uint64_t n = (s->end - s->start) / size, good = 0;
    if (!field_fits(&t->subject, size) || (s->end - s->start) % size)
        return 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t addr = field_value(&t->subject, s->bytes + i * size, s->start + i * size);
        good += rp_audit_is_allocated(s->im, addr) || rp_audit_symbol_at(s->im, addr);
    }
    return good >= n - n / 8 ? good : 0; /* padding, and addresses of per-CPU data */
}

static uint32_t choose_size(const struct side *s, const struct rp_rule_table *t)
{
    for (uint32_t i = 0; i < t->n_sizes; i++)
        if (plausible(s, t, t->sizes[i]))
            return t->sizes[i];
    return 0;
}

static enum reap_status read_records(struct auditor *a, struct side *s,
                                     const struct rp_rule_table *t, uint32_t size)
{
    uint64_t n = (s->end - s->start) / size, second_size = 0;
    if (t->parallel)
        s->second = rp_audit_section(s->im, t->parallel, &second_size);
    if (s->second && second_size < n * t->parallel_size)
        s->second = NULL;
    if (!rp_vec_reserve(&s->v, n))
        return rp_nomem(a->ctx);
    for (uint64_t i = 0; i < n; i++)
        read_record(s, t, size, i, &s->v.v[i]);
    s->v.n = n;
    return REAP_OK;
}

/* --- comparison ------------------------------------------------------------------------------ */

static bool is_expected(const struct auditor *a, const struct meaning *m)
{
    return !m->ignored && m->subject && a->images[0].symbols.v[m->subject - 1].match;
}

static int by_hash(const void *a, const void *b)
{
    const struct meaning *const *x = a, *const *y = b;
    if ((*x)->hash != (*y)->hash)
        return (*x)->hash < (*y)->hash ? -1 : 1;
    return *x < *y ? -1 : *x > *y; /* both lie in one array */
}

static struct meaning *take(struct meaning **sorted, size_t n, uint64_t hash)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (sorted[mid]->hash < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < n && sorted[lo]->hash == hash; lo++)
        if (!sorted[lo]->seen)
            return sorted[lo];
    return NULL;
}

static enum reap_status compare(struct auditor *a, struct side *o, struct side *n, bool sorted,
                                struct rp_audit_table *t)
{
    struct meaning **index = malloc((n->v.n + 1) * sizeof *index), *last = NULL;
    uint64_t n_unnamed = 0;
    if (!index)
        return rp_nomem(a->ctx);
    for (size_t i = 0; i < n->v.n; i++)
        index[i] = &n->v.v[i];
    if (n->v.n)
        qsort(index, n->v.n, sizeof *index, by_hash);
    for (size_t i = 0; i < o->v.n; i++) {
        const struct meaning *m = &o->v.v[i];
        if (m->ignored || m->unnamed) {
            t->n_ignored += m->ignored;
            t->n_unnamed += !m->ignored;
            continue;
        }
        if (!is_expected(a, m)) {
            t->n_dead++;
            continue;
        }
        struct meaning *found = take(index, n->v.n, m->hash);
        if (!found) {
            t->n_missing++;
            example(t, a, m, "missing");
            continue;
        }
        found->seen = true;
        if (last && found < last && !sorted) {
            t->n_misordered++;
            example(t, a, m, "out of order");
        }
        last = found;
    }
    for (size_t i = 0; i < n->v.n; i++) {
        const struct meaning *m = &n->v.v[i];
        if (sorted && i && m->addr < n->v.v[i - 1].addr) {
            t->n_misordered++;
            example(t, a, m, "not sorted");
        }
        if (m->seen || m->ignored)
            continue;
        if (m->unnamed && ++n_unnamed <= t->n_unnamed)
            continue;
        t->n_dangling += m->dangling;
        t->n_extra += !m->dangling;
        example(t, a, m, m->dangling ? "about something unknown" : "was not there before");
    }
    free(index);
    return REAP_OK;
}

/* --- tables ---------------------------------------------------------------------------------- */

static bool find_marks(const struct rp_audit_image *im, const char *start, const char *end,
                       struct side *ret)
{
    return rp_audit_global(im, start, &ret->start) && rp_audit_global(im, end, &ret->end);
}

static bool read_side(struct side *s)
{
    if (s->end < s->start)
        return false;
    s->bytes = s->end == s->start ? (const uint8_t *)""
                                  : rp_audit_bytes(s->im, s->start, s->end - s->start);
    return s->bytes != NULL;
}

static uint64_t findings_of(const struct rp_audit_table *t)
{
    return t->n_missing + t->n_extra + t->n_misordered + t->n_dangling + t->unreadable;
}

static enum reap_status audit_records(struct auditor *a, const struct rp_rule_table *rule,
                                      struct side *o, struct side *n, struct rp_audit_table *t)
{
    t->record = choose_size(o, rule);
    if (!t->record || (n->end - n->start) % t->record) {
        t->unreadable = o->end != o->start || n->end != n->start;
        if (t->unreadable)
            snprintf(t->example, sizeof t->example, "no record size of the rules fits");
        return REAP_OK;
    }
    enum reap_status rc = read_records(a, o, rule, t->record);
    if (!rc)
        rc = read_records(a, n, rule, t->record);
    t->n_old = o->v.n;
    t->n_new = n->v.n;
    return rc ? rc : compare(a, o, n, rule->sorted, t);
}

static enum reap_status audit_table(struct auditor *a, const struct rp_rule *rule, const char *name,
                                    const char *start, const char *end)
{
    struct side o = {.im = &a->images[0]}, n = {.im = &a->images[1], .is_new = true};
    struct rp_audit_table t = {.name = name, .origin = rule->origin};
    enum reap_status rc = REAP_OK;
    if (!find_marks(o.im, start, end, &o))
        return REAP_OK;                           /* not in this kernel */
    for (size_t i = 0; i < a->ret->tables.n; i++) /* described before */
        if (strcmp(a->ret->tables.v[i].name, name) == 0)
            return REAP_OK;
    bool readable = find_marks(n.im, start, end, &n) && read_side(&o) && read_side(&n);
    t.old_bytes = o.end - o.start;
    t.new_bytes = readable ? n.end - n.start : 0;
    if (!readable) {
        t.unreadable = true;
        snprintf(t.example, sizeof t.example, "the marks %s and %s do not bracket it", start, end);
    } else if (rule->table) {
        rc = audit_records(a, rule->table, &o, &n, &t);
    } else if (t.old_bytes != t.new_bytes) {
        t.n_missing = 1;
        snprintf(t.example, sizeof t.example, "its size changed");
    }
    rp_vec_free(&o.v);
    rp_vec_free(&n.v);
    a->ret->n_findings += findings_of(&t);
    if (!rc && !rp_vec_push(&a->ret->tables, t))
        rc = rp_nomem(a->ctx);
    return rc;
}

/* Whether a table line covers what a bracket line does: by its start mark, or as the second half of
 * parallel tables. */
static bool is_described(const struct rp_rules *rules, const struct rp_rule *bracket)
{
    for (size_t i = 0; i < rules->rules.n; i++) {
        const struct rp_rule *r = &rules->rules.v[i];
        if (r->kind != RP_RULE_TABLE)
            continue;
        if (r->table->start && strcmp(r->table->start, bracket->start) == 0)
            return true;
        if (r->table->parallel && strcmp(r->table->parallel, bracket->globs[0]) == 0)
            return true;
    }
    return false;
}

enum reap_status rp_audit_run(struct rp_ctx *ctx, const struct rp_rules *rules,
                              const char *old_path, const char *new_path, struct rp_audit *ret)
{
    struct auditor a = {.ctx = ctx, .ret = ret};
    *ret = (struct rp_audit){0};
    enum reap_status rc = rp_audit_open(ctx, old_path, &a.images[0]);
    if (rc)
        return rc;
    rc = rp_audit_open(ctx, new_path, &a.images[1]);
    if (rc) {
        rp_audit_close(&a.images[0]);
        return rc;
    }
    rc = rp_audit_match(ctx, &a.images[0], &a.images[1]);
    for (size_t i = 0; i < rules->rules.n && !rc; i++) {
        const struct rp_rule *r = &rules->rules.v[i];
        if (r->kind == RP_RULE_TABLE && r->table->start)
            rc = audit_table(&a, r, r->glob, r->table->start, r->table->end);
    }
    for (size_t i = 0; i < rules->rules.n && !rc; i++) {
        const struct rp_rule *r = &rules->rules.v[i];
        if (r->kind == RP_RULE_BRACKET && !is_described(rules, r))
            rc = audit_table(&a, r, r->start, r->start, r->end);
    }
    rp_audit_close(&a.images[0]);
    rp_audit_close(&a.images[1]);
    return rc;
}
