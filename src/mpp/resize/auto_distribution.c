/*
 * auto_distribution.c
 *	  DISTSTYLE AUTO: when it is looked how tables are to be distributed.
 *
 * What suits a table auto_distribution.sql says.  It is looked behind VACUUM, and, while
 * autovacuum is on, by a worker of the leader: of the leader's own tables, which are empty,
 * autovacuum has nothing to do.  Sessions that have changed rows on nodes say so in shared
 * memory; the launcher (session/recovery.c) starts a worker for each database that has said
 * so since it looked last.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "core/launcher.h"
#include "core/settings.h"
#include "core/shared_area.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/resize/auto_distribution.h"
#include "mpp/session/recovery.h"
#include "postmaster/autovacuum.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "tcop/pquery.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#define DATABASES	64			/* of a server, with clusters of their own */
#define NAME		"redshift_ext auto distribution"

/* Databases with changes, from the first to the first InvalidOid. */
typedef struct Changed
{
	Oid			databases[DATABASES];
} Changed;

static Changed *changed = NULL;
static LWLock *lock = NULL;

PGDLLEXPORT void rs_auto_distribution_main(Datum arg);

/* ---------------------------------------------------------------------
 * Distributing
 * ---------------------------------------------------------------------
 */

/*
 * Could another distribution suit it, and may the user change it?
 */
static bool
is_automatic(Oid relid)
{
	Relation	rel;
	RsTableOptions *options;
	bool		automatic;

	if (!rs_table_is_distributed(relid) || get_rel_relkind(relid) != RELKIND_RELATION ||
		!pg_class_ownercheck(relid, GetUserId()))
		return false;
	rel = try_relation_open(relid, AccessShareLock);
	if (rel == NULL)
		return false;
	options = rs_options_get(rel);
	automatic = options->diststyle == RS_DIST_AUTO || (options->automatic && options->diststyle != RS_DIST_KEY);
	relation_close(rel, AccessShareLock);
	return automatic;
}

/*
 * All there are, as a list in a context that outlives the transaction.
 */
static List *
all_automatic_tables(MemoryContext context)
{
	List	   *tables = NIL;
	uint64		row;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute("SELECT relid FROM redshift.distributed_table ORDER BY relid", true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the distributed tables");
	for (row = 0; row < SPI_processed; row++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &isnull));

		if (is_automatic(relid))
		{
			MemoryContext spi = MemoryContextSwitchTo(context);

			tables = lappend_oid(tables, relid);
			MemoryContextSwitchTo(spi);
		}
	}
	SPI_finish();
	return tables;
}

static List *
automatic_tables(const VacuumStmt *statement)
{
	List	   *tables = NIL;
	ListCell   *lc;

	foreach(lc, statement->rels)
	{
		VacuumRelation *relation = lfirst_node(VacuumRelation, lc);
		Oid			relid = OidIsValid(relation->oid) ? relation->oid : RangeVarGetRelid(relation->relation, NoLock, true);

		if (OidIsValid(relid) && is_automatic(relid))
			tables = lappend_oid(tables, relid);
	}
	return statement->rels != NIL ? tables : all_automatic_tables(PortalContext);
}

/*
 * As the owner of the table: types of its columns may call functions of his.
 */
static void
distribute_table(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			caller;
	Oid			owner;
	int			context;

	if (!HeapTupleIsValid(tuple))
		return;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	PushActiveSnapshot(GetTransactionSnapshot());
	GetUserIdAndSecContext(&caller, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_RESTRICTED_OPERATION);
	if (is_automatic(relid))
	{
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		if (SPI_execute(psprintf("SELECT redshift.auto_distribute(%u)", relid), false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not distribute a table");
		SPI_finish();
	}
	SetUserIdAndSecContext(caller, context);
	PopActiveSnapshot();
}

void
rs_auto_distribute_vacuumed(const VacuumStmt *statement)
{
	List	   *tables;
	ListCell   *lc;

	if (!rs_auto_distribution)
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	tables = automatic_tables(statement);
	PopActiveSnapshot();
	foreach(lc, tables)
	{
		CommitTransactionCommand();
		StartTransactionCommand();
		distribute_table(lfirst_oid(lc));
	}
}

/* ---------------------------------------------------------------------
 * The worker
 * ---------------------------------------------------------------------
 */

void
rs_auto_distribution_changed(void)
{
	int			i;

	if (changed == NULL)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (i = 0; i < DATABASES && changed->databases[i] != MyDatabaseId; i++)
		if (changed->databases[i] == InvalidOid)
		{
			changed->databases[i] = MyDatabaseId;
			break;
		}
	LWLockRelease(lock);
}

void
rs_auto_distribution_launch(void)
{
	Oid			databases[DATABASES];
	int			i;

	if (changed == NULL || !AutoVacuumingActive() || !rs_auto_distribution)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	memcpy(databases, changed->databases, sizeof(databases));
	memset(changed->databases, 0, sizeof(databases));
	LWLockRelease(lock);

	/* Without room for one it is looked again when rows change again. */
	for (i = 0; i < DATABASES && databases[i] != InvalidOid; i++)
		(void) rs_launch_apart(NAME, "rs_auto_distribution_main", databases[i]);
}

/*
 * Begin a transaction as the role of the nodes; false: there are none any more.
 */
static bool
begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (!rs_is_leader())
		return false;
	SetUserIdAndSecContext(rs_recovery_role(), SECURITY_LOCAL_USERID_CHANGE);
	return true;
}

static void
commit(void)
{
	SetUserIdAndSecContext(GetAuthenticatedUserId(), 0);
	PopActiveSnapshot();
	CommitTransactionCommand();
}

/*
 * A table that fails is no reason to leave the others.
 */
static void
distribute_by_itself(Oid relid)
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		if (begin())
			distribute_table(relid);
		commit();
	}
	PG_CATCH();
	{
		rs_launched_report_error(caller);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
}

void
rs_auto_distribution_main(Datum arg)
{
	List	   *tables = NIL;
	ListCell   *lc;

	rs_launched_connect(arg);
	if (begin())
		tables = all_automatic_tables(TopMemoryContext);
	commit();
	foreach(lc, tables)
	{
		CHECK_FOR_INTERRUPTS();
		distribute_by_itself(lfirst_oid(lc));
	}
	proc_exit(0);
}

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

static void
attach(void)
{
	bool		found;

	changed = ShmemInitStruct(NAME, sizeof(Changed), &found);
	if (!found)
		memset(changed, 0, sizeof(Changed));
}

void
rs_auto_distribution_init(void)
{
	static const RsSharedArea area = {
		.name = NAME,
		.size = sizeof(Changed),
		.attach = attach,
		.lock = &lock
	};

	rs_shared_area_add(&area);
}
