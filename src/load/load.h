/*
 * load.h
 *	  One COPY ... FROM of files at a location.
 */
#ifndef RS_LOAD_H
#define RS_LOAD_H

#include "format/format.h"
#include "load/copy_options.h"
#include "load/location.h"
#include "utils/relcache.h"

typedef struct RsLoad
{
	Relation	rel;
	const char *url;			/* as the statement has it */
	RsCopyOptions options;
	List	   *where;			/* implicitly ANDed; NIL: all rows */

	/* What files are read for: columns of the table, as the statement lists them. */
	int			ncolumns;
	RsReadColumn *columns;
	AttrNumber *attnos;
	List	   *names;			/* of the columns, String nodes */

	const RsFormat *format;
	RsReadSpec	spec;
	RsLocation *location;
	int			nfiles;
	const RsObject **files;
} RsLoad;

/*
 * The files to be read, one after another.  Its reader's vectors are in the arena.
 */
typedef struct RsLoadSource RsLoadSource;

extern RsLoadSource *rs_load_source_open(const RsLoad *load);
/* The next rows of any of them; false: there are no more. */
extern bool rs_load_source_next(RsLoadSource *source, RsVectorBatch *batch);
/* Where a row of the last batch stood; the file's name lives as long as the load. */
extern void rs_load_source_locate(RsLoadSource *source, uint32 row, RsBadRow *place);
extern void rs_load_source_close(RsLoadSource *source);

/* Find the files of a load, its format, and what that is told. */
extern void rs_load_find_files(RsLoad *load);

/* Bad rows of a load: more of them than it allows are an error. */
extern RsBadRows *rs_load_bad_rows(RsLoad *load);

/* Load as PostgreSQL's COPY does, row by row, into any table; how many rows. */
extern uint64 rs_load_rows(RsLoad *load, const char *query);

/* For the start of the library. */
extern void rs_copy_init(void);

#endif							/* RS_LOAD_H */
