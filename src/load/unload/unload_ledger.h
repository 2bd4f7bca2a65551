/*
 * unload_ledger.h
 *	  The files that the processes of an UNLOAD write, in memory that they share.
 */
#ifndef RS_UNLOAD_LEDGER_H
#define RS_UNLOAD_LEDGER_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

typedef struct RsUnloadFile
{
	uint64		next;			/* the ledger's own */
	int			slice;			/* of the process that writes it */
	int			part;
	int			pid;
	bool		complete;
	bool		elsewhere;		/* a compute node has written it */
	uint64		rows;
	uint64		lines;			/* with the header */
	uint64		bytes;
	TimestampTz begun;
	TimestampTz ended;
	char		url[FLEXIBLE_ARRAY_MEMBER];
} RsUnloadFile;

typedef struct RsUnloadLedger RsUnloadLedger;

/*
 * Made by the process that runs the statement, and found by those that work for it, by
 * what rs_unload_ledger_name() says.  It goes with the current memory context.
 */
extern RsUnloadLedger *rs_unload_ledger_create(int first, int step);
extern char *rs_unload_ledger_name(const RsUnloadLedger *ledger);
extern RsUnloadLedger *rs_unload_ledger_find(const char *name);

/* One of each create and find; sooner than the memory context does. */
extern void rs_unload_ledger_close(RsUnloadLedger *ledger);

/* A number for a process that writes: first, first + step, ... */
extern int	rs_unload_ledger_next_slice(RsUnloadLedger *ledger);
extern bool rs_unload_ledger_has_slice(const RsUnloadLedger *ledger, int slice);

/* Before the file is made. */
extern RsUnloadFile *rs_unload_ledger_begin(RsUnloadLedger *ledger, const char *url, int slice, int part);

/*
 * After it is there.  False: the statement has failed, and whoever asks has to remove it.
 */
extern bool rs_unload_ledger_complete(RsUnloadLedger *ledger, RsUnloadFile *file, uint64 rows, uint64 lines,
									  uint64 bytes);

/* A file that a compute node has written. */
extern void rs_unload_ledger_enter(RsUnloadLedger *ledger, const RsUnloadFile *values, const char *url);

/* What is complete from here on is removed by those who wrote it. */
extern void rs_unload_ledger_fail(RsUnloadLedger *ledger);

/* All so far, RsUnloadFile *, in no order. */
extern List *rs_unload_ledger_files(RsUnloadLedger *ledger);

#endif							/* RS_UNLOAD_LEDGER_H */
