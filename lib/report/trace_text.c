/* trace_text.c: find code addresses in any text.
 *
 * Why: not everybody has a core file; what everybody has is a few lines on a terminal. How: each
 * line is tried against the forms in which tools print a place, the more telling ones first:
 *
 *   #1  0x401136 in boot (level=1) at main.c:9      gdb, lldb, ASan
 *   ./prog(boot+0x1c) [0x401136]                    glibc, backtrace_symbols
 *   ./prog(+0x1136) [0x555555555136]                the same for a PIE or static function
 *    boot+0x1c/0x40                                 Linux oops, also [<ffff…>] before it
 *   RIP=0000000000401136, R15=fffffffe, PC=00000040 QEMU and other register dumps
 *   0x401136, [<401136>], 0000000000401136          a loose number, judged by whether it is code
 *
 * A line of gdb holds arguments too, which look like addresses: only its head is read.
 *
 * Entry: rp_trace_read.
 */
#include "report/trace_text.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

enum { MAX_ITEMS = 256, MAX_SYMBOL = 4096 };

struct scan {
    struct rp_trace *t;
    bool oom;
    bool in_frames; /* a numbered frame was seen: later ones are its callers */
};

static bool is_symbol_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '.' || c == '@';
}

/* Hexadecimal digits at s, "0x" or not; how many characters they take, 0 = none or too many. */
static size_t read_hex(const char *s, size_t n, uint64_t *ret)
{
    size_t at = n > 2 && s[0] == '0' && (s[1] | 32) == 'x' ? 2 : 0;
    size_t from = at;
    uint64_t v = 0;
    for (; at < n && isxdigit((unsigned char)s[at]); at++) {
        int c = s[at] | 32;
        v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (at == from || at - from > 16)
        return 0;
    *ret = v;
    return at;
}

static void add(struct scan *s, struct rp_trace_item item, const char *symbol, size_t n)
{
    if (s->t->items.n >= MAX_ITEMS || s->oom)
        return;
    if (n && n < MAX_SYMBOL)
        s->oom = !(item.symbol = rp_arena_strndup(&s->t->arena, symbol, n));
    if (item.symbol || item.has_addr)
        s->oom |= !rp_vec_push(&s->t->items, item);
}

/* --- forms ----------------------------------------------------------------------------------- */

static size_t skip_blanks(const char *s, size_t n, size_t at)
{
    while (at < n && (s[at] == ' ' || s[at] == '\t'))
        at++;
    return at;
}

/* A function's name as debuggers print it: "f", "ns::f<int>(int)", "operator new(unsigned)". It
 * ends at " (" with arguments, or at " at ", " from ", " in ", or the line's end. */
static size_t name_end(const char *s, size_t n, size_t at)
{
    int depth = 0;
    for (size_t i = at; i < n; i++) {
        if (s[i] == '<')
            depth++;
        else if (s[i] == '>' && depth)
            depth--;
        else if (!depth && s[i] == '(' && strncmp(s + i, "(anonymous", 10) != 0)
            return i;
        else if (!depth && s[i] == ' ' &&
                 (!strncmp(s + i, " at ", 4) || !strncmp(s + i, " from ", 6) ||
                  !strncmp(s + i, " in ", 4) || !strncmp(s + i, " + ", 3)))
            return i;
        else if (!depth && s[i] == '+' && i + 1 < n && isdigit((unsigned char)s[i + 1]))
            return i;
    }
    return n;
}

/* "#1  0x401136 in boot (level=1) at main.c:9" */
static bool frame_line(struct scan *s, const char *l, size_t n)
{
    size_t at = skip_blanks(l, n, 0), digits = 0;
    if (at >= n || l[at] != '#')
        return false;
    while (at + 1 + digits < n && isdigit((unsigned char)l[at + 1 + digits]))
        digits++;
    if (!digits)
        return false;
    bool first = digits == 1 && l[at + 1] == '0';
    at = skip_blanks(l, n, at + 1 + digits);
    struct rp_trace_item item = {.is_return = !first,
                                 .in_library = memmem(l, n, " from /", 7) != NULL};
    size_t used = at + 2 < n && l[at] == '0' ? read_hex(l + at, n - at, &item.addr) : 0;
    item.has_addr = used > 0;
    at = skip_blanks(l, n, at + used);
    if (used && at + 3 < n && !strncmp(l + at, "in ", 3))
        at = skip_blanks(l, n, at + 3);
    else if (used && at < n && l[at] != '<' && !isalpha((unsigned char)l[at]) && l[at] != '_')
        at = n;
    if (at < n && !strncmp(l + at, "<signal handler", 15))
        return true;
    size_t end = name_end(l, n, at), name_n = end;
    while (name_n > at && l[name_n - 1] == ' ')
        name_n--;
    if (end < n && l[end] == '+') {
        item.has_offset = read_hex(l + end + 1, n - end - 1, &item.offset) > 0;
    }
    bool unknown = name_n - at == 2 && l[at] == '?';
    if (first && s->in_frames) { /* another thread's or a second trace */
        item.is_return = false;
    }
    s->in_frames = true;
    add(s, item, l + at, unknown ? 0 : name_n - at);
    return true;
}

/* "./prog(boot+0x1c) [0x401136]", "./prog(+0x1136) [0x555555555136]", "./prog() [0x401136]" */
static bool glibc_line(struct scan *s, const char *l, size_t n)
{
    const char *close = memchr(l, ')', n), *open = close;
    while (open && open > l && *open != '(')
        open--;
    const char *end = l + n;
    if (!close || open == l || *open != '(' || end - close < 5 || strncmp(close, ") [0x", 5) != 0)
        return false;
    struct rp_trace_item item = {.is_return = true};
    const char *sym = open + 1, *plus = memchr(sym, '+', (size_t)(close - sym));
    item.has_addr = read_hex(close + 3, (size_t)(end - close - 3), &item.addr) > 0;
    if (plus) {
        uint64_t v = 0;
        bool ok = read_hex(plus + 1, (size_t)(close - plus - 1), &v) > 0;
        if (plus == sym && ok) {
            item.addr = v;
            item.is_file_addr = item.has_addr = true;
        } else if (ok) {
            item.offset = v;
            item.has_offset = true;
        }
    }
    add(s, item, sym, (size_t)((plus ? plus : close) - sym));
    return true;
}

/* "boot+0x1c/0x40", "boot+0x1c", "<boot+28>": at the plus sign at l[at]. */
static bool offset_form(struct scan *s, const char *l, size_t n, size_t at)
{
    size_t from = at;
    struct rp_trace_item item = {0};
    while (from > 0 && is_symbol_char(l[from - 1]))
        from--;
    if (from == at || isdigit((unsigned char)l[from]))
        return false;
    if (at + 2 < n && l[at + 1] == '0' && (l[at + 2] | 32) == 'x') {
        item.has_offset = read_hex(l + at + 1, n - at - 1, &item.offset) > 0;
    } else if (at + 1 < n && isdigit((unsigned char)l[at + 1]) && from > 0 && l[from - 1] == '<') {
        item.has_offset = true;
        for (size_t i = at + 1; i < n && isdigit((unsigned char)l[i]) && i < at + 10; i++)
            item.offset = item.offset * 10 + (uint64_t)(l[i] - '0');
    }
    if (!item.has_offset)
        return false;
    /* The instruction pointer's line is where it stands; the lines of a trace are returns. */
    bool pc = memmem(l, from, "RIP", 3) || memmem(l, from, "EIP", 3) ||
              memmem(l, from, "pc :", 4) || memmem(l, from, "PC is at", 8) ||
              memmem(l, from, "=>", 2);
    item.is_return = !pc;
    add(s, item, l + from, at - from);
    return true;
}

/* "RIP=0000000000401136", "PC  00000040", "R15=fffffffe": registers that point to code. */
static bool register_form(struct scan *s, const char *l, size_t n, size_t at, size_t *ret_end)
{
    static const struct {
        const char *name;
        bool is_return;
    } regs[] = {{"RIP", false}, {"EIP", false},  {"PC", false},  {"R15", false},
                {"EPC", false}, {"mepc", false}, {"ELR", false}, {"LR", true},
                {"R14", true},  {"X30", true},   {"ra", true}};
    for (size_t i = 0; i < sizeof regs / sizeof *regs; i++) {
        size_t k = strlen(regs[i].name);
        if (n - at <= k || strncasecmp(l + at, regs[i].name, k) != 0 ||
            (at && isalnum((unsigned char)l[at - 1])) || isalnum((unsigned char)l[at + k]))
            continue;
        size_t v = skip_blanks(l, n, at + k);
        if (v < n && (l[v] == '=' || l[v] == ':'))
            v = skip_blanks(l, n, v + 1);
        struct rp_trace_item item = {.is_return = regs[i].is_return, .has_addr = true};
        size_t used = v < n ? read_hex(l + v, n - v, &item.addr) : 0;
        /* "RIP: 0010:0xffffffff81026f98" of a kernel without names */
        if (used == 4 && v + used < n && l[v + used] == ':') {
            v += used + 1;
            used = read_hex(l + v, n - v, &item.addr);
            if (used < 8 || (v + used < n && (is_symbol_char(l[v + used]) || l[v + used] == '+')))
                continue;
        }
        if (used < 4 || (v + used < n && l[v + used] == ':')) /* "RIP: 0010:f+0x1" */
            continue;
        *ret_end = v + used;
        add(s, item, NULL, 0);
        return true;
    }
    return false;
}

/* A number of at least four digits that stands alone. */
static size_t loose_number(struct scan *s, const char *l, size_t n, size_t at)
{
    struct rp_trace_item item = {.has_addr = true, .is_loose = true, .is_return = true};
    size_t used = read_hex(l + at, n - at, &item.addr);
    bool marked = used > 2 && (l[at + 1] | 32) == 'x';
    if (used < 4 || (!marked && used < 8) ||
        (at + used < n && (is_symbol_char(l[at + used]) || l[at + used] == '-')))
        return 0;
    add(s, item, NULL, 0);
    return used;
}

static void other_line(struct scan *s, const char *l, size_t n)
{
    for (size_t at = 0; at < n; at++) {
        size_t end = 0;
        bool starts = !at || !is_symbol_char(l[at - 1]);
        if (l[at] == '+' && offset_form(s, l, n, at)) {
            while (at + 1 < n && (is_symbol_char(l[at + 1]) || l[at + 1] == '/'))
                at++;
        } else if (starts && register_form(s, l, n, at, &end)) {
            at = end - 1;
        } else if (starts && isxdigit((unsigned char)l[at]) &&
                   (end = loose_number(s, l, n, at)) > 0) {
            at += end - 1;
        }
    }
}

/* --- what the text says about the end -------------------------------------------------------- */

static void note_words(struct rp_trace *t, const char *l, size_t n)
{
    static const struct {
        const char *word;
        int signal;
    } words[] = {{"SIGSEGV", SIGSEGV},
                 {"egmentation fault", SIGSEGV},
                 {"SIGABRT", SIGABRT},
                 {"Aborted", SIGABRT},
                 {"SIGBUS", SIGBUS},
                 {"SIGFPE", SIGFPE},
                 {"loating point exception", SIGFPE},
                 {"divide error", SIGFPE},
                 {"SIGILL", SIGILL},
                 {"llegal instruction", SIGILL},
                 {"invalid opcode", SIGILL},
                 {"int3: ", SIGTRAP}, /* an oops of Linux on x86 */
                 {"SIGTRAP", SIGTRAP}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!t->signal && memmem(l, n, words[i].word, strlen(words[i].word)))
            t->signal = words[i].signal;
    t->is_lockup |= memmem(l, n, "ockup", 5) || memmem(l, n, "riple fault", 11);
    t->is_terminate |= memmem(l, n, "terminate called", 16) || memmem(l, n, "std::terminate", 14);
    t->is_panic |= memmem(l, n, "NULL pointer dereference", 24) || memmem(l, n, "panic", 5);
}

/* "undefined symbol: NAME" of ld.so and dlerror, "Unknown symbol NAME" of Linux' module loader. */
static bool note_missing(struct rp_trace *t, const char *l)
{
    static const char *const words[] = {"undefined symbol: ", "Unknown symbol "};
    for (size_t i = 0; i < sizeof words / sizeof *words && !t->missing; i++) {
        const char *p = strstr(l, words[i]);
        size_t n = 0;
        if (!p)
            continue;
        p += strlen(words[i]);
        while (is_symbol_char(p[n]) && p[n] != '@')
            n++;
        if (n && !(t->missing = rp_arena_strndup(&t->arena, p, n)))
            return false;
    }
    return true;
}

/* "Code: 90 <0f> 0b 2a" of Linux on x86, "Code=…" of QEMU: the bytes from the marked one on. */
static void note_code(struct rp_trace *t, const char *l)
{
    const char *p = strstr(l, "Code");
    if (t->n_code || !p || (p[4] != ':' && p[4] != '='))
        return;
    p = strchr(p, '<');
    for (size_t n = 0; p && n < sizeof t->code; n++) {
        p += strspn(p, "<> ");
        if (!isxdigit((unsigned char)p[0]) || !isxdigit((unsigned char)p[1]) ||
            isxdigit((unsigned char)p[2]))
            break;
        uint64_t byte = 0;
        read_hex(p, 2, &byte);
        t->code[n] = (uint8_t)byte;
        t->n_code = n + 1;
        p += 2;
    }
}

enum reap_status rp_trace_read(struct rp_ctx *ctx, const char *text, size_t n, struct rp_trace *ret)
{
    struct rp_trace t = {0};
    struct scan s = {.t = &t};
    for (size_t at = 0; at < n && !s.oom;) {
        const char *l = text + at, *nl = memchr(l, '\n', n - at);
        size_t len = nl ? (size_t)(nl - l) : n - at;
        /* A copy that ends with NUL, so that comparing a few characters cannot run on. */
        char *line = rp_arena_strndup(&t.arena, l, len);
        s.oom = !line;
        if (line) {
            len = strlen(line);
            note_words(&t, line, len);
            note_code(&t, line);
            s.oom = !note_missing(&t, line);
            if (!frame_line(&s, line, len) && !glibc_line(&s, line, len))
                other_line(&s, line, len);
        }
        at += (nl ? (size_t)(nl - l) : n - at) + 1;
    }
    if (s.oom) {
        rp_trace_free(&t);
        return rp_nomem(ctx);
    }
    *ret = t;
    return REAP_OK;
}

void rp_trace_free(struct rp_trace *t)
{
    rp_vec_free(&t->items);
    rp_arena_free(&t->arena);
}
