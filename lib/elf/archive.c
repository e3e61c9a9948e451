/* archive.c: reading ar(5) archives.
 *
 * One pass over the member headers, which can only go forward; then the index is matched against
 * them. Understood: GNU and SysV ("name/", "/123" into the table "//", index "/" and "/SYM64/"),
 * BSD ("#1/len", index __.SYMDEF and __.SYMDEF_64), and GNU thin archives, where members are
 * files of their own. Sources: ar(5) of FreeBSD, the comments in binutils' include/aout/ar.h.
 */
#include "elf/archive.h"

#include "elf/elf_file.h"
#include "util/checked.h"
#include "util/vec.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAGIC_SIZE = 8,
    HEADER_SIZE = 60,
    NAME_SIZE = 16,
    SIZE_AT = 48, /* decimal size of the contents */
    SIZE_DIGITS = 10,
    END_AT = 58,         /* "`\n" */
    LONGEST_NAME = 4096, /* PATH_MAX */
};

enum index_kind { INDEX_NONE, INDEX_GNU32, INDEX_GNU64, INDEX_BSD32, INDEX_BSD64 };

/* An archive being read. */
struct reader {
    struct rp_ctx *ctx;
    const struct rp_map *map;
    struct rp_archive *a;
    RP_VEC(struct rp_member) members;
    const char *names; /* contents of "//" */
    uint64_t names_size;
    const uint8_t *index; /* contents of the index */
    uint64_t index_size;
    enum index_kind index_kind;
};

/* One member header, decoded. */
struct header {
    const char *name; /* the raw field, up to NAME_SIZE bytes */
    size_t name_len;  /* without trailing blanks */
    uint64_t at;      /* of the header in the archive */
    uint64_t size;    /* as the header says */
};

#define BAD(r, at, code, ...)                                                                      \
    rp_fail((r)->ctx, REAP_ERR_INPUT, code,                                                        \
            (struct rp_where){.file = (r)->map->path, .offset = (at), .has_offset = true},         \
            __VA_ARGS__)

/* Decimal digits up to blanks or the end of the field. */
static bool parse_decimal(const char *p, size_t n, uint64_t *ret)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < n && p[i] >= '0' && p[i] <= '9'; i++)
        if (!rp_mul(v, 10, &v) || !rp_add(v, (uint64_t)(p[i] - '0'), &v))
            return false;
    if (i == 0)
        return false;
    for (; i < n; i++)
        if (p[i] != ' ' && p[i] != '\0')
            return false;
    *ret = v;
    return true;
}

static enum reap_status read_header(struct reader *r, uint64_t at, struct header *ret)
{
    if (!rp_in_range(at, HEADER_SIZE, r->map->size))
        return BAD(r, at, "archive-truncated", "the archive ends inside a member header");
    const char *p = (const char *)r->map->data + at;
    if (p[END_AT] != '`' || p[END_AT + 1] != '\n')
        return BAD(r, at, "bad-archive-header", "this is no archive member header");
    struct header h = {.name = p, .name_len = NAME_SIZE, .at = at};
    if (!parse_decimal(p + SIZE_AT, SIZE_DIGITS, &h.size))
        return BAD(r, at, "bad-archive-header", "the size '%.*s' of a member is no number",
                   SIZE_DIGITS, p + SIZE_AT);
    while (h.name_len && h.name[h.name_len - 1] == ' ')
        h.name_len--;
    *ret = h;
    return REAP_OK;
}

static bool name_is(const struct header *h, const char *name)
{
    return h->name_len == strlen(name) && memcmp(h->name, name, h->name_len) == 0;
}

/* --- names ----------------------------------------------------------------------------------- */

/* The entry of "//" at `offset`: up to "/\n", or, from producers that write no slash, "\n". */
static enum reap_status table_name(struct reader *r, const struct header *h, uint64_t offset,
                                   const char **ret, size_t *ret_len)
{
    if (offset >= r->names_size)
        return BAD(r, h->at, "bad-archive-name",
                   "the name at %llu is outside the name table of %llu bytes",
                   (unsigned long long)offset, (unsigned long long)r->names_size);
    const char *s = r->names + offset;
    uint64_t left = r->names_size - offset;
    if (left > LONGEST_NAME + 2)
        left = LONGEST_NAME + 2; /* names may share bytes: a bound keeps hostile tables cheap */
    const char *end = memmem(s, left, "/\n", 2);
    if (!end)
        end = memchr(s, '\n', left);
    if (!end)
        return BAD(r, h->at, "bad-archive-name", "a name in the name table has no end");
    if (memchr(s, '\0', (size_t)(end - s)))
        return BAD(r, h->at, "bad-archive-name", "a name in the name table contains NUL");
    *ret = s;
    *ret_len = (size_t)(end - s);
    return REAP_OK;
}

/* The name of an ordinary member. BSD names lie at the start of the contents: *ret_skip bytes. */
static enum reap_status member_name(struct reader *r, const struct header *h, const char **ret,
                                    size_t *ret_len, uint64_t *ret_skip)
{
    uint64_t n;
    *ret_skip = 0;
    *ret = h->name;
    *ret_len = h->name_len;
    if (h->name_len > 3 && memcmp(h->name, "#1/", 3) == 0) {
        uint64_t start = h->at + HEADER_SIZE;
        if (r->a->thin || !parse_decimal(h->name + 3, h->name_len - 3, &n) || n > h->size ||
            !rp_in_range(start, n, r->map->size))
            return BAD(r, h->at, "bad-archive-name", "the name '%.*s' is longer than the member",
                       (int)h->name_len, h->name);
        *ret = (const char *)r->map->data + start;
        *ret_len = strnlen(*ret, (size_t)n);
        *ret_skip = n;
        return REAP_OK;
    }
    if (h->name_len > 1 && h->name[0] == '/') {
        /* GNU ar writes "/123:456" when it puts an archive into a thin one: the member whose
         * header is at 456 in the archive that is called by the name at 123. */
        if (memchr(h->name, ':', h->name_len)) {
            rp_warn(r->ctx, "nested-thin-archive", rp_at(r->map->path),
                    "a thin archive with members of another archive is not supported");
            return REAP_ERR_UNSUPPORTED;
        }
        /* When GNU ar moves members of a thin archive (`ar mT`, as kernels do with vmlinux.a), it
         * writes "/123           /" for "/123". */
        size_t digits = h->name_len - 1;
        if (digits > 1 && h->name[digits] == '/')
            digits--;
        if (!parse_decimal(h->name + 1, digits, &n))
            return BAD(r, h->at, "bad-archive-name", "the name '%.*s' is not understood",
                       (int)h->name_len, h->name);
        return table_name(r, h, n, ret, ret_len);
    }
    if (h->name_len && h->name[h->name_len - 1] == '/')
        --*ret_len;
    return REAP_OK;
}

/* A thin member's file: relative to the archive's folder. */
static char *thin_path(struct reader *r, const char *name)
{
    const char *slash = strrchr(r->map->path, '/');
    if (name[0] == '/' || !slash)
        return rp_arena_strdup(&r->a->arena, name);
    return rp_arena_printf(&r->a->arena, "%.*s%s", (int)(slash + 1 - r->map->path), r->map->path,
                           name);
}

/* --- members --------------------------------------------------------------------------------- */

static enum reap_status check_contents(struct reader *r, const struct header *h)
{
    if (!rp_in_range(h->at + HEADER_SIZE, h->size, r->map->size))
        return BAD(r, h->at, "archive-truncated",
                   "a member of %llu bytes does not fit into the archive",
                   (unsigned long long)h->size);
    return REAP_OK;
}

/* The index and the name table, which are no members. *ret_special: it was one of them. */
static enum reap_status read_special(struct reader *r, const struct header *h, const char *name,
                                     size_t name_len, uint64_t skip, bool *ret_special)
{
    const uint8_t *contents = r->map->data + h->at + HEADER_SIZE;
    enum index_kind kind = INDEX_NONE;
    bool table = name_is(h, "//");
    if (name_is(h, "/"))
        kind = INDEX_GNU32;
    else if (name_is(h, "/SYM64/"))
        kind = INDEX_GNU64;
    else if (name_len >= 9 && memcmp(name, "__.SYMDEF", 9) == 0 && r->members.n == 0)
        kind = name_len >= 12 && memcmp(name, "__.SYMDEF_64", 12) == 0 ? INDEX_BSD64 : INDEX_BSD32;
    *ret_special = table || kind != INDEX_NONE;
    if (!*ret_special)
        return REAP_OK;
    enum reap_status st = check_contents(r, h);
    if (st != REAP_OK)
        return st;
    if (table ? r->names != NULL : r->index_kind != INDEX_NONE)
        return BAD(r, h->at, "bad-archive-header", "a second %s", table ? "name table" : "index");
    if (table) {
        r->names = (const char *)contents;
        r->names_size = h->size;
    } else {
        r->index_kind = kind;
        r->index = contents + skip;
        r->index_size = h->size - skip;
    }
    return REAP_OK;
}

static enum reap_status add_member(struct reader *r, const struct header *h, const char *name,
                                   size_t name_len, uint64_t skip)
{
    struct rp_archive *a = r->a;
    struct rp_member m = {.header_offset = h->at, .size = h->size - skip};
    m.name = rp_arena_strndup(&a->arena, name, name_len);
    if (!m.name)
        return rp_nomem(r->ctx);
    if (a->thin) {
        if (!name_len)
            return BAD(r, h->at, "bad-archive-name", "a thin member without a name");
        m.path = thin_path(r, m.name);
        if (!m.path)
            return rp_nomem(r->ctx);
    } else {
        m.offset = h->at + HEADER_SIZE + skip;
    }
    return r->members.n < UINT32_MAX && rp_vec_push(&r->members, m) ? REAP_OK : rp_nomem(r->ctx);
}

static enum reap_status read_members(struct reader *r)
{
    for (uint64_t at = MAGIC_SIZE; at < r->map->size;) {
        struct header h = {0};
        const char *name = NULL;
        size_t name_len = 0;
        uint64_t skip = 0;
        bool special = false;
        enum reap_status st = read_header(r, at, &h);
        if (st != REAP_OK)
            return st;
        bool gnu_special = name_is(&h, "/") || name_is(&h, "//") || name_is(&h, "/SYM64/");
        if (gnu_special) {
            name = h.name;
            name_len = h.name_len;
        } else {
            st = member_name(r, &h, &name, &name_len, &skip);
        }
        if (st == REAP_OK)
            st = read_special(r, &h, name, name_len, skip, &special);
        if (st == REAP_OK && !special && !r->a->thin)
            st = check_contents(r, &h);
        if (st == REAP_OK && !special)
            st = add_member(r, &h, name, name_len, skip);
        if (st != REAP_OK)
            return st;
        at += HEADER_SIZE;
        if (special || !r->a->thin)
            at += h.size;
        at += at & 1; /* the last member need not be padded */
    }
    return REAP_OK;
}

/* --- index ----------------------------------------------------------------------------------- */

static uint64_t load_big(const uint8_t *p, uint64_t width)
{
    return width == 8 ? __builtin_bswap64(rp_load64(p)) : __builtin_bswap32(rp_load32(p));
}

static uint64_t load_little(const uint8_t *p, uint64_t width)
{
    return width == 8 ? rp_load64(p) : rp_load32(p);
}

/* The member whose header is at `offset`; n_members when there is none. */
static uint32_t find_member(const struct rp_archive *a, uint64_t offset)
{
    uint32_t low = 0, high = a->n_members;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (a->members[mid].header_offset < offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low < a->n_members && a->members[low].header_offset == offset ? low : a->n_members;
}

static enum reap_status bad_index(struct reader *r, const char *what)
{
    return BAD(r, (uint64_t)(r->index - r->map->data), "bad-archive-index", "the index %s", what);
}

static enum reap_status add_entry(struct reader *r, const char *name, uint64_t offset)
{
    struct rp_archive *a = r->a;
    uint32_t m = find_member(a, offset);
    if (m == a->n_members)
        return BAD(r, offset, "bad-archive-index",
                   "the index says that a member which defines '%s' starts here, but none does",
                   name);
    a->index[a->n_index++] = (struct rp_armap_entry){.name = name, .member = m};
    return REAP_OK;
}

static enum reap_status alloc_index(struct reader *r, uint64_t n)
{
    if (n == 0)
        return REAP_OK;
    if (n > UINT32_MAX)
        return bad_index(r, "has too many entries");
    r->a->index = rp_arena_alloc(&r->a->arena, n * sizeof *r->a->index);
    return r->a->index ? REAP_OK : rp_nomem(r->ctx);
}

/* GNU: the count, the offsets, then the names, one after the other; all numbers big-endian. */
static enum reap_status read_gnu_index(struct reader *r, uint64_t width)
{
    if (r->index_size < width)
        return r->index_size ? bad_index(r, "is cut off") : REAP_OK;
    uint64_t n = load_big(r->index, width), bytes, left = r->index_size - width;
    if (!rp_mul(n, width, &bytes) || bytes > left || n > left - bytes)
        return bad_index(r, "has more entries than fit into it");
    enum reap_status st = alloc_index(r, n);
    const char *name = (const char *)r->index + width + bytes;
    left -= bytes;
    for (uint64_t i = 0; i < n && st == REAP_OK; i++) {
        const char *end = memchr(name, '\0', left);
        if (!end)
            return bad_index(r, "has a name without an end");
        st = add_entry(r, name, load_big(r->index + width + i * width, width));
        left -= (uint64_t)(end + 1 - name);
        name = end + 1;
    }
    return st;
}

/* BSD: the size of the pairs (name offset, member offset), the pairs, the size of the names, the
 * names; all numbers little-endian here. */
static enum reap_status read_bsd_index(struct reader *r, uint64_t width)
{
    const uint8_t *p = r->index;
    if (r->index_size < 2 * width)
        return bad_index(r, "is cut off");
    uint64_t bytes = load_little(p, width), left = r->index_size - 2 * width;
    if (bytes % (2 * width) != 0 || bytes > left)
        return bad_index(r, "has more entries than fit into it");
    const char *names = (const char *)p + 2 * width + bytes;
    uint64_t names_size = load_little(p + width + bytes, width), n = bytes / (2 * width);
    if (names_size > left - bytes || (n && (!names_size || names[names_size - 1] != '\0')))
        return bad_index(r, "has names that are cut off");
    enum reap_status st = alloc_index(r, n);
    for (uint64_t i = 0; i < n && st == REAP_OK; i++) {
        const uint8_t *pair = p + width + i * 2 * width;
        uint64_t name = load_little(pair, width);
        if (name >= names_size)
            return bad_index(r, "has a name outside its strings");
        st = add_entry(r, names + name, load_little(pair + width, width));
    }
    return st;
}

static enum reap_status read_index(struct reader *r)
{
    r->a->has_index = r->index_kind != INDEX_NONE;
    switch (r->index_kind) {
    case INDEX_GNU32: return read_gnu_index(r, 4);
    case INDEX_GNU64: return read_gnu_index(r, 8);
    case INDEX_BSD32: return read_bsd_index(r, 4);
    case INDEX_BSD64: return read_bsd_index(r, 8);
    case INDEX_NONE: break;
    }
    return REAP_OK;
}

enum reap_status rp_archive_open(struct rp_ctx *ctx, struct rp_archive *ret,
                                 const struct rp_map *map)
{
    struct rp_archive a = {.path = map->path};
    struct reader r = {.ctx = ctx, .map = map, .a = &a};
    enum rp_magic magic = rp_magic_of(map->data, map->size);
    if (magic != RP_MAGIC_ARCHIVE && magic != RP_MAGIC_THIN_ARCHIVE)
        return rp_fail(ctx, REAP_ERR_INPUT, "not-archive", rp_at(map->path), "is not an archive");
    a.thin = magic == RP_MAGIC_THIN_ARCHIVE;
    enum reap_status st = read_members(&r);
    a.members = r.members.v;
    a.n_members = (uint32_t)r.members.n;
    if (st == REAP_OK)
        st = read_index(&r);
    if (st == REAP_OK)
        *ret = a;
    else
        rp_archive_close(&a);
    return st;
}

void rp_archive_close(struct rp_archive *a)
{
    free(a->members);
    rp_arena_free(&a->arena);
    memset(a, 0, sizeof *a);
}
