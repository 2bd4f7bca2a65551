/*
 * aggregate_family.h
 *	  What the files of aggregate functions share: states and their operations.
 */
#ifndef RS_AGGREGATE_FAMILY_H
#define RS_AGGREGATE_FAMILY_H

#include "vector/aggregate/aggregate_state.h"

/* What is made of a state. */
typedef enum RsAggregateFinal
{
	RS_FINAL_COUNT,
	RS_FINAL_SUM,
	RS_FINAL_AVG,
	RS_FINAL_VAR_POP,
	RS_FINAL_VAR_SAMP,
	RS_FINAL_STDDEV_POP,
	RS_FINAL_STDDEV_SAMP,
	RS_FINAL_MIN,
	RS_FINAL_MAX,
	RS_FINAL_AND,
	RS_FINAL_OR,
	RS_FINAL_XOR
} RsAggregateFinal;

/* Which result: functions that share states differ in what they make of them. */
typedef struct RsAggregateResult
{
	const Aggref *aggref;
	RsAggregateFinal final;
	RsVectorType type;
	NullableDatum *direct;		/* direct arguments of the group */
} RsAggregateResult;

/* The part of a state that has a fixed size; a varlena may follow it. */
typedef struct RsFlatState
{
	int64		count;
	int128		sum;
	double		sx;
	double		sxx;
	int64		integer;
	double		number;
	int32		scale;
	uint8		display_scale;
	bool		has_value;
} RsFlatState;

/*
 * Operations on states.  agg->count is everybody's and grown for all.
 */
typedef struct RsAggregateFamily
{
	/* Columns beside the count, from agg->capacity up to capacity; NULL: none. */
	void		(*grow) (RsAggregate *agg, uint32 capacity);
	/* No argument is constant. */
	void		(*update) (RsAggregate *agg, RsArena *arena, const RsVector **args,
						   const uint32 *groups, uint32 n);
	/* In the current context; *isnull comes set if nothing was counted. */
	Datum		(*result) (RsAggregate *agg, const RsAggregateResult *wanted, uint32 group,
						   bool *isnull);
	/*
	 * Results of many groups as one vector; NULL, also of the function: they have to be
	 * made one by one.
	 */
	RsVector   *(*results) (RsAggregate *agg, const RsAggregateResult *wanted, RsArena *arena,
							const uint32 *groups, uint32 n);
	/* What is left to do for groups [first, first + n) after all rows; NULL: nothing. */
	void		(*finish) (RsAggregate *agg, RsAggregateResult *wanted,
						   const RsDirectArgument *direct, uint32 first, uint32 n);
	/* The state for another process; flat comes empty, the varlena is borrowed. */
	Datum		(*flatten) (RsAggregate *agg, uint32 group, RsFlatState *flat);
	/* Take in such a state that is not empty; value is the varlena, if it has one. */
	void		(*combine) (RsAggregate *agg, uint32 group, const RsFlatState *flat, Datum value);
	/* Empty the states for other groups; NULL: not needed, states are small. */
	void		(*clear) (RsAggregate *agg);
	/* Give back what is not memory of agg->context; NULL: nothing. */
	void		(*release) (RsAggregate *agg);
	/* Bytes in use beside the columns; NULL: none. */
	Size		(*memory) (const RsAggregate *agg);
	/*
	 * States as columns, to be kept in files: their types (returns how many), those of some
	 * groups, and such taken in.  Without, a state is the bytea of flatten() and combine().
	 */
	int			(*state_types) (const RsAggregate *agg, RsVectorType *types);
	void		(*export_states) (RsAggregate *agg, RsArena *arena, const uint32 *groups, uint32 n,
								  const RsVector **columns);
	void		(*import_states) (RsAggregate *agg, RsArena *arena, const RsVector **columns,
								  const uint32 *groups, uint32 n);
	Size		width;			/* bytes of a state beside the count */
} RsAggregateFamily;

struct RsAggregate
{
	const RsAggregateFamily *family;
	RsAggregate *inner;			/* whom the rows are handed on to; NULL: nobody */
	void	   *own;			/* of the family */
	RsAggregateFinal final;
	RsVectorType argument;		/* the first */
	Oid			collation;
	MemoryContext context;
	int			sort_memory;	/* kB, for the rows that have to be sorted first */
	uint32		ngroups;
	uint32		capacity;
	int			scale;			/* of sums */
	bool		any_scale;		/* a value had one */
	bool		several_scales;	/* display_scale is kept */
	FmgrInfo	compare;		/* of minima and maxima by reference */
	/* columns of the states; NULL where the family has none */
	int64	   *count;
	int128	   *sum;
	uint128		sum_bound;		/* of numerics: no sum is beyond it, up to a limit of interest */
	uint8	   *display_scale;	/* largest that was added; see several_scales */
	Datum	   *rest;			/* numeric beside sum; 0: none; no array: nowhere */
	double	   *sx;
	double	   *sxx;
	int64	   *integer;		/* integers, dates, truth */
	double	   *number;			/* floats */
	Datum	   *ref;			/* the rest */
};

extern const RsAggregateFamily rs_exact_sum_family;
extern const RsAggregateFamily rs_float_sum_family;
extern const RsAggregateFamily rs_extreme_family;
extern const RsAggregateFamily rs_bits_family;
extern const RsAggregateFamily rs_generic_family;
extern const RsAggregateFamily rs_sorted_family;
extern const RsAggregateFamily rs_distinct_family;

/* A column of states made longer, the new ones zero. */
extern void *rs_enlarge_states(RsAggregate *agg, void *old, Size width, uint32 capacity);

/* The counts of groups, as a vector. */
extern RsVector *rs_state_counts(const RsAggregate *agg, RsArena *arena, const uint32 *groups,
								 uint32 n);

/* NULL flags of groups of which nothing was counted; no array: there is none. */
extern uint8 *rs_empty_states(const RsAggregate *agg, RsArena *arena, const uint32 *groups,
							  uint32 n);

/* Find the comparison of minima and maxima. */
extern void rs_extreme_init(RsAggregate *agg);

/* Find the transition functions; shared: by functions with other results. */
extern void rs_generic_init(RsAggregate *agg, const Aggref *aggref, const RsVectorType *arguments,
							PlanState *parent, bool shared);
extern bool rs_generic_can_combine(const Aggref *aggref);

/* Before agg->inner, which is there already. */
extern void rs_sorted_init(RsAggregate *agg, const Aggref *aggref, const RsVectorType *arguments);
extern void rs_distinct_init(RsAggregate *agg, const Aggref *aggref,
							 const RsVectorType *arguments);

/* Can equal arguments be found by hashing? */
extern bool rs_distinct_can_hash(const Aggref *aggref);

/* Set wanted->direct to values i of the direct arguments. */
extern void rs_direct_arguments(RsAggregateResult *wanted, const RsDirectArgument *direct, uint32 i);

#endif							/* RS_AGGREGATE_FAMILY_H */
