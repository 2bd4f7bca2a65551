/*
 * lock_rows.c
 *	  SELECT ... FOR UPDATE and FOR SHARE of distributed tables, wherever it stands in a
 *	  statement: plan and executor node RsLockRows.
 *
 * Rows that come to the leader cannot be locked any more.  So before the statement runs
 * each node locks its rows of the table that satisfy what the query says of that table
 * alone, which may be more rows than the query gives.  Only then the statement's snapshot
 * is taken: it sees what the transactions that were waited for have done.
 *
 * Whoever changes rows of a table, or locks them so that others cannot change them, has
 * the table's update lock at the leader (storage/executor_hook.c).  It is taken first, so
 * that sessions do not meet in another order on another node.  NOWAIT and SKIP LOCKED take
 * it at once or not at all; in the latter case a condition makes the query give no rows.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/change/modify.h"
#include "mpp/cluster/key_values.h"
#include "mpp/cluster/table.h"
#include "mpp/execute/gather.h"
#include "mpp/execute/stages.h"
#include "mpp/plan/fragment_user.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "redshift_ext.h"
#include "rewrite/rewriteManip.h"
#include "storage/executor_hook.h"
#include "utils/lsyscache.h"

typedef struct RsLockRowsState
{
	CustomScanState css;
	PlanState  *query;
} RsLockRowsState;

/* What a statement locks: of each table its plan, and how. */
typedef struct Locks
{
	Oid			target;			/* what the statement changes is locked by that */
	List	   *plans;
	List	   *relids;
	List	   *shares;			/* FOR SHARE or FOR KEY SHARE? */
	List	   *policies;
	List	   *waits;			/* range table entries of tables to wait for */
} Locks;

PG_FUNCTION_INFO_V1(rs_rows_are_locked);

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

static bool
locks_rows(Node *node, void *context)
{
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, locks_rows, context);
	foreach(lc, ((Query *) node)->rowMarks)
		if (locks_distributed((Query *) node, lfirst_node(RowMarkClause, lc)))
			return true;
	return query_tree_walker((Query *) node, locks_rows, context, 0);
}

bool
rs_locks_rows(const Query *query)
{
	return locks_rows((Node *) query, NULL);
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

static bool
has_outer_columns(Node *node, void *context)
{
	return node != NULL &&
		((IsA(node, Var) && ((Var *) node)->varlevelsup > 0) ||
		 expression_tree_walker(node, has_outer_columns, context));
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
			!checkExprHasSubLink(qual) && !contain_volatile_functions(qual) && !has_outer_columns(qual, NULL) &&
			(rs_harmless(qual) || !OidIsValid(rs_other_user(rt_fetch(relation, query->rtable)))))
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

	/* Nobody changes rows who has not got the leader's lock: what is in the way is brief. */
	if (lock->waitPolicy == LockWaitSkip)
		lock->waitPolicy = LockWaitBlock;
	locking->rowMarks = list_make1(lock);
	stage->query = locking;
	stage->to = RS_SPREAD_ANY;
	stage->only = rs_key_restrictions(query, mark->rti);
	builder.stages = lappend(builder.stages, stage);
	rs_text_deparse(builder.stages);
	scan->custom_scan_tlist = list_make1(makeTargetEntry((Expr *) makeBoolConst(true, false), 1, "c1", false));
	scan->scan.plan.targetlist = list_make1(makeTargetEntry((Expr *) makeVar(INDEX_VAR, 1, BOOLOID, -1, InvalidOid, 0),
															1, "c1", false));
	scan->custom_private = rs_stages_to_list(builder.stages, builder.parameters, rs_other_user(entry), false);
	scan->custom_exprs = (List *) eval_const_expressions(NULL, (Node *) rs_stages_expressions(builder.stages, builder.parameters));
	fix_opfuncids((Node *) scan->custom_exprs);
	scan->methods = &rs_gather_methods;
	return &scan->scan.plan;
}

/*
 * redshift.rows_are_locked(table, share): what a query that skips locked rows asks first.
 */
Datum
rs_rows_are_locked(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(rs_changes_locked(PG_GETARG_OID(0), PG_GETARG_BOOL(1)));
}

static Node *
rows_are_locked(Oid relid, bool share)
{
	Oid			types[2] = {OIDOID, BOOLOID};
	List	   *name = list_make2(makeString(RS_SCHEMA), makeString("rows_are_locked"));
	Const	   *table = makeConst(OIDOID, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(relid), false, true);

	return (Node *) makeFuncExpr(LookupFuncName(name, 2, types, false), BOOLOID,
								 list_make2(table, makeBoolConst(share, false)), InvalidOid, InvalidOid,
								 COERCE_EXPLICIT_CALL);
}

static void
add_lock(Locks *locks, Query *query, const RowMarkClause *mark)
{
	Oid			relid = rt_fetch(mark->rti, query->rtable)->relid;
	bool		share = mark->strength == LCS_FORSHARE || mark->strength == LCS_FORKEYSHARE;

	if (relid == locks->target)
		return;
	locks->plans = lappend(locks->plans, plan_lock(query, mark));
	locks->relids = lappend_oid(locks->relids, relid);
	locks->shares = lappend_int(locks->shares, share);
	locks->policies = lappend_int(locks->policies, mark->waitPolicy);
	if (mark->waitPolicy == LockWaitBlock && !share)
		locks->waits = lappend(locks->waits, rt_fetch(mark->rti, query->rtable));
	if (mark->waitPolicy == LockWaitSkip)
		query->jointree->quals = make_and_qual(rows_are_locked(relid, share), query->jointree->quals);
}

/*
 * Take the clauses that lock rows of distributed tables out of a statement.
 */
static Node *
take_locks(Node *node, Locks *locks)
{
	Query	   *query;
	List	   *kept = NIL;
	ListCell   *lc;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Query))
		return expression_tree_mutator(node, take_locks, locks);
	query = query_tree_mutator((Query *) node, take_locks, locks, 0);
	foreach(lc, query->rowMarks)
	{
		RowMarkClause *mark = lfirst_node(RowMarkClause, lc);

		/* Those of subqueries stand inside of them, too. */
		if (locks_distributed(query, mark))
			add_lock(locks, query, mark);
		else if (rt_fetch(mark->rti, query->rtable)->rtekind == RTE_RELATION)
			kept = lappend(kept, mark);
	}
	query->rowMarks = kept;
	query->hasForUpdate = kept != NIL;
	return (Node *) query;
}

PlannedStmt *
rs_plan_lock_rows(Query *query, const char *text, int options, ParamListInfo params, RsPlanner planner)
{
	CustomScan *scan = makeNode(CustomScan);
	Locks		locks = {InvalidOid};
	PlannedStmt *result;
	ListCell   *lc;

	if (query->resultRelation > 0 && query->commandType != CMD_INSERT)
		locks.target = rt_fetch(query->resultRelation, query->rtable)->relid;
	query = (Query *) take_locks((Node *) query, &locks);
	result = planner(query, text, options, params);
	if (locks.plans == NIL)
		return result;
	scan->custom_plans = locks.plans;
	scan->custom_private = list_make3(locks.relids, locks.shares, locks.policies);
	scan->methods = &rs_lock_rows_methods;
	rs_plan_wrap(result, scan);
	foreach(lc, locks.waits)
		rs_plan_waits_for(result, lfirst_node(RangeTblEntry, lc));
	return result;
}

/* ---------------------------------------------------------------------
 * Executor
 * ---------------------------------------------------------------------
 */

/*
 * The leader's lock on a table; those that are waited for were taken before the snapshot.
 */
static bool
lock_table(CustomScan *scan, int i)
{
	LockWaitPolicy policy = list_nth_int(lthird(scan->custom_private), i);

	return policy == LockWaitBlock ||
		rs_lock_changes_at_once(list_nth_oid(linitial(scan->custom_private), i),
								list_nth_int(lsecond(scan->custom_private), i), policy);
}

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsLockRowsState *state = (RsLockRowsState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;
	int			n = list_length(scan->custom_plans) - 1;
	int			i;

	for (i = 0; i < n; i++)
	{
		PlanState  *child;

		if (!(eflags & EXEC_FLAG_EXPLAIN_ONLY) && !lock_table(scan, i))
			continue;
		child = ExecInitNode(list_nth(scan->custom_plans, i), estate, eflags);
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
