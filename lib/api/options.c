/* options.c: the options of all products, in one table.
 *
 * A name means the same everywhere and is spelled as each product's users expect it:
 * `--reap-NAME[=VALUE]` for ld.reap, `-plugin-opt NAME[=VALUE]` for reap.so, `--NAME[=VALUE]` or
 * `--NAME VALUE` for reap gc, and any of these in REAP_OPTIONS. The same table makes --help.
 * Values are kept as they came, in their order; later ones win where only one counts.
 */
#include "api/api.h"

#include "api/views.h"
#include "util/strbuf.h"

#include <stdlib.h>
#include <string.h>

enum form { NONE, OPTIONAL, REQUIRED };
/* G: reap gc and reap image; C: reap gc alone; I: reap image alone */
enum {
    D = 1 << REAP_PRODUCT_DRIVER,
    P = 1 << REAP_PRODUCT_PLUGIN,
    C = 1 << REAP_PRODUCT_GC,
    I = 1 << REAP_PRODUCT_IMAGE,
    G = C | I
};

struct option {
    const char *name;
    char letter; /* short form of reap gc, 0 = none */
    enum form form;
    unsigned products;    /* bits D, P, G */
    const char *group;    /* heading of --help */
    const char *argument; /* what the value is, for --help */
    const char *help;
};

/* clang-format off */
static const struct option table[RP_N_OPTS] = {
    [RP_OPT_REPORT] = {"report", 0, REQUIRED, D | P | G, "Reports", "FILE",
        "write what was removed and why, as text ('-': standard output)"},
    [RP_OPT_JSON] = {"json", 0, REQUIRED, D | P | G, "Reports", "FILE", "write the report as JSON"},
    [RP_OPT_DB] = {"db", 0, REQUIRED, D | P | G, "Reports", "FILE",
        "write the report as an SQLite database, which 'reap why' reads"},
    [RP_OPT_PRINT_REMOVED] = {"print-removed", 0, OPTIONAL, D | P | G, "Reports", "FILE",
        "one line for each removed section, in the words of --print-gc-sections"},
    [RP_OPT_FAIL_ON] = {"fail-on", 0, REQUIRED, D | P | G, "Reports", "CODE|SEVERITY,...",
        "fail when lint finds one of these (note, warning, error, or codes of docs/crashes.md)"},
    [RP_OPT_STATS] = {"stats", 0, NONE, D | P | G, "Reports", NULL,
        "print time and memory of each phase on standard error"},
    [RP_OPT_SIZES] = {"sizes", 0, NONE, I, "Reports", NULL,
        "measure what the image is worth compressed, before and after (takes seconds)"},
    [RP_OPT_VERBOSE] = {"verbose", 'v', NONE, D | P | G, "Reports", NULL,
        "print notes: what was kept in doubt, why a link is passed through"},
    [RP_OPT_QUIET] = {"quiet", 'q', NONE, D | P | G, "Reports", NULL, "print errors only"},
    [RP_OPT_GRAPH] = {"graph", 0, REQUIRED, D | P | G, "Pictures", "FILE.svg|png|pdf|dot",
        "draw what pulls in what"},
    [RP_OPT_GRAPH_BY] = {"graph-by", 0, REQUIRED, D | P | G, "Pictures",
        "archive|object|section|symbol", "what a box stands for (default: object)"},
    [RP_OPT_GRAPH_FROM] = {"graph-from", 0, REQUIRED, D | P | G, "Pictures", "NAME",
        "only what this symbol, section, object or archive reaches"},
    [RP_OPT_GRAPH_TO] = {"graph-to", 0, REQUIRED, D | P | G, "Pictures", "NAME",
        "only what reaches this"},
    [RP_OPT_GRAPH_AROUND] = {"graph-around", 0, REQUIRED, D | P | G, "Pictures", "NAME",
        "only what is at most graph-depth references away"},
    [RP_OPT_GRAPH_DEPTH] = {"graph-depth", 0, REQUIRED, D | P | G, "Pictures", "N",
        "for the three above (default: no limit; 2 with graph-around)"},
    [RP_OPT_GRAPH_DEAD] = {"graph-dead", 0, REQUIRED, D | P | G, "Pictures", "only|with",
        "draw what was removed, or that too"},
    [RP_OPT_GRAPH_DOMINATORS] = {"graph-dominators", 0, NONE, D | P | G, "Pictures", NULL,
        "arrows mean 'holds alone'"},
    [RP_OPT_GRAPH_MAX_NODES] = {"graph-max-nodes", 0, REQUIRED, D | P | G, "Pictures", "N",
        "at most N boxes, smaller ones are folded up (default: 60)"},
    [RP_OPT_GRAPH_LAYOUT] = {"graph-layout", 0, REQUIRED, D | P | G, "Pictures", "ENGINE",
        "of Graphviz: dot (default), neato, fdp, sfdp, twopi, circo"},
    [RP_OPT_RULES] = {"rules", 0, REQUIRED, D | P | G, "What stays", "FILE|NAME",
        "read a rule file, or a shipped one by name (repeatable)"},
    [RP_OPT_KEEP_SYMBOL] = {"keep-symbol", 0, REQUIRED, D | P | G, "What stays", "GLOB",
        "keep definitions of these names (repeatable)"},
    [RP_OPT_KEEP_SECTION] = {"keep-section", 0, REQUIRED, D | P | G, "What stays", "GLOB",
        "keep sections of these names (repeatable)"},
    [RP_OPT_KEEP_FILE] = {"keep-file", 0, REQUIRED, D | P | G, "What stays", "GLOB",
        "keep everything in these files or archive:member (repeatable)"},
    [RP_OPT_KEEP_LIST] = {"keep-list", 0, REQUIRED, D | P | G, "What stays", "FILE",
        "keep what a list of 'reap bisect' names"},
    [RP_OPT_EXPORT] = {"export", 0, REQUIRED, D | P | G, "What stays", "NAME|GLOB",
        "treat these names as exported dynamically (repeatable)"},
    [RP_OPT_EXPORT_FROM] = {"export-from", 0, REQUIRED, D | P | G, "What stays", "ELF",
        "export what this ELF file leaves undefined (repeatable)"},
    [RP_OPT_ENTRY] = {"entry", 'e', REQUIRED, G, "What stays", "NAME", "the entry point is a root"},
    [RP_OPT_UNDEFINED] = {"undefined", 'u', REQUIRED, G, "What stays", "NAME",
        "this name is a root (repeatable)"},
    [RP_OPT_SCRIPT] = {"script", 'T', REQUIRED, G, "What stays", "FILE",
        "roots and protections of a linker script (repeatable)"},
    [RP_OPT_KERNEL] = {"kernel", 0, NONE, D | P | G, "What stays", NULL,
        "the objects are a Linux kernel: rule file 'linux' (found out by itself in most cases)"},
    [RP_OPT_MODULES] = {"modules", 0, REQUIRED, D | P | G, "What stays", "all|none",
        "none: exported symbols of a kernel are no roots"},
    [RP_OPT_MODULES_FROM] = {"modules-from", 0, REQUIRED, D | P | G, "What stays", "DIR|FILE",
        "of a kernel's exported symbols only those that these modules import are roots (repeatable)"},
    [RP_OPT_OUTPUT] = {"output", 'o', REQUIRED, G, "The work", "FILE",
        "write the one input here"},
    [RP_OPT_OUT_DIR] = {"out-dir", 0, REQUIRED, C, "The work", "DIR",
        "write all inputs below this folder, by base name"},
    [RP_OPT_LEVEL] = {"level", 0, REQUIRED, D | P | C, "The work", "full|linker|stock",
        "full (default), whole sections as lld's --gc-sections, or just what this linker's drops"},
    [RP_OPT_EXTRACTION] = {"extraction", 0, REQUIRED, D | P, "The work", "linker|live",
        "live: archive members that nothing live refers to are not linked"},
    [RP_OPT_TYPEINFO] = {"typeinfo", 0, REQUIRED, D | P | C, "The work", "collect|keep",
        "keep: C++ typeinfo stays with its vtables (default: it goes when nobody can look at it)"},
    [RP_OPT_ASSUME] = {"assume", 0, REQUIRED, D | P | C, "The work", "no-typeid-deref",
        "typeinfo goes also when it cannot be proved that nobody looks: no typeid(*p), no dlopen"},
    [RP_OPT_MODE] = {"mode", 0, REQUIRED, D | P | C, "The work", "collect|report|off",
        "report: analyse and report, link the original; off: do nothing"},
    [RP_OPT_LINKER] = {"linker", 0, REQUIRED, D, "The work", "NAME|PATH",
        "the linker behind ld.reap: lld, lld-19, mold, bfd, gold or a path (default: ld.lld, else ld)"},
    [RP_OPT_SAVE] = {"save", 0, REQUIRED, D | P, "The work", "DIR",
        "keep the rewritten files in DIR, with a relink.sh that repeats the final link"},
    [RP_OPT_FALLBACK] = {"fallback", 0, NONE, D | P, "The work", NULL,
        "when the link of the rewritten files fails, link the original ones"},
    [RP_OPT_CHECK] = {"check", 0, NONE, D | P | C, "The work", NULL,
        "check each rewritten object, and the list of loaded files against lld's own"},
    [RP_OPT_TRIPWIRE] = {"tripwire", 0, NONE, D | P | C, "The work", NULL,
        "turn dead functions into traps, so that a run which needs one stops there (reap explain)"},
    [RP_OPT_FILL] = {"fill", 0, REQUIRED, I, "The work", "trap|zero",
        "what takes the place of dead code: traps that tell what was hit, or what compresses best"},
    [RP_OPT_DATA] = {"data", 0, NONE, I, "The work", NULL,
        "local data that nothing seems to refer to is dead, too, and dead data becomes zeros"},
    [RP_OPT_STRIP_DEAD_SYMBOLS] = {"strip-dead-symbols", 0, NONE, I, "The work", NULL,
        "symbols of filled functions leave the symbol table"},
    [RP_OPT_STRIP_RELOCS] = {"strip-relocs", 0, NONE, I, "The work", NULL,
        "the relocations that the linker kept are left out of the output"},
    [RP_OPT_NO_SCAN] = {"no-scan", 0, NONE, I, "The work", NULL,
        "do not look for branches byte by byte: code that is needed may go (an experiment)"},
    [RP_OPT_NO_DECODE] = {"no-decode", 0, NONE, I, "The work", NULL,
        "do not look for branches by decoding: code that is needed may go (an experiment)"},
    [RP_OPT_TEST_DROP_EDGE] = {"test-drop-edge", 0, REQUIRED, I, "The work", "FROM:TO",
        "pretend that FROM does not refer to TO: code that is needed may go (an experiment)"},
    [RP_OPT_THREADS] = {"threads", 'j', REQUIRED, D | P | G, "The work", "N",
        "number of threads (default: the processors at hand)"},
    [RP_OPT_HELP] = {"help", 'h', NONE, D | P | G, "Help", NULL, "print this and exit"},
    [RP_OPT_VERSION] = {"version", 0, NONE, D | P | G, "Help", NULL, "print the version and exit"},
};
/* clang-format on */

/* --- looking up ------------------------------------------------------------------------------ */

static const struct option *find_option(const char *name, size_t len)
{
    for (size_t i = 0; i < RP_N_OPTS; i++)
        if (strlen(table[i].name) == len && !memcmp(table[i].name, name, len))
            return &table[i];
    return NULL;
}

/* Options with two dashes, letters, and values in a word of their own. */
static bool is_command(enum reap_product product)
{
    return product == REAP_PRODUCT_GC || product == REAP_PRODUCT_IMAGE;
}

static const char *prefix_of(enum reap_product product)
{
    return product == REAP_PRODUCT_DRIVER ? "--reap-" : is_command(product) ? "--" : "";
}

/* Levenshtein distance of two short words, capped by the size of the rows. */
static unsigned edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned row[64];
    if (na >= 64 || nb >= 64)
        return 64;
    for (unsigned j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[nb];
}

static enum reap_status unknown_option(struct reap *r, const char *name, size_t len)
{
    const struct option *best = NULL;
    unsigned best_distance = len < 4 ? 2 : 4; /* beyond, a suggestion only confuses */
    for (size_t i = 0; i < RP_N_OPTS; i++) {
        unsigned d = edit_distance(name, len, table[i].name, strlen(table[i].name));
        if ((table[i].products & 1u << r->product) && d < best_distance) {
            best_distance = d;
            best = &table[i];
        }
    }
    const char *prefix = prefix_of(r->product);
    char remedy[160];
    if (best)
        snprintf(remedy, sizeof remedy, "did you mean '%s%s'?", prefix, best->name);
    return rp_fail_remedy(&r->ctx, REAP_ERR_USAGE, "unknown-option", rp_at(NULL),
                          best ? remedy : NULL, "unknown option '%s%.*s'", prefix, (int)len, name);
}

static bool is_one_of(const char *value, const char *const *words)
{
    for (; *words; words++)
        if (!strcmp(value, *words))
            return true;
    return false;
}

static bool is_number(const char *value)
{
    return value[strspn(value, "0123456789")] == '\0' && strlen(value) < 5 && atoi(value) > 0;
}

static enum reap_status check_value(struct reap *r, const struct option *o, const char *value)
{
    static const char *const levels[] = {"full", "linker", "stock", NULL};
    static const char *const modes[] = {"collect", "report", "off", NULL};
    static const char *const graph_levels[] = {"archive", "object", "section", "symbol", NULL};
    static const char *const graph_dead[] = {"only", "with", NULL};
    enum rp_opt opt = (enum rp_opt)(o - table);
    static const char *const typeinfo[] = {"collect", "keep", NULL};
    static const char *const assumptions[] = {"no-typeid-deref", NULL};
    static const char *const modules[] = {"all", "none", NULL};
    static const char *const fills[] = {"trap", "zero", NULL};
    bool ok = true;
    if (opt == RP_OPT_FAIL_ON)
        ok = rp_fail_on_is_known(value);
    else if (opt == RP_OPT_FILL)
        ok = is_one_of(value, fills);
    else if (opt == RP_OPT_MODULES)
        ok = is_one_of(value, modules);
    else if (opt == RP_OPT_TYPEINFO)
        ok = is_one_of(value, typeinfo);
    else if (opt == RP_OPT_ASSUME)
        ok = is_one_of(value, assumptions);
    else if (opt == RP_OPT_LEVEL)
        ok = is_one_of(value, levels);
    else if (opt == RP_OPT_MODE)
        ok = is_one_of(value, modes);
    else if (opt == RP_OPT_GRAPH_BY)
        ok = is_one_of(value, graph_levels);
    else if (opt == RP_OPT_GRAPH_DEAD)
        ok = is_one_of(value, graph_dead);
    else if (opt == RP_OPT_GRAPH)
        ok = rp_is_picture_name(value);
    else if (opt == RP_OPT_THREADS || opt == RP_OPT_GRAPH_DEPTH || opt == RP_OPT_GRAPH_MAX_NODES)
        ok = is_number(value);
    else if (value)
        ok = *value != '\0';
    if (ok)
        return REAP_OK;
    return rp_fail(&r->ctx, REAP_ERR_USAGE, "bad-option-value", rp_at(NULL),
                   "option '%s%s' wants %s, not '%s'", prefix_of(r->product), o->name, o->argument,
                   value);
}

/* --- setting --------------------------------------------------------------------------------- */

static enum reap_status set_option(struct reap *r, const struct option *o, const char *value)
{
    const char *prefix = prefix_of(r->product);
    if (o->form == REQUIRED && !value)
        return rp_fail(&r->ctx, REAP_ERR_USAGE, "missing-option-value", rp_at(NULL),
                       "option '%s%s' wants a value: %s%s=%s", prefix, o->name, prefix, o->name,
                       o->argument);
    if (o->form == NONE && value)
        return rp_fail(&r->ctx, REAP_ERR_USAGE, "superfluous-option-value", rp_at(NULL),
                       "option '%s%s' takes no value", prefix, o->name);
    if (value) {
        enum reap_status st = check_value(r, o, value);
        if (st != REAP_OK)
            return st;
        value = rp_arena_strdup(&r->arena, value);
        if (!value)
            return rp_nomem(&r->ctx);
    }
    enum rp_opt opt = (enum rp_opt)(o - table);
    if (!rp_vec_push(&r->options, (struct rp_opt_value){opt, value}))
        return rp_nomem(&r->ctx);
    if (opt == RP_OPT_VERBOSE)
        r->ctx.verbose = r->verbose = true;
    else if (opt == RP_OPT_QUIET)
        r->quiet = true;
    else if (opt == RP_OPT_THREADS)
        r->ctx.n_threads = (unsigned)atoi(value);
    return REAP_OK;
}

enum reap_status reap_option(struct reap *r, const char *name, const char *value)
{
    size_t len = strcspn(name, "=");
    const struct option *o = find_option(name, len);
    if (!o || !(o->products & 1u << r->product))
        return unknown_option(r, name, len);
    return set_option(r, o, value);
}

static bool match_letter(const char *word, const char **ret_name, const char **ret_value,
                         bool *ret_needs_value)
{
    for (size_t i = 0; i < RP_N_OPTS; i++) {
        const struct option *o = &table[i];
        if (!o->letter || o->letter != word[1])
            continue;
        *ret_name = o->name;
        *ret_value = word[2] == '\0' ? NULL : word[2] == '=' ? word + 3 : word + 2;
        *ret_needs_value = o->form == REQUIRED && !*ret_value;
        return true;
    }
    return false;
}

bool reap_option_match(enum reap_product product, const char *word, const char **ret_name,
                       const char **ret_value, bool *ret_needs_value)
{
    const char *prefix = prefix_of(product);
    size_t n = strlen(prefix);
    *ret_needs_value = false;
    if (strncmp(word, prefix, n) != 0 || !word[n]) {
        if (!is_command(product) || word[0] != '-' || !word[1] || word[1] == '-')
            return false;
        if (match_letter(word, ret_name, ret_value, ret_needs_value))
            return true;
        *ret_name = word; /* unknown; reap_option says so */
        *ret_value = NULL;
        return true;
    }
    const char *name = word + n;
    size_t len = strcspn(name, "=");
    const struct option *o = find_option(name, len);
    *ret_value = name[len] ? name + len + 1 : NULL;
    *ret_name = o ? o->name : name;
    *ret_needs_value = is_command(product) && o && o->form == REQUIRED && !*ret_value;
    return true;
}

/* --- REAP_OPTIONS ---------------------------------------------------------------------------- */

/* One word of the variable, in any product's spelling. What only other products take is skipped:
 * one environment serves a whole build. */
static enum reap_status environment_word(struct reap *r, const char *word)
{
    const char *name = word;
    if (!strncmp(name, "--reap-", 7))
        name += 7;
    else if (!strncmp(name, "--", 2))
        name += 2;
    size_t len = strcspn(name, "=");
    const struct option *o = find_option(name, len);
    if (!o)
        return unknown_option(r, name, len);
    if (!(o->products & 1u << r->product)) {
        rp_note(&r->ctx, "option-not-for-product", rp_at("REAP_OPTIONS"),
                "option '%s' means nothing here", o->name);
        return REAP_OK;
    }
    return set_option(r, o, name[len] ? name + len + 1 : NULL);
}

enum reap_status reap_options_from_environment(struct reap *r)
{
    const char *text = getenv("REAP_OPTIONS");
    if (!text || !*text)
        return REAP_OK;
    const char **words = NULL;
    size_t n = 0;
    enum reap_status st = rp_response_split(&r->ctx, &r->arena, text, &words, &n);
    for (size_t i = 0; st == REAP_OK && i < n; i++)
        st = environment_word(r, words[i]);
    if (st == REAP_ERR_USAGE)
        rp_fail(&r->ctx, st, "bad-environment", rp_at("REAP_OPTIONS"), "in '%s'", text);
    return st;
}

/* --- asking ---------------------------------------------------------------------------------- */

const char *rp_opt_name(enum rp_opt opt)
{
    return table[opt].name;
}

bool rp_opt_given(const struct reap *r, enum rp_opt opt)
{
    for (size_t i = 0; i < r->options.n; i++)
        if (r->options.v[i].opt == opt)
            return true;
    return false;
}

const char *rp_opt_value(const struct reap *r, enum rp_opt opt)
{
    for (size_t i = r->options.n; i-- > 0;)
        if (r->options.v[i].opt == opt)
            return r->options.v[i].value;
    return NULL;
}

enum rp_mode rp_opt_mode(const struct reap *r)
{
    const char *mode = rp_opt_value(r, RP_OPT_MODE);
    if (!mode || !strcmp(mode, "collect"))
        return RP_MODE_COLLECT;
    return !strcmp(mode, "report") ? RP_MODE_REPORT : RP_MODE_OFF;
}

enum rp_level rp_opt_level(const struct reap *r)
{
    const char *level = rp_opt_value(r, RP_OPT_LEVEL);
    return level && strcmp(level, "full") != 0 ? RP_LEVEL_LINKER : RP_LEVEL_FULL;
}

bool rp_opt_stock(const struct reap *r)
{
    const char *level = rp_opt_value(r, RP_OPT_LEVEL);
    return level && !strcmp(level, "stock");
}

bool reap_has_option(const struct reap *r, const char *name, const char **ret_value)
{
    const struct option *o = find_option(name, strlen(name));
    if (!o || !rp_opt_given(r, (enum rp_opt)(o - table)))
        return false;
    if (ret_value)
        *ret_value = rp_opt_value(r, (enum rp_opt)(o - table));
    return true;
}

/* --- --help ---------------------------------------------------------------------------------- */

static void print_option(enum reap_product product, const struct option *o, FILE *out)
{
    char left[64];
    int n = 0;
    if (is_command(product) && o->letter)
        n = snprintf(left, sizeof left, "-%c, ", o->letter);
    snprintf(left + n, sizeof left - (size_t)n, "%s%s%s%s%s%s", prefix_of(product), o->name,
             o->form == OPTIONAL ? "[" : "", o->argument ? "=" : "", o->argument ? o->argument : "",
             o->form == OPTIONAL ? "]" : "");
    if (strlen(left) > 30)
        fprintf(out, "  %s\n  %30s %s\n", left, "", o->help);
    else
        fprintf(out, "  %-30s %s\n", left, o->help);
}

void reap_print_options(enum reap_product product, FILE *out)
{
    const char *group = "";
    for (size_t i = 0; i < RP_N_OPTS; i++) {
        const struct option *o = &table[i];
        if (!(o->products & 1u << product))
            continue;
        if (strcmp(group, o->group)) {
            group = o->group;
            fprintf(out, "\n%s:\n", group);
        }
        print_option(product, o, out);
    }
}
