/*
 * copy_input.h
 *	  What a client sends for COPY FROM STDIN.
 */
#ifndef RS_COPY_INPUT_H
#define RS_COPY_INPUT_H

#include "lib/stringinfo.h"

typedef struct RsCopyInput
{
	StringInfoData data;		/* of one CopyData, from its cursor on */
	bool		ended;
} RsCopyInput;

/* Tell the client that its text is awaited. */
extern void rs_copy_input_begin(RsCopyInput *input);

/* The next CopyData, once the client knows that it is awaited; false at the end. */
extern bool rs_copy_input_next(RsCopyInput *input);

#endif							/* RS_COPY_INPUT_H */
