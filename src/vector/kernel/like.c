/*
 * like.c
 *	  Kernels of LIKE and ILIKE.
 *
 * A constant pattern is segments between %, found one behind the other, the first
 * and the last possibly bound to an end of the string; the leftmost place of each
 * is as good as any other, so nothing is ever tried again.  A segment is literals
 * and numbers of characters (_).  Rows that follow each other in memory, as those
 * of a decoded block do, are searched for the first literal in one go.
 *
 * A pattern is taken apart once, and kept until another one comes.  Bytes of UTF-8
 * and of single-byte encodings can be searched as they are; other encodings are
 * left to PostgreSQL's function.  ILIKE folds the case of ASCII letters, where it
 * can be so under the collation, and asks PostgreSQL's function for the rest.
 */
#include "postgres.h"

#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/pg_locale.h"
#include "vector/kernel/kernel.h"
#include "vector/kernel/search.h"
#include "vector/kernel/text.h"

/* A literal, or (no bytes) so many characters. */
typedef struct Piece
{
	const char *bytes;
	Size		size;
} Piece;

typedef struct Segment
{
	Piece	   *items;
	int			nitems;
	Size		characters;
} Segment;

typedef struct Pattern
{
	MemoryContext context;
	char	   *source;			/* what it was made of */
	Size		size;
	bool		usable;
	bool		utf8;
	bool		ascii;			/* no byte beyond 127 */
	bool		from_start;		/* the first segment begins the string */
	bool		to_end;			/* the last one ends it */
	int			nsegments;
	Segment    *segments;
} Pattern;

typedef enum LikeVariant
{
	LIKE,
	NOT_LIKE,
	ILIKE,
	NOT_ILIKE,
	LIKE_BYTES,					/* of bytea: each byte is a character */
	NOT_LIKE_BYTES
} LikeVariant;

/* ---------------------------------------------------------------------
 * Patterns
 * ---------------------------------------------------------------------
 */

static Piece *
add_item(Segment *segment, const char *bytes)
{
	Piece	   *item = &segment->items[segment->nitems++];

	item->bytes = bytes;
	item->size = 0;
	return item;
}

/*
 * The segment that begins at *at, up to the next % or the end; its items have been
 * given room.  Literals are written to *literals, without the escapes; false: an
 * escape of nothing.
 */
static bool
parse_segment(Pattern *pattern, Segment *segment, const char **at, const char *end, char **literals)
{
	Piece	   *item = NULL;

	segment->nitems = 0;
	segment->characters = 0;
	for (; *at < end && **at != '%'; (*at)++)
	{
		segment->characters++;
		if (**at == '_')
		{
			if (item == NULL || item->bytes != NULL)
				item = add_item(segment, NULL);
			item->size++;
			continue;
		}
		if (**at == '\\' && ++(*at) == end)
			return false;
		if (item == NULL || item->bytes == NULL)
			item = add_item(segment, *literals);
		*(*literals)++ = **at;
		item->size++;
		if (pattern->utf8 && (**at & 0xc0) == 0x80)
			segment->characters--;
	}
	return true;
}

/*
 * Take a pattern apart.
 */
static void
parse_pattern(Pattern *pattern, const char *bytes, Size size, bool fold, bool utf8)
{
	MemoryContext context = pattern->context;
	const char *end;
	char	   *literals;
	Piece	   *items;

	MemoryContextReset(context);
	memset(pattern, 0, sizeof(Pattern));
	pattern->context = context;
	pattern->source = MemoryContextAlloc(context, Max(size, 1));
	memcpy(pattern->source, bytes, size);
	pattern->size = size;
	pattern->utf8 = utf8;
	pattern->ascii = rs_is_ascii(bytes, size);
	pattern->from_start = size == 0 || bytes[0] != '%';
	pattern->segments = MemoryContextAllocHuge(context, (size + 1) * sizeof(Segment));
	items = MemoryContextAllocHuge(context, (size + 1) * sizeof(Piece));
	literals = MemoryContextAlloc(context, Max(size, 1));
	bytes = MemoryContextAlloc(context, Max(size, 1));
	if (fold)
		rs_fold_ascii((char *) bytes, pattern->source, size, false);
	else
		memcpy((char *) bytes, pattern->source, size);
	end = bytes + size;
	pattern->to_end = true;
	while (bytes < end)
	{
		Segment    *segment;

		if (*bytes == '%')
		{
			bytes++;
			pattern->to_end = false;
			continue;
		}
		segment = &pattern->segments[pattern->nsegments++];
		segment->items = items;
		if (!parse_segment(pattern, segment, &bytes, end, &literals))
			return;
		items += segment->nitems;
		pattern->to_end = true;
	}
	pattern->usable = true;
}

/*
 * The pattern of this batch; NULL: not one for us.
 */
static Pattern *
get_pattern(RsExpr *expr, const RsVector *vector, bool fold, bool utf8)
{
	Pattern    *pattern = expr->extra;
	const char *bytes;
	Size		size;

	if (!vector->constant || rs_vector_is_null(vector, 0))
		return NULL;
	if (pattern == NULL)
	{
		pattern = MemoryContextAllocZero(expr->env->context, sizeof(Pattern));
		pattern->context = AllocSetContextCreate(expr->env->context, "redshift pattern",
												 ALLOCSET_SMALL_SIZES);
		expr->extra = pattern;
	}
	bytes = rs_text_at(vector, 0, &size);
	if (pattern->source == NULL || pattern->size != size ||
		memcmp(pattern->source, bytes, size) != 0)
		parse_pattern(pattern, bytes, size, fold, utf8);
	return pattern->usable ? pattern : NULL;
}

/* ---------------------------------------------------------------------
 * Matching
 * ---------------------------------------------------------------------
 */

/*
 * Where the items [first, nitems) of a segment end that begin at `at`; NULL: they
 * are not there.
 */
static const char *
match_items(const Pattern *pattern, const Segment *segment, int first, const char *at,
			const char *end)
{
	int			i;

	for (i = first; i < segment->nitems; i++)
	{
		const Piece *item = &segment->items[i];
		Size		n;

		if (item->bytes != NULL)
		{
			if ((Size) (end - at) < item->size || memcmp(at, item->bytes, item->size) != 0)
				return NULL;
			at += item->size;
			continue;
		}
		for (n = 0; n < item->size; n++)
		{
			if (at >= end)
				return NULL;
			at = rs_next_character(at, end, pattern->utf8);
		}
	}
	return at;
}

/*
 * Where the first place of the segment ends; NULL: there is none.
 */
static const char *
find_segment(const Pattern *pattern, const Segment *segment, const char *at, const char *end)
{
	const Piece *head = &segment->items[0];

	for (;;)
	{
		const char *stop;

		if (head->bytes != NULL)
		{
			at = rs_search(at, end, head->bytes, head->size);
			if (at == NULL || segment->nitems == 1)
				return at == NULL ? NULL : at + head->size;
		}
		stop = match_items(pattern, segment, 0, at, end);
		if (stop != NULL)
			return stop;
		if (at >= end)
			return NULL;
		at = rs_next_character(at, end, pattern->utf8);
	}
}

/*
 * Where the last `characters` of the string begin; NULL: it has fewer.
 */
static const char *
last_characters(const char *at, const char *end, Size characters, bool utf8)
{
	for (; characters > 0; characters--)
	{
		if (end <= at)
			return NULL;
		end--;
		while (utf8 && end > at && (*end & 0xc0) == 0x80)
			end--;
	}
	return end;
}

/*
 * Does the rest of a string match the segments from `first` on?
 */
static bool
match_rest(const Pattern *pattern, int first, const char *at, const char *end)
{
	int			last = pattern->nsegments;

	if (pattern->to_end && first == last)
		return at == end;
	if (pattern->to_end)
	{
		const Segment *segment = &pattern->segments[--last];
		const char *tail = last_characters(at, end, segment->characters, pattern->utf8);

		if (tail == NULL || match_items(pattern, segment, 0, tail, end) != end)
			return false;
		end = tail;
	}
	for (; first < last && at != NULL; first++)
		at = find_segment(pattern, &pattern->segments[first], at, end);
	return at != NULL;
}

static bool
match_string(const Pattern *pattern, const char *at, const char *end)
{
	if (!pattern->from_start)
		return pattern->nsegments == 0 || match_rest(pattern, 0, at, end);
	if (pattern->nsegments == 0)
		return at == end;
	at = match_items(pattern, &pattern->segments[0], 0, at, end);
	return at != NULL && match_rest(pattern, 1, at, end);
}

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

typedef struct Row
{
	const char *bytes;
	const char *end;
	uint32		number;
} Row;

/*
 * Can a first literal be searched for in many rows at once?
 */
static bool
has_free_literal(const Pattern *pattern)
{
	return !pattern->from_start && pattern->nsegments > 0 &&
		pattern->segments[0].items[0].bytes != NULL &&
		!(pattern->to_end && pattern->nsegments == 1);
}

/*
 * Rows one behind the other in memory, with nothing between but headers; `shift`
 * leads from where they are to what is searched (themselves, or a copy).
 */
static void
match_run(const Pattern *pattern, const Row *rows, uint32 n, ptrdiff_t shift, uint8 *to)
{
	const Segment *segment = &pattern->segments[0];
	const Piece *head = &segment->items[0];
	const char *end = rows[n - 1].end + shift;
	const char *at = rows[0].bytes + shift;
	uint32		i = 0;

	while ((at = rs_search(at, end, head->bytes, head->size)) != NULL)
	{
		const char *stop;

		while (rows[i].end + shift <= at)
			i++;
		stop = rows[i].end + shift;
		if (at >= rows[i].bytes + shift && at + head->size <= stop)
		{
			const char *rest = match_items(pattern, segment, 1, at + head->size, stop);

			if (rest != NULL)
			{
				to[rows[i].number] = match_rest(pattern, 1, rest, stop);
				at = stop;
				continue;
			}
		}
		at++;
	}
}

/*
 * Rows that are not NULL, from the i-th on, that follow each other in memory.
 * Gaps are what aligns a header; larger ones may be between pieces of memory.
 */
static uint32
next_run(const RsVector *vector, const uint8 *null, uint32 n, uint32 *i, Row *run)
{
	uint32		count = 0;

	for (; *i < n; (*i)++)
	{
		const char *image = DatumGetPointer(((Datum *) vector->data)[*i]);
		Row		   *row = &run[count];
		Size		size;

		if (null != NULL && null[*i])
			continue;
		if (count > 0 && (image < run[count - 1].end || image - run[count - 1].end >= MAXIMUM_ALIGNOF))
			break;
		/* Compressed ones are put elsewhere. */
		if (count > 0 && (VARATT_IS_COMPRESSED(image) || VARATT_IS_EXTERNAL(image)))
			break;
		row->bytes = rs_text_at(vector, *i, &size);
		row->end = row->bytes + size;
		row->number = *i;
		count++;
	}
	return count;
}

/*
 * variant: with ILIKE, letters have been folded in the pattern.  Rows that have to
 * be left to PostgreSQL's function are set in *rest (ILIKE: those not all ASCII).
 */
static void
match_rows(const Pattern *pattern, RsRows *rows, const RsVector *vector, const uint8 *null,
		   bool fold, bool ascii_only, uint8 *to, uint8 *rest)
{
	uint32		n = vector->constant ? 1 : rows->n;
	Row		   *run = rs_arena_alloc(rows->arena, n * sizeof(Row));
	bool		search = has_free_literal(pattern);
	uint32		i = 0;
	uint32		count;
	uint32		r;

	while ((count = next_run(vector, null, n, &i, run)) > 0)
	{
		const char *first = run[0].bytes;
		ptrdiff_t	shift = 0;

		if (fold)
		{
			Size		size = run[count - 1].end - first;
			char	   *folded = rs_arena_alloc(rows->arena, Max(size, 1));

			rs_fold_ascii(folded, first, size, false);
			shift = folded - first;
		}
		for (r = 0; ascii_only && r < count; r++)
			rest[run[r].number] = !rs_is_ascii(run[r].bytes, run[r].end - run[r].bytes);
		if (search)
			match_run(pattern, run, count, shift, to);
		else
			for (r = 0; r < count; r++)
				to[run[r].number] = match_string(pattern, run[r].bytes + shift, run[r].end + shift);
	}
}

static RsVector *
like_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	bool		fold = expr->variant == ILIKE || expr->variant == NOT_ILIKE;
	bool		bytes = expr->variant == LIKE_BYTES || expr->variant == NOT_LIKE_BYTES;
	bool		negate = expr->variant == NOT_LIKE || expr->variant == NOT_ILIKE ||
		expr->variant == NOT_LIKE_BYTES;
	bool		ascii_only = false;
	Pattern    *pattern;
	RsVector   *result;
	uint8	   *rest = NULL;
	uint8	   *to;
	uint32		i;

	if (!bytes && !rs_collation_is_searchable(expr->collation))
		return NULL;
	if (fold && !lc_ctype_is_c(expr->collation))
	{
		if (!rs_collation_folds_ascii(expr->collation))
			return NULL;
		ascii_only = true;
	}
	pattern = get_pattern(expr, args[1], fold, !bytes && pg_database_encoding_max_length() > 1);
	if (pattern == NULL || (ascii_only && !pattern->ascii))
		return NULL;
	result = rs_boolean_vector(rows);
	result->null = rs_null_union(rows, args, 2);
	to = result->data;
	memset(to, 0, rows->n);
	if (ascii_only)
	{
		rest = rs_arena_alloc(rows->arena, rows->n);
		memset(rest, 0, rows->n);
	}
	match_rows(pattern, rows, args[0], result->null, fold, ascii_only, to, rest);
	for (i = 0; i < rows->n; i++)
		to[i] ^= negate;
	for (i = 0; ascii_only && i < rows->n; i++)
		if (rest[i])
		{
			bool		isnull;

			if (rs_expr_put_off(expr))
				return NULL;
			to[i] = DatumGetBool(rs_function_call_row(expr, args, i, &isnull));
		}
	return result;
}

const RsKernelInfo rs_like_kernels[] = {
	{F_TEXTLIKE, like_kernel, LIKE},
	{F_TEXTNLIKE, like_kernel, NOT_LIKE},
	{F_LIKE_TEXT_TEXT, like_kernel, LIKE},
	{F_NOTLIKE_TEXT_TEXT, like_kernel, NOT_LIKE},
	{F_BPCHARLIKE, like_kernel, LIKE},
	{F_BPCHARNLIKE, like_kernel, NOT_LIKE},
	{F_TEXTICLIKE, like_kernel, ILIKE},
	{F_TEXTICNLIKE, like_kernel, NOT_ILIKE},
	{F_BPCHARICLIKE, like_kernel, ILIKE},
	{F_BPCHARICNLIKE, like_kernel, NOT_ILIKE},
	{F_BYTEALIKE, like_kernel, LIKE_BYTES},
	{F_BYTEANLIKE, like_kernel, NOT_LIKE_BYTES},
	{F_LIKE_BYTEA_BYTEA, like_kernel, LIKE_BYTES},
	{F_NOTLIKE_BYTEA_BYTEA, like_kernel, NOT_LIKE_BYTES},
	{InvalidOid}
};
