/*
 * statement.c
 *	  On a compute node: the snapshots of the leader's statements.
 *
 * The leader takes the snapshots of a statement on all its nodes at one moment
 * (remote_transaction.c), and then sends fragments, in several steps and among those
 * of other statements.  So a snapshot is kept under the statement's number until the
 * leader says that it has ended, or the transaction ends.
 *
 * A statement that changes rows has a snapshot of a moment when nobody else is changing
 * the table: the leader lets the nodes wait for that first (wait_for_changes()).
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "core/fault.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/session/statement.h"
#include "storage/executor_hook.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

typedef struct Statement
{
	uint32		id;
	Snapshot	snapshot;		/* registered with the transaction's owner */
	CommandId	command;		/* what this transaction does from here on is not seen */
} Statement;

static List *statements = NIL;	/* in TopTransactionContext */

PG_FUNCTION_INFO_V1(rs_begin_statement);
PG_FUNCTION_INFO_V1(rs_end_statements);
PG_FUNCTION_INFO_V1(rs_wait_for_changes);

static const Statement *
find(uint32 id)
{
	ListCell   *lc;

	foreach(lc, statements)
	{
		Statement  *statement = lfirst(lc);

		if (statement->id == id)
			return statement;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
			 errmsg("statement %u has no snapshot in this transaction", id)));
}

Snapshot
rs_statement_snapshot(uint32 id)
{
	return find(id)->snapshot;
}

/*
 * A transaction's only snapshot goes on with its commands, so a copy has the command.
 */
void
rs_statement_push_snapshot(uint32 id)
{
	const Statement *statement = find(id);

	PushCopiedSnapshot(statement->snapshot);
	GetActiveSnapshot()->curcid = statement->command;
}

/*
 * begin_statement(id): keep a snapshot of this moment for the statement.  In a
 * transaction that is more than READ COMMITTED it is the transaction's.
 */
Datum
rs_begin_statement(PG_FUNCTION_ARGS)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	Statement  *statement = palloc(sizeof(Statement));

	RS_FAULT_POINT("begin_statement");

	/* Exchanges send rows by the slices that belong to the snapshot. */
	AcceptInvalidationMessages();
	statement->id = PG_GETARG_INT32(0);
	statement->command = GetCurrentCommandId(false);
	statement->snapshot = RegisterSnapshotOnOwner(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() :
												  GetLatestSnapshot(), TopTransactionResourceOwner);
	statements = lappend(statements, statement);
	MemoryContextSwitchTo(caller);
	PG_RETURN_VOID();
}

/*
 * end_statements(ids): forget the snapshots of these statements.
 */
Datum
rs_end_statements(PG_FUNCTION_ARGS)
{
	ArrayType  *ids = PG_GETARG_ARRAYTYPE_P(0);
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			i;

	deconstruct_array(ids, INT4OID, sizeof(int32), true, TYPALIGN_INT, &values, &nulls, &n);
	for (i = 0; i < n; i++)
	{
		ListCell   *lc;

		foreach(lc, statements)
		{
			Statement  *statement = lfirst(lc);

			if (!nulls[i] && statement->id == (uint32) DatumGetInt32(values[i]))
			{
				UnregisterSnapshotFromOwner(statement->snapshot, TopTransactionResourceOwner);
				statements = foreach_delete_current(statements, lc);
				pfree(statement);
			}
		}
	}
	PG_RETURN_VOID();
}

/*
 * Whoever may change a row of a table, or a column of it, may make others wait.
 */
static void
check_changes(Oid relid)
{
	const AclMode modes = ACL_INSERT | ACL_UPDATE | ACL_DELETE;
	AclResult	result = pg_class_aclcheck(relid, GetUserId(), modes);

	if (result != ACLCHECK_OK && pg_class_aclmask(relid, GetUserId(), modes, ACLMASK_ANY) == 0)
		result = pg_attribute_aclcheck_all(relid, GetUserId(), ACL_UPDATE, ACLMASK_ANY);
	else
		result = ACLCHECK_OK;
	if (result != ACLCHECK_OK)
		aclcheck_error(result, get_relkind_objtype(get_rel_relkind(relid)), get_rel_name(relid));
}

/*
 * wait_for_changes(tables)
 */
Datum
rs_wait_for_changes(PG_FUNCTION_ARGS)
{
	Datum	   *names;
	bool	   *nulls;
	int			n;
	int			i;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &n);
	for (i = 0; i < n; i++)
	{
		RangeVar   *name;
		Oid			relid;

		if (nulls[i])
			continue;
		name = makeRangeVarFromNameList(textToQualifiedNameList(DatumGetTextPP(names[i])));
		relid = RangeVarGetRelid(name, AccessShareLock, false);
		check_changes(relid);
		(void) rs_lock_changes(relid);
	}
	PG_RETURN_VOID();
}

static void
transaction_ends(XactEvent event, void *arg)
{
	ListCell   *lc;

	if (event == XACT_EVENT_PRE_PREPARE)
		RS_FAULT_POINT("node_prepare");
	if (event == XACT_EVENT_PREPARE)
		RS_FAULT_POINT("node_prepared");
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		foreach(lc, statements)
			UnregisterSnapshotFromOwner(((Statement *) lfirst(lc))->snapshot, TopTransactionResourceOwner);

	/* After an error the owner has let go of them, and the context goes, too. */
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE || event == XACT_EVENT_ABORT)
		statements = NIL;
}

void
rs_statement_init(void)
{
	RegisterXactCallback(transaction_ends, NULL);
}
