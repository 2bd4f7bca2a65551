/*
 * aggregate_float.c
 *	  Sums, averages and deviations of floats.
 *
 * A state is count, sum and sum of squared deviations, in row order, with the
 * update of Youngs and Cramer that PostgreSQL uses, so that one process gives the
 * same digits.  States are combined as PostgreSQL's are.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/float.h"
#include "vector/aggregate/aggregate_family.h"

static void
grow(RsAggregate *agg, uint32 capacity)
{
	agg->sx = rs_enlarge_states(agg, agg->sx, sizeof(double), capacity);
	agg->sxx = rs_enlarge_states(agg, agg->sxx, sizeof(double), capacity);
}

/*
 * The transition of float8_accum(): sum, and sum of squared deviations.
 */
static inline void
add_float(RsAggregate *agg, uint32 group, double value)
{
	double		n = (double) ++agg->count[group];
	double		before = agg->sx[group];
	double		sx = before + value;

	agg->sx[group] = sx;
	if (n > 1)
	{
		double		deviation = value * n - sx;

		agg->sxx[group] += deviation * deviation / (n * (n - 1));
		if (isinf(sx) || isinf(agg->sxx[group]))
		{
			if (!isinf(before) && !isinf(value))
				float_overflow_error();
			agg->sxx[group] = get_float8_nan();
		}
	}
	else if (isnan(value) || isinf(value))
		agg->sxx[group] = get_float8_nan();
}

static void
update(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	const RsVector *vector = args[0];
	uint32		i;

	for (i = 0; i < n; i++)
	{
		double		value;

		if (rs_vector_is_null(vector, i))
			continue;
		value = vector->form == RS_FORM_F32 ? ((float4 *) vector->data)[i] :
			((double *) vector->data)[i];
		/* sum() adds, and no more: squares may overflow where it does not. */
		if (agg->final == RS_FINAL_SUM)
		{
			agg->sx[groups[i]] = agg->count[groups[i]]++ == 0 ? value :
				float8_pl(agg->sx[groups[i]], value);
		}
		else
			add_float(agg, groups[i], value);
	}
}

static double
float_result(RsAggregate *agg, RsAggregateFinal final, uint32 group, bool *isnull)
{
	double		n = (double) agg->count[group];
	double		sxx = agg->sxx[group];

	*isnull = n == 0;
	switch (final)
	{
		case RS_FINAL_SUM:
			return agg->sx[group];
		case RS_FINAL_AVG:
			return agg->sx[group] / n;
		case RS_FINAL_VAR_POP:
			return sxx / n;
		case RS_FINAL_STDDEV_POP:
			return sqrt(sxx / n);
		case RS_FINAL_VAR_SAMP:
			*isnull = n <= 1;
			return sxx / (n - 1);
		default:
			*isnull = n <= 1;
			return sqrt(sxx / (n - 1));
	}
}

static Datum
result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group, bool *isnull)
{
	return Float8GetDatum(float_result(agg, wanted->final, group, isnull));
}

static Datum
flatten(RsAggregate *agg, uint32 group, RsFlatState *flat)
{
	flat->sx = agg->sx[group];
	flat->sxx = agg->sxx[group];
	return (Datum) 0;
}

/*
 * As float8_combine() does.
 */
static void
combine(RsAggregate *agg, uint32 group, const RsFlatState *flat, Datum value)
{
	double		n1 = (double) agg->count[group];
	double		n2 = (double) flat->count;
	double		sx = flat->sx;
	double		sxx = flat->sxx;

	if (agg->count[group] == 0)
	{
		agg->sx[group] = sx;
		agg->sxx[group] = sxx;
	}
	else if (agg->final == RS_FINAL_SUM)
		agg->sx[group] = float8_pl(agg->sx[group], sx);
	else
	{
		double		difference = agg->sx[group] / n1 - sx / n2;
		double		sum = float8_pl(agg->sx[group], sx);

		agg->sxx[group] += sxx + n1 * n2 * difference * difference / (n1 + n2);
		if (isinf(agg->sxx[group]) && !isinf(sxx))
			float_overflow_error();
		agg->sx[group] = sum;
	}
	agg->count[group] += flat->count;
}

static int
state_types(const RsAggregate *agg, RsVectorType *types)
{
	rs_vector_type_init(&types[0], INT8OID);
	rs_vector_type_init(&types[1], FLOAT8OID);
	rs_vector_type_init(&types[2], FLOAT8OID);
	return 3;
}

static void
export_states(RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n,
			  const RsVector **columns)
{
	RsVector	sx = {.form = RS_FORM_F64, .data = agg->sx};
	RsVector	sxx = {.form = RS_FORM_F64, .data = agg->sxx};

	columns[0] = rs_state_counts(agg, arena, groups, n);
	columns[1] = rs_vector_gather(arena, &sx, groups, n);
	columns[2] = rs_vector_gather(arena, &sxx, groups, n);
}

static void
import_states(RsAggregate *agg, RsArena *arena, const RsVector **columns, const uint32 *groups,
			  uint32 n)
{
	RsFlatState flat;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		flat.count = ((int64 *) columns[0]->data)[i];
		flat.sx = ((double *) columns[1]->data)[i];
		flat.sxx = ((double *) columns[2]->data)[i];
		if (flat.count > 0)
			combine(agg, groups[i], &flat, (Datum) 0);
	}
}

const RsAggregateFamily rs_float_sum_family = {
	.grow = grow,
	.update = update,
	.result = result,
	.flatten = flatten,
	.combine = combine,
	.state_types = state_types,
	.export_states = export_states,
	.import_states = import_states,
	.width = 2 * sizeof(double)
};
