/*
 * route.c
 *	  Rows from the leader into a distributed table.
 *
 * Each node runs COPY ... FROM STDIN (FORMAT redshift_batch) and gets the rows of its
 * slices as batches (wire.c); of a table on all nodes each gets all rows.  Rows without
 * a key go to the nodes that have slices in turn, a batch's worth at a time, beginning with another node
 * each time, so that single rows are spread, too.  A node's COPY begins with its first
 * row.  Nodes check constraints, fire triggers and keep indexes.
 *
 * What libpq has not sent yet is limited: whoever routes rows waits for the slowest
 * node, not for its memory.  But a node that writes a row group takes nothing meanwhile,
 * and others need not wait for that.  While a node is behind, messages for it are
 * compressed: then the network or the node has less to do than the leader; else the
 * leader, which all others wait for, has better things to do.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "mpp/distribution.h"
#include "mpp/node.h"
#include "mpp/remote_transaction.h"
#include "mpp/route.h"
#include "mpp/table.h"
#include "mpp/wire.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define TURN_ROWS	2048		/* without a key: so many to a node, then the next */
#define MOST_UNSENT	(2 * 1024 * 1024)	/* bytes for a node, about, that libpq may have */

typedef struct Target
{
	RsRoute    *route;
	RsNode	   *node;			/* to be connected to with its first row, if connection is NULL */
	RsConnection *connection;
	RsWireEncoder *encoder;		/* NULL: no row yet */
	uint64		bytes;			/* sent */
	Size		unsent;			/* at most so much, unless it is one message */
} Target;

struct RsRoute
{
	MemoryContext context;
	bool		writes;			/* into a table; else into rows that nodes keep */
	Oid			userid;
	RsDistStyle style;
	AttrNumber	key;
	RsDistribution *distribution;
	char	   *copy;			/* the command */
	int			ncolumns;		/* that are sent */
	int		   *columns;		/* their attributes, from 0 */
	Oid		   *types;
	TupleTableSlot *projected;	/* the row without the others; NULL: all are sent */
	int			ntargets;
	Target	   *targets;		/* by node */
	int		   *slice_targets;
	int			nturns;
	int		   *turns;			/* targets that have slices */
	int			turn;
	int			turn_rows;
};

/*
 * The columns to send, and the command that takes them.
 */
static void
choose_columns(RsRoute *route, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	StringInfoData sql;
	int			i;

	route->columns = palloc((desc->natts + 1) * sizeof(int));
	route->types = palloc((desc->natts + 1) * sizeof(Oid));
	initStringInfo(&sql);
	appendStringInfo(&sql, "COPY %s (",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel)));
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped || attribute->attgenerated != '\0')
			continue;
		appendStringInfo(&sql, "%s%s", route->ncolumns > 0 ? ", " : "", quote_identifier(NameStr(attribute->attname)));
		route->columns[route->ncolumns] = i;
		route->types[route->ncolumns++] = attribute->atttypid;
	}
	appendStringInfoString(&sql, ") FROM STDIN (FORMAT redshift_batch)");
	route->copy = sql.data;
	if (route->ncolumns < desc->natts)
	{
		TupleDesc	sent = CreateTemplateTupleDesc(route->ncolumns);

		for (i = 0; i < route->ncolumns; i++)
			TupleDescCopyEntry(sent, i + 1, desc, route->columns[i] + 1);
		route->projected = MakeSingleTupleTableSlot(sent, &TTSOpsVirtual);
	}
}

/*
 * Which node gets which slice.
 */
static void
set_targets(RsRoute *route, List *nodes, TupleDesc desc)
{
	const RsCluster *cluster = rs_cluster();
	ListCell   *lc;
	int			i;

	if (route->style == RS_DIST_KEY)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, route->key - 1);

		route->distribution = rs_distribution_create(1, &attribute->atttypid, &attribute->attcollation,
													 cluster->nslices);
	}
	route->ntargets = list_length(nodes);
	route->targets = palloc0(route->ntargets * sizeof(Target));
	route->slice_targets = palloc0(cluster->nslices * sizeof(int));
	route->turns = palloc0(route->ntargets * sizeof(int));
	foreach(lc, nodes)
	{
		Target	   *target = &route->targets[foreach_current_index(lc)];

		target->route = route;
		target->node = palloc(sizeof(RsNode));
		*target->node = *(RsNode *) lfirst(lc);
		target->node->name = pstrdup(target->node->name);
		for (i = 0; i < cluster->nslices; i++)
		{
			if (cluster->slice_nodes[i] != target->node->id)
				continue;
			route->slice_targets[i] = foreach_current_index(lc);
			if (route->nturns == 0 || route->turns[route->nturns - 1] != foreach_current_index(lc))
				route->turns[route->nturns++] = foreach_current_index(lc);
		}
	}
	if (route->nturns > 0)
		route->turn = (int) (random() % route->nturns);
}

RsRoute *
rs_route_begin(Relation rel, Oid userid)
{
	RsRoute    *route = palloc0(sizeof(RsRoute));

	route->context = CurrentMemoryContext;
	route->style = rs_table_spread(RelationGetRelid(rel), &route->key);
	route->writes = true;
	route->userid = userid;
	choose_columns(route, rel);

	/* If one snapshot serves the whole transaction, all nodes must take it at one moment. */
	if (IsolationUsesXactSnapshot())
		rs_remote_begin(rs_connections_open(rs_cluster()->nodes, userid));
	set_targets(route, rs_cluster()->nodes, RelationGetDescr(rel));
	return route;
}

RsRoute *
rs_route_begin_staged(List *connections, TupleDesc desc, const char *name, RsDistStyle style, AttrNumber key)
{
	RsRoute    *route = palloc0(sizeof(RsRoute));
	List	   *nodes = NIL;
	StringInfoData types;
	ListCell   *lc;
	int			i;

	route->context = CurrentMemoryContext;
	route->style = style;
	route->key = key;
	route->ncolumns = desc->natts;
	route->types = palloc((desc->natts + 1) * sizeof(Oid));
	initStringInfo(&types);
	for (i = 0; i < desc->natts; i++)
	{
		const char *type;

		route->types[i] = TupleDescAttr(desc, i)->atttypid;
		type = format_type_extended(route->types[i], -1, FORMAT_TYPE_FORCE_QUALIFY);
		appendStringInfoString(&types, i > 0 ? ",\"" : "\"");
		for (; *type != '\0'; type++)
		{
			if (*type == '"' || *type == '\\')
				appendStringInfoChar(&types, '\\');
			appendStringInfoChar(&types, *type);
		}
		appendStringInfoChar(&types, '"');
	}
	route->copy = psprintf("COPY redshift.staged_rows FROM STDIN (FORMAT redshift_batch, STAGE '%s', TYPES %s)", name,
						   quote_literal_cstr(psprintf("{%s}", types.data)));
	foreach(lc, connections)
		nodes = lappend(nodes, unconstify(RsNode *, rs_connection_node(lfirst(lc))));
	set_targets(route, nodes, desc);
	foreach(lc, connections)
		route->targets[foreach_current_index(lc)].connection = lfirst(lc);
	return route;
}

/*
 * Give a message to libpq, and wait while it has too much that is not sent.
 */
static void
send_message(void *arg, const char *message, Size size)
{
	Target	   *target = arg;
	PGconn	   *conn = rs_connection_libpq(target->connection);
	int			done;

	target->bytes += size;
	if (target->unsent + size > MOST_UNSENT)
	{
		rs_connection_flush(target->connection);
		target->unsent = 0;
	}
	while ((done = PQputCopyData(conn, message, (int) size)) == 0)
		rs_connection_flush(target->connection);
	if (done < 0)
		rs_connection_error(ERROR, target->connection, NULL, target->route->copy);
	target->unsent += size;
	if (PQflush(conn) == 0)
		target->unsent = 0;
	if (target->encoder != NULL)
		rs_wire_encode_compressed(target->encoder, target->unsent > 0);
}

static void
open_target(Target *target)
{
	RsRoute    *route = target->route;
	PGresult   *result;
	MemoryContext caller = MemoryContextSwitchTo(route->context);

	if (target->connection == NULL)
		target->connection = linitial(rs_connections_open(list_make1(target->node), route->userid));
	rs_remote_begin(list_make1(target->connection));
	if (target->route->writes)
		rs_remote_will_write(target->connection);
	rs_connection_send(target->connection, route->copy, NULL);
	result = rs_connection_result(target->connection);
	if (PQresultStatus(result) != PGRES_COPY_IN)
		rs_connection_error(ERROR, target->connection, result, route->copy);
	PQclear(result);
	target->encoder = rs_wire_encoder_create(route->context, route->types, route->ncolumns, send_message, target);
	MemoryContextSwitchTo(caller);
	rs_wire_encode_compressed(target->encoder, false);
}

static void
send_row(Target *target, TupleTableSlot *slot)
{
	if (target->encoder == NULL)
		open_target(target);
	rs_wire_encode_slot(target->encoder, slot);
}

static TupleTableSlot *
project(RsRoute *route, TupleTableSlot *slot)
{
	int			i;

	if (route->projected == NULL)
		return slot;
	ExecClearTuple(route->projected);
	for (i = 0; i < route->ncolumns; i++)
	{
		route->projected->tts_values[i] = slot->tts_values[route->columns[i]];
		route->projected->tts_isnull[i] = slot->tts_isnull[route->columns[i]];
	}
	return ExecStoreVirtualTuple(route->projected);
}

void
rs_route_row(RsRoute *route, TupleTableSlot *slot)
{
	TupleTableSlot *sent;
	int			i;

	slot_getallattrs(slot);
	sent = project(route, slot);
	switch (route->style)
	{
		case RS_DIST_ALL:
			for (i = 0; i < route->ntargets; i++)
				send_row(&route->targets[i], sent);
			break;
		case RS_DIST_KEY:
			i = rs_distribution_slice(route->distribution, &slot->tts_values[route->key - 1],
									  &slot->tts_isnull[route->key - 1]);
			send_row(&route->targets[route->slice_targets[i]], sent);
			break;
		default:
			if (route->turn_rows++ >= TURN_ROWS)
			{
				route->turn = (route->turn + 1) % route->nturns;
				route->turn_rows = 0;
			}
			send_row(&route->targets[route->turns[route->turn]], sent);
			break;
	}
}

void
rs_route_end(RsRoute *route)
{
	int			i;

	for (i = 0; i < route->ntargets; i++)
	{
		Target	   *target = &route->targets[i];
		int			done;

		if (target->encoder == NULL && route->writes)
			continue;
		if (target->encoder == NULL)
			open_target(target);
		rs_wire_encode_flush(target->encoder);
		rs_wire_encode_end(target->encoder, rs_wire_encoded_rows(target->encoder));
		while ((done = PQputCopyEnd(rs_connection_libpq(target->connection), NULL)) == 0)
			rs_connection_flush(target->connection);
		if (done < 0)
			rs_connection_error(ERROR, target->connection, NULL, route->copy);
	}
	for (i = 0; i < route->ntargets; i++)
		if (route->targets[i].encoder != NULL)
			PQclear(rs_connection_finish(route->targets[i].connection));
	if (route->projected != NULL)
		ExecDropSingleTupleTableSlot(route->projected);
}

int
rs_route_targets(const RsRoute *route, RsReportTarget **targets)
{
	int			i;

	*targets = palloc((route->ntargets + 1) * sizeof(RsReportTarget));
	for (i = 0; i < route->ntargets; i++)
	{
		const Target *target = &route->targets[i];

		(*targets)[i].node = target->connection != NULL ? rs_connection_node(target->connection)->id : target->node->id;
		(*targets)[i].rows = target->encoder != NULL ? rs_wire_encoded_rows(target->encoder) : 0;
		(*targets)[i].bytes = target->bytes;
	}
	return route->ntargets;
}
