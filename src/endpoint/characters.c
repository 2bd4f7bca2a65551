/*
 * characters.c
 *	  Texts of clients in encodings that no server has.
 *
 * Characters of SJIS, BIG5, GBK, UHC and GB18030 have bytes that a scanner takes for ASCII: a
 * backslash, a bracket, a letter.  For the translator each of them is hidden in a number of
 * three bytes, as UTF-8 has it, which is not the character's in Unicode, but stands for its bytes:
 * one for one, so that positions stay what they are, and names are as long as in a server of UTF-8.
 */
#include "postgres.h"

#include "endpoint/characters.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

/* Numbers of characters of one byte begin here, those of two are their bytes. */
#define ONE_BYTE	0x1000

/*
 * \u gives a character of Unicode, which could not be told from a number.
 */
static void
refuse_unicode_escapes(int encoding, const char *text)
{
	for (const char *c = strchr(text, '\\'); c != NULL; c = strchr(c + 1, '\\'))
		if ((c[1] == 'u' || c[1] == 'U') && isxdigit((unsigned char) c[2]))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("Unicode escapes in statements in client encoding \"%s\" are not supported",
							pg_encoding_to_char(encoding)),
					 errhint("SET client_encoding TO UTF8.")));
}

char *
rs_characters_hide(int encoding, const char *text)
{
	StringInfoData hidden;
	int			size;

	pg_verify_mbstr(encoding, text, (int) strlen(text), false);
	initStringInfo(&hidden);
	for (; *text != '\0'; text += size)
	{
		const unsigned char *c = (const unsigned char *) text;
		uint32		number;

		size = pg_encoding_mblen(encoding, text);
		if (!IS_HIGHBIT_SET(*c))
		{
			appendStringInfoCharMacro(&hidden, *text);
			continue;
		}
		if (size > 2)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("characters of %d bytes in statements in client encoding \"%s\" are not supported",
							size, pg_encoding_to_char(encoding)),
					 errhint("SET client_encoding TO UTF8.")));
		number = size == 1 ? ONE_BYTE + c[0] : c[0] << 8 | c[1];
		appendStringInfoCharMacro(&hidden, (char) (0xe0 | number >> 12));
		appendStringInfoCharMacro(&hidden, (char) (0x80 | (number >> 6 & 0x3f)));
		appendStringInfoCharMacro(&hidden, (char) (0x80 | (number & 0x3f)));
	}
	refuse_unicode_escapes(encoding, hidden.data);
	return hidden.data;
}

char *
rs_characters_restore(const char *hidden)
{
	char	   *text = palloc(strlen(hidden) + 1);
	char	   *to = text;

	while (*hidden != '\0')
	{
		const unsigned char *c = (const unsigned char *) hidden;
		uint32		number;

		if (!IS_HIGHBIT_SET(*c) || !IS_HIGHBIT_SET(c[1]) || !IS_HIGHBIT_SET(c[2]))
		{
			*to++ = *hidden++;
			continue;
		}
		number = (c[0] & 0xf) << 12 | (c[1] & 0x3f) << 6 | (c[2] & 0x3f);
		if (number >> 8 >= 0x80)
			*to++ = (char) (number >> 8);
		*to++ = (char) (number & 0xff);
		hidden += 3;
	}
	*to = '\0';
	return text;
}
