/* test_brackets.c: which symbols of a linker script keep which sections, and which do not.
 *
 * Each case gives the inside of SECTIONS and the brackets as "start,end: section section; …", in
 * the order of the script. The scripts are in the style of the Linux kernel, U-Boot, Zephyr, OSv
 * and newlib on Cortex-M.
 */
#include "script_help.h"

/* "a,b: .x .y; c: .z" sorted as found; statements with a file pattern as "file:.x". */
static void print_brackets(struct bench *b, char *buf, size_t size)
{
    struct rp_bracket *br = NULL;
    uint32_t n = 0;
    assert_int_equal(rp_script_brackets(&b->ctx, &b->link, b->s, &br, &n), REAP_OK);
    *buf = '\0';
    for (uint32_t i = 0; i < n; i++) {
        append(buf, size, i ? "; " : "");
        append(buf, size, br[i].symbols[0]);
        append(buf, size, br[i].symbols[1] ? "," : "");
        append(buf, size, br[i].symbols[1] ? br[i].symbols[1] : "");
        append(buf, size, ":");
        for (uint32_t k = 0; k < br[i].n_stmts; k++) {
            const struct rp_input_stmt *st = &b->s->stmts.v[br[i].first_stmt + k];
            for (uint32_t j = 0; j < st->n_sections; j++) {
                if (st->sections[j].generic)
                    continue;
                append(buf, size, " ");
                if (strcmp(st->file_glob, "*") != 0) {
                    append(buf, size, st->file_glob);
                    append(buf, size, ":");
                }
                append(buf, size, st->sections[j].glob);
            }
            if (st->n_sections == 0) {
                append(buf, size, " ");
                append(buf, size, st->file_glob);
            }
        }
    }
}

static void check(const char *inside, const char *want)
{
    struct bench b;
    char text[4000], got[4000];
    snprintf(text, sizeof text, "SECTIONS {\n%s\n}\n", inside);
    bench_script(&b, RP_LINKER_BFD, text);
    print_brackets(&b, got, sizeof got);
    if (strcmp(got, want) != 0)
        fail_msg("%s\n got: %s\nwant: %s", inside, got, want);
    bench_close(&b);
}

static void pairs_bracket_what_is_between_them(void **state)
{
    (void)state;
    check(".t : { __start_tab = .; *(.tab) *(.tab.*) __stop_tab = .; }",
          "__start_tab,__stop_tab: .tab .tab.*");
    check(".t : { __tab_start = .; KEEP(*(.tab)) __tab_end = .; }", "__tab_start,__tab_end: .tab");
    check(".t : { PROVIDE_HIDDEN(__init_array_start = .); KEEP(*(SORT(.init_array.*)))"
          " KEEP(*(.init_array)) PROVIDE_HIDDEN(__init_array_end = .); }",
          "__init_array_start,__init_array_end: .init_array.* .init_array");
    check(".t : { tabBegin = .; *(.tab) tabEnd = .; }", "tabBegin,tabEnd: .tab");
    check(".t : { TAB_FIRST = .; *(.tab) TAB_LAST = .; }", "TAB_FIRST,TAB_LAST: .tab");
    check(".t : { Image$$tab$$Base = .; *(.tab) Image$$tab$$Limit = .; }",
          "Image$$tab$$Base,Image$$tab$$Limit: .tab");
    check(
        ".t : { __begin_of_tab__ = ALIGN(8); *(.tab) . = ALIGN(8); __end_of_tab__ = ABSOLUTE(.); }",
        "__begin_of_tab__,__end_of_tab__: .tab");
    check(".t : { tab_low = . + 0; LONG(0) *(.tab) LONG(0) tab_high = .; }",
          "tab_low,tab_high: .tab");
}

static void pairs_reach_over_output_sections(void **state)
{
    (void)state;
    check("__a_start = .; .tab : { *(.tab) } __a_end = .;", "__a_start,__a_end: .tab");
    check("__a_begin = .; .t1 : { *(.t1) } .t2 : { *(.t2) } .t3 : { *(.t3) } __a_end = .;",
          "__a_begin,__a_end: .t1 .t2 .t3");
    check(".t1 : { __a_begin = .; *(.t1) } .t2 : { *(.t2) __a_end = .; }",
          "__a_begin,__a_end: .t1 .t2");
}

static void pairs_nest_as_initcall_levels_do(void **state)
{
    (void)state;
    check(".i : { __initcall_start = .; KEEP(*(.initcallearly.init))"
          " __initcall0_start = .; KEEP(*(.initcall0.init)) KEEP(*(.initcall0s.init))"
          " __initcall1_start = .; KEEP(*(.initcall1.init))"
          " __initcall_end = .; }",
          "__initcall_start,__initcall_end: .initcallearly.init .initcall0.init .initcall0s.init "
          ".initcall1.init; "
          "__initcall0_start: .initcallearly.init .initcall0.init .initcall0s.init; "
          "__initcall1_start: .initcall0.init .initcall0s.init .initcall1.init");
    check("initlevel : { __init_start = .; __init_EARLY_start = .; KEEP(*(SORT(.z_init_EARLY?_*)));"
          " __init_APP_start = .; KEEP(*(SORT(.z_init_APP?_*))); __init_end = .; }",
          "__init_start,__init_end: .z_init_EARLY?_* .z_init_APP?_*; "
          "__init_EARLY_start: .z_init_EARLY?_*; "
          "__init_APP_start: .z_init_EARLY?_* .z_init_APP?_*");
}

static void letters_pair_only_with_each_other(void **state)
{
    (void)state;
    check(".p : { __spercpu = .; *(.percpu) __epercpu = .; }",
          "__spercpu,__epercpu: .percpu; __spercpu: .percpu; __epercpu: .percpu");
    check(".p : { shell_cmds = .; *(.cmds) } .e : { *(.e) }", "shell_cmds: .cmds");
}

static void a_mark_alone_takes_both_sides_up_to_the_next_mark(void **state)
{
    (void)state;
    check(".t : { *(.a) foo_tab = .; *(.b) *(.c) other = .; *(.d) }",
          "foo_tab: .a .b .c; other: .b .c .d");
    check(".t : { foo_tab = .; foo_alias = .; *(.b) foo_lim_it = .; }",
          "foo_tab: .b; foo_alias: .b; foo_lim_it: .b");
    check(".t : { foo_tab = .; *(.b) } .u : { *(.c) }", "foo_tab: .b");
    check(".u : { *(.c) } .t : { *(.b) foo_tab_mark = .; }", "foo_tab_mark: .b");
}

static void a_start_without_end_reaches_over_the_border(void **state)
{
    (void)state;
    check(".x : { *(.x) __tab_start = .; } .tab : { *(.tab) } .y : { *(.y) }",
          "__tab_start: .x .tab .y");
    check("before = .; .tab : { *(.tab) } after = .; .y : { *(.y) } last_one = .;",
          "before: .tab; after: .tab .y; last_one: .y");
}

static void addresses_and_sizes_of_sections_are_marks(void **state)
{
    (void)state;
    check(".tab : { *(.tab) } __tab_at = ADDR(.tab); __tab_size = SIZEOF(.tab);"
          " __tab_load = LOADADDR(.tab);",
          "__tab_at: .tab; __tab_load: .tab; __tab_size: .tab");
    check("x_at = ADDR(.tab); .tab : { *(.a) *(.b) }", "x_at: .a .b");
    check(".tab : { *(.first) *(.data) *(.last) } a = ADDR(.tab); z = ADDR(.tab) + SIZEOF(.tab);",
          "a: .first; z: .last");
    check("x_at = ADDR(.nowhere); .tab : { *(.a) }", "");
}

static void computed_symbols_stand_for_their_marks(void **state)
{
    (void)state;
    check(".t : { __tab_start = .; *(.tab) __tab_end = .; }"
          " __tab_size = __tab_end - __tab_start; __n = __tab_size / 8;",
          "__tab_start,__tab_end: .tab; __tab_size: .tab; __n: .tab");
    check("early = late; .t : { mark_a = .; *(.tab) } late = mark_a;",
          "mark_a: .tab; late: .tab; early: .tab");
    check(".t : { __tab_start = .; *(.a) middle = .; *(.b) __size = . - __tab_start; } ",
          "__tab_start: .a; middle: .a .b; __size: .b; __size: .a");
}

static void overlays_have_load_marks(void **state)
{
    (void)state;
    check("OVERLAY 0x100 : { .ov1 { *(.ov1) } .ov2 { *(.ov2) } }",
          "__load_start_ov1,__load_stop_ov1: .ov1; __load_start_ov2,__load_stop_ov2: .ov2");
}

static void discarded_sections_are_left_out(void **state)
{
    (void)state;
    check("__t_start = .; .a : { *(.a) } /DISCARD/ : { *(.junk) inside = .; } .b : { *(.b) }"
          " __t_end = .;",
          "__t_start,__t_end: .a; __t_start,__t_end: .b");
    check("__t_start = .; /DISCARD/ : { *(.junk) } __t_end = .;", "");
}

/* The must-not-fire cases: bounds of text, data and bss keep none of it. */
static void regions_of_the_program_are_no_tables(void **state)
{
    (void)state;
    check("PROVIDE(__executable_start = 0x400000); . = 0x400000 + SIZEOF_HEADERS;"
          " __exe_start = .;"
          " .text : { _stext = .; *(.text.hot .text.hot.*) *(.text .stub .text.* .gnu.linkonce.t.*)"
          " _etext = .; } PROVIDE(etext = .);"
          " .rodata : { *(.rodata .rodata.* .gnu.linkonce.r.*) }"
          " .eh_frame : { KEEP(*(.eh_frame)) *(.eh_frame.*) }"
          " .data : { _data = .; _sdata = .; *(.data .data.* .gnu.linkonce.d.*) } _edata = .;"
          " PROVIDE(edata = .); . = .; __bss_start = .;"
          " .bss : { *(.dynbss) *(.bss .bss.* .gnu.linkonce.b.*) *(COMMON) } __bss_end = .;"
          " _end = .; PROVIDE(end = .);",
          "");
    check(".data : { _sdata = .; *(.vtable_data) *(.data) *(.data.*) *(.mine) _edata = .; }", "");
    check(".text : { KEEP(*(.vectors)) _stext = .; *(.text*) *(.glue_7) _etext = .; }", "");
    check("_sidata = LOADADDR(.data); .data : { *(.ramfunc) *(.data*) }", "");
    check("__init_begin = .; .init.text : { _sinittext = .; *(.init.text .init.text.*)"
          " _einittext = .; } .init.data : { *(.init.data) *(.data) } __init_end = .;",
          "");
}

static void specific_sections_at_the_marks_of_a_region_stay(void **state)
{
    (void)state;
    check(".d : { __own_start = .; *(.first) *(.data) *(.middle) *(.rodata) *(.last)"
          " __own_end = .; }",
          "__own_start: .first; __own_end: .last");
    /* not what is before the start or after the end */
    check(".d : { *(.before) __own_start = .; *(.data) __own_end = .; *(.after) }", "");
}

static void a_table_alone_between_two_regions_is_bracketed(void **state)
{
    (void)state;
    check(".data : { *(.data) _edata = .; } .tab : { *(.tab) } __bss_start = .;"
          " .bss : { *(.bss) }",
          "_edata: .tab; __bss_start: .tab");
}

static void a_mark_of_its_own_relieves_the_region(void **state)
{
    (void)state;
    check(".data : { *(.data) _edata = .; mine = .; *(.tab) } __bss_start = .;", "mine: .tab");
}

static void inner_tables_of_a_region_keep_their_own_brackets(void **state)
{
    (void)state;
    check(".rodata : { __start_rodata = .; *(.rodata) *(.rodata.*)"
          " __start___tracepoints_ptrs = .; KEEP(*(__tracepoints_ptrs))"
          " __stop___tracepoints_ptrs = .; *(__tracepoints_strings) } "
          " __ex_table : { __start___ex_table = .; KEEP(*(__ex_table)) __stop___ex_table = .; }"
          " __end_rodata = .;",
          "__start___tracepoints_ptrs,__stop___tracepoints_ptrs: __tracepoints_ptrs; "
          "__start___ex_table,__stop___ex_table: __ex_table");
}

static void generic_patterns_are_known_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *file, *glob;
        bool generic;
    } cases[] = {
        {"*", ".text", true},
        {"*", ".text.*", true},
        {"*", ".text*", true},
        {"*", ".text.[0-9a-zA-Z_]*", true},
        {"*", ".text.unlikely", true},
        {"*", ".text.unlikely.*", true},
        {"*", ".text.hot.*", true},
        {"*", ".text.startup*", true},
        {"*", ".text.mytable", false},
        {"*", ".text.mytable.*", false},
        {"*", ".text_mytable", false},
        {"*", ".textual", false},
        {"*", ".init.text", true},
        {"*", ".sched.text", true},
        {"*", ".data", true},
        {"*", ".data.*", true},
        {"*", ".data.rel.ro.local*", true},
        {"*", ".data.rel.*", true},
        {"*", ".data..L*", true},
        {"*", ".data.table", false},
        {"*", ".data..percpu", false},
        {"*", ".rodata.*", true},
        {"*", ".rodata.str1.1", true},
        {"*", ".rodata.str*", true},
        {"*", ".rodata.cst*", true},
        {"*", ".rodata.cmds*", false},
        {"*", ".bss*", true},
        {"*", ".bss.buffers", false},
        {"*", "COMMON", true},
        {"*", ".sdata.*", true},
        {"*", ".tbss.*", true},
        {"*", ".lrodata.*", true},
        {"*", ".gnu.linkonce.d.rel.ro.*", true},
        {"*", ".eh_frame", true},
        {"*", ".eh_frame.*", true},
        {"*", ".gcc_except_table.*", true},
        {"*", ".got.plt", true},
        {"*", ".plt.sec", true},
        {"*", ".init", true},
        {"*", ".init_array", false},
        {"*", ".init.setup", false},
        {"*", ".fini", true},
        {"*", ".rela.dyn", true},
        {"*", ".debug_info", true},
        {"*", "*", true},
        {"*", ".*", true},
        {"*", ".d*", true},
        {"*", "*.table", false},
        {"*.o", ".data*", true},
        {"*blob.o", ".data*", false},
        {"*blob.o", ".rodata", false},
        {"*blob.o", "*", false},
        {"*blob.o", ".text*", true},
        {"*libphy.a:", ".text.*", true},
        {"*libphy.a:", ".rodata", false},
        {"*", "__ex_table", false},
        {"*", ".initcall0.init", false},
        {"*", "._device.static.*_?_*", false},
        {"*", "shellCommand", false},
    };
    struct bench b;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "SECTIONS { .o : { \"%s\"(\"%s\") } }", cases[i].file,
                 cases[i].glob);
        bench_script(&b, RP_LINKER_BFD, text);
        if (b.s->stmts.v[0].sections[0].generic != cases[i].generic)
            fail_msg("%s(%s) is %sgeneric", cases[i].file, cases[i].glob,
                     cases[i].generic ? "not " : "");
        bench_close(&b);
    }
}

static void symbols_outside_of_sections_are_no_marks(void **state)
{
    (void)state;
    struct bench b;
    char got[500];
    bench_script(&b, RP_LINKER_BFD,
                 "a_start = 1; SECTIONS { .t : { *(.t) } } a_end = a_start + 1;");
    print_brackets(&b, got, sizeof got);
    assert_string_equal(got, "");
    bench_close(&b);
}

static void brackets_name_their_script_line(void **state)
{
    (void)state;
    struct bench b;
    struct rp_bracket *br = NULL;
    uint32_t n = 0;
    bench_script(&b, RP_LINKER_BFD, "SECTIONS { .t : {\n__t_start = .;\n*(.t)\n__t_end = .; } }");
    assert_int_equal(rp_script_brackets(&b.ctx, &b.link, b.s, &br, &n), REAP_OK);
    assert_int_equal(n, 1);
    assert_string_equal(br[0].script, "x.lds");
    assert_int_equal(br[0].line, 2);
    assert_int_equal(br[0].first_stmt, 0);
    assert_int_equal(br[0].n_stmts, 1);
    bench_close(&b);
}

static const char kernel_like[] =
    "OUTPUT_FORMAT(\"elf64-x86-64\") OUTPUT_ARCH(i386:x86-64) ENTRY(phys_startup)\n"
    "jiffies = jiffies_64;\n"
    "PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); percpu PT_LOAD FLAGS(6);\n"
    " init PT_LOAD FLAGS(7); note PT_NOTE FLAGS(0); }\n"
    "SECTIONS {\n"
    " . = (0xffffffff80000000 + ALIGN(0x1000000, 0x200000));\n"
    " phys_startup = ABSOLUTE(startup_64 - 0xffffffff80000000);\n"
    " .text : AT(ADDR(.text) - 0xffffffff80000000) {\n"
    "  _text = .; _stext = .; KEEP(*(.head.text))\n"
    "  . = ALIGN((1 << 12)); *(.text.hot .text.hot.*) *(.text .text.fixup)\n"
    "  *(.text.unlikely .text.unlikely.*) *(.ref.text) *(.text.asan.* .text.tsan.*)\n"
    "  . = ALIGN(8); __sched_text_start = .; *(.sched.text) __sched_text_end = .;\n"
    "  __entry_text_start = .; *(.entry.text) __entry_text_end = .;\n"
    "  *(.gnu.warning)\n"
    " } :text =0xcccccccc\n"
    " _etext = .; . = ALIGN((1 << 12));\n"
    " .rodata : AT(ADDR(.rodata) - 0xffffffff80000000) {\n"
    "  __start_rodata = .; *(.rodata) *(.rodata.*) *(.data..ro_after_init)\n"
    "  . = ALIGN(8); __start___tracepoints_ptrs = .; KEEP(*(__tracepoints_ptrs))\n"
    "  __stop___tracepoints_ptrs = .; *(__tracepoints_strings) }\n"
    " .pci_fixup : AT(ADDR(.pci_fixup) - 0xffffffff80000000) {\n"
    "  __start_pci_fixups_early = .; KEEP(*(.pci_fixup_early)) __end_pci_fixups_early = .;\n"
    "  __start_pci_fixups_final = .; KEEP(*(.pci_fixup_final)) __end_pci_fixups_final = .; }\n"
    " __ksymtab : { __start___ksymtab = .; KEEP(*(SORT(___ksymtab+*))) __stop___ksymtab = .; }\n"
    " __ex_table : { __start___ex_table = .; KEEP(*(__ex_table)) __stop___ex_table = .; } "
    ":text :note\n"
    " __end_rodata = .;\n"
    " .data : { _sdata = .; __start_init_task = .; init_stack = .; KEEP(*(.data..init_task))\n"
    "  . = __start_init_task + 0x4000; __end_init_task = .; *(.data..page_aligned)\n"
    "  *(.data .data.[0-9a-zA-Z_]*) CONSTRUCTORS } :data\n"
    " __bug_table : { __start___bug_table = .; KEEP(*(__bug_table)) __stop___bug_table = .; }\n"
    " _edata = .;\n"
    " __init_begin = .;\n"
    " .data..percpu 0 : AT(0) { __per_cpu_load = __per_cpu_start + 1; __per_cpu_start = .;\n"
    "  *(.data..percpu..first) . = ALIGN(64); *(.data..percpu) __per_cpu_end = .; } :percpu\n"
    " ASSERT(SIZEOF(.data..percpu) < 0x1000, \"percpu too large\")\n"
    " .init.text : { _sinittext = .; *(.init.text .init.text.*) _einittext = .; } :init\n"
    " .init.data : { *(.init.data init.data.*)\n"
    "  __setup_start = .; KEEP(*(.init.setup)) __setup_end = .;\n"
    "  __initcall_start = .; KEEP(*(.initcallearly.init)) __initcall0_start = .;\n"
    "  KEEP(*(.initcall0.init)) __initcall_end = .;\n"
    "  __irf_start = .; KEEP(*(.init.ramfs)) __irf_end = .; *(.rodata) }\n"
    " __init_end = .;\n"
    " .bss : { __bss_start = .; *(.bss..page_aligned) *(.dynbss) *(.bss .bss.[0-9a-zA-Z_]*)\n"
    "  *(COMMON) __bss_stop = .; }\n"
    " _end = .;\n"
    " .stab 0 : { *(.stab) } .debug_info 0 : { *(.debug_info .gnu.linkonce.wi.*) }\n"
    " /DISCARD/ : { *(.exit.text) *(.discard) *(.discard.*) *(.modinfo) }\n"
    "}\n"
    "ASSERT((_end - LOADADDR(.text) <= (1024 * 1024 * 1024)), \"kernel image bigger\");\n";

static void a_kernel_script_gives_its_tables_and_no_more(void **state)
{
    (void)state;
    struct bench b;
    char got[4000];
    bench_script(&b, RP_LINKER_BFD, kernel_like);
    print_brackets(&b, got, sizeof got);
    static const char *const want[] = {
        "__start___ex_table,__stop___ex_table: __ex_table",
        "__start___bug_table,__stop___bug_table: __bug_table",
        "__start_pci_fixups_early,__end_pci_fixups_early: .pci_fixup_early",
        "__start___tracepoints_ptrs,__stop___tracepoints_ptrs: __tracepoints_ptrs",
        "__start___ksymtab,__stop___ksymtab: ___ksymtab+*",
        "__setup_start,__setup_end: .init.setup",
        "__initcall_start,__initcall_end: .initcallearly.init .initcall0.init",
        "__irf_start,__irf_end: .init.ramfs",
        "__per_cpu_start,__per_cpu_end: .data..percpu..first .data..percpu",
        "__per_cpu_load: .data..percpu..first .data..percpu",
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        if (!strstr(got, want[i]))
            fail_msg("no '%s' in: %s", want[i], got);
    static const char *const not_marks[] = {
        "_text",      "_stext",      "_etext",         "_sdata",       "_edata",
        "_end",       "__bss_start", "__bss_stop",     "__init_begin", "__init_end",
        "_sinittext", "_einittext",  "__start_rodata", "__end_rodata", "jiffies"};
    struct rp_bracket *br = NULL;
    uint32_t n = 0;
    assert_int_equal(rp_script_brackets(&b.ctx, &b.link, b.s, &br, &n), REAP_OK);
    for (uint32_t k = 0; k < n; k++)
        for (size_t i = 0; i < sizeof not_marks / sizeof *not_marks; i++) {
            assert_string_not_equal(br[k].symbols[0], not_marks[i]);
            assert_true(!br[k].symbols[1] || strcmp(br[k].symbols[1], not_marks[i]) != 0);
        }
    bench_close(&b);
}

static void embedded_scripts_are_understood(void **state)
{
    (void)state;
    /* newlib on Cortex-M */
    check(".isr_vector : { . = ALIGN(4); KEEP(*(.isr_vector)) . = ALIGN(4); } >FLASH\n"
          " .text : { *(.text) *(.text*) *(.glue_7) KEEP(*(.init)) _etext = .; } >FLASH\n"
          " .ARM.extab : { *(.ARM.extab* .gnu.linkonce.armextab.*) } >FLASH\n"
          " .ARM : { __exidx_start = .; *(.ARM.exidx*) __exidx_end = .; } >FLASH\n"
          " .fini_array : { PROVIDE_HIDDEN(__fini_array_start = .); KEEP(*(SORT(.fini_array.*)))\n"
          "  PROVIDE_HIDDEN(__fini_array_end = .); } >FLASH\n"
          " _sidata = LOADADDR(.data);\n"
          " .data : { _sdata = .; *(.data) *(.data*) *(.RamFunc) _edata = .; } >RAM AT> FLASH\n"
          " .bss : { _sbss = .; __bss_start__ = _sbss; *(.bss) *(.bss*) *(COMMON) _ebss = .;\n"
          "  __bss_end__ = _ebss; } >RAM\n"
          " ._user_heap_stack : { PROVIDE(end = .); . = . + _Min_Heap_Size; } >RAM\n"
          " /DISCARD/ : { libc.a(*) libm.a:*(*) libgcc.a(*) }\n"
          " .ARM.attributes 0 : { *(.ARM.attributes) }",
          "__fini_array_start,__fini_array_end: .fini_array.*");
    /* Zephyr */
    check(
        "device_area : SUBALIGN(4) { _device_list_start = .; KEEP(*(SORT(._device.static.*_?_*)));"
        " KEEP(*(SORT(._device.static.*_??_*))); _device_list_end = .; } > FLASH\n"
        " _k_p4wq_area : { __k_p4wq_list_start = .; KEEP(*(SORT_BY_NAME(.k_p4wq.*)));"
        " __k_p4wq_list_end = .; }",
        "_device_list_start,_device_list_end: ._device.static.*_?_* ._device.static.*_??_*; "
        "__k_p4wq_list_start,__k_p4wq_list_end: .k_p4wq.*");
    /* U-Boot */
    check(".text : { *(.__image_copy_start) *(.vectors) arch/arm/cpu/start.o (.text*) *(.text*) }\n"
          " .u_boot_list : { KEEP(*(SORT(.u_boot_list*))); }\n"
          " .image_copy_end : { *(.__image_copy_end) }\n"
          " .rel_dyn_start : { *(.__rel_dyn_start) } .rel.dyn : { *(.rel*) }\n"
          " _image_binary_end = .; .bss : { *(.bss*) }",
          "");
    /* OSv */
    check(".tracepoint_patch_sites ALIGN(8) : { __tracepoint_patch_sites_start = .;"
          " *(.tracepoint_patch_sites) __tracepoint_patch_sites_end = .; } :text\n"
          " .percpu : { _percpu_start = .; *(.percpu) . = ALIGN(4096); _percpu_end = .; }\n"
          " .percpu_workers : { _percpu_workers_start = .; *(.percpu_workers)"
          " _percpu_workers_end = .; }\n"
          " _percpu_sec_size = SIZEOF(.percpu);",
          "__tracepoint_patch_sites_start,__tracepoint_patch_sites_end: .tracepoint_patch_sites; "
          "_percpu_start,_percpu_end: .percpu; "
          "_percpu_workers_start,_percpu_workers_end: .percpu_workers; "
          "_percpu_sec_size: .percpu");
}

static void many_marks_cost_linear_time(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct bench b;
    struct rp_bracket *br = NULL;
    uint32_t n = 0;
    char *text = malloc(N * 40), *to = text;
    assert_non_null(text);
    to += sprintf(to, "SECTIONS { .t : {\n");
    for (int i = 0; i < N; i++)
        to += sprintf(to, "m%d = .;\n", i);
    for (int i = 0; i < N; i++)
        to += sprintf(to, "*(.s%d)\n", i);
    sprintf(to, "} }");
    bench_script(&b, RP_LINKER_BFD, text);
    assert_int_equal(rp_script_brackets(&b.ctx, &b.link, b.s, &br, &n), REAP_OK);
    assert_int_equal(n, N);
    assert_int_equal(br[N - 1].n_stmts, N);
    assert_int_equal(rp_script_match(b.s, "a.o", NULL, ".s99999", 0, NULL), 99999);
    bench_close(&b);
    free(text);
}

/* Computed symbols that multiply brackets without end are refused, not computed. */
static void multiplying_brackets_are_refused(void **state)
{
    (void)state;
    enum { N = 3000 };
    struct bench b;
    struct rp_bracket *br = NULL;
    uint32_t n = 0;
    char *text = malloc(N * 60), *to = text;
    assert_non_null(text);
    to += sprintf(to, "SECTIONS { .t : {\n");
    for (int i = 0; i < N; i++)
        to += sprintf(to, "m%d = .; *(.s%d)\n", i, i);
    to += sprintf(to, "}\n all = 0");
    for (int i = 0; i < N; i++)
        to += sprintf(to, "+m%d", i);
    to += sprintf(to, ";\n");
    for (int i = 0; i < N; i++)
        to += sprintf(to, "all%d = all;\n", i);
    sprintf(to, "}");
    bench_script(&b, RP_LINKER_BFD, text);
    assert_int_equal(rp_script_brackets(&b.ctx, &b.link, b.s, &br, &n), REAP_ERR_INPUT);
    assert_string_equal(b.seen.code, "script-brackets");
    bench_close(&b);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_bracket_what_is_between_them),
        cmocka_unit_test(pairs_reach_over_output_sections),
        cmocka_unit_test(pairs_nest_as_initcall_levels_do),
        cmocka_unit_test(letters_pair_only_with_each_other),
        cmocka_unit_test(a_mark_alone_takes_both_sides_up_to_the_next_mark),
        cmocka_unit_test(a_start_without_end_reaches_over_the_border),
        cmocka_unit_test(addresses_and_sizes_of_sections_are_marks),
        cmocka_unit_test(computed_symbols_stand_for_their_marks),
        cmocka_unit_test(overlays_have_load_marks),
        cmocka_unit_test(discarded_sections_are_left_out),
        cmocka_unit_test(regions_of_the_program_are_no_tables),
        cmocka_unit_test(specific_sections_at_the_marks_of_a_region_stay),
        cmocka_unit_test(a_table_alone_between_two_regions_is_bracketed),
        cmocka_unit_test(a_mark_of_its_own_relieves_the_region),
        cmocka_unit_test(inner_tables_of_a_region_keep_their_own_brackets),
        cmocka_unit_test(generic_patterns_are_known_by_name),
        cmocka_unit_test(symbols_outside_of_sections_are_no_marks),
        cmocka_unit_test(brackets_name_their_script_line),
        cmocka_unit_test(a_kernel_script_gives_its_tables_and_no_more),
        cmocka_unit_test(embedded_scripts_are_understood),
        cmocka_unit_test(many_marks_cost_linear_time),
        cmocka_unit_test(multiplying_brackets_are_refused),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
