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
 *	  COPY		each copies its rows to their place and chains them
 *	  PROBE		all detach and probe; where rows of the table are given in the end, by
 *				the matches they had, nobody detaches before all have probed
 *	  GIVE		these rows are dealt
 *
 * If the parts together outgrow the memory of all, everyone puts its part into
 * partitions in files instead, and in phase ALLOCATE its part of the probe side;
 * from COPY on the partitions are dealt to whoever asks, and joined by one process
 * each.
 *
 * A process attaches when it first needs the table and takes part in the phases
 * left.  Between attaching and detaching no row leaves it, so nobody waits for a
 * process that waits for its rows to be read.
 */
#include "postgres.h"

#include "executor/nodeHash.h"
#include "miscadmin.h"
#include "storage/barrier.h"
#include "storage/spin.h"
#include "utils/dsa.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"
#include "vector/join.h"

enum
{
	PHASE_READ,
	PHASE_CONVERT,
	PHASE_ALLOCATE,
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
	slock_t		mutex;			/* of the next four */
	uint64		nrows;
	int64		least;
	int64		greatest;
	bool		duplicates;		/* of codes, in a dense table */
	bool		dense;
	uint32		nheads;
	dsa_pointer memory;			/* of the table */
	pg_atomic_uint64 bytes;		/* read so far */
	pg_atomic_uint32 npartitions;	/* 0: in memory */
	pg_atomic_uint32 next_partition;
	pg_atomic_uint64 next_row;	/* to be given in the end */
	SharedStore stores[FLEXIBLE_ARRAY_MEMBER];
};

Size
rs_join_shared_size(const RsJoin *join)
{
	return offsetof(RsSharedJoin, stores) + join->nstores * sizeof(SharedStore);
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
	SpinLockInit(&shared->mutex);
	shared->least = PG_INT64_MAX;
	shared->greatest = PG_INT64_MIN;
	shared->memory = InvalidDsaPointer;
	pg_atomic_init_u64(&shared->bytes, 0);
	pg_atomic_init_u32(&shared->npartitions, 0);
	pg_atomic_init_u32(&shared->next_partition, 0);
	pg_atomic_init_u64(&shared->next_row, 0);
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
 * Say what this part's columns are like.
 */
static void
agree_on_forms(RsJoin *join)
{
	RsSharedJoin *shared = join->shared;
	int			i;

	if (join->nrows == 0)
		return;
	SpinLockAcquire(&shared->mutex);
	shared->least = Min(shared->least, join->least);
	shared->greatest = Max(shared->greatest, join->greatest);
	for (i = 0; i < join->nstores; i++)
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
	SpinLockRelease(&shared->mutex);
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
	SpinLockAcquire(&shared->mutex);
	*first_row = shared->nrows;
	shared->nrows += join->nrows;
	for (i = 0; i < join->nstores; i++)
	{
		image_starts[i] = shared->stores[i].nbytes;
		shared->stores[i].nbytes += MAXALIGN(join->stores[i].nbytes);
	}
	SpinLockRelease(&shared->mutex);
}

/*
 * Where the parts of the table are in one piece of memory; how large that is.
 * With base, the join's table is set to it.
 */
static Size
lay_out(RsJoin *join, char *base)
{
	RsSharedJoin *shared = join->shared;
	Size		at = MAXALIGN(shared->nrows * sizeof(RsJoinEntry));
	int			i;

	if (base != NULL)
	{
		join->entries = (RsJoinEntry *) base;
		join->heads = (uint32 *) (base + at);
		join->nheads = shared->nheads;
		join->dense = shared->dense;
		join->least = shared->least;
		join->greatest = shared->greatest;
		join->nrows = (uint32) shared->nrows;
		join->shared_table = true;
	}
	at += MAXALIGN((Size) shared->nheads * sizeof(uint32));
	if (rs_join_marks_build(join))
	{
		if (base != NULL)
			join->build_matched = (uint8 *) base + at;
		at += MAXALIGN(shared->nrows);
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
	Size		entries = MAXALIGN(shared->nrows * sizeof(RsJoinEntry));
	dsa_pointer memory;

	if (shared->nrows > PG_UINT32_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows on the build side of a hash join")));
	shared->nheads = rs_join_plan_heads(join, shared->nrows, shared->least, shared->greatest,
										&shared->dense);
	memory = dsa_allocate_extended(area, lay_out(join, NULL), DSA_ALLOC_HUGE);
	/* The heads, and the flags of matches behind them. */
	memset((char *) dsa_get_address(area, memory) + entries, 0,
		   MAXALIGN((Size) shared->nheads * sizeof(uint32)) +
		   (rs_join_marks_build(join) ? shared->nrows : 0));
	shared->memory = memory;
}

static void
copy_column(RsColumnStore *to, const RsColumnStore *from, uint64 first_row, Size image_start)
{
	Size		width = rs_form_width(to->form);
	uint32		i;

	if (to->form == RS_FORM_REF)
	{
		uint64	   *offsets = (uint64 *) to->data + first_row;

		for (i = 0; i < from->n; i++)
			offsets[i] = ((uint64 *) from->data)[i] + image_start;
		if (from->nbytes > 0)
			memcpy(to->images + image_start, from->images, from->nbytes);
	}
	else
		memcpy(to->data + first_row * width, from->data, from->n * width);
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
	if (!duplicates)
		return;
	SpinLockAcquire(&join->shared->mutex);
	join->shared->duplicates = true;
	SpinLockRelease(&join->shared->mutex);
}

static void
map_table(RsJoin *join)
{
	(void) lay_out(join, dsa_get_address(join->op.env.parent->state->es_query_dsa,
										 join->shared->memory));
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
		read_build_side(join);
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
		join->unique = join->dense && !shared->duplicates;
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
 * Filters of the keys in a shared table, of which this process has read a part.
 */
static void
filter_by_table(RsJoin *join)
{
	RsOperator *op = &join->op;
	uint32		first;
	uint32		n;
	uint32		i;
	int			k;

	for (first = 0; first < join->nrows; first += n)
	{
		const RsVector **keys;
		uint32	   *rows;

		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(op);
		n = Min(join->nrows - first, RS_VECTOR_ROWS);
		keys = rs_arena_alloc(op->arena, join->nkeys * sizeof(RsVector *));
		rows = rs_arena_alloc(op->arena, n * sizeof(uint32));
		for (i = 0; i < n; i++)
			rows[i] = first + i;
		for (k = 0; k < join->nkeys; k++)
		{
			const RsJoinKey *key = &join->keys[k];

			if (key->filter != NULL)
				keys[k] = rs_join_key_vector(key, op->arena,
											 rs_column_store_gather(&join->stores[key->store],
																	op->arena, rows, n), n);
		}
		rs_join_add_filters(join, keys, n);
	}
	finish_filters(join);
}

void
rs_join_build(RsJoin *join)
{
	rs_join_reset_table(join);
	if (join->shared != NULL)
	{
		build_shared(join);
		/* Partitions are no use for them: the probe side has been read. */
		if (join->spill == NULL && has_filters(join))
			filter_by_table(join);
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
