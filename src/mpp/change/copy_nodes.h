/*
 * copy_nodes.h
 *	  COPY into and out of distributed tables.
 */
#ifndef RS_COPY_NODES_H
#define RS_COPY_NODES_H

#include "commands/copy.h"
#include "nodes/parsenodes.h"
#include "tcop/cmdtag.h"
#include "utils/relcache.h"

/* Carry out COPY ... FROM into a distributed table. */
extern void rs_copy_into_nodes(CopyStmt *statement, const char *text, QueryCompletion *completion);

/*
 * Insert rows that a reader makes which has no text for the nodes to read; where: implicitly
 * ANDed.  How many.
 */
extern uint64 rs_copy_read_into_nodes(CopyFromState copy, Relation rel, List *where);

/* Make COPY of a table into COPY of a query that reads it. */
extern void rs_copy_as_query(CopyStmt *statement);

#endif							/* RS_COPY_NODES_H */
