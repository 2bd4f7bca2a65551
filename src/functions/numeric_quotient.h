/*
 * numeric_quotient.h
 *	  The kernel of Redshift's division of decimals.
 */
#ifndef RS_NUMERIC_QUOTIENT_H
#define RS_NUMERIC_QUOTIENT_H

#include "vector/expr/expr.h"

extern const RsFunctionKernel rs_numeric_quotient_kernels[];

#endif							/* RS_NUMERIC_QUOTIENT_H */
