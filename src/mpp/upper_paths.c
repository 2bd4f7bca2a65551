/*
 * upper_paths.c
 *	  What stands above joins on the compute nodes: sorting and limits; what a query gives
 *	  to the query around it.
 *
 * Below ORDER BY ... LIMIT each node sends only its first rows.
 */
#include "postgres.h"

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

/*
 * The first rows of each node, for the leader to find the first of all among.
 */
static void
top_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PathTarget *target = root->upper_targets[UPPERREL_ORDERED];
	ListCell   *lc;

	if (root->limit_tuples < 0 || target == NULL || !rs_fragment_shippable_target(root, input->reltarget->exprs))
		return;
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = palloc(sizeof(RsFragmentPath));
		RsTree	   *tree = palloc0(sizeof(RsTree));
		Path	   *sorted;

		*path = *(RsFragmentPath *) lfirst(lc);
		tree->kind = RS_TREE_TOP;
		tree->outer = path->tree;
		tree->target = rs_tree_columns(path->tree);
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
 * What the query gives, as columns in its order: for the query around it.  One that asks
 * for an order gets it from the leader, although SQL promises nothing to queries around
 * it: aggregates such as array_agg are used so.
 */
static void
final_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	Query	   *parse = root->parse;
	bool		inserted = root->parent_root == NULL && parse->resultRelation > 0;
	ListCell   *lc;

	if ((root->parent_root == NULL && !inserted) || target == NULL || parse->commandType != CMD_SELECT ||
		parse->sortClause != NIL || parse->limitCount != NULL || parse->limitOffset != NULL ||
		parse->rowMarks != NIL ||
		!rs_fragment_shippable_target(root, target->exprs))
		return;
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = palloc(sizeof(RsFragmentPath));
		RsTree	   *tree = palloc0(sizeof(RsTree));

		*path = *(RsFragmentPath *) lfirst(lc);

		/* What the leader computes for it is planned in this query, not in that around it. */
		if (root->parent_root != NULL && rs_tree_of_leader(path->tree) != NIL)
			continue;
		tree->kind = RS_TREE_PROJECT;
		tree->outer = path->tree;
		tree->target = target->exprs;
		path->tree = tree;
		rs_fragment_path_add(root, output, path);
	}
	if (inserted)
		rs_fragment_insert_paths(root, output);
}

void
rs_fragment_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input, RelOptInfo *output, void *extra)
{
	if (IS_DUMMY_REL(input))
		return;
	switch (stage)
	{
		case UPPERREL_GROUP_AGG:
			rs_fragment_group_paths(root, input, output);
			break;
		case UPPERREL_DISTINCT:
			rs_fragment_distinct_paths(root, input, output);
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
