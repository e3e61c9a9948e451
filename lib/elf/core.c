/* core.c: signal, registers and calls of a core file.
 *
 * Why: a crash says most in its core, and the crashes of interest are those where the usual way
 * to read one fails: the program counter is 0 or in a hole, or the unwind tables are what was
 * removed. How: the notes (NT_PRSTATUS, NT_SIGINFO, NT_AUXV; Linux, elfcore.h) give the signal,
 * the registers of the thread that died and the load bias. libdwfl unwinds as far as tables
 * reach. From there on every word of the stack that is an address behind a call instruction of the
 * program counts as a caller, marked as a guess; but when the program counter is nowhere, the
 * first such word is the caller for certain: a call pushes it (or leaves it in the link register).
 *
 * Entry: rp_core_read.
 */
#include "elf/core.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/procfs.h>
#include <unistd.h>

enum { STACK_SCAN_BYTES = 64 * 1024, MAX_GUESSES = 24 };

/* --- machines -------------------------------------------------------------------------------- */

/* Where registers stand in NT_PRSTATUS (struct elf_prstatus of each machine), in bytes. */
struct machine {
    uint16_t machine;
    uint8_t word;         /* bytes */
    uint16_t pid, regs;   /* offsets of pr_pid, pr_reg */
    uint8_t pc, sp, link; /* register numbers within pr_reg; link 0 = calls push */
};
static const struct machine machines[] = {
    {EM_X86_64, 8, 32, 112, 16, 19, 0},   {EM_386, 4, 24, 72, 12, 15, 0},
    {EM_AARCH64, 8, 32, 112, 32, 31, 30}, {EM_ARM, 4, 24, 72, 15, 13, 14},
    {EM_RISCV, 8, 32, 112, 0, 2, 1},
};

struct reader {
    struct rp_ctx *ctx;
    const struct rp_program *program;
    const struct machine *m;
    struct rp_map map;
    Elf *elf;
    RP_VEC(GElf_Phdr) loads; /* checked against the file's size */
    struct rp_core *core;
    int32_t tid;   /* of the thread that died */
    uint64_t link; /* its link register */
    uint64_t scan; /* where the frames that were unwound end on the stack */
    bool seen_status, seen_auxv;
    unsigned n_outer; /* frames that unwinding found */
};

static uint64_t word_at(const struct reader *r, const uint8_t *p)
{
    uint64_t v = 0;
    bool big = r->map.data[EI_DATA] == ELFDATA2MSB;
    for (unsigned i = 0; i < r->m->word; i++)
        v |= (uint64_t)p[big ? r->m->word - 1 - i : i] << (8 * i);
    return v;
}

/* Memory as the core has it, else as the program's file has it (kernels leave out text). */
static size_t read_memory(const struct reader *r, uint64_t addr, void *to, size_t n)
{
    for (size_t i = 0; i < r->loads.n; i++) {
        const GElf_Phdr *ph = &r->loads.v[i];
        if (addr < ph->p_vaddr || addr - ph->p_vaddr >= ph->p_filesz)
            continue;
        uint64_t at = addr - ph->p_vaddr, left = ph->p_filesz - at;
        size_t k = left < n ? (size_t)left : n;
        memcpy(to, r->map.data + ph->p_offset + at, k);
        return k;
    }
    return rp_program_read(r->program, addr - r->core->bias, to, n);
}

/* --- notes ----------------------------------------------------------------------------------- */

static void read_status(struct reader *r, const uint8_t *d, size_t n)
{
    const struct machine *m = r->m;
    unsigned top = m->pc > m->sp ? m->pc : m->sp;
    top = m->link > top ? m->link : top;
    if (r->seen_status || n < m->regs + (size_t)(top + 1) * m->word)
        return; /* the first one is of the thread that died */
    r->seen_status = true;
    r->core->signal = d[12] | d[13] << 8; /* pr_cursig behind struct elf_siginfo */
    r->tid = (int32_t)((uint32_t)d[m->pid] | (uint32_t)d[m->pid + 1] << 8 |
                       (uint32_t)d[m->pid + 2] << 16 | (uint32_t)d[m->pid + 3] << 24);
    r->core->pc = word_at(r, d + m->regs + (size_t)m->pc * m->word);
    r->core->sp = word_at(r, d + m->regs + (size_t)m->sp * m->word);
    for (size_t at = m->regs; at + m->word <= n && r->core->n_regs < RP_CORE_MAX_REGS;
         at += m->word)
        r->core->regs[r->core->n_regs++] = word_at(r, d + at);
    r->link = m->link ? word_at(r, d + m->regs + (size_t)m->link * m->word) : 0;
}

static void read_siginfo(struct reader *r, const uint8_t *d, size_t n)
{
    size_t at = r->m->word == 8 ? 16 : 12; /* si_addr, behind signo, errno, code */
    if (n < at + r->m->word)
        return;
    int signal = d[0];
    if (!r->core->signal)
        r->core->signal = signal;
    enum { ILL = 4, BUS = 7, FPE = 8, SEGV = 11 };
    r->core->has_fault = signal == SEGV || signal == BUS || signal == ILL || signal == FPE;
    r->core->fault = word_at(r, d + at);
}

static void read_auxv(struct reader *r, const uint8_t *d, size_t n)
{
    enum { AUX_ENTRY = 9 };
    size_t w = r->m->word;
    for (size_t at = 0; at + 2 * w <= n; at += 2 * w)
        if (word_at(r, d + at) == AUX_ENTRY) {
            r->core->bias = word_at(r, d + at + w) - r->program->entry;
            r->seen_auxv = true;
        }
}

static void read_notes(struct reader *r, const GElf_Phdr *ph)
{
    Elf_Data *data =
        elf_getdata_rawchunk(r->elf, (int64_t)ph->p_offset, (size_t)ph->p_filesz, ELF_T_NHDR);
    if (!data)
        return;
    GElf_Nhdr note;
    size_t name, desc;
    for (size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &desc)) > 0;) {
        const uint8_t *d = (const uint8_t *)data->d_buf + desc;
        switch (note.n_type) {
        case NT_PRSTATUS: read_status(r, d, note.n_descsz); break;
        case NT_SIGINFO: read_siginfo(r, d, note.n_descsz); break;
        case NT_AUXV: read_auxv(r, d, note.n_descsz); break;
        default: break;
        }
    }
}

static enum reap_status read_headers(struct reader *r)
{
    GElf_Ehdr eh;
    size_t n = 0;
    if (elf_kind(r->elf) != ELF_K_ELF || !gelf_getehdr(r->elf, &eh) || eh.e_type != ET_CORE ||
        elf_getphdrnum(r->elf, &n))
        return rp_fail(r->ctx, REAP_ERR_INPUT, "not-a-core", rp_at(r->map.path), "no core file");
    if (eh.e_machine != r->program->machine)
        return rp_fail(r->ctx, REAP_ERR_INPUT, "other-machine", rp_at(r->map.path),
                       "the core is of another machine than the program");
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i].machine == eh.e_machine)
            r->m = &machines[i];
    if (!r->m)
        return rp_fail_remedy(r->ctx, REAP_ERR_UNSUPPORTED, "core-machine", rp_at(r->map.path),
                              "give the backtrace of a debugger on standard input instead",
                              "core files of machine %u are not understood", eh.e_machine);
    for (size_t i = 0; i < n && i < INT32_MAX; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(r->elf, (int)i, &ph) || ph.p_offset > r->map.size)
            continue;
        if (ph.p_filesz > r->map.size - ph.p_offset)
            ph.p_filesz = r->map.size - ph.p_offset; /* a truncated core: what is there */
        if (ph.p_type == PT_NOTE)
            read_notes(r, &ph);
        if (ph.p_type == PT_LOAD && !rp_vec_push(&r->loads, ph))
            return rp_nomem(r->ctx);
    }
    if (!r->seen_status)
        return rp_fail(r->ctx, REAP_ERR_INPUT, "no-registers", rp_at(r->map.path),
                       "the core file has no registers of a thread");
    return REAP_OK;
}

/* --- frames ---------------------------------------------------------------------------------- */

static bool add_frame(struct reader *r, uint64_t pc, bool is_return, bool is_guess)
{
    struct rp_core_frame f = {
        .pc = pc,
        .addr = pc - r->core->bias,
        .is_return = is_return,
        .is_guess = is_guess,
    };
    f.in_program = rp_program_is_code(r->program, f.addr);
    return r->core->frames.n >= RP_CORE_MAX_FRAMES || rp_vec_push(&r->core->frames, f);
}

static int on_frame(Dwfl_Frame *state, void *arg)
{
    struct reader *r = arg;
    Dwarf_Addr pc;
    bool is_activation;
    if (r->core->frames.n >= RP_CORE_MAX_FRAMES || !dwfl_frame_pc(state, &pc, &is_activation))
        return DWARF_CB_ABORT;
    Dwfl_Module *mod =
        dwfl_addrmodule(dwfl_thread_dwfl(dwfl_frame_thread(state)), pc - !is_activation);
    const char *symbol = mod ? dwfl_module_addrname(mod, pc - !is_activation) : NULL;
    if (!add_frame(r, pc, !is_activation, false))
        return DWARF_CB_ABORT;
    struct rp_core_frame *f = &r->core->frames.v[r->core->frames.n - 1];
    f->in_library = mod && !f->in_program;
    if (f->in_library && symbol && !(f->symbol = rp_arena_strdup(&r->core->arena, symbol)))
        return DWARF_CB_ABORT;
    static const struct {
        uint16_t machine;
        unsigned sp; /* DWARF number */
    } sps[] = {{EM_X86_64, 7}, {EM_386, 4}, {EM_AARCH64, 31}, {EM_ARM, 13}, {EM_RISCV, 2}};
    for (size_t i = 0; i < sizeof sps / sizeof *sps; i++) {
        Dwarf_Word sp;
        if (sps[i].machine == r->m->machine && !dwfl_frame_reg(state, sps[i].sp, &sp))
            r->scan = sp;
    }
    return DWARF_CB_OK;
}

/* Names and unwind tables are in the files themselves: nothing is searched or downloaded. */
static int no_debuginfo(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
                        const char *file, const char *link, GElf_Word crc, char **ret_name)
{
    (void)mod, (void)user, (void)name, (void)base, (void)file, (void)link, (void)crc;
    (void)ret_name;
    return -1;
}

/* Unwind with libdwfl; whatever it gives is taken, its failure is no error. */
static void unwind(struct reader *r)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = no_debuginfo,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);
    if (!dwfl)
        return;
    if (dwfl_core_file_report(dwfl, r->elf, r->program->map.path) >= 0 &&
        !dwfl_report_end(dwfl, NULL, NULL) && dwfl_core_file_attach(dwfl, r->elf) >= 0)
        dwfl_getthread_frames(dwfl, r->tid, on_frame, r);
    dwfl_end(dwfl);
}

/* Whether the instruction before an address of the program's file is a call. */
static bool is_behind_call(const struct reader *r, uint64_t addr)
{
    uint8_t b[8];
    if (addr < sizeof b || !rp_program_is_code(r->program, addr))
        return false;
    if (rp_program_read(r->program, addr - sizeof b, b, sizeof b) != sizeof b)
        return false;
    const uint8_t *end = b + sizeof b;
    if (r->m->machine == EM_X86_64 || r->m->machine == EM_386) {
        /* Intel SDM 2A, CALL: E8 rel32; FF /2 with a register, disp8, disp32 or SIB. */
        bool direct = end[-5] == 0xe8;
        bool reg = end[-2] == 0xff && (end[-1] & 0xf8) == 0xd0;
        bool mem = end[-2] == 0xff && (end[-1] & 0xf8) == 0x10;
        bool disp8 = (end[-3] == 0xff && (end[-2] & 0xf8) == 0x50) ||
                     (end[-4] == 0xff && (end[-3] & 0xf8) == 0x50);
        bool sib = end[-3] == 0xff && end[-2] == 0x14;
        bool disp32 = (end[-6] == 0xff && ((end[-5] & 0xf8) == 0x90 || end[-5] == 0x15)) ||
                      (end[-7] == 0xff && (end[-6] == 0x14 || end[-6] == 0x94));
        return direct || reg || mem || disp8 || sib || disp32;
    }
    if (r->m->machine == EM_AARCH64) /* Arm ARM, BL and BLR */
        return (end[-1] & 0xfc) == 0x94 ||
               (end[-1] == 0xd6 && (end[-2] & 0xff) == 0x3f && (end[-3] & 0xfc) == 0);
    return true; /* cannot tell: an address within code is all there is */
}

/* Stopped nowhere, or before a function's first instruction: the call is the last thing that was
 * done, and whoever unwinds by frame pointers or by neighbours' tables is led astray. */
static bool is_lost(const struct reader *r)
{
    uint64_t addr = r->core->pc - r->core->bias;
    const struct rp_program_symbol *s = rp_program_at(r->program, addr);
    bool in_library = r->core->frames.n > 0 && r->core->frames.v[0].in_library;
    return !in_library && (s ? s->addr == addr : !rp_program_is_code(r->program, addr));
}

static bool add_guesses(struct reader *r, bool lost)
{
    size_t w = r->m->word;
    uint64_t from = r->scan && !lost ? r->scan : r->core->sp;
    unsigned found = 0;
    if (lost && r->m->link) {
        /* A branch with link to nowhere: the register still says from where. */
        if (is_behind_call(r, r->link - r->core->bias) && !add_frame(r, r->link, true, false))
            return false;
        lost = false;
    }
    for (uint64_t at = from; at - from < STACK_SCAN_BYTES && found < MAX_GUESSES; at += w) {
        uint8_t word[8];
        if (read_memory(r, at, word, w) != w)
            break;
        uint64_t v = word_at(r, word);
        if (!is_behind_call(r, v - r->core->bias))
            continue;
        if (!add_frame(r, v, true, !(lost && at == from)))
            return false;
        found++;
    }
    return true;
}

/* Unwinding reached the program's start: no guesses are wanted. */
static bool is_complete(const struct reader *r)
{
    static const char *const starts[] = {"main", "_start", "__libc_start_main", "start_thread"};
    for (size_t i = 0; i < r->core->frames.n; i++) {
        const struct rp_core_frame *f = &r->core->frames.v[i];
        const struct rp_program_symbol *s =
            f->in_program ? rp_program_at(r->program, f->addr - f->is_return) : NULL;
        const char *name = s ? s->name : f->symbol;
        for (size_t k = 0; name && k < sizeof starts / sizeof *starts; k++)
            if (!strcmp(name, starts[k]))
                return true;
    }
    return false;
}

static enum reap_status read_frames(struct reader *r)
{
    if (!r->seen_auxv && r->program->is_pie)
        rp_warn(r->ctx, "no-load-address", rp_at(r->map.path),
                "the core does not say where the program was loaded");
    r->core->n_code = read_memory(r, r->core->pc, r->core->code, RP_CORE_CODE_BYTES);
    unwind(r);
    if (!r->core->frames.n && !add_frame(r, r->core->pc, false, false))
        return rp_nomem(r->ctx);
    bool complete = is_complete(r), lost = !complete && is_lost(r);
    if (lost)
        r->core->frames.n = 1;
    if (!complete && !add_guesses(r, lost))
        return rp_nomem(r->ctx);
    return REAP_OK;
}

enum reap_status rp_core_read(struct rp_ctx *ctx, const char *path,
                              const struct rp_program *program, struct rp_core *ret)
{
    struct rp_core core = {0};
    struct reader r = {.ctx = ctx, .program = program, .core = &core};
    enum reap_status st = rp_map_open(ctx, &r.map, path);
    if (st)
        return st;
    elf_version(EV_CURRENT);
    r.elf = elf_memory((char *)(uintptr_t)r.map.data, r.map.size);
    if (!r.elf)
        st = rp_fail(ctx, REAP_ERR_INPUT, "not-a-core", rp_at(path), "no core file");
    if (!st)
        st = read_headers(&r);
    if (!st)
        st = read_frames(&r);
    elf_end(r.elf);
    rp_map_close(&r.map);
    rp_vec_free(&r.loads);
    if (st)
        rp_core_free(&core);
    else
        *ret = core;
    return st;
}

void rp_core_free(struct rp_core *c)
{
    rp_vec_free(&c->frames);
    rp_arena_free(&c->arena);
}
