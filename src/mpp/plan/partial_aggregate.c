/*
 * partial_aggregate.c
 *	  Aggregates in two steps: states computed by nodes, combined by the leader.
 *
 * The leader's step is PostgreSQL's own Finalize Aggregate, as above a Gather: it takes
 * transition states, serialized where they are internal.  What a node computes is plain
 * SQL all the same, which its vector engine runs:
 *
 *		count, sum of int4 or floats, min, max, bool_and, bit_or, ...	the aggregate
 *		avg(int4)			ARRAY[count(x), sum(x)]
 *		avg, stddev, ... of floats	ARRAY[count(x), sum(x), var_pop(x) * count(x)]
 *		avg of int8			redshift.int8_avg_state(count(x), sum(x))
 *		sum of int8			redshift.int8_avg_state(count(*), sum(x))
 *		stddev, ... of numeric		redshift.numeric_var_state(count(x), sum(x), sum(x * x))
 *		hll					redshift.hll_create_sketch(x)
 *
 * The functions that make bytes of PostgreSQL's serialized states stand here, too.  A
 * state of no rows is what the transition function starts from.
 *
 * Where nodes combine, both steps are plain SQL: sums of counts, the least of minima.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "mpp/plan/partial_aggregate.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "parser/parse_oper.h"
#include "redshift_ext.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "vector/aggregate/aggregate_catalog.h"

PG_FUNCTION_INFO_V1(rs_numeric_avg_state);
PG_FUNCTION_INFO_V1(rs_numeric_var_state);
PG_FUNCTION_INFO_V1(rs_int8_avg_state);
PG_FUNCTION_INFO_V1(rs_int8_var_state);

/* ---------------------------------------------------------------------
 * Serialized states
 * ---------------------------------------------------------------------
 */

#define SEND_NAN	0xC000		/* signs as numeric_send() has them */
#define SEND_PINF	0xD000
#define SEND_NINF	0xF000

/*
 * A numeric as states hold it: the fields of numeric_send(), but 32 bits wide.  Returns
 * the sign; of a number that is special, zero is written.
 */
static int
send_sum(StringInfo to, Datum numeric)
{
	bytea	   *sent = DatumGetByteaPP(DirectFunctionCall1(numeric_send, numeric));
	StringInfoData from;
	int			ndigits;
	int			weight;
	int			sign;
	int			scale;
	bool		special;

	initStringInfo(&from);
	appendBinaryStringInfo(&from, VARDATA_ANY(sent), VARSIZE_ANY_EXHDR(sent));
	ndigits = pq_getmsgint(&from, 2);
	weight = (int16) pq_getmsgint(&from, 2);
	sign = pq_getmsgint(&from, 2);
	scale = pq_getmsgint(&from, 2);
	special = sign == SEND_NAN || sign == SEND_PINF || sign == SEND_NINF;
	if (special)
		ndigits = weight = scale = 0;
	pq_sendint32(to, ndigits);
	pq_sendint32(to, weight);
	pq_sendint32(to, special ? 0 : sign);
	pq_sendint32(to, scale);
	while (ndigits-- > 0)
		pq_sendint16(to, pq_getmsgint(&from, 2));
	pfree(from.data);
	return sign;
}

/*
 * Number of rows, then sums.  NULL if there were no rows.
 */
static Datum
make_state(FunctionCallInfo fcinfo, int nsums, bool of_numeric)
{
	StringInfoData state;
	int			sign = 0;
	int			i;

	if (PG_ARGISNULL(0) || PG_GETARG_INT64(0) == 0 || PG_ARGISNULL(1) || PG_ARGISNULL(nsums))
		PG_RETURN_NULL();
	pq_begintypsend(&state);
	pq_sendint64(&state, PG_GETARG_INT64(0));
	for (i = 1; i <= nsums; i++)
	{
		int			sum_sign = send_sum(&state, PG_GETARG_DATUM(i));

		if (i == 1)
			sign = sum_sign;
	}
	if (of_numeric)
	{
		pq_sendint32(&state, 0);	/* most decimals, and how many have them: for moving frames */
		pq_sendint64(&state, 0);
		pq_sendint64(&state, sign == SEND_NAN);
		pq_sendint64(&state, sign == SEND_PINF);
		pq_sendint64(&state, sign == SEND_NINF);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&state));
}

Datum
rs_numeric_avg_state(PG_FUNCTION_ARGS)
{
	return make_state(fcinfo, 1, true);
}

Datum
rs_numeric_var_state(PG_FUNCTION_ARGS)
{
	return make_state(fcinfo, 2, true);
}

Datum
rs_int8_avg_state(PG_FUNCTION_ARGS)
{
	return make_state(fcinfo, 1, false);
}

Datum
rs_int8_var_state(PG_FUNCTION_ARGS)
{
	return make_state(fcinfo, 2, false);
}

/* ---------------------------------------------------------------------
 * Expressions of nodes
 * ---------------------------------------------------------------------
 */

static Expr *
call(Oid function, Oid type, List *args)
{
	return (Expr *) makeFuncExpr(function, type, args, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

static Expr *
cast(Expr *expr, Oid type)
{
	Oid			from = exprType((Node *) expr);
	Oid			function;

	if (from == type)
		return expr;
	if (find_coercion_pathway(type, from, COERCION_EXPLICIT, &function) != COERCION_PATH_FUNC)
		elog(ERROR, "no cast from type %u to %u", from, type);
	return (Expr *) makeFuncExpr(function, type, list_make1(expr), InvalidOid, InvalidOid, COERCE_EXPLICIT_CAST);
}

static Expr *
multiply(Expr *a, Expr *b)
{
	return make_op(NULL, list_make1(makeString("*")), (Node *) a, (Node *) b, NULL, -1);
}

static Expr *
or_zero(Expr *expr)
{
	CoalesceExpr *coalesce = makeNode(CoalesceExpr);
	Oid			type = exprType((Node *) expr);

	coalesce->coalescetype = type;
	coalesce->args = list_make2(expr, type == FLOAT8OID ?
								makeConst(type, -1, InvalidOid, 8, Float8GetDatum(0), false, FLOAT8PASSBYVAL) :
								makeConst(type, -1, InvalidOid, 8, Int64GetDatum(0), false, FLOAT8PASSBYVAL));
	coalesce->location = -1;
	return (Expr *) coalesce;
}

static Expr *
array(Oid type, List *elements)
{
	ArrayExpr  *result = makeNode(ArrayExpr);

	result->array_typeid = get_array_type(type);
	result->element_typeid = type;
	result->elements = elements;
	result->location = -1;
	return (Expr *) result;
}

/*
 * Another plain aggregate of an argument, over the rows of the given one.
 */
static Expr *
aggregate(const Aggref *like, const char *name, Expr *arg)
{
	Aggref	   *result = copyObject(unconstify(Aggref *, like));
	Oid			type = exprType((Node *) arg);
	List	   *qualified = list_make2(makeString("pg_catalog"), makeString(pstrdup(name)));
	Oid			any = strcmp(name, "count") == 0 ? ANYOID : type;

	result->aggfnoid = LookupFuncName(qualified, 1, &any, false);
	result->aggtype = get_func_rettype(result->aggfnoid);
	result->aggtranstype = InvalidOid;
	result->aggargtypes = list_make1_oid(type);
	result->args = list_make1(makeTargetEntry(arg, 1, NULL, false));
	result->aggno = result->aggtransno = -1;
	return (Expr *) result;
}

/*
 * How many rows the given one has.
 */
static Expr *
count_rows(const Aggref *like)
{
	Aggref	   *result = copyObject(unconstify(Aggref *, like));

	result->aggfnoid = F_COUNT_;
	result->aggtype = INT8OID;
	result->aggtranstype = InvalidOid;
	result->aggcollid = result->inputcollid = InvalidOid;
	result->aggargtypes = NIL;
	result->args = NIL;
	result->aggstar = true;
	result->aggno = result->aggtransno = -1;
	return (Expr *) result;
}

static Expr *
state_function(const char *name, List *args)
{
	Oid			types[3] = {INT8OID, NUMERICOID, NUMERICOID};
	Oid			function = LookupFuncName(list_make2(makeString(RS_SCHEMA), makeString(pstrdup(name))),
										  list_length(args), types, false);

	return call(function, BYTEAOID, args);
}

static bool
is_own(Oid function, const char *name)
{
	return function >= FirstNormalObjectId && get_func_namespace(function) == rs_extension_schema() &&
		strcmp(get_func_name(function), name) == 0;
}

/*
 * The states of HyperLogLog's aggregates are bytes of a sketch, of values or of sketches.
 */
static Expr *
sketch_state(const Aggref *aggref)
{
	Aggref	   *result = copyObject(unconstify(Aggref *, aggref));
	List	   *name = list_make2(makeString(RS_SCHEMA), makeString("hll_create_sketch"));
	Oid			any = ANYELEMENTOID;

	if (!is_own(aggref->aggfnoid, "hll_combine"))
		result->aggfnoid = LookupFuncName(name, 1, &any, false);
	result->aggtype = get_func_rettype(result->aggfnoid);
	result->aggtranstype = InvalidOid;
	result->aggno = result->aggtransno = -1;
	return (Expr *) makeRelabelType((Expr *) result, BYTEAOID, -1, InvalidOid, COERCE_EXPLICIT_CAST);
}

static Expr *
expression(const Aggref *aggref, Form_pg_aggregate form, bool shared)
{
	Expr	   *arg = list_length(aggref->args) == 1 ? linitial_node(TargetEntry, aggref->args)->expr : NULL;
	Expr	   *count;

	if (!OidIsValid(form->aggfinalfn) && form->aggtranstype != INTERNALOID)
		return (Expr *) copyObject(unconstify(Aggref *, aggref));
	if (arg == NULL)
		return NULL;

	if (is_own(form->aggserialfn, "hll_serialize"))
		return sketch_state(aggref);

	/* A sum wants to know only if there were rows: to count them costs less than values do. */
	if (!shared && (aggref->aggfnoid == F_SUM_NUMERIC || aggref->aggfnoid == F_SUM_INT8))
		count = count_rows(aggref);
	else
		count = aggregate(aggref, "count", arg);
	switch (form->aggserialfn)
	{
		case F_NUMERIC_AVG_SERIALIZE:
			return state_function("numeric_avg_state", list_make2(count, aggregate(aggref, "sum", arg)));
		case F_INT8_AVG_SERIALIZE:
			return state_function("int8_avg_state", list_make2(count, aggregate(aggref, "sum", arg)));
		case F_NUMERIC_SERIALIZE:
		case F_NUMERIC_POLY_SERIALIZE:
			arg = cast(arg, NUMERICOID);
			return state_function(form->aggserialfn == F_NUMERIC_SERIALIZE ? "numeric_var_state" : "int8_var_state",
								  list_make3(count, aggregate(aggref, "sum", arg),
											 aggregate(aggref, "sum", multiply(arg, copyObject(arg)))));
	}
	switch (form->aggtransfn)
	{
		case F_INT2_AVG_ACCUM:
		case F_INT4_AVG_ACCUM:
			return array(INT8OID, list_make2(count, or_zero(aggregate(aggref, "sum", arg))));
		case F_FLOAT4_ACCUM:
		case F_FLOAT8_ACCUM:
			arg = cast(arg, FLOAT8OID);
			count = cast(count, FLOAT8OID);
			return array(FLOAT8OID,
						 list_make3(count, or_zero(aggregate(aggref, "sum", arg)),
									or_zero(multiply(aggregate(aggref, "var_pop", arg), copyObject(count)))));
	}
	return NULL;
}

Expr *
rs_partial_aggregate(const Aggref *aggref, bool shared)
{
	HeapTuple	tuple;
	Form_pg_aggregate form;
	Expr	   *result = NULL;

	if (aggref->aggdistinct != NIL || aggref->aggorder != NIL || aggref->aggkind != AGGKIND_NORMAL)
		return NULL;
	form = rs_aggregate_form(aggref->aggfnoid, &tuple);
	if (OidIsValid(form->aggcombinefn))
		result = expression(aggref, form, shared);
	ReleaseSysCache(tuple);
	return result;
}

/* ---------------------------------------------------------------------
 * Combined by nodes
 * ---------------------------------------------------------------------
 */

/*
 * An aggregate of a state, which is one of those that are sent.
 */
static Expr *
of_state(const Aggref *like, const char *name, Expr *state, List **states)
{
	Aggref	   *plain = copyObject(unconstify(Aggref *, like));

	*states = list_append_unique(*states, state);
	plain->aggdistinct = NIL;
	plain->aggfilter = NULL;
	plain->aggstar = false;
	plain->aggcollid = exprCollation((Node *) state);
	plain->inputcollid = plain->aggcollid;
	return aggregate(plain, name, state);
}

static Expr *
divide(Expr *dividend, Expr *divisor)
{
	Oid			type = exprType((Node *) divisor);
	NullIfExpr *nullif = (NullIfExpr *)
		make_op(NULL, list_make1(makeString("=")), (Node *) divisor, (Node *)
				(type == FLOAT8OID ? makeConst(type, -1, InvalidOid, 8, Float8GetDatum(0), false, FLOAT8PASSBYVAL) :
				 makeConst(type, -1, InvalidOid, -1, DirectFunctionCall1(int8_numeric, Int64GetDatum(0)), false,
						   false)), NULL, -1);

	NodeSetTag(nullif, T_NullIfExpr);
	nullif->opresulttype = type;
	return make_op(NULL, list_make1(makeString("/")), (Node *) dividend, (Node *) nullif, NULL, -1);
}

/*
 * Sum of sums by number of values, in the type that avg computes in.
 */
static Expr *
average(const Aggref *aggref, Expr *arg, Oid type, List **states)
{
	Expr	   *sum = aggregate(aggref, "sum", type == FLOAT8OID ? cast(arg, type) : arg);

	return divide(cast(of_state(aggref, "sum", sum, states), type),
				  cast(of_state(aggref, "sum", aggregate(aggref, "count", arg), states), type));
}

/*
 * An aggregate that combines its results as it takes its arguments: min, bit_and, ...
 */
static Expr *
same_aggregate(const Aggref *aggref, List **states)
{
	HeapTuple	tuple;
	Form_pg_aggregate form = rs_aggregate_form(aggref->aggfnoid, &tuple);
	Aggref	   *result = NULL;

	if (form->aggcombinefn == form->aggtransfn && !OidIsValid(form->aggfinalfn) &&
		aggref->aggtype == linitial_oid(aggref->aggargtypes))
	{
		Expr	   *state = (Expr *) copyObject(unconstify(Aggref *, aggref));

		*states = list_append_unique(*states, state);
		result = copyObject(unconstify(Aggref *, aggref));
		result->aggdistinct = NIL;
		result->aggfilter = NULL;
		result->args = list_make1(makeTargetEntry(state, 1, NULL, false));
		result->aggno = result->aggtransno = -1;
	}
	ReleaseSysCache(tuple);
	return (Expr *) result;
}

Expr *
rs_combine_aggregate(const Aggref *aggref, List **states)
{
	Expr	   *arg = list_length(aggref->args) == 1 ? linitial_node(TargetEntry, aggref->args)->expr : NULL;
	Expr	   *whole = (Expr *) aggref;

	if (aggref->aggorder != NIL || aggref->aggkind != AGGKIND_NORMAL)
		return NULL;
	if (aggref->aggfnoid == F_COUNT_ || (aggref->aggfnoid == F_COUNT_ANY && arg != NULL))
		return or_zero(cast(of_state(aggref, "sum", whole, states), INT8OID));
	if (arg == NULL)
		return NULL;
	switch (aggref->aggfnoid)
	{
		case F_SUM_INT2:
		case F_SUM_INT4:
			return cast(of_state(aggref, "sum", whole, states), INT8OID);
		case F_SUM_INT8:
		case F_SUM_NUMERIC:
			return of_state(aggref, "sum", whole, states);
		case F_AVG_INT2:
		case F_AVG_INT4:
		case F_AVG_INT8:
		case F_AVG_NUMERIC:
			return average(aggref, arg, NUMERICOID, states);
		case F_AVG_FLOAT4:
		case F_AVG_FLOAT8:
			return aggref->aggdistinct == NIL ? average(aggref, arg, FLOAT8OID, states) : NULL;
		default:
			return same_aggregate(aggref, states);
	}
}
