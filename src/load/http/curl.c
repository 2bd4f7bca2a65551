/*
 * curl.c
 *	  How libcurl makes requests: what it may do, where it may go, whom it believes.
 *
 * libcurl signs requests itself (CURLOPT_AWS_SIGV4).  The versions in use take a URL's arguments for
 * canonical as they stand, so callers sort and encode them, and sign what body there is in
 * memory; bodies are never read by callbacks for that reason.
 *
 * A session keeps its connections, whoever asked for them, since each request carries its own
 * signature.  Whether an address may be asked is therefore checked for each request
 * again, and not only when a connection is made.  Neither proxies from the environment, nor
 * redirects, nor protocols other than HTTP are followed.
 *
 * Its callbacks must not throw, for a jump out of them would leave libcurl's frames behind; they
 * note a fault and end the attempt.  A resolver's thread starts with all signals blocked, lest it run
 * the server's handlers.
 */
#include "postgres.h"

#include <openssl/sha.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/settings.h"
#include "load/http/address.h"
#include "load/http/transfer.h"
#include "storage/fd.h"

#define CONNECT_TIMEOUT		10000	/* ms, at most */
#define MOST_CONNECTIONS	16
#define MOST_ANSWER			(64 * 1024 * 1024)
#define MOST_ERROR			(64 * 1024)

static CURLM *multi = NULL;

static void
check_set(CURLcode code)
{
	if (code != CURLE_OK)
		ereport(ERROR,
				errcode(code == CURLE_OUT_OF_MEMORY ? ERRCODE_OUT_OF_MEMORY : ERRCODE_INTERNAL_ERROR),
				errmsg("could not set an option of libcurl: %s", curl_easy_strerror(code)));
}

static pg_attribute_noreturn() void
no_memory(void)
{
	ereport(ERROR,
			errcode(ERRCODE_OUT_OF_MEMORY),
			errmsg("out of memory"),
			errdetail("Failed while an HTTP request was made."));
}

CURLM *
rs_curl_multi(void)
{
	if (multi == NULL)
	{
		if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (multi = curl_multi_init()) == NULL)
			no_memory();
		curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long) MOST_CONNECTIONS);
		curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long) MOST_CONNECTIONS);
	}
	return multi;
}

void
rs_curl_perform(void)
{
	sigset_t	all;
	sigset_t	before;
	int			running;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	curl_multi_perform(multi, &running);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

CURLcode
rs_curl_perform_alone(RsHttpTransfer *transfer, long timeout)
{
	sigset_t	all;
	sigset_t	before;
	CURLcode	result;

	curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, timeout);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = curl_easy_perform(transfer->easy);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

/*
 * Sockets are counted among the files that the server has open.
 */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	RsHttpTransfer *transfer = arg;
	curl_socket_t fd;

	if (!transfer->request.access->allow_private && rs_address_is_private(&address->addr))
	{
		transfer->fault = FAULT_PRIVATE_ADDRESS;
		return CURL_SOCKET_BAD;
	}
	if (!AcquireExternalFD())
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (fd < 0)
	{
		ReleaseExternalFD();
		return CURL_SOCKET_BAD;
	}
	return fd;
}

static int
close_socket(void *arg, curl_socket_t fd)
{
	ReleaseExternalFD();
	return close(fd);
}

/* The connection may be one that another request was allowed. */
static int
before_request(void *arg, char *address, char *local_address, int port, int local_port)
{
	RsHttpTransfer *transfer = arg;

	if (transfer->request.access->allow_private || !rs_address_text_is_private(address))
		return CURL_PREREQFUNC_OK;
	transfer->fault = FAULT_PRIVATE_ADDRESS;
	return CURL_PREREQFUNC_ABORT;
}

/* The value if the line is this header, without the line's end. */
static bool
header_value(const char *line, Size size, const char *name, const char **value, Size *value_size)
{
	Size		name_size = strlen(name);

	if (size <= name_size || line[name_size] != ':' || pg_strncasecmp(line, name, name_size) != 0)
		return false;
	line += name_size + 1;
	size -= name_size + 1;
	while (size > 0 && (line[0] == ' ' || line[0] == '\t'))
	{
		line++;
		size--;
	}
	while (size > 0 && (line[size - 1] == '\r' || line[size - 1] == '\n' || line[size - 1] == ' '))
		size--;
	*value = line;
	*value_size = size;
	return true;
}

static void
copy_value(char *target, Size target_size, const char *value, Size value_size)
{
	if (value_size >= target_size)
		value_size = 0;
	memcpy(target, value, value_size);
	target[value_size] = '\0';
}

/* "bytes FIRST-LAST/TOTAL" */
static void
read_content_range(RsHttpTransfer *transfer, const char *value, Size value_size)
{
	char		text[100];
	unsigned long long first;
	unsigned long long last;
	unsigned long long total;

	copy_value(text, sizeof(text), value, value_size);
	if (sscanf(text, "bytes %llu-%llu/%llu", &first, &last, &total) != 3 || total > PG_INT64_MAX)
		return;
	transfer->range_begins = first == transfer->request.range_offset + transfer->received;
	transfer->total_size = (int64) total;
}

static size_t
take_header(char *line, size_t one, size_t size, void *arg)
{
	RsHttpTransfer *transfer = arg;
	const char *value;
	Size		value_size;

	if (size >= 5 && memcmp(line, "HTTP/", 5) == 0)
	{
		/* Those before it were of an interim answer. */
		transfer->range_begins = false;
		transfer->total_size = -1;
		transfer->retry_after = 0;
		transfer->bucket_region[0] = '\0';
		transfer->status = 0;
		value = memchr(line, ' ', size);
		transfer->success = value != NULL && value + 1 < line + size && value[1] == '2';
	}
	else if (transfer->success && header_value(line, size, "ETag", &value, &value_size))
	{
		char		etag[RS_HTTP_ETAG_SIZE];

		copy_value(etag, sizeof(etag), value, value_size);
		if (transfer->received > 0 && strcmp(etag, transfer->etag) != 0)
		{
			transfer->fault = FAULT_REPLACED;
			return 0;
		}
		strcpy(transfer->etag, etag);
	}
	else if (header_value(line, size, "Content-Range", &value, &value_size))
		read_content_range(transfer, value, value_size);
	else if (header_value(line, size, "x-amz-bucket-region", &value, &value_size))
		copy_value(transfer->bucket_region, sizeof(transfer->bucket_region), value, value_size);
	else if (header_value(line, size, "Retry-After", &value, &value_size))
	{
		char		text[20];

		copy_value(text, sizeof(text), value, value_size);
		transfer->retry_after = Max(atoi(text), 0);
	}
	return size;
}

static bool
keep_answer(RsHttpTransfer *transfer, const char *data, Size size)
{
	if (size >= transfer->answer_space - transfer->answer_size)
	{
		Size		space = Max(transfer->answer_size + size + 1, transfer->answer_space * 2);
		char	   *answer = realloc(transfer->answer, Max(space, 4096));

		if (answer == NULL)
		{
			transfer->fault = FAULT_MEMORY;
			return false;
		}
		transfer->answer = answer;
		transfer->answer_space = Max(space, 4096);
	}
	memcpy(transfer->answer + transfer->answer_size, data, size);
	transfer->answer_size += size;
	transfer->answer[transfer->answer_size] = '\0';
	return true;
}

static bool
take_range(RsHttpTransfer *transfer, const char *data, Size size)
{
	const RsHttpRequest *request = &transfer->request;

	/* Without a range in the answer it is the whole file, from its start. */
	if (transfer->status == 200 ? request->range_offset + transfer->received_before != 0 :
		!transfer->range_begins)
	{
		transfer->fault = FAULT_RANGE;
		return false;
	}
	if (size > request->range_size - transfer->received)
	{
		transfer->fault = FAULT_RANGE;
		return false;
	}
	memcpy(request->range + transfer->received, data, size);
	transfer->received += size;
	return true;
}

static size_t
take_body(char *data, size_t one, size_t size, void *arg)
{
	RsHttpTransfer *transfer = arg;
	Size		most = MOST_ANSWER;

	if (transfer->status == 0)
	{
		long		status = 0;

		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
		transfer->status = (int) status;
	}
	if (transfer->request.range != NULL && (transfer->status == 200 || transfer->status == 206))
		return take_range(transfer, data, size) ? size : 0;
	if (transfer->status >= 300)
		most = MOST_ERROR;
	if (size > most - transfer->answer_size)
	{
		transfer->fault = FAULT_TOO_LARGE;
		return 0;
	}
	return keep_answer(transfer, data, size) ? size : 0;
}

static void
add_header(RsHttpTransfer *transfer, const char *line)
{
	struct curl_slist *headers = curl_slist_append(transfer->headers, line);

	if (headers == NULL)
		no_memory();
	transfer->headers = headers;
}

static void
add_header_value(RsHttpTransfer *transfer, const char *name, const char *value)
{
	char	   *line = psprintf("%s: %s", name, value);

	add_header(transfer, line);
	explicit_bzero(line, strlen(line));
	pfree(line);
}

/* What is signed for the body; not all versions of libcurl say it to S3 by themselves. */
static void
add_content_hash(RsHttpTransfer *transfer)
{
	static const char digits[] = "0123456789abcdef";
	const RsHttpRequest *request = &transfer->request;
	unsigned char hash[SHA256_DIGEST_LENGTH];
	char		hex[2 * SHA256_DIGEST_LENGTH + 1];

	SHA256((const unsigned char *) (request->body != NULL ? request->body : ""), request->body_size, hash);
	for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
	{
		hex[2 * i] = digits[hash[i] >> 4];
		hex[2 * i + 1] = digits[hash[i] & 15];
	}
	hex[2 * SHA256_DIGEST_LENGTH] = '\0';
	add_header_value(transfer, "X-Amz-Content-Sha256", hex);
}

static void
set_headers(RsHttpTransfer *transfer)
{
	const RsHttpRequest *request = &transfer->request;
	const char *etag = transfer->received > 0 && transfer->etag[0] != '\0' ? transfer->etag : request->etag;

	add_content_hash(transfer);
	if (request->access->session_token != NULL)
		add_header_value(transfer, "X-Amz-Security-Token", request->access->session_token);
	if (request->content_type != NULL)
		add_header_value(transfer, "Content-Type", request->content_type);
	for (const char *const *header = request->headers; header != NULL && *header != NULL; header++)
		add_header(transfer, *header);
	if (etag != NULL)
		add_header_value(transfer, "If-Match", etag);
	check_set(curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers));
}

static void
set_method(RsHttpTransfer *transfer)
{
	const RsHttpRequest *request = &transfer->request;
	CURL	   *easy = transfer->easy;

	if (strcmp(request->method, "HEAD") == 0)
		check_set(curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
	else if (request->body != NULL)
	{
		check_set(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) request->body_size));
		check_set(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body));
	}
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		check_set(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method));
	if (request->range != NULL)
	{
		char		range[64];
		uint64		first = request->range_offset + transfer->received;

		snprintf(range, sizeof(range), "%llu-%llu", (unsigned long long) first,
				 (unsigned long long) (request->range_offset + request->range_size - 1));
		check_set(curl_easy_setopt(easy, CURLOPT_RANGE, range));
	}
}

static void
set_trust(RsHttpTransfer *transfer)
{
	const RsHttpAccess *access = transfer->request.access;
	CURL	   *easy = transfer->easy;
	char	   *scope = psprintf("aws:amz:%s:%s", access->region, access->service);

	check_set(curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, scope));
	pfree(scope);
	check_set(curl_easy_setopt(easy, CURLOPT_USERNAME, access->access_key_id));
	check_set(curl_easy_setopt(easy, CURLOPT_PASSWORD, access->secret_access_key));
	check_set(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L));
	check_set(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L));
	check_set(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2));
	if (access->ca_file != NULL)
		check_set(curl_easy_setopt(easy, CURLOPT_CAINFO, access->ca_file));
	check_set(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
	check_set(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
	check_set(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));
	check_set(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket));
	check_set(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer));
	check_set(curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket));
	check_set(curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request));
	check_set(curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer));
}

static void
set_transport(RsHttpTransfer *transfer)
{
	CURL	   *easy = transfer->easy;

	check_set(curl_easy_setopt(easy, CURLOPT_URL, transfer->request.url));
	check_set(curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L));
	check_set(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS));
	check_set(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	/* An answer of a resolver that hangs is not waited for. */
	check_set(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
	check_set(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
							   (long) Min(rs_transfer_timeout, CONNECT_TIMEOUT)));
	/* An "Expect:" that only keeps libcurl from sending one would be signed by it nevertheless. */
	check_set(curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 200L));
	check_set(curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024));
	check_set(curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024));
	check_set(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header));
	check_set(curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer));
	check_set(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body));
	check_set(curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer));
	check_set(curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer));
	check_set(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_message));
}

void
rs_curl_prepare(RsHttpTransfer *transfer)
{
	(void) rs_curl_multi();

	/* A new handle for each request: one that HTTP/2 was spoken with keeps the size of its buffer, reset or not. */
	if (transfer->easy != NULL)
		curl_easy_cleanup(transfer->easy);
	if ((transfer->easy = curl_easy_init()) == NULL)
		no_memory();
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	transfer->curl_message[0] = '\0';
	transfer->result = CURLE_OK;
	transfer->fault = FAULT_NONE;
	transfer->status = 0;
	transfer->answer_size = 0;
	if (transfer->answer != NULL)
		transfer->answer[0] = '\0';
	transfer->total_size = -1;
	transfer->retry_after = 0;
	transfer->range_begins = false;
	transfer->bucket_region[0] = '\0';
	transfer->received_before = transfer->received;

	set_transport(transfer);
	set_trust(transfer);
	set_method(transfer);
	set_headers(transfer);
}

void
rs_curl_release(RsHttpTransfer *transfer)
{
	if (transfer->easy != NULL)
		curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	free(transfer->answer);
	transfer->answer = NULL;
	transfer->answer_size = transfer->answer_space = 0;
}
