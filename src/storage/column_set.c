/*
 * column_set.c
 *	  Rows gathered by column, as the group writer takes them.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/tupmacs.h"
#include "encoding/dictionary.h"
#include "encoding/numeric.h"
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
 * The arrays of a column, for that many rows.
 */
static void
resize_column(RsColumnSet *set, RsColumnData *column, uint32 capacity)
{
	Size		width = column->scaled ? sizeof(int64) : column->type.width;

	if (column->isnull != NULL)
	{
		column->isnull = repalloc_huge(column->isnull, capacity);
		memset(column->isnull + set->capacity, 0, capacity - set->capacity);
	}
	if (column->type.phys == RS_PHYS_VARLEN && !column->scaled)
		column->offsets = column->offsets == NULL ?
			palloc(capacity * sizeof(uint64)) :
			repalloc_huge(column->offsets, capacity * sizeof(uint64));
	else
		column->fixed = column->fixed == NULL ? palloc(capacity * width) :
			repalloc_huge(column->fixed, capacity * width);
}

/*
 * Make room for n more rows in every column.
 */
static void
grow(RsColumnSet *set, uint32 n)
{
	uint32		capacity = Max(set->capacity, 16);
	int			i;

	while (capacity < set->nrows + n)
		capacity = Min(capacity * 4, RS_GROUP_ROWS);
	for (i = 0; i < set->natts; i++)
		if (!set->columns[i].dropped)
			resize_column(set, &set->columns[i], capacity);
	set->capacity = capacity;
}

static void
reserve_bytes(RsColumnData *column, RsColumnSpace *space, Size end)
{
	Size		capacity = Max(Max(end, 1024), space->capacity * 2);

	if (end <= space->capacity)
		return;
	column->bytes = column->bytes == NULL ?
		MemoryContextAllocHuge(CurrentMemoryContext, capacity) :
		repalloc_huge(column->bytes, capacity);
	space->capacity = capacity;
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

	reserve_bytes(column, space, end);
	image = column->bytes + start;
	if (is_short)
	{
		SET_VARSIZE_SHORT(image, length + VARHDRSZ_SHORT);
		rs_bytes_copy(VARDATA_SHORT(image), VARDATA_ANY(packed), length);
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
append_varlenas(RsColumnSet *set, int i, TupleTableSlot **slots, uint32 n)
{
	RsColumnData *column = &set->columns[i];
	RsColumnSpace *space = &set->space[i];
	uint64	   *offsets = column->offsets + set->nrows;
	uint32		s;

	for (s = 0; s < n; s++)
	{
		char	   *image = DatumGetPointer(slots[s]->tts_values[i]);
		Size		size;

		offsets[s] = 0;
		if (slots[s]->tts_isnull[i])
			continue;
		if (!VARATT_IS_1B(image) || VARATT_IS_1B_E(image))
		{
			offsets[s] = append_varlena(column, space, PointerGetDatum(image));
			continue;
		}
		/* As it is wanted already: what slots materialize is. */
		size = VARSIZE_1B(image);
		reserve_bytes(column, space, space->used + size);
		rs_bytes_copy(column->bytes + space->used, image, size);
		offsets[s] = space->used;
		space->used += size;
	}
}

static void
append_fixed(RsColumnSet *set, int i, TupleTableSlot **slots, uint32 n)
{
	const RsColumnType *type = &set->columns[i].type;
	char	   *to = set->columns[i].fixed + (Size) set->nrows * type->width;
	uint32		s;

	/* What is passed by value may be anything where it is NULL, but not unset. */
	if (!type->typbyval)
		for (s = 0; s < n; s++, to += type->width)
		{
			if (slots[s]->tts_isnull[i])
				memset(to, 0, type->width);
			else
				memcpy(to, DatumGetPointer(slots[s]->tts_values[i]), type->width);
		}
	else if (type->width == sizeof(int64))
		for (s = 0; s < n; s++)
			((int64 *) to)[s] = slots[s]->tts_isnull[i] ? 0 : DatumGetInt64(slots[s]->tts_values[i]);
	else if (type->width == sizeof(int32))
		for (s = 0; s < n; s++)
			((int32 *) to)[s] = slots[s]->tts_isnull[i] ? 0 : DatumGetInt32(slots[s]->tts_values[i]);
	else if (type->width == sizeof(int16))
		for (s = 0; s < n; s++)
			((int16 *) to)[s] = slots[s]->tts_isnull[i] ? 0 : DatumGetInt16(slots[s]->tts_values[i]);
	else
		for (s = 0; s < n; s++)
			to[s] = slots[s]->tts_isnull[i] ? 0 : DatumGetChar(slots[s]->tts_values[i]);
}

static void
append_nulls(RsColumnSet *set, int i, TupleTableSlot **slots, uint32 n)
{
	RsColumnData *column = &set->columns[i];
	uint32		s;

	for (s = 0; column->isnull == NULL && s < n; s++)
		if (slots[s]->tts_isnull[i])
			column->isnull = palloc0(set->capacity);
	if (column->isnull != NULL)
		for (s = 0; s < n; s++)
			column->isnull[set->nrows + s] = slots[s]->tts_isnull[i];
}

bool
rs_column_set_fits(const RsColumnSet *set, TupleTableSlot **slots, uint32 n)
{
	uint32		s;
	int			i;

	for (s = 0; s < n; s++)
		slot_getallattrs(slots[s]);
	for (i = 0; i < set->natts; i++)
	{
		Size		used = set->space[i].used;

		if (set->columns[i].type.phys != RS_PHYS_VARLEN)
			continue;
		for (s = 0; s < n; s++)
		{
			char	   *image = DatumGetPointer(slots[s]->tts_values[i]);

			if (slots[s]->tts_isnull[i] || VARATT_IS_SHORT(image) ||
				(VARATT_IS_4B_U(image) && VARSIZE_4B(image) < RS_LARGE_VALUE))
				continue;
			used += toast_raw_datum_size(slots[s]->tts_values[i]);
			if (used > RS_COLUMN_SET_BYTES)
				return false;
		}
	}
	return true;
}

Size
rs_column_set_append(RsColumnSet *set, TupleTableSlot **slots, uint32 n)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);
	Size		added = 0;
	uint32		s;
	int			i;

	for (s = 0; s < n; s++)
		slot_getallattrs(slots[s]);
	if (set->nrows + n > set->capacity)
		grow(set, n);
	for (i = 0; i < set->natts; i++)
	{
		Size		before = set->space[i].used;

		added += (Size) n * Max(set->columns[i].type.width, sizeof(uint64));
		if (set->columns[i].dropped)
			continue;
		append_nulls(set, i, slots, n);
		if (set->columns[i].type.phys == RS_PHYS_VARLEN)
			append_varlenas(set, i, slots, n);
		else
			append_fixed(set, i, slots, n);
		added += set->space[i].used - before;
	}
	set->nrows += n;
	MemoryContextSwitchTo(old);
	return added;
}

void
rs_column_set_reserve(RsColumnSet *set, uint32 n)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);

	if (set->nrows + n > set->capacity)
		grow(set, n);
	MemoryContextSwitchTo(old);
}

void
rs_column_set_reserve_bytes(RsColumnSet *set, int column, Size more)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);

	reserve_bytes(&set->columns[column], &set->space[column], set->space[column].used + more);
	MemoryContextSwitchTo(old);
}

bool *
rs_column_set_nulls(RsColumnSet *set, int column)
{
	RsColumnData *data = &set->columns[column];

	if (data->isnull == NULL)
		data->isnull = MemoryContextAllocZero(set->context, set->capacity);
	return data->isnull;
}

uint64
rs_column_set_put(RsColumnSet *set, int column, Datum value)
{
	return append_varlena(&set->columns[column], &set->space[column], value);
}

void
rs_column_set_scale(RsColumnSet *set, int column, int16 scale)
{
	RsColumnData *data = &set->columns[column];

	Assert(set->nrows == 0 && data->type.is_numeric);
	data->scale = scale;
	if (data->scaled)
		return;
	data->scaled = true;
	if (data->offsets != NULL)
		pfree(data->offsets);
	data->offsets = NULL;
	if (set->capacity > 0)
		data->fixed = MemoryContextAllocHuge(set->context, set->capacity * sizeof(int64));
}

void
rs_column_set_unscale(RsColumnSet *set, int column)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);
	RsColumnData *data = &set->columns[column];
	int64	   *values = (int64 *) data->fixed;
	uint32		row;

	if (data->scaled)
	{
		data->scaled = false;
		data->offsets = MemoryContextAllocHuge(set->context, Max(set->capacity, 1) * sizeof(uint64));
		for (row = 0; row < set->nrows; row++)
		{
			Datum		numeric;

			data->offsets[row] = 0;
			if (data->isnull != NULL && data->isnull[row])
				continue;
			numeric = rs_numeric_from_int64(values[row], data->scale);
			data->offsets[row] = append_varlena(data, &set->space[column], numeric);
			pfree(DatumGetPointer(numeric));
		}
		if (values != NULL)
			pfree(values);
		data->fixed = NULL;
		data->scale = 0;
	}
	MemoryContextSwitchTo(old);
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
