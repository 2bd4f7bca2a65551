/*
 * tableam_internal.h
 *	  Callbacks of the access method that stand in files of their own.
 */
#ifndef RS_TABLEAM_INTERNAL_H
#define RS_TABLEAM_INTERNAL_H

#include "access/tableam.h"

/* tableam_scan.c */
extern TableScanDesc rsam_scan_begin(Relation rel, Snapshot snapshot, int nkeys,
									 struct ScanKeyData *key, ParallelTableScanDesc pscan,
									 uint32 flags);
extern void rsam_scan_end(TableScanDesc scan);
extern void rsam_scan_rescan(TableScanDesc scan, struct ScanKeyData *key, bool set_params,
							 bool allow_strat, bool allow_sync, bool allow_pagemode);
extern bool rsam_scan_getnextslot(TableScanDesc scan, ScanDirection direction,
								  TupleTableSlot *slot);
extern void rsam_scan_set_tidrange(TableScanDesc scan, ItemPointer mintid, ItemPointer maxtid);
extern Size rsam_parallelscan_estimate(Relation rel);
extern Size rsam_parallelscan_initialize(Relation rel, ParallelTableScanDesc pscan);
extern void rsam_parallelscan_reinitialize(Relation rel, ParallelTableScanDesc pscan);
extern bool rsam_scan_bitmap_next_block(TableScanDesc scan, struct TBMIterateResult *tbmres);
extern bool rsam_scan_bitmap_next_tuple(TableScanDesc scan, struct TBMIterateResult *tbmres,
										TupleTableSlot *slot);

/* tableam_sample.c */
extern bool rsam_scan_analyze_next_block(TableScanDesc scan, BlockNumber blockno,
										 BufferAccessStrategy strategy);
extern bool rsam_scan_analyze_next_tuple(TableScanDesc scan, TransactionId oldest_xmin,
										 double *liverows, double *deadrows,
										 TupleTableSlot *slot);
extern bool rsam_scan_sample_next_block(TableScanDesc scan, struct SampleScanState *state);
extern bool rsam_scan_sample_next_tuple(TableScanDesc scan, struct SampleScanState *state,
										TupleTableSlot *slot);

/* State of ANALYZE and TABLESAMPLE within a table scan. */
typedef struct RsSampler RsSampler;
extern void rs_sampler_end(RsSampler *sampler);

/* tableam_index.c */
extern struct IndexFetchTableData *rsam_index_fetch_begin(Relation rel);
extern void rsam_index_fetch_reset(struct IndexFetchTableData *scan);
extern void rsam_index_fetch_end(struct IndexFetchTableData *scan);
extern bool rsam_index_fetch_tuple(struct IndexFetchTableData *scan, ItemPointer tid,
								   Snapshot snapshot, TupleTableSlot *slot,
								   bool *call_again, bool *all_dead);
extern TransactionId rsam_index_delete_tuples(Relation rel, TM_IndexDeleteOp *delstate);
extern double rsam_index_build_range_scan(Relation rel, Relation index,
										  struct IndexInfo *info, bool allow_sync,
										  bool anyvisible, bool progress,
										  BlockNumber start_blockno, BlockNumber numblocks,
										  IndexBuildCallback callback, void *callback_state,
										  TableScanDesc scan);
extern void rsam_index_validate_scan(Relation rel, Relation index, struct IndexInfo *info,
									 Snapshot snapshot, struct ValidateIndexState *state);

/* A table scan of ours. */
typedef struct RsTableScanDesc
{
	TableScanDescData base;
	struct RsScan *scan;		/* NULL until the first row, and for scans by chance */
	MemoryContext context;		/* to begin it in */
	struct RsRowSet *rows;		/* row numbers wanted; NULL: all */
	struct RsBatch *batch;
	int			next;			/* index into the batch's sel of the next row */
	MemoryContext values;		/* Datums made for the current row */

	struct RsRowFetch *fetch;	/* bitmap scans */
	uint64		bitmap_first;	/* first row number of the bitmap's block */
	int			bitmap_next;

	RsSampler  *sampler;
} RsTableScanDesc;

/* Shared state of a parallel scan: the core's part, then ours. */
extern struct RsParallelScan *rs_parallel_part(ParallelTableScanDesc pscan);

#endif							/* RS_TABLEAM_INTERNAL_H */
