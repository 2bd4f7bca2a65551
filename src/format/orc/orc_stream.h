/*
 * orc_stream.h
 *	  A stream of a stripe, decompressed as it is read.
 */
#ifndef RS_ORC_STREAM_H
#define RS_ORC_STREAM_H

#include "format/orc/orc_file.h"

/* So many bytes can be had in one piece. */
#define RS_ORC_MAX_FILL		(8 * 1024)
/* Bytes behind the end of what is there can be read, though not used. */
#define RS_ORC_SLACK		8

typedef struct RsOrcStream
{
	RsOrcFile  *file;
	const uint8 *at;			/* what comes next, to end */
	const uint8 *end;

	/* Private */
	RsByteRange rest;			/* of the file, that has not been read */
	uint64		window_offset;	/* where the window stands in the file */
	char	   *window;			/* bytes of the file */
	Size		window_size;
	Size		window_used;
	Size		window_at;		/* before it: decompressed */
	uint8	   *chunk;			/* RS_ORC_MAX_FILL bytes carried over, then those of a chunk */
	Size		chunk_size;		/* that it has room for */
} RsOrcStream;

/*
 * In the current memory context.  Of the file about `window` bytes are kept at a time.
 */
extern RsOrcStream *rs_orc_stream_open(RsOrcFile *file, RsByteRange range, Size window);
extern void rs_orc_stream_close(RsOrcStream *stream);

/* Have at least n bytes at `at`, n <= RS_ORC_MAX_FILL, or all that are left; returns how many there are. */
extern Size rs_orc_stream_more(RsOrcStream *stream, Size n);

static inline Size
rs_orc_stream_fill(RsOrcStream *stream, Size n)
{
	Size		there = (Size) (stream->end - stream->at);

	return likely(there >= n) ? there : rs_orc_stream_more(stream, n);
}

/* Bytes that have to come now. */
extern void rs_orc_stream_take(RsOrcStream *stream, void *to, Size n);

/* Where it stands in the file, about. */
extern uint64 rs_orc_stream_offset(const RsOrcStream *stream);

extern void rs_orc_stream_damaged(const RsOrcStream *stream, const char *reason) pg_attribute_noreturn();

#endif							/* RS_ORC_STREAM_H */
