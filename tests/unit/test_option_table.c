/* test_option_table.c: the option table against the linkers that are installed.
 *
 * For each row that takes a value, or might be thought to, the linker is asked: an option that
 * takes the next word complains when it is the last one (gold, lld, mold); GNU ld's words for that
 * are those of an unknown option, but it names a file that it could not find only when the option
 * did not take it for a value. Rows of other versions, which a linker does not know, are skipped.
 */
#include "link_helpers.h"

#include "link/options.h"

static bool is_installed(const char *linker)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", linker);
    return system(command) == 0;
}

/* What the linker prints for these words. */
static const char *output_of(const char *linker, const char *words)
{
    static char text[65536]; /* --verbose prints the default script */
    char command[512];
    snprintf(command, sizeof command, "%s m.o -e main -o m.out %s </dev/null 2>&1", linker, words);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    while (fgetc(f) != EOF)
        ;
    pclose(f);
    return text;
}

static bool is_unknown(const char *output)
{
    return strstr(output, "unrecognized option") || strstr(output, "unknown option") ||
           strstr(output, "unknown argument") || strstr(output, "unknown command line option");
}

static bool wants_value(const char *output)
{
    return strstr(output, "missing argument") || strstr(output, "argument missing") ||
           strstr(output, "requires an argument");
}

static bool takes_next(const struct rp_option_row *row)
{
    return row->value == RP_V_ARG || row->value == RP_V_SEPARATE;
}

/* "-x", "--long"; GNU ld spells some long ones with one dash in its messages, both are accepted. */
static void spell(const struct rp_option_row *row, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", row->name[1] ? "--" : "'-", row->name, row->name[1] ? "" : "'");
}

static void check_row(const char *linker, bool is_bfd, const struct rp_option_row *row)
{
    char words[128];
    const char *out;
    bool taken;
    spell(row, words, sizeof words);
    if (is_bfd) {
        strcat(words, " /no/such/file");
        out = output_of(linker, words);
        taken = !strstr(out, "cannot find /no/such/file");
    } else {
        out = output_of(linker, words);
        taken = wants_value(out);
    }
    if (!is_unknown(out) && taken != takes_next(row))
        fail_msg("%s %s: the table says that it %s the next word; the linker says: %s", linker,
                 words, takes_next(row) ? "takes" : "does not take", out);
}

static void rows_agree_with(const char *linker, enum rp_linker_flavor flavor)
{
    unsigned n = 0;
    if (!is_installed(linker) ||
        system("echo 'int main(void) { return 0; }' | cc -c -xc - -o m.o") != 0)
        skip();
    for (size_t i = 0; i < rp_n_option_rows; i++) {
        const struct rp_option_row *row = &rp_option_table[i];
        /* Plain flags that are passed on can do no harm; probes print and exit. */
        if (!(row->linkers & 1u << flavor) || row->meaning == RP_O_PROBE ||
            (row->value == RP_V_NONE && row->meaning == RP_O_PASS) ||
            /* These end the link before the file is looked for. */
            strcmp(row->name, "pop-state") == 0 || strstr(row->name, "end-group") ||
            strcmp(row->name, ")") == 0 || (flavor == RP_LINKER_MOLD && row->name[0] == 'z'))
            continue;
        check_row(linker, flavor == RP_LINKER_BFD, row);
        n++;
    }
    assert_true(n > 50);
}

static void rows_agree_with_bfd(void **state)
{
    (void)state;
    rows_agree_with("ld.bfd", RP_LINKER_BFD);
}

static void rows_agree_with_gold(void **state)
{
    (void)state;
    rows_agree_with("ld.gold", RP_LINKER_GOLD);
}

/* One version is enough: the others know fewer rows, and each row costs a start of the linker. */
static void rows_agree_with_lld(void **state)
{
    (void)state;
    rows_agree_with(is_installed("ld.lld-19") ? "ld.lld-19" : "ld.lld", RP_LINKER_LLD);
}

static void rows_agree_with_mold(void **state)
{
    (void)state;
    rows_agree_with("mold", RP_LINKER_MOLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_agree_with_bfd),
        cmocka_unit_test(rows_agree_with_gold),
        cmocka_unit_test(rows_agree_with_lld),
        cmocka_unit_test(rows_agree_with_mold),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
