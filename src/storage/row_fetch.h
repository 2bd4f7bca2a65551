/*
 * row_fetch.h
 *	  One row by its row number: for index, bitmap, TID and trigger look-ups.
 */
#ifndef RS_ROW_FETCH_H
#define RS_ROW_FETCH_H

#include "executor/tuptable.h"
#include "storage/group_reader.h"
#include "utils/snapshot.h"

typedef struct RsRowFetch RsRowFetch;

extern RsRowFetch *rs_fetch_begin(Relation rel);
extern void rs_fetch_end(RsRowFetch *fetch);

/*
 * Store the row in the slot if the snapshot sees it; slot may be NULL to ask
 * only.  The slot decodes on demand: it is good until the next call.  Dirty
 * snapshots get xmin and xmax as from heap; of a row that another backend still
 * has in its buffer all columns read as NULL then.
 */
extern bool rs_fetch_row(RsRowFetch *fetch, uint64 row, Snapshot snapshot, TupleTableSlot *slot);

/*
 * A fetch kept from call to call until the transaction ends, for callers that
 * have nowhere to keep one; its slots must be materialized at once.
 */
extern RsRowFetch *rs_fetch_shared(Relation rel);
extern void rs_fetch_forget(void);

#endif							/* RS_ROW_FETCH_H */
