/*
 * plan.c
 *	  What is kept of a query's plan: its nodes in Redshift's words, and what they counted.
 *
 * The text has a line for each fact, its fields separated by tabs:
 *		T table, rows			that the statement changes
 *		M table					without statistics
 *		N depth, plan's costs (startup, total, rows, width), table, its name, rows given or
 *		  empty, rows read, bytes read, memory, spilled (t or f), skipping (t or f), line of
 *		  EXPLAIN, what stands below it
 *		C slice, rows, rows read, bytes read, memory, spilled, skipping, and, if they are known,
 *		  times since the statement's start (us): begun, first rows given, ended
 *								of the node before: its part there
 *		X input, from 0, or -1: changed rows, slice, rows given, bytes, rows received, bytes, times as above: begun, ended
 *								of the node before: rows that were moved before it
 * plan_nodes() and plan_steps() read it.  What a compute node did stands under its first slice,
 * what the leader of a cluster did under a number that is none.
 *
 * Describing costs about as much as a small query.  So a session spends no more than
 * 1/RS_PLAN_SHARE of its time on it, and has a credit when it begins.
 */
#include "postgres.h"

#include "core/settings.h"
#include "executor/execdesc.h"
#include "history/plan.h"
#include "history/plan_text.h"
#include "mpp/cluster/node.h"
#include "mpp/execute/gather.h"
#include "mpp/execute/stage_stats.h"
#include "mpp/plan/tree_describe.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "planner/explain_redshift.h"
#include "planner/plan_counts.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#define RS_PLAN_SHARE	200
#define FIRST_CREDIT	20000	/* us: some hundred descriptions */

/* The leader's, as Redshift has called it. */
#define LEADER_SLICE	6411

typedef struct Description
{
	StringInfoData text;
	PlannedStmt *planned;
	PlanState  *state;
	const RsPlanCounts *counts;
	TimestampTz start;			/* of the statement */
	bool		by_slice;		/* with lines C and X */
} Description;

static int64 credit = FIRST_CREDIT;

/* ---------------------------------------------------------------------
 * Counting
 * ---------------------------------------------------------------------
 */

/*
 * Nodes count the rows they give if they are told to, for some nanoseconds each.  The
 * vector engine counts them by the batch.  Compute nodes tell what their operations counted.
 */
void
rs_plan_count_rows(QueryDesc *desc)
{
	if (desc->instrument_options == 0 && credit > 0 && rs_plan_has_our_tables(desc->plannedstmt))
		desc->instrument_options = RS_INSTRUMENT_COUNTS;
}

/* ---------------------------------------------------------------------
 * The text
 * ---------------------------------------------------------------------
 */

/* A field: it has no tabs and line ends. */
static void
add_field(StringInfo text, const char *value)
{
	appendStringInfoChar(text, '\t');
	for (; value != NULL && *value != '\0'; value++)
		appendStringInfoChar(text, *value == '\t' || *value == '\n' ? ' ' : *value);
}

/*
 * The table that a node scans; of one on compute nodes the line has the name.
 */
static Oid
scanned_table(const RsExplainedNode *node, const PlannedStmt *planned)
{
	const char *name = node->plan == NULL ? strstr(node->line, "Seq Scan on ") : NULL;
	ListCell   *lc;

	if (name == NULL)
		return node->relid;
	name += strlen("Seq Scan on ");
	foreach(lc, planned->rtable)
	{
		const RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		const char *table = rte->rtekind == RTE_RELATION ? get_rel_name(rte->relid) : NULL;

		if (table == NULL)
			continue;
		table = quote_identifier(table);
		if (strncmp(name, table, strlen(table)) == 0 && name[strlen(table)] == ' ')
			return rte->relid;
	}
	return InvalidOid;
}

/*
 * The slice that a compute node's part stands under.
 */
static int
slice_of_node(int32 node)
{
	const RsCluster *cluster = rs_cluster();
	int			i;

	for (i = 0; cluster != NULL && i < cluster->nslices; i++)
		if (cluster->slice_nodes[i] == node)
			return i;
	return 0;
}

static void
add_time(Description *description, TimestampTz time)
{
	appendStringInfo(&description->text, "\t" INT64_FORMAT, Max(time - description->start, 0));
}

static void
add_counts(Description *description, int slice, const RsCounts *counts)
{
	appendStringInfo(&description->text, "C\t%d\t" UINT64_FORMAT "\t" UINT64_FORMAT "\t" UINT64_FORMAT "\t" UINT64_FORMAT
					 "\t%c\t%c", slice, counts->rows, counts->rows_read, counts->bytes_read, counts->memory,
					 counts->spilled ? 't' : 'f', counts->skips ? 't' : 'f');
	if (counts->started != 0)
	{
		add_time(description, counts->started);
		add_time(description, counts->ready);
		add_time(description, counts->ended);
	}
	appendStringInfoChar(&description->text, '\n');
}

static void
add_moves(Description *description, int input, const RsNodeMoves *moves)
{
	appendStringInfo(&description->text, "X\t%d\t%d\t" UINT64_FORMAT "\t" UINT64_FORMAT "\t" UINT64_FORMAT
					 "\t" UINT64_FORMAT, input, slice_of_node(moves->node), moves->rows, moves->bytes, moves->received_rows,
					 moves->received_bytes);
	if (moves->started != 0)
	{
		add_time(description, moves->started);
		add_time(description, moves->ended);
	}
	appendStringInfoChar(&description->text, '\n');
}

typedef struct Search
{
	const Plan *plan;
	PlanState  *found;
} Search;

static bool
find_state(PlanState *state, void *arg)
{
	Search	   *search = arg;

	if (state->plan != search->plan)
		return planstate_tree_walker(state, find_state, arg);
	search->found = state;
	return true;
}

/*
 * The gather that has a node's counts; NULL: it did not run.
 */
static CustomScanState *
gather_of(const Description *description, const RsExplainedNode *node)
{
	Search		search = {.plan = node->gather};

	if (node->gather == NULL || !find_state(description->state, &search) || !IsA(search.found, CustomScanState))
		return NULL;
	return (CustomScanState *) search.found;
}

/*
 * What a node did on compute nodes, or, for one of the leader's, here.
 */
static List *
counts_of(const Description *description, const RsExplainedNode *node, CustomScanState *gather, Oid relid)
{
	RsNodeCounts *here;
	const RsCounts *counts;

	if (node->described != NIL)
		return gather == NULL || RS_DESCRIBED_KEY(node->described)[0] == '\0' ? NIL :
			rs_gather_counts(gather, RS_DESCRIBED_STAGE(node->described), RS_DESCRIBED_KEY(node->described));
	counts = node->plan != NULL ? rs_plan_counts_of(description->counts, node->plan) : NULL;
	if (counts == NULL)
		return NIL;
	here = palloc(sizeof(RsNodeCounts));
	here->node = RS_LEADER_NODE;
	here->counts = *counts;
	if (node->is_read)
		here->counts.rows = counts->rows_read;
	else
		here->counts.rows_read = rs_rows_read(counts, relid);
	return list_make1(here);
}

static void
add_all_moves(Description *description, CustomScanState *gather, const RsExplainedNode *node)
{
	List	   *stages = node->described != NIL ? RS_DESCRIBED_MOVED(node->described) : list_make1_int(-1);
	ListCell   *lc;
	ListCell   *moves;

	if (node->changes)
		foreach(moves, rs_gather_moves(gather, -1))
			add_moves(description, RS_PLAN_CHANGED, lfirst(moves));

	foreach(lc, stages)
		if (node->described == NIL || lfirst_int(lc) >= 0)
			foreach(moves, rs_gather_moves(gather, lfirst_int(lc)))
				add_moves(description, foreach_current_index(lc), lfirst(moves));
}

static void
add_node(Description *description, const RsExplainedNode *node)
{
	StringInfo	text = &description->text;
	Oid			relid = scanned_table(node, description->planned);
	CustomScanState *gather = gather_of(description, node);
	List	   *parts = counts_of(description, node, gather, relid);
	RsCounts	total = {0};
	ListCell   *lc;

	foreach(lc, parts)
		rs_counts_add(&total, &((RsNodeCounts *) lfirst(lc))->counts);
	appendStringInfo(text, "N\t%d\t%.2f\t%.2f\t%.0f\t%d\t%u", node->depth, node->startup, node->total, node->rows,
					 node->width, relid);
	add_field(text, OidIsValid(relid) ? get_rel_name(relid) : "");
	if (parts != NIL)
		appendStringInfo(text, "\t" UINT64_FORMAT "\t" UINT64_FORMAT "\t" UINT64_FORMAT "\t" UINT64_FORMAT "\t%c\t%c",
						 total.rows, total.rows_read, total.bytes_read, total.memory, total.spilled ? 't' : 'f',
						 total.skips ? 't' : 'f');
	else
		appendStringInfoString(text, "\t\t\t\t\tf\tf");
	add_field(text, node->line);
	add_field(text, node->info);
	appendStringInfoChar(text, '\n');
	if (!description->by_slice)
		return;
	foreach(lc, parts)
	{
		const RsNodeCounts *part = lfirst(lc);

		add_counts(description, node->described != NIL ? slice_of_node(part->node) : rs_is_leader() ? LEADER_SLICE : 0,
				   &part->counts);
	}
	if (gather != NULL)
		add_all_moves(description, gather, node);
}

/*
 * The tables that it changes: where nodes do, the plan does not name them.
 */
static List *
targets_of(const PlannedStmt *planned)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, planned->resultRelations)
		targets = lappend_oid(targets, rt_fetch(lfirst_int(lc), planned->rtable)->relid);
	if (targets == NIL && planned->commandType != CMD_SELECT)
		foreach(lc, planned->rtable)
			if (lfirst_node(RangeTblEntry, lc)->rellockmode == RowExclusiveLock)
				targets = lappend_oid(targets, lfirst_node(RangeTblEntry, lc)->relid);
	return targets;
}

static char *
describe(QueryDesc *desc, TimestampTz start, bool by_slice)
{
	PlannedStmt *planned = desc->plannedstmt;
	RsExplainedPlan *explained = rs_explain_planned(planned);
	Description description = {.planned = planned, .state = desc->planstate, .start = start, .by_slice = by_slice};
	ListCell   *lc;

	initStringInfo(&description.text);
	description.counts = rs_plan_counts(desc->planstate);
	foreach(lc, targets_of(planned))
		appendStringInfo(&description.text, "T\t%u\t" UINT64_FORMAT "\n", lfirst_oid(lc), desc->estate->es_processed);
	foreach(lc, explained->without_statistics)
		appendStringInfo(&description.text, "M\t%u\n", lfirst_oid(lc));
	foreach(lc, explained->nodes)
		add_node(&description, lfirst(lc));
	return description.text.data;
}

static void
release(ResourceOwner owner, bool ok)
{
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_BEFORE_LOCKS, ok, false);
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_LOCKS, ok, false);
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_AFTER_LOCKS, ok, false);
	ResourceOwnerDelete(owner);
}

/*
 * The same; NULL, and a message in the log, for a plan that cannot be described: that must
 * not fail the user's query, which has had its answer.  No subtransaction, since compute
 * nodes would have one, too: what is described reads catalog caches alone, whose references
 * belong to a resource owner of its own.
 */
static char *
describe_safely(QueryDesc *desc, TimestampTz start)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner caller = CurrentResourceOwner;
	ResourceOwner owner = ResourceOwnerCreate(caller, "redshift history");
	char	   *volatile text = NULL;

	CurrentResourceOwner = owner;
	PG_TRY();
	{
		text = describe(desc, start, true);
		if (strlen(text) > RS_HISTORY_LONGEST_TEXT)
			text = describe(desc, start, false);
		CurrentResourceOwner = caller;
		release(owner, true);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		CurrentResourceOwner = caller;
		release(owner, false);
		if (error->sqlerrcode != ERRCODE_INTERNAL_ERROR)
			PG_RE_THROW();
		FlushErrorState();
		ereport(LOG,
				(errmsg("could not keep the plan of a statement in the history: %s", error->message)));
	}
	PG_END_TRY();
	return text;
}

char *
rs_plan_describe(QueryDesc *desc, TimestampTz start, MemoryContext context)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext work;
	instr_time	before;
	instr_time	after;
	char	   *text;

	if (!rs_plan_is_affordable() || desc->planstate == NULL)
		return NULL;
	INSTR_TIME_SET_CURRENT(before);
	work = AllocSetContextCreate(caller, "redshift history's plan", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work);
	text = describe_safely(desc, start);
	if (text != NULL && strlen(text) > RS_HISTORY_LONGEST_TEXT)
		text = NULL;
	if (text != NULL)
		text = MemoryContextStrdup(context, text);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	INSTR_TIME_SET_CURRENT(after);
	INSTR_TIME_SUBTRACT(after, before);
	rs_plan_spend_time(INSTR_TIME_GET_MICROSEC(after));
	return text;
}

bool
rs_plan_is_affordable(void)
{
	return credit > 0;
}

void
rs_plan_spend_time(int64 spent)
{
	credit -= spent;
}

void
rs_plan_grant_time(int64 worked)
{
	credit = Min(credit + worked / RS_PLAN_SHARE, FIRST_CREDIT);
}
