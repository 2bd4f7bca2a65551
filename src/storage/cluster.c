/*
 * cluster.c
 *	  VACUUM FULL and CLUSTER: copy a table's live rows into new storage, sorted.
 *
 * VACUUM FULL sorts by the table's sort key, CLUSTER by the index.  Only rows
 * alive now are copied: as after any command that rewrites a table, a snapshot
 * taken before sees it empty (doc/maintenance.md).
 */
#include "postgres.h"

#include "access/multixact.h"
#include "access/relscan.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/cluster.h"
#include "storage/compaction.h"
#include "storage/insert_buffer.h"
#include "storage/options.h"
#include "storage/remote_rows.h"
#include "storage/scan.h"
#include "storage/slot.h"
#include "storage/zorder.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplesort.h"

/*
 * A sort by the plain columns of a btree index; NULL if it has expressions.
 */
static Tuplesortstate *
begin_index_sort(Relation rel, Relation index)
{
	int			n = IndexRelationGetNumberOfKeyAttributes(index);
	AttrNumber *attnos = palloc(n * sizeof(AttrNumber));
	Oid		   *operators = palloc(n * sizeof(Oid));
	bool	   *nulls_first = palloc(n * sizeof(bool));
	int			i;

	for (i = 0; i < n; i++)
	{
		int16		option = index->rd_indoption[i];

		attnos[i] = index->rd_index->indkey.values[i];
		if (attnos[i] <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot cluster redshift table \"%s\" on expression index \"%s\"",
							RelationGetRelationName(rel), RelationGetRelationName(index)),
					 errhint("Cluster on an index of plain columns, or set a sort key and use VACUUM FULL.")));
		operators[i] = get_opfamily_member(index->rd_opfamily[i], index->rd_opcintype[i],
										   index->rd_opcintype[i],
										   (option & INDOPTION_DESC) ? BTGreaterStrategyNumber :
										   BTLessStrategyNumber);
		nulls_first[i] = (option & INDOPTION_NULLS_FIRST) != 0;
	}
	return tuplesort_begin_heap(RelationGetDescr(rel), n, attnos, operators,
								index->rd_indcollation, nulls_first, maintenance_work_mem,
								NULL, TUPLESORT_NONE);
}

void
rs_copy_for_cluster(Relation old_table, Relation new_table, Relation old_index, bool use_sort,
					TransactionId oldest_xmin, TransactionId *xid_cutoff,
					MultiXactId *multi_cutoff, double *num_tuples, double *tups_vacuumed,
					double *tups_recently_dead)
{
	RsTableOptions *options = rs_options_get(old_table);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(old_table), rs_slot_ops());
	TupleDesc	sorted_desc = RelationGetDescr(old_table);
	Tuplesortstate *sort = NULL;
	RsZorder   *zorder = NULL;
	CommandId	cid = GetCurrentCommandId(true);
	TableScanDesc scan;

	pgstat_progress_update_param(PROGRESS_CLUSTER_PHASE, PROGRESS_CLUSTER_PHASE_SEQ_SCAN_HEAP);
	if (old_index != NULL)
		sort = begin_index_sort(old_table, old_index);
	else if (options->nsortkeys > 0 && options->sortstyle == RS_SORT_COMPOUND)
		sort = rs_begin_key_sort(old_table, options);
	else if (options->nsortkeys > 1)
	{
		zorder = rs_zorder_begin(old_table, options, SnapshotSelf);
		sort = rs_zorder_sort(zorder);
		sorted_desc = rs_zorder_desc(zorder);
	}

	*num_tuples = *tups_vacuumed = *tups_recently_dead = 0;
	scan = table_beginscan(old_table, SnapshotSelf, 0, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		*num_tuples += 1;
		if (zorder != NULL)
			rs_zorder_put(zorder, slot);
		else if (sort != NULL)
			tuplesort_puttupleslot(sort, slot);
		else
			rs_insert_buffer_add(new_table, &slot, 1, cid, false, true);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);

	if (sort != NULL)
	{
		slot = MakeSingleTupleTableSlot(sorted_desc, &TTSOpsMinimalTuple);
		pgstat_progress_update_param(PROGRESS_CLUSTER_PHASE, PROGRESS_CLUSTER_PHASE_SORT_TUPLES);
		tuplesort_performsort(sort);
		pgstat_progress_update_param(PROGRESS_CLUSTER_PHASE, PROGRESS_CLUSTER_PHASE_WRITE_NEW_HEAP);
		while (tuplesort_gettupleslot(sort, true, false, slot, NULL))
		{
			CHECK_FOR_INTERRUPTS();
			rs_insert_buffer_add(new_table, &slot, 1, cid, false, true);
		}
		tuplesort_end(sort);
		ExecDropSingleTupleTableSlot(slot);
	}
	rs_insert_buffer_flush(new_table);

	/* The new storage holds no transaction ids. */
	*xid_cutoff = oldest_xmin;
	*multi_cutoff = GetOldestMultiXactId();
	if (rs_remote_rows != NULL && rs_remote_rows->remote(RelationGetRelid(old_table)))
		*num_tuples = old_table->rd_rel->reltuples;
}
