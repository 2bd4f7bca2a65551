/*
 * remote_transaction.c
 *	  The part of the session's transaction that compute nodes run.
 *
 * A connection's first statement in a transaction begins one on the node, with the
 * isolation level and the settings of the session; subtransactions are savepoints
 * there, made when a statement needs them.  Nodes that were only read commit before
 * the leader does.  A lone node that was written, if the leader itself wrote nothing,
 * commits in one phase, before the leader.  Otherwise, before the leader commits, all
 * written nodes prepare; then the barrier is closed (barrier.c), the leader commits,
 * and the nodes are told to.  The leader's commit record is the decision: a prepared
 * transaction is named after the leader's transaction id, and if the leader cannot
 * tell a node any more, recovery.c finds out by that name what became of it.
 *
 * Statements take their snapshots under the barrier, on all their nodes, and nodes
 * keep them under the statement's number (statement.c): so the fragments of a
 * statement, however many and in whatever order, see one state of the cluster.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "core/fault.h"
#include "core/settings.h"
#include "miscadmin.h"
#include "mpp/resize/auto_distribution.h"
#include "mpp/session/acting.h"
#include "mpp/session/barrier.h"
#include "mpp/session/recovery.h"
#include "mpp/session/remote_transaction.h"
#include "replication/message.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Settings that change what an expression gives, or which memory and workers a statement may use. */
static const char *const settings[] = {
	"bytea_output", "check_function_bodies", "datestyle", "default_table_access_method", "default_text_search_config", "extra_float_digits", "hash_mem_multiplier",
	"intervalstyle", "lc_monetary", "lc_numeric", "lc_time", "lock_timeout", "max_parallel_workers_per_gather",
	"min_parallel_table_scan_size", "parallel_setup_cost", "parallel_tuple_cost", "redshift.constraints", "redshift.dialect", "redshift.node_timeout", "row_security", "search_path", "standard_conforming_strings", "timezone", "transform_null_equals", "work_mem", "xmlbinary", "xmloption"
};

static bool in_transaction = false; /* has any connection one open? */
static bool wrote_rows = false; /* what is about to commit has on nodes */
static uint32 slices_hash;		/* of the cluster, when the transaction began there */
static uint32 last_statement = 0;
static LocalTransactionId imported_in = InvalidLocalTransactionId;	/* that has the snapshot of another */

/*
 * The connections with a transaction at least so deep.
 */
static List *
open_at(int depth)
{
	List	   *list = NIL;
	ListCell   *lc;

	if (in_transaction)
		foreach(lc, rs_connections_all())
			if (rs_connection_state(lfirst(lc))->depth >= depth)
				list = lappend(list, lfirst(lc));
	return list;
}

bool
rs_remote_in_transaction(void)
{
	return in_transaction;
}

/* ---------------------------------------------------------------------
 * Beginning
 * ---------------------------------------------------------------------
 */

static char *
settings_command(bool of_transaction)
{
	StringInfoData sql;
	int			i;

	initStringInfo(&sql);
	for (i = 0; i < lengthof(settings); i++)
		appendStringInfo(&sql, "%s pg_catalog.set_config('%s', %s, %s)", i > 0 ? "," : "SELECT", settings[i],
						 quote_literal_cstr(GetConfigOption(settings[i], false, false)),
						 of_transaction ? "true" : "false");
	appendStringInfoChar(&sql, ';');
	return sql.data;
}

void
rs_remote_forget_settings(RsConnection *connection)
{
	RsRemoteSession *session = rs_connection_session(connection);

	free(session->settings);
	session->settings = NULL;
	session->levels = 0;
}

static uint64
level_bit(int depth)
{
	return UINT64CONST(1) << Min(depth, 63);
}

/*
 * The session's settings, if the node has others.  They are sent as those of the session
 * there, so that transactions which change none send none; a rollback of the level at
 * which they were sent takes them back.  Commands that change something could change
 * settings, too: behind them all are sent each time, for the transaction only.
 */
static void
append_settings(StringInfo sql, RsConnection *connection)
{
	RsRemoteState *state = rs_connection_state(connection);
	RsRemoteSession *session = rs_connection_session(connection);
	char	   *command = settings_command(state->wrote);

	if (state->wrote)
		appendStringInfoString(sql, command);
	else if (session->settings == NULL || strcmp(session->settings, command) != 0)
	{
		appendStringInfoString(sql, command);
		free(session->settings);
		session->settings = strdup(command);
		session->levels |= level_bit(Max(state->depth, 1));
	}
	else if (state->depth == 0 && IsolationUsesXactSnapshot())
		appendStringInfoString(sql, "SELECT;");	/* takes the transaction's snapshot */
	pfree(command);
}


/*
 * What brings a connection to the present nesting level.
 */
static void
append_begin(StringInfo sql, RsConnection *connection)
{
	RsRemoteState *state = rs_connection_state(connection);
	int			depth = GetCurrentTransactionNestLevel();

	if (state->depth == 0)
		appendStringInfo(sql, "BEGIN ISOLATION LEVEL %s%s;",
						 XactIsoLevel == XACT_SERIALIZABLE ? "SERIALIZABLE" :
						 XactIsoLevel == XACT_REPEATABLE_READ ? "REPEATABLE READ" : "READ COMMITTED",
						 XactReadOnly ? " READ ONLY" : "");
	else if (state->depth < 0 || state->depth > depth)
		elog(ERROR, "transaction of compute node \"%s\" is at level %d, not %d",
			 rs_connection_node(connection)->name, state->depth, depth);
	append_settings(sql, connection);
	while (state->depth < depth)
	{
		state->depth++;
		if (state->depth > 1)
			appendStringInfo(sql, "SAVEPOINT s%d;", state->depth);
	}
	in_transaction = true;
}

/*
 * A transaction whose snapshot is older than the present slices would see rows where they
 * were, and send others to where they are.
 */
static void
check_slices(void)
{
	const RsCluster *cluster = rs_cluster();
	uint32		now = cluster != NULL ? cluster->slices_hash : 0;

	if (!in_transaction)
		slices_hash = now;
	else if (IsolationUsesXactSnapshot() && now != slices_hash)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to slices that have moved to other compute nodes")));
}

void
rs_remote_snapshot_imported(void)
{
	imported_in = MyProc->lxid;
}

/*
 * What nodes show would be of another age than what the leader shows.
 */
static void
check_snapshot(void)
{
	if (imported_in != InvalidLocalTransactionId && imported_in == MyProc->lxid)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("compute nodes cannot use the snapshot of another transaction"),
				 errhint("Run pg_dump without --jobs.")));
}

void
rs_remote_send(RsConnection *connection, const char *command, RsConnectionUser *user)
{
	char	  **later = rs_connection_later(connection);
	StringInfoData sql;

	check_slices();
	check_snapshot();
	initStringInfo(&sql);
	append_begin(&sql, connection);
	appendStringInfoString(&sql, rs_acting_command(connection));
	if (*later != NULL)
		appendStringInfoString(&sql, *later);
	free(*later);
	*later = NULL;
	appendStringInfoString(&sql, command);
	rs_connection_send(connection, sql.data, user);
	pfree(sql.data);
}

void
rs_remote_send_later(RsConnection *connection, const char *sql)
{
	char	  **kept = rs_connection_later(connection);
	size_t		before = *kept != NULL ? strlen(*kept) : 0;
	char	   *later = rs_connection_state(connection)->depth > 0 ? realloc(*kept, before + strlen(sql) + 1) : NULL;

	if (later == NULL)
		return;
	strcpy(later + before, sql);
	*kept = later;
}

static void
run_each(List *connections, const char *last)
{
	ListCell   *lc;

	foreach(lc, connections)
		rs_remote_send(lfirst(lc), last, NULL);
	foreach(lc, connections)
		PQclear(rs_connection_finish(lfirst(lc)));
}

void
rs_remote_begin(List *connections)
{
	/* The first thing that a node is sent takes the transaction's only snapshot there. */
	if (!IsolationUsesXactSnapshot() || list_length(connections) == 1)
	{
		run_each(connections, "");
		return;
	}
	rs_recovery_enter_barrier();
	run_each(connections, "");
	rs_barrier_leave();
}

void
rs_remote_wait_for_changes(List *connections, List *relids)
{
	StringInfoData sql;
	ListCell   *lc;

	/* Not under the barrier: whoever is waited for may need it to commit. */
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT redshift.wait_for_changes(ARRAY[");
	foreach(lc, relids)
		appendStringInfo(&sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 quote_literal_cstr(quote_qualified_identifier(get_namespace_name(get_rel_namespace(lfirst_oid(lc))),
																	   get_rel_name(lfirst_oid(lc)))));
	appendStringInfoString(&sql, "])");
	run_each(connections, sql.data);
	pfree(sql.data);
}

RsRemoteStatement *
rs_remote_statement_begin(List *connections)
{
	RsRemoteStatement *statement = palloc(sizeof(RsRemoteStatement));
	char		last[64];

	statement->id = ++last_statement;
	statement->connections = list_copy(connections);
	snprintf(last, sizeof(last), "SELECT redshift.begin_statement(%u)", statement->id);

	/*
	 * One node is of one mind by itself.  But what anybody has seen on another node must
	 * be seen on this one: it is, once the commits have ended that are under way now.
	 */
	rs_recovery_enter_barrier();
	if (list_length(connections) == 1)
	{
		rs_barrier_leave();
		run_each(connections, last);
		return statement;
	}
	run_each(connections, last);
	rs_barrier_leave();
	return statement;
}

void
rs_remote_statement_end(RsRemoteStatement *statement)
{
	char		sql[64];
	ListCell   *lc;

	snprintf(sql, sizeof(sql), "SELECT redshift.end_statements('{%u}');", statement->id);
	foreach(lc, statement->connections)
		rs_remote_send_later(lfirst(lc), sql);
	list_free(statement->connections);
	pfree(statement);
}

void
rs_remote_will_write(RsConnection *connection)
{
	rs_connection_state(connection)->wrote = true;
}

/* ---------------------------------------------------------------------
 * Ending a transaction
 * ---------------------------------------------------------------------
 */

/*
 * Nodes that do not answer by then, at the end of a transaction, are not waited for.
 */
static TimestampTz
last_moment(void)
{
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), rs_node_timeout);
}

static void
forget_transaction(bool committed)
{
	ListCell   *lc;

	foreach(lc, rs_connections_all())
	{
		RsRemoteSession *session = rs_connection_session(lfirst(lc));

		memset(rs_connection_state(lfirst(lc)), 0, sizeof(RsRemoteState));
		if (session->levels != 0 && !committed)
			rs_remote_forget_settings(lfirst(lc));
		session->levels = 0;
	}
	in_transaction = wrote_rows = false;
	rs_acting_ended(true);
	rs_connections_forget_later();
	rs_connections_close_stale();
}

/*
 * Send each its command, and wait for the answers, which must be of this tag: what a node
 * has aborted it ends with another, and without an error.
 */
static void
send_each(List *connections, const char *(*command) (RsConnection *), const char *tag)
{
	ListCell   *lc;

	foreach(lc, connections)
	{
		RS_FAULT_POINT("end_send");
		rs_connection_send(lfirst(lc), command(lfirst(lc)), NULL);
	}
	RS_FAULT_POINT("end_sent");
	foreach(lc, connections)
	{
		PGresult   *result = rs_connection_finish(lfirst(lc));
		bool		done = result != NULL && strcmp(PQcmdStatus(result), tag) == 0;

		PQclear(result);
		if (!done)
			ereport(ERROR,
					(errcode(ERRCODE_IN_FAILED_SQL_TRANSACTION),
					 errmsg("transaction on compute node \"%s\" was aborted", rs_connection_node(lfirst(lc))->name)));
	}
}

static const char *
prepare_command(RsConnection *connection)
{
	return psprintf("%sPREPARE TRANSACTION '%s'", rs_acting_last_command(connection), rs_connection_state(connection)->gid);
}

static const char *
commit_command(RsConnection *connection)
{
	return psprintf("%sCOMMIT", rs_acting_last_command(connection));
}

static const char *
commit_prepared_command(RsConnection *connection)
{
	RS_FAULT_POINT("commit_prepared");
	return psprintf("COMMIT PREPARED '%s'", rs_connection_state(connection)->gid);
}

/*
 * A node that was told to prepare may have done so or not.
 */
static const char *
abort_command(RsConnection *connection)
{
	const char *gid = rs_connection_state(connection)->gid;

	if (gid[0] != '\0' && PQtransactionStatus(rs_connection_libpq(connection)) == PQTRANS_IDLE)
		return psprintf("ROLLBACK PREPARED '%s'", gid);
	return "ROLLBACK";
}

/*
 * Nodes will know the transaction by its id.  If that were lost in a crash the leader
 * could give it to another transaction, and recovery would take that one's end for this
 * one's.  So a record with it is on disk before a node prepares.
 */
static void
make_id_durable(void)
{
	(void) GetTopTransactionId();
	XLogFlush(LogLogicalMessage("redshift_ext", "", 0, true));
}

/*
 * A lone writer's commit decides.  Nobody may be told that it failed unless it did: so it
 * is not interrupted, and if its answer does not come, that is the error.
 */
static void
commit_lone(RsConnection *writer)
{
	MemoryContext caller = CurrentMemoryContext;

	HOLD_INTERRUPTS();
	PG_TRY();
	{
		send_each(list_make1(writer), commit_command, "COMMIT");
	}
	PG_CATCH();
	{
		ErrorData  *error;

		if (rs_connection_answered(writer))
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN),
				 errmsg("it is not known whether compute node \"%s\" has committed", rs_connection_node(writer)->name),
				 errdetail("%s.", error->message)));
	}
	PG_END_TRY();
	rs_connection_state(writer)->depth = 0;

	/* It is too late to cancel. */
	QueryCancelPending = false;
	RESUME_INTERRUPTS();
}

static void
before_commit(void)
{
	List	   *connections = open_at(1);
	List	   *writers = NIL;
	List	   *readers = NIL;
	ListCell   *lc;
	int			i = 0;

	foreach(lc, connections)
	{
		RsConnection *connection = lfirst(lc);
		bool		wrote = rs_connection_state(connection)->wrote;

		if (wrote && !rs_connection_well(connection))
			rs_connection_error(ERROR, connection, NULL, NULL);
		if (wrote)
			writers = lappend(writers, connection);
		else if (rs_connection_well(connection))
			readers = lappend(readers, connection);
	}

	/* Nothing depends on the end of what only read, unless that can fail. */
	if (XactIsoLevel == XACT_SERIALIZABLE)
		send_each(readers, commit_command, "COMMIT");
	else
		foreach(lc, readers)
			rs_connection_send_last(lfirst(lc), commit_command(lfirst(lc)));
	foreach(lc, readers)
		rs_connection_state(lfirst(lc))->depth = 0;
	wrote_rows = writers != NIL;
	if (writers == NIL)
		return;

	/* A serializable transaction can still fail at the leader. */
	if (list_length(writers) == 1 && !TransactionIdIsValid(GetTopTransactionIdIfAny()) &&
		!IsolationIsSerializable())
	{
		commit_lone(linitial(writers));
		return;
	}
	RS_FAULT_POINT("record");
	make_id_durable();
	RS_FAULT_POINT("recorded");
	foreach(lc, writers)
	{
		RsConnection *connection = lfirst(lc);
		RsRemoteState *state = rs_connection_state(connection);

		rs_recovery_name(state->gid, sizeof(state->gid), GetTopFullTransactionId(),
						 rs_connection_node(connection)->id, i++);
	}
	send_each(writers, prepare_command, "PREPARE TRANSACTION");
	RS_FAULT_POINT("prepared");

	/* The nodes rely on the record of our commit: it must be on disk when they are told. */
	ForceSyncCommit();
	rs_barrier_close();
	RS_FAULT_POINT("barrier_closed");
}

/*
 * The leader has committed.
 */
static void
after_commit(void)
{
	List	   *connections = open_at(1);
	List	   *failed = NIL;
	ListCell   *lc;

	RS_FAULT_POINT("committed");
	rs_connections_clean_up(connections, commit_prepared_command,
							last_moment(), &failed);
	foreach(lc, failed)
	{
		if (rs_connection_state(lfirst(lc))->gid[0] == '\0')
			continue;			/* a reader */
		rs_recovery_needed(rs_connection_node(lfirst(lc))->id);
		ereport(WARNING,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("compute node \"%s\" could not be told that transaction \"%s\" has committed",
						rs_connection_node(lfirst(lc))->name, rs_connection_state(lfirst(lc))->gid),
				 errdetail("It will be told when it answers again; until then its tables cannot be used.")));
	}
}

static void
after_abort(void)
{
	List	   *failed = NIL;
	ListCell   *lc;

	RS_FAULT_POINT("aborted");
	rs_connections_clean_up(open_at(1), abort_command,
							last_moment(), &failed);

	/* What a node may have prepared holds locks there until it is told. */
	foreach(lc, failed)
	{
		if (rs_connection_state(lfirst(lc))->gid[0] == '\0')
			continue;
		rs_recovery_lost(rs_connection_node(lfirst(lc))->id, rs_connection_pid(lfirst(lc)));
		rs_recovery_needed(rs_connection_node(lfirst(lc))->id);
	}
}

static void
transaction_ends(XactEvent event, void *arg)
{
	if (!in_transaction)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			before_commit();
			break;
		case XACT_EVENT_PRE_PREPARE:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot PREPARE a transaction that has used compute nodes")));
			break;
		case XACT_EVENT_COMMIT:
			after_commit();
			if (wrote_rows)
				rs_auto_distribution_changed();
			forget_transaction(true);
			break;
		case XACT_EVENT_ABORT:
			after_abort();
			forget_transaction(false);
			break;
		default:
			break;
	}
}

/* ---------------------------------------------------------------------
 * Subtransactions
 * ---------------------------------------------------------------------
 */

static const char *
release_command(RsConnection *connection)
{
	return psprintf("%sRELEASE SAVEPOINT s%d", rs_acting_command(connection), rs_connection_state(connection)->depth);
}

static const char *
rollback_to_command(RsConnection *connection)
{
	int			depth = rs_connection_state(connection)->depth;

	return psprintf("ROLLBACK TO SAVEPOINT s%d; RELEASE SAVEPOINT s%d", depth, depth);
}

static void
subtransaction_ends(SubXactEvent event, SubTransactionId self, SubTransactionId parent, void *arg)
{
	List	   *connections;
	ListCell   *lc;

	if (!in_transaction ||
		(event != SUBXACT_EVENT_PRE_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB))
		return;
	connections = open_at(GetCurrentTransactionNestLevel());
	if (event == SUBXACT_EVENT_PRE_COMMIT_SUB)
		send_each(connections, release_command, "RELEASE");
	else
	{
		rs_connections_clean_up(connections, rollback_to_command,
								last_moment(), NULL);
		rs_acting_ended(false);
	}
	foreach(lc, connections)
	{
		RsRemoteState *state = rs_connection_state(lfirst(lc));
		RsRemoteSession *session = rs_connection_session(lfirst(lc));

		if (session->levels & level_bit(state->depth))
		{
			if (event == SUBXACT_EVENT_ABORT_SUB)
				rs_remote_forget_settings(lfirst(lc));
			else
				session->levels |= level_bit(state->depth - 1);
		}
		state->depth--;
	}
}

void
rs_remote_transaction_init(void)
{
	RegisterXactCallback(transaction_ends, NULL);
	RegisterSubXactCallback(subtransaction_ends, NULL);
}
