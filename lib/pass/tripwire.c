/* tripwire.c: --reap-tripwire: removed functions become traps instead of going away.
 *
 * Why: a removal hurts where something is executed that no relocation of the link leads to: a name
 * looked up at run time, an address computed or written by hand, code that runs on into the next
 * section. With the code gone such a program fails somewhere later; with a trap in its place it
 * stops at once, at an address that says what was removed. How: a dead section of code keeps its
 * size, alignment, symbols and group, loses its relocations, and is filled with copies of one trap
 * that holds the node's number (x86: UD2 and the number, Intel SDM 2B; AArch64: UDF, Arm ARM C6.2,
 * and the number). The whole section is filled, since it may hold several functions and may be
 * entered anywhere. Dead data stays out; unwind records of dead code do, too.
 *
 * Entries: rp_tripwire_plan, rp_trap_fill, rp_trap_id.
 */
#include "pass/tripwire.h"

#include "util/checked.h"

#include <string.h>

/* The first bytes of a trap, the number's place, and what marks it as ours. */
struct trap {
    uint16_t machine;
    uint8_t stop[4];
    uint8_t n_stop, id_at;
    uint8_t mark[2];
    uint8_t mark_at, n_mark;
    uint8_t unit; /* for what is left over */
};
static const struct trap traps[] = {
    {EM_X86_64, {0x0f, 0x0b}, 2, 2, {0x52, 0x50}, 6, 2, 1},
    {EM_386, {0x0f, 0x0b}, 2, 2, {0x52, 0x50}, 6, 2, 1},
    {EM_AARCH64, {0x50, 0x52, 0x00, 0x00}, 4, 4, {0}, 0, 0, 4},
};

static const struct trap *trap_of(uint16_t machine)
{
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
        if (traps[i].machine == machine)
            return &traps[i];
    return NULL;
}

bool rp_trap_has_machine(uint16_t machine)
{
    return trap_of(machine) != NULL;
}

void rp_trap_fill(uint16_t machine, uint32_t id, uint8_t *to, uint64_t n)
{
    const struct trap *t = trap_of(machine);
    uint8_t one[RP_TRAP_BYTES] = {0};
    uint64_t at = 0;
    if (!t)
        return;
    memcpy(one, t->stop, t->n_stop);
    rp_store32(one + t->id_at, id);
    memcpy(one + t->mark_at, t->n_mark ? t->mark : one, t->n_mark);
    for (; n - at >= RP_TRAP_BYTES; at += RP_TRAP_BYTES)
        memcpy(to + at, one, RP_TRAP_BYTES);
    for (; at < n; at++) /* x86: INT3; AArch64: UDF */
        to[at] = t->unit == 1 ? 0xcc : (at & 3) == 0 ? 0x50 : (at & 3) == 1 ? 0x52 : 0;
}

bool rp_trap_id(uint16_t machine, const uint8_t bytes[RP_TRAP_BYTES], uint32_t *ret_id)
{
    const struct trap *t = trap_of(machine);
    if (!t || memcmp(bytes, t->stop, t->n_stop) != 0 ||
        memcmp(bytes + t->mark_at, t->mark, t->n_mark) != 0)
        return false;
    *ret_id = rp_load32(bytes + t->id_at);
    return *ret_id != 0;
}

bool rp_trap_is_wanted(const struct rp_model *m, const struct rp_marks *marks, rp_id section)
{
    const struct rp_section *s = &m->sections[section];
    const struct rp_shdr *sh = rp_shdr_of(m, section);
    if (!(s->flags & RP_SEC_ALLOC) || (s->flags & RP_SEC_DUPLICATE) || !s->node ||
        sh->type != SHT_PROGBITS || !(sh->flags & SHF_EXECINSTR) || !sh->size)
        return false;
    for (uint32_t k = 0; k < s->n_nodes; k++)
        if (marks->live[s->node + k])
            return false;
    return true;
}

enum reap_status rp_tripwire_plan(const struct rp_model *m, const struct rp_marks *marks,
                                  struct rp_plan *plan)
{
    for (rp_id file = 1; file <= m->files.n; file++) {
        const struct rp_file *f = rp_file_of(m, file);
        if (f->kind == RP_FILE_SHARED || !f->sec_base || plan->fate[file - 1] == RP_FATE_UNCHANGED)
            continue;
        if (!rp_trap_has_machine(f->elf.machine))
            return rp_fail(m->ctx, REAP_ERR_UNSUPPORTED, "tripwire-machine", rp_at(f->display),
                           "there are no tripwires for this machine");
        for (uint32_t no = 1; no < f->elf.n_sections; no++) {
            if (!rp_trap_is_wanted(m, marks, f->sec_base + no))
                continue;
            rp_bitset_set(&plan->live_sections, f->sec_base + no);
            plan->fate[file - 1] = RP_FATE_REWRITE;
        }
    }
    plan->tripwire = true;
    return REAP_OK;
}
