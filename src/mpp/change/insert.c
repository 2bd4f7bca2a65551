/*
 * insert.c
 *	  INSERT into distributed tables: plan and executor node RsInsert.
 *
 * What is to be inserted is planned as a query of its own, so that nodes compute as much
 * of it as they can; its rows come to the leader and are sent to their nodes (route.c),
 * which check and store them, unless the nodes can do it all (insert_path.c).  The query around the table is then the leader's, too:
 * privileges are checked here as for any INSERT.
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "mpp/change/modify.h"
#include "mpp/change/route.h"
#include "mpp/cluster/table.h"
#include "mpp/execute/sequence_numbers.h"
#include "mpp/execute/stage_stats.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

typedef struct RsInsertState
{
	CustomScanState css;
	Oid			relid;
	Oid			userid;
	Relation	rel;
	PlanState  *source;
	RsRoute    *route;
	bool		moves;			/* rows of an UPDATE, which counts them */
	bool		done;
	RsStageStats *stats;		/* NULL: it is not measured */
} RsInsertState;

static Node *create_state(CustomScan *scan);

const CustomScanMethods rs_insert_methods = {
	.CustomName = "RsInsert",
	.CreateCustomScanState = create_state
};

/* ---------------------------------------------------------------------
 * Planning
 * ---------------------------------------------------------------------
 */

/* RETURNING names columns only: for_nodes() has seen to that. */
static Node *
returning_column(Node *node, Query *query)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == 0)
	{
		Var		   *var = (Var *) copyObject(node);

		var->varno = INDEX_VAR;
		return (Node *) var;
	}
	return expression_tree_mutator(node, returning_column, query);
}

List *
rs_plan_returning(Query *query)
{
	List	   *list = (List *) returning_column((Node *) query->returningList, query);

	list = (List *) eval_const_expressions(NULL, (Node *) list);
	fix_opfuncids((Node *) list);
	return list;
}

static Expr *
null_of(Form_pg_attribute attribute)
{
	Oid			collation = attribute->attcollation;
	int32		typmod = attribute->atttypmod;
	Oid			base;

	if (attribute->attisdropped)
		return (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32), (Datum) 0, true, true);
	base = getBaseTypeAndTypmod(attribute->atttypid, &typmod);
	return (Expr *) coerce_to_domain((Node *) makeNullConst(base, typmod, collation), base, typmod,
									 attribute->atttypid, COERCION_IMPLICIT, COERCE_IMPLICIT_CAST, -1, false);
}

Query *
rs_insert_source(const Query *insert, Relation rel)
{
	Query	   *query = copyObject(unconstify(Query *, insert));
	TupleDesc	desc = RelationGetDescr(rel);
	List	   *columns = NIL;
	int			i;

	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		TargetEntry *entry = get_tle_by_resno(query->targetList, i + 1);

		columns = lappend(columns, makeTargetEntry(entry && !attribute->attgenerated ? entry->expr : null_of(attribute),
												   i + 1, pstrdup(NameStr(attribute->attname)), false));
	}
	query->commandType = CMD_SELECT;
	query->resultRelation = 0;
	query->targetList = columns;
	query->returningList = NIL;
	query->withCheckOptions = NIL;
	query->override = OVERRIDING_NOT_SET;
	return query;
}

static bool
more_than_columns(Node *node, const Query *query)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
		return true;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == 0 &&
		(((Var *) node)->varno != query->resultRelation || ((Var *) node)->varattno <= 0))
		return true;
	return expression_tree_walker(node, more_than_columns, unconstify(Query *, query));
}

/*
 * Must the nodes see the statement itself, and not only its rows?
 */
static bool
for_nodes(const Query *query, Relation rel)
{
	TupleConstr *constraints = RelationGetDescr(rel)->constr;

	return query->onConflict != NULL || query->withCheckOptions != NIL || rel->rd_rel->relrowsecurity ||
		(query->returningList != NIL &&
		 ((rel->trigdesc != NULL && rel->trigdesc->trig_insert_before_row) ||
		  (constraints != NULL && constraints->has_generated_stored) ||
		  rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ||
		  more_than_columns((Node *) query->returningList, query)));
}

/*
 * One arbiter is on one node only if it holds the key.
 */
static void
check_conflict(const Query *query, Relation rel)
{
	AttrNumber	key;
	RsDistStyle style = rs_table_spread(RelationGetRelid(rel), &key);
	ListCell   *lc;

	if (query->onConflict == NULL || query->onConflict->arbiterElems == NIL || style == RS_DIST_ALL)
		return;
	if (style == RS_DIST_KEY)
		foreach(lc, query->onConflict->arbiterElems)
		{
			Node	   *expr = lfirst_node(InferenceElem, lc)->expr;

			if (IsA(expr, Var) && ((Var *) expr)->varattno == key)
				return;
		}
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("ON CONFLICT of distributed table \"%s\" must name its distribution key",
					RelationGetRelationName(rel)),
			 errdetail("Rows in conflict could be on different nodes.")));
}

static PlannedStmt *
plan_at_nodes(Query *query, Relation rel, ParamListInfo params)
{
	List	   *columns = NIL;
	int			i;

	check_conflict(query, rel);
	for (i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel), i);

		if (!attribute->attisdropped && !attribute->attgenerated)
			columns = lappend_int(columns, i + 1);
	}
	return rs_plan_insert_at_nodes(query, rs_insert_source(query, rel), columns, params);
}

PlannedStmt *
rs_plan_insert(Query *query, const char *text, int options, ParamListInfo params, RsPlanner planner)
{
	RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	Relation	rel = table_open(target->relid, NoLock);
	CustomScan *scan = makeNode(CustomScan);
	List	   *returning = NIL;
	List	   *sequences = NIL;
	Query	   *source;
	PlannedStmt *result;
	int			i;

	if (for_nodes(query, rel))
	{
		result = plan_at_nodes(query, rel, params);
		table_close(rel, NoLock);
		return result;
	}
	if (query->returningList != NIL)
		returning = rs_plan_returning(query);
	source = rs_insert_source(query, rel);

	/* Then nodes may insert the rows themselves: insert_path.c. */
	if (returning == NIL && !OidIsValid(target->checkAsUser))
	{
		source->resultRelation = query->resultRelation;
		sequences = rs_numbers_for_nodes(source);
	}
	result = planner(source, text, options, params);
	result->relationOids = list_concat(result->relationOids, sequences);
	result->dependsOnRole |= sequences != NIL;
	if (IsA(result->planTree, CustomScan) && ((CustomScan *) result->planTree)->methods == &rs_update_methods)
	{
		table_close(rel, NoLock);
		result->planTree->targetlist = NIL;
		result->commandType = CMD_INSERT;
		result->parallelModeNeeded = false;
		return result;
	}
	for (i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel), i);
		Oid			type = attribute->attisdropped ? INT4OID : attribute->atttypid;

		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry((Expr *) makeNullConst(type, attribute->atttypmod, attribute->attcollation),
														  i + 1, pstrdup(NameStr(attribute->attname)), false));
	}
	table_close(rel, NoLock);
	scan->scan.plan.targetlist = returning;
	scan->scan.plan.startup_cost = result->planTree->startup_cost;
	scan->scan.plan.total_cost = result->planTree->total_cost;
	scan->scan.plan.plan_rows = result->planTree->plan_rows;
	scan->custom_plans = list_make1(result->planTree);
	scan->custom_private = list_make3_oid(target->relid, target->checkAsUser, InvalidOid);
	scan->methods = &rs_insert_methods;
	result->planTree = &scan->scan.plan;
	result->commandType = CMD_INSERT;
	result->hasReturning = returning != NIL;
	result->parallelModeNeeded = false;
	return result;
}

PlannedStmt *
rs_plan_move(PlannedStmt *source, Relation rel, int returning)
{
	CustomScan *scan = makeNode(CustomScan);
	Oid			userid = InvalidOid;
	int			natts = RelationGetNumberOfAttributes(rel);
	ListCell   *lc;

	foreach(lc, source->rtable)
		if (lfirst_node(RangeTblEntry, lc)->relid == RelationGetRelid(rel))
			userid = lfirst_node(RangeTblEntry, lc)->checkAsUser;
	foreach(lc, source->planTree->targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) entry->expr;

		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry((Expr *) makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr)),
														  entry->resno, entry->resname, false));
		if (entry->resno > natts)
			scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist,
												 makeTargetEntry((Expr *) makeVar(INDEX_VAR, entry->resno, exprType(expr),
																				  exprTypmod(expr), exprCollation(expr), 0),
																 entry->resno - natts, entry->resname, false));
	}
	scan->custom_plans = list_make1(source->planTree);
	scan->custom_private = list_make3_oid(RelationGetRelid(rel), userid, RelationGetRelid(rel));
	scan->methods = &rs_insert_methods;
	source->planTree = &scan->scan.plan;
	source->hasReturning = returning > 0;
	return source;
}

/* ---------------------------------------------------------------------
 * Executor
 * ---------------------------------------------------------------------
 */

static TupleTableSlot *
exec(CustomScanState *css)
{
	RsInsertState *state = (RsInsertState *) css;
	EState	   *estate = css->ss.ps.state;
	TupleTableSlot *slot;

	while (!state->done)
	{
		CHECK_FOR_INTERRUPTS();
		slot = ExecProcNode(state->source);
		if (TupIsNull(slot))
		{
			rs_route_end(state->route);
			if (state->stats != NULL)
				rs_stage_stats_add_route(state->stats, state->route);
			state->done = true;
			break;
		}
		rs_route_row(state->route, slot);
		if (!state->moves)
			estate->es_processed++;
		if (css->ss.ps.plan->targetlist != NIL)
		{
			ExprContext *econtext = css->ss.ps.ps_ExprContext;

			ResetExprContext(econtext);
			econtext->ecxt_scantuple = ExecCopySlot(css->ss.ss_ScanTupleSlot, slot);
			return css->ss.ps.ps_ProjInfo ? ExecProject(css->ss.ps.ps_ProjInfo) : econtext->ecxt_scantuple;
		}
	}
	return NULL;
}

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsInsertState *state = (RsInsertState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;

	state->source = ExecInitNode(linitial(scan->custom_plans), estate, eflags);
	css->custom_ps = list_make1(state->source);
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	if (estate->es_instrument != 0)
		state->stats = rs_stage_stats_create(false);
	state->rel = table_open(state->relid, RowExclusiveLock);
	state->route = rs_route_begin(state->rel, OidIsValid(state->userid) ? state->userid : GetUserId());
}

static void
end(CustomScanState *css)
{
	RsInsertState *state = (RsInsertState *) css;

	ExecEndNode(state->source);
	if (state->rel != NULL)
		table_close(state->rel, NoLock);
}

static void
rescan(CustomScanState *css)
{
	elog(ERROR, "INSERT cannot be run again");
}

static void
explain(CustomScanState *css, List *ancestors, ExplainState *es)
{
	RsInsertState *state = (RsInsertState *) css;

	if (state->stats != NULL && es->analyze)
		rs_explain_stage(state->stats, RS_STAGE_SENT, -1, es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsInsert",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain
};

static Node *
create_state(CustomScan *scan)
{
	RsInsertState *state = (RsInsertState *) newNode(sizeof(RsInsertState), T_CustomScanState);

	state->css.methods = &exec_methods;
	state->relid = linitial_oid(scan->custom_private);
	state->userid = lsecond_oid(scan->custom_private);
	state->moves = OidIsValid(lthird_oid(scan->custom_private));
	return (Node *) state;
}
