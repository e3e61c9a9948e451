/* test_rewrite_shapes.c: the particular things that the object rewriter has to know, one each:
 * small assembler sources are rewritten and looked into.
 */
#include "pass_help.h"

/* A rewritten object that is looked into. */
struct object {
    struct rp_ctx ctx;
    struct rp_map map;
    struct rp_elf e;
};

static void object_open(struct object *o, const char *path)
{
    rp_ctx_init(&o->ctx, NULL, NULL);
    assert_int_equal(rp_map_open(&o->ctx, &o->map, path), REAP_OK);
    assert_int_equal(rp_elf_open(&o->ctx, &o->e, path, o->map.data, o->map.size), REAP_OK);
}

static void object_close(struct object *o)
{
    rp_elf_close(&o->e);
    rp_map_close(&o->map);
    rp_ctx_fini(&o->ctx);
}

/* Number of the only section of a name, 0 when there is none. */
static uint32_t section(const struct object *o, const char *name)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < o->e.n_sections; i++)
        if (strcmp(rp_elf_shname(&o->e, i), name) == 0) {
            assert_int_equal(found, 0);
            found = i;
        }
    return found;
}

/* Number of the only symbol of a name, 0 when there is none. */
static uint32_t symbol(const struct object *o, const char *name)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < o->e.n_symbols; i++)
        if (strcmp(rp_elf_symname(&o->e, i), name) == 0 && rp_sym_type(&o->e.syms[i]) != STT_FILE) {
            assert_int_equal(found, 0);
            found = i;
        }
    return found;
}

static void assert_contents(const struct object *o, const char *name, const void *want, size_t n)
{
    uint32_t i = section(o, name);
    assert_int_not_equal(i, 0);
    assert_int_equal(o->e.shdrs[i].size, n);
    assert_memory_equal(rp_elf_bytes(&o->e, i), want, n);
}

/* Assemble a.s (and b.s unless NULL), collect from `_start`, rewrite a.o to a2.o (b.o to b2.o). */
static void rewrite_asm(struct line *l, const char *as, const char *a, const char *b)
{
    write_text("a.s", a);
    must("%s -c a.s -o a.o", as);
    if (b) {
        write_text("b.s", b);
        must("%s -c b.s -o b.o", as);
    }
    const char *words[] = {"-e", "_start", "a.o", b ? "b.o" : NULL, NULL};
    line_run(l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(l, "a.o", "a2.o");
    assert_no_new_complaints("a.o", "a2.o");
    if (b) {
        line_rewrite(l, "b.o", "b2.o");
        assert_no_new_complaints("b.o", "b2.o");
    }
}

#define TEXT(name) ".section .text." name ",\"ax\"\n.globl " name "\n" name ":\n"

static void dead_code_leaves_tombstones_in_debug_sections(void **state)
{
    (void)state;
    struct line l;
    rewrite_asm(
        &l, "gcc",
        TEXT("_start") "ret\n" TEXT(
            "dead") "ret\n"
                    ".section .debug_info,\"\"\n.quad _start, dead+3\n"
                    ".section .debug_ranges,\"\"\n.quad dead, dead+1, _start, _start+1, 0, 0\n"
                    ".section .debug_loc,\"\"\n.quad dead, dead+1\n"
                    ".section .debug_rnglists,\"\"\n.quad dead\n"
                    ".section .debug_names,\"\"\n.long dead\n"
                    ".section .debug_full,\"\"\n.reloc 0, R_X86_64_64, dead\n.quad 0x1111\n",
        NULL);
    struct object o;
    object_open(&o, "a2.o");
    const uint64_t info[] = {0, 0}, ranges[] = {1, 1, 0, 0, 0, 0}, loc[] = {1, 1}, zero[] = {0};
    const uint32_t names[] = {UINT32_MAX};
    assert_contents(&o, ".debug_info", info, sizeof info);
    assert_contents(&o, ".debug_ranges", ranges, sizeof ranges);
    assert_contents(&o, ".debug_loc", loc, sizeof loc);
    assert_contents(&o, ".debug_rnglists", zero, sizeof zero);
    assert_contents(&o, ".debug_names", names, sizeof names);
    assert_contents(&o, ".debug_full", zero, sizeof zero);
    uint32_t n;
    rp_elf_relocs(&o.e, section(&o, ".rela.debug_info"), &n);
    assert_int_equal(n, 1);
    rp_elf_relocs(&o.e, section(&o, ".rela.debug_ranges"), &n);
    assert_int_equal(n, 2);
    assert_int_equal(section(&o, ".rela.debug_loc"), 0); /* without relocations, no section */
    assert_int_equal(section(&o, ".text.dead"), 0);
    assert_int_equal(symbol(&o, "dead"), 0);
    object_close(&o);
    line_free(&l);
}

static void tombstones_of_rel_sections_replace_the_addend(void **state)
{
    (void)state;
    struct line l;
    rewrite_asm(&l, "i686-linux-gnu-gcc",
                TEXT("_start") "ret\n.section .text.dead,\"ax\"\nnop\ndead: ret\n"
                               ".section .debug_info,\"\"\n.long dead+3\n.section "
                               ".text.dead\nnop\nlocal: nop\n"
                               ".section .debug_ranges,\"\"\n.long local, local\n",
                NULL);
    struct object o;
    object_open(&o, "a2.o");
    const uint32_t zero[] = {0}, one[] = {1, 1};
    assert_contents(&o, ".debug_info", zero, sizeof zero);
    assert_contents(&o, ".debug_ranges", one, sizeof one);
    object_close(&o);
    line_free(&l);
}

static void groups_live_and_die_whole_and_duplicates_become_references(void **state)
{
    (void)state;
#define GROUP(sig, sec) ".section " sec ",\"axG\",@progbits," sig ",comdat\n"
    static const char b[] = TEXT("in_b") "call f\nret\n" GROUP(
        "f", ".text.f") ".weak f\nf: call "
                        "helper_of_f\nret\n" GROUP(
                            "f", ".te"
                                 "xt."
                                 "f2") "nop\n" GROUP("g", ".text.g") ".weak g\ng: ret\n"
                                                                     ".section "
                                                                     ".debug_info,\"\"\n."
                                                                     "quad f, in_b\n";
    static const char a[] =
        TEXT("_start") "call in_b\ncall f\nret\n" TEXT("helper_of_f") "ret\n" GROUP(
            "f",
            ".text.f") ".weak f\nf: call helper_of_f\nret\n" GROUP("f",
                                                                   ".text.f2") "nop\n" GROUP("h",
                                                                                             ".text"
                                                                                             ".h") ".weak h\nh: ret\n";
    struct line l;
    rewrite_asm(&l, "gcc", a, b);
    struct object o;
    object_open(&o, "a2.o");
    assert_int_equal(section(&o, ".text.h"), 0);
    uint32_t f = section(&o, ".text.f"), f2 = section(&o, ".text.f2"),
             group = section(&o, ".group");
    assert_true(f && f2 && group && f == symbol(&o, "f") - symbol(&o, "f") + f);
    const uint8_t *words = rp_elf_bytes(&o.e, group);
    assert_int_equal(o.e.shdrs[group].size, 16); /* flag, .text.f, its relocations, .text.f2 */
    assert_int_equal(words[0], GRP_COMDAT);
    assert_int_equal(words[4], f);
    assert_string_equal(rp_elf_symname(&o.e, o.e.shdrs[group].info), "f");
    object_close(&o);

    object_open(&o, "b2.o");
    assert_int_equal(section(&o, ".group"), 0);
    assert_int_equal(section(&o, ".text.f"), 0);
    assert_int_equal(symbol(&o, "g"), 0);
    assert_int_equal(symbol(&o, "helper_of_f"), 0);
    uint32_t sym = symbol(&o, "f");
    assert_int_equal(rp_sym_shndx(&o.e, sym), RP_SHN_UNDEF);
    assert_int_equal(rp_sym_bind(&o.e.syms[sym]), STB_GLOBAL);
    uint32_t n; /* debug information about the duplicate is dead */
    rp_elf_relocs(&o.e, section(&o, ".rela.debug_info"), &n);
    assert_int_equal(n, 1);
    object_close(&o);
    line_free(&l);
    for (const char *const *ld = (const char *const[]){"bfd", "gold", "lld", NULL}; *ld; ld++)
        must("ld.%s a2.o b2.o -o out", *ld);
}

static void weak_definition_that_lost_is_dropped_with_its_section(void **state)
{
    (void)state;
    struct line l;
    rewrite_asm(&l, "gcc",
                TEXT("_start") "call f\nret\n.section .text.wf,\"ax\"\n.weak f\nf: ret\n",
                TEXT("f") "ret\n" TEXT("x") "ret\n");
    struct object o;
    object_open(&o, "a2.o");
    assert_int_equal(section(&o, ".text.wf"), 0);
    assert_int_equal(rp_sym_shndx(&o.e, symbol(&o, "f")), RP_SHN_UNDEF);
    object_close(&o);
    line_free(&l);
    must("ld.bfd a2.o b2.o -o out");
}

static void merged_strings_move_and_keep_their_alignment(void **state)
{
    (void)state;
    static const char a[] =
        TEXT("_start") "lea live1(%rip), %rax\nmov $.Lstr+8, %rbx\nlea live2(%rip), %rax\n"
                       "lea .Lstr2+3(%rip), %rcx\nret\n" TEXT(
                           "dead") "lea deads(%rip), %rax\n"
                                   ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                                   ".string \"dead\"\n.Lstr: .string \"dead two\"\nlive1: .string "
                                   "\"live\"\n"
                                   "deads: .string \"dead three\"\n.Lstr2: .string "
                                   "\"abcdef\"\n.string \"dead four\"\n"
                                   ".section .rodata.str1.8,\"aMS\",@progbits,1\n.p2align 3\n"
                                   ".string \"dead\"\n.p2align 3\nlive2: .string \"live "
                                   "too\"\n.p2align 3\n.string \"end\"\n"
                                   ".section .rodata.cst4,\"aM\",@progbits,4\n.long 1\nc2: .long "
                                   "2\n.long 3\n"
                                   ".section .data.live,\"aw\"\n.globl d\nd: .quad c2\n.section "
                                   ".text._start\nmov d, %rax\n";
    struct line l;
    rewrite_asm(&l, "gcc", a, NULL);
    struct object o;
    object_open(&o, "a2.o");
    /* .Lstr+8 is the terminator of "dead two", which makes that piece live */
    assert_contents(&o, ".rodata.str1.1", "dead two\0live\0abcdef", 21);
    assert_contents(&o, ".rodata.str1.8", "live too\0\0\0\0\0\0\0", 16);
    assert_contents(&o, ".rodata.cst4", "\2\0\0\0", 4);
    assert_int_equal(o.e.syms[symbol(&o, "live1")].value, 9);
    assert_int_equal(o.e.syms[symbol(&o, "live2")].value, 0);
    assert_int_equal(symbol(&o, "deads"), 0);
    object_close(&o);
    line_free(&l);
    must("ld.lld a2.o -o out && ld.bfd a2.o -o out");
}

static void address_significance_and_call_graph_follow_the_symbols(void **state)
{
    (void)state;
    static const char a[] = TEXT("_start") "call live\nret\n" TEXT("live") "ret\n" TEXT(
        "dead") "call live\nret\n" TEXT("dead2") "ret\n"
                                                 ".addrsig\n.addrsig_sym dead\n.addrsig_sym "
                                                 "live\n.addrsig_sym dead2\n.addrsig_sym _start\n"
                                                 ".cg_profile dead, live, 10\n.cg_profile _start, "
                                                 "live, 20\n.cg_profile dead, dead2, 30\n";
    struct line l;
    rewrite_asm(&l, "clang", a, NULL);
    line_free(&l);
    char *text = output_of("llvm-readobj-19 --addrsig --cg-profile a2.o");
    assert_non_null(strstr(text, "live"));
    assert_non_null(strstr(text, "_start"));
    assert_null(strstr(text, "dead"));
    assert_non_null(strstr(text, "Weight: 20"));
    free(text);
    must("ld.lld-19 a2.o -o out");
}

static void descriptions_by_link_order_go_with_their_section(void **state)
{
    (void)state;
    static const char a[] = TEXT("_start") "ret\n" TEXT(
        "dead") "ret\n"
                ".section .stack_sizes,\"o\",@progbits,.text._start\n.quad _start\n.byte 1\n"
                ".section .stack_sizes,\"o\",@progbits,.text.dead\n.quad dead\n.byte 2\n"
                ".section meta,\"ao\",@progbits,.text.dead\n.quad dead\n"
                ".section meta2,\"ao\",@progbits,.text._start\n.quad _start\n";
    struct line l;
    rewrite_asm(&l, "clang", a, NULL);
    line_free(&l);
    struct object o;
    object_open(&o, "a2.o");
    uint32_t sizes = section(&o, ".stack_sizes"); /* just one */
    assert_string_equal(rp_elf_shname(&o.e, o.e.shdrs[sizes].link), ".text._start");
    assert_int_equal(section(&o, "meta"), 0);
    assert_string_equal(rp_elf_shname(&o.e, o.e.shdrs[section(&o, "meta2")].link), ".text._start");
    object_close(&o);
    must("ld.lld a2.o -o out");
}

static void eh_frame_keeps_only_live_functions(void **state)
{
    (void)state;
    static const char a[] =
        TEXT("_start") ".cfi_startproc\n.cfi_lsda 0x1b, .Llsda\n.cfi_personality 0x1b, p\n"
                       "call f\nret\n.cfi_endproc\n" TEXT(
                           "dead") ".cfi_startproc\n.cfi_"
                                   "personality 0x1b, "
                                   "dead_p\nret\n.cfi_"
                                   "endproc\n" TEXT(
                                       "f") ".cfi_"
                                            "startproc"
                                            "\nret\n."
                                            "cfi_"
                                            "endproc"
                                            "\n" TEXT("p") "ret\n" TEXT(
                                                "dead_"
                                                "p") "r"
                                                     "e"
                                                     "t"
                                                     "\n"
                                                     "."
                                                     "s"
                                                     "e"
                                                     "c"
                                                     "t"
                                                     "i"
                                                     "o"
                                                     "n"
                                                     " "
                                                     "."
                                                     "g"
                                                     "c"
                                                     "c"
                                                     "_"
                                                     "e"
                                                     "x"
                                                     "c"
                                                     "e"
                                                     "p"
                                                     "t"
                                                     "_"
                                                     "t"
                                                     "a"
                                                     "b"
                                                     "l"
                                                     "e"
                                                     ","
                                                     "\"a\"\n.Llsda: .byte 255, 255, 1, 0\n";
    struct line l;
    rewrite_asm(&l, "gcc", a,
                TEXT("f2") ".cfi_startproc\nret\n.cfi_endproc\n.comm c,4\n"
                           ".section .note.x,\"a\",@note\n.long 0,0,0\n");
    line_free(&l);
    char *text = output_of("readelf --debug-dump=frames a2.o | grep -c 'FDE cie'");
    assert_string_equal(text, "2\n");
    free(text);
    text = output_of("readelf --debug-dump=frames a2.o | grep -c ' CIE'");
    assert_string_equal(text, "2\n");
    free(text);
    struct object o;
    object_open(&o, "a2.o");
    assert_int_equal(symbol(&o, "dead_p"), 0);
    assert_int_not_equal(section(&o, ".text.p"), 0);
    object_close(&o);
    object_open(&o, "b2.o");
    assert_int_equal(section(&o, ".eh_frame"), 0);
    object_close(&o);
    must("ld.bfd --eh-frame-hdr a2.o b2.o -o out && ld.lld --eh-frame-hdr a2.o b2.o -o out");
}

static void a_hidden_mention_still_hides(void **state)
{
    (void)state;
    struct line l;
    rewrite_asm(
        &l, "gcc",
        TEXT("_start") "call f\nret\n" TEXT("dead") ".hidden f\n.hidden g\ncall f\ncall g\nret\n",
        TEXT("f") "ret\n" TEXT("g") "ret\n");
    struct object o;
    object_open(&o, "a2.o");
    assert_int_equal(rp_sym_vis(&o.e.syms[symbol(&o, "f")]), STV_HIDDEN);
    assert_int_equal(symbol(&o, "g"), 0); /* its definition is gone */
    object_close(&o);
    line_free(&l);
}

static void unknown_section_types_leave_the_file_alone(void **state)
{
    (void)state;
    write_text("a.s",
               TEXT("_start") "ret\n" TEXT("dead") "ret\n"
                                                   ".section odd,\"\",@0x60000077\n.long 1\n");
    must("gcc -c a.s -o a.o");
    static const char *const words[] = {"-e", "_start", "a.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    assert_false(l.model.files.v[0].untouched); /* no links: bytes like others */
    assert_int_equal(l.plan.fate[0], RP_FATE_REWRITE);
    line_free(&l);

    /* give it a link to section 1 */
    must("python3 - <<'E'\n"
         "import struct\n"
         "d = bytearray(open('a.o', 'rb').read())\n"
         "off, = struct.unpack_from('<Q', d, 40); n, = struct.unpack_from('<H', d, 60)\n"
         "for i in range(n):\n"
         "    if struct.unpack_from('<I', d, off + 64 * i + 4)[0] == 0x60000077:\n"
         "        struct.pack_into('<I', d, off + 64 * i + 40, 1)\n"
         "open('a.o', 'wb').write(d)\n"
         "E");
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    assert_true(l.model.files.v[0].untouched);
    assert_int_equal(l.plan.fate[0], RP_FATE_UNCHANGED);
    line_free(&l);
}

static void objects_of_many_sections_use_extended_numbers(void **state)
{
    (void)state;
    enum { N = 140000 };
    FILE *f = fopen("a.s", "w");
    assert_non_null(f);
    fputs(".section .text._start,\"ax\"\n.globl _start\n_start: ret\n", f);
    for (int i = 0; i < N; i++)
        fprintf(f, ".section .t%d,\"ax\"\nf%d: %s%d\n", i, i, i + 2 < N ? "jmp f" : "nop #", i + 2);
    fputs(".section .text._start\njmp f0\n", f);
    fclose(f);
    must("as a.s -o a.o");
    static const char *const words[] = {"-e", "_start", "a.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(&l, "a.o", "a2.o");
    line_free(&l);
    struct object o;
    object_open(&o, "a2.o");
    uint32_t n = 0;
    for (uint32_t i = 1; i < o.e.n_sections; i++)
        n += o.e.shdrs[i].flags & SHF_EXECINSTR && o.e.shdrs[i].size;
    assert_int_equal(n, N / 2 + 1);
    assert_int_not_equal(o.e.symtab_shndx, 0);
    object_close(&o);
    must("eu-elflint -q --gnu-ld a2.o && ld.lld a2.o -o out");

    /* and back to ordinary numbers when few are left */
    must("sed -i 's/^jmp f0/nop/' a.s && as a.s -o a.o");
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(&l, "a.o", "a2.o");
    line_free(&l);
    object_open(&o, "a2.o");
    assert_int_equal(o.e.symtab_shndx, 0);
    assert_true(o.e.n_sections < 10);
    object_close(&o);
    must("eu-elflint -q --gnu-ld a2.o && ld.bfd a2.o -o out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_code_leaves_tombstones_in_debug_sections),
        cmocka_unit_test(tombstones_of_rel_sections_replace_the_addend),
        cmocka_unit_test(groups_live_and_die_whole_and_duplicates_become_references),
        cmocka_unit_test(weak_definition_that_lost_is_dropped_with_its_section),
        cmocka_unit_test(merged_strings_move_and_keep_their_alignment),
        cmocka_unit_test(address_significance_and_call_graph_follow_the_symbols),
        cmocka_unit_test(descriptions_by_link_order_go_with_their_section),
        cmocka_unit_test(eh_frame_keeps_only_live_functions),
        cmocka_unit_test(a_hidden_mention_still_hides),
        cmocka_unit_test(unknown_section_types_leave_the_file_alone),
        cmocka_unit_test(objects_of_many_sections_use_extended_numbers),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
