/*
 * definition.c
 *	  A node that joins gets what nodes are to have.
 *
 * The leader's catalogs, as SQL (definition.sql), are run on the node in the transaction
 * that adds it, with nothing but pg_catalog in the search path: all names are qualified.
 * Rows of tables that are on all nodes go from another node to it through the leader,
 * as the messages they come in.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/heap.h"
#include "catalog/pg_authid.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "miscadmin.h"
#include "mpp/cluster/definition.h"
#include "mpp/cluster/table.h"
#include "mpp/session/remote_transaction.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(rs_set_missing_value);

#define STATEMENT_BYTES		(256 * 1024)	/* so much SQL is sent at once */

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", sql);
}

static char *
value_of(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

void
rs_definition_query(const char *query)
{
	Oid			userid;
	int			context;

	GetUserIdAndSecContext(&userid, &context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, context | SECURITY_LOCAL_USERID_CHANGE);
	run(query);
	SetUserIdAndSecContext(userid, context);
}

void
rs_definition_run(List *connections, const char *query)
{
	StringInfoData sql;
	SPITupleTable *rows;
	uint64		n;
	uint64		row;

	rs_definition_query(query);
	rows = SPI_tuptable;
	n = SPI_processed;
	initStringInfo(&sql);
	for (row = 0; row < n; row++)
	{
		char	   *statement = SPI_getvalue(rows->vals[row], rows->tupdesc, 1);

		appendStringInfo(&sql, "%s;\n", statement);
		pfree(statement);
		if (sql.len < STATEMENT_BYTES && row + 1 < n)
			continue;
		rs_connections_execute_definition(connections, sql.data);
		resetStringInfo(&sql);
	}
	SPI_freetuptable(rows);
	pfree(sql.data);
}

void
rs_definition_send_roles(RsConnection *node)
{
	rs_definition_run(list_make1(node), "SELECT redshift.definition_of_roles()");
}

void
rs_definition_find_tables(void)
{
	run("SELECT d.relid, pg_catalog.format('%I.%I', n.nspname, c.relname), "
		"pg_catalog.concat_ws(', ', VARIADIC ARRAY(SELECT pg_catalog.quote_ident(attname) FROM pg_catalog.pg_attribute a "
		"WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum)) "
		"FROM redshift.distributed_table d JOIN pg_catalog.pg_class c ON c.oid = d.relid "
		"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY d.relid");
}

bool
rs_definition_is_on_all(Oid relid)
{
	AttrNumber	key;

	return rs_table_spread(relid, &key) == RS_DIST_ALL;
}

void
rs_definition_lock_tables(void)
{
	uint64		row;

	rs_definition_find_tables();
	for (row = 0; row < SPI_processed; row++)
		LockRelationOid(strtoul(value_of(row, 1), NULL, 10), ShareLock);
}

bool
rs_definition_have_rows(List *connections)
{
	uint64		row;
	ListCell   *lc;

	rs_definition_find_tables();
	for (row = 0; row < SPI_processed; row++)
	{
		char	   *sql;

		CHECK_FOR_INTERRUPTS();
		if (rs_definition_is_on_all(strtoul(value_of(row, 1), NULL, 10)))
			continue;
		sql = psprintf("SELECT EXISTS (SELECT FROM ONLY %s)", value_of(row, 2));
		foreach(lc, connections)
			if (rs_connection_query_value(lfirst(lc), sql)[0] == 't')
				return true;
	}
	return false;
}

static void
begin_copy(RsConnection *connection, const char *sql, ExecStatusType expected)
{
	PGresult   *result;

	rs_connection_send(connection, sql, NULL);
	result = rs_connection_result(connection);
	if (PQresultStatus(result) != expected)
		rs_connection_error(ERROR, connection, result, sql);
	PQclear(result);
}

/*
 * Give what a connection sends to another one.  An error may leave libpq's copy of a
 * message behind only until PQputCopyData has it: nothing else is done meanwhile.
 */
static void
relay(RsConnection *from, RsConnection *to)
{
	PGconn	   *source = rs_connection_libpq(from);
	PGconn	   *target = rs_connection_libpq(to);

	for (;;)
	{
		char	   *data;
		int			size = PQgetCopyData(source, &data, 1);
		int			done;

		if (size < 0)
			break;
		if (size == 0)
		{
			rs_connections_wait(list_make1(from));
			continue;
		}

		/* All that was put before has been sent, so that there is room. */
		done = PQputCopyData(target, data, size);
		PQfreemem(data);
		if (done <= 0)
			rs_connection_error(ERROR, to, NULL, NULL);
		rs_connection_flush(to);
	}
	PQclear(rs_connection_finish(from));
	if (PQputCopyEnd(target, NULL) <= 0)
		rs_connection_error(ERROR, to, NULL, NULL);
	PQclear(rs_connection_finish(to));
}

static void
copy_table(RsConnection *source, RsConnection *node, const char *name, const char *columns)
{
	begin_copy(source, psprintf("COPY (SELECT %s FROM ONLY %s) TO STDOUT (FORMAT redshift_batch)", columns, name),
			   PGRES_COPY_OUT);
	begin_copy(node, psprintf("COPY %s (%s) FROM STDIN (FORMAT redshift_batch)", name, columns), PGRES_COPY_IN);
	relay(source, node);
}

static void
copy_rows(RsConnection *source, RsConnection *node)
{
	SPITupleTable *tables;
	uint64		n;
	uint64		row;

	rs_definition_find_tables();
	tables = SPI_tuptable;
	n = SPI_processed;
	for (row = 0; row < n; row++)
	{
		char	   *name = SPI_getvalue(tables->vals[row], tables->tupdesc, 2);
		char	   *columns = SPI_getvalue(tables->vals[row], tables->tupdesc, 3);

		if (!rs_definition_is_on_all(strtoul(SPI_getvalue(tables->vals[row], tables->tupdesc, 1), NULL, 10)))
			continue;
		copy_table(source, node, name, columns);
	}
}

void
rs_definition_send(RsConnection *node, RsConnection *source)
{
	rs_connections_execute(list_make1(node), "SELECT pg_catalog.set_config('search_path', 'pg_catalog', true), "
						   "pg_catalog.set_config('check_function_bodies', 'off', true)");
	rs_definition_run(list_make1(node), "SELECT redshift.definition_statement(false)");
	if (source != NULL)
		copy_rows(source, node);
	rs_definition_run(list_make1(node), "SELECT redshift.definition_statement(true)");
}

/*
 * set_missing_value(table, column, value): as on the leader, so that row groups without
 * the column can come from other nodes.  value: an array of one, as pg_attribute has it.
 */
Datum
rs_set_missing_value(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to set a column's missing value")));
	SetAttrMissing(relid, NameStr(*PG_GETARG_NAME(1)), text_to_cstring(PG_GETARG_TEXT_PP(2)));
	PG_RETURN_VOID();
}
