/*
 * connection.c
 *	  Connections of this session to compute nodes.
 *
 * One connection for each node and user mapping, kept until the session ends, its
 * server or mapping changes, or it breaks.  How to connect is what a foreign server of
 * postgres_fdw and a user mapping say: every option that libpq knows.  As there, what
 * is not a superuser's mapping must make the node ask for a password: else its user
 * would connect as whoever runs this server.
 *
 * Nothing here blocks in libpq: all waiting is in WaitEventSets that also wait for the
 * latch, so a session can be cancelled while it waits for any number of nodes.
 *
 * A connection does one thing at a time.  A reader that has not read all of its rows
 * (RsConnectionUser) is asked to finish when someone else needs the connection.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "commands/dbcommands.h"
#include "core/settings.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "mpp/cancel.h"
#include "mpp/connection.h"
#include "mpp/deadlock.h"
#include "mpp/recovery.h"
#include "mpp/remote_transaction.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define STOP_TIMEOUT_MS			30000	/* for what was cancelled to end */
#define CANCEL_TIMEOUT_MS		3000	/* for a node to take a request to cancel */
#define STOP_AGAIN_MS			1000	/* before another such request, if what it runs goes on */
#define CLEAN_UP_AGAIN_MS		100		/* ... at the end of transactions */
#define LONGEST_UNCHECKED_MS	10000	/* of waiting, between looks for a deadlock */
#define SHOWN_STATEMENT			300		/* bytes of a statement in an error's context */

/*
 * What a session at a node begins with.  The node is to find out soon if we are gone, also
 * while it runs something for us.
 */
#define GREETING \
	"SET client_connection_check_interval = '500ms';" \
	"SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;" \
	"SELECT redshift.cancel_key()"

/*
 * One mapping may be of several users, PUBLIC: they do not share what they may do.
 */
typedef struct ConnectionKey
{
	Oid			mapping;		/* OID of the user mapping */
	Oid			userid;
} ConnectionKey;

struct RsConnection
{
	ConnectionKey key;
	RsNode		node;			/* the name is malloc'd */
	PGconn	   *conn;			/* NULL: not connected */
	PostgresPollingStatusType polling;	/* while connecting */
	bool		greeting;		/* connected, its first commands are under way */
	bool		has_key;
	int32		cancel_key;
	bool		well;			/* false: to be closed at the end of the transaction */
	bool		stale;			/* server or mapping have changed: likewise */
	bool		busy;			/* something was sent, not all results were read */
	RsConnectionUser *user;
	uint32		server_hash;
	uint32		mapping_hash;
	RsRemoteState state;
};

static HTAB *connections = NULL;

const RsNode *
rs_connection_node(const RsConnection *connection)
{
	return &connection->node;
}

PGconn *
rs_connection_libpq(const RsConnection *connection)
{
	return connection->conn;
}

RsRemoteState *
rs_connection_state(RsConnection *connection)
{
	return &connection->state;
}

bool
rs_connection_well(const RsConnection *connection)
{
	return connection->well && PQstatus(connection->conn) == CONNECTION_OK;
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
		message = pchomp(PQerrorMessage(connection->conn));
	PQclear(result);
	if (PQstatus(connection->conn) != CONNECTION_OK)
		connection->well = false;
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
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	foreach(lc, list)
	{
		RsConnection *connection = lfirst(lc);
		uint32		wish = WL_SOCKET_READABLE;

		if (!rs_connection_well(connection))
			continue;
		if (writing || PQflush(connection->conn) == 1)
			wish |= WL_SOCKET_WRITEABLE;
		AddWaitEventToSet(set, wish, PQsocket(connection->conn), NULL, connection);
	}
	got = WaitEventSetWait(set, timeout_ms, events, n + 2, PG_WAIT_EXTENSION);
	for (i = 0; i < got; i++)
	{
		RsConnection *connection = events[i].user_data;

		if (events[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		else if ((events[i].events & WL_SOCKET_READABLE) && !PQconsumeInput(connection->conn))
			connection->well = false;
		else if ((events[i].events & WL_SOCKET_WRITEABLE) && PQflush(connection->conn) < 0)
			connection->well = false;
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
		connection->well = false;
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
		if (list != NIL && ((RsConnection *) linitial(list))->state.depth > 0)
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

	while ((left = PQflush(connection->conn)) > 0)
	{
		wait_checked(list, true);
		if (!connection->well)
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

void
rs_connection_send(RsConnection *connection, const char *sql, RsConnectionUser *user)
{
	if (connection->user != NULL && connection->busy)
	{
		RsConnectionUser *reader = connection->user;

		connection->user = NULL;
		reader->finish(reader, connection);
	}
	if (connection->busy)
		elog(ERROR, "connection to compute node \"%s\" is in use", connection->node.name);
	if (!PQsendQuery(connection->conn, sql))
		rs_connection_error(ERROR, connection, NULL, sql);
	connection->busy = true;
	connection->user = user;
}

PGresult *
rs_connection_result(RsConnection *connection)
{
	PGresult   *result;

	while (PQisBusy(connection->conn))
		rs_connections_wait(list_make1(connection));
	result = PQgetResult(connection->conn);
	if (result == NULL)
	{
		connection->busy = false;
		connection->user = NULL;
	}
	else if (PQresultStatus(result) == PGRES_FATAL_ERROR)
		rs_connection_error(ERROR, connection, result, NULL);
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
		if (PQresultStatus(result) == PGRES_COPY_IN || PQresultStatus(result) == PGRES_COPY_OUT)
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

/* ---------------------------------------------------------------------
 * Opening and closing
 * ---------------------------------------------------------------------
 */

static bool
is_libpq_option(const PQconninfoOption *known, const char *name)
{
	for (; known->keyword != NULL; known++)
		if (strcmp(known->keyword, name) == 0)
			return strchr(known->dispchar, 'D') == NULL;
	return false;
}

/*
 * Append the options that libpq knows; later ones win.
 */
static int
add_options(const char **keywords, const char **values, int n, List *options, const PQconninfoOption *known)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst(lc);

		if (is_libpq_option(known, def->defname))
		{
			keywords[n] = def->defname;
			values[n++] = defGetString(def);
		}
	}
	return n;
}

static bool
mapping_needs_password(const UserMapping *mapping)
{
	ListCell   *lc;

	if (superuser_arg(mapping->userid))
		return false;
	foreach(lc, mapping->options)
		if (strcmp(((DefElem *) lfirst(lc))->defname, "password_required") == 0)
			return defGetBoolean(lfirst(lc));
	return true;
}

static bool
has_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
		if (strcmp(((DefElem *) lfirst(lc))->defname, name) == 0)
			return true;
	return false;
}

static void
password_required(const RsConnection *connection, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
			 errmsg("password or certificate is required for compute node \"%s\"", connection->node.name),
			 errdetail("%s", detail),
			 errhint("Set \"password\" or \"sslcert\" in the user mapping, and let the node ask for it.")));
}

static void
close_connection(RsConnection *connection)
{
	PQfinish(connection->conn);
	ReleaseExternalFD();
	connection->conn = NULL;
	memset(&connection->state, 0, sizeof(RsRemoteState));
}

static void
connect_failed(RsConnection *connection)
{
	char	   *message = pchomp(PQerrorMessage(connection->conn));

	close_connection(connection);
	ereport(ERROR,
			(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
			 errmsg("could not connect to compute node \"%s\"", connection->node.name),
			 errdetail_internal("%s", message)));
}

/*
 * Begin to connect.  The mapping's user is by default named as the local one, the
 * database as this one.
 */
static void
start(RsConnection *connection, ForeignServer *server, UserMapping *mapping)
{
	int			most = list_length(server->options) + list_length(mapping->options) + 10;
	const char **keywords = palloc0(most * sizeof(char *));
	const char **values = palloc0(most * sizeof(char *));
	PQconninfoOption *known;
	int			n = 0;
	char	   *user = GetUserNameFromId(mapping->userid, false);
	char	   *database = get_database_name(MyDatabaseId);

	if (mapping_needs_password(mapping) &&
		!has_option(mapping->options, "password") && !has_option(mapping->options, "sslcert"))
		password_required(connection, "The user mapping of a user who is not a superuser has neither.");
	known = PQconndefaults();
	if (known == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	keywords[n] = "user";
	values[n++] = user;
	keywords[n] = "dbname";
	values[n++] = database;

	/* A node that is gone without a word is to be missed while we wait for it. */
	keywords[n] = "keepalives_idle";
	values[n++] = "10";
	keywords[n] = "keepalives_interval";
	values[n++] = "5";
	keywords[n] = "keepalives_count";
	values[n++] = "3";
	n = add_options(keywords, values, n, server->options, known);
	n = add_options(keywords, values, n, mapping->options, known);
	keywords[n] = "application_name";
	values[n++] = rs_is_leader() ?
		psprintf(RS_APPLICATION_NAME " " UINT64_FORMAT, MyProcPid, rs_recovery_incarnation()) :
		psprintf("redshift_ext exchange of process %d", MyProcPid);
	keywords[n] = "client_encoding";
	values[n++] = GetDatabaseEncodingName();
	PQconninfoFree(known);
	if (!AcquireExternalFD())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not connect to compute node \"%s\"", connection->node.name),
				 errdetail("There are too many open files."),
				 errhint("Raise the server's \"max_files_per_process\" or the system's limit of open files.")));
	connection->conn = PQconnectStartParams(keywords, values, 0);
	if (connection->conn == NULL)
	{
		ReleaseExternalFD();
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	}
	connection->greeting = false;
	connection->has_key = false;
	if (PQstatus(connection->conn) == CONNECTION_BAD)
		connect_failed(connection);
	connection->polling = PGRES_POLLING_WRITING;
	pfree(keywords);
	pfree(values);
}

/*
 * Is the user let in as the mapping says, and not as whoever runs this server?
 */
static void
check_password_used(const RsConnection *connection)
{
	UserMapping *mapping = GetUserMapping(connection->key.userid, connection->node.server);

	if (mapping_needs_password(mapping) &&
		!(has_option(mapping->options, "password") && PQconnectionUsedPassword(connection->conn)) &&
		!(has_option(mapping->options, "sslcert") && PQgetssl(connection->conn) != NULL))
		password_required(connection, "The node let the user in without asking.");
}

/*
 * Go on with one whose socket is ready: true when it has been greeted.
 */
static bool
go_on(RsConnection *connection)
{
	PGresult   *result;

	if (!connection->greeting)
	{
		connection->polling = PQconnectPoll(connection->conn);
		if (connection->polling == PGRES_POLLING_FAILED)
			connect_failed(connection);
		if (connection->polling != PGRES_POLLING_OK)
			return false;
		check_password_used(connection);
		if (PQsetnonblocking(connection->conn, 1) != 0 || !PQsendQuery(connection->conn, GREETING))
			connect_failed(connection);
		connection->greeting = true;
		connection->polling = PGRES_POLLING_READING;
		return false;
	}
	if (!PQconsumeInput(connection->conn))
		connect_failed(connection);
	while (!PQisBusy(connection->conn))
	{
		result = PQgetResult(connection->conn);
		if (result == NULL)
			return true;

		/* A server that is to become a node does not know the function yet. */
		if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
		{
			connection->has_key = true;
			connection->cancel_key = atoi(PQgetvalue(result, 0, 0));
		}
		PQclear(result);
	}
	return false;
}

/*
 * Bring connections that were begun to their end, all at the same time.
 */
static void
complete(List *starting)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), rs_node_timeout);

	while (starting != NIL)
	{
		int			n = list_length(starting);
		WaitEvent  *events = palloc((n + 2) * sizeof(WaitEvent));
		WaitEventSet *set = CreateWaitEventSet(CurrentMemoryContext, n + 2);
		long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
		ListCell   *lc;
		int			got;

		AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
		AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
		foreach(lc, starting)
		{
			RsConnection *connection = lfirst(lc);

			AddWaitEventToSet(set, connection->polling == PGRES_POLLING_READING ?
							  WL_SOCKET_READABLE : WL_SOCKET_WRITEABLE,
							  PQsocket(connection->conn), NULL, connection);
		}
		got = WaitEventSetWait(set, left, events, n + 2, PG_WAIT_EXTENSION);
		FreeWaitEventSet(set);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (got == 0)
		{
			RsConnection *connection = linitial(starting);

			ereport(ERROR,
					(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
					 errmsg("could not connect to compute node \"%s\"", connection->node.name),
					 errdetail("It did not answer within %d ms.", rs_node_timeout)));
		}
		while (got-- > 0)
			if (events[got].user_data != NULL && go_on(events[got].user_data))
				starting = list_delete_ptr(starting, events[got].user_data);
		pfree(events);
	}
}

static RsConnection *
find(const RsNode *node, UserMapping *mapping)
{
	ConnectionKey key = {mapping->umid, mapping->userid};
	RsConnection *connection;
	bool		found;

	if (connections == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(ConnectionKey), .entrysize = sizeof(RsConnection)};

		connections = hash_create("redshift connections", 16, &control, HASH_ELEM | HASH_BLOBS);
	}
	connection = hash_search(connections, &key, HASH_ENTER, &found);
	if (!found)
		memset((char *) connection + sizeof(ConnectionKey), 0, sizeof(RsConnection) - sizeof(ConnectionKey));
	if (connection->conn == NULL)
	{
		char	   *name = strdup(node->name);

		if (name == NULL)
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
		free(connection->node.name);
		connection->node = *node;
		connection->node.name = name;
		connection->server_hash = GetSysCacheHashValue1(FOREIGNSERVEROID, ObjectIdGetDatum(node->server));
		connection->mapping_hash = GetSysCacheHashValue1(USERMAPPINGOID, ObjectIdGetDatum(mapping->umid));
		connection->well = true;
		connection->stale = false;
		connection->busy = false;
		connection->user = NULL;
	}
	return connection;
}

/*
 * Bring connections that were begun to their end, or close them all.
 */
static void
complete_all(List *starting)
{
	ListCell   *lc;

	PG_TRY();
	{
		complete(list_copy(starting));
	}
	PG_CATCH();
	{
		foreach(lc, starting)
			if (((RsConnection *) lfirst(lc))->conn != NULL)
				close_connection(lfirst(lc));
		PG_RE_THROW();
	}
	PG_END_TRY();
}

List *
rs_connections_open(List *nodes, Oid userid)
{
	List	   *result = NIL;
	List	   *starting = NIL;
	ListCell   *lc;

	foreach(lc, nodes)
	{
		const RsNode *node = lfirst(lc);
		UserMapping *mapping;
		RsConnection *connection;

		if (!OidIsValid(node->server))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("server \"%s\" of compute node %d does not exist", node->name, node->id)));
		mapping = GetUserMapping(userid, node->server);
		connection = find(node, mapping);

		/* An error outside of transactions leaves one busy that nobody will read from any more. */
		if (connection->conn != NULL && connection->state.depth == 0 &&
			(!rs_connection_well(connection) || (connection->busy && connection->user == NULL)))
			close_connection(connection);
		if (connection->conn != NULL && !rs_connection_well(connection))
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("connection to compute node \"%s\" was lost", node->name)));
		if (connection->conn == NULL)
		{
			connection->well = true;
			start(connection, GetForeignServer(node->server), mapping);
			starting = lappend(starting, connection);
		}
		result = lappend(result, connection);
	}
	complete_all(starting);
	list_free(starting);
	return result;
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
			mapping = GetUserMapping(userid, connection->node.server);
			connection->key.mapping = mapping->umid;
			connection->key.userid = userid;
			connection->well = true;
			result = lappend(result, connection);
			start(connection, GetForeignServer(connection->node.server), mapping);
		}
		complete_all(result);
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
			close_connection(lfirst(lc));
}

void
rs_connections_close_stale(void)
{
	ListCell   *lc;

	foreach(lc, rs_connections_all())
	{
		RsConnection *connection = lfirst(lc);

		if (connection->stale || !rs_connection_well(connection))
			close_connection(connection);
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
	while (connection->busy && rs_connection_well(connection) && !PQisBusy(connection->conn))
	{
		PGresult   *result = PQgetResult(connection->conn);
		ExecStatusType status = PQresultStatus(result);
		char	   *data;
		int			size;

		PQclear(result);
		if (result == NULL)
			connection->busy = false;
		else if (status == PGRES_COPY_IN)
			(void) PQputCopyEnd(connection->conn, "cancelled");
		else if (status == PGRES_COPY_OUT)
		{
			while ((size = PQgetCopyData(connection->conn, &data, 1)) > 0)
				PQfreemem(data);
			if (size == 0)
				return false;
		}
	}
	return !connection->busy || !rs_connection_well(connection);
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

		if (!rs_connection_well(connection) || !connection->busy)
			continue;
		if (connection->has_key)
		{
			cancels[n].conn = connection->conn;
			cancels[n].key = connection->cancel_key;
			asked[n++] = connection;
		}
		else
		{
			PGcancel   *request = PQgetCancel(connection->conn);
			char		message[256];

			if (request == NULL || !PQcancel(request, message, sizeof(message)))
				connection->well = false;
			PQfreeCancel(request);
		}
	}
	rs_cancel_all(cancels, n, Min(soon, until));
	for (i = 0; i < n; i++)
		if (!cancels[i].done)
			asked[i]->well = false;
	pfree(cancels);
	pfree(asked);
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
		((RsConnection *) lfirst(lc))->user = NULL;
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
				((RsConnection *) lfirst(lc))->well = false;
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
	if (connection->conn != NULL && connection->state.depth == 0)
		close_connection(connection);
}

void
rs_connections_stop(List *list)
{
	ListCell   *lc;

	stop_all(list, STOP_AGAIN_MS, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), STOP_TIMEOUT_MS));
	foreach(lc, list)
	{
		RsConnection *connection = lfirst(lc);

		if (!rs_connection_well(connection))
			rs_connection_error(ERROR, connection, NULL, NULL);
		if (PQtransactionStatus(connection->conn) == PQTRANS_INERROR)
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

		if (rs_connection_well(connection) && PQsendQuery(connection->conn, command(connection)))
		{
			connection->busy = true;
			sent = lappend(sent, connection);
		}
		else
			connection->well = false;
	}
	foreach(lc, sent)
	{
		RsConnection *connection = lfirst(lc);

		while (connection->busy && rs_connection_well(connection))
		{
			long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
			PGresult   *result;

			if (PQisBusy(connection->conn))
			{
				if (left <= 0)
					connection->well = false;
				else
					(void) wait_for_sockets(list_make1(connection), left, false);
				continue;
			}
			result = PQgetResult(connection->conn);
			if (result == NULL)
				connection->busy = false;
			else if (PQresultStatus(result) == PGRES_FATAL_ERROR)
				connection->well = false;
			PQclear(result);
		}
	}
	foreach(lc, list)
		if (failed != NULL && !rs_connection_well(lfirst(lc)))
			*failed = lappend(*failed, lfirst(lc));
}
