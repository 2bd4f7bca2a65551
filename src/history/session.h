/*
 * session.h
 *	  Sessions and users, for the history.
 */
#ifndef RS_HISTORY_SESSION_H
#define RS_HISTORY_SESSION_H

#include "nodes/nodes.h"

/*
 * A utility statement is about to run, or has run: of a user's creation, change or end a row
 * tells.  What before() returns is for after(); NULL: it is no such statement.
 */
typedef struct RsUserChange RsUserChange;
extern RsUserChange *rs_history_user_before(const Node *statement);
extern void rs_history_user_after(const RsUserChange *change);

extern void rs_history_session_init(void);

#endif							/* RS_HISTORY_SESSION_H */
