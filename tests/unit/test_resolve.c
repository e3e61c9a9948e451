/* Which files each linker loads, and which definitions prevail: small links whose results were
 * seen with the linkers themselves (tests/tools holds more of them against the real ones). */
#include "link_helpers.h"

#include "link/resolve.h"

static const char *const sources[][2] = {
    {"start", ".globl _start\n_start: call f\n"},
    {"f", ".globl f\nf: call g\n call h\n"},
    {"g", ".globl g\ng: call k\n"},
    {"h", ".globl h\nh: ret\n"},
    {"k", ".globl k\nk: ret\n"},
    {"weakref", ".globl _start\n.weak f\n_start: call f\n"},
    {"common", ".globl _start\n_start: ret\n.comm c,4,4\n"},
    {"common8", ".comm c,8,4\n"},
    {"cdata", ".data\n.globl c\n.type c,@object\nc: .long 1\n"},
    {"cfunc", ".globl c\n.type c,@function\nc: ret\n.globl c2\nc2: ret\n"},
    {"cweak", ".data\n.weak c\nc: .long 1\n"},
    {"strong", ".data\n.globl s\ns: .long 1\n"},
    {"weak1", ".data\n.weak s\ns: .long 1\n"},
    {"weak2", ".globl _start\n_start: ret\n.data\n.weak s\ns: .long 2\n"},
    {"comdat1", ".globl _start\n_start: ret\n.section .t.x,\"axG\",@progbits,x,comdat\n"
                ".weak x\nx: ret\n"},
    {"comdat2", ".section .t.x,\"axG\",@progbits,x,comdat\n.weak x\nx: ret\n.globl y\ny: ret\n"},
    {"usey", ".globl usey\nusey: call y\n"},
    {"hid", ".hidden f\n.globl q\nq: call f\n"},
    {"wrapuse", ".globl _start\n_start: call w\n"},
    {"wrapdef", ".globl __wrap_w\n__wrap_w: call __real_w\n"},
    {"w", ".globl w\nw: ret\n"},
    {"ver", ".globl v1\nv1: ret\n.symver v1, v@@V1\n"},
    {"vuse", ".globl _start\n_start: call v\n.symver vv, v@V1\n call vv\n"},
};

static void shell(const char *command)
{
    if (system(command) != 0)
        fail_msg("%s", command);
}

static int setup(void **state)
{
    if (enter_scratch(state) != 0)
        return -1;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        char path[64], command[160];
        snprintf(path, sizeof path, "%s.s", sources[i][0]);
        write_text(path, sources[i][1]);
        snprintf(command, sizeof command, "as -o %s.o %s", sources[i][0], path);
        shell(command);
    }
    shell("ar rcs fgh.a h.o g.o f.o && ar rcs k.a k.o && ar rcsT thin.a f.o g.o h.o k.o");
    shell("ar rcs cdata.a cdata.o && ar rcs cfunc.a cfunc.o && ar rcs w.a wrapdef.o w.o");
    shell("ar rcs start.a start.o && ar rcS noindex.a f.o g.o h.o k.o && ar rcs strong.a strong.o");
    shell("ar rcs ver.a ver.o");
    shell("ld -shared -o libf.so f.o g.o h.o k.o && ld -shared -o libneed.so f.o");
    shell("ld -shared -soname libdeep.so -o libdeep.so f.o && "
          "ld -shared -o libtop.so strong.o libdeep.so");
    return 0;
}

/* --- one link -------------------------------------------------------------------------------- */

enum mode { BFD, GOLD, LLD14, LLD19, MOLD, ALL };

struct run {
    struct rp_ctx ctx;
    struct seen seen;
    struct rp_link link;
    struct rp_model model;
    struct rp_resolve_result result;
    enum reap_status status;
    char words[512]; /* the model keeps pointers to them */
    char files[512]; /* display names, separated by blanks */
};

static void run_observed(struct run *r, enum mode mode, const char *line,
                         const struct rp_observed *observed, size_t n)
{
    static const enum rp_linker_flavor flavors[] = {RP_LINKER_BFD, RP_LINKER_GOLD, RP_LINKER_LLD,
                                                    RP_LINKER_LLD, RP_LINKER_MOLD, RP_LINKER_BFD};
    static const enum rp_resolve_mode modes[] = {RP_RESOLVE_GNU, RP_RESOLVE_GNU,  RP_RESOLVE_LLD,
                                                 RP_RESOLVE_LLD, RP_RESOLVE_MOLD, RP_RESOLVE_ALL};
    memset(r, 0, sizeof *r);
    rp_ctx_init(&r->ctx, remember_diag, &r->seen);
    r->ctx.n_threads = 2;

    const char *argv[32];
    int argc = 0;
    snprintf(r->words, sizeof r->words, "%s", line);
    for (char *save, *w = strtok_r(r->words, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    assert_int_equal(rp_link_parse(&r->ctx, &r->link, flavors[mode], argc, argv), REAP_OK);

    struct rp_resolve_options o = {.mode = modes[mode],
                                   .gold = mode == GOLD,
                                   .lld_major = mode == LLD14 ? 14 : 0,
                                   .observed = observed,
                                   .n_observed = n};
    rp_model_init(&r->model, &r->ctx);
    r->status = rp_resolve(&r->ctx, &r->link, &o, &r->model, &r->result);
    for (size_t i = 0; i < r->model.files.n; i++) {
        size_t used = strlen(r->files);
        snprintf(r->files + used, sizeof r->files - used, "%s%s", used ? " " : "",
                 r->model.files.v[i].display);
    }
}

static void run(struct run *r, enum mode mode, const char *line)
{
    run_observed(r, mode, line, NULL, 0);
}

static void finish(struct run *r)
{
    rp_model_free(&r->model);
    rp_link_free(&r->link);
    rp_ctx_fini(&r->ctx);
}

static void expect(enum mode mode, const char *line, const char *files)
{
    struct run r;
    run(&r, mode, line);
    if (r.status != REAP_OK || strcmp(r.files, files) != 0)
        print_error("mode %d: %s\n", (int)mode, line);
    assert_int_equal(r.status, REAP_OK);
    assert_string_equal(r.files, files);
    finish(&r);
}

static const struct rp_global *global(const struct run *r, const char *name)
{
    rp_id g = rp_model_find_global(&r->model, name);
    assert_int_not_equal(g, 0);
    return rp_global_of(&r->model, g);
}

static const char *definer(const struct run *r, const char *name)
{
    const struct rp_global *g = global(r, name);
    return g->def_file ? rp_file_of(&r->model, g->def_file)->display : "";
}

/* --- what is loaded -------------------------------------------------------------------------- */

/* f refers to g and h, g to k. */
static void lld_extracts_depth_first(void **state)
{
    (void)state;
    const char *line = "start.o fgh.a k.a";
    /* k.a is not known yet when g is loaded: its member comes when k.a does */
    expect(LLD19, line, "start.o fgh.a(f.o) fgh.a(g.o) fgh.a(h.o) k.a(k.o)");
    expect(LLD14, line, "start.o fgh.a(f.o) fgh.a(g.o) fgh.a(h.o) k.a(k.o)");
    /* here it is, and comes before h */
    expect(LLD19, "k.a start.o fgh.a", "start.o fgh.a(f.o) fgh.a(g.o) k.a(k.o) fgh.a(h.o)");
}

static void gnu_searches_an_archive_by_its_index_until_nothing_new_comes(void **state)
{
    (void)state;
    const char *files = "start.o fgh.a(f.o) fgh.a(h.o) fgh.a(g.o) k.a(k.o)";
    expect(BFD, "start.o fgh.a k.a", files);
    expect(GOLD, "start.o fgh.a k.a", files);
}

static void mold_keeps_the_order_of_the_line(void **state)
{
    (void)state;
    expect(MOLD, "k.a start.o fgh.a", "k.a(k.o) start.o fgh.a(h.o) fgh.a(g.o) fgh.a(f.o)");
}

static void only_gnu_linkers_forget_archives(void **state)
{
    (void)state;
    expect(BFD, "fgh.a k.a start.o", "start.o");
    expect(GOLD, "k.a start.o fgh.a", "start.o fgh.a(f.o) fgh.a(h.o) fgh.a(g.o)");
    expect(LLD19, "fgh.a k.a start.o", "start.o fgh.a(f.o) fgh.a(g.o) k.a(k.o) fgh.a(h.o)");
}

static void groups_are_searched_again(void **state)
{
    (void)state;
    const char *line = "start.o --start-group k.a fgh.a --end-group";
    expect(BFD, line, "start.o fgh.a(f.o) fgh.a(h.o) fgh.a(g.o) k.a(k.o)");
    expect(GOLD, line, "start.o fgh.a(f.o) fgh.a(h.o) fgh.a(g.o) k.a(k.o)");
}

static void weak_references_do_not_extract(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= MOLD; m++)
        expect(m, "weakref.o fgh.a k.a", "weakref.o");
}

static void options_extract(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= MOLD; m++) {
        expect(m, "weakref.o -u k k.a", "weakref.o k.a(k.o)");
        expect(m, "k.o -e h fgh.a", "k.o fgh.a(h.o)");
        expect(m, "f.o g.o h.o k.o start.a", "f.o g.o h.o k.o start.a(start.o)");
    }
}

static void whole_archives_are_loaded_in_order(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= MOLD; m++)
        expect(m, "k.o --whole-archive fgh.a", "k.o fgh.a(h.o) fgh.a(g.o) fgh.a(f.o)");
    expect(ALL, "fgh.a k.o", "fgh.a(h.o) fgh.a(g.o) fgh.a(f.o) k.o");
}

static void lazy_objects_are_loaded_on_demand(void **state)
{
    (void)state;
    const char *line = "start.o --start-lib k.o f.o g.o h.o strong.o --end-lib";
    expect(LLD19, line, "start.o f.o g.o k.o h.o");
    expect(MOLD, line, "start.o k.o f.o g.o h.o");
}

static void thin_archives_are_archives(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= MOLD; m++) {
        struct run r;
        run(&r, m, "start.o thin.a");
        assert_int_equal(r.status, REAP_OK);
        assert_int_equal(r.model.files.n, 5);
        assert_string_equal(r.model.files.v[1].path, "thin.a");
        assert_int_equal(r.result.n_members_loaded, 4);
        finish(&r);
    }
}

static void archives_without_index_count_for_lld_and_mold(void **state)
{
    (void)state;
    expect(BFD, "start.o noindex.a", "start.o");
    expect(LLD14, "start.o noindex.a",
           "start.o noindex.a(f.o) noindex.a(g.o) noindex.a(h.o) noindex.a(k.o)");
    expect(LLD19, "start.o noindex.a",
           "start.o noindex.a(f.o) noindex.a(g.o) noindex.a(h.o) noindex.a(k.o)");
}

static void common_symbols_extract_in_bfd_and_old_lld(void **state)
{
    (void)state;
    expect(BFD, "common.o cdata.a", "common.o cdata.a(cdata.o)");
    expect(BFD, "common.o cfunc.a", "common.o");
    expect(GOLD, "common.o cdata.a", "common.o");
    expect(LLD14, "common.o cdata.a", "common.o cdata.a(cdata.o)");
    expect(LLD19, "common.o cdata.a", "common.o");
    expect(LLD19, "common.o --fortran-common cdata.a", "common.o cdata.a(cdata.o)");
    expect(MOLD, "common.o cdata.a", "common.o cdata.a(cdata.o)");
}

static void defsym_counts_in_its_place_for_bfd(void **state)
{
    (void)state;
    expect(BFD, "start.o --defsym f=0 fgh.a", "start.o");
    expect(BFD, "start.o fgh.a --defsym f=0", "start.o fgh.a(f.o) fgh.a(h.o) fgh.a(g.o)");
    expect(GOLD, "start.o fgh.a --defsym f=0", "start.o");
    expect(LLD19, "start.o k.a --defsym a=k", "start.o k.a(k.o)");
}

static void shared_libraries_define_and_refer(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= MOLD; m++) {
        expect(m, "start.o libf.so fgh.a", "start.o libf.so");
        /* libneed.so refers to g and h, which the archive defines; g refers to k */
        expect(m, "start.o libneed.so k.o strong.a", "start.o libneed.so k.o");
        struct run r;
        run(&r, m, "start.o libneed.so fgh.a k.a");
        assert_int_equal(r.status, REAP_OK);
        assert_string_equal(definer(&r, "f"), "libneed.so");
        assert_true(global(&r, "f")->flags & RP_GLOB_SHARED_DEF);
        assert_string_equal(definer(&r, "g"), "fgh.a(g.o)");
        assert_true(global(&r, "g")->flags & RP_GLOB_SHARED_REF);
        finish(&r);
    }
    /* a hidden reference is not satisfied from outside */
    expect(LLD19, "start.o libf.so hid.o fgh.a k.a", "start.o libf.so hid.o fgh.a(f.o)");
}

/* libdeep.so refers to h; libtop.so, on the line, needs it. */
static void bfd_sees_libraries_that_libraries_need(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= GOLD; m++) {
        struct run r;
        run(&r, m, "weakref.o h.o k.o libtop.so");
        assert_int_equal(r.status, REAP_OK);
        assert_int_equal(global(&r, "h")->flags & RP_GLOB_SHARED_REF,
                         m == BFD ? RP_GLOB_SHARED_REF : 0);
        assert_false(global(&r, "k")->flags & RP_GLOB_SHARED_REF);
        finish(&r);
    }
}

/* --- what prevails --------------------------------------------------------------------------- */

static void strong_beats_weak_beats_common(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= ALL; m++) {
        struct run r;
        run(&r, m, "weak2.o weak1.o strong.o");
        assert_string_equal(definer(&r, "s"), "strong.o");
        finish(&r);
        run(&r, m, "weak2.o weak1.o");
        assert_string_equal(definer(&r, "s"), "weak2.o");
        finish(&r);
        run(&r, m, "common.o common8.o");
        assert_string_equal(definer(&r, "c"), "common8.o");
        finish(&r);
        run(&r, m, "common.o cdata.o");
        assert_string_equal(definer(&r, "c"), "cdata.o");
        finish(&r);
        run(&r, m, "common.o cweak.o");
        assert_string_equal(definer(&r, "c"), m == MOLD ? "cweak.o" : "common.o");
        finish(&r);
    }
}

static void duplicate_comdat_members_do_not_define(void **state)
{
    (void)state;
    struct run r;
    run(&r, LLD19, "comdat1.o comdat2.o usey.o");
    assert_string_equal(definer(&r, "x"), "comdat1.o");
    assert_string_equal(definer(&r, "y"), "");
    finish(&r);
    run(&r, BFD, "comdat2.o comdat1.o usey.o");
    assert_string_equal(definer(&r, "x"), "comdat2.o");
    assert_string_equal(definer(&r, "y"), "comdat2.o");
    finish(&r);
}

static rp_id reference(const struct run *r, const char *file, const char *symbol)
{
    for (size_t i = 0; i < r->model.files.n; i++) {
        const struct rp_file *f = &r->model.files.v[i];
        if (strcmp(f->display, file) != 0)
            continue;
        for (uint32_t k = f->elf.first_global; k < f->elf.n_symbols; k++)
            if (strcmp(rp_elf_symname(&f->elf, k), symbol) == 0)
                return rp_sym_global(f, k);
    }
    fail_msg("%s does not mention %s", file, symbol);
    return 0;
}

static void wrap_maps_references(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= MOLD; m++) {
        struct run r;
        run(&r, m, "wrapuse.o --wrap w w.a");
        assert_int_equal(r.status, REAP_OK);
        assert_int_equal(reference(&r, "wrapuse.o", "w"),
                         rp_model_find_global(&r.model, "__wrap_w"));
        assert_int_equal(reference(&r, "w.a(wrapdef.o)", "__real_w"),
                         rp_model_find_global(&r.model, "w"));
        assert_string_equal(definer(&r, "w"), "w.a(w.o)");
        finish(&r);
    }
}

static void default_versions_are_plain_names(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= MOLD; m++) {
        struct run r;
        run(&r, m, "vuse.o ver.a");
        assert_int_equal(r.status, REAP_OK);
        assert_string_equal(definer(&r, "v"), "ver.a(ver.o)");
        assert_string_equal(definer(&r, "v@V1"), "ver.a(ver.o)");
        finish(&r);
    }
}

static void references_are_noted(void **state)
{
    (void)state;
    struct run r;
    run(&r, BFD, "weakref.o hid.o k.a fgh.a -u k");
    assert_int_equal(global(&r, "f")->visibility, STV_HIDDEN);
    assert_true(global(&r, "f")->flags & RP_GLOB_REFERENCED);
    assert_false(global(&r, "f")->flags & RP_GLOB_WEAK_ONLY);
    finish(&r);
    run(&r, BFD, "weakref.o fgh.a");
    assert_true(global(&r, "f")->flags & RP_GLOB_WEAK_ONLY);
    assert_true(global(&r, "f")->flags & RP_GLOB_LAZY);
    assert_int_equal(global(&r, "f")->lazy_ar, 1);
    assert_int_equal(global(&r, "f")->lazy_member, 2);
    finish(&r);
}

static void extraction_has_a_reason(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= MOLD; m++) {
        struct run r;
        run(&r, m, "start.o fgh.a k.a");
        for (size_t i = 1; i < r.model.files.n; i++) {
            const struct rp_file *f = &r.model.files.v[i];
            assert_non_null(f->extracted_for);
            assert_int_equal(f->input, f->ar == 1 ? 2 : 3);
            if (strcmp(f->extracted_for, "k") == 0)
                assert_string_equal(rp_file_of(&r.model, f->extracted_by)->display, "fgh.a(g.o)");
        }
        finish(&r);
    }
}

/* --- what a plugin saw ----------------------------------------------------------------------- */

static uint64_t member_offset(const char *archive, const char *member)
{
    struct rp_ctx ctx;
    struct rp_map map;
    struct rp_archive a;
    uint64_t offset = 0;
    rp_ctx_init(&ctx, NULL, NULL);
    assert_int_equal(rp_map_open(&ctx, &map, archive), REAP_OK);
    assert_int_equal(rp_archive_open(&ctx, &a, &map), REAP_OK);
    for (uint32_t i = 0; i < a.n_members; i++)
        if (strcmp(a.members[i].name, member) == 0)
            offset = a.members[i].offset;
    rp_archive_close(&a);
    rp_map_close(&map);
    rp_ctx_fini(&ctx);
    assert_int_not_equal(offset, 0);
    return offset;
}

static void observed_files_are_loaded_as_they_came(void **state)
{
    (void)state;
    char absolute[128];
    snprintf(absolute, sizeof absolute, "%s/k.a", scratch_dir);
    const struct rp_observed o[] = {
        {"start.o", 0, 0},
        {"fgh.a", 0, 0}, /* the archive itself */
        {"fgh.a", member_offset("fgh.a", "f.o"), 0},
        {"fgh.a", member_offset("fgh.a", "g.o"), 0},
        {"fgh.a", member_offset("fgh.a", "h.o"), 0},
        {absolute, member_offset("k.a", "k.o"), 0}, /* spelled otherwise */
        {"k.o", 0, 0},                              /* a thin member */
    };
    struct run r;
    run_observed(&r, BFD, "start.o fgh.a k.a libf.so thin.a", o, 7);
    assert_int_equal(r.status, REAP_OK);
    assert_string_equal(r.files,
                        "start.o fgh.a(f.o) fgh.a(g.o) fgh.a(h.o) k.a(k.o) libf.so thin.a(k.o)");
    assert_int_equal(r.model.files.v[4].input, 3);
    finish(&r);
}

static void probed_members_are_left_out(void **state)
{
    (void)state;
    const struct rp_observed o[] = {
        {"common.o", 0, 0},
        {"cfunc.a", member_offset("cfunc.a", "cfunc.o"), 0},
        {"cdata.a", member_offset("cdata.a", "cdata.o"), 0},
    };
    struct run r;
    run_observed(&r, BFD, "common.o cfunc.a cdata.a", o, 3);
    assert_string_equal(r.files, "common.o cdata.a(cdata.o)");
    finish(&r);
    /* wanted for something else: it stays */
    run_observed(&r, BFD, "common.o -u c2 cfunc.a", o, 2);
    assert_string_equal(r.files, "common.o cfunc.a(cfunc.o)");
    finish(&r);
}

static void unknown_observed_files_are_refused(void **state)
{
    (void)state;
    const struct rp_observed o[] = {{"start.o", 0, 0}, {"h.o", 0, 0}};
    struct run r;
    run_observed(&r, BFD, "start.o", o, 2);
    assert_int_equal(r.status, REAP_ERR_UNSUPPORTED);
    assert_string_equal(r.seen.code, "unknown-input");
    finish(&r);
}

/* --- what cannot be collected, what is wrong ------------------------------------------------- */

static void ir_and_foreign_machines_are_named(void **state)
{
    (void)state;
    struct run r;
    write_bytes("ir.o", "BC\xC0\xDE\0\0\0\0", 8);
    run(&r, LLD19, "start.o ir.o");
    assert_int_equal(r.status, REAP_OK);
    assert_string_equal(r.result.ir_file, "ir.o");
    finish(&r);

    unsigned char riscv[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    riscv[16] = 1;
    riscv[18] = 243;
    write_bytes("riscv.o", riscv, sizeof riscv);
    run(&r, BFD, "start.o riscv.o");
    assert_int_equal(r.status, REAP_OK);
    assert_string_equal(r.result.unsupported_file, "riscv.o");
    finish(&r);
}

static void opaque_inputs_define_names(void **state)
{
    (void)state;
    for (enum mode m = BFD; m <= GOLD; m++) {
        struct run r;
        run(&r, m, "start.o -R f.o fgh.a");
        assert_int_equal(r.status, REAP_OK);
        assert_int_equal(r.model.files.v[1].kind, RP_FILE_OPAQUE);
        assert_true(r.model.files.v[1].untouched);
        assert_true(global(&r, "f")->flags & RP_GLOB_LINKER_DEF);
        assert_true(global(&r, "g")->flags & RP_GLOB_UNTOUCHED_REF);
        assert_string_equal(definer(&r, "g"), "fgh.a(g.o)");
        finish(&r);
    }
    struct run r;
    run(&r, BFD, "start.o -b binary f.s");
    assert_int_equal(r.model.files.v[1].kind, RP_FILE_OPAQUE);
    assert_true(global(&r, "_binary_f_s_start")->flags & RP_GLOB_LINKER_DEF);
    finish(&r);
}

static void malformed_members_matter_only_when_loaded(void **state)
{
    (void)state;
    shell("cp h.o bad.o && ar rcs bad.a bad.o k.o");
    uint64_t at = member_offset("bad.a", "bad.o");
    FILE *f = fopen("bad.a", "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, (long)at + 40, SEEK_SET), 0); /* e_shoff */
    assert_int_equal(fwrite("\xff\xff\xff\xff", 1, 4, f), 4);
    assert_int_equal(fclose(f), 0);

    expect(BFD, "start.o -u k bad.a", "start.o bad.a(k.o)");
    struct run r;
    run(&r, BFD, "start.o -u h bad.a");
    assert_int_equal(r.status, REAP_ERR_INPUT);
    assert_string_equal(r.seen.where, "bad.a(bad.o)");
    finish(&r);
    run(&r, LLD19, "start.o --whole-archive bad.a");
    assert_int_equal(r.status, REAP_ERR_INPUT);
    finish(&r);
}

static void missing_inputs_are_errors(void **state)
{
    (void)state;
    struct run r;
    run(&r, BFD, "start.o nowhere.o");
    assert_int_equal(r.status, REAP_ERR_IO);
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lld_extracts_depth_first),
        cmocka_unit_test(gnu_searches_an_archive_by_its_index_until_nothing_new_comes),
        cmocka_unit_test(mold_keeps_the_order_of_the_line),
        cmocka_unit_test(only_gnu_linkers_forget_archives),
        cmocka_unit_test(groups_are_searched_again),
        cmocka_unit_test(weak_references_do_not_extract),
        cmocka_unit_test(options_extract),
        cmocka_unit_test(whole_archives_are_loaded_in_order),
        cmocka_unit_test(lazy_objects_are_loaded_on_demand),
        cmocka_unit_test(thin_archives_are_archives),
        cmocka_unit_test(archives_without_index_count_for_lld_and_mold),
        cmocka_unit_test(common_symbols_extract_in_bfd_and_old_lld),
        cmocka_unit_test(defsym_counts_in_its_place_for_bfd),
        cmocka_unit_test(shared_libraries_define_and_refer),
        cmocka_unit_test(bfd_sees_libraries_that_libraries_need),
        cmocka_unit_test(strong_beats_weak_beats_common),
        cmocka_unit_test(duplicate_comdat_members_do_not_define),
        cmocka_unit_test(wrap_maps_references),
        cmocka_unit_test(default_versions_are_plain_names),
        cmocka_unit_test(references_are_noted),
        cmocka_unit_test(extraction_has_a_reason),
        cmocka_unit_test(observed_files_are_loaded_as_they_came),
        cmocka_unit_test(probed_members_are_left_out),
        cmocka_unit_test(unknown_observed_files_are_refused),
        cmocka_unit_test(ir_and_foreign_machines_are_named),
        cmocka_unit_test(opaque_inputs_define_names),
        cmocka_unit_test(malformed_members_matter_only_when_loaded),
        cmocka_unit_test(missing_inputs_are_errors),
    };
    return cmocka_run_group_tests(tests, setup, leave_scratch);
}
