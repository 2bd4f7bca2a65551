/*
 * filter_place.h
 *	  Where the rows of one side of a join are dropped that match nothing on the other.
 */
#ifndef RS_FILTER_PLACE_H
#define RS_FILTER_PLACE_H

#include "mpp/plan/fragment_path.h"

/*
 * The exchange that need not be sent rows of which a column of the side has no match; NULL
 * if there is none.  *column: the same in terms of the exchange's input.
 */
extern RsTree *rs_filter_place(RsTree *side, Expr *key, Expr **column);

/*
 * A side whose exchange is sent that share of its rows only; *filtered: the exchange, which
 * is a copy.  What the filters cost that are tested is in its cost, but not how they come
 * about.
 */
extern RsFragmentPath *rs_filter_side(const RsFragmentPath *path, const RsTree *exchange, Expr *column, double share,
									  int nkeys, RsTree **filtered);

#endif							/* RS_FILTER_PLACE_H */
