/*
 * statement.h
 *	  On a compute node: the snapshots of the leader's statements.
 */
#ifndef RS_STATEMENT_H
#define RS_STATEMENT_H

#include "utils/snapshot.h"

/* The snapshot of a statement that the leader has begun; an error if there is none. */
extern Snapshot rs_statement_snapshot(uint32 id);

/*
 * Make it the active snapshot.  It shows what earlier statements of the transaction
 * did, but nothing that this one does.
 */
extern void rs_statement_push_snapshot(uint32 id);

extern void rs_statement_init(void);

#endif							/* RS_STATEMENT_H */
