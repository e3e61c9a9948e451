/* resolve.c: which files and members the linker loads, in its order, and what prevails.
 *
 * The steps: names of options; inputs and what archives define; everything that might be
 * extracted is opened, in waves (resolve_load.c); then one mode plays the linker over arrays of
 * ids and says which candidates become files; resolve_finish.c settles the definitions.
 *
 * Entry: rp_resolve.
 */
#include "link/resolve_internal.h"

#include "arch/arch.h"

/* LLVM's section of libraries to link (.deplibs); lld adds them to the inputs. */
#define SHT_LLVM_DEPENDENT_LIBRARIES_ 0x6fff4c04u

struct name_state *rp_res_name(struct resolver *r, rp_id global)
{
    if (global > r->names.n) {
        size_t n = r->model->globals.n;
        if (!rp_vec_reserve(&r->names, n))
            return NULL;
        memset(r->names.v + r->names.n, 0, (n - r->names.n) * sizeof *r->names.v);
        r->names.n = n;
    }
    return &r->names.v[global - 1];
}

/* The symbol of an open candidate with this name, NULL when there is none or it is not defined. */
static const struct rp_sym *definition(const struct cand *c, rp_id global)
{
    for (uint32_t i = c->elf.first_global; i < c->elf.n_symbols; i++) {
        if (c->globals[i - c->elf.first_global] != global)
            continue;
        uint32_t shndx = rp_sym_shndx(&c->elf, i);
        return shndx != RP_SHN_UNDEF && shndx != RP_SHN_COMMON ? &c->elf.syms[i] : NULL;
    }
    return NULL;
}

bool rp_res_is_strong_definition(const struct cand *c, rp_id global)
{
    const struct rp_sym *s = definition(c, global);
    return s && rp_sym_bind(s) == STB_GLOBAL;
}

bool rp_res_is_data_definition(const struct cand *c, rp_id global)
{
    const struct rp_sym *s = definition(c, global);
    return s && rp_sym_bind(s) != STB_WEAK && rp_sym_type(s) != STT_FUNC &&
           rp_sym_type(s) != STT_GNU_IFUNC;
}

/* --- loading --------------------------------------------------------------------------------- */

static enum reap_status push_file(struct resolver *r, struct rp_file f)
{
    if (r->model->files.n >= UINT32_MAX - 1 || !rp_vec_push(&r->model->files, f))
        return rp_nomem(r->ctx);
    return REAP_OK;
}

/* Files that a script names literally must keep their names, and what decides over their sections
 * is the script's statement; they are linked as they are. */
static bool is_named_by_script(const struct resolver *r, const struct rp_file *f)
{
    for (size_t i = 0; i < r->opts->n_scripts; i++) {
        const struct rp_script *s = r->opts->scripts[i];
        for (size_t k = 0; k < s->literal_files.n; k++) {
            const char *name = s->literal_files.v[k];
            size_t n = strlen(f->path);
            if (!f->member ? strcmp(name, f->path) == 0
                           : strncmp(name, f->path, n) == 0 && name[n] == ':' &&
                                 strcmp(name + n + 1, f->member) == 0)
                return true;
        }
    }
    return false;
}

static void refuse(struct resolver *r, const char **which, const char *display)
{
    if (!*which)
        *which = display;
    r->stop = true;
}

/* Whether an open object can take part; else the link is not collected. */
static bool is_usable(struct resolver *r, const struct cand *c)
{
    const struct rp_arch *arch = rp_arch_of(c->elf.machine, c->elf.elf_class);
    if (c->ir)
        refuse(r, &r->ret->ir_file, c->display);
    else if (!arch || (r->model->arch && arch != r->model->arch))
        refuse(r, &r->ret->unsupported_file, c->display);
    if (r->stop)
        return false;
    r->model->arch = arch;
    if (r->opts->mode == RP_RESOLVE_LLD && !r->link->relocatable)
        for (uint32_t i = 1; i < c->elf.n_sections; i++)
            if (c->elf.shdrs[i].type == SHT_LLVM_DEPENDENT_LIBRARIES_ &&
                !rp_res_deplibs_are_idle(r, &c->elf, i))
                refuse(r, &r->ret->unsupported_file, c->display);
    return !r->stop;
}

static enum reap_status file_of_cand(struct resolver *r, const struct cand *c, rp_id input,
                                     struct rp_file *f)
{
    f->path = r->link->inputs.v[input - 1].path;
    f->member = c->member;
    f->display = c->display;
    if (c->member && f->path != c->path && strcmp(f->path, c->path) != 0) {
        f->display = rp_arena_printf(&r->model->arena, "%s(%s)", f->path, c->member);
        if (!f->display)
            return rp_nomem(r->ctx);
    }
    f->kind = RP_FILE_OBJECT;
    f->ar = c->ar;
    f->member_no = c->member_no;
    f->input = input;
    if (is_named_by_script(r, f)) {
        f->untouched = true;
        f->untouched_why = "a linker script names it";
    }
    return REAP_OK;
}

enum reap_status rp_res_load(struct resolver *r, uint32_t cand, rp_id input, rp_id name, rp_id by)
{
    struct cand *c = &r->cands.v[cand];
    switch (c->state) {
    case CAND_OPEN: break;
    case CAND_BITCODE: refuse(r, &r->ret->ir_file, c->display); return REAP_OK;
    case CAND_FOREIGN: refuse(r, &r->ret->unsupported_file, c->display); return REAP_OK;
    case CAND_NO_ELF: return REAP_OK;
    default: return rp_res_open_loud(r, c);
    }
    if (!is_usable(r, c))
        return REAP_OK;
    struct rp_file f = {0};
    enum reap_status st = file_of_cand(r, c, input, &f);
    if (st)
        return st;
    f.elf = c->elf;
    f.map = c->map;
    f.globals = c->globals;
    f.extracted_for = name ? rp_global_of(r->model, name)->name : NULL;
    f.extracted_by = by;
    st = push_file(r, f);
    if (st)
        return st;
    c->file = (rp_id)r->model->files.n; /* the model owns elf, map and globals from here on */
    if (c->ar) {
        rp_id *loaded = &r->model->ars.v[c->ar - 1].loaded[c->member_no];
        if (!*loaded)
            *loaded = c->file;
        r->ret->n_members_loaded++;
    }
    return REAP_OK;
}

enum reap_status rp_res_load_shared(struct resolver *r, struct dso *d)
{
    struct rp_file f = {.path = d->path,
                        .display = d->path,
                        .kind = RP_FILE_SHARED,
                        .input = d->input,
                        .map = d->map,
                        .elf = d->elf,
                        .globals = d->globals};
    enum reap_status st = push_file(r, f);
    if (!st)
        d->file = (rp_id)r->model->files.n;
    return st;
}

enum reap_status rp_res_load_opaque(struct resolver *r, struct unit *u)
{
    const struct rp_input *in = &r->link->inputs.v[u->input - 1];
    struct rp_file f = {.path = in->path,
                        .display = in->path,
                        .kind = RP_FILE_OPAQUE,
                        .input = u->input,
                        .map = u->map,
                        .untouched = true,
                        .untouched_why = in->just_symbols ? "only its symbols are used (-R)"
                                         : in->binary     ? "it is a binary blob"
                                                          : "it is no object"};
    enum reap_status st = push_file(r, f);
    if (!st)
        memset(&u->map, 0, sizeof u->map);
    return st;
}

enum reap_status rp_res_load_again(struct resolver *r, const struct unit *u, uint32_t no,
                                   uint32_t *ret_cand)
{
    enum reap_status st = rp_res_open_provider(r, r->ars.v[u->index].first_key + no, ret_cand);
    if (!st && r->cands.v[*ret_cand].file) {
        uint32_t again = rp_res_add_member(r, u->index + 1, no);
        if (!again)
            return rp_nomem(r->ctx);
        *ret_cand = again - 1;
        st = rp_res_open(r, ret_cand, 1);
    }
    return st ? st : rp_res_load(r, *ret_cand, u->input, 0, 0);
}

/* --- all at once ----------------------------------------------------------------------------- */

static enum reap_status load_whole(struct resolver *r, const struct unit *u)
{
    enum reap_status st = REAP_OK;
    uint32_t n = r->model->ars.v[u->index].archive.n_members, c;
    for (uint32_t no = 0; no < n && !st && !r->stop; no++)
        st = rp_res_load_again(r, u, no, &c);
    return st;
}

enum reap_status rp_res_run_all(struct resolver *r)
{
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->units.n && !st && !r->stop; i++) {
        struct unit *u = &r->units.v[i];
        switch (u->kind) {
        case UNIT_OBJECT:
        case UNIT_LAZY_OBJECT: st = rp_res_load(r, u->index, u->input, 0, 0); break;
        case UNIT_ARCHIVE:
        case UNIT_WHOLE: st = load_whole(r, u); break;
        case UNIT_SHARED: st = rp_res_load_shared(r, &r->dsos.v[u->index]); break;
        case UNIT_OPAQUE: st = rp_res_load_opaque(r, u); break;
        }
    }
    return st;
}

static enum reap_status run_mode(struct resolver *r)
{
    if (r->opts->observed)
        return rp_res_run_observed(r);
    switch (r->opts->mode) {
    case RP_RESOLVE_GNU: return rp_res_run_gnu(r);
    case RP_RESOLVE_LLD: return rp_res_run_lld(r);
    case RP_RESOLVE_MOLD: return rp_res_run_mold(r);
    case RP_RESOLVE_ALL: break;
    }
    return rp_res_run_all(r);
}

static void free_resolver(struct resolver *r)
{
    rp_res_free_inputs(r);
    free(r->redirect);
    rp_vec_free(&r->names);
    rp_vec_free(&r->requested);
    rp_vec_free(&r->mentioned);
    rp_vec_free(&r->script_mentions);
    rp_vec_free(&r->provides);
    rp_vec_free(&r->provide_mentions);
    rp_vec_free(&r->linker_defined);
    rp_vec_free(&r->section_defined);
    rp_vec_free(&r->opaque_defined);
    rp_vec_free(&r->opaque_refs);
    rp_ctx_fini(&r->quiet);
}

enum reap_status rp_resolve(struct rp_ctx *ctx, const struct rp_link *link,
                            const struct rp_resolve_options *opts, struct rp_model *model,
                            struct rp_resolve_result *ret)
{
    memset(ret, 0, sizeof *ret);
    struct resolver r = {.ctx = ctx, .link = link, .opts = opts, .model = model, .ret = ret};
    rp_ctx_init(&r.quiet, NULL, NULL);
    rp_res_read_switches(&r);
    enum reap_status st = rp_res_option_names(&r);
    if (!st)
        st = rp_res_load_inputs(&r);
    if (!st)
        st = rp_res_load_archives(&r);
    if (!st && !opts->observed)
        st = rp_res_run_waves(&r);
    if (!st && !r.stop)
        st = run_mode(&r);
    if (!st && !r.stop)
        st = rp_res_finish(&r);
    if (!st && !r.stop && opts->mode == RP_RESOLVE_GNU && !opts->gold)
        st = rp_res_mark_needed(&r);
    if (!st && !r.stop && opts->observed)
        st = rp_res_check_observed(&r);
    free_resolver(&r);
    return st;
}
