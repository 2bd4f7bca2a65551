/*
 * http.c
 *	  Running transfers: waiting, trying again, giving up.
 *
 * All transfers of a session that have begun are in one list.  Waiting for one lets all go on, in
 * steps short enough for interrupts.  A transfer's own memory context ends it, so that an error
 * leaves nothing behind; contexts that hold a buffer of its request must be above that one.
 */
#include "postgres.h"

#include <math.h>

#include "common/pg_prng.h"
#include "core/settings.h"
#include "load/http/transfer.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/ipc.h"
#include "storage/pmsignal.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#define STEP				200 /* ms between looks at interrupts */
#define FIRST_DELAY			100.0	/* ms */
#define MOST_DELAY			10000.0
#define MOST_RETRY_AFTER	30	/* s that a server may ask for */
#define WORTH_COUNTING_ANEW (256 * 1024)	/* bytes of progress */
#define TRY_TIME			2000	/* ms of rs_http_try() */

static dlist_head begun = DLIST_STATIC_INIT(begun);

static void
end_transfer(void *arg)
{
	RsHttpTransfer *transfer = arg;

	rs_http_cancel(transfer);
	rs_curl_release(transfer);
}

RsHttpTransfer *
rs_http_transfer_create(MemoryContext context)
{
	MemoryContext own = AllocSetContextCreate(context, "HTTP transfer", ALLOCSET_SMALL_SIZES);
	RsHttpTransfer *transfer = MemoryContextAllocZero(own, sizeof(RsHttpTransfer));
	MemoryContextCallback *callback = MemoryContextAlloc(own, sizeof(MemoryContextCallback));

	callback->func = end_transfer;
	callback->arg = transfer;
	MemoryContextRegisterResetCallback(own, callback);
	return transfer;
}

static void
begin_attempt(RsHttpTransfer *transfer)
{
	rs_curl_prepare(transfer);
	if (curl_multi_add_handle(rs_curl_multi(), transfer->easy) != CURLM_OK)
		elog(ERROR, "could not begin an HTTP request");
	transfer->state = TRANSFER_RUNNING;
	transfer->moved = 0;
	transfer->moved_at = GetCurrentTimestamp();
	transfer->attempts++;
	transfer->all_attempts++;
}

void
rs_http_start(RsHttpTransfer *transfer, const RsHttpRequest *request)
{
	rs_http_cancel(transfer);
	transfer->request = *request;
	transfer->attempts = transfer->all_attempts = 0;
	transfer->received = 0;
	transfer->etag[0] = '\0';
	begin_attempt(transfer);
	dlist_push_tail(&begun, &transfer->node);
}

bool
rs_http_running(const RsHttpTransfer *transfer)
{
	return transfer->state == TRANSFER_RUNNING || transfer->state == TRANSFER_WAITING;
}

void
rs_http_cancel(RsHttpTransfer *transfer)
{
	if (transfer->state == TRANSFER_IDLE)
		return;
	if (transfer->state == TRANSFER_RUNNING)
		curl_multi_remove_handle(rs_curl_multi(), transfer->easy);
	dlist_delete(&transfer->node);
	transfer->state = TRANSFER_IDLE;
}

/*
 * Could another attempt go better?
 */
static bool
may_pass(const RsHttpTransfer *transfer)
{
	switch (transfer->fault)
	{
		case FAULT_NONE:
			break;
		case FAULT_RANGE:
			return true;
		default:
			return false;
	}
	switch (transfer->result)
	{
		case CURLE_OK:
			break;
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_CONNECT:
		case CURLE_WEIRD_SERVER_REPLY:
		case CURLE_HTTP2:
		case CURLE_HTTP2_STREAM:
		case CURLE_PARTIAL_FILE:
		case CURLE_OPERATION_TIMEDOUT:
		case CURLE_SSL_CONNECT_ERROR:
		case CURLE_GOT_NOTHING:
		case CURLE_SEND_ERROR:
		case CURLE_RECV_ERROR:
			return true;
		default:
			return false;
	}
	switch (transfer->status)
	{
		case 408:
		case 429:
		case 500:
		case 502:
		case 503:
		case 504:
			return true;
		case 400:
			return transfer->answer != NULL &&
				(strstr(transfer->answer, "<Code>RequestTimeout</Code>") != NULL ||
				 strstr(transfer->answer, "#ProvisionedThroughputExceededException\"") != NULL ||
				 strstr(transfer->answer, "#ThrottlingException\"") != NULL ||
				 strstr(transfer->answer, "#RequestLimitExceeded\"") != NULL);
		case 200:
		case 206:
			/* A body that ended as if it were whole. */
			return transfer->request.range != NULL && transfer->received < transfer->request.range_size;
		default:
			return false;
	}
}

static void
end_attempt(RsHttpTransfer *transfer, CURLcode result)
{
	double		delay;

	transfer->result = result;
	if (transfer->status == 0)
	{
		long		status = 0;

		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
		transfer->status = (int) status;
	}
	if (transfer->total_size < 0)
	{
		curl_off_t	size = -1;

		curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
		transfer->total_size = size;
	}
	curl_multi_remove_handle(rs_curl_multi(), transfer->easy);
	transfer->state = TRANSFER_DONE;
	if (transfer->received - transfer->received_before >= WORTH_COUNTING_ANEW)
		transfer->attempts = 0;
	if (!may_pass(transfer) || transfer->attempts > rs_transfer_retries)
		return;

	delay = Min(FIRST_DELAY * pow(2, Min(transfer->attempts, 20)), MOST_DELAY);
	delay *= 0.5 + 0.5 * pg_prng_double(&pg_global_prng_state);
	delay = Max(delay, 1000.0 * Min(transfer->retry_after, MOST_RETRY_AFTER));
	transfer->due = GetCurrentTimestamp() + (TimestampTz) (delay * 1000);
	transfer->state = TRANSFER_WAITING;
	ereport(DEBUG1,
			errmsg_internal("attempt %d at \"%s\" failed: status %d, %s", transfer->all_attempts,
							transfer->request.name, transfer->status, curl_easy_strerror(result)));
}

/*
 * Give an attempt up if nothing has moved for long.  The time in which nobody looked does
 * not count: then libcurl has had no chance to move anything.
 */
static void
check_stalled(RsHttpTransfer *transfer, TimestampTz now, bool looked_away)
{
	curl_off_t	received = 0;
	curl_off_t	sent = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
	curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	if (received + sent != transfer->moved || looked_away)
	{
		transfer->moved = received + sent;
		transfer->moved_at = now;
	}
	else if (now - transfer->moved_at > (TimestampTz) rs_transfer_timeout * 1000)
	{
		snprintf(transfer->curl_message, CURL_ERROR_SIZE, "nothing came or went for %d ms", rs_transfer_timeout);
		end_attempt(transfer, CURLE_OPERATION_TIMEDOUT);
	}
}

/*
 * Let all transfers go on; wait so many ms at most for something to happen.
 */
static void
step(long timeout)
{
	static TimestampTz last = 0;
	CURLMsg    *message;
	int			left;
	dlist_iter	iter;
	TimestampTz now;
	bool		looked_away;

	rs_curl_perform();
	while ((message = curl_multi_info_read(rs_curl_multi(), &left)) != NULL)
	{
		RsHttpTransfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &transfer);
		end_attempt(transfer, message->data.result);
		timeout = 0;
	}

	now = GetCurrentTimestamp();
	looked_away = now - last > 2 * STEP * 1000;
	last = now;
	dlist_foreach(iter, &begun)
	{
		RsHttpTransfer *transfer = dlist_container(RsHttpTransfer, node, iter.cur);

		if (transfer->state == TRANSFER_RUNNING)
			check_stalled(transfer, now, looked_away);
		if (transfer->state != TRANSFER_WAITING)
			continue;
		if (transfer->due > now)
			timeout = Min(timeout, (transfer->due - now) / 1000 + 1);
		else
		{
			begin_attempt(transfer);
			timeout = 0;
		}
	}
	if (timeout > 0)
	{
		pgstat_report_wait_start(PG_WAIT_EXTENSION);
		curl_multi_poll(rs_curl_multi(), NULL, 0, (int) timeout, NULL);
		pgstat_report_wait_end();
	}
}

void
rs_http_progress(void)
{
	static instr_time last;
	instr_time	now;

	if (dlist_is_empty(&begun))
		return;

	/* Readers come by for every few kilobytes. */
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, last);
	if (INSTR_TIME_GET_MICROSEC(now) < 500)
		return;
	step(0);
	INSTR_TIME_SET_CURRENT(last);
}

static pg_attribute_noreturn() void
throw_fault(const RsHttpTransfer *transfer)
{
	const char *name = transfer->request.name;

	switch (transfer->fault)
	{
		case FAULT_PRIVATE_ADDRESS:
			ereport(ERROR,
					errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("the address of the server of \"%s\" is not a public one", name),
					errhint("A superuser can allow it by the option allow_private of the foreign server."));
			break;
		case FAULT_REPLACED:
			ereport(ERROR,
					errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("file \"%s\" was replaced while it was read", name));
			break;
		case FAULT_MEMORY:
			ereport(ERROR,
					errcode(ERRCODE_OUT_OF_MEMORY),
					errmsg("out of memory"),
					errdetail("Failed while \"%s\" was read.", name));
			break;
		case FAULT_TOO_LARGE:
			ereport(ERROR,
					errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("the answer about \"%s\" is too large", name));
			break;
		case FAULT_RANGE:
		case FAULT_NONE:
			break;
	}
	if (transfer->fault == FAULT_RANGE || transfer->result == CURLE_OK)
		ereport(ERROR,
				errcode(ERRCODE_CONNECTION_FAILURE),
				errmsg("the server of \"%s\" sends other bytes than it was asked for", name),
				errdetail("It was asked %d times.", transfer->all_attempts));
	ereport(ERROR,
			errcode(ERRCODE_CONNECTION_FAILURE),
			errmsg("could not reach the server of \"%s\": %s", name,
				   transfer->curl_message[0] != '\0' ? transfer->curl_message :
				   curl_easy_strerror(transfer->result)),
			errdetail("It was tried %d times.", transfer->all_attempts));
}

static void
wait_step(void)
{
	CHECK_FOR_INTERRUPTS();
	step(STEP);
	if (!PostmasterIsAlive())
		proc_exit(1);
}

int
rs_http_wait_bytes(RsHttpTransfer *transfer, Size size)
{
	while (transfer->received < size && transfer->state != TRANSFER_DONE)
		wait_step();
	return transfer->received < size ? rs_http_wait(transfer) : 0;
}

int
rs_http_wait(RsHttpTransfer *transfer)
{
	while (transfer->state != TRANSFER_DONE)
		wait_step();
	if (transfer->fault != FAULT_NONE || transfer->result != CURLE_OK)
		throw_fault(transfer);
	if (transfer->request.range != NULL && (transfer->status == 200 || transfer->status == 206) &&
		transfer->received < transfer->request.range_size)
		throw_fault(transfer);
	return transfer->status;
}

bool
rs_http_try(const RsHttpRequest *request)
{
	RsHttpTransfer transfer = {.request = *request};
	volatile bool success = false;

	/* Of options that cannot be set there is nothing to say now. */
	PG_TRY();
	{
		rs_curl_prepare(&transfer);
		success = rs_curl_perform_alone(&transfer, TRY_TIME) == CURLE_OK;
	}
	PG_CATCH();
	{
		FlushErrorState();
	}
	PG_END_TRY();
	if (success)
	{
		long		status = 0;

		curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
		success = status >= 200 && status < 300;
	}
	rs_curl_release(&transfer);
	return success;
}

const char *
rs_http_answer(const RsHttpTransfer *transfer)
{
	return transfer->answer != NULL ? transfer->answer : "";
}

Size
rs_http_answer_size(const RsHttpTransfer *transfer)
{
	return transfer->answer_size;
}

const char *
rs_http_etag(const RsHttpTransfer *transfer)
{
	return transfer->etag;
}

const char *
rs_http_bucket_region(const RsHttpTransfer *transfer)
{
	return transfer->bucket_region;
}

int64
rs_http_total_size(const RsHttpTransfer *transfer)
{
	return transfer->total_size;
}

int
rs_http_attempts(const RsHttpTransfer *transfer)
{
	return transfer->all_attempts;
}
