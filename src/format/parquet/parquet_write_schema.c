/*
 * parquet_write_schema.c
 *	  What PostgreSQL's types are in a Parquet file.
 *
 * Every type has one form, that its declaration alone decides: files that several
 * processes write for one query have to agree.  So a numeric without precision is text: there is
 * no scale that would be right for all its values.  An interval is text because
 * Parquet's own has neither microseconds nor a sign.  A column may be NULL always; a query does not say.
 *
 * Columns say what they mean in both ways, the older and the newer, since readers know
 * one or the other.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "format/parquet/parquet_write.h"
#include "mb/pg_wchar.h"
#include "utils/date.h"
#include "utils/lsyscache.h"

#define EPOCH_DAYS	(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
#define EPOCH_MICROSECONDS	(EPOCH_DAYS * USECS_PER_DAY)

static const char *
to_utf8(const char *text)
{
	return pg_server_to_any(pstrdup(text), (int) strlen(text), PG_UTF8);
}

static void
set_meaning(RsParquetLeaf *leaf, RsParquetConverted converted, RsParquetLogicalKind kind)
{
	leaf->element.converted = converted;
	leaf->element.logical.kind = kind;
}

static void
set_integer(RsParquetLeaf *leaf, RsParquetType type)
{
	leaf->source = RS_LEAF_INT;
	leaf->element.type = type;
	leaf->class = type == RS_PARQUET_INT32 ? RS_CLASS_4 : RS_CLASS_8;
}

static void
set_time(RsParquetLeaf *leaf, RsParquetConverted converted, RsParquetLogicalKind kind, bool utc)
{
	set_integer(leaf, RS_PARQUET_INT64);
	set_meaning(leaf, converted, kind);
	leaf->element.logical.utc = utc;
	leaf->element.logical.unit = RS_PARQUET_MICROS;
	if (kind == RS_LOGICAL_TIMESTAMP)
	{
		leaf->offset = EPOCH_MICROSECONDS;
		leaf->first = MIN_TIMESTAMP;
		leaf->last = PG_INT64_MAX - EPOCH_MICROSECONDS;
	}
}

static void
set_bytes(RsParquetLeaf *leaf, RsLeafSource source, RsParquetConverted converted, RsParquetLogicalKind kind)
{
	leaf->source = source;
	leaf->element.type = RS_PARQUET_BYTE_ARRAY;
	leaf->class = RS_CLASS_BYTES;
	leaf->is_text = kind != RS_LOGICAL_NONE;
	set_meaning(leaf, converted, kind);
}

static void
set_text(RsParquetLeaf *leaf, RsParquetConverted converted, RsParquetLogicalKind kind)
{
	set_bytes(leaf, RS_LEAF_TEXT, converted, kind);
	leaf->text = rs_text_column_create(&leaf->type);
}

/*
 * A decimal of as many bytes as its precision needs; false: there is none of it.
 */
static bool
set_decimal(RsParquetLeaf *leaf, int32 typmod)
{
	int			precision = ((typmod - VARHDRSZ) >> 16) & 0xFFFF;
	int			scale = (((typmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;
	int			bytes = 1;

	if (typmod < (int32) VARHDRSZ)
		return false;
	/* Where PostgreSQL allows a scale below zero, or above the precision. */
	precision = scale < 0 ? precision - scale : Max(precision, scale);
	scale = Max(scale, 0);
	if (precision > 38)
		return false;
	leaf->source = RS_LEAF_DECIMAL;
	if (precision <= 18)
	{
		leaf->element.type = precision <= 9 ? RS_PARQUET_INT32 : RS_PARQUET_INT64;
		leaf->class = precision <= 9 ? RS_CLASS_4 : RS_CLASS_8;
	}
	else
	{
		while (bytes < 16 && rs_power_of_ten(precision) - 1 >= (int128) 1 << (8 * bytes - 1))
			bytes++;
		leaf->element.type = RS_PARQUET_FIXED;
		leaf->element.type_length = bytes;
		leaf->class = RS_CLASS_BYTES;
	}
	set_meaning(leaf, RS_PARQUET_DECIMAL, RS_LOGICAL_DECIMAL);
	leaf->element.logical.precision = precision;
	leaf->element.logical.scale = scale;
	return true;
}

static void
set_by_type(RsParquetLeaf *leaf, int32 typmod)
{
	switch (leaf->type.typid)
	{
		case BOOLOID:
			leaf->source = RS_LEAF_BOOL;
			leaf->element.type = RS_PARQUET_BOOLEAN;
			leaf->class = RS_CLASS_BOOL;
			break;
		case INT2OID:
			set_integer(leaf, RS_PARQUET_INT32);
			set_meaning(leaf, RS_PARQUET_INT_16, RS_LOGICAL_INTEGER);
			leaf->element.logical.bits = 16;
			leaf->element.logical.is_signed = true;
			break;
		case INT4OID:
			set_integer(leaf, RS_PARQUET_INT32);
			break;
		case INT8OID:
		case OIDOID:
			set_integer(leaf, RS_PARQUET_INT64);
			break;
		case FLOAT4OID:
			leaf->source = RS_LEAF_FLOAT;
			leaf->element.type = RS_PARQUET_FLOAT;
			leaf->class = RS_CLASS_4;
			break;
		case FLOAT8OID:
			leaf->source = RS_LEAF_FLOAT;
			leaf->element.type = RS_PARQUET_DOUBLE;
			leaf->class = RS_CLASS_8;
			break;
		case NUMERICOID:
			if (!set_decimal(leaf, typmod))
				set_text(leaf, RS_PARQUET_UTF8, RS_LOGICAL_STRING);
			break;
		case DATEOID:
			set_integer(leaf, RS_PARQUET_INT32);
			set_meaning(leaf, RS_PARQUET_DATE, RS_LOGICAL_DATE);
			leaf->offset = EPOCH_DAYS;
			leaf->first = DATEVAL_NOBEGIN + 1;
			leaf->last = DATE_END_JULIAN - POSTGRES_EPOCH_JDATE;
			break;
		case TIMEOID:
			set_time(leaf, RS_PARQUET_TIME_MICROS, RS_LOGICAL_TIME, false);
			break;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			set_time(leaf, RS_PARQUET_TIMESTAMP_MICROS, RS_LOGICAL_TIMESTAMP,
					 leaf->type.typid == TIMESTAMPTZOID);
			break;
		case BPCHAROID:
			leaf->padded = true;
			/* FALLTHROUGH */
		case TEXTOID:
		case VARCHAROID:
			set_bytes(leaf, RS_LEAF_BYTES, RS_PARQUET_UTF8, RS_LOGICAL_STRING);
			break;
		case JSONOID:
			set_bytes(leaf, RS_LEAF_BYTES, RS_PARQUET_JSON, RS_LOGICAL_JSON);
			break;
		case BYTEAOID:
			set_bytes(leaf, RS_LEAF_BYTES, RS_PARQUET_NOT_CONVERTED, RS_LOGICAL_NONE);
			break;
		case UUIDOID:
			leaf->source = RS_LEAF_FIXED;
			leaf->element.type = RS_PARQUET_FIXED;
			leaf->element.type_length = leaf->type.typlen;
			leaf->class = RS_CLASS_BYTES;
			set_meaning(leaf, RS_PARQUET_NOT_CONVERTED, RS_LOGICAL_UUID);
			break;
		case JSONBOID:
			set_text(leaf, RS_PARQUET_JSON, RS_LOGICAL_JSON);
			break;
		default:
			if (get_typtype(leaf->type.typid) == TYPTYPE_ENUM)
				set_text(leaf, RS_PARQUET_ENUM, RS_LOGICAL_ENUM);
			else
				set_text(leaf, RS_PARQUET_UTF8, RS_LOGICAL_STRING);
	}
}

void
rs_parquet_leaf_init(RsParquetLeaf *leaf, const RsWriteColumn *column)
{
	int32		typmod = column->typmod;
	Oid			typid = getBaseTypeAndTypmod(column->typid, &typmod);
	Oid			element = get_element_type(typid);
	int16		length;
	bool		by_value;

	memset(leaf, 0, sizeof(RsParquetLeaf));
	leaf->column = pstrdup(column->name);
	leaf->element.name = to_utf8(column->name);
	leaf->element.repetition = RS_PARQUET_OPTIONAL;
	leaf->element.converted = RS_PARQUET_NOT_CONVERTED;
	leaf->first = PG_INT64_MIN;
	leaf->last = PG_INT64_MAX;
	if (OidIsValid(element))
	{
		leaf->is_list = true;
		rs_vector_type_init(&leaf->array, typid);
		get_typlenbyvalalign(element, &length, &by_value, &leaf->type_align);
		typid = getBaseTypeAndTypmod(element, &typmod);
	}
	rs_vector_type_init(&leaf->type, typid);
	set_by_type(leaf, typmod);
}

static void
put_logical(RsThriftWriter *thrift, const RsParquetLogical *logical)
{
	if (logical->kind == RS_LOGICAL_NONE)
		return;
	rs_thrift_begin(thrift, RS_ELEMENT_LOGICAL);
	rs_thrift_begin(thrift, (int16) logical->kind);
	switch (logical->kind)
	{
		case RS_LOGICAL_DECIMAL:
			rs_thrift_put_i32(thrift, 1, logical->scale);
			rs_thrift_put_i32(thrift, 2, logical->precision);
			break;
		case RS_LOGICAL_TIME:
		case RS_LOGICAL_TIMESTAMP:
			rs_thrift_put_bool(thrift, 1, logical->utc);
			rs_thrift_begin(thrift, 2);
			rs_thrift_put_empty(thrift, (int16) logical->unit);
			rs_thrift_end(thrift);
			break;
		case RS_LOGICAL_INTEGER:
			rs_thrift_put_i8(thrift, 1, (int8) logical->bits);
			rs_thrift_put_bool(thrift, 2, logical->is_signed);
			break;
		default:
			break;
	}
	rs_thrift_end(thrift);
	rs_thrift_end(thrift);
}

static void
add_element(RsThriftWriter *thrift, const RsParquetElement *element)
{
	rs_thrift_add_struct(thrift);
	if (element->type != RS_PARQUET_NO_TYPE)
		rs_thrift_put_i32(thrift, RS_ELEMENT_TYPE, element->type);
	if (element->type == RS_PARQUET_FIXED)
		rs_thrift_put_i32(thrift, RS_ELEMENT_TYPE_LENGTH, element->type_length);
	rs_thrift_put_i32(thrift, RS_ELEMENT_REPETITION, element->repetition);
	rs_thrift_put_string(thrift, RS_ELEMENT_NAME, element->name);
	if (element->nchildren > 0)
		rs_thrift_put_i32(thrift, RS_ELEMENT_NUM_CHILDREN, element->nchildren);
	if (element->converted != RS_PARQUET_NOT_CONVERTED)
		rs_thrift_put_i32(thrift, RS_ELEMENT_CONVERTED, element->converted);
	if (element->logical.kind == RS_LOGICAL_DECIMAL)
	{
		rs_thrift_put_i32(thrift, RS_ELEMENT_SCALE, element->logical.scale);
		rs_thrift_put_i32(thrift, RS_ELEMENT_PRECISION, element->logical.precision);
	}
	put_logical(thrift, &element->logical);
	rs_thrift_end(thrift);
}

/* The names of a list's levels below that of the column. */
#define LIST_NAME		"list"
#define ELEMENT_NAME	"element"

static void
add_list(RsThriftWriter *thrift, const RsParquetElement *leaf)
{
	RsParquetElement element = {0};

	element.name = leaf->name;
	element.type = RS_PARQUET_NO_TYPE;
	element.repetition = RS_PARQUET_OPTIONAL;
	element.nchildren = 1;
	element.converted = RS_PARQUET_LIST;
	element.logical.kind = RS_LOGICAL_LIST;
	add_element(thrift, &element);

	element.name = LIST_NAME;
	element.repetition = RS_PARQUET_REPEATED;
	element.converted = RS_PARQUET_NOT_CONVERTED;
	element.logical.kind = RS_LOGICAL_NONE;
	add_element(thrift, &element);

	element = *leaf;
	element.name = ELEMENT_NAME;
	add_element(thrift, &element);
}

void
rs_parquet_put_schema(RsThriftWriter *thrift, int16 field, const RsParquetLeaf *leaves, int nleaves)
{
	int			nelements = 1;
	int			i;

	for (i = 0; i < nleaves; i++)
		nelements += leaves[i].is_list ? 3 : 1;
	rs_thrift_put_list(thrift, field, RS_THRIFT_STRUCT, nelements);
	rs_thrift_add_struct(thrift);
	rs_thrift_put_string(thrift, RS_ELEMENT_NAME, "schema");
	rs_thrift_put_i32(thrift, RS_ELEMENT_NUM_CHILDREN, nleaves);
	rs_thrift_end(thrift);
	for (i = 0; i < nleaves; i++)
		if (leaves[i].is_list)
			add_list(thrift, &leaves[i].element);
		else
			add_element(thrift, &leaves[i].element);
}

void
rs_parquet_put_path(RsThriftWriter *thrift, int16 field, const RsParquetLeaf *leaf)
{
	const char *name = leaf->element.name;

	rs_thrift_put_list(thrift, field, RS_THRIFT_BINARY, leaf->is_list ? 3 : 1);
	rs_thrift_add_binary(thrift, name, (uint32) strlen(name));
	if (leaf->is_list)
	{
		rs_thrift_add_binary(thrift, LIST_NAME, (uint32) strlen(LIST_NAME));
		rs_thrift_add_binary(thrift, ELEMENT_NAME, (uint32) strlen(ELEMENT_NAME));
	}
}
