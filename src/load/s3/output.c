/*
 * output.c
 *	  Writing a file of S3: in one request if it is small, else part by part.
 *
 * A file of parts is there only when its upload is completed, and before that nobody sees it.
 * An upload that is not completed is aborted by the memory context's callback; if the
 * server cannot be reached then, parts stay behind, which S3 removes by the bucket's rule for such.
 *
 * There may be 10,000 parts.  They grow, slowly, so that a file can have the 5 TB that S3
 * allows without the buffers of small files being large.
 */
#include "postgres.h"

#include "load/s3/s3.h"
#include "load/s3/xml.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_PART		((Size) 8 * 1024 * 1024)	/* S3 wants 5 MB, but of the last */
#define PART_GROWTH		((Size) 105 * 1024)	/* from each part to the next */
#define MOST_PARTS		10000
#define MOST_AT_ONCE	2

typedef struct Part
{
	char	   *buffer;
	Size		size;
	Size		space;
	int			number;			/* 0: not on its way */
	char	   *address;
	RsHttpTransfer *transfer;
} Part;

typedef struct S3Output
{
	RsOutput	output;
	RsS3Location *location;
	MemoryContext context;		/* of buffers and transfers */
	const char *key;
	char	   *upload_id;		/* encoded; NULL: no upload has begun */
	char	   *abort_address;
	bool		completed;		/* or nobody is to abort it */
	int			nparts;			/* that have been begun */
	char	  **etags;			/* of each */
	Part		parts[MOST_AT_ONCE];
	int			current;		/* that is filled */
	RsHttpTransfer *transfer;	/* of everything else */
	MemoryContextCallback release;
} S3Output;

static void
abort_upload(void *arg)
{
	S3Output   *output = arg;
	RsHttpRequest request = {
		.access = &output->location->access->http,
		.name = output->output.name,
		.method = "DELETE",
		.url = output->abort_address
	};

	if (output->upload_id == NULL || output->completed)
		return;
	output->completed = true;
	if (!rs_http_try(&request))
		ereport(LOG,
				errmsg("could not abort the upload of \"%s\"", output->output.name),
				errdetail("Its parts stay in the bucket until they are removed there."));
}

/*
 * Ask, and return the status; the answer is the transfer's.
 */
static int
ask(S3Output *output, const char *method, char *address, const char *body, Size body_size,
	const char *content_type, bool makes_file)
{
	RsHttpRequest request = {
		.access = &output->location->access->http,
		.name = output->output.name,
		.method = method,
		.url = address,
		.content_type = content_type,
		.headers = makes_file ? output->location->write_headers : NULL,
		.body = body,
		.body_size = body_size
	};

	rs_http_start(output->transfer, &request);
	return rs_http_wait(output->transfer);
}

/* The text of an element below the answer's root; NULL: there is none, or the root is another. */
static char *
answer_element(const RsHttpTransfer *transfer, const char *root, const char *element)
{
	char	   *text = NULL;
	RsXmlReader reader;
	RsXmlEvent	event;

	rs_xml_begin(&reader, rs_http_answer(transfer), rs_http_answer_size(transfer));
	while ((event = rs_xml_next(&reader)) == RS_XML_START || event == RS_XML_END)
	{
		if (reader.depth == 1 && !rs_xml_is(&reader, root))
			return NULL;
		if (event == RS_XML_END && reader.depth == 2 && rs_xml_is(&reader, element))
			text = pstrdup(reader.text.data);
	}
	return event == RS_XML_BAD ? NULL : text;
}

static pg_attribute_noreturn() void
bad_answer(const S3Output *output)
{
	ereport(ERROR,
			errcode(ERRCODE_FDW_ERROR),
			errmsg("the server's answer about \"%s\" cannot be read", output->output.name));
}

static void
begin_upload(S3Output *output)
{
	int			status = ask(output, "POST", rs_s3_address(output->location, output->key, "uploads="), "", 0,
							 "application/octet-stream", true);
	char	   *id;

	if (status != 200)
		rs_s3_throw(output->location, output->transfer, status, output->output.name);
	id = answer_element(output->transfer, "InitiateMultipartUploadResult", "UploadId");
	if (id == NULL || id[0] == '\0')
		bad_answer(output);
	id = rs_s3_encode(id, false);

	/* They are needed when the buffers' context is gone. */
	output->abort_address =
		MemoryContextStrdup(GetMemoryChunkContext(output),
							rs_s3_address(output->location, output->key, psprintf("uploadId=%s", id)));
	output->upload_id = MemoryContextStrdup(GetMemoryChunkContext(output), id);
}

static void
end_part(S3Output *output, Part *part)
{
	int			status;
	const char *etag;

	if (part->number == 0)
		return;
	status = rs_http_wait(part->transfer);
	if (status != 200)
		rs_s3_throw(output->location, part->transfer, status, output->output.name);
	etag = rs_http_etag(part->transfer);
	if (etag[0] == '\0' || strpbrk(etag, "<>&") != NULL)
		bad_answer(output);
	output->etags[part->number - 1] = pstrdup(etag);
	pfree(part->address);
	part->number = 0;
	part->size = 0;
}

static void
begin_part(S3Output *output)
{
	Part	   *part = &output->parts[output->current];
	RsHttpRequest request = {
		.access = &output->location->access->http,
		.name = output->output.name,
		.method = "PUT",
		.content_type = "application/octet-stream",
		.body = part->buffer,
		.body_size = part->size
	};

	if (output->nparts == MOST_PARTS)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("file \"%s\" is too large for S3", output->output.name));
	part->number = ++output->nparts;
	part->address = rs_s3_address(output->location, output->key,
								  psprintf("partNumber=%d&uploadId=%s", part->number, output->upload_id));
	request.url = part->address;
	rs_http_start(part->transfer, &request);
}

/* The next part is filled when what its buffer holds has arrived. */
static void
next_part(S3Output *output)
{
	Part	   *part;
	Size		space = FIRST_PART + PART_GROWTH * output->nparts;

	output->current = (output->current + 1) % MOST_AT_ONCE;
	part = &output->parts[output->current];
	end_part(output, part);
	if (part->space >= space)
		return;
	if (part->buffer != NULL)
		pfree(part->buffer);
	part->buffer = NULL;
	part->space = 0;
	part->buffer = MemoryContextAllocHuge(output->context, space);
	part->space = space;
}

static void
write_output(RsOutput *base, const char *data, Size size)
{
	S3Output   *output = (S3Output *) base;
	MemoryContext before = MemoryContextSwitchTo(output->context);

	rs_http_progress();
	base->written += size;
	while (size > 0)
	{
		Part	   *part = &output->parts[output->current];
		Size		most = Min(size, part->space - part->size);

		memcpy(part->buffer + part->size, data, most);
		part->size += most;
		data += most;
		size -= most;
		if (part->size < part->space || size == 0)
			continue;
		CHECK_FOR_INTERRUPTS();
		if (output->upload_id == NULL)
			begin_upload(output);
		begin_part(output);
		next_part(output);
	}
	MemoryContextSwitchTo(before);
}

/*
 * A second attempt at what the first one has done is told that there is no such upload.  (libcurl
 * itself makes one, if the connection had been used before.)  The version of a file that was
 * uploaded by parts ends with their number.
 */
static bool
is_completed(S3Output *output)
{
	RsObject   *object;
	const char *dash;

	if (strcmp(rs_s3_error_code(output->transfer), "NoSuchUpload") != 0)
		return false;
	object = rs_s3_find(&output->location->location, output->output.name);
	if (object == NULL || object->size != (int64) output->output.written)
		return false;
	dash = object->version != NULL ? strchr(object->version, '-') : NULL;
	return dash == NULL || atoi(dash + 1) == output->nparts;
}

/*
 * An answer that began as a success may turn out to be an error, since it begins before the work.
 */
static bool
may_pass(S3Output *output, int status)
{
	const char *code = rs_s3_error_code(output->transfer);

	return status == 200 && (strcmp(code, "InternalError") == 0 || strcmp(code, "SlowDown") == 0 ||
							 strcmp(code, "ServiceUnavailable") == 0);
}

static void
complete_upload(S3Output *output)
{
	StringInfoData body;
	int			status;
	int			attempts = 0;

	initStringInfo(&body);
	appendStringInfoString(&body, "<CompleteMultipartUpload>");
	for (int i = 0; i < output->nparts; i++)
		appendStringInfo(&body, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i + 1, output->etags[i]);
	appendStringInfoString(&body, "</CompleteMultipartUpload>");

	do
		status = ask(output, "POST", output->abort_address, body.data, body.len, "application/xml", false);
	while (may_pass(output, status) && ++attempts < 4);
	if (status == 404 && is_completed(output))
		return;
	if (status != 200 ||
		answer_element(output->transfer, "CompleteMultipartUploadResult", "ETag") == NULL)
		rs_s3_throw(output->location, output->transfer, status, output->output.name);
}

static void
finish_output(RsOutput *base)
{
	S3Output   *output = (S3Output *) base;
	Part	   *part = &output->parts[output->current];
	MemoryContext before = MemoryContextSwitchTo(output->context);

	if (output->upload_id == NULL)
	{
		int			status = ask(output, "PUT", rs_s3_address(output->location, output->key, NULL), part->buffer,
								 part->size, "application/octet-stream", true);

		if (status != 200)
			rs_s3_throw(output->location, output->transfer, status, base->name);
	}
	else
	{
		begin_part(output);
		for (int i = 0; i < MOST_AT_ONCE; i++)
			end_part(output, &output->parts[i]);
		complete_upload(output);
		output->completed = true;
	}
	MemoryContextSwitchTo(before);
	MemoryContextReset(output->context);
}

RsOutput *
rs_s3_write(RsLocation *base, const char *url)
{
	RsS3Location *location = (RsS3Location *) base;
	S3Output   *output = palloc0(sizeof(S3Output));

	if (rs_s3_key(location, url)[0] == '\0')
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" names a bucket", url));
	output->output.name = pstrdup(url);
	output->output.write = write_output;
	output->output.finish = finish_output;
	output->location = location;
	output->key = rs_s3_key(location, output->output.name);
	output->context = AllocSetContextCreate(CurrentMemoryContext, "S3 output", ALLOCSET_DEFAULT_SIZES);
	output->etags = palloc0(MOST_PARTS * sizeof(char *));
	output->transfer = rs_http_transfer_create(output->context);
	for (int i = 0; i < MOST_AT_ONCE; i++)
		output->parts[i].transfer = rs_http_transfer_create(output->context);
	output->parts[0].buffer = MemoryContextAlloc(output->context, FIRST_PART);
	output->parts[0].space = FIRST_PART;
	output->release.func = abort_upload;
	output->release.arg = output;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &output->release);
	return &output->output;
}
