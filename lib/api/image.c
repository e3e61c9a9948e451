/* image.c: `reap image`: a linked image in, the same image with its dead code filled out.
 *
 * The passes stand in lib/image; here they get their options, rules for kernels, and marks. What
 * was found is told by the same facts as everything else.
 *
 * Entries: rp_image_collect, reap_write_image, reap_print_image.
 */
#include "api/api.h"

#include "image/fill.h"
#include "image/image.h"
#include "util/strbuf.h"

#include <inttypes.h>
#include <string.h>

struct rp_image_run {
    struct rp_image image;
    struct rp_image_options options;
    RP_VEC(const char *) entries;
    struct rp_fill_result fill;
    bool is_filled; /* `fill` says what was or would be done */
    bool is_written;
};

void rp_image_run_free(struct reap *r)
{
    if (!r->image)
        return;
    if (r->image->is_filled)
        rp_fill_result_free(&r->image->fill);
    rp_image_close(&r->image->image);
    rp_vec_free(&r->image->entries);
    free(r->image);
    r->image = NULL;
}

/* --- kernels -----------------------------------------------------------------------------------
 */

static bool defines(const struct rp_elf *e, const char *name)
{
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (rp_sym_bind(&e->syms[i]) != STB_LOCAL && rp_sym_shndx(e, i) != RP_SHN_UNDEF &&
            strcmp(rp_elf_symname(e, i), name) == 0)
            return true;
    return false;
}

/* As rp_kernel_rules() does for objects: see there. */
static enum reap_status kernel_rules(struct reap *r)
{
    const struct rp_elf *e = r->image->image.e;
    const char *modules = rp_opt_value(r, RP_OPT_MODULES);
    bool trims = rp_opt_given(r, RP_OPT_MODULES_FROM) || (modules && strcmp(modules, "none") == 0);
    if (!rp_opt_given(r, RP_OPT_KERNEL) &&
        !(defines(e, "start_kernel") && defines(e, "linux_banner")))
        return REAP_OK;
    rp_note(&r->ctx, "kernel", rp_at(e->name), "this is a Linux kernel; the rules 'linux' apply");
    enum reap_status st = rp_rules_read(&r->ctx, &r->rules, "linux");
    if (st != REAP_OK || !trims)
        return st;
    if (!defines(e, "module_layout"))
        return rp_rules_read(&r->ctx, &r->rules, "linux-ksymtab");
    rp_warn(&r->ctx, "kernel-modversions", rp_at(e->name),
            "the kernel has CONFIG_MODVERSIONS: its table of checksums is parallel to that of the "
            "exported symbols, of which all stay");
    return REAP_OK;
}

/* Names that the user gives: -e, -u, and what the modules of --modules-from or the program of
 * --export-from leave undefined. */
static enum reap_status add_undefined_of(struct reap *r, const char *path)
{
    struct rp_map map = {0};
    struct rp_elf elf;
    enum reap_status st = rp_map_open(&r->ctx, &map, path);
    if (st == REAP_OK)
        st = rp_elf_open(&r->ctx, &elf, path, map.data, map.size);
    if (st != REAP_OK) {
        rp_map_close(&map);
        return st;
    }
    for (uint32_t i = 1; i < elf.n_symbols && st == REAP_OK; i++) {
        if (rp_sym_shndx(&elf, i) != RP_SHN_UNDEF)
            continue;
        const char *name = rp_arena_strdup(&r->arena, rp_elf_symname(&elf, i));
        if (!name || !rp_vec_push(&r->image->entries, name))
            st = rp_nomem(&r->ctx);
    }
    rp_elf_close(&elf);
    rp_map_close(&map);
    return st;
}

static enum reap_status find_entries(struct reap *r)
{
    for (size_t i = 0; i < r->options.n; i++) {
        const struct rp_opt_value *o = &r->options.v[i];
        if ((o->opt == RP_OPT_ENTRY || o->opt == RP_OPT_UNDEFINED) &&
            !rp_vec_push(&r->image->entries, o->value))
            return rp_nomem(&r->ctx);
    }
    enum reap_status st = REAP_OK;
    for (size_t i = 0; i < r->export_from.n && st == REAP_OK; i++)
        st = add_undefined_of(r, r->export_from.v[i]);
    return st;
}

/* --- the analysis ------------------------------------------------------------------------------
 */

static void tell_stale(const struct reap *r)
{
    const struct rp_image *im = &r->image->image;
    if (im->n_stale)
        rp_note((struct rp_ctx *)&r->ctx, "stale-relocations", rp_at(im->e->name),
                "%" PRIu32 " of %" PRIu32
                " relocations do not say what the image holds and were ignored; "
                "a tool has changed it after the link",
                im->n_stale, im->n_relocs);
}

/* GCC addresses several objects of a file from one anchor (-fsection-anchors), so that no
 * relocation names the others: a static hello stops with a jump table zeroed. */
static enum reap_status check_data(struct reap *r)
{
    const struct rp_elf *e = r->image->image.e;
    if (!rp_opt_given(r, RP_OPT_DATA) || e->machine != EM_AARCH64)
        return REAP_OK;
    return rp_fail_remedy(&r->ctx, REAP_ERR_UNSUPPORTED, "data-anchors", rp_at(e->name),
                          "leave --data away; data is collected at the link (ld.reap, reap gc)",
                          "code of AArch64 addresses one object from another, so that --data "
                          "cannot tell which ones it uses");
}

/* Options --test-drop-edge: removals that are wrong on purpose. */
static enum reap_status drop_edges(struct reap *r)
{
    for (size_t i = 0; i < r->options.n; i++) {
        const struct rp_opt_value *o = &r->options.v[i];
        if (o->opt != RP_OPT_TEST_DROP_EDGE)
            continue;
        const char *colon = strchr(o->value, ':');
        size_t n = colon ? (size_t)(colon - o->value) : 0;
        if (!n || !rp_image_drop_edges(&r->image->image, o->value, n, colon + 1))
            return rp_fail(&r->ctx, REAP_ERR_USAGE, "no-such-edge", rp_at(NULL),
                           "--test-drop-edge=%s: there is no such reference", o->value);
    }
    return REAP_OK;
}

enum reap_status rp_image_collect(struct reap *r)
{
    enum reap_status st = REAP_OK;
    if (r->gc_inputs.n != 1)
        return rp_fail(&r->ctx, REAP_ERR_USAGE, "one-image", rp_at(NULL),
                       "reap image takes exactly one image");
    r->image = calloc(1, sizeof *r->image);
    if (!r->image)
        return rp_nomem(&r->ctx);
    rp_model_init(&r->model, &r->ctx);
    r->has_model = true;
    struct rp_image *im = &r->image->image;
    RP_PASS("open", rp_image_open(&r->ctx, r->gc_inputs.v[0], &r->model, im));
    st = check_data(r);
    if (st == REAP_OK)
        st = kernel_rules(r);
    if (st == REAP_OK)
        st = find_entries(r);
    if (st != REAP_OK)
        return st;
    r->image->options = (struct rp_image_options){
        .data = rp_opt_given(r, RP_OPT_DATA),
        .no_scan = rp_opt_given(r, RP_OPT_NO_SCAN),
        .no_decode = rp_opt_given(r, RP_OPT_NO_DECODE),
        .rules = &r->rules,
        .scripts = r->scripts.v,
        .n_scripts = r->scripts.n,
        .link = &r->link,
        .entries = r->image->entries.v,
        .n_entries = r->image->entries.n,
    };
    if (!rp_opt_given(r, RP_OPT_OUTPUT)) /* reports are about the image then */
        r->link.output = im->e->name;
    r->job = (struct rp_job){.level = RP_LEVEL_FULL, .link = &r->link, .rules = &r->rules};
    if (r->image->options.data)
        rp_warn(&r->ctx, "data-is-ambiguous", rp_at(im->e->name),
                "after the link it cannot always be told which local data a reference means; "
                "test what --data has made");
    RP_PASS("image", rp_image_analyse(im, &r->image->options));
    st = drop_edges(r);
    if (st != REAP_OK)
        return st;
    RP_PASS("keep-list", rp_keep_list_roots(r));
    RP_PASS("mark", rp_mark(&r->model, &r->marks));
    tell_stale(r);
    r->analysed = true;
    return REAP_OK;
}

/* --- the result --------------------------------------------------------------------------------
 */

enum reap_status reap_write_image(struct reap *r, const char *path)
{
    if (!r->image || !r->analysed)
        return rp_fail(&r->ctx, REAP_ERR_USAGE, "not-analysed", rp_at(path),
                       "there is nothing to write");
    const char *fill = rp_opt_value(r, RP_OPT_FILL);
    struct rp_fill_options o = {
        .zero = fill && strcmp(fill, "zero") == 0,
        .data = rp_opt_given(r, RP_OPT_DATA),
        .strip_dead_symbols = rp_opt_given(r, RP_OPT_STRIP_DEAD_SYMBOLS),
        .strip_relocs = rp_opt_given(r, RP_OPT_STRIP_RELOCS),
        .sizes = rp_opt_given(r, RP_OPT_SIZES),
    };
    if (r->image->is_filled)
        rp_fill_result_free(&r->image->fill);
    r->image->is_filled = false;
    struct rp_timer t = rp_phase_begin();
    enum reap_status st = rp_image_fill(&r->image->image, &r->marks, &o, path, &r->image->fill);
    rp_phase_done(r, t, "fill");
    r->image->is_filled = st == REAP_OK;
    r->image->is_written = st == REAP_OK && path;
    return st;
}

/* --- reports -----------------------------------------------------------------------------------
 */

static const char *const source_names[RP_IMAGE_N_SOURCES] = {
    [RP_IMAGE_RELOC] = "by relocation", [RP_IMAGE_BRANCH] = "by branch",
    [RP_IMAGE_SCAN] = "by byte scan",   [RP_IMAGE_VALUE] = "by stored address",
    [RP_IMAGE_RECORD] = "by record",    [RP_IMAGE_NAME] = "by name",
};

/* The run as it was asked for: there is no linker's command line. */
static enum reap_status set_command(struct reap *r)
{
    struct rp_strbuf b = {0};
    struct rp_facts *f = &r->facts;
    rp_strbuf_printf(&b, "reap image %s", r->gc_inputs.v[0]);
    for (size_t i = 0; i < r->options.n; i++) {
        const struct rp_opt_value *o = &r->options.v[i];
        rp_strbuf_printf(&b, " --%s%s%s", rp_opt_name(o->opt), o->value ? "=" : "",
                         o->value ? o->value : "");
    }
    f->linker = 0;
    enum reap_status st =
        b.oom || !rp_facts_intern(f, b.s, b.n, &f->command) ? rp_nomem(&r->ctx) : REAP_OK;
    rp_strbuf_free(&b);
    return st;
}

enum reap_status rp_image_facts(struct reap *r)
{
    const struct rp_fill_result *f = &r->image->fill;
    const struct rp_image *im = &r->image->image;
    const char *fill = rp_opt_value(r, RP_OPT_FILL);
    struct rp_fact_image *to = &r->facts.image;
    *to = (struct rp_fact_image){
        .is_image = true,
        .is_written = r->image->is_written,
        .is_zero = fill && strcmp(fill, "zero") == 0,
        .n_stale = im->n_stale,
    };
    for (unsigned i = 1; i < RP_IMAGE_N_SOURCES; i++)
        to->edges[to->n_edges++] = (struct rp_fact_count){source_names[i], im->n_by_source[i]};
    enum reap_status st = set_command(r);
    if (st != REAP_OK || !r->image->is_filled)
        return st;
    to->n_code = f->n_code, to->code_bytes = f->code_bytes;
    to->n_data = f->n_data, to->data_bytes = f->data_bytes;
    to->n_data_left = f->n_data_left, to->data_left_bytes = f->data_left_bytes;
    to->n_filled_before = f->n_filled_before, to->protected_bytes = f->protected_bytes;
    to->n_relocs = f->n_relocs, to->n_symbols = f->n_symbols;
    to->n_reloc_sections = f->n_reloc_sections, to->punched = f->punched;
    to->file_before = f->size_before, to->file_after = f->size_after;
    memcpy(to->n_pages, f->n_pages, sizeof to->n_pages);
    for (size_t i = 0; i < f->pages.n; i++)
        if (!rp_vec_push(&to->pages,
                         (struct rp_fact_pages){f->pages.v[i].addr, f->pages.v[i].size}))
            return rp_nomem(&r->ctx);
    to->has_sizes = f->has_sizes;
    for (unsigned i = 0; i < RP_N_PACKS && i < RP_IMAGE_PACKS; i++) {
        to->pack[i] = rp_pack_name((enum rp_pack)i);
        to->before[i] = f->sizes.before[i];
        to->after[i] = f->sizes.after[i];
    }
    return REAP_OK;
}

/* --- totals ------------------------------------------------------------------------------------
 */

struct sums {
    uint64_t n, bytes, dead_n, dead_bytes;
};

static void print_row(FILE *out, const char *name, const struct sums *s)
{
    if (s->n)
        fprintf(out, "%-12s %10" PRIu64 " %14" PRIu64 " %10" PRIu64 " %14" PRIu64 "\n", name, s->n,
                s->bytes, s->dead_n, s->dead_bytes);
}

static void count_nodes(const struct reap *r, struct sums *code, struct sums *data,
                        struct sums *records)
{
    const struct rp_model *m = &r->model;
    const struct rp_image *im = &r->image->image;
    for (rp_id i = 1; i < m->nodes.n; i++) {
        const struct rp_node *n = &m->nodes.v[i];
        if (!(m->sections[n->section].flags & RP_SEC_ALLOC))
            continue;
        struct sums *s = im->atoms.v[i].flags & RP_ATOM_CODE                 ? code
                         : n->kind == RP_NODE_ATOM || n->kind == RP_NODE_GAP ? data
                                                                             : records;
        s->n++;
        s->bytes += n->size;
        s->dead_n += !r->marks.live[i];
        s->dead_bytes += r->marks.live[i] ? 0 : n->size;
    }
}

static void print_sources(const struct rp_image *im, FILE *out)
{
    fputs("references", out);
    const char *comma = " ";
    for (unsigned i = 1; i < RP_IMAGE_N_SOURCES; i++)
        if (im->n_by_source[i]) {
            fprintf(out, "%s%" PRIu32 " %s", comma, im->n_by_source[i], source_names[i]);
            comma = ", ";
        }
    fprintf(out, "; stale relocations: %" PRIu32 "\n", im->n_stale);
}

static void print_fill(const struct rp_image_run *run, FILE *out)
{
    const struct rp_fill_result *f = &run->fill;
    fprintf(out, "%s: %" PRIu64 " functions, %" PRIu64 " bytes",
            run->is_written ? "filled" : "would be filled", f->n_code, f->code_bytes);
    if (f->n_data)
        fprintf(out, "; data: %" PRIu64 ", %" PRIu64 " bytes", f->n_data, f->data_bytes);
    if (f->protected_bytes)
        fprintf(out, "; left because the program verifies them: %" PRIu64 " bytes",
                f->protected_bytes);
    if (f->n_filled_before)
        fprintf(out, "; filled before: %" PRIu64, f->n_filled_before);
    fputc('\n', out);
    if (f->has_sizes)
        fprintf(out, "\n%-12s %14s %14s %14s\n", "loaded bytes", "before", "after", "saved");
    for (unsigned i = 0; f->has_sizes && i < RP_N_PACKS; i++)
        if (f->sizes.before[i])
            fprintf(out, "%-12s %14" PRIu64 " %14" PRIu64 " %14" PRId64 "\n",
                    rp_pack_name((enum rp_pack)i), f->sizes.before[i], f->sizes.after[i],
                    (int64_t)(f->sizes.before[i] - f->sizes.after[i]));
}

enum reap_status reap_print_image(struct reap *r, FILE *out)
{
    struct sums code = {0}, data = {0}, records = {0};
    if (!r->image || !r->analysed)
        return REAP_ERR_USAGE;
    count_nodes(r, &code, &data, &records);
    fprintf(out, "%-12s %10s %14s %10s %14s\n", "", "all", "bytes", "dead", "bytes");
    print_row(out, "code", &code);
    print_row(out, "data", &data);
    print_row(out, "records", &records);
    print_sources(&r->image->image, out);
    if (r->image->is_filled)
        print_fill(r->image, out);
    return REAP_OK;
}
