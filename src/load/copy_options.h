/*
 * copy_options.h
 *	  The options of Redshift's COPY ... FROM, in any order, as PostgreSQL's grammar has them in WITH.
 */
#ifndef RS_COPY_OPTIONS_H
#define RS_COPY_OPTIONS_H

#include "format/compression/stream.h"
#include "format/text/text.h"
#include "nodes/parsenodes.h"

typedef enum RsCompUpdate
{
	RS_COMPUPDATE_DEFAULT,		/* if the table is empty and no column has an encoding */
	RS_COMPUPDATE_PRESET,		/* by the columns' types */
	RS_COMPUPDATE_ON,			/* by the data */
	RS_COMPUPDATE_OFF
} RsCompUpdate;

typedef enum RsStatUpdate
{
	RS_STATUPDATE_DEFAULT,		/* if the table was empty */
	RS_STATUPDATE_ON,
	RS_STATUPDATE_OFF
} RsStatUpdate;

/* A format's readers may be found by its name. */
typedef struct RsCopyOptions
{
	const char *format;
	const char *format_argument;	/* of fixedwidth: columns and widths; of json and avro: 'auto' or a URL */
	RsConversion conversion;

	RsTextOptions text;			/* of csv, delimited, fixedwidth */
	bool		serialize_to_json;	/* of parquet, orc: they do anyway */

	RsCompression compression;
	bool		manifest;
	bool		ssh;
	int			read_ratio;		/* percent; 0: not given */

	bool		explicit_ids;
	bool		no_load;
	int			max_errors;		/* as many make the load fail; 0: the first */
	bool		ignore_all_errors;
	int			comp_rows;		/* 0: not given */
	RsCompUpdate comp_update;
	RsStatUpdate stat_update;

	const List *all;			/* as they were written */
	List	   *access;			/* those that rs_location_open() takes */
} RsCopyOptions;

/* Is there an option, or a value of one, that only Redshift's COPY has? */
extern bool rs_copy_options_are_ours(const List *options);

/*
 * Check options, and what does not go with what.  `url` is where from.  Errors name the
 * option, but never its value where that may be a secret.
 */
extern void rs_copy_options_parse(const List *options, const char *url, RsCopyOptions *result);

#endif							/* RS_COPY_OPTIONS_H */
