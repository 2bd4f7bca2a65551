/*
 * unload_node.h
 *	  The plan node that writes files.
 */
#ifndef RS_UNLOAD_NODE_H
#define RS_UNLOAD_NODE_H

#include "load/unload/unload_ledger.h"
#include "nodes/plannodes.h"

/*
 * Let a plan write its rows to files instead of giving them: in each of its processes,
 * if there are several and parallel, else in the one that runs it.  names: of the
 * columns, String *; options: as text, for workers read them again.
 */
extern void rs_unload_add_node(PlannedStmt *plan, const char *target, const char *options, bool parallel,
							   List *names, const RsUnloadLedger *ledger);

extern void rs_unload_node_init(void);

#endif							/* RS_UNLOAD_NODE_H */
