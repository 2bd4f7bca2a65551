/*
 * transfer.h
 *	  A request on its way: what http.c, which runs it, and curl.c, which talks to libcurl, share.
 */
#ifndef RS_TRANSFER_H
#define RS_TRANSFER_H

#include <curl/curl.h>

#include "lib/ilist.h"
#include "load/http/http.h"
#include "utils/timestamp.h"

typedef enum TransferState
{
	TRANSFER_IDLE,
	TRANSFER_RUNNING,			/* libcurl has it */
	TRANSFER_WAITING,			/* for its next attempt */
	TRANSFER_DONE				/* answered, or given up */
} TransferState;

/* Why an attempt has failed, if libcurl says no more than that a callback ended it. */
typedef enum TransferFault
{
	FAULT_NONE,
	FAULT_PRIVATE_ADDRESS,
	FAULT_RANGE,				/* what came is not the range */
	FAULT_REPLACED,				/* another version of the file */
	FAULT_TOO_LARGE,			/* an answer that nobody would send */
	FAULT_MEMORY
} TransferFault;

struct RsHttpTransfer
{
	dlist_node	node;			/* among those that are not idle */
	RsHttpRequest request;
	TransferState state;
	CURL	   *easy;			/* NULL: not made yet */
	struct curl_slist *headers;
	char		curl_message[CURL_ERROR_SIZE];

	int			attempts;		/* since the last progress */
	int			all_attempts;
	TimestampTz due;			/* of the next one */
	int64		moved;			/* bytes in either direction, by this attempt */
	TimestampTz moved_at;		/* when that last changed */

	/* The answer; received goes on over attempts, the rest is the last one's. */
	CURLcode	result;
	TransferFault fault;
	int			status;			/* 0: none has come */
	bool		success;		/* the headers that come are of a success */
	Size		received;		/* of the range */
	Size		received_before;	/* when this attempt began */
	char	   *answer;			/* malloc'ed, terminated; NULL: empty */
	Size		answer_size;
	Size		answer_space;
	int64		total_size;
	int			retry_after;	/* s; 0: not said */
	bool		range_begins;	/* where it should, says a header */
	char		etag[RS_HTTP_ETAG_SIZE];
	char		bucket_region[64];
};

/* The session's connections; made when first asked for. */
extern CURLM *rs_curl_multi(void);

/* Make the easy handle ready for an attempt, and take back what an attempt left. */
extern void rs_curl_prepare(RsHttpTransfer *transfer);
extern void rs_curl_release(RsHttpTransfer *transfer);

/* Let libcurl work; nothing that it calls throws. */
extern void rs_curl_perform(void);

/* Run a transfer by itself, for so many ms at most. */
extern CURLcode rs_curl_perform_alone(RsHttpTransfer *transfer, long timeout);

#endif							/* RS_TRANSFER_H */
