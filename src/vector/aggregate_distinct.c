/*
 * aggregate_distinct.c
 *	  DISTINCT inside an aggregate whose result does not depend on the order of
 *	  its rows.
 *
 * A hash table knows the rows (group, arguments) that were met; new ones go on to
 * the function at once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "vector/aggregate_family.h"
#include "vector/group_table.h"

typedef struct Distinct
{
	RsGroupTable *met;
	int			nargs;
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

	own->nargs = list_length(aggref->args);
	types = palloc((own->nargs + 1) * sizeof(RsVectorType));
	rs_vector_type_init(&types[0], INT4OID);
	memcpy(&types[1], arguments, own->nargs * sizeof(RsVectorType));
	own->met = rs_group_table_create(types, own->nargs + 1, own->nargs + 1, 0);
	agg->own = own;
}

static void
update(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	Distinct   *own = agg->own;
	const RsVector **columns = rs_arena_alloc(arena, (own->nargs + 1) * sizeof(RsVector *));
	RsVector   *group = rs_vector_create(arena, RS_FORM_I32, n);
	uint32	   *numbers = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32	   *chosen = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32	   *chosen_groups = rs_arena_alloc(arena, n * sizeof(uint32));
	uint8	   *seen = rs_arena_alloc(arena, n);
	uint32		known = rs_group_table_count(own->met);
	uint32		count = 0;
	uint32		i;
	int			a;

	memcpy(group->data, groups, n * sizeof(uint32));
	columns[0] = group;
	memcpy(&columns[1], args, own->nargs * sizeof(RsVector *));
	rs_group_table_find(own->met, arena, columns, n, numbers);
	memset(seen, 0, n);
	for (i = 0; i < n; i++)
	{
		if (numbers[i] < known || seen[numbers[i] - known])
			continue;
		seen[numbers[i] - known] = 1;
		chosen[count] = i;
		chosen_groups[count++] = groups[i];
	}
	if (count == 0)
		return;
	for (a = 0; a < own->nargs; a++)
		args[a] = rs_vector_gather(arena, args[a], chosen, count);
	rs_aggregate_update(agg->inner, arena, args, own->nargs, chosen_groups, count);
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
	.result = result,
	.results = results,
	.memory = memory
};
