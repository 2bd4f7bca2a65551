/*
 * aggregate_extreme.c
 *	  Minima, maxima, and the conjunction or disjunction of booleans and bits.
 *
 * A state is a value, as an integer, a float or a Datum.  Numerics are integers of one
 * scale, until one comes that is not.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "encoding/numeric.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/typcache.h"
#include "vector/aggregate/aggregate_family.h"

void
rs_extreme_init(RsAggregate *agg)
{
	if (agg->argument.is_numeric)
		fmgr_info_cxt(F_NUMERIC_CMP, &agg->compare, agg->context);
	else if (agg->argument.form == RS_FORM_REF)
		fmgr_info_cxt(lookup_type_cache(agg->argument.typid, TYPECACHE_CMP_PROC)->cmp_proc,
					  &agg->compare, agg->context);
}

static void
grow(RsAggregate *agg, uint32 capacity)
{
	if (agg->argument.form == RS_FORM_REF || agg->ref != NULL)
		agg->ref = rs_enlarge_states(agg, agg->ref, sizeof(Datum), capacity);
	else if (agg->argument.form == RS_FORM_F32 || agg->argument.form == RS_FORM_F64)
		agg->number = rs_enlarge_states(agg, agg->number, sizeof(double), capacity);
	else
		agg->integer = rs_enlarge_states(agg, agg->integer, sizeof(int64), capacity);
}

/*
 * Equal values may look different (1.0 and 1.00).  Of such the later one stays, as with
 * PostgreSQL's functions; but theirs for char(n) keep the earlier.
 */
static inline bool
replaces(const RsAggregate *agg, int order)
{
	if (order == 0)
		return agg->argument.typid != BPCHAROID;
	return agg->final == RS_FINAL_MIN ? order < 0 : order > 0;
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

	if (agg->count[group]++ == 0 || (agg->final == RS_FINAL_MIN ? value < *best : value > *best))
		*best = value;
}

static inline void
offer_double(RsAggregate *agg, uint32 group, double value)
{
	if (agg->count[group]++ == 0 || replaces(agg, rs_float_order(value, agg->number[group])))
		agg->number[group] = value;
}

/*
 * Numerics so far, as Datums from now on.
 */
static void
become_refs(RsAggregate *agg)
{
	MemoryContext old = MemoryContextSwitchTo(agg->context);
	uint32		group;

	agg->ref = rs_enlarge(agg->context, NULL, Max(agg->capacity, 1) * sizeof(Datum));
	memset(agg->ref, 0, Max(agg->capacity, 1) * sizeof(Datum));
	for (group = 0; group < agg->ngroups; group++)
		if (agg->count[group] > 0)
			agg->ref[group] = rs_numeric_from_int64(agg->integer[group], agg->scale);
	if (agg->integer != NULL)
		pfree(agg->integer);
	agg->integer = NULL;
	MemoryContextSwitchTo(old);
}

/*
 * Can numerics of this scale be kept as integers, beside those that are?
 */
static bool
has_scale(RsAggregate *agg, int scale)
{
	if (!agg->any_scale)
		agg->scale = scale;
	agg->any_scale = true;
	return scale == agg->scale;
}

static void
offer_numeric(RsAggregate *agg, uint32 group, Datum value)
{
	int128		integer;
	int16		scale;

	if (agg->ref == NULL && rs_numeric_from_datum(value, &integer, &scale) &&
		integer >= PG_INT64_MIN && integer <= PG_INT64_MAX && has_scale(agg, scale))
	{
		offer_integer(agg, group, (int64) integer);
		return;
	}
	if (agg->ref == NULL)
		become_refs(agg);
	offer_ref(agg, group, value);
}

static void
update_datums(RsAggregate *agg, const RsVector *vector, const uint32 *groups, uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		value;

		if (rs_vector_is_null(vector, i))
			continue;
		value = rs_vector_datum(vector, &agg->argument, i, &isnull);
		if (agg->argument.is_numeric)
			offer_numeric(agg, groups[i], value);
		else
			offer_ref(agg, groups[i], value);
	}
}

/* A loop for each width and direction, with as little in it as can be. */
#define OFFER_ALL(integer, better) \
	for (i = 0; i < n; i++) \
	{ \
		uint32		group = groups[i]; \
		int64		value = ((const integer *) vector->data)[i]; \
		\
		if (null != NULL && null[i]) \
			continue; \
		if (count[group]++ == 0 || value better best[group]) \
			best[group] = value; \
	}

#define OFFER_FORM(integer) \
	if (agg->final == RS_FINAL_MIN) \
		OFFER_ALL(integer, <) \
	else \
		OFFER_ALL(integer, >) \
	break

static void
update_integers(RsAggregate *agg, const RsVector *vector, const uint32 *groups, uint32 n)
{
	const uint8 *null = vector->null;
	int64	   *count = agg->count;
	int64	   *best = agg->integer;
	uint32		i;

	switch (vector->form)
	{
		case RS_FORM_I64:
			OFFER_FORM(int64);
		case RS_FORM_I32:
			OFFER_FORM(int32);
		case RS_FORM_I16:
			OFFER_FORM(int16);
		default:
			OFFER_FORM(int8);
	}
}

static void
update(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	const RsVector *vector = args[0];
	uint32		i;

	if (agg->argument.is_numeric ? agg->ref != NULL || vector->form != RS_FORM_I64 ||
		vector->scales != NULL || !has_scale(agg, vector->scale) : agg->ref != NULL)
		update_datums(agg, vector, groups, n);
	else if (agg->number == NULL)
		update_integers(agg, vector, groups, n);
	else
		for (i = 0; i < n; i++)
			if (!rs_vector_is_null(vector, i))
				offer_double(agg, groups[i], vector->form == RS_FORM_F32 ?
							 ((float4 *) vector->data)[i] : ((double *) vector->data)[i]);
}

static Datum
result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group, bool *isnull)
{
	if (*isnull)
		return (Datum) 0;
	if (agg->ref != NULL)
		return agg->ref[group];
	if (agg->argument.is_numeric)
		return rs_numeric_from_int64(agg->integer[group], agg->scale);
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

/*
 * Values as one vector; of wider integers than the type's, too.
 */
static RsVector *
results(RsAggregate *agg, const RsAggregateResult *wanted, RsArena *arena, const uint32 *groups,
		uint32 n)
{
	RsForm		form = agg->argument.form;
	RsVector	whole = {.form = form};
	RsVector   *vector;
	uint32		i;

	if (agg->ref != NULL)
		whole.form = RS_FORM_REF;
	else if (agg->argument.is_numeric)
		whole.scale = (int16) agg->scale;
	whole.data = agg->ref != NULL ? (void *) agg->ref :
		agg->number != NULL ? (void *) agg->number : (void *) agg->integer;
	if (agg->number != NULL && form == RS_FORM_F32)
	{
		vector = rs_vector_create(arena, form, n);
		for (i = 0; i < n; i++)
			((float4 *) vector->data)[i] = (float4) agg->number[groups[i]];
	}
	else if (agg->integer == NULL || form == RS_FORM_I64)
		vector = rs_vector_gather(arena, &whole, groups, n);
	else
	{
		vector = rs_vector_create(arena, form, n);
		for (i = 0; i < n; i++)
		{
			int64		value = agg->integer[groups[i]];

			if (form == RS_FORM_I32)
				((int32 *) vector->data)[i] = (int32) value;
			else if (form == RS_FORM_I16)
				((int16 *) vector->data)[i] = (int16) value;
			else
				((int8 *) vector->data)[i] = (int8) value;
		}
	}
	vector->null = rs_empty_states(agg, arena, groups, n);
	return vector;
}

/*
 * A state is its value, or NULL; one that is taken in is a value like any.
 */
static int
state_types(const RsAggregate *agg, RsVectorType *types)
{
	types[0] = agg->argument;
	return 1;
}

static void
export_states(RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n,
			  const RsVector **columns)
{
	columns[0] = results(agg, NULL, arena, groups, n);
}

static void
import_states(RsAggregate *agg, RsArena *arena, const RsVector **columns, const uint32 *groups,
			  uint32 n)
{
	agg->family->update(agg, arena, columns, groups, n);
}

static Datum
flatten(RsAggregate *agg, uint32 group, RsFlatState *flat)
{
	if (agg->count[group] == 0)
		return (Datum) 0;
	if (agg->ref != NULL)
		return agg->ref[group];
	if (agg->argument.is_numeric)
		return rs_numeric_from_int64(agg->integer[group], agg->scale);
	if (agg->number != NULL)
		flat->number = agg->number[group];
	else
		flat->integer = agg->integer[group];
	return (Datum) 0;
}

static void
combine(RsAggregate *agg, uint32 group, const RsFlatState *flat, Datum value)
{
	if (agg->number != NULL)
		offer_double(agg, group, flat->number);
	else if (agg->argument.is_numeric)
		offer_numeric(agg, group, value);
	else if (agg->ref != NULL)
		offer_ref(agg, group, value);
	else
		offer_integer(agg, group, flat->integer);
}

const RsAggregateFamily rs_extreme_family = {
	.grow = grow,
	.update = update,
	.result = result,
	.results = results,
	.flatten = flatten,
	.combine = combine,
	.state_types = state_types,
	.export_states = export_states,
	.import_states = import_states,
	.width = sizeof(int64)
};

/* ---------------------------------------------------------------------
 * Bits and booleans
 * ---------------------------------------------------------------------
 */

static void
grow_bits(RsAggregate *agg, uint32 capacity)
{
	agg->integer = rs_enlarge_states(agg, agg->integer, sizeof(int64), capacity);
}

static inline void
add_bits(RsAggregate *agg, uint32 group, int64 value)
{
	int64	   *state = &agg->integer[group];

	if (agg->count[group]++ == 0)
		*state = value;
	else if (agg->final == RS_FINAL_AND)
		*state &= value;
	else if (agg->final == RS_FINAL_OR)
		*state |= value;
	else
		*state ^= value;
}

static void
update_bits(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups,
			uint32 n)
{
	const RsVector *vector = args[0];
	uint32		i;

	for (i = 0; i < n; i++)
		if (!rs_vector_is_null(vector, i))
			add_bits(agg, groups[i], rs_vector_int(vector, i));
}

static void
combine_bits(RsAggregate *agg, uint32 group, const RsFlatState *flat, Datum value)
{
	add_bits(agg, group, flat->integer);
}

const RsAggregateFamily rs_bits_family = {
	.grow = grow_bits,
	.update = update_bits,
	.result = result,
	.results = results,
	.flatten = flatten,
	.combine = combine_bits,
	.state_types = state_types,
	.export_states = export_states,
	.import_states = import_states,
	.width = sizeof(int64)
};
