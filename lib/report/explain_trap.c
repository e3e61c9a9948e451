/* explain_trap.c: a trap that was run into: --reap-tripwire's, or one in a filled image.
 *
 * The trap holds the number of the node that it stands for (pass/tripwire.h). Its bytes come from
 * the program's file at the program counter, from the core, or from the text, where Linux and QEMU
 * print them: that needs no symbols and no load address. Functions of an image that were too small
 * for a number are told by their place: nothing moves in an image, so that section and offset in
 * the database are those of the file.
 *
 * Entry: rp_explain_trap.
 */
#include "report/explain.h"

#include "pass/tripwire.h"

#include <signal.h>
#include <string.h>

bool rp_explain_is_image(const struct rp_explain *x)
{
    return strcmp(rp_fact_str(x->f, x->f->product), "reap image") == 0;
}

static rp_id node_of(const struct rp_explain *x, const uint8_t *code, size_t n)
{
    uint32_t id = 0;
    return n >= RP_TRAP_BYTES && rp_trap_id(x->in->program->machine, code, &id) &&
                   id < x->f->nodes.n
               ? id
               : 0;
}

/* The code at an address of an image's file, by its place: sections keep their names. 0 = none. */
static rp_id node_at(const struct rp_explain *x, uint64_t addr)
{
    const struct rp_program *p = x->in->program;
    for (size_t i = 0; i < p->sections.n; i++) {
        const struct rp_program_section *s = &p->sections.v[i];
        if (addr < s->addr || addr - s->addr >= s->size)
            continue;
        for (rp_id id = 1; id < x->f->nodes.n; id++) {
            const struct rp_fact_node *n = &x->f->nodes.v[id];
            if (n->cls == RP_CLASS_TEXT && addr - s->addr >= n->offset &&
                addr - s->addr - n->offset < n->size &&
                strcmp(rp_fact_str(x->f, n->section), s->name) == 0)
                return id;
        }
    }
    return 0;
}

/* The code whose place holds a plain trap at this address; 0 = none. */
static rp_id plain_trap(const struct rp_explain *x, uint64_t addr)
{
    uint8_t plain[RP_TRAP_BYTES], code[RP_TRAP_BYTES];
    const struct rp_program *p = x->in->program;
    size_t unit = p->machine == EM_AARCH64 ? 4 : 1;
    if (!rp_explain_is_image(x) || !rp_trap_has_machine(p->machine) ||
        rp_program_read(p, addr, code, unit) != unit)
        return 0;
    rp_trap_fill(p->machine, 0, plain, unit);
    return memcmp(code, plain, unit) == 0 ? node_at(x, addr) : 0;
}

static bool is_dead_code(const struct rp_explain *x, rp_id id)
{
    return id && !x->f->nodes.v[id].live && x->f->nodes.v[id].cls == RP_CLASS_TEXT;
}

/* In an image the place must agree: else the database is of another run, which numbered otherwise,
 * and the place tells what is there. */
static rp_id numbered_trap(const struct rp_explain *x, uint64_t addr)
{
    uint8_t code[RP_TRAP_BYTES];
    rp_id id = node_of(x, code, rp_program_read(x->in->program, addr, code, sizeof code));
    rp_id place = id && rp_explain_is_image(x) ? node_at(x, addr) : 0;
    return place ? place : id;
}

rp_id rp_explain_trap_at(const struct rp_explain *x, uint64_t addr)
{
    rp_id id = numbered_trap(x, addr);
    if (!is_dead_code(x, id))
        id = plain_trap(x, addr);
    if (!is_dead_code(x, id) && x->signal == SIGTRAP) /* INT3 stops behind itself */
        id = plain_trap(x, addr - 1);
    return is_dead_code(x, id) ? id : 0;
}

/* The node that a trap at the program counter stands for, 0 = none. */
static rp_id trapped_node(const struct rp_explain *x)
{
    enum { BACK = 4 }; /* int3-like traps stop behind themselves */
    const struct rp_core *c = x->in->core;
    const struct rp_trace *t = x->in->trace;
    const struct rp_explain_frame *f = x->frames.n ? x->frames.v : NULL;
    rp_id id = t ? node_of(x, t->code, t->n_code) : 0;
    if (id || !f || f->is_return)
        return id;
    if (!f->has_pc) /* gdb leaves out the address where a line starts */
        return f->node;
    for (uint64_t back = 0; back <= BACK && !id; back++)
        id = numbered_trap(x, f->pc - back);
    if (!id && c)
        id = node_of(x, c->code, c->n_code);
    for (uint64_t back = 0; back <= 1 && !id; back++)
        id = plain_trap(x, f->pc - back);
    /* A function of the program that the report says was removed can only be a trap. */
    return id ? id : f->node;
}

/* Who refers to it: everybody is dead, else it were not. */
static void put_referrers(const struct rp_explain *x, rp_id node, struct rp_strbuf *b)
{
    enum { SHOWN = 3 };
    uint32_t n = 0;
    for (uint32_t k = x->view.in_start[node]; k < x->view.in_start[node + 1]; k++) {
        const struct rp_fact_edge *e = &x->f->edges.v[x->view.in_edges[k]];
        const struct rp_fact_node *from = &x->f->nodes.v[e->from];
        if (e->from == node || n++ >= SHOWN)
            continue;
        rp_strbuf_puts(b, "'");
        if (from->name)
            rp_word_symbol(rp_fact_str(x->f, from->name), b);
        else
            rp_word_node(x->f, e->from, b);
        rp_strbuf_puts(b,
                       from->live ? "' refers to it\n" : "' refers to it, and is dead as well\n");
    }
    if (n > SHOWN)
        rp_strbuf_printf(b, "%u more refer to it\n", n - SHOWN);
    if (!n)
        rp_strbuf_puts(b, "nothing in the image refers to it\n");
}

static void put_caller(const struct rp_explain *x, bool is_image, struct rp_strbuf *b)
{
    const struct rp_explain_frame *caller = x->frames.n > 1 ? &x->frames.v[1] : NULL;
    if (!caller || !caller->symbol || caller->is_guess || caller->is_loose)
        return;
    rp_strbuf_puts(b, "it was reached from '");
    rp_word_symbol(caller->symbol, b);
    rp_strbuf_puts(b, is_image ? "' by a way that the analysis of the image did not see\n"
                               : "' by a way that no relocation of the link shows\n");
}

bool rp_explain_trap(struct rp_explain *x)
{
    rp_id node = trapped_node(x);
    if (!is_dead_code(x, node))
        return true;
    bool is_image = rp_explain_is_image(x);
    const struct rp_fact_node *n = &x->f->nodes.v[node];
    struct rp_own_finding o = {
        RP_FIND_TRIPWIRE, RP_FINDING_ERROR, n->file, node, n->name, {0}, {0}};
    const char *name = n->name ? rp_fact_str(x->f, n->name) : rp_fact_str(x->f, n->section);
    rp_strbuf_printf(&o.evidence, "execution ran into the trap that stands for '");
    rp_word_symbol(name, &o.evidence);
    rp_strbuf_printf(&o.evidence, "', which was removed (%s)\n", rp_reason_name(n->reason));
    if (is_image)
        put_referrers(x, node, &o.evidence);
    put_caller(x, is_image, &o.evidence);
    rp_strbuf_printf(&o.remedy, "--%skeep-%s=%s", is_image ? "" : "reap-",
                     n->name ? "symbol" : "section", name);
    return rp_explain_add(x, &o, true);
}
