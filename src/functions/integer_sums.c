/*
 * integer_sums.c
 *	  SUM and AVG of integers with Redshift's types: both are bigint, the average is cut.
 *
 * Statements that are planned get PostgreSQL's sum and count in their place
 * (plain_aggregates.c), which the engine has code for; these are for all other callers.
 */
#include "postgres.h"

#include "common/int.h"
#include "fmgr.h"
#include "functions/aggregate_context.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"

PG_FUNCTION_INFO_V1(rs_int2_sum_transition);
PG_FUNCTION_INFO_V1(rs_int4_sum_transition);
PG_FUNCTION_INFO_V1(rs_int8_sum_transition);
PG_FUNCTION_INFO_V1(rs_integer_sum_combine);
PG_FUNCTION_INFO_V1(rs_integer_sum_serialize);
PG_FUNCTION_INFO_V1(rs_integer_sum_deserialize);
PG_FUNCTION_INFO_V1(rs_integer_sum_final);
PG_FUNCTION_INFO_V1(rs_integer_avg_final);

/* No overflow: 2^63 rows of 64 bits fit 127. */
typedef struct Sum
{
	int64		n;
	int128		sum;
} Sum;

static Sum *
state_argument(FunctionCallInfo fcinfo)
{
	MemoryContext context = rs_aggregate_context(fcinfo);

	return PG_ARGISNULL(0) ? MemoryContextAllocZero(context, sizeof(Sum)) : (Sum *) PG_GETARG_POINTER(0);
}

static Datum
add(FunctionCallInfo fcinfo, int64 value)
{
	Sum		   *s = state_argument(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		s->n++;
		s->sum += value;
	}
	PG_RETURN_POINTER(s);
}

Datum
rs_int2_sum_transition(PG_FUNCTION_ARGS)
{
	return add(fcinfo, PG_GETARG_INT16(1));
}

Datum
rs_int4_sum_transition(PG_FUNCTION_ARGS)
{
	return add(fcinfo, PG_GETARG_INT32(1));
}

Datum
rs_int8_sum_transition(PG_FUNCTION_ARGS)
{
	return add(fcinfo, PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1));
}

Datum
rs_integer_sum_combine(PG_FUNCTION_ARGS)
{
	Sum		   *s = state_argument(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		s->n += ((Sum *) PG_GETARG_POINTER(1))->n;
		s->sum += ((Sum *) PG_GETARG_POINTER(1))->sum;
	}
	PG_RETURN_POINTER(s);
}

Datum
rs_integer_sum_serialize(PG_FUNCTION_ARGS)
{
	Sum		   *s = (Sum *) PG_GETARG_POINTER(0);
	StringInfoData bytes;

	pq_begintypsend(&bytes);
	pq_sendint64(&bytes, s->n);
	pq_sendint64(&bytes, (int64) (s->sum >> 64));
	pq_sendint64(&bytes, (int64) s->sum);
	PG_RETURN_BYTEA_P(pq_endtypsend(&bytes));
}

Datum
rs_integer_sum_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	Sum		   *s = palloc(sizeof(Sum));
	StringInfoData from;
	uint64		high;

	from.data = VARDATA_ANY(bytes);
	from.len = from.maxlen = VARSIZE_ANY_EXHDR(bytes);
	from.cursor = 0;
	s->n = pq_getmsgint64(&from);
	high = pq_getmsgint64(&from);
	s->sum = (int128) (((uint128) high << 64) | (uint64) pq_getmsgint64(&from));
	PG_RETURN_POINTER(s);
}

static Datum
result(FunctionCallInfo fcinfo, bool average)
{
	Sum		   *s = PG_ARGISNULL(0) ? NULL : (Sum *) PG_GETARG_POINTER(0);
	int128		value;

	if (s == NULL || s->n == 0)
		PG_RETURN_NULL();
	value = average ? s->sum / s->n : s->sum;
	if (value < PG_INT64_MIN || value > PG_INT64_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bigint out of range")));
	PG_RETURN_INT64((int64) value);
}

Datum
rs_integer_sum_final(PG_FUNCTION_ARGS)
{
	return result(fcinfo, false);
}

Datum
rs_integer_avg_final(PG_FUNCTION_ARGS)
{
	return result(fcinfo, true);
}
