/*
 * text_scan.h
 *	  Where fields and rows of text end: the characters that say so, found by blocks of 64.
 *
 * Delimiters and newlines within quotes, or behind a backslash that escapes them, are part
 * of fields and are passed over.  Characters beyond ASCII never look like any of these.
 */
#ifndef RS_TEXT_SCAN_H
#define RS_TEXT_SCAN_H

typedef struct RsMarks
{
	uint32	   *at;				/* positions in the buffer, rising */
	uint32		next;			/* the first that has not been passed */
	uint32		n;
	uint32		capacity;
} RsMarks;

typedef struct RsTextScan
{
	/* '\0': there is none. */
	char		delimiter;		/* the first byte of it */
	char		quote;
	char		escape;

	uint64		inside;			/* all ones: the next character is within quotes */
	uint64		escaped;		/* 1: the next character is escaped */
	Size		scanned;		/* up to here */

	RsMarks		delimiters;
	RsMarks		newlines;

	/* No later than here is any */
	Size		quote_end;		/* quote, or backslash that escapes */
	Size		special_end;	/* character beyond ASCII, or NUL */

	bool		any_inner;		/* newline in a field, of all text so far */
} RsTextScan;

/* Up to `to`; in blocks of 64 but for the last: if it is not the end of the text, less. */
extern void rs_text_scan(RsTextScan *scan, const char *text, Size to, bool is_end);

/* The text before `shift` is gone, and with it the marks that have been passed. */
extern void rs_text_scan_shift(RsTextScan *scan, Size shift);

/* A newline where text ends without. */
extern void rs_text_scan_end(RsTextScan *scan, Size at);

/* How text changes what comes after it, by how it begins: normally, and within quotes or escaped. */
typedef struct RsTextSummary
{
	uint64		lines;			/* newlines of all kinds */
	uint64		rows[2];		/* newlines that end rows */
	bool		inside[2];		/* is what follows within quotes, or escaped */
	bool		ends_row[2];	/* is its last character the end of a row */
} RsTextSummary;

extern void rs_text_summarize(const RsTextScan *scan, const char *text, Size size, RsTextSummary *summary);

extern uint64 rs_count_newlines(const char *text, Size size);

#endif							/* RS_TEXT_SCAN_H */
