/*
 * user_text.c
 *	  Texts of statements as their users wrote them.
 *
 * What comes through the endpoint is a translation.  Behind a statement that it has changed stands
 * a comment with what the user wrote (dialect/source.h).  It is cut off when the statement has been
 * analysed, before anybody has seen where that ends: pg_stat_statements and the like do not see the
 * comment.  The statement's end then is at the comment's beginning, where no statement ends by
 * itself, so that is what tells that it is one of ours.  Only a client's text can have one, and
 * not that of a function that it calls.
 */
#include "postgres.h"

#include "dialect/source.h"
#include "endpoint/shared.h"
#include "history/statement.h"
#include "history/user_text.h"
#include "parser/analyze.h"
#include "utils/queryjumble.h"

#define BLANKS	" \t\n\r\f"

static post_parse_analyze_hook_type next_post_parse_analyze = NULL;

/*
 * A statement has been analysed: without comments of ours, where does it end?
 */
static const char *
cut(const char *start, const char *end, uint64 mark)
{
	const char *comment = rs_source_find(start, end, mark, RS_SOURCE_TEXT);

	if (comment != NULL)
		end = comment;
	comment = rs_source_find(start, end, mark, RS_SOURCE_STATEMENT);
	return comment != NULL ? comment : end;
}

static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	uint64		mark = rs_endpoint_mark();

	if (mark != 0 && pstate->p_sourcetext != NULL && query->stmt_location >= 0 && rs_history_of_client())
	{
		const char *start = pstate->p_sourcetext + query->stmt_location;
		const char *end = query->stmt_len > 0 ? start + query->stmt_len : strchr(start, '\0');
		const char *cut_end = *end == ';' || *end == '\0' ? cut(start, end, mark) : end;

		if (cut_end < end)
		{
			query->stmt_len = cut_end - start;
			/* Of others it is made of the text. */
			if (query->commandType == CMD_UTILITY && query->queryId != UINT64CONST(0))
				(void) JumbleQuery(query, pstate->p_sourcetext);
		}
	}
	if (next_post_parse_analyze)
		next_post_parse_analyze(pstate, query, jstate);
}

static const char *
trim(const char *text, int *length)
{
	int			blanks = strspn(text, BLANKS);

	blanks = Min(blanks, *length);
	*length -= blanks;
	while (*length > 0 && strchr(BLANKS, text[blanks + *length - 1]) != NULL)
		(*length)--;
	return text + blanks;
}

static const char *
read_source(const char *comment, int *length)
{
	const char *text = rs_source_read(comment);

	*length = strlen(text);
	return trim(text, length);
}

const char *
rs_user_statement(const char *source, int location, int *length)
{
	const char *text = source + Max(location, 0);

	if (*length <= 0)
		*length = strlen(text);
	if (rs_source_begins(text + *length, RS_SOURCE_STATEMENT))
		return read_source(text + *length, length);
	return trim(text, length);
}

const char *
rs_user_text(const char *source, int *length)
{
	uint64		mark = rs_endpoint_mark();
	const char *end = strchr(source, '\0');
	const char *comment = NULL;

	*length = end - source;
	if (mark != 0)
	{
		comment = rs_source_find(source, end, mark, RS_SOURCE_TEXT);
		while (comment == NULL && end > source && strchr(BLANKS ";", end[-1]) != NULL)
			end--;
		if (comment == NULL)
			comment = rs_source_find(source, end, mark, RS_SOURCE_STATEMENT);
	}
	return comment != NULL ? read_source(comment, length) : trim(source, length);
}

void
rs_user_text_init(void)
{
	next_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
}
