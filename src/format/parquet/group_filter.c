/*
 * group_filter.c
 *	  Row groups, and pages, without rows that anyone wants.
 *
 * Statistics of a column chunk become a zone of the table's column, which predicates are held
 * against as against those of stored blocks.  Bounds are of the file's values, so they count
 * where a value of the file becomes one of the column in the order of the file's: numbers and times
 * by the fast way of conversion, strings as their bytes.  Equality is asked of the chunk's Bloom
 * filter, too, if bounds let it pass.  Of pages the page index has the same bounds.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "format/parquet/convert.h"
#include "format/parquet/group_filter.h"
#include "format/parquet/page_index.h"
#include "format/parquet/parquet_bloom.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

/* Bytes of a Bloom filter; the format's own limit. */
#define MAX_BLOOM			((Size) 128 * 1024 * 1024)
/* Its header has four small fields. */
#define BLOOM_HEADER		((Size) 64)

/* A predicate, and the file's column that it is of. */
typedef struct ColumnFilter
{
	const RsPredicate *predicate;
	const RsReadColumn *column;
	const RsParquetNode *leaf;
	RsConverter *converter;		/* NULL: to types without one */
} ColumnFilter;

struct RsGroupFilter
{
	const RsParquetFile *metadata;
	RsInput    *input;
	MemoryContext context;		/* of one group */
	int			n;
	ColumnFilter *filters;
};

RsGroupFilter *
rs_group_filter_create(const RsReadSpec *spec, const RsParquetFile *metadata, const RsParquetNode *root,
					   RsInput *input)
{
	RsGroupFilter *filter;
	int			i;

	if (spec->npredicates == 0)
		return NULL;
	filter = palloc0(sizeof(RsGroupFilter));
	filter->metadata = metadata;
	filter->input = input;
	filter->context = AllocSetContextCreate(CurrentMemoryContext, "Parquet statistics", ALLOCSET_DEFAULT_SIZES);
	filter->filters = palloc0(spec->npredicates * sizeof(ColumnFilter));
	for (i = 0; i < spec->npredicates; i++)
	{
		const RsPredicate *predicate = &spec->predicates[i];
		ColumnFilter *of = &filter->filters[filter->n];

		if (predicate->attno < 1 || predicate->attno > Min(spec->ncolumns, root->nchildren))
			continue;
		of->predicate = predicate;
		of->column = &spec->columns[predicate->attno - 1];
		of->leaf = &root->children[predicate->attno - 1];
		if (of->leaf->element->type == RS_PARQUET_NO_TYPE || of->leaf->repetition > 0)
			continue;
		of->converter = rs_converter_create(of->column, of->leaf, spec->conversion);
		filter->n++;
	}
	return filter->n > 0 ? filter : NULL;
}

/* ---------------------------------------------------------------------
 * Bounds
 * ---------------------------------------------------------------------
 */

static bool
is_text(const ColumnFilter *of)
{
	Oid			typid = of->column->type.typid;

	return of->leaf->element->type == RS_PARQUET_BYTE_ARRAY && of->leaf->element->logical.kind != RS_LOGICAL_DECIMAL &&
		(typid == BYTEAOID || ((typid == TEXTOID || typid == VARCHAROID) && GetDatabaseEncoding() == PG_UTF8));
}

static Datum
bytes_bound(RsParquetBytes bytes)
{
	char	   *bound = palloc(VARHDRSZ + bytes.size);

	SET_VARSIZE(bound, VARHDRSZ + bytes.size);
	memcpy(VARDATA(bound), bytes.data, bytes.size);
	return PointerGetDatum(bound);
}

/*
 * A bound of the file as a Datum of the column's type.
 */
static bool
value_bound(const ColumnFilter *of, RsParquetBytes bytes, RsArena *arena, Datum *bound)
{
	const RsParquetElement *element = of->leaf->element;
	RsVector   *vector = of->converter == NULL ? NULL : rs_converter_vector(of->converter, arena, 1);
	RsRawValues raw = {0};
	bool		isnull;

	raw.type = element->type;
	raw.n = 1;
	raw.bytes = &bytes;
	raw.fixed = unconstify(char *, bytes.data);
	raw.width = rs_parquet_width(element);
	if (vector == NULL || (raw.width > 0 && raw.width != bytes.size))
		return false;
	if (!rs_convert(of->converter, &raw, vector, 0, arena))
		return false;
	*bound = rs_vector_datum(vector, &of->column->type, 0, &isnull);
	return true;
}

static bool
is_ordered(const ColumnFilter *of)
{
	Oid			typid = of->column->type.typid;

	/* Of these a file's order is not the type's, or not defined. */
	return of->leaf->element->type != RS_PARQUET_INT96 && typid != INTERVALOID && typid != BPCHAROID &&
		typid != JSONBOID && typid != JSONOID;
}

/*
 * Bounds of floats leave NaN out, which is PostgreSQL's largest.
 */
static void
allow_nan(const ColumnFilter *of, RsZone *zone)
{
	if (of->column->type.typid == FLOAT8OID)
	{
		zone->has_bounds = !isnan(DatumGetFloat8(zone->min));
		zone->max = Float8GetDatum(get_float8_nan());
	}
	else if (of->column->type.typid == FLOAT4OID)
	{
		zone->has_bounds = !isnan(DatumGetFloat4(zone->min));
		zone->max = Float4GetDatum(get_float4_nan());
	}
}

static void
make_zone(const ColumnFilter *of, const RsParquetStatistics *statistics, int64 nrows, RsArena *arena, RsZone *zone)
{
	memset(zone, 0, sizeof(RsZone));
	if (statistics->nulls >= 0 && statistics->nulls <= nrows && nrows <= PG_UINT32_MAX)
	{
		zone->nrows = (uint32) nrows;
		zone->nnulls = (uint32) statistics->nulls;
	}
	else
	{
		/* As if some were NULL, but not all. */
		zone->unknown = true;
		zone->nnulls = 1;
	}
	if (statistics->min.data == NULL || statistics->max.data == NULL || !is_ordered(of))
		return;
	if (is_text(of))
	{
		zone->order = RS_ZONE_BYTES;
		zone->min = bytes_bound(statistics->min);
		zone->max = bytes_bound(statistics->max);
		zone->has_bounds = true;
		return;
	}
	zone->order = RS_ZONE_BTREE;
	zone->has_bounds = of->column->type.typid != TEXTOID && of->column->type.typid != VARCHAROID &&
		value_bound(of, statistics->min, arena, &zone->min) && value_bound(of, statistics->max, arena, &zone->max);
	if (zone->has_bounds)
		allow_nan(of, zone);
}

/* ---------------------------------------------------------------------
 * Bloom filters
 * ---------------------------------------------------------------------
 */

/*
 * The filter's words; NULL: there is none, or none of a known kind.
 */
static uint32 *
read_bloom(RsGroupFilter *filter, const RsParquetChunk *chunk, uint32 *nblocks)
{
	RsInput    *input = filter->input;
	uint64		offset = (uint64) chunk->bloom_filter;
	char		head[BLOOM_HEADER];
	Size		got;
	Size		used;
	Size		size;
	uint32	   *words;
	const char *fault;

	if (chunk->bloom_filter <= 0 || chunk->bloom_filter >= input->size)
		return NULL;
	got = input->read(input, offset, head, Min(sizeof(head), (uint64) input->size - offset));
	fault = rs_parquet_bloom_header(head, got, &size, &used);
	if (fault == NULL && (size > MAX_BLOOM || size > (uint64) input->size - offset - used))
		fault = "Bloom filter has an impossible size";
	if (fault != NULL)
		rs_parquet_corrupt(input->name, offset, fault);
	if (size == 0)
		return NULL;
	words = MemoryContextAllocHuge(CurrentMemoryContext, size);
	if (input->read(input, offset + used, (char *) words, size) != size)
		rs_parquet_corrupt(input->name, offset, "file ends too early");
#ifdef WORDS_BIGENDIAN
	for (got = 0; got < size / sizeof(uint32); got++)
		words[got] = pg_bswap32(words[got]);
#endif
	*nblocks = (uint32) (size / RS_BLOOM_BLOCK);
	return words;
}

/*
 * The hash of a value as the file would have it.  *none: the file cannot have it.  False: unknown.
 */
static bool
hash_integer(const ColumnFilter *of, int64 value, uint64 *hash, bool *none)
{
	const RsParquetElement *element = of->leaf->element;
	bool		is_unsigned = element->logical.kind == RS_LOGICAL_INTEGER && !element->logical.is_signed;
	uint64		little;

	if (element->logical.kind != RS_LOGICAL_NONE && element->logical.kind != RS_LOGICAL_INTEGER)
		return false;
	if (element->type == RS_PARQUET_INT32)
		*none = is_unsigned ? value < 0 || value > PG_UINT32_MAX : value < PG_INT32_MIN || value > PG_INT32_MAX;
	else if (element->type == RS_PARQUET_INT64)
		*none = is_unsigned && value < 0;
	else
		return false;
	little = (uint64) value;
#ifdef WORDS_BIGENDIAN
	little = pg_bswap64(little);
#endif
	*hash = rs_bloom_hash(&little, element->type == RS_PARQUET_INT32 ? 4 : 8);
	return true;
}

static bool
hash_value(const ColumnFilter *of, Datum value, uint64 *hash, bool *none)
{
	Oid			typid = of->column->type.typid;
	bool		is_integer = typid == INT2OID || typid == INT4OID || typid == INT8OID;

	*none = false;
	switch (of->predicate->value_type)
	{
		case INT2OID:
			return is_integer && hash_integer(of, DatumGetInt16(value), hash, none);
		case INT4OID:
			return is_integer && hash_integer(of, DatumGetInt32(value), hash, none);
		case INT8OID:
			return is_integer && hash_integer(of, DatumGetInt64(value), hash, none);
		case TEXTOID:
		case VARCHAROID:
		case BYTEAOID:
			if (!is_text(of) || !of->predicate->bytes_order)
				return false;
			*hash = rs_bloom_hash(VARDATA_ANY(DatumGetPointer(value)), VARSIZE_ANY_EXHDR(DatumGetPointer(value)));
			return true;
		case UUIDOID:
			if (typid != UUIDOID || of->leaf->element->logical.kind != RS_LOGICAL_UUID)
				return false;
			*hash = rs_bloom_hash(DatumGetPointer(value), UUID_LEN);
			return true;
		default:
			return false;
	}
}

static bool
bloom_may_match(RsGroupFilter *filter, const ColumnFilter *of, const RsParquetChunk *chunk)
{
	const RsPredicate *predicate = of->predicate;
	const Datum *values = predicate->kind == RS_PRED_IN ? predicate->values : &predicate->value;
	int			n = predicate->kind == RS_PRED_IN ? predicate->nvalues : 1;
	uint32	   *words = NULL;
	uint32		nblocks = 0;
	int			i;

	if (chunk->bloom_filter <= 0 || (predicate->kind != RS_PRED_IN &&
									 (predicate->kind != RS_PRED_COMPARE || predicate->strategy != BTEqualStrategyNumber)))
		return true;
	for (i = 0; i < n; i++)
	{
		uint64		hash;
		bool		none;

		if (!hash_value(of, values[i], &hash, &none))
			return true;
		if (none)
			continue;
		if (words == NULL && (words = read_bloom(filter, chunk, &nblocks)) == NULL)
			return true;
		if (rs_bloom_may_have(words, nblocks, hash))
			return true;
	}
	return false;
}

bool
rs_group_filter_may_match(RsGroupFilter *filter, int number)
{
	const RsParquetGroup *group = &filter->metadata->groups[number];
	MemoryContext old = MemoryContextSwitchTo(filter->context);
	RsArena    *arena = rs_arena_create(filter->context);
	bool		may_match = true;
	int			i;

	for (i = 0; i < filter->n && may_match; i++)
	{
		const ColumnFilter *of = &filter->filters[i];
		const RsParquetChunk *chunk = &group->chunks[of->leaf->first_leaf];
		RsZone		zone;

		make_zone(of, &chunk->statistics, group->nrows, arena, &zone);
		may_match = rs_zone_may_match(&zone, of->predicate) && bloom_may_match(filter, of, chunk);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(filter->context);
	return may_match;
}

static int
compare_ranges(const void *a, const void *b)
{
	const RsRowRange *one = a;
	const RsRowRange *other = b;

	return (one->first > other->first) - (one->first < other->first);
}

/*
 * Ranges of a predicate's column, behind those that there are.
 */
static void
add_unwanted(const ColumnFilter *of, const RsPageIndex *index, RsArena *arena, RsRowRange **ranges, int *n)
{
	uint32		i;

	if (index->npages > 0)
		*ranges = repalloc_huge(*ranges, ((Size) *n + index->npages) * sizeof(RsRowRange));
	for (i = 0; i < index->npages; i++)
	{
		int64		nrows = index->first_rows[i + 1] - index->first_rows[i];
		RsZone		zone;

		rs_arena_reset(arena);
		if (nrows == 0)
			continue;
		make_zone(of, &index->statistics[i], nrows, arena, &zone);
		if (rs_zone_may_match(&zone, of->predicate))
			continue;
		(*ranges)[*n].first = index->first_rows[i];
		(*ranges)[(*n)++].end = index->first_rows[i + 1];
	}
}

int
rs_group_filter_unwanted(RsGroupFilter *filter, int number, RsRowRange **ranges)
{
	const RsParquetGroup *group = &filter->metadata->groups[number];
	MemoryContext old;
	RsArena    *arena;
	int			found = 0;
	int			n = 0;
	int			i;

	*ranges = palloc(sizeof(RsRowRange));
	old = MemoryContextSwitchTo(filter->context);
	arena = rs_arena_create(filter->context);
	for (i = 0; i < filter->n; i++)
	{
		const ColumnFilter *of = &filter->filters[i];
		RsPageIndex *index = rs_page_index_read(filter->input, &group->chunks[of->leaf->first_leaf], group->nrows);

		if (index != NULL)
			add_unwanted(of, index, arena, ranges, &found);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(filter->context);
	qsort(*ranges, found, sizeof(RsRowRange), compare_ranges);
	for (i = 0; i < found; i++)
	{
		if (n > 0 && (*ranges)[i].first <= (*ranges)[n - 1].end)
			(*ranges)[n - 1].end = Max((*ranges)[n - 1].end, (*ranges)[i].end);
		else
			(*ranges)[n++] = (*ranges)[i];
	}
	return n;
}
