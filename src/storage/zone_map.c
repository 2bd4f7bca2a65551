/*
 * zone_map.c
 *	  Min, max and NULL count of blocks and chunks; predicates against them.
 *
 * Text and bytea keep the bounds of their bytes (memcmp), whatever the column's
 * collation: that is cheap to find while writing, can be cut short, and refutes
 * equality, IN and prefixes under every deterministic collation, and ranges
 * under C.  All other types keep bounds of their default btree order, if the
 * operator class is one of PostgreSQL's own.
 */
#include "postgres.h"

#include <math.h>

#include "access/nbtree.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "encoding/dictionary.h"
#include "encoding/numeric.h"
#include "port/pg_bswap.h"
#include "storage/row_group.h"
#include "storage/zone_map.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/pg_locale.h"
#include "utils/typcache.h"

/* How the values of a column are compared while a zone is collected. */
typedef enum ZoneMethod
{
	ZONE_NONE,					/* no bounds */
	ZONE_SIGNED,				/* int2, int4, int8, date, time, timestamp ... */
	ZONE_UNSIGNED,				/* bool, "char", oid */
	ZONE_FLOAT,
	ZONE_NUMERIC,
	ZONE_BYTES,					/* memcmp: text, bytea */
	ZONE_GENERIC				/* the order proc */
} ZoneMethod;

/* A bound: a Datum of the column's type, or bytes. */
typedef struct Bound
{
	Datum		datum;
	char		bytes[RS_ZONE_MAX_BYTES + VARHDRSZ];
	Size		size;
	bool		truncated;
} Bound;

struct RsZoneBuilder
{
	RsColumnType type;
	ZoneMethod	method;
	FmgrInfo	cmp;
	bool		any;			/* min and max are set */
	bool		unusable;		/* a value too long to keep as a bound */
	Bound		min;
	Bound		max;
};

static bool
is_bytes_type(Oid typid)
{
	return typid == TEXTOID || typid == VARCHAROID || typid == BPCHAROID || typid == BYTEAOID;
}

bool
rs_collation_is_bytes(const RsColumnType *type)
{
	return type->typid == BYTEAOID ||
		(is_bytes_type(type->typid) && lc_collate_is_c(type->collation));
}

/*
 * The type a zone is marked with.  ALTER TABLE can give a column another type
 * of the same bytes without a rewrite (int4 to oid, text to char), and the new
 * type may sort them differently; text and varchar don't.
 */
static Oid
order_type(const RsColumnType *type)
{
	return type->typid == VARCHAROID ? TEXTOID : type->typid;
}

static ZoneMethod
method_for(const RsColumnType *type, FmgrInfo *cmp)
{
	TypeCacheEntry *cache;

	if (is_bytes_type(type->typid))
		return ZONE_BYTES;

	/*
	 * Bounds say nothing of the collation they were found under, and ALTER TABLE
	 * may change the column's without a rewrite: keep those in byte order only.
	 */
	if (OidIsValid(type->collation) && !lc_collate_is_c(type->collation))
		return ZONE_NONE;
	cache = lookup_type_cache(type->typid, TYPECACHE_CMP_PROC_FINFO | TYPECACHE_BTREE_OPFAMILY);
	if (!OidIsValid(cache->cmp_proc_finfo.fn_oid) || cache->btree_opf >= FirstNormalObjectId)
		return ZONE_NONE;

	/*
	 * ALTER TYPE ... DROP ATTRIBUTE changes how rows compare, and arrays and
	 * ranges may be of rows.  Of the types users make only enums keep their
	 * order for good.
	 */
	if (type->typid >= FirstNormalObjectId && cache->typtype != TYPTYPE_ENUM)
		return ZONE_NONE;
	/* Functions of types that are never toasted don't know short headers. */
	if (type->plain)
		return ZONE_NONE;
	fmgr_info_copy(cmp, &cache->cmp_proc_finfo, CurrentMemoryContext);
	switch (cmp->fn_oid)
	{
		case F_BTINT2CMP:
		case F_BTINT4CMP:
		case F_BTINT8CMP:
		case F_DATE_CMP:
		case F_TIME_CMP:
		case F_TIMESTAMP_CMP:
		case F_TIMESTAMPTZ_CMP:
		case F_CASH_CMP:
			return ZONE_SIGNED;
		case F_BTBOOLCMP:
		case F_BTCHARCMP:
		case F_BTOIDCMP:
			return ZONE_UNSIGNED;
		case F_BTFLOAT4CMP:
		case F_BTFLOAT8CMP:
			return ZONE_FLOAT;
		case F_NUMERIC_CMP:
			return ZONE_NUMERIC;
		default:
			return ZONE_GENERIC;
	}
}

RsZoneBuilder *
rs_zone_builder_create(const RsColumnType *type)
{
	RsZoneBuilder *zb = palloc0(sizeof(RsZoneBuilder));

	zb->type = *type;
	zb->method = method_for(type, &zb->cmp);
	return zb;
}

void
rs_zone_builder_reset(RsZoneBuilder *zb)
{
	zb->any = false;
	zb->unusable = false;
}

static Datum
int_datum(uint16 width, int64 value)
{
	switch (width)
	{
		case 1:
			return CharGetDatum((char) value);
		case 2:
			return Int16GetDatum((int16) value);
		case 4:
			return Int32GetDatum((int32) value);
		default:
			return Int64GetDatum(value);
	}
}

/*
 * Keep a varlena or fixed-length value in the bound's own bytes.
 */
static void
keep(RsZoneBuilder *zb, Bound *bound, const char *bytes, Size size)
{
	if (size > RS_ZONE_MAX_BYTES)
	{
		zb->unusable = true;
		return;
	}
	bound->size = size;
	if (zb->type.phys == RS_PHYS_VARLEN)
	{
		SET_VARSIZE(bound->bytes, VARHDRSZ + size);
		memcpy(bound->bytes + VARHDRSZ, bytes, size);
	}
	else
		memcpy(bound->bytes, bytes, size);
	bound->datum = PointerGetDatum(bound->bytes);
}

static void
consider(RsZoneBuilder *zb, Datum value, const char *bytes, Size size)
{
	bool		lower = !zb->any ||
		DatumGetInt32(FunctionCall2Coll(&zb->cmp, zb->type.collation, value, zb->min.datum)) < 0;
	bool		upper = !zb->any ||
		DatumGetInt32(FunctionCall2Coll(&zb->cmp, zb->type.collation, value, zb->max.datum)) > 0;

	if (lower)
		keep(zb, &zb->min, bytes, size);
	if (upper)
		keep(zb, &zb->max, bytes, size);
	if (lower || upper)
		zb->any = true;
}

static void
add_generic(RsZoneBuilder *zb, const RsValues *values)
{
	uint32		i;

	for (i = 0; i < values->count && !zb->unusable; i++)
	{
		Size		size;
		const char *bytes = rs_value_bytes(values, i, &size);

		if (values->phys == RS_PHYS_VARLEN)
			consider(zb, PointerGetDatum(values->bytes + values->offsets[i]), bytes, size);
		else if (zb->type.typbyval)
		{
			int64		word = 0;
			Datum		value;

			memcpy(&word, bytes, size);
			value = int_datum((uint16) size, word);
			if (!zb->any || DatumGetInt32(FunctionCall2Coll(&zb->cmp, zb->type.collation, value,
															zb->min.datum)) < 0)
				zb->min.datum = value;
			if (!zb->any || DatumGetInt32(FunctionCall2Coll(&zb->cmp, zb->type.collation, value,
															zb->max.datum)) > 0)
				zb->max.datum = value;
			zb->any = true;
		}
		else
			consider(zb, PointerGetDatum(bytes), bytes, size);
	}
}

static void
add_signed(RsZoneBuilder *zb, const RsValues *values)
{
	int64		min = PG_INT64_MAX;
	int64		max = PG_INT64_MIN;
	uint32		i;

	switch (values->width)
	{
		case 2:
			for (i = 0; i < values->count; i++)
			{
				min = Min(min, ((int16 *) values->fixed)[i]);
				max = Max(max, ((int16 *) values->fixed)[i]);
			}
			break;
		case 4:
			for (i = 0; i < values->count; i++)
			{
				min = Min(min, ((int32 *) values->fixed)[i]);
				max = Max(max, ((int32 *) values->fixed)[i]);
			}
			break;
		default:
			for (i = 0; i < values->count; i++)
			{
				min = Min(min, ((int64 *) values->fixed)[i]);
				max = Max(max, ((int64 *) values->fixed)[i]);
			}
	}
	if (!zb->any || min < DatumGetInt64(zb->min.datum))
		zb->min.datum = int_datum(values->width, min);
	if (!zb->any || max > DatumGetInt64(zb->max.datum))
		zb->max.datum = int_datum(values->width, max);
}

static void
add_unsigned(RsZoneBuilder *zb, const RsValues *values)
{
	uint32		min = PG_UINT32_MAX;
	uint32		max = 0;
	uint32		i;

	for (i = 0; i < values->count; i++)
	{
		uint32		value = values->width == 1 ? ((uint8 *) values->fixed)[i] :
			((uint32 *) values->fixed)[i];

		min = Min(min, value);
		max = Max(max, value);
	}
	if (!zb->any || min < DatumGetUInt32(zb->min.datum))
		zb->min.datum = UInt32GetDatum(min);
	if (!zb->any || max > DatumGetUInt32(zb->max.datum))
		zb->max.datum = UInt32GetDatum(max);
}

/* PostgreSQL's order of floats: NaN after everything, and equal to itself. */
static bool
float_less(double a, double b)
{
	return isnan(b) ? !isnan(a) : a < b;
}

static double
float_of(const RsColumnType *type, Datum datum)
{
	return type->width == sizeof(float4) ? DatumGetFloat4(datum) : DatumGetFloat8(datum);
}

static void
add_float(RsZoneBuilder *zb, const RsValues *values)
{
	bool		narrow = values->width == sizeof(float4);
	uint32		i;

	for (i = 0; i < values->count; i++)
	{
		double		value = narrow ? ((float4 *) values->fixed)[i] : ((float8 *) values->fixed)[i];
		Datum		datum = narrow ? Float4GetDatum((float4) value) : Float8GetDatum(value);

		if (!zb->any || float_less(value, float_of(&zb->type, zb->min.datum)))
			zb->min.datum = datum;
		if (!zb->any || float_less(float_of(&zb->type, zb->max.datum), value))
			zb->max.datum = datum;
		zb->any = true;
	}
}

/*
 * Numerics of one scale are compared as integers.
 */
static void
add_numeric(RsZoneBuilder *zb, const RsValues *values)
{
	RsValues	scaled;
	int128		min = 0;
	int128		max = 0;
	uint32		i;
	int			end;

	if (values->phys != RS_PHYS_VARLEN)
		scaled = *values;		/* the writer has done it */
	else if (!rs_numeric_scale(values, &scaled))
	{
		add_generic(zb, values);
		return;
	}
	for (i = 0; i < scaled.count; i++)
	{
		int128		value = scaled.phys == RS_PHYS_INT64 ? ((int64 *) scaled.fixed)[i] :
			((int128 *) scaled.fixed)[i];

		min = i == 0 ? value : Min(min, value);
		max = i == 0 ? value : Max(max, value);
	}
	for (end = 0; end < 2; end++)
	{
		Datum		bound = rs_numeric_from_int128(end == 0 ? min : max, scaled.scale);
		char	   *image = DatumGetPointer(bound);

		consider(zb, bound, VARDATA_ANY(image), VARSIZE_ANY_EXHDR(image));
		pfree(image);
	}
	if (values->phys == RS_PHYS_VARLEN)
		pfree(scaled.fixed);
}

static int
compare_bytes(const char *a, Size a_size, const char *b, Size b_size)
{
	int			order = memcmp(a, b, Min(a_size, b_size));

	return order != 0 ? order : a_size < b_size ? -1 : a_size > b_size;
}

/*
 * Compare an upper bound, of which only a prefix may be known, with bytes: a
 * truncated bound counts as larger than all that begins with what is known.
 */
static int
compare_max(const char *max, Size max_size, bool truncated, const char *b, Size b_size)
{
	int			order = memcmp(max, b, Min(max_size, b_size));

	if (order != 0)
		return order;
	if (truncated)
		return 1;
	return max_size < b_size ? -1 : max_size > b_size;
}

static void
set_prefix(Bound *bound, const char *bytes, Size size)
{
	bound->truncated = size > RS_ZONE_MAX_BYTES;
	bound->size = Min(size, RS_ZONE_MAX_BYTES);
	memcpy(bound->bytes, bytes, bound->size);
}

static void
consider_bytes(RsZoneBuilder *zb, const char *bytes, Size size)
{
	if (!zb->any || compare_bytes(bytes, size, zb->min.bytes, zb->min.size) < 0)
		set_prefix(&zb->min, bytes, size);
	if (!zb->any || compare_max(zb->max.bytes, zb->max.size, zb->max.truncated, bytes, size) < 0)
		set_prefix(&zb->max, bytes, size);
	zb->any = true;
}

/* The first bytes as an integer that sorts as they do. */
static inline uint64
leading_bytes(const char *bytes, Size size)
{
	uint64		key = 0;

	if (size >= sizeof(key))
		memcpy(&key, bytes, sizeof(key));
	else
		memcpy(&key, bytes, size);
	return pg_ntoh64(key);
}

/* A value met before, near one end. */
typedef struct Extreme
{
	uint64		key;			/* leading bytes */
	const char *bytes;
	Size		size;
} Extreme;

static inline bool
is_same(const Extreme *a, const Extreme *b)
{
	return a->key == b->key && a->size == b->size && b->bytes != NULL &&
		rs_bytes_equal(a->bytes, b->bytes, a->size);
}

static void
add_bytes(RsZoneBuilder *zb, const RsValues *values)
{
	bool		padded = zb->type.typid == BPCHAROID;
	Extreme		low = {PG_UINT64_MAX, NULL, 0};
	Extreme		high = {0, NULL, 0};
	uint32		i;

	for (i = 0; i < values->count; i++)
	{
		Extreme		value;

		/* Dictionaries and runs repeat the same image. */
		if (i > 0 && values->offsets[i] == values->offsets[i - 1])
			continue;
		value.bytes = rs_value_bytes(values, i, &value.size);
		if (padded)
			value.size = rs_stripped_length(value.bytes, value.size);
		value.key = leading_bytes(value.bytes, value.size);
		/* Well between the bounds, or one of them again: most values are. */
		if ((value.key > low.key && value.key < high.key) ||
			is_same(&value, &low) || is_same(&value, &high))
			continue;
		consider_bytes(zb, value.bytes, value.size);
		if (low.bytes == NULL || value.key <= low.key)
			low = value;
		if (high.bytes == NULL || value.key >= high.key)
			high = value;
	}
}

void
rs_zone_builder_add(RsZoneBuilder *zb, const RsValues *dense)
{
	if (dense->count == 0)
		return;
	switch (zb->method)
	{
		case ZONE_NONE:
			return;
		case ZONE_SIGNED:
			add_signed(zb, dense);
			break;
		case ZONE_UNSIGNED:
			add_unsigned(zb, dense);
			break;
		case ZONE_FLOAT:
			add_float(zb, dense);
			break;
		case ZONE_NUMERIC:
			add_numeric(zb, dense);
			break;
		case ZONE_BYTES:
			add_bytes(zb, dense);
			break;
		case ZONE_GENERIC:
			add_generic(zb, dense);
			break;
	}
	zb->any = true;
}

/*
 * Widen `into` by what `from` covers.
 */
void
rs_zone_builder_merge(RsZoneBuilder *into, const RsZoneBuilder *from)
{
	if (from->unusable)
		into->unusable = true;
	if (!from->any || into->unusable || from->method == ZONE_NONE)
		return;
	if (!into->any)
	{
		into->min = from->min;
		into->max = from->max;
		if (!into->type.typbyval)
		{
			into->min.datum = PointerGetDatum(into->min.bytes);
			into->max.datum = PointerGetDatum(into->max.bytes);
		}
		into->any = true;
	}
	else if (into->method == ZONE_BYTES)
	{
		if (compare_bytes(from->min.bytes, from->min.size, into->min.bytes, into->min.size) < 0)
			into->min = from->min;
		if (compare_max(into->max.bytes, into->max.size, into->max.truncated,
						from->max.bytes, from->max.size) < 0)
			into->max = from->max;
		else if (from->max.truncated && from->max.size == into->max.size &&
				 memcmp(from->max.bytes, into->max.bytes, into->max.size) == 0)
			into->max.truncated = true;
	}
	else
	{
		Oid			collation = into->type.collation;

		if (DatumGetInt32(FunctionCall2Coll(&into->cmp, collation, from->min.datum,
											into->min.datum)) < 0)
			into->min = from->min;
		if (DatumGetInt32(FunctionCall2Coll(&into->cmp, collation, from->max.datum,
											into->max.datum)) > 0)
			into->max = from->max;
		if (!into->type.typbyval)
		{
			into->min.datum = PointerGetDatum(into->min.bytes);
			into->max.datum = PointerGetDatum(into->max.bytes);
		}
	}
}

static void
write_bound(const RsZoneBuilder *zb, const Bound *bound, StringInfo out)
{
	if (zb->method == ZONE_BYTES)
		appendBinaryStringInfo(out, bound->bytes, (int) bound->size);
	else if (zb->type.typbyval)
	{
		char		word[sizeof(Datum)];

		store_att_byval(word, bound->datum, zb->type.width);
		appendBinaryStringInfo(out, word, zb->type.width);
	}
	else if (zb->type.phys == RS_PHYS_VARLEN)
		appendBinaryStringInfo(out, bound->bytes + VARHDRSZ, (int) bound->size);
	else
		appendBinaryStringInfo(out, bound->bytes, (int) bound->size);
}

bool
rs_zone_builder_write(const RsZoneBuilder *zb, StringInfo out)
{
	RsZoneBytes head = {0};
	int			start = out->len;
	int			middle;

	if (!zb->any || zb->unusable || zb->method == ZONE_NONE)
		return false;
	appendBinaryStringInfo(out, (char *) &head, sizeof(head));
	middle = out->len;
	write_bound(zb, &zb->min, out);
	head.min_size = (uint16) (out->len - middle);
	middle = out->len;
	write_bound(zb, &zb->max, out);
	head.max_size = (uint16) (out->len - middle);
	head.type = order_type(&zb->type);
	head.order = zb->method == ZONE_BYTES ? RS_ZONE_BYTES : RS_ZONE_BTREE;
	if (zb->method == ZONE_BYTES && zb->max.truncated)
		head.flags |= RS_ZONE_MAX_TRUNCATED;
	memcpy(out->data + start, &head, sizeof(head));
	return true;
}

static Datum
read_bound(const RsColumnType *type, uint8 order, const char *bytes, uint16 size)
{
	char	   *copy;

	if (order == RS_ZONE_BTREE && type->phys != RS_PHYS_VARLEN)
	{
		if (size != type->width)
			rs_encoding_corrupt("size of a zone's bound does not fit the column");
		copy = palloc(Max(size, sizeof(Datum)));
		memcpy(copy, bytes, size);
		return type->typbyval ? fetch_att(copy, true, type->width) : PointerGetDatum(copy);
	}
	copy = palloc(VARHDRSZ + size);
	SET_VARSIZE(copy, VARHDRSZ + size);
	memcpy(VARDATA(copy), bytes, size);
	return PointerGetDatum(copy);
}

void
rs_zone_read(const RsColumnType *type, const char *bytes, Size avail, RsZone *zone)
{
	RsZoneBytes head;

	if (avail < sizeof(head))
		rs_encoding_corrupt("zone is cut off");
	memcpy(&head, bytes, sizeof(head));
	if ((Size) head.min_size + head.max_size > avail - sizeof(head) ||
		(head.order != RS_ZONE_BTREE && head.order != RS_ZONE_BYTES))
		rs_encoding_corrupt("zone is damaged");
	if (head.type != order_type(type))
		return;
	if ((head.order == RS_ZONE_BYTES) != is_bytes_type(type->typid))
		rs_encoding_corrupt("zone is damaged");
	bytes += sizeof(head);
	zone->order = head.order;
	zone->max_truncated = (head.flags & RS_ZONE_MAX_TRUNCATED) != 0;
	zone->blank_padded = type->typid == BPCHAROID;
	zone->min = read_bound(type, head.order, bytes, head.min_size);
	zone->max = read_bound(type, head.order, bytes + head.min_size, head.max_size);
	zone->has_bounds = true;
}

AttrNumber
rs_key_zone_read(const RsColumnType *types, int natts, const struct RsRowGroup *group,
				 RsZone *zone)
{
	RsZoneBytes head;

	memset(zone, 0, sizeof(RsZone));
	zone->nrows = group->nrows;
	if (VARSIZE_ANY_EXHDR(group->key_zone) < sizeof(head))
		return 0;
	memcpy(&head, VARDATA_ANY(group->key_zone), sizeof(head));
	if (head.attno < 1 || head.attno > natts || !OidIsValid(types[head.attno - 1].typid))
		return 0;
	rs_zone_read(&types[head.attno - 1], VARDATA_ANY(group->key_zone),
				 VARSIZE_ANY_EXHDR(group->key_zone), zone);
	return zone->has_bounds ? (AttrNumber) head.attno : 0;
}

/*
 * Order of a bound against a value: <0, 0, >0.
 */
static int
compare_bound(const RsZone *zone, bool is_max, const RsPredicate *pred, Datum value)
{
	Datum		bound = is_max ? zone->max : zone->min;
	const char *bytes;
	const char *value_bytes;
	Size		size;
	Size		value_size;

	if (zone->order == RS_ZONE_BTREE)
		return DatumGetInt32(FunctionCall2Coll((FmgrInfo *) &pred->cmp, pred->collation,
											   bound, value));
	bytes = VARDATA_ANY(DatumGetPointer(bound));
	size = VARSIZE_ANY_EXHDR(DatumGetPointer(bound));
	value_bytes = VARDATA_ANY(DatumGetPointer(value));
	value_size = VARSIZE_ANY_EXHDR(DatumGetPointer(value));
	if (zone->blank_padded)
		value_size = rs_stripped_length(value_bytes, value_size);
	if (is_max)
		return compare_max(bytes, size, zone->max_truncated, value_bytes, value_size);
	return compare_bytes(bytes, size, value_bytes, value_size);
}

bool
rs_bound_admits_padded(const char *min, Size min_size, const char *value, Size size)
{
	int			order = memcmp(min, value, Min(min_size, size));

	return order != 0 ? order < 0 : min_size <= size || (unsigned char) min[size] <= ' ';
}

/*
 * Does a character sort before the blank?
 */
static bool
has_control(const char *bytes, Size size)
{
	Size		i;

	for (i = 0; i < size; i++)
		if ((unsigned char) bytes[i] < ' ')
			return true;
	return false;
}

/*
 * The predicate compares values v without their trailing blanks, s, with r, the same of the
 * given one; the bounds are of the v.
 *
 *	 - s = r: v is r and blanks, so r <= v, and v < r'!', '!' being the byte after the blank.
 *	 - s > r, s >= r: v >= s, so the upper bound is as r asks.
 *	 - s < r: v < r if s and r differ somewhere.  Else s is a part of r, and v < r unless what r
 *	   has there is less than blanks, which takes a character before the blank: r ends in none.
 *	 - s <= r: one of the above; in both v < r'!' then.
 */
static bool
padded_may_match(const RsZone *zone, const RsPredicate *pred, Datum value, StrategyNumber strategy)
{
	const char *min = VARDATA_ANY(DatumGetPointer(zone->min));
	Size		min_size = VARSIZE_ANY_EXHDR(DatumGetPointer(zone->min));
	const char *max = VARDATA_ANY(DatumGetPointer(zone->max));
	Size		max_size = VARSIZE_ANY_EXHDR(DatumGetPointer(zone->max));
	const char *bytes = VARDATA_ANY(DatumGetPointer(value));
	Size		size = rs_stripped_length(bytes, VARSIZE_ANY_EXHDR(DatumGetPointer(value)));

	switch (strategy)
	{
		case BTLessStrategyNumber:
			return has_control(bytes, size) || compare_bytes(min, min_size, bytes, size) < 0;
		case BTLessEqualStrategyNumber:
			return has_control(bytes, size) || rs_bound_admits_padded(min, min_size, bytes, size);
		case BTEqualStrategyNumber:
			return rs_bound_admits_padded(min, min_size, bytes, size) &&
				compare_max(max, max_size, zone->max_truncated, bytes, size) >= 0;
		case BTGreaterEqualStrategyNumber:
			return compare_max(max, max_size, zone->max_truncated, bytes, size) >= 0;
		case BTGreaterStrategyNumber:
			return compare_max(max, max_size, zone->max_truncated, bytes, size) > 0;
		default:
			return true;
	}
}

static bool
compare_may_match(const RsZone *zone, const RsPredicate *pred)
{
	if (pred->padded && zone->order == RS_ZONE_BYTES && !zone->blank_padded)
		return padded_may_match(zone, pred, pred->value, pred->strategy);
	switch (pred->strategy)
	{
		case BTLessStrategyNumber:
			return compare_bound(zone, false, pred, pred->value) < 0;
		case BTLessEqualStrategyNumber:
			return compare_bound(zone, false, pred, pred->value) <= 0;
		case BTEqualStrategyNumber:
			return compare_bound(zone, false, pred, pred->value) <= 0 &&
				compare_bound(zone, true, pred, pred->value) >= 0;
		case BTGreaterEqualStrategyNumber:
			return compare_bound(zone, true, pred, pred->value) >= 0;
		case BTGreaterStrategyNumber:
			return compare_bound(zone, true, pred, pred->value) > 0;
		default:
			return true;
	}
}

static bool
prefix_may_match(const RsZone *zone, const RsPredicate *pred)
{
	const char *prefix = VARDATA_ANY(DatumGetPointer(pred->value));
	Size		size = VARSIZE_ANY_EXHDR(DatumGetPointer(pred->value));
	const char *min = VARDATA_ANY(DatumGetPointer(zone->min));
	Size		min_size = VARSIZE_ANY_EXHDR(DatumGetPointer(zone->min));
	const char *max = VARDATA_ANY(DatumGetPointer(zone->max));
	Size		max_size = VARSIZE_ANY_EXHDR(DatumGetPointer(zone->max));

	/* A blank of the prefix may match padding, which the bounds don't have. */
	if (zone->blank_padded)
		size = rs_stripped_length(prefix, size);
	return memcmp(min, prefix, Min(min_size, size)) <= 0 &&
		compare_max(max, max_size, zone->max_truncated, prefix, size) >= 0;
}

bool
rs_zone_may_match(const RsZone *zone, const RsPredicate *pred)
{
	int			i;

	if (pred->never)
		return false;
	if (pred->kind == RS_PRED_IS_NULL)
		return zone->nnulls > 0;
	if (pred->kind == RS_PRED_ORDER)
		return pred->may_match(pred->arg, pred, zone);
	if (zone->nrows > 0 && zone->nnulls == zone->nrows)
		return false;
	if (pred->kind == RS_PRED_ZONE)
		return pred->may_match(pred->arg, pred, zone);
	if (pred->kind == RS_PRED_IS_NOT_NULL || !zone->has_bounds)
		return true;
	if (zone->order == RS_ZONE_BYTES ? !pred->bytes_order : !pred->btree_order)
		return true;
	switch (pred->kind)
	{
		case RS_PRED_COMPARE:
			return compare_may_match(zone, pred);
		case RS_PRED_PREFIX:
			return zone->order != RS_ZONE_BYTES || prefix_may_match(zone, pred);
		case RS_PRED_IN:
			for (i = 0; i < pred->nvalues; i++)
				if (pred->padded && zone->order == RS_ZONE_BYTES && !zone->blank_padded ?
					padded_may_match(zone, pred, pred->values[i], BTEqualStrategyNumber) :
					compare_bound(zone, false, pred, pred->values[i]) <= 0 &&
					compare_bound(zone, true, pred, pred->values[i]) >= 0)
					return true;
			return false;
		default:
			return true;
	}
}

static bool
compare_must_match(const RsZone *zone, const RsPredicate *pred)
{
	switch (pred->strategy)
	{
		case BTLessStrategyNumber:
			return compare_bound(zone, true, pred, pred->value) < 0;
		case BTLessEqualStrategyNumber:
			return compare_bound(zone, true, pred, pred->value) <= 0;
		case BTGreaterEqualStrategyNumber:
			return compare_bound(zone, false, pred, pred->value) >= 0;
		case BTGreaterStrategyNumber:
			return compare_bound(zone, false, pred, pred->value) > 0;
		case BTEqualStrategyNumber:
			/* A lower bound of bytes may be a prefix, and that equal to the value. */
			return zone->order == RS_ZONE_BTREE &&
				compare_bound(zone, false, pred, pred->value) == 0 &&
				compare_bound(zone, true, pred, pred->value) == 0;
		default:
			return false;
	}
}

bool
rs_zone_must_match(const RsZone *zone, const RsPredicate *pred)
{
	if (pred->never || zone->unknown)
		return false;
	if (pred->kind == RS_PRED_IS_NULL)
		return zone->nnulls == zone->nrows;
	if (zone->nnulls > 0)
		return false;
	if (pred->kind == RS_PRED_IS_NOT_NULL)
		return true;
	return pred->kind == RS_PRED_COMPARE && zone->has_bounds && !zone->blank_padded && !pred->padded &&
		(zone->order == RS_ZONE_BYTES ? pred->bytes_order : pred->btree_order) &&
		compare_must_match(zone, pred);
}
