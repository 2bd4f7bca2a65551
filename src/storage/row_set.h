/*
 * row_set.h
 *	  A set of row numbers, and the condition in_rows() that a scan can take.
 */
#ifndef RS_ROW_SET_H
#define RS_ROW_SET_H

#include "nodes/primnodes.h"
#include "utils/array.h"

/* Row numbers from .. to - 1 of each range; ranges ascend and do not overlap. */
typedef struct RsRowSpan
{
	uint64		from;
	uint64		to;
} RsRowSpan;

typedef struct RsRowSet
{
	int			n;
	RsRowSpan	spans[FLEXIBLE_ARRAY_MEMBER];
} RsRowSet;

/* Is any of the nrows rows from first on among them; are all (within one range)? */
extern bool rs_row_set_any(const RsRowSet *set, uint64 first, uint32 nrows);
extern bool rs_row_set_all(const RsRowSet *set, uint64 first, uint32 nrows);

static inline bool
rs_row_set_has(const RsRowSet *set, uint64 row)
{
	return rs_row_set_any(set, row, 1);
}

/* The set as the second argument of in_rows(), and a call of that for a table of the query. */
extern ArrayType *rs_row_set_array(const RsRowSet *set);
extern Expr *rs_row_set_condition(Index varno, const RsRowSet *set);
/* Is a clause in_rows(ctid, constant) of that table, with an array that is a set? */
extern bool rs_row_set_is_condition(Node *clause, Index varno);
/* The set that such a condition, or a list with one, names; NULL: an empty list. */
extern RsRowSet *rs_row_set_of(List *conditions);

#endif							/* RS_ROW_SET_H */
