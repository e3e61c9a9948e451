/* resolve.h: which files and archive members the linker will load, in its order, and which
 * definition of each name prevails.
 */
#ifndef RP_LINK_RESOLVE_H
#define RP_LINK_RESOLVE_H

#include "link/cmdline.h"
#include "link/script.h"
#include "model/model.h"

enum rp_resolve_mode {
    RP_RESOLVE_GNU, /* bfd, gold: left to right, groups until nothing new */
    RP_RESOLVE_LLD, /* remembers lazy symbols; extracts at the reference */
    RP_RESOLVE_MOLD,
    RP_RESOLVE_ALL, /* every member of every archive is loaded (`reap gc`) */
};

/* A file that a plugin saw the linker load, in its order. */
struct rp_observed {
    const char *path; /* file or archive */
    uint64_t offset;  /* of the member's contents in the archive, 0 for plain and thin */
    uint64_t size;    /* bytes */
};

struct rp_resolve_options {
    enum rp_resolve_mode mode;
    /* Non-NULL: load exactly these and in this order (plugin), do not search archives. */
    const struct rp_observed *observed;
    size_t n_observed;
    const struct rp_script *const *scripts; /* for names that scripts mention (they extract) */
    size_t n_scripts;
    bool gold; /* where gold differs from bfd */
    /* RP_RESOLVE_LLD: lld's major version; 0 is unknown, taken as the newest. 14 follows the
     * order of archive indexes; below 19 common symbols extract (--fortran-common). */
    unsigned lld_major;
};

struct rp_resolve_result {
    /* LTO IR is among the loaded files: the link must not be collected (first one's name). */
    const char *ir_file;
    /* Any input is of a machine that Reap does not know, or machines are mixed. */
    const char *unsupported_file;
    uint32_t n_members_seen, n_members_loaded;
};

/* Fill model->ars, files, globals. Missing files are REAP_ERR_IO, malformed ones
 * REAP_ERR_INPUT. Sets def, flags REFERENCED, SHARED_REF, SHARED_DEF, UNTOUCHED_REF, WEAK_ONLY,
 * LAZY, visibility and each file's `globals`; maps --wrap (a reference to f becomes __wrap_f, to
 * __real_f becomes f). Does not decide exports (pass/roots.c). Undefined names are no error. */
enum reap_status rp_resolve(struct rp_ctx *ctx, const struct rp_link *link,
                            const struct rp_resolve_options *opts, struct rp_model *model,
                            struct rp_resolve_result *ret);

#endif
