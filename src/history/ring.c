/*
 * ring.c
 *	  Rows of the history on their way to its tables: a ring in shared memory.
 *
 * POSITIONS
 * Positions count all bytes ever handed out; modulo the ring's size they are places in it.
 * Space is reserved by advancing "reserved" with compare-and-swap, never past "freed" plus the
 * ring's size; then the row is copied there and marked ready.  So appending takes no lock, and
 * no row is in two pieces: before one that would not fit up to the ring's end, the rest is
 * filled.  Rows are aligned to their header, so that at least that fits there.
 *
 * READING
 * Readers hold the lock shared; the launcher, who alone advances "freed", holds it
 * exclusively, and zeroes what it frees.  So behind "freed" there are rows, up to the first
 * that is not ready: its size is not known yet.
 *
 * A row that the worker writes is marked with its transaction, and stays for a while: who
 * reads the tables and then the ring, by one snapshot, sees it once.
 *
 * RESTARTS
 * A clean shutdown writes the ring to a file, which the next start reads.  After a crash it is
 * empty.  Statements' numbers go on where they were, or, after a crash, a bit further up:
 * a file has a number that is above all that were given.
 */
#include "postgres.h"

#include <unistd.h>

#include "access/transam.h"
#include "core/settings.h"
#include "core/shared_area.h"
#include "history/ring.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define NAME			"redshift_ext history"
#define FILE_MAGIC		0x52534831	/* of the ring's layout */
#define ROWS_FILE		PGSTAT_STAT_PERMANENT_DIRECTORY "/redshift_ext.history"
#define NUMBER_FILE		PGSTAT_STAT_PERMANENT_DIRECTORY "/redshift_ext.query_number"
/* Numbers that are safe ahead of those given. */
#define NUMBERS_AHEAD	65536

typedef struct Ring
{
	pg_atomic_uint64 reserved;
	pg_atomic_uint64 freed;
	pg_atomic_uint64 lost;
	pg_atomic_uint32 number;	/* the last one given */
	uint32		number_saved;
	uint64		size;
	Latch	   *launcher;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} Ring;

typedef struct FileHeader
{
	uint32		magic;
	uint32		unused;
	uint64		size;			/* of the rows that follow */
} FileHeader;

const char *const rs_history_tables[RS_HISTORY_TABLES] = {
	[RS_HISTORY_QUERY] = "history_query",
	[RS_HISTORY_CONNECTION] = "history_connection",
	[RS_HISTORY_USER] = "history_user",
	[RS_HISTORY_TRANSACTION] = "history_transaction",
	[RS_HISTORY_MAINTENANCE] = "history_maintenance",
	[RS_HISTORY_MESSAGE] = "history_message",
	[RS_HISTORY_COMPRESSION] = "history_compression"
};

static Ring *ring = NULL;
static LWLock *lock = NULL;

/* The row that is being made. */
static char *made = NULL;
static Size made_size;
static Size made_space;

StaticAssertDecl(sizeof(RsHistoryRow) % MAXIMUM_ALIGNOF == 0, "rows are aligned");

/* ---------------------------------------------------------------------
 * Making a row
 * ---------------------------------------------------------------------
 */

/*
 * Room for so many more bytes, zeroed; NULL: there is no memory, and the row is lost.
 */
static char *
more(Size size)
{
	char	   *place;

	if (made_size + size > made_space)
	{
		Size		space = Max(made_space * 2, MAXALIGN(made_size + size + 1024));
		char	   *bigger = MemoryContextAllocExtended(TopMemoryContext, space, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);

		if (bigger == NULL)
		{
			made_size = 0;
			return NULL;
		}
		if (made != NULL)
		{
			memcpy(bigger, made, made_size);
			pfree(made);
		}
		made = bigger;
		made_space = space;
	}
	place = made + made_size;
	memset(place, 0, size);
	made_size += size;
	return place;
}

void
rs_history_begin(RsHistoryTable table, Oid user, Oid database)
{
	RsHistoryRow *row;

	made_size = 0;
	if (ring == NULL || (row = (RsHistoryRow *) more(sizeof(RsHistoryRow))) == NULL)
		return;
	row->database = database;
	row->user = user;
	row->table = table;
	rs_history_time(GetCurrentTimestamp());
}

static RsHistoryValue *
add_value(RsHistoryValueType type, Size size)
{
	RsHistoryValue *value;

	if (made_size == 0 || (value = (RsHistoryValue *) more(size)) == NULL)
		return NULL;
	value->type = type;
	((RsHistoryRow *) made)->nvalues++;
	return value;
}

void
rs_history_int(int64 number)
{
	RsHistoryValue *value = add_value(RS_HISTORY_NUMBER, sizeof(RsHistoryValue));

	if (value != NULL)
		value->u.number = number;
}

void
rs_history_float(double number)
{
	RsHistoryValue *value = add_value(RS_HISTORY_FLOAT, sizeof(RsHistoryValue));

	if (value != NULL)
		value->u.real = number;
}

void
rs_history_time(TimestampTz time)
{
	rs_history_int(time);
}

void
rs_history_text(const char *text)
{
	Size		size;
	RsHistoryValue *value;

	if (text == NULL)
	{
		rs_history_null();
		return;
	}
	size = strlen(text);
	value = add_value(RS_HISTORY_TEXT, sizeof(RsHistoryValue) + MAXALIGN(size + 1));
	if (value != NULL)
	{
		value->size = (uint32) size;
		memcpy(value + 1, text, size);
	}
}

void
rs_history_null(void)
{
	(void) add_value(RS_HISTORY_NULL, sizeof(RsHistoryValue));
}

/* ---------------------------------------------------------------------
 * Appending it
 * ---------------------------------------------------------------------
 */

/*
 * Space for a row of this size, and where; false: there is none.
 */
static bool
reserve(Size size, uint64 *position)
{
	uint64		begin = pg_atomic_read_u64(&ring->reserved);
	uint64		fill;

	do
	{
		uint64		place = begin % ring->size;

		fill = place + size > ring->size ? ring->size - place : 0;
		if (begin + fill + size - pg_atomic_read_u64(&ring->freed) > ring->size)
			return false;
	} while (!pg_atomic_compare_exchange_u64(&ring->reserved, &begin, begin + fill + size));
	if (fill > 0)
	{
		RsHistoryRow *filling = (RsHistoryRow *) (ring->bytes + begin % ring->size);

		filling->size = (uint32) fill;
		filling->table = RS_HISTORY_TABLES;
		pg_atomic_write_u32(&filling->written_by, RS_HISTORY_DROPPED);
		pg_write_barrier();
		pg_atomic_write_u32(&filling->ready, 1);
	}
	*position = begin + fill;
	return true;
}

void
rs_history_end(void)
{
	RsHistoryRow *row;
	uint64		position;
	uint64		used;
	char	   *place;

	if (made_size == 0)
		return;
	/* Rows' sizes are multiples of the header's, so that there is room to fill the rest. */
	(void) more((sizeof(RsHistoryRow) - made_size % sizeof(RsHistoryRow)) % sizeof(RsHistoryRow));
	row = (RsHistoryRow *) made;
	if (made_size == 0)
		return;
	row->size = (uint32) made_size;
	if (made_size > ring->size / 4 || !reserve(made_size, &position))
	{
		pg_atomic_fetch_add_u64(&ring->lost, 1);
		return;
	}
	place = ring->bytes + position % ring->size;
	memcpy(place + sizeof(row->ready), made + sizeof(row->ready), made_size - sizeof(row->ready));
	pg_write_barrier();
	pg_atomic_write_u32(&((RsHistoryRow *) place)->ready, 1);
	/* Whose row passes a quarter wakes the launcher. */
	used = position + made_size - pg_atomic_read_u64(&ring->freed);
	if (used > ring->size / 4 && used - made_size <= ring->size / 4 && ring->launcher != NULL)
		SetLatch(ring->launcher);
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

bool
rs_history_ring_exists(void)
{
	return ring != NULL;
}

/*
 * The row at a position; NULL: the last one was before.
 */
static RsHistoryRow *
row_at(uint64 position)
{
	RsHistoryRow *row;

	if (position >= pg_atomic_read_u64(&ring->reserved))
		return NULL;
	row = (RsHistoryRow *) (ring->bytes + position % ring->size);
	if (pg_atomic_read_u32(&row->ready) == 0)
		return NULL;
	pg_read_barrier();
	return row;
}

void
rs_history_visit(RsHistoryVisitor visit, void *arg)
{
	uint64		position;
	RsHistoryRow *row;

	if (ring == NULL)
		return;
	LWLockAcquire(lock, LW_SHARED);
	for (position = pg_atomic_read_u64(&ring->freed); (row = row_at(position)) != NULL; position += row->size)
		if (row->table < RS_HISTORY_TABLES)
			visit(row, arg);
	LWLockRelease(lock);
}

void
rs_history_free(void)
{
	uint64		position;
	RsHistoryRow *row;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	while (rs_history_used() > ring->size / 8)
	{
		uint32		size;

		position = pg_atomic_read_u64(&ring->freed);
		row = row_at(position);
		if (row == NULL || pg_atomic_read_u32(&row->written_by) == InvalidTransactionId)
			break;
		size = row->size;
		memset(row, 0, size);
		pg_write_barrier();
		pg_atomic_write_u64(&ring->freed, position + size);
	}
	LWLockRelease(lock);
}

void
rs_history_set_launcher(Latch *latch)
{
	ring->launcher = latch;
}

uint64
rs_history_used(void)
{
	return pg_atomic_read_u64(&ring->reserved) - pg_atomic_read_u64(&ring->freed);
}

bool
rs_history_is_filling(void)
{
	return rs_history_used() > ring->size / 4;
}

uint64
rs_history_lost(void)
{
	return ring == NULL ? 0 : pg_atomic_read_u64(&ring->lost);
}

void
rs_history_count_lost(uint64 rows)
{
	pg_atomic_fetch_add_u64(&ring->lost, rows);
}

/* ---------------------------------------------------------------------
 * Numbers of statements
 * ---------------------------------------------------------------------
 */

int32
rs_history_next_number(void)
{
	uint32		number;

	/* They start anew after 2^31. */
	do
		number = pg_atomic_add_fetch_u32(&ring->number, 1) & PG_INT32_MAX;
	while (number == 0);
	if (number % (NUMBERS_AHEAD / 4) == 0 && ring->launcher != NULL)
		SetLatch(ring->launcher);
	return (int32) number;
}

/*
 * Replace a file, durably; what goes wrong is logged.
 */
static void
replace_file(const char *name, const void *header, Size header_size, const void *data, Size size)
{
	char	   *temporary = psprintf("%s.tmp", name);
	FILE	   *file = AllocateFile(temporary, PG_BINARY_W);
	bool		done;

	done = file != NULL && fwrite(header, 1, header_size, file) == header_size &&
		(size == 0 || fwrite(data, 1, size, file) == size);
	if (file != NULL)
		done = FreeFile(file) == 0 && done;
	if (!done)
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not write file \"%s\": %m", temporary)));
	else
		(void) durable_rename(temporary, name, LOG);
	pfree(temporary);
}

void
rs_history_save_numbers(void)
{
	uint32		number = pg_atomic_read_u32(&ring->number);
	uint32		safe = number + NUMBERS_AHEAD;

	if (ring->number_saved - number >= NUMBERS_AHEAD / 2 && ring->number_saved - number <= NUMBERS_AHEAD)
		return;
	ring->number_saved = safe;
	replace_file(NUMBER_FILE, &safe, sizeof(safe), NULL, 0);
}

static uint32
read_number(void)
{
	FILE	   *file = AllocateFile(NUMBER_FILE, PG_BINARY_R);
	uint32		number = 0;

	if (file == NULL)
		return 0;
	if (fread(&number, 1, sizeof(number), file) != sizeof(number))
		number = 0;
	FreeFile(file);
	return number;
}

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

/*
 * Does a row of a file have the values that it says?
 */
static bool
is_whole(const RsHistoryRow *row)
{
	const char *end = (const char *) row + row->size;
	const RsHistoryValue *value = rs_history_first_value(row);
	uint32		i;

	for (i = 0; i < row->nvalues; i++)
	{
		if (end - (const char *) value < (ptrdiff_t) sizeof(RsHistoryValue) ||
			(value->type == RS_HISTORY_TEXT && value->size >= end - (const char *) (value + 1)))
			return false;
		value = rs_history_next_value(value);
	}
	return (const char *) value <= end && (row->database != InvalidOid || row->nvalues > 1);
}

/*
 * Append the rows of a file, as far as they make sense.
 */
static void
take_rows(char *rows, uint64 size)
{
	uint64		position = 0;

	while (size - position >= sizeof(RsHistoryRow))
	{
		RsHistoryRow *row = (RsHistoryRow *) (rows + position);

		if (row->size < sizeof(RsHistoryRow) || row->size > size - position || row->size % sizeof(RsHistoryRow) != 0)
			return;
		if (row->table < RS_HISTORY_TABLES && is_whole(row))
		{
			made_size = 0;
			if (more(row->size) == NULL)
				return;
			memcpy(made, row, row->size);
			rs_history_end();
		}
		position += row->size;
	}
}

static void
read_rows(void)
{
	FILE	   *file = AllocateFile(ROWS_FILE, PG_BINARY_R);
	FileHeader	header;

	if (file == NULL)
		return;
	if (fread(&header, 1, sizeof(header), file) == sizeof(header) && header.magic == FILE_MAGIC &&
		header.size <= (uint64) RS_MAX_HISTORY_BUFFER * 1024)
	{
		char	   *rows = palloc_extended(Max(header.size, 1), MCXT_ALLOC_HUGE);

		take_rows(rows, fread(rows, 1, header.size, file));
		pfree(rows);
	}
	FreeFile(file);
	(void) unlink(ROWS_FILE);
}

/*
 * In the postmaster, when all others are gone.
 */
static void
shut_down(int code, Datum arg)
{
	FileHeader	header = {.magic = FILE_MAGIC};
	char	   *rows;
	uint32		number;
	RsHistoryRow *row;

	if (code != 0 || ring == NULL)
		return;
	number = pg_atomic_read_u32(&ring->number);
	replace_file(NUMBER_FILE, &number, sizeof(number), NULL, 0);
	rows = palloc_extended(Max(rs_history_used(), 1), MCXT_ALLOC_HUGE);
	for (uint64 position = pg_atomic_read_u64(&ring->freed); (row = row_at(position)) != NULL; position += row->size)
		if (pg_atomic_read_u32(&row->written_by) == InvalidTransactionId)
		{
			memcpy(rows + header.size, row, row->size);
			header.size += row->size;
		}
	replace_file(ROWS_FILE, &header, sizeof(header), rows, header.size);
	pfree(rows);
}

static Size
ring_size(void)
{
	return add_size(offsetof(Ring, bytes), (Size) rs_history_buffer * 1024);
}

static void
attach(void)
{
	Size		size = ring_size();
	bool		found;

	ring = ShmemInitStruct(NAME, size, &found);
	if (!found)
	{
		memset(ring, 0, size);
		pg_atomic_init_u64(&ring->reserved, 0);
		pg_atomic_init_u64(&ring->freed, 0);
		pg_atomic_init_u64(&ring->lost, 0);
		pg_atomic_init_u32(&ring->number, read_number());
		ring->size = (size - offsetof(Ring, bytes)) / sizeof(RsHistoryRow) * sizeof(RsHistoryRow);
		read_rows();
		rs_history_save_numbers();
	}
	if (!IsUnderPostmaster)
		on_shmem_exit(shut_down, (Datum) 0);
}

void
rs_history_ring_init(void)
{
	static const RsSharedArea area = {
		.name = NAME,
		.size_at_start = ring_size,
		.attach = attach,
		.lock = &lock
	};

	rs_shared_area_add(&area);
}
