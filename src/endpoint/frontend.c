/*
 * frontend.c
 *	  Messages of clients: the texts of Query and Parse are translated, all else passes.
 *
 * A text that the translator refuses goes to the server as one that its grammar refuses,
 * and the server's answer is replaced by the translator's error (backend.c).  So an error
 * of translation does all that an error does: to the transaction, to messages sent behind
 * it, in the server's log.
 */
#include "postgres.h"

#include "core/settings.h"
#include "dialect/dialect.h"
#include "dialect/source.h"
#include "endpoint/characters.h"
#include "endpoint/connection.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#define HEADER_SIZE			5
/* Names of statements and portals are looked for in so many bytes of a message. */
#define NAMES_SIZE			512
/* Answers to authentication: as long as the server takes. */
#define MAX_AUTHENTICATION	(65535 + HEADER_SIZE)
/* An error's message may have a whole literal of the text in it; so much is kept. */
#define MAX_KEPT_MESSAGE	4096
/* A text that the grammar refuses at its first word. */
#define REFUSED				"redshift_refused: "

/* What a translation takes, until the next one. */
static MemoryContext scratch = NULL;

size_t
rs_frontend_hold(RsConnection *c, char type, size_t size)
{
	if (c->phase != RS_PHASE_SESSION)
	{
		/* Terminate: the client has no password. */
		if (type == 'X')
			rs_connection_fail(c);
		else if (type != 'p' || size > MAX_AUTHENTICATION)
			rs_refuse(c, ERRCODE_PROTOCOL_VIOLATION, "expected a password, got message type %d", (int) type);
		return HEADER_SIZE;
	}
	switch (type)
	{
		case 'Q':
		case 'P':
			/* What is too long is refused without its text. */
			if (!c->translate || size > RS_MAX_STATEMENT)
				return HEADER_SIZE;
			if (size > RS_READ_SIZE)
				rs_connection_reserve(c, size);
			return size;
		case 'B':
		case 'C':
		case 'D':
		case 'E':
			return c->names ? NAMES_SIZE : HEADER_SIZE;
		default:
			return HEADER_SIZE;
	}
}

/* ---------------------------------------------------------------------
 * Texts
 * ---------------------------------------------------------------------
 */

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if (IS_HIGHBIT_SET(*text))
			return false;
	return true;
}

/*
 * The text as the translator reads it: characters of an encoding that a server may have, whose
 * bytes have to be sound.
 */
static const char *
readable_text(const RsConnection *c, const char *sql)
{
	if (PG_VALID_BE_ENCODING(c->encoding))
	{
		pg_verify_mbstr(c->encoding, sql, (int) strlen(sql), false);
		SetDatabaseEncoding(c->encoding);
		return sql;
	}
	if (!PG_VALID_FE_ENCODING(c->encoding) || is_ascii(sql))
	{
		SetDatabaseEncoding(PG_SQL_ASCII);
		return sql;
	}
	SetDatabaseEncoding(PG_UTF8);
	return rs_characters_hide(c->encoding, sql);
}

/*
 * Translate into the scratch context; NULL and an error there if that is not possible.  *readable:
 * the text that it is the translation of, NULL: there is none.
 */
static RsTranslation *
translate(RsConnection *c, const char *sql, const char **readable, ErrorData **error)
{
	RsTranslation *volatile translation = NULL;
	RsDialect	dialect = {0};

	dialect.case_sensitive_identifiers = c->case_sensitive;
	dialect.standard_conforming_strings = c->standard_strings;
	dialect.database = c->database;
	dialect.source_mark = c->mark;
	dialect.source_most = RS_HISTORY_LONGEST_TEXT;
	PG_TRY();
	{
		*readable = readable_text(c, sql);
		translation = rs_translate(&dialect, *readable);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(scratch);
		*error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	return translation;
}

/*
 * A statement in a context of its own, which is the caller's until it is filled.
 */
static RsStatement *
new_statement(void)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "endpoint statement", ALLOCSET_SMALL_SIZES);
	RsStatement *statement = MemoryContextAllocZero(context, sizeof(RsStatement));

	statement->context = context;
	statement->references = 1;
	return statement;
}

static char *
keep_text(const char *text, bool hidden)
{
	char	   *kept = text ? pnstrdup(text, pg_mbcliplen(text, (int) strlen(text), MAX_KEPT_MESSAGE)) : NULL;

	return kept && hidden ? rs_characters_restore(kept) : kept;
}

/*
 * hidden: by rs_characters_hide(), the text that is refused.
 */
static RsStatement *
refused_statement(const ErrorData *error, bool hidden)
{
	RsStatement *statement = new_statement();
	MemoryContext caller = MemoryContextSwitchTo(statement->context);
	ErrorData  *copy = palloc0(sizeof(ErrorData));

	copy->sqlerrcode = error->sqlerrcode;
	copy->cursorpos = error->cursorpos;
	copy->message = keep_text(error->message, hidden);
	copy->detail = keep_text(error->detail, hidden);
	copy->hint = keep_text(error->hint, hidden);
	statement->error = copy;
	MemoryContextSwitchTo(caller);
	return statement;
}

/*
 * What errors of a changed text need.  If there is no memory for that, an error's position
 * is left out, rather than wrong.
 */
static RsStatement *
changed_statement(const RsTranslation *translation, const char *sql)
{
	RsStatement *statement = new_statement();
	size_t		sql_size = strlen(sql) + 1;
	size_t		text_size = (size_t) translation->text.data.len + 1;
	size_t		pieces_size = sizeof(RsTextPiece) * translation->text.npieces;
	MemoryContext caller;

	if (!rs_memory_keep(sql_size + text_size + pieces_size))
		return statement;
	statement->size = sql_size + text_size + pieces_size;
	caller = MemoryContextSwitchTo(statement->context);
	statement->sql = memcpy(palloc(sql_size), sql, sql_size);
	statement->translation = palloc(sizeof(RsTranslation));
	*statement->translation = *translation;
	statement->translation->text.data.data = memcpy(palloc(text_size), translation->text.data.data, text_size);
	statement->translation->text.pieces = memcpy(palloc(Max(pieces_size, 1)), translation->text.pieces, pieces_size);
	MemoryContextSwitchTo(caller);
	return statement;
}

/*
 * Send a message of this type with what stands before and behind its text.
 */
static void
send_text(RsConnection *c, char type, const char *name, const char *text, const char *rest, size_t rest_size)
{
	StringInfoData out;
	uint32		length;

	initStringInfo(&out);
	appendStringInfoChar(&out, type);
	appendStringInfoSpaces(&out, 4);
	if (name)
		appendBinaryStringInfo(&out, name, (int) strlen(name) + 1);
	appendBinaryStringInfo(&out, text, (int) strlen(text) + 1);
	appendBinaryStringInfo(&out, rest, (int) rest_size);
	length = pg_hton32((uint32) out.len - 1);
	memcpy(out.data + 1, &length, sizeof(length));
	rs_flow_add(c, &c->up, out.data, out.len);
}

static void
append_printable(StringInfo out, const char *text, int most)
{
	for (; *text != '\0' && most > 0; text++, most--)
		appendStringInfoChar(out, *text >= ' ' && *text < 0x7f ? *text : IS_HIGHBIT_SET(*text) ? '?' : ' ');
}

/*
 * What the server gets, and logs, for a text that is refused, NULL: for one that is not here.
 */
static const char *
refused_text(const RsConnection *c, const ErrorData *error, const char *sql)
{
	StringInfoData message;
	RsText		text;

	initStringInfo(&message);
	appendStringInfoString(&message, REFUSED);
	append_printable(&message, error->message, 1024);
	rs_text_init(&text);
	rs_text_add(&text, 0, message.data);
	if (sql != NULL && c->mark != 0)
	{
		rs_text_add(&text, 0, " ");
		rs_source_append(&text, c->mark, RS_SOURCE_TEXT, sql, 0, strlen(sql), RS_HISTORY_LONGEST_TEXT);
	}
	return text.data.data;
}

/* Of what is no text in its encoding, which the server would refuse for that. */
static const char *
printable(const char *sql)
{
	StringInfoData text;

	initStringInfo(&text);
	append_printable(&text, sql, RS_HISTORY_LONGEST_TEXT);
	return text.data;
}

/*
 * Translate and send a text.  What becomes of it: NULL if it stays as it is, then nothing has
 * been sent.
 */
static RsStatement *
send_translated(RsConnection *c, char type, const char *name, const char *sql, const char *rest, size_t rest_size)
{
	ErrorData  *error = NULL;
	const char *readable = NULL;
	RsTranslation *translation = translate(c, sql, &readable, &error);
	bool		hidden = readable != NULL && readable != sql;
	const char *text;

	rs_endpoint_count(RS_COUNT_STATEMENTS, 1);
	if (!error && !translation->changed)
		return NULL;
	rs_endpoint_count(error ? RS_COUNT_UNTRANSLATABLE : RS_COUNT_TRANSLATED, 1);
	text = error ? refused_text(c, error, readable ? readable : printable(sql)) : translation->text.data.data;
	send_text(c, type, name, hidden ? rs_characters_restore(text) : text, rest, rest_size);
	return error ? refused_statement(error, hidden) : changed_statement(translation, readable);
}

/* ---------------------------------------------------------------------
 * Messages
 * ---------------------------------------------------------------------
 */

/*
 * The text does not fit: the message goes on without it.
 */
static void
refuse_long(RsConnection *c, char type)
{
	static const char no_parameters[2] = {0, 0};
	ErrorData	error = {0};
	RsStatement *statement;

	error.sqlerrcode = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	error.message = "statement is longer than 16 MB";
	rs_endpoint_count(RS_COUNT_STATEMENTS, 1);
	rs_endpoint_count(RS_COUNT_UNTRANSLATABLE, 1);
	send_text(c, type, type == 'P' ? "" : NULL, refused_text(c, &error, NULL), no_parameters, type == 'P' ? 2 : 0);
	statement = refused_statement(&error, false);
	rs_pending_add(c, type, statement);
	rs_statement_drop(statement);
}

/*
 * Query and Parse.  What is not in their format is for the server to refuse.
 */
static bool
text_message(RsConnection *c, char type, const char *message, size_t size)
{
	const char *name = type == 'P' ? message + HEADER_SIZE : NULL;
	const char *end = message + size;
	const char *sql = message + HEADER_SIZE;
	const char *rest;
	RsStatement *statement;
	bool		changed;

	if (name)
	{
		sql = memchr(name, '\0', end - name);
		sql = sql ? sql + 1 : end;
	}
	rest = memchr(sql, '\0', end - sql);
	if (rest == NULL)
	{
		rs_pending_add(c, type, NULL);
		return true;
	}
	rest++;
	statement = send_translated(c, type, name, sql, rest, end - rest);
	changed = statement != NULL;
	rs_pending_add(c, type, statement);
	rs_name_set(c, 'S', name ? name : "", name ? statement : NULL);
	rs_statement_drop(statement);
	return !changed;
}

/*
 * The same, or a message whose text is not to be seen; in the scratch context.
 */
static bool
statement_message(RsConnection *c, char type, const char *message, size_t held, size_t size)
{
	MemoryContext caller;
	bool		pass = true;

	if (!c->translate)
	{
		rs_pending_add(c, type, NULL);
		rs_name_set(c, 'S', "", NULL);
		return true;
	}
	if (scratch == NULL)
		scratch = AllocSetContextCreate(TopMemoryContext, "endpoint scratch", ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(scratch);
	caller = MemoryContextSwitchTo(scratch);
	if (held == size)
		pass = text_message(c, type, message, size);
	else
	{
		refuse_long(c, type);
		pass = false;
	}
	MemoryContextSwitchTo(caller);
	/* It may have taken much. */
	if (size > RS_READ_SIZE)
		MemoryContextReset(scratch);
	return pass;
}

/* A name in a message's bytes; NULL if its end is not there. */
static const char *
name_in(const char *start, const char *end)
{
	return start < end && memchr(start, '\0', end - start) ? start : NULL;
}

/*
 * Messages that tell of prepared statements and portals by name.
 */
static void
named_message(RsConnection *c, char type, const char *message, size_t held)
{
	const char *end = message + held;
	const char *body = message + HEADER_SIZE;
	const char *name = name_in(type == 'C' || type == 'D' ? body + 1 : body, end);
	RsStatement *statement = NULL;

	if (c->names && name)
	{
		if (type == 'B')
		{
			const char *prepared = name_in(name + strlen(name) + 1, end);

			statement = prepared ? rs_name_get(c, 'S', prepared) : NULL;
			rs_name_set(c, 'P', name, statement);
		}
		else if (type == 'E')
			statement = rs_name_get(c, 'P', name);
		else if (type == 'D')
			statement = rs_name_get(c, body[0], name);
		else
			rs_name_set(c, body[0], name, NULL);
	}
	rs_pending_add(c, type, statement);
}

bool
rs_frontend_message(RsConnection *c, char *message, size_t held, size_t size)
{
	bool		pass = true;

	rs_endpoint_count(RS_COUNT_MESSAGES_IN, 1);
	if (c->phase != RS_PHASE_SESSION)
		return true;
	switch (message[0])
	{
		case 'Q':
		case 'P':
			pass = statement_message(c, message[0], message, held, size);
			rs_connection_unreserve(c);
			break;
		case 'B':
		case 'C':
		case 'D':
		case 'E':
			named_message(c, message[0], message, held);
			break;
		case 'S':
		case 'F':
		case 'c':
		case 'f':
			rs_pending_add(c, message[0], NULL);
			break;
	}
	return pass;
}
