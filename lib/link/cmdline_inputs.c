/* cmdline_inputs.c: the inputs of a link in order, each with the state at its place.
 *
 * Walks the arguments with the state that linkers keep: --whole-archive, --as-needed, -Bstatic,
 * the input format, groups and --start-lib; --push-state and --pop-state save the first three.
 * Files that are text are implicit linker scripts (libc.so is one) and are replaced by the files
 * they name, in place. Entry: rp_cmdline_inputs.
 */
#include "link/cmdline_impl.h"

#include "link/script.h"

#include <string.h>

/* A script that names itself, directly or not. Real ones are one or two deep. */
enum { MAX_SCRIPT_DEPTH = 16 };

struct state {
    bool whole_archive, as_needed, is_static, binary, lazy;
};

struct walk {
    struct rp_cmdline *c;
    struct state state;
    RP_VEC(struct state) saved;
    uint32_t group, n_groups; /* group: number of the outermost open one, 0 = none */
    unsigned group_depth;
    uint32_t arg;
    unsigned script_depth;
    bool only_static; /* see is_only_static */
    /* Scripts by -T, read before anything is searched for; by argument, NULL for the others. */
    struct rp_script **scripts;
};

/* --- state ---------------------------------------------------------------------------------- */

/* "-b elf64-x86-64" and "-b default" are ordinary; "binary" and formats such as srec are not. */
static bool is_foreign_format(const char *format)
{
    return strcmp(format, "default") != 0 && strncmp(format, "elf", 3) != 0;
}

static enum reap_status pop_state(struct walk *w)
{
    if (w->saved.n == 0)
        return REAP_OK; /* the linker will refuse it */
    enum rp_linker_flavor flavor = w->c->link->flavor;
    struct state old = w->saved.v[--w->saved.n], now = w->state;
    w->state = old;
    /* Only gold saves the format, only mold the --start-lib. */
    if (flavor != RP_LINKER_GOLD)
        w->state.binary = now.binary;
    if (flavor != RP_LINKER_MOLD)
        w->state.lazy = now.lazy;
    return REAP_OK;
}

static void open_group(struct walk *w)
{
    if (w->group_depth++ == 0)
        w->group = ++w->n_groups;
}

static void close_group(struct walk *w)
{
    if (w->group_depth && --w->group_depth == 0)
        w->group = 0;
}

static enum reap_status apply_state(struct walk *w, const struct rp_arg_option *o)
{
    struct state *s = &w->state;
    switch (o->row->meaning) {
    case RP_O_MAGIC:
        if (w->c->link->flavor == RP_LINKER_MOLD)
            break; /* see begins_static */
        s->is_static = true;
        break;
    case RP_O_STATIC:
    case RP_O_BSTATIC: s->is_static = true; break;
    case RP_O_BDYNAMIC: s->is_static = false; break;
    case RP_O_HPUX_A:
        if (o->value)
            s->is_static = strcmp(o->value, "archive") == 0;
        break;
    case RP_O_FORMAT:
        if (o->value)
            s->binary = is_foreign_format(o->value);
        break;
    case RP_O_WHOLE_ARCHIVE: s->whole_archive = true; break;
    case RP_O_NO_WHOLE_ARCHIVE: s->whole_archive = false; break;
    case RP_O_AS_NEEDED: s->as_needed = true; break;
    case RP_O_NO_AS_NEEDED: s->as_needed = false; break;
    case RP_O_START_GROUP: open_group(w); break;
    case RP_O_END_GROUP: close_group(w); break;
    case RP_O_START_LIB: s->lazy = true; break;
    case RP_O_END_LIB: s->lazy = false; break;
    case RP_O_PUSH_STATE: return rp_vec_push(&w->saved, *s) ? REAP_OK : rp_nomem(w->c->ctx);
    case RP_O_POP_STATE: return pop_state(w);
    default: break;
    }
    return REAP_OK;
}

/* --- inputs --------------------------------------------------------------------------------- */

static struct rp_input make_input(const struct walk *w, const char *word, const char *path)
{
    return (struct rp_input){.arg = w->arg,
                             .word = word,
                             .path = path,
                             .whole_archive = w->state.whole_archive,
                             .as_needed = w->state.as_needed,
                             .is_static = w->state.is_static || w->only_static,
                             .lazy = w->state.lazy,
                             .binary = w->state.binary,
                             .fixed = w->state.binary,
                             .group = w->group};
}

static enum reap_status push_input(struct walk *w, struct rp_input input)
{
    return rp_vec_push(&w->c->link->inputs, input) ? REAP_OK : rp_nomem(w->c->ctx);
}

static enum reap_status add_script_inputs(struct walk *w, const struct rp_script *s,
                                          const char *path, bool fixed);

/* SEARCH_DIR is for what comes later; -nostdlib takes it away (GNU ld manual, -nostdlib). */
static enum reap_status add_search_dirs(struct walk *w, const struct rp_script *s)
{
    struct rp_link *link = w->c->link;
    for (size_t i = 0; s && i < s->search_dirs.n && !w->c->nostdlib; i++) {
        const char *dir = rp_with_sysroot(link, s->search_dirs.v[i]);
        if (!dir || !rp_vec_push(&link->search_dirs, dir))
            return rp_nomem(w->c->ctx);
    }
    return REAP_OK;
}

/* A file that was found, or not (path NULL); a script is expanded. `named_by`: the script that
 * named it, or NULL. */
static enum reap_status add_found(struct walk *w, const char *word, const char *path,
                                  enum rp_found_kind kind, const char *named_by, bool as_needed,
                                  bool fixed)
{
    struct rp_link *link = w->c->link;
    if (kind == RP_FOUND_PIPE) {
        enum reap_status piped = rp_note_pipe(w->c, path);
        if (piped)
            return piped;
    }
    if (!path || kind != RP_FOUND_SCRIPT || w->state.binary) {
        struct rp_input input = make_input(w, word, path);
        input.script = named_by;
        input.as_needed = input.as_needed || as_needed;
        input.fixed = input.fixed || fixed;
        return push_input(w, input);
    }
    if (w->script_depth >= MAX_SCRIPT_DEPTH)
        return rp_fail(w->c->ctx, REAP_ERR_INPUT, "linker-script-loop", rp_at(path),
                       "linker scripts are nested more than %d deep", MAX_SCRIPT_DEPTH);
    struct rp_script *s;
    enum reap_status st = rp_script_read(w->c->ctx, link, path, &s);
    if (st)
        return st;
    st = add_search_dirs(w, s);
    if (st)
        return st;
    if (!s->only_files) {
        fixed = true;
        if (!rp_vec_push(&link->scripts, path))
            return rp_nomem(w->c->ctx);
    }
    struct state outer = w->state;
    w->state.as_needed = w->state.as_needed || as_needed;
    w->script_depth++;
    st = add_script_inputs(w, s, path, fixed);
    w->script_depth--;
    w->state = outer;
    return st;
}

/* What INPUT and GROUP of a script name, in place. */
static enum reap_status add_script_inputs(struct walk *w, const struct rp_script *s,
                                          const char *path, bool fixed)
{
    enum reap_status st = REAP_OK;
    for (size_t i = 0; s->files && i < s->files->v.n && !st; i++) {
        const struct rp_script_file *f = &s->files->v.v[i];
        const char *found = NULL;
        enum rp_found_kind kind = RP_FOUND_NONE;
        switch (f->kind) {
        case RP_SF_GROUP: open_group(w); continue;
        case RP_SF_END_GROUP: close_group(w); continue;
        case RP_SF_LIB:
            st =
                rp_find_library(w->c, f->name, w->state.is_static || w->only_static, &found, &kind);
            break;
        case RP_SF_FILE: st = rp_find_script_file(w->c, f->name, path, &found, &kind); break;
        }
        if (!st)
            st = add_found(w, f->name, found, kind, path, f->as_needed, fixed);
    }
    return st;
}

static enum reap_status add_file_argument(struct walk *w, const char *word)
{
    enum rp_found_kind kind = rp_probe_file(word, NULL);
    /* lld reads response files from pipes; here such a word has not been expanded. */
    if (word[0] == '@' && word[1] && rp_probe_file(word + 1, NULL) == RP_FOUND_PIPE) {
        enum reap_status st = rp_note_pipe(w->c, word);
        if (st)
            return st;
    }
    return add_found(w, word, kind == RP_FOUND_NONE ? NULL : word, kind, NULL, false, false);
}

static enum reap_status add_library_argument(struct walk *w, const struct rp_arg *arg,
                                             const char *name)
{
    struct rp_cmdline *c = w->c;
    const char *path;
    enum rp_found_kind kind;
    const char *word =
        arg->n_words == 1 ? arg->words[0] : rp_arena_printf(&c->link->arena, "-l%s", arg->words[1]);
    if (!word)
        return rp_nomem(c->ctx);
    enum reap_status st =
        rp_find_library(c, name, w->state.is_static || w->only_static, &path, &kind);
    return st ? st : add_found(w, word, path, kind, NULL, false, false);
}

/* --just-symbols, and -R of GNU ld and gold, which is a run path when it names a folder. */
static enum reap_status add_just_symbols(struct walk *w, const char *word, bool maybe_dir)
{
    enum rp_found_kind kind = rp_probe_file(word, NULL);
    if (kind == RP_FOUND_NONE && maybe_dir)
        return REAP_OK;
    struct rp_input input = make_input(w, word, kind == RP_FOUND_NONE ? NULL : word);
    input.just_symbols = true;
    input.fixed = true;
    return push_input(w, input);
}

static enum reap_status walk_argument(struct walk *w, uint32_t i)
{
    struct rp_cmdline *c = w->c;
    struct rp_link *link = c->link;
    const struct rp_arg_option *o = &c->options.v[i];
    struct rp_arg *arg = &link->args.v[i];
    enum reap_status st = REAP_OK;
    w->arg = i;
    arg->first_input = (uint32_t)link->inputs.n;
    if (o->is_file) {
        st = add_file_argument(w, arg->words[0]);
    } else if (!o->row) {
        return REAP_OK;
    } else if (o->row->meaning == RP_O_LIBRARY && o->value) {
        st = add_library_argument(w, arg, o->value);
    } else if (o->row->meaning == RP_O_JUST_SYMBOLS && o->value) {
        st = add_just_symbols(w, o->value, false);
    } else if (o->row->meaning == RP_O_FILE_OR_DIR && o->value) {
        st = add_just_symbols(w, o->value, true);
    } else if (w->scripts[i]) {
        st = add_script_inputs(w, w->scripts[i], w->scripts[i]->path, true);
    } else {
        st = apply_state(w, o);
    }
    if (st)
        return st;
    arg->n_inputs = (uint32_t)(link->inputs.n - arg->first_input);
    for (uint32_t k = 0; k < arg->n_inputs; k++)
        if (link->inputs.v[arg->first_input + k].fixed)
            arg->kind = RP_ARG_OTHER; /* stays as written */
    return REAP_OK;
}

/* --- scripts -------------------------------------------------------------------------------- */

/* GNU ld and lld look for scripts in the current folder, then along -L. */
static enum reap_status find_script(struct rp_cmdline *c, const char *name, const char **ret,
                                    enum rp_found_kind *ret_kind)
{
    struct rp_link *link = c->link;
    enum rp_found_kind kind = rp_probe_file(name, NULL);
    const char *path = name;
    for (size_t i = 0; i < link->search_dirs.n && kind == RP_FOUND_NONE && name[0] != '/'; i++) {
        path = rp_arena_printf(&link->arena, "%s/%s", link->search_dirs.v[i], name);
        if (!path)
            return rp_nomem(c->ctx);
        kind = rp_probe_file(path, NULL);
    }
    *ret = kind == RP_FOUND_NONE ? name : path;
    *ret_kind = kind;
    return kind == RP_FOUND_PIPE ? rp_note_pipe(c, path) : REAP_OK;
}

static enum reap_status read_script(struct walk *w, const char *name, uint32_t arg)
{
    struct rp_cmdline *c = w->c;
    const char *path;
    enum rp_found_kind kind;
    enum reap_status st = find_script(c, name, &path, &kind);
    if (st || kind == RP_FOUND_PIPE)
        return st;
    st = rp_script_read(c->ctx, c->link, path, &w->scripts[arg]);
    if (st)
        return st;
    return rp_vec_push(&c->link->scripts, path) ? REAP_OK : rp_nomem(c->ctx);
}

/* Read every -T script, or the --default-script when there is none. */
static enum reap_status read_scripts(struct walk *w)
{
    struct rp_cmdline *c = w->c;
    enum reap_status st = REAP_OK;
    bool any = false;
    for (uint32_t i = 0; i < c->link->args.n && !st; i++) {
        const struct rp_arg_option *o = &c->options.v[i];
        if (!o->row || o->row->meaning != RP_O_SCRIPT || !o->value)
            continue;
        any = true;
        st = read_script(w, o->value, i);
    }
    if (!st && !any && c->default_script)
        st = read_script(w, c->default_script, (uint32_t)c->default_script_arg);
    return st;
}

/* The search path depends on the scripts (a full one takes GNU ld's own directories away, and its
 * SEARCH_DIRs count), and where scripts are found on the path: -L first, then the rest. */
static enum reap_status prepare(struct walk *w)
{
    struct rp_cmdline *c = w->c;
    struct rp_link *link = c->link;
    enum reap_status st = rp_search_dirs(c, true);
    enum rp_found_kind kind;
    bool own_script = false;
    if (!st)
        st = read_scripts(w);
    for (uint32_t i = 0; i < link->args.n && !st; i++)
        own_script = own_script || (w->scripts[i] && !w->scripts[i]->has_insert);
    link->search_dirs.n = 0;
    if (!st)
        st = rp_search_dirs(c, own_script);
    for (uint32_t i = 0; i < link->args.n && !st; i++)
        st = add_search_dirs(w, w->scripts[i]);
    for (size_t i = 0; i < link->version_scripts.n && !st; i++)
        st = find_script(c, link->version_scripts.v[i], &link->version_scripts.v[i], &kind);
    for (size_t i = 0; i < link->dynamic_lists.n && !st; i++)
        st = find_script(c, link->dynamic_lists.v[i], &link->dynamic_lists.v[i], &kind);
    return st;
}

/* GNU ld links a file that a statement of its script names without wildcards, when the command
 * line does not (manual, Input Section Basics). */
static enum reap_status add_literal_files(struct walk *w)
{
    struct rp_link *link = w->c->link;
    enum reap_status st = REAP_OK;
    if (link->flavor != RP_LINKER_BFD)
        return REAP_OK;
    for (uint32_t i = 0; i < link->args.n && !st; i++) {
        const struct rp_script *s = w->scripts[i];
        w->arg = i;
        for (size_t k = 0; s && k < s->literal_files.n && !st; k++) {
            const char *name = s->literal_files.v[k], *path;
            enum rp_found_kind kind;
            bool named = false;
            for (size_t n = 0; n < link->inputs.n && !named; n++)
                named = strcmp(link->inputs.v[n].word, name) == 0 ||
                        (link->inputs.v[n].path && strcmp(link->inputs.v[n].path, name) == 0);
            if (named || strchr(name, ':'))
                continue;
            st = rp_find_script_file(w->c, name, s->path, &path, &kind);
            if (!st && path)
                st = add_found(w, name, path, kind, s->path, false, true);
        }
    }
    return st;
}

/* The state that the line begins with. mold 1.10 takes that of the last of these options, and
 * changes it at the places of the others; -r makes it static in lld and mold. */
static bool begins_static(const struct rp_cmdline *c)
{
    enum rp_linker_flavor flavor = c->link->flavor;
    bool is_static = false;
    for (uint32_t i = 0; flavor == RP_LINKER_MOLD && i < c->options.n; i++) {
        const struct rp_option_row *row = c->options.v[i].row;
        if (row && (row->meaning == RP_O_STATIC || row->meaning == RP_O_BSTATIC ||
                    row->meaning == RP_O_MAGIC))
            is_static = true;
        else if (row && row->meaning == RP_O_BDYNAMIC)
            is_static = false;
    }
    return is_static ||
           (c->link->relocatable && (flavor == RP_LINKER_LLD || flavor == RP_LINKER_MOLD));
}

/* Whether -l finds archives alone whatever the state says: gold with -static, -n or -N anywhere
 * ("doing_static_link"), GNU ld with -r. */
static bool is_only_static(const struct rp_cmdline *c)
{
    if (c->link->flavor == RP_LINKER_BFD)
        return c->link->relocatable;
    for (uint32_t i = 0; c->link->flavor == RP_LINKER_GOLD && i < c->options.n; i++) {
        const struct rp_option_row *row = c->options.v[i].row;
        if (row && (row->meaning == RP_O_STATIC || row->meaning == RP_O_MAGIC))
            return true;
    }
    return false;
}

enum reap_status rp_cmdline_inputs(struct rp_cmdline *c)
{
    struct rp_link *link = c->link;
    struct walk w = {.c = c};
    enum reap_status st;
    w.scripts = rp_arena_zalloc(&link->arena, (link->args.n + 1) * sizeof(struct rp_script *));
    if (!w.scripts)
        return rp_nomem(c->ctx);
    w.state.is_static = begins_static(c);
    w.only_static = is_only_static(c);
    st = prepare(&w);
    for (uint32_t i = 0; i < link->args.n && !st; i++)
        st = walk_argument(&w, i);
    if (!st)
        st = add_literal_files(&w);
    /* gcc for aarch64 says -Bstatic where gcc for x86 says -static. */
    link->is_static = link->is_static || w.state.is_static;
    if (!st && link->inputs.n == 0)
        link->print_version_only = true;
    rp_vec_free(&w.saved);
    return st;
}
