/*
 * column_append.c
 *	  Rows of batches gathered by column, to become a row group.
 *
 * Values of fixed width are copied as they are, a numeric's integers too, so that the group
 * writer need not take numerics apart.  Of text with a dictionary each entry is copied once
 * a batch, and stands for all its rows.
 */
#include "postgres.h"

#include "encoding/dictionary.h"
#include "utils/memutils.h"
#include "vector/column_append.h"

static void
append_nulls(RsColumnSet *set, int i, const RsVector *vector, uint32 first, uint32 n)
{
	bool	   *nulls = set->columns[i].isnull;
	uint32		row;

	if (vector == NULL)
		memset(rs_column_set_nulls(set, i) + set->nrows, 1, n);
	else if (vector->null != NULL)
	{
		nulls = rs_column_set_nulls(set, i) + set->nrows;
		for (row = 0; row < n; row++)
			nulls[row] = vector->null[rs_chosen_row(vector, NULL, first, row)] != 0;
	}
	else if (nulls != NULL)
		memset(nulls + set->nrows, 0, n);
}

/*
 * Where a varlena begins that has been appended.
 */
static uint64
put_varlena(RsColumnSet *set, int i, Datum value)
{
	char	   *image = DatumGetPointer(value);
	RsColumnSpace *space = &set->space[i];
	Size		start = space->used;
	Size		size;

	if (!VARATT_IS_1B(image) || VARATT_IS_1B_E(image))
		return rs_column_set_put(set, i, value);
	size = VARSIZE_1B(image);
	if (start + size > space->capacity)
		rs_column_set_reserve_bytes(set, i, size);
	rs_bytes_copy(set->columns[i].bytes + start, image, size);
	space->used = start + size;
	return start;
}

static void
append_dictionary(RsColumnSet *set, int i, const RsVector *vector, uint32 first, uint32 n, uint64 *offsets)
{
	const RsVector *entries = vector->dictionary;
	uint64	   *places = palloc(Max(vector->ndictionary, 1) * sizeof(uint64));
	uint32		row;

	for (row = 0; row < vector->ndictionary; row++)
		places[row] = PG_UINT64_MAX;
	for (row = 0; row < n; row++)
	{
		uint16		code = vector->codes[first + row];

		if (places[code] == PG_UINT64_MAX)
			places[code] = rs_vector_is_null(entries, code) ? 0 :
				put_varlena(set, i, ((Datum *) entries->data)[entries->constant ? 0 : code]);
		offsets[row] = places[code];
	}
	pfree(places);
}

/*
 * Numerics that are integers of different scales, or too large for 64 bits.
 */
static Datum
numeric_of(const RsVector *vector, const RsVectorType *type, uint32 row)
{
	bool		isnull;

	return rs_vector_datum(vector, type, row, &isnull);
}

static void
append_varlenas(RsColumnSet *set, int i, const RsVector *vector, const RsVectorType *type, uint32 first, uint32 n)
{
	uint64	   *offsets = set->columns[i].offsets + set->nrows;
	const Datum *values = vector->data;
	uint32		row;

	if (vector->form == RS_FORM_REF && vector->dictionary != NULL && !vector->constant)
	{
		append_dictionary(set, i, vector, first, n, offsets);
		return;
	}
	for (row = 0; row < n; row++)
	{
		uint32		from = rs_chosen_row(vector, NULL, first, row);

		offsets[row] = 0;
		if (vector->null != NULL && vector->null[from])
			continue;
		if (vector->form == RS_FORM_REF)
			offsets[row] = put_varlena(set, i, values[from]);
		else
		{
			Datum		numeric = numeric_of(vector, type, from);

			offsets[row] = put_varlena(set, i, numeric);
			pfree(DatumGetPointer(numeric));
		}
	}
}

static void
append_fixed(RsColumnSet *set, int i, const RsVector *vector, uint32 first, uint32 n)
{
	const RsColumnData *column = &set->columns[i];
	Size		width = column->scaled ? sizeof(int64) : column->type.width;
	char	   *to = column->fixed + set->nrows * width;
	uint32		row;

	if (vector->form != RS_FORM_REF && !vector->constant)
	{
		memcpy(to, (const char *) vector->data + first * width, n * width);
		if (vector->null == NULL)
			return;
		for (row = 0; row < n; row++)
			if (vector->null[first + row])
				memset(to + row * width, 0, width);
		return;
	}
	for (row = 0; row < n; row++, to += width)
	{
		uint32		from = rs_chosen_row(vector, NULL, first, row);

		if (vector->null != NULL && vector->null[from])
			memset(to, 0, width);
		else if (vector->form == RS_FORM_REF)
			memcpy(to, DatumGetPointer(((Datum *) vector->data)[from]), width);
		else
			memcpy(to, (const char *) vector->data + from * width, width);
	}
}

/*
 * Can a numeric column have the vector's integers?
 */
static bool
keeps_scale(RsColumnSet *set, int i, const RsVector *vector)
{
	RsColumnData *column = &set->columns[i];

	if (vector->form != RS_FORM_I64 || vector->scales != NULL)
		return false;
	if (set->nrows == 0)
		rs_column_set_scale(set, i, vector->scale);
	return column->scaled && column->scale == vector->scale;
}

Size
rs_column_set_append_vectors(RsColumnSet *set, const RsVector **vectors, const RsVectorType *types, uint32 first,
							 uint32 n)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);
	Size		added = 0;
	int			i;

	for (i = 0; i < set->natts; i++)
		if (vectors[i] != NULL && set->columns[i].type.is_numeric && !keeps_scale(set, i, vectors[i]))
			rs_column_set_unscale(set, i);
	rs_column_set_reserve(set, n);
	for (i = 0; i < set->natts; i++)
	{
		RsColumnData *column = &set->columns[i];
		Size		before = set->space[i].used;

		added += (Size) n * Max(column->type.width, sizeof(uint64));
		if (column->dropped)
			continue;
		append_nulls(set, i, vectors[i], first, n);
		if (vectors[i] == NULL)
		{
			if (column->type.phys == RS_PHYS_VARLEN && !column->scaled)
				memset(column->offsets + set->nrows, 0, n * sizeof(uint64));
			else
			{
				Size		width = column->scaled ? sizeof(int64) : column->type.width;

				memset(column->fixed + set->nrows * width, 0, n * width);
			}
		}
		else if (column->type.phys == RS_PHYS_VARLEN && !column->scaled)
			append_varlenas(set, i, vectors[i], &types[i], first, n);
		else
			append_fixed(set, i, vectors[i], first, n);
		added += set->space[i].used - before;
	}
	set->nrows += n;
	MemoryContextSwitchTo(old);
	return added;
}
