/*
 * fragment.c
 *	  At the leader: a fragment that runs on some nodes.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "mpp/fragment.h"
#include "mpp/wire.h"
#include "utils/memutils.h"

typedef struct Source
{
	RsConnection *connection;
	bool		done;
	uint64		rows;
} Source;

struct RsFragment
{
	MemoryContext messages;
	RsWireDecoder *decoder;
	bool		decoding;
	int			nsources;
	int			next;
	Source	   *sources;
};

RsFragment *
rs_fragment_start(RsRemoteStatement *statement, List *connections, const char *sql, const char *options,
				  const Oid *types, int ncolumns)
{
	RsFragment *fragment = palloc0(sizeof(RsFragment));
	char	   *copy = psprintf("COPY (%s) TO STDOUT (FORMAT redshift_batch, STATEMENT %u%s%s)", sql, statement->id,
								options ? ", " : "", options ? options : "");
	ListCell   *lc;

	fragment->messages = AllocSetContextCreate(CurrentMemoryContext, "fragment messages", ALLOCSET_DEFAULT_SIZES);
	fragment->decoder = rs_wire_decoder_create(CurrentMemoryContext, types, ncolumns, true);
	fragment->nsources = list_length(connections);
	fragment->sources = palloc0(fragment->nsources * sizeof(Source));
	foreach(lc, connections)
	{
		fragment->sources[foreach_current_index(lc)].connection = lfirst(lc);
		rs_connection_send(lfirst(lc), copy, NULL);
	}
	foreach(lc, connections)
	{
		PGresult   *result = rs_connection_result(lfirst(lc));

		if (PQresultStatus(result) != PGRES_COPY_OUT)
			rs_connection_error(ERROR, lfirst(lc), result, copy);
		PQclear(result);
	}
	return fragment;
}

static bool
read_message(RsFragment *fragment)
{
	for (;;)
	{
		List	   *waiting = NIL;
		int			i;

		for (i = 0; i < fragment->nsources; i++)
		{
			Source	   *source = &fragment->sources[(fragment->next + i) % fragment->nsources];
			char	   *data;
			char	   *copy;
			int			size;

			if (source->done)
				continue;
			size = PQgetCopyData(rs_connection_libpq(source->connection), &data, 1);
			if (size == 0)
			{
				waiting = lappend(waiting, source->connection);
				continue;
			}
			if (size < 0)
			{
				PQclear(rs_connection_finish(source->connection));
				source->done = true;
				continue;
			}
			MemoryContextReset(fragment->messages);
			copy = MemoryContextAllocExtended(fragment->messages, size, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
			if (copy != NULL)
				memcpy(copy, data, size);
			PQfreemem(data);
			if (copy == NULL)
				ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
			fragment->next = (int) (source - fragment->sources) + 1;
			if (rs_wire_decode_message(fragment->decoder, copy, size, &source->rows))
				return true;
			i = -1;
			list_free(waiting);
			waiting = NIL;
		}
		if (waiting == NIL)
			return false;
		rs_connections_wait(waiting);
		list_free(waiting);
	}
}

uint32
rs_fragment_next(RsFragment *fragment, RsArena *arena, const RsVector **columns)
{
	for (;;)
	{
		uint32		n;

		if (!fragment->decoding && !(fragment->decoding = read_message(fragment)))
			return 0;
		n = rs_wire_decode_next(fragment->decoder, arena, columns);
		if (n > 0)
			return n;
		fragment->decoding = false;
	}
}

uint64
rs_fragment_rows(const RsFragment *fragment, bool first)
{
	uint64		rows = 0;
	int			i;

	for (i = 0; i < (first ? 1 : fragment->nsources); i++)
		rows += fragment->sources[i].rows;
	return rows;
}

void
rs_fragment_end(RsFragment *fragment)
{
	while (read_message(fragment))
		;
}
