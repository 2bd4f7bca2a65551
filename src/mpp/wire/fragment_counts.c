/*
 * fragment_counts.c
 *	  What the operations of a fragment counted, for the leader's history.
 *
 * The leader knows a fragment as an algebra tree, of which it made SQL; the node plans that as it
 * likes.  So counts go by keys that both can tell: what an operation does, and which of the
 * tables and exchanges in the text are below it.  A join that the node made of other inputs, in
 * an order of its own, has no counterpart at the leader, and is left out there.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "mpp/wire/fragment_counts.h"
#include "nodes/nodeFuncs.h"

/* Leaves by their aliases: these reach the plan's range table, however subqueries are pulled up. */
#define LEAF_PREFIX		'#'

List	   *(*rs_operation_counts) (QueryDesc *desc) = NULL;

void
rs_counts_add(RsCounts *to, const RsCounts *from)
{
	to->rows += from->rows;
	to->rows_read += from->rows_read;
	to->bytes_read += from->bytes_read;
	to->memory = Max(to->memory, from->memory);
	to->spilled |= from->spilled;
	to->skips |= from->skips;
	if (from->started == 0)
		return;
	to->started = to->started == 0 ? from->started : Min(to->started, from->started);
	to->ready = to->ready == 0 ? from->ready : Min(to->ready, from->ready);
	to->ended = Max(to->ended, from->ended);
}

/* ---------------------------------------------------------------------
 * Keys
 * ---------------------------------------------------------------------
 */

char *
rs_operation_key(RsOperationKind kind, const RsOperationInput *input)
{
	StringInfoData key;
	int			leaf = -1;

	initStringInfo(&key);
	appendStringInfo(&key, "%c%d", (char) kind, input->aggregations);
	while ((leaf = bms_next_member(input->leaves, leaf)) >= 0)
		appendStringInfo(&key, ",%d", leaf);
	return key.data;
}

RsOperationInput
rs_operation_inputs(const RsOperationInput *outer, const RsOperationInput *inner)
{
	RsOperationInput both = {.leaves = bms_union(outer->leaves, inner->leaves)};

	/* Of one side alone. */
	if (bms_is_empty(inner->leaves))
		both.aggregations = outer->aggregations;
	else if (bms_is_empty(outer->leaves))
		both.aggregations = inner->aggregations;
	return both;
}

static void number(Query *query, int *n);

static bool
number_sublinks(Node *node, void *n)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
		number(castNode(Query, ((SubLink *) node)->subselect), n);
	return expression_tree_walker(node, number_sublinks, n);
}

/*
 * FROM first, as the leader wrote it, then the EXISTS of semi joins.  What is updated is read, too.
 */
static void
number(Query *query, int *n)
{
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY)
			number(rte->subquery, n);
		else if ((rte->rtekind == RTE_RELATION || rte->rtekind == RTE_FUNCTION) &&
				 !(query->commandType == CMD_INSERT && foreach_current_index(lc) + 1 == query->resultRelation))
			rte->eref->aliasname = psprintf("%c%d", LEAF_PREFIX, ++*n);
	}
	(void) number_sublinks((Node *) query->jointree, n);
}

void
rs_number_leaves(Query *query)
{
	int			n = 0;

	number(query, &n);
}

int
rs_leaf_number(const RangeTblEntry *rte)
{
	return rte->eref->aliasname[0] == LEAF_PREFIX ? atoi(rte->eref->aliasname + 1) : 0;
}

/* ---------------------------------------------------------------------
 * On the wire
 * ---------------------------------------------------------------------
 */

char *
rs_operations_write(const List *operations, TimestampTz now)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, operations)
	{
		const RsOperationCounts *operation = lfirst(lc);
		const RsCounts *counts = &operation->counts;

		appendStringInfo(&text, "%s " UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT " %d %d",
						 operation->key, counts->rows, counts->rows_read, counts->bytes_read, counts->memory,
						 counts->spilled, counts->skips);
		if (counts->started != 0)
			appendStringInfo(&text, " " INT64_FORMAT " " INT64_FORMAT " " INT64_FORMAT, now - counts->started,
							 now - counts->ready, now - counts->ended);
		appendStringInfoChar(&text, '\n');
	}
	return text.data;
}

static RsOperationCounts *
read_operation(char *line, TimestampTz now)
{
	RsOperationCounts *operation = palloc0(sizeof(RsOperationCounts));
	RsCounts   *counts = &operation->counts;
	int64		before[3];
	int			spilled;
	int			skips;
	int			key = 0;
	int			n;

	n = sscanf(line, "%*s%n " UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT " %d %d "
			   INT64_FORMAT " " INT64_FORMAT " " INT64_FORMAT, &key, &counts->rows, &counts->rows_read,
			   &counts->bytes_read, &counts->memory, &spilled, &skips, &before[0], &before[1], &before[2]);
	if (n != 6 && n != 9)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("report of a fragment is damaged: \"%s\" are no counts", line)));
	operation->key = pnstrdup(line, key);
	counts->spilled = spilled != 0;
	counts->skips = skips != 0;
	if (n == 9)
	{
		counts->started = now - before[0];
		counts->ready = now - before[1];
		counts->ended = now - before[2];
	}
	return operation;
}

List *
rs_operations_read(char *text, TimestampTz now)
{
	List	   *operations = NIL;
	char	   *line;

	while ((line = strsep(&text, "\n")) != NULL)
		if (*line != '\0')
			operations = lappend(operations, read_operation(line, now));
	return operations;
}
