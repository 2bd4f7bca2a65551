/*
 * pending.c
 *	  Which message the server's next answer belongs to.
 *
 * Clients send many messages before they read an answer.  The server answers in order:
 * Parse, Bind, Close, Describe and Execute once each, Query, Sync and FunctionCall by
 * ReadyForQuery.  After an error it ignores all up to the next Sync; while it takes data
 * of COPY it ignores Sync and Flush.  This follows it, so that an error's position is
 * mapped to the text that it is about.
 *
 * An entry's statement is a counted reference; so is a name's.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "endpoint/connection.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

/* More changed statements than this that are prepared at a time have positions left out. */
#define MAX_NAMES		4096

typedef struct NameEntry
{
	uint64		key;			/* hash of kind and name: two that share one are not worth care */
	RsStatement *statement;
} NameEntry;

RsStatement *
rs_statement_keep(RsStatement *statement)
{
	if (statement)
		statement->references++;
	return statement;
}

void
rs_statement_drop(RsStatement *statement)
{
	if (statement && --statement->references == 0)
	{
		rs_memory_forget(statement->size);
		MemoryContextDelete(statement->context);
	}
}

/* ---------------------------------------------------------------------
 * Messages in flight
 * ---------------------------------------------------------------------
 */

static RsPending *
entry_at(RsConnection *c, int i)
{
	return &c->pending[(c->pending_first + i) % c->pending_size];
}

static void
remove_first(RsConnection *c)
{
	rs_statement_drop(entry_at(c, 0)->statement);
	c->pending_first = (c->pending_first + 1) % c->pending_size;
	c->pending_count--;
	if (c->pending_count == 0 && c->pending_size > 64)
	{
		pfree(c->pending);
		c->pending = NULL;
		c->pending_size = 0;
	}
}

/*
 * A message goes to the server that it will answer, or that ends COPY's data.
 */
void
rs_pending_add(RsConnection *c, char type, RsStatement *statement)
{
	RsPending  *entry;

	if (c->copy_in)
	{
		if (type == 'c' || type == 'f')
			c->copy_in = false;
		return;
	}
	if (c->skip_to_sync)
	{
		if (type != 'S')
			return;
		c->skip_to_sync = false;
	}
	if (c->pending_count == 0 && (type == 'c' || type == 'f'))
		return;
	if (c->pending_count == c->pending_size)
	{
		int			size = c->pending_size == 0 ? 16 : 2 * c->pending_size;
		RsPending  *larger = MemoryContextAlloc(c->context, sizeof(RsPending) * size);
		int			i;

		for (i = 0; i < c->pending_count; i++)
			larger[i] = *entry_at(c, i);
		if (c->pending)
			pfree(c->pending);
		c->pending = larger;
		c->pending_first = 0;
		c->pending_size = size;
	}
	c->pending_count++;
	entry = entry_at(c, c->pending_count - 1);
	entry->type = type;
	entry->statement = rs_statement_keep(statement);
}

/* The end of data that came when no COPY was in progress is not answered. */
static void
remove_ends_of_data(RsConnection *c)
{
	while (c->pending_count > 0 && (entry_at(c, 0)->type == 'c' || entry_at(c, 0)->type == 'f'))
		remove_first(c);
}

/* What the next error is about; NULL: a text that was not changed. */
RsStatement *
rs_pending_statement(RsConnection *c)
{
	remove_ends_of_data(c);
	return c->pending_count > 0 ? entry_at(c, 0)->statement : NULL;
}

static void
remove_if(RsConnection *c, char type)
{
	remove_ends_of_data(c);
	if (c->pending_count > 0 && entry_at(c, 0)->type == type)
		remove_first(c);
}

static bool
ends_with_ready(char type)
{
	return type == 'Q' || type == 'S' || type == 'F';
}

/*
 * The server takes data: what it has been sent behind the message that began it counts as
 * data up to the end that the client says.  Otherwise the end is still to come.
 */
static void
begin_copy_in(RsConnection *c)
{
	int			i;
	int			kept = Min(c->pending_count, 1);

	for (i = kept; i < c->pending_count; i++)
	{
		RsPending	entry = *entry_at(c, i);

		if (entry.type == 'c' || entry.type == 'f')
			break;
		rs_statement_drop(entry.statement);
	}
	c->copy_in = i == c->pending_count;
	for (i = i + 1; i < c->pending_count; i++)
		*entry_at(c, kept++) = *entry_at(c, i);
	c->pending_count = kept;
}

/*
 * After an error the server ignores messages up to Sync, if the failed one was one of the
 * extended protocol.
 */
static void
skip_to_sync(RsConnection *c)
{
	if (c->pending_count == 0 || ends_with_ready(entry_at(c, 0)->type))
		return;
	while (c->pending_count > 0 && entry_at(c, 0)->type != 'S')
		remove_first(c);
	c->skip_to_sync = c->pending_count == 0;
}

/*
 * The server has answered with a message of this type.
 */
void
rs_pending_answer(RsConnection *c, char answer)
{
	switch (answer)
	{
		case '1':				/* ParseComplete */
			remove_if(c, 'P');
			break;
		case '2':				/* BindComplete */
			remove_if(c, 'B');
			break;
		case '3':				/* CloseComplete */
			remove_if(c, 'C');
			break;
		case 'T':				/* RowDescription, NoData: of Query they are no end */
		case 'n':
			remove_if(c, 'D');
			break;
		case 'C':				/* CommandComplete, EmptyQueryResponse, PortalSuspended */
		case 'I':
		case 's':
			remove_if(c, 'E');
			break;
		case 'G':
			begin_copy_in(c);
			break;
		case 'E':
			c->copy_in = false;
			skip_to_sync(c);
			break;
		case 'Z':
			while (c->pending_count > 0 && !ends_with_ready(entry_at(c, 0)->type))
				remove_first(c);
			if (c->pending_count > 0)
				remove_first(c);
			/* Nothing may come any more that would show that they are not answered. */
			remove_ends_of_data(c);
			c->copy_in = false;
			break;
	}
}

/* ---------------------------------------------------------------------
 * Names of prepared statements ('S') and portals ('P')
 * ---------------------------------------------------------------------
 */

static uint64
name_key(char kind, const char *name)
{
	return hash_bytes_extended((const unsigned char *) name, (int) strlen(name), (uint64) kind);
}

RsStatement *
rs_name_get(RsConnection *c, char kind, const char *name)
{
	uint64		key = name_key(kind, name);
	NameEntry  *entry = c->names ? hash_search(c->names, &key, HASH_FIND, NULL) : NULL;

	return entry ? entry->statement : NULL;
}

/*
 * The name now means this statement; NULL: one that was not changed.
 */
void
rs_name_set(RsConnection *c, char kind, const char *name, RsStatement *statement)
{
	uint64		key = name_key(kind, name);
	NameEntry  *entry;
	bool		found;

	if (c->names == NULL)
	{
		HASHCTL		control = {0};

		if (statement == NULL)
			return;
		control.keysize = sizeof(uint64);
		control.entrysize = sizeof(NameEntry);
		control.hcxt = c->context;
		c->names = hash_create("changed statements", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(c->names, &key, HASH_FIND, NULL);
	if (entry != NULL)
		rs_statement_drop(entry->statement);
	if (statement == NULL)
	{
		hash_search(c->names, &key, HASH_REMOVE, NULL);
		return;
	}
	if (entry == NULL && hash_get_num_entries(c->names) >= MAX_NAMES)
		return;
	entry = hash_search(c->names, &key, HASH_ENTER, &found);
	entry->statement = rs_statement_keep(statement);
}

/*
 * The connection ends: give back what is counted.  Its context takes the rest.
 */
void
rs_pending_forget_all(RsConnection *c)
{
	while (c->pending_count > 0)
		remove_first(c);
	if (c->names)
	{
		HASH_SEQ_STATUS scan;
		NameEntry  *entry;

		hash_seq_init(&scan, c->names);
		while ((entry = hash_seq_search(&scan)) != NULL)
			rs_statement_drop(entry->statement);
		c->names = NULL;
	}
}
