/* tables.c: empty-bracket, start-stop, sorted-siblings: a table that live code walks over lost
 * entries.
 *
 * A table is what lies between two symbols: of a script or a rule file (a bracket), or
 * __start_X and __stop_X. Nothing refers to its entries one by one, so that a linker's
 * --gc-sections drops them unless KEEP or SHF_GNU_RETAIN says otherwise; the code that walks over
 * it is then silently idle, or runs off a bound that it takes for granted.
 *
 * Found when live code or data refers to one of the two symbols and a section of the table is lost.
 * A table of which all is there, or whose symbols nobody uses, is no finding. Initializers are left
 * to initializers.c unless the table is empty and took the functions with it.
 */
#include "danger/danger.h"

#include "pass/edges.h"
#include "util/glob.h"

#include <string.h>

struct table {
    unsigned code;
    const char *start, *end; /* end may be NULL */
    const char *where;       /* "x.lds:12", or NULL */
    RP_VEC(rp_id) lost;
    uint32_t n_live;
    uint64_t live_bytes, lost_bytes;
};

/* The worst of the lost sections: whose effects are missed most. */
static rp_id worst_of(struct rp_danger *d, const struct table *t)
{
    enum { LOOKED_AT = 400 };
    rp_id worst = t->lost.v[0];
    uint64_t best = 0;
    for (size_t i = 0; i < t->lost.n && i < LOOKED_AT; i++) {
        uint64_t w = rp_danger_weight(d, t->lost.v[i]);
        if (w > best) {
            best = w;
            worst = t->lost.v[i];
        }
    }
    return worst;
}

static void say_cause(struct rp_danger *d, struct rp_draft *x, rp_id section)
{
    struct rp_words w = {.next = 0};
    const struct rp_input_stmt *s = rp_danger_stmt(d, section);
    if (s && d->gone[section] == RP_GONE_DISCARDED)
        rp_draft_say(x, "%s:%u: /DISCARD/ takes %s", s->script, s->line,
                     rp_word_section(&w, d, section));
    else if (s)
        rp_draft_say(x, "%s:%u: %s takes %s without KEEP", s->script, s->line,
                     rp_word_stmt(&w, s, false), rp_word_section(&w, d, section));
    else
        rp_draft_say(x, "no script keeps %s, and nothing refers to it",
                     rp_word_section(&w, d, section));
}

static void report(struct rp_danger *d, const struct table *t, rp_id user)
{
    struct rp_words w = {.next = 0};
    rp_id worst = worst_of(d, t);
    const struct rp_input_stmt *s = rp_danger_stmt(d, worst);
    unsigned code = t->code;
    if (code == RP_FIND_EMPTY_BRACKET && t->n_live && s)
        for (uint32_t i = 0; i < s->n_sections; i++)
            if (s->sections[i].sorted)
                code = RP_FIND_SORTED_SIBLINGS;
    struct rp_draft *x = rp_draft_new(d, code, RP_FINDING_ERROR);
    if (!x)
        return;
    rp_draft_at(d, x, worst);
    x->count = (uint32_t)t->lost.n;
    x->score = t->n_live ? 0 : 1000000;
    rp_draft_say(x,
                 "the table between %s and %s%s%s%s had %zu entries (sections; %llu bytes) and "
                 "has %u (%llu bytes)",
                 t->start, t->end ? t->end : "its end", t->where ? " (" : "",
                 t->where ? t->where : "", t->where ? ")" : "", t->lost.n + t->n_live,
                 (unsigned long long)(t->lost_bytes + t->live_bytes), t->n_live,
                 (unsigned long long)t->live_bytes);
    rp_draft_say(x, "live code walks over it: %s", rp_word_code(&w, d, user));
    say_cause(d, x, worst);
    if (code == RP_FIND_SORTED_SIBLINGS && s)
        for (uint32_t i = 0; i < s->n_sections; i++)
            rp_draft_say(x, "its siblings in the table are kept; %s sorts them together",
                         s->sections[i].glob);
    rp_draft_chain(x, "nothing refers to %s but through %s", rp_word_section(&w, d, worst),
                   t->start);
    rp_draft_chain(x, "it was dropped, and the table %s", t->n_live ? "lost entries" : "is empty");
    rp_danger_effects(d, x, worst, true);
    rp_draft_chain(x, "%s walks over the table and misses it", rp_word_code(&w, d, user));
    rp_draft_lost(d, x, worst);
    for (size_t i = 0; i < t->lost.n; i++) {
        if (t->lost.v[i] == worst)
            continue;
        rp_draft_lost(d, x, t->lost.v[i]);
        rp_danger_effects(d, x, t->lost.v[i], false);
    }
    if (t->code == RP_FIND_START_STOP && d->job->link->flavor == RP_LINKER_LLD && !d->gone[worst])
        rp_draft_remedy(x, "link with -z nostart-stop-gc");
    rp_draft_keep(d, x, worst);
    rp_draft_remedy(x, "in the source: __attribute__((used, retain))");
}

static void add_member(struct rp_danger *d, struct table *t, rp_id section)
{
    uint64_t size = rp_shdr_of(d->m, section)->size;
    /* records of a table that a rule file describes go with the code that they are about */
    if (d->m->sections[section].flags & RP_SEC_RECORDS && !d->gone[section])
        return;
    if (rp_danger_is_lost(d, section)) {
        if (!rp_vec_push(&t->lost, section))
            d->oom = true;
        t->lost_bytes += size;
    } else if (size && rp_danger_is_live(d, section)) {
        t->n_live++;
        t->live_bytes += size;
    }
}

/* Initializers have a rule of their own, which says more, unless all is gone. */
static bool is_left_to_initializers(struct rp_danger *d, const struct table *t)
{
    for (size_t i = 0; i < t->lost.n; i++)
        if (!rp_danger_is_initializer(rp_section_name(d->m, t->lost.v[i])))
            return false;
    if (t->n_live)
        return true;
    for (size_t i = 0; i < t->lost.n; i++)
        if (rp_danger_callee_lives(d, t->lost.v[i]))
            return true;
    return false;
}

static void judge(struct rp_danger *d, struct table *t, struct rp_bitset *told)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->lost.n; i++)
        if (!rp_bitset_get(told, t->lost.v[i]))
            t->lost.v[kept++] = t->lost.v[i];
    t->lost.n = kept;
    rp_id user = rp_danger_user(d, t->start);
    if (!user && t->end)
        user = rp_danger_user(d, t->end);
    if (user && t->lost.n && !is_left_to_initializers(d, t)) {
        for (size_t i = 0; i < t->lost.n; i++)
            rp_bitset_set(told, t->lost.v[i]);
        report(d, t, user);
    }
    rp_vec_free(&t->lost);
}

/* --- brackets -------------------------------------------------------------------------------- */

static bool takes(const struct rp_input_stmt *s, const char *name)
{
    for (uint32_t i = 0; i < s->n_sections; i++)
        if (!s->sections[i].generic && rp_glob_match(s->sections[i].glob, name))
            return true;
    return false;
}

/* /DISCARD/ may stand before the table's own statement and win. */
static bool is_discarded_member(const struct rp_danger *d, const struct rp_script *s,
                                const struct rp_bracket *b, rp_id section)
{
    if (d->gone[section] != RP_GONE_DISCARDED)
        return false;
    for (uint32_t i = b->first_stmt; i < b->first_stmt + b->n_stmts && i < s->stmts.n; i++)
        if (takes(&s->stmts.v[i], rp_section_name(d->m, section)))
            return true;
    return false;
}

static void script_tables(struct rp_danger *d, const struct rp_script *s, struct rp_bitset *told)
{
    struct rp_bracket *brackets = NULL;
    uint32_t n = 0, *stmt = NULL;
    if (rp_script_brackets(d->ctx, (struct rp_link *)d->job->link, s, &brackets, &n) ||
        (n && rp_match_sections(d->m, s, true, &stmt))) {
        d->oom = true;
        return;
    }
    for (int pairs = 1; pairs >= 0; pairs--)
        for (uint32_t i = 0; i < n; i++) {
            const struct rp_bracket *b = &brackets[i];
            if ((b->symbols[1] != NULL) != pairs)
                continue;
            const char *start = b->symbols[0] ? b->symbols[0] : b->symbols[1];
            if (!rp_danger_user(d, start) && !(b->symbols[1] && rp_danger_user(d, b->symbols[1])))
                continue;
            char where[300];
            snprintf(where, sizeof where, "%s:%u", b->script, b->line);
            struct table t = {.code = RP_FIND_EMPTY_BRACKET,
                              .start = start,
                              .end = b->symbols[1],
                              .where = where};
            for (rp_id id = 1; id <= d->m->n_section_ids; id++)
                if ((stmt[id] != UINT32_MAX && stmt[id] >= b->first_stmt &&
                     stmt[id] - b->first_stmt < b->n_stmts) ||
                    is_discarded_member(d, s, b, id))
                    add_member(d, &t, id);
            judge(d, &t, told);
        }
    free(stmt);
}

static void rule_tables(struct rp_danger *d, const struct rp_rule *r, struct rp_bitset *told)
{
    if (!rp_danger_user(d, r->start) && !rp_danger_user(d, r->end))
        return;
    struct table t = {
        .code = RP_FIND_EMPTY_BRACKET, .start = r->start, .end = r->end, .where = r->origin};
    for (rp_id id = 1; id <= d->m->n_section_ids; id++)
        for (uint32_t g = 0; g < r->n_globs; g++)
            if (d->m->sections[id].n_nodes && d->m->sections[id].flags & RP_SEC_ALLOC &&
                rp_glob_match(r->globs[g], rp_section_name(d->m, id))) {
                add_member(d, &t, id);
                break;
            }
    judge(d, &t, told);
}

/* --- start and stop -------------------------------------------------------------------------- */

static void start_stop_tables(struct rp_danger *d, struct rp_bitset *told)
{
    const struct rp_model *m = d->m;
    for (size_t i = 0; i < m->globals.n; i++) {
        const struct rp_global *g = &m->globals.v[i];
        bool start = strncmp(g->name, "__start_", 8) == 0;
        if ((!start && strncmp(g->name, "__stop_", 7) != 0) || rp_global_node(m, (rp_id)i + 1) ||
            !rp_danger_user(d, g->name))
            continue;
        const char *x = g->name + (start ? 8 : 7);
        char first[300], last[300];
        snprintf(first, sizeof first, "__start_%s", x);
        snprintf(last, sizeof last, "__stop_%s", x);
        if (!start && rp_danger_user(d, first))
            continue; /* told there */
        struct table t = {.code = RP_FIND_START_STOP, .start = first, .end = last};
        for (rp_id id = 1; id <= m->n_section_ids; id++)
            if (m->sections[id].n_nodes && m->sections[id].flags & RP_SEC_ALLOC &&
                !(rp_shdr_of(m, id)->flags & SHF_LINK_ORDER) &&
                strcmp(rp_section_name(m, id), x) == 0)
                add_member(d, &t, id);
        judge(d, &t, told);
    }
}

void rp_danger_tables(struct rp_danger *d)
{
    struct rp_bitset told;
    if (!rp_bitset_init(&told, (size_t)d->m->n_section_ids + 1)) {
        d->oom = true;
        return;
    }
    for (size_t i = 0; i < d->job->n_scripts && !d->oom; i++)
        script_tables(d, d->job->scripts[i], &told);
    for (size_t i = 0; d->job->rules && i < d->job->rules->rules.n && !d->oom; i++)
        if (d->job->rules->rules.v[i].kind == RP_RULE_BRACKET)
            rule_tables(d, &d->job->rules->rules.v[i], &told);
    start_stop_tables(d, &told);
    rp_bitset_free(&told);
}
