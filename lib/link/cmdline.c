/* cmdline.c: a linker's command line as arguments, and the options that hold for the whole link.
 *
 * Words become arguments one after the other: the option table says what a word is and whether it
 * takes the next one. Options whose place does not matter are noted at once; the last one wins
 * where linkers let it win. What depends on the place (inputs and their state) is a second pass
 * (cmdline_inputs.c), because every -L, -m and --sysroot counts for every -l. Entry: rp_link_parse.
 */
#include "link/cmdline_impl.h"

#include "link/response.h"

#include <ctype.h>
#include <string.h>

/* --- names from values ---------------------------------------------------------------------- */

/* The argument as text for messages: "-u foo", "--wrap=malloc". NULL: out of memory. */
static const char *spelled(struct rp_link *link, const struct rp_arg *arg)
{
    if (arg->n_words == 1)
        return arg->words[0];
    return rp_arena_printf(&link->arena, "%s %s", arg->words[0], arg->words[1]);
}

/* A name that the argument gives; false when out of memory. */
static bool make_named(struct rp_link *link, const char *name, const struct rp_arg *arg,
                       struct rp_named *ret)
{
    const char *origin = spelled(link, arg);
    *ret = (struct rp_named){.name = name, .origin = origin};
    return name && origin;
}

/* --exclude-libs a,b:c */
static bool add_exclude_libs(struct rp_link *link, const char *list, const struct rp_arg *arg)
{
    while (*list) {
        size_t n = strcspn(list, ",:");
        struct rp_named named;
        if (n && (!make_named(link, rp_arena_strndup(&link->arena, list, n), arg, &named) ||
                  !rp_vec_push(&link->exclude_libs, named)))
            return false;
        list += n + (list[n] != '\0');
    }
    return true;
}

static bool is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_' || c == '.' || c == '$' || (c & 0x80);
}

static bool is_name_char(char c)
{
    return is_name_start(c) || isdigit((unsigned char)c) || c == '~' || c == '@';
}

/* The next name in an expression of GNU ld (manual, Expressions), and where the text goes on.
 * NULL at the end. Names of functions (a parenthesis follows) are left out, but their arguments
 * are names: DEFINED (f) mentions f. */
static const char *next_name(struct rp_link *link, const char **text, bool *ret_oom)
{
    const char *s = *text, *name = NULL;
    while (*s && !name) {
        if (*s == '"') {
            size_t n = strcspn(++s, "\"");
            name = rp_arena_strndup(&link->arena, s, n);
            *ret_oom = !name;
            s += n + (s[n] == '"');
        } else if (isdigit((unsigned char)*s)) {
            while (isalnum((unsigned char)*s))
                s++; /* 0x10, 4K, 0ffh */
        } else if (is_name_start(*s)) {
            size_t n = 1;
            while (is_name_char(s[n]))
                n++;
            size_t after = n + strspn(s + n, " \t");
            if (s[after] != '(' && !(n == 1 && *s == '.')) {
                name = rp_arena_strndup(&link->arena, s, n);
                *ret_oom = !name;
            }
            s += n;
        } else {
            s++;
        }
        if (*ret_oom)
            break;
    }
    *text = s;
    return name;
}

/* --defsym name=expression */
static bool add_defsym(struct rp_link *link, const char *value, const struct rp_arg *arg)
{
    const char *eq = strchr(value, '=');
    bool oom = false;
    struct rp_named named;
    const char *name;
    if (!eq)
        return true; /* the linker will refuse it */
    size_t n = (size_t)(eq - value);
    while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        n--;
    name = rp_arena_strndup(&link->arena, value, n);
    if (!make_named(link, name, arg, &named) || !rp_vec_push(&link->defsym, named) ||
        !rp_vec_push(&link->defsym_defined, named))
        return false;
    for (eq++; (name = next_name(link, &eq, &oom)) != NULL;)
        if (!make_named(link, name, arg, &named) || !rp_vec_push(&link->defsym, named))
            return false;
    return !oom;
}

/* Options that stand for globs: GNU ld's own lists for C++ (ld manual, --dynamic-list-cpp-…),
 * in mangled form. */
static bool add_export_globs(struct rp_link *link, const char *const *globs,
                             const struct rp_arg *arg)
{
    for (; *globs; globs++) {
        struct rp_named named;
        if (!make_named(link, *globs, arg, &named) || !rp_vec_push(&link->export_symbols, named))
            return false;
    }
    return true;
}

/* --- plugins -------------------------------------------------------------------------------- */

/* reap.so, libreap.so, reap.so.0, reap-debug.so: Reap's own plugin, which is not for the final
 * link. */
static bool is_own_plugin(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    if (strncmp(base, "lib", 3) == 0)
        base += 3;
    return strncmp(base, "reap", 4) == 0 && (base[4] == '\0' || base[4] == '.' || base[4] == '-');
}

/* --- options whose place does not matter ---------------------------------------------------- */

static bool apply_z(struct rp_link *link, const char *value)
{
    if (strcmp(value, "muldefs") == 0) {
        link->muldefs = true;
    } else if (strcmp(value, "start-stop-gc") == 0 || strcmp(value, "nostart-stop-gc") == 0) {
        link->start_stop_gc = value[0] == 's';
        link->start_stop_gc_set = true;
    }
    return true;
}

/* Flags of the link. True when the option is one of them. */
static bool apply_flag(struct rp_cmdline *c, const struct rp_found *f, struct rp_arg *arg)
{
    struct rp_link *link = c->link;
    switch (f->row->meaning) {
    case RP_O_PROBE: link->print_version_only = true; break;
    case RP_O_SHARED: link->shared = link->shared || !f->value; break; /* "-G 8" is no -shared */
    case RP_O_PIE: link->pie = true; break;
    case RP_O_NO_PIE: link->pie = false; break;
    case RP_O_RELOCATABLE: link->relocatable = true; break;
    case RP_O_EMIT_RELOCS: link->emit_relocs = true; break;
    case RP_O_STRIP_DEBUG: link->strip_debug = true; break;
    case RP_O_STRIP_ALL: link->strip_all = true; break;
    case RP_O_NO_DYNAMIC_LINKER: link->no_dynamic_linker = true; break;
    case RP_O_BSYMBOLIC: link->bsymbolic = true; break;
    case RP_O_NO_BSYMBOLIC: link->bsymbolic = false; break;
    case RP_O_MULDEFS: link->muldefs = true; break;
    case RP_O_NO_MULDEFS: link->muldefs = false; break;
    case RP_O_GC:
    case RP_O_NO_GC:
        link->gc_sections = f->row->meaning == RP_O_GC;
        arg->kind = RP_ARG_DROP; /* Reap decides instead of the linker */
        break;
    case RP_O_PRINT_GC:
    case RP_O_NO_PRINT_GC:
        link->print_gc_sections = f->row->meaning == RP_O_PRINT_GC;
        arg->kind = RP_ARG_DROP;
        break;
    case RP_O_GC_KEEP_EXPORTED: link->keep_exported = true; break;
    case RP_O_EXPORT_DYNAMIC: link->export_dynamic = true; break;
    case RP_O_NO_EXPORT_DYNAMIC: link->export_dynamic = false; break;
    case RP_O_NOSTDLIB: c->nostdlib = true; break;
    case RP_O_STATIC:
        link->is_static = true;
        arg->kind = RP_ARG_STATE;
        break;
    case RP_O_BSTATIC:
    case RP_O_BDYNAMIC:
    case RP_O_HPUX_A:
    case RP_O_MAGIC:
    case RP_O_FORMAT:
    case RP_O_WHOLE_ARCHIVE:
    case RP_O_NO_WHOLE_ARCHIVE:
    case RP_O_AS_NEEDED:
    case RP_O_NO_AS_NEEDED:
    case RP_O_START_GROUP:
    case RP_O_END_GROUP:
    case RP_O_START_LIB:
    case RP_O_END_LIB:
    case RP_O_PUSH_STATE:
    case RP_O_POP_STATE: arg->kind = RP_ARG_STATE; break;
    default: return false;
    }
    return true;
}

/* Options with a value that names something to keep. */
static bool apply_root(struct rp_cmdline *c, const struct rp_found *f, struct rp_arg *arg,
                       bool *ret_known)
{
    static const char *const everything[] = {"*", NULL};
    static const char *const cpp_new[] = {"_Znw*", "_Zna*", "_Zdl*", "_Zda*", NULL};
    static const char *const cpp_typeinfo[] = {"_ZTI*", "_ZTS*", NULL};
    struct rp_link *link = c->link;
    struct rp_named named;
    *ret_known = true;
    switch (f->row->meaning) {
    case RP_O_UNDEFINED:
        return make_named(link, f->value, arg, &named) && rp_vec_push(&link->undefined, named);
    case RP_O_UNDEFINED_GLOB:
        return make_named(link, f->value, arg, &named) &&
               rp_vec_push(&link->undefined_globs, named);
    case RP_O_WRAP:
        return make_named(link, f->value, arg, &named) && rp_vec_push(&link->wrap, named);
    case RP_O_DEFSYM: return add_defsym(link, f->value, arg);
    case RP_O_EXPORT_SYMBOL:
        return make_named(link, f->value, arg, &named) && rp_vec_push(&link->export_symbols, named);
    case RP_O_EXCLUDE_LIBS: return add_exclude_libs(link, f->value, arg);
    case RP_O_DYNAMIC_LIST: return rp_vec_push(&link->dynamic_lists, f->value);
    case RP_O_DYNAMIC_LIST_DATA:
        /* Only data symbols are meant; which ones are data is not known here. */
        link->dynamic_list_data = true;
        return add_export_globs(link, everything, arg);
    case RP_O_DYNAMIC_LIST_CPP_NEW: return add_export_globs(link, cpp_new, arg);
    case RP_O_DYNAMIC_LIST_CPP_TYPEINFO: return add_export_globs(link, cpp_typeinfo, arg);
    case RP_O_VERSION_SCRIPT: return rp_vec_push(&link->version_scripts, f->value);
    case RP_O_RETAIN: return rp_vec_push(&link->retain_files, f->value);
    default: *ret_known = false; return true;
    }
}

/* The other options with a value. */
static bool apply_value(struct rp_cmdline *c, const struct rp_found *f, struct rp_arg *arg)
{
    struct rp_link *link = c->link;
    switch (f->row->meaning) {
    case RP_O_OUTPUT:
        link->output = f->value;
        arg->kind = RP_ARG_OUTPUT;
        break;
    case RP_O_ENTRY: link->entry = f->value; break;
    case RP_O_INIT: link->init = f->value; break;
    case RP_O_FINI: link->fini = f->value; break;
    case RP_O_EMULATION: link->emulation = f->value; break;
    case RP_O_SYSROOT: link->sysroot = f->value; break;
    case RP_O_Z: return apply_z(link, f->value);
    case RP_O_DEFAULT_PATH: c->default_path = f->value; break;
    case RP_O_DEFAULT_SCRIPT:
        c->default_script = f->value;
        c->default_script_arg = link->args.n; /* the argument that is being made */
        break;
    case RP_O_LIBRARY: arg->kind = RP_ARG_INPUT; break;
    case RP_O_PLUGIN:
        c->dropping_plugin = is_own_plugin(f->value);
        if (c->dropping_plugin)
            arg->kind = RP_ARG_DROP;
        break;
    case RP_O_PLUGIN_OPT:
        if (c->dropping_plugin)
            arg->kind = RP_ARG_DROP;
        break;
    default: break;
    }
    return true;
}

static bool takes_value(const struct rp_option_row *row)
{
    return row->value == RP_V_ARG || row->value == RP_V_SEPARATE || row->value == RP_V_EQUALS;
}

static enum reap_status apply(struct rp_cmdline *c, const struct rp_found *f, struct rp_arg *arg)
{
    struct rp_link *link = c->link;
    bool known;
    if (f->row->meaning == RP_O_UNMODELLED && !link->pass_through_why) {
        link->pass_through_why =
            rp_arena_printf(&link->arena, "%s: %s", arg->words[0], f->row->why);
        if (!link->pass_through_why)
            return rp_nomem(c->ctx);
    }
    /* A value that is missing at the very end: the linker will say so. */
    if (takes_value(f->row) && !f->value)
        return REAP_OK;
    if (apply_flag(c, f, arg))
        return REAP_OK;
    if (!apply_root(c, f, arg, &known) || (!known && !apply_value(c, f, arg)))
        return rp_nomem(c->ctx);
    return REAP_OK;
}

/* --- words into arguments ------------------------------------------------------------------- */

/* A cluster of short options ("-rs") is one argument; each option in it is applied, and the last
 * one is what the argument is. */
static enum reap_status parse_option(struct rp_cmdline *c, struct rp_arg *arg,
                                     struct rp_arg_option *opt, const char *next)
{
    const char *word = arg->words[0], *rest;
    for (;;) {
        struct rp_found f = rp_option_find(c->link->flavor, word, next, &rest);
        if (!f.row)
            return REAP_OK; /* unknown: passed on, and takes nothing with it */
        *opt = (struct rp_arg_option){.row = f.row, .value = f.value, .negated = f.negated};
        arg->n_words = f.takes_next ? 2 : 1;
        enum reap_status st = apply(c, &f, arg);
        if (st || !rest)
            return st;
        word = rp_arena_printf(&c->link->arena, "-%s", rest);
        if (!word)
            return rp_nomem(c->ctx);
    }
}

static enum reap_status parse_words(struct rp_cmdline *c)
{
    struct rp_link *link = c->link;
    for (size_t i = 0; i < c->n_words;) {
        struct rp_arg arg = {.kind = RP_ARG_OTHER, .words = c->words + i, .n_words = 1};
        struct rp_arg_option opt = {0};
        const char *word = c->words[i];
        if (word[0] == '-' && word[1] != '\0') {
            enum reap_status st = parse_option(c, &arg, &opt, c->words[i + 1]);
            if (st)
                return st;
        } else {
            arg.kind = RP_ARG_INPUT;
            opt.is_file = true;
        }
        if (!rp_vec_push(&link->args, arg) || !rp_vec_push(&c->options, opt))
            return rp_nomem(c->ctx);
        i += arg.n_words;
    }
    return REAP_OK;
}

enum reap_status rp_link_parse(struct rp_ctx *ctx, struct rp_link *ret,
                               enum rp_linker_flavor flavor, int argc, const char *const *argv)
{
    struct rp_cmdline c = {.ctx = ctx, .link = ret};
    *ret = (struct rp_link){
        .flavor = flavor, .output = "a.out", .init = "_init", .fini = "_fini", .sysroot = ""};
    enum reap_status st = rp_response_expand(ctx, &ret->arena, argc > 0 ? (size_t)argc : 0, argv,
                                             &c.words, &c.n_words);
    if (!st)
        st = parse_words(&c);
    if (!st)
        st = rp_cmdline_inputs(&c);
    if (st)
        rp_link_free(ret);
    rp_vec_free(&c.options);
    return st;
}

void rp_link_free(struct rp_link *link)
{
    rp_vec_free(&link->args);
    rp_vec_free(&link->inputs);
    rp_vec_free(&link->undefined);
    rp_vec_free(&link->undefined_globs);
    rp_vec_free(&link->wrap);
    rp_vec_free(&link->defsym);
    rp_vec_free(&link->defsym_defined);
    rp_vec_free(&link->export_symbols);
    rp_vec_free(&link->exclude_libs);
    rp_vec_free(&link->dynamic_lists);
    rp_vec_free(&link->version_scripts);
    rp_vec_free(&link->scripts);
    rp_vec_free(&link->retain_files);
    rp_vec_free(&link->search_dirs);
    rp_arena_free(&link->arena);
    *link = (struct rp_link){0};
}
