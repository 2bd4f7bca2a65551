/*
 * vacuum.c
 *	  VACUUM of a redshift table.
 *
 *	1. compaction (compaction.c)
 *	2. merging of delete vectors of groups that were not rewritten
 *	3. index entries of rows that are dead to everybody
 *	4. pages that no directory row names are free; the file's free end is cut off
 *	5. statistics, and relfrozenxid: the table itself holds no transaction ids
 *
 * PROC_IN_VACUUM.  The core marks a backend that vacuums so that others ignore
 * its xmin and, in their snapshots, its xid: fine for heap's VACUUM, which never
 * writes with its xid, and fatal for us, who do: a snapshot that does not list a
 * running xid takes its rows for aborted and says so in hint bits.  So the mark is
 * taken away first, and a new snapshot taken then: whatever others removed while
 * they ignored us, they removed before this snapshot existed.
 *
 * LOCKING.  The caller holds ShareUpdateExclusiveLock.  Readers and writers go
 * on, but for the moments in which the space lock is held and the file is cut.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/multixact.h"
#include "access/nbtxlog.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xloginsert.h"
#include "catalog/storage.h"
#include "commands/progress.h"
#include "commands/vacuum.h"
#include "core/settings.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/autovacuum.h"
#include "storage/compaction.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/lmgr.h"
#include "storage/locks.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/remote_rows.h"
#include "storage/scan.h"
#include "storage/space.h"
#include "storage/tableam.h"
#include "storage/vacuum.h"
#include "storage/vacuum_options.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_vacuum_sort_only);
PG_FUNCTION_INFO_V1(rs_vacuum_delete_only);

/* Groups that one autovacuum rewrites at most, so that its locks are short. */
#define RS_AUTOVACUUM_GROUPS	64

/* Row numbers that somebody may still see. */
typedef struct LiveRows
{
	uint64		limit;			/* rows from here on are newer than this list */
	int			ngroups;
	RsRowGroup **groups;		/* by first_row, pending ones included */
	RsDeleteSet **dead;			/* rows of it dead to everybody, or NULL */
} LiveRows;

static void
leave_vacuum_mode(void)
{
	LWLockAcquire(ProcArrayLock, LW_EXCLUSIVE);
	MyProc->statusFlags &= ~PROC_IN_VACUUM;
	ProcGlobal->statusFlags[MyProc->pgxactoff] = MyProc->statusFlags;
	LWLockRelease(ProcArrayLock);
}

/* ---------------------------------------------------------------------
 * Index entries
 * ---------------------------------------------------------------------
 */

static void
collect_live_rows(Relation rel, LiveRows *live)
{
	uint64		storage_id = rs_space_storage_id(rel, false);
	TransactionId horizon = GetOldestNonRemovableTransactionId(rel);
	RsMetaPage	meta;
	List	   *groups;
	ListCell   *lc;

	/* Reservations are made and entered in the directory under this lock. */
	rs_lock_space(rel, AccessExclusiveLock);
	rs_space_read_meta(rel, &meta);
	groups = rs_directory_list_all(storage_id);
	rs_unlock_space(rel, AccessExclusiveLock);

	live->limit = meta.next_row;
	live->ngroups = 0;
	live->groups = palloc(Max(list_length(groups), 1) * sizeof(RsRowGroup *));
	live->dead = palloc0(Max(list_length(groups), 1) * sizeof(RsDeleteSet *));
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);
		RsDeleteSet *set = palloc(sizeof(RsDeleteSet));

		if (rs_delete_vector_load_older(storage_id, group->group_id, horizon, set))
			live->dead[live->ngroups] = set;
		else
			pfree(set);
		live->groups[live->ngroups++] = group;
	}
}

static bool
row_is_dead(ItemPointer tid, void *arg)
{
	LiveRows   *live = arg;
	uint64		row = rs_tid_to_row(tid);
	int			low = 0;
	int			high = live->ngroups;

	if (row >= live->limit)
		return false;
	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		RsRowGroup *group = live->groups[middle];

		if (row < group->first_row)
			high = middle;
		else if (row >= group->first_row + group->nrows)
			low = middle + 1;
		else
			return live->dead[middle] != NULL &&
				rs_deleted(live->dead[middle], (uint32) (row - group->first_row));
	}
	return true;
}

static void
vacuum_indexes(Relation rel, BufferAccessStrategy strategy, double live_rows, int elevel)
{
	LiveRows	live;
	Relation   *indexes;
	int			nindexes;
	int			i;

	vac_open_indexes(rel, RowExclusiveLock, &nindexes, &indexes);
	if (nindexes > 0)
		collect_live_rows(rel, &live);
	pgstat_progress_update_param(PROGRESS_VACUUM_PHASE, PROGRESS_VACUUM_PHASE_VACUUM_INDEX);
	for (i = 0; i < nindexes; i++)
	{
		IndexVacuumInfo info = {0};
		IndexBulkDeleteResult *stats;

		info.index = indexes[i];
		info.report_progress = false;
		info.estimated_count = false;
		info.message_level = elevel;
		info.num_heap_tuples = live_rows;
		info.strategy = strategy;
		stats = index_bulk_delete(&info, NULL, row_is_dead, &live);
		stats = index_vacuum_cleanup(&info, stats);
		if (stats != NULL)
		{
			if (!stats->estimated_count)
				vac_update_relstats(indexes[i], stats->num_pages, stats->num_index_tuples, 0,
									false, InvalidTransactionId, InvalidMultiXactId,
									NULL, NULL, false);
			ereport(elevel,
					(errmsg("index \"%s\": %.0f entries removed, %.0f remain",
							RelationGetRelationName(indexes[i]), stats->tuples_removed,
							stats->num_index_tuples)));
			pfree(stats);
		}
	}
	vac_close_indexes(nindexes, indexes, NoLock);
}

/* ---------------------------------------------------------------------
 * Space
 * ---------------------------------------------------------------------
 */

static int
compare_ranges(const void *a, const void *b)
{
	BlockNumber sa = ((const RsPageRange *) a)->start;
	BlockNumber sb = ((const RsPageRange *) b)->start;

	return sa < sb ? -1 : sa > sb;
}

static int
compare_ranges_by_size(const void *a, const void *b)
{
	uint32		na = ((const RsPageRange *) a)->npages;
	uint32		nb = ((const RsPageRange *) b)->npages;

	return na > nb ? -1 : na < nb;
}

/*
 * Pages of the groups, ascending.
 */
static RsPageRange *
used_ranges(List *groups, int *n)
{
	RsPageRange *ranges = palloc(Max(list_length(groups), 1) * sizeof(RsPageRange));
	ListCell   *lc;

	*n = 0;
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);

		if (group->first_page == InvalidBlockNumber)
			continue;
		ranges[*n].start = group->first_page;
		ranges[(*n)++].npages = group->npages;
	}
	qsort(ranges, *n, sizeof(RsPageRange), compare_ranges);
	return ranges;
}

/*
 * What lies between used ranges below end_page; a free end is cut off it.
 */
static RsPageRange *
free_ranges(const RsPageRange *used, int nused, BlockNumber *end_page, uint32 *nfree)
{
	RsPageRange *free = palloc((nused + 1) * sizeof(RsPageRange));
	BlockNumber at = RS_META_BLKNO + 1;
	int			i;

	*nfree = 0;
	for (i = 0; i < nused; i++)
	{
		if (used[i].start > at)
		{
			free[*nfree].start = at;
			free[(*nfree)++].npages = used[i].start - at;
		}
		at = Max(at, used[i].start + used[i].npages);
	}
	*end_page = Min(*end_page, at);
	return free;
}

/*
 * Before pages are used again: standbys must have no snapshot left that sees
 * what stood there.  The btree record for reused pages means just that, and its
 * replay cancels such queries; it touches no page.
 */
static void
log_reuse(Relation rel, TransactionId horizon)
{
	xl_btree_reuse_page record;
	FullTransactionId next = ReadNextFullTransactionId();
	uint32		epoch = EpochFromFullTransactionId(next);

	if (!RelationNeedsWAL(rel) || !XLogStandbyInfoActive())
		return;
	TransactionIdRetreat(horizon);
	if (horizon > XidFromFullTransactionId(next))
		epoch--;
	memset(&record, 0, sizeof(record));
	record.node = rel->rd_node;
	record.block = RS_META_BLKNO;
	record.latestRemovedFullXid = FullTransactionIdFromEpochAndXid(epoch, horizon);
	XLogBeginInsert();
	XLogRegisterData((char *) &record, SizeOfBtreeReusePage);
	XLogInsert(RM_BTREE_ID, XLOG_BTREE_REUSE_PAGE);
}

/*
 * Work out anew which pages are free.
 */
static void
reclaim_space(Relation rel, int elevel)
{
	RsMetaPage	meta;
	List	   *groups;
	RsPageRange *used;
	RsPageRange *free;
	int			nused;
	uint32		nfree;
	uint32		i;
	uint64		pages = 0;
	BlockNumber end_page;

	rs_lock_space(rel, AccessExclusiveLock);
	rs_space_read_meta(rel, &meta);
	groups = rs_directory_list_all(meta.storage_id);
	used = used_ranges(groups, &nused);
	end_page = meta.end_page;
	free = free_ranges(used, nused, &end_page, &nfree);
	if (nfree > RS_META_FREE_RANGES)
	{
		/* Keep the large ones; the rest is found again another time. */
		qsort(free, nfree, sizeof(RsPageRange), compare_ranges_by_size);
		nfree = RS_META_FREE_RANGES;
		qsort(free, nfree, sizeof(RsPageRange), compare_ranges);
	}
	if (end_page != meta.end_page || nfree != meta.nfree ||
		memcmp(free, meta.free, nfree * sizeof(RsPageRange)) != 0)
	{
		log_reuse(rel, GetOldestNonRemovableTransactionId(rel));
		rs_space_set_free(rel, free, nfree, end_page);
	}
	rs_unlock_space(rel, AccessExclusiveLock);
	for (i = 0; i < nfree; i++)
		pages += free[i].npages;
	ereport(elevel,
			(errmsg("table \"%s\": " UINT64_FORMAT " of %u pages are free",
					RelationGetRelationName(rel), pages, end_page)));
}

/*
 * Give the file's unused end back, if nobody else has the table locked.
 */
static void
truncate_file(Relation rel, int elevel)
{
	RsMetaPage	meta;
	BlockNumber nblocks = RelationGetNumberOfBlocks(rel);

	rs_space_read_meta(rel, &meta);
	if (nblocks <= meta.end_page || !ConditionalLockRelation(rel, AccessExclusiveLock))
		return;
	pgstat_progress_update_param(PROGRESS_VACUUM_PHASE, PROGRESS_VACUUM_PHASE_TRUNCATE);
	rs_space_read_meta(rel, &meta);
	nblocks = RelationGetNumberOfBlocks(rel);
	if (nblocks > meta.end_page)
	{
		RelationTruncate(rel, meta.end_page);
		ereport(elevel,
				(errmsg("table \"%s\": truncated %u to %u pages",
						RelationGetRelationName(rel), nblocks, meta.end_page)));
	}
	UnlockRelation(rel, AccessExclusiveLock);
}

/* ---------------------------------------------------------------------
 * The whole
 * ---------------------------------------------------------------------
 */

/*
 * Merge the delete vectors of groups that have several.
 */
static void
merge_delete_vectors(Relation rel)
{
	TransactionId horizon = GetOldestNonRemovableTransactionId(rel);
	List	   *groups = rs_directory_list(rs_space_storage_id(rel, false), SnapshotSelf);
	ListCell   *lc;

	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (rs_delete_vector_mergeable(group->storage_id, group->group_id, horizon) &&
			rs_lock_group(rel, group->group_id, AccessExclusiveLock, LockWaitSkip))
			rs_delete_vector_merge(group->storage_id, group->group_id, horizon);
	}
}

static void
compact(Relation rel, int elevel)
{
	RsCompactionGoal goal;
	RsCompaction result;

	rs_vacuum_goal(rel, &goal);
	if (IsAutoVacuumWorkerProcess())
		goal.max_groups = RS_AUTOVACUUM_GROUPS;
	rs_compact(rel, &goal, &result);
	if (result.skipped)
		ereport(elevel,
				(errmsg("table \"%s\": row groups were not compacted, since the table is being changed",
						RelationGetRelationName(rel))));
	else if (result.groups_before > 0)
		ereport(elevel,
				(errmsg("table \"%s\": %d row groups rewritten with " UINT64_FORMAT " rows, "
						UINT64_FORMAT " deleted rows purged",
						RelationGetRelationName(rel), result.groups_before, result.rows,
						result.purged)));
}

/*
 * Rows alive and dead, as the directory and the delete vectors count them.
 */
static void
count_rows(Relation rel, double *live, double *dead)
{
	uint64		total = 0;
	uint64		alive = rs_scan_count(rel, SnapshotSelf);
	ListCell   *lc;
	List	   *groups = rs_directory_list(rs_space_storage_id(rel, false), SnapshotSelf);

	foreach(lc, groups)
		total += ((RsRowGroup *) lfirst(lc))->nrows;
	*live = (double) alive;
	*dead = total > alive ? (double) (total - alive) : 0;
}

void
rs_vacuum_rel(Relation rel, struct VacuumParams *params, BufferAccessStrategy strategy)
{
	int			elevel = (params->options & VACOPT_VERBOSE) ? INFO : DEBUG2;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift vacuum",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	double		live;
	double		dead;

	pgstat_progress_start_command(PROGRESS_COMMAND_VACUUM, RelationGetRelid(rel));
	leave_vacuum_mode();
	PushActiveSnapshot(GetLatestSnapshot());

	pgstat_progress_update_param(PROGRESS_VACUUM_PHASE, PROGRESS_VACUUM_PHASE_SCAN_HEAP);
	if (rs_compaction)
		compact(rel, elevel);
	merge_delete_vectors(rel);
	count_rows(rel, &live, &dead);
	if (params->index_cleanup != VACOPTVALUE_DISABLED)
		vacuum_indexes(rel, strategy, live, elevel);
	reclaim_space(rel, elevel);
	if (params->truncate != VACOPTVALUE_DISABLED)
		truncate_file(rel, elevel);

	pgstat_progress_update_param(PROGRESS_VACUUM_PHASE, PROGRESS_VACUUM_PHASE_FINAL_CLEANUP);
	if (rs_remote_rows != NULL && rs_remote_rows->remote(RelationGetRelid(rel)))
		vac_update_relstats(rel, rel->rd_rel->relpages, rel->rd_rel->reltuples, 0,
							rel->rd_rel->relhasindex, GetOldestNonRemovableTransactionId(rel),
							GetOldestMultiXactId(), NULL, NULL, false);
	else
		vac_update_relstats(rel, RelationGetNumberOfBlocks(rel), live, 0,
							rel->rd_rel->relhasindex, GetOldestNonRemovableTransactionId(rel),
							GetOldestMultiXactId(), NULL, NULL, false);
	pgstat_report_vacuum(RelationGetRelid(rel), rel->rd_rel->relisshared,
						 (PgStat_Counter) live, (PgStat_Counter) dead);
	PopActiveSnapshot();
	pgstat_progress_end_command();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/*
 * One kind of compaction of a table, by its owner, in the caller's transaction.
 */
static void
compact_by_user(Oid relid, int what, const char *function)
{
	Relation	rel = table_open(relid, ShareUpdateExclusiveLock);
	RsCompactionGoal goal = {what, 0, RS_UNSORTED_SHARE, RS_PURGE_SHARE};
	RsCompaction result;

	if (!pg_class_ownercheck(relid, GetUserId()) &&
		!pg_database_ownercheck(MyDatabaseId, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(rel->rd_rel->relkind),
					   RelationGetRelationName(rel));
	if (!rs_is_redshift_relation(rel))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a redshift table", RelationGetRelationName(rel))));
	rs_compact(rel, &goal, &result);
	if (result.skipped)
		ereport(NOTICE,
				(errmsg("table \"%s\" was left as it is, since it is being changed",
						RelationGetRelationName(rel))));
	if (rs_remote_rows != NULL && rs_remote_rows->remote(relid))
		rs_remote_rows->call(rel, function);
	table_close(rel, NoLock);
}

Datum
rs_vacuum_sort_only(PG_FUNCTION_ARGS)
{
	compact_by_user(PG_GETARG_OID(0), RS_COMPACT_SORT | RS_COMPACT_MERGE, "vacuum_sort_only");
	PG_RETURN_VOID();
}

Datum
rs_vacuum_delete_only(PG_FUNCTION_ARGS)
{
	compact_by_user(PG_GETARG_OID(0), RS_COMPACT_PURGE, "vacuum_delete_only");
	PG_RETURN_VOID();
}
