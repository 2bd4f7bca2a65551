/*
 * group_filter.h
 *	  Row groups without rows that anyone wants: by their statistics and Bloom filters.
 */
#ifndef RS_PARQUET_GROUP_FILTER_H
#define RS_PARQUET_GROUP_FILTER_H

#include "format/format.h"
#include "format/parquet/schema.h"

typedef struct RsGroupFilter RsGroupFilter;

/* For the predicates of the spec; in the current context.  NULL: they say nothing of the file. */
extern RsGroupFilter *rs_group_filter_create(const RsReadSpec *spec, const RsParquetFile *metadata,
											 const RsParquetNode *root, RsInput *input);

/* May a row of the group satisfy all predicates?  True when in doubt. */
extern bool rs_group_filter_may_match(RsGroupFilter *filter, int group);

#endif							/* RS_PARQUET_GROUP_FILTER_H */
