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

typedef struct Notes
{
	List	   *inputs;			/* of the engine's node whose operators are looked at */
	Bitmapset  *read_ctes;		/* subplan numbers of the CTEs seen */
	Bitmapset  *stopping_ctes;	/* ... that someone may not read to the end */
} Notes;

static void note(Notes *notes, Plan *plan, bool stops);

static void
note_list(Notes *notes, List *plans, bool stops)
{
	ListCell   *lc;

	foreach(lc, plans)
		note(notes, lfirst(lc), stops);
}

static void
note_cte(Notes *notes, int plan_id, bool stops)
{
	notes->read_ctes = bms_add_member(notes->read_ctes, plan_id);
	if (stops)
		notes->stopping_ctes = bms_add_member(notes->stopping_ctes, plan_id);
}

static void
note_custom(Notes *notes, CustomScan *scan, bool stops)
{
	if (scan->methods == &rs_vector_methods)
	{
		List	   *outer_inputs = notes->inputs;

		/* Its operators are the nodes as they were, its inputs numbered among them. */
		scan->custom_private = lappend(scan->custom_private, makeBoolean(stops));
		notes->inputs = scan->custom_plans;
		note(notes, linitial(scan->custom_private), stops);
		notes->inputs = outer_inputs;
	}
	else if (scan->methods == &rs_input_methods)
		note(notes, list_nth(notes->inputs, linitial_int(scan->custom_private)), stops);
	else if (scan->methods == &rs_cte_methods)
		note_cte(notes, linitial_int(scan->custom_private), stops);
	else
		note_list(notes, scan->custom_plans, stops);
}

/*
 * stops: rows of the plan may not be asked for to the end.
 */
static void
note(Notes *notes, Plan *plan, bool stops)
{
	bool		outer = stops;
	bool		inner = stops;

	check_stack_depth();
	if (plan == NULL)
		return;
	switch (nodeTag(plan))
	{
		case T_CustomScan:
			note_custom(notes, (CustomScan *) plan, stops);
			break;
		case T_CteScan:
			note_cte(notes, ((CteScan *) plan)->ctePlanId, stops);
			break;
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
			note_list(notes, ((Append *) plan)->appendplans, stops);
			break;
		case T_MergeAppend:
			note_list(notes, ((MergeAppend *) plan)->mergeplans, stops);
			break;
		case T_SubqueryScan:
			note(notes, ((SubqueryScan *) plan)->subplan, stops);
			break;
		default:
			break;
	}
	note(notes, outerPlan(plan), outer);
	note(notes, innerPlan(plan), inner);
}

void
rs_note_early_stops(PlannedStmt *planned)
{
	Notes		notes = {NIL, NULL, NULL};
	int			plan_id;

	note(&notes, planned->planTree, false);

	/*
	 * EXISTS and IN stop at a match; a CTE is read as far as its readers do, which are
	 * in subplans behind it and in the query.
	 */
	for (plan_id = list_length(planned->subplans); plan_id > 0; plan_id--)
		note(&notes, list_nth(planned->subplans, plan_id - 1),
			 !bms_is_member(plan_id, notes.read_ctes) || bms_is_member(plan_id, notes.stopping_ctes));
}

bool
rs_may_stop_early(const CustomScan *scan)
{
	return list_length(scan->custom_private) > 1 && boolVal(lsecond(scan->custom_private));
}
