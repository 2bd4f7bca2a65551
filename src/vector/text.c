/*
 * text.c
 *	  Kernels of LIKE.
 *
 * A constant pattern whose only special character is % is a row of pieces to be
 * found one behind the other, the first and the last possibly bound to an end.
 * Bytes of UTF-8 and of single-byte encodings can be searched as they are; other
 * patterns and encodings are left to PostgreSQL's function.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "vector/kernel.h"

typedef struct Piece
{
	const char *bytes;
	Size		size;
} Piece;

typedef struct Pattern
{
	bool		from_start;		/* the first piece begins the string */
	bool		to_end;			/* the last one ends it */
	int			npieces;
	Piece	   *pieces;			/* none empty, but for a pattern without % */
} Pattern;

static bool
parse_pattern(RsRows *rows, const RsVector *vector, Pattern *pattern)
{
	struct varlena *image;
	const char *bytes;
	const char *end;

	if (!vector->constant || rs_vector_is_null(vector, 0))
		return false;
	image = PG_DETOAST_DATUM_PACKED(((Datum *) vector->data)[0]);
	bytes = VARDATA_ANY(image);
	end = bytes + VARSIZE_ANY_EXHDR(image);
	if (memchr(bytes, '_', end - bytes) != NULL || memchr(bytes, '\\', end - bytes) != NULL)
		return false;
	pattern->from_start = bytes == end || *bytes != '%';
	pattern->to_end = bytes == end || end[-1] != '%';
	pattern->npieces = 0;
	pattern->pieces = rs_arena_alloc(rows->arena, (end - bytes + 1) * sizeof(Piece));
	if (bytes == end)
		pattern->pieces[pattern->npieces++] = (Piece) {bytes, 0};
	while (bytes < end)
	{
		const char *percent = memchr(bytes, '%', end - bytes);
		const char *stop = percent != NULL ? percent : end;

		if (stop > bytes)
			pattern->pieces[pattern->npieces++] = (Piece) {bytes, stop - bytes};
		bytes = stop + 1;
	}
	return true;
}

static bool
matches(const Pattern *pattern, const char *bytes, Size size)
{
	const char *end = bytes + size;
	int			first = 0;
	int			last = pattern->npieces;
	int			i;

	if (pattern->npieces == 0)
		return true;
	if (pattern->from_start)
	{
		const Piece *piece = &pattern->pieces[first++];

		if (size < piece->size || memcmp(bytes, piece->bytes, piece->size) != 0)
			return false;
		bytes += piece->size;
		if (pattern->to_end && first == last)
			return bytes == end;
	}
	if (pattern->to_end)
	{
		const Piece *piece = &pattern->pieces[--last];

		if ((Size) (end - bytes) < piece->size ||
			memcmp(end - piece->size, piece->bytes, piece->size) != 0)
			return false;
		end -= piece->size;
	}
	for (i = first; i < last; i++)
	{
		const Piece *piece = &pattern->pieces[i];
		const char *found = memmem(bytes, end - bytes, piece->bytes, piece->size);

		if (found == NULL)
			return false;
		bytes = found + piece->size;
	}
	return true;
}

/*
 * variant: RS_EQ for LIKE, RS_NE for NOT LIKE.
 */
static RsVector *
like_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	Pattern		pattern;
	uint8	   *to;
	MemoryContext old;
	uint32		i;

	if ((pg_database_encoding_max_length() > 1 && GetDatabaseEncoding() != PG_UTF8) ||
		!OidIsValid(expr->collation) || !get_collation_isdeterministic(expr->collation) ||
		!parse_pattern(rows, args[1], &pattern))
		return NULL;
	result = rs_boolean_vector(rows);
	result->null = rs_null_union(rows, args, 2);
	to = result->data;
	old = MemoryContextSwitchTo(rows->values);
	for (i = 0; i < rows->n; i++)
	{
		struct varlena *image;

		to[i] = 0;
		if (result->null != NULL && result->null[i])
			continue;
		image = PG_DETOAST_DATUM_PACKED(((Datum *) args[0]->data)[args[0]->constant ? 0 : i]);
		to[i] = matches(&pattern, VARDATA_ANY(image), VARSIZE_ANY_EXHDR(image)) ==
			(expr->variant == RS_EQ);
	}
	MemoryContextSwitchTo(old);
	return result;
}

const RsKernelInfo rs_text_kernels[] = {
	{F_TEXTLIKE, like_kernel, RS_EQ},
	{F_TEXTNLIKE, like_kernel, RS_NE},
	{F_BPCHARLIKE, like_kernel, RS_EQ},
	{F_BPCHARNLIKE, like_kernel, RS_NE},
	{InvalidOid}
};
