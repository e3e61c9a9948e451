/* cmdline_command.c: the words of the final link.
 *
 * The original words, with every input argument replaced in its place. Consecutive whole archives
 * share one --push-state --whole-archive … --pop-state, which GNU ld, gold, lld 14 and 19 and
 * mold 1.10 understand alike. Entry: rp_link_command.
 */
#include "link/cmdline_impl.h"

#include <string.h>

/* What add_close has to end. */
enum opened { OPEN_NONE, OPEN_WHOLE, OPEN_NEEDED, OPEN_LIB };

struct command {
    struct rp_ctx *ctx;
    struct rp_link *link;
    const struct rp_replacement *repl;
    size_t n_repl;
    const bool *keep;
    RP_VEC(const char *) words;
    enum opened open;
    bool oom;
};

static void add(struct command *c, const char *word)
{
    if (!rp_vec_push(&c->words, word))
        c->oom = true;
}

static void add_close(struct command *c)
{
    if (c->open == OPEN_WHOLE || c->open == OPEN_NEEDED)
        add(c, "--pop-state");
    else if (c->open == OPEN_LIB)
        add(c, "--end-lib");
    c->open = OPEN_NONE;
}

static void add_open(struct command *c, enum opened open)
{
    if (c->open == open)
        return;
    add_close(c);
    if (open == OPEN_WHOLE || open == OPEN_NEEDED) {
        add(c, "--push-state");
        add(c, open == OPEN_WHOLE ? "--whole-archive" : "--as-needed");
    } else if (open == OPEN_LIB) {
        add(c, "--start-lib");
    }
    c->open = open;
}

static void add_words(struct command *c, const struct rp_arg *arg)
{
    for (uint32_t i = 0; i < arg->n_words; i++)
        add(c, arg->words[i]);
}

static void add_replacement(struct command *c, const struct rp_replacement *r)
{
    if (r->whole_archive)
        add_open(c, OPEN_WHOLE);
    else if (r->is_shared && r->as_needed)
        add_open(c, OPEN_NEEDED);
    else
        add_close(c);
    add(c, r->path);
}

/* As written: kept by the caller, naming something that was not found, or naming nothing (an
 * empty file). */
static bool is_kept(const struct command *c, uint32_t arg)
{
    const struct rp_arg *a = &c->link->args.v[arg];
    if (a->kind != RP_ARG_INPUT || a->n_inputs == 0 || (c->keep && c->keep[arg]))
        return true;
    for (uint32_t i = 0; i < a->n_inputs; i++)
        if (!c->link->inputs.v[a->first_input + i].path)
            return true;
    return false;
}

static bool is_lib_mark(const struct rp_arg *arg, bool *ret_starts)
{
    if (arg->kind != RP_ARG_STATE)
        return false;
    const char *word = arg->words[0];
    word += strspn(word, "-");
    *ret_starts = strcmp(word, "start-lib") == 0;
    return *ret_starts || strcmp(word, "end-lib") == 0;
}

/* From a --start-lib: whether all of its arguments stay as they are. */
static bool region_is_kept(const struct command *c, uint32_t start)
{
    bool starts;
    for (uint32_t i = start + 1; i < c->link->args.n; i++) {
        if (is_lib_mark(&c->link->args.v[i], &starts) && !starts)
            break;
        if (!is_kept(c, i))
            return false;
    }
    return true;
}

static enum reap_status check(const struct command *c)
{
    for (size_t i = 0; i < c->n_repl; i++) {
        uint32_t arg = c->repl[i].arg;
        if (arg >= c->link->args.n || is_kept(c, arg) || (i && c->repl[i - 1].arg > arg))
            return rp_fail(c->ctx, REAP_ERR_INTERNAL, "bad-replacement", rp_at(c->repl[i].path),
                           "replacement %zu stands for argument %u, which is kept, no input, or "
                           "out of order",
                           i, arg);
    }
    return REAP_OK;
}

static void build(struct command *c)
{
    size_t next = 0;
    bool starts, in_split_lib = false; /* in a --start-lib whose words went */
    for (uint32_t i = 0; i < c->link->args.n; i++) {
        const struct rp_arg *arg = &c->link->args.v[i];
        if (arg->kind == RP_ARG_DROP)
            continue;
        if (is_lib_mark(arg, &starts)) {
            add_close(c);
            if (starts)
                in_split_lib = !region_is_kept(c, i);
            if (!in_split_lib)
                add_words(c, arg);
            if (!starts)
                in_split_lib = false;
        } else if (is_kept(c, i)) {
            if (in_split_lib && arg->n_inputs)
                add_open(c, OPEN_LIB);
            else
                add_close(c);
            add_words(c, arg);
        } else {
            for (; next < c->n_repl && c->repl[next].arg == i; next++)
                add_replacement(c, &c->repl[next]);
        }
    }
    add_close(c);
}

enum reap_status rp_link_command(struct rp_ctx *ctx, struct rp_link *link,
                                 const struct rp_replacement *repl, size_t n_repl, const bool *keep,
                                 const char *const **ret_words, size_t *ret_n_words)
{
    struct command c = {.ctx = ctx, .link = link, .repl = repl, .n_repl = n_repl, .keep = keep};
    enum reap_status st = check(&c);
    if (st)
        return st;
    build(&c);
    const char **words = rp_arena_alloc(&link->arena, (c.words.n + 1) * sizeof *words);
    if (c.oom || !words) {
        st = rp_nomem(ctx);
        goto out;
    }
    for (size_t i = 0; i < c.words.n; i++)
        words[i] = c.words.v[i];
    words[c.words.n] = NULL;
    *ret_words = words;
    *ret_n_words = c.words.n;
out:
    rp_vec_free(&c.words);
    return st;
}
