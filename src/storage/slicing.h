/*
 * slicing.h
 *	  How the rows of a table are spread over slices.
 *
 * A row group holds rows of one slice.  On a compute node the slice of a table's row
 * comes from its distribution key, or the node's slices are dealt to groups in turn; on
 * a server without a cluster, and for tables that are on all nodes, it is 0.
 */
#ifndef RS_SLICING_H
#define RS_SLICING_H

#include "access/attnum.h"
#include "executor/tuptable.h"
#include "utils/relcache.h"

typedef struct RsSlicing
{
	AttrNumber	key;			/* its value says which slice; 0: they are dealt in turn */
	int32		(*slice_of) (const struct RsSlicing *slicing, Datum key, bool isnull);
	int			total;			/* slices of the cluster */
	int			nslices;		/* of this server */
	int32	   *slices;
} RsSlicing;

/*
 * Set by the part that knows the cluster.  NULL, also as a result: all rows are of slice
 * 0.  A result is valid until the next call.
 */
extern const RsSlicing *(*rs_slicing) (Relation rel);

/* The same: do values of a type that has a hash function tell nodes where rows belong? */
extern bool (*rs_slicing_possible) (Oid type);

struct RsPredicate;

/*
 * Can rows of a slice satisfy the predicate?  Not if it gives the key other values than
 * those of the slice.  True when in doubt.
 */
extern bool rs_slicing_may_match(const RsSlicing *slicing, TupleDesc desc, int32 slice, const struct RsPredicate *pred);

/* A slice for a group of rows that have no key. */
extern int32 rs_slicing_deal(Relation rel, int64 group_id);

/*
 * Sort slots by the slices of their rows: those of slice i are (*order)[ends[i - 1]] to
 * (*order)[ends[i] - 1].  Returns `ends`; both arrays are palloc'd.
 */
extern uint32 *rs_slicing_sort(const RsSlicing *slicing, TupleTableSlot **slots, uint32 n,
							   TupleTableSlot ***order);

#endif							/* RS_SLICING_H */
