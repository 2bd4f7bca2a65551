/*
 * count_node.c
 *	  SELECT count(*) of a whole table, from the directory alone.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/table.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "parser/parsetree.h"
#include "planner/planner.h"
#include "storage/scan.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

typedef struct RsCountState
{
	CustomScanState css;
	Index		rti;
	bool		done;
} RsCountState;

static const CustomExecMethods exec_methods;

static Node *
create_state(CustomScan *cscan)
{
	RsCountState *state = (RsCountState *) newNode(sizeof(RsCountState), T_CustomScanState);

	state->css.methods = &exec_methods;
	state->rti = (Index) linitial_int(cscan->custom_private);
	return (Node *) state;
}

const CustomScanMethods rs_count_methods = {
	.CustomName = "RsCount",
	.CreateCustomScanState = create_state
};

static void
begin_count(CustomScanState *node, EState *estate, int eflags)
{
}

static TupleTableSlot *
exec_count(CustomScanState *node)
{
	RsCountState *state = (RsCountState *) node;
	EState	   *estate = node->ss.ps.state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	Relation	rel;

	ExecClearTuple(slot);
	if (state->done)
		return slot;
	state->done = true;
	rel = table_open(exec_rt_fetch(state->rti, estate)->relid, NoLock);
	slot->tts_values[0] = Int64GetDatum((int64) rs_scan_count(rel, estate->es_snapshot));
	slot->tts_isnull[0] = false;
	table_close(rel, NoLock);
	return ExecStoreVirtualTuple(slot);
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

static void
explain_count(CustomScanState *node, List *ancestors, ExplainState *es)
{
	RangeTblEntry *rte = exec_rt_fetch(((RsCountState *) node)->rti, node->ss.ps.state);

	ExplainPropertyText("Table", quote_identifier(get_rel_name(rte->relid)), es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsCount",
	.BeginCustomScan = begin_count,
	.ExecCustomScan = exec_count,
	.EndCustomScan = end_count,
	.ReScanCustomScan = rescan_count,
	.ExplainCustomScan = explain_count
};
