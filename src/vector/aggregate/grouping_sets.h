/*
 * grouping_sets.h
 *	  Rows of several grouping sets, for one aggregation.
 */
#ifndef RS_GROUPING_SETS_H
#define RS_GROUPING_SETS_H

#include "vector/operator.h"

/* Does an aggregation group by other sets than one of all its columns? */
extern bool rs_has_grouping_sets(const Agg *agg);

/* Its sets, at least one: lists of its input's columns. */
extern List *rs_grouping_sets(const Agg *agg);

/* Can all its columns be keys of groups here? */
extern bool rs_grouping_keys_supported(const Agg *agg);

/*
 * The operator between an aggregation and its input.  It gives the input's rows once
 * for each set, with columns appended: the keys, NULL where the set lacks them, the
 * set's number, and the values of GROUPING().  The first of them, and how many are to
 * be grouped by, are told.
 */
extern RsOperator *rs_grouping_sets_operator(RsEngine *engine, const Agg *agg, RsOperator *input);
extern void rs_grouping_sets_keys(RsOperator *op, AttrNumber *first, int *nkeys);

/* How many sets there are, and the input's columns in one of them. */
extern int	rs_grouping_sets_count(const RsOperator *op);
extern const Bitmapset *rs_grouping_set(const RsOperator *op, int set);

/* From the next batch of the input on, ask for rows of one set, or (-1) of all. */
extern void rs_grouping_sets_ask(RsOperator *op, int set);

/* A column of rows in a set, by what it is in a set of more columns. */
extern const RsVector *rs_grouping_sets_value(RsOperator *op, int set, AttrNumber attno,
											  const RsVector *value, RsArena *arena, uint32 n);

/* An expression of the aggregation in terms of these columns; so a column. */
extern Node *rs_grouping_sets_expression(RsOperator *op, Node *expr);
extern AttrNumber rs_grouping_sets_column(RsOperator *op, AttrNumber attno);

/*
 * The rows that open the groups of empty sets, when the input had none, one a call;
 * false if there is none left.  Nothing is to be counted for them.
 */
extern bool rs_grouping_sets_empty(RsOperator *op, RsVectorBatch *batch);

#endif							/* RS_GROUPING_SETS_H */
