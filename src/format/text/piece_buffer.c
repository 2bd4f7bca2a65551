/*
 * piece_buffer.c
 *	  Pieces of text on their way into a file.
 */
#include "postgres.h"

#include "format/text/piece_buffer.h"

void
rs_piece_buffer_init(RsPieceBuffer *buffer, RsOutput *output)
{
	buffer->output = output;
	buffer->data = palloc(RS_PIECE_BUFFER_SIZE);
	buffer->used = 0;
}

void
rs_piece_buffer_flush(RsPieceBuffer *buffer)
{
	if (buffer->used > 0)
		buffer->output->write(buffer->output, buffer->data, buffer->used);
	buffer->used = 0;
}

void
rs_piece_buffer_put_behind(RsPieceBuffer *buffer, const char *data, Size size)
{
	rs_piece_buffer_flush(buffer);
	if (size > RS_PIECE_BUFFER_SIZE)
		buffer->output->write(buffer->output, data, size);
	else
		rs_piece_buffer_put(buffer, data, size);
}
