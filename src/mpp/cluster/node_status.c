/*
 * node_status.c
 *	  What the leader knows of its nodes: do they answer, what do they hold.
 */
#include "postgres.h"

#include "core/subtransaction.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/session/remote_transaction.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(rs_node_status);
PG_FUNCTION_INFO_V1(rs_node_tables);
PG_FUNCTION_INFO_V1(rs_node_storage);
PG_FUNCTION_INFO_V1(rs_node_slices);
PG_FUNCTION_INFO_V1(rs_node_blocks);
PG_FUNCTION_INFO_V1(rs_run_on_node);

/*
 * A copy of a node, that looking into catalogs leaves alone.
 */
static RsNode *
node_of(int32 id)
{
	RsNode	   *node = palloc(sizeof(RsNode));

	*node = *rs_node(id);
	node->name = pstrdup(node->name);
	return node;
}

static PGresult *
ask(RsNode *node, const char *sql)
{
	List	   *connections = rs_connections_open(list_make1(node), GetUserId());

	rs_remote_begin(connections);
	rs_connection_send(linitial(connections), sql, NULL);
	return rs_connection_finish(linitial(connections));
}

static void
ask_size(RsNode *node, Datum *values, bool *nulls)
{
	PGresult   *result = ask(node, "SELECT coalesce(pg_catalog.sum(t.\"rows\"), 0), coalesce(pg_catalog.sum(t.bytes), 0) "
							 "FROM redshift.table_info t");

	values[1] = DirectFunctionCall1(int8in, CStringGetDatum(PQgetvalue(result, 0, 0)));
	values[2] = DirectFunctionCall1(int8in, CStringGetDatum(PQgetvalue(result, 0, 1)));
	nulls[1] = nulls[2] = false;
	PQclear(result);
}

/*
 * node_status(node_id): whether it answers, and rows and bytes of its tables that the
 * user may read there.
 */
Datum
rs_node_status(PG_FUNCTION_ARGS)
{
	RsSubtransaction sub;
	RsNode	   *node = node_of(PG_GETARG_INT32(0));
	TupleDesc	desc;
	Datum		values[3] = {0};
	bool		nulls[3] = {false, true, true};
	char	   *volatile state = "reachable";

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (!rs_is_leader())
	{
		values[0] = CStringGetTextDatum("unknown");
		return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
	}
	rs_subtransaction_begin(&sub);
	PG_TRY();
	{
		ask_size(node, values, nulls);
		rs_subtransaction_commit(&sub);
	}
	PG_CATCH();
	{
		ErrorData  *error = rs_subtransaction_abort(&sub);

		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			ReThrowError(error);
		state = psprintf("unreachable: %s", error->detail ? error->detail : error->message);
		nulls[1] = nulls[2] = true;
	}
	PG_END_TRY();
	values[0] = CStringGetTextDatum(state);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/*
 * The rows of a query on each node, behind the node's id.
 */
static Datum
ask_each(FunctionCallInfo fcinfo, const char *sql)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	AttInMetadata *types;
	List	   *connections;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (!rs_is_leader())
		return (Datum) 0;
	types = TupleDescGetAttInMetadata(info->setDesc);
	connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	rs_remote_begin(connections);
	foreach(lc, connections)
		rs_connection_send(lfirst(lc), sql, NULL);
	foreach(lc, connections)
	{
		PGresult   *result = rs_connection_finish(lfirst(lc));
		char	  **values = palloc(types->tupdesc->natts * sizeof(char *));
		int			row;

		values[0] = psprintf("%d", rs_connection_node(lfirst(lc))->id);
		for (row = 0; row < PQntuples(result); row++)
		{
			int			i;

			for (i = 1; i < types->tupdesc->natts; i++)
				values[i] = PQgetisnull(result, row, i - 1) ? NULL : PQgetvalue(result, row, i - 1);
			tuplestore_puttuple(info->setResult, BuildTupleFromCStrings(types, values));
		}
		PQclear(result);
	}
	return (Datum) 0;
}

/*
 * node_tables(): the tables on each node that the user may read there.
 */
Datum
rs_node_tables(PG_FUNCTION_ARGS)
{
	return ask_each(fcinfo, "SELECT t.schema, c.relname, t.\"rows\", t.bytes, coalesce(t.smallest_slice, 0), "
					"coalesce(t.largest_slice, 0) FROM redshift.table_info t "
					"JOIN pg_catalog.pg_class c ON c.oid = t.\"table\"");
}

/*
 * node_storage(): the same, with what it takes to find out what they store.
 */
Datum
rs_node_storage(PG_FUNCTION_ARGS)
{
	return ask_each(fcinfo, "SELECT t.*, redshift.storage_capacity() FROM redshift.table_storage t");
}

/*
 * node_slices(): what slices store, of tables on the nodes.
 */
Datum
rs_node_slices(PG_FUNCTION_ARGS)
{
	return ask_each(fcinfo, "SELECT * FROM redshift.local_slices");
}

/*
 * node_blocks(): blocks of tables on the nodes.
 */
Datum
rs_node_blocks(PG_FUNCTION_ARGS)
{
	return ask_each(fcinfo, "SELECT * FROM redshift.local_blocks");
}

/*
 * run_on_node(node_id, query): the first column of its rows, as text.
 */
Datum
rs_run_on_node(PG_FUNCTION_ARGS)
{
	RsNode	   *node = node_of(PG_GETARG_INT32(0));
	char	   *sql = text_to_cstring(PG_GETARG_TEXT_PP(1));
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	PGresult   *result;
	int			row;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	result = ask(node, sql);
	for (row = 0; row < PQntuples(result); row++)
	{
		bool		isnull = PQnfields(result) == 0 || PQgetisnull(result, row, 0);
		Datum		value = isnull ? (Datum) 0 : CStringGetTextDatum(PQgetvalue(result, row, 0));

		tuplestore_putvalues(info->setResult, info->setDesc, &value, &isnull);
	}
	PQclear(result);
	return (Datum) 0;
}
