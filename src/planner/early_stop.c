/*
 * early_stop.c
 *	  Who may stop asking a node for rows before its last one.
 *
 * PostgreSQL's executor computes a row when it is asked for.  So an error in a row
 * behind the last one wanted (by LIMIT, EXISTS, a cursor) is never raised, and the
 * engine, which computes batches, has to be careful where that can be.  Nodes of the
 * plan that may stop are known when it is made; how many rows a portal or a function
 * asks for is known when it runs.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "planner/early_stop.h"
#include "planner/planner.h"

static ExecutorRun_hook_type next_executor_run = NULL;

/* Of the innermost statement that runs. */
static bool run_is_limited = false;

static void
executor_run(QueryDesc *desc, ScanDirection direction, uint64 count, bool execute_once)
{
	bool		before = run_is_limited;

	PG_TRY();
	{
		run_is_limited = count != 0;
		if (next_executor_run)
			next_executor_run(desc, direction, count, execute_once);
		else
			standard_ExecutorRun(desc, direction, count, execute_once);
	}
	PG_FINALLY();
	{
		run_is_limited = before;
	}
	PG_END_TRY();
}

bool
rs_run_is_limited(void)
{
	return run_is_limited;
}

void
rs_early_stop_init(void)
{
	next_executor_run = ExecutorRun_hook;
	ExecutorRun_hook = executor_run;
}

static void note(Plan *plan, bool stops);

static void
note_list(List *plans, bool stops)
{
	ListCell   *lc;

	foreach(lc, plans)
		note(lfirst(lc), stops);
}

/*
 * stops: rows of the plan may not be asked for to the end.
 */
static void
note(Plan *plan, bool stops)
{
	bool		outer = stops;
	bool		inner = stops;

	check_stack_depth();
	if (plan == NULL)
		return;
	switch (nodeTag(plan))
	{
		case T_CustomScan:
			{
				CustomScan *scan = (CustomScan *) plan;

				if (scan->methods == &rs_vector_methods)
				{
					scan->custom_private = lappend(scan->custom_private, makeBoolean(stops));
					/* Its own operators may stop. */
					stops = true;
				}
				note_list(scan->custom_plans, stops);
				break;
			}
		case T_Limit:
			outer = true;
			break;
		case T_NestLoop:
			{
				const Join *join = &((NestLoop *) plan)->join;

				inner |= join->jointype == JOIN_SEMI || join->jointype == JOIN_ANTI ||
					join->inner_unique;
				break;
			}
		case T_MergeJoin:
			/* One side ends, and the other is left. */
			outer = inner = true;
			break;
		case T_HashJoin:
			inner = false;
			break;
		case T_Hash:
		case T_Sort:
		case T_ModifyTable:
			outer = false;
			break;
		case T_Agg:
			outer &= ((Agg *) plan)->aggstrategy == AGG_SORTED;
			break;
		case T_Append:
			note_list(((Append *) plan)->appendplans, stops);
			break;
		case T_MergeAppend:
			note_list(((MergeAppend *) plan)->mergeplans, stops);
			break;
		case T_SubqueryScan:
			note(((SubqueryScan *) plan)->subplan, stops);
			break;
		default:
			break;
	}
	note(outerPlan(plan), outer);
	note(innerPlan(plan), inner);
}

void
rs_note_early_stops(PlannedStmt *planned)
{
	ListCell   *lc;

	note(planned->planTree, false);
	/* EXISTS and IN stop at a match, and WITH at what is asked of it. */
	foreach(lc, planned->subplans)
		note(lfirst(lc), true);
}

bool
rs_may_stop_early(const CustomScan *scan)
{
	return list_length(scan->custom_private) > 1 && boolVal(lsecond(scan->custom_private));
}
