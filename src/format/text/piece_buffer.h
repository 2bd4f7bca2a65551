/*
 * piece_buffer.h
 *	  Pieces of text on their way into a file: few and large writes of many and small ones.
 */
#ifndef RS_PIECE_BUFFER_H
#define RS_PIECE_BUFFER_H

#include "format/output.h"

#define RS_PIECE_BUFFER_SIZE	((Size) 256 * 1024)

typedef struct RsPieceBuffer
{
	RsOutput   *output;
	char	   *data;
	Size		used;
} RsPieceBuffer;

/* In the current context. */
extern void rs_piece_buffer_init(RsPieceBuffer *buffer, RsOutput *output);

extern void rs_piece_buffer_flush(RsPieceBuffer *buffer);

/* For those that do not fit beside what waits. */
extern void rs_piece_buffer_put_behind(RsPieceBuffer *buffer, const char *data, Size size);

/* Bytes that the file will have. */
static inline uint64
rs_piece_buffer_size(const RsPieceBuffer *buffer)
{
	return buffer->output->written + buffer->used;
}

/*
 * Most values are short: not worth a call.
 */
static inline void
rs_copy_short(char *to, const char *from, Size size)
{
	if (size > 16)
		memcpy(to, from, size);
	else if (size >= 8)
	{
		uint64		first;
		uint64		last;

		memcpy(&first, from, 8);
		memcpy(&last, from + size - 8, 8);
		memcpy(to, &first, 8);
		memcpy(to + size - 8, &last, 8);
	}
	else if (size >= 4)
	{
		uint32		first;
		uint32		last;

		memcpy(&first, from, 4);
		memcpy(&last, from + size - 4, 4);
		memcpy(to, &first, 4);
		memcpy(to + size - 4, &last, 4);
	}
	else if (size > 0)
	{
		to[0] = from[0];
		to[size / 2] = from[size / 2];
		to[size - 1] = from[size - 1];
	}
}

static inline void
rs_piece_buffer_put(RsPieceBuffer *buffer, const char *data, Size size)
{
	if (unlikely(size > RS_PIECE_BUFFER_SIZE - buffer->used))
	{
		rs_piece_buffer_put_behind(buffer, data, size);
		return;
	}
	rs_copy_short(buffer->data + buffer->used, data, size);
	buffer->used += size;
}

static inline void
rs_piece_buffer_put_byte(RsPieceBuffer *buffer, char byte)
{
	if (unlikely(buffer->used == RS_PIECE_BUFFER_SIZE))
		rs_piece_buffer_flush(buffer);
	buffer->data[buffer->used++] = byte;
}

#endif							/* RS_PIECE_BUFFER_H */
