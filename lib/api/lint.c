/* lint.c: `reap lint`, and findings that make a link fail (option "fail-on"). */
#include "api/api.h"

#include "report/lint.h"

#include <string.h>

/* One word of --fail-on: a code, or a severity and what is worse. */
static bool matches(const char *word, size_t n, const struct rp_finding *x)
{
    char name[64];
    if (n >= sizeof name)
        return false;
    memcpy(name, word, n);
    name[n] = '\0';
    unsigned severity = rp_finding_severity_of(name);
    return severity ? x->severity >= severity : rp_finding_code_of(name) == x->code;
}

static bool fails(const char *words, const struct rp_finding *x)
{
    while (*words) {
        size_t n = strcspn(words, ",");
        if (n && matches(words, n, x))
            return true;
        words += n + (words[n] == ',');
    }
    return false;
}

bool rp_fail_on_is_known(const char *words)
{
    bool any = false;
    while (*words) {
        char name[64];
        size_t n = strcspn(words, ",");
        if (n >= sizeof name)
            return false;
        memcpy(name, words, n);
        name[n] = '\0';
        if (!rp_finding_severity_of(name) && !rp_finding_code_of(name))
            return false;
        any = true;
        words += n + (words[n] == ',');
    }
    return any;
}

/* The evidence's first line is what a message has room for. */
static void tell(struct rp_ctx *ctx, const struct rp_facts *f, const struct rp_finding *x)
{
    const char *evidence = rp_fact_str(f, x->evidence), *remedy = rp_fact_str(f, x->remedy);
    const struct rp_fact_file *file = &f->files.v[x->file];
    char where[512], line[512];
    snprintf(where, sizeof where, "%s%s%s%s", rp_fact_str(f, file->path), file->member ? "(" : "",
             rp_fact_str(f, file->member), file->member ? ")" : "");
    snprintf(line, sizeof line, "%.*s", (int)strcspn(remedy, "\n"), remedy);
    rp_fail_remedy(ctx, REAP_ERR_LINK, "finding",
                   (struct rp_where){.file = x->file ? where : NULL,
                                     .section = x->section ? rp_fact_str(f, x->section) : NULL},
                   line, "%s: %.*s", rp_finding_code_name(x->code), (int)strcspn(evidence, "\n"),
                   evidence);
}

static bool check(struct rp_ctx *ctx, const struct rp_facts *f, const char *words)
{
    bool failed = false;
    for (size_t i = 1; i < f->findings.n; i++) {
        const struct rp_finding *x = &f->findings.v[i];
        if (x->suppressed || !fails(words, x))
            continue;
        tell(ctx, f, x);
        failed = true;
    }
    return failed;
}

enum reap_status rp_fail_on(struct reap *r)
{
    bool failed = false;
    for (size_t i = 0; i < r->options.n; i++)
        if (r->options.v[i].opt == RP_OPT_FAIL_ON)
            failed |= check(&r->ctx, &r->facts, r->options.v[i].value);
    return failed ? REAP_ERR_LINK : REAP_OK;
}

enum reap_status reap_lint(const char *db, const struct reap_lint_options *opts, FILE *out,
                           unsigned *ret_findings)
{
    struct rp_ctx ctx;
    struct rp_facts facts = {0};
    rp_ctx_init(&ctx, opts->diag, opts->diag_user);
    enum reap_status st = REAP_OK;
    if (opts->fail_on && !rp_fail_on_is_known(opts->fail_on))
        st = rp_fail(&ctx, REAP_ERR_USAGE, "bad-option-value", rp_at(NULL),
                     "'%s' is neither a code nor a severity of findings", opts->fail_on);
    if (st == REAP_OK)
        st = rp_db_read(&ctx, db, &facts);
    if (st == REAP_OK) {
        st = opts->json ? rp_lint_json(&ctx, &facts, out) : rp_lint_text(&ctx, &facts, out);
        *ret_findings = rp_lint_count(&facts);
        if (st == REAP_OK && opts->fail_on) {
            fflush(out);
            st = check(&ctx, &facts, opts->fail_on) ? REAP_ERR_LINK : REAP_OK;
        }
        rp_facts_free(&facts);
    }
    rp_ctx_fini(&ctx);
    return st;
}
