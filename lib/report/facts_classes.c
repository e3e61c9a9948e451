/* facts_classes.c: what the pass about typeinfo found, as facts.
 *
 * Types are the classes of pass/rtti.h under the same ids. Their symbols come from the facts, so
 * this runs after rp_facts_build: a global's own name, else the _ZTI symbol that stands in the
 * typeinfo's node.
 *
 * Entry: rp_facts_add_classes.
 */
#include "report/facts.h"

#include <string.h>

/* By node: the name of the typeinfo in it, 0 = none. */
static rp_str *typeinfo_names(const struct rp_facts *f)
{
    rp_str *names = calloc(f->nodes.n + 1, sizeof *names);
    for (size_t i = 1; names && i < f->symbols.n; i++) {
        const struct rp_fact_symbol *y = &f->symbols.v[i];
        if (y->node && !names[y->node] && !strncmp(rp_fact_str(f, y->name), "_ZTI", 4))
            names[y->node] = y->name;
    }
    return names;
}

static rp_id node_or_none(const struct rp_facts *f, rp_id node)
{
    return node < f->nodes.n ? node : 0;
}

static bool add_types(const struct rp_model *m, const struct rp_rtti *rtti, struct rp_facts *f)
{
    rp_str *names = typeinfo_names(f);
    bool ok = names != NULL;
    for (size_t i = 0; ok && i < rtti->classes.n; i++) {
        const struct rp_class *c = &rtti->classes.v[i];
        struct rp_fact_type out = {
            .typeinfo = node_or_none(f, c->typeinfo),
            .type_name = node_or_none(f, c->name),
            .why = c->why < RP_N_CLASS_WHYS ? c->why : RP_CLASS_ODD,
            .ancestor = c->ancestor <= rtti->classes.n ? c->ancestor : 0,
            .by = node_or_none(f, c->by),
        };
        out.symbol = names[out.typeinfo];
        if (c->global) {
            const struct rp_global *g = rp_global_of(m, c->global);
            ok = rp_facts_intern(f, g->name, g->name_len, &out.symbol);
        }
        ok = ok && rp_vec_push(&f->types, out);
    }
    free(names);
    return ok;
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

static bool add_slots(const struct rp_model *m, const struct rp_rtti *rtti, struct rp_facts *f)
{
    for (size_t i = 0; i < rtti->slots.n; i++) {
        const struct rp_rtti_slot *s = &rtti->slots.v[i];
        struct rp_fact_slot out = {.vtable = s->vtable, .type = s->cls, .kept = s->live};
        rp_id section = m->nodes.v[s->vtable].section;
        uint32_t n = 0;
        const struct rp_rela *r =
            section && m->sections[section].rel
                ? rp_elf_relocs(&rp_section_file(m, section)->elf, m->sections[section].rel, &n)
                : NULL;
        if (r && s->reloc < n)
            out.offset = r[s->reloc].offset;
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
        if (!rp_vec_push(&f->typeids, out))
            return false;
    }
    return true;
}

enum reap_status rp_facts_add_classes(const struct rp_model *m, const struct rp_rtti *rtti,
                                      struct rp_facts *f)
{
    const char *what = rtti->collected ? "collected" : rtti->why_not ? rtti->why_not : "";
    bool ok = rp_facts_intern(f, what, strlen(what), &f->typeinfo) && add_types(m, rtti, f) &&
              add_bases(rtti, f) && add_slots(m, rtti, f) && add_typeids(rtti, f);
    return ok ? REAP_OK : rp_nomem(m->ctx);
}
