/*
 * column_store.h
 *	  A column of many rows in memory: what a join keeps of its build side.
 */
#ifndef RS_COLUMN_STORE_H
#define RS_COLUMN_STORE_H

#include "vector/vector.h"

typedef struct RsColumnStore
{
	RsVectorType type;
	MemoryContext context;
	RsForm		form;			/* numerics: of all so far */
	int16		scale;
	uint32		n;
	uint32		capacity;
	char	   *data;
	uint8	   *null;
} RsColumnStore;

#define RS_NO_ROW	PG_UINT32_MAX

extern void rs_column_store_init(RsColumnStore *store, const RsVectorType *type,
								 MemoryContext context);
extern void rs_column_store_append(RsColumnStore *store, const RsVector *vector, uint32 n);

/* Values at rows[0 .. n); NULL for RS_NO_ROW. */
extern RsVector *rs_column_store_gather(const RsColumnStore *store, RsArena *arena,
										const uint32 *rows, uint32 n);

/* All values as a vector, good until more are appended. */
extern void rs_column_store_view(const RsColumnStore *store, RsVector *vector);

#endif							/* RS_COLUMN_STORE_H */
