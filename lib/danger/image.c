/* image.c: what may hurt in a linked image that is filled.
 *
 * Nothing leaves an image: sections, tables, constructors, unwind information and typeinfo stay
 * where they are, so that the rules about these have nothing to find. What is left is code that is
 * looked up by its name: kallsyms_lookup_name("f") in a kernel, a table of symbols in firmware.
 *
 * Found as strings.c does for objects, by exact names alone: a text that a live user of a lookup
 * function, or a caller of that user, refers to, and that is the name of a function that is filled.
 *
 * Entry: rp_danger_image.
 */
#include "danger/danger.h"

#include "util/strmap.h"

#include <string.h>

static const char *const lookups[] = {
    "dlsym",       "dlvsym",        "kallsyms_lookup_name", "__symbol_get",  "symbol_get",
    "find_symbol", "lookup_symbol", "elf_lookup",           "symbol_lookup",
};

struct state {
    struct rp_danger *d;
    struct rp_strmap dead;    /* name of a filled function -> node */
    struct rp_bitset lookups; /* by node */
    struct rp_bitset seen;    /* by node: its texts were looked at */
};

static rp_id node_of_symbol(const struct rp_danger *d, uint32_t sym)
{
    const struct rp_file *f = rp_file_of(d->m, 1);
    uint32_t shndx = rp_sym_shndx(&f->elf, sym);
    unsigned type = rp_sym_type(&f->elf.syms[sym]);
    if (!shndx || shndx >= f->elf.n_sections || (type != STT_FUNC && type != STT_GNU_IFUNC) ||
        !rp_danger_is_code(d, f->sec_base + shndx))
        return 0;
    return rp_node_at(d->m, f->sec_base + shndx, f->elf.syms[sym].value);
}

/* Filled functions by name, and the functions that look names up. */
static bool index_symbols(struct state *s)
{
    const struct rp_elf *e = &rp_file_of(s->d->m, 1)->elf;
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        rp_id node = node_of_symbol(s->d, i);
        const char *name = rp_elf_symname(e, i);
        if (!node)
            continue;
        for (size_t k = 0; k < sizeof lookups / sizeof *lookups; k++)
            if (s->d->marks->live[node] && strcmp(name, lookups[k]) == 0)
                rp_bitset_set(&s->lookups, node);
        if (s->d->marks->live[node] || rp_sym_bind(&e->syms[i]) == STB_LOCAL)
            continue;
        uint32_t *slot = rp_strmap_put(&s->dead, name, strlen(name));
        if (!slot)
            return false;
        *slot = node;
    }
    return true;
}

static void report(struct state *s, rp_id user, const char *text, rp_id node)
{
    struct rp_words w = {.next = 0};
    struct rp_danger *d = s->d;
    if (rp_bitset_get(&d->told, node))
        return;
    rp_bitset_set(&d->told, node);
    struct rp_draft *x = rp_draft_new(d, RP_FIND_NAMED_IN_STRING, RP_FINDING_ERROR);
    if (!x)
        return;
    const char *code = rp_word_code(&w, d, user);
    x->count = 1;
    rp_draft_at(d, x, d->m->nodes.v[node].section);
    x->node = node;
    rp_draft_part(d, x, text, node);
    rp_draft_say(x, "%s looks up \"%s\" at run time", code, text);
    rp_draft_say(x, "nothing else refers to %s: it is filled", rp_word_code(&w, d, node));
    rp_draft_remedy(x, "--keep-symbol=%s", text);
    rp_draft_chain(x, "%s is no reference to a linker: %s is filled", text, text);
    rp_draft_chain(x, "%s finds its address, and calls what was there", code);
}

/* The texts that the code of a node refers to. */
static void take_texts(struct state *s, rp_id user)
{
    struct rp_danger *d = s->d;
    const struct rp_node *n = &d->m->nodes.v[user];
    uint32_t i, end;
    if (rp_bitset_get(&s->seen, user))
        return;
    rp_bitset_set(&s->seen, user);
    const struct rp_rela *r = rp_danger_relocs(d, n->section, &end);
    for (end = rp_danger_relocs_in(d, n->section, n->offset, n->offset + n->size, &i); i < end;
         i++) {
        uint64_t offset;
        rp_id to = r[i].offset >= n->offset && r[i].offset - n->offset < n->size
                       ? rp_danger_target(d, n->section, &r[i], &offset)
                       : 0;
        const char *text =
            to && !rp_danger_is_code(d, to) ? rp_danger_text_at(d, to, offset) : NULL;
        rp_id dead = text && *text ? rp_strmap_get(&s->dead, text, strlen(text)) : 0;
        if (dead)
            report(s, user, text, dead);
    }
}

/* Live code with a reference to a node. */
static void take_users(struct state *s, rp_id node, bool and_theirs)
{
    struct rp_danger *d = s->d;
    for (uint32_t i = d->in_start[node]; i < d->in_start[node + 1]; i++) {
        rp_id from = d->edge_from[d->in_edge[i]];
        if (!d->marks->live[from] || from == node ||
            !rp_danger_is_code(d, d->m->nodes.v[from].section))
            continue;
        take_texts(s, from);
        if (and_theirs)
            take_users(s, from, false);
    }
}

void rp_danger_image(struct rp_danger *d)
{
    struct state s = {.d = d};
    size_t n = d->m->nodes.n + 1;
    d->oom |= !rp_bitset_init(&s.lookups, n) || !rp_bitset_init(&s.seen, n) ||
              !rp_danger_need_in(d) || !index_symbols(&s);
    for (rp_id node = 1; !d->oom && node < d->m->nodes.n; node++)
        if (rp_bitset_get(&s.lookups, node))
            take_users(&s, node, true);
    rp_strmap_free(&s.dead);
    if (s.lookups.w)
        rp_bitset_free(&s.lookups);
    if (s.seen.w)
        rp_bitset_free(&s.seen);
}
