/*
 * ssh_input.c
 *	  What a command on another host writes, as a file.
 *
 * libssh speaks SSH; it never waits here, so that a session that waits for a host can be
 * cancelled: whenever it would, the socket is waited for together with the latch.  Nothing
 * of the server's own SSH configuration is read: which host, which key, and which key of the
 * host come from the foreign server, its user mapping and the manifest (ssh_server.c).
 *
 * A connection lives in a memory context, whose callback closes it.
 */
#include "postgres.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <netdb.h>
#include <sys/socket.h>

#include "load/ssh/ssh_input.h"
#include "load/ssh/ssh_server.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* What a command says of its failure: so much of it is kept. */
#define MAX_COMPLAINT	1000

typedef struct SshInput
{
	RsInput		input;
	ssh_session session;		/* NULL: none */
	ssh_channel channel;
	pgsocket	socket;			/* the session's */
	TimestampTz deadline;		/* to have logged in */
	uint64		position;		/* bytes read so far */
	bool		ended;
	char		complaint[MAX_COMPLAINT + 1];	/* the command's standard error */
	Size		complained;
	MemoryContextCallback release;
} SshInput;

static void
release(void *arg)
{
	SshInput   *ssh = arg;

	if (ssh->channel != NULL)
		ssh_channel_free(ssh->channel);
	if (ssh->session != NULL)
	{
		/* The socket is closed with it. */
		ssh_disconnect(ssh->session);
		ssh_free(ssh->session);
	}
	else if (ssh->socket != PGINVALID_SOCKET)
		closesocket(ssh->socket);
	ssh->channel = NULL;
	ssh->session = NULL;
	ssh->socket = PGINVALID_SOCKET;
}

/* ---------------------------------------------------------------------
 * Connecting.  Functions give NULL, or say what went wrong.
 * ---------------------------------------------------------------------
 */

/*
 * Wait until the socket can go on, or for a second.
 */
static void
wait_for_socket(SshInput *ssh, int events)
{
	int			happened = WaitLatchOrSocket(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | WL_TIMEOUT | events,
											 ssh->socket, 1000, PG_WAIT_EXTENSION);

	if (happened & WL_LATCH_SET)
		ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

static void
wait_for_session(SshInput *ssh)
{
	int			flags = ssh_get_poll_flags(ssh->session);

	wait_for_socket(ssh, WL_SOCKET_READABLE | (flags & SSH_WRITE_PENDING ? WL_SOCKET_WRITEABLE : 0));
}

/*
 * After a step of logging in that has to be tried again.
 */
static bool
wait_to_log_in(SshInput *ssh)
{
	wait_for_session(ssh);
	return GetCurrentTimestamp() < ssh->deadline;
}

static const char *
connect_address(SshInput *ssh, const struct addrinfo *address)
{
	ssh->socket = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, address->ai_protocol);
	if (ssh->socket == PGINVALID_SOCKET || !pg_set_noblock(ssh->socket))
		return psprintf("socket could not be made: %m");
	if (connect(ssh->socket, address->ai_addr, address->ai_addrlen) != 0)
	{
		int			error;
		socklen_t	size = sizeof(error);
		struct sockaddr_storage peer;
		socklen_t	peer_size = sizeof(peer);

		if (errno != EINPROGRESS)
			return psprintf("%m");
		for (;;)
		{
			wait_for_socket(ssh, WL_SOCKET_CONNECTED);
			if (getsockopt(ssh->socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0)
			{
				errno = error;
				return psprintf("%m");
			}
			if (getpeername(ssh->socket, (struct sockaddr *) &peer, &peer_size) == 0)
				break;
			if (GetCurrentTimestamp() >= ssh->deadline)
				return "timeout expired";
		}
	}
	return NULL;
}

static const char *
connect_host(SshInput *ssh, const RsSshServer *server)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,.ai_flags = AI_ADDRCONFIG};
	struct addrinfo *addresses;
	struct addrinfo *address;
	const char *problem = "it has no address";
	int			code = getaddrinfo(server->host, psprintf("%d", server->port), &hints, &addresses);

	if (code != 0)
		return pstrdup(gai_strerror(code));
	PG_TRY();
	{
		for (address = addresses; address != NULL; address = address->ai_next)
		{
			problem = connect_address(ssh, address);
			if (problem == NULL)
				break;
			if (ssh->socket != PGINVALID_SOCKET)
				closesocket(ssh->socket);
			ssh->socket = PGINVALID_SOCKET;
		}
	}
	PG_FINALLY();
	{
		freeaddrinfo(addresses);
	}
	PG_END_TRY();
	return problem;
}

/*
 * A public key as "type base64 comment", or its base64 alone: its type, or NULL, and the rest.
 */
static char *
split_host_key(const char *text, char **type)
{
	char	   *copy = pstrdup(text + strspn(text, " \t\r\n"));
	char	   *first = strtok(copy, " \t\r\n");
	char	   *second = strtok(NULL, " \t\r\n");

	if (first == NULL)
		first = "";
	*type = second != NULL && strlen(first) < 40 ? first : NULL;
	return *type != NULL ? second : first;
}

/*
 * The algorithms by which the host can prove that it has a key of this type.
 */
static const char *
algorithms_of(const char *type)
{
	return strcmp(type, "ssh-rsa") == 0 ? "rsa-sha2-512,rsa-sha2-256" : type;
}

static const char *
check_host_key(SshInput *ssh, const char *expected)
{
	ssh_key		key;
	char	   *type;
	char	   *text = NULL;
	bool		same;

	if (expected == NULL)
		return NULL;
	if (ssh_get_server_publickey(ssh->session, &key) != SSH_OK)
		return "it has shown no key";
	same = ssh_pki_export_pubkey_base64(key, &text) == SSH_OK && strcmp(text, split_host_key(expected, &type)) == 0;
	ssh_string_free_char(text);
	ssh_key_free(key);
	return same ? NULL : "its key is not the one that is expected";
}

static const char *
authenticate(SshInput *ssh, const char *private_key)
{
	ssh_key		key;
	volatile int code = SSH_AUTH_ERROR;

	if (ssh_pki_import_privkey_base64(private_key, NULL, NULL, NULL, &key) != SSH_OK)
		return "the private key of the user mapping cannot be read";
	PG_TRY();
	{
		while ((code = ssh_userauth_publickey(ssh->session, NULL, key)) == SSH_AUTH_AGAIN)
			if (!wait_to_log_in(ssh))
				break;
	}
	PG_FINALLY();
	{
		ssh_key_free(key);
	}
	PG_END_TRY();
	if (code == SSH_AUTH_AGAIN)
		return "timeout expired";
	return code == SSH_AUTH_SUCCESS ? NULL : "it does not accept the user or the key";
}

static const char *
session_error(SshInput *ssh)
{
	return pstrdup(ssh_get_error(ssh->session));
}

static const char *
set_options(SshInput *ssh, const RsSshServer *server, const char *user, const char *host_key)
{
	bool		no = false;
	char	   *type = NULL;

	if (host_key != NULL)
		(void) split_host_key(host_key, &type);
	if (ssh_options_set(ssh->session, SSH_OPTIONS_PROCESS_CONFIG, &no) != SSH_OK ||
		ssh_options_set(ssh->session, SSH_OPTIONS_HOST, server->host) != SSH_OK ||
		ssh_options_set(ssh->session, SSH_OPTIONS_USER, user) != SSH_OK ||
		(type != NULL && ssh_options_set(ssh->session, SSH_OPTIONS_HOSTKEYS, algorithms_of(type)) != SSH_OK) ||
		ssh_options_set(ssh->session, SSH_OPTIONS_FD, &ssh->socket) != SSH_OK)
		return session_error(ssh);
	ssh_set_blocking(ssh->session, 0);
	return NULL;
}

/*
 * Connect and log in.
 */
static const char *
log_in(SshInput *ssh, const RsSshServer *server, const RsSshCommand *command)
{
	const char *user = command->user != NULL ? command->user : server->user;
	const char *host_key = server->host_key != NULL ? server->host_key : command->host_key;
	const char *problem;
	int			code;

	if (user == NULL)
		return "neither the manifest nor the user mapping names a user";
	ssh->deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), server->timeout * INT64CONST(1000));
	problem = connect_host(ssh, server);
	if (problem != NULL)
		return problem;
	ssh->session = ssh_new();
	if (ssh->session == NULL)
		return "out of memory";
	problem = set_options(ssh, server, user, host_key);
	if (problem != NULL)
		return problem;
	while ((code = ssh_connect(ssh->session)) == SSH_AGAIN)
		if (!wait_to_log_in(ssh))
			return "timeout expired";
	if (code != SSH_OK)
		return session_error(ssh);
	problem = check_host_key(ssh, host_key);
	/* Which is not in the manifest alone if the server knows one. */
	if (problem == NULL && server->host_key != NULL)
		problem = check_host_key(ssh, command->host_key);
	if (problem == NULL)
		problem = authenticate(ssh, server->private_key);
	return problem;
}

static SshInput *
make_input(const RsSshCommand *command)
{
	SshInput   *ssh = palloc0(sizeof(SshInput));

	ssh->socket = PGINVALID_SOCKET;
	ssh->input.name = psprintf("ssh://%s#%d", command->endpoint, command->number);
	ssh->input.size = -1;
	ssh->release.func = release;
	ssh->release.arg = ssh;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &ssh->release);
	return ssh;
}

bool
rs_ssh_can_connect(const RsSshCommand *command)
{
	const RsSshServer *server = rs_ssh_server_find(command->endpoint);
	SshInput   *ssh = make_input(command);
	const char *problem = log_in(ssh, server, command);

	release(ssh);
	if (problem != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 errmsg("could not connect to host \"%s\", whose output is left out", command->endpoint),
				 errdetail_internal("%s", problem)));
	return problem == NULL;
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

static void
run_command(SshInput *ssh, const char *command)
{
	int			code;

	ssh->channel = ssh_channel_new(ssh->session);
	if (ssh->channel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	while ((code = ssh_channel_open_session(ssh->channel)) == SSH_AGAIN)
		wait_for_session(ssh);
	if (code == SSH_OK)
		while ((code = ssh_channel_request_exec(ssh->channel, command)) == SSH_AGAIN)
			wait_for_session(ssh);
	if (code != SSH_OK)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("could not run the command of \"%s\"", ssh->input.name),
				 errdetail_internal("%s", ssh_get_error(ssh->session))));
}

/*
 * What the command writes to its standard error has to be read, or it would wait.
 */
static void
read_complaint(SshInput *ssh)
{
	char		text[256];
	int			n;

	while ((n = ssh_channel_read_nonblocking(ssh->channel, text, sizeof(text), 1)) > 0)
	{
		Size		kept = Min((Size) n, MAX_COMPLAINT - ssh->complained);

		memcpy(ssh->complaint + ssh->complained, text, kept);
		ssh->complained += kept;
	}
}

/*
 * The output has ended: was that all of it?
 */
static void
check_end(SshInput *ssh)
{
	int			status;

	/* It comes with the end, or not at all. */
	while ((status = ssh_channel_get_exit_status(ssh->channel)) < 0 && !ssh_channel_is_closed(ssh->channel) &&
		   ssh_is_connected(ssh->session))
	{
		char		more;

		wait_for_session(ssh);
		(void) ssh_channel_read_nonblocking(ssh->channel, &more, 1, 0);
		read_complaint(ssh);
	}
	if (status == 0)
		return;
	for (char *c = ssh->complaint; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = ' ';
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
			 status > 0 ? errmsg("command of \"%s\" failed with exit status %d", ssh->input.name, status) :
			 errmsg("command of \"%s\" did not end properly", ssh->input.name),
			 ssh->complained > 0 ? errdetail("It wrote: %s", ssh->complaint) : 0));
}

static Size
read_input(RsInput *base, uint64 offset, char *buffer, Size size)
{
	SshInput   *ssh = (SshInput *) base;
	Size		done = 0;

	if (offset != ssh->position)
		elog(ERROR, "output of a command is read at offset %llu instead of %llu", (unsigned long long) offset,
			 (unsigned long long) ssh->position);
	while (done < size && !ssh->ended)
	{
		int			n;

		CHECK_FOR_INTERRUPTS();
		n = ssh_channel_read_nonblocking(ssh->channel, buffer + done, Min(size - done, 1024 * 1024), 0);
		if (n > 0)
		{
			done += n;
			continue;
		}
		read_complaint(ssh);
		if (n == SSH_EOF || (n == 0 && ssh_channel_is_eof(ssh->channel)))
			ssh->ended = true;
		else if (n == 0 || n == SSH_AGAIN)
			wait_for_session(ssh);
		else
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("could not read from \"%s\"", base->name),
					 errdetail_internal("%s", ssh_get_error(ssh->session))));
		if (ssh->ended)
			check_end(ssh);
	}
	ssh->position += done;
	return done;
}

static void
close_input(RsInput *input)
{
	release(input);
}

static RsInput *
open_input(RsLocation *location, const RsObject *object)
{
	const RsSshCommand *command = rs_ssh_command_parse(object->url);
	const RsSshServer *server = rs_ssh_server_find(command->endpoint);
	SshInput   *ssh = make_input(command);
	const char *problem = log_in(ssh, server, command);

	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 errmsg("could not connect to host \"%s\"", command->endpoint),
				 errdetail_internal("%s", problem)));
	run_command(ssh, command->command);
	ssh->input.read = read_input;
	ssh->input.close = close_input;
	return &ssh->input;
}

RsLocation *
rs_ssh_location_open(const char *url, List *options, bool for_writing)
{
	RsLocation *location = palloc0(sizeof(RsLocation));

	if (for_writing)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("files cannot be written by SSH")));
	location->read = open_input;
	return location;
}
