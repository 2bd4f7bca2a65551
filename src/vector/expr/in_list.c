/*
 * in_list.c
 *	  IN and NOT IN with a list that is the same for all rows: = ANY, <> ALL.
 *
 * A list is looked up, not compared: integers and what is kept as such in a bitmap
 * or a hash table, strings of bytes in a hash table, where the operator is equality
 * of bytes.  Numerics are integers of the vector's scale; for those that are not,
 * and for operators other than equality, a constant list is an OR (AND) of
 * comparisons if it is short.
 *
 * A list that is no constant, but of parameters, is evaluated for each batch and taken
 * in when it is another one than before; what cannot be looked up is left to
 * PostgreSQL, row by row.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"
#include "vector/kernel/kernel.h"

/* A list longer than this is not compared value by value. */
#define RS_MAX_COMPARED		16
/* Integers this near to each other are bits. */
#define RS_MAX_BITS			(64 * 1024)

typedef struct Bytes
{
	const char *bytes;			/* NULL: free */
	Size		size;
} Bytes;

typedef struct InList
{
	RsEquality	kind;
	bool		negate;			/* NOT IN */
	bool		any_null;
	int			n;				/* without NULLs */
	/* integers: bits, or a table of a power of two, 0 being kept apart */
	int64		min;
	uint64		nbits;			/* 0: a table */
	uint64	   *bits;
	int64	   *slots;
	bool		has_zero;
	uint32		mask;
	/* strings */
	Bytes	   *strings;
	/* numerics, and the scale that the integers have now */
	int128	   *numerics;
	int16	   *scales;
	int			scale;
	int64	   *integers;
	RsExpr	   *compared;		/* NULL: not needed */
} InList;

/* A list that may change. */
typedef struct ChangingList
{
	RsEquality	kind;
	bool		negate;
	Oid			element;
	RsExpr	   *array;
	RsExpr	   *by_row;
	MemoryContext context;		/* of source and list */
	ArrayType  *source;			/* what the list was made of; NULL: of nothing yet */
	InList	   *list;			/* NULL: it cannot be looked up */
} ChangingList;

/* ---------------------------------------------------------------------
 * Integers
 * ---------------------------------------------------------------------
 */

static inline uint32
hash_integer(int64 value)
{
	return (uint32) (((uint64) value * UINT64CONST(0x9e3779b97f4a7c15)) >> 32);
}

/*
 * Fill bits or slots, which have room for all values.
 */
static void
set_integers(InList *list, const int64 *values, int n)
{
	int64		max = PG_INT64_MIN;
	int			i;

	list->min = PG_INT64_MAX;
	list->nbits = 0;
	list->has_zero = false;
	for (i = 0; i < n; i++)
	{
		list->min = Min(list->min, values[i]);
		max = Max(max, values[i]);
	}
	if (n > 0 && (uint64) max - (uint64) list->min < RS_MAX_BITS)
	{
		list->nbits = (uint64) max - (uint64) list->min + 1;
		memset(list->bits, 0, (list->nbits / 64 + 1) * sizeof(uint64));
		for (i = 0; i < n; i++)
		{
			uint64		bit = (uint64) values[i] - (uint64) list->min;

			list->bits[bit / 64] |= UINT64CONST(1) << (bit % 64);
		}
		return;
	}
	memset(list->slots, 0, (list->mask + (Size) 1) * sizeof(int64));
	for (i = 0; i < n; i++)
	{
		uint32		slot = hash_integer(values[i]) & list->mask;

		if (values[i] == 0)
			list->has_zero = true;
		while (list->slots[slot] != 0 && list->slots[slot] != values[i])
			slot = (slot + 1) & list->mask;
		list->slots[slot] = values[i];
	}
}

static void
find_integers(const InList *list, const int64 *values, uint32 n, uint8 *found)
{
	uint32		i;

	if (list->nbits > 0)
	{
		for (i = 0; i < n; i++)
		{
			uint64		bit = (uint64) values[i] - (uint64) list->min;
			uint64		word = list->bits[bit < list->nbits ? bit / 64 : 0];

			found[i] = bit < list->nbits && ((word >> (bit % 64)) & 1);
		}
		return;
	}
	for (i = 0; i < n; i++)
	{
		uint32		slot = hash_integer(values[i]) & list->mask;

		while (list->slots[slot] != 0 && list->slots[slot] != values[i])
			slot = (slot + 1) & list->mask;
		found[i] = values[i] == 0 ? list->has_zero : list->slots[slot] != 0;
	}
}

/*
 * The numerics as integers of a scale; those it cannot hold are in no vector of it.
 */
static void
set_numerics(InList *list, int scale)
{
	int			n = 0;
	int			i;

	if (list->scale == scale)
		return;
	for (i = 0; i < list->n; i++)
	{
		int			places = scale - list->scales[i];
		int128		unit = rs_power_of_ten(abs(places));
		int128		value = list->numerics[i];

		if (places >= 0 ? __builtin_mul_overflow(value, unit, &value) : value % unit != 0)
			continue;
		if (places < 0)
			value /= unit;
		if (value == (int64) value)
			list->integers[n++] = (int64) value;
	}
	set_integers(list, list->integers, n);
	list->scale = scale;
}

/* ---------------------------------------------------------------------
 * Strings
 * ---------------------------------------------------------------------
 */

static inline uint32
hash_string(const char *bytes, Size size)
{
	uint64		head = 0;
	uint64		tail = 0;

	if (size >= sizeof(uint64))
	{
		memcpy(&head, bytes, sizeof(uint64));
		memcpy(&tail, bytes + size - sizeof(uint64), sizeof(uint64));
	}
	else
		memcpy(&head, bytes, size);
	return hash_integer((int64) (head ^ (tail << 7 | tail >> 57) ^ size << 56));
}

/* The slot of a string, or the free one where it would be. */
static inline uint32
string_slot(const InList *list, const char *bytes, Size size)
{
	uint32		slot = hash_string(bytes, size) & list->mask;

	while (list->strings[slot].bytes != NULL &&
		   (list->strings[slot].size != size || memcmp(list->strings[slot].bytes, bytes, size) != 0))
		slot = (slot + 1) & list->mask;
	return slot;
}

static inline const char *
string_of(RsEquality kind, Datum value, Size *size)
{
	if (kind != RS_EQUAL_UUID)
		return rs_varlena_bytes(value, kind == RS_EQUAL_PADDED, size);
	*size = UUID_LEN;
	return DatumGetPointer(value);
}

/* ---------------------------------------------------------------------
 * Evaluation
 * ---------------------------------------------------------------------
 */

/*
 * Which of n values are in the list; false: it takes comparisons.
 */
static bool
find_values(InList *list, RsRows *rows, const RsVector *arg, uint32 n, uint8 *found)
{
	RsRows		some = *rows;
	uint32		i;

	some.n = n;
	switch (list->kind)
	{
		case RS_EQUAL_INTEGERS:
			find_integers(list, rs_as_int64(&some, arg), n, found);
			return true;
		case RS_EQUAL_NUMERICS:
			if (arg->form != RS_FORM_I64)
				return false;
			set_numerics(list, arg->scale);
			find_integers(list, arg->data, n, found);
			return true;
		default:
			for (i = 0; i < n; i++)
			{
				const char *bytes;
				Size		size;

				found[i] = 0;
				if (arg->null != NULL && arg->null[i])
					continue;
				bytes = string_of(list->kind, ((Datum *) arg->data)[i], &size);
				found[i] = list->strings[string_slot(list, bytes, size)].bytes != NULL;
			}
			return true;
	}
}

static const RsVector *
look_up(RsExpr *expr, RsRows *rows, InList *list)
{
	const RsVector *arg = rs_expr_eval(expr->args[0], rows);
	uint32		n = arg->constant ? Min(rows->n, 1) : rows->n;
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *value = result->data;
	MemoryContext old = MemoryContextSwitchTo(rows->values);
	bool		found = find_values(list, rows, arg, n, value);
	uint32		i;

	MemoryContextSwitchTo(old);
	if (!found)
		return rs_expr_eval(list->compared, rows);
	result->constant = arg->constant;
	result->null = arg->null;
	if (list->any_null)
	{
		/* Not among the others: maybe the unknown one. */
		result->null = rs_arena_alloc(rows->arena, Max(n, 1));
		for (i = 0; i < n; i++)
			result->null[i] = !value[i] | (arg->null != NULL && arg->null[i]);
	}
	for (i = 0; list->negate && i < n; i++)
		value[i] = !value[i];
	return result;
}

static const RsVector *
eval_in(RsExpr *expr, RsRows *rows)
{
	return look_up(expr, rows, expr->extra);
}

/* ---------------------------------------------------------------------
 * Compilation
 * ---------------------------------------------------------------------
 */

static RsExpr *
compile_comparisons(RsExprEnv *env, ScalarArrayOpExpr *node, Oid element, const Datum *values,
					const bool *nulls, int n)
{
	List	   *args = NIL;
	int16		typlen;
	bool		typbyval;
	int			i;

	if (n == 0 || n > RS_MAX_COMPARED)
		return NULL;
	get_typlenbyval(element, &typlen, &typbyval);
	for (i = 0; i < n; i++)
	{
		Const	   *value = makeConst(element, -1, exprCollation(lsecond(node->args)), typlen,
									  values[i], nulls[i], typbyval);
		OpExpr	   *op = (OpExpr *) make_opclause(node->opno, BOOLOID, false, linitial(node->args),
												  (Expr *) value, InvalidOid, node->inputcollid);

		op->opfuncid = node->opfuncid;
		args = lappend(args, op);
	}
	return rs_expr_compile(env, n == 1 ? linitial(args) :
						   (Node *) makeBoolExpr(node->useOr ? OR_EXPR : AND_EXPR, args, -1));
}

/*
 * Take in the values that are not NULL; false: one is no number of 128 bits.
 */
static bool
fill_list(InList *list, Oid element, const Datum *values, const bool *nulls, int n)
{
	uint32		nslots = 4;
	int			i;

	while (nslots < 4 * (uint32) n)
		nslots *= 2;
	list->mask = nslots - 1;
	list->scale = -1;
	list->integers = palloc(Max(n, 1) * sizeof(int64));
	list->numerics = palloc(Max(n, 1) * sizeof(int128));
	list->scales = palloc(Max(n, 1) * sizeof(int16));
	list->bits = palloc((RS_MAX_BITS / 64 + 1) * sizeof(uint64));
	list->slots = palloc(nslots * sizeof(int64));
	list->strings = palloc0(nslots * sizeof(Bytes));
	for (i = 0; i < n; i++)
	{
		Bytes		string;

		if (nulls[i])
		{
			list->any_null = true;
			continue;
		}
		switch (list->kind)
		{
			case RS_EQUAL_INTEGERS:
				list->integers[list->n] = element == INT2OID ? DatumGetInt16(values[i]) :
					element == INT4OID || element == DATEOID || element == OIDOID ? DatumGetInt32(values[i]) :
					element == BOOLOID || element == CHAROID ? DatumGetChar(values[i]) : DatumGetInt64(values[i]);
				break;
			case RS_EQUAL_NUMERICS:
				if (!rs_numeric_from_datum(values[i], &list->numerics[list->n], &list->scales[list->n]))
					return false;
				break;
			default:
				string.bytes = string_of(list->kind, values[i], &string.size);
				list->strings[string_slot(list, string.bytes, string.size)] = string;
		}
		list->n++;
	}
	if (list->kind == RS_EQUAL_INTEGERS)
		set_integers(list, list->integers, list->n);
	return true;
}

/*
 * May the user compare so?  The node for it, with its left side compiled.
 */
static RsExpr *
create_expr(RsExprEnv *env, ScalarArrayOpExpr *node)
{
	RsExpr	   *expr;

	if (pg_proc_aclcheck(node->opfuncid, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, get_func_name(node->opfuncid));
	InvokeFunctionExecuteHook(node->opfuncid);
	expr = rs_expr_create(env, (Node *) node, 1);
	expr->args[0] = rs_expr_compile(env, linitial(node->args));
	expr->safe = expr->args[0]->safe;
	return expr;
}

static void
take_apart(ArrayType *array, Oid element, Datum **values, bool **nulls, int *n)
{
	int16		typlen;
	bool		typbyval;
	char		typalign;

	get_typlenbyvalalign(element, &typlen, &typbyval, &typalign);
	deconstruct_array(array, element, typlen, typbyval, typalign, values, nulls, n);
}

/*
 * Make the list that of an array, unless it is already.
 */
static void
take_array(ChangingList *changing, ArrayType *array)
{
	Size		size = VARSIZE(array);
	MemoryContext old;
	Datum	   *values;
	bool	   *nulls;
	int			n;

	if (changing->source != NULL && VARSIZE(changing->source) == size &&
		memcmp(changing->source, array, size) == 0)
		return;
	changing->source = NULL;
	changing->list = NULL;
	MemoryContextReset(changing->context);
	old = MemoryContextSwitchTo(changing->context);
	array = memcpy(palloc(size), array, size);
	take_apart(array, changing->element, &values, &nulls, &n);
	if (n > 0)
	{
		InList	   *list = palloc0(sizeof(InList));

		list->kind = changing->kind;
		list->negate = changing->negate;
		list->compared = changing->by_row;
		if (fill_list(list, getBaseType(changing->element), values, nulls, n))
			changing->list = list;
	}
	changing->source = array;
	MemoryContextSwitchTo(old);
}

static const RsVector *
eval_changing(RsExpr *expr, RsRows *rows)
{
	ChangingList *changing = expr->extra;
	MemoryContext old = MemoryContextSwitchTo(rows->values);
	bool		isnull = true;
	Datum		array = (Datum) 0;

	if (rows->n > 0)
		array = ExecEvalExpr(changing->array->state, expr->env->econtext, &isnull);
	if (!isnull)
		take_array(changing, DatumGetArrayTypeP(array));
	MemoryContextSwitchTo(old);
	if (isnull || changing->list == NULL)
		return rs_expr_eval(changing->by_row, rows);
	return look_up(expr, rows, changing->list);
}

/*
 * A list of parameters; NULL: not one that can be looked up.
 */
static RsExpr *
compile_changing(RsExprEnv *env, ScalarArrayOpExpr *node)
{
	Node	   *right = lsecond(node->args);
	ChangingList *changing;
	RsExpr	   *expr;
	RsEquality	kind = rs_equality_of(node->opfuncid, node->useOr ? RS_EQ : RS_NE, node->inputcollid);

	if (kind == RS_EQUAL_NONE || contain_var_clause((Node *) right) ||
		contain_volatile_functions((Node *) node) || contain_subplans((Node *) node))
		return NULL;
	changing = palloc0(sizeof(ChangingList));
	changing->kind = kind;
	changing->negate = !node->useOr;
	changing->element = get_base_element_type(exprType(right));
	changing->array = rs_expr_compile_by_row(env, right);
	changing->by_row = rs_expr_compile_by_row(env, (Node *) node);
	changing->context = AllocSetContextCreate(env->context, "redshift list", ALLOCSET_SMALL_SIZES);
	expr = create_expr(env, node);
	expr->safe &= IsA(right, Param);
	expr->eval = eval_changing;
	expr->extra = changing;
	return expr;
}

RsExpr *
rs_in_compile(RsExprEnv *env, ScalarArrayOpExpr *node)
{
	Node	   *left = linitial(node->args);
	Const	   *right = lsecond(node->args);
	bool		repeatable = !contain_volatile_functions(left) && !contain_subplans(left);
	InList	   *list;
	RsExpr	   *expr;
	Oid			element;
	Datum	   *values;
	bool	   *nulls;
	int			n;

	set_sa_opfuncid(node);
	if (rs_kernel_find(node->opfuncid) == NULL)
		return NULL;
	if (!IsA(right, Const))
		return compile_changing(env, node);
	if (right->constisnull)
		return NULL;
	element = get_base_element_type(right->consttype);
	take_apart(DatumGetArrayTypeP(right->constvalue), element, &values, &nulls, &n);
	list = palloc0(sizeof(InList));
	list->kind = rs_equality_of(node->opfuncid, node->useOr ? RS_EQ : RS_NE, node->inputcollid);
	list->negate = !node->useOr;
	if (n == 0)
		return NULL;
	if (list->kind == RS_EQUAL_NONE || !fill_list(list, getBaseType(element), values, nulls, n))
		return repeatable ? compile_comparisons(env, node, element, values, nulls, n) : NULL;
	if (list->kind == RS_EQUAL_NUMERICS)
	{
		list->compared = repeatable ? compile_comparisons(env, node, element, values, nulls, n) : NULL;
		if (list->compared == NULL && repeatable)
			list->compared = rs_expr_compile_by_row(env, (Node *) node);
		if (list->compared == NULL)
			return NULL;
	}
	expr = create_expr(env, node);
	expr->eval = eval_in;
	expr->extra = list;
	return expr;
}
