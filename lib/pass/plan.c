/* plan.c: what happens to each file.
 *
 *   UNCHANGED  everything of it is live (copies of COMDAT groups that prevail elsewhere are left
 *              to the linker, which drops them as ever, provided that the prevailing copy stays;
 *              otherwise this one would come into the link in its place, with references to
 *              things that are gone)
 *   DROP       nothing allocated of it is live, though something was there that could have been,
 * and none of its unsectioned definitions is needed REWRITE    the rest
 *
 * Files that Reap leaves untouched are UNCHANGED always. How: one parallel walk over the files.
 */
#include "pass/pass.h"

#include "util/checked.h"
#include "util/pool.h"

#include <stdlib.h>
#include <string.h>

struct planner {
    const struct rp_model *m;
    const struct rp_marks *marks;
    struct rp_plan *plan;
    uint8_t *section_live; /* by section id; bytes, so that threads can write side by side */
};

/* --- symbols without a section --------------------------------------------------------------- */

/* A common symbol stays when it is live, in every file that mentions it, because the largest size
 * of all mentions counts; an absolute one always, because nothing tells what depends on it. */
static bool has_needed_symbol(const struct planner *p, const struct rp_file *f)
{
    for (uint32_t i = f->elf.first_global; i < f->elf.n_symbols; i++) {
        uint32_t shndx = rp_sym_shndx(&f->elf, i);
        rp_id g = rp_sym_global(f, i);
        if ((shndx == RP_SHN_ABS || shndx == RP_SHN_COMMON) && g && p->plan->keep_symbol[g - 1])
            return true;
    }
    return false;
}

static bool has_dead_common(const struct planner *p, const struct rp_file *f)
{
    for (uint32_t i = f->elf.first_global; i < f->elf.n_symbols; i++) {
        rp_id g = rp_sym_global(f, i);
        if (rp_sym_shndx(&f->elf, i) == RP_SHN_COMMON && g && !p->plan->keep_symbol[g - 1])
            return true;
    }
    return false;
}

static void plan_symbols(struct planner *p)
{
    const struct rp_model *m = p->m;
    for (size_t i = 0; i < m->globals.n; i++) {
        const struct rp_global *g = &m->globals.v[i];
        if (g->node) {
            p->plan->keep_symbol[i] = p->marks->live[g->node] != 0;
        } else if (g->def_file) {
            const struct rp_file *f = rp_file_of(m, g->def_file);
            p->plan->keep_symbol[i] =
                f->kind == RP_FILE_OBJECT && rp_sym_shndx(&f->elf, g->def_sym) == RP_SHN_ABS;
        }
    }
}

/* --- COMDAT ---------------------------------------------------------------------------------- */

/* Whether any member of a group is live; members live and die together. */
static bool group_is_live(const struct planner *p, rp_id group)
{
    const struct rp_model *m = p->m;
    const struct rp_file *f = rp_section_file(m, group);
    uint32_t no = rp_section_no(m, group);
    const uint8_t *words = rp_elf_bytes(&f->elf, no);
    for (uint64_t k = 1; k < f->elf.shdrs[no].size / 4; k++) {
        const struct rp_section *s = &m->sections[f->sec_base + rp_load32(words + 4 * k)];
        for (uint32_t i = 0; i < s->n_nodes; i++)
            if (p->marks->live[s->node + i])
                return true;
    }
    return false;
}

/* Whether the linker would drop this discarded copy by itself. */
static bool prevailing_stays(const struct planner *p, const struct rp_file *f, uint32_t no)
{
    const struct rp_section *s = &p->m->sections[f->sec_base + no];
    if (!(s->flags & RP_SEC_ALLOC) || (s->flags & RP_SEC_META))
        return true; /* debug information has no references that could fail */
    rp_id prevailing = s->group ? p->m->sections[f->sec_base + s->group].prevailing : 0;
    return prevailing && group_is_live(p, prevailing);
}

/* --- files ----------------------------------------------------------------------------------- */

struct file_state {
    bool any_alloc; /* something allocated is live */
    bool had_alloc; /* something allocated was there */
    bool any_live, any_dead, bad_duplicate;
};

static struct file_state look_at(const struct planner *p, const struct rp_file *f)
{
    struct file_state st = {0};
    for (uint32_t no = 1; no < f->elf.n_sections; no++) {
        rp_id id = f->sec_base + no;
        const struct rp_section *s = &p->m->sections[id];
        uint32_t n_live = 0;
        for (uint32_t k = 0; k < s->n_nodes; k++)
            n_live += p->marks->live[s->node + k] != 0;
        p->section_live[id] = n_live > 0;
        st.any_live |= n_live != 0;
        st.any_alloc |= n_live && (s->flags & RP_SEC_ALLOC);
        /* The empty .text, .data and .bss that every assembler makes are no reason to write a
         * file again. */
        bool empty = f->elf.shdrs[no].size == 0 && !s->rel;
        st.any_dead |= n_live < s->n_nodes && !empty;
        st.had_alloc |= (s->flags & RP_SEC_ALLOC) && !empty;
    }
    for (uint32_t no = 1; no < f->elf.n_sections && !st.any_dead && !st.bad_duplicate; no++)
        if (p->m->sections[f->sec_base + no].flags & RP_SEC_DUPLICATE)
            st.bad_duplicate = !prevailing_stays(p, f, no);
    return st;
}

static enum reap_status plan_file(void *arg, size_t i)
{
    struct planner *p = arg;
    const struct rp_file *f = &p->m->files.v[i];
    p->plan->fate[i] = RP_FATE_UNCHANGED;
    if (!f->sec_base)
        return REAP_OK;
    struct file_state st = look_at(p, f);
    if (f->untouched)
        return REAP_OK;
    /* What was made of non-allocated sections alone was meant to be there for them. */
    bool only_data_for_others = !st.had_alloc && st.any_live && !has_dead_common(p, f);
    if (!st.any_alloc && !only_data_for_others && !has_needed_symbol(p, f))
        p->plan->fate[i] = RP_FATE_DROP;
    else if (st.any_dead || st.bad_duplicate || has_dead_common(p, f))
        p->plan->fate[i] = RP_FATE_REWRITE;
    return REAP_OK;
}

enum reap_status rp_plan_make(const struct rp_model *m, const struct rp_marks *marks,
                              const struct rp_job *job, struct rp_plan *ret)
{
    (void)job; /* both levels are planned by the marks alone */
    struct rp_plan plan = {0};
    struct planner p = {.m = m, .marks = marks, .plan = &plan};
    enum reap_status rc = REAP_OK;
    size_t n_ids = (size_t)m->n_section_ids + 1;
    plan.fate = calloc(m->files.n + 1, 1);
    plan.keep_symbol = calloc(m->globals.n + 1, 1);
    p.section_live = calloc(n_ids, 1);
    if (!plan.fate || !plan.keep_symbol || !p.section_live ||
        !rp_bitset_init(&plan.live_sections, n_ids)) {
        rc = rp_nomem(m->ctx);
        goto out;
    }
    plan_symbols(&p);
    rc = rp_parallel(m->ctx, m->files.n, plan_file, &p);
    for (size_t i = 1; i < n_ids; i++)
        if (p.section_live[i])
            rp_bitset_set(&plan.live_sections, i);
out:
    free(p.section_live);
    if (rc)
        rp_plan_free(&plan);
    else
        *ret = plan;
    return rc;
}

void rp_plan_free(struct rp_plan *plan)
{
    free(plan->fate);
    free(plan->keep_symbol);
    rp_bitset_free(&plan->live_sections);
    rp_bitset_free(&plan->cut_slots);
    memset(plan, 0, sizeof *plan);
}
