/* rules_table.c: the `table` directive of rule files (docs/rules.md).
 *
 *   table GLOB record SIZE[|SIZE…]|auto subject OFFSET[:ENCODING]
 *         [targets OFFSET[:ENCODING][,…]] [parallel GLOB SIZE] [machine NAME]
 *         [between START END] [sorted] [verified] [whole]
 *
 * Why several sizes: the size of a record depends on the version and the configuration of what was
 * compiled, and the relocations tell which one it is (table/record.c). Here words become numbers,
 * and what contradicts itself is refused. Entry: rp_rules_table.
 */
#include "link/rules.h"

#include <stdlib.h>
#include <string.h>

/* Real records are far smaller; larger ones are typing errors. */
enum { MAX_RECORD = 4096 };

struct parser {
    struct rp_rule_table *t;
    const char *const *words;
    size_t n, at;
    const char *why;
};

static const char *next(struct parser *p)
{
    if (p->at == p->n) {
        p->why = "the line ends in the middle of a clause";
        return NULL;
    }
    return p->words[p->at++];
}

/* A decimal number of at most MAX_RECORD at *s, moved past it. */
static bool number(struct parser *p, const char **s, uint32_t *ret)
{
    uint32_t v = 0;
    const char *start = *s;
    while (**s >= '0' && **s <= '9' && v <= MAX_RECORD)
        v = 10 * v + (uint32_t)(*(*s)++ - '0');
    if (*s == start || v > MAX_RECORD) {
        p->why = "sizes and offsets are numbers of bytes up to 4096";
        return false;
    }
    *ret = v;
    return true;
}

static bool parse_sizes(struct parser *p)
{
    const char *s = next(p);
    if (!s)
        return false;
    if (strcmp(s, "auto") == 0)
        return true;
    for (;; s++) {
        if (p->t->n_sizes == RP_TABLE_MAX_SIZES) {
            p->why = "a record can have at most eight sizes";
            return false;
        }
        uint32_t *size = &p->t->sizes[p->t->n_sizes++];
        if (!number(p, &s, size))
            return false;
        if (*size == 0 || (*s && *s != '|')) {
            p->why = "the form is: record SIZE[|SIZE...], or: record auto";
            return false;
        }
        if (!*s)
            return true;
    }
}

/* OFFSET[:ENCODING] at *s. */
static bool parse_field(struct parser *p, const char **s, struct rp_field *ret)
{
    static const char *const names[] = {
        [RP_FIELD_PCREL32] = "pcrel32",
        [RP_FIELD_PCREL64] = "pcrel64",
        [RP_FIELD_ABS32] = "abs32",
        [RP_FIELD_ABS64] = "abs64",
    };
    *ret = (struct rp_field){.encoding = RP_FIELD_PCREL32};
    if (!number(p, s, &ret->offset))
        return false;
    if (**s != ':')
        return true;
    ++*s;
    size_t len = strcspn(*s, ",");
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == len && memcmp(names[i], *s, len) == 0) {
            ret->encoding = (enum rp_field_encoding)i;
            *s += len;
            return true;
        }
    p->why = "encodings are pcrel32, pcrel64, abs32 and abs64";
    return false;
}

static bool parse_targets(struct parser *p)
{
    const char *s = next(p);
    p->t->any_targets = false;
    if (s && strcmp(s, "none") == 0)
        return true;
    for (; s; s++) {
        if (p->t->n_targets == RP_TABLE_MAX_TARGETS) {
            p->why = "a record can have at most eight targets";
            return false;
        }
        if (!parse_field(p, &s, &p->t->targets[p->t->n_targets++]))
            return false;
        if (!*s)
            return true;
        if (*s != ',') {
            p->why = "the form is: targets OFFSET[:ENCODING][,OFFSET...]";
            return false;
        }
    }
    return false;
}

static bool parse_subject(struct parser *p)
{
    const char *s = next(p);
    if (!s || !parse_field(p, &s, &p->t->subject))
        return false;
    if (*s)
        p->why = "the form is: subject OFFSET[:ENCODING]";
    return !*s;
}

static bool parse_parallel(struct parser *p)
{
    p->t->parallel = next(p);
    const char *s = p->t->parallel ? next(p) : NULL;
    if (!s || !number(p, &s, &p->t->parallel_size))
        return false;
    if (*s || p->t->parallel_size == 0) {
        p->why = "the form is: parallel GLOB SIZE";
        return false;
    }
    return true;
}

static bool parse_clause(struct parser *p, const char *word, bool *has_record, bool *has_subject)
{
    if (strcmp(word, "record") == 0)
        return !*has_record && (*has_record = parse_sizes(p));
    if (strcmp(word, "subject") == 0)
        return !*has_subject && (*has_subject = parse_subject(p));
    if (strcmp(word, "targets") == 0)
        return p->t->any_targets && parse_targets(p);
    if (strcmp(word, "parallel") == 0)
        return !p->t->parallel && parse_parallel(p);
    if (strcmp(word, "machine") == 0)
        return !p->t->machine && (p->t->machine = next(p)) != NULL;
    if (strcmp(word, "between") == 0)
        return !p->t->start && (p->t->start = next(p)) && (p->t->end = next(p));
    if (strcmp(word, "sorted") == 0)
        return p->t->sorted = true;
    if (strcmp(word, "whole") == 0)
        return p->t->whole = true;
    if (strcmp(word, "verified") == 0)
        return p->t->verified = true;
    p->why = "clauses are record, subject, targets, parallel, machine, between, sorted, verified "
             "and whole";
    return false;
}

/* Fields must lie in every size of the record that is possible. */
static const char *contradiction(const struct rp_rule_table *t)
{
    for (uint32_t i = 0; i < t->n_sizes; i++) {
        if (t->subject.offset >= t->sizes[i])
            return "the subject lies outside of the record";
        for (uint32_t k = 0; k < t->n_targets; k++)
            if (t->targets[k].offset == t->subject.offset)
                return "a target is the subject";
    }
    if (t->n_sizes == 0 && t->any_targets)
        return "'record auto' wants 'targets', so that the relocations tell where a record ends";
    return NULL;
}

const struct rp_rule_table *rp_rules_table(struct rp_rules *rules, const char *const *words,
                                           size_t n, const char **ret_why)
{
    struct parser p = {.words = words, .n = n};
    bool has_record = false, has_subject = false;
    *ret_why = NULL;
    p.t = rp_arena_zalloc(&rules->arena, sizeof *p.t);
    if (!p.t)
        return NULL;
    p.t->any_targets = true;
    while (p.at < n)
        if (!parse_clause(&p, p.words[p.at++], &has_record, &has_subject)) {
            *ret_why = p.why ? p.why : "a clause is given twice";
            return NULL;
        }
    if (!has_record || !has_subject)
        *ret_why = "a table wants 'record' and 'subject'";
    else
        *ret_why = contradiction(p.t);
    return *ret_why ? NULL : p.t;
}
