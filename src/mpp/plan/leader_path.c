/*
 * leader_path.c
 *	  What the leader computes as one side of a join on the compute nodes.
 *
 * A relation of the planner that nodes have no part in, such as heap and foreign tables,
 * functions, VALUES, CTEs, groups that the leader has combined, and joins of these, has no
 * fragment path of its own.  Joined with one that has some it gets one of spread LEADER:
 * PostgreSQL's cheapest path for it, whose plan becomes a child of RsGather.  When the
 * gather runs, the leader runs that child and sends its rows into an exchange (stages.c);
 * from there on they are like any others.  Bringing the other side to the leader is what
 * PostgreSQL plans anyhow: costs choose.
 *
 * Values must mean the same on the nodes.  Those of types that only the leader has, and of
 * types by which the leader's catalogs are named, stay here.  So do the tables of a query
 * that locks or changes rows, which EvalPlanQual may have to see once more.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "mpp/cluster/key_values.h"
#include "mpp/cluster/table.h"
#include "mpp/plan/fragment_path.h"
#include "mpp/wire/wire_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* What the leader does with a row that it sends: it is encoded, a value at a time. */
#define ROW_COST	(cpu_tuple_cost * 0.5)

/*
 * Types whose values are names or numbers of objects of one database, or cannot be read
 * back from text.
 */
static bool
is_of_catalogs(Oid type)
{
	switch (type)
	{
		case OIDOID:
		case OIDVECTOROID:
		case TIDOID:
		case XIDOID:
		case CIDOID:
		case ACLITEMOID:
		case PG_NODE_TREEOID:
		case PG_NDISTINCTOID:
		case PG_DEPENDENCIESOID:
		case PG_MCV_LISTOID:
		case PG_BRIN_BLOOM_SUMMARYOID:
		case PG_BRIN_MINMAX_MULTI_SUMMARYOID:
			return true;
		default:
			return rs_wire_type_names_objects(type);
	}
}

static bool
is_temporary_type(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	bool		temporary;

	if (!HeapTupleIsValid(tuple))
		return true;
	temporary = isAnyTempNamespace(((Form_pg_type) GETSTRUCT(tuple))->typnamespace);
	ReleaseSysCache(tuple);
	return temporary;
}

/*
 * Do nodes have a type, with the same values?
 */
static bool
type_travels(Oid type)
{
	Oid			element;
	Oid			relation;

	check_stack_depth();
	type = getBaseType(type);
	if (is_of_catalogs(type) || is_temporary_type(type))
		return false;
	element = get_element_type(type);
	if (OidIsValid(element))
		return type_travels(element);
	switch (get_typtype(type))
	{
		case TYPTYPE_BASE:
			return type < FirstNormalObjectId || OidIsValid(getExtensionOfObject(TypeRelationId, type));
		case TYPTYPE_COMPOSITE:
			relation = get_typ_typrelid(type);
			return get_rel_relkind(relation) == RELKIND_COMPOSITE_TYPE || rs_table_is_distributed(relation);
		case TYPTYPE_RANGE:
			return type_travels(get_range_subtype(type));
		case TYPTYPE_MULTIRANGE:
			return type_travels(get_multirange_range(type));
		case TYPTYPE_ENUM:
			return true;
		default:
			return false;
	}
}

static bool
columns_travel(List *expressions)
{
	ListCell   *lc;

	foreach(lc, expressions)
		if (!type_travels(exprType(lfirst(lc))))
			return false;
	return true;
}

/*
 * A row without columns is a row still.
 */
static Path *
with_a_column(PlannerInfo *root, Path *path)
{
	PathTarget *target;

	if (path->pathtarget->exprs != NIL)
		return path;
	target = create_empty_pathtarget();
	add_column_to_pathtarget(target, (Expr *) makeBoolConst(true, false), 0);
	return (Path *) create_projection_path(root, path->parent, path, set_pathtarget_cost_width(root, target));
}

RsFragmentPath *
rs_leader_path(PlannerInfo *root, RelOptInfo *rel)
{
	Path	   *path = rel->cheapest_total_path;
	RsFragmentPath *result;

	if ((rel->reloptkind != RELOPT_BASEREL && rel->reloptkind != RELOPT_JOINREL) || IS_DUMMY_REL(rel) ||
		path == NULL || path->param_info != NULL || !bms_is_empty(rel->lateral_relids) ||
		root->parse->commandType != CMD_SELECT || root->rowMarks != NIL ||
		!columns_travel(path->pathtarget->exprs))
		return NULL;
	result = palloc0(sizeof(RsFragmentPath));
	result->spread.kind = RS_SPREAD_LEADER;
	result->rows = path->rows;
	result->width = rel->reltarget->width;
	path = with_a_column(root, path);
	result->cost = path->total_cost;
	result->tree = palloc0(sizeof(RsTree));
	result->tree->kind = RS_TREE_LEADER;
	result->tree->target = path->pathtarget->exprs;
	result->tree->path = path;
	return result;
}

/*
 * The leader computes what rows are dealt by, too.
 */
static RsTree *
with_keys(PlannerInfo *root, RsTree *tree, List *keys)
{
	PathTarget *target;
	RsTree	   *result;

	if (list_difference(keys, tree->target) == NIL)
		return tree;
	target = copy_pathtarget(tree->path->pathtarget);
	add_new_columns_to_pathtarget(target, keys);
	result = palloc0(sizeof(RsTree));
	result->kind = RS_TREE_LEADER;
	result->target = target->exprs;
	result->path = (Path *) create_projection_path(root, tree->path->parent, tree->path,
												   set_pathtarget_cost_width(root, target));
	return result;
}

RsFragmentPath *
rs_leader_path_send(PlannerInfo *root, const RsFragmentPath *path, const RsSpread *to, List *only,
					const char *label)
{
	RsFragmentPath *result = palloc0(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	RsTree	   *input = with_keys(root, path->tree, to->keys);
	int			copies = to->kind == RS_SPREAD_ALL && !rs_key_values_lone(only) ? rs_fragment_nodes() : 1;

	tree->kind = RS_TREE_EXCHANGE;
	tree->target = input->target;
	tree->outer = input;
	tree->to = *to;
	tree->to_only = only;
	tree->rows = path->rows;
	tree->label = label;
	result->spread = *to;
	result->only = only;
	result->rows = path->rows;
	result->width = path->width;

	/* One process sends it all. */
	result->cost = path->cost + RS_COST_STAGE +
		copies * path->rows * (RS_COST_BYTE * (path->width + 8) + ROW_COST);
	result->tree = tree;
	return result;
}

List *
rs_tree_of_leader(RsTree *tree)
{
	if (tree == NULL)
		return NIL;
	if (tree->kind == RS_TREE_LEADER)
		return list_make1(tree);
	return list_concat(rs_tree_of_leader(tree->outer), rs_tree_of_leader(tree->inner));
}

List *
rs_tree_leader_paths(RsTree *tree)
{
	List	   *paths = rs_tree_of_leader(tree);
	ListCell   *lc;

	foreach(lc, paths)
		lfirst(lc) = ((RsTree *) lfirst(lc))->path;
	return paths;
}
