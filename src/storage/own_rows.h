/*
 * own_rows.h
 *	  Which command of the own transaction wrote which rows of a row group.
 */
#ifndef RS_OWN_ROWS_H
#define RS_OWN_ROWS_H

#include "c.h"

/* Rows from position `first` on were written by command cid. */
typedef struct RsOwnRun
{
	uint32		first;
	CommandId	cid;
} RsOwnRun;

typedef struct RsOwnRows
{
	uint64		storage_id;
	int64		group_id;
	uint32		nruns;
	RsOwnRun   *runs;
} RsOwnRows;

extern void rs_own_rows_add(uint64 storage_id, int64 group_id,
							const RsOwnRun *runs, uint32 nruns);
extern const RsOwnRows *rs_own_rows_find(uint64 storage_id, int64 group_id);
extern CommandId rs_own_rows_cid(const RsOwnRows *own, uint32 pos);
/* Has the transaction written rows that a snapshot of command curcid must not see? */
extern bool rs_own_rows_newer(uint64 storage_id, CommandId curcid);
extern void rs_own_rows_xact_end(void);

#endif							/* RS_OWN_ROWS_H */
