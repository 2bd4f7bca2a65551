/*
 * ddl.h
 *	  DDL on redshift tables: the utility and object access hooks.
 */
#ifndef RS_DDL_H
#define RS_DDL_H

extern void rs_ddl_init(void);

#endif							/* RS_DDL_H */
