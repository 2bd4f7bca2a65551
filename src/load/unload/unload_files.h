/*
 * unload_files.h
 *	  The files that one process of an UNLOAD writes: one after the other.
 */
#ifndef RS_UNLOAD_FILES_H
#define RS_UNLOAD_FILES_H

#include "format/format.h"
#include "load/location.h"
#include "load/unload/unload_ledger.h"
#include "load/unload/unload_options.h"

typedef struct RsUnloadFiles RsUnloadFiles;

/*
 * target: the prefix of all names; columns of the query.  Lives in the current context.
 */
extern RsUnloadFiles *rs_unload_files_create(const char *target, const RsUnloadOptions *options,
											 const RsWriteColumn *columns, int ncolumns, RsUnloadLedger *ledger);

/* Rows, which come in the order of the columns of PARTITION BY, should there be any. */
extern void rs_unload_files_put(RsUnloadFiles *files, const RsVectorBatch *batch);

/* A file without rows, where nobody has written any. */
extern void rs_unload_files_put_nothing(RsUnloadFiles *files);

/* Finish the last one. */
extern void rs_unload_files_end(RsUnloadFiles *files);

/* The target with what stands before names of files: of PARTITION BY it is a directory. */
extern char *rs_unload_prefix(const char *target, const RsUnloadOptions *options);

/*
 * Could UNLOAD make a file of this name, what follows the prefix?  And of which slice; 0 if
 * its name has none.
 */
extern bool rs_unload_may_write(const RsUnloadOptions *options, const char *name, int *slice);

/* Columns of PARTITION BY by their places among those of the query, as a list of int. */
extern List *rs_unload_partition_columns(const RsUnloadOptions *options, const RsWriteColumn *columns, int ncolumns);

#endif							/* RS_UNLOAD_FILES_H */
