/* test_report_db.c: the database gives back what was written, and trusts nothing that it reads. */
#include "report_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/time.h>

static char dir[] = "/tmp/reap-db-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[4][128];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, 128, "%s/%s", dir, name);
    return p;
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : 1;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[160];
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

#define SAME(a, b, fa, fb, field) assert_int_equal((a)->field, (b)->field)
#define SAME_STR(a, b, fa, fb, field)                                                              \
    assert_string_equal(rp_fact_str(fa, (a)->field), rp_fact_str(fb, (b)->field))

static void same_facts(const struct rp_facts *a, const struct rp_facts *b)
{
    SAME_STR(a, b, a, b, product);
    SAME_STR(a, b, a, b, command);
    SAME_STR(a, b, a, b, output);
    SAME_STR(a, b, a, b, linker);
    SAME_STR(a, b, a, b, level);
    SAME_STR(a, b, a, b, version);
    assert_int_equal(a->files.n, b->files.n);
    for (size_t i = 1; i < a->files.n; i++)
        assert_memory_equal(&a->files.v[i], &b->files.v[i], sizeof a->files.v[i]);
    assert_int_equal(a->nodes.n, b->nodes.n);
    for (size_t i = 1; i < a->nodes.n; i++) {
        const struct rp_fact_node *x = &a->nodes.v[i], *y = &b->nodes.v[i];
        SAME(x, y, a, b, file);
        SAME(x, y, a, b, section);
        SAME(x, y, a, b, name);
        SAME(x, y, a, b, kind);
        SAME(x, y, a, b, shndx);
        SAME(x, y, a, b, offset);
        SAME(x, y, a, b, size);
        SAME(x, y, a, b, cls);
        SAME(x, y, a, b, live);
        SAME(x, y, a, b, reason);
        SAME(x, y, a, b, parent);
        SAME(x, y, a, b, parent_edge);
        SAME(x, y, a, b, root);
        SAME(x, y, a, b, head);
        SAME(x, y, a, b, retained);
    }
    assert_int_equal(a->edges.n, b->edges.n);
    for (size_t i = 1; i < a->edges.n; i++) {
        const struct rp_fact_edge *x = &a->edges.v[i], *y = &b->edges.v[i];
        SAME(x, y, a, b, from);
        SAME(x, y, a, b, to);
        SAME(x, y, a, b, kind);
        SAME(x, y, a, b, symbol);
        SAME(x, y, a, b, offset);
    }
    assert_int_equal(a->roots.n, b->roots.n);
    for (size_t i = 1; i < a->roots.n; i++)
        assert_memory_equal(&a->roots.v[i], &b->roots.v[i], sizeof a->roots.v[i]);
    assert_int_equal(a->symbols.n, b->symbols.n);
    for (size_t i = 1; i < a->symbols.n; i++)
        assert_memory_equal(&a->symbols.v[i], &b->symbols.v[i], sizeof a->symbols.v[i]);
    assert_int_equal(a->undefs.n, b->undefs.n);
    for (size_t i = 1; i < a->undefs.n; i++) {
        const struct rp_fact_undef *x = &a->undefs.v[i], *y = &b->undefs.v[i];
        SAME(x, y, a, b, name);
        SAME(x, y, a, b, file);
        SAME(x, y, a, b, node);
        SAME(x, y, a, b, offset);
        SAME(x, y, a, b, weak);
    }
    assert_memory_equal(&a->totals, &b->totals, sizeof a->totals);
}

static void same_classes(const struct rp_facts *a, const struct rp_facts *b)
{
    assert_string_equal(rp_fact_str(a, a->typeinfo), rp_fact_str(b, b->typeinfo));
    assert_string_equal(rp_fact_str(a, a->unwinder), rp_fact_str(b, b->unwinder));
    assert_int_equal(a->types.n, b->types.n);
    for (size_t i = 1; i < a->types.n; i++) {
        const struct rp_fact_type *x = &a->types.v[i], *y = &b->types.v[i];
        SAME(x, y, a, b, symbol);
        SAME(x, y, a, b, typeinfo);
        SAME(x, y, a, b, type_name);
        SAME(x, y, a, b, why);
        SAME(x, y, a, b, ancestor);
        SAME(x, y, a, b, by);
    }
    assert_int_equal(a->bases.n, b->bases.n);
    for (size_t i = 1; i < a->bases.n; i++)
        assert_memory_equal(&a->bases.v[i], &b->bases.v[i], sizeof a->bases.v[i]);
    assert_int_equal(a->rtti_slots.n, b->rtti_slots.n);
    for (size_t i = 1; i < a->rtti_slots.n; i++) {
        const struct rp_fact_slot *x = &a->rtti_slots.v[i], *y = &b->rtti_slots.v[i];
        SAME(x, y, a, b, vtable);
        SAME(x, y, a, b, type);
        SAME(x, y, a, b, offset);
        SAME(x, y, a, b, kept);
    }
    assert_int_equal(a->typeids.n, b->typeids.n);
    for (size_t i = 1; i < a->typeids.n; i++) {
        const struct rp_fact_typeid *x = &a->typeids.v[i], *y = &b->typeids.v[i];
        SAME(x, y, a, b, node);
        SAME(x, y, a, b, offset);
        SAME(x, y, a, b, strong);
        SAME(x, y, a, b, allowed);
        SAME(x, y, a, b, of);
    }
}

/* Two classes, one the base of the other, a slot of each, and a use of typeid. */
static void add_classes(struct fx *x, const struct fx_program *p)
{
    struct rp_fact_type base = {
        .symbol = fx_str(x, "_ZTI4Base"), .typeinfo = p->h, .type_name = p->g};
    struct rp_fact_type derived = {.symbol = fx_str(x, "_ZTI7Derived"),
                                   .typeinfo = p->f,
                                   .why = RP_CLASS_NAMED,
                                   .ancestor = 1,
                                   .by = p->main};
    struct rp_fact_base is = {.type = 2, .base = 1};
    struct rp_fact_slot slots[2] = {{.vtable = p->f, .type = 1, .offset = 8},
                                    {.vtable = p->main, .type = 2, .offset = 8, .kept = 1}};
    struct rp_fact_typeid use = {.node = p->main,
                                 .offset = 5,
                                 .strong = 1,
                                 .allowed = fx_str(x, "it only compares"),
                                 .of = fx_str(x, "_ZTI4Base")};
    x->f.typeinfo = fx_str(x, "collected");
    x->f.unwinder = fx_str(x, "the program can call dlopen");
    assert_true(rp_vec_push(&x->f.types, base) && rp_vec_push(&x->f.types, derived));
    assert_true(rp_vec_push(&x->f.bases, is));
    assert_true(rp_vec_push(&x->f.rtti_slots, slots[0]) && rp_vec_push(&x->f.rtti_slots, slots[1]));
    assert_true(rp_vec_push(&x->f.typeids, use));
}

static void same_findings(const struct rp_facts *a, const struct rp_facts *b)
{
    assert_int_equal(a->findings.n, b->findings.n);
    for (size_t i = 1; i < a->findings.n; i++)
        assert_memory_equal(&a->findings.v[i], &b->findings.v[i], sizeof a->findings.v[i]);
    assert_int_equal(a->finding_parts.n, b->finding_parts.n);
    for (size_t i = 1; i < a->finding_parts.n; i++)
        assert_memory_equal(&a->finding_parts.v[i], &b->finding_parts.v[i],
                            sizeof a->finding_parts.v[i]);
}

/* One finding with two parts, behind whatever the program has. */
static void add_finding(struct fx *x, const struct fx_program *p)
{
    struct rp_finding f;
    memset(&f, 0, sizeof f); /* compared as bytes */
    f.code = RP_FIND_LOST_INITIALIZER;
    f.severity = RP_FINDING_ERROR;
    f.file = p->main_o;
    f.node = p->main;
    f.section = fx_str(x, ".init_array");
    f.count = 2;
    f.evidence = fx_str(x, "one\ntwo");
    f.remedy = fx_str(x, "KEEP (*(.init_array))");
    f.chain = fx_str(x, "first\nthen");
    f.suppressed = fx_str(x, "known");
    f.first_part = (uint32_t)x->f.finding_parts.n;
    f.n_parts = 2;
    struct rp_finding_part parts[2] = {
        {.finding = (uint32_t)x->f.findings.n, .name = fx_str(x, "hook"), .node = p->main},
        {.finding = (uint32_t)x->f.findings.n, .name = fx_str(x, "other")}};
    assert_true(rp_vec_push(&x->f.findings, f));
    assert_true(rp_vec_push(&x->f.finding_parts, parts[0]));
    assert_true(rp_vec_push(&x->f.finding_parts, parts[1]));
}

static void facts_survive_the_round_trip(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    struct rp_facts back;
    fx_init(&x);
    fx_program(&x, &p);
    /* numbers beyond the signed range, and names of any bytes */
    x.f.edges.v[1].offset = UINT64_MAX;
    x.f.symbols.v[1].value = UINT64_C(0x8000000000000000);
    x.f.nodes.v[p.f].name = fx_str(&x, "bad \xff\xfe utf8 'quote\" \n\x01");
    add_finding(&x, &p);
    add_finding(&x, &p);
    add_classes(&x, &p);
    const char *path = path_of("trip.db");
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path), REAP_OK);
    assert_int_equal(rp_db_read(&x.ctx, path, &back), REAP_OK);
    same_facts(&x.f, &back);
    same_findings(&x.f, &back);
    same_classes(&x.f, &back);
    rp_facts_free(&back);
    fx_free(&x);
}

static void the_same_facts_give_the_same_bytes(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    char command[400];
    fx_init(&x);
    fx_program(&x, &p);
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path_of("1.db")), REAP_OK);
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path_of("2.db")), REAP_OK);
    snprintf(command, sizeof command, "cmp %s %s", path_of("1.db"), path_of("2.db"));
    assert_int_equal(system(command), 0);
    fx_free(&x);
}

static void only_regular_files_are_written(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    assert_int_equal(rp_db_write(&x.ctx, &x.f, "-"), REAP_ERR_USAGE);
    assert_string_equal(x.last_code, "db-not-a-file");
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path_of("no/such/folder.db")), REAP_ERR_IO);
    fx_free(&x);
}

/* --- hostile databases ----------------------------------------------------------------------- */

static void read_must_fail(struct fx *x, const char *path, enum reap_status want, const char *code)
{
    struct rp_facts back;
    x->last_code[0] = '\0';
    assert_int_equal(rp_db_read(&x->ctx, path, &back), want);
    assert_string_equal(x->last_code, code);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    FILE *out = fopen(path_of("text"), "w");
    assert_non_null(out);
    for (int i = 0; i < 1000; i++)
        fprintf(out, "this is no database\n");
    fclose(out);
    read_must_fail(&x, path_of("text"), REAP_ERR_INPUT, "db-not-ours");
    out = fopen(path_of("empty"), "w");
    assert_non_null(out);
    fclose(out);
    read_must_fail(&x, path_of("empty"), REAP_ERR_INPUT, "db-not-ours");
    read_must_fail(&x, path_of("absent"), REAP_ERR_IO, "db-open");
    read_must_fail(&x, dir, REAP_ERR_IO, "db-open");
    fx_free(&x);
}

/* Each statement makes a good database bad. */
static void every_damage_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *code;
    } cases[] = {
        {"PRAGMA application_id = 1", "db-not-ours"},
        {"PRAGMA user_version = 99", "db-version"},
        {"PRAGMA user_version = 2", "db-version"},
        {"DROP TABLE edge", "db-bad"},
        {"DROP TABLE meta", "db-bad"},
        {"ALTER TABLE node DROP COLUMN retained", "db-bad"},
        {"ALTER TABLE edge RENAME TO e; CREATE VIEW edge AS SELECT * FROM e", "db-bad"},
        {"DELETE FROM node WHERE id = 3", "db-bad"},
        {"DELETE FROM string WHERE id = 1", "db-bad"},
        {"DELETE FROM string WHERE id = 0", "db-bad"},
        {"UPDATE string SET text = text || 'x' WHERE id = 1", "db-bad"},
        {"UPDATE string SET text = CAST(zeroblob(length(text)) AS TEXT) WHERE id = 1", "db-bad"},
        {"UPDATE string SET text = 5 WHERE id = 1", "db-bad"},
        {"UPDATE node SET file = 99", "db-bad"},
        {"UPDATE node SET file = 0 WHERE kind = 1", "db-bad"},
        {"UPDATE node SET section = 2 WHERE id = 1", "db-bad"},
        {"UPDATE node SET name = 100000000 WHERE id = 1", "db-bad"},
        {"UPDATE node SET kind = 0 WHERE id = 1", "db-bad"},
        {"UPDATE node SET kind = 77 WHERE id = 1", "db-bad"},
        {"UPDATE node SET class = 7 WHERE id = 1", "db-bad"},
        {"UPDATE node SET class = -1 WHERE id = 1", "db-bad"},
        {"UPDATE node SET live = 3 WHERE id = 1", "db-bad"},
        {"UPDATE node SET live = 0 WHERE id = 1", "db-bad"},
        {"UPDATE node SET reason = 99 WHERE id = 4", "db-bad"},
        {"UPDATE node SET reason = 0 WHERE id = 4", "db-bad"},
        {"UPDATE node SET size = NULL WHERE id = 1", "db-bad"},
        {"UPDATE node SET size = 'big' WHERE id = 1", "db-bad"},
        {"UPDATE node SET size = 1.5 WHERE id = 1", "db-bad"},
        {"UPDATE node SET parent = 999 WHERE id = 3", "db-bad"},
        {"UPDATE node SET parent = 4 WHERE id = 3", "db-bad"},
        {"UPDATE node SET parent_edge = 999 WHERE id = 3", "db-bad"},
        {"UPDATE node SET parent_edge = 2 WHERE id = 1", "db-bad"},
        {"UPDATE node SET root = 99 WHERE id = 3", "db-bad"},
        {"UPDATE node SET root = 0 WHERE id = 3", "db-bad"},
        {"UPDATE node SET head = 99 WHERE id = 4", "db-bad"},
        {"UPDATE edge SET source = 0 WHERE id = 1", "db-bad"},
        {"UPDATE edge SET target = 4294967297 WHERE id = 1", "db-bad"},
        {"UPDATE edge SET kind = 16 WHERE id = 1", "db-bad"},
        {"UPDATE edge SET symbol = -5 WHERE id = 1", "db-bad"},
        {"UPDATE edge SET source = 3, target = 2 WHERE id = 2", "db-bad"},
        {"UPDATE root SET node = 0 WHERE id = 1", "db-bad"},
        {"UPDATE root SET node = 2 WHERE id = 1", "db-bad"},
        {"UPDATE root SET reason = 0 WHERE id = 1", "db-bad"},
        {"UPDATE root SET reason = 1000 WHERE id = 1", "db-bad"},
        {"UPDATE symbol SET node = 4000 WHERE id = 1", "db-bad"},
        {"UPDATE symbol SET file = 4000 WHERE id = 1", "db-bad"},
        {"UPDATE symbol SET place = 0 WHERE id = 1", "db-bad"},
        {"UPDATE symbol SET place = 6 WHERE id = 1", "db-bad"},
        {"UPDATE undefined SET node = 4000 WHERE id = 1", "db-bad"},
        {"UPDATE undefined SET weak = 2 WHERE id = 1", "db-bad"},
        {"UPDATE file SET extracted_by = 9 WHERE id = 2", "db-bad"},
        {"UPDATE file SET path = 1000000 WHERE id = 2", "db-bad"},
        {"UPDATE type SET symbol = 3 WHERE id = 1", "db-bad"},
        {"UPDATE type SET typeinfo = 4000 WHERE id = 1", "db-bad"},
        {"UPDATE type SET type_name = 4000 WHERE id = 1", "db-bad"},
        {"UPDATE type SET why = 99 WHERE id = 1", "db-bad"},
        {"UPDATE type SET ancestor = 3 WHERE id = 1", "db-bad"},
        {"UPDATE type SET by_node = 4000 WHERE id = 1", "db-bad"},
        {"UPDATE type SET id = 9 WHERE id = 2", "db-bad"},
        {"UPDATE base SET type = 3", "db-bad"},
        {"UPDATE base SET base = 0", "db-bad"},
        {"UPDATE rtti_slot SET vtable = 0 WHERE id = 1", "db-bad"},
        {"UPDATE rtti_slot SET type = 7 WHERE id = 1", "db-bad"},
        {"UPDATE rtti_slot SET kept = 2 WHERE id = 1", "db-bad"},
        {"UPDATE typeid_use SET node = 0", "db-bad"},
        {"UPDATE typeid_use SET strong = 2", "db-bad"},
        {"UPDATE typeid_use SET allowed = 1000000", "db-bad"},
        {"UPDATE typeid_use SET of = 1000000", "db-bad"},
    };
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    add_classes(&x, &p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = path_of("bad.db");
        sqlite3 *db;
        assert_int_equal(rp_db_write(&x.ctx, &x.f, path), REAP_OK);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        /* views over a table would forbid to change it */
        assert_int_equal(sqlite3_exec(db,
                                      "DROP VIEW nodes; DROP VIEW edges; DROP VIEW files;"
                                      "DROP VIEW symbols; DROP VIEW undefineds; DROP VIEW roots;"
                                      "DROP VIEW finding_parts; DROP VIEW findings;"
                                      "DROP VIEW types; DROP VIEW rtti_slots;"
                                      "DROP VIEW typeid_uses",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        int rc = sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL);
        if (rc)
            print_message("%s: %s\n", cases[i].sql, sqlite3_errmsg(db));
        assert_int_equal(rc, SQLITE_OK);
        sqlite3_close(db);
        struct rp_facts back;
        x.last_code[0] = '\0';
        enum reap_status st = rp_db_read(&x.ctx, path, &back);
        if (!st || strcmp(x.last_code, cases[i].code) != 0)
            print_message("%s: status %d, %s: %s\n", cases[i].sql, st, x.last_code, x.last_text);
        assert_true(st == REAP_ERR_INPUT || st == REAP_ERR_UNSUPPORTED);
        assert_string_equal(x.last_code, cases[i].code);
    }
    fx_free(&x);
}

/* main -> f -> main, each step a real edge between live nodes of one root. */
static void a_path_with_a_loop_is_refused(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    struct rp_facts back;
    fx_init(&x);
    fx_program(&x, &p);
    x.f.edges.v[1].from = p.f;
    x.f.edges.v[1].to = p.main;
    x.f.nodes.v[p.main].parent = p.f;
    x.f.nodes.v[p.main].parent_edge = 1;
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path_of("loop.db")), REAP_OK);
    assert_int_equal(rp_db_read(&x.ctx, path_of("loop.db"), &back), REAP_ERR_INPUT);
    assert_string_equal(x.last_text, "damaged report database: a path has a loop");
    fx_free(&x);
}

/* Cut short or with flipped bytes: an error or facts, never a crash. */
static void damaged_bytes_are_survived(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    const char *path = path_of("bytes.db");
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path), REAP_OK);
    FILE *in = fopen(path, "rb");
    static unsigned char good[1 << 20], bad[1 << 20];
    assert_non_null(in);
    size_t n = fread(good, 1, sizeof good, in);
    fclose(in);
    assert_in_range(n, 16384, sizeof good - 1);
    uint64_t r = 12345;
    unsigned n_failed = 0;
    for (int round = 0; round < 300; round++) {
        memcpy(bad, good, n);
        size_t size = n;
        r = r * 6364136223846793005u + 1442695040888963407u;
        if (round % 3 == 0)
            size = (size_t)(r >> 20) % n;
        for (int k = 0; k < 4 && round % 3; k++) {
            r = r * 6364136223846793005u + 1442695040888963407u;
            bad[(r >> 20) % n] = (unsigned char)(r >> 50);
        }
        FILE *out = fopen(path_of("flip.db"), "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(bad, 1, size, out), size);
        fclose(out);
        struct rp_facts back;
        enum reap_status st = rp_db_read(&x.ctx, path_of("flip.db"), &back);
        n_failed += st != REAP_OK;
        if (!st)
            rp_facts_free(&back);
    }
    assert_true(n_failed >= 90); /* every third is cut short */
    fx_free(&x);
}

/* Every query of docs/database.md runs and has an answer on the small program. */
static void documented_queries_answer(void **state)
{
    (void)state;
    static char text[65536];
    struct fx x;
    struct fx_program p;
    sqlite3 *db;
    fx_init(&x);
    fx_program(&x, &p);
    add_classes(&x, &p);
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path_of("doc.db")), REAP_OK);
    assert_int_equal(sqlite3_open(path_of("doc.db"), &db), SQLITE_OK);
    FILE *in = fopen(REAP_DOCS "/database.md", "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    unsigned n = 0;
    for (char *sql = text; (sql = strstr(sql, "```sql\n")) != NULL; n++) {
        sql += 7;
        char *end = strstr(sql, "```");
        assert_non_null(end);
        *end = '\0';
        sqlite3_stmt *s;
        int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
        if (rc || sqlite3_step(s) != SQLITE_ROW)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        sqlite3_finalize(s);
        sql = end + 3;
    }
    assert_int_equal(n, 9);
    sqlite3_close(db);
    fx_free(&x);
}

static void views_show_text(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *want;
    } cases[] = {
        {"SELECT value FROM meta WHERE key = 'schema'", "3"},
        {"SELECT file || ':' || section FROM nodes WHERE name = '_ZN2ns1gEv'",
         "lib/libx.a(m.o):.text._ZN2ns1gEv"},
        {"SELECT reason FROM nodes WHERE name = 'h_table'", "only-from-dead"},
        {"SELECT h.name FROM nodes n JOIN nodes h ON h.id = n.head WHERE n.name = 'h_table'",
         "_ZN2ns1gEv"},
        {"SELECT root_reason FROM nodes WHERE name = '_ZN2ns1fEi'", "option"},
        {"SELECT s.name FROM edges e JOIN nodes s ON s.id = e.source JOIN nodes t"
         " ON t.id = e.target WHERE t.name = 'h_table' AND e.kind = 'reloc'",
         "_ZN2ns1gEv"},
        {"SELECT sum(bytes) FROM total WHERE state = 'removed' AND class = 'text'", "1042"},
        {"SELECT sum(size) FROM nodes WHERE reason NOT IN ('live', 'comdat-duplicate')"
         " AND class = 'text'",
         "1042"},
        {"SELECT place FROM symbols WHERE name = 'printf'", "shared"},
        {"SELECT file FROM symbols WHERE place = 'member-not-extracted' AND name = 'hook'",
         "lib/libx.a(never.o)"},
        {"SELECT weak FROM undefineds WHERE name = 'hook'", "1"},
        {"SELECT detail FROM roots WHERE reason = 'entry'", "entry symbol _start"},
        {"SELECT count(*) FROM nodes", "16"},
        {"SELECT why || ' ' || ancestor || ' ' || by_name FROM types WHERE symbol = '_ZTI7Derived'",
         "named _ZTI4Base main"},
        {"SELECT live || ' ' || bytes || ' ' || name_bytes FROM types WHERE symbol = '_ZTI4Base'",
         "0 5000 1000"},
        {"SELECT vtable_name FROM rtti_slots WHERE type = '_ZTI4Base' AND NOT kept", "_ZN2ns1fEi"},
        {"SELECT name || ': ' || allowed || ' ' || of FROM typeid_uses",
         "main: it only compares _ZTI4Base"},
    };
    struct fx x;
    struct fx_program p;
    sqlite3 *db;
    fx_init(&x);
    fx_program(&x, &p);
    add_classes(&x, &p);
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path_of("views.db")), REAP_OK);
    assert_int_equal(sqlite3_open(path_of("views.db"), &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sqlite3_stmt *s;
        assert_int_equal(sqlite3_prepare_v2(db, cases[i].sql, -1, &s, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(s, 0), cases[i].want);
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_survive_the_round_trip),
        cmocka_unit_test(the_same_facts_give_the_same_bytes),
        cmocka_unit_test(only_regular_files_are_written),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(every_damage_is_found),
        cmocka_unit_test(a_path_with_a_loop_is_refused),
        cmocka_unit_test(damaged_bytes_are_survived),
        cmocka_unit_test(documented_queries_answer),
        cmocka_unit_test(views_show_text),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
