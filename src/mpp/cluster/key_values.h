/*
 * key_values.h
 *	  The values of a distribution key that a query's conditions leave, and the nodes
 *	  that have them.
 *
 * A *restriction* says that rows whose key has none of its values do not matter: a
 * fragment of which that is so gives no rows on nodes that have none of their slices.
 * So a restriction may be dropped wherever it is in the way; of several all hold.  It
 * is a list of nodes of the parser, to be copied and compared with the plan it is part
 * of, whose expressions have no columns: the executor evaluates them.
 */
#ifndef RS_KEY_VALUES_H
#define RS_KEY_VALUES_H

#include "mpp/cluster/node.h"
#include "nodes/execnodes.h"
#include "nodes/primnodes.h"

/*
 * What clauses (or RestrictInfos), all of which hold, say of a column of a relation.
 * NIL: nothing.
 */
extern List *rs_key_restriction(List *clauses, const Var *key);

/*
 * What the conditions of a query that is not planned, but for those of outer joins, say
 * of the distribution key of one of its relations: restrictions.
 */
extern List *rs_key_restrictions(const Query *query, Index relation);

/* Of a list of restrictions: is there just one value? */
extern bool rs_key_values_lone(List *restrictions);

/* ... and are the values of these two the same? */
extern bool rs_key_values_same(List *a, List *b);

/* The expressions of restrictions, in a fixed order, for the plan to keep. */
extern List *rs_key_expressions(List *restrictions);

/* Restrictions without their expressions, as a list that can be copied. */
extern List *rs_key_shapes(List *restrictions);

/*
 * The nodes that restrictions leave, by id: values are the states of their expressions
 * from *next on, which goes on to those behind.  NULL if there are none.
 */
extern Bitmapset *rs_key_nodes(const RsCluster *cluster, List *shapes, List *values, int *next,
							   ExprContext *econtext);

#endif							/* RS_KEY_VALUES_H */
