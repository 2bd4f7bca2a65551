/*
 * function_scan.c
 *	  Scans of functions in FROM that are nodes of our own.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "mpp/exchange/function_scan.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "redshift_ext.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "vector/operator.h"

char *
rs_function_scan_argument(const RangeTblEntry *rte, const char *function)
{
	FuncExpr   *call;
	Const	   *argument;

	if (rte->rtekind != RTE_FUNCTION || rte->funcordinality || list_length(rte->functions) != 1)
		return NULL;
	call = (FuncExpr *) linitial_node(RangeTblFunction, rte->functions)->funcexpr;
	if (!IsA(call, FuncExpr) || list_length(call->args) != 1 ||
		get_func_namespace(call->funcid) != rs_extension_schema() ||
		strcmp(get_func_name(call->funcid), function) != 0)
		return NULL;
	argument = linitial(call->args);
	if (!IsA(argument, Const) || argument->constisnull || argument->consttype != TEXTOID)
		return NULL;
	return TextDatumGetCString(argument->constvalue);
}

bool
rs_function_scan_wants_row(const RelOptInfo *rel)
{
	Bitmapset  *attnos = NULL;
	ListCell   *lc;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &attnos);
	foreach(lc, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause, rel->relid, &attnos);
	return bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attnos);
}

Path *
rs_function_scan_path(RelOptInfo *rel, char *argument, int workers, Cost cost, const CustomPathMethods *methods)
{
	CustomPath *path = makeNode(CustomPath);
	double		processes;

	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.parallel_aware = workers > 0;
	path->path.parallel_safe = rel->consider_parallel;
	path->path.parallel_workers = workers;
	processes = rs_processes(&path->path);
	path->path.rows = clamp_row_est(rel->rows / processes);
	path->path.startup_cost = rel->baserestrictcost.startup + rel->reltarget->cost.startup;
	path->path.total_cost = path->path.startup_cost +
		rel->tuples * (cost + rel->baserestrictcost.per_tuple) / processes +
		path->path.rows * rel->reltarget->cost.per_tuple;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private = list_make1(makeString(argument));
	path->methods = methods;
	return &path->path;
}

Plan *
rs_function_scan_plan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *targets, List *clauses,
					  const CustomScanMethods *methods)
{
	CustomScan *scan = makeNode(CustomScan);
	RangeTblEntry *rte = planner_rt_fetch(rel->relid, root);
	RangeTblFunction *function = linitial_node(RangeTblFunction, rte->functions);
	ListCell   *type;
	ListCell   *modifier;
	ListCell   *collation;
	ListCell   *name = list_head(rte->eref->colnames);
	int			column = 0;

	scan->scan.plan.targetlist = targets;
	scan->scan.plan.qual = extract_actual_clauses(clauses, false);
	forthree(type, function->funccoltypes, modifier, function->funccoltypmods, collation,
			 function->funccolcollations)
	{
		Var		   *var = makeVar(rel->relid, ++column, lfirst_oid(type), lfirst_int(modifier),
								  lfirst_oid(collation), 0);

		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry((Expr *) var, column, pstrdup(strVal(lfirst(name))), false));
		name = lnext(rte->eref->colnames, name);
	}
	scan->flags = path->flags;
	scan->custom_private = path->custom_private;
	scan->methods = methods;
	return &scan->scan.plan;
}
