/*
 * slot.c
 *	  Tuple table slots of redshift tables.
 *
 * A slot is PostgreSQL's virtual slot and two things more.  It has an xmin, the
 * writer of the row's group, which foreign key triggers ask for; and it may
 * stand for a row of an open group that is decoded one column after another as
 * the executor asks, since an index lookup seldom needs all of them.  Numerics
 * built on the way live in a context of the slot, reset when it is cleared.  COPY
 * materializes every row it reads, so the memory for that is kept from row to row.
 *
 * Works on any slot of its ops; on another kind of slot (a plain virtual one
 * made by the executor) rs_slot_store_row() decodes at once.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "encoding/dictionary.h"
#include "storage/row_group.h"
#include "storage/slot.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

typedef struct RsTupleSlot
{
	VirtualTupleTableSlot base;
	TransactionId xmin;
	int32		slice;
	RsGroupReader *reader;		/* borrowed; NULL: every column is there */
	uint32		block;
	uint32		row;
	MemoryContext values;		/* Datums made while decoding */
	bool	   *unwanted;			/* by column, not to be decoded; NULL: all are wanted */
	AttrNumber *refs;			/* columns passed by reference, 0 after the last */
	char	   *space;			/* for what was materialized */
	Size		capacity;
	bool		own_values;		/* everything passed by reference is in space */
} RsTupleSlot;

/* A slot keeps no more space than this from one row to the next. */
#define RS_SLOT_SPACE	4096

static TupleTableSlotOps slot_ops;

static void
slot_init(TupleTableSlot *slot)
{
	RsTupleSlot *rslot = (RsTupleSlot *) slot;

	rslot->xmin = InvalidTransactionId;
	rslot->slice = 0;
	rslot->reader = NULL;
	rslot->values = NULL;
	rslot->unwanted = NULL;
	rslot->refs = NULL;
	rslot->space = NULL;
	rslot->capacity = 0;
	rslot->own_values = false;
}

static void
free_space(RsTupleSlot *rslot)
{
	if (rslot->space != NULL)
		pfree(rslot->space);
	rslot->space = NULL;
	rslot->capacity = 0;
}

static void
slot_release(TupleTableSlot *slot)
{
	RsTupleSlot *rslot = (RsTupleSlot *) slot;

	if (rslot->values != NULL)
		MemoryContextDelete(rslot->values);
	rslot->values = NULL;
	free_space(rslot);
	if (rslot->refs != NULL)
		pfree(rslot->refs);
	rslot->refs = NULL;
	if (rslot->unwanted != NULL)
		pfree(rslot->unwanted);
	rslot->unwanted = NULL;
}

static void
slot_clear(TupleTableSlot *slot)
{
	RsTupleSlot *rslot = (RsTupleSlot *) slot;

	rslot->reader = NULL;
	rslot->xmin = InvalidTransactionId;
	rslot->own_values = false;
	if (rslot->capacity > RS_SLOT_SPACE)
		free_space(rslot);
	if (rslot->values != NULL)
		MemoryContextReset(rslot->values);
	TTSOpsVirtual.clear(slot);
}

static void
decode_columns(TupleTableSlot *slot, RsGroupReader *reader, uint32 block, uint32 row, int natts,
			   const bool *unwanted)
{
	int			i;

	for (i = slot->tts_nvalid; i < natts; i++)
	{
		if ((unwanted != NULL && unwanted[i]) ||
			TupleDescAttr(slot->tts_tupleDescriptor, i)->attisdropped)
		{
			slot->tts_values[i] = (Datum) 0;
			slot->tts_isnull[i] = true;
		}
		else
			slot->tts_values[i] = rs_group_value(reader, i + 1, block, row,
												 &slot->tts_isnull[i]);
	}
	slot->tts_nvalid = natts;
}

static void
slot_decode(TupleTableSlot *slot, int natts)
{
	RsTupleSlot *rslot = (RsTupleSlot *) slot;
	MemoryContext old;

	if (rslot->reader == NULL)
		elog(ERROR, "attributes of a redshift slot asked for that it does not have");
	if (rslot->values == NULL)
		rslot->values = AllocSetContextCreate(slot->tts_mcxt, "redshift slot",
											  ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(rslot->values);
	decode_columns(slot, rslot->reader, rslot->block, rslot->row, natts, rslot->unwanted);
	MemoryContextSwitchTo(old);
	if (natts == slot->tts_tupleDescriptor->natts)
		rslot->reader = NULL;
}

static Datum
slot_sysattr(TupleTableSlot *slot, int attnum, bool *isnull)
{
	RsTupleSlot *rslot = (RsTupleSlot *) slot;

	*isnull = false;
	switch (attnum)
	{
		case MinTransactionIdAttributeNumber:
			return TransactionIdGetDatum(rslot->xmin);
		case MaxTransactionIdAttributeNumber:
			return TransactionIdGetDatum(InvalidTransactionId);
		case MinCommandIdAttributeNumber:
			return CommandIdGetDatum(FirstCommandId);
		case MaxCommandIdAttributeNumber:
			return CommandIdGetDatum((CommandId) rslot->slice);
	}
	elog(ERROR, "unexpected system attribute %d", attnum);
	return (Datum) 0;
}

static void
find_refs(RsTupleSlot *rslot)
{
	TupleDesc	desc = rslot->base.base.tts_tupleDescriptor;
	int			n = 0;
	int			i;

	rslot->refs = MemoryContextAllocZero(rslot->base.base.tts_mcxt,
										 (desc->natts + 1) * sizeof(AttrNumber));
	for (i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attbyval)
			rslot->refs[n++] = (AttrNumber) (i + 1);
}

/*
 * More space, with the values that are there already.
 */
static void
grow_space(RsTupleSlot *rslot, Size used, Size need, const AttrNumber *upto)
{
	TupleTableSlot *slot = &rslot->base.base;
	Size		capacity = Max(Max(rslot->capacity * 2, used + need), 256);
	char	   *space = MemoryContextAllocHuge(slot->tts_mcxt, capacity);
	const AttrNumber *ref;

	if (used > 0)
		memcpy(space, rslot->space, used);
	for (ref = rslot->refs; ref < upto; ref++)
		if (!slot->tts_isnull[*ref - 1])
			slot->tts_values[*ref - 1] =
				PointerGetDatum(space + (DatumGetPointer(slot->tts_values[*ref - 1]) - rslot->space));
	free_space(rslot);
	rslot->space = space;
	rslot->capacity = capacity;
}

/*
 * Copy what is passed by reference.  Short values get short headers, as in a tuple:
 * the insert buffer wants them so.
 */
static void
slot_materialize(TupleTableSlot *slot)
{
	RsTupleSlot *rslot = (RsTupleSlot *) slot;
	const AttrNumber *ref;
	Size		used = 0;

	slot_getallattrs(slot);
	if (rslot->own_values || TTS_SHOULDFREE(slot))
		return;
	if (rslot->refs == NULL)
		find_refs(rslot);
	for (ref = rslot->refs; *ref != 0; ref++)
	{
		Form_pg_attribute att = TupleDescAttr(slot->tts_tupleDescriptor, *ref - 1);
		char	   *from = DatumGetPointer(slot->tts_values[*ref - 1]);
		bool		expanded;
		bool		shorten;
		Size		size;
		char	   *to;

		if (slot->tts_isnull[*ref - 1])
			continue;
		expanded = att->attlen == -1 && VARATT_IS_EXTERNAL_EXPANDED(from);
		shorten = att->attlen == -1 && att->attstorage != TYPSTORAGE_PLAIN &&
			VARATT_CAN_MAKE_SHORT(from);
		if (!shorten)
			used = MAXALIGN(used);
		size = shorten ? VARATT_CONVERTED_SHORT_SIZE(from) :
			expanded ? EOH_get_flat_size(DatumGetEOHP(PointerGetDatum(from))) :
			att_addlength_pointer((Size) 0, att->attlen, from);
		if (used + size > rslot->capacity)
			grow_space(rslot, used, size, ref);
		to = rslot->space + used;
		if (shorten)
		{
			SET_VARSIZE_SHORT(to, size);
			rs_bytes_copy(VARDATA_SHORT(to), VARDATA(from), size - VARHDRSZ_SHORT);
		}
		else if (expanded)
			EOH_flatten_into(DatumGetEOHP(PointerGetDatum(from)), to, size);
		else
			memcpy(to, from, size);
		slot->tts_values[*ref - 1] = PointerGetDatum(to);
		used += size;
	}
	rslot->own_values = true;
}

static void
slot_copy(TupleTableSlot *dst, TupleTableSlot *src)
{
	RsTupleSlot *rdst = (RsTupleSlot *) dst;
	TransactionId xmin = InvalidTransactionId;
	int32		slice = 0;

	if (src->tts_ops == &slot_ops)
	{
		xmin = ((RsTupleSlot *) src)->xmin;
		slice = ((RsTupleSlot *) src)->slice;
	}
	slot_clear(dst);
	TTSOpsVirtual.copyslot(dst, src);
	dst->tts_tid = src->tts_tid;
	rdst->xmin = xmin;
	rdst->slice = slice;
}

static HeapTuple
slot_heap_tuple(TupleTableSlot *slot)
{
	HeapTuple	tuple;

	slot_getallattrs(slot);
	tuple = TTSOpsVirtual.copy_heap_tuple(slot);
	tuple->t_self = slot->tts_tid;
	tuple->t_tableOid = slot->tts_tableOid;
	return tuple;
}

static MinimalTuple
slot_minimal_tuple(TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	return TTSOpsVirtual.copy_minimal_tuple(slot);
}

/*
 * The ops, filled when first asked for: TTSOpsVirtual's members are no
 * constant expressions.
 */
const TupleTableSlotOps *
rs_slot_ops(void)
{
	if (slot_ops.base_slot_size == 0)
	{
		slot_ops = TTSOpsVirtual;
		slot_ops.init = slot_init;
		slot_ops.release = slot_release;
		slot_ops.clear = slot_clear;
		slot_ops.getsomeattrs = slot_decode;
		slot_ops.getsysattr = slot_sysattr;
		slot_ops.materialize = slot_materialize;
		slot_ops.copyslot = slot_copy;
		slot_ops.copy_heap_tuple = slot_heap_tuple;
		slot_ops.copy_minimal_tuple = slot_minimal_tuple;
		slot_ops.base_slot_size = sizeof(RsTupleSlot);
	}
	return &slot_ops;
}

void
rs_slot_store_row(TupleTableSlot *slot, RsGroupReader *reader, uint32 block, uint32 row,
				  const RsRowGroup *group, uint64 row_number)
{
	ExecClearTuple(slot);
	if (slot->tts_ops == &slot_ops)
	{
		RsTupleSlot *rslot = (RsTupleSlot *) slot;

		rslot->reader = reader;
		rslot->block = block;
		rslot->row = row;
		rslot->xmin = group->xmin;
		rslot->slice = group->slice;
		slot->tts_flags &= ~TTS_FLAG_EMPTY;
		slot->tts_nvalid = 0;
		if (slot->tts_tupleDescriptor->natts == 0)
			rslot->reader = NULL;
	}
	else
	{
		decode_columns(slot, reader, block, row, slot->tts_tupleDescriptor->natts, NULL);
		ExecStoreVirtualTuple(slot);
	}
	rs_row_to_tid(row_number, &slot->tts_tid);
}

void
rs_slot_set_columns(TupleTableSlot *slot, const Bitmapset *attrs)
{
	RsTupleSlot *rslot = (RsTupleSlot *) slot;
	int			natts;
	int			i;

	if (slot == NULL || slot->tts_ops != &slot_ops)
		return;
	natts = slot->tts_tupleDescriptor->natts;
	if (rslot->unwanted == NULL)
		rslot->unwanted = MemoryContextAlloc(slot->tts_mcxt, Max(natts, 1) * sizeof(bool));
	for (i = 0; i < natts; i++)
		rslot->unwanted[i] = !bms_is_member(i + 1, attrs);
}

void
rs_slot_store_values(TupleTableSlot *slot, const RsRowGroup *group, uint64 row_number)
{
	ExecStoreVirtualTuple(slot);
	if (slot->tts_ops == &slot_ops)
	{
		((RsTupleSlot *) slot)->xmin = group->xmin;
		((RsTupleSlot *) slot)->slice = group->slice;
	}
	rs_row_to_tid(row_number, &slot->tts_tid);
}
