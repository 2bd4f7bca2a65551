/*
 * unload_remote.c
 *	  Files that the compute nodes of a cluster write.
 *
 * The last stage of a distributed plan gets the option UNLOAD (mpp/wire/fragment_copy.h): the
 * name of a staged row (mpp/exchange/staged_rows.h) that says what there is to be written, as an object of
 * JSON; not in the fragment's text, since it may have keys of access.  A node puts RsUnload into its plan of
 * the fragment, as one server does, and on top of that RsUnloadReport, which runs it and
 * gives a row for each file.  At the leader RsUnloadCollect enters these rows in the list
 * of the statement's files.
 *
 * Nodes number their slices so that no two have the same: node k of n has k, k + n, ...  So
 * nodes that write to one place do not need to know of each other.
 *
 * An UNLOAD with CLEANPATH and PARTITION BY is left to the leader: a node could not tell files of
 * others, just written, from those that are to go.  So is one whose fragments run as another user, the
 * owner of a view, whose rights to write files are not the caller's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "load/unload/unload_guard.h"
#include "load/unload/unload_remote.h"
#include "miscadmin.h"
#include "mpp/change/route.h"
#include "mpp/cluster/node.h"
#include "mpp/exchange/staged_rows.h"
#include "mpp/execute/gather.h"
#include "mpp/session/connection.h"
#include "mpp/wire/fragment_copy.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* Columns of a row that tells of a file. */
enum
{
	FILE_URL, FILE_SLICE, FILE_PART, FILE_PID, FILE_ROWS, FILE_LINES, FILE_BYTES, FILE_BEGUN, FILE_ENDED, FILE_COLUMNS
};

static const Oid file_types[FILE_COLUMNS] = {
	TEXTOID, INT4OID, INT4OID, INT4OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID
};

typedef struct RemoteState
{
	CustomScanState css;
	RsUnloadLedger *ledger;
	bool		run;			/* RsUnloadReport: files are written */
	List	   *files;			/* ... RsUnloadFile *, those not told of yet */
} RemoteState;

/* ---------------------------------------------------------------------
 * Both nodes
 * ---------------------------------------------------------------------
 */

static void
begin_remote(CustomScanState *node, EState *estate, int eflags)
{
	RemoteState *state = (RemoteState *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;

	node->custom_ps = list_make1(ExecInitNode(linitial(scan->custom_plans), estate, eflags));
	if (!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		state->ledger = rs_unload_ledger_find(strVal(linitial(scan->custom_private)));
}

static void
end_remote(CustomScanState *node)
{
	RemoteState *state = (RemoteState *) node;

	ExecEndNode(linitial(node->custom_ps));
	if (state->ledger != NULL)
		rs_unload_ledger_close(state->ledger);
	state->ledger = NULL;
}

static void
rescan_remote(CustomScanState *node)
{
	elog(ERROR, "files are written once");
}

static Node *
create(const CustomExecMethods *methods)
{
	RemoteState *state = (RemoteState *) newNode(sizeof(RemoteState), T_CustomScanState);

	state->css.methods = methods;
	return (Node *) state;
}

static Plan *
make_node(Plan *below, const CustomScanMethods *methods, List *targets, const RsUnloadLedger *ledger)
{
	CustomScan *scan = makeNode(CustomScan);
	ListCell   *lc;

	scan->scan.plan.startup_cost = scan->scan.plan.total_cost = below->total_cost;
	scan->scan.plan.plan_node_id = -2;
	scan->scan.plan.extParam = bms_copy(below->extParam);
	scan->scan.plan.allParam = bms_copy(below->allParam);
	scan->custom_plans = list_make1(below);
	scan->custom_private = list_make1(makeString(rs_unload_ledger_name(ledger)));
	scan->custom_scan_tlist = targets;
	foreach(lc, targets)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		entry->expr = (Expr *) makeVarFromTargetEntry(INDEX_VAR, entry);
		scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist, entry);
	}
	scan->methods = methods;
	return &scan->scan.plan;
}

static List *
file_targets(void)
{
	List	   *targets = NIL;
	int			c;

	for (c = 0; c < FILE_COLUMNS; c++)
		targets = lappend(targets, makeTargetEntry((Expr *) makeNullConst(file_types[c], -1, InvalidOid), c + 1,
												   psprintf("c%d", c + 1), false));
	return targets;
}

/* ---------------------------------------------------------------------
 * At a compute node
 * ---------------------------------------------------------------------
 */

static TupleTableSlot *
exec_report(CustomScanState *node)
{
	RemoteState *state = (RemoteState *) node;
	TupleTableSlot *slot = node->ss.ps.ps_ResultTupleSlot;
	const RsUnloadFile *file;

	if (!state->run)
	{
		/* It gives no rows. */
		(void) ExecProcNode(linitial(node->custom_ps));
		state->files = rs_unload_ledger_files(state->ledger);
		state->run = true;
	}
	ExecClearTuple(slot);
	if (state->files == NIL)
		return slot;
	file = linitial(state->files);
	state->files = list_delete_first(state->files);
	memset(slot->tts_isnull, 0, FILE_COLUMNS * sizeof(bool));
	slot->tts_values[FILE_URL] = CStringGetTextDatum(file->url);
	slot->tts_values[FILE_SLICE] = Int32GetDatum(file->slice);
	slot->tts_values[FILE_PART] = Int32GetDatum(file->part);
	slot->tts_values[FILE_PID] = Int32GetDatum(file->pid);
	slot->tts_values[FILE_ROWS] = Int64GetDatum(file->rows);
	slot->tts_values[FILE_LINES] = Int64GetDatum(file->lines);
	slot->tts_values[FILE_BYTES] = Int64GetDatum(file->bytes);
	slot->tts_values[FILE_BEGUN] = TimestampTzGetDatum(file->begun);
	slot->tts_values[FILE_ENDED] = TimestampTzGetDatum(file->ended);
	return ExecStoreVirtualTuple(slot);
}

static const CustomExecMethods report_methods = {
	.CustomName = "RsUnloadReport",
	.BeginCustomScan = begin_remote,
	.ExecCustomScan = exec_report,
	.EndCustomScan = end_remote,
	.ReScanCustomScan = rescan_remote
};

static Node *
create_report(CustomScan *scan)
{
	return create(&report_methods);
}

static const CustomScanMethods report_scan_methods = {
	.CustomName = "RsUnloadReport",
	.CreateCustomScanState = create_report
};

static void pg_attribute_noreturn()
bad_request(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a fragment's option \"unload\" says not what is to be written where")));
}

static JsonbValue *
member(JsonbContainer *object, const char *name, enum jbvType type)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	if (value == NULL || value->type != type)
		bad_request();
	return value;
}

static int
number_of(JsonbValue *value)
{
	if (value == NULL || value->type != jbvNumeric)
		bad_request();
	return DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(value->val.numeric)));
}

/*
 * Columns as [[name, place, typmod], ...].
 */
static void
read_columns(JsonbContainer *array, RsUnloadColumns *columns)
{
	uint32		i;

	for (i = 0; JsonContainerIsArray(array) && i < JsonContainerSize(array); i++)
	{
		JsonbValue *column = getIthJsonbValueFromContainer(array, i);
		JsonbValue *name;

		if (column->type != jbvBinary || !JsonContainerIsArray(column->val.binary.data))
			bad_request();
		name = getIthJsonbValueFromContainer(column->val.binary.data, 0);
		if (name == NULL || name->type != jbvString)
			bad_request();
		columns->names = lappend(columns->names,
								 makeString(pnstrdup(name->val.string.val, name->val.string.len)));
		columns->places = lappend_int(columns->places,
									  number_of(getIthJsonbValueFromContainer(column->val.binary.data, 1)));
		columns->typmods = lappend_int(columns->typmods,
									   number_of(getIthJsonbValueFromContainer(column->val.binary.data, 2)));
	}
}

/*
 * Which slices are this node's: the first, and how far they are from each other.
 */
static void
own_slices(int *first, int *step)
{
	const RsCluster *cluster = rs_cluster();
	ListCell   *lc;

	*first = 0;
	*step = 1;
	if (cluster == NULL)
		return;
	*step = Max(list_length(cluster->nodes), 1);
	foreach(lc, cluster->nodes)
		if (((RsNode *) lfirst(lc))->id == cluster->self)
			*first = foreach_current_index(lc);
}

/*
 * Runs in a subtransaction of the fragment's own; the leader's is the one around it.
 */
static void
unload_fragment(PlannedStmt *plan, const char *what)
{
	Jsonb	   *request = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(rs_staged_text(what))));
	RsUnloadColumns columns = {NIL, NIL, NIL};
	JsonbValue *value;
	char	   *target;
	char	   *options;
	int			first;
	int			step;
	RsUnloadGuard *guard;

	if (!JB_ROOT_IS_OBJECT(request))
		bad_request();
	value = member(&request->root, "target", jbvString);
	target = pnstrdup(value->val.string.val, value->val.string.len);
	value = member(&request->root, "options", jbvString);
	options = pnstrdup(value->val.string.val, value->val.string.len);
	read_columns(member(&request->root, "columns", jbvBinary)->val.binary.data, &columns);
	own_slices(&first, &step);
	guard = rs_unload_guard(GetCurrentTransactionNestLevel() - 1, target, options, first, step);
	rs_unload_prepare(guard, true);
	rs_unload_add_node(plan, target, options, true, &columns, guard->ledger);
	plan->planTree = make_node(plan->planTree, &report_scan_methods, file_targets(), guard->ledger);
}

/* ---------------------------------------------------------------------
 * At the leader
 * ---------------------------------------------------------------------
 */

static TupleTableSlot *
exec_collect(CustomScanState *node)
{
	RemoteState *state = (RemoteState *) node;

	for (;;)
	{
		TupleTableSlot *slot = ExecProcNode(linitial(node->custom_ps));
		RsUnloadFile file = {0};
		Datum	   *values;

		if (TupIsNull(slot))
			return NULL;
		slot_getallattrs(slot);
		values = slot->tts_values;
		file.slice = DatumGetInt32(values[FILE_SLICE]);
		file.part = DatumGetInt32(values[FILE_PART]);
		file.pid = DatumGetInt32(values[FILE_PID]);
		file.rows = DatumGetInt64(values[FILE_ROWS]);
		file.lines = DatumGetInt64(values[FILE_LINES]);
		file.bytes = DatumGetInt64(values[FILE_BYTES]);
		file.begun = DatumGetTimestampTz(values[FILE_BEGUN]);
		file.ended = DatumGetTimestampTz(values[FILE_ENDED]);
		rs_unload_ledger_enter(state->ledger, &file, TextDatumGetCString(values[FILE_URL]));
	}
}

static const CustomExecMethods collect_methods = {
	.CustomName = "RsUnloadCollect",
	.BeginCustomScan = begin_remote,
	.ExecCustomScan = exec_collect,
	.EndCustomScan = end_remote,
	.ReScanCustomScan = rescan_remote
};

static Node *
create_collect(CustomScan *scan)
{
	return create(&collect_methods);
}

static const CustomScanMethods collect_scan_methods = {
	.CustomName = "RsUnloadCollect",
	.CreateCustomScanState = create_collect
};

bool
rs_unload_is_for_nodes(const RsUnloadOptions *options)
{
	return options->parallel && !(options->clean_path && options->partition_by != NIL);
}

/*
 * The request, with the columns by their places among those that nodes give.
 */
static char *
request_of(const Plan *gather, const char *target, const char *options, const RsUnloadColumns *columns)
{
	StringInfoData text;
	ListCell   *name;
	ListCell   *place;
	ListCell   *typmod;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"target\": ");
	escape_json(&text, target);
	appendStringInfoString(&text, ", \"options\": ");
	escape_json(&text, options);
	appendStringInfoString(&text, ", \"columns\": [");
	forthree(name, columns->names, place, columns->places, typmod, columns->typmods)
	{
		const TargetEntry *entry = NULL;
		int			n = 0;
		ListCell   *lc;

		foreach(lc, gather->targetlist)
			if (!lfirst_node(TargetEntry, lc)->resjunk && ++n == lfirst_int(place))
				entry = lfirst(lc);
		if (entry == NULL)
			elog(ERROR, "the rows to be unloaded have no column %d", lfirst_int(place));
		if (foreach_current_index(name) > 0)
			appendStringInfoString(&text, ", ");
		appendStringInfoChar(&text, '[');
		escape_json(&text, strVal(lfirst(name)));
		appendStringInfo(&text, ", %d, %d]", castNode(Var, entry->expr)->varattno, lfirst_int(typmod));
	}
	appendStringInfoString(&text, "]}");
	return text.data;
}

bool
rs_unload_on_nodes(PlannedStmt *plan, const char *target, const char *options, const RsUnloadColumns *columns,
				   const RsUnloadLedger *ledger)
{
	Plan	   *gather = plan->planTree;
	char	   *name = psprintf("unload %s", rs_unload_ledger_name(ledger));

	if (!rs_gather_is_whole(gather) || !rs_gather_is_users(gather))
		return false;
	rs_route_text(rs_connections_open(rs_cluster()->nodes, GetUserId()), name,
				  request_of(gather, target, options, columns));
	rs_gather_redirect((CustomScan *) gather, psprintf("UNLOAD %s", quote_literal_cstr(name)), file_targets());
	plan->planTree = make_node(gather, &collect_scan_methods, NIL, ledger);
	return true;
}

void
rs_unload_remote_init(void)
{
	RegisterCustomScanMethods(&report_scan_methods);
	RegisterCustomScanMethods(&collect_scan_methods);
	rs_fragment_unload = unload_fragment;
}
