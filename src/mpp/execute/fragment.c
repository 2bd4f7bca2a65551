/*
 * fragment.c
 *	  At the leader: fragments that run on compute nodes, and the rows they send.
 *
 * All connections of a fragment run at the same time.  Of what they send, a message of
 * each is held here; libpq reads more only when it is asked for one, so what is in
 * memory is bounded, and a node that is ahead waits.  If another statement needs a
 * connection before its rows are read (a cursor that is left open, say), the rest goes
 * to a temporary file.
 *
 * A fragment that is ended early is cancelled.  One that only reads then ends at its
 * node without an error (fragment_copy.c), and the transaction goes on.
 */
#include "postgres.h"

#include "commands/tablespace.h"
#include "miscadmin.h"
#include "mpp/execute/fragment.h"
#include "mpp/execute/sequence_numbers.h"
#include "mpp/wire/fragment_report.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_format.h"
#include "storage/buffile.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

typedef struct Source
{
	RsConnectionUser user;		/* first */
	RsFragment *fragment;
	RsConnection *connection;
	RsWireDecoder *decoder;
	char	   *message;
	Size		capacity;
	bool		copying;		/* the node has begun to send */
	bool		read;			/* all was read from the connection */
	BufFile    *file;			/* the rest; NULL: there is none */
	bool		rewound;
	bool		ended;			/* there are no more rows */
	bool		complete;		/* the last message came */
	uint64		rows;			/* that it says it sent or changed */
	uint64		received_rows;
	uint64		received_bytes;
	RsReport   *report;			/* NULL: none was asked for, or it has not come */
} Source;

struct RsFragment
{
	MemoryContext context;
	ResourceOwner owner;
	List	   *numbers;		/* calls that ask for numbers of sequences */
	bool		elsewhere;		/* it sends its rows elsewhere: only its end comes here */
	TimestampTz started;		/* if reports were asked for */
	int			nsources;
	Source	   *sources;
	int			turn;			/* whose batches are given */
};

typedef enum Outcome
{
	MESSAGE, NOT_YET, NO_MORE
} Outcome;

/* ---------------------------------------------------------------------
 * Messages
 * ---------------------------------------------------------------------
 */

/*
 * Copy what libpq gave, and give it back: an error must not leave it behind.
 */
static void
keep_message(Source *source, char *data, Size size)
{
	if (size > source->capacity)
	{
		char	   *larger = MemoryContextAllocExtended(source->fragment->context, size * 2,
														MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);

		if (larger == NULL)
		{
			PQfreemem(data);
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
		}
		if (source->message != NULL)
			pfree(source->message);
		source->message = larger;
		source->capacity = size * 2;
	}
	memcpy(source->message, data, size);
	PQfreemem(data);
	source->received_bytes += size;
}

/*
 * All results behind the rows; an error of the node is raised.
 */
static void
read_end(Source *source)
{
	PGresult   *result;

	while ((result = rs_connection_result(source->connection)) != NULL)
		PQclear(result);
	source->read = true;
}

/*
 * A message of the connection, if one has come.
 */
static Outcome
receive(Source *source, Size *size)
{
	PGconn	   *conn = rs_connection_libpq(source->connection);
	char	   *data;
	int			length;

	if (source->read)
		return NO_MORE;
	if (!source->copying)
	{
		PGresult   *result;
		ExecStatusType status;

		if (PQisBusy(conn))
			return NOT_YET;
		result = rs_connection_result(source->connection);
		status = PQresultStatus(result);
		PQclear(result);
		if (status != PGRES_COPY_OUT && status != PGRES_COPY_BOTH)
			elog(ERROR, "unexpected result of a fragment: %s", PQresStatus(status));
		source->copying = true;
	}
	length = PQgetCopyData(conn, &data, 1);
	if (length == 0)
		return NOT_YET;
	if (length < 0)
	{
		read_end(source);
		return NO_MORE;
	}
	keep_message(source, data, length);
	*size = length;
	return MESSAGE;
}

/*
 * A node waits for numbers.
 */
static void
answer(Source *source, Size size)
{
	PGconn	   *conn = rs_connection_libpq(source->connection);
	StringInfoData numbers;
	int			done;

	initStringInfo(&numbers);
	rs_numbers_answer(source->fragment->numbers, source->message, size, &numbers);
	while ((done = PQputCopyData(conn, numbers.data, numbers.len)) == 0)
		rs_connection_flush(source->connection);
	if (done < 0)
		rs_connection_error(ERROR, source->connection, NULL, NULL);
	rs_connection_flush(source->connection);
	pfree(numbers.data);
}

/*
 * The same, questions answered.
 */
static Outcome
receive_rows(Source *source, Size *size)
{
	Outcome		outcome;

	while ((outcome = receive(source, size)) == MESSAGE && source->fragment->numbers != NIL)
	{
		RsWireHeader header;

		memcpy(&header, source->message, Min(*size, sizeof(header)));
		if (*size < sizeof(header) || header.kind != RS_WIRE_NUMBERS)
			break;
		answer(source, *size);
	}
	return outcome;
}

static void
wait_for(Source *source)
{
	List	   *list = list_make1(source->connection);

	rs_connections_wait(list);
	list_free(list);
}

/*
 * Someone else needs the connection: the rest goes to a file.
 */
static void
finish(RsConnectionUser *user, RsConnection *connection)
{
	Source	   *source = (Source *) user;
	MemoryContext caller = MemoryContextSwitchTo(source->fragment->context);
	ResourceOwner owner = CurrentResourceOwner;
	BufFile    *file;
	char	   *message = source->message;
	Outcome		outcome;
	Size		size;

	/* The decoder may still read from the message that is there. */
	source->message = NULL;
	source->capacity = 0;
	CurrentResourceOwner = source->fragment->owner;
	PrepareTempTablespaces();
	file = BufFileCreateTemp(false);
	while ((outcome = receive_rows(source, &size)) != NO_MORE)
	{
		if (outcome == NOT_YET)
			wait_for(source);
		else
		{
			BufFileWrite(file, &size, sizeof(Size));
			BufFileWrite(file, source->message, size);
		}
	}
	size = 0;
	BufFileWrite(file, &size, sizeof(Size));
	CurrentResourceOwner = owner;
	if (source->message != NULL)
		pfree(source->message);
	source->message = message;
	source->capacity = 0;
	source->file = file;
	MemoryContextSwitchTo(caller);
}

static Outcome
read_kept(Source *source, Size *size)
{
	if (!source->rewound && BufFileSeek(source->file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not rewind a temporary file of rows of a compute node")));
	source->rewound = true;
	if (BufFileRead(source->file, size, sizeof(Size)) != sizeof(Size))
		*size = 0;
	if (*size == 0)
		return NO_MORE;
	if (*size > source->capacity)
	{
		if (source->message != NULL)
			pfree(source->message);
		source->message = MemoryContextAllocHuge(source->fragment->context, *size * 2);
		source->capacity = *size * 2;
	}
	if (BufFileRead(source->file, source->message, *size) != *size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from a temporary file of rows of a compute node")));
	return MESSAGE;
}

/* ---------------------------------------------------------------------
 * Batches
 * ---------------------------------------------------------------------
 */

static void
keep_report(Source *source)
{
	MemoryContext caller;
	Size		size;
	const char *report = rs_wire_decoded_report(source->decoder, &size);

	if (report == NULL)
		return;
	caller = MemoryContextSwitchTo(source->fragment->context);
	source->report = rs_report_read(report, size);

	/* What a fragment sends when nobody measures it counts. */
	source->received_bytes -= sizeof(RsWireHeader) + size;
	MemoryContextSwitchTo(caller);
}

/*
 * The next batch of a source, if one has come.
 */
static Outcome
next_batch(Source *source, RsArena *arena, const RsVector **columns, uint32 *n)
{
	Size		size;
	Outcome		outcome;

	while (!source->ended)
	{
		*n = rs_wire_decode_next(source->decoder, arena, columns);
		source->received_rows += *n;
		if (*n > 0)
			return MESSAGE;
		outcome = source->file != NULL ? read_kept(source, &size) : receive_rows(source, &size);
		if (outcome == NOT_YET)
			return NOT_YET;
		if (outcome == NO_MORE)
		{
			source->ended = true;
			if (!source->complete)
				ereport(ERROR,
						(errcode(ERRCODE_QUERY_CANCELED),
						 errmsg("fragment on compute node \"%s\" was cancelled",
								rs_connection_node(source->connection)->name)));
		}
		else if (source->complete)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("message of rows is damaged: it comes behind the last one")));
		else
		{
			source->complete = !rs_wire_decode_message(source->decoder, source->message, size, &source->rows);
			keep_report(source);
		}
	}
	return NO_MORE;
}

uint32
rs_fragment_next_of(RsFragment *fragment, int i, RsArena *arena, const RsVector **columns)
{
	Source	   *source = &fragment->sources[i];
	uint32		n;

	for (;;)
	{
		switch (next_batch(source, arena, columns, &n))
		{
			case MESSAGE:
				return n;
			case NO_MORE:
				return 0;
			case NOT_YET:
				wait_for(source);
		}
	}
}

/*
 * A source is asked until it has to be waited for; then those behind it are.
 */
uint32
rs_fragment_next(RsFragment *fragment, RsArena *arena, const RsVector **columns)
{
	for (;;)
	{
		List	   *waiting = NIL;
		int			i;

		for (i = 0; i < fragment->nsources; i++)
		{
			Source	   *source = &fragment->sources[fragment->turn];
			uint32		n;
			Outcome		outcome = next_batch(source, arena, columns, &n);

			if (outcome == MESSAGE)
				return n;
			if (outcome == NOT_YET)
				waiting = lappend(waiting, source->connection);
			fragment->turn = (fragment->turn + 1) % fragment->nsources;
		}
		if (waiting == NIL)
			return 0;
		rs_connections_wait(waiting);
		list_free(waiting);
	}
}

/* ---------------------------------------------------------------------
 * Beginning and end
 * ---------------------------------------------------------------------
 */

RsFragment *
rs_fragment_start(RsRemoteStatement *statement, List *connections, const char *query, const char *options,
				  const char *report, List *numbers, const Oid *types, int ncolumns)
{
	RsFragment *fragment = palloc0(sizeof(RsFragment));
	char	   *sql = psprintf("COPY (%s) TO STDOUT (FORMAT redshift_batch, STATEMENT %u%s%s%s%s)",
							   query, statement->id, options != NULL ? ", " : "", options != NULL ? options : "",
							   numbers != NIL ? ", NUMBERS" : "",
							   report != NULL ? psprintf(", REPORT '%s'", report) : "");
	ListCell   *lc;

	fragment->context = CurrentMemoryContext;
	fragment->owner = CurrentResourceOwner;
	fragment->numbers = numbers;
	fragment->elsewhere = types == NULL;
	if (report != NULL)
		fragment->started = GetCurrentTimestamp();
	fragment->sources = palloc0(Max(list_length(connections), 1) * sizeof(Source));
	foreach(lc, connections)
	{
		Source	   *source = &fragment->sources[fragment->nsources++];

		source->user.finish = finish;
		source->fragment = fragment;
		source->connection = lfirst(lc);
		source->decoder = rs_wire_decoder_create(fragment->context, types, ncolumns, true);
		rs_connection_send(source->connection, sql, &source->user);
	}
	pfree(sql);
	return fragment;
}

uint64
rs_fragment_rows(const RsFragment *fragment, bool first)
{
	uint64		rows = 0;
	int			i;

	for (i = 0; i < (first ? Min(fragment->nsources, 1) : fragment->nsources); i++)
		rows += fragment->sources[i].rows;
	return rows;
}

/*
 * A node that had no more rows to give than were wanted has mostly said all in one message of
 * the network.  What fails behind the last row that was wanted is no concern of the query's: the
 * end is left to rs_fragment_end().
 */
void
rs_fragment_take_reports(RsFragment *fragment)
{
	int			i;

	for (i = 0; i < fragment->nsources && fragment->numbers == NIL; i++)
	{
		Source	   *source = &fragment->sources[i];
		PGconn	   *conn = rs_connection_libpq(source->connection);
		char	   *data;
		int			length;

		while (source->copying && !source->read && !source->complete && source->report == NULL && source->file == NULL &&
			   (length = PQgetCopyData(conn, &data, 1)) > 0)
		{
			keep_message(source, data, length);
			source->complete = !rs_wire_decode_message(source->decoder, source->message, length, &source->rows);
			keep_report(source);
		}
	}
}

int
rs_fragment_sources(const RsFragment *fragment, RsSourceStats *stats)
{
	int			i;

	for (i = 0; stats != NULL && i < fragment->nsources; i++)
	{
		const Source *source = &fragment->sources[i];

		stats[i].node = rs_connection_node(source->connection);
		stats[i].rows = source->received_rows;
		stats[i].bytes = source->received_bytes;
		stats[i].report = source->report;
		stats[i].started = fragment->started;
	}
	return fragment->nsources;
}

void
rs_fragment_end(RsFragment *fragment)
{
	List	   *running = NIL;
	int			i;

	if (fragment->elsewhere)
		(void) rs_fragment_next(fragment, NULL, NULL);
	for (i = 0; i < fragment->nsources; i++)
	{
		Source	   *source = &fragment->sources[i];

		if (source->file != NULL)
			BufFileClose(source->file);
		else if (!source->read)
			running = lappend(running, source->connection);
	}
	if (running != NIL)
		rs_connections_stop(running);
	list_free(running);
}
