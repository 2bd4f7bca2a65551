/*
 * connect.h
 *	  How a connection of connection.c is made, and as whom it works; for connection.c and
 *	  acting.c alone.
 */
#ifndef RS_CONNECT_H
#define RS_CONNECT_H

#include "foreign/foreign.h"
#include "mpp/session/acting.h"
#include "mpp/session/connection.h"

/*
 * One mapping may be of several users, PUBLIC: they do not share what they may do.
 */
typedef struct ConnectionKey
{
	Oid			mapping;		/* OID of the user mapping */
	Oid			userid;
	Oid			session;		/* the user in whose sessions it acts; InvalidOid: it has its own */
} ConnectionKey;

struct RsConnection
{
	ConnectionKey key;
	RsNode		node;			/* the name is malloc'd */

	/*
	 * That whose session it uses: itself, or that of another user, in which it acts.  What
	 * follows, but for what it is lent, is the session's.
	 */
	RsConnection *base;
	char	   *later;			/* see rs_connection_later(); its own, too */
	char	   *lent;			/* what lets it act there, malloc'd; NULL: nothing yet */
	uint32		lent_to;		/* which session of base */
	uint32		opened;			/* counts sessions of this process */
	RsConnection *acting;		/* as whom the session works; NULL: unknown */
	char		session_key[RS_SESSION_KEY_LENGTH + 1];
	PGconn	   *conn;			/* NULL: not connected */
	PostgresPollingStatusType polling;	/* while connecting */
	bool		greeting;		/* connected, its first commands are under way */
	int			pid;			/* of the node's process; libpq forgets that of a lost connection */
	bool		has_key;
	int32		cancel_key;
	bool		well;			/* false: to be closed at the end of the transaction */
	enum {UNKNOWN_PLACE, APART, AT_LEADER} place;	/* is it a database of this server? */
	bool		stale;			/* server or mapping have changed: likewise */
	bool		busy;			/* something was sent, not all results were read */
	bool		refused;		/* the node has answered it with an error */
	RsConnectionUser *user;
	uint32		server_hash;
	uint32		mapping_hash;
	RsRemoteState state;
	RsRemoteSession session;
};

/*
 * How a user connects to a server: by the user's mapping, or else, on a node, by another
 * user's that names him.
 */
extern UserMapping *rs_connect_mapping(Oid userid, Oid server);

/* Begin to connect, without waiting; the caller has set the node and the key. */
extern void rs_connect_start(RsConnection *connection, ForeignServer *server, UserMapping *mapping);

/* Bring connections that were begun to their end, all at the same time, or close them all. */
extern void rs_connect_complete(List *starting);

extern void rs_connect_close(RsConnection *connection);

/* Of connection.c: that by which a user acts in the session of this one; NULL: there is none. */
extern RsConnection *rs_connection_acting(const RsConnection *base, Oid userid);

#endif							/* RS_CONNECT_H */
