/*
 * cancel.c
 *	  Cancelling what compute nodes run.
 *
 * PQcancel() asks one server after the other, and waits for as long as that does not
 * close the connection: a node that hangs, or a network that swallows what it is given,
 * would hold a session at the end of its transaction, where it cannot be interrupted.  So
 * the request of the protocol is sent from here, to all nodes at once and for a limited
 * time.  libpq does not tell the key that goes with it; the node does
 * (redshift.cancel_key()), to the session whose key it is.
 *
 * A node closes the connection once it has sent the signal.  That is waited for: a request
 * that is late would cancel the session's next command.
 */
#include "postgres.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fmgr.h"
#include "libpq/pqcomm.h"
#include "miscadmin.h"
#include "mpp/session/cancel.h"
#include "port/pg_bswap.h"

#define MOST_AT_ONCE	64		/* sockets open for this at a time */
#define CONNECT_TRIES	50

PG_FUNCTION_INFO_V1(rs_cancel_key);

/*
 * cancel_key(): the session's own.
 */
Datum
rs_cancel_key(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(MyCancelKey);
}

static void
close_socket(RsCancel *cancel)
{
	if (cancel->sock >= 0)
		close(cancel->sock);
	cancel->sock = -1;
}

/*
 * Begin to connect where the connection goes to.
 */
static void
connect_again(RsCancel *cancel)
{
	struct sockaddr_storage address;
	socklen_t	size = sizeof(address);
	int			tries = 0;

	if (getpeername(PQsocket(cancel->conn), (struct sockaddr *) &address, &size) != 0)
		return;
	cancel->sock = socket(address.ss_family, SOCK_STREAM, 0);
	if (cancel->sock < 0)
		return;
	if (fcntl(cancel->sock, F_SETFD, FD_CLOEXEC) != 0 || fcntl(cancel->sock, F_SETFL, O_NONBLOCK) != 0)
	{
		close_socket(cancel);
		return;
	}
	while (connect(cancel->sock, (struct sockaddr *) &address, size) != 0)
	{
		if (errno == EINPROGRESS || errno == EINTR)
			return;

		/* A Unix socket whose queue is full is to be tried again. */
		if (errno != EAGAIN || ++tries > CONNECT_TRIES)
		{
			close_socket(cancel);
			return;
		}
		pg_usleep(1000);
	}
}

/*
 * So few bytes fit into the buffer of a new socket.
 */
static bool
send_request(RsCancel *cancel)
{
	struct
	{
		uint32		size;
		CancelRequestPacket packet;
	}			request;

	request.size = pg_hton32(sizeof(request));
	request.packet.cancelRequestCode = (MsgType) pg_hton32(CANCEL_REQUEST_CODE);
	request.packet.backendPID = pg_hton32(PQbackendPID(cancel->conn));
	request.packet.cancelAuthCode = pg_hton32(cancel->key);
	return send(cancel->sock, &request, sizeof(request), MSG_NOSIGNAL) == sizeof(request);
}

/*
 * Something has happened at the socket.  events: what was waited for.
 */
static void
proceed(RsCancel *cancel, struct pollfd *watched)
{
	char		rest[16];
	ssize_t		got;

	if (watched->events == POLLOUT)
	{
		if (send_request(cancel))
			watched->events = POLLIN;
		else
			close_socket(cancel);
		return;
	}
	got = recv(cancel->sock, rest, sizeof(rest), 0);
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)))
		return;
	cancel->done = true;
	close_socket(cancel);
}

static void
cancel_some(RsCancel *cancels, int n, TimestampTz until)
{
	struct pollfd watched[MOST_AT_ONCE];
	int			i;

	for (i = 0; i < n; i++)
	{
		cancels[i].done = false;
		cancels[i].sock = -1;
		connect_again(&cancels[i]);
		watched[i].events = POLLOUT;
	}
	for (;;)
	{
		long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
		bool		waiting = false;

		for (i = 0; i < n; i++)
		{
			watched[i].fd = cancels[i].sock;	/* poll() passes over -1 */
			watched[i].revents = 0;
			waiting |= cancels[i].sock >= 0;
		}
		if (!waiting || left <= 0)
			break;
		if (poll(watched, n, left) < 0 && errno != EINTR)
			break;
		for (i = 0; i < n; i++)
			if (watched[i].revents != 0)
				proceed(&cancels[i], &watched[i]);
	}
	for (i = 0; i < n; i++)
		close_socket(&cancels[i]);
}

void
rs_cancel_all(RsCancel *cancels, int n, TimestampTz until)
{
	int			first;

	for (first = 0; first < n; first += MOST_AT_ONCE)
		cancel_some(cancels + first, Min(n - first, MOST_AT_ONCE), until);
}
