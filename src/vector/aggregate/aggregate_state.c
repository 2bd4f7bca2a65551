/*
 * aggregate_state.c
 *	  States of one aggregate function, one a group.
 *
 * A state is a few columns; which of them a function has, and what is done to
 * them, depends on its family.  Here is counting, and what all have in common.
 *
 * States are combined in the same terms, so the result is that of one process;
 * sums of floats alone depend on the order, as PostgreSQL's do.
 */
#include "postgres.h"

#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "vector/aggregate/aggregate_family.h"
#include "vector/rows/pages.h"

typedef struct AggregateInfo
{
	Oid			function;
	const RsAggregateFamily *family;
	RsAggregateFinal final;
} AggregateInfo;

/* ---------------------------------------------------------------------
 * Counts
 * ---------------------------------------------------------------------
 */

static void
count_rows(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
		agg->count[groups[i]]++;
}

static void
count_values(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
		agg->count[groups[i]] += !rs_vector_is_null(args[0], i);
}

static Datum
count_result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group, bool *isnull)
{
	*isnull = false;
	return Int64GetDatum(agg->count[group]);
}

static RsVector *
count_results(RsAggregate *agg, const RsAggregateResult *wanted, RsArena *arena,
			  const uint32 *groups, uint32 n)
{
	return rs_state_counts(agg, arena, groups, n);
}

static int
count_types(const RsAggregate *agg, RsVectorType *types)
{
	rs_vector_type_init(&types[0], INT8OID);
	return 1;
}

static void
export_counts(RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n,
			  const RsVector **columns)
{
	columns[0] = rs_state_counts(agg, arena, groups, n);
}

static void
import_counts(RsAggregate *agg, RsArena *arena, const RsVector **columns, const uint32 *groups,
			  uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
		agg->count[groups[i]] += ((int64 *) columns[0]->data)[i];
}

static void
combine_counts(RsAggregate *agg, uint32 group, const RsFlatState *flat, Datum value)
{
	agg->count[group] += flat->count;
}

static const RsAggregateFamily count_rows_family = {
	.update = count_rows,
	.result = count_result,
	.results = count_results,
	.combine = combine_counts,
	.state_types = count_types,
	.export_states = export_counts,
	.import_states = import_counts
};

static const RsAggregateFamily count_values_family = {
	.update = count_values,
	.result = count_result,
	.results = count_results,
	.combine = combine_counts,
	.state_types = count_types,
	.export_states = export_counts,
	.import_states = import_counts
};

/* ---------------------------------------------------------------------
 * All of them
 * ---------------------------------------------------------------------
 */

static const AggregateInfo known[] = {
	{F_COUNT_, &count_rows_family, RS_FINAL_COUNT},
	{F_COUNT_ANY, &count_values_family, RS_FINAL_COUNT},
	{F_SUM_INT2, &rs_exact_sum_family, RS_FINAL_SUM},
	{F_SUM_INT4, &rs_exact_sum_family, RS_FINAL_SUM},
	{F_SUM_INT8, &rs_exact_sum_family, RS_FINAL_SUM},
	{F_SUM_NUMERIC, &rs_exact_sum_family, RS_FINAL_SUM},
	{F_AVG_INT2, &rs_exact_sum_family, RS_FINAL_AVG},
	{F_AVG_INT4, &rs_exact_sum_family, RS_FINAL_AVG},
	{F_AVG_INT8, &rs_exact_sum_family, RS_FINAL_AVG},
	{F_AVG_NUMERIC, &rs_exact_sum_family, RS_FINAL_AVG},
	{F_SUM_FLOAT8, &rs_float_sum_family, RS_FINAL_SUM},
	{F_AVG_FLOAT4, &rs_float_sum_family, RS_FINAL_AVG},
	{F_AVG_FLOAT8, &rs_float_sum_family, RS_FINAL_AVG},
	{F_VAR_POP_FLOAT8, &rs_float_sum_family, RS_FINAL_VAR_POP},
	{F_VAR_POP_FLOAT4, &rs_float_sum_family, RS_FINAL_VAR_POP},
	{F_VAR_SAMP_FLOAT8, &rs_float_sum_family, RS_FINAL_VAR_SAMP},
	{F_VAR_SAMP_FLOAT4, &rs_float_sum_family, RS_FINAL_VAR_SAMP},
	{F_VARIANCE_FLOAT8, &rs_float_sum_family, RS_FINAL_VAR_SAMP},
	{F_VARIANCE_FLOAT4, &rs_float_sum_family, RS_FINAL_VAR_SAMP},
	{F_STDDEV_POP_FLOAT8, &rs_float_sum_family, RS_FINAL_STDDEV_POP},
	{F_STDDEV_POP_FLOAT4, &rs_float_sum_family, RS_FINAL_STDDEV_POP},
	{F_STDDEV_SAMP_FLOAT8, &rs_float_sum_family, RS_FINAL_STDDEV_SAMP},
	{F_STDDEV_SAMP_FLOAT4, &rs_float_sum_family, RS_FINAL_STDDEV_SAMP},
	{F_STDDEV_FLOAT8, &rs_float_sum_family, RS_FINAL_STDDEV_SAMP},
	{F_STDDEV_FLOAT4, &rs_float_sum_family, RS_FINAL_STDDEV_SAMP},
	{F_MIN_INT2, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_INT4, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_INT8, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_FLOAT4, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_FLOAT8, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_NUMERIC, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_DATE, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_TIME, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_TIMESTAMP, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_TIMESTAMPTZ, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_TEXT, &rs_extreme_family, RS_FINAL_MIN},
	{F_MIN_BPCHAR, &rs_extreme_family, RS_FINAL_MIN},
	{F_MAX_INT2, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_INT4, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_INT8, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_FLOAT4, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_FLOAT8, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_NUMERIC, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_DATE, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_TIME, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_TIMESTAMP, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_TIMESTAMPTZ, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_TEXT, &rs_extreme_family, RS_FINAL_MAX},
	{F_MAX_BPCHAR, &rs_extreme_family, RS_FINAL_MAX},
	{F_BOOL_AND, &rs_bits_family, RS_FINAL_AND},
	{F_BOOL_OR, &rs_bits_family, RS_FINAL_OR},
	{F_EVERY, &rs_bits_family, RS_FINAL_AND},
	{F_BIT_AND_INT2, &rs_bits_family, RS_FINAL_AND},
	{F_BIT_AND_INT4, &rs_bits_family, RS_FINAL_AND},
	{F_BIT_AND_INT8, &rs_bits_family, RS_FINAL_AND},
	{F_BIT_OR_INT2, &rs_bits_family, RS_FINAL_OR},
	{F_BIT_OR_INT4, &rs_bits_family, RS_FINAL_OR},
	{F_BIT_OR_INT8, &rs_bits_family, RS_FINAL_OR},
	{F_BIT_XOR_INT2, &rs_bits_family, RS_FINAL_XOR},
	{F_BIT_XOR_INT4, &rs_bits_family, RS_FINAL_XOR},
	{F_BIT_XOR_INT8, &rs_bits_family, RS_FINAL_XOR}
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
	return aggref->agglevelsup == 0;
}

bool
rs_aggregate_can_combine(const Aggref *aggref)
{
	return aggref->aggdistinct == NIL && aggref->aggorder == NIL &&
		(find(aggref->aggfnoid) != NULL || rs_generic_can_combine(aggref));
}

bool
rs_aggregate_can_exchange(const Aggref *aggref)
{
	const AggregateInfo *info = find(aggref->aggfnoid);

	return info != NULL && info->family->state_types != NULL && aggref->aggdistinct == NIL &&
		aggref->aggorder == NIL && aggref->aggdirectargs == NIL && !aggref->aggvariadic;
}

/*
 * Does the result depend on the order in which rows come?
 */
static bool
depends_on_order(const Aggref *aggref)
{
	const AggregateInfo *info = find(aggref->aggfnoid);

	return info == NULL || info->family == &rs_float_sum_family;
}

/*
 * Minima and maxima of what may be equal and look different: which of such is given
 * is a matter of ORDER BY.
 */
static bool
gives_one_of_equals(const Aggref *aggref)
{
	const AggregateInfo *info = find(aggref->aggfnoid);

	if (info == NULL || info->family != &rs_extreme_family)
		return false;
	switch (linitial_oid(aggref->aggargtypes))
	{
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case BPCHAROID:
			return true;
		default:
			return OidIsValid(aggref->inputcollid) &&
				!get_collation_isdeterministic(aggref->inputcollid);
	}
}

bool
rs_aggregate_is_exact(const Aggref *aggref)
{
	if (!rs_aggregate_can_exchange(aggref) || depends_on_order(aggref))
		return false;
	/* Of a precision and scale, all numerics are written alike. */
	return !gives_one_of_equals(aggref) ||
		(linitial_oid(aggref->aggargtypes) == NUMERICOID &&
		 exprTypmod((Node *) linitial_node(TargetEntry, aggref->args)->expr) >= (int32) VARHDRSZ);
}

/*
 * Do rows have to be sorted first, or to come one group at a time?
 */
static bool
needs_sort(const Aggref *aggref, bool grouped)
{
	if (AGGKIND_IS_ORDERED_SET(aggref->aggkind))
		return grouped;
	if (aggref->aggdistinct != NIL)
		return depends_on_order(aggref) || !rs_distinct_can_hash(aggref);
	return aggref->aggorder != NIL && (depends_on_order(aggref) || gives_one_of_equals(aggref));
}

bool
rs_aggregate_may_sort(const Aggref *aggref, bool grouped)
{
	return !DO_AGGSPLIT_COMBINE(aggref->aggsplit) &&
		(needs_sort(aggref, grouped) || aggref->aggdistinct != NIL);
}

/* Sorted rows are for one function: results may be kept instead of states. */
bool
rs_aggregate_can_share(const Aggref *aggref, bool grouped)
{
	return !needs_sort(aggref, grouped);
}

/*
 * The function itself, whatever stands before it.
 */
static RsAggregate *
create_function(const Aggref *aggref, const RsVectorType *arguments, PlanState *parent,
				bool shared, MemoryContext context)
{
	const AggregateInfo *info = find(aggref->aggfnoid);
	RsAggregate *agg = palloc0(sizeof(RsAggregate));

	agg->context = context;
	/* min and max of varchar are declared for text, those of domains likewise. */
	agg->collation = aggref->inputcollid;
	if (aggref->args != NIL)
		agg->argument = arguments[0];
	if (info == NULL)
	{
		agg->family = &rs_generic_family;
		rs_generic_init(agg, aggref, arguments, parent, shared);
		return agg;
	}
	agg->family = info->family;
	agg->final = info->final;
	if (agg->family == &rs_extreme_family)
		rs_extreme_init(agg);
	return agg;
}

RsAggregate *
rs_aggregate_create(const Aggref *aggref, const RsVectorType *arguments, PlanState *parent,
					bool grouped, bool shared, int sort_memory, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	RsAggregate *function = create_function(aggref, arguments, parent, shared, context);
	RsAggregate *agg = function;

	if (rs_aggregate_may_sort(aggref, grouped))
	{
		agg = palloc0(sizeof(RsAggregate));
		agg->context = context;
		agg->inner = function;
		agg->sort_memory = sort_memory;
		if (needs_sort(aggref, grouped))
		{
			agg->family = &rs_sorted_family;
			rs_sorted_init(agg, aggref, arguments);
		}
		else
		{
			agg->family = &rs_distinct_family;
			rs_distinct_init(agg, aggref, arguments);
		}
	}
	MemoryContextSwitchTo(old);
	return agg;
}

void
rs_aggregate_release(RsAggregate *agg)
{
	if (agg->inner != NULL)
		rs_aggregate_release(agg->inner);
	if (agg->family->release != NULL)
		agg->family->release(agg);
}

void *
rs_enlarge_states(RsAggregate *agg, void *old, Size width, uint32 capacity)
{
	void	   *result = rs_enlarge(agg->context, old, width * capacity);

	rs_map_pages((char *) result + width * agg->capacity, width * (capacity - agg->capacity));
	memset((char *) result + width * agg->capacity, 0, width * (capacity - agg->capacity));
	return result;
}

void
rs_aggregate_grow(RsAggregate *agg, uint32 ngroups)
{
	uint32		capacity = Max(agg->capacity, 64);

	agg->ngroups = ngroups;
	/* One that is cleared for group after group has a single state. */
	if (agg->inner != NULL && agg->inner->family->clear == NULL)
		rs_aggregate_grow(agg->inner, ngroups);
	if (ngroups <= agg->capacity)
		return;
	while (capacity < ngroups)
		capacity *= 2;
	agg->count = rs_enlarge_states(agg, agg->count, sizeof(int64), capacity);
	if (agg->family->grow != NULL)
		agg->family->grow(agg, capacity);
	agg->capacity = capacity;
}

RsVector *
rs_state_counts(const RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n)
{
	RsVector	whole = {.form = RS_FORM_I64, .data = agg->count};

	return rs_vector_gather(arena, &whole, groups, n);
}

uint8 *
rs_empty_states(const RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n)
{
	uint8	   *null = rs_arena_alloc(arena, n);
	uint8		any = 0;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		null[i] = agg->count[groups[i]] == 0;
		any |= null[i];
	}
	return any ? null : NULL;
}

Size
rs_aggregate_memory(const RsAggregate *agg)
{
	Size		size = (sizeof(int64) + agg->family->width) * agg->capacity;

	if (agg->family->memory != NULL)
		size += agg->family->memory(agg);
	return agg->inner != NULL ? size + rs_aggregate_memory(agg->inner) : size;
}

void
rs_aggregate_update(RsAggregate *agg, RsArena *arena, const RsVector **args, int nargs,
					const uint32 *groups, uint32 n)
{
	int			a;

	for (a = 0; a < nargs; a++)
		args[a] = rs_vector_flatten(arena, args[a], n);
	agg->family->update(agg, arena, args, groups, n);
}

void
rs_aggregate_count(RsAggregate *agg, uint32 group, uint64 n)
{
	agg->count[group] += (int64) n;
}

static void
want_result(RsAggregateResult *wanted, const Aggref *aggref)
{
	const AggregateInfo *info = find(aggref->aggfnoid);

	wanted->aggref = aggref;
	wanted->final = info != NULL ? info->final : RS_FINAL_COUNT;
	rs_vector_type_init(&wanted->type, aggref->aggtype);
	wanted->direct = palloc(Max(list_length(aggref->aggdirectargs), 1) * sizeof(NullableDatum));
}

void
rs_direct_arguments(RsAggregateResult *wanted, const RsDirectArgument *direct, uint32 i)
{
	int			a;

	for (a = 0; a < list_length(wanted->aggref->aggdirectargs); a++)
		wanted->direct[a].value = rs_vector_datum(direct[a].vector, &direct[a].type, i,
												  &wanted->direct[a].isnull);
}

bool
rs_aggregate_has_finish(const RsAggregate *agg)
{
	return agg->family->finish != NULL;
}

void
rs_aggregate_finish(RsAggregate *agg, const Aggref *aggref, const RsDirectArgument *direct,
					uint32 first, uint32 n)
{
	RsAggregateResult wanted;

	want_result(&wanted, aggref);
	agg->family->finish(agg, &wanted, direct, first, n);
}

RsVector *
rs_aggregate_result(RsAggregate *agg, const Aggref *aggref, const RsDirectArgument *direct,
					RsArena *arena, MemoryContext values, const uint32 *groups, uint32 n)
{
	MemoryContext old = MemoryContextSwitchTo(values);
	Datum	   *datums;
	bool	   *isnull;
	RsAggregateResult wanted;
	RsVector   *result = NULL;
	uint32		i;

	want_result(&wanted, aggref);
	if (agg->family->results != NULL)
		result = agg->family->results(agg, &wanted, arena, groups, n);
	if (result != NULL)
	{
		MemoryContextSwitchTo(old);
		return result;
	}
	datums = rs_arena_alloc(arena, n * sizeof(Datum));
	isnull = rs_arena_alloc(arena, n * sizeof(bool));
	for (i = 0; i < n; i++)
	{
		rs_direct_arguments(&wanted, direct, i);
		isnull[i] = agg->count[groups[i]] == 0;
		datums[i] = agg->family->result(agg, &wanted, groups[i], &isnull[i]);
	}
	result = rs_vector_from_datums(arena, &wanted.type, datums, isnull, n);
	MemoryContextSwitchTo(old);
	return result;
}

/* ---------------------------------------------------------------------
 * Between processes
 * ---------------------------------------------------------------------
 */

Datum
rs_aggregate_serialize(RsAggregate *agg, uint32 group)
{
	RsFlatState flat;
	Datum		value = (Datum) 0;
	Size		size;
	bytea	   *result;

	memset(&flat, 0, sizeof(flat));
	flat.count = agg->count[group];
	if (agg->family->flatten != NULL)
		value = agg->family->flatten(agg, group, &flat);
	flat.has_value = value != (Datum) 0;
	size = flat.has_value ? VARSIZE_ANY(DatumGetPointer(value)) : 0;
	result = palloc(VARHDRSZ + sizeof(flat) + size);
	SET_VARSIZE(result, VARHDRSZ + sizeof(flat) + size);
	memcpy(VARDATA(result), &flat, sizeof(flat));
	if (flat.has_value)
		memcpy(VARDATA(result) + sizeof(flat), DatumGetPointer(value), size);
	return PointerGetDatum(result);
}

void
rs_aggregate_combine(RsAggregate *agg, uint32 group, Datum state)
{
	bytea	   *bytes = DatumGetByteaPCopy(state);
	RsFlatState flat;
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
	if (flat.count > 0)
		agg->family->combine(agg, group, &flat, value);
}

int
rs_aggregate_state_types(const RsAggregate *agg, RsVectorType *types)
{
	if (agg->family->state_types != NULL)
		return agg->family->state_types(agg, types);
	rs_vector_type_init(&types[0], BYTEAOID);
	return 1;
}

void
rs_aggregate_export(RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n,
					const RsVector **columns)
{
	RsVector   *states;
	uint32		i;

	if (agg->family->export_states != NULL)
	{
		agg->family->export_states(agg, arena, groups, n, columns);
		return;
	}
	states = rs_vector_create(arena, RS_FORM_REF, n);
	for (i = 0; i < n; i++)
		((Datum *) states->data)[i] = rs_aggregate_serialize(agg, groups[i]);
	columns[0] = states;
}

void
rs_aggregate_import(RsAggregate *agg, RsArena *arena, const RsVector **columns,
					const uint32 *groups, uint32 n)
{
	uint32		i;

	if (agg->family->import_states != NULL)
		agg->family->import_states(agg, arena, columns, groups, n);
	else
		for (i = 0; i < n; i++)
			rs_aggregate_combine(agg, groups[i], ((Datum *) columns[0]->data)[i]);
}
