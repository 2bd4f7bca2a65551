/*
 * http.h
 *	  HTTP requests to services that AWS's signature version 4 lets in, some at a time.
 *
 * A transfer is a request with its answer.  It goes on while its process is in one of the functions
 * here, whichever transfer they are called for.  Faults that may pass (lost connections,
 * servers that are busy) lead to another attempt after a while; a body of which a part has
 * come is asked for from there on.
 */
#ifndef RS_HTTP_H
#define RS_HTTP_H

/* Who asks, and how the service is reached.  Lives as long as transfers that have it. */
typedef struct RsHttpAccess
{
	const char *service;		/* as signatures have it: s3, dynamodb */
	const char *region;
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token;	/* NULL: none */
	const char *ca_file;		/* of certificates; NULL: the system's */
	bool		allow_private;	/* addresses that are no public ones */
} RsHttpAccess;

typedef struct RsHttpRequest
{
	const RsHttpAccess *access;
	const char *name;			/* as messages call what is asked for */
	const char *method;
	const char *url;			/* parts encoded, arguments sorted and with equals signs */
	const char *content_type;	/* NULL: none */
	const char *const *headers; /* more, ended by NULL; NULL: none */
	const char *body;			/* stays the caller's; NULL: none */
	Size		body_size;

	/* Of a GET, bytes from offset on into a buffer of the caller's; NULL: all, into the answer. */
	char	   *range;
	uint64		range_offset;
	Size		range_size;
	const char *etag;			/* of the version that must be there; NULL: any */
} RsHttpRequest;

#define RS_HTTP_ETAG_SIZE	256

typedef struct RsHttpTransfer RsHttpTransfer;

/* Lives in the context, and ends with it; may be used for one request after the other. */
extern RsHttpTransfer *rs_http_transfer_create(MemoryContext context);

/* Begin a request.  What it points to lives until the transfer has ended or begins another. */
extern void rs_http_start(RsHttpTransfer *transfer, const RsHttpRequest *request);

/* Has something been begun that has not ended? */
extern bool rs_http_running(const RsHttpTransfer *transfer);

/* Wait until so many bytes of the range are there.  0, or the status that says why they never will be. */
extern int	rs_http_wait_bytes(RsHttpTransfer *transfer, Size size);

/* Wait for the end, and return its status, whatever it is. */
extern int	rs_http_wait(RsHttpTransfer *transfer);

/* Let transfers go on without waiting; cheap. */
extern void rs_http_progress(void);

/* Forget the request.  Never throws. */
extern void rs_http_cancel(RsHttpTransfer *transfer);

/*
 * A request that is made while an error is cleaned up: no more than a try, in a time that
 * nobody minds waiting.  Never throws.  True: it has succeeded.
 */
extern bool rs_http_try(const RsHttpRequest *request);

/* What has been answered. */
extern const char *rs_http_answer(const RsHttpTransfer *transfer);	/* terminated */
extern Size rs_http_answer_size(const RsHttpTransfer *transfer);
extern const char *rs_http_etag(const RsHttpTransfer *transfer);	/* empty: none */
extern const char *rs_http_bucket_region(const RsHttpTransfer *transfer);	/* empty: none */
extern int64 rs_http_total_size(const RsHttpTransfer *transfer);	/* of the whole; -1: unknown */
extern int	rs_http_attempts(const RsHttpTransfer *transfer);

#endif							/* RS_HTTP_H */
