/*
 * incremental.h
 *	  Incremental refreshes of materialized views.
 */
#ifndef RS_INCREMENTAL_H
#define RS_INCREMENTAL_H

#include "nodes/pg_list.h"
#include "nodes/parsenodes.h"
#include "utils/relcache.h"

/* A table that a view reads, and its state when the view was refreshed. */
typedef struct RsChangedTable
{
	Oid			relid;
	char	   *before;
} RsChangedTable;

/* The query of a materialized view if what is added to its tables can be added to it; else NULL. */
extern Query *rs_incremental_query(Relation view);

/*
 * Add to a view what was added to the tables since, as the active snapshot shows it; the
 * caller has locked the view against all but readers.  False, with nothing done, if more
 * happened to one of them than that, or to something that is not in the view's FROM.
 */
extern bool rs_incremental_refresh(Relation view, Query *query, List *changed);

#endif							/* RS_INCREMENTAL_H */
