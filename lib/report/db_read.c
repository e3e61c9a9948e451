/* db_read.c: facts from a report database.
 *
 * A database is a file like any other: it may be cut short, of another version, or made by somebody
 * with bad intentions. Only plain tables of the documented names are read, views and triggers are
 * never run, and every number is checked before it becomes an index: string offsets, ids,
 * enumerations; paths to roots have no loops. After that the views need no checks of their own.
 *
 * Entry: rp_db_read.
 */
#include "report/facts.h"

#include "report/db.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

struct db {
    struct rp_ctx *ctx;
    struct rp_facts *f;
    const char *path;
    sqlite3 *h;
};

static enum reap_status bad(const struct db *d, const char *what)
{
    return rp_fail_remedy(d->ctx, REAP_ERR_INPUT, "db-bad", rp_at(d->path),
                          "write the database again with this version of Reap",
                          "damaged report database: %s", what);
}

static enum reap_status fail(const struct db *d)
{
    int rc = sqlite3_errcode(d->h);
    if (rc == SQLITE_NOMEM)
        return rp_nomem(d->ctx);
    if (rc == SQLITE_NOTADB)
        return rp_fail(d->ctx, REAP_ERR_INPUT, "db-not-ours", rp_at(d->path),
                       "not a report database");
    return bad(d, sqlite3_errmsg(d->h));
}

/* --- rows ------------------------------------------------------------------------------------ */

/* A number of the row: a column that is none reads as a value that no check passes. */
static uint64_t get(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_INTEGER
               ? (uint64_t)sqlite3_column_int64(s, column)
               : UINT64_MAX;
}

/* Take row number `id` (from 1). NULL, or what is wrong with it. */
typedef const char *(*take_fn)(const struct db *d, sqlite3_stmt *s, uint64_t id);

static const char out_of_memory[] = "out of memory";

/* Whether `name` is a plain table, without generated columns: a view could compute for ever. */
static enum reap_status check_table(const struct db *d, const char *name)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(d->h,
                           "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? AND"
                           " sql LIKE 'CREATE TABLE %' AND sql NOT LIKE '% AS %'",
                           -1, &s, NULL))
        return fail(d);
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(s);
    enum reap_status st = rc == SQLITE_ROW ? REAP_OK : REAP_ERR_INPUT;
    if (st && rc != SQLITE_DONE)
        st = fail(d);
    else if (st)
        st = bad(d, "a table is missing");
    sqlite3_finalize(s);
    return st;
}

static enum reap_status read_rows(const struct db *d, const char *table, const char *columns,
                                  take_fn take)
{
    char sql[400];
    sqlite3_stmt *s = NULL;
    enum reap_status st = check_table(d, table);
    if (st)
        return st;
    snprintf(sql, sizeof sql, "SELECT %s FROM \"%s\" ORDER BY rowid", columns, table);
    if (sqlite3_prepare_v2(d->h, sql, -1, &s, NULL))
        return fail(d);
    int rc;
    uint64_t id = 0;
    while (!st && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *wrong = take(d, s, ++id);
        if (wrong)
            st = wrong == out_of_memory ? rp_nomem(d->ctx) : bad(d, wrong);
    }
    if (!st && rc != SQLITE_DONE)
        st = fail(d);
    sqlite3_finalize(s);
    return st;
}

/* --- checks ---------------------------------------------------------------------------------- */

static const char no_id[] = "row ids are not consecutive";
static const char no_string[] = "a string id names no string";
static const char no_item[] = "an id is out of range";
static const char no_value[] = "a value is out of range";

/* A string id is an offset at which a string of the pool begins. */
static bool get_str(const struct db *d, sqlite3_stmt *s, int column, rp_str *ret)
{
    uint64_t at = get(s, column);
    if (at >= d->f->pool.n || (at && d->f->pool.v[at - 1] != '\0'))
        return false;
    *ret = (rp_str)at;
    return true;
}

static bool get_below(sqlite3_stmt *s, int column, uint64_t end, uint32_t *ret)
{
    uint64_t x = get(s, column);
    if (x >= end)
        return false;
    *ret = (uint32_t)x;
    return true;
}

static bool get_byte(sqlite3_stmt *s, int column, uint64_t end, uint8_t *ret)
{
    uint32_t x;
    if (!get_below(s, column, end, &x))
        return false;
    *ret = (uint8_t)x;
    return true;
}

/* Quantities may have any value; that they are integers is all. */
static bool get_quantity(sqlite3_stmt *s, int column, uint64_t *ret)
{
    *ret = (uint64_t)sqlite3_column_int64(s, column);
    return sqlite3_column_type(s, column) == SQLITE_INTEGER;
}

/* --- tables ---------------------------------------------------------------------------------- */

static const char *take_string(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_facts *f = d->f;
    int type = sqlite3_column_type(s, 1);
    if (type != SQLITE_TEXT)
        return no_value;
    const char *text = (const char *)sqlite3_column_text(s, 1);
    size_t n = (size_t)sqlite3_column_bytes(s, 1);
    if (!text)
        return out_of_memory;
    if (id == 1 && n == 0 && get(s, 0) == 0)
        return NULL; /* the empty string, which rp_facts_init has made */
    if (id == 1 || get(s, 0) != f->pool.n || memchr(text, 0, n))
        return no_id;
    if (n >= UINT32_MAX - f->pool.n || !rp_vec_reserve(&f->pool, f->pool.n + n + 1))
        return out_of_memory;
    memcpy(f->pool.v + f->pool.n, text, n);
    f->pool.v[f->pool.n + n] = '\0';
    f->pool.n += n + 1;
    return NULL;
}

static const char *take_file(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_file x = {0};
    if (get(s, 0) != id)
        return no_id;
    if (!get_str(d, s, 1, &x.path) || !get_str(d, s, 2, &x.member) || !get_str(d, s, 3, &x.kind) ||
        !get_str(d, s, 4, &x.untouched_why) || !get_str(d, s, 5, &x.extracted_for))
        return no_string;
    /* which may come later: checked when all are read */
    if (!get_below(s, 6, UINT32_MAX, &x.extracted_by) || !get_quantity(s, 7, &x.size))
        return no_value;
    return rp_vec_push(&d->f->files, x) ? NULL : out_of_memory;
}

static const char *take_node(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_node x = {0};
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_str(d, s, 2, &x.section) || !get_str(d, s, 3, &x.name))
        return no_string;
    if (!get_below(s, 1, d->f->files.n, &x.file))
        return no_item;
    if (!get_below(s, 4, RP_N_NODE_KINDS, &x.kind) || !x.kind ||
        !get_below(s, 5, UINT32_MAX, &x.shndx) || !get_quantity(s, 6, &x.offset) ||
        !get_quantity(s, 7, &x.size) || !get_byte(s, 8, RP_N_CLASSES, &x.cls) ||
        !get_byte(s, 9, 3, &x.live) || !get_byte(s, 10, RP_N_REASONS, &x.reason) ||
        !get_below(s, 11, UINT32_MAX, &x.parent) || !get_below(s, 12, UINT32_MAX, &x.parent_edge) ||
        !get_below(s, 13, UINT32_MAX, &x.root) || !get_below(s, 14, UINT32_MAX, &x.head) ||
        !get_quantity(s, 15, &x.retained))
        return no_value;
    return rp_vec_push(&d->f->nodes, x) ? NULL : out_of_memory;
}

static const char *take_edge(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_edge x = {0};
    size_t n = d->f->nodes.n;
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_below(s, 1, n, &x.from) || !get_below(s, 2, n, &x.to) || !x.from || !x.to)
        return no_item;
    if (!get_str(d, s, 4, &x.symbol))
        return no_string;
    if (!get_byte(s, 3, RP_N_EDGE_KINDS, &x.kind) || !get_quantity(s, 5, &x.offset))
        return no_value;
    return rp_vec_push(&d->f->edges, x) ? NULL : out_of_memory;
}

static const char *take_root(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_root x = {0};
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_below(s, 1, d->f->nodes.n, &x.node) || !x.node)
        return no_item;
    if (!get_below(s, 2, RP_N_ROOT_REASONS, &x.reason) || !x.reason)
        return no_value;
    if (!get_str(d, s, 3, &x.detail))
        return no_string;
    return rp_vec_push(&d->f->roots, x) ? NULL : out_of_memory;
}

static const char *take_symbol(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_symbol x = {0};
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_str(d, s, 1, &x.name))
        return no_string;
    if (!get_below(s, 2, d->f->nodes.n, &x.node) || !get_below(s, 3, d->f->files.n, &x.file))
        return no_item;
    if (!get_byte(s, 4, RP_N_PLACES, &x.place) || !x.place || !get_byte(s, 5, 16, &x.bind) ||
        !get_byte(s, 6, 16, &x.type) || !get_byte(s, 7, 4, &x.vis) ||
        !get_quantity(s, 8, &x.value) || !get_quantity(s, 9, &x.size))
        return no_value;
    return rp_vec_push(&d->f->symbols, x) ? NULL : out_of_memory;
}

static const char *take_undef(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_undef x = {0};
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_str(d, s, 1, &x.name))
        return no_string;
    if (!get_below(s, 2, d->f->files.n, &x.file) || !get_below(s, 3, d->f->nodes.n, &x.node))
        return no_item;
    if (!get_quantity(s, 4, &x.offset) || !get_byte(s, 5, 2, &x.weak))
        return no_value;
    return rp_vec_push(&d->f->undefs, x) ? NULL : out_of_memory;
}

static const char *take_finding(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_finding x = {0};
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_byte(s, 1, RP_N_FINDING_CODES, &x.code) || !x.code ||
        !get_byte(s, 2, RP_N_FINDING_SEVERITIES, &x.severity) || !x.severity ||
        !get_below(s, 6, UINT32_MAX, &x.count))
        return no_value;
    if (!get_below(s, 3, d->f->files.n, &x.file) || !get_below(s, 4, d->f->nodes.n, &x.node))
        return no_item;
    if (!get_str(d, s, 5, &x.section) || !get_str(d, s, 7, &x.evidence) ||
        !get_str(d, s, 8, &x.remedy) || !get_str(d, s, 9, &x.chain) ||
        !get_str(d, s, 10, &x.suppressed))
        return no_string;
    return rp_vec_push(&d->f->findings, x) ? NULL : out_of_memory;
}

/* The parts of a finding are consecutive, in the order of the findings. */
static const char *take_finding_part(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_facts *f = d->f;
    struct rp_finding_part x = {0};
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_below(s, 1, f->findings.n, &x.finding) || !x.finding ||
        x.finding < f->finding_parts.v[f->finding_parts.n - 1].finding ||
        !get_below(s, 3, f->nodes.n, &x.node))
        return no_item;
    if (!get_str(d, s, 2, &x.name))
        return no_string;
    struct rp_finding *of = &f->findings.v[x.finding];
    if (!of->n_parts++)
        of->first_part = (uint32_t)id;
    return rp_vec_push(&f->finding_parts, x) ? NULL : out_of_memory;
}

static const char *take_type(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_type x = {0};
    size_t n = d->f->nodes.n;
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_str(d, s, 1, &x.symbol))
        return no_string;
    if (!get_below(s, 2, n, &x.typeinfo) || !get_below(s, 3, n, &x.type_name) ||
        !get_below(s, 6, n, &x.by))
        return no_item;
    /* an ancestor may come later: checked when all are read */
    if (!get_byte(s, 4, RP_N_CLASS_WHYS, &x.why) || !get_below(s, 5, UINT32_MAX, &x.ancestor))
        return no_value;
    return rp_vec_push(&d->f->types, x) ? NULL : out_of_memory;
}

static const char *take_base(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_base x = {0};
    struct rp_facts *f = d->f;
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_below(s, 1, f->types.n, &x.type) || !x.type || !get_below(s, 2, f->types.n, &x.base) ||
        !x.base || x.type < f->bases.v[f->bases.n - 1].type)
        return no_item;
    return rp_vec_push(&f->bases, x) ? NULL : out_of_memory;
}

static const char *take_slot(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_slot x = {0};
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_below(s, 1, d->f->nodes.n, &x.vtable) || !x.vtable ||
        !get_below(s, 2, d->f->types.n, &x.type) || !x.type)
        return no_item;
    if (!get_quantity(s, 3, &x.offset) || !get_byte(s, 4, 2, &x.kept))
        return no_value;
    return rp_vec_push(&d->f->rtti_slots, x) ? NULL : out_of_memory;
}

static const char *take_typeid(const struct db *d, sqlite3_stmt *s, uint64_t id)
{
    struct rp_fact_typeid x = {0};
    if (get(s, 0) != id || id >= UINT32_MAX)
        return no_id;
    if (!get_below(s, 1, d->f->nodes.n, &x.node) || !x.node)
        return no_item;
    if (!get_quantity(s, 2, &x.offset) || !get_byte(s, 3, 2, &x.strong))
        return no_value;
    if (!get_str(d, s, 4, &x.allowed) || !get_str(d, s, 5, &x.of))
        return no_string;
    return rp_vec_push(&d->f->typeids, x) ? NULL : out_of_memory;
}

/* --- checks over the whole ------------------------------------------------------------------- */

/* What one node says about others. */
static const char *check_node(const struct rp_facts *f, rp_id id)
{
    const struct rp_fact_node *x = &f->nodes.v[id];
    if (x->parent >= f->nodes.n || x->head >= f->nodes.n || x->root >= f->roots.n)
        return no_item;
    if (x->kind != RP_NODE_SET && !x->file)
        return "a node has no file";
    if ((x->live != 0) != (x->reason == RP_REASON_LIVE))
        return "a node is live and has a reason for removal";
    if (!x->live)
        return x->parent || x->root ? "a dead node has a path" : NULL;
    if (!x->root || x->head)
        return "a live node has no root";
    if (!x->parent)
        return x->parent_edge == x->root && f->roots.v[x->root].node == id
                   ? NULL
                   : "a root does not name its node";
    if (x->parent_edge >= f->edges.n || !x->parent_edge)
        return no_item;
    const struct rp_fact_edge *e = &f->edges.v[x->parent_edge];
    return e->from == x->parent && e->to == id && f->nodes.v[x->parent].live &&
                   f->nodes.v[x->parent].root == x->root
               ? NULL
               : "a path does not follow an edge";
}

/* Every live node's path ends at a root: follow it, marking what is known to end. */
static bool paths_end(const struct rp_facts *f, uint8_t *ends)
{
    for (rp_id i = 1; i < f->nodes.n; i++) {
        rp_id v = i;
        size_t steps = 0;
        while (f->nodes.v[v].parent && !ends[v]) {
            v = f->nodes.v[v].parent;
            if (steps++ > f->nodes.n)
                return false;
        }
        for (v = i; f->nodes.v[v].parent && !ends[v]; v = f->nodes.v[v].parent)
            ends[v] = 1;
    }
    return true;
}

static enum reap_status check_all(const struct db *d)
{
    const struct rp_facts *f = d->f;
    for (size_t i = 1; i < f->files.n; i++)
        if (f->files.v[i].extracted_by >= f->files.n)
            return bad(d, no_item);
    for (size_t i = 1; i < f->types.n; i++)
        if (f->types.v[i].ancestor >= f->types.n)
            return bad(d, no_item);
    for (rp_id i = 1; i < f->nodes.n; i++) {
        const char *wrong = check_node(f, i);
        if (wrong)
            return bad(d, wrong);
    }
    uint8_t *ends = calloc(f->nodes.n, 1);
    if (!ends)
        return rp_nomem(d->ctx);
    bool ok = paths_end(f, ends);
    free(ends);
    return ok ? REAP_OK : bad(d, "a path has a loop");
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum reap_status read_number(const struct db *d, const char *sql, sqlite3_int64 *ret)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(d->h, sql, -1, &s, NULL) || sqlite3_step(s) != SQLITE_ROW) {
        enum reap_status st = fail(d);
        sqlite3_finalize(s);
        return st;
    }
    *ret = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return REAP_OK;
}

static enum reap_status check_version(const struct db *d)
{
    sqlite3_int64 application, version;
    enum reap_status st = read_number(d, "PRAGMA application_id", &application);
    if (!st)
        st = read_number(d, "PRAGMA user_version", &version);
    if (st)
        return st;
    if (application != RP_DB_APPLICATION_ID)
        return rp_fail(d->ctx, REAP_ERR_INPUT, "db-not-ours", rp_at(d->path),
                       "not a report database");
    if (version != RP_DB_SCHEMA_VERSION)
        return rp_fail_remedy(d->ctx, REAP_ERR_UNSUPPORTED, "db-version", rp_at(d->path),
                              "write the database again with this version of Reap",
                              "the database has schema version %lld, and this is version %d",
                              (long long)version, RP_DB_SCHEMA_VERSION);
    return REAP_OK;
}

static enum reap_status read_meta(const struct db *d)
{
    struct rp_facts *f = d->f;
    struct {
        const char *key;
        rp_str *to;
    } keys[] = {
        {"version", &f->version},   {"product", &f->product},   {"linker", &f->linker},
        {"level", &f->level},       {"output", &f->output},     {"command", &f->command},
        {"typeinfo", &f->typeinfo}, {"unwinder", &f->unwinder},
    };
    sqlite3_stmt *s = NULL;
    enum reap_status st = check_table(d, "meta");
    if (st)
        return st;
    if (sqlite3_prepare_v2(d->h, "SELECT value FROM meta WHERE key = ?", -1, &s, NULL))
        return fail(d);
    for (size_t i = 0; !st && i < sizeof keys / sizeof *keys; i++) {
        sqlite3_bind_text(s, 1, keys[i].key, -1, SQLITE_STATIC);
        int rc = sqlite3_step(s);
        const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            st = fail(d);
        /* Interned among the strings that were read, or added behind them. */
        else if (text && *text && !rp_facts_intern(f, text, strlen(text), keys[i].to))
            st = rp_nomem(d->ctx);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return st;
}

static enum reap_status read_all(const struct db *d)
{
    const struct {
        const char *table, *columns;
        take_fn take;
    } tables[] = {
        {"string", RP_DB_STRING_COLUMNS, take_string},
        {"file", RP_DB_FILE_COLUMNS, take_file},
        {"node", RP_DB_NODE_COLUMNS, take_node},
        {"edge", RP_DB_EDGE_COLUMNS, take_edge},
        {"root", RP_DB_ROOT_COLUMNS, take_root},
        {"symbol", RP_DB_SYMBOL_COLUMNS, take_symbol},
        {"undefined", RP_DB_UNDEFINED_COLUMNS, take_undef},
        {"finding", RP_DB_FINDING_COLUMNS, take_finding},
        {"finding_part", RP_DB_FINDING_PART_COLUMNS, take_finding_part},
        {"type", RP_DB_TYPE_COLUMNS, take_type},
        {"base", RP_DB_BASE_COLUMNS, take_base},
        {"rtti_slot", RP_DB_SLOT_COLUMNS, take_slot},
        {"typeid_use", RP_DB_TYPEID_COLUMNS, take_typeid},
    };
    enum reap_status st = check_version(d);
    for (size_t i = 0; !st && i < sizeof tables / sizeof *tables; i++)
        st = read_rows(d, tables[i].table, tables[i].columns, tables[i].take);
    if (!st)
        st = read_meta(d);
    if (!st)
        st = check_all(d);
    return st ? st : rp_facts_totals(d->ctx, d->f);
}

/* sqlite3_open_v2 gives a meaning to "", ":memory:" and "file:…"; a path has none of that. */
static enum reap_status open_db(struct db *d)
{
    if (access(d->path, R_OK))
        return rp_fail(d->ctx, REAP_ERR_IO, "db-open", rp_at(d->path), "cannot open: %m");
    char *path = NULL;
    if (asprintf(&path, "%s%s", d->path[0] == '/' ? "" : "./", d->path) < 0)
        return rp_nomem(d->ctx);
    int rc = sqlite3_open_v2(path, &d->h, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    free(path);
    if (!d->h)
        return rp_nomem(d->ctx);
    if (rc)
        return rp_fail(d->ctx, REAP_ERR_IO, "db-open", rp_at(d->path), "cannot open: %s",
                       sqlite3_errmsg(d->h));
    sqlite3_db_config(d->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(d->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(d->h, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(d->h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    return REAP_OK;
}

enum reap_status rp_db_read(struct rp_ctx *ctx, const char *path, struct rp_facts *ret)
{
    struct rp_facts f;
    if (!rp_facts_init(&f))
        return rp_nomem(ctx);
    struct db d = {.ctx = ctx, .f = &f, .path = path};
    enum reap_status st = open_db(&d);
    if (!st)
        st = read_all(&d);
    sqlite3_close(d.h);
    if (st)
        rp_facts_free(&f);
    else
        *ret = f;
    return st;
}
