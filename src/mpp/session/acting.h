/*
 * acting.h
 *	  As whom a session at a compute node works.
 */
#ifndef RS_ACTING_H
#define RS_ACTING_H

#include "mpp/session/connection.h"

/* Of what session_key() gives. */
#define RS_SESSION_KEY_LENGTH	32

/*
 * The user in whose sessions at the nodes a user works: the session's user, if that has
 * mappings, or else the user.
 */
extern Oid	rs_acting_session(Oid userid);

/* Let a user act by these connections, which are all of that user. */
extern void rs_acting_borrow(List *connections, Oid userid);

/*
 * What has to be sent before a command of this connection, in the transaction, so that it
 * is run as its user; empty: nothing.  Whoever asks sends it.
 */
extern const char *rs_acting_command(RsConnection *connection);

/* The same before the end of the transaction, which is that of the present user. */
extern const char *rs_acting_last_command(RsConnection *connection);

/* Does its session work as the connection's user already? */
extern bool rs_acting_now(const RsConnection *connection);

/* Does this session, of a compute node, work for a leader? */
extern bool rs_acting_for_leader(void);

/* A transaction has ended, or a subtransaction was rolled back. */
extern void rs_acting_ended(bool transaction);

extern void rs_acting_init(void);

#endif							/* RS_ACTING_H */
