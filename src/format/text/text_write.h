/*
 * text_write.h
 *	  Files of lines: delimited, CSV, fixed width.
 */
#ifndef RS_TEXT_WRITE_H
#define RS_TEXT_WRITE_H

#include "format/format.h"

typedef struct RsTextWriteOptions
{
	char		delimiter;
	bool		csv;			/* quotes where they are needed, doubled within */
	bool		add_quotes;		/* around each value */
	bool		escape;			/* a backslash before what would end a value */
	bool		header;			/* a first line of names */
	const char *null_as;		/* in the server's encoding; NULL: an empty value */
	const int  *widths;			/* of each column, characters; NULL: values are delimited */
} RsTextWriteOptions;

/* options of the spec: RsTextWriteOptions. */
extern RsWriter *rs_text_write(const RsWriteSpec *spec, RsOutput *output);

#endif							/* RS_TEXT_WRITE_H */
