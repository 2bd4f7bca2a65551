/*
 * startup.c
 *	  A connection from its first byte until the server has its startup message.
 *
 * Until then no byte is read beyond the message that is awaited, so that what is sent in the
 * clear behind a request for TLS is never taken for something that came through it.
 * The server sees the session come from its own loopback, by TCP: through its
 * Unix-domain socket it would take the operating system's user for the client's.
 */
#include "postgres.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/ip.h"
#include "core/parameters.h"
#include "core/settings.h"
#include "endpoint/connection.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "utils/guc.h"

/* First byte of TLS when a client does not ask for it before. */
#define TLS_HANDSHAKE		0x16
/* Its key may be longer in versions to come. */
#define MAX_CANCEL_SIZE		300

static SockAddr server_address;

static void startup_message(RsConnection *c);

/*
 * Where the server is.  Says so and gives up if that address is none.
 */
void
rs_startup_init(void)
{
	struct addrinfo hint = {0};
	struct addrinfo *found = NULL;
	char		port[16];
	int			rc;

	hint.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	hint.ai_socktype = SOCK_STREAM;
	snprintf(port, sizeof(port), "%d", PostPortNumber);
	rc = getaddrinfo(rs_endpoint_server_address, port, &hint, &found);
	if (rc != 0 || found->ai_addrlen > sizeof(server_address.addr))
		ereport(FATAL,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("redshift.endpoint_server_address \"%s\" is not a numeric IP address",
						rs_endpoint_server_address)));
	memcpy(&server_address.addr, found->ai_addr, found->ai_addrlen);
	server_address.salen = found->ai_addrlen;
	freeaddrinfo(found);
}

/*
 * End a connection with an error that the client gets to see, where the protocol has
 * come so far that it can.
 */
void
rs_refuse(RsConnection *c, int sqlstate, const char *format,...)
{
	StringInfoData out;
	char		message[256];
	uint32		length;
	va_list		args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	rs_endpoint_count(RS_COUNT_REFUSED, 1);
	ereport(Log_connections ? LOG : DEBUG1,
			(errmsg("endpoint refused a connection from %s:%s: %s", c->address.address, c->address.port, message)));
	if (c->phase == RS_PHASE_TLS || c->down.pass > 0 || rs_bytes_length(&c->down.held) > 0)
	{
		rs_connection_fail(c);
		return;
	}
	initStringInfo(&out);
	appendBinaryStringInfo(&out, "E\0\0\0\0", 5);
	appendBinaryStringInfo(&out, "SFATAL\0VFATAL\0C", 15);
	appendBinaryStringInfo(&out, unpack_sql_state(sqlstate), 6);
	appendStringInfo(&out, "M%s", message);
	appendBinaryStringInfo(&out, "\0", 2);
	length = pg_hton32((uint32) out.len - 1);
	memcpy(out.data + 1, &length, sizeof(length));
	rs_flow_add(c, &c->down, out.data, out.len);
	pfree(out.data);
	c->phase = RS_PHASE_CLOSE;
	rs_flow_write(c, &c->down);
}

/* ---------------------------------------------------------------------
 * To the server
 * ---------------------------------------------------------------------
 */

static void
connect_to_server(RsConnection *c)
{
	int			fd = socket(server_address.addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int			on = 1;

	if (fd >= 0)
	{
		c->server.fd = fd;
		(void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (connect(fd, (struct sockaddr *) &server_address.addr, server_address.salen) == 0 ||
			errno == EINPROGRESS)
		{
			c->phase = RS_PHASE_CONNECT;
			return;
		}
	}
	rs_refuse(c, ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
			  "could not connect to the server at %s, port %d: %s",
			  rs_endpoint_server_address, PostPortNumber, strerror(errno));
}

/*
 * The server has taken the connection, or has not.
 */
void
rs_startup_connected(RsConnection *c)
{
	bool		cancel = rs_wire_int(c->startup.data + 4) == CANCEL_REQUEST_CODE;
	int			error = 0;
	socklen_t	size = sizeof(error);
	SockAddr	own;

	own.salen = sizeof(own.addr);
	if (getsockopt(c->server.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0 ||
		getsockname(c->server.fd, (struct sockaddr *) &own.addr, &own.salen) != 0)
	{
		rs_refuse(c, ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
				  "could not connect to the server at %s, port %d: %s",
				  rs_endpoint_server_address, PostPortNumber, strerror(error ? error : errno));
		return;
	}
	if (!cancel)
	{
		/* Before the server can have read the message: its backend will look for this. */
		c->slot = rs_endpoint_add_client(&own, &c->address);
		if (c->slot < 0)
		{
			rs_refuse(c, ERRCODE_TOO_MANY_CONNECTIONS, "too many connections on port %d", rs_endpoint_port);
			return;
		}
	}
	else
		rs_endpoint_count(RS_COUNT_CANCELS, 1);
	rs_flow_add(c, &c->up, c->startup.data, rs_bytes_length(&c->startup));
	rs_bytes_clear(&c->startup);
	c->phase = cancel ? RS_PHASE_CANCEL : RS_PHASE_AUTHENTICATE;
	rs_flow_write(c, &c->up);
}

/* ---------------------------------------------------------------------
 * From the client
 * ---------------------------------------------------------------------
 */

static void
begin_tls(RsConnection *c)
{
	c->client.tls = rs_tls_new(c->client.fd);
	if (c->client.tls == NULL)
	{
		rs_connection_fail(c);
		return;
	}
	c->phase = RS_PHASE_TLS;
	rs_startup_handshake(c);
}

void
rs_startup_handshake(RsConnection *c)
{
	RsTlsWait	wait;

	c->client.wants_write = false;
	if (rs_tls_accept(c->client.tls, &wait))
	{
		rs_endpoint_count(RS_COUNT_TLS, 1);
		strlcpy(c->address.tls, rs_tls_version(c->client.tls), sizeof(c->address.tls));
		c->phase = RS_PHASE_STARTUP;
		rs_startup_read(c);
	}
	else if (wait == RS_TLS_CLOSED)
		rs_connection_fail(c);
	else
		c->client.wants_write = wait == RS_TLS_WANTS_WRITE;
}

/*
 * One byte answers a request for encryption, and another startup message follows.
 */
static bool
answer_request(RsConnection *c, char answer)
{
	rs_bytes_clear(&c->startup);
	if (send(c->client.fd, &answer, 1, MSG_NOSIGNAL) == 1)
		return true;
	rs_connection_fail(c);
	return false;
}

/*
 * A whole startup message is there; true if another is to be read now.
 */
static bool
take_startup(RsConnection *c)
{
	uint32		code = rs_wire_int(c->startup.data + 4);
	size_t		size = rs_bytes_length(&c->startup);

	if (code == CANCEL_REQUEST_CODE)
	{
		if (size > MAX_CANCEL_SIZE)
			rs_connection_fail(c);
		else
			connect_to_server(c);
		return false;
	}
	if (code == NEGOTIATE_SSL_CODE && c->client.tls == NULL && !c->tls_refused)
	{
		if (rs_tls_offered())
		{
			if (answer_request(c, 'S'))
				begin_tls(c);
			return false;
		}
		c->tls_refused = true;
		return answer_request(c, 'N');
	}
	if (code == NEGOTIATE_GSS_CODE && c->client.tls == NULL && !c->gss_refused)
	{
		c->gss_refused = true;
		return answer_request(c, 'N');
	}
	if (PG_PROTOCOL_MAJOR(code) != 3)
		rs_refuse(c, ERRCODE_FEATURE_NOT_SUPPORTED, "unsupported frontend protocol %u.%u",
				  PG_PROTOCOL_MAJOR(code), PG_PROTOCOL_MINOR(code));
	else
		startup_message(c);
	return false;
}

/*
 * Read what has come of a startup message.
 */
void
rs_startup_read(RsConnection *c)
{
	char		piece[1024];
	bool		again = true;

	while (again && c->phase == RS_PHASE_STARTUP && !c->dead)
	{
		size_t		have = rs_bytes_length(&c->startup);
		size_t		need = have < 4 ? 4 : rs_wire_int(c->startup.data);
		size_t		n;

		if (have == 0 && c->client.tls == NULL && rs_tls_offered() &&
			recv(c->client.fd, piece, 1, MSG_PEEK) == 1 && piece[0] == TLS_HANDSHAKE)
		{
			begin_tls(c);
			return;
		}
		n = rs_side_read(&c->client, piece, Min(need - have, sizeof(piece)));
		if (n == 0)
			return;
		rs_bytes_add(c, &c->startup, piece, n);
		have += n;
		if (have < 4)
			continue;
		need = rs_wire_int(c->startup.data);
		if (need < 8 || need > MAX_STARTUP_PACKET_LENGTH)
		{
			/* Not our protocol at all. */
			rs_endpoint_count(RS_COUNT_REFUSED, 1);
			rs_connection_fail(c);
			return;
		}
		if (have == need)
			again = take_startup(c);
	}
}

/* ---------------------------------------------------------------------
 * The startup message
 * ---------------------------------------------------------------------
 */

/*
 * The server gets the message as it came, without what only Redshift's server knows: a
 * request for compression, which it need not grant.  What sessions of this port begin
 * with is set in the backend (session.c).
 */
static void
startup_message(RsConnection *c)
{
	const char *p = c->startup.data + 8;
	const char *end = c->startup.data + rs_bytes_length(&c->startup);
	const char *user = "";
	const char *database = NULL;
	StringInfoData out;
	uint32		length;

	initStringInfo(&out);
	appendBinaryStringInfo(&out, c->startup.data, 8);
	while (p < end && *p != '\0')
	{
		const char *value = memchr(p, '\0', end - p);
		const char *next = value && ++value < end ? memchr(value, '\0', end - value) : NULL;

		if (next++ == NULL)
			break;
		if (strcmp(p, "replication") == 0)
		{
			rs_refuse(c, ERRCODE_FEATURE_NOT_SUPPORTED, "replication is not available on port %d", rs_endpoint_port);
			pfree(out.data);
			return;
		}
		if (strcmp(p, "user") == 0)
			user = value;
		else if (strcmp(p, "database") == 0)
			database = value;
		else if (strcmp(p, "client_encoding") == 0)
			c->encoding = pg_char_to_encoding(value);
		if (strcmp(p, "_pq_.compression") != 0)
			appendBinaryStringInfo(&out, p, (int) (next - p));
		p = next;
	}
	if (p != end - 1)
	{
		rs_refuse(c, ERRCODE_PROTOCOL_VIOLATION, "invalid startup packet layout: expected terminator as last byte");
		pfree(out.data);
		return;
	}
	if (rs_require_ssl && c->client.tls == NULL)
	{
		rs_refuse(c, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, "port %d requires TLS", rs_endpoint_port);
		pfree(out.data);
		return;
	}
	appendStringInfoChar(&out, '\0');
	c->database = MemoryContextStrdup(c->context, database && *database ? database : user);
	length = pg_hton32((uint32) out.len);
	memcpy(out.data, &length, sizeof(length));
	rs_bytes_clear(&c->startup);
	rs_bytes_add(c, &c->startup, out.data, out.len);
	pfree(out.data);
	connect_to_server(c);
}
