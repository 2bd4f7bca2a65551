/*
 * sort.h
 *	  Order of rows by a table's sort key, COMPOUND or INTERLEAVED.
 */
#ifndef RS_SORT_H
#define RS_SORT_H

#include "storage/group_writer.h"
#include "storage/options.h"

/*
 * The permutation that puts the rows into sort-key order (NULLs last, ties by
 * arrival), palloc'd; NULL when they stand in that order already.
 */
extern uint32 *rs_sort_order(const RsColumnData *columns, uint32 nrows,
							 const RsTableOptions *options);

/*
 * The nbits bits of one column's rank, highest first, dealt to every ncolumns-th
 * bit of an interleaved key, from bit 63 - column down.
 */
extern uint64 rs_deal_bits(uint32 rank, int nbits, int column, int ncolumns);

#endif							/* RS_SORT_H */
