/*
 * exchange_path.h
 *	  Aggregations whose groups the workers of a Gather exchange.
 */
#ifndef RS_EXCHANGE_PATH_H
#define RS_EXCHANGE_PATH_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

/*
 * Offer one for a grouped relation, if all of it can be.  factor: what the engine's
 * aggregation costs, in terms of PostgreSQL's.
 */
extern void rs_add_exchanged_aggregation(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
										 List *having, double factor,
										 double least_factor);

/*
 * Such an Agg node is parallel-aware.  PostgreSQL's executor would take each process's
 * groups for groups of all: is there one that the engine did not take over?
 */
extern bool rs_has_exchanged_aggregation(PlannedStmt *planned);

/* While planning without. */
extern bool rs_exchange_forbidden;

#endif							/* RS_EXCHANGE_PATH_H */
