/*
 * unload_options.h
 *	  What UNLOAD is asked for.
 */
#ifndef RS_UNLOAD_OPTIONS_H
#define RS_UNLOAD_OPTIONS_H

#include "format/compression/stream.h"
#include "nodes/pg_list.h"

typedef enum RsUnloadFormat
{
	RS_UNLOAD_TEXT,
	RS_UNLOAD_CSV,
	RS_UNLOAD_FIXED_WIDTH,
	RS_UNLOAD_JSON,
	RS_UNLOAD_PARQUET
} RsUnloadFormat;

typedef struct RsUnloadOptions
{
	RsUnloadFormat format;
	bool		header;
	char		delimiter;
	bool		add_quotes;
	bool		escape;
	const char *null_as;		/* NULL: none is given */
	List	   *widths;			/* int, of FIXEDWIDTH's columns */
	RsCompression compression;
	uint64		max_file_size;	/* bytes */
	int			row_group_size; /* MB; 0: the format's own choice */
	bool		parallel;
	bool		manifest;
	bool		verbose;		/* the manifest is */
	bool		allow_overwrite;
	bool		clean_path;
	const char *extension;		/* of file names, with its point; NULL: none is given */
	List	   *partition_by;	/* char *, names of columns */
	bool		include;		/* these columns are in the files, too */
	bool		encrypted;		/* by the store */
	List	   *access;			/* DefElem *, for the location */
} RsUnloadOptions;

/* Of a JSON object; errors name the option.  text: the object's text. */
extern RsUnloadOptions *rs_unload_options_parse(const char *text);

/* In stl_unload_log.file_format. */
extern const char *rs_unload_format_name(RsUnloadFormat format);

#endif							/* RS_UNLOAD_OPTIONS_H */
