/*
 * append_paths.c
 *	  Inheritance, partitions, UNION ALL and the other set operations on the compute
 *	  nodes.
 *
 * A node appends what it has of each input.  If all inputs are everywhere, so is the
 * result; if all are spread by columns in the same places, it is, too; else its rows are
 * anywhere.  Of an input that is everywhere, where others are not, each row is dealt to
 * one node: else each would add its copy.
 *
 * UNION is an append of which each row comes once: in two steps or, if the rows are spread
 * by some of the columns, in one.  INTERSECT and EXCEPT compare whole rows, which an
 * exchange of both sides by all columns brings together.
 *
 * PostgreSQL calls the columns of a set operation Vars of relation 0, which setrefs.c
 * knows from Append only.  So a gather gives columns of the first leaf, and stands below
 * an Append of one input, which is taken out of the plan again.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mpp/cluster/distribution.h"
#include "mpp/plan/fragment_path.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#define ROW_COST	(cpu_operator_cost * 0.2)	/* of a row, to be compared by a node */

/* An input, with columns in the order of the result's. */
typedef struct Input
{
	List	   *paths;			/* fragment paths */
	List	   *columns;		/* expressions of those, in order */
} Input;

/* ---------------------------------------------------------------------
 * Appends
 * ---------------------------------------------------------------------
 */

/*
 * Which columns the keys of a spread are, from 1; NIL if one is none.
 */
static List *
places_of_keys(const RsSpread *spread, List *columns)
{
	List	   *places = NIL;
	ListCell   *lk;
	ListCell   *lc;

	if (spread->kind != RS_SPREAD_KEY)
		return NIL;
	foreach(lk, spread->keys)
	{
		int			place = 0;

		foreach(lc, columns)
			if (place == 0 && equal(lfirst(lc), lfirst(lk)))
				place = foreach_current_index(lc) + 1;
		if (place == 0)
			return NIL;
		places = lappend_int(places, place);
	}
	return places;
}

static List *
columns_at(List *columns, List *places)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, places)
		result = lappend(result, list_nth(columns, lfirst_int(lc) - 1));
	return result;
}

static bool
cheaper(const RsFragmentPath *path, const RsFragmentPath *than)
{
	return than == NULL || path->cost < than->cost;
}

/*
 * The cheapest way to have an input: everywhere, by these columns, or (NIL) each row on one
 * node; NULL if there is none.
 */
static RsFragmentPath *
input_path(const Input *input, bool everywhere, List *places)
{
	RsFragmentPath *result = NULL;
	RsFragmentPath *copies = NULL;
	RsSpread	spread = {RS_SPREAD_KEY, NIL};
	ListCell   *lc;

	foreach(lc, input->paths)
	{
		RsFragmentPath *path = lfirst(lc);

		if (path->spread.kind == RS_SPREAD_ALL)
			copies = cheaper(path, copies) ? path : copies;
		else if (cheaper(path, result) &&
				 (places == NIL || equal(places_of_keys(&path->spread, input->columns), places)))
			result = path;
	}
	if (everywhere)
		return copies;
	if (result != NULL || copies == NULL)
		return result;
	spread.keys = columns_at(input->columns, places);
	return places == NIL ? rs_fragment_path_deal(copies) :
		rs_fragment_path_exchange(copies, &spread, NIL, "DS_DIST_INNER");
}

/*
 * Is each of the inputs everywhere, and nothing else?
 */
static bool
all_everywhere(List *inputs)
{
	ListCell   *li;
	ListCell   *lp;

	foreach(li, inputs)
		foreach(lp, ((const Input *) lfirst(li))->paths)
			if (((const RsFragmentPath *) lfirst(lp))->spread.kind != RS_SPREAD_ALL)
				return false;
	return true;
}

/*
 * An expression with the type that its column has in the result; NULL if it has another.
 */
static Expr *
as_column(Expr *expr, Expr *column)
{
	CollateExpr *collate;

	if (exprType((Node *) expr) != exprType((Node *) column))
		return NULL;
	if (exprCollation((Node *) expr) == exprCollation((Node *) column) || !OidIsValid(exprCollation((Node *) column)))
		return expr;
	collate = makeNode(CollateExpr);
	collate->arg = expr;
	collate->collOid = exprCollation((Node *) column);
	collate->location = -1;
	return (Expr *) collate;
}

/*
 * An input's tree with the columns of the result; NULL if types differ.
 */
static RsTree *
input_tree(const Input *input, const RsFragmentPath *path, List *columns)
{
	RsTree	   *tree = palloc0(sizeof(RsTree));
	ListCell   *li;
	ListCell   *lc;

	tree->kind = RS_TREE_PROJECT;
	tree->outer = path->tree;
	forboth(li, input->columns, lc, columns)
	{
		Expr	   *expr = as_column(lfirst(li), lfirst(lc));

		if (expr == NULL)
			return NULL;
		tree->target = lappend(tree->target, expr);
	}
	return tree;
}

/*
 * One of two inputs, NULL if types differ.
 */
static RsTree *
combine(RsTree *left, RsTree *right, SetOperation operation, bool all, List *columns)
{
	RsTree	   *tree;

	if (left == NULL || right == NULL)
		return NULL;
	tree = palloc0(sizeof(RsTree));
	tree->kind = RS_TREE_SETOP;
	tree->setop = operation;
	tree->all = all;
	tree->outer = left;
	tree->inner = right;
	tree->target = columns;
	return tree;
}

/*
 * Do an input's columns in these places hash as those of the result?
 */
static bool
hash_alike(List *input, List *columns, List *places)
{
	ListCell   *lc;

	foreach(lc, places)
		if (exprCollation(list_nth(input, lfirst_int(lc) - 1)) != exprCollation(list_nth(columns, lfirst_int(lc) - 1)))
			return false;
	return true;
}

/*
 * All inputs, each in this way.
 */
static RsFragmentPath *
append(List *inputs, List *columns, bool everywhere, List *places)
{
	RsFragmentPath *result = NULL;
	ListCell   *lc;

	foreach(lc, inputs)
	{
		const Input *input = lfirst(lc);
		RsFragmentPath *path = input_path(input, everywhere, places);
		RsTree	   *tree = path == NULL ? NULL : input_tree(input, path, columns);

		if (tree == NULL || !hash_alike(input->columns, columns, places))
			return NULL;
		if (result == NULL)
		{
			result = palloc(sizeof(RsFragmentPath));
			*result = *path;
			result->tree = tree;
			continue;
		}
		result->tree = combine(result->tree, tree, SETOP_UNION, true, columns);
		result->rows += path->rows;
		result->cost += path->cost;
		result->width = Max(result->width, path->width);
		if (!equal(result->only, path->only))
			result->only = NIL;
	}

	/* A lone input has the columns of the result, too. */
	if (result != NULL && result->tree->kind == RS_TREE_PROJECT)
		result->tree->known = columns;
	if (result != NULL)
	{
		result->spread.kind = everywhere ? RS_SPREAD_ALL : places != NIL ? RS_SPREAD_KEY : RS_SPREAD_ANY;
		result->spread.keys = columns_at(columns, places);
	}
	return result;
}

/*
 * The ways to append inputs: List of RsFragmentPath *.
 */
static List *
append_ways(List *inputs, List *columns)
{
	List	   *ways = NIL;
	List	   *tried = NIL;
	RsFragmentPath *path;
	ListCell   *li;
	ListCell   *lp;

	if (inputs != NIL && (path = append(inputs, columns, true, NIL)) != NULL)
		ways = lappend(ways, path);
	if (all_everywhere(inputs))
		return ways;
	if ((path = append(inputs, columns, false, NIL)) != NULL)
		ways = lappend(ways, path);
	foreach(li, inputs)
		foreach(lp, ((const Input *) lfirst(li))->paths)
		{
			List	   *places = places_of_keys(&((RsFragmentPath *) lfirst(lp))->spread, ((const Input *) lfirst(li))->columns);

			if (places == NIL || list_member(tried, places))
				continue;
			tried = lappend(tried, places);
			if ((path = append(inputs, columns, false, places)) != NULL)
				ways = lappend(ways, path);
		}
	return ways;
}

/* ---------------------------------------------------------------------
 * Inheritance, partitions, and UNION ALL that was pulled up
 * ---------------------------------------------------------------------
 */

static bool
whole_rows(List *exprs)
{
	ListCell   *lc;

	foreach(lc, exprs)
		if (IsA(lfirst(lc), Var) && lfirst_node(Var, lc)->varattno == 0)
			return true;
	return false;
}

void
rs_fragment_append_paths(PlannerInfo *root, RelOptInfo *rel, Index rti)
{
	List	   *inputs = NIL;
	ListCell   *lc;

	if (bms_is_member(rti, root->all_result_relids) || !bms_is_empty(rel->lateral_relids) || rel->subroot != NULL ||
		whole_rows(rel->reltarget->exprs))
		return;
	foreach(lc, root->append_rel_list)
	{
		AppendRelInfo *info = lfirst_node(AppendRelInfo, lc);
		RelOptInfo *child = info->parent_relid == rti ? root->simple_rel_array[info->child_relid] : NULL;
		Input	   *input;

		if (child == NULL || IS_DUMMY_REL(child))
			continue;
		if (rs_fragment_paths(child) == NIL ||
			list_length(child->reltarget->exprs) != list_length(rel->reltarget->exprs) ||
			!rs_fragment_shippable_target(root, child->reltarget->exprs))
			return;
		input = palloc(sizeof(Input));
		input->paths = rs_fragment_paths(child);
		input->columns = child->reltarget->exprs;
		inputs = lappend(inputs, input);
	}
	foreach(lc, append_ways(inputs, rel->reltarget->exprs))
	{
		RsFragmentPath *path = lfirst(lc);

		path->width = rel->reltarget->width;
		rs_fragment_path_add(root, rel, path);
	}
	foreach(lc, rs_fragment_paths(rel))
		add_path(rel, rs_gather_path(root, rel, rel->reltarget, lfirst(lc), NIL, NIL));
}

/* ---------------------------------------------------------------------
 * Set operations
 * ---------------------------------------------------------------------
 */

static Relids
leaves(Node *node)
{
	SetOperationStmt *operation = (SetOperationStmt *) node;

	if (IsA(node, RangeTblRef))
		return bms_make_singleton(((RangeTblRef *) node)->rtindex);
	return bms_union(leaves(operation->larg), leaves(operation->rarg));
}

static int
first_leaf(Node *node)
{
	while (!IsA(node, RangeTblRef))
		node = ((SetOperationStmt *) node)->larg;
	return ((RangeTblRef *) node)->rtindex;
}

static SetOperationStmt *
operation_of(Node *node, Relids relids)
{
	SetOperationStmt *operation = (SetOperationStmt *) node;
	SetOperationStmt *result;

	if (IsA(node, RangeTblRef))
		return NULL;
	if (bms_equal(leaves(node), relids))
		return operation;
	result = operation_of(operation->larg, relids);
	return result != NULL ? result : operation_of(operation->rarg, relids);
}

/*
 * The relation of a part of the operations; NULL if it has none of its own, as a UNION
 * that is one with that around it.
 */
static RelOptInfo *
relation_of(PlannerInfo *root, Node *node)
{
	Relids		relids;
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return root->simple_rel_array[((RangeTblRef *) node)->rtindex];
	relids = leaves(node);
	foreach(lc, root->upper_rels[UPPERREL_SETOP])
		if (bms_equal(((RelOptInfo *) lfirst(lc))->relids, relids))
			return lfirst(lc);
	return NULL;
}

static int
number_of_columns(PlannerInfo *root)
{
	return list_length(castNode(SetOperationStmt, root->parse->setOperations)->colTypes);
}

/* A relation's columns, without the flag by which EXCEPT tells its sides apart. */
List *
rs_fragment_setop_columns(PlannerInfo *root, RelOptInfo *rel)
{
	return list_truncate(list_copy(rel->reltarget->exprs), number_of_columns(root));
}

/*
 * The inputs of an operation, those of a UNION in one list; false if nodes cannot compute
 * one of them.
 */
static bool
find_inputs(PlannerInfo *root, Node *node, List **inputs)
{
	RelOptInfo *rel = relation_of(root, node);
	Input	   *input;

	if (rel == NULL)
		return find_inputs(root, ((SetOperationStmt *) node)->larg, inputs) &&
			find_inputs(root, ((SetOperationStmt *) node)->rarg, inputs);
	if (IS_DUMMY_REL(rel) || rs_fragment_paths(rel) == NIL)
		return false;
	input = palloc(sizeof(Input));
	input->paths = rs_fragment_paths(rel);
	input->columns = rs_fragment_setop_columns(root, rel);
	*inputs = lappend(*inputs, input);
	return true;
}

/*
 * A path of the relation that brings the rows of a fragment path to the leader.
 */
Path *
rs_fragment_setop_gather(PlannerInfo *root, RelOptInfo *rel, const RsFragmentPath *path, List *pathkeys)
{
	int			leaf = first_leaf((Node *) operation_of(root->parse->setOperations, rel->relids));
	PathTarget *target = create_empty_pathtarget();
	int			ncolumns = number_of_columns(root);
	List	   *columns = NIL;
	ListCell   *lc;
	Path	   *gather;

	foreach(lc, rel->reltarget->exprs)
	{
		int			n = foreach_current_index(lc) + 1;
		Node	   *expr = lfirst(lc);

		/* Nobody looks at the flag of what an operation gives. */
		if (n > ncolumns)
			add_column_to_pathtarget(target, (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(0),
																false, true), get_pathtarget_sortgroupref(rel->reltarget, n - 1));
		else
		{
			columns = lappend(columns, makeVar(leaf, n, exprType(expr), exprTypmod(expr), exprCollation(expr), 0));
			add_column_to_pathtarget(target, llast(columns), get_pathtarget_sortgroupref(rel->reltarget, n - 1));
		}
	}
	target->width = rel->reltarget->width;
	gather = pathkeys == NIL ? rs_gather_path(root, rel, target, path, columns, NIL) :
		rs_merging_gather_path(root, rel, target, path, columns, pathkeys);
	if (gather == NULL)
		return NULL;

	/* Above the Append the order is one of its own columns; below it nobody would find them. */
	gather->pathkeys = NIL;
	gather = (Path *) create_append_path(root, rel, list_make1(gather), NIL, NIL, NULL, 0, false, -1);
	if (pathkeys == NIL)
		return gather;
	gather = (Path *) create_projection_path(root, rel, gather, gather->pathtarget);
	gather->pathkeys = pathkeys;
	return gather;
}

/*
 * A path for the relation, with the columns that the operation around it asks for, as
 * PostgreSQL's own have them already.
 */
static void
add_projected(PlannerInfo *root, RelOptInfo *rel, Path *path)
{
	PathTarget *wanted = ((Path *) linitial(rel->pathlist))->pathtarget;

	if (!equal(wanted->exprs, path->pathtarget->exprs))
		path = (Path *) create_projection_path(root, rel, path, wanted);
	add_path(rel, path);
}

static void
add_way(PlannerInfo *root, RelOptInfo *rel, RsFragmentPath *path)
{
	rs_fragment_path_add(root, rel, path);
	add_projected(root, rel, rs_fragment_setop_gather(root, rel, path, NIL));
}

/*
 * A leaf: a query of its own.
 */
static void
leaf_paths(PlannerInfo *root, RelOptInfo *rel)
{
	List	   *target = rs_fragment_setop_columns(root, rel);
	ListCell   *lc;

	if (rs_fragment_shippable_target(root, target))
		foreach(lc, rs_fragment_subquery(root, rel, root->simple_rte_array[rel->relid], target, NIL))
			rs_fragment_path_add(root, rel, lfirst(lc));
}

/*
 * The rows of a node, each once.
 */
static RsFragmentPath *
once_on_nodes(const RsFragmentPath *input, List *columns)
{
	RsFragmentPath *path = palloc(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));

	*path = *input;
	tree->kind = RS_TREE_AGGREGATE;
	tree->outer = input->tree;
	tree->target = columns;
	rs_tree_group_by(tree, columns);
	path->tree = tree;
	path->cost += ROW_COST * (input->spread.kind == RS_SPREAD_ALL ? input->rows : input->rows / rs_fragment_nodes());
	return path;
}

/*
 * The leader's step: what nodes give once each may come from several.
 */
static void
add_once_of_all(PlannerInfo *root, RelOptInfo *rel, const RsFragmentPath *path)
{
	RsTree		tree = {RS_TREE_AGGREGATE};
	Path	   *gather = rs_fragment_setop_gather(root, rel, path, NIL);

	/* The columns' numbers are their ressortgrouprefs. */
	rs_tree_group_by(&tree, rel->reltarget->exprs);
	if (grouping_is_hashable(tree.sort_groups))
		add_projected(root, rel, (Path *) create_agg_path(root, rel, gather, rel->reltarget, AGG_HASHED,
														  AGGSPLIT_SIMPLE, tree.sort_groups, NIL, NULL, path->rows));
}

static void
union_paths(PlannerInfo *root, RelOptInfo *rel, SetOperationStmt *operation)
{
	List	   *columns = rs_fragment_setop_columns(root, rel);
	List	   *inputs = NIL;
	RsSpread	by_columns = {RS_SPREAD_KEY, NIL};
	ListCell   *lc;

	if (!find_inputs(root, operation->larg, &inputs) || !find_inputs(root, operation->rarg, &inputs))
		return;
	by_columns.keys = rs_fragment_dealing_keys(columns);
	foreach(lc, append_ways(inputs, columns))
	{
		RsFragmentPath *path = lfirst(lc);

		if (operation->all)
			add_way(root, rel, path);
		else if (rs_fragment_path_lone(path) || rs_spread_within(root, &path->spread, columns))
			add_way(root, rel, once_on_nodes(path, columns));
		else
		{
			path = once_on_nodes(path, columns);
			add_once_of_all(root, rel, path);
			if (by_columns.keys != NIL)
				add_way(root, rel, once_on_nodes(rs_fragment_path_exchange(path, &by_columns, NIL, "DS_DIST_INNER"),
												 columns));
		}
	}
}

/*
 * Rows of an input where those that are the same are on one node: by these columns.
 */
static RsFragmentPath *
dealt_by(const Input *input, const RsFragmentPath *path, List *places, const char *label)
{
	RsSpread	spread = {RS_SPREAD_KEY, columns_at(input->columns, places)};

	if (equal(places_of_keys(&path->spread, input->columns), places))
		return (RsFragmentPath *) path;
	return rs_fragment_path_exchange(path, &spread, NIL, label);
}

static void
add_comparison(PlannerInfo *root, RelOptInfo *rel, SetOperationStmt *operation, const Input *left_input,
			   const Input *right_input, const RsFragmentPath *left, const RsFragmentPath *right,
			   const RsSpread *spread)
{
	List	   *columns = rs_fragment_setop_columns(root, rel);
	RsFragmentPath *path = palloc0(sizeof(RsFragmentPath));
	int			nodes = spread->kind == RS_SPREAD_ALL ? 1 : rs_fragment_nodes();

	path->tree = combine(input_tree(left_input, left, columns), input_tree(right_input, right, columns),
						 operation->op, operation->all, columns);
	if (path->tree == NULL)
		return;
	path->spread = *spread;
	path->rows = operation->op == SETOP_INTERSECT ? Min(left->rows, right->rows) : left->rows;
	path->width = left->width;
	path->cost = left->cost + right->cost + ROW_COST * (left->rows + right->rows) / nodes;
	add_way(root, rel, path);
}

/*
 * The columns by which rows are dealt: all that can be, or those of one side that is
 * dealt by columns already.
 */
static List *
ways_to_deal(const Input *input, List *places)
{
	List	   *ways = list_make1(places);
	ListCell   *lc;

	foreach(lc, input->paths)
	{
		List	   *own = places_of_keys(&((RsFragmentPath *) lfirst(lc))->spread, input->columns);

		if (own != NIL && list_difference_int(own, places) == NIL)
			ways = list_append_unique(ways, own);
	}
	return ways;
}

static void
comparison_paths(PlannerInfo *root, RelOptInfo *rel, SetOperationStmt *operation)
{
	List	   *columns = rs_fragment_setop_columns(root, rel);
	List	   *inputs = NIL;
	List	   *places = NIL;
	RsSpread	everywhere = {RS_SPREAD_ALL, NIL};
	const Input *left;
	const Input *right;
	RsFragmentPath *left_path;
	RsFragmentPath *right_path;
	ListCell   *lc;

	if (!find_inputs(root, operation->larg, &inputs) || !find_inputs(root, operation->rarg, &inputs) ||
		list_length(inputs) != 2)
		return;
	left = linitial(inputs);
	right = lsecond(inputs);
	left_path = input_path(left, true, NIL);
	right_path = input_path(right, true, NIL);
	if (left_path != NULL && right_path != NULL)
		add_comparison(root, rel, operation, left, right, left_path, right_path, &everywhere);
	if (all_everywhere(inputs))
		return;
	left_path = input_path(left, false, NIL);
	right_path = input_path(right, false, NIL);
	foreach(lc, columns)
		if (rs_distribution_possible(exprType(lfirst(lc))) &&
			hash_alike(left->columns, columns, list_make1_int(foreach_current_index(lc) + 1)) &&
			hash_alike(right->columns, columns, list_make1_int(foreach_current_index(lc) + 1)))
			places = lappend_int(places, foreach_current_index(lc) + 1);
	if (left_path == NULL || right_path == NULL || places == NIL)
		return;
	foreach(lc, list_concat_unique(ways_to_deal(left, places), ways_to_deal(right, places)))
	{
		List	   *by = lfirst(lc);
		RsSpread	spread = {RS_SPREAD_KEY, columns_at(columns, by)};
		RsFragmentPath *left_there = input_path(left, false, by);
		RsFragmentPath *right_there = input_path(right, false, by);

		add_comparison(root, rel, operation, left, right,
					   dealt_by(left, left_there != NULL ? left_there : left_path, by, "DS_DIST_OUTER"),
					   dealt_by(right, right_there != NULL ? right_there : right_path, by, "DS_DIST_INNER"), &spread);
	}
}

void
rs_fragment_setop_paths(PlannerInfo *root, RelOptInfo *rel)
{
	SetOperationStmt *operation;

	if (root->hasRecursion || rel->fdwroutine != NULL || IS_DUMMY_REL(rel))
		return;
	if (rel->reloptkind == RELOPT_BASEREL)
	{
		leaf_paths(root, rel);
		return;
	}
	operation = operation_of(root->parse->setOperations, rel->relids);
	if (operation == NULL || rel->reltarget->exprs == NIL || number_of_columns(root) == 0)
		return;
	if (operation->op == SETOP_UNION)
		union_paths(root, rel, operation);
	else
		comparison_paths(root, rel, operation);
}
