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
 * plan_nodes() and plan_steps() read it.
 *
 * Describing costs about as much as a small query.  So a session spends no more than
 * 1/RS_PLAN_SHARE of its time on it, and has a credit when it begins.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "executor/execdesc.h"
#include "executor/instrument.h"
#include "history/plan.h"
#include "mpp/cluster/node.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "planner/explain_redshift.h"
#include "planner/planner.h"
#include "planner/vector_stats.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

#define RS_PLAN_SHARE	200
#define FIRST_CREDIT	20000	/* us: some hundred descriptions */

typedef struct Counted
{
	bool		known;
	double		rows;
	uint64		rows_read;
	uint64		bytes_read;
	uint64		memory;
	bool		spilled;
	bool		skips;
} Counted;

typedef struct Counts
{
	int			n;
	Counted    *nodes;			/* by plan_node_id */
} Counts;

static int64 credit = FIRST_CREDIT;

/* ---------------------------------------------------------------------
 * Counting
 * ---------------------------------------------------------------------
 */

/*
 * Nodes count the rows they give if they are told to, for some nanoseconds each.  The
 * vector engine counts them by the batch.  Compute nodes would explain their fragments.
 */
void
rs_plan_count_rows(QueryDesc *desc)
{
	if (desc->instrument_options == 0 && credit > 0 && rs_plan_has_our_tables(desc->plannedstmt) && !rs_is_leader())
		desc->instrument_options |= INSTRUMENT_ROWS;
}

static Counted *
counted(Counts *counts, const Plan *plan)
{
	return plan->plan_node_id >= 0 && plan->plan_node_id < counts->n ? &counts->nodes[plan->plan_node_id] : NULL;
}

static void
count_operator(const Plan *plan, const RsOperatorStats *stats, void *arg)
{
	Counted    *node = counted(arg, plan);

	if (node == NULL)
		return;
	node->known = true;
	node->rows = stats->rows;
	node->memory = stats->memory;
	node->spilled = stats->spilled > 0;
	node->skips = stats->read.groups_skipped > 0;
	node->bytes_read = stats->read.bytes_read;
	node->rows_read = stats->read.row_blocks * 8192;
}

static bool
count_node(PlanState *state, void *arg)
{
	Counted    *node = counted(arg, state->plan);

	if (node != NULL && state->instrument != NULL)
	{
		node->known = true;
		node->rows = state->instrument->ntuples + state->instrument->tuplecount;
	}
	if (IsA(state, CustomScanState))
		rs_vector_visit_stats((CustomScanState *) state, count_operator, arg);
	return planstate_tree_walker(state, count_node, arg);
}

/* How many numbers the nodes have, those inside of the vector engine's node too. */
static int
count_numbers(const RsExplainedPlan *explained)
{
	int			n = 0;
	ListCell   *lc;

	foreach(lc, explained->nodes)
	{
		const RsExplainedNode *node = lfirst(lc);

		if (node->plan != NULL)
			n = Max(n, node->plan->plan_node_id + 1);
	}
	return n;
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
 * Rows that blocks had which were read, at most those of the table as far as that is known.
 */
static double
rows_read(const Counted *node, Oid relid)
{
	HeapTuple	tuple = OidIsValid(relid) ? SearchSysCache1(RELOID, ObjectIdGetDatum(relid)) : NULL;
	double		rows = 0;

	if (HeapTupleIsValid(tuple))
	{
		float4		all = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;

		if (all >= 0)
			rows = Min((double) node->rows_read, all);
		ReleaseSysCache(tuple);
	}
	return Max(rows, node->rows);
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

static void
add_node(StringInfo text, const RsExplainedNode *node, const PlannedStmt *planned, Counts *counts)
{
	const Counted *count = node->plan != NULL ? counted(counts, node->plan) : NULL;
	Oid			relid = scanned_table(node, planned);

	appendStringInfo(text, "N\t%d\t%.2f\t%.2f\t%.0f\t%d\t%u", node->depth, node->startup, node->total, node->rows,
					 node->width, relid);
	add_field(text, OidIsValid(relid) ? get_rel_name(relid) : "");
	if (count != NULL && count->known)
		appendStringInfo(text, "\t%.0f\t%.0f\t" UINT64_FORMAT "\t" UINT64_FORMAT "\t%c\t%c", count->rows,
						 rows_read(count, relid), count->bytes_read, count->memory,
						 count->spilled ? 't' : 'f', count->skips ? 't' : 'f');
	else
		appendStringInfoString(text, "\t\t\t\t\tf\tf");
	add_field(text, node->line);
	add_field(text, node->info);
	appendStringInfoChar(text, '\n');
}

static char *
describe(QueryDesc *desc)
{
	PlannedStmt *planned = desc->plannedstmt;
	RsExplainedPlan *explained = rs_explain_planned(planned);
	Counts		counts = {0};
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	counts.n = count_numbers(explained);
	counts.nodes = palloc0(Max(counts.n, 1) * sizeof(Counted));
	(void) count_node(desc->planstate, &counts);
	foreach(lc, planned->resultRelations)
		appendStringInfo(&text, "T\t%u\t" UINT64_FORMAT "\n", rt_fetch(lfirst_int(lc), planned->rtable)->relid,
						 desc->estate->es_processed);
	foreach(lc, explained->without_statistics)
		appendStringInfo(&text, "M\t%u\n", lfirst_oid(lc));
	foreach(lc, explained->nodes)
		add_node(&text, lfirst(lc), planned, &counts);
	return text.data;
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
describe_safely(QueryDesc *desc)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner caller = CurrentResourceOwner;
	ResourceOwner owner = ResourceOwnerCreate(caller, "redshift history");
	char	   *volatile text = NULL;

	CurrentResourceOwner = owner;
	PG_TRY();
	{
		text = describe(desc);
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
rs_plan_describe(QueryDesc *desc, MemoryContext context)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext work;
	instr_time	start;
	instr_time	end;
	char	   *text;

	if (!rs_plan_is_affordable() || desc->planstate == NULL)
		return NULL;
	INSTR_TIME_SET_CURRENT(start);
	work = AllocSetContextCreate(caller, "redshift history's plan", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work);
	text = describe_safely(desc);
	if (text != NULL)
		text = MemoryContextStrdup(context, text);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	rs_plan_spend_time(INSTR_TIME_GET_MICROSEC(end));
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
