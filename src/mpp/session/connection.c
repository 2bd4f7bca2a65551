/*
 * connection.c
 *	  Connections of this session to compute nodes.
 *
 * One connection for each node, user mapping and user, kept until the session ends, its
 * server or mapping changes, or it breaks (connect.c makes it).  A connection may also be of
 * a user who acts in the session of another: what is of the session is at its base then
 * (acting.c).
 *
 * Nothing here blocks in libpq: all waiting is in WaitEventSets that also wait for the
 * latch, so a session can be cancelled while it waits for any number of nodes.
 *
 * A connection does one thing at a time.  A reader that has not read all of its rows
 * (RsConnectionUser) is asked to finish when someone else needs the connection.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_user_mapping.h"
#include "core/settings.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "mpp/session/acting.h"
#include "mpp/session/cancel.h"
#include "mpp/session/connect.h"
#include "mpp/session/connection.h"
#include "mpp/session/deadlock.h"
#include "mpp/session/remote_transaction.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define STOP_TIMEOUT_MS			30000	/* for what was cancelled to end */
#define CANCEL_TIMEOUT_MS		2000	/* for a node to take a request to cancel */
#define STOP_AGAIN_MS			1000	/* before another such request, if what it runs goes on */
#define CLEAN_UP_AGAIN_MS		100		/* ... at the end of transactions */
#define LONGEST_UNCHECKED_MS	10000	/* of waiting, between looks for a deadlock */
#define SHOWN_STATEMENT			300		/* bytes of a statement in an error's context */

static HTAB *connections = NULL;

const RsNode *
rs_connection_node(const RsConnection *connection)
{
	return &connection->node;
}

int
rs_connection_pid(const RsConnection *connection)
{
	return connection->base->pid;
}

PGconn *
rs_connection_libpq(const RsConnection *connection)
{
	return connection->base->conn;
}

RsRemoteState *
rs_connection_state(RsConnection *connection)
{
	return &connection->base->state;
}

char **
rs_connection_later(RsConnection *connection)
{
	return &connection->later;
}

RsRemoteSession *
rs_connection_session(RsConnection *connection)
{
	return &connection->base->session;
}

bool
rs_connection_well(const RsConnection *connection)
{
	return connection->base->well && PQstatus(connection->base->conn) == CONNECTION_OK;
}

List *
rs_connections_all(void)
{
	List	   *list = NIL;
	HASH_SEQ_STATUS scan;
	RsConnection *connection;

	if (connections == NULL)
		return NIL;
	hash_seq_init(&scan, connections);
	while ((connection = hash_seq_search(&scan)) != NULL)
		if (connection->conn != NULL)
			list = lappend(list, connection);
	return list;
}

void
rs_connections_forget_later(void)
{
	HASH_SEQ_STATUS scan;
	RsConnection *connection;

	if (connections == NULL)
		return;
	hash_seq_init(&scan, connections);
	while ((connection = hash_seq_search(&scan)) != NULL)
	{
		free(connection->later);
		connection->later = NULL;
	}
}

/* ---------------------------------------------------------------------
 * Errors
 * ---------------------------------------------------------------------
 */

void
rs_connection_error(int level, RsConnection *connection, PGresult *result, const char *sql)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	int			code = ERRCODE_CONNECTION_FAILURE;
	char	   *message;
	char	   *detail;
	char	   *hint;
	char	   *context;

	/* Copies first: the result must not outlive the error. */
#define FIELD(f) (result && PQresultErrorField(result, f) ? pstrdup(PQresultErrorField(result, f)) : NULL)
	message = FIELD(PG_DIAG_MESSAGE_PRIMARY);
	detail = FIELD(PG_DIAG_MESSAGE_DETAIL);
	hint = FIELD(PG_DIAG_MESSAGE_HINT);
	context = FIELD(PG_DIAG_CONTEXT);
#undef FIELD
	if (state != NULL && strlen(state) == 5)
		code = MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]);
	if (message == NULL)
		message = pchomp(PQerrorMessage(connection->base->conn));
	PQclear(result);
	if (PQstatus(connection->base->conn) != CONNECTION_OK)
		connection->base->well = false;
	if (message[0] == '\0')
		message = "connection lost";
	ereport(level,
			(errcode(code),
			 code == ERRCODE_CONNECTION_FAILURE ?
			 errmsg("compute node \"%s\": %s", connection->node.name, message) :
			 errmsg_internal("%s", message),
			 detail ? errdetail_internal("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0,
			 context ? errcontext("%s", context) : 0,
			 errcontext("compute node \"%s\"", connection->node.name),
			 sql && sql[0] ?
			 errcontext("statement: %.*s%s", pg_mbcliplen(sql, strlen(sql), SHOWN_STATEMENT), sql,
						strlen(sql) > SHOWN_STATEMENT ? "..." : "") : 0));
}

/* ---------------------------------------------------------------------
 * Waiting
 * ---------------------------------------------------------------------
 */

/*
 * Wait for one of the connections' sockets, or until the time is up (false).  What has
 * come is read into libpq's buffers; whose socket fails is no longer well.  writing: the
 * sockets can be written to, too.  Raises nothing and does not look for interrupts.
 */
static bool
wait_for_sockets(List *list, long timeout_ms, bool writing)
{
	int			n = list_length(list);
	WaitEventSet *set = CreateWaitEventSet(CurrentMemoryContext, n + 2);
	WaitEvent  *events = palloc((n + 2) * sizeof(WaitEvent));
	ListCell   *lc;
	int			i;
	int			got;

	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);

	/* Who exits already, for want of the postmaster, ends what it has begun on nodes. */
	if (!proc_exit_inprogress)
		AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	foreach(lc, list)
	{
		RsConnection *connection = lfirst(lc);
		uint32		wish = WL_SOCKET_READABLE;

		if (!rs_connection_well(connection))
			continue;
		if (writing || PQflush(connection->base->conn) == 1)
			wish |= WL_SOCKET_WRITEABLE;
		AddWaitEventToSet(set, wish, PQsocket(connection->base->conn), NULL, connection);
	}
	got = WaitEventSetWait(set, timeout_ms, events, n + 2, PG_WAIT_EXTENSION);
	for (i = 0; i < got; i++)
	{
		RsConnection *connection = events[i].user_data;

		if (events[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		else if ((events[i].events & WL_SOCKET_READABLE) && !PQconsumeInput(connection->base->conn))
			connection->base->well = false;
		else if ((events[i].events & WL_SOCKET_WRITEABLE) && PQflush(connection->base->conn) < 0)
			connection->base->well = false;
	}
	FreeWaitEventSet(set);
	pfree(events);
	return got > 0;
}

static void
raise_lost(List *list)
{
	ListCell   *lc;

	foreach(lc, list)
		if (!rs_connection_well(lfirst(lc)))
			rs_connection_error(ERROR, lfirst(lc), NULL, NULL);
}

/*
 * Can this node still be reached?  It can if another connection is let in and answered;
 * else an error.
 */
static void
check_reachable(RsConnection *connection)
{
	List	   *nodes = list_make1(&connection->node);

	PG_TRY();
	{
		rs_connections_close_apart(rs_connections_open_apart(nodes, connection->key.userid));
	}
	PG_CATCH();
	{
		/* Nobody is to wait for it any more. */
		connection->base->well = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	list_free(nodes);
}

/*
 * Wait like wait_for_sockets(), until something happens.  What a session waits for may
 * take any time; but not in a deadlock, nor at a node that is not there any more.
 */
static void
wait_checked(List *list, bool writing)
{
	long		timeout = Min(DeadlockTimeout, rs_node_timeout);
	TimestampTz since = GetCurrentTimestamp();
	ListCell   *lc;

	while (!wait_for_sockets(list, timeout, writing))
	{
		bool		all_answer = true;

		CHECK_FOR_INTERRUPTS();
		if (list != NIL && ((RsConnection *) linitial(list))->base->state.depth > 0)
			all_answer = rs_deadlock_check();
		if (!all_answer || TimestampDifferenceExceeds(since, GetCurrentTimestamp(), rs_node_timeout))
		{
			foreach(lc, list)
				check_reachable(lfirst(lc));
			since = GetCurrentTimestamp();
		}
		timeout = Min(timeout * 2, Min(LONGEST_UNCHECKED_MS, rs_node_timeout));
	}
	CHECK_FOR_INTERRUPTS();
}

void
rs_connections_wait(List *list)
{
	raise_lost(list);
	wait_checked(list, false);
	raise_lost(list);
}

/*
 * Whoever waits for this must not wait with rs_connections_wait(): that flushes, too,
 * and if nothing is left then, it waits for an answer that need not come.
 */
void
rs_connection_flush(RsConnection *connection)
{
	List	   *list = list_make1(connection);
	int			left;

	while ((left = PQflush(connection->base->conn)) > 0)
	{
		wait_checked(list, true);
		if (!connection->base->well)
			break;
	}
	list_free(list);
	if (left != 0)
		rs_connection_error(ERROR, connection, NULL, NULL);
}

/* ---------------------------------------------------------------------
 * Commands
 * ---------------------------------------------------------------------
 */

/*
 * Let the session work as whom the connection is of, if it does not yet.
 */
static void
act(RsConnection *connection)
{
	const char *sql = rs_acting_command(connection);

	if (sql[0] == '\0')
		return;
	if (!PQsendQuery(connection->base->conn, sql))
		rs_connection_error(ERROR, connection, NULL, NULL);
	connection->base->busy = true;
	PQclear(rs_connection_finish(connection));
}

void
rs_connection_send(RsConnection *connection, const char *sql, RsConnectionUser *user)
{
	if (connection->base->user != NULL && connection->base->busy)
	{
		RsConnectionUser *reader = connection->base->user;

		connection->base->user = NULL;
		reader->finish(reader, connection);
	}
	if (connection->base->busy)
		elog(ERROR, "connection to compute node \"%s\" is in use", connection->node.name);
	act(connection);
	if (!PQsendQuery(connection->base->conn, sql))
		rs_connection_error(ERROR, connection, NULL, sql);
	connection->base->busy = true;
	connection->base->refused = false;
	connection->base->user = user;
}

bool
rs_connection_answered(const RsConnection *connection)
{
	return connection->base->refused || !connection->base->busy;
}

/*
 * Read the results of what was sent as the last thing.  Raises nothing of what the node
 * says: a connection on which it has failed is not well.
 */
static void
finish_last(RsConnectionUser *user, RsConnection *connection)
{
	while (connection->base->busy && rs_connection_well(connection))
	{
		PGresult   *result;

		if (PQisBusy(connection->base->conn))
		{
			wait_checked(list_make1(connection), false);
			continue;
		}
		result = PQgetResult(connection->base->conn);
		if (result == NULL)
			connection->base->busy = false;
		else if (PQresultStatus(result) == PGRES_FATAL_ERROR)
			connection->base->well = false;
		PQclear(result);
	}
	connection->base->user = NULL;
}

static RsConnectionUser last_user = {finish_last};

void
rs_connection_send_last(RsConnection *connection, const char *sql)
{
	rs_connection_send(connection, sql, &last_user);
	(void) PQflush(connection->base->conn);
}

PGresult *
rs_connection_result(RsConnection *connection)
{
	PGresult   *result;

	while (PQisBusy(connection->base->conn))
		rs_connections_wait(list_make1(connection));
	result = PQgetResult(connection->base->conn);
	if (result == NULL)
	{
		connection->base->busy = false;
		connection->base->user = NULL;
	}
	else if (PQresultStatus(result) == PGRES_FATAL_ERROR)
	{
		/* What libpq says itself, of a connection that is lost, has no SQLSTATE. */
		connection->base->refused = PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL;
		rs_connection_error(ERROR, connection, result, NULL);
	}
	return result;
}

PGresult *
rs_connection_finish(RsConnection *connection)
{
	PGresult   *last = NULL;
	PGresult   *result;

	while ((result = rs_connection_result(connection)) != NULL)
	{
		PQclear(last);
		last = result;
		if (PQresultStatus(result) == PGRES_COPY_IN || PQresultStatus(result) == PGRES_COPY_OUT ||
			PQresultStatus(result) == PGRES_COPY_BOTH)
		{
			PQclear(result);
			elog(ERROR, "unexpected copy on the connection to compute node \"%s\"", connection->node.name);
		}
	}
	return last;
}

void
rs_connections_execute(List *list, const char *sql)
{
	ListCell   *lc;

	foreach(lc, list)
		rs_connection_send(lfirst(lc), sql, NULL);
	foreach(lc, list)
		PQclear(rs_connection_finish(lfirst(lc)));
}

#define SET_LOGGING(value) \
	"SELECT pg_catalog.set_config(name, " value ", true) FROM pg_catalog.pg_settings " \
	"WHERE name IN ('log_statement', 'log_min_error_statement', 'log_min_duration_statement', " \
	"'log_min_duration_sample', 'pg_stat_statements.track_utility') " \
	"AND (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER)"

/*
 * Options of roles and user mappings that nobody is to read.
 */
static bool
names_secret(const char *sql)
{
	static const char *const names[] = {"password", "private_key", "secret_access_key", "session_token"};

	for (; *sql != '\0'; sql++)
		for (int i = 0; i < lengthof(names); i++)
			if (pg_strncasecmp(sql, names[i], strlen(names[i])) == 0)
				return true;
	return false;
}

void
rs_connections_execute_definition(List *list, const char *sql)
{
	bool		secret = names_secret(sql);

	if (secret)
		rs_connections_execute(list, SET_LOGGING("CASE name WHEN 'log_statement' THEN 'none' "
												 "WHEN 'log_min_error_statement' THEN 'panic' "
												 "WHEN 'pg_stat_statements.track_utility' THEN 'off' ELSE '-1' END"));
	rs_connections_execute(list, sql);
	if (secret)
		rs_connections_execute(list, SET_LOGGING("reset_val"));
}

char *
rs_connection_query_value(RsConnection *connection, const char *sql)
{
	PGresult   *result;
	char	   *value = NULL;

	rs_connection_send(connection, sql, NULL);
	result = rs_connection_finish(connection);
	if (result == NULL || PQresultStatus(result) != PGRES_TUPLES_OK ||
		PQntuples(result) != 1 || PQnfields(result) != 1)
	{
		PQclear(result);
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_EXCEPTION),
				 errmsg("unexpected answer from compute node \"%s\"", connection->node.name)));
	}
	if (!PQgetisnull(result, 0, 0))
	{
		MemoryContext context = CurrentMemoryContext;
		Size		size = PQgetlength(result, 0, 0) + 1;

		/* Not an error while the result is held. */
		value = MemoryContextAllocExtended(context, size, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
		if (value != NULL)
			memcpy(value, PQgetvalue(result, 0, 0), size);
	}
	PQclear(result);
	return value;
}

bool
rs_connection_at_leader(RsConnection *connection)
{
	connection = connection->base;
	if (connection->place == UNKNOWN_PLACE)
	{
		char	   *there = rs_connection_query_value(connection, "SELECT system_identifier FROM pg_catalog.pg_control_system()");

		connection->place = there != NULL && strtoull(there, NULL, 10) == GetSystemIdentifier() ? AT_LEADER : APART;
	}
	return connection->place == AT_LEADER;
}

/* ---------------------------------------------------------------------
 * Opening and closing
 * ---------------------------------------------------------------------
 */

/*
 * The connection of these, made if need be.
 */
static RsConnection *
find(Oid mapping, Oid userid, Oid session)
{
	ConnectionKey key = {mapping, userid, session};
	RsConnection *connection;
	bool		found;

	if (connections == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(ConnectionKey), .entrysize = sizeof(RsConnection)};

		connections = hash_create("redshift connections", 16, &control, HASH_ELEM | HASH_BLOBS);
	}
	connection = hash_search(connections, &key, HASH_ENTER, &found);
	if (!found)
	{
		memset((char *) connection + sizeof(ConnectionKey), 0, sizeof(RsConnection) - sizeof(ConnectionKey));
		connection->mapping_hash = GetSysCacheHashValue1(USERMAPPINGOID, ObjectIdGetDatum(mapping));
	}
	return connection;
}

static void
set_node(RsConnection *connection, const RsNode *node)
{
	char	   *name;

	if (connection->node.name != NULL && strcmp(connection->node.name, node->name) == 0 &&
		connection->node.id == node->id && connection->node.server == node->server)
		return;
	name = strdup(node->name);
	if (name == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	free(connection->node.name);
	connection->node = *node;
	connection->node.name = name;
	connection->server_hash = GetSysCacheHashValue1(FOREIGNSERVEROID, ObjectIdGetDatum(node->server));
}

/*
 * Has a node closed a connection that nobody uses?  Its last words come before the end.
 */
static bool
closed_by_node(RsConnection *connection)
{
	return !connection->busy && (!PQconsumeInput(connection->conn) || !PQconsumeInput(connection->conn));
}

/*
 * A user's own connection.  If it has to be made, that has only begun: *starting.
 */
static RsConnection *
open_own(const RsNode *node, UserMapping *mapping, List **starting)
{
	RsConnection *connection = find(mapping->umid, mapping->userid, InvalidOid);

	connection->base = connection;
	if (connection->conn != NULL && connection->user == &last_user)
		finish_last(&last_user, connection);

	/* An error outside of transactions leaves one busy that nobody will read from any more. */
	if (connection->conn != NULL && connection->state.depth == 0 &&
		(!rs_connection_well(connection) || (connection->busy && connection->user == NULL) || closed_by_node(connection)))
		rs_connect_close(connection);
	if (connection->conn != NULL && !rs_connection_well(connection))
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("connection to compute node \"%s\" was lost", node->name)));
	if (connection->conn == NULL)
	{
		set_node(connection, node);
		connection->well = true;
		connection->stale = false;
		connection->place = UNKNOWN_PLACE;
		rs_connect_start(connection, GetForeignServer(node->server), mapping);
		*starting = lappend(*starting, connection);
	}
	return connection;
}

static UserMapping *
mapping_of(const RsNode *node, Oid userid)
{
	if (!OidIsValid(node->server))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" of compute node %d does not exist", node->name, node->id)));
	return rs_connect_mapping(userid, node->server);
}

List *
rs_connections_open_own(List *nodes, Oid userid)
{
	List	   *result = NIL;
	List	   *starting = NIL;
	ListCell   *lc;

	foreach(lc, nodes)
		result = lappend(result, open_own(lfirst(lc), mapping_of(lfirst(lc), userid), &starting));
	rs_connect_complete(starting);
	list_free(starting);
	return result;
}

List *
rs_connections_open(List *nodes, Oid userid)
{
	Oid			session = rs_acting_session(userid);
	List	   *result = NIL;
	List	   *bases;
	ListCell   *lc;

	bases = rs_connections_open_own(nodes, session);
	if (session == userid)
		return bases;
	foreach(lc, bases)
	{
		RsConnection *base = lfirst(lc);
		RsConnection *connection = find(mapping_of(&base->node, userid)->umid, userid, session);

		connection->base = base;
		set_node(connection, &base->node);
		result = lappend(result, connection);
	}
	list_free(bases);
	rs_acting_borrow(result, userid);
	return result;
}

RsConnection *
rs_connection_acting(const RsConnection *base, Oid userid)
{
	HASH_SEQ_STATUS scan;
	RsConnection *connection;

	if (base->key.userid == userid)
		return NULL;
	hash_seq_init(&scan, connections);
	while ((connection = hash_seq_search(&scan)) != NULL)
		if (connection != base && connection->base == base && connection->key.userid == userid)
		{
			hash_seq_term(&scan);
			return connection;
		}
	return NULL;
}

List *
rs_connections_open_apart(List *nodes, Oid userid)
{
	List	   *volatile result = NIL;
	ListCell   *lc;

	PG_TRY();
	{
		foreach(lc, nodes)
		{
			RsConnection *connection = palloc0(sizeof(RsConnection));
			UserMapping *mapping;

			connection->node = *(RsNode *) lfirst(lc);
			mapping = rs_connect_mapping(userid, connection->node.server);
			connection->key.mapping = mapping->umid;
			connection->key.userid = userid;
			connection->base = connection;
			connection->well = true;
			result = lappend(result, connection);
			rs_connect_start(connection, GetForeignServer(connection->node.server), mapping);
		}
		rs_connect_complete(result);
	}
	PG_CATCH();
	{
		rs_connections_close_apart(result);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return result;
}

void
rs_connections_close_apart(List *list)
{
	ListCell   *lc;

	foreach(lc, list)
		if (((RsConnection *) lfirst(lc))->conn != NULL)
			rs_connect_close(lfirst(lc));
}

void
rs_connections_close_stale(void)
{
	ListCell   *lc;

	foreach(lc, rs_connections_all())
	{
		RsConnection *connection = lfirst(lc);

		if (connection->stale || !rs_connection_well(connection))
			rs_connect_close(connection);
	}
}

static void
server_changed(Datum arg, int cacheid, uint32 hash)
{
	HASH_SEQ_STATUS scan;
	RsConnection *connection;

	if (connections == NULL)
		return;
	hash_seq_init(&scan, connections);
	while ((connection = hash_seq_search(&scan)) != NULL)
		if (hash == 0 || hash == (cacheid == USERMAPPINGOID ? connection->mapping_hash : connection->server_hash))
			connection->stale = true;
}

void
rs_connection_init(void)
{
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, server_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, server_changed, (Datum) 0);
}

/* ---------------------------------------------------------------------
 * The end of transactions
 * ---------------------------------------------------------------------
 */

/*
 * Read what has come of what is to be thrown away: true when nothing is left to come.
 */
static bool
drain(RsConnection *connection)
{
	while (connection->base->busy && rs_connection_well(connection) && !PQisBusy(connection->base->conn))
	{
		PGresult   *result = PQgetResult(connection->base->conn);
		ExecStatusType status = PQresultStatus(result);
		char	   *data;
		int			size;

		PQclear(result);
		if (result == NULL)
			connection->base->busy = false;
		else if (status == PGRES_COPY_IN)
			(void) PQputCopyEnd(connection->base->conn, "cancelled");
		else if (status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
		{
			while ((size = PQgetCopyData(connection->base->conn, &data, 1)) > 0)
				PQfreemem(data);
			if (size == 0)
				return false;
		}
	}
	return !connection->base->busy || !rs_connection_well(connection);
}

/*
 * Ask the nodes to cancel what these run.  A connection whose node does not take that
 * soon is not well.
 */
static void
cancel_all(List *list, TimestampTz until)
{
	RsCancel   *cancels = palloc(Max(list_length(list), 1) * sizeof(RsCancel));
	RsConnection **asked = palloc(Max(list_length(list), 1) * sizeof(RsConnection *));
	TimestampTz soon = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), CANCEL_TIMEOUT_MS);
	ListCell   *lc;
	int			n = 0;
	int			i;

	foreach(lc, list)
	{
		RsConnection *connection = lfirst(lc);

		if (!rs_connection_well(connection) || !connection->base->busy)
			continue;
		if (connection->base->has_key)
		{
			cancels[n].conn = connection->base->conn;
			cancels[n].key = connection->base->cancel_key;
			asked[n++] = connection;
		}
		else
		{
			PGcancel   *request = PQgetCancel(connection->base->conn);
			char		message[256];

			if (request == NULL || !PQcancel(request, message, sizeof(message)))
				connection->base->well = false;
			PQfreeCancel(request);
		}
	}
	rs_cancel_all(cancels, n, Min(soon, until));
	for (i = 0; i < n; i++)
		if (!cancels[i].done)
			asked[i]->base->well = false;
	pfree(cancels);
	pfree(asked);
}

/*
 * Has a node begun with the COPY that it was sent, or is it done?  What stands before that in
 * the same message is thrown away.
 */
static bool
copy_has_begun(RsConnection *connection)
{
	while (connection->base->busy && rs_connection_well(connection) && !PQisBusy(connection->base->conn))
	{
		PGresult   *result = PQgetResult(connection->base->conn);
		ExecStatusType status = PQresultStatus(result);

		PQclear(result);
		if (result == NULL)
			connection->base->busy = false;
		else if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
			return true;
	}
	return !connection->base->busy || !rs_connection_well(connection);
}

/*
 * A fragment that is cancelled ends; cancelled before it has begun, it would take the
 * transaction with it.
 */
static void
wait_for_copies(List *list, TimestampTz until)
{
	for (;;)
	{
		List	   *waiting = NIL;
		TimestampTz now = GetCurrentTimestamp();
		ListCell   *lc;

		foreach(lc, list)
			if (!copy_has_begun(lfirst(lc)))
				waiting = lappend(waiting, lfirst(lc));
		if (waiting == NIL || now >= until)
			return;
		(void) wait_for_sockets(waiting, TimestampDifferenceMilliseconds(now, until) + 1, false);
		list_free(waiting);
	}
}

/*
 * Cancel and throw away what these still send.  A node that had not read a command yet
 * when it was to cancel it runs it all the same: so it is asked again after some time.
 */
static void
stop_all(List *list, long wait, TimestampTz until)
{
	ListCell   *lc;

	foreach(lc, list)
		((RsConnection *) lfirst(lc))->base->user = NULL;
	cancel_all(list, until);
	for (;;)
	{
		List	   *waiting = NIL;
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz again = TimestampTzPlusMilliseconds(now, wait);

		for (;;)
		{
			list_free(waiting);
			waiting = NIL;
			foreach(lc, list)
				if (!drain(lfirst(lc)))
					waiting = lappend(waiting, lfirst(lc));
			now = GetCurrentTimestamp();
			if (waiting == NIL)
				return;
			if (now >= again || now >= until)
				break;
			(void) wait_for_sockets(waiting, TimestampDifferenceMilliseconds(now, Min(again, until)) + 1, false);
		}
		if (now >= until)
		{
			foreach(lc, waiting)
				((RsConnection *) lfirst(lc))->base->well = false;
			return;
		}
		cancel_all(waiting, until);
		list_free(waiting);
		wait = Min(wait * 2, STOP_AGAIN_MS);
	}
}

void
rs_connection_abandon(RsConnection *connection)
{
	if (connection->base->conn != NULL && connection->base->state.depth == 0)
		rs_connect_close(connection);
}

void
rs_connections_stop(List *list)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), STOP_TIMEOUT_MS);
	ListCell   *lc;

	wait_for_copies(list, until);
	stop_all(list, STOP_AGAIN_MS, until);
	foreach(lc, list)
	{
		RsConnection *connection = lfirst(lc);

		if (!rs_connection_well(connection))
			rs_connection_error(ERROR, connection, NULL, NULL);
		if (PQtransactionStatus(connection->base->conn) == PQTRANS_INERROR)
			ereport(ERROR,
					(errcode(ERRCODE_IN_FAILED_SQL_TRANSACTION),
					 errmsg("transaction on compute node \"%s\" was aborted", connection->node.name)));
	}
}

void
rs_connections_clean_up(List *list, const char *(*command) (RsConnection *), TimestampTz until, List **failed)
{
	List	   *sent = NIL;
	ListCell   *lc;

	stop_all(list, CLEAN_UP_AGAIN_MS, until);
	foreach(lc, list)
	{
		RsConnection *connection = lfirst(lc);

		if (rs_connection_well(connection) && PQsendQuery(connection->base->conn, command(connection)))
		{
			connection->base->busy = true;
			sent = lappend(sent, connection);
		}
		else
			connection->base->well = false;
	}
	foreach(lc, sent)
	{
		RsConnection *connection = lfirst(lc);

		while (connection->base->busy && rs_connection_well(connection))
		{
			long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
			PGresult   *result;

			if (PQisBusy(connection->base->conn))
			{
				if (left <= 0)
					connection->base->well = false;
				else
					(void) wait_for_sockets(list_make1(connection), left, false);
				continue;
			}
			result = PQgetResult(connection->base->conn);
			if (result == NULL)
				connection->base->busy = false;
			else if (PQresultStatus(result) == PGRES_FATAL_ERROR)
				connection->base->well = false;
			PQclear(result);
		}
	}
	foreach(lc, list)
		if (failed != NULL && !rs_connection_well(lfirst(lc)))
			*failed = lappend(*failed, lfirst(lc));
}
