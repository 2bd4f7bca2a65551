/*
 * order_paths.c
 *	  ORDER BY, DISTINCT ON and LIMIT on the compute nodes.
 *
 * Nodes sort what they have, and the leader merges their streams: RsGather gives rows in
 * an order that the planner knows of, for ORDER BY itself and for what takes sorted
 * input above all joins, such as window functions.
 *
 * Of LIMIT and OFFSET a node sends as many rows as both let by together, since they may
 * all be its own; with ties, also those that are equal to the last of them by the order:
 * a row equal to the last one of all is, on its node, among these.
 *
 * The nodes take the query's own expressions for the number of rows, so that a plan can
 * be used again when parameters have changed.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "mpp/plan/fragment_path.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#define ROW_COST	(cpu_operator_cost * 0.5)	/* of a comparison by a node */

/* More than there are, and still not too much for a sum of two. */
#define MANY_ROWS	INT64CONST(4000000000000000000)

typedef struct Top
{
	List	   *clauses;		/* SortGroupClauses; NIL: in any order */
	List	   *refs;
	List	   *distinct_on;
	Node	   *limit;			/* NULL: all rows */
	double		rows;			/* that it lets by, as estimated */
	bool		ties;
} Top;

/*
 * Nothing but these columns.
 */
static RsTree *
columns_of(RsTree *input, List *target)
{
	RsTree	   *tree = palloc0(sizeof(RsTree));

	tree->kind = RS_TREE_PROJECT;
	tree->outer = input;
	tree->target = target;
	return tree;
}

/*
 * The rows that each node is to give: of these columns.  Below the order they have the
 * numbers that they have above it, as names in ORDER BY may be of either.
 */
static RsFragmentPath *
top_of_nodes(const RsFragmentPath *input, const Top *top, List *target, double rows)
{
	RsFragmentPath *path = palloc(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	int			nodes = input->spread.kind == RS_SPREAD_ALL ? 1 : rs_fragment_nodes();
	double		of_node = input->rows / nodes;
	double		kept = of_node;

	*path = *input;
	tree->kind = RS_TREE_TOP;
	tree->outer = equal(rs_tree_columns(input->tree), target) ? input->tree : columns_of(input->tree, target);
	tree->target = target;
	tree->sort_groups = top->clauses;
	tree->sort_refs = top->refs;
	tree->distinct_on = top->distinct_on;
	tree->limit = top->limit;
	tree->ties = top->ties;
	path->tree = tree;
	path->rows = rows;
	if (top->limit != NULL)
	{
		kept = Min(of_node, top->rows);
		path->rows = Min(rows, kept * nodes);
	}
	if (top->clauses != NIL)
		path->cost += ROW_COST * of_node * log(Max(kept, 2)) / log(2);
	return path;
}

/* ---------------------------------------------------------------------
 * Limits
 * ---------------------------------------------------------------------
 */

static Node *
number_of_rows(int64 n)
{
	return (Node *) makeConst(INT8OID, -1, InvalidOid, sizeof(int64), Int64GetDatum(n), false, FLOAT8PASSBYVAL);
}

/*
 * A number of rows that cannot overflow: NULL is one that stops nothing.
 */
static Node *
bounded(Node *expr)
{
	MinMaxExpr *least;

	if (expr == NULL)
		return number_of_rows(0);
	if (IsA(expr, Const))
		return number_of_rows(((Const *) expr)->constisnull ? MANY_ROWS :
							  Min(DatumGetInt64(((Const *) expr)->constvalue), MANY_ROWS));
	least = makeNode(MinMaxExpr);
	least->minmaxtype = INT8OID;
	least->op = IS_LEAST;
	least->args = list_make2(expr, number_of_rows(MANY_ROWS));
	least->location = -1;
	return (Node *) least;
}

/*
 * How many rows LIMIT and OFFSET let by together, as an int8 expression; NULL if they
 * stop nothing, or nodes cannot tell.
 */
static Node *
limit_of_nodes(PlannerInfo *root)
{
	Query	   *parse = root->parse;
	Node	   *limit = parse->limitCount;
	Node	   *offset = parse->limitOffset;

	if (limit == NULL || (IsA(limit, Const) && ((Const *) limit)->constisnull) ||
		!rs_fragment_shippable(root, limit) || !rs_fragment_shippable(root, offset))
		return NULL;

	/* NULL skips no rows: that more come then does no harm. */
	limit = bounded(limit);
	offset = bounded(offset);
	if (!IsA(limit, Const) || !IsA(offset, Const))
		return (Node *) makeFuncExpr(F_INT8PL, INT8OID, list_make2(limit, offset), InvalidOid, InvalidOid,
									 COERCE_EXPLICIT_CALL);

	/* The leader refuses negative ones. */
	return number_of_rows(Max(DatumGetInt64(((Const *) limit)->constvalue), 0) +
						  Max(DatumGetInt64(((Const *) offset)->constvalue), 0));
}

static double
rows_of_limit(Node *limit, double rows)
{
	if (limit != NULL && IsA(limit, Const))
		return (double) DatumGetInt64(((Const *) limit)->constvalue);
	return rows * 0.1;
}

/* ---------------------------------------------------------------------
 * ORDER BY
 * ---------------------------------------------------------------------
 */

/*
 * What the leader gets: the query's own columns, or, if nodes cannot compute them, those
 * that they are computed from; NULL if not even these.
 */
static PathTarget *
gathered_target(PlannerInfo *root, RelOptInfo *input)
{
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];

	if (root->parse->setOperations != NULL)
	{
		target = create_empty_pathtarget();
		target->exprs = rs_fragment_setop_columns(root, input);
	}
	if (rs_fragment_shippable_target(root, target->exprs))
		return target;
	target = input->cheapest_total_path->pathtarget;
	return rs_fragment_shippable_target(root, target->exprs) ? target : NULL;
}

/*
 * What nodes give of that at the leader, sorted or (NIL) as it comes, with the query's own
 * columns; NULL if the columns do not tell of the order.
 */
static Path *
gathered_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output, const RsFragmentPath *path,
			  PathTarget *gathered, List *pathkeys)
{
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	Path	   *result;

	/* The columns of set operations are what an Append makes of them. */
	if (root->parse->setOperations != NULL)
		return rs_fragment_setop_gather(root, input, path, pathkeys);
	result = pathkeys == NIL ? rs_gather_path(root, output, gathered, path, NIL, NIL) :
		rs_merging_gather_path(root, output, gathered, path, NIL, pathkeys);
	if (result != NULL && gathered != target)
		result = apply_projection_to_path(root, output, result, target);
	return result;
}

void
rs_fragment_ordered_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	PathTarget *gathered;
	Top			top = {parse->sortClause, root->processed_tlist};
	ListCell   *lc;

	if (parse->hasTargetSRFs)
		return;
	gathered = gathered_target(root, input);
	if (gathered == NULL)
		return;
	top.limit = limit_of_nodes(root);
	top.ties = parse->limitOption == LIMIT_OPTION_WITH_TIES;
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = lfirst(lc);
		Path	   *sorted;

		top.rows = rows_of_limit(top.limit, path->rows);
		path = top_of_nodes(path, &top, gathered->exprs, path->rows);
		sorted = gathered_path(root, input, output, path, gathered, root->sort_pathkeys);
		if (sorted != NULL)
			add_path(output, sorted);
	}
}

/* ---------------------------------------------------------------------
 * DISTINCT ON
 * ---------------------------------------------------------------------
 */

void
rs_fragment_distinct_on_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	PathTarget *target = root->upper_targets[UPPERREL_DISTINCT];
	List	   *exprs = get_sortgrouplist_exprs(parse->distinctClause, root->processed_tlist);
	Top			top = {parse->distinctClause, root->processed_tlist, parse->distinctClause};
	List	   *pathkeys;
	ListCell   *lc;

	if (!rs_fragment_shippable_target(root, target->exprs) || !rs_fragment_shippable_target(root, exprs) ||
		!grouping_is_sortable(parse->distinctClause))
		return;

	/* One begins with the other. */
	if (list_length(parse->sortClause) > list_length(parse->distinctClause))
		top.clauses = parse->sortClause;
	pathkeys = make_pathkeys_for_sortclauses(root, top.clauses, root->processed_tlist);
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = lfirst(lc);
		bool		whole = rs_fragment_path_lone(path) || rs_spread_within(root, &path->spread, exprs);
		double		groups = estimate_num_groups(root, exprs, path->rows, NULL, NULL);
		Path	   *gather;

		path = top_of_nodes(path, &top, target->exprs,
							whole ? groups : Min(path->rows, groups * rs_fragment_nodes()));
		gather = rs_merging_gather_path(root, output, target, path, NIL, pathkeys);
		if (gather != NULL && !whole)
			gather = (Path *) create_upper_unique_path(root, output, gather, list_length(root->distinct_pathkeys),
													   groups);
		if (gather != NULL)
			add_path(output, gather);
		if (whole)
			rs_fragment_path_add(root, output, path);
	}
}

/* ---------------------------------------------------------------------
 * LIMIT without an order
 * ---------------------------------------------------------------------
 */

void
rs_fragment_limit_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output, FinalPathExtraData *extra)
{
	Query	   *parse = root->parse;
	Top			top = {NIL, NIL, NIL, limit_of_nodes(root)};
	PathTarget *gathered;
	ListCell   *lc;

	if (top.limit == NULL || parse->commandType != CMD_SELECT || parse->rowMarks != NIL ||
		parse->sortClause != NIL || parse->hasTargetSRFs)
		return;
	gathered = gathered_target(root, input);
	if (gathered == NULL)
		return;
	foreach(lc, rs_fragment_paths(input))
	{
		RsFragmentPath *path = lfirst(lc);
		Path	   *gather;

		top.rows = rows_of_limit(top.limit, path->rows);
		path = top_of_nodes(path, &top, gathered->exprs, path->rows);
		gather = gathered_path(root, input, output, path, gathered, NIL);
		add_path(output, (Path *) create_limit_path(root, output, gather, parse->limitOffset, parse->limitCount,
													parse->limitOption, extra->offset_est, extra->count_est));
	}
}

/* ---------------------------------------------------------------------
 * Sorted input
 * ---------------------------------------------------------------------
 */

/*
 * Can an expression be computed from the relation's columns?
 */
static bool
computable(RelOptInfo *rel, Expr *expr)
{
	/* Keys of an order above an aggregation are members, too; what they have is not the relation's. */
	List	   *vars = pull_var_clause((Node *) expr, PVC_INCLUDE_AGGREGATES | PVC_INCLUDE_WINDOWFUNCS |
									   PVC_INCLUDE_PLACEHOLDERS);

	return list_difference(vars, rel->reltarget->exprs) == NIL;
}

/*
 * The expression of the relation by which a sort key sorts; NULL if there is none.
 */
static EquivalenceMember *
sorting_member(PlannerInfo *root, RelOptInfo *rel, const PathKey *key)
{
	ListCell   *lc;

	if (key->pk_eclass->ec_has_volatile)
		return NULL;
	foreach(lc, key->pk_eclass->ec_members)
	{
		EquivalenceMember *member = lfirst(lc);

		if (!member->em_is_child && !bms_is_empty(member->em_relids) && bms_is_subset(member->em_relids, rel->relids) &&
			computable(rel, member->em_expr) && rs_fragment_shippable_target(root, list_make1(member->em_expr)))
			return member;
	}
	return NULL;
}

static bool
order_by_pathkeys(PlannerInfo *root, RelOptInfo *rel, List *pathkeys, Top *top)
{
	ListCell   *lc;

	foreach(lc, pathkeys)
	{
		PathKey    *key = lfirst_node(PathKey, lc);
		EquivalenceMember *member = sorting_member(root, rel, key);
		SortGroupClause *clause = makeNode(SortGroupClause);
		TargetEntry *entry;

		if (member == NULL)
			return false;
		clause->tleSortGroupRef = list_length(top->refs) + 1;
		clause->sortop = get_opfamily_member(key->pk_opfamily, member->em_datatype, member->em_datatype,
											 key->pk_strategy);
		if (!OidIsValid(clause->sortop))
			return false;
		clause->eqop = get_equality_op_for_ordering_op(clause->sortop, NULL);
		clause->nulls_first = key->pk_nulls_first;
		entry = makeTargetEntry(member->em_expr, clause->tleSortGroupRef, NULL, false);
		entry->ressortgroupref = clause->tleSortGroupRef;
		top->clauses = lappend(top->clauses, clause);
		top->refs = lappend(top->refs, entry);
	}
	return true;
}

/*
 * The rows of a relation of all tables of the query in the order that what is above it
 * wants most, if there is one.
 */
void
rs_fragment_sorted_gather(PlannerInfo *root, RelOptInfo *rel)
{
	Top			top = {NIL};
	ListCell   *lc;
	List	   *target;

	if (root->query_pathkeys == NIL || !bms_equal(rel->relids, root->all_baserels) ||
		!order_by_pathkeys(root, rel, root->query_pathkeys, &top) ||
		!rs_fragment_shippable_target(root, rel->reltarget->exprs))
		return;
	target = list_copy(rel->reltarget->exprs);
	foreach(lc, top.refs)
		target = list_append_unique(target, lfirst_node(TargetEntry, lc)->expr);
	foreach(lc, rs_fragment_paths(rel))
	{
		RsFragmentPath *path = lfirst(lc);
		Path	   *gather;

		path = top_of_nodes(path, &top, target, path->rows);
		gather = rs_merging_gather_path(root, rel, rel->reltarget, path, NIL, root->query_pathkeys);
		if (gather != NULL)
			add_path(rel, gather);
	}
}
