/*
 * zorder.h
 *	  Sort a whole table by an INTERLEAVED key.
 */
#ifndef RS_ZORDER_H
#define RS_ZORDER_H

#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

struct RsTableOptions;
struct Tuplesortstate;

typedef struct RsZorder RsZorder;

/* Reads the table once, to learn how the values of its key columns are spread. */
extern RsZorder *rs_zorder_begin(Relation rel, const struct RsTableOptions *options,
								 Snapshot snapshot);

/* The sort, which rs_zorder_put() fills; rows come out as slots of rs_zorder_desc(). */
extern struct Tuplesortstate *rs_zorder_sort(RsZorder *zorder);
extern void rs_zorder_put(RsZorder *zorder, TupleTableSlot *slot);

/* The table's columns, and behind them the place in the order. */
extern TupleDesc rs_zorder_desc(RsZorder *zorder);

#endif							/* RS_ZORDER_H */
