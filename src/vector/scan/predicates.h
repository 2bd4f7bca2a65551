/*
 * predicates.h
 *	  Conjuncts that zone maps can refute, from a plan's quals.
 */
#ifndef RS_PREDICATES_H
#define RS_PREDICATES_H

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"
#include "storage/zone_map.h"

/* Is the clause one that zone maps of relation varno may refute? */
extern bool rs_predicate_clause(Node *clause, Index varno);

/* Those of a plan's quals. */
extern List *rs_predicate_clauses(List *quals, Index varno);

/* The predicates of a plan's quals, their values still to be computed. */
typedef struct RsPredicateSet
{
	int			n;
	RsPredicate *preds;
	ExprState **values;			/* NULL where there is no value */
	bool	   *is_pattern;		/* value is a LIKE pattern: its prefix counts */
	Oid		   *element_types;	/* of IN's array */
	MemoryContext context;		/* of the computed values */
} RsPredicateSet;

extern RsPredicateSet *rs_predicates_init(List *quals, Index varno, PlanState *parent);
/* Compute the values: at the start of a scan and whenever parameters change. */
extern void rs_predicates_compute(RsPredicateSet *set, ExprContext *econtext);

#endif							/* RS_PREDICATES_H */
