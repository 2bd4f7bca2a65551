/*
 * upper_paths.c
 *	  Grouping, and what stands above it, on the compute nodes.
 *
 * A group whose rows are all on one node is computed there as a whole: if the rows are
 * spread by columns of GROUP BY, or have been redistributed by them.  Otherwise nodes
 * compute states of what they have and the leader combines them; aggregates that cannot
 * be combined, such as those with DISTINCT, need whole groups.
 *
 * Below ORDER BY ... LIMIT each node sends only its first rows.
 */
#include "postgres.h"

#include "mpp/distribution.h"
#include "mpp/fragment_path.h"
#include "mpp/partial_aggregate.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "utils/selfuncs.h"

#define ROW_COST	(cpu_operator_cost * 0.5)	/* of a row, to be grouped by a node */

/*
 * Can nodes evaluate all of a target?
 */
static bool
shippable_target(PlannerInfo *root, PathTarget *target)
{
	ListCell   *lc;

	foreach(lc, target->exprs)
		if (!rs_fragment_shippable(root, lfirst(lc)) || expression_returns_set(lfirst(lc)))
			return false;
	return true;
}

/*
 * The rows of a node, grouped there: columns are the target's.
 */
static RsFragmentPath *
group_on_nodes(PlannerInfo *root, const RsFragmentPath *input, List *columns, List *having, double groups)
{
	RsFragmentPath *path = palloc0(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	double		rows = input->spread.kind == RS_SPREAD_ALL ? input->rows : input->rows / rs_fragment_nodes();

	tree->kind = RS_TREE_AGGREGATE;
	tree->target = columns;
	tree->outer = input->tree;
	tree->quals = having;
	tree->sort_groups = root->parse->groupClause;
	tree->sort_refs = root->processed_tlist;
	path->tree = tree;
	path->spread = input->spread;
	path->rows = groups;
	path->width = input->width;
	path->cost = input->cost + ROW_COST * (rows + groups);
	return path;
}

/*
 * Whole groups, where each is on one node.
 */
static void
add_whole_groups(PlannerInfo *root, const RsFragmentPath *input, RelOptInfo *output, double groups)
{
	RsFragmentPath *path = group_on_nodes(root, input, output->reltarget->exprs,
										  (List *) root->parse->havingQual, groups);
	ListCell   *lc;
	List	   *exprs = get_sortgrouplist_exprs(root->parse->groupClause, root->processed_tlist);

	path->width = output->reltarget->width;

	/* A key that is no column of the groups cannot be told of any more. */
	foreach(lc, path->spread.keys)
		if (!list_member(exprs, lfirst(lc)))
		{
			path->spread.kind = RS_SPREAD_ANY;
			path->spread.keys = NIL;
			break;
		}
	rs_fragment_path_add(root, output, path);
	add_path(output, rs_gather_path(root, output, output->reltarget, path, NIL, NIL));
}

/*
 * What nodes give for the leader to combine: columns of the groups, and of each
 * aggregate its state.  *states: the nodes' expressions for them, NIL if one aggregate
 * cannot be combined.
 */
static PathTarget *
partial_target(PlannerInfo *root, PathTarget *target, List **states)
{
	PathTarget *partial = create_empty_pathtarget();
	List	   *others = NIL;
	ListCell   *lc;
	int			i = 0;

	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i++);

		if (ref != 0 && get_sortgroupref_clause_noerr(ref, root->parse->groupClause) != NULL)
			add_column_to_pathtarget(partial, lfirst(lc), ref);
		else
			others = lappend(others, lfirst(lc));
	}
	others = list_concat(others, (List *) root->parse->havingQual);
	add_new_columns_to_pathtarget(partial, pull_var_clause((Node *) others, PVC_INCLUDE_AGGREGATES |
														   PVC_RECURSE_WINDOWFUNCS | PVC_INCLUDE_PLACEHOLDERS));
	*states = NIL;
	foreach(lc, partial->exprs)
	{
		Expr	   *expr = lfirst(lc);

		if (IsA(expr, Aggref))
		{
			Aggref	   *aggref = copyObject(castNode(Aggref, expr));
			Expr	   *state = rs_partial_aggregate(aggref);

			if (state == NULL)
				return NULL;
			mark_partial_aggref(aggref, AGGSPLIT_INITIAL_SERIAL);
			lfirst(lc) = aggref;
			expr = state;
		}
		*states = lappend(*states, expr);
	}
	return set_pathtarget_cost_width(root, partial);
}

/*
 * States from the nodes, combined by the leader.
 */
static void
add_two_steps(PlannerInfo *root, const RsFragmentPath *input, RelOptInfo *output, double groups)
{
	Query	   *parse = root->parse;
	List	   *states;
	PathTarget *target = partial_target(root, output->reltarget, &states);
	double		partial_groups = Min(input->rows, groups * rs_fragment_nodes());
	RsFragmentPath *path;
	AggClauseCosts costs;
	Path	   *gather;

	if (target == NULL)
		return;
	path = group_on_nodes(root, input, states, NIL, partial_groups);
	path->width = target->width;
	gather = rs_gather_path(root, output, target, path, target->exprs, NIL);
	memset(&costs, 0, sizeof(costs));
	get_agg_clause_costs(root, AGGSPLIT_FINAL_DESERIAL, &costs);
	if (parse->groupClause == NIL)
		add_path(output, (Path *) create_agg_path(root, output, gather, output->reltarget, AGG_PLAIN,
												  AGGSPLIT_FINAL_DESERIAL, NIL, (List *) parse->havingQual,
												  &costs, 1));
	else if (grouping_is_hashable(parse->groupClause))
		add_path(output, (Path *) create_agg_path(root, output, gather, output->reltarget, AGG_HASHED,
												  AGGSPLIT_FINAL_DESERIAL, parse->groupClause,
												  (List *) parse->havingQual, &costs, groups));
	if (parse->groupClause != NIL && grouping_is_sortable(parse->groupClause))
	{
		/* Groups of constants are in order as they come. */
		if (root->group_pathkeys != NIL)
			gather = (Path *) create_sort_path(root, output, gather, root->group_pathkeys, -1);
		add_path(output, (Path *) create_agg_path(root, output, gather, output->reltarget, AGG_SORTED,
												  AGGSPLIT_FINAL_DESERIAL, parse->groupClause,
												  (List *) parse->havingQual, &costs, groups));
	}
}

/*
 * The columns of GROUP BY by which rows can be dealt: constants say nothing.  NIL if
 * there are none, or a type does not hash.
 */
static List *
dealing_keys(List *exprs)
{
	List	   *keys = NIL;
	ListCell   *lc;

	foreach(lc, exprs)
	{
		if (!contain_var_clause(lfirst(lc)))
			continue;
		if (!rs_distribution_possible(exprType(lfirst(lc))))
			return NIL;
		keys = lappend(keys, lfirst(lc));
	}
	return keys;
}

static void
group_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	List	   *exprs;
	double		groups;
	ListCell   *lc;

	if (parse->groupingSets != NIL || !shippable_target(root, output->reltarget) ||
		!rs_fragment_shippable(root, parse->havingQual))
		return;
	exprs = get_sortgrouplist_exprs(parse->groupClause, root->processed_tlist);
	groups = exprs == NIL ? 1 : estimate_num_groups(root, exprs, input->rows, NULL, NULL);
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = lfirst(lc);
		RsSpread	by_groups = {RS_SPREAD_KEY, dealing_keys(exprs)};

		if (path->spread.kind == RS_SPREAD_ALL || rs_spread_within(root, &path->spread, exprs))
		{
			add_whole_groups(root, path, output, groups);
			continue;
		}
		if (by_groups.keys != NIL)
			add_whole_groups(root, rs_fragment_path_exchange(path, &by_groups, "DS_DIST_INNER"), output, groups);
		add_two_steps(root, path, output, groups);
	}
}

/*
 * The first rows of each node, for the leader to find the first of all among.
 */
static void
top_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PathTarget *target = root->upper_targets[UPPERREL_ORDERED];
	ListCell   *lc;

	if (root->limit_tuples < 0 || target == NULL || !shippable_target(root, input->reltarget))
		return;
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = palloc(sizeof(RsFragmentPath));
		RsTree	   *tree = palloc0(sizeof(RsTree));
		Path	   *sorted;

		*path = *(RsFragmentPath *) lfirst(lc);
		tree->kind = RS_TREE_TOP;
		tree->outer = path->tree;
		tree->target = path->tree->target;
		tree->sort_groups = root->parse->sortClause;
		tree->sort_refs = root->processed_tlist;
		tree->limit = (Node *) makeConst(INT8OID, -1, InvalidOid, 8,
										 Int64GetDatum((int64) root->limit_tuples), false, FLOAT8PASSBYVAL);
		path->tree = tree;
		path->rows = Min(path->rows, root->limit_tuples * rs_fragment_nodes());
		sorted = rs_gather_path(root, output, input->reltarget, path, NIL, NIL);
		if (root->sort_pathkeys != NIL)
			sorted = (Path *) create_sort_path(root, output, sorted, root->sort_pathkeys, root->limit_tuples);
		if (sorted->pathtarget != target)
			sorted = apply_projection_to_path(root, output, sorted, target);
		add_path(output, sorted);
	}
}

/*
 * What the query gives, as columns in its order: for the query around it.
 */
static void
final_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	Query	   *parse = root->parse;
	ListCell   *lc;

	if (root->parent_root == NULL || target == NULL || parse->commandType != CMD_SELECT ||
		parse->limitCount != NULL || parse->limitOffset != NULL || parse->rowMarks != NIL ||
		!shippable_target(root, target))
		return;
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = palloc(sizeof(RsFragmentPath));
		RsTree	   *tree = palloc0(sizeof(RsTree));

		*path = *(RsFragmentPath *) lfirst(lc);
		tree->kind = RS_TREE_PROJECT;
		tree->outer = path->tree;
		tree->target = target->exprs;
		path->tree = tree;
		rs_fragment_path_add(root, output, path);
	}
}

void
rs_fragment_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input, RelOptInfo *output, void *extra)
{
	if (IS_DUMMY_REL(input))
		return;
	switch (stage)
	{
		case UPPERREL_GROUP_AGG:
			group_paths(root, input, output);
			break;
		case UPPERREL_ORDERED:
			top_paths(root, input, output);
			output->fdw_private = input->fdw_private;
			break;
		case UPPERREL_FINAL:
			final_paths(root, input, output);
			break;
		default:
			break;
	}
}
