/*
 * ordered_path.c
 *	  Scans in the order of a table's sort key, as paths.
 *
 * A scan can always give its rows in that order, whatever has been written since the plan
 * was made (vector/scan/ordered_scan.c); how much it has to merge and sort for it is estimated
 * here, from the directory as it is now.  PostgreSQL then plans merge joins, grouping,
 * DISTINCT, windows and LIMIT on such paths without sorting.
 *
 * PostgreSQL's executor must never see such a scan: whoever plans has to look for those
 * that the engine has left.
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "access/table.h"
#include "core/settings.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "planner/ordered_path.h"
#include "planner/planner.h"
#include "storage/directory.h"
#include "storage/key_order.h"
#include "storage/space.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"
#include "vector/operator.h"

/* What having the order costs at least, as a share of the scan: it must not replace a plain one. */
#define RS_ORDER_COST		0.02
/* Merging and sorting a row of the engine's, in terms of cpu_operator_cost a comparison. */
#define RS_MERGE_COST		0.4
#define RS_SORT_COST		0.4
/* Sequences that a scan merges at most, and the share of rows to sort that is not worth it. */
#define RS_PLANNED_CHAINS	8
#define RS_MOST_SORTED		0.5

bool		rs_order_forbidden = false;

bool
rs_path_is_ordered_scan(const Path *path)
{
	return IsA(path, CustomPath) && ((const CustomPath *) path)->methods == &rs_scan_path_methods &&
		path->pathkeys != NIL;
}

/*
 * May rows be passed over, or not be read at all, for all that the scan computes, and does
 * it need nothing but columns?
 */
static bool
can_be_ordered(PlannerInfo *root, RelOptInfo *rel)
{
	Query	   *parse = root->parse;
	List	   *clauses = extract_actual_clauses(rel->baserestrictinfo, false);
	Bitmapset  *attrs = NULL;

	if (rs_order_forbidden || !rs_enable_vector || rel->reloptkind != RELOPT_BASEREL ||
		!bms_is_empty(rel->lateral_relids) || parse->commandType != CMD_SELECT ||
		parse->rowMarks != NIL || rs_may_fail((Node *) clauses) ||
		contain_subplans((Node *) clauses))
		return false;
	/* Where a LIMIT stops early, PostgreSQL would have computed these for all rows. */
	if ((parse->limitCount != NULL || parse->limitOffset != NULL) &&
		rs_may_fail((Node *) parse->targetList))
		return false;
	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &attrs);
	pull_varattnos((Node *) clauses, rel->relid, &attrs);
	return bms_is_empty(attrs) ||
		bms_next_member(attrs, -1) + FirstLowInvalidHeapAttributeNumber > 0;
}

/*
 * The path keys of the table's order, one way or the other, and how many of the sort key's
 * columns those take that are of use; NIL: none is.
 */
static List *
useful_pathkeys(PlannerInfo *root, RelOptInfo *rel, Relation relation, const RsTableOptions *options,
				bool descending, int *ncolumns)
{
	List	   *pathkeys = NIL;
	List	   *useful;
	int		   *columns = palloc(options->nsortkeys * sizeof(int));
	int			k;

	for (k = 0; k < options->nsortkeys; k++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), options->sortkeys[k] - 1);
		TypeCacheEntry *type = lookup_type_cache(att->atttypid, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
		Oid			operator = descending ? type->gt_opr : type->lt_opr;
		List	   *found;
		PathKey    *pathkey;

		if (!OidIsValid(operator) || !rs_key_has_order(att->atttypid, att->attcollation) ||
			getBaseType(att->atttypid) != att->atttypid)
			break;
		found = build_expression_pathkey(root, (Expr *) makeVar((int) rel->relid, att->attnum,
																att->atttypid, att->atttypmod,
																att->attcollation, 0),
										 NULL, operator, rel->relids, false);
		if (found == NIL)
			break;
		pathkey = linitial_node(PathKey, found);
		if (EC_MUST_BE_REDUNDANT(pathkey->pk_eclass) || list_member_ptr(pathkeys, pathkey))
			continue;
		columns[list_length(pathkeys)] = k + 1;
		pathkeys = lappend(pathkeys, pathkey);
	}
	useful = truncate_useless_pathkeys(root, rel, pathkeys);
	*ncolumns = useful != NIL ? columns[list_length(useful) - 1] : 0;
	return useful;
}

static void
add_ordered_path(RelOptInfo *rel, Relation relation, const CustomPath *plain, List *pathkeys,
				 List *groups, const RsTableOptions *options, int ncolumns, bool descending)
{
	CustomPath *path = makeNode(CustomPath);
	RsKeyChains chains;
	List	   *columns = NIL;
	ListCell   *lc;
	double		rows = 0;
	double		sorted;
	Cost		whole = plain->path.total_cost - plain->path.startup_cost;
	Cost		start;
	Cost		run;
	int			k;

	rs_key_chains(RelationGetDescr(relation), groups, options->sortkeys, ncolumns,
				  RS_PLANNED_CHAINS, &chains);
	foreach(lc, groups)
		rows += ((RsRowGroup *) lfirst(lc))->nrows;
	sorted = rows > 0 ? chains.rest_rows / rows : 0;
	if (sorted > RS_MOST_SORTED)
		return;
	/* What has to be sorted is read and sorted before the first row is given. */
	start = whole * sorted + cpu_operator_cost * RS_SORT_COST * plain->path.rows * sorted *
		log2(Max(plain->path.rows * sorted, 2.0));
	run = whole * (1 - sorted + RS_ORDER_COST) + cpu_tuple_cost;
	if (chains.n + (sorted > 0) > 1)
		run += cpu_operator_cost * RS_MERGE_COST * plain->path.rows *
			log2((double) chains.n + (sorted > 0));
	for (k = 0; k < ncolumns; k++)
		columns = lappend_int(columns, options->sortkeys[k]);
	*path = *plain;
	path->path.pathkeys = pathkeys;
	path->path.startup_cost += start;
	path->path.total_cost = path->path.startup_cost + run;
	path->flags &= ~CUSTOMPATH_SUPPORT_BACKWARD_SCAN;
	path->custom_private = rs_scan_make_order(columns, descending);
	add_path(rel, &path->path);
}

void
rs_add_ordered_paths(PlannerInfo *root, RelOptInfo *rel, Relation relation, const CustomPath *plain)
{
	RsTableOptions *options = rs_options_get(relation);
	List	   *groups = NIL;
	bool		listed = false;
	int			direction;

	if (options->nsortkeys == 0 ||
		(options->sortstyle == RS_SORT_INTERLEAVED && options->nsortkeys > 1) ||
		!ActiveSnapshotSet() || !has_useful_pathkeys(root, rel) || !can_be_ordered(root, rel))
		return;
	for (direction = 0; direction < 2; direction++)
	{
		int			ncolumns;
		List	   *pathkeys = useful_pathkeys(root, rel, relation, options, direction == 1, &ncolumns);

		if (pathkeys == NIL)
			continue;
		if (!listed)
			groups = rs_directory_list(rs_space_storage_id(relation, false), GetActiveSnapshot());
		listed = true;
		add_ordered_path(rel, relation, plain, pathkeys, groups, options, ncolumns, direction == 1);
	}
}

/* ---------------------------------------------------------------------
 * What the engine left
 * ---------------------------------------------------------------------
 */

static bool has_ordered(Plan *plan);

static bool
any_ordered(List *plans)
{
	ListCell   *lc;

	foreach(lc, plans)
		if (has_ordered(lfirst(lc)))
			return true;
	return false;
}

static bool
has_ordered(Plan *plan)
{
	check_stack_depth();
	if (plan == NULL)
		return false;
	switch (nodeTag(plan))
	{
		case T_CustomScan:
			if (((CustomScan *) plan)->methods == &rs_scan_methods && rs_scan_is_ordered(plan))
				return true;
			if (any_ordered(((CustomScan *) plan)->custom_plans))
				return true;
			break;
		case T_Append:
			if (any_ordered(((Append *) plan)->appendplans))
				return true;
			break;
		case T_MergeAppend:
			if (any_ordered(((MergeAppend *) plan)->mergeplans))
				return true;
			break;
		case T_SubqueryScan:
			if (has_ordered(((SubqueryScan *) plan)->subplan))
				return true;
			break;
		default:
			break;
	}
	return has_ordered(outerPlan(plan)) || has_ordered(innerPlan(plan));
}

bool
rs_has_ordered_scan(PlannedStmt *planned)
{
	return any_ordered(planned->subplans) || has_ordered(planned->planTree);
}
