/*
 * input.h
 *	  The bytes of one file, wherever it is.
 *
 * Whoever knows the place (load/) makes an input, and a format's reader takes its bytes.
 * What an input holds beside memory (descriptors, connections) goes with the memory
 * context that it was made in, so that an error leaves nothing.
 */
#ifndef RS_INPUT_H
#define RS_INPUT_H

typedef struct RsByteRange
{
	uint64		offset;
	uint64		size;
} RsByteRange;

typedef struct RsInput RsInput;
struct RsInput
{
	const char *name;			/* as messages call it: its URL */
	int64		size;			/* bytes; -1: its end will tell */
	bool		seekable;		/* else each read begins where the one before it ended */

	/* Some bytes from offset on: fewer than asked for only at the end.  Errors are thrown. */
	Size		(*read) (RsInput *input, uint64 offset, char *buffer, Size size);

	/* These ranges will be read, in this order: fetch them ahead.  NULL: it makes no difference. */
	void		(*expect) (RsInput *input, const RsByteRange *ranges, int nranges);

	void		(*close) (RsInput *input);
};

#endif							/* RS_INPUT_H */
