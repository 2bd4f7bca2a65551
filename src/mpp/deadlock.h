/*
 * deadlock.h
 *	  Deadlocks between sessions of the leader that wait on different nodes.
 */
#ifndef RS_DEADLOCK_H
#define RS_DEADLOCK_H

/*
 * This session has waited for nodes for some time: if it, and others, wait for each other
 * and it is the one to give way, raise an error.
 */
extern void rs_deadlock_check(void);

#endif							/* RS_DEADLOCK_H */
