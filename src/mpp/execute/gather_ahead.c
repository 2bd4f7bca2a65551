/*
 * gather_ahead.c
 *	  Subplans of a gather's expressions whose rows can be asked for ahead.
 *
 * A correlated subplan that nodes cannot run as a join is run by the leader for each row
 * of the query around it.  Where that is a gather, its rows come in batches: so what
 * nodes give for all values that a batch passes to the subplan can be had by one
 * statement, before the first row is looked at (gather.c).  It is kept as what was given
 * before is (gather_memo.c), where the subplan finds it.
 *
 * The subplan must be one that PostgreSQL would run for each of these rows: what a CASE,
 * AND, COALESCE or the like may leave out might fail.
 */
#include "postgres.h"

#include "mpp/execute/gather.h"
#include "mpp/execute/gather_ahead.h"
#include "nodes/nodeFuncs.h"

/*
 * Those that are evaluated whenever the expression is.
 */
static bool
find_subplans(Node *node, List **subplans)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_SubPlan:
			*subplans = lappend(*subplans, node);
			return false;
		case T_CaseExpr:
		case T_CoalesceExpr:
		case T_AlternativeSubPlan:
			return false;
		case T_BoolExpr:
			if (((BoolExpr *) node)->boolop != NOT_EXPR)
				return false;
			break;
		default:
			break;
	}
	return expression_tree_walker(node, find_subplans, subplans);
}

/*
 * Which are run for each row that comes: of the columns only if no condition comes first.
 */
static List *
subplans_of_rows(const Plan *plan)
{
	List	   *subplans = NIL;

	if (plan->qual == NIL)
		find_subplans((Node *) plan->targetlist, &subplans);
	else if (list_length(plan->qual) == 1)
		find_subplans(linitial(plan->qual), &subplans);
	return subplans;
}

typedef struct Search
{
	RsGatherAccepts accepts;
	Bitmapset  *params;
	List	   *gathers;
} Search;

static bool
find_gathers(PlanState *ps, Search *search)
{
	if (IsA(ps, CustomScanState) && ((CustomScan *) ps->plan)->methods == &rs_gather_methods &&
		search->accepts((CustomScanState *) ps, search->params))
		search->gathers = lappend(search->gathers, ps);
	return planstate_tree_walker(ps, find_gathers, search);
}

List *
rs_ahead_targets(const CustomScanState *outer, RsGatherAccepts accepts)
{
	List	   *subplans = subplans_of_rows(outer->ss.ps.plan);
	List	   *targets = NIL;
	ListCell   *lc;
	ListCell   *lp;

	foreach(lc, outer->ss.ps.subPlan)
	{
		SubPlanState *state = lfirst_node(SubPlanState, lc);
		const SubPlan *subplan = state->subplan;
		Search		search = {accepts};
		RsAheadTarget *target;

		if (!list_member_ptr(subplans, subplan) || subplan->parParam == NIL || subplan->useHashTable ||
			(subplan->subLinkType != EXPR_SUBLINK && subplan->subLinkType != EXISTS_SUBLINK &&
			 subplan->subLinkType != ARRAY_SUBLINK))
			continue;
		foreach(lp, subplan->parParam)
			search.params = bms_add_member(search.params, lfirst_int(lp));
		(void) find_gathers(state->planstate, &search);
		if (search.gathers == NIL)
			continue;
		target = palloc0(sizeof(RsAheadTarget));
		target->subplan = state;
		target->gathers = search.gathers;
		targets = lappend(targets, target);
	}
	return targets;
}

void
rs_ahead_pass(const RsAheadTarget *target, ExprContext *econtext)
{
	ListCell   *la;
	ListCell   *lp;

	forboth(lp, target->subplan->subplan->parParam, la, target->subplan->args)
	{
		ParamExecData *param = &econtext->ecxt_param_exec_vals[lfirst_int(lp)];

		param->value = ExecEvalExprSwitchContext(lfirst(la), econtext, &param->isnull);
	}
}
