/* model.h: the link as arrays: files, sections, global symbols, nodes, edges, roots.
 *
 * Ids are 1-based, 32 bits, global over the link; 0 is none. A section's id is its file's
 * sec_base + its section number, so that facts of the file need no copy: rp_shdr_of(). A *node*
 * is the unit of collection. Local symbols and relocations have no ids: they are (file, number)
 * and (section, number), read in place.
 *
 * Built in this order: the resolver adds files and globals (link/resolve.h); rp_model_index()
 * numbers sections, finds groups and relocation sections, and settles COMDAT; pass/split.h makes
 * nodes, pass/edges.h edges, pass/roots.h roots; pass/mark.h fills the marks.
 */
#ifndef RP_MODEL_MODEL_H
#define RP_MODEL_MODEL_H

#include "elf/archive.h"
#include "elf/elf_file.h"
#include "elf/filemap.h"
#include "util/arena.h"
#include "util/bitset.h"
#include "util/strmap.h"
#include "util/vec.h"

typedef uint32_t rp_id;

struct rp_arch;       /* arch/arch.h */
struct rp_record_use; /* table/record.h */

enum rp_file_kind {
    RP_FILE_OBJECT, /* ET_REL that takes part in the collection */
    RP_FILE_SHARED, /* ET_DYN */
    RP_FILE_IR,     /* compiler IR, with or without code */
    RP_FILE_OPAQUE, /* binary blob, -R file, anything not understood */
};

/* An archive on the line. */
struct rp_ar {
    struct rp_map map;
    struct rp_archive archive;
    rp_id input;   /* first input of the command line that named it */
    rp_id *loaded; /* per member: the file it became, 0 = not extracted */
};

struct rp_file {
    /* facts */
    const char *path;    /* as the linker was or will be told: "libx.a" or "a.o" */
    const char *member;  /* NULL when not in an archive */
    const char *display; /* "path(member)" or path */
    enum rp_file_kind kind;
    rp_id ar;           /* archive id, 0 = none */
    uint32_t member_no; /* index of the member in its archive */
    rp_id input;        /* input of the command line (link.h) through which it came */
    struct rp_map map;  /* own mapping of a plain file or thin member; else data == NULL */
    struct rp_elf elf;  /* OBJECT and SHARED (and fat IR) only */
    /* why it was extracted: the symbol and the file that referred to it; NULL/0 when it was
     * named on the command line or loaded by --whole-archive */
    const char *extracted_for;
    rp_id extracted_by;
    /* derived */
    bool untouched;            /* its bytes go to the linker as they are, all its sections and
                                  everything that they mention are roots */
    const char *untouched_why; /* or NULL */
    rp_id sec_base;            /* section id of number 0 (itself no section); 0 for non-objects */
    rp_id *globals;            /* [n_symbols - first_global]: rp_global of each global symbol */
    struct rp_record_use **tables; /* [n_sections]: rule-file tables, NULL = none at all; see
                                            table/record.h */
    rp_id first_node; /* its nodes are [first_node, first_node + n_nodes): sections by number, */
    uint32_t n_nodes; /* then the common symbols that it defines; 0 before the split */
};

enum rp_section_flag {
    RP_SEC_ALLOC = 1,     /* SHF_ALLOC */
    RP_SEC_DUPLICATE = 2, /* member of a COMDAT group whose prevailing copy is elsewhere */
    RP_SEC_META = 4,      /* symtab, strtab, relocations, group, …: never a node */
    RP_SEC_EH_FRAME = 8,
    RP_SEC_STRINGS = 16, /* split by piece */
    RP_SEC_WHOLE = 32,   /* its pieces live or die together: a reference into it could be read in
                            two ways, so that nothing may be cut out of it */
    RP_SEC_ALLOC_GROUP = 64, /* of an SHT_GROUP section: it has an allocated member */
    RP_SEC_RECORDS = 128, /* split into records of a table that a rule file describes: its records
                             follow their subjects, whatever KEEP or bracket it stands in */
};

struct rp_section {
    rp_id file;
    rp_id node;       /* first node, 0 = none (META, DUPLICATE) */
    uint32_t n_nodes; /* consecutive ids, by rising offset */
    uint32_t rel;     /* section number (in the file) of its relocations, 0 = none */
    uint32_t group;   /* section number of its SHT_GROUP, 0 = none */
    uint32_t flags;   /* enum rp_section_flag */
    rp_id prevailing; /* of an SHT_GROUP section: the group of the same signature that stays in
                         the link (itself, when it does); else 0 */
};

enum rp_global_flag {
    RP_GLOB_EXPORTED = 1,      /* in the dynamic symbol table of the output, visible outside */
    RP_GLOB_SHARED_REF = 2,    /* a shared library on the line refers to it */
    RP_GLOB_UNTOUCHED_REF = 4, /* an untouched file refers to it */
    RP_GLOB_SHARED_DEF = 8,    /* its prevailing definition is in a shared library */
    RP_GLOB_LAZY = 16,         /* undefined, but an unextracted member defines it (see lazy_*) */
    RP_GLOB_LINKER_DEF = 32,   /* the linker or its script defines it */
    RP_GLOB_WEAK_ONLY = 64,    /* only weak references to it */
    RP_GLOB_REFERENCED = 128,  /* some loaded regular object refers to it */
};

/* One name of the link. `foo@V` and `foo@@V` of .symver are kept as names of their own; the
 * resolver unites foo@@V with foo. */
struct rp_global {
    const char *name;
    uint32_t name_len;
    uint32_t flags;   /* enum rp_global_flag */
    rp_id def_file;   /* prevailing definition, 0 = undefined */
    uint32_t def_sym; /* symbol number in def_file */
    rp_id lazy_ar;    /* an archive member that would define it: archive id … */
    uint32_t lazy_member;
    rp_id node;         /* of a common symbol: its node; else 0 */
    rp_id set;          /* `__start_X` and the like that no object defines: its set's node */
    uint8_t visibility; /* the most constraining of all mentions (gABI) */
};

enum rp_node_kind {
    RP_NODE_SECTION = 1, /* a whole section */
    RP_NODE_STRING,      /* a piece of an SHF_MERGE section */
    RP_NODE_FDE,         /* a frame description entry */
    RP_NODE_CIE,
    RP_NODE_RECORD, /* a record of another table */
    RP_NODE_COMMON, /* a common symbol: `section` is 0, `offset` is its global id */
    RP_NODE_SET,    /* synthetic: all sections of one start-stop name or bracket;
                       `section` is 0, `offset` is the set's index in model->sets */
    RP_NODE_ATOM,   /* linked images: what the symbols at one place cover */
    RP_NODE_GAP,    /* linked images: bytes that no symbol covers */
    RP_N_NODE_KINDS
};

struct rp_node {
    rp_id section;
    uint32_t kind;   /* enum rp_node_kind */
    uint64_t offset; /* bytes into the section */
    uint64_t size;   /* bytes */
};

/* A synthetic node's name: "__start_x/__stop_x", or "bracket a_start…a_end (script:12)". */
struct rp_set {
    const char *name;
    rp_id node;
};

enum rp_edge_kind {
    RP_EDGE_RELOC = 0,  /* a relocation of the source node */
    RP_EDGE_GROUP,      /* member of the same section group */
    RP_EDGE_LINK_ORDER, /* from a section to the SHF_LINK_ORDER section that describes it */
    RP_EDGE_START_STOP, /* reference to __start_X/__stop_X, and the set's members */
    RP_EDGE_BRACKET,    /* the same for brackets of scripts and rule files */
    RP_EDGE_SUBJECT,    /* from code to the record that describes it (FDE) */
    RP_EDGE_CIE,        /* from an FDE to its CIE */
    RP_EDGE_RTTI,       /* RTTI slot of a vtable: weak, followed once its class can be observed */
    RP_EDGE_WEAK,       /* a weak reference that found a definition */
    RP_EDGE_ASSOC,      /* associated by rule: .ARM.exidx-like, __patchable_function_entries, … */
    RP_EDGE_BASE,       /* from a typeinfo to another that it is made of: a base, a pointee */
    RP_EDGE_UNWIND,     /* to what only an unwinder asks for, which is dead: never followed */
    RP_N_EDGE_KINDS
};

/* `reloc` is the number of the relocation within the source section's relocations, for
 * RP_EDGE_RELOC, WEAK, RTTI, BASE, UNWIND and the reference half of START_STOP and BRACKET; else 0.
 */
struct rp_edge {
    rp_id to;
    uint32_t kind : 4;
    uint32_t reloc : 28;
};

/* Whether edges of a kind are plain references from one node to another by a relocation. */
static inline bool rp_edge_is_reference(unsigned kind)
{
    return kind == RP_EDGE_RELOC || kind == RP_EDGE_WEAK || kind == RP_EDGE_RTTI ||
           kind == RP_EDGE_BASE || kind == RP_EDGE_UNWIND;
}

enum rp_root_reason {
    RP_ROOT_ENTRY = 1,
    RP_ROOT_UNDEFINED_OPTION, /* -u, --require-defined, EXTERN */
    RP_ROOT_INIT_FINI,        /* -init, -fini, _init, _fini */
    RP_ROOT_SCRIPT_SYMBOL,    /* mentioned by a script expression or --defsym */
    RP_ROOT_WRAP,
    RP_ROOT_EXPORTED,     /* dynamic export */
    RP_ROOT_SHARED_REF,   /* a shared library refers to it */
    RP_ROOT_UNTOUCHED,    /* an untouched file defines or mentions it */
    RP_ROOT_RETAIN,       /* SHF_GNU_RETAIN */
    RP_ROOT_INIT_ARRAY,   /* .init_array, .fini_array, .preinit_array, .ctors, .dtors, .jcr */
    RP_ROOT_INIT_SECTION, /* .init, .fini and what is named like them */
    RP_ROOT_NOTE,
    RP_ROOT_KEEP,        /* KEEP() of a script */
    RP_ROOT_RULE,        /* a line of a rule file */
    RP_ROOT_OPTION,      /* --keep-symbol, --keep-section, --keep-file, --export, --export-from */
    RP_ROOT_NONALLOC,    /* debug and other non-allocated sections; not followed */
    RP_ROOT_LINKER_REF,  /* the linker itself may refer to it */
    RP_ROOT_ODD_SHAPE,   /* could not be understood: kept in doubt */
    RP_ROOT_DEFAULT_API, /* no roots were given: every visible global */
    RP_N_ROOT_REASONS
};

struct rp_root {
    rp_id node;
    uint32_t reason;    /* enum rp_root_reason */
    const char *detail; /* which option, script line, rule line, symbol; never NULL */
    bool follow;        /* false: the node stays but its edges are not followed (NONALLOC) */
    bool with_file;     /* stays only when something else of its file stays (mark.c) */
};

struct rp_model {
    struct rp_ctx *ctx;
    const struct rp_arch *arch;       /* of the first object */
    RP_VEC(struct rp_ar) ars;         /* id = index + 1 */
    RP_VEC(struct rp_file) files;     /* id = index + 1, in load order */
    struct rp_strmap global_map;      /* name -> global id */
    RP_VEC(struct rp_global) globals; /* id = index + 1 */
    struct rp_section *sections;      /* [n_section_ids + 1], index = id */
    uint32_t n_section_ids;
    RP_VEC(struct rp_node) nodes; /* index = id; nodes.v[0] unused once split */
    RP_VEC(struct rp_set) sets;
    uint32_t *edge_start; /* [n nodes + 1]: edges of node i are
                             edges[edge_start[i] .. edge_start[i + 1]) */
    struct rp_edge *edges;
    uint32_t n_edges;
    uint64_t *edge_place; /* linked images: by edge, where it stands in its source's section; else
                             NULL, and an edge's relocation says so */
    RP_VEC(struct rp_root) roots;
    struct rp_bitset debug_ref; /* by node: a non-allocated section refers to it; w is NULL
                                   unless rp_job.debug_refs asked for it */
    struct rp_arena arena;      /* names and other small strings */
};

void rp_model_init(struct rp_model *m, struct rp_ctx *ctx);
void rp_model_free(struct rp_model *m); /* closes files and archives too */

static inline struct rp_file *rp_file_of(const struct rp_model *m, rp_id file)
{
    return &m->files.v[file - 1];
}
static inline struct rp_global *rp_global_of(const struct rp_model *m, rp_id global)
{
    return &m->globals.v[global - 1];
}
static inline struct rp_file *rp_section_file(const struct rp_model *m, rp_id section)
{
    return rp_file_of(m, m->sections[section].file);
}
static inline uint32_t rp_section_no(const struct rp_model *m, rp_id section)
{
    return section - rp_section_file(m, section)->sec_base;
}
static inline const struct rp_shdr *rp_shdr_of(const struct rp_model *m, rp_id section)
{
    return &rp_section_file(m, section)->elf.shdrs[rp_section_no(m, section)];
}
static inline const char *rp_section_name(const struct rp_model *m, rp_id section)
{
    return rp_elf_shname(&rp_section_file(m, section)->elf, rp_section_no(m, section));
}
/* Global id of symbol number `sym` of a file, 0 for a local symbol. */
static inline rp_id rp_sym_global(const struct rp_file *f, uint32_t sym)
{
    return sym < f->elf.first_global || !f->globals ? 0 : f->globals[sym - f->elf.first_global];
}

/* The global called name, 0 when there is none; the resolver enters them. */
rp_id rp_model_find_global(const struct rp_model *m, const char *name);

/* Number the sections of all files, map relocation sections and groups, settle COMDAT: of groups
 * with one signature the first file in load order prevails (untouched files too). */
enum reap_status rp_model_index(struct rp_model *m);

/* The section that stays in the link in place of a DUPLICATE one: the section of the same name in
 * the prevailing group, 0 when there is none. */
rp_id rp_section_prevailing(const struct rp_model *m, rp_id section);

/* The node that holds byte `offset` of a section; an offset equal to the section's size belongs
 * to the last node; 0 when the section has no nodes. */
rp_id rp_node_at(const struct rp_model *m, rp_id section, uint64_t offset);

/* Where symbol number `sym` of file `f`, used from there, is really defined: the section id (0:
 * undefined, absolute, common or in a shared library) and the offset in it. Goes through the
 * prevailing definition for globals. *ret_node is set for common symbols. */
rp_id rp_symbol_target(const struct rp_model *m, const struct rp_file *f, uint32_t sym,
                       uint64_t *ret_offset, rp_id *ret_node);

/* The node that the definition of a global is in, 0 when it is undefined, absolute or outside of
 * the collected objects. */
rp_id rp_global_node(const struct rp_model *m, rp_id global);

/* "path(member):.section" into buf; for messages and reasons. Returns buf. */
char *rp_node_describe(const struct rp_model *m, rp_id node, char *buf, size_t size);

#endif
