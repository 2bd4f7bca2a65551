/*
 * reslice.c
 *	  Classic resize: the cluster gets another number of slices.
 *
 * In one transaction of the leader and all nodes.  Rows of tables with a distribution key
 * belong to other slices then: each node sends its rows to the nodes of these, through an
 * exchange, and stores what has come in place of what it had.  Row groups of tables without
 * a key stay where they are and are dealt the node's new slices.  The tables can be read
 * until the end, when they are locked for a moment, but not written.
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/cluster/membership.h"
#include "mpp/cluster/table.h"
#include "mpp/resize/resize.h"
#include "mpp/session/remote_transaction.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(rs_resize);

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", sql);
}

/*
 * Send a command that gives rows by COPY, to all, and wait until it has ended everywhere.
 */
static void
copy_out(List *connections, const char *sql)
{
	ListCell   *lc;

	foreach(lc, connections)
		rs_connection_send(lfirst(lc), sql, NULL);
	foreach(lc, connections)
	{
		RsConnection *connection = lfirst(lc);
		PGresult   *result = rs_connection_result(connection);
		char	   *data;
		int			n;

		if (PQresultStatus(result) != PGRES_COPY_OUT)
			rs_connection_error(ERROR, connection, result, sql);
		PQclear(result);
		while ((n = PQgetCopyData(rs_connection_libpq(connection), &data, 1)) >= 0)
		{
			if (n > 0)
				PQfreemem(data);
			else
				rs_connections_wait(list_make1(connection));
		}
		PQclear(rs_connection_finish(connection));
	}
}

/*
 * What an exchange of the table's rows is read as: "c1 pg_catalog.int4, ...".  *key: which
 * of these is the distribution key.
 */
static char *
exchange_columns(Oid relid, AttrNumber distkey, int *key)
{
	Relation	rel = table_open(relid, NoLock);
	TupleDesc	desc = RelationGetDescr(rel);
	StringInfoData text;
	int			column = 0;
	int			i;

	initStringInfo(&text);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attisdropped || att->attgenerated != '\0')
			continue;
		column++;
		if (att->attnum == distkey)
			*key = column;
		appendStringInfo(&text, "%sc%d %s", column > 1 ? ", " : "", column,
						 format_type_extended(att->atttypid, -1, FORMAT_TYPE_FORCE_QUALIFY));
	}
	table_close(rel, NoLock);
	return text.data;
}

static void
redistribute(const RsResize *resize, const RsResizeTable *table, AttrNumber distkey)
{
	char	   *id = psprintf("resize_%d_%u", MyProcPid, table->relid);
	int			key = 0;
	char	   *columns = exchange_columns(table->relid, distkey, &key);

	rs_connections_execute(resize->connections, psprintf("SELECT redshift.open_exchange('%s', %d)", id,
														 list_length(resize->connections)));
	copy_out(resize->connections, psprintf("COPY (SELECT %s FROM ONLY %s) TO STDOUT "
										   "(FORMAT redshift_batch, EXCHANGE '%s', DISTRIBUTE '%d')",
										   table->columns, table->name, id, key));
	rs_connections_execute(resize->connections,
						   psprintf("SELECT redshift.drop_slices(%s, ARRAY(SELECT pg_catalog.generate_series(0, %d)))",
									quote_literal_cstr(table->name), resize->nslices - 1));
	rs_connections_execute(resize->connections,
						   psprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE "
									"SELECT * FROM redshift.exchange('%s') AS e(%s)",
									table->name, table->columns, id, columns));
	rs_connections_execute(resize->connections, psprintf("SELECT redshift.close_exchanges('{%s}')", id));
}

static void
change_slices(RsResize *resize, int nslices)
{
	int32	   *nodes = palloc(list_length(resize->nodes) * sizeof(int32));
	int32	   *slice_nodes = palloc(nslices * sizeof(int32));
	ListCell   *lc;
	int			s;

	foreach(lc, resize->nodes)
		nodes[foreach_current_index(lc)] = ((RsNode *) lfirst(lc))->id;
	for (s = 0; s < nslices; s++)
		slice_nodes[s] = s < resize->nslices ? resize->before[s] : -1;
	rs_resize_deal(slice_nodes, nslices, nodes, list_length(resize->nodes));
	run("DELETE FROM redshift.slice");
	for (s = 0; s < nslices; s++)
		run(psprintf("INSERT INTO redshift.slice VALUES (%d, %d)", s, slice_nodes[s]));
	rs_membership_changed();
	rs_membership_publish(resize->connections);
}

/*
 * resize(slices): the cluster is to have so many.
 */
Datum
rs_resize(PG_FUNCTION_ARGS)
{
	int32		nslices = PG_GETARG_INT32(0);
	RsResize	resize;
	ListCell   *lc;

	rs_resize_begin(&resize);
	if (nslices < list_length(resize.nodes) || nslices > RS_MOST_SLICES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of slices must be between %d and %d", list_length(resize.nodes), RS_MOST_SLICES),
				 errdetail("Each compute node is to have one at least.")));
	rs_resize_wait_for_tables(&resize, ExclusiveLock);
	resize.connections = rs_connections_open(resize.nodes, GetUserId());
	rs_remote_begin(resize.connections);
	foreach(lc, resize.connections)
		rs_remote_will_write(lfirst(lc));
	rs_connections_execute(resize.connections, "SET LOCAL session_replication_role = replica");
	rs_resize_lock_on_nodes(&resize, resize.connections, "EXCLUSIVE");
	change_slices(&resize, nslices);
	foreach(lc, resize.tables)
	{
		RsResizeTable *table = lfirst(lc);
		AttrNumber	key;

		if (rs_table_spread(table->relid, &key) == RS_DIST_KEY)
			redistribute(&resize, table, key);
		else
			rs_connections_execute(resize.connections,
								   psprintf("SELECT redshift.deal_slices(%s)", quote_literal_cstr(table->name)));
	}
	rs_connections_execute(resize.connections, "SELECT redshift.drop_arrivals()");
	rs_resize_wait_for_tables(&resize, AccessExclusiveLock);
	rs_resize_lock_on_nodes(&resize, resize.connections, "ACCESS EXCLUSIVE");
	SPI_finish();
	PG_RETURN_VOID();
}
