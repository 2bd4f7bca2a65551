/*
 * unload_manifest.h
 *	  The manifest of an UNLOAD: its files, for COPY and others to read.
 */
#ifndef RS_UNLOAD_MANIFEST_H
#define RS_UNLOAD_MANIFEST_H

#include "format/format.h"
#include "nodes/pg_list.h"

/* files: RsUnloadFile *, in their order. */
extern char *rs_unload_manifest(List *files, bool verbose, const RsWriteColumn *columns, int ncolumns);

#endif							/* RS_UNLOAD_MANIFEST_H */
