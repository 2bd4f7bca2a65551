/*
 * modify.c
 *	  INSERT, UPDATE, DELETE and MERGE of distributed tables: the planner's hook.
 */
#include "postgres.h"

#include "jit/jit.h"
#include "mpp/change/modify.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/plan/plan_relations.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

static planner_hook_type next_planner = NULL;

static PlannedStmt *
plan_next(Query *query, const char *text, int options, ParamListInfo params)
{
	return (next_planner ? next_planner : standard_planner) (query, text, options, params);
}

/*
 * The source of an INSERT is a SELECT with a result relation.
 */
static Oid
target_of(const Query *query)
{
	return query->resultRelation > 0 && query->commandType != CMD_SELECT ? rt_fetch(query->resultRelation, query->rtable)->relid : InvalidOid;
}

void
rs_plan_wrap(PlannedStmt *result, CustomScan *scan)
{
	ListCell   *lc;

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
	result->planTree = &scan->scan.plan;
	result->parallelModeNeeded = false;
}

void
rs_plan_waits_for(PlannedStmt *plan, const RangeTblEntry *table)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RELATION;
	rte->relid = table->relid;
	rte->relkind = get_rel_relkind(table->relid);
	rte->checkAsUser = table->checkAsUser;
	rte->rellockmode = RowExclusiveLock;
	rte->eref = makeAlias(get_rel_name(table->relid), NIL);
	plan->rtable = lappend(plan->rtable, rte);
	plan->resultRelations = lappend_int(plan->resultRelations, list_length(plan->rtable));
}

static PlannedStmt *
plan_at_leader(Query *query, const char *text, int options, ParamListInfo params)
{
	return plan_next(rs_read_apart(query), text, options, params);
}

static PlannedStmt *plan_changes(Query *query, const char *text, int options, ParamListInfo params);

static PlannedStmt *
plan_at_nodes(Query *query, const char *text, int options, ParamListInfo params)
{
	return query->commandType == CMD_INSERT ? rs_plan_insert(query, text, options, params, plan_changes) :
		rs_plan_update(query, params);
}

static PlannedStmt *
plan_changes(Query *query, const char *text, int options, ParamListInfo params)
{
	Oid			target = target_of(query);
	bool		mixed = rs_table_target_is_mixed(target);

	if (!mixed && !rs_table_target_is_distributed(target))
		return plan_at_leader(query, text, options, params);
	if (query->commandType == CMD_MERGE && !rs_merge_at_nodes(query) && rs_merge_can_split(query))
		return rs_plan_split_merge(query, text, options, params, plan_changes);
	return mixed || rs_update_moves_rows_under_policies(query) ? rs_plan_parts(query, text, options, params, plan_at_leader, plan_at_nodes) :
		plan_at_nodes(query, text, options, params);
}

static PlannedStmt *
plan_locks(Query *query, const char *text, int options, ParamListInfo params)
{
	if (rs_locks_rows(query))
		return rs_plan_lock_rows(query, text, options, params, plan_changes);
	return plan_changes(query, text, options, params);
}

/*
 * Most of what a distributed plan costs is the nodes' work, by which the leader must not
 * decide whether to compile its own part.
 */
static PlannedStmt *
without_jit(PlannedStmt *result)
{
	ListCell   *lc;

	foreach(lc, result->rtable)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if (entry->rtekind == RTE_RELATION && rs_table_is_distributed(entry->relid))
			result->jitFlags = PGJIT_NONE;
	}
	return result;
}

/*
 * Several statements have to read the same rows of WITH.
 */
static bool
needs_with_first(const Query *query)
{
	Oid			target = target_of(query);

	return query->cteList != NIL &&
		(rs_table_target_is_mixed(target) ||
		 (query->commandType == CMD_MERGE && rs_table_target_is_distributed(target) && rs_merge_keeps_with(query)));
}

static PlannedStmt *
plan(Query *query, const char *text, int options, ParamListInfo params)
{
	PlannedStmt *result;
	List	   *relations;
	List	   *positions = NIL;
	bool		locks = query->rowMarks != NIL;

	if (!rs_is_leader())
		return plan_next(query, text, options, params);

	/* All that makes a cursor asks for a plan that is fast at its start. */
	if (options & CURSOR_OPT_FAST_PLAN)
		query = rs_cursor_query(query, &positions);
	relations = rs_query_relations(query);
	if (rs_changes_in_with(query) || needs_with_first(query))
		result = rs_plan_with(query, text, options, params, plan_locks);
	else
		result = plan_locks(query, text, options, params);
	if (positions != NIL)
		rs_plan_cursor(result, positions, locks);
	rs_plan_keep_relations(result, relations);
	return without_jit(result);
}

void
rs_modify_init(void)
{
	RegisterCustomScanMethods(&rs_insert_methods);
	RegisterCustomScanMethods(&rs_lock_rows_methods);
	RegisterCustomScanMethods(&rs_cursor_methods);
	rs_with_init();
	next_planner = planner_hook;
	planner_hook = plan;
}
