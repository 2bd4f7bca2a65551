/*
 * output.h
 *	  A file to be written, wherever it will be.
 *
 * It is there once finish() has returned, whole.  An output that is not finished leaves
 * nothing, and what it holds goes with the memory context that it was made in.
 */
#ifndef RS_OUTPUT_H
#define RS_OUTPUT_H

typedef struct RsOutput RsOutput;
struct RsOutput
{
	const char *name;			/* as messages call it: its URL */
	uint64		written;		/* bytes */

	void		(*write) (RsOutput *output, const char *data, Size size);
	void		(*finish) (RsOutput *output);
};

#endif							/* RS_OUTPUT_H */
