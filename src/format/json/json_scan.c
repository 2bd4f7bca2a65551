/*
 * json_scan.c
 *	  JSON's grammar (RFC 8259), over text in memory.
 *
 * Strings are passed eight bytes at a time.  No function looks further than RS_JSON_PADDING
 * bytes past the end: each stops at the first zero byte, and takes at most one word there.
 */
#include "postgres.h"

#include "format/json/json_scan.h"
#include "port/pg_bswap.h"

#define WORD(byte)		(UINT64CONST(0x0101010101010101) * (byte))
#define HIGH_BITS		WORD(0x80)

/* Integers of so many digits fit an int64 whatever the digits are. */
#define MAX_INTEGER_DIGITS	18

/*
 * High bits of the bytes of a word that end a run of a string's plain characters: quotation
 * marks, backslashes, control characters.  Only the first of them is sure: a borrow may
 * reach bytes after it.
 */
static inline uint64
stops_in(uint64 word)
{
	uint64		quote = word ^ WORD('"');
	uint64		backslash = word ^ WORD('\\');

	return (((quote - WORD(1)) & ~quote) | ((backslash - WORD(1)) & ~backslash) |
			((word - WORD(0x20)) & ~word)) & HIGH_BITS;
}

static inline uint64
load_word(const char *at)
{
	uint64		word;

	memcpy(&word, at, sizeof(word));
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	return word;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex_digit(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* An escape sequence, from its backslash on; NULL: it is none, and *fault says from where. */
static const char *
skip_escape(const char *at, const char **fault)
{
	int			i;

	switch (at[1])
	{
		case '"':
		case '\\':
		case '/':
		case 'b':
		case 'f':
		case 'n':
		case 'r':
		case 't':
			return at + 2;
		case 'u':
			for (i = 2; i < 6; i++)
				if (!is_hex_digit(at[i]))
				{
					*fault = at + i;
					return NULL;
				}
			return at + 6;
		default:
			*fault = at + 1;
			return NULL;
	}
}

bool
rs_json_scan_string(RsJsonScan *scan, RsJsonValue *value)
{
	const char *at = scan->at;
	uint64		bytes = 0;
	bool		escaped = false;

	if (*at != '"')
		return false;
	at++;
	for (;;)
	{
		uint64		word = load_word(at);
		uint64		stops = stops_in(word);
		int			plain;

		if (stops == 0)
		{
			bytes |= word;
			at += sizeof(word);
			continue;
		}
		plain = __builtin_ctzll(stops) / 8;
		bytes |= word & ((UINT64CONST(1) << (8 * plain)) - 1);
		at += plain;
		if (*at == '"')
			break;
		if (*at != '\\')
		{
			scan->at = at;
			return false;
		}
		escaped = true;
		at = skip_escape(at, &scan->at);
		if (at == NULL)
			return false;
	}
	at++;
	value->start = scan->at;
	value->size = at - scan->at;
	value->escaped = escaped;
	value->ascii = (bytes & HIGH_BITS) == 0;
	scan->at = at;
	return true;
}

static bool
scan_number(RsJsonScan *scan, RsJsonValue *value)
{
	const char *at = scan->at;
	bool		negative = *at == '-';
	const char *digits;
	int64		integer = 0;

	if (negative)
		at++;
	digits = at;
	/* Wraps around if there are too many, which is looked at later. */
	while (is_digit(*at))
		integer = (int64) ((uint64) integer * 10 + (*at++ - '0'));
	if (at == digits || (*digits == '0' && at > digits + 1))
	{
		scan->at = at == digits ? at : digits + 1;
		return false;
	}
	value->kind = at - digits <= MAX_INTEGER_DIGITS && !(negative && integer == 0) ?
		RS_JSON_INTEGER : RS_JSON_NUMBER;
	value->integer = negative ? (int64) (-(uint64) integer) : integer;
	if (*at == '.')
	{
		value->kind = RS_JSON_NUMBER;
		at++;
		if (!is_digit(*at))
		{
			scan->at = at;
			return false;
		}
		while (is_digit(*at))
			at++;
	}
	if (*at == 'e' || *at == 'E')
	{
		value->kind = RS_JSON_NUMBER;
		at++;
		if (*at == '+' || *at == '-')
			at++;
		if (!is_digit(*at))
		{
			scan->at = at;
			return false;
		}
		while (is_digit(*at))
			at++;
	}
	value->start = scan->at;
	value->size = at - scan->at;
	scan->at = at;
	return true;
}

static bool
scan_word(RsJsonScan *scan, RsJsonValue *value, const char *word, RsJsonKind kind)
{
	const char *start = scan->at;

	for (; *word != '\0'; word++, scan->at++)
		if (*scan->at != *word)
			return false;
	value->kind = kind;
	value->start = start;
	value->size = scan->at - start;
	return true;
}

/* A value that has no others in it; false also for those that have. */
static bool
scan_scalar(RsJsonScan *scan, RsJsonValue *value)
{
	switch (*scan->at)
	{
		case '"':
			value->kind = RS_JSON_STRING;
			return rs_json_scan_string(scan, value);
		case 't':
			return scan_word(scan, value, "true", RS_JSON_TRUE);
		case 'f':
			return scan_word(scan, value, "false", RS_JSON_FALSE);
		case 'n':
			return scan_word(scan, value, "null", RS_JSON_NULL);
		default:
			return scan_number(scan, value);
	}
}

/* The name of a member and what stands between it and its value. */
static bool
scan_name(RsJsonScan *scan)
{
	RsJsonValue name;

	if (!rs_json_scan_string(scan, &name))
		return false;
	rs_json_skip_space(scan);
	if (*scan->at != ':')
		return false;
	scan->at++;
	rs_json_skip_space(scan);
	return true;
}

/* An array or object, with a bit for each of those around a value: is it an object? */
static bool
scan_nested(RsJsonScan *scan)
{
	uint8		is_object[RS_JSON_MAX_DEPTH / 8 + 1];
	int			depth = 0;
	RsJsonValue scalar;

	for (;;)
	{
		/* At a value. */
		if (*scan->at == '{' || *scan->at == '[')
		{
			bool		object = *scan->at == '{';

			if (depth == RS_JSON_MAX_DEPTH)
				return false;
			is_object[depth / 8] &= ~(1 << depth % 8);
			is_object[depth / 8] |= object << depth % 8;
			depth++;
			scan->at++;
			rs_json_skip_space(scan);
			if (*scan->at != (object ? '}' : ']'))
			{
				if (object && !scan_name(scan))
					return false;
				continue;
			}
			scan->at++;
			depth--;
		}
		else if (!scan_scalar(scan, &scalar))
			return false;

		/* Behind one. */
		for (;;)
		{
			bool		object;

			if (depth == 0)
				return true;
			object = (is_object[(depth - 1) / 8] >> (depth - 1) % 8) & 1;
			rs_json_skip_space(scan);
			if (*scan->at == ',')
			{
				scan->at++;
				rs_json_skip_space(scan);
				if (object && !scan_name(scan))
					return false;
				break;
			}
			if (*scan->at != (object ? '}' : ']'))
				return false;
			scan->at++;
			depth--;
		}
	}
}

bool
rs_json_scan_value(RsJsonScan *scan, RsJsonValue *value)
{
	const char *start = scan->at;

	if (*start != '{' && *start != '[')
		return scan_scalar(scan, value);
	value->kind = *start == '{' ? RS_JSON_OBJECT : RS_JSON_ARRAY;
	if (!scan_nested(scan))
		return false;
	value->start = start;
	value->size = scan->at - start;
	return true;
}

const char *
rs_json_find_close(const char *start, const char *limit)
{
	const char *at;
	int			depth = 0;
	bool		in_string = false;

	for (at = start; at < limit; at++)
	{
		if (in_string)
		{
			if (*at == '\n')
				return NULL;
			if (*at == '\\')
				at++;
			else if (*at == '"')
				in_string = false;
			continue;
		}
		switch (*at)
		{
			case '"':
				in_string = true;
				break;
			case '{':
			case '[':
				depth++;
				break;
			case '}':
			case ']':
				if (--depth == 0)
					return at + 1;
				break;
		}
	}
	return NULL;
}

/* Behind a string, from behind its first mark; NULL: its line ends before. */
static const char *
skip_string(const char *at, const char *end)
{
	while (at < end)
	{
		uint64		stops = stops_in(load_word(at));

		if (stops == 0)
		{
			at += sizeof(stops);
			continue;
		}
		at += __builtin_ctzll(stops) / 8;
		if (*at == '"')
			return at + 1;
		if (*at == '\n' || at >= end)
			return NULL;
		/* Other control characters are faults, but no ends. */
		at += *at == '\\' ? 2 : 1;
	}
	return NULL;
}

bool
rs_json_lines_are_rows(const char *start, const char *end, int64 *lines)
{
	const char *at = start;
	int			depth = 0;

	*lines = 0;
	while (at < end)
	{
		switch (*at++)
		{
			case '{':
			case '[':
				depth++;
				break;
			case '}':
			case ']':
				if (--depth < 0)
					return false;
				break;
			case '\n':
				if (depth > 0)
					return false;
				(*lines)++;
				break;
			case '"':
				if (depth == 0)
					return false;
				at = skip_string(at, end);
				if (at == NULL)
					return false;
				break;
			case ' ':
			case '\t':
			case '\r':
				break;
			default:
				if (depth == 0)
					return false;
				break;
		}
	}
	return depth == 0;
}
