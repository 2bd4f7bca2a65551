/*
 * ring.h
 *	  Rows of the history on their way to its tables: a ring in shared memory.
 *
 * Whoever has something to tell appends a row: that takes no lock, never waits, and, if the
 * ring is full, only counts what is lost.  The rows are read by history_rows() (ring_rows.c)
 * and written to the tables by the worker (writer.c).
 */
#ifndef RS_HISTORY_RING_H
#define RS_HISTORY_RING_H

#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "storage/latch.h"

/* The tables, as ring.c names them. */
typedef enum RsHistoryTable
{
	RS_HISTORY_QUERY,
	RS_HISTORY_CONNECTION,
	RS_HISTORY_USER,
	RS_HISTORY_TRANSACTION,
	RS_HISTORY_MAINTENANCE,
	RS_HISTORY_MESSAGE,
	RS_HISTORY_COMPRESSION,
	RS_HISTORY_TABLES
} RsHistoryTable;

extern const char *const rs_history_tables[RS_HISTORY_TABLES];

/*
 * A row: begin, its values in the order of the table's columns, end.  logged_at, the first
 * column, is put first by itself.  Text is UTF-8 or whatever the database has; NULs end it.  A row
 * of four texts of RS_HISTORY_LONGEST_TEXT always fits an empty ring.
 *
 * user: who may see it, besides members of pg_read_all_stats; InvalidOid: nobody.
 * database: InvalidOid: it is not known yet, but has its name in the row's next column.
 */
extern void rs_history_begin(RsHistoryTable table, Oid user, Oid database);
extern void rs_history_int(int64 value);
extern void rs_history_float(double value);
extern void rs_history_time(TimestampTz value);
extern void rs_history_text(const char *value);	/* NULL: NULL */
extern void rs_history_null(void);
extern void rs_history_end(void);

/* A row in the ring; its values follow, written by the functions above. */
typedef struct RsHistoryRow
{
	pg_atomic_uint32 ready;		/* 0 as long as the row is being written */
	uint32		size;			/* with this */
	Oid			database;
	Oid			user;
	uint32		table;			/* RsHistoryTable, or RS_HISTORY_TABLES: nothing, up to the ring's end */
	uint32		nvalues;
	pg_atomic_uint32 written_by;	/* transaction that writes it to its table */
	uint32		unused;
} RsHistoryRow;

/* Of what is of no use to anybody: as if it had been written. */
#define RS_HISTORY_DROPPED	FrozenTransactionId

typedef enum RsHistoryValueType
{
	RS_HISTORY_NULL, RS_HISTORY_NUMBER, RS_HISTORY_FLOAT, RS_HISTORY_TEXT
} RsHistoryValueType;

/* Timestamps are numbers; text has a NUL behind it and is padded. */
typedef struct RsHistoryValue
{
	uint32		type;
	uint32		size;			/* of text, without the NUL */
	union
	{
		int64		number;
		double		real;
	}			u;
} RsHistoryValue;

static inline const RsHistoryValue *
rs_history_first_value(const RsHistoryRow *row)
{
	return (const RsHistoryValue *) (row + 1);
}

static inline const RsHistoryValue *
rs_history_next_value(const RsHistoryValue *value)
{
	return (const RsHistoryValue *) ((const char *) (value + 1) +
									 (value->type == RS_HISTORY_TEXT ? MAXALIGN(value->size + 1) : 0));
}

/*
 * Is there a ring?  Without shared_preload_libraries there is not; rows are dropped then.
 */
extern bool rs_history_ring_exists(void);

/*
 * Visit the rows that are there, the oldest first, which stay as long as that lasts; the
 * visitor may throw.
 */
typedef void (*RsHistoryVisitor) (RsHistoryRow *row, void *arg);
extern void rs_history_visit(RsHistoryVisitor visit, void *arg);

/* For the launcher: give back the space of rows that are written, if it is needed. */
extern void rs_history_free(void);
/* The process to be told when the ring fills; bytes in use; is it a quarter? */
extern void rs_history_set_launcher(Latch *latch);
extern uint64 rs_history_used(void);
extern bool rs_history_is_filling(void);
extern uint64 rs_history_lost(void);
extern void rs_history_count_lost(uint64 rows);

/* A number for a statement, cluster-wide; rises, also over restarts.  Never 0. */
extern int32 rs_history_next_number(void);
/* For the launcher: keep the numbers of the near future safe. */
extern void rs_history_save_numbers(void);

extern void rs_history_ring_init(void);

#endif							/* RS_HISTORY_RING_H */
