/*
 * sort_order.c
 *	  The order of an ORDER BY: comparing rows of vectors, and sorting them.
 *
 * Most types have images: unsigned integers in the order of the values.  To sort,
 * the images of the leading columns, less what all rows have in common, are packed
 * into one word a row, NULLs as a value before or after the others.  Integers,
 * dates, numerics and short strings mostly fit whole; the words are then sorted by
 * radix, and that is all.  Where a column does not fit, or is a longer string or
 * of a type without images, rows with equal words are sorted by comparing what
 * comes next as PostgreSQL does, through SortSupport.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/pg_locale.h"
#include "utils/sortsupport.h"
#include "utils/typcache.h"
#include "vector/sort/sort_order.h"

/* Fewer rows are not worth the passes of a radix sort. */
#define RS_RADIX_ROWS	512
/* Digits behind the point of a numeric's image. */
#define RS_IMAGE_SCALE	6

typedef enum SortKind
{
	SORT_SIGNED,
	SORT_UNSIGNED,
	SORT_FLOAT,
	SORT_NUMERIC,
	SORT_TEXT,					/* bytes, none of them 0 */
	SORT_BYTES,
	SORT_OTHER					/* by SortSupport only */
} SortKind;

typedef struct SortKey
{
	int			column;			/* from 0 */
	RsVectorType type;
	SortKind	kind;
	bool		reverse;
	bool		nulls_first;
	SortSupportData support;
} SortKey;

struct RsSortOrder
{
	MemoryContext scratch;		/* of one sort or comparison */
	int			nkeys;
	SortKey		keys[FLEXIBLE_ARRAY_MEMBER];
};

/* ---------------------------------------------------------------------
 * Setting up
 * ---------------------------------------------------------------------
 */

static SortKind
kind_of(Oid typid, Oid opfamily, Oid collation)
{
	/* Another order than the type's own is compared by its functions. */
	if (lookup_type_cache(typid, TYPECACHE_BTREE_OPFAMILY)->btree_opf != opfamily)
		return SORT_OTHER;
	switch (typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return SORT_SIGNED;
		case BOOLOID:
		case CHAROID:
		case OIDOID:
			return SORT_UNSIGNED;
		case FLOAT4OID:
		case FLOAT8OID:
			return SORT_FLOAT;
		case NUMERICOID:
			return SORT_NUMERIC;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return OidIsValid(collation) && lc_collate_is_c(collation) ? SORT_TEXT : SORT_OTHER;
		case BYTEAOID:
		case UUIDOID:
			return SORT_BYTES;
		default:
			return SORT_OTHER;
	}
}

RsSortOrder *
rs_sort_order_create(MemoryContext context, const RsVectorType *types, int nkeys,
					 const AttrNumber *columns, const Oid *operators, const Oid *collations,
					 const bool *nulls_first)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	RsSortOrder *order = palloc0(offsetof(RsSortOrder, keys) + nkeys * sizeof(SortKey));
	int			k;

	order->scratch = AllocSetContextCreate(context, "redshift sort", ALLOCSET_DEFAULT_SIZES);
	order->nkeys = nkeys;
	for (k = 0; k < nkeys; k++)
	{
		SortKey    *key = &order->keys[k];
		Oid			opfamily;
		Oid			type;
		int16		strategy;

		key->column = columns[k] - 1;
		key->type = types[key->column];
		key->nulls_first = nulls_first[k];
		key->support.ssup_cxt = context;
		key->support.ssup_collation = collations[k];
		key->support.ssup_nulls_first = nulls_first[k];
		PrepareSortSupportFromOrderingOp(operators[k], &key->support);
		key->reverse = key->support.ssup_reverse;
		if (!get_ordering_op_properties(operators[k], &opfamily, &type, &strategy))
			elog(ERROR, "operator %u is not a valid ordering operator", operators[k]);
		/* Strings may be sorted as char(n) are. */
		if (type == BPCHAROID && (key->type.typid == TEXTOID || key->type.typid == VARCHAROID))
			key->type.typid = type;
		key->kind = kind_of(key->type.typid, opfamily, collations[k]);
	}
	MemoryContextSwitchTo(old);
	return order;
}

int
rs_sort_nkeys(const RsSortOrder *order)
{
	return order->nkeys;
}

AttrNumber
rs_sort_key(const RsSortOrder *order, int key)
{
	return (AttrNumber) (order->keys[key].column + 1);
}

/* ---------------------------------------------------------------------
 * Comparing
 * ---------------------------------------------------------------------
 */

/*
 * The bytes of a value that SORT_TEXT and SORT_BYTES compare.
 */
static inline const char *
value_bytes(const SortKey *key, const RsVector *vector, uint32 row, Size *size)
{
	Datum		value = ((Datum *) vector->data)[vector->constant ? 0 : row];

	if (key->type.typlen > 0)
	{
		*size = key->type.typlen;
		return DatumGetPointer(value);
	}
	return rs_varlena_bytes(value, key->type.typid == BPCHAROID, size);
}

static int
compare_bytes(const SortKey *key, const RsVector *a, uint32 x, const RsVector *b, uint32 y)
{
	Size		a_size;
	Size		b_size;
	const char *a_bytes;
	const char *b_bytes;
	int			result;

	/* As those of a dictionary often are. */
	if (((Datum *) a->data)[a->constant ? 0 : x] == ((Datum *) b->data)[b->constant ? 0 : y])
		return 0;
	a_bytes = value_bytes(key, a, x, &a_size);
	b_bytes = value_bytes(key, b, y, &b_size);
	result = memcmp(a_bytes, b_bytes, Min(a_size, b_size));
	return result != 0 ? result : (a_size > b_size) - (a_size < b_size);
}

static int
compare_datums(SortKey *key, const RsVector *a, uint32 x, const RsVector *b, uint32 y)
{
	bool		isnull;
	Datum		a_value = rs_vector_datum(a, &key->type, x, &isnull);
	Datum		b_value = rs_vector_datum(b, &key->type, y, &isnull);

	return key->support.comparator(a_value, b_value, &key->support);
}

static int
compare_numerics(SortKey *key, const RsVector *a, uint32 x, const RsVector *b, uint32 y)
{
	if (a->form != RS_FORM_REF && b->form != RS_FORM_REF && a->scale == b->scale)
	{
		int128		a_value = rs_vector_numeric(a, x);
		int128		b_value = rs_vector_numeric(b, y);

		return (a_value > b_value) - (a_value < b_value);
	}
	return compare_datums(key, a, x, b, y);
}

static inline double
float_value(const RsVector *vector, uint32 row)
{
	if (vector->constant)
		row = 0;
	return vector->form == RS_FORM_F32 ? ((float4 *) vector->data)[row] :
		((float8 *) vector->data)[row];
}

static int
compare_key(SortKey *key, const RsVector *a, uint32 x, const RsVector *b, uint32 y)
{
	bool		a_null = rs_vector_is_null(a, x);
	bool		b_null = rs_vector_is_null(b, y);
	int			result;

	if (a_null || b_null)
		return a_null == b_null ? 0 : a_null == key->nulls_first ? -1 : 1;
	switch (key->kind)
	{
		case SORT_SIGNED:
			{
				int64		a_value = rs_vector_int(a, x);
				int64		b_value = rs_vector_int(b, y);

				result = (a_value > b_value) - (a_value < b_value);
				break;
			}
		case SORT_UNSIGNED:
			{
				/* Of one width, so the sign tells nothing but the highest bit. */
				uint64		a_value = (uint64) rs_vector_int(a, x);
				uint64		b_value = (uint64) rs_vector_int(b, y);

				result = (a_value > b_value) - (a_value < b_value);
				break;
			}
		case SORT_FLOAT:
			result = rs_float_order(float_value(a, x), float_value(b, y));
			break;
		case SORT_NUMERIC:
			result = compare_numerics(key, a, x, b, y);
			break;
		case SORT_TEXT:
		case SORT_BYTES:
			result = compare_bytes(key, a, x, b, y);
			break;
		default:
			result = compare_datums(key, a, x, b, y);
			break;
	}
	return key->reverse ? (result < 0) - (result > 0) : result;
}

static inline int
compare_from(RsSortOrder *order, int first, const RsVector **a, uint32 x, const RsVector **b,
			 uint32 y)
{
	int			k;

	for (k = first; k < order->nkeys; k++)
	{
		SortKey    *key = &order->keys[k];
		int			result = compare_key(key, a[key->column], x, b[key->column], y);

		if (result != 0)
			return result;
	}
	return 0;
}

int
rs_sort_compare(RsSortOrder *order, const RsVector **a, uint32 x, const RsVector **b, uint32 y)
{
	MemoryContext old = MemoryContextSwitchTo(order->scratch);
	int			result = compare_from(order, 0, a, x, b, y);

	MemoryContextSwitchTo(old);
	return result;
}

void
rs_sort_reset(RsSortOrder *order)
{
	MemoryContextReset(order->scratch);
}

/*
 * Order of a zone's first value (last, if the order is reverse) and a bound, both not
 * NULL.  A lower bound of bytes that was cut short is still one.
 */
static int
compare_zone(SortKey *key, const RsZone *zone, const RsVector *bound, uint32 row)
{
	Datum		end = key->reverse ? zone->max : zone->min;
	int			result;

	if (zone->order == RS_ZONE_BYTES)
	{
		RsVector	vector = {.form = RS_FORM_REF, .constant = true, .data = &end};

		result = compare_bytes(key, &vector, 0, bound, row);
	}
	else
	{
		bool		isnull;

		result = key->support.comparator(end, rs_vector_datum(bound, &key->type, row, &isnull),
										 &key->support);
	}
	return key->reverse ? (result < 0) - (result > 0) : result;
}

bool
rs_sort_is_reverse(const RsSortOrder *order)
{
	return order->keys[0].reverse;
}

bool
rs_sort_zone_may_precede(RsSortOrder *order, const RsZone *zone, const RsVector **bound, uint32 row)
{
	SortKey    *key = &order->keys[0];
	const RsVector *vector = bound[key->column];
	MemoryContext old;
	int			result;

	if (key->kind == SORT_OTHER || rs_vector_is_null(vector, row) ||
		(key->nulls_first && (zone->unknown || zone->nnulls > 0)))
		return true;
	if (!zone->unknown && zone->nnulls == zone->nrows)
		return false;
	if (!zone->has_bounds || (key->reverse && zone->max_truncated) ||
		(zone->order == RS_ZONE_BYTES) != (key->kind == SORT_TEXT || key->type.typid == BYTEAOID))
		return true;
	old = MemoryContextSwitchTo(order->scratch);
	result = compare_zone(key, zone, vector, row);
	MemoryContextSwitchTo(old);
	MemoryContextReset(order->scratch);
	/* Rows that are equal in the only column come after. */
	return order->nkeys > 1 ? result <= 0 : result < 0;
}

/* ---------------------------------------------------------------------
 * Images
 * ---------------------------------------------------------------------
 */

static inline uint64
signed_image(int64 value)
{
	return (uint64) value ^ (UINT64CONST(1) << 63);
}

/* NaN after everything; -0 and 0 alike. */
static inline uint64
float_image(double value)
{
	uint64		bits;

	if (isnan(value))
		return PG_UINT64_MAX;
	if (value == 0)
		value = 0;
	memcpy(&bits, &value, sizeof(bits));
	return bits >> 63 ? ~bits : bits | (UINT64CONST(1) << 63);
}

/* The first eight bytes. */
static inline uint64
bytes_image(const char *bytes, Size size)
{
	uint64		image = 0;

	memcpy(&image, bytes, Min(size, sizeof(image)));
	return pg_hton64(image);
}

#define SIGNED_IMAGES(integer) \
	for (i = 0; i < n; i++) \
		images[i] = signed_image(((const integer *) vector->data)[vector->constant ? 0 : i])

static void
integer_images(const RsVector *vector, uint32 n, uint64 *images)
{
	uint32		i;

	switch (vector->form)
	{
		case RS_FORM_I16:
			SIGNED_IMAGES(int16);
			break;
		case RS_FORM_I32:
			SIGNED_IMAGES(int32);
			break;
		default:
			SIGNED_IMAGES(int64);
	}
}

static inline int64
near_int64(int128 value)
{
	return value > PG_INT64_MAX ? PG_INT64_MAX : value < PG_INT64_MIN ? PG_INT64_MIN : (int64) value;
}

/*
 * A numeric in millionths, cut off: that order holds between vectors whatever scales
 * they have.
 */
static int64
millionths(int128 value, int scale)
{
	int128		scaled;

	if (scale >= RS_IMAGE_SCALE)
		return near_int64(value / rs_power_of_ten(scale - RS_IMAGE_SCALE));
	if (__builtin_mul_overflow(value, rs_power_of_ten(RS_IMAGE_SCALE - scale), &scaled))
		return value < 0 ? PG_INT64_MIN : PG_INT64_MAX;
	return near_int64(scaled);
}

static int64
numeric_millionths(Datum value)
{
	int128		integer;
	int16		scale;

	if (rs_numeric_from_datum(value, &integer, &scale))
		return millionths(integer, scale);
	if (numeric_is_nan(DatumGetNumeric(value)))
		return PG_INT64_MAX;
	if (!numeric_is_inf(DatumGetNumeric(value)))
	{
		/* Over 38 digits: less so without the last ones? */
		value = DirectFunctionCall2(numeric_trunc, value, Int32GetDatum(RS_IMAGE_SCALE));
		if (rs_numeric_from_datum(value, &integer, &scale))
			return millionths(integer, scale);
	}
	value = DirectFunctionCall1(numeric_sign, value);
	return DatumGetInt32(DirectFunctionCall1(numeric_int4, value)) < 0 ? PG_INT64_MIN : PG_INT64_MAX;
}

/*
 * across: the images are compared with those of other vectors.  *exact: different
 * values have different ones.
 */
static void
numeric_images(const RsVector *vector, uint32 n, bool across, uint64 *images, bool *exact)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		int64		near = 0;

		if (rs_vector_is_null(vector, i))
			 /* any */ ;
		else if (vector->form == RS_FORM_REF)
			near = numeric_millionths(((Datum *) vector->data)[vector->constant ? 0 : i]);
		else if (across)
			near = millionths(rs_vector_numeric(vector, i), vector->scale);
		else
		{
			int128		value = rs_vector_numeric(vector, i);

			near = near_int64(value);
			*exact &= near == value;
		}
		images[i] = signed_image(near);
	}
	*exact &= !across && vector->form != RS_FORM_REF;
}

static void
bytes_images(const SortKey *key, const RsVector *vector, uint32 n, uint64 *images, bool *exact)
{
	Size		longest = 0;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		Size		size = 0;
		const char *bytes;

		images[i] = 0;
		if (rs_vector_is_null(vector, i))
			continue;
		bytes = value_bytes(key, vector, i, &size);
		images[i] = bytes_image(bytes, size);
		longest = Max(longest, size);
	}
	*exact = key->kind == SORT_TEXT && longest <= sizeof(uint64);
}

/*
 * Images of the values that are not NULL; false if there are none.  across, *exact:
 * see numeric_images().
 */
static bool
make_images(const SortKey *key, const RsVector *vector, uint32 n, bool across, uint64 *images,
			bool *exact)
{
	uint32		i;

	*exact = true;
	switch (key->kind)
	{
		case SORT_SIGNED:
			integer_images(vector, n, images);
			return true;
		case SORT_UNSIGNED:
			for (i = 0; i < n; i++)
				images[i] = (uint64) rs_vector_int(vector, i);
			return true;
		case SORT_FLOAT:
			for (i = 0; i < n; i++)
				images[i] = float_image(float_value(vector, i));
			return true;
		case SORT_NUMERIC:
			numeric_images(vector, n, across, images, exact);
			return true;
		case SORT_TEXT:
		case SORT_BYTES:
			bytes_images(key, vector, n, images, exact);
			return true;
		default:
			return false;
	}
}

uint64 *
rs_sort_prefixes(RsSortOrder *order, RsArena *arena, const RsVector **columns, uint32 n)
{
	const SortKey *key = &order->keys[0];
	const RsVector *vector = columns[key->column];
	uint64	   *prefixes = rs_arena_alloc(arena, n * sizeof(uint64));
	MemoryContext old = MemoryContextSwitchTo(order->scratch);
	bool		exact;
	uint32		i;

	if (!make_images(key, vector, n, true, prefixes, &exact))
		memset(prefixes, 0, n * sizeof(uint64));
	else if (key->reverse)
		for (i = 0; i < n; i++)
			prefixes[i] = ~prefixes[i];
	if (key->kind != SORT_OTHER && vector->null != NULL)
		for (i = 0; i < n; i++)
			if (rs_vector_is_null(vector, i))
				prefixes[i] = key->nulls_first ? 0 : PG_UINT64_MAX;
	MemoryContextSwitchTo(old);
	MemoryContextReset(order->scratch);
	return prefixes;
}

uint32
rs_sort_rows_before(RsSortOrder *order, RsArena *arena, const RsVector **columns, uint32 n,
					const RsVector **bound, uint32 row, uint32 *chosen)
{
	uint64	   *prefixes = rs_sort_prefixes(order, arena, columns, n);
	const RsVector **one;
	uint64		limit;
	uint32		count = 0;
	uint32		i;
	int			column = order->keys[0].column;

	one = rs_arena_alloc(arena, (column + 1) * sizeof(RsVector *));
	one[column] = rs_vector_gather(arena, bound[column], &row, 1);
	limit = *rs_sort_prefixes(order, arena, one, 1);
	for (i = 0; i < n; i++)
		if (prefixes[i] < limit ||
			(prefixes[i] == limit && rs_sort_compare(order, columns, i, bound, row) < 0))
			chosen[count++] = i;
	MemoryContextReset(order->scratch);
	return count;
}

/* ---------------------------------------------------------------------
 * Sorting
 * ---------------------------------------------------------------------
 */

typedef struct Entry
{
	uint64		key;
	uint32		row;
} Entry;

/* What entries' equal keys leave open. */
typedef struct Rest
{
	RsSortOrder *order;
	const RsVector **columns;
	int			first;			/* key that is not decided */
} Rest;

#define ST_SORT sort_entries
#define ST_ELEMENT_TYPE Entry
#define ST_COMPARE(a, b) ((a)->key < (b)->key ? -1 : (a)->key > (b)->key)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_rest
#define ST_ELEMENT_TYPE uint32
#define ST_COMPARE_ARG_TYPE Rest
#define ST_COMPARE(a, b, arg) compare_from((arg)->order, (arg)->first, (arg)->columns, *(a), (arg)->columns, *(b))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Least significant digit first, by bits [from, to) of the key; the result is in
 * either array.
 */
#define RADIX_SORT(type, KEY) \
	int			shift; \
	for (shift = from; shift < to; shift += 8) \
	{ \
		uint32		starts[257] = {0}; \
		type	   *swap; \
		uint32		i; \
		\
		CHECK_FOR_INTERRUPTS(); \
		for (i = 0; i < n; i++) \
			starts[((KEY(from_[i]) >> shift) & 0xff) + 1]++; \
		for (i = 0; i < 256; i++) \
			starts[i + 1] += starts[i]; \
		for (i = 0; i < n; i++) \
			to_[starts[(KEY(from_[i]) >> shift) & 0xff]++] = from_[i]; \
		swap = from_; \
		from_ = to_; \
		to_ = swap; \
	} \
	return from_

#define ENTRY_KEY(entry)	((entry).key)
#define WORD_KEY(word)		(word)

static Entry *
radix_sort_entries(Entry *from_, Entry *to_, uint32 n, int from, int to)
{
	RADIX_SORT(Entry, ENTRY_KEY);
}

static uint64 *
radix_sort_words(uint64 *from_, uint64 *to_, uint32 n, int from, int to)
{
	RADIX_SORT(uint64, WORD_KEY);
}

typedef struct Packing
{
	uint64	   *keys;			/* a row each */
	int			bits;			/* in use, from the lowest */
	int			decided;		/* leading columns that they hold whole */
} Packing;

static inline int
bit_length(uint64 value)
{
	return value == 0 ? 0 : pg_leftmost_one_pos64(value) + 1;
}

/*
 * Append the codes of a column to the keys: how far an image is from the least one,
 * in units of the lowest bit in which any differ.
 */
static void
pack_column(Packing *packing, const SortKey *key, const RsVector *vector, uint32 n,
			const uint64 *images, bool exact)
{
	uint64		least = PG_UINT64_MAX;
	uint64		most = 0;
	uint64		differ = 0;
	uint64		range;
	bool		nulls = false;
	int			unit;
	int			width;
	int			cut = 0;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (rs_vector_is_null(vector, i))
		{
			nulls = true;
			continue;
		}
		least = Min(least, images[i]);
		most = Max(most, images[i]);
	}
	if (least > most)
		least = most;
	for (i = 0; i < n; i++)
		if (!rs_vector_is_null(vector, i))
			differ |= images[i] - least;
	unit = differ == 0 ? 0 : pg_rightmost_one_pos64(differ);
	range = (most - least) >> unit;
	if (nulls && range == PG_UINT64_MAX)
	{
		range >>= 1;
		unit++;
		exact = false;
	}
	width = bit_length(range + nulls);
	if (width > 64 - packing->bits)
	{
		cut = width - (64 - packing->bits);
		exact = false;
	}
	width -= cut;
	for (i = 0; i < n; i++)
	{
		uint64		code;

		if (rs_vector_is_null(vector, i))
			code = key->nulls_first ? 0 : range + 1;
		else
		{
			code = (images[i] - least) >> unit;
			if (key->reverse)
				code = range - code;
			code += nulls && key->nulls_first;
		}
		packing->keys[i] = width == 64 ? code : packing->keys[i] << width | code >> cut;
	}
	packing->bits += width;
	packing->decided += exact;
}

static void
pack(RsSortOrder *order, const RsVector **columns, uint32 n, Packing *packing)
{
	uint64	   *images = palloc_extended((Size) n * sizeof(uint64), MCXT_ALLOC_HUGE);
	int			k;

	packing->keys = palloc_extended((Size) n * sizeof(uint64), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (k = 0; k < order->nkeys && packing->decided == k && packing->bits < 64; k++)
	{
		const SortKey *key = &order->keys[k];
		bool		exact;

		CHECK_FOR_INTERRUPTS();
		if (!make_images(key, columns[key->column], n, false, images, &exact))
			break;
		pack_column(packing, key, columns[key->column], n, images, exact);
	}
	pfree(images);
}

/*
 * Row numbers by key.  Key and number go into one word if they fit.
 */
static void
sort_by_key(Packing *packing, uint32 n, uint32 *rows)
{
	int			row_bits = bit_length(n - 1);
	uint64	   *keys = packing->keys;
	uint32		i;

	if (packing->bits == 0)
		for (i = 0; i < n; i++)
			rows[i] = i;
	else if (packing->bits + row_bits <= 64)
	{
		uint64	   *other = palloc_extended((Size) n * sizeof(uint64), MCXT_ALLOC_HUGE);
		uint64	   *sorted;
		uint64		mask = (UINT64CONST(1) << row_bits) - 1;

		for (i = 0; i < n; i++)
			keys[i] = keys[i] << row_bits | i;
		sorted = radix_sort_words(keys, other, n, row_bits, row_bits + packing->bits);
		for (i = 0; i < n; i++)
		{
			rows[i] = (uint32) (sorted[i] & mask);
			keys[i] = sorted[i] >> row_bits;
		}
		pfree(other);
	}
	else
	{
		Entry	   *entries = palloc_extended((Size) n * sizeof(Entry), MCXT_ALLOC_HUGE);
		Entry	   *other = NULL;
		Entry	   *sorted = entries;

		for (i = 0; i < n; i++)
		{
			entries[i].key = keys[i];
			entries[i].row = i;
		}
		if (n < RS_RADIX_ROWS)
			sort_entries(entries, n);
		else
		{
			other = palloc_extended((Size) n * sizeof(Entry), MCXT_ALLOC_HUGE);
			sorted = radix_sort_entries(entries, other, n, 0, packing->bits);
		}
		for (i = 0; i < n; i++)
		{
			rows[i] = sorted[i].row;
			keys[i] = sorted[i].key;
		}
	}
}

Size
rs_sort_row_size(void)
{
	/* Keys, entries twice, and the result. */
	return sizeof(uint64) + 2 * sizeof(Entry) + sizeof(uint32);
}

uint32 *
rs_sort_rows(RsSortOrder *order, const RsVector **columns, uint32 n, MemoryContext context)
{
	uint32	   *rows = MemoryContextAllocHuge(context, (Size) Max(n, 1) * sizeof(uint32));
	MemoryContext old = MemoryContextSwitchTo(order->scratch);
	Packing		packing = {0};
	Rest		rest = {.order = order, .columns = columns};
	uint32		i;
	uint32		end;

	if (n > 0)
	{
		pack(order, columns, n, &packing);
		sort_by_key(&packing, n, rows);
		rest.first = packing.decided;
	}
	if (rest.first < order->nkeys)
		for (i = 0; i < n; i = end)
		{
			for (end = i + 1; end < n && packing.keys[end] == packing.keys[i]; end++)
				 /* rows alike so far */ ;
			/* Few of them are sorted without a look at interrupts. */
			CHECK_FOR_INTERRUPTS();
			if (end > i + 1)
				sort_rest(&rows[i], end - i, &rest);
		}
	MemoryContextSwitchTo(old);
	MemoryContextReset(order->scratch);
	return rows;
}
