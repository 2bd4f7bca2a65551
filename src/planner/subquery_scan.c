/*
 * subquery_scan.c
 *	  SubqueryScan nodes that a node of the engine can do without.
 *
 * PostgreSQL keeps a node between a subquery's plan and the query around it wherever
 * it renames, reorders or filters columns.  Rows would leave the engine there and come
 * back one by one.  Where the plan below is one of the engine's nodes, the columns
 * become that node's own, and the conditions join its own.
 *
 * Not where that would evaluate something volatile twice; and a condition that can
 * leak what it sees stays above, for the subquery may be a view that hides rows.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "planner/takeover.h"
#include "vector/operator.h"

typedef struct FoldContext
{
	Index		relid;
	List	   *targets;		/* of the plan below */
	bool		failed;
} FoldContext;

static Node *
fold_mutator(Node *node, FoldContext *context)
{
	Var		   *var = (Var *) node;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Var) || var->varno != (int) context->relid)
		return expression_tree_mutator(node, fold_mutator, context);
	if (var->varattno <= 0 || var->varattno > list_length(context->targets))
	{
		context->failed = true;
		return node;
	}
	return copyObject((Node *) list_nth_node(TargetEntry, context->targets, var->varattno - 1)->expr);
}

Plan *
rs_fold_subquery_scan(Plan *plan)
{
	SubqueryScan *scan = (SubqueryScan *) plan;
	Plan	   *below;
	FoldContext context = {0};
	List	   *targets;
	List	   *conditions;

	if (!IsA(plan, SubqueryScan))
		return plan;
	below = scan->subplan;
	if ((!IsA(below, Agg) && !IsA(below, HashJoin) &&
		 !(IsA(below, CustomScan) && rs_engine_can_run(below))) ||
		contain_volatile_functions((Node *) below->targetlist) ||
		contain_volatile_functions((Node *) plan->targetlist) ||
		expression_returns_set((Node *) plan->targetlist) ||
		expression_returns_set((Node *) below->targetlist) ||
		contain_leaked_vars((Node *) plan->qual))
		return plan;
	context.relid = scan->scan.scanrelid;
	context.targets = below->targetlist;
	targets = (List *) fold_mutator((Node *) plan->targetlist, &context);
	conditions = (List *) fold_mutator((Node *) plan->qual, &context);
	if (context.failed)
		return plan;
	below->targetlist = targets;
	below->qual = list_concat(below->qual, conditions);
	below->initPlan = list_concat(plan->initPlan, below->initPlan);
	below->plan_rows = plan->plan_rows;
	below->plan_width = plan->plan_width;
	below->startup_cost = plan->startup_cost;
	below->total_cost = plan->total_cost;
	below->extParam = bms_add_members(below->extParam, plan->extParam);
	below->allParam = bms_add_members(below->allParam, plan->allParam);
	return below;
}
