/*
 * column_append.h
 *	  Rows of batches gathered by column, to become a row group.
 */
#ifndef RS_COLUMN_APPEND_H
#define RS_COLUMN_APPEND_H

#include "storage/column_set.h"
#include "vector/operator.h"

/*
 * Append rows [first, first + n) of vectors, one for each attribute of the set (NULL: all
 * rows are NULL), so that there are at most RS_GROUP_ROWS; gives the bytes they took.
 */
extern Size rs_column_set_append_vectors(RsColumnSet *set, const RsVector **vectors, const RsVectorType *types,
										 uint32 first, uint32 n);

#endif							/* RS_COLUMN_APPEND_H */
