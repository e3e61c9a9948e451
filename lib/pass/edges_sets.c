/* edges_sets.c: sets of sections that a symbol of the linker or of its script brackets.
 *
 * Why: nothing refers to the elements of such a table. Code walks from `__start_X` to `__stop_X`
 * (GNU ld manual, "Input Section Example"; sections named by a C identifier), or between symbols
 * that a script or a rule file sets around the table's input sections.
 *
 * How: a set is a synthetic node with an edge to each member. The symbols point to it by way of
 * `target`, the table by which relocations are resolved, so that the marking needs to know nothing
 * of it. Only sets that some name of the link asks for are made.
 *
 * Entry: rp_sets_make.
 */
#include "pass/edges.h"

#include "util/glob.h"
#include "util/pool.h"

#include <ctype.h>
#include <string.h>

bool rp_is_c_identifier(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

/* --- matching against scripts ---------------------------------------------------------------- */

enum { CHUNK = 1024 };

struct match_state {
    const struct rp_model *m;
    const struct rp_script *script;
    bool tables_only;
    uint32_t *stmt;
};

static bool is_generic(const struct rp_script *s, uint32_t stmt, uint32_t pattern)
{
    return stmt < s->stmts.n && pattern < s->stmts.v[stmt].n_sections &&
           s->stmts.v[stmt].sections[pattern].generic;
}

static enum reap_status match_chunk(void *arg, size_t chunk)
{
    struct match_state *st = arg;
    const struct rp_model *m = st->m;
    size_t end = (chunk + 1) * CHUNK;
    rp_id viewed = 0;
    uint8_t *view = malloc(rp_script_view_size(st->script));
    if (!view)
        return rp_nomem(m->ctx);
    for (size_t id = chunk * CHUNK; id < end && id <= m->n_section_ids; id++) {
        st->stmt[id] = UINT32_MAX;
        if (!m->sections[id].n_nodes)
            continue;
        const struct rp_file *f = rp_section_file(m, (rp_id)id);
        if (viewed != m->sections[id].file)
            rp_script_view(st->script, f->path, f->member, view);
        viewed = m->sections[id].file;
        uint32_t pattern = 0;
        uint32_t stmt = rp_script_match_view(st->script, view, rp_section_name(m, (rp_id)id),
                                             rp_shdr_of(m, (rp_id)id)->flags, &pattern);
        if (!st->tables_only || !is_generic(st->script, stmt, pattern))
            st->stmt[id] = stmt;
    }
    free(view);
    return REAP_OK;
}

enum reap_status rp_match_sections(const struct rp_model *m, const struct rp_script *s,
                                   bool tables_only, uint32_t **ret)
{
    struct match_state st = {m, s, tables_only,
                             malloc(((size_t)m->n_section_ids + 1) * sizeof(uint32_t))};
    if (!st.stmt)
        return rp_nomem(m->ctx);
    enum reap_status rc = rp_parallel(m->ctx, m->n_section_ids / CHUNK + 1, match_chunk, &st);
    if (rc)
        free(st.stmt);
    else
        *ret = st.stmt;
    return rc;
}

/* --- sets ------------------------------------------------------------------------------------ */

struct sets_state {
    struct rp_model *m;
    const struct rp_job *job;
    rp_id *target;
    struct rp_set_edges *edges;
    struct rp_strmap names; /* section name -> set index + 1, of start-stop sets */
    bool any_dotted;        /* .startof. or .sizeof. of a name that is no C identifier */
    /* per bracket symbol that several brackets or a definition share */
    RP_VEC(struct symbol_set) symbols;
};

struct symbol_set {
    rp_id global;
    rp_id set_node; /* of the bracket */
};

static bool is_member(const struct rp_model *m, rp_id section)
{
    const struct rp_section *s = &m->sections[section];
    return s->n_nodes && (s->flags & RP_SEC_ALLOC);
}

/* A new set node; 0 when out of memory. */
static rp_id add_set(struct sets_state *st, const char *name)
{
    struct rp_model *m = st->m;
    rp_id node = (rp_id)m->nodes.n;
    struct rp_set set = {name, node};
    struct rp_node n = {0, RP_NODE_SET, m->sets.n, 0};
    if (!name || !rp_vec_push(&m->sets, set) || !rp_vec_push(&m->nodes, n))
        return 0;
    return node;
}

static bool add_edge(struct sets_state *st, rp_id from, rp_id to, uint32_t kind)
{
    struct rp_set_edge e = {from, to, kind};
    return rp_vec_push(&st->edges->v, e);
}

/* All nodes of a section. */
static bool add_section(struct sets_state *st, rp_id set, rp_id section, uint32_t kind)
{
    const struct rp_section *s = &st->m->sections[section];
    if (s->flags & RP_SEC_RECORDS) /* whoever walks the table takes what is in it */
        return true;
    for (uint32_t i = 0; i < s->n_nodes; i++)
        if (!add_edge(st, set, s->node + i, kind))
            return false;
    return true;
}

/* The section name that a start-stop symbol is about, or NULL. ".startof." and ".sizeof." are GNU
 * ld's own, for any name (ld manual, "Builtin Functions", and bfd's bfd_elf_gc). */
static const char *start_stop_name(const char *symbol)
{
    static const char *const prefixes[] = {"__start_", "__stop_", ".startof.", ".sizeof."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(symbol, prefixes[i], n) == 0)
            return i >= 2 || rp_is_c_identifier(symbol + n) ? symbol + n : NULL;
    }
    return NULL;
}

/* A name that no object defines (an absolute definition counts) is the linker's. */
static bool is_left_to_linker(const struct rp_model *m, const struct rp_global *g)
{
    return !g->def_file || rp_file_of(m, g->def_file)->kind != RP_FILE_OBJECT;
}

static enum reap_status start_stop_wanted(struct sets_state *st)
{
    struct rp_model *m = st->m;
    for (size_t i = 0; i < m->globals.n; i++) {
        const struct rp_global *g = &m->globals.v[i];
        if ((g->name[0] != '_' && g->name[0] != '.') || !is_left_to_linker(m, g))
            continue;
        const char *name = start_stop_name(g->name);
        /* lld does not know .startof. and .sizeof. */
        if (!name || (g->name[0] == '.' && st->job->level == RP_LEVEL_LINKER))
            continue;
        if (st->job->predict && !rp_predict_start_stop(st->job))
            continue;
        uint32_t *slot = rp_strmap_put(&st->names, name, strlen(name));
        if (!slot)
            return REAP_ERR_NOMEM;
        if (!*slot) {
            if (!add_set(st, rp_arena_printf(&m->arena, "__start_%s/__stop_%s", name, name)))
                return REAP_ERR_NOMEM;
            *slot = (uint32_t)m->sets.n;
        }
        st->any_dotted |= *name == '.';
        st->target[i + 1] = m->globals.v[i].set = m->sets.v[*slot - 1].node;
    }
    return REAP_OK;
}

/* SHF_LINK_ORDER sections are metadata of another section, and follow that one only; lld and GNU
 * ld agree that a start-stop reference does not keep them. */
static enum reap_status start_stop_members(struct sets_state *st)
{
    struct rp_model *m = st->m;
    if (st->names.n == 0)
        return REAP_OK;
    for (rp_id id = 1; id <= m->n_section_ids; id++) {
        if (!is_member(m, id))
            continue;
        const char *name = rp_section_name(m, id);
        if ((*name == '.' && !st->any_dotted) || rp_shdr_of(m, id)->flags & SHF_LINK_ORDER)
            continue;
        uint32_t set = rp_strmap_get(&st->names, name, strlen(name));
        if (set && !add_section(st, m->sets.v[set - 1].node, id, RP_EDGE_START_STOP))
            return REAP_ERR_NOMEM;
    }
    return REAP_OK;
}

/* Enter a bracket's symbol for the set; *ret_used when some object refers to the symbol. */
static bool bracket_symbol(struct sets_state *st, const char *symbol, rp_id set)
{
    rp_id global = symbol ? rp_model_find_global(st->m, symbol) : 0;
    struct symbol_set s = {global, set};
    return !global || rp_vec_push(&st->symbols, s);
}

static bool is_known(const struct sets_state *st, const char *symbol)
{
    return symbol && rp_model_find_global(st->m, symbol);
}

static enum reap_status script_brackets(struct sets_state *st, const struct rp_script *s)
{
    struct rp_model *m = st->m;
    struct rp_bracket *brackets = NULL;
    uint32_t n = 0, *stmt = NULL;
    /* the arena of the link is written to; nothing else of it changes */
    enum reap_status rc =
        rp_script_brackets(m->ctx, (struct rp_link *)st->job->link, s, &brackets, &n);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < n && !rc; i++) {
        const struct rp_bracket *b = &brackets[i];
        if (!is_known(st, b->symbols[0]) && !is_known(st, b->symbols[1]))
            continue;
        if (!stmt)
            rc = rp_match_sections(m, s, true, &stmt);
        if (rc)
            break;
        const char *a = b->symbols[0] ? b->symbols[0] : "", *z = b->symbols[1] ? b->symbols[1] : "";
        rp_id set = add_set(
            st, rp_arena_printf(&m->arena, "bracket %s…%s (%s:%u)", a, z, b->script, b->line));
        if (!set || !bracket_symbol(st, b->symbols[0], set) ||
            !bracket_symbol(st, b->symbols[1], set))
            rc = rp_nomem(m->ctx);
        for (rp_id id = 1; id <= m->n_section_ids && !rc; id++)
            if (stmt[id] != UINT32_MAX && stmt[id] >= b->first_stmt &&
                stmt[id] - b->first_stmt < b->n_stmts && is_member(m, id) &&
                !add_section(st, set, id, RP_EDGE_BRACKET))
                rc = rp_nomem(m->ctx);
    }
    free(stmt);
    return rc;
}

static bool matches_any(const struct rp_rule *r, const char *name)
{
    for (uint32_t i = 0; i < r->n_globs; i++)
        if (rp_glob_match(r->globs[i], name))
            return true;
    return false;
}

static enum reap_status rule_bracket(struct sets_state *st, const struct rp_rule *r)
{
    struct rp_model *m = st->m;
    if (!is_known(st, r->start) && !is_known(st, r->end))
        return REAP_OK;
    rp_id set =
        add_set(st, rp_arena_printf(&m->arena, "bracket %s…%s (%s)", r->start, r->end, r->origin));
    if (!set || !bracket_symbol(st, r->start, set) || !bracket_symbol(st, r->end, set))
        return rp_nomem(m->ctx);
    for (rp_id id = 1; id <= m->n_section_ids; id++)
        if (is_member(m, id) && matches_any(r, rp_section_name(m, id)) &&
            !add_section(st, set, id, RP_EDGE_BRACKET))
            return rp_nomem(m->ctx);
    return REAP_OK;
}

static int by_global(const void *a, const void *b)
{
    const struct symbol_set *x = a, *y = b;
    if (x->global != y->global)
        return x->global < y->global ? -1 : 1;
    return x->set_node < y->set_node ? -1 : x->set_node > y->set_node;
}

/* Point each bracket symbol to its set; one that has several sets, or a node of its own besides,
 * gets a set of these. */
static enum reap_status point_symbols(struct sets_state *st)
{
    struct rp_model *m = st->m;
    if (st->symbols.n)
        qsort(st->symbols.v, st->symbols.n, sizeof *st->symbols.v, by_global);
    for (size_t i = 0, end; i < st->symbols.n; i = end) {
        rp_id global = st->symbols.v[i].global;
        for (end = i; end < st->symbols.n && st->symbols.v[end].global == global;)
            end++;
        if (end - i == 1 && !st->target[global]) {
            st->target[global] = st->symbols.v[i].set_node;
            continue;
        }
        const struct rp_global *g = rp_global_of(m, global);
        rp_id set = add_set(st, rp_arena_printf(&m->arena, "bracket symbol %s", g->name));
        if (!set || (st->target[global] && !add_edge(st, set, st->target[global], RP_EDGE_BRACKET)))
            return rp_nomem(m->ctx);
        for (size_t k = i; k < end; k++)
            if (!add_edge(st, set, st->symbols.v[k].set_node, RP_EDGE_BRACKET))
                return rp_nomem(m->ctx);
        st->target[global] = set;
    }
    return REAP_OK;
}

static int by_from(const void *a, const void *b)
{
    const struct rp_set_edge *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

enum reap_status rp_sets_make(struct rp_model *m, const struct rp_job *job, rp_id *target,
                              struct rp_set_edges *ret)
{
    struct sets_state st = {.m = m, .job = job, .target = target, .edges = ret};
    enum reap_status rc = start_stop_wanted(&st);
    if (!rc)
        rc = start_stop_members(&st);
    if (rc)
        rp_nomem(m->ctx);
    /* brackets are Reap's own protection: no linker knows them */
    if (job->level == RP_LEVEL_FULL) {
        for (size_t i = 0; i < job->n_scripts && !rc; i++)
            rc = script_brackets(&st, job->scripts[i]);
        for (size_t i = 0; job->rules && i < job->rules->rules.n && !rc; i++)
            if (job->rules->rules.v[i].kind == RP_RULE_BRACKET)
                rc = rule_bracket(&st, &job->rules->rules.v[i]);
        if (!rc)
            rc = point_symbols(&st);
    }
    if (!rc && ret->v.n)
        qsort(ret->v.v, ret->v.n, sizeof *ret->v.v, by_from);
    rp_strmap_free(&st.names);
    rp_vec_free(&st.symbols);
    return rc;
}
