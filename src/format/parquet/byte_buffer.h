/*
 * byte_buffer.h
 *	  Bytes one after another, in memory that grows: more than a StringInfo may have.
 */
#ifndef RS_BYTE_BUFFER_H
#define RS_BYTE_BUFFER_H

#include "utils/memutils.h"
#include "utils/palloc.h"

typedef struct RsByteBuffer
{
	MemoryContext context;
	char	   *data;
	Size		size;			/* bytes in it */
	Size		room;
} RsByteBuffer;

static inline void
rs_buffer_init(RsByteBuffer *buffer, MemoryContext context)
{
	buffer->context = context;
	buffer->data = NULL;
	buffer->size = 0;
	buffer->room = 0;
}

/* Where the next bytes go: there is room for so many. */
static inline char *
rs_buffer_reserve(RsByteBuffer *buffer, Size more)
{
	if (buffer->room - buffer->size < more)
	{
		Size		room = Max(Max(buffer->room * 2, buffer->size + more), 1024);

		buffer->data = buffer->data == NULL ? MemoryContextAllocHuge(buffer->context, room) :
			repalloc_huge(buffer->data, room);
		buffer->room = room;
	}
	return buffer->data + buffer->size;
}

static inline void
rs_buffer_append(RsByteBuffer *buffer, const void *data, Size size)
{
	if (size == 0)
		return;
	memcpy(rs_buffer_reserve(buffer, size), data, size);
	buffer->size += size;
}

/* Empty it; what it took beyond so many bytes is given back. */
static inline void
rs_buffer_reset(RsByteBuffer *buffer, Size keep)
{
	if (buffer->room > keep)
	{
		pfree(buffer->data);
		buffer->data = NULL;
		buffer->room = 0;
	}
	buffer->size = 0;
}

#endif							/* RS_BYTE_BUFFER_H */
