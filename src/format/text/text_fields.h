/*
 * text_fields.h
 *	  Rows of text taken apart, and fields made what they stand for.
 */
#ifndef RS_TEXT_FIELDS_H
#define RS_TEXT_FIELDS_H

#include "format/column_builder.h"
#include "format/text/text.h"

typedef enum RsTextFormat
{
	RS_TEXT_DELIMITED,
	RS_TEXT_CSV,
	RS_TEXT_FIXED
} RsTextFormat;

/* What is known of a file's text before it is read. */
typedef struct RsTextLayout
{
	RsTextFormat format;
	int			nfields;
	const char *delimiter;
	int			delimiter_size;
	char		quote;			/* '\0': there is none */
	bool		escape;
	bool		remove_quotes;
	bool		fill_record;
	const int  *widths;			/* of fixedwidth, characters */
	const bool *missing_is_empty;	/* of each field that FILLRECORD adds; else NULL */

	/* What NULL is before escapes are read; NULL: that is not told from afterwards. */
	const char *null_as;
	Size		null_as_size;
} RsTextLayout;

/* Field i of a row is at i * stride of the arrays; text NULL: it is NULL. */
typedef struct RsTextFields
{
	const char **text;
	uint32	   *size;
	int			stride;
} RsTextFields;

/* What is wrong with a row as a whole. */
typedef struct RsRowProblem
{
	RsRowFault	fault;			/* RS_ROW_SOUND: nothing */
	int			field;			/* -1: none in particular */
	int			nfields;		/* that were found, at most the layout's */
	const char *reason;
} RsRowProblem;

/* Widths of 'label:width,label:width,...'; an error, if there are not nfields. */
extern int *rs_text_widths(const char *spec, int nfields);

/*
 * Take a row apart that ends before `end`, where delimiters are at these places; more of them
 * may follow.  Fields are as they stand in the text.
 */
extern void rs_text_split(const RsTextLayout *layout, const char *base, uint32 start, uint32 end,
						  const uint32 *delimiters, uint32 ndelimiters, RsTextFields fields,
						  RsRowProblem *problem);

/*
 * A field without its quotes and escapes; what cannot stay where it is, is put into the arena.
 */
extern void rs_text_cook(const RsTextLayout *layout, const char **text, uint32 *size, RsArena *arena);

/*
 * Is there a character that UTF-8 has not, or a NUL?  Without a replacement it makes a fault;
 * else it is replaced, in the arena, and *replaced set.  strict: of char(n), where nothing is replaced.
 */
extern bool rs_text_check(const char **text, uint32 *size, char replacement, bool strict, RsArena *arena,
						  bool *replaced, RsValueFault *fault);

/* Into the server's encoding, which is not UTF-8. */
extern bool rs_text_to_server(const char **text, uint32 *size, RsArena *arena, RsValueFault *fault);

#endif							/* RS_TEXT_FIELDS_H */
