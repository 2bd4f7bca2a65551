/*
 * to_time.c
 *	  TO_TIMESTAMP and TO_DATE with fields out of range, which Redshift takes on to the next
 *	  larger one unless the call is strict: '20010631' is the first of July.
 *
 * PostgreSQL's to_timestamp() is asked first.  Where it says that a field is out of range, the
 * text is read here again, by the patterns of numbers that can be: years to microseconds.  Any
 * other pattern, or text that does not fit, keeps PostgreSQL's error.
 */
#include "postgres.h"

#include "common/int.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "functions/date_part.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/formatting.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

typedef enum Field
{
	FIELD_YEAR,
	FIELD_MONTH,
	FIELD_DAY,
	FIELD_HOUR,
	FIELD_MINUTE,
	FIELD_SECOND,
	FIELD_MILLISECOND,
	FIELD_MICROSECOND,
	FIELDS
} Field;

typedef struct Pattern
{
	const char *name;
	Field		field;
	int			digits;			/* at most */
} Pattern;

/* A pattern before those that it begins with. */
static const Pattern patterns[] = {
	{"YYYY", FIELD_YEAR, 4},
	{"MM", FIELD_MONTH, 2},
	{"DD", FIELD_DAY, 2},
	{"HH24", FIELD_HOUR, 2},
	{"HH12", FIELD_HOUR, 2},
	{"HH", FIELD_HOUR, 2},
	{"MI", FIELD_MINUTE, 2},
	{"SS", FIELD_SECOND, 2},
	{"MS", FIELD_MILLISECOND, 3},
	{"US", FIELD_MICROSECOND, 6}
};

/* Patterns that no number belongs to begin with these letters. */
static bool
is_separator(char c)
{
	return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '"');
}

static const Pattern *
find_pattern(const char *format)
{
	int			p;

	for (p = 0; p < lengthof(patterns); p++)
	{
		/* DDD is the day of the year, SSSS seconds of the day. */
		if (pg_strncasecmp(format, patterns[p].name, strlen(patterns[p].name)) == 0 &&
			pg_strncasecmp(format, "DDD", 3) != 0 && pg_strncasecmp(format, "SSSS", 4) != 0)
			return &patterns[p];
	}
	return NULL;
}

/*
 * The number that a pattern takes of the text.
 */
static bool
read_number(const Pattern *pattern, const char **text, int *value)
{
	int			digits = 0;

	*value = 0;
	while (**text >= '0' && **text <= '9' && digits < pattern->digits)
	{
		*value = *value * 10 + (*(*text)++ - '0');
		digits++;
	}
	if (digits == 0)
		return false;
	/* Fractions of a second are so from the left. */
	for (; pattern->field >= FIELD_MILLISECOND && digits < pattern->digits; digits++)
		*value *= 10;
	return true;
}

static bool
read_fields(const char *text, const char *format, int *fields)
{
	while (*format != '\0')
	{
		const Pattern *pattern;

		if (pg_strncasecmp(format, "FM", 2) == 0)
		{
			format += 2;
			continue;
		}
		if (is_separator(*format))
		{
			format++;
			if (*text != '\0' && is_separator(*text) && !(*text >= '0' && *text <= '9'))
				text++;
			continue;
		}
		pattern = find_pattern(format);
		while (*text == ' ')
			text++;
		if (pattern == NULL || !read_number(pattern, &text, &fields[pattern->field]))
			return false;
		format += strlen(pattern->name);
	}
	return true;
}

/*
 * The local time of fields that may be out of range; false: not one that can be read here.
 */
static bool
roll_over(const char *text, const char *format, Timestamp *local)
{
	int			fields[FIELDS] = {[FIELD_MONTH] = 1, [FIELD_DAY] = 1};
	int64		month;

	if (!read_fields(text, format, fields) || fields[FIELD_YEAR] == 0)
		return false;
	month = (int64) fields[FIELD_YEAR] * 12 + fields[FIELD_MONTH] - 1;
	*local = (int64) (date2j((int) (month / 12), (int) (month % 12) + 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
	return rs_date_part_add(RS_PART_DAY, fields[FIELD_DAY] - 1, local) &&
		rs_date_part_add(RS_PART_HOUR, fields[FIELD_HOUR], local) &&
		rs_date_part_add(RS_PART_MINUTE, fields[FIELD_MINUTE], local) &&
		rs_date_part_add(RS_PART_SECOND, fields[FIELD_SECOND], local) &&
		rs_date_part_add(RS_PART_MILLISECOND, fields[FIELD_MILLISECOND], local) &&
		rs_date_part_add(RS_PART_MICROSECOND, fields[FIELD_MICROSECOND], local);
}

/*
 * PostgreSQL's function; where a field is out of range, and that is allowed, ours.  What is
 * called holds nothing but memory, so catching its error needs no subtransaction.
 */
static Datum
call(FunctionCallInfo fcinfo, PGFunction function, bool strict, Timestamp *local, bool *rolled)
{
	MemoryContext context = CurrentMemoryContext;
	volatile Datum result = (Datum) 0;
	volatile bool again = false;

	PG_TRY();
	{
		result = DirectFunctionCall2Coll(function, PG_GET_COLLATION(), PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
	}
	PG_CATCH();
	{
		int			code = geterrcode();

		MemoryContextSwitchTo(context);
		if (strict || (code != ERRCODE_DATETIME_FIELD_OVERFLOW && code != ERRCODE_INVALID_DATETIME_FORMAT) ||
			!roll_over(text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)), local))
			PG_RE_THROW();
		FlushErrorState();
		again = true;
	}
	PG_END_TRY();
	*rolled = again;
	return result;
}

PG_FUNCTION_INFO_V1(rs_to_timestamp);
Datum
rs_to_timestamp(PG_FUNCTION_ARGS)
{
	Timestamp	local;
	bool		rolled;
	Datum		result = call(fcinfo, to_timestamp, PG_GETARG_BOOL(2), &local, &rolled);

	return rolled ? DirectFunctionCall1(timestamp_timestamptz, TimestampGetDatum(local)) : result;
}

PG_FUNCTION_INFO_V1(rs_to_date);
Datum
rs_to_date(PG_FUNCTION_ARGS)
{
	Timestamp	local;
	bool		rolled;
	Datum		result = call(fcinfo, to_date, PG_GETARG_BOOL(2), &local, &rolled);

	return rolled ? DateADTGetDatum((DateADT) rs_local_day(local)) : result;
}
