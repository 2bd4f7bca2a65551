/*
 * stream_bzip2.c
 *	  Files of bzip2, by its library, which checks each block's CRC and the stream's.
 *
 * The library has no way to begin again: each stream of a file has a state of its own.
 */
#include "postgres.h"

#include <bzlib.h>

#include "format/compression/stream_codec.h"
#include "utils/memutils.h"

#define BZIP2_LEVEL		9		/* blocks of 900 kB */

typedef struct Bzip2State
{
	bz_stream	bzip2;
	bool		begun;			/* a stream */
} Bzip2State;

static void *
allocate(void *context, int items, int size)
{
	return MemoryContextAllocExtended(context, mul_size(items, size), MCXT_ALLOC_NO_OOM);
}

static void
release(void *context, void *address)
{
	if (address != NULL)
		pfree(address);
}

static Bzip2State *
create_state(MemoryContext context)
{
	Bzip2State *state = palloc0(sizeof(Bzip2State));

	state->bzip2.bzalloc = allocate;
	state->bzip2.bzfree = release;
	state->bzip2.opaque = context;
	return state;
}

static void
out_of_memory(void)
{
	ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

static Size
decode(RsDecompressor *stream, char *target, Size size)
{
	Bzip2State *state = stream->state;
	bz_stream  *bzip2 = &state->bzip2;
	unsigned int asked = (unsigned int) Min(size, RS_STREAM_PIECE);

	bzip2->next_out = target;
	bzip2->avail_out = asked;
	do
	{
		unsigned int before;
		int			result;

		/*
		 * The library gives some bytes at the end of a block without taking any, so that
		 * the source may have ended before it has given all.
		 */
		if (!rs_stream_peek(stream, 1) && !state->begun)
			break;
		if (!state->begun)
		{
			rs_stream_check_magic(stream);
			if (BZ2_bzDecompressInit(bzip2, 0, 0) != BZ_OK)
				out_of_memory();
			state->begun = true;
		}
		before = bzip2->avail_out;
		bzip2->next_in = (char *) rs_stream_data(stream);
		bzip2->avail_in = (unsigned int) rs_stream_available(stream);
		result = BZ2_bzDecompress(bzip2);
		stream->begin = stream->end - bzip2->avail_in;
		switch (result)
		{
			case BZ_OK:
				if (rs_stream_available(stream) == 0 && stream->source_ended && bzip2->avail_out == before)
					rs_stream_truncated(stream);
				break;
			case BZ_STREAM_END:
				BZ2_bzDecompressEnd(bzip2);
				state->begun = false;
				break;
			case BZ_MEM_ERROR:
				out_of_memory();
				break;
			default:
				rs_stream_damaged(stream, "not bzip2 data, or its checksum does not match");
		}
	} while (bzip2->avail_out == asked);
	return asked - bzip2->avail_out;
}

void
rs_bzip2_begin_decode(RsDecompressor *stream)
{
	stream->state = create_state(stream->context);
	stream->decode = decode;
}

static void
encode(RsCompressor *stream, const char *data, Size size, bool last)
{
	bz_stream  *bzip2 = &((Bzip2State *) stream->state)->bzip2;
	int			result;

	do
	{
		unsigned int n = (unsigned int) Min(size, RS_STREAM_PIECE);

		bzip2->next_in = (char *) data;
		bzip2->avail_in = n;
		data += n;
		size -= n;
		/* The library takes no call with nothing to do. */
		while (bzip2->avail_in > 0 || (last && size == 0))
		{
			bzip2->next_out = stream->buffer;
			bzip2->avail_out = RS_STREAM_PIECE;
			result = BZ2_bzCompress(bzip2, last && size == 0 ? BZ_FINISH : BZ_RUN);
			if (result < 0)
				elog(ERROR, "bzip2 cannot compress file \"%s\": %d", stream->output.name, result);
			if (bzip2->avail_out < RS_STREAM_PIECE)
				stream->target->write(stream->target, stream->buffer, RS_STREAM_PIECE - bzip2->avail_out);
			if (result == BZ_STREAM_END)
				break;
		}
	} while (size > 0);
}

void
rs_bzip2_begin_encode(RsCompressor *stream, int level)
{
	Bzip2State *state = create_state(stream->context);

	if (BZ2_bzCompressInit(&state->bzip2, level > 0 ? Min(level, 9) : BZIP2_LEVEL, 0, 0) != BZ_OK)
		out_of_memory();
	stream->state = state;
	stream->encode = encode;
}
