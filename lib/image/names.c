/* names.c: symbols by name, and what names say about functions.
 *
 * GCC moves the unlikely part of a function f to f.cold; f reaches it by jumps, but also by jump
 * tables and landing pads that are not told from other data. So a function's parts follow it by
 * name: within the symbols of one source file (those after an STT_FILE), else a global function.
 *
 * Entries: rp_image_names, rp_image_name_edges.
 */
#include "image/parts.h"

#include <string.h>

bool rp_image_symbol_addr(const struct rp_image *im, uint32_t sym, uint64_t *ret)
{
    const struct rp_elf *e = im->e;
    const struct rp_sym *s = &e->syms[sym];
    uint32_t shndx = rp_sym_shndx(e, sym);
    unsigned type = rp_sym_type(s);
    if (shndx == RP_SHN_UNDEF || type == STT_FILE)
        return false;
    if (shndx < e->n_sections && !(e->shdrs[shndx].flags & SHF_ALLOC))
        return false;
    if (shndx >= e->n_sections && shndx != RP_SHN_ABS)
        return false;
    *ret = s->value + (shndx < e->n_sections ? e->shdrs[shndx].addr : 0);
    return true;
}

bool rp_image_global_addr(const struct rp_image_build *b, const char *name, uint64_t *ret)
{
    uint32_t sym = rp_strmap_get(&b->globals, name, strlen(name));
    return sym && rp_image_symbol_addr(b->im, sym, ret);
}

rp_id rp_image_node_at_any(const struct rp_image_build *b, uint64_t addr)
{
    rp_id node = rp_image_node_at(b->im, addr);
    for (uint32_t i = 0; i < b->n_segments && !node; i++) {
        const struct rp_segment *s = &b->segments[i];
        if (s->type == PT_LOAD && addr - s->phys < s->size)
            node = rp_image_node_at(b->im, s->addr + (addr - s->phys));
    }
    return node;
}

enum reap_status rp_image_names(struct rp_image_build *b)
{
    const struct rp_elf *e = b->im->e;
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        const char *name = rp_elf_symname(e, i);
        if (rp_sym_bind(&e->syms[i]) == STB_LOCAL || !*name || rp_sym_shndx(e, i) == RP_SHN_UNDEF)
            continue;
        uint32_t *slot = rp_strmap_put(&b->globals, name, strlen(name));
        if (!slot)
            return rp_nomem(b->im->m->ctx);
        if (!*slot)
            *slot = i;
    }
    return REAP_OK;
}

/* --- parts of functions ------------------------------------------------------------------------
 */

/* Length of what stands before ".cold" or ".cold.3" at the end; 0: it is no such name. */
static size_t stem_of_cold(const char *name)
{
    size_t n = strlen(name);
    while (n && name[n - 1] >= '0' && name[n - 1] <= '9')
        n--;
    if (n && name[n] && name[n - 1] == '.')
        n--;
    else
        n = strlen(name);
    return n > 5 && memcmp(name + n - 5, ".cold", 5) == 0 ? n - 5 : 0;
}

static rp_id node_of(const struct rp_image *im, uint32_t sym)
{
    uint64_t addr;
    return rp_image_symbol_addr(im, sym, &addr) ? rp_image_node_at(im, addr) : 0;
}

/* The parts among the symbols [from, to) of one source file. */
static bool file_edges(struct rp_image_build *b, uint32_t from, uint32_t to)
{
    const struct rp_elf *e = b->im->e;
    struct rp_strmap locals = {0};
    bool ok = true, any = false;
    for (uint32_t i = from; i < to && !any; i++)
        any = rp_sym_type(&e->syms[i]) == STT_FUNC && stem_of_cold(rp_elf_symname(e, i));
    for (uint32_t i = from; i < to && any && ok; i++) {
        const char *name = rp_elf_symname(e, i);
        if (rp_sym_type(&e->syms[i]) != STT_FUNC || stem_of_cold(name))
            continue;
        uint32_t *slot = rp_strmap_put(&locals, name, strlen(name));
        ok = slot != NULL;
        if (ok)
            *slot = i;
    }
    for (uint32_t i = from; i < to && any && ok; i++) {
        const char *name = rp_elf_symname(e, i);
        size_t n = rp_sym_type(&e->syms[i]) == STT_FUNC ? stem_of_cold(name) : 0;
        uint32_t hot = n ? rp_strmap_get(&locals, name, n) : 0;
        if (n && !hot)
            hot = rp_strmap_get(&b->globals, name, n);
        rp_id source = hot ? node_of(b->im, hot) : 0, target = hot ? node_of(b->im, i) : 0;
        if (source && target && source != target)
            ok = rp_image_add_edge(&b->edges, source, target, RP_EDGE_ASSOC, RP_IMAGE_NAME, 0,
                                   rp_image_node_addr(b->im, source));
    }
    rp_strmap_free(&locals);
    return ok;
}

enum reap_status rp_image_name_edges(struct rp_image_build *b)
{
    const struct rp_elf *e = b->im->e;
    uint32_t from = 1;
    for (uint32_t i = 1; i <= e->n_symbols; i++) {
        bool border = i == e->n_symbols || rp_sym_type(&e->syms[i]) == STT_FILE;
        if (!border)
            continue;
        if (!file_edges(b, from, i))
            return rp_nomem(b->im->m->ctx);
        from = i + 1;
    }
    return REAP_OK;
}
