/*
 * set_operation.c
 *	  The unique operator, and set operations: INTERSECT and EXCEPT [ALL].
 *
 * Unique gives the first of equal rows of sorted input.  A set operation's input is
 * both of its sides, told apart by a flag column; its rows are numbered by group and
 * counted, and each group is given as often as the counts say, in the order in which
 * they were met.  So sorted input makes sorted output, which is what the planner
 * expects of the sorting strategy, too.
 */
#include "postgres.h"

#include "core/settings.h"
#include "utils/memutils.h"
#include "vector/operator.h"
#include "vector/sort/row_changes.h"

/* ---------------------------------------------------------------------
 * Unique
 * ---------------------------------------------------------------------
 */

typedef struct UniqueOperator
{
	RsOperator	op;
	const RsVectorType *types;	/* by which columns are compared */
	bool		any;			/* a row was given */
	RsKeptRow  *last;			/* of the batch before */
} UniqueOperator;

bool
rs_unique_can_run(Plan *plan)
{
	Unique	   *unique = (Unique *) plan;

	return rs_columns_comparable(plan, unique->numCols, unique->uniqColIdx,
								 unique->uniqOperators, unique->uniqCollations);
}

static bool
next_unique(RsOperator *op, RsVectorBatch *batch)
{
	UniqueOperator *unique = (UniqueOperator *) op;
	Unique	   *node = (Unique *) op->plan;
	RsVectorBatch below;

	while (rs_operator_next(op->outer, &below))
	{
		uint8	   *changes;
		uint32	   *chosen;
		uint32		n = 0;
		uint32		i;
		int			c;

		rs_operator_reset_batch(op);
		changes = rs_arena_alloc(op->arena, below.n);
		chosen = rs_arena_alloc(op->arena, below.n * sizeof(uint32));
		memset(changes, 0, below.n);
		changes[0] = !unique->any || !rs_kept_row_equals(unique->last, below.columns, 0);
		rs_mark_changes(unique->types, below.columns, node->numCols, node->uniqColIdx, below.n, changes);
		rs_kept_row_set(unique->last, below.columns, below.n - 1);
		unique->any = true;
		for (i = 0; i < below.n; i++)
		{
			chosen[n] = i;
			n += changes[i];
		}
		if (n == 0)
			continue;
		batch->n = n;
		batch->columns = rs_arena_alloc(op->arena, Max(op->ncolumns, 1) * sizeof(RsVector *));
		for (c = 0; c < op->ncolumns; c++)
			batch->columns[c] = rs_vector_gather(op->arena, below.columns[c], chosen, n);
		return true;
	}
	return false;
}

static void
end_unique(RsOperator *op)
{
	((UniqueOperator *) op)->any = false;
}

static void
rescan_unique(RsOperator *op)
{
	end_unique(op);
	op->outer->rescan(op->outer);
}

static bool
rewind_unique(RsOperator *op)
{
	end_unique(op);
	return rs_operator_rewind(op->outer);
}

RsOperator *
rs_unique_operator(RsEngine *engine, Plan *plan)
{
	Unique	   *node = (Unique *) plan;
	UniqueOperator *unique = rs_operator_create(engine, plan, sizeof(UniqueOperator), "Unique",
												rs_engine_build(engine, outerPlan(plan)), NULL);
	RsOperator *op = &unique->op;

	unique->types = rs_key_types_for(op->types, op->ncolumns, node->numCols, node->uniqColIdx, node->uniqOperators);
	unique->last = rs_kept_row_create(op->env.context, unique->types, op->ncolumns, node->numCols,
									  node->uniqColIdx);
	op->next = next_unique;
	op->rescan = rescan_unique;
	op->end = end_unique;
	op->rewind = rewind_unique;
	return op;
}

/* ---------------------------------------------------------------------
 * INTERSECT and EXCEPT
 * ---------------------------------------------------------------------
 */

/* How many rows of a group each side has: the flag column is 0 for the first. */
typedef struct SideCounts
{
	int64		side[2];
} SideCounts;

typedef struct SetOperator
{
	RsOperator	op;
	int			ncolumns;		/* of the table: those compared, then the others */
	AttrNumber *attnos;
	int		   *positions;		/* where a column is in the table, from 0 */
	RsVectorType *types;
	MemoryContext context;
	RsGroupTable *table;		/* NULL: not computed yet */
	SideCounts *counts;
	uint32		capacity;
	uint32		group;			/* to be given next, */
	int64		given;			/* so often already */
} SetOperator;

bool
rs_set_operation_can_run(Plan *plan)
{
	SetOp	   *node = (SetOp *) plan;

	return node->numCols > 0 &&
		rs_columns_comparable(plan, node->numCols, node->dupColIdx, node->dupOperators,
							  node->dupCollations) &&
		rs_fits_memory((double) node->numGroups, plan->plan_width);
}

static void
take_batch(SetOperator *set, const RsVectorBatch *batch)
{
	RsOperator *op = &set->op;
	SetOp	   *node = (SetOp *) op->plan;
	const RsVector *flags = batch->columns[node->flagColIdx - 1];
	const RsVector **columns = rs_arena_alloc(op->arena, set->ncolumns * sizeof(RsVector *));
	uint32	   *groups = rs_arena_alloc(op->arena, batch->n * sizeof(uint32));
	MemoryContext old = MemoryContextSwitchTo(op->values);
	uint32		ngroups;
	uint32		i;
	int			c;

	for (c = 0; c < set->ncolumns; c++)
		columns[c] = rs_vector_flatten(op->arena, batch->columns[set->attnos[c] - 1], batch->n);
	rs_group_table_find(set->table, op->arena, columns, batch->n, groups);
	MemoryContextSwitchTo(old);
	ngroups = rs_group_table_count(set->table);
	if (ngroups > set->capacity)
	{
		uint32		before = set->capacity;

		set->capacity = Max(2 * before, ngroups);
		set->counts = rs_enlarge(set->context, set->counts, (Size) set->capacity * sizeof(SideCounts));
		memset(&set->counts[before], 0, (Size) (set->capacity - before) * sizeof(SideCounts));
	}
	for (i = 0; i < batch->n; i++)
		set->counts[groups[i]].side[rs_vector_int(flags, i) != 0]++;
}

static void
compute(SetOperator *set)
{
	RsOperator *op = &set->op;
	SetOp	   *node = (SetOp *) op->plan;
	MemoryContext old = MemoryContextSwitchTo(set->context);
	RsVectorBatch batch;

	set->table = rs_group_table_create(set->types, set->ncolumns, node->numCols,
									   (double) node->numGroups);
	MemoryContextSwitchTo(old);
	while (rs_operator_next(op->outer, &batch))
	{
		rs_operator_reset_batch(op);
		take_batch(set, &batch);
	}
	op->stats.memory = Max(op->stats.memory, rs_group_table_memory(set->table) +
						   set->capacity * sizeof(SideCounts));
	set->group = 0;
	set->given = 0;
}

/*
 * How often a group is in the result.
 */
static int64
times(SetOpCmd command, const SideCounts *counts)
{
	int64		first = counts->side[0];
	int64		second = counts->side[1];

	switch (command)
	{
		case SETOPCMD_INTERSECT:
			return first > 0 && second > 0;
		case SETOPCMD_INTERSECT_ALL:
			return Min(first, second);
		case SETOPCMD_EXCEPT:
			return first > 0 && second == 0;
		case SETOPCMD_EXCEPT_ALL:
			return Max(first - second, 0);
	}
	elog(ERROR, "unrecognized set operation: %d", (int) command);
	return 0;
}

static bool
next_set(RsOperator *op, RsVectorBatch *batch)
{
	SetOperator *set = (SetOperator *) op;
	SetOp	   *node = (SetOp *) op->plan;
	uint32	   *groups;
	uint32		ngroups;
	uint32		n = 0;
	MemoryContext old;
	int			c;

	if (set->table == NULL)
		compute(set);
	ngroups = rs_group_table_count(set->table);
	rs_operator_reset_batch(op);
	groups = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(uint32));
	while (set->group < ngroups && n < (uint32) rs_vector_rows)
	{
		int64		left = times(node->cmd, &set->counts[set->group]) - set->given;

		for (; left > 0 && n < (uint32) rs_vector_rows; left--, set->given++)
			groups[n++] = set->group;
		if (left > 0)
			break;
		set->group++;
		set->given = 0;
	}
	if (n == 0)
		return false;
	batch->n = n;
	batch->columns = rs_arena_alloc(op->arena, op->ncolumns * sizeof(RsVector *));
	old = MemoryContextSwitchTo(op->values);
	for (c = 0; c < op->ncolumns; c++)
		batch->columns[c] = rs_group_table_column(set->table, op->arena, set->positions[c], groups, n);
	MemoryContextSwitchTo(old);
	return true;
}

static void
end_set(RsOperator *op)
{
	SetOperator *set = (SetOperator *) op;

	set->table = NULL;
	set->counts = NULL;
	set->capacity = 0;
	MemoryContextReset(set->context);
}

static void
rescan_set(RsOperator *op)
{
	end_set(op);
	op->outer->rescan(op->outer);
}

static bool
rewind_set(RsOperator *op)
{
	SetOperator *set = (SetOperator *) op;

	set->group = 0;
	set->given = 0;
	return set->table != NULL;
}

static void
explain_set(RsOperator *op, ExplainState *es)
{
	rs_explain_memory(op, es);
}

static const char *
command_name(SetOpCmd command)
{
	switch (command)
	{
		case SETOPCMD_INTERSECT:
			return "Intersect";
		case SETOPCMD_INTERSECT_ALL:
			return "Intersect All";
		case SETOPCMD_EXCEPT:
			return "Except";
		default:
			return "Except All";
	}
}

RsOperator *
rs_set_operator(RsEngine *engine, Plan *plan)
{
	SetOp	   *node = (SetOp *) plan;
	SetOperator *set = rs_operator_create(engine, plan, sizeof(SetOperator), command_name(node->cmd),
										  rs_engine_build(engine, outerPlan(plan)), NULL);
	RsOperator *op = &set->op;
	int			c;
	int			k;

	set->context = AllocSetContextCreate(op->env.context, "redshift set operation",
										 ALLOCSET_DEFAULT_SIZES);
	set->attnos = palloc(op->ncolumns * sizeof(AttrNumber));
	set->positions = palloc(op->ncolumns * sizeof(int));
	set->types = palloc(op->ncolumns * sizeof(RsVectorType));
	for (k = 0; k < node->numCols; k++)
		set->attnos[set->ncolumns++] = node->dupColIdx[k];
	for (c = 0; c < op->ncolumns; c++)
	{
		for (k = 0; k < set->ncolumns && set->attnos[k] != c + 1; k++)
			 /* search */ ;
		if (k == set->ncolumns)
			set->attnos[set->ncolumns++] = (AttrNumber) (c + 1);
		set->positions[c] = k;
	}
	for (k = 0; k < set->ncolumns; k++)
		set->types[k] = op->types[set->attnos[k] - 1];
	for (k = 0; k < node->numCols; k++)
		rs_key_type_for(&set->types[k], node->dupOperators[k]);
	op->next = next_set;
	op->rescan = rescan_set;
	op->end = end_set;
	op->rewind = rewind_set;
	op->explain = explain_set;
	return op;
}
