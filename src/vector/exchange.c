/*
 * exchange.c
 *	  Rows dealt by hash among the processes of a parallel plan.
 *
 * Rows go through files of the node's file set, one for each process and partition. A
 * process whose memory is short writes all it has, and goes on later.
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
#include "vector/exchange.h"

/* Bits of the hashes that tell partitions apart: those on top are left for spilling. */
#define RS_EXCHANGE_SHIFT	27

typedef struct SharedExchange
{
	slock_t		mutex;
	int			attached;		/* processes that did, ever */
	bool		alone;			/* one of them kept everything */
	Barrier		barrier;		/* phase 0: rows are added; 1: and read */
	pg_atomic_uint32 next;		/* partition */
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
	/* reading */
	uint32		partition;
	int			participant;	/* whose file comes next */
	RsSpill    *file;			/* NULL: none */
};

Size
rs_exchange_shared_size(void)
{
	return sizeof(SharedExchange);
}

void
rs_exchange_init(void *memory)
{
	SharedExchange *shared = memory;

	SpinLockInit(&shared->mutex);
	shared->attached = 0;
	shared->alone = false;
	BarrierInit(&shared->barrier, 0);
	pg_atomic_init_u32(&shared->next, 0);
}

RsExchange *
rs_exchange_attach(MemoryContext context, const RsEngine *engine, void *memory,
				   const RsVectorType *types, int ncolumns, int number)
{
	RsExchange *exchange = MemoryContextAllocZero(context, sizeof(RsExchange));
	SharedExchange *shared = memory;
	bool		over;

	exchange->context = context;
	exchange->engine = engine;
	exchange->shared = shared;
	exchange->types = types;
	exchange->ncolumns = ncolumns;
	exchange->number = number;
	SpinLockAcquire(&shared->mutex);
	over = shared->alone;
	if (!over)
		shared->attached++;
	SpinLockRelease(&shared->mutex);
	if (over)
	{
		exchange->partition = RS_EXCHANGE_PARTITIONS;
		return exchange;
	}
	exchange->takes_input = BarrierAttach(&shared->barrier) == 0;
	exchange->at_barrier = true;
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
		exchange->partition = RS_EXCHANGE_PARTITIONS;
	return shared->alone;
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
	close_files(exchange);
	BarrierArriveAndWait(&exchange->shared->barrier, PG_WAIT_EXTENSION);
}

bool
rs_exchange_next(RsExchange *exchange)
{
	if (exchange->partition >= RS_EXCHANGE_PARTITIONS)
		return false;
	exchange->partition = pg_atomic_fetch_add_u32(&exchange->shared->next, 1);
	exchange->participant = 0;
	return exchange->partition < RS_EXCHANGE_PARTITIONS;
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

uint32
rs_exchange_read(RsExchange *exchange, RsArena *arena, const RsVector **columns)
{
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
	pfree(exchange);
}

uint64
rs_exchange_bytes(const RsExchange *exchange)
{
	return exchange->bytes;
}
