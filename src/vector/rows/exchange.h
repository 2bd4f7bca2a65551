/*
 * exchange.h
 *	  Rows dealt by hash among the processes of a parallel plan.
 *
 * Every process that takes part first adds the rows it has; when all have done so,
 * partitions are dealt to them, and each reads whole partitions.
 */
#ifndef RS_EXCHANGE_H
#define RS_EXCHANGE_H

#include "vector/operator.h"
#include "vector/rows/shared_rows.h"
#include "vector/rows/spill.h"

typedef struct RsExchange RsExchange;

/*
 * What is exchanged: rows of the input, which go through memory only, and groups with
 * their states.
 */
typedef enum RsExchanged
{
	RS_EXCHANGED_ROWS,
	RS_EXCHANGED_GROUPS
} RsExchanged;

/*
 * In shared memory: how much, and to be begun before processes take part; again: what is
 * left there is forgotten.
 */
extern Size rs_exchange_shared_size(void);
extern void rs_exchange_init(void *shared, dsa_area *area, bool again);

/*
 * Take part, with rows of so many columns and groups of these (borrowed), of which
 * memory may hold limit bytes; files are told apart from those of other exchanges of the
 * node by the number.
 */
extern RsExchange *rs_exchange_attach(MemoryContext context, const RsEngine *engine, void *shared,
									  int nrow_columns, const RsVectorType *types, int ncolumns,
									  Size limit, int number);

/* Is there a part for this process in taking input?  Not if all of it was taken. */
extern bool rs_exchange_takes_input(const RsExchange *exchange);

/*
 * At the end of the input: is this process alone, so that it may as well keep what it
 * has?  Then whoever comes later finds nothing to do.  Not after rows were added.
 */
extern bool rs_exchange_is_alone(RsExchange *exchange);

/*
 * Add the first n rows or groups of the vectors through memory; false if that cannot be:
 * then groups have to be added through files.
 */
extern bool rs_exchange_deal(RsExchange *exchange, RsExchanged what, RsArena *arena,
							 const RsVector **columns, const uint64 *hashes, uint32 n);

/*
 * Add groups through files: numbers of them in order, by partition; starts[] delimits the
 * partitions' in order[].
 */
#define RS_EXCHANGE_PARTITIONS	32
extern void rs_exchange_distribute(const uint64 *hashes, uint32 n, uint32 *starts, uint32 *order);

/* Groups of one partition. */
extern void rs_exchange_append(RsExchange *exchange, uint32 partition, const RsVector **columns,
							   uint32 n);

/* All are added: wait until those of all processes are. */
extern void rs_exchange_wait(RsExchange *exchange);

/* How many partitions there are now: where rows are many, more than were written. */
extern uint32 rs_exchange_partitions(const RsExchange *exchange);

/* A partition for this process; false if none is left. */
extern bool rs_exchange_next(RsExchange *exchange);
/* The next batch of it: how many rows, 0 at the end, and of what.  Rows come before groups. */
extern uint32 rs_exchange_read(RsExchange *exchange, RsArena *arena, const RsVector **columns,
							   RsExchanged *what);

/* Take part no longer; others go on. */
extern void rs_exchange_detach(RsExchange *exchange);

/* Bytes written to files here, and to memory. */
extern uint64 rs_exchange_bytes(const RsExchange *exchange);
extern uint64 rs_exchange_memory(const RsExchange *exchange);

#endif							/* RS_EXCHANGE_H */
