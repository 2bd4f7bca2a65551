/*
 * plan_text.c
 *	  A query's plan as plan.c keeps it, read: its nodes, as EXPLAIN shows them.
 */
#include "postgres.h"

#include "funcapi.h"
#include "history/plan_text.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(rs_plan_nodes);

bool
rs_begins_with(const char *text, const char *prefix)
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
	if (rs_begins_with(name, "->  "))
		name += 4;
	if (rs_begins_with(name, "XN "))
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

static int64
cut_number(char **line)
{
	char	   *field = cut(line, '\t');

	return field[0] == '\0' ? -1 : strtoll(field, NULL, 10);
}

static bool
cut_flag(char **line)
{
	return cut(line, '\t')[0] == 't';
}

static PlanCounts *
read_counts(char *line)
{
	PlanCounts *counts = palloc(sizeof(PlanCounts));

	counts->slice = (int) cut_number(&line);
	counts->rows = cut_number(&line);
	counts->rows_read = cut_number(&line);
	counts->bytes_read = cut_number(&line);
	counts->memory = cut_number(&line);
	counts->spilled = cut_flag(&line);
	counts->skips = cut_flag(&line);
	counts->started = cut_number(&line);
	counts->ready = cut_number(&line);
	counts->ended = cut_number(&line);
	return counts;
}

static PlanMoves *
read_moves(char *line)
{
	PlanMoves  *moves = palloc(sizeof(PlanMoves));

	moves->input = (int) cut_number(&line);
	moves->slice = (int) cut_number(&line);
	moves->rows = cut_number(&line);
	moves->bytes = cut_number(&line);
	moves->received_rows = cut_number(&line);
	moves->received_bytes = cut_number(&line);
	moves->started = cut_number(&line);
	moves->ended = cut_number(&line);
	return moves;
}

PlanText
rs_plan_text_read(char *text)
{
	PlanText	plan = {0};

	while (*text != '\0')
	{
		char	   *line = cut(&text, '\n');
		char	   *kind = cut(&line, '\t');
		PlanLine   *node = plan.nodes != NIL ? llast(plan.nodes) : NULL;

		if (kind[0] == 'N')
			plan.nodes = lappend(plan.nodes, read_node(line, plan.nodes));
		else if (kind[0] == 'T')
		{
			plan.targets = lappend_oid(plan.targets, atooid(cut(&line, '\t')));
			plan.changed = line;
		}
		else if (kind[0] == 'C' && node != NULL)
			node->counts = lappend(node->counts, read_counts(line));
		else if (kind[0] == 'X' && node != NULL)
			node->moves = lappend(node->moves, read_moves(line));
	}
	return plan;
}

bool
rs_plan_field(const PlanLine *node, int field, int64 *value)
{
	*value = strtoll(node->fields[field], NULL, 10);
	return node->fields[field][0] != '\0';
}

/*
 * plan_nodes(plan): the nodes.
 */
Datum
rs_plan_nodes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PlanText	plan = rs_plan_text_read(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, plan.nodes)
	{
		PlanLine   *node = lfirst(lc);
		Datum		values[9];
		bool		nulls[9] = {0};
		int64		estimate;

		values[0] = Int32GetDatum(node->number);
		values[1] = Int32GetDatum(node->parent == NULL ? 0 : node->parent->number);
		values[2] = Float8GetDatum(strtod(node->fields[STARTUP], NULL));
		values[3] = Float8GetDatum(strtod(node->fields[TOTAL], NULL));
		nulls[4] = !rs_plan_field(node, ESTIMATE, &estimate);
		values[4] = Int64GetDatum(estimate);
		values[5] = Int32GetDatum(atoi(node->fields[WIDTH]));
		values[6] = CStringGetTextDatum(node->name);
		values[7] = CStringGetTextDatum(node->fields[LINE]);
		values[8] = CStringGetTextDatum(node->fields[BELOW]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
