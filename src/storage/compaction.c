/*
 * compaction.c
 *	  Merge small row groups, purge deleted rows, sort the unsorted region.
 *
 * The rows of the chosen groups are read as the latest state has them, sorted by
 * the sort key (tuplesort, so memory is bounded), and written as new groups with
 * new row numbers; index entries are made for them; the old groups' directory
 * rows are deleted, one slice after the other.  All in the caller's transaction: readers see the old groups
 * or the new, and a crash leaves the old.
 *
 * LOCKING.  Rows change their TIDs, so no one may be about to change them: the
 * table's update lock is taken in its strongest mode, and each group's lock.
 * Both only if they are free, so compaction never waits for a transaction and
 * never makes a deadlock; what is busy is left for the next time.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/compaction.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/group_reader.h"
#include "storage/index_rows.h"
#include "storage/insert_buffer.h"
#include "storage/locks.h"
#include "storage/options.h"
#include "storage/slot.h"
#include "storage/space.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

/* A group with fewer live rows is small: worth merging with another. */
#define RS_SMALL_GROUP_ROWS		(RS_GROUP_ROWS / 2)

/* ---------------------------------------------------------------------
 * What is unsorted
 * ---------------------------------------------------------------------
 */

/* Range of a group's leading sort keys. */
typedef struct KeyRange
{
	int			index;			/* of the group */
	int32		slice;
	Datum		min;
	Datum		max;
} KeyRange;

/* Order of the leading sort column's values. */
typedef struct KeyOrder
{
	bool		bytes;
	FmgrInfo	cmp;
	Oid			collation;
} KeyOrder;

static int
compare_keys(const KeyOrder *order, Datum a, Datum b)
{
	Size		a_size;
	Size		b_size;
	int			result;

	if (!order->bytes)
		return DatumGetInt32(FunctionCall2Coll((FmgrInfo *) &order->cmp, order->collation, a, b));
	a_size = VARSIZE_ANY_EXHDR(DatumGetPointer(a));
	b_size = VARSIZE_ANY_EXHDR(DatumGetPointer(b));
	result = memcmp(VARDATA_ANY(DatumGetPointer(a)), VARDATA_ANY(DatumGetPointer(b)),
					Min(a_size, b_size));
	return result != 0 ? result : a_size < b_size ? -1 : a_size > b_size;
}

static int
compare_ranges(const void *a, const void *b, void *order)
{
	const KeyRange *ra = a;
	const KeyRange *rb = b;
	int			result;

	if (ra->slice != rb->slice)
		return ra->slice < rb->slice ? -1 : 1;
	result = compare_keys(order, ra->min, rb->min);
	return result != 0 ? result : ra->index - rb->index;
}

/*
 * The ranges of all groups that have one, by slice and lower end; NULL where zone
 * maps say nothing about the order of the keys.
 */
static KeyRange *
key_ranges(Relation rel, const RsTableOptions *options, List *groups, KeyOrder *order, int *n)
{
	TupleDesc	desc = RelationGetDescr(rel);
	AttrNumber	key = options->sortkeys[0];
	Form_pg_attribute att = TupleDescAttr(desc, key - 1);
	RsColumnType *types = palloc0(desc->natts * sizeof(RsColumnType));
	KeyRange   *ranges = palloc(Max(list_length(groups), 1) * sizeof(KeyRange));
	ListCell   *lc;

	*n = 0;
	rs_column_type_init(&types[key - 1], att->atttypid, att->atttypmod, att->attcollation);
	order->collation = att->attcollation;
	fmgr_info_copy(&order->cmp,
				   &lookup_type_cache(types[key - 1].typid, TYPECACHE_CMP_PROC_FINFO)->cmp_proc_finfo,
				   CurrentMemoryContext);
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);
		RsZone		zone;

		if (group->key_zone == NULL ||
			rs_key_zone_read(types, desc->natts, group, &zone) != key)
			continue;
		order->bytes = zone.order == RS_ZONE_BYTES;
		if (order->bytes && !rs_collation_is_bytes(&types[key - 1]))
			return NULL;
		ranges[*n].index = foreach_current_index(lc);
		ranges[*n].slice = group->slice;
		ranges[*n].min = zone.min;
		ranges[(*n)++].max = zone.max;
	}
	qsort_arg(ranges, *n, sizeof(KeyRange), compare_ranges, order);
	return ranges;
}

/*
 * Mark the groups whose keys overlap with another's of the slice.  In order of their lower
 * ends, a group is unsorted if it begins before an earlier one ends; together
 * with those it overlaps it forms a cluster.
 */
static void
mark_overlaps(const KeyRange *ranges, int n, const KeyOrder *order, bool *unsorted,
			  bool *overlapping)
{
	int			cluster = 0;
	Datum		max = (Datum) 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (i == 0 || ranges[i].slice != ranges[i - 1].slice ||
			compare_keys(order, ranges[i].min, max) >= 0)
		{
			cluster = i;
			max = ranges[i].max;
			continue;
		}
		unsorted[ranges[i].index] = true;
		if (overlapping != NULL)
			for (; cluster <= i; cluster++)
				overlapping[ranges[cluster].index] = true;
		if (compare_keys(order, ranges[i].max, max) > 0)
			max = ranges[i].max;
	}
}

uint64
rs_unsorted_groups(Relation rel, List *groups, bool *unsorted, bool *overlapping)
{
	RsTableOptions *options = rs_options_get(rel);
	uint64		rows = 0;
	ListCell   *lc;

	memset(unsorted, 0, list_length(groups) * sizeof(bool));
	if (overlapping != NULL)
		memset(overlapping, 0, list_length(groups) * sizeof(bool));
	if (options->nsortkeys == 0)
		return 0;
	if (options->sortstyle == RS_SORT_COMPOUND)
	{
		KeyOrder	order = {0};
		int			n;
		KeyRange   *ranges = key_ranges(rel, options, groups, &order, &n);

		if (ranges != NULL)
			mark_overlaps(ranges, n, &order, unsorted, overlapping);
	}
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);
		int			i = foreach_current_index(lc);

		if (!group->sorted)
			unsorted[i] = true;
		if (unsorted[i])
			rows += group->nrows;
		if (overlapping != NULL && unsorted[i])
			overlapping[i] = true;
	}
	return rows;
}

/* ---------------------------------------------------------------------
 * Choosing
 * ---------------------------------------------------------------------
 */

static int
by_slice(const ListCell *a, const ListCell *b)
{
	const RsRowGroup *ga = lfirst(a);
	const RsRowGroup *gb = lfirst(b);

	if (ga->slice != gb->slice)
		return ga->slice < gb->slice ? -1 : 1;
	return ga->first_row < gb->first_row ? -1 : ga->first_row > gb->first_row;
}

/*
 * Of groups in order of slices: is a small one's slice without another small one?
 */
static bool
alone(List *groups, const bool *small, int i)
{
	int32		slice = ((RsRowGroup *) list_nth(groups, i))->slice;
	int			j;

	for (j = i - 1; j >= 0 && ((RsRowGroup *) list_nth(groups, j))->slice == slice; j--)
		if (small[j])
			return false;
	for (j = i + 1; j < list_length(groups) && ((RsRowGroup *) list_nth(groups, j))->slice == slice; j++)
		if (small[j])
			return false;
	return true;
}

/*
 * The groups to rewrite, in order of slices and row numbers; sorts `groups` so.
 */
static List *
choose_groups(Relation rel, List *groups, const RsCompactionGoal *goal)
{
	int			n = list_length(groups);
	bool	   *unsorted = palloc0(Max(n, 1) * sizeof(bool));
	bool	   *small = palloc0(Max(n, 1) * sizeof(bool));
	bool	   *purge = palloc0(Max(n, 1) * sizeof(bool));
	uint64		rows = 0;
	bool	   *overlapping = palloc0(Max(n, 1) * sizeof(bool));
	bool	   *sort;
	uint64		unsorted_rows;
	bool		sorts;
	List	   *chosen = NIL;
	ListCell   *lc;

	list_sort(groups, by_slice);
	unsorted_rows = rs_unsorted_groups(rel, groups, unsorted, overlapping);
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);
		int			i = foreach_current_index(lc);
		uint32		ndeleted = rs_delete_vector_count(group, SnapshotSelf);

		CHECK_FOR_INTERRUPTS();
		rows += group->nrows;
		purge[i] = (goal->what & RS_COMPACT_PURGE) != 0 && ndeleted > group->nrows * goal->purge_share;
		small[i] = (goal->what & RS_COMPACT_MERGE) != 0 && !group->filled &&
			group->nrows - ndeleted < RS_SMALL_GROUP_ROWS;
	}
	sorts = (goal->what & (RS_COMPACT_SORT | RS_COMPACT_RECLUSTER)) != 0 &&
		unsorted_rows > rows * goal->unsorted_share;
	sort = goal->what & RS_COMPACT_RECLUSTER ? unsorted : overlapping;
	foreach(lc, groups)
	{
		int			i = foreach_current_index(lc);

		if (goal->max_groups > 0 && list_length(chosen) >= goal->max_groups)
			break;
		if ((goal->what & RS_COMPACT_REWRITE) != 0 || purge[i] || (sorts && sort[i]) ||
			(small[i] && !alone(groups, small, i)))
			chosen = lappend(chosen, lfirst(lc));
	}
	return chosen;
}

/*
 * Of the chosen groups those that nobody is using, locked, and still there.
 */
static List *
lock_groups(Relation rel, List *chosen)
{
	List	   *locked = NIL;
	ListCell   *lc;

	foreach(lc, chosen)
	{
		RsRowGroup *group = lfirst(lc);
		RsRowGroup	now;

		if (rs_lock_group(rel, group->group_id, AccessExclusiveLock, LockWaitSkip) &&
			rs_directory_find(group->storage_id, group->first_row, SnapshotSelf, &now) &&
			now.group_id == group->group_id)
			locked = lappend(locked, group);
	}
	return locked;
}

/* ---------------------------------------------------------------------
 * Rewriting
 * ---------------------------------------------------------------------
 */

/* Where rewritten rows go: the insert buffer, and the table's indexes. */
typedef struct RowSink
{
	Relation	rel;
	int32		slice;
	CommandId	cid;
	RsIndexRows *indexes;
	uint64		rows;
} RowSink;

static void
sink_open(RowSink *sink, Relation rel)
{
	memset(sink, 0, sizeof(RowSink));
	sink->rel = rel;
	sink->cid = GetCurrentCommandId(true);
	sink->indexes = rs_index_rows_open(rel, NIL);
}

static void
sink_put(RowSink *sink, TupleTableSlot *slot)
{
	bool		stable = rs_index_rows_count(sink->indexes) > 0;
	ItemPointerData tid;

	slot_getallattrs(slot);
	rs_insert_buffer_add_to_slice(sink->rel, sink->slice, &slot, 1, sink->cid, stable, true);
	tid = slot->tts_tid;
	sink->rows++;
	if (stable)
		rs_index_rows_put(sink->indexes, slot, &tid);
}

static void
sink_close(RowSink *sink)
{
	rs_insert_buffer_flush(sink->rel);
	rs_index_rows_close(sink->indexes);
}

/*
 * Give each live row of a group to the tuplesort, or straight to the sink.
 */
static uint64
read_group(Relation rel, const RsRowGroup *group, TupleTableSlot *slot, Tuplesortstate *sort,
		   RowSink *sink)
{
	RsDeleteSet *deletes = palloc(sizeof(RsDeleteSet));
	bool		any = rs_delete_vector_load(group->storage_id, group->group_id, SnapshotSelf,
											deletes);
	RsGroupReader *reader = rs_group_open(rel, RelationGetDescr(rel), group, NULL, NULL);
	uint64		purged = 0;
	uint32		pos;

	for (pos = 0; pos < group->nrows; pos++)
	{
		CHECK_FOR_INTERRUPTS();
		if (any && rs_deleted(deletes, pos))
		{
			purged++;
			continue;
		}
		rs_slot_store_row(slot, reader, pos / RS_BLOCK_ROWS, pos % RS_BLOCK_ROWS,
						  group, group->first_row + pos);
		slot_getallattrs(slot);
		if (sort != NULL)
			tuplesort_puttupleslot(sort, slot);
		else
			sink_put(sink, slot);
	}
	ExecClearTuple(slot);
	rs_group_close(reader);
	pfree(deletes);
	return purged;
}

Tuplesortstate *
rs_begin_key_sort(Relation rel, const RsTableOptions *options)
{
	AttrNumber *attnos = palloc(options->nsortkeys * sizeof(AttrNumber));
	Oid		   *operators = palloc(options->nsortkeys * sizeof(Oid));
	Oid		   *collations = palloc(options->nsortkeys * sizeof(Oid));
	bool	   *nulls_first = palloc0(options->nsortkeys * sizeof(bool));
	int			i;

	for (i = 0; i < options->nsortkeys; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), options->sortkeys[i] - 1);

		attnos[i] = options->sortkeys[i];
		operators[i] = lookup_type_cache(att->atttypid, TYPECACHE_LT_OPR)->lt_opr;
		collations[i] = att->attcollation;
	}
	return tuplesort_begin_heap(RelationGetDescr(rel), options->nsortkeys, attnos, operators,
								collations, nulls_first, maintenance_work_mem, NULL,
								TUPLESORT_NONE);
}

/*
 * The rows of groups of one slice, in the order of the sort key if it has one.
 */
static void
rewrite_slice(Relation rel, List *groups, RsTableOptions *options, RowSink *sink, RsCompaction *result)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), rs_slot_ops());
	Tuplesortstate *sort = NULL;
	ListCell   *lc;

	if (options->nsortkeys > 0 && options->sortstyle == RS_SORT_COMPOUND)
		sort = rs_begin_key_sort(rel, options);
	sink->slice = ((RsRowGroup *) linitial(groups))->slice;
	foreach(lc, groups)
		result->purged += read_group(rel, lfirst(lc), slot, sort, sink);
	if (sort != NULL)
	{
		TupleTableSlot *sorted = MakeSingleTupleTableSlot(RelationGetDescr(rel),
														  &TTSOpsMinimalTuple);

		tuplesort_performsort(sort);
		while (tuplesort_gettupleslot(sort, true, false, sorted, NULL))
		{
			CHECK_FOR_INTERRUPTS();
			sink_put(sink, sorted);
		}
		ExecDropSingleTupleTableSlot(sorted);
		tuplesort_end(sort);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Groups in order of slices.
 */
static void
rewrite_groups(Relation rel, List *groups, RsCompaction *result)
{
	RsTableOptions *options = rs_options_get(rel);
	List	   *slice = NIL;
	RowSink		sink;
	ListCell   *lc;

	sink_open(&sink, rel);
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);

		slice = lappend(slice, group);
		if (lnext(groups, lc) != NULL && ((RsRowGroup *) lfirst(lnext(groups, lc)))->slice == group->slice)
			continue;
		rewrite_slice(rel, slice, options, &sink, result);
		rs_insert_buffer_flush(rel);
		list_free(slice);
		slice = NIL;
	}
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);

		rs_directory_delete(group);
		rs_delete_vector_drop(group->storage_id, group->group_id);
	}
	sink_close(&sink);
	result->rows = sink.rows;
	result->groups_before = list_length(groups);
}

void
rs_compact(Relation rel, const RsCompactionGoal *goal, RsCompaction *result)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift compaction",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	List	   *groups;

	memset(result, 0, sizeof(RsCompaction));
	rs_insert_buffers_flush_all();
	groups = rs_directory_list(rs_space_storage_id(rel, false), SnapshotSelf);
	groups = choose_groups(rel, groups, goal);
	if (groups != NIL)
	{
		result->skipped = !rs_lock_update_conditional(rel, AccessExclusiveLock);
		groups = result->skipped ? NIL : lock_groups(rel, groups);
	}
	if (groups != NIL)
		rewrite_groups(rel, groups, result);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
