/*
 * text.c
 *	  Kernels of functions on strings.
 *
 * Results are new strings with four-byte headers in the batch's arena, as
 * PostgreSQL's functions make them, or the argument itself where those return it.
 * Encodings other than UTF-8 and single-byte ones are left to PostgreSQL, and so
 * are rows whose case is not a matter of ASCII letters.
 */
#include "postgres.h"

#include "encoding/dictionary.h"
#include "utils/fmgroids.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/pg_locale.h"
#include "vector/kernel/kernel.h"
#include "vector/kernel/search.h"
#include "vector/kernel/text.h"

uint32
rs_count_characters(const char *bytes, Size size, bool utf8)
{
	uint32		n = 0;
	Size		i;

	if (!utf8)
		return (uint32) size;
	for (i = 0; i < size; i++)
		n += (bytes[i] & 0xc0) != 0x80;
	return n;
}

bool
rs_is_ascii(const char *bytes, Size size)
{
	uint8		bits = 0;
	Size		i;

	for (i = 0; i < size; i++)
		bits |= (uint8) bytes[i];
	return (bits & 0x80) == 0;
}

void
rs_fold_ascii(char *to, const char *from, Size size, bool upper)
{
	char		first = upper ? 'a' : 'A';
	Size		i;

	for (i = 0; i < size; i++)
	{
		char		c = from[i];

		to[i] = c ^ (c >= first && c < first + 26 ? 0x20 : 0);
	}
}

bool
rs_collation_folds_ascii(Oid collation)
{
	char		all[127];
	char		folded[127];
	bool		same = true;
	int			upper;
	int			i;

	for (i = 0; i < lengthof(all); i++)
		all[i] = (char) (i + 1);
	for (upper = 0; upper < 2; upper++)
	{
		char	   *by_locale = upper ? str_toupper(all, lengthof(all), collation) :
			str_tolower(all, lengthof(all), collation);

		rs_fold_ascii(folded, all, lengthof(all), upper);
		same &= strlen(by_locale) == lengthof(all) &&
			memcmp(by_locale, folded, lengthof(all)) == 0;
		pfree(by_locale);
	}
	return same;
}

bool
rs_collation_is_searchable(Oid collation)
{
	return rs_encoding_is_searchable() && OidIsValid(collation) &&
		get_collation_isdeterministic(collation);
}

char *
rs_text_create(RsArena *arena, Size size, Datum *value)
{
	char	   *image;

	if (size > MaxAllocSize - VARHDRSZ)
		return NULL;
	image = rs_arena_alloc(arena, size + VARHDRSZ);
	SET_VARSIZE(image, size + VARHDRSZ);
	*value = PointerGetDatum(image);
	return VARDATA(image);
}

static void
copy_text(RsArena *arena, const char *bytes, Size size, Datum *value)
{
	memcpy(rs_text_create(arena, size, value), bytes, size);
}

static inline bool
is_utf8(void)
{
	return pg_database_encoding_max_length() > 1;
}

/*
 * For a loop over the rows that are not NULL, making a vector of another form.
 */
static RsVector *
create_result(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_vector_create(rows->arena, expr->type.form, rows->n);

	result->null = rs_null_union(rows, args, expr->nargs);
	return result;
}

static inline bool
is_null(const RsVector *result, uint32 row)
{
	return result->null != NULL && result->null[row];
}

/* ---------------------------------------------------------------------
 * Lengths and places
 * ---------------------------------------------------------------------
 */

typedef enum Length
{
	CHARACTERS,
	PADDED_CHARACTERS,			/* of char(n), without the padding */
	BYTES
} Length;

static RsVector *
length_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	bool		utf8 = is_utf8();
	uint32		i;

	if (expr->variant != BYTES && !rs_encoding_is_searchable())
		return NULL;
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		const char *bytes;
		Size		size;

		((int32 *) result->data)[i] = 0;
		if (is_null(result, i))
			continue;
		bytes = rs_text_at(args[0], i, &size);
		if (expr->variant == PADDED_CHARACTERS)
			size = rs_stripped_length(bytes, size);
		((int32 *) result->data)[i] = expr->variant == BYTES ? (int32) size :
			(int32) rs_count_characters(bytes, size, utf8);
	}
	return result;
}

static RsVector *
position_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	bool		utf8 = is_utf8();
	uint32		i;

	if (!rs_collation_is_searchable(expr->collation))
		return NULL;
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		const char *bytes;
		const char *sought;
		const char *found;
		Size		size;
		Size		sought_size;

		((int32 *) result->data)[i] = 0;
		if (is_null(result, i))
			continue;
		bytes = rs_text_at(args[0], i, &size);
		sought = rs_text_at(args[1], i, &sought_size);
		found = rs_search(bytes, bytes + size, sought, sought_size);
		if (found != NULL)
			((int32 *) result->data)[i] =
				(int32) rs_count_characters(bytes, found - bytes, utf8) + 1;
	}
	return result;
}

static RsVector *
starts_with_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	uint32		i;

	if (!rs_collation_is_searchable(expr->collation))
		return NULL;
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		const char *bytes;
		const char *prefix;
		Size		size;
		Size		prefix_size;

		((uint8 *) result->data)[i] = 0;
		if (is_null(result, i))
			continue;
		bytes = rs_text_at(args[0], i, &size);
		prefix = rs_text_at(args[1], i, &prefix_size);
		((uint8 *) result->data)[i] = size >= prefix_size && memcmp(bytes, prefix, prefix_size) == 0;
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Parts
 * ---------------------------------------------------------------------
 */

/*
 * The end of the first n characters.
 */
static const char *
skip_characters(const char *at, const char *end, int64 n, bool utf8)
{
	if (!utf8)
		return n >= end - at ? end : at + Max(n, 0);
	for (; n > 0 && at < end; n--)
		at = rs_next_character(at, end, true);
	return at;
}

/* The integer argument of a row; true: its bits are those of an int4. */
static inline int64
int_at(const RsVector *vector, uint32 row)
{
	return ((int32 *) vector->data)[vector->constant ? 0 : row];
}

/*
 * substring(string, from [, length]).  Characters before the first count; a sum
 * beyond int4 stands for the end of the string.
 */
static RsVector *
substring_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	bool		utf8 = is_utf8();
	uint32		i;

	if (!rs_encoding_is_searchable())
		return NULL;
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		Datum	   *value = &((Datum *) result->data)[i];
		const char *bytes;
		const char *end;
		Size		size;
		int64		from;
		int64		stop = PG_INT64_MAX;

		*value = (Datum) 0;
		if (is_null(result, i))
			continue;
		from = int_at(args[1], i);
		if (expr->nargs == 3)
		{
			int64		length = int_at(args[2], i);

			if (length < 0)
				return NULL;
			if (from + length <= PG_INT32_MAX)
				stop = Max(from + length, 1);
		}
		from = Max(from, 1);
		stop = Max(stop, from);
		bytes = rs_text_at(args[0], i, &size);
		end = bytes + size;
		bytes = skip_characters(bytes, end, from - 1, utf8);
		if (stop - from < end - bytes)
			end = skip_characters(bytes, end, stop - from, utf8);
		copy_text(rows->arena, bytes, end - bytes, value);
	}
	return result;
}

typedef enum Side
{
	LEFT = 1,
	RIGHT = 2,
	BOTH = 3
} Side;

/*
 * left(string, n), right(string, n): n < 0 leaves out so many at the other end.
 */
static RsVector *
side_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	bool		utf8 = is_utf8();
	uint32		i;

	if (!rs_encoding_is_searchable())
		return NULL;
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		Datum	   *value = &((Datum *) result->data)[i];
		const char *bytes;
		const char *cut;
		Size		size;
		int64		n;

		*value = (Datum) 0;
		if (is_null(result, i))
			continue;
		n = int_at(args[1], i);
		if (n == PG_INT32_MIN)
			return NULL;
		bytes = rs_text_at(args[0], i, &size);
		/* So many characters stand before the cut. */
		if ((expr->variant == LEFT) == (n < 0))
			n = (int64) rs_count_characters(bytes, size, utf8) - (n < 0 ? -n : n);
		else if (n < 0)
			n = -n;
		cut = skip_characters(bytes, bytes + size, n, utf8);
		if (expr->variant == LEFT)
			copy_text(rows->arena, bytes, cut - bytes, value);
		else
			copy_text(rows->arena, cut, bytes + size - cut, value);
	}
	return result;
}

/*
 * Trim blanks, or the characters of a constant second argument, which have to be
 * ASCII.
 */
static RsVector *
trim_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	bool		trimmed[256] = {false};
	RsVector   *result;
	uint32		i;

	if (!rs_encoding_is_searchable())
		return NULL;
	if (expr->nargs == 1)
		trimmed[' '] = true;
	else
	{
		const char *set;
		Size		size;

		if (!args[1]->constant || rs_vector_is_null(args[1], 0))
			return NULL;
		set = rs_text_at(args[1], 0, &size);
		if (!rs_is_ascii(set, size))
			return NULL;
		while (size > 0)
			trimmed[(uint8) set[--size]] = true;
	}
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		Datum	   *value = &((Datum *) result->data)[i];
		const char *bytes;
		const char *end;
		Size		size;

		*value = (Datum) 0;
		if (is_null(result, i))
			continue;
		bytes = rs_text_at(args[0], i, &size);
		end = bytes + size;
		while ((expr->variant & LEFT) && bytes < end && trimmed[(uint8) *bytes])
			bytes++;
		while ((expr->variant & RIGHT) && bytes < end && trimmed[(uint8) end[-1]])
			end--;
		copy_text(rows->arena, bytes, end - bytes, value);
	}
	return result;
}

/* ---------------------------------------------------------------------
 * New strings
 * ---------------------------------------------------------------------
 */

static RsVector *
concatenate_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = create_result(expr, rows, args);
	uint32		i;

	for (i = 0; i < rows->n; i++)
	{
		Datum	   *value = &((Datum *) result->data)[i];
		const char *bytes[2];
		Size		sizes[2];
		char	   *to;

		*value = (Datum) 0;
		if (is_null(result, i))
			continue;
		bytes[0] = rs_text_at(args[0], i, &sizes[0]);
		bytes[1] = rs_text_at(args[1], i, &sizes[1]);
		to = rs_text_create(rows->arena, sizes[0] + sizes[1], value);
		if (to == NULL)
			return NULL;
		memcpy(to, bytes[0], sizes[0]);
		memcpy(to + sizes[0], bytes[1], sizes[1]);
	}
	return result;
}

/*
 * upper() and lower() (variant: upper).
 */
static RsVector *
case_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	bool		ascii_only = false;
	uint32		i;

	if (!OidIsValid(expr->collation))
		return NULL;
	if (!lc_ctype_is_c(expr->collation))
	{
		if (!rs_encoding_is_searchable() || !rs_collation_folds_ascii(expr->collation))
			return NULL;
		ascii_only = true;
	}
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		Datum	   *value = &((Datum *) result->data)[i];
		const char *bytes;
		Size		size;
		bool		isnull;

		*value = (Datum) 0;
		if (is_null(result, i))
			continue;
		bytes = rs_text_at(args[0], i, &size);
		if (ascii_only && !rs_is_ascii(bytes, size) && rs_expr_put_off(expr))
			return NULL;
		if (ascii_only && !rs_is_ascii(bytes, size))
			*value = rs_function_call_row(expr, args, i, &isnull);
		else
			rs_fold_ascii(rs_text_create(rows->arena, size, value), bytes, size, expr->variant != 0);
	}
	return result;
}

/*
 * Write the string with each occurrence of one put in place by another; to NULL:
 * only measure.  Returns the size, or that of the string if there is none.
 */
static Size
replace_all(const char *bytes, Size size, const char *sought, Size sought_size, const char *by,
			Size by_size, char *to, bool *any)
{
	const char *end = bytes + size;
	Size		result = 0;
	const char *found;

	*any = false;
	while ((found = rs_search(bytes, end, sought, sought_size)) != NULL)
	{
		if (to != NULL)
		{
			memcpy(to + result, bytes, found - bytes);
			memcpy(to + result + (found - bytes), by, by_size);
		}
		result += found - bytes + by_size;
		bytes = found + sought_size;
		*any = true;
	}
	if (to != NULL)
		memcpy(to + result, bytes, end - bytes);
	return result + (end - bytes);
}

static RsVector *
replace_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	uint32		i;

	if (!rs_collation_is_searchable(expr->collation))
		return NULL;
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		Datum	   *value = &((Datum *) result->data)[i];
		const char *bytes[3];
		Size		sizes[3];
		Size		size;
		char	   *to;
		bool		any = false;
		int			a;

		*value = (Datum) 0;
		if (is_null(result, i))
			continue;
		for (a = 0; a < 3; a++)
			bytes[a] = rs_text_at(args[a], i, &sizes[a]);
		if (sizes[0] > 0 && sizes[1] > 0)
			size = replace_all(bytes[0], sizes[0], bytes[1], sizes[1], bytes[2], sizes[2], NULL, &any);
		if (!any)
		{
			*value = ((Datum *) args[0]->data)[args[0]->constant ? 0 : i];
			continue;
		}
		to = rs_text_create(rows->arena, size, value);
		if (to == NULL)
			return NULL;
		(void) replace_all(bytes[0], sizes[0], bytes[1], sizes[1], bytes[2], sizes[2], to, &any);
	}
	return result;
}

/* ---------------------------------------------------------------------
 * varchar(n), char(n)
 * ---------------------------------------------------------------------
 */

/*
 * The limit in characters of a length coercion with constant arguments; -1: none,
 * -2: not one for us.
 */
static int
length_limit(const RsVector **args)
{
	int32		typmod;

	if (!rs_encoding_is_searchable() || !args[1]->constant || !args[2]->constant ||
		rs_vector_is_null(args[1], 0) || rs_vector_is_null(args[2], 0))
		return -2;
	typmod = (int32) int_at(args[1], 0);
	return typmod < (int32) VARHDRSZ ? -1 : typmod - (int32) VARHDRSZ;
}

/*
 * variant: pad to the length, as char(n) does.  What is too long is cut by an
 * explicit cast; else only blanks may be, and PostgreSQL's function says so.
 */
static RsVector *
length_coercion_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	int			limit = length_limit(args);
	bool		pad = expr->variant != 0;
	bool		utf8 = is_utf8();
	RsVector   *result;
	bool		is_explicit;
	uint32		i;

	if (limit == -2)
		return NULL;
	is_explicit = ((uint8 *) args[2]->data)[0];
	result = create_result(expr, rows, args);
	for (i = 0; i < rows->n; i++)
	{
		Datum	   *value = &((Datum *) result->data)[i];
		const char *bytes;
		const char *cut;
		Size		size;
		Size		kept;
		uint32		characters;
		char	   *to;

		*value = (Datum) 0;
		if (is_null(result, i))
			continue;
		*value = ((Datum *) args[0]->data)[args[0]->constant ? 0 : i];
		bytes = rs_text_at(args[0], i, &size);
		if (limit < 0 || (!pad && size <= (Size) limit))
			continue;
		characters = rs_count_characters(bytes, size, utf8);
		if (characters == (uint32) limit && pad)
			continue;
		cut = skip_characters(bytes, bytes + size, limit, utf8);
		kept = cut - bytes;
		if (!is_explicit && kept + rs_stripped_length(cut, size - kept) > kept)
			return NULL;
		if (!pad || characters >= (uint32) limit)
		{
			copy_text(rows->arena, bytes, kept, value);
			continue;
		}
		to = rs_text_create(rows->arena, size + (limit - characters), value);
		if (to == NULL)
			return NULL;
		memcpy(to, bytes, size);
		memset(to + size, ' ', limit - characters);
	}
	return result;
}

const RsKernelInfo rs_text_kernels[] = {
	{F_LENGTH_TEXT, length_kernel, CHARACTERS, true},
	{F_CHAR_LENGTH_TEXT, length_kernel, CHARACTERS, true},
	{F_CHARACTER_LENGTH_TEXT, length_kernel, CHARACTERS, true},
	{F_LENGTH_BPCHAR, length_kernel, PADDED_CHARACTERS, true},
	{F_CHAR_LENGTH_BPCHAR, length_kernel, PADDED_CHARACTERS, true},
	{F_CHARACTER_LENGTH_BPCHAR, length_kernel, PADDED_CHARACTERS, true},
	{F_OCTET_LENGTH_TEXT, length_kernel, BYTES, true},
	{F_OCTET_LENGTH_BPCHAR, length_kernel, BYTES, true},
	{F_OCTET_LENGTH_BYTEA, length_kernel, BYTES, true},
	{F_LENGTH_BYTEA, length_kernel, BYTES, true},
	{F_STRPOS, position_kernel},
	{F_POSITION_TEXT_TEXT, position_kernel},
	{F_STARTS_WITH, starts_with_kernel},
	{F_SUBSTRING_TEXT_INT4, substring_kernel, 0, true},
	{F_SUBSTRING_TEXT_INT4_INT4, substring_kernel},
	{F_SUBSTR_TEXT_INT4, substring_kernel, 0, true},
	{F_SUBSTR_TEXT_INT4_INT4, substring_kernel},
	{F_LEFT, side_kernel, LEFT, true},
	{F_RIGHT, side_kernel, RIGHT, true},
	{F_BTRIM_TEXT, trim_kernel, BOTH, true},
	{F_BTRIM_TEXT_TEXT, trim_kernel, BOTH, true},
	{F_LTRIM_TEXT, trim_kernel, LEFT, true},
	{F_LTRIM_TEXT_TEXT, trim_kernel, LEFT, true},
	{F_RTRIM_TEXT, trim_kernel, RIGHT, true},
	{F_RTRIM_TEXT_TEXT, trim_kernel, RIGHT, true},
	{F_TEXT_BPCHAR, trim_kernel, RIGHT, true},
	{F_TEXTCAT, concatenate_kernel},
	{F_UPPER_TEXT, case_kernel, true},
	{F_LOWER_TEXT, case_kernel, false},
	{F_REPLACE, replace_kernel},
	{F_VARCHAR_VARCHAR_INT4_BOOL, length_coercion_kernel, false},
	{F_BPCHAR_BPCHAR_INT4_BOOL, length_coercion_kernel, true},
	{InvalidOid}
};
