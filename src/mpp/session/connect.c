/*
 * connect.c
 *	  How a connection to a compute node is made.
 *
 * How to connect is what a foreign server of postgres_fdw and a user mapping say: every
 * option that libpq knows.  As there, what is not a superuser's mapping must make the node
 * ask for a password: else its user would connect as whoever runs this server.
 *
 * All connections of a list are made at the same time, in a wait that can be cancelled.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "core/settings.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "mpp/session/connect.h"
#include "mpp/session/recovery.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/*
 * What a session at a node begins with.  The node is to find out soon if we are gone, also
 * while it runs something for us.  How long things may take, the session's own settings say.
 */
#define GREETING \
	"SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0;" \
	"SET client_connection_check_interval = '500ms';" \
	"SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;" \
	"SELECT redshift.cancel_key(), redshift.session_key()"

static uint32 opened = 0;

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

/*
 * The mapping that leads to a user's own name, whosever it is; InvalidOid: none.  Nodes have
 * the leader's mappings, which may name users of theirs otherwise than the leader does.
 */
static Oid
mapping_to(const char *user, Oid server)
{
	Relation	rel = table_open(UserMappingRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	Oid			found = InvalidOid;

	ScanKeyInit(&key, Anum_pg_user_mapping_umserver, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(server));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 1, &key);
	while (!OidIsValid(found) && (tuple = systable_getnext(scan)) != NULL)
	{
		bool		isnull;
		Datum		options = heap_getattr(tuple, Anum_pg_user_mapping_umoptions, RelationGetDescr(rel), &isnull);
		ListCell   *lc;

		foreach(lc, isnull ? NIL : untransformRelOptions(options))
			if (strcmp(((DefElem *) lfirst(lc))->defname, "user") == 0 && strcmp(defGetString(lfirst(lc)), user) == 0)
				found = ((Form_pg_user_mapping) GETSTRUCT(tuple))->oid;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

UserMapping *
rs_connect_mapping(Oid userid, Oid server)
{
	UserMapping *mapping;
	HeapTuple	tuple;
	Datum		options;
	bool		isnull;
	Oid			other = InvalidOid;

	if (!rs_is_leader() &&
		!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid), ObjectIdGetDatum(server)) &&
		!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid), ObjectIdGetDatum(server)))
		other = mapping_to(GetUserNameFromId(userid, false), server);
	if (!OidIsValid(other))
		return GetUserMapping(userid, server);
	mapping = palloc0(sizeof(UserMapping));
	mapping->umid = other;
	mapping->userid = userid;
	mapping->serverid = server;
	tuple = SearchSysCache1(USERMAPPINGOID, ObjectIdGetDatum(other));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for user mapping %u", other);
	options = SysCacheGetAttr(USERMAPPINGOID, tuple, Anum_pg_user_mapping_umoptions, &isnull);
	if (!isnull)
		mapping->options = untransformRelOptions(options);
	ReleaseSysCache(tuple);
	return mapping;
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

void
rs_connect_close(RsConnection *connection)
{
	PQfinish(connection->conn);
	ReleaseExternalFD();
	connection->conn = NULL;
	connection->busy = false;
	connection->user = NULL;
	memset(&connection->state, 0, sizeof(RsRemoteState));
	free(connection->session.settings);
	memset(&connection->session, 0, sizeof(RsRemoteSession));
}

static void
connect_failed(RsConnection *connection)
{
	char	   *message = pchomp(PQerrorMessage(connection->conn));

	rs_connect_close(connection);
	ereport(ERROR,
			(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
			 errmsg("could not connect to compute node \"%s\"", connection->node.name),
			 errdetail_internal("%s", message)));
}

/*
 * Begin to connect.  The mapping's user is by default named as the local one, the
 * database as this one.
 */
void
rs_connect_start(RsConnection *connection, ForeignServer *server, UserMapping *mapping)
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
	connection->opened = ++opened;
	connection->acting = connection;
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
	UserMapping *mapping = rs_connect_mapping(connection->key.userid, connection->node.server);

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
		connection->pid = PQbackendPID(connection->conn);
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
			strlcpy(connection->session_key, PQgetvalue(result, 0, 1), sizeof(connection->session_key));
		}
		PQclear(result);
	}
	return false;
}

bool
rs_connection_at_node(const RsConnection *connection)
{
	return connection->base->has_key;
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

void
rs_connect_complete(List *starting)
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
				rs_connect_close(lfirst(lc));
		PG_RE_THROW();
	}
	PG_END_TRY();
}
