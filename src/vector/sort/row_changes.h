/*
 * row_changes.h
 *	  Where neighbouring rows differ: duplicates, partitions and peers in sorted rows.
 */
#ifndef RS_ROW_CHANGES_H
#define RS_ROW_CHANGES_H

#include "nodes/plannodes.h"
#include "vector/aggregate/group_table.h"

/* Can all of these columns (numbered from 1) of a node's target list be compared? */
extern bool rs_columns_comparable(const Plan *plan, int n, const AttrNumber *columns,
								  const Oid *operators, const Oid *collations);

/* Is row x of one vector the same value as row y of another, NULLs alike? */
extern bool rs_vector_values_equal(const RsVectorType *type, const RsVector *a, uint32 x,
							const RsVector *b, uint32 y);

/*
 * Set changes[i] where row i of the columns differs from row i - 1, for i from 1 on;
 * types are of all columns.  The others keep what they have.
 */
extern void rs_mark_changes(const RsVectorType *types, const RsVector **columns, int n,
							const AttrNumber *attnos, uint32 nrows, uint8 *changes);

/* The keys of one row, kept beyond its batch.  Types and attnos are borrowed. */
typedef struct RsKeptRow RsKeptRow;

extern RsKeptRow *rs_kept_row_create(MemoryContext context, const RsVectorType *types, int ncolumns,
									 int nkeys, const AttrNumber *attnos);
extern void rs_kept_row_set(RsKeptRow *kept, const RsVector **columns, uint32 row);
extern bool rs_kept_row_equals(const RsKeptRow *kept, const RsVector **columns, uint32 row);

#endif							/* RS_ROW_CHANGES_H */
