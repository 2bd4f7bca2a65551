/*
 * cancel.h
 *	  Cancelling what compute nodes run, without waiting in libpq.
 */
#ifndef RS_CANCEL_H
#define RS_CANCEL_H

#include "libpq-fe.h"
#include "utils/timestamp.h"

typedef struct RsCancel
{
	PGconn	   *conn;
	int32		key;			/* as redshift.cancel_key() says */
	bool		done;			/* set when the node has taken it */
	int			sock;			/* of this file; -1: none */
} RsCancel;

/*
 * Ask all of these nodes, at the same time, to cancel what the connections run, until
 * each has taken it or the time is up.  Raises nothing, and does not look for interrupts.
 */
extern void rs_cancel_all(RsCancel *cancels, int n, TimestampTz until);

#endif							/* RS_CANCEL_H */
