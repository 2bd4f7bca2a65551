/*
 * stages.h
 *	  The stages of a distributed plan, in a plan and running.
 */
#ifndef RS_STAGES_H
#define RS_STAGES_H

#include "commands/explain.h"
#include "mpp/plan/tree_query.h"
#include "nodes/execnodes.h"
#include "vector/vector.h"

/*
 * As a list that can be copied with a plan.  Run as this user (0: whoever runs the
 * query); one_node: the last stage runs on one node, any of them.
 */
extern List *rs_stages_to_list(List *stages, List *parameters, Oid userid, bool one_node);

/* Expressions for custom_exprs: parameters, and values that say on which nodes stages run. */
extern List *rs_stages_expressions(List *stages, List *parameters);

/* One of them, from the list. */
extern RsStage *rs_stage_from_list(List *list);

/*
 * Does nothing but the last stage depend on these parameters of the executor, and that in what
 * it computes, not in where it runs?  CTEs that are kept depend on none.
 */
extern bool rs_stages_depend_at_last(List *stages, List *expressions, const Bitmapset *params);

typedef struct RsStageRun RsStageRun;
typedef struct RsStageStats RsStageStats;

/* expressions: custom_exprs as they stand in the plan; writes: the last stage changes rows. */
extern RsStageRun *rs_stages_begin(List *list, List *expressions, bool writes, PlanState *parent, const Oid *types,
								   int ncolumns);

/* More options of the last stage's fragments. */
extern void rs_stages_set_options(RsStageRun *run, const char *options);

/*
 * Let its nodes keep a snapshot for it, and for all that the same executor's state runs:
 * of the moment when that has begun.
 */
extern void rs_stages_take_snapshot(RsStageRun *run);

/*
 * Let all nodes keep a snapshot, for whatever the executor's state runs; and run another
 * plan with it, which returns how many rows that has given or changed.
 */
extern void rs_stages_take_whole_snapshot(EState *estate);
extern uint64 rs_stages_run_within(EState *estate, PlannedStmt *plan, DestReceiver *receiver);

/* What this executor's state runs from here on takes a new one. */
extern void rs_stages_forget_snapshot(EState *estate);

/*
 * The next batch of what the last stage gives: how many rows, 0 at the end.  The first
 * call runs all stages before it.  first: of the first node alone.
 */
extern uint32 rs_stages_next(RsStageRun *run, bool first, RsArena *arena, const RsVector **columns);

/* The same of one of the nodes that run it, counted from 0, and how many do. */
extern uint32 rs_stages_next_of(RsStageRun *run, int node, RsArena *arena, const RsVector **columns);
extern int	rs_stages_nodes(RsStageRun *run);

/* Rows that the last stage changed, all nodes together; first: of the first node alone. */
extern uint64 rs_stages_changed(const RsStageRun *run, bool first);

/* Can it be asked for the rows of several values of these parameters at once? */
extern bool rs_stages_can_batch(const RsStageRun *run, const Bitmapset *params);

/*
 * Ask for those of these values, char *, as rs_stages_values() gives them: rs_stages_next()
 * gives the value's place as an int4, from 0, before the columns.
 */
extern void rs_stages_start_batch(RsStageRun *run, List *values);

/* Is it running, or has it run to its end? */
extern bool rs_stages_ran(const RsStageRun *run);

/* The values of the parameters now, as text; palloc'd. */
extern char *rs_stages_values(RsStageRun *run);

/* So that it can run again, or not at all. */
extern void rs_stages_stop(RsStageRun *run);

/* Never again. */
extern void rs_stages_end(RsStageRun *run);

/* What a stage did, from 0, or the last (-1); NULL: it was not measured. */
extern const RsStageStats *rs_stages_stats(RsStageRun *run, int stage);

extern void rs_stages_explain(RsStageRun *run, ExplainState *es);

extern void rs_stages_init(void);

#endif							/* RS_STAGES_H */
