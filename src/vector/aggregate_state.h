/*
 * aggregate_state.h
 *	  States of one aggregate function, one a group.
 */
#ifndef RS_AGGREGATE_STATE_H
#define RS_AGGREGATE_STATE_H

#include "nodes/primnodes.h"
#include "vector/expr.h"

typedef struct RsAggregate RsAggregate;

/* Is there a state for this aggregate function (not partial ones' types)? */
extern bool rs_aggregate_supported(const Aggref *aggref);

/* arguments: the types of its arguments. */
extern RsAggregate *rs_aggregate_create(const Aggref *aggref, const RsVectorType *arguments,
										MemoryContext context);

/* Room for groups [0, ngroups), new ones empty. */
extern void rs_aggregate_grow(RsAggregate *agg, uint32 ngroups);

/* Take in values i of the arguments for group groups[i].  Changes args. */
extern void rs_aggregate_update(RsAggregate *agg, RsArena *arena, const RsVector **args, int nargs,
								const uint32 *groups, uint32 n);

/*
 * Results of groups[0 .. n), as the SQL function gives them: that of the states, or
 * another with the same transitions (sum and avg).
 */
extern RsVector *rs_aggregate_result(RsAggregate *agg, Oid function, RsArena *arena,
									 MemoryContext values, const uint32 *groups, uint32 n);

/* A group's state as bytea, and another process's state taken in. */
extern Datum rs_aggregate_serialize(RsAggregate *agg, uint32 group);
extern void rs_aggregate_combine(RsAggregate *agg, uint32 group, Datum state);

extern Size rs_aggregate_memory(const RsAggregate *agg);

#endif							/* RS_AGGREGATE_STATE_H */
