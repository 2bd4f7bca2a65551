/*
 * lock_rows.c
 *	  SELECT ... FOR UPDATE and FOR SHARE of distributed tables: plan and executor node
 *	  RsLockRows.
 *
 * Rows that come to the leader cannot be locked any more.  So before the query runs each
 * node locks its rows of the table that satisfy what the query says of that table alone,
 * which may be more rows than the query gives.  Only then the query's snapshot is taken:
 * it sees what the transactions that were waited for have done.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "mpp/gather.h"
#include "mpp/modify.h"
#include "mpp/stages.h"
#include "mpp/table.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

typedef struct RsLockRowsState
{
	CustomScanState css;
	PlanState  *query;
} RsLockRowsState;

static Node *create_state(CustomScan *scan);

const CustomScanMethods rs_lock_rows_methods = {
	.CustomName = "RsLockRows",
	.CreateCustomScanState = create_state
};

/* ---------------------------------------------------------------------
 * Planning
 * ---------------------------------------------------------------------
 */

static bool
locks_distributed(const Query *query, const RowMarkClause *mark)
{
	RangeTblEntry *entry = rt_fetch(mark->rti, query->rtable);

	return entry->rtekind == RTE_RELATION && rs_table_target_is_distributed(entry->relid);
}

bool
rs_locks_rows(const Query *query)
{
	ListCell   *lc;

	if (query->commandType == CMD_SELECT)
		foreach(lc, query->rowMarks)
			if (locks_distributed(query, lfirst_node(RowMarkClause, lc)))
				return true;
	return false;
}

static Node *
parameters(Node *node, RsTextBuilder *builder)
{
	if (node == NULL)
		return NULL;
	if (rs_text_is_leaders(node))
		return rs_text_parameter(builder, (Expr *) copyObject(node));
	return expression_tree_mutator(node, parameters, builder);
}

/*
 * What the query says of one of its relations alone.
 */
static Node *
conditions_of(const Query *query, Index relation, RsTextBuilder *builder)
{
	List	   *conditions = list_copy(rt_fetch(relation, query->rtable)->securityQuals);
	List	   *quals = NIL;
	ListCell   *lc;

	foreach(lc, conditions)
		quals = list_concat(quals, make_ands_implicit(lfirst(lc)));
	conditions = NIL;
	quals = list_concat(quals, make_ands_implicit((Expr *) query->jointree->quals));
	foreach(lc, quals)
	{
		Node	   *qual = lfirst(lc);

		if (bms_is_subset(pull_varnos(NULL, qual), bms_make_singleton(relation)) &&
			!checkExprHasSubLink(qual) && !contain_volatile_functions(qual))
			conditions = lappend(conditions, copyObject(qual));
	}
	if (conditions == NIL)
		return NULL;
	ChangeVarNodes((Node *) conditions, relation, 1, 0);
	return parameters((Node *) make_ands_explicit(conditions), builder);
}

/*
 * SELECT true FROM table WHERE ... FOR UPDATE, on all nodes.
 */
static Plan *
plan_lock(const Query *query, const RowMarkClause *mark)
{
	RangeTblEntry *entry = copyObject(rt_fetch(mark->rti, query->rtable));
	RowMarkClause *lock = copyObject(unconstify(RowMarkClause *, mark));
	Query	   *locking = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	RsTextBuilder builder = {NIL, NIL};
	RsStage    *stage = palloc0(sizeof(RsStage));
	CustomScan *scan = makeNode(CustomScan);

	if (mark->waitPolicy == LockWaitSkip)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("SKIP LOCKED is not supported for distributed table \"%s\"", get_rel_name(entry->relid))));
	locking->commandType = CMD_SELECT;
	locking->canSetTag = true;
	locking->hasForUpdate = true;
	locking->jointree = makeFromExpr(list_make1(ref), conditions_of(query, mark->rti, &builder));
	ref->rtindex = 1;
	entry->alias = makeAlias("t", NIL);
	entry->inFromCl = true;
	locking->rtable = list_make1(entry);
	locking->targetList = list_make1(makeTargetEntry((Expr *) makeBoolConst(true, false), 1, "c1", false));
	lock->rti = 1;
	lock->pushedDown = false;
	locking->rowMarks = list_make1(lock);
	stage->query = locking;
	stage->to = RS_SPREAD_ANY;
	builder.stages = lappend(builder.stages, stage);
	rs_text_deparse(builder.stages);
	scan->custom_scan_tlist = list_make1(makeTargetEntry((Expr *) makeBoolConst(true, false), 1, "c1", false));
	scan->scan.plan.targetlist = list_make1(makeTargetEntry((Expr *) makeVar(INDEX_VAR, 1, BOOLOID, -1, InvalidOid, 0),
															1, "c1", false));
	scan->custom_private = rs_stages_to_list(builder.stages, builder.parameters, entry->checkAsUser, false);
	scan->custom_exprs = (List *) eval_const_expressions(NULL, (Node *) rs_stages_expressions(builder.parameters));
	fix_opfuncids((Node *) scan->custom_exprs);
	scan->methods = &rs_gather_methods;
	return &scan->scan.plan;
}

PlannedStmt *
rs_plan_lock_rows(Query *query, const char *text, int options, ParamListInfo params, RsPlanner planner)
{
	CustomScan *scan = makeNode(CustomScan);
	PlannedStmt *result;
	ListCell   *lc;

	query = copyObject(query);
	foreach(lc, query->rowMarks)
	{
		RowMarkClause *mark = lfirst_node(RowMarkClause, lc);

		if (!locks_distributed(query, mark))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("rows of distributed tables and of others cannot be locked by one query"),
					 errhint("Name the tables behind FOR UPDATE OF.")));
		scan->custom_plans = lappend(scan->custom_plans, plan_lock(query, mark));
	}
	query->rowMarks = NIL;
	query->hasForUpdate = false;
	result = planner(query, text, options, params);
	foreach(lc, result->planTree->targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) entry->expr;
		TargetEntry *column = flatCopyTargetEntry(entry);

		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry((Expr *) makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr)),
														  entry->resno, entry->resname, false));
		column->expr = (Expr *) makeVar(INDEX_VAR, entry->resno, exprType(expr), exprTypmod(expr), exprCollation(expr), 0);
		scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist, column);
	}
	scan->scan.plan.startup_cost = result->planTree->startup_cost;
	scan->scan.plan.total_cost = result->planTree->total_cost;
	scan->scan.plan.plan_rows = result->planTree->plan_rows;
	scan->scan.plan.plan_width = result->planTree->plan_width;
	scan->custom_plans = lappend(scan->custom_plans, result->planTree);
	scan->methods = &rs_lock_rows_methods;
	result->planTree = &scan->scan.plan;
	result->parallelModeNeeded = false;
	return result;
}

/* ---------------------------------------------------------------------
 * Executor
 * ---------------------------------------------------------------------
 */

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsLockRowsState *state = (RsLockRowsState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;
	ListCell   *lc;

	foreach(lc, scan->custom_plans)
	{
		PlanState  *child;

		if (lnext(scan->custom_plans, lc) == NULL)
			break;
		child = ExecInitNode(lfirst(lc), estate, eflags);
		if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		{
			css->custom_ps = lappend(css->custom_ps, child);
			continue;
		}
		while (!TupIsNull(ExecProcNode(child)))
			CHECK_FOR_INTERRUPTS();
		ExecEndNode(child);
	}
	rs_stages_forget_snapshot(estate);
	state->query = ExecInitNode(llast(scan->custom_plans), estate, eflags);
	css->custom_ps = lappend(css->custom_ps, state->query);
}

static TupleTableSlot *
exec(CustomScanState *css)
{
	return ExecProcNode(((RsLockRowsState *) css)->query);
}

static void
end(CustomScanState *css)
{
	ListCell   *lc;

	foreach(lc, css->custom_ps)
		ExecEndNode(lfirst(lc));
}

static void
rescan(CustomScanState *css)
{
	ExecReScan(((RsLockRowsState *) css)->query);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsLockRows",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan
};

static Node *
create_state(CustomScan *scan)
{
	RsLockRowsState *state = (RsLockRowsState *) newNode(sizeof(RsLockRowsState), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}
