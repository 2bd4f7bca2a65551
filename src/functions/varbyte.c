/*
 * varbyte.c
 *	  VARBYTE, which is bytea: strings cast to it and back, its forms as text, bitwise operators.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define BITS 8

static bytea *
new_varbyte(Size size)
{
	bytea	   *result = palloc(VARHDRSZ + size);

	SET_VARSIZE(result, VARHDRSZ + size);
	return result;
}

/* A string, with the blanks that pad it, in UTF-8. */
PG_FUNCTION_INFO_V1(rs_varbyte);
Datum
rs_varbyte(PG_FUNCTION_ARGS)
{
	text	   *string = PG_GETARG_TEXT_PP(0);
	Size		size = VARSIZE_ANY_EXHDR(string);
	char	   *utf8 = pg_server_to_any(VARDATA_ANY(string), size, PG_UTF8);
	bytea	   *result;

	if (utf8 != VARDATA_ANY(string))
		size = strlen(utf8);
	result = new_varbyte(size);
	memcpy(VARDATA(result), utf8, size);
	PG_RETURN_BYTEA_P(result);
}

/* The string that bytes in UTF-8 are. */
PG_FUNCTION_INFO_V1(rs_varbyte_text);
Datum
rs_varbyte_text(PG_FUNCTION_ARGS)
{
	bytea	   *value = PG_GETARG_BYTEA_PP(0);
	Size		size = VARSIZE_ANY_EXHDR(value);
	char	   *string;

	pg_verify_mbstr(PG_UTF8, VARDATA_ANY(value), size, false);
	string = pg_any_to_server(VARDATA_ANY(value), size, PG_UTF8);
	if (string != VARDATA_ANY(value))
		size = strlen(string);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(string, size));
}

/* Digits of 0 and 1, the highest bit of each byte first. */
PG_FUNCTION_INFO_V1(rs_varbyte_bits);
Datum
rs_varbyte_bits(PG_FUNCTION_ARGS)
{
	bytea	   *value = PG_GETARG_BYTEA_PP(0);
	const char *bytes = VARDATA_ANY(value);
	Size		size = VARSIZE_ANY_EXHDR(value);
	text	   *result;

	if (size > (MaxAllocSize - VARHDRSZ) / BITS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value of %zu bytes is too long to be shown in bits", size)));
	result = palloc(VARHDRSZ + size * BITS);
	SET_VARSIZE(result, VARHDRSZ + size * BITS);
	for (Size i = 0; i < size * BITS; i++)
		VARDATA(result)[i] = '0' + ((bytes[i / BITS] >> (BITS - 1 - i % BITS)) & 1);
	PG_RETURN_TEXT_P(result);
}

/* Bytes of such digits; the first may have fewer than eight. */
PG_FUNCTION_INFO_V1(rs_bits_varbyte);
Datum
rs_bits_varbyte(PG_FUNCTION_ARGS)
{
	text	   *string = PG_GETARG_TEXT_PP(0);
	const char *digits = VARDATA_ANY(string);
	Size		size = VARSIZE_ANY_EXHDR(string);
	Size		bytes = (size + BITS - 1) / BITS;
	bytea	   *result = new_varbyte(bytes);

	memset(VARDATA(result), 0, bytes);
	for (Size i = 0; i < size; i++)
	{
		Size		behind = size - 1 - i;

		if (digits[i] != '0' && digits[i] != '1')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid binary digit: \"%.*s\"", pg_mblen(digits + i), digits + i)));
		VARDATA(result)[bytes - 1 - behind / BITS] |= (digits[i] - '0') << (behind % BITS);
	}
	PG_RETURN_BYTEA_P(result);
}

/* Bytes of hexadecimal digits; the first may have one. */
PG_FUNCTION_INFO_V1(rs_from_hex);
Datum
rs_from_hex(PG_FUNCTION_ARGS)
{
	text	   *string = PG_GETARG_TEXT_PP(0);
	Size		size = VARSIZE_ANY_EXHDR(string);
	char	   *digits = palloc(size + 1);
	bytea	   *result = new_varbyte((size + 1) / 2);

	digits[0] = '0';
	memcpy(digits + size % 2, VARDATA_ANY(string), size);
	SET_VARSIZE(result, VARHDRSZ + hex_decode(digits, size + size % 2, VARDATA(result)));
	PG_RETURN_BYTEA_P(result);
}

/* Bit by bit, of values of one length. */
static Datum
bitwise(FunctionCallInfo fcinfo, char operator)
{
	bytea	   *a = PG_GETARG_BYTEA_PP(0);
	bytea	   *b = PG_GETARG_BYTEA_PP(1);
	Size		size = VARSIZE_ANY_EXHDR(a);
	bytea	   *result;

	if (VARSIZE_ANY_EXHDR(b) != size)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_LENGTH_MISMATCH),
				 errmsg("operands of bitwise operators have different lengths")));
	result = new_varbyte(size);
	for (Size i = 0; i < size; i++)
	{
		uint8		x = VARDATA_ANY(a)[i];
		uint8		y = VARDATA_ANY(b)[i];

		VARDATA(result)[i] = operator == '&' ? x & y : operator == '|' ? x | y : x ^ y;
	}
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(rs_varbyte_and);
Datum
rs_varbyte_and(PG_FUNCTION_ARGS)
{
	return bitwise(fcinfo, '&');
}

PG_FUNCTION_INFO_V1(rs_varbyte_or);
Datum
rs_varbyte_or(PG_FUNCTION_ARGS)
{
	return bitwise(fcinfo, '|');
}

PG_FUNCTION_INFO_V1(rs_varbyte_xor);
Datum
rs_varbyte_xor(PG_FUNCTION_ARGS)
{
	return bitwise(fcinfo, '#');
}

PG_FUNCTION_INFO_V1(rs_varbyte_not);
Datum
rs_varbyte_not(PG_FUNCTION_ARGS)
{
	bytea	   *value = PG_GETARG_BYTEA_PP(0);
	Size		size = VARSIZE_ANY_EXHDR(value);
	bytea	   *result = new_varbyte(size);

	for (Size i = 0; i < size; i++)
		VARDATA(result)[i] = ~VARDATA_ANY(value)[i];
	PG_RETURN_BYTEA_P(result);
}
