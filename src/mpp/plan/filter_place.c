/*
 * filter_place.c
 *	  Where the rows of one side of a join are dropped that match nothing on the other.
 *
 * A side whose rows are moved is filtered before they are: at its deepest exchange to
 * which the key of the join leads.  Below an aggregation that is a column of its groups:
 * the rows of a group have the same key, so the group stays or goes as a whole.
 *
 * The query of the stage that sends the rows has the condition on its outside; the node's
 * planner moves it below GROUP BY, to where rows are read.
 */
#include "postgres.h"

#include "mpp/plan/filter_place.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"

/* What it costs to test a row by a filter. */
#define TEST_COST	(cpu_operator_cost * 0.1)

static bool
is_group(const RsTree *tree, Expr *key)
{
	ListCell   *lc;

	foreach(lc, tree->sort_groups)
		if (equal(get_sortgroupclause_expr(lfirst(lc), tree->sort_refs), key))
			return true;
	return false;
}

/*
 * What a column of a tree is in terms of its input, if rows of the input that have other
 * values have no part in the tree's rows that have this one; else NULL.
 */
static Expr *
key_of_input(const RsTree *tree, Expr *key)
{
	switch (tree->kind)
	{
		case RS_TREE_SUBQUERY:
			if (!IsA(key, Var) || ((Var *) key)->varno != tree->relid)
				return NULL;
			return list_nth(rs_tree_columns(tree->outer), ((Var *) key)->varattno - 1);
		case RS_TREE_AGGREGATE:
			if (tree->grouping_sets != NIL || !is_group(tree, key))
				return NULL;
			break;
		case RS_TREE_PROJECT:
			break;
		case RS_TREE_EXCHANGE:
			if (!rs_tree_is_moved(tree))
				return NULL;
			break;
		default:
			return NULL;
	}
	return list_member(rs_tree_columns(tree->outer), key) ? key : NULL;
}

RsTree *
rs_filter_place(RsTree *side, Expr *key, Expr **column)
{
	RsTree	   *exchange = NULL;
	RsTree	   *tree = side;

	while (key != NULL)
	{
		if (rs_tree_is_moved(tree))
		{
			exchange = tree;
			*column = key;
		}
		key = key_of_input(tree, key);
		tree = tree->outer;
	}
	return exchange;
}

/*
 * What a tree costs beside its input, by the row.  What is made on the way to a path may
 * not be estimated: it costs as what it reads.
 */
static Cost
cost_of_rows(const RsTree *tree)
{
	const RsTree *input = tree->outer;

	if (tree->cost == 0)
		return 0;
	while (input->cost == 0 && input->outer != NULL)
		input = input->outer;
	return Max(tree->cost - input->cost - (tree->kind == RS_TREE_EXCHANGE ? RS_COST_STAGE : 0), 0);
}

RsFragmentPath *
rs_filter_side(const RsFragmentPath *path, const RsTree *exchange, Expr *column, double share, int nkeys,
			   RsTree **filtered)
{
	RsFragmentPath *result = palloc(sizeof(RsFragmentPath));
	RsTree	  **link = &result->tree;
	double		rows = exchange->rows;
	Cost		saved = 0;
	const RsTree *below;
	bool		last;

	/* Other ways to compute the join read the same trees. */
	*result = *path;
	do
	{
		RsTree	   *tree = palloc(sizeof(RsTree));

		last = *link == exchange;
		*tree = **link;
		saved += cost_of_rows(tree);
		tree->rows = clamp_row_est(tree->rows * share);
		*filtered = *link = tree;
		link = &tree->outer;
	} while (!last);

	/* The node's planner moves the condition on. */
	for (below = exchange->outer; (column = key_of_input(below, column)) != NULL; below = below->outer)
	{
		saved += cost_of_rows(below);
		rows = Max(rows, below->outer->rows);
	}
	result->rows = clamp_row_est(path->rows * share);
	result->cost += nkeys * TEST_COST * rows / rs_fragment_nodes() - saved * (1 - share);
	return result;
}
