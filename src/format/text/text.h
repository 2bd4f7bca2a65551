/*
 * text.h
 *	  Options of reading text: formats 'delimited', 'csv' and 'fixedwidth'.
 *
 * How fields become values is in conversion.h, for these formats with `encoding` too.
 */
#ifndef RS_FILE_TEXT_H
#define RS_FILE_TEXT_H

#include "format/format.h"

typedef struct RsTextOptions
{
	/* Between fields; terminated, and escapes in it are read already.  NULL: '|', of csv ','. */
	const char *delimiter;
	char		quote;			/* of csv; '\0': a double quote */
	bool		escape;			/* of delimited: the character after a backslash is one of the field */
	bool		remove_quotes;	/* of delimited: those around a field */
	bool		ignore_blank_lines;
	int64		ignore_header;	/* lines at the start of the file */
	const char *fixed_width;	/* of fixedwidth: 'label:width,label:width,...' */
} RsTextOptions;

/* A field that says this is NULL, if COPY does not say what else is. */
#define RS_TEXT_NULL	"\\N"

/* The three formats, for format.c. */
extern const RsFormat rs_format_delimited;
extern const RsFormat rs_format_csv;
extern const RsFormat rs_format_fixedwidth;

#endif							/* RS_FILE_TEXT_H */
