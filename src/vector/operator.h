/*
 * operator.h
 *	  Operators: what a plan node becomes in the vector engine.
 *
 * An operator gives batches when asked, and asks those below it.  A batch and
 * its vectors are good until the operator is asked again.
 */
#ifndef RS_OPERATOR_H
#define RS_OPERATOR_H

#include "commands/explain.h"
#include "core/settings.h"
#include "nodes/pathnodes.h"
#include "storage/sharedfileset.h"
#include "vector/expr/expr.h"

/* Rows of a batch, at most; redshift.vector_rows may lower it. */
#define RS_VECTOR_ROWS	RS_BATCH_ROWS

typedef struct RsVectorBatch
{
	uint32		n;
	const RsVector **columns;	/* as many as the operator has */
} RsVectorBatch;

/* What EXPLAIN ANALYZE shows of an operator. */
typedef struct RsOperatorStats
{
	uint64		rows;			/* given */
	uint64		batches;
	uint64		memory;			/* bytes of its largest table */
	uint64		partitions;		/* that it wrote to temporary files; 0: it did not */
	uint64		spilled;		/* bytes written to them */
	instr_time	time;			/* with those below it */
	instr_time	first;			/* when it was first asked (0: it was not), */
	instr_time	ready;			/* had answered that, */
	instr_time	last;			/* and had answered the last time */
	uint64		removed;		/* rows of scans, by runtime filters */
	RsReadStats read;			/* of scans */
} RsOperatorStats;

/* When a parallel plan's shared memory is given to an operator. */
typedef enum RsShareStep
{
	RS_SHARE_INIT,				/* in the leader, zeroed, before workers start */
	RS_SHARE_AGAIN,				/* in the leader, before they start for a rescan */
	RS_SHARE_ATTACH				/* in a worker */
} RsShareStep;

typedef struct RsOperator RsOperator;
struct RsOperator
{
	const char *name;
	Plan	   *plan;
	List	   *children;		/* those below it */
	RsOperator *outer;			/* the first and the second of them; NULL: none */
	RsOperator *inner;
	int			ncolumns;
	RsVectorType *types;
	TupleDesc	desc;

	/*
	 * The next batch; false: there is no more.  Runs in op->values, which goes with the
	 * batch: what shall last names its context.
	 */
	bool		(*next) (RsOperator *op, RsVectorBatch *batch);
	void		(*rescan) (RsOperator *op);
	void		(*end) (RsOperator *op);
	/*
	 * How much shared memory it wants in a parallel plan, and who takes it.  It is
	 * good until end(); share() is not called where there is none.
	 */
	Size		shared_size;
	void		(*share) (RsOperator *op, void *shared, RsShareStep step);
	/* Give the same rows from the start; false: it has to be rescanned.  NULL: never. */
	bool		(*rewind) (RsOperator *op);
	/* No more than so many rows will be asked for, or -1: all.  NULL: no matter. */
	void		(*set_bound) (RsOperator *op, int64 rows);
	int64		asked;			/* rows that will be asked for, still; -1: all */
	/* A scan's: which rows the operator above can use, before it projects; NULL: all. */
	RsRows	   *(*narrow) (void *arg, RsOperator *op, RsRows *rows);
	void	   *narrow_arg;
	/*
	 * Whoever asks may stop early: no row is computed with others that could fail
	 * before it was asked for.  Told before each batch; see rs_operator_give().
	 */
	bool		careful;
	RsRows	   *waiting;		/* rows of which not all were given; NULL: none */
	uint32		waiting_from;	/* the first of them */
	uint32		step;			/* so many are tried at a time */
	/* Properties of EXPLAIN ANALYZE beside rows and time; NULL: none. */
	void		(*explain) (RsOperator *op, ExplainState *es);

	RsExprEnv	env;
	RsArena    *arena;			/* of the current batch, */
	MemoryContext values;		/* and what functions made for it */
	List	   *targets;		/* compiled target list */
	RsOperatorStats stats;		/* of this process; in the end of all of them */
	RsOperatorStats *worker_stats;	/* of each worker; NULL: there were none */
	int			nworkers;
};

/*
 * What the operators of one node share.  Scans of a parallel plan have their
 * state in shared memory, in the order in which they are built.
 */
typedef struct RsEngine
{
	PlanState  *parent;
	int			nscans;			/* parallel-aware scans met so far */
	RsParallelScan *shared;		/* array; NULL: not parallel, or not yet */
	Relation   *parallel_relations; /* of those scans */
	List	   *inputs;			/* PlanStates of the nodes that give rows */
	/* With shared memory only (else files is NULL): */
	SharedFileSet *files;		/* for temporary files that processes exchange */
	int			nparticipants;	/* workers that may start, and the leader */
	int			participant;	/* this process; the leader is 0 */
	/* Of nodes of this engine elsewhere: does one give batches, and its next one. */
	bool		(*gives_batches) (PlanState *source);
	bool		(*next_batch) (PlanState *source, RsVectorBatch *batch);
} RsEngine;

/* A query begins: count the batches from here, for redshift.fail_at_batch. */
extern void rs_count_batches(void);

/* Can the node run as an operator, given what stands below it? */
extern bool rs_engine_can_run(Plan *plan);

/* Where the nodes below it hang, Plan ** each, in the order of the operator's children. */
extern List *rs_engine_children(Plan *plan);

/*
 * Will a table of so many rows of a width (bytes) keep within bounds?  What is
 * estimated larger is left to other nodes where an operator cannot spill.
 */
extern bool rs_fits_memory(double rows, double width);

/* How many processes share a path's rows, as the planner divides them. */
extern double rs_processes(const Path *path);

/* Operators of a subtree that can. */
extern RsOperator *rs_engine_build(RsEngine *engine, Plan *plan);

/* For the operators: one of its own size, with the common part set up. */
extern void *rs_operator_create(RsEngine *engine, Plan *plan, Size size, const char *name,
								RsOperator *outer, RsOperator *inner);
/* A virtual slot for expressions by row, all NULL; the executor drops it. */
extern TupleTableSlot *rs_column_slot(RsEngine *engine, TupleDesc desc);
/* Compile the target list, once columns can be resolved. */
extern void rs_operator_compile_targets(RsOperator *op);
/* Forget the last batch. */
extern void rs_operator_reset_batch(RsOperator *op);
/* Evaluate the target list. */
extern void rs_operator_project(RsOperator *op, RsRows *rows, RsVectorBatch *batch);

/*
 * The same for an operator that gives the batch at once: no more rows than will be asked
 * for, so that none fails for which PostgreSQL would not compute the columns.
 */
extern void rs_operator_project_asked(RsOperator *op, RsRows *rows, RsVectorBatch *batch);
/*
 * Give a batch of the rows that wait: give() filters and projects some, and says whether
 * any are left; nothing that it does may matter if it has to be done again for fewer.  False:
 * no more wait.  An operator puts its rows into op->waiting, and resets its batch only
 * when there are none.
 */
extern bool rs_operator_give(RsOperator *op, bool (*give) (RsOperator *op, RsRows *rows,
														   RsVectorBatch *batch),
							 RsVectorBatch *batch);
/* No row waits any more: of a rescan. */
extern void rs_operator_forget_waiting(RsOperator *op);
/* May whoever asks stop early?  For all operators below that give rows as they come. */
extern void rs_operator_set_careful(RsOperator *op, bool careful);
/* The rows of a batch from below, for expressions; everything made of them in the arena. */
extern RsRows *rs_batch_rows(RsArena *arena, MemoryContext values, const RsVectorBatch *batch);
/* See the operator's function. */
extern void rs_operator_set_bound(RsOperator *op, int64 rows);
extern bool rs_operator_rewind(RsOperator *op);
/* Ask an operator, counting what it gives. */
extern bool rs_operator_next(RsOperator *op, RsVectorBatch *batch);

/* Properties of EXPLAIN ANALYZE; of each worker, for VERBOSE. */
extern void rs_explain_workers(const RsOperator *op, ExplainState *es);
extern void rs_explain_read_stats(const RsReadStats *stats, int ncolumns, ExplainState *es);
extern void rs_explain_count(const char *label, uint64 count, ExplainState *es);
extern void rs_explain_memory(const RsOperator *op, ExplainState *es);
/* Partitions and bytes written, if any were. */
extern void rs_explain_spill(const RsOperator *op, ExplainState *es);

/*
 * Tell a scan that rows are wanted by the order of its column attno: it passes over
 * groups and blocks that may_match() is false for.  reverse: it reads from the end,
 * where the last ones of a sorted table are.
 */
extern void rs_scan_set_order(RsOperator *op, AttrNumber attno, bool reverse,
							  bool (*may_match) (void *arg, const RsPredicate *pred,
												 const RsZone *zone),
							  void *arg);

/* Read only these row groups, in their order, or from the last one's end. */
extern void rs_scan_read_groups(RsOperator *op, List *groups, bool backward);
/* How many columns it decodes. */
extern int	rs_scan_column_count(const RsOperator *op);
/* Pass over groups and blocks where the column is nowhere NULL. */
extern void rs_scan_read_nulls(RsOperator *op, AttrNumber attno);

/*
 * A scan that has to give its rows in the order of columns of the table: their number,
 * and which they are.  0: any order will do.  As the plan has it; descending: NULLs first.
 */
extern List *rs_scan_make_order(List *columns, bool descending);
extern int	rs_scan_order(const Plan *plan, AttrNumber *columns, bool *descending);
extern bool rs_scan_is_ordered(const Plan *plan);

/* Each in the file of its name. */
extern RsOperator *rs_scan_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_ordered_scan_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_aggregate_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_join_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_nested_loop_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_merge_join_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_sort_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_limit_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_project_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_cte_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_append_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_merge_append_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_window_operator(RsEngine *engine, Plan *plan);
/* Both in set_operation.c. */
extern RsOperator *rs_unique_operator(RsEngine *engine, Plan *plan);
extern RsOperator *rs_set_operator(RsEngine *engine, Plan *plan);

/* Which nodes those take. */
extern bool rs_scan_can_run(Plan *plan);
extern bool rs_aggregate_can_run(Plan *plan);
extern bool rs_join_can_run(Plan *plan);
extern bool rs_nested_loop_can_run(Plan *plan);
extern bool rs_merge_join_can_run(Plan *plan);
extern bool rs_limit_can_run(Plan *plan);
extern bool rs_project_can_run(Plan *plan);
extern bool rs_append_can_run(Plan *plan);
extern bool rs_merge_append_can_run(Plan *plan);
extern bool rs_window_can_run(Plan *plan);
extern bool rs_unique_can_run(Plan *plan);
extern bool rs_set_operation_can_run(Plan *plan);

/*
 * A join that has to give its rows in the order of its outer side, as the nested
 * loop that it was.
 */
extern void rs_join_keep_order(HashJoin *join);
extern bool rs_join_keeps_order(const HashJoin *join);
/* See rs_operator_set_careful(). */
extern void rs_join_set_careful(RsOperator *op, bool careful);
/* The side below whose rows make the table. */
extern Plan *rs_join_table_side(const HashJoin *join);

/* Can joins of this type be ours? */
extern bool rs_join_type_can_run(JoinType type);
/* Set used[attno - 1] for each column of one side that expressions read. */
extern void rs_mark_columns(Node *node, int varno, bool *used);

/* The inner side of a nested loop, below the Material that it may have. */
extern Plan **rs_nested_loop_inner(Plan *plan);
/* Where the inner side of a merge join hangs. */
extern Plan **rs_merge_join_inner(Plan *plan);

/* A placeholder of a node that gives rows? */
extern bool rs_is_input(Plan *plan);
extern RsOperator *rs_input_operator(RsEngine *engine, Plan *plan);
/* Rows of any node, with the columns of the plan. */
extern RsOperator *rs_rows_operator(RsEngine *engine, Plan *plan, PlanState *source);

/* A scan of a CTE? */
extern bool rs_is_cte_scan(Plan *plan);

/*
 * Aggregation in two steps: states go up as rows of the keys and one bytea each.
 * Can both steps be ours?
 */
extern bool rs_aggregate_steps_can_run(Plan *final, Plan *partial);

/*
 * Are groups so many, and nearly as many as rows, that processes do better to exchange the
 * rows than groups that each has made of its own?
 */
extern bool rs_aggregate_should_deal(double rows, double groups);

/* The node below an aggregation, and below the Sort it may have. */
extern Plan *rs_aggregate_input(Plan *plan);
extern Plan **rs_aggregate_child(Plan *plan);

#endif							/* RS_OPERATOR_H */
