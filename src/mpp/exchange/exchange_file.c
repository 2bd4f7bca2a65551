/*
 * exchange_file.c
 *	  On a compute node: the files of an exchange.
 *
 * The leader's session on a node opens an exchange: a directory among PostgreSQL's
 * temporary files.  Every sender has a session of its own here, which writes a file of
 * its own there, so no two processes write one file and none waits for another.  The
 * directory is removed when the transaction that opened the exchange ends, however
 * it does, and like all temporary files when the server starts.
 *
 * A directory's name has the user and the database: no user gets at the rows of
 * another, whatever name an exchange has.  A sender that comes late finds no directory;
 * one that is late to end writes to a file that has no name any more.
 *
 * Processes of a parallel plan that read an exchange together share a number: whoever
 * wants a message draws the next one, and goes through the headers of all up to it,
 * which are the same in the same order for everybody.  A header costs a hundredth of
 * what a message does, and nobody holds a lock.
 */
#include "postgres.h"

#include <sys/stat.h>

#include "access/xact.h"
#include "catalog/pg_tablespace_d.h"
#include "commands/tablespace.h"
#include "common/file_utils.h"
#include "core/fault.h"
#include "miscadmin.h"
#include "mpp/exchange/exchange_file.h"
#include "mpp/wire/wire_format.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "utils/memutils.h"

#define SENDERS_FILE	"senders"	/* how many there will be */
#define MOST_ID			48
#define REMOVE_TRIES	10

/* An exchange that this session has opened. */
typedef struct Exchange
{
	char		directory[MAXPGPATH];
	SubTransactionId owner;
	List	   *distinct;		/* how many values columns have; 0 is unknown */
} Exchange;

struct RsExchangeWriter
{
	File		file;
	off_t		size;
};

struct RsExchangeReader
{
	char		directory[MAXPGPATH];
	uint8		kind;			/* of the messages wanted */
	int			nsenders;
	List	   *names;			/* of files still to be read */
	File		file;			/* 0: none is open */
	off_t		offset;
	pg_atomic_uint64 *next;		/* message that nobody has; NULL: all are this reader's */
	uint64		drawn;			/* of next, ... */
	uint64		passed;			/* messages of the kind gone by */
	char	   *message;
	Size		capacity;
	MemoryContext context;
};

static List *exchanges = NIL;	/* in TopMemoryContext */
static uint32 files_made = 0;

/* ---------------------------------------------------------------------
 * Names
 * ---------------------------------------------------------------------
 */

static void
exchange_directory(char *directory, const char *id)
{
	char		base[MAXPGPATH];

	if (id[0] == '\0' || strlen(id) > MOST_ID ||
		strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(id))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of an exchange: \"%s\"", id),
				 errdetail("It has small letters, digits and underscores.")));
	TempTablespacePath(base, DEFAULTTABLESPACE_OID);
	snprintf(directory, MAXPGPATH, "%s/%s_redshift_%u_%u_%s", base, PG_TEMP_FILE_PREFIX, MyDatabaseId,
			 GetUserId(), id);
}

static void
not_open(const char *id)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("exchange \"%s\" is not open", id)));
}

/*
 * The directory of an exchange that is open.
 */
static void
open_directory(char *directory, const char *id)
{
	struct stat info;

	exchange_directory(directory, id);
	if (stat(directory, &info) != 0)
		not_open(id);
}

/* ---------------------------------------------------------------------
 * Opening and closing
 * ---------------------------------------------------------------------
 */

void
rs_exchange_open(const char *id, int nsenders, List *distinct)
{
	char		directory[MAXPGPATH];
	char		base[MAXPGPATH];
	char		path[MAXPGPATH + sizeof(SENDERS_FILE)];
	struct stat info;
	MemoryContext caller;
	Exchange   *exchange;
	File		file;

	exchange_directory(directory, id);
	if (stat(directory, &info) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("exchange \"%s\" is open already", id)));
	caller = MemoryContextSwitchTo(TopMemoryContext);
	exchange = palloc(sizeof(Exchange));
	strlcpy(exchange->directory, directory, MAXPGPATH);
	exchange->owner = GetCurrentSubTransactionId();
	exchange->distinct = list_copy(distinct);
	exchanges = lappend(exchanges, exchange);
	MemoryContextSwitchTo(caller);
	TempTablespacePath(base, DEFAULTTABLESPACE_OID);
	PathNameCreateTemporaryDir(base, directory);
	snprintf(path, sizeof(path), "%s/%s", directory, SENDERS_FILE);
	RS_FAULT_POINT("exchange_open");
	file = PathNameCreateTemporaryFile(path, true);
	if (FileWrite(file, (char *) &nsenders, sizeof(nsenders), 0,
				  WAIT_EVENT_BUFFILE_WRITE) != sizeof(nsenders))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not write to file \"%s\": %m", path)));
	FileClose(file);
}

/*
 * Senders that come at this moment must not find the directory any more: what they make
 * in it while it is being removed would stay.  One that has found it just before has its
 * file removed by the next try.  An interrupt in between would leave what nobody knows any more.
 */
static void
remove_directory(const char *directory)
{
	char		gone[MAXPGPATH + 8];
	struct stat info;
	int			try;

	snprintf(gone, sizeof(gone), "%s.gone", directory);
	HOLD_INTERRUPTS();
	if (rename(directory, gone) == 0)
	{
		RS_FAULT_POINT("exchange_remove");
		for (try = 0; try < REMOVE_TRIES && stat(gone, &info) == 0; try++)
			PathNameDeleteTemporaryDir(gone);
	}
	else if (errno != ENOENT)
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not rename directory \"%s\": %m", directory)));
	RESUME_INTERRUPTS();
}

static void
remove_exchange(Exchange *exchange)
{
	remove_directory(exchange->directory);
	exchanges = list_delete_ptr(exchanges, exchange);
	list_free(exchange->distinct);
	pfree(exchange);
}

void
rs_exchange_close(const char *id)
{
	char		directory[MAXPGPATH];
	ListCell   *lc;

	RS_FAULT_POINT("exchange_close");
	exchange_directory(directory, id);
	foreach(lc, exchanges)
		if (strcmp(((Exchange *) lfirst(lc))->directory, directory) == 0)
		{
			remove_exchange(lfirst(lc));
			break;
		}
}

/*
 * Whoever opened it plans what reads it.
 */
int
rs_exchange_distinct(const char *id, int column)
{
	char		directory[MAXPGPATH];
	ListCell   *lc;

	exchange_directory(directory, id);
	foreach(lc, exchanges)
	{
		Exchange   *exchange = lfirst(lc);

		if (strcmp(exchange->directory, directory) == 0 && column >= 1 && column <= list_length(exchange->distinct))
			return list_nth_int(exchange->distinct, column - 1);
	}
	return 0;
}

static void
transaction_ends(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		while (exchanges != NIL)
			remove_exchange(linitial(exchanges));
}

static void
subtransaction_ends(SubXactEvent event, SubTransactionId self, SubTransactionId parent, void *arg)
{
	List	   *all;
	ListCell   *lc;

	if (exchanges == NIL || (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB))
		return;
	all = list_copy(exchanges);
	foreach(lc, all)
	{
		Exchange   *exchange = lfirst(lc);

		if (exchange->owner != self)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			exchange->owner = parent;
		else
			remove_exchange(exchange);
	}
	list_free(all);
}

void
rs_exchange_file_init(void)
{
	RegisterXactCallback(transaction_ends, NULL);
	RegisterSubXactCallback(subtransaction_ends, NULL);
}

/* ---------------------------------------------------------------------
 * Writing
 * ---------------------------------------------------------------------
 */

RsExchangeWriter *
rs_exchange_writer_create(const char *id)
{
	RsExchangeWriter *writer = palloc(sizeof(RsExchangeWriter));
	char		directory[MAXPGPATH];
	char		path[MAXPGPATH + 32];

	open_directory(directory, id);
	snprintf(path, sizeof(path), "%s/%d.%u", directory, MyProcPid, ++files_made);
	writer->file = PathNameCreateTemporaryFile(path, false);
	if (writer->file <= 0)
		not_open(id);
	writer->size = 0;
	return writer;
}

void
rs_exchange_writer_add(RsExchangeWriter *writer, const char *message, Size size)
{
	int			written;

	RS_FAULT_POINT("exchange_write");
	written = FileWrite(writer->file, unconstify(char *, message), size, writer->size, WAIT_EVENT_BUFFILE_WRITE);
	if (written != size)
	{
		if (written >= 0)
			errno = ENOSPC;
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not write to file \"%s\": %m", FilePathName(writer->file))));
	}
	writer->size += size;
}

void
rs_exchange_writer_end(RsExchangeWriter *writer)
{
	RS_FAULT_POINT("exchange_end");
	FileClose(writer->file);
	pfree(writer);
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

/*
 * Read so many bytes at the offset; false at the end of the file.
 */
static bool
read_bytes(File file, char *to, Size size, off_t offset)
{
	int			got = FileRead(file, to, size, offset, WAIT_EVENT_BUFFILE_READ);

	if (got == 0)
		return false;
	if (got != size)
	{
		if (got >= 0)
			errno = EIO;
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from file \"%s\": %m", FilePathName(file))));
	}
	return true;
}

static File
open_file(const char *directory, const char *name)
{
	char		path[MAXPGPATH * 2];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return PathNameOpenTemporaryFile(path, O_RDONLY | PG_BINARY);
}

static int
expected_senders(const char *directory, const char *id)
{
	File		file = open_file(directory, SENDERS_FILE);
	int			nsenders;

	if (file <= 0 || !read_bytes(file, (char *) &nsenders, sizeof(nsenders), 0))
		not_open(id);
	FileClose(file);
	return nsenders;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static List *
list_files(const char *directory)
{
	DIR		   *dir = AllocateDir(directory);
	struct dirent *entry;
	List	   *names = NIL;

	while ((entry = ReadDir(dir, directory)) != NULL)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, SENDERS_FILE) != 0)
			names = lappend(names, pstrdup(entry->d_name));
	FreeDir(dir);
	list_sort(names, compare_names);
	return names;
}

static void
missing(const char *id)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("rows of a sender of exchange \"%s\" are missing", id)));
}

/*
 * The header of the next message; sizes are checked before they are used.
 */
static bool
read_header(File file, off_t offset, RsWireHeader *header)
{
	if (!read_bytes(file, (char *) header, sizeof(RsWireHeader), offset))
		return false;
	if (header->magic != RS_WIRE_MAGIC || header->size > MaxAllocSize - sizeof(RsWireHeader))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("message of rows is damaged: wrong header")));
	return true;
}

RsExchangeReader *
rs_exchange_reader_create(const char *id, uint8 kind, pg_atomic_uint64 *next)
{
	RsExchangeReader *reader = palloc0(sizeof(RsExchangeReader));

	open_directory(reader->directory, id);
	reader->context = CurrentMemoryContext;
	reader->kind = kind;
	reader->next = next;
	reader->names = list_files(reader->directory);
	reader->nsenders = expected_senders(reader->directory, id);
	if (reader->nsenders > 0 && list_length(reader->names) != reader->nsenders)
		missing(id);
	return reader;
}

int
rs_exchange_reader_senders(const RsExchangeReader *reader)
{
	return reader->nsenders;
}

/*
 * Is a message of the kind this reader's?
 */
static bool
is_drawn(RsExchangeReader *reader)
{
	return reader->next == NULL || reader->passed++ == reader->drawn;
}

const char *
rs_exchange_reader_next(RsExchangeReader *reader, Size *size)
{
	RsWireHeader header;

	RS_FAULT_POINT("exchange_read");
	if (reader->next != NULL)
		reader->drawn = pg_atomic_fetch_add_u64(reader->next, 1);
	for (;;)
	{
		if (reader->file <= 0)
		{
			if (reader->names == NIL)
				return NULL;
			reader->file = open_file(reader->directory, linitial(reader->names));
			reader->offset = 0;
			if (reader->file <= 0)
				ereport(ERROR,
						(errcode_for_file_access(),
						 errmsg("could not open file \"%s\" of an exchange: %m",
								(char *) linitial(reader->names))));
			reader->names = list_delete_first(reader->names);
		}
		if (!read_header(reader->file, reader->offset, &header))
			missing(strrchr(reader->directory, '_') + 1);
		if (header.kind == reader->kind && is_drawn(reader))
			break;
		reader->offset += sizeof(RsWireHeader) + header.size;
		if (header.kind != RS_WIRE_END)
			continue;
		FileClose(reader->file);
		reader->file = 0;
	}
	*size = sizeof(RsWireHeader) + header.size;
	if (*size > reader->capacity)
	{
		if (reader->message != NULL)
			pfree(reader->message);
		reader->message = NULL;
		reader->message = MemoryContextAllocHuge(reader->context, *size * 2);
		reader->capacity = *size * 2;
	}
	if (!read_bytes(reader->file, reader->message, *size, reader->offset))
		missing(strrchr(reader->directory, '_') + 1);
	reader->offset += *size;
	return reader->message;
}

void
rs_exchange_reader_end(RsExchangeReader *reader)
{
	if (reader->file > 0)
		FileClose(reader->file);
	if (reader->message != NULL)
		pfree(reader->message);
	pfree(reader);
}

uint64
rs_exchange_rows(const char *id, uint64 *bytes)
{
	char		directory[MAXPGPATH];
	uint64		rows = 0;
	ListCell   *lc;

	open_directory(directory, id);
	*bytes = 0;
	foreach(lc, list_files(directory))
	{
		File		file = open_file(directory, lfirst(lc));
		off_t		offset = 0;
		RsWireHeader header;

		if (file <= 0)
			continue;
		while (read_header(file, offset, &header))
		{
			CHECK_FOR_INTERRUPTS();
			offset += sizeof(RsWireHeader) + header.size;
			if (header.kind == RS_WIRE_ROWS)
				rows += header.nrows;
		}
		*bytes += offset;
		FileClose(file);
	}
	return rows;
}
