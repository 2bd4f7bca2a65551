/*
 * exchange.c
 *	  Rows dealt by hash among the processes of a parallel plan.
 *
 * They go through shared memory (shared_rows.c) as long as that is not short and their
 * values are not by reference, and else through files of the node's file set, one for
 * each process and partition.  A process whose memory is short writes all it has, and goes
 * on later.
 *
 * In memory there are more partitions than in files, which cost something each.  Where
 * nothing went to files, and rows are many, each of them is dealt by itself, so that the table
 * that becomes of it stays in the processor's caches.
 *
 * Nobody waits for a process that may be waiting to give rows to the leader.  A
 * process arrives at the barrier when it has read its input and given nothing yet;
 * behind it, partitions are dealt by a counter, and whoever is late, or not there at
 * all, is not missed.  A process that attaches in that phase goes to the partitions
 * at once: all input was read by others.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/barrier.h"
#include "storage/spin.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"
#include "vector/rows/exchange.h"

/* Bits of the hashes that tell partitions apart: those on top are left for spilling. */
#define RS_EXCHANGE_SHIFT	27
/* Those of lists in memory: some below, so that a partition's lists are next to each other. */
#define RS_LISTS_SHIFT		(RS_EXCHANGE_SHIFT - 3)
/* Rows that a partition should have, if memory has so many lists. */
#define RS_PARTITION_ROWS	16384

StaticAssertDecl(RS_EXCHANGE_PARTITIONS << (RS_EXCHANGE_SHIFT - RS_LISTS_SHIFT) == RS_ROW_LISTS,
				 "the lists of memory divide the partitions of files");

#define RS_KINDS			(RS_EXCHANGED_GROUPS + 1)

typedef struct SharedExchange
{
	slock_t		mutex;
	int			attached;		/* processes that did, ever */
	bool		alone;			/* one of them kept everything */
	Barrier		barrier;		/* phase 0: rows are added; 1: and read */
	pg_atomic_uint32 next;		/* partition */
	bool		has_files;
	RsRowLists	lists[RS_KINDS];
} SharedExchange;

struct RsExchange
{
	MemoryContext context;
	const RsEngine *engine;
	SharedExchange *shared;
	const RsVectorType *types;
	int			ncolumns;
	int			number;
	bool		takes_input;
	bool		at_barrier;		/* attached to it */
	bool		added;			/* rows */
	RsSpill    *files[RS_EXCHANGE_PARTITIONS];	/* being written; NULL: none yet */
	uint64		bytes;
	RsSharedRows *memory[RS_KINDS];
	/* reading */
	uint32		npartitions;
	uint32		partition;
	RsExchanged what;			/* comes next from memory, */
	uint32		list;			/* of this list; where the partition's end: files come */
	int			participant;	/* whose file comes next */
	RsSpill    *file;			/* NULL: none */
};

Size
rs_exchange_shared_size(void)
{
	return sizeof(SharedExchange);
}

void
rs_exchange_init(void *memory, dsa_area *area, bool again)
{
	SharedExchange *shared = memory;
	int			kind;

	for (kind = 0; again && kind < RS_KINDS; kind++)
		rs_row_lists_clear(&shared->lists[kind], area);
	memset(shared, 0, sizeof(SharedExchange));
	SpinLockInit(&shared->mutex);
	shared->attached = 0;
	shared->alone = false;
	BarrierInit(&shared->barrier, 0);
	pg_atomic_init_u32(&shared->next, 0);
}

/*
 * How many partitions are dealt to processes: all know the same when all has been added.
 */
static void
plan_partitions(RsExchange *exchange)
{
	SharedExchange *shared = exchange->shared;
	uint64		nrows = shared->lists[RS_EXCHANGED_ROWS].nrows +
		shared->lists[RS_EXCHANGED_GROUPS].nrows;

	exchange->npartitions = RS_EXCHANGE_PARTITIONS;
	while (!shared->has_files && exchange->npartitions < RS_ROW_LISTS &&
		   nrows / exchange->npartitions > RS_PARTITION_ROWS)
		exchange->npartitions *= 2;
}

/*
 * The first of a partition's lists.
 */
static uint32
first_list(const RsExchange *exchange, uint32 partition)
{
	return partition * (RS_ROW_LISTS / exchange->npartitions);
}

RsExchange *
rs_exchange_attach(MemoryContext context, const RsEngine *engine, void *memory,
				   int nrow_columns, const RsVectorType *types, int ncolumns, Size limit, int number)
{
	dsa_area   *area = engine->parent->state->es_query_dsa;
	RsExchange *exchange = MemoryContextAllocZero(context, sizeof(RsExchange));
	SharedExchange *shared = memory;
	bool		over;

	exchange->context = context;
	exchange->engine = engine;
	exchange->shared = shared;
	exchange->types = types;
	exchange->ncolumns = ncolumns;
	exchange->number = number;
	exchange->npartitions = RS_EXCHANGE_PARTITIONS;
	exchange->memory[RS_EXCHANGED_ROWS] =
		rs_shared_rows_create(context, area, &shared->lists[RS_EXCHANGED_ROWS], &shared->mutex,
							  nrow_columns, limit);
	exchange->memory[RS_EXCHANGED_GROUPS] =
		rs_shared_rows_create(context, area, &shared->lists[RS_EXCHANGED_GROUPS], &shared->mutex,
							  ncolumns, limit / 2);
	SpinLockAcquire(&shared->mutex);
	over = shared->alone;
	if (!over)
		shared->attached++;
	SpinLockRelease(&shared->mutex);
	if (over)
	{
		exchange->partition = exchange->npartitions;
		return exchange;
	}
	exchange->takes_input = BarrierAttach(&shared->barrier) == 0;
	exchange->at_barrier = true;
	if (!exchange->takes_input)
		plan_partitions(exchange);
	return exchange;
}

bool
rs_exchange_takes_input(const RsExchange *exchange)
{
	return exchange->takes_input;
}

bool
rs_exchange_is_alone(RsExchange *exchange)
{
	SharedExchange *shared = exchange->shared;

	if (exchange->added)
		return false;
	SpinLockAcquire(&shared->mutex);
	if (shared->attached == 1)
		shared->alone = true;
	SpinLockRelease(&shared->mutex);
	if (shared->alone)
		exchange->partition = exchange->npartitions;
	return shared->alone;
}

bool
rs_exchange_deal(RsExchange *exchange, RsExchanged what, RsArena *arena, const RsVector **columns,
				 const uint64 *hashes, uint32 n)
{
	if (!rs_shared_rows_add(exchange->memory[what], arena, columns, hashes, RS_LISTS_SHIFT, n))
		return false;
	exchange->added = true;
	return true;
}

void
rs_exchange_distribute(const uint64 *hashes, uint32 n, uint32 *starts, uint32 *order)
{
	rs_spill_distribute(hashes, n, RS_EXCHANGE_SHIFT, RS_EXCHANGE_PARTITIONS, starts, order);
}

static void
file_name(const RsExchange *exchange, int participant, uint32 partition, char *name)
{
	snprintf(name, MAXPGPATH, "exchange.%d.%u.%d", exchange->number, partition, participant);
}

void
rs_exchange_append(RsExchange *exchange, uint32 partition, const RsVector **columns, uint32 n)
{
	RsSpill   **file = &exchange->files[partition];
	char		name[MAXPGPATH];

	if (*file == NULL)
	{
		file_name(exchange, exchange->engine->participant, partition, name);
		*file = rs_spill_create(exchange->context, exchange->types, exchange->ncolumns,
								&exchange->engine->files->fs, name);
		SpinLockAcquire(&exchange->shared->mutex);
		exchange->shared->has_files = true;
		SpinLockRelease(&exchange->shared->mutex);
	}
	rs_spill_append(*file, columns, NULL, n);
	exchange->added = true;
}

/*
 * Let others read the files.
 */
static void
close_files(RsExchange *exchange)
{
	uint32		p;

	for (p = 0; p < RS_EXCHANGE_PARTITIONS; p++)
	{
		if (exchange->files[p] == NULL)
			continue;
		exchange->bytes += rs_spill_bytes(exchange->files[p]);
		rs_spill_finish(exchange->files[p]);
		rs_spill_close(exchange->files[p]);
		exchange->files[p] = NULL;
	}
}

void
rs_exchange_wait(RsExchange *exchange)
{
	int			kind;

	close_files(exchange);
	for (kind = 0; kind < RS_KINDS; kind++)
		rs_shared_rows_finish(exchange->memory[kind]);
	BarrierArriveAndWait(&exchange->shared->barrier, PG_WAIT_EXTENSION);
	plan_partitions(exchange);
}

uint32
rs_exchange_partitions(const RsExchange *exchange)
{
	return exchange->npartitions;
}

bool
rs_exchange_next(RsExchange *exchange)
{
	if (exchange->partition >= exchange->npartitions)
		return false;
	exchange->partition = pg_atomic_fetch_add_u32(&exchange->shared->next, 1);
	exchange->participant = exchange->shared->has_files ? 0 : exchange->engine->nparticipants;
	exchange->what = RS_EXCHANGED_ROWS;
	exchange->list = first_list(exchange, exchange->partition);
	return exchange->partition < exchange->npartitions;
}

/*
 * Open the next file of the partition; false if there is none.
 */
static bool
next_file(RsExchange *exchange)
{
	while (exchange->file == NULL && exchange->participant < exchange->engine->nparticipants)
	{
		char		name[MAXPGPATH];

		file_name(exchange, exchange->participant++, exchange->partition, name);
		exchange->file = rs_spill_open(exchange->context, exchange->types, exchange->ncolumns,
									   &exchange->engine->files->fs, name);
	}
	return exchange->file != NULL;
}

/*
 * The next batch from memory.
 */
static uint32
read_lists(RsExchange *exchange, RsArena *arena, const RsVector **columns)
{
	while (exchange->list < first_list(exchange, exchange->partition + 1))
	{
		uint32		n = rs_shared_rows_next(exchange->memory[exchange->what], exchange->list, arena,
											columns);

		if (n > 0)
			return n;
		exchange->list++;
		if (exchange->list == first_list(exchange, exchange->partition + 1) &&
			exchange->what == RS_EXCHANGED_ROWS)
		{
			exchange->what = RS_EXCHANGED_GROUPS;
			exchange->list = first_list(exchange, exchange->partition);
		}
	}
	return 0;
}

uint32
rs_exchange_read(RsExchange *exchange, RsArena *arena, const RsVector **columns, RsExchanged *what)
{
	uint32		dealt = read_lists(exchange, arena, columns);

	*what = exchange->what;
	if (dealt > 0)
		return dealt;
	while (next_file(exchange))
	{
		uint32		n = rs_spill_next(exchange->file, arena, columns);

		if (n > 0)
			return n;
		rs_spill_close(exchange->file);
		exchange->file = NULL;
	}
	return 0;
}

void
rs_exchange_detach(RsExchange *exchange)
{
	close_files(exchange);
	if (exchange->file != NULL)
		rs_spill_close(exchange->file);
	if (exchange->at_barrier)
		BarrierDetach(&exchange->shared->barrier);
	pfree(exchange->memory[RS_EXCHANGED_ROWS]);
	pfree(exchange->memory[RS_EXCHANGED_GROUPS]);
	pfree(exchange);
}

uint64
rs_exchange_memory(const RsExchange *exchange)
{
	return rs_shared_rows_bytes(exchange->memory[RS_EXCHANGED_ROWS]) +
		rs_shared_rows_bytes(exchange->memory[RS_EXCHANGED_GROUPS]);
}

uint64
rs_exchange_bytes(const RsExchange *exchange)
{
	return exchange->bytes;
}
