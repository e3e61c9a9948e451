/* names.c: the words of the report for the closed lists of the model and of the facts.
 *
 * They are part of the formats (text, JSON, database): words are added, never changed.
 */
#include "report/facts.h"

#define LOOKUP(table, i) ((i) < sizeof(table) / sizeof *(table) && (table)[i] ? (table)[i] : "?")

const char *rp_reason_name(unsigned r)
{
    static const char *const names[RP_N_REASONS] = {
        [RP_REASON_LIVE] = "live",
        [RP_REASON_UNREFERENCED] = "unreferenced",
        [RP_REASON_ONLY_FROM_DEAD] = "only-from-dead",
        [RP_REASON_ONLY_FROM_DEBUG] = "only-from-debug",
        [RP_REASON_DEAD_SUBJECT] = "dead-subject",
        [RP_REASON_COMDAT_DUPLICATE] = "comdat-duplicate",
        [RP_REASON_RTTI_UNOBSERVABLE] = "rtti-unobservable",
        [RP_REASON_NOT_EXTRACTED] = "not-extracted",
        [RP_REASON_NEVER_UNWOUND] = "never-unwound",
    };
    return LOOKUP(names, r);
}

const char *rp_root_reason_name(unsigned reason)
{
    static const char *const names[RP_N_ROOT_REASONS] = {
        [RP_ROOT_ENTRY] = "entry",
        [RP_ROOT_UNDEFINED_OPTION] = "undefined-option",
        [RP_ROOT_INIT_FINI] = "init-fini",
        [RP_ROOT_SCRIPT_SYMBOL] = "script-symbol",
        [RP_ROOT_WRAP] = "wrap",
        [RP_ROOT_EXPORTED] = "exported",
        [RP_ROOT_SHARED_REF] = "shared-reference",
        [RP_ROOT_UNTOUCHED] = "untouched-file",
        [RP_ROOT_RETAIN] = "retain",
        [RP_ROOT_INIT_ARRAY] = "init-array",
        [RP_ROOT_INIT_SECTION] = "init-section",
        [RP_ROOT_NOTE] = "note",
        [RP_ROOT_KEEP] = "keep",
        [RP_ROOT_RULE] = "rule",
        [RP_ROOT_OPTION] = "option",
        [RP_ROOT_NONALLOC] = "non-allocated",
        [RP_ROOT_LINKER_REF] = "linker-reference",
        [RP_ROOT_ODD_SHAPE] = "odd-shape",
        [RP_ROOT_DEFAULT_API] = "default-api",
    };
    return LOOKUP(names, reason);
}

const char *rp_edge_kind_name(unsigned kind)
{
    static const char *const names[] = {
        [RP_EDGE_RELOC] = "reloc",
        [RP_EDGE_GROUP] = "group",
        [RP_EDGE_LINK_ORDER] = "link-order",
        [RP_EDGE_START_STOP] = "start-stop",
        [RP_EDGE_BRACKET] = "bracket",
        [RP_EDGE_SUBJECT] = "subject",
        [RP_EDGE_CIE] = "cie",
        [RP_EDGE_RTTI] = "rtti",
        [RP_EDGE_WEAK] = "weak",
        [RP_EDGE_ASSOC] = "assoc",
        [RP_EDGE_BASE] = "base",
        [RP_EDGE_UNWIND] = "unwind",
    };
    return LOOKUP(names, kind);
}

const char *rp_node_kind_name(unsigned kind)
{
    static const char *const names[] = {
        [RP_NODE_SECTION] = "section", [RP_NODE_STRING] = "string", [RP_NODE_FDE] = "fde",
        [RP_NODE_CIE] = "cie",         [RP_NODE_RECORD] = "record", [RP_NODE_COMMON] = "common",
        [RP_NODE_SET] = "set",         [RP_NODE_ATOM] = "atom",     [RP_NODE_GAP] = "gap",
    };
    return LOOKUP(names, kind);
}

const char *rp_class_name(unsigned c)
{
    static const char *const names[RP_N_CLASSES] = {
        [RP_CLASS_TEXT] = "text",   [RP_CLASS_RODATA] = "rodata", [RP_CLASS_DATA] = "data",
        [RP_CLASS_BSS] = "bss",     [RP_CLASS_DEBUG] = "debug",   [RP_CLASS_EH_FRAME] = "eh_frame",
        [RP_CLASS_OTHER] = "other",
    };
    return LOOKUP(names, c);
}

const char *rp_place_name(unsigned p)
{
    static const char *const names[RP_N_PLACES] = {
        [RP_PLACE_OBJECT] = "object",
        [RP_PLACE_SHARED] = "shared",
        [RP_PLACE_LINKER] = "linker",
        [RP_PLACE_UNDEFINED] = "undefined",
        [RP_PLACE_MEMBER] = "member-not-extracted",
    };
    return LOOKUP(names, p);
}

const char *rp_class_why_name(unsigned why)
{
    static const char *const names[RP_N_CLASS_WHYS] = {
        [RP_CLASS_GONE] = "gone",         [RP_CLASS_NO_SLOT] = "no-slot",
        [RP_CLASS_NAMED] = "named",       [RP_CLASS_VISIBLE] = "visible",
        [RP_CLASS_TYPEID] = "typeid",     [RP_CLASS_ODD] = "odd",
        [RP_CLASS_UNPROVED] = "unproved", [RP_CLASS_PART] = "part",
    };
    return LOOKUP(names, why);
}
