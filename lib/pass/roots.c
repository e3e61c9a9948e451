/* roots.c: what is needed though no live code refers to it.
 *
 * Each root has a reason and a detail that names its origin (an option, a script's line), because
 * "why is this live" ends here. This file has the roots that are names: of the command line, of
 * scripts, of rules, of the linker itself. Exported names and sections have files of their own.
 *
 * Entry: rp_roots.
 */
#include "pass/roots.h"

#include "util/glob.h"

#include <stdlib.h>
#include <string.h>

enum reap_status rp_root_add(struct rp_roots_state *st, rp_id node, unsigned reason,
                             const char *detail)
{
    struct rp_root r = {node, reason, detail ? detail : "", true, false};
    if (!node)
        return REAP_OK;
    return rp_vec_push(&st->m->roots, r) ? REAP_OK : rp_nomem(st->m->ctx);
}

const char *rp_root_detail(struct rp_roots_state *st, const char *what, const char *name)
{
    const char *s = rp_arena_printf(&st->m->arena, "%s %s", what, name);
    return s ? s : what;
}

enum reap_status rp_root_global(struct rp_roots_state *st, rp_id global, unsigned reason,
                                const char *detail)
{
    if (!global)
        return REAP_OK;
    rp_id node = rp_global_node(st->m, global);
    if (!node && st->job->level == RP_LEVEL_FULL)
        node = rp_global_of(st->m, global)->set;
    return rp_root_add(st, node, reason, detail);
}

enum reap_status rp_root_name(struct rp_roots_state *st, const char *name, unsigned reason,
                              const char *detail)
{
    return name ? rp_root_global(st, rp_model_find_global(st->m, name), reason, detail) : REAP_OK;
}

/* --- the command line ------------------------------------------------------------------------ */

static enum reap_status entry_root(struct rp_roots_state *st)
{
    const struct rp_link *link = st->job->link;
    if (link->entry) {
        char *end;
        strtoull(link->entry, &end, 0);
        if (*link->entry && !*end) /* an address (GNU ld manual, ENTRY) */
            return REAP_OK;
        return rp_root_name(st, link->entry, RP_ROOT_ENTRY,
                            rp_root_detail(st, "--entry", link->entry));
    }
    bool from_script = false;
    for (size_t i = 0; i < st->job->n_scripts; i++) {
        const struct rp_script *s = st->job->scripts[i];
        if (!s->entry)
            continue;
        from_script = true;
        const char *detail =
            rp_arena_printf(&st->m->arena, "ENTRY(%s) %s:%u", s->entry, s->path, s->entry_line);
        enum reap_status rc = rp_root_name(st, s->entry, RP_ROOT_ENTRY, detail);
        if (rc)
            return rc;
    }
    if (from_script || link->relocatable)
        return REAP_OK;
    return rp_root_name(st, "_start", RP_ROOT_ENTRY, "entry _start");
}

static enum reap_status init_fini_roots(struct rp_roots_state *st)
{
    const struct rp_link *link = st->job->link;
    const char *init = link->init ? link->init : "_init", *fini = link->fini ? link->fini : "_fini";
    enum reap_status rc =
        rp_root_name(st, init, RP_ROOT_INIT_FINI, rp_root_detail(st, "-init", init));
    return rc ? rc : rp_root_name(st, fini, RP_ROOT_INIT_FINI, rp_root_detail(st, "-fini", fini));
}

/* Every global whose name matches. */
static enum reap_status root_glob(struct rp_roots_state *st, const char *glob, unsigned reason,
                                  const char *detail)
{
    if (!rp_glob_has_wildcard(glob))
        return rp_root_name(st, glob, reason, detail);
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < st->m->globals.n && !rc; i++)
        if (rp_glob_match(glob, st->m->globals.v[i].name))
            rc = rp_root_global(st, (rp_id)i + 1, reason, detail);
    return rc;
}

static bool is_defsym_defined(const struct rp_link *link, const char *name)
{
    for (size_t i = 0; i < link->defsym_defined.n; i++)
        if (strcmp(link->defsym_defined.v[i].name, name) == 0)
            return true;
    return false;
}

static enum reap_status option_roots(struct rp_roots_state *st)
{
    const struct rp_link *link = st->job->link;
    bool full = st->job->level == RP_LEVEL_FULL;
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < link->undefined.n && !rc; i++)
        rc = rp_root_name(st, link->undefined.v[i].name, RP_ROOT_UNDEFINED_OPTION,
                          link->undefined.v[i].origin);
    /* lld loads what --undefined-glob matches, but does not keep it; GNU-style -u means both */
    for (size_t i = 0; full && i < link->undefined_globs.n && !rc; i++)
        rc = root_glob(st, link->undefined_globs.v[i].name, RP_ROOT_UNDEFINED_OPTION,
                       link->undefined_globs.v[i].origin);
    /* the left side of --defsym takes the place of a definition; linkers let that one go */
    for (size_t i = 0; i < link->defsym.n && !rc; i++)
        if (full || !is_defsym_defined(link, link->defsym.v[i].name))
            rc = rp_root_name(st, link->defsym.v[i].name, RP_ROOT_SCRIPT_SYMBOL,
                              link->defsym.v[i].origin);
    /* --wrap needs none: what refers to a wrapped name is redirected before the marking as the
     * linker will do it (link/resolve.h; edges.c for lld) */
    return rc;
}

/* Whether a script's PROVIDE takes place: somebody asks for the name, and no object defines it (ld
 * manual, PROVIDE). */
static bool is_provided(const struct rp_roots_state *st, const struct rp_script_symbol *sym)
{
    const unsigned asked =
        RP_GLOB_REFERENCED | RP_GLOB_SHARED_REF | RP_GLOB_UNTOUCHED_REF | RP_GLOB_LAZY;
    const struct rp_link *link = st->job->link;
    rp_id global = rp_model_find_global(st->m, sym->name);
    const struct rp_global *g = global ? rp_global_of(st->m, global) : NULL;
    if (g && g->def_file && rp_file_of(st->m, g->def_file)->kind == RP_FILE_OBJECT)
        return false;
    for (size_t i = 0; i < link->undefined.n; i++)
        if (strcmp(link->undefined.v[i].name, sym->name) == 0)
            return true;
    return g && g->flags & asked;
}

/* Mentions in the value of a PROVIDE count only when it takes place; *idle has a byte a mention.
 * A PROVIDE may be what another one mentions, hence the repetition. */
static void find_idle_mentions(const struct rp_roots_state *st, const struct rp_script *s,
                               uint8_t *idle)
{
    for (size_t i = 0; i < s->defined.n; i++)
        if (s->defined.v[i].provide)
            memset(idle + s->defined.v[i].first_mention, 1, s->defined.v[i].n_mentions);
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < s->defined.n; i++) {
            const struct rp_script_symbol *sym = &s->defined.v[i];
            if (!sym->provide || !sym->n_mentions || !idle[sym->first_mention])
                continue;
            bool needed = is_provided(st, sym);
            for (size_t k = 0; k < s->mentioned.n && !needed; k++)
                needed = !idle[k] && strcmp(s->mentioned.v[k].name, sym->name) == 0;
            if (!needed)
                continue;
            memset(idle + sym->first_mention, 0, sym->n_mentions);
            again = true;
        }
    }
}

static enum reap_status script_roots(struct rp_roots_state *st)
{
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < st->job->n_scripts && !rc; i++) {
        const struct rp_script *s = st->job->scripts[i];
        uint8_t *idle = calloc(s->mentioned.n + 1, 1);
        if (!idle)
            return rp_nomem(st->m->ctx);
        find_idle_mentions(st, s, idle);
        for (size_t k = 0; k < s->externs.n && !rc; k++)
            rc = rp_root_name(st, s->externs.v[k].name, RP_ROOT_UNDEFINED_OPTION,
                              s->externs.v[k].origin);
        for (size_t k = 0; k < s->mentioned.n && !rc; k++)
            if (!idle[k])
                rc = rp_root_name(st, s->mentioned.v[k].name, RP_ROOT_SCRIPT_SYMBOL,
                                  s->mentioned.v[k].origin);
        /* DEFINED(x) needs nothing of x, but GNU ld, gold and lld 14 answer 1 even when they
         * collect x. A definition that Reap takes away would turn the answer. */
        for (size_t k = 0; st->job->level == RP_LEVEL_FULL && k < s->tested.n && !rc; k++)
            rc =
                rp_root_name(st, s->tested.v[k].name, RP_ROOT_SCRIPT_SYMBOL, s->tested.v[k].origin);
        free(idle);
    }
    return rc;
}

/* --- rules ----------------------------------------------------------------------------------- */

/* Definitions of a local name; static functions may be kept too. */
static enum reap_status root_locals(struct rp_roots_state *st, const struct rp_rule *rule,
                                    unsigned reason)
{
    struct rp_model *m = st->m;
    bool wild = rp_glob_has_wildcard(rule->glob);
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < m->files.n && !rc; i++) {
        const struct rp_file *f = &m->files.v[i];
        for (uint32_t sym = 1; f->sec_base && sym < f->elf.first_global && !rc; sym++) {
            uint32_t shndx = rp_sym_shndx(&f->elf, sym);
            if (shndx == 0 || shndx >= f->elf.n_sections ||
                rp_sym_type(&f->elf.syms[sym]) == STT_SECTION)
                continue;
            const char *name = rp_elf_symname(&f->elf, sym);
            if (wild ? rp_glob_match(rule->glob, name) : strcmp(rule->glob, name) == 0)
                rc = rp_root_add(st, rp_node_at(m, f->sec_base + shndx, f->elf.syms[sym].value),
                                 reason, rule->origin);
        }
    }
    return rc;
}

static bool is_option(const struct rp_rule *r)
{
    return r->origin && r->origin[0] == '-';
}

static enum reap_status rule_roots(struct rp_roots_state *st)
{
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; st->job->rules && i < st->job->rules->rules.n && !rc; i++) {
        const struct rp_rule *r = &st->job->rules->rules.v[i];
        unsigned reason = is_option(r) ? RP_ROOT_OPTION : RP_ROOT_RULE;
        if (r->kind == RP_RULE_KEEP_SYMBOL || r->kind == RP_RULE_EXPORT)
            rc = root_glob(st, r->glob, reason, r->origin);
        if (r->kind == RP_RULE_KEEP_SYMBOL && !rc)
            rc = root_locals(st, r, reason);
    }
    return rc;
}

/* --- the linker itself ----------------------------------------------------------------------- */

/* Names that a linker looks up by itself while it links, once `when` is referred to. TLS accesses
 * need no entry: on all three machines the instruction sequences that call __tls_get_addr name it
 * in a relocation of their own, and _GLOBAL_OFFSET_TABLE_, _TLS_MODULE_BASE_ and the like are
 * defined by the linker. */
static const struct {
    const char *name, *when, *why;
} linker_refs[] = {
    /* split stacks: calls from split code to code compiled without go through another prologue
     * (gold, GNU ld and lld replace the one by the other) */
    {"__morestack_non_split", "__morestack", "the linker may call it in place of __morestack"},
};

static enum reap_status linker_roots(struct rp_roots_state *st)
{
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < sizeof linker_refs / sizeof linker_refs[0] && !rc; i++) {
        rp_id when = rp_model_find_global(st->m, linker_refs[i].when);
        if (when && rp_global_of(st->m, when)->flags & RP_GLOB_REFERENCED)
            rc = rp_root_name(st, linker_refs[i].name, RP_ROOT_LINKER_REF, linker_refs[i].why);
    }
    return rc;
}

static enum reap_status default_api_roots(struct rp_roots_state *st)
{
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < st->m->globals.n && !rc; i++)
        rc = rp_root_add(st, rp_global_node(st->m, (rp_id)i + 1), RP_ROOT_DEFAULT_API,
                         "no roots were given: every global symbol");
    return rc;
}

enum reap_status rp_roots(struct rp_model *m, struct rp_job *job)
{
    struct rp_roots_state st = {m, job};
    enum reap_status rc = entry_root(&st);
    if (!rc)
        rc = init_fini_roots(&st);
    if (!rc) /* -u, --defsym */
        rc = option_roots(&st);
    if (!rc) /* EXTERN, expressions */
        rc = script_roots(&st);
    if (!rc) /* --keep-symbol, --export, rule files */
        rc = rule_roots(&st);
    if (!rc) /* init arrays, notes, KEEP, retained and debug sections, untouched files */
        rc = rp_root_sections(&st);
    if (!rc) /* dynamic symbols, shared libraries, --export-from */
        rc = rp_root_exports(&st);
    if (!rc && job->level == RP_LEVEL_LINKER)
        rc = rp_root_eh_frames(&st);
    if (!rc && job->level == RP_LEVEL_FULL)
        rc = linker_roots(&st);
    if (!rc && job->default_api_roots)
        rc = default_api_roots(&st);
    return rc;
}
