/*
 * ddl_propagate.h
 *	  DDL of the leader reaches all compute nodes in the same transaction.
 */
#ifndef RS_DDL_PROPAGATE_H
#define RS_DDL_PROPAGATE_H

extern void rs_ddl_propagate_init(void);

#endif							/* RS_DDL_PROPAGATE_H */
