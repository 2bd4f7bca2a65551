/*
 * aggregate_state.h
 *	  States of one aggregate function, one a group.
 */
#ifndef RS_AGGREGATE_STATE_H
#define RS_AGGREGATE_STATE_H

#include "nodes/execnodes.h"
#include "vector/expr/expr.h"

typedef struct RsAggregate RsAggregate;

/* Can the function run here? */
extern bool rs_aggregate_supported(const Aggref *aggref);

/* Can its states be passed on to another process, or kept in a file? */
extern bool rs_aggregate_can_combine(const Aggref *aggref);

/* Can its states be kept as columns of their own, so that processes exchange them fast? */
extern bool rs_aggregate_can_exchange(const Aggref *aggref);

/* And does the result not show in what order, or by which steps, its rows came together? */
extern bool rs_aggregate_is_exact(const Aggref *aggref);

/* May the current user call it, and its owner the functions it consists of? */
extern void rs_aggregate_check_access(const Aggref *aggref);

/*
 * arguments: the types of its arguments, with those that are there to sort by; kept.
 * grouped: there may be more than one group; shared: by functions with the same
 * transitions, which is possible if rs_aggregate_can_share(); sort_memory: in kB, for
 * one whose rows may have to be sorted first.
 */
extern RsAggregate *rs_aggregate_create(const Aggref *aggref, const RsVectorType *arguments,
										PlanState *parent, bool grouped, bool shared,
										int sort_memory, MemoryContext context);
extern bool rs_aggregate_may_sort(const Aggref *aggref, bool grouped);
extern bool rs_aggregate_can_share(const Aggref *aggref, bool grouped);

/* Room for groups [0, ngroups), new ones empty. */
extern void rs_aggregate_grow(RsAggregate *agg, uint32 ngroups);

/* Take in values i of the arguments for group groups[i].  Changes args. */
extern void rs_aggregate_update(RsAggregate *agg, RsArena *arena, const RsVector **args, int nargs,
								const uint32 *groups, uint32 n);

/* For count(): so many more rows or values in a group. */
extern void rs_aggregate_count(RsAggregate *agg, uint32 group, uint64 n);

/* A direct argument of an ordered-set aggregate, for some groups. */
typedef struct RsDirectArgument
{
	const RsVector *vector;
	RsVectorType type;
} RsDirectArgument;

/*
 * After all rows, for groups [first, first + n), all of them in turn: what some
 * functions still have to do.
 */
extern bool rs_aggregate_has_finish(const RsAggregate *agg);
extern void rs_aggregate_finish(RsAggregate *agg, const Aggref *aggref,
								const RsDirectArgument *direct, uint32 first, uint32 n);

/*
 * Results of groups[0 .. n), as the SQL function gives them: that of the states, or
 * another with the same transitions (sum and avg).
 */
extern RsVector *rs_aggregate_result(RsAggregate *agg, const Aggref *aggref,
									 const RsDirectArgument *direct, RsArena *arena,
									 MemoryContext values, const uint32 *groups, uint32 n);

/* A group's state as bytea, and another process's state taken in. */
extern Datum rs_aggregate_serialize(RsAggregate *agg, uint32 group);
extern void rs_aggregate_combine(RsAggregate *agg, uint32 group, Datum state);

/*
 * States as columns of rows: their types, of which there are at most so many; those of
 * groups[0 .. n), in the arena and what was allocated in the current context; and such
 * taken in for groups[i].
 */
#define RS_STATE_COLUMNS	3
extern int	rs_aggregate_state_types(const RsAggregate *agg, RsVectorType *types);
extern void rs_aggregate_export(RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n,
								const RsVector **columns);
extern void rs_aggregate_import(RsAggregate *agg, RsArena *arena, const RsVector **columns,
								const uint32 *groups, uint32 n);

extern Size rs_aggregate_memory(const RsAggregate *agg);

/* Before its memory context goes. */
extern void rs_aggregate_release(RsAggregate *agg);

#endif							/* RS_AGGREGATE_STATE_H */
