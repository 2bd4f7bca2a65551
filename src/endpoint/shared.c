/*
 * shared.c
 *	  The endpoint in shared memory: counters, and which client a backend's peer stands for.
 *
 * One worker writes.  Counters are atomics that readers may see in any order; slots are
 * under a lock, taken twice in a connection's life and once by its backend.
 */
#include "postgres.h"

#include "common/ip.h"
#include "core/settings.h"
#include "core/shared_area.h"
#include "endpoint/shared.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define NAME	"redshift_endpoint"

typedef struct Slot
{
	bool		used;
	SockAddr	own;			/* the worker's end of its connection to the server */
	RsEndpointClient client;
	pg_atomic_uint64 mark;
} Slot;

typedef struct Shared
{
	int			pid;			/* 0: no worker has run yet */
	TimestampTz started_at;
	pg_atomic_uint32 open;
	pg_atomic_uint64 memory;
	pg_atomic_uint64 counters[RS_COUNTERS];
	int			nslots;
	int			top;			/* behind the last used: few to look at, as free ones are taken from the front */
	Slot		slots[FLEXIBLE_ARRAY_MEMBER];
} Shared;

static Shared *shared = NULL;
static LWLock *lock = NULL;
static Slot *own_slot = NULL;	/* of the client of this backend's session */

PG_FUNCTION_INFO_V1(rs_endpoint_stats);

static Size
shared_size(void)
{
	return add_size(offsetof(Shared, slots), mul_size(rs_endpoint_max_connections, sizeof(Slot)));
}

static void
attach(void)
{
	bool		found;
	int			i;

	shared = ShmemInitStruct(NAME, shared_size(), &found);
	if (found)
		return;
	memset(shared, 0, shared_size());
	shared->nslots = rs_endpoint_max_connections;
	pg_atomic_init_u32(&shared->open, 0);
	pg_atomic_init_u64(&shared->memory, 0);
	for (i = 0; i < RS_COUNTERS; i++)
		pg_atomic_init_u64(&shared->counters[i], 0);
	for (i = 0; i < shared->nslots; i++)
		pg_atomic_init_u64(&shared->slots[i].mark, 0);
}

void
rs_endpoint_shared_init(void)
{
	static const RsSharedArea area = {
		.name = NAME,
		.size_at_start = shared_size,
		.attach = attach,
		.lock = &lock
	};

	rs_shared_area_add(&area);
}

/*
 * A worker begins: what an earlier one left is not its own.
 */
void
rs_endpoint_shared_start(void)
{
	int			i;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (i = 0; i < shared->top; i++)
		shared->slots[i].used = false;
	shared->top = 0;
	shared->pid = MyProcPid;
	shared->started_at = GetCurrentTimestamp();
	LWLockRelease(lock);
	pg_atomic_write_u32(&shared->open, 0);
	pg_atomic_write_u64(&shared->memory, 0);
	for (i = 0; i < RS_COUNTERS; i++)
		pg_atomic_write_u64(&shared->counters[i], 0);
}

void
rs_endpoint_count(RsEndpointCounter counter, uint64 n)
{
	/* One writer: no other can come between. */
	pg_atomic_write_u64(&shared->counters[counter], pg_atomic_read_u64(&shared->counters[counter]) + n);
}

void
rs_endpoint_set_open(uint32 connections, uint64 memory)
{
	pg_atomic_write_u32(&shared->open, connections);
	pg_atomic_write_u64(&shared->memory, memory);
}

/*
 * The slot taken for a client, -1 if all are: there are as many as connections.
 */
int
rs_endpoint_add_client(const SockAddr *own, const RsEndpointClient *client)
{
	int			result = 0;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	while (result < shared->top && shared->slots[result].used)
		result++;
	if (result < shared->nslots)
	{
		shared->slots[result].used = true;
		shared->slots[result].own = *own;
		shared->slots[result].client = *client;
		pg_atomic_write_u64(&shared->slots[result].mark, 0);
		shared->top = Max(shared->top, result + 1);
	}
	else
		result = -1;
	LWLockRelease(lock);
	return result;
}

void
rs_endpoint_remove_client(int slot)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->slots[slot].used = false;
	while (shared->top > 0 && !shared->slots[shared->top - 1].used)
		shared->top--;
	LWLockRelease(lock);
}

void
rs_endpoint_set_mark(int slot, uint64 mark)
{
	pg_atomic_write_u64(&shared->slots[slot].mark, mark);
}

static bool
same_address(const SockAddr *a, const SockAddr *b)
{
	if (a->addr.ss_family != b->addr.ss_family)
		return false;
	if (a->addr.ss_family == AF_INET)
	{
		const struct sockaddr_in *x = (const struct sockaddr_in *) &a->addr;
		const struct sockaddr_in *y = (const struct sockaddr_in *) &b->addr;

		return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
	}
	if (a->addr.ss_family == AF_INET6)
	{
		const struct sockaddr_in6 *x = (const struct sockaddr_in6 *) &a->addr;
		const struct sockaddr_in6 *y = (const struct sockaddr_in6 *) &b->addr;

		return x->sin6_port == y->sin6_port &&
			memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr)) == 0;
	}
	return false;
}

bool
rs_endpoint_find_client(const SockAddr *address, RsEndpointClient *client)
{
	bool		found = false;
	int			i;

	if (shared == NULL)
		return false;
	LWLockAcquire(lock, LW_SHARED);
	for (i = 0; i < shared->top && !found; i++)
	{
		found = shared->slots[i].used && same_address(&shared->slots[i].own, address);
		if (found)
		{
			own_slot = &shared->slots[i];
			*client = own_slot->client;
		}
	}
	LWLockRelease(lock);
	return found;
}

/*
 * If the client is gone, and the slot is another's, it is a mark that no text for this session has.
 */
uint64
rs_endpoint_mark(void)
{
	return own_slot != NULL ? pg_atomic_read_u64(&own_slot->mark) : 0;
}

/*
 * redshift.endpoint_stats: NULL where the server has no endpoint.
 */
Datum
rs_endpoint_stats(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[RS_COUNTERS + 4];
	bool		nulls[RS_COUNTERS + 4] = {false};
	int			i;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (shared == NULL || shared->pid == 0)
		PG_RETURN_NULL();
	LWLockAcquire(lock, LW_SHARED);
	values[0] = Int32GetDatum(shared->pid);
	values[1] = TimestampTzGetDatum(shared->started_at);
	LWLockRelease(lock);
	values[2] = Int32GetDatum((int32) pg_atomic_read_u32(&shared->open));
	values[3] = Int64GetDatum((int64) pg_atomic_read_u64(&shared->memory));
	for (i = 0; i < RS_COUNTERS; i++)
		values[4 + i] = Int64GetDatum((int64) pg_atomic_read_u64(&shared->counters[i]));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
