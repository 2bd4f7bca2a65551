/*
 * protobuf.c
 *	  Fields of a message in the wire format of Protocol Buffers.
 *
 * ORC's metadata need nothing else of it.  Nothing is copied, and no field reaches beyond
 * its message, so whoever reads a message within another is bounded by that one.
 */
#include "postgres.h"

#include "format/orc/protobuf.h"

void
rs_protobuf_init(RsProtobuf *message, const char *data, Size size)
{
	/* A message without bytes may be nowhere. */
	message->at = data;
	message->end = size > 0 ? data + size : data;
	message->damaged = false;
}

static bool
read_varint(const char **at, const char *end, uint64 *value)
{
	int			shift;

	*value = 0;
	for (shift = 0; shift < 64 && *at < end; shift += 7)
	{
		uint8		byte = (uint8) *(*at)++;

		*value |= (uint64) (byte & 0x7F) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

static bool
read_bytes(RsProtobuf *message, uint64 size, RsProtobufField *field)
{
	if (size > (uint64) (message->end - message->at))
		return false;
	field->bytes = message->at;
	field->size = (Size) size;
	message->at += size;
	return true;
}

static bool
read_field(RsProtobuf *message, RsProtobufField *field)
{
	uint64		tag;
	uint64		size;

	memset(field, 0, sizeof(RsProtobufField));
	if (!read_varint(&message->at, message->end, &tag) || tag >> 3 == 0 || tag >> 3 > PG_INT32_MAX)
		return false;
	field->number = (uint32) (tag >> 3);
	field->wire = (RsProtobufWire) (tag & 7);
	switch (field->wire)
	{
		case RS_PROTOBUF_VARINT:
			return read_varint(&message->at, message->end, &field->value);
		case RS_PROTOBUF_64BIT:
			return read_bytes(message, 8, field);
		case RS_PROTOBUF_32BIT:
			return read_bytes(message, 4, field);
		case RS_PROTOBUF_BYTES:
			return read_varint(&message->at, message->end, &size) && read_bytes(message, size, field);
	}
	/* Groups, which no message of ours has */
	return false;
}

bool
rs_protobuf_next(RsProtobuf *message, RsProtobufField *field)
{
	if (message->damaged || message->at >= message->end)
		return false;
	message->damaged = !read_field(message, field);
	return !message->damaged;
}

bool
rs_protobuf_number(RsProtobuf *message, const RsProtobufField *field, Size *at, uint64 *value)
{
	const char *from;

	if (field->wire == RS_PROTOBUF_VARINT)
	{
		*value = field->value;
		return (*at)++ == 0;
	}
	if (field->wire != RS_PROTOBUF_BYTES)
		message->damaged = true;
	if (message->damaged || *at >= field->size)
		return false;
	from = field->bytes + *at;
	message->damaged = !read_varint(&from, field->bytes + field->size, value);
	*at = (Size) (from - field->bytes);
	return !message->damaged;
}
