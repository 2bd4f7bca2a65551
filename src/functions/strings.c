/*
 * strings.c
 *	  Functions of strings that PostgreSQL does not have: OCTETINDEX, SOUNDEX, DIFFERENCE,
 *	  STRTOL, TEXT_TO_INT_ALT and TEXT_TO_NUMERIC_ALT.
 */
#include "postgres.h"

#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "vector/kernel/search.h"

/* OCTETINDEX(sought, string): where it begins, in bytes from 1; 0: nowhere. */
PG_FUNCTION_INFO_V1(rs_octetindex);
Datum
rs_octetindex(PG_FUNCTION_ARGS)
{
	text	   *sought = PG_GETARG_TEXT_PP(0);
	text	   *string = PG_GETARG_TEXT_PP(1);
	const char *begin = VARDATA_ANY(string);
	const char *found;

	if (VARSIZE_ANY_EXHDR(sought) == 0)
		PG_RETURN_INT32(1);
	found = rs_search(begin, begin + VARSIZE_ANY_EXHDR(string), VARDATA_ANY(sought),
					  VARSIZE_ANY_EXHDR(sought));
	PG_RETURN_INT32(found == NULL ? 0 : (int32) (found - begin) + 1);
}

/* An argument that counts from 1, as it is. */
PG_FUNCTION_INFO_V1(rs_check_position);
Datum
rs_check_position(PG_FUNCTION_ARGS)
{
	int32		position = PG_GETARG_INT32(0);

	if (position < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("field position must be greater than zero")));
	PG_RETURN_INT32(position);
}

/* ---------------------------------------------------------------------
 * Soundex
 * ---------------------------------------------------------------------
 */

#define SOUNDEX_LENGTH 4

/* '0': a vowel, that parts letters of one code; '-': h and w, that do not. */
static char
soundex_code(char letter)
{
	static const char codes[] = "01230120022455012623010202";

	if (letter == 'H' || letter == 'W')
		return '-';
	return codes[letter - 'A'];
}

/*
 * American Soundex of what are English letters in the string; others are passed over.
 * Without any it is empty.
 */
static void
soundex(text *string, char code[SOUNDEX_LENGTH + 1])
{
	const char *bytes = VARDATA_ANY(string);
	int			size = VARSIZE_ANY_EXHDR(string);
	int			length = 0;
	char		last = '0';
	int			i;

	for (i = 0; i < size && length < SOUNDEX_LENGTH; i++)
	{
		char		letter = (char) pg_ascii_toupper((unsigned char) bytes[i]);
		char		digit;

		if (letter < 'A' || letter > 'Z')
			continue;
		digit = soundex_code(letter);
		if (length == 0)
			code[length++] = letter;
		else if (digit != '0' && digit != '-' && digit != last)
			code[length++] = digit;
		if (digit != '-')
			last = digit;
	}
	while (length > 0 && length < SOUNDEX_LENGTH)
		code[length++] = '0';
	code[length] = '\0';
}

PG_FUNCTION_INFO_V1(rs_soundex);
Datum
rs_soundex(PG_FUNCTION_ARGS)
{
	char		code[SOUNDEX_LENGTH + 1];

	soundex(PG_GETARG_TEXT_PP(0), code);
	PG_RETURN_TEXT_P(cstring_to_text(code));
}

/*
 * DIFFERENCE: how many places of the codes agree.  Of strings without any letter one, their
 * end, and none if one string is empty.
 */
PG_FUNCTION_INFO_V1(rs_difference);
Datum
rs_difference(PG_FUNCTION_ARGS)
{
	text	   *strings[2] = {PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1)};
	char		codes[2][SOUNDEX_LENGTH + 1];
	int			same = 0;
	int			i;

	if (VARSIZE_ANY_EXHDR(strings[0]) == 0 || VARSIZE_ANY_EXHDR(strings[1]) == 0)
		PG_RETURN_INT32(0);
	soundex(strings[0], codes[0]);
	soundex(strings[1], codes[1]);
	if (codes[0][0] == '\0' || codes[1][0] == '\0')
		PG_RETURN_INT32(codes[0][0] == codes[1][0]);
	for (i = 0; i < SOUNDEX_LENGTH; i++)
		same += codes[0][i] == codes[1][i];
	PG_RETURN_INT32(same);
}

/* ---------------------------------------------------------------------
 * Numbers in strings
 * ---------------------------------------------------------------------
 */

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char) pg_ascii_tolower((unsigned char) c);
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 36;
}

/*
 * STRTOL(string, base): leading blanks, a sign, and 0x of base 16 may precede; of an empty
 * string 0.
 */
PG_FUNCTION_INFO_V1(rs_strtol);
Datum
rs_strtol(PG_FUNCTION_ARGS)
{
	char	   *string = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int32		base = PG_GETARG_INT32(1);
	const char *at = string;
	bool		negative;
	int64		value = 0;

	if (base < 2 || base > 36)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("base %d is not between 2 and 36", base)));
	while (isspace((unsigned char) *at))
		at++;
	if (*at == '\0')
		PG_RETURN_INT64(0);
	negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	if (base == 16 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
		at += 2;
	do
	{
		int			digit = digit_value(*at);

		if (digit >= base)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("\"%s\" is not a number of base %d", string, base)));
		if (pg_mul_s64_overflow(value, base, &value) ||
			pg_add_s64_overflow(value, negative ? -digit : digit, &value))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("\"%s\" is out of range for type %s", string, "bigint")));
	} while (*++at != '\0');
	PG_RETURN_INT64(value);
}

/*
 * What Teradata takes for a number besides: a currency sign, thousands set apart by commas, a
 * sign behind, and a number in brackets, which is negative.
 */
PG_FUNCTION_INFO_V1(rs_plain_number);
Datum
rs_plain_number(PG_FUNCTION_ARGS)
{
	char	   *string = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *result = palloc(strlen(string) + 2);
	char	   *to = result + 1;
	bool		negative = false;
	bool		any = false;
	const char *at;

	for (at = string; *at != '\0'; at++)
	{
		if (*at == '-' || *at == '(')
			negative = true;
		else if ((*at >= '0' && *at <= '9') || *at == '.' || ((*at == 'e' || *at == 'E') && any))
		{
			*to++ = *at;
			any = true;
			/* An exponent's sign is its own. */
			if ((*at == 'e' || *at == 'E') && (at[1] == '-' || at[1] == '+'))
				*to++ = *++at;
		}
		else if (strchr(" ,$+)", *at) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type %s: \"%s\"", "numeric", string)));
	}
	*to = '\0';
	if (!any)
		PG_RETURN_TEXT_P(cstring_to_text("0"));
	result[0] = negative ? '-' : '+';
	PG_RETURN_TEXT_P(cstring_to_text(result));
}
