/* resolve_internal.h: what the files of the resolver share; nobody else includes it.
 *
 * A *candidate* is an object file or archive member that may be loaded; a *unit* is one input in
 * its place on the command line. Loading (resolve_load.c) opens a superset of what any linker can
 * extract and turns names into ids; then one of the modes (resolve_lld.c, resolve_gnu.c,
 * resolve_mold.c, resolve_given.c) plays the linker over arrays; last, resolve_finish.c settles
 * the definitions among the files that were loaded.
 */
#ifndef RP_LINK_RESOLVE_INTERNAL_H
#define RP_LINK_RESOLVE_INTERNAL_H

#include "link/resolve.h"
#include "util/glob.h"

#include <string.h>

enum cand_state {
    CAND_CLOSED,
    CAND_OPEN,    /* a checked ET_REL */
    CAND_FAILED,  /* malformed or unreadable: an error when it is loaded */
    CAND_BITCODE, /* LLVM IR */
    CAND_FOREIGN, /* ELF of a machine that Reap does not know */
    CAND_NO_ELF,  /* an archive member that is no object: linkers skip it */
};

struct cand {
    struct rp_map map; /* of a plain file or thin member; else empty */
    struct rp_elf elf; /* CAND_OPEN */
    rp_id *globals;    /* CAND_OPEN: by global symbol */
    const char *path, *member, *display;
    rp_id ar, input;
    uint32_t member_no;
    rp_id file;          /* the file that it became, 0 = not loaded */
    uint8_t state;       /* enum cand_state */
    bool ir;             /* CAND_OPEN with IR that this link's linker would use */
    bool versioned;      /* CAND_OPEN: a symbol is called foo@@V */
    bool queued;         /* in a wave, or opened */
    bool opened_for_all; /* named or --whole-archive: errors are not put off */
};

/* A definition that is to be had from an archive member or a --start-lib object. */
struct lazy {
    rp_id global;
    uint32_t key : 31;  /* of its provider: index into resolver.providers */
    uint32_t alias : 1; /* foo@V, where the member has foo@@V */
};

struct provider {
    rp_id ar; /* 0 for a --start-lib object */
    uint32_t member_no;
    uint32_t cand; /* index into cands + 1, 0 = not opened */
};

/* What the resolver knows of an archive beside the model's rp_ar, same index. */
struct res_ar {
    uint32_t first_key; /* of member 0 */
    bool opened_all;    /* every member is a candidate */
    bool indexed;       /* lazies come from its index */
    struct lazy *lazies;
    uint32_t n_lazies;
};

struct dso {
    struct rp_map map;
    struct rp_elf elf;
    const char *path;
    rp_id input, file;
    rp_id *globals; /* by symbol - first_global: the name that it defines or refers to; 0 = skip */
    rp_id *aliases; /* GNU: of a default version, the id of foo@V; else 0 */
};

/* A PROVIDE of a script: its value is looked at only when the name is referred to. */
struct provide {
    rp_id name;
    uint32_t first, n; /* range of resolver.provide_mentions */
    bool in_sections;  /* inside of SECTIONS */
    bool done;
};

enum unit_kind {
    UNIT_OBJECT,
    UNIT_LAZY_OBJECT,
    UNIT_ARCHIVE,
    UNIT_WHOLE,
    UNIT_SHARED,
    UNIT_OPAQUE
};

struct unit {
    enum unit_kind kind;
    uint32_t index;    /* OBJECT: cand; LAZY_OBJECT: key; ARCHIVE, WHOLE: ar; SHARED: dso */
    rp_id input;       /* index into link->inputs + 1 */
    struct rp_map map; /* OPAQUE */
};

/* Where a name stands while a linker is played. */
enum name_kind { NAME_NEW, NAME_UNDEFINED, NAME_LAZY, NAME_COMMON, NAME_DEFINED, NAME_SHARED };
struct name_state {
    uint8_t kind; /* enum name_kind */
    uint8_t bind; /* STB_* */
    uint8_t visibility;
    bool referenced; /* by a regular object or an option */
    bool strong_ref; /* GNU: a regular object refers to it, not weakly */
    bool named;      /* gold: an option or script asks for it */
    bool lib_data;   /* bfd, NAME_SHARED: initialized data, which common symbols give way to */
    bool assigned;   /* --defsym or a script defines it */
    uint32_t key;    /* NAME_LAZY: its provider */
    rp_id by;        /* NAME_UNDEFINED: the first file that refers to it, 0 = an option */
};

struct resolver {
    struct rp_ctx *ctx;
    struct rp_ctx quiet; /* for opening what may never be loaded */
    const struct rp_link *link;
    const struct rp_resolve_options *opts;
    struct rp_model *model;
    struct rp_resolve_result *ret;

    RP_VEC(struct unit) units;
    RP_VEC(struct cand) cands;
    RP_VEC(struct dso) dsos;
    RP_VEC(struct res_ar) ars;
    RP_VEC(struct provider) providers;
    /* all definitions that are to be had, by global: keys lazy_keys[lazy_start[g] …
     * lazy_start[g + 1]), for g up to n_lazy; NULL until they are known */
    uint32_t *lazy_start, *lazy_keys;
    rp_id n_lazy;
    RP_VEC(uint8_t) wanted; /* by global id: the waves have looked for it */
    RP_VEC(rp_id) pending;  /* wanted before lazy_start was there */
    RP_VEC(uint32_t) wave;  /* candidates to open next */

    /* --wrap: the first ids are names of the option, so that this small table maps references;
     * references to ids above n_redirect stay as they are */
    rp_id *redirect;
    rp_id n_redirect;

    RP_VEC(struct name_state) names; /* by global id - 1 */
    RP_VEC(rp_id) requested;         /* names that an option or script asks for from the start */
    RP_VEC(rp_id) mentioned;         /* names in values of --defsym */
    RP_VEC(rp_id) script_mentions;   /* names in script expressions, PROVIDE's apart */
    RP_VEC(struct provide) provides;
    RP_VEC(rp_id) provide_mentions;
    RP_VEC(rp_id) linker_defined;  /* by --defsym, and by scripts outside of SECTIONS */
    RP_VEC(rp_id) section_defined; /* by scripts in SECTIONS */
    RP_VEC(rp_id) opaque_defined;  /* by -R files and binary inputs */
    RP_VEC(rp_id) opaque_refs;     /* names that opaque files refer to */
    rp_id entry;                   /* its name, 0 = none */
    bool fat_lto, plugin, fortran_common;
    bool stop; /* IR or an unsupported machine was loaded: no need to go on */
};

/* --- resolve_load.c, resolve_open.c ---------------------------------------------------------- */

/* Make the units and map every input; open objects and shared libraries. */
enum reap_status rp_res_load_inputs(struct resolver *r);
/* What archives define: names of their indexes, or of their members. */
enum reap_status rp_res_load_archives(struct resolver *r);
/* Open everything that the references from opened files can extract, in waves. */
enum reap_status rp_res_run_waves(struct resolver *r);
void rp_res_free_inputs(struct resolver *r);
/* Ask for the definitions of a name (adds to the next wave). */
enum reap_status rp_res_want(struct resolver *r, rp_id global);
/* The candidate (index + 1) of a provider, made when absent; 0 when out of memory. */
uint32_t rp_res_cand_of(struct resolver *r, uint32_t key);
/* The same, and opened: *ret_cand is an index. */
enum reap_status rp_res_open_provider(struct resolver *r, uint32_t key, uint32_t *ret_cand);
/* A candidate for member `no` of archive `ar`; index + 1 or 0. */
uint32_t rp_res_add_member(struct resolver *r, rp_id ar, uint32_t no);

/* Open the candidates list[0 .. n) in parallel and turn their names into ids. */
enum reap_status rp_res_open(struct resolver *r, const uint32_t *list, size_t n);
/* Open one candidate again, or for the first time, with its errors delivered. */
enum reap_status rp_res_open_loud(struct resolver *r, struct cand *c);

/* --- resolve_names.c ------------------------------------------------------------------------- */

struct name_hash {
    uint64_t hash;
    uint32_t len; /* without "@@VERSION" */
};
struct name_hash rp_res_hash(const char *name);
/* The global of a name whose hash is known; "foo@@V" is "foo". 0 when out of memory. */
rp_id rp_res_intern_h(struct resolver *r, const char *name, struct name_hash h);
/* Before number k - RP_RES_AHEAD of n names is entered: fetch the slot of number k, and the key in
 * the slot of the one half way. */
enum { RP_RES_AHEAD = 32 };
void rp_res_fetch(const struct resolver *r, const struct name_hash *h, uint32_t k, uint32_t n);
rp_id rp_res_intern(struct resolver *r, const char *name);
/* Of a symbol's name "foo@@V" the id of "foo@V", which it satisfies in GNU linkers; 0 in *ret_id
 * for other names. False when out of memory. */
bool rp_res_versioned_name(struct resolver *r, const char *name, rp_id *ret_id);
/* Collect what options and scripts ask for; call before anything else is interned. */
enum reap_status rp_res_option_names(struct resolver *r);
/* Options among the passed-through words that bear on IR and common symbols. */
void rp_res_read_switches(struct resolver *r);

/* --- resolve_shared.c ------------------------------------------------------------------------ */

enum reap_status rp_res_open_shared(struct resolver *r, struct dso *d);

/* --- resolve_deplibs.c ----------------------------------------------------------------------- */

/* Whether the libraries that a section of dependent libraries names would add nothing to the link.
 */
bool rp_res_deplibs_are_idle(const struct resolver *r, const struct rp_elf *elf, uint32_t shndx);

/* --- resolve.c ------------------------------------------------------------------------------- */

/* The state of a name; the table grows on demand. NULL when out of memory. */
struct name_state *rp_res_name(struct resolver *r, rp_id global);
/* Load a candidate: it becomes the model's next file. `name` and `by` say why (0: by itself). */
enum reap_status rp_res_load(struct resolver *r, uint32_t cand, rp_id input, rp_id name, rp_id by);
enum reap_status rp_res_load_shared(struct resolver *r, struct dso *d);
enum reap_status rp_res_load_opaque(struct resolver *r, struct unit *u);
/* Load member `no` of a --whole-archive unit, once more when it was loaded before; *ret_cand is
 * the candidate that became the file. */
enum reap_status rp_res_load_again(struct resolver *r, const struct unit *u, uint32_t no,
                                   uint32_t *ret_cand);
/* Whether an open candidate defines a name, neither common nor weak. */
bool rp_res_is_strong_definition(const struct cand *c, rp_id global);
/* The same by the lights of bfd: data only (bfd/elflink.c, is_global_data_symbol_definition). */
bool rp_res_is_data_definition(const struct cand *c, rp_id global);

/* --- the modes ------------------------------------------------------------------------------- */

enum reap_status rp_res_run_lld(struct resolver *r);
enum reap_status rp_res_run_gnu(struct resolver *r);
enum reap_status rp_res_run_mold(struct resolver *r);
enum reap_status rp_res_run_all(struct resolver *r);
enum reap_status rp_res_run_observed(struct resolver *r);
/* After the finish: whether a member that another plugin claimed is among the loaded ones, which
 * shows as a name that nobody defines. Sets ir_file. */
enum reap_status rp_res_check_observed(struct resolver *r);

/* --- resolve_finish.c ------------------------------------------------------------------------ */

enum reap_status rp_res_finish(struct resolver *r);

/* --- resolve_needed.c ------------------------------------------------------------------------ */

/* GNU ld: mark what the libraries that our libraries need refer to. */
enum reap_status rp_res_mark_needed(struct resolver *r);

#endif
