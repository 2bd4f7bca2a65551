/*
 * takeover.h
 *	  Subtrees of finished plans that go to the vector engine.
 */
#ifndef RS_TAKEOVER_H
#define RS_TAKEOVER_H

#include "nodes/execnodes.h"
#include "nodes/plannodes.h"

extern void rs_takeover_init(void);

/* A nested loop as the hash join that it could be; any other node as it is. */
extern Plan *rs_nested_loop_as_hash_join(Plan *plan);

/*
 * The plan below a SubqueryScan, doing its work, if it can; any other node as it is.
 */
extern Plan *rs_fold_subquery_scan(Plan *plan);

/*
 * Can all scans of the CTE that this subplan computes be the engine's?  Once that is
 * said, they have to become nodes of ours.
 */
extern bool rs_can_take_cte(PlannedStmt *planned, int plan_id);
extern void rs_take_cte(PlannedStmt *planned, int plan_id);

/*
 * An expression of a plan node in terms of tables' columns: references to the
 * nodes below are replaced by what those compute.  For showing only.
 */
extern Node *rs_plan_expression(Node *expr, Plan *plan);

/*
 * Let the subplans that an operator's expressions have show what is passed to them,
 * before EXPLAIN prints them.
 */
extern void rs_show_subplans(PlanState *parent, Plan *plan);

#endif							/* RS_TAKEOVER_H */
