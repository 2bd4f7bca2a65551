/*
 * gather_memo.h
 *	  What a gather gave for the values of its parameters.
 */
#ifndef RS_GATHER_MEMO_H
#define RS_GATHER_MEMO_H

#include "commands/explain.h"
#include "executor/tuptable.h"

typedef struct RsGatherMemo RsGatherMemo;

/* For rows of this type; lives in the current context. */
extern RsGatherMemo *rs_gather_memo_create(TupleDesc desc);

/*
 * Begin with these values.  True: the rows are here, to be taken one by one.  False: they
 * are to be computed, and each to be added.
 */
extern bool rs_gather_memo_begin(RsGatherMemo *memo, const char *values);

/* The next row into a virtual slot; false: no more. */
extern bool rs_gather_memo_next(RsGatherMemo *memo, TupleTableSlot *slot);

/* Keep a row; false: there is no room, those of this run are not kept. */
extern bool rs_gather_memo_add(RsGatherMemo *memo, TupleTableSlot *slot);

/* All rows of the run were added; or they will not be. */
extern void rs_gather_memo_complete(RsGatherMemo *memo);
extern void rs_gather_memo_abandon(RsGatherMemo *memo);

/*
 * Several at once: rows of these values are wanted, unless they are here already (false:
 * they are).  Then a row of each in any order, by the values' places among those that are
 * wanted; false: there is no room for all.  At the end, were those all of the rows?
 */
#define RS_MEMO_MOST_WANTED		1000
extern bool rs_gather_memo_want(RsGatherMemo *memo, const char *values);
extern bool rs_gather_memo_fill(RsGatherMemo *memo, int place, TupleTableSlot *slot);
extern void rs_gather_memo_filled(RsGatherMemo *memo, bool all);

extern void rs_gather_memo_explain(const RsGatherMemo *memo, ExplainState *es);

#endif							/* RS_GATHER_MEMO_H */
