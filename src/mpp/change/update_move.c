/*
 * update_move.c
 *	  UPDATE that deletes rows and inserts them anew: what sets the distribution key, and
 *	  values that the leader computes.
 *
 * Nodes delete the rows and return them as they will be, or what the leader computes that
 * of; the leader sends the rows to their nodes (insert.c), or, where nodes have to see an
 * INSERT, keeps them for one (partition_parts.c).  This must not do what DELETE does
 * elsewhere: not where foreign keys let it.  Under row-level security DELETE and INSERT have
 * to be allowed what UPDATE is, as they are by policies that are for all commands.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_policy.h"
#include "commands/trigger.h"
#include "mpp/change/modify.h"
#include "mpp/cluster/table.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "rewrite/rowsecurity.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

/* ---------------------------------------------------------------------
 * Several columns from one subquery
 * ---------------------------------------------------------------------
 */

/*
 * (SELECT column FROM what gives them all)
 */
static Node *
one_column(const SubLink *all, int column)
{
	Query	   *inner = copyObject((Query *) all->subselect);
	TargetEntry *entry = get_tle_by_resno(inner->targetList, column);
	Node	   *expr = (Node *) entry->expr;
	Query	   *query = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef *ref = makeNode(RangeTblRef);
	SubLink    *link = makeNode(SubLink);
	ListCell   *lc;

	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = inner;
	rte->alias = makeAlias("s", NIL);
	rte->eref = makeAlias("s", NIL);
	rte->inFromCl = true;
	foreach(lc, inner->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			rte->eref->colnames = lappend(rte->eref->colnames, makeString(psprintf("c%d", foreach_current_index(lc) + 1)));
	rte->alias->colnames = copyObject(rte->eref->colnames);
	IncrementVarSublevelsUp((Node *) inner, 1, 1);
	ref->rtindex = 1;
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->rtable = list_make1(rte);
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	query->targetList = list_make1(makeTargetEntry((Expr *) makeVar(1, column, exprType(expr), exprTypmod(expr),
																	exprCollation(expr), 0), 1, "c1", false));
	link->subLinkType = EXPR_SUBLINK;
	link->subselect = (Node *) query;
	link->location = -1;
	return (Node *) link;
}

static Node *
from_own_subquery(Node *node, List *links)
{
	Param	   *param = (Param *) node;

	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && param->paramkind == PARAM_MULTIEXPR)
	{
		ListCell   *lc;

		foreach(lc, links)
			if (lfirst_node(SubLink, lc)->subLinkId == param->paramid >> 16)
				return one_column(lfirst(lc), param->paramid & 0xFFFF);
	}
	return expression_tree_mutator(node, from_own_subquery, links);
}

/*
 * Each column from a subquery of its own, if these give the same each time.
 */
static const Query *
one_by_one(const Query *query)
{
	Query	   *result;
	List	   *links = NIL;
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
		if (lfirst_node(TargetEntry, lc)->resjunk && IsA(lfirst_node(TargetEntry, lc)->expr, SubLink))
			links = lappend(links, lfirst_node(TargetEntry, lc)->expr);
		else
			targets = lappend(targets, lfirst(lc));
	if (links == NIL || contain_volatile_functions((Node *) links))
		return query;
	result = copyObject(unconstify(Query *, query));
	result->targetList = (List *) from_own_subquery((Node *) targets, links);
	return result;
}

/* ---------------------------------------------------------------------
 * UPDATE of the distribution key
 * ---------------------------------------------------------------------
 */

typedef struct NewRow
{
	Index		target;
	List	   *values;			/* expressions, by attribute */
	int			depth;			/* of the subquery looked at */
} NewRow;

/*
 * Columns of the target as they will be, also where subqueries name them.
 */
static Node *
as_updated(Node *node, NewRow *row)
{
	Var		   *var = (Var *) node;
	Node	   *value;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
	{
		Query	   *query;

		row->depth++;
		query = query_tree_mutator((Query *) node, as_updated, row, 0);
		row->depth--;
		query->hasSubLinks |= checkExprHasSubLink((Node *) row->values);
		return (Node *) query;
	}
	if (!IsA(node, Var) || (int) var->varlevelsup != row->depth || var->varno != (int) row->target || var->varattno < 0)
		return expression_tree_mutator(node, as_updated, row);
	if (var->varattno > 0)
		value = copyObject(list_nth(row->values, var->varattno - 1));
	else
	{
		RowExpr    *whole = makeNode(RowExpr);

		whole->args = copyObject(row->values);
		whole->row_typeid = var->vartype;
		whole->row_format = COERCE_EXPLICIT_CAST;
		whole->location = -1;
		value = (Node *) whole;
	}
	IncrementVarSublevelsUp(value, row->depth, 0);
	return value;
}

/*
 * The columns of the target as the statement sets them; NULL for those that the node
 * computes, once their expressions are known.
 */
static List *
updated_values(const Query *query, Relation rel)
{
	NewRow		row = {query->resultRelation, NIL};
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		TargetEntry *entry = get_tle_by_resno(query->targetList, i + 1);
		Node	   *value;

		if (attribute->attisdropped)
			value = (Node *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32), (Datum) 0, true, true);
		else if (entry != NULL && !entry->resjunk)
			value = (Node *) copyObject(entry->expr);
		else
			value = (Node *) makeVar(query->resultRelation, i + 1, attribute->atttypid, attribute->atttypmod,
									 attribute->attcollation, 0);
		row.values = lappend(row.values, value);
	}
	for (i = 0; i < desc->natts; i++)
		if (TupleDescAttr(desc, i)->attgenerated)
		{
			Node	   *value = build_column_default(rel, i + 1);

			ChangeVarNodes(value, 1, query->resultRelation, 0);
			list_nth_cell(row.values, i)->ptr_value = as_updated(value, &row);
		}
	return row.values;
}

/*
 * May rows that are updated have to go to other nodes?  They also may if they are of
 * another partition then, which is distributed otherwise.
 */
bool
rs_update_moves_rows(const Query *query, Relation rel)
{
	AttrNumber	key;
	AttrNumber	dealt_by;
	bool		differs = rs_table_dealing(RelationGetRelid(rel), &dealt_by) != rs_table_spread(RelationGetRelid(rel), &key) ||
		rs_table_target_is_mixed(RelationGetRelid(rel));
	Bitmapset  *set = NULL;
	ListCell   *lc;

	if (query->commandType != CMD_UPDATE)
		return false;
	foreach(lc, query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			set = bms_add_member(set, lfirst_node(TargetEntry, lc)->resno - FirstLowInvalidHeapAttributeNumber);
	return (dealt_by > 0 && bms_is_member(dealt_by - FirstLowInvalidHeapAttributeNumber, set)) ||
		(differs && rs_sets_partition_key(rel, set));
}

static bool
under_policies(const Query *query, Relation rel)
{
	return check_enable_rls(RelationGetRelid(rel), rt_fetch(query->resultRelation, query->rtable)->checkAsUser, true) ==
		RLS_ENABLED;
}

bool
rs_update_moves_rows_under_policies(const Query *query)
{
	Relation	rel;
	bool		result;

	if (query->commandType != CMD_UPDATE)
		return false;
	rel = table_open(rt_fetch(query->resultRelation, query->rtable)->relid, NoLock);
	result = rel->rd_rel->relrowsecurity && under_policies(query, rel) && rs_update_moves_rows(query, rel);
	table_close(rel, NoLock);
	return result;
}

/*
 * Do policies let DELETE and INSERT do what they let UPDATE?
 */
static bool
policies_are_for_all(Relation rel)
{
	ListCell   *lc;

	foreach(lc, rel->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = lfirst(lc);

		if (policy->polcmd != '*' || policy->with_check_qual != NULL)
			return false;
	}
	return true;
}

static bool
follows_deletion(const Trigger *trigger)
{
	switch (trigger->tgfoid)
	{
		case F_RI_FKEY_CASCADE_DEL:
		case F_RI_FKEY_CASCADE_UPD:
		case F_RI_FKEY_SETNULL_DEL:
		case F_RI_FKEY_SETNULL_UPD:
		case F_RI_FKEY_SETDEFAULT_DEL:
		case F_RI_FKEY_SETDEFAULT_UPD:
			return true;
		default:
			return false;
	}
}

static void
refuse_policies(Relation rel)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("rows of table \"%s\" cannot be updated by the leader under row-level security",
					RelationGetRelationName(rel)),
			 errdetail("Its distribution key or values that only the leader can compute are set."),
			 errhint("Delete the rows and insert them anew.")));
}

static void
check_deletion(const Query *query, Relation rel)
{
	ListCell   *lc;
	int			i;

	for (i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		if (follows_deletion(&rel->trigdesc->triggers[i]))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("rows of table \"%s\", with which foreign keys delete or update others, cannot be updated by the leader",
							RelationGetRelationName(rel)),
					 errdetail("It sets the distribution key or values that only the leader can compute, which deletes rows.")));
	foreach(lc, query->targetList)
		if (lfirst_node(TargetEntry, lc)->resjunk)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("rows of table \"%s\" cannot be updated by the leader with columns set from one subquery",
							RelationGetRelationName(rel))));
}

Query *
rs_relocation(const Query *original, Relation rel)
{
	const Query *update = one_by_one(original);
	Query	   *query = copyObject(unconstify(Query *, original));
	NewRow		row = {original->resultRelation, updated_values(update, rel)};
	List	   *returning = (List *) as_updated((Node *) original->returningList, &row);
	ListCell   *lc;

	if (under_policies(original, rel) && !policies_are_for_all(rel))
		refuse_policies(rel);
	check_deletion(update, rel);
	query->commandType = CMD_DELETE;
	query->targetList = NIL;
	query->withCheckOptions = (List *) as_updated((Node *) query->withCheckOptions, &row);
	query->returningList = NIL;
	foreach(lc, row.values)
		query->returningList = lappend(query->returningList,
									   makeTargetEntry(copyObject(lfirst(lc)), foreach_current_index(lc) + 1,
													   psprintf("n%d", foreach_current_index(lc) + 1), false));
	foreach(lc, returning)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		entry->resno = list_length(query->returningList) + 1;
		query->returningList = lappend(query->returningList, entry);
	}
	return query;
}

PlannedStmt *
rs_plan_relocation(const Query *original, Relation rel, ParamListInfo params)
{
	Query	   *query = rs_relocation(original, rel);
	Query	   *returned = copyObject(unconstify(Query *, original));

	returned->returningList = copyObject(query->returningList);
	return rs_plan_move(rs_plan_deletion(query, returned, params), rel, list_length(original->returningList));
}

/* ---------------------------------------------------------------------
 * UPDATE with values that the leader computes
 * ---------------------------------------------------------------------
 */

typedef struct Returned
{
	Relation	rel;
	Index		target;
	List	   *others;			/* Vars of other relations */
} Returned;

Node *
rs_of_columns(Node *node, List **columns)
{
	ListCell   *lc;
	int			n = 0;

	if (node == NULL)
		return NULL;
	if (!(IsA(node, Var) && ((Var *) node)->varlevelsup == 0) && !IsA(node, SubLink))
		return expression_tree_mutator(node, rs_of_columns, columns);
	foreach(lc, *columns)
		if (equal(lfirst(lc), node))
			n = foreach_current_index(lc) + 1;
	if (n == 0)
	{
		*columns = lappend(*columns, copyObject(node));
		n = list_length(*columns);
	}
	return (Node *) makeVar(INDEX_VAR, n, exprType(node), exprTypmod(node), exprCollation(node), 0);
}

/*
 * RETURNING over the columns of a new row and, behind them, those of other relations.
 */
static Node *
of_new_row(Node *node, Returned *returned)
{
	TupleDesc	desc = RelationGetDescr(returned->rel);
	Var		   *var = (Var *) node;
	Node	   *value;
	int			n;

	if (node == NULL)
		return NULL;
	if (IsA(node, SubLink) || (IsA(node, Var) && var->varno == (int) returned->target && var->varattno <= 0))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("RETURNING with subqueries, whole rows or system columns is not supported where the leader computes values")));
	if (!IsA(node, Var))
		return expression_tree_mutator(node, of_new_row, returned);
	if (var->varno == (int) returned->target && !TupleDescAttr(desc, var->varattno - 1)->attgenerated)
		n = var->varattno;
	else if (var->varno == (int) returned->target)
	{
		value = build_column_default(returned->rel, var->varattno);
		ChangeVarNodes(value, 1, returned->target, 0);
		return of_new_row(value, returned);
	}
	else
	{
		returned->others = lappend(returned->others, copyObject(var));
		n = desc->natts + list_length(returned->others);
	}
	return (Node *) makeVar(INDEX_VAR, n, var->vartype, var->vartypmod, var->varcollid, 0);
}

List *
rs_simplified(List *list)
{
	list = (List *) eval_const_expressions(NULL, (Node *) list);
	fix_opfuncids((Node *) list);
	return list;
}

/*
 * Nodes delete the rows and return what the new values are computed of; the leader
 * computes them, once for all copies of a row, and sends the rows to their nodes.
 */
PlannedStmt *
rs_plan_values_at_leader(const Query *original, Relation rel, ParamListInfo params)
{
	Query	   *query = copyObject(unconstify(Query *, original));
	Query	   *returning_columns;
	Returned	returned = {rel, original->resultRelation, NIL};
	List	   *returning = (List *) of_new_row((Node *) copyObject(original->returningList), &returned);
	List	   *columns = NIL;
	List	   *row = NIL;
	PlannedStmt *result;
	ListCell   *lc;
	int			i;

	original = one_by_one(original);
	if (under_policies(original, rel))
		refuse_policies(rel);
	check_deletion(original, rel);
	if (query->withCheckOptions != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the leader cannot compute values for a view with check options")));
	for (i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel), i);
		TargetEntry *entry = get_tle_by_resno(original->targetList, i + 1);
		Node	   *value;

		if (attribute->attisdropped || attribute->attgenerated)
			value = (Node *) makeNullConst(attribute->attisdropped ? INT4OID : attribute->atttypid, -1, InvalidOid);
		else if (entry != NULL)
			value = rs_of_columns((Node *) copyObject(entry->expr), &columns);
		else
			value = rs_of_columns((Node *) makeVar(original->resultRelation, i + 1, attribute->atttypid,
												attribute->atttypmod, attribute->attcollation, 0), &columns);
		row = lappend(row, makeTargetEntry((Expr *) value, i + 1, pstrdup(NameStr(attribute->attname)), false));
	}
	foreach(lc, returned.others)
		row = lappend(row, makeTargetEntry((Expr *) rs_of_columns(lfirst(lc), &columns), list_length(row) + 1,
										   psprintf("r%d", foreach_current_index(lc) + 1), false));
	if (columns == NIL)
		columns = list_make1(makeBoolConst(true, false));
	query->commandType = CMD_DELETE;
	query->targetList = NIL;
	query->returningList = NIL;
	foreach(lc, columns)
		query->returningList = lappend(query->returningList,
									   makeTargetEntry(lfirst(lc), foreach_current_index(lc) + 1,
													   psprintf("c%d", foreach_current_index(lc) + 1), false));
	returning_columns = copyObject(unconstify(Query *, original));
	returning_columns->returningList = copyObject(query->returningList);
	result = rs_plan_deletion(query, returning_columns, params);
	result->planTree->targetlist = rs_simplified(row);
	result = rs_plan_move(result, rel, list_length(returning));
	result->planTree->targetlist = rs_simplified(returning);
	return result;
}
