/*
 * json_scan.h
 *	  JSON's grammar (RFC 8259), over text in memory.
 *
 * After the text there are RS_JSON_PADDING bytes of zeros, which no grammar allows: whatever
 * would go on past the end has a fault at the end, and the same text with more behind it
 * may have none.
 */
#ifndef RS_JSON_SCAN_H
#define RS_JSON_SCAN_H

#define RS_JSON_PADDING		16

/* Arrays and objects within each other, at most: as many as Redshift allows in SUPER. */
#define RS_JSON_MAX_DEPTH	1000

typedef enum RsJsonKind
{
	RS_JSON_MISSING,
	RS_JSON_NULL,
	RS_JSON_TRUE,
	RS_JSON_FALSE,
	RS_JSON_INTEGER,			/* of at most 18 digits, and not -0: integer has it */
	RS_JSON_NUMBER,
	RS_JSON_STRING,
	RS_JSON_OBJECT,
	RS_JSON_ARRAY
} RsJsonKind;

typedef struct RsJsonValue
{
	RsJsonKind	kind;
	bool		escaped;		/* a string with backslashes */
	bool		ascii;			/* a string without bytes from 0x80 on */
	const char *start;			/* as it stands in the text, with quotation marks */
	Size		size;
	int64		integer;
} RsJsonValue;

typedef struct RsJsonScan
{
	const char *at;				/* the next byte; where a function returned false: the fault */
	const char *end;
	int64		lines;			/* line feeds passed */
} RsJsonScan;

/* To the next byte that is not white space, maybe the end. */
static inline void
rs_json_skip_space(RsJsonScan *scan)
{
	for (;; scan->at++)
	{
		if (*scan->at == '\n')
			scan->lines++;
		else if (*scan->at != ' ' && *scan->at != '\t' && *scan->at != '\r')
			return;
	}
}

/* A value, at whose first byte the scan is, with all that is in it. */
extern bool rs_json_scan_value(RsJsonScan *scan, RsJsonValue *value);

/* A string, the same; of its value, start, size, escaped and ascii are set. */
extern bool rs_json_scan_string(RsJsonScan *scan, RsJsonValue *value);

/*
 * Is each line empty, or are all brackets and braces in it closed that it opens, with nothing outside of
 * them?  The text is of whole lines.
 */
extern bool rs_json_lines_are_rows(const char *start, const char *end, int64 *lines);

/*
 * The first byte after brackets and braces that begin at the text's start have all been
 * closed, whatever else is wrong there; NULL: they are not before the limit.  Strings are
 * those of JSON, which have no line feeds.
 */
extern const char *rs_json_find_close(const char *start, const char *limit);

#endif							/* RS_JSON_SCAN_H */
