/*
 * membership.c
 *	  x [NOT] IN (SELECT y ...) as joins.
 *
 * PostgreSQL makes a semi join of x IN (SELECT ...) unless the subquery is correlated,
 * and none of NOT IN: that asks a hash table for each row, or runs the subquery anew.
 * It makes joins of [NOT] EXISTS, so before planning these conditions of WHERE, which
 * count only when they are true, become such:
 *
 *		x IN (SELECT y FROM s WHERE c)
 *			EXISTS (SELECT FROM s WHERE c AND x = y)
 *		x NOT IN (SELECT y FROM s WHERE c), neither side ever NULL
 *			NOT EXISTS (SELECT FROM s WHERE c AND x = y)
 *		the same, correlated, else
 *			NOT EXISTS (SELECT FROM s WHERE c AND (x = y) IS NOT FALSE)
 *		the same, not correlated, so that what has no x runs once at most
 *			NOT EXISTS (SELECT FROM s WHERE c AND x = y)
 *			AND (x IS NOT NULL OR NOT EXISTS (SELECT FROM s WHERE c))
 *			AND NOT EXISTS (SELECT FROM s WHERE c AND y IS NULL)
 *
 * A NULL among the y lets no x pass, and no NULL x passes unless there is no y at all.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/decorrelate.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

static bool
is_plain_select(Query *query)
{
	return query->commandType == CMD_SELECT && !query->hasAggs && !query->hasWindowFuncs &&
		!query->hasTargetSRFs && !query->hasModifyingCTE && query->groupClause == NIL &&
		!query->hasDistinctOn && query->groupingSets == NIL && query->havingQual == NULL &&
		query->limitCount == NULL && query->limitOffset == NULL && query->setOperations == NULL &&
		query->cteList == NIL && query->rowMarks == NIL && query->jointree->fromlist != NIL &&
		!contain_volatile_functions((Node *) query) &&
		!checkExprHasSubLink((Node *) query->targetList);
}

/* ---------------------------------------------------------------------
 * What is never NULL
 * ---------------------------------------------------------------------
 */

static bool
has_outer_join(Node *node)
{
	ListCell   *lc;

	if (IsA(node, JoinExpr))
		return ((JoinExpr *) node)->jointype != JOIN_INNER ||
			has_outer_join(((JoinExpr *) node)->larg) || has_outer_join(((JoinExpr *) node)->rarg);
	if (IsA(node, FromExpr))
		foreach(lc, ((FromExpr *) node)->fromlist)
			if (has_outer_join(lfirst(lc)))
				return true;
	return false;
}

/*
 * Does a column's NOT NULL hold for all rows?  Tables that inherit may have dropped it
 * (partitions may not), and nobody enforces a foreign table's.
 */
static bool
enforces_not_null(const RangeTblEntry *rte)
{
	return rte->rtekind == RTE_RELATION &&
		(rte->relkind == RELKIND_PARTITIONED_TABLE ||
		 (rte->relkind == RELKIND_RELATION && !(rte->inh && has_subclass(rte->relid))));
}

/*
 * Is the expression of the query a column that is declared NOT NULL?
 */
static bool
is_never_null(Query *query, Node *expr)
{
	Var		   *var = (Var *) expr;
	RangeTblEntry *rte;
	HeapTuple	tuple;
	bool		notnull;

	while (expr != NULL && IsA(expr, RelabelType))
	{
		expr = (Node *) ((RelabelType *) expr)->arg;
		var = (Var *) expr;
	}
	if (expr == NULL || !IsA(expr, Var) || var->varlevelsup != 0 || var->varattno <= 0 ||
		has_outer_join((Node *) query->jointree))
		return false;
	rte = rt_fetch(var->varno, query->rtable);
	if (!enforces_not_null(rte))
		return false;
	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(rte->relid), Int16GetDatum(var->varattno));
	if (!HeapTupleIsValid(tuple))
		return false;
	notnull = ((Form_pg_attribute) GETSTRUCT(tuple))->attnotnull;
	ReleaseSysCache(tuple);
	return notnull;
}

/* ---------------------------------------------------------------------
 * The comparison
 * ---------------------------------------------------------------------
 */

/*
 * The comparison as a condition of the subquery: its columns in place of their
 * parameters, what was the query's one level up.
 */
static Node *
columns_for_params(Node *node, Query *subquery)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_SUBLINK)
		return copyObject((Node *) list_nth_node(TargetEntry, subquery->targetList,
												 ((Param *) node)->paramid - 1)->expr);
	return expression_tree_mutator(node, columns_for_params, subquery);
}

static Node *
inner_comparison(SubLink *link)
{
	Node	   *comparison = copyObject(link->testexpr);

	IncrementVarSublevelsUp(comparison, 1, 0);
	return columns_for_params(comparison, (Query *) link->subselect);
}

/*
 * The y of a comparison, whatever type it is compared as.
 */
static Node *
y_param(const OpExpr *op)
{
	Node	   *y = lsecond(op->args);

	while (IsA(y, RelabelType))
		y = (Node *) ((RelabelType *) y)->arg;
	return y;
}

/*
 * The comparisons, if all are equalities of an x and a y: NULL if and only if a side
 * is.
 */
static List *
equalities(Node *testexpr)
{
	List	   *clauses = is_andclause(testexpr) ? ((BoolExpr *) testexpr)->args : list_make1(testexpr);
	ListCell   *lc;

	foreach(lc, clauses)
	{
		OpExpr	   *op = lfirst(lc);
		TypeCacheEntry *cache;

		if (!IsA(op, OpExpr) || list_length(op->args) != 2 || !IsA(y_param(op), Param) ||
			!op_strict(op->opno))
			return NIL;
		cache = lookup_type_cache(exprType(linitial(op->args)), TYPECACHE_BTREE_OPFAMILY);
		if (!OidIsValid(cache->btree_opf) ||
			get_op_opfamily_strategy(op->opno, cache->btree_opf) != BTEqualStrategyNumber)
			return NIL;
	}
	return clauses;
}

/* ---------------------------------------------------------------------
 * Rewriting
 * ---------------------------------------------------------------------
 */

/*
 * [NOT] EXISTS (the subquery with one more condition).
 */
static Node *
existence(SubLink *link, Node *condition, bool exists)
{
	SubLink    *result = makeNode(SubLink);
	Query	   *subquery = copyObject((Query *) link->subselect);
	List	   *conditions = make_ands_implicit((Expr *) subquery->jointree->quals);

	if (condition != NULL)
		conditions = lappend(list_copy(conditions), condition);
	subquery->jointree->quals = conditions != NIL ? (Node *) make_ands_explicit(conditions) : NULL;
	result->subLinkType = EXISTS_SUBLINK;
	result->subselect = (Node *) subquery;
	result->location = -1;
	return exists ? (Node *) result : (Node *) make_notclause((Expr *) result);
}

static Node *
null_test(Node *arg, NullTestType type)
{
	NullTest   *test = makeNode(NullTest);

	test->arg = (Expr *) arg;
	test->nulltesttype = type;
	test->location = -1;
	return (Node *) test;
}

static Node *
is_not_false(Node *arg)
{
	BooleanTest *test = makeNode(BooleanTest);

	test->arg = (Expr *) arg;
	test->booltesttype = IS_NOT_FALSE;
	test->location = -1;
	return (Node *) test;
}

static List *
not_in(Query *query, SubLink *link, bool correlated)
{
	Query	   *subquery = (Query *) link->subselect;
	List	   *compared = equalities(link->testexpr);
	bool		x_null = false;
	bool		y_null = false;
	List	   *conditions;
	ListCell   *lc;
	Node	   *x;
	TargetEntry *y;

	if (compared == NIL)
		return NIL;
	foreach(lc, compared)
	{
		OpExpr	   *op = lfirst_node(OpExpr, lc);

		y = list_nth_node(TargetEntry, subquery->targetList, castNode(Param, y_param(op))->paramid - 1);
		x_null |= !is_never_null(query, linitial(op->args));
		y_null |= !is_never_null(subquery, (Node *) y->expr);
	}
	if (correlated && (x_null || y_null))
		return list_make1(existence(link, is_not_false(inner_comparison(link)), false));
	if ((x_null || y_null) && list_length(compared) > 1)
		return NIL;
	conditions = list_make1(existence(link, inner_comparison(link), false));
	x = linitial(linitial_node(OpExpr, compared)->args);
	y = linitial_node(TargetEntry, subquery->targetList);
	if (x_null)
		conditions = lappend(conditions,
							 make_orclause(list_make2(null_test(copyObject(x), IS_NOT_NULL),
													  existence(link, NULL, false))));
	if (y_null)
		conditions = lappend(conditions,
							 existence(link, null_test(copyObject((Node *) y->expr), IS_NULL), false));
	return conditions;
}

List *
rs_membership_as_existence(Query *query, Node *condition)
{
	bool		negated = is_notclause(condition);
	SubLink    *link = negated ? (SubLink *) get_notclausearg(condition) : (SubLink *) condition;
	Query	   *subquery;
	bool		correlated;

	if (link == NULL || !IsA(link, SubLink) || link->subLinkType != ANY_SUBLINK ||
		!IsA(link->subselect, Query))
		return NIL;
	subquery = (Query *) link->subselect;
	correlated = contain_vars_of_level((Node *) subquery, 1);
	/* A correlated one has been asked for few rows only, maybe. */
	if ((!negated && !correlated) || !is_plain_select(subquery) ||
		(correlated && (rs_expression_may_fail(subquery->jointree->quals) ||
						rs_expression_may_fail((Node *) subquery->targetList) ||
						rs_expression_may_fail(link->testexpr))) ||
		!rs_reads_redshift((Node *) subquery) || checkExprHasSubLink(link->testexpr) ||
		contain_volatile_functions(link->testexpr))
		return NIL;
	if (negated)
		return not_in(query, link, correlated);
	return list_make1(existence(link, inner_comparison(link), true));
}
