/*
 * index_rows.h
 *	  Index entries for rows that are stored anew, as they were.
 */
#ifndef RS_INDEX_ROWS_H
#define RS_INDEX_ROWS_H

#include "executor/tuptable.h"
#include "utils/relcache.h"

typedef struct RsIndexRows RsIndexRows;

/*
 * The indexes of a table that take entries, but for those whose files (relfilenodes) are
 * listed.  Lives in the current context.
 */
extern RsIndexRows *rs_index_rows_open(Relation rel, List *but_files);

extern int	rs_index_rows_count(const RsIndexRows *rows);

/* Their files, as a list of OIDs. */
extern List *rs_index_rows_files(const RsIndexRows *rows);

/* Entries for a row: nothing is checked, for what was unique still is. */
extern void rs_index_rows_put(RsIndexRows *rows, TupleTableSlot *slot, ItemPointer tid);

extern void rs_index_rows_close(RsIndexRows *rows);

#endif							/* RS_INDEX_ROWS_H */
