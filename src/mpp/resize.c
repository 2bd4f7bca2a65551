/*
 * resize.c
 *	  Slices move between compute nodes: rebalance() and remove_node().
 *
 * Which node is to have which slice is worked out from the catalogs alone, always in the
 * same way.  Then nodes that get slices fetch the row groups of these (slice_pull.c), in
 * transactions of their own, while others go on reading and writing; what has arrived
 * stays, so that whoever is interrupted and begins anew goes on from there.
 *
 * The switch is one transaction on the leader and all nodes: what was written since is
 * fetched, too, the groups become visible, those that had them forget them, and
 * redshift.slice changes everywhere.  For that moment the leader locks all distributed
 * tables, so that no statement sees rows by one map of slices and sends others by
 * another.  Tables whose values mean something on one node only (rows hold OIDs of
 * enums and the like) move in that transaction, as rows.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/settings.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/definition.h"
#include "mpp/membership.h"
#include "mpp/node.h"
#include "mpp/remote_transaction.h"
#include "mpp/resize.h"
#include "mpp/table.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define LOCK_ATTEMPTS	100

PG_FUNCTION_INFO_V1(rs_rebalance);
PG_FUNCTION_INFO_V1(rs_remove_node);

#define PULL_BYTES		((int64) 64 * 1024 * 1024)	/* in one transaction of a node */
#define MOST_PASSES		8		/* over what is written while slices are copied */
#define SHORT_PASS_MS	500		/* no pass is needed after one that took no longer */

/* Slices that go from one node to another. */
typedef struct Move
{
	int32		from;
	int32		to;
	char	   *slices;			/* "3,5" */
	bool		copied;			/* of the table in work */
} Move;

/* A table whose rows are in slices. */
typedef struct Table
{
	Oid			relid;
	char	   *name;
	char	   *columns;
	bool		as_rows;
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
			move = palloc0(sizeof(Move));
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
connection_of(List *connections, int32 node)
{
	ListCell   *lc;

	foreach(lc, connections)
		if (rs_connection_node(lfirst(lc))->id == node)
			return lfirst(lc);
	elog(ERROR, "compute node %d is not connected", node);
}

/*
 * Are values of a type the same bytes on all nodes?  Not if they hold OIDs of objects
 * that each node has made for itself.
 */
static bool
type_is_portable(Oid type)
{
	Oid			base = getBaseType(type);
	Oid			element = get_element_type(base);

	if (OidIsValid(element))
		return type_is_portable(element);
	switch (base)
	{
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGCLASSOID:
		case REGCOLLATIONOID:
		case REGTYPEOID:
		case REGROLEOID:
		case REGNAMESPACEOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
		case ACLITEMOID:
			return false;
		default:
			return base < FirstNormalObjectId;
	}
}

static bool
goes_as_rows(Oid relid)
{
	Relation	rel = table_open(relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	bool		portable = true;
	int			i;

	for (i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped && !type_is_portable(TupleDescAttr(desc, i)->atttypid))
			portable = false;
	table_close(rel, NoLock);
	return !portable;
}

/*
 * Wait as long, but not for what an interrupt tells.
 */
static void
sleep_ms(long ms)
{
	if (ms <= 0)
		return;
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/* ---------------------------------------------------------------------
 * Row groups
 * ---------------------------------------------------------------------
 */

static RsConnection *
send_pull(const Resize *resize, const Move *move, List *connections, const char *name, int64 bytes, bool show)
{
	RsConnection *connection = connection_of(connections, move->to);
	const char *source = NULL;
	ListCell   *lc;

	foreach(lc, resize->nodes)
		if (((RsNode *) lfirst(lc))->id == move->from)
			source = ((RsNode *) lfirst(lc))->name;
	rs_connection_send(connection, psprintf("SELECT pulled, remaining FROM redshift.pull_slices(%s, %s, '{%s}', "
											INT64_FORMAT ", %s)", quote_literal_cstr(name), quote_literal_cstr(source),
											move->slices, bytes, show ? "true" : "false"), NULL);
	return connection;
}

/*
 * One step of fetching a table's groups: each node that is not done gets some more, all
 * at the same time.  Returns the bytes that came, -1 if nothing was left to do.
 */
static int64
pull_step(Resize *resize, List *connections, const char *name, int64 bytes, bool show)
{
	List	   *sent = NIL;
	List	   *moves = NIL;
	int64		pulled = 0;
	ListCell   *lc;
	ListCell   *cell;

	foreach(lc, resize->moves)
	{
		Move	   *move = lfirst(lc);

		if (move->copied || list_member_ptr(sent, connection_of(connections, move->to)))
			continue;
		sent = lappend(sent, send_pull(resize, move, connections, name, bytes, show));
		moves = lappend(moves, move);
	}
	forboth(lc, sent, cell, moves)
	{
		PGresult   *result = rs_connection_finish(lfirst(lc));

		pulled += strtoll(PQgetvalue(result, 0, 0), NULL, 10);
		((Move *) lfirst(cell))->copied = strtoll(PQgetvalue(result, 0, 1), NULL, 10) == 0;
		PQclear(result);
	}
	return sent == NIL ? -1 : pulled;
}

static void
begin_table(Resize *resize)
{
	ListCell   *lc;

	foreach(lc, resize->moves)
		((Move *) lfirst(lc))->copied = false;
}

/*
 * Let nodes fetch what there is of a table now.  It cannot be altered meanwhile.
 */
static int64
copy_table(Resize *resize, List *connections, Oid relid)
{
	int64		step = rs_resize_rate > 0 ? Min(PULL_BYTES, (int64) rs_resize_rate * 1024 * 1024) : PULL_BYTES;
	int64		total = 0;

	LockRelationOid(relid, AccessShareLock);
	if (rs_table_is_distributed(relid) && !rs_definition_is_on_all(relid) && !goes_as_rows(relid))
	{
		char	   *name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid));

		begin_table(resize);
		for (;;)
		{
			TimestampTz start = GetCurrentTimestamp();
			int64		bytes = pull_step(resize, connections, name, step, false);

			if (bytes < 0)
				break;
			total += bytes;
			if (rs_resize_rate > 0)
				sleep_ms((long) (bytes * 1000 / ((int64) rs_resize_rate * 1024 * 1024)) -
						 TimestampDifferenceMilliseconds(start, GetCurrentTimestamp()));
		}
	}
	UnlockRelationOid(relid, AccessShareLock);
	return total;
}

static List *
distributed_tables(void)
{
	List	   *relids = NIL;
	uint64		row;

	rs_definition_find_tables();
	for (row = 0; row < SPI_processed; row++)
		relids = lappend_oid(relids, strtoul(SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1), NULL, 10));
	return relids;
}

/*
 * Copy all tables, then what was written meanwhile, until that is quick.
 */
static void
copy_ahead(Resize *resize, List *connections, int most_passes)
{
	int			pass;

	for (pass = 0; pass < most_passes; pass++)
	{
		TimestampTz start = GetCurrentTimestamp();
		ListCell   *lc;

		foreach(lc, distributed_tables())
			(void) copy_table(resize, connections, lfirst_oid(lc));
		if (!TimestampDifferenceExceeds(start, GetCurrentTimestamp(), SHORT_PASS_MS))
			break;
	}
}

/* ---------------------------------------------------------------------
 * The switch
 * ---------------------------------------------------------------------
 */

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
	uint64		row;

	if (!try_to_lock(lcons_oid(rs_cluster_catalog(), distributed_tables())))
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
		table->as_rows = goes_as_rows(relid);
		resize->tables = lappend(resize->tables, table);
	}
	return true;
}

/*
 * The nodes that get slices.
 */
static List *
target_nodes(const Resize *resize)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, resize->nodes)
	{
		ListCell   *cell;

		foreach(cell, resize->moves)
			if (((Move *) lfirst(cell))->to == ((RsNode *) lfirst(lc))->id)
				targets = list_append_unique_ptr(targets, lfirst(lc));
	}
	return targets;
}

/*
 * Copy, and copy on, until the tables can be locked.
 */
static void
copy_and_lock(Resize *resize)
{
	List	   *connections = rs_connections_open_apart(target_nodes(resize), GetUserId());

	PG_TRY();
	{
		int			attempt;

		copy_ahead(resize, connections, MOST_PASSES);
		for (attempt = 1; !lock_tables(resize); attempt++)
		{
			if (attempt == LOCK_ATTEMPTS)
				ereport(ERROR,
						(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
						 errmsg("could not lock the distributed tables to let slices move"),
						 errdetail("Transactions that use them go on for long."),
						 errhint("Call it again: what has been copied is still there.")));
			sleep_ms(Min(attempt * 20, 1000));
			copy_ahead(resize, connections, 1);
		}
	}
	PG_FINALLY();
	{
		rs_connections_close_apart(connections);
	}
	PG_END_TRY();
}

/*
 * The rows of a table, as rows: triggers are not fired, for nothing is inserted.
 */
static void
move_rows(const Resize *resize, const Table *table, const Move *move)
{
	rs_definition_copy(connection_of(resize->connections, move->from), connection_of(resize->connections, move->to), table->name, table->columns,
					   psprintf(" WHERE redshift.slice_num(tableoid, ctid) = ANY ('{%s}')", move->slices));
}

static void
drop_rows(const Resize *resize, const Table *table, const Move *move)
{
	if (move->from == resize->leaves)
		return;
	rs_connections_execute(list_make1(connection_of(resize->connections, move->from)),
						   psprintf("SELECT redshift.drop_slices(%s, '{%s}')", quote_literal_cstr(table->name), move->slices));
}

static void
change_catalogs(Resize *resize, List *members)
{
	ListCell   *lc;

	foreach(lc, resize->moves)
	{
		Move	   *move = lfirst(lc);

		run(psprintf("UPDATE redshift.slice SET node_id = %d WHERE slice = ANY ('{%s}')", move->to, move->slices));
	}
	if (resize->leaves != 0)
		run(psprintf("DELETE FROM redshift.node WHERE node_id = %d", resize->leaves));
	rs_membership_changed();
	rs_membership_publish(members);
}

/*
 * Lock the tables on the nodes that have or get slices.  The strongest lock, at the end,
 * keeps everyone out until a node that has prepared the switch is told of its end.
 */
static void
lock_on_nodes(const Resize *resize, const char *mode)
{
	List	   *connections = NIL;
	StringInfoData sql;
	ListCell   *lc;

	initStringInfo(&sql);
	foreach(lc, resize->tables)
		appendStringInfo(&sql, "%s%s", sql.len > 0 ? ", ONLY " : "LOCK TABLE ONLY ", ((Table *) lfirst(lc))->name);
	if (sql.len == 0)
		return;
	appendStringInfo(&sql, " IN %s MODE", mode);
	foreach(lc, resize->moves)
	{
		Move	   *move = lfirst(lc);

		connections = list_append_unique_ptr(connections, connection_of(resize->connections, move->from));
		connections = list_append_unique_ptr(connections, connection_of(resize->connections, move->to));
	}
	rs_connections_execute(connections, sql.data);
}

/*
 * Give a table's slices to the nodes that get them, and have them forgotten where they were.
 */
static void
switch_table(Resize *resize, const Table *table)
{
	ListCell   *lc;

	begin_table(resize);
	if (!table->as_rows)
		while (pull_step(resize, resize->connections, table->name, PULL_BYTES, true) >= 0)
			;
	else
		foreach(lc, resize->moves)
			move_rows(resize, table, lfirst(lc));
	foreach(lc, resize->moves)
		drop_rows(resize, table, lfirst(lc));
}

static void
move_slices(Resize *resize)
{
	List	   *members = NIL;
	ListCell   *lc;

	copy_and_lock(resize);
	resize->connections = rs_connections_open(resize->nodes, GetUserId());
	rs_remote_begin(resize->connections);
	foreach(lc, resize->connections)
		if (rs_connection_node(lfirst(lc))->id != resize->leaves)
			members = lappend(members, lfirst(lc));
	foreach(lc, members)
		rs_remote_will_write(lfirst(lc));
	rs_connections_execute(resize->connections, "SET LOCAL session_replication_role = replica");
	lock_on_nodes(resize, "EXCLUSIVE");

	/* Nodes know the slices that they get before rows of these arrive. */
	change_catalogs(resize, members);
	foreach(lc, resize->tables)
		switch_table(resize, lfirst(lc));
	rs_connections_execute(members, "SELECT redshift.drop_arrivals()");
	lock_on_nodes(resize, "ACCESS EXCLUSIVE");
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
