/*
 * join_spill.c
 *	  A hash join whose build side does not fit in memory.
 *
 * Both sides are put into partitions, files of temporary rows, by bits of the
 * keys' hashes; then the partitions are joined one after another.  One whose build
 * side is still too large is partitioned again by the next bits, until there are
 * no more bits or partitioning does not help, since the rows have one key; then it
 * is joined in memory, whatever that takes, as PostgreSQL does.
 *
 * Files have the columns that the join reads.  Keys are computed again when rows
 * come back.
 *
 * In a parallel plan every process writes files of its own for its parts of both
 * sides, in the node's file set, and whoever joins a partition reads all
 * processes' files of it.
 */
#include "postgres.h"

#include "executor/nodeHash.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/join/join.h"
#include "vector/rows/spill.h"

/* Bits of a hash for the partitions of one level, from the top. */
#define RS_PARTITION_BITS	7
#define RS_MAX_PARTITIONS	(1 << RS_PARTITION_BITS)
#define RS_LEAST_PARTITIONS	8
#define RS_MAX_LEVELS		4

/* Columns of a side that files have. */
typedef struct SideColumns
{
	int			n;
	int			ncolumns;		/* of the operator below */
	int		   *columns;
	RsVectorType *types;
} SideColumns;

/* A side in partitions. */
typedef struct SideFiles
{
	RsSpill    *files[RS_MAX_PARTITIONS];	/* NULL: no rows */
} SideFiles;

/* Partitions that are being written. */
typedef struct Partitions
{
	uint32		n;
	int			level;
	SideFiles	build;
	SideFiles	probe;
} Partitions;

/* One that is to be joined. */
typedef struct Partition
{
	int			level;
	uint64		nrows;			/* of the build side; 0: not counted */
	List	   *build;			/* RsSpills */
	List	   *probe;
} Partition;

struct RsJoinSpill
{
	MemoryContext context;
	RsArena    *arena;			/* of the batch read last */
	const RsVector **vectors;
	SideColumns build;
	SideColumns probe;
	FileSet    *set;			/* of the first level; NULL: private */
	Partitions *partitions;		/* being written; NULL: none */
	List	   *waiting;		/* Partitions */
	Partition  *current;
	int			reading;		/* of the current side's files */
};

static void
init_side(RsJoinSpill *spill, SideColumns *side, const RsOperator *op, const bool *used)
{
	int			i;

	side->ncolumns = op->ncolumns;
	side->columns = MemoryContextAlloc(spill->context, Max(op->ncolumns, 1) * sizeof(int));
	side->types = MemoryContextAlloc(spill->context, Max(op->ncolumns, 1) * sizeof(RsVectorType));
	for (i = 0; i < op->ncolumns; i++)
		if (used[i])
		{
			side->types[side->n] = op->types[i];
			side->columns[side->n++] = i;
		}
}

uint32
rs_join_partition_count(double bytes, double limit)
{
	uint32		n = RS_LEAST_PARTITIONS;

	/* Some are larger than others. */
	while (n < RS_MAX_PARTITIONS && n < 1.5 * bytes / limit)
		n *= 2;
	return n;
}

/* ---------------------------------------------------------------------
 * Writing
 * ---------------------------------------------------------------------
 */

static RsSpill *
create_file(RsJoin *join, bool build, uint32 partition)
{
	RsJoinSpill *spill = join->spill;
	SideColumns *side = build ? &spill->build : &spill->probe;
	bool		shared = spill->set != NULL && spill->partitions->level == 0;
	char		name[64];

	snprintf(name, sizeof(name), "join%d.%s.%d.%u", join->op.plan->plan_node_id,
			 build ? "build" : "probe", join->engine->participant, partition);
	return rs_spill_create(spill->context, side->types, side->n, shared ? spill->set : NULL, name);
}

/*
 * Rows of a side to their partitions.
 */
static void
deal(RsJoin *join, bool build, const RsVector **columns, const RsJoinCodes *codes, uint32 n)
{
	RsJoinSpill *spill = join->spill;
	Partitions *partitions = spill->partitions;
	SideColumns *side = build ? &spill->build : &spill->probe;
	SideFiles  *files = build ? &partitions->build : &partitions->probe;
	bool		keeps_null = build ? join->keeps_build : join->keeps_probe;
	RsArena    *arena = join->op.arena;
	uint64	   *hashes = rs_arena_alloc(arena, n * sizeof(uint64));
	uint32	   *rows = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32	   *order = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32		starts[RS_MAX_PARTITIONS + 1];
	uint32		kept = 0;
	uint32		i;
	int			c;

	for (i = 0; i < n; i++)
	{
		bool		null = codes->null != NULL && codes->null[i];

		/* NULL keys may have any code. */
		hashes[kept] = null ? 0 : rs_join_hash(join, codes->codes[i]);
		rows[kept] = i;
		kept += keeps_null || !null;
	}
	rs_spill_distribute(hashes, kept, 64 - RS_PARTITION_BITS * (partitions->level + 1),
						partitions->n, starts, order);
	for (i = 0; i < kept; i++)
		order[i] = rows[order[i]];
	for (c = 0; c < side->n; c++)
		spill->vectors[c] = columns[side->columns[c]];
	for (i = 0; i < partitions->n; i++)
	{
		uint64		before;

		if (starts[i] == starts[i + 1])
			continue;
		/* What matches nothing need not be kept, if all of the build side is known. */
		if (!build && !join->keeps_probe && partitions->build.files[i] == NULL &&
			(spill->set == NULL || partitions->level > 0))
			continue;
		if (files->files[i] == NULL)
			files->files[i] = create_file(join, build, i);
		before = rs_spill_bytes(files->files[i]);
		rs_spill_append(files->files[i], spill->vectors, order + starts[i], starts[i + 1] - starts[i]);
		join->op.stats.spilled += rs_spill_bytes(files->files[i]) - before;
	}
}

/*
 * The table's rows to their partitions.
 */
static void
empty_table(RsJoin *join)
{
	RsOperator *op = &join->op;
	RsVectorBatch batch;
	uint32		first;
	uint32		i;
	int			c;

	for (first = 0; first < join->nrows; first += batch.n)
	{
		RsJoinCodes codes = {NULL};
		uint32	   *rows;
		uint8	   *null;

		rs_operator_reset_batch(op);
		batch.n = Min(join->nrows - first, RS_VECTOR_ROWS);
		batch.columns = rs_arena_alloc(op->arena, Max(join->build_side->ncolumns, 1) * sizeof(RsVector *));
		rows = rs_arena_alloc(op->arena, batch.n * sizeof(uint32));
		null = rs_arena_alloc(op->arena, batch.n);
		codes.codes = rs_arena_alloc(op->arena, batch.n * sizeof(uint64));
		codes.null = null;
		for (i = 0; i < batch.n; i++)
		{
			rows[i] = first + i;
			codes.codes[i] = join->entries[first + i].code;
			null[i] = (uint8) join->entries[first + i].null_key;
		}
		for (c = 0; c < join->build_side->ncolumns; c++)
			if (join->build_used[c])
				batch.columns[c] = rs_column_store_gather(&join->stores[c], op->arena, rows, batch.n);
		deal(join, true, batch.columns, &codes, batch.n);
	}
	rs_join_reset_table(join);
}

static void
begin_partitions(RsJoin *join, uint32 n, int level)
{
	RsJoinSpill *spill = join->spill;

	spill->partitions = MemoryContextAllocZero(spill->context, sizeof(Partitions));
	spill->partitions->n = n;
	spill->partitions->level = level;
	join->op.stats.partitions = Max(join->op.stats.partitions, n);
}

void
rs_join_begin_spill(RsJoin *join, uint32 npartitions, FileSet *set)
{
	RsOperator *op = &join->op;
	EState	   *estate = op->env.parent->state;
	MemoryContext context = AllocSetContextCreate(estate->es_query_cxt, "redshift join partitions",
												  ALLOCSET_DEFAULT_SIZES);
	RsJoinSpill *spill = MemoryContextAllocZero(context, sizeof(RsJoinSpill));

	spill->context = context;
	spill->arena = rs_arena_create(context);
	spill->vectors = MemoryContextAlloc(context, (join->build_side->ncolumns + join->probe_side->ncolumns + 1) *
										sizeof(RsVector *));
	spill->set = set;
	init_side(spill, &spill->build, join->build_side, join->build_used);
	init_side(spill, &spill->probe, join->probe_side, join->probe_used);
	join->spill = spill;
	begin_partitions(join, npartitions, 0);
	empty_table(join);
}

void
rs_join_spill_build(RsJoin *join, const RsVectorBatch *batch)
{
	RsOperator *op = &join->op;
	RsJoinCodes codes;

	rs_join_make_codes(join, rs_batch_rows(op->arena, op->values, batch), true, &codes);
	if (join->filtering)
		rs_join_add_filters(join, codes.keys, batch->n);
	deal(join, true, batch->columns, &codes, batch->n);
}

static void
spill_probe_batch(RsJoin *join, const RsVectorBatch *batch)
{
	RsOperator *op = &join->op;
	RsJoinCodes codes;

	rs_operator_reset_batch(op);
	rs_join_make_codes(join, rs_batch_rows(op->arena, op->values, batch), false, &codes);
	deal(join, false, batch->columns, &codes, batch->n);
}

static void
finish_files(RsJoin *join, SideFiles *side)
{
	uint32		i;

	for (i = 0; i < join->spill->partitions->n; i++)
		if (side->files[i] != NULL)
			rs_spill_finish(side->files[i]);
}

void
rs_join_finish_build(RsJoin *join)
{
	finish_files(join, &join->spill->partitions->build);
}

/*
 * The private partitions, to be joined by and by.
 */
static void
queue_partitions(RsJoin *join, uint64 whole)
{
	RsJoinSpill *spill = join->spill;
	Partitions *partitions = spill->partitions;
	MemoryContext old = MemoryContextSwitchTo(spill->context);
	uint32		i;

	for (i = 0; i < partitions->n; i++)
	{
		Partition  *partition = palloc0(sizeof(Partition));

		partition->level = partitions->level;
		if (partitions->build.files[i] != NULL)
		{
			partition->build = list_make1(partitions->build.files[i]);
			partition->nrows = rs_spill_rows(partitions->build.files[i]);
			/* All of what was partitioned again: that does not help. */
			if (partition->nrows == whole)
				partition->level = RS_MAX_LEVELS;
		}
		if (partitions->probe.files[i] != NULL)
			partition->probe = list_make1(partitions->probe.files[i]);
		spill->waiting = lappend(spill->waiting, partition);
	}
	MemoryContextSwitchTo(old);
	pfree(partitions);
	spill->partitions = NULL;
}

static void
close_side(const Partitions *partitions, const SideFiles *side)
{
	uint32		i;

	for (i = 0; i < partitions->n; i++)
		if (side->files[i] != NULL)
			rs_spill_close(side->files[i]);
}

static void
close_partitions(RsJoinSpill *spill)
{
	close_side(spill->partitions, &spill->partitions->build);
	close_side(spill->partitions, &spill->partitions->probe);
	pfree(spill->partitions);
	spill->partitions = NULL;
}

void
rs_join_spill_probe(RsJoin *join)
{
	RsJoinSpill *spill = join->spill;
	RsVectorBatch batch;

	while (rs_operator_next(join->probe_side, &batch))
		spill_probe_batch(join, &batch);
	finish_files(join, &spill->partitions->probe);
	if (spill->set == NULL)
		queue_partitions(join, PG_UINT64_MAX);
	else
		close_partitions(spill);
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

/*
 * The next batch of one side of the current partition.
 */
static bool
read_batch(RsJoin *join, const SideColumns *side, List *files, RsVectorBatch *batch)
{
	RsJoinSpill *spill = join->spill;
	int			c;

	rs_arena_reset(spill->arena);
	while (spill->reading < list_length(files))
	{
		batch->n = rs_spill_next(list_nth(files, spill->reading), spill->arena, spill->vectors);
		if (batch->n == 0)
		{
			spill->reading++;
			continue;
		}
		batch->columns = rs_arena_alloc(spill->arena, Max(side->ncolumns, 1) * sizeof(RsVector *));
		memset(batch->columns, 0, side->ncolumns * sizeof(RsVector *));
		for (c = 0; c < side->n; c++)
			batch->columns[side->columns[c]] = spill->vectors[c];
		return true;
	}
	return false;
}

static void
close_files(List **files)
{
	ListCell   *lc;

	foreach(lc, *files)
		rs_spill_close(lfirst(lc));
	list_free(*files);
	*files = NIL;
}

/*
 * All processes' files of a shared partition.
 */
static List *
open_files(RsJoin *join, bool build, uint32 partition)
{
	RsJoinSpill *spill = join->spill;
	SideColumns *side = build ? &spill->build : &spill->probe;
	List	   *files = NIL;
	int			i;

	for (i = 0; i < join->engine->nparticipants; i++)
	{
		char		name[64];
		RsSpill    *file;

		snprintf(name, sizeof(name), "join%d.%s.%d.%u", join->op.plan->plan_node_id,
				 build ? "build" : "probe", i, partition);
		file = rs_spill_open(spill->context, side->types, side->n, spill->set, name);
		if (file != NULL)
			files = lappend(files, file);
	}
	return files;
}

static Partition *
take_partition(RsJoin *join)
{
	RsJoinSpill *spill = join->spill;
	MemoryContext old;
	Partition  *partition;
	uint32		number;

	if (spill->waiting != NIL)
	{
		partition = llast(spill->waiting);
		spill->waiting = list_delete_last(spill->waiting);
		return partition;
	}
	if (spill->set == NULL || !rs_join_take_partition(join, &number))
		return NULL;
	old = MemoryContextSwitchTo(spill->context);
	partition = palloc0(sizeof(Partition));
	partition->build = open_files(join, true, number);
	partition->probe = open_files(join, false, number);
	MemoryContextSwitchTo(old);
	return partition;
}

/*
 * Partition the current one again: what is in the table, and the rest of both
 * sides.
 */
static void
partition_again(RsJoin *join)
{
	RsJoinSpill *spill = join->spill;
	Partition  *partition = spill->current;
	RsVectorBatch batch;
	uint64		whole = join->nrows;
	Size		bytes = rs_join_bytes(join);
	double		share = partition->nrows > join->nrows ? (double) partition->nrows / join->nrows : 2;

	begin_partitions(join, rs_join_partition_count(share * bytes, get_hash_memory_limit()),
					 partition->level + 1);
	empty_table(join);
	while (read_batch(join, &spill->build, partition->build, &batch))
	{
		whole += batch.n;
		rs_operator_reset_batch(&join->op);
		rs_join_spill_build(join, &batch);
	}
	finish_files(join, &spill->partitions->build);
	close_files(&partition->build);
	spill->reading = 0;
	while (read_batch(join, &spill->probe, partition->probe, &batch))
		spill_probe_batch(join, &batch);
	finish_files(join, &spill->partitions->probe);
	close_files(&partition->probe);
	queue_partitions(join, whole);
}

/*
 * The table of the current partition; false if it has to be partitioned again.
 */
static bool
load_table(RsJoin *join)
{
	RsJoinSpill *spill = join->spill;
	Partition  *partition = spill->current;
	RsVectorBatch batch;

	rs_join_reset_table(join);
	spill->reading = 0;
	while (read_batch(join, &spill->build, partition->build, &batch))
	{
		rs_operator_reset_batch(&join->op);
		rs_join_take_batch(join, &batch);
		if (partition->level < RS_MAX_LEVELS - 1 && rs_join_bytes(join) > get_hash_memory_limit())
			return false;
	}
	rs_join_chain(join);
	join->op.stats.memory = Max(join->op.stats.memory, rs_join_bytes(join));
	close_files(&partition->build);
	spill->reading = 0;
	return true;
}

static void
end_partition(RsJoinSpill *spill)
{
	if (spill->current == NULL)
		return;
	close_files(&spill->current->build);
	close_files(&spill->current->probe);
	pfree(spill->current);
	spill->current = NULL;
}

bool
rs_join_next_partition(RsJoin *join)
{
	RsJoinSpill *spill = join->spill;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		end_partition(spill);
		spill->current = take_partition(join);
		if (spill->current == NULL)
			return false;
		/* One side alone is of no use, if its rows are not kept. */
		if ((spill->current->build == NIL && !join->keeps_probe) ||
			(spill->current->probe == NIL && !join->keeps_build))
			continue;
		if (load_table(join))
			return true;
		partition_again(join);
	}
}

bool
rs_join_read_probe(RsJoin *join, RsVectorBatch *batch)
{
	RsJoinSpill *spill = join->spill;

	return spill->current != NULL && read_batch(join, &spill->probe, spill->current->probe, batch);
}

void
rs_join_end_spill(RsJoin *join)
{
	RsJoinSpill *spill = join->spill;
	ListCell   *lc;

	if (spill == NULL)
		return;
	end_partition(spill);
	foreach(lc, spill->waiting)
	{
		Partition  *partition = lfirst(lc);

		close_files(&partition->build);
		close_files(&partition->probe);
	}
	if (spill->partitions != NULL)
		close_partitions(spill);
	MemoryContextDelete(spill->context);
	join->spill = NULL;
}
