/*
 * insert_buffer.h
 *	  Rows inserted by this backend that are not yet in a row group.
 */
#ifndef RS_INSERT_BUFFER_H
#define RS_INSERT_BUFFER_H

#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/* Register the transaction callbacks; from _PG_init. */
extern void rs_xact_init(void);

/*
 * Append the slots' rows as of command cid and set each tts_tid: to the row's
 * TID, or to an invalid one where sorting will move it (stable_tid false on a
 * table with a sort key and no index or row trigger).  bulk: many rows will come.
 */
extern void rs_insert_buffer_add(Relation rel, TupleTableSlot **slots, uint32 nslots,
								 CommandId cid, bool stable_tid, bool bulk);

/* The same for rows whose slice the caller knows. */
extern void rs_insert_buffer_add_to_slice(Relation rel, int32 slice, TupleTableSlot **slots, uint32 nslots,
										  CommandId cid, bool stable_tid, bool bulk);

/* Write out what waits: for one relation, or for all (utility commands). */
extern void rs_insert_buffer_flush(Relation rel);
extern void rs_insert_buffers_flush_all(void);

/* A row still waiting here: fill the slot (may be NULL); *cid is its command. */
extern bool rs_insert_buffer_fetch(Relation rel, uint64 row, TupleTableSlot *slot,
								   CommandId *cid);

/* A row of a failed speculative insertion: nobody is to see it. */
extern void rs_insert_buffer_kill(Relation rel, uint64 row);

/* Drop what waits for a relation whose storage goes away. */
extern void rs_insert_buffer_discard(Oid relid);

#endif							/* RS_INSERT_BUFFER_H */
