/*
 * tableam_index.c
 *	  Fetching rows for indexes, and building and validating indexes.
 *
 * A TID is a row number and never used twice, so an index entry of a row that is
 * gone is found to lead nowhere; it costs a look-up until VACUUM removes it.  No
 * entry is ever reported dead to the index (all_dead), hence none is asked back
 * in rsam_index_delete_tuples().
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/relscan.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/pg_am_d.h"
#include "commands/progress.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "storage/directory.h"
#include "storage/remote_rows.h"
#include "storage/row_fetch.h"
#include "storage/scan.h"
#include "storage/slot.h"
#include "storage/space.h"
#include "storage/tableam.h"
#include "storage/tableam_internal.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplesort.h"

typedef struct RsIndexFetch
{
	IndexFetchTableData base;
	RsRowFetch *fetch;
} RsIndexFetch;

struct IndexFetchTableData *
rsam_index_fetch_begin(Relation rel)
{
	RsIndexFetch *scan = palloc0(sizeof(RsIndexFetch));

	scan->base.rel = rel;
	scan->fetch = rs_fetch_begin(rel);
	return &scan->base;
}

void
rsam_index_fetch_reset(struct IndexFetchTableData *scan)
{
	/* The open groups are worth keeping: a rescan is likely to meet them. */
}

void
rsam_index_fetch_end(struct IndexFetchTableData *scan)
{
	rs_fetch_end(((RsIndexFetch *) scan)->fetch);
	pfree(scan);
}

bool
rsam_index_fetch_tuple(struct IndexFetchTableData *scan, ItemPointer tid, Snapshot snapshot,
					   TupleTableSlot *slot, bool *call_again, bool *all_dead)
{
	*call_again = false;
	if (all_dead != NULL)
		*all_dead = false;
	return rs_fetch_row(((RsIndexFetch *) scan)->fetch, rs_tid_to_row(tid), snapshot, slot);
}

TransactionId
rsam_index_delete_tuples(Relation rel, TM_IndexDeleteOp *delstate)
{
	/* Bottom-up deletion asks on suspicion; nothing is known to be dead here. */
	delstate->ndeltids = 0;
	return InvalidTransactionId;
}

/*
 * The columns an index needs of the table.
 */
static Bitmapset *
index_columns(struct IndexInfo *info)
{
	Bitmapset  *vars = NULL;
	Bitmapset  *attrs = NULL;
	int			member = -1;
	int			i;

	pull_varattnos((Node *) info->ii_Expressions, 1, &vars);
	pull_varattnos((Node *) info->ii_Predicate, 1, &vars);
	for (i = 0; i < info->ii_NumIndexAttrs; i++)
		if (info->ii_IndexAttrNumbers[i] != 0)
			vars = bms_add_member(vars, info->ii_IndexAttrNumbers[i] -
								  FirstLowInvalidHeapAttributeNumber);
	while ((member = bms_next_member(vars, member)) >= 0)
	{
		int			attno = member + FirstLowInvalidHeapAttributeNumber;

		if (attno == 0)
			return NULL;		/* whole row: the caller takes all */
		if (attno > 0)
			attrs = bms_add_member(attrs, attno);
	}
	return attrs;
}

static Bitmapset *
columns_to_read(Relation rel, struct IndexInfo *info)
{
	Bitmapset  *attrs = index_columns(info);
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	if (attrs != NULL)
		return attrs;
	for (i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			attrs = bms_add_member(attrs, i + 1);
	return attrs;
}

/*
 * Rows of a table, one by one, for an index: predicate applied, key formed.
 */
typedef struct IndexRows
{
	RsScan	   *scan;
	RsBatch    *batch;
	uint32		next;
	Bitmapset  *attrs;
	struct IndexInfo *info;
	EState	   *estate;
	ExprState  *predicate;
	TupleTableSlot *slot;
	Datum		values[INDEX_MAX_KEYS];
	bool		isnull[INDEX_MAX_KEYS];
} IndexRows;

static void
index_rows_begin(IndexRows *rows, Relation rel, struct IndexInfo *info, Snapshot snapshot,
				 RsParallelScan *parallel)
{
	ExprContext *econtext;

	memset(rows, 0, sizeof(IndexRows));
	rows->info = info;
	rows->attrs = columns_to_read(rel, info);
	rows->estate = CreateExecutorState();
	econtext = GetPerTupleExprContext(rows->estate);
	rows->slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), rs_slot_ops());
	econtext->ecxt_scantuple = rows->slot;
	rows->predicate = ExecPrepareQual(info->ii_Predicate, rows->estate);
	rows->batch = palloc(sizeof(RsBatch));
	rows->batch->nsel = 0;
	rows->scan = rs_scan_begin(rel, RelationGetDescr(rel), snapshot, rows->attrs, NULL, 0, parallel);
}

/*
 * The next row that belongs into the index, its key in values and isnull.
 */
static bool
index_rows_next(IndexRows *rows, double *nrows)
{
	RsBatch    *batch = rows->batch;
	TupleTableSlot *slot = rows->slot;
	ExprContext *econtext = GetPerTupleExprContext(rows->estate);

	for (;;)
	{
		MemoryContext old;
		uint32		row;
		int			attno = -1;

		if (rows->next >= batch->nsel)
		{
			CHECK_FOR_INTERRUPTS();
			if (!rs_scan_next(rows->scan, batch))
				return false;
			rows->next = 0;
		}
		row = batch->sel[rows->next++];
		ResetExprContext(econtext);
		ExecClearTuple(slot);
		memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);
		old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
		while ((attno = bms_next_member(rows->attrs, attno)) >= 0)
			slot->tts_values[attno - 1] = rs_batch_datum(batch, attno, row,
														 &slot->tts_isnull[attno - 1]);
		MemoryContextSwitchTo(old);
		rs_slot_store_values(slot, batch->group, rs_batch_row_number(batch, row));
		*nrows += 1;
		if (rows->predicate != NULL && !ExecQual(rows->predicate, econtext))
			continue;
		FormIndexDatum(rows->info, slot, rows->estate, rows->values, rows->isnull);
		return true;
	}
}

static void
index_rows_end(IndexRows *rows)
{
	rs_scan_end(rows->scan);
	ExecDropSingleTupleTableSlot(rows->slot);
	FreeExecutorState(rows->estate);
	rows->info->ii_ExpressionsState = NIL;
	rows->info->ii_PredicateState = NULL;
}

/*
 * A block range index counts on heap's blocks, which TIDs of ours don't name.
 */
void
rs_tableam_refuse_brin(const char *relname)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("access method \"brin\" does not support redshift table \"%s\"", relname),
			 errhint("Every column has zone maps; a sort key makes them selective.")));
}

double
rsam_index_build_range_scan(Relation rel, Relation index, struct IndexInfo *info,
							bool allow_sync, bool anyvisible, bool progress,
							BlockNumber start_blockno, BlockNumber numblocks,
							IndexBuildCallback callback, void *callback_state,
							TableScanDesc scan)
{
	IndexRows	rows;
	Snapshot	snapshot = SnapshotSelf;
	bool		registered = false;
	double		reltuples = 0;

	/* The DDL hook sees a CREATE INDEX, but not a partition's or a rewrite's. */
	if (info->ii_Am == BRIN_AM_OID)
		rs_tableam_refuse_brin(RelationGetRelationName(rel));
	if (start_blockno != 0 || numblocks != InvalidBlockNumber)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("index \"%s\" cannot be built over a range of table \"%s\"",
						RelationGetRelationName(index), RelationGetRelationName(rel)),
				 errdetail("Tables of access method redshift have no heap blocks.")));

	/*
	 * The lock of a plain build keeps writers out, so the latest state is what
	 * everybody will see; SnapshotSelf gives it alike in every worker.
	 */
	if (info->ii_Concurrent)
	{
		if (scan != NULL)
			snapshot = scan->rs_snapshot;
		else
		{
			snapshot = RegisterSnapshot(GetTransactionSnapshot());
			registered = true;
		}
	}
	else if (rs_directory_recently_dead(rs_space_storage_id(rel, false)))
		info->ii_BrokenHotChain = true; /* older snapshots must not use the index */

	index_rows_begin(&rows, rel, info, snapshot,
					 scan != NULL && scan->rs_parallel != NULL ?
					 rs_parallel_part(scan->rs_parallel) : NULL);
	while (index_rows_next(&rows, &reltuples))
		callback(index, &rows.slot->tts_tid, rows.values, rows.isnull, true, callback_state);
	index_rows_end(&rows);
	if (registered)
		UnregisterSnapshot(snapshot);
	if (scan != NULL)
		table_endscan(scan);
	if (rs_remote_rows != NULL && rs_remote_rows->remote(RelationGetRelid(rel)))
		return rel->rd_rel->reltuples;
	return reltuples;
}

/*
 * Second pass of CREATE INDEX CONCURRENTLY: insert what the snapshot sees and
 * the index, whose TIDs come sorted, does not have.
 */
void
rsam_index_validate_scan(Relation rel, Relation index, struct IndexInfo *info,
						 Snapshot snapshot, struct ValidateIndexState *state)
{
	IndexRows	rows;
	double		nrows = 0;
	int64		indexed = -1;
	bool		exhausted = false;

	index_rows_begin(&rows, rel, info, snapshot, NULL);
	while (index_rows_next(&rows, &nrows))
	{
		ItemPointer tid = &rows.slot->tts_tid;
		int64		encoded = itemptr_encode(tid);

		while (!exhausted && indexed < encoded)
		{
			Datum		value;
			bool		isnull;

			if (!tuplesort_getdatum(state->tuplesort, true, &value, &isnull, NULL))
				exhausted = true;
			else
				indexed = DatumGetInt64(value);
		}
		if (!exhausted && indexed == encoded)
			continue;
		index_insert(index, rows.values, rows.isnull, tid, rel,
					 info->ii_Unique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, info);
		state->tups_inserted += 1;
	}
	state->htups = nrows;
	index_rows_end(&rows);
}
