/*
 * barrier.h
 *	  The barrier between commits on several nodes and snapshots of several nodes.
 */
#ifndef RS_BARRIER_H
#define RS_BARRIER_H

/*
 * Held while snapshots are taken on the nodes; waits while a transaction is being
 * committed on them.
 */
extern void rs_barrier_enter(void);
extern void rs_barrier_leave(void);

/*
 * Held from before the leader commits until all nodes have; to the end of the
 * transaction, if it is not opened.
 */
extern void rs_barrier_close(void);
extern void rs_barrier_open(void);

#endif							/* RS_BARRIER_H */
