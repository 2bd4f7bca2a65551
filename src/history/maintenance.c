/*
 * maintenance.c
 *	  VACUUM and ANALYZE, and transactions, for the history.
 *
 * What tables have is asked before and after; of tables on compute nodes the leader knows the
 * rows that ANALYZE has counted.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "history/maintenance.h"
#include "history/ring.h"
#include "miscadmin.h"
#include "mpp/cluster/table.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* What a table has. */
typedef struct Table
{
	Oid			relid;
	char	   *schema;
	char	   *name;
	int64		rows;
	int64		deleted;		/* rows */
	int64		sorted;			/* rows */
	int64		bytes;
	TimestampTz analyzed;		/* 0: never */
	int64		modified;		/* rows since then */
} Table;

struct RsMaintenance
{
	MemoryContext context;
	const char *vacuum;			/* its type; NULL: there is none */
	bool		analyze;
	List	   *tables;			/* Table *, before */
};

static TimestampTz commit_start = 0;

/* ---------------------------------------------------------------------
 * Tables
 * ---------------------------------------------------------------------
 */

static int64
number_at(HeapTuple tuple, TupleDesc desc, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

/*
 * What redshift tables have: these, or all that the user may read if there are none.
 */
static List *
look_at_tables(List *relids, MemoryContext context)
{
	Datum	   *elements = palloc(Max(list_length(relids), 1) * sizeof(Datum));
	Oid			types[] = {OIDARRAYOID};
	Datum		values[1];
	List	   *tables = NIL;
	ListCell   *lc;
	uint64		i;
	int			nest = NewGUCNestLevel();

	foreach(lc, relids)
		elements[foreach_current_index(lc)] = ObjectIdGetDatum(lfirst_oid(lc));
	values[0] = PointerGetDatum(construct_array(elements, list_length(relids), OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	PushActiveSnapshot(GetTransactionSnapshot());
	/* With the rights of who runs VACUUM, and nothing that others have put in the search path. */
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	SPI_connect();
	if (SPI_execute_with_args("SELECT t.\"table\"::oid, t.schema::text, c.relname::text,"
							  " t.\"rows\"::int8, t.deleted_rows::int8,"
							  " (t.\"rows\" * (100 - coalesce(t.unsorted, 0)) / 100)::int8, t.bytes::int8,"
							  " greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)),"
							  " pg_stat_get_mod_since_analyze(c.oid), greatest(c.reltuples, 0)::int8"
							  " FROM redshift.table_info t JOIN pg_catalog.pg_class c ON c.oid = t.\"table\""
							  " WHERE cardinality($1) = 0 OR c.oid = ANY ($1)",
							  1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look at redshift tables");
	for (i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		MemoryContext spi = MemoryContextSwitchTo(context);
		Table	   *table = palloc0(sizeof(Table));
		bool		isnull;

		table->relid = DatumGetObjectId(SPI_getbinval(tuple, desc, 1, &isnull));
		table->schema = SPI_getvalue(tuple, desc, 2);
		table->name = SPI_getvalue(tuple, desc, 3);
		table->rows = number_at(tuple, desc, rs_table_is_distributed(table->relid) ? 10 : 4);
		table->deleted = number_at(tuple, desc, 5);
		table->sorted = number_at(tuple, desc, 6);
		table->bytes = number_at(tuple, desc, 7);
		table->analyzed = number_at(tuple, desc, 8);
		table->modified = number_at(tuple, desc, 9);
		tables = lappend(tables, table);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	AtEOXact_GUC(true, nest);
	PopActiveSnapshot();
	return tables;
}

static bool
has_option(const VacuumStmt *statement, const char *name)
{
	ListCell   *lc;

	foreach(lc, statement->options)
		if (strcmp(lfirst_node(DefElem, lc)->defname, name) == 0)
			return true;
	return false;
}

static const char *
type_of_vacuum(const VacuumStmt *statement)
{
	return !statement->is_vacuumcmd ? NULL :
		has_option(statement, "delete_only") ? "Delete" :
		has_option(statement, "sort_only") ? "Sort" :
		has_option(statement, "reindex") ? "Reindex" :
		has_option(statement, "recluster") ? "Recluster" : "Full";
}

RsMaintenance *
rs_maintenance_before(const VacuumStmt *statement, MemoryContext context)
{
	RsMaintenance *maintenance = MemoryContextAllocZero(context, sizeof(RsMaintenance));
	List	   *relids = NIL;
	ListCell   *lc;

	maintenance->context = context;
	maintenance->vacuum = type_of_vacuum(statement);
	maintenance->analyze = !statement->is_vacuumcmd || has_option(statement, "analyze");
	foreach(lc, statement->rels)
	{
		const VacuumRelation *relation = lfirst_node(VacuumRelation, lc);
		Oid			relid = OidIsValid(relation->oid) ? relation->oid : RangeVarGetRelid(relation->relation, NoLock, true);

		if (OidIsValid(relid))
			relids = lappend_oid(relids, relid);
	}
	if (statement->rels == NIL || relids != NIL)
		maintenance->tables = look_at_tables(relids, context);
	return maintenance;
}

static void
put_row(const char *action, const char *type, const Table *before, const Table *after, int32 query, int32 transaction,
		TimestampTz start)
{
	Oid			user = GetUserId();

	rs_history_begin(RS_HISTORY_MAINTENANCE, user, MyDatabaseId);
	rs_history_text(action);
	rs_history_int((int32) user);
	rs_history_int(transaction);
	rs_history_int(query);
	rs_history_text(type);
	rs_history_int((int32) before->relid);
	rs_history_text(before->schema);
	rs_history_text(before->name);
	rs_history_time(start);
	rs_history_time(GetCurrentTimestamp());
	rs_history_int(before->rows);
	rs_history_int(before->deleted);
	rs_history_int(before->sorted);
	rs_history_int(before->bytes);
	rs_history_int(after->rows);
	rs_history_int(after->deleted);
	rs_history_int(after->sorted);
	rs_history_int(after->bytes);
	rs_history_int(before->modified);
	if (before->analyzed == 0)
		rs_history_null();
	else
		rs_history_time(before->analyzed);
	rs_history_end();
}

void
rs_maintenance_after(const RsMaintenance *maintenance, int32 query, int32 transaction, TimestampTz start)
{
	List	   *relids = NIL;
	List	   *tables;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, maintenance->tables)
		relids = lappend_oid(relids, ((Table *) lfirst(lc))->relid);
	if (relids == NIL)
		return;
	tables = look_at_tables(relids, maintenance->context);
	foreach(lc, maintenance->tables)
		foreach(lc2, tables)
		{
			const Table *before = lfirst(lc);
			const Table *after = lfirst(lc2);

			if (before->relid != after->relid)
				continue;
			if (maintenance->vacuum != NULL)
				put_row("vacuum", maintenance->vacuum, before, after, query, transaction, start);
			if (maintenance->analyze)
				put_row("analyze", "Full", before, after, query, transaction, start);
		}
}

/* ---------------------------------------------------------------------
 * Transactions
 * ---------------------------------------------------------------------
 */

void
rs_history_transaction_event(XactEvent event, int32 transaction, Oid user)
{
	bool		wrote = TransactionIdIsValid(GetTopTransactionIdIfAny());

	if (event == XACT_EVENT_PRE_COMMIT)
		commit_start = GetCurrentTimestamp();
	if ((event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT) || !wrote)
		return;
	rs_history_begin(RS_HISTORY_TRANSACTION, user, MyDatabaseId);
	rs_history_int((int32) user);
	rs_history_int(transaction);
	rs_history_int(MyProcPid);
	rs_history_text(IsolationIsSerializable() ? "Serializable" : "Snapshot Isolation");
	rs_history_text(event == XACT_EVENT_COMMIT ? "committed" : "rolledback");
	rs_history_time(GetCurrentTransactionStartTimestamp());
	rs_history_time(event == XACT_EVENT_COMMIT ? commit_start : GetCurrentTimestamp());
	rs_history_time(GetCurrentTimestamp());
	rs_history_end();
}
