/* link_helpers.h: contexts that remember their diagnostics, scratch folders and files, for the
 * tests of lib/link. Failures are cmocka failures. */
#ifndef TEST_LINK_HELPERS_H
#define TEST_LINK_HELPERS_H

#include "util/ctx.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The last diagnostic. */
struct seen {
    int n;
    char code[64], where[256], text[1024];
};

static inline void remember_diag(void *user, const struct reap_diag *d)
{
    struct seen *seen = user;
    seen->n++;
    snprintf(seen->code, sizeof seen->code, "%s", d->code);
    snprintf(seen->where, sizeof seen->where, "%s", d->where ? d->where : "");
    snprintf(seen->text, sizeof seen->text, "%s", d->text);
}

static inline void write_bytes(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static inline void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

/* A scratch folder that becomes the current one; its path is in scratch_dir. */
static char scratch_dir[64];

static inline int enter_scratch(void **state)
{
    (void)state;
    snprintf(scratch_dir, sizeof scratch_dir, "/tmp/reap-test-XXXXXX");
    if (!mkdtemp(scratch_dir))
        return -1;
    return chdir(scratch_dir);
}

static inline int remove_entry(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb, (void)type, (void)f;
    return remove(path);
}

static inline int leave_scratch(void **state)
{
    (void)state;
    if (chdir("/") != 0)
        return -1;
    return nftw(scratch_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
