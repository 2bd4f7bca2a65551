/*
 * runtime_filter.c
 *	  What a join's build side says of the rows its probe side needs.
 *
 * A filter knows the least and the greatest key, for zone maps, and a set of keys,
 * for rows.  Integers within a range that is small beside their number are a bitmap
 * of that range, which is exact; others a Bloom filter whose bits for a key stand
 * in one word.  Keys are kept until all have come, as nothing is known of them
 * before; where they are too many the filter has only the range.
 *
 * A filter passes through the operators between join and scan whose rows would be
 * dropped by the join later on, whatever else happens to them.  It may not keep an
 * expression from failing that PostgreSQL would have evaluated; so it only passes
 * expressions that cannot fail.
 *
 * MEMORY.  A filter lives in the query's context, its keys and its set in one of
 * their own, reset when the join forgets its table.  The set of one made by several
 * processes together is in shared memory, where the join's table is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "port/atomics.h"
#include "utils/memutils.h"
#include "vector/aggregate/group_table.h"
#include "vector/scan/runtime_filter.h"
#include "vector/scan/runtime_filter_state.h"

/* Bits of a bitmap, at most (4 MB), always, and for each key. */
#define RS_FILTER_MAX_SPAN		(32 * 1024 * 1024)
#define RS_FILTER_FREE_SPAN		(1024 * 1024)
#define RS_FILTER_SPAN_PER_KEY	64

/* ---------------------------------------------------------------------
 * Where a filter goes
 * ---------------------------------------------------------------------
 */

/*
 * The column of the node below that a target is; 0 if it is none.
 */
static AttrNumber
column_below(Plan *plan, AttrNumber attno, int varno)
{
	Node	   *expr = (Node *) list_nth_node(TargetEntry, plan->targetlist, attno - 1)->expr;

	if (IsA(expr, Var) && ((Var *) expr)->varno == varno && ((Var *) expr)->varattno > 0)
		return ((Var *) expr)->varattno;
	return 0;
}

static bool
is_group_key(Agg *agg, AttrNumber attno)
{
	int			i;

	for (i = 0; i < agg->numCols; i++)
		if (agg->grpColIdx[i] == attno)
			return true;
	return false;
}

static bool attach(RsRuntimeFilter *filter, RsOperator *op, AttrNumber attno);

/*
 * Rows of a side that the join does not fill with NULLs may be dropped.
 */
static bool
attach_below_join(RsRuntimeFilter *filter, RsOperator *op, AttrNumber attno)
{
	HashJoin   *join = (HashJoin *) op->plan;
	JoinType	type = join->join.jointype;
	AttrNumber	below = column_below(op->plan, attno, OUTER_VAR);

	if (rs_may_fail((Node *) join->join.joinqual) || rs_may_fail((Node *) join->hashclauses) ||
		rs_may_fail((Node *) ((Hash *) innerPlan(join))->hashkeys))
		return false;
	if (below > 0)
		return (type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI) &&
			attach(filter, op->outer, below);
	below = column_below(op->plan, attno, INNER_VAR);
	return below > 0 && (type == JOIN_INNER || type == JOIN_RIGHT) &&
		attach(filter, op->inner, below);
}

static bool
attach(RsRuntimeFilter *filter, RsOperator *op, AttrNumber attno)
{
	Plan	   *plan = op->plan;
	AttrNumber	below;

	check_stack_depth();
	if (rs_is_input(plan) || rs_may_fail((Node *) plan->targetlist))
		return false;
	switch (nodeTag(plan))
	{
		case T_CustomScan:
			if (column_below(plan, attno, (int) op->env.scanrelid) == 0)
				return false;
			rs_scan_add_filter(op, attno, filter);
			return true;
		case T_HashJoin:
			return !rs_may_fail((Node *) plan->qual) && attach_below_join(filter, op, attno);
		case T_Agg:
			below = column_below(plan, attno, OUTER_VAR);
			return below > 0 && ((Agg *) plan)->groupingSets == NIL &&
				((Agg *) plan)->chain == NIL && is_group_key((Agg *) plan, below) &&
				!rs_may_fail((Node *) plan->qual) && attach(filter, op->outer, below);
		default:
			return false;
	}
}

RsRuntimeFilter *
rs_runtime_filter_create(RsOperator *probe, AttrNumber attno, const RsVectorType *type, double rows,
						 MemoryContext context)
{
	RsRuntimeFilter *filter = MemoryContextAllocZero(context, sizeof(RsRuntimeFilter));

	filter->type = *type;
	filter->integers = !type->is_numeric && type->form <= RS_FORM_I64;
	filter->bytes = type->typlen == -1 && type->form == RS_FORM_REF;
	/* It would end as a range, which few such tables are within. */
	if (rows > RS_FILTER_MAX_KEYS || !attach(filter, probe, attno))
	{
		pfree(filter);
		return NULL;
	}
	filter->context = AllocSetContextCreate(context, "redshift runtime filter",
											ALLOCSET_DEFAULT_SIZES);
	return filter;
}

/* ---------------------------------------------------------------------
 * Making it
 * ---------------------------------------------------------------------
 */

static void
keep_keys(RsRuntimeFilter *filter, const uint64 *keys, const uint8 *null, uint32 n)
{
	uint32		count = filter->nkeys;
	uint32		i;

	if (filter->too_many)
		return;
	if (count + n > RS_FILTER_MAX_KEYS)
	{
		filter->too_many = true;
		if (filter->keys != NULL)
			pfree(filter->keys);
		filter->keys = NULL;
		return;
	}
	if (count + n > filter->capacity)
	{
		filter->capacity = Max(filter->capacity * 2, count + Max(n, 1024));
		filter->keys = rs_enlarge(filter->context, filter->keys,
								  (Size) filter->capacity * sizeof(uint64));
	}
	for (i = 0; i < n; i++)
	{
		filter->keys[count] = keys[i];
		count += null == NULL || !null[i];
	}
	filter->nkeys = count;
}

static void
widen_integers(RsRuntimeFilter *filter, const int64 *values, const uint8 *null, uint32 n)
{
	int64		min = filter->any ? filter->min : PG_INT64_MAX;
	int64		max = filter->any ? filter->max : PG_INT64_MIN;
	uint32		i;

	if (null == NULL)
		for (i = 0; i < n; i++)
		{
			min = Min(min, values[i]);
			max = Max(max, values[i]);
		}
	else
		for (i = 0; i < n; i++)
			if (!null[i])
			{
				min = Min(min, values[i]);
				max = Max(max, values[i]);
			}
	filter->any |= min <= max;
	filter->min = min;
	filter->max = max;
}

int
rs_filter_compare_refs(const RsRuntimeFilter *filter, Datum a, Datum b)
{
	bool		padded = filter->type.typid == BPCHAROID;
	const char *x = DatumGetPointer(a);
	const char *y = DatumGetPointer(b);
	Size		x_size = filter->type.typlen;
	Size		y_size = filter->type.typlen;
	int			order;

	if (filter->bytes)
	{
		x = rs_varlena_bytes(a, padded, &x_size);
		y = rs_varlena_bytes(b, padded, &y_size);
	}
	order = memcmp(x, y, Min(x_size, y_size));
	return order != 0 ? order : (x_size > y_size) - (x_size < y_size);
}

Datum
rs_filter_copy_ref(RsRuntimeFilter *filter, Datum old, Datum value)
{
	const char *from = DatumGetPointer(value);
	Size		size = filter->type.typlen;
	char	   *to;

	if (filter->bytes)
		from = rs_varlena_bytes(value, false, &size);
	to = MemoryContextAlloc(filter->context, VARHDRSZ + size);
	if (filter->bytes)
	{
		SET_VARSIZE(to, VARHDRSZ + size);
		memcpy(VARDATA(to), from, size);
	}
	else
		memcpy(to, from, size);
	if (old != (Datum) 0)
		pfree(DatumGetPointer(old));
	return PointerGetDatum(to);
}

/*
 * Numerics have no range: they would have to be compared one by one.
 */
static void
widen_range(RsRuntimeFilter *filter, const RsVector *keys, uint32 n)
{
	uint32		i;

	if (filter->type.is_numeric)
		return;
	for (i = 0; i < n; i++)
	{
		if (rs_vector_is_null(keys, i))
			continue;
		if (filter->type.form == RS_FORM_F64)
		{
			double		value = ((double *) keys->data)[i];

			if (!filter->any || rs_float_order(value, filter->min_float) < 0)
				filter->min_float = value;
			if (!filter->any || rs_float_order(value, filter->max_float) > 0)
				filter->max_float = value;
		}
		else
		{
			Datum		value = ((Datum *) keys->data)[i];

			if (!filter->any || rs_filter_compare_refs(filter, value, filter->min_ref) < 0)
				filter->min_ref = rs_filter_copy_ref(filter, filter->min_ref, value);
			if (!filter->any || rs_filter_compare_refs(filter, value, filter->max_ref) > 0)
				filter->max_ref = rs_filter_copy_ref(filter, filter->max_ref, value);
		}
		filter->any = true;
	}
}

void
rs_runtime_filter_add(RsRuntimeFilter *filter, const RsVector *keys, uint32 n)
{
	if (filter->integers)
	{
		widen_integers(filter, keys->data, keys->null, n);
		keep_keys(filter, keys->data, keys->null, n);
	}
	else
	{
		uint64		hashes[RS_VECTOR_ROWS];

		widen_range(filter, keys, n);
		rs_hash_columns(&filter->type, &keys, 1, n, hashes);
		keep_keys(filter, hashes, keys->null, n);
	}
}

/*
 * The kind of filter for so many keys, and how large its set is: words, for a bitmap
 * those of span bits and at least one more, which is clear.
 */
static RsFilterKind
choose_kind(bool integers, uint64 nkeys, bool too_many, int64 min, int64 max, uint64 *span,
			uint32 *nwords)
{
	uint64		distance = integers ? (uint64) max - (uint64) min : 0;

	*span = 0;
	*nwords = 0;
	if (too_many || nkeys > RS_FILTER_MAX_KEYS)
		return RS_FILTER_RANGE;
	if (nkeys == 0)
		return RS_FILTER_EMPTY;
	if (integers && distance < RS_FILTER_MAX_SPAN &&
		distance < nkeys * RS_FILTER_SPAN_PER_KEY + RS_FILTER_FREE_SPAN)
	{
		*span = distance + 1;
		*nwords = (uint32) (*span / 64 + 1);
		return RS_FILTER_BITMAP;
	}
	*nwords = 64;
	while (*nwords < nkeys / RS_BLOOM_KEYS_PER_WORD)
		*nwords *= 2;
	return RS_FILTER_BLOOM;
}

/*
 * Set bits of a word that others may set, too: by halves, as not every machine can change
 * 64 bits at once.
 */
static inline void
set_shared_bits(uint64 *word, uint64 bits)
{
	pg_atomic_uint32 *halves = (pg_atomic_uint32 *) word;
#ifdef WORDS_BIGENDIAN
	const int	low = 1;
#else
	const int	low = 0;
#endif

	if ((bits & ~*word) == 0)
		return;
	if ((uint32) bits != 0)
		(void) pg_atomic_fetch_or_u32(&halves[low], (uint32) bits);
	if ((uint32) (bits >> 32) != 0)
		(void) pg_atomic_fetch_or_u32(&halves[1 - low], (uint32) (bits >> 32));
}

static void
add_to_bitmap(RsRuntimeFilter *filter, bool shared)
{
	uint32		i;

	for (i = 0; i < filter->nkeys; i++)
	{
		uint64		bit = filter->keys[i] - (uint64) filter->min;

		if (shared)
			set_shared_bits(&filter->words[bit / 64], UINT64CONST(1) << (bit % 64));
		else
			filter->words[bit / 64] |= UINT64CONST(1) << (bit % 64);
	}
}

/* Four bits of a word, by the low half of a hash; the high half chooses the word. */
static inline uint64
bloom_bits(uint64 hash)
{
	return UINT64CONST(1) << (hash & 63) | UINT64CONST(1) << (hash >> 6 & 63) |
		UINT64CONST(1) << (hash >> 12 & 63) | UINT64CONST(1) << (hash >> 18 & 63);
}

static inline uint32
bloom_word(const RsRuntimeFilter *filter, uint64 hash)
{
	return (uint32) (hash >> 32) & (filter->nwords - 1);
}

static void
add_to_bloom(RsRuntimeFilter *filter, bool shared)
{
	uint32		i;

	for (i = 0; i < filter->nkeys; i += RS_VECTOR_ROWS)
	{
		uint32		n = Min(filter->nkeys - i, RS_VECTOR_ROWS);
		uint64		hashes[RS_VECTOR_ROWS];
		const uint64 *from = &filter->keys[i];
		uint32		k;

		if (filter->integers)
		{
			RsVector	vector = {.form = RS_FORM_I64, .data = &filter->keys[i]};
			const RsVector *column = &vector;

			rs_hash_columns(&filter->type, &column, 1, n, hashes);
			from = hashes;
		}
		for (k = 0; k < n; k++)
		{
			uint64	   *word = &filter->words[bloom_word(filter, from[k])];

			if (shared)
				set_shared_bits(word, bloom_bits(from[k]));
			else
				*word |= bloom_bits(from[k]);
		}
	}
}

/*
 * Add the keys that were kept to the set, and give them up.
 */
void
rs_filter_add_keys(RsRuntimeFilter *filter, bool shared)
{
	if (filter->kind == RS_FILTER_BITMAP)
		add_to_bitmap(filter, shared);
	else if (filter->kind == RS_FILTER_BLOOM)
		add_to_bloom(filter, shared);
	if (filter->keys != NULL)
		pfree(filter->keys);
	filter->keys = NULL;
	filter->nkeys = filter->capacity = 0;
	filter->ready = true;
}

void
rs_runtime_filter_finish(RsRuntimeFilter *filter)
{
	filter->kind = choose_kind(filter->integers, filter->nkeys, filter->too_many, filter->min,
							   filter->max, &filter->span, &filter->nwords);
	if (filter->nwords > 0)
		filter->words = MemoryContextAllocZero(filter->context, filter->nwords * sizeof(uint64));
	rs_filter_add_keys(filter, false);
}

bool
rs_runtime_filter_can_share(const RsRuntimeFilter *filter)
{
	return filter->integers;
}

void
rs_runtime_filter_agree(const RsRuntimeFilter *filter, RsSharedFilter *shared)
{
	shared->nkeys += filter->nkeys;
	shared->too_many |= filter->too_many;
	if (!filter->any)
		return;
	shared->min = shared->any ? Min(shared->min, filter->min) : filter->min;
	shared->max = shared->any ? Max(shared->max, filter->max) : filter->max;
	shared->any = true;
}

Size
rs_runtime_filter_set_size(const RsSharedFilter *shared)
{
	uint64		span;
	uint32		nwords;

	(void) choose_kind(true, shared->nkeys, shared->too_many, shared->min, shared->max, &span,
					   &nwords);
	return nwords * sizeof(uint64);
}

void
rs_runtime_filter_share(RsRuntimeFilter *filter, const RsSharedFilter *shared, uint64 *words)
{
	filter->kind = choose_kind(true, shared->nkeys, shared->too_many, shared->min, shared->max,
							   &filter->span, &filter->nwords);
	filter->any = shared->any;
	filter->min = shared->min;
	filter->max = shared->max;
	filter->words = words;
	rs_filter_add_keys(filter, true);
}

void
rs_runtime_filter_reset(RsRuntimeFilter *filter)
{
	MemoryContextReset(filter->context);
	filter->ready = false;
	filter->kind = RS_FILTER_RANGE;
	filter->keys = NULL;
	filter->nkeys = filter->capacity = 0;
	filter->too_many = false;
	filter->any = false;
	filter->min = filter->max = 0;
	filter->min_ref = filter->max_ref = (Datum) 0;
	filter->words = NULL;
}

bool
rs_runtime_filter_ready(const RsRuntimeFilter *filter)
{
	return filter->ready;
}

bool
rs_runtime_filter_tests_rows(const RsRuntimeFilter *filter)
{
	return filter->ready && (filter->kind != RS_FILTER_RANGE || filter->integers);
}

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

/*
 * All loops write the row's number and go one further if it passed, so that none
 * has a branch to mispredict.
 */
#define TEST_BITMAP(type) \
	do { \
		const type *from = values->data; \
		for (i = 0; i < n; i++) \
		{ \
			uint64 bit = (uint64) (int64) from[i] - min; \
			bit = Min(bit, span); \
			passed[count] = i; \
			count += words[bit / 64] >> (bit % 64) & 1; \
		} \
	} while (0)

#define TEST_RANGE(type) \
	do { \
		const type *from = values->data; \
		for (i = 0; i < n; i++) \
		{ \
			passed[count] = i; \
			count += (int64) from[i] >= filter->min && (int64) from[i] <= filter->max; \
		} \
	} while (0)

static uint32
test_bitmap(const RsRuntimeFilter *filter, const RsVector *values, uint32 n, uint32 *passed)
{
	const uint64 *words = filter->words;
	uint64		min = (uint64) filter->min;
	uint64		span = filter->span;
	uint32		count = 0;
	uint32		i;

	switch (values->form)
	{
		case RS_FORM_I8:
			TEST_BITMAP(int8);
			break;
		case RS_FORM_I16:
			TEST_BITMAP(int16);
			break;
		case RS_FORM_I32:
			TEST_BITMAP(int32);
			break;
		default:
			TEST_BITMAP(int64);
	}
	return count;
}

static uint32
test_range(const RsRuntimeFilter *filter, const RsVector *values, uint32 n, uint32 *passed)
{
	uint32		count = 0;
	uint32		i;

	switch (values->form)
	{
		case RS_FORM_I8:
			TEST_RANGE(int8);
			break;
		case RS_FORM_I16:
			TEST_RANGE(int16);
			break;
		case RS_FORM_I32:
			TEST_RANGE(int32);
			break;
		default:
			TEST_RANGE(int64);
	}
	return count;
}

static uint32
test_bloom(const RsRuntimeFilter *filter, RsArena *arena, const RsVector *values, uint32 n,
		   uint32 *passed)
{
	uint64	   *hashes = rs_arena_alloc(arena, n * sizeof(uint64));
	uint32		count = 0;
	uint32		i;

	rs_hash_columns(&filter->type, &values, 1, n, hashes);
	for (i = 0; i < n; i++)
	{
		uint64		bits = bloom_bits(hashes[i]);

		passed[count] = i;
		count += (filter->words[bloom_word(filter, hashes[i])] & bits) == bits;
	}
	return count;
}

uint32
rs_runtime_filter_test(const RsRuntimeFilter *filter, RsArena *arena, const RsVector *values,
					   uint32 n, uint32 *passed)
{
	uint32		count = 0;
	uint32		kept = 0;
	uint32		i;

	values = rs_vector_flatten(arena, values, n);
	switch (filter->kind)
	{
		case RS_FILTER_EMPTY:
			return 0;
		case RS_FILTER_RANGE:
			count = test_range(filter, values, n, passed);
			break;
		case RS_FILTER_BITMAP:
			count = test_bitmap(filter, values, n, passed);
			break;
		case RS_FILTER_BLOOM:
			count = test_bloom(filter, arena, values, n, passed);
			break;
	}
	if (values->null == NULL)
		return count;
	for (i = 0; i < count; i++)
	{
		passed[kept] = passed[i];
		kept += !values->null[passed[i]];
	}
	return kept;
}

/* ---------------------------------------------------------------------
 * Zone maps
 * ---------------------------------------------------------------------
 */

/*
 * Is any of the integers from low to high in the set?
 */
static bool
any_between(const RsRuntimeFilter *filter, int64 low, int64 high)
{
	uint64		bit;
	uint64		last;

	low = Max(low, filter->min);
	high = Min(high, filter->max);
	if (low > high)
		return false;
	if (filter->kind != RS_FILTER_BITMAP)
		return true;
	bit = (uint64) low - (uint64) filter->min;
	last = (uint64) high - (uint64) filter->min;
	for (; bit <= last && bit % 64 != 0; bit++)
		if (filter->words[bit / 64] >> (bit % 64) & 1)
			return true;
	for (; bit + 63 <= last; bit += 64)
		if (filter->words[bit / 64] != 0)
			return true;
	for (; bit <= last; bit++)
		if (filter->words[bit / 64] >> (bit % 64) & 1)
			return true;
	return false;
}

/*
 * Bounds of a column of the type as integers; false if they are not ordered so.
 */
static bool
integer_bounds(Oid typid, const RsZone *zone, int64 *min, int64 *max)
{
	switch (typid)
	{
		case INT2OID:
			*min = DatumGetInt16(zone->min);
			*max = DatumGetInt16(zone->max);
			return true;
		case INT4OID:
		case DATEOID:
			*min = DatumGetInt32(zone->min);
			*max = DatumGetInt32(zone->max);
			return true;
		case INT8OID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			*min = DatumGetInt64(zone->min);
			*max = DatumGetInt64(zone->max);
			return true;
		default:
			return false;
	}
}

/*
 * An upper bound that was cut is larger than all that begins with it.  Bounds of strings that
 * are compared as char(n) have the blanks that do not count: zone_map.c tells what follows.
 */
static bool
refs_may_match(const RsRuntimeFilter *filter, const RsZone *zone)
{
	bool		is_padded = filter->bytes && filter->type.typid == BPCHAROID && !zone->blank_padded;
	int			order;
	const char *known;
	const char *least;
	Size		known_size;
	Size		least_size;

	if (is_padded)
	{
		const char *min = rs_varlena_bytes(zone->min, false, &known_size);
		const char *most = rs_varlena_bytes(filter->max_ref, true, &least_size);

		if (!rs_bound_admits_padded(min, known_size, most, least_size))
			return false;
	}
	else if (rs_filter_compare_refs(filter, zone->min, filter->max_ref) > 0)
		return false;
	if (!zone->max_truncated && !is_padded)
		return rs_filter_compare_refs(filter, zone->max, filter->min_ref) >= 0;
	known = rs_varlena_bytes(zone->max, false, &known_size);
	least = rs_varlena_bytes(filter->min_ref, zone->blank_padded || is_padded, &least_size);
	order = memcmp(known, least, Min(known_size, least_size));
	return order > 0 || (order == 0 && (zone->max_truncated || known_size >= least_size));
}

static bool
zone_may_match(void *arg, const RsPredicate *pred, const RsZone *zone)
{
	const RsRuntimeFilter *filter = arg;
	int64		min;
	int64		max;

	if (!filter->ready)
		return true;
	if (filter->kind == RS_FILTER_EMPTY)
		return false;
	if (!zone->has_bounds || filter->type.is_numeric || !filter->any || filter->unbounded)
		return true;
	if (filter->integers)
		return zone->order != RS_ZONE_BTREE ||
			!integer_bounds(pred->column_type, zone, &min, &max) || any_between(filter, min, max);
	if (filter->type.form == RS_FORM_F64)
	{
		bool		single = pred->column_type == FLOAT4OID;

		return zone->order != RS_ZONE_BTREE ||
			(rs_float_order(single ? DatumGetFloat4(zone->min) : DatumGetFloat8(zone->min),
							filter->max_float) <= 0 &&
			 rs_float_order(single ? DatumGetFloat4(zone->max) : DatumGetFloat8(zone->max),
							filter->min_float) >= 0);
	}
	if (filter->bytes ? zone->order == RS_ZONE_BYTES : pred->column_type == UUIDOID)
		return refs_may_match(filter, zone);
	return true;
}

void
rs_runtime_filter_predicate(RsRuntimeFilter *filter, AttrNumber attno, Oid typid, RsPredicate *pred)
{
	memset(pred, 0, sizeof(RsPredicate));
	pred->column_type = typid;
	pred->kind = RS_PRED_ZONE;
	pred->attno = attno;
	pred->may_match = zone_may_match;
	pred->arg = filter;
}
