/*
 * slot_columns.c
 *	  Which columns the scans of a plan want of a row.
 *
 * An access method is not told which columns an index scan wants, and the executor
 * asks a slot for all up to the last one.  Here blocks are read a column, so each
 * that nobody wants would cost as much as one that is: the slots of such scans are
 * told what the plan's expressions refer to, once the plan is initialized.  A node
 * without a projection hands out its slot, and has all columns in its target list.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "storage/slot.h"
#include "storage/slot_columns.h"

/*
 * Limit the slot to the columns of its scan that these expressions refer to.
 */
static void
limit_slot(ScanState *state, List *quals)
{
	Scan	   *plan = (Scan *) state->ps.plan;
	Bitmapset  *vars = NULL;
	Bitmapset  *attrs = NULL;
	int			member = -1;

	if (state->ss_ScanTupleSlot == NULL || state->ss_ScanTupleSlot->tts_ops != rs_slot_ops())
		return;
	pull_varattnos((Node *) plan->plan.targetlist, plan->scanrelid, &vars);
	pull_varattnos((Node *) plan->plan.qual, plan->scanrelid, &vars);
	pull_varattnos((Node *) quals, plan->scanrelid, &vars);
	if (bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, vars))
		return;					/* the whole row */
	while ((member = bms_next_member(vars, member)) >= 0)
		if (member + FirstLowInvalidHeapAttributeNumber > 0)
			attrs = bms_add_member(attrs, member + FirstLowInvalidHeapAttributeNumber);
	rs_slot_set_columns(state->ss_ScanTupleSlot, attrs);
	bms_free(attrs);
	bms_free(vars);
}

static bool
limit_walker(PlanState *state, void *context)
{
	ScanState  *scan = (ScanState *) state;

	switch (nodeTag(state))
	{
		case T_IndexScanState:
			{
				IndexScan  *plan = (IndexScan *) state->plan;

				limit_slot(scan, list_concat_copy(plan->indexqualorig, plan->indexorderbyorig));
				break;
			}
		case T_BitmapHeapScanState:
			limit_slot(scan, ((BitmapHeapScan *) state->plan)->bitmapqualorig);
			break;
		case T_TidScanState:
			limit_slot(scan, ((TidScan *) state->plan)->tidquals);
			break;
		default:
			break;
	}
	return planstate_tree_walker(state, limit_walker, context);
}

void
rs_slot_columns_limit(PlanState *state)
{
	if (state != NULL)
		(void) limit_walker(state, NULL);
}
