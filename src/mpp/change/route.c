/*
 * route.c
 *	  Rows from the leader into a distributed table.
 *
 * Each node runs COPY ... FROM STDIN (FORMAT redshift_batch) and gets the rows of its
 * slices as batches (wire.c); of a table on all nodes each gets all rows.  Rows without
 * a key go to the nodes that have slices in turn, a batch's worth at a time, beginning with another node
 * each time, so that single rows are spread, too.  Nodes check constraints, fire triggers
 * and keep indexes.
 *
 * A node's COPY begins when there is more for it than a few kilobytes.  Until then nothing is
 * sent: if that is all, it goes with the command and with what begins the transaction there,
 * in one message.
 *
 * What libpq has not sent yet is limited: whoever routes rows waits for the slowest
 * node, not for its memory.  But a node that writes a row group takes nothing meanwhile,
 * and others need not wait for that.  While a node is behind, messages for it are
 * compressed: then the network or the node has less to do than the leader; else the
 * leader, which all others wait for, has better things to do.
 *
 * If what computes the rows needs a node's connection itself, the COPY there ends, and
 * another one takes the rows that follow.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "mpp/change/route.h"
#include "mpp/cluster/distribution.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/session/acting.h"
#include "mpp/session/remote_transaction.h"
#include "mpp/wire/copy_lines.h"
#include "mpp/wire/wire.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

static void yield(RsConnectionUser *user, RsConnection *connection);

#define TURN_ROWS	2048		/* without a key: so many to a node, then the next */
#define MOST_HELD	(8 * 1024)		/* bytes that go with the command */
#define MOST_UNSENT	(2 * 1024 * 1024)	/* bytes for a node, about, that libpq may have */

typedef struct Target
{
	RsConnectionUser user;		/* first */
	RsRoute    *route;
	RsNode	   *node;			/* to be connected to with its first row, if connection is NULL */
	RsConnection *connection;
	bool		opened;			/* once, at least */
	MemoryContext context;		/* of the encoder */
	RsWireEncoder *encoder;		/* NULL: no rows since the last COPY ended */
	bool		copying;		/* a COPY is under way */
	StringInfoData held;		/* messages for one that is not */
	uint64		rows;			/* of COPYs that have ended */
	uint64		bytes;			/* sent */
	Size		unsent;			/* at most so much, unless it is one message */
} Target;

struct RsRoute
{
	MemoryContext context;
	bool		writes;			/* into a table; else into rows that nodes keep */
	bool		opens_all;		/* nodes without rows run the command, too */
	Oid			userid;
	RsDistStyle style;
	int			nkeys;
	int		   *keys;			/* attributes by which rows are dealt, from 0 */
	Datum	   *key_values;
	bool	   *key_nulls;
	RsDistribution *distribution;
	char	   *copy;			/* the command, its options still open */
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
	appendStringInfoString(&sql, ") FROM STDIN (FORMAT redshift_batch");
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
 * By which attributes' values rows are dealt (IntList, from 1).
 */
static void
set_keys(RsRoute *route, TupleDesc desc, List *keys, int nslices)
{
	int			n = list_length(keys);
	Oid		   *types = palloc(n * sizeof(Oid));
	Oid		   *collations = palloc(n * sizeof(Oid));
	ListCell   *lc;

	route->keys = palloc(n * sizeof(int));
	route->key_values = palloc(n * sizeof(Datum));
	route->key_nulls = palloc(n * sizeof(bool));
	foreach(lc, keys)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, lfirst_int(lc) - 1);

		route->keys[route->nkeys] = lfirst_int(lc) - 1;
		types[route->nkeys] = attribute->atttypid;
		collations[route->nkeys++] = attribute->attcollation;
	}
	route->distribution = rs_distribution_create(n, types, collations, nslices);
}

/*
 * Which node gets which slice.
 */
static void
set_targets(RsRoute *route, List *nodes, TupleDesc desc, List *keys)
{
	const RsCluster *cluster = rs_cluster();
	ListCell   *lc;
	int			i;

	if (route->style == RS_DIST_KEY)
		set_keys(route, desc, keys, cluster->nslices);
	route->ntargets = list_length(nodes);
	route->targets = palloc0(route->ntargets * sizeof(Target));
	route->slice_targets = palloc0(cluster->nslices * sizeof(int));
	route->turns = palloc0(route->ntargets * sizeof(int));
	foreach(lc, nodes)
	{
		Target	   *target = &route->targets[foreach_current_index(lc)];

		target->user.finish = yield;
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

static RsRoute *
begin_table(Relation rel, Oid userid)
{
	RsRoute    *route = palloc0(sizeof(RsRoute));
	AttrNumber	key;

	route->context = CurrentMemoryContext;
	route->style = rs_table_dealing(RelationGetRelid(rel), &key);
	route->writes = true;
	route->userid = userid;

	/* If one snapshot serves the whole transaction, all nodes must take it at one moment. */
	if (IsolationUsesXactSnapshot())
		rs_remote_begin(rs_connections_open(rs_cluster()->nodes, userid));
	set_targets(route, rs_cluster()->nodes, RelationGetDescr(rel), list_make1_int(key));
	return route;
}

RsRoute *
rs_route_begin(Relation rel, Oid userid)
{
	RsRoute    *route = begin_table(rel, userid);

	choose_columns(route, rel);
	return route;
}

RsRoute *
rs_route_begin_lines(Relation rel, Oid userid, List *columns, const char *options)
{
	RsRoute    *route = begin_table(rel, userid);
	TupleDesc	sent = CreateTemplateTupleDesc(RS_LINE_COLUMNS);
	StringInfoData names;
	ListCell   *lc;
	int			i;

	initStringInfo(&names);
	foreach(lc, columns)
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
						 quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(rel), lfirst_int(lc) - 1)->attname)));
	route->copy = psprintf("COPY %s (%s) FROM STDIN (FORMAT redshift_batch, LINES %s",
						   quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel)),
						   names.data, options);
	route->ncolumns = RS_LINE_COLUMNS;
	route->types = palloc(sizeof(rs_line_types));
	memcpy(route->types, rs_line_types, sizeof(rs_line_types));
	for (i = 0; i < RS_LINE_COLUMNS; i++)
		TupleDescInitEntry(sent, i + 1, NULL, rs_line_types[i], -1, 0);
	route->projected = MakeSingleTupleTableSlot(sent, &TTSOpsVirtual);
	return route;
}

static RsRoute *
begin_kept(TupleDesc desc, RsDistStyle style)
{
	RsRoute    *route = palloc0(sizeof(RsRoute));
	int			i;

	route->context = CurrentMemoryContext;
	route->style = style;
	route->ncolumns = desc->natts;
	route->types = palloc((desc->natts + 1) * sizeof(Oid));
	for (i = 0; i < desc->natts; i++)
		route->types[i] = TupleDescAttr(desc, i)->atttypid;
	return route;
}

/*
 * The targets of rows that are not for a table, to which there are connections.
 */
static void
set_connections(RsRoute *route, List *connections, TupleDesc desc, List *keys)
{
	List	   *nodes = NIL;
	ListCell   *lc;

	foreach(lc, connections)
		nodes = lappend(nodes, unconstify(RsNode *, rs_connection_node(lfirst(lc))));
	set_targets(route, nodes, desc, keys);
	foreach(lc, connections)
		route->targets[foreach_current_index(lc)].connection = lfirst(lc);
}

RsRoute *
rs_route_begin_exchange(List *connections, TupleDesc desc, const char *name, RsDistStyle style, List *keys)
{
	RsRoute    *route = begin_kept(desc, style);

	route->copy = psprintf("COPY redshift.exchange FROM STDIN (FORMAT redshift_batch, EXCHANGE '%s'", name);
	set_connections(route, connections, desc, keys);
	return route;
}

RsRoute *
rs_route_begin_staged(List *connections, TupleDesc desc, const char *name, RsDistStyle style, AttrNumber key)
{
	RsRoute    *route = begin_kept(desc, style);
	StringInfoData types;
	int			i;

	route->opens_all = true;
	initStringInfo(&types);
	for (i = 0; i < desc->natts; i++)
	{
		const char *type = format_type_extended(route->types[i], -1, FORMAT_TYPE_FORCE_QUALIFY);

		appendStringInfoString(&types, i > 0 ? ",\"" : "\"");
		for (; *type != '\0'; type++)
		{
			if (*type == '"' || *type == '\\')
				appendStringInfoChar(&types, '\\');
			appendStringInfoChar(&types, *type);
		}
		appendStringInfoChar(&types, '"');
	}
	route->copy = psprintf("COPY redshift.staged_rows FROM STDIN (FORMAT redshift_batch, STAGE '%s', TYPES %s", name,
						   quote_literal_cstr(psprintf("{%s}", types.data)));
	set_connections(route, connections, desc, list_make1_int(key));
	return route;
}

void
rs_route_text(List *connections, const char *name, const char *content)
{
	TupleDesc	desc = CreateTemplateTupleDesc(1);
	TupleTableSlot *slot;
	RsRoute    *route;

	TupleDescInitEntry(desc, 1, "text", TEXTOID, -1, 0);
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	rs_remote_begin(connections);
	route = rs_route_begin_staged(connections, desc, name, RS_DIST_ALL, 0);
	ExecClearTuple(slot);
	slot->tts_values[0] = CStringGetTextDatum(content);
	slot->tts_isnull[0] = false;
	rs_route_row(route, ExecStoreVirtualTuple(slot));
	rs_route_end(route);
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Give a message to libpq, and wait while it has too much that is not sent.
 */
static void
put_message(Target *target, const char *message, Size size)
{
	PGconn	   *conn = rs_connection_libpq(target->connection);
	int			done;

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
}

/*
 * Send a command that takes rows, in the session's transaction.
 */
static void
send_command(Target *target, const char *sql, RsConnectionUser *user)
{
	/* Rows in a command are shown to the session's user, unless it acts as another already. */
	if (!rs_acting_now(target->connection))
		rs_remote_begin(list_make1(target->connection));
	rs_remote_send(target->connection, sql, user);
	if (target->route->writes)
		rs_remote_will_write(target->connection);
}

static void
start_copy(Target *target)
{
	char	   *sql = psprintf("%s)", target->route->copy);

	send_command(target, sql, &target->user);
	pfree(sql);
	while (!target->copying)
	{
		PGresult   *result = rs_connection_result(target->connection);

		if (result == NULL)
			elog(ERROR, "compute node \"%s\" takes no rows", target->node->name);
		target->copying = PQresultStatus(result) == PGRES_COPY_IN;
		PQclear(result);
	}
	if (target->held.len > 0)
		put_message(target, target->held.data, target->held.len);
}

static void
send_message(void *arg, const char *message, Size size)
{
	Target	   *target = arg;

	target->bytes += size;
	if (!target->copying && target->held.len + size <= MOST_HELD)
	{
		appendBinaryStringInfo(&target->held, message, size);
		return;
	}
	if (!target->copying)
		start_copy(target);
	put_message(target, message, size);
	if (target->encoder != NULL)
		rs_wire_encode_compressed(target->encoder, target->unsent > 0);
}

static void
open_target(Target *target)
{
	RsRoute    *route = target->route;
	MemoryContext caller = MemoryContextSwitchTo(route->context);

	if (target->connection == NULL)
		target->connection = linitial(rs_connections_open(list_make1(target->node), route->userid));
	target->opened = true;
	target->context = AllocSetContextCreate(route->context, "redshift routed rows", ALLOCSET_DEFAULT_SIZES);
	target->encoder = rs_wire_encoder_create(target->context, route->types, route->ncolumns, send_message, target);
	MemoryContextSwitchTo(target->context);
	initStringInfo(&target->held);
	MemoryContextSwitchTo(caller);
	rs_wire_encode_compressed(target->encoder, false);
}

/*
 * Send what waits, and that it is the end; the node has not answered yet.
 */
static void
end_rows(Target *target)
{
	int			done;

	rs_wire_encode_flush(target->encoder);
	rs_wire_encode_end(target->encoder, rs_wire_encoded_rows(target->encoder));
	if (!target->copying)
	{
		char	   *digits = palloc(target->held.len * 2 + 1);
		char	   *sql;

		digits[hex_encode(target->held.data, target->held.len, digits)] = '\0';
		sql = psprintf("%s, ROWS '%s')", target->route->copy, digits);
		send_command(target, sql, NULL);
		pfree(sql);
		pfree(digits);
		return;
	}
	while ((done = PQputCopyEnd(rs_connection_libpq(target->connection), NULL)) == 0)
		rs_connection_flush(target->connection);
	if (done < 0)
		rs_connection_error(ERROR, target->connection, NULL, target->route->copy);
}

static void
close_target(Target *target)
{
	PQclear(rs_connection_finish(target->connection));
	target->rows += rs_wire_encoded_rows(target->encoder);
	target->encoder = NULL;
	target->copying = false;
	MemoryContextDelete(target->context);
}

/*
 * Someone else needs the connection.
 */
static void
yield(RsConnectionUser *user, RsConnection *connection)
{
	Target	   *target = (Target *) user;

	end_rows(target);
	close_target(target);
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

/*
 * Send a row where another one belongs, which has the key.
 */
static void
send_as(RsRoute *route, TupleTableSlot *slot, TupleTableSlot *sent)
{
	int			i;

	switch (route->style)
	{
		case RS_DIST_ALL:
			for (i = 0; i < route->ntargets; i++)
				send_row(&route->targets[i], sent);
			break;
		case RS_DIST_KEY:
			for (i = 0; i < route->nkeys; i++)
			{
				route->key_values[i] = slot->tts_values[route->keys[i]];
				route->key_nulls[i] = slot->tts_isnull[route->keys[i]];
			}
			i = rs_distribution_slice(route->distribution, route->key_values, route->key_nulls);
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
rs_route_row(RsRoute *route, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	send_as(route, slot, project(route, slot));
}

void
rs_route_line(RsRoute *route, TupleTableSlot *slot, uint64 before, const char *line, int length)
{
	TupleTableSlot *sent = route->projected;

	ExecClearTuple(sent);
	sent->tts_values[0] = Int64GetDatum((int64) before);
	sent->tts_values[1] = PointerGetDatum(cstring_to_text_with_len(line, length));
	sent->tts_isnull[0] = sent->tts_isnull[1] = false;
	send_as(route, slot, ExecStoreVirtualTuple(sent));
}

void
rs_route_end(RsRoute *route)
{
	int			i;

	for (i = 0; i < route->ntargets; i++)
	{
		Target	   *target = &route->targets[i];

		if (target->encoder == NULL && (target->opened || !route->opens_all))
			continue;
		if (target->encoder == NULL)
			open_target(target);
		end_rows(target);
	}
	for (i = 0; i < route->ntargets; i++)
		if (route->targets[i].encoder != NULL)
			close_target(&route->targets[i]);
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

		(*targets)[i].node = target->node->id;
		(*targets)[i].rows = target->rows;
		(*targets)[i].bytes = target->bytes;
	}
	return route->ntargets;
}
