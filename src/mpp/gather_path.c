/*
 * gather_path.c
 *	  The path and plan of RsGather: what compute nodes give, brought to the leader.
 *
 * The plan holds the stages as SQL, in a form that can be copied: custom_private is a
 * list of
 *		whether any one node has all rows;
 *		the stages, each a list of SQL, kind, parameter of its exchange, keys, estimated
 *			rows and label;
 *		for each parameter, whether it is an expression; the expressions themselves are
 *			in custom_exprs.
 */
#include "postgres.h"

#include "mpp/fragment_path.h"
#include "mpp/gather.h"
#include "mpp/node.h"
#include "mpp/tree_query.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"

static List *
stage_list(const RsStage *stage)
{
	return list_make5(makeString(stage->sql), list_make2_int(stage->to, stage->exchange), stage->keys,
					  makeFloat(psprintf("%.0f", stage->rows)),
					  makeString(stage->label ? pstrdup(stage->label) : ""));
}

static Plan *
plan_gather(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses, List *custom_plans)
{
	RsGatherPath *gather = (RsGatherPath *) path;
	CustomScan *scan = makeNode(CustomScan);
	List	   *stages = NIL;
	List	   *parameters;
	List	   *given = NIL;
	ListCell   *lc;

	foreach(lc, rs_tree_stages(gather->tree, &parameters))
		stages = lappend(stages, stage_list(lfirst(lc)));
	foreach(lc, parameters)
	{
		given = lappend_int(given, lfirst(lc) != NULL);
		if (lfirst(lc) != NULL)
			scan->custom_exprs = lappend(scan->custom_exprs, lfirst(lc));
	}
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = extract_actual_clauses(gather->local_quals, false);
	foreach(lc, gather->columns)
		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry(lfirst(lc), list_length(scan->custom_scan_tlist) + 1, NULL, false));
	scan->custom_private = list_make3(makeInteger(gather->one_node), stages, given);
	scan->custom_relids = rel->relids;
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
	gather->columns = columns != NIL ? columns : path->tree->target;
	gather->tree = path->tree;
	gather->local_quals = local_quals;
	gather->one_node = path->spread.kind == RS_SPREAD_ALL;
	result->pathtype = T_CustomScan;
	result->parent = rel;
	result->pathtarget = target;
	result->rows = clamp_row_est(path->rows);
	result->startup_cost = path->cost + RS_COST_STAGE;
	result->total_cost = result->startup_cost + RS_COST_BYTE * path->rows * (path->width + 8) +
		cpu_tuple_cost * path->rows;
	return result;
}
