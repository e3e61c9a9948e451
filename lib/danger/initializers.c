/* initializers.c: lost-initializer: a function that should run at start or exit will not.
 *
 * Entries of .init_array, .ctors, .fini_array, … are read by startup code or the dynamic linker,
 * and no relocation names them: under a script of one's own without KEEP, GNU ld drops them. The
 * function behind an entry may well survive, exported or called from elsewhere, and only its effect
 * is missing: effects.c says which. .init and .fini are code in pieces: when some pieces stay and
 * others go, the code runs off its end.
 *
 * An entry that no statement of the script takes although others of its kind are placed between
 * symbols lands outside of what the startup code walks over: lost as well.
 *
 * No finding: frame registration of crtbegin.o alone, arrays that empty sections stand for,
 * .init of which nothing is live.
 */
#include "danger/danger.h"

#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* crtbegin.o's own entries serve exceptions of binaries without PT_GNU_EH_FRAME, and transactional
 * memory. */
static bool is_startup_file(const struct rp_danger *d, rp_id section)
{
    const struct rp_file *f = rp_section_file(d->m, section);
    return !f->member && strncmp(base_name(f->path), "crt", 3) == 0;
}

static bool is_code_piece(const char *name)
{
    return strcmp(name, ".init") == 0 || strcmp(name, ".fini") == 0;
}

/* Whether another piece of .init or .fini is live, and so runs on into what is lost. */
static rp_id live_piece(const struct rp_danger *d, const char *name)
{
    for (rp_id id = 1; id <= d->m->n_section_ids; id++)
        if (d->m->sections[id].n_nodes && rp_danger_is_live(d, id) &&
            strcmp(rp_section_name(d->m, id), name) == 0)
            return id;
    return 0;
}

static bool is_candidate(const struct rp_danger *d, rp_id id)
{
    const struct rp_section *s = &d->m->sections[id];
    if (!s->n_nodes || !(s->flags & RP_SEC_ALLOC) ||
        !rp_danger_is_initializer(rp_section_name(d->m, id)) || !rp_danger_is_lost(d, id))
        return false;
    if (is_code_piece(rp_section_name(d->m, id)))
        return live_piece(d, rp_section_name(d->m, id)) != 0;
    return s->rel != 0; /* sentinels and empty lists name no function */
}

/* Whether a finding about a table has the section already. */
static bool is_told(const struct rp_danger *d, rp_id section)
{
    return rp_bitset_get(&d->told, d->m->sections[section].node);
}

/* The kind of array: entries run by the same walk. ".init_array.5" is of ".init_array". */
static size_t stem_length(const char *name)
{
    const char *dot = strchr(name + 1, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

static bool same_kind(const char *a, const char *b)
{
    size_t n = stem_length(a);
    return n == stem_length(b) && memcmp(a, b, n) == 0;
}

/* --- one finding for one cause --------------------------------------------------------------- */

static void say_code_piece(struct rp_danger *d, struct rp_draft *x, rp_id section)
{
    struct rp_words w = {.next = 0};
    const char *name = rp_section_name(d->m, section);
    rp_id live = live_piece(d, name);
    const char *function = strcmp(name, ".init") == 0 ? "_init" : "_fini";
    x->score += 100;
    rp_draft_say(x, "%s is one function in pieces; %s is live and runs on into the lost piece",
                 name, rp_word_section(&w, d, live));
    rp_draft_chain(x, "%s runs at %s and off the end of %s", function,
                   strcmp(name, ".init") == 0 ? "start" : "exit", rp_word_section(&w, d, live));
    rp_draft_part(d, x, function, 0);
}

static const char *when_of(const char *name)
{
    return strncmp(name, ".fini", 5) == 0 || strncmp(name, ".dtors", 6) == 0 ? "at exit"
                                                                             : "at start";
}

static void report(struct rp_danger *d, const rp_id *ids, size_t n)
{
    enum { LOOKED_AT = 400 };
    struct rp_words w = {.next = 0};
    rp_id worst = 0;
    uint64_t best = 0;
    for (size_t i = 0; i < n && i < LOOKED_AT; i++) {
        uint64_t weight = is_startup_file(d, ids[i]) ? 0 : 1 + rp_danger_weight(d, ids[i]);
        weight += is_code_piece(rp_section_name(d->m, ids[i])); /* crtn.o */
        if (weight > best) {
            best = weight;
            worst = ids[i];
        }
    }
    if (!worst)
        return; /* crtbegin.o alone */
    const char *name = rp_section_name(d->m, worst);
    struct rp_draft *x = rp_draft_new(d, RP_FIND_LOST_INITIALIZER, RP_FINDING_ERROR);
    if (!x)
        return;
    rp_draft_at(d, x, worst);
    x->count = (uint32_t)n;
    const struct rp_input_stmt *s = rp_danger_stmt(d, worst);
    if (s && d->gone[worst] == RP_GONE_DISCARDED)
        rp_draft_say(x, "%s:%u: /DISCARD/ takes %s", s->script, s->line,
                     rp_word_section(&w, d, worst));
    else if (s)
        rp_draft_say(x, "%s:%u: %s takes %s without KEEP", s->script, s->line,
                     rp_word_stmt(&w, s, false), rp_word_section(&w, d, worst));
    else
        rp_draft_say(x, "nothing keeps %s", rp_word_section(&w, d, worst));
    uint32_t had = 0, has = 0;
    for (rp_id id = 1; id <= d->m->n_section_ids; id++)
        if (d->m->sections[id].n_nodes && d->m->sections[id].rel &&
            same_kind(rp_section_name(d->m, id), name)) {
            had++;
            has += rp_danger_is_live(d, id);
        }
    rp_draft_say(x, "of %u sections of this kind %u are left; %zu went for this reason", had, has,
                 n);
    rp_draft_chain(x, "%s is dropped: nothing refers to an entry that runs %s",
                   rp_word_section(&w, d, worst), when_of(name));
    if (is_code_piece(name))
        say_code_piece(d, x, worst);
    else
        rp_danger_effects(d, x, worst, true);
    rp_draft_lost(d, x, worst);
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == worst)
            continue;
        rp_draft_lost(d, x, ids[i]);
        if (!is_startup_file(d, ids[i]))
            rp_danger_effects(d, x, ids[i], false);
    }
    rp_draft_keep(d, x, worst);
    if (!is_code_piece(name))
        rp_draft_remedy(x, "in the source: __attribute__((retain)) on the entry, or a call");
}

/* --- entries that land elsewhere ------------------------------------------------------------- */

static const struct rp_input_stmt *statement_of_kind(const struct rp_danger *d, const char *name)
{
    for (size_t i = 0; i < d->job->n_scripts; i++) {
        const struct rp_script *s = d->job->scripts[i];
        for (size_t k = 0; k < s->stmts.n && s->has_sections; k++)
            for (uint32_t p = 0; p < s->stmts.v[k].n_sections; p++)
                if (s->stmts.v[k].out_section &&
                    strcmp(s->stmts.v[k].out_section, "/DISCARD/") != 0 &&
                    same_kind(s->stmts.v[k].sections[p].glob, name))
                    return &s->stmts.v[k];
    }
    return NULL;
}

static void report_misplaced(struct rp_danger *d, rp_id section)
{
    struct rp_words w = {.next = 0};
    const char *name = rp_section_name(d->m, section);
    const struct rp_input_stmt *s = statement_of_kind(d, name);
    if (!s || is_startup_file(d, section))
        return;
    struct rp_draft *x = rp_draft_new(d, RP_FIND_LOST_INITIALIZER, RP_FINDING_ERROR);
    if (!x)
        return;
    rp_draft_at(d, x, section);
    rp_draft_say(x, "no statement of the script takes %s: it lands outside of what %s:%u places",
                 rp_word_section(&w, d, section), s->script, s->line);
    rp_draft_chain(x, "%s is in the output, but not where the startup code looks",
                   rp_word_section(&w, d, section));
    rp_danger_effects(d, x, section, true);
    rp_draft_lost(d, x, section);
    rp_draft_remedy(x, "%s:%u: beside %s: KEEP (*(SORT_BY_INIT_PRIORITY(%.*s.*)))", s->script,
                    s->line, rp_word_stmt(&w, s, false), (int)stem_length(name), name);
}

void rp_danger_initializers(struct rp_danger *d)
{
    RP_VEC(rp_id) lost = {0}, group = {0};
    bool own_script = rp_danger_has_script(d);
    for (rp_id id = 1; id <= d->m->n_section_ids; id++) {
        const struct rp_section *s = &d->m->sections[id];
        if (!s->n_nodes || !(s->flags & RP_SEC_ALLOC))
            continue;
        if (is_candidate(d, id)) {
            if (!is_told(d, id) && !rp_vec_push(&lost, id))
                d->oom = true;
        } else if (own_script && s->rel && rp_danger_is_initializer(rp_section_name(d->m, id)) &&
                   rp_danger_is_live(d, id) && !rp_danger_stmt(d, id)) {
            report_misplaced(d, id);
        }
    }
    /* one statement, one kind: one cause */
    for (size_t i = 0; i < lost.n && !d->oom; i++) {
        rp_id first = lost.v[i];
        if (!first)
            continue;
        group.n = 0;
        for (size_t k = i; k < lost.n; k++)
            if (lost.v[k] && rp_danger_stmt(d, lost.v[k]) == rp_danger_stmt(d, first) &&
                same_kind(rp_section_name(d->m, lost.v[k]), rp_section_name(d->m, first))) {
                if (!rp_vec_push(&group, lost.v[k]))
                    d->oom = true;
                if (k != i)
                    lost.v[k] = 0;
            }
        report(d, group.v, group.n);
    }
    rp_vec_free(&lost);
    rp_vec_free(&group);
}
