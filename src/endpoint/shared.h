/*
 * shared.h
 *	  What the endpoint's process and the server's backends know of each other.
 *
 * The worker writes, backends read.  A slot is a connection whose session the server
 * has, found by the address that the worker's socket has on its own side: no client can
 * make that up, and no word of it travels in the startup message.
 */
#ifndef RS_ENDPOINT_SHARED_H
#define RS_ENDPOINT_SHARED_H

#include "libpq/pqcomm.h"

/* Host and port in text: an IPv6 address with a zone is the longest. */
#define RS_ADDRESS_SIZE		80

typedef struct RsEndpointClient
{
	char		address[RS_ADDRESS_SIZE];	/* numeric */
	char		port[8];
	char		tls[16];		/* protocol's version, "" without */
	bool		local;			/* came from this machine's loopback */
} RsEndpointClient;

/* Counted from the worker's start, one writer. */
typedef enum RsEndpointCounter
{
	RS_COUNT_CONNECTIONS,		/* accepted */
	RS_COUNT_REFUSED,			/* of these, closed by the endpoint itself */
	RS_COUNT_SESSIONS,			/* let in by the server */
	RS_COUNT_TLS,				/* handshakes that succeeded */
	RS_COUNT_CANCELS,			/* cancel requests passed on */
	RS_COUNT_MESSAGES_IN,		/* messages from clients */
	RS_COUNT_BYTES_IN,			/* from clients */
	RS_COUNT_BYTES_OUT,			/* to clients */
	RS_COUNT_STATEMENTS,		/* texts of Query and Parse */
	RS_COUNT_TRANSLATED,		/* of these, changed */
	RS_COUNT_UNTRANSLATABLE,	/* of these, answered with an error */
	RS_COUNTERS
} RsEndpointCounter;

extern void rs_endpoint_shared_init(void);

/* The worker's side. */
extern void rs_endpoint_shared_start(void);
extern void rs_endpoint_count(RsEndpointCounter counter, uint64 n);
extern void rs_endpoint_set_open(uint32 connections, uint64 memory);
extern int	rs_endpoint_add_client(const SockAddr *own, const RsEndpointClient *client);
extern void rs_endpoint_remove_client(int slot);
extern void rs_endpoint_set_mark(int slot, uint64 mark);

/* A backend's: whom the session at that address is for; false if it is not the endpoint's. */
extern bool rs_endpoint_find_client(const SockAddr *address, RsEndpointClient *client);

/*
 * The mark of what the endpoint adds to texts for this session, as long as it translates them (it is
 * another each time that it begins to, so that no text which it passed on before has it); 0: none has.
 */
extern uint64 rs_endpoint_mark(void);

#endif							/* RS_ENDPOINT_SHARED_H */
