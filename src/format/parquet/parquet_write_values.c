/*
 * parquet_write_values.c
 *	  From vectors to what a Parquet file holds of them.
 *
 * NULLs are left out on the way: a page has its values one after another, and levels
 * tell the rows.  What PostgreSQL has and a file cannot say, infinite dates and decimals that are no
 * numbers, is an error that names the column.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "encoding/numeric.h"
#include "format/parquet/parquet_write.h"
#include "mb/pg_wchar.h"
#include "utils/date.h"
#include "utils/timestamp.h"

/* Copy what is not NULL; the last value may be written over by the next one. */
#define TAKE(from_type, to_type, convert) \
	do { \
		const from_type *from_ = (const from_type *) vector->data + first; \
		to_type    *to_ = (to_type *) to; \
		if (null == NULL) \
			for (i = 0; i < n; i++) \
				to_[i] = (to_type) convert(from_[i]); \
		else \
			for (i = 0; i < n; i++) \
			{ \
				to_[k] = (to_type) convert(from_[i]); \
				k += !null[i]; \
			} \
	} while (0)

#define AS_IT_IS(x)		(x)
#define AS_BOOL(x)		((x) != 0)
#define AS_OID(x)		((uint32) (x))

static uint32
count_values(const uint8 *null, uint32 n)
{
	uint32		nulls = 0;
	uint32		i;

	for (i = 0; null != NULL && i < n; i++)
		nulls += null[i];
	return n - nulls;
}

static void pg_attribute_noreturn()
report_range(const RsParquetLeaf *leaf)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("value of column \"%s\" cannot be written to Parquet", leaf->column),
			 errdetail("It is infinite, or too far in the future.")));
}

static void pg_attribute_noreturn()
report_decimal(const RsParquetLeaf *leaf)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("value of column \"%s\" cannot be written to Parquet as decimal(%d,%d)",
					leaf->column, leaf->element.logical.precision, leaf->element.logical.scale),
			 errhint("Cast it to a numeric of another precision, or to text.")));
}

/*
 * Dates and timestamps count from another day there.
 */
static void
shift_integers(const RsParquetLeaf *leaf, char *values, uint32 n)
{
	bool		bad = false;
	uint32		i;

	if (leaf->class == RS_CLASS_4)
	{
		int32	   *v = (int32 *) values;
		int32		first = (int32) leaf->first;
		int32		last = (int32) leaf->last;

		for (i = 0; i < n; i++)
			bad |= v[i] < first || v[i] > last;
		if (bad)
			report_range(leaf);
		for (i = 0; i < n; i++)
			v[i] += (int32) leaf->offset;
	}
	else
	{
		int64	   *v = (int64 *) values;

		for (i = 0; i < n; i++)
			bad |= v[i] < leaf->first || v[i] > leaf->last;
		if (bad)
			report_range(leaf);
		for (i = 0; i < n; i++)
			v[i] += leaf->offset;
	}
}

static void
take_integers(const RsParquetLeaf *leaf, const RsVector *vector, const uint8 *null, uint32 first, uint32 n,
			  char *to, uint32 count)
{
	uint32		k = 0;
	uint32		i;

	switch (vector->form)
	{
		case RS_FORM_I16:
			TAKE(int16, int32, AS_IT_IS);
			break;
		case RS_FORM_I32:
			if (leaf->class == RS_CLASS_4)
				TAKE(int32, int32, AS_IT_IS);
			else
				TAKE(int32, int64, AS_OID);
			break;
		case RS_FORM_I64:
			TAKE(int64, int64, AS_IT_IS);
			break;
		default:
			elog(ERROR, "integers of vector form %d", vector->form);
	}
	if (leaf->offset != 0)
		shift_integers(leaf, to, count);
}

/*
 * Most decimals: eight bytes of the column's own scale, or a smaller one, to as many or four.
 */
static void
take_small_decimals(const RsParquetLeaf *leaf, const RsVector *vector, const uint8 *null, uint32 first,
					uint32 n, char *to)
{
	int64		factor = (int64) rs_power_of_ten(leaf->element.logical.scale - vector->scale);
	int64		limit = (int64) ((rs_power_of_ten(leaf->element.logical.precision) - 1) / factor);
	bool		bad = false;
	uint32		k = 0;
	uint32		i;

	if (null == NULL)
	{
		const int64 *from = (const int64 *) vector->data + first;

		for (i = 0; i < n; i++)
			bad |= from[i] > limit || from[i] < -limit;
	}
	else
	{
		const int64 *from = (const int64 *) vector->data + first;

		for (i = 0; i < n; i++)
			bad |= !null[i] & (from[i] > limit || from[i] < -limit);
	}
	if (bad)
		report_decimal(leaf);
	/* Unsigned, as what is NULL may be anything. */
#define SCALED(x)	((uint64) (x) * (uint64) factor)
	if (leaf->class == RS_CLASS_4)
		TAKE(int64, uint32, SCALED);
	else if (factor == 1)
		TAKE(int64, int64, AS_IT_IS);
	else
		TAKE(int64, uint64, SCALED);
#undef SCALED
}

/*
 * A numeric of any form as an integer of the leaf's scale.  Lowest terms are had where its own
 * scale's integer is not: while that is made, it has the digits of whole words.
 */
static int128
scaled_decimal(const RsParquetLeaf *leaf, const RsVector *vector, uint32 row)
{
	int			scale = leaf->element.logical.scale;
	int16		from_scale = vector->scale;
	int16		display_scale;
	int128		value;

	if (vector->form == RS_FORM_REF)
	{
		struct varlena *image = PG_DETOAST_DATUM_PACKED(((Datum *) vector->data)[row]);

		if (!rs_numeric_to_lowest_terms((const char *) image, &value, &from_scale, &display_scale))
			report_decimal(leaf);
	}
	else
		value = rs_vector_numeric(vector, row);
	for (; from_scale > scale; from_scale--)
	{
		if (value % 10 != 0)
			report_decimal(leaf);
		value /= 10;
	}
	if (scale - from_scale > 38 ||
		__builtin_mul_overflow(value, rs_power_of_ten(scale - from_scale), &value))
		report_decimal(leaf);
	if (value >= rs_power_of_ten(leaf->element.logical.precision) ||
		value <= -rs_power_of_ten(leaf->element.logical.precision))
		report_decimal(leaf);
	return value;
}

static void
take_decimals(const RsParquetLeaf *leaf, const RsVector *vector, const uint8 *null, uint32 first, uint32 n,
			  char *to, uint32 count)
{
	int			bytes = leaf->element.type_length;
	char	   *image;
	uint32		k = 0;
	uint32		i;

	if (vector->form == RS_FORM_I64 && leaf->class != RS_CLASS_BYTES &&
		vector->scale <= leaf->element.logical.scale)
	{
		take_small_decimals(leaf, vector, null, first, n, to);
		return;
	}
	image = leaf->class == RS_CLASS_BYTES ? palloc(Max((Size) count * bytes, 1)) : NULL;
	for (i = 0; i < n; i++)
	{
		int128		value;

		if (null != NULL && null[i])
			continue;
		value = scaled_decimal(leaf, vector, first + i);
		if (leaf->class == RS_CLASS_4)
			((int32 *) to)[k] = (int32) value;
		else if (leaf->class == RS_CLASS_8)
			((int64 *) to)[k] = (int64) value;
		else
		{
			char	   *at = image + (Size) k * bytes;
			int			b;

			for (b = bytes; --b >= 0; value >>= 8)
				at[b] = (char) (uint8) value;
			((RsParquetBytes *) to)[k].data = at;
			((RsParquetBytes *) to)[k].size = bytes;
		}
		k++;
	}
}

/*
 * Text has to be UTF-8, of which databases of encoding SQL_ASCII know nothing.
 */
static void
check_texts(const RsParquetBytes *texts, uint32 n)
{
	uint32		i;

	if (GetDatabaseEncoding() != PG_SQL_ASCII)
		return;
	for (i = 0; i < n; i++)
		(void) pg_verify_mbstr(PG_UTF8, texts[i].data, (int) texts[i].size, false);
}

static void
take_bytes(const RsParquetLeaf *leaf, const RsVector *vector, const uint8 *null, uint32 first, uint32 n,
		   RsParquetBytes *to)
{
	const Datum *from = (const Datum *) vector->data + first;
	bool		convert = leaf->is_text && GetDatabaseEncoding() != PG_UTF8;
	uint32		k = 0;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		struct varlena *image = (struct varlena *) DatumGetPointer(from[i]);
		uint32		size;

		if (null != NULL && null[i])
			continue;
		if (VARATT_IS_COMPRESSED(image) || VARATT_IS_EXTERNAL(image))
			image = PG_DETOAST_DATUM_PACKED(from[i]);
		size = VARSIZE_ANY_EXHDR(image);
		to[k].data = VARDATA_ANY(image);
		if (leaf->padded)
			while (size > 0 && to[k].data[size - 1] == ' ')
				size--;
		if (convert)
		{
			RsTextPiece piece = rs_text_utf8(to[k].data, size);

			to[k].data = piece.data;
			size = (uint32) piece.size;
		}
		to[k].size = size;
		k++;
	}
	if (convert)
		check_texts(to, k);
}

static void
take_fixed(const RsParquetLeaf *leaf, const RsVector *vector, const uint8 *null, uint32 first, uint32 n,
		   RsParquetBytes *to)
{
	uint32		k = 0;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (null != NULL && null[i])
			continue;
		to[k].data = DatumGetPointer(((const Datum *) vector->data)[first + i]);
		to[k].size = leaf->element.type_length;
		k++;
	}
}

static void
take_texts(const RsParquetLeaf *leaf, const RsVector *vector, uint32 first, uint32 n, RsParquetBytes *to)
{
	RsVector	rows = *vector;
	RsTextPiece *pieces = palloc(n * sizeof(RsTextPiece));
	uint32		k = 0;
	uint32		i;

	rows.data = (char *) vector->data + (Size) first * rs_form_width(vector->form);
	rows.null = vector->null == NULL ? NULL : vector->null + first;
	rows.scales = vector->scales == NULL ? NULL : vector->scales + first;
	rs_text_column_format(leaf->text, &rows, n, pieces);
	for (i = 0; i < n; i++)
	{
		to[k].data = pieces[i].data;
		to[k].size = (uint32) pieces[i].size;
		k += pieces[i].data != NULL;
	}
	check_texts(to, k);
}

uint32
rs_parquet_take_values(const RsParquetLeaf *leaf, const RsVector *vector, uint32 first, uint32 n,
					   RsByteBuffer *room)
{
	static const uint8 widths[] = {sizeof(uint8), sizeof(uint32), sizeof(uint64), sizeof(RsParquetBytes)};
	const uint8 *null = vector->null == NULL ? NULL : vector->null + first;
	uint32		count = count_values(null, n);
	char	   *to;
	uint32		k = 0;
	uint32		i;

	room->size = 0;
	to = rs_buffer_reserve(room, (Size) (n + 1) * widths[leaf->class]);
	switch (leaf->source)
	{
		case RS_LEAF_BOOL:
			TAKE(int8, uint8, AS_BOOL);
			break;
		case RS_LEAF_INT:
			take_integers(leaf, vector, null, first, n, to, count);
			break;
		case RS_LEAF_FLOAT:
			if (leaf->class == RS_CLASS_4)
				TAKE(uint32, uint32, AS_IT_IS);
			else
				TAKE(uint64, uint64, AS_IT_IS);
			break;
		case RS_LEAF_DECIMAL:
			take_decimals(leaf, vector, null, first, n, to, count);
			break;
		case RS_LEAF_BYTES:
			take_bytes(leaf, vector, null, first, n, (RsParquetBytes *) to);
			break;
		case RS_LEAF_FIXED:
			take_fixed(leaf, vector, null, first, n, (RsParquetBytes *) to);
			break;
		case RS_LEAF_TEXT:
			take_texts(leaf, vector, first, n, (RsParquetBytes *) to);
			break;
	}
	return count;
}
