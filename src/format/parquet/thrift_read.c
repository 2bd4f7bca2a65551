/*
 * thrift_read.c
 *	  Structures in Thrift's compact protocol.
 */
#include "postgres.h"

#include "format/parquet/thrift_read.h"
#include "miscadmin.h"

/* Of structures and lists that are skipped. */
#define MAX_DEPTH		32

void
rs_thrift_init(RsThriftReader *reader, const char *data, Size size)
{
	memset(reader, 0, sizeof(RsThriftReader));
	reader->at = data;
	reader->end = data + size;
}

static void
fail(RsThriftReader *reader, const char *fault)
{
	if (reader->fault == NULL)
		reader->fault = fault;
	reader->at = reader->end;
}

static void
fail_at_end(RsThriftReader *reader)
{
	if (reader->fault == NULL)
		reader->ended = true;
	fail(reader, "metadata end too early");
}

static uint8
read_byte(RsThriftReader *reader)
{
	if (reader->at >= reader->end)
	{
		fail_at_end(reader);
		return 0;
	}
	return (uint8) *reader->at++;
}

static uint64
read_varint(RsThriftReader *reader)
{
	uint64		value = 0;
	int			shift;

	for (shift = 0; shift < 64; shift += 7)
	{
		uint8		byte = read_byte(reader);

		value |= (uint64) (byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	fail(reader, "number is too long");
	return 0;
}

static int64
read_zigzag(RsThriftReader *reader)
{
	uint64		value = read_varint(reader);

	return (int64) ((value >> 1) ^ (0 - (value & 1)));
}

bool
rs_thrift_field(RsThriftReader *reader, RsThriftField *field)
{
	uint8		head;

	CHECK_FOR_INTERRUPTS();
	if (reader->fault != NULL)
		return false;
	head = read_byte(reader);
	if (reader->fault != NULL || (head & 0x0f) == RS_THRIFT_STOP)
		return false;
	field->type = (RsThriftType) (head & 0x0f);
	if (head >> 4 != 0)
		field->id += head >> 4;
	else
		field->id = (int16) read_zigzag(reader);
	if (field->type > RS_THRIFT_STRUCT)
		fail(reader, "field of unknown type");
	return reader->fault == NULL;
}

static bool
expect_type(RsThriftReader *reader, bool matches)
{
	if (!matches)
		fail(reader, "field of another type than expected");
	return reader->fault == NULL;
}

bool
rs_thrift_bool(RsThriftReader *reader, const RsThriftField *field)
{
	return expect_type(reader, field->type == RS_THRIFT_TRUE || field->type == RS_THRIFT_FALSE) &&
		field->type == RS_THRIFT_TRUE;
}

int64
rs_thrift_int(RsThriftReader *reader, const RsThriftField *field)
{
	if (!expect_type(reader, field->type >= RS_THRIFT_I8 && field->type <= RS_THRIFT_I64))
		return 0;
	if (field->type == RS_THRIFT_I8)
		return (int8) read_byte(reader);
	return read_zigzag(reader);
}

int32
rs_thrift_int32(RsThriftReader *reader, const RsThriftField *field)
{
	int64		value = rs_thrift_int(reader, field);

	if (value < PG_INT32_MIN || value > PG_INT32_MAX)
	{
		fail(reader, "number out of range");
		return 0;
	}
	return (int32) value;
}

RsParquetBytes
rs_thrift_bytes(RsThriftReader *reader, const RsThriftField *field)
{
	RsParquetBytes bytes = {NULL, 0};
	uint64		size;

	if (!expect_type(reader, field->type == RS_THRIFT_BINARY))
		return bytes;
	size = read_varint(reader);
	if (size > (uint64) (reader->end - reader->at))
		fail_at_end(reader);
	if (reader->fault != NULL)
		return bytes;
	bytes.data = reader->at;
	bytes.size = (uint32) size;
	reader->at += size;
	return bytes;
}

bool
rs_thrift_struct(RsThriftReader *reader, const RsThriftField *field)
{
	return expect_type(reader, field->type == RS_THRIFT_STRUCT);
}

uint32
rs_thrift_list(RsThriftReader *reader, const RsThriftField *field, uint32 least, RsThriftField *element)
{
	uint8		head;
	uint64		count;

	if (!expect_type(reader, field->type == RS_THRIFT_LIST || field->type == RS_THRIFT_SET))
		return 0;
	head = read_byte(reader);
	count = head >> 4;
	if (count == 15)
		count = read_varint(reader);
	element->id = 0;
	element->type = (RsThriftType) (head & 0x0f);
	if (element->type == RS_THRIFT_STOP || element->type > RS_THRIFT_STRUCT)
		fail(reader, "list of unknown type");
	else if (count > (uint64) (reader->end - reader->at) / least)
		fail_at_end(reader);
	return reader->fault == NULL ? (uint32) count : 0;
}

/*
 * Booleans of a list have a byte each; those of a field have none.
 */
static void
skip_elements(RsThriftReader *reader, const RsThriftField *element, uint64 count)
{
	uint64		i;

	for (i = 0; i < count && reader->fault == NULL; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (element->type == RS_THRIFT_TRUE || element->type == RS_THRIFT_FALSE)
			(void) read_byte(reader);
		else
			rs_thrift_skip(reader, element);
	}
}

static void
skip_map(RsThriftReader *reader)
{
	uint64		count = read_varint(reader);
	uint64		i;
	RsThriftField types[2] = {{0}};
	uint8		both;

	if (count == 0 || reader->fault != NULL)
		return;
	both = read_byte(reader);
	types[0].type = (RsThriftType) (both >> 4);
	types[1].type = (RsThriftType) (both & 0x0f);
	/* Each key and each value takes a byte at least. */
	if (count > (uint64) (reader->end - reader->at) / 2)
		fail_at_end(reader);
	for (i = 0; i < count && reader->fault == NULL; i++)
	{
		skip_elements(reader, &types[0], 1);
		skip_elements(reader, &types[1], 1);
	}
}

static void
skip_struct(RsThriftReader *reader)
{
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
		rs_thrift_skip(reader, &field);
}

void
rs_thrift_skip(RsThriftReader *reader, const RsThriftField *field)
{
	RsThriftField element;
	uint32		count;

	if (++reader->depth > MAX_DEPTH)
		fail(reader, "metadata are nested too deep");
	if (reader->fault != NULL)
		return;
	switch (field->type)
	{
		case RS_THRIFT_TRUE:
		case RS_THRIFT_FALSE:
			break;
		case RS_THRIFT_I8:
		case RS_THRIFT_I16:
		case RS_THRIFT_I32:
		case RS_THRIFT_I64:
			(void) rs_thrift_int(reader, field);
			break;
		case RS_THRIFT_DOUBLE:
			if (reader->end - reader->at < 8)
				fail_at_end(reader);
			else
				reader->at += 8;
			break;
		case RS_THRIFT_BINARY:
			(void) rs_thrift_bytes(reader, field);
			break;
		case RS_THRIFT_LIST:
		case RS_THRIFT_SET:
			count = rs_thrift_list(reader, field, 1, &element);
			skip_elements(reader, &element, count);
			break;
		case RS_THRIFT_MAP:
			skip_map(reader);
			break;
		case RS_THRIFT_STRUCT:
			skip_struct(reader);
			break;
		case RS_THRIFT_STOP:
		default:
			fail(reader, "field of unknown type");
			break;
	}
	reader->depth--;
}
