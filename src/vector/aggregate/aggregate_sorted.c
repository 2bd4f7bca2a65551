/*
 * aggregate_sorted.c
 *	  Aggregate functions whose rows come in order, or one group at a time.
 *
 * Rows are collected as (group, arguments) in one tuplesort, by group and by what
 * ORDER BY and DISTINCT inside the aggregate ask for; it keeps within its part of work_mem.
 * When all rows are there they are handed on to the function itself, without
 * those that DISTINCT leaves out.
 *
 * A function that is run through its own transition functions has one state then,
 * for group after group, and its results are kept instead: so ordered-set
 * aggregates, whose states are tuplesorts, come here too.
 */
#include "postgres.h"

#include "catalog/pg_aggregate.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"
#include "vector/aggregate/aggregate_family.h"

typedef struct Sorted
{
	Tuplesortstate *sort;
	TupleTableSlot *in;			/* column 1 is the group, and where in it, as 64 bits */
	int			first_key;		/* argument that the lower 32 are made of; -1: none */
	bool		descending;		/* by it */
	bool		nulls_first;
	TupleTableSlot *row;		/* the next one that the sort gives */
	TupleTableSlot *before;		/* the one before it */
	bool		started;		/* reading */
	bool		more;			/* row holds one */
	int			nargs;			/* of the rows */
	int			npassed;		/* to the function: the others are for sorting */
	const RsVectorType *types;
	int			ndistinct;
	AttrNumber *distinct;		/* columns of the rows */
	FmgrInfo   *equal;
	Oid		   *collations;
	bool		one_state;		/* group after group */
	/* rows to be handed on */
	RsArena    *arena;
	MemoryContext copies;
	Datum	  **values;
	bool	  **nulls;
	uint32	   *groups;
	uint32		n;
	/* of one_state */
	RsVectorType result_type;
	Datum	   *results;
	bool	   *null_results;
	uint32		nresults;
} Sorted;

static TupleDesc
row_descriptor(const Aggref *aggref)
{
	TupleDesc	desc = CreateTemplateTupleDesc(list_length(aggref->args) + 1);
	ListCell   *lc;

	TupleDescInitEntry(desc, 1, NULL, INT8OID, -1, 0);
	foreach(lc, aggref->args)
	{
		Node	   *expr = (Node *) lfirst_node(TargetEntry, lc)->expr;
		AttrNumber	attno = (AttrNumber) (foreach_current_index(lc) + 2);

		TupleDescInitEntry(desc, attno, NULL, exprType(expr), exprTypmod(expr), 0);
		TupleDescInitEntryCollation(desc, attno, exprCollation(expr));
	}
	return desc;
}

/*
 * Can the first key be told apart, as far as 32 bits can, by comparing integers?
 */
static void
find_prefix(Sorted *own, const SortGroupClause *clause, Oid type, int arg)
{
	TypeCacheEntry *cache = lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);

	if (type != INT2OID && type != INT4OID && type != INT8OID && type != DATEOID)
		return;
	if (clause->sortop != cache->lt_opr && clause->sortop != cache->gt_opr)
		return;
	own->first_key = arg;
	own->descending = clause->sortop == cache->gt_opr;
	own->nulls_first = clause->nulls_first;
}

/* Groups' numbers have no sign: so they are sorted as signed integers are. */
#define RS_SIGN_BIT		((uint64) 1 << 63)

/*
 * The group, and what the first key allows to say of the order within: so the sort
 * compares one integer for most pairs of rows.  Keys beyond 31 bits look alike.
 */
static int64
leading_key(const Sorted *own, const RsVector **args, uint32 group, uint32 row)
{
	uint64		prefix = 0;

	if (own->first_key >= 0)
	{
		const RsVector *key = args[own->first_key];

		if (rs_vector_is_null(key, row))
			prefix = own->nulls_first ? 0 : PG_UINT32_MAX;
		else
		{
			int64		value = rs_vector_int(key, row);

			value = Max(Min(value, PG_INT32_MAX - 1), PG_INT32_MIN + 2);
			prefix = (uint64) ((own->descending ? -value : value) - PG_INT32_MIN);
		}
	}
	return (int64) (((uint64) group << 32 | prefix) ^ RS_SIGN_BIT);
}

static inline uint32
row_group(const TupleTableSlot *slot)
{
	return (uint32) (((uint64) DatumGetInt64(slot->tts_values[0]) ^ RS_SIGN_BIT) >> 32);
}

/*
 * Sort by group, then as the aggregate says.
 */
static void
begin_sort(Sorted *own, const Aggref *aggref, TupleDesc desc, int memory)
{
	List	   *clauses = AGGKIND_IS_ORDERED_SET(aggref->aggkind) ? NIL :
		aggref->aggdistinct != NIL ? aggref->aggdistinct : aggref->aggorder;
	int			nkeys = list_length(clauses) + 1;
	AttrNumber *columns = palloc(nkeys * sizeof(AttrNumber));
	Oid		   *operators = palloc(nkeys * sizeof(Oid));
	Oid		   *collations = palloc(nkeys * sizeof(Oid));
	bool	   *nulls_first = palloc(nkeys * sizeof(bool));
	ListCell   *lc;

	columns[0] = 1;
	operators[0] = Int8LessOperator;
	own->first_key = -1;
	collations[0] = InvalidOid;
	nulls_first[0] = false;
	if (aggref->aggdistinct != NIL)
		own->ndistinct = nkeys - 1;
	own->equal = palloc(nkeys * sizeof(FmgrInfo));
	foreach(lc, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		TargetEntry *entry = get_sortgroupclause_tle(clause, aggref->args);
		int			k = foreach_current_index(lc) + 1;

		columns[k] = (AttrNumber) (entry->resno + 1);
		operators[k] = clause->sortop;
		collations[k] = exprCollation((Node *) entry->expr);
		nulls_first[k] = clause->nulls_first;
		fmgr_info(get_opcode(clause->eqop), &own->equal[k - 1]);
		if (k == 1)
			find_prefix(own, clause, exprType((Node *) entry->expr), entry->resno - 1);
	}
	own->distinct = columns + 1;
	own->collations = collations + 1;
	own->sort = tuplesort_begin_heap(desc, nkeys, columns, operators, collations, nulls_first,
									 memory, NULL, TUPLESORT_NONE);
}

void
rs_sorted_init(RsAggregate *agg, const Aggref *aggref, const RsVectorType *arguments)
{
	Sorted	   *own = palloc0(sizeof(Sorted));
	TupleDesc	desc = row_descriptor(aggref);
	int			a;

	agg->own = own;
	own->nargs = list_length(aggref->args);
	own->npassed = own->nargs;
	if (!AGGKIND_IS_ORDERED_SET(aggref->aggkind))
		own->npassed = list_length(aggref->aggargtypes);
	own->types = arguments;
	own->one_state = agg->inner->family->clear != NULL;
	rs_vector_type_init(&own->result_type, aggref->aggtype);
	own->in = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	own->row = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	own->before = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	own->arena = rs_arena_create(agg->context);
	own->copies = AllocSetContextCreate(agg->context, "redshift aggregate rows",
										ALLOCSET_DEFAULT_SIZES);
	own->values = palloc(Max(own->nargs, 1) * sizeof(Datum *));
	own->nulls = palloc(Max(own->nargs, 1) * sizeof(bool *));
	for (a = 0; a < own->nargs; a++)
	{
		own->values[a] = palloc(RS_BATCH_ROWS * sizeof(Datum));
		own->nulls[a] = palloc(RS_BATCH_ROWS * sizeof(bool));
	}
	own->groups = palloc(RS_BATCH_ROWS * sizeof(uint32));
	if (own->one_state)
		rs_aggregate_grow(agg->inner, 1);
	begin_sort(own, aggref, desc, agg->sort_memory);
}

static void
update(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	Sorted	   *own = agg->own;
	TupleTableSlot *slot = own->in;
	MemoryContext old = MemoryContextSwitchTo(own->copies);
	uint32		i;
	int			a;

	for (i = 0; i < n; i++)
	{
		ExecClearTuple(slot);
		slot->tts_values[0] = Int64GetDatum(leading_key(own, args, groups[i], i));
		slot->tts_isnull[0] = false;
		for (a = 0; a < own->nargs; a++)
			slot->tts_values[a + 1] = rs_vector_datum(args[a], &own->types[a], i,
													  &slot->tts_isnull[a + 1]);
		ExecStoreVirtualTuple(slot);
		tuplesort_puttupleslot(own->sort, slot);
		MemoryContextReset(own->copies);
	}
	MemoryContextSwitchTo(old);
}

/* ---------------------------------------------------------------------
 * Handing on
 * ---------------------------------------------------------------------
 */

static void
hand_on(RsAggregate *agg)
{
	Sorted	   *own = agg->own;
	const RsVector **args;
	int			a;

	if (own->n == 0)
		return;
	rs_arena_reset(own->arena);
	args = rs_arena_alloc(own->arena, Max(own->npassed, 1) * sizeof(RsVector *));
	for (a = 0; a < own->npassed; a++)
		args[a] = rs_vector_from_datums(own->arena, &own->types[a], own->values[a], own->nulls[a],
										own->n);
	rs_aggregate_update(agg->inner, own->arena, args, own->npassed, own->groups, own->n);
	own->n = 0;
	MemoryContextReset(own->copies);
}

static void
next_row(RsAggregate *agg)
{
	Sorted	   *own = agg->own;
	TupleTableSlot *before = own->before;
	MemoryContext old = MemoryContextSwitchTo(agg->context);

	/* The copy is the slot's, which frees it. */
	CHECK_FOR_INTERRUPTS();
	own->before = own->row;
	own->row = before;
	own->more = tuplesort_gettupleslot(own->sort, true, true, own->row, NULL);
	if (own->more)
		slot_getallattrs(own->row);
	MemoryContextSwitchTo(old);
}

/*
 * Is the row one that DISTINCT leaves out?
 */
static bool
is_repeated(const Sorted *own)
{
	TupleTableSlot *x = own->row;
	TupleTableSlot *y = own->before;
	int			d;

	if (own->ndistinct == 0 || TTS_EMPTY(y) || row_group(x) != row_group(y))
		return false;
	for (d = 0; d < own->ndistinct; d++)
	{
		int			c = own->distinct[d] - 1;

		if (x->tts_isnull[c] != y->tts_isnull[c])
			return false;
		if (!x->tts_isnull[c] &&
			!DatumGetBool(FunctionCall2Coll(&own->equal[d], own->collations[d], x->tts_values[c],
											y->tts_values[c])))
			return false;
	}
	return true;
}

static void
add_row(RsAggregate *agg, uint32 group)
{
	Sorted	   *own = agg->own;
	MemoryContext old = MemoryContextSwitchTo(own->copies);
	int			a;

	for (a = 0; a < own->npassed; a++)
	{
		bool		isnull = own->row->tts_isnull[a + 1];

		own->nulls[a][own->n] = isnull;
		own->values[a][own->n] = isnull ? (Datum) 0 :
			datumCopy(own->row->tts_values[a + 1], own->types[a].typbyval, own->types[a].typlen);
	}
	MemoryContextSwitchTo(old);
	own->groups[own->n++] = group;
	if (own->n == RS_BATCH_ROWS)
		hand_on(agg);
}

/*
 * The result of a group, whose rows are all in the one state; begin another.
 */
static void
keep_result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group)
{
	Sorted	   *own = agg->own;
	MemoryContext old = MemoryContextSwitchTo(own->copies);
	bool		isnull = false;
	Datum		value = agg->inner->family->result(agg->inner, wanted, 0, &isnull);

	MemoryContextSwitchTo(agg->context);
	own->null_results[group] = isnull;
	own->results[group] = isnull ? (Datum) 0 :
		datumCopy(value, own->result_type.typbyval, own->result_type.typlen);
	agg->inner->family->clear(agg->inner);
	MemoryContextSwitchTo(old);
	MemoryContextReset(own->copies);
}

static void
start_reading(RsAggregate *agg)
{
	Sorted	   *own = agg->own;

	own->started = true;
	tuplesort_performsort(own->sort);
	next_row(agg);
	if (!own->one_state)
		return;
	own->results = MemoryContextAllocHuge(agg->context, Max(agg->ngroups, 1) * sizeof(Datum));
	own->null_results = MemoryContextAllocHuge(agg->context, Max(agg->ngroups, 1) * sizeof(bool));
}

/*
 * Groups come in the order of their numbers, as the sort gives them.
 */
static void
finish(RsAggregate *agg, RsAggregateResult *wanted, const RsDirectArgument *direct, uint32 first,
	   uint32 n)
{
	Sorted	   *own = agg->own;
	uint32		group;

	if (!own->started)
		start_reading(agg);
	for (group = first; group < first + n; group++)
	{
		while (own->more && row_group(own->row) == group)
		{
			if (!is_repeated(own))
				add_row(agg, own->one_state ? 0 : group);
			next_row(agg);
		}
		if (own->one_state)
		{
			hand_on(agg);
			rs_direct_arguments(wanted, direct, group - first);
			keep_result(agg, wanted, group);
		}
	}
	hand_on(agg);
}

static Datum
result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group, bool *isnull)
{
	Sorted	   *own = agg->own;

	if (own->one_state)
	{
		*isnull = own->null_results[group];
		return own->results[group];
	}
	*isnull = agg->inner->count[group] == 0;
	return agg->inner->family->result(agg->inner, wanted, group, isnull);
}

static void
release(RsAggregate *agg)
{
	Sorted	   *own = agg->own;

	ExecDropSingleTupleTableSlot(own->row);
	ExecDropSingleTupleTableSlot(own->before);
	ExecDropSingleTupleTableSlot(own->in);
	tuplesort_end(own->sort);
}

const RsAggregateFamily rs_sorted_family = {
	.update = update,
	.finish = finish,
	.result = result,
	.release = release
};
