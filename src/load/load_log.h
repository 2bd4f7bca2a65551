/*
 * load_log.h
 *	  What is kept about a load: rows that could not be loaded, files that were.
 */
#ifndef RS_LOAD_LOG_H
#define RS_LOAD_LOG_H

#include "format/bad_row.h"
#include "lib/stringinfo.h"

struct RsLoad;

/* A file or part that has been read. */
typedef struct RsUnitDone
{
	int			unit;
	uint64		lines;
	uint64		bytes;
	uint64		errors;
	int64		microseconds;
} RsUnitDone;

/*
 * Who takes such reports: the load's log, or a worker's connection to the leader that has it.
 */
typedef struct RsLoadReports RsLoadReports;
struct RsLoadReports
{
	/* An error, if there are now more than the load allows. */
	void		(*bad_row) (RsLoadReports *reports, const RsBadRow *row);
	void		(*replaced_row) (RsLoadReports *reports, const RsBadRow *row);
	void		(*unit_done) (RsLoadReports *reports, const RsUnitDone *done);
	/* The load's progress has changed. */
	void		(*progress) (RsLoadReports *reports);
};

/* What a reader reports bad rows to, for rs_load_source's reports. */
extern RsBadRows *rs_load_bad_rows(struct RsLoad *load);

/* The load's log, in system tables. */
typedef struct RsLoadLog RsLoadLog;

/* Begin a load; its reports are the log's from here on.  Lives in the current context. */
extern RsLoadLog *rs_load_log_begin(struct RsLoad *load);
/* Once its units are known, and progress is reported of a COPY. */
extern void rs_load_log_start_progress(RsLoadLog *log);
/* Whose reports come next: the number of a worker, or 0. */
extern void rs_load_log_set_slice(RsLoadLog *log, int slice);
/* So many rows have been loaded: tell the user, and the session's functions. */
extern void rs_load_log_end(RsLoadLog *log, uint64 rows);

/* The number of the load, as system tables have it. */
extern int32 rs_load_log_query(const RsLoadLog *log);
/* An error, if so many bad rows, of which that is the last, are more than the load allows. */
extern void rs_load_check_errors(const struct RsLoad *load, const RsBadRow *bad, uint64 errors);

/* Bad rows as bytes. */
extern void rs_bad_row_write(StringInfo message, const RsBadRow *row);
/* Points into the message, or has been palloc'd. */
extern void rs_bad_row_read(StringInfo message, RsBadRow *row);

#endif							/* RS_LOAD_LOG_H */
