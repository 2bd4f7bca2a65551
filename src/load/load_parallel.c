/*
 * load_parallel.c
 *	  A load by several processes.
 *
 * Workers take files and parts of files in turn, in their order, read them, gather the rows
 * by column, sort and encode them as row groups, and write their pages.  The leader reads
 * nothing: only it may insert rows of the directory.  So a worker that has a group asks
 * it for the group's place ("request": what the directory is to know; "reply": the
 * ids and pages), with the space lock held by the leader while both become one.  Pages are
 * written after the directory names them, which nobody notices: both are of this transaction.
 *
 * An error of a worker is thrown in the leader, and with the leader's transaction the workers
 * end.  Workers have the same snapshot, user and settings as the leader, as in any parallel
 * operation of PostgreSQL.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/table.h"
#include "access/xact.h"
#include "load/group_maker.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "pgstat.h"
#include "storage/group_form.h"
#include "storage/latch.h"
#include "storage/shm_mq.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define KEY_SHARED		UINT64CONST(1)
#define KEY_STATEMENT	UINT64CONST(2)
#define KEY_FILES		UINT64CONST(3)
#define KEY_UNITS		UINT64CONST(4)
#define KEY_PARTS		UINT64CONST(5)
#define KEY_REQUESTS	UINT64CONST(6)
#define KEY_REPLIES		UINT64CONST(7)

#define REQUEST_QUEUE	((Size) 64 * 1024)
#define REPLY_QUEUE		((Size) 1024)

/* How often the leader looks how far its workers are, ms. */
#define PROGRESS_INTERVAL	200

typedef struct SharedLoad
{
	Oid			relid;
	int			nfiles;
	int			nunits;
	RsLoadProgress progress;
} SharedLoad;

/* Messages of workers begin with their kind. */
typedef enum MessageKind
{
	MESSAGE_PLACE,				/* PlaceRequest */
	MESSAGE_BAD_ROW,			/* see rs_bad_row_write() */
	MESSAGE_REPLACED_ROW,
	MESSAGE_DONE				/* RsUnitDone */
} MessageKind;

/* A group that is to have a place.  Behind it the bytes of its rows and of its bounds. */
typedef struct PlaceRequest
{
	RsRowGroup	group;			/* its pointers mean nothing */
	bool		in_pages;
	Size		rows_size;		/* 0: none */
	Size		key_zone_size;
} PlaceRequest;

typedef struct PlaceReply
{
	uint64		storage_id;
	int64		group_id;
	BlockNumber first_page;
} PlaceReply;

/* A worker's end of both queues, which its reports go through, too. */
typedef struct WorkerQueues
{
	RsLoadReports reports;
	shm_mq_handle *requests;
	shm_mq_handle *replies;
} WorkerQueues;

void		rs_load_worker_main(dsm_segment *segment, shm_toc *toc);

/* ---------------------------------------------------------------------
 * What is told to workers
 * ---------------------------------------------------------------------
 */

/*
 * The statement as far as a worker needs it.
 */
static char *
describe_statement(const RsLoad *load, const List *options)
{
	List	   *attnos = NIL;
	int			i;

	for (i = 0; i < load->ncolumns; i++)
		attnos = lappend(attnos, makeInteger(load->attnos[i]));
	return nodeToString(list_make3(makeString(pstrdup(load->url)), (List *) options, attnos));
}

/* URLs and versions, terminated each, with a file's size between them. */
static Size
files_size(const RsLoad *load)
{
	Size		size = 0;
	int			i;

	for (i = 0; i < load->nfiles; i++)
		size += strlen(load->files[i]->url) + 1 + sizeof(int64) + 1 +
			(load->files[i]->version == NULL ? 0 : strlen(load->files[i]->version) + 1);
	return size;
}

static char *
put_text(char *to, const char *text)
{
	Size		size = strlen(text) + 1;

	memcpy(to, text, size);
	return to + size;
}

static void
put_files(char *to, const RsLoad *load)
{
	int			i;

	for (i = 0; i < load->nfiles; i++)
	{
		const RsObject *file = load->files[i];

		to = put_text(to, file->url);
		memcpy(to, &file->size, sizeof(int64));
		to += sizeof(int64);
		*to++ = file->version != NULL;
		if (file->version != NULL)
			to = put_text(to, file->version);
	}
}

static void
take_files(const char *from, int nfiles, RsLoad *load)
{
	RsObject   *files = palloc0(Max(nfiles, 1) * sizeof(RsObject));
	int			i;

	load->files = palloc(Max(nfiles, 1) * sizeof(RsObject *));
	load->nfiles = nfiles;
	for (i = 0; i < nfiles; i++)
	{
		load->files[i] = &files[i];
		files[i].url = from;
		from += strlen(from) + 1;
		memcpy(&files[i].size, from, sizeof(int64));
		from += sizeof(int64);
		if (*from++ == 0)
			continue;
		files[i].version = from;
		from += strlen(from) + 1;
	}
}

/* ---------------------------------------------------------------------
 * Workers
 * ---------------------------------------------------------------------
 */

static void
send_message(WorkerQueues *queues, MessageKind kind, const void *data, Size size)
{
	shm_mq_iovec pieces[2] = {{(char *) &kind, sizeof(kind)}, {data, size}};

	if (shm_mq_sendv(queues->requests, pieces, 2, false, true) != SHM_MQ_SUCCESS)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("lost connection to the leader of the load")));
}

static void
send_row(RsLoadReports *reports, MessageKind kind, const RsBadRow *row)
{
	StringInfoData message;

	initStringInfo(&message);
	rs_bad_row_write(&message, row);
	send_message((WorkerQueues *) reports, kind, message.data, message.len);
	pfree(message.data);
}

static void
send_bad_row(RsLoadReports *reports, const RsBadRow *row)
{
	send_row(reports, MESSAGE_BAD_ROW, row);
}

static void
send_replaced_row(RsLoadReports *reports, const RsBadRow *row)
{
	send_row(reports, MESSAGE_REPLACED_ROW, row);
}

static void
send_unit_done(RsLoadReports *reports, const RsUnitDone *done)
{
	send_message((WorkerQueues *) reports, MESSAGE_DONE, done, sizeof(RsUnitDone));
}

/* The leader looks by itself. */
static void
pass_progress(RsLoadReports *reports)
{
}

static void
place_by_leader(void *arg, Relation rel, RsRowGroup *group, bool in_pages)
{
	WorkerQueues *queues = arg;
	PlaceRequest request;
	StringInfoData message;
	Size		size;
	void	   *data;
	PlaceReply	reply;

	memset(&request, 0, sizeof(request));
	request.group = *group;
	request.in_pages = in_pages;
	request.rows_size = group->rows == NULL ? 0 : VARSIZE_ANY(group->rows);
	request.key_zone_size = group->key_zone == NULL ? 0 : VARSIZE_ANY(group->key_zone);
	initStringInfo(&message);
	appendBinaryStringInfo(&message, (char *) &request, sizeof(request));
	if (group->rows != NULL)
		appendBinaryStringInfo(&message, (char *) group->rows, (int) request.rows_size);
	if (group->key_zone != NULL)
		appendBinaryStringInfo(&message, (char *) group->key_zone, (int) request.key_zone_size);
	send_message(queues, MESSAGE_PLACE, message.data, message.len);
	pfree(message.data);
	if (shm_mq_receive(queues->replies, &size, &data, false) != SHM_MQ_SUCCESS)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("lost connection to the leader of the load")));
	Assert(size == sizeof(reply));
	memcpy(&reply, data, sizeof(reply));
	group->storage_id = reply.storage_id;
	group->group_id = reply.group_id;
	group->first_page = reply.first_page;
}

void
rs_load_worker_main(dsm_segment *segment, shm_toc *toc)
{
	SharedLoad *shared = shm_toc_lookup(toc, KEY_SHARED, false);
	List	   *statement = stringToNode(shm_toc_lookup(toc, KEY_STATEMENT, false));
	char	   *requests = shm_toc_lookup(toc, KEY_REQUESTS, false);
	char	   *replies = shm_toc_lookup(toc, KEY_REPLIES, false);
	RsLoad	   *load = palloc0(sizeof(RsLoad));
	List	   *attnos = NIL;
	WorkerQueues queues = {{send_bad_row, send_replaced_row, send_unit_done, pass_progress}};
	RsLoadSource *source;
	ListCell   *lc;
	shm_mq	   *mq;

	mq = (shm_mq *) (requests + ParallelWorkerNumber * REQUEST_QUEUE);
	shm_mq_set_sender(mq, MyProc);
	queues.requests = shm_mq_attach(mq, segment, NULL);
	mq = (shm_mq *) (replies + ParallelWorkerNumber * REPLY_QUEUE);
	shm_mq_set_receiver(mq, MyProc);
	queues.replies = shm_mq_attach(mq, segment, NULL);

	load->rel = table_open(shared->relid, RowExclusiveLock);
	load->url = strVal(linitial(statement));
	rs_copy_options_parse(lsecond(statement), load->url, &load->options);
	foreach(lc, (List *) lthird(statement))
		attnos = lappend_int(attnos, intVal(lfirst(lc)));
	rs_load_set_columns(load, attnos);
	rs_load_set_format(load);
	load->location = rs_location_open(load->url, load->options.access, false);
	take_files(shm_toc_lookup(toc, KEY_FILES, false), shared->nfiles, load);
	load->units = shm_toc_lookup(toc, KEY_UNITS, false);
	load->nunits = shared->nunits;
	load->part_memory = shm_toc_lookup(toc, KEY_PARTS, false);
	load->progress = &shared->progress;
	load->reports = &queues.reports;

	source = rs_load_source_open(load);
	(void) rs_group_maker_run(rs_group_maker_create(load, place_by_leader, &queues), source);
	rs_load_source_close(source);
	table_close(load->rel, NoLock);
	shm_mq_detach(queues.requests);
	shm_mq_detach(queues.replies);
}

/* ---------------------------------------------------------------------
 * The leader
 * ---------------------------------------------------------------------
 */

typedef struct Leader
{
	RsLoad	   *load;
	ParallelContext *parallel;
	shm_mq_handle **requests;	/* of each worker; NULL: it has ended */
	shm_mq_handle **replies;
	MemoryContext scratch;		/* of one message */
} Leader;

static bytea *
take_bytes(const char *from, Size size)
{
	return size == 0 ? NULL : memcpy(palloc(size), from, size);
}

static void
place_group(Leader *leader, int worker, const char *data, Size size)
{
	MemoryContext caller = MemoryContextSwitchTo(leader->scratch);
	PlaceRequest request;
	RsRowGroup *group = &request.group;
	PlaceReply	reply;

	memcpy(&request, data, sizeof(request));
	if (size != sizeof(request) + request.rows_size + request.key_zone_size)
		elog(ERROR, "message of a load's worker is damaged");
	group->rows = take_bytes(data + sizeof(request), request.rows_size);
	group->key_zone = take_bytes(data + sizeof(request) + request.rows_size, request.key_zone_size);
	rs_group_add(leader->load->rel, group, request.in_pages);
	memset(&reply, 0, sizeof(reply));
	reply.storage_id = group->storage_id;
	reply.group_id = group->group_id;
	reply.first_page = group->first_page;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(leader->scratch);

	/* If the worker has failed, its error is on the way. */
	(void) shm_mq_send(leader->replies[worker], sizeof(reply), &reply, false, true);
}

static void
take_message(Leader *leader, int worker, char *data, Size size)
{
	RsLoadReports *reports = leader->load->reports;
	StringInfoData message = {0};
	MessageKind kind;
	RsUnitDone	done;
	RsBadRow	row;

	memcpy(&kind, data, sizeof(kind));
	message.data = data + sizeof(kind);
	message.len = (int) (size - sizeof(kind));
	rs_load_log_set_slice(leader->load->log, worker);
	switch (kind)
	{
		case MESSAGE_PLACE:
			place_group(leader, worker, message.data, message.len);
			break;
		case MESSAGE_DONE:
			memcpy(&done, message.data, sizeof(done));
			reports->unit_done(reports, &done);
			break;
		case MESSAGE_BAD_ROW:
		case MESSAGE_REPLACED_ROW:
			{
				MemoryContext caller = MemoryContextSwitchTo(leader->scratch);

				rs_bad_row_read(&message, &row);
				if (kind == MESSAGE_BAD_ROW)
					reports->bad_row(reports, &row);
				else
					reports->replaced_row(reports, &row);
				MemoryContextSwitchTo(caller);
				MemoryContextReset(leader->scratch);
				break;
			}
	}
}

/*
 * Serve workers until all have ended.
 */
static void
serve(Leader *leader)
{
	RsLoadReports *reports = leader->load->reports;
	int			nworkers = leader->parallel->nworkers_launched;
	int			running = nworkers;

	while (running > 0)
	{
		bool		any = false;
		int			i;

		CHECK_FOR_INTERRUPTS();
		for (i = 0; i < nworkers; i++)
		{
			shm_mq_result result;
			Size		size;
			void	   *data;

			if (leader->requests[i] == NULL)
				continue;
			result = shm_mq_receive(leader->requests[i], &size, &data, true);
			if (result == SHM_MQ_SUCCESS)
				take_message(leader, i, data, size);
			if (result == SHM_MQ_DETACHED)
			{
				shm_mq_detach(leader->requests[i]);
				leader->requests[i] = NULL;
				running--;
			}
			any |= result != SHM_MQ_WOULD_BLOCK;
		}
		if (any)
			continue;
		reports->progress(reports);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, PROGRESS_INTERVAL, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

static void *
allocate(ParallelContext *parallel, uint64 key, Size size)
{
	void	   *memory = shm_toc_allocate(parallel->toc, Max(size, 1));

	memset(memory, 0, Max(size, 1));
	shm_toc_insert(parallel->toc, key, memory);
	return memory;
}

/*
 * Fill the shared memory.
 */
static void
share(Leader *leader, const char *statement, int nworkers)
{
	const RsLoad *load = leader->load;
	ParallelContext *parallel = leader->parallel;
	SharedLoad *shared = allocate(parallel, KEY_SHARED, sizeof(SharedLoad));
	char	   *requests;
	char	   *replies;
	int			i;

	shared->relid = RelationGetRelid(load->rel);
	shared->nfiles = load->nfiles;
	shared->nunits = load->nunits;
	leader->load->progress = rs_load_progress_init(&shared->progress);
	strcpy(allocate(parallel, KEY_STATEMENT, strlen(statement) + 1), statement);
	put_files(allocate(parallel, KEY_FILES, files_size(load)), load);
	memcpy(allocate(parallel, KEY_UNITS, load->nunits * sizeof(RsLoadUnit)), load->units,
		   load->nunits * sizeof(RsLoadUnit));
	(void) allocate(parallel, KEY_PARTS, load->part_memory_size);
	requests = allocate(parallel, KEY_REQUESTS, nworkers * REQUEST_QUEUE);
	replies = allocate(parallel, KEY_REPLIES, nworkers * REPLY_QUEUE);
	leader->requests = palloc(nworkers * sizeof(shm_mq_handle *));
	leader->replies = palloc(nworkers * sizeof(shm_mq_handle *));
	for (i = 0; i < nworkers; i++)
	{
		shm_mq	   *mq = shm_mq_create(requests + i * REQUEST_QUEUE, REQUEST_QUEUE);

		shm_mq_set_receiver(mq, MyProc);
		leader->requests[i] = shm_mq_attach(mq, parallel->seg, NULL);
		mq = shm_mq_create(replies + i * REPLY_QUEUE, REPLY_QUEUE);
		shm_mq_set_sender(mq, MyProc);
		leader->replies[i] = shm_mq_attach(mq, parallel->seg, NULL);
	}
}

static void
estimate(ParallelContext *parallel, const RsLoad *load, const char *statement, int nworkers)
{
	shm_toc_estimator *estimator = &parallel->estimator;

	shm_toc_estimate_chunk(estimator, sizeof(SharedLoad));
	shm_toc_estimate_chunk(estimator, strlen(statement) + 1);
	shm_toc_estimate_chunk(estimator, files_size(load));
	shm_toc_estimate_chunk(estimator, load->nunits * sizeof(RsLoadUnit));
	shm_toc_estimate_chunk(estimator, Max(load->part_memory_size, 1));
	shm_toc_estimate_chunk(estimator, nworkers * REQUEST_QUEUE);
	shm_toc_estimate_chunk(estimator, nworkers * REPLY_QUEUE);
	shm_toc_estimate_keys(estimator, 7);
}

bool
rs_load_by_workers(RsLoad *load, int nworkers, uint64 *rows)
{
	char	   *statement = describe_statement(load, load->options.all);
	Leader		leader = {.load = load};
	int			i;

	/* In parallel mode no transaction gets its id. */
	(void) GetCurrentTransactionId();
	EnterParallelMode();
	leader.parallel = CreateParallelContext("redshift_ext", "rs_load_worker_main", nworkers);
	estimate(leader.parallel, load, statement, nworkers);
	InitializeParallelDSM(leader.parallel);
	nworkers = leader.parallel->nworkers;
	if (nworkers > 0)
	{
		leader.scratch = AllocSetContextCreate(CurrentMemoryContext, "redshift load place", ALLOCSET_DEFAULT_SIZES);
		share(&leader, statement, nworkers);
		LaunchParallelWorkers(leader.parallel);
		for (i = 0; i < leader.parallel->nworkers_launched; i++)
			shm_mq_set_handle(leader.requests[i], leader.parallel->worker[i].bgwhandle);
		serve(&leader);
		WaitForParallelWorkersToFinish(leader.parallel);
		MemoryContextDelete(leader.scratch);
	}
	nworkers = leader.parallel->nworkers_launched;
	*rows = nworkers > 0 ? pg_atomic_read_u64(&load->progress->rows) : 0;
	load->progress = NULL;
	DestroyParallelContext(leader.parallel);
	ExitParallelMode();
	return nworkers > 0;
}
