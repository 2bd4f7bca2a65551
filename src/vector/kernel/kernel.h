/*
 * kernel.h
 *	  For kernels: vectors as arrays of one type.
 */
#ifndef RS_KERNEL_H
#define RS_KERNEL_H

#include "vector/expr/expr.h"
#include "vector/kernel/loops.h"

/* An integer vector of any width as int64s; constant stays constant. */
extern const int64 *rs_as_int64(RsRows *rows, const RsVector *vector);

/* A vector of either floats as doubles; constant stays constant. */
extern const double *rs_as_double(RsRows *rows, const RsVector *vector);

/* Is the result of an operation on two floats an overflow, an underflow or a division by zero? */
extern bool rs_float_fails(RsArithmetic operation, double x, double y, double result);

/* Numerics of both vectors as int128 of their larger scale; false: not all fit. */
extern bool rs_align_numerics(RsRows *rows, const RsVector **args, const int128 **a,
							  const int128 **b, int *scale);

/* The number of a constant field's name (special: also of infinity and the like); -1: none. */
extern int	rs_decode_field(RsRows *rows, const RsVector *name, bool special);

#endif							/* RS_KERNEL_H */
