/*
 * modify.c
 *	  INSERT, UPDATE, DELETE and MERGE of distributed tables: the planner's hook.
 */
#include "postgres.h"

#include "mpp/modify.h"
#include "mpp/node.h"
#include "mpp/table.h"
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

/*
 * Below WITH a distributed table cannot be modified: its rows are not where the plan
 * would look for them.
 */
static void
refuse_modifying_ctes(const Query *query)
{
	ListCell   *lc;

	if (!query->hasModifyingCTE)
		return;
	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);
		Oid			target = IsA(cte->ctequery, Query) ? target_of((Query *) cte->ctequery) : InvalidOid;

		if (rs_table_target_is_distributed(target))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("distributed table \"%s\" cannot be modified in WITH", get_rel_name(target))));
	}
}

void
rs_plan_waits_for(PlannedStmt *plan, Oid relid)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RELATION;
	rte->relid = relid;
	rte->relkind = get_rel_relkind(relid);
	rte->rellockmode = RowExclusiveLock;
	rte->eref = makeAlias(get_rel_name(relid), NIL);
	plan->rtable = lappend(plan->rtable, rte);
	plan->resultRelations = lappend_int(plan->resultRelations, list_length(plan->rtable));
}

static PlannedStmt *
plan_changes(Query *query, const char *text, int options, ParamListInfo params)
{
	if (rs_table_target_is_distributed(target_of(query)))
	{
		if (query->commandType == CMD_INSERT)
			return rs_plan_insert(query, text, options, params, plan_changes);
		return rs_plan_update(query, params);
	}
	return plan_next(rs_read_apart(query), text, options, params);
}

static PlannedStmt *
plan(Query *query, const char *text, int options, ParamListInfo params)
{
	if (!rs_is_leader())
		return plan_next(query, text, options, params);
	refuse_modifying_ctes(query);
	if (rs_locks_rows(query))
		return rs_plan_lock_rows(query, text, options, params, plan_changes);
	return plan_changes(query, text, options, params);
}

void
rs_modify_init(void)
{
	RegisterCustomScanMethods(&rs_insert_methods);
	RegisterCustomScanMethods(&rs_lock_rows_methods);
	next_planner = planner_hook;
	planner_hook = plan;
}
