/* record.c: tables that a rule file describes: arrays of records of one size.
 *
 * Why: a kernel's or runtime's tables of patch sites, fault fix-ups and trace points say something
 * about places in the code. Taken whole they keep all of it. A record lives when the place that
 * its subject field names does; only then are its other fields followed.
 *
 * How: the size of a record is one of those that the rule names, namely the one with which every
 * record has a relocation at the subject's offset, and no relocation where the rule knows of no
 * field. So a table of another version or configuration is recognised, or else found odd and kept
 * whole. Cutting copies the surviving records; their order stays.
 *
 * Parallel tables (.orc_unwind_ip and .orc_unwind of Linux): record i of the one belongs to record
 * i of the other. The k-th section of the one name goes with the k-th of the other.
 *
 * A table that is also referred to by name, from its own file or another, as an array and not by
 * its bracket, is not cut: the code that does so may walk it or index it.
 *
 * Entries: rp_tables_find, rp_record_table.
 */
#include "table/record.h"

#include "arch/arch.h"
#include "util/glob.h"

#include <string.h>

/* --- which sections -------------------------------------------------------------------------- */

static bool can_be_table(const struct rp_model *m, rp_id section)
{
    const struct rp_shdr *sh = rp_shdr_of(m, section);
    return (m->sections[section].flags & RP_SEC_ALLOC) &&
           !(m->sections[section].flags & (RP_SEC_META | RP_SEC_DUPLICATE)) &&
           sh->type == SHT_PROGBITS && sh->size && !(sh->flags & (SHF_COMPRESSED | SHF_MERGE));
}

static bool machine_fits(const struct rp_model *m, const struct rp_rule_table *t)
{
    return !t->machine || (m->arch && strcmp(t->machine, m->arch->name) == 0);
}

static struct rp_record_use *add_use(struct rp_model *m, struct rp_file *f, uint32_t no,
                                     const struct rp_rule *rule)
{
    if (!f->tables) {
        f->tables = rp_arena_zalloc(&m->arena, f->elf.n_sections * sizeof *f->tables);
        if (!f->tables)
            return NULL;
    }
    struct rp_record_use *use = rp_arena_zalloc(&m->arena, sizeof *use);
    if (use)
        use->rule = rule;
    return f->tables[no] = use;
}

/* Pair the k-th section of the one name with the k-th of the other. */
static void pair(struct rp_file *f, const struct rp_rule *rule)
{
    uint32_t a = 0, b = 0, n = f->elf.n_sections;
    for (;;) {
        for (a++;
             a < n && !(f->tables[a] && f->tables[a]->rule == rule && !f->tables[a]->is_second);)
            a++;
        for (b++;
             b < n && !(f->tables[b] && f->tables[b]->rule == rule && f->tables[b]->is_second);)
            b++;
        if (a >= n || b >= n)
            break;
        f->tables[a]->partner = b;
        f->tables[b]->partner = a;
    }
    for (uint32_t i = 1; i < n; i++)
        if (f->tables[i] && f->tables[i]->rule == rule && !f->tables[i]->partner)
            f->tables[i]->spoiled = "the parallel table has no section for this one";
    if (a < n || b < n) /* which goes with which is a guess then */
        for (uint32_t i = 1; i < n; i++)
            if (f->tables[i] && f->tables[i]->rule == rule)
                f->tables[i]->spoiled = "parallel tables have different numbers of sections";
}

static enum reap_status find_in_file(struct rp_model *m, struct rp_file *f,
                                     const struct rp_rule *rule)
{
    const struct rp_rule_table *t = rule->table;
    bool any = false;
    for (uint32_t no = 1; no < f->elf.n_sections; no++) {
        if (!can_be_table(m, f->sec_base + no) || (f->tables && f->tables[no]))
            continue;
        const char *name = rp_elf_shname(&f->elf, no);
        bool first = rp_glob_match(rule->glob, name);
        if (!first && !(t->parallel && rp_glob_match(t->parallel, name)))
            continue;
        struct rp_record_use *use = add_use(m, f, no, rule);
        if (!use)
            return rp_nomem(m->ctx);
        use->is_second = !first;
        any = true;
    }
    if (any && t->parallel)
        pair(f, rule);
    return REAP_OK;
}

static uint32_t least_size(const struct rp_rule_table *t, bool second)
{
    uint32_t least = second ? t->parallel_size : UINT32_MAX;
    for (uint32_t i = 0; !second && i < t->n_sizes; i++)
        least = t->sizes[i] < least ? t->sizes[i] : least;
    return least == UINT32_MAX ? t->subject.offset + 4 : least;
}

/* A table that has a name of its own as an array is used by that name. */
static void check_symbols(struct rp_file *f)
{
    for (uint32_t i = 1; i < f->elf.n_symbols; i++) {
        const struct rp_sym *s = &f->elf.syms[i];
        uint32_t no = rp_sym_shndx(&f->elf, i);
        if (no == RP_SHN_UNDEF || no >= f->elf.n_sections || !f->tables[no] ||
            rp_sym_type(s) == STT_SECTION)
            continue;
        uint32_t least = least_size(f->tables[no]->rule->table, f->tables[no]->is_second);
        bool alone = f->elf.shdrs[no].size < 2 * (uint64_t)least;
        if (!alone && (s->size > least || rp_sym_bind(s) != STB_LOCAL))
            f->tables[no]->spoiled = "it is an array with a name of its own";
    }
}

enum reap_status rp_tables_find(struct rp_model *m, const struct rp_rules *rules)
{
    for (size_t i = 0; i < m->files.n; i++) {
        struct rp_file *f = &m->files.v[i];
        if (!f->sec_base || f->untouched)
            continue;
        for (size_t k = 0; k < rules->rules.n; k++) {
            const struct rp_rule *rule = &rules->rules.v[k];
            if (rule->kind != RP_RULE_TABLE || rule->table->whole || !machine_fits(m, rule->table))
                continue;
            enum reap_status rc = find_in_file(m, f, rule);
            if (rc)
                return rc;
        }
        if (f->tables)
            check_symbols(f);
    }
    return REAP_OK;
}

/* --- where records end ------------------------------------------------------------------------ */

static bool is_target(const struct rp_rule_table *t, uint64_t offset)
{
    for (uint32_t i = 0; i < t->n_targets; i++)
        if (t->targets[i].offset == offset)
            return true;
    return t->any_targets;
}

/* Whether every record of this size has its subject's relocation, once, and no relocation where no
 * field is. `exact`: all targets have theirs as well. */
static bool size_fits(const struct rp_rule_table *t, uint64_t size, const struct rp_rela *r,
                      uint32_t n, uint64_t record, bool exact)
{
    uint32_t k = 0;
    if (record == 0 || size % record || t->subject.offset >= record)
        return false;
    for (uint64_t at = 0; at < size; at += record) {
        uint32_t subjects = 0, targets = 0;
        for (; k < n && r[k].offset < at + record; k++) {
            if (r[k].offset < at || r[k].sym == 0)
                return false;
            if (r[k].offset == at + t->subject.offset)
                subjects++;
            else if (is_target(t, r[k].offset - at))
                targets++;
            else
                return false;
        }
        if (subjects != 1 || (exact && targets != t->n_targets))
            return false;
    }
    return k == n;
}

/* Bytes a record, 0 when none fits. */
static uint64_t record_size(const struct rp_rule_table *t, uint64_t size, const struct rp_rela *r,
                            uint32_t n)
{
    for (uint32_t i = 0; i < t->n_sizes; i++)
        if (size_fits(t, size, r, n, t->sizes[i], false))
            return t->sizes[i];
    if (t->n_sizes)
        return 0;
    uint32_t fields = 1 + t->n_targets;
    uint64_t stride = n > fields && r[fields].offset > r[0].offset ? r[fields].offset - r[0].offset
                                                                   : (n == fields ? size : 0);
    return size_fits(t, size, r, n, stride, true) ? stride : 0;
}

struct layout {
    uint64_t record; /* bytes */
    uint64_t n;
};

/* How the first half of a table is laid out. */
static bool layout_of(const struct rp_file *f, uint32_t shndx, uint32_t rel, struct layout *ret,
                      const char **ret_why)
{
    const struct rp_record_use *use = rp_record_use_of(f, shndx);
    uint64_t size = f->elf.shdrs[shndx].size;
    uint32_t n = 0;
    const struct rp_rela *r = rel ? rp_elf_relocs(&f->elf, rel, &n) : NULL;
    for (uint32_t i = 1; i < n; i++)
        if (r[i].offset < r[i - 1].offset) {
            *ret_why = "relocations are not sorted";
            return false;
        }
    ret->record = record_size(use->rule->table, size, r, n);
    if (!ret->record) {
        *ret_why = "its relocations do not fit any record size that the rules know";
        return false;
    }
    ret->n = size / ret->record;
    if (use->partner &&
        f->elf.shdrs[use->partner].size != ret->n * use->rule->table->parallel_size) {
        *ret_why = "parallel tables have different numbers of records";
        return false;
    }
    return true;
}

/* The relocation section of a section; the model's answer is not at hand for the partner. */
static uint32_t find_rel(const struct rp_elf *e, uint32_t shndx)
{
    /* producers write it right behind its section, or all of them at the end */
    for (uint32_t i = shndx + 1; i < e->n_sections; i++)
        if ((e->shdrs[i].type == SHT_RELA || e->shdrs[i].type == SHT_REL) &&
            e->shdrs[i].info == shndx)
            return i;
    for (uint32_t i = 1; i < shndx; i++)
        if ((e->shdrs[i].type == SHT_RELA || e->shdrs[i].type == SHT_REL) &&
            e->shdrs[i].info == shndx)
            return i;
    return 0;
}

static bool match(const struct rp_file *f, uint32_t shndx)
{
    return rp_record_use_of(f, shndx) != NULL;
}

/* Both halves can be cut, or neither. */
static bool both_layouts(const struct rp_file *f, uint32_t shndx, uint32_t rel, struct layout *ret,
                         const char **ret_why)
{
    const struct rp_record_use *use = rp_record_use_of(f, shndx);
    const struct rp_record_use *other = use->partner ? rp_record_use_of(f, use->partner) : NULL;
    if (use->spoiled || (other && other->spoiled)) {
        *ret_why = use->spoiled ? use->spoiled : other->spoiled;
        return false;
    }
    if (!use->is_second)
        return layout_of(f, shndx, rel, ret, ret_why);
    struct layout first;
    if (!layout_of(f, use->partner, find_rel(&f->elf, use->partner), &first, ret_why))
        return false;
    *ret = (struct layout){use->rule->table->parallel_size, first.n};
    return true;
}

static bool split(const struct rp_arch *arch, const struct rp_file *f, uint32_t shndx, uint32_t rel,
                  struct rp_records *ret, const char **ret_why)
{
    (void)arch;
    const struct rp_record_use *use = rp_record_use_of(f, shndx);
    struct layout l;
    uint32_t n = 0, k = 0;
    if (!both_layouts(f, shndx, rel, &l, ret_why))
        return false;
    const struct rp_rela *r = rel ? rp_elf_relocs(&f->elf, rel, &n) : NULL;
    if (!rp_vec_reserve(&ret->v, l.n)) {
        *ret_why = NULL;
        return false;
    }
    for (uint64_t i = 0; i < l.n; i++) {
        struct rp_record rec = {.offset = i * l.record,
                                .size = l.record,
                                .node_kind = RP_NODE_RECORD,
                                .first_reloc = k,
                                .subject_reloc = UINT32_MAX,
                                .parent = UINT32_MAX,
                                .has_subject = !use->is_second};
        for (; k < n && r[k].offset < rec.offset + rec.size; k++)
            if (r[k].offset == rec.offset + use->rule->table->subject.offset && !use->is_second)
                rec.subject_reloc = k;
        rec.n_relocs = k - rec.first_reloc;
        ret->v.v[ret->v.n++] = rec;
    }
    ret->partner = use->is_second ? 0 : use->partner;
    return true;
}

static uint64_t rewrite(const struct rp_file *f, uint32_t shndx, const struct rp_records *records,
                        const bool *live, uint8_t *out, uint64_t *new_offset)
{
    const uint8_t *bytes = rp_elf_bytes(&f->elf, shndx);
    uint64_t size = 0;
    for (size_t i = 0; i < records->v.n; i++) {
        const struct rp_record *r = &records->v.v[i];
        new_offset[i] = live[i] ? size : UINT64_MAX;
        if (!live[i])
            continue;
        memcpy(out + size, bytes + r->offset, r->size);
        size += r->size;
    }
    return size;
}

const struct rp_table rp_record_table = {
    .name = "record",
    .match = match,
    .split = split,
    .rewrite = rewrite,
};
