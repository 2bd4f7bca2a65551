/*
 * column_builder.h
 *	  A column of a batch in the making, from values of whatever type a file has.
 *
 * A value that the column's type cannot hold makes no error but a fault, since the
 * row may be one of those that MAXERROR lets pass; the row's values stay as they were then.
 * Types without a rule of their own are read by their input functions.
 */
#ifndef RS_COLUMN_BUILDER_H
#define RS_COLUMN_BUILDER_H

#include "format/bad_row.h"
#include "format/conversion.h"
#include "format/read_column.h"

typedef struct RsColumnBuilder RsColumnBuilder;

/* What is wrong with a value. */
typedef struct RsValueFault
{
	RsRowFault	fault;
	int			sqlstate;
	char		reason[RS_FAULT_REASON_SIZE];
} RsValueFault;

/* Of up to RS_BATCH_ROWS rows.  Lives in the current context. */
extern RsColumnBuilder *rs_column_builder_create(const RsReadColumn *column, const RsConversion *conversion);

/* Begin a batch, whose values will be in the arena. */
extern void rs_column_builder_begin(RsColumnBuilder *builder, RsArena *arena);

/*
 * Value of the row after the last one, or false.  Text is in the server's encoding, not
 * terminated, and its validity has been checked.  dates: days, timestamps: microseconds,
 * since 2000-01-01, as PostgreSQL has them.
 */
extern bool rs_column_builder_text(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault);
extern bool rs_column_builder_null(RsColumnBuilder *builder, RsValueFault *fault);
extern bool rs_column_builder_int(RsColumnBuilder *builder, int64 value, RsValueFault *fault);
extern bool rs_column_builder_float(RsColumnBuilder *builder, double value, RsValueFault *fault);
extern bool rs_column_builder_bool(RsColumnBuilder *builder, bool value, RsValueFault *fault);
extern bool rs_column_builder_decimal(RsColumnBuilder *builder, int128 value, int scale, RsValueFault *fault);
extern bool rs_column_builder_date(RsColumnBuilder *builder, int32 value, RsValueFault *fault);
extern bool rs_column_builder_time(RsColumnBuilder *builder, int64 microseconds, RsValueFault *fault);
/* instant: counted in UTC, as timestamptz; else as a clock on the wall shows it. */
extern bool rs_column_builder_timestamp(RsColumnBuilder *builder, int64 value, bool instant, RsValueFault *fault);
extern bool rs_column_builder_bytes(RsColumnBuilder *builder, const char *data, Size size, RsValueFault *fault);
/* A Jsonb *: of lists, maps and structs, for columns of type jsonb; others get its text. */
extern bool rs_column_builder_jsonb(RsColumnBuilder *builder, Datum value, RsValueFault *fault);

/*
 * n texts at once, NULL where the pointer is; false: one cannot be a value, and some of those
 * before it are there, for the caller to cut.
 */
extern bool rs_column_builder_texts(RsColumnBuilder *builder, const char *const *texts, const uint32 *sizes,
									uint32 n);

/* A value of the column's own type, copied. */
extern bool rs_column_builder_datum(RsColumnBuilder *builder, Datum value);

/* Take back values from row n on, of a row that another column has failed. */
extern void rs_column_builder_cut(RsColumnBuilder *builder, uint32 n);

/* The rows so far; good as long as the arena's. */
extern const RsVector *rs_column_builder_vector(RsColumnBuilder *builder);

#endif							/* RS_COLUMN_BUILDER_H */
