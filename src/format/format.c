/*
 * format.c
 *	  The formats there are.
 */
#include "postgres.h"

#include "format/avro/avro.h"
#include "format/format.h"
#include "format/json/json.h"
#include "format/orc/orc.h"
#include "format/parquet/parquet.h"
#include "format/text/text.h"

static const RsFormat *const formats[] = {
	&rs_avro_format,
	&rs_format_csv,
	&rs_format_delimited,
	&rs_format_fixedwidth,
	&rs_json_format,
	&rs_parquet_format,
	&rs_orc_format,
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
