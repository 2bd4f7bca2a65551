/*
 * fragment.h
 *	  At the leader: a fragment that runs on some nodes.
 */
#ifndef RS_FRAGMENT_H
#define RS_FRAGMENT_H

#include "mpp/remote_transaction.h"
#include "vector/vector.h"

typedef struct RsFragment RsFragment;

/*
 * Let nodes run SQL as a part of a statement.  options: more of COPY's, or NULL.  The
 * rows will be of these types.
 */
extern RsFragment *rs_fragment_start(RsRemoteStatement *statement, List *connections, const char *sql,
									 const char *options, const Oid *types, int ncolumns);

/* The next batch of any of the nodes: how many rows, 0 at the end. */
extern uint32 rs_fragment_next(RsFragment *fragment, RsArena *arena, const RsVector **columns);

/* Rows that nodes said they sent or changed; first: those of the first node. */
extern uint64 rs_fragment_rows(const RsFragment *fragment, bool first);

/* Read what is left, or cancel it. */
extern void rs_fragment_end(RsFragment *fragment);

#endif							/* RS_FRAGMENT_H */
