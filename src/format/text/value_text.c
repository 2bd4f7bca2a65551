/*
 * value_text.c
 *	  Values of vectors as text, a column of a batch at a time.
 *
 * Types that data warehouses mostly have are written by loops of their own into a buffer
 * of the column, which has room for the longest text that the type can have; texts are
 * pointed to where they are.  All others go through their output functions.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "format/text/value_text.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* A sign, digits of an int128, a point, a zero before it. */
#define MOST_NUMERIC	48
#define MOST_INTEGER	24
#define MOST_FLOAT		DOUBLE_SHORTEST_DECIMAL_LEN
#define MOST_DATETIME	(MAXDATELEN + 1)

#define BILLION_2		UINT64CONST(1000000000000000000)

/* Days of a few years come again and again: where a day is in the cache, by its last bits. */
#define CACHED_DATES	4096
#define DATE_LENGTH		10

typedef struct CachedDate
{
	DateADT		date;			/* infinite: none */
	char		text[DATE_LENGTH];
} CachedDate;

typedef Size (*FormatValue) (RsTextColumn *column, const RsVector *vector, uint32 row, char *to);

struct RsTextColumn
{
	RsVectorType type;
	RsTextKind	kind;
	FormatValue format;			/* NULL: it is text, or has to go through its output function */
	Size		longest;		/* that format() makes */
	FmgrInfo	output;
	CachedDate *dates;			/* NULL: it has none */
	char	   *buffer;
	Size		buffer_size;
	MemoryContext context;
};

/* ---------------------------------------------------------------------
 * Types with loops of their own
 * ---------------------------------------------------------------------
 */

static Size
format_bool(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	*to = ((uint8 *) vector->data)[row] != 0 ? 't' : 'f';
	return 1;
}

static Size
format_int2(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	return pg_ltoa(((int16 *) vector->data)[row], to);
}

static Size
format_int4(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	return pg_ltoa(((int32 *) vector->data)[row], to);
}

static Size
format_int8(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	return pg_lltoa(((int64 *) vector->data)[row], to);
}

/*
 * The shortest form that stands for this value and no other.
 */
static Size
format_float8(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	double		value = ((double *) vector->data)[row];

	if (isnan(value))
		return strlcpy(to, "NaN", MOST_FLOAT);
	if (isinf(value))
		return strlcpy(to, value > 0 ? "Infinity" : "-Infinity", MOST_FLOAT);
	return double_to_shortest_decimal_bufn(value, to);
}

static Size
format_float4(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	float		value = ((float *) vector->data)[row];

	if (isnan(value))
		return strlcpy(to, "NaN", MOST_FLOAT);
	if (isinf(value))
		return strlcpy(to, value > 0 ? "Infinity" : "-Infinity", MOST_FLOAT);
	return float_to_shortest_decimal_bufn(value, to);
}

static Size
put_padded(char *to, uint64 value, int digits)
{
	int			i;

	for (i = digits - 1; i >= 0; i--)
	{
		to[i] = '0' + value % 10;
		value /= 10;
	}
	return digits;
}

static Size
put_digits(char *to, uint128 value)
{
	Size		n;

	if (value < BILLION_2)
		return pg_ulltoa_n((uint64) value, to);
	n = put_digits(to, value / BILLION_2);
	return n + put_padded(to + n, (uint64) (value % BILLION_2), 18);
}

/*
 * The integer of a numeric, with a point before its last digits.
 */
static Size
format_numeric(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	int128		value = vector->form == RS_FORM_I64 ? ((int64 *) vector->data)[row] : ((int128 *) vector->data)[row];
	uint128		rest = value < 0 ? -(uint128) value : (uint128) value;
	int			scale = vector->scales != NULL ? vector->scales[row] : vector->scale;
	int			unused = vector->scale - scale;
	char		digits[MOST_NUMERIC];
	Size		n;
	Size		whole;
	char	   *start = to;

	if (unused > 0)
		rest /= (uint128) rs_power_of_ten(unused);
	n = put_digits(digits, rest);
	if (value < 0)
		*to++ = '-';
	if (scale <= 0)
	{
		memcpy(to, digits, n);
		return to + n - start;
	}
	whole = n > scale ? n - scale : 0;
	if (whole > 0)
		memcpy(to, digits, whole);
	else
		*to = '0';
	to += Max(whole, 1);
	*to++ = '.';
	if (n < scale)
		memset(to, '0', scale - n);
	memcpy(to + scale - (n - whole), digits + whole, n - whole);
	return to + scale - start;
}

static inline void
put_two(char *to, int value)
{
	to[0] = '0' + value / 10;
	to[1] = '0' + value % 10;
}

/*
 * A finite date.
 */
static Size
put_date(RsTextColumn *column, DateADT date, char *to)
{
	CachedDate *cached = &column->dates[(uint32) date % CACHED_DATES];
	struct pg_tm tm;

	if (cached->date == date)
	{
		memcpy(to, cached->text, DATE_LENGTH);
		return DATE_LENGTH;
	}
	j2date(date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	if (tm.tm_year <= 0 || tm.tm_year > 9999)
	{
		EncodeDateOnly(&tm, USE_ISO_DATES, to);
		return strlen(to);
	}
	put_two(to, tm.tm_year / 100);
	put_two(to + 2, tm.tm_year % 100);
	to[4] = '-';
	put_two(to + 5, tm.tm_mon);
	to[7] = '-';
	put_two(to + 8, tm.tm_mday);
	cached->date = date;
	memcpy(cached->text, to, DATE_LENGTH);
	return DATE_LENGTH;
}

static Size
put_time(char *to, int64 microseconds)
{
	int			fraction = microseconds % USECS_PER_SEC;
	int			seconds = microseconds / USECS_PER_SEC;
	Size		n = 8;

	put_two(to, seconds / SECS_PER_HOUR);
	to[2] = ':';
	put_two(to + 3, seconds / SECS_PER_MINUTE % MINS_PER_HOUR);
	to[5] = ':';
	put_two(to + 6, seconds % SECS_PER_MINUTE);
	if (fraction == 0)
		return n;
	to[n] = '.';
	n += 1 + put_padded(to + n + 1, fraction, 6);
	while (to[n - 1] == '0')
		n--;
	return n;
}

static Size
format_date(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	DateADT		date = ((int32 *) vector->data)[row];

	if (!DATE_NOT_FINITE(date))
		return put_date(column, date, to);
	EncodeSpecialDate(date, to);
	return strlen(to);
}

static Size
format_time(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	return put_time(to, ((int64 *) vector->data)[row]);
}

static Size
format_timestamp(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	Timestamp	value = ((int64 *) vector->data)[row];
	int64		days;
	int64		time;
	struct pg_tm tm;
	fsec_t		fraction;
	Size		n;

	if (TIMESTAMP_NOT_FINITE(value))
	{
		EncodeSpecialTimestamp(value, to);
		return strlen(to);
	}
	days = value / USECS_PER_DAY;
	time = value % USECS_PER_DAY;
	if (time < 0)
	{
		time += USECS_PER_DAY;
		days--;
	}
	n = put_date(column, (DateADT) days, to);
	if (n == DATE_LENGTH)
	{
		to[n++] = ' ';
		return n + put_time(to + n, time);
	}
	/* An era is at the end. */
	if (timestamp2tm(value, NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	EncodeDateTime(&tm, fraction, false, 0, NULL, USE_ISO_DATES, to);
	return strlen(to);
}

static Size
format_timestamptz(RsTextColumn *column, const RsVector *vector, uint32 row, char *to)
{
	TimestampTz value = ((int64 *) vector->data)[row];
	int			zone;
	const char *name;
	struct pg_tm tm;
	fsec_t		fraction;

	if (TIMESTAMP_NOT_FINITE(value))
		EncodeSpecialTimestamp(value, to);
	else if (timestamp2tm(value, &zone, &tm, &fraction, &name, NULL) == 0)
		EncodeDateTime(&tm, fraction, true, zone, name, USE_ISO_DATES, to);
	else
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return strlen(to);
}

static const struct
{
	Oid			type;
	FormatValue format;
	Size		longest;
}			formats[] = {
	{BOOLOID, format_bool, 1},
	{INT2OID, format_int2, MOST_INTEGER},
	{INT4OID, format_int4, MOST_INTEGER},
	{INT8OID, format_int8, MOST_INTEGER},
	{FLOAT4OID, format_float4, MOST_FLOAT},
	{FLOAT8OID, format_float8, MOST_FLOAT},
	{NUMERICOID, format_numeric, MOST_NUMERIC},
	{DATEOID, format_date, MOST_DATETIME},
	{TIMEOID, format_time, MOST_DATETIME},
	{TIMESTAMPOID, format_timestamp, MOST_DATETIME},
	{TIMESTAMPTZOID, format_timestamptz, MOST_DATETIME}
};

RsTextColumn *
rs_text_column_create(const RsVectorType *type)
{
	RsTextColumn *column = palloc0(sizeof(RsTextColumn));
	Oid			output;
	bool		is_varlena;
	int			i;

	column->type = *type;
	column->context = CurrentMemoryContext;
	column->kind = RS_TEXT_OTHER;
	for (i = 0; i < lengthof(formats); i++)
		if (formats[i].type == type->typid)
		{
			column->format = formats[i].format;
			column->longest = formats[i].longest;
			column->kind = RS_TEXT_PLAIN;
		}
	if (type->typid == TEXTOID || type->typid == VARCHAROID || type->typid == BPCHAROID)
		column->kind = RS_TEXT_CHARACTER;
	else if (type->typid == JSONBOID || type->typid == JSONOID)
		column->kind = RS_TEXT_JSON;
	if (type->typid == DATEOID || type->typid == TIMESTAMPOID)
	{
		column->dates = palloc(CACHED_DATES * sizeof(CachedDate));
		for (i = 0; i < CACHED_DATES; i++)
			column->dates[i].date = DATEVAL_NOBEGIN;
	}
	getTypeOutputInfo(type->typid, &output, &is_varlena);
	fmgr_info(output, &column->output);
	return column;
}

RsTextKind
rs_text_column_kind(const RsTextColumn *column)
{
	return column->kind;
}

/* ---------------------------------------------------------------------
 * Columns
 * ---------------------------------------------------------------------
 */

RsTextPiece
rs_text_utf8(const char *text, Size size)
{
	RsTextPiece piece = {text, size};
	int			encoding = GetDatabaseEncoding();

	if (encoding != PG_UTF8 && encoding != PG_SQL_ASCII)
	{
		if (size > INT_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("text is too long to be converted")));
		piece.data = pg_server_to_any(text, (int) size, PG_UTF8);
		if (piece.data != text)
			piece.size = strlen(piece.data);
	}
	return piece;
}

static void
format_by_loop(RsTextColumn *column, const RsVector *vector, uint32 n, RsTextPiece *pieces)
{
	Size		size = n * column->longest;
	char	   *to;
	uint32		i;

	if (size > column->buffer_size)
	{
		column->buffer = rs_enlarge(column->context, column->buffer, size);
		column->buffer_size = size;
	}
	to = column->buffer;
	for (i = 0; i < n; i++)
	{
		if (vector->null != NULL && vector->null[i])
		{
			pieces[i] = (RsTextPiece) {NULL, 0};
			continue;
		}
		pieces[i].data = to;
		pieces[i].size = column->format(column, vector, i, to);
		to += pieces[i].size;
	}
}

static void
format_character(const RsVector *vector, uint32 n, RsTextPiece *pieces)
{
	bool		convert = GetDatabaseEncoding() != PG_UTF8;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (vector->null != NULL && vector->null[i])
		{
			pieces[i] = (RsTextPiece) {NULL, 0};
			continue;
		}
		pieces[i].data = rs_varlena_bytes(((Datum *) vector->data)[i], false, &pieces[i].size);
		if (convert)
			pieces[i] = rs_text_utf8(pieces[i].data, pieces[i].size);
	}
}

static RsTextPiece
format_bytes(Datum value)
{
	RsTextPiece piece;
	Size		size;
	const char *bytes = rs_varlena_bytes(value, false, &size);
	char	   *digits = MemoryContextAllocHuge(CurrentMemoryContext, size * 2 + 1);

	piece.data = digits;
	piece.size = hex_encode(bytes, size, digits);
	return piece;
}

/*
 * The settings that output functions look at are those of a file, not of the session.
 */
static void
format_by_function(RsTextColumn *column, const RsVector *vector, uint32 n, RsTextPiece *pieces)
{
	int			level = NewGUCNestLevel();
	uint32		i;

	(void) set_config_option("datestyle", "ISO", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("intervalstyle", "postgres", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("extra_float_digits", "1", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("bytea_output", "hex", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	for (i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		value = rs_vector_datum(vector, &column->type, i, &isnull);

		if (isnull)
			pieces[i] = (RsTextPiece) {NULL, 0};
		else if (column->type.typid == BYTEAOID)
			pieces[i] = format_bytes(value);
		else
		{
			char	   *text = OutputFunctionCall(&column->output, value);

			pieces[i] = rs_text_utf8(text, strlen(text));
		}
	}
	AtEOXact_GUC(true, level);
}

void
rs_text_column_format(RsTextColumn *column, const RsVector *vector, uint32 n, RsTextPiece *pieces)
{
	if (column->format != NULL && vector->form != RS_FORM_REF)
		format_by_loop(column, vector, n, pieces);
	else if (column->kind == RS_TEXT_CHARACTER)
		format_character(vector, n, pieces);
	else
		format_by_function(column, vector, n, pieces);
}

uint32
rs_text_column_pieces(RsTextColumn *column, const RsVector *vector, uint32 n, RsTextPieces *pieces)
{
	const RsVector *source = vector;

	pieces->constant = vector->constant;
	pieces->codes = NULL;
	if (vector->constant)
		n = 1;
	else if (vector->dictionary != NULL)
	{
		pieces->codes = vector->codes;
		source = vector->dictionary;
		n = vector->ndictionary;
	}
	rs_text_column_format(column, source, n, pieces->pieces);
	return n;
}
