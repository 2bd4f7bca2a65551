/*
 * format.c
 *	  The formats there are.
 */
#include "postgres.h"

#include "format/format.h"
#include "format/json/json.h"
#include "format/parquet/parquet.h"

static const RsFormat *const formats[] = {
	&rs_json_format,
	&rs_parquet_format,
	NULL
};

const RsFormat *
rs_format_find(const char *name)
{
	const RsFormat *const *format;

	for (format = formats; *format != NULL; format++)
		if (strcmp((*format)->name, name) == 0)
			return *format;
	return NULL;
}
