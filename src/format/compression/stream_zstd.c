/*
 * stream_zstd.c
 *	  Files of Zstandard (RFC 8878), by its library.
 *
 * Windows are as large as zstd's program takes them without being told otherwise: a frame
 * that needs more memory is refused.
 */
#include "postgres.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "format/compression/stream_codec.h"
#include "utils/memutils.h"

#define ZSTD_WINDOW_LOG		27	/* 128 MB */
#define ZSTD_LEVEL			3

typedef struct ZstdState
{
	ZSTD_DStream *decoder;
	ZSTD_CStream *encoder;
	bool		in_frame;
	MemoryContextCallback callback;
} ZstdState;

static void
free_state(void *arg)
{
	ZstdState  *state = arg;

	ZSTD_freeDStream(state->decoder);
	ZSTD_freeCStream(state->encoder);
}

static ZstdState *
create_state(MemoryContext context)
{
	ZstdState  *state = palloc0(sizeof(ZstdState));

	state->callback.func = free_state;
	state->callback.arg = state;
	MemoryContextRegisterResetCallback(context, &state->callback);
	return state;
}

static void
out_of_memory(void)
{
	ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

static void
report_error(RsDecompressor *stream, size_t result)
{
	switch (ZSTD_getErrorCode(result))
	{
		case ZSTD_error_memory_allocation:
			out_of_memory();
			break;
		case ZSTD_error_frameParameter_windowTooLarge:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("file \"%s\" needs more memory to decompress than %d MB", stream->input.name,
							1 << (ZSTD_WINDOW_LOG - 20)),
					 errhint("Compress it again without the option --long.")));
			break;
		default:
			rs_stream_damaged(stream, ZSTD_getErrorName(result));
	}
}

static Size
decode(RsDecompressor *stream, char *target, Size size)
{
	ZstdState  *state = stream->state;
	ZSTD_outBuffer out = {target, size, 0};

	do
	{
		ZSTD_inBuffer in;
		size_t		result;

		if (!rs_stream_peek(stream, 1) && !state->in_frame)
			break;
		if (!state->in_frame)
		{
			rs_stream_check_magic(stream);
			state->in_frame = true;
		}
		in.src = rs_stream_data(stream);
		in.size = rs_stream_available(stream);
		in.pos = 0;
		result = ZSTD_decompressStream(state->decoder, &out, &in);
		stream->begin += in.pos;
		if (ZSTD_isError(result))
			report_error(stream, result);
		if (result == 0)
			state->in_frame = false;
		else if (rs_stream_available(stream) == 0 && stream->source_ended && out.pos == 0)
			rs_stream_truncated(stream);
	} while (out.pos == 0);
	return out.pos;
}

void
rs_zstd_begin_decode(RsDecompressor *stream)
{
	ZstdState  *state = create_state(stream->context);

	state->decoder = ZSTD_createDStream();
	if (state->decoder == NULL)
		out_of_memory();
	ZSTD_DCtx_setParameter(state->decoder, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	stream->state = state;
	stream->decode = decode;
}

static void
encode(RsCompressor *stream, const char *data, Size size, bool last)
{
	ZstdState  *state = stream->state;
	ZSTD_inBuffer in = {data, size, 0};
	size_t		left;

	do
	{
		ZSTD_outBuffer out = {stream->buffer, RS_STREAM_PIECE, 0};

		left = ZSTD_compressStream2(state->encoder, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			elog(ERROR, "zstd cannot compress file \"%s\": %s", stream->output.name, ZSTD_getErrorName(left));
		if (out.pos > 0)
			stream->target->write(stream->target, stream->buffer, out.pos);
	} while (last ? left > 0 : in.pos < in.size);
}

void
rs_zstd_begin_encode(RsCompressor *stream, int level)
{
	ZstdState  *state = create_state(stream->context);

	state->encoder = ZSTD_createCStream();
	if (state->encoder == NULL)
		out_of_memory();
	ZSTD_CCtx_setParameter(state->encoder, ZSTD_c_compressionLevel, level > 0 ? level : ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(state->encoder, ZSTD_c_checksumFlag, 1);
	stream->state = state;
	stream->encode = encode;
}
