/* explain_json.c: the answer of `reap explain` as JSON: lint's objects with a chain
 * (docs/explain.md).
 *
 * Entry: rp_explain_json.
 */
#include "report/explain.h"

#include "report/jsonw.h"

#include <string.h>

/* The steps of a text, one a line. */
static void put_steps(struct rp_jsonw *j, const char *key, char *text)
{
    rp_jsonw_open(j, key, '[', false);
    for (char *line = text; line && *line;) {
        char *nl = strchr(line, '\n');
        if (nl)
            *nl = '\0';
        rp_jsonw_string(j, NULL, line);
        line = nl ? nl + 1 : NULL;
    }
    rp_jsonw_close(j, ']');
}

/* The members that lint's objects have. */
static bool put_finding(const struct rp_explain *x, struct rp_jsonw *j, uint32_t id, size_t rank)
{
    const struct rp_facts *f = x->f;
    const struct rp_finding *o = &f->findings.v[id];
    struct rp_strbuf file = {0};
    rp_word_file(f, o->file, &file);
    rp_jsonw_number(j, "rank", rank);
    rp_jsonw_string(j, "code", rp_finding_code_name(o->code));
    rp_jsonw_string(j, "severity", rp_finding_severity_name(o->severity));
    rp_jsonw_string(j, "file", o->file && file.s ? file.s : "");
    rp_jsonw_string(j, "section", rp_fact_str(f, o->section));
    rp_jsonw_open(j, "symbols", '[', false);
    for (uint32_t i = 0; i < o->n_parts; i++) {
        const struct rp_finding_part *p = &f->finding_parts.v[o->first_part + i];
        if (p->name)
            rp_jsonw_string(j, NULL, rp_fact_str(f, p->name));
    }
    rp_jsonw_close(j, ']');
    rp_jsonw_number(j, "count", o->count);
    rp_jsonw_string(j, "evidence", rp_fact_str(f, o->evidence));
    rp_jsonw_string(j, "remedy", rp_fact_str(f, o->remedy));
    bool ok = !file.oom;
    rp_strbuf_free(&file);
    return ok;
}

static bool put_candidate(const struct rp_explain *x, struct rp_jsonw *j, size_t i)
{
    const struct rp_candidate *c = &x->candidates.v[i];
    struct rp_strbuf chain = {0};
    rp_explain_chain(x, c, &chain);
    rp_jsonw_open(j, NULL, '{', false);
    bool ok = put_finding(x, j, c->finding, i + 1);
    rp_jsonw_bool(j, "certain", c->certain);
    put_steps(j, "chain", chain.s);
    rp_jsonw_close(j, '}');
    ok = ok && !chain.oom;
    rp_strbuf_free(&chain);
    return ok;
}

enum reap_status rp_explain_json(const struct rp_explain *x, unsigned max, FILE *out)
{
    struct rp_jsonw j = {0};
    bool ok = true;
    rp_jsonw_open(&j, NULL, '[', true);
    for (size_t i = 0; ok && i < x->candidates.n && (!max || i < max); i++)
        ok = put_candidate(x, &j, i);
    rp_jsonw_close(&j, ']');
    rp_strbuf_puts(&j.b, "\n");
    enum reap_status st = !ok || j.b.oom ? rp_nomem(x->ctx) : REAP_OK;
    if (!st && fwrite(j.b.s, 1, j.b.n, out) != j.b.n)
        st = rp_fail(x->ctx, REAP_ERR_IO, "cannot-write", rp_at(NULL),
                     "the output cannot be written");
    rp_strbuf_free(&j.b);
    return st;
}
