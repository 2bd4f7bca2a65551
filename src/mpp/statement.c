/*
 * statement.c
 *	  On a compute node: the snapshots of the leader's statements.
 *
 * The leader takes the snapshots of a statement on all its nodes at one moment
 * (remote_transaction.c), and then sends fragments, in several steps and among those
 * of other statements.  So a snapshot is kept under the statement's number until the
 * leader says that it has ended, or the transaction ends.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mpp/statement.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

typedef struct Statement
{
	uint32		id;
	Snapshot	snapshot;		/* registered with the transaction's owner */
	CommandId	command;		/* what this transaction does from here on is not seen */
} Statement;

static List *statements = NIL;	/* in TopTransactionContext */

PG_FUNCTION_INFO_V1(rs_begin_statement);
PG_FUNCTION_INFO_V1(rs_end_statements);

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

static void
transaction_ends(XactEvent event, void *arg)
{
	ListCell   *lc;

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
