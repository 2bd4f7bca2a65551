/*
 * materialized.c
 *	  Materialized views: what they were computed from, and when.
 *
 * A view is recomputed, always: what is kept is a state of each relation that it uses, to
 * tell whether there is anything to do.  A redshift table's state is exact, a digest of its
 * visible row groups and of how many rows of each are deleted: ids of groups are never used
 * twice, and a group's deleted rows only become more.  So under Redshift's dialect a refresh
 * that would change nothing is left out; where a state is not known or an estimate it never
 * is.  Rearranging rows (VACUUM) changes the state: then a refresh is one too many.
 *
 * The state kept must not be newer than the rows.  REFRESH asks for it before it reads,
 * CREATE behind, with the statement's snapshot; nodes of a cluster don't have that one any
 * more, so that what a new view says of their tables counts as an estimate.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "core/journal.h"
#include "core/schema.h"
#include "core/settings.h"
#include "core/utility_call.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/session/connection.h"
#include "mpp/session/remote_transaction.h"
#include "optimizer/optimizer.h"
#include "rewrite/prs2lock.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/insert_buffer.h"
#include "storage/reloptions.h"
#include "storage/space.h"
#include "storage/tableam.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "views/materialized.h"

PG_FUNCTION_INFO_V1(rs_table_state);
PG_FUNCTION_INFO_V1(rs_rule_is_mutable);

static ProcessUtility_hook_type next_process_utility = NULL;
static bool automatic = false;

void
rs_materialized_set_automatic(void)
{
	automatic = true;
}

/* ---------------------------------------------------------------------
 * The state of tables
 * ---------------------------------------------------------------------
 */

static char *
stored_state(Relation rel)
{
	uint64		storage;
	uint64		digest = 0;
	List	   *groups;
	ListCell   *lc;

	rs_insert_buffer_flush(rel);
	storage = rs_space_storage_id(rel, false);
	groups = rs_directory_list(storage, GetActiveSnapshot());
	/* A sum, as the order of groups means nothing. */
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);
		uint64		facts[2] = {(uint64) group->group_id, rs_delete_vector_count(group, GetActiveSnapshot())};

		CHECK_FOR_INTERRUPTS();
		digest += hash_bytes_extended((const unsigned char *) facts, sizeof(facts), 0);
	}
	return psprintf("%llu/%d/%llx", (unsigned long long) storage, list_length(groups), (unsigned long long) digest);
}

static char *
state_on_nodes(Relation rel, bool late)
{
	List	   *connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	const char *name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												  RelationGetRelationName(rel));
	char	   *command = psprintf("SELECT redshift.table_state(%s::pg_catalog.regclass)", quote_literal_cstr(name));
	StringInfoData state;
	ListCell   *lc;

	initStringInfo(&state);
	if (late)
		appendStringInfoChar(&state, '~');
	rs_remote_begin(connections);
	foreach(lc, connections)
		rs_connection_send(lfirst(lc), command, NULL);
	foreach(lc, connections)
	{
		PGresult   *result = rs_connection_finish(lfirst(lc));

		appendStringInfo(&state, "%s%s", state.len > 0 ? " " : "",
						 PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "");
		PQclear(result);
	}
	return state.data;
}

Datum
rs_table_state(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	Relation	rel;
	char	   *state;

	if (!rs_reloptions_is_redshift(relid))
		PG_RETURN_NULL();
	rel = try_relation_open(relid, AccessShareLock);
	if (rel == NULL || RELATION_IS_OTHER_TEMP(rel))
	{
		if (rel != NULL)
			relation_close(rel, AccessShareLock);
		PG_RETURN_NULL();
	}
	state = rs_is_leader() && rs_table_is_distributed(relid) ? state_on_nodes(rel, PG_GETARG_BOOL(1)) : stored_state(rel);
	relation_close(rel, AccessShareLock);
	PG_RETURN_TEXT_P(cstring_to_text(state));
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
			   "INSERT INTO redshift.materialized_view AS m (mv, refreshed_at, xid, state) "
			   "VALUES ($1, clock_timestamp(), pg_current_xact_id()::text::int8, $2::jsonb) "
			   "ON CONFLICT (mv) DO UPDATE SET refreshed_at = excluded.refreshed_at, xid = excluded.xid, state = excluded.state",
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

static void
recompute(const RsUtilityCall *call, Oid relid, const char *state)
{
	MemoryContext caller = CurrentMemoryContext;
	char	   *schema = get_namespace_name(get_rel_namespace(relid));
	char	   *name = get_rel_name(relid);
	TimestampTz start = GetCurrentTimestamp();

	PG_TRY();
	{
		run(call);
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
	CommandCounterIncrement();
	record(relid, state);
	log_refresh(relid, schema, name, start, "Refresh successfully recomputed MV from scratch");
	rs_journal_flush();
	if (rs_dialect == RS_DIALECT_REDSHIFT)
		ereport(INFO,
				(errmsg("Materialized view %s was recomputed successfully.", name)));
}

static void
refresh(const RsUtilityCall *call, const RefreshMatViewStmt *stmt)
{
	Oid			relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	char	   *state = NULL;

	if (!is_materialized_view(relid) || !pg_class_ownercheck(relid, GetUserId()) || !OidIsValid(catalog()))
	{
		run(call);
		return;
	}
	if (!stmt->skipData)
	{
		if (rs_dialect == RS_DIALECT_REDSHIFT &&
			strcmp(ask("SELECT redshift.mv_is_stale($1, true)::text", relid, NULL, false), "false") == 0)
		{
			log_refresh(relid, get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid), GetCurrentTimestamp(),
						"MV was already updated");
			rs_journal_flush();
			ereport(INFO,
					(errmsg("Materialized view %s is already up to date.", get_rel_name(relid))));
			return;
		}
		state = ask("SELECT redshift.mv_state($1)::text", relid, NULL, true);
	}
	recompute(call, relid, state);
}

static void
create(const RsUtilityCall *call, const CreateTableAsStmt *stmt)
{
	Oid			before = RangeVarGetRelid(stmt->into->rel, NoLock, true);
	Oid			relid;

	run(call);
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
		create(&call, (CreateTableAsStmt *) stmt);
	else
		run(&call);
}

void
rs_materialized_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
