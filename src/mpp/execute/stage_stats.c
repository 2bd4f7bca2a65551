/*
 * stage_stats.c
 *	  What the stages of a distributed plan did, for EXPLAIN ANALYZE.
 *
 * Counts are sums over all runs of a stage (it runs again where a subplan is repeated) and
 * over all nodes.  Rows and bytes are moved if they went from one node to another: what a
 * node sends to itself is not.  A node that was not awaited to its end, since no more rows
 * were wanted, sends no report: then only what came from it is known.
 *
 * The plan shown of a node is that of its slowest run.
 */
#include "postgres.h"

#include "mpp/cluster/node.h"
#include "mpp/execute/stage_stats.h"
#include "utils/memutils.h"

typedef struct NodeStats
{
	int32		id;
	char	   *name;
	uint64		loops;
	uint64		rows;			/* that it gave or changed */
	uint64		sent_rows;		/* to other nodes */
	uint64		sent_bytes;
	uint64		kept_rows;		/* of an exchange: sent to itself */
	uint64		kept_bytes;
	uint64		received_rows;	/* from others, or from the leader */
	uint64		received_bytes;
	uint64		gathered_rows;	/* by the leader */
	uint64		gathered_bytes;
	uint64		time;			/* microseconds */
	uint64		planning;
	uint64		slowest;
	bool		ended_early;
	ExplainFormat format;
	char	   *plan;			/* of the slowest run; NULL: operations are counted */
	TimestampTz started;		/* its first run, 0: not known */
	TimestampTz stopped;		/* its last one */
	List	   *operations;		/* RsOperationCounts * */
} NodeStats;

struct RsStageStats
{
	MemoryContext context;
	bool		counts;			/* of operations, no plans */
	uint64		loops;
	List	   *nodes;			/* NodeStats * */
};

RsStageStats *
rs_stage_stats_create(bool counts)
{
	RsStageStats *stats = palloc0(sizeof(RsStageStats));

	stats->context = CurrentMemoryContext;
	stats->counts = counts;
	return stats;
}

/* ---------------------------------------------------------------------
 * Counting
 * ---------------------------------------------------------------------
 */

static const char *
name_of_node(int32 id)
{
	const RsCluster *cluster = rs_cluster();
	ListCell   *lc;

	if (cluster != NULL)
		foreach(lc, cluster->nodes)
			if (((RsNode *) lfirst(lc))->id == id)
				return ((RsNode *) lfirst(lc))->name;
	return psprintf("%d", id);
}

static NodeStats *
node_stats(RsStageStats *stats, int32 id)
{
	NodeStats  *node;
	ListCell   *lc;

	foreach(lc, stats->nodes)
		if (((NodeStats *) lfirst(lc))->id == id)
			return lfirst(lc);
	node = palloc0(sizeof(NodeStats));
	node->id = id;
	node->name = pstrdup(name_of_node(id));
	stats->nodes = lappend(stats->nodes, node);
	return node;
}

/*
 * Sums over runs.
 */
static void
add_operations(NodeStats *node, List *operations)
{
	ListCell   *lc;
	ListCell   *known;

	foreach(lc, operations)
	{
		RsOperationCounts *operation = lfirst(lc);

		foreach(known, node->operations)
			if (strcmp(((RsOperationCounts *) lfirst(known))->key, operation->key) == 0)
				break;
		if (known != NULL)
			rs_counts_add(&((RsOperationCounts *) lfirst(known))->counts, &operation->counts);
		else
			node->operations = lappend(node->operations, operation);
	}
}

static void
add_report(RsStageStats *stats, NodeStats *node, const RsReport *report, TimestampTz started)
{
	TimestampTz stopped = started + (TimestampTz) report->time;
	int			t;

	node->rows += report->rows;
	node->time += report->time;
	node->planning += report->planning;
	for (t = 0; t < report->ntargets; t++)
	{
		const RsReportTarget *target = &report->targets[t];
		NodeStats  *other = node_stats(stats, target->node);

		if (other == node)
		{
			node->kept_rows += target->rows;
			node->kept_bytes += target->bytes;
			continue;
		}
		node->sent_rows += target->rows;
		node->sent_bytes += target->bytes;
		other->received_rows += target->rows;
		other->received_bytes += target->bytes;
	}
	node->started = node->started == 0 ? started : Min(node->started, started);
	node->stopped = Max(node->stopped, stopped);
	if (stats->counts)
	{
		add_operations(node, rs_operations_read(pstrdup(report->plan), stopped));
		return;
	}
	if (node->plan != NULL && report->time <= node->slowest)
		return;
	if (node->plan != NULL)
		pfree(node->plan);
	node->slowest = report->time;
	node->format = report->format;
	node->plan = pstrdup(report->plan);
}

void
rs_stage_stats_add_fragment(RsStageStats *stats, const RsFragment *fragment)
{
	MemoryContext caller = MemoryContextSwitchTo(stats->context);
	int			n = rs_fragment_sources(fragment, NULL);
	RsSourceStats *sources = palloc((n + 1) * sizeof(RsSourceStats));
	int			i;

	(void) rs_fragment_sources(fragment, sources);
	stats->loops++;
	for (i = 0; i < n; i++)
	{
		NodeStats  *node = node_stats(stats, sources[i].node->id);

		node->loops++;
		node->gathered_rows += sources[i].rows;
		node->gathered_bytes += sources[i].bytes;
		if (sources[i].report != NULL)
			add_report(stats, node, sources[i].report, sources[i].started);
		else
		{
			node->rows += sources[i].rows;
			node->ended_early = true;
		}
	}
	pfree(sources);
	MemoryContextSwitchTo(caller);
}

void
rs_stage_stats_add_route(RsStageStats *stats, const RsRoute *route)
{
	MemoryContext caller = MemoryContextSwitchTo(stats->context);
	RsReportTarget *targets;
	int			n = rs_route_targets(route, &targets);
	int			i;

	stats->loops++;
	for (i = 0; i < n; i++)
	{
		NodeStats  *node = node_stats(stats, targets[i].node);

		node->loops++;
		node->received_rows += targets[i].rows;
		node->received_bytes += targets[i].bytes;
	}
	pfree(targets);
	MemoryContextSwitchTo(caller);
}

List *
rs_stage_stats_counts(const RsStageStats *stats, const char *key)
{
	List	   *result = NIL;
	ListCell   *lc;
	ListCell   *lo;

	foreach(lc, stats->nodes)
	{
		const NodeStats *node = lfirst(lc);

		foreach(lo, node->operations)
		{
			const RsOperationCounts *operation = lfirst(lo);
			RsNodeCounts *counts;

			if (strcmp(operation->key, key) != 0)
				continue;
			counts = palloc(sizeof(RsNodeCounts));
			counts->node = node->id;
			counts->counts = operation->counts;

			/* Else it is within its fragment. */
			if (counts->counts.started == 0)
			{
				counts->counts.started = node->started;
				counts->counts.ready = counts->counts.ended = node->stopped;
			}
			result = lappend(result, counts);
		}
	}
	return result;
}

List *
rs_stage_stats_moves(const RsStageStats *stats)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, stats->nodes)
	{
		const NodeStats *node = lfirst(lc);
		RsNodeMoves *moves = palloc0(sizeof(RsNodeMoves));

		moves->node = node->id;
		moves->rows = node->rows;
		moves->bytes = node->sent_bytes + node->kept_bytes + node->gathered_bytes;
		moves->received_rows = node->kept_rows + node->received_rows;
		moves->received_bytes = node->kept_bytes + node->received_bytes;
		moves->started = node->started;
		moves->ended = node->stopped;
		result = lappend(result, moves);
	}
	return result;
}

/* The sum over all nodes. */
static NodeStats
total_of(const RsStageStats *stats)
{
	NodeStats	total = {0};
	ListCell   *lc;

	foreach(lc, stats->nodes)
	{
		const NodeStats *node = lfirst(lc);

		total.rows += node->rows;
		total.sent_rows += node->sent_rows;
		total.sent_bytes += node->sent_bytes;
		total.received_rows += node->received_rows;
		total.received_bytes += node->received_bytes;
		total.gathered_rows += node->gathered_rows;
		total.gathered_bytes += node->gathered_bytes;
		total.ended_early |= node->ended_early;
	}
	return total;
}

static NodeStats *
slowest_node(const RsStageStats *stats)
{
	NodeStats  *slowest = NULL;
	ListCell   *lc;

	foreach(lc, stats->nodes)
	{
		NodeStats  *node = lfirst(lc);

		if (node->plan != NULL && (slowest == NULL || node->time > slowest->time))
			slowest = node;
	}
	return slowest;
}

/*
 * Milliseconds of the nodes that reported; false: none did.
 */
static bool
time_range(const RsStageStats *stats, double *least, double *most)
{
	bool		any = false;
	ListCell   *lc;

	*least = *most = 0;
	foreach(lc, stats->nodes)
	{
		const NodeStats *node = lfirst(lc);
		double		time = node->time / 1000.0;

		if (node->plan == NULL)
			continue;
		*least = any ? Min(*least, time) : time;
		*most = any ? Max(*most, time) : time;
		any = true;
	}
	return any;
}

/* ---------------------------------------------------------------------
 * Text
 * ---------------------------------------------------------------------
 */

#define KILOBYTES(bytes)	(((bytes) + 1023) / 1024)

static void
begin_line(ExplainState *es)
{
	appendStringInfoSpaces(es->str, es->indent * 2);
}

/* Text of several lines, at the present depth. */
static void
append_lines(const char *lines, ExplainState *es)
{
	while (*lines != '\0')
	{
		const char *end = strchrnul(lines, '\n');

		begin_line(es);
		appendBinaryStringInfo(es->str, lines, end - lines);
		appendStringInfoChar(es->str, '\n');
		lines = *end == '\0' ? end : end + 1;
	}
}

static void
explain_plan_text(const NodeStats *node, ExplainState *es)
{
	if (node == NULL || node->plan == NULL)
		return;
	begin_line(es);
	appendStringInfo(es->str, "Plan on %s:\n", node->name);
	es->indent++;
	append_lines(node->plan, es);
	es->indent--;
}

static void
explain_node_text(const NodeStats *node, RsStageKind kind, ExplainState *es)
{
	StringInfo	str = es->str;

	begin_line(es);
	appendStringInfo(str, "Node %s:", node->name);
	if (kind != RS_STAGE_SENT)
		appendStringInfo(str, " rows=" UINT64_FORMAT, node->rows);
	if (kind == RS_STAGE_EXCHANGE)
		appendStringInfo(str, " sent rows=" UINT64_FORMAT " sent=" UINT64_FORMAT "kB",
						 node->sent_rows, KILOBYTES(node->sent_bytes));
	if (kind == RS_STAGE_EXCHANGE || kind == RS_STAGE_SENT)
		appendStringInfo(str, " received rows=" UINT64_FORMAT " received=" UINT64_FORMAT "kB",
						 node->received_rows, KILOBYTES(node->received_bytes));
	else
		appendStringInfo(str, " gathered=" UINT64_FORMAT "kB", KILOBYTES(node->gathered_bytes));
	if (es->timing && node->plan != NULL)
		appendStringInfo(str, " time=%.3f planning=%.3f", node->time / 1000.0, node->planning / 1000.0);
	if (node->ended_early)
		appendStringInfoString(str, " ended early");
	appendStringInfoChar(str, '\n');
	explain_plan_text(node, es);
}

static void
explain_text(const RsStageStats *stats, RsStageKind kind, double rows, ExplainState *es)
{
	NodeStats	total = total_of(stats);
	StringInfo	str = es->str;
	double		least;
	double		most;
	ListCell   *lc;

	begin_line(es);
	switch (kind)
	{
		case RS_STAGE_EXCHANGE:
			appendStringInfo(str, "Rows: " UINT64_FORMAT, total.rows);
			break;
		case RS_STAGE_SENT:
			appendStringInfo(str, "Sent: " UINT64_FORMAT, total.received_rows);
			break;
		case RS_STAGE_GATHERED:
			appendStringInfo(str, "Gathered: " UINT64_FORMAT, total.gathered_rows);
			break;
		case RS_STAGE_CHANGED:
			appendStringInfo(str, "Changed: " UINT64_FORMAT "  Gathered: " UINT64_FORMAT, total.rows, total.gathered_rows);
			break;
	}
	if (es->costs && rows >= 0)
		appendStringInfo(str, " (estimated %.0f)", rows);
	if (kind == RS_STAGE_EXCHANGE)
		appendStringInfo(str, "  Moved: " UINT64_FORMAT, total.sent_rows);
	appendStringInfo(str, "  Bytes: " UINT64_FORMAT " kB",
					 KILOBYTES(kind == RS_STAGE_EXCHANGE ? total.sent_bytes :
							   kind == RS_STAGE_SENT ? total.received_bytes : total.gathered_bytes));
	if (es->timing && time_range(stats, &least, &most))
		appendStringInfo(str, "  Time: %.3f..%.3f ms", least, most);
	if (stats->loops > 1)
		appendStringInfo(str, "  Loops: " UINT64_FORMAT, stats->loops);
	if (total.ended_early)
		appendStringInfoString(str, "  Ended Early");
	appendStringInfoChar(str, '\n');
	es->indent++;
	if (es->verbose)
		foreach(lc, stats->nodes)
			explain_node_text(lfirst(lc), kind, es);
	else
		explain_plan_text(slowest_node(stats), es);
	es->indent--;
}

/* ---------------------------------------------------------------------
 * Formats that programs read
 * ---------------------------------------------------------------------
 */

/*
 * A node's plan, as one more member of the group that is open.  It was made as the first
 * of a group at depth 0.
 */
static void
explain_plan_member(const NodeStats *node, ExplainState *es)
{
	const char *lines = node->plan;

	if (lines == NULL)
		return;
	if (node->format != es->format)
	{
		ExplainPropertyText("Plan", lines, es);
		return;
	}
	switch (es->format)
	{
		case EXPLAIN_FORMAT_TEXT:
			break;
		case EXPLAIN_FORMAT_XML:
			append_lines(lines, es);
			break;
		case EXPLAIN_FORMAT_JSON:
			/* A property stands before it in the group. */
			appendStringInfoChar(es->str, ',');
			appendStringInfoChar(es->str, '\n');
			append_lines(lines + strspn(lines, "\n"), es);
			es->str->data[--es->str->len] = '\0';
			break;
		case EXPLAIN_FORMAT_YAML:
			appendStringInfoChar(es->str, '\n');
			append_lines(lines, es);
			es->str->data[--es->str->len] = '\0';
			break;
	}
}

static void
explain_counts(const NodeStats *stats, RsStageKind kind, bool node, ExplainState *es)
{
	if (kind != RS_STAGE_SENT)
		ExplainPropertyUInteger("Rows", NULL, stats->rows, es);
	if (kind == RS_STAGE_EXCHANGE)
	{
		ExplainPropertyUInteger(node ? "Sent Rows" : "Exchange Rows", NULL, stats->sent_rows, es);
		ExplainPropertyUInteger(node ? "Sent Bytes" : "Exchange Bytes", "B", stats->sent_bytes, es);
	}
	if (kind == RS_STAGE_SENT || (kind == RS_STAGE_EXCHANGE && node))
	{
		ExplainPropertyUInteger(node ? "Received Rows" : "Sent Rows", NULL, stats->received_rows, es);
		ExplainPropertyUInteger(node ? "Received Bytes" : "Sent Bytes", "B", stats->received_bytes, es);
	}
	if (kind == RS_STAGE_GATHERED || kind == RS_STAGE_CHANGED)
	{
		ExplainPropertyUInteger("Gathered Rows", NULL, stats->gathered_rows, es);
		ExplainPropertyUInteger("Gathered Bytes", "B", stats->gathered_bytes, es);
	}
	if (kind != RS_STAGE_SENT)
		ExplainPropertyBool("Ended Early", stats->ended_early, es);
}

static void
explain_members(const RsStageStats *stats, RsStageKind kind, double rows, ExplainState *es)
{
	NodeStats	total = total_of(stats);
	const NodeStats *slowest = slowest_node(stats);
	double		least;
	double		most;
	ListCell   *lc;

	ExplainPropertyUInteger("Loops", NULL, stats->loops, es);
	if (es->costs && rows >= 0)
		ExplainPropertyFloat("Estimated Rows", NULL, rows, 0, es);
	explain_counts(&total, kind, false, es);
	if (es->timing && time_range(stats, &least, &most))
	{
		ExplainPropertyFloat("Minimum Time", "ms", least, 3, es);
		ExplainPropertyFloat("Maximum Time", "ms", most, 3, es);
	}
	ExplainOpenGroup("Nodes", "Nodes", false, es);
	foreach(lc, stats->nodes)
	{
		const NodeStats *node = lfirst(lc);

		if (!es->verbose && node != slowest)
			continue;
		ExplainOpenGroup("Node", NULL, true, es);
		ExplainPropertyText("Node", node->name, es);
		explain_counts(node, kind, true, es);
		if (es->timing && node->plan != NULL)
		{
			ExplainPropertyFloat("Time", "ms", node->time / 1000.0, 3, es);
			ExplainPropertyFloat("Planning Time", "ms", node->planning / 1000.0, 3, es);
		}
		explain_plan_member(node, es);
		ExplainCloseGroup("Node", NULL, true, es);
	}
	ExplainCloseGroup("Nodes", "Nodes", false, es);
}

void
rs_explain_stage(const RsStageStats *stats, RsStageKind kind, double rows, ExplainState *es)
{
	/* Estimated for one run; what was counted is of all. */
	rows *= Max(stats->loops, 1);
	if (es->format != EXPLAIN_FORMAT_TEXT)
		explain_members(stats, kind, rows, es);
	else if (stats->loops > 0)
		explain_text(stats, kind, rows, es);
}

void
rs_explain_stage_totals(const List *stats, const List *kinds, ExplainState *es)
{
	uint64		exchange_rows = 0;
	uint64		exchange_bytes = 0;
	uint64		gathered_rows = 0;
	uint64		gathered_bytes = 0;
	uint64		sent_rows = 0;
	uint64		sent_bytes = 0;
	ListCell   *lc;
	ListCell   *kind;

	if (es->format == EXPLAIN_FORMAT_TEXT)
		return;
	forboth(lc, stats, kind, kinds)
	{
		NodeStats	total = total_of(lfirst(lc));

		if (lfirst_int(kind) == RS_STAGE_EXCHANGE)
		{
			exchange_rows += total.sent_rows;
			exchange_bytes += total.sent_bytes;
		}
		else if (lfirst_int(kind) == RS_STAGE_SENT)
		{
			sent_rows += total.received_rows;
			sent_bytes += total.received_bytes;
		}
		else
		{
			gathered_rows += total.gathered_rows;
			gathered_bytes += total.gathered_bytes;
		}
	}
	ExplainPropertyUInteger("Exchange Rows", NULL, exchange_rows, es);
	ExplainPropertyUInteger("Exchange Bytes", "B", exchange_bytes, es);
	ExplainPropertyUInteger("Gathered Rows", NULL, gathered_rows, es);
	ExplainPropertyUInteger("Gathered Bytes", "B", gathered_bytes, es);
	ExplainPropertyUInteger("Sent Rows", NULL, sent_rows, es);
	ExplainPropertyUInteger("Sent Bytes", "B", sent_bytes, es);
}
