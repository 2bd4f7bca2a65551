/*
 * protobuf.h
 *	  Fields of a message in the wire format of Protocol Buffers.
 */
#ifndef RS_PROTOBUF_H
#define RS_PROTOBUF_H

/* How a field is stored. */
typedef enum RsProtobufWire
{
	RS_PROTOBUF_VARINT,
	RS_PROTOBUF_64BIT,
	RS_PROTOBUF_BYTES,			/* strings, messages, packed numbers */
	RS_PROTOBUF_32BIT = 5
} RsProtobufWire;

typedef struct RsProtobuf
{
	const char *at;
	const char *end;
	bool		damaged;		/* it ended within a field, or has one of another kind */
} RsProtobuf;

typedef struct RsProtobufField
{
	uint32		number;
	RsProtobufWire wire;
	uint64		value;			/* of numbers */
	const char *bytes;			/* borrowed */
	Size		size;
} RsProtobufField;

extern void rs_protobuf_init(RsProtobuf *message, const char *data, Size size);

/* The next field; false: there is no more, or the message is damaged. */
extern bool rs_protobuf_next(RsProtobuf *message, RsProtobufField *field);

/*
 * The next number of a repeated field, which may be one or packed.  *at: 0 before the first,
 * then where the next begins; false: no more, or damaged.
 */
extern bool rs_protobuf_number(RsProtobuf *message, const RsProtobufField *field, Size *at, uint64 *value);

#endif							/* RS_PROTOBUF_H */
