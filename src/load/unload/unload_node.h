/*
 * unload_node.h
 *	  The plan node that writes files.
 */
#ifndef RS_UNLOAD_NODE_H
#define RS_UNLOAD_NODE_H

#include "load/unload/unload_ledger.h"
#include "nodes/plannodes.h"

/* Columns of the files. */
typedef struct RsUnloadColumns
{
	List	   *names;			/* String * */
	List	   *places;			/* int: which of the query's columns, from 1 */
	List	   *typmods;		/* int; used where a plan does not tell */
} RsUnloadColumns;

/*
 * Let a plan write its rows to files instead of giving them: in each of its processes,
 * if there are several and parallel, else in the one that runs it.  options: as text,
 * for workers read them again.
 */
extern void rs_unload_add_node(PlannedStmt *plan, const char *target, const char *options, bool parallel,
							   const RsUnloadColumns *columns, const RsUnloadLedger *ledger);

extern void rs_unload_node_init(void);

#endif							/* RS_UNLOAD_NODE_H */
