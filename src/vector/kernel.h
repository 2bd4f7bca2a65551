/*
 * kernel.h
 *	  Loops over two operands, one of which may be constant.
 *
 * The three variants let the compiler vectorise each.
 */
#ifndef RS_KERNEL_H
#define RS_KERNEL_H

#include "encoding/bitpack.h"
#include "vector/expr.h"

#define RS_BINARY_LOOP(n, ta, a, a_constant, tb, b, b_constant, to, operation) \
	do { \
		uint32 i_; \
		if (a_constant) \
		{ \
			const ta x = (a)[0]; \
			for (i_ = 0; i_ < (n); i_++) \
			{ \
				const tb y = (b)[(b_constant) ? 0 : i_]; \
				(to)[i_] = (operation); \
			} \
		} \
		else if (b_constant) \
		{ \
			const tb y = (b)[0]; \
			for (i_ = 0; i_ < (n); i_++) \
			{ \
				const ta x = (a)[i_]; \
				(to)[i_] = (operation); \
			} \
		} \
		else \
			for (i_ = 0; i_ < (n); i_++) \
			{ \
				const ta x = (a)[i_]; \
				const tb y = (b)[i_]; \
				(to)[i_] = (operation); \
			} \
	} while (0)

/* An integer vector of any width as int64s; constant stays constant. */
extern const int64 *rs_as_int64(RsRows *rows, const RsVector *vector);

/* A vector of either floats as doubles; constant stays constant. */
extern const double *rs_as_double(RsRows *rows, const RsVector *vector);

extern void rs_compare_int64(RsCompare operation, uint32 n, const int64 *a, bool ac, const int64 *b,
							 bool bc, uint8 *to);
extern void rs_compare_int128(RsCompare operation, uint32 n, const int128 *a, bool ac,
							  const int128 *b, bool bc, uint8 *to);

/* All bits that differ from the sign, of any value: how far from zero they go. */
extern uint64 rs_magnitude(const int64 *values, uint32 n);

/* Numerics of both vectors as int128 of their larger scale; false: not all fit. */
extern bool rs_align_numerics(RsRows *rows, const RsVector **args, const int128 **a,
							  const int128 **b, int *scale);

#endif							/* RS_KERNEL_H */
