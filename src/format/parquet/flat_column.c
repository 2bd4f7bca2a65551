/*
 * flat_column.c
 *	  A column of a Parquet file without groups or repetition, read for a column of a table.
 *
 * Values of a dictionary are converted once for each chunk, those of other pages once for each
 * batch; in both cases by the fast way first.  Where a value does not fit, only the rows that
 * have it are at fault, so the batch is made once more, value by value.
 */
#include "postgres.h"

#include "format/parquet/flat_column.h"
#include "utils/memutils.h"

/* Entries that codes of vectors can name, besides one for NULL. */
#define MAX_ENTRIES			PG_UINT16_MAX

typedef enum DictionaryState
{
	DICTIONARY_UNKNOWN,
	DICTIONARY_READY,			/* in entries */
	DICTIONARY_UNFIT			/* rows are to be converted one by one */
} DictionaryState;

struct RsFlatColumn
{
	MemoryContext context;
	RsReadColumn column;		/* but NULLs are no faults of values */
	const RsParquetNode *leaf;
	RsLeafReader *reader;
	RsConverter *converter;
	RsColumnBuilder *builder;
	RsConversion conversion;

	DictionaryState state;
	RsArena    *arena;			/* of the entries */
	uint32		nentries;
	RsVector	entries;
	RsVector	entries_null;	/* the same, and NULL behind them */
};

RsFlatColumn *
rs_flat_column_create(MemoryContext context, const RsReadColumn *column, const RsConversion *conversion,
					  const RsParquetNode *leaf, RsLeafReader *reader)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	RsConverter *converter = rs_converter_create(column, leaf, conversion);
	RsFlatColumn *result = NULL;

	if (converter != NULL)
	{
		result = palloc0(sizeof(RsFlatColumn));
		result->context = context;
		result->column = *column;
		result->column.not_null = false;
		result->conversion = *conversion;
		result->leaf = leaf;
		result->reader = reader;
		result->converter = converter;
		result->builder = rs_column_builder_create(&result->column, &result->conversion);
	}
	MemoryContextSwitchTo(old);
	return result;
}

void
rs_flat_column_begin(RsFlatColumn *column)
{
	column->state = DICTIONARY_UNKNOWN;
}

/* ---------------------------------------------------------------------
 * Dictionaries
 * ---------------------------------------------------------------------
 */

/*
 * All entries by the fast way; NULL: they do not fit, or there is none.
 */
static RsVector *
convert_entries(RsFlatColumn *column)
{
	RsVector   *entries = rs_converter_vector(column->converter, column->arena, column->nentries + 1);
	uint32		first;

	for (first = 0; entries != NULL && first < column->nentries; first += RS_BATCH_ROWS)
	{
		RsRawValues raw;

		rs_leaf_dictionary(column->reader, first, &raw, Min(RS_BATCH_ROWS, column->nentries - first));
		if (!rs_convert(column->converter, &raw, entries, first, column->arena))
			return NULL;
	}
	return entries;
}

/*
 * All entries one by one, if they are no more than a builder has rows.
 */
static RsVector *
build_entries(RsFlatColumn *column)
{
	RsValueFault fault;
	RsRawValues raw;
	bool		replaced = false;
	uint32		i;

	if (column->nentries >= RS_BATCH_ROWS)
		return NULL;
	rs_column_builder_begin(column->builder, column->arena);
	rs_leaf_dictionary(column->reader, 0, &raw, column->nentries);
	for (i = 0; i < column->nentries; i++)
		if (!rs_convert_slowly(column->converter, column->builder, &raw, i, column->arena, &replaced, &fault) ||
			replaced)
			return NULL;
	(void) rs_column_builder_null(column->builder, &fault);
	return unconstify(RsVector *, rs_column_builder_vector(column->builder));
}

/*
 * Put NULL behind the entries, for the rows that are; whichever way they were made.
 */
static void
keep_entries(RsFlatColumn *column, const RsVector *entries)
{
	uint32		n = column->nentries;
	Size		width = rs_form_width(entries->form);
	uint8	   *null = rs_arena_alloc(column->arena, n + 1);
	bool		any;

	if (entries->null != NULL)
		memcpy(null, entries->null, n);
	else
		memset(null, 0, n);
	null[n] = 1;
	any = n > 0 && memchr(null, 1, n) != NULL;
	memset((char *) entries->data + n * width, 0, width);
	column->entries = column->entries_null = *entries;
	column->entries.null = any ? null : NULL;
	column->entries_null.null = null;
	column->state = DICTIONARY_READY;
}

static void
make_dictionary(RsFlatColumn *column)
{
	const RsVector *entries;

	if (column->arena == NULL)
		column->arena = rs_arena_create(column->context);
	rs_arena_reset(column->arena);
	column->nentries = rs_leaf_dictionary_size(column->reader);
	entries = convert_entries(column);
	if (entries == NULL)
		entries = build_entries(column);
	if (entries == NULL)
		column->state = DICTIONARY_UNFIT;
	else
		keep_entries(column, entries);
}

/*
 * Rows of codes that may have NULLs in between.
 */
static const RsVector *
rows_by_codes(RsFlatColumn *column, uint32 n, const uint8 *null, uint32 present, RsArena *arena)
{
	const RsVector *entries = present < n ? &column->entries_null : &column->entries;
	uint32		nentries = column->nentries + (present < n);
	uint16	   *codes = rs_arena_alloc(arena, n * sizeof(uint16));
	RsVector   *vector;
	uint32		i;

	rs_leaf_codes16(column->reader, codes, present);
	for (i = n; present < n && i-- > 0;)
		codes[i] = null[i] ? (uint16) column->nentries : codes[--present];
	vector = rs_vector_by_codes(arena, entries, nentries, codes, n);
	if (nentries > n / 2)
		vector->dictionary = NULL;
	return vector;
}

static const RsVector *
rows_by_wide_codes(RsFlatColumn *column, uint32 n, const uint8 *null, uint32 present, RsArena *arena)
{
	const RsVector *entries = present < n ? &column->entries_null : &column->entries;
	uint32	   *codes = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32		i;

	rs_leaf_codes32(column->reader, codes, present);
	for (i = n; present < n && i-- > 0;)
		codes[i] = null[i] ? column->nentries : codes[--present];
	return rs_vector_gather(arena, entries, codes, n);
}

/* ---------------------------------------------------------------------
 * Values
 * ---------------------------------------------------------------------
 */

#define SPREAD(type) \
	do { \
		type	   *values = vector->data; \
		while (i-- > 0) \
			values[i] = null[i] ? 0 : values[--present]; \
	} while (0)

/*
 * Values that stand side by side to their rows.
 */
static void
spread(RsVector *vector, const uint8 *null, uint32 present, uint32 n)
{
	uint32		i = n;

	switch (rs_form_width(vector->form))
	{
		case 1:
			SPREAD(uint8);
			break;
		case 2:
			SPREAD(uint16);
			break;
		case 4:
			SPREAD(uint32);
			break;
		case 8:
			SPREAD(uint64);
			break;
		default:
			SPREAD(int128);
	}
}

static const RsVector *
rows_one_by_one(RsFlatColumn *column, const RsRawValues *raw, uint32 n, const uint8 *null, RsArena *arena,
				RsFaultSink *faults)
{
	RsValueFault fault;
	uint32		next = 0;
	uint32		i;

	rs_column_builder_begin(column->builder, arena);
	for (i = 0; i < n; i++)
	{
		bool		replaced = false;
		bool		sound;

		if (null != NULL && null[i])
		{
			(void) rs_column_builder_null(column->builder, &fault);
			continue;
		}
		sound = rs_convert_slowly(column->converter, column->builder, raw, next, arena, &replaced, &fault);
		if (!sound || replaced)
		{
			Size		size;
			char	   *text = rs_raw_text(column->leaf, raw, next, &size);

			if (sound)
				faults->replaced(faults, i, text, size);
			else
				faults->report(faults, i, &fault, text, size);
			pfree(text);
		}
		/* A row at fault will be left out. */
		if (!sound)
			(void) rs_column_builder_null(column->builder, &fault);
		next++;
	}
	return rs_column_builder_vector(column->builder);
}

static const RsVector *
rows_by_values(RsFlatColumn *column, uint32 n, const uint8 *null, uint32 present, RsArena *arena,
			   RsFaultSink *faults)
{
	RsVector   *vector = rs_converter_vector(column->converter, arena, n);
	RsRawValues raw;

	rs_leaf_values(column->reader, arena, &raw, present);
	if (vector == NULL || !rs_convert(column->converter, &raw, vector, 0, arena))
		return rows_one_by_one(column, &raw, n, present < n ? null : NULL, arena, faults);
	if (present < n)
	{
		spread(vector, null, present, n);
		vector->null = unconstify(uint8 *, null);
	}
	return vector;
}

const RsVector *
rs_flat_column_read(RsFlatColumn *column, uint32 n, RsArena *arena, RsFaultSink *faults)
{
	uint8	   *null = rs_arena_alloc(arena, n);
	uint32		present = rs_leaf_nulls(column->reader, null, n);

	if (rs_leaf_dictionary_size(column->reader) > 0)
	{
		if (column->state == DICTIONARY_UNKNOWN)
			make_dictionary(column);
		if (column->state == DICTIONARY_READY)
			return column->nentries < MAX_ENTRIES ? rows_by_codes(column, n, null, present, arena) :
				rows_by_wide_codes(column, n, null, present, arena);
	}
	return rows_by_values(column, n, null, present, arena, faults);
}
