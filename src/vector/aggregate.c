/*
 * aggregate.c
 *	  The aggregate operator: plain and grouped, in one step or in two.
 *
 * Rows are numbered by group in a hash table, and each aggregate function takes
 * in its argument's vector with the group numbers.  A partial aggregation gives
 * its states as bytea, for a final one in the leader to combine.
 *
 * Where the plan has a sorting aggregation over a Sort, the rows are hashed
 * instead and the groups are sorted in the end, so that what stands above finds
 * them in the order it was promised.
 *
 * Inside, columns of the input are OUTER_VARs and results of aggregate functions
 * INDEX_VARs, by aggno + 1.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/nodeHash.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"
#include "vector/aggregate_state.h"
#include "vector/exchange.h"
#include "vector/group_table.h"
#include "vector/grouping_sets.h"
#include "vector/operator.h"
#include "vector/partition.h"
#include "vector/sort_runs.h"
#include "vector/zone_answer.h"

/* Memory that merging may have at least. */
#define RS_LEAST_MERGE_MEMORY	((Size) 16 * 1024 * 1024)
/* Bytes of a group that a table's size is planned for, where memory is short. */
#define RS_GROUP_SIZE	128

typedef struct AggregateFunction
{
	Aggref	   *aggref;
	RsAggregate *states;
	bool		shared;			/* with a function before it, which fills them */
	int			nargs;
	RsExpr	  **args;
	RsExpr	  **direct;			/* direct arguments, of an ordered-set aggregate */
	List	   *filter;			/* compiled conditions; NIL: none */
	AttrNumber	state_column;	/* final step: where the states are */
} AggregateFunction;

typedef struct AggregateOperator
{
	RsOperator	op;
	int			nfunctions;
	AggregateFunction *functions;	/* by aggno */
	RsOperator *sets;			/* gives the rows of grouping sets; NULL: there is one */
	bool		partial;		/* gives states */
	bool		final;			/* takes states */
	int			nkeys;
	int			ncolumns;		/* of the table: keys, then what else is used */
	AttrNumber *attnos;			/* of the input */
	RsVectorType *column_types;
	List	   *having;
	Sort	   *sort;			/* order of the groups; NULL: any */
	bool		in_order;		/* they are given in the order of their first rows */
	MemoryContext context;		/* of table and states */
	RsZoneAnswer *zones;		/* takes rows that need not be read; NULL: none */
	RsGroupTable *table;		/* NULL: not computed yet */
	uint32	   *order;			/* groups as they are given; NULL: by number */
	RsSortOrder *group_order;	/* of the table's columns */
	uint32		ngroups;
	uint32		given;
	/* Rows of groups that do not fit memory: */
	MemoryContext files;		/* what the table's context does not outlive */
	AttrNumber *kept;			/* columns of the input that they need */
	RsVectorType *kept_types;
	int			nkept;
	bool		full;			/* no more groups in this table */
	bool		complete;		/* it has them all */
	RsPartitions *partitions;	/* NULL: none put off */
	RsSortRuns *runs;			/* results of several tables in order; NULL: of one, or in none */
	/* Parallel: groups of several processes put together. */
	bool		parallel;
	const RsEngine *engine;
	void	   *shared;			/* NULL: no other process */
	RsExchange *exchange;
	RsVectorType *group_types;	/* of the table's columns and the states'; NULL: not known yet */
	int			ngroup_types;
} AggregateOperator;

/* Rows of groups: what having clause and target list are evaluated over. */
typedef struct GroupRows
{
	RsRows		rows;
	AggregateOperator *agg;
	const uint32 *groups;
	const RsVector **columns;	/* by position in the table */
	const RsVector **results;	/* by aggno */
} GroupRows;

/* ---------------------------------------------------------------------
 * What can be taken
 * ---------------------------------------------------------------------
 */

/*
 * The aggregates of target list and having clause, and the columns used beside
 * them, also in direct arguments.
 */
static List *
find_aggrefs(List *targets, List *having)
{
	List	   *found = list_concat(pull_var_clause((Node *) targets,
													PVC_INCLUDE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS),
									pull_var_clause((Node *) having,
													PVC_INCLUDE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS));
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, found)
		if (IsA(lfirst(lc), Aggref))
			columns = list_concat(columns,
								  pull_var_clause((Node *) lfirst_node(Aggref, lc)->aggdirectargs,
												  PVC_RECURSE_PLACEHOLDERS));
	return list_concat(found, columns);
}

static bool
is_key(const Agg *agg, AttrNumber attno)
{
	int			k;

	for (k = 0; k < agg->numCols; k++)
		if (agg->grpColIdx[k] == attno)
			return true;
	return false;
}

/*
 * Is everything sorted by one of the keys?
 */
static bool
sorts_keys(int ncolumns, const AttrNumber *columns, Agg *agg)
{
	ListCell   *lc;
	int			i;

	for (i = 0; i < ncolumns; i++)
	{
		bool		found = is_key(agg, columns[i]);

		foreach(lc, agg->chain)
			found |= is_key(lfirst(lc), columns[i]);
		if (!found)
			return false;
	}
	return true;
}

/*
 * The Sort below an aggregation that is not needed, as the groups can be sorted
 * instead; NULL: none.
 */
static Sort *
replaced_sort(Agg *agg)
{
	Sort	   *sort = (Sort *) outerPlan(agg);

	if ((agg->aggstrategy != AGG_SORTED && agg->aggstrategy != AGG_MIXED) || !IsA(sort, Sort) ||
		!sorts_keys(sort->numCols, sort->sortColIdx, agg))
		return NULL;
	return sort;
}

Plan	  **
rs_aggregate_child(Plan *plan)
{
	Sort	   *sort = replaced_sort((Agg *) plan);

	return sort != NULL ? &outerPlan(&sort->plan) : &outerPlan(plan);
}

Plan *
rs_aggregate_input(Plan *plan)
{
	return *rs_aggregate_child(plan);
}

static bool
keys_can_run(Agg *agg)
{
	double		groups = (double) agg->numGroups;
	ListCell   *lc;

	foreach(lc, agg->chain)
		groups += (double) ((Agg *) lfirst(lc))->numGroups;
	/* Groups that are given in the order of their rows are kept in memory; others spill. */
	return (agg->aggstrategy != AGG_SORTED || agg->chain != NIL || replaced_sort(agg) != NULL ||
			rs_fits_memory(groups, agg->plan.plan_width)) &&
		rs_grouping_keys_supported(agg);
}

static bool
functions_can_run(Plan *plan)
{
	ListCell   *lc;

	foreach(lc, find_aggrefs(plan->targetlist, plan->qual))
	{
		Node	   *node = lfirst(lc);

		if (IsA(node, Var) || IsA(node, GroupingFunc))
			continue;
		if (!IsA(node, Aggref) || !rs_aggregate_supported((Aggref *) node))
			return false;
	}
	return true;
}

bool
rs_aggregate_can_run(Plan *plan)
{
	Agg		   *agg = (Agg *) plan;

	if (agg->aggsplit != AGGSPLIT_SIMPLE || !keys_can_run(agg) || !functions_can_run(plan))
		return false;
	/*
	 * Groups of rows that come in order are numbered in that order; but of several sets,
	 * which a single rollup promises in order, only if they are sorted in the end.
	 */
	return !rs_has_grouping_sets(agg) || agg->aggstrategy != AGG_SORTED || agg->chain != NIL ||
		agg->numCols == 0 || replaced_sort(agg) != NULL;
}

/*
 * Does each function of the final step take the state of one of the partial one?
 */
static bool
takes_states(Plan *final)
{
	ListCell   *lc;

	foreach(lc, find_aggrefs(final->targetlist, final->qual))
	{
		Aggref	   *aggref = lfirst(lc);

		if (IsA(aggref, Aggref) &&
			(list_length(aggref->args) != 1 ||
			 !IsA(linitial_node(TargetEntry, aggref->args)->expr, Var)))
			return false;
	}
	return true;
}

bool
rs_aggregate_steps_can_run(Plan *final, Plan *partial)
{
	Agg		   *leader = (Agg *) final;
	Agg		   *worker = (Agg *) partial;
	Plan	   *below = outerPlan(final);
	ListCell   *lc;

	if (!keys_can_run(leader) || !keys_can_run(worker) || !functions_can_run(final) ||
		!functions_can_run(partial) || !takes_states(final) ||
		(worker->aggstrategy == AGG_SORTED && !IsA(outerPlan(partial), Sort)))
		return false;
	foreach(lc, partial->targetlist)
	{
		Expr	   *expr = lfirst_node(TargetEntry, lc)->expr;

		if (!IsA(expr, Var) && !IsA(expr, Aggref))
			return false;
	}
	if (leader->aggstrategy != AGG_SORTED)
		return true;
	if (IsA(below, Sort))
		return sorts_keys(((Sort *) below)->numCols, ((Sort *) below)->sortColIdx, leader);
	return IsA(below, GatherMerge) &&
		sorts_keys(((GatherMerge *) below)->numCols, ((GatherMerge *) below)->sortColIdx, leader);
}

/* ---------------------------------------------------------------------
 * Building
 * ---------------------------------------------------------------------
 */

static Node *
replace_aggrefs(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Aggref))
	{
		Aggref	   *aggref = (Aggref *) node;

		return (Node *) makeVar(INDEX_VAR, (AttrNumber) (aggref->aggno + 1), aggref->aggtype, -1,
								aggref->aggcollid, 0);
	}
	return expression_tree_mutator(node, replace_aggrefs, context);
}

/*
 * Set up a function's states, argument and filter.
 */
static void
add_function(AggregateOperator *agg, Aggref *aggref)
{
	AggregateFunction *function = &agg->functions[aggref->aggno];
	RsOperator *op = &agg->op;
	ListCell   *lc;

	if (function->aggref != NULL)
		return;
	rs_aggregate_check_access(aggref);
	function->aggref = aggref;
	if (agg->final)
	{
		/* The partial step's state stands where its aggregate was. */
		function->state_column = ((Var *) linitial_node(TargetEntry, aggref->args)->expr)->varattno;
		return;
	}
	function->nargs = list_length(aggref->args);
	function->args = palloc(Max(function->nargs, 1) * sizeof(RsExpr *));
	foreach(lc, aggref->args)
		function->args[foreach_current_index(lc)] =
			rs_expr_compile(&op->env, (Node *) lfirst_node(TargetEntry, lc)->expr);
	function->direct = palloc(Max(list_length(aggref->aggdirectargs), 1) * sizeof(RsExpr *));
	foreach(lc, aggref->aggdirectargs)
		function->direct[foreach_current_index(lc)] = rs_expr_compile(&op->env, lfirst(lc));
	if (aggref->aggfilter != NULL)
		function->filter = list_make1(rs_expr_compile(&op->env, (Node *) aggref->aggfilter));
}

static void
add_column(AggregateOperator *agg, AttrNumber attno)
{
	int			i;

	for (i = 0; i < agg->ncolumns; i++)
		if (agg->attnos[i] == attno)
			return;
	agg->attnos[agg->ncolumns] = attno;
	agg->column_types[agg->ncolumns++] = agg->op.outer->types[attno - 1];
}

/*
 * The result types of the functions, for expressions evaluated by row.
 */
static TupleTableSlot *
result_slot(RsEngine *engine, AggregateOperator *agg)
{
	TupleDesc	desc = CreateTemplateTupleDesc(agg->nfunctions);
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), NULL,
						   agg->functions[i].aggref != NULL ?
						   agg->functions[i].aggref->aggtype : INT4OID, -1, 0);
	return rs_column_slot(engine, desc);
}

/* ---------------------------------------------------------------------
 * Taking in
 * ---------------------------------------------------------------------
 */

/*
 * Rows of groups that are not in the table, which is full, put off: all[] are the
 * columns to keep.  The others stay: which (in the arena), how many, and in groups[].
 */
static uint32
put_off(AggregateOperator *agg, const RsVector **keys, const RsVector **all, uint32 n,
		uint32 *groups, uint32 **known)
{
	RsArena    *arena = agg->op.arena;
	uint32	   *others = rs_arena_alloc(arena, n * sizeof(uint32));
	uint64	   *hashes = rs_arena_alloc(arena, n * sizeof(uint64));
	uint32		nknown = 0;
	uint32		nothers = 0;
	uint32		i;

	*known = rs_arena_alloc(arena, n * sizeof(uint32));
	for (i = 0; i < n; i++)
	{
		if (groups[i] == RS_NO_GROUP)
			others[nothers++] = i;
		else
		{
			groups[nknown] = groups[i];
			(*known)[nknown++] = i;
		}
	}
	if (nothers == 0)
		return nknown;
	rs_hash_columns(agg->column_types, keys, agg->nkeys, n, hashes);
	rs_partitions_add(agg->partitions, arena, all, hashes, others, nothers);
	return nknown;
}

static void
take_states(AggregateOperator *agg, RsRows *rows, const uint32 *groups)
{
	int			f;
	uint32		i;

	for (f = 0; f < agg->nfunctions; f++)
	{
		AggregateFunction *function = &agg->functions[f];
		const RsVector *column;

		if (function->aggref == NULL || function->shared)
			continue;
		column = rows->column(rows, OUTER_VAR, function->state_column);
		for (i = 0; i < rows->n; i++)
			rs_aggregate_combine(function->states, groups[i], ((Datum *) column->data)[i]);
	}
}

static void
take_values(AggregateOperator *agg, RsRows *rows, const uint32 *groups)
{
	int			f;

	for (f = 0; f < agg->nfunctions; f++)
	{
		AggregateFunction *function = &agg->functions[f];
		RsRows	   *passed = rows;
		const uint32 *chosen = NULL;
		const uint32 *group = groups;
		const RsVector **args;
		int			a;

		if (function->aggref == NULL || function->shared)
			continue;
		if (function->filter != NIL)
			passed = rs_rows_filter(rows, function->filter, &chosen);
		if (passed->n == 0)
			continue;
		if (chosen != NULL)
		{
			uint32	   *filtered = rs_arena_alloc(rows->arena, passed->n * sizeof(uint32));
			uint32		i;

			for (i = 0; i < passed->n; i++)
				filtered[i] = groups[chosen[i]];
			group = filtered;
		}
		args = rs_arena_alloc(rows->arena, Max(function->nargs, 1) * sizeof(RsVector *));
		for (a = 0; a < function->nargs; a++)
			args[a] = rs_expr_eval(function->args[a], passed);
		rs_aggregate_update(function->states, rows->arena, args, function->nargs, group, passed->n);
	}
}

static void
grow_states(AggregateOperator *agg)
{
	int			f;

	for (f = 0; f < agg->nfunctions; f++)
		if (agg->functions[f].aggref != NULL && !agg->functions[f].shared)
			rs_aggregate_grow(agg->functions[f].states, agg->ngroups);
}

/*
 * Rows of the input.
 */
static void
take_batch(AggregateOperator *agg, const RsVectorBatch *batch)
{
	RsOperator *op = &agg->op;
	const RsVector **columns = rs_arena_alloc(op->arena, Max(agg->ncolumns, 1) * sizeof(RsVector *));
	uint32	   *groups = rs_arena_alloc(op->arena, batch->n * sizeof(uint32));
	MemoryContext old = MemoryContextSwitchTo(op->values);
	RsRows	   *rows = rs_batch_rows(op->arena, op->values, batch);
	int			i;

	for (i = 0; i < agg->ncolumns; i++)
		columns[i] = batch->columns[agg->attnos[i] - 1];
	if (agg->nkeys > 0)
	{
		rs_group_table_find(agg->table, op->arena, columns, batch->n, groups);
		agg->ngroups = rs_group_table_count(agg->table);
	}
	else
	{
		memset(groups, 0, batch->n * sizeof(uint32));
		if (agg->ncolumns > 0 && rs_group_table_count(agg->table) == 0)
			rs_group_table_find(agg->table, op->arena, columns, 1, groups);
	}
	if (agg->full)
	{
		const RsVector **all = rs_arena_alloc(op->arena, Max(agg->nkept, 1) * sizeof(RsVector *));
		uint32	   *known;
		uint32		nknown;

		for (i = 0; i < agg->nkept; i++)
			all[i] = batch->columns[agg->kept[i] - 1];
		nknown = put_off(agg, columns, all, batch->n, groups, &known);
		if (nknown < batch->n)
			rows = rs_rows_narrow(rows, known, nknown);
	}
	grow_states(agg);
	if (rows->n > 0 && agg->final)
		take_states(agg, rows, groups);
	else if (rows->n > 0)
		take_values(agg, rows, groups);
	MemoryContextSwitchTo(old);
}

/*
 * Groups of other tables, with their states.
 */
static void
take_groups(AggregateOperator *agg, const RsVector **columns, uint32 n)
{
	RsOperator *op = &agg->op;
	uint32	   *groups = rs_arena_alloc(op->arena, n * sizeof(uint32));
	MemoryContext old = MemoryContextSwitchTo(op->values);
	int			at = agg->ncolumns;
	int			f;
	int			c;

	rs_group_table_find(agg->table, op->arena, columns, n, groups);
	agg->ngroups = rs_group_table_count(agg->table);
	if (agg->full)
	{
		uint32	   *known;
		uint32		nknown = put_off(agg, columns, columns, n, groups, &known);

		for (c = at; nknown < n && c < agg->ngroup_types; c++)
			columns[c] = rs_vector_gather(op->arena, columns[c], known, nknown);
		n = nknown;
	}
	grow_states(agg);
	for (f = 0; f < agg->nfunctions && n > 0; f++)
	{
		AggregateFunction *function = &agg->functions[f];
		RsVectorType types[RS_STATE_COLUMNS];

		if (function->aggref == NULL || function->shared)
			continue;
		rs_aggregate_import(function->states, op->arena, &columns[at], groups, n);
		at += rs_aggregate_state_types(function->states, types);
	}
	MemoryContextSwitchTo(old);
}

static Size
memory_used(AggregateOperator *agg)
{
	Size		size = rs_group_table_memory(agg->table);
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
		if (agg->functions[i].aggref != NULL && !agg->functions[i].shared)
			size += rs_aggregate_memory(agg->functions[i].states);
	return size;
}

/* ---------------------------------------------------------------------
 * Giving out
 * ---------------------------------------------------------------------
 */

/*
 * Position among the table's columns of an input column.
 */
static int
column_position(const AggregateOperator *agg, AttrNumber attno)
{
	int			i;

	for (i = 0; i < agg->ncolumns; i++)
		if (agg->attnos[i] == attno)
			return i;
	elog(ERROR, "column %d is not one of the groups'", (int) attno);
	return -1;
}

/*
 * The input's column that groups are sorted by, k-th.
 */
static AttrNumber
sort_column(const AggregateOperator *agg, int k)
{
	return agg->sets == NULL ? agg->sort->sortColIdx[k] :
		rs_grouping_sets_column(agg->sets, agg->sort->sortColIdx[k]);
}

/*
 * The order that groups are promised in, of columns of the table from first on.
 */
static RsSortOrder *
order_of_groups(AggregateOperator *agg, const RsVectorType *types, AttrNumber first, bool by_key)
{
	Sort	   *sort = agg->sort;
	AttrNumber *columns = palloc(sort->numCols * sizeof(AttrNumber));
	int			k;

	for (k = 0; k < sort->numCols; k++)
		columns[k] = (AttrNumber) (first + (by_key ? k : column_position(agg, sort_column(agg, k))));
	return rs_sort_order_create(agg->op.env.context, types, sort->numCols, columns,
								sort->sortOperators, sort->collations, sort->nullsFirst);
}

static void
sort_groups(AggregateOperator *agg)
{
	RsArena    *arena;
	const RsVector **columns;
	uint32	   *groups;
	uint32		g;
	int			k;

	if (agg->ngroups == 0)
		return;
	arena = rs_arena_create(agg->context);
	columns = rs_arena_alloc(arena, agg->ncolumns * sizeof(RsVector *));
	groups = rs_arena_alloc(arena, agg->ngroups * sizeof(uint32));
	for (g = 0; g < agg->ngroups; g++)
		groups[g] = g;
	if (agg->group_order == NULL)
		agg->group_order = order_of_groups(agg, agg->column_types, 1, false);
	for (k = 0; k < rs_sort_nkeys(agg->group_order); k++)
	{
		int			c = rs_sort_key(agg->group_order, k) - 1;
		MemoryContext old = MemoryContextSwitchTo(agg->context);

		columns[c] = rs_group_table_column(agg->table, arena, c, groups, agg->ngroups);
		MemoryContextSwitchTo(old);
	}
	agg->order = rs_sort_rows(agg->group_order, columns, agg->ngroups, agg->context);
	rs_arena_destroy(arena);
}

/*
 * Functions with the same transitions share them, as in PostgreSQL's own nodes.
 */
static void
create_states(AggregateOperator *agg, AggregateFunction *function)
{
	AggregateFunction *other;
	bool		can_share;
	bool		shared = false;
	RsVectorType *types;
	int			i;

	function->shared = false;
	if (function->aggref == NULL)
		return;
	can_share = agg->final || rs_aggregate_can_share(function->aggref, agg->nkeys > 0);
	for (other = agg->functions; can_share && other < agg->functions + agg->nfunctions; other++)
	{
		if (other == function || other->aggref == NULL ||
			other->aggref->aggtransno != function->aggref->aggtransno)
			continue;
		shared = true;
		if (other < function)
		{
			function->states = other->states;
			function->shared = true;
			return;
		}
	}
	types = palloc(Max(function->nargs + list_length(function->aggref->aggargtypes), 1) *
				   sizeof(RsVectorType));
	for (i = 0; i < function->nargs; i++)
		types[i] = function->args[i]->type;
	for (i = 0; agg->final && i < list_length(function->aggref->aggargtypes); i++)
		rs_vector_type_init(&types[i], list_nth_oid(function->aggref->aggargtypes, i));
	function->states = rs_aggregate_create(function->aggref, types, agg->op.env.parent,
										   agg->nkeys > 0, shared, agg->context);
}

static const RsVector *group_column(RsRows *base, int varno, AttrNumber attno);

/*
 * Rows of the groups that are given from number first on, without the order in
 * which they are given if ordered is false.
 */
static GroupRows *
make_group_rows(AggregateOperator *agg, uint32 first, uint32 n, bool ordered)
{
	RsOperator *op = &agg->op;
	GroupRows  *rows = rs_arena_alloc(op->arena, sizeof(GroupRows));
	uint32	   *groups = rs_arena_alloc(op->arena, n * sizeof(uint32));
	uint32		i;

	for (i = 0; i < n; i++)
		groups[i] = ordered && agg->order != NULL ? agg->order[first + i] : first + i;
	memset(rows, 0, sizeof(GroupRows));
	rows->rows.n = n;
	rows->rows.column = group_column;
	rows->rows.arena = op->arena;
	rows->rows.values = op->values;
	rows->agg = agg;
	rows->groups = groups;
	rows->columns = rs_arena_alloc(op->arena, Max(agg->ncolumns, 1) * sizeof(RsVector *));
	memset(rows->columns, 0, agg->ncolumns * sizeof(RsVector *));
	rows->results = rs_arena_alloc(op->arena, Max(agg->nfunctions, 1) * sizeof(RsVector *));
	memset(rows->results, 0, agg->nfunctions * sizeof(RsVector *));
	return rows;
}

static RsDirectArgument *
direct_arguments(AggregateFunction *function, RsRows *rows)
{
	int			n = list_length(function->aggref->aggdirectargs);
	RsDirectArgument *direct = rs_arena_alloc(rows->arena, Max(n, 1) * sizeof(RsDirectArgument));
	int			i;

	for (i = 0; i < n; i++)
	{
		direct[i].vector = rs_expr_eval(function->direct[i], rows);
		direct[i].type = function->direct[i]->type;
	}
	return direct;
}

/*
 * What some functions do when all rows are there.
 */
static void
finish_functions(AggregateOperator *agg)
{
	int			f;
	uint32		first;

	for (f = 0; f < agg->nfunctions; f++)
	{
		AggregateFunction *function = &agg->functions[f];

		if (function->aggref == NULL || function->shared || !rs_aggregate_has_finish(function->states))
			continue;
		for (first = 0; first < agg->ngroups; first += RS_VECTOR_ROWS)
		{
			uint32		n = Min(agg->ngroups - first, RS_VECTOR_ROWS);
			MemoryContext old;
			RsRows	   *rows;

			rs_operator_reset_batch(&agg->op);
			rows = &make_group_rows(agg, first, n, false)->rows;
			old = MemoryContextSwitchTo(agg->op.values);
			rs_aggregate_finish(function->states, function->aggref,
								direct_arguments(function, rows), first, n);
			MemoryContextSwitchTo(old);
		}
	}
}

/*
 * Groups of no rows, one for each empty grouping set.
 */
static void
add_empty_sets(AggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	RsVectorBatch batch;
	uint32		group;
	int			i;

	while (rs_grouping_sets_empty(agg->sets, &batch))
	{
		const RsVector **columns;

		rs_operator_reset_batch(op);
		columns = rs_arena_alloc(op->arena, agg->ncolumns * sizeof(RsVector *));
		for (i = 0; i < agg->ncolumns; i++)
			columns[i] = batch.columns[agg->attnos[i] - 1];
		rs_group_table_find(agg->table, op->arena, columns, 1, &group);
	}
	agg->ngroups = rs_group_table_count(agg->table);
	grow_states(agg);
}

static void
release_states(AggregateOperator *agg)
{
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
	{
		AggregateFunction *function = &agg->functions[i];

		if (function->states != NULL && !function->shared)
			rs_aggregate_release(function->states);
		function->states = NULL;
	}
	agg->table = NULL;
	agg->order = NULL;
	MemoryContextReset(agg->context);
}

/*
 * An empty table.
 */
static void
begin_table(AggregateOperator *agg)
{
	double		expected = (double) ((Agg *) agg->op.plan)->numGroups;
	MemoryContext old;
	int			i;

	release_states(agg);
	old = MemoryContextSwitchTo(agg->context);
	agg->table = rs_group_table_create(agg->column_types, agg->ncolumns, agg->nkeys,
									   Min(expected, (double) get_hash_memory_limit() / RS_GROUP_SIZE));
	for (i = 0; i < agg->nfunctions; i++)
		create_states(agg, &agg->functions[i]);
	MemoryContextSwitchTo(old);
	agg->full = false;
	agg->complete = false;
	/* Without keys there is one group, even of no rows. */
	agg->ngroups = agg->nkeys == 0 ? 1 : 0;
	agg->given = 0;
	grow_states(agg);
	for (i = 0; agg->zones != NULL && i < agg->nfunctions; i++)
		rs_zone_answer_set_state(agg->zones, i, agg->functions[i].shared ? NULL :
								 agg->functions[i].states);
}

static void
finish_table(AggregateOperator *agg)
{
	agg->op.stats.memory = Max(agg->op.stats.memory, memory_used(agg));
	finish_functions(agg);
	if (agg->sort != NULL)
		sort_groups(agg);
}

/*
 * The types of groups as rows: the table's columns, then the states'.
 */
static void
find_group_types(AggregateOperator *agg)
{
	int			f;

	agg->group_types = MemoryContextAlloc(agg->op.env.context,
										  (agg->ncolumns + agg->nfunctions * RS_STATE_COLUMNS) *
										  sizeof(RsVectorType));
	memcpy(agg->group_types, agg->column_types, agg->ncolumns * sizeof(RsVectorType));
	agg->ngroup_types = agg->ncolumns;
	for (f = 0; f < agg->nfunctions; f++)
		if (agg->functions[f].aggref != NULL && !agg->functions[f].shared)
			agg->ngroup_types += rs_aggregate_state_types(agg->functions[f].states,
														  &agg->group_types[agg->ngroup_types]);
}

/*
 * Some groups as rows of those types.
 */
static const RsVector **
groups_as_rows(AggregateOperator *agg, const uint32 *groups, uint32 n)
{
	RsArena    *arena = agg->op.arena;
	const RsVector **columns = rs_arena_alloc(arena, agg->ngroup_types * sizeof(RsVector *));
	MemoryContext old = MemoryContextSwitchTo(agg->op.values);
	int			at;
	int			f;

	for (at = 0; at < agg->ncolumns; at++)
		columns[at] = rs_group_table_column(agg->table, arena, at, groups, n);
	for (f = 0; f < agg->nfunctions; f++)
	{
		AggregateFunction *function = &agg->functions[f];
		RsVectorType types[RS_STATE_COLUMNS];

		if (function->aggref == NULL || function->shared)
			continue;
		rs_aggregate_export(function->states, arena, groups, n, &columns[at]);
		at += rs_aggregate_state_types(function->states, types);
	}
	MemoryContextSwitchTo(old);
	return columns;
}

/*
 * Pass all groups on to whom their partitions will be dealt.
 */
static void
export_groups(AggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	uint32		starts[RS_EXCHANGE_PARTITIONS + 1];
	uint64	   *hashes = MemoryContextAllocHuge(agg->context, Max(agg->ngroups, 1) * sizeof(uint64));
	uint32	   *order = MemoryContextAllocHuge(agg->context, Max(agg->ngroups, 1) * sizeof(uint32));
	uint32		first;
	uint32		i;
	uint32		p;
	int			c;

	op->stats.memory = Max(op->stats.memory, memory_used(agg));
	for (i = 0; i < agg->ngroups; i++)
		order[i] = i;
	for (first = 0; first < agg->ngroups; first += RS_VECTOR_ROWS)
	{
		uint32		n = Min(agg->ngroups - first, RS_VECTOR_ROWS);
		const RsVector **keys;

		rs_operator_reset_batch(op);
		keys = rs_arena_alloc(op->arena, agg->nkeys * sizeof(RsVector *));
		for (c = 0; c < agg->nkeys; c++)
			keys[c] = rs_group_table_column(agg->table, op->arena, c, order + first, n);
		rs_hash_columns(agg->column_types, keys, agg->nkeys, n, hashes + first);
	}
	rs_exchange_distribute(hashes, agg->ngroups, starts, order);
	for (p = 0; p < RS_EXCHANGE_PARTITIONS; p++)
	{
		if (starts[p] == starts[p + 1])
			continue;
		rs_exchange_begin_file(agg->exchange, p);
		for (first = starts[p]; first < starts[p + 1]; first += RS_VECTOR_ROWS)
		{
			uint32		n = Min(starts[p + 1] - first, RS_VECTOR_ROWS);

			rs_operator_reset_batch(op);
			rs_exchange_append(agg->exchange, groups_as_rows(agg, order + first, n), n);
		}
		rs_exchange_end_file(agg->exchange);
	}
	rs_exchange_end_round(agg->exchange);
}

/*
 * Does the table take more memory than it may?  Then it gets no more groups, and rows
 * of others are put off; but groups that are still to be exchanged are passed on now.
 */
static void
limit_memory(AggregateOperator *agg, bool exchanging)
{
	RsPartitions *partitions = agg->partitions;

	if (agg->full || agg->nkeys == 0 || agg->in_order ||
		MemoryContextMemAllocated(agg->context, true) <= get_hash_memory_limit())
		return;
	if (exchanging)
	{
		export_groups(agg);
		begin_table(agg);
		return;
	}
	if (partitions == NULL)
		agg->partitions = partitions =
			rs_partitions_create(agg->files, agg->exchange != NULL ? agg->group_types : agg->kept_types,
								 agg->exchange != NULL ? agg->ngroup_types : agg->nkept,
								 get_hash_memory_limit());
	if (!rs_partitions_can_add(partitions))
		return;
	rs_group_table_close(agg->table);
	agg->full = true;
}

/*
 * The groups of the input, or of as much as memory may hold.
 */
static void
compute(AggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	RsVectorBatch batch;

	begin_table(agg);
	if (agg->shared != NULL)
	{
		if (agg->group_types == NULL)
			find_group_types(agg);
		agg->exchange = rs_exchange_attach(agg->files, agg->engine, agg->shared, agg->group_types,
										   agg->ngroup_types, op->plan->plan_node_id);
		if (!rs_exchange_takes_input(agg->exchange))
			return;
	}
	while (rs_operator_next(op->outer, &batch))
	{
		rs_operator_reset_batch(op);
		take_batch(agg, &batch);
		limit_memory(agg, agg->exchange != NULL);
	}
	if (agg->exchange != NULL && !rs_exchange_is_alone(agg->exchange))
	{
		export_groups(agg);
		begin_table(agg);
		rs_exchange_wait(agg->exchange);
	}
	else
		agg->complete = !agg->full;
	if (agg->sets != NULL && agg->ngroups == 0)
		add_empty_sets(agg);
	finish_table(agg);
}

/*
 * A batch of what was put off.
 */
static bool
read_put_off(AggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	RsVectorBatch batch;
	const RsVector **columns;
	int			i;

	rs_operator_reset_batch(op);
	columns = rs_arena_alloc(op->arena, Max(agg->nkept, agg->ngroup_types) * sizeof(RsVector *));
	batch.n = rs_partitions_read(agg->partitions, op->arena, columns);
	if (batch.n == 0)
		return false;
	if (agg->exchange != NULL)
	{
		take_groups(agg, columns, batch.n);
		return true;
	}
	batch.columns = rs_arena_alloc(op->arena, op->outer->ncolumns * sizeof(RsVector *));
	memset(batch.columns, 0, op->outer->ncolumns * sizeof(RsVector *));
	for (i = 0; i < agg->nkept; i++)
		batch.columns[agg->kept[i] - 1] = columns[i];
	take_batch(agg, &batch);
	return true;
}

static bool
read_exchanged(AggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	const RsVector **columns;
	uint32		n;

	rs_operator_reset_batch(op);
	columns = rs_arena_alloc(op->arena, agg->ngroup_types * sizeof(RsVector *));
	n = rs_exchange_read(agg->exchange, op->arena, columns);
	if (n > 0)
		take_groups(agg, columns, n);
	return n > 0;
}

static void
close_partitions(AggregateOperator *agg)
{
	if (agg->partitions == NULL)
		return;
	agg->op.stats.partitions += rs_partitions_count(agg->partitions);
	agg->op.stats.spilled += rs_partitions_bytes(agg->partitions);
	rs_partitions_close(agg->partitions);
	agg->partitions = NULL;
}

/*
 * When all groups of the table were given: those of a part of the rows put off, or of
 * a partition dealt to this process.  False if there is nothing left.
 */
static bool
compute_next(AggregateOperator *agg)
{
	if (agg->partitions != NULL && rs_partitions_next(agg->partitions))
	{
		begin_table(agg);
		while (read_put_off(agg))
			limit_memory(agg, false);
	}
	else
	{
		close_partitions(agg);
		if (agg->exchange == NULL || !rs_exchange_next(agg->exchange))
			return false;
		begin_table(agg);
		while (read_exchanged(agg))
			limit_memory(agg, false);
	}
	finish_table(agg);
	return true;
}

static const RsVector *
group_column(RsRows *base, int varno, AttrNumber attno)
{
	GroupRows  *rows = (GroupRows *) base;
	AggregateOperator *agg = rows->agg;

	if (varno == INDEX_VAR)
	{
		const RsVector **result = &rows->results[attno - 1];

		if (*result == NULL)
			*result = rs_aggregate_result(agg->functions[attno - 1].states,
										  agg->functions[attno - 1].aggref,
										  direct_arguments(&agg->functions[attno - 1], base),
										  base->arena, base->values, rows->groups, base->n);
		return *result;
	}
	else
	{
		int			position = column_position(agg, attno);
		const RsVector **column = &rows->columns[position];

		if (*column == NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(base->values);

			*column = rs_group_table_column(agg->table, base->arena, position, rows->groups, base->n);
			MemoryContextSwitchTo(old);
		}
		return *column;
	}
}

/*
 * A partial step's batch: keys as they are, states as bytea.
 */
static void
give_states(AggregateOperator *agg, GroupRows *rows, RsVectorBatch *batch)
{
	RsOperator *op = &agg->op;
	MemoryContext old = MemoryContextSwitchTo(op->values);
	ListCell   *lc;

	batch->n = rows->rows.n;
	batch->columns = rs_arena_alloc(op->arena, op->ncolumns * sizeof(RsVector *));
	foreach(lc, op->plan->targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		RsVector   *states;
		uint32		i;

		if (!IsA(entry->expr, Aggref))
		{
			batch->columns[entry->resno - 1] = group_column(&rows->rows, OUTER_VAR,
															castNode(Var, entry->expr)->varattno);
			continue;
		}
		states = rs_vector_create(op->arena, RS_FORM_REF, batch->n);
		for (i = 0; i < batch->n; i++)
			((Datum *) states->data)[i] =
				rs_aggregate_serialize(agg->functions[((Aggref *) entry->expr)->aggno].states,
									   rows->groups[i]);
		batch->columns[entry->resno - 1] = states;
	}
	MemoryContextSwitchTo(old);
}

/*
 * The next groups of the table that pass the having clause, as rows, in the table's
 * order; NULL if all were looked at.
 */
static RsRows *
next_rows(AggregateOperator *agg)
{
	while (agg->given < agg->ngroups)
	{
		uint32		n = Min(agg->ngroups - agg->given, (uint32) rs_vector_rows);
		const uint32 *chosen;
		RsRows	   *rows;

		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(&agg->op);
		rows = &make_group_rows(agg, agg->given, n, true)->rows;
		agg->given += n;
		rows = rs_rows_filter(rows, agg->having, &chosen);
		if (rows->n > 0)
			return rows;
	}
	return NULL;
}

/*
 * The groups are of several tables, and promised in order: each table's results make
 * a run of rows with the columns of the order behind them, and the runs are merged.
 */
static void
sort_into_runs(AggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	int			nkeys = agg->sort->numCols;
	int			ncolumns = op->ncolumns + nkeys;
	MemoryContext old = MemoryContextSwitchTo(op->env.context);
	RsVectorType *types = palloc(ncolumns * sizeof(RsVectorType));
	const RsVector **columns = palloc(ncolumns * sizeof(RsVector *));
	RsVectorBatch batch;
	RsRows	   *rows;
	int			k;

	memcpy(types, op->types, op->ncolumns * sizeof(RsVectorType));
	for (k = 0; k < nkeys; k++)
		types[op->ncolumns + k] = agg->column_types[column_position(agg, sort_column(agg, k))];
	agg->runs = rs_sort_runs_create(op->env.context,
									order_of_groups(agg, types, (AttrNumber) (op->ncolumns + 1), true),
									types, ncolumns,
									Max(get_hash_memory_limit(), RS_LEAST_MERGE_MEMORY));
	MemoryContextSwitchTo(old);
	do
	{
		rs_sort_runs_begin(agg->runs);
		while ((rows = next_rows(agg)) != NULL)
		{
			rs_operator_project(op, rows, &batch);
			memcpy(columns, batch.columns, op->ncolumns * sizeof(RsVector *));
			for (k = 0; k < nkeys; k++)
				columns[op->ncolumns + k] = rows->column(rows, OUTER_VAR, sort_column(agg, k));
			rs_sort_runs_append(agg->runs, columns, rows->n);
		}
		rs_sort_runs_finish(agg->runs);
	} while (compute_next(agg));
	rs_sort_runs_rewind(agg->runs);
	pfree(columns);
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	AggregateOperator *agg = (AggregateOperator *) op;

	if (agg->table == NULL)
	{
		compute(agg);
		if (agg->sort != NULL && agg->partitions != NULL)
			sort_into_runs(agg);
	}
	if (agg->runs != NULL)
	{
		rs_operator_reset_batch(op);
		return rs_sort_runs_next(agg->runs, op->arena, batch);
	}
	do
	{
		RsRows	   *rows = next_rows(agg);

		if (rows != NULL && agg->partial)
			give_states(agg, (GroupRows *) rows, batch);
		else if (rows != NULL)
			rs_operator_project(op, rows, batch);
		if (rows != NULL)
			return true;
	} while (compute_next(agg));
	return false;
}

static void
forget(RsOperator *op)
{
	AggregateOperator *agg = (AggregateOperator *) op;

	close_partitions(agg);
	if (agg->exchange != NULL)
	{
		op->stats.partitions += RS_EXCHANGE_PARTITIONS;
		op->stats.spilled += rs_exchange_bytes(agg->exchange);
		rs_exchange_detach(agg->exchange);
	}
	agg->exchange = NULL;
	if (agg->runs != NULL)
	{
		op->stats.spilled += rs_sort_runs_bytes(agg->runs);
		rs_sort_runs_close(agg->runs);
	}
	agg->runs = NULL;
	release_states(agg);
	MemoryContextReset(agg->files);
}

/*
 * The shared memory is good until the operator ends.
 */
static void
end(RsOperator *op)
{
	forget(op);
	((AggregateOperator *) op)->shared = NULL;
}

static void
share(RsOperator *op, void *shared, RsShareStep step)
{
	AggregateOperator *agg = (AggregateOperator *) op;

	forget(op);
	if (step != RS_SHARE_ATTACH)
		rs_exchange_init(shared);
	agg->shared = shared;
}

static void
rescan(RsOperator *op)
{
	forget(op);
	op->outer->rescan(op->outer);
}

static bool
rewind_groups(RsOperator *op)
{
	AggregateOperator *agg = (AggregateOperator *) op;

	if (agg->table == NULL || !agg->complete)
		return false;
	agg->given = 0;
	return true;
}

static void
explain(RsOperator *op, ExplainState *es)
{
	rs_explain_memory(op, es);
	rs_explain_spill(op, es);
}

/*
 * Columns of the input that rows need when they are put off.
 */
static void
find_kept(AggregateOperator *agg, List *targets, List *having)
{
	Bitmapset  *attnos = NULL;
	List	   *vars = list_concat(pull_var_clause((Node *) targets,
												   PVC_RECURSE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS),
								   pull_var_clause((Node *) having,
												   PVC_RECURSE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS));
	ListCell   *lc;
	int			attno = -1;
	int			i;

	foreach(lc, vars)
		attnos = bms_add_member(attnos, lfirst_node(Var, lc)->varattno);
	for (i = 0; i < agg->ncolumns; i++)
		attnos = bms_add_member(attnos, agg->attnos[i]);
	agg->kept = palloc(Max(bms_num_members(attnos), 1) * sizeof(AttrNumber));
	agg->kept_types = palloc(Max(bms_num_members(attnos), 1) * sizeof(RsVectorType));
	while ((attno = bms_next_member(attnos, attno)) >= 0)
	{
		agg->kept[agg->nkept] = (AttrNumber) attno;
		agg->kept_types[agg->nkept++] = agg->op.outer->types[attno - 1];
	}
}

/*
 * Let the functions take what they want from zone maps, if that is all they want.
 */
static void
offer_zones(AggregateOperator *agg, MemoryContext context)
{
	Aggref	  **aggrefs = palloc(Max(agg->nfunctions, 1) * sizeof(Aggref *));
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
		aggrefs[i] = agg->functions[i].aggref;
	agg->zones = rs_zone_answer_create(agg->op.outer, aggrefs, agg->nfunctions, context);
	pfree(aggrefs);
}

static void
add_keys(AggregateOperator *agg)
{
	Agg		   *node = (Agg *) agg->op.plan;
	AttrNumber	first;
	int			nkeys;
	int			i;

	if (agg->sets == NULL)
	{
		for (i = 0; i < node->numCols; i++)
			add_column(agg, node->grpColIdx[i]);
		return;
	}
	rs_grouping_sets_keys(agg->sets, &first, &nkeys);
	for (i = 0; i < nkeys; i++)
		add_column(agg, (AttrNumber) (first + i));
}

RsOperator *
rs_aggregate_operator(RsEngine *engine, Plan *plan)
{
	Agg		   *node = (Agg *) plan;
	RsOperator *input = rs_engine_build(engine, rs_aggregate_input(plan));
	RsOperator *sets = rs_has_grouping_sets(node) ? rs_grouping_sets_operator(engine, node, input) : NULL;
	AggregateOperator *agg;
	RsOperator *op;
	List	   *targets = plan->targetlist;
	List	   *having = plan->qual;
	List	   *aggrefs;
	ListCell   *lc;

	if (sets != NULL)
	{
		targets = (List *) rs_grouping_sets_expression(sets, (Node *) targets);
		having = (List *) rs_grouping_sets_expression(sets, (Node *) having);
		input = sets;
	}
	aggrefs = find_aggrefs(targets, having);
	agg = rs_operator_create(engine, plan, sizeof(AggregateOperator),
							 node->numCols > 0 || sets != NULL ? "Hash Aggregate" : "Aggregate",
							 input, NULL);
	op = &agg->op;
	agg->sets = sets;
	agg->partial = node->aggsplit == AGGSPLIT_INITIAL_SERIAL;
	agg->final = node->aggsplit == AGGSPLIT_FINAL_DESERIAL;
	if (agg->partial)
		op->name = "Partial Aggregate";
	else if (agg->final)
		op->name = "Final Aggregate";
	agg->context = AllocSetContextCreate(engine->parent->state->es_query_cxt,
										 "redshift aggregate", ALLOCSET_DEFAULT_SIZES);
	agg->files = AllocSetContextCreate(engine->parent->state->es_query_cxt,
									   "redshift aggregate files", ALLOCSET_DEFAULT_SIZES);
	agg->engine = engine;
	/* So marked where the plan was taken over. */
	agg->parallel = plan->parallel_aware;
	if (agg->parallel)
		op->name = "Parallel Aggregate";
	/* With several sorts no order is promised. */
	agg->sort = node->chain == NIL ? replaced_sort(node) : NULL;
	agg->in_order = node->aggstrategy == AGG_SORTED && node->chain == NIL && agg->sort == NULL;

	agg->attnos = palloc((node->numCols + input->ncolumns) * sizeof(AttrNumber));
	agg->column_types = palloc((node->numCols + input->ncolumns) * sizeof(RsVectorType));
	add_keys(agg);
	agg->nkeys = agg->ncolumns;
	foreach(lc, aggrefs)
	{
		Node	   *found = lfirst(lc);

		if (IsA(found, Aggref))
			agg->nfunctions = Max(agg->nfunctions, ((Aggref *) found)->aggno + 1);
		else
			add_column(agg, castNode(Var, found)->varattno);
	}
	agg->functions = palloc0(Max(agg->nfunctions, 1) * sizeof(AggregateFunction));
	foreach(lc, aggrefs)
		if (IsA(lfirst(lc), Aggref))
			add_function(agg, lfirst(lc));
	if (node->numCols == 0 && sets == NULL && agg->ncolumns == 0 && !agg->final)
		offer_zones(agg, engine->parent->state->es_query_cxt);
	op->env.scan = result_slot(engine, agg);
	op->next = next;
	op->rescan = rescan;
	op->rewind = rewind_groups;
	op->end = end;
	find_kept(agg, targets, having);
	if (agg->parallel)
	{
		op->shared_size = rs_exchange_shared_size();
		op->share = share;
	}
	op->explain = explain;
	if (agg->partial)
	{
		/* The states are bytea, whatever the target list says. */
		foreach(lc, plan->targetlist)
			if (IsA(lfirst_node(TargetEntry, lc)->expr, Aggref))
				rs_vector_type_init(&op->types[foreach_current_index(lc)], BYTEAOID);
		return op;
	}
	foreach(lc, (List *) replace_aggrefs((Node *) having, NULL))
		agg->having = lappend(agg->having, rs_expr_compile(&op->env, lfirst(lc)));
	foreach(lc, targets)
		op->targets = lappend(op->targets,
							  rs_expr_compile(&op->env,
											  replace_aggrefs((Node *) lfirst_node(TargetEntry, lc)->expr,
															  NULL)));
	return op;
}
