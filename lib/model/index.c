/* index.c: number the sections of all files, find their relocations and groups, settle COMDAT.
 *
 * Why here: after this every pass can go from a section to its file, relocations and group by
 * array access. How: ids are given file by file in load order; facts about each section are then
 * filled in parallel; the signatures of COMDAT groups are hashed in parallel as well, and entered
 * one by one in load order, so that the first group of a signature prevails (gABI, Section
 * Groups; the same choice in GNU ld, gold, lld and mold).
 */
#include "model/model.h"
#include "util/checked.h"
#include "util/pool.h"

#include <string.h>

/* lib/elf has checked these in other places; the numbers come from LLVM's ELF extensions. */
#define SHT_LLVM_ADDRSIG_           0x6fff4c03u
#define SHT_LLVM_CALL_GRAPH_V1_     0x6fff4c02u
#define SHT_LLVM_CALL_GRAPH_PROFILE 0x6fff4c09u

struct comdat {
    const char *signature;
    uint32_t len;
    rp_id group; /* section id */
    uint64_t hash;
};

struct file_groups {
    RP_VEC(struct comdat) v;
};

struct index_state {
    struct rp_model *m;
    struct file_groups *groups; /* by file id - 1 */
};

static bool is_meta(const struct rp_elf *e, uint32_t no)
{
    const struct rp_shdr *sh = &e->shdrs[no];
    switch (sh->type) {
    case SHT_NULL:
    case SHT_SYMTAB:
    case SHT_SYMTAB_SHNDX:
    case SHT_GROUP:
    case SHT_LLVM_ADDRSIG_:
    case SHT_LLVM_CALL_GRAPH_V1_:
    case SHT_LLVM_CALL_GRAPH_PROFILE: return true;
    case SHT_REL:
    case SHT_RELA: return !(sh->flags & SHF_ALLOC);
    case SHT_STRTAB: /* but .stabstr is debug information */
        return no == e->shstrndx || (e->symtab && no == e->shdrs[e->symtab].link);
    default: return false;
    }
}

static void leave_untouched(struct rp_file *f, const char *why)
{
    if (!f->untouched) {
        f->untouched = true;
        f->untouched_why = why;
    }
}

static enum reap_status index_group(struct index_state *st, rp_id file, uint32_t no)
{
    struct rp_model *m = st->m;
    struct rp_file *f = rp_file_of(m, file);
    const struct rp_elf *e = &f->elf;
    const struct rp_shdr *sh = &e->shdrs[no];
    const uint8_t *words = rp_elf_bytes(e, no);

    m->sections[f->sec_base + no].prevailing = f->sec_base + no;
    for (uint64_t i = 1; i < sh->size / 4; i++) {
        uint32_t member = rp_load32(words + 4 * i);
        if (member == 0 || member >= e->n_sections)
            continue;
        struct rp_section *s = &m->sections[f->sec_base + member];
        if (s->group && s->group != no)
            leave_untouched(f, "a section is in two groups");
        s->group = no;
        if (e->shdrs[member].flags & SHF_ALLOC)
            m->sections[f->sec_base + no].flags |= RP_SEC_ALLOC_GROUP;
    }
    if (sh->size < 4 || !(rp_load32(words) & GRP_COMDAT))
        return REAP_OK;
    const char *signature = rp_elf_group_signature(e, sh);
    if (!signature) {
        leave_untouched(f, "a section group has no signature");
        return REAP_OK;
    }
    size_t len = strlen(signature);
    struct comdat c = {signature, (uint32_t)len, f->sec_base + no, rp_hash(signature, len)};
    return rp_vec_push(&st->groups[file - 1].v, c) ? REAP_OK : REAP_ERR_NOMEM;
}

static enum reap_status index_file(void *arg, size_t i)
{
    struct index_state *st = arg;
    struct rp_model *m = st->m;
    struct rp_file *f = &m->files.v[i];
    if (!f->sec_base)
        return REAP_OK;
    const struct rp_elf *e = &f->elf;
    rp_id file = (rp_id)i + 1;

    for (uint32_t no = 0; no < e->n_sections; no++) {
        struct rp_section *s = &m->sections[f->sec_base + no];
        s->file = file;
        if (e->shdrs[no].flags & SHF_ALLOC)
            s->flags |= RP_SEC_ALLOC;
        if (is_meta(e, no))
            s->flags |= RP_SEC_META;
    }
    for (uint32_t no = 1; no < e->n_sections; no++) {
        const struct rp_shdr *sh = &e->shdrs[no];
        struct rp_section *s = &m->sections[f->sec_base + no];
        if ((sh->type == SHT_REL || sh->type == SHT_RELA) && (s->flags & RP_SEC_META) && sh->info) {
            struct rp_section *target = &m->sections[f->sec_base + sh->info];
            /* legal, but no linker but GNU ld takes it */
            if (target->rel)
                leave_untouched(f, "a section has two relocation sections");
            target->rel = no;
        } else if (sh->type == SHT_GROUP) {
            enum reap_status rc = index_group(st, file, no);
            if (rc)
                return rc;
        }
    }
    for (uint32_t sym = 0; sym < e->n_symbols; sym++)
        if (rp_sym_shndx(e, sym) == RP_SHN_OTHER)
            leave_untouched(f, "a symbol has a section number of its processor's own");
    return REAP_OK;
}

/* Mark the members of a group that does not prevail. */
static void discard_group(struct rp_model *m, rp_id group)
{
    struct rp_file *f = rp_section_file(m, group);
    uint32_t no = rp_section_no(m, group);
    const uint8_t *words = rp_elf_bytes(&f->elf, no);
    for (uint64_t i = 1; i < f->elf.shdrs[no].size / 4; i++) {
        uint32_t member = rp_load32(words + 4 * i);
        if (member && member < f->elf.n_sections)
            m->sections[f->sec_base + member].flags |= RP_SEC_DUPLICATE;
    }
}

static enum reap_status settle_comdat(struct index_state *st)
{
    struct rp_model *m = st->m;
    struct rp_strmap prevailing = {0};
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < m->files.n && !rc; i++) {
        for (size_t k = 0; k < st->groups[i].v.n; k++) {
            const struct comdat *c = &st->groups[i].v.v[k];
            uint32_t *slot = rp_strmap_put_h(&prevailing, c->signature, c->len, c->hash);
            if (!slot) {
                rc = rp_nomem(m->ctx);
                break;
            }
            if (*slot) {
                m->sections[c->group].prevailing = *slot;
                discard_group(m, c->group);
            } else {
                *slot = c->group;
            }
        }
    }
    rp_strmap_free(&prevailing);
    return rc;
}

enum reap_status rp_model_index(struct rp_model *m)
{
    uint64_t n = 1; /* id 0 is none; each file has an id for its null section as well */
    for (size_t i = 0; i < m->files.n; i++) {
        struct rp_file *f = &m->files.v[i];
        if (f->kind != RP_FILE_OBJECT || !f->elf.n_sections)
            continue;
        f->sec_base = (rp_id)n;
        n += f->elf.n_sections;
        if (n >= UINT32_MAX / 2)
            return rp_fail(m->ctx, REAP_ERR_UNSUPPORTED, "too-many-sections", rp_at(f->display),
                           "the link has more sections than Reap can number");
    }
    m->n_section_ids = (uint32_t)n - 1;
    m->sections = calloc(n, sizeof *m->sections);
    struct index_state st = {.m = m, .groups = calloc(m->files.n + 1, sizeof *st.groups)};
    enum reap_status rc = REAP_OK;
    if (!m->sections || !st.groups) {
        rc = rp_nomem(m->ctx);
        goto out;
    }
    rc = rp_parallel(m->ctx, m->files.n, index_file, &st);
    if (rc == REAP_ERR_NOMEM)
        rp_nomem(m->ctx);
    if (!rc)
        rc = settle_comdat(&st);
out:
    if (st.groups)
        for (size_t i = 0; i < m->files.n; i++)
            rp_vec_free(&st.groups[i].v);
    free(st.groups);
    return rc;
}
