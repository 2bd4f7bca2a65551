/*
 * redistribute.c
 *	  Rows of a distributed table go where another distribution has them.
 *
 * ALTER TABLE ... SET (diststyle, distkey), in one transaction of the leader and all nodes:
 *
 *		leader	locks the table against changes, not against readers
 *		nodes	send their rows to each other, by an exchange
 *		nodes	write what has come into new storage, which no one else sees
 *		leader	keeps everyone out; options change; nodes switch to the new storage
 *
 * New storage is a table of its own, made and put in place as CLUSTER does it; its options
 * are those that the table will have, so that rows are written by slices as it needs them.
 * If anything fails the transaction does, and the new storage is gone.
 *
 * A table on all nodes is sent by one of them.  EVEN deals rows by a hash of their place.
 */
#include "postgres.h"

#include "access/multixact.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/cluster.h"
#include "commands/tablecmds.h"
#include "commands/vacuum.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/exchange_file.h"
#include "mpp/fragment.h"
#include "mpp/node.h"
#include "mpp/redistribute.h"
#include "mpp/remote_transaction.h"
#include "mpp/table.h"
#include "mpp/wire.h"
#include "mpp/wire_format.h"
#include "storage/bufmgr.h"
#include "storage/ddl.h"
#include "storage/insert_buffer.h"
#include "storage/lmgr.h"
#include "storage/options.h"
#include "storage/tableam.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_redistribute_fill);
PG_FUNCTION_INFO_V1(rs_redistribute_switch_here);

/* ---------------------------------------------------------------------
 * The leader
 * ---------------------------------------------------------------------
 */

/* Where rows are, and where they are to be. */
typedef struct Layout
{
	RsDistStyle style;			/* EVEN for AUTO */
	AttrNumber	key;
} Layout;

bool
rs_redistribute_applies(AlterTableStmt *statement)
{
	Oid			relid = RangeVarGetRelid(statement->relation, NoLock, true);
	ListCell   *lc;

	foreach(lc, statement->cmds)
	{
		AlterTableType type = lfirst_node(AlterTableCmd, lc)->subtype;

		if (type != AT_SetRelOptions && type != AT_ResetRelOptions)
			return false;
	}
	return OidIsValid(relid) && get_rel_relkind(relid) == RELKIND_RELATION;
}

static Layout
layout_of(const RsTableOptions *options)
{
	Layout		layout = {options->diststyle == RS_DIST_AUTO ? RS_DIST_EVEN : options->diststyle, options->distkey};

	return layout;
}

static char *
name_of(Relation rel)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel));
}

/*
 * What sends a node's rows: SQL; and the column to spread them by, 0: to all nodes.
 */
static char *
sending_query(Relation rel, const Layout *after, int *key)
{
	TupleDesc	desc = RelationGetDescr(rel);
	StringInfoData sql;
	int			n = 0;
	int			i;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	*key = 0;
	for (i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped)
			continue;
		appendStringInfo(&sql, "%s%s", n++ > 0 ? ", " : "", quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
		if (after->style == RS_DIST_KEY && after->key == i + 1)
			*key = n;
	}
	if (after->style == RS_DIST_EVEN)
	{
		appendStringInfo(&sql, "%spg_catalog.hashtid(ctid)", n++ > 0 ? ", " : "");
		*key = n;
	}
	appendStringInfo(&sql, " FROM ONLY %s", name_of(rel));
	return sql.data;
}

/*
 * As ALTER TABLE sets them, of the distribution.
 */
static char *
settings_of(Relation rel, const RsTableOptions *options)
{
	switch (options->diststyle)
	{
		case RS_DIST_KEY:
			return psprintf("SET (distkey = %s)",
							quote_literal_cstr(quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(rel),
																					  options->distkey - 1)->attname))));
		case RS_DIST_ALL:
			return "SET (diststyle = all)";
		case RS_DIST_EVEN:
			return "SET (diststyle = even)";
		default:
			return "RESET (diststyle, distkey)";
	}
}

/*
 * Send all rows to an exchange on all nodes.
 */
static void
fill_exchange(Relation rel, List *connections, const char *exchange, const Layout *before, const Layout *after)
{
	int			key;
	char	   *sql = sending_query(rel, after, &key);
	List	   *senders = before->style == RS_DIST_ALL ? list_make1(linitial(connections)) : connections;
	char	   *options = psprintf(key > 0 ? "EXCHANGE '%s', DISTRIBUTE '%d'" : "EXCHANGE '%s', BROADCAST", exchange, key);
	RsRemoteStatement *statement = rs_remote_statement_begin(connections);

	rs_connections_execute(connections, psprintf("SELECT redshift.open_exchange('%s', %d)", exchange, list_length(senders)));
	rs_fragment_end(rs_fragment_start(statement, senders, sql, options, NULL, NULL, 0));
	rs_remote_statement_end(statement);
}

static void
move_rows(Relation rel, const RsTableOptions *options, const Layout *before, const Layout *after)
{
	static uint32 last = 0;
	List	   *connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	char	   *exchange = psprintf("%d_m%u", MyProcPid, ++last);
	char	   *name = name_of(rel);
	ListCell   *lc;

	rs_remote_begin(connections);
	foreach(lc, connections)
		rs_remote_will_write(lfirst(lc));

	/* Policies would hide rows from an owner who is subject to them: that is an error. */
	rs_connections_execute(connections, "SET LOCAL row_security = off");
	rs_connections_execute(connections, psprintf("LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE", name));
	fill_exchange(rel, connections, exchange, before, after);
	rs_connections_execute(connections,
						   psprintf("SELECT redshift.redistribute_fill(%s, '%s', %s, %s)", quote_literal_cstr(name), exchange,
									after->style == RS_DIST_EVEN ? "true" : "false",
									quote_literal_cstr(settings_of(rel, options))));
	rs_connections_execute(connections, psprintf("SELECT redshift.close_exchanges('{%s}')", exchange));
	rs_connections_execute(connections, row_security ? "SET LOCAL row_security = on" : "SET LOCAL row_security = off");
}

Oid
rs_redistribute_rows(AlterTableStmt *statement)
{
	Oid			relid;
	Relation	rel;
	RsTableOptions *options;
	Layout		before;
	Layout		after;

	/* A node that joins meanwhile waits for us, or we for it. */
	LockRelationOid(rs_cluster_catalog(), RowExclusiveLock);
	relid = RangeVarGetRelid(statement->relation, ShareRowExclusiveLock, false);
	rel = table_open(relid, NoLock);
	if (!pg_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, RelationGetRelationName(rel));
	CheckTableNotInUse(rel, "ALTER TABLE");
	before = layout_of(rs_options_get(rel));
	options = rs_ddl_options_after(rel, statement);
	after = layout_of(options);
	if (before.style != after.style || before.key != after.key)
		move_rows(rel, options, &before, &after);
	else
		relid = InvalidOid;
	table_close(rel, NoLock);
	return relid;
}

void
rs_redistribute_switch(Oid relid)
{
	Relation	rel = table_open(relid, AccessExclusiveLock);
	List	   *connections = rs_connections_open(rs_cluster()->nodes, GetUserId());

	rs_remote_begin(connections);
	rs_connections_execute(connections, psprintf("SELECT redshift.redistribute_switch(%s)", quote_literal_cstr(name_of(rel))));
	table_close(rel, NoLock);
}

/* ---------------------------------------------------------------------
 * A node
 * ---------------------------------------------------------------------
 */

static void
check_owner(Relation rel)
{
	if (!pg_class_ownercheck(RelationGetRelid(rel), GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, RelationGetRelationName(rel));
	if (rel->rd_rel->relkind != RELKIND_RELATION || !rs_is_redshift_relation(rel))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a redshift table", RelationGetRelationName(rel))));
}

/* The name that make_new_heap() gives it. */
static char *
name_beside(Oid relid)
{
	return psprintf("pg_temp_%u", relid);
}

/*
 * The new storage of a table, locked.
 */
static Oid
storage_beside(Relation rel)
{
	Oid			relid = get_relname_relid(name_beside(RelationGetRelid(rel)), RelationGetNamespace(rel));
	Relation	beside = OidIsValid(relid) ? table_open(relid, AccessExclusiveLock) : NULL;

	/* A table that a user has given the name is none. */
	if (beside == NULL || beside->rd_rel->relrewrite != RelationGetRelid(rel))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no rows are kept beside table \"%s\"", RelationGetRelationName(rel))));
	table_close(beside, NoLock);
	return relid;
}

/*
 * Columns of an exchange that are a table's: as attributes, from 0.  Their types, and that
 * of the place by which rows were dealt.
 */
static int
exchange_columns(TupleDesc desc, bool dealt, int *attributes, Oid *types, RsVectorType *vector_types)
{
	int			n = 0;
	int			i;

	for (i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped)
			continue;
		attributes[n] = i;
		types[n] = TupleDescAttr(desc, i)->atttypid;
		rs_vector_type_init(&vector_types[n], types[n]);
		n++;
	}
	types[n] = INT4OID;
	return dealt ? n + 1 : n;
}

/*
 * Write the rows of an exchange into a table; how many there were.
 */
static uint64
write_rows(Relation rel, const char *exchange, bool dealt)
{
	TupleDesc	desc = RelationGetDescr(rel);
	int		   *attributes = palloc((desc->natts + 1) * sizeof(int));
	Oid		   *types = palloc((desc->natts + 1) * sizeof(Oid));
	RsVectorType *vector_types = palloc((desc->natts + 1) * sizeof(RsVectorType));
	const RsVector **columns = palloc((desc->natts + 1) * sizeof(RsVector *));
	int			ncolumns = exchange_columns(desc, dealt, attributes, types, vector_types);
	RsArena    *arena = rs_arena_create(CurrentMemoryContext);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "redshift redistributed rows", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller;
	RsWireDecoder *decoder = rs_wire_decoder_create(CurrentMemoryContext, types, ncolumns, false);
	RsExchangeReader *reader = rs_exchange_reader_create(exchange, RS_WIRE_ROWS);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	CommandId	command = GetCurrentCommandId(true);
	const char *message;
	uint64		unused;
	uint64		rows = 0;
	Size		size;
	uint32		n;
	uint32		row;
	int			c;

	while ((message = rs_exchange_reader_next(reader, &size)) != NULL)
	{
		(void) rs_wire_decode_message(decoder, message, size, &unused);
		for (;;)
		{
			rs_arena_reset(arena);
			CHECK_FOR_INTERRUPTS();
			if ((n = rs_wire_decode_next(decoder, arena, columns)) == 0)
				break;
			for (row = 0; row < n; row++)
			{
				ExecClearTuple(slot);
				memset(slot->tts_isnull, true, desc->natts * sizeof(bool));
				memset(slot->tts_values, 0, desc->natts * sizeof(Datum));
				caller = MemoryContextSwitchTo(scratch);
				for (c = 0; c < (dealt ? ncolumns - 1 : ncolumns); c++)
					slot->tts_values[attributes[c]] = rs_vector_datum(columns[c], &vector_types[c], row,
																	  &slot->tts_isnull[attributes[c]]);
				MemoryContextSwitchTo(caller);
				ExecStoreVirtualTuple(slot);
				table_tuple_insert(rel, slot, command, 0, NULL);
			}
			rows += n;
			MemoryContextReset(scratch);
		}
	}
	rs_exchange_reader_end(reader);
	rs_arena_destroy(arena);
	ExecDropSingleTupleTableSlot(slot);
	table_finish_bulk_insert(rel, 0);
	rs_insert_buffers_flush_all();
	return rows;
}

/*
 * redistribute_fill(table, exchange, dealt, options)
 */
Datum
rs_redistribute_fill(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	Relation	rel = table_open(relid, ShareRowExclusiveLock);
	char	   *schema = get_namespace_name(RelationGetNamespace(rel));
	Relation	beside;
	Oid			created;
	uint64		rows;

	check_owner(rel);
	created = make_new_heap(relid, rel->rd_rel->reltablespace, rel->rd_rel->relam, rel->rd_rel->relpersistence,
							ShareRowExclusiveLock);
	CommandCounterIncrement();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(psprintf("ALTER TABLE %s %s", quote_qualified_identifier(schema, name_beside(relid)),
							 text_to_cstring(PG_GETARG_TEXT_PP(3))), false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not set the options of new storage");
	SPI_finish();
	beside = table_open(created, AccessExclusiveLock);
	rows = write_rows(beside, text_to_cstring(PG_GETARG_TEXT_PP(1)), PG_GETARG_BOOL(2));
	vac_update_relstats(beside, Max(RelationGetNumberOfBlocks(beside), 1), (double) rows, 0, false, InvalidTransactionId,
						InvalidMultiXactId, NULL, NULL, true);
	table_close(beside, NoLock);
	table_close(rel, NoLock);
	PG_RETURN_INT64((int64) rows);
}

/*
 * redistribute_switch(table)
 */
Datum
rs_redistribute_switch_here(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	Relation	rel = table_open(relid, AccessExclusiveLock);
	char		persistence = rel->rd_rel->relpersistence;
	Oid			beside;

	check_owner(rel);
	CheckTableNotInUse(rel, "ALTER TABLE");
	beside = storage_beside(rel);
	table_close(rel, NoLock);
	finish_heap_swap(relid, beside, false, false, false, true, RecentXmin, ReadNextMultiXactId(), persistence);
	PG_RETURN_VOID();
}
