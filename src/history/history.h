/*
 * history.h
 *	  What statements and sessions did, for Redshift's system tables.
 */
#ifndef RS_HISTORY_H
#define RS_HISTORY_H

/* For the start of the library, behind all others' hooks. */
extern void rs_history_init(void);

#endif							/* RS_HISTORY_H */
