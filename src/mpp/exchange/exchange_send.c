/*
 * exchange_send.c
 *	  Rows of a fragment to the nodes that need them.
 *
 * Each node is sent what belongs to its slices, over a connection of this session, as
 * COPY redshift.exchange FROM STDIN (FORMAT redshift_batch, EXCHANGE 'id'); what belongs
 * to this node goes to its file directly.  Every target has an encoder of its own; rows
 * that go everywhere are encoded once.
 *
 * No more than one message for each target is in libpq's hands that the socket did not
 * take yet: a slow target makes the fragment wait, not grow.
 */
#include "postgres.h"

#include "core/fault.h"
#include "miscadmin.h"
#include "mpp/cluster/distribution.h"
#include "mpp/cluster/node.h"
#include "mpp/exchange/exchange_file.h"
#include "mpp/exchange/exchange_send.h"
#include "mpp/exchange/join_filter.h"
#include "mpp/session/connection.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_format.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "vector/operator.h"

typedef struct Target
{
	RsExchangeSender *sender;
	int32		node;
	RsConnection *connection;	/* NULL: this node */
	RsExchangeWriter *writer;	/* of this node */
	RsWireEncoder *encoder;		/* NULL: rows go everywhere */
	uint32		rows[RS_VECTOR_ROWS];	/* of a batch */
	uint32		n;
	uint64		bytes;			/* sent */
} Target;

struct RsExchangeSender
{
	int			ntargets;
	Target	   *targets;
	RsWireEncoder *encoder;		/* of rows that go everywhere; NULL: they are spread */
	RsDistribution *distribution;
	int			nkeys;
	int		   *keys;			/* columns, from 0 */
	RsVectorType *key_types;
	Datum	   *values;			/* of a row's keys */
	bool	   *nulls;
	Target	  **slices;			/* by slice; NULL: of no target */
	RsFilterMaker *filters;		/* NULL: none are wanted */
	bool		only_filters;	/* rows are not */
	MemoryContext scratch;
	uint64		rows;
	bool		ended;
	MemoryContextCallback abandon;
};

/* ---------------------------------------------------------------------
 * Messages
 * ---------------------------------------------------------------------
 */

/*
 * Raise why a node takes no more.
 */
static void
refused(RsConnection *connection)
{
	PGresult   *result;

	while ((result = rs_connection_result(connection)) != NULL)
		PQclear(result);
	rs_connection_error(ERROR, connection, NULL, NULL);
}

static void
send_message(void *arg, const char *message, Size size)
{
	Target	   *target = arg;
	PGconn	   *conn;

	target->bytes += size;
	if (target->connection == NULL)
	{
		rs_exchange_writer_add(target->writer, message, size);
		return;
	}
	RS_FAULT_POINT("exchange_send");
	conn = rs_connection_libpq(target->connection);
	rs_connection_flush(target->connection);
	if (PQputCopyData(conn, message, size) <= 0)
		refused(target->connection);
	(void) PQflush(conn);
}

static void
send_everywhere(void *arg, const char *message, Size size)
{
	RsExchangeSender *sender = arg;
	int			t;

	for (t = 0; t < sender->ntargets; t++)
		send_message(&sender->targets[t], message, size);
}

/*
 * After an error: a connection that still takes rows is of no use to anyone, and its
 * node is to know that no more come.
 */
static void
abandon(void *arg)
{
	RsExchangeSender *sender = arg;
	int			t;

	if (sender->ended)
		return;
	for (t = 0; t < sender->ntargets; t++)
		if (sender->targets[t].connection != NULL)
			rs_connection_abandon(sender->targets[t].connection);
}

/* ---------------------------------------------------------------------
 * Beginning
 * ---------------------------------------------------------------------
 */

static RsNode *
copy_node(const RsNode *node)
{
	RsNode	   *copy = palloc(sizeof(RsNode));

	*copy = *node;
	copy->name = pstrdup(node->name);
	return copy;
}

/*
 * Copies of the nodes of these names, or of all.
 */
static List *
target_nodes(const RsCluster *cluster, List *names)
{
	List	   *nodes = NIL;
	ListCell   *name;
	ListCell   *lc;

	if (names == NIL)
		foreach(lc, cluster->nodes)
			nodes = lappend(nodes, copy_node(lfirst(lc)));
	foreach(name, names)
	{
		const RsNode *found = NULL;

		foreach(lc, cluster->nodes)
			if (strcmp(((RsNode *) lfirst(lc))->name, lfirst(name)) == 0)
				found = lfirst(lc);
		if (found == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("there is no compute node \"%s\"", (char *) lfirst(name))));
		nodes = lappend(nodes, copy_node(found));
	}
	return nodes;
}

/*
 * Ask all target nodes at once to take rows.
 */
static void
connect_targets(RsExchangeSender *sender, const char *id, List *connections)
{
	char	   *sql = psprintf("COPY redshift.exchange FROM STDIN (FORMAT redshift_batch, EXCHANGE %s)",
							   quote_literal_cstr(id));
	ListCell   *lc;
	int			t;

	foreach(lc, connections)
		rs_connection_send(lfirst(lc), sql, NULL);
	for (t = 0; t < sender->ntargets; t++)
	{
		Target	   *target = &sender->targets[t];
		PGresult   *result;
		ExecStatusType status;

		if (target->connection == NULL)
			continue;
		result = rs_connection_result(target->connection);
		status = PQresultStatus(result);
		PQclear(result);
		if (status != PGRES_COPY_IN)
			elog(ERROR, "unexpected result of an exchange: %s", PQresStatus(status));
	}
}

static void
open_targets(RsExchangeSender *sender, const char *id, List *nodes, int32 self)
{
	List	   *others = NIL;
	List	   *connections;
	ListCell   *lc;
	int			next = 0;
	int			t = 0;

	foreach(lc, nodes)
		if (((RsNode *) lfirst(lc))->id != self)
			others = lappend(others, lfirst(lc));
	sender->targets = palloc0(Max(list_length(nodes), 1) * sizeof(Target));
	sender->ntargets = list_length(nodes);
	RS_FAULT_POINT("exchange_connect");
	connections = others != NIL ? rs_connections_open(others, GetUserId()) : NIL;
	foreach(lc, nodes)
	{
		Target	   *target = &sender->targets[t++];

		target->sender = sender;
		target->node = ((RsNode *) lfirst(lc))->id;
		if (((RsNode *) lfirst(lc))->id == self)
			target->writer = rs_exchange_writer_create(id);
		else
			target->connection = list_nth(connections, next++);
	}
	connect_targets(sender, id, connections);
}

static void
init_keys(RsExchangeSender *sender, List *keys, TupleDesc desc, int nslices)
{
	Oid		   *types = palloc(list_length(keys) * sizeof(Oid));
	Oid		   *collations = palloc(list_length(keys) * sizeof(Oid));
	ListCell   *lc;

	sender->keys = palloc(list_length(keys) * sizeof(int));
	sender->key_types = palloc(list_length(keys) * sizeof(RsVectorType));
	sender->values = palloc(list_length(keys) * sizeof(Datum));
	sender->nulls = palloc(list_length(keys) * sizeof(bool));
	foreach(lc, keys)
	{
		int			column = lfirst_int(lc);

		if (column < 1 || column > desc->natts)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
					 errmsg("rows have no column %d to be distributed by", column)));
		types[sender->nkeys] = TupleDescAttr(desc, column - 1)->atttypid;
		collations[sender->nkeys] = TupleDescAttr(desc, column - 1)->attcollation;
		rs_vector_type_init(&sender->key_types[sender->nkeys], types[sender->nkeys]);
		sender->keys[sender->nkeys++] = column - 1;
	}
	sender->distribution = rs_distribution_create(sender->nkeys, types, collations, nslices);
}

/*
 * Which target has which slice.
 */
static void
map_slices(RsExchangeSender *sender, const int32 *slice_nodes, int nslices, List *nodes)
{
	ListCell   *lc;
	int			s;

	sender->slices = palloc0(Max(nslices, 1) * sizeof(Target *));
	for (s = 0; s < nslices; s++)
		foreach(lc, nodes)
			if (((RsNode *) lfirst(lc))->id == slice_nodes[s])
				sender->slices[s] = &sender->targets[foreach_current_index(lc)];
}

RsExchangeSender *
rs_exchange_sender_create(MemoryContext context, const RsFragmentOptions *options, TupleDesc desc)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	RsExchangeSender *sender = palloc0(sizeof(RsExchangeSender));
	Oid		   *types = palloc(Max(desc->natts, 1) * sizeof(Oid));
	const RsCluster *cluster = rs_cluster();
	int32	   *slice_nodes;
	int			nslices;
	int32		self;
	List	   *nodes;
	int			i;

	if (cluster == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server belongs to no cluster")));
	sender->abandon.func = abandon;
	sender->abandon.arg = sender;
	MemoryContextRegisterResetCallback(context, &sender->abandon);

	/* What the cluster says is good until a catalog is read: what is needed of it, now. */
	self = cluster->self;
	nslices = cluster->nslices;
	slice_nodes = palloc(Max(nslices, 1) * sizeof(int32));
	if (nslices > 0)
		memcpy(slice_nodes, cluster->slice_nodes, nslices * sizeof(int32));
	nodes = options->keep ? list_make1(unconstify(RsNode *, rs_node(self))) : target_nodes(cluster, options->targets);
	for (i = 0; i < desc->natts; i++)
		types[i] = TupleDescAttr(desc, i)->atttypid;
	sender->scratch = AllocSetContextCreate(context, "redshift exchange keys", ALLOCSET_DEFAULT_SIZES);

	open_targets(sender, options->exchange, nodes, self);
	if (options->filters != NIL)
		sender->filters = rs_filter_maker_create(context, options->filters, desc);
	sender->only_filters = options->only_filters;
	if (options->keys != NIL)
	{
		init_keys(sender, options->keys, desc, nslices);
		map_slices(sender, slice_nodes, nslices, nodes);
		for (i = 0; i < sender->ntargets; i++)
			sender->targets[i].encoder = rs_wire_encoder_create(context, types, desc->natts, send_message,
																&sender->targets[i]);
	}
	else
		sender->encoder = rs_wire_encoder_create(context, types, desc->natts, send_everywhere, sender);
	MemoryContextSwitchTo(caller);
	return sender;
}

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

static Target *
target_of_values(RsExchangeSender *sender)
{
	int32		slice = rs_distribution_slice(sender->distribution, sender->values, sender->nulls);
	Target	   *target = sender->slices[slice];

	if (target == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("slice %d is on none of the target nodes of the exchange", slice)));
	return target;
}

void
rs_exchange_send_slot(RsExchangeSender *sender, TupleTableSlot *slot)
{
	MemoryContext caller;
	Target	   *target;
	int			k;

	slot_getallattrs(slot);
	if (sender->filters != NULL)
		rs_filter_maker_add_row(sender->filters, slot->tts_values, slot->tts_isnull);
	if (sender->only_filters)
		return;
	sender->rows++;
	if (sender->encoder != NULL)
	{
		rs_wire_encode_slot(sender->encoder, slot);
		return;
	}
	for (k = 0; k < sender->nkeys; k++)
	{
		sender->values[k] = slot->tts_values[sender->keys[k]];
		sender->nulls[k] = slot->tts_isnull[sender->keys[k]];
	}
	caller = MemoryContextSwitchTo(sender->scratch);
	target = target_of_values(sender);
	MemoryContextSwitchTo(caller);
	if (sender->rows % RS_VECTOR_ROWS == 0)
		MemoryContextReset(sender->scratch);
	rs_wire_encode_slot(target->encoder, slot);
}

void
rs_exchange_send_vectors(RsExchangeSender *sender, const RsVector **columns, uint32 n)
{
	MemoryContext caller;
	uint32		i;
	int			k;
	int			t;

	if (sender->filters != NULL)
		rs_filter_maker_add_vectors(sender->filters, columns, n);
	if (sender->only_filters)
		return;
	sender->rows += n;
	if (sender->encoder != NULL)
	{
		rs_wire_encode_vectors(sender->encoder, columns, NULL, n);
		return;
	}
	for (t = 0; t < sender->ntargets; t++)
		sender->targets[t].n = 0;
	caller = MemoryContextSwitchTo(sender->scratch);
	for (i = 0; i < n; i++)
	{
		Target	   *target;

		for (k = 0; k < sender->nkeys; k++)
			sender->values[k] = rs_vector_datum(columns[sender->keys[k]], &sender->key_types[k], i,
												&sender->nulls[k]);
		target = target_of_values(sender);
		target->rows[target->n++] = i;
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(sender->scratch);
	for (t = 0; t < sender->ntargets; t++)
	{
		Target	   *target = &sender->targets[t];

		if (target->n > 0)
			rs_wire_encode_vectors(target->encoder, columns, target->n == n ? NULL : target->rows, target->n);
	}
}

/* ---------------------------------------------------------------------
 * The end
 * ---------------------------------------------------------------------
 */

/*
 * All targets get what is known of the rows of all.
 */
static void
send_filters(RsExchangeSender *sender)
{
	List	   *payloads = rs_filter_maker_end(sender->filters, sender->ntargets);
	ListCell   *lc;
	int			t;

	foreach(lc, payloads)
	{
		StringInfo	payload = lfirst(lc);

		if (sender->encoder != NULL)
			rs_wire_encode_payload(sender->encoder, RS_WIRE_FILTER, payload->data, payload->len);
		for (t = 0; t < sender->ntargets; t++)
			if (sender->targets[t].encoder != NULL)
				rs_wire_encode_payload(sender->targets[t].encoder, RS_WIRE_FILTER, payload->data, payload->len);
	}
}

uint64
rs_exchange_sender_end(RsExchangeSender *sender)
{
	int			t;

	if (sender->filters != NULL)
		send_filters(sender);
	if (sender->encoder != NULL)
		rs_wire_encode_end(sender->encoder, sender->rows);
	for (t = 0; t < sender->ntargets; t++)
	{
		Target	   *target = &sender->targets[t];

		if (target->encoder != NULL)
			rs_wire_encode_end(target->encoder, rs_wire_encoded_rows(target->encoder));
		if (target->connection == NULL)
			rs_exchange_writer_end(target->writer);
		else if (PQputCopyEnd(rs_connection_libpq(target->connection), NULL) < 0)
			refused(target->connection);
	}
	RS_FAULT_POINT("exchange_sent");
	for (t = 0; t < sender->ntargets; t++)
		if (sender->targets[t].connection != NULL)
		{
			rs_connection_flush(sender->targets[t].connection);
			PQclear(rs_connection_finish(sender->targets[t].connection));
		}
	sender->ended = true;
	return sender->rows;
}

int
rs_exchange_sender_targets(const RsExchangeSender *sender, RsReportTarget **targets)
{
	int			t;

	*targets = palloc((sender->ntargets + 1) * sizeof(RsReportTarget));
	for (t = 0; t < sender->ntargets; t++)
	{
		const Target *target = &sender->targets[t];

		(*targets)[t].node = target->node;
		(*targets)[t].bytes = target->bytes;
		(*targets)[t].rows = target->encoder != NULL ? rs_wire_encoded_rows(target->encoder) : sender->rows;
	}
	return sender->ntargets;
}
