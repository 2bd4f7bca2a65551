/*
 * cte_scan.c
 *	  Scans of common table expressions that the engine computes.
 *
 * Scans of one CTE share its rows and its plan's state, so that all of them have to be
 * the engine's, or none.  They are if nothing asks for whole rows or system columns, and
 * redshift tables are read below; then each CteScan is replaced by a node of our own,
 * which the engine takes wherever it stands.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/settings.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/planner.h"
#include "planner/takeover.h"
#include "vector/operator.h"

/* Never a node of its own. */
static Node *
no_state(CustomScan *cscan)
{
	elog(ERROR, "a CTE scan of the vector engine was executed outside of it");
	return NULL;
}

const CustomScanMethods rs_cte_methods = {
	.CustomName = "RsCteScan",
	.CreateCustomScanState = no_state
};

typedef void (*PlanVisit) (Plan **plan, void *context);

/*
 * Visit the nodes of a plan, those above before those below.
 */
static void
visit_plans(Plan **plan, PlanVisit visit, void *context)
{
	List	   *below = NIL;
	ListCell   *lc;

	check_stack_depth();
	if (*plan == NULL)
		return;
	visit(plan, context);
	visit_plans(&outerPlan(*plan), visit, context);
	visit_plans(&innerPlan(*plan), visit, context);
	switch (nodeTag(*plan))
	{
		case T_Append:
			below = ((Append *) *plan)->appendplans;
			break;
		case T_MergeAppend:
			below = ((MergeAppend *) *plan)->mergeplans;
			break;
		case T_SubqueryScan:
			visit_plans(&((SubqueryScan *) *plan)->subplan, visit, context);
			break;
		case T_CustomScan:
			below = ((CustomScan *) *plan)->custom_plans;
			break;
		default:
			break;
	}
	foreach(lc, below)
		visit_plans((Plan **) &lfirst(lc), visit, context);
}

typedef struct CteContext
{
	int			plan_id;
	int			nscans;			/* of the CTE */
	bool		possible;		/* all of them can be the engine's */
	bool		ours;			/* a node of ours is there */
} CteContext;

static bool
special_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varattno <= 0 || ((Var *) node)->vartype == RECORDOID;
	return expression_tree_walker(node, special_walker, context);
}

static void
look(Plan **plan, void *arg)
{
	CteContext *context = arg;

	if (!IsA(*plan, CteScan) || ((CteScan *) *plan)->ctePlanId != context->plan_id)
		return;
	context->nscans++;
	context->possible &= !special_walker((Node *) (*plan)->targetlist, NULL) &&
		!special_walker((Node *) (*plan)->qual, NULL);
}

static void
look_for_ours(Plan **plan, void *arg)
{
	CteContext *context = arg;

	if (IsA(*plan, CustomScan))
		context->ours |= strncmp(((CustomScan *) *plan)->methods->CustomName, "Rs", 2) == 0;
}

static void
replace(Plan **plan, void *arg)
{
	CteContext *context = arg;
	CteScan    *scan = (CteScan *) *plan;
	CustomScan *ours;

	if (!IsA(scan, CteScan) || scan->ctePlanId != context->plan_id)
		return;
	ours = makeNode(CustomScan);
	ours->scan = scan->scan;
	ours->scan.plan.type = T_CustomScan;
	ours->custom_relids = bms_make_singleton((int) scan->scan.scanrelid);
	ours->custom_private = list_make2_int(scan->ctePlanId, scan->cteParam);
	ours->methods = &rs_cte_methods;
	*plan = &ours->scan.plan;
}

/*
 * Where the scans of a CTE can be: in subplans planned after it, and in the query.
 */
static void
visit_readers(PlannedStmt *planned, PlanVisit visit, CteContext *context)
{
	ListCell   *lc;

	for_each_from(lc, planned->subplans, context->plan_id)
		visit_plans((Plan **) &lfirst(lc), visit, context);
	visit_plans(&planned->planTree, visit, context);
}

bool
rs_can_take_cte(PlannedStmt *planned, int plan_id)
{
	CteContext	context = {.plan_id = plan_id, .possible = true};

	if (!rs_operator_enabled(RS_OPERATOR_CTE))
		return false;
	visit_readers(planned, look, &context);
	if (context.nscans == 0 || !context.possible)
		return false;
	visit_plans((Plan **) &list_nth_cell(planned->subplans, plan_id - 1)->ptr_value, look_for_ours,
				&context);
	return context.ours;
}

void
rs_take_cte(PlannedStmt *planned, int plan_id)
{
	CteContext	context = {.plan_id = plan_id};

	visit_readers(planned, replace, &context);
}
