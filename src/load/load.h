/*
 * load.h
 *	  One COPY ... FROM of files at a location.
 */
#ifndef RS_LOAD_H
#define RS_LOAD_H

#include "format/format.h"
#include "format/json/json.h"
#include "load/copy_options.h"
#include "load/load_log.h"
#include "load/location.h"
#include "port/atomics.h"
#include "utils/relcache.h"

/* A file, or a part of one, that a process reads. */
typedef struct RsLoadUnit
{
	int			file;
	int			part;
	int			nparts;			/* 0: the file as a whole */
	Size		shared;			/* where what its file's parts share begins */
} RsLoadUnit;

/* What the processes of a load share. */
typedef struct RsLoadProgress
{
	pg_atomic_uint32 next_unit;
	pg_atomic_uint64 rows;		/* read */
	pg_atomic_uint64 lines;		/* or rows, bad ones too */
	pg_atomic_uint64 bytes;		/* of the files */
} RsLoadProgress;

typedef struct RsLoad RsLoad;
struct RsLoad
{
	Relation	rel;			/* NULL: on a compute node, which only reads */
	const char *table;			/* its name */
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
	RsJsonOptions json;			/* of json and avro */
	RsLocation *location;
	int			nfiles;
	const RsObject **files;

	int			nunits;
	RsLoadUnit *units;
	char	   *part_memory;	/* that parts of a file share */
	Size		part_memory_size;
	RsLoadProgress *progress;
	bool		counts_rows;	/* nobody else tells pg_stat_progress_copy */
	RsLoadLog  *log;			/* NULL: in a worker */
	RsLoadReports *reports;
	uint64		unit_errors;	/* of the unit that is being read */
};

/* The columns of these numbers; the table must be open. */
extern void rs_load_set_columns(RsLoad *load, const List *attnos);
/* Find the format of a load, and what it is told. */
extern void rs_load_set_format(RsLoad *load);
/* The files, and how they are divided: into parts, if there will be several processes. */
extern void rs_load_find_files(RsLoad *load);
extern void rs_load_divide(RsLoad *load, bool parts);
extern RsLoadProgress *rs_load_progress_init(void *memory);

/*
 * Files and parts to be read, one after another, as the processes of a load take them.  The
 * vectors are in the source's arena.
 */
typedef struct RsLoadSource RsLoadSource;

extern RsLoadSource *rs_load_source_open(RsLoad *load);
/* The next rows of any of them; false: there are no more. */
extern bool rs_load_source_next(RsLoadSource *source, RsVectorBatch *batch);
/* Where a row of the last batch stood; the file's name lives as long as the load. */
extern void rs_load_source_locate(RsLoadSource *source, uint32 row, RsBadRow *place);
extern void rs_load_source_close(RsLoadSource *source);

/* Load as PostgreSQL's COPY does, row by row, into any table; how many rows. */
extern uint64 rs_load_rows(RsLoad *load, const char *query);

/* Can the rows become row groups as they are read? */
extern bool rs_load_makes_groups(const RsLoad *load);
/* Load so, by several processes if that pays; how many rows. */
extern uint64 rs_load_groups(RsLoad *load);

/* COMPUPDATE: encodings of the columns, if the table is empty; the table, which is opened anew for that. */
extern Relation rs_load_choose_encodings(Relation rel, const RsCopyOptions *options);
/* STATUPDATE: is the table to be analyzed when it has been loaded?  Asked before. */
extern bool rs_load_wants_statistics(Relation rel, const RsCopyOptions *options);
extern void rs_load_analyze(Relation rel, const RsCopyOptions *options);

/* For the start of the library. */
extern void rs_copy_init(void);

#endif							/* RS_LOAD_H */
