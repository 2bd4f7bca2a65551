/*
 * update_apart.c
 *	  UPDATE and DELETE with functions that only the leader may call: through the view of
 *	  another user, or volatile ones of a table that is on all nodes.
 *
 * What nodes do for such a statement they do as the view's owner, so a function of whoever
 * uses the view must not be called there (fragment_user.c).  The leader computes which rows
 * change and the new values, as for any query of that view, and sends them to the nodes:
 *
 *		UPDATE t SET a = s.c3 FROM redshift.staged('x') s WHERE t.ctid = redshift.row_at('t', s.c1)
 *
 * by the addresses of rows (row_address.h), which are good for as long as nobody else changes
 * the table: see rs_plan_waits_for().  Of a table that is on all nodes each copy of a row is
 * elsewhere.  There all of a row's columns have to be as they were.  So rows that are alike
 * are changed together, even if a volatile condition was true of one of them only; values
 * from volatile functions are for tables that have a primary key.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "mpp/change/modify.h"
#include "mpp/change/row_address.h"
#include "mpp/change/update_apart.h"
#include "mpp/cluster/table.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"

/* In the statement for nodes. */
#define TARGET	1
#define SENT	2

static Var *
column(Index relation, Form_pg_attribute attribute)
{
	return makeVar(relation, attribute->attnum, attribute->atttypid, attribute->atttypmod, attribute->attcollation, 0);
}

/*
 * Let the leader's query have a further column: it as what the nodes get.
 */
static Var *
send(Query *source, Expr *expr)
{
	int			n = list_length(source->targetList) + 1;

	source->targetList = lappend(source->targetList, makeTargetEntry(expr, n, psprintf("c%d", n), false));
	return makeVar(SENT, n, exprType((Node *) expr), exprTypmod((Node *) expr), exprCollation((Node *) expr), 0);
}

/*
 * Is a row of the target the one that the leader means?  What that takes is sent.
 */
static Expr *
same_row(Query *source, Index relation, Relation rel, RsDistStyle style)
{
	TupleDesc	desc = RelationGetDescr(rel);
	RowExpr    *row = makeNode(RowExpr);
	Expr	   *same;
	int			i;

	if (style != RS_DIST_ALL)
		return rs_row_has_address(TARGET, (Expr *) makeConst(REGCLASSOID, -1, InvalidOid, sizeof(Oid),
															 ObjectIdGetDatum(RelationGetRelid(rel)), false, true),
								  (Expr *) send(source, (Expr *) rs_row_address(relation)));
	row->row_typeid = RECORDOID;
	row->row_format = COERCE_EXPLICIT_CALL;
	row->location = -1;
	for (i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped)
			continue;
		row->args = lappend(row->args, send(source, (Expr *) column(relation, TupleDescAttr(desc, i))));
		row->colnames = lappend(row->colnames, makeString(psprintf("f%d", list_length(row->args))));
	}
	same = make_opclause(OpernameGetOprid(list_make2(makeString("pg_catalog"), makeString("*=")), RECORDOID, RECORDOID),
						 BOOLOID, false,
						 (Expr *) makeVar(TARGET, InvalidAttrNumber, rel->rd_rel->reltype, -1, InvalidOid, 0),
						 (Expr *) row, InvalidOid, InvalidOid);
	set_opfuncid((OpExpr *) same);
	return same;
}

typedef struct Returned
{
	Query	   *source;
	Index		target;
} Returned;

/*
 * RETURNING over the changed row and what was sent.
 */
static Node *
returned(Node *node, Returned *context)
{
	Var		   *var = (Var *) node;

	if (node == NULL || !IsA(node, Var))
		return expression_tree_mutator(node, returned, context);
	if (var->varno != (int) context->target)
		return (Node *) send(context->source, (Expr *) copyObject(var));
	var = copyObject(var);
	var->varno = var->varnosyn = TARGET;
	return (Node *) var;
}

static bool
cannot_split_node(Node *node, Index *target)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink) || (IsA(node, Var) && ((Var *) node)->varno == (int) *target && ((Var *) node)->varattno <= 0))
		return true;
	return expression_tree_walker(node, cannot_split_node, target);
}

/*
 * WHERE CURRENT OF: the nodes know the row already.
 */
static bool
names_cursor(Node *node, void *context)
{
	return node != NULL && (IsA(node, CurrentOfExpr) || expression_tree_walker(node, names_cursor, context));
}

static bool
has_primary_key(Oid relid)
{
	Relation	rel = table_open(relid, NoLock);
	bool		has;

	(void) RelationGetIndexList(rel);
	has = OidIsValid(rel->rd_pkindex);
	table_close(rel, NoLock);
	return has;
}

bool
rs_change_can_split(const Query *query)
{
	Index		target = query->resultRelation;
	AttrNumber	key;
	ListCell   *lc;

	if ((query->commandType != CMD_UPDATE && query->commandType != CMD_DELETE) ||
		cannot_split_node((Node *) query->returningList, &target) ||
		cannot_split_node((Node *) query->withCheckOptions, &target) ||
		names_cursor((Node *) query->jointree, NULL))
		return false;

	/* Rows of partitions have addresses in these. */
	if (rt_fetch(target, query->rtable)->relkind != RELKIND_RELATION)
		return false;

	/* Several columns from one subquery. */
	foreach(lc, query->targetList)
		if (lfirst_node(TargetEntry, lc)->resjunk)
			return false;
	return rs_table_spread(rt_fetch(target, query->rtable)->relid, &key) != RS_DIST_ALL ||
		!contain_volatile_functions((Node *) query->targetList) ||
		(list_length(query->jointree->fromlist) == 1 && has_primary_key(rt_fetch(target, query->rtable)->relid));
}

Query *
rs_change_split(const Query *original, Query **source, AttrNumber *key)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *target = copyObject(rt_fetch(original->resultRelation, original->rtable));
	RangeTblEntry *read;
	RangeTblRef *ref = makeNode(RangeTblRef);
	Relation	rel = table_open(target->relid, NoLock);
	Returned	context = {NULL, original->resultRelation};
	RsDistStyle style = rs_table_spread(target->relid, key);
	ListCell   *lc;

	*source = context.source = copyObject(unconstify(Query *, original));
	read = rt_fetch(original->resultRelation, (*source)->rtable);
	(*source)->commandType = CMD_SELECT;
	(*source)->resultRelation = 0;
	(*source)->targetList = (*source)->returningList = (*source)->withCheckOptions = NIL;

	read->inFromCl = true;
	read->requiredPerms = 0;

	query->commandType = original->commandType;
	query->canSetTag = original->canSetTag;
	query->queryId = original->queryId;
	query->stmt_location = original->stmt_location;
	query->stmt_len = original->stmt_len;
	query->resultRelation = TARGET;
	target->securityQuals = NIL;
	query->rtable = list_make1(target);
	ref->rtindex = SENT;
	query->jointree = makeFromExpr(list_make1(ref), (Node *) same_row(*source, original->resultRelation, rel, style));
	if (style != RS_DIST_KEY)
		*key = InvalidAttrNumber;
	else
	{
		(void) send(*source, (Expr *) column(original->resultRelation, TupleDescAttr(RelationGetDescr(rel), *key - 1)));
		*key = list_length((*source)->targetList);
	}
	foreach(lc, original->targetList)
	{
		TargetEntry *entry = copyObject(lfirst_node(TargetEntry, lc));

		if (original->commandType == CMD_DELETE)
			break;
		entry->expr = (Expr *) send(*source, entry->expr);
		query->targetList = lappend(query->targetList, entry);
	}
	query->returningList = (List *) returned((Node *) copyObject(original->returningList), &context);
	query->withCheckOptions = (List *) returned((Node *) copyObject(original->withCheckOptions), &context);
	table_close(rel, NoLock);
	return query;
}
