/* explain_slot.c: the RTTI slot that a program read though it was cut.
 *
 * A slot that was cut holds a word that is no address, with the number of the class in its lower
 * half (pass/rtti.h). Whoever looks at the typeinfo stops there with that word in a register: it is
 * in the core, or in what a debugger or a kernel printed of the registers.
 *
 * Entry: rp_explain_slot.
 */
#include "report/explain.h"

#include "pass/rtti.h"

/* The class whose slot a word is; 0 = it is none. */
static rp_id type_of(const struct rp_explain *x, uint64_t word)
{
    uint64_t type = word & UINT32_MAX;
    return word >> 48 == RP_SLOT_MARK && type && type < x->f->types.n ? (rp_id)type : 0;
}

static rp_id find_type(const struct rp_explain *x)
{
    const struct rp_core *c = x->in->core;
    const struct rp_trace *t = x->in->trace;
    rp_id type = 0;
    for (size_t i = 0; c && i < c->n_regs && !type; i++)
        type = type_of(x, c->regs[i]);
    for (size_t i = 0; t && i < t->items.n && !type; i++)
        type = t->items.v[i].has_addr ? type_of(x, t->items.v[i].addr) : 0;
    return type;
}

bool rp_explain_slot(struct rp_explain *x)
{
    rp_id type = find_type(x);
    const struct rp_fact_type *t = type ? &x->f->types.v[type] : NULL;
    if (!t || x->f->nodes.v[t->typeinfo].live)
        return true;
    const struct rp_fact_node *n = &x->f->nodes.v[t->typeinfo];
    const struct rp_explain_frame *f = rp_explain_culprit_frame(x);
    struct rp_own_finding o = {RP_FIND_RTTI, RP_FINDING_ERROR, n->file, t->typeinfo, t->symbol, {0},
                               {0}};
    const char *symbol = rp_fact_str(x->f, t->symbol);
    if (f && f->symbol) {
        rp_strbuf_puts(&o.evidence, "'");
        rp_word_symbol(f->symbol, &o.evidence);
        rp_strbuf_puts(&o.evidence, "'");
    } else {
        rp_strbuf_puts(&o.evidence, "the program");
    }
    rp_strbuf_puts(&o.evidence, " read the type of an object whose vtable holds none any more: '");
    rp_word_symbol(symbol, &o.evidence);
    rp_strbuf_puts(&o.evidence, "' was removed\n");
    rp_strbuf_puts(&o.evidence, "a register holds what stands in the RTTI slot in its place\n");
    rp_strbuf_printf(&o.remedy,
                     "--reap-keep-symbol=%s, which keeps all classes derived from it as "
                     "well\nor leave out assume=no-typeid-deref, or say typeinfo=keep\n",
                     symbol);
    return rp_explain_add(x, &o, true);
}
