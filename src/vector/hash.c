/*
 * hash.c
 *	  Hashes and keys of values, equal where PostgreSQL's equality says so.
 *
 * Integers hash as int64 whatever their width, so that keys of a join may differ
 * in it; -0 hashes as 0 and every NaN alike; char(n), and strings that are compared as
 * such, without trailing blanks;
 * numerics in lowest terms.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "encoding/dictionary.h"
#include "encoding/numeric.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/pg_locale.h"
#include "utils/typcache.h"
#include "vector/aggregate/group_table.h"

#define RS_NULL_HASH	UINT64CONST(0x9e3779b97f4a7c15)

/*
 * The type whose equality a key of this base type is told apart by: strings may be, as if
 * they were char(n).
 */
static Oid
compared_as(Oid base, Oid equality)
{
	return equality == BpcharEqualOperator && (base == TEXTOID || base == VARCHAROID) ? BPCHAROID : base;
}

void
rs_key_type_for(RsVectorType *type, Oid equality)
{
	type->typid = compared_as(type->typid, equality);
}

RsVectorType *
rs_key_types_for(const RsVectorType *types, int ncolumns, int n, const AttrNumber *columns, const Oid *equalities)
{
	RsVectorType *result = palloc(Max(ncolumns, 1) * sizeof(RsVectorType));
	int			i;

	memcpy(result, types, ncolumns * sizeof(RsVectorType));
	for (i = 0; i < n; i++)
		rs_key_type_for(&result[columns[i] - 1], equalities[i]);
	return result;
}

bool
rs_key_type_supported(Oid typid, Oid equality, Oid collation)
{
	Oid			base = compared_as(getBaseType(typid), equality);

	if (lookup_type_cache(base, TYPECACHE_EQ_OPR)->eq_opr != equality ||
		(OidIsValid(collation) && !get_collation_isdeterministic(collation)))
		return false;
	switch (base)
	{
		case BOOLOID:
		case CHAROID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case BYTEAOID:
		case UUIDOID:
			return true;
		default:
			return false;
	}
}

static inline uint64
hash_double(double value)
{
	uint64		bits;

	if (isnan(value))
		return RS_NULL_HASH + 1;
	if (value == 0)
		value = 0;
	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static uint64
hash_ref(const RsVectorType *type, Datum value)
{
	const char *bytes;
	Size		size;

	if (type->typlen > 0)
		return hash_bytes_extended((unsigned char *) DatumGetPointer(value), type->typlen, 0);
	bytes = rs_varlena_bytes(value, type->typid == BPCHAROID, &size);
	return hash_bytes_extended((const unsigned char *) bytes, (int) size, 0);
}

/*
 * Order of no importance: are two varlena or fixed-length values the same?
 */
bool
rs_refs_equal(const RsVectorType *type, Datum a, Datum b)
{
	bool		padded = type->typid == BPCHAROID;
	const char *x;
	const char *y;
	Size		x_size;
	Size		y_size;

	if (a == b)
		return true;
	if (type->typlen > 0)
		return rs_bytes_equal(DatumGetPointer(a), DatumGetPointer(b), type->typlen);
	x = rs_varlena_bytes(a, padded, &x_size);
	y = rs_varlena_bytes(b, padded, &y_size);
	return x_size == y_size && rs_bytes_equal(x, y, x_size);
}

/*
 * Strip zeros behind the point.
 */
static void
reduce(RsNumericKey *key)
{
	while (key->scale > 0 && key->value == (int64) key->value)
	{
		int64		value = (int64) key->value;

		if (value % 10 != 0)
			return;
		key->value = value / 10;
		key->scale--;
	}
	while (key->scale > 0 && key->value % 10 == 0)
	{
		key->value /= 10;
		key->scale--;
	}
}

/*
 * Is the value, as it is to be shown, an integer?
 */
static bool
can_show(const RsNumericKey *key)
{
	int128		shown;

	return key->display_scale >= key->scale && key->display_scale <= RS_NUMERIC_MAX_SCALE &&
		!__builtin_mul_overflow(key->value, rs_power_of_ten(key->display_scale - key->scale), &shown);
}

static void
key_of_datum(Datum value, RsNumericKey *key)
{
	struct varlena *image = PG_DETOAST_DATUM_PACKED(value);

	key->datum = (Datum) 0;
	if (!rs_numeric_to_lowest_terms((const char *) image, &key->value, &key->scale,
									&key->display_scale))
	{
		key->value = 0;
		key->scale = -1;
		key->display_scale = 0;
	}
	if (key->scale < 0 || !can_show(key))
		key->datum = value;
	if ((Pointer) image != DatumGetPointer(value))
		pfree(image);
}

void
rs_numeric_key(const RsVector *vector, uint32 row, RsNumericKey *key)
{
	uint32		i = vector->constant ? 0 : row;

	if (vector->form == RS_FORM_REF)
	{
		key_of_datum(((Datum *) vector->data)[i], key);
		return;
	}
	key->value = rs_vector_numeric(vector, row);
	key->scale = vector->scale;
	key->display_scale = vector->scales != NULL ? vector->scales[i] : vector->scale;
	key->datum = (Datum) 0;
	reduce(key);
}

bool
rs_numeric_key_equal(const RsNumericKey *a, const RsNumericKey *b)
{
	if (a->scale != b->scale)
		return false;
	if (a->scale >= 0)
		return a->value == b->value;
	return DatumGetBool(DirectFunctionCall2(numeric_eq, a->datum, b->datum));
}

Datum
rs_numeric_key_datum(const RsNumericKey *key)
{
	if (key->datum != (Datum) 0)
		return key->datum;
	return rs_numeric_from_int128(key->value * rs_power_of_ten(key->display_scale - key->scale),
								  key->display_scale);
}

static uint64
hash_numeric_value(const RsVector *vector, uint32 row)
{
	RsNumericKey key;

	rs_numeric_key(vector, row, &key);
	if (key.scale < 0)
		return DatumGetUInt32(DirectFunctionCall1(hash_numeric, key.datum));
	return rs_hash_integer((uint64) key.value ^ (uint64) (key.value >> 64)) + key.scale;
}

static inline uint64
hash_value(const RsVectorType *type, const RsVector *vector, uint32 row)
{
	if (type->is_numeric)
		return hash_numeric_value(vector, row);
	switch (vector->form)
	{
		case RS_FORM_F32:
			return hash_double(((float4 *) vector->data)[row]);
		case RS_FORM_F64:
			return hash_double(((float8 *) vector->data)[row]);
		case RS_FORM_REF:
			return hash_ref(type, ((Datum *) vector->data)[row]);
		default:
			return (uint64) rs_vector_int(vector, row);
	}
}

/*
 * Values that came from a dictionary are the same images again and again: their hashes
 * are kept for the batch, by address; those of its entries are found first.
 */
#define RS_HASH_CACHE	64
#define RS_HASH_ENTRIES	512
/* Images are fetched so many rows ahead: those that a join gathered lie anywhere. */
#define RS_HASH_AHEAD	16

static void
hash_refs(const RsVectorType *type, const RsVector *vector, uint32 n, uint64 *hashes)
{
	const Datum *values = vector->data;
	Datum		known[RS_HASH_CACHE];
	uint64		known_hash[RS_HASH_CACHE];
	uint32		i;

	if (vector->dictionary != NULL && vector->ndictionary <= RS_HASH_ENTRIES)
	{
		const RsVector *entries = vector->dictionary;
		uint64		entry_hash[RS_HASH_ENTRIES];

		for (i = 0; i < vector->ndictionary; i++)
			entry_hash[i] = rs_vector_is_null(entries, i) ? RS_NULL_HASH :
				hash_ref(type, ((Datum *) entries->data)[i]);
		for (i = 0; i < n; i++)
			hashes[i] = rs_hash_integer(hashes[i] ^ entry_hash[vector->codes[i]]);
		return;
	}
	memset(known, 0, sizeof(known));
	for (i = 0; i < n; i++)
	{
		uint32		at = (uint32) (values[i] ^ values[i] >> 6) % RS_HASH_CACHE;

		if (i + RS_HASH_AHEAD < n)
		{
			Datum		image = values[i + RS_HASH_AHEAD];

			/* Of a NULL it may be any address, which is harmless. */
			__builtin_prefetch(DatumGetPointer(image));
			__builtin_prefetch(DatumGetPointer(image + PG_CACHE_LINE_SIZE / 2));
		}
		if (vector->null != NULL && vector->null[i])
		{
			hashes[i] = rs_hash_integer(hashes[i] ^ RS_NULL_HASH);
			continue;
		}
		if (known[at] != values[i])
		{
			known[at] = values[i];
			known_hash[at] = hash_ref(type, values[i]);
		}
		hashes[i] = rs_hash_integer(hashes[i] ^ known_hash[at]);
	}
}

void
rs_hash_columns(const RsVectorType *types, const RsVector **columns, int ncolumns, uint32 n,
				uint64 *hashes)
{
	uint32		i;
	int			c;

	memset(hashes, 0, n * sizeof(uint64));
	for (c = 0; c < ncolumns; c++)
	{
		const RsVector *vector = columns[c];

		if (!vector->constant && vector->null == NULL && !types[c].is_numeric &&
			vector->form == RS_FORM_I32)
			rs_hash_int32(vector->data, n, hashes);
		else if (!vector->constant && vector->null == NULL && !types[c].is_numeric &&
				 vector->form == RS_FORM_I64)
			rs_hash_int64(vector->data, n, hashes);
		else if (!vector->constant && !types[c].is_numeric && vector->form == RS_FORM_REF)
			hash_refs(&types[c], vector, n, hashes);
		else
			for (i = 0; i < n; i++)
				hashes[i] = rs_hash_integer(hashes[i] ^
								(rs_vector_is_null(vector, i) ? RS_NULL_HASH :
								 hash_value(&types[c], vector, vector->constant ? 0 : i)));
	}
}
