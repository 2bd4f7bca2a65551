/*
 * materialized.c
 *	  Materialized views: what they were computed from, and when.
 *
 * Of each relation that a view uses a state is kept (table_state.c), to tell what has changed.
 * Under Redshift's dialect a refresh that would change nothing is left out, and one to which
 * rows were only added is incremental (incremental.c); where a state is not known or an
 * estimate, the view is recomputed.
 *
 * The state kept must be that of the rows: of the same snapshot, which REFRESH takes before it,
 * and CREATE hands over.  Nodes of a cluster don't have CREATE's any more, so that what a
 * new view says of their tables counts as an estimate.  A refresh that another one holds up
 * has its own snapshot, or fails to change the row that the other has changed.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "core/journal.h"
#include "core/schema.h"
#include "core/settings.h"
#include "core/utility_call.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/prs2lock.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "views/incremental.h"
#include "views/materialized.h"

PG_FUNCTION_INFO_V1(rs_rule_is_mutable);

static ProcessUtility_hook_type next_process_utility = NULL;
static bool automatic = false;

void
rs_materialized_set_automatic(void)
{
	automatic = true;
}

Datum
rs_rule_is_mutable(PG_FUNCTION_ARGS)
{
	Relation	rel = try_relation_open(PG_GETARG_OID(0), AccessShareLock);
	bool		mutable = false;
	int			i;

	if (rel == NULL)
		PG_RETURN_BOOL(false);
	for (i = 0; rel->rd_rules != NULL && i < rel->rd_rules->numLocks; i++)
		mutable |= contain_mutable_functions((Node *) rel->rd_rules->rules[i]->actions);
	relation_close(rel, AccessShareLock);
	PG_RETURN_BOOL(mutable);
}

/* ---------------------------------------------------------------------
 * What is kept of a view
 * ---------------------------------------------------------------------
 */

/*
 * A query with a view's OID, under a search_path that nobody else can put anything in.
 * Its value as text in the caller's context, or NULL.
 */
static char *
ask(const char *query, Oid relid, const char *argument, bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			types[2] = {OIDOID, TEXTOID};
	Datum		values[2] = {ObjectIdGetDatum(relid), argument ? CStringGetTextDatum(argument) : (Datum) 0};
	char		nulls[3] = {' ', argument ? ' ' : 'n', '\0'};
	char	   *answer = NULL;
	int			nest = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(query, 2, types, values, nulls, read_only, 0) < 0)
		elog(ERROR, "query of materialized views failed");
	if (SPI_tuptable != NULL && SPI_processed > 0)
	{
		answer = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
		if (answer != NULL)
			answer = MemoryContextStrdup(caller, answer);
	}
	SPI_finish();
	AtEOXact_GUC(true, nest);
	return answer;
}

static Oid
catalog(void)
{
	Oid			schema = rs_extension_schema();

	return OidIsValid(schema) ? get_relname_relid("materialized_view", schema) : InvalidOid;
}

/*
 * The catalog is its owner's, whoever refreshes.  Rows of views that are gone go along.
 */
static void
record(Oid relid, const char *state)
{
	Relation	rel = table_open(catalog(), RowExclusiveLock);
	Oid			user;
	int			security;

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(rel->rd_rel->relowner, security | SECURITY_LOCAL_USERID_CHANGE);
	(void) ask("WITH gone AS (DELETE FROM redshift.materialized_view m WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = m.mv)) "
			   "INSERT INTO redshift.materialized_view AS m (mv, refreshed_at, xid, state, as_redshift) "
			   "VALUES ($1, clock_timestamp(), pg_current_xact_id()::text::int8, $2::jsonb, current_setting('redshift.dialect') = 'redshift') "
			   "ON CONFLICT (mv) DO UPDATE SET refreshed_at = excluded.refreshed_at, xid = excluded.xid, state = excluded.state, "
			   "as_redshift = excluded.as_redshift, retry_at = NULL",
			   relid, state, false);
	SetUserIdAndSecContext(user, security);
	table_close(rel, NoLock);
}

static bool
is_materialized_view(Oid relid)
{
	return OidIsValid(relid) && get_rel_relkind(relid) == RELKIND_MATVIEW;
}

/*
 * What a view created by the running statement was computed from.
 */
static void
record_new(Oid relid)
{
	char	   *state;

	CommandCounterIncrement();
	PushCopiedSnapshot(GetActiveSnapshot());
	UpdateActiveSnapshotCommandId();
	state = ask("SELECT redshift.mv_state($1, true)::text", relid, NULL, true);
	PopActiveSnapshot();
	record(relid, state);
}

/* ---------------------------------------------------------------------
 * REFRESH and CREATE
 * ---------------------------------------------------------------------
 */

static void
put_text(const char *column, const char *value)
{
	rs_journal_text(column, value, strlen(value));
}

/*
 * A line of history, which stays whatever becomes of the transaction.
 */
static void
log_refresh(Oid relid, const char *schema, const char *name, TimestampTz start, const char *status)
{
	if (RecoveryInProgress())
		return;
	rs_journal_begin_row("mv_refresh");
	rs_journal_int("userid", rs_journal_user());
	rs_journal_int("session", MyProcPid);
	rs_journal_int("xid", (int64) U64FromFullTransactionId(GetTopFullTransactionIdIfAny()));
	rs_journal_int("mv", relid);
	put_text("schema_name", schema);
	put_text("mv_name", name);
	rs_journal_int("automatic", automatic);
	put_text("status", status);
	rs_journal_time("starttime", start);
	rs_journal_time("endtime", GetCurrentTimestamp());
	rs_journal_end_row();
}

static void
run(const RsUtilityCall *call)
{
	rs_utility_call_run(call, next_process_utility);
}

/*
 * Run a way to refresh a view, which may fail, with a line of history of it.
 */
static bool
logged(bool (*way) (const RsUtilityCall *call, Oid relid), const RsUtilityCall *call, Oid relid, const char *status)
{
	MemoryContext caller = CurrentMemoryContext;
	char	   *schema = get_namespace_name(get_rel_namespace(relid));
	char	   *name = get_rel_name(relid);
	TimestampTz start = GetCurrentTimestamp();
	bool		done;

	PG_TRY();
	{
		done = way(call, relid);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		log_refresh(relid, schema, name, start, psprintf("Refresh failed: %s", error->message));
		FreeErrorData(error);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (done)
	{
		log_refresh(relid, schema, name, start, status);
		rs_journal_flush();
	}
	return done;
}

static bool
recompute(const RsUtilityCall *call, Oid relid)
{
	bool		empties = castNode(RefreshMatViewStmt, call->pstmt->utilityStmt)->skipData;
	char	   *state = empties ? NULL : ask("SELECT redshift.mv_state($1)::text", relid, NULL, true);

	run(call);
	CommandCounterIncrement();
	record(relid, state);
	return true;
}

/*
 * The tables that have changed since the view was refreshed; false if that is not all that
 * has, or cannot be told.
 */
static bool
changed_tables(Oid relid, const char *state, List **tables)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			types[2] = {OIDOID, TEXTOID};
	Datum		values[2] = {ObjectIdGetDatum(relid), CStringGetTextDatum(state)};
	bool		only_tables = true;
	uint64		i;

	*tables = NIL;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args("SELECT is_table, id, before FROM redshift.mv_difference($1, $2::pg_catalog.jsonb)", 2, types, values,
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "query of materialized views failed");
	for (i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		MemoryContext spi = MemoryContextSwitchTo(caller);
		RsChangedTable *table = palloc(sizeof(RsChangedTable));
		char	   *before = SPI_getvalue(row, desc, 3);
		bool		isnull;

		only_tables &= DatumGetBool(SPI_getbinval(row, desc, 1, &isnull));
		table->relid = DatumGetObjectId(SPI_getbinval(row, desc, 2, &isnull));
		table->before = before;
		*tables = lappend(*tables, table);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return only_tables;
}

/*
 * Refresh a view by what was added to its tables; false, with nothing done, if it has to be
 * recomputed.  Readers need not wait, and rows are those of a snapshot taken when the view
 * was locked, so that it sees what the last refresh did.  What strings are equal, and so the
 * groups that the view has, must be what it was when they were made: as in Redshift.
 */
static bool
refresh_incrementally(const RsUtilityCall *call, Oid relid)
{
	Relation	view = try_relation_open(relid, ExclusiveLock);
	Query	   *query;
	char	   *state;
	List	   *tables;
	bool		done = false;

	if (view == NULL)
		return false;
	CheckTableNotInUse(view, "REFRESH MATERIALIZED VIEW");
	query = is_materialized_view(relid) && RelationIsPopulated(view) && pg_class_ownercheck(relid, GetUserId()) &&
		pg_class_aclcheck(relid, view->rd_rel->relowner, ACL_SELECT) == ACLCHECK_OK ? rs_incremental_query(view) : NULL;
	if (query != NULL)
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		state = ask("SELECT redshift.mv_state(mv)::text FROM redshift.materialized_view WHERE mv = $1 AND state IS NOT NULL AND as_redshift",
					relid, NULL, true);
		done = state != NULL && changed_tables(relid, state, &tables) && rs_incremental_refresh(view, query, tables);
		PopActiveSnapshot();
		if (done)
			record(relid, state);
	}
	relation_close(view, NoLock);
	return done;
}

static void
inform(const char *text, Oid relid)
{
	if (rs_dialect == RS_DIALECT_REDSHIFT)
		ereport(INFO,
				(errmsg(text, get_rel_name(relid))));
}

/*
 * May the view be another than PostgreSQL's REFRESH would make it, in what is not its rows?
 */
static bool
may_choose(const RefreshMatViewStmt *stmt)
{
	return rs_dialect == RS_DIALECT_REDSHIFT && !stmt->skipData && !stmt->concurrent && !XactReadOnly &&
		!RecoveryInProgress() && !IsInParallelMode();
}

static void
refresh(const RsUtilityCall *call, const RefreshMatViewStmt *stmt)
{
	Oid			relid = RangeVarGetRelid(stmt->relation, NoLock, true);

	if (!is_materialized_view(relid) || !pg_class_ownercheck(relid, GetUserId()) || !OidIsValid(catalog()))
	{
		run(call);
		return;
	}
	if (rs_dialect == RS_DIALECT_REDSHIFT && !stmt->skipData &&
		strcmp(ask("SELECT redshift.mv_is_stale($1, true)::text", relid, NULL, false), "false") == 0)
	{
		log_refresh(relid, get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid), GetCurrentTimestamp(),
					"MV was already updated");
		rs_journal_flush();
		inform("Materialized view %s is already up to date.", relid);
	}
	else if (may_choose(stmt) && logged(refresh_incrementally, call, relid, "Refresh successfully updated MV incrementally"))
		inform("Materialized view %s was incrementally updated successfully.", relid);
	else
	{
		(void) logged(recompute, call, relid, "Refresh successfully recomputed MV from scratch");
		inform("Materialized view %s was recomputed successfully.", relid);
	}
}

/*
 * The query that a view is refreshed by is a copy that was made before hooks of the parser
 * turned the one that runs now into what Redshift's rules make of it.
 */
static void
create(const RsUtilityCall *call)
{
	RsUtilityCall own = *call;
	CreateTableAsStmt *stmt;
	Oid			before;
	Oid			relid;

	own.pstmt = copyObject(call->pstmt);
	own.read_only_tree = false;
	stmt = (CreateTableAsStmt *) own.pstmt->utilityStmt;
	if (stmt->into->viewQuery != NULL && IsA(stmt->query, Query))
		stmt->into->viewQuery = copyObject(stmt->query);
	before = RangeVarGetRelid(stmt->into->rel, NoLock, true);
	run(&own);
	CommandCounterIncrement();
	relid = RangeVarGetRelid(stmt->into->rel, NoLock, true);
	if (!stmt->into->skipData && relid != before && is_materialized_view(relid) && OidIsValid(catalog()))
		record_new(relid);
}

static void
process_utility(PlannedStmt *pstmt, const char *query, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	RsUtilityCall call = {pstmt, query, read_only_tree, context, params, env, dest, qc};
	Node	   *stmt = pstmt->utilityStmt;

	if (IsA(stmt, RefreshMatViewStmt))
		refresh(&call, (RefreshMatViewStmt *) stmt);
	else if (IsA(stmt, CreateTableAsStmt) && ((CreateTableAsStmt *) stmt)->objtype == OBJECT_MATVIEW)
		create(&call);
	else
		run(&call);
}

void
rs_materialized_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
