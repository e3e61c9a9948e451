/* audit.c: `reap audit`: the tables of a collected image against the uncollected one's, as text. */
#include "api/api.h"

#include "table/audit.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static void print_table(const struct rp_audit_table *t, bool all, FILE *out)
{
    uint64_t wrong =
        t->n_missing + t->n_extra + t->n_misordered + t->n_dangling + (t->unreadable ? 1 : 0);
    if (!wrong && !all && t->old_bytes == t->new_bytes)
        return;
    char record[16] = "-";
    if (t->record)
        snprintf(record, sizeof record, "%" PRIu32, t->record);
    fprintf(out, "%-30s %6s %9" PRIu64 " %9" PRIu64 " %8" PRIu64 " %8" PRIu64 "  ", t->name, record,
            t->record ? t->n_old : t->old_bytes, t->record ? t->n_new : t->new_bytes, t->n_dead,
            t->n_ignored + t->n_unnamed);
    if (!wrong) {
        fputs("ok\n", out);
        return;
    }
    const struct {
        uint64_t n;
        const char *what;
    } findings[] = {
        {t->n_missing, t->record ? "missing" : "changed in size"},
        {t->n_extra, "not there before"},
        {t->n_dangling, "about something unknown"},
        {t->n_misordered, "out of order"},
        {t->unreadable, "unreadable"},
    };
    const char *comma = "";
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++)
        if (findings[i].n) {
            fprintf(out, "%s%" PRIu64 " %s", comma, findings[i].n, findings[i].what);
            comma = ", ";
        }
    fprintf(out, " (%s)\n", t->example);
}

/* Shipped rule files are looked for beside the program. */
static enum reap_status set_program_dir(struct rp_ctx *ctx, struct rp_rules *rules)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;
    if (!slash)
        return REAP_OK;
    *slash = '\0';
    return rp_rules_set_dir(ctx, rules, path);
}

static enum reap_status read_rules(struct rp_ctx *ctx, struct rp_rules *rules,
                                   const struct reap_audit_options *opts)
{
    enum reap_status rc = set_program_dir(ctx, rules);
    for (size_t i = 0; i < opts->n_rules && !rc; i++)
        rc = rp_rules_read(ctx, rules, opts->rules[i]);
    if (!rc && !opts->n_rules)
        rc = rp_rules_read(ctx, rules, "linux");
    if (!rc && !opts->n_rules)
        rc = rp_rules_read(ctx, rules, "linux-ksymtab");
    return rc;
}

enum reap_status reap_audit(const char *old_path, const char *new_path,
                            const struct reap_audit_options *opts, FILE *out,
                            uint64_t *ret_findings)
{
    struct rp_ctx ctx;
    struct rp_rules rules = {0};
    struct rp_audit audit = {0};
    rp_ctx_init(&ctx, opts->diag, opts->diag_user);
    enum reap_status rc = read_rules(&ctx, &rules, opts);
    if (!rc)
        rc = rp_audit_run(&ctx, &rules, old_path, new_path, &audit);
    if (!rc && audit.tables.n == 0)
        rc = rp_fail(&ctx, REAP_ERR_INPUT, "audit-no-tables", rp_at(old_path),
                     "no table of the rules is in this image");
    if (!rc) {
        uint64_t n_old = 0, n_new = 0;
        fprintf(out, "%-30s %6s %9s %9s %8s %8s\n", "table", "record", "old", "new", "dead",
                "skipped");
        for (size_t i = 0; i < audit.tables.n; i++) {
            print_table(&audit.tables.v[i], opts->all, out);
            n_old += audit.tables.v[i].old_bytes;
            n_new += audit.tables.v[i].new_bytes;
        }
        fprintf(out, "%zu tables, %" PRIu64 " bytes before and %" PRIu64 " after: %" PRIu64 " %s\n",
                audit.tables.n, n_old, n_new, audit.n_findings,
                audit.n_findings == 1 ? "finding" : "findings");
        *ret_findings = audit.n_findings;
    }
    rp_vec_free(&audit.tables);
    rp_rules_free(&rules);
    rp_ctx_fini(&ctx);
    return rc;
}
