/*
 * remote_transaction.h
 *	  The part of the session's transaction that compute nodes run.
 */
#ifndef RS_REMOTE_TRANSACTION_H
#define RS_REMOTE_TRANSACTION_H

#include "mpp/session/connection.h"

/*
 * One statement of the leader, with the same snapshot on all nodes that it reaches.
 */
typedef struct RsRemoteStatement
{
	uint32		id;
	List	   *connections;
} RsRemoteStatement;

/*
 * Let a statement begin on these connections: in a transaction at the present nesting
 * level, with the session's settings and a snapshot that shows each distributed
 * transaction on all of the nodes or on none.  Palloc'd.
 */
extern RsRemoteStatement *rs_remote_statement_begin(List *connections);

/*
 * Before a statement that changes or locks rows of these tables (OIDs): wait until nobody
 * else is at it, so that the statement's snapshot shows what they did.
 */
extern void rs_remote_wait_for_changes(List *connections, List *relids);

/* The nodes may forget its snapshot.  Not needed if the transaction ends. */
extern void rs_remote_statement_end(RsRemoteStatement *statement);

/*
 * The same without a snapshot, for commands that take their own, such as DDL.
 */
extern void rs_remote_begin(List *connections);

/*
 * To be called where a command may have changed the session's settings at a node, other
 * than for the transaction.
 */
extern void rs_remote_forget_settings(RsConnection *connection);

/*
 * Send a command, begun by what rs_remote_begin() would send, in one message; nothing is
 * waited for, and the results are all to be read.
 */
extern void rs_remote_send(RsConnection *connection, const char *sql, RsConnectionUser *user);

/*
 * A command, with a semicolon behind it, that need not be run before anything else is sent
 * there by the above, and not at all if the transaction ends or memory runs out.  Raises
 * nothing.
 */
extern void rs_remote_send_later(RsConnection *connection, const char *sql);

/* To be called before a command that may change something there. */
extern void rs_remote_will_write(RsConnection *connection);

/*
 * The transaction has taken the snapshot of another one.  Nodes cannot: those of that
 * transaction, if it has any there, are not known by it.
 */
extern void rs_remote_snapshot_imported(void);

/* Has the present transaction a part on any node? */
extern bool rs_remote_in_transaction(void);

extern void rs_remote_transaction_init(void);

#endif							/* RS_REMOTE_TRANSACTION_H */
