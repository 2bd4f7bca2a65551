/*
 * conversion.h
 *	  How fields of files become values: COPY's data conversion parameters.
 */
#ifndef RS_CONVERSION_H
#define RS_CONVERSION_H

typedef struct RsConversion
{
	const char *null_as;		/* a field that says this is NULL; NULL: the format's default */
	Size		null_as_size;	/* it may have NUL bytes */
	bool		empty_as_null;	/* of character columns; others take an empty field for NULL anyway */
	bool		blanks_as_null; /* fields of white space only, of character columns */
	bool		trim_blanks;	/* at the end of varchar fields */
	bool		truncate_columns;	/* strings too long for char(n) and varchar(n) */
	bool		round_decimals; /* else digits beyond the scale are cut */
	bool		accept_any_date;	/* what is no date is NULL */
	bool		accept_invalid_chars;
	char		replacement;	/* for those: ASCII */
	bool		fill_record;	/* columns missing at the end of a row are NULL */
	const char *date_format;	/* NULL: the session's; "auto": any that is recognized */
	const char *time_format;	/* the same; "epochsecs" and "epochmillisecs" too */
	int			encoding;		/* pg_enc of the text; PG_UTF8, or PG_UTF16 below */
} RsConversion;

/* ENCODING's values that are no encodings of PostgreSQL. */
#define RS_ENCODING_UTF16		(-16)	/* byte order mark, or big-endian */
#define RS_ENCODING_UTF16LE		(-17)
#define RS_ENCODING_UTF16BE		(-18)

#endif							/* RS_CONVERSION_H */
