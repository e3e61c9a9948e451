/* facts_classes.c: what the passes about typeinfo and the unwinder found, as facts.
 *
 * Types are the classes of pass/rtti.h under the same ids. This runs after rp_facts_build, whose
 * nodes they name.
 *
 * Entries: rp_facts_add_classes, rp_facts_add_unwinder.
 */
#include "report/facts.h"

#include <string.h>

static rp_id node_or_none(const struct rp_facts *f, rp_id node)
{
    return node < f->nodes.n ? node : 0;
}

static bool add_types(const struct rp_model *m, const struct rp_rtti *rtti, struct rp_facts *f)
{
    for (size_t i = 0; i < rtti->classes.n; i++) {
        const struct rp_class *c = &rtti->classes.v[i];
        struct rp_fact_type out = {
            .typeinfo = node_or_none(f, c->typeinfo),
            .type_name = node_or_none(f, c->name),
            .why = c->why < RP_N_CLASS_WHYS ? c->why : RP_CLASS_ODD,
            .ancestor = c->ancestor <= rtti->classes.n ? c->ancestor : 0,
            .by = node_or_none(f, c->by),
        };
        const struct rp_file *file = c->file ? rp_file_of(m, c->file) : NULL;
        if (file && c->sym < file->elf.n_symbols) {
            const char *name = rp_elf_symname(&file->elf, c->sym);
            if (!rp_facts_intern(f, name, strlen(name), &out.symbol))
                return false;
        }
        if (!rp_vec_push(&f->types, out))
            return false;
    }
    return true;
}

static bool add_bases(const struct rp_rtti *rtti, struct rp_facts *f)
{
    for (size_t i = 0; i < rtti->classes.n; i++) {
        const struct rp_class *c = &rtti->classes.v[i];
        for (uint32_t k = 0; k < c->n_bases; k++) {
            struct rp_fact_base out = {(rp_id)i + 1, rtti->bases.v[c->first_base + k]};
            if (!rp_vec_push(&f->bases, out))
                return false;
        }
    }
    return true;
}

static bool add_slots(const struct rp_rtti *rtti, struct rp_facts *f)
{
    for (size_t i = 0; i < rtti->slots.n; i++) {
        const struct rp_rtti_slot *s = &rtti->slots.v[i];
        struct rp_fact_slot out = {
            .vtable = s->vtable, .type = s->cls, .offset = s->offset, .kept = s->live};
        if (!rp_vec_push(&f->rtti_slots, out))
            return false;
    }
    return true;
}

static bool add_typeids(const struct rp_rtti *rtti, struct rp_facts *f)
{
    for (size_t i = 0; i < rtti->uses.n; i++) {
        const struct rp_typeid_use *u = &rtti->uses.v[i];
        struct rp_fact_typeid out = {.node = u->node, .offset = u->offset, .strong = u->strong};
        if (!u->live)
            continue;
        if (u->allowed && !rp_facts_intern(f, u->allowed, strlen(u->allowed), &out.allowed))
            return false;
        if (u->of && !rp_facts_intern(f, u->of, strlen(u->of), &out.of))
            return false;
        if (!rp_vec_push(&f->typeids, out))
            return false;
    }
    return true;
}

enum reap_status rp_facts_add_classes(const struct rp_model *m, const struct rp_rtti *rtti,
                                      struct rp_facts *f)
{
    const char *what = rtti->why_not     ? rtti->why_not
                       : rtti->assumed   ? "assumed"
                       : rtti->collected ? "collected"
                                         : "";
    bool ok = rp_facts_intern(f, what, strlen(what), &f->typeinfo) && add_types(m, rtti, f) &&
              add_bases(rtti, f) && add_slots(rtti, f) && add_typeids(rtti, f);
    return ok ? REAP_OK : rp_nomem(m->ctx);
}

enum reap_status rp_facts_add_unwinder(struct rp_ctx *ctx, const struct rp_unwinder *unwinder,
                                       struct rp_facts *f)
{
    const char *what = unwinder->collected ? "collected" : unwinder->why_not;
    if (what && !rp_facts_intern(f, what, strlen(what), &f->unwinder))
        return rp_nomem(ctx);
    return REAP_OK;
}
