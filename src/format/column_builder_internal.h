/*
 * column_builder_internal.h
 *	  What a column builder is, for the files that make it: column_builder.c, with text in
 *	  column_text.c and values of other types in column_values.c.
 */
#ifndef RS_COLUMN_BUILDER_INTERNAL_H
#define RS_COLUMN_BUILDER_INTERNAL_H

#include "format/value.h"
#include "lib/stringinfo.h"

typedef enum RsBuilderKind
{
	RS_BUILD_INT,
	RS_BUILD_FLOAT4,
	RS_BUILD_FLOAT8,
	RS_BUILD_DECIMAL,				/* integers of the column's scale */
	RS_BUILD_NUMERIC,				/* Datums, whatever their scale */
	RS_BUILD_BOOL,
	RS_BUILD_DATE,
	RS_BUILD_TIME,
	RS_BUILD_TIMESTAMP,
	RS_BUILD_TIMESTAMPTZ,
	RS_BUILD_STRING,				/* text, varchar(n) */
	RS_BUILD_CHAR,					/* char(n) */
	RS_BUILD_BYTES,
	RS_BUILD_OTHER
} RsBuilderKind;

struct RsColumnBuilder
{
	const RsReadColumn *column;
	const RsConversion *conversion;
	RsBuilderKind kind;
	bool		is_string;		/* a field without characters is a value */
	int			width;			/* of integers */
	RsDecimalType decimal;
	int			most_characters;	/* of strings; -1: any number */
	bool		counts_bytes;	/* it is bytes, as in Redshift; char has ASCII only */
	RsTimeFormat *time_format;	/* NULL: none */
	bool		epoch_seconds;
	bool		epoch_milliseconds;
	RsInputFunction input;
	MemoryContext scratch;		/* of one value */
	StringInfoData copy;		/* of a text, terminated */

	/* Of the batch: */
	RsArena    *arena;
	RsVector   *vector;
	uint32		n;
	uint8	   *null;
	char	   *space;			/* what is left of a piece */
	char	   *space_end;
};

/* Put a value, in the form that the vector has, into the next row.  True. */
#define RS_PUT(builder, type, value) \
	(((type *) (builder)->vector->data)[(builder)->n++] = (value), true)

/* A value of the column's type; copied, if it is by reference. */
extern bool rs_builder_put_copy(RsColumnBuilder *builder, Datum value);
/* Room for a varlena of so many bytes in the next row. */
extern char *rs_builder_put_varlena(RsColumnBuilder *builder, Size size);

/* Values that the column's type is known to hold. */
extern bool rs_builder_store_int(RsColumnBuilder *builder, int64 value);
extern bool rs_builder_store_decimal(RsColumnBuilder *builder, int128 value);
extern bool rs_builder_store_timestamp(RsColumnBuilder *builder, Timestamp value);
extern bool rs_builder_store_time(RsColumnBuilder *builder, int64 value);

/* Text that does not stand for NULL. */
extern bool rs_builder_store_text(RsColumnBuilder *builder, const char *text, Size size,
								  RsValueFault *fault);

#endif							/* RS_COLUMN_BUILDER_INTERNAL_H */
