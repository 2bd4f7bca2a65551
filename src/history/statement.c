/*
 * statement.c
 *	  Statements of clients, from their start to a row of the history.
 *
 * A statement is what a client sent, or a procedure that it called runs; those that functions run
 * are not told of.  Queries are followed from ExecutorStart to ExecutorEnd, which may be many messages later, others by
 * ProcessUtility; one of those that run a query (CREATE TABLE AS, EXECUTE, ...) takes its plan
 * along, and that of DECLARE lasts as long as its cursor.
 *
 * What fails ends in emit_log_hook, which knows why, or at the latest with its (sub)transaction.
 * What could not even be analysed has a row, too.
 *
 * Statements have numbers, rising in the whole server, and carry that of the first statement
 * of their transaction as its number: PostgreSQL gives numbers to transactions that write, only.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "core/journal.h"
#include "core/parameters.h"
#include "core/schema.h"
#include "core/settings.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "history/maintenance.h"
#include "history/messages.h"
#include "history/plan.h"
#include "history/ring.h"
#include "history/running.h"
#include "history/session.h"
#include "history/statement.h"
#include "history/statement_kind.h"
#include "history/user_text.h"
#include "load/secrets.h"
#include "miscadmin.h"
#include "mpp/plan/tree_describe.h"
#include "mpp/session/acting.h"
#include "optimizer/planner.h"
#include "redshift_ext.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* Of a call, the first so many statements are told, and then those that took so long. */
#define MOST_OF_CALL		1000
#define LONG_OF_CALL_MS		10

typedef struct Statement
{
	struct Statement *next;
	MemoryContext context;		/* of this, its text and plan */
	QueryDesc  *desc;			/* its query, while that is open */
	Oid			user;
	int32		number;
	int32		transaction;
	SubTransactionId subid;
	RsStatementKind kind;
	bool		is_utility;		/* in ProcessUtility, or left by it */
	bool		has_left;		/* ProcessUtility */
	bool		number_taken;	/* by a load */
	int			level;			/* at which it runs */
	int32		caller;			/* the call that runs it; 0: the client */
	Oid			session_user;	/* who made the outermost call, or the statement */
	bool		is_one_of_many; /* that its call runs */
	TimestampTz start;
	int64		planning;		/* us */
	int64		rows;
	int			width;			/* bytes of a row, by the planner's estimate */
	char	   *text;
	char	   *plan;			/* NULL: none is kept */
	RsMaintenance *maintenance; /* of VACUUM and ANALYZE */
} Statement;

/* A procedure that runs. */
typedef struct Call
{
	struct Call *outer;			/* the one that calls it */
	Statement  *statement;
	ErrorContextCallback *errors;	/* above these are its own */
	int			level;			/* of its statements */
} Call;

static Call *call = NULL;		/* the innermost */
static int	told_of_call = 0;	/* statements of the outermost */

static Statement *statements = NULL;	/* open ones, the newest first */
static Statement *running = NULL;	/* the one that runs; errors are its */
static int	level = 0;			/* hooks below a client's statement */
static bool present = true;		/* was the extension, when it was last looked? */
static bool present_known = false;	/* since then catalogs have not changed */
static LocalTransactionId transaction = InvalidLocalTransactionId;
static int32 transaction_number = 0;
static Oid	transaction_user = InvalidOid;	/* of its first statement; InvalidOid: it has none */
static int32 last_query = -1;
static int64 last_planning = 0;

static planner_hook_type next_planner = NULL;
static ExecutorStart_hook_type next_start = NULL;
static ExecutorRun_hook_type next_run = NULL;
static ExecutorFinish_hook_type next_finish = NULL;
static ExecutorEnd_hook_type next_end = NULL;
static ProcessUtility_hook_type next_utility = NULL;
static emit_log_hook_type next_emit_log = NULL;

PG_FUNCTION_INFO_V1(rs_pg_last_query_id);

/* ---------------------------------------------------------------------
 * Whether
 * ---------------------------------------------------------------------
 */

static void
forget_presence(Datum arg, int cache, uint32 hash)
{
	present_known = false;
}

bool
rs_history_recording(void)
{
	if (!rs_history || MyBackendType != B_BACKEND || IsBinaryUpgrade || IsParallelWorker() || !rs_history_ring_exists() ||
		!OidIsValid(MyDatabaseId) || RecoveryInProgress() || rs_acting_for_leader())
		return false;
	if (!present_known && IsTransactionState())
	{
		Oid			namespace;

		/* First, since what is read may change meanwhile. */
		present_known = true;
		namespace = rs_extension_schema();
		present = OidIsValid(namespace) &&
			OidIsValid(get_relname_relid(rs_history_tables[RS_HISTORY_QUERY], namespace));
	}
	return present;
}

bool
rs_history_of_client(void)
{
	return level == 0;
}

int32
rs_history_transaction(void)
{
	if (transaction != MyProc->lxid || transaction_number == 0)
	{
		transaction = MyProc->lxid;
		transaction_number = rs_history_next_number();
	}
	return transaction_number;
}

int32
rs_history_current(void)
{
	return running != NULL ? running->number : 0;
}

/* ---------------------------------------------------------------------
 * Calls
 * ---------------------------------------------------------------------
 */

/*
 * Is it a statement of the procedure itself?  What it evaluates without a query, and so without
 * a hook, may call functions whose statements are at the same level, but below callbacks of their
 * own: a statement of the procedure has one of SPI and one of its language.
 */
static bool
is_of_call(void)
{
	const ErrorContextCallback *callback = error_context_stack;
	int			depth = 0;

	if (call == NULL || level != call->level)
		return false;
	while (depth <= 2 && callback != NULL && callback != call->errors)
	{
		depth++;
		callback = callback->previous;
	}
	return depth <= 2;
}

/*
 * Is the client's, or a procedure's, what runs next?
 */
static bool
is_told(void)
{
	return level == 0 || is_of_call();
}

static void
begin_call(Call *new, Statement *statement)
{
	if (call == NULL)
		told_of_call = 0;
	new->outer = call;
	new->statement = statement;
	new->errors = error_context_stack;
	new->level = level + 1;
	call = new;
}

/* What runs when a statement does no more. */
static Statement *
calling_statement(void)
{
	return call != NULL ? call->statement : NULL;
}

/* ---------------------------------------------------------------------
 * Statements
 * ---------------------------------------------------------------------
 */

static Statement *
begin_statement(RsStatementKind kind, const char *source, int location, int length)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "redshift history", ALLOCSET_SMALL_SIZES);
	Statement  *statement = MemoryContextAllocZero(context, sizeof(Statement));
	MemoryContext before = MemoryContextSwitchTo(context);
	const char *text = "";

	if (source != NULL && (location >= 0 || call != NULL))
		text = rs_user_statement(source, location, &length);
	else if (source != NULL)
		text = rs_user_text(source, &length);
	MemoryContextSwitchTo(before);
	statement->context = context;
	statement->user = GetUserId();
	statement->number = rs_history_next_number();
	if (transaction != MyProc->lxid)
	{
		transaction = MyProc->lxid;
		transaction_number = statement->number;
	}
	statement->transaction = transaction_number;
	transaction_user = statement->user;
	statement->subid = GetCurrentSubTransactionId();
	statement->kind = kind;
	statement->start = GetCurrentTimestamp();
	statement->planning = last_planning;
	last_planning = 0;
	statement->text = rs_statement_text(context, text, length, kind);
	statement->level = level;
	statement->session_user = statement->user;
	if (call != NULL)
	{
		statement->caller = call->statement->number;
		statement->session_user = call->statement->session_user;
		statement->is_one_of_many = ++told_of_call > MOST_OF_CALL;
	}
	statement->next = statements;
	statements = statement;
	running = statement;
	/* A session is seen with what its client sent. */
	if (call == NULL)
		rs_running_begin(statement->number, statement->transaction, statement->start, kind, statement->text);
	return statement;
}

static void
append_row(const Statement *statement, TimestampTz now, const ErrorData *error)
{
	char		state[6];

	rs_history_begin(RS_HISTORY_QUERY, statement->user, MyDatabaseId);
	rs_history_int(statement->number);
	rs_history_int((int32) statement->user);
	rs_history_int(statement->transaction);
	rs_history_int(MyProcPid);
	rs_history_text(rs_statement_family(statement->kind));
	rs_history_text(rs_statement_type(statement->kind));
	rs_history_text(rs_query_group);
	rs_history_time(statement->start);
	rs_history_time(now);
	rs_history_int(error != NULL);
	if (error != NULL && error->message != NULL)
	{
		char	   *message = pstrdup(error->message);

		memcpy(state, unpack_sql_state(error->sqlerrcode), sizeof(state));
		(void) rs_secrets_mask(message);
		rs_history_text(state);
		rs_history_text(message);
		pfree(message);
	}
	else
	{
		rs_history_null();
		rs_history_null();
	}
	rs_history_int(statement->rows);
	rs_history_int(statement->rows * statement->width);
	rs_history_int(statement->planning);
	rs_history_text(statement->text);
	rs_history_text(statement->plan);
	if (statement->caller != 0)
		rs_history_int(statement->caller);
	else
		rs_history_null();
	rs_history_int((int32) statement->session_user);
	rs_history_end();
}

/*
 * The statement has ended; with an error: it failed.  Forget it.
 */
static void
end_statement(Statement *statement, const ErrorData *error)
{
	TimestampTz now = GetCurrentTimestamp();
	Statement **link = &statements;

	if (!statement->is_one_of_many || error != NULL || now - statement->start >= LONG_OF_CALL_MS * 1000)
		append_row(statement, now, error);
	if (error == NULL && rs_statement_is_query(statement->kind))
		last_query = statement->number;
	while (*link != statement)
		link = &(*link)->next;
	*link = statement->next;
	if (running == statement)
		running = calling_statement();
	rs_running_end(statement->number, now);
	MemoryContextDelete(statement->context);
}

static Statement *
find_statement(const QueryDesc *desc)
{
	Statement  *statement = statements;

	while (statement != NULL && statement->desc != desc)
		statement = statement->next;
	return statement;
}

/*
 * A statement of a procedure, which may catch the error, has failed.
 */
static void
fail_in_call(Statement *statement)
{
	MemoryContext before;

	if (statement == NULL || statement->caller == 0)
		return;
	before = MemoryContextSwitchTo(statement->context);
	end_statement(statement, CopyErrorData());
	MemoryContextSwitchTo(before);
}

/*
 * With a transaction or subtransaction goes what it was doing.
 */
static void
abort_statements(SubTransactionId subid)
{
	static const ErrorData unknown = {0};
	Statement  *statement;
	Statement  *next;

	for (statement = statements; statement != NULL; statement = next)
	{
		next = statement->next;
		if ((subid == InvalidSubTransactionId || statement->subid == subid) &&
			(statement->desc != NULL || statement->has_left))
			end_statement(statement, &unknown);
	}
}

static void
end_of_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		abort_statements(InvalidSubTransactionId);
	if (transaction_user != InvalidOid)
		rs_history_transaction_event(event, transaction_number, transaction_user);
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE)
		transaction_user = InvalidOid;
}

static void
end_of_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	Statement  *statement;

	if (event == SUBXACT_EVENT_ABORT_SUB)
		abort_statements(id);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		for (statement = statements; statement != NULL; statement = statement->next)
			if (statement->subid == id)
				statement->subid = parent;
}

/* ---------------------------------------------------------------------
 * Hooks
 * ---------------------------------------------------------------------
 */

/*
 * Is what is planned or started now the query of a CREATE TABLE AS, DECLARE or EXECUTE?
 */
static bool
runs_query_of_utility(void)
{
	return running != NULL && level == running->level + 1 && running->is_utility && running->desc == NULL &&
		rs_statement_runs_query(running->kind);
}

static PlannedStmt *
plan(Query *query, const char *source, int options, ParamListInfo params)
{
	instr_time	start;
	instr_time	end;
	bool		described = rs_trees_are_described;
	uint64		described_for = rs_trees_time;
	bool		told = is_told();
	PlannedStmt *planned;

	INSTR_TIME_SET_CURRENT(start);
	/* So that the plan can be described when it has run. */
	if ((told || runs_query_of_utility()) && rs_history && rs_plan_is_affordable())
		rs_trees_are_described = true;
	level++;
	PG_TRY();
	{
		planned = next_planner ? next_planner(query, source, options, params) :
			standard_planner(query, source, options, params);
	}
	PG_FINALLY();
	{
		level--;
		rs_trees_are_described = described;
	}
	PG_END_TRY();
	if (!described)
		rs_plan_spend_time(rs_trees_time - described_for);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	if (told)
		last_planning = INSTR_TIME_GET_MICROSEC(end);
	return planned;
}

/*
 * A query that a client or a procedure sends begins.  NULL: it is not told.
 */
static Statement *
begin_query(QueryDesc *desc)
{
	RsStatementKind kind;

	if (!is_told() || !rs_history_recording())
		return NULL;
	kind = rs_statement_kind(desc->plannedstmt);
	/* Procedures evaluate much that way. */
	if (kind == RS_STATEMENT_LEADER && call != NULL)
		return NULL;
	return begin_statement(kind, desc->sourceText, desc->plannedstmt->stmt_location, desc->plannedstmt->stmt_len);
}

static void
start_query(QueryDesc *desc, int flags)
{
	Statement  *volatile statement = NULL;

	if (!(flags & EXEC_FLAG_EXPLAIN_ONLY))
	{
		if (runs_query_of_utility())
		{
			statement = running;
			rs_statement_specify(&running->kind, desc->plannedstmt);
		}
		else
			statement = begin_query(desc);
	}
	if (statement != NULL)
	{
		statement->desc = desc;
		statement->width = desc->plannedstmt->planTree->plan_width;
		if (rs_statement_is_query(statement->kind) && !statement->is_one_of_many)
			rs_plan_count_rows(desc);
	}
	PG_TRY();
	{
		if (next_start)
			next_start(desc, flags);
		else
			standard_ExecutorStart(desc, flags);
	}
	PG_CATCH();
	{
		if (statement != NULL && !statement->is_utility)
			fail_in_call(statement);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (level == 0 || (statement != NULL && statement->level == level))
		running = calling_statement();
}

/*
 * Run or finish a query.
 */
static Statement *
enter_query(QueryDesc *desc)
{
	Statement  *statement = statements != NULL ? find_statement(desc) : NULL;

	if (level == 0 || (statement != NULL && statement->level == level))
		running = statement;
	level++;
	return statement;
}

static void
fail_query(Statement *statement)
{
	level--;
	if (statement != NULL && !statement->is_utility)
		fail_in_call(statement);
}

static void
leave_query(Statement *statement)
{
	level--;
	if (level == 0 || (statement != NULL && statement->level == level))
		running = calling_statement();
}

static void
run_query(QueryDesc *desc, ScanDirection direction, uint64 count, bool once)
{
	Statement  *volatile statement = enter_query(desc);

	PG_TRY();
	{
		if (next_run)
			next_run(desc, direction, count, once);
		else
			standard_ExecutorRun(desc, direction, count, once);
	}
	PG_CATCH();
	{
		fail_query(statement);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (statement != NULL)
		statement->rows += desc->estate->es_processed;
	leave_query(statement);
}

static void
finish_query(QueryDesc *desc)
{
	Statement  *volatile statement = enter_query(desc);

	PG_TRY();
	{
		if (next_finish)
			next_finish(desc);
		else
			standard_ExecutorFinish(desc);
	}
	PG_CATCH();
	{
		fail_query(statement);
		PG_RE_THROW();
	}
	PG_END_TRY();
	leave_query(statement);
}

static void
end_query(QueryDesc *desc)
{
	Statement  *statement = statements != NULL ? find_statement(desc) : NULL;

	if (statement != NULL && rs_statement_is_query(statement->kind))
	{
		rs_plan_grant_time(GetCurrentTimestamp() - statement->start);
		if (!statement->is_one_of_many)
			statement->plan = rs_plan_describe(desc, statement->start, statement->context);
	}
	if (next_end)
		next_end(desc);
	else
		standard_ExecutorEnd(desc);
	if (statement == NULL)
		return;
	statement->desc = NULL;
	if (!statement->is_utility || statement->has_left)
		end_statement(statement, NULL);
}

/*
 * A utility statement is through.  The cursor of DECLARE is open.
 */
static void
leave_utility(Statement *statement, const QueryCompletion *qc)
{
	if (qc != NULL && qc->nprocessed > 0)
		statement->rows = qc->nprocessed;
	statement->has_left = true;
	if (statement->desc == NULL)
		end_statement(statement, NULL);
	running = calling_statement();
}

static void
process_utility(PlannedStmt *pstmt, const char *source, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	Statement  *volatile statement = NULL;
	RsUserChange *change;
	RsCallMessages messages = {0};
	Call		new_call;
	Call	   *volatile outer_call = call;

	if (is_told() && rs_history_recording())
	{
		statement = begin_statement(rs_statement_kind(pstmt), source, pstmt->stmt_location, pstmt->stmt_len);
		statement->is_utility = true;
		if (IsA(pstmt->utilityStmt, CallStmt))
		{
			if (call == NULL)
				rs_call_messages_begin(&messages, statement->user, statement->number, statement->transaction);
			begin_call(&new_call, statement);
		}
	}
	change = rs_history_user_before(pstmt->utilityStmt);
	level++;
	PG_TRY();
	{
		if (statement != NULL && IsA(pstmt->utilityStmt, VacuumStmt))
			statement->maintenance = rs_maintenance_before((VacuumStmt *) pstmt->utilityStmt, statement->context);
		if (next_utility)
			next_utility(pstmt, source, read_only_tree, context, params, env, dest, qc);
		else
			standard_ProcessUtility(pstmt, source, read_only_tree, context, params, env, dest, qc);
		if (statement != NULL && statement->maintenance != NULL)
			rs_maintenance_after(statement->maintenance, statement->number, statement->transaction, statement->start);
	}
	PG_CATCH();
	{
		level--;
		call = outer_call;
		if (level == 0)
			running = statement;
		if (statement != NULL)
			statement->has_left = true;
		fail_in_call(statement);
		PG_RE_THROW();
	}
	PG_END_TRY();
	level--;
	call = outer_call;
	if (messages.callback.callback != NULL)
		rs_call_messages_end(&messages);
	if (change != NULL)
		rs_history_user_after(change);
	if (statement != NULL)
		leave_utility(statement, qc);
}

/*
 * What runs ends with an error, and so do the calls of procedures that run it.
 */
static void
end_running(const ErrorData *error)
{
	Statement  *ended = running;
	const Call *calls = call;

	call = NULL;
	end_statement(ended, error);
	for (; calls != NULL; calls = calls->outer)
		if (calls->statement != ended)
			end_statement(calls->statement, error);
}

/*
 * An error that is reported ends what runs; if nothing does, it is one of analysis.  Below
 * that, only one that ends the process is reported at once.
 */
static void
emit_log(ErrorData *edata)
{
	if (((edata->elevel == ERROR && level == 0) || edata->elevel == FATAL) && MyBackendType == B_BACKEND && present)
	{
		MemoryContext caller = MemoryContextSwitchTo(ErrorContext);

		if (running != NULL)
			end_running(edata);
		else if (edata->elevel == ERROR && debug_query_string != NULL && rs_history && rs_history_ring_exists() &&
				 !IsBinaryUpgrade && OidIsValid(MyDatabaseId) && !RecoveryInProgress() && !rs_acting_for_leader())
			end_statement(begin_statement(RS_STATEMENT_OTHER, debug_query_string, -1, 0), edata);
		MemoryContextSwitchTo(caller);
	}
	if (next_emit_log != NULL)
		next_emit_log(edata);
}

/* ---------------------------------------------------------------------
 * For others
 * ---------------------------------------------------------------------
 */

/*
 * The number of a COPY or UNLOAD: that of its statement.  Others of the same statement, which
 * a function runs, get their own.
 */
static int32
number_of_load(bool unload)
{
	if (running == NULL || running->number_taken)
		return rs_history_next_number();
	running->number_taken = true;
	if (unload && rs_statement_is_select(running->kind))
		running->kind = RS_STATEMENT_UNLOAD;
	return running->number;
}

/*
 * The session's last query that read or wrote tables, and did not fail; -1: none.
 */
Datum
rs_pg_last_query_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(last_query);
}

void
rs_history_statement_init(void)
{
	next_planner = planner_hook;
	planner_hook = plan;
	next_start = ExecutorStart_hook;
	ExecutorStart_hook = start_query;
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = run_query;
	next_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_query;
	next_end = ExecutorEnd_hook;
	ExecutorEnd_hook = end_query;
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	next_emit_log = emit_log_hook;
	emit_log_hook = emit_log;
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_presence, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, forget_presence, (Datum) 0);
	CacheRegisterSyscacheCallback(RELOID, forget_presence, (Datum) 0);
	RegisterXactCallback(end_of_transaction, NULL);
	RegisterSubXactCallback(end_of_subtransaction, NULL);
	rs_journal_number = number_of_load;
}
