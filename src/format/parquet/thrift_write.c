/*
 * thrift_write.c
 *	  Thrift structures in the compact protocol, written field by field.
 *
 * A field begins with its type and how much its number is above that of the field before
 * it; where that is more than four bits hold, the number follows.  Integers are
 * zigzag varints.
 */
#include "postgres.h"

#include "format/parquet/thrift_write.h"

#define MAX_VARINT	10

static void
put_byte(RsThriftWriter *writer, uint8 byte)
{
	*rs_buffer_reserve(writer->out, 1) = (char) byte;
	writer->out->size++;
}

static void
put_varint(RsThriftWriter *writer, uint64 value)
{
	char	   *to = rs_buffer_reserve(writer->out, MAX_VARINT);
	char	   *start = to;

	for (; value >= 0x80; value >>= 7)
		*to++ = (char) (value | 0x80);
	*to++ = (char) value;
	writer->out->size += to - start;
}

static void
put_zigzag(RsThriftWriter *writer, int64 value)
{
	put_varint(writer, ((uint64) value << 1) ^ (value < 0 ? PG_UINT64_MAX : 0));
}

static void
put_field(RsThriftWriter *writer, int16 field, RsThriftType type)
{
	int16	   *last = &writer->last[writer->depth];

	Assert(field > *last);
	if (field - *last <= 15)
		put_byte(writer, (uint8) ((field - *last) << 4 | type));
	else
	{
		put_byte(writer, (uint8) type);
		put_zigzag(writer, field);
	}
	*last = field;
}

static void
enter(RsThriftWriter *writer)
{
	Assert(writer->depth + 1 < RS_THRIFT_WRITE_DEPTH);
	writer->last[++writer->depth] = 0;
}

void
rs_thrift_write_init(RsThriftWriter *writer, RsByteBuffer *out)
{
	writer->out = out;
	writer->depth = 0;
	writer->last[0] = 0;
}

void
rs_thrift_put_bool(RsThriftWriter *writer, int16 field, bool value)
{
	put_field(writer, field, value ? RS_THRIFT_TRUE : RS_THRIFT_FALSE);
}

void
rs_thrift_put_i8(RsThriftWriter *writer, int16 field, int8 value)
{
	put_field(writer, field, RS_THRIFT_I8);
	put_byte(writer, (uint8) value);
}

void
rs_thrift_put_i16(RsThriftWriter *writer, int16 field, int16 value)
{
	put_field(writer, field, RS_THRIFT_I16);
	put_zigzag(writer, value);
}

void
rs_thrift_put_i32(RsThriftWriter *writer, int16 field, int32 value)
{
	put_field(writer, field, RS_THRIFT_I32);
	put_zigzag(writer, value);
}

void
rs_thrift_put_i64(RsThriftWriter *writer, int16 field, int64 value)
{
	put_field(writer, field, RS_THRIFT_I64);
	put_zigzag(writer, value);
}

void
rs_thrift_put_binary(RsThriftWriter *writer, int16 field, const void *data, uint32 size)
{
	put_field(writer, field, RS_THRIFT_BINARY);
	rs_thrift_add_binary(writer, data, size);
}

void
rs_thrift_put_string(RsThriftWriter *writer, int16 field, const char *value)
{
	rs_thrift_put_binary(writer, field, value, (uint32) strlen(value));
}

void
rs_thrift_put_list(RsThriftWriter *writer, int16 field, RsThriftType type, uint32 n)
{
	put_field(writer, field, RS_THRIFT_LIST);
	if (n < 15)
		put_byte(writer, (uint8) (n << 4 | type));
	else
	{
		put_byte(writer, (uint8) (0xF0 | type));
		put_varint(writer, n);
	}
}

void
rs_thrift_begin(RsThriftWriter *writer, int16 field)
{
	put_field(writer, field, RS_THRIFT_STRUCT);
	enter(writer);
}

void
rs_thrift_end(RsThriftWriter *writer)
{
	put_byte(writer, RS_THRIFT_STOP);
	writer->depth--;
}

void
rs_thrift_put_empty(RsThriftWriter *writer, int16 field)
{
	rs_thrift_begin(writer, field);
	rs_thrift_end(writer);
}

void
rs_thrift_add_bool(RsThriftWriter *writer, bool value)
{
	put_byte(writer, value ? RS_THRIFT_TRUE : RS_THRIFT_FALSE);
}

void
rs_thrift_add_int(RsThriftWriter *writer, int64 value)
{
	put_zigzag(writer, value);
}

void
rs_thrift_add_binary(RsThriftWriter *writer, const void *data, uint32 size)
{
	put_varint(writer, size);
	rs_buffer_append(writer->out, data, size);
}

void
rs_thrift_add_struct(RsThriftWriter *writer)
{
	enter(writer);
}
