/* db.h: between db_write.c and db_read.c: what both must agree on (docs/database.md). */
#ifndef RP_REPORT_DB_H
#define RP_REPORT_DB_H

/* PRAGMA application_id of a report database: "Reap". */
enum { RP_DB_APPLICATION_ID = 0x52656170 };

/* The columns of each table in the order in which they are written and read. */
#define RP_DB_STRING_COLUMNS "id, text"
#define RP_DB_FILE_COLUMNS                                                                         \
    "id, path, member, kind, untouched_why, extracted_for, extracted_by, size"
#define RP_DB_NODE_COLUMNS                                                                         \
    "id, file, section, name, kind, shndx, offset, size, class, live, reason, parent, "            \
    "parent_edge, root, head, retained"
#define RP_DB_EDGE_COLUMNS      "id, source, target, kind, symbol, offset"
#define RP_DB_ROOT_COLUMNS      "id, node, reason, detail"
#define RP_DB_SYMBOL_COLUMNS    "id, name, node, file, place, bind, type, visibility, value, size"
#define RP_DB_UNDEFINED_COLUMNS "id, name, file, node, offset, weak"
#define RP_DB_FINDING_COLUMNS                                                                      \
    "id, code, severity, file, node, section, count, evidence, remedy, chain, suppressed"
#define RP_DB_FINDING_PART_COLUMNS "id, finding, name, node"
#define RP_DB_TYPE_COLUMNS         "id, symbol, typeinfo, type_name, why, ancestor, by_node"
#define RP_DB_BASE_COLUMNS         "id, type, base"
#define RP_DB_SLOT_COLUMNS         "id, vtable, type, offset, kept"
#define RP_DB_TYPEID_COLUMNS       "id, node, offset, strong, allowed, of"

#endif
