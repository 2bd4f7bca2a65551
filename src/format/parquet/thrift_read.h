/*
 * thrift_read.h
 *	  Structures in Thrift's compact protocol, as Parquet's metadata are.
 *
 * Reads never leave the given bytes.  The first fault is kept, and from then on there are
 * no more fields or elements and all values are 0: callers look at it once, at the end.
 */
#ifndef RS_THRIFT_READ_H
#define RS_THRIFT_READ_H

#include "format/parquet/parquet_format.h"

typedef struct RsThriftReader
{
	const char *at;
	const char *end;
	const char *fault;			/* NULL: none yet */
	bool		ended;			/* the fault is that there are too few bytes */
	int			depth;			/* of what is being skipped */
} RsThriftReader;

/* A field of a structure; {0} before the first. */
typedef struct RsThriftField
{
	int			id;
	RsThriftType type;
} RsThriftField;

extern void rs_thrift_init(RsThriftReader *reader, const char *data, Size size);

/* The next field; its value has to be read or skipped.  False: the structure has ended. */
extern bool rs_thrift_field(RsThriftReader *reader, RsThriftField *field);

/* Values of a field; another type than the field's is a fault. */
extern bool rs_thrift_bool(RsThriftReader *reader, const RsThriftField *field);
extern int64 rs_thrift_int(RsThriftReader *reader, const RsThriftField *field);	/* of any width */
extern int32 rs_thrift_int32(RsThriftReader *reader, const RsThriftField *field);
extern RsParquetBytes rs_thrift_bytes(RsThriftReader *reader, const RsThriftField *field);
extern void rs_thrift_skip(RsThriftReader *reader, const RsThriftField *field);
/* Begin a structure, whose fields follow. */
extern bool rs_thrift_struct(RsThriftReader *reader, const RsThriftField *field);

/*
 * Begin a list: how many elements of what type follow, each as the value of a field of that
 * type.  There are at most as many as the bytes left can hold, if each takes least bytes.
 */
extern uint32 rs_thrift_list(RsThriftReader *reader, const RsThriftField *field, uint32 least,
							 RsThriftField *element);

#endif							/* RS_THRIFT_READ_H */
