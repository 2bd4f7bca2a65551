/*
 * sort.c
 *	  Order of rows by a table's sort key, COMPOUND or INTERLEAVED.
 *
 * Every row gets a 64-bit key whose unsigned order agrees with the leading
 * column's as far as 64 bits can tell: all of it for integers, dates and
 * timestamps, the first bytes of text under C.  Pairs of key and row are sorted;
 * only where keys tie does the full comparison of all columns run, and only if
 * the key does not say everything.
 *
 * An interleaved key is a z-order: each column's values are replaced by their
 * rank within the rows at hand, and the bits of the ranks are dealt in turn,
 * highest first, so that every column narrows zone maps alike.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "encoding/dictionary.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "storage/sort.h"
#include "utils/pg_locale.h"
#include "utils/sortsupport.h"
#include "utils/typcache.h"

typedef struct SortRow
{
	uint64		key;
	uint32		row;
} SortRow;

/* One column of the key. */
typedef struct SortColumn
{
	const RsColumnData *data;
	SortSupportData support;
	bool		exact;			/* equal keys mean equal values */
} SortColumn;

typedef struct Sorter
{
	SortColumn *columns;
	int			ncolumns;
	int			first;			/* column that the comparison begins with */
} Sorter;

static bool
is_null(const RsColumnData *column, uint32 row)
{
	return column->isnull != NULL && column->isnull[row];
}

static Datum
datum_at(const RsColumnData *column, uint32 row)
{
	char	   *from;

	if (column->type.phys == RS_PHYS_VARLEN)
		return PointerGetDatum(column->bytes + column->offsets[row]);
	from = column->fixed + (Size) row * column->type.width;
	return column->type.typbyval ? fetch_att(from, true, column->type.width) :
		PointerGetDatum(from);
}

/* An integer's bits with the sign turned, so that they compare as unsigned. */
static uint64
signed_key(int64 value)
{
	return (uint64) value ^ (UINT64CONST(1) << 63);
}

static uint64
float_key(double value)
{
	uint64		bits;

	if (value != value)
		return PG_UINT64_MAX;
	if (value == 0)
		value = 0;				/* -0 equals 0 */
	memcpy(&bits, &value, sizeof(bits));
	return bits >> 63 ? ~bits : bits | (UINT64CONST(1) << 63);
}

static uint64
bytes_key(const char *bytes, Size size)
{
	uint64		key = 0;

	memcpy(&key, bytes, Min(size, sizeof(key)));
	return pg_ntoh64(key);
}

/*
 * The key of a value that is not NULL; 0 where the type has none, so that the
 * comparison decides.
 */
static uint64
key_of(const SortColumn *column, uint32 row)
{
	const RsColumnType *type = &column->data->type;
	Datum		value = datum_at(column->data, row);
	char	   *image;
	Size		size;

	switch (type->typid)
	{
		case INT2OID:
			return signed_key(DatumGetInt16(value));
		case INT4OID:
		case DATEOID:
			return signed_key(DatumGetInt32(value));
		case INT8OID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case CASHOID:
			return signed_key(DatumGetInt64(value));
		case OIDOID:
			return DatumGetObjectId(value);
		case BOOLOID:
			return DatumGetBool(value);
		case FLOAT4OID:
			return float_key(DatumGetFloat4(value));
		case FLOAT8OID:
			return float_key(DatumGetFloat8(value));
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case BYTEAOID:
			if (type->typid != BYTEAOID && !lc_collate_is_c(type->collation))
				return 0;
			image = DatumGetPointer(value);
			size = VARSIZE_ANY_EXHDR(image);
			if (type->typid == BPCHAROID)
				size = rs_stripped_length(VARDATA_ANY(image), size);
			return bytes_key(VARDATA_ANY(image), size);
		default:
			return 0;
	}
}

static bool
key_is_exact(Oid typid)
{
	switch (typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case CASHOID:
		case OIDOID:
		case BOOLOID:
		case FLOAT4OID:
		case FLOAT8OID:
			return true;
		default:
			return false;
	}
}

static void
column_init(SortColumn *column, const RsColumnData *data)
{
	TypeCacheEntry *cache = lookup_type_cache(data->type.typid, TYPECACHE_LT_OPR);

	memset(column, 0, sizeof(SortColumn));
	column->data = data;
	column->exact = key_is_exact(data->type.typid);
	column->support.ssup_cxt = CurrentMemoryContext;
	column->support.ssup_collation = data->type.collation;
	column->support.ssup_nulls_first = false;
	PrepareSortSupportFromOrderingOp(cache->lt_opr, &column->support);
}

static int
compare_values(SortColumn *column, uint32 a, uint32 b)
{
	bool		a_null = is_null(column->data, a);
	bool		b_null = is_null(column->data, b);

	return ApplySortComparator(a_null ? (Datum) 0 : datum_at(column->data, a), a_null,
							   b_null ? (Datum) 0 : datum_at(column->data, b), b_null,
							   &column->support);
}

static int
compare_rows(const SortRow *a, const SortRow *b, const Sorter *sorter)
{
	int			i;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	for (i = sorter->first; i < sorter->ncolumns; i++)
	{
		int			order = compare_values(&sorter->columns[i], a->row, b->row);

		if (order != 0)
			return order;
	}
	return a->row < b->row ? -1 : a->row > b->row;
}

#define ST_SORT sort_pairs
#define ST_ELEMENT_TYPE SortRow
#define ST_COMPARE(a, b, arg) compare_rows(a, b, arg)
#define ST_COMPARE_ARG_TYPE const Sorter
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Sort by the columns of sorter; the pairs get their keys here.  False if they
 * stand in order already.
 */
static bool
sort_by_columns(SortRow *pairs, uint32 nrows, Sorter *sorter)
{
	SortColumn *lead = &sorter->columns[0];
	bool		any_null = false;
	uint32		row;

	for (row = 0; row < nrows; row++)
	{
		bool		null = is_null(lead->data, row);

		any_null |= null;
		pairs[row].row = row;
		pairs[row].key = null ? PG_UINT64_MAX : key_of(lead, row);
	}
	/* NULL shares the largest key, so then ties must look. */
	sorter->first = lead->exact && !any_null ? 1 : 0;
	for (row = 1; row < nrows; row++)
		if (compare_rows(&pairs[row - 1], &pairs[row], sorter) > 0)
			break;
	if (row >= nrows)
		return false;
	sort_pairs(pairs, nrows, sorter);
	return true;
}

/*
 * Rank of each row by one column: equal values have equal ranks.
 */
static void
rank_rows(SortRow *pairs, uint32 nrows, SortColumn *column, uint32 *ranks)
{
	Sorter		sorter = {column, 1, 0};
	uint32		rank = 0;
	uint32		i;

	(void) sort_by_columns(pairs, nrows, &sorter);
	for (i = 0; i < nrows; i++)
	{
		if (i > 0 && (pairs[i - 1].key != pairs[i].key ||
					  (sorter.first == 0 &&
					   compare_values(column, pairs[i - 1].row, pairs[i].row) != 0)))
			rank = i;
		ranks[pairs[i].row] = rank;
	}
}

uint64
rs_deal_bits(uint32 rank, int nbits, int column, int ncolumns)
{
	uint64		key = 0;
	int			to = 63 - column;
	int			bit;

	for (bit = nbits - 1; bit >= 0 && to >= 0; bit--, to -= ncolumns)
		key |= (uint64) ((rank >> bit) & 1) << to;
	return key;
}

/*
 * Z-order: the highest bit of each column's rank, then the next of each, and so
 * on.  A rank has 17 bits, as RS_GROUP_ROWS has.
 */
static void
interleave(SortRow *pairs, uint32 nrows, SortColumn *columns, int ncolumns)
{
	uint32	   *ranks = palloc((Size) nrows * sizeof(uint32));
	uint64	   *keys = palloc0((Size) nrows * sizeof(uint64));
	int			c;
	uint32		row;

	for (c = 0; c < ncolumns; c++)
	{
		CHECK_FOR_INTERRUPTS();
		rank_rows(pairs, nrows, &columns[c], ranks);
		for (row = 0; row < nrows; row++)
			keys[row] |= rs_deal_bits(ranks[row], 17, c, ncolumns);
	}
	for (row = 0; row < nrows; row++)
	{
		pairs[row].key = keys[row];
		pairs[row].row = row;
	}
	pfree(keys);
	pfree(ranks);
}

uint32 *
rs_sort_order(const RsColumnData *columns, uint32 nrows, const RsTableOptions *options)
{
	SortRow    *pairs;
	Sorter		sorter = {0};
	uint32	   *order = NULL;
	bool		moved;
	int			i;

	if (nrows < 2 || options->nsortkeys == 0)
		return NULL;
	pairs = palloc((Size) nrows * sizeof(SortRow));
	sorter.columns = palloc(options->nsortkeys * sizeof(SortColumn));
	sorter.ncolumns = options->nsortkeys;
	for (i = 0; i < options->nsortkeys; i++)
		column_init(&sorter.columns[i], &columns[options->sortkeys[i] - 1]);

	if (options->sortstyle == RS_SORT_INTERLEAVED && options->nsortkeys > 1)
	{
		uint32		row;

		interleave(pairs, nrows, sorter.columns, sorter.ncolumns);
		sorter.ncolumns = 0;	/* the key is all there is; ties by arrival */
		for (row = 1; row < nrows && pairs[row - 1].key <= pairs[row].key; row++)
			 /* in order so far */ ;
		moved = row < nrows;
		if (moved)
			sort_pairs(pairs, nrows, &sorter);
	}
	else
		moved = sort_by_columns(pairs, nrows, &sorter);
	if (moved)
	{
		uint32		row;

		order = palloc((Size) nrows * sizeof(uint32));
		for (row = 0; row < nrows; row++)
			order[row] = pairs[row].row;
	}
	pfree(pairs);
	return order;
}
