/*
 * source.c
 *	  Writing and reading comments that carry the source of a translation.
 *
 * In a comment no other may begin or end: between * and / of the source, and / and *, stands a !,
 * and one more than there if there are some.  That is a byte which is part of no longer character
 * in any client's encoding, and leaves a literal what it is for those who look for secrets.
 */
#include "postgres.h"

#include "dialect/source.h"
#include "mb/pg_wchar.h"

#define BEGIN		"/*redshift:"
#define END			"*/"
#define MARK_DIGITS	16
/* With the mark and the kind. */
#define BEGIN_SIZE	(sizeof(BEGIN) - 1 + MARK_DIGITS + 1)

static void
print_begin(char *begin, uint64 mark, RsSourceKind kind)
{
	snprintf(begin, BEGIN_SIZE + 1, BEGIN "%016llx%c", (unsigned long long) mark, (int) kind);
}

bool
rs_source_mentioned(const char *text, uint64 mark)
{
	char		begin[BEGIN_SIZE + 1];

	print_begin(begin, mark, RS_SOURCE_STATEMENT);
	/* Of either kind. */
	begin[BEGIN_SIZE - 1] = '\0';
	return strstr(text, begin) != NULL;
}

/*
 * The length of a run of ! behind a * or / that the other of them follows; -1: it does not.  The
 * comment's end follows the text.
 */
static int
count_separators(const char *text, const char *end)
{
	char		other = *text == '*' ? '/' : '*';
	int			n = 0;

	while (text + 1 + n < end && text[1 + n] == '!')
		n++;
	return (text + 1 + n < end ? text[1 + n] : '*') == other ? n : -1;
}

void
rs_source_append(RsText *out, uint64 mark, RsSourceKind kind, const char *source, int from, int to, int most)
{
	const char *text = source + from;
	const char *end = text + (to - from > most ? pg_mbcliplen(text, to - from, most) : to - from);
	char		begin[BEGIN_SIZE + 1];
	StringInfoData comment;

	print_begin(begin, mark, kind);
	initStringInfo(&comment);
	appendStringInfoString(&comment, begin);
	while (text < end)
	{
		const char *next = text;

		while (next < end && *next != '*' && *next != '/')
			next++;
		next += next < end;
		appendBinaryStringInfo(&comment, text, next - text);
		if ((next[-1] == '*' || next[-1] == '/') && count_separators(next - 1, end) >= 0)
			appendStringInfoChar(&comment, '!');
		text = next;
	}
	appendStringInfoString(&comment, END);
	rs_text_add(out, to, comment.data);
	pfree(comment.data);
}

const char *
rs_source_find(const char *text, const char *end, uint64 mark, RsSourceKind kind)
{
	char		begin[BEGIN_SIZE + 1];
	const char *comment;

	if (end - text < BEGIN_SIZE + strlen(END) || strncmp(end - strlen(END), END, strlen(END)) != 0)
		return NULL;
	for (comment = end - strlen(END) - 1; comment > text; comment--)
		if (comment[-1] == '/' && comment[0] == '*')
			break;
	comment--;
	print_begin(begin, mark, kind);
	return comment >= text && end - comment >= BEGIN_SIZE + strlen(END) && strncmp(comment, begin, BEGIN_SIZE) == 0 ?
		comment : NULL;
}

bool
rs_source_begins(const char *comment, RsSourceKind kind)
{
	return strncmp(comment, BEGIN, strlen(BEGIN)) == 0 &&
		strspn(comment + strlen(BEGIN), "0123456789abcdef") == MARK_DIGITS && comment[BEGIN_SIZE - 1] == kind;
}

char *
rs_source_read(const char *comment)
{
	const char *text = comment + BEGIN_SIZE;
	const char *end = strstr(text, END);
	char	   *source;
	char	   *to;

	if (end == NULL)
		end = strchr(text, '\0');
	source = to = palloc(end - text + 1);
	while (text < end)
	{
		*to++ = *text;
		if ((*text == '*' || *text == '/') && count_separators(text, end) > 0)
			text++;
		text++;
	}
	*to = '\0';
	return source;
}
