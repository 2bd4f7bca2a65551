/*
 * secrets.c
 *	  Keeping keys that statements have out of what others see of statements.
 *
 * COPY's options, UNLOAD's and those of user mappings have keys in the text of a statement.  Values of
 * such options become asterisks, one for each byte so that positions in the text stay right:
 *
 * - in every message for the server's log, by emit_log_hook: log_statement,
 *   log_min_duration_statement, the statement of an error, contexts;
 * - in pg_stat_activity once the statement has begun to run, or has failed, and of a text of several
 *   when the first has been analysed; PostgreSQL shows it there before anybody else gets hold of
 *   it, for the moment in which it is parsed;
 * - in pg_stat_statements, which stores the text of what is no query after it ran.
 *
 * What a client binds as a parameter has no option's name before it, and is not recognized; nor is
 * what a function executes hidden from pg_stat_statements, if that tracks such statements, because
 * their text may be a constant.
 */
#include "postgres.h"

#include "load/secrets.h"
#include "parser/analyze.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"
#include "utils/elog.h"
#include "utils/memutils.h"

/* Names of options; others end so (aws_secret_access_key). */
static const char *const names[] = {
	"access_key_id",
	"credentials",
	"master_symmetric_key",
	"private_key",
	"secret_access_key",
	"session_token"
};
#define FIRST_LETTERS	"aAcCmMpPsS"

static emit_log_hook_type next_emit_log = NULL;
static post_parse_analyze_hook_type next_post_parse_analyze = NULL;

static bool
is_quote(char c)
{
	return c == '\'' || c == '"';
}

static int
count_run(const char *text)
{
	int			n = 0;

	while (text[n] == text[0] && text[n] != '\0')
		n++;
	return n;
}

static char *
hide(char *text, int size, bool *changed)
{
	for (; size > 0; size--, text++)
		if (*text != '*')
		{
			*text = '*';
			*changed = true;
		}
	return text;
}

/*
 * Mask a literal that begins with a run of quotes; those inside another literal are
 * doubled.  Returns what follows.
 */
static char *
mask_quoted(char *text, bool *changed)
{
	char		quote = text[0];
	int			opening = count_run(text);

	for (text += opening; *text != '\0';)
	{
		int			run;

		if (*text == '\\' && text[1] != '\0')
		{
			text = hide(text, 2, changed);
			continue;
		}
		if (*text != quote)
		{
			text = hide(text, 1, changed);
			continue;
		}
		run = count_run(text);
		if (run >= opening && !(opening == 1 && run % 2 == 0))
			return text + run;
		text = hide(text, run, changed);
	}
	return text;
}

/*
 * The same, with literals that continue it on lines below.
 */
static char *
mask_literal(char *text, bool *changed)
{
	for (;;)
	{
		char	   *end = mask_quoted(text, changed);

		text = end + strspn(end, " \t\n\r\f");
		if (*text != '\'' || memchr(end, '\n', text - end) == NULL)
			return end;
	}
}

/* What follows a comment; the text itself if it is none. */
static char *
skip_comment(char *text)
{
	char	   *end = NULL;

	if (text[0] == '/' && text[1] == '*')
		end = strstr(text + 2, "*/");
	else if (text[0] == '-' && text[1] == '-')
		return text + strcspn(text, "\n");
	return end ? end + 2 : text;
}

/* $tag$ ... $tag$ */
static char *
mask_dollar_quoted(char *text, bool *changed)
{
	char	   *tag_end = strchr(text + 1, '$');
	int			tag_size;

	if (tag_end == NULL)
		return text + 1;
	tag_size = tag_end + 1 - text;
	for (char *next = tag_end + 1;;)
	{
		if (*next == '\0')
			return next;
		if (strncmp(next, text, tag_size) == 0)
			return next + tag_size;
		next = hide(next, 1, changed);
	}
}

/* What follows an option's name: its value, after what may stand between them. */
static char *
mask_value(char *text, bool *changed)
{
	bool		assigned = false;

	/* Of a name that is misspelt the value is no less secret; and it may be quoted, as in JSON. */
	while (isalnum((unsigned char) *text) || *text == '_')
		text++;
	while (*text == '\\' || is_quote(*text))
		text++;
	for (;; text++)
	{
		text = skip_comment(text);
		if (*text == '=' || *text == ':')
			assigned = true;
		else if (pg_strncasecmp(text, "as ", 3) == 0 || pg_strncasecmp(text, "as'", 3) == 0)
			text++;
		else if (!isspace((unsigned char) *text) && *text != ',' && *text != '>' && *text != '\\')
			break;
	}
	if ((*text == 'E' || *text == 'e' || *text == 'N' || *text == 'n') && text[1] == '\'')
		text++;
	else if ((*text == 'U' || *text == 'u') && text[1] == '&' && is_quote(text[2]))
		text += 2;
	if (is_quote(*text))
		return mask_literal(text, changed);
	if (*text == '$' && (isalpha((unsigned char) text[1]) || text[1] == '_' || text[1] == '$'))
		return mask_dollar_quoted(text, changed);
	while (assigned && *text != '\0' && !isspace((unsigned char) *text) && strchr(";,)}'\"", *text) == NULL)
		text = hide(text, 1, changed);
	return text;
}

/* What follows the next name of an option that begins before the end; NULL: there is none. */
static char *
find_name(const char *text, const char *end)
{
	/* Every statement of the history comes here: most characters begin no name. */
	while ((text += strcspn(text, FIRST_LETTERS)) < end)
	{
		for (int i = 0; i < (int) lengthof(names); i++)
			if (pg_strncasecmp(text, names[i], strlen(names[i])) == 0)
				return unconstify(char *, text) + strlen(names[i]);
		text++;
	}
	return NULL;
}

static bool
mask_range(char *text, const char *end)
{
	bool		changed = false;

	while ((text = find_name(text, end)) != NULL)
		text = mask_value(text, &changed);
	return changed;
}

bool
rs_secrets_mask(char *text)
{
	return mask_range(text, strchr(text, '\0'));
}

void
rs_secrets_mask_passwords(char *text)
{
	bool		changed = false;

	while (*text != '\0')
		if (pg_strncasecmp(text, "password", 8) == 0)
			text = mask_value(text + 8, &changed);
		else
			text++;
}

static void
mask_field(char *field)
{
	if (field != NULL)
		(void) rs_secrets_mask(field);
}

/*
 * The statement that messages append to themselves; false: it could not be masked.
 */
static bool
mask_statement(void)
{
	char	   *copy;
	Size		size;

	if (debug_query_string == NULL)
		return true;
	size = strlen(debug_query_string) + 1;
	if (find_name(debug_query_string, debug_query_string + size - 1) == NULL)
		return true;
	copy = MemoryContextAllocExtended(MessageContext != NULL ? MessageContext : TopMemoryContext, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	if (copy == NULL)
		return false;
	memcpy(copy, debug_query_string, size);
	if (rs_secrets_mask(copy))
		debug_query_string = copy;
	else
		pfree(copy);
	return true;
}

/*
 * The fields are copies that belong to the report.
 */
static void
emit_log(ErrorData *edata)
{
	const char *before;

	mask_field(edata->message);
	mask_field(edata->detail);
	mask_field(edata->detail_log);
	mask_field(edata->hint);
	mask_field(edata->context);
	mask_field(edata->internalquery);
	before = debug_query_string;
	if (!edata->hide_stmt && !mask_statement())
		edata->hide_stmt = true;
	/* What has failed stays there until the session is sent more. */
	if (edata->elevel == ERROR && debug_query_string != before)
		pgstat_report_activity(STATE_RUNNING, debug_query_string);
	if (next_emit_log != NULL)
		next_emit_log(edata);
}

void
rs_secrets_hide(void)
{
	const char *before = debug_query_string;

	(void) mask_statement();
	if (debug_query_string != before)
		pgstat_report_activity(STATE_RUNNING, debug_query_string);
}

RsSecretText
rs_secrets_hide_utility(const PlannedStmt *statement, const char *query)
{
	RsSecretText text;

	/* A script's text may be long, and comes here once for each of its statements. */
	text.start = query + Max(statement->stmt_location, 0);
	text.end = statement->stmt_len > 0 ? text.start + statement->stmt_len : strchr(text.start, '\0');
	if (find_name(text.start, text.end) == NULL)
		text.start = text.end;
	else
		rs_secrets_hide();
	return text;
}

void
rs_secrets_overwrite(RsSecretText text)
{
	(void) mask_range(unconstify(char *, text.start), text.end);
}

/*
 * The first of several statements may run for long before the one that has secrets.
 */
static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	const char *source = pstate->p_sourcetext;

	if (source != NULL && source == debug_query_string && query->stmt_location <= 0 && query->stmt_len > 0)
	{
		const char *rest = strchr(source + query->stmt_len, ';');

		if (rest != NULL && rest[1] != '\0')
			rs_secrets_hide();
	}
	if (next_post_parse_analyze != NULL)
		next_post_parse_analyze(pstate, query, jstate);
}

void
rs_secrets_init(void)
{
	next_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
	next_emit_log = emit_log_hook;
	emit_log_hook = emit_log;
}
