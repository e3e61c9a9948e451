/* roots_sections.c: sections that are needed for what they are, not for who refers to them.
 *
 * By type and name: arrays and code that the startup files or the dynamic linker run (gABI,
 * Initialization and Termination), notes, SHF_GNU_RETAIN. By request: KEEP() of a script, rules.
 * By doubt: everything in files that Reap leaves as they are. Non-allocated sections stay with
 * their file, and are not followed: they describe the program, they are not in it.
 *
 * The rules for types and names are those of lld's MarkLive (isReserved), which GNU ld's default
 * scripts agree with by their KEEPs, so that the linkers' level can equal the linker.
 *
 * Entry: rp_root_sections.
 */
#include "pass/roots.h"

#include "arch/arch.h"
#include "link/rules.h"
#include "table/table.h"
#include "util/bitset.h"
#include "util/glob.h"

#include <string.h>

#ifndef SHF_GNU_RETAIN
#define SHF_GNU_RETAIN (1u << 21)
#endif

struct sections_state {
    struct rp_roots_state *st;
    uint32_t **stmt;               /* by script: the statement that takes each section, or NULL */
    uint8_t **view;                /* by script: the view of the file at hand (script.h), or NULL */
    struct rp_bitset shared_debug; /* by file: other files' debug information refers to its own */
};

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Sections that startup code or the loader uses without a reference; 0: none such. */
static unsigned reserved_reason(const struct rp_model *m, rp_id section)
{
    switch (rp_shdr_of(m, section)->type) {
    case SHT_INIT_ARRAY:
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY: return RP_ROOT_INIT_ARRAY;
    case SHT_NOTE: /* a note in a group is about the group */
        return rp_in_alloc_group(m, section) ? 0 : RP_ROOT_NOTE;
    default: break;
    }
    const char *name = rp_section_name(m, section);
    if (name[0] != '.')
        return 0;
    if (strcmp(name, ".init") == 0 || strcmp(name, ".fini") == 0)
        return RP_ROOT_INIT_SECTION;
    /* PROGBITS init arrays come from Go and Rust */
    if (starts_with(name, ".init_array") || strcmp(name, ".jcr") == 0 ||
        starts_with(name, ".ctors") || starts_with(name, ".dtors"))
        return RP_ROOT_INIT_ARRAY;
    return 0;
}

/* Arrays that are told by their name alone, and patchable entries that nothing ties to their
 * function; linkers drop them, and that breaks what walks over them. */
static unsigned reserved_reason_full(const struct rp_model *m, rp_id section)
{
    const char *name = rp_section_name(m, section);
    if (starts_with(name, ".fini_array") || starts_with(name, ".preinit_array"))
        return RP_ROOT_INIT_ARRAY;
    if (strcmp(name, "__patchable_function_entries") == 0 && !m->sections[section].group)
        return RP_ROOT_ODD_SHAPE;
    return 0;
}

/* All nodes of a section. */
static enum reap_status add_section(struct sections_state *s, rp_id section, unsigned reason,
                                    const char *detail)
{
    const struct rp_section *sec = &s->st->m->sections[section];
    enum reap_status rc = REAP_OK;
    for (uint32_t i = 0; i < sec->n_nodes && !rc; i++)
        rc = rp_root_add(s->st, sec->node + i, reason, detail);
    return rc;
}

static enum reap_status add_unfollowed(struct sections_state *s, rp_id section, bool with_file)
{
    struct rp_model *m = s->st->m;
    struct rp_root r = {m->sections[section].node, RP_ROOT_NONALLOC, rp_section_name(m, section),
                        false, with_file};
    return rp_vec_push(&m->roots, r) ? REAP_OK : rp_nomem(m->ctx);
}

/* --- requests -------------------------------------------------------------------------------- */

static bool in_discard(const struct sections_state *s, rp_id section)
{
    const struct rp_job *job = s->st->job;
    for (size_t i = 0; i < job->n_scripts; i++) {
        uint32_t stmt = s->stmt[i] ? s->stmt[i][section] : UINT32_MAX;
        const char *out = stmt == UINT32_MAX ? NULL : job->scripts[i]->stmts.v[stmt].out_section;
        if (out && strcmp(out, "/DISCARD/") == 0)
            return true;
    }
    return false;
}

static enum reap_status keep_roots(struct sections_state *s, rp_id section)
{
    struct rp_model *m = s->st->m;
    const struct rp_job *job = s->st->job;
    enum reap_status rc = REAP_OK;
    if (m->sections[section].flags & RP_SEC_RECORDS) /* KEEP is for linkers, which see no records */
        return REAP_OK;
    for (size_t i = 0; i < job->n_scripts && !rc; i++) {
        const struct rp_script *script = job->scripts[i];
        if (!s->stmt[i])
            continue;
        uint32_t k = rp_script_keep_view(script, s->view[i], rp_section_name(m, section),
                                         rp_shdr_of(m, section)->flags);
        if (k != UINT32_MAX)
            rc = add_section(s, section, RP_ROOT_KEEP,
                             rp_arena_printf(&m->arena, "KEEP %s:%u", script->stmts.v[k].script,
                                             script->stmts.v[k].line));
    }
    return rc;
}

static enum reap_status rule_roots(struct sections_state *s, rp_id section)
{
    struct rp_model *m = s->st->m;
    const struct rp_rules *rules = s->st->job->rules;
    const struct rp_file *f = rp_section_file(m, section);
    for (size_t i = 0; rules && i < rules->rules.n; i++) {
        const struct rp_rule *r = &rules->rules.v[i];
        if (r->kind == RP_RULE_KEEP_FILE) {
            if (!rp_file_glob_match(r->glob, f->path, f->member))
                continue;
        } else if (r->kind != RP_RULE_KEEP_SECTION ||
                   !rp_glob_match(r->glob, rp_section_name(m, section)) ||
                   (r->file_glob && !rp_file_glob_match(r->file_glob, f->path, f->member))) {
            continue;
        }
        unsigned reason = r->origin && r->origin[0] == '-' ? RP_ROOT_OPTION : RP_ROOT_RULE;
        return add_section(s, section, reason, r->origin);
    }
    return REAP_OK;
}

/* --- one section ----------------------------------------------------------------------------- */

static enum reap_status allocated_section(struct sections_state *s, rp_id section)
{
    struct rp_model *m = s->st->m;
    const struct rp_shdr *sh = rp_shdr_of(m, section);
    const char *name = rp_section_name(m, section);
    bool full = s->st->job->level == RP_LEVEL_FULL;

    if (sh->flags & SHF_GNU_RETAIN)
        return add_section(s, section, RP_ROOT_RETAIN, name);
    if (sh->flags & SHF_LINK_ORDER) /* follows what it is linked to, whatever it is */
        return REAP_OK;
    unsigned reason = reserved_reason(m, section);
    if (!reason && full)
        reason = reserved_reason_full(m, section);
    if (s->st->job->predict)
        reason = rp_predict_reserved(m, s->st->job, section, reason);
    /* what the script throws away is not in the output, so that nobody runs or reads it */
    if (reason && full && in_discard(s, section))
        reason = 0;
    return reason ? add_section(s, section, reason, name) : REAP_OK;
}

static enum reap_status one_section(struct sections_state *s, rp_id section)
{
    struct rp_model *m = s->st->m;
    const struct rp_section *sec = &m->sections[section];
    const struct rp_shdr *sh = rp_shdr_of(m, section);
    enum reap_status rc;

    if (sec->flags & RP_SEC_ALLOC) {
        rc = allocated_section(s, section);
    } else if (sh->flags & SHF_GNU_RETAIN) {
        rc = add_unfollowed(s, section, false);
    } else if (sh->flags & SHF_LINK_ORDER || (sec->group && rp_in_alloc_group(m, section))) {
        rc = REAP_OK; /* stays with the section or the group that it belongs to */
    } else {
        bool with_file =
            s->st->job->level == RP_LEVEL_FULL && !rp_bitset_get(&s->shared_debug, sec->file);
        rc = add_unfollowed(s, section, with_file);
    }
    if (!rc && s->st->job->n_scripts)
        rc = keep_roots(s, section);
    if (!rc && s->st->job->rules && s->st->job->rules->rules.n)
        rc = rule_roots(s, section);
    return rc;
}

/* Everything in a file that is linked as it is, and everything that it mentions. */
static enum reap_status untouched_file(struct sections_state *s, const struct rp_file *f)
{
    struct rp_model *m = s->st->m;
    const char *why = f->untouched_why ? f->untouched_why : "its file is linked as it is";
    enum reap_status rc = REAP_OK;
    for (uint32_t no = 1; no < f->elf.n_sections && !rc; no++) {
        rp_id section = f->sec_base + no;
        if (!m->sections[section].n_nodes)
            continue;
        rc = m->sections[section].flags & RP_SEC_ALLOC
                 ? add_section(s, section, RP_ROOT_UNTOUCHED, why)
                 : add_unfollowed(s, section, false);
    }
    const char *mentions = rp_root_detail(s->st, "mentioned by", f->display);
    for (uint32_t sym = f->elf.first_global; sym < f->elf.n_symbols && !rc; sym++)
        rc = rp_root_global(s->st, rp_sym_global(f, sym), RP_ROOT_UNTOUCHED, mentions);
    return rc;
}

/* Files with a global symbol in a non-allocated section: LTO's early debug information and dwz
 * refer to these from other files, so that they cannot go with the file's code. */
static void find_shared_debug(struct sections_state *s)
{
    const struct rp_model *m = s->st->m;
    for (size_t i = 0; i < m->globals.n; i++) {
        const struct rp_global *g = &m->globals.v[i];
        const struct rp_file *f = g->def_file ? rp_file_of(m, g->def_file) : NULL;
        if (!f || !f->sec_base || g->node)
            continue;
        uint32_t shndx = rp_sym_shndx(&f->elf, g->def_sym);
        if (shndx && shndx < f->elf.n_sections &&
            !(m->sections[f->sec_base + shndx].flags & RP_SEC_ALLOC))
            rp_bitset_set(&s->shared_debug, g->def_file);
    }
}

static enum reap_status one_file(struct sections_state *s, const struct rp_file *f)
{
    const struct rp_job *job = s->st->job;
    enum reap_status rc = REAP_OK;
    if (f->untouched)
        return untouched_file(s, f);
    for (size_t i = 0; i < job->n_scripts; i++)
        if (s->view[i])
            rp_script_view(job->scripts[i], f->path, f->member, s->view[i]);
    for (uint32_t no = 1; no < f->elf.n_sections && !rc; no++)
        if (s->st->m->sections[f->sec_base + no].n_nodes)
            rc = one_section(s, f->sec_base + no);
    return rc;
}

/* What the scripts say of all sections. */
static enum reap_status match_scripts(struct sections_state *s)
{
    const struct rp_model *m = s->st->m;
    const struct rp_job *job = s->st->job;
    s->stmt = calloc(job->n_scripts + 1, sizeof *s->stmt);
    s->view = calloc(job->n_scripts + 1, sizeof *s->view);
    enum reap_status rc = s->stmt && s->view ? REAP_OK : rp_nomem(m->ctx);
    for (size_t i = 0; i < job->n_scripts && !rc; i++) {
        if (!job->scripts[i]->stmts.n)
            continue;
        s->view[i] = malloc(rp_script_view_size(job->scripts[i]));
        rc = s->view[i] ? rp_match_sections(m, job->scripts[i], false, &s->stmt[i])
                        : rp_nomem(m->ctx);
    }
    return rc;
}

enum reap_status rp_root_sections(struct rp_roots_state *st)
{
    struct rp_model *m = st->m;
    struct sections_state s = {.st = st};
    enum reap_status rc = match_scripts(&s);
    if (!rc && !rp_bitset_init(&s.shared_debug, m->files.n + 1))
        rc = rp_nomem(m->ctx);
    if (!rc)
        find_shared_debug(&s);
    for (size_t i = 0; i < m->files.n && !rc; i++)
        if (m->files.v[i].sec_base)
            rc = one_file(&s, &m->files.v[i]);
    for (size_t i = 0; i < st->job->n_scripts; i++) {
        free(s.stmt ? s.stmt[i] : NULL);
        free(s.view ? s.view[i] : NULL);
    }
    free(s.stmt);
    free(s.view);
    rp_bitset_free(&s.shared_debug);
    return rc;
}

/* --- the linkers' level ---------------------------------------------------------------------- */

/* Where a relocation of .eh_frame leads, as lld resolves it. */
static rp_id eh_target(const struct rp_model *m, const struct rp_file *f, uint32_t sym)
{
    rp_id global = rp_sym_global(f, sym);
    if (global)
        return rp_global_node(m, global);
    uint32_t shndx = rp_sym_shndx(&f->elf, sym);
    if (sym == 0 || shndx == RP_SHN_UNDEF || shndx >= f->elf.n_sections)
        return 0;
    return m->sections[f->sec_base + shndx].node; /* 0 in a duplicate */
}

static bool follows_subject(const struct rp_model *m, rp_id node)
{
    rp_id section = m->nodes.v[node].section;
    return section && (rp_shdr_of(m, section)->flags & (SHF_EXECINSTR | SHF_LINK_ORDER) ||
                       rp_in_alloc_group(m, section));
}

static enum reap_status eh_records(struct rp_roots_state *st, rp_id section, struct rp_bitset *seen)
{
    struct rp_model *m = st->m;
    const struct rp_file *f = rp_section_file(m, section);
    uint32_t no = rp_section_no(m, section), rel = m->sections[section].rel, n_relocs = 0;
    const struct rp_rela *relocs = rel ? rp_elf_relocs(&f->elf, rel, &n_relocs) : NULL;
    struct rp_records records = {0};
    const char *why;
    enum reap_status rc = REAP_OK;
    if (!rp_table_of(f, no)->split(m->arch, f, no, rel, &records, &why)) {
        rp_vec_free(&records.v);
        return why ? REAP_OK : rp_nomem(m->ctx); /* odd shapes are roots already */
    }
    for (size_t i = 0; i < records.v.n && !rc; i++) {
        const struct rp_record *r = &records.v.v[i];
        bool cie = r->node_kind == RP_NODE_CIE;
        uint32_t n = cie && r->n_relocs > 1 ? 1 : r->n_relocs; /* of a CIE the personality */
        for (uint32_t k = r->first_reloc; k < r->first_reloc + n && !rc; k++) {
            rp_id node = eh_target(m, f, relocs[k].sym);
            if (!node || (!cie && follows_subject(m, node)) || rp_bitset_get(seen, node))
                continue;
            rp_bitset_set(seen, node);
            rc = rp_root_add(st, node, RP_ROOT_LINKER_REF,
                             cie ? "a personality that .eh_frame names" : "named by .eh_frame");
        }
    }
    rp_vec_free(&records.v);
    return rc;
}

enum reap_status rp_root_eh_frames(struct rp_roots_state *st)
{
    struct rp_model *m = st->m;
    struct rp_bitset seen;
    if (!rp_bitset_init(&seen, m->nodes.n))
        return rp_nomem(m->ctx);
    enum reap_status rc = REAP_OK;
    for (rp_id id = 1; id <= m->n_section_ids && !rc; id++)
        if (m->sections[id].n_nodes && m->sections[id].flags & RP_SEC_EH_FRAME)
            rc = eh_records(st, id, &seen);
    rp_bitset_free(&seen);
    return rc;
}
