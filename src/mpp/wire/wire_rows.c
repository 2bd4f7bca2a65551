/*
 * wire_rows.c
 *	  Rows of a table out of messages, in a slot.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_rows.h"
#include "utils/memutils.h"

struct RsWireRows
{
	TupleTableSlot *slot;
	RsWireDecoder *decoder;
	int			ncolumns;		/* of the table */
	int			nextra;
	int		   *attributes;		/* of a column, from 0 */
	RsVectorType *types;			/* of all columns of a message */
	RsArena    *arena;
	MemoryContext values;		/* of a batch */
	const RsVector **columns;
	uint32		n;				/* rows of the batch */
	uint32		next;
};

RsWireRows *
rs_wire_rows_create(TupleDesc desc, int nextra)
{
	RsWireRows *rows = palloc0(sizeof(RsWireRows));
	Oid		   *types = palloc((desc->natts + nextra) * sizeof(Oid));
	int			i;

	rows->attributes = palloc(desc->natts * sizeof(int));
	rows->types = palloc((desc->natts + nextra) * sizeof(RsVectorType));
	for (i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped)
			continue;
		types[rows->ncolumns] = TupleDescAttr(desc, i)->atttypid;
		rs_vector_type_init(&rows->types[rows->ncolumns], types[rows->ncolumns]);
		rows->attributes[rows->ncolumns++] = i;
	}
	rows->nextra = nextra;
	for (i = rows->ncolumns; i < rows->ncolumns + nextra; i++)
	{
		types[i] = INT4OID;
		rs_vector_type_init(&rows->types[i], INT4OID);
	}
	rows->columns = palloc((rows->ncolumns + nextra) * sizeof(RsVector *));
	rows->slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	rows->decoder = rs_wire_decoder_create(CurrentMemoryContext, types, rows->ncolumns + nextra, false);
	rows->arena = rs_arena_create(CurrentMemoryContext);
	rows->values = AllocSetContextCreate(CurrentMemoryContext, "redshift rows of messages", ALLOCSET_DEFAULT_SIZES);
	pfree(types);
	return rows;
}

bool
rs_wire_rows_message(RsWireRows *rows, const char *message, Size size)
{
	uint64		unused;

	rows->n = rows->next = 0;
	return rs_wire_decode_message(rows->decoder, message, size, &unused);
}

static bool
next_batch(RsWireRows *rows)
{
	CHECK_FOR_INTERRUPTS();
	ExecClearTuple(rows->slot);
	MemoryContextReset(rows->values);
	rs_arena_reset(rows->arena);
	rows->n = rs_wire_decode_next(rows->decoder, rows->arena, rows->columns);
	rows->next = 0;
	return rows->n > 0;
}

TupleTableSlot *
rs_wire_rows_next(RsWireRows *rows, int32 *extra)
{
	TupleTableSlot *slot = rows->slot;
	int			natts = slot->tts_tupleDescriptor->natts;
	uint32		row;
	MemoryContext caller;
	int			c;

	if (rows->next == rows->n && !next_batch(rows))
		return NULL;
	row = rows->next++;
	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, natts * sizeof(bool));
	memset(slot->tts_values, 0, natts * sizeof(Datum));
	caller = MemoryContextSwitchTo(rows->values);
	for (c = 0; c < rows->ncolumns; c++)
		slot->tts_values[rows->attributes[c]] = rs_vector_datum(rows->columns[c], &rows->types[c], row,
																&slot->tts_isnull[rows->attributes[c]]);
	MemoryContextSwitchTo(caller);
	for (c = 0; c < rows->nextra; c++)
	{
		bool		isnull;

		extra[c] = DatumGetInt32(rs_vector_datum(rows->columns[rows->ncolumns + c], &rows->types[rows->ncolumns + c],
												 row, &isnull));
	}
	return ExecStoreVirtualTuple(slot);
}

void
rs_wire_rows_end(RsWireRows *rows)
{
	ExecDropSingleTupleTableSlot(rows->slot);
	rs_arena_destroy(rows->arena);
	MemoryContextDelete(rows->values);
}
