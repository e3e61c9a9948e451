/* test_image_fill.c: dead code of a linked image becomes traps or zeros, and nothing else changes;
 * what is stripped leaves a program that runs and pleases eu-elflint.
 *
 * The atoms and the marks are made here, from the symbol table and a list of names, so that only
 * the filler is under test.
 */
#include "elf_support.h"

#include "image/fill.h"
#include "pass/tripwire.h"
#include "util/checked.h"

#include <fcntl.h>
#include <sys/stat.h>

/* dead_calls has a call within it that a patching kernel would verify (at dead_call_site). The page
 * of dead_wide lies between two dead functions, with padding on both sides. */
static const char source[] =
    ".text\n.globl _start\n.type _start,@function\n"
    "_start: call live\n mov %eax,%edi\n mov $60,%eax\n syscall\n.size _start,.-_start\n"
    ".globl dead_global\n.type dead_global,@function\n"
    "dead_global: mov $value,%edi\n call live\n call dead_calls\n ret\n"
    ".size dead_global,.-dead_global\n"
    ".p2align 4\n.globl live\n.type live,@function\n"
    "live: mov value(%rip),%eax\n ret\n.size live,.-live\n"
    ".p2align 4\n.globl dead_calls\n.type dead_calls,@function\n"
    "dead_calls: push %rbx\n"
    "dead_call_site: call live\n pop %rbx\n jmp dead_global\n .skip 20,0x90\n"
    ".size dead_calls,.-dead_calls\n"
    ".p2align 4\n.type dead_tiny,@function\n"
    "dead_tiny: ret\n.size dead_tiny,.-dead_tiny\n"
    ".p2align 12\n.type dead_wide,@function\n"
    "dead_wide: .skip 20001,0x91\n.size dead_wide,.-dead_wide\n"
    ".p2align 5\n.type dead_last,@function\n"
    "dead_last: .skip 4000,0x92\n.size dead_last,.-dead_last\n"
    ".data\n.globl value\n.type value,@object\nvalue: .long 42\n.size value,4\n"
    ".type dead_data,@object\ndead_data: .quad dead_global,live\n.size dead_data,16\n"
    ".section .note.GNU-stack,\"\",@progbits\n";

static const char *const dead_names[] = {"dead_global", "dead_calls", "dead_tiny",
                                         "dead_wide",   "dead_last",  "dead_data"};

struct scene {
    struct rp_model m;
    struct rp_image im;
    struct rp_marks marks;
};

/* --- a model by hand -------------------------------------------------------------------------- */

struct named {
    uint64_t offset, size;
    uint32_t sym;
};

static int by_offset(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void add_node(struct scene *s, rp_id section, uint32_t kind, uint64_t offset, uint64_t size)
{
    struct rp_section *sec = &s->m.sections[section];
    if (!size)
        return;
    if (!sec->n_nodes++)
        sec->node = (rp_id)s->m.nodes.n;
    assert_true(rp_vec_push(&s->m.nodes, (struct rp_node){section, kind, offset, size}));
}

/* Functions and objects of a section, and the gaps between them. */
static void split_section(struct scene *s, rp_id section)
{
    const struct rp_elf *e = s->im.e;
    struct named v[64];
    size_t n = 0;
    uint64_t at = 0;
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (rp_sym_shndx(e, i) == rp_section_no(&s->m, section) && e->syms[i].size && n < 64)
            v[n++] = (struct named){e->syms[i].value, e->syms[i].size, i};
    qsort(v, n, sizeof *v, by_offset);
    for (size_t i = 0; i < n; i++) {
        add_node(s, section, RP_NODE_GAP, at, v[i].offset - at);
        add_node(s, section, RP_NODE_ATOM, v[i].offset, v[i].size);
        at = v[i].offset + v[i].size;
    }
    add_node(s, section, RP_NODE_GAP, at, rp_shdr_of(&s->m, section)->size - at);
}

static uint64_t addr_of(const struct scene *s, const char *name, rp_id *ret_node)
{
    const struct rp_elf *e = s->im.e;
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (!strcmp(rp_elf_symname(e, i), name)) {
            uint64_t addr = e->shdrs[rp_sym_shndx(e, i)].addr + e->syms[i].value;
            if (ret_node)
                *ret_node = rp_image_node_at(&s->im, addr);
            return addr;
        }
    return 0;
}

static void open_scene(struct scene *s, const char *path)
{
    memset(s, 0, sizeof *s);
    rp_model_init(&s->m, &ctx);
    assert_int_equal(rp_image_open(&ctx, path, &s->m, &s->im), REAP_OK);
    assert_true(rp_vec_push(&s->m.nodes, (struct rp_node){0}));
    for (uint32_t i = 0; i < s->im.n_sections; i++)
        split_section(s, s->im.sections[i]);
    for (size_t i = 0; i < s->m.nodes.n; i++) {
        struct rp_atom atom = {0};
        rp_id section = s->m.nodes.v[i].section;
        if (section && (rp_shdr_of(&s->m, section)->flags & SHF_EXECINSTR))
            atom.flags = RP_ATOM_CODE;
        assert_true(rp_vec_push(&s->im.atoms, atom));
    }
    s->marks.live = malloc(s->m.nodes.n);
    memset(s->marks.live, 1, s->m.nodes.n);
    for (size_t i = 0; i < sizeof dead_names / sizeof *dead_names; i++) {
        rp_id node = 0;
        if (addr_of(s, dead_names[i], &node)) /* it may have been stripped */
            s->marks.live[node] = 0;
    }
}

static void close_scene(struct scene *s)
{
    free(s->marks.live);
    rp_image_close(&s->im);
    rp_model_free(&s->m);
}

static void link_image(const char *path, const char *flags)
{
    spit("image.s", source, sizeof source - 1);
    assert_int_equal(run("gcc -c image.s -o image.o && ld -q %s image.o -o %s", flags, path), 0);
}

static struct rp_fill_result fill(const char *in, const struct rp_fill_options *o, const char *out)
{
    struct scene s;
    struct rp_fill_result r;
    open_scene(&s, in);
    assert_int_equal(rp_image_fill(&s.im, &s.marks, o, out, &r), REAP_OK);
    close_scene(&s);
    return r;
}

static const uint8_t *at_addr(const struct scene *s, const struct blob *b, uint64_t addr)
{
    const struct rp_shdr *sh = rp_shdr_of(&s->m, rp_image_section_at(&s->im, addr));
    return b->p + sh->offset + (addr - sh->addr);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void traps_name_their_node(void **state)
{
    (void)state;
    struct scene s;
    struct rp_fill_result r;
    link_image("in", "");
    open_scene(&s, "in");
    assert_int_equal(rp_image_fill(&s.im, &s.marks, &(struct rp_fill_options){0}, "out", &r),
                     REAP_OK);
    struct blob b = slurp("out");
    uint64_t sum = 0;
    for (size_t i = 0; i < 5; i++) {
        rp_id node = 0;
        uint64_t addr = addr_of(&s, dead_names[i], &node), n = s.m.nodes.v[node].size;
        uint32_t id = 0;
        const uint8_t *p = at_addr(&s, &b, addr);
        sum += n;
        assert_true(rp_fill_is_filled(EM_X86_64, p, n));
        if (n < RP_TRAP_BYTES)
            assert_int_equal(p[0], 0xcc);
        else
            assert_true(rp_trap_id(EM_X86_64, p, &id) && id == node);
    }
    assert_int_equal(r.n_code, 5);
    assert_int_equal(r.code_bytes, sum);
    assert_int_equal(r.n_data, 0);
    assert_int_equal(r.n_data_left, 1);
    assert_int_equal(r.data_left_bytes, 16);
    assert_int_equal(r.n_filled_before, 0);
    assert_int_equal(r.n_relocs, 4); /* three calls and an address; gas resolves the jump */
    assert_int_equal(run("./in; test $? = 42 && ./out; test $? = 42"), 0);
    free(b.p);
    rp_fill_result_free(&r);
    close_scene(&s);
}

/* Every byte that differs lies in a dead function, or is the type of a relocation for one. */
static void everything_else_is_the_input(void **state)
{
    (void)state;
    struct scene s;
    link_image("in", "");
    rp_fill_result_free(&(struct rp_fill_result){0});
    struct rp_fill_result r = fill("in", &(struct rp_fill_options){0}, "out");
    struct blob a = slurp("in"), b = slurp("out");
    open_scene(&s, "in");
    assert_int_equal(a.n, b.n);
    uint64_t changed_relocs = 0;
    for (uint64_t i = 0; i < a.n; i++) {
        if (a.p[i] == b.p[i])
            continue;
        bool allowed = false;
        for (uint32_t k = 1; k < s.im.e->n_sections; k++) {
            const struct rp_shdr *sh = &s.im.e->shdrs[k];
            if (sh->type == SHT_NOBITS || i < sh->offset || i - sh->offset >= sh->size)
                continue;
            uint64_t off = i - sh->offset;
            rp_id node = rp_image_node_at(&s.im, sh->addr + off);
            if (sh->type == SHT_RELA && off % 24 >= 8) {
                allowed = true;
                const uint8_t *rec = b.p + sh->offset + off / 24 * 24;
                assert_int_equal(rp_load64(rec + 8), 0);
                rp_id at = rp_image_node_at(&s.im, rp_load64(rec));
                assert_int_equal(s.marks.live[at], 0);
                changed_relocs++;
            } else if ((sh->flags & SHF_EXECINSTR) && node) {
                allowed = !s.marks.live[node];
            }
        }
        assert_true(allowed);
    }
    assert_true(changed_relocs > 0);
    free(a.p);
    free(b.p);
    rp_fill_result_free(&r);
    close_scene(&s);
}

static void verified_bytes_stay(void **state)
{
    (void)state;
    struct scene s;
    struct rp_fill_result r;
    link_image("in", "");
    open_scene(&s, "in");
    rp_id node = 0;
    uint64_t addr = addr_of(&s, "dead_calls", &node), site = addr_of(&s, "dead_call_site", NULL);
    struct rp_image_range ranges[] = {{addr - 3, 2}, {site, 5}, {site + 5 + 18, 0}};
    for (size_t i = 0; i < 3; i++)
        assert_true(rp_vec_push(&s.im.verified, ranges[i]));
    assert_int_equal(rp_image_fill(&s.im, &s.marks, &(struct rp_fill_options){0}, "out", &r),
                     REAP_OK);
    assert_int_equal(r.protected_bytes, 5);
    assert_int_equal(r.n_relocs, 3); /* the call keeps its own */
    struct blob a = slurp("in"), b = slurp("out");
    assert_memory_equal(at_addr(&s, &a, site), at_addr(&s, &b, site), 5);
    assert_int_equal(*at_addr(&s, &b, addr), 0xcc);
    uint32_t id = 0;
    assert_true(rp_trap_id(EM_X86_64, at_addr(&s, &b, site + 5), &id));
    assert_int_equal(id, node);
    free(a.p);
    free(b.p);
    rp_fill_result_free(&r);
    close_scene(&s);
}

static void a_second_run_changes_nothing(void **state)
{
    (void)state;
    static const struct rp_fill_options options[] = {
        {0},
        {.zero = true},
        {.data = true},
        {.strip_dead_symbols = true},
        {.zero = true, .data = true, .strip_dead_symbols = true}};
    link_image("in", "");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct rp_fill_result r = fill("in", &options[i], "once");
        struct rp_fill_result t = fill("once", &options[i], "twice");
        assert_int_equal(r.n_filled_before, 0);
        assert_int_equal(t.n_filled_before, t.n_code + t.n_data);
        if (!options[i].strip_dead_symbols) {
            assert_int_equal(t.n_code, r.n_code);
            assert_int_equal(t.code_bytes, r.code_bytes);
        }
        assert_int_equal(t.n_relocs, 0);
        assert_int_equal(run("cmp once twice"), 0);
        rp_fill_result_free(&r);
        rp_fill_result_free(&t);
    }
}

static void zeros_make_whole_pages(void **state)
{
    (void)state;
    struct scene s;
    link_image("in", "");
    struct rp_fill_result r = fill("in", &(struct rp_fill_options){.zero = true}, "out");
    open_scene(&s, "in");
    struct blob b = slurp("out");
    uint64_t wide = addr_of(&s, "dead_wide", NULL), last = addr_of(&s, "dead_last", NULL);
    assert_int_equal(wide % 4096, 0);
    assert_int_equal(r.n_pages[0], (last + 4000) / 4096 - wide / 4096);
    assert_int_equal(r.n_pages[1], 0);
    assert_int_equal(r.pages.n, 1);
    assert_int_equal(r.pages.v[0].addr, wide);
    assert_int_equal(r.pages.v[0].size, r.n_pages[0] * 4096);
    for (uint64_t at = wide; at < last + 4000; at++) /* the padding between both, too */
        assert_int_equal(*at_addr(&s, &b, at), 0);
    struct stat sb;
    assert_int_equal(stat("out", &sb), 0);
    if (r.punched) /* a file system may not be able to */
        assert_true((uint64_t)sb.st_blocks * 512 + r.punched <= b.n + 8192);
    assert_int_equal(run("./out; test $? = 42"), 0);
    free(b.p);
    rp_fill_result_free(&r);
    close_scene(&s);
}

static void traps_leave_padding(void **state)
{
    (void)state;
    struct scene s;
    link_image("in", "");
    struct rp_fill_result r = fill("in", &(struct rp_fill_options){0}, "out");
    open_scene(&s, "in");
    struct blob a = slurp("in"), b = slurp("out");
    uint64_t end = addr_of(&s, "dead_wide", NULL) + 20001, last = addr_of(&s, "dead_last", NULL);
    assert_true(last > end);
    assert_memory_equal(at_addr(&s, &a, end), at_addr(&s, &b, end), last - end);
    free(a.p);
    free(b.p);
    rp_fill_result_free(&r);
    close_scene(&s);
}

static void dead_data_becomes_zeros_when_asked(void **state)
{
    (void)state;
    struct scene s;
    link_image("in", "");
    struct rp_fill_result r = fill("in", &(struct rp_fill_options){.data = true}, "out");
    open_scene(&s, "in");
    struct blob b = slurp("out");
    assert_int_equal(r.n_data, 1);
    assert_int_equal(r.data_bytes, 16);
    assert_int_equal(r.n_relocs, 6);
    for (int i = 0; i < 16; i++)
        assert_int_equal(at_addr(&s, &b, addr_of(&s, "dead_data", NULL))[i], 0);
    assert_int_equal(*at_addr(&s, &b, addr_of(&s, "value", NULL)), 42);
    free(b.p);
    rp_fill_result_free(&r);
    close_scene(&s);
}

/* Names that a relocation which stays (dead_data's) refers to stay. */
static void dead_symbols_go(void **state)
{
    (void)state;
    static const struct {
        struct rp_fill_options o;
        const char *gone, *there;
    } cases[] = {
        {{.strip_dead_symbols = true},
         "dead_calls|dead_tiny|dead_wide|dead_last|dead_call_site",
         "dead_global|dead_data|live|value|_start|_edata|__bss_start"},
        {{.strip_dead_symbols = true, .data = true},
         "dead_global|dead_calls|dead_tiny|dead_wide|dead_last|dead_data",
         "live|value|_start|_edata"},
        {{.strip_relocs = true}, "\\.rela", "dead_global|dead_tiny|live"},
        {{.strip_dead_symbols = true, .strip_relocs = true},
         "dead_global|dead_calls|dead_tiny|dead_wide|\\.rela",
         "dead_data|live|value|_start"},
        {{.strip_dead_symbols = true, .strip_relocs = true, .data = true, .zero = true},
         "dead_|\\.rela",
         "live|value|_start"},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        bool debug = i & 1;
        if (debug)
            assert_int_equal(run("gcc -g -c image.s -o image.o && ld -q image.o -o in"), 0);
        else
            link_image("in", "");
        struct rp_fill_result r = fill("in", &cases[i / 2].o, "out");
        assert_int_equal(run("eu-elflint --gnu-ld -q in && eu-elflint --gnu-ld -q out"), 0);
        assert_int_equal(run("readelf -SsrW out >all"), 0);
        if (!debug || cases[i / 2].o.strip_relocs) /* .rela.debug_info names functions, too */
            assert_int_equal(run("! grep -Eqw '%s' all", cases[i / 2].gone), 0);
        assert_int_equal(
            run("for n in $(echo '%s' | tr '|' ' '); do grep -qw $n all || exit 1; done",
                cases[i / 2].there),
            0);
        /* no warning, and what stays is read as before */
        assert_int_equal(run("readelf -aW out 2>&1 >/dev/null | grep . ; test $? = 1"), 0);
        assert_int_equal(run("readelf -lW in >a; readelf -lW out >b; sed -i '/Section to/,$d' a b; "
                             "cmp a b"),
                         0);
        assert_int_equal(run("./out; test $? = 42"), 0);
        assert_true(r.size_after < r.size_before);
        struct stat sb;
        assert_int_equal(stat("out", &sb), 0);
        assert_int_equal((uint64_t)sb.st_size, r.size_after);
        assert_int_equal(sb.st_mode & 0111, 0111);
        rp_fill_result_free(&r);
    }
}

/* Each relocation that stays names what it named. */
static void relocations_follow_their_symbols(void **state)
{
    (void)state;
    link_image("in", "");
    struct rp_fill_result r =
        fill("in", &(struct rp_fill_options){.strip_dead_symbols = true}, "out");
    assert_int_equal(run("readelf -rW in | grep R_X86_64_P | awk '{print $1,$3,$5,$6,$7}' >a;"
                         "readelf -rW out | grep R_X86_64_P | awk '{print $1,$3,$5,$6,$7}' >b;"
                         "readelf -rW in | grep R_X86_64_64 | awk '{print $1,$3,$5,$6,$7}' >>a;"
                         "readelf -rW out | grep R_X86_64_64 | awk '{print $1,$3,$5,$6,$7}' >>b;"
                         "test -s b && ! grep -vxFf a b"),
                     0);
    rp_fill_result_free(&r);
}

static void aarch64_words_are_filled_whole(void **state)
{
    (void)state;
    static const char arm[] =
        ".text\n.globl _start\n.type _start,%function\n_start: bl live\n mov x8,#93\n svc #0\n"
        ".size _start,.-_start\n.globl live\n.type live,%function\nlive: mov x0,#42\n ret\n"
        ".size live,.-live\n.type dead_calls,%function\ndead_calls: nop\n nop\n bl live\n ret\n "
        "nop\n"
        ".size dead_calls,.-dead_calls\n.type dead_tiny,%function\ndead_tiny: ret\n"
        ".size dead_tiny,.-dead_tiny\n";
    struct scene s;
    struct rp_fill_result r;
    spit("arm.s", arm, sizeof arm - 1);
    assert_int_equal(run("aarch64-linux-gnu-gcc -c arm.s -o arm.o && "
                         "aarch64-linux-gnu-ld -q arm.o -o arm"),
                     0);
    open_scene(&s, "arm");
    rp_id node = 0;
    uint64_t addr = addr_of(&s, "dead_calls", &node);
    assert_true(rp_vec_push(&s.im.verified, (struct rp_image_range){addr + 4, 1}));
    assert_int_equal(rp_image_fill(&s.im, &s.marks, &(struct rp_fill_options){0}, "out", &r),
                     REAP_OK);
    assert_int_equal(r.protected_bytes, 4);
    assert_int_equal(r.code_bytes, 16 + 4);
    struct blob b = slurp("out");
    uint32_t id = 0;
    assert_int_equal(rp_load32(at_addr(&s, &b, addr)), 0x5250);
    assert_int_equal(rp_load32(at_addr(&s, &b, addr + 4)), 0xd503201f);
    assert_true(rp_trap_id(EM_AARCH64, at_addr(&s, &b, addr + 8), &id));
    assert_int_equal(id, node);
    assert_int_equal(run("eu-elflint --gnu-ld arm >a; eu-elflint --gnu-ld out >b; cmp a b"), 0);
    free(b.p);
    rp_fill_result_free(&r);
    close_scene(&s);
}

static void failure_leaves_nothing_behind(void **state)
{
    (void)state;
    struct scene s;
    struct rp_fill_result r;
    link_image("in", "");
    open_scene(&s, "in");
    assert_int_equal(
        rp_image_fill(&s.im, &s.marks, &(struct rp_fill_options){0}, "no/such/folder/out", &r),
        REAP_ERR_IO);
    assert_int_equal(run("rm -rf full; mkdir full; test $(ls -A full | wc -l) = 0"), 0);
    assert_int_equal(rp_image_fill(&s.im, &s.marks, &(struct rp_fill_options){0}, "/dev/full", &r),
                     REAP_ERR_IO);
    assert_int_equal(rp_image_fill(&s.im, &s.marks, &(struct rp_fill_options){0}, NULL, &r),
                     REAP_OK);
    assert_int_equal(r.n_code, 5);
    assert_int_equal(run("test $(ls -A . | grep -c '^[.]reap') = 0"), 0);
    rp_fill_result_free(&r);
    close_scene(&s);
}

/* As the commands say, within what headers and versions of the packers make. */
static void sizes_are_those_of_the_commands(void **state)
{
    (void)state;
    struct scene s;
    link_image("in", "");
    struct rp_fill_result r =
        fill("in", &(struct rp_fill_options){.zero = true, .sizes = true}, "out");
    assert_true(r.has_sizes);
    static const char *const commands[RP_N_PACKS] = {"cat", "gzip -9n", "xz -6 -T1", "zstd -19 -c"};
    for (int which = 0; which < 2; which++) {
        struct blob b = slurp(which ? "out" : "in");
        open_scene(&s, "in");
        FILE *f = fopen("loaded", "wb");
        const uint8_t *ph = b.p + rp_load64(b.p + 32);
        for (unsigned i = 0; i < rp_load16(b.p + 56); i++, ph += 56)
            if (rp_load32(ph) == PT_LOAD)
                fwrite(b.p + rp_load64(ph + 8), 1, rp_load64(ph + 32), f);
        fclose(f);
        for (int p = 0; p < RP_N_PACKS; p++) {
            uint64_t have = which ? r.sizes.after[p] : r.sizes.before[p];
            if (p == RP_PACK_ZSTD && !have)
                continue;
            assert_int_equal(run("%s <loaded | wc -c >n", commands[p]), 0);
            struct blob n = slurp("n");
            uint64_t want = 0;
            for (size_t i = 0; i < n.n && n.p[i] >= '0' && n.p[i] <= '9'; i++)
                want = want * 10 + (uint64_t)(n.p[i] - '0');
            free(n.p);
            assert_true(want > 0);
            if (p == RP_PACK_RAW)
                assert_int_equal(have, want);
            assert_true(have <= want + want / 20 + 16 && want <= have + have / 20 + 16);
        }
        free(b.p);
        close_scene(&s);
    }
    assert_true(r.sizes.after[RP_PACK_GZIP] < r.sizes.before[RP_PACK_GZIP]);
    rp_fill_result_free(&r);
}

static void what_is_filled_is_recognised(void **state)
{
    (void)state;
    static const uint16_t machines[] = {EM_X86_64, EM_AARCH64};
    uint8_t code[32];
    for (size_t i = 0; i < 2; i++)
        for (uint64_t n = machines[i] == EM_AARCH64 ? 4 : 1; n <= sizeof code;
             n += machines[i] == EM_AARCH64 ? 4 : 1) {
            rp_trap_fill(machines[i], 0x1234567, code, n);
            assert_true(rp_fill_is_filled(machines[i], code, n));
            code[machines[i] == EM_X86_64 ? n - 1 : 0] ^= 0x40;
            assert_false(rp_fill_is_filled(machines[i], code, n));
            memset(code, 0, n);
            assert_true(rp_fill_is_filled(machines[i], code, n));
        }
    assert_false(rp_fill_is_filled(EM_X86_64, code, 0));
    /* two atoms with padding between them, after their symbols were stripped */
    memset(code, 0x90, sizeof code);
    rp_trap_fill(EM_X86_64, 7, code, 11);
    rp_trap_fill(EM_X86_64, 8, code + 16, 9);
    assert_true(rp_fill_is_filled(EM_X86_64, code, sizeof code));
    memset(code, 0x90, sizeof code);
    assert_false(rp_fill_is_filled(EM_X86_64, code, sizeof code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traps_name_their_node),
        cmocka_unit_test(everything_else_is_the_input),
        cmocka_unit_test(verified_bytes_stay),
        cmocka_unit_test(a_second_run_changes_nothing),
        cmocka_unit_test(zeros_make_whole_pages),
        cmocka_unit_test(traps_leave_padding),
        cmocka_unit_test(dead_data_becomes_zeros_when_asked),
        cmocka_unit_test(dead_symbols_go),
        cmocka_unit_test(relocations_follow_their_symbols),
        cmocka_unit_test(aarch64_words_are_filled_whole),
        cmocka_unit_test(failure_leaves_nothing_behind),
        cmocka_unit_test(sizes_are_those_of_the_commands),
        cmocka_unit_test(what_is_filled_is_recognised),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
