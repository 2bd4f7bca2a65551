/*
 * join_table.c
 *	  The table of a hash join's build side.
 *
 * Rows are numbered as they come.  Their columns stand in column stores, their
 * codes and the chains in entries[], the beginnings of the chains in heads[].
 *
 * A code is the key where that is one integer or two of at most 32 bits each, and
 * the keys' hash otherwise.  Equal keys are equal codes, so most candidates are
 * told by one comparison, and if codes are keys, all are.  Codes of one integer
 * whose values lie close together are no longer hashed: heads[] is an array over
 * their range, and a chain is the rows of one key.
 *
 * Pairs are found in rounds, a step along the chains of all rows of the probe
 * batch at a time: loops without branches, whose cache misses overlap.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/join/join.h"

/* Heads by code: of so many more values than there are rows. */
#define RS_DENSE_FACTOR		8
#define RS_DENSE_LEAST		1024

void
rs_join_reset_table(RsJoin *join)
{
	int			i;

	MemoryContextReset(join->context);
	for (i = 0; i < join->nstores; i++)
	{
		RsColumnStore *store = &join->stores[i];
		RsVectorType type = store->type;

		rs_column_store_init(store, &type, join->context);
	}
	join->nrows = 0;
	join->capacity = 0;
	join->entries = NULL;
	join->heads = NULL;
	join->nheads = 0;
	join->least = PG_INT64_MAX;
	join->greatest = PG_INT64_MIN;
	join->dense = false;
	join->unique = false;
	join->build_matched = NULL;
	join->shared_table = false;
}

/* ---------------------------------------------------------------------
 * Codes
 * ---------------------------------------------------------------------
 */

/*
 * Integers as int64 and floats as double, so that keys of the two sides compare
 * whatever their widths.
 */
static const RsVector *
widen(RsArena *arena, const RsVectorType *type, const RsVector *from, uint32 n)
{
	RsVector   *to = rs_vector_create(arena, type->form, n);
	uint32		i;

	if (type->form == RS_FORM_F64)
		for (i = 0; i < n; i++)
			((double *) to->data)[i] = ((float4 *) from->data)[i];
	else if (from->form == RS_FORM_I32)
		for (i = 0; i < n; i++)
			((int64 *) to->data)[i] = ((int32 *) from->data)[i];
	else
		for (i = 0; i < n; i++)
			((int64 *) to->data)[i] = rs_vector_int(from, i);
	to->null = from->null;
	return to;
}

const RsVector *
rs_join_key_vector(const RsJoinKey *key, RsArena *arena, const RsVector *vector, uint32 n)
{
	vector = rs_vector_flatten(arena, vector, n);
	if (!key->type.is_numeric && key->type.form != RS_FORM_REF && vector->form != key->type.form)
		vector = widen(arena, &key->type, vector, n);
	return vector;
}

/*
 * Codes that are the keys.
 */
static void
exact_codes(RsJoin *join, uint32 n, RsJoinCodes *codes)
{
	const int64 *first = codes->keys[0]->data;
	uint32		i;

	if (join->nkeys == 1)
		memcpy(codes->codes, first, n * sizeof(uint64));
	else
	{
		const int64 *second = codes->keys[1]->data;

		for (i = 0; i < n; i++)
			codes->codes[i] = (uint64) (uint32) first[i] | (uint64) second[i] << 32;
	}
}

void
rs_join_make_codes(RsJoin *join, RsRows *rows, bool build, RsJoinCodes *codes)
{
	RsArena    *arena = rows->arena;
	RsVectorType *types = rs_arena_alloc(arena, join->nkeys * sizeof(RsVectorType));
	int			k;

	codes->keys = rs_arena_alloc(arena, join->nkeys * sizeof(RsVector *));
	codes->codes = rs_arena_alloc(arena, rows->n * sizeof(uint64));
	for (k = 0; k < join->nkeys; k++)
	{
		RsJoinKey  *key = &join->keys[k];

		codes->keys[k] = rs_join_key_vector(key, arena,
											rs_expr_eval(build ? key->build : key->probe, rows),
											rows->n);
		types[k] = key->type;
	}
	codes->null = rs_null_union(rows, codes->keys, join->nkeys);
	if (join->exact)
		exact_codes(join, rows->n, codes);
	else
		rs_hash_columns(types, codes->keys, join->nkeys, rows->n, codes->codes);
}

/* ---------------------------------------------------------------------
 * Taking rows in
 * ---------------------------------------------------------------------
 */

void
rs_join_add_filters(RsJoin *join, const RsVector **keys, uint32 n)
{
	int			k;

	for (k = 0; k < join->nkeys; k++)
	{
		RsRuntimeFilter *filter = join->keys[k].filter;

		/* Of a shared table, some filters are made in the end. */
		if (filter != NULL && (join->shared == NULL || rs_runtime_filter_can_share(filter)))
			rs_runtime_filter_add(filter, keys[k], n);
	}
}

static void
note_range(RsJoin *join, const RsJoinCodes *codes, uint32 n)
{
	int64		least = join->least;
	int64		greatest = join->greatest;
	uint32		i;

	if (!join->exact || join->nkeys > 1)
		return;
	for (i = 0; i < n; i++)
	{
		int64		code = (int64) codes->codes[i];

		/* That row is in no chain. */
		if (codes->null != NULL && codes->null[i])
			continue;
		least = Min(least, code);
		greatest = Max(greatest, code);
	}
	join->least = least;
	join->greatest = greatest;
}

/*
 * Rows without a NULL key only: *n of them, all columns gathered.
 */
static void
drop_null_keys(RsJoin *join, RsArena *arena, const RsVector **columns, RsJoinCodes *codes,
			   uint32 *n)
{
	uint32	   *rows = rs_arena_alloc(arena, *n * sizeof(uint32));
	uint32		kept = 0;
	uint32		i;

	for (i = 0; i < *n; i++)
	{
		rows[kept] = i;
		kept += !codes->null[i];
	}
	codes->null = NULL;
	if (kept == *n)
		return;
	for (i = 0; i < join->build_side->ncolumns; i++)
		if (join->build_used[i])
			columns[i] = rs_vector_gather(arena, columns[i], rows, kept);
	for (i = 0; i < join->nkeys; i++)
		codes->keys[i] = rs_vector_gather(arena, codes->keys[i], rows, kept);
	for (i = 0; i < kept; i++)
		codes->codes[i] = codes->codes[rows[i]];
	*n = kept;
}

static void
add_entries(RsJoin *join, const RsJoinCodes *codes, uint32 n)
{
	RsJoinEntry *to;
	uint32		i;

	if (join->nrows + (uint64) n > join->capacity)
	{
		join->capacity = Max(join->capacity * 2, join->nrows + Max(n, 1024));
		join->entries = rs_enlarge(join->context, join->entries,
								   (Size) join->capacity * sizeof(RsJoinEntry));
	}
	to = join->entries + join->nrows;
	for (i = 0; i < n; i++)
	{
		to[i].code = codes->codes[i];
		to[i].next = 0;
		to[i].null_key = codes->null != NULL && codes->null[i];
	}
}

void
rs_join_take_batch(RsJoin *join, const RsVectorBatch *batch)
{
	RsOperator *op = &join->op;
	int			ncolumns = join->build_side->ncolumns;
	const RsVector **columns = rs_arena_alloc(op->arena, Max(ncolumns, 1) * sizeof(RsVector *));
	uint32		n = batch->n;
	RsJoinCodes codes;
	int			i;

	rs_join_make_codes(join, rs_batch_rows(op->arena, op->values, batch), true, &codes);
	if (join->filtering)
		rs_join_add_filters(join, codes.keys, n);
	memcpy(columns, batch->columns, ncolumns * sizeof(RsVector *));
	if (codes.null != NULL && !join->keeps_build)
		drop_null_keys(join, op->arena, columns, &codes, &n);
	if (n == 0)
		return;
	/* First the stores: they see to it that there are not too many rows. */
	for (i = 0; i < ncolumns; i++)
		if (join->store_used[i])
			rs_column_store_append(&join->stores[i], columns[i], n, op->values);
	for (i = ncolumns; i < join->nstores; i++)
		if (join->store_used[i])
			rs_column_store_append(&join->stores[i], codes.keys[i - ncolumns], n, op->values);
	if (join->nrows > PG_UINT32_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows on the build side of a hash join")));
	add_entries(join, &codes, n);
	note_range(join, &codes, n);
	join->nrows += n;
}

Size
rs_join_bytes(const RsJoin *join)
{
	Size		bytes = (Size) join->nrows * (sizeof(RsJoinEntry) + sizeof(uint32));
	int			i;

	for (i = 0; i < join->nstores; i++)
		bytes += rs_column_store_bytes(&join->stores[i]);
	return bytes;
}

/* ---------------------------------------------------------------------
 * Chains
 * ---------------------------------------------------------------------
 */

uint32
rs_join_plan_heads(const RsJoin *join, uint64 nrows, int64 least, int64 greatest, bool *dense)
{
	uint32		nheads = 1024;

	*dense = join->exact && join->nkeys == 1 && nrows > 0 && least <= greatest &&
		(uint64) greatest - (uint64) least < nrows * RS_DENSE_FACTOR + RS_DENSE_LEAST &&
		(uint64) greatest - (uint64) least < PG_INT32_MAX;
	if (*dense)
		return (uint32) ((uint64) greatest - (uint64) least) + 1;
	while (nheads < nrows)
		nheads *= 2;
	return nheads;
}

uint32
rs_join_head(const RsJoin *join, uint64 code)
{
	return join->dense ? (uint32) (code - (uint64) join->least) :
		(uint32) rs_join_hash(join, code) & (join->nheads - 1);
}

void
rs_join_chain(RsJoin *join)
{
	bool		unique = true;
	uint32		row;

	join->nheads = rs_join_plan_heads(join, join->nrows, join->least, join->greatest, &join->dense);
	join->heads = MemoryContextAllocExtended(join->context, (Size) join->nheads * sizeof(uint32),
											 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	/* Backward, so that a chain has the rows in the order they came. */
	for (row = join->nrows; row-- > 0;)
	{
		RsJoinEntry *entry = &join->entries[row];
		uint32	   *head;

		if (entry->null_key)
			continue;
		head = &join->heads[rs_join_head(join, entry->code)];
		unique &= *head == 0;
		entry->next = *head;
		*head = row + 1;
	}
	join->unique = unique && join->dense;
	if (rs_join_marks_build(join))
		join->build_matched = MemoryContextAllocExtended(join->context, Max(join->nrows, 1),
														 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* ---------------------------------------------------------------------
 * Finding pairs
 * ---------------------------------------------------------------------
 */

/* Where the chains of the probe batch begin: rows without one are left out. */
#define BEGIN_CHAINS(position, condition) \
	for (i = 0; i < n; i++) \
	{ \
		const uint64 code = codes[i]; \
		const bool	inside = (condition); \
		const uint32 head = heads[inside ? (position) : 0]; \
		active[nactive] = i; \
		candidates[nactive] = head; \
		nactive += inside & (head != 0); \
	}

void
rs_join_begin_probe(RsJoin *join)
{
	uint32		n = join->probe.n;
	const uint64 *codes = join->probe_codes.codes;
	const uint8 *null = join->probe_codes.null;
	const uint32 *heads = join->heads;
	const uint64 least = (uint64) join->least;
	const uint64 mask = join->nheads - 1;
	const uint64 nheads = join->nheads;
	uint32	   *active = rs_arena_alloc(join->probe_arena, n * sizeof(uint32));
	uint32	   *candidates = rs_arena_alloc(join->probe_arena, n * sizeof(uint32));
	uint32		nactive = 0;
	uint32		i;

	join->position = 0;
	join->chain_begun = false;
	if (join->nrows > 0 && (!join->in_order || join->swapped))
	{
		if (join->dense && null == NULL)
			BEGIN_CHAINS(code - least, code - least < nheads)
		else if (join->dense)
			BEGIN_CHAINS(code - least, (code - least < nheads) & !null[i])
		else if (join->exact && null == NULL)
			BEGIN_CHAINS(rs_hash_integer(code) & mask, true)
		else if (join->exact)
			BEGIN_CHAINS(rs_hash_integer(code) & mask, !null[i])
		else if (null == NULL)
			BEGIN_CHAINS(code & mask, true)
		else
			BEGIN_CHAINS(code & mask, !null[i])
	}
	join->active = active;
	join->candidates = candidates;
	join->nactive = nactive;
}

#define KEEP_EQUAL(condition) \
	for (i = from; i < n; i++) \
	{ \
		const uint32 p = probe[i]; \
		const uint32 b = build[i]; \
		const bool	equal = (condition); \
		probe[kept] = p; \
		build[kept] = b; \
		kept += equal; \
	}

static bool
numerics_equal(const RsColumnStore *store, uint32 row, const RsVector *vector, uint32 probe)
{
	RsVector	one = {.form = store->form, .scale = store->scale};
	Datum		image;
	RsNumericKey a;
	RsNumericKey b;

	if (store->form == RS_FORM_REF)
	{
		image = PointerGetDatum(store->images + ((uint64 *) store->data)[row]);
		one.data = &image;
	}
	else
		one.data = store->data + row * rs_form_width(store->form);
	rs_numeric_key(&one, 0, &a);
	rs_numeric_key(vector, probe, &b);
	return rs_numeric_key_equal(&a, &b);
}

static inline int128
stored_numeric(const RsColumnStore *store, uint32 row)
{
	return store->form == RS_FORM_I64 ? ((int64 *) store->data)[row] : ((int128 *) store->data)[row];
}

/*
 * Of the pairs [from, n), those with an equal key; how many there are then.
 */
static uint32
keep_equal_key(const RsJoinKey *key, const RsColumnStore *store, const RsVector *vector,
			   uint32 *probe, uint32 *build, uint32 from, uint32 n)
{
	const int64 *integers = vector->data;
	const double *floats = vector->data;
	uint32		kept = from;
	uint32		i;

	if (key->type.is_numeric)
	{
		if (store->form != RS_FORM_REF && vector->form != RS_FORM_REF &&
			store->scale == vector->scale)
			KEEP_EQUAL(stored_numeric(store, b) == rs_vector_numeric(vector, p))
		else
			KEEP_EQUAL(numerics_equal(store, b, vector, p))
		return kept;
	}
	switch (store->form)
	{
		case RS_FORM_I8:
			KEEP_EQUAL(((int8 *) store->data)[b] == integers[p])
			break;
		case RS_FORM_I16:
			KEEP_EQUAL(((int16 *) store->data)[b] == integers[p])
			break;
		case RS_FORM_I32:
			KEEP_EQUAL(((int32 *) store->data)[b] == integers[p])
			break;
		case RS_FORM_I64:
			KEEP_EQUAL(((int64 *) store->data)[b] == integers[p])
			break;
		case RS_FORM_F32:
			KEEP_EQUAL(rs_float_order(((float4 *) store->data)[b], floats[p]) == 0)
			break;
		case RS_FORM_F64:
			KEEP_EQUAL(rs_float_order(((float8 *) store->data)[b], floats[p]) == 0)
			break;
		default:
			KEEP_EQUAL(rs_refs_equal(&key->type,
									 PointerGetDatum(store->images + ((uint64 *) store->data)[b]),
									 ((Datum *) vector->data)[p]))
	}
	return kept;
}

static uint32
keep_equal(RsJoin *join, uint32 *probe, uint32 *build, uint32 from, uint32 n)
{
	int			k;

	for (k = 0; k < join->nkeys && !join->exact; k++)
		n = keep_equal_key(&join->keys[k], &join->stores[join->keys[k].store],
						   join->probe_codes.keys[k], probe, build, from, n);
	return n;
}

/*
 * Leave out rows that have all they need.
 */
static void
drop_matched(RsJoin *join)
{
	uint32		kept = 0;
	uint32		i;

	for (i = 0; i < join->nactive; i++)
	{
		uint32		row = join->active[i];

		join->active[kept] = row;
		join->candidates[kept] = join->candidates[i];
		kept += !join->probe_matched[row];
	}
	join->nactive = kept;
}

/*
 * A step along all chains; once: the first match ends one.  Pairs are added after
 * the first n.
 */
static uint32
find_round(RsJoin *join, uint32 *probe, uint32 *build, uint32 n, bool once)
{
	const uint64 *codes = join->probe_codes.codes;
	const RsJoinEntry *entries = join->entries;
	uint32	   *active = join->active;
	uint32	   *candidates = join->candidates;
	bool		stop = once && join->exact;
	uint32		from = n;
	uint32		kept = 0;
	uint32		i;

	if (join->unique || (join->dense && once))
	{
		/* All of a chain are matches, and one is enough. */
		for (i = 0; i < join->nactive; i++)
		{
			probe[n] = active[i];
			build[n++] = candidates[i] - 1;
		}
		join->nactive = 0;
		return n;
	}
	for (i = 0; i < join->nactive; i++)
	{
		const uint32 row = active[i];
		const RsJoinEntry *entry = &entries[candidates[i] - 1];
		const bool	equal = entry->code == codes[row];

		probe[n] = row;
		build[n] = candidates[i] - 1;
		n += equal;
		active[kept] = row;
		candidates[kept] = entry->next;
		kept += (entry->next != 0) & !(stop & equal);
	}
	join->nactive = kept;
	n = keep_equal(join, probe, build, from, n);
	if (once && !join->exact)
	{
		for (i = from; i < n; i++)
			join->probe_matched[probe[i]] = 1;
		drop_matched(join);
	}
	return n;
}

/*
 * Pairs in the order of the probe rows, from where the last call stopped.
 */
static uint32
find_in_order(RsJoin *join, uint32 *probe, uint32 *build, bool once)
{
	const RsJoinCodes *codes = &join->probe_codes;
	uint32		n = 0;

	for (; join->position < join->probe.n; join->position++, join->chain_begun = false)
	{
		uint32		row = join->position;
		uint64		code = codes->codes[row];

		if (!join->chain_begun)
		{
			join->chain = 0;
			if ((codes->null == NULL || !codes->null[row]) &&
				(!join->dense || code - (uint64) join->least < join->nheads))
				join->chain = join->heads[rs_join_head(join, code)];
			join->chain_begun = true;
		}
		while (join->chain != 0 && !(once && join->probe_matched[row]))
		{
			uint32		candidate = join->chain - 1;
			uint32		pair = n;

			if (n == (uint32) rs_vector_rows)
				return n;
			join->chain = join->entries[candidate].next;
			if (join->entries[candidate].code != code)
				continue;
			probe[n] = row;
			build[n] = candidate;
			n = keep_equal(join, probe, build, pair, n + 1);
			join->probe_matched[row] |= once && n > pair;
		}
	}
	return n;
}

uint32
rs_join_find_pairs(RsJoin *join, uint32 *probe, uint32 *build)
{
	bool		once = join->first_match && join->conditions == NIL;
	uint32		n = 0;

	if (join->in_order && !join->swapped)
		return join->nrows == 0 ? 0 : find_in_order(join, probe, build, once);
	if (join->first_match && !once)
		drop_matched(join);
	/* A row gives one pair a round at most. */
	while (join->nactive > 0 && (n == 0 || n + join->nactive <= (uint32) rs_vector_rows))
		n = find_round(join, probe, build, n, once);
	return n;
}
