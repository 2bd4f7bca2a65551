/*
 * load_messages.h
 *	  What compute nodes tell the leader of a load while they read.
 */
#ifndef RS_LOAD_MESSAGES_H
#define RS_LOAD_MESSAGES_H

#include "load/load.h"

/*
 * SQLSTATE of such messages, which are of level INFO: the primary message is the kind, the
 * detail is JSON.
 */
#define RS_LOAD_MESSAGE		MAKE_SQLSTATE('R', 'S', 'L', '0', '1')

/*
 * On a node: reports that become messages.  numbers: of its units, the leader's.  An error, if
 * the node alone has more bad rows than the load allows.
 */
extern RsLoadReports *rs_load_messages_send(const RsLoad *load, const int *numbers);

/* At the leader: a message becomes a report of the load's. */
extern void rs_load_message_take(const RsLoad *load, const char *kind, const char *json);

/* The same while libpq has it: what it tells of the load's progress.  Throws nothing. */
extern void rs_load_message_progress(const RsLoad *load, const char *kind, const char *json);

#endif							/* RS_LOAD_MESSAGES_H */
