/*
 * column_store.h
 *	  A column of many rows in memory: what a join keeps of its build side.
 */
#ifndef RS_COLUMN_STORE_H
#define RS_COLUMN_STORE_H

#include "vector/vector.h"

/*
 * Values by reference are offsets into images, so that a column can be moved, or
 * stand in shared memory that every process maps elsewhere.
 */
typedef struct RsColumnStore
{
	RsVectorType type;
	MemoryContext context;
	RsForm		form;			/* numerics: of all so far */
	int16		scale;
	uint32		n;
	uint32		capacity;
	char	   *data;			/* REF: uint64 offsets */
	uint8	   *null;			/* NULL: no row is */
	char	   *images;
	Size		nbytes;			/* of images */
	Size		images_capacity;
	/* of a view of values by reference: the first so many, as pointers into an area */
	Datum	   *datums;
	uint32		ndatums;
	uint32		datums_capacity;
	const char *datums_area;
} RsColumnStore;

extern void rs_column_store_init(RsColumnStore *store, const RsVectorType *type,
								 MemoryContext context);
/* Add a vector's n rows; scratch may hold something until it is reset. */
extern void rs_column_store_append(RsColumnStore *store, const RsVector *vector, uint32 n,
								   MemoryContext scratch);

/* Numerics as 128-bit integers or as images, from now on. */
extern void rs_column_store_convert(RsColumnStore *store, RsForm form, MemoryContext scratch);

/* The form of numerics of two forms and scales together; *scale is its. */
extern RsForm rs_common_form(RsForm form, int16 *scale, RsForm other, int16 other_scale);

/* Values at rows[0 .. n). */
extern RsVector *rs_column_store_gather(const RsColumnStore *store, RsArena *arena,
										const uint32 *rows, uint32 n);

/* All values as a vector, good until more are appended. */
extern void rs_column_store_view(RsColumnStore *store, RsVector *vector);

/* Bytes in use. */
extern Size rs_column_store_bytes(const RsColumnStore *store);

#endif							/* RS_COLUMN_STORE_H */
