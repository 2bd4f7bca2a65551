/*
 * count_node.c
 *	  SELECT count(*) of a whole table, from the directory alone.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "planner/planner.h"
#include "storage/scan.h"
#include "utils/rel.h"

typedef struct RsCountState
{
	CustomScanState css;
	Relation	rel;
	uint64		rows;			/* counted, in all of its runs */
	bool		done;
} RsCountState;

static const CustomExecMethods exec_methods;

static Node *
create_state(CustomScan *cscan)
{
	RsCountState *state = (RsCountState *) newNode(sizeof(RsCountState), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

const CustomScanMethods rs_count_methods = {
	.CustomName = "RsCount",
	.CreateCustomScanState = create_state
};

static void
begin_count(CustomScanState *node, EState *estate, int eflags)
{
	/* The row is none of the table's: WHERE CURRENT OF must not find it here. */
	((RsCountState *) node)->rel = node->ss.ss_currentRelation;
	node->ss.ss_currentRelation = NULL;
}

static TupleTableSlot *
exec_count(CustomScanState *node)
{
	RsCountState *state = (RsCountState *) node;
	EState	   *estate = node->ss.ps.state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (state->done)
		return slot;
	state->done = true;
	slot->tts_values[0] = Int64GetDatum((int64) rs_scan_count(state->rel, estate->es_snapshot));
	state->rows += DatumGetInt64(slot->tts_values[0]);
	slot->tts_isnull[0] = false;
	return ExecStoreVirtualTuple(slot);
}

uint64
rs_count_node_rows(const PlanState *node)
{
	return ((const RsCountState *) node)->rows;
}

static void
end_count(CustomScanState *node)
{
}

static void
rescan_count(CustomScanState *node)
{
	((RsCountState *) node)->done = false;
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsCount",
	.BeginCustomScan = begin_count,
	.ExecCustomScan = exec_count,
	.EndCustomScan = end_count,
	.ReScanCustomScan = rescan_count
};
