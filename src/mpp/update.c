/*
 * update.c
 *	  UPDATE, DELETE and MERGE of distributed tables.
 *
 * Each node runs the statement on its rows.  Whatever else the statement reads must be
 * there: tables on all nodes, and tables whose key the statement equates to the
 * target's key, are read in place; all others are broadcast first.  The statement is
 * deparsed with those replaced by exchanges.
 */
#include "postgres.h"

#include "access/table.h"
#include "mpp/fragment_path.h"
#include "mpp/modify.h"
#include "mpp/stages.h"
#include "mpp/table.h"
#include "mpp/tree_query.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

typedef struct Update
{
	RsTextBuilder builder;
	Query	   *query;			/* the statement */
	List	   *relations;		/* range table entries of all levels, for privileges */
} Update;

/* ---------------------------------------------------------------------
 * Relations
 * ---------------------------------------------------------------------
 */

static bool
is_key(Node *node, Index relation, AttrNumber key)
{
	Var		   *var = (Var *) strip_implicit_coercions(node);

	return IsA(var, Var) && var->varno == relation && var->varattno == key && var->varlevelsup == 0;
}

/*
 * Does the statement join an entry of its FROM to the target by both their keys?
 */
static bool
joined_by_key(const Query *query, Index relation)
{
	AttrNumber	target_key;
	AttrNumber	key;
	ListCell   *lc;

	if (query->commandType == CMD_MERGE || relation == (Index) query->resultRelation ||
		rs_table_spread(rt_fetch(query->resultRelation, query->rtable)->relid, &target_key) != RS_DIST_KEY ||
		rs_table_spread(rt_fetch(relation, query->rtable)->relid, &key) != RS_DIST_KEY)
		return false;
	foreach(lc, make_ands_implicit((Expr *) query->jointree->quals))
	{
		OpExpr	   *op = lfirst(lc);
		Node	   *left;
		Node	   *right;

		if (!is_opclause(op) || list_length(op->args) != 2 ||
			!op_hashjoinable(op->opno, exprType(linitial(op->args))))
			continue;
		left = linitial(op->args);
		right = lsecond(op->args);
		if (rs_spread_types_alike(exprType(left), exprType(right)) &&
			((is_key(left, query->resultRelation, target_key) && is_key(right, relation, key)) ||
			 (is_key(right, query->resultRelation, target_key) && is_key(left, relation, key))))
			return true;
	}
	return false;
}

/*
 * All columns of a relation, in the order of its attributes, so that Vars stay right.
 */
static Query *
whole_relation(RangeTblEntry *entry)
{
	Relation	rel = table_open(entry->relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	Query	   *query = makeNode(Query);
	RangeTblEntry *rte = copyObject(entry);
	RangeTblRef *ref = makeNode(RangeTblRef);
	int			i;

	rte->requiredPerms = 0;
	rte->alias = NULL;
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->rtable = list_make1(rte);
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Expr	   *column;

		if (attribute->attisdropped)
			column = (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32), (Datum) 0, true, true);
		else
			column = (Expr *) makeVar(1, i + 1, attribute->atttypid, attribute->atttypmod, attribute->attcollation, 0);
		query->targetList = lappend(query->targetList,
									makeTargetEntry(column, i + 1, psprintf("c%d", i + 1), false));
	}
	table_close(rel, NoLock);
	return query;
}

static void
replace_relation(Update *update, Query *query, Index relation)
{
	RangeTblEntry *entry = rt_fetch(relation, query->rtable);
	AttrNumber	key;

	update->relations = lappend(update->relations, entry);
	if (!rs_table_is_distributed(entry->relid))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("relation \"%s\" of the leader cannot be used to modify a distributed table",
						get_rel_name(entry->relid))));
	if (rs_table_spread(entry->relid, &key) == RS_DIST_ALL)
		return;
	if (query == update->query && joined_by_key(query, relation))
		return;
	list_nth_cell(query->rtable, relation - 1)->ptr_value =
		rs_text_exchange(&update->builder, whole_relation(entry), RS_SPREAD_ALL, NIL, 0, "DS_BCAST_INNER");
}

/* ---------------------------------------------------------------------
 * The statement
 * ---------------------------------------------------------------------
 */

static bool
replace_in_query(Node *node, Update *update)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;
		ListCell   *lc;

		foreach(lc, query->rtable)
		{
			RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

			if (entry->rtekind != RTE_RELATION)
				continue;
			if (query == update->query && foreach_current_index(lc) + 1 == query->resultRelation)
				update->relations = lappend(update->relations, entry);
			else
				replace_relation(update, query, foreach_current_index(lc) + 1);
		}
		return query_tree_walker(query, replace_in_query, update, 0);
	}
	return expression_tree_walker(node, replace_in_query, update);
}

static Node *
replace_parameters(Node *node, Update *update)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, replace_parameters, update, 0);
	if (rs_text_is_leaders(node))
		return rs_text_parameter(&update->builder, (Expr *) copyObject(node));
	return expression_tree_mutator(node, replace_parameters, update);
}

static void
check_statement(Query *query)
{
	Oid			target = rt_fetch(query->resultRelation, query->rtable)->relid;
	AttrNumber	key;
	RsDistStyle style = rs_table_spread(target, &key);
	ListCell   *lc;

	if (style == RS_DIST_ALL && contain_volatile_functions((Node *) query))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"%s\" cannot be changed with volatile functions", get_rel_name(target)),
				 errdetail("Its rows are on every node and would differ."),
				 errhint("Compute the values in a table first.")));
	if (query->commandType == CMD_MERGE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("MERGE of distributed tables is not supported")));
	if (style == RS_DIST_KEY && query->commandType == CMD_UPDATE)
		foreach(lc, query->targetList)
			if (lfirst_node(TargetEntry, lc)->resno == key && !lfirst_node(TargetEntry, lc)->resjunk)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("distribution key \"%s\" of table \"%s\" cannot be updated",
								get_attname(target, key, false), get_rel_name(target)),
						 errhint("Delete the rows and insert them anew.")));
}

static PlannedStmt *
planned(Update *update, Query *query, CustomScan *scan)
{
	PlannedStmt *result = makeNode(PlannedStmt);
	ListCell   *lc;

	result->commandType = query->commandType;
	result->queryId = query->queryId;
	result->hasReturning = query->returningList != NIL;
	result->canSetTag = query->canSetTag;
	result->planTree = &scan->scan.plan;
	result->rtable = update->relations;
	foreach(lc, update->relations)
		result->relationOids = lappend_oid(result->relationOids, lfirst_node(RangeTblEntry, lc)->relid);
	result->stmt_location = query->stmt_location;
	result->stmt_len = query->stmt_len;
	return result;
}

PlannedStmt *
rs_plan_update(Query *original, ParamListInfo params)
{
	Update		update = {.query = copyObject(original)};
	RangeTblEntry *target = rt_fetch(original->resultRelation, original->rtable);
	CustomScan *scan = makeNode(CustomScan);
	RsStage    *last = palloc0(sizeof(RsStage));
	AttrNumber	key;
	ListCell   *lc;

	check_statement(original);
	(void) replace_in_query((Node *) update.query, &update);
	last->query = (Query *) replace_parameters((Node *) update.query, &update);
	last->to = RS_SPREAD_ANY;
	update.builder.stages = lappend(update.builder.stages, last);
	rs_text_deparse(update.builder.stages);

	/* What RETURNING gives are columns of the fragment. */
	foreach(lc, original->returningList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) entry->expr;

		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry((Expr *) makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr)),
														  entry->resno, entry->resname, false));
		scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist,
											 makeTargetEntry((Expr *) makeVar(INDEX_VAR, entry->resno, exprType(expr),
																			  exprTypmod(expr), exprCollation(expr), 0),
															 entry->resno, entry->resname, false));
	}
	scan->custom_private = lappend(rs_stages_to_list(update.builder.stages, update.builder.parameters,
													 target->checkAsUser, false),
								   makeInteger(rs_table_spread(target->relid, &key) == RS_DIST_ALL));
	scan->custom_exprs = (List *) eval_const_expressions(NULL, (Node *) rs_stages_expressions(update.builder.parameters));
	fix_opfuncids((Node *) scan->custom_exprs);
	scan->methods = &rs_update_methods;
	return planned(&update, original, scan);
}
