/*
 * text_fields.c
 *	  Rows of text taken apart into fields, and fields made what they stand for.
 *
 * Splitting a row finds where its fields are, and changes nothing; cooking a field takes
 * quotes and escapes out of it.  So a bad row can be shown as it stood in the file.
 */
#include "postgres.h"

#include "format/text/text_fields.h"
#include "format/value.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

int *
rs_text_widths(const char *spec, int nfields)
{
	int		   *widths = palloc(Max(nfields, 1) * sizeof(int));
	const char *at = spec;
	int			n = 0;

	while (*at != '\0')
	{
		const char *colon;
		char	   *end;
		long		width;

		if (n > 0 && *at++ != ',')
			break;
		colon = strpbrk(at, ":,");
		if (colon == NULL || *colon != ':' || !isdigit((unsigned char) colon[1]))
			break;
		errno = 0;
		width = strtol(colon + 1, &end, 10);
		if (errno != 0 || width < 1 || width > MaxAllocSize)
			break;
		if (n < nfields)
			widths[n] = (int) width;
		n++;
		at = end;
		while (*at == ' ')
			at++;
	}
	if (*at != '\0' || n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("FIXEDWIDTH \"%s\" is not a list of labels and widths", spec),
				 errhint("Use 'label:width,label:width,...' with a width of at least 1 for each column.")));
	if (n != nfields)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("FIXEDWIDTH has %d columns, but %d are loaded", n, nfields)));
	return widths;
}

static inline void
set_field(RsTextFields fields, int i, const char *text, Size size)
{
	fields.text[(Size) i * fields.stride] = text;
	fields.size[(Size) i * fields.stride] = (uint32) size;
}

/*
 * Fields from number `found` on are not there.
 */
static void
fill_fields(const RsTextLayout *layout, int found, RsTextFields fields)
{
	int			i;

	for (i = found; i < layout->nfields; i++)
		set_field(fields, i, layout->missing_is_empty[i] ? "" : NULL, 0);
}

static void
missing_fields(const RsTextLayout *layout, int found, RsTextFields fields, RsRowProblem *problem)
{
	if (layout->fill_record)
	{
		fill_fields(layout, found, fields);
		return;
	}
	problem->field = found - 1;
	problem->nfields = found;
	if (layout->format == RS_TEXT_FIXED)
	{
		problem->fault = RS_ROW_MISSING_COLUMNS;
		problem->reason = "Missing column(s)";
	}
	else
	{
		problem->fault = RS_ROW_DELIMITER_MISSING;
		problem->reason = "Delimiter not found";
	}
}

static void
extra_fields(const RsTextLayout *layout, RsRowProblem *problem)
{
	problem->fault = RS_ROW_EXTRA_COLUMNS;
	problem->field = -1;
	problem->nfields = layout->nfields;
	problem->reason = "Extra column(s) found";
}

/*
 * By the delimiters that were found.  Of those of several characters the first ones are marked,
 * some of which may not be the start of one.  The last field may have a delimiter behind it.
 */
static void
split_delimited(const RsTextLayout *layout, const char *base, uint32 start, uint32 end,
				const uint32 *delimiters, uint32 ndelimiters, RsTextFields fields, RsRowProblem *problem)
{
	uint32		n = layout->nfields;
	uint32		size = layout->delimiter_size;
	uint32		found = 0;
	uint32		i;

	for (i = 0; i < ndelimiters && found < n && delimiters[i] < end; i++)
	{
		uint32		at = delimiters[i];

		if (size > 1 && (at < start || end - at < size || memcmp(base + at, layout->delimiter, size) != 0))
			continue;
		set_field(fields, found++, base + start, at - start);
		start = at + size;
	}
	if (found < n)
	{
		set_field(fields, found, base + start, end - start);
		if (++found < n)
			missing_fields(layout, found, fields, problem);
	}
	else if (start != end || layout->format == RS_TEXT_CSV)
		extra_fields(layout, problem);
}

static bool
is_delimiter(const RsTextLayout *layout, const char *text, const char *end)
{
	return end - text >= layout->delimiter_size &&
		memcmp(text, layout->delimiter, layout->delimiter_size) == 0;
}

/*
 * The end of a field that begins with a quote: behind the same one that is followed by a
 * delimiter or the end; NULL: there is none.
 */
static const char *
quoted_end(const RsTextLayout *layout, const char *text, const char *end)
{
	char		quote = *text++;

	for (; text < end; text++)
	{
		if (layout->escape && *text == '\\')
			text++;
		else if (*text == quote && (text + 1 == end || is_delimiter(layout, text + 1, end)))
			return text + 1;
	}
	return NULL;
}

static const char *
plain_end(const RsTextLayout *layout, const char *text, const char *end)
{
	for (; text < end; text++)
	{
		if (layout->escape && *text == '\\' && text + 1 < end)
			text++;
		else if (is_delimiter(layout, text, end))
			return text;
	}
	return end;
}

/*
 * Where quotes around a field keep the delimiters in it.
 */
static void
split_quoted(const RsTextLayout *layout, const char *text, const char *end, RsTextFields fields,
			 RsRowProblem *problem)
{
	int			n = layout->nfields;
	int			found = 0;

	for (;;)
	{
		bool		quoted = text < end && (*text == '\'' || *text == '"');
		const char *field_end = quoted ? quoted_end(layout, text, end) : plain_end(layout, text, end);

		if (found == n)
		{
			extra_fields(layout, problem);
			return;
		}
		if (field_end == NULL)
		{
			set_field(fields, found, text, end - text);
			problem->fault = RS_ROW_DELIMITER_MISSING;
			problem->field = found;
			problem->nfields = found + 1;
			problem->reason = "Delimited value missing end quote";
			return;
		}
		set_field(fields, found++, text, field_end - text);
		if (field_end == end)
			break;
		text = field_end + layout->delimiter_size;
		if (text == end && found == n)
			break;
	}
	if (found < n)
		missing_fields(layout, found, fields, problem);
}

/*
 * The end of so many characters of UTF-8, valid or not.
 */
static const char *
skip_characters(const char *text, const char *end, int n)
{
	for (; n > 0 && text < end; n--)
	{
		text++;
		while (text < end && ((unsigned char) *text & 0xC0) == 0x80)
			text++;
	}
	return text;
}

static void
split_fixed(const RsTextLayout *layout, const char *text, const char *end, RsTextFields fields,
			RsRowProblem *problem)
{
	int			i;

	for (i = 0; i < layout->nfields; i++)
	{
		const char *field_end = skip_characters(text, end, layout->widths[i]);

		if (text == end && i > 0)
		{
			missing_fields(layout, i, fields, problem);
			return;
		}
		set_field(fields, i, text, field_end - text);
		text = field_end;
	}
	if (text < end)
		extra_fields(layout, problem);
}

void
rs_text_split(const RsTextLayout *layout, const char *base, uint32 start, uint32 end,
			  const uint32 *delimiters, uint32 ndelimiters, RsTextFields fields, RsRowProblem *problem)
{
	problem->fault = RS_ROW_SOUND;
	problem->nfields = layout->nfields;
	if (start == end && layout->nfields > 1 && !layout->fill_record)
	{
		problem->fault = RS_ROW_EMPTY_LINE;
		problem->field = -1;
		problem->nfields = 0;
		problem->reason = "Line has no data";
	}
	else if (layout->format == RS_TEXT_FIXED)
		split_fixed(layout, base + start, base + end, fields, problem);
	else if (layout->remove_quotes)
		split_quoted(layout, base + start, base + end, fields, problem);
	else
		split_delimited(layout, base, start, end, delimiters, ndelimiters, fields, problem);
}

/* ---------------------------------------------------------------------
 * Fields
 * ---------------------------------------------------------------------
 */

/*
 * A field with quotes in it: what they enclose is taken as it is, a doubled one stands for
 * itself, and white space around the quotes of a field that begins with one is left out.
 */
static void
cook_csv(const RsTextLayout *layout, const char **text, uint32 *size, RsArena *arena)
{
	char		quote = layout->quote;
	const char *from = *text;
	const char *end = from + *size;
	const char *first;
	bool		inside = false;
	char	   *start;
	char	   *to;

	if (memchr(from, quote, *size) == NULL)
		return;
	for (first = from; rs_is_space(*first);)
		first++;
	if (*first == quote)
	{
		from = first;
		while (rs_is_space(end[-1]))
			end--;
		/* Mostly these are the only ones. */
		if (end - from >= 2 && end[-1] == quote && memchr(from + 1, quote, end - from - 2) == NULL)
		{
			*text = from + 1;
			*size = (uint32) (end - from - 2);
			return;
		}
	}
	start = to = rs_arena_alloc(arena, end - from);
	for (; from < end; from++)
	{
		if (*from != quote)
			*to++ = *from;
		else if (inside && from + 1 < end && from[1] == quote)
			*to++ = *from++;
		else
			inside = !inside;
	}
	*text = start;
	*size = (uint32) (to - start);
}

static void
cook_escapes(const char **text, uint32 *size, RsArena *arena)
{
	const char *from = *text;
	const char *end = from + *size;
	char	   *start;
	char	   *to;

	if (memchr(from, '\\', *size) == NULL)
		return;
	start = to = rs_arena_alloc(arena, *size);
	for (; from < end; from++)
	{
		if (*from == '\\' && from + 1 < end)
			from++;
		*to++ = *from;
	}
	*text = start;
	*size = (uint32) (to - start);
}

void
rs_text_cook(const RsTextLayout *layout, const char **text, uint32 *size, RsArena *arena)
{
	if (*text == NULL)
		return;
	if (layout->quote != '\0')
	{
		cook_csv(layout, text, size, arena);
		return;
	}
	/* NULL may be written with its backslash escaped or not. */
	if (layout->escape && layout->null_as != NULL &&
		((*size == layout->null_as_size && memcmp(*text, layout->null_as, *size) == 0) ||
		 (*size == layout->null_as_size + 1 && **text == '\\' &&
		  memcmp(*text + 1, layout->null_as, layout->null_as_size) == 0)))
	{
		*text = NULL;
		return;
	}
	if (layout->remove_quotes && *size >= 2 && (**text == '\'' || **text == '"') &&
		(*text)[*size - 1] == **text)
	{
		(*text)++;
		*size -= 2;
	}
	if (layout->escape)
		cook_escapes(text, size, arena);
}

/* ---------------------------------------------------------------------
 * Characters
 * ---------------------------------------------------------------------
 */

/*
 * What is wrong with the bytes at the start of text, as Redshift numbers it, and how many
 * they are: those up to what cannot belong to the same character.
 */
static int
invalid_character(const char *text, Size size, uint32 *width)
{
	const unsigned char *bytes = (const unsigned char *) text;
	uint32		wanted = bytes[0] < 0xC0 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
	uint32		n = 1;

	while (n < wanted && n < size && (bytes[n] & 0xC0) == 0x80)
		n++;
	*width = n;
	if (wanted == 1 || bytes[0] >= 0xFE)
		return 3;				/* no first byte */
	if (bytes[0] >= 0xF8)
		return 1;				/* more than four bytes */
	if (n < wanted)
		return n == size ? 2 : 4;
	if (bytes[0] == 0xED && bytes[1] >= 0xA0)
		return 5;				/* half of a character of UTF-16 */
	if (bytes[0] > 0xF4 || (bytes[0] == 0xF4 && bytes[1] >= 0x90))
		return 6;				/* beyond Unicode */
	return 7;					/* written longer than it has to be */
}

/*
 * Characters that never will be any: U+FDD0 to U+FDEF, and the last two of each plane.
 */
static bool
is_noncharacter(const char *text, int width)
{
	uint32		c;

	if (width < 3)
		return false;
	c = utf8_to_unicode((const unsigned char *) text);
	return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

static void
hex_text(const char *text, uint32 width, char *to)
{
	uint32		i;

	for (i = 0; i < width; i++)
		to += sprintf(to, i == 0 ? "%02x" : " %02x", (unsigned char) text[i]);
}

static bool
character_fault(const char *text, Size size, bool strict, RsValueFault *fault)
{
	char		hex[3 * MAX_MULTIBYTE_CHAR_LEN + 1];
	uint32		width;
	int			error;

	if (*text == '\0')
		return rs_value_fault(fault, RS_ROW_NUL_BYTE, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
							  "NUL byte in a field");
	error = invalid_character(text, size, &width);
	hex_text(text, width, hex);
	if (strict)
		return rs_value_fault(fault, RS_ROW_BAD_CHAR, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
							  "Multibyte character not supported for CHAR (Hint: try using VARCHAR). "
							  "Invalid char: %s", hex);
	return rs_value_fault(fault, RS_ROW_BAD_UTF8, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
						  "String contains invalid or unsupported UTF8 codepoints. "
						  "Bad UTF8 hex sequence: %s (error %d)", hex, error);
}

bool
rs_text_check(const char **text, uint32 *size, char replacement, bool strict, RsArena *arena,
			  bool *replaced, RsValueFault *fault)
{
	const char *from = *text;
	uint32		rest = *size;
	char	   *copy = NULL;

	if (strict)
		replacement = '\0';
	while (rest > 0)
	{
		uint32		valid = pg_encoding_verifymbstr(PG_UTF8, from, (int) rest);
		uint32		width;

		if (replacement != '\0')
		{
			/* Valid ones may have to be replaced, too. */
			uint32		i;

			for (i = 0; i < valid; i += width)
			{
				width = pg_utf_mblen((const unsigned char *) from + i);
				if (is_noncharacter(from + i, (int) width))
					break;
			}
			valid = i;
		}
		from += valid;
		rest -= valid;
		if (rest == 0)
			break;
		if (replacement == '\0')
			return character_fault(from, rest, strict, fault);
		if (copy == NULL)
		{
			copy = rs_arena_alloc(arena, *size);
			memcpy(copy, *text, *size);
			*replaced = true;
		}
		invalid_character(from, rest, &width);
		memset(copy + (from - *text), replacement, width);
		from += width;
		rest -= width;
	}
	if (copy != NULL)
		*text = copy;
	return true;
}

bool
rs_text_to_server(const char **text, uint32 *size, RsArena *arena, RsValueFault *fault)
{
	MemoryContext old = CurrentMemoryContext;
	char	   *volatile converted = NULL;

	/* Conversions between encodings only look at their text: see format/value.c. */
	PG_TRY();
	{
		converted = pg_any_to_server(*text, (int) *size, PG_UTF8);
	}
	PG_CATCH();
	{
		rs_value_caught(fault, RS_ROW_BAD_UTF8, old);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	if (converted == NULL)
		return false;
	if (converted != *text)
	{
		char	   *copy;

		*size = (uint32) strlen(converted);
		copy = rs_arena_alloc(arena, *size);
		memcpy(copy, converted, *size);
		*text = copy;
		pfree(converted);
	}
	return true;
}
