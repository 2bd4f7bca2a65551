/*
 * text_source.h
 *	  The text of a file, or of a part of one, as UTF-8 in a buffer.
 */
#ifndef RS_TEXT_SOURCE_H
#define RS_TEXT_SOURCE_H

#include "format/input.h"

/* Bytes of a buffer behind its text that may be read, of no meaning. */
#define RS_TEXT_PADDING		64

typedef struct RsTextSource
{
	RsInput    *input;
	int			encoding;		/* see RsConversion */
	MemoryContext context;		/* of the buffers */
	uint64		offset;			/* of the next byte to be read */
	bool		at_end;			/* all text is in the buffer */

	char	   *buffer;
	Size		capacity;		/* without the padding */
	Size		size;			/* of the text in it */
	Size		step;			/* so many bytes are read at a time; may be changed */

	/* Of other encodings than UTF-8: */
	char	   *raw;			/* bytes not converted yet; room for a step */
	Size		raw_capacity;
	Size		raw_size;
	uint32		surrogate;		/* the first half of a character of UTF-16; 0: none */
} RsTextSource;

extern void rs_text_source_init(RsTextSource *source, RsInput *input, int encoding, uint64 offset, Size step);

/*
 * Forget the text before `keep`, which becomes the start of the buffer, and read on.  False:
 * there was nothing left to read.
 */
extern bool rs_text_source_more(RsTextSource *source, Size keep);

#endif							/* RS_TEXT_SOURCE_H */
