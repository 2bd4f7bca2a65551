/*
 * tree_expression.h
 *	  The planner's expressions as those of the SQL of an algebra tree.
 */
#ifndef RS_TREE_EXPRESSION_H
#define RS_TREE_EXPRESSION_H

#include "mpp/plan/tree_query.h"

/* How an expression is carried over into a query. */
typedef struct RsCarry
{
	RsTextBuilder *builder;
	List	   *columns[2];		/* expressions that are columns of range table entries 1 and 2 */
	Index		relid;			/* of a scan: Vars of this are those of entry 1 */
	int			levels_up;		/* of entry 1: 1 inside EXISTS */
	bool		inside;			/* inside EXISTS: entry 1 there is columns[1] */
} RsCarry;

/* A column of a range table entry that is what an expression is. */
extern Node *rs_carry_column(Node *expr, int entry, int attno, int levels_up);

/* An expression, or a List of them, of restrictions their clauses; what it is of, by columns. */
extern Node *rs_carry_over(Node *node, RsCarry *carry);

/* Conditions as one expression; NULL: none. */
extern Node *rs_carry_conjunction(List *clauses, RsCarry *carry);

#endif							/* RS_TREE_EXPRESSION_H */
