/* resolve_names.c: names as ids, and the names that options and scripts ask for.
 *
 * Why: the modes compare names millions of times; with ids that is array access. How: names are
 * hashed in parallel by whoever has many (rp_res_hash), and entered one after the other, so that
 * ids do not depend on timing. "foo@@V", the default version that .symver makes, is entered as
 * "foo", because references to plain foo bind to it (ld manual, VERSION; the same in lld's symbol
 * table); "foo@V" stays a name of its own.
 *
 * The names of --wrap are entered first: the ids up to n_redirect index a table that maps a
 * reference (foo to __wrap_foo, __real_foo to foo; ld manual, --wrap).
 */
#include "link/resolve_internal.h"

struct name_hash rp_res_hash(const char *name)
{
    size_t len = strlen(name);
    const char *at = memchr(name, '@', len);
    /* a name that starts with "@@" has no stem */
    if (at && at != name && at[1] == '@')
        len = (size_t)(at - name);
    if (len > UINT32_MAX)
        len = UINT32_MAX;
    return (struct name_hash){.hash = rp_hash(name, len), .len = (uint32_t)len};
}

rp_id rp_res_intern_h(struct resolver *r, const char *name, struct name_hash h)
{
    struct rp_model *m = r->model;
    uint32_t *slot = rp_strmap_put_h(&m->global_map, name, h.len, h.hash);
    if (!slot)
        return 0;
    if (!*slot) {
        struct rp_global g = {.name = name, .name_len = h.len};
        if (m->globals.n >= UINT32_MAX - 1 || !rp_vec_push(&m->globals, g))
            return 0;
        *slot = (uint32_t)m->globals.n;
    }
    return *slot;
}

void rp_res_fetch(const struct resolver *r, const struct name_hash *h, uint32_t k, uint32_t n)
{
    const struct rp_strmap *m = &r->model->global_map;
    if (k < n)
        rp_strmap_fetch_slot(m, h[k].hash);
    if (k >= RP_RES_AHEAD / 2 && k - RP_RES_AHEAD / 2 < n)
        rp_strmap_fetch_key(m, h[k - RP_RES_AHEAD / 2].hash);
}

rp_id rp_res_intern(struct resolver *r, const char *name)
{
    return rp_res_intern_h(r, name, rp_res_hash(name));
}

bool rp_res_versioned_name(struct resolver *r, const char *name, rp_id *ret_id)
{
    const char *at = strchr(name, '@');
    *ret_id = 0;
    if (!at || at == name || at[1] != '@')
        return true;
    const char *single =
        rp_arena_printf(&r->model->arena, "%.*s%s", (int)(at - name), name, at + 1);
    *ret_id = single ? rp_res_intern(r, single) : 0;
    return *ret_id != 0;
}

/* --- options --------------------------------------------------------------------------------- */

static bool is_switch(const char *word, const char *name)
{
    return word[0] == '-' && strcmp(word + (word[1] == '-' ? 2 : 1), name) == 0;
}

static void read_switch(struct resolver *r, const char *word)
{
    if (is_switch(word, "plugin") || strncmp(word, "-plugin=", 8) == 0 ||
        strncmp(word, "--plugin=", 9) == 0)
        r->plugin = true;
    else if (is_switch(word, "fat-lto-objects"))
        r->fat_lto = true;
    else if (is_switch(word, "no-fat-lto-objects"))
        r->fat_lto = false;
    else if (is_switch(word, "fortran-common"))
        r->fortran_common = true;
    else if (is_switch(word, "no-fortran-common"))
        r->fortran_common = false;
}

void rp_res_read_switches(struct resolver *r)
{
    /* lld looks for definitions of common symbols in archives by default up to 18 */
    r->fortran_common = r->opts->lld_major != 0 && r->opts->lld_major < 19;
    for (size_t i = 0; i < r->link->args.n; i++) {
        const struct rp_arg *a = &r->link->args.v[i];
        if (a->n_words > 0)
            read_switch(r, a->words[0]);
    }
}

static enum reap_status add_wraps(struct resolver *r)
{
    struct rp_arena *arena = &r->model->arena;
    const size_t n = r->link->wrap.n;
    for (size_t i = 0; i < n; i++) {
        const char *name = r->link->wrap.v[i].name;
        const char *wrap = rp_arena_printf(arena, "__wrap_%s", name);
        const char *real = rp_arena_printf(arena, "__real_%s", name);
        if (!wrap || !real || !rp_res_intern(r, name) || !rp_res_intern(r, wrap) ||
            !rp_res_intern(r, real))
            return rp_nomem(r->ctx);
    }
    r->n_redirect = (rp_id)r->model->globals.n;
    r->redirect = calloc((size_t)r->n_redirect + 1, sizeof *r->redirect);
    if (!r->redirect)
        return rp_nomem(r->ctx);
    for (rp_id g = 1; g <= r->n_redirect; g++)
        r->redirect[g] = g;
    for (size_t i = 0; i < n; i++) {
        const char *name = r->link->wrap.v[i].name;
        const char *wrap = rp_arena_printf(arena, "__wrap_%s", name);
        const char *real = rp_arena_printf(arena, "__real_%s", name);
        if (!wrap || !real)
            return rp_nomem(r->ctx);
        rp_id g = rp_res_intern(r, name);
        r->redirect[g] = rp_res_intern(r, wrap);
        r->redirect[rp_res_intern(r, real)] = g;
    }
    return REAP_OK;
}

#define PUSH_NAME(r, list, string)                                                                 \
    do {                                                                                           \
        rp_id pushed = rp_res_intern(r, string);                                                   \
        if (!pushed || !rp_vec_push(&(r)->list, pushed))                                           \
            return rp_nomem((r)->ctx);                                                             \
    } while (0)

/* --defsym A=B: the line model lists both sides, and the left ones again. A name that stands more
 * often in the first list than in the second is on a right side. */
static enum reap_status add_defsyms(struct resolver *r)
{
    const struct rp_link *link = r->link;
    for (size_t i = 0; i < link->defsym_defined.n; i++)
        PUSH_NAME(r, linker_defined, link->defsym_defined.v[i].name);
    for (size_t i = 0; i < link->defsym.n; i++) {
        const char *name = link->defsym.v[i].name;
        int balance = 0;
        for (size_t k = 0; k < link->defsym.n; k++)
            balance += strcmp(link->defsym.v[k].name, name) == 0;
        for (size_t k = 0; k < link->defsym_defined.n; k++)
            balance -= strcmp(link->defsym_defined.v[k].name, name) == 0;
        if (balance > 0)
            PUSH_NAME(r, mentioned, name);
    }
    return REAP_OK;
}

static enum reap_status add_provide(struct resolver *r, const struct rp_script *s,
                                    const struct rp_script_symbol *sym)
{
    struct provide p = {.first = (uint32_t)r->provide_mentions.n,
                        .n = sym->n_mentions,
                        .in_sections = sym->in_sections};
    p.name = rp_res_intern(r, sym->name);
    if (!p.name || !rp_vec_push(&r->provides, p))
        return rp_nomem(r->ctx);
    for (uint32_t i = 0; i < sym->n_mentions; i++)
        PUSH_NAME(r, provide_mentions, s->mentioned.v[sym->first_mention + i].name);
    return REAP_OK;
}

static enum reap_status add_script(struct resolver *r, const struct rp_script *s)
{
    for (size_t i = 0; i < s->externs.n; i++)
        PUSH_NAME(r, requested, s->externs.v[i].name);

    bool *provided = calloc(s->mentioned.n + 1, sizeof *provided);
    if (!provided)
        return rp_nomem(r->ctx);
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < s->defined.n && !st; i++) {
        const struct rp_script_symbol *sym = &s->defined.v[i];
        if (sym->provide) {
            st = add_provide(r, s, sym);
            for (uint32_t k = 0; k < sym->n_mentions; k++)
                provided[sym->first_mention + k] = true;
        } else {
            rp_id g = rp_res_intern(r, sym->name);
            if (!g || !(sym->in_sections ? rp_vec_push(&r->section_defined, g)
                                         : rp_vec_push(&r->linker_defined, g)))
                st = rp_nomem(r->ctx);
        }
    }
    for (size_t i = 0; i < s->mentioned.n && !st; i++) {
        if (provided[i])
            continue;
        rp_id g = rp_res_intern(r, s->mentioned.v[i].name);
        if (!g || !rp_vec_push(&r->script_mentions, g))
            st = rp_nomem(r->ctx);
    }
    free(provided);
    return st;
}

/* The entry symbol that the linker looks for: -e, then ENTRY(), then _start. GNU ld alone wants
 * none in a shared library (observed with bfd 2.40, gold 2.40, lld 14 and 19, mold 1.10). */
static enum reap_status add_entry(struct resolver *r)
{
    const char *entry = r->link->entry;
    for (size_t i = 0; i < r->opts->n_scripts && !entry; i++)
        entry = r->opts->scripts[i]->entry;
    bool bfd = r->opts->mode == RP_RESOLVE_GNU && !r->opts->gold;
    if (!entry && !r->link->relocatable && !(r->link->shared && bfd))
        entry = "_start";
    if (!entry)
        return REAP_OK;
    r->entry = rp_res_intern(r, entry);
    return r->entry ? REAP_OK : rp_nomem(r->ctx);
}

enum reap_status rp_res_option_names(struct resolver *r)
{
    enum reap_status st = add_wraps(r); /* first: their ids are the smallest */
    if (st)
        return st;
    for (size_t i = 0; i < r->link->undefined.n; i++)
        PUSH_NAME(r, requested, r->link->undefined.v[i].name);
    st = add_defsyms(r);
    for (size_t i = 0; i < r->opts->n_scripts && !st; i++)
        st = add_script(r, r->opts->scripts[i]);
    return st ? st : add_entry(r);
}
