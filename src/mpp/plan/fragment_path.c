/*
 * fragment_path.c
 *	  Ways to compute a relation on the compute nodes: tables, subqueries, and what is
 *	  common to all.
 *
 * At the leader a distributed table has no rows, so none of the paths that PostgreSQL
 * makes for it may stay: each is replaced by a gather of what the nodes have.  That
 * alone makes every query run, if slowly; all else in these files is to do more on the
 * nodes and to move fewer rows.
 */
#include "postgres.h"

#include <math.h>

#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "mpp/cluster/key_values.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/exchange/function_scan.h"
#include "mpp/execute/sequence_numbers.h"
#include "mpp/plan/fragment_path.h"
#include "mpp/plan/fragment_user.h"
#include "mpp/wire/wire_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "parser/parse_func.h"
#include "redshift_ext.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* A table that was never analyzed counts as one of so many rows. */
#define UNKNOWN_ROWS		1000000.0

/* What it costs to see whether a row that is on every node is this one's. */
#define DEAL_COST	cpu_operator_cost

static set_rel_pathlist_hook_type next_set_rel_pathlist = NULL;
static set_join_pathlist_hook_type next_set_join_pathlist = NULL;
static create_upper_paths_hook_type next_create_upper_paths = NULL;
static get_relation_info_hook_type next_get_relation_info = NULL;

int
rs_fragment_nodes(void)
{
	return list_length(rs_cluster()->nodes);
}

List *
rs_fragment_paths(const RelOptInfo *rel)
{
	return rel->fdwroutine == NULL ? (List *) rel->fdw_private : NIL;
}

void
rs_tree_set_root(RsTree *tree, PlannerInfo *root)
{
	if (tree == NULL || tree->root != NULL)
		return;
	tree->root = root;
	rs_tree_set_root(tree->outer, root);
	rs_tree_set_root(tree->inner, root);
}

void
rs_fragment_path_add(PlannerInfo *root, RelOptInfo *rel, RsFragmentPath *path)
{
	List	   *paths = rs_fragment_paths(rel);
	Oid			userid;
	ListCell   *lc;

	if (!rs_tree_user(path->tree, &userid))
		return;
	rs_tree_set_root(path->tree, root);
	path->tree->rows = path->rows;
	path->tree->width = path->width;
	path->tree->cost = path->cost;
	foreach(lc, paths)
	{
		RsFragmentPath *other = lfirst(lc);

		if (!rs_spread_equal(root, &other->spread, &path->spread))
			continue;
		if (path->cost < other->cost)
			lfirst(lc) = path;
		return;
	}
	rel->fdw_private = lappend(paths, path);
}

/*
 * A tree with these expressions among its columns.
 */
static RsTree *
with_columns(RsTree *tree, List *expressions)
{
	RsTree	   *result;
	List	   *columns = rs_tree_columns(tree);
	List	   *target = list_concat_unique(list_copy(columns), expressions);

	if (list_length(target) == list_length(columns))
		return tree;
	result = palloc0(sizeof(RsTree));
	result->kind = RS_TREE_PROJECT;
	result->outer = tree;
	result->target = target;
	return result;
}

/* ---------------------------------------------------------------------
 * Rows that are on every node
 * ---------------------------------------------------------------------
 */

/*
 * Does every node compute the same values?  What depends on the order of rows, as sums of
 * floats do, may differ in a last digit.
 */
static bool
same_everywhere(const RsTree *tree)
{
	if (tree == NULL || tree->kind == RS_TREE_SCAN || tree->kind == RS_TREE_EXCHANGE)
		return true;
	if (tree->kind == RS_TREE_WINDOW || tree->kind == RS_TREE_TOP || contain_agg_clause((Node *) tree->target))
		return false;
	return same_everywhere(tree->outer) && same_everywhere(tree->inner);
}

/*
 * Of rows that are on every node, each on the one that has the slice of the keys' values;
 * NIL: all on one node.
 */
static RsFragmentPath *
dealt_by(const RsFragmentPath *path, List *keys)
{
	RsFragmentPath *result = palloc(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	Oid			type = ANYOID;
	Oid			function = LookupFuncName(list_make2(makeString(RS_SCHEMA), makeString("has_slice_of")), 1, &type, false);
	Const	   *any = makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(0), false, true);

	tree->kind = RS_TREE_PROJECT;
	tree->outer = path->tree;
	tree->target = rs_tree_columns(path->tree);
	tree->quals = list_make1(makeFuncExpr(function, BOOLOID, keys != NIL ? copyObject(keys) : list_make1(any),
										  InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
	*result = *path;
	result->tree = tree;
	result->cost += DEAL_COST * path->rows;
	result->spread.kind = keys != NIL ? RS_SPREAD_KEY : RS_SPREAD_ANY;
	result->spread.keys = keys;
	return result;
}

RsFragmentPath *
rs_fragment_path_deal(const RsFragmentPath *path)
{
	List	   *keys = same_everywhere(path->tree) ? rs_fragment_dealing_keys(rs_tree_columns(path->tree)) : NIL;

	return dealt_by(path, keys);
}

RsFragmentPath *
rs_fragment_path_exchange(const RsFragmentPath *path, const RsSpread *to, List *only, const char *label)
{
	RsFragmentPath *result = palloc0(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	RsTree	   *input;
	double		bytes = path->rows * (path->width + 8);

	if (path->spread.kind == RS_SPREAD_ALL && same_everywhere(path->tree))
		return dealt_by(path, to->keys);
	if (path->spread.kind == RS_SPREAD_ALL)
		path = dealt_by(path, NIL);
	input = with_columns(path->tree, to->keys);
	tree->kind = RS_TREE_EXCHANGE;
	tree->target = rs_tree_columns(input);
	tree->outer = input;
	tree->to = *to;
	tree->from_only = path->only;
	tree->to_only = only;
	tree->rows = path->rows;
	tree->label = label;
	result->spread = *to;
	result->only = only;
	result->rows = path->rows;
	result->width = path->width;

	/* Broadcast, each node reads all rows; redistributed, its share. */
	result->cost = path->cost + RS_COST_STAGE + RS_COST_BYTE *
		(to->kind == RS_SPREAD_ALL ? bytes : bytes / rs_fragment_nodes());
	tree->width = result->width;
	tree->cost = result->cost;
	result->tree = tree;
	return result;
}

bool
rs_fragment_path_lone(const RsFragmentPath *path)
{
	return path->spread.kind == RS_SPREAD_ALL || rs_key_values_lone(path->only);
}

/* ---------------------------------------------------------------------
 * What nodes can evaluate
 * ---------------------------------------------------------------------
 */

static bool
temporary_object(Oid oid, int cache, int namespace_attno)
{
	HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));
	bool		isnull;
	bool		temporary = true;

	if (HeapTupleIsValid(tuple))
	{
		temporary = isAnyTempNamespace(DatumGetObjectId(SysCacheGetAttr(cache, tuple, namespace_attno, &isnull)));
		ReleaseSysCache(tuple);
	}
	return temporary;
}

static bool
temporary_function(Oid oid, void *context)
{
	return oid >= FirstNormalObjectId && temporary_object(oid, PROCOID, Anum_pg_proc_pronamespace);
}

/*
 * Does a cast make a number of an object's name, or the other way round?  Objects have
 * other numbers on each server.
 */
static bool
numbers_object(Node *cast)
{
	Node	   *arg = IsA(cast, RelabelType) ? (Node *) ((RelabelType *) cast)->arg : linitial(((FuncExpr *) cast)->args);

	return rs_wire_type_names_objects(exprType(cast)) != rs_wire_type_names_objects(exprType(arg));
}

static bool
unshippable(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) || IsA(node, SubLink) || IsA(node, CurrentOfExpr) ||
		IsA(node, NextValueExpr))
		return true;
	if ((IsA(node, RelabelType) || (IsA(node, FuncExpr) && (((FuncExpr *) node)->funcformat == COERCE_EXPLICIT_CAST ||
															((FuncExpr *) node)->funcformat == COERCE_IMPLICIT_CAST))) &&
		numbers_object(node))
		return true;
	if (check_functions_in_node(node, temporary_function, NULL))
		return true;
	return expression_tree_walker(node, unshippable, context);
}

/*
 * Rows that are to be inserted may have numbers that their nodes ask for.
 */
static bool
differs(PlannerInfo *root, Node *expr)
{
	if (!contain_volatile_functions(expr))
		return false;
	return root->parent_root != NULL || root->parse->resultRelation == 0 ||
		contain_volatile_functions(rs_numbers_left_out(expr));
}

bool
rs_fragment_shippable(PlannerInfo *root, Node *expr)
{
	return !unshippable(expr, NULL) && !differs(root, expr) &&
		(rs_harmless(expr) || !rs_uses_tables_as_other(root->parse));
}

/*
 * Columns travel; anonymous rows, which have no input function, do not.
 */
bool
rs_fragment_shippable_target(PlannerInfo *root, List *exprs)
{
	ListCell   *lc;

	foreach(lc, exprs)
		if (!rs_fragment_shippable(root, lfirst(lc)) || expression_returns_set(lfirst(lc)) ||
			get_typtype(exprType(lfirst(lc))) == TYPTYPE_PSEUDO)
			return false;
	return true;
}

/* ---------------------------------------------------------------------
 * Tables and subqueries
 * ---------------------------------------------------------------------
 */

/*
 * Split a relation's restrictions into what nodes and what the leader is to check.
 */
List *
rs_fragment_quals(PlannerInfo *root, RelOptInfo *rel, List **local)
{
	List	   *quals = NIL;
	ListCell   *lc;

	*local = NIL;
	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);

		if (info->pseudoconstant || !rs_fragment_shippable(root, (Node *) info->clause))
			*local = lappend(*local, info);
		else
			quals = lappend(quals, info->clause);
	}
	return quals;
}

/*
 * The columns that a scan must give: what is above needs, and local conditions do.
 */
List *
rs_fragment_columns(RelOptInfo *rel, List *local)
{
	List	   *target = NIL;
	List	   *vars = pull_var_clause((Node *) rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS);
	ListCell   *lc;

	foreach(lc, local)
		vars = list_concat(vars, pull_var_clause((Node *) lfirst_node(RestrictInfo, lc)->clause,
												 PVC_RECURSE_PLACEHOLDERS));
	foreach(lc, vars)
		target = list_append_unique(target, lfirst(lc));
	return target;
}

static void
table_spread(RelOptInfo *rel, RangeTblEntry *rte, RsSpread *spread)
{
	AttrNumber	key;
	RsDistStyle style = rs_table_spread(rte->relid, &key);

	spread->kind = style == RS_DIST_ALL ? RS_SPREAD_ALL : RS_SPREAD_ANY;
	spread->keys = NIL;
	if (style == RS_DIST_KEY)
	{
		Oid			type;
		int32		typmod;
		Oid			collation;

		get_atttypetypmodcoll(rte->relid, key, &type, &typmod, &collation);
		spread->kind = RS_SPREAD_KEY;
		spread->keys = list_make1(makeVar(rel->relid, key, type, typmod, collation, 0));
	}
}

/*
 * What the conditions on a table leave of its key's values.
 */
static List *
only_values(RelOptInfo *rel, const RsSpread *spread)
{
	List	   *restriction;

	if (spread->kind != RS_SPREAD_KEY)
		return NIL;
	restriction = rs_key_restriction(rel->baserestrictinfo, linitial(spread->keys));
	return restriction != NIL ? list_make1(restriction) : NIL;
}

/*
 * Replace the paths of a distributed table.  The local ones' cost stands for a node's:
 * the leader's statistics are those of all rows, and a node has its share.
 */
static void
table_paths(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	RsFragmentPath *path = palloc0(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	List	   *local;
	Cost		cost = 0;
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		Path	   *other = lfirst(lc);

		if (other->param_info == NULL && (cost == 0 || other->total_cost < cost))
			cost = other->total_cost;
	}
	if (OidIsValid(rte->checkAsUser))
		root->glob->dependsOnRole = true;
	tree->kind = RS_TREE_SCAN;
	tree->relid = rel->relid;
	tree->rte = rte;
	tree->quals = rs_fragment_quals(root, rel, &local);
	tree->target = rs_fragment_columns(rel, local);
	table_spread(rel, rte, &path->spread);
	path->only = only_values(rel, &path->spread);
	path->tree = tree;
	path->rows = rel->rows;
	path->width = rel->reltarget->width;
	path->cost = path->spread.kind == RS_SPREAD_ALL ? cost : cost / rs_fragment_nodes();

	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	rel->consider_parallel = false;
	add_path(rel, rs_gather_path(root, rel, rel->reltarget, path, NIL, local));
	if (local == NIL && bms_is_empty(rel->lateral_relids))
		rs_fragment_path_add(root, rel, path);
}

/*
 * Rows of files are on the nodes that read them.
 */
static void
files_paths(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	RsFragmentPath *path = palloc0(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	List	   *local;

	tree->kind = RS_TREE_FILES;
	tree->relid = rel->relid;
	tree->rte = rte;
	tree->quals = rs_fragment_quals(root, rel, &local);
	tree->target = rs_fragment_columns(rel, local);
	path->spread.kind = RS_SPREAD_ANY;
	path->tree = tree;
	path->rows = rel->rows;
	path->width = rel->reltarget->width;
	path->cost = linitial_node(Path, rel->pathlist)->total_cost / rs_fragment_nodes();

	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	rel->consider_parallel = false;
	add_path(rel, rs_gather_path(root, rel, rel->reltarget, path, NIL, local));
	if (local == NIL)
		rs_fragment_path_add(root, rel, path);
}

/*
 * An expression of a subquery's output as the outer query's column; NULL if it is none.
 */
static Expr *
column_of_subquery(RelOptInfo *rel, List *target, Expr *expr)
{
	ListCell   *lc;
	int			attno = 0;

	foreach(lc, target)
	{
		attno++;
		if (equal(lfirst(lc), expr))
			return (Expr *) makeVar(rel->relid, attno, exprType((Node *) expr), exprTypmod((Node *) expr),
									exprCollation((Node *) expr), 0);
	}
	return NULL;
}

void
rs_fragment_subquery_spread(RelOptInfo *rel, const RsFragmentPath *sub, RsSpread *spread)
{
	ListCell   *lc;

	*spread = sub->spread;
	spread->keys = NIL;
	foreach(lc, sub->spread.keys)
	{
		Expr	   *key = column_of_subquery(rel, rs_tree_columns(sub->tree), lfirst(lc));

		if (key == NULL)
		{
			spread->kind = RS_SPREAD_ANY;
			spread->keys = NIL;
			return;
		}
		spread->keys = lappend(spread->keys, key);
	}
}

static bool
whole_rows(List *target)
{
	ListCell   *lc;

	foreach(lc, target)
		if (IsA(lfirst(lc), Var) && ((Var *) lfirst(lc))->varattno <= 0)
			return true;
	return false;
}

List *
rs_fragment_subquery(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte, List *target, List *quals)
{
	RelOptInfo *final = fetch_upper_rel(rel->subroot, UPPERREL_FINAL, NULL);
	List	   *paths = NIL;
	ListCell   *lc;

	/*
	 * What the subquery's own InitPlans give would not be computed for us.  Where rows are
	 * marked PostgreSQL keeps those of subqueries, to look at them again.
	 */
	if (!bms_is_empty(rel->lateral_relids) || rte->security_barrier || rel->subroot->init_plans != NIL ||
		root->rowMarks != NIL || whole_rows(target))
		return NIL;
	foreach(lc, rs_fragment_paths(final))
	{
		RsFragmentPath *sub = lfirst(lc);
		RsFragmentPath *path = palloc0(sizeof(RsFragmentPath));
		RsTree	   *tree = palloc0(sizeof(RsTree));

		tree->kind = RS_TREE_SUBQUERY;
		tree->relid = rel->relid;
		tree->rte = rte;
		tree->quals = quals;
		tree->target = target;
		tree->outer = sub->tree;
		rs_fragment_subquery_spread(rel, sub, &path->spread);
		path->only = sub->only;
		path->tree = tree;
		path->rows = rel->rows;
		path->width = rel->reltarget->width;
		path->cost = sub->cost;
		paths = lappend(paths, path);
	}
	return paths;
}

/*
 * Subqueries that nodes can compute, as relations of the query around them.
 */
static void
subquery_paths(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	List	   *local;
	List	   *quals = rs_fragment_quals(root, rel, &local);
	ListCell   *lc;

	if (local != NIL)
		return;
	foreach(lc, rs_fragment_subquery(root, rel, rte, rs_fragment_columns(rel, NIL), quals))
	{
		RsFragmentPath *path = lfirst(lc);

		rs_fragment_path_add(root, rel, path);
		add_path(rel, rs_gather_path(root, rel, rel->reltarget, path, NIL, NIL));
	}
}

/* ---------------------------------------------------------------------
 * Hooks
 * ---------------------------------------------------------------------
 */

/*
 * A partition of a table in which the leader changes its own partitions' rows, and nodes
 * those of the others (partition_parts.c).
 */
static bool
changed_by_nodes(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	return rel->reloptkind == RELOPT_OTHER_MEMBER_REL && root->parse->commandType != CMD_SELECT &&
		root->parse->resultRelation > 0 && bms_is_member(root->parse->resultRelation, rel->top_parent_relids) &&
		rte->rtekind == RTE_RELATION && !rte->inh && rs_table_is_distributed(rte->relid);
}

static void
set_rel_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	if (next_set_rel_pathlist)
		next_set_rel_pathlist(root, rel, rti, rte);
	if (IS_DUMMY_REL(rel) || rel->fdwroutine != NULL)
		return;
	if (changed_by_nodes(root, rel, rte))
		mark_dummy_rel(rel);
	else if (rte->rtekind == RTE_RELATION && !rte->inh && rs_table_is_distributed(rte->relid))
		table_paths(root, rel, rte);
	else if (rte->rtekind == RTE_SUBQUERY && !rte->inh && rel->subroot != NULL)
		subquery_paths(root, rel, rte);
	else if (rs_is_leader() && rs_function_scan_argument(rte, "read_files") != NULL)
		files_paths(root, rel, rte);
	else if (rte->rtekind == RTE_CTE)
		rs_fragment_cte_paths(root, rel, rte);
	else if (rte->inh)
		rs_fragment_append_paths(root, rel, rti);
	if (!IS_DUMMY_REL(rel))
		rs_fragment_sorted_gather(root, rel);
}

static void
set_join_pathlist(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outer, RelOptInfo *inner, JoinType jointype,
				  JoinPathExtraData *extra)
{
	if (next_set_join_pathlist)
		next_set_join_pathlist(root, joinrel, outer, inner, jointype, extra);
	if (joinrel->fdwroutine == NULL && (rs_fragment_paths(outer) != NIL || rs_fragment_paths(inner) != NIL))
		rs_fragment_join_paths(root, joinrel, outer, inner, jointype, extra->restrictlist);
}

static void
create_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input, RelOptInfo *output, void *extra)
{
	if (next_create_upper_paths)
		next_create_upper_paths(root, stage, input, output, extra);
	if (stage == UPPERREL_SETOP)
		rs_fragment_setop_paths(root, output);
	else if (input != NULL && input->fdwroutine == NULL && rs_fragment_paths(input) != NIL)
		rs_fragment_upper_paths(root, stage, input, output, extra);
}

/*
 * The leader's own copy of a table is empty: its size is what the catalog says of all
 * nodes' rows.
 */
static void
distributed_relation_info(PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo *rel)
{
	HeapTuple	tuple;

	if (next_get_relation_info)
		next_get_relation_info(root, relid, inhparent, rel);
	if (inhparent || !rs_table_is_distributed(relid))
		return;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);

		rel->tuples = class->reltuples < 0 ? UNKNOWN_ROWS : class->reltuples;
		rel->pages = class->reltuples < 0 ? UNKNOWN_ROWS / 100 : Max(class->relpages, 1);
		ReleaseSysCache(tuple);
	}

	/* Indexes are the nodes' to use. */
	rel->indexlist = NIL;
}

void
rs_fragment_path_init(void)
{
	next_set_rel_pathlist = set_rel_pathlist_hook;
	set_rel_pathlist_hook = set_rel_pathlist;
	next_set_join_pathlist = set_join_pathlist_hook;
	set_join_pathlist_hook = set_join_pathlist;
	next_create_upper_paths = create_upper_paths_hook;
	create_upper_paths_hook = create_upper_paths;
	next_get_relation_info = get_relation_info_hook;
	get_relation_info_hook = distributed_relation_info;
}
