/*
 * location.c
 *	  Files in a bucket, as s3://bucket/key.
 *
 * A key is taken as it stands in the URL, without percent signs decoded.  A location is
 * one bucket, opened with one user's rights.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "load/s3/s3.h"
#include "load/s3/server.h"
#include "load/s3/xml.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define SCHEME		"s3://"
#define MOST_KEY	1024		/* bytes of UTF-8, as S3 has it */

static bool
is_bucket_character(char c)
{
	return isascii((unsigned char) c) && (isalnum((unsigned char) c) || c == '-' || c == '.' || c == '_');
}

/* What follows the scheme, with the length of the bucket's name. */
static const char *
split_url(const char *url, int *bucket_size)
{
	const char *bucket = url + strlen(SCHEME);
	int			size = 0;

	if (pg_strncasecmp(url, SCHEME, strlen(SCHEME)) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" is not in S3", url));
	while (is_bucket_character(bucket[size]))
		size++;
	if (size < 3 || size > 255 || (bucket[size] != '/' && bucket[size] != '\0') ||
		!isalnum((unsigned char) bucket[0]) || !isalnum((unsigned char) bucket[size - 1]))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" does not name a bucket", url),
				errhint("Files in S3 are written s3://bucket/key."));
	*bucket_size = size;
	return bucket;
}

const char *
rs_s3_key(const RsS3Location *location, const char *url)
{
	int			bucket_size;
	const char *bucket = split_url(url, &bucket_size);

	if ((int) strlen(location->bucket) != bucket_size || memcmp(bucket, location->bucket, bucket_size) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" is not in bucket \"%s\"", url, location->bucket));
	return bucket[bucket_size] == '/' ? bucket + bucket_size + 1 : bucket + bucket_size;
}

char *
rs_s3_encode(const char *text, bool keep_slashes)
{
	static const char digits[] = "0123456789ABCDEF";
	int			size = strlen(text);
	const unsigned char *utf8 = (const unsigned char *) pg_server_to_any(text, size, PG_UTF8);
	StringInfoData encoded;

	initStringInfo(&encoded);
	for (; *utf8 != '\0'; utf8++)
	{
		if ((isascii(*utf8) && isalnum(*utf8)) || strchr("-._~", *utf8) != NULL ||
			(*utf8 == '/' && keep_slashes))
			appendStringInfoChar(&encoded, *utf8);
		else
		{
			appendStringInfoChar(&encoded, '%');
			appendStringInfoChar(&encoded, digits[*utf8 >> 4]);
			appendStringInfoChar(&encoded, digits[*utf8 & 15]);
		}
	}
	return encoded.data;
}

char *
rs_s3_address(const RsS3Location *location, const char *key, const char *arguments)
{
	const char *endpoint = location->access->endpoint;
	const char *host = strstr(endpoint, "://") + 3;
	bool		secure = strncmp(endpoint, "https:", 6) == 0;
	StringInfoData address;

	initStringInfo(&address);
	/* A certificate for all names of one level does not hold for buckets with dots. */
	if (location->access->path_style || (secure && strchr(location->bucket, '.') != NULL))
		appendStringInfo(&address, "%s/%s", endpoint, location->bucket);
	else
		appendStringInfo(&address, "%.*s%s.%s", (int) (host - endpoint), endpoint, location->bucket, host);
	appendStringInfoChar(&address, '/');
	if (key != NULL)
		appendStringInfoString(&address, rs_s3_encode(key, true));
	if (arguments != NULL)
		appendStringInfo(&address, "?%s", arguments);
	return address.data;
}

/*
 * An answer to HEAD has no body that would say what is wrong: ask for a byte, and throw that.
 */
static void
throw_refusal(const RsS3Location *location, RsHttpTransfer *transfer, const RsHttpRequest *head, int status)
{
	RsHttpRequest request = *head;
	char		byte;

	request.method = "GET";
	request.range = &byte;
	request.range_size = 1;
	if (rs_http_bucket_region(transfer)[0] == '\0')
	{
		rs_http_start(transfer, &request);
		status = rs_http_wait(transfer);
	}
	rs_s3_throw(location, transfer, status, head->name);
}

RsObject *
rs_s3_find(RsLocation *base, const char *url)
{
	RsS3Location *location = (RsS3Location *) base;
	RsHttpTransfer *transfer = rs_http_transfer_create(CurrentMemoryContext);
	RsHttpRequest request = {
		.access = &location->access->http,
		.name = url,
		.method = "HEAD",
		.url = rs_s3_address(location, rs_s3_key(location, url), NULL)
	};
	RsObject   *object = NULL;
	int			status;

	rs_http_start(transfer, &request);
	status = rs_http_wait(transfer);
	if (status == 200)
	{
		if (rs_http_total_size(transfer) < 0)
			ereport(ERROR,
					errcode(ERRCODE_FDW_ERROR),
					errmsg("the server of \"%s\" does not tell its size", url));
		object = palloc(sizeof(RsObject));
		object->url = pstrdup(url);
		object->size = rs_http_total_size(transfer);
		object->version = rs_http_etag(transfer)[0] != '\0' ? pstrdup(rs_http_etag(transfer)) : NULL;
	}
	else if (status != 404)
		throw_refusal(location, transfer, &request, status);
	MemoryContextDelete(GetMemoryChunkContext(transfer));
	return object;
}

static void
remove_object(RsLocation *base, const char *url)
{
	RsS3Location *location = (RsS3Location *) base;
	RsHttpTransfer *transfer = rs_http_transfer_create(CurrentMemoryContext);
	RsHttpRequest request = {
		.access = &location->access->http,
		.name = url,
		.method = "DELETE",
		.url = rs_s3_address(location, rs_s3_key(location, url), NULL)
	};
	int			status;

	rs_http_start(transfer, &request);
	status = rs_http_wait(transfer);
	if (status != 200 && status != 204 && status != 404)
		rs_s3_throw(location, transfer, status, url);
	MemoryContextDelete(GetMemoryChunkContext(transfer));
}

/*
 * Listing.
 */
typedef struct ListPage
{
	List	   *keys;			/* char *, as they were sent */
	List	   *objects;		/* RsObject *, whose URL is to come */
	char	   *next_token;		/* NULL: there are no more pages */
	bool		truncated;
	bool		url_encoded;
} ListPage;

static pg_attribute_noreturn() void
bad_listing(const char *prefix)
{
	ereport(ERROR,
			errcode(ERRCODE_FDW_ERROR),
			errmsg("the server's list of files \"%s...\" cannot be read", prefix));
}

static int64
parse_size(const char *text, const char *prefix)
{
	char	   *end;
	long long	size;

	errno = 0;
	size = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || size < 0)
		bad_listing(prefix);
	return size;
}

/* In place. */
static void
decode_key(char *key, const char *prefix)
{
	char	   *out = key;

	for (char *in = key; *in != '\0'; in++)
	{
		unsigned int byte;

		if (*in == '+')
			*out++ = ' ';
		else if (*in != '%')
			*out++ = *in;
		else if (isxdigit((unsigned char) in[1]) && isxdigit((unsigned char) in[2]) &&
				 sscanf(in + 1, "%2x", &byte) == 1 && byte != 0)
		{
			*out++ = (char) byte;
			in += 2;
		}
		else
			bad_listing(prefix);
	}
	*out = '\0';
}

static void
read_list_element(ListPage *page, const RsXmlReader *reader, const char *prefix)
{
	const char *text = reader->text.data;

	if (reader->depth == 2)
	{
		if (rs_xml_is(reader, "IsTruncated"))
			page->truncated = strcmp(text, "true") == 0;
		else if (rs_xml_is(reader, "NextContinuationToken"))
			page->next_token = pstrdup(text);
		else if (rs_xml_is(reader, "EncodingType"))
			page->url_encoded = strcmp(text, "url") == 0;
	}
	else if (reader->depth == 3 && list_length(page->keys) > 0)
	{
		RsObject   *object = llast(page->objects);

		if (rs_xml_is(reader, "Key"))
			llast(page->keys) = pstrdup(text);
		else if (rs_xml_is(reader, "Size"))
			object->size = parse_size(text, prefix);
		else if (rs_xml_is(reader, "ETag") && text[0] != '\0')
			object->version = pstrdup(text);
	}
}

static void
read_page(ListPage *page, const RsHttpTransfer *transfer, const char *prefix)
{
	RsXmlReader reader;
	RsXmlEvent	event;

	rs_xml_begin(&reader, rs_http_answer(transfer), rs_http_answer_size(transfer));
	while ((event = rs_xml_next(&reader)) != RS_XML_END_OF_TEXT)
	{
		if (event == RS_XML_BAD)
			bad_listing(prefix);
		if (reader.depth == 1 && !rs_xml_is(&reader, "ListBucketResult"))
			bad_listing(prefix);
		if (event == RS_XML_END)
			read_list_element(page, &reader, prefix);
		else if (reader.depth == 2 && rs_xml_is(&reader, "Contents"))
		{
			RsObject   *object = palloc0(sizeof(RsObject));

			object->size = -1;
			page->objects = lappend(page->objects, object);
			page->keys = lappend(page->keys, NULL);
		}
	}
	if (page->truncated && page->next_token == NULL)
		bad_listing(prefix);
}

/* Append the page's files; what a console shows as folders are files without a byte. */
static List *
take_page(List *objects, const RsS3Location *location, const ListPage *page, const char *prefix)
{
	ListCell   *key_cell;
	ListCell   *object_cell;

	forboth(key_cell, page->keys, object_cell, page->objects)
	{
		char	   *key = lfirst(key_cell);
		RsObject   *object = lfirst(object_cell);
		Size		size;

		if (key == NULL || object->size < 0)
			bad_listing(prefix);
		if (page->url_encoded)
			decode_key(key, prefix);
		size = strlen(key);
		if (size == 0 || size > MOST_KEY)
			bad_listing(prefix);
		if (object->size == 0 && key[size - 1] == '/')
			continue;
		pg_verify_mbstr(PG_UTF8, key, size, false);
		object->url = psprintf(SCHEME "%s/%s", location->bucket, pg_any_to_server(key, size, PG_UTF8));
		objects = lappend(objects, object);
	}
	return objects;
}

static int
compare_objects(const ListCell *a, const ListCell *b)
{
	return strcmp(((RsObject *) lfirst(a))->url, ((RsObject *) lfirst(b))->url);
}

static List *
list_objects(RsLocation *base, const char *prefix)
{
	RsS3Location *location = (RsS3Location *) base;
	char	   *key_prefix = rs_s3_encode(rs_s3_key(location, prefix), false);
	RsHttpTransfer *transfer = rs_http_transfer_create(CurrentMemoryContext);
	List	   *objects = NIL;
	char	   *token = NULL;

	do
	{
		ListPage	page = {0};
		char	   *arguments = psprintf("%s%s%sencoding-type=url&list-type=2&prefix=%s",
										 token != NULL ? "continuation-token=" : "",
										 token != NULL ? rs_s3_encode(token, false) : "",
										 token != NULL ? "&" : "", key_prefix);
		RsHttpRequest request = {
			.access = &location->access->http,
			.name = prefix,
			.method = "GET",
			.url = rs_s3_address(location, NULL, arguments)
		};
		int			status;

		CHECK_FOR_INTERRUPTS();
		rs_http_start(transfer, &request);
		status = rs_http_wait(transfer);
		if (status != 200)
			rs_s3_throw(location, transfer, status, prefix);
		read_page(&page, transfer, prefix);
		if (token != NULL && page.truncated && strcmp(token, page.next_token) == 0)
			bad_listing(prefix);	/* or it would never end */
		objects = take_page(objects, location, &page, prefix);
		token = page.truncated ? page.next_token : NULL;
	} while (token != NULL);
	MemoryContextDelete(GetMemoryChunkContext(transfer));
	list_sort(objects, compare_objects);
	return objects;
}

/* What UNLOAD's ENCRYPTED and KMS_KEY_ID make of files. */
static const char *const *
encryption_headers(List *options)
{
	const char **headers;
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "kms_key_id") != 0)
			continue;
		rs_s3_check_key("kms_key_id", defGetString(def));
		headers = palloc0(3 * sizeof(char *));
		headers[0] = "x-amz-server-side-encryption: aws:kms";
		headers[1] = psprintf("x-amz-server-side-encryption-aws-kms-key-id: %s", defGetString(def));
		return headers;
	}
	return NULL;
}

RsLocation *
rs_s3_location_open(const char *url, List *options, bool for_writing)
{
	RsS3Location *location = palloc0(sizeof(RsS3Location));
	int			bucket_size;
	const char *bucket = split_url(url, &bucket_size);

	location->bucket = pnstrdup(bucket, bucket_size);
	location->access = rs_s3_access(location->bucket, options);
	location->write_headers = for_writing ? encryption_headers(options) : NULL;
	location->location.list = list_objects;
	location->location.find = rs_s3_find;
	location->location.read = rs_s3_read;
	location->location.write = rs_s3_write;
	location->location.remove = remove_object;
	return &location->location;
}
