/*
 * vector.h
 *	  Vectors: the values of one expression for the rows of one batch.
 *
 * A vector is dense: value i belongs to row i.  Where a filter left rows out,
 * the columns still needed are gathered first, so that no kernel ever sees a
 * selection.
 */
#ifndef RS_VECTOR_H
#define RS_VECTOR_H

#include <math.h>

#include "storage/scan.h"

/*
 * Forms of values.  Types passed by value have the integer form of their width,
 * floats their own.  A numeric is an integer of a scale that the vector tells,
 * I64 or I128, or REF where it cannot be (NaN, infinite, several scales).  All
 * else is REF: Datums that point to what outlives the batch, or lives in its
 * memory.
 */
typedef enum RsForm
{
	RS_FORM_I8,
	RS_FORM_I16,
	RS_FORM_I32,
	RS_FORM_I64,
	RS_FORM_I128,
	RS_FORM_F32,
	RS_FORM_F64,
	RS_FORM_REF
} RsForm;

typedef struct RsVector RsVector;
struct RsVector
{
	RsForm		form;
	int16		scale;			/* of numerics as integers, else 0 */
	uint8	   *scales;			/* display scale of each, <= scale; no array: scale */
	bool		constant;		/* value 0 stands for every row */
	void	   *data;
	uint8	   *null;			/* 1: NULL; no array: no row is.  NULL rows hold any value */

	/*
	 * Where few values stand for many rows: row i is row codes[i] of the dictionary,
	 * which has entries for all rows, NULLs too, and maybe some that no row has.
	 * data and null say the same.
	 */
	const RsVector *dictionary; /* NULL: none */
	uint32		ndictionary;	/* at most half of the rows */
	const uint16 *codes;
};

/* What a type is like, as vectors see it. */
typedef struct RsVectorType
{
	Oid			typid;			/* base type */
	int16		typlen;
	bool		typbyval;
	RsForm		form;			/* of numeric: I64 */
	bool		is_numeric;
} RsVectorType;

extern void rs_vector_type_init(RsVectorType *type, Oid typid);
extern Size rs_form_width(RsForm form);

/*
 * Memory of one batch: taken from the front, given back all at once.
 */
typedef struct RsArena RsArena;
extern RsArena *rs_arena_create(MemoryContext context);
extern void *rs_arena_alloc(RsArena *arena, Size size);
extern void rs_arena_reset(RsArena *arena);
extern void rs_arena_destroy(RsArena *arena);

extern RsVector *rs_vector_create(RsArena *arena, RsForm form, uint32 n);
extern RsVector *rs_vector_constant(RsArena *arena, const RsVectorType *type, Datum value,
									bool isnull);

/* Rows [first, first + n) of a decoded block; borrows its memory. */
extern RsVector *rs_vector_from_block(RsArena *arena, const RsColumnType *column,
									  const RsDecodedBlock *block, uint32 first, uint32 n);

/* Of Datums; numerics stay such. */
extern RsVector *rs_vector_from_datums(RsArena *arena, const RsVectorType *type,
									   const Datum *values, const bool *isnull, uint32 n);

/* The values at rows[0 .. n). */
extern RsVector *rs_vector_gather(RsArena *arena, const RsVector *from, const uint32 *rows,
								  uint32 n);

/* What a vector has for the rows of its dictionary, by the codes of n rows. */
extern RsVector *rs_vector_by_codes(RsArena *arena, const RsVector *entries, uint32 nentries,
									const uint16 *codes, uint32 n);

/*
 * Values of several vectors put together: piece p has the values of rows
 * pieces[p].rows[0 .. n); rows of no piece are NULL.
 */
typedef struct RsPiece
{
	const RsVector *vector;
	const uint32 *rows;
	uint32		n;
} RsPiece;

extern RsVector *rs_vector_merge(RsArena *arena, const RsVectorType *type, const RsPiece *pieces,
								 int npieces, uint32 n);

/*
 * Of rows that a caller chooses: the i-th of rows[first], rows[first + 1], ..., or if rows
 * is NULL of first, first + 1, ...
 */
static inline uint32
rs_chosen_row(const RsVector *vector, const uint32 *rows, uint32 first, uint32 i)
{
	if (vector->constant)
		return 0;
	return rows != NULL ? rows[first + i] : first + i;
}

/* The values of n such rows, whatever they are where NULL, as bytes one after another. */
extern void rs_vector_collect(char *target, const RsVector *from, const uint32 *rows, uint32 first, uint32 n);

/* A constant one written out for n rows; any other as it is. */
extern const RsVector *rs_vector_flatten(RsArena *arena, const RsVector *from, uint32 n);

/* As a Datum; a numeric is built in the current memory context. */
extern Datum rs_vector_datum(const RsVector *vector, const RsVectorType *type, uint32 row,
							 bool *isnull);

/* A row of several, with what has to be built in that memory. */
extern void rs_vectors_row(const RsVector **columns, const RsVectorType *types, int ncolumns, uint32 row,
						   MemoryContext memory, Datum *values, bool *nulls);

static inline bool
rs_vector_is_null(const RsVector *vector, uint32 row)
{
	return vector->null != NULL && vector->null[vector->constant ? 0 : row];
}

/* The payload of a varlena, detoasted here; padded: of char(n), without the padding. */
extern const char *rs_varlena_bytes(Datum value, bool padded, Size *size);

/*
 * What a value by reference points to, so that it can be copied, detoasted in
 * scratch if need be; aligned: the copy has to be MAXALIGNed.
 */
extern const char *rs_datum_image(const RsVectorType *type, Datum value, MemoryContext scratch,
								  Size *size, bool *aligned);

/* PostgreSQL's order of floats: NaN after everything, and equal to itself. */
static inline int
rs_float_order(double x, double y)
{
	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return (x > y) - (x < y);
}

/* repalloc_huge(), of nothing at first. */
extern void *rs_enlarge(MemoryContext context, void *old, Size size);

/*
 * Rows in memory as integers, whatever form they have: for keys and comparisons
 * across widths.
 */
extern int64 rs_vector_int(const RsVector *vector, uint32 row);

/* A numeric's integer, of vector->scale; not for REF. */
static inline int128
rs_vector_numeric(const RsVector *vector, uint32 row)
{
	uint32		i = vector->constant ? 0 : row;

	return vector->form == RS_FORM_I64 ? ((int64 *) vector->data)[i] : ((int128 *) vector->data)[i];
}

/* All numerics of the vector as int128 of this scale; false if one would not fit. */
extern bool rs_numeric_rescale(const RsVector *from, uint32 n, int scale, int128 *to);

/* One numeric as an integer of its display scale; false as rs_numeric_to_integer(). */
extern bool rs_numeric_from_datum(Datum value, int128 *to, int16 *scale);

/* 10^exponent, exponent at most 38. */
extern int128 rs_power_of_ten(int exponent);

#endif							/* RS_VECTOR_H */
