/*
 * text_scan.c
 *	  Where fields and rows of text end.
 *
 * Of each block of 64 characters a word tells for each kind of character which ones they
 * are.  Which of them are within quotes is then the parity of the quotes before each, and
 * which are escaped follows from how long the runs of backslashes are; both are a few
 * operations on words, without a branch for each character.
 */
#include "postgres.h"

#include "format/text/text_scan.h"
#include "port/pg_bitutils.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define BLOCK		64

/* A block of characters, and which of them are equal to one. */
#if defined(__SSE2__)
typedef struct Block
{
	__m128i		part[4];
} Block;

static inline void
load_block(Block *block, const char *text)
{
	int			i;

	for (i = 0; i < 4; i++)
		block->part[i] = _mm_loadu_si128((const __m128i *) (text + i * 16));
}

static inline uint64
find_equal(const Block *block, char c)
{
	__m128i		wanted = _mm_set1_epi8(c);
	uint64		found = 0;
	int			i;

	for (i = 0; i < 4; i++)
		found |= (uint64) (uint32) _mm_movemask_epi8(_mm_cmpeq_epi8(block->part[i], wanted)) << (i * 16);
	return found;
}

/* Characters beyond ASCII, and NUL: those that are not above 0 as signed bytes. */
static inline bool
has_special(const Block *block)
{
	__m128i		zero = _mm_setzero_si128();
	__m128i		least = _mm_and_si128(_mm_and_si128(_mm_cmpgt_epi8(block->part[0], zero),
													_mm_cmpgt_epi8(block->part[1], zero)),
									  _mm_and_si128(_mm_cmpgt_epi8(block->part[2], zero),
													_mm_cmpgt_epi8(block->part[3], zero)));

	return _mm_movemask_epi8(least) != 0xFFFF;
}
#else
typedef struct Block
{
	char		text[BLOCK];
} Block;

static inline void
load_block(Block *block, const char *text)
{
	memcpy(block->text, text, BLOCK);
}

static inline uint64
find_equal(const Block *block, char c)
{
	uint64		found = 0;
	int			i;

	for (i = 0; i < BLOCK; i++)
		found |= (uint64) (block->text[i] == c) << i;
	return found;
}

static inline bool
has_special(const Block *block)
{
	bool		found = false;
	int			i;

	for (i = 0; i < BLOCK; i++)
		found |= (signed char) block->text[i] <= 0;
	return found;
}
#endif

/*
 * Bits with an odd number of bits set up to and including them.
 */
static inline uint64
parity_up_to(uint64 bits)
{
	bits ^= bits << 1;
	bits ^= bits << 2;
	bits ^= bits << 4;
	bits ^= bits << 8;
	bits ^= bits << 16;
	bits ^= bits << 32;
	return bits;
}

/*
 * Which characters are escaped, by the backslashes; there are few.  *escaped: is the first of
 * the block, then of the next.
 */
static inline uint64
find_escaped(uint64 backslashes, uint64 *escaped)
{
	uint64		found = *escaped;

	/* One that is escaped itself escapes nothing. */
	backslashes &= ~found;
	*escaped = 0;
	while (backslashes != 0)
	{
		uint64		next = (backslashes & (0 - backslashes)) << 1;

		if (next == 0)
			*escaped = 1;
		found |= next;
		backslashes &= backslashes - 1;
		backslashes &= ~next;
	}
	return found;
}

static void
reserve_marks(RsMarks *marks)
{
	if (marks->n + BLOCK <= marks->capacity)
		return;
	marks->capacity = Max(marks->capacity * 2, 1024);
	marks->at = marks->at == NULL ? palloc(marks->capacity * sizeof(uint32)) :
		repalloc(marks->at, marks->capacity * sizeof(uint32));
}

static inline void
put_marks(RsMarks *marks, uint64 bits, uint32 base)
{
	uint32	   *to;
	int			n;

	if (bits == 0)
		return;
	reserve_marks(marks);
	to = marks->at + marks->n;
	n = pg_popcount64(bits);
	marks->n += n;
	/* Mostly there are few: four at a time, of which those too many are overwritten. */
	do
	{
		int			i;

		for (i = 0; i < 4; i++)
		{
			to[i] = base + (bits != 0 ? pg_rightmost_one_pos64(bits) : 0);
			bits &= bits - 1;
		}
		to += 4;
	} while (bits != 0);
}

typedef struct BlockMarks
{
	uint64		delimiters;
	uint64		newlines;
	uint64		hidden;			/* within quotes, or escaped */
} BlockMarks;

static inline void
scan_block(RsTextScan *scan, const char *text, BlockMarks *marks)
{
	Block		block;

	load_block(&block, text);
	marks->newlines = find_equal(&block, '\n');
	marks->delimiters = scan->delimiter != '\0' ? find_equal(&block, scan->delimiter) : 0;
	marks->hidden = 0;
	if (scan->quote != '\0')
	{
		uint64		quotes = find_equal(&block, scan->quote);

		if (quotes != 0)
			scan->quote_end = scan->scanned + BLOCK;
		marks->hidden = parity_up_to(quotes) ^ scan->inside;
		scan->inside = (uint64) ((int64) marks->hidden >> 63);
	}
	else if (scan->escape != '\0')
	{
		uint64		backslashes = find_equal(&block, scan->escape);

		if (backslashes != 0)
			scan->quote_end = scan->scanned + BLOCK;
		marks->hidden = find_escaped(backslashes, &scan->escaped);
	}
	if (has_special(&block))
		scan->special_end = scan->scanned + BLOCK;
}

void
rs_text_scan(RsTextScan *scan, const char *text, Size to, bool is_end)
{
	BlockMarks	marks;

	Assert(to <= PG_UINT32_MAX);
	for (; scan->scanned + BLOCK <= to; scan->scanned += BLOCK)
	{
		scan_block(scan, text + scan->scanned, &marks);
		scan->any_inner |= (marks.newlines & marks.hidden) != 0;
		put_marks(&scan->delimiters, marks.delimiters & ~marks.hidden, (uint32) scan->scanned);
		put_marks(&scan->newlines, marks.newlines & ~marks.hidden, (uint32) scan->scanned);
	}
	if (is_end && scan->scanned < to)
	{
		/* What is behind the text may look like anything. */
		uint64		valid = ~(~UINT64CONST(0) << (to - scan->scanned));
		char		last[BLOCK];

		memset(last, 'x', BLOCK);
		memcpy(last, text + scan->scanned, to - scan->scanned);
		scan_block(scan, last, &marks);
		scan->any_inner |= (marks.newlines & marks.hidden & valid) != 0;
		put_marks(&scan->delimiters, marks.delimiters & ~marks.hidden & valid, (uint32) scan->scanned);
		put_marks(&scan->newlines, marks.newlines & ~marks.hidden & valid, (uint32) scan->scanned);
		scan->scanned = to;
	}
}

static void
shift_marks(RsMarks *marks, Size shift)
{
	uint32		n = marks->n - marks->next;
	uint32		i;

	for (i = 0; i < n; i++)
		marks->at[i] = marks->at[marks->next + i] - (uint32) shift;
	marks->next = 0;
	marks->n = n;
}

void
rs_text_scan_shift(RsTextScan *scan, Size shift)
{
	shift_marks(&scan->delimiters, shift);
	shift_marks(&scan->newlines, shift);
	scan->scanned -= shift;
	scan->quote_end -= Min(scan->quote_end, shift);
	scan->special_end -= Min(scan->special_end, shift);
}

void
rs_text_scan_end(RsTextScan *scan, Size at)
{
	reserve_marks(&scan->newlines);
	scan->newlines.at[scan->newlines.n++] = (uint32) at;
}

/*
 * Text that begins escaped differs from the same that does not only in the run of backslashes
 * that it begins with, and in the character behind that.
 */
static void
summarize_escaped(char escape, const char *text, Size size, RsTextSummary *summary)
{
	Size		run = 0;

	summary->rows[1] = summary->rows[0];
	summary->inside[1] = summary->inside[0];
	summary->ends_row[1] = summary->ends_row[0];
	while (run < size && text[run] == escape)
		run++;
	if (run == size)
		summary->inside[1] = run % 2 == 0;
	else if (text[run] == '\n')
	{
		bool		ends_row = run % 2 == 1;

		if (ends_row)
			summary->rows[1]++;
		else
			summary->rows[1]--;
		if (run == size - 1)
			summary->ends_row[1] = ends_row;
	}
}

void
rs_text_summarize(const RsTextScan *scan, const char *text, Size size, RsTextSummary *summary)
{
	RsTextScan	normal = *scan;
	uint64		last_hidden = 0;
	Size		i;

	memset(summary, 0, sizeof(RsTextSummary));
	normal.inside = normal.escaped = 0;
	for (i = 0; i < size; i += BLOCK)
	{
		BlockMarks	marks;
		char		last[BLOCK];
		const char *block = text + i;

		if (size - i < BLOCK)
		{
			memset(last, 'x', BLOCK);
			memcpy(last, block, size - i);
			block = last;
		}
		scan_block(&normal, block, &marks);
		summary->lines += pg_popcount64(marks.newlines);
		summary->rows[0] += pg_popcount64(marks.newlines & ~marks.hidden);
		summary->rows[1] += pg_popcount64(marks.newlines & marks.hidden);
		last_hidden = marks.hidden >> Min(size - i - 1, BLOCK - 1) & 1;
	}
	if (size == 0)
	{
		summary->inside[1] = true;
		return;
	}
	summary->ends_row[0] = text[size - 1] == '\n' && !last_hidden;
	if (scan->escape != '\0')
	{
		/* The last block may have been filled up, so it is not in normal.escaped. */
		summary->inside[0] = text[size - 1] == scan->escape && !last_hidden;
		summarize_escaped(scan->escape, text, size, summary);
		return;
	}
	summary->inside[0] = scan->quote != '\0' && last_hidden;
	summary->inside[1] = !summary->inside[0];
	summary->ends_row[1] = text[size - 1] == '\n' && last_hidden;
	if (scan->quote == '\0')
	{
		summary->rows[1] = summary->rows[0];
		summary->inside[1] = false;
		summary->ends_row[1] = summary->ends_row[0];
	}
}

uint64
rs_count_newlines(const char *text, Size size)
{
	uint64		count = 0;
	const char *end = text + size;

	while (text < end && (text = memchr(text, '\n', end - text)) != NULL)
	{
		count++;
		text++;
	}
	return count;
}
