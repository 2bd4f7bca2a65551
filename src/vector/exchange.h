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
#include "vector/spill.h"

typedef struct RsExchange RsExchange;

/* In shared memory: how much, and to be begun (again) before processes take part. */
extern Size rs_exchange_shared_size(void);
extern void rs_exchange_init(void *shared);

/*
 * Take part, with rows of these columns (borrowed); files are told apart from those of
 * other exchanges of the node by the number.
 */
extern RsExchange *rs_exchange_attach(MemoryContext context, const RsEngine *engine, void *shared,
									  const RsVectorType *types, int ncolumns, int number);

/* Is there a part for this process in taking input?  Not if all of it was taken. */
extern bool rs_exchange_takes_input(const RsExchange *exchange);

/*
 * At the end of the input: is this process alone, so that it may as well keep what it
 * has?  Then whoever comes later finds nothing to do.  Not after rows were added.
 */
extern bool rs_exchange_is_alone(RsExchange *exchange);

/*
 * Add groups of rows: numbers of them in order, by partition; starts[] delimits the
 * partitions' in order[].
 */
#define RS_EXCHANGE_PARTITIONS	32
extern void rs_exchange_distribute(const uint64 *hashes, uint32 n, uint32 *starts, uint32 *order);

/* Rows of one partition. */
extern void rs_exchange_append(RsExchange *exchange, uint32 partition, const RsVector **columns,
							   uint32 n);

/* All rows are added: wait until those of all processes are. */
extern void rs_exchange_wait(RsExchange *exchange);

/* A partition for this process; false if none is left. */
extern bool rs_exchange_next(RsExchange *exchange);
/* The next batch of it: how many rows, 0 at the end. */
extern uint32 rs_exchange_read(RsExchange *exchange, RsArena *arena, const RsVector **columns);

/* Take part no longer; others go on. */
extern void rs_exchange_detach(RsExchange *exchange);

/* Bytes written here. */
extern uint64 rs_exchange_bytes(const RsExchange *exchange);

#endif							/* RS_EXCHANGE_H */
