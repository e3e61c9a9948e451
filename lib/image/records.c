/* records.c: tables of an image that rule files describe, decoded by value.
 *
 * Why by value: what a later tool has sorted or changed (sorttable of Linux) no longer fits the
 * relocations that the linker kept, and an address in an image says all that a relocation would.
 *
 * How: a `table` line of a rule file names the marks that bracket the table, the sizes that a
 * record may have, and its fields with their encodings (link/rules.h). The size is the one with
 * which the subjects of nearly all records lie in the image. A record lives when what its subject
 * names does, and only then are its other fields followed. A table whose records name nothing but
 * their subjects stays as it is, and keeps nothing.
 *
 * The program checks the code at the subjects of some tables before it patches it (`verified`):
 * those bytes must stay as they are in dead code, too.
 *
 * Entries: rp_image_find_tables, rp_image_record_edges.
 */
#include "image/parts.h"

#include "arch/arch.h"
#include "arch/decode.h"
#include "util/checked.h"

#include <string.h>

/* Bytes at a place that may be patched: one instruction of x86; on AArch64 the two no-operations of
 * a function's entry (arch/arm64/kernel/ftrace.c), of which other places have one. */
static uint64_t verified_bytes(const struct rp_image *im, uint64_t addr)
{
    enum { LONGEST = 8, X86_LONGEST = 15 };
    const struct rp_shdr *sh = rp_shdr_of(im->m, rp_image_section_at(im, addr));
    uint64_t room = sh->size - (addr - sh->addr);
    if (im->e->machine != EM_X86_64 || sh->type == SHT_NOBITS)
        return LONGEST;
    struct rp_insn insn;
    rp_decode(im->e->machine, im->e->data + sh->offset + (addr - sh->addr),
              room < X86_LONGEST ? room : X86_LONGEST, addr, &insn);
    return insn.kind == RP_INSN_BAD ? LONGEST : insn.length;
}

static unsigned width_of(enum rp_field_encoding e)
{
    return e == RP_FIELD_PCREL64 || e == RP_FIELD_ABS64 ? 8 : 4;
}

static bool field_fits(const struct rp_field *f, uint32_t record)
{
    return f->offset <= record && width_of(f->encoding) <= record - f->offset;
}

/* The address that a field of the record at `at` means; false for a field that is all zero. */
static bool field_value(const struct rp_field *f, const uint8_t *record, uint64_t at, uint64_t *ret)
{
    const uint8_t *p = record + f->offset;
    uint64_t place = at + f->offset;
    bool wide = width_of(f->encoding) == 8;
    uint64_t raw = wide ? rp_load64(p) : rp_load32(p);
    switch (f->encoding) {
    case RP_FIELD_PCREL32: *ret = place + (uint64_t)(int64_t)(int32_t)(uint32_t)raw; break;
    case RP_FIELD_PCREL64: *ret = place + raw; break;
    default: *ret = raw;
    }
    return raw != 0;
}

/* --- finding -----------------------------------------------------------------------------------
 */

static const uint8_t *table_bytes(const struct rp_image *im, const struct rp_image_table *t)
{
    return rp_image_data(im, t->start, t->end - t->start);
}

/* Padding aside (.smp_locks is padded to a page), nearly every record is about something. */
static bool size_fits(const struct rp_image *im, const struct rp_image_table *t, uint32_t size)
{
    const struct rp_field *subject = &t->rule->table->subject;
    const uint8_t *bytes = table_bytes(im, t);
    uint64_t n = (t->end - t->start) / size, good = 0, empty = 0, value;
    if (!bytes || (t->end - t->start) % size || !field_fits(subject, size))
        return false;
    for (uint64_t i = 0; i < n; i++) {
        if (!field_value(subject, bytes + i * size, t->start + i * size, &value))
            empty++;
        else
            good += rp_image_section_at(im, value) != 0;
    }
    return good && good >= (n - empty) - (n - empty) / 8;
}

static uint32_t choose_size(const struct rp_image *im, const struct rp_image_table *t)
{
    const struct rp_rule_table *r = t->rule->table;
    for (uint32_t i = 0; i < r->n_sizes; i++)
        if (r->sizes[i] && size_fits(im, t, r->sizes[i]))
            return r->sizes[i];
    return 0;
}

/* Whether a table that is known already has some of these bytes. */
static bool overlaps(const struct rp_image_build *b, uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < b->tables.n; i++)
        if (start < b->tables.v[i].end && b->tables.v[i].start < end)
            return true;
    return false;
}

static enum reap_status add_table(struct rp_image_build *b, const struct rp_rule *rule)
{
    const struct rp_rule_table *r = rule->table;
    const struct rp_image *im = b->im;
    struct rp_image_table t = {.rule = rule, .follow = r->any_targets || r->n_targets};
    if (!rp_image_global_addr(b, r->start, &t.start) || !rp_image_global_addr(b, r->end, &t.end) ||
        t.end <= t.start || overlaps(b, t.start, t.end))
        return REAP_OK;
    t.record = choose_size(im, &t);
    if (!t.record) {
        rp_note(im->m->ctx, "odd-table", rp_at(im->e->name),
                "the table %s is not of the shape that the rule says (%s); what it refers to stays",
                rule->glob, rule->origin);
        return REAP_OK;
    }
    return rp_vec_push(&b->tables, t) ? REAP_OK : rp_nomem(im->m->ctx);
}

static bool machine_fits(const struct rp_image *im, const struct rp_rule_table *t)
{
    return !t->machine || (im->m->arch && strcmp(t->machine, im->m->arch->name) == 0);
}

/* --- cutting -----------------------------------------------------------------------------------
 */

static bool is_code(const struct rp_image *im, uint64_t addr)
{
    rp_id s = rp_image_section_at(im, addr);
    return s && (rp_shdr_of(im->m, s)->flags & SHF_EXECINSTR);
}

/* What a record says of places in code: where gaps begin that are reached through it alone, and
 * which bytes are verified. */
static bool note_places(struct rp_image_build *b, const struct rp_image_table *t,
                        const uint8_t *record, uint64_t at)
{
    const struct rp_rule_table *r = t->rule->table;
    uint64_t value;
    for (uint32_t k = 0; k < r->n_targets; k++)
        if (field_fits(&r->targets[k], t->record) &&
            field_value(&r->targets[k], record, at, &value) && is_code(b->im, value) &&
            !rp_vec_push(&b->splits, value))
            return false;
    if (!r->verified || !field_value(&r->subject, record, at, &value) || !is_code(b->im, value))
        return true;
    return rp_vec_push(&b->im->verified,
                       (struct rp_image_range){value, verified_bytes(b->im, value)});
}

static enum reap_status cut_table(struct rp_image_build *b, uint32_t index)
{
    const struct rp_image_table *t = &b->tables.v[index];
    const uint8_t *bytes = table_bytes(b->im, t);
    bool ok = true;
    if (!t->follow)
        ok = rp_vec_push(&b->cuts, (struct rp_image_cut){t->start, t->end - t->start,
                                                         RP_NODE_RECORD, index + 1});
    for (uint64_t at = t->start; at < t->end && ok; at += t->record) {
        if (t->follow)
            ok = rp_vec_push(&b->cuts,
                             (struct rp_image_cut){at, t->record, RP_NODE_RECORD, index + 1});
        ok = ok && note_places(b, t, bytes + (at - t->start), at);
    }
    return ok ? REAP_OK : rp_nomem(b->im->m->ctx);
}

static int by_range(const void *a, const void *b)
{
    const struct rp_image_range *x = a, *y = b;
    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Disjoint and sorted, cut off at the end of their section. */
static void tidy_verified(struct rp_image *im)
{
    size_t n = 0;
    if (im->verified.n)
        qsort(im->verified.v, im->verified.n, sizeof *im->verified.v, by_range);
    for (size_t i = 0; i < im->verified.n; i++) {
        struct rp_image_range r = im->verified.v[i];
        const struct rp_shdr *sh = rp_shdr_of(im->m, rp_image_section_at(im, r.addr));
        uint64_t room = sh->size - (r.addr - sh->addr);
        r.size = r.size < room ? r.size : room;
        struct rp_image_range *last = n ? &im->verified.v[n - 1] : NULL;
        if (last && r.addr <= last->addr + last->size) {
            uint64_t end = r.addr + r.size;
            if (end > last->addr + last->size)
                last->size = end - last->addr;
        } else {
            im->verified.v[n++] = r;
        }
    }
    im->verified.n = n;
}

enum reap_status rp_image_find_tables(struct rp_image_build *b)
{
    enum reap_status st = REAP_OK;
    for (size_t i = 0; b->o->rules && i < b->o->rules->rules.n && st == REAP_OK; i++) {
        const struct rp_rule *r = &b->o->rules->rules.v[i];
        if (r->kind == RP_RULE_TABLE && r->table->start && !r->table->whole &&
            machine_fits(b->im, r->table))
            st = add_table(b, r);
    }
    for (uint32_t i = 0; i < b->tables.n && st == REAP_OK; i++)
        st = cut_table(b, i);
    tidy_verified(b->im);
    return st;
}

/* --- edges -------------------------------------------------------------------------------------
 */

static enum reap_status root_record(struct rp_image_build *b, rp_id node,
                                    const struct rp_image_table *t)
{
    struct rp_model *m = b->im->m;
    const char *detail = rp_arena_printf(&m->arena, "record of %s about nothing in the image (%s)",
                                         t->rule->glob, t->rule->origin);
    struct rp_root r = {
        .node = node, .reason = RP_ROOT_ODD_SHAPE, .detail = detail, .follow = true};
    return detail && rp_vec_push(&m->roots, r) ? REAP_OK : rp_nomem(m->ctx);
}

static enum reap_status record_edges(struct rp_image_build *b, rp_id node,
                                     const struct rp_image_table *t)
{
    const struct rp_image *im = b->im;
    const struct rp_rule_table *r = t->rule->table;
    uint64_t at = rp_image_node_addr(im, node), value;
    const uint8_t *record = rp_image_data(im, at, t->record);
    if (!record || !field_value(&r->subject, record, at, &value))
        return REAP_OK; /* padding */
    rp_id subject = rp_image_node_at(im, value);
    if (!subject) {
        enum reap_status st = root_record(b, node, t);
        if (st != REAP_OK)
            return st;
    } else if (!rp_image_add_edge(&b->edges, subject, node, RP_EDGE_SUBJECT, RP_IMAGE_RECORD, 0,
                                  value)) {
        return rp_nomem(im->m->ctx);
    }
    for (uint32_t k = 0; k < r->n_targets; k++) {
        if (!field_fits(&r->targets[k], t->record) ||
            !field_value(&r->targets[k], record, at, &value))
            continue;
        rp_id to = rp_image_node_at(im, value);
        if (to && to != node &&
            !rp_image_add_edge(&b->edges, node, to, RP_EDGE_ASSOC, RP_IMAGE_RECORD, 0,
                               at + r->targets[k].offset))
            return rp_nomem(im->m->ctx);
    }
    return REAP_OK;
}

enum reap_status rp_image_record_edges(struct rp_image_build *b)
{
    const struct rp_image *im = b->im;
    for (rp_id i = 1; i < im->m->nodes.n; i++) {
        uint32_t table = im->atoms.v[i].table;
        if (!table || !b->tables.v[table - 1].follow)
            continue;
        enum reap_status st = record_edges(b, i, &b->tables.v[table - 1]);
        if (st != REAP_OK)
            return st;
    }
    return REAP_OK;
}
