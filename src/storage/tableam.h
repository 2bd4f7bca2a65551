/*
 * tableam.h
 *	  The access method's routine and what DDL needs of it.
 */
#ifndef RS_TABLEAM_H
#define RS_TABLEAM_H

#include "utils/rel.h"

struct TableAmRoutine;

extern const struct TableAmRoutine *rs_tableam_routine(void);

static inline bool
rs_is_redshift_relation(Relation rel)
{
	return rel->rd_tableam == rs_tableam_routine();
}

/* The table is being dropped: forget its directory rows in this transaction. */
extern void rs_tableam_drop_storage(Oid relid);

/* Report that a BRIN index on the table of this name is not possible. */
extern void rs_tableam_refuse_brin(const char *relname);

#endif							/* RS_TABLEAM_H */
