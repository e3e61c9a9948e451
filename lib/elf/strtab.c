/* strtab.c: string tables, linear in their length.
 *
 * General suffix merging sorts all strings from their ends, which costs more than the bytes it
 * saves when thousands of objects are rewritten for one link. Nearly all suffixes in an object
 * built with function sections are of one kind, though: "f" of ".text.f" of ".rela.text.f". So
 * section names, added before symbols, enter their tails after the dots into the map too. Other
 * suffixes are not shared.
 */
#include "elf/strtab.h"

#include <string.h>

/* Tails are sought behind the dots of this many bytes: ".rela.data.rel.ro.local." has 24. */
enum { TAIL_WINDOW = 32 };

bool rp_strtab_add(struct rp_strtab *t, const char *s, uint32_t *ret_offset)
{
    size_t len = strlen(s);
    if (len == 0) {
        *ret_offset = 0;
        return true;
    }
    uint32_t *slot = rp_strmap_put(&t->map, s, len);
    if (!slot)
        return false;
    if (!*slot) {
        uint64_t at = rp_strtab_size(t);
        if (at + len + 1 > UINT32_MAX ||
            !rp_vec_push(&t->pieces, (struct rp_strtab_piece){s, (uint32_t)len}))
            return false;
        *slot = (uint32_t)at;
        t->size = at + len + 1;
    }
    *ret_offset = *slot;
    return true;
}

static bool add_tail(struct rp_strtab *t, const char *tail, size_t len, uint32_t offset)
{
    uint32_t *slot = len ? rp_strmap_put(&t->map, tail, len) : &offset;
    if (slot && !*slot)
        *slot = offset;
    return slot != NULL;
}

bool rp_strtab_add_section(struct rp_strtab *t, const char *s, bool tails_too, uint32_t *ret_offset)
{
    uint64_t before = t->size;
    if (!rp_strtab_add(t, s, ret_offset))
        return false;
    if (t->size == before)
        return true; /* nothing new */
    size_t len = strlen(s), prefix = 0;
    if (strncmp(s, ".rela.", 6) == 0)
        prefix = 5;
    else if (strncmp(s, ".rel.", 5) == 0)
        prefix = 4;
    if (prefix && !add_tail(t, s + prefix, len - prefix, *ret_offset + (uint32_t)prefix))
        return false;
    for (size_t i = prefix + 1; tails_too && i < len && i < TAIL_WINDOW; i++)
        if (s[i] == '.' && !add_tail(t, s + i + 1, len - i - 1, *ret_offset + (uint32_t)i + 1))
            return false;
    return true;
}

uint64_t rp_strtab_size(const struct rp_strtab *t)
{
    return t->size ? t->size : 1;
}

void rp_strtab_write(const struct rp_strtab *t, uint8_t *out)
{
    *out++ = '\0';
    for (size_t i = 0; i < t->pieces.n; i++) {
        const struct rp_strtab_piece *p = &t->pieces.v[i];
        memcpy(out, p->s, (size_t)p->len + 1);
        out += p->len + 1;
    }
}

void rp_strtab_free(struct rp_strtab *t)
{
    rp_strmap_free(&t->map);
    rp_vec_free(&t->pieces);
    t->size = 0;
}
