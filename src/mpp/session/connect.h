/*
 * connect.h
 *	  How a connection of connection.c is made; for that file alone.
 */
#ifndef RS_CONNECT_H
#define RS_CONNECT_H

#include "foreign/foreign.h"
#include "mpp/session/connection.h"

/*
 * One mapping may be of several users, PUBLIC: they do not share what they may do.
 */
typedef struct ConnectionKey
{
	Oid			mapping;		/* OID of the user mapping */
	Oid			userid;
} ConnectionKey;

struct RsConnection
{
	ConnectionKey key;
	RsNode		node;			/* the name is malloc'd */
	PGconn	   *conn;			/* NULL: not connected */
	PostgresPollingStatusType polling;	/* while connecting */
	bool		greeting;		/* connected, its first commands are under way */
	bool		has_key;
	int32		cancel_key;
	bool		well;			/* false: to be closed at the end of the transaction */
	enum {UNKNOWN_PLACE, APART, AT_LEADER} place;	/* is it a database of this server? */
	bool		stale;			/* server or mapping have changed: likewise */
	bool		busy;			/* something was sent, not all results were read */
	RsConnectionUser *user;
	uint32		server_hash;
	uint32		mapping_hash;
	RsRemoteState state;
	RsRemoteSession session;
};

/* Begin to connect, without waiting; the caller has set the node and the key. */
extern void rs_connect_start(RsConnection *connection, ForeignServer *server, UserMapping *mapping);

/* Bring connections that were begun to their end, all at the same time, or close them all. */
extern void rs_connect_complete(List *starting);

extern void rs_connect_close(RsConnection *connection);

#endif							/* RS_CONNECT_H */
