/*
 * scan.h
 *	  Scan of a table as typed batches: snapshot, zone maps, delete vectors.
 *
 * The one way in for everything that reads many rows: the table access method's
 * callbacks, the planner's scan node, and the vector engine.
 */
#ifndef RS_SCAN_H
#define RS_SCAN_H

#include "nodes/bitmapset.h"
#include "port/atomics.h"
#include "storage/group_reader.h"
#include "storage/row_set.h"
#include "utils/snapshot.h"

typedef struct RsScan RsScan;

/*
 * Up to RS_BATCH_ROWS rows of one block.  columns[attno - 1] is set for the
 * columns asked for: row i of the batch is row start + i of that decoded block
 * (see rs_batch_datum).  sel lists the rows of the batch that are visible.
 */
typedef struct RsBatch
{
	const RsRowGroup *group;
	uint32		block;
	uint32		start;			/* first row, counted within the block */
	uint32		nrows;
	uint32		nsel;
	uint16		sel[RS_BATCH_ROWS];
	const RsDecodedBlock **columns;
	const RsColumnType *types;	/* natts entries */
} RsBatch;

/* Shared state of a parallel scan, in dynamic shared memory. */
typedef struct RsParallelScan
{
	pg_atomic_uint64 next_group;	/* index into the common list of groups */
	bool		leader_only;	/* snapshot older than own unseen rows */
} RsParallelScan;

/*
 * Begin a scan of the attributes in attrs (attribute numbers, no offset; NULL:
 * none, only row positions).  Pending inserts and deletes of this backend are
 * flushed first.  desc, borrowed, is the row type to read: the relation's, but
 * while ALTER TABLE rewrites it.  preds is borrowed and may be changed before a rescan.
 */
extern RsScan *rs_scan_begin(Relation rel, TupleDesc desc, Snapshot snapshot,
							 const Bitmapset *attrs,
							 RsPredicate *preds, int npreds, RsParallelScan *parallel);
extern void rs_scan_rescan(RsScan *scan);
/* The next batch with visible rows; its memory is good until the next call. */
extern bool rs_scan_next(RsScan *scan, RsBatch *batch);
/*
 * The batch before the last one returned, or the last one of all; in parallel scans in
 * this direction only, and from every participant.
 */
extern bool rs_scan_prev(RsScan *scan, RsBatch *batch);
extern void rs_scan_end(RsScan *scan);
extern const RsReadStats *rs_scan_stats(const RsScan *scan);

/*
 * A column not in attrs, for the block of the last batch: decoded now, and then
 * in batch.columns for as long as the scan stays in the block.
 */
extern void rs_scan_load_column(RsScan *scan, AttrNumber attno);

/* Start reading columns of that block ahead. */
extern void rs_scan_prefetch(RsScan *scan, const AttrNumber *attnos, int nattnos);

/*
 * Offer groups (block -1) and blocks whose rows are all visible and satisfy all of the
 * predicates; where take() is true, they are passed over.  Before the first next.
 */
extern void rs_scan_offer_zones(RsScan *scan,
								bool (*take) (void *arg, RsGroupReader *reader, int32 block,
											  uint32 nrows),
								void *arg);

/*
 * The groups that a scan with the snapshot would read, own pending inserts written
 * first; and to read only such of them, in this order.  The latter before the first next,
 * or, from_end, the first prev; the groups, in a list that is copied, must outlive the scan.
 */
extern List *rs_scan_groups(Relation rel, Snapshot snapshot);
extern void rs_scan_set_groups(RsScan *scan, List *groups, bool from_end);

/* Restrict to row numbers (TID ranges, in_rows()), borrowed; before the first next. */
extern void rs_scan_set_rows(RsScan *scan, const RsRowSet *rows);

static inline uint64
rs_batch_row_number(const RsBatch *batch, uint32 row)
{
	return batch->group->first_row + (uint64) batch->block * RS_BLOCK_ROWS +
		batch->start + row;
}

/* Datum of a column in row `row` of the batch. */
static inline Datum
rs_batch_datum(const RsBatch *batch, AttrNumber attno, uint32 row, bool *isnull)
{
	return rs_block_datum(&batch->types[attno - 1], batch->columns[attno - 1],
						  batch->start + row, isnull);
}

/* Set up the shared state; in the leader, before workers start. */
extern void rs_parallel_scan_init(RsParallelScan *parallel, Relation rel, Snapshot snapshot);

/* Exact number of rows the snapshot sees, from metadata alone. */
extern uint64 rs_scan_count(Relation rel, Snapshot snapshot);

#endif							/* RS_SCAN_H */
