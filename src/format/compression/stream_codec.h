/*
 * stream_codec.h
 *	  What the compressions of streams have in common, for themselves only.
 *
 * Each has a file; its functions take bytes from, or give bytes to, what is here.
 */
#ifndef RS_STREAM_CODEC_H
#define RS_STREAM_CODEC_H

#include "format/compression/stream.h"

/* The compressed side of a stream is read and written in pieces of this size. */
#define RS_STREAM_PIECE		(256 * 1024)

typedef struct RsDecompressor RsDecompressor;
struct RsDecompressor
{
	RsInput		input;			/* first: what readers see */
	RsInput    *source;
	RsCompression compression;
	MemoryContext context;
	uint64		position;		/* bytes given */

	char	   *buffer;			/* RS_STREAM_PIECE bytes of the source: */
	Size		begin;			/* those at [begin, end) are still to be used */
	Size		end;
	uint64		read;			/* bytes of the source that were read */
	bool		source_ended;
	bool		ended;

	/* The next bytes, at least one; 0: there are no more. */
	Size		(*decode) (RsDecompressor *stream, char *target, Size size);
	void	   *state;			/* the compression's */
};

/* Have at least so many bytes of the source at hand, if it has them; false: it has not. */
extern bool rs_stream_peek(RsDecompressor *stream, Size size);

static inline const char *
rs_stream_data(const RsDecompressor *stream)
{
	return stream->buffer + stream->begin;
}

static inline Size
rs_stream_available(const RsDecompressor *stream)
{
	return stream->end - stream->begin;
}

/* Take exactly so many bytes; an error if there are not as many. */
extern void rs_stream_take(RsDecompressor *stream, char *target, Size size);

/* Another stream has to begin here, else what follows is damage. */
extern void rs_stream_check_magic(RsDecompressor *stream);

/* Errors that name the file and where in it the damage is. */
extern void rs_stream_damaged(RsDecompressor *stream, const char *what) pg_attribute_noreturn();
extern void rs_stream_truncated(RsDecompressor *stream) pg_attribute_noreturn();

typedef struct RsCompressor RsCompressor;
struct RsCompressor
{
	RsOutput	output;			/* first: what writers see */
	RsOutput   *target;
	MemoryContext context;
	char	   *buffer;			/* RS_STREAM_PIECE bytes for what is compressed */

	/* Compress, and give what came of it to the target; last: and end the stream. */
	void		(*encode) (RsCompressor *stream, const char *data, Size size, bool last);
	void	   *state;			/* the compression's */
};

extern void rs_gzip_begin_decode(RsDecompressor *stream);
extern void rs_bzip2_begin_decode(RsDecompressor *stream);
extern void rs_lzop_begin_decode(RsDecompressor *stream);
extern void rs_zstd_begin_decode(RsDecompressor *stream);

/* Set up encode() and state. */
extern void rs_gzip_begin_encode(RsCompressor *stream, int level);
extern void rs_bzip2_begin_encode(RsCompressor *stream, int level);
extern void rs_zstd_begin_encode(RsCompressor *stream, int level);

#endif							/* RS_STREAM_CODEC_H */
