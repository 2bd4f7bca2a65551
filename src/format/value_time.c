/*
 * value_time.c
 *	  Dates and times of text: in ISO's form, by a format string, and as seconds since 1970.
 *
 * Text in ISO's form means the same whatever the session's DateStyle is; everything else is
 * left to PostgreSQL's input functions, but where COPY names a format.
 */
#include "postgres.h"

#include "format/value.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

static const uint8 month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static inline bool
is_leap_year(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/*
 * Days since 2000-01-01, of a year from 1 to 9999; false: there is no such day.
 */
static inline bool
day_number(int year, int month, int day, int32 *value)
{
	int			y;
	int			m;

	if (year < 1 || month < 1 || month > 12 || day < 1 ||
		day > month_days[month - 1] + (month == 2 && is_leap_year(year)))
		return false;
	/* Years that begin in March have their odd day at the end. */
	y = month > 2 ? year : year - 1;
	m = month > 2 ? month - 3 : month + 9;
	*value = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 730425;
	return true;
}

/*
 * A number of so many digits, or a negative one.
 */
static inline int
digits_2(const char *text)
{
	unsigned	tens = (unsigned char) (text[0] - '0');
	unsigned	ones = (unsigned char) (text[1] - '0');

	return tens < 10 && ones < 10 ? (int) (tens * 10 + ones) : -10000;
}

bool
rs_parse_iso_date(const char *text, Size size, int32 *value)
{
	if (size != 10 || text[4] != '-' || text[7] != '-')
		return false;
	return day_number(digits_2(text) * 100 + digits_2(text + 2), digits_2(text + 5), digits_2(text + 8),
					  value);
}

/*
 * Time of day: HH:MM:SS, and up to six digits of a second.  *used: how much of the text.
 */
static bool
parse_time_of_day(const char *text, Size size, Size *used, int64 *value)
{
	int			hour;
	int			minute;
	int			second;
	int			fraction = 0;
	int			unit = USECS_PER_SEC;
	Size		i = 8;

	if (size < 8 || text[2] != ':' || text[5] != ':')
		return false;
	hour = digits_2(text);
	minute = digits_2(text + 3);
	second = digits_2(text + 6);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return false;
	if (i < size && text[i] == '.')
	{
		for (i++; i < size && rs_is_digit(text[i]); i++)
		{
			if (unit == 1)
				return false;
			unit /= 10;
			fraction += (text[i] - '0') * unit;
		}
		if (i == 9)
			return false;
	}
	*value = ((hour * 60 + minute) * 60 + second) * USECS_PER_SEC + fraction;
	*used = i;
	return true;
}

bool
rs_parse_iso_time(const char *text, Size size, int64 *value)
{
	Size		used;

	return parse_time_of_day(text, size, &used, value) && used == size;
}

/*
 * Offset from UTC: Z, +HH, +HHMM or +HH:MM; east of Greenwich is positive.
 */
static bool
parse_offset(const char *text, Size size, int64 *offset)
{
	int			hour;
	int			minute = 0;

	if (size == 1 && text[0] == 'Z')
	{
		*offset = 0;
		return true;
	}
	if ((size != 3 && size != 5 && size != 6) || (text[0] != '+' && text[0] != '-') ||
		(size == 6 && text[3] != ':'))
		return false;
	hour = digits_2(text + 1);
	if (size > 3)
		minute = digits_2(text + size - 2);
	if (hour < 0 || hour > MAX_TZDISP_HOUR || minute < 0 || minute > 59)
		return false;
	*offset = (hour * 60 + minute) * (text[0] == '-' ? -USECS_PER_MINUTE : USECS_PER_MINUTE);
	return true;
}

bool
rs_parse_iso_timestamp(const char *text, Size size, Timestamp *value, bool *has_zone, int64 *offset)
{
	int32		date;
	int64		time;
	Size		used;

	*has_zone = false;
	if (size < 10 || !rs_parse_iso_date(text, 10, &date))
		return false;
	*value = (Timestamp) date * USECS_PER_DAY;
	if (size == 10)
		return true;
	if ((text[10] != ' ' && text[10] != 'T') || !parse_time_of_day(text + 11, size - 11, &used, &time))
		return false;
	used += 11;
	if (used < size)
	{
		if (!parse_offset(text + used, size - used, offset))
			return false;
		*has_zone = true;
	}
	*value += time;
	return true;
}

bool
rs_parse_epoch(const char *text, Size size, bool milliseconds, Timestamp *value, RsValueFault *fault)
{
	RsDecimalType type = {38, milliseconds ? 3 : 6, true};
	RsValueFault ignored;
	int128		microseconds;

	if (rs_parse_decimal(text, size, &type, &microseconds, NULL, &ignored))
	{
		microseconds -= (int128) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
		if (microseconds >= MIN_TIMESTAMP && microseconds < END_TIMESTAMP)
		{
			*value = (Timestamp) microseconds;
			return true;
		}
	}
	return rs_value_fault(fault, RS_ROW_BAD_TIMESTAMP, ERRCODE_INVALID_DATETIME_FORMAT,
						  "Invalid timestamp format or value [%s]",
						  milliseconds ? "epochmillisecs" : "epochsecs");
}

bool
rs_local_to_instant(Timestamp local, TimestampTz *instant)
{
	struct pg_tm tm;
	fsec_t		fsec;
	long		offset;
	int			zone;

	if (TIMESTAMP_NOT_FINITE(local))
	{
		*instant = local;
		return true;
	}
	if (pg_get_timezone_offset(session_timezone, &offset))
		zone = (int) -offset;
	else
	{
		if (timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
			return false;
		zone = DetermineTimeZoneOffset(&tm, session_timezone);
	}
	return !__builtin_add_overflow(local, (int64) zone * USECS_PER_SEC, instant) &&
		IS_VALID_TIMESTAMP(*instant);
}

/* ---------------------------------------------------------------------
 * By a format string
 * ---------------------------------------------------------------------
 */

typedef enum TimePart
{
	PART_YEAR,
	PART_SHORT_YEAR,
	PART_MONTH,
	PART_MONTH_NAME,
	PART_DAY,
	PART_HOUR,
	PART_HOUR_OF_12,
	PART_MINUTE,
	PART_SECOND,
	PART_MERIDIAN,
	PART_SPACE,
	PART_LITERAL
} TimePart;

typedef struct FormatPart
{
	TimePart	part;
	char		literal;
} FormatPart;

struct RsTimeFormat
{
	int			nparts;
	FormatPart	parts[FLEXIBLE_ARRAY_MEMBER];
};

/* What a format can say, longer words first. */
static const struct
{
	const char *word;
	TimePart	part;
}			format_words[] = {
	{"YYYY", PART_YEAR},
	{"YY", PART_SHORT_YEAR},
	{"MONTH", PART_MONTH_NAME},
	{"MON", PART_MONTH_NAME},
	{"MM", PART_MONTH},
	{"MI", PART_MINUTE},
	{"DD", PART_DAY},
	{"HH24", PART_HOUR},
	{"HH12", PART_HOUR_OF_12},
	{"HH", PART_HOUR},
	{"SS", PART_SECOND},
	{"AM", PART_MERIDIAN},
	{"PM", PART_MERIDIAN},
};

RsTimeFormat *
rs_time_format_create(const char *option, const char *format)
{
	RsTimeFormat *result = palloc(offsetof(RsTimeFormat, parts) + strlen(format) * sizeof(FormatPart));
	const char *at = format;

	result->nparts = 0;
	while (*at != '\0')
	{
		FormatPart *part = &result->parts[result->nparts++];
		int			i;

		for (i = 0; i < lengthof(format_words); i++)
			if (pg_strncasecmp(at, format_words[i].word, strlen(format_words[i].word)) == 0)
				break;
		if (i < lengthof(format_words))
		{
			part->part = format_words[i].part;
			at += strlen(format_words[i].word);
			/* Fractions of a second are read with the second, however many digits are shown. */
			if (part->part == PART_SECOND && at[0] == '.' && pg_toupper(at[1]) == 'S')
				for (at++; pg_toupper(*at) == 'S';)
					at++;
			continue;
		}
		if (isalnum((unsigned char) *at) && *at != 'T')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s \"%s\" is not supported from \"%s\" on", option, format, at),
					 errhint("Parts are YYYY, YY, MM, MON, DD, HH, HH24, HH12, MI, SS, AM and PM; "
							 "\"auto\" recognizes other forms, with time zones too.")));
		part->part = rs_is_space(*at) ? PART_SPACE : PART_LITERAL;
		part->literal = *at++;
		while (part->part == PART_SPACE && rs_is_space(*at))
			at++;
	}
	return result;
}

/*
 * A number of one digit up to so many.
 */
static bool
take_number(const char **text, const char *end, int most_digits, int *value)
{
	const char *start = *text;

	*value = 0;
	while (*text < end && *text - start < most_digits && rs_is_digit(**text))
		*value = *value * 10 + (*(*text)++ - '0');
	return *text > start;
}

static bool
take_month_name(const char **text, const char *end, int *month)
{
	static const char *const names[] = {
		"january", "february", "march", "april", "may", "june", "july", "august", "september",
		"october", "november", "december"
	};
	Size		rest = end - *text;
	int			i;

	for (i = 0; i < lengthof(names); i++)
	{
		Size		size = strlen(names[i]);

		if (rest < 3 || pg_strncasecmp(*text, names[i], 3) != 0)
			continue;
		*month = i + 1;
		*text += rest >= size && pg_strncasecmp(*text, names[i], size) == 0 ? size : 3;
		return true;
	}
	return false;
}

/*
 * Digits behind the point of a second, as microseconds.
 */
static void
take_fraction(const char **text, const char *end, int64 *value)
{
	int			unit = USECS_PER_SEC;

	if (*text + 1 >= end || **text != '.' || !rs_is_digit((*text)[1]))
		return;
	for ((*text)++; *text < end && rs_is_digit(**text); (*text)++)
	{
		/* The seventh digit rounds; those after it are nearer than half of a unit. */
		if (unit == 1)
			*value += **text >= '5';
		unit /= 10;
		*value += (**text - '0') * unit;
	}
}

/* A point in time in the making. */
typedef struct ClockTime
{
	int			year;
	int			month;
	int			day;
	int			hour;
	int			minute;
	int			second;
	int64		microseconds;
	bool		has_meridian;
	bool		is_afternoon;
	bool		of_12;
} ClockTime;

static bool
take_part(const FormatPart *part, const char **text, const char *end, ClockTime *time)
{
	switch (part->part)
	{
		case PART_YEAR:
			return take_number(text, end, 4, &time->year);
		case PART_SHORT_YEAR:
			if (!take_number(text, end, 2, &time->year))
				return false;
			time->year += time->year < 70 ? 2000 : 1900;
			return true;
		case PART_MONTH:
			return take_number(text, end, 2, &time->month);
		case PART_MONTH_NAME:
			return take_month_name(text, end, &time->month);
		case PART_DAY:
			return take_number(text, end, 2, &time->day);
		case PART_HOUR:
			return take_number(text, end, 2, &time->hour);
		case PART_HOUR_OF_12:
			time->of_12 = true;
			return take_number(text, end, 2, &time->hour);
		case PART_MINUTE:
			return take_number(text, end, 2, &time->minute);
		case PART_SECOND:
			if (!take_number(text, end, 2, &time->second))
				return false;
			take_fraction(text, end, &time->microseconds);
			return true;
		case PART_MERIDIAN:
			if (end - *text < 2 || pg_toupper((*text)[1]) != 'M' ||
				(pg_toupper((*text)[0]) != 'A' && pg_toupper((*text)[0]) != 'P'))
				return false;
			time->has_meridian = true;
			time->is_afternoon = pg_toupper((*text)[0]) == 'P';
			*text += 2;
			return true;
		case PART_SPACE:
			if (*text == end || !rs_is_space(**text))
				return false;
			while (*text < end && rs_is_space(**text))
				(*text)++;
			return true;
		case PART_LITERAL:
			return *text < end && *(*text)++ == part->literal;
	}
	return false;
}

bool
rs_parse_by_format(const RsTimeFormat *format, const char *text, Size size, bool date_only,
				   Timestamp *value)
{
	const char *end;
	ClockTime	time = {1, 1, 1};
	int32		date;
	int			i;

	rs_trim_space(&text, &size);
	end = text + size;
	for (i = 0; i < format->nparts; i++)
		if (!take_part(&format->parts[i], &text, end, &time))
			return false;
	if (text < end && !(date_only && (*text == 'T' || rs_is_space(*text))))
		return false;
	if (!day_number(time.year, time.month, time.day, &date))
		return false;
	if (time.of_12 || time.has_meridian)
	{
		if (time.hour < 1 || time.hour > 12)
			return false;
		time.hour = time.hour % 12 + (time.is_afternoon ? 12 : 0);
	}
	if (time.hour > 23 || time.minute > 59 || time.second > 59)
		return false;
	*value = (Timestamp) date * USECS_PER_DAY +
		((time.hour * 60 + time.minute) * 60 + time.second) * USECS_PER_SEC + time.microseconds;
	return true;
}
