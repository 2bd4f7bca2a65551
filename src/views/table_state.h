/*
 * table_state.h
 *	  States of tables that materialized views are computed from, and what was added since.
 */
#ifndef RS_TABLE_STATE_H
#define RS_TABLE_STATE_H

#include "storage/row_set.h"
#include "utils/relcache.h"

/* What became of a table since a state of it. */
typedef struct RsTableChange
{
	RsRowSet   *added;			/* row numbers of what was added */
	RsRowSet   *others;			/* all other row numbers */
	uint64		rows;			/* visible row groups' rows, deleted ones too */
} RsTableChange;

/*
 * What was added to a table of this server since the state, for the active snapshot, in
 * which the table is locked.  False if something else became of it, or that cannot be told.
 */
extern bool rs_table_state_added(Relation rel, const char *state, RsTableChange *change);

#endif							/* RS_TABLE_STATE_H */
