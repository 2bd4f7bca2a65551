/*
 * partial_aggregate.h
 *	  Aggregates in two steps: states computed by nodes, combined by the leader.
 */
#ifndef RS_PARTIAL_AGGREGATE_H
#define RS_PARTIAL_AGGREGATE_H

#include "nodes/primnodes.h"

/*
 * The expression over plain aggregates by which a node gives the state that the leader
 * combines (that of PostgreSQL's parallel aggregation, serialized), or NULL if there is
 * none.  shared: the leader takes it for the state of other aggregates, too.
 */
extern Expr *rs_partial_aggregate(const Aggref *aggref, bool shared);

/*
 * The expression by which a node combines states, over plain aggregates of them, or NULL
 * if there is none.  The states are added to a list of expressions.  With DISTINCT, they
 * must be of different values.
 */
extern Expr *rs_combine_aggregate(const Aggref *aggref, List **states);

#endif							/* RS_PARTIAL_AGGREGATE_H */
