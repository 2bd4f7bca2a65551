/*
 * distinct.c
 *	  IS DISTINCT FROM, NULLIF, GREATEST and LEAST.
 *
 * The first two ask the equality of a type, which is a function as any other, about
 * vectors that are there already.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "utils/typcache.h"
#include "vector/expr/expr.h"

/* ---------------------------------------------------------------------
 * Equality
 * ---------------------------------------------------------------------
 */

/* An argument that has been evaluated, put in extra. */
static const RsVector *
eval_held(RsExpr *expr, RsRows *rows)
{
	return expr->extra;
}

/*
 * Both sides, and what the comparison in extra says of them.
 */
static const RsVector *
eval_equality(RsExpr *expr, RsRows *rows, const RsVector **left, const RsVector **right)
{
	RsExpr	   *equal = expr->extra;

	*left = rs_expr_eval(expr->args[0], rows);
	*right = rs_expr_eval(expr->args[1], rows);
	equal->args[0]->extra = (void *) *left;
	equal->args[1]->extra = (void *) *right;
	return rs_expr_eval(equal, rows);
}

static inline bool
boolean_at(const RsVector *vector, uint32 row)
{
	return ((uint8 *) vector->data)[vector->constant ? 0 : row];
}

/*
 * NULLs are equal to each other, and to nothing else.
 */
static const RsVector *
eval_distinct(RsExpr *expr, RsRows *rows)
{
	const RsVector *left;
	const RsVector *right;
	const RsVector *equal = eval_equality(expr, rows, &left, &right);
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *value = result->data;
	uint32		i;

	for (i = 0; i < rows->n; i++)
	{
		bool		left_null = rs_vector_is_null(left, i);
		bool		right_null = rs_vector_is_null(right, i);

		value[i] = left_null || right_null ? left_null != right_null : !boolean_at(equal, i);
	}
	return result;
}

static const RsVector *
eval_null_if(RsExpr *expr, RsRows *rows)
{
	const RsVector *left;
	const RsVector *right;
	const RsVector *equal = eval_equality(expr, rows, &left, &right);
	RsVector   *result = rs_arena_alloc(rows->arena, sizeof(RsVector));
	uint32		i;

	*result = *rs_vector_flatten(rows->arena, left, rows->n);
	result->dictionary = NULL;
	result->null = rs_arena_alloc(rows->arena, Max(rows->n, 1));
	for (i = 0; i < rows->n; i++)
		result->null[i] = rs_vector_is_null(left, i) ||
			(!rs_vector_is_null(equal, i) && boolean_at(equal, i));
	return result;
}

static RsExpr *
compile_equality(RsExprEnv *env, OpExpr *node, const RsVector *(*eval) (RsExpr *, RsRows *))
{
	RsExpr	   *expr = rs_expr_create(env, (Node *) node, 2);
	RsExpr	   *held[2];
	RsExpr	   *equal;
	int			a;

	set_opfuncid(node);
	for (a = 0; a < 2; a++)
	{
		expr->args[a] = rs_expr_compile(env, list_nth(node->args, a));
		held[a] = rs_expr_create(env, list_nth(node->args, a), 0);
		held[a]->type = expr->args[a]->type;
		held[a]->eval = eval_held;
		held[a]->safe = true;
	}
	equal = rs_function_create(env, (Node *) node, node->opfuncid, node->args, held, node->inputcollid);
	/* Equality that is asked about NULLs, or does not know, is left to the executor. */
	if (!equal->flinfo.fn_strict || equal->kernel == NULL || equal->type.typid != BOOLOID)
		return NULL;
	expr->safe = expr->args[0]->safe && expr->args[1]->safe && equal->safe;
	expr->extra = equal;
	expr->eval = eval;
	return expr;
}

RsExpr *
rs_distinct_compile(RsExprEnv *env, DistinctExpr *node)
{
	return compile_equality(env, (OpExpr *) node, eval_distinct);
}

RsExpr *
rs_null_if_compile(RsExprEnv *env, NullIfExpr *node)
{
	Node	   *left = linitial(node->args);
	RsExpr	   *expr;
	Oid			type = node->opresulttype;

	/* The node's type is the left one's; that of its equality is another thing. */
	if (exprType(left) != type)
		return NULL;
	node = copyObject(node);
	node->opresulttype = BOOLOID;
	expr = compile_equality(env, (OpExpr *) node, eval_null_if);
	if (expr != NULL)
		rs_vector_type_init(&expr->type, type);
	return expr;
}

/* ---------------------------------------------------------------------
 * GREATEST, LEAST
 * ---------------------------------------------------------------------
 */

typedef struct Order
{
	bool		greatest;
	FmgrInfo	compare;		/* of types without an order of our own */
	Oid			collation;
} Order;

static inline int
order_of(int64 x, int64 y)
{
	return (x > y) - (x < y);
}

/* Does a later value replace the one chosen?  Not if they are equal. */
static inline bool
replaces(const Order *order, int comparison)
{
	return order->greatest ? comparison < 0 : comparison > 0;
}

/*
 * The order of two rows' values that are not NULL.
 */
static int
compare_values(Order *order, const RsVectorType *type, const RsVector *a, const RsVector *b, uint32 row)
{
	bool		isnull;

	switch (type->typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case BOOLOID:
			return order_of(rs_vector_int(a, row), rs_vector_int(b, row));
		case FLOAT8OID:
			return rs_float_order(((double *) a->data)[a->constant ? 0 : row],
								  ((double *) b->data)[b->constant ? 0 : row]);
		case FLOAT4OID:
			return rs_float_order(((float *) a->data)[a->constant ? 0 : row],
								  ((float *) b->data)[b->constant ? 0 : row]);
		case NUMERICOID:
			if (a->form == RS_FORM_I64 && b->form == RS_FORM_I64 && a->scale == b->scale)
				return order_of((int64) rs_vector_numeric(a, row), (int64) rs_vector_numeric(b, row));
			break;
		default:
			break;
	}
	return DatumGetInt32(FunctionCall2Coll(&order->compare, order->collation,
										   rs_vector_datum(a, type, row, &isnull),
										   rs_vector_datum(b, type, row, &isnull)));
}

/*
 * For each row the number of the argument to take; NULLs are passed over.
 */
static void
choose(RsExpr *expr, RsRows *rows, const RsVector **args, uint16 *chosen)
{
	Order	   *order = expr->extra;
	MemoryContext old = MemoryContextSwitchTo(rows->values);
	uint32		i;
	int			a;

	for (i = 0; i < rows->n; i++)
	{
		chosen[i] = 0;
		for (a = 1; a < expr->nargs; a++)
		{
			if (rs_vector_is_null(args[a], i))
				continue;
			if (rs_vector_is_null(args[chosen[i]], i) ||
				replaces(order, compare_values(order, &expr->type, args[chosen[i]], args[a], i)))
				chosen[i] = (uint16) a;
		}
	}
	MemoryContextSwitchTo(old);
}

/*
 * Integers without NULLs; NULL: there is something else.
 */
static RsVector *
extreme_integers(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	bool		greatest = ((Order *) expr->extra)->greatest;
	const RsVector *best = args[0];
	RsVector   *result = NULL;
	int			a;

	if (expr->type.typid != INT4OID && expr->type.typid != DATEOID && expr->type.typid != INT8OID &&
		expr->type.typid != TIMESTAMPOID && expr->type.typid != TIMESTAMPTZOID)
		return NULL;
	for (a = 0; a < expr->nargs; a++)
		if (args[a]->null != NULL)
			return NULL;
	for (a = 1; a < expr->nargs; a++)
	{
		result = rs_vector_create(rows->arena, expr->type.form, rows->n);
		if (expr->type.form == RS_FORM_I32)
			rs_extreme_int32(greatest, rows->n, best->data, best->constant, args[a]->data,
							 args[a]->constant, result->data);
		else
			rs_extreme_int64(greatest, rows->n, best->data, best->constant, args[a]->data,
							 args[a]->constant, result->data);
		best = result;
	}
	return result;
}

static const RsVector *
eval_min_max(RsExpr *expr, RsRows *rows)
{
	const RsVector **args = rs_arena_alloc(rows->arena, expr->nargs * sizeof(RsVector *));
	uint16	   *chosen = rs_arena_alloc(rows->arena, rows->n * sizeof(uint16));
	RsPiece    *pieces = rs_arena_alloc(rows->arena, expr->nargs * sizeof(RsPiece));
	uint32	   *numbers = rs_arena_alloc(rows->arena, rows->n * sizeof(uint32));
	int			npieces = 0;
	RsVector   *result;
	uint32		i;
	int			a;

	for (a = 0; a < expr->nargs; a++)
		args[a] = rs_expr_eval(expr->args[a], rows);
	result = extreme_integers(expr, rows, args);
	if (result != NULL)
		return result;
	choose(expr, rows, args, chosen);
	for (a = 0; a < expr->nargs; a++)
	{
		RsPiece    *piece = &pieces[npieces];
		uint32		n = 0;

		for (i = 0; i < rows->n; i++)
		{
			numbers[n] = i;
			n += chosen[i] == a;
		}
		if (n == 0)
			continue;
		piece->n = n;
		piece->rows = numbers;
		piece->vector = rs_vector_gather(rows->arena, args[a], numbers, n);
		numbers = rs_arena_alloc(rows->arena, rows->n * sizeof(uint32));
		npieces++;
	}
	return rs_vector_merge(rows->arena, &expr->type, pieces, npieces, rows->n);
}

RsExpr *
rs_min_max_compile(RsExprEnv *env, MinMaxExpr *node)
{
	TypeCacheEntry *cache = lookup_type_cache(node->minmaxtype, TYPECACHE_CMP_PROC);
	int			nargs = list_length(node->args);
	RsExpr	   *expr;
	Order	   *order;
	int			a;

	if (!OidIsValid(cache->cmp_proc) || nargs > PG_UINT16_MAX)
		return NULL;
	expr = rs_expr_create(env, (Node *) node, nargs);
	order = palloc0(sizeof(Order));
	order->greatest = node->op == IS_GREATEST;
	order->collation = node->inputcollid;
	fmgr_info(cache->cmp_proc, &order->compare);
	fmgr_info_set_expr((Node *) node, &order->compare);
	expr->safe = expr->type.typbyval || expr->type.is_numeric;
	for (a = 0; a < nargs; a++)
	{
		expr->args[a] = rs_expr_compile(env, list_nth(node->args, a));
		expr->safe &= expr->args[a]->safe;
	}
	expr->extra = order;
	expr->eval = eval_min_max;
	return expr;
}
