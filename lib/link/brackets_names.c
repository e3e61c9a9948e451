/* brackets_names.c: what names say: which section patterns are generic, and which symbols are the
 * start and the end of what. The rules are in script.h at rp_script_brackets.
 */
#include "link/brackets.h"

#include "util/glob.h"

#include <string.h>

static bool in_list(const char *s, size_t n, const char *const *list, size_t n_list)
{
    for (size_t i = 0; i < n_list; i++)
        if (strlen(list[i]) == n && memcmp(list[i], s, n) == 0)
            return true;
    return false;
}
#define IN_LIST(s, n, list) in_list((s), (n), (list), sizeof(list) / sizeof *(list))

static bool starts_with(const char *s, size_t n, const char *prefix)
{
    size_t k = strlen(prefix);
    return n >= k && memcmp(s, prefix, k) == 0;
}

static bool ends_with(const char *s, size_t n, const char *suffix)
{
    size_t k = strlen(suffix);
    return n >= k && memcmp(s + n - k, suffix, k) == 0;
}

/* --- section patterns ------------------------------------------------------------------------ */

/* Names that take a dot and a symbol's name under -ffunction-sections and -fdata-sections, or
 * stand for themselves: default scripts of GNU ld, gABI and psABI section names. */
static const char *const code_stems[] = {".text", ".literal", ".init", ".fini",
                                         ".plt",  ".iplt",    ".stub"};
static const char *const data_stems[] = {
    ".data",
    ".data1",
    ".rodata",
    ".rodata1",
    ".bss",
    ".sdata",
    ".sbss",
    ".sdata2",
    ".sbss2",
    ".srodata",
    ".ldata",
    ".lrodata",
    ".lbss",
    ".tdata",
    ".tbss",
    ".dynbss",
    ".dynsbss",
    ".dynrelro",
    ".dynlbss",
    "COMMON",
    ".scommon",
    "LARGE_COMMON",
    ".tm_clone_table",
    ".eh_frame",
    ".got",
    ".got.plt",
    ".igot",
    ".igot.plt",
    ".toc",
    ".toc1",
    ".opd",
    ".eh_frame_hdr",
    ".eh_frame_entry",
    ".interp",
    ".dynamic",
    ".hash",
    ".gnu.hash",
    ".dynsym",
    ".dynstr",
    ".comment",
    ".relro_padding",
    ".gnu_extab",
    ".exception_ranges",
    ".gcc_except_table",
    ".ARM.exidx",
    ".ARM.extab",
};
/* Whatever begins like this. */
static const char *const stem_prefixes[] = {
    ".gnu.linkonce.",
    ".gnu.version",
    ".rela.",
    ".rel.",
    ".relr.",
    ".debug",
    ".zdebug",
    ".stab",
    ".gnu.debug",
    ".line",
    ".gnu.attributes",
    ".ARM.attributes",
    ".gnu.lto_",
    ".plt.",
    ".got.",
    ".gnu.warning",
    ".gcc_except_table.",
};
/* First words after the stem that compilers and kernels' sanitizers make. */
static const char *const code_suffixes[] = {"hot",   "unlikely", "startup", "exit", "unknown",
                                            "split", "cold",     "sorted",  "asan", "tsan",
                                            "kcfi",  "local",    "fixup"};
static const char *const data_suffixes[] = {"rel", "local", "cold", "hot", "unlikely"};
static const char *const constant_suffixes[] = {"str", "cst"};

/* Whether base[0 .. n) is `stem`, or `stem.suffix` with a suffix of the compiler's. */
static bool is_compilers(const char *base, size_t n, const char *stem, bool code)
{
    size_t k = strlen(stem);
    if (!starts_with(base, n, stem))
        return false;
    if (n == k)
        return true;
    if (base[k] != '.')
        return false;
    const char *s = base + k + 1;
    size_t len = n - k - 1, word = 0;
    while (word < len && s[word] != '.')
        word++;
    if (code)
        return IN_LIST(s, word, code_suffixes);
    for (size_t i = 0; i < 2; i++)
        if (starts_with(s, word, constant_suffixes[i]))
            return true;
    /* clang: .data..L…, gcc: .data..compoundliteral */
    if (word == 0 && (starts_with(s, len, ".L") || starts_with(s, len, ".compoundliteral")))
        return true;
    return IN_LIST(s, word, data_suffixes);
}

static bool matches_everything(const char *file_glob)
{
    static const char *const all[] = {"*", "*.o", "*.*", "*:*", "**"};
    return IN_LIST(file_glob, strlen(file_glob), all);
}

/* Whether a wildcard takes what the compiler makes for any symbol, or what is no data at all. */
static bool takes_samples(const char *glob)
{
    static const char *const samples[] = {".text",    ".data",     ".rodata",    ".bss",
                                          ".text.f",  ".data.f",   ".rodata.f",  ".bss.f",
                                          ".rel.dyn", ".rela.dyn", ".debug_info"};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        if (rp_glob_match(glob, samples[i]))
            return true;
    return false;
}

bool rp_pattern_is_generic(const char *file_glob, const char *glob)
{
    bool all_files = matches_everything(file_glob);
    size_t n = strcspn(glob, "*?[\\");
    bool wild = glob[n] != '\0';
    if (wild && rp_glob_match(glob, ".text.f") && n > 1)
        return true; /* code, of whatever file */
    if (wild && all_files && takes_samples(glob))
        return true;
    if (wild && n && glob[n - 1] == '.')
        n--; /* `.text.*` is about .text */
    if (ends_with(glob, n, ".text"))
        return true;
    for (size_t i = 0; i < sizeof code_stems / sizeof *code_stems; i++)
        if (is_compilers(glob, n, code_stems[i], true))
            return true;
    if (!all_files)
        return false;
    for (size_t i = 0; i < sizeof data_stems / sizeof *data_stems; i++)
        if (is_compilers(glob, n, data_stems[i], false))
            return true;
    for (size_t i = 0; i < sizeof stem_prefixes / sizeof *stem_prefixes; i++)
        if (starts_with(glob, strlen(glob), stem_prefixes[i]))
            return true;
    return false;
}

/* --- symbols --------------------------------------------------------------------------------- */

static const char *const start_words[] = {"start", "begin", "beg", "first", "head",  "base",
                                          "low",   "lo",    "s",   "b",     "starts"};
static const char *const end_words[] = {"end",  "stop", "last", "tail", "limit", "lim",
                                        "high", "hi",   "e",    "ends", "finish"};
static const char *const start_affixes[] = {"start", "begin", "base"};
static const char *const end_affixes[] = {"end", "stop", "limit"};

/* Cut a name into lower-case words at everything that is no letter or digit and where capitals
 * begin (tabStart); words are NUL-terminated in buf. */
static size_t split_words(const char *name, char *buf, size_t size, const char **words,
                          size_t max_words)
{
    size_t n = 0, k = 0;
    bool open = false, was_lower = false;
    for (const char *c = name; *c && k + 2 < size; c++) {
        bool lower = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        bool upper = *c >= 'A' && *c <= 'Z';
        if (open && (!(lower || upper) || (upper && was_lower))) {
            buf[k++] = '\0';
            open = false;
        }
        was_lower = lower;
        if (!lower && !upper)
            continue;
        if (!open) {
            if (n == max_words)
                break;
            words[n++] = buf + k;
            open = true;
        }
        buf[k++] = upper ? (char)(*c - 'A' + 'a') : *c;
    }
    buf[k] = '\0';
    return n;
}

static enum rp_mark_kind word_kind(const char *w)
{
    if (IN_LIST(w, strlen(w), start_words))
        return RP_MARK_START;
    return IN_LIST(w, strlen(w), end_words) ? RP_MARK_END : RP_MARK_OTHER;
}

/* Which word says start or end: the last one before the first before any other. */
static size_t find_kind_word(const char *const *words, size_t n, enum rp_mark_kind *ret)
{
    size_t order[3] = {n - 1, 0, n};
    for (size_t k = 0; k < 2; k++)
        if ((*ret = word_kind(words[order[k]])) != RP_MARK_OTHER)
            return order[k];
    for (size_t i = 0; i < n; i++)
        if ((*ret = word_kind(words[i])) != RP_MARK_OTHER)
            return i;
    return n;
}

static void join(char *stem, size_t size, const char *const *words, size_t n, size_t skip)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(words[i]);
        if (i == skip || k + len + 2 > size)
            continue;
        memcpy(stem + k, words[i], len);
        k += len;
        stem[k++] = '_';
    }
    stem[k ? k - 1 : 0] = '\0';
}

/* tabstart, endtab: start or end as part of a word. The word is cut to the rest. */
static enum rp_mark_kind cut_affix(char *word)
{
    for (size_t i = 0; i < 6; i++) {
        const char *affix = i < 3 ? start_affixes[i] : end_affixes[i - 3];
        size_t n = strlen(word), k = strlen(affix);
        if (n <= k + 1)
            continue;
        bool hit = true;
        if (ends_with(word, n, affix))
            word[n - k] = '\0';
        else if (starts_with(word, n, affix) && strcmp(word, "startup") != 0)
            memmove(word, word + k, n - k + 1);
        else
            hit = false;
        if (hit)
            return i < 3 ? RP_MARK_START : RP_MARK_END;
    }
    return RP_MARK_OTHER;
}

void rp_mark_name(const char *name, struct rp_mark_name *ret)
{
    char buf[RP_STEM_MAX];
    const char *words[32];
    enum rp_mark_kind kind = RP_MARK_OTHER;
    size_t n = split_words(name, buf, sizeof buf, words, 32);
    *ret = (struct rp_mark_name){.kind = RP_MARK_OTHER};
    if (n == 0)
        return;
    size_t at = find_kind_word(words, n, &kind);
    if (kind == RP_MARK_OTHER)
        kind = cut_affix(buf + (words[n - 1] - buf));
    if (kind == RP_MARK_OTHER && n > 1)
        kind = cut_affix(buf);
    /* _sdata and _edata: only a pair can tell s for start from any other s */
    if (kind == RP_MARK_OTHER && (*words[0] == 's' || *words[0] == 'e') && words[0][1]) {
        kind = *words[0] == 's' ? RP_MARK_START : RP_MARK_END;
        ret->by_letter = true;
        words[0]++;
    }
    ret->kind = kind;
    join(ret->stem, sizeof ret->stem, words, n, at);
}

bool rp_mark_is_region(const struct rp_mark_name *m, const char *name)
{
    /* what is left of _etext, __bss_start, __init_begin, __executable_start, _end, _sidata … */
    static const char *const stems[] = {
        "",     "data",  "rodata",     "bss",  "tdata", "tbss",       "tls",  "sdata", "sbss",
        "init", "idata", "executable", "ehdr", "image", "image_copy", "heap", "stack", "relro"};
    static const char *const names[] = {"text", "data", "rodata", "bss", "stack", "heap"};
    size_t n = strlen(m->stem);
    while (*name == '_')
        name++;
    return IN_LIST(name, strlen(name), names) ||
           (m->kind != RP_MARK_OTHER &&
            (IN_LIST(m->stem, n, stems) || ends_with(m->stem, n, "text")));
}
