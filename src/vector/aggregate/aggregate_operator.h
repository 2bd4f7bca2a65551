/*
 * aggregate_operator.h
 *	  What the files of the aggregate operator share.
 *
 * aggregate_plan.c says which nodes become one, aggregate.c takes rows in and gives
 * groups, aggregate_spill.c passes on what memory does not hold or other processes
 * complete, aggregate_sets.c makes groups of coarse grouping sets, aggregate_order.c sorts
 * groups.
 */
#ifndef RS_AGGREGATE_OPERATOR_H
#define RS_AGGREGATE_OPERATOR_H

#include "vector/aggregate/aggregate_state.h"
#include "vector/aggregate/group_table.h"
#include "vector/aggregate/grouping_sets.h"
#include "vector/operator.h"
#include "vector/rows/exchange.h"
#include "vector/rows/partition.h"
#include "vector/scan/zone_answer.h"
#include "vector/sort/sort_runs.h"

typedef struct RsAggregateFunction
{
	Aggref	   *aggref;
	RsAggregate *states;
	bool		shared;			/* with a function before it, which fills them */
	int			nargs;
	RsExpr	  **args;
	RsExpr	  **direct;			/* direct arguments, of an ordered-set aggregate */
	List	   *filter;			/* compiled conditions; NIL: none */
	AttrNumber	state_column;	/* final step: where the states are */
} RsAggregateFunction;

typedef struct RsAggregateOperator
{
	RsOperator	op;
	int			nfunctions;
	RsAggregateFunction *functions;	/* by aggno */
	RsOperator *sets;			/* gives the rows of grouping sets; NULL: there is one */
	int			finest;			/* the set that the others can be made of; -1: none */
	bool		deriving;		/* rows are taken in for that one alone, */
	uint64		taken;			/* so many by now */
	bool		partial;		/* gives states */
	bool		final;			/* takes states */
	int			nkeys;
	int			ncolumns;		/* of the table: keys, then what else is used */
	AttrNumber *attnos;			/* of the input */
	RsVectorType *column_types;
	RsVectorType *input_types;	/* of the input's columns, keys by the rules of their equality */
	List	   *having;
	Sort	   *sort;			/* order of the groups; NULL: any */
	bool		in_order;		/* they are given in the order of their first rows */
	bool		streamed;		/* and are given as soon as they are complete: */
	bool		input_ended;
	RsVectorBatch held;			/* of the input, good until it is asked again; n is 0: none */
	uint32		held_from;		/* the first row that is not in the table */
	MemoryContext context;		/* of table and states */
	RsZoneAnswer *zones;		/* takes rows that need not be read; NULL: none */
	RsGroupTable *table;		/* NULL: not computed yet */
	uint32	   *order;			/* groups as they are given; NULL: by number */
	RsSortOrder *group_order;	/* of the table's columns */
	uint32		ngroups;
	uint32		given;
	/* Rows of groups that do not fit memory: */
	MemoryContext files;		/* what the table's context does not outlive */
	AttrNumber *kept;			/* columns of the input that they need */
	RsVectorType *kept_types;
	int			nkept;
	bool		full;			/* no more groups in this table */
	bool		complete;		/* it has them all */
	RsPartitions *partitions;	/* NULL: none put off */
	RsSortRuns *runs;			/* results of several tables in order; NULL: of one, or in none */
	/* Parallel: groups of several processes put together. */
	bool		parallel;
	const RsEngine *engine;
	void	   *shared;			/* NULL: no other process */
	RsExchange *exchange;
	bool		may_deal;		/* rows themselves, if a table of them gets large; and */
	bool		dealing;		/* that is so now: groups are about as many as rows */
	RsVectorType *group_types;	/* of the table's columns and the states'; NULL: not known yet */
	int			ngroup_types;
} RsAggregateOperator;

/* ---- aggregate_plan.c ---- */

/*
 * The aggregates of target list and having clause, and the columns used beside
 * them, also in direct arguments.
 */
extern List *rs_aggregate_find(List *targets, List *having);
/* The Sort below an aggregation that the order of the groups makes unnecessary, or NULL. */
extern Sort *rs_aggregate_replaced_sort(Agg *agg);

/* ---- aggregate.c ---- */

/* An empty table. */
extern void rs_aggregate_begin_table(RsAggregateOperator *agg, double share);
/* Rows of the input. */
extern void rs_aggregate_take_batch(RsAggregateOperator *agg, const RsVectorBatch *batch);
/* Room for the states of all groups. */
extern void rs_aggregate_grow_states(RsAggregateOperator *agg);
extern Size rs_aggregate_memory_used(RsAggregateOperator *agg);
/* Position among the table's columns of an input column. */
extern int	rs_aggregate_column_position(const RsAggregateOperator *agg, AttrNumber attno);
/* The next groups of the table that pass the having clause; NULL: all were looked at. */
extern RsRows *rs_aggregate_next_rows(RsAggregateOperator *agg);
/* Turn to the next table; false if there is none. */
extern bool rs_aggregate_compute_next(RsAggregateOperator *agg);

/* All groups of the table are in it. */
extern void rs_aggregate_finish_table(RsAggregateOperator *agg);

/* ---- aggregate_stream.c ---- */

/* The next groups of rows in the order of the keys, as a table; false: no more. */
extern bool rs_aggregate_stream_next(RsAggregateOperator *agg);
/* How many groups that will be, at least; one batch of input may add its own. */
extern uint32 rs_aggregate_streamed_groups(void);

/* ---- aggregate_spill.c ---- */

/*
 * Rows of groups that are not in the table, which is full, put off: all[] are the
 * columns to keep.  The others stay: which (in the arena), how many, and in groups[].
 */
extern uint32 rs_aggregate_put_off(RsAggregateOperator *agg, const RsVector **keys,
								   const RsVector **all, uint32 n, uint32 *groups, uint32 **known);
/* What groups are as rows, when the functions' states have been made. */
extern void rs_aggregate_find_group_types(RsAggregateOperator *agg);
/*
 * Where groups are expected to be nearly as many as rows, a process does not make them of
 * its own rows, but exchanges these.  May it?  And do so with a batch; false: it cannot be.
 */
#define RS_DEAL_GROUPS	32768	/* when it makes sure of it: they are still in the caches */
extern bool rs_aggregate_may_deal(const RsAggregateOperator *agg);
extern bool rs_aggregate_deal(RsAggregateOperator *agg, const RsVectorBatch *batch);
/* Pass all groups on to whom their partitions will be dealt. */
extern void rs_aggregate_export_groups(RsAggregateOperator *agg);
/* After each batch: see that the table keeps within memory. */
extern void rs_aggregate_limit_memory(RsAggregateOperator *agg, bool exchanging);
/* Take in a batch of what was put off, or of a partition; false at the end. */
extern bool rs_aggregate_read_put_off(RsAggregateOperator *agg);
extern bool rs_aggregate_read_exchanged(RsAggregateOperator *agg);
extern void rs_aggregate_close_partitions(RsAggregateOperator *agg);

/* ---- aggregate_sets.c ---- */

extern int	rs_aggregate_finest_set(const RsAggregateOperator *agg);
/* Is there room for the groups of all sets, and are groups fewer than rows? */
extern bool rs_aggregate_should_derive(const RsAggregateOperator *agg);
extern void rs_aggregate_derive_sets(RsAggregateOperator *agg);

/* ---- aggregate_order.c ---- */

/* Set the order of the table's groups. */
extern void rs_aggregate_sort_groups(RsAggregateOperator *agg);
/* Merge the groups of this table and those to come, into agg->runs. */
extern void rs_aggregate_sort_into_runs(RsAggregateOperator *agg);

#endif							/* RS_AGGREGATE_OPERATOR_H */
