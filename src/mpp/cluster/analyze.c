/*
 * analyze.c
 *	  ANALYZE of distributed tables: the leader's statistics come from the nodes' rows.
 *
 * PostgreSQL's ANALYZE runs at the leader.  When it asks how large a distributed table is
 * it gets the pages of all nodes, and when it scans it, a sample of their rows that was
 * taken then: from each node in proportion to its rows, or all of a table that is on all
 * nodes from one of them.  The sample is kept until the statement ends, because the
 * parents of partitions ask in several steps.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/vacuum.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/cluster/analyze.h"
#include "mpp/cluster/table.h"
#include "mpp/session/connection.h"
#include "mpp/session/remote_transaction.h"
#include "storage/remote_rows.h"
#include "storage/row_group.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define ROWS_PER_TARGET	300		/* as ANALYZE wants them for each unit of the statistics target */

typedef struct Entry
{
	Oid			relid;
	bool		failed;			/* while it was being made */
	RsRemoteSample sample;
} Entry;

/* Those of the statement, in their own memory; NULL: no statement analyzes. */
static MemoryContext context = NULL;
static HTAB *samples = NULL;

/*
 * How many rows ANALYZE will want at most.
 */
static double
wanted_rows(TupleDesc desc)
{
	int			target = default_statistics_target;
	int			i;

	for (i = 0; i < desc->natts; i++)
		target = Max(target, TupleDescAttr(desc, i)->attstattarget);
	return (double) ROWS_PER_TARGET * Max(target, 1);
}

/*
 * The query of the sample; dropped columns are NULL.  Rows beside each other tend to have the
 * same values: so, as ANALYZE does, no more than a row is taken of a block, on average.
 */
static char *
sample_query(Relation rel, const char *name, double wanted, double rows)
{
	TupleDesc	desc = RelationGetDescr(rel);
	StringInfoData sql;
	int			i;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (i = 0; i < desc->natts; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", TupleDescAttr(desc, i)->attisdropped ? "NULL" :
						 quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
	appendStringInfo(&sql, " FROM ONLY %s", name);
	if (rows > wanted)
	{
		double		share = wanted * 1.02 / rows;
		double		of_block = Max(share, 1.0 / RS_ROWS_PER_TID_BLOCK);

		if (share < of_block)
			appendStringInfo(&sql, " TABLESAMPLE system (%.15g)", 100.0 * share / of_block);
		appendStringInfo(&sql, " WHERE pg_catalog.random() < %.15g", of_block);
	}
	return sql.data;
}

static void
take_rows(RsRemoteSample *sample, PGresult *result, AttInMetadata *input, MemoryContext scratch)
{
	int			n = PQntuples(result);
	int			natts = input->tupdesc->natts;
	char	  **values = palloc(Max(natts, 1) * sizeof(char *));
	Size		size = Max(sample->nsampled + n, 1) * sizeof(HeapTuple);
	int			row;
	int			i;

	sample->sampled = sample->sampled == NULL ? MemoryContextAllocHuge(context, size) :
		repalloc_huge(sample->sampled, size);
	for (row = 0; row < n; row++)
	{
		MemoryContext caller = MemoryContextSwitchTo(scratch);
		HeapTuple	tuple;

		CHECK_FOR_INTERRUPTS();
		for (i = 0; i < natts; i++)
			values[i] = PQgetisnull(result, row, i) ? NULL : PQgetvalue(result, row, i);
		tuple = BuildTupleFromCStrings(input, values);
		MemoryContextSwitchTo(context);
		sample->sampled[sample->nsampled++] = heap_copytuple(tuple);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(scratch);
	}
	pfree(values);
}

static void
clear_result(void *result)
{
	PQclear(result);
}

static void
take_result(RsConnection *connection, PGresult *result, RsRemoteSample *sample, AttInMetadata *input, MemoryContext scratch)
{
	MemoryContext owner = AllocSetContextCreate(CurrentMemoryContext, "sample", ALLOCSET_SMALL_SIZES);
	MemoryContextCallback *callback = MemoryContextAlloc(owner, sizeof(MemoryContextCallback));

	callback->func = clear_result;
	callback->arg = result;
	MemoryContextRegisterResetCallback(owner, callback);
	if (PQnfields(result) != input->tupdesc->natts)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_EXCEPTION),
				 errmsg("unexpected answer from compute node \"%s\"", rs_connection_node(connection)->name)));
	take_rows(sample, result, input, scratch);
	MemoryContextDelete(owner);
}

/*
 * ANALYZE has made itself the table's owner: the nodes are asked as who asked for it.
 */
static void
fetch(Relation rel, RsRemoteSample *sample)
{
	char	   *name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel));
	List	   *connections = rs_connections_open(rs_cluster()->nodes, GetOuterUserId());
	AttInMetadata *input = TupleDescGetAttInMetadata(RelationGetDescr(rel));
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "sampled row", ALLOCSET_SMALL_SIZES);
	AttrNumber	key;
	double		pages = 0;
	char	   *sql;
	ListCell   *lc;

	if (rs_table_spread(RelationGetRelid(rel), &key) == RS_DIST_ALL)
		connections = list_make1(linitial(connections));
	rs_remote_begin(connections);
	foreach(lc, connections)
	{
		sample->rows += strtod(rs_connection_query_value(lfirst(lc), psprintf("SELECT pg_catalog.count(*) FROM ONLY %s", name)), NULL);
		pages += strtod(rs_connection_query_value(lfirst(lc), psprintf("SELECT pg_catalog.pg_relation_size(%s) / %d",
																		quote_literal_cstr(name), BLCKSZ)), NULL);
	}
	sample->blocks = sample->rows == 0 ? 0 : (BlockNumber) Min(Max(pages, 1), MaxBlockNumber);
	sql = sample_query(rel, name, wanted_rows(RelationGetDescr(rel)), sample->rows);
	foreach(lc, connections)
		rs_connection_send(lfirst(lc), sql, NULL);
	foreach(lc, connections)
		take_result(lfirst(lc), rs_connection_finish(lfirst(lc)), sample, input, scratch);
	MemoryContextDelete(scratch);
}

static const RsRemoteSample *
sample_of(Relation rel)
{
	Oid			relid = RelationGetRelid(rel);
	Entry	   *entry;
	bool		found;

	if (context == NULL || !rs_table_is_distributed(relid))
		return NULL;
	entry = hash_search(samples, &relid, HASH_ENTER, &found);
	if (found && !entry->failed)
		return &entry->sample;
	memset(&entry->sample, 0, sizeof(RsRemoteSample));
	entry->failed = true;
	fetch(rel, &entry->sample);
	entry->failed = false;
	return &entry->sample;
}

void
rs_analyze_begin(void)
{
	HASHCTL		control = {.keysize = sizeof(Oid), .entrysize = sizeof(Entry)};

	rs_analyze_end();
	context = AllocSetContextCreate(TopMemoryContext, "redshift samples", ALLOCSET_DEFAULT_SIZES);
	control.hcxt = context;
	samples = hash_create("redshift samples", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void
rs_analyze_end(void)
{
	if (context != NULL)
		MemoryContextDelete(context);
	context = NULL;
	samples = NULL;
}

static void
call_on_nodes(Relation rel, const char *function)
{
	List	   *connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	char	   *name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel));
	ListCell   *lc;

	rs_remote_begin(connections);
	foreach(lc, connections)
		rs_remote_will_write(lfirst(lc));
	rs_connections_execute(connections, psprintf("SELECT redshift.%s(%s)", function, quote_literal_cstr(name)));
}

static const RsRemoteRows remote_rows = {rs_table_is_distributed, sample_of, call_on_nodes};

void
rs_analyze_init(void)
{
	rs_remote_rows = &remote_rows;
}
