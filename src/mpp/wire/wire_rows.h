/*
 * wire_rows.h
 *	  Rows of a table out of messages, in a slot.
 */
#ifndef RS_WIRE_ROWS_H
#define RS_WIRE_ROWS_H

#include "executor/tuptable.h"

typedef struct RsWireRows RsWireRows;

/*
 * Messages have all columns of a table that are not dropped, and behind them `nextra` of type
 * int4.  Lives in the current context.
 */
extern RsWireRows *rs_wire_rows_create(TupleDesc desc, int nextra);

/* Begin with a message, as rs_wire_decode_message() does; false: it has no rows. */
extern bool rs_wire_rows_message(RsWireRows *rows, const char *message, Size size);

/*
 * The next row of the message, or NULL: good until the next call.  extra: the values of the
 * columns that are not the table's.
 */
extern TupleTableSlot *rs_wire_rows_next(RsWireRows *rows, int32 *extra);

extern void rs_wire_rows_end(RsWireRows *rows);

#endif							/* RS_WIRE_ROWS_H */
