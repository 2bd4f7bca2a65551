/*
 * thrift_write.h
 *	  Thrift structures in the compact protocol, written field by field.
 *
 * Fields are put in the order of their numbers.  A structure is open from its begin to its
 * end; the outermost one from init.
 */
#ifndef RS_THRIFT_WRITE_H
#define RS_THRIFT_WRITE_H

#include "format/parquet/byte_buffer.h"
#include "format/parquet/parquet_format.h"

#define RS_THRIFT_WRITE_DEPTH	10

typedef struct RsThriftWriter
{
	RsByteBuffer *out;
	int			depth;
	int16		last[RS_THRIFT_WRITE_DEPTH];	/* field put last, of each open structure */
} RsThriftWriter;

extern void rs_thrift_write_init(RsThriftWriter *writer, RsByteBuffer *out);

extern void rs_thrift_put_bool(RsThriftWriter *writer, int16 field, bool value);
extern void rs_thrift_put_i8(RsThriftWriter *writer, int16 field, int8 value);
extern void rs_thrift_put_i16(RsThriftWriter *writer, int16 field, int16 value);
extern void rs_thrift_put_i32(RsThriftWriter *writer, int16 field, int32 value);
extern void rs_thrift_put_i64(RsThriftWriter *writer, int16 field, int64 value);
extern void rs_thrift_put_binary(RsThriftWriter *writer, int16 field, const void *data, uint32 size);
extern void rs_thrift_put_string(RsThriftWriter *writer, int16 field, const char *value);
/* Of so many elements, which follow. */
extern void rs_thrift_put_list(RsThriftWriter *writer, int16 field, RsThriftType type, uint32 n);

extern void rs_thrift_begin(RsThriftWriter *writer, int16 field);
extern void rs_thrift_end(RsThriftWriter *writer);
/* A structure without fields: what unions of kinds are made of. */
extern void rs_thrift_put_empty(RsThriftWriter *writer, int16 field);

/* Elements of lists. */
extern void rs_thrift_add_bool(RsThriftWriter *writer, bool value);
extern void rs_thrift_add_int(RsThriftWriter *writer, int64 value); /* of 16, 32 and 64 bits */
extern void rs_thrift_add_binary(RsThriftWriter *writer, const void *data, uint32 size);
extern void rs_thrift_add_struct(RsThriftWriter *writer);	/* until its end */

#endif							/* RS_THRIFT_WRITE_H */
