/* test_outfile.c: outputs that appear whole or not at all, temporary folders, cleanup. */
#include "util/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct rp_ctx ctx;
static char message[512];
static char dir[] = "/tmp/reap-test-XXXXXX";

static void keep(void *user, const struct reap_diag *d)
{
    (void)user;
    snprintf(message, sizeof message, "%s: %s: %s", d->where, d->code, d->text);
}

static int setup(void **state)
{
    (void)state;
    rp_ctx_init(&ctx, keep, NULL);
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    message[0] = '\0';
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    rp_ctx_fini(&ctx);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return chdir("/") == 0 ? system(command) : -1;
}

/* Entries of a folder but . and .. */
static int n_entries(const char *path)
{
    int n = 0;
    DIR *d = opendir(path);
    if (!d)
        return -1;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static const char *slurp(const char *path)
{
    static char buf[256];
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    buf[fread(buf, 1, sizeof buf - 1, f)] = '\0';
    fclose(f);
    return buf;
}

static void output_appears_at_commit(void **state)
{
    (void)state;
    struct rp_out out;
    assert_int_equal(rp_out_open(&ctx, &out, "f", 0666), REAP_OK);
    assert_int_equal(rp_out_write(&ctx, &out, "abc", 3), REAP_OK);
    assert_int_equal(access("f", F_OK), -1);
    fprintf(rp_out_stream(&out), "%d", 4);
    assert_int_equal(rp_out_write(&ctx, &out, "5", 1), REAP_OK);
    assert_int_equal(rp_out_commit(&ctx, &out), REAP_OK);
    assert_string_equal(slurp("f"), "abc45");
    assert_int_equal(n_entries("."), 1);
}

static void abort_leaves_the_old_file_alone(void **state)
{
    (void)state;
    struct rp_out out;
    assert_int_equal(rp_out_open(&ctx, &out, "f", 0666), REAP_OK);
    rp_out_write(&ctx, &out, "old", 3);
    assert_int_equal(rp_out_commit(&ctx, &out), REAP_OK);
    assert_int_equal(rp_out_open(&ctx, &out, "f", 0666), REAP_OK);
    rp_out_write(&ctx, &out, "new", 3);
    rp_out_abort(&out);
    assert_string_equal(slurp("f"), "old");
    assert_int_equal(n_entries("."), 1);
}

static void permission_bits_follow_the_umask(void **state)
{
    (void)state;
    struct rp_out out;
    struct stat st;
    mode_t old = umask(027);
    assert_int_equal(rp_out_open(&ctx, &out, "x", 0777), REAP_OK);
    assert_int_equal(rp_out_commit(&ctx, &out), REAP_OK);
    umask(old);
    assert_int_equal(stat("x", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0750);
}

static void symbolic_link_stays_a_link(void **state)
{
    (void)state;
    struct rp_out out;
    struct stat st;
    assert_int_equal(mkdir("sub", 0777), 0);
    assert_int_equal(close(open("sub/real", O_CREAT | O_WRONLY, 0666)), 0);
    assert_int_equal(symlink("sub/real", "link"), 0);
    assert_int_equal(rp_out_open(&ctx, &out, "link", 0666), REAP_OK);
    rp_out_write(&ctx, &out, "via", 3);
    assert_int_equal(rp_out_commit(&ctx, &out), REAP_OK);
    assert_string_equal(slurp("sub/real"), "via");
    assert_int_equal(lstat("link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void device_is_written_in_place(void **state)
{
    (void)state;
    struct rp_out out;
    struct stat st;
    assert_int_equal(rp_out_open(&ctx, &out, "/dev/null", 0666), REAP_OK);
    assert_null(out.temp);
    assert_int_equal(rp_out_write(&ctx, &out, "x", 1), REAP_OK);
    assert_int_equal(rp_out_commit(&ctx, &out), REAP_OK);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void full_disk_is_an_error_by_write_and_by_stream(void **state)
{
    (void)state;
    struct rp_out out;
    assert_int_equal(rp_out_open(&ctx, &out, "/dev/full", 0666), REAP_OK);
    assert_int_equal(rp_out_write(&ctx, &out, "x", 1), REAP_ERR_IO);
    assert_string_equal(message, "/dev/full: cannot-write: cannot write: No space left on device");
    rp_out_abort(&out);

    message[0] = '\0';
    assert_int_equal(rp_out_open(&ctx, &out, "/dev/full", 0666), REAP_OK);
    fputs("x", rp_out_stream(&out));
    assert_int_equal(rp_out_commit(&ctx, &out), REAP_ERR_IO);
    assert_string_equal(message, "/dev/full: cannot-write: cannot write: No space left on device");

    assert_int_equal(rp_out_open(&ctx, &out, "/dev/full", 0666), REAP_OK);
    struct iovec iov[] = {{(char *)"a", 1}, {(char *)"b", 1}};
    assert_int_equal(rp_out_writev(&ctx, &out, iov, 2), REAP_ERR_IO);
    rp_out_abort(&out);
}

/* A limit on the file size stands in for a disk that fills up in the middle of the output. */
static void output_cut_off_in_the_middle_leaves_nothing(void **state)
{
    (void)state;
    struct rlimit old, limit;
    getrlimit(RLIMIT_FSIZE, &old);
    limit = (struct rlimit){.rlim_cur = 1000, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    static char block[4096];
    struct rp_out out;
    assert_int_equal(rp_out_open(&ctx, &out, "f", 0666), REAP_OK);
    setrlimit(RLIMIT_FSIZE, &limit);
    enum reap_status st = rp_out_write(&ctx, &out, block, sizeof block);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(st, REAP_ERR_IO);
    assert_string_equal(message, "f: cannot-write: cannot write: File too large");
    rp_out_abort(&out);
    assert_int_equal(n_entries("."), 0);
}

static void writev_writes_many_pieces_in_order(void **state)
{
    (void)state;
    enum { N = 3000 };
    static char pieces[N];
    struct iovec iov[N];
    for (int i = 0; i < N; i++) {
        pieces[i] = (char)('a' + i % 26);
        iov[i] = (struct iovec){&pieces[i], i % 3 ? 1 : 0};
    }
    struct rp_out out;
    assert_int_equal(rp_out_open(&ctx, &out, "v", 0666), REAP_OK);
    assert_int_equal(rp_out_writev(&ctx, &out, iov, N), REAP_OK);
    assert_int_equal(rp_out_commit(&ctx, &out), REAP_OK);
    char got[N + 1];
    FILE *f = fopen("v", "r");
    assert_int_equal(fread(got, 1, sizeof got, f), N / 3 * 2);
    fclose(f);
    for (int i = 0, k = 0; i < N; i++)
        if (i % 3)
            assert_int_equal(got[k++], pieces[i]);
}

static void missing_folder_and_folder_as_target_are_named(void **state)
{
    (void)state;
    struct rp_out out;
    assert_int_equal(rp_out_open(&ctx, &out, "no/such/f", 0666), REAP_ERR_IO);
    assert_non_null(strstr(message, "no/such/f: cannot-create"));
    assert_non_null(strstr(message, "No such file or directory"));
    assert_int_equal(mkdir("d", 0777), 0);
    assert_int_equal(rp_out_open(&ctx, &out, "d", 0666), REAP_ERR_IO);
    assert_non_null(strstr(message, "Is a directory"));
}

static void tempdir_is_private_and_vanishes_with_all_below(void **state)
{
    (void)state;
    struct rp_tempdir *d = NULL;
    const char *p = NULL, *q = NULL;
    struct stat st;
    setenv("TMPDIR", dir, 1);
    assert_int_equal(rp_tempdir_make(&ctx, &d), REAP_OK);
    assert_int_equal(stat(rp_tempdir_name(d), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(rp_tempdir_path(&ctx, d, 3, "libx.a", &p), REAP_OK);
    assert_int_equal(rp_tempdir_path(&ctx, d, 3, "../../evil", &q), REAP_OK);
    assert_int_equal(strncmp(p, rp_tempdir_name(d), strlen(rp_tempdir_name(d))), 0);
    assert_string_equal(p + strlen(rp_tempdir_name(d)), "/3/libx.a");
    assert_string_equal(q + strlen(rp_tempdir_name(d)), "/3/evil");
    assert_int_equal(rp_tempdir_path(&ctx, d, 4, "..", &q), REAP_OK);
    assert_string_equal(q + strlen(rp_tempdir_name(d)), "/4/_");
    for (unsigned i = 0; i < 300; i++) { /* more entries than one read of the folder returns */
        char name[32];
        snprintf(name, sizeof name, "a-rather-long-name-%u", i);
        assert_int_equal(rp_tempdir_path(&ctx, d, 3, name, &q), REAP_OK);
        assert_int_equal(close(open(q, O_CREAT | O_WRONLY, 0666)), 0);
    }
    assert_int_equal(symlink("/", p), 0); /* is removed, not followed */
    rp_tempdir_remove(d);
    rp_tempdir_remove(NULL);
    assert_int_equal(n_entries("."), 0);
    unsetenv("TMPDIR");
}

static void bad_tmpdir_is_named(void **state)
{
    (void)state;
    struct rp_tempdir *d = NULL;
    setenv("TMPDIR", "/nonexistent/tmp", 1);
    assert_int_equal(rp_tempdir_make(&ctx, &d), REAP_ERR_IO);
    assert_non_null(strstr(message, "cannot-make-tempdir"));
    assert_non_null(strstr(message, "TMPDIR='/nonexistent/tmp'"));
    unsetenv("TMPDIR");
}

static void cleanup_removes_what_is_uncommitted_and_nothing_else(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct rp_out done, open1;
        struct rp_tempdir *d;
        const char *p;
        setenv("TMPDIR", dir, 1);
        if (rp_out_open(&ctx, &done, "done", 0666) || rp_out_commit(&ctx, &done) ||
            rp_out_open(&ctx, &open1, "open", 0666) || rp_tempdir_make(&ctx, &d) ||
            rp_tempdir_path(&ctx, d, 1, "x", &p) || close(open(p, O_CREAT | O_WRONLY, 0666)))
            _exit(1);
        pid_t child = fork(); /* a child owns nothing of its parent's */
        if (child == 0) {
            rp_cleanup_async();
            _exit(0);
        }
        waitpid(child, NULL, 0);
        if (access(p, F_OK) != 0 || access(open1.temp, F_OK) != 0)
            _exit(2);
        rp_cleanup_async();
        _exit(0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(access("done", F_OK), 0);
    assert_int_equal(n_entries("."), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(output_appears_at_commit),
        T(abort_leaves_the_old_file_alone),
        T(permission_bits_follow_the_umask),
        T(symbolic_link_stays_a_link),
        T(device_is_written_in_place),
        T(full_disk_is_an_error_by_write_and_by_stream),
        T(output_cut_off_in_the_middle_leaves_nothing),
        T(writev_writes_many_pieces_in_order),
        T(missing_folder_and_folder_as_target_are_named),
        T(tempdir_is_private_and_vanishes_with_all_below),
        T(bad_tmpdir_is_named),
        T(cleanup_removes_what_is_uncommitted_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
