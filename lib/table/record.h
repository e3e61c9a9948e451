/* record.h: tables that a rule file describes (`table` lines, link/rules.h). */
#ifndef RP_TABLE_RECORD_H
#define RP_TABLE_RECORD_H

#include "link/rules.h"
#include "table/table.h"

/* What is known of one section: by section number in rp_file.tables. */
struct rp_record_use {
    const struct rp_rule *rule;
    uint32_t partner;    /* section number of the other half of parallel tables, 0 = none */
    bool is_second;      /* the half without subjects of its own */
    const char *spoiled; /* why it must not be cut (static), or NULL */
};

/* Find the sections of all files that rules call tables, and fill rp_file.tables. After
 * rp_model_index(), before rp_split(). */
enum reap_status rp_tables_find(struct rp_model *m, const struct rp_rules *rules);

/* The use of a section, or NULL. */
static inline const struct rp_record_use *rp_record_use_of(const struct rp_file *f, uint32_t shndx)
{
    return f->tables ? f->tables[shndx] : NULL;
}

extern const struct rp_table rp_record_table;

#endif
