/*
 * spread.h
 *	  How the rows of a relation are spread over the compute nodes: the property of
 *	  paths by which distributed plans are chosen.
 */
#ifndef RS_SPREAD_H
#define RS_SPREAD_H

#include "nodes/pathnodes.h"

typedef enum RsSpreadKind
{
	RS_SPREAD_ANY,				/* each row is on one node, whichever */
	RS_SPREAD_KEY,				/* ... on that which has the slice of the keys' hash */
	RS_SPREAD_ALL,				/* each row is on every node */
	RS_SPREAD_LEADER			/* none is on a node: the leader computes them (leader_path.c) */
} RsSpreadKind;

typedef struct RsSpread
{
	RsSpreadKind kind;
	List	   *keys;			/* of KEY: expressions, their values hashed in this order */
} RsSpread;

/* Are they the same, as far as a plan can tell? */
extern bool rs_spread_equal(PlannerInfo *root, const RsSpread *a, const RsSpread *b);

/*
 * Are rows that these join conditions (RestrictInfos) match on the same node, if the
 * sides are spread so by key?
 */
extern bool rs_spread_colocated(PlannerInfo *root, const RsSpread *outer, const RsSpread *inner, List *conditions,
								Relids outer_relids, Relids inner_relids);

/*
 * The spread that the other side must get to be co-located with one spread by key, or
 * false if the conditions say nothing of one of the keys.
 */
extern bool rs_spread_matching(PlannerInfo *root, const RsSpread *spread, List *conditions, Relids other_relids,
							   RsSpread *other);

/* Is a clause an equality of two expressions whose equal values are on the same slice? */
extern bool rs_spread_equates(const Expr *clause);

/* Is each of the spread's keys among these expressions? */
extern bool rs_spread_within(PlannerInfo *root, const RsSpread *spread, List *expressions);

#endif							/* RS_SPREAD_H */
