/* db_write.c: the facts as an SQLite database, schema version 3 (docs/database.md).
 *
 * Why a database: `why` and later views read it without the inputs, and people can ask it questions
 * of their own. Tables hold numbers (string ids, enumerations), so that a link of millions of edges
 * is written in seconds; views of the plural names show text.
 *
 * How: everything in one transaction without journal, since the file is written under a temporary
 * name and renamed when it is complete. There are no indexes: ids are the rows' keys, and a full
 * scan of these narrow tables takes less time than building an index would.
 *
 * Entry: rp_db_write.
 */
#include "report/facts.h"

#include "report/db.h"
#include "util/outfile.h"

#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

static const char schema[] =
    "PRAGMA page_size = 16384;"
    "PRAGMA journal_mode = OFF;"
    "PRAGMA synchronous = OFF;"
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA cache_size = -65536;"
    "BEGIN;"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE enum(list TEXT, id INTEGER, name TEXT, PRIMARY KEY(list, id)) WITHOUT ROWID;"
    "CREATE TABLE string(id INTEGER PRIMARY KEY, text TEXT);"
    "CREATE TABLE file(id INTEGER PRIMARY KEY, path INTEGER, member INTEGER, kind INTEGER,"
    " untouched_why INTEGER, extracted_for INTEGER, extracted_by INTEGER, size INTEGER);"
    "CREATE TABLE node(id INTEGER PRIMARY KEY, file INTEGER, section INTEGER, name INTEGER,"
    " kind INTEGER, shndx INTEGER, offset INTEGER, size INTEGER, class INTEGER, live INTEGER,"
    " reason INTEGER, parent INTEGER, parent_edge INTEGER, root INTEGER, head INTEGER,"
    " retained INTEGER);"
    "CREATE TABLE edge(id INTEGER PRIMARY KEY, source INTEGER, target INTEGER, kind INTEGER,"
    " symbol INTEGER, offset INTEGER);"
    "CREATE TABLE root(id INTEGER PRIMARY KEY, node INTEGER, reason INTEGER, detail INTEGER);"
    "CREATE TABLE symbol(id INTEGER PRIMARY KEY, name INTEGER, node INTEGER, file INTEGER,"
    " place INTEGER, bind INTEGER, type INTEGER, visibility INTEGER, value INTEGER,"
    " size INTEGER);"
    "CREATE TABLE undefined(id INTEGER PRIMARY KEY, name INTEGER, file INTEGER, node INTEGER,"
    " offset INTEGER, weak INTEGER);"
    "CREATE TABLE finding(id INTEGER PRIMARY KEY, code INTEGER, severity INTEGER, file INTEGER,"
    " node INTEGER, section INTEGER, count INTEGER, evidence INTEGER, remedy INTEGER,"
    " chain INTEGER, suppressed INTEGER);"
    "CREATE TABLE finding_part(id INTEGER PRIMARY KEY, finding INTEGER, name INTEGER,"
    " node INTEGER);"
    "CREATE TABLE type(id INTEGER PRIMARY KEY, symbol INTEGER, typeinfo INTEGER,"
    " type_name INTEGER, why INTEGER, ancestor INTEGER, by_node INTEGER);"
    "CREATE TABLE base(id INTEGER PRIMARY KEY, type INTEGER, base INTEGER);"
    "CREATE TABLE rtti_slot(id INTEGER PRIMARY KEY, vtable INTEGER, type INTEGER, offset INTEGER,"
    " kept INTEGER);"
    "CREATE TABLE typeid_use(id INTEGER PRIMARY KEY, node INTEGER, offset INTEGER, strong INTEGER,"
    " allowed INTEGER, of INTEGER);"
    "CREATE TABLE image(key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;"
    "CREATE TABLE total(state TEXT, class TEXT, sections INTEGER, bytes INTEGER,"
    " PRIMARY KEY(state, class)) WITHOUT ROWID;"
    "CREATE VIEW files AS SELECT f.id, p.text AS path, m.text AS member,"
    " CASE WHEN f.member THEN p.text || '(' || m.text || ')' ELSE p.text END AS display,"
    " k.text AS kind, u.text AS untouched_why, x.text AS extracted_for, f.extracted_by, f.size"
    " FROM file f JOIN string p ON p.id = f.path JOIN string m ON m.id = f.member"
    " JOIN string k ON k.id = f.kind JOIN string u ON u.id = f.untouched_why"
    " JOIN string x ON x.id = f.extracted_for;"
    "CREATE VIEW nodes AS SELECT n.id, f.display AS file, s.text AS section, y.text AS name,"
    " k.name AS kind, n.shndx, n.offset, n.size, c.name AS class, r.name AS reason, n.live,"
    " n.parent, n.parent_edge, q.name AS root_reason, n.root, n.head, n.retained"
    " FROM node n LEFT JOIN files f ON f.id = n.file JOIN string s ON s.id = n.section"
    " JOIN string y ON y.id = n.name JOIN enum k ON k.list = 'node-kind' AND k.id = n.kind"
    " JOIN enum c ON c.list = 'class' AND c.id = n.class"
    " JOIN enum r ON r.list = 'reason' AND r.id = n.reason"
    " LEFT JOIN root o ON o.id = n.root"
    " LEFT JOIN enum q ON q.list = 'root-reason' AND q.id = o.reason;"
    "CREATE VIEW edges AS SELECT e.id, e.source, e.target, k.name AS kind, s.text AS symbol,"
    " e.offset FROM edge e JOIN enum k ON k.list = 'edge-kind' AND k.id = e.kind"
    " JOIN string s ON s.id = e.symbol;"
    "CREATE VIEW roots AS SELECT r.id, r.node, k.name AS reason, s.text AS detail"
    " FROM root r JOIN enum k ON k.list = 'root-reason' AND k.id = r.reason"
    " JOIN string s ON s.id = r.detail;"
    "CREATE VIEW symbols AS SELECT y.id, s.text AS name, y.node, f.display AS file,"
    " p.name AS place, y.bind, y.type, y.visibility, y.value, y.size"
    " FROM symbol y JOIN string s ON s.id = y.name"
    " JOIN enum p ON p.list = 'place' AND p.id = y.place LEFT JOIN files f ON f.id = y.file;"
    "CREATE VIEW undefineds AS SELECT u.id, s.text AS name, f.display AS file, u.node, u.offset,"
    " u.weak FROM undefined u JOIN string s ON s.id = u.name"
    " LEFT JOIN files f ON f.id = u.file;"
    "CREATE VIEW findings AS SELECT x.id AS rank, c.name AS code, v.name AS severity,"
    " f.display AS file, s.text AS section, x.node, x.count, e.text AS evidence,"
    " r.text AS remedy, h.text AS chain, p.text AS suppressed FROM finding x"
    " JOIN enum c ON c.list = 'finding-code' AND c.id = x.code"
    " JOIN enum v ON v.list = 'finding-severity' AND v.id = x.severity"
    " LEFT JOIN files f ON f.id = x.file JOIN string s ON s.id = x.section"
    " JOIN string e ON e.id = x.evidence JOIN string r ON r.id = x.remedy"
    " JOIN string h ON h.id = x.chain JOIN string p ON p.id = x.suppressed;"
    "CREATE VIEW finding_parts AS SELECT x.id, x.finding, s.text AS name, x.node"
    " FROM finding_part x JOIN string s ON s.id = x.name;"
    "CREATE VIEW types AS SELECT t.id, s.text AS symbol, w.name AS why, t.typeinfo, i.live,"
    " i.size AS bytes, t.type_name, coalesce(n.size, 0) AS name_bytes, a.text AS ancestor,"
    " t.by_node, y.text AS by_name"
    " FROM type t JOIN string s ON s.id = t.symbol"
    " JOIN enum w ON w.list = 'class-why' AND w.id = t.why"
    " LEFT JOIN node i ON i.id = t.typeinfo LEFT JOIN node n ON n.id = t.type_name"
    " LEFT JOIN type o ON o.id = t.ancestor LEFT JOIN string a ON a.id = o.symbol"
    " LEFT JOIN node b ON b.id = t.by_node LEFT JOIN string y ON y.id = b.name;"
    "CREATE VIEW rtti_slots AS SELECT r.id, r.vtable, v.name AS vtable_name, s.text AS type,"
    " r.offset, r.kept FROM rtti_slot r LEFT JOIN nodes v ON v.id = r.vtable"
    " JOIN type t ON t.id = r.type JOIN string s ON s.id = t.symbol;"
    "CREATE VIEW typeid_uses AS SELECT u.id, n.file, n.section, n.name, u.node, u.offset, u.strong,"
    " s.text AS allowed, o.text AS of FROM typeid_use u JOIN nodes n ON n.id = u.node"
    " JOIN string s ON s.id = u.allowed JOIN string o ON o.id = u.of;";

struct db {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    const char *path; /* for messages */
    sqlite3 *h;
};

static enum reap_status fail(const struct db *d)
{
    if (!d->h || sqlite3_errcode(d->h) == SQLITE_NOMEM)
        return rp_nomem(d->ctx);
    return rp_fail(d->ctx, REAP_ERR_IO, "db-write", rp_at(d->path), "cannot write the database: %s",
                   sqlite3_errmsg(d->h));
}

/* --- one kind of row each: bind the columns of item i ---------------------------------------- */

typedef void (*bind_fn)(sqlite3_stmt *s, const struct rp_facts *f, size_t i);

static void bind(sqlite3_stmt *s, const uint64_t *values, int n)
{
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(s, i + 1, (sqlite3_int64)values[i]);
}

#define BIND(s, ...)                                                                               \
    do {                                                                                           \
        const uint64_t values_[] = {__VA_ARGS__};                                                  \
        bind(s, values_, (int)(sizeof values_ / sizeof *values_));                                 \
    } while (0)

static void bind_file(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_file *x = &f->files.v[i];
    BIND(s, i, x->path, x->member, x->kind, x->untouched_why, x->extracted_for, x->extracted_by,
         x->size);
}

static void bind_node(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_node *x = &f->nodes.v[i];
    BIND(s, i, x->file, x->section, x->name, x->kind, x->shndx, x->offset, x->size, x->cls, x->live,
         x->reason, x->parent, x->parent_edge, x->root, x->head, x->retained);
}

static void bind_edge(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_edge *x = &f->edges.v[i];
    BIND(s, i, x->from, x->to, x->kind, x->symbol, x->offset);
}

static void bind_root(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_root *x = &f->roots.v[i];
    BIND(s, i, x->node, x->reason, x->detail);
}

static void bind_symbol(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_symbol *x = &f->symbols.v[i];
    BIND(s, i, x->name, x->node, x->file, x->place, x->bind, x->type, x->vis, x->value, x->size);
}

static void bind_undef(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_undef *x = &f->undefs.v[i];
    BIND(s, i, x->name, x->file, x->node, x->offset, x->weak);
}

static void bind_finding(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_finding *x = &f->findings.v[i];
    BIND(s, i, x->code, x->severity, x->file, x->node, x->section, x->count, x->evidence, x->remedy,
         x->chain, x->suppressed);
}

static void bind_finding_part(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_finding_part *x = &f->finding_parts.v[i];
    BIND(s, i, x->finding, x->name, x->node);
}

static void bind_type(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_type *x = &f->types.v[i];
    BIND(s, i, x->symbol, x->typeinfo, x->type_name, x->why, x->ancestor, x->by);
}

static void bind_base(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_base *x = &f->bases.v[i];
    BIND(s, i, x->type, x->base);
}

static void bind_slot(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_slot *x = &f->rtti_slots.v[i];
    BIND(s, i, x->vtable, x->type, x->offset, x->kept);
}

static void bind_typeid(sqlite3_stmt *s, const struct rp_facts *f, size_t i)
{
    const struct rp_fact_typeid *x = &f->typeids.v[i];
    BIND(s, i, x->node, x->offset, x->strong, x->allowed, x->of);
}

/* Rows 1 … n - 1. */
static enum reap_status write_rows(const struct db *d, const char *sql, size_t n, bind_fn bind_row)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(d->h, sql, -1, &s, NULL))
        return fail(d);
    int rc = SQLITE_DONE;
    for (size_t i = 1; i < n && rc == SQLITE_DONE; i++) {
        bind_row(s, d->f, i);
        rc = sqlite3_step(s);
        sqlite3_reset(s);
    }
    enum reap_status st = rc == SQLITE_DONE ? REAP_OK : fail(d);
    sqlite3_finalize(s);
    return st;
}

/* The pool as rows; a string's id is its offset. */
static enum reap_status write_strings(const struct db *d)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(d->h, "INSERT INTO string VALUES(?, ?)", -1, &s, NULL))
        return fail(d);
    int rc = SQLITE_DONE;
    for (size_t at = 0; at < d->f->pool.n && rc == SQLITE_DONE;) {
        const char *text = d->f->pool.v + at;
        size_t n = strlen(text);
        sqlite3_bind_int64(s, 1, (sqlite3_int64)at);
        rc = sqlite3_bind_text64(s, 2, text, n, SQLITE_STATIC, SQLITE_UTF8);
        if (!rc)
            rc = sqlite3_step(s);
        sqlite3_reset(s);
        at += n + 1;
    }
    enum reap_status st = rc == SQLITE_DONE ? REAP_OK : fail(d);
    sqlite3_finalize(s);
    return st;
}

/* --- small tables ---------------------------------------------------------------------------- */

/* Up to two texts, then up to two numbers. */
static enum reap_status insert(const struct db *d, const char *sql, const char *a, const char *b,
                               const uint64_t *numbers, int n)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(d->h, sql, -1, &s, NULL))
        return fail(d);
    sqlite3_bind_text(s, 1, a, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, b, -1, SQLITE_STATIC);
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(s, 3 + i, (sqlite3_int64)numbers[i]);
    enum reap_status st = sqlite3_step(s) == SQLITE_DONE ? REAP_OK : fail(d);
    sqlite3_finalize(s);
    return st;
}

static enum reap_status write_meta(const struct db *d)
{
    const struct rp_facts *f = d->f;
    const struct {
        const char *key;
        rp_str value;
    } rows[] = {
        {"version", f->version},   {"product", f->product},   {"linker", f->linker},
        {"level", f->level},       {"output", f->output},     {"command", f->command},
        {"typeinfo", f->typeinfo}, {"unwinder", f->unwinder},
    };
    enum reap_status st = insert(d, "INSERT INTO meta VALUES(?, ?)", "schema", "3", NULL, 0);
    for (size_t i = 0; !st && i < sizeof rows / sizeof *rows; i++)
        st = insert(d, "INSERT INTO meta VALUES(?, ?)", rows[i].key, rp_fact_str(f, rows[i].value),
                    NULL, 0);
    return st;
}

static enum reap_status write_enums(const struct db *d)
{
    const struct {
        const char *list;
        const char *(*name)(unsigned);
        unsigned first, end;
    } lists[] = {
        {"class", rp_class_name, 0, RP_N_CLASSES},
        {"reason", rp_reason_name, 0, RP_N_REASONS},
        {"root-reason", rp_root_reason_name, 1, RP_N_ROOT_REASONS},
        {"edge-kind", rp_edge_kind_name, 0, RP_N_EDGE_KINDS},
        {"node-kind", rp_node_kind_name, 1, RP_N_NODE_KINDS},
        {"place", rp_place_name, 1, RP_N_PLACES},
        {"class-why", rp_class_why_name, 0, RP_N_CLASS_WHYS},
        {"finding-code", rp_finding_code_name, 1, RP_N_FINDING_CODES},
        {"finding-severity", rp_finding_severity_name, 1, RP_N_FINDING_SEVERITIES},
    };
    enum reap_status st = REAP_OK;
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
        for (uint64_t i = lists[l].first; !st && i < lists[l].end; i++)
            st = insert(d, "INSERT INTO enum(list, name, id) VALUES(?, ?, ?)", lists[l].list,
                        lists[l].name((unsigned)i), &i, 1);
    return st;
}

/* What a run about a linked image counted; nothing reads it back. */
static enum reap_status write_image(const struct db *d)
{
    const struct rp_fact_image *im = &d->f->image;
    const char *sql = "INSERT INTO image VALUES(?1, ?3)";
    struct rp_fact_count counts[RP_IMAGE_N_COUNTS];
    enum reap_status st = REAP_OK;
    if (!im->is_image)
        return REAP_OK;
    rp_image_counts(im, counts);
    for (size_t i = 0; i < RP_IMAGE_N_COUNTS && !st; i++)
        st = insert(d, sql, counts[i].name, NULL, &counts[i].n, 1);
    for (uint32_t i = 0; i < im->n_edges && !st; i++)
        st = insert(d, sql, im->edges[i].name, NULL, &im->edges[i].n, 1);
    for (int i = 0; i < RP_IMAGE_PACKS && im->has_sizes && !st; i++) {
        char before[64], after[64];
        snprintf(before, sizeof before, "%s, before", im->pack[i]);
        snprintf(after, sizeof after, "%s, after", im->pack[i]);
        st = insert(d, sql, before, NULL, &im->before[i], 1);
        if (!st)
            st = insert(d, sql, after, NULL, &im->after[i], 1);
    }
    return st;
}

static enum reap_status write_totals(const struct db *d)
{
    const struct rp_totals *t = &d->f->totals;
    const struct {
        const char *state;
        const uint64_t *sections, *bytes;
    } parts[] = {
        {"kept", t->kept_sections, t->kept},
        {"removed", t->removed_sections, t->removed},
        {"comdat-duplicate", t->duplicate_sections, t->duplicate},
    };
    enum reap_status st = REAP_OK;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        for (unsigned c = 0; !st && c < RP_N_CLASSES; c++)
            st = insert(d, "INSERT INTO total VALUES(?, ?, ?, ?)", parts[p].state, rp_class_name(c),
                        (const uint64_t[]){parts[p].sections[c], parts[p].bytes[c]}, 2);
    return st;
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum reap_status write_big_tables(const struct db *d)
{
    const struct rp_facts *f = d->f;
    const struct {
        const char *sql;
        size_t n;
        bind_fn bind;
    } tables[] = {
        {"INSERT INTO file(" RP_DB_FILE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?)", f->files.n, bind_file},
        {"INSERT INTO node(" RP_DB_NODE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
         f->nodes.n, bind_node},
        {"INSERT INTO edge(" RP_DB_EDGE_COLUMNS ") VALUES(?,?,?,?,?,?)", f->edges.n, bind_edge},
        {"INSERT INTO root(" RP_DB_ROOT_COLUMNS ") VALUES(?,?,?,?)", f->roots.n, bind_root},
        {"INSERT INTO symbol(" RP_DB_SYMBOL_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?)", f->symbols.n,
         bind_symbol},
        {"INSERT INTO undefined(" RP_DB_UNDEFINED_COLUMNS ") VALUES(?,?,?,?,?,?)", f->undefs.n,
         bind_undef},
        {"INSERT INTO finding(" RP_DB_FINDING_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?)",
         f->findings.n, bind_finding},
        {"INSERT INTO finding_part(" RP_DB_FINDING_PART_COLUMNS ") VALUES(?,?,?,?)",
         f->finding_parts.n, bind_finding_part},
        {"INSERT INTO type(" RP_DB_TYPE_COLUMNS ") VALUES(?,?,?,?,?,?,?)", f->types.n, bind_type},
        {"INSERT INTO base(" RP_DB_BASE_COLUMNS ") VALUES(?,?,?)", f->bases.n, bind_base},
        {"INSERT INTO rtti_slot(" RP_DB_SLOT_COLUMNS ") VALUES(?,?,?,?,?)", f->rtti_slots.n,
         bind_slot},
        {"INSERT INTO typeid_use(" RP_DB_TYPEID_COLUMNS ") VALUES(?,?,?,?,?,?)", f->typeids.n,
         bind_typeid},
    };
    enum reap_status st = write_strings(d);
    for (size_t i = 0; !st && i < sizeof tables / sizeof *tables; i++)
        st = write_rows(d, tables[i].sql, tables[i].n, tables[i].bind);
    return st;
}

static enum reap_status write_all(const struct db *d)
{
    char head[120];
    snprintf(head, sizeof head, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             RP_DB_APPLICATION_ID, RP_DB_SCHEMA_VERSION);
    if (sqlite3_exec(d->h, schema, NULL, NULL, NULL) || sqlite3_exec(d->h, head, NULL, NULL, NULL))
        return fail(d);
    enum reap_status st = write_meta(d);
    if (!st)
        st = write_enums(d);
    if (!st)
        st = write_totals(d);
    if (!st)
        st = write_image(d);
    if (!st)
        st = write_big_tables(d);
    if (!st && sqlite3_exec(d->h, "COMMIT", NULL, NULL, NULL))
        st = fail(d);
    return st;
}

enum reap_status rp_db_write(struct rp_ctx *ctx, const struct rp_facts *f, const char *path)
{
    struct rp_out out;
    struct db d = {.ctx = ctx, .f = f, .path = path};
    enum reap_status st = rp_out_open(ctx, &out, path, 0666);
    if (st)
        return st;
    if (!out.temp) { /* standard output, a pipe or a device */
        rp_out_abort(&out);
        return rp_fail(ctx, REAP_ERR_USAGE, "db-not-a-file", rp_at(path),
                       "a database can only be written to a regular file");
    }
    if (sqlite3_open_v2(out.temp, &d.h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
        st = fail(&d);
    if (!st)
        st = write_all(&d);
    /* Close before the rename, and look at its result: the last pages are written here. */
    if (sqlite3_close(d.h) && !st)
        st = rp_fail(ctx, REAP_ERR_IO, "db-write", rp_at(path), "cannot close the database");
    if (!st)
        return rp_out_commit(ctx, &out);
    rp_out_abort(&out);
    return st;
}
