/* lint.h: the findings for people and programs (lint.c). */
#ifndef RP_REPORT_LINT_H
#define RP_REPORT_LINT_H

#include "report/facts.h"
#include "report/jsonw.h"

/* Findings that no rule file accepts. */
uint32_t rp_lint_count(const struct rp_facts *f);
enum reap_status rp_lint_text(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out);
enum reap_status rp_lint_json(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out);
/* The list without a head or end, for the text report. */
void rp_lint_list(struct rp_strbuf *b, const struct rp_facts *f);
/* The array, for the JSON report. */
void rp_lint_json_array(struct rp_jsonw *w, const char *key, const struct rp_facts *f);

#endif
