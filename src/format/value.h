/*
 * value.h
 *	  Values of text: numbers, dates and times, strings, and whatever an input function reads.
 *
 * What column builders are made of.  Each function returns false, with a fault, for text
 * that is no value of the type, and throws nothing; text is in the server's encoding, not
 * terminated, and surrounded by white space where PostgreSQL allows it.
 */
#ifndef RS_VALUE_H
#define RS_VALUE_H

#include "fmgr.h"
#include "format/column_builder.h"

/* Always false. */
extern bool rs_value_fault(RsValueFault *fault, RsRowFault code, int sqlstate, const char *format,...)
			pg_attribute_printf(4, 5);

/* An error that was caught, as a fault; others than those of data are thrown again. */
extern bool rs_value_caught(RsValueFault *fault, RsRowFault code, MemoryContext scratch);

static inline bool
rs_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
rs_is_digit(char c)
{
	return (unsigned char) (c - '0') < 10;
}

/* Without the white space around it. */
static inline void
rs_trim_space(const char **text, Size *size)
{
	while (*size > 0 && rs_is_space((*text)[0]))
	{
		(*text)++;
		(*size)--;
	}
	while (*size > 0 && rs_is_space((*text)[*size - 1]))
		(*size)--;
}

/* Decimal digits that an int64 holds whatever they are. */
#define RS_SAFE_DIGITS		18

/* Integers of 2, 4 or 8 bytes. */
extern bool rs_parse_int(const char *text, Size size, int width, int64 *value, RsValueFault *fault);
extern bool rs_fit_int(int64 value, int width, RsValueFault *fault);

/* What a column of decimals is like. */
typedef struct RsDecimalType
{
	int			precision;		/* at most 38 */
	int			scale;			/* from 0 to 38 */
	bool		round;			/* what is beyond the scale; else cut it */
} RsDecimalType;

/*
 * Numbers as they mostly are: maybe a minus, and digits that fit for sure; of decimals, no more
 * of them behind the point than the scale has.  False: something else, or nothing.
 */
static inline bool
rs_quick_int(const char *text, Size size, int64 *value)
{
	bool		negative = size > 0 && *text == '-';
	int64		sum = 0;
	Size		i;

	if (size > RS_SAFE_DIGITS || size == negative)
		return false;
	for (i = negative; i < size; i++)
	{
		if (!rs_is_digit(text[i]))
			return false;
		sum = sum * 10 + (text[i] - '0');
	}
	*value = negative ? -sum : sum;
	return true;
}

static inline bool
rs_quick_decimal(const char *text, Size size, const RsDecimalType *type, int64 *value)
{
	static const int64 powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	const char *end = text + size;
	bool		negative = size > 0 && *text == '-';
	const char *start;
	int			ndigits;
	int			missing = type->scale;
	int64		sum = 0;

	if (size > RS_SAFE_DIGITS)
		return false;
	text += negative;
	start = text;
	for (; text < end && rs_is_digit(*text); text++)
		sum = sum * 10 + (*text - '0');
	ndigits = (int) (text - start);
	if (text < end && *text == '.')
	{
		start = ++text;
		for (; text < end && rs_is_digit(*text); text++)
			sum = sum * 10 + (*text - '0');
		missing -= (int) (text - start);
	}
	if (text < end || ndigits == 0 || missing < 0 || missing >= (int) lengthof(powers) ||
		ndigits + type->scale > Min(type->precision, RS_SAFE_DIGITS))
		return false;
	*value = (negative ? -sum : sum) * powers[missing];
	return true;
}

/* As an integer of the scale.  nan: it says NaN, which has no integer; NULL: that is a fault. */
extern bool rs_parse_decimal(const char *text, Size size, const RsDecimalType *type, int128 *value,
							 bool *nan, RsValueFault *fault);
/* An integer of another scale. */
extern bool rs_fit_decimal(int128 *value, int scale, const RsDecimalType *type, RsValueFault *fault);
/* As text; returns its length, less than 48. */
#define RS_DECIMAL_TEXT_SIZE	48
extern int	rs_decimal_text(int128 value, int scale, char *to);

extern bool rs_parse_double(const char *text, Size size, double *value, RsValueFault *fault);
extern bool rs_parse_float(const char *text, Size size, float *value, RsValueFault *fault);

extern bool rs_parse_bool(const char *text, Size size, bool *value, RsValueFault *fault);

/* A format of dates and times as DATEFORMAT and TIMEFORMAT have it. */
typedef struct RsTimeFormat RsTimeFormat;

/* In the current context; an error, if it is no format. */
extern RsTimeFormat *rs_time_format_create(const char *option, const char *format);
/* A point in time by the clock on the wall; ignoring what stands behind it, of dates. */
extern bool rs_parse_by_format(const RsTimeFormat *format, const char *text, Size size, bool date_only,
							   Timestamp *value);

/* The forms that are common; false: try the input function. */
extern bool rs_parse_iso_date(const char *text, Size size, int32 *value);
extern bool rs_parse_iso_time(const char *text, Size size, int64 *value);
/* has_zone: the text has an offset, of microseconds east of Greenwich; the value is as the clock shows it. */
extern bool rs_parse_iso_timestamp(const char *text, Size size, Timestamp *value, bool *has_zone,
								   int64 *offset);

/* Seconds, or milliseconds, since 1970. */
extern bool rs_parse_epoch(const char *text, Size size, bool milliseconds, Timestamp *value,
						   RsValueFault *fault);

/* A clock on the wall of the session's time zone; false: beyond what timestamptz holds. */
extern bool rs_local_to_instant(Timestamp local, TimestampTz *instant);

/*
 * Reading of types by their input functions.
 */
typedef struct RsInputFunction
{
	FmgrInfo	function;
	Oid			io_param;
	int32		typmod;
	bool		may_catch;		/* its errors need no subtransaction to be got over */
	RsRowFault	code;			/* of faults */
} RsInputFunction;

extern void rs_input_function_init(RsInputFunction *input, Oid typid, int32 typmod, RsRowFault code);
/* The value, and all that is made for it, in scratch.  text is terminated. */
extern bool rs_input_function_call(RsInputFunction *input, char *text, MemoryContext scratch,
								   Datum *value, RsValueFault *fault);

#endif							/* RS_VALUE_H */
