/*
 * json_text.c
 *	  Strings of JSON, and pieces of it, as text in the server's encoding.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "format/json/json_text.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

void
rs_json_text_init(RsJsonText *text, const RsConversion *conversion)
{
	memset(text, 0, sizeof(RsJsonText));
	text->conversion = conversion;
	text->context = CurrentMemoryContext;
}

static char *
make_room(RsJsonText *text, char **buffer, Size *room, Size size)
{
	if (size > *room)
	{
		Size		larger = Max(size, 1024);

		if (*buffer != NULL)
			pfree(*buffer);
		*buffer = NULL;
		*room = 0;
		/* Twice as much, so that slowly growing values do not ask each time. */
		larger = larger > MaxAllocHugeSize / 2 ? larger : 2 * larger;
		*buffer = MemoryContextAllocHuge(text->context, larger);
		*room = larger;
	}
	return *buffer;
}

static uint32
hex_number(const char *digits)
{
	uint32		number = 0;
	int			i;

	for (i = 0; i < 4; i++)
	{
		char		c = digits[i];

		number = number << 4 | (c <= '9' ? c - '0' : (c & ~0x20) - 'A' + 10);
	}
	return number;
}

/* The code point of \u and four digits, and maybe of the second half of a surrogate pair; 0: none. */
static uint32
code_point(const char **at, const char *end)
{
	uint32		high = hex_number(*at + 2);
	uint32		low;

	*at += 6;
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
		return 0;
	low = hex_number(*at + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*at += 6;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static char
simple_escape(char c)
{
	switch (c)
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		default:
			return c;
	}
}

/*
 * A string without its marks and escapes.  The grammar has been checked; what is left to go
 * wrong is a code point that text cannot have: 0, or half of a pair; *bad is where.
 */
static bool
unescape(RsJsonText *text, const RsJsonValue *string, const char **result, Size *size, const char **bad)
{
	const char *at = string->start + 1;
	const char *end = string->start + string->size - 1;
	char	   *to;

	if (!string->escaped)
	{
		*result = at;
		*size = end - at;
		return true;
	}
	/* No escape is shorter than what it stands for. */
	to = make_room(text, &text->buffer, &text->room, string->size);
	*result = to;
	while (at < end)
	{
		const char *backslash = memchr(at, '\\', end - at);
		Size		plain = (backslash != NULL ? backslash : end) - at;

		memcpy(to, at, plain);
		to += plain;
		at += plain;
		if (at == end)
			break;
		if (at[1] == 'u')
		{
			const char *escape = at;
			uint32		code = code_point(&at, end);

			if (code == 0)
			{
				*bad = escape;
				return false;
			}
			unicode_to_utf8(code, (unsigned char *) to);
			to += pg_utf_mblen((unsigned char *) to);
		}
		else
		{
			*to++ = simple_escape(at[1]);
			at += 2;
		}
	}
	*size = to - *result;
	return true;
}

bool
rs_json_text_name(RsJsonText *text, const RsJsonValue *string, const char **result, Size *size)
{
	const char *bad;

	return unescape(text, string, result, size, &bad);
}

static bool
invalid_utf8(RsValueFault *fault, const char *at, Size size)
{
	char		hex[2 * MAX_MULTIBYTE_CHAR_LEN + 1];
	int			n = (int) Min(size, (Size) Max(pg_utf_mblen((const unsigned char *) at), 1));
	int			i;

	for (i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", (uint8) at[i]);
	fault->fault = RS_ROW_BAD_UTF8;
	fault->sqlstate = ERRCODE_CHARACTER_NOT_IN_REPERTOIRE;
	snprintf(fault->reason, sizeof(fault->reason),
			 "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: %s (error %d)",
			 hex, n);
	return false;
}

/* Put the replacement in the place of each byte that is no part of a character. */
static const char *
replace_invalid(RsJsonText *text, const char *data, Size size)
{
	char	   *copy = data == text->buffer ? text->buffer :
		memcpy(make_room(text, &text->buffer, &text->room, size + 1), data, size);
	Size		at = 0;

	while (at < size)
	{
		int			length = pg_encoding_verifymbchar(PG_UTF8, copy + at, (int) Min(size - at, PG_INT32_MAX));

		/* A zero byte would be one of a string only if it had not come from JSON. */
		if (length <= 0 || copy[at] == '\0')
		{
			copy[at] = text->conversion->replacement != '\0' ? text->conversion->replacement : '?';
			length = 1;
			text->replaced = true;
		}
		at += length;
	}
	return copy;
}

/* UTF-8 that was checked, in the server's encoding. */
static bool
convert(RsJsonText *text, const char **data, Size *size, RsValueFault *fault)
{
	Oid			procedure;
	Size		room;
	int			done;

	if (GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII)
		return true;
	procedure = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());
	if (!OidIsValid(procedure))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("there is no default conversion from encoding UTF8 to %s",
						GetDatabaseEncodingName())));
	room = mul_size(*size, MAX_CONVERSION_GROWTH) + 1;
	if (room > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a string is too long to be converted")));
	make_room(text, &text->converted, &text->converted_room, room);
	done = pg_do_encoding_conversion_buf(procedure, PG_UTF8, GetDatabaseEncoding(), (unsigned char *) *data,
										 (int) *size, (unsigned char *) text->converted, (int) room, true);
	if (done < *size)
	{
		fault->fault = RS_ROW_BAD_ENCODING;
		fault->sqlstate = ERRCODE_UNTRANSLATABLE_CHARACTER;
		snprintf(fault->reason, sizeof(fault->reason), "Character has no equivalent in encoding %s",
				 GetDatabaseEncodingName());
		return false;
	}
	*data = text->converted;
	*size = strlen(text->converted);
	return true;
}

static bool
check_and_convert(RsJsonText *text, const char **data, Size *size, RsValueFault *fault)
{
	int			valid;

	if (*size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a string is too long")));
	valid = pg_encoding_verifymbstr(PG_UTF8, *data, (int) *size);
	if (valid < *size)
	{
		if (!text->conversion->accept_invalid_chars)
			return invalid_utf8(fault, *data + valid, *size - valid);
		*data = replace_invalid(text, *data, *size);
	}
	return convert(text, data, size, fault);
}

bool
rs_json_text_string(RsJsonText *text, const RsJsonValue *string, const char **result, Size *size,
					RsValueFault *fault)
{
	const char *bad = NULL;

	text->replaced = false;
	if (!unescape(text, string, result, size, &bad))
	{
		if (memcmp(bad, "\\u0000", 6) == 0)
		{
			fault->fault = RS_ROW_NUL_BYTE;
			fault->sqlstate = ERRCODE_UNTRANSLATABLE_CHARACTER;
			strlcpy(fault->reason, "String contains a NUL character", sizeof(fault->reason));
			return false;
		}
		fault->fault = RS_ROW_BAD_UTF8;
		fault->sqlstate = ERRCODE_UNTRANSLATABLE_CHARACTER;
		snprintf(fault->reason, sizeof(fault->reason),
				 "String contains invalid or unsupported UTF8 codepoints. Bad surrogate pair: %.6s", bad);
		return false;
	}
	if (string->ascii && !string->escaped)
		return true;
	return check_and_convert(text, result, size, fault);
}

/* Without line feeds and white space around them, outside of strings. */
static Size
join_lines(char *to, const char *at, const char *end)
{
	char	   *start = to;
	bool		in_string = false;

	for (; at < end; at++)
	{
		if (in_string && *at == '\\')
			*to++ = *at++;
		else if (*at == '"')
			in_string = !in_string;
		else if (!in_string && (*at == '\n' || *at == '\r'))
		{
			while (to > start && (to[-1] == ' ' || to[-1] == '\t'))
				to--;
			while (at + 1 < end && (at[1] == ' ' || at[1] == '\t' || at[1] == '\n' || at[1] == '\r'))
				at++;
			continue;
		}
		*to++ = *at;
	}
	return to - start;
}

bool
rs_json_text_source(RsJsonText *text, const RsJsonValue *value, const char **result, Size *size,
					RsValueFault *fault)
{
	char	   *copy = make_room(text, &text->buffer, &text->room, value->size + 1);

	text->replaced = false;
	if (memchr(value->start, '\n', value->size) != NULL || memchr(value->start, '\r', value->size) != NULL)
		*size = join_lines(copy, value->start, value->start + value->size);
	else
	{
		memcpy(copy, value->start, value->size);
		*size = value->size;
	}
	copy[*size] = '\0';
	*result = copy;
	return check_and_convert(text, result, size, fault);
}

bool
rs_json_text_utf8(RsJsonText *text, const char *data, Size data_size, const char **result, Size *size,
				  RsValueFault *fault)
{
	text->replaced = false;
	*result = data;
	*size = data_size;
	return check_and_convert(text, result, size, fault);
}
