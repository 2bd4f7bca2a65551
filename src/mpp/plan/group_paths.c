/*
 * group_paths.c
 *	  Grouping, aggregates and DISTINCT on the compute nodes.
 *
 * A group whose rows are all on one node is computed there as a whole: if the rows are
 * spread by columns of GROUP BY, or have been redistributed by them.  Otherwise there
 * are two steps.  Nodes compute states of what they have, and
 *	- the leader combines them: its step is PostgreSQL's own, so any aggregate will do
 *	  that PostgreSQL can compute in parallel;
 *	- or nodes do, once an exchange has brought the states of a group together: then what
 *	  is above runs on the nodes, too.  This takes aggregates that plain aggregates of
 *	  their states combine.  States of no group, or of groups that nothing tells apart but
 *	  constants, go to every node.
 *
 * Aggregates with DISTINCT fit in two steps if no value of their argument is on two nodes,
 * which an exchange by the argument brings about.  If there is nothing but such
 * aggregates, what is the same on a node goes once.
 *
 * GROUPING SETS take the second way: what GROUPING() says of all columns tells groups of
 * different sets apart.  Sets that occur twice are the leader's.
 *
 * DISTINCT is grouping by all columns.
 */
#include "postgres.h"

#include "catalog/pg_aggregate.h"
#include "mpp/cluster/distribution.h"
#include "mpp/plan/fragment_path.h"
#include "mpp/plan/partial_aggregate.h"
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
#include "parser/parse_oper.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/typcache.h"

#define ROW_COST	(cpu_operator_cost * 0.5)	/* of a row, to be grouped by a node */

/* Of more columns none is tried alone as the key of an exchange. */
#define MOST_SINGLE_KEYS	3

/* ... and none with fewer values for each node: some node would get more than its share. */
#define LEAST_SINGLE_VALUES	100

/* Columns that one GROUPING() can tell of. */
#define MOST_GROUPING	31

typedef struct Grouping
{
	PlannerInfo *root;
	RelOptInfo *output;
	PathTarget *target;
	List	   *having;
	List	   *clauses;		/* SortGroupClauses */
	List	   *refs;			/* target entries with their expressions */
	List	   *exprs;			/* those */
	List	   *sets;			/* lists of ressortgrouprefs; NIL: one set, of all */
	List	   *aggregates;		/* Aggrefs of target and having */
	bool		distinct;		/* DISTINCT: nothing but columns of groups */
} Grouping;

/*
 * Rows that a node gives, or all of them do.
 */
static double
rows_of_node(const RsFragmentPath *path)
{
	return path->spread.kind == RS_SPREAD_ALL ? path->rows : path->rows / rs_fragment_nodes();
}

/*
 * The rows of a node, grouped there.
 */
static RsFragmentPath *
group_on_nodes(const RsFragmentPath *input, List *target, double groups)
{
	RsFragmentPath *path = palloc0(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));

	tree->kind = RS_TREE_AGGREGATE;
	tree->target = target;
	tree->outer = input->tree;
	path->tree = tree;
	path->spread = input->spread;
	path->only = input->only;
	path->rows = groups;
	path->width = input->width;
	path->cost = input->cost + ROW_COST * (rows_of_node(input) + rows_of_node(path));
	tree->rows = path->rows;
	tree->width = path->width;
	tree->cost = path->cost;
	return path;
}

/*
 * What nodes give of groups that are to be combined, at most half as many rows as they have;
 * see estimate_groups().
 */
static double
rows_of_states(const RsFragmentPath *input, double groups)
{
	return Min(Max(input->rows / 2, 1), groups * rs_fragment_nodes());
}

/*
 * Group by what the query does.
 */
static void
group_by_clauses(RsTree *tree, const Grouping *grouping)
{
	tree->sort_groups = grouping->clauses;
	tree->sort_refs = grouping->refs;
}

void
rs_tree_group_by(RsTree *tree, List *exprs)
{
	ListCell   *lc;
	Index		ref = 0;

	foreach(lc, exprs)
	{
		SortGroupClause *clause = makeNode(SortGroupClause);
		TargetEntry *entry = makeTargetEntry(lfirst(lc), ++ref, NULL, false);

		entry->ressortgroupref = clause->tleSortGroupRef = ref;
		get_sort_group_operators(exprType(lfirst(lc)), false, true, false, &clause->sortop, &clause->eqop, NULL,
								 &clause->hashable);
		tree->sort_groups = lappend(tree->sort_groups, clause);
		tree->sort_refs = lappend(tree->sort_refs, entry);
	}
}

/* ---------------------------------------------------------------------
 * What is grouped by
 * ---------------------------------------------------------------------
 */

static Expr *
expression_of(const Grouping *grouping, Index ref)
{
	return (Expr *) get_sortgroupref_tle(ref, grouping->refs)->expr;
}

/*
 * The expressions that all sets have.
 */
static List *
common_exprs(const Grouping *grouping)
{
	List	   *common = grouping->exprs;
	ListCell   *ls;
	ListCell   *lr;

	foreach(ls, grouping->sets)
	{
		List	   *exprs = NIL;

		foreach(lr, (List *) lfirst(ls))
			exprs = lappend(exprs, expression_of(grouping, lfirst_int(lr)));
		common = list_intersection(common, exprs);
	}
	return common;
}

List *
rs_fragment_dealing_keys(List *exprs)
{
	List	   *keys = NIL;
	ListCell   *lc;

	foreach(lc, exprs)
		if (contain_var_clause(lfirst(lc)) && rs_distribution_possible(exprType(lfirst(lc))))
			keys = list_append_unique(keys, lfirst(lc));
	return keys;
}

/*
 * Joins give more rows than is estimated more often than fewer, and whoever groups expects
 * fewer groups than rows: to group on the nodes is chosen also where the estimates say that
 * nothing is gained.
 */
static double
estimate_groups(const Grouping *grouping, double rows)
{
	double		groups = 0;
	ListCell   *ls;
	ListCell   *lr;

	if (grouping->sets == NIL)
		return grouping->exprs == NIL ? 1 :
			Min(estimate_num_groups(grouping->root, grouping->exprs, rows, NULL, NULL), Max(rows / 2, 1));
	foreach(ls, grouping->sets)
	{
		List	   *exprs = NIL;

		foreach(lr, (List *) lfirst(ls))
			exprs = lappend(exprs, expression_of(grouping, lfirst_int(lr)));
		groups += exprs == NIL ? 1 : estimate_num_groups(grouping->root, exprs, rows, NULL, NULL);
	}
	return groups;
}

/* ---------------------------------------------------------------------
 * Whole groups
 * ---------------------------------------------------------------------
 */

/*
 * Is there a group even if there are no rows?
 */
static bool
row_of_nothing(const Grouping *grouping)
{
	ListCell   *lc;

	foreach(lc, grouping->sets)
		if (lfirst(lc) == NIL)
			return true;
	return grouping->sets == NIL && grouping->exprs == NIL;
}

/*
 * Finished groups: a way to compute the output.
 */
static void
add_groups(const Grouping *grouping, RsFragmentPath *path)
{
	ListCell   *lc;

	path->width = grouping->target->width;

	/* A key that is no column of the groups cannot be told of any more, nor one that sets make NULL. */
	foreach(lc, path->spread.keys)
		if (grouping->sets != NIL || !list_member(grouping->exprs, lfirst(lc)))
		{
			path->spread.kind = RS_SPREAD_ANY;
			path->spread.keys = NIL;
			break;
		}

	/* What may run on some nodes only must not give a row where there are none. */
	if (path->only == NIL || !row_of_nothing(grouping))
		rs_fragment_path_add(grouping->root, grouping->output, path);
	add_path(grouping->output, rs_gather_path(grouping->root, grouping->output, grouping->target, path, NIL, NIL));
}

/*
 * Groups that are each on one node.
 */
static void
add_whole_groups(const Grouping *grouping, const RsFragmentPath *input, double groups)
{
	RsFragmentPath *path = group_on_nodes(input, grouping->target->exprs, groups);

	group_by_clauses(path->tree, grouping);
	path->tree->quals = grouping->having;
	path->tree->grouping_sets = grouping->sets;
	add_groups(grouping, path);
}

/* ---------------------------------------------------------------------
 * Two steps, the second at the leader
 * ---------------------------------------------------------------------
 */

/*
 * Does the leader combine the states of another aggregate together with those of this one?
 */
static bool
shares_state(List *exprs, const Aggref *aggref)
{
	ListCell   *lc;

	foreach(lc, exprs)
		if (lfirst(lc) != aggref && IsA(lfirst(lc), Aggref) &&
			lfirst_node(Aggref, lc)->aggtransno == aggref->aggtransno)
			return true;
	return false;
}

/*
 * What nodes give for the leader to combine: columns of the groups, and of each
 * aggregate its state.  *states: the nodes' expressions for them.  NULL if one aggregate
 * cannot be combined.
 */
static PathTarget *
partial_target(const Grouping *grouping, List **states)
{
	PathTarget *target = grouping->target;
	PathTarget *partial = create_empty_pathtarget();
	List	   *others = NIL;
	ListCell   *lc;
	int			i = 0;

	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i++);

		if (ref != 0 && get_sortgroupref_clause_noerr(ref, grouping->clauses) != NULL)
			add_column_to_pathtarget(partial, lfirst(lc), ref);
		else
			others = lappend(others, lfirst(lc));
	}
	others = list_concat(others, grouping->having);
	add_new_columns_to_pathtarget(partial, pull_var_clause((Node *) others, PVC_INCLUDE_AGGREGATES |
														   PVC_RECURSE_WINDOWFUNCS | PVC_INCLUDE_PLACEHOLDERS));
	*states = NIL;
	foreach(lc, partial->exprs)
	{
		Expr	   *expr = lfirst(lc);

		if (IsA(expr, Aggref))
		{
			Aggref	   *aggref = copyObject(castNode(Aggref, expr));
			Expr	   *state = rs_partial_aggregate(aggref, shares_state(partial->exprs, lfirst(lc)));

			if (state == NULL)
				return NULL;
			mark_partial_aggref(aggref, AGGSPLIT_INITIAL_SERIAL);
			lfirst(lc) = aggref;
			expr = state;
		}
		*states = lappend(*states, expr);
	}
	return set_pathtarget_cost_width(grouping->root, partial);
}

/*
 * States from the nodes, combined by the leader.
 */
static void
add_two_steps(const Grouping *grouping, const RsFragmentPath *input, double groups)
{
	PlannerInfo *root = grouping->root;
	RelOptInfo *output = grouping->output;
	List	   *states = NIL;
	PathTarget *target = grouping->distinct ? grouping->target : partial_target(grouping, &states);
	AggSplit	split = grouping->distinct ? AGGSPLIT_SIMPLE : AGGSPLIT_FINAL_DESERIAL;
	RsFragmentPath *path;
	AggClauseCosts costs;
	Path	   *gather;

	if (target == NULL || grouping->sets != NIL)
		return;
	path = group_on_nodes(input, grouping->distinct ? target->exprs : states,
						  rows_of_states(input, groups));
	group_by_clauses(path->tree, grouping);
	path->width = target->width;
	gather = rs_gather_path(root, output, target, path, target->exprs, NIL);
	memset(&costs, 0, sizeof(costs));
	if (!grouping->distinct)
		get_agg_clause_costs(root, split, &costs);
	if (grouping->clauses == NIL)
		add_path(output, (Path *) create_agg_path(root, output, gather, grouping->target, AGG_PLAIN, split, NIL,
												  grouping->having, &costs, 1));
	else if (grouping_is_hashable(grouping->clauses))
		add_path(output, (Path *) create_agg_path(root, output, gather, grouping->target, AGG_HASHED, split,
												  grouping->clauses, grouping->having, &costs, groups));
	if (grouping->clauses != NIL && grouping_is_sortable(grouping->clauses))
	{
		List	   *pathkeys = grouping->distinct ? root->distinct_pathkeys : root->group_pathkeys;

		/* Groups of constants are in order as they come. */
		if (pathkeys != NIL)
			gather = (Path *) create_sort_path(root, output, gather, pathkeys, -1);
		if (grouping->distinct)
			add_path(output, (Path *) create_upper_unique_path(root, output, gather, list_length(pathkeys), groups));
		else
			add_path(output, (Path *) create_agg_path(root, output, gather, grouping->target, AGG_SORTED, split,
													  grouping->clauses, grouping->having, &costs, groups));
	}
}

/* ---------------------------------------------------------------------
 * Two steps, both on the nodes
 * ---------------------------------------------------------------------
 */

/* Aggregates and what combines them. */
typedef struct Combination
{
	List	   *aggregates;
	List	   *combined;
} Combination;

static Node *
combined_aggregates(Node *node, Combination *combination)
{
	ListCell   *la;
	ListCell   *lc;

	if (node == NULL)
		return NULL;
	if (IsA(node, Aggref))
		forboth(la, combination->aggregates, lc, combination->combined)
			if (equal(lfirst(la), node))
				return copyObject(lfirst(lc));
	return expression_tree_mutator(node, combined_aggregates, combination);
}

/*
 * Are no two rows that an aggregate with DISTINCT takes for the same on different nodes?
 */
static bool
distinct_per_node(const Grouping *grouping, const Aggref *aggref, const RsSpread *spread)
{
	List	   *args = NIL;
	ListCell   *lc;

	foreach(lc, aggref->args)
		args = lappend(args, lfirst_node(TargetEntry, lc)->expr);
	return rs_spread_within(grouping->root, spread, args);
}

/*
 * The states of all aggregates, each once, and how they are combined; false if one
 * cannot be.
 */
static bool
combine_aggregates(const Grouping *grouping, const RsSpread *spread, Combination *combination, List **states)
{
	ListCell   *lc;

	combination->aggregates = grouping->aggregates;
	combination->combined = NIL;
	foreach(lc, grouping->aggregates)
	{
		Aggref	   *aggref = lfirst_node(Aggref, lc);
		Expr	   *combined;

		if (aggref->aggdistinct != NIL && !distinct_per_node(grouping, aggref, spread))
			return false;
		combined = rs_combine_aggregate(aggref, states);
		if (combined == NULL)
			return false;
		combination->combined = lappend(combination->combined, combined);
	}
	return true;
}

static bool
grouping_functions_walker(Node *node, List **functions)
{
	if (node == NULL)
		return false;
	if (IsA(node, GroupingFunc))
	{
		*functions = list_append_unique(*functions, node);
		return false;
	}
	return expression_tree_walker(node, grouping_functions_walker, functions);
}

/*
 * GROUPING() of all columns, and what else of it the query asks for.
 */
static List *
grouping_functions(const Grouping *grouping)
{
	List	   *functions = NIL;
	GroupingFunc *function = NULL;
	ListCell   *lc;

	grouping_functions_walker((Node *) grouping->target->exprs, &functions);
	grouping_functions_walker((Node *) grouping->having, &functions);
	if (grouping->sets == NIL)
		return functions;
	foreach(lc, grouping->clauses)
	{
		Index		ref = lfirst_node(SortGroupClause, lc)->tleSortGroupRef;

		if (foreach_current_index(lc) % MOST_GROUPING == 0)
		{
			function = makeNode(GroupingFunc);
			function->location = -1;
			functions = lappend(functions, function);
		}
		function->args = lappend(function->args, expression_of(grouping, ref));
		function->refs = lappend_int(function->refs, ref);
	}
	return functions;
}

/*
 * States of groups, brought together and combined on the nodes.
 */
static void
add_two_steps_on_nodes(const Grouping *grouping, const RsFragmentPath *input, double groups)
{
	List	   *keys = rs_fragment_dealing_keys(grouping->exprs);
	RsSpread	spread = {keys == NIL ? RS_SPREAD_ALL : RS_SPREAD_KEY, keys};
	Combination combination;
	List	   *states = NIL;
	List	   *columns;
	RsFragmentPath *path;

	if (!combine_aggregates(grouping, &input->spread, &combination, &states))
		return;

	/* If no node runs the first step there are no states of the group of no rows. */
	if (input->only != NIL && grouping->sets != NIL && row_of_nothing(grouping))
		return;
	columns = list_concat_unique(list_copy(grouping->exprs), grouping_functions(grouping));
	path = group_on_nodes(input, list_concat_unique(list_copy(columns), states),
						  Min(input->rows * Max(list_length(grouping->sets), 1), groups * rs_fragment_nodes()));
	group_by_clauses(path->tree, grouping);
	path->tree->grouping_sets = grouping->sets;
	path->width = grouping->target->width + (grouping->sets != NIL ? 4 : 0);
	path = rs_fragment_path_exchange(path, &spread, NIL, spread.kind == RS_SPREAD_ALL ? "DS_BCAST_INNER" : "DS_DIST_INNER");
	path = group_on_nodes(path, (List *) combined_aggregates((Node *) grouping->target->exprs, &combination), groups);
	path->tree->known = grouping->target->exprs;
	path->tree->quals = (List *) combined_aggregates((Node *) grouping->having, &combination);
	rs_tree_group_by(path->tree, columns);
	add_groups(grouping, path);
}

/* ---------------------------------------------------------------------
 * Aggregates with DISTINCT
 * ---------------------------------------------------------------------
 */

/*
 * The arguments by which values that aggregates with DISTINCT take for the same can be
 * brought together, if that is the same for all of them; NIL if not, or there are none.
 */
static List *
distinct_arguments(const Grouping *grouping)
{
	List	   *common = NIL;
	bool		first = true;
	ListCell   *lc;
	ListCell   *la;

	foreach(lc, grouping->aggregates)
	{
		Aggref	   *aggref = lfirst_node(Aggref, lc);
		List	   *args = NIL;

		if (aggref->aggdistinct == NIL)
			continue;
		foreach(la, aggref->args)
			args = lappend(args, lfirst_node(TargetEntry, la)->expr);
		common = first ? args : list_intersection(common, args);
		first = false;
	}
	return rs_fragment_dealing_keys(common);
}

/*
 * Does each row count only once, however often it comes?  *columns: what is asked for of
 * it.
 */
static bool
counts_once(const Grouping *grouping, List **columns)
{
	ListCell   *lc;
	ListCell   *la;

	*columns = list_copy(grouping->exprs);
	foreach(lc, grouping->aggregates)
	{
		Aggref	   *aggref = lfirst_node(Aggref, lc);

		if (aggref->aggdistinct == NIL || aggref->aggfilter != NULL || aggref->aggkind != AGGKIND_NORMAL)
			return false;
		foreach(la, aggref->args)
			*columns = list_append_unique(*columns, lfirst_node(TargetEntry, la)->expr);
	}
	if (!rs_fragment_shippable_target(grouping->root, *columns))
		return false;
	foreach(lc, *columns)
		if (!contain_var_clause(lfirst(lc)) ||
			!OidIsValid(lookup_type_cache(exprType(lfirst(lc)), TYPECACHE_EQ_OPR)->eq_opr))
			return false;
	return grouping->aggregates != NIL && grouping->sets == NIL;
}

/*
 * What is the same, once on each node.
 */
static RsFragmentPath *
without_repetition(const Grouping *grouping, const RsFragmentPath *input, List *columns)
{
	double		groups = estimate_num_groups(grouping->root, columns, input->rows, NULL, NULL);
	RsFragmentPath *path = group_on_nodes(input, columns, rows_of_states(input, groups));

	rs_tree_group_by(path->tree, columns);
	return path;
}

/* ---------------------------------------------------------------------
 * All ways
 * ---------------------------------------------------------------------
 */

static void
add_ways(const Grouping *grouping, const RsFragmentPath *path, double groups)
{
	List	   *common = common_exprs(grouping);
	RsSpread	by_groups = {RS_SPREAD_KEY, rs_fragment_dealing_keys(common)};
	RsSpread	by_arguments = {RS_SPREAD_KEY, distinct_arguments(grouping)};
	List	   *columns;
	RsFragmentPath *once = NULL;
	ListCell   *lc;

	if (rs_fragment_path_lone(path) || rs_spread_within(grouping->root, &path->spread, common))
	{
		add_whole_groups(grouping, path, groups);
		return;
	}
	if (counts_once(grouping, &columns))
		once = without_repetition(grouping, path, columns);
	if (by_groups.keys != NIL)
	{
		add_whole_groups(grouping, rs_fragment_path_exchange(path, &by_groups, NIL, "DS_DIST_INNER"), groups);
		if (once != NULL)
			add_whole_groups(grouping, rs_fragment_path_exchange(once, &by_groups, NIL, "DS_DIST_INNER"), groups);
	}

	/* By one column of several: what is above may want rows spread by it. */
	if (list_length(by_groups.keys) > 1 && list_length(by_groups.keys) <= MOST_SINGLE_KEYS)
		foreach(lc, by_groups.keys)
		{
			RsSpread	by_one = {RS_SPREAD_KEY, list_make1(lfirst(lc))};

			if (estimate_num_groups(grouping->root, by_one.keys, path->rows, NULL, NULL) >=
				LEAST_SINGLE_VALUES * rs_fragment_nodes())
				add_whole_groups(grouping, rs_fragment_path_exchange(path, &by_one, NIL, "DS_DIST_INNER"), groups);
		}
	add_two_steps(grouping, path, groups);
	add_two_steps_on_nodes(grouping, path, groups);
	if (by_arguments.keys != NIL)
	{
		add_two_steps_on_nodes(grouping, rs_fragment_path_exchange(path, &by_arguments, NIL, "DS_DIST_INNER"), groups);
		if (once != NULL)
			add_two_steps_on_nodes(grouping, rs_fragment_path_exchange(once, &by_arguments, NIL, "DS_DIST_INNER"), groups);
	}
}

static bool
aggregates_walker(Node *node, List **aggregates)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
	{
		*aggregates = list_append_unique(*aggregates, node);
		return false;
	}
	return expression_tree_walker(node, aggregates_walker, aggregates);
}

/*
 * Grouping sets that the nodes can compute: each once, and of columns.
 */
static bool
sets_will_do(const Grouping *grouping)
{
	ListCell   *ls;
	ListCell   *lo;
	ListCell   *lc;

	if (grouping->sets == NIL)
		return true;
	foreach(lc, grouping->exprs)
		if (!contain_var_clause(lfirst(lc)))
			return false;
	foreach(ls, grouping->sets)
		for_each_from(lo, grouping->sets, foreach_current_index(ls) + 1)
			if (list_difference_int(lfirst(ls), lfirst(lo)) == NIL && list_difference_int(lfirst(lo), lfirst(ls)) == NIL)
				return false;
	return grouping->exprs != NIL;
}

static void
add_all(Grouping *grouping, RelOptInfo *input)
{
	ListCell   *lc;

	grouping->exprs = get_sortgrouplist_exprs(grouping->clauses, grouping->refs);
	if (!rs_fragment_shippable_target(grouping->root, grouping->target->exprs) ||
		!rs_fragment_shippable_target(grouping->root, grouping->exprs) ||
		!rs_fragment_shippable(grouping->root, (Node *) grouping->having) || !sets_will_do(grouping))
		return;
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = lfirst(lc);

		add_ways(grouping, path, estimate_groups(grouping, path->rows));
	}
}

void
rs_fragment_group_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	Grouping	grouping = {root, output, output->reltarget, (List *) parse->havingQual, parse->groupClause,
	root->processed_tlist};

	grouping.sets = parse->groupingSets;
	aggregates_walker((Node *) grouping.target->exprs, &grouping.aggregates);
	aggregates_walker((Node *) grouping.having, &grouping.aggregates);
	add_all(&grouping, input);
}

void
rs_fragment_distinct_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Grouping	grouping = {root, output, root->upper_targets[UPPERREL_DISTINCT], NIL,
	root->parse->distinctClause, root->processed_tlist};

	grouping.distinct = true;
	add_all(&grouping, input);
}
