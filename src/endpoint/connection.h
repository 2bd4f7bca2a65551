/*
 * connection.h
 *	  A client's connection, as the files of the endpoint's worker share it.
 *
 * worker.c	   waits for events and hands them out
 * startup.c   from the first byte to the session: TLS, startup message, cancel requests
 * flow.c	   bytes: reading, writing, back-pressure, and cutting them into messages
 * frontend.c  what is done with messages of clients
 * backend.c   what is done with messages of the server
 * pending.c   which message the server's next answer belongs to
 *
 * Memory: what a connection has is in its context, deleted with it.  Functions that
 * fail a connection mark it, and its owner, the worker, takes it down after the batch of
 * events, so that no caller is left with a pointer to nothing.
 */
#ifndef RS_ENDPOINT_CONNECTION_H
#define RS_ENDPOINT_CONNECTION_H

#include "dialect/dialect.h"
#include "endpoint/shared.h"
#include "endpoint/tls.h"
#include "lib/ilist.h"
#include "libpq/pqcomm.h"
#include "port/pg_bswap.h"
#include "utils/timestamp.h"

/* Bytes read at a time, and so what waits at most for a slow reader beside one message. */
#define RS_READ_SIZE		(128 * 1024)
/* The longest statement, as Redshift has it. */
#define RS_MAX_STATEMENT	(16 * 1024 * 1024)
/* Longer messages of the server are not looked into: errors are shorter. */
#define RS_MAX_INSPECTED	(1024 * 1024)
/* Messages that wait for an answer: above, a client is not read until the server has caught up. */
#define RS_MAX_PENDING		65536

typedef enum RsPhase
{
	RS_PHASE_STARTUP,			/* waits for a startup message or a request for TLS */
	RS_PHASE_TLS,				/* shakes hands */
	RS_PHASE_CONNECT,			/* waits for the server to take the connection */
	RS_PHASE_AUTHENTICATE,		/* the server asks, the client answers */
	RS_PHASE_SESSION,
	RS_PHASE_CANCEL,			/* a cancel request is on its way to the server */
	RS_PHASE_CLOSE				/* the rest is written, then it ends */
} RsPhase;

/* One socket.  An event's pointer is one of these. */
typedef struct RsSide
{
	struct RsConnection *connection;
	int			fd;				/* -1: none */
	RsTls	   *tls;			/* NULL: in the clear */
	uint32		events;			/* what epoll watches it for; 0: is not watched */
	bool		ended;			/* no more to read */
	bool		failed;			/* cannot be written either */
	bool		finished;		/* we have said that no more will be written */
	bool		wants_write;	/* TLS must write before it can read, or shake hands */
} RsSide;

/* Bytes from start on, in memory that is given back when there are none. */
typedef struct RsBytes
{
	char	   *data;
	size_t		start;
	size_t		end;
	size_t		size;
} RsBytes;

/* Messages on their way from one socket to the other. */
typedef struct RsFlow
{
	RsSide	   *from;
	RsSide	   *to;
	RsBytes		waiting;		/* ready to be written */
	RsBytes		held;			/* of a message that is not all there */
	size_t		hold;			/* bytes of it to be held before it is looked at */
	size_t		pass;			/* bytes of a message still to come, to be passed on */
	size_t		skip;			/* the same, not to be passed on */
	const char *run;			/* read, not yet written nor waiting */
	size_t		run_length;
} RsFlow;

/* A statement whose text was changed, while errors may refer to it.  Counted references. */
typedef struct RsStatement
{
	int			references;
	MemoryContext context;		/* all of it */
	RsTranslation *translation;
	char	   *sql;			/* what the client sent, as the translator read it */
	size_t		size;			/* bytes it counts for; 0: neither sql nor translation is kept */
	ErrorData  *error;			/* the text was refused with this; else NULL */
} RsStatement;

/* A message that the server has not answered. */
typedef struct RsPending
{
	char		type;			/* as sent */
	RsStatement *statement;		/* what errors refer to; NULL: what the client wrote */
} RsPending;

typedef struct RsConnection
{
	dlist_node	node;			/* in the list of all */
	dlist_node	early;			/* in the list of those not let in, oldest first */
	bool		is_early;
	bool		dead;			/* to be taken down after this batch of events */
	MemoryContext context;
	RsPhase		phase;
	RsSide		client;
	RsSide		server;
	RsFlow		up;				/* from client to server */
	RsFlow		down;
	int			slot;			/* in shared memory, -1: none */
	RsEndpointClient address;
	TimestampTz since;
	RsBytes		startup;		/* the message that begins it, then what the server gets first */
	char	   *database;
	bool		tls_refused;	/* it has asked once */
	bool		gss_refused;

	/* What translations depend on, as the server last reported it. */
	bool		translate;
	uint64		mark;			/* of sources in translations (dialect/source.h) */
	bool		case_sensitive;
	bool		standard_strings;
	bool		uppercase_names;	/* describe_field_name_in_uppercase */
	int			encoding;

	/* Messages in flight: a ring. */
	RsPending  *pending;
	int			pending_first;
	int			pending_count;
	int			pending_size;
	bool		skip_to_sync;	/* the server ignores what comes before Sync */
	bool		copy_in;		/* the server takes data, and ignores Sync */

	/* Prepared statements and portals that were changed, by a hash of kind and name. */
	struct HTAB *names;

	/* Memory that a long statement has been given, or waits for: then nothing is read. */
	size_t		reserved;
	size_t		wanted;
	dlist_node	queue;			/* in the list of those that wait */
	TimestampTz progress;		/* when something of it last came */
} RsConnection;

/* worker.c */
extern void rs_connection_fail(RsConnection *c);
extern void rs_connection_let_in(RsConnection *c);
extern void rs_connection_reserve(RsConnection *c, size_t size);
extern void rs_connection_unreserve(RsConnection *c);
extern bool rs_memory_keep(size_t size);
extern void rs_memory_forget(size_t size);

/* startup.c */
extern void rs_startup_init(void);
extern void rs_startup_read(RsConnection *c);
extern void rs_startup_handshake(RsConnection *c);
extern void rs_startup_connected(RsConnection *c);
extern void rs_refuse(RsConnection *c, int sqlstate, const char *format,...) pg_attribute_printf(3, 4);

/* flow.c */
extern size_t rs_side_read(RsSide *side, char *data, size_t size);
extern bool rs_flow_move(RsConnection *c, RsFlow *flow);
extern void rs_flow_write(RsConnection *c, RsFlow *flow);
extern void rs_flow_emit(RsConnection *c, RsFlow *flow, const char *data, size_t size);
extern void rs_flow_add(RsConnection *c, RsFlow *flow, const char *data, size_t size);
extern size_t rs_bytes_length(const RsBytes *bytes);
extern void rs_bytes_add(RsConnection *c, RsBytes *bytes, const char *data, size_t size);
extern void rs_bytes_clear(RsBytes *bytes);

/*
 * frontend.c, backend.c: how many bytes of a message must be there before it is looked
 * at, given its first five; and what is done with them.  The second returns true if the
 * message is to be passed on as it came, false if it is to be dropped: then what replaces
 * it has been emitted.
 */
extern size_t rs_frontend_hold(RsConnection *c, char type, size_t size);
extern bool rs_frontend_message(RsConnection *c, char *message, size_t held, size_t size);
extern size_t rs_backend_hold(RsConnection *c, char type, size_t size);
extern bool rs_backend_message(RsConnection *c, char *message, size_t held, size_t size);

/* pending.c */
extern void rs_pending_add(RsConnection *c, char type, RsStatement *statement);
extern void rs_pending_answer(RsConnection *c, char answer);
extern RsStatement *rs_pending_statement(RsConnection *c);
extern void rs_pending_forget_all(RsConnection *c);
extern void rs_name_set(RsConnection *c, char kind, const char *name, RsStatement *statement);
extern RsStatement *rs_name_get(RsConnection *c, char kind, const char *name);
extern RsStatement *rs_statement_keep(RsStatement *statement);
extern void rs_statement_drop(RsStatement *statement);

/* The 32-bit number at p, in network order and of any alignment. */
static inline uint32
rs_wire_int(const char *p)
{
	uint32		n;

	memcpy(&n, p, sizeof(n));
	return pg_ntoh32(n);
}

#endif							/* RS_ENDPOINT_CONNECTION_H */
