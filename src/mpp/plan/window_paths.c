/*
 * window_paths.c
 *	  Window functions on the compute nodes.
 *
 * A partition whose rows are all on one node is computed there: if the rows are spread by
 * columns of every window's PARTITION BY, or are redistributed by such columns.  Windows
 * without any such column in common are the leader's.
 *
 * Conditions on a subquery's window functions by which PostgreSQL lets them stop early
 * (run conditions) are checked as conditions of the whole.
 */
#include "postgres.h"

#include <math.h>

#include "mpp/plan/fragment_path.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/tlist.h"

#define ROW_COST	(cpu_operator_cost * 0.5)	/* of a comparison, or of a function, by a node */

typedef struct Windows
{
	PlannerInfo *root;
	RelOptInfo *output;
	PathTarget *target;
	List	   *clauses;		/* WindowClauses that have functions */
	List	   *partition;		/* expressions that all have in PARTITION BY */
	List	   *quals;			/* run conditions */
	int			nfunctions;
} Windows;

static bool
functions_walker(Node *node, List **functions)
{
	if (node == NULL)
		return false;
	if (IsA(node, WindowFunc))
	{
		*functions = lappend(*functions, node);
		return false;
	}
	return expression_tree_walker(node, functions_walker, functions);
}

static bool
shippable(PlannerInfo *root, const WindowClause *clause)
{
	return rs_fragment_shippable(root, clause->startOffset) && rs_fragment_shippable(root, clause->endOffset) &&
		rs_fragment_shippable_target(root, get_sortgrouplist_exprs(clause->partitionClause, root->processed_tlist)) &&
		rs_fragment_shippable_target(root, get_sortgrouplist_exprs(clause->orderClause, root->processed_tlist));
}

/*
 * The windows of the target's functions; false if nodes cannot compute one of them.
 */
static bool
find_windows(Windows *windows)
{
	Query	   *parse = windows->root->parse;
	List	   *functions = NIL;
	Bitmapset  *used = NULL;
	bool		first = true;
	ListCell   *lc;

	if (!rs_fragment_shippable_target(windows->root, windows->target->exprs))
		return false;
	functions_walker((Node *) windows->target->exprs, &functions);
	windows->nfunctions = list_length(functions);
	foreach(lc, functions)
		used = bms_add_member(used, lfirst_node(WindowFunc, lc)->winref);
	foreach(lc, parse->windowClause)
	{
		WindowClause *clause = lfirst_node(WindowClause, lc);
		List	   *exprs;

		if (!bms_is_member(clause->winref, used))
			continue;
		if (!shippable(windows->root, clause) ||
			!rs_fragment_shippable(windows->root, (Node *) clause->runCondition))
			return false;
		exprs = get_sortgrouplist_exprs(clause->partitionClause, windows->root->processed_tlist);
		windows->partition = first ? exprs : list_intersection(windows->partition, exprs);
		windows->clauses = lappend(windows->clauses, clause);
		windows->quals = list_concat_copy(windows->quals, clause->runCondition);
		first = false;
	}
	return windows->clauses != NIL;
}

/*
 * What a node computes of its rows.
 */
static void
add_windows(const Windows *windows, const RsFragmentPath *input)
{
	RsFragmentPath *path = palloc(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	double		rows = input->spread.kind == RS_SPREAD_ALL ? input->rows : input->rows / rs_fragment_nodes();

	*path = *input;
	tree->kind = RS_TREE_WINDOW;
	tree->outer = input->tree;
	tree->target = windows->target->exprs;
	tree->windows = windows->clauses;
	tree->sort_refs = windows->root->processed_tlist;
	path->tree = tree;
	if (windows->quals != NIL)
	{
		RsTree	   *filter = palloc0(sizeof(RsTree));

		filter->kind = RS_TREE_PROJECT;
		filter->outer = tree;
		filter->target = tree->target;
		filter->quals = windows->quals;
		path->tree = filter;
	}
	path->width = windows->target->width;
	path->cost += ROW_COST * rows * (windows->nfunctions +
									 list_length(windows->clauses) * log(Max(rows, 2)) / log(2));
	rs_fragment_path_add(windows->root, windows->output, path);
	add_path(windows->output, rs_gather_path(windows->root, windows->output, windows->target, path, NIL, NIL));
}

void
rs_fragment_window_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Windows		windows = {root, output, root->upper_targets[UPPERREL_WINDOW]};
	RsSpread	by_partition = {RS_SPREAD_KEY, NIL};
	ListCell   *lc;

	if (root->parse->hasTargetSRFs || !find_windows(&windows))
		return;
	by_partition.keys = rs_fragment_dealing_keys(windows.partition);
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = lfirst(lc);

		if (rs_fragment_path_lone(path) || rs_spread_within(root, &path->spread, windows.partition))
			add_windows(&windows, path);
		else if (by_partition.keys != NIL)
			add_windows(&windows, rs_fragment_path_exchange(path, &by_partition, NIL, "DS_DIST_INNER"));
	}
}
