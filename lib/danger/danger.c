/* danger.c: run the rules, rank what they found, and store it with the facts.
 *
 * Rank: severity, then class in the order of enum rp_finding_code (what it takes down), then score
 * (how much live code misses it), then place, so that equal links give equal lists. What a rule
 * file accepts comes last, with the reason, and does not count for --reap-fail-on.
 *
 * Entries: rp_danger_find, rp_danger_find_image.
 */
#include "danger/danger.h"

#include "pass/edges.h"
#include "util/glob.h"

#include <string.h>

static const rp_danger_rule rules[] = {
    rp_danger_tables,       rp_danger_initializers,   rp_danger_unwind,       rp_danger_iplt,
    rp_danger_entry,        rp_danger_weak,           rp_danger_registration, rp_danger_strings,
    rp_danger_fall_through, rp_danger_script_symbols, rp_danger_rtti,
};

/* --- what the output will lack --------------------------------------------------------------- */

static enum reap_status find_gone(struct rp_danger *d)
{
    const struct rp_model *m = d->m;
    d->gone = calloc((size_t)m->n_section_ids + 1, 1);
    d->stmt = calloc(d->job->n_scripts + 1, sizeof *d->stmt);
    d->weight = calloc((size_t)m->n_section_ids + 1, sizeof *d->weight);
    d->sorted = calloc((size_t)m->n_section_ids + 1, 1);
    d->runtime = calloc(m->files.n + 1, 1);
    if (!d->gone || !d->stmt || !d->weight || !d->sorted || !d->runtime)
        return rp_nomem(d->ctx);
    for (size_t i = 0; i < d->job->n_scripts; i++) {
        const struct rp_script *s = d->job->scripts[i];
        if (!s->stmts.n)
            continue;
        enum reap_status st = rp_match_sections(m, s, false, &d->stmt[i]);
        if (st)
            return st;
        for (rp_id id = 1; id <= m->n_section_ids; id++) {
            uint32_t at = d->stmt[i][id];
            const char *out = at == UINT32_MAX ? NULL : s->stmts.v[at].out_section;
            if (out && strcmp(out, "/DISCARD/") == 0 && m->sections[id].flags & RP_SEC_ALLOC)
                d->gone[id] = RP_GONE_DISCARDED;
        }
    }
    for (rp_id id = 1; id <= m->n_section_ids; id++)
        if (m->sections[id].n_nodes && m->sections[id].flags & RP_SEC_EH_FRAME && !d->gone[id] &&
            rp_predict_drops_eh_frame(m, d->job, id))
            d->gone[id] = RP_GONE_UNKEPT;
    return REAP_OK;
}

/* --- references to names without a node ------------------------------------------------------ */

static bool add_refs(struct rp_danger *d, const struct rp_file *f, rp_id section)
{
    const struct rp_model *m = d->m;
    uint32_t n;
    const struct rp_rela *r = rp_danger_relocs(d, section, &n);
    for (uint32_t i = 0; i < n; i++) {
        rp_id global = rp_sym_global(f, r[i].sym);
        if (!global || rp_global_node(m, global))
            continue;
        rp_id node = rp_node_at(m, section, r[i].offset);
        if (!node || !d->marks->live[node])
            continue;
        struct rp_danger_ref ref = {global, node, section, i};
        if (!rp_vec_push(&d->refs, ref))
            return false;
    }
    return true;
}

static int by_global(const void *a, const void *b)
{
    const struct rp_danger_ref *x = a, *y = b;
    if (x->global != y->global)
        return x->global < y->global ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return x->reloc < y->reloc ? -1 : x->reloc > y->reloc;
}

static enum reap_status find_refs(struct rp_danger *d)
{
    const struct rp_model *m = d->m;
    for (size_t i = 0; i < m->files.n; i++) {
        const struct rp_file *f = &m->files.v[i];
        for (uint32_t no = 1; f->sec_base && no < f->elf.n_sections; no++) {
            const struct rp_section *s = &m->sections[f->sec_base + no];
            bool follow = s->n_nodes && s->rel && s->flags & RP_SEC_ALLOC &&
                          !(s->flags & RP_SEC_EH_FRAME) && !d->gone[f->sec_base + no];
            if (follow && !add_refs(d, f, f->sec_base + no))
                return rp_nomem(d->ctx);
        }
    }
    if (d->refs.n)
        qsort(d->refs.v, d->refs.n, sizeof *d->refs.v, by_global);
    return REAP_OK;
}

/* --- storing --------------------------------------------------------------------------------- */

static int by_rank(const void *a, const void *b)
{
    const struct rp_draft *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->section != y->section)
        return x->section < y->section ? -1 : 1;
    return x->file_fact < y->file_fact ? -1 : x->file_fact > y->file_fact;
}

static bool intern(struct rp_danger *d, const struct rp_strbuf *b, rp_str *ret)
{
    *ret = 0;
    return !b->oom && (!b->n || rp_facts_intern(d->facts, b->s, b->n, ret));
}

/* The reason of the first line of a rule file that accepts the finding, or NULL. */
static const char *accepted(const struct rp_danger *d, const struct rp_finding *f,
                            const struct rp_draft *x)
{
    const struct rp_rules *rs = d->job->rules;
    const struct rp_fact_file *file = &d->facts->files.v[f->file];
    for (size_t i = 0; rs && i < rs->rules.n; i++) {
        const struct rp_rule *r = &rs->rules.v[i];
        if (r->kind != RP_RULE_ACCEPT || strcmp(r->start, rp_finding_code_name(f->code)) != 0)
            continue;
        if (r->file_glob &&
            !rp_file_glob_match(r->file_glob, rp_fact_str(d->facts, file->path),
                                file->member ? rp_fact_str(d->facts, file->member) : NULL))
            continue;
        if (rp_glob_match(r->glob, rp_fact_str(d->facts, f->section)))
            return r->end;
        for (size_t p = 0; p < x->parts.n; p++)
            if (x->parts.v[p].name &&
                rp_glob_match(r->glob, rp_fact_str(d->facts, x->parts.v[p].name)))
                return r->end;
    }
    return NULL;
}

static bool store(struct rp_danger *d, const struct rp_draft *x, bool want_accepted)
{
    struct rp_facts *facts = d->facts;
    struct rp_finding f = {.code = x->code,
                           .severity = x->severity,
                           .file = x->file ? x->file : x->file_fact,
                           .node = x->node,
                           .count = x->count};
    const char *section = x->section ? rp_section_name(d->m, x->section) : "";
    if (*section && !rp_facts_intern(facts, section, strlen(section), &f.section))
        return false;
    const char *reason = accepted(d, &f, x);
    if ((reason != NULL) != want_accepted)
        return true;
    if (reason && !rp_facts_intern(facts, reason, strlen(reason), &f.suppressed))
        return false;
    if (!intern(d, &x->evidence, &f.evidence) || !intern(d, &x->remedy, &f.remedy) ||
        !intern(d, &x->chain, &f.chain))
        return false;
    f.first_part = (uint32_t)facts->finding_parts.n;
    f.n_parts = (uint32_t)x->parts.n;
    for (size_t i = 0; i < x->parts.n; i++) {
        struct rp_finding_part p = x->parts.v[i];
        p.finding = (uint32_t)facts->findings.n;
        if (!rp_vec_push(&facts->finding_parts, p))
            return false;
    }
    return rp_vec_push(&facts->findings, f);
}

/* A misspelt code accepts nothing; say so. */
static void check_accept_lines(const struct rp_danger *d)
{
    const struct rp_rules *rs = d->job->rules;
    for (size_t i = 0; rs && i < rs->rules.n; i++)
        if (rs->rules.v[i].kind == RP_RULE_ACCEPT && !rp_finding_code_of(rs->rules.v[i].start))
            rp_warn(d->ctx, "rule-unknown-finding", rp_at(rs->rules.v[i].origin),
                    "there is no finding '%s' to accept", rs->rules.v[i].start);
}

static void free_all(struct rp_danger *d)
{
    for (size_t i = 0; i < d->drafts.n; i++) {
        struct rp_draft *x = &d->drafts.v[i];
        rp_strbuf_free(&x->evidence);
        rp_strbuf_free(&x->remedy);
        rp_strbuf_free(&x->chain);
        rp_vec_free(&x->parts);
    }
    rp_vec_free(&d->drafts);
    rp_vec_free(&d->refs);
    for (size_t i = 0; d->stmt && i < d->job->n_scripts; i++)
        free(d->stmt[i]);
    free(d->stmt);
    free(d->gone);
    free(d->in_start);
    free(d->in_edge);
    free(d->edge_from);
    rp_danger_symbols_free(d->symbols);
    rp_danger_reads_free(d);
    free(d->weight);
    free(d->sorted);
    free(d->runtime);
    rp_bitset_free(&d->told);
}

static enum reap_status find(const struct rp_model *m, const struct rp_marks *marks,
                             const struct rp_job *job, const rp_danger_rule *list, size_t n,
                             struct rp_facts *facts)
{
    struct rp_danger d = {.ctx = m->ctx, .m = m, .marks = marks, .job = job, .facts = facts};
    check_accept_lines(&d);
    enum reap_status st =
        rp_bitset_init(&d.told, m->nodes.n + 1) ? find_gone(&d) : rp_nomem(m->ctx);
    if (!st)
        st = find_refs(&d);
    for (size_t i = 0; !st && i < n; i++) {
        list[i](&d);
        if (d.oom)
            st = rp_nomem(m->ctx);
    }
    if (!st && d.drafts.n)
        qsort(d.drafts.v, d.drafts.n, sizeof *d.drafts.v, by_rank);
    for (int accepted_ones = 0; accepted_ones < 2; accepted_ones++)
        for (size_t i = 0; !st && i < d.drafts.n; i++)
            if (!store(&d, &d.drafts.v[i], accepted_ones))
                st = rp_nomem(m->ctx);
    free_all(&d);
    return st;
}

enum reap_status rp_danger_find(const struct rp_model *m, const struct rp_marks *marks,
                                const struct rp_job *job, struct rp_facts *facts)
{
    return find(m, marks, job, rules, sizeof rules / sizeof *rules, facts);
}

enum reap_status rp_danger_find_image(const struct rp_model *m, const struct rp_marks *marks,
                                      const struct rp_job *job, struct rp_facts *facts)
{
    static const rp_danger_rule of_images[] = {rp_danger_image};
    return find(m, marks, job, of_images, 1, facts);
}
