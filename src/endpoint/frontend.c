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

#include "dialect/dialect.h"
#include "endpoint/connection.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#define HEADER_SIZE			5
/* Names of statements and portals are looked for in so many bytes of a message. */
#define NAMES_SIZE			512
/* Answers to authentication: as long as the server takes. */
#define MAX_AUTHENTICATION	(65535 + HEADER_SIZE)
/* A text that the grammar refuses at its first word. */
#define REFUSED				"redshift_refused: "

size_t
rs_frontend_hold(RsConnection *c, char type, size_t size)
{
	if (c->phase != RS_PHASE_SESSION)
	{
		if (type != 'p' || size > MAX_AUTHENTICATION)
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
			return NAMES_SIZE;
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
 * Translate into statement's context; an error is kept there.
 */
static void
translate(RsConnection *c, RsStatement *statement, const char *sql)
{
	MemoryContext caller = MemoryContextSwitchTo(statement->context);
	RsDialect	dialect = {0};

	dialect.case_sensitive_identifiers = c->case_sensitive;
	dialect.standard_conforming_strings = c->standard_strings;
	dialect.database = c->database;
	PG_TRY();
	{
		if (PG_VALID_BE_ENCODING(c->encoding))
			SetDatabaseEncoding(c->encoding);
		else if (is_ascii(sql))
			SetDatabaseEncoding(PG_SQL_ASCII);
		else
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("statements in client encoding \"%s\" must be plain ASCII",
							pg_encoding_to_char(c->encoding)),
					 errhint("SET client_encoding TO UTF8.")));
		statement->translation = rs_translate(&dialect, sql);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(statement->context);
		statement->error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
}

static RsStatement *
new_statement(void)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "endpoint statement", ALLOCSET_SMALL_SIZES);
	RsStatement *statement = MemoryContextAllocZero(context, sizeof(RsStatement));

	statement->context = context;
	statement->references = 1;
	return statement;
}

static RsStatement *
refused(int sqlstate, const char *message)
{
	RsStatement *statement = new_statement();
	MemoryContext caller = MemoryContextSwitchTo(statement->context);

	statement->error = palloc0(sizeof(ErrorData));
	statement->error->elevel = ERROR;
	statement->error->sqlerrcode = sqlstate;
	statement->error->message = pstrdup(message);
	MemoryContextSwitchTo(caller);
	return statement;
}

/*
 * What becomes of a text: NULL if it stays as it is.
 */
static RsStatement *
statement_of(RsConnection *c, const char *sql)
{
	RsStatement *statement = new_statement();

	rs_endpoint_count(RS_COUNT_STATEMENTS, 1);
	translate(c, statement, sql);
	if (statement->error == NULL && !statement->translation->changed)
	{
		rs_statement_drop(statement);
		return NULL;
	}
	rs_endpoint_count(statement->error ? RS_COUNT_UNTRANSLATABLE : RS_COUNT_TRANSLATED, 1);
	return statement;
}

/*
 * From here on the statement is kept for its errors, if there is memory for that; it
 * is then the user's text that it needs, too.
 */
static void
keep_for_errors(RsStatement *statement, const char *sql)
{
	size_t		size;

	if (statement->error)
		return;
	size = strlen(sql) + 1;
	statement->sql = MemoryContextStrdup(statement->context, sql);
	size = MemoryContextMemAllocated(statement->context, true);
	if (rs_memory_take(size))
		statement->size = size;
	else
	{
		/* An error's position is then left out, rather than wrong. */
		statement->sql = NULL;
		statement->translation = NULL;
	}
}

/*
 * The text that the server gets for a statement.
 */
static void
append_text(StringInfo out, RsStatement *statement)
{
	const char *p;

	if (statement->error == NULL)
	{
		appendBinaryStringInfo(out, statement->translation->text.data.data, statement->translation->text.data.len + 1);
		return;
	}
	appendStringInfoString(out, REFUSED);
	for (p = statement->error->message; *p != '\0'; p++)
		appendStringInfoChar(out, *p >= ' ' && *p < 0x7f ? *p : '?');
	appendStringInfoChar(out, '\0');
}

/*
 * Send a message of this type with what stands before and behind the text.
 */
static void
send_changed(RsConnection *c, char type, const char *name, RsStatement *statement, const char *rest, size_t rest_size)
{
	StringInfoData out;
	uint32		length;

	initStringInfo(&out);
	appendStringInfoChar(&out, type);
	appendStringInfoSpaces(&out, 4);
	if (name)
		appendBinaryStringInfo(&out, name, (int) strlen(name) + 1);
	append_text(&out, statement);
	appendBinaryStringInfo(&out, rest, (int) rest_size);
	length = pg_hton32((uint32) out.len - 1);
	memcpy(out.data + 1, &length, sizeof(length));
	rs_flow_add(c, &c->up, out.data, out.len);
	pfree(out.data);
}

/* ---------------------------------------------------------------------
 * Messages
 * ---------------------------------------------------------------------
 */

/*
 * The text does not fit: the message goes on without it.
 */
static bool
refuse_long(RsConnection *c, char type)
{
	static const char no_parameters[2] = {0, 0};
	RsStatement *statement = refused(ERRCODE_PROGRAM_LIMIT_EXCEEDED, "statement is longer than 16 MB");

	rs_endpoint_count(RS_COUNT_STATEMENTS, 1);
	rs_endpoint_count(RS_COUNT_UNTRANSLATABLE, 1);
	if (type == 'Q')
		send_changed(c, 'Q', NULL, statement, NULL, 0);
	else
		send_changed(c, 'P', "", statement, no_parameters, sizeof(no_parameters));
	rs_pending_add(c, type, statement);
	rs_statement_drop(statement);
	return false;
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
	statement = statement_of(c, sql);
	changed = statement != NULL;
	if (changed)
	{
		send_changed(c, type, name, statement, rest, end - rest);
		keep_for_errors(statement, sql);
	}
	rs_pending_add(c, type, statement);
	rs_name_set(c, 'S', name ? name : "", name ? statement : NULL);
	rs_statement_drop(statement);
	return !changed;
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
			if (held == size)
				pass = text_message(c, message[0], message, size);
			else if (c->translate)
				pass = refuse_long(c, message[0]);
			else
				rs_pending_add(c, message[0], NULL);
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
