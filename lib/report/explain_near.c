/* explain_near.c: how near a removal is to a crash.
 *
 * What: two searches that meet. From the crash: the functions of its frames, and over their
 * references the data that they read and the functions that they call. From the removal: what it
 * refers to, that is the functions that it would have called, and the data that these write. A node
 * that both reach is how the loss of the one shows in the other; data says more than code, since
 * everybody calls printf. Besides, a finding's own words name the live code that misses something;
 * when that is a function near the crash, the two are tied as well.
 *
 * How: breadth-first with small weights and bounds; big programs have hubs.
 *
 * Entries: rp_explain_near, rp_explain_distance.
 */
#include "report/explain.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

enum { MAX_DISTANCE = 9, MAX_NEAR = 4000, MAX_REACH = 400, REACH_DISTANCE = 4 };

static bool is_code(const struct rp_explain *x, rp_id node)
{
    return x->f->nodes.v[node].cls == RP_CLASS_TEXT;
}

static bool is_walked(const struct rp_explain *x, const struct rp_fact_edge *e)
{
    if (!e->to || e->kind == RP_EDGE_SUBJECT || e->kind == RP_EDGE_GROUP || e->kind == RP_EDGE_CIE)
        return false;
    const struct rp_fact_node *to = &x->f->nodes.v[e->to];
    return to->cls != RP_CLASS_EH_FRAME && rp_class_is_alloc(to->cls);
}

/* --- from the crash -------------------------------------------------------------------------- */

static bool reach(struct rp_explain *x, rp_id node, rp_id from, unsigned distance)
{
    uint32_t at = x->near_index[node];
    if (at) {
        struct rp_near *n = &x->near.v[at - 1];
        if (n->distance > distance) {
            n->distance = distance;
            n->from = from;
        }
        return true;
    }
    if (x->near.n >= MAX_NEAR)
        return true;
    if (!rp_vec_push(&x->near, (struct rp_near){node, from, distance}))
        return false;
    x->near_index[node] = (uint32_t)x->near.n;
    return true;
}

/* The frames' functions: the innermost costs nothing, each caller two, a guess three. */
static bool reach_frames(struct rp_explain *x)
{
    unsigned cost = 0;
    /* It is first only where no function is. */
    unsigned before = x->frames.n && x->frames.v[0].symbol ? 1 : 0;
    if (x->before_node && !reach(x, x->before_node, 0, before))
        return false;
    for (size_t i = 0; i < x->frames.n && cost <= MAX_DISTANCE; i++) {
        const struct rp_explain_frame *f = &x->frames.v[i];
        if (!f->node || f->is_messenger)
            continue;
        if (!reach(x, f->node, 0, cost + (f->is_guess ? 1 : 0)))
            return false;
        cost += 2;
    }
    return true;
}

/* Data is one step; a callee two, but more for callees of functions further out: these returned,
 * or were never called. */
static unsigned cost_of(const struct rp_explain *x, const struct rp_near *from, rp_id to)
{
    bool is_caller = !from->from && from->distance > 0;
    return !is_code(x, to) ? 1 : is_caller ? 5 : 2;
}

enum reap_status rp_explain_near(struct rp_explain *x)
{
    const struct rp_view *v = &x->view;
    x->near_index = calloc(x->f->nodes.n, sizeof *x->near_index);
    bool ok = x->near_index && reach_frames(x);
    for (unsigned d = 0; ok && d < MAX_DISTANCE; d++) {
        for (size_t i = 0; ok && i < x->near.n; i++) {
            struct rp_near at = x->near.v[i];
            if (at.distance != d)
                continue;
            for (uint32_t k = v->out_start[at.node]; ok && k < v->out_start[at.node + 1]; k++) {
                const struct rp_fact_edge *e = &x->f->edges.v[v->out_edges[k]];
                if (is_walked(x, e))
                    ok = reach(x, e->to, at.node, d + cost_of(x, &at, e->to));
            }
        }
    }
    return ok ? REAP_OK : rp_nomem(x->ctx);
}

/* --- by words -------------------------------------------------------------------------------- */

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Whether `word` stands in `text` by itself. */
static bool mentions(const char *text, const char *word)
{
    size_t n = strlen(word);
    if (n < 2)
        return false;
    for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
        if ((p == text || !strchr("/.", p[-1])) && (p == text || !is_word_char(p[-1])) &&
            !is_word_char(p[n]) && !(p[n] == '.' && is_word_char(p[n + 1]))) /* "heap.o" */
            return true;
    return false;
}

static bool mentions_symbol(const struct rp_explain *x, const struct rp_finding *f, rp_str name)
{
    const char *mangled = rp_fact_str(x->f, name);
    const char *evidence = rp_fact_str(x->f, f->evidence), *chain = rp_fact_str(x->f, f->chain);
    for (uint32_t i = 0; i < f->n_parts; i++) {
        const struct rp_finding_part *p = &x->f->finding_parts.v[f->first_part + i];
        if (p->name && !strcmp(rp_fact_str(x->f, p->name), mangled))
            return true;
    }
    if (mentions(evidence, mangled) || mentions(chain, mangled))
        return true;
    if (strncmp(mangled, "_Z", 2) != 0)
        return false;
    char *plain = rp_demangle(mangled, RP_DEMANGLE_SHORT);
    bool found = plain && (mentions(evidence, plain) || mentions(chain, plain));
    free(plain);
    return found;
}

/* By what the finding says: the nearest node whose symbols it names. */
static unsigned distance_by_words(const struct rp_explain *x, const struct rp_finding *f,
                                  rp_id *ret_link)
{
    const struct rp_view *v = &x->view;
    unsigned best = UINT_MAX;
    for (size_t i = 0; i < x->near.n; i++) {
        const struct rp_near *n = &x->near.v[i];
        if (n->distance >= best)
            continue;
        bool found = false;
        for (uint32_t k = v->sym_start[n->node]; k < v->sym_start[n->node + 1] && !found; k++) {
            rp_str name = x->f->symbols.v[v->syms[k]].name;
            /* Everything is reached from main in the end. */
            found = mentions_symbol(x, f, name) &&
                    (n->distance == 0 || strcmp(rp_fact_str(x->f, name), "main") != 0);
        }
        if (found) {
            best = n->distance;
            *ret_link = n->node;
        }
    }
    return best;
}

/* --- by the graph ---------------------------------------------------------------------------- */

struct meeting {
    unsigned best;
    rp_id link, from;
};

struct reached {
    rp_id node, from;
    unsigned distance;
};

struct reach_set {
    RP_VEC(struct reached) v;
};

static bool add_reached(struct reach_set *s, rp_id node, rp_id from, unsigned distance)
{
    for (size_t i = 0; i < s->v.n; i++)
        if (s->v.v[i].node == node)
            return true;
    return s->v.n >= MAX_REACH || rp_vec_push(&s->v, (struct reached){node, from, distance});
}

/* What the removed nodes of a finding refer to, directly and through the functions that they
 * call. */
static void walk_removal(const struct rp_explain *x, struct reach_set *s, struct meeting *m)
{
    const struct rp_view *v = &x->view;
    for (size_t i = 0; i < s->v.n; i++) {
        struct reached at = s->v.v[i];
        uint32_t near = x->near_index[at.node];
        if (near) {
            unsigned code = is_code(x, at.node) && at.from ? 3 : 0; /* shared code says little */
            unsigned d = x->near.v[near - 1].distance + at.distance + code;
            if (d < m->best)
                *m = (struct meeting){d, at.node, at.from};
        }
        if (at.distance >= REACH_DISTANCE)
            continue;
        for (uint32_t k = v->out_start[at.node]; k < v->out_start[at.node + 1]; k++) {
            const struct rp_fact_edge *e = &x->f->edges.v[v->out_edges[k]];
            if (is_walked(x, e) && !add_reached(s, e->to, at.node, at.distance + 1))
                return;
        }
    }
}

static bool add_parts(const struct rp_explain *x, const struct rp_finding *f, struct reach_set *s)
{
    bool ok = !f->node || add_reached(s, f->node, 0, 0);
    for (uint32_t i = 0; ok && i < f->n_parts; i++) {
        const struct rp_finding_part *p = &x->f->finding_parts.v[f->first_part + i];
        rp_id by_name = p->name ? rp_explain_node(x, rp_fact_str(x->f, p->name), 0, NULL) : 0;
        ok = (!p->node || add_reached(s, p->node, 0, 0)) &&
             (!by_name || add_reached(s, by_name, 0, 0));
    }
    return ok;
}

unsigned rp_explain_distance(const struct rp_explain *x, const struct rp_finding *f,
                             rp_id *ret_link, rp_id *ret_from)
{
    struct meeting m = {.best = UINT_MAX};
    struct reach_set set = {0};
    rp_id word_link = 0;
    if (add_parts(x, f, &set))
        walk_removal(x, &set, &m);
    rp_vec_free(&set.v);
    unsigned words = distance_by_words(x, f, &word_link);
    if (words != UINT_MAX && words <= m.best) {
        *ret_link = word_link;
        *ret_from = 0;
        return words;
    }
    *ret_link = m.link;
    *ret_from = m.from;
    return m.best;
}
