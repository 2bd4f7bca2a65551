/*
 * plan_steps.c
 *	  A query's plan, as plan.c keeps it, as steps.
 *
 * Redshift runs a plan as steps: a segment is a chain of them that one process of a slice runs,
 * from a scan up to what keeps rows or sends them elsewhere (hash, aggr, sort, dist, bcast,
 * return).  A stream is of segments that run at once: each comes after those that it waits for.
 * Here the steps are those that Redshift's manual names for the nodes.
 *
 * What a step did on each slice is what its node counted there; for those that send rows or read
 * sent ones, what was moved.  A step that keeps its rows runs until it gives the first, and is
 * read from then on by the scan behind it.
 */
#include "postgres.h"

#include "funcapi.h"
#include "history/plan_text.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* Which of the counts that go with a node are a step's. */
typedef enum StepSource
{
	OF_NODE,					/* that it gave */
	UNTIL_READY,				/* ... of one that keeps its rows, */
	FROM_READY,					/* and of what reads them */
	SENT,						/* of its input */
	RECEIVED,
	OF_STATEMENT				/* rows of the statement */
} StepSource;

typedef struct Step
{
	int			segment;
	int			step;
	const PlanLine *node;			/* whose counts it shows; NULL: of none */
	StepSource	source;
	const PlanLine *mover;			/* of SENT and RECEIVED: the node with the moves, */
	int			input;			/* ... and of which of its inputs */
	const char *name;
	int64		table;
	const char *table_name;
	const char *attribute;
	char	   *rows;			/* empty: not known */
	List	   *parts;			/* Part * */
} Step;

/* Of a step on one slice. */
typedef struct Part
{
	int			slice;
	bool		known;			/* are the counts? */
	int64		rows;
	int64		bytes;			/* -1: by the rows' width */
	int64		rows_read;
	int64		bytes_read;
	int64		memory;
	bool		spilled;
	bool		skips;
	int64		started;		/* -1: not known */
	int64		ended;
} Part;

typedef struct Steps
{
	PlanText	plan;
	List	   *steps;
	List	   *streams;		/* by segment */
	List	   *lengths;
	int			worktables;
} Steps;

/* Tables that exist while a query runs have numbers of three digits. */
#define FIRST_WORKTABLE		200

PG_FUNCTION_INFO_V1(rs_plan_steps);

static int	add_node(Steps *steps, const PlanLine *node);

/* ---------------------------------------------------------------------
 * Segments
 * ---------------------------------------------------------------------
 */

static int
begin_segment(Steps *steps, int stream)
{
	steps->streams = lappend_int(steps->streams, stream);
	steps->lengths = lappend_int(steps->lengths, 0);
	return list_length(steps->streams) - 1;
}

static int
stream_of(const Steps *steps, int segment)
{
	return list_nth_int(steps->streams, segment);
}

/* A segment waits for another, or for what it has sent. */
static void
wait_for(Steps *steps, int segment, int before)
{
	ListCell   *cell = list_nth_cell(steps->streams, segment);

	lfirst_int(cell) = Max(lfirst_int(cell), stream_of(steps, before) + 1);
}

static Step *
add_step(Steps *steps, int segment, const char *name, const PlanLine *node)
{
	ListCell   *length = list_nth_cell(steps->lengths, segment);
	Step	   *step = palloc0(sizeof(Step));

	step->segment = segment;
	step->step = lfirst_int(length)++;
	step->name = name;
	step->node = node;
	step->rows = node != NULL ? node->fields[ROWS] : "";
	steps->steps = lappend(steps->steps, step);
	return step;
}

static Step *
add_worktable_step(Steps *steps, int segment, const char *name, const PlanLine *node)
{
	Step	   *step = add_step(steps, segment, name, node);

	step->table = FIRST_WORKTABLE + steps->worktables++;
	return step;
}

/*
 * Behind a step that keeps its rows: a segment that reads them.
 */
static int
read_worktable(Steps *steps, int before, const Step *kept, int stream)
{
	int			segment = begin_segment(steps, stream);
	Step	   *scan = add_step(steps, segment, "scan", kept->node);

	scan->table = kept->table;
	scan->table_name = kept->table > 0 ? "Internal Worktable" : "Network";
	scan->rows = kept->rows;
	scan->source = kept->source == UNTIL_READY ? FROM_READY : kept->source == SENT ? RECEIVED : kept->source;
	scan->mover = kept->mover;
	scan->input = kept->input;
	return segment;
}

/*
 * What is a segment's next step, and then goes on in a segment of its own.
 */
static int
add_keeping_step(Steps *steps, int segment, const char *name, const PlanLine *node)
{
	Step	   *kept = add_worktable_step(steps, segment, name, node);

	kept->source = UNTIL_READY;
	return read_worktable(steps, segment, kept, stream_of(steps, segment) + 1);
}

/* Rows go to other slices, before they are an input of the mover. */
static int
add_network_step(Steps *steps, int segment, const char *name, const PlanLine *node, const PlanLine *mover, int input)
{
	Step	   *sent = add_step(steps, segment, name, node);

	if (mover->moves != NIL)
		sent->source = SENT;
	sent->mover = mover;
	sent->input = input;
	return read_worktable(steps, segment, sent, stream_of(steps, segment));
}

static PlanLine *
child(const PlanLine *node, int i)
{
	return i < list_length(node->children) ? list_nth(node->children, i) : NULL;
}

/* ---------------------------------------------------------------------
 * Nodes as steps
 * ---------------------------------------------------------------------
 */

static int
add_scan(Steps *steps, const PlanLine *node)
{
	int			segment = begin_segment(steps, 0);
	Step	   *scan = add_step(steps, segment, "scan", node);

	scan->table = strtoul(node->fields[RELATION], NULL, 10);
	scan->table_name = node->fields[RELATION_NAME];
	(void) add_step(steps, segment, "project", node);
	return segment;
}

static int
add_join(Steps *steps, const PlanLine *node)
{
	const PlanLine *outer = child(node, 0);
	const PlanLine *inner = child(node, 1);
	bool		hash = rs_begins_with(node->name, "Hash");
	bool		loop = rs_begins_with(node->name, "Nested Loop");
	int			outer_segment;
	int			inner_segment;
	const Step *read;
	Step	   *kept;

	if (inner == NULL)
		return outer == NULL ? add_scan(steps, node) : add_node(steps, outer);
	if ((rs_begins_with(inner->name, "Hash  (") || strcmp(inner->name, "Hash") == 0 ||
		 rs_begins_with(inner->name, "Materialize")) &&
		child(inner, 0) != NULL)
		inner = child(inner, 0);
	inner_segment = add_node(steps, inner);
	if (strstr(node->name, "DS_BCAST_INNER") != NULL)
		inner_segment = add_network_step(steps, inner_segment, "bcast", inner, node, 1);
	else if (strstr(node->name, "DS_DIST_INNER") != NULL || strstr(node->name, "DS_DIST_BOTH") != NULL ||
			 strstr(node->name, "DS_DIST_ALL_INNER") != NULL)
		inner_segment = add_network_step(steps, inner_segment, "dist", inner, node, 1);
	read = llast(steps->steps);
	kept = add_worktable_step(steps, inner_segment, hash ? "hash" : "save", inner);
	if (read->source == RECEIVED)
	{
		kept->source = RECEIVED;
		kept->mover = node;
		kept->input = 1;
	}
	outer_segment = add_node(steps, outer);
	if (strstr(node->name, "DS_DIST_OUTER") != NULL || strstr(node->name, "DS_DIST_BOTH") != NULL)
		outer_segment = add_network_step(steps, outer_segment, "dist", outer, node, 0);
	wait_for(steps, outer_segment, inner_segment);
	add_step(steps, outer_segment, hash ? "hjoin" : loop ? "nloop" : "mjoin", node)->table = kept->table;
	(void) add_step(steps, outer_segment, "project", node);
	return outer_segment;
}

/*
 * Several inputs: each is kept, and read behind the last.
 */
static int
add_append(Steps *steps, const PlanLine *node)
{
	int			segment = begin_segment(steps, 0);
	Step	   *scan = add_step(steps, segment, "scan", node);
	ListCell   *lc;

	scan->table = FIRST_WORKTABLE + steps->worktables++;
	scan->table_name = "Internal Worktable";
	foreach(lc, node->children)
	{
		int			input = add_node(steps, lfirst(lc));

		add_step(steps, input, "save", lfirst(lc))->table = scan->table;
		wait_for(steps, segment, input);
	}
	return segment;
}

/*
 * Nodes with one input.
 */
static int
add_simple(Steps *steps, const PlanLine *node, int segment)
{
	if (rs_begins_with(node->name, "Network"))
		return add_network_step(steps, segment, strcmp(node->fields[BELOW], "Broadcast") == 0 ? "bcast" :
								strcmp(node->fields[BELOW], "Distribute") == 0 ? "dist" : "return", node, node, 0);
	if (rs_begins_with(node->name, "Aggregate"))
	{
		int			next = add_keeping_step(steps, segment, "aggr", node);

		((Step *) list_nth(steps->steps, list_length(steps->steps) - 2))->attribute = "PLAIN";
		return next;
	}
	if (rs_begins_with(node->name, "GroupAggregate") || rs_begins_with(node->name, "HashAggregate"))
	{
		int			next = add_keeping_step(steps, segment, "aggr", node);

		((Step *) list_nth(steps->steps, list_length(steps->steps) - 2))->attribute =
			node->name[0] == 'H' ? "HASHED" : "SORTED";
		return next;
	}
	if (rs_begins_with(node->name, "Sort"))
		return add_keeping_step(steps, segment, "sort", node);
	if (rs_begins_with(node->name, "Unique") || rs_begins_with(node->name, "SetOp"))
		return add_keeping_step(steps, segment, "unique", node);
	if (rs_begins_with(node->name, "Materialize"))
		return add_keeping_step(steps, segment, "save", node);
	if (rs_begins_with(node->name, "Window"))
		(void) add_worktable_step(steps, segment, "window", node);
	else if (rs_begins_with(node->name, "Merge"))
		(void) add_step(steps, segment, "merge", node);
	else if (rs_begins_with(node->name, "Limit"))
		(void) add_step(steps, segment, "limit", node);
	else
		(void) add_step(steps, segment, "project", node);
	return segment;
}

/*
 * A node's steps, behind those of its inputs; the segment that gives its rows.
 */
static int
add_node(Steps *steps, const PlanLine *node)
{
	int			inputs = 1;
	int			segment;
	int			i;

	check_stack_depth();
	if (strstr(node->name, " Join ") != NULL || rs_begins_with(node->name, "Nested Loop"))
		return add_join(steps, node);
	if (rs_begins_with(node->name, "Append") || (rs_begins_with(node->name, "Merge") && list_length(node->children) > 1))
		return add_append(steps, node);
	if (strstr(node->name, "Scan") != NULL && !rs_begins_with(node->name, "Subquery Scan"))
		inputs = 0;
	/* Subplans that it needs. */
	for (i = inputs; i < list_length(node->children); i++)
		(void) add_worktable_step(steps, add_node(steps, child(node, i)), "save", child(node, i));
	if (inputs == 0 || node->children == NIL)
		return add_scan(steps, node);
	segment = add_node(steps, child(node, 0));
	return add_simple(steps, node, segment);
}

/*
 * At the end rows go to the client, or into a table.
 */
static void
add_last_step(Steps *steps, int segment, const char *name, Oid table, char *rows)
{
	Step	   *step = add_step(steps, segment, name, linitial(steps->plan.nodes));

	step->table = table;
	step->source = OF_STATEMENT;
	step->rows = rows;
}

static void
add_end(Steps *steps, int segment, const char *type, char *rows)
{
	Oid			target = steps->plan.targets != NIL ? linitial_oid(steps->plan.targets) : InvalidOid;

	if (strcmp(type, "DELETE") == 0 || strcmp(type, "UPDATE") == 0)
		add_last_step(steps, segment, "delete", target, steps->plan.changed != NULL ? steps->plan.changed : rows);
	if (strcmp(type, "INSERT") == 0 || strcmp(type, "UPDATE") == 0 || strcmp(type, "CTAS") == 0)
		add_last_step(steps, segment, "insert", target, rows);
	if (strcmp(type, "SELECT") == 0 || strcmp(type, "UNLOAD") == 0)
		add_last_step(steps, segment, "return", InvalidOid, rows);
}

/* ---------------------------------------------------------------------
 * Parts
 * ---------------------------------------------------------------------
 */

static Part *
add_part(Step *step, int slice)
{
	Part	   *part = palloc0(sizeof(Part));

	part->slice = slice;
	part->known = true;
	part->bytes = part->started = part->ended = -1;
	step->parts = lappend(step->parts, part);
	return part;
}

static void
add_parts_of_node(Step *step)
{
	ListCell   *lc;

	foreach(lc, step->node->counts)
	{
		const PlanCounts *counts = lfirst(lc);
		Part	   *part = add_part(step, counts->slice);

		part->rows = counts->rows;
		part->rows_read = counts->rows_read;
		part->bytes_read = counts->bytes_read;
		part->memory = counts->memory;
		part->spilled = counts->spilled;
		part->skips = counts->skips;
		part->started = step->source == FROM_READY ? counts->ready : counts->started;
		part->ended = step->source == UNTIL_READY ? counts->ready : counts->ended;
	}
}

/*
 * Rows come as long as any slice sends some.
 */
static void
sending_time(const Step *step, int64 *started, int64 *ended)
{
	ListCell   *lc;

	*started = *ended = -1;
	foreach(lc, step->mover->moves)
	{
		const PlanMoves *moves = lfirst(lc);

		if (moves->input != step->input || moves->started < 0)
			continue;
		*started = *started < 0 ? moves->started : Min(*started, moves->started);
		*ended = Max(*ended, moves->ended);
	}
}

static void
add_moved_parts(Step *step)
{
	int64		started;
	int64		ended;
	ListCell   *lc;

	sending_time(step, &started, &ended);

	/* What the leader gathers it has counted itself. */
	if (step->source == RECEIVED && step->mover->counts != NIL && step->mover == step->node)
	{
		add_parts_of_node(step);
		foreach(lc, step->parts)
		{
			((Part *) lfirst(lc))->started = started;
			((Part *) lfirst(lc))->ended = ended;
		}
		return;
	}
	foreach(lc, step->mover->moves)
	{
		const PlanMoves *moves = lfirst(lc);
		Part	   *part;

		if (moves->input != step->input)
			continue;
		part = add_part(step, moves->slice);
		part->rows = part->rows_read = step->source == SENT ? moves->rows : moves->received_rows;
		part->bytes = step->source == SENT ? moves->bytes : moves->received_bytes;
		part->started = step->source == SENT ? moves->started : started;
		part->ended = step->source == SENT ? moves->ended : ended;
	}
}

/*
 * What is known of the step as a whole only.
 */
static void
add_whole_part(Steps *steps, Step *step)
{
	const PlanLine *top = linitial(steps->plan.nodes);
	Part	   *part = add_part(step, 0);

	/* It ends where the top of the plan runs. */
	if (step->source == OF_STATEMENT && list_length(top->counts) == 1)
		part->slice = ((PlanCounts *) linitial(top->counts))->slice;
	part->known = step->rows[0] != '\0';
	part->rows = strtoll(step->rows, NULL, 10);
	if (step->source == OF_STATEMENT || step->node == NULL)
	{
		part->rows_read = part->rows;
		return;
	}
	(void) rs_plan_field(step->node, ROWS_READ, &part->rows_read);
	(void) rs_plan_field(step->node, BYTES_READ, &part->bytes_read);
	(void) rs_plan_field(step->node, MEMORY, &part->memory);
	part->spilled = step->node->fields[SPILLED][0] == 't';
	part->skips = step->node->fields[SKIPS][0] == 't';
}

/*
 * Rows that nodes changed.
 */
static void
add_changed_parts(Step *step)
{
	ListCell   *lc;

	foreach(lc, step->node->moves)
	{
		const PlanMoves *moves = lfirst(lc);
		Part	   *part;

		if (moves->input != RS_PLAN_CHANGED)
			continue;
		part = add_part(step, moves->slice);
		part->rows = part->rows_read = moves->rows;
		part->started = moves->started;
		part->ended = moves->ended;
	}
}

static void
add_parts(Steps *steps, Step *step)
{
	if (step->source == OF_STATEMENT)
		add_changed_parts(step);
	else if (step->source == SENT || step->source == RECEIVED)
		add_moved_parts(step);
	else if (step->node != NULL)
		add_parts_of_node(step);
	if (step->parts == NIL)
		add_whole_part(steps, step);
}

/*
 * When a segment ran on a slice; what sends its rows began to do so as soon as it was there.
 */
static void
segment_time(const Steps *steps, int segment, int slice, int64 *started, int64 *ended)
{
	int64		first_sent = -1;
	ListCell   *lc;
	ListCell   *lp;

	*started = *ended = -1;
	foreach(lc, steps->steps)
	{
		const Step *step = lfirst(lc);

		foreach(lp, step->segment == segment ? step->parts : NIL)
		{
			const Part *part = lfirst(lp);

			if (part->slice != slice || part->started < 0)
				continue;
			if (step->source == SENT)
				first_sent = part->started;
			else
				*started = *started < 0 ? part->started : Min(*started, part->started);
			*ended = Max(*ended, part->ended);
		}
	}
	if (*started < 0)
		*started = first_sent;
}

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

static bool
keeps_rows(const Step *step)
{
	static const char *const names[] = {"hash", "aggr", "sort", "unique", "window", "save"};
	int			i;

	for (i = 0; i < lengthof(names); i++)
		if (strcmp(step->name, names[i]) == 0)
			return true;
	return false;
}

static int64
bytes_of(const Step *step, const Part *part)
{
	if (part->bytes >= 0)
		return part->bytes;
	return step->node == NULL ? 0 : part->rows * atoi(step->node->fields[WIDTH]);
}

/*
 * longest: the segment's on any slice; average: on all of them.
 */
static void
put_step(ReturnSetInfo *result, const Steps *steps, const Step *step, const Part *part, int64 started, int64 ended,
		 int64 longest, int64 average)
{
	bool		scan = strcmp(step->name, "scan") == 0 && step->table >= 1000;
	bool		keeps = step->node != NULL && keeps_rows(step);
	Datum		values[19];
	bool		nulls[19] = {0};

	values[0] = Int32GetDatum(stream_of(steps, step->segment));
	values[1] = Int32GetDatum(step->segment);
	values[2] = Int32GetDatum(step->step);
	values[3] = Int32GetDatum(step->node == NULL ? 0 : step->node->number);
	values[4] = CStringGetTextDatum(step->name);
	values[5] = Int32GetDatum((int32) step->table);
	values[6] = CStringGetTextDatum(step->table_name != NULL ? step->table_name : "");
	values[7] = Int32GetDatum(part->slice);
	values[8] = Int64GetDatum(part->rows);
	values[9] = Int64GetDatum(bytes_of(step, part));
	nulls[8] = nulls[9] = !part->known;
	values[10] = Int64GetDatum(part->rows_read);
	values[11] = Int64GetDatum(part->bytes_read);
	nulls[10] = nulls[11] = !scan || !part->known;
	values[12] = Int64GetDatum(keeps ? part->memory : 0);
	values[13] = BoolGetDatum(keeps ? part->spilled : scan && part->skips);
	nulls[14] = step->attribute == NULL;
	if (!nulls[14])
		values[14] = CStringGetTextDatum(step->attribute);
	values[15] = Int64GetDatum(started);
	values[16] = Int64GetDatum(ended);
	nulls[15] = nulls[16] = started < 0;
	values[17] = Int64GetDatum(longest);
	values[18] = Int64GetDatum(average);
	nulls[17] = nulls[18] = longest < 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_slices(ReturnSetInfo *result, const Steps *steps, const Step *step)
{
	ListCell   *lc;

	foreach(lc, step->parts)
	{
		const Part *part = lfirst(lc);
		int64		started;
		int64		ended;
		int64		elapsed;

		segment_time(steps, step->segment, part->slice, &started, &ended);
		elapsed = started < 0 ? -1 : ended - started;
		put_step(result, steps, step, part, started, ended, elapsed, elapsed);
	}
}

static void
put_whole(ReturnSetInfo *result, const Steps *steps, const Step *step)
{
	Part		whole = {.started = -1,.ended = -1,.known = true};
	int64		longest = -1;
	int64		sum = 0;
	int			n = 0;
	ListCell   *lc;

	foreach(lc, step->parts)
	{
		const Part *part = lfirst(lc);
		int64		started;
		int64		ended;

		whole.known &= part->known;
		whole.rows += part->rows;
		whole.bytes += bytes_of(step, part);
		whole.rows_read += part->rows_read;
		whole.bytes_read += part->bytes_read;
		whole.memory = Max(whole.memory, part->memory);
		whole.spilled |= part->spilled;
		whole.skips |= part->skips;
		segment_time(steps, step->segment, part->slice, &started, &ended);
		if (started < 0)
			continue;
		whole.started = whole.started < 0 ? started : Min(whole.started, started);
		whole.ended = Max(whole.ended, ended);
		longest = Max(longest, ended - started);
		sum += ended - started;
		n++;
	}
	put_step(result, steps, step, &whole, whole.started, whole.ended, longest, n > 0 ? sum / n : -1);
}

/*
 * plan_steps(plan, type of the statement, rows that it gave or changed, whether each slice has
 * a row).
 */
Datum
rs_plan_steps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Steps		steps = {.plan = rs_plan_text_read(text_to_cstring(PG_GETARG_TEXT_PP(0)))};
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (steps.plan.nodes == NIL)
		return (Datum) 0;
	add_end(&steps, add_node(&steps, linitial(steps.plan.nodes)), text_to_cstring(PG_GETARG_TEXT_PP(1)),
			psprintf(INT64_FORMAT, PG_GETARG_INT64(2)));
	foreach(lc, steps.steps)
		add_parts(&steps, lfirst(lc));
	foreach(lc, steps.steps)
	{
		if (PG_GETARG_BOOL(3))
			put_slices(result, &steps, lfirst(lc));
		else
			put_whole(result, &steps, lfirst(lc));
	}
	return (Datum) 0;
}
