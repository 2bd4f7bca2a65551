/*
 * backend.c
 *	  Messages of the server: positions in errors are made the user's, all else passes.
 *
 * What translations depend on is read from ParameterStatus, so it is what the server says,
 * also after ROLLBACK.  A statement that is sent before the answer to the SET in front of it
 * is translated under the setting before.
 */
#include "postgres.h"

#include "endpoint/connection.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#define HEADER_SIZE			5

size_t
rs_backend_hold(RsConnection *c, char type, size_t size)
{
	switch (type)
	{
		case 'E':
		case 'N':
		case 'S':
			return size <= RS_MAX_INSPECTED ? size : HEADER_SIZE;
		case 'T':
			return c->uppercase_names && size <= RS_MAX_INSPECTED ? size : HEADER_SIZE;
		case 'R':
			return HEADER_SIZE + 4;
		default:
			return HEADER_SIZE;
	}
}

/* ---------------------------------------------------------------------
 * Settings
 * ---------------------------------------------------------------------
 */

/*
 * Statements are translated from now on, or no more.  What has been passed on as it came must not
 * look translated to a server that is ahead of us.
 */
static void
set_translate(RsConnection *c, bool translate)
{
	c->translate = translate;
	if (translate == (c->mark != 0))
		return;
	c->mark = 0;
	/* Without one, the server shows translations. */
	if (translate && !pg_strong_random(&c->mark, sizeof(c->mark)))
		c->mark = 0;
	rs_endpoint_set_mark(c->slot, c->mark);
}

static void
parameter_status(RsConnection *c, const char *message, size_t size)
{
	const char *end = message + size;
	const char *name = message + HEADER_SIZE;
	const char *value = memchr(name, '\0', end - name);
	bool		on;

	if (value == NULL || ++value == end || memchr(value, '\0', end - value) == NULL)
		return;
	on = strcmp(value, "on") == 0;
	if (strcmp(name, "client_encoding") == 0)
		c->encoding = pg_char_to_encoding(value);
	else if (strcmp(name, "standard_conforming_strings") == 0)
		c->standard_strings = on;
	else if (strcmp(name, "enable_case_sensitive_identifier") == 0)
		c->case_sensitive = on;
	else if (strcmp(name, "describe_field_name_in_uppercase") == 0)
		c->uppercase_names = on;
	else if (strcmp(name, "redshift.dialect") == 0)
		set_translate(c, strcmp(value, "redshift") == 0);
}

/*
 * RowDescription under describe_field_name_in_uppercase, changed where it is.  The later bytes of
 * a character may look like letters in encodings that only clients have.
 */
static void
uppercase_names(RsConnection *c, char *message, size_t size)
{
	char	   *end = message + size;
	char	   *name = message + HEADER_SIZE + 2;

	while (name < end)
	{
		char	   *p;

		for (p = name; p < end && *p != '\0'; p += pg_encoding_mblen_bounded(c->encoding, p))
			if (*p >= 'a' && *p <= 'z')
				*p -= 'a' - 'A';
		/* Table, column, type, size, modifier and format follow the name. */
		if (end - p <= 1 + 18)
			break;
		name = p + 1 + 18;
	}
}

/* ---------------------------------------------------------------------
 * Errors
 * ---------------------------------------------------------------------
 */

static void
append_field(StringInfo out, char field, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfoChar(out, field);
	appendBinaryStringInfo(out, value, (int) strlen(value) + 1);
}

static void
append_position(StringInfo out, int position)
{
	char		text[16];

	if (position <= 0)
		return;
	snprintf(text, sizeof(text), "%d", position);
	append_field(out, 'P', text);
}

/*
 * The value of a field; NULL if the message is not in its format or has none.
 */
static const char *
field_of(const char *message, size_t size, char field)
{
	const char *end = message + size;
	const char *p = message + HEADER_SIZE;

	while (p < end && *p != '\0')
	{
		const char *next = memchr(p + 1, '\0', end - (p + 1));

		if (next == NULL)
			return NULL;
		if (*p == field)
			return p + 1;
		p = next + 1;
	}
	return NULL;
}

static void
send_fields(RsConnection *c, char type, StringInfo fields)
{
	char		header[HEADER_SIZE];
	uint32		length;

	appendStringInfoChar(fields, '\0');
	header[0] = type;
	length = pg_hton32((uint32) fields->len + 4);
	memcpy(header + 1, &length, sizeof(length));
	rs_flow_add(c, &c->down, header, sizeof(header));
	rs_flow_add(c, &c->down, fields->data, fields->len);
	pfree(fields->data);
}

/*
 * The translator's error in place of the grammar's.
 */
static void
send_error(RsConnection *c, const ErrorData *error)
{
	StringInfoData out;

	initStringInfo(&out);
	append_field(&out, 'S', "ERROR");
	append_field(&out, 'V', "ERROR");
	append_field(&out, 'C', unpack_sql_state(error->sqlerrcode));
	append_field(&out, 'M', error->message);
	append_field(&out, 'D', error->detail);
	append_field(&out, 'H', error->hint);
	append_position(&out, error->cursorpos);
	send_fields(c, 'E', &out);
}

/*
 * The server's error or notice, its position in the text that the user wrote.
 */
static void
send_mapped(RsConnection *c, const char *message, size_t size, RsStatement *statement)
{
	const char *p = message + HEADER_SIZE;
	StringInfoData out;

	initStringInfo(&out);
	while (*p != '\0')
	{
		if (*p != 'P')
			append_field(&out, *p, p + 1);
		else if (statement->translation)
		{
			/* Of others the characters are hidden in those of UTF-8. */
			SetDatabaseEncoding(PG_VALID_BE_ENCODING(c->encoding) ? c->encoding : PG_UTF8);
			append_position(&out, rs_user_position(statement->translation, statement->sql, atoi(p + 1)));
		}
		p += 1 + strlen(p + 1) + 1;
	}
	send_fields(c, message[0], &out);
}

/*
 * True if it passes as it came.
 */
static bool
error_message(RsConnection *c, const char *message, size_t size)
{
	RsStatement *statement = rs_pending_statement(c);
	const char *sqlstate = field_of(message, size, 'C');

	if (statement == NULL || sqlstate == NULL || message[size - 1] != '\0' || message[size - 2] != '\0')
		return true;
	if (statement->error)
	{
		if (message[0] != 'E' || strcmp(sqlstate, unpack_sql_state(ERRCODE_SYNTAX_ERROR)) != 0)
			return true;
		send_error(c, statement->error);
		return false;
	}
	if (field_of(message, size, 'P') == NULL)
		return true;
	send_mapped(c, message, size, statement);
	return false;
}

bool
rs_backend_message(RsConnection *c, char *message, size_t held, size_t size)
{
	bool		pass = true;

	switch (message[0])
	{
		case 'R':
			if (c->phase == RS_PHASE_AUTHENTICATE && held == HEADER_SIZE + 4 &&
				rs_wire_int(message + HEADER_SIZE) == AUTH_REQ_OK)
				rs_connection_let_in(c);
			break;
		case 'S':
			if (held == size)
				parameter_status(c, message, size);
			break;
		case 'E':
		case 'N':
			if (held == size)
				pass = error_message(c, message, size);
			if (message[0] == 'E')
				rs_pending_answer(c, 'E');
			break;
		case 'T':
			if (c->uppercase_names && held == size)
				uppercase_names(c, message, size);
			rs_pending_answer(c, 'T');
			break;
		case 'D':
		case 'd':
			break;
		default:
			rs_pending_answer(c, message[0]);
			break;
	}
	return pass;
}
