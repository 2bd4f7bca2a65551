/*
 * resize.c
 *	  Slices move between compute nodes: rebalance() and remove_node().
 *
 * Which node is to have which slice is worked out from the catalogs alone.  Then, in one
 * transaction on the leader and all nodes, the rows of the slices that move are given to
 * the nodes that get them and forgotten by those that had them, and redshift.slice
 * changes everywhere.  Meanwhile the leader locks all distributed tables, so that no
 * statement sees rows by one map of slices and sends others by another.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/definition.h"
#include "mpp/membership.h"
#include "mpp/node.h"
#include "mpp/remote_transaction.h"
#include "mpp/resize.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define LOCK_ATTEMPTS	100

PG_FUNCTION_INFO_V1(rs_rebalance);
PG_FUNCTION_INFO_V1(rs_remove_node);

/* Slices that go from one node to another. */
typedef struct Move
{
	int32		from;
	int32		to;
	char	   *slices;			/* "3,5" */
} Move;

/* A table whose rows are in slices. */
typedef struct Table
{
	Oid			relid;
	char	   *name;
	char	   *columns;
} Table;

typedef struct Resize
{
	int			nslices;
	int32	   *before;			/* node of each slice */
	int32	   *after;
	List	   *moves;
	int			nmoved;
	List	   *tables;
	List	   *nodes;			/* RsNode, copies, of all nodes */
	int32		leaves;			/* the node that is taken out, or 0 */
	List	   *connections;	/* by node */
} Resize;

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", sql);
}

/* ---------------------------------------------------------------------
 * What is to move
 * ---------------------------------------------------------------------
 */

static int
place_of(const int32 *nodes, int nnodes, int32 node)
{
	int			i;

	for (i = 0; i < nnodes; i++)
		if (nodes[i] == node)
			return i;
	return -1;
}

/*
 * Nodes that have most keep one more, if slices do not come out even.
 */
void
rs_resize_deal(int32 *slice_nodes, int nslices, const int32 *nodes, int nnodes)
{
	int		   *has = palloc0(nnodes * sizeof(int));
	int		   *share = palloc(nnodes * sizeof(int));
	int			extra = nslices % nnodes;
	int			i;
	int			s;

	for (s = 0; s < nslices; s++)
		if ((i = place_of(nodes, nnodes, slice_nodes[s])) >= 0)
			has[i]++;
	for (i = 0; i < nnodes; i++)
		share[i] = nslices / nnodes;
	for (; extra > 0; extra--)
	{
		int			most = -1;

		for (i = 0; i < nnodes; i++)
			if (share[i] == nslices / nnodes && (most < 0 || has[i] > has[most]))
				most = i;
		share[most]++;
	}

	/* Whatever is more than a node's share goes to the first that has less. */
	for (s = nslices - 1; s >= 0; s--)
	{
		int			from = place_of(nodes, nnodes, slice_nodes[s]);
		int			to = 0;

		if (from >= 0 && has[from] <= share[from])
			continue;
		while (has[to] >= share[to])
			to++;
		if (from >= 0)
			has[from]--;
		has[to]++;
		slice_nodes[s] = nodes[to];
	}
	pfree(has);
	pfree(share);
}

static void
find_moves(Resize *resize)
{
	int			s;

	for (s = 0; s < resize->nslices; s++)
	{
		Move	   *move = NULL;
		ListCell   *lc;

		if (resize->before[s] == resize->after[s])
			continue;
		resize->nmoved++;
		foreach(lc, resize->moves)
			if (((Move *) lfirst(lc))->from == resize->before[s] && ((Move *) lfirst(lc))->to == resize->after[s])
				move = lfirst(lc);
		if (move == NULL)
		{
			move = palloc(sizeof(Move));
			move->from = resize->before[s];
			move->to = resize->after[s];
			move->slices = psprintf("%d", s);
			resize->moves = lappend(resize->moves, move);
		}
		else
			move->slices = psprintf("%s,%d", move->slices, s);
	}
}

static void
begin(Resize *resize)
{
	const RsCluster *cluster;
	ListCell   *lc;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to move slices")));
	if (IsTransactionBlock() || IsSubTransaction())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("slices cannot be moved inside a transaction block")));
	LockRelationOid(rs_cluster_catalog(), ShareUpdateExclusiveLock);
	if (!rs_is_leader())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server has no compute nodes"),
				 errhint("Slices are moved at the leader of a cluster.")));
	cluster = rs_cluster();
	memset(resize, 0, sizeof(Resize));
	resize->nslices = cluster->nslices;
	resize->before = palloc(cluster->nslices * sizeof(int32));
	resize->after = palloc(cluster->nslices * sizeof(int32));
	memcpy(resize->before, cluster->slice_nodes, cluster->nslices * sizeof(int32));
	memcpy(resize->after, cluster->slice_nodes, cluster->nslices * sizeof(int32));
	foreach(lc, cluster->nodes)
	{
		RsNode	   *node = palloc(sizeof(RsNode));

		*node = *(RsNode *) lfirst(lc);
		node->name = pstrdup(node->name);
		resize->nodes = lappend(resize->nodes, node);
	}
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

static void
deal(Resize *resize)
{
	int32	   *nodes = palloc(list_length(resize->nodes) * sizeof(int32));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, resize->nodes)
		if (((RsNode *) lfirst(lc))->id != resize->leaves)
			nodes[n++] = ((RsNode *) lfirst(lc))->id;
	rs_resize_deal(resize->after, resize->nslices, nodes, n);
	find_moves(resize);
}

/* ---------------------------------------------------------------------
 * Moving
 * ---------------------------------------------------------------------
 */

static RsConnection *
connection_of(const Resize *resize, int32 node)
{
	ListCell   *lc;

	foreach(lc, resize->connections)
		if (rs_connection_node(lfirst(lc))->id == node)
			return lfirst(lc);
	elog(ERROR, "compute node %d is not connected", node);
}

/*
 * Lock all of the tables, or none: who waits for them longer than this could wait for a
 * session that waits for us.
 */
static bool
try_to_lock(List *relids)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool locked = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), DeadlockTimeout / 2);
		int			level = NewGUCNestLevel();
		ListCell   *lc;

		foreach(lc, relids)
		{
			long		left = Max(TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until), 1);

			(void) set_config_option("lock_timeout", psprintf("%ld", left), PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
									 true, 0, false);
			LockRelationOid(lfirst_oid(lc), foreach_current_index(lc) == 0 ? ShareRowExclusiveLock : AccessExclusiveLock);
		}
		AtEOXact_GUC(true, level);
		ReleaseCurrentSubTransaction();
		locked = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE && error->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
			ReThrowError(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return locked;
}

/*
 * Keep everyone out of the distributed tables, also of those that are on all nodes:
 * statements may send their rows by slices.  Nor may there be tables that others are
 * just making.  False: there are transactions that go on using them.
 */
static bool
lock_tables(Resize *resize)
{
	List	   *relids = list_make1_oid(rs_cluster_catalog());
	uint64		row;

	rs_definition_find_tables();
	for (row = 0; row < SPI_processed; row++)
		relids = lappend_oid(relids, strtoul(SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1), NULL, 10));
	if (!try_to_lock(relids))
		return false;

	/* What was made, dropped or renamed until then. */
	rs_definition_find_tables();
	for (row = 0; row < SPI_processed; row++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[row];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		Oid			relid = strtoul(SPI_getvalue(tuple, desc, 1), NULL, 10);
		Table	   *table;

		LockRelationOid(relid, AccessExclusiveLock);
		CacheInvalidateRelcacheByRelid(relid);
		if (rs_definition_is_on_all(relid))
			continue;
		table = palloc(sizeof(Table));
		table->relid = relid;
		table->name = SPI_getvalue(tuple, desc, 2);
		table->columns = SPI_getvalue(tuple, desc, 3);
		resize->tables = lappend(resize->tables, table);
	}
	return true;
}

static void
wait_to_lock_tables(Resize *resize)
{
	int			attempt;

	for (attempt = 1; !lock_tables(resize); attempt++)
	{
		if (attempt == LOCK_ATTEMPTS)
			ereport(ERROR,
					(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
					 errmsg("could not lock the distributed tables to let slices move"),
					 errdetail("Transactions that use them go on for long."),
					 errhint("Call it again.")));
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Min(attempt * 20, 1000),
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * The rows of a table, as rows: triggers are not fired, for nothing is inserted.
 */
static void
move_rows(const Resize *resize, const Table *table, const Move *move)
{
	rs_definition_copy(connection_of(resize, move->from), connection_of(resize, move->to), table->name, table->columns,
					   psprintf(" WHERE redshift.slice_num(tableoid, ctid) = ANY ('{%s}')", move->slices));
}

static void
drop_rows(const Resize *resize, const Table *table, const Move *move)
{
	if (move->from == resize->leaves)
		return;
	rs_connections_execute(list_make1(connection_of(resize, move->from)),
						   psprintf("SELECT redshift.drop_slices(%s, '{%s}')", quote_literal_cstr(table->name), move->slices));
}

static void
change_catalogs(Resize *resize)
{
	List	   *members = NIL;
	ListCell   *lc;

	foreach(lc, resize->moves)
	{
		Move	   *move = lfirst(lc);

		run(psprintf("UPDATE redshift.slice SET node_id = %d WHERE slice = ANY ('{%s}')", move->to, move->slices));
	}
	if (resize->leaves != 0)
		run(psprintf("DELETE FROM redshift.node WHERE node_id = %d", resize->leaves));
	rs_membership_changed();
	foreach(lc, resize->connections)
		if (rs_connection_node(lfirst(lc))->id != resize->leaves)
			members = lappend(members, lfirst(lc));
	rs_membership_publish(members);
}

static void
move_slices(Resize *resize)
{
	ListCell   *lc;

	wait_to_lock_tables(resize);
	resize->connections = rs_connections_open(resize->nodes, GetUserId());
	rs_remote_begin(resize->connections);
	foreach(lc, resize->connections)
		if (rs_connection_node(lfirst(lc))->id != resize->leaves)
			rs_remote_will_write(lfirst(lc));
	rs_connections_execute(resize->connections, "SET LOCAL session_replication_role = replica");

	/* Nodes know the slices that they get before rows of these arrive. */
	change_catalogs(resize);
	foreach(lc, resize->tables)
	{
		Table	   *table = lfirst(lc);
		ListCell   *cell;

		foreach(cell, resize->moves)
		{
			rs_connections_execute(resize->connections, psprintf("LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE", table->name));
			move_rows(resize, table, lfirst(cell));
			drop_rows(resize, table, lfirst(cell));
		}
	}
}

static int32
finish(Resize *resize)
{
	if (resize->nmoved > 0 || resize->leaves != 0)
		move_slices(resize);
	SPI_finish();
	return resize->nmoved;
}

/*
 * rebalance(): the number of slices that moved.
 */
Datum
rs_rebalance(PG_FUNCTION_ARGS)
{
	Resize		resize;

	begin(&resize);
	deal(&resize);
	PG_RETURN_INT32(finish(&resize));
}

/*
 * remove_node(server): the number of slices that moved.  The node keeps what it has, but
 * nobody asks it any more.
 */
Datum
rs_remove_node(PG_FUNCTION_ARGS)
{
	const char *name = NameStr(*PG_GETARG_NAME(0));
	Resize		resize;
	ListCell   *lc;

	begin(&resize);
	foreach(lc, resize.nodes)
		if (strcmp(((RsNode *) lfirst(lc))->name, name) == 0)
			resize.leaves = ((RsNode *) lfirst(lc))->id;
	if (resize.leaves == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" is not a compute node", name)));
	if (list_length(resize.nodes) == 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" is the cluster's last compute node", name),
				 errhint("Bring its tables back with redshift.undistribute(), and drop the extension to end the cluster.")));
	deal(&resize);
	PG_RETURN_INT32(finish(&resize));
}
