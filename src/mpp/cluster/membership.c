/*
 * membership.c
 *	  Compute nodes join the cluster.
 *
 * add_node() looks whether a server can be a compute node: the same major version of
 * PostgreSQL and version of the extension, the same encoding and locale (keys must hash
 * and sort alike), settings that two-phase commit needs, a clock that agrees.  Then the
 * node gets the cluster's catalogs, in the transaction of the caller on all nodes.
 *
 * The first node gets all slices.  Later ones take their share of them at once while no
 * table has rows on the nodes; else they wait for redshift.rebalance().  All that nodes
 * have besides rows, and the rows of tables that are on all nodes, a node gets when it
 * joins (definition.c).
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "mpp/cluster/definition.h"
#include "mpp/cluster/membership.h"
#include "mpp/cluster/node.h"
#include "mpp/session/connection.h"
#include "mpp/session/recovery.h"
#include "mpp/session/remote_transaction.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/rel.h"

#define CLOCK_SKEW_SECONDS	2	/* more is warned of */

PG_FUNCTION_INFO_V1(rs_cluster_changed);
PG_FUNCTION_INFO_V1(rs_add_node);

/*
 * cluster_changed(): see above.
 */
Datum
rs_cluster_changed(PG_FUNCTION_ARGS)
{
	Oid			catalog = rs_cluster_catalog();

	if (OidIsValid(catalog))
		CacheInvalidateRelcacheByRelid(catalog);
	PG_RETURN_VOID();
}

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", sql);
}

/* ---------------------------------------------------------------------
 * Can the server be a node?
 * ---------------------------------------------------------------------
 */

static void
refuse(const char *name, const char *what, const char *here, const char *there, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("server \"%s\" cannot be a compute node: its %s differs", name, what),
			 errdetail("It is \"%s\" there and \"%s\" here.", there, here),
			 hint ? errhint("%s", hint) : 0));
}

/*
 * The value of a query here, as text.
 */
static char *
value_here(const char *sql)
{
	char	   *value;

	run(sql);
	if (SPI_processed != 1)
		elog(ERROR, "unexpected answer: %s", sql);
	value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	return value ? value : "";
}

static void
check_alike(RsConnection *connection, const char *what, const char *sql, const char *hint)
{
	char	   *here = value_here(sql);
	char	   *there = rs_connection_query_value(connection, sql);

	if (strcmp(here, there ? there : "") != 0)
		refuse(rs_connection_node(connection)->name, what, here, there ? there : "", hint);
}

static void
check_node(RsConnection *connection)
{
	const char *name = rs_connection_node(connection)->name;
	char	   *there;
	double		skew;

	check_alike(connection, "major version of PostgreSQL",
				"SELECT pg_catalog.current_setting('server_version_num')::int4 / 10000", NULL);
	check_alike(connection, "encoding", "SELECT pg_catalog.getdatabaseencoding()", NULL);
	check_alike(connection, "locale",
				"SELECT pg_catalog.concat_ws(' ', datlocprovider, datcollate, datctype, daticulocale) "
				"FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()",
				"Create its database with the LOCALE of this one.");
	if (rs_connection_at_leader(connection) &&
		strcmp(rs_connection_query_value(connection, "SELECT pg_catalog.current_database()"),
			   get_database_name(MyDatabaseId)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" is this database itself", name),
				 errhint("A compute node is another server, or another database of this one.")));
	if (strtol(rs_connection_query_value(connection, "SELECT pg_catalog.current_setting('max_prepared_transactions')"),
			   NULL, 10) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" cannot be a compute node: it allows no prepared transactions", name),
				 errhint("Set \"max_prepared_transactions\" there to at least \"max_connections\" of this server.")));
	if (strstr(rs_connection_query_value(connection,
										 "SELECT pg_catalog.current_setting('shared_preload_libraries')"), "redshift_ext") == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" cannot be a compute node: it does not preload redshift_ext", name),
				 errhint("Add redshift_ext to \"shared_preload_libraries\" there and restart it.")));
	rs_connections_execute(list_make1(connection), "CREATE EXTENSION IF NOT EXISTS redshift_ext");
	check_alike(connection, "version of redshift_ext",
				"SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'redshift_ext'",
				"Run ALTER EXTENSION redshift_ext UPDATE where it is older.");
	there = rs_connection_query_value(connection, "SELECT pg_catalog.min(id::text) FROM redshift.cluster");
	if (there != NULL && strcmp(there, rs_cluster()->id) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("server \"%s\" belongs to another cluster", name)));
	there = rs_connection_query_value(connection, "SELECT pg_catalog.extract('epoch', pg_catalog.clock_timestamp())");
	skew = strtod(there, NULL) - GetCurrentTimestamp() / (double) USECS_PER_SEC -
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (double) SECS_PER_DAY;
	if (fabs(skew) > CLOCK_SKEW_SECONDS)
		ereport(WARNING,
				(errmsg("the clock of compute node \"%s\" is off by %.1f seconds", name, skew)));
}

/* ---------------------------------------------------------------------
 * Joining
 * ---------------------------------------------------------------------
 */

/*
 * Make a cluster of this server, without nodes and with all slices to be dealt.
 */
static void
found_cluster(int slices)
{
	if (slices < 1 || slices > RS_MOST_SLICES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a cluster has between 1 and %d slices", RS_MOST_SLICES)));
	run("INSERT INTO redshift.cluster VALUES (pg_catalog.gen_random_uuid(), 0)");
	run(psprintf("INSERT INTO redshift.slice SELECT s, 0 FROM pg_catalog.generate_series(0, %d) s", slices - 1));
}

/*
 * Deal the slices to the nodes, as evenly as can be.
 */
static void
deal_slices(void)
{
	run("UPDATE redshift.slice s SET node_id = n.node_id "
		"FROM (SELECT node_id, pg_catalog.row_number() OVER (ORDER BY node_id) - 1 AS place, "
		"pg_catalog.count(*) OVER () AS nodes FROM redshift.node) n WHERE s.slice % n.nodes = n.place");
}

void
rs_membership_changed(void)
{
	run("SELECT redshift.cluster_changed()");
	CommandCounterIncrement();
}

/*
 * Nodes reach each other as the leader reaches them: by servers and user mappings of
 * the same names.
 */
static void
share_servers(List *connections)
{
	static const char *const statements[] = {
		"SELECT pg_catalog.format('CREATE SERVER IF NOT EXISTS %I FOREIGN DATA WRAPPER postgres_fdw%s', s.srvname, "
		"(SELECT ' OPTIONS (' || pg_catalog.string_agg(pg_catalog.format('%I %L', option_name, option_value), ', ') || ')' "
		"FROM pg_catalog.pg_options_to_table(s.srvoptions))) "
		"FROM pg_catalog.pg_foreign_server s JOIN redshift.node n ON n.server = s.srvname ORDER BY n.node_id",
		"SELECT pg_catalog.format('CREATE USER MAPPING IF NOT EXISTS FOR %s SERVER %I%s', "
		"CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(m.usename) END, m.srvname, "
		"(SELECT ' OPTIONS (' || pg_catalog.string_agg(pg_catalog.format('%I %L', option_name, option_value), ', ') || ')' "
		"FROM pg_catalog.pg_options_to_table(m.umoptions))) "
		"FROM pg_catalog.pg_user_mappings m JOIN redshift.node n ON n.server = m.srvname ORDER BY n.node_id"
	};
	int			i;

	rs_connections_execute(connections, "CREATE EXTENSION IF NOT EXISTS postgres_fdw");
	for (i = 0; i < lengthof(statements); i++)
	{
		uint64		row;

		run(statements[i]);
		for (row = 0; row < SPI_processed; row++)
			rs_connections_execute_definition(connections, SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1));
	}
}

/*
 * Tell all nodes what the catalogs say.
 */
void
rs_membership_publish(List *connections)
{
	ListCell   *lc;

	foreach(lc, connections)
	{
		RsConnection *connection = lfirst(lc);
		char	   *sql;

		run(psprintf("SELECT pg_catalog.format('SELECT redshift.set_cluster(%%L, %%s, %%L, %%L, %%L)', c.id, %d, "
					 "(SELECT pg_catalog.array_agg(node_id ORDER BY node_id) FROM redshift.node), "
					 "(SELECT pg_catalog.array_agg(server ORDER BY node_id) FROM redshift.node), "
					 "(SELECT pg_catalog.array_agg(node_id ORDER BY slice) FROM redshift.slice)) "
					 "FROM redshift.cluster c", rs_connection_node(connection)->id));
		sql = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
		rs_connection_send(connection, sql, NULL);
	}
	foreach(lc, connections)
		PQclear(rs_connection_finish(lfirst(lc)));
}

/*
 * add_node(server, slices): make a foreign server a compute node; returns its id.
 * slices: of the whole cluster, if this is its first node.
 */
Datum
rs_add_node(PG_FUNCTION_ARGS)
{
	char	   *name = NameStr(*PG_GETARG_NAME(0));
	ForeignServer *server = GetForeignServerByName(name, false);
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	List	   *nodes;
	List	   *connections;
	ListCell   *lc;
	int32		id;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to add a compute node")));
	if (strcmp(wrapper->fdwname, "postgres_fdw") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is of foreign-data wrapper \"%s\"", name, wrapper->fdwname),
				 errhint("Create it with FOREIGN DATA WRAPPER postgres_fdw.")));
	rs_recovery_check_preloaded();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	run("LOCK TABLE redshift.cluster IN SHARE ROW EXCLUSIVE MODE");
	if (rs_cluster() != NULL && rs_cluster()->self != RS_LEADER_NODE)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server is a compute node"),
				 errhint("Add nodes at the leader.")));
	if (rs_cluster() == NULL)
		found_cluster(PG_GETARG_INT32(1));
	id = atoi(value_here("SELECT coalesce(pg_catalog.max(node_id), 0) + 1 FROM redshift.node"));
	run(psprintf("INSERT INTO redshift.node VALUES (%d, %s)", id, quote_literal_cstr(name)));
	rs_membership_changed();
	nodes = rs_cluster()->nodes;
	connections = rs_connections_open(nodes, GetUserId());
	rs_recovery_before_joining(llast(connections));
	rs_remote_begin(connections);
	foreach(lc, connections)
		rs_remote_will_write(lfirst(lc));
	check_node(llast(connections));
	rs_definition_lock_tables();
	if (!rs_definition_have_rows(list_truncate(list_copy(connections), list_length(connections) - 1)))
	{
		deal_slices();
		rs_membership_changed();
	}
	if (!rs_connection_at_leader(llast(connections)))
		rs_definition_send_roles(llast(connections));
	share_servers(connections);
	rs_membership_publish(connections);
	rs_definition_send(llast(connections), list_length(connections) > 1 ? linitial(connections) : NULL);
	SPI_finish();
	PG_RETURN_INT32(id);
}
