/*
 * aggregate_sum.c
 *	  Sums and averages of integers and numerics.
 *
 * A state is an exact 128-bit sum, at one scale for all groups, and the count;
 * what does not fit goes into a numeric beside it.  So the order in which values
 * are added, or states are combined, does not matter.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "encoding/numeric.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "vector/aggregate/aggregate_family.h"
#include "vector/aggregate/group_table.h"
#include "vector/kernel/kernel.h"

/* PostgreSQL's numeric: digits of base 10000; of a quotient, at least so many decimal ones. */
#define RS_BASE_DIGITS			4
#define RS_SIGNIFICANT_DIGITS	16

static void
grow(RsAggregate *agg, uint32 capacity)
{
	agg->sum = rs_enlarge_states(agg, agg->sum, sizeof(int128), capacity);
	if (agg->several_scales)
		agg->display_scale = rs_enlarge_states(agg, agg->display_scale, 1, capacity);
	if (agg->rest != NULL)
		agg->rest = rs_enlarge_states(agg, agg->rest, sizeof(Datum), capacity);
}

/*
 * Add a numeric that no 128-bit integer holds to what stands beside the sum.
 */
static void
add_rest(RsAggregate *agg, uint32 group, Datum value)
{
	MemoryContext old = MemoryContextSwitchTo(agg->context);
	Datum		before;

	if (agg->rest == NULL)
	{
		agg->rest = rs_enlarge(agg->context, NULL, agg->capacity * sizeof(Datum));
		memset(agg->rest, 0, agg->capacity * sizeof(Datum));
	}
	before = agg->rest[group];
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
 * A sum as a numeric with the display scale of the longest summand, which has no
 * more decimals.
 */
static Datum
sum_datum(int128 sum, int scale, int display_scale)
{
	int			shown = Min(scale, display_scale);

	return rs_numeric_from_int128(sum / rs_power_of_ten(scale - shown), shown);
}

static int
group_scale(const RsAggregate *agg, uint32 group)
{
	return !agg->argument.is_numeric ? 0 :
		agg->several_scales ? agg->display_scale[group] : agg->scale;
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
	value = sum_datum(agg->sum[group], agg->scale, group_scale(agg, group));
	add_rest(agg, group, value);
	pfree(DatumGetPointer(value));
	agg->sum[group] = 0;
}

static void
set_scale(RsAggregate *agg, int scale)
{
	int128		factor = rs_power_of_ten(Min(scale - agg->scale, RS_NUMERIC_MAX_SCALE));
	int128		sum;
	uint32		g;

	for (g = 0; g < agg->ngroups; g++)
		if (__builtin_mul_overflow(agg->sum[g], factor, &sum))
			spill_sum(agg, g);
		else
			agg->sum[g] = sum;
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

/* Rows whose groups' states are fetched ahead, and groups from which on that pays. */
#define RS_AHEAD_STATES	16
#define RS_MANY_STATES	32768

#define SUM_MANY(integer) \
	do { \
		const integer *values = vector->data; \
		for (i = 0; i < n; i++) \
		{ \
			if (many) \
			{ \
				uint32		ahead = groups[Min(i + RS_AHEAD_STATES, n - 1)]; \
				__builtin_prefetch(&agg->sum[ahead], 1); \
				__builtin_prefetch(&agg->count[ahead], 1); \
			} \
			if (null == NULL || !null[i]) \
			{ \
				agg->sum[groups[i]] += values[i]; \
				agg->count[groups[i]]++; \
			} \
		} \
	} while (0)

/* While sums are known to be below this, a batch of 64-bit values needs no check of each. */
#define RS_UNCHECKED_SUM	((uint128) 1 << 126)

/*
 * Before n more values, none of which is larger: may a sum reach that?
 */
static bool
stays_unchecked(RsAggregate *agg, uint128 largest, uint32 n)
{
	if (agg->sum_bound >= RS_UNCHECKED_SUM)
		return false;
	/* n is at most a batch: 2^11. */
	if (largest >> 112 != 0)
		agg->sum_bound = RS_UNCHECKED_SUM;
	else
		agg->sum_bound += largest * n;
	return agg->sum_bound < RS_UNCHECKED_SUM;
}

/*
 * Nothing is checked: integers alone never come near the end of 128 bits, 2^63 of them
 * fit.
 */
static bool
update_integers(RsAggregate *agg, const RsVector *vector, const uint32 *groups, uint32 n)
{
	const uint8 *null = vector->null;
	int64		sums[RS_FEW_GROUPS];
	uint32		counts[RS_FEW_GROUPS];
	bool		few = agg->ngroups <= RS_FEW_GROUPS;
	bool		many = agg->ngroups >= RS_MANY_STATES;
	uint32		i;

	if (vector->form != RS_FORM_I16 && vector->form != RS_FORM_I32 && vector->form != RS_FORM_I64)
		return false;
	few = few && sum_fits(vector, n);
	if (few && agg->ngroups == 1 && null == NULL && vector->form != RS_FORM_I16)
	{
		agg->sum[0] += vector->form == RS_FORM_I32 ? rs_sum_int32(vector->data, n) :
			rs_sum_int64(vector->data, n);
		agg->count[0] += n;
		return true;
	}
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
	agg->display_scale = rs_enlarge(agg->context, NULL, Max(agg->capacity, 1));
	memset(agg->display_scale, 0, Max(agg->capacity, 1));
	for (g = 0; g < agg->ngroups; g++)
		agg->display_scale[g] = agg->count[g] > 0 ? (uint8) agg->scale : 0;
}

static void
update_numerics(RsAggregate *agg, RsArena *arena, const RsVector *vector, const uint32 *groups,
				uint32 n)
{
	int128	   *values;
	uint128		magnitude = 0;
	uint32		i;

	if (!agg->any_scale && vector->form != RS_FORM_REF && vector->scales == NULL)
		agg->scale = vector->scale;
	else if (vector->form == RS_FORM_REF || vector->scales != NULL || vector->scale != agg->scale)
		begin_scales(agg);
	agg->any_scale = true;
	if (vector->form != RS_FORM_REF && vector->scale > agg->scale)
		set_scale(agg, vector->scale);
	if (vector->form == RS_FORM_I64 && !agg->several_scales &&
		stays_unchecked(agg, (uint128) 1 << 63, n))
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
			magnitude |= (uint128) (values[i] ^ values[i] >> 127);
			agg->count[groups[i]]++;
			if (agg->several_scales)
				agg->display_scale[groups[i]] = Max(agg->display_scale[groups[i]], scale);
		}
		(void) stays_unchecked(agg, magnitude + 1, n);
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
		if (key.datum == (Datum) 0)
			pfree(DatumGetPointer(value));
		agg->count[groups[i]]++;
	}
}

static void
update(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	if (agg->argument.is_numeric || !update_integers(agg, args[0], groups, n))
		update_numerics(agg, arena, args[0], groups, n);
}

static Datum
exact_sum(RsAggregate *agg, uint32 group)
{
	Datum		sum = sum_datum(agg->sum[group], agg->scale, group_scale(agg, group));

	if (agg->rest != NULL && agg->rest[group] != (Datum) 0)
		sum = DirectFunctionCall2(numeric_add, sum, agg->rest[group]);
	return sum;
}

static Datum
result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group, bool *isnull)
{
	if (*isnull)
		return (Datum) 0;
	if (wanted->final == RS_FINAL_AVG)
		return DirectFunctionCall2(numeric_div, exact_sum(agg, group),
								   NumericGetDatum(int64_to_numeric(agg->count[group])));
	/* sum(smallint) and sum(integer) are bigint. */
	return wanted->type.is_numeric ? exact_sum(agg, group) : Int64GetDatum((int64) agg->sum[group]);
}

/*
 * Sums as one vector, in 64 bits if those suffice; NULL where a numeric stands beside
 * one.
 */
static RsVector *
sums(RsAggregate *agg, const RsVectorType *type, RsArena *arena, const uint32 *groups, uint32 n)
{
	RsVector   *vector = rs_vector_create(arena, RS_FORM_I64, n);
	int64	   *values = vector->data;
	bool		wide = false;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		int128		sum = agg->sum[groups[i]];

		values[i] = (int64) sum;
		wide |= values[i] != sum;
		if (agg->rest != NULL && agg->rest[groups[i]] != (Datum) 0)
			return NULL;
	}
	if (wide && type->is_numeric)
	{
		vector = rs_vector_create(arena, RS_FORM_I128, n);
		for (i = 0; i < n; i++)
			((int128 *) vector->data)[i] = agg->sum[groups[i]];
	}
	vector->null = rs_empty_states(agg, arena, groups, n);
	vector->scale = (int16) agg->scale;
	if (agg->several_scales)
	{
		vector->scales = rs_arena_alloc(arena, n);
		for (i = 0; i < n; i++)
		{
			if (agg->display_scale[groups[i]] > agg->scale)
				return NULL;
			vector->scales[i] = agg->display_scale[groups[i]];
		}
	}
	return vector;
}

/* A number as base 10000 has it: its first digit, and where that stands. */
typedef struct Leading
{
	int			digit;
	int			weight;
} Leading;

static Leading
leading_digit(uint128 value, int scale)
{
	Leading		leading = {0, 0};

	if (value == 0)
		return leading;
	for (; scale % RS_BASE_DIGITS != 0; scale++)
		value *= 10;
	leading.weight = -scale / RS_BASE_DIGITS;
	for (; value > PG_UINT64_MAX; value /= 10000)
		leading.weight++;
	for (leading.digit = 0; value >= 10000; value = (uint64) value / 10000)
		leading.weight++;
	leading.digit = (int) value;
	return leading;
}

/*
 * The quotient of a sum and a count, with the scale that numeric_div() gives it: at
 * least 16 significant digits.  False if 128 bits do not suffice.
 */
static bool
divide(int128 sum, int scale, int64 count, int128 *quotient, int *quotient_scale)
{
	uint128		magnitude = sum < 0 ? -(uint128) sum : (uint128) sum;
	Leading		dividend;
	Leading		divisor = leading_digit((uint128) count, 0);
	int			weight;
	uint128		scaled;
	uint128		result;

	/* leading_digit() needs room for three more digits. */
	if (magnitude >> 110 != 0)
		return false;
	dividend = leading_digit(magnitude, scale);
	weight = dividend.weight - divisor.weight - (dividend.digit <= divisor.digit);
	*quotient_scale = Max(Max(RS_SIGNIFICANT_DIGITS - weight * RS_BASE_DIGITS, scale), 0);
	if (*quotient_scale - scale > RS_NUMERIC_MAX_SCALE ||
		__builtin_mul_overflow(magnitude, (uint128) rs_power_of_ten(*quotient_scale - scale), &scaled))
		return false;
	result = scaled / (uint128) count;
	/* Half a unit is rounded up. */
	if (scaled - result * (uint128) count >= (uint128) count - (scaled - result * (uint128) count))
		result++;
	if (result >> 126 != 0)
		return false;
	*quotient = sum < 0 ? -(int128) result : (int128) result;
	return true;
}

static RsVector *
averages(RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n)
{
	RsVector   *vector = rs_vector_create(arena, RS_FORM_I128, n);
	int128	   *values = vector->data;
	int		   *scales = rs_arena_alloc(arena, n * sizeof(int));
	int			most = 0;
	int			least = INT_MAX;
	uint32		i;

	vector->null = rs_empty_states(agg, arena, groups, n);
	for (i = 0; i < n; i++)
	{
		uint32		group = groups[i];
		int			scale = agg->several_scales ? agg->display_scale[group] : agg->scale;

		values[i] = 0;
		scales[i] = -1;
		if (agg->count[group] == 0)
			continue;
		if (scale > agg->scale || (agg->rest != NULL && agg->rest[group] != (Datum) 0) ||
			!divide(scale == agg->scale ? agg->sum[group] :
					agg->sum[group] / rs_power_of_ten(agg->scale - scale),
					scale, agg->count[group], &values[i], &scales[i]))
			return NULL;
		most = Max(most, scales[i]);
		least = Min(least, scales[i]);
	}
	if (most > RS_NUMERIC_MAX_SCALE)
		return NULL;
	vector->scale = (int16) most;
	if (least >= most)
		return vector;
	vector->scales = rs_arena_alloc(arena, n);
	for (i = 0; i < n; i++)
	{
		if (scales[i] < 0)
			scales[i] = most;
		vector->scales[i] = (uint8) scales[i];
		if (__builtin_mul_overflow(values[i], rs_power_of_ten(most - scales[i]), &values[i]))
			return NULL;
	}
	return vector;
}

static RsVector *
results(RsAggregate *agg, const RsAggregateResult *wanted, RsArena *arena, const uint32 *groups,
		uint32 n)
{
	return wanted->final == RS_FINAL_AVG ? averages(agg, arena, groups, n) :
		sums(agg, &wanted->type, arena, groups, n);
}

static Datum
flatten(RsAggregate *agg, uint32 group, RsFlatState *flat)
{
	flat->scale = agg->scale;
	flat->sum = agg->sum[group];
	flat->display_scale = agg->several_scales ? agg->display_scale[group] : (uint8) agg->scale;
	return agg->rest != NULL ? agg->rest[group] : (Datum) 0;
}

static void
combine(RsAggregate *agg, uint32 group, const RsFlatState *flat, Datum value)
{
	int128		sum = flat->sum;

	begin_scales(agg);
	if (flat->scale > agg->scale)
		set_scale(agg, flat->scale);
	if (__builtin_mul_overflow(sum, rs_power_of_ten(agg->scale - flat->scale), &sum))
		add_rest(agg, group, sum_datum(flat->sum, flat->scale, flat->display_scale));
	else
		add_exact(agg, group, sum);
	if (flat->has_value)
		add_rest(agg, group, value);
	agg->display_scale[group] = Max(agg->display_scale[group], flat->display_scale);
	agg->count[group] += flat->count;
}

/*
 * Count, sum at the scale of all, and the numeric beside it, if there is one: else a
 * NULL of another form, that takes less room.
 */
static int
state_types(const RsAggregate *agg, RsVectorType *types)
{
	rs_vector_type_init(&types[0], INT8OID);
	rs_vector_type_init(&types[1], NUMERICOID);
	rs_vector_type_init(&types[2], NUMERICOID);
	return 3;
}

static void
export_states(RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n,
			  const RsVector **columns)
{
	RsVector   *rest;
	RsVector   *sum = sums(agg, &agg->argument, arena, groups, n);
	RsVector	whole = {.form = RS_FORM_I128, .data = agg->sum};
	uint32		i;

	columns[0] = rs_state_counts(agg, arena, groups, n);
	if (sum == NULL || !agg->argument.is_numeric)
	{
		sum = rs_vector_gather(arena, &whole, groups, n);
		sum->scale = (int16) agg->scale;
		if (agg->several_scales)
		{
			sum->scales = rs_arena_alloc(arena, n);
			for (i = 0; i < n; i++)
				sum->scales[i] = agg->display_scale[groups[i]];
		}
	}
	columns[1] = sum;
	rest = rs_vector_create(arena, agg->rest != NULL ? RS_FORM_REF : RS_FORM_I8, n);
	rest->null = rs_arena_alloc(arena, n);
	memset(rest->null, 1, n);
	if (agg->rest == NULL)
		memset(rest->data, 0, n);
	for (i = 0; agg->rest != NULL && i < n; i++)
	{
		((Datum *) rest->data)[i] = agg->rest[groups[i]];
		rest->null[i] = agg->rest[groups[i]] == (Datum) 0;
	}
	columns[2] = rest;
}

static void
import_states(RsAggregate *agg, RsArena *arena, const RsVector **columns, const uint32 *groups,
			  uint32 n)
{
	const int64 *count = columns[0]->data;
	const RsVector *sum = columns[1];
	RsFlatState flat;
	uint32		i;

	if (!agg->any_scale)
		agg->scale = sum->scale;
	if (sum->scales != NULL || sum->scale != agg->scale || columns[2]->form == RS_FORM_REF)
		begin_scales(agg);
	agg->any_scale = true;
	(void) stays_unchecked(agg, sum->form == RS_FORM_I64 ? (uint128) 1 << 63 : RS_UNCHECKED_SUM, n);
	for (i = 0; i < n; i++)
	{
		if (count[i] == 0)
			continue;
		if (!agg->several_scales)
		{
			add_exact(agg, groups[i], rs_vector_numeric(sum, i));
			agg->count[groups[i]] += count[i];
			continue;
		}
		flat.count = count[i];
		flat.sum = rs_vector_numeric(sum, i);
		flat.scale = sum->scale;
		flat.display_scale = sum->scales != NULL ? sum->scales[i] : (uint8) sum->scale;
		flat.has_value = columns[2]->form == RS_FORM_REF && !columns[2]->null[i];
		combine(agg, groups[i], &flat, flat.has_value ? ((Datum *) columns[2]->data)[i] : (Datum) 0);
	}
}

const RsAggregateFamily rs_exact_sum_family = {
	.grow = grow,
	.update = update,
	.result = result,
	.results = results,
	.flatten = flatten,
	.combine = combine,
	.state_types = state_types,
	.export_states = export_states,
	.import_states = import_states,
	.width = sizeof(int128) + 1 + sizeof(Datum)
};
