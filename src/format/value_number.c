/*
 * value_number.c
 *	  Numbers and booleans of text, as PostgreSQL's input functions read them.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "format/value.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "vector/vector.h"

/* More of an exponent than any number can have. */
#define MAX_EXPONENT		100000000

#define MAX_DECIMAL_DIGITS	38

static const char *
type_of_width(int width)
{
	return width == 2 ? "Short" : width == 4 ? "Integer" : "Long";
}

static bool
digit_fault(RsValueFault *fault, RsRowFault code, const char *text, Size size, Size position,
			const char *type)
{
	char		shown[MAX_MULTIBYTE_CHAR_LEN + 1];
	int			width;

	if (position >= size)
		return rs_value_fault(fault, code, ERRCODE_INVALID_TEXT_REPRESENTATION,
							  "Invalid digit, Value '', Pos %zu, Type: %s", position, type);
	width = pg_encoding_mblen_or_incomplete(GetDatabaseEncoding(), text + position, size - position);
	width = Min(Min(width, (int) (size - position)), MAX_MULTIBYTE_CHAR_LEN);
	memcpy(shown, text + position, width);
	shown[width] = '\0';
	return rs_value_fault(fault, code, ERRCODE_INVALID_TEXT_REPRESENTATION,
						  "Invalid digit, Value '%s', Pos %zu, Type: %s", shown, position, type);
}

/* ---------------------------------------------------------------------
 * Integers
 * ---------------------------------------------------------------------
 */

bool
rs_fit_int(int64 value, int width, RsValueFault *fault)
{
	switch (width)
	{
		case 2:
			if (value >= PG_INT16_MIN && value <= PG_INT16_MAX)
				return true;
			break;
		case 4:
			if (value >= PG_INT32_MIN && value <= PG_INT32_MAX)
				return true;
			break;
		default:
			return true;
	}
	return rs_value_fault(fault, RS_ROW_OVERFLOW, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
						  "Overflow (%s valid range %lld to %lld)", type_of_width(width),
						  width == 2 ? (long long) PG_INT16_MIN : (long long) PG_INT32_MIN,
						  width == 2 ? (long long) PG_INT16_MAX : (long long) PG_INT32_MAX);
}

bool
rs_parse_int(const char *text, Size size, int width, int64 *value, RsValueFault *fault)
{
	const char *start = text;
	const char *end = text + size;
	const char *digits;
	bool		negative = false;
	uint64		sum = 0;
	bool		overflow = false;

	while (text < end && rs_is_space(*text))
		text++;
	if (text < end && (*text == '-' || *text == '+'))
		negative = *text++ == '-';
	digits = text;
	for (; text < end && rs_is_digit(*text); text++)
	{
		/* Up to 18 digits cannot overflow. */
		if (text - digits < RS_SAFE_DIGITS)
			sum = sum * 10 + (*text - '0');
		else
			overflow |= __builtin_mul_overflow(sum, (uint64) 10, &sum) ||
				__builtin_add_overflow(sum, (uint64) (*text - '0'), &sum);
	}
	if (text == digits)
		return digit_fault(fault, RS_ROW_BAD_DIGIT, start, size, text - start, type_of_width(width));
	while (text < end && rs_is_space(*text))
		text++;
	if (text < end)
		return digit_fault(fault, RS_ROW_BAD_DIGIT, start, size, text - start, type_of_width(width));
	if (overflow || sum > (uint64) PG_INT64_MAX + negative)
		return width < 8 ? rs_fit_int(PG_INT64_MAX, width, fault) :
			rs_value_fault(fault, RS_ROW_OVERFLOW, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
						   "Overflow (Long valid range %lld to %lld)",
						   (long long) PG_INT64_MIN, (long long) PG_INT64_MAX);
	/* In unsigned arithmetic, since the least one has no positive counterpart. */
	*value = (int64) (negative ? 0 - sum : sum);
	return rs_fit_int(*value, width, fault);
}

/* ---------------------------------------------------------------------
 * Decimals
 * ---------------------------------------------------------------------
 */

static bool
decimal_overflow(RsValueFault *fault, const RsDecimalType *type)
{
	return rs_value_fault(fault, RS_ROW_OUT_OF_RANGE, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
						  "Overflow for DECIMAL(%d,%d)", type->precision, type->scale);
}

static bool
check_precision(int128 value, const RsDecimalType *type, RsValueFault *fault)
{
	int128		limit = rs_power_of_ten(type->precision);

	return (value < limit && value > -limit) || decimal_overflow(fault, type);
}

/* A number in decimal notation, taken apart. */
typedef struct DecimalText
{
	bool		negative;
	const char *whole;			/* digits before the point */
	int			nwhole;
	const char *fraction;		/* and behind it */
	int			nfraction;
	int			exponent;
} DecimalText;

typedef enum DecimalKind
{
	DECIMAL_FINITE,
	DECIMAL_NAN,
	DECIMAL_INFINITE,
	DECIMAL_WRONG				/* at *bad */
} DecimalKind;

static bool
matches_word(const char *text, const char *end, const char *word)
{
	Size		size = strlen(word);

	return (Size) (end - text) == size && pg_strncasecmp(text, word, size) == 0;
}

static DecimalKind
special_decimal(const char *text, const char *end, bool is_signed)
{
	if (matches_word(text, end, "nan"))
		return is_signed ? DECIMAL_WRONG : DECIMAL_NAN;
	if (matches_word(text, end, "inf") || matches_word(text, end, "infinity"))
		return DECIMAL_INFINITE;
	return DECIMAL_WRONG;
}

static DecimalKind
take_decimal_apart(const char *text, const char *end, DecimalText *parts, const char **bad)
{
	bool		is_signed = text < end && (*text == '-' || *text == '+');

	parts->negative = is_signed && *text == '-';
	if (is_signed)
		text++;
	parts->whole = text;
	while (text < end && rs_is_digit(*text))
		text++;
	parts->nwhole = text - parts->whole;
	parts->nfraction = 0;
	parts->fraction = text;
	if (text < end && *text == '.')
	{
		parts->fraction = ++text;
		while (text < end && rs_is_digit(*text))
			text++;
		parts->nfraction = text - parts->fraction;
	}
	*bad = text;
	if (parts->nwhole + parts->nfraction == 0)
		return parts->fraction == parts->whole ? special_decimal(text, end, is_signed) : DECIMAL_WRONG;
	parts->exponent = 0;
	if (text < end && (*text == 'e' || *text == 'E'))
	{
		bool		negative = false;
		const char *digits;

		if (++text < end && (*text == '-' || *text == '+'))
			negative = *text++ == '-';
		digits = text;
		for (; text < end && rs_is_digit(*text); text++)
			if (parts->exponent < MAX_EXPONENT)
				parts->exponent = parts->exponent * 10 + (*text - '0');
		*bad = text;
		if (text == digits || parts->exponent >= MAX_EXPONENT)
			return DECIMAL_WRONG;
		if (negative)
			parts->exponent = -parts->exponent;
	}
	return text == end ? DECIMAL_FINITE : DECIMAL_WRONG;
}

static int
decimal_digit(const DecimalText *parts, int i)
{
	return (i < parts->nwhole ? parts->whole[i] : parts->fraction[i - parts->nwhole]) - '0';
}

/*
 * The integer of the digits up to the scale, with the rest rounded away from zero or cut.
 */
static bool
scale_decimal(const DecimalText *parts, const RsDecimalType *type, int128 *value, RsValueFault *fault)
{
	int			ndigits = parts->nwhole + parts->nfraction;
	/* Fields are bounded far below what could overflow here. */
	int64		wanted = (int64) parts->nwhole + parts->exponent + type->scale;
	int			first = 0;
	int128		sum = 0;
	int64		i;

	while (first < ndigits && decimal_digit(parts, first) == 0)
		first++;
	if (first == ndigits || wanted < first)
	{
		*value = 0;
		return true;
	}
	if (wanted - first > MAX_DECIMAL_DIGITS)
		return decimal_overflow(fault, type);
	for (i = first; i < wanted; i++)
		sum = sum * 10 + (i < ndigits ? decimal_digit(parts, (int) i) : 0);
	if (type->round && wanted < ndigits && decimal_digit(parts, (int) wanted) >= 5)
		sum++;
	*value = parts->negative ? -sum : sum;
	return check_precision(*value, type, fault);
}

bool
rs_parse_decimal(const char *text, Size size, const RsDecimalType *type, int128 *value, bool *nan,
				 RsValueFault *fault)
{
	const char *start = text;
	Size		whole_size = size;
	const char *bad;
	DecimalText parts;

	rs_trim_space(&text, &size);
	switch (take_decimal_apart(text, text + size, &parts, &bad))
	{
		case DECIMAL_FINITE:
			return scale_decimal(&parts, type, value, fault);
		case DECIMAL_NAN:
			if (nan == NULL)
				break;
			*nan = true;
			return true;
		case DECIMAL_INFINITE:
			return decimal_overflow(fault, type);
		case DECIMAL_WRONG:
			break;
	}
	return digit_fault(fault, RS_ROW_BAD_DIGIT, start, whole_size, bad - start, "Decimal");
}

bool
rs_fit_decimal(int128 *value, int scale, const RsDecimalType *type, RsValueFault *fault)
{
	int128		integer = *value;

	if (scale <= type->scale)
	{
		if (integer != 0 && (type->scale - scale > MAX_DECIMAL_DIGITS ||
							 __builtin_mul_overflow(integer, rs_power_of_ten(type->scale - scale),
													&integer)))
			return decimal_overflow(fault, type);
	}
	else if (scale - type->scale > MAX_DECIMAL_DIGITS)
		integer = 0;			/* not even half of a unit */
	else
	{
		int128		unit = rs_power_of_ten(scale - type->scale);
		int128		rest = integer % unit;

		integer /= unit;
		if (type->round && (rest >= unit - unit / 2 || rest <= unit / 2 - unit))
			integer += rest > 0 ? 1 : -1;
	}
	*value = integer;
	return check_precision(integer, type, fault);
}

int
rs_decimal_text(int128 value, int scale, char *to)
{
	char		digits[RS_DECIMAL_TEXT_SIZE];
	uint128		rest = value < 0 ? 0 - (uint128) value : (uint128) value;
	int			ndigits = 0;
	int			size = 0;

	Assert(scale <= MAX_DECIMAL_DIGITS);
	while (rest != 0 || ndigits <= scale)
	{
		digits[ndigits++] = '0' + (char) (rest % 10);
		rest /= 10;
	}
	if (value < 0)
		to[size++] = '-';
	while (ndigits > 0)
	{
		if (ndigits-- == scale)
			to[size++] = '.';
		to[size++] = digits[ndigits];
	}
	to[size] = '\0';
	return size;
}

/* ---------------------------------------------------------------------
 * Floats
 * ---------------------------------------------------------------------
 */

/*
 * A number of so few digits that both its digits and the power of ten are floats, so
 * that one multiplication or division rounds it as it has to be.
 */
static bool
parse_exact_float(const char *text, const char *end, uint64 most, int most_power, double *value)
{
	static const double powers[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
		1e17, 1e18, 1e19, 1e20, 1e21, 1e22
	};
	DecimalText parts;
	const char *bad;
	uint64		sum = 0;
	int			exponent;
	int			i;

	if (take_decimal_apart(text, end, &parts, &bad) != DECIMAL_FINITE ||
		parts.nwhole + parts.nfraction > RS_SAFE_DIGITS)
		return false;
	for (i = 0; i < parts.nwhole; i++)
		sum = sum * 10 + (parts.whole[i] - '0');
	for (i = 0; i < parts.nfraction; i++)
		sum = sum * 10 + (parts.fraction[i] - '0');
	exponent = parts.exponent - parts.nfraction;
	if (sum > most || exponent < -most_power || exponent > most_power)
		return false;
	*value = exponent < 0 ? (double) sum / powers[-exponent] : (double) sum * powers[exponent];
	if (parts.negative)
		*value = -*value;
	return true;
}

static bool
float_fault(RsValueFault *fault, bool out_of_range)
{
	return out_of_range ?
		rs_value_fault(fault, RS_ROW_OUT_OF_RANGE, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
					   "Value out of range for FLOAT") :
		rs_value_fault(fault, RS_ROW_BAD_FLOAT, ERRCODE_INVALID_TEXT_REPRESENTATION, "Invalid value.");
}

/*
 * Text for strtod(), terminated: in the buffer, or in the current context if it is long.
 */
#define FLOAT_TEXT_SIZE		64

static char *
float_text(const char *text, Size size, char *buffer)
{
	char	   *copy = size < FLOAT_TEXT_SIZE ? buffer : palloc(size + 1);

	memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

static bool
check_float(char *copy, const char *buffer, bool whole, bool out_of_range, RsValueFault *fault)
{
	if (copy != buffer)
		pfree(copy);
	return (whole && !out_of_range) || float_fault(fault, whole);
}

bool
rs_parse_double(const char *text, Size size, double *value, RsValueFault *fault)
{
	char		buffer[FLOAT_TEXT_SIZE];
	char	   *copy;
	char	   *end;

	rs_trim_space(&text, &size);
	if (parse_exact_float(text, text + size, UINT64CONST(1) << 53, 22, value))
		return true;
	if (size == 0)
		return float_fault(fault, false);
	copy = float_text(text, size, buffer);
	errno = 0;
	*value = strtod(copy, &end);
	/* Numbers below the least normal one are good as far as they can be told from zero. */
	return check_float(copy, buffer, end == copy + size,
					   errno == ERANGE && (*value == 0.0 || isinf(*value)), fault);
}

bool
rs_parse_float(const char *text, Size size, float *value, RsValueFault *fault)
{
	char		buffer[FLOAT_TEXT_SIZE];
	char	   *copy;
	char	   *end;
	double		exact;

	rs_trim_space(&text, &size);

	/*
	 * The quotient or product of two floats has at most twice their digits before it is
	 * rounded, few enough that rounding it to a double in between makes no difference.
	 */
	if (parse_exact_float(text, text + size, UINT64CONST(1) << 24, 10, &exact))
	{
		*value = (float) exact;
		return true;
	}
	if (size == 0)
		return float_fault(fault, false);
	copy = float_text(text, size, buffer);
	errno = 0;
	*value = strtof(copy, &end);
	return check_float(copy, buffer, end == copy + size,
					   errno == ERANGE && (*value == 0.0f || isinf(*value)), fault);
}

/* ---------------------------------------------------------------------
 * Booleans
 * ---------------------------------------------------------------------
 */

bool
rs_parse_bool(const char *text, Size size, bool *value, RsValueFault *fault)
{
	rs_trim_space(&text, &size);
	return parse_bool_with_len(text, size, value) ||
		rs_value_fault(fault, RS_ROW_BAD_BOOLEAN, ERRCODE_INVALID_TEXT_REPRESENTATION,
					   "Unknown boolean format");
}
