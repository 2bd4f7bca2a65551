/*
 * percentile.c
 *	  MEDIAN, PERCENTILE_CONT and PERCENTILE_DISC as plain aggregates.
 *
 * PostgreSQL's are ordered-set aggregates, which are no window functions and take one step
 * only.  These collect the values that are not NULL, 8 bytes each and what a varlena needs;
 * states of several processes are put together; the result sorts them, in place.
 *
 * Integers, dates and times are kept as int64, floats as float8, all else as it comes.  The
 * continuous ones give numeric for integers, dates cut to days, as Redshift does.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "functions/aggregate_context.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/sortsupport.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(rs_median_transition);
PG_FUNCTION_INFO_V1(rs_percentile_transition);
PG_FUNCTION_INFO_V1(rs_percentile_combine);
PG_FUNCTION_INFO_V1(rs_percentile_serialize);
PG_FUNCTION_INFO_V1(rs_percentile_deserialize);
PG_FUNCTION_INFO_V1(rs_percentile_cont_numeric);
PG_FUNCTION_INFO_V1(rs_percentile_cont_float8);
PG_FUNCTION_INFO_V1(rs_percentile_cont_time);
PG_FUNCTION_INFO_V1(rs_percentile_disc_final);

typedef enum Kind
{
	KIND_INTEGER,				/* Datums of int64 */
	KIND_FLOAT,					/* Datums of float8 */
	KIND_OTHER
} Kind;

/* Fractions are decimals: 0.6 of ten values is six of them exactly. */
#define PARTS				INT64CONST(1000000000000000)

typedef struct Values
{
	Oid			type;
	Oid			collation;
	Kind		kind;
	int64		fraction;		/* of PARTS, from the least value */
	bool		descending;
	int16		length;
	bool		by_value;
	SortSupportData sort;		/* KIND_OTHER, when it is needed */
	Datum	   *values;
	int64		n;
	int64		room;
	bool		sorted;
} Values;

/* ---------------------------------------------------------------------
 * Collecting
 * ---------------------------------------------------------------------
 */

static Values *
new_values(MemoryContext context, Oid type, Oid collation)
{
	Values	   *v = MemoryContextAllocZero(context, sizeof(Values));
	TypeCacheEntry *entry = lookup_type_cache(type, 0);

	v->type = type;
	v->collation = collation;
	v->length = entry->typlen;
	v->by_value = entry->typbyval;
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			v->kind = KIND_INTEGER;
			break;
		case FLOAT4OID:
		case FLOAT8OID:
			v->kind = KIND_FLOAT;
			break;
		default:
			v->kind = KIND_OTHER;
			break;
	}
	return v;
}

static void
make_room(Values *v, int64 n)
{
	if (n <= v->room)
		return;
	v->room = Max(n, Max(8, v->room * 2));
	if (v->values == NULL)
		v->values = MemoryContextAllocHuge(GetMemoryChunkContext(v), sizeof(Datum) * v->room);
	else
		v->values = repalloc_huge(v->values, sizeof(Datum) * v->room);
}

static void
add_value(Values *v, Datum value)
{
	make_room(v, v->n + 1);
	switch (v->type)
	{
		case INT2OID:
			value = Int64GetDatum(DatumGetInt16(value));
			break;
		case INT4OID:
		case DATEOID:
			value = Int64GetDatum(DatumGetInt32(value));
			break;
		case FLOAT4OID:
			value = Float8GetDatum(DatumGetFloat4(value));
			break;
		default:
			if (!v->by_value)
			{
				MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(v));

				value = datumCopy(v->length == -1 ? PointerGetDatum(PG_DETOAST_DATUM_PACKED(value)) : value,
								  false, v->length);
				MemoryContextSwitchTo(old);
			}
			break;
	}
	v->values[v->n++] = value;
	v->sorted = false;
}

static Values *
state_of(FunctionCallInfo fcinfo, int argument)
{
	MemoryContext context = rs_aggregate_context(fcinfo);

	if (!PG_ARGISNULL(0))
		return (Values *) PG_GETARG_POINTER(0);
	return new_values(context, get_fn_expr_argtype(fcinfo->flinfo, argument), PG_GET_COLLATION());
}

Datum
rs_median_transition(PG_FUNCTION_ARGS)
{
	Values	   *v = state_of(fcinfo, 1);

	v->fraction = PARTS / 2;
	if (!PG_ARGISNULL(1))
		add_value(v, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(v);
}

/*
 * (state, fraction, value [, descending])
 */
Datum
rs_percentile_transition(PG_FUNCTION_ARGS)
{
	Values	   *v = state_of(fcinfo, 2);

	if (v->n == 0)
	{
		double		fraction;

		if (PG_ARGISNULL(1))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("percentile must not be null")));
		fraction = PG_GETARG_FLOAT8(1);
		if (isnan(fraction) || fraction < 0 || fraction > 1)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("percentile value %g is not between 0 and 1", fraction)));
		v->fraction = (int64) rint(fraction * PARTS);
		v->descending = PG_NARGS() > 3 && !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	}
	if (!PG_ARGISNULL(2))
		add_value(v, PG_GETARG_DATUM(2));
	PG_RETURN_POINTER(v);
}

/* ---------------------------------------------------------------------
 * States of other processes
 * ---------------------------------------------------------------------
 */

Datum
rs_percentile_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = rs_aggregate_context(fcinfo);
	Values	   *v = PG_ARGISNULL(0) ? NULL : (Values *) PG_GETARG_POINTER(0);
	Values	   *other = PG_ARGISNULL(1) ? NULL : (Values *) PG_GETARG_POINTER(1);
	int64		i;

	if (other == NULL)
	{
		if (v == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(v);
	}
	if (v == NULL)
	{
		v = new_values(context, other->type, other->collation);
		v->fraction = other->fraction;
		v->descending = other->descending;
	}
	else if (v->n == 0)
	{
		/* A state without rows knows no fraction. */
		v->fraction = other->fraction;
		v->descending = other->descending;
	}
	make_room(v, v->n + other->n);
	if (v->by_value || v->kind != KIND_OTHER)
		memcpy(v->values + v->n, other->values, sizeof(Datum) * other->n);
	else
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		for (i = 0; i < other->n; i++)
			v->values[v->n + i] = datumCopy(other->values[i], false, v->length);
		MemoryContextSwitchTo(old);
	}
	v->n += other->n;
	v->sorted = false;
	PG_RETURN_POINTER(v);
}

/*
 * A state as bytes, for a process of the same server.
 */
Datum
rs_percentile_serialize(PG_FUNCTION_ARGS)
{
	Values	   *v = (Values *) PG_GETARG_POINTER(0);
	StringInfoData bytes;
	int64		i;

	pq_begintypsend(&bytes);
	pq_sendint32(&bytes, v->type);
	pq_sendint32(&bytes, v->collation);
	pq_sendint64(&bytes, v->fraction);
	pq_sendbyte(&bytes, v->descending);
	pq_sendint64(&bytes, v->n);
	if (v->by_value || v->kind != KIND_OTHER)
		pq_sendbytes(&bytes, (char *) v->values, sizeof(Datum) * v->n);
	else
		for (i = 0; i < v->n; i++)
		{
			Size		size = datumGetSize(v->values[i], false, v->length);

			pq_sendint32(&bytes, size);
			pq_sendbytes(&bytes, DatumGetPointer(v->values[i]), size);
		}
	PG_RETURN_BYTEA_P(pq_endtypsend(&bytes));
}

Datum
rs_percentile_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	StringInfoData from;
	Values	   *v;
	Oid			type;
	Oid			collation;
	int64		n;
	int64		i;

	from.data = VARDATA_ANY(bytes);
	from.len = from.maxlen = VARSIZE_ANY_EXHDR(bytes);
	from.cursor = 0;
	type = pq_getmsgint(&from, 4);
	collation = pq_getmsgint(&from, 4);
	v = new_values(CurrentMemoryContext, type, collation);
	v->fraction = pq_getmsgint64(&from);
	v->descending = pq_getmsgbyte(&from);
	n = pq_getmsgint64(&from);
	make_room(v, n);
	if (v->by_value || v->kind != KIND_OTHER)
		memcpy(v->values, pq_getmsgbytes(&from, sizeof(Datum) * n), sizeof(Datum) * n);
	else
		for (i = 0; i < n; i++)
		{
			int			size = pq_getmsgint(&from, 4);
			char	   *value = palloc(size);

			memcpy(value, pq_getmsgbytes(&from, size), size);
			v->values[i] = PointerGetDatum(value);
		}
	v->n = n;
	PG_RETURN_POINTER(v);
}

/* ---------------------------------------------------------------------
 * Results
 * ---------------------------------------------------------------------
 */

static int
compare_integers(const void *a, const void *b)
{
	int64		left = DatumGetInt64(*(const Datum *) a);
	int64		right = DatumGetInt64(*(const Datum *) b);

	CHECK_FOR_INTERRUPTS();
	return left < right ? -1 : left > right;
}

static int
compare_floats(const void *a, const void *b)
{
	CHECK_FOR_INTERRUPTS();
	return float8_cmp_internal(DatumGetFloat8(*(const Datum *) a), DatumGetFloat8(*(const Datum *) b));
}

static int
compare_others(const void *a, const void *b, void *arg)
{
	Values	   *v = arg;

	CHECK_FOR_INTERRUPTS();
	return ApplySortComparator(*(const Datum *) a, false, *(const Datum *) b, false, &v->sort);
}

static void
sort_values(Values *v)
{
	if (v->sorted)
		return;
	switch (v->kind)
	{
		case KIND_INTEGER:
			qsort(v->values, v->n, sizeof(Datum), compare_integers);
			break;
		case KIND_FLOAT:
			qsort(v->values, v->n, sizeof(Datum), compare_floats);
			break;
		case KIND_OTHER:
			if (v->sort.comparator == NULL)
			{
				TypeCacheEntry *entry = lookup_type_cache(v->type, TYPECACHE_LT_OPR);

				if (!OidIsValid(entry->lt_opr))
					ereport(ERROR,
							(errcode(ERRCODE_UNDEFINED_FUNCTION),
							 errmsg("could not identify an ordering operator for type %s", format_type_be(v->type))));
				v->sort.ssup_cxt = GetMemoryChunkContext(v);
				v->sort.ssup_collation = v->collation;
				PrepareSortSupportFromOrderingOp(entry->lt_opr, &v->sort);
			}
			qsort_arg(v->values, v->n, sizeof(Datum), compare_others, v);
			break;
	}
	v->sorted = true;
}

/*
 * The values on both sides of the fraction, and how far it is from the first to the second.
 * NULL, if there are no values.
 */
static Values *
find_neighbours(FunctionCallInfo fcinfo, Datum *low, Datum *high, double *part)
{
	Values	   *v = PG_ARGISNULL(0) ? NULL : (Values *) PG_GETARG_POINTER(0);
	int128		place;
	int64		number;

	if (v == NULL || v->n == 0)
		return NULL;
	sort_values(v);
	place = (int128) (v->descending ? PARTS - v->fraction : v->fraction) * (v->n - 1);
	number = (int64) (place / PARTS);
	*part = (double) (int64) (place % PARTS) / PARTS;
	*low = v->values[number];
	*high = v->values[Min(number + 1, v->n - 1)];
	return v;
}

/* Integers and decimals; of integers with a digit behind the point at least. */
Datum
rs_percentile_cont_numeric(PG_FUNCTION_ARGS)
{
	Datum		low;
	Datum		high;
	double		part;
	Values	   *v = find_neighbours(fcinfo, &low, &high, &part);

	if (v == NULL)
		PG_RETURN_NULL();
	if (v->kind == KIND_INTEGER)
	{
		low = DirectFunctionCall1(int8_numeric, low);
		high = DirectFunctionCall1(int8_numeric, high);
	}
	if (part == 0 && v->kind == KIND_INTEGER)
		PG_RETURN_DATUM(DirectFunctionCall2(numeric_add, low, NumericGetDatum(int64_div_fast_to_numeric(0, 1))));
	if (part == 0)
		PG_RETURN_DATUM(datumCopy(low, false, -1));
	high = DirectFunctionCall2(numeric_sub, high, low);
	high = DirectFunctionCall2(numeric_mul, high, DirectFunctionCall1(float8_numeric, Float8GetDatum(part)));
	PG_RETURN_DATUM(DirectFunctionCall2(numeric_add, low, high));
}

Datum
rs_percentile_cont_float8(PG_FUNCTION_ARGS)
{
	Datum		low;
	Datum		high;
	double		part;

	if (find_neighbours(fcinfo, &low, &high, &part) == NULL)
		PG_RETURN_NULL();
	if (part == 0 || DatumGetFloat8(low) == DatumGetFloat8(high))
		PG_RETURN_DATUM(low);
	PG_RETURN_FLOAT8(DatumGetFloat8(low) * (1 - part) + DatumGetFloat8(high) * part);
}

/* Dates and times; one that is next to infinity is itself. */
Datum
rs_percentile_cont_time(PG_FUNCTION_ARGS)
{
	Datum		low;
	Datum		high;
	double		part;
	Values	   *v = find_neighbours(fcinfo, &low, &high, &part);
	int64		from;
	int64		to;

	if (v == NULL)
		PG_RETURN_NULL();
	if (v->type == INTERVALOID && part > 0)
	{
		high = DirectFunctionCall2(interval_mul, DirectFunctionCall2(interval_mi, high, low), Float8GetDatum(part));
		PG_RETURN_DATUM(DirectFunctionCall2(interval_pl, low, high));
	}
	if (v->type == INTERVALOID)
		PG_RETURN_DATUM(datumCopy(low, v->by_value, v->length));
	if (v->kind != KIND_INTEGER || v->type == INT2OID || v->type == INT4OID || v->type == INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of type %s cannot be interpolated", format_type_be(v->type))));
	from = DatumGetInt64(low);
	to = DatumGetInt64(high);
	if (part > 0 && (v->type == DATEOID ? !DATE_NOT_FINITE((DateADT) from) && !DATE_NOT_FINITE((DateADT) to) :
					 !TIMESTAMP_NOT_FINITE(from) && !TIMESTAMP_NOT_FINITE(to)))
		from += (int64) (((double) to - (double) from) * part);
	if (v->type == DATEOID)
		PG_RETURN_DATEADT((DateADT) from);
	PG_RETURN_INT64(from);
}

/*
 * The first value that the fraction of all is not beyond.
 */
Datum
rs_percentile_disc_final(PG_FUNCTION_ARGS)
{
	Values	   *v = PG_ARGISNULL(0) ? NULL : (Values *) PG_GETARG_POINTER(0);
	int64		number;
	Datum		value;

	if (v == NULL || v->n == 0)
		PG_RETURN_NULL();
	sort_values(v);
	number = Max((int64) (((int128) v->fraction * v->n + PARTS - 1) / PARTS), 1) - 1;
	value = v->values[v->descending ? v->n - 1 - number : number];
	switch (v->type)
	{
		case INT2OID:
			PG_RETURN_INT16((int16) DatumGetInt64(value));
		case INT4OID:
			PG_RETURN_INT32((int32) DatumGetInt64(value));
		case DATEOID:
			PG_RETURN_DATEADT((DateADT) DatumGetInt64(value));
		case FLOAT4OID:
			PG_RETURN_FLOAT4((float4) DatumGetFloat8(value));
		default:
			PG_RETURN_DATUM(datumCopy(value, v->by_value, v->length));
	}
}
