/*
 * connection.h
 *	  Connections of this session to compute nodes: libpq, non-blocking, kept for the
 *	  session.
 */
#ifndef RS_CONNECTION_H
#define RS_CONNECTION_H

#include "lib/stringinfo.h"
#include "libpq-fe.h"
#include "mpp/cluster/node.h"
#include "utils/timestamp.h"

typedef struct RsConnection RsConnection;

/*
 * Whoever has a node sending it rows that it has not read yet.  If someone else needs
 * the connection meanwhile, `finish` must read the rest and keep it.
 */
typedef struct RsConnectionUser
{
	void		(*finish) (struct RsConnectionUser *user, RsConnection *connection);
} RsConnectionUser;

/*
 * The session's connections to nodes (RsNode *) as a user; opened at the same time where
 * they are not yet, each as a list cell in the order of the nodes.  In transactions only:
 * the user may act in those of the session's user (acting.h), so that what both do is of
 * one transaction.  An error names the node that cannot be reached.
 */
extern List *rs_connections_open(List *nodes, Oid userid);

/*
 * The user's own, also outside of transactions, as the user's mappings say.
 */
extern List *rs_connections_open_own(List *nodes, Oid userid);

/*
 * Other connections to the same nodes, of no transaction and not kept: to look at what a
 * session that waits does there.
 */
extern List *rs_connections_open_apart(List *nodes, Oid userid);
extern void rs_connections_close_apart(List *connections);

/* By this name nodes know which process of the leader a connection is of. */
#define RS_APPLICATION_NAME		"redshift_ext of process %d"

extern const RsNode *rs_connection_node(const RsConnection *connection);
extern PGconn *rs_connection_libpq(const RsConnection *connection);

/* The process at the node, also of a connection that was lost. */
extern int	rs_connection_pid(const RsConnection *connection);

/*
 * Is the node a database of the leader's own server?  Then it has the same roles.
 */
extern bool rs_connection_at_leader(RsConnection *connection);

/*
 * Did the server have the extension when the session began?  One that add_node() is to make a
 * node may not have had it.
 */
extern bool rs_connection_at_node(const RsConnection *connection);

/*
 * Send a command, without waiting.  A user that still reads is finished before.
 */
extern void rs_connection_send(RsConnection *connection, const char *sql, RsConnectionUser *user);

/*
 * The next result of what was sent, or NULL if there is no more; waits.  An error of
 * the node is raised here, with its SQLSTATE, detail and hint, and the node's name.
 * The caller clears it.
 */
extern PGresult *rs_connection_result(RsConnection *connection);

/*
 * Is it known whether the node did what was sent last?
 */
extern bool rs_connection_answered(const RsConnection *connection);

/*
 * Send a command whose success nobody has to wait for, such as the end of a transaction
 * that only read.  Whoever needs the connection next reads its results; if it has failed,
 * the connection is opened anew.
 */
extern void rs_connection_send_last(RsConnection *connection, const char *sql);

/* Read all results; only the last one, which must be of a command or rows, is given. */
extern PGresult *rs_connection_finish(RsConnection *connection);

/* Send a command to all, then wait for all of them. */
extern void rs_connections_execute(List *connections, const char *sql);

/*
 * The same of definitions, in a transaction: what may have passwords does not get into the
 * nodes' logs, if the user there may decide that.
 */
extern void rs_connections_execute_definition(List *connections, const char *sql);

/* One value as text of a query that gives one row and column, palloc'd; NULL for NULL. */
extern char *rs_connection_query_value(RsConnection *connection, const char *sql);

/* Wait until one of them can be read, or a write of ours can go on, and read what came. */
extern void rs_connections_wait(List *connections);

/* Send all that libpq has, and wait while the node does not take it. */
extern void rs_connection_flush(RsConnection *connection);

/* Raise what libpq or the node says.  `result` may be NULL; it is cleared. */
extern void rs_connection_error(int level, RsConnection *connection, PGresult *result, const char *sql);

/*
 * For the end of transactions, where no error may be raised: run a command on those of
 * the connections that are well, at the same time, first cancelling what runs there;
 * give up at `until`.  Those that fail are said not to be well and in *failed (if not
 * NULL) as a list.
 */
extern void rs_connections_clean_up(List *connections, const char *(*command) (RsConnection *),
									TimestampTz until, List **failed);

/*
 * Cancel what runs on these connections and throw away what it still sends.  An error
 * if one does not stop, or its transaction did not survive.
 */
extern void rs_connections_stop(List *connections);

/*
 * Close one that has no transaction, whatever it is doing.  Raises nothing.
 */
extern void rs_connection_abandon(RsConnection *connection);

/* State that remote_transaction.c keeps with each. */
typedef struct RsRemoteState
{
	int			depth;			/* nesting level of the transaction there, 0: none */
	bool		wrote;
	char		gid[128];		/* it is prepared under this name; empty: it is not */
} RsRemoteState;

extern RsRemoteState *rs_connection_state(RsConnection *connection);

/*
 * SQL of the connection's user that goes with what is sent next as that user, malloc'd;
 * NULL: none.
 */
extern char **rs_connection_later(RsConnection *connection);
extern void rs_connections_forget_later(void);

/*
 * What remote_transaction.c knows of the session at the node, from one transaction to the
 * next; all zero when it begins.
 */
typedef struct RsRemoteSession
{
	char	   *settings;		/* SQL of the settings that it has, malloc'd; NULL: unknown */
	uint64		levels;			/* by bits: nesting levels of which a rollback takes them back */
} RsRemoteSession;

extern RsRemoteSession *rs_connection_session(RsConnection *connection);
extern bool rs_connection_well(const RsConnection *connection);
extern List *rs_connections_all(void);	/* that are open, also those that are not well */

/* Close what is not well or whose server or mapping has changed. */
extern void rs_connections_close_stale(void);

extern void rs_connection_init(void);

#endif							/* RS_CONNECTION_H */
