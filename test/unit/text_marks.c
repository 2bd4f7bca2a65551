/*
 * text_marks.c
 *	  Marks of delimiters and newlines are those that reading text character by character
 *	  finds, wherever the text is cut: into pieces that are searched, and into parts.
 */
#include "postgres.h"

#include "format/text/text_scan.h"
#include "harness.h"
#include "stubs.h"

#define MAX_TEXT	700
#define MAX_PARTS	5

typedef struct Dialect
{
	const char *name;
	char		quote;
	char		escape;
} Dialect;

static const Dialect dialects[] = {{"plain", '\0', '\0'}, {"quoted", '"', '\0'}, {"escaped", '\0', '\\'}};

/*
 * Runs of the characters that matter, and of others.
 */
static Size
some_text(char *text)
{
	static const char kinds[] = "||\n\n\n\"\"\"\\\\\\a\200";
	Size		size = rnd_below(MAX_TEXT);
	Size		i = 0;

	while (i < size)
	{
		char		c = kinds[rnd_below(sizeof(kinds))];
		Size		run = rnd_below(rnd_below(8) == 0 ? 90 : 3) + 1;

		for (; run > 0 && i < size; run--)
			text[i++] = c;
	}
	return size;
}

/*
 * One character after another: state 1 is within quotes, or escaped.
 */
typedef struct Expected
{
	uint32		delimiters[MAX_TEXT];
	uint32		newlines[MAX_TEXT];
	uint32		ndelimiters;
	uint32		nnewlines;
	bool		state[MAX_TEXT + 1];	/* before each character */
} Expected;

static void
read_slowly(const Dialect *dialect, const char *text, Size size, Expected *expected)
{
	bool		state = false;
	Size		i;

	expected->ndelimiters = expected->nnewlines = 0;
	for (i = 0; i < size; i++)
	{
		expected->state[i] = state;
		if (dialect->quote != '\0' && text[i] == dialect->quote)
			state = !state;
		else if (!state && text[i] == '|')
			expected->delimiters[expected->ndelimiters++] = (uint32) i;
		else if (!state && text[i] == '\n')
			expected->newlines[expected->nnewlines++] = (uint32) i;
		if (dialect->escape != '\0')
			state = !state && text[i] == dialect->escape;
	}
	expected->state[size] = state;
}

static void
begin_scan(const Dialect *dialect, RsTextScan *scan)
{
	memset(scan, 0, sizeof(RsTextScan));
	scan->delimiter = '|';
	scan->quote = dialect->quote;
	scan->escape = dialect->escape;
}

static bool
same_marks(const RsMarks *marks, const uint32 *expected, uint32 n)
{
	return marks->n == n && (n == 0 || memcmp(marks->at, expected, n * sizeof(uint32)) == 0);
}

static void
test_pieces(const Dialect *dialect, const char *text, Size size, const Expected *expected, bool *sound)
{
	RsTextScan	scan;
	Size		to = 0;

	begin_scan(dialect, &scan);
	while (scan.scanned < size)
	{
		to += rnd_below(200) + 1;
		to = Min(to, size);
		rs_text_scan(&scan, text, to, to == size);
	}
	*sound &= same_marks(&scan.delimiters, expected->delimiters, expected->ndelimiters) &&
		same_marks(&scan.newlines, expected->newlines, expected->nnewlines);
	digest(scan.newlines.at, scan.newlines.n * sizeof(uint32));
}

/*
 * Summaries of parts, one after the other, tell how each begins and how many rows end before.
 */
static void
test_parts(const Dialect *dialect, const char *text, Size size, const Expected *expected, bool *sound)
{
	RsTextScan	scan;
	Size		start = 0;
	uint64		rows = 0;
	bool		state = false;

	begin_scan(dialect, &scan);
	while (start < size)
	{
		Size		end = start + rnd_below(size / MAX_PARTS + 70);
		RsTextSummary summary;
		bool		ends_row;
		uint32		before = 0;

		end = Min(end, size);
		rs_text_summarize(&scan, text + start, end - start, &summary);
		*sound &= summary.lines == rs_count_newlines(text + start, end - start);
		rows += summary.rows[state];
		ends_row = summary.ends_row[state];
		state = summary.inside[state];
		while (before < expected->nnewlines && expected->newlines[before] < end)
			before++;
		*sound &= state == expected->state[end] && rows == before;
		if (end > start)
			*sound &= ends_row == (before > 0 && expected->newlines[before - 1] == end - 1);
		start = end;
	}
}

int
main(int argc, char **argv)
{
	int			d;

	harness_begin(argc, argv);
	for (d = 0; d < lengthof(dialects); d++)
	{
		bool		pieces = true;
		bool		parts = true;
		int			round;

		for (round = 0; round < 3000; round++)
		{
			char		text[MAX_TEXT];
			Expected	expected;
			Size		size = some_text(text);

			read_slowly(&dialects[d], text, size, &expected);
			test_pieces(&dialects[d], text, size, &expected, &pieces);
			test_parts(&dialects[d], text, size, &expected, &parts);
			stub_free_all();
		}
		ok(pieces, "%s text in pieces has its marks", dialects[d].name);
		ok(parts, "%s text in parts begins as it does as a whole", dialects[d].name);
	}
	return harness_end();
}
