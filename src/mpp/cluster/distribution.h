/*
 * distribution.h
 *	  Which slice a row belongs to.
 */
#ifndef RS_DISTRIBUTION_H
#define RS_DISTRIBUTION_H

#include "nodes/pg_list.h"

typedef struct RsDistribution RsDistribution;

/*
 * Rows spread by these columns' values, of these types and collations.  An error if a
 * type has no hash function.  Lives in the current context.
 */
extern RsDistribution *rs_distribution_create(int nkeys, const Oid *types, const Oid *collations, int nslices);

/* The slice of a row, by its keys; values may be toasted. */
extern int32 rs_distribution_slice(const RsDistribution *distribution, const Datum *keys, const bool *nulls);

/*
 * Do values of two types and collations have one hash if they are equal by the
 * collation in which they are compared?
 */
extern bool rs_distribution_alike(Oid a, Oid a_collation, Oid b, Oid b_collation, Oid compared);

/* Are values of a type, or what is in them, OIDs of objects that each node has made for itself? */
extern bool rs_type_holds_oids(Oid type);

/* Can rows be distributed by values of the type? */
extern bool rs_distribution_possible(Oid type);

/* Is an operator the equality that the hash of its left argument's type follows? */
extern bool rs_distribution_equality(Oid operator, Oid type);

#endif							/* RS_DISTRIBUTION_H */
