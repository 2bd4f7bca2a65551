/*
 * zone_answer.h
 *	  count, min and max of rows that are not read: from zone maps.
 */
#ifndef RS_ZONE_ANSWER_H
#define RS_ZONE_ANSWER_H

#include "vector/aggregate/aggregate_state.h"
#include "vector/operator.h"

typedef struct RsZoneAnswer RsZoneAnswer;

/* Is it a function that zone maps may answer, of whatever it is? */
extern bool rs_zone_answers_function(const Aggref *aggref);

/*
 * For an aggregation without keys over input: aggrefs by aggno, some of them NULL.  NULL
 * if a function needs rows, or the input is no scan.
 */
extern RsZoneAnswer *rs_zone_answer_create(RsOperator *input, Aggref **aggrefs, int n,
										   MemoryContext context);

/* Before the input is read: where the function's state is, as group 0; NULL: nowhere. */
extern void rs_zone_answer_set_state(RsZoneAnswer *answer, int aggno, RsAggregate *states);

/*
 * In scan.c: offer groups and blocks (block -1: the group) all of whose rows are visible
 * and pass the scan's conditions.  take() is true if they need not be read.
 */
typedef bool (*RsTakeZone) (void *arg, RsGroupReader *reader, int32 block, uint32 nrows);
extern bool rs_operator_offer_zones(RsOperator *op, RsTakeZone take, void *arg);

#endif							/* RS_ZONE_ANSWER_H */
