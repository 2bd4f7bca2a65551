/*
 * key_values.c
 *	  The values of a distribution key that a query's conditions leave, and the nodes
 *	  that have them.
 *
 * Conditions are looked at as they are written or as the planner has completed them,
 * with what equivalence classes imply: key = value, key IN (...), key IS NULL, a key
 * that is a boolean, AND and OR of these.  A value may be any expression that the
 * leader can evaluate once.  Equality has to be that of the key's hash function, and a
 * value's type one whose equal values hash alike.
 *
 * A restriction is a list of four: expressions of values, expressions of arrays of
 * values, a list of the key's collation, a list that tells whether the key may be NULL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "mpp/cluster/distribution.h"
#include "mpp/cluster/key_values.h"
#include "mpp/cluster/table.h"
#include "mpp/plan/spread.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

/* An array whose length is not known counts as one of so many values. */
#define UNKNOWN_LENGTH		10

static List *of_clause(Node *clause, const Var *key);

/* ---------------------------------------------------------------------
 * Restrictions
 * ---------------------------------------------------------------------
 */

static List *
restriction(const Var *key, List *values, List *arrays, bool null)
{
	return list_make4(values, arrays, list_make1_oid(key->varcollid), list_make1_int(null));
}

static bool
may_be_null(List *restriction)
{
	return linitial_int(lfourth(restriction)) != 0;
}

/*
 * About how many values?
 */
static int
size_of(List *restriction)
{
	int			size = list_length(linitial(restriction)) + may_be_null(restriction);
	ListCell   *lc;

	foreach(lc, (List *) lsecond(restriction))
	{
		Const	   *array = lfirst(lc);

		if (IsA(array, Const) && !array->constisnull)
			size += ArrayGetNItems(ARR_NDIM(DatumGetArrayTypeP(array->constvalue)),
								   ARR_DIMS(DatumGetArrayTypeP(array->constvalue)));
		else
			size += UNKNOWN_LENGTH;
	}
	return size;
}

static bool
no_value(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) || IsA(node, PlaceHolderVar) || IsA(node, Aggref) || IsA(node, WindowFunc) ||
		IsA(node, GroupingFunc) || IsA(node, SubLink) || IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) ||
		IsA(node, CurrentOfExpr) || IsA(node, SetToDefault))
		return true;
	return expression_tree_walker(node, no_value, context);
}

/*
 * Can the leader evaluate it, once?
 */
static bool
is_value(Node *node)
{
	return !no_value(node, NULL) && !contain_volatile_functions(node) && !expression_returns_set(node);
}

static bool
is_key(Node *node, const Var *key)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node != NULL && IsA(node, Var) && ((Var *) node)->varno == key->varno &&
		((Var *) node)->varattno == key->varattno && ((Var *) node)->varlevelsup == 0;
}

/*
 * Does an operator find only such values equal to a key as hash alike with it?  input:
 * the key as the operator gets it.
 */
static bool
finds_by_hash(Oid operator, Oid collation, Node *input, Oid value_type, const Var *key)
{
	return rs_distribution_equality(operator, exprType(input)) &&
		rs_distribution_alike(key->vartype, key->varcollid, value_type, key->varcollid, collation);
}

static List *
of_equality(OpExpr *op, const Var *key)
{
	int			side;

	if (list_length(op->args) != 2)
		return NIL;
	for (side = 0; side < 2; side++)
	{
		Node	   *mine = list_nth(op->args, side);
		Node	   *value = list_nth(op->args, 1 - side);

		if (is_key(mine, key) && is_value(value) &&
			finds_by_hash(op->opno, op->inputcollid, mine, exprType(value), key))
			return restriction(key, list_make1(value), NIL, false);
	}
	return NIL;
}

static List *
of_array(ScalarArrayOpExpr *op, const Var *key)
{
	Node	   *mine = linitial(op->args);
	Node	   *array = lsecond(op->args);
	Oid			element = get_base_element_type(exprType(array));

	if (!op->useOr || !is_key(mine, key) || !is_value(array) || !OidIsValid(element) ||
		!finds_by_hash(op->opno, op->inputcollid, mine, element, key))
		return NIL;
	return restriction(key, NIL, list_make1(array), false);
}

/*
 * What both imply.
 */
static List *
either(List *a, List *b)
{
	if (linitial_oid(lthird(a)) != linitial_oid(lthird(b)))
		return NIL;
	return list_make4(list_union(linitial(a), linitial(b)), list_union(lsecond(a), lsecond(b)), lthird(a),
					  list_make1_int(may_be_null(a) || may_be_null(b)));
}

/*
 * All arms of OR must say something.
 */
static List *
of_or(List *arms, const Var *key)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, arms)
	{
		List	   *arm = of_clause(lfirst(lc), key);

		if (arm == NIL)
			return NIL;
		result = result == NIL ? arm : either(result, arm);
	}
	return result;
}

static List *
of_clause(Node *clause, const Var *key)
{
	if (clause == NULL)
		return NIL;
	if (IsA(clause, RestrictInfo))
		clause = (Node *) ((RestrictInfo *) clause)->clause;
	if (key->vartype == BOOLOID && is_key(clause, key))
		return restriction(key, list_make1(makeBoolConst(true, false)), NIL, false);
	switch (nodeTag(clause))
	{
		case T_OpExpr:
			return of_equality((OpExpr *) clause, key);
		case T_ScalarArrayOpExpr:
			return of_array((ScalarArrayOpExpr *) clause, key);
		case T_NullTest:
			if (((NullTest *) clause)->nulltesttype == IS_NULL && !((NullTest *) clause)->argisrow &&
				is_key((Node *) ((NullTest *) clause)->arg, key))
				return restriction(key, NIL, NIL, true);
			return NIL;
		case T_BoolExpr:
			if (is_orclause(clause))
				return of_or(((BoolExpr *) clause)->args, key);
			if (is_andclause(clause))
				return rs_key_restriction(((BoolExpr *) clause)->args, key);
			if (key->vartype == BOOLOID && is_key(linitial(((BoolExpr *) clause)->args), key))
				return restriction(key, list_make1(makeBoolConst(false, false)), NIL, false);
			return NIL;
		case T_List:
			return rs_key_restriction((List *) clause, key);
		default:
			return NIL;
	}
}

List *
rs_key_restriction(List *clauses, const Var *key)
{
	List	   *best = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		List	   *other = of_clause(lfirst(lc), key);

		if (other != NIL && (best == NIL || size_of(other) < size_of(best)))
			best = other;
	}
	return best;
}

static Var *
key_of_table(Oid relid, Index relation, AttrNumber attno)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(relid, attno, &type, &typmod, &collation);
	return makeVar(relation, attno, type, typmod, collation, 0);
}

static List *
add_column(List *columns, Node *node)
{
	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return IsA(node, Var) && ((Var *) node)->varlevelsup == 0 ? list_append_unique(columns, node) : columns;
}

List *
rs_key_restrictions(const Query *query, Index relation)
{
	RangeTblEntry *entry = rt_fetch(relation, query->rtable);
	List	   *quals = make_ands_implicit((Expr *) query->jointree->quals);
	List	   *result = NIL;
	List	   *keys;
	AttrNumber	attno;
	ListCell   *lc;

	if (entry->rtekind != RTE_RELATION || rs_table_spread(entry->relid, &attno) != RS_DIST_KEY)
		return NIL;
	keys = list_make1(key_of_table(entry->relid, relation, attno));

	/* Columns that are equal to the key; what is found is looked at in its turn. */
	foreach(lc, keys)
	{
		Var		   *key = lfirst(lc);
		List	   *one = rs_key_restriction(quals, key);
		ListCell   *qual;

		if (one != NIL)
			result = list_append_unique(result, one);
		foreach(qual, quals)
		{
			OpExpr	   *op = lfirst(qual);

			if (!rs_spread_equates((Expr *) op))
				continue;
			if (is_key(linitial(op->args), key))
				keys = add_column(keys, lsecond(op->args));
			else if (is_key(lsecond(op->args), key))
				keys = add_column(keys, linitial(op->args));
		}
	}
	return result;
}

static List *
lone(List *restrictions)
{
	ListCell   *lc;

	foreach(lc, restrictions)
	{
		List	   *one = lfirst(lc);

		if (lsecond(one) == NIL && list_length(linitial(one)) + may_be_null(one) == 1)
			return one;
	}
	return NIL;
}

bool
rs_key_values_lone(List *restrictions)
{
	return lone(restrictions) != NIL;
}

bool
rs_key_values_same(List *a, List *b)
{
	return lone(a) != NIL && equal(lone(a), lone(b));
}

/* ---------------------------------------------------------------------
 * In a plan
 * ---------------------------------------------------------------------
 */

List *
rs_key_expressions(List *restrictions)
{
	List	   *expressions = NIL;
	ListCell   *lc;

	foreach(lc, restrictions)
	{
		expressions = list_concat(expressions, (List *) linitial((List *) lfirst(lc)));
		expressions = list_concat(expressions, (List *) lsecond((List *) lfirst(lc)));
	}
	return expressions;
}

List *
rs_key_shapes(List *restrictions)
{
	List	   *shapes = NIL;
	ListCell   *lc;

	foreach(lc, restrictions)
	{
		List	   *one = lfirst(lc);

		shapes = lappend(shapes, list_make2(list_make3_int(list_length(linitial(one)), list_length(lsecond(one)),
														   may_be_null(one)),
											lthird(one)));
	}
	return shapes;
}

/* ---------------------------------------------------------------------
 * Running
 * ---------------------------------------------------------------------
 */

static Bitmapset *
add_nodes_of_array(Bitmapset *nodes, const RsCluster *cluster, Datum value, Oid collation)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	Oid			element = ARR_ELEMTYPE(array);
	RsDistribution *distribution = rs_distribution_create(1, &element, &collation, cluster->nslices);
	int16		length;
	bool		by_value;
	char		align;
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			i;

	get_typlenbyvalalign(element, &length, &by_value, &align);
	deconstruct_array(array, element, length, by_value, align, &values, &nulls, &n);
	for (i = 0; i < n; i++)
		if (!nulls[i])
			nodes = bms_add_member(nodes, cluster->slice_nodes[rs_distribution_slice(distribution, &values[i], &nulls[i])]);
	pfree(distribution);
	return nodes;
}

static Bitmapset *
nodes_of(const RsCluster *cluster, List *shape, List *states, int *next, ExprContext *econtext)
{
	List	   *counts = linitial(shape);
	Oid			collation = linitial_oid(lsecond(shape));
	int			nvalues = linitial_int(counts);
	int			total = nvalues + lsecond_int(counts);
	Bitmapset  *nodes = NULL;
	int			i;

	for (i = 0; i < total; i++)
	{
		ExprState  *state = list_nth(states, (*next)++);
		Oid			type = exprType((Node *) state->expr);
		bool		isnull;
		Datum		value = ExecEvalExprSwitchContext(state, econtext, &isnull);

		/* Nothing is equal to NULL. */
		if (isnull)
			continue;
		if (i < nvalues)
			nodes = bms_add_member(nodes, cluster->slice_nodes[
				rs_distribution_slice(rs_distribution_create(1, &type, &collation, cluster->nslices), &value, &isnull)]);
		else
			nodes = add_nodes_of_array(nodes, cluster, value, collation);
	}
	if (lthird_int(counts))
		nodes = bms_add_member(nodes, cluster->slice_nodes[
			rs_distribution_slice(rs_distribution_create(0, NULL, NULL, cluster->nslices), NULL, NULL)]);
	return nodes;
}

Bitmapset *
rs_key_nodes(const RsCluster *cluster, List *shapes, List *values, int *next, ExprContext *econtext)
{
	Bitmapset  *nodes = NULL;
	ListCell   *lc;

	foreach(lc, shapes)
	{
		Bitmapset  *some = nodes_of(cluster, lfirst(lc), values, next, econtext);

		nodes = foreach_current_index(lc) == 0 ? some : bms_int_members(nodes, some);
	}
	return nodes;
}
