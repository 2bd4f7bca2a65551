/*
 * aggregate_extreme.c
 *	  Minima, maxima, and the conjunction or disjunction of booleans and bits.
 *
 * A state is a value, as an integer, a float or a Datum.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/typcache.h"
#include "vector/aggregate_family.h"

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
	if (agg->argument.form == RS_FORM_REF || agg->argument.is_numeric)
		agg->ref = rs_enlarge_states(agg, agg->ref, sizeof(Datum), capacity);
	else if (agg->argument.form == RS_FORM_F32 || agg->argument.form == RS_FORM_F64)
		agg->number = rs_enlarge_states(agg, agg->number, sizeof(double), capacity);
	else
		agg->integer = rs_enlarge_states(agg, agg->integer, sizeof(int64), capacity);
}

/*
 * Of equal values the later one stays, as with PostgreSQL's functions: they may
 * look different (1.0 and 1.00).
 */
static inline bool
replaces(const RsAggregate *agg, int order)
{
	return agg->final == RS_FINAL_MIN ? order <= 0 : order >= 0;
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

static void
update(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	const RsVector *vector = args[0];
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

static Datum
result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group, bool *isnull)
{
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
	if (agg->integer != NULL)
		flat->integer = agg->integer[group];
	if (agg->number != NULL)
		flat->number = agg->number[group];
	return agg->ref != NULL && agg->count[group] > 0 ? agg->ref[group] : (Datum) 0;
}

static void
combine(RsAggregate *agg, uint32 group, const RsFlatState *flat, Datum value)
{
	if (agg->ref != NULL)
		offer_ref(agg, group, value);
	else if (agg->number != NULL)
		offer_double(agg, group, flat->number);
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
