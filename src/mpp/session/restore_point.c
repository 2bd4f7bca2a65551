/*
 * restore_point.c
 *	  A moment of the whole cluster that servers can be recovered to from backups.
 *
 * create_restore_point() writes a restore point of one name into the WAL of all nodes and
 * at last of the leader, while the barrier is closed and every node has been told of every
 * commit.  So if all servers are recovered to it, a transaction that wrote on several of
 * them
 *
 *		is committed everywhere, if it had been at the leader before, or
 *		is at most prepared on nodes: the leader has no record of its commit, but one of its
 *		transaction id, which was on disk before the first node prepared.  So the id has
 *		aborted at the leader and is not given again, and recovery.c rolls the nodes back.
 *
 * That is why the leader's comes last.  A node that is a database of the leader's own server
 * has that one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/session/barrier.h"
#include "mpp/session/connection.h"
#include "mpp/session/recovery.h"
#include "mpp/session/remote_transaction.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"

PG_FUNCTION_INFO_V1(rs_create_restore_point);

static void
check_session(void)
{
	if (!rs_is_leader())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server has no compute nodes"),
				 errhint("Use pg_create_restore_point() on a single server.")));
	if (IsTransactionBlock() || IsSubTransaction())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("a restore point cannot be created inside a transaction block"),
				 errdetail("Commits wait for its end.")));
}

static void
put_point(ReturnSetInfo *info, const char *node, Datum lsn)
{
	Datum		values[2] = {(Datum) 0, lsn};
	bool		nulls[2] = {node == NULL, false};

	if (node != NULL)
		values[0] = DirectFunctionCall1(namein, CStringGetDatum(node));
	tuplestore_putvalues(info->setResult, info->setDesc, values, nulls);
}

/*
 * create_restore_point(name): where it is in each server's WAL; node NULL is the leader.
 */
Datum
rs_create_restore_point(PG_FUNCTION_ARGS)
{
	Datum		name = PG_GETARG_DATUM(0);
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *sql = psprintf("SELECT pg_catalog.pg_create_restore_point(%s)", quote_literal_cstr(TextDatumGetCString(name)));
	List	   *connections;
	List	   *apart = NIL;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	check_session();
	connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	rs_remote_begin(connections);
	foreach(lc, connections)
		if (!rs_connection_at_leader(lfirst(lc)))
			apart = lappend(apart, lfirst(lc));
	rs_recovery_close_barrier();
	foreach(lc, apart)
		rs_connection_send(lfirst(lc), sql, NULL);
	foreach(lc, apart)
	{
		PGresult   *result = rs_connection_finish(lfirst(lc));

		put_point(info, rs_connection_node(lfirst(lc))->name,
				  DirectFunctionCall1(pg_lsn_in, CStringGetDatum(PQgetvalue(result, 0, 0))));
		PQclear(result);
	}
	put_point(info, NULL, DirectFunctionCall1(pg_create_restore_point, name));
	return (Datum) 0;
}
