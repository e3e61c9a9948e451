/* model.c: the life of a model, names, and the look-ups that every pass uses.
 *
 * All of it is array access: a section's id is its file's sec_base plus its number, so that a
 * symbol's target needs no map (model.h).
 */
#include "model/model.h"

#include <stdio.h>
#include <string.h>

void rp_model_init(struct rp_model *m, struct rp_ctx *ctx)
{
    memset(m, 0, sizeof *m);
    m->ctx = ctx;
}

void rp_model_free(struct rp_model *m)
{
    for (size_t i = 0; i < m->files.n; i++) {
        struct rp_file *f = &m->files.v[i];
        rp_elf_close(&f->elf);
        if (f->map.data || f->map.path)
            rp_map_close(&f->map);
        free(f->globals);
    }
    for (size_t i = 0; i < m->ars.n; i++) {
        struct rp_ar *ar = &m->ars.v[i];
        rp_archive_close(&ar->archive);
        rp_map_close(&ar->map);
        free(ar->loaded);
    }
    rp_vec_free(&m->files);
    rp_vec_free(&m->ars);
    rp_strmap_free(&m->global_map);
    rp_vec_free(&m->globals);
    free(m->sections);
    rp_vec_free(&m->nodes);
    rp_vec_free(&m->sets);
    free(m->edge_start);
    free(m->edges);
    free(m->edge_place);
    rp_vec_free(&m->roots);
    rp_bitset_free(&m->debug_ref);
    rp_arena_free(&m->arena);
    memset(m, 0, sizeof *m);
}

rp_id rp_model_find_global(const struct rp_model *m, const char *name)
{
    return rp_strmap_get(&m->global_map, name, strlen(name));
}

/* Groups have a handful of members; a file with giant ones must not cost quadratic time. */
enum { MAX_GROUP_SEARCH = 256 };

rp_id rp_section_prevailing(const struct rp_model *m, rp_id section)
{
    const struct rp_section *s = &m->sections[section];
    if (!s->group)
        return 0;
    const struct rp_file *f = rp_file_of(m, s->file);
    rp_id group = m->sections[f->sec_base + s->group].prevailing;
    if (!group || group == f->sec_base + s->group)
        return 0;

    const struct rp_file *pf = rp_section_file(m, group);
    uint32_t group_no = rp_section_no(m, group);
    const struct rp_shdr *sh = &pf->elf.shdrs[group_no];
    const uint8_t *words = rp_elf_bytes(&pf->elf, group_no);
    const char *name = rp_section_name(m, section);
    for (uint64_t i = 1; i < sh->size / 4 && i <= MAX_GROUP_SEARCH; i++) {
        const uint8_t *p = words + 4 * i;
        uint32_t no = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        /* the flag check leaves relocation sections out, which have equal names for no purpose */
        if (!(m->sections[pf->sec_base + no].flags & RP_SEC_META) &&
            strcmp(rp_elf_shname(&pf->elf, no), name) == 0)
            return pf->sec_base + no;
    }
    return 0;
}

rp_id rp_node_at(const struct rp_model *m, rp_id section, uint64_t offset)
{
    const struct rp_section *s = &m->sections[section];
    if (s->n_nodes <= 1)
        return s->node;
    /* the last node whose offset is not above `offset` */
    rp_id lo = s->node, hi = s->node + s->n_nodes; /* lo's offset is <= offset */
    while (hi - lo > 1) {
        rp_id mid = lo + (hi - lo) / 2;
        if (m->nodes.v[mid].offset <= offset)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* Symbol number `sym` as its own file defines it. */
static rp_id own_target(const struct rp_model *m, const struct rp_file *f, uint32_t sym,
                        uint64_t *ret_offset)
{
    uint32_t shndx = rp_sym_shndx(&f->elf, sym);
    if (shndx == RP_SHN_UNDEF || shndx >= f->elf.n_sections || !f->sec_base)
        return 0;
    rp_id section = f->sec_base + shndx;
    if (m->sections[section].flags & RP_SEC_DUPLICATE)
        section = rp_section_prevailing(m, section);
    *ret_offset = f->elf.syms[sym].value;
    return section;
}

rp_id rp_symbol_target(const struct rp_model *m, const struct rp_file *f, uint32_t sym,
                       uint64_t *ret_offset, rp_id *ret_node)
{
    rp_id global = rp_sym_global(f, sym);
    *ret_offset = 0;
    if (ret_node)
        *ret_node = 0;
    if (!global)
        return own_target(m, f, sym, ret_offset);

    const struct rp_global *g = rp_global_of(m, global);
    if (ret_node)
        *ret_node = g->node;
    if (!g->def_file || g->node)
        return 0;
    return own_target(m, rp_file_of(m, g->def_file), g->def_sym, ret_offset);
}

rp_id rp_global_node(const struct rp_model *m, rp_id global)
{
    const struct rp_global *g = rp_global_of(m, global);
    uint64_t offset;
    if (g->node || !g->def_file)
        return g->node;
    rp_id section = own_target(m, rp_file_of(m, g->def_file), g->def_sym, &offset);
    return section ? rp_node_at(m, section, offset) : 0;
}

char *rp_node_describe(const struct rp_model *m, rp_id node, char *buf, size_t size)
{
    const struct rp_node *n = &m->nodes.v[node];
    if (n->kind == RP_NODE_SET) {
        snprintf(buf, size, "%s", m->sets.v[n->offset].name);
    } else if (n->kind == RP_NODE_COMMON) {
        const struct rp_global *g = rp_global_of(m, (rp_id)n->offset);
        snprintf(buf, size, "%s:COMMON(%.*s)",
                 g->def_file ? rp_file_of(m, g->def_file)->display : "", (int)g->name_len, g->name);
    } else if (n->kind == RP_NODE_SECTION) {
        snprintf(buf, size, "%s:%s", rp_section_file(m, n->section)->display,
                 rp_section_name(m, n->section));
    } else {
        snprintf(buf, size, "%s:%s+0x%llx", rp_section_file(m, n->section)->display,
                 rp_section_name(m, n->section), (unsigned long long)n->offset);
    }
    return buf;
}
