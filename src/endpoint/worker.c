/*
 * worker.c
 *	  The endpoint's process: one loop over the events of all sockets.
 *
 * The server's WaitEventSet can't forget a socket, so this is epoll itself.  Signals are
 * blocked but while it waits, so none is missed between a look at its flag and the wait.
 * Nothing in the loop blocks: not TLS, not the server, not a client.
 *
 * A connection is deleted at the end of a batch of events, since the batch may hold events
 * of its other socket.
 */
#include "postgres.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/settings.h"
#include "endpoint/connection.h"
#include "endpoint/endpoint.h"
#include "endpoint/session.h"
#include "compat/protocol.h"
#include "libpq/pqsignal.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "postmaster/bgworker.h"
#include "postmaster/postmaster.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/varlena.h"

#define MAX_EVENTS			256
#define MAX_LISTENERS		16
/* Connections not let in yet, besides half of all; the next one takes the oldest one's place. */
#define MAX_EARLY			512
/* Time to try again to listen, or to accept when there are no descriptors; ms. */
#define LISTEN_AGAIN		10000
#define ACCEPT_AGAIN		500
/* Time that sessions have to end after a signal to stop; ms. */
#define STOP_TIME			3000
/* A long statement that stands still so long gives way to others that wait; ms. */
#define STALLED_TIME		60000

PGDLLEXPORT void rs_endpoint_main(Datum arg);

static int	epoll_fd;
static int	listeners[MAX_LISTENERS];
static int	nlisteners = 0;
static bool listening = false;	/* are the listeners watched? */
static TimestampTz listen_at = 0;	/* when to try again */

static dlist_head connections = DLIST_STATIC_INIT(connections);
static dlist_head early = DLIST_STATIC_INIT(early);
static dlist_head queue = DLIST_STATIC_INIT(queue); /* for memory, first come first served */
static dlist_head dead = DLIST_STATIC_INIT(dead);
static uint32 nopen = 0;		/* connections that have not failed */
static uint32 nearly = 0;
static size_t memory_held = 0;
static size_t memory_kept = 0;

static volatile sig_atomic_t got_sighup = false;
static volatile sig_atomic_t got_sigterm = false;

/* ---------------------------------------------------------------------
 * Memory of long statements
 * ---------------------------------------------------------------------
 */

static size_t
memory_limit(void)
{
	return (size_t) rs_endpoint_statement_memory * 1024;
}

static bool
take_memory(size_t size)
{
	if (memory_held > memory_limit() || size > memory_limit() - memory_held)
		return false;
	memory_held += size;
	return true;
}

/*
 * What errors need of statements in flight and prepared has a limit of its own, so that it
 * keeps no statement from being read.
 */
bool
rs_memory_keep(size_t size)
{
	if (memory_kept > memory_limit() || size > memory_limit() - memory_kept)
		return false;
	memory_kept += size;
	return true;
}

void
rs_memory_forget(size_t size)
{
	memory_kept -= size;
}

/*
 * A long statement begins: it may have to wait for its turn.
 */
void
rs_connection_reserve(RsConnection *c, size_t size)
{
	c->progress = GetCurrentTimestamp();
	if (dlist_is_empty(&queue) && take_memory(size))
		c->reserved = size;
	else
	{
		c->wanted = size;
		dlist_push_tail(&queue, &c->queue);
	}
}

void
rs_connection_unreserve(RsConnection *c)
{
	if (c->wanted > 0)
		dlist_delete(&c->queue);
	memory_held -= c->reserved;
	c->wanted = c->reserved = 0;
}

/*
 * Others wait for memory that clients hold who send nothing.
 */
static void
end_stalled(TimestampTz now)
{
	dlist_mutable_iter iter;

	if (dlist_is_empty(&queue))
		return;
	dlist_foreach_modify(iter, &connections)
	{
		RsConnection *c = dlist_container(RsConnection, node, iter.cur);

		if (c->reserved > 0 && TimestampDifferenceExceeds(c->progress, now, STALLED_TIME))
			rs_connection_fail(c);
	}
}

/* ---------------------------------------------------------------------
 * Connections
 * ---------------------------------------------------------------------
 */

static void
watch(RsSide *side, uint32 events)
{
	struct epoll_event event = {0};

	if (events == side->events || side->fd < 0)
		return;
	event.events = events;
	event.data.ptr = side;
	if (epoll_ctl(epoll_fd, side->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD,
				  side->fd, &event) != 0)
	{
		ereport(LOG, (errmsg("epoll_ctl() failed: %m")));
		rs_connection_fail(side->connection);
	}
	side->events = events;
}

static void
leave_early(RsConnection *c)
{
	if (!c->is_early)
		return;
	dlist_delete(&c->early);
	c->is_early = false;
	nearly--;
}

/*
 * The server has let the client in.
 */
void
rs_connection_let_in(RsConnection *c)
{
	leave_early(c);
	c->phase = RS_PHASE_SESSION;
	rs_endpoint_count(RS_COUNT_SESSIONS, 1);
}

/*
 * Nothing more is to be done with it.
 */
void
rs_connection_fail(RsConnection *c)
{
	if (c->dead)
		return;
	c->dead = true;
	nopen--;
	leave_early(c);
	dlist_delete(&c->node);
	dlist_push_tail(&dead, &c->node);
}

static void
delete_connection(RsConnection *c)
{
	rs_connection_unreserve(c);
	rs_pending_forget_all(c);
	/* Another socket could have its port, then, so first. */
	if (c->slot >= 0)
		rs_endpoint_remove_client(c->slot);
	if (c->server.fd >= 0)
		close(c->server.fd);
	if (c->client.tls)
		rs_tls_free(c->client.tls);
	close(c->client.fd);
	dlist_delete(&c->node);
	MemoryContextDelete(c->context);
}

static void
bury(void)
{
	while (!dlist_is_empty(&dead))
		delete_connection(dlist_head_element(RsConnection, node, &dead));
}

static bool
can_read_up(RsConnection *c)
{
	return (c->phase == RS_PHASE_AUTHENTICATE || c->phase == RS_PHASE_SESSION) &&
		!c->client.ended && !c->server.failed && c->wanted == 0 &&
		c->pending_count < RS_MAX_PENDING && rs_bytes_length(&c->up.waiting) == 0;
}

static bool
can_read_down(RsConnection *c)
{
	return (c->phase == RS_PHASE_AUTHENTICATE || c->phase == RS_PHASE_SESSION || c->phase == RS_PHASE_CANCEL) &&
		!c->server.ended && rs_bytes_length(&c->down.waiting) == 0;
}

static void
move_up(RsConnection *c)
{
	while (can_read_up(c) && !c->dead)
		if (!rs_flow_move(c, &c->up))
			break;
}

/*
 * After anything has happened: end what has ended, and wait for what can happen next.
 */
static void
settle(RsConnection *c)
{
	uint32		client = 0;
	uint32		server = 0;
	bool		down_waits;

	/* TLS may have bytes that were read from the socket while they could not be used. */
	if (c->client.tls && c->phase != RS_PHASE_TLS && rs_tls_has_data(c->client.tls))
		move_up(c);
	down_waits = rs_bytes_length(&c->down.waiting) > 0;
	if (c->client.failed ||
		(c->phase == RS_PHASE_CLOSE && !down_waits) ||
		(c->server.ended && !down_waits) ||
		(c->client.ended && c->phase <= RS_PHASE_CONNECT))
		rs_connection_fail(c);
	if (c->dead)
		return;

	/* The client has said its last: so does the server learn, and may still answer. */
	if (c->client.ended && !c->server.finished && c->server.fd >= 0 &&
		rs_bytes_length(&c->up.waiting) == 0)
	{
		(void) shutdown(c->server.fd, SHUT_WR);
		c->server.finished = true;
	}
	if (c->phase == RS_PHASE_STARTUP || c->phase == RS_PHASE_TLS || can_read_up(c))
		client |= EPOLLIN;
	if (down_waits || c->client.wants_write)
		client |= EPOLLOUT;
	if (can_read_down(c))
		server |= EPOLLIN;
	if (c->phase == RS_PHASE_CONNECT || rs_bytes_length(&c->up.waiting) > 0)
		server |= EPOLLOUT;
	watch(&c->client, client);
	watch(&c->server, c->phase == RS_PHASE_CLOSE ? 0 : server);
}

static void
client_event(RsConnection *c)
{
	switch (c->phase)
	{
		case RS_PHASE_STARTUP:
			rs_startup_read(c);
			break;
		case RS_PHASE_TLS:
			rs_startup_handshake(c);
			break;
		default:
			if (rs_bytes_length(&c->down.waiting) > 0)
				rs_flow_write(c, &c->down);
			move_up(c);
			break;
	}
}

static void
server_event(RsConnection *c)
{
	if (c->phase == RS_PHASE_CONNECT)
	{
		rs_startup_connected(c);
		return;
	}
	if (rs_bytes_length(&c->up.waiting) > 0)
		rs_flow_write(c, &c->up);
	if (can_read_down(c))
		(void) rs_flow_move(c, &c->down);
}

/*
 * Whatever goes wrong with a connection, memory that there is not included, ends that one.
 */
static void
connection_event(RsSide *side)
{
	RsConnection *c = side->connection;
	MemoryContext caller = CurrentMemoryContext;

	if (c->dead)
		return;
	PG_TRY();
	{
		if (side == &c->client)
			client_event(c);
		else
			server_event(c);
		settle(c);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		EmitErrorReport();
		FlushErrorState();
		rs_connection_fail(c);
	}
	PG_END_TRY();
}

/*
 * Memory is free again: who waits for it goes on.
 */
static void
serve_queue(void)
{
	while (!dlist_is_empty(&queue))
	{
		RsConnection *c = dlist_head_element(RsConnection, queue, &queue);

		if (!take_memory(c->wanted))
			break;
		c->reserved = c->wanted;
		c->wanted = 0;
		c->progress = GetCurrentTimestamp();
		dlist_delete(&c->queue);
		connection_event(&c->client);
	}
}

/* ---------------------------------------------------------------------
 * Listening
 * ---------------------------------------------------------------------
 */

static bool
is_loopback(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return (pg_ntoh32(((const struct sockaddr_in *) address)->sin_addr.s_addr) >> 24) == 127;
	if (address->ss_family == AF_INET6)
	{
		const struct in6_addr *a = &((const struct sockaddr_in6 *) address)->sin6_addr;

		return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
	}
	return false;
}

static void
set_socket_options(int fd)
{
	int			on = 1;

	(void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void) setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (tcp_keepalives_idle > 0)
		(void) setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &tcp_keepalives_idle, sizeof(int));
	if (tcp_keepalives_interval > 0)
		(void) setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &tcp_keepalives_interval, sizeof(int));
	if (tcp_keepalives_count > 0)
		(void) setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tcp_keepalives_count, sizeof(int));
	if (tcp_user_timeout > 0)
		(void) setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &tcp_user_timeout, sizeof(int));
}

static void
init_flow(RsFlow *flow, RsSide *from, RsSide *to)
{
	flow->from = from;
	flow->to = to;
}

static RsConnection *
new_connection(int fd, const struct sockaddr_storage *peer, socklen_t peer_size)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "endpoint connection", ALLOCSET_SMALL_SIZES);
	RsConnection *c = MemoryContextAllocZero(context, sizeof(RsConnection));

	c->context = context;
	c->client.fd = fd;
	c->server.fd = -1;
	c->client.connection = c->server.connection = c;
	init_flow(&c->up, &c->client, &c->server);
	init_flow(&c->down, &c->server, &c->client);
	c->slot = -1;
	c->since = GetCurrentTimestamp();
	c->translate = true;
	c->encoding = PG_UTF8;
	c->address.local = is_loopback(peer);
	if (getnameinfo((const struct sockaddr *) peer, peer_size, c->address.address, sizeof(c->address.address),
					c->address.port, sizeof(c->address.port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		strlcpy(c->address.address, "???", sizeof(c->address.address));
	set_socket_options(fd);
	dlist_push_tail(&connections, &c->node);
	dlist_push_tail(&early, &c->early);
	c->is_early = true;
	nopen++;
	nearly++;
	return c;
}

static void
watch_listeners(bool on)
{
	int			i;

	for (i = 0; i < nlisteners; i++)
	{
		struct epoll_event event = {0};

		event.events = EPOLLIN;
		event.data.ptr = &listeners[i];
		if (on != listening && epoll_ctl(epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listeners[i], &event) != 0)
			ereport(FATAL, (errmsg("epoll_ctl() failed: %m")));
	}
	listening = on;
}

static void
accept_client(int listener)
{
	struct sockaddr_storage peer;
	socklen_t	size = sizeof(peer);
	int			fd = accept4(listener, (struct sockaddr *) &peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	MemoryContext caller = CurrentMemoryContext;

	if (fd < 0)
	{
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
		{
			ereport(LOG, (errmsg("endpoint could not accept a connection: %m")));
			watch_listeners(false);
			listen_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ACCEPT_AGAIN);
		}
		return;
	}
	rs_endpoint_count(RS_COUNT_CONNECTIONS, 1);
	if (nearly > 0 && (nearly >= MAX_EARLY || nearly > rs_endpoint_max_connections / 2 ||
					   nopen >= rs_endpoint_max_connections))
	{
		rs_endpoint_count(RS_COUNT_REFUSED, 1);
		rs_connection_fail(dlist_head_element(RsConnection, early, &early));
	}

	/* It may be a cancel request: whether there is room for a session is seen when it asks for one. */
	PG_TRY();
	{
		settle(new_connection(fd, &peer, size));
	}
	PG_CATCH();
	{
		/* There is no memory for it; nothing else throws before it is one. */
		MemoryContextSwitchTo(caller);
		EmitErrorReport();
		FlushErrorState();
		close(fd);
	}
	PG_END_TRY();
}

static void
listen_on(const char *host)
{
	struct addrinfo hint = {0};
	struct addrinfo *found = NULL;
	struct addrinfo *address;
	char		port[16];
	int			rc;

	hint.ai_flags = AI_PASSIVE;
	hint.ai_socktype = SOCK_STREAM;
	snprintf(port, sizeof(port), "%d", rs_endpoint_port);
	rc = getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, port, &hint, &found);
	if (rc != 0)
	{
		ereport(LOG, (errmsg("endpoint could not translate host name \"%s\": %s", host, gai_strerror(rc))));
		return;
	}
	for (address = found; address && nlisteners < MAX_LISTENERS; address = address->ai_next)
	{
		int			fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		int			on = 1;

		if (fd < 0)
			continue;
		(void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (address->ai_family == AF_INET6)
			(void) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0)
		{
			if (listen_at == 0)
				ereport(LOG, (errmsg("endpoint could not listen on \"%s\", port %d: %m", host, rs_endpoint_port)));
			close(fd);
			continue;
		}
		listeners[nlisteners++] = fd;
	}
	freeaddrinfo(found);
}

/*
 * Open the port; where it is not free, again later.
 */
static void
listen_all(void)
{
	char	   *hosts = pstrdup(rs_endpoint_listen_addresses);
	List	   *list;
	ListCell   *lc;

	if (!SplitGUCList(hosts, ',', &list))
		ereport(FATAL,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid list syntax in parameter \"%s\"", "redshift.endpoint_listen_addresses")));
	foreach(lc, list)
		listen_on(lfirst(lc));
	list_free(list);
	pfree(hosts);
	if (nlisteners > 0)
	{
		ereport(LOG, (errmsg("endpoint listens on \"%s\", port %d", rs_endpoint_listen_addresses, rs_endpoint_port)));
		watch_listeners(true);
		listen_at = 0;
	}
	else
		listen_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LISTEN_AGAIN);
}

static void
close_listeners(void)
{
	if (listening)
		watch_listeners(false);
	while (nlisteners > 0)
		close(listeners[--nlisteners]);
}

/* ---------------------------------------------------------------------
 * The loop
 * ---------------------------------------------------------------------
 */

static void
handle_sighup(SIGNAL_ARGS)
{
	got_sighup = true;
}

static void
handle_sigterm(SIGNAL_ARGS)
{
	got_sigterm = true;
}

/*
 * What depends on time.  Returns how long to wait at most, in ms, -1 for ever.
 */
static int
timers(void)
{
	TimestampTz now = GetCurrentTimestamp();
	long		wait = -1;

	while (!dlist_is_empty(&early))
	{
		RsConnection *c = dlist_head_element(RsConnection, early, &early);
		long		left = TimestampDifferenceMilliseconds(now, TimestampTzPlusMilliseconds(c->since,
																						AuthenticationTimeout * 1000));

		if (left > 0)
		{
			wait = left;
			break;
		}
		rs_endpoint_count(RS_COUNT_REFUSED, 1);
		rs_connection_fail(c);
	}
	bury();
	if (listen_at != 0)
	{
		if (now >= listen_at && nlisteners == 0)
			listen_all();
		else if (now >= listen_at)
		{
			watch_listeners(true);
			listen_at = 0;
		}
		if (listen_at != 0)
			wait = wait < 0 ? ACCEPT_AGAIN : Min(wait, ACCEPT_AGAIN);
	}
	if (!dlist_is_empty(&queue))
	{
		end_stalled(now);
		wait = wait < 0 ? 1000 : Min(wait, 1000);
	}
	return (int) Min(wait, 60000);
}

static void
events(int timeout)
{
	struct epoll_event batch[MAX_EVENTS];
	int			n = epoll_pwait(epoll_fd, batch, MAX_EVENTS, timeout, &UnBlockSig);
	int			i;

	if (n < 0 && errno != EINTR)
		ereport(FATAL, (errmsg("epoll_pwait() failed: %m")));
	for (i = 0; i < n; i++)
	{
		void	   *what = batch[i].data.ptr;

		if (what == postmaster_alive_fds)
			proc_exit(1);
		if (what >= (void *) listeners && what < (void *) (listeners + MAX_LISTENERS))
			accept_client(*(int *) what);
		else
			connection_event(what);
	}
	bury();
	serve_queue();
	bury();
}

static void
watch_postmaster(void)
{
	struct epoll_event event = {0};

	event.events = EPOLLIN;
	event.data.ptr = postmaster_alive_fds;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, postmaster_alive_fds[POSTMASTER_FD_WATCH], &event) != 0)
		ereport(FATAL, (errmsg("epoll_ctl() failed: %m")));
}

/*
 * Two sockets a connection: as many as the system lets this process have.
 */
static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
	{
		limit.rlim_cur = limit.rlim_max;
		(void) setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void
rs_endpoint_main(Datum arg)
{
	TimestampTz stop_at = 0;

	/* They stay blocked but in the wait: as they are when a worker begins. */
	pqsignal(SIGHUP, handle_sighup);
	pqsignal(SIGTERM, handle_sigterm);
	raise_file_limit();
	rs_endpoint_shared_start();

	/* The scanner warns of escapes in strings; that is for the server to do. */
	escape_string_warning = false;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		ereport(FATAL, (errmsg("epoll_create1() failed: %m")));
	watch_postmaster();
	rs_startup_init();
	rs_tls_load(true);
	listen_all();
	for (;;)
	{
		int			timeout = timers();

		if (got_sighup)
		{
			got_sighup = false;
			ProcessConfigFile(PGC_SIGHUP);
			rs_tls_load(false);
		}
		if (got_sigterm && stop_at == 0)
		{
			close_listeners();
			listen_at = 0;
			while (!dlist_is_empty(&early))
				rs_connection_fail(dlist_head_element(RsConnection, early, &early));
			bury();
			stop_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), STOP_TIME);
		}
		if (stop_at != 0)
		{
			/* Clients may yet read why the server ends their sessions. */
			timeout = 100;
			if (dlist_is_empty(&connections) || GetCurrentTimestamp() >= stop_at)
				break;
		}
		rs_endpoint_set_open(nopen, memory_held + memory_kept);
		events(timeout);
	}

	/* Not 0: unless the server itself stops, this one is to come back. */
	proc_exit(1);
}

void
rs_endpoint_init(void)
{
	BackgroundWorker worker = {0};

	if (!process_shared_preload_libraries_in_progress)
		return;
	rs_session_init();
	rs_endpoint_shared_init();
	if (rs_endpoint_port == 0 || IsBinaryUpgrade)
		return;
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS;
	worker.bgw_start_time = BgWorkerStart_ConsistentState;
	worker.bgw_restart_time = 1;
	strlcpy(worker.bgw_library_name, "redshift_ext", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "rs_endpoint_main", BGW_MAXLEN);
	strlcpy(worker.bgw_name, "redshift endpoint", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "redshift endpoint", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}
