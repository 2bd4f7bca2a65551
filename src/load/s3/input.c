/*
 * input.c
 *	  Reading a file of S3 by ranges, of which some are on their way at a time.
 *
 * A span is a stretch of the file that is to be read: what the reader expects, or what it seems
 * to do.  Spans are fetched by segments, each a transfer with a buffer of its own, as many
 * at once as pays (depth), and kept until they have been read to their end, or room is needed.
 * Whoever reads on from where the last read ended gets more and larger segments ahead, and whoever
 * jumps gets what was asked for.
 *
 * All segments must be of the same version of the file, that of the listing or else that of the
 * segment that came first; a file that is replaced meanwhile is an error.
 */
#include "postgres.h"

#include "load/s3/s3.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define MOST_SEGMENTS	16
#define MOST_AT_ONCE	4
#define SMALLEST		(256 * 1024)	/* bytes of a segment that is read on a guess */
#define LARGEST			(4 * 1024 * 1024)	/* of any */
#define WORTH_MERGING	(128 * 1024)	/* bytes between spans that are cheaper fetched than left out */

typedef struct Segment
{
	char	   *buffer;			/* NULL: the segment is free */
	uint64		offset;
	Size		size;
	Size		read;			/* up to here */
	uint64		last_used;
	RsHttpTransfer *transfer;	/* made when first needed, then kept */
	bool		checked;		/* its version */
} Segment;

typedef struct S3Input
{
	RsInput		input;
	RsS3Location *location;
	MemoryContext context;		/* NULL: closed */
	const char *address;
	char		version[RS_HTTP_ETAG_SIZE]; /* empty: any yet */

	Segment		segments[MOST_SEGMENTS];
	uint64		uses;			/* so far, which tells segments' ages */
	RsByteRange *spans;			/* what of them is still to be fetched, in the order of reading */
	int			nspans;
	int			next_span;
	RsByteRange guess;			/* a span that nobody has told of */
	uint64		read_end;		/* of the last read */
	int			depth;			/* segments of the guess at once */
	Size		guess_size;		/* of its next segment */
} S3Input;

static void
drop_segment(Segment *segment)
{
	if (segment->transfer != NULL)
		rs_http_cancel(segment->transfer);
	if (segment->buffer != NULL)
		pfree(segment->buffer);
	segment->buffer = NULL;
}

/* A free segment, if there is one or one has been read. */
static Segment *
free_segment(S3Input *input)
{
	Segment    *read = NULL;

	for (int i = 0; i < MOST_SEGMENTS; i++)
	{
		Segment    *segment = &input->segments[i];

		if (segment->buffer == NULL)
			return segment;
		if (segment->read == segment->size && (read == NULL || segment->last_used < read->last_used))
			read = segment;
	}
	if (read != NULL)
		drop_segment(read);
	return read;
}

/* The same, but rather lose what has not been used for long than have none. */
static Segment *
need_segment(S3Input *input)
{
	Segment    *oldest = free_segment(input);

	if (oldest != NULL)
		return oldest;
	oldest = &input->segments[0];
	for (int i = 1; i < MOST_SEGMENTS; i++)
		if (input->segments[i].last_used < oldest->last_used)
			oldest = &input->segments[i];
	drop_segment(oldest);
	return oldest;
}

static void
begin_segment(S3Input *input, Segment *segment, RsByteRange *span, Size most)
{
	RsHttpRequest request = {
		.access = &input->location->access->http,
		.name = input->input.name,
		.method = "GET",
		.url = input->address,
		.etag = input->version[0] != '\0' ? input->version : NULL
	};

	if (segment->transfer == NULL)
		segment->transfer = rs_http_transfer_create(input->context);
	segment->offset = span->offset;
	segment->size = Min(span->size, most);
	segment->read = 0;
	segment->last_used = ++input->uses;
	segment->checked = false;
	segment->buffer = MemoryContextAlloc(input->context, segment->size);
	span->offset += segment->size;
	span->size -= segment->size;
	request.range = segment->buffer;
	request.range_offset = segment->offset;
	request.range_size = segment->size;
	rs_http_start(segment->transfer, &request);
}

static void
begin_guessed(S3Input *input, Segment *segment)
{
	begin_segment(input, segment, &input->guess, input->guess_size);
	input->guess_size = Min(input->guess_size * 2, LARGEST);
}

static int
segments_on_their_way(const S3Input *input)
{
	int			n = 0;

	for (int i = 0; i < MOST_SEGMENTS; i++)
		if (input->segments[i].buffer != NULL && rs_http_running(input->segments[i].transfer))
			n++;
	return n;
}

/* The expected span that is to be fetched next; NULL: all have been. */
static RsByteRange *
next_span(S3Input *input)
{
	for (int i = 0; i < input->nspans; i++)
	{
		RsByteRange *span = &input->spans[(input->next_span + i) % input->nspans];

		if (span->size > 0)
		{
			input->next_span = (input->next_span + i) % input->nspans;
			return span;
		}
	}
	input->nspans = 0;
	return NULL;
}

static void
fetch_ahead(S3Input *input)
{
	int			running = segments_on_their_way(input);

	while (running < MOST_AT_ONCE)
	{
		RsByteRange *span = next_span(input);
		Segment    *segment;

		if (span == NULL && (input->guess.size == 0 || running >= input->depth))
			break;
		segment = free_segment(input);
		if (segment == NULL)
			break;
		if (span != NULL)
			begin_segment(input, segment, span, LARGEST);
		else
			begin_guessed(input, segment);
		running++;
	}
}

static Segment *
find_segment(S3Input *input, uint64 offset)
{
	for (int i = 0; i < MOST_SEGMENTS; i++)
	{
		Segment    *segment = &input->segments[i];

		if (segment->buffer != NULL && offset >= segment->offset && offset - segment->offset < segment->size)
			return segment;
	}
	return NULL;
}

/* The expected span that the offset is in; what is before it there is left out. */
static RsByteRange *
seek_span(S3Input *input, uint64 offset)
{
	for (int i = 0; i < input->nspans; i++)
	{
		RsByteRange *span = &input->spans[i];

		if (offset < span->offset || offset - span->offset >= span->size)
			continue;
		span->size -= offset - span->offset;
		span->offset = offset;
		input->next_span = i;
		return span;
	}
	return NULL;
}

/*
 * Nothing that is on its way has this offset: fetch it.
 */
static Segment *
turn_to(S3Input *input, uint64 offset, Size size)
{
	Segment    *segment = need_segment(input);
	RsByteRange *span = seek_span(input, offset);
	uint64		rest = (uint64) input->input.size - offset;

	if (span != NULL)
	{
		begin_segment(input, segment, span, LARGEST);
		return segment;
	}
	if (offset != input->read_end)
	{
		input->guess.offset = offset;
		input->guess.size = Min(size, rest);
		input->guess_size = LARGEST;
		input->depth = MOST_AT_ONCE;
	}
	else if (input->guess.size == 0 || input->guess.offset != offset)
	{
		input->guess.offset = offset;
		input->guess.size = rest;
		input->guess_size = Min(Max(size, SMALLEST), LARGEST);
		input->depth = Min(1 + size / LARGEST, MOST_AT_ONCE);
	}
	begin_guessed(input, segment);
	return segment;
}

static void
check_segment(S3Input *input, Segment *segment)
{
	const char *version = rs_http_etag(segment->transfer);

	if (segment->checked)
		return;
	segment->checked = true;
	if (input->version[0] == '\0')
		strlcpy(input->version, version, sizeof(input->version));
	if (strcmp(input->version, version) != 0 ||
		(rs_http_total_size(segment->transfer) >= 0 &&
		 rs_http_total_size(segment->transfer) != input->input.size))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("file \"%s\" was replaced while it was read", input->input.name));
}

/* Bytes of the segment from an offset on. */
static Size
take_bytes(S3Input *input, Segment *segment, uint64 offset, char *buffer, Size size)
{
	Size		skip = offset - segment->offset;
	int			status;

	size = Min(size, segment->size - skip);
	status = rs_http_wait_bytes(segment->transfer, skip + size);
	if (status != 0)
		rs_s3_throw(input->location, segment->transfer, status, input->input.name);
	check_segment(input, segment);
	memcpy(buffer, segment->buffer + skip, size);

	/* What is read on and on comes faster. */
	if (segment->read == 0 && skip == 0)
		input->depth = Min(input->depth + 1, MOST_AT_ONCE);
	segment->read = Max(segment->read, skip + size);
	segment->last_used = ++input->uses;
	input->read_end = offset + size;
	return size;
}

static Size
read_input(RsInput *base, uint64 offset, char *buffer, Size size)
{
	S3Input    *input = (S3Input *) base;
	Size		done = 0;

	if (offset >= (uint64) base->size)
		return 0;
	size = Min(size, (uint64) base->size - offset);
	rs_http_progress();
	while (done < size)
	{
		Segment    *segment = find_segment(input, offset + done);

		CHECK_FOR_INTERRUPTS();
		if (segment == NULL)
			segment = turn_to(input, offset + done, size - done);
		fetch_ahead(input);
		done += take_bytes(input, segment, offset + done, buffer + done, size - done);
	}
	return done;
}

static void
expect_input(RsInput *base, const RsByteRange *ranges, int nranges)
{
	S3Input    *input = (S3Input *) base;
	int			n = 0;

	if (input->spans != NULL)
		pfree(input->spans);
	input->spans = MemoryContextAlloc(input->context, Max(nranges, 1) * sizeof(RsByteRange));
	for (int i = 0; i < nranges; i++)
	{
		uint64		offset = ranges[i].offset;
		uint64		size = ranges[i].size;
		RsByteRange *last = n > 0 ? &input->spans[n - 1] : NULL;

		if (offset >= (uint64) base->size)
			continue;
		size = Min(size, (uint64) base->size - offset);
		if (last != NULL && offset >= last->offset && offset <= last->offset + last->size + WORTH_MERGING)
			last->size = Max(last->size, offset - last->offset + size);
		else
			input->spans[n++] = (RsByteRange) {offset, size};
	}
	input->nspans = n;
	input->next_span = 0;
	input->guess.size = 0;

	/* What was fetched ahead for another purpose is in the way. */
	for (int i = 0; i < MOST_SEGMENTS; i++)
		drop_segment(&input->segments[i]);
	fetch_ahead(input);
}

static void
close_input(RsInput *base)
{
	S3Input    *input = (S3Input *) base;

	if (input->context != NULL)
		MemoryContextDelete(input->context);
	input->context = NULL;
}

RsInput *
rs_s3_read(RsLocation *base, const RsObject *object)
{
	RsS3Location *location = (RsS3Location *) base;
	S3Input    *input;

	if (object->size < 0)
	{
		const char *url = object->url;
		const char *version = object->version;

		object = rs_s3_find(base, url);
		if (object == NULL)
			ereport(ERROR,
					errcode(ERRCODE_UNDEFINED_FILE),
					errmsg("file \"%s\" does not exist", url));
		if (version != NULL && (object->version == NULL || strcmp(version, object->version) != 0))
			ereport(ERROR,
					errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("file \"%s\" has changed since it was listed", url));
	}
	input = palloc0(sizeof(S3Input));
	input->context = AllocSetContextCreate(CurrentMemoryContext, "S3 input", ALLOCSET_DEFAULT_SIZES);
	input->location = location;
	input->address = rs_s3_address(location, rs_s3_key(location, object->url), NULL);
	if (object->version != NULL)
		strlcpy(input->version, object->version, sizeof(input->version));
	input->input.name = pstrdup(object->url);
	input->input.size = object->size;
	input->input.seekable = true;
	input->input.read = read_input;
	input->input.expect = expect_input;
	input->input.close = close_input;
	return &input->input;
}
