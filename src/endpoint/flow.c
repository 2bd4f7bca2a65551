/*
 * flow.c
 *	  Bytes from one socket to the other, cut into messages on the way.
 *
 * All connections read into one buffer.  What was read is looked through message by message;
 * stretches that pass unchanged are written from there with one call of the system.  Only
 * what the other side does not take is kept, and then its source is not read until that
 * has gone: so a direction holds at most one buffer's bytes and one held message, and an
 * idle connection holds none.
 *
 * A message is looked at when as many of its bytes are there as rs_..._hold() asks for: its
 * header for most, all of it for few.  The rest streams.
 */
#include "postgres.h"

#include <sys/socket.h>

#include "endpoint/connection.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/memutils.h"

#define HEADER_SIZE			5	/* type and length */
/* The longest message, as the server has it. */
#define MAX_MESSAGE			((size_t) MaxAllocSize)

static char read_buffer[RS_READ_SIZE];

/* ---------------------------------------------------------------------
 * Bytes kept
 * ---------------------------------------------------------------------
 */

size_t
rs_bytes_length(const RsBytes *bytes)
{
	return bytes->end - bytes->start;
}

/*
 * Make room for so many bytes in all.
 */
static void
bytes_reserve(RsConnection *c, RsBytes *bytes, size_t wanted)
{
	size_t		length = rs_bytes_length(bytes);
	char	   *larger;

	if (bytes->size - bytes->start >= wanted)
		return;
	larger = MemoryContextAlloc(c->context, wanted);
	if (length > 0)
		memcpy(larger, bytes->data + bytes->start, length);
	if (bytes->data)
		pfree(bytes->data);
	bytes->data = larger;
	bytes->start = 0;
	bytes->end = length;
	bytes->size = wanted;
}

void
rs_bytes_add(RsConnection *c, RsBytes *bytes, const char *data, size_t size)
{
	if (bytes->size - bytes->end < size)
		bytes_reserve(c, bytes, Max(rs_bytes_length(bytes) + size,
									Min(2 * bytes->size, bytes->size + RS_READ_SIZE)));
	memcpy(bytes->data + bytes->end, data, size);
	bytes->end += size;
}

void
rs_bytes_clear(RsBytes *bytes)
{
	if (bytes->data)
		pfree(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

/* ---------------------------------------------------------------------
 * Sockets
 * ---------------------------------------------------------------------
 */

/*
 * Bytes read; 0: none now, or no more ever (then side->ended).
 */
size_t
rs_side_read(RsSide *side, char *data, size_t size)
{
	ssize_t		n;

	if (side->tls)
	{
		RsTlsWait	wait;

		side->wants_write = false;
		n = rs_tls_read(side->tls, data, (int) size, &wait);
		if (n > 0)
			return n;
		if (wait == RS_TLS_CLOSED)
			side->ended = true;
		side->wants_write = wait == RS_TLS_WANTS_WRITE;
		return 0;
	}
	n = recv(side->fd, data, size, 0);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	if (n < 0)
		side->failed = true;
	side->ended = true;
	return 0;
}

static size_t
side_write(RsSide *side, const char *data, size_t size)
{
	ssize_t		n;

	if (side->failed || side->fd < 0)
		return 0;
	if (side->tls)
	{
		RsTlsWait	wait;

		n = rs_tls_write(side->tls, data, (int) Min(size, (size_t) RS_READ_SIZE), &wait);
		if (n > 0)
			return n;
		side->failed = wait == RS_TLS_CLOSED;
		return 0;
	}
	n = send(side->fd, data, size, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		side->failed = true;
	return 0;
}

/*
 * Write what waits, as far as the socket takes it.
 */
void
rs_flow_write(RsConnection *c, RsFlow *flow)
{
	while (rs_bytes_length(&flow->waiting) > 0)
	{
		size_t		n = side_write(flow->to, flow->waiting.data + flow->waiting.start,
								   rs_bytes_length(&flow->waiting));

		if (n == 0)
			break;
		flow->waiting.start += n;
		if (flow == &c->down)
			rs_endpoint_count(RS_COUNT_BYTES_OUT, n);
	}
	if (rs_bytes_length(&flow->waiting) == 0 || flow->to->failed)
		rs_bytes_clear(&flow->waiting);
}

/*
 * Write the run, or keep it if earlier bytes wait.
 */
static void
flush_run(RsConnection *c, RsFlow *flow)
{
	while (flow->run_length > 0 && rs_bytes_length(&flow->waiting) == 0)
	{
		size_t		n = side_write(flow->to, flow->run, flow->run_length);

		if (n == 0)
			break;
		flow->run += n;
		flow->run_length -= n;
		if (flow == &c->down)
			rs_endpoint_count(RS_COUNT_BYTES_OUT, n);
	}
	if (flow->run_length > 0 && !flow->to->failed)
		rs_bytes_add(c, &flow->waiting, flow->run, flow->run_length);
	flow->run_length = 0;
}

/*
 * Pass bytes on that stay where they are until the flow is flushed.
 */
void
rs_flow_emit(RsConnection *c, RsFlow *flow, const char *data, size_t size)
{
	if (size == 0)
		return;
	if (flow->run_length > 0 && flow->run + flow->run_length != data)
	{
		/* Together with what follows in one packet, so not yet to the socket. */
		rs_bytes_add(c, &flow->waiting, flow->run, flow->run_length);
		flow->run_length = 0;
	}
	if (rs_bytes_length(&flow->waiting) > 0)
		rs_bytes_add(c, &flow->waiting, data, size);
	else
	{
		if (flow->run_length == 0)
			flow->run = data;
		flow->run_length += size;
	}
}

/*
 * Pass bytes on that go away.
 */
void
rs_flow_add(RsConnection *c, RsFlow *flow, const char *data, size_t size)
{
	if (flow->run_length > 0)
	{
		rs_bytes_add(c, &flow->waiting, flow->run, flow->run_length);
		flow->run_length = 0;
	}
	if (size > 0)
		rs_bytes_add(c, &flow->waiting, data, size);
}

/* ---------------------------------------------------------------------
 * Messages
 * ---------------------------------------------------------------------
 */

/*
 * The bytes of a message that are to be held, from its header; 0 if it ends the connection.
 * So does a length that is none: nothing behind it can be understood.
 */
static size_t
message_hold(RsConnection *c, RsFlow *flow, const char *header, size_t *size)
{
	size_t		length = rs_wire_int(header + 1);
	size_t		hold;

	if (length < 4 || length >= MAX_MESSAGE)
	{
		if (flow == &c->up)
			rs_refuse(c, ERRCODE_PROTOCOL_VIOLATION, "invalid message length");
		else
			rs_connection_fail(c);
		return 0;
	}
	*size = length + 1;
	hold = flow == &c->up ? rs_frontend_hold(c, header[0], *size) : rs_backend_hold(c, header[0], *size);
	if (c->phase == RS_PHASE_CLOSE || c->dead)
		return 0;
	return Max(HEADER_SIZE, Min(hold, *size));
}

/*
 * Deal with a message of which held bytes are at data.
 */
static void
message_act(RsConnection *c, RsFlow *flow, char *data, size_t held, bool stays)
{
	size_t		size = (size_t) rs_wire_int(data + 1) + 1;
	bool		pass;

	pass = flow == &c->up ? rs_frontend_message(c, data, held, size) : rs_backend_message(c, data, held, size);
	if (pass && stays)
		rs_flow_emit(c, flow, data, held);
	else if (pass)
		rs_flow_add(c, flow, data, held);
	*(pass ? &flow->pass : &flow->skip) = size - held;
}

/*
 * Take what was held of a message further; returns the bytes used.
 */
static size_t
continue_held(RsConnection *c, RsFlow *flow, const char *data, size_t size)
{
	size_t		have = rs_bytes_length(&flow->held);
	size_t		need = have < HEADER_SIZE ? HEADER_SIZE : flow->hold;
	size_t		n = Min(size, need - have);
	size_t		total;

	/* All of it at once, when its turn has come. */
	if (have >= HEADER_SIZE && (flow == &c->down || c->wanted == 0))
		bytes_reserve(c, &flow->held, flow->hold);
	rs_bytes_add(c, &flow->held, data, n);
	have += n;
	c->progress = flow == &c->up && c->reserved > 0 ? GetCurrentTimestamp() : c->progress;
	if (have == HEADER_SIZE && need == HEADER_SIZE)
	{
		flow->hold = message_hold(c, flow, flow->held.data + flow->held.start, &total);
		if (flow->hold == 0)
			return n;
	}
	if (have >= HEADER_SIZE && have == flow->hold)
	{
		RsBytes		message = flow->held;

		memset(&flow->held, 0, sizeof(flow->held));
		flow->hold = 0;
		message_act(c, flow, message.data + message.start, have, false);
		rs_bytes_clear(&message);
	}
	return n;
}

/*
 * Look through bytes that were read.
 */
static void
take_apart(RsConnection *c, RsFlow *flow, char *data, size_t size)
{
	while (size > 0 && c->phase != RS_PHASE_CLOSE && !c->dead)
	{
		size_t		n;

		if (flow->pass > 0)
		{
			n = Min(flow->pass, size);
			rs_flow_emit(c, flow, data, n);
			flow->pass -= n;
		}
		else if (flow->skip > 0)
		{
			n = Min(flow->skip, size);
			flow->skip -= n;
		}
		else if (rs_bytes_length(&flow->held) > 0)
			n = continue_held(c, flow, data, size);
		else if (size < HEADER_SIZE)
		{
			rs_bytes_add(c, &flow->held, data, size);
			n = size;
		}
		else
		{
			size_t		total;
			size_t		hold = message_hold(c, flow, data, &total);

			if (hold == 0)
				return;
			if (hold <= size)
			{
				message_act(c, flow, data, hold, true);
				n = hold;
			}
			else
			{
				flow->hold = hold;
				rs_bytes_add(c, &flow->held, data, size);
				n = size;
			}
		}
		data += n;
		size -= n;
	}
}

/*
 * Read once from the flow's source and pass it on.  True if there may be more that no event
 * will tell of.
 */
bool
rs_flow_move(RsConnection *c, RsFlow *flow)
{
	size_t		n = rs_side_read(flow->from, read_buffer, sizeof(read_buffer));

	if (n == 0)
		return false;
	if (flow == &c->up)
		rs_endpoint_count(RS_COUNT_BYTES_IN, n);
	take_apart(c, flow, read_buffer, n);
	flush_run(c, flow);
	if (rs_bytes_length(&flow->waiting) > 0)
		rs_flow_write(c, flow);
	return flow->from->tls != NULL && rs_tls_has_data(flow->from->tls);
}
