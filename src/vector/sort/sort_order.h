/*
 * sort_order.h
 *	  The order of an ORDER BY: comparing rows of vectors, and sorting them.
 */
#ifndef RS_SORT_ORDER_H
#define RS_SORT_ORDER_H

#include "nodes/plannodes.h"
#include "vector/vector.h"

typedef struct RsSortOrder RsSortOrder;

/*
 * By columns (numbered from 1) of rows whose columns have these types, as a Sort
 * node has them.  Lives in the context.
 */
extern RsSortOrder *rs_sort_order_create(MemoryContext context, const RsVectorType *types,
										 int nkeys, const AttrNumber *columns,
										 const Oid *operators, const Oid *collations,
										 const bool *nulls_first);

/*
 * Everywhere below, columns[] are vectors of all columns, of which only those of
 * the order are looked at.
 *
 * Row x of a before row y of b: negative; after it: positive.
 */
extern int rs_sort_compare(RsSortOrder *order, const RsVector **a, uint32 x, const RsVector **b,
						   uint32 y);

/* Forget what comparisons have left: detoasted values, say. */
extern void rs_sort_reset(RsSortOrder *order);

/* Numbers of rows [0, n) in order, allocated in the context. */
extern uint32 *rs_sort_rows(RsSortOrder *order, const RsVector **columns, uint32 n,
							MemoryContext context);

/* Memory that sorting takes, a row. */
extern Size rs_sort_row_size(void);

/*
 * Images of the first column that order rows as far as they differ: a row whose is
 * smaller comes before.
 */
extern uint64 *rs_sort_prefixes(RsSortOrder *order, RsArena *arena, const RsVector **columns,
								uint32 n);

/* Which rows of a batch come before a row of other vectors?  Their number. */
extern uint32 rs_sort_rows_before(RsSortOrder *order, RsArena *arena, const RsVector **columns,
								  uint32 n, const RsVector **bound, uint32 row, uint32 *chosen);

/* Might a row come before that row, going by the zone of the first column? */
extern bool rs_sort_zone_may_precede(RsSortOrder *order, const RsZone *zone,
									 const RsVector **bound, uint32 row);

/* Is the first column's order the reverse of its type's? */
extern bool rs_sort_is_reverse(const RsSortOrder *order);

/* Columns of the order, from 1. */
extern int rs_sort_nkeys(const RsSortOrder *order);
extern AttrNumber rs_sort_key(const RsSortOrder *order, int key);

#endif							/* RS_SORT_ORDER_H */
