/*
 * unload_manifest.c
 *	  The manifest of an UNLOAD: its files, for COPY and others to read.
 *
 * It is laid out as Redshift's is.  Sizes of files are in each manifest, since readers of
 * Parquet want them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "load/unload/unload_ledger.h"
#include "load/unload/unload_manifest.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"

static void
append_entries(StringInfo to, List *files, bool verbose)
{
	ListCell   *lc;

	appendStringInfoString(to, "  \"entries\": [");
	foreach(lc, files)
	{
		const RsUnloadFile *file = lfirst(lc);

		appendStringInfoString(to, foreach_current_index(lc) == 0 ? "\n    {\"url\":" : ",\n    {\"url\":");
		escape_json(to, file->url);
		appendStringInfo(to, ", \"meta\": { \"content_length\": " UINT64_FORMAT, file->bytes);
		if (verbose)
			appendStringInfo(to, ", \"record_count\": " UINT64_FORMAT, file->lines);
		appendStringInfoString(to, " }}");
	}
	appendStringInfoString(to, "\n  ]");
}

static void
append_type(StringInfo to, const RsWriteColumn *column)
{
	appendStringInfoString(to, "{ \"base\": ");
	escape_json(to, column->typid == BPCHAROID ? "character" : format_type_be(column->typid));
	if (column->typmod >= (int32) VARHDRSZ && (column->typid == VARCHAROID || column->typid == BPCHAROID))
		appendStringInfo(to, ", \"max_length\": %d", column->typmod - (int) VARHDRSZ);
	else if (column->typmod >= (int32) VARHDRSZ && column->typid == NUMERICOID)
	{
		int32		typmod = column->typmod - VARHDRSZ;

		appendStringInfo(to, ", \"precision\": %d, \"scale\": %d", (typmod >> 16) & 0xffff,
						 ((typmod & 0x7ff) ^ 1024) - 1024);
	}
	appendStringInfoString(to, " }");
}

static void
append_schema(StringInfo to, const RsWriteColumn *columns, int ncolumns)
{
	int			c;

	appendStringInfoString(to, ",\n  \"schema\": {\n    \"elements\": [");
	for (c = 0; c < ncolumns; c++)
	{
		appendStringInfoString(to, c == 0 ? "\n      {\"name\": " : ",\n      {\"name\": ");
		escape_json(to, columns[c].name);
		appendStringInfoString(to, ", \"type\": ");
		append_type(to, &columns[c]);
		appendStringInfoChar(to, '}');
	}
	appendStringInfoString(to, "\n    ]\n  }");
}

char *
rs_unload_manifest(List *files, bool verbose, const RsWriteColumn *columns, int ncolumns)
{
	StringInfoData text;
	uint64		bytes = 0;
	uint64		lines = 0;
	ListCell   *lc;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\n");
	append_entries(&text, files, verbose);
	if (verbose)
	{
		foreach(lc, files)
		{
			bytes += ((RsUnloadFile *) lfirst(lc))->bytes;
			lines += ((RsUnloadFile *) lfirst(lc))->lines;
		}
		append_schema(&text, columns, ncolumns);
		appendStringInfo(&text, ",\n  \"meta\": {\n    \"content_length\": " UINT64_FORMAT
						 ",\n    \"record_count\": " UINT64_FORMAT "\n  }", bytes, lines);
		appendStringInfoString(&text, ",\n  \"author\": {\n    \"name\": \"Amazon Redshift\",\n"
							   "    \"version\": \"1.0.0\"\n  }");
	}
	appendStringInfoString(&text, "\n}\n");
	return pg_server_to_any(text.data, text.len, PG_UTF8);
}
