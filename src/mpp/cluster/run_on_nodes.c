/*
 * run_on_nodes.c
 *	  redshift.run_on_nodes(): a command on all compute nodes, in the session's
 *	  transaction.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/cluster/node.h"
#include "mpp/session/connection.h"
#include "mpp/session/remote_transaction.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(rs_run_on_nodes);

/*
 * What a node answered: the first value, or the command tag.  Clears the result.
 */
static char *
answer_of(PGresult *result)
{
	char	   *answer = NULL;

	if (result != NULL && PQresultStatus(result) == PGRES_COMMAND_OK)
		answer = pstrdup(PQcmdStatus(result));
	else if (result != NULL && PQntuples(result) > 0 && PQnfields(result) > 0 && !PQgetisnull(result, 0, 0))
		answer = pstrdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return answer;
}

Datum
rs_run_on_nodes(PG_FUNCTION_ARGS)
{
	char	   *command = text_to_cstring(PG_GETARG_TEXT_PP(0));
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	List	   *connections;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (!rs_is_leader())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server has no compute nodes")));
	connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	rs_remote_begin(connections);
	foreach(lc, connections)
	{
		rs_remote_will_write(lfirst(lc));
		rs_remote_forget_settings(lfirst(lc));
		rs_connection_send(lfirst(lc), command, NULL);
	}
	foreach(lc, connections)
	{
		RsConnection *connection = lfirst(lc);
		char	   *answer = answer_of(rs_connection_finish(connection));
		Datum		values[2];
		bool		nulls[2] = {false, answer == NULL};

		if (PQtransactionStatus(rs_connection_libpq(connection)) != PQTRANS_INTRANS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
					 errmsg("command has ended the transaction on compute node \"%s\"",
							rs_connection_node(connection)->name)));
		values[0] = DirectFunctionCall1(namein, CStringGetDatum(rs_connection_node(connection)->name));
		values[1] = answer != NULL ? CStringGetTextDatum(answer) : (Datum) 0;
		tuplestore_putvalues(info->setResult, info->setDesc, values, nulls);
	}
	return (Datum) 0;
}
