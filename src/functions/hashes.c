/*
 * hashes.c
 *	  SHA1, SHA2, CRC32, FNV_HASH and MURMUR3_32_HASH.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha1.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "port/pg_crc32c.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "vector/vector.h"

#define FNV_SEED UINT64CONST(0xcbf29ce484222325)
#define FNV_PRIME UINT64CONST(0x100000001b3)

/* In lower case. */
static text *
hex_text(const uint8 *bytes, int size)
{
	text	   *result = palloc(VARHDRSZ + 2 * size);

	SET_VARSIZE(result, VARHDRSZ + 2 * size);
	hex_encode((const char *) bytes, size, VARDATA(result));
	return result;
}

static text *
digest_text(pg_cryptohash_type type, text *value, int size)
{
	uint8		digest[PG_SHA512_DIGEST_LENGTH];
	pg_cryptohash_ctx *context = pg_cryptohash_create(type);

	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)) < 0 ||
		pg_cryptohash_final(context, digest, size) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute hash: %s", pg_cryptohash_error(context))));
	pg_cryptohash_free(context);
	return hex_text(digest, size);
}

PG_FUNCTION_INFO_V1(rs_sha1);
Datum
rs_sha1(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(digest_text(PG_SHA1, PG_GETARG_TEXT_PP(0), SHA1_DIGEST_LENGTH));
}

/* SHA2(value, bits): 0 is 256; of other lengths than SHA-2 has, an empty string. */
PG_FUNCTION_INFO_V1(rs_sha2);
Datum
rs_sha2(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);

	switch (PG_GETARG_INT32(1))
	{
		case 0:
		case 256:
			PG_RETURN_TEXT_P(digest_text(PG_SHA256, value, PG_SHA256_DIGEST_LENGTH));
		case 224:
			PG_RETURN_TEXT_P(digest_text(PG_SHA224, value, PG_SHA224_DIGEST_LENGTH));
		case 384:
			PG_RETURN_TEXT_P(digest_text(PG_SHA384, value, PG_SHA384_DIGEST_LENGTH));
		case 512:
			PG_RETURN_TEXT_P(digest_text(PG_SHA512, value, PG_SHA512_DIGEST_LENGTH));
		default:
			PG_RETURN_TEXT_P(cstring_to_text(""));
	}
}

/* CRC32: of Castagnoli's polynomial, as text in hexadecimal. */
PG_FUNCTION_INFO_V1(rs_crc32);
Datum
rs_crc32(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	FIN_CRC32C(crc);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%08x", crc)));
}

/* ---------------------------------------------------------------------
 * Hashes of any basic type
 * ---------------------------------------------------------------------
 */

/*
 * The bytes that stand for a value, in the order of Redshift's processors: what it has in memory.
 * A numeric is the integer of its digits, of 64 bits if that is enough, else 128.
 */
static const uint8 *
value_bytes(FunctionCallInfo fcinfo, int128 *space, Size *size)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Datum		value = PG_GETARG_DATUM(0);
	int16		scale;
	int64		integer;

	switch (getBaseType(type))
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case BYTEAOID:
			{
				struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);

				*size = VARSIZE_ANY_EXHDR(bytes);
				return (const uint8 *) VARDATA_ANY(bytes);
			}
		case BOOLOID:
			*size = 1;
			integer = DatumGetBool(value);
			break;
		case INT2OID:
			*size = 2;
			integer = DatumGetInt16(value);
			break;
		case INT4OID:
		case DATEOID:
			*size = 4;
			integer = DatumGetInt32(value);
			break;
		case FLOAT4OID:
			*size = 4;
			integer = (int64) (uint32) DatumGetInt32(value);
			break;
		case INT8OID:
		case FLOAT8OID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			*size = 8;
			integer = DatumGetInt64(value);
			break;
		case NUMERICOID:
			if (!rs_numeric_from_datum(value, space, &scale))
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("numeric has more than 38 digits")));
			*size = *space >= PG_INT64_MIN && *space <= PG_INT64_MAX ? 8 : 16;
			return (const uint8 *) space;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot hash values of type %s", format_type_be(type))));
	}
	/* Bytes of the lowest first. */
	*space = integer;
	return (const uint8 *) space;
}

/* FNV_HASH(value [, seed]): FNV-1a of 64 bits; the hash of what is before it may be the seed. */
PG_FUNCTION_INFO_V1(rs_fnv_hash);
Datum
rs_fnv_hash(PG_FUNCTION_ARGS)
{
	uint64		hash = PG_NARGS() > 1 ? (uint64) PG_GETARG_INT64(1) : FNV_SEED;
	int128		space;
	Size		size;
	const uint8 *bytes = value_bytes(fcinfo, &space, &size);
	Size		i;

	for (i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	PG_RETURN_INT64((int64) hash);
}

static inline uint32
rotate_left(uint32 x, int bits)
{
	return (x << bits) | (x >> (32 - bits));
}

static inline uint32
murmur_mix(uint32 word)
{
	return rotate_left(word * 0xcc9e2d51, 15) * 0x1b873593;
}

static uint32
murmur3(const uint8 *bytes, Size size, uint32 hash)
{
	uint32		rest = 0;
	Size		i;

	for (i = 0; i + 4 <= size; i += 4)
	{
		uint32		word = bytes[i] | (uint32) bytes[i + 1] << 8 | (uint32) bytes[i + 2] << 16 |
			(uint32) bytes[i + 3] << 24;

		hash = rotate_left(hash ^ murmur_mix(word), 13) * 5 + 0xe6546b64;
	}
	if (i < size)
	{
		for (; size > i; size--)
			rest = rest << 8 | bytes[size - 1];
		hash ^= murmur_mix(rest);
	}
	return hash;
}

/*
 * MURMUR3_32_HASH(value [, seed]): all integers, and dates, as those of 64 bits.
 */
PG_FUNCTION_INFO_V1(rs_murmur3_32_hash);
Datum
rs_murmur3_32_hash(PG_FUNCTION_ARGS)
{
	uint32		hash = PG_NARGS() > 1 ? (uint32) PG_GETARG_INT32(1) : 0;
	int128		space;
	Size		size;
	const uint8 *bytes = value_bytes(fcinfo, &space, &size);

	if (bytes == (const uint8 *) &space && size < 8)
		size = 8;
	hash = murmur3(bytes, size, hash) ^ (uint32) size;
	hash = (hash ^ hash >> 16) * 0x85ebca6b;
	hash = (hash ^ hash >> 13) * 0xc2b2ae35;
	PG_RETURN_INT32((int32) (hash ^ hash >> 16));
}
