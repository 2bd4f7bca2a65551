/*
 * exchange_send.h
 *	  Rows of a fragment to the nodes that need them.
 */
#ifndef RS_EXCHANGE_SEND_H
#define RS_EXCHANGE_SEND_H

#include "executor/tuptable.h"
#include "mpp/wire/fragment_copy.h"
#include "mpp/wire/fragment_report.h"
#include "vector/vector.h"

typedef struct RsExchangeSender RsExchangeSender;

/*
 * Begin to send rows of these columns to an exchange that all target nodes have opened:
 * names of nodes (char *), or NIL for all of them.  keys: the columns, from 1, by whose
 * values rows are spread; NIL: every target gets all rows.  Lives in the context.
 */
extern RsExchangeSender *rs_exchange_sender_create(MemoryContext context, const RsFragmentOptions *options,
												   TupleDesc desc);

extern void rs_exchange_send_slot(RsExchangeSender *sender, TupleTableSlot *slot);
extern void rs_exchange_send_vectors(RsExchangeSender *sender, const RsVector **columns, uint32 n);

/* Send what waits, and see that all targets have it; how many rows there were. */
extern uint64 rs_exchange_sender_end(RsExchangeSender *sender);

/* How many nodes rows were sent to, and what to each. */
extern int	rs_exchange_sender_targets(const RsExchangeSender *sender, RsReportTarget **targets);

#endif							/* RS_EXCHANGE_SEND_H */
