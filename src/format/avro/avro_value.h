/*
 * avro_value.h
 *	  Values of an Avro block.
 */
#ifndef RS_AVRO_VALUE_H
#define RS_AVRO_VALUE_H

#include "format/avro/avro_file.h"
#include "format/column_builder.h"
#include "format/json/json_text.h"

/* Values within each other, at most. */
#define RS_AVRO_MAX_DEPTH	1000

/* Values of a row, at most: some take no bytes. */
#define RS_AVRO_MAX_VALUES	(16 * 1024 * 1024)

typedef struct RsAvroCursor
{
	const RsAvroFile *file;
	uint64		offset;			/* of the block in the file */
	const char *at;
	const char *end;
	int64		values;			/* of the row, passed so far */
	int			depth;
} RsAvroCursor;

/* Values end within their block, or this is an error of the file. */
extern void rs_avro_bad_value(const RsAvroCursor *cursor, const char *what) pg_attribute_noreturn();

/* int and long; and the index of a union's branch. */
extern int64 rs_avro_read_long(RsAvroCursor *cursor);
extern const RsAvroType *rs_avro_read_branch(RsAvroCursor *cursor, const RsAvroType *type, int *branch);
extern const char *rs_avro_read_symbol(RsAvroCursor *cursor, const RsAvroType *type);
/* Length of a string, or of bytes, which is there. */
extern Size rs_avro_read_size(RsAvroCursor *cursor);

/*
 * Items of an array or a map come in blocks: how many the next one has; 0: there are no
 * more.  *size: its bytes, or -1: it does not say.
 */
extern int64 rs_avro_read_items(RsAvroCursor *cursor, const RsAvroType *type, int64 *size);

extern void rs_avro_skip(RsAvroCursor *cursor, const RsAvroType *type);

/* What values become. */
typedef struct RsAvroTarget
{
	const RsReadColumn *column;
	RsColumnBuilder *builder;
} RsAvroTarget;

/*
 * Give a value to a builder; false: a fault, and where the cursor is then is not known.
 * scratch is reset.
 */
extern bool rs_avro_store(RsAvroCursor *cursor, const RsAvroType *type, const RsAvroTarget *target,
						  RsJsonText *text, MemoryContext scratch, RsValueFault *fault);

/*
 * The same value as jsonb, in the current context, which has to be one that can be reset;
 * false: a fault.
 */
extern bool rs_avro_to_jsonb(RsAvroCursor *cursor, const RsAvroType *type, RsJsonText *text, Datum *jsonb,
							 RsValueFault *fault);

/* So many bytes of the block, which must be there. */
extern const char *rs_avro_take(RsAvroCursor *cursor, Size size);
extern float4 rs_avro_read_float(RsAvroCursor *cursor);
extern float8 rs_avro_read_double(RsAvroCursor *cursor);

/* Texts of values that have no other form here. */
#define RS_AVRO_DURATION_TEXT_SIZE	64
extern void rs_avro_duration_text(const char *data, char *to);
/* Of a decimal of any size; palloc'ed. */
extern char *rs_avro_decimal_text(const char *data, Size size, int scale);

/* PostgreSQL's days or microseconds of a value of a logical type; false: beyond what int64 holds. */
extern bool rs_avro_time_value(RsAvroLogical logical, int64 value, int64 *result);

#endif							/* RS_AVRO_VALUE_H */
