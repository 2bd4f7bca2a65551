/*
 * logic.c
 *	  AND, OR, NOT, CASE, COALESCE and tests for NULL and truth over vectors.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "vector/expr/expr.h"

/* ---------------------------------------------------------------------
 * AND, OR, NOT
 * ---------------------------------------------------------------------
 */

/*
 * Take in one argument's values for the rows numbers[0 .. n) (NULL: all):
 * decided rows have met the value that ends the matter (false for AND, true for
 * OR), unknown ones a NULL.
 */
static void
combine(const RsVector *arg, uint32 n, const uint32 *numbers, uint8 deciding, uint8 *decided,
		uint8 *unknown)
{
	const uint8 *value = arg->data;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		uint32		from = arg->constant ? 0 : i;
		uint32		row = numbers != NULL ? numbers[i] : i;
		uint8		null = arg->null != NULL ? arg->null[from] : 0;

		decided[row] |= (value[from] == deciding) & ~null;
		unknown[row] |= null;
	}
}

/*
 * variant: the deciding value, 0 for AND, 1 for OR.
 */
static const RsVector *
eval_and_or(RsExpr *expr, RsRows *rows)
{
	uint8		deciding = (uint8) expr->variant;
	uint8	   *decided = rs_arena_alloc(rows->arena, rows->n);
	uint8	   *unknown = rs_arena_alloc(rows->arena, rows->n);
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *value = result->data;
	uint8		any_null = 0;
	uint32		i;
	int			a;

	memset(decided, 0, rows->n);
	memset(unknown, 0, rows->n);
	for (a = 0; a < expr->nargs; a++)
	{
		uint32	   *open;
		uint32		n = 0;

		if (a == 0)
		{
			combine(rs_expr_eval(expr->args[a], rows), rows->n, NULL, deciding, decided, unknown);
			continue;
		}
		open = rs_arena_alloc(rows->arena, rows->n * sizeof(uint32));
		for (i = 0; i < rows->n; i++)
		{
			open[n] = i;
			n += !decided[i];
		}
		if (n == 0)
			break;
		/* Where most rows are open, to gather them would cost more than it saves. */
		if (n == rows->n || (expr->args[a]->safe && n > rows->n / 4 * 3))
		{
			combine(rs_expr_eval(expr->args[a], rows), rows->n, NULL, deciding, decided, unknown);
			continue;
		}
		combine(rs_expr_eval(expr->args[a], rs_rows_narrow(rows, open, n)), n, open, deciding,
				decided, unknown);
	}
	for (i = 0; i < rows->n; i++)
	{
		value[i] = decided[i] ? deciding : !deciding;
		unknown[i] &= !decided[i];
		any_null |= unknown[i];
	}
	result->null = any_null ? unknown : NULL;
	return result;
}

static const RsVector *
eval_not(RsExpr *expr, RsRows *rows)
{
	const RsVector *arg = rs_vector_flatten(rows->arena, rs_expr_eval(expr->args[0], rows), rows->n);
	RsVector   *result = rs_boolean_vector(rows);
	uint32		i;

	for (i = 0; i < rows->n; i++)
		((uint8 *) result->data)[i] = !((uint8 *) arg->data)[i];
	result->null = arg->null;
	return result;
}

static void
compile_args(RsExpr *expr, List *args)
{
	ListCell   *lc;

	expr->safe = true;
	foreach(lc, args)
	{
		expr->args[foreach_current_index(lc)] = rs_expr_compile(expr->env, lfirst(lc));
		expr->safe &= expr->args[foreach_current_index(lc)]->safe;
	}
}

static RsExpr *
compile_bool(RsExprEnv *env, BoolExpr *node)
{
	RsExpr	   *expr = rs_expr_create(env, (Node *) node, list_length(node->args));

	compile_args(expr, node->args);
	expr->eval = node->boolop == NOT_EXPR ? eval_not : eval_and_or;
	expr->variant = node->boolop == OR_EXPR;
	return expr;
}

/* ---------------------------------------------------------------------
 * Tests
 * ---------------------------------------------------------------------
 */

static const RsVector *
eval_null_test(RsExpr *expr, RsRows *rows)
{
	const RsVector *arg = rs_expr_eval(expr->args[0], rows);
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *value = result->data;
	uint8		is_null = expr->variant == IS_NULL;
	uint32		i;

	if (arg->null == NULL || arg->constant)
		memset(value, is_null == rs_vector_is_null(arg, 0), rows->n);
	else
		for (i = 0; i < rows->n; i++)
			value[i] = arg->null[i] == is_null;
	return result;
}

static const RsVector *
eval_boolean_test(RsExpr *expr, RsRows *rows)
{
	const RsVector *arg = rs_expr_eval(expr->args[0], rows);
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *value = result->data;
	uint32		i;

	for (i = 0; i < rows->n; i++)
	{
		bool		null = rs_vector_is_null(arg, i);
		bool		is_true = !null && ((uint8 *) arg->data)[arg->constant ? 0 : i];
		bool		is_false = !null && !is_true;

		switch ((BoolTestType) expr->variant)
		{
			case IS_TRUE:
				value[i] = is_true;
				break;
			case IS_NOT_TRUE:
				value[i] = !is_true;
				break;
			case IS_FALSE:
				value[i] = is_false;
				break;
			case IS_NOT_FALSE:
				value[i] = !is_false;
				break;
			case IS_UNKNOWN:
				value[i] = null;
				break;
			case IS_NOT_UNKNOWN:
				value[i] = !null;
				break;
		}
	}
	return result;
}

static RsExpr *
compile_test(RsExprEnv *env, Node *node, Expr *arg, int variant,
			 const RsVector *(*eval) (RsExpr *, RsRows *))
{
	RsExpr	   *expr = rs_expr_create(env, node, 1);

	compile_args(expr, list_make1(arg));
	expr->eval = eval;
	expr->variant = variant;
	return expr;
}

/* ---------------------------------------------------------------------
 * CASE, COALESCE
 * ---------------------------------------------------------------------
 */

/*
 * Split the numbers of the rows left by a flag of each: those set go to taken.
 */
static uint32
split(const uint8 *flags, uint32 *left, uint32 *nleft, uint32 *taken)
{
	uint32		ntaken = 0;
	uint32		kept = 0;
	uint32		i;

	for (i = 0; i < *nleft; i++)
	{
		if (flags[i])
			taken[ntaken++] = left[i];
		else
			left[kept++] = left[i];
	}
	*nleft = kept;
	return ntaken;
}

static uint32 *
all_rows(RsRows *rows)
{
	uint32	   *numbers = rs_arena_alloc(rows->arena, rows->n * sizeof(uint32));
	uint32		i;

	for (i = 0; i < rows->n; i++)
		numbers[i] = i;
	return numbers;
}

static RsRows *
rows_left(RsRows *rows, const uint32 *left, uint32 nleft)
{
	uint32	   *numbers;

	if (nleft == rows->n)
		return rows;
	/* The list changes while the rows are in use. */
	numbers = rs_arena_alloc(rows->arena, nleft * sizeof(uint32));
	memcpy(numbers, left, nleft * sizeof(uint32));
	return rs_rows_narrow(rows, numbers, nleft);
}

/*
 * args: condition, result, condition, result, ..., default.
 */
static const RsVector *
eval_case(RsExpr *expr, RsRows *rows)
{
	RsPiece    *pieces = rs_arena_alloc(rows->arena, (expr->nargs / 2 + 1) * sizeof(RsPiece));
	uint8	   *flags = rs_arena_alloc(rows->arena, rows->n);
	uint32	   *left = all_rows(rows);
	uint32		nleft = rows->n;
	int			npieces = 0;
	int			a;

	for (a = 0; a < expr->nargs && nleft > 0; a += 2)
	{
		bool		is_default = a == expr->nargs - 1;
		RsPiece    *piece = &pieces[npieces];
		uint32	   *taken = rs_arena_alloc(rows->arena, nleft * sizeof(uint32));
		uint32		i;

		if (is_default)
			memset(flags, 1, nleft);
		else
		{
			const RsVector *when = rs_expr_eval(expr->args[a], rows_left(rows, left, nleft));

			for (i = 0; i < nleft; i++)
				flags[i] = !rs_vector_is_null(when, i) &&
					((uint8 *) when->data)[when->constant ? 0 : i];
		}
		piece->n = split(flags, left, &nleft, taken);
		if (piece->n == 0)
			continue;
		piece->rows = taken;
		piece->vector = rs_expr_eval(expr->args[is_default ? a : a + 1],
									 rows_left(rows, taken, piece->n));
		npieces++;
	}
	return rs_vector_merge(rows->arena, &expr->type, pieces, npieces, rows->n);
}

/*
 * In place of CaseTestExpr stands the value under test itself.
 */
static Node *
replace_case_test(Node *node, Node *value)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, CaseTestExpr))
		return copyObject(value);
	/* The placeholder of a nested CASE is its own. */
	if (IsA(node, CaseExpr) && ((CaseExpr *) node)->arg != NULL)
		return node;
	return expression_tree_mutator(node, replace_case_test, (void *) value);
}

static RsExpr *
compile_case(RsExprEnv *env, CaseExpr *node)
{
	RsExpr	   *expr;
	List	   *args = NIL;
	ListCell   *lc;

	if (node->arg != NULL && (contain_volatile_functions((Node *) node->arg) ||
							  contain_subplans((Node *) node->arg)))
		return NULL;
	foreach(lc, node->args)
	{
		CaseWhen   *when = lfirst_node(CaseWhen, lc);
		Node	   *condition = (Node *) when->expr;

		if (node->arg != NULL)
			condition = replace_case_test(condition, (Node *) node->arg);
		args = lappend(lappend(args, condition), when->result);
	}
	if (node->defresult != NULL)
		args = lappend(args, node->defresult);
	expr = rs_expr_create(env, (Node *) node, list_length(args));
	compile_args(expr, args);
	expr->eval = eval_case;
	return expr;
}

static const RsVector *
eval_coalesce(RsExpr *expr, RsRows *rows)
{
	RsPiece    *pieces = rs_arena_alloc(rows->arena, expr->nargs * sizeof(RsPiece));
	uint8	   *flags = rs_arena_alloc(rows->arena, rows->n);
	uint32	   *left = all_rows(rows);
	uint32		nleft = rows->n;
	int			npieces = 0;
	int			a;

	for (a = 0; a < expr->nargs && nleft > 0; a++)
	{
		RsPiece    *piece = &pieces[npieces];
		const RsVector *value = rs_expr_eval(expr->args[a], rows_left(rows, left, nleft));
		uint32	   *taken = rs_arena_alloc(rows->arena, nleft * sizeof(uint32));
		uint32	   *positions = rs_arena_alloc(rows->arena, nleft * sizeof(uint32));
		uint32		i;

		piece->n = 0;
		for (i = 0; i < nleft; i++)
		{
			flags[i] = !rs_vector_is_null(value, i);
			if (flags[i])
				positions[piece->n++] = i;
		}
		if (piece->n == 0)
			continue;
		piece->vector = rs_vector_gather(rows->arena, value, positions, piece->n);
		piece->rows = taken;
		(void) split(flags, left, &nleft, taken);
		npieces++;
	}
	return rs_vector_merge(rows->arena, &expr->type, pieces, npieces, rows->n);
}

static RsExpr *
compile_coalesce(RsExprEnv *env, CoalesceExpr *node)
{
	RsExpr	   *expr = rs_expr_create(env, (Node *) node, list_length(node->args));

	compile_args(expr, node->args);
	expr->eval = eval_coalesce;
	return expr;
}

static Node *
make_comparison(Oid operator, Node *left, Node *right, Oid collation)
{
	OpExpr	   *op = (OpExpr *) make_opclause(operator, BOOLOID, false, (Expr *) left, (Expr *) right,
											  InvalidOid, collation);

	set_opfuncid(op);
	return (Node *) op;
}

/*
 * (a, b) < (c, d) as a < c OR (a = c AND b < d), which is NULL in the same cases; if
 * nobody can notice that a is looked at twice, and b where a is NULL.
 */
static RsExpr *
compile_row_comparison(RsExprEnv *env, RowCompareExpr *node)
{
	int16		strategy = node->rctype == ROWCOMPARE_LT || node->rctype == ROWCOMPARE_LE ?
		BTLessStrategyNumber : BTGreaterStrategyNumber;
	Node	   *result = NULL;
	int			i;

	if (contain_volatile_functions((Node *) node) || contain_subplans((Node *) node) ||
		rs_may_fail((Node *) node->largs) || rs_may_fail((Node *) node->rargs))
		return NULL;
	for (i = list_length(node->opnos) - 1; i >= 0; i--)
	{
		Oid			operator = list_nth_oid(node->opnos, i);
		Oid			family = list_nth_oid(node->opfamilies, i);
		Oid			collation = list_nth_oid(node->inputcollids, i);
		Node	   *left = list_nth(node->largs, i);
		Node	   *right = list_nth(node->rargs, i);
		Oid			left_type;
		Oid			right_type;
		Oid			before;
		Oid			equal;

		if (result == NULL)
		{
			result = make_comparison(operator, left, right, collation);
			continue;
		}
		op_input_types(operator, &left_type, &right_type);
		before = get_opfamily_member(family, left_type, right_type, strategy);
		equal = get_opfamily_member(family, left_type, right_type, BTEqualStrategyNumber);
		if (!OidIsValid(before) || !OidIsValid(equal))
			return NULL;
		result = (Node *) make_andclause(list_make2(make_comparison(equal, left, right, collation),
													result));
		result = (Node *) make_orclause(list_make2(make_comparison(before, left, right, collation),
												   result));
	}
	return rs_expr_compile(env, result);
}

RsExpr *
rs_logic_compile(RsExprEnv *env, Node *node)
{
	switch (nodeTag(node))
	{
		case T_BoolExpr:
			return compile_bool(env, (BoolExpr *) node);
		case T_NullTest:
			if (((NullTest *) node)->argisrow)
				return NULL;
			return compile_test(env, node, ((NullTest *) node)->arg,
								((NullTest *) node)->nulltesttype, eval_null_test);
		case T_BooleanTest:
			return compile_test(env, node, ((BooleanTest *) node)->arg,
								((BooleanTest *) node)->booltesttype, eval_boolean_test);
		case T_CaseExpr:
			return compile_case(env, (CaseExpr *) node);
		case T_CoalesceExpr:
			return compile_coalesce(env, (CoalesceExpr *) node);
		case T_RowCompareExpr:
			return compile_row_comparison(env, (RowCompareExpr *) node);
		case T_ScalarArrayOpExpr:
			return rs_in_compile(env, (ScalarArrayOpExpr *) node);
		case T_DistinctExpr:
			return rs_distinct_compile(env, (DistinctExpr *) node);
		case T_NullIfExpr:
			return rs_null_if_compile(env, (NullIfExpr *) node);
		case T_MinMaxExpr:
			return rs_min_max_compile(env, (MinMaxExpr *) node);
		default:
			return NULL;
	}
}
