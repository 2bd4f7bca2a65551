/*
 * cost.h
 *	  What the engine's work costs, in the planner's units.
 */
#ifndef RS_COST_H
#define RS_COST_H

#include "nodes/pathnodes.h"

/* Set rows and costs of a scan that reads a share of the table's blocks. */
extern void rs_cost_scan(PlannerInfo *root, RelOptInfo *rel, Path *path, double share,
						 const Bitmapset *attrs);

/* Average bytes of a column's values. */
extern int32 rs_column_width(PlannerInfo *root, RelOptInfo *rel, AttrNumber attno);

/* Have index and bitmap scans cost what fetching rows one by one does: fetch_cost.c. */
extern void rs_cost_fetches(PlannerInfo *root, RelOptInfo *rel);

/* Set the costs of the aggregations of an upper relation that the engine would run. */
extern void rs_cost_aggregation(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
								RelOptInfo *output, void *extra);

/* What an aggregation adds to its input's cost; factor: of what PostgreSQL's would. */
extern Cost rs_cost_groups(PlannerInfo *root, const AggPath *agg, const Path *input, double factor);

/* Let a Sort below a LIMIT compete that reads one end of a sorted table. */
extern void rs_cost_top(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output);

/* From here on, hash joins that the engine would run compete at its costs. */
extern void rs_cost_init(void);

#endif							/* RS_COST_H */
