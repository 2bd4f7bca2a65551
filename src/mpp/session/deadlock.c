/*
 * deadlock.c
 *	  Deadlocks between sessions of the leader that wait on different nodes.
 *
 * A node sees only its own locks.  So a session that has waited for nodes longer than
 * deadlock_timeout asks all of them, and the leader, who waits there for whom
 * (redshift.lock_waits()), by connections of its own: those of the transaction are busy.
 * Sessions are known everywhere by the process id that they have at the leader, which a
 * connection's application_name holds (connection.c).
 *
 * What the nodes say is of different moments.  A cycle therefore counts only if a second
 * round finds all of it again: in a deadlock nobody moves.  Of the sessions of a cycle
 * that wait for nodes, which all find it, the one with the highest process id gives way;
 * those that wait for a lock of the leader itself cannot look.  A session may also wait for
 * itself: where its user has no mappings, what it does as others has transactions of its
 * own (acting.c).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/cluster/node.h"
#include "mpp/session/connection.h"
#include "mpp/session/deadlock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/array.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#define PG_WAIT_CLASS_MASK	0xFF000000

typedef struct Edge
{
	int			waiter;
	int			blocker;
	bool		remote;			/* on a node */
} Edge;

static bool looking = false;	/* what the look itself waits for is no reason for another */

PG_FUNCTION_INFO_V1(rs_lock_waits);

/* ---------------------------------------------------------------------
 * Who waits here for whom
 * ---------------------------------------------------------------------
 */

/*
 * The leader's process that a backend works for; 0: none.
 */
static int
session_of(const PgBackendStatus *status)
{
	int			pid;

	if (status->st_databaseid != MyDatabaseId)
		return 0;
	if (rs_is_leader())
		return status->st_procpid;
	return sscanf(status->st_appname, RS_APPLICATION_NAME, &pid) == 1 ? pid : 0;
}

static int
session_of_pid(int pid)
{
	int			n = pgstat_fetch_stat_numbackends();
	int			i;

	for (i = 1; i <= n; i++)
	{
		LocalPgBackendStatus *local = pgstat_fetch_stat_local_beentry(i);

		if (local != NULL && local->backendStatus.st_procpid == pid)
			return session_of(&local->backendStatus);
	}
	return 0;
}

static List *
local_edges(bool remote)
{
	List	   *edges = NIL;
	int			n = pgstat_fetch_stat_numbackends();
	int			i;

	for (i = 1; i <= n; i++)
	{
		LocalPgBackendStatus *local = pgstat_fetch_stat_local_beentry(i);
		int			waiter = local != NULL ? session_of(&local->backendStatus) : 0;
		PGPROC	   *proc = waiter != 0 ? BackendPidGetProc(local->backendStatus.st_procpid) : NULL;
		Datum	   *blockers;
		int			nblockers;
		int			b;

		if (proc == NULL || (proc->wait_event_info & PG_WAIT_CLASS_MASK) != PG_WAIT_LOCK)
			continue;
		deconstruct_array(DatumGetArrayTypeP(OidFunctionCall1(F_PG_BLOCKING_PIDS,
															  Int32GetDatum(local->backendStatus.st_procpid))),
						  INT4OID, sizeof(int32), true, TYPALIGN_INT, &blockers, NULL, &nblockers);
		for (b = 0; b < nblockers; b++)
		{
			Edge	   *edge = palloc(sizeof(Edge));

			edge->waiter = waiter;
			edge->blocker = session_of_pid(DatumGetInt32(blockers[b]));
			edge->remote = remote;

			/* A session has a connection for each of its users: they may wait for each other. */
			if (edge->blocker != 0)
				edges = lappend(edges, edge);
		}
	}
	return edges;
}

/*
 * lock_waits(): sessions of the leader whose work here waits for that of others.
 */
Datum
rs_lock_waits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, local_edges(false))
	{
		Edge	   *edge = lfirst(lc);
		Datum		values[2] = {Int32GetDatum(edge->waiter), Int32GetDatum(edge->blocker)};
		bool		nulls[2] = {false, false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * Looking for a cycle
 * ---------------------------------------------------------------------
 */

static List *
all_edges(List *nodes)
{
	List	   *edges;
	ListCell   *lc;
	int			i;

	pgstat_clear_backend_activity_snapshot();
	edges = local_edges(false);
	foreach(lc, nodes)
		rs_connection_send(lfirst(lc), "SELECT waiter, blocker FROM redshift.lock_waits()", NULL);
	foreach(lc, nodes)
	{
		PGresult   *result = rs_connection_finish(lfirst(lc));

		for (i = 0; i < PQntuples(result); i++)
		{
			Edge	   *edge = palloc(sizeof(Edge));

			edge->waiter = atoi(PQgetvalue(result, i, 0));
			edge->blocker = atoi(PQgetvalue(result, i, 1));
			edge->remote = true;
			edges = lappend(edges, edge);
		}
		PQclear(result);
	}
	return edges;
}

/*
 * A way from one session to another along the edges, as a list of them; NIL if there is
 * none.  *seen: sessions from which there is none.
 */
static List *
find_way(const List *edges, int from, int to, List **seen)
{
	ListCell   *lc;

	check_stack_depth();
	*seen = lappend_int(*seen, from);
	foreach(lc, edges)
	{
		Edge	   *edge = lfirst(lc);
		List	   *rest;

		if (edge->waiter != from)
			continue;
		if (edge->blocker == to)
			return list_make1(edge);
		if (list_member_int(*seen, edge->blocker))
			continue;
		rest = find_way(edges, edge->blocker, to, seen);
		if (rest != NIL)
			return lcons(edge, rest);
	}
	return NIL;
}

static bool
still_there(const List *cycle, const List *edges)
{
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, cycle)
	{
		Edge	   *edge = lfirst(lc);
		bool		found = false;

		foreach(other, edges)
		{
			Edge	   *again = lfirst(other);

			found = found || (again->waiter == edge->waiter && again->blocker == edge->blocker);
		}
		if (!found)
			return false;
	}
	return true;
}

static void
look(List *connections)
{
	List	   *nodes = NIL;
	List	   *seen = NIL;
	List	   *cycle;
	StringInfoData detail;
	ListCell   *lc;
	int			victim = 0;

	/* Where the leader has no session yet, nobody waits for another. */
	foreach(lc, connections)
		if (rs_connection_at_node(lfirst(lc)))
			nodes = lappend(nodes, lfirst(lc));
	cycle = find_way(all_edges(nodes), MyProcPid, MyProcPid, &seen);
	if (cycle == NIL || !still_there(cycle, all_edges(nodes)))
		return;
	initStringInfo(&detail);
	foreach(lc, cycle)
	{
		Edge	   *edge = lfirst(lc);

		if (edge->remote)
			victim = Max(victim, edge->waiter);
		appendStringInfo(&detail, "%sProcess %d waits for process %d.", foreach_current_index(lc) > 0 ? "\n" : "",
						 edge->waiter, edge->blocker);
	}
	if (victim == MyProcPid)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_DEADLOCK_DETECTED),
				 errmsg("deadlock detected"),
				 errdetail_internal("%s", detail.data),
				 list_length(cycle) > 1 ?
				 errhint("The processes wait for each other on different compute nodes.") :
				 errhint("What a function or view of another owner changes cannot wait for what the same transaction has changed.")));
}

bool
rs_deadlock_check(void)
{
	volatile bool asked = true;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	List	   *volatile connections = NIL;

	if (looking || !rs_is_leader())
		return true;
	context = AllocSetContextCreate(caller, "deadlock check", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	looking = true;
	PG_TRY();
	{
		connections = rs_connections_open_apart(rs_cluster()->nodes, GetUserId());
		look(connections);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		looking = false;
		rs_connections_close_apart(connections);
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();

		/*
		 * A node that does not answer is no deadlock; whoever waits will hear of it.  One that is
		 * becoming a node has nothing to ask yet while its extension is created.
		 */
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_CONNECTION_EXCEPTION &&
			error->sqlerrcode != ERRCODE_INVALID_SCHEMA_NAME &&
			ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_INSUFFICIENT_RESOURCES)
			PG_RE_THROW();
		FlushErrorState();
		FreeErrorData(error);
		connections = NIL;
		asked = false;
	}
	PG_END_TRY();
	looking = false;
	rs_connections_close_apart(connections);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return asked;
}
