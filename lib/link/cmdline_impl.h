/* cmdline_impl.h: what the parts of the command-line model share.
 *
 *   cmdline.c          words into arguments, and options that hold for the whole link
 *   cmdline_inputs.c   inputs, in order, with the state at their place; implicit scripts
 *   cmdline_search.c   where files and libraries are found
 *   cmdline_command.c  the words of the final link
 */
#ifndef RP_LINK_CMDLINE_IMPL_H
#define RP_LINK_CMDLINE_IMPL_H

#include "link/cmdline.h"
#include "link/options.h"

/* What an argument was found to be; same index as link->args. */
struct rp_arg_option {
    const struct rp_option_row *row; /* NULL: a file, or unknown */
    const char *value;
    bool negated, is_file;
};

struct rp_cmdline {
    struct rp_ctx *ctx;
    struct rp_link *link;
    const char *const *words;
    size_t n_words;
    RP_VEC(struct rp_arg_option) options;
    bool nostdlib;
    const char *default_path;   /* -Y */
    const char *default_script; /* --default-script */
    size_t default_script_arg;
    bool dropping_plugin; /* the last -plugin was Reap's own */
};

/* --- cmdline_inputs.c --- */
enum reap_status rp_cmdline_inputs(struct rp_cmdline *c);

/* --- cmdline_search.c --- */
enum rp_found_kind {
    RP_FOUND_NONE,
    RP_FOUND_SCRIPT, /* text: an implicit linker script */
    RP_FOUND_FILE,   /* object, archive, anything else */
    RP_FOUND_PIPE,   /* can be read only once, and the linker has to: see rp_note_pipe */
};
/* What a path names; `emulation` not NULL: a file for another machine is MISSING (GNU ld, gold
 * and mold skip it when they search). */
enum rp_found_kind rp_probe_file(const char *path, const char *emulation);
/* The link reads a pipe (shells write "<(command)" as /dev/fd/63): it must pass through. */
enum reap_status rp_note_pipe(struct rp_cmdline *c, const char *path);
/* Fill link->search_dirs. own_script: a -T script takes the place of GNU ld's default one, and with
 * it of its SEARCH_DIRs. */
enum reap_status rp_search_dirs(struct rp_cmdline *c, bool own_script);
/* "=dir" and "$SYSROOT/dir", as far as the linker knows them, with the sysroot in place; else path
 * itself. NULL: out of memory. */
const char *rp_with_sysroot(struct rp_link *link, const char *path);
/* -l name, as the linker looks for it now; *ret NULL: not found. */
enum reap_status rp_find_library(struct rp_cmdline *c, const char *name, bool is_static,
                                 const char **ret, enum rp_found_kind *ret_kind);
/* A file that `script` names. */
enum reap_status rp_find_script_file(struct rp_cmdline *c, const char *name, const char *script,
                                     const char **ret, enum rp_found_kind *ret_kind);

#endif
