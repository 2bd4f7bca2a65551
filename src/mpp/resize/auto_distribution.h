/*
 * auto_distribution.h
 *	  DISTSTYLE AUTO: when it is looked how tables are to be distributed.
 */
#ifndef RS_AUTO_DISTRIBUTION_H
#define RS_AUTO_DISTRIBUTION_H

#include "nodes/parsenodes.h"

/*
 * Behind VACUUM: distribute tables of diststyle auto, those named or all, as suits them
 * now.  Each in a transaction of its own: the present one ends.
 */
extern void rs_auto_distribute_vacuumed(const VacuumStmt *statement);

/* A transaction has changed rows of nodes. */
extern void rs_auto_distribution_changed(void);

/*
 * Start a worker in each database with such changes, if automatic maintenance is on; to be
 * called every now and then.
 */
extern void rs_auto_distribution_launch(void);

extern void rs_auto_distribution_init(void);

#endif							/* RS_AUTO_DISTRIBUTION_H */
