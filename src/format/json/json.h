/*
 * json.h
 *	  JSON: a file of objects or arrays, each a row, with white space between them.
 *
 * The same options say how fields of Avro files are matched to columns.
 */
#ifndef RS_JSON_H
#define RS_JSON_H

#include "format/format.h"

typedef enum RsJsonMode
{
	RS_JSON_AUTO,				/* members by the names of columns */
	RS_JSON_AUTO_IGNORECASE,
	RS_JSON_NOSHRED,			/* all of it into one column, of type jsonb */
	RS_JSON_PATHS				/* as a file of JSONPath expressions says */
} RsJsonMode;

typedef struct RsJsonOptions
{
	RsJsonMode	mode;
	const char *paths;			/* RS_JSON_PATHS: content of that file, UTF-8, */
	Size		paths_size;
	const char *paths_name;		/* and as messages call it */
	int64		ignore_header;	/* lines; not of Avro */
} RsJsonOptions;

/* FORMAT json; options NULL: auto. */
extern const RsFormat rs_json_format;

#endif							/* RS_JSON_H */
