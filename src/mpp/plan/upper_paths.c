/*
 * upper_paths.c
 *	  What stands above joins on the compute nodes, and what a query gives to the query
 *	  around it.
 */
#include "postgres.h"

#include "mpp/plan/fragment_path.h"
#include "mpp/plan/join_columns.h"
#include "nodes/pathnodes.h"
#include "optimizer/tlist.h"

/*
 * What the query gives, as columns in its order: for the query around it.  One that asks
 * for an order gets it from the leader, although SQL promises nothing to queries around
 * it: aggregates such as array_agg are used so.
 */
static void
final_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	bool		inserted = root->parent_root == NULL && parse->resultRelation > 0;
	List	   *columns;
	ListCell   *lc;

	if ((root->parent_root == NULL && !inserted) || (inserted && parse->setOperations != NULL) || parse->commandType != CMD_SELECT ||
		parse->sortClause != NIL || parse->limitCount != NULL || parse->limitOffset != NULL ||
		parse->rowMarks != NIL)
		return;
	columns = parse->setOperations != NULL ? get_tlist_exprs(root->processed_tlist, false) :
		root->upper_targets[UPPERREL_FINAL]->exprs;
	if (!rs_fragment_shippable_target(root, columns))
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
		tree->target = columns;
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
			if (root->parse->hasDistinctOn)
				rs_fragment_distinct_on_paths(root, input, output);
			else
				rs_fragment_distinct_paths(root, input, output);
			break;
		case UPPERREL_WINDOW:
			rs_fragment_window_paths(root, input, output);
			break;
		case UPPERREL_ORDERED:
			rs_fragment_ordered_paths(root, input, output);
			output->fdw_private = input->fdw_private;
			break;
		case UPPERREL_FINAL:
			rs_join_columns_count(root);
			rs_fragment_limit_paths(root, input, output, extra);
			final_paths(root, input, output);
			break;
		default:
			break;
	}
}
