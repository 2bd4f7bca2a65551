/*
 * numeric_scale.h
 *	  The scale of a numeric expression that has no precision.
 */
#ifndef RS_NUMERIC_SCALE_H
#define RS_NUMERIC_SCALE_H

#include "nodes/parsenodes.h"

/*
 * A type modifier for an expression of a query's target list that has none: numeric(38,s),
 * if no value that it gives can have more than s digits behind the point; else -1.
 */
extern int32 rs_numeric_scale_typmod(const Query *query, const Node *expr);

#endif							/* RS_NUMERIC_SCALE_H */
