/*
 * group_filter.h
 *	  Row groups, and pages, without rows that anyone wants: by statistics and Bloom filters.
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

/* Rows of a row group, from its start. */
typedef struct RsRowRange
{
	int64		first;
	int64		end;			/* the row behind the last */
} RsRowRange;

/*
 * Rows that cannot satisfy all predicates, by the page index: ranges in their order, apart from
 * each other; how many there are.  Palloc'd in the current context.
 */
extern int	rs_group_filter_unwanted(RsGroupFilter *filter, int group, RsRowRange **ranges);

#endif							/* RS_PARQUET_GROUP_FILTER_H */
