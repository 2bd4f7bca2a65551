/*
 * deadlock.h
 *	  Deadlocks between sessions of the leader that wait on different nodes.
 */
#ifndef RS_DEADLOCK_H
#define RS_DEADLOCK_H

/*
 * This session has waited for nodes for some time: if it, and others, wait for each other
 * and it is the one to give way, raise an error.  False if a node could not be asked.
 */
extern bool rs_deadlock_check(void);

#endif							/* RS_DEADLOCK_H */
