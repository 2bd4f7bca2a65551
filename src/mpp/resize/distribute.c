/*
 * distribute.c
 *	  Existing tables become distributed, and local again; new ones are filled from
 *	  queries.
 *
 * distribute(table): nodes get the table (definition.c), its rows are sent to them
 * (route.c) before it has triggers there, and the storage here becomes empty, all in one
 * transaction and under a lock that keeps everyone out.  undistribute(table): its rows
 * are read as a query reads them and stored here, and nodes drop it.  Of a partitioned
 * table all partitions of the access method are meant.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/multixact.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/defrem.h"
#include "commands/prepare.h"
#include "commands/tablecmds.h"
#include "commands/vacuum.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "mpp/change/route.h"
#include "mpp/cluster/definition.h"
#include "mpp/cluster/table.h"
#include "mpp/resize/distribute.h"
#include "mpp/session/remote_transaction.h"
#include "nodes/makefuncs.h"
#include "parser/parse_relation.h"
#include "redshift_ext.h"
#include "rewrite/rewriteHandler.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define FETCH_ROWS		1000

PG_FUNCTION_INFO_V1(rs_distribute);
PG_FUNCTION_INFO_V1(rs_undistribute);

static void
connect_spi(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

/* All nodes, in the transaction, to be written. */
static List *
begin_on_nodes(void)
{
	List	   *connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	ListCell   *lc;

	rs_remote_begin(connections);
	foreach(lc, connections)
		rs_remote_will_write(lfirst(lc));
	return connections;
}

/*
 * Refuse what cannot be moved between the leader and the nodes.
 */
static void
check_table(Relation rel, bool distribute)
{
	const char *name = RelationGetRelationName(rel);

	if (!pg_class_ownercheck(RelationGetRelid(rel), GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(rel->rd_rel->relkind), name);
	if (!rs_is_leader())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server has no compute nodes"),
				 errhint("Add some with redshift.add_node().")));
	if (rel->rd_rel->relkind != RELKIND_RELATION && rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", name)));
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("temporary table \"%s\" cannot be distributed", name)));
	if (distribute && rel->rd_rel->relkind == RELKIND_RELATION && strcmp(get_am_name(rel->rd_rel->relam), RS_AM_NAME) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" is of access method \"%s\" and cannot be distributed", name,
						get_am_name(rel->rd_rel->relam)),
				 errhint("Use ALTER TABLE ... SET ACCESS METHOD " RS_AM_NAME " before.")));
	CheckTableNotInUse(rel, distribute ? "distribute" : "undistribute");
}

/*
 * The tables that are meant: it, or those of its partitions that are of the access
 * method and are not yet what they shall be.  Locked.
 */
static List *
tables_of(Oid relid, bool distribute)
{
	Relation	rel = table_open(relid, AccessExclusiveLock);
	List	   *tables = NIL;
	ListCell   *lc;

	check_table(rel, distribute);
	if (rel->rd_rel->relkind == RELKIND_RELATION)
	{
		if (rs_table_is_distributed(relid) == distribute)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg(distribute ? "table \"%s\" is distributed already" : "table \"%s\" is not distributed",
							RelationGetRelationName(rel))));
		tables = list_make1_oid(relid);
	}
	else
		foreach(lc, find_all_inheritors(relid, AccessExclusiveLock, NULL))
		{
			Relation	part = table_open(lfirst_oid(lc), NoLock);

			if (part->rd_rel->relkind == RELKIND_RELATION && strcmp(get_am_name(part->rd_rel->relam), RS_AM_NAME) == 0 &&
				rs_table_is_distributed(lfirst_oid(lc)) != distribute)
			{
				check_table(part, distribute);
				tables = lappend_oid(tables, lfirst_oid(lc));
			}
			table_close(part, NoLock);
		}
	table_close(rel, NoLock);
	return tables;
}

static char *
array_of(List *oids)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, oids)
		appendStringInfo(&text, "%s%u", foreach_current_index(lc) > 0 ? "," : "", lfirst_oid(lc));
	return text.data;
}

static void
define_on_nodes(List *connections, List *tables, bool after_rows)
{
	rs_connections_execute(connections, "SELECT pg_catalog.set_config('search_path', 'pg_catalog', true)");
	rs_definition_run(connections, psprintf("SELECT redshift.definition_statement(%s, '{%s}')",
											after_rows ? "true" : "false", array_of(tables)));
}

/*
 * What the tables need but nodes cannot have, because it refers to the leader's own
 * relations, is an error.
 */
static void
check_definition(List *tables)
{
	char	   *missing;

	rs_definition_query(psprintf("SELECT redshift.definition_missing('{%s}')", array_of(tables)));
	missing = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (missing != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot distribute a table with %s", missing),
				 errdetail("It refers to what compute nodes do not have."),
				 errhint("Distribute that, too, or drop it.")));
}

/* ---------------------------------------------------------------------
 * To the nodes
 * ---------------------------------------------------------------------
 */

static uint64
send_rows(Relation rel)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	RsRoute    *route = rs_route_begin(rel, GetUserId());
	uint64		rows = 0;

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		rs_route_row(route, slot);
		rows++;
	}
	rs_route_end(route);
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return rows;
}

/*
 * As TRUNCATE does it.
 */
static void
empty_storage(Relation rel)
{
	ReindexParams parameters = {0};
	Oid			toast = rel->rd_rel->reltoastrelid;

	RelationSetNewRelfilenode(rel, rel->rd_rel->relpersistence);
	if (OidIsValid(toast))
	{
		Relation	toastrel = table_open(toast, AccessExclusiveLock);

		RelationSetNewRelfilenode(toastrel, toastrel->rd_rel->relpersistence);
		table_close(toastrel, NoLock);
	}
	reindex_relation(RelationGetRelid(rel), REINDEX_REL_PROCESS_TOAST, &parameters);
}

void
rs_distribute_list(List *tables)
{
	List	   *connections;
	ListCell   *lc;

	if (tables == NIL)
		return;
	connect_spi();
	LockRelationOid(rs_cluster_catalog(), RowExclusiveLock);
	foreach(lc, tables)
		rs_table_set_distributed(lfirst_oid(lc), true);
	check_definition(tables);
	connections = begin_on_nodes();
	define_on_nodes(connections, tables, false);
	foreach(lc, tables)
	{
		Relation	rel = table_open(lfirst_oid(lc), NoLock);
		uint64		rows = send_rows(rel);
		BlockNumber pages = Max(RelationGetNumberOfBlocks(rel), 1);

		empty_storage(rel);
		CommandCounterIncrement();
		vac_update_relstats(rel, pages, (double) rows, 0, rel->rd_rel->relhasindex, InvalidTransactionId, InvalidMultiXactId,
							NULL, NULL, true);
		table_close(rel, NoLock);
	}
	define_on_nodes(connections, tables, true);
	SPI_finish();
}

Datum
rs_distribute(PG_FUNCTION_ARGS)
{
	rs_distribute_list(tables_of(PG_GETARG_OID(0), true));
	PG_RETURN_VOID();
}

void
rs_distribute_new_table(Oid relid)
{
	List	   *tables = list_make1_oid(relid);
	List	   *connections;

	connect_spi();
	if (get_rel_relkind(relid) == RELKIND_RELATION)
		rs_table_set_distributed(relid, true);
	check_definition(tables);
	connections = begin_on_nodes();
	define_on_nodes(connections, tables, false);
	define_on_nodes(connections, tables, true);
	SPI_finish();
}

/* ---------------------------------------------------------------------
 * Back
 * ---------------------------------------------------------------------
 */

/*
 * Store rows of SELECT *, which has no dropped columns, here.
 */
static void
store_rows(Relation rel, Portal portal)
{
	TupleDesc	desc = RelationGetDescr(rel);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	BulkInsertState bulk = GetBulkInsertState();
	CommandId	command = GetCurrentCommandId(true);
	uint64		row;

	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		for (row = 0; row < SPI_processed; row++)
		{
			int			column = 0;
			int			i;

			ExecClearTuple(slot);
			for (i = 0; i < desc->natts; i++)
			{
				slot->tts_isnull[i] = true;
				slot->tts_values[i] = (Datum) 0;
				if (!TupleDescAttr(desc, i)->attisdropped)
					slot->tts_values[i] = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, ++column,
														&slot->tts_isnull[i]);
			}
			ExecStoreVirtualTuple(slot);
			table_tuple_insert(rel, slot, command, 0, bulk);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	FreeBulkInsertState(bulk);
	table_finish_bulk_insert(rel, 0);
	ExecDropSingleTupleTableSlot(slot);
}

static void
fetch_rows(Relation rel, const char *name)
{
	ReindexParams parameters = {0};
	SPIPlanPtr	plan = SPI_prepare(psprintf("SELECT * FROM ONLY %s", name), 0, NULL);
	Portal		portal;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, false);
	store_rows(rel, portal);
	SPI_cursor_close(portal);
	rs_table_set_distributed(RelationGetRelid(rel), false);
	reindex_relation(RelationGetRelid(rel), REINDEX_REL_PROCESS_TOAST, &parameters);
}

List *
rs_undistribute_tables(Oid relid)
{
	List	   *tables = tables_of(relid, false);
	StringInfoData drop;
	ListCell   *lc;

	if (tables == NIL)
		return NIL;
	connect_spi();
	LockRelationOid(rs_cluster_catalog(), RowExclusiveLock);
	initStringInfo(&drop);
	foreach(lc, tables)
	{
		Relation	rel = table_open(lfirst_oid(lc), NoLock);
		char	   *name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel));

		fetch_rows(rel, name);
		appendStringInfo(&drop, "%s%s", drop.len > 0 ? ", " : "DROP TABLE ", name);
		table_close(rel, NoLock);
	}
	rs_connections_execute(begin_on_nodes(), drop.data);
	SPI_finish();
	return tables;
}

Datum
rs_undistribute(PG_FUNCTION_ARGS)
{
	rs_undistribute_tables(PG_GETARG_OID(0));
	PG_RETURN_VOID();
}

/* ---------------------------------------------------------------------
 * CREATE TABLE AS
 * ---------------------------------------------------------------------
 */

/*
 * INSERT INTO the table, of all columns, what a query gives.
 */
static Query *
insert_query(Relation rel, Query *source, const char *text)
{
	ParseState *pstate = make_parsestate(NULL);
	Query	   *insert = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	RangeTblEntry *target;
	ListCell   *lc;

	pstate->p_sourcetext = text;
	target = addRangeTableEntryForRelation(pstate, rel, RowExclusiveLock, NULL, false, false)->p_rte;
	target->requiredPerms = ACL_INSERT;
	addRangeTableEntryForSubquery(pstate, source, makeAlias("*SELECT*", NIL), false, false);
	insert->commandType = CMD_INSERT;
	insert->querySource = QSRC_ORIGINAL;
	insert->canSetTag = true;
	insert->resultRelation = 1;
	insert->rtable = pstate->p_rtable;
	ref->rtindex = 2;
	insert->jointree = makeFromExpr(list_make1(ref), NULL);
	foreach(lc, source->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (entry->resjunk)
			continue;
		insert->targetList = lappend(insert->targetList,
									 makeTargetEntry((Expr *) makeVarFromTargetEntry(2, entry), entry->resno,
													 pstrdup(entry->resname), false));
		target->insertedCols = bms_add_member(target->insertedCols, entry->resno - FirstLowInvalidHeapAttributeNumber);
	}
	free_parsestate(pstate);
	return insert;
}

static uint64
run_insert(Query *insert, const char *text, ParamListInfo params)
{
	List	   *rewritten = QueryRewrite(insert);
	PlannedStmt *plan;
	QueryDesc  *desc;
	uint64		rows;

	if (list_length(rewritten) != 1)
		elog(ERROR, "unexpected rewrite result for CREATE TABLE AS");
	plan = pg_plan_query(linitial_node(Query, rewritten), text, CURSOR_OPT_PARALLEL_OK, params);
	PushCopiedSnapshot(GetActiveSnapshot());
	UpdateActiveSnapshotCommandId();
	desc = CreateQueryDesc(plan, text, GetActiveSnapshot(), InvalidSnapshot, None_Receiver, params, NULL, 0);
	ExecutorStart(desc, 0);
	ExecutorRun(desc, ForwardScanDirection, 0, true);
	rows = desc->estate->es_processed;
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
	PopActiveSnapshot();
	return rows;
}

/*
 * The rows of EXECUTE go to nodes as they come.
 */
typedef struct RouteReceiver
{
	DestReceiver pub;
	Relation	rel;
	RsRoute    *route;
	uint64		rows;
} RouteReceiver;

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc desc)
{
	RouteReceiver *receiver = (RouteReceiver *) self;

	receiver->route = rs_route_begin(receiver->rel, GetUserId());
}

static bool
receiver_receive(TupleTableSlot *slot, DestReceiver *self)
{
	RouteReceiver *receiver = (RouteReceiver *) self;

	rs_route_row(receiver->route, slot);
	receiver->rows++;
	return true;
}

static void
receiver_shutdown(DestReceiver *self)
{
	RouteReceiver *receiver = (RouteReceiver *) self;

	rs_route_end(receiver->route);
}

static void
receiver_destroy(DestReceiver *self)
{
}

static uint64
run_execute(Relation rel, CreateTableAsStmt *statement, const char *text, ParamListInfo params)
{
	RouteReceiver receiver = {
		{receiver_receive, receiver_startup, receiver_shutdown, receiver_destroy, DestNone}, rel
	};
	ParseState *pstate = make_parsestate(NULL);

	pstate->p_sourcetext = text;
	ExecuteQuery(pstate, castNode(ExecuteStmt, castNode(Query, statement->query)->utilityStmt), statement->into, params,
				 &receiver.pub, NULL);
	free_parsestate(pstate);
	return receiver.rows;
}

void
rs_distribute_fill(Oid relid, CreateTableAsStmt *statement, const char *text, ParamListInfo params,
				   QueryCompletion *completion)
{
	Relation	rel = table_open(relid, RowExclusiveLock);
	Query	   *query = castNode(Query, statement->query);
	uint64		rows;

	if (query->commandType == CMD_UTILITY)
		rows = run_execute(rel, statement, text, params);
	else
		rows = run_insert(insert_query(rel, copyObject(query), text), text, params);
	table_close(rel, NoLock);
	if (completion)
		SetQueryCompletion(completion, CMDTAG_SELECT, rows);
}
