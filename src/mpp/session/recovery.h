/*
 * recovery.h
 *	  Transactions that compute nodes have prepared and not heard of since.
 */
#ifndef RS_RECOVERY_H
#define RS_RECOVERY_H

#include "access/transam.h"
#include "mpp/session/connection.h"

/* The name under which a node prepares its part of a transaction of the leader's. */
extern void rs_recovery_name(char *name, Size size, FullTransactionId xid, int32 node, int number);

/*
 * A node could not be told of a commit, or what it was told is not known: let the worker
 * find out.  To be called by a transaction that ends; raises nothing.
 */
extern void rs_recovery_needed(int32 node);

/*
 * A connection was lost by which a node may still be told to prepare: its process there,
 * which has to be gone before the node can be said to have prepared nothing.
 */
extern void rs_recovery_lost(int32 node, int pid);

/*
 * A number of this start of the server, as part of the names of what it leaves on nodes.
 */
extern uint64 rs_recovery_incarnation(void);

/*
 * Enter the barrier, or close it, when all nodes have been told of every commit: if some
 * are known not to have been, tell them, or raise an error.
 */
extern void rs_recovery_enter_barrier(void);
extern void rs_recovery_close_barrier(void);

/*
 * To be called before a server joins: ends what it has prepared in an earlier attempt; an
 * error if something is prepared there that is not this cluster's.
 */
extern void rs_recovery_before_joining(RsConnection *connection);

/* The role that the leader's workers are at the nodes: the owner of the servers. */
extern Oid	rs_recovery_role(void);

/* An error unless the server preloads the library, as a leader must. */
extern void rs_recovery_check_preloaded(void);

extern void rs_recovery_init(void);

#endif							/* RS_RECOVERY_H */
