/*
 * insert_path.c
 *	  INSERT ... SELECT that the nodes run by themselves.
 *
 * The rows to be inserted are planned as a query whose result relation is their table
 * (insert.c).  If nodes can compute them all, a further path does not bring them to the
 * leader: where they are on the nodes of their slices, each node inserts what it has, else
 * an exchange takes them there first.  It runs as RsUpdate, which counts them.
 */
#include "postgres.h"

#include "access/table.h"
#include "mpp/change/modify.h"
#include "mpp/cluster/distribution.h"
#include "mpp/cluster/table.h"
#include "mpp/execute/sequence_numbers.h"
#include "mpp/execute/stages.h"
#include "mpp/plan/fragment_path.h"
#include "mpp/plan/tree_describe.h"
#include "mpp/plan/fragment_user.h"
#include "mpp/plan/tree_query.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

typedef struct InsertPath
{
	CustomPath	path;
	RsTree	   *tree;
	List	   *only;			/* restrictions (key_values.h) */
	Oid			relid;
	bool		everywhere;		/* each node inserts all rows */
} InsertPath;

/* ---------------------------------------------------------------------
 * Plan
 * ---------------------------------------------------------------------
 */

static List *
insertable_columns(Oid relid)
{
	Relation	rel = table_open(relid, NoLock);
	List	   *attributes = NIL;
	int			i;

	for (i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel), i);

		if (!attribute->attisdropped && !attribute->attgenerated)
			attributes = lappend_int(attributes, i + 1);
	}
	table_close(rel, NoLock);
	return attributes;
}

static Plan *
plan_insert(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses, List *custom_plans)
{
	InsertPath *insert = (InsertPath *) path;
	CustomScan *scan = makeNode(CustomScan);
	List	   *parameters;
	Oid			userid;
	List	   *stages = rs_tree_insert_stages(insert->tree, insert->relid, insertable_columns(insert->relid),
											   insert->only, &parameters);
	ListCell   *lc;

	(void) rs_tree_user(insert->tree, &userid);

	/* No rows come, but the planner wants to name their columns. */
	foreach(lc, tlist)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst(lc));
		Node	   *expr = (Node *) entry->expr;

		entry->expr = (Expr *) makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr));
		scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist, entry);
	}
	scan->custom_private = lappend(lappend(rs_stages_to_list(stages, parameters, userid, false),
										   makeInteger(insert->everywhere)), NIL);
	if (rs_trees_are_described)
		scan->custom_private = lappend(scan->custom_private, rs_tree_describe(root, insert->tree, list_length(stages)));
	scan->custom_exprs = rs_stages_expressions(stages, parameters);
	scan->custom_plans = custom_plans;
	scan->flags = path->flags;
	scan->methods = &rs_update_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods insert_path_methods = {
	.CustomName = "RsUpdate",
	.PlanCustomPath = plan_insert
};

/* ---------------------------------------------------------------------
 * Paths
 * ---------------------------------------------------------------------
 */

/*
 * Are rows spread by an expression on the nodes that have them by the column which that
 * becomes?
 */
static bool
in_place(PlannerInfo *root, const RsSpread *spread, Node *value, Form_pg_attribute column)
{
	value = strip_implicit_coercions(value);
	return list_length(spread->keys) == 1 && rs_spread_within(root, spread, list_make1(value)) &&
		rs_distribution_alike(exprType(value), exprCollation(value), column->atttypid, column->attcollation,
							  column->attcollation);
}

/*
 * A way to have the rows where they are to be inserted; NULL if it is not known.
 */
static const RsFragmentPath *
moved(PlannerInfo *root, const RsFragmentPath *path, RsDistStyle style, Node *value, Form_pg_attribute column)
{
	RsSpread	to = {RS_SPREAD_ALL, NIL};

	/* Each node would give its copies of the rows other numbers. */
	if (path->spread.kind == RS_SPREAD_ALL && rs_numbers_any((Node *) path->tree->target))
		return NULL;
	if (style == RS_DIST_ALL)
		return path->spread.kind == RS_SPREAD_ALL ? path : rs_fragment_path_exchange(path, &to, NIL, "DS_BCAST_INNER");

	if (style != RS_DIST_KEY && path->spread.kind == RS_SPREAD_ALL)
		return rs_fragment_path_deal(path);
	if (style != RS_DIST_KEY || in_place(root, &path->spread, value, column))
		return path;
	if (exprType(value) != column->atttypid || exprCollation(value) != column->attcollation ||
		!rs_distribution_possible(column->atttypid))
		return NULL;
	to.kind = RS_SPREAD_KEY;
	to.keys = list_make1(value);
	return rs_fragment_path_exchange(path, &to, NIL, "DS_DIST_INNER");
}

/*
 * Rows that come to the leader are sent to the nodes again.
 */
static void
charge_sending(RelOptInfo *output, const RsFragmentPath *rows)
{
	Cost		cost = rows->rows * (RS_COST_BYTE * (rows->width + 8) + cpu_tuple_cost);
	ListCell   *lc;

	foreach(lc, output->pathlist)
		((Path *) lfirst(lc))->total_cost += cost;
}

void
rs_fragment_insert_paths(PlannerInfo *root, RelOptInfo *output)
{
	Oid			relid = rt_fetch(root->parse->resultRelation, root->parse->rtable)->relid;
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	Relation	rel = table_open(relid, NoLock);
	AttrNumber	key;
	RsDistStyle style = rs_table_dealing(relid, &key);
	Form_pg_attribute column = key > 0 ? TupleDescAttr(RelationGetDescr(rel), key - 1) : NULL;
	Node	   *value = key > 0 ? list_nth(target->exprs, key - 1) : NULL;
	const RsFragmentPath *best = NULL;
	InsertPath *insert;
	Oid			userid;
	ListCell   *lc;

	foreach(lc, rs_fragment_paths(output))
	{
		const RsFragmentPath *path = moved(root, lfirst(lc), style, value, column);

		if (path != NULL && (best == NULL || path->cost < best->cost))
			best = path;
	}
	table_close(rel, NoLock);
	if (best == NULL || !rs_tree_user(best->tree, &userid) ||
		userid != rs_other_user(rt_fetch(root->parse->resultRelation, root->parse->rtable)))
		return;
	charge_sending(output, best);
	insert = palloc0(sizeof(InsertPath));
	insert->path.path.type = T_CustomPath;
	insert->path.path.pathtype = T_CustomScan;
	insert->path.path.parent = output;
	insert->path.path.pathtarget = target;
	insert->path.path.rows = 1;
	insert->path.path.startup_cost = insert->path.path.total_cost = best->cost + RS_COST_STAGE;
	insert->path.methods = &insert_path_methods;
	insert->path.custom_paths = rs_tree_leader_paths(best->tree);
	insert->tree = best->tree;
	insert->only = best->only;
	insert->relid = relid;
	insert->everywhere = style == RS_DIST_ALL;
	add_path(output, &insert->path.path);
}
