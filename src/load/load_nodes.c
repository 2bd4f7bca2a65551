/*
 * load_nodes.c
 *	  COPY into a distributed table: the compute nodes read the files.
 *
 * The leader finds the files and says which node reads which of them, or which of their parts,
 * if these need nothing of each other.  That goes to all nodes as a staged row; then the
 * load is INSERT ... SELECT FROM redshift.read_files('x') AS f (...), which is planned and run as any
 * other: rows go from node to node by DISTKEY, and none comes here.  The load is a part of the
 * session's transaction on all nodes.
 *
 * What nodes tell of the load on the way, such as bad rows, comes as messages (load_messages.c),
 * which libpq hands over while it reads: they are kept until an error would not interrupt it.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "load/file_scan.h"
#include "load/load_messages.h"
#include "load/load_spec.h"
#include "miscadmin.h"
#include "mpp/change/route.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/session/connection.h"
#include "mpp/session/remote_transaction.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

/* What a node has told: malloc'd, for libpq's sake. */
typedef struct Message
{
	struct Message *next;
	char	   *kind;
	char	   *detail;
} Message;

typedef struct Listener
{
	const RsLoad *load;
	List	   *connections;
	PQnoticeReceiver before;	/* libpq's own */
	Message    *first;
	Message   **last;
} Listener;

/* ---------------------------------------------------------------------
 * Messages
 * ---------------------------------------------------------------------
 */

static void
take_message(void *arg, const PGresult *result)
{
	Listener   *listener = arg;
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *kind = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	Message    *message;

	if (state == NULL || strcmp(state, unpack_sql_state(RS_LOAD_MESSAGE)) != 0 || kind == NULL || detail == NULL)
	{
		listener->before(NULL, result);
		return;
	}
	message = calloc(1, sizeof(Message));
	if (message == NULL)
		return;
	rs_load_message_progress(listener->load, kind, detail);
	message->kind = strdup(kind);
	message->detail = strdup(detail);
	*listener->last = message;
	listener->last = &message->next;
}

static void
listen_to(Listener *listener, const RsLoad *load, List *connections)
{
	ListCell   *lc;

	listener->load = load;
	listener->connections = connections;
	listener->first = NULL;
	listener->last = &listener->first;
	foreach(lc, connections)
		listener->before = PQsetNoticeReceiver(rs_connection_libpq(lfirst(lc)), take_message, listener);
}

/*
 * No more is coming.
 */
static void
stop_listening(Listener *listener)
{
	ListCell   *lc;

	foreach(lc, listener->connections)
		if (rs_connection_libpq(lfirst(lc)) != NULL)
			PQsetNoticeReceiver(rs_connection_libpq(lfirst(lc)), listener->before, NULL);
}

static void
free_messages(Listener *listener)
{
	while (listener->first != NULL)
	{
		Message    *message = listener->first;

		listener->first = message->next;
		free(message->kind);
		free(message->detail);
		free(message);
	}
}

/*
 * Report what was told: an error, if nodes have found more bad rows together than the load allows.
 */
static void
report_messages(Listener *listener, const RsLoad *load)
{
	Message    *message;

	PG_TRY();
	{
		for (message = listener->first; message != NULL; message = message->next)
			if (message->kind != NULL && message->detail != NULL)
				rs_load_message_take(load, message->kind, message->detail);
	}
	PG_CATCH();
	{
		free_messages(listener);
		PG_RE_THROW();
	}
	PG_END_TRY();
	free_messages(listener);
}

/*
 * The same after an error, which is to be thrown again: another one would hide it.
 */
static void
report_failure(Listener *listener, const RsLoad *load)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	ErrorData  *error = CopyErrorData();

	FlushErrorState();
	PG_TRY();
	{
		report_messages(listener, load);
	}
	PG_CATCH();
	{
		FlushErrorState();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	ReThrowError(error);
}

/* ---------------------------------------------------------------------
 * The load
 * ---------------------------------------------------------------------
 */

/*
 * May a condition be evaluated where rows are read?  That has the columns that are read only.
 */
static bool
has_columns_of(const RsLoad *load, Node *condition)
{
	List	   *vars = pull_var_clause(condition, 0);
	ListCell   *lc;

	foreach(lc, vars)
	{
		AttrNumber	attno = lfirst_node(Var, lc)->varattno;
		bool		read = false;
		int			i;

		for (i = 0; i < load->ncolumns; i++)
			read |= load->attnos[i] == attno;
		if (!read)
			return false;
	}
	return true;
}

bool
rs_load_is_for_nodes(const RsLoad *load)
{
	Oid			relid = RelationGetRelid(load->rel);

	return !rs_location_is_of_server(load->url) && rs_table_target_is_distributed(relid) && !rs_table_target_is_mixed(relid) &&
		has_columns_of(load, (Node *) load->where);
}

/*
 * The node with the least to read takes the next file or part.
 */
static int32 *
deal_units(const RsLoad *load)
{
	List	   *nodes = rs_cluster()->nodes;
	double	   *given = palloc0(list_length(nodes) * sizeof(double));
	int32	   *node_of = palloc(Max(load->nunits, 1) * sizeof(int32));
	int			unit;

	for (unit = 0; unit < load->nunits; unit++)
	{
		int64		size = load->files[load->units[unit].file]->size;
		int			least = 0;
		int			i;

		for (i = 1; i < list_length(nodes); i++)
			if (given[i] < given[least])
				least = i;
		given[least] += (double) Max(size, 1) / Max(load->units[unit].nparts, 1);
		node_of[unit] = ((RsNode *) list_nth(nodes, least))->id;
	}
	return node_of;
}

/*
 * The statement that loads.  Domains are checked where values become the table's.
 */
static char *
form_statement(const RsLoad *load, const char *name)
{
	Oid			relid = RelationGetRelid(load->rel);
	StringInfoData sql;
	StringInfoData columns;
	int			i;

	initStringInfo(&sql);
	initStringInfo(&columns);
	for (i = 0; i < load->ncolumns; i++)
		appendStringInfo(&columns, "%s%s", i > 0 ? ", " : "", quote_identifier(load->columns[i].name));
	if (load->options.no_load)
		appendStringInfo(&sql, "SELECT count(*) FROM (SELECT %s", columns.data);
	else
		appendStringInfo(&sql, "INSERT INTO %s (%s)%s SELECT %s",
						 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid)),
						 columns.data, load->options.explicit_ids ? " OVERRIDING SYSTEM VALUE" : "", columns.data);
	appendStringInfo(&sql, " FROM redshift.read_files(%s) AS t (", quote_literal_cstr(name));
	for (i = 0; i < load->ncolumns; i++)
		appendStringInfo(&sql, "%s%s %s", i > 0 ? ", " : "", quote_identifier(load->columns[i].name),
						 format_type_extended(getBaseType(load->columns[i].typid), load->columns[i].typmod,
											  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	appendStringInfoChar(&sql, ')');
	if (load->where != NIL)
		appendStringInfo(&sql, " WHERE %s",
						 deparse_expression((Node *) make_ands_explicit(load->where),
											deparse_context_for("t", relid), false, false));
	if (load->options.no_load)
		appendStringInfoString(&sql, ") t");
	return sql.data;
}

static uint64
run_statement(const RsLoad *load, const char *sql)
{
	uint64		rows;
	int			code;

	SPI_connect();
	code = SPI_execute(sql, false, 0);
	if (code != (load->options.no_load ? SPI_OK_SELECT : SPI_OK_INSERT))
		elog(ERROR, "load on compute nodes failed: %s", SPI_result_code_string(code));
	rows = load->options.no_load ? 0 : SPI_processed;
	SPI_finish();
	return rows;
}

uint64
rs_load_on_nodes(RsLoad *load)
{
	List	   *connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	char	   *name = psprintf("load %d", rs_load_log_query(load->log));
	Listener	listener;
	uint64		rows;
	ListCell   *lc;

	rs_load_divide(load, load->format->part_shared_size == 0);
	load->progress = rs_load_progress_init(palloc(sizeof(RsLoadProgress)));
	load->counts_rows = true;
	rs_load_log_start_progress(load->log);
	rs_route_text(connections, name, rs_load_spec_form(load, deal_units(load)));
	listen_to(&listener, load, connections);
	PG_TRY();
	{
		rows = run_statement(load, form_statement(load, name));
	}
	PG_CATCH();
	{
		stop_listening(&listener);
		/* Rows are reported; what they are an error for has been thrown by the node already. */
		report_failure(&listener, load);
	}
	PG_END_TRY();
	stop_listening(&listener);
	report_messages(&listener, load);
	pgstat_progress_end_command();
	foreach(lc, connections)
		rs_remote_send_later(lfirst(lc), psprintf("SELECT redshift.close_staged('{\"%s\"}');", name));
	return rows;
}
