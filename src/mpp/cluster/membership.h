/*
 * membership.h
 *	  What the catalogs say of the cluster reaches all nodes.
 */
#ifndef RS_MEMBERSHIP_H
#define RS_MEMBERSHIP_H

#include "nodes/pg_list.h"

/* Both want the caller to be connected to SPI. */

/* Have redshift.cluster, node and slice read again, here and by other sessions. */
extern void rs_membership_changed(void);

/* Tell nodes what they say. */
extern void rs_membership_publish(List *connections);

#endif							/* RS_MEMBERSHIP_H */
