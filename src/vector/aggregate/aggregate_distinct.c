/*
 * aggregate_distinct.c
 *	  DISTINCT inside an aggregate whose result does not depend on the order of
 *	  its rows.
 *
 * A hash table knows the rows (group, arguments) that were met; new ones go on to
 * the function at once.  When the table has grown as large as it may, it gets no
 * more rows, and those that it does not know are sorted in the end.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "vector/aggregate/aggregate_family.h"
#include "vector/aggregate/group_table.h"

typedef struct Distinct
{
	RsGroupTable *met;
	int			nargs;
	const Aggref *aggref;
	const RsVectorType *types;
	RsAggregate *rest;			/* sorts what the table does not know; NULL: not full */
} Distinct;

bool
rs_distinct_can_hash(const Aggref *aggref)
{
	ListCell   *lc;

	foreach(lc, aggref->aggdistinct)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		Node	   *expr = (Node *) get_sortgroupclause_tle(clause, aggref->args)->expr;

		if (!rs_key_type_supported(exprType(expr), clause->eqop, exprCollation(expr)))
			return false;
	}
	return true;
}

void
rs_distinct_init(RsAggregate *agg, const Aggref *aggref, const RsVectorType *arguments)
{
	Distinct   *own = palloc0(sizeof(Distinct));
	RsVectorType *types;
	ListCell   *lc;

	own->nargs = list_length(aggref->args);
	own->aggref = aggref;
	own->types = arguments;
	types = palloc((own->nargs + 1) * sizeof(RsVectorType));
	rs_vector_type_init(&types[0], INT4OID);
	memcpy(&types[1], arguments, own->nargs * sizeof(RsVectorType));
	foreach(lc, aggref->aggdistinct)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);

		rs_key_type_for(&types[get_sortgroupclause_tle(clause, aggref->args)->resno], clause->eqop);
	}
	own->met = rs_group_table_create(types, own->nargs + 1, own->nargs + 1, 0);
	agg->own = own;
}

/*
 * From now on the table knows what it knows.
 */
static void
close_table(RsAggregate *agg)
{
	Distinct   *own = agg->own;
	MemoryContext old = MemoryContextSwitchTo(agg->context);

	rs_group_table_close(own->met);
	own->rest = palloc0(sizeof(RsAggregate));
	own->rest->family = &rs_sorted_family;
	own->rest->inner = agg->inner;
	own->rest->context = agg->context;
	own->rest->sort_memory = agg->sort_memory;
	rs_sorted_init(own->rest, own->aggref, own->types);
	MemoryContextSwitchTo(old);
}

/*
 * Pass on some of the rows.
 */
static void
pass_on(RsAggregate *to, RsArena *arena, const RsVector **args, int nargs, const uint32 *groups,
		const uint32 *chosen, uint32 n)
{
	const RsVector **passed = rs_arena_alloc(arena, nargs * sizeof(RsVector *));
	uint32	   *passed_groups = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32		i;
	int			a;

	if (n == 0)
		return;
	for (a = 0; a < nargs; a++)
		passed[a] = rs_vector_gather(arena, args[a], chosen, n);
	for (i = 0; i < n; i++)
		passed_groups[i] = groups[chosen[i]];
	rs_aggregate_update(to, arena, passed, nargs, passed_groups, n);
}

static void
update(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	Distinct   *own = agg->own;
	const RsVector **columns = rs_arena_alloc(arena, (own->nargs + 1) * sizeof(RsVector *));
	RsVector   *group = rs_vector_create(arena, RS_FORM_I32, n);
	uint32	   *numbers = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32	   *chosen = rs_arena_alloc(arena, n * sizeof(uint32));
	uint8	   *seen = rs_arena_alloc(arena, n);
	uint32		known = rs_group_table_count(own->met);
	uint32		count = 0;
	uint32		i;

	memcpy(group->data, groups, n * sizeof(uint32));
	columns[0] = group;
	memcpy(&columns[1], args, own->nargs * sizeof(RsVector *));
	rs_group_table_find(own->met, arena, columns, n, numbers);
	if (own->rest != NULL)
	{
		for (i = 0; i < n; i++)
			if (numbers[i] == RS_NO_GROUP)
				chosen[count++] = i;
		pass_on(own->rest, arena, args, own->nargs, groups, chosen, count);
		return;
	}
	/* The first row of each new number. */
	memset(seen, 0, n);
	for (i = 0; i < n; i++)
	{
		if (numbers[i] < known || seen[numbers[i] - known])
			continue;
		seen[numbers[i] - known] = 1;
		chosen[count++] = i;
	}
	pass_on(agg->inner, arena, args, own->nargs, groups, chosen, count);
	if (rs_group_table_memory(own->met) > get_hash_memory_limit())
		close_table(agg);
}

static void
finish(RsAggregate *agg, RsAggregateResult *wanted, const RsDirectArgument *direct, uint32 first,
	   uint32 n)
{
	Distinct   *own = agg->own;

	if (own->rest != NULL)
		own->rest->family->finish(own->rest, wanted, direct, first, n);
}

static void
release(RsAggregate *agg)
{
	Distinct   *own = agg->own;

	if (own->rest != NULL)
		own->rest->family->release(own->rest);
}

static Datum
result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group, bool *isnull)
{
	*isnull = agg->inner->count[group] == 0;
	return agg->inner->family->result(agg->inner, wanted, group, isnull);
}

static RsVector *
results(RsAggregate *agg, const RsAggregateResult *wanted, RsArena *arena, const uint32 *groups,
		uint32 n)
{
	return agg->inner->family->results == NULL ? NULL :
		agg->inner->family->results(agg->inner, wanted, arena, groups, n);
}

static Size
memory(const RsAggregate *agg)
{
	return rs_group_table_memory(((Distinct *) agg->own)->met);
}

const RsAggregateFamily rs_distinct_family = {
	.update = update,
	.finish = finish,
	.release = release,
	.result = result,
	.results = results,
	.memory = memory
};
