/* explain_own.c: findings that only the crash itself shows.
 *
 * What: a trap that stands for removed code (explain_trap.c); a weak reference without a definition
 * that stands at the very call which went to address 0; a name that the dynamic linker did not
 * find; and, when lint has nothing that fits, removed tables that lead to functions which use what
 * the crash's functions read. Why: lint judges the link as a whole and must not cry wolf; here it
 * is known where it hurts, so weaker evidence will do. How: they become findings like lint's, so
 * that ranking and output treat all alike.
 *
 * Entry: rp_explain_own.
 */
#include "report/explain.h"

#include <limits.h>
#include <string.h>

/* The index of names points into the pool, which must not move: explain.c made room. Beyond that
 * room a text is left out. */
static bool intern(struct rp_explain *x, const struct rp_strbuf *b, rp_str *ret)
{
    struct rp_facts *f = x->f;
    if (b->oom)
        return false;
    if (!b->n || f->pool.cap - f->pool.n <= b->n)
        return true;
    *ret = (rp_str)f->pool.n;
    memcpy(f->pool.v + f->pool.n, b->s, b->n + 1);
    f->pool.n += b->n + 1;
    return true;
}

bool rp_explain_add(struct rp_explain *x, struct rp_own_finding *o, bool certain)
{
    struct rp_facts *f = x->f;
    struct rp_finding out = {
        .code = o->code,
        .severity = o->severity,
        .file = o->file,
        .node = o->node,
        .section = o->node ? f->nodes.v[o->node].section : 0,
        .count = 1,
        .first_part = (uint32_t)f->finding_parts.n,
        .n_parts = o->name || o->node ? 1 : 0,
    };
    struct rp_finding_part part = {
        .finding = (uint32_t)f->findings.n, .name = o->name, .node = o->node};
    struct rp_candidate c = {.finding = (uint32_t)f->findings.n, .certain = certain};
    bool ok = intern(x, &o->evidence, &out.evidence) && intern(x, &o->remedy, &out.remedy) &&
              (!out.n_parts || rp_vec_push(&f->finding_parts, part)) &&
              rp_vec_push(&f->findings, out) && rp_vec_push(&x->candidates, c);
    rp_strbuf_free(&o->evidence);
    rp_strbuf_free(&o->remedy);
    return ok;
}

/* --- calls of nothing ------------------------------------------------------------------------ */

/* The unextracted definition of a name: the file of the member, 0 = none. */
static rp_id member_of(const struct rp_explain *x, rp_str name)
{
    const char *s = rp_fact_str(x->f, name);
    for (uint32_t i = rp_strmap_get(&x->names, s, strlen(s)); i; i = x->next_symbol[i])
        if (x->f->symbols.v[i].place == RP_PLACE_MEMBER)
            return x->f->symbols.v[i].file;
    return 0;
}

/* A finding of lint's about this weak name; -1 = none. */
static int64_t weak_finding(const struct rp_explain *x, rp_str name)
{
    const char *s = rp_fact_str(x->f, name);
    for (size_t i = 1; i < x->f->findings.n; i++) {
        const struct rp_finding *f = &x->f->findings.v[i];
        if (f->code != RP_FIND_WEAK_NULL)
            continue;
        for (uint32_t k = 0; k < f->n_parts; k++)
            if (!strcmp(rp_fact_str(x->f, x->f->finding_parts.v[f->first_part + k].name), s))
                return (int64_t)i;
    }
    return -1;
}

/* The weak reference to nothing at a call that returns to `caller`; the operand of a call ends
 * where it returns to (x86), or is the instruction before. Without one there, the last one before
 * it that loads a pointer; 0 = none. */
static const struct rp_fact_undef *weak_at(const struct rp_explain *x,
                                           const struct rp_explain_frame *caller, bool *ret_exact)
{
    enum { OPERAND = 8, LOAD = 64 };
    const struct rp_fact_undef *near = NULL;
    for (size_t i = 1; i < x->f->undefs.n; i++) {
        const struct rp_fact_undef *u = &x->f->undefs.v[i];
        if (u->node != caller->node || !u->weak || u->offset >= caller->node_offset)
            continue;
        uint64_t back = caller->node_offset - u->offset;
        if (back <= OPERAND) {
            *ret_exact = true;
            return u;
        }
        if (back <= LOAD)
            near = u;
    }
    *ret_exact = false;
    return near;
}

static bool find_weak_call(struct rp_explain *x)
{
    const struct rp_explain_frame *caller = rp_explain_culprit_frame(x);
    bool exact = false;
    if (x->kind != RP_CRASH_NULL_CALL || !caller || !caller->is_return)
        return true;
    const struct rp_fact_undef *u = weak_at(x, caller, &exact);
    if (!u)
        return true;
    int64_t known = weak_finding(x, u->name);
    if (known >= 0)
        return rp_vec_push(
            &x->candidates,
            (struct rp_candidate){.finding = (uint32_t)known, .certain = exact, .related = true});
    const char *name = rp_fact_str(x->f, u->name);
    rp_id member = member_of(x, u->name);
    struct rp_own_finding o = {RP_FIND_WEAK_NULL, RP_FINDING_ERROR, member, 0, u->name, {0}, {0}};
    o.file = member ? member : u->file;
    rp_strbuf_puts(&o.evidence, "'");
    rp_word_symbol(caller->symbol, &o.evidence);
    rp_strbuf_puts(&o.evidence, "' calls the weak symbol '");
    rp_word_symbol(name, &o.evidence);
    rp_strbuf_puts(&o.evidence, member ? "', which only a member that nothing extracted defines\n"
                                       : "', which no file of the link defines\n");
    if (member)
        rp_strbuf_printf(&o.remedy, "-u %s", name);
    else
        rp_strbuf_printf(&o.remedy, "link a file that defines %s, or test its address", name);
    return rp_explain_add(x, &o, exact);
}

/* --- names that were looked up --------------------------------------------------------------- */

static bool find_missing_name(struct rp_explain *x)
{
    const char *name = x->in->trace ? x->in->trace->missing : NULL;
    uint32_t symbol = name ? rp_strmap_get(&x->names, name, strlen(name)) : 0;
    if (!symbol)
        return true;
    const struct rp_fact_symbol *s = &x->f->symbols.v[symbol];
    rp_id member = member_of(x, s->name);
    bool removed = s->node && !x->f->nodes.v[s->node].live;
    if (!member && !removed)
        return true;
    struct rp_own_finding o = {
        RP_FIND_NAMED_IN_STRING, RP_FINDING_ERROR, s->file, s->node, s->name, {0}, {0}};
    o.file = member && !removed ? member : s->file;
    o.node = removed ? s->node : 0;
    rp_strbuf_puts(&o.evidence, "'");
    rp_word_symbol(name, &o.evidence);
    rp_strbuf_puts(&o.evidence, removed ? "' was looked up by name at run time, and was removed\n"
                                        : "' was looked up by name at run time; only a member that "
                                          "nothing extracted defines it\n");
    rp_strbuf_printf(&o.remedy, removed ? "--reap-export=%s" : "-u %s", name);
    return rp_explain_add(x, &o, true);
}

/* --- removed tables whose functions would have set up what is read --------------------------- */

static bool looks_like_table(const struct rp_explain *x, rp_id node)
{
    const struct rp_fact_node *n = &x->f->nodes.v[node];
    if (n->live || n->reason == RP_REASON_COMDAT_DUPLICATE || n->kind != RP_NODE_SECTION ||
        (n->cls != RP_CLASS_DATA && n->cls != RP_CLASS_RODATA) || n->head != node)
        return false;
    for (uint32_t k = x->view.out_start[node]; k < x->view.out_start[node + 1]; k++) {
        rp_id to = x->f->edges.v[x->view.out_edges[k]].to;
        if (to && x->f->nodes.v[to].cls == RP_CLASS_TEXT)
            return true;
    }
    return false;
}

static bool is_in_findings(const struct rp_explain *x, rp_id node)
{
    for (size_t i = 1; i < x->f->findings.n; i++)
        if (x->f->findings.v[i].node == node)
            return true;
    for (size_t i = 1; i < x->f->finding_parts.n; i++)
        if (x->f->finding_parts.v[i].node == node)
            return true;
    return false;
}

static bool add_table(struct rp_explain *x, rp_id node, rp_id link)
{
    const struct rp_fact_node *n = &x->f->nodes.v[node];
    struct rp_own_finding o = {
        RP_FIND_LOST_INITIALIZER, RP_FINDING_NOTE, n->file, node, n->name, {0}, {0}};
    rp_strbuf_puts(&o.evidence, "nothing refers to it, but functions that it points to use '");
    rp_word_symbol(rp_fact_str(x->f, x->f->nodes.v[link].name), &o.evidence);
    rp_strbuf_puts(&o.evidence, "', as the code that failed does\n");
    rp_strbuf_printf(&o.remedy, "KEEP(*(%s))", rp_fact_str(x->f, n->section));
    return rp_explain_add(x, &o, false);
}

static bool find_tables(struct rp_explain *x)
{
    enum { MAX_TABLES = 5, MAX_LOOKED_AT = 2000, CLOSE = 6 };
    unsigned found = 0, looked_at = 0;
    rp_id end = (rp_id)x->f->nodes.n;
    for (rp_id i = 1; i < end && found < MAX_TABLES && looked_at < MAX_LOOKED_AT; i++) {
        if (!looks_like_table(x, i) || is_in_findings(x, i))
            continue;
        looked_at++;
        struct rp_finding probe = {.node = i};
        rp_id link = 0, from = 0;
        if (rp_explain_distance(x, &probe, &link, &from) > CLOSE || !link ||
            x->f->nodes.v[link].cls == RP_CLASS_TEXT || !x->f->nodes.v[link].name)
            continue;
        if (!add_table(x, i, link))
            return false;
        found++;
    }
    return true;
}

enum reap_status rp_explain_own(struct rp_explain *x)
{
    bool ok = rp_explain_trap(x) && rp_explain_slot(x) && find_weak_call(x) &&
              find_missing_name(x) && find_tables(x);
    return ok ? REAP_OK : rp_nomem(x->ctx);
}
