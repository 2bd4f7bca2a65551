/*
 * subplans.c
 *	  Subplans of expressions in the engine, as EXPLAIN wants them.
 *
 * Expressions with subplans are evaluated row by row by PostgreSQL, with the node
 * RsVector as their parent: so its list of subplans has those of all operators.
 * EXPLAIN names a correlated subplan's parameter by what is passed for it, an
 * expression in terms of the node's inputs; an operator's inputs are known to us
 * only.  So what is passed is put in terms of tables' columns first.
 */
#include "postgres.h"

#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"
#include "planner/takeover.h"

typedef struct ShowContext
{
	PlanState  *parent;
	Plan	   *plan;
} ShowContext;

static bool
show_walker(Node *node, ShowContext *context)
{
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
	{
		SubPlan    *subplan = (SubPlan *) node;

		foreach(lc, context->parent->subPlan)
		{
			SubPlanState *state = lfirst_node(SubPlanState, lc);
			SubPlan    *shown;

			if (state->subplan->plan_id != subplan->plan_id || subplan->args == NIL)
				continue;
			/* Its own expressions were compiled long ago. */
			shown = makeNode(SubPlan);
			*shown = *state->subplan;
			shown->args = (List *) rs_plan_expression((Node *) subplan->args, context->plan);
			state->subplan = shown;
		}
	}
	return expression_tree_walker(node, show_walker, context);
}

void
rs_show_subplans(PlanState *parent, Plan *plan)
{
	ShowContext context = {parent, plan};

	if (parent->subPlan == NIL)
		return;
	(void) show_walker((Node *) plan->targetlist, &context);
	(void) show_walker((Node *) plan->qual, &context);
	if (IsA(plan, HashJoin))
	{
		(void) show_walker((Node *) ((HashJoin *) plan)->join.joinqual, &context);
		(void) show_walker((Node *) ((HashJoin *) plan)->hashclauses, &context);
	}
}
