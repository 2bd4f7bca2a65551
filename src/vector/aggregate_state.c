/*
 * aggregate_state.c
 *	  States of one aggregate function, one a group.
 *
 * A state is a few columns: which of them a function has depends on its family.
 *
 *   count		the number of values
 *   sum, avg	of integers and numerics: an exact 128-bit sum at one scale and the
 *				count; what does not fit goes into a numeric beside it
 *   floats		count, sum and sum of squared deviations, in row order, with the
 *				update of Youngs and Cramer that PostgreSQL uses
 *   min, max	the value
 *   bool_and, bool_or	the value
 *
 * States are combined in the same terms, so the result is that of one process;
 * sums of floats alone depend on the order, as PostgreSQL's do.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "encoding/numeric.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/pg_locale.h"
#include "utils/typcache.h"
#include "vector/aggregate_state.h"
#include "vector/group_table.h"
#include "vector/kernel.h"

typedef enum Family
{
	COUNT_ROWS,
	COUNT_VALUES,
	EXACT_SUM,
	FLOAT_SUM,
	EXTREME,
	BOOLEAN
} Family;

/* What is made of a state. */
typedef enum Final
{
	FINAL_COUNT,
	FINAL_SUM,
	FINAL_AVG,
	FINAL_VAR_POP,
	FINAL_VAR_SAMP,
	FINAL_STDDEV_POP,
	FINAL_STDDEV_SAMP,
	FINAL_MIN,
	FINAL_MAX,
	FINAL_AND,
	FINAL_OR
} Final;

typedef struct AggregateInfo
{
	Oid			function;
	Family		family;
	Final		final;
} AggregateInfo;

static const AggregateInfo known[] = {
	{F_COUNT_, COUNT_ROWS, FINAL_COUNT},
	{F_COUNT_ANY, COUNT_VALUES, FINAL_COUNT},
	{F_SUM_INT2, EXACT_SUM, FINAL_SUM},
	{F_SUM_INT4, EXACT_SUM, FINAL_SUM},
	{F_SUM_INT8, EXACT_SUM, FINAL_SUM},
	{F_SUM_NUMERIC, EXACT_SUM, FINAL_SUM},
	{F_AVG_INT2, EXACT_SUM, FINAL_AVG},
	{F_AVG_INT4, EXACT_SUM, FINAL_AVG},
	{F_AVG_INT8, EXACT_SUM, FINAL_AVG},
	{F_AVG_NUMERIC, EXACT_SUM, FINAL_AVG},
	{F_SUM_FLOAT8, FLOAT_SUM, FINAL_SUM},
	{F_AVG_FLOAT4, FLOAT_SUM, FINAL_AVG},
	{F_AVG_FLOAT8, FLOAT_SUM, FINAL_AVG},
	{F_VAR_POP_FLOAT8, FLOAT_SUM, FINAL_VAR_POP},
	{F_VAR_POP_FLOAT4, FLOAT_SUM, FINAL_VAR_POP},
	{F_VAR_SAMP_FLOAT8, FLOAT_SUM, FINAL_VAR_SAMP},
	{F_VAR_SAMP_FLOAT4, FLOAT_SUM, FINAL_VAR_SAMP},
	{F_VARIANCE_FLOAT8, FLOAT_SUM, FINAL_VAR_SAMP},
	{F_VARIANCE_FLOAT4, FLOAT_SUM, FINAL_VAR_SAMP},
	{F_STDDEV_POP_FLOAT8, FLOAT_SUM, FINAL_STDDEV_POP},
	{F_STDDEV_POP_FLOAT4, FLOAT_SUM, FINAL_STDDEV_POP},
	{F_STDDEV_SAMP_FLOAT8, FLOAT_SUM, FINAL_STDDEV_SAMP},
	{F_STDDEV_SAMP_FLOAT4, FLOAT_SUM, FINAL_STDDEV_SAMP},
	{F_STDDEV_FLOAT8, FLOAT_SUM, FINAL_STDDEV_SAMP},
	{F_STDDEV_FLOAT4, FLOAT_SUM, FINAL_STDDEV_SAMP},
	{F_MIN_INT2, EXTREME, FINAL_MIN},
	{F_MIN_INT4, EXTREME, FINAL_MIN},
	{F_MIN_INT8, EXTREME, FINAL_MIN},
	{F_MIN_FLOAT4, EXTREME, FINAL_MIN},
	{F_MIN_FLOAT8, EXTREME, FINAL_MIN},
	{F_MIN_NUMERIC, EXTREME, FINAL_MIN},
	{F_MIN_DATE, EXTREME, FINAL_MIN},
	{F_MIN_TIME, EXTREME, FINAL_MIN},
	{F_MIN_TIMESTAMP, EXTREME, FINAL_MIN},
	{F_MIN_TIMESTAMPTZ, EXTREME, FINAL_MIN},
	{F_MIN_TEXT, EXTREME, FINAL_MIN},
	{F_MIN_BPCHAR, EXTREME, FINAL_MIN},
	{F_MAX_INT2, EXTREME, FINAL_MAX},
	{F_MAX_INT4, EXTREME, FINAL_MAX},
	{F_MAX_INT8, EXTREME, FINAL_MAX},
	{F_MAX_FLOAT4, EXTREME, FINAL_MAX},
	{F_MAX_FLOAT8, EXTREME, FINAL_MAX},
	{F_MAX_NUMERIC, EXTREME, FINAL_MAX},
	{F_MAX_DATE, EXTREME, FINAL_MAX},
	{F_MAX_TIME, EXTREME, FINAL_MAX},
	{F_MAX_TIMESTAMP, EXTREME, FINAL_MAX},
	{F_MAX_TIMESTAMPTZ, EXTREME, FINAL_MAX},
	{F_MAX_TEXT, EXTREME, FINAL_MAX},
	{F_MAX_BPCHAR, EXTREME, FINAL_MAX},
	{F_BOOL_AND, BOOLEAN, FINAL_AND},
	{F_BOOL_OR, BOOLEAN, FINAL_OR},
	{F_EVERY, BOOLEAN, FINAL_AND}
};

struct RsAggregate
{
	Family		family;
	Final		final;
	RsVectorType argument;
	Oid			collation;
	FmgrInfo	compare;		/* of EXTREMEs by reference */
	MemoryContext context;
	uint32		ngroups;
	uint32		capacity;
	int			scale;			/* of sums */
	bool		any_scale;		/* a value had one */
	bool		several_scales;	/* display_scale is kept */
	/* columns of the states; NULL where the family has none */
	int64	   *count;
	int128	   *sum;
	uint8	   *display_scale;	/* largest that was added; see several_scales */
	Datum	   *rest;			/* numeric beside sum; 0: none */
	double	   *sx;
	double	   *sxx;
	int64	   *integer;		/* EXTREME, BOOLEAN: integers and dates */
	double	   *number;			/* EXTREME: floats */
	Datum	   *ref;			/* EXTREME: the rest */
};

static const AggregateInfo *
find(Oid function)
{
	int			i;

	for (i = 0; i < lengthof(known); i++)
		if (known[i].function == function)
			return &known[i];
	return NULL;
}

bool
rs_aggregate_supported(const Aggref *aggref)
{
	return aggref->aggdistinct == NIL && aggref->aggorder == NIL && aggref->aggdirectargs == NIL &&
		!aggref->aggvariadic && aggref->agglevelsup == 0 && find(aggref->aggfnoid) != NULL;
}

RsAggregate *
rs_aggregate_create(const Aggref *aggref, const RsVectorType *argument, MemoryContext context)
{
	const AggregateInfo *info = find(aggref->aggfnoid);
	RsAggregate *agg = MemoryContextAllocZero(context, sizeof(RsAggregate));

	agg->family = info->family;
	agg->final = info->final;
	if (argument != NULL)
		agg->argument = *argument;
	/* min and max of varchar are declared for text, those of domains likewise. */
	agg->collation = aggref->inputcollid;
	agg->context = context;
	if (agg->family == EXTREME && agg->argument.form == RS_FORM_REF)
		fmgr_info_cxt(lookup_type_cache(agg->argument.typid, TYPECACHE_CMP_PROC)->cmp_proc,
					  &agg->compare, context);
	if (agg->family == EXTREME && agg->argument.is_numeric)
		fmgr_info_cxt(F_NUMERIC_CMP, &agg->compare, context);
	return agg;
}

/* ---------------------------------------------------------------------
 * Memory
 * ---------------------------------------------------------------------
 */

static void *
enlarge_zeroed(RsAggregate *agg, void *old, Size width, uint32 capacity)
{
	void	   *result = rs_enlarge(agg->context, old, width * capacity);

	memset((char *) result + width * agg->capacity, 0, width * (capacity - agg->capacity));
	return result;
}

void
rs_aggregate_grow(RsAggregate *agg, uint32 ngroups)
{
	uint32		capacity = Max(agg->capacity, 64);

	agg->ngroups = ngroups;
	if (ngroups <= agg->capacity)
		return;
	while (capacity < ngroups)
		capacity *= 2;
	agg->count = enlarge_zeroed(agg, agg->count, sizeof(int64), capacity);
	switch (agg->family)
	{
		case COUNT_ROWS:
		case COUNT_VALUES:
			break;
		case EXACT_SUM:
			agg->sum = enlarge_zeroed(agg, agg->sum, sizeof(int128), capacity);
			agg->display_scale = enlarge_zeroed(agg, agg->display_scale, 1, capacity);
			agg->rest = enlarge_zeroed(agg, agg->rest, sizeof(Datum), capacity);
			break;
		case FLOAT_SUM:
			agg->sx = enlarge_zeroed(agg, agg->sx, sizeof(double), capacity);
			agg->sxx = enlarge_zeroed(agg, agg->sxx, sizeof(double), capacity);
			break;
		case EXTREME:
			if (agg->argument.form == RS_FORM_REF || agg->argument.is_numeric)
				agg->ref = enlarge_zeroed(agg, agg->ref, sizeof(Datum), capacity);
			else if (agg->argument.form == RS_FORM_F32 || agg->argument.form == RS_FORM_F64)
				agg->number = enlarge_zeroed(agg, agg->number, sizeof(double), capacity);
			else
				agg->integer = enlarge_zeroed(agg, agg->integer, sizeof(int64), capacity);
			break;
		case BOOLEAN:
			agg->integer = enlarge_zeroed(agg, agg->integer, sizeof(int64), capacity);
			break;
	}
	agg->capacity = capacity;
}

Size
rs_aggregate_memory(const RsAggregate *agg)
{
	Size		width = sizeof(int64);

	if (agg->family == EXACT_SUM)
		width += sizeof(int128) + 1 + sizeof(Datum);
	else if (agg->family == FLOAT_SUM)
		width += 2 * sizeof(double);
	else if (agg->family == EXTREME || agg->family == BOOLEAN)
		width += sizeof(int64);
	return width * agg->capacity;
}

/* ---------------------------------------------------------------------
 * Exact sums
 * ---------------------------------------------------------------------
 */

/*
 * Add a numeric that no 128-bit integer holds to what stands beside the sum.
 */
static void
add_rest(RsAggregate *agg, uint32 group, Datum value)
{
	MemoryContext old = MemoryContextSwitchTo(agg->context);
	Datum		before = agg->rest[group];

	if (before == (Datum) 0)
		agg->rest[group] = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	else
	{
		agg->rest[group] = DirectFunctionCall2(numeric_add, before, value);
		pfree(DatumGetPointer(before));
	}
	MemoryContextSwitchTo(old);
}

/*
 * Empty the integer sum of a group into the numeric beside it.
 */
static void
spill_sum(RsAggregate *agg, uint32 group)
{
	Datum		value;

	if (agg->sum[group] == 0)
		return;
	value = rs_numeric_from_int128(agg->sum[group], agg->scale);
	add_rest(agg, group, value);
	pfree(DatumGetPointer(value));
	agg->sum[group] = 0;
}

static void
set_scale(RsAggregate *agg, int scale)
{
	int128		factor = rs_power_of_ten(Min(scale - agg->scale, RS_NUMERIC_MAX_SCALE));
	uint32		g;

	for (g = 0; g < agg->ngroups; g++)
		if (__builtin_mul_overflow(agg->sum[g], factor, &agg->sum[g]))
		{
			agg->sum[g] /= factor;
			spill_sum(agg, g);
		}
	agg->scale = scale;
}

static inline void
add_exact(RsAggregate *agg, uint32 group, int128 value)
{
	int128		sum;

	if (__builtin_add_overflow(agg->sum[group], value, &sum))
	{
		spill_sum(agg, group);
		sum = value;
	}
	agg->sum[group] = sum;
}

/* Groups up to which a batch is summed in 64 bits first. */
#define RS_FEW_GROUPS	256

/*
 * Can 64 bits hold the sum of n such values?
 */
static bool
sum_fits(const RsVector *vector, uint32 n)
{
	/* n is at most a batch: 2^11. */
	return vector->form != RS_FORM_I64 || rs_magnitude(vector->data, n) >> 48 == 0;
}

#define SUM_FEW(integer) \
	do { \
		const integer *values = vector->data; \
		if (null == NULL) \
			for (i = 0; i < n; i++) \
			{ \
				sums[groups[i]] += values[i]; \
				counts[groups[i]]++; \
			} \
		else \
			for (i = 0; i < n; i++) \
				if (!null[i]) \
				{ \
					sums[groups[i]] += values[i]; \
					counts[groups[i]]++; \
				} \
	} while (0)

#define SUM_MANY(integer) \
	do { \
		const integer *values = vector->data; \
		for (i = 0; i < n; i++) \
			if (null == NULL || !null[i]) \
			{ \
				agg->sum[groups[i]] += values[i]; \
				agg->count[groups[i]]++; \
			} \
	} while (0)

/*
 * 64-bit values need no check of each: 2^63 of them fit 128 bits.
 */
static bool
update_integers(RsAggregate *agg, const RsVector *vector, const uint32 *groups, uint32 n)
{
	const uint8 *null = vector->null;
	int64		sums[RS_FEW_GROUPS];
	uint32		counts[RS_FEW_GROUPS];
	bool		few = agg->ngroups <= RS_FEW_GROUPS;
	uint32		i;

	if (vector->form != RS_FORM_I16 && vector->form != RS_FORM_I32 && vector->form != RS_FORM_I64)
		return false;
	few = few && sum_fits(vector, n);
	if (few)
	{
		memset(sums, 0, agg->ngroups * sizeof(int64));
		memset(counts, 0, agg->ngroups * sizeof(uint32));
	}
	if (vector->form == RS_FORM_I16)
	{
		if (few)
			SUM_FEW(int16);
		else
			SUM_MANY(int16);
	}
	else if (vector->form == RS_FORM_I32)
	{
		if (few)
			SUM_FEW(int32);
		else
			SUM_MANY(int32);
	}
	else if (few)
		SUM_FEW(int64);
	else
		SUM_MANY(int64);
	for (i = 0; few && i < agg->ngroups; i++)
	{
		agg->sum[i] += sums[i];
		agg->count[i] += counts[i];
	}
	return true;
}

/*
 * Before the first value of another scale: until then a group's display scale is
 * that of all values.
 */
static void
begin_scales(RsAggregate *agg)
{
	uint32		g;

	if (agg->several_scales)
		return;
	agg->several_scales = true;
	for (g = 0; g < agg->ngroups; g++)
		agg->display_scale[g] = agg->count[g] > 0 ? (uint8) agg->scale : 0;
}

static void
update_numerics(RsAggregate *agg, RsArena *arena, const RsVector *vector, const uint32 *groups,
				uint32 n)
{
	int128	   *values;
	uint32		i;

	if (!agg->any_scale && vector->form != RS_FORM_REF && vector->scales == NULL)
		agg->scale = vector->scale;
	else if (vector->form == RS_FORM_REF || vector->scales != NULL || vector->scale != agg->scale)
		begin_scales(agg);
	agg->any_scale = true;
	if (vector->form != RS_FORM_REF && vector->scale > agg->scale)
		set_scale(agg, vector->scale);
	if (vector->form == RS_FORM_I64 && !agg->several_scales)
	{
		(void) update_integers(agg, vector, groups, n);
		return;
	}
	values = rs_arena_alloc(arena, n * sizeof(int128));
	if (rs_numeric_rescale(vector, n, agg->scale, values))
	{
		for (i = 0; i < n; i++)
		{
			int			scale = vector->scales != NULL ? vector->scales[i] : vector->scale;

			if (rs_vector_is_null(vector, i))
				continue;
			add_exact(agg, groups[i], values[i]);
			agg->count[groups[i]]++;
			agg->display_scale[groups[i]] = Max(agg->display_scale[groups[i]], scale);
		}
		return;
	}
	for (i = 0; i < n; i++)
	{
		RsNumericKey key;
		Datum		value;

		if (rs_vector_is_null(vector, i))
			continue;
		rs_numeric_key(vector, i, &key);
		value = rs_numeric_key_datum(&key);
		add_rest(agg, groups[i], value);
		if (key.scale >= 0)
			pfree(DatumGetPointer(value));
		agg->count[groups[i]]++;
	}
}

/*
 * The sum as a numeric, with the display scale of the longest summand.
 */
static Datum
exact_sum(RsAggregate *agg, uint32 group)
{
	Datum		sum;
	int			scale = !agg->argument.is_numeric ? 0 :
		agg->several_scales ? agg->display_scale[group] : agg->scale;

	sum = rs_numeric_from_int128(agg->sum[group] / rs_power_of_ten(agg->scale - Min(scale, agg->scale)),
								 Min(scale, agg->scale));
	if (agg->rest[group] != (Datum) 0)
		sum = DirectFunctionCall2(numeric_add, sum, agg->rest[group]);
	return sum;
}

/* ---------------------------------------------------------------------
 * Floats
 * ---------------------------------------------------------------------
 */

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
update_floats(RsAggregate *agg, const RsVector *vector, const uint32 *groups, uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		double		value;

		if (rs_vector_is_null(vector, i))
			continue;
		value = vector->form == RS_FORM_F32 ? ((float4 *) vector->data)[i] :
			((double *) vector->data)[i];
		/* sum() adds, and no more: squares may overflow where it does not. */
		if (agg->final == FINAL_SUM)
		{
			agg->sx[groups[i]] = agg->count[groups[i]]++ == 0 ? value :
				float8_pl(agg->sx[groups[i]], value);
		}
		else
			add_float(agg, groups[i], value);
	}
}

static double
float_result(RsAggregate *agg, Final final, uint32 group, bool *isnull)
{
	double		n = (double) agg->count[group];
	double		sxx = agg->sxx[group];

	*isnull = n == 0;
	switch (final)
	{
		case FINAL_SUM:
			return agg->sx[group];
		case FINAL_AVG:
			return agg->sx[group] / n;
		case FINAL_VAR_POP:
			return sxx / n;
		case FINAL_STDDEV_POP:
			return sqrt(sxx / n);
		case FINAL_VAR_SAMP:
			*isnull = n <= 1;
			return sxx / (n - 1);
		default:
			*isnull = n <= 1;
			return sqrt(sxx / (n - 1));
	}
}

/*
 * As float8_combine() does.
 */
static void
combine_floats(RsAggregate *agg, uint32 group, int64 count, double sx, double sxx)
{
	double		n1 = (double) agg->count[group];
	double		n2 = (double) count;

	if (count == 0)
		return;
	if (agg->count[group] == 0)
	{
		agg->sx[group] = sx;
		agg->sxx[group] = sxx;
	}
	else if (agg->final == FINAL_SUM)
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
	agg->count[group] += count;
}

/* ---------------------------------------------------------------------
 * Extremes
 * ---------------------------------------------------------------------
 */

/*
 * Of equal values the later one stays, as with PostgreSQL's functions: they may
 * look different (1.0 and 1.00).
 */
static inline bool
replaces(const RsAggregate *agg, int order)
{
	return agg->final == FINAL_MIN ? order <= 0 : order >= 0;
}

static void
set_ref(RsAggregate *agg, uint32 group, Datum value)
{
	MemoryContext old = MemoryContextSwitchTo(agg->context);

	if (agg->count[group] > 0)
		pfree(DatumGetPointer(agg->ref[group]));
	agg->ref[group] = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	MemoryContextSwitchTo(old);
}

static void
offer_ref(RsAggregate *agg, uint32 group, Datum value)
{
	if (agg->count[group] == 0 ||
		replaces(agg, DatumGetInt32(FunctionCall2Coll(&agg->compare, agg->collation, value,
													  agg->ref[group]))))
		set_ref(agg, group, value);
	agg->count[group]++;
}

static inline void
offer_integer(RsAggregate *agg, uint32 group, int64 value)
{
	int64	   *best = &agg->integer[group];

	if (agg->count[group]++ == 0 || (agg->final == FINAL_MIN ? value < *best : value > *best))
		*best = value;
}

static inline void
offer_double(RsAggregate *agg, uint32 group, double value)
{
	if (agg->count[group]++ == 0 || replaces(agg, rs_float_order(value, agg->number[group])))
		agg->number[group] = value;
}

static void
update_extremes(RsAggregate *agg, const RsVector *vector, const uint32 *groups, uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		bool		isnull;

		if (rs_vector_is_null(vector, i))
			continue;
		if (agg->ref != NULL)
			offer_ref(agg, groups[i], rs_vector_datum(vector, &agg->argument, i, &isnull));
		else if (agg->number != NULL)
			offer_double(agg, groups[i], vector->form == RS_FORM_F32 ?
						 ((float4 *) vector->data)[i] : ((double *) vector->data)[i]);
		else
			offer_integer(agg, groups[i], rs_vector_int(vector, i));
	}
}

/* ---------------------------------------------------------------------
 * All of them
 * ---------------------------------------------------------------------
 */

static void
update_booleans(RsAggregate *agg, const RsVector *vector, const uint32 *groups, uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		int64		value = ((uint8 *) vector->data)[i];
		int64	   *state = &agg->integer[groups[i]];

		if (rs_vector_is_null(vector, i))
			continue;
		if (agg->count[groups[i]]++ == 0)
			*state = value;
		else
			*state = agg->final == FINAL_AND ? *state & value : *state | value;
	}
}

void
rs_aggregate_update(RsAggregate *agg, RsArena *arena, const RsVector *vector,
					const uint32 *groups, uint32 n)
{
	uint32		i;

	if (vector != NULL)
		vector = rs_vector_flatten(arena, vector, n);
	switch (agg->family)
	{
		case COUNT_ROWS:
			for (i = 0; i < n; i++)
				agg->count[groups[i]]++;
			break;
		case COUNT_VALUES:
			for (i = 0; i < n; i++)
				agg->count[groups[i]] += !rs_vector_is_null(vector, i);
			break;
		case EXACT_SUM:
			if (agg->argument.is_numeric || !update_integers(agg, vector, groups, n))
				update_numerics(agg, arena, vector, groups, n);
			break;
		case FLOAT_SUM:
			update_floats(agg, vector, groups, n);
			break;
		case EXTREME:
			update_extremes(agg, vector, groups, n);
			break;
		case BOOLEAN:
			update_booleans(agg, vector, groups, n);
	}
}

static Datum
result_datum(RsAggregate *agg, Final final, const RsVectorType *type, uint32 group, bool *isnull)
{
	*isnull = agg->count[group] == 0;
	switch (agg->family)
	{
		case COUNT_ROWS:
		case COUNT_VALUES:
			*isnull = false;
			return Int64GetDatum(agg->count[group]);
		case EXACT_SUM:
			if (*isnull)
				return (Datum) 0;
			if (final == FINAL_AVG)
				return DirectFunctionCall2(numeric_div, exact_sum(agg, group),
										   NumericGetDatum(int64_to_numeric(agg->count[group])));
			/* sum(smallint) and sum(integer) are bigint. */
			return type->is_numeric ? exact_sum(agg, group) :
				Int64GetDatum((int64) agg->sum[group]);
		case FLOAT_SUM:
			return Float8GetDatum(float_result(agg, final, group, isnull));
		case EXTREME:
		case BOOLEAN:
			break;
	}
	if (*isnull)
		return (Datum) 0;
	if (agg->ref != NULL)
		return agg->ref[group];
	if (agg->number != NULL)
		return agg->argument.form == RS_FORM_F32 ? Float4GetDatum((float4) agg->number[group]) :
			Float8GetDatum(agg->number[group]);
	switch (agg->argument.form)
	{
		case RS_FORM_I8:
			return CharGetDatum((char) agg->integer[group]);
		case RS_FORM_I16:
			return Int16GetDatum((int16) agg->integer[group]);
		case RS_FORM_I32:
			return Int32GetDatum((int32) agg->integer[group]);
		default:
			return Int64GetDatum(agg->integer[group]);
	}
}

RsVector *
rs_aggregate_result(RsAggregate *agg, Oid function, RsArena *arena, MemoryContext values,
					const uint32 *groups, uint32 n)
{
	Final		final = find(function)->final;
	Datum	   *datums = rs_arena_alloc(arena, n * sizeof(Datum));
	bool	   *isnull = rs_arena_alloc(arena, n * sizeof(bool));
	MemoryContext old = MemoryContextSwitchTo(values);
	RsVectorType type;
	RsVector   *result;
	uint32		i;

	rs_vector_type_init(&type, get_func_rettype(function));
	for (i = 0; i < n; i++)
		datums[i] = result_datum(agg, final, &type, groups[i], &isnull[i]);
	result = rs_vector_from_datums(arena, &type, datums, isnull, n);
	MemoryContextSwitchTo(old);
	return result;
}

/* ---------------------------------------------------------------------
 * Between processes
 * ---------------------------------------------------------------------
 */

/* A state as bytea; by-reference values follow. */
typedef struct FlatState
{
	int64		count;
	int128		sum;
	double		sx;
	double		sxx;
	int64		integer;
	double		number;
	int32		scale;
	uint8		display_scale;
	bool		has_value;
} FlatState;

Datum
rs_aggregate_serialize(RsAggregate *agg, uint32 group)
{
	FlatState	flat;
	Datum		value = (Datum) 0;
	Size		size;
	bytea	   *result;

	memset(&flat, 0, sizeof(flat));
	flat.count = agg->count[group];
	flat.scale = agg->scale;
	if (agg->family == EXACT_SUM)
	{
		flat.sum = agg->sum[group];
		flat.display_scale = agg->several_scales ? agg->display_scale[group] : (uint8) agg->scale;
		value = agg->rest[group];
	}
	if (agg->family == FLOAT_SUM)
	{
		flat.sx = agg->sx[group];
		flat.sxx = agg->sxx[group];
	}
	if (agg->integer != NULL)
		flat.integer = agg->integer[group];
	if (agg->number != NULL)
		flat.number = agg->number[group];
	if (agg->ref != NULL && flat.count > 0)
		value = agg->ref[group];
	flat.has_value = value != (Datum) 0;
	size = flat.has_value ? VARSIZE_ANY(DatumGetPointer(value)) : 0;
	result = palloc(VARHDRSZ + sizeof(flat) + size);
	SET_VARSIZE(result, VARHDRSZ + sizeof(flat) + size);
	memcpy(VARDATA(result), &flat, sizeof(flat));
	if (flat.has_value)
		memcpy(VARDATA(result) + sizeof(flat), DatumGetPointer(value), size);
	return PointerGetDatum(result);
}

static void
combine_sums(RsAggregate *agg, uint32 group, const FlatState *flat, Datum value)
{
	int128		sum = flat->sum;

	begin_scales(agg);
	if (flat->scale > agg->scale)
		set_scale(agg, flat->scale);
	if (__builtin_mul_overflow(sum, rs_power_of_ten(agg->scale - flat->scale), &sum))
		add_rest(agg, group, rs_numeric_from_int128(flat->sum, flat->scale));
	else
		add_exact(agg, group, sum);
	if (flat->has_value)
		add_rest(agg, group, value);
	agg->display_scale[group] = Max(agg->display_scale[group], flat->display_scale);
	agg->count[group] += flat->count;
}

void
rs_aggregate_combine(RsAggregate *agg, uint32 group, Datum state)
{
	bytea	   *bytes = DatumGetByteaPCopy(state);
	FlatState	flat;
	Datum		value = (Datum) 0;

	memcpy(&flat, VARDATA_ANY(bytes), sizeof(flat));
	if (flat.has_value)
	{
		/* Behind the flat part it need not be aligned. */
		Size		size = VARSIZE_ANY_EXHDR(bytes) - sizeof(flat);
		char	   *copy = palloc(size);

		memcpy(copy, VARDATA_ANY(bytes) + sizeof(flat), size);
		value = PointerGetDatum(copy);
	}
	if (flat.count == 0)
		return;
	switch (agg->family)
	{
		case COUNT_ROWS:
		case COUNT_VALUES:
			agg->count[group] += flat.count;
			break;
		case EXACT_SUM:
			combine_sums(agg, group, &flat, value);
			break;
		case FLOAT_SUM:
			combine_floats(agg, group, flat.count, flat.sx, flat.sxx);
			break;
		case EXTREME:
			if (agg->ref != NULL)
				offer_ref(agg, group, value);
			else if (agg->number != NULL)
				offer_double(agg, group, flat.number);
			else
				offer_integer(agg, group, flat.integer);
			break;
		case BOOLEAN:
			if (agg->count[group]++ == 0)
				agg->integer[group] = flat.integer;
			else
				agg->integer[group] = agg->final == FINAL_AND ?
					agg->integer[group] & flat.integer : agg->integer[group] | flat.integer;
	}
}
