/*
 * zone_answer.c
 *	  count, min and max of rows that are not read: from zone maps.
 *
 * Where an aggregation without keys wants nothing but count(*), and count, min and max
 * of columns, a scan offers it groups and blocks whose rows all count.  They are taken
 * if every bound wanted is a value of the column that PostgreSQL would give: not a text
 * cut short, not one of several spellings of the same (0 and -0, 1.0 and 1.00).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "vector/aggregate/aggregate_catalog.h"
#include "vector/scan/zone_answer.h"

typedef enum AnswerKind
{
	ANSWER_NONE,				/* no such function */
	ANSWER_ROWS,
	ANSWER_VALUES,
	ANSWER_MIN,
	ANSWER_MAX
} AnswerKind;

typedef struct Answer
{
	AnswerKind	kind;
	AttrNumber	attno;
	Oid			typid;			/* of the column; its base type */
	int32		typmod;
	RsVectorType type;			/* of the argument */
	RsAggregate *states;
	RsZone		zone;			/* of the rows on offer */
} Answer;

struct RsZoneAnswer
{
	int			n;
	Answer	   *answers;
	RsArena    *arena;
};

/*
 * Those of bpchar have bounds without the padding that the result shows.
 */
static AnswerKind
extreme_kind(Oid function)
{
	int			direction = function == F_MIN_BPCHAR || function == F_MAX_BPCHAR ? 0 : rs_aggregate_extreme(function);

	return direction < 0 ? ANSWER_MIN : direction > 0 ? ANSWER_MAX : ANSWER_NONE;
}

bool
rs_zone_answers_function(const Aggref *aggref)
{
	if (aggref->aggfilter != NULL || aggref->aggdistinct != NIL || aggref->aggorder != NIL ||
		list_length(aggref->args) > 1)
		return false;
	switch (aggref->aggfnoid)
	{
		case F_COUNT_:
		case F_COUNT_ANY:
			return true;
		case F_MIN_TEXT:
		case F_MAX_TEXT:
			return OidIsValid(aggref->inputcollid) && lc_collate_is_c(aggref->inputcollid);
		case F_MIN_NUMERIC:
		case F_MAX_NUMERIC:
			/* With a precision and scale all values are written alike. */
			return exprTypmod((Node *) linitial_node(TargetEntry, aggref->args)->expr) >=
				(int32) VARHDRSZ;
		default:
			return extreme_kind(aggref->aggfnoid) != ANSWER_NONE;
	}
}

static bool
init_answer(Answer *answer, const Aggref *aggref, Plan *scan)
{
	Node	   *arg;
	Var		   *var;

	if (!rs_zone_answers_function(aggref))
		return false;
	if (aggref->aggfnoid == F_COUNT_)
	{
		answer->kind = ANSWER_ROWS;
		return true;
	}
	answer->kind = aggref->aggfnoid == F_COUNT_ANY ? ANSWER_VALUES : extreme_kind(aggref->aggfnoid);
	arg = (Node *) linitial_node(TargetEntry, aggref->args)->expr;
	rs_vector_type_init(&answer->type, exprType(arg));
	while (IsA(arg, RelabelType))
		arg = (Node *) ((RelabelType *) arg)->arg;
	if (!IsA(arg, Var) || ((Var *) arg)->varattno <= 0)
		return false;
	/* The aggregation's input is what the scan gives: its columns, here. */
	var = (Var *) list_nth_node(TargetEntry, scan->targetlist, ((Var *) arg)->varattno - 1)->expr;
	if (!IsA(var, Var) || var->varattno <= 0)
		return false;
	answer->attno = var->varattno;
	answer->typmod = var->vartypmod;
	answer->typid = getBaseTypeAndTypmod(var->vartype, &answer->typmod);
	return true;
}

/*
 * Is a bound what min or max would give for the zone's rows?
 */
static bool
is_exact(const Answer *answer, Datum bound)
{
	const RsZone *zone = &answer->zone;

	if (zone->order == RS_ZONE_BYTES)
		return !zone->blank_padded && !zone->max_truncated &&
			VARSIZE_ANY_EXHDR(DatumGetPointer(bound)) < RS_ZONE_MAX_BYTES;
	switch (answer->typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		case FLOAT4OID:
			return DatumGetFloat4(bound) != 0;
		case FLOAT8OID:
			return DatumGetFloat8(bound) != 0;
		case NUMERICOID:
			return answer->typmod >= (int32) VARHDRSZ;
		default:
			return false;
	}
}

static bool
can_answer(Answer *answer, RsGroupReader *reader, int32 block)
{
	RsZone	   *zone = &answer->zone;

	if (answer->kind == ANSWER_NONE || answer->kind == ANSWER_ROWS)
		return true;
	rs_group_zone(reader, answer->attno, block, zone);
	if (zone->unknown)
		return false;
	if (answer->kind == ANSWER_VALUES || zone->nnulls == zone->nrows)
		return true;
	return zone->has_bounds &&
		is_exact(answer, answer->kind == ANSWER_MIN ? zone->min : zone->max);
}

static bool
take(void *arg, RsGroupReader *reader, int32 block, uint32 nrows)
{
	RsZoneAnswer *zones = arg;
	const uint32 group = 0;
	int			i;

	for (i = 0; i < zones->n; i++)
		if (!can_answer(&zones->answers[i], reader, block))
			return false;
	for (i = 0; i < zones->n; i++)
	{
		Answer	   *answer = &zones->answers[i];
		const RsZone *zone = &answer->zone;
		const RsVector *bound;

		if (answer->kind == ANSWER_NONE || answer->states == NULL)
			continue;
		if (answer->kind == ANSWER_ROWS)
			rs_aggregate_count(answer->states, group, nrows);
		else if (answer->kind == ANSWER_VALUES)
			rs_aggregate_count(answer->states, group, zone->nrows - zone->nnulls);
		else if (zone->nnulls < zone->nrows)
		{
			bound = rs_vector_from_datums(zones->arena, &answer->type,
										  answer->kind == ANSWER_MIN ? &zone->min : &zone->max,
										  NULL, 1);
			rs_aggregate_update(answer->states, zones->arena, &bound, 1, &group, 1);
		}
	}
	rs_arena_reset(zones->arena);
	return true;
}

RsZoneAnswer *
rs_zone_answer_create(RsOperator *input, Aggref **aggrefs, int n, MemoryContext context)
{
	RsZoneAnswer *zones = MemoryContextAllocZero(context, sizeof(RsZoneAnswer));
	int			i;

	if (input->env.scanrelid == 0)
		return NULL;
	zones->n = n;
	zones->answers = MemoryContextAllocZero(context, Max(n, 1) * sizeof(Answer));
	zones->arena = rs_arena_create(context);
	for (i = 0; i < n; i++)
		if (aggrefs[i] != NULL && !init_answer(&zones->answers[i], aggrefs[i], input->plan))
			return NULL;
	return rs_operator_offer_zones(input, take, zones) ? zones : NULL;
}

void
rs_zone_answer_set_state(RsZoneAnswer *answer, int aggno, RsAggregate *states)
{
	answer->answers[aggno].states = states;
}
