/*
 * unload_query.h
 *	  The query of an UNLOAD.
 */
#ifndef RS_UNLOAD_QUERY_H
#define RS_UNLOAD_QUERY_H

#include "format/format.h"
#include "load/unload/unload_options.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

/* Parsed, checked to be one that UNLOAD takes, rewritten, in the order that its files need. */
extern Query *rs_unload_query_analyze(const char *text, const RsUnloadOptions *options);

/* Its columns. */
extern int	rs_unload_query_columns(const Query *query, RsWriteColumn **columns);

/* All rows will be taken, as batches; on_nodes: compute nodes may take theirs. */
extern PlannedStmt *rs_unload_query_plan(Query *query, const char *text, const RsUnloadOptions *options, bool on_nodes);

#endif							/* RS_UNLOAD_QUERY_H */
