/*
 * encoding.c
 *	  The encodings, and which of them Redshift accepts for which type.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "encoding/alp.h"
#include "encoding/az64.h"
#include "encoding/bytedict.h"
#include "encoding/delta.h"
#include "encoding/mostly.h"
#include "encoding/raw.h"
#include "encoding/runlength.h"
#include "encoding/text255.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static const RsEncoding *const encodings[RS_ENC_COUNT] = {
	[RS_ENC_RAW] = &rs_encoding_raw,
	[RS_ENC_AZ64] = &rs_encoding_az64,
	[RS_ENC_BYTEDICT] = &rs_encoding_bytedict,
	[RS_ENC_DELTA] = &rs_encoding_delta,
	[RS_ENC_DELTA32K] = &rs_encoding_delta32k,
	[RS_ENC_LZO] = &rs_encoding_lzo,
	[RS_ENC_MOSTLY8] = &rs_encoding_mostly8,
	[RS_ENC_MOSTLY16] = &rs_encoding_mostly16,
	[RS_ENC_MOSTLY32] = &rs_encoding_mostly32,
	[RS_ENC_RUNLENGTH] = &rs_encoding_runlength,
	[RS_ENC_TEXT255] = &rs_encoding_text255,
	[RS_ENC_TEXT32K] = &rs_encoding_text32k,
	[RS_ENC_ZSTD] = &rs_encoding_zstd,
	[RS_ENC_ALP] = &rs_encoding_alp
};

/* Kinds of SQL types, as Redshift's table of encodings tells them apart. */
typedef enum TypeKind
{
	KIND_SMALLINT = 1 << 0,
	KIND_INTEGER = 1 << 1,
	KIND_BIGINT = 1 << 2,
	KIND_DECIMAL = 1 << 3,
	KIND_FLOAT = 1 << 4,
	KIND_BOOLEAN = 1 << 5,
	KIND_CHAR = 1 << 6,
	KIND_VARCHAR = 1 << 7,
	KIND_DATE = 1 << 8,
	KIND_TIME = 1 << 9,			/* time, timetz, interval */
	KIND_TIMESTAMP = 1 << 10,
	KIND_TIMESTAMPTZ = 1 << 11,
	KIND_BLOB = 1 << 12,		/* SUPER (json, jsonb), VARBYTE (bytea) */
	KIND_OTHER = 1 << 13		/* types Redshift doesn't have */
} TypeKind;

#define KINDS_INT		(KIND_SMALLINT | KIND_INTEGER | KIND_BIGINT)
#define KINDS_TIME		(KIND_DATE | KIND_TIME | KIND_TIMESTAMP | KIND_TIMESTAMPTZ)
#define KINDS_TEXT		(KIND_CHAR | KIND_VARCHAR)
#define KINDS_ALL		0x3FFF

static const int accepted[RS_ENC_COUNT] = {
	[RS_ENC_AUTO] = KINDS_ALL,
	[RS_ENC_RAW] = KINDS_ALL,
	[RS_ENC_AZ64] = KINDS_INT | KIND_DECIMAL | KINDS_TIME,
	[RS_ENC_BYTEDICT] = KINDS_ALL & ~(KIND_BOOLEAN | KIND_BLOB),
	[RS_ENC_DELTA] = KINDS_INT | KIND_DECIMAL | KIND_DATE | KIND_TIMESTAMP,
	[RS_ENC_DELTA32K] = KIND_INTEGER | KIND_BIGINT | KIND_DECIMAL | KIND_DATE | KIND_TIMESTAMP,
	[RS_ENC_LZO] = KINDS_ALL & ~(KIND_BOOLEAN | KIND_FLOAT),
	[RS_ENC_MOSTLY8] = KINDS_INT | KIND_DECIMAL,
	[RS_ENC_MOSTLY16] = KIND_INTEGER | KIND_BIGINT | KIND_DECIMAL,
	[RS_ENC_MOSTLY32] = KIND_BIGINT | KIND_DECIMAL,
	[RS_ENC_RUNLENGTH] = KINDS_ALL & ~KIND_BLOB,
	[RS_ENC_TEXT255] = KIND_VARCHAR,
	[RS_ENC_TEXT32K] = KIND_VARCHAR,
	[RS_ENC_ZSTD] = KINDS_ALL
};

static TypeKind
type_kind(Oid typid)
{
	switch (typid)
	{
		case INT2OID:
			return KIND_SMALLINT;
		case INT4OID:
		case OIDOID:
			return KIND_INTEGER;
		case INT8OID:
		case CASHOID:
			return KIND_BIGINT;
		case NUMERICOID:
			return KIND_DECIMAL;
		case FLOAT4OID:
		case FLOAT8OID:
			return KIND_FLOAT;
		case BOOLOID:
			return KIND_BOOLEAN;
		case BPCHAROID:
			return KIND_CHAR;
		case TEXTOID:
		case VARCHAROID:
			return KIND_VARCHAR;
		case DATEOID:
			return KIND_DATE;
		case TIMEOID:
		case TIMETZOID:
		case INTERVALOID:
			return KIND_TIME;
		case TIMESTAMPOID:
			return KIND_TIMESTAMP;
		case TIMESTAMPTZOID:
			return KIND_TIMESTAMPTZ;
		case JSONOID:
		case JSONBOID:
		case BYTEAOID:
			return KIND_BLOB;
		default:
			return KIND_OTHER;
	}
}

const RsEncoding *
rs_encoding_get(RsEncodingId id)
{
	return id > RS_ENC_AUTO && id < RS_ENC_COUNT ? encodings[id] : NULL;
}

/*
 * The encoding users call by this name, in any case; -1 if there is none.
 */
RsEncodingId
rs_encoding_by_name(const char *name)
{
	int			id;

	if (pg_strcasecmp(name, "none") == 0)
		return RS_ENC_RAW;
	if (pg_strcasecmp(name, "auto") == 0)
		return RS_ENC_AUTO;
	for (id = RS_ENC_RAW; id <= RS_ENC_ZSTD; id++)
		if (pg_strcasecmp(name, encodings[id]->name) == 0)
			return (RsEncodingId) id;
	return (RsEncodingId) -1;
}

const char *
rs_encoding_name(RsEncodingId id)
{
	const RsEncoding *encoding = rs_encoding_get(id);

	return encoding != NULL ? encoding->name : "auto";
}

bool
rs_encoding_accepts_type(RsEncodingId id, const RsColumnType *type)
{
	return id < RS_ENC_COUNT && (accepted[id] & type_kind(type->typid)) != 0;
}

char *
rs_encoding_list_for_type(const RsColumnType *type)
{
	StringInfoData list;
	int			id;

	initStringInfo(&list);
	for (id = RS_ENC_RAW; id <= RS_ENC_ZSTD; id++)
		if (rs_encoding_accepts_type((RsEncodingId) id, type))
			appendStringInfo(&list, "%s%s", list.len > 0 ? ", " : "", encodings[id]->name);
	return list.data;
}

/*
 * What Redshift takes where ENCODE is omitted.
 */
RsEncodingId
rs_encoding_default(const RsColumnType *type, bool in_sortkey)
{
	TypeKind	kind = type_kind(type->typid);

	if (in_sortkey || (kind & (KIND_BOOLEAN | KIND_FLOAT)) != 0)
		return RS_ENC_RAW;
	if ((accepted[RS_ENC_AZ64] & kind) != 0)
		return RS_ENC_AZ64;
	if ((kind & KINDS_TEXT) != 0 || type->typid == BYTEAOID)
		return RS_ENC_LZO;
	return RS_ENC_ZSTD;
}

void
rs_column_type_init(RsColumnType *type, Oid typid, int32 typmod, Oid collation)
{
	memset(type, 0, sizeof(RsColumnType));
	type->typmod = typmod;
	type->typid = getBaseTypeAndTypmod(typid, &type->typmod);
	type->collation = collation;
	get_typlenbyvalalign(type->typid, &type->typlen, &type->typbyval, &type->typalign);
	type->is_numeric = type->typid == NUMERICOID;
	if (type->typlen == -1)
	{
		type->phys = RS_PHYS_VARLEN;
		type->plain = get_typstorage(type->typid) == TYPSTORAGE_PLAIN;
	}
	else if (type->typlen <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("columns of type %s cannot be stored in a redshift table",
						format_type_be(typid))));
	else
	{
		type->width = (uint16) type->typlen;
		if (!type->typbyval)
			type->phys = RS_PHYS_FIXED;
		else if (type->typid == FLOAT4OID)
			type->phys = RS_PHYS_FLOAT32;
		else if (type->typid == FLOAT8OID)
			type->phys = RS_PHYS_FLOAT64;
		else
			type->phys = type->typlen == 1 ? RS_PHYS_INT8 :
				type->typlen == 2 ? RS_PHYS_INT16 :
				type->typlen == 4 ? RS_PHYS_INT32 : RS_PHYS_INT64;
	}
}

void
rs_encoding_corrupt(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("stored data is damaged"),
			 errdetail_internal("%s", what)));
}
