/*
 * column_set.c
 *	  Rows gathered by column, as the group writer takes them.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/tupmacs.h"
#include "storage/column_set.h"
#include "utils/memutils.h"

/* Shorter values than this always fit behind what the insert buffer holds. */
#define RS_LARGE_VALUE	(1024 * 1024)

void
rs_column_set_init(RsColumnSet *set, TupleDesc desc, MemoryContext context)
{
	int			i;

	memset(set, 0, sizeof(RsColumnSet));
	set->context = context;
	set->natts = desc->natts;
	set->columns = MemoryContextAllocZero(context, Max(desc->natts, 1) * sizeof(RsColumnData));
	set->space = MemoryContextAllocZero(context, Max(desc->natts, 1) * sizeof(RsColumnSpace));
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attisdropped)
			set->columns[i].dropped = true;
		else
			rs_column_type_init(&set->columns[i].type, att->atttypid, att->atttypmod,
								att->attcollation);
	}
}

/*
 * Make room for at least one more row in every column.
 */
static void
grow(RsColumnSet *set)
{
	uint32		capacity = set->capacity == 0 ? 16 : Min(set->capacity * 4, RS_GROUP_ROWS);
	int			i;

	for (i = 0; i < set->natts; i++)
	{
		RsColumnData *column = &set->columns[i];
		Size		width = column->type.width;

		if (column->dropped)
			continue;
		if (column->isnull != NULL)
		{
			column->isnull = repalloc_huge(column->isnull, capacity);
			memset(column->isnull + set->capacity, 0, capacity - set->capacity);
		}
		if (column->type.phys == RS_PHYS_VARLEN)
			column->offsets = column->offsets == NULL ?
				palloc(capacity * sizeof(uint64)) :
				repalloc_huge(column->offsets, capacity * sizeof(uint64));
		else
			column->fixed = column->fixed == NULL ? palloc(capacity * width) :
				repalloc_huge(column->fixed, capacity * width);
	}
	set->capacity = capacity;
}

/*
 * Append a varlena in the form RsValues wants; returns where it begins.
 */
static uint64
append_varlena(RsColumnData *column, RsColumnSpace *space, Datum value)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);
	Size		length = VARSIZE_ANY_EXHDR(packed);
	bool		is_short = length + VARHDRSZ_SHORT <= VARATT_SHORT_MAX;
	Size		start = is_short ? space->used : MAXALIGN(space->used);
	Size		end = start + length + (is_short ? VARHDRSZ_SHORT : VARHDRSZ);
	char	   *image;

	if (end > space->capacity)
	{
		Size		capacity = Max(Max(end, 1024), space->capacity * 2);

		column->bytes = column->bytes == NULL ?
			MemoryContextAllocHuge(CurrentMemoryContext, capacity) :
			repalloc_huge(column->bytes, capacity);
		space->capacity = capacity;
	}
	image = column->bytes + start;
	if (is_short)
	{
		SET_VARSIZE_SHORT(image, length + VARHDRSZ_SHORT);
		memcpy(VARDATA_SHORT(image), VARDATA_ANY(packed), length);
	}
	else
	{
		memset(column->bytes + space->used, 0, start - space->used);
		SET_VARSIZE(image, length + VARHDRSZ);
		memcpy(VARDATA(image), VARDATA_ANY(packed), length);
	}
	space->used = end;
	if ((Pointer) packed != DatumGetPointer(value))
		pfree(packed);
	return start;
}

static void
append_value(RsColumnSet *set, int i, Datum value, bool isnull)
{
	RsColumnData *column = &set->columns[i];
	uint32		row = set->nrows;
	char	   *to;

	if (column->dropped)
		return;
	if (isnull && column->isnull == NULL)
		column->isnull = palloc0(set->capacity);
	if (column->isnull != NULL)
		column->isnull[row] = isnull;
	if (column->type.phys == RS_PHYS_VARLEN)
	{
		column->offsets[row] = isnull ? 0 :
			append_varlena(column, &set->space[i], value);
		return;
	}
	to = column->fixed + (Size) row * column->type.width;
	if (isnull)
		memset(to, 0, column->type.width);
	else if (!column->type.typbyval)
		memcpy(to, DatumGetPointer(value), column->type.width);
	else if (column->type.width == sizeof(int64))
		*(int64 *) to = DatumGetInt64(value);
	else if (column->type.width == sizeof(int32))
		*(int32 *) to = DatumGetInt32(value);
	else if (column->type.width == sizeof(int16))
		*(int16 *) to = DatumGetInt16(value);
	else
		*to = DatumGetChar(value);
}

bool
rs_column_set_fits(const RsColumnSet *set, TupleTableSlot *slot)
{
	int			i;

	slot_getallattrs(slot);
	for (i = 0; i < set->natts; i++)
	{
		char	   *image = DatumGetPointer(slot->tts_values[i]);

		if (set->columns[i].type.phys != RS_PHYS_VARLEN || slot->tts_isnull[i] ||
			VARATT_IS_SHORT(image) ||
			(VARATT_IS_4B_U(image) && VARSIZE_4B(image) < RS_LARGE_VALUE))
			continue;
		if (toast_raw_datum_size(slot->tts_values[i]) > RS_COLUMN_SET_BYTES - set->space[i].used)
			return false;
	}
	return true;
}

Size
rs_column_set_append(RsColumnSet *set, TupleTableSlot *slot)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);
	Size		before = 0;
	Size		after = 0;
	int			i;

	slot_getallattrs(slot);
	if (set->nrows == set->capacity)
		grow(set);
	for (i = 0; i < set->natts; i++)
	{
		before += set->space[i].used;
		append_value(set, i, slot->tts_values[i], slot->tts_isnull[i]);
		after += set->space[i].used + Max(set->columns[i].type.width, sizeof(uint64));
	}
	set->nrows++;
	MemoryContextSwitchTo(old);
	return after - before;
}

void
rs_column_set_clear(RsColumnSet *set)
{
	int			i;

	for (i = 0; i < set->natts; i++)
	{
		set->space[i].used = 0;
		if (set->columns[i].isnull != NULL)
			pfree(set->columns[i].isnull);
		set->columns[i].isnull = NULL;
	}
	set->nrows = 0;
}

Datum
rs_column_set_datum(const RsColumnSet *set, int column, uint32 row, bool *isnull)
{
	const RsColumnData *data = &set->columns[column];
	char	   *from;

	*isnull = data->dropped || (data->isnull != NULL && data->isnull[row]);
	if (*isnull)
		return (Datum) 0;
	if (data->type.phys == RS_PHYS_VARLEN)
		return rs_image_datum(&data->type, data->bytes + data->offsets[row]);
	from = data->fixed + (Size) row * data->type.width;
	return data->type.typbyval ? fetch_att(from, true, data->type.width) : PointerGetDatum(from);
}
