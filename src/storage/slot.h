/*
 * slot.h
 *	  Tuple table slots of redshift tables.
 */
#ifndef RS_SLOT_H
#define RS_SLOT_H

#include "executor/tuptable.h"
#include "storage/group_reader.h"

/*
 * A virtual tuple that knows its writer (xmin) and slice (cmax, which has no other use in
 * these tables), and may be decoded column by column.
 */
extern const TupleTableSlotOps *rs_slot_ops(void);

/*
 * Store the row at (block, row in block) of an open group: nothing is decoded
 * until a column is asked for, so the reader must stay open, and on that block,
 * until the slot is cleared, stored into or materialized.
 */
extern void rs_slot_store_row(TupleTableSlot *slot, RsGroupReader *reader,
							  uint32 block, uint32 row, const RsRowGroup *group,
							  uint64 row_number);

/*
 * From now on decode these columns only, others read as NULL; of a slot that is not
 * ours nothing changes.
 */
extern void rs_slot_set_columns(TupleTableSlot *slot, const Bitmapset *attrs);

/* After the caller has filled tts_values and tts_isnull: finish the tuple. */
extern void rs_slot_store_values(TupleTableSlot *slot, const RsRowGroup *group, uint64 row_number);

#endif							/* RS_SLOT_H */
