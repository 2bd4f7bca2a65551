/*
 * json_text.h
 *	  Strings of JSON, and pieces of it, as text in the server's encoding.
 */
#ifndef RS_JSON_TEXT_H
#define RS_JSON_TEXT_H

#include "format/column_builder.h"
#include "format/json/json_scan.h"

typedef struct RsJsonText
{
	const RsConversion *conversion;
	MemoryContext context;
	char	   *buffer;			/* for the text of one value */
	Size		room;
	char	   *converted;		/* the same, in the server's encoding */
	Size		converted_room;
	bool		replaced;		/* invalid characters of the last one were */
} RsJsonText;

extern void rs_json_text_init(RsJsonText *text, const RsConversion *conversion);

/* What a string says, in UTF-8; false: it has code points that cannot be.  Good until the next call. */
extern bool rs_json_text_name(RsJsonText *text, const RsJsonValue *string, const char **result, Size *size);

/* What a string says; false: a fault.  The result is good until the next call. */
extern bool rs_json_text_string(RsJsonText *text, const RsJsonValue *string, const char **result, Size *size,
								RsValueFault *fault);

/*
 * A value as it stands there, but for line feeds between its parts and the white space
 * around them.  One more byte is a terminating zero.
 */
extern bool rs_json_text_source(RsJsonText *text, const RsJsonValue *value, const char **result, Size *size,
								RsValueFault *fault);

/* UTF-8 that is not from JSON, checked and converted. */
extern bool rs_json_text_utf8(RsJsonText *text, const char *data, Size data_size, const char **result,
							  Size *size, RsValueFault *fault);

#endif							/* RS_JSON_TEXT_H */
