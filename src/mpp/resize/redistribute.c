/*
 * redistribute.c
 *	  Rows of a distributed table go where another distribution has them.
 *
 * ALTER TABLE ... SET (diststyle, distkey), in one transaction of the leader and all nodes:
 *
 *		nodes	send their rows, as one snapshot shows them, to each other by an exchange, and
 *				write what has come into new storage, which no one else sees
 *		leader	locks the table against changes, once the transactions that made some have ended
 *		nodes	send what was deleted and what was added since, and catch up with it
 *		leader	keeps everyone out; options change; nodes switch to the new storage
 *
 * Rows have kept their TIDs meanwhile, since VACUUM is locked out from the start: what the
 * first snapshot shows and a second one does not was deleted.  In new storage a deleted row
 * is found by its image as text, which says all there is of a row, whatever its types; of
 * several rows that are alike any will do.
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
#include "core/fault.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/exchange/exchange_file.h"
#include "mpp/execute/fragment.h"
#include "mpp/resize/redistribute.h"
#include "mpp/session/remote_transaction.h"
#include "mpp/session/statement.h"
#include "mpp/wire/wire_format.h"
#include "mpp/wire/wire_rows.h"
#include "storage/bufmgr.h"
#include "storage/ddl.h"
#include "storage/insert_buffer.h"
#include "storage/lmgr.h"
#include "storage/options.h"
#include "storage/row_group.h"
#include "storage/tableam.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(rs_redistribute_fill);
PG_FUNCTION_INFO_V1(rs_redistribute_changes);
PG_FUNCTION_INFO_V1(rs_redistribute_catch_up);
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

/* Rows of one table on their way. */
typedef struct Move
{
	Relation	rel;
	char	   *name;			/* as a literal */
	List	   *connections;
	List	   *senders;		/* of a table on all nodes one has all rows */
	Layout		after;
} Move;

/*
 * Send rows of a statement's snapshot that satisfy a condition (NULL: all) to an exchange
 * on all nodes; its name.
 */
static char *
send_rows(const Move *move, RsRemoteStatement *statement, const char *condition)
{
	static uint32 last = 0;
	int			key;
	char	   *sql = sending_query(move->rel, &move->after, &key);
	char	   *exchange = psprintf("%d_m%u", MyProcPid, ++last);
	char	   *options = psprintf(key > 0 ? "EXCHANGE '%s', DISTRIBUTE '%d'" : "EXCHANGE '%s', BROADCAST", exchange, key);

	rs_connections_execute(move->connections,
						   psprintf("SELECT redshift.open_exchange('%s', %d)", exchange, list_length(move->senders)));
	if (condition != NULL)
		sql = psprintf("%s WHERE %s", sql, condition);
	rs_fragment_end(rs_fragment_start(statement, move->senders, sql, options, NULL, NIL, NULL, 0));
	return exchange;
}

static bool
any_changes(const Move *move, const RsRemoteStatement *before, const RsRemoteStatement *now)
{
	ListCell   *lc;
	bool		any = false;

	foreach(lc, move->senders)
	{
		char	   *found = rs_connection_query_value(lfirst(lc), psprintf("SELECT EXISTS (SELECT FROM redshift.redistribute_changes(%s, %u, %u))",
																		  move->name, before->id, now->id));

		any |= found != NULL && found[0] == 't';
	}
	return any;
}

/*
 * Which of its rows, by place: what was deleted (gone) or added between two statements.
 */
static char *
changed_rows(const Move *move, const RsRemoteStatement *before, const RsRemoteStatement *now, bool gone)
{
	return psprintf("ctid = ANY (ARRAY(SELECT c.place FROM redshift.redistribute_changes(%s, %u, %u) c WHERE %s c.gone))",
					move->name, before->id, now->id, gone ? "" : "NOT");
}

/*
 * Keep changes out, and let new storage catch up with those since a statement.
 */
static void
catch_up(const Move *move, RsRemoteStatement *before)
{
	RsRemoteStatement *now;
	char	   *gone;
	char	   *come;

	LockRelationOid(RelationGetRelid(move->rel), ShareRowExclusiveLock);
	rs_connections_execute(move->connections, psprintf("LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE", name_of(move->rel)));
	now = rs_remote_statement_begin(move->connections);
	if (any_changes(move, before, now))
	{
		gone = send_rows(move, before, changed_rows(move, before, now, true));
		come = send_rows(move, now, changed_rows(move, before, now, false));
		rs_connections_execute(move->connections,
							   psprintf("SELECT redshift.redistribute_catch_up(%s, '%s', '%s', %s)", move->name, gone, come,
										move->after.style == RS_DIST_EVEN ? "true" : "false"));
		rs_connections_execute(move->connections, psprintf("SELECT redshift.close_exchanges('{%s,%s}')", gone, come));
	}
	rs_remote_statement_end(now);
}

/*
 * A snapshot from before the table was locked would not show all of its rows.
 */
static void
check_snapshot(List *connections)
{
	ListCell   *lc;

	foreach(lc, connections)
		if (IsolationUsesXactSnapshot() && rs_connection_state(lfirst(lc))->depth > 0)
			ereport(ERROR,
					(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
					 errmsg("the distribution of a table cannot be changed by a transaction that has read before"),
					 errhint("Change it in a transaction of its own, or in one that is READ COMMITTED.")));
}

static void
move_rows(Relation rel, const RsTableOptions *options, const Layout *before, const Layout *after)
{
	Move		move = {.rel = rel, .name = quote_literal_cstr(name_of(rel)), .after = *after};
	RsRemoteStatement *statement;
	char	   *exchange;
	ListCell   *lc;

	move.connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	move.senders = before->style == RS_DIST_ALL ? list_make1(linitial(move.connections)) : move.connections;
	check_snapshot(move.connections);
	if (IsolationUsesXactSnapshot())
		LockRelationOid(RelationGetRelid(rel), ShareRowExclusiveLock);
	rs_remote_begin(move.connections);
	foreach(lc, move.connections)
		rs_remote_will_write(lfirst(lc));

	/* Policies would hide rows from an owner who is subject to them: that is an error. */
	rs_connections_execute(move.connections, "SET LOCAL row_security = off");
	rs_connections_execute(move.connections, psprintf("LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE", name_of(rel)));
	statement = rs_remote_statement_begin(move.connections);
	exchange = send_rows(&move, statement, NULL);
	RS_FAULT_POINT("redistribute_sent");
	rs_connections_execute(move.connections,
						   psprintf("SELECT redshift.redistribute_fill(%s, '%s', %s, %s)", move.name, exchange,
									after->style == RS_DIST_EVEN ? "true" : "false",
									quote_literal_cstr(settings_of(rel, options))));
	rs_connections_execute(move.connections, psprintf("SELECT redshift.close_exchanges('{%s}')", exchange));
	RS_FAULT_POINT("redistribute_filled");
	if (!IsolationUsesXactSnapshot())
		catch_up(&move, statement);
	RS_FAULT_POINT("redistribute_caught_up");
	rs_remote_statement_end(statement);
	rs_connections_execute(move.connections, row_security ? "SET LOCAL row_security = on" : "SET LOCAL row_security = off");
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
	relid = RangeVarGetRelid(statement->relation, ShareUpdateExclusiveLock, false);
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
 * Write the rows of an exchange into a table; how many there were.
 */
static uint64
write_rows(Relation rel, const char *exchange, bool dealt)
{
	RsWireRows *decoded = rs_wire_rows_create(RelationGetDescr(rel), dealt ? 1 : 0);
	RsExchangeReader *reader = rs_exchange_reader_create(exchange, RS_WIRE_ROWS, NULL);
	CommandId	command = GetCurrentCommandId(true);
	TupleTableSlot *slot;
	const char *message;
	uint64		rows = 0;
	Size		size;
	int32		place;			/* by which rows were dealt */

	while ((message = rs_exchange_reader_next(reader, &size)) != NULL)
	{
		(void) rs_wire_rows_message(decoded, message, size);
		for (; (slot = rs_wire_rows_next(decoded, &place)) != NULL; rows++)
			table_tuple_insert(rel, slot, command, 0, NULL);
	}
	rs_exchange_reader_end(reader);
	rs_wire_rows_end(decoded);
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
	Relation	rel = table_open(relid, ShareUpdateExclusiveLock);
	char	   *schema = get_namespace_name(RelationGetNamespace(rel));
	Relation	beside;
	Oid			created;
	uint64		rows;

	check_owner(rel);
	created = make_new_heap(relid, rel->rd_rel->reltablespace, rel->rd_rel->relam, rel->rd_rel->relpersistence,
							ShareUpdateExclusiveLock);
	CommandCounterIncrement();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(psprintf("ALTER TABLE %s %s", quote_qualified_identifier(schema, name_beside(relid)),
							 text_to_cstring(PG_GETARG_TEXT_PP(3))), false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not set the options of new storage");
	SPI_finish();
	beside = table_open(created, AccessExclusiveLock);
	RS_FAULT_POINT("redistribute_fill");
	rows = write_rows(beside, text_to_cstring(PG_GETARG_TEXT_PP(1)), PG_GETARG_BOOL(2));
	vac_update_relstats(beside, Max(RelationGetNumberOfBlocks(beside), 1), (double) rows, 0, false, InvalidTransactionId,
						InvalidMultiXactId, NULL, NULL, true);
	table_close(beside, NoLock);
	table_close(rel, NoLock);
	PG_RETURN_INT64((int64) rows);
}

/* ---------------------------------------------------------------------
 * A node: catching up
 * ---------------------------------------------------------------------
 */

/* A set of row numbers, which TIDs are. */
typedef struct Places
{
	uint8	   *bits;
	uint64		size;			/* of bits, in bytes */
} Places;

static void
find_places(Relation rel, uint32 statement, Places *places)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan;

	rs_statement_push_snapshot(statement);
	scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		uint64		place = rs_tid_to_row(&slot->tts_tid);

		CHECK_FOR_INTERRUPTS();
		if (place / 8 >= places->size)
		{
			uint64		size = Max(place / 8 + 1, places->size * 2);

			places->bits = repalloc_huge(places->bits, size);
			memset(places->bits + places->size, 0, size - places->size);
			places->size = size;
		}
		places->bits[place / 8] |= 1 << (place % 8);
	}
	table_endscan(scan);
	PopActiveSnapshot();
	ExecDropSingleTupleTableSlot(slot);
}

static void
put_changes(ReturnSetInfo *info, uint64 byte, uint8 before, uint8 now)
{
	int			bit;

	for (bit = 0; bit < 8; bit++)
	{
		uint64		place = byte * 8 + bit;
		ItemPointerData tid;
		Datum		values[2];
		bool		nulls[2] = {false, false};

		if (!((before ^ now) & (1 << bit)))
			continue;
		rs_row_to_tid(place, &tid);
		values[0] = PointerGetDatum(&tid);
		values[1] = BoolGetDatum((before & (1 << bit)) != 0);
		tuplestore_putvalues(info->setResult, info->setDesc, values, nulls);
	}
}

/*
 * redistribute_changes(table, before, now)
 */
Datum
rs_redistribute_changes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	rel = table_open(PG_GETARG_OID(0), AccessShareLock);
	Places		sets[2];
	uint64		byte;
	int			i;

	check_owner(rel);
	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < 2; i++)
	{
		sets[i].size = 1024;
		sets[i].bits = palloc0(sets[i].size);
		find_places(rel, PG_GETARG_INT32(i + 1), &sets[i]);
	}
	table_close(rel, AccessShareLock);
	for (byte = 0; byte < Max(sets[0].size, sets[1].size); byte++)
	{
		uint8		before = byte < sets[0].size ? sets[0].bits[byte] : 0;
		uint8		now = byte < sets[1].size ? sets[1].bits[byte] : 0;

		if (before != now)
			put_changes(info, byte, before, now);
	}
	return (Datum) 0;
}

/*
 * A column by whose values few rows can be told from the others; 0: none.
 */
static AttrNumber
telling_column(Relation rel)
{
	AttrNumber	key = rs_options_get(rel)->distkey;
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	for (i = 0; i < desc->natts && key == 0; i++)
		if (!TupleDescAttr(desc, i)->attisdropped &&
			OidIsValid(lookup_type_cache(TupleDescAttr(desc, i)->atttypid, TYPECACHE_HASH_PROC)->hash_proc))
			key = i + 1;
	return key;
}

/*
 * Delete from new storage a row for each of an exchange.
 */
static uint64
delete_rows(Relation beside, const char *exchange, bool dealt)
{
	TupleDesc	desc = RelationGetDescr(beside);
	AttrNumber	telling = telling_column(beside);
	char	   *name = name_of(beside);
	StringInfoData columns;
	StringInfoData definitions;
	StringInfoData sql;
	int			i;

	initStringInfo(&columns);
	initStringInfo(&definitions);
	initStringInfo(&sql);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped)
			continue;
		appendStringInfo(&columns, "%s%s", columns.len > 0 ? ", " : "", quote_identifier(NameStr(attribute->attname)));
		appendStringInfo(&definitions, "%s%s %s", definitions.len > 0 ? ", " : "", quote_identifier(NameStr(attribute->attname)),
						 format_type_extended(attribute->atttypid, attribute->atttypmod,
											  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	}
	if (dealt)
		appendStringInfo(&definitions, ", \"place of %s\" pg_catalog.int4", exchange);
	appendStringInfo(&sql, "DELETE FROM %s WHERE ctid = ANY (ARRAY(SELECT b.ctid FROM "
					 "(SELECT ctid, ROW(%s)::text AS image, pg_catalog.row_number() OVER (PARTITION BY ROW(%s)::text) AS turn FROM %s",
					 name, columns.data, columns.data, name);
	if (telling != 0)
	{
		const char *column = quote_identifier(NameStr(TupleDescAttr(desc, telling - 1)->attname));

		appendStringInfo(&sql, " WHERE %s = ANY (ARRAY(SELECT %s FROM redshift.exchange('%s') AS e(%s))) OR %s IS NULL",
						 column, column, exchange, definitions.data, column);
	}
	appendStringInfo(&sql, ") b JOIN (SELECT ROW(%s)::text AS image, pg_catalog.count(*) AS times FROM redshift.exchange('%s') AS e(%s) "
					 "GROUP BY 1) e ON e.image = b.image AND b.turn <= e.times))", columns.data, exchange, definitions.data);
	if (SPI_execute(sql.data, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not delete rows from new storage");
	return SPI_processed;
}

/*
 * redistribute_catch_up(table, gone, come, dealt)
 */
Datum
rs_redistribute_catch_up(PG_FUNCTION_ARGS)
{
	char	   *gone = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Relation	rel = table_open(PG_GETARG_OID(0), ShareRowExclusiveLock);
	Relation	beside;
	uint64		bytes;
	uint64		rows = rs_exchange_rows(gone, &bytes);

	check_owner(rel);
	beside = table_open(storage_beside(rel), NoLock);
	RS_FAULT_POINT("redistribute_catch_up");
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (rows > 0 && delete_rows(beside, gone, PG_GETARG_BOOL(3)) != rows)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("rows that were deleted while table \"%s\" was redistributed are not found",
						RelationGetRelationName(rel))));
	SPI_finish();
	(void) write_rows(beside, text_to_cstring(PG_GETARG_TEXT_PP(2)), PG_GETARG_BOOL(3));
	table_close(beside, NoLock);
	table_close(rel, NoLock);
	PG_RETURN_VOID();
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
	RS_FAULT_POINT("redistribute_switch");
	PG_RETURN_VOID();
}
