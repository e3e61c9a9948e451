/* bisect.c: which removals turn a test that passes into one that fails, found by experiment.
 *
 * How: link with everything removed: the test must fail; link with nothing removed: it must pass.
 * Then rp_search_minimal() finds the groups (one for each finding, one for each other removal)
 * that must be removed for the failure, the same within the groups, and last within the chains of
 * what was found: the heads stay removed, and what hangs on them is kept from the far end, until
 * the failure stops. Culprits are kept from then on, and the rest is tried again: where it still
 * fails there is another, independent culprit.
 *
 * Entry: reap_bisect().
 */
#include "api/bisect.h"

#include "elf/filemap.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- getting ready -----------------------------------------------------------------------------
 */

static enum reap_status find_driver(struct rp_bisect *b)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) {
        slash[1] = '\0';
        const char *beside = rp_arena_printf(&b->arena, "%sld.reap", self);
        if (beside && access(beside, X_OK) == 0) {
            b->driver = beside;
            return REAP_OK;
        }
    }
    b->driver = "ld.reap";
    return REAP_OK;
}

/* The script that word i names, or NULL; *ret_at is the index of the word that holds the name. */
static const char *script_of(const struct rp_saved_link *s, size_t i, size_t *ret_at)
{
    static const char *const separate[] = {"-T", "--script", "-dT", "--default-script"};
    static const char *const joined[] = {"--script=", "--default-script=", "-T"};
    const char *word = s->words.v[i];
    *ret_at = i + 1;
    for (size_t k = 0; k < sizeof separate / sizeof *separate; k++)
        if (!strcmp(word, separate[k]))
            return i + 1 < s->words.n ? s->words.v[i + 1] : NULL;
    *ret_at = i;
    for (size_t k = 0; k < sizeof joined / sizeof *joined; k++)
        if (!strncmp(word, joined[k], strlen(joined[k])))
            return word + strlen(joined[k]);
    return NULL;
}

static enum reap_status read_scripts(struct rp_bisect *b)
{
    for (size_t i = 0; i < b->saved.words.n; i++) {
        struct rp_script_text t = {0};
        struct rp_map map = {0};
        t.path = script_of(&b->saved, i, &t.word);
        if (!t.path)
            continue;
        const char *full =
            t.path[0] == '/' ? t.path : rp_arena_printf(&b->arena, "%s/%s", b->saved.cwd, t.path);
        if (!full)
            return rp_nomem(&b->ctx);
        if (access(full, R_OK) || b->scripts.n >= 1000)
            continue; /* -Ttext=0x1000, or found in a search folder only the linker knows */
        enum reap_status st = rp_map_open(&b->ctx, &map, full);
        if (st != REAP_OK)
            return st;
        t.text = rp_arena_strndup(&b->arena, (const char *)map.data, map.size);
        t.size = t.text ? strlen(t.text) : 0;
        rp_map_close(&map);
        st = t.text ? rp_script_units(&b->ctx, &b->arena, &t) : rp_nomem(&b->ctx);
        if (st == REAP_OK && !rp_vec_push(&b->scripts, t))
            st = rp_nomem(&b->ctx);
        if (st != REAP_OK)
            return st;
    }
    return REAP_OK;
}

/* The program keeps its name: tests may look at it. */
static const char *output_name(const struct rp_saved_link *s)
{
    const char *name = "a.out";
    for (size_t i = 0; i + 1 < s->words.n; i++)
        if (!strcmp(s->words.v[i], "-o"))
            name = s->words.v[i + 1];
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static enum reap_status prepare(struct rp_bisect *b)
{
    char cwd[PATH_MAX];
    enum reap_status st = rp_saved_read(&b->ctx, &b->arena, b->options->save, &b->saved);
    if (st == REAP_OK)
        st = find_driver(b);
    if (st == REAP_OK)
        st = read_scripts(b);
    if (st != REAP_OK)
        return st;
    b->work = rp_arena_printf(&b->arena, "%s/bisect", b->saved.dir);
    char *folder = b->work ? rp_arena_printf(&b->arena, "%s/out", b->work) : NULL;
    b->output = folder ? rp_arena_printf(&b->arena, "%s/%s", folder, output_name(&b->saved)) : NULL;
    b->test_cwd = getcwd(cwd, sizeof cwd) ? rp_arena_strdup(&b->arena, cwd) : NULL;
    if (!b->output || !b->test_cwd)
        return rp_nomem(&b->ctx);
    if ((mkdir(b->work, 0777) && errno != EEXIST) || (mkdir(folder, 0777) && errno != EEXIST))
        return rp_fail(&b->ctx, REAP_ERR_IO, "cannot-write", rp_at(folder), "%s", strerror(errno));
    return REAP_OK;
}

/* --- trials ------------------------------------------------------------------------------------
 */

static void tell(const struct rp_bisect *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void tell(const struct rp_bisect *b, const char *fmt, ...)
{
    if (!b->options->progress || b->options->quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    vfprintf(b->options->progress, fmt, ap);
    va_end(ap);
    fflush(b->options->progress);
}

static double now_s(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* What is kept, as a key: the items' bits and the nodes. */
static uint64_t key_of(const struct rp_keep *keep)
{
    uint64_t items = rp_hash(keep->items.w, (keep->items.n / 64 + 1) * sizeof *keep->items.w);
    uint64_t nodes = rp_hash(keep->nodes.v, keep->nodes.n * sizeof *keep->nodes.v);
    uint64_t both[2] = {items, nodes};
    return rp_hash(both, sizeof both);
}

/* A link that fails although more than its inputs' authors asked for is there decides nothing. */
static enum reap_status try_keep(struct rp_bisect *b, const struct rp_keep *keep,
                                 unsigned steps_left, enum rp_verdict *ret)
{
    static const char *const words[] = {"", "passes", "fails", "decides nothing"};
    uint64_t key = key_of(keep);
    enum rp_verdict known = keep->db ? 0 : rp_memory_get(&b->memory, key);
    if (known) {
        b->n_remembered++;
        *ret = known;
        return REAP_OK;
    }
    double start = now_s();
    bool linked = false;
    *ret = RP_UNRESOLVED;
    enum reap_status st = rp_step_link(b, keep, &linked);
    if (st == REAP_OK && linked)
        st = rp_step_test(b, ret);
    if (st != REAP_OK)
        return st;
    b->trial_s = now_s() - start;
    if (steps_left)
        tell(b, "link %u: %s; about %u left (%.0f s)\n", b->n_links, words[*ret], steps_left - 1,
             (steps_left - 1) * b->trial_s);
    else
        tell(b, "link %u: %s\n", b->n_links, words[*ret]);
    return b->memory.file ? rp_memory_put(&b->ctx, &b->memory, key, *ret) : REAP_OK;
}

static bool keep_init(const struct rp_bisect *b, struct rp_keep *keep, bool all)
{
    memset(keep, 0, sizeof *keep);
    if (!rp_bitset_init(&keep->items, b->items.v.n))
        return false;
    for (size_t i = 0; all && i < b->items.v.n; i++)
        rp_bitset_set(&keep->items, i);
    return true;
}

static void keep_free(struct rp_keep *keep)
{
    rp_bitset_free(&keep->items);
    rp_vec_free(&keep->nodes);
}

/* --- searches ----------------------------------------------------------------------------------
 */

/* Things of a search are groups, or items, or nodes of a chain. */
struct things {
    struct rp_bisect *b;
    const uint32_t *items; /* items that are things: thing i is items[i] */
    bool groups;           /* thing i is group i */
    const rp_id *chain;    /* nodes below removed_items: thing i is chain[i] */
    const struct rp_culprit *culprit;
    uint32_t n;
};

static void set_kept(struct rp_keep *keep, size_t item, bool kept)
{
    uint64_t bit = UINT64_C(1) << (item % 64);
    if (kept)
        keep->items.w[item / 64] |= bit;
    else
        keep->items.w[item / 64] &= ~bit;
}

static enum reap_status trial(void *user, const struct rp_bitset *removed, unsigned steps_left,
                              enum rp_verdict *ret)
{
    struct things *t = user;
    struct rp_bisect *b = t->b;
    struct rp_keep keep;
    bool ok = keep_init(b, &keep, true);
    for (size_t i = 0; ok && t->chain && i < t->culprit->items.n; i++)
        set_kept(&keep, t->culprit->items.v[i], false);
    for (uint32_t i = 0; ok && i < t->n; i++) {
        bool gone = rp_bitset_get(removed, i);
        if (t->chain && !gone)
            ok = rp_vec_push(&keep.nodes, t->chain[i]);
        else if (t->groups && gone)
            for (uint32_t k = b->items.group_start.v[i]; k < b->items.group_start.v[i + 1]; k++)
                set_kept(&keep, k, false);
        else if (t->items && gone)
            set_kept(&keep, t->items[i], false);
    }
    enum reap_status st = ok ? try_keep(b, &keep, steps_left, ret) : rp_nomem(&b->ctx);
    keep_free(&keep);
    return st;
}

static enum reap_status search(struct things *t, uint32_t n_ranked, const uint32_t *candidates,
                               uint32_t n, struct rp_found *ret)
{
    struct rp_search s = {.n = t->n, .n_ranked = n_ranked, .trial = trial, .user = t};
    return rp_search_minimal(&t->b->ctx, &s, candidates, n, ret);
}

/* 0 … n - 1 */
static uint32_t *counted(struct rp_bisect *b, uint32_t n)
{
    uint32_t *v = rp_arena_alloc(&b->arena, (n + 1) * sizeof *v);
    for (uint32_t i = 0; v && i < n; i++)
        v[i] = i;
    return v;
}

/* From groups to items. */
static enum reap_status refine(struct rp_bisect *b, const struct rp_found *groups,
                               struct rp_culprit *ret)
{
    RP_VEC(uint32_t) items = {0};
    bool ok = true;
    for (size_t g = 0; g < groups->v.n; g++)
        for (uint32_t k = b->items.group_start.v[groups->v.v[g]];
             k < b->items.group_start.v[groups->v.v[g] + 1]; k++)
            ok = ok && rp_vec_push(&items, k);
    uint32_t *numbers = counted(b, (uint32_t)items.n);
    struct things t = {.b = b, .items = items.v, .n = (uint32_t)items.n};
    struct rp_found found = {.exact = true};
    enum reap_status st = ok && numbers ? REAP_OK : rp_nomem(&b->ctx);
    if (st == REAP_OK && items.n == groups->v.n) /* nothing to refine */
        for (size_t i = 0; i < items.n && st == REAP_OK; i++)
            st = rp_vec_push(&found.v, (uint32_t)i) ? REAP_OK : rp_nomem(&b->ctx);
    else if (st == REAP_OK)
        st = search(&t, 0, numbers, t.n, &found);
    for (size_t i = 0; i < found.v.n && st == REAP_OK; i++)
        st = rp_vec_push(&ret->items, items.v[found.v.v[i]]) ? REAP_OK : rp_nomem(&b->ctx);
    ret->exact = groups->exact && found.exact;
    rp_vec_free(&found.v);
    rp_vec_free(&items);
    return st;
}

/* The dead nodes reached from the culprit's heads, breadth first, so that what refers to a node
 * tends to stand before it. */
static bool chain_of(struct rp_bisect *b, const struct rp_culprit *c, rp_id **ret, uint32_t *ret_n)
{
    const struct rp_facts *f = &b->facts;
    uint32_t *start = calloc(f->nodes.n + 2, sizeof *start), n = 0;
    rp_id *to = malloc((f->edges.n + 1) * sizeof *to);
    rp_id *queue = rp_arena_alloc(&b->arena, (f->nodes.n + 1) * sizeof *queue);
    uint8_t *seen = calloc(f->nodes.n + 1, 1);
    bool ok = start && to && queue && seen;
    for (size_t i = 1; ok && i < f->edges.n; i++)
        start[f->edges.v[i].from + 1]++;
    for (size_t i = 1; ok && i <= f->nodes.n; i++)
        start[i] += start[i - 1];
    for (size_t i = 1; ok && i < f->edges.n; i++)
        to[start[f->edges.v[i].from]++] = f->edges.v[i].to;
    for (size_t i = 0; ok && i < c->items.n; i++) {
        const struct rp_item *it = &b->items.v.v[c->items.v[i]];
        if (it->kind == RP_ITEM_NODE && !seen[it->id])
            seen[it->id] = 1, queue[n++] = it->id;
    }
    for (uint32_t q = 0; ok && q < n; q++)
        for (uint32_t e = queue[q] ? start[queue[q] - 1] : 0; e < start[queue[q]]; e++)
            if (!seen[to[e]] && !f->nodes.v[to[e]].live)
                seen[to[e]] = 1, queue[n++] = to[e];
    free(start);
    free(to);
    free(seen);
    *ret = queue;
    *ret_n = n;
    return ok;
}

/* Which node of the culprit's chains does it: the last of the shortest failing prefix. */
static enum reap_status look_inside(struct rp_bisect *b, struct rp_culprit *c)
{
    enum { MAX_CHAIN = 20000 };
    rp_id *chain = NULL;
    uint32_t n = 0, n_heads = 0;
    if (!chain_of(b, c, &chain, &n))
        return rp_nomem(&b->ctx);
    for (size_t i = 0; i < c->items.n; i++)
        n_heads += b->items.v.v[c->items.v[i]].kind == RP_ITEM_NODE;
    if (!n_heads)
        return REAP_OK;
    c->guilty = chain[n_heads - 1];
    if (n == n_heads || n > MAX_CHAIN)
        return REAP_OK;
    struct things t = {.b = b, .chain = chain, .culprit = c, .n = n};
    struct rp_bitset removed;
    if (!rp_bitset_init(&removed, n))
        return rp_nomem(&b->ctx);
    uint32_t lo = n_heads - 1, hi = n; /* the first lo pass (not all heads are gone), hi fail */
    enum reap_status st = REAP_OK;
    for (bool first = true; st == REAP_OK && hi - lo > 1; first = false) {
        uint32_t k = first ? n_heads : lo + (hi - lo) / 2;
        enum rp_verdict verdict = RP_UNRESOLVED;
        memset(removed.w, 0, (n / 64 + 1) * sizeof *removed.w);
        for (uint32_t i = 0; i < k; i++)
            rp_bitset_set(&removed, i);
        st = trial(&t, &removed, 1, &verdict);
        if (verdict == RP_UNRESOLVED)
            break;
        if (verdict == RP_FAIL)
            hi = k;
        else
            lo = k;
    }
    rp_bitset_free(&removed);
    c->guilty = hi < n || hi - lo == 1 ? chain[hi - 1] : c->guilty;
    return st;
}

/* --- the whole ---------------------------------------------------------------------------------
 */

/* One culprit among the groups that `open` has; they are known to fail. */
static enum reap_status find_culprit(struct rp_bisect *b, const uint32_t *open, uint32_t n_open,
                                     uint32_t n_ranked, struct rp_culprits *culprits,
                                     struct rp_found *ret_groups)
{
    uint32_t n_groups = (uint32_t)b->items.group_start.n - 1;
    struct things t = {.b = b, .groups = true, .n = n_groups};
    struct rp_culprit c = {.exact = true};
    enum reap_status st = search(&t, n_ranked, open, n_open, ret_groups);
    if (st == REAP_OK)
        st = refine(b, ret_groups, &c);
    if (st == REAP_OK)
        st = look_inside(b, &c);
    if (!rp_vec_push(&culprits->v, c)) {
        rp_vec_free(&c.items);
        return st == REAP_OK ? rp_nomem(&b->ctx) : st;
    }
    return st;
}

static bool contains(const struct rp_found *f, uint32_t x)
{
    for (size_t i = 0; i < f->v.n; i++)
        if (f->v.v[i] == x)
            return true;
    return false;
}

static enum reap_status find_all(struct rp_bisect *b, struct rp_culprits *culprits)
{
    uint32_t n = (uint32_t)b->items.group_start.n - 1, n_ranked = b->items.n_ranked;
    uint32_t *open = counted(b, n);
    struct things t = {.b = b, .groups = true, .n = n};
    struct rp_bitset removed = {0};
    enum reap_status st = open && rp_bitset_init(&removed, n) ? REAP_OK : rp_nomem(&b->ctx);
    while (st == REAP_OK && n) {
        struct rp_found groups = {0};
        enum rp_verdict verdict = RP_PASS;
        st = find_culprit(b, open, n, n_ranked, culprits, &groups);
        uint32_t k = 0, ranked = 0;
        for (uint32_t i = 0; i < n; i++)
            if (!contains(&groups, open[i])) {
                ranked += i < n_ranked;
                open[k++] = open[i];
            }
        bool progress = k < n;
        n = k;
        n_ranked = ranked;
        rp_vec_free(&groups.v);
        if (st != REAP_OK || !progress || !n)
            break;
        /* Does what is left fail too? */
        memset(removed.w, 0, (removed.n / 64 + 1) * sizeof *removed.w);
        for (uint32_t i = 0; i < n; i++)
            rp_bitset_set(&removed, open[i]);
        st = trial(&t, &removed, 1, &verdict);
        if (verdict != RP_FAIL)
            break;
    }
    rp_bitset_free(&removed);
    return st;
}

/* Everything removed, which makes the database too. */
static enum reap_status try_all_removed(struct rp_bisect *b, enum rp_verdict *ret)
{
    struct rp_keep none = {0};
    none.db = rp_arena_printf(&b->arena, "%s/base.db", b->work);
    if (!none.db || !rp_bitset_init(&none.items, 0))
        return rp_nomem(&b->ctx);
    enum reap_status st = try_keep(b, &none, 0, ret);
    rp_bitset_free(&none.items);
    if (st != REAP_OK || *ret != RP_FAIL)
        return st;
    st = rp_db_read(&b->ctx, none.db, &b->facts);
    b->has_facts = st == REAP_OK;
    return st;
}

/* Nothing removed. `again`: not from memory. */
static enum reap_status try_all_kept(struct rp_bisect *b, bool again, enum rp_verdict *ret)
{
    struct rp_keep all = {0};
    bool ok = keep_init(b, &all, true) && (!again || rp_vec_push(&all.nodes, 0));
    enum reap_status st = ok ? try_keep(b, &all, 0, ret) : rp_nomem(&b->ctx);
    keep_free(&all);
    return st;
}

static enum reap_status open_memory(struct rp_bisect *b)
{
    uint64_t what[2] = {b->saved.hash, rp_hash(b->items.v.v, b->items.v.n * sizeof *b->items.v.v)};
    for (const char *const *w = b->options->test; *w; w++)
        what[1] = what[1] * 31 + rp_hash(*w, strlen(*w));
    const char *path = rp_arena_printf(&b->arena, "%s/state", b->work);
    return path ? rp_memory_open(&b->ctx, &b->memory, path, rp_hash(what, sizeof what),
                                 b->options->restart)
                : rp_nomem(&b->ctx);
}

/* The items, and the end with nothing removed. Members that nobody asked for may clash with other
 * definitions: when the link fails with them, it is done again without. */
static enum reap_status make_items(struct rp_bisect *b, bool members, enum rp_verdict *ret)
{
    rp_memory_close(&b->memory);
    rp_items_free(&b->items);
    enum reap_status st =
        rp_items_make(&b->ctx, &b->facts, b->scripts.v, b->scripts.n, members, &b->items);
    if (st == REAP_OK)
        st = open_memory(b);
    if (st != REAP_OK)
        return st;
    tell(b, "%zu removals, %u of them under suspicion%s\n", b->items.v.n,
         b->items.n_ranked ? b->items.group_start.v[b->items.n_ranked] : 0,
         b->memory.n_known ? ", resuming" : "");
    return try_all_kept(b, false, ret);
}

static enum reap_status check_ends(struct rp_bisect *b, enum reap_bisect_end *ret, bool *ret_go_on)
{
    enum rp_verdict verdict = RP_PASS;
    *ret_go_on = false;
    enum reap_status st = try_all_removed(b, &verdict);
    *ret = verdict == RP_UNRESOLVED ? REAP_BISECT_UNRESOLVED : REAP_BISECT_NO_FAIL;
    if (st != REAP_OK || verdict != RP_FAIL)
        return st;
    st = make_items(b, true, &verdict);
    if (st == REAP_OK && verdict == RP_UNRESOLVED)
        st = make_items(b, false, &verdict);
    if (st == REAP_OK && verdict == RP_FAIL && b->options->retries) {
        b->flaky = true; /* now and then even with nothing removed? */
        st = try_all_kept(b, true, &verdict);
    }
    *ret = verdict == RP_FAIL ? REAP_BISECT_ALL_FAIL : REAP_BISECT_UNRESOLVED;
    *ret_go_on = verdict == RP_PASS;
    return st;
}

static enum reap_status run(struct rp_bisect *b, struct rp_culprits *culprits,
                            enum reap_bisect_end *ret)
{
    bool go_on = false;
    enum reap_status st = prepare(b);
    if (st == REAP_OK)
        st = check_ends(b, ret, &go_on);
    if (st == REAP_OK && go_on) {
        st = find_all(b, culprits);
        *ret =
            culprits->v.n && culprits->v.v[0].items.n ? REAP_BISECT_FOUND : REAP_BISECT_UNRESOLVED;
    }
    return st;
}

enum reap_status reap_bisect(const struct reap_bisect_options *options, FILE *out,
                             enum reap_bisect_end *ret_end)
{
    struct rp_bisect b = {.options = options};
    struct rp_culprits culprits = {0};
    enum reap_bisect_end end = REAP_BISECT_UNRESOLVED;
    rp_ctx_init(&b.ctx, options->diag, options->diag_user);
    enum reap_status st = run(&b, &culprits, &end);
    if (st == REAP_OK)
        st = rp_bisect_write(&b, &culprits, end, out);
    if (st == REAP_OK)
        *ret_end = end;
    for (size_t i = 0; i < culprits.v.n; i++)
        rp_vec_free(&culprits.v.v[i].items);
    rp_vec_free(&culprits.v);
    rp_memory_close(&b.memory);
    rp_items_free(&b.items);
    for (size_t i = 0; i < b.scripts.n; i++)
        rp_vec_free(&b.scripts.v[i].units);
    rp_vec_free(&b.scripts);
    if (b.has_facts)
        rp_facts_free(&b.facts);
    rp_saved_free(&b.saved);
    rp_arena_free(&b.arena);
    rp_ctx_fini(&b.ctx);
    return st;
}
