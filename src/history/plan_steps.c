/*
 * plan_steps.c
 *	  A query's plan, as plan.c keeps it, as nodes and as steps.
 *
 * Redshift runs a plan as steps: a segment is a chain of them that one process of a slice runs,
 * from a scan up to what keeps rows or sends them elsewhere (hash, aggr, sort, dist, bcast,
 * return).  A stream is of segments that run at once: each comes after those that it waits for.
 * Here the steps are those that Redshift's manual names for the nodes; there is one slice.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"

/* Fields of a line for a node, behind its letter. */
enum
{
	DEPTH, STARTUP, TOTAL, ESTIMATE, WIDTH, RELATION, RELATION_NAME, ROWS, ROWS_READ, BYTES_READ, MEMORY, SPILLED, SKIPS, LINE, BELOW,
	FIELDS
};

typedef struct PlanLine
{
	char	   *fields[FIELDS];
	int			number;			/* from 1 */
	int			depth;
	struct PlanLine *parent;
	List	   *children;
	const char *name;			/* of the line, without what shows the tree */
} PlanLine;

typedef struct Step
{
	int			segment;
	int			step;
	const PlanLine *node;			/* whose counts it shows; NULL: of none */
	const char *name;
	int64		table;
	const char *table_name;
	const char *attribute;
	char	   *rows;			/* empty: not known */
} Step;

typedef struct Steps
{
	List	   *nodes;			/* PlanLine * */
	List	   *targets;		/* Oids of tables that are changed, and how many rows */
	char	   *changed;
	List	   *steps;
	List	   *streams;		/* by segment */
	List	   *lengths;
	int			worktables;
} Steps;

/* Tables that exist while a query runs have numbers of three digits. */
#define FIRST_WORKTABLE		200

PG_FUNCTION_INFO_V1(rs_plan_nodes);
PG_FUNCTION_INFO_V1(rs_plan_steps);

static int	add_node(Steps *steps, const PlanLine *node);

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

static bool
begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What follows a tab, which becomes the end of what is before; at the end: an empty text. */
static char *
cut(char **text, char separator)
{
	char	   *begin = *text;
	char	   *end = strchr(begin, separator);

	if (end == NULL)
		*text = strchr(begin, '\0');
	else
	{
		*end = '\0';
		*text = end + 1;
	}
	return begin;
}

static PlanLine *
read_node(char *line, List *before)
{
	PlanLine   *node = palloc0(sizeof(PlanLine));
	const char *name;
	int			i;

	for (i = 0; i < FIELDS; i++)
		node->fields[i] = cut(&line, '\t');
	node->number = list_length(before) + 1;
	node->depth = atoi(node->fields[DEPTH]);
	name = node->fields[LINE] + strspn(node->fields[LINE], " ");
	if (begins(name, "->  "))
		name += 4;
	if (begins(name, "XN "))
		name += 3;
	node->name = name;
	for (i = list_length(before) - 1; i >= 0; i--)
	{
		PlanLine   *parent = list_nth(before, i);

		if (parent->depth < node->depth)
		{
			node->parent = parent;
			parent->children = lappend(parent->children, node);
			break;
		}
	}
	return node;
}

/*
 * The plan that a function is called with.
 */
static Steps
read_plan(FunctionCallInfo fcinfo)
{
	Steps		steps = {0};
	char	   *rest = text_to_cstring(PG_GETARG_TEXT_PP(0));

	InitMaterializedSRF(fcinfo, 0);
	while (*rest != '\0')
	{
		char	   *line = cut(&rest, '\n');
		char	   *kind = cut(&line, '\t');

		if (kind[0] == 'N')
			steps.nodes = lappend(steps.nodes, read_node(line, steps.nodes));
		else if (kind[0] == 'T')
		{
			steps.targets = lappend_oid(steps.targets, atooid(cut(&line, '\t')));
			steps.changed = line;
		}
	}
	return steps;
}

static Datum
number_field(const PlanLine *node, int field, bool *isnull)
{
	*isnull = node->fields[field][0] == '\0';
	return *isnull ? (Datum) 0 : Int64GetDatum(strtoll(node->fields[field], NULL, 10));
}

/*
 * plan_nodes(plan): the nodes, as EXPLAIN shows them.
 */
Datum
rs_plan_nodes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Steps		steps = read_plan(fcinfo);
	ListCell   *lc;

	foreach(lc, steps.nodes)
	{
		PlanLine   *node = lfirst(lc);
		Datum		values[9];
		bool		nulls[9] = {0};

		values[0] = Int32GetDatum(node->number);
		values[1] = Int32GetDatum(node->parent == NULL ? 0 : node->parent->number);
		values[2] = Float8GetDatum(strtod(node->fields[STARTUP], NULL));
		values[3] = Float8GetDatum(strtod(node->fields[TOTAL], NULL));
		values[4] = number_field(node, ESTIMATE, &nulls[4]);
		values[5] = Int32GetDatum(atoi(node->fields[WIDTH]));
		values[6] = CStringGetTextDatum(node->name);
		values[7] = CStringGetTextDatum(node->fields[LINE]);
		values[8] = CStringGetTextDatum(node->fields[BELOW]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

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
	return segment;
}

/*
 * What is a segment's next step, and then goes on in a segment of its own.
 */
static int
add_keeping_step(Steps *steps, int segment, const char *name, const PlanLine *node)
{
	Step	   *kept = add_worktable_step(steps, segment, name, node);

	return read_worktable(steps, segment, kept, stream_of(steps, segment) + 1);
}

/* Rows go to other slices. */
static int
add_network_step(Steps *steps, int segment, const char *name, const PlanLine *node)
{
	Step	   *sent = add_step(steps, segment, name, node);

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
	bool		hash = begins(node->name, "Hash");
	bool		loop = begins(node->name, "Nested Loop");
	int			outer_segment;
	int			inner_segment;
	int			table;

	if (inner == NULL)
		return outer == NULL ? add_scan(steps, node) : add_node(steps, outer);
	if ((begins(inner->name, "Hash  (") || strcmp(inner->name, "Hash") == 0 || begins(inner->name, "Materialize")) &&
		child(inner, 0) != NULL)
		inner = child(inner, 0);
	inner_segment = add_node(steps, inner);
	if (strstr(node->name, "DS_BCAST_INNER") != NULL)
		inner_segment = add_network_step(steps, inner_segment, "bcast", inner);
	else if (strstr(node->name, "DS_DIST_INNER") != NULL || strstr(node->name, "DS_DIST_BOTH") != NULL ||
			 strstr(node->name, "DS_DIST_ALL_INNER") != NULL)
		inner_segment = add_network_step(steps, inner_segment, "dist", inner);
	table = add_worktable_step(steps, inner_segment, hash ? "hash" : "save", inner)->table;
	outer_segment = add_node(steps, outer);
	if (strstr(node->name, "DS_DIST_OUTER") != NULL || strstr(node->name, "DS_DIST_BOTH") != NULL)
		outer_segment = add_network_step(steps, outer_segment, "dist", outer);
	wait_for(steps, outer_segment, inner_segment);
	add_step(steps, outer_segment, hash ? "hjoin" : loop ? "nloop" : "mjoin", node)->table = table;
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
	if (begins(node->name, "Network"))
		return add_network_step(steps, segment, "return", node);
	if (begins(node->name, "Aggregate"))
	{
		int			next = add_keeping_step(steps, segment, "aggr", node);

		((Step *) list_nth(steps->steps, list_length(steps->steps) - 2))->attribute = "PLAIN";
		return next;
	}
	if (begins(node->name, "GroupAggregate") || begins(node->name, "HashAggregate"))
	{
		int			next = add_keeping_step(steps, segment, "aggr", node);

		((Step *) list_nth(steps->steps, list_length(steps->steps) - 2))->attribute =
			node->name[0] == 'H' ? "HASHED" : "SORTED";
		return next;
	}
	if (begins(node->name, "Sort"))
		return add_keeping_step(steps, segment, "sort", node);
	if (begins(node->name, "Unique") || begins(node->name, "SetOp"))
		return add_keeping_step(steps, segment, "unique", node);
	if (begins(node->name, "Materialize"))
		return add_keeping_step(steps, segment, "save", node);
	if (begins(node->name, "Window"))
		(void) add_worktable_step(steps, segment, "window", node);
	else if (begins(node->name, "Merge"))
		(void) add_step(steps, segment, "merge", node);
	else if (begins(node->name, "Limit"))
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
	if (strstr(node->name, " Join ") != NULL || begins(node->name, "Nested Loop"))
		return add_join(steps, node);
	if (begins(node->name, "Append") || (begins(node->name, "Merge") && list_length(node->children) > 1))
		return add_append(steps, node);
	if (strstr(node->name, "Scan") != NULL && !begins(node->name, "Subquery Scan"))
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
add_end(Steps *steps, int segment, const char *type, char *rows)
{
	const PlanLine *top = linitial(steps->nodes);
	Oid			target = steps->targets != NIL ? linitial_oid(steps->targets) : InvalidOid;
	Step	   *step;

	if (strcmp(type, "DELETE") == 0 || strcmp(type, "UPDATE") == 0)
	{
		step = add_step(steps, segment, "delete", top);
		step->table = target;
		step->rows = steps->changed != NULL ? steps->changed : rows;
	}
	if (strcmp(type, "INSERT") == 0 || strcmp(type, "UPDATE") == 0 || strcmp(type, "CTAS") == 0)
	{
		step = add_step(steps, segment, "insert", top);
		step->table = target;
		step->rows = rows;
	}
	if (strcmp(type, "SELECT") == 0 || strcmp(type, "UNLOAD") == 0)
		add_step(steps, segment, "return", top)->rows = rows;
}

static void
put_step(ReturnSetInfo *result, const Steps *steps, const Step *step)
{
	const PlanLine *node = step->node;
	bool		scan = strcmp(step->name, "scan") == 0 && step->table >= 1000;
	bool		keeps = node != NULL && (strcmp(step->name, "hash") == 0 || strcmp(step->name, "aggr") == 0 ||
										 strcmp(step->name, "sort") == 0 || strcmp(step->name, "unique") == 0 ||
										 strcmp(step->name, "window") == 0);
	int64		rows = strtoll(step->rows, NULL, 10);
	Datum		values[14];
	bool		nulls[14] = {0};

	values[0] = Int32GetDatum(stream_of(steps, step->segment));
	values[1] = Int32GetDatum(step->segment);
	values[2] = Int32GetDatum(step->step);
	values[3] = Int32GetDatum(node == NULL ? 0 : node->number);
	values[4] = CStringGetTextDatum(step->name);
	values[5] = Int32GetDatum((int32) step->table);
	values[6] = CStringGetTextDatum(step->table_name != NULL ? step->table_name : "");
	values[7] = Int64GetDatum(rows);
	nulls[7] = step->rows[0] == '\0';
	values[8] = Int64GetDatum(node == NULL ? 0 : rows * atoi(node->fields[WIDTH]));
	nulls[8] = nulls[7];
	nulls[9] = true;
	if (scan)
		values[9] = number_field(node, ROWS_READ, &nulls[9]);
	nulls[10] = true;
	if (scan)
		values[10] = number_field(node, BYTES_READ, &nulls[10]);
	values[11] = Int64GetDatum(keeps ? strtoll(node->fields[MEMORY], NULL, 10) : 0);
	values[12] = BoolGetDatum(keeps ? node->fields[SPILLED][0] == 't' : scan && node->fields[SKIPS][0] == 't');
	nulls[13] = step->attribute == NULL;
	if (!nulls[13])
		values[13] = CStringGetTextDatum(step->attribute);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * plan_steps(plan, type of the statement, rows that it gave or changed).
 */
Datum
rs_plan_steps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Steps		steps = read_plan(fcinfo);
	ListCell   *lc;

	if (steps.nodes == NIL)
		return (Datum) 0;
	add_end(&steps, add_node(&steps, linitial(steps.nodes)), text_to_cstring(PG_GETARG_TEXT_PP(1)),
			psprintf(INT64_FORMAT, PG_GETARG_INT64(2)));
	foreach(lc, steps.steps)
		put_step(result, &steps, lfirst(lc));
	return (Datum) 0;
}
