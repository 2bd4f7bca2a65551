/*
 * messages.c
 *	  Messages of procedures that clients call, for the history; and what ANALYZE COMPRESSION said.
 *
 * PostgreSQL gives hooks only what goes to the server's log.  So while a CALL runs there is an
 * error context callback, the outermost one: it is called for each message that anybody gets to
 * see, after PL/pgSQL has said where it comes from.  Rows tell what RAISE said, and errors, those
 * too that the procedure catches.
 */
#include "postgres.h"

#include "access/xact.h"
#include "core/parameters.h"
#include "history/messages.h"
#include "history/ring.h"
#include "history/statement.h"
#include "load/secrets.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(rs_tell_compression);

/*
 * As Redshift numbers levels; 0: not one of its.
 */
static int
level_of(int elevel)
{
	switch (elevel)
	{
		case LOG:
			return RS_MESSAGE_LOG;
		case INFO:
			return RS_MESSAGE_INFO;
		case NOTICE:
			return RS_MESSAGE_NOTICE;
		case WARNING:
			return RS_MESSAGE_WARNING;
		case ERROR:
			return RS_MESSAGE_EXCEPTION;
		default:
			return 0;
	}
}

/*
 * The line of the procedure, which is the last number of the first line of the context that is
 * about PL/pgSQL, in any language of messages; 0: there is none.
 */
static int
line_of(const char *context)
{
	const char *place = context != NULL ? strstr(context, "PL/pgSQL") : NULL;
	const char *end;
	int64		line = 0;

	if (place == NULL)
		return 0;
	end = place + strcspn(place, "\n");
	while (end > place && (end[-1] < '0' || end[-1] > '9'))
		end--;
	while (end > place && end[-1] >= '0' && end[-1] <= '9')
		end--;
	while (*end >= '0' && *end <= '9' && line < PG_INT32_MAX / 10)
		line = line * 10 + *end++ - '0';
	return (int) line;
}

static void
put_message(const RsCallMessages *call, ErrorData *message, int line)
{
	rs_history_begin(RS_HISTORY_MESSAGE, call->user, MyDatabaseId);
	rs_history_int((int32) GetUserId());
	rs_history_int((int32) call->user);
	rs_history_int(MyProcPid);
	rs_history_int(call->transaction);
	rs_history_int(call->query);
	rs_history_time(GetCurrentTimestamp());
	rs_history_int(level_of(message->elevel));
	if (message->message != NULL)
		(void) rs_secrets_mask(message->message);
	rs_history_text(message->message);
	rs_history_int(line);
	rs_history_int(rs_history_transaction());
	rs_history_end();
}

static void
tell_message(void *arg)
{
	MemoryContext context;
	MemoryContext caller;
	ErrorData  *message;
	int			line;

	if (in_error_recursion_trouble())
		return;
	context = AllocSetContextCreate(TopMemoryContext, "redshift message", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	message = CopyErrorData();
	line = line_of(message->context);
	if (line > 0 && level_of(message->elevel) >= rs_stored_proc_log_min_messages &&
		(message->elevel == ERROR || (message->funcname != NULL && strcmp(message->funcname, "exec_stmt_raise") == 0)))
		put_message(arg, message, line);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

void
rs_call_messages_begin(RsCallMessages *call, Oid user, int32 query, int32 transaction)
{
	call->user = user;
	call->query = query;
	call->transaction = transaction;
	call->callback.callback = tell_message;
	call->callback.arg = call;
	call->callback.previous = error_context_stack;
	error_context_stack = &call->callback;
}

void
rs_call_messages_end(RsCallMessages *call)
{
	error_context_stack = call->callback.previous;
}

/*
 * ANALYZE COMPRESSION advises an encoding for a column: the table, the column, the encoding that
 * it has, the advised one.
 */
Datum
rs_tell_compression(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	char	   *column = NameStr(*PG_GETARG_NAME(1));
	Oid			user = GetUserId();
	Oid			namespace = get_rel_namespace(relid);

	if (!rs_history_recording() || !OidIsValid(namespace))
		PG_RETURN_VOID();
	rs_history_begin(RS_HISTORY_COMPRESSION, user, MyDatabaseId);
	rs_history_int((int32) user);
	rs_history_time(GetCurrentStatementStartTimestamp());
	rs_history_int(rs_history_transaction());
	rs_history_int((int32) relid);
	rs_history_text(get_namespace_name(namespace));
	rs_history_text(get_rel_name(relid));
	rs_history_int(get_attnum(relid, column) - 1);
	rs_history_text(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	rs_history_text(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	rs_history_end();
	PG_RETURN_VOID();
}
