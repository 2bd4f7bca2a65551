/*
 * join_build.c
 *	  Reading the build side of a hash join, alone or together with others.
 *
 * In a parallel plan, a parallel-aware join's build side is read once by all
 * processes: each reads its part (the scans below deal row groups) into a table
 * of its own, then all copy their parts into one table in shared memory and chain
 * them there.  The phases of a barrier keep them together:
 *
 *	  READ		each reads its part; numerics' forms are agreed on
 *	  CONVERT	each brings its part into these forms, and says how large it is
 *	  ALLOCATE	one allocates the table
 *	  CLEAR		the beginnings of chains and the filters' sets are cleared in pieces
 *	  COPY		each copies its rows to their place and chains them, and adds its keys
 *				to the filters
 *	  PROBE		all detach and probe; where rows of the table are given in the end, by
 *				the matches they had, nobody detaches before all have probed
 *	  GIVE		these rows are dealt
 *
 * If the parts together outgrow the memory of all, everyone puts its part into
 * partitions in files instead, and in phase ALLOCATE its part of the probe side;
 * from CLEAR on the partitions are dealt to whoever asks, and joined by one process
 * each.
 *
 * A process attaches when it first needs the table and takes part in the phases
 * left.  Between attaching and detaching no row leaves it, so nobody waits for a
 * process that waits for its rows to be read.
 *
 * Fresh shared memory costs more to touch than to fill: a fault a page in each
 * process.  So whoever is about to write pages has them mapped by one call, and
 * nobody touches those of others before they are read.
 */
#include "postgres.h"

#include "executor/nodeHash.h"
#include "miscadmin.h"
#include "storage/barrier.h"
#include "storage/lwlock.h"
#include "utils/dsa.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"
#include "vector/join/join.h"
#include "vector/rows/pages.h"

enum
{
	PHASE_READ,
	PHASE_CONVERT,
	PHASE_ALLOCATE,
	PHASE_CLEAR,
	PHASE_COPY,
	PHASE_PROBE,
	PHASE_GIVE
};

/* What the parts of a column have in common. */
typedef struct SharedStore
{
	bool		known;			/* somebody has rows */
	bool		any_null;
	uint8		form;
	int16		scale;
	Size		nbytes;			/* of images of all, each part MAXALIGNed */
} SharedStore;

struct RsSharedJoin
{
	Barrier		barrier;
	LWLock		lock;			/* of the next three, stores[] and the filters */
	uint64		nrows;
	int64		least;
	int64		greatest;
	pg_atomic_uint32 duplicates;	/* of codes, in a dense table, if not 0 */
	bool		dense;
	uint32		nheads;
	dsa_pointer memory;			/* of the table */
	pg_atomic_uint64 bytes;		/* read so far */
	pg_atomic_uint32 npartitions;	/* 0: in memory */
	pg_atomic_uint32 next_partition;
	pg_atomic_uint64 next_row;	/* to be given in the end */
	pg_atomic_uint64 next_piece;	/* to be cleared */
	SharedStore stores[FLEXIBLE_ARRAY_MEMBER];	/* RsSharedFilters by key follow */
};

static Size
filters_offset(const RsJoin *join)
{
	return MAXALIGN(offsetof(RsSharedJoin, stores) + join->nstores * sizeof(SharedStore));
}

Size
rs_join_shared_size(const RsJoin *join)
{
	return filters_offset(join) + join->nkeys * sizeof(RsSharedFilter);
}

/*
 * The filter of a key that all make together; NULL if there is none.
 */
static RsSharedFilter *
shared_filter(const RsJoin *join, int k)
{
	if (join->keys[k].filter == NULL || !rs_runtime_filter_can_share(join->keys[k].filter))
		return NULL;
	return (RsSharedFilter *) ((char *) join->shared + filters_offset(join)) + k;
}

void
rs_join_share(RsOperator *op, void *memory, RsShareStep step)
{
	RsJoin	   *join = (RsJoin *) op;
	RsSharedJoin *shared = memory;
	dsa_area   *area = op->env.parent->state->es_query_dsa;

	join->shared = shared;
	if (step == RS_SHARE_ATTACH)
		return;
	if (step == RS_SHARE_AGAIN && DsaPointerIsValid(shared->memory))
		dsa_free(area, shared->memory);
	memset(shared, 0, rs_join_shared_size(join));
	BarrierInit(&shared->barrier, 0);
	LWLockInitialize(&shared->lock, LWTRANCHE_PARALLEL_HASH_JOIN);
	pg_atomic_init_u32(&shared->duplicates, 0);
	shared->least = PG_INT64_MAX;
	shared->greatest = PG_INT64_MIN;
	shared->memory = InvalidDsaPointer;
	pg_atomic_init_u64(&shared->bytes, 0);
	pg_atomic_init_u32(&shared->npartitions, 0);
	pg_atomic_init_u32(&shared->next_partition, 0);
	pg_atomic_init_u64(&shared->next_row, 0);
	pg_atomic_init_u64(&shared->next_piece, 0);
}

void
rs_join_end_probe(RsJoin *join)
{
	if (!join->attached)
		return;
	(void) BarrierArriveAndWait(&join->shared->barrier, WAIT_EVENT_HASH_BUILD_HASH_OUTER);
	(void) BarrierDetach(&join->shared->barrier);
	join->attached = false;
}

/* Bytes of shared memory that one process clears in turn. */
#define RS_CLEARED_PIECE	((Size) 1024 * 1024)

/* Rows that one process looks at in turn. */
#define RS_ROWS_IN_TURN		(8 * RS_VECTOR_ROWS)

bool
rs_join_take_rows(RsJoin *join)
{
	uint64		first = join->end_given;
	uint64		n = join->nrows;

	if (join->shared_table)
	{
		first = pg_atomic_fetch_add_u64(&join->shared->next_row, RS_ROWS_IN_TURN);
		n = RS_ROWS_IN_TURN;
	}
	if (first >= join->nrows)
		return false;
	join->position_given = (uint32) first;
	join->end_given = (uint32) Min(first + n, join->nrows);
	return true;
}

bool
rs_join_take_partition(RsJoin *join, uint32 *partition)
{
	*partition = pg_atomic_fetch_add_u32(&join->shared->next_partition, 1);
	return *partition < pg_atomic_read_u32(&join->shared->npartitions);
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

/*
 * The estimated size of all of the build side.
 */
static double
expected_bytes(const RsJoin *join)
{
	double		rows = join->build_side->plan->plan_rows *
		(join->shared != NULL ? join->engine->nparticipants : 1);
	double		bytes = (double) rs_join_bytes(join);

	/* Of rows like those that are there, but at least some times as many. */
	return Max(4.0, rows / Max(join->nrows, 1)) * bytes;
}

/*
 * In how many partitions does the build side have to go on?  0: it fits so far.
 */
static uint32
partitions_needed(RsJoin *join)
{
	Size		limit = get_hash_memory_limit();
	Size		bytes = rs_join_bytes(join);
	uint32		none = 0;

	if (join->in_order)
		return 0;
	if (join->shared == NULL)
		return bytes > limit ? rs_join_partition_count(expected_bytes(join), (double) limit) : 0;
	if (bytes > join->counted &&
		pg_atomic_add_fetch_u64(&join->shared->bytes, bytes - join->counted) >
		(uint64) limit * join->engine->nparticipants)
		(void) pg_atomic_compare_exchange_u32(&join->shared->npartitions, &none,
											  rs_join_partition_count(expected_bytes(join),
																	  (double) limit));
	join->counted = Max(bytes, join->counted);
	return pg_atomic_read_u32(&join->shared->npartitions);
}

static void
read_build_side(RsJoin *join)
{
	RsOperator *op = &join->op;
	RsVectorBatch batch;

	while (rs_operator_next(join->build_side, &batch))
	{
		uint32		npartitions;

		rs_operator_reset_batch(op);
		if (join->spill != NULL)
		{
			rs_join_spill_build(join, &batch);
			continue;
		}
		rs_join_take_batch(join, &batch);
		npartitions = partitions_needed(join);
		op->stats.memory = Max(op->stats.memory, rs_join_bytes(join));
		if (npartitions > 0)
			rs_join_begin_spill(join, npartitions,
								join->shared != NULL ? &join->engine->files->fs : NULL);
	}
}

/* ---------------------------------------------------------------------
 * One table of all parts
 * ---------------------------------------------------------------------
 */

/*
 * Say what this part's columns and keys are like.
 */
static void
agree_on_forms(RsJoin *join)
{
	RsSharedJoin *shared = join->shared;
	int			i;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	/* Even without a row: a filter has keys of rows whose other keys are NULL. */
	for (i = 0; i < join->nkeys; i++)
		if (shared_filter(join, i) != NULL)
			rs_runtime_filter_agree(join->keys[i].filter, shared_filter(join, i));
	shared->least = Min(shared->least, join->least);
	shared->greatest = Max(shared->greatest, join->greatest);
	for (i = 0; i < join->nstores && join->nrows > 0; i++)
	{
		RsColumnStore *store = &join->stores[i];
		SharedStore *to = &shared->stores[i];

		if (!join->store_used[i])
			continue;
		to->any_null |= store->null != NULL;
		if (!to->known)
		{
			to->form = (uint8) store->form;
			to->scale = store->scale;
		}
		else if (store->type.is_numeric)
			to->form = (uint8) rs_common_form((RsForm) to->form, &to->scale, store->form, store->scale);
		to->known = true;
	}
	LWLockRelease(&shared->lock);
}

/*
 * Bring this part into the common forms and reserve its place: *first_row, and
 * image_starts[] by store.
 */
static void
reserve_place(RsJoin *join, uint64 *first_row, Size *image_starts)
{
	RsSharedJoin *shared = join->shared;
	int			i;

	if (join->nrows == 0)
		return;
	for (i = 0; i < join->nstores; i++)
		if (join->store_used[i] && join->stores[i].type.is_numeric)
			rs_column_store_convert(&join->stores[i], (RsForm) shared->stores[i].form, join->op.values);
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	*first_row = shared->nrows;
	shared->nrows += join->nrows;
	for (i = 0; i < join->nstores; i++)
	{
		image_starts[i] = shared->stores[i].nbytes;
		shared->stores[i].nbytes += MAXALIGN(join->stores[i].nbytes);
	}
	LWLockRelease(&shared->lock);
}

/*
 * What has to be cleared is in one piece behind the entries: heads, flags of matches,
 * the filters' sets.
 */
static Size
cleared_start(const RsJoin *join)
{
	return MAXALIGN(join->shared->nrows * sizeof(RsJoinEntry));
}

/*
 * Where the flags of matches are, and the set of a key's filter; the end of that piece
 * for the number of keys.
 */
static Size
marks_start(const RsJoin *join)
{
	return cleared_start(join) + MAXALIGN((Size) join->shared->nheads * sizeof(uint32));
}

static Size
filter_start(const RsJoin *join, int k)
{
	Size		at = marks_start(join);
	int			i;

	if (rs_join_marks_build(join))
		at += MAXALIGN(join->shared->nrows);
	for (i = 0; i < k; i++)
		if (shared_filter(join, i) != NULL)
			at += MAXALIGN(rs_runtime_filter_set_size(shared_filter(join, i)));
	return at;
}

/*
 * Where the parts of the table are in one piece of memory; how large that is.
 * With base, the join's table is set to it.
 */
static Size
lay_out(RsJoin *join, char *base)
{
	RsSharedJoin *shared = join->shared;
	Size		at = filter_start(join, join->nkeys);
	int			i;

	if (base != NULL)
	{
		join->entries = (RsJoinEntry *) base;
		join->heads = (uint32 *) (base + cleared_start(join));
		join->build_matched = rs_join_marks_build(join) ? (uint8 *) base + marks_start(join) : NULL;
		join->nheads = shared->nheads;
		join->dense = shared->dense;
		join->least = shared->least;
		join->greatest = shared->greatest;
		join->nrows = (uint32) shared->nrows;
		join->shared_table = true;
	}
	for (i = 0; i < join->nstores; i++)
	{
		SharedStore *from = &shared->stores[i];
		RsColumnStore *store = &join->stores[i];
		Size		width = rs_form_width((RsForm) from->form);

		if (!join->store_used[i] || !from->known)
			continue;
		if (base != NULL)
		{
			store->form = (RsForm) from->form;
			store->scale = from->scale;
			store->n = store->capacity = (uint32) shared->nrows;
			store->data = base + at;
			store->null = from->any_null ?
				(uint8 *) store->data + MAXALIGN(shared->nrows * width) : NULL;
		}
		at += MAXALIGN(shared->nrows * width) + (from->any_null ? MAXALIGN(shared->nrows) : 0);
		if (base != NULL)
		{
			store->images = base + at;
			store->nbytes = store->images_capacity = from->nbytes;
		}
		at += from->nbytes;
	}
	return Max(at, 1);
}

static void
allocate_table(RsJoin *join)
{
	RsSharedJoin *shared = join->shared;
	dsa_area   *area = join->op.env.parent->state->es_query_dsa;

	if (shared->nrows > PG_UINT32_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows on the build side of a hash join")));
	shared->nheads = rs_join_plan_heads(join, shared->nrows, shared->least, shared->greatest,
										&shared->dense);
	shared->memory = dsa_allocate_extended(area, lay_out(join, NULL), DSA_ALLOC_HUGE);
}

/*
 * Clear pieces of what has to be clear until none is left.
 */
static void
clear_pieces(RsJoin *join)
{
	RsSharedJoin *shared = join->shared;
	char	   *base = dsa_get_address(join->op.env.parent->state->es_query_dsa, shared->memory);
	Size		end = filter_start(join, join->nkeys);

	for (;;)
	{
		Size		at = cleared_start(join) + pg_atomic_fetch_add_u64(&shared->next_piece, RS_CLEARED_PIECE);
		Size		size = Min(at + RS_CLEARED_PIECE, end) - Min(at, end);

		CHECK_FOR_INTERRUPTS();
		if (size == 0)
			return;
		rs_map_pages(base + at, size);
		memset(base + at, 0, size);
	}
}

static void
copy_column(RsColumnStore *to, const RsColumnStore *from, uint64 first_row, Size image_start)
{
	Size		width = rs_form_width(to->form);
	uint32		i;

	if (to->form == RS_FORM_REF)
	{
		uint64	   *offsets = (uint64 *) to->data + first_row;

		rs_map_pages(offsets, from->n * sizeof(uint64));
		rs_map_pages(to->images + image_start, from->nbytes);
		for (i = 0; i < from->n; i++)
			offsets[i] = ((uint64 *) from->data)[i] + image_start;
		if (from->nbytes > 0)
			memcpy(to->images + image_start, from->images, from->nbytes);
	}
	else
	{
		rs_map_pages(to->data + first_row * width, from->n * width);
		memcpy(to->data + first_row * width, from->data, from->n * width);
	}
	if (to->null != NULL && from->null != NULL)
		memcpy(to->null + first_row, from->null, from->n);
	else if (to->null != NULL)
		memset(to->null + first_row, 0, from->n);
}

/*
 * Nobody follows a chain in this phase, so a row is put before those that are in
 * it by one exchange.
 */
static void
chain_part(RsJoin *join, const RsJoinEntry *from, uint32 first_row, uint32 n)
{
	bool		duplicates = false;
	uint32		i;

	rs_map_pages(&join->entries[first_row], n * sizeof(RsJoinEntry));
	rs_map_pages(join->heads, join->nheads * sizeof(uint32));
	for (i = 0; i < n; i++)
	{
		uint32		row = first_row + i;
		RsJoinEntry *entry = &join->entries[row];

		*entry = from[i];
		if (entry->null_key)
			continue;
		entry->next = pg_atomic_exchange_u32((pg_atomic_uint32 *)
											 &join->heads[rs_join_head(join, entry->code)], row + 1);
		duplicates |= entry->next != 0;
	}
	if (duplicates)
		pg_atomic_write_u32(&join->shared->duplicates, 1);
}

/*
 * Use the table of all, and their filters, which get this process's keys.
 */
static void
map_table(RsJoin *join)
{
	char	   *base = dsa_get_address(join->op.env.parent->state->es_query_dsa,
									   join->shared->memory);
	int			k;

	(void) lay_out(join, base);
	for (k = 0; k < join->nkeys; k++)
		if (shared_filter(join, k) != NULL)
			rs_runtime_filter_share(join->keys[k].filter, shared_filter(join, k),
									(uint64 *) (base + filter_start(join, k)));
}

/*
 * Move this process's part to its place in the table of all.
 */
static void
copy_part(RsJoin *join, uint64 first_row, const Size *image_starts)
{
	uint32		n = join->nrows;
	RsJoinEntry *entries = join->entries;
	RsColumnStore *part = palloc(Max(join->nstores, 1) * sizeof(RsColumnStore));
	int			i;

	memcpy(part, join->stores, join->nstores * sizeof(RsColumnStore));
	map_table(join);
	if (n > 0)
	{
		for (i = 0; i < join->nstores; i++)
			if (join->store_used[i])
				copy_column(&join->stores[i], &part[i], first_row, image_starts[i]);
		chain_part(join, entries, (uint32) first_row, n);
	}
	pfree(part);
	MemoryContextReset(join->context);
}

static void
build_shared(RsJoin *join)
{
	RsSharedJoin *shared = join->shared;
	Barrier    *barrier = &shared->barrier;
	Size	   *image_starts = MemoryContextAllocZero(join->op.env.context,
													  Max(join->nstores, 1) * sizeof(Size));
	uint64		first_row = 0;
	bool		elected = false;
	bool		spilled;
	int			phase = BarrierAttach(barrier);

	if (phase == PHASE_READ)
	{
		join->filtering = true;
		read_build_side(join);
		join->filtering = false;
		agree_on_forms(join);
		(void) BarrierArriveAndWait(barrier, WAIT_EVENT_HASH_BUILD_HASH_INNER);
		phase++;
	}
	/* From here on this is decided. */
	spilled = pg_atomic_read_u32(&shared->npartitions) > 0;
	if (spilled && join->spill == NULL)
		rs_join_begin_spill(join, pg_atomic_read_u32(&shared->npartitions), &join->engine->files->fs);
	if (phase == PHASE_CONVERT)
	{
		if (spilled)
			rs_join_finish_build(join);
		else
			reserve_place(join, &first_row, image_starts);
		elected = BarrierArriveAndWait(barrier, WAIT_EVENT_HASH_BUILD_ELECT);
		phase++;
	}
	if (phase == PHASE_ALLOCATE)
	{
		if (spilled)
			rs_join_spill_probe(join);
		else if (elected)
			allocate_table(join);
		(void) BarrierArriveAndWait(barrier, spilled ? WAIT_EVENT_HASH_BUILD_HASH_OUTER :
									WAIT_EVENT_HASH_BUILD_ALLOCATE);
		phase++;
	}
	if (phase == PHASE_CLEAR && !spilled)
	{
		clear_pieces(join);
		(void) BarrierArriveAndWait(barrier, WAIT_EVENT_HASH_BUILD_ALLOCATE);
		phase++;
	}
	if (phase == PHASE_COPY && !spilled)
	{
		copy_part(join, first_row, image_starts);
		(void) BarrierArriveAndWait(barrier, WAIT_EVENT_HASH_BATCH_LOAD);
		phase++;
	}
	if (spilled || !rs_join_marks_build(join) || phase == PHASE_GIVE || shared->nrows == 0)
	{
		(void) BarrierDetach(barrier);
		join->probed = phase == PHASE_GIVE;
	}
	else
		join->attached = true;
	if (!spilled)
	{
		if (!join->shared_table)
			map_table(join);
		join->unique = join->dense && pg_atomic_read_u32(&shared->duplicates) == 0;
		join->op.stats.memory = Max(join->op.stats.memory, rs_join_bytes(join));
	}
	pfree(image_starts);
}

static bool
has_filters(const RsJoin *join)
{
	int			k;

	for (k = 0; k < join->nkeys; k++)
		if (join->keys[k].filter != NULL)
			return true;
	return false;
}

static void
finish_filters(RsJoin *join)
{
	int			k;

	for (k = 0; k < join->nkeys; k++)
		if (join->keys[k].filter != NULL)
			rs_runtime_filter_finish(join->keys[k].filter);
	join->filtering = false;
}

/*
 * Forget the keys of filters that will not be.
 */
static void
drop_filters(RsJoin *join)
{
	int			k;

	for (k = 0; k < join->nkeys; k++)
		if (join->keys[k].filter != NULL)
			rs_runtime_filter_reset(join->keys[k].filter);
}

/*
 * A filter that is not made together, of a key in a shared table: each process reads
 * the keys of all.
 */
static void
filter_by_table(RsJoin *join, const RsJoinKey *key)
{
	RsOperator *op = &join->op;
	uint32		first;
	uint32		n;
	uint32		i;

	for (first = 0; first < join->nrows; first += n)
	{
		uint32	   *rows;
		const RsVector *values;

		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(op);
		n = Min(join->nrows - first, RS_VECTOR_ROWS);
		rows = rs_arena_alloc(op->arena, n * sizeof(uint32));
		for (i = 0; i < n; i++)
			rows[i] = first + i;
		values = rs_column_store_gather(&join->stores[key->store], op->arena, rows, n);
		rs_runtime_filter_add(key->filter, rs_join_key_vector(key, op->arena, values, n), n);
	}
	rs_runtime_filter_finish(key->filter);
}

/*
 * The filters that are left when the build side has been read together.
 */
static void
finish_shared_filters(RsJoin *join)
{
	int			k;

	/* Partitions are no use for them: the probe side has been read. */
	if (join->spill != NULL)
		drop_filters(join);
	else
		for (k = 0; k < join->nkeys; k++)
			if (join->keys[k].filter != NULL && shared_filter(join, k) == NULL)
				filter_by_table(join, &join->keys[k]);
}

void
rs_join_build(RsJoin *join)
{
	rs_join_reset_table(join);
	if (join->shared != NULL)
	{
		build_shared(join);
		finish_shared_filters(join);
	}
	else
	{
		join->filtering = has_filters(join);
		read_build_side(join);
		finish_filters(join);
		if (join->spill != NULL)
		{
			rs_join_finish_build(join);
			rs_join_spill_probe(join);
		}
		else
			rs_join_chain(join);
	}
	join->op.stats.memory = Max(join->op.stats.memory, rs_join_bytes(join));
	join->built = true;
}
