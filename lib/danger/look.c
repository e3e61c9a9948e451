/* look.c: questions of the danger rules to the model: what is lost, who refers to what, what stands
 * at a place.
 */
#include "danger/danger.h"

#include "arch/access.h"
#include "util/checked.h"

#include <string.h>

bool rp_danger_is_live(const struct rp_danger *d, rp_id section)
{
    const struct rp_section *s = &d->m->sections[section];
    if (d->gone[section])
        return false;
    for (uint32_t i = 0; i < s->n_nodes; i++)
        if (d->marks->live[s->node + i])
            return true;
    return false;
}

bool rp_danger_is_lost(const struct rp_danger *d, rp_id section)
{
    const struct rp_section *s = &d->m->sections[section];
    return s->n_nodes && s->flags & RP_SEC_ALLOC && rp_shdr_of(d->m, section)->size &&
           !rp_danger_is_live(d, section);
}

size_t rp_danger_refs_of(const struct rp_danger *d, rp_id global, size_t *ret_first)
{
    size_t low = 0, high = d->refs.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (d->refs.v[mid].global < global)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_first = low;
    while (low < d->refs.n && d->refs.v[low].global == global)
        low++;
    return low;
}

rp_id rp_danger_user(struct rp_danger *d, const char *name)
{
    rp_id global = rp_model_find_global(d->m, name);
    if (!global)
        return 0;
    size_t first, end = rp_danger_refs_of(d, global, &first);
    rp_id any = 0;
    for (size_t i = first; i < end; i++) {
        if (rp_danger_is_code(d, d->refs.v[i].section))
            return d->refs.v[i].node;
        any = d->refs.v[i].node;
    }
    if (any)
        return any;
    rp_id node = rp_global_node(d->m, global);
    if (!node || !d->marks->live[node] || !rp_danger_need_in(d))
        return 0;
    for (uint32_t i = d->in_start[node]; i < d->in_start[node + 1]; i++) {
        rp_id from = d->edge_from[d->in_edge[i]];
        if (d->marks->live[from] && rp_danger_is_code(d, d->m->nodes.v[from].section))
            return from;
    }
    return 0;
}

bool rp_danger_need_in(struct rp_danger *d)
{
    const struct rp_model *m = d->m;
    size_t n = m->nodes.n;
    if (d->in_start)
        return true;
    d->in_start = calloc(n + 2, sizeof *d->in_start);
    d->in_edge = malloc(((size_t)m->n_edges + 1) * sizeof *d->in_edge);
    d->edge_from = malloc(((size_t)m->n_edges + 1) * sizeof *d->edge_from);
    if (!d->in_start || !d->in_edge || !d->edge_from) {
        free(d->in_start);
        d->in_start = NULL;
        d->oom = true;
        return false;
    }
    for (rp_id i = 1; i < n; i++)
        for (uint32_t e = m->edge_start[i]; e < m->edge_start[i + 1]; e++) {
            d->edge_from[e] = i;
            d->in_start[m->edges[e].to + 1]++;
        }
    for (size_t i = 1; i < n + 2; i++)
        d->in_start[i] += d->in_start[i - 1];
    /* place from the end, so that start[i] becomes the end of i - 1 again */
    uint32_t *at = malloc((n + 2) * sizeof *at);
    if (!at) {
        free(d->in_start);
        d->in_start = NULL;
        d->oom = true;
        return false;
    }
    memcpy(at, d->in_start, (n + 2) * sizeof *at);
    for (rp_id i = 1; i < n; i++)
        for (uint32_t e = m->edge_start[i]; e < m->edge_start[i + 1]; e++)
            d->in_edge[at[m->edges[e].to]++] = e;
    free(at);
    return true;
}

const struct rp_rela *rp_danger_relocs(const struct rp_danger *d, rp_id section, uint32_t *ret_n)
{
    *ret_n = 0;
    uint32_t rel = d->m->sections[section].rel;
    return rel ? rp_elf_relocs(&rp_section_file(d->m, section)->elf, rel, ret_n) : NULL;
}

static bool is_sorted(const struct rp_rela *r, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (r[i].offset < r[i - 1].offset)
            return false;
    return true;
}

uint32_t rp_danger_relocs_in(const struct rp_danger *d, rp_id section, uint64_t start, uint64_t end,
                             uint32_t *ret_first)
{
    uint32_t n;
    const struct rp_rela *r = rp_danger_relocs(d, section, &n);
    if (!d->sorted[section])
        d->sorted[section] = is_sorted(r, n) ? 2 : 1;
    *ret_first = 0;
    if (d->sorted[section] != 2)
        return n;
    *ret_first = rp_rela_from(r, n, start);
    return rp_rela_from(r, n, end);
}

rp_id rp_danger_target(const struct rp_danger *d, rp_id section, const struct rp_rela *r,
                       uint64_t *ret_offset)
{
    const struct rp_model *m = d->m;
    const struct rp_file *f = rp_section_file(m, section);
    uint32_t no = rp_section_no(m, section);
    rp_id node = 0;
    uint64_t offset = 0;
    rp_id target = rp_symbol_target(m, f, r->sym, &offset, &node);
    if (!target)
        return 0;
    int64_t addend =
        rp_reloc_addend(m->arch, &f->elf, no, f->elf.shdrs[m->sections[section].rel].type, r);
    const struct rp_reloc_info *info = rp_reloc_info(m->arch, r->type);
    if ((info->pcrel || info->cls == RP_REL_GOT || info->cls == RP_REL_PLT) &&
        rp_danger_is_code(d, section))
        addend += m->arch->pc_bias + (int)rp_arch_pc_tail(m->arch, rp_elf_bytes(&f->elf, no),
                                                          f->elf.shdrs[no].size, r);
    *ret_offset = offset + (uint64_t)addend;
    return target;
}

/* --- names ----------------------------------------------------------------------------------- */

const char *rp_danger_name_at(struct rp_danger *d, rp_id section, uint64_t offset)
{
    uint32_t sym = section ? rp_danger_symbol_at(d, section, offset) : 0;
    return sym ? rp_elf_symname(&rp_section_file(d->m, section)->elf, sym) : "";
}

const char *rp_danger_node_name(const struct rp_danger *d, rp_id node)
{
    const struct rp_fact_node *n = &d->facts->nodes.v[node];
    return rp_fact_str(d->facts, n->name ? n->name : n->section);
}

const struct rp_input_stmt *rp_danger_stmt(const struct rp_danger *d, rp_id section)
{
    for (size_t i = 0; i < d->job->n_scripts; i++)
        if (d->stmt[i] && d->stmt[i][section] != UINT32_MAX)
            return &d->job->scripts[i]->stmts.v[d->stmt[i][section]];
    return NULL;
}

bool rp_danger_has_script(const struct rp_danger *d)
{
    for (size_t i = 0; i < d->job->n_scripts; i++)
        if (d->job->scripts[i]->has_sections && !d->job->scripts[i]->has_insert)
            return true;
    return false;
}

bool rp_danger_is_dynamic(const struct rp_danger *d)
{
    return d->job->dynamic || (d->job->link && (d->job->link->shared || d->job->link->pie));
}

static bool has_suffix_of(const char *name, const char *stem)
{
    size_t n = strlen(stem);
    return strncmp(name, stem, n) == 0 && (name[n] == '\0' || name[n] == '.');
}

bool rp_danger_is_initializer(const char *section)
{
    static const char *const stems[] = {".init_array", ".ctors", ".fini_array", ".preinit_array",
                                        ".dtors"};
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
        if (has_suffix_of(section, stems[i]))
            return true;
    return strcmp(section, ".init") == 0 || strcmp(section, ".fini") == 0;
}

bool rp_danger_is_runtime(const char *path)
{
    static const char *const names[] = {
        "libc.a",         "libc_nonshared.a", "libm.a",      "libm-2.36.a", "libmvec.a",
        "libpthread.a",   "libdl.a",          "librt.a",     "libutil.a",   "libgcc.a",
        "libgcc_eh.a",    "libstdc++.a",      "libsupc++.a", "libc++.a",    "libc++abi.a",
        "libunwind.a",    "libgomp.a",        "libatomic.a", "libasan.a",   "libubsan.a",
        "libtsan.a",      "libquadmath.a",    "libssp.a",    "libresolv.a", "libstdc++fs.a",
        "libbacktrace.a", "libnosys.a",       "crt1.o",      "rcrt1.o",     "Scrt1.o",
        "gcrt1.o",        "crti.o",           "crtn.o",      "crtbegin.o",  "crtbeginT.o",
        "crtbeginS.o",    "crtend.o",         "crtendS.o",
    };
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(base, names[i]) == 0)
            return true;
    return strncmp(base, "libm-", 5) == 0 || strncmp(base, "libclang_rt.", 12) == 0;
}

const char *rp_danger_text_at(const struct rp_danger *d, rp_id section, uint64_t offset)
{
    const struct rp_file *f = rp_section_file(d->m, section);
    const struct rp_shdr *sh = rp_shdr_of(d->m, section);
    if (sh->type == SHT_NOBITS || sh->flags & (SHF_EXECINSTR | SHF_COMPRESSED) ||
        offset >= sh->size)
        return NULL;
    const char *s = (const char *)rp_elf_bytes(&f->elf, rp_section_no(d->m, section)) + offset;
    return memchr(s, 0, (size_t)(sh->size - offset)) ? s : NULL;
}

/* Members follow the model's files in the facts, archive by archive (facts_symbols.c). */
rp_id rp_danger_member(const struct rp_danger *d, rp_id ar, uint32_t member)
{
    size_t id = d->m->files.n + 1;
    for (rp_id i = 1; i <= ar; i++) {
        const struct rp_ar *a = &d->m->ars.v[i - 1];
        uint32_t end = i == ar ? member : a->archive.n_members;
        for (uint32_t k = 0; k < end; k++)
            id += !(a->loaded && a->loaded[k]);
    }
    return id < d->facts->files.n ? (rp_id)id : 0;
}
