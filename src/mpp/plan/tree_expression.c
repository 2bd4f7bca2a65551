/*
 * tree_expression.c
 *	  The planner's expressions as those of the SQL of an algebra tree.
 *
 * A column of an input is put wherever the input says what that column is; what is left
 * then is of the operation itself.  Text has to say of collations what expressions of the
 * planner know without it.
 */
#include "postgres.h"

#include "mpp/change/row_address.h"
#include "mpp/plan/tree_expression.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"

Node *
rs_carry_column(Node *expr, int entry, int attno, int levels_up)
{
	return (Node *) makeVar(entry, attno, exprType(expr), exprTypmod(expr), exprCollation(expr), levels_up);
}

static Node *
input_column(Node *node, RsCarry *carry)
{
	int			side;

	if (IsA(node, Const) || IsA(node, Param))
		return NULL;
	for (side = 0; side < 2; side++)
	{
		ListCell   *lc;
		int			attno = 0;

		foreach(lc, carry->columns[side])
		{
			attno++;
			if (equal(lfirst(lc), node))
				return rs_carry_column(node, carry->inside ? 1 : side + 1, attno,
								  side == 0 ? carry->levels_up : 0);
		}
	}
	return NULL;
}

/*
 * The planner makes COLLATE a relabelling; as text it has to be COLLATE again.
 */
static Node *
with_collation(RelabelType *relabel)
{
	CollateExpr *collate;

	if (!OidIsValid(relabel->resultcollid) || relabel->resultcollid == exprCollation((Node *) relabel->arg))
		return (Node *) relabel;
	collate = makeNode(CollateExpr);
	collate->collOid = relabel->resultcollid;
	collate->location = -1;
	collate->arg = (Expr *) relabel;
	relabel->resultcollid = exprCollation((Node *) relabel->arg);
	return (Node *) collate;
}

/*
 * The arguments of what depends on a collation; NULL for kinds without them.
 */
static List *
collated_arguments(Node *node)
{
	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			return ((OpExpr *) node)->args;
		case T_ScalarArrayOpExpr:
			return ((ScalarArrayOpExpr *) node)->args;
		case T_FuncExpr:
			return ((FuncExpr *) node)->args;
		case T_MinMaxExpr:
			return ((MinMaxExpr *) node)->args;
		default:
			return NIL;
	}
}

/*
 * Where a collation was given that an argument has anyhow, the planner has dropped it,
 * and conditions that it made itself may compare expressions of several: so where the
 * text would not say which is meant, each argument does.
 */
static Node *
with_input_collation(Node *node)
{
	Oid			wanted = exprInputCollation(node);
	List	   *args = collated_arguments(node);
	bool		others = false;
	ListCell   *lc;

	foreach(lc, args)
	{
		Oid			collation = exprCollation(lfirst(lc));

		others |= OidIsValid(collation) && collation != wanted;
	}
	foreach(lc, args)
	{
		CollateExpr *collate;

		if (!others || !OidIsValid(exprCollation(lfirst(lc))))
			continue;
		collate = makeNode(CollateExpr);
		collate->collOid = wanted;
		collate->location = -1;
		collate->arg = lfirst(lc);
		lfirst(lc) = collate;
	}
	return node;
}

Node *
rs_carry_over(Node *node, RsCarry *carry)
{
	Node	   *column;

	if (node == NULL)
		return NULL;
	if (IsA(node, RestrictInfo))
		return rs_carry_over((Node *) ((RestrictInfo *) node)->clause, carry);
	if (IsA(node, List))
		return expression_tree_mutator(node, rs_carry_over, carry);
	if ((column = input_column(node, carry)) != NULL)
		return column;
	if (IsA(node, PlaceHolderVar))
		return rs_carry_over((Node *) ((PlaceHolderVar *) node)->phexpr, carry);
	if (rs_text_is_leaders(node))
		return rs_text_parameter(carry->builder, copyObject((Expr *) node));
	if (IsA(node, RelabelType))
		return with_collation((RelabelType *) expression_tree_mutator(node, rs_carry_over, carry));
	if (OidIsValid(exprInputCollation(node)))
		return with_input_collation(expression_tree_mutator(node, rs_carry_over, carry));
	if (IsA(node, Var))
	{
		Var		   *var = copyObject((Var *) node);

		if (var->varno != carry->relid || var->varlevelsup != 0)
			elog(ERROR, "column %d of relation %d is not an input of a fragment", var->varattno, var->varno);
		if (rs_is_row_address(node))
			return (Node *) rs_row_address_at_node(1);
		var->varno = 1;
		var->varnosyn = 0;
		var->varattnosyn = 0;
		return (Node *) var;
	}
	return expression_tree_mutator(node, rs_carry_over, carry);
}

Node *
rs_carry_conjunction(List *clauses, RsCarry *carry)
{
	List	   *list = (List *) rs_carry_over((Node *) clauses, carry);

	return list == NIL ? NULL : (Node *) make_ands_explicit(list);
}
