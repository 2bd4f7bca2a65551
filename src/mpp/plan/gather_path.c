/*
 * gather_path.c
 *	  The path and plan of RsGather: what compute nodes give, brought to the leader.
 */
#include "postgres.h"

#include <math.h>

#include "mpp/execute/gather.h"
#include "mpp/execute/stages.h"
#include "mpp/plan/fragment_path.h"
#include "mpp/plan/fragment_user.h"
#include "mpp/plan/tree_describe.h"
#include "mpp/plan/tree_query.h"
#include "mpp/wire/wire_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#define LOG2(x)		(log(x) / 0.693147180559945)

static bool
occurs_walker(Node *node, void *expr)
{
	return node != NULL && (equal(node, expr) || expression_tree_walker(node, occurs_walker, expr));
}

/*
 * A column as PostgreSQL looks for it in expressions above.  What the leader computes for
 * the nodes, before there are rows, must not be taken for a column that they give back.
 */
static Expr *
known_as(Expr *column, List *parameters)
{
	if (!occurs_walker((Node *) parameters, column))
		return column;
	return (Expr *) makeNullConst(exprType((Node *) column), exprTypmod((Node *) column),
								  exprCollation((Node *) column));
}

/*
 * Rows reach the leader one by one and most go through PostgreSQL's executor, while the
 * costs of what nodes do are those of a vector engine.
 */
#define LEADER_ROW_COST		(cpu_tuple_cost * 8)

static Plan *
plan_gather(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses, List *custom_plans)
{
	RsGatherPath *gather = (RsGatherPath *) path;
	CustomScan *scan = makeNode(CustomScan);
	List	   *parameters;
	List	   *stages = rs_tree_stages(gather->tree, gather->only, &parameters);
	List	   *expressions = rs_stages_expressions(stages, parameters);
	Oid			userid;
	ListCell   *lc;

	(void) rs_tree_user(gather->tree, &userid);
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = extract_actual_clauses(gather->local_quals, false);
	foreach(lc, gather->columns)
		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry(known_as(lfirst(lc), expressions),
														  list_length(scan->custom_scan_tlist) + 1, NULL, false));
	scan->custom_private = rs_stages_to_list(stages, parameters, userid, gather->one_node);
	scan->custom_private = lappend(scan->custom_private, gather->merge);
	if (rs_trees_are_described)
		scan->custom_private = lappend(scan->custom_private, rs_tree_describe(root, gather->tree, list_length(stages)));
	scan->custom_exprs = expressions;
	scan->custom_relids = rel->relids;
	scan->custom_plans = custom_plans;
	scan->flags = path->flags;
	scan->methods = &rs_gather_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods gather_path_methods = {
	.CustomName = "RsGather",
	.PlanCustomPath = plan_gather
};

Path *
rs_gather_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, const RsFragmentPath *path, List *columns,
			   List *local_quals)
{
	RsGatherPath *gather = palloc0(sizeof(RsGatherPath));
	Path	   *result = &gather->path.path;

	gather->path.path.type = T_CustomPath;
	gather->path.flags = CUSTOMPATH_SUPPORT_PROJECTION;
	gather->path.methods = &gather_path_methods;
	gather->columns = columns != NIL ? columns : rs_tree_columns(path->tree);
	gather->tree = path->tree;
	rs_tree_set_root(path->tree, root);
	gather->local_quals = local_quals;
	gather->only = path->only;
	gather->one_node = path->spread.kind == RS_SPREAD_ALL;
	gather->path.custom_paths = rs_tree_leader_paths(path->tree);
	result->pathtype = T_CustomScan;
	result->parent = rel;
	result->pathtarget = target;
	result->rows = clamp_row_est(path->rows);
	result->startup_cost = path->cost + (rs_fragment_path_lone(path) ? RS_COST_LONE_STAGE : RS_COST_STAGE);
	result->total_cost = result->startup_cost + RS_COST_BYTE * path->rows * (path->width + 8) +
		LEADER_ROW_COST * path->rows;
	return result;
}

Path *
rs_merging_gather_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, const RsFragmentPath *path,
					   List *columns_above, List *pathkeys)
{
	Path	   *result = rs_gather_path(root, rel, target, path, columns_above, NIL);
	RsGatherPath *gather = (RsGatherPath *) result;
	List	   *columns = NIL;
	List	   *operators = NIL;
	List	   *collations = NIL;
	List	   *nulls_first = NIL;
	int			nodes = rs_fragment_nodes();
	ListCell   *lc;

	foreach(lc, path->tree->sort_groups)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		Node	   *expr = get_sortgroupclause_expr(clause, path->tree->sort_refs);
		int			column = 1;
		ListCell   *le;

		foreach(le, rs_tree_columns(path->tree))
		{
			if (equal(lfirst(le), expr))
				break;
			column++;
		}
		/* Objects have other OIDs on nodes, and so another order. */
		if (le == NULL || rs_wire_type_names_objects(getBaseType(exprType(expr))))
			return NULL;
		columns = lappend_int(columns, column);
		operators = lappend_oid(operators, clause->sortop);
		collations = lappend_oid(collations, exprCollation(expr));
		nulls_first = lappend_int(nulls_first, clause->nulls_first);
	}
	result->pathkeys = pathkeys;
	if (!gather->one_node)
	{
		gather->merge = list_make4(columns, operators, collations, nulls_first);
		result->total_cost += 2 * cpu_operator_cost * path->rows * LOG2(Max(nodes, 2));
	}
	return result;
}
