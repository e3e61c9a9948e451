/* registration.c: unextracted-registration: an archive member that would register itself stayed in
 * its archive.
 *
 * A driver, codec or command that enters itself into a list from a constructor (or by an entry
 * between __start_X and __stop_X) is never referred to by name, so that nothing extracts it from an
 * archive; the program finds its list empty.
 *
 * Found when a member has a constructor or such an entry, refers to something live of the program
 * or what fills it (the registry), and serves nothing else: all that it defines for others is
 * reached from the constructor. A member that also has functions for others would be extracted by
 * whoever wants them: no finding, or every library with static objects would give alarm.
 */
#include "danger/danger.h"

#include "arch/access.h"
#include "pass/edges.h"

#include <string.h>

struct member {
    struct rp_danger *d;
    struct rp_elf elf;
    uint8_t *reached; /* by symbol */
    RP_VEC(uint32_t) work;
    const char *entry; /* name of the section that registers */
    rp_id registry;    /* global */
};

static uint32_t relocs_of(const struct rp_elf *e, uint32_t shndx)
{
    for (uint32_t i = 1; i < e->n_sections; i++)
        if ((e->shdrs[i].type == SHT_RELA || e->shdrs[i].type == SHT_REL) &&
            e->shdrs[i].info == shndx)
            return i;
    return 0;
}

/* The symbol that covers a place, or 0. */
static uint32_t symbol_at(const struct rp_elf *e, uint32_t shndx, uint64_t offset)
{
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        const struct rp_sym *s = &e->syms[i];
        unsigned type = rp_sym_type(s);
        if (rp_sym_shndx(e, i) == shndx && type != STT_SECTION && type != STT_FILE && s->size &&
            offset >= s->value && offset - s->value < s->size)
            return i;
    }
    return 0;
}

static void reach(struct member *m, uint32_t sym)
{
    if (m->reached[sym])
        return;
    m->reached[sym] = 1;
    if (!rp_vec_push(&m->work, sym))
        m->d->oom = true;
}

/* Follow the relocations of a range. */
static void follow(struct member *m, uint32_t shndx, uint64_t start, uint64_t end)
{
    const struct rp_elf *e = &m->elf;
    uint32_t rel = relocs_of(e, shndx), n = 0;
    const struct rp_rela *r = rel ? rp_elf_relocs(e, rel, &n) : NULL;
    for (uint32_t i = 0; r && i < n; i++) {
        if (r[i].offset < start || r[i].offset >= end || r[i].sym >= e->n_symbols)
            continue;
        uint32_t to = rp_sym_shndx(e, r[i].sym);
        if (to == RP_SHN_UNDEF || to >= e->n_sections ||
            rp_sym_type(&e->syms[r[i].sym]) != STT_SECTION) {
            reach(m, r[i].sym);
            continue;
        }
        int64_t addend = rp_reloc_addend(m->d->m->arch, e, shndx, e->shdrs[rel].type, &r[i]);
        if (rp_reloc_info(m->d->m->arch, r[i].type)->pcrel && e->shdrs[shndx].flags & SHF_EXECINSTR)
            addend +=
                m->d->m->arch->pc_bias + (int)rp_arch_pc_tail(m->d->m->arch, rp_elf_bytes(e, shndx),
                                                              e->shdrs[shndx].size, &r[i]);
        uint32_t sym = symbol_at(e, to, (uint64_t)addend);
        if (sym)
            reach(m, sym);
    }
}

/* Whether live code walks over sections of this name. */
static bool is_walked(struct rp_danger *d, const char *name)
{
    char start[300];
    snprintf(start, sizeof start, "__start_%s", name);
    return rp_is_c_identifier(name) && rp_danger_user(d, start);
}

/* Everything that the registering sections reach. */
static void walk(struct member *m)
{
    const struct rp_elf *e = &m->elf;
    for (uint32_t no = 1; no < e->n_sections; no++) {
        const char *name = rp_elf_shname(e, no);
        bool array = strncmp(name, ".fini", 5) != 0 && strncmp(name, ".dtors", 6) != 0 &&
                     strcmp(name, ".init") != 0 && rp_danger_is_initializer(name);
        if (!(e->shdrs[no].flags & SHF_ALLOC) || !relocs_of(e, no) ||
            (!array && !is_walked(m->d, name)))
            continue;
        m->entry = name;
        follow(m, no, 0, UINT64_MAX);
        for (uint32_t i = 1; i < e->n_symbols; i++) /* the entries' own names */
            if (rp_sym_shndx(e, i) == no)
                m->reached[i] = 1;
    }
    while (m->work.n) {
        uint32_t sym = m->work.v[--m->work.n], no = rp_sym_shndx(e, sym);
        if (no == RP_SHN_UNDEF || no >= e->n_sections)
            continue;
        const struct rp_sym *s = &e->syms[sym];
        follow(m, no, s->value, s->value + (s->size ? s->size : 1));
    }
}

/* All that the member offers is part of the registration, and it refers to a registry: a function
 * or variable of the program that fills what live code reads, or that is live itself. */
static bool serves_nothing_else(struct member *m)
{
    const struct rp_elf *e = &m->elf;
    for (uint32_t i = e->first_global; i < e->n_symbols; i++) {
        const char *name = rp_elf_symname(e, i);
        if (rp_sym_shndx(e, i) != RP_SHN_UNDEF) {
            if (!m->reached[i] && rp_sym_bind(&e->syms[i]) != STB_WEAK)
                return false;
            continue;
        }
        rp_id global = m->reached[i] ? rp_model_find_global(m->d->m, name) : 0;
        rp_id node = global ? rp_global_node(m->d->m, global) : 0;
        rp_id section = node ? m->d->m->nodes.v[node].section : 0;
        if (!section || rp_danger_is_runtime(rp_section_file(m->d->m, section)->path))
            continue;
        const struct rp_global *g = rp_global_of(m->d->m, global);
        bool fills = rp_danger_fills(m->d, NULL, section,
                                     rp_file_of(m->d->m, g->def_file)->elf.syms[g->def_sym].value);
        if (fills || (!m->registry && m->d->marks->live[node]))
            m->registry = global;
    }
    return m->registry || (m->entry && m->entry[0] != '.');
}

/* Of a library that is not in use at all, a member that needs other members is part of that library
 * and no addition to this program. */
static bool is_unused_library(const struct member *m, const struct rp_ar *a)
{
    for (uint32_t k = 0; k < a->archive.n_members; k++)
        if (a->loaded && a->loaded[k])
            return false;
    for (uint32_t i = m->elf.first_global; i < m->elf.n_symbols; i++) {
        const char *name = rp_elf_symname(&m->elf, i);
        rp_id global = rp_model_find_global(m->d->m, name);
        if (rp_sym_shndx(&m->elf, i) != RP_SHN_UNDEF || !*name ||
            (global && rp_global_of(m->d->m, global)->def_file))
            continue;
        for (uint32_t k = 0; k < a->archive.n_index; k++)
            if (strcmp(a->archive.index[k].name, name) == 0)
                return true;
    }
    return false;
}

static void report(struct member *m, rp_id ar, uint32_t no)
{
    struct rp_danger *d = m->d;
    struct rp_words w = {.next = 0};
    const struct rp_archive *a = &d->m->ars.v[ar - 1].archive;
    const char *slash = strrchr(a->path, '/'), *base = slash ? slash + 1 : a->path;
    struct rp_draft *x = rp_draft_new(d, RP_FIND_UNEXTRACTED_REGISTRATION, RP_FINDING_WARNING);
    if (!x)
        return;
    x->file_fact = rp_danger_member(d, ar, no);
    const char *registry = m->registry ? rp_global_of(d->m, m->registry)->name : NULL;
    for (uint32_t i = m->elf.first_global; i < m->elf.n_symbols; i++)
        if (rp_sym_shndx(&m->elf, i) != RP_SHN_UNDEF)
            rp_draft_part(d, x, rp_elf_symname(&m->elf, i), 0);
    rp_draft_part(d, x, registry, 0);
    rp_draft_say(x, "%s(%s) registers itself by its section %s, and nothing extracts it", base,
                 a->members[no].name, m->entry);
    if (registry) {
        const struct rp_global *g = rp_global_of(d->m, m->registry);
        rp_id node = rp_global_node(d->m, m->registry);
        rp_draft_say(x, "it would call or fill %s (%s)%s", rp_word_name(&w, registry),
                     rp_word_section(&w, d, d->m->nodes.v[node].section),
                     d->marks->live[node] ? ", which is live" : "");
        rp_danger_fills(d, x, d->m->nodes.v[node].section,
                        rp_file_of(d->m, g->def_file)->elf.syms[g->def_sym].value);
    }
    rp_draft_chain(x, "no undefined name is defined by %s(%s), so that it stays in its archive",
                   base, a->members[no].name);
    rp_draft_chain(x, "%s is never called for it",
                   registry ? rp_word_name(&w, registry) : m->entry);
    rp_draft_remedy(x, "--whole-archive %s --no-whole-archive", base);
    for (uint32_t i = m->elf.first_global; i < m->elf.n_symbols; i++)
        if (rp_sym_shndx(&m->elf, i) != RP_SHN_UNDEF) {
            rp_draft_remedy(x, "-u %s", rp_elf_symname(&m->elf, i));
            break;
        }
}

static void look_at(struct rp_danger *d, rp_id ar, uint32_t no)
{
    const struct rp_ar *a = &d->m->ars.v[ar - 1];
    const struct rp_member *member = &a->archive.members[no];
    struct rp_ctx quiet; /* a member that the linker never opens is nobody's error */
    struct rp_map map = {0};
    struct member m = {.d = d};
    const uint8_t *data = a->map.data;
    uint64_t size = member->size;
    rp_ctx_init(&quiet, NULL, NULL);
    if (member->path) {
        if (rp_map_open(&quiet, &map, member->path)) {
            rp_ctx_fini(&quiet);
            return;
        }
        data = map.data;
        size = map.size;
    } else {
        data = data ? data + member->offset : NULL;
    }
    if (data && rp_magic_of(data, size) == RP_MAGIC_ELF_REL &&
        !rp_elf_open(&quiet, &m.elf, member->name, data, size)) {
        m.reached = calloc((size_t)m.elf.n_symbols + 1, 1);
        if (!m.reached)
            d->oom = true;
        else if (m.elf.machine == d->m->arch->machine)
            walk(&m);
        if (m.reached && m.entry && serves_nothing_else(&m) && !is_unused_library(&m, a))
            report(&m, ar, no);
        free(m.reached);
        rp_vec_free(&m.work);
        rp_elf_close(&m.elf);
    }
    if (member->path)
        rp_map_close(&map);
    rp_ctx_fini(&quiet);
}

void rp_danger_registration(struct rp_danger *d)
{
    for (size_t i = 0; i < d->m->ars.n; i++) {
        const struct rp_ar *a = &d->m->ars.v[i];
        if (rp_danger_is_runtime(a->archive.path))
            continue;
        for (uint32_t k = 0; k < a->archive.n_members && !d->oom; k++)
            if (!(a->loaded && a->loaded[k]))
                look_at(d, (rp_id)i + 1, k);
    }
}
