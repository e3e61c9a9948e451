/* finding.h: what may hurt: one removal (or one cause of several) that a program may miss.
 *
 * The danger rules (lib/danger) make findings at analysis time, when the model is at hand; they are
 * stored with the facts, so that reports, `reap lint`, `reap explain` and `reap bisect` read them
 * without the inputs. Strings are in the facts' pool. Findings are in rank order: item i of
 * facts->findings has rank i.
 */
#ifndef RP_REPORT_FINDING_H
#define RP_REPORT_FINDING_H

#include <stdbool.h>
#include <stdint.h>

enum rp_finding_severity {
    RP_FINDING_NOTE = 1, /* worth a look; nothing shows that it is missed */
    RP_FINDING_WARNING,  /* missed under conditions that are not known here */
    RP_FINDING_ERROR,    /* live code depends on it: expect a crash, an abort or silence */
    RP_N_FINDING_SEVERITIES
};

/* The classes, in order of what they take down: findings of one severity rank by class first. The
 * names are stable: docs/crashes.md. */
enum rp_finding_code {
    RP_FIND_EMPTY_BRACKET = 1, /* a table between symbols of a script lost entries */
    RP_FIND_START_STOP,        /* a table between __start_X and __stop_X lost entries */
    RP_FIND_LOST_INITIALIZER,  /* an entry of .init_array, .ctors, .fini, … */
    RP_FIND_LOST_UNWIND,       /* .eh_frame, .gcc_except_table or personality of live code */
    RP_FIND_IPLT_BRACKET,      /* the relocations of IFUNCs are not where __rela_iplt_* say */
    RP_FIND_ENTRY_LIKE,        /* vectors, boot headers: read by hardware or a loader */
    RP_FIND_WEAK_NULL,         /* a weak reference is null, a definition was at hand */
    RP_FIND_UNEXTRACTED_REGISTRATION, /* an archive member that registers itself stayed out */
    RP_FIND_NAMED_IN_STRING,          /* looked up by name at run time */
    RP_FIND_FALL_THROUGH,             /* live code runs on into a removed section */
    RP_FIND_SORTED_SIBLINGS,    /* of sections that a SORT pattern lays out together some went */
    RP_FIND_SCRIPT_ONLY_SYMBOL, /* only an expression of the script names it */
    RP_FIND_RTTI,               /* type information where casts or catches are live */
    RP_FIND_TRIPWIRE,           /* seen by explain alone: removed code was executed */
    RP_N_FINDING_CODES
};

/* A thing that a finding is about: a symbol, a removed node, or both. */
struct rp_finding_part {
    uint32_t finding; /* its finding */
    uint32_t name;    /* rp_str: mangled name, "" = none */
    uint32_t node;    /* rp_id: what was removed, 0 = none (not extracted: see finding.file) */
};

struct rp_finding {
    uint8_t code;      /* enum rp_finding_code */
    uint8_t severity;  /* enum rp_finding_severity */
    uint32_t file;     /* rp_id: where the (first) guilty removal is, 0 = none */
    uint32_t node;     /* rp_id of that removal, 0 = none */
    uint32_t section;  /* rp_str: its name, "" = none */
    uint32_t count;    /* removals with this one cause; 1 at least */
    uint32_t evidence; /* rp_str: sentences, one a line */
    uint32_t remedy;   /* rp_str: the exact line, option or attribute; several: one a line */
    uint32_t chain;    /* rp_str: cause to effect in plain words, one step a line; "" = none */
    uint32_t first_part, n_parts; /* into facts->finding_parts */
    uint32_t suppressed;          /* rp_str: the reason that a rule file gives; "" = it counts */
};

struct rp_facts;
struct rp_ctx;

/* finding.c. "?" for numbers beyond. */
const char *rp_finding_code_name(unsigned code);         /* "empty-bracket" */
const char *rp_finding_severity_name(unsigned severity); /* "error" */
/* One sentence about the class, for people. */
const char *rp_finding_headline(unsigned code);
/* 0 when there is none of this name. */
unsigned rp_finding_code_of(const char *name);
unsigned rp_finding_severity_of(const char *name);

#endif
