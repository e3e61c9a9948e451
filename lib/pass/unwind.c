/* unwind.c: find out that nothing can raise an exception, and let go of what only the unwinder
 * reads.
 *
 * The edges in question, called held below, are
 *   - from an FDE to its LSDA, from a CIE to its personality routine (LSB, .eh_frame);
 *   - calls of _Unwind_Resume, which landing pads end with, from code with an LSDA;
 *   - weak references to __register_frame_info and the like, which the start files ask for before
 *     they call it.
 * What the roots reach without held edges is found first, over every other edge, so that it is no
 * less than what the marking will find. If no part of an object that defines a piece of the
 * unwinder is among it, then no code of the program can start to unwind, so that no landing pad is
 * ever entered and no table of frames is ever read for its handlers; the held edges that would
 * bring something back are made RP_EDGE_UNWIND.
 *
 * Doubt keeps: shared libraries in the link, other personalities than those of C and C++, an
 * unwinder that is not of a known library, dlopen (what it loads brings an unwinder along and may
 * throw through our frames), names of the unwinder in live strings, code that reads .eh_frame.
 *
 * Entry: rp_unwind_find.
 */
#include "pass/unwind.h"

#include "arch/arch.h"
#include "table/table.h"
#include "util/bitset.h"

#include <elf.h>
#include <string.h>

struct work {
    struct rp_model *m;
    struct rp_bitset held;   /* by edge */
    struct rp_bitset seen;   /* by node: reached without held edges */
    struct rp_bitset unwind; /* by file: it defines a piece of the unwinder */
    rp_id *queue;
    size_t n_seen;
    const char *why; /* first doubt */
};

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Names of the unwinder's own (LSB, libgcc_s; libgcc's unwind-dw2-fde.h). */
static bool is_registration(const char *name)
{
    return starts_with(name, "__register_frame") || starts_with(name, "__deregister_frame");
}

static bool is_unwinder(const char *name)
{
    return starts_with(name, "_Unwind_") || is_registration(name) ||
           strcmp(name, "__frame_state_for") == 0;
}

static const struct rp_rela *reloc_of(const struct rp_model *m, rp_id node, const struct rp_edge *e)
{
    rp_id section = m->nodes.v[node].section;
    uint32_t n = 0;
    if (!section || !m->sections[section].rel)
        return NULL;
    const struct rp_rela *r =
        rp_elf_relocs(&rp_section_file(m, section)->elf, m->sections[section].rel, &n);
    return r && e->reloc < n ? &r[e->reloc] : NULL;
}

static bool is_frame(const struct rp_model *m, rp_id node)
{
    return m->nodes.v[node].kind == RP_NODE_FDE || m->nodes.v[node].kind == RP_NODE_CIE;
}

/* --- the unwinder ---------------------------------------------------------------------------- */

/* Whether an archive is one whose every entry that enters a landing pad has a name of the
 * unwinder's: GCC's and LLVM's. */
static bool is_known_library(const struct rp_file *f)
{
    const char *slash = strrchr(f->path, '/'), *base = slash ? slash + 1 : f->path;
    return f->member && (strcmp(base, "libgcc_eh.a") == 0 || strcmp(base, "libunwind.a") == 0);
}

/* Mark the files that define a piece of it; false: there is none. */
static bool find_unwinder(struct work *w)
{
    const struct rp_model *m = w->m;
    bool any = false;
    for (size_t i = 0; i < m->globals.n; i++) {
        const struct rp_global *g = &m->globals.v[i];
        if (!is_unwinder(g->name) || !g->def_file)
            continue;
        const struct rp_file *f = rp_file_of(m, g->def_file);
        any = true;
        rp_bitset_set(&w->unwind, g->def_file);
        if (!is_known_library(f))
            w->why =
                rp_arena_printf(&w->m->arena, "%s is of an unwinder that is not known", f->display);
    }
    return any;
}

/* --- held edges ------------------------------------------------------------------------------ */

/* Frames of other languages may mean more by their tables. */
static bool is_known_personality(const char *name)
{
    if (starts_with(name, "DW.ref."))
        name += 7;
    return strcmp(name, "__gcc_personality_v0") == 0 || strcmp(name, "__gxx_personality_v0") == 0;
}

/* Whether the code of a node has an FDE with an LSDA: it may have landing pads. */
static bool has_lsda(const struct rp_model *m, rp_id code)
{
    for (uint32_t k = m->edge_start[code]; k < m->edge_start[code + 1]; k++) {
        rp_id fde = m->edges[k].to;
        if (m->edges[k].kind != RP_EDGE_SUBJECT || m->nodes.v[fde].kind != RP_NODE_FDE)
            continue;
        for (uint32_t j = m->edge_start[fde]; j < m->edge_start[fde + 1]; j++)
            if (m->edges[j].kind == RP_EDGE_RELOC)
                return true;
    }
    return false;
}

/* Whether a relocation is that of a direct call or jump, which the rewriting can make a trap. */
static bool is_branch(const struct rp_model *m, rp_id node, const struct rp_rela *r)
{
    rp_id section = m->nodes.v[node].section;
    const struct rp_file *f = rp_section_file(m, section);
    uint32_t no = rp_section_no(m, section);
    const uint8_t *bytes = rp_elf_bytes(&f->elf, no);
    uint64_t size = f->elf.shdrs[no].size;
    const struct rp_reloc_info *info = rp_reloc_info(m->arch, r->type);
    if (!(f->elf.shdrs[no].flags & SHF_EXECINSTR) || !bytes || info->width != 4 ||
        r->offset >= size || size - r->offset < 4)
        return false;
    switch (m->arch->machine) {
    case EM_X86_64:
    case EM_386:
        return info->pcrel && r->offset > 0 &&
               (bytes[r->offset - 1] == 0xe8 || bytes[r->offset - 1] == 0xe9);
    case EM_AARCH64: return r->type == R_AARCH64_CALL26 || r->type == R_AARCH64_JUMP26;
    default: return false;
    }
}

/* Whether a CIE can be written without its personality routine. */
static bool is_known_cie(const struct rp_model *m, rp_id node)
{
    const struct rp_node *n = &m->nodes.v[node];
    const uint8_t *bytes =
        rp_elf_bytes(&rp_section_file(m, n->section)->elf, rp_section_no(m, n->section));
    unsigned word = m->arch->elf_class == ELFCLASS64 ? 8 : 4;
    return bytes && rp_cie_without_personality(bytes + n->offset, n->size, word, NULL);
}

static bool is_held(struct work *w, rp_id from, const struct rp_edge *e)
{
    const struct rp_model *m = w->m;
    rp_id to = m->nodes.v[e->to].section;
    if (e->kind != RP_EDGE_RELOC && e->kind != RP_EDGE_WEAK)
        return false;
    if (!is_frame(m, from) && (!to || !rp_bitset_get(&w->unwind, m->sections[to].file)))
        return false;
    const struct rp_rela *r = reloc_of(m, from, e);
    if (!r)
        return false;
    const struct rp_file *f = rp_section_file(m, m->nodes.v[from].section);
    if (f->untouched)
        return false;
    const char *name = rp_elf_symname(&f->elf, r->sym);
    if (is_frame(m, from)) {
        if (m->nodes.v[from].kind == RP_NODE_CIE && !is_known_cie(m, from))
            return false;
        if (m->nodes.v[from].kind == RP_NODE_CIE && !is_known_personality(name) && !w->why)
            w->why = rp_arena_printf(
                &w->m->arena, "the personality routine '%s' of %s is not known", name, f->display);
        return true;
    }
    if (e->kind == RP_EDGE_WEAK)
        return is_registration(name);
    return rp_sym_global(f, r->sym) && strcmp(name, "_Unwind_Resume") == 0 &&
           is_branch(m, from, r) && has_lsda(m, from);
}

/* --- what is reached ------------------------------------------------------------------------- */

static void visit(struct work *w, rp_id node)
{
    if (rp_bitset_get(&w->seen, node))
        return;
    rp_bitset_set(&w->seen, node);
    w->queue[w->n_seen++] = node;
}

static void traverse(struct work *w)
{
    const struct rp_model *m = w->m;
    for (size_t i = 0; i < m->roots.n; i++)
        if (m->roots.v[i].follow)
            visit(w, m->roots.v[i].node);
    for (size_t i = 0; i < w->n_seen; i++) {
        rp_id from = w->queue[i];
        for (uint32_t k = m->edge_start[from]; k < m->edge_start[from + 1]; k++)
            if (is_held(w, from, &m->edges[k]))
                rp_bitset_set(&w->held, k);
            else
                visit(w, m->edges[k].to);
    }
}

static bool holds_register(const struct work *w, rp_id node)
{
    const struct rp_model *m = w->m;
    for (uint32_t k = m->edge_start[node]; k < m->edge_start[node + 1]; k++)
        if (rp_bitset_get(&w->held, k))
            return true;
    return false;
}

/* Code that reads .eh_frame by itself, other than the start files that register it. */
static bool reads_frames(const struct work *w, rp_id node)
{
    const struct rp_model *m = w->m;
    if (is_frame(m, node) || holds_register(w, node))
        return false;
    for (uint32_t k = m->edge_start[node]; k < m->edge_start[node + 1]; k++)
        if (m->edges[k].kind == RP_EDGE_RELOC && is_frame(m, m->edges[k].to))
            return true;
    return false;
}

/* A name of the unwinder's or of its shared library in data: for dlsym or dlopen. */
static bool names_unwinder(const struct rp_model *m, rp_id node)
{
    const struct rp_node *n = &m->nodes.v[node];
    if (!n->section || !(m->sections[n->section].flags & RP_SEC_ALLOC))
        return false;
    const struct rp_shdr *sh = rp_shdr_of(m, n->section);
    if (sh->type == SHT_NOBITS || sh->flags & SHF_EXECINSTR || n->size < 8 ||
        n->offset > sh->size || sh->size - n->offset < n->size)
        return false;
    const uint8_t *bytes =
        rp_elf_bytes(&rp_section_file(m, n->section)->elf, rp_section_no(m, n->section));
    return bytes && (memmem(bytes + n->offset, n->size, "_Unwind_", 8) ||
                     memmem(bytes + n->offset, n->size, "libgcc_s", 8));
}

/* A reached part of the unwinder. Every object has notes; and a member of a COMDAT group is the
 * unwinder's by chance, other files brought it too (i386's thunks that load the program counter).
 */
static bool is_of_unwinder(const struct work *w, rp_id node)
{
    const struct rp_model *m = w->m;
    rp_id section = m->nodes.v[node].section;
    return section && rp_bitset_get(&w->unwind, m->sections[section].file) && !is_frame(m, node) &&
           !m->sections[section].group && m->sections[section].flags & RP_SEC_ALLOC &&
           m->nodes.v[node].size && rp_shdr_of(m, section)->type != SHT_NOTE;
}

static void judge_node(struct work *w, rp_id node)
{
    char place[512];
    const struct rp_model *m = w->m;
    const char *what = NULL;
    if (is_of_unwinder(w, node))
        what = "is reached by more than landing pads";
    else if (reads_frames(w, node))
        what = "refers to .eh_frame";
    else if (names_unwinder(m, node))
        what = "names the unwinder";
    if (what)
        w->why = rp_arena_printf(&w->m->arena, "%s %s",
                                 rp_node_describe(m, node, place, sizeof place), what);
}

/* glibc's own references to dlopen: it asks whether it is there (libio/vtables.c), and hands it to
 * the libraries that it loads for character sets and name services (elf/rtld_static_init.c). */
static bool is_libcs_own(const struct work *w, rp_id from)
{
    const struct rp_model *m = w->m;
    rp_id section = m->nodes.v[from].section;
    const char *path = section ? rp_section_file(m, section)->path : "",
               *slash = strrchr(path, '/');
    return strcmp(slash ? slash + 1 : path, "libc.a") == 0;
}

/* Whether a root or a reached node of another section wants `node`. */
static bool is_wanted(const struct work *w, rp_id node)
{
    const struct rp_model *m = w->m;
    for (size_t i = 0; i < m->roots.n; i++)
        if (m->roots.v[i].node == node && m->roots.v[i].follow)
            return true;
    for (size_t i = 0; i < w->n_seen; i++) {
        rp_id from = w->queue[i];
        for (uint32_t k = m->edge_start[from]; k < m->edge_start[from + 1]; k++)
            if (m->edges[k].to == node && from != node && !is_libcs_own(w, from))
                return true;
    }
    return false;
}

static void judge_names(struct work *w)
{
    static const char *const loaders[] = {"dlopen", "dlmopen"};
    const struct rp_model *m = w->m;
    for (size_t i = 0; i < sizeof loaders / sizeof *loaders && !w->why; i++) {
        rp_id global = rp_model_find_global(m, loaders[i]);
        rp_id node = global ? rp_global_node(m, global) : 0;
        if (node && rp_bitset_get(&w->seen, node) && is_wanted(w, node))
            w->why = rp_arena_printf(&w->m->arena, "the program can call %s", loaders[i]);
    }
    for (size_t i = 0; i < m->globals.n && !w->why; i++) {
        const struct rp_global *g = &m->globals.v[i];
        if (g->flags & RP_GLOB_REFERENCED && !g->def_file &&
            (strstr(g->name, "eh_frame") || strstr(g->name, "EH_FRAME")))
            w->why = rp_arena_printf(&w->m->arena, "something refers to '%s'", g->name);
    }
}

/* --- all of it ------------------------------------------------------------------------------- */

/* A static PIE: it has dynamic tables, but nothing can be loaded beside it. */
static bool is_alone(const struct rp_link *link)
{
    for (size_t i = 0; i < link->args.n; i++) {
        const char *word = link->args.v[i].words[0];
        if (strcmp(word, "--no-dynamic-linker") == 0 || strcmp(word, "-no-dynamic-linker") == 0)
            return true;
    }
    return false;
}

static const char *why_not_asked(const struct rp_model *m, const struct rp_job *job)
{
    if (job->level != RP_LEVEL_FULL || !job->link)
        return "whole sections are collected as linkers do";
    if (job->keep_unwinder)
        return "dead code stays as traps";
    if (job->link->relocatable)
        return "the output is linked again";
    if (job->link->shared || job->link->export_dynamic || (job->dynamic && !is_alone(job->link)))
        return "the output is linked dynamically";
    if (m->arch->machine != EM_X86_64 && m->arch->machine != EM_386 &&
        m->arch->machine != EM_AARCH64)
        return "the machine's unwind tables are not understood";
    for (size_t i = 0; i < m->files.n; i++)
        if (m->files.v[i].kind == RP_FILE_SHARED || m->files.v[i].kind == RP_FILE_IR)
            return "shared libraries or compiler IR are in the link";
    return NULL;
}

static void cut(struct work *w)
{
    for (uint32_t k = 0; k < w->m->n_edges; k++)
        if (rp_bitset_get(&w->held, k) && !rp_bitset_get(&w->seen, w->m->edges[k].to))
            w->m->edges[k].kind = RP_EDGE_UNWIND;
}

enum reap_status rp_unwind_find(struct rp_model *m, const struct rp_job *job,
                                struct rp_unwinder *ret)
{
    struct work w = {.m = m};
    enum reap_status rc = REAP_OK;
    memset(ret, 0, sizeof *ret);
    w.queue = malloc((m->nodes.n + 1) * sizeof *w.queue);
    if (!w.queue || !rp_bitset_init(&w.held, (size_t)m->n_edges + 1) ||
        !rp_bitset_init(&w.seen, m->nodes.n + 1) || !rp_bitset_init(&w.unwind, m->files.n + 1)) {
        rc = rp_nomem(m->ctx);
        goto out;
    }
    if (!find_unwinder(&w))
        goto out;
    if (!w.why)
        w.why = why_not_asked(m, job);
    if (!w.why)
        traverse(&w);
    for (size_t i = 0; i < w.n_seen && !w.why; i++)
        judge_node(&w, w.queue[i]);
    if (!w.why)
        judge_names(&w);
    if (!w.why)
        cut(&w);
    ret->collected = !w.why;
    ret->why_not = w.why;
out:
    free(w.queue);
    rp_bitset_free(&w.held);
    rp_bitset_free(&w.seen);
    rp_bitset_free(&w.unwind);
    return rc;
}

bool rp_unwind_is_cut(const struct rp_marks *marks, const struct rp_edge *e,
                      const struct rp_elf *elf, const struct rp_rela *r)
{
    if (e->kind != RP_EDGE_UNWIND || marks->live[e->to])
        return false;
    return r->sym >= elf->n_symbols || rp_sym_bind(&elf->syms[r->sym]) != STB_WEAK ||
           rp_sym_shndx(elf, r->sym) != RP_SHN_UNDEF;
}

bool rp_unwind_cuts_cie(const struct rp_model *m, const struct rp_marks *marks, rp_id node)
{
    for (uint32_t k = m->edge_start[node]; k < m->edge_start[node + 1]; k++)
        if (m->nodes.v[node].kind == RP_NODE_CIE && m->edges[k].kind == RP_EDGE_UNWIND &&
            !marks->live[m->edges[k].to])
            return true;
    return false;
}

uint32_t rp_unwind_trap(const struct rp_arch *arch)
{
    /* x86: the branch leads to its own displacement, whose last two bytes, ff ff, are no
     * instruction (Intel SDM, opcode map, group 5 /7). AArch64: udf #0. */
    return arch->machine == EM_AARCH64 ? 0 : 0xfffffffc;
}

enum reap_status rp_unwind_plan(const struct rp_model *m, const struct rp_marks *marks,
                                const struct rp_unwinder *unwinder, struct rp_plan *plan)
{
    for (rp_id i = 1; unwinder->collected && i < m->nodes.n; i++) {
        rp_id section = m->nodes.v[i].section;
        if (!section || marks->live[i] != 1)
            continue;
        for (uint32_t k = m->edge_start[i]; k < m->edge_start[i + 1]; k++) {
            const struct rp_rela *r =
                m->edges[k].kind == RP_EDGE_UNWIND ? reloc_of(m, i, &m->edges[k]) : NULL;
            if (!r || !rp_unwind_is_cut(marks, &m->edges[k], &rp_section_file(m, section)->elf, r))
                continue;
            if (!plan->cut_slots.w && !rp_bitset_init(&plan->cut_slots, m->nodes.n + 1))
                return rp_nomem(m->ctx);
            rp_bitset_set(&plan->cut_slots, m->sections[section].node);
            uint8_t *fate = &plan->fate[m->sections[section].file - 1];
            if (*fate == RP_FATE_UNCHANGED)
                *fate = RP_FATE_REWRITE;
        }
    }
    return REAP_OK;
}
