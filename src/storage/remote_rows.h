/*
 * remote_rows.h
 *	  Tables whose rows other servers store: what ANALYZE and VACUUM are to make of them.
 */
#ifndef RS_REMOTE_ROWS_H
#define RS_REMOTE_ROWS_H

#include "access/htup.h"
#include "storage/block.h"
#include "utils/relcache.h"

/*
 * A sample of a table's rows, for ANALYZE.
 */
typedef struct RsRemoteSample
{
	BlockNumber blocks;			/* of all rows */
	double		rows;
	int			nsampled;
	HeapTuple  *sampled;
} RsRemoteSample;

/*
 * Set by the part that knows; NULL: there are no such tables.
 */
typedef struct RsRemoteRows
{
	/* Are a table's rows elsewhere, so that VACUUM's counts here mean nothing? */
	bool		(*remote) (Oid relid);

	/* The sample, if ANALYZE is just looking at such a table, else NULL. */
	const RsRemoteSample *(*sample) (Relation rel);

	/* Let those who have them call a function of a table, too. */
	void		(*call) (Relation rel, const char *function);
} RsRemoteRows;

extern const RsRemoteRows *rs_remote_rows;

#endif							/* RS_REMOTE_ROWS_H */
