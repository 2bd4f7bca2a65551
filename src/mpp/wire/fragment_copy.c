/*
 * fragment_copy.c
 *	  COPY with FORMAT redshift_batch: how a compute node runs fragments.
 *
 * A fragment is a query that the leader sends as COPY (query) TO STDOUT (FORMAT
 * redshift_batch, STATEMENT n).  It is planned and executed once, with the snapshot
 * that the leader's statement n has on this node, and its rows leave as messages of
 * wire.h, the last of which tells how many rows were sent or changed.  The query may be
 * INSERT, UPDATE, DELETE or MERGE, with RETURNING or without.  Where the top of the
 * plan is the vector engine's, batches are encoded as they are.
 *
 * A leader that needs no more rows cancels the fragment.  A cancelled query would abort
 * the transaction, so one that only reads runs in a subtransaction, and ends then like
 * any other, but without the last message: whoever did not cancel it knows by that.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/defrem.h"
#include "compat/protocol.h"
#include "core/fault.h"
#include "executor/executor.h"
#include "jit/jit.h"
#include "miscadmin.h"
#include "mpp/exchange/exchange_send.h"
#include "mpp/exchange/staged_rows.h"
#include "mpp/execute/sequence_numbers.h"
#include "mpp/session/statement.h"
#include "mpp/wire/fragment_copy.h"
#include "mpp/wire/fragment_counts.h"
#include "mpp/wire/fragment_report.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_format.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "portability/instr_time.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "vector/batch_sink.h"

#define FORMAT_NAME		"redshift_batch"

/* Of a fragment's workers, in terms of parallel_setup_cost. */
#define SETUP_FACTOR	8

void		(*rs_fragment_unload) (PlannedStmt *plan, const char *what) = NULL;

static ProcessUtility_hook_type next_process_utility = NULL;

/* Where the rows of a fragment go. */
typedef struct Receiver
{
	DestReceiver pub;
	MemoryContext context;
	RsWireEncoder *encoder;		/* for the client */
	RsExchangeSender *sender;	/* for an exchange; NULL: all to the client */
	const RsReportRequest *report;	/* NULL: none */
	int			ncolumns;
	const RsVector **columns;	/* of a batch, without junk */
	int		   *attnos;
} Receiver;

/* ---------------------------------------------------------------------
 * Options
 * ---------------------------------------------------------------------
 */

static DefElem *
find_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
		if (strcmp(lfirst_node(DefElem, lc)->defname, name) == 0)
			return lfirst(lc);
	return NULL;
}

static bool
is_ours(Node *stmt)
{
	DefElem    *format;

	if (!IsA(stmt, CopyStmt))
		return false;
	format = find_option(((CopyStmt *) stmt)->options, "format");
	return format != NULL && format->arg != NULL && strcmp(defGetString(format), FORMAT_NAME) == 0;
}

/*
 * The parts of a list with commas.
 */
static List *
split_list(char *text)
{
	List	   *parts = NIL;
	char	   *rest = pstrdup(text);
	char	   *part;

	while ((part = strsep(&rest, ",")) != NULL)
		parts = lappend(parts, part);
	return parts;
}

/*
 * Bytes as hexadecimal digits.
 */
static StringInfo
read_bytes(const char *digits)
{
	StringInfo	bytes = makeStringInfo();
	size_t		length = strlen(digits);

	enlargeStringInfo(bytes, length / 2);
	bytes->len = hex_decode(digits, length, bytes->data);
	return bytes;
}

static void
read_options(ParseState *pstate, const CopyStmt *stmt, RsFragmentOptions *options)
{
	List	   *distribute = NIL;
	List	   *filters = NIL;
	bool		broadcast = false;
	ListCell   *lc;

	memset(options, 0, sizeof(RsFragmentOptions));
	foreach(lc, stmt->options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "format") == 0)
			continue;
		if (strcmp(def->defname, "statement") == 0 && !stmt->is_from)
		{
			options->has_statement = true;
			options->statement = (uint32) defGetInt64(def);
		}
		else if (strcmp(def->defname, "exchange") == 0)
			options->exchange = defGetString(def);
		else if (strcmp(def->defname, "targets") == 0 && !stmt->is_from)
			options->targets = split_list(defGetString(def));
		else if (strcmp(def->defname, "distribute") == 0 && !stmt->is_from)
			distribute = split_list(defGetString(def));
		else if (strcmp(def->defname, "broadcast") == 0 && !stmt->is_from)
			broadcast = defGetBoolean(def);
		else if (strcmp(def->defname, "keep") == 0 && !stmt->is_from)
			options->keep = defGetBoolean(def);
		else if (strcmp(def->defname, "filters") == 0 && !stmt->is_from)
			filters = split_list(defGetString(def));
		else if (strcmp(def->defname, "only_filters") == 0 && !stmt->is_from)
			options->only_filters = defGetBoolean(def);
		else if (strcmp(def->defname, "unload") == 0 && !stmt->is_from && rs_fragment_unload != NULL)
			options->unload = defGetString(def);
		else if (strcmp(def->defname, "numbers") == 0 && !stmt->is_from)
			options->numbers = defGetBoolean(def);
		else if (strcmp(def->defname, "stage") == 0 && stmt->is_from)
			options->stage = defGetString(def);
		else if (strcmp(def->defname, "types") == 0 && stmt->is_from)
			options->types = defGetString(def);
		else if (strcmp(def->defname, "rows") == 0 && stmt->is_from)
			options->rows = read_bytes(defGetString(def));
		else if (strcmp(def->defname, "report") == 0 && !stmt->is_from)
			options->report = rs_report_request_parse(defGetString(def));
		else if (strcmp(def->defname, "lines") == 0 && stmt->is_from)
			options->lines = lappend(options->lines, makeDefElem("format", def->arg, def->location));
		else if (options->lines != NIL)
			options->lines = lappend(options->lines, def);
		else
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("option \"%s\" not recognized for COPY with format \"%s\"",
							def->defname, FORMAT_NAME),
					 parser_errposition(pstate, def->location)));
	}
	foreach(lc, distribute)
		options->keys = lappend_int(options->keys, pg_strtoint32(lfirst(lc)));
	foreach(lc, filters)
		options->filters = lappend_int(options->filters, pg_strtoint32(lfirst(lc)));
	if (!stmt->is_from && (options->exchange != NULL ? (distribute != NIL) + broadcast + options->keep != 1 :
						   options->targets != NIL || distribute != NIL || broadcast || options->keep || filters != NIL ||
						   options->only_filters))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("an exchange wants one of \"distribute\", \"broadcast\" and \"keep\""),
				 errdetail("These, \"targets\" and filters are options of an \"exchange\".")));
	if (options->unload != NULL && options->exchange != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("rows go to files or to an exchange")));
	if (stmt->filename != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY with format \"%s\" is from STDIN or to STDOUT only", FORMAT_NAME)));
	if (whereToSendOutput != DestRemote)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY with format \"%s\" needs a client", FORMAT_NAME)));
}

/* ---------------------------------------------------------------------
 * The receiver of rows
 * ---------------------------------------------------------------------
 */

void
rs_copy_begin(char type, int ncolumns)
{
	StringInfoData message;
	int			c;

	pq_beginmessage(&message, type);
	pq_sendbyte(&message, 1);
	pq_sendint16(&message, ncolumns);
	for (c = 0; c < ncolumns; c++)
		pq_sendint16(&message, 1);
	pq_endmessage(&message);
	if (type != 'H')
		pq_flush();
}

static void
send_message(void *arg, const char *message, Size size)
{
	(void) pq_putmessage('d', message, size);
}

static bool
receive_slot(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver   *receiver = (Receiver *) self;

	if (receiver->sender != NULL)
		rs_exchange_send_slot(receiver->sender, slot);
	else
		rs_wire_encode_slot(receiver->encoder, slot);
	return true;
}

static void
receive_batch(void *arg, const RsVectorBatch *batch)
{
	Receiver   *receiver = arg;
	int			c;

	CHECK_FOR_INTERRUPTS();
	for (c = 0; c < receiver->ncolumns; c++)
		receiver->columns[c] = batch->columns[receiver->attnos[c] - 1];
	if (receiver->sender != NULL)
		rs_exchange_send_vectors(receiver->sender, receiver->columns, batch->n);
	else
		rs_wire_encode_vectors(receiver->encoder, receiver->columns, NULL, batch->n);
}

static void
start_up(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
shut_down(DestReceiver *self)
{
}

/*
 * Make the encoder, and let the top node give batches if it can.
 */
static void
begin_receiver(Receiver *receiver, QueryDesc *desc, const RsFragmentOptions *options)
{
	int			ncolumns = desc->tupDesc->natts;
	Oid		   *types = palloc(Max(ncolumns, 1) * sizeof(Oid));
	ListCell   *lc;
	int			c = 0;

	for (c = 0; c < ncolumns; c++)
		types[c] = TupleDescAttr(desc->tupDesc, c)->atttypid;
	receiver->ncolumns = ncolumns;
	if (options->exchange != NULL)
		receiver->sender = rs_exchange_sender_create(receiver->context, options, desc->tupDesc);
	receiver->encoder = rs_wire_encoder_create(receiver->context, types,
											   receiver->sender != NULL ? 0 : ncolumns, send_message, receiver);
	receiver->columns = palloc(Max(ncolumns, 1) * sizeof(RsVector *));
	receiver->attnos = palloc(Max(ncolumns, 1) * sizeof(int));
	c = 0;
	foreach(lc, desc->planstate->plan->targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (!entry->resjunk && c < ncolumns)
			receiver->attnos[c++] = entry->resno;
	}
	if (desc->operation == CMD_SELECT && c == ncolumns && rs_set_batch_sink != NULL)
		(void) rs_set_batch_sink(desc->planstate, receive_batch, receiver);
}

/* ---------------------------------------------------------------------
 * Running a fragment
 * ---------------------------------------------------------------------
 */

/*
 * Names in a fragment are qualified: a search path must not lead elsewhere.  Temporary
 * types come last: they may be of another user than the fragment.
 */
static Query *
analyze(ParseState *pstate, RawStmt *raw)
{
	int			level = NewGUCNestLevel();
	List	   *queries;
	Query	   *query;

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	queries = pg_analyze_and_rewrite_fixedparams(raw, pstate->p_sourcetext, NULL, 0, NULL);
	AtEOXact_GUC(true, level);
	if (list_length(queries) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY with format \"%s\" does not support rules that make no or several queries",
						FORMAT_NAME)));
	query = linitial_node(Query, queries);
	if (query->utilityStmt != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY query must not be a utility command")));
	return query;
}

static void
send_report(Receiver *receiver, uint64 rows, instr_time begun, instr_time planned, char *plan, List *operations)
{
	RsReport	report = {.rows = rows, .plan = plan, .format = receiver->report->format};
	instr_time	now;
	StringInfoData bytes;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, begun);
	INSTR_TIME_SUBTRACT(planned, begun);
	report.time = INSTR_TIME_GET_MICROSEC(now);
	report.planning = INSTR_TIME_GET_MICROSEC(planned);
	if (plan == NULL)
		report.plan = rs_operations_write(operations, GetCurrentTimestamp());
	if (receiver->sender != NULL)
		report.ntargets = rs_exchange_sender_targets(receiver->sender, &report.targets);
	initStringInfo(&bytes);
	rs_report_write(&report, &bytes);
	rs_wire_encode_payload(receiver->encoder, RS_WIRE_REPORT, bytes.data, bytes.len);
}

/*
 * Run it; numbers: it may ask the leader for some.
 */
static void
execute(QueryDesc *desc, RsWireEncoder *numbers)
{
	rs_numbers_begin(numbers);
	PG_TRY();
	{
		ExecutorRun(desc, ForwardScanDirection, 0, true);
	}
	PG_FINALLY();
	{
		rs_numbers_end();
	}
	PG_END_TRY();
}

/*
 * Where a COPY has gone both ways, the end of the command is that of both.
 */
static uint64
run(const char *source, PlannedStmt *plan, const RsFragmentOptions *options, volatile bool *begun, instr_time start)
{
	Receiver	receiver = {.pub = {receive_slot, start_up, shut_down, shut_down, DestNone},
		.context = CurrentMemoryContext};
	QueryDesc  *desc;
	instr_time	planned;
	char	   *report = NULL;
	List	   *operations = NIL;
	uint64		rows;

	INSTR_TIME_SET_CURRENT(planned);
	receiver.report = options->report;
	if (options->has_statement)
		rs_statement_push_snapshot(options->statement);
	else
	{
		PushCopiedSnapshot(GetActiveSnapshot());
		UpdateActiveSnapshotCommandId();
	}
	desc = CreateQueryDesc(plan, source, GetActiveSnapshot(), InvalidSnapshot, &receiver.pub, NULL, NULL,
						   receiver.report != NULL ? receiver.report->instrument : 0);
	ExecutorStart(desc, 0);
	begin_receiver(&receiver, desc, options);
	if (!*begun)
		rs_copy_begin(options->numbers ? 'W' : 'H', receiver.sender != NULL ? 0 : receiver.ncolumns);
	*begun = true;
	RS_FAULT_POINT("fragment_begun");
	execute(desc, options->numbers ? receiver.encoder : NULL);
	RS_FAULT_POINT("fragment_run");
	rows = desc->operation == CMD_SELECT ? 0 : desc->estate->es_processed;
	ExecutorFinish(desc);
	if (receiver.report != NULL && !receiver.report->counts)
		report = rs_report_plan(receiver.report, desc);
	else if (receiver.report != NULL && rs_operation_counts != NULL)
		operations = rs_operation_counts(desc);
	ExecutorEnd(desc);
	if (receiver.sender != NULL)
		rows = rs_exchange_sender_end(receiver.sender);
	else if (plan->commandType == CMD_SELECT)
	{
		rs_wire_encode_flush(receiver.encoder);
		rows = rs_wire_encoded_rows(receiver.encoder);
	}
	if (receiver.report != NULL)
		send_report(&receiver, rows, start, planned, report, operations);
	rs_wire_encode_end(receiver.encoder, rows);
	if (!options->numbers)
		pq_putemptymessage('c');
	FreeQueryDesc(desc);
	PopActiveSnapshot();
	return rows;
}

/*
 * Two workers take 8 to 20 ms of processors to start and end; a unit of what fragments are
 * taken to cost was measured at 1.3 to 2.8 microseconds.  One server may save wall time
 * even where that is not worth it, but a statement that runs on many nodes has many processes
 * already.
 */
static PlannedStmt *
plan_query(ParseState *pstate, RawStmt *raw, const RsFragmentOptions *options)
{
	Query	   *query = analyze(pstate, raw);
	int			cursor_options = CURSOR_OPT_PARALLEL_OK | RS_CURSOR_OPT_BATCHES;
	int			level = NewGUCNestLevel();
	PlannedStmt *plan;

	if (options->report != NULL && options->report->counts)
		rs_number_leaves(query);
	(void) set_config_option("parallel_setup_cost", psprintf("%g", parallel_setup_cost * SETUP_FACTOR),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (options->unload != NULL)
	{
		if (query->commandType != CMD_SELECT)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("files are written of a query's rows only")));
		/* No row passes from one process to another. */
		(void) set_config_option("parallel_tuple_cost", "0", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
		cursor_options |= RS_CURSOR_OPT_WORKER_BATCHES;
	}
	plan = pg_plan_query(query, pstate->p_sourcetext, cursor_options, NULL);
	AtEOXact_GUC(true, level);
	if (options->unload != NULL)
		rs_fragment_unload(plan, options->unload);

	/* Costs of moved rows are high beside what there is to compile: most runs in batches. */
	plan->jitFlags = PGJIT_NONE;
	return plan;
}

/*
 * Run what the leader can end early, which may be as soon as it has sent it: all of it,
 * planning included, is in the subtransaction.  The leader is told when that has begun; what
 * was sent before the fragment, in the same message, must not be cancelled.
 */
static uint64
run_stoppable(ParseState *pstate, RawStmt *raw, const RsFragmentOptions *options)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile uint64 rows = 0;
	volatile bool begun = false;
	volatile bool changes = false;
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		PlannedStmt *plan;

		if (!options->numbers)
		{
			rs_copy_begin('H', 0);
			pq_flush();
			begun = true;
		}
		plan = plan_query(pstate, raw, options);
		changes = plan->commandType != CMD_SELECT || plan->hasModifyingCTE || plan->rowMarks != NIL;
		rows = run(pstate->p_sourcetext, plan, options, &begun, start);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_QUERY_CANCELED || changes)
			PG_RE_THROW();
		FlushErrorState();

		/* Asked again, it is not to give up what comes behind the fragment. */
		HOLD_INTERRUPTS();
		RollbackAndReleaseCurrentSubTransaction();
		FreeErrorData(error);
		if (!begun)
			rs_copy_begin('H', 0);
		pq_putemptymessage('c');
		QueryCancelPending = false;
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return rows;
}

static uint64
copy_to(ParseState *pstate, const CopyStmt *stmt, int location, int length, const RsFragmentOptions *options)
{
	RawStmt    *raw = makeNode(RawStmt);
	instr_time	start;
	bool		begun = false;

	if (stmt->query == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY of a table with format \"%s\" is from STDIN only", FORMAT_NAME),
				 errhint("Use COPY (SELECT ...) TO STDOUT.")));
	raw->stmt = stmt->query;
	raw->stmt_location = location;
	raw->stmt_len = length;
	if (options->has_statement && IsA(stmt->query, SelectStmt))
		return run_stoppable(pstate, raw, options);
	INSTR_TIME_SET_CURRENT(start);
	return run(pstate->p_sourcetext, plan_query(pstate, raw, options), options, &begun, start);
}

static void
process_utility(PlannedStmt *pstmt, const char *source, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	ParseState *pstate;
	CopyStmt   *stmt;
	RsFragmentOptions options;
	uint64		rows;
	int			level;

	if (!is_ours(pstmt->utilityStmt))
	{
		if (next_process_utility)
			next_process_utility(pstmt, source, read_only_tree, context, params, env, dest, qc);
		else
			standard_ProcessUtility(pstmt, source, read_only_tree, context, params, env, dest, qc);
		return;
	}
	stmt = copyObject(castNode(CopyStmt, pstmt->utilityStmt));
	pstate = make_parsestate(NULL);
	pstate->p_sourcetext = source;
	pstate->p_queryEnv = env;
	read_options(pstate, stmt, &options);

	/* What triggers set ends here: the leader takes the settings for those that it has sent. */
	level = NewGUCNestLevel();
	if (!stmt->is_from)
		rows = copy_to(pstate, stmt, pstmt->stmt_location, pstmt->stmt_len, &options);
	else if (options.exchange != NULL)
		rows = rs_copy_into_exchange(options.exchange, options.rows);
	else if (options.stage != NULL && options.types != NULL)
		rows = rs_stage_rows(options.stage, options.types, options.rows);
	else
		rows = rs_copy_from(pstate, stmt, options.lines, options.rows);
	AtEOXact_GUC(false, level);
	if (qc != NULL)
		SetQueryCompletion(qc, CMDTAG_COPY, rows);
	free_parsestate(pstate);
}

void
rs_fragment_copy_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
