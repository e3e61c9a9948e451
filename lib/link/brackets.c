/* brackets.c: which symbols of a linker script stand around which input section statements.
 *
 * The rules and their reasons are in script.h at rp_script_brackets. How: each mark is a position
 * between two statements. For every position the ends of the run of specific statements after it
 * and before it are computed once, from right to left and from left to right, so that a script
 * with very many marks costs linear time. Then marks are paired by name in order of position,
 * pairs and single marks give brackets, and computed symbols get those of the marks they are
 * computed from.
 *
 * Entry: rp_script_brackets.
 */
#include "link/brackets.h"

#include <stdlib.h>
#include <string.h>

/* Hostile scripts could ask for quadratic many: real ones have below 2,000 brackets. */
enum { MAX_BRACKETS = 1 << 18, MAX_STEPS = 10 * 1000 * 1000, MAX_ROUNDS = 8 };

enum stmt_class { SPECIFIC, GENERIC, DISCARDED };

enum mark_form {
    AT_DOT,     /* where it stands */
    AT_SECTION, /* start of an output section: ADDR, LOADADDR */
    AT_END,     /* SIZEOF takes part: its end */
};

struct mark {
    const struct rp_script_symbol *sym;
    const char *stem;
    enum mark_form form;
    enum rp_mark_kind kind;
    bool by_letter, is_region; /* of its name */
    uint32_t pos;              /* number of the statement that follows */
    uint32_t out;              /* output section that it is in, or of ADDR; UINT32_MAX: none */
    uint32_t order;            /* in the script */
    bool paired;               /* has a bracket with its partner */
    bool bounds_region;        /* has a partner, and generic statements are between them */
};

/* Runs of specific statements around each position, [n + 1]: within one output section and across
 * their borders. */
struct runs {
    uint32_t *fwd, *fwd_cross, *back, *back_cross;
};

/* One symbol's share in one bracket. */
struct share {
    uint32_t bracket, next; /* next: 1-based, 0 = last */
};

struct finder {
    struct rp_ctx *ctx;
    struct rp_arena *arena;
    const struct rp_script *s;
    uint32_t n;                              /* statements */
    uint8_t *class;                          /* enum stmt_class by statement */
    uint8_t *mark_at, *region_at, *other_at; /* [n + 1] a mark stands here, one of a region's name,
other ones */
    uint32_t *n_generic;                     /* [n + 1] generic statements before this position */
    uint32_t *next_discard, *next_kept;      /* [n + 1] */
    struct runs runs;
    RP_VEC(struct mark) marks;
    RP_VEC(struct rp_bracket) brackets;
    RP_VEC(struct share) shares;
    struct rp_strmap by_symbol; /* name -> 1-based first share */
    uint64_t n_steps;
};

/* --- statements ------------------------------------------------------------------------------ */

static enum stmt_class classify(const struct rp_script *s, const struct rp_input_stmt *stmt)
{
    if (strcmp(s->outs.v[stmt->out].name, "/DISCARD/") == 0)
        return DISCARDED;
    for (uint32_t k = 0; k < stmt->n_sections; k++)
        if (!stmt->sections[k].generic)
            return SPECIFIC;
    if (stmt->n_sections == 0 && !rp_pattern_is_generic(stmt->file_glob, "*"))
        return SPECIFIC;
    return GENERIC;
}

static void *zeroed(struct finder *f, size_t elem)
{
    return rp_arena_zalloc(f->arena, ((size_t)f->n + 1) * elem);
}

static bool classify_all(struct finder *f)
{
    f->n = (uint32_t)f->s->stmts.n;
    f->class = zeroed(f, sizeof *f->class);
    f->mark_at = zeroed(f, sizeof *f->mark_at);
    f->region_at = zeroed(f, sizeof *f->region_at);
    f->other_at = zeroed(f, sizeof *f->other_at);
    f->n_generic = zeroed(f, sizeof *f->n_generic);
    f->next_discard = zeroed(f, sizeof *f->next_discard);
    f->next_kept = zeroed(f, sizeof *f->next_kept);
    if (!f->class || !f->mark_at || !f->region_at || !f->other_at || !f->n_generic ||
        !f->next_discard || !f->next_kept)
        return false;
    for (uint32_t i = 0; i < f->n; i++) {
        f->class[i] = (uint8_t)classify(f->s, &f->s->stmts.v[i]);
        f->n_generic[i + 1] = f->n_generic[i] + (f->class[i] == GENERIC);
    }
    f->next_discard[f->n] = f->next_kept[f->n] = f->n;
    for (uint32_t i = f->n; i-- > 0;) {
        f->next_discard[i] = f->class[i] == DISCARDED ? i : f->next_discard[i + 1];
        f->next_kept[i] = f->class[i] != DISCARDED ? i : f->next_kept[i + 1];
    }
    return true;
}

static bool is_border(const struct finder *f, uint32_t pos)
{
    return f->s->stmts.v[pos - 1].out != f->s->stmts.v[pos].out;
}

/* After the marks are known. */
static bool compute_runs(struct finder *f)
{
    struct runs *r = &f->runs;
    r->fwd = zeroed(f, sizeof *r->fwd);
    r->fwd_cross = zeroed(f, sizeof *r->fwd_cross);
    r->back = zeroed(f, sizeof *r->back);
    r->back_cross = zeroed(f, sizeof *r->back_cross);
    if (!r->fwd || !r->fwd_cross || !r->back || !r->back_cross)
        return false;
    r->fwd[f->n] = r->fwd_cross[f->n] = f->n;
    for (uint32_t i = f->n; i-- > 0;) {
        bool stops = i + 1 == f->n || f->mark_at[i + 1];
        if (f->class[i] == GENERIC) {
            r->fwd[i] = r->fwd_cross[i] = i;
            continue;
        }
        r->fwd_cross[i] = stops ? i + 1 : r->fwd_cross[i + 1];
        r->fwd[i] = stops || is_border(f, i + 1) ? i + 1 : r->fwd[i + 1];
    }
    for (uint32_t i = 1; i <= f->n; i++) {
        bool stops = i - 1 == 0 || f->mark_at[i - 1];
        if (f->class[i - 1] == GENERIC) {
            r->back[i] = r->back_cross[i] = i;
            continue;
        }
        r->back_cross[i] = stops ? i - 1 : r->back_cross[i - 1];
        r->back[i] = stops || is_border(f, i - 1) ? i - 1 : r->back[i - 1];
    }
    return true;
}

/* --- marks ----------------------------------------------------------------------------------- */

/* Where a mark stands; false: it is none. */
static bool place(const struct finder *f, const struct rp_strmap *outs, struct mark *m)
{
    const struct rp_script_symbol *sym = m->sym;
    if (sym->addr_of) {
        uint32_t out = rp_strmap_get(outs, sym->addr_of, strlen(sym->addr_of));
        if (out) {
            const struct rp_out_section *o = &f->s->outs.v[out - 1];
            m->form = sym->addr_end ? AT_END : AT_SECTION;
            m->out = out - 1;
            m->pos = o->first_stmt + (sym->addr_end ? o->n_stmts : 0);
            return true;
        }
    }
    m->form = AT_DOT;
    m->out = sym->out;
    m->pos = sym->stmt_before;
    return sym->is_dot && sym->in_sections &&
           !(sym->out_section && strcmp(sym->out_section, "/DISCARD/") == 0);
}

static bool add_mark(struct finder *f, const struct rp_strmap *outs, uint32_t i)
{
    struct rp_mark_name name;
    struct mark m = {.sym = &f->s->defined.v[i], .order = i};
    if (!place(f, outs, &m))
        return true;
    rp_mark_name(m.sym->name, &name);
    m.kind = name.kind;
    m.by_letter = name.by_letter;
    m.is_region = rp_mark_is_region(&name, m.sym->name);
    m.stem = rp_arena_strdup(f->arena, name.stem);
    if (m.form == AT_DOT) {
        f->mark_at[m.pos] = 1;
        *(m.is_region ? &f->region_at[m.pos] : &f->other_at[m.pos]) = 1;
    }
    return m.stem && rp_vec_push(&f->marks, m);
}

static int compare_marks(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    if (x->pos != y->pos)
        return x->pos < y->pos ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool collect_marks(struct finder *f)
{
    struct rp_strmap outs = {0};
    bool ok = true;
    for (uint32_t i = 0; i < f->s->outs.n && ok; i++) {
        const char *name = f->s->outs.v[i].name;
        uint32_t *slot = rp_strmap_put(&outs, name, strlen(name));
        ok = slot != NULL;
        if (ok && !*slot)
            *slot = i + 1;
    }
    for (uint32_t i = 0; i < f->s->defined.n && ok; i++)
        ok = add_mark(f, &outs, i);
    rp_strmap_free(&outs);
    if (ok && f->marks.n)
        qsort(f->marks.v, f->marks.n, sizeof *f->marks.v, compare_marks);
    return ok;
}

/* --- brackets -------------------------------------------------------------------------------- */

static bool add_share(struct finder *f, const char *symbol, uint32_t bracket)
{
    uint32_t *slot = rp_strmap_put(&f->by_symbol, symbol, strlen(symbol));
    if (!slot || !rp_vec_push(&f->shares, (struct share){bracket, *slot}))
        return false;
    *slot = (uint32_t)f->shares.n;
    return true;
}

/* Brackets over [first, end) without what is discarded. */
static bool emit(struct finder *f, const struct rp_script_symbol *a,
                 const struct rp_script_symbol *b, uint32_t first, uint32_t end)
{
    for (uint32_t i = first < end ? f->next_kept[first] : end; i < end;) {
        uint32_t stop = f->next_discard[i] < end ? f->next_discard[i] : end;
        struct rp_bracket br = {
            .symbols = {a->name, b ? b->name : NULL},
            .first_stmt = i,
            .n_stmts = stop - i,
            .script = a->script,
            .line = a->line,
        };
        uint32_t number = (uint32_t)f->brackets.n;
        if (++f->n_steps > MAX_STEPS || number >= MAX_BRACKETS)
            return true; /* told at the end */
        if (!rp_vec_push(&f->brackets, br) || !add_share(f, a->name, number))
            return false;
        if (b && strcmp(a->name, b->name) != 0 && !add_share(f, b->name, number))
            return false;
        i = stop < end ? f->next_kept[stop] : end;
    }
    return true;
}

static bool pair_marks(struct finder *f)
{
    struct rp_strmap starts = {0}; /* stem -> 1-based last start mark */
    bool ok = true;
    for (uint32_t i = 0; i < f->marks.n && ok; i++) {
        struct mark *m = &f->marks.v[i];
        if (m->kind == RP_MARK_OTHER || !*m->stem)
            continue;
        if (m->kind == RP_MARK_START) {
            uint32_t *slot = rp_strmap_put(&starts, m->stem, strlen(m->stem));
            ok = slot != NULL;
            if (ok)
                *slot = i + 1;
            continue;
        }
        uint32_t start = rp_strmap_get(&starts, m->stem, strlen(m->stem));
        if (!start)
            continue;
        struct mark *s = &f->marks.v[start - 1];
        if (f->n_generic[s->pos] != f->n_generic[m->pos]) {
            s->bounds_region = m->bounds_region = true;
        } else {
            s->paired = m->paired = true;
            ok = emit(f, s->sym, m->sym, s->pos, m->pos);
        }
    }
    rp_strmap_free(&starts);
    return ok;
}

/* Rule 6: a region's mark takes only what stands alone between it and another one. */
static uint32_t region_limit(const struct finder *f, const struct mark *m, uint32_t limit)
{
    bool alone = f->region_at[limit] && !f->other_at[limit] && !f->other_at[m->pos];
    return m->is_region && !alone ? m->pos : limit;
}

static bool emit_dot(struct finder *f, const struct mark *m)
{
    bool is_start = m->kind == RP_MARK_START && !m->by_letter;
    bool is_end = m->kind == RP_MARK_END && !m->by_letter;
    bool outside = m->out == UINT32_MAX;
    uint32_t first = m->pos, end = m->pos;
    bool same_before = m->pos > 0 && f->s->stmts.v[m->pos - 1].out == m->out;
    bool same_after = m->pos < f->n && f->s->stmts.v[m->pos].out == m->out;
    if (!(m->bounds_region && m->kind == RP_MARK_END)) {
        if (outside || is_start || m->is_region)
            end = f->runs.fwd_cross[m->pos];
        else if (same_after)
            end = f->runs.fwd[m->pos];
        end = region_limit(f, m, end);
    }
    if (!(m->bounds_region && m->kind == RP_MARK_START)) {
        if (outside || is_end || m->is_region)
            first = f->runs.back_cross[m->pos];
        else if (same_before)
            first = f->runs.back[m->pos];
        first = region_limit(f, m, first);
    }
    return emit(f, m->sym, NULL, first, end);
}

static bool emit_addr(struct finder *f, const struct mark *m)
{
    const struct rp_out_section *o = &f->s->outs.v[m->out];
    uint32_t first = o->first_stmt, end = first + o->n_stmts;
    if (f->n_generic[first] == f->n_generic[end])
        return emit(f, m->sym, NULL, first, end);
    if (m->is_region)
        return true;
    if (m->form == AT_SECTION)
        return emit(f, m->sym, NULL, first, f->runs.fwd[first]);
    return emit(f, m->sym, NULL, f->runs.back[end], end);
}

static bool single_marks(struct finder *f)
{
    for (uint32_t i = 0; i < f->marks.n; i++) {
        const struct mark *m = &f->marks.v[i];
        if (m->paired && !m->by_letter)
            continue;
        if (m->form == AT_DOT ? !emit_dot(f, m) : !emit_addr(f, m))
            return false;
    }
    return true;
}

/* --- computed symbols ------------------------------------------------------------------------ */

static bool has_share(struct finder *f, const char *symbol, uint32_t first, uint32_t n)
{
    uint32_t k = rp_strmap_get(&f->by_symbol, symbol, strlen(symbol));
    for (; k; k = f->shares.v[k - 1].next) {
        const struct rp_bracket *b = &f->brackets.v[f->shares.v[k - 1].bracket];
        f->n_steps++;
        if (b->first_stmt == first && b->n_stmts == n)
            return true;
    }
    return false;
}

/* Give `sym` the brackets of the symbol `from`. */
static bool inherit(struct finder *f, const struct rp_script_symbol *sym, const char *from,
                    bool *ret_changed)
{
    uint32_t k = rp_strmap_get(&f->by_symbol, from, strlen(from));
    while (k && f->n_steps <= MAX_STEPS) {
        struct rp_bracket b = f->brackets.v[f->shares.v[k - 1].bracket];
        k = f->shares.v[k - 1].next;
        if (has_share(f, sym->name, b.first_stmt, b.n_stmts))
            continue;
        if (!emit(f, sym, NULL, b.first_stmt, b.first_stmt + b.n_stmts))
            return false;
        *ret_changed = true;
    }
    return true;
}

static bool computed_symbols(struct finder *f)
{
    const struct rp_script *s = f->s;
    bool changed = true;
    for (int round = 0; round < MAX_ROUNDS && changed; round++) {
        changed = false;
        for (size_t i = 0; i < s->defined.n; i++) {
            const struct rp_script_symbol *sym = &s->defined.v[i];
            for (uint32_t k = 0; k < sym->n_mentions; k++) {
                const char *from = s->mentioned.v[sym->first_mention + k].name;
                if (strcmp(from, sym->name) != 0 && !inherit(f, sym, from, &changed))
                    return false;
            }
        }
    }
    return true;
}

/* --- rp_script_brackets ---------------------------------------------------------------------- */

static enum reap_status settle(struct finder *f, struct rp_bracket **ret, uint32_t *ret_n)
{
    if (f->n_steps > MAX_STEPS || f->brackets.n >= MAX_BRACKETS)
        return rp_fail(f->ctx, REAP_ERR_INPUT, "script-brackets", rp_at(f->s->path),
                       "more than %d pairs of symbols around sections, which no script has",
                       MAX_BRACKETS);
    struct rp_bracket *v = rp_arena_alloc(f->arena, f->brackets.n * sizeof *v + 1);
    if (!v)
        return rp_nomem(f->ctx);
    if (f->brackets.n)
        memcpy(v, f->brackets.v, f->brackets.n * sizeof *v);
    *ret = v;
    *ret_n = (uint32_t)f->brackets.n;
    return REAP_OK;
}

enum reap_status rp_script_brackets(struct rp_ctx *ctx, struct rp_link *link,
                                    const struct rp_script *s, struct rp_bracket **ret,
                                    uint32_t *ret_n)
{
    struct finder f = {.ctx = ctx, .arena = &link->arena, .s = s};
    bool ok = classify_all(&f) && collect_marks(&f) && compute_runs(&f) && pair_marks(&f) &&
              single_marks(&f) && computed_symbols(&f);
    enum reap_status st = ok ? settle(&f, ret, ret_n) : rp_nomem(ctx);
    rp_strmap_free(&f.by_symbol);
    rp_vec_free(&f.shares);
    rp_vec_free(&f.brackets);
    rp_vec_free(&f.marks);
    return st;
}
