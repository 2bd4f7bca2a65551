/*
 * unload_files.c
 *	  The files that one process of an UNLOAD writes: one after the other.
 *
 * Names are <prefix><slice>_part_<part><end>, or <prefix><part><end> if all is written by
 * one process; with PARTITION BY the prefix goes on with a directory for the values.
 * Rows come in the order of these, so that one file at a time is open, however many
 * partitions there are.  Types may have values that are equal and not the same as text, so a
 * directory may be come back to: parts go on where they were.
 *
 * A file is finished before it would pass MAXFILESIZE, as far as the largest batch so far
 * tells.  What a writer needs is in a context of the file's.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "format/parquet/parquet.h"
#include "format/text/text_write.h"
#include "format/text/value_text.h"
#include "load/unload/unload_files.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define NULL_PARTITION		"__HIVE_DEFAULT_PARTITION__"
#define MANIFEST			"manifest"

/* A directory of PARTITION BY: where its files go on. */
typedef struct Partition
{
	char	   *directory;		/* key */
	int			next_part;
} Partition;

/* A column of PARTITION BY. */
typedef struct Key
{
	const char *name;			/* as it stands in directories */
	int			column;
	bool		is_bool;
	bool		is_padded;
	RsTextColumn *text;
	RsTextPiece *pieces;		/* of the batch's rows */
} Key;

struct RsUnloadFiles
{
	RsLocation *location;
	const char *prefix;
	const RsUnloadOptions *options;
	const char *end;			/* of names */
	RsUnloadLedger *ledger;
	int			slice;			/* -1: no file yet */
	RsWriteSpec spec;
	int		   *sources;		/* columns of the query that are written */
	const RsVector **vectors;
	int			nkeys;
	Key		   *keys;
	HTAB	   *partitions;		/* NULL: no PARTITION BY */
	StringInfoData directory;	/* of the open file */
	int			next_part;		/* without PARTITION BY */
	MemoryContext context;
	MemoryContext batch;
	RsArena    *arena;

	/* The open file. */
	RsUnloadFile *file;			/* NULL: none */
	MemoryContext file_context;
	RsOutput   *target;
	RsOutput   *output;			/* compressing, or the target */
	RsWriter   *writer;
	uint64		rows;
	uint64		largest;		/* bytes of a batch */
};

/* ---------------------------------------------------------------------
 * Names
 * ---------------------------------------------------------------------
 */

char *
rs_unload_prefix(const char *target, const RsUnloadOptions *options)
{
	if (options->partition_by == NIL || target[strlen(target) - 1] == '/')
		return pstrdup(target);
	return psprintf("%s/", target);
}

/*
 * Redshift names compressed files so, and Parquet's; others only if it is told to.
 */
static const char *
end_of_names(const RsUnloadOptions *options)
{
	if (options->extension != NULL)
		return options->extension;
	if (options->format == RS_UNLOAD_PARQUET)
		return ".parquet";
	return options->compression == RS_COMPRESSION_NONE ? "" : rs_compression_suffix(options->compression);
}

bool
rs_unload_may_write(const RsUnloadOptions *options, const char *name, int *slice)
{
	const char *base = name;
	Size		digits;

	*slice = 0;
	if (strcmp(name, MANIFEST) == 0)
		return options->manifest;
	if (options->partition_by != NIL)
	{
		ListCell   *lc;

		foreach(lc, options->partition_by)
		{
			const char *column = lfirst(lc);

			if (strncmp(base, column, strlen(column)) != 0 || base[strlen(column)] != '=' ||
				(base = strchr(base, '/')) == NULL)
				return false;
			base++;
		}
	}
	digits = strspn(base, "0123456789");
	if (digits < (options->parallel ? 4 : 3) || digits > 9)
		return false;
	if (options->parallel)
		*slice = atoi(base);
	base += digits;
	if (options->parallel)
	{
		if (strncmp(base, "_part_", 6) != 0)
			return false;
		base += 6;
		digits = strspn(base, "0123456789");
		if (digits < 2)
			return false;
		base += digits;
	}
	return strcmp(base, end_of_names(options)) == 0;
}

/*
 * A name or value of a directory, with what could be taken for something else as Hive writes it.
 */
static void
append_escaped(StringInfo to, const char *text, Size size)
{
	Size		i;

	for (i = 0; i < size; i++)
	{
		uint8		byte = (uint8) text[i];

		if (byte < 0x20 || byte == 0x7f || strchr("\"#%'*/:=?\\{[]^", byte) != NULL)
			appendStringInfo(to, "%%%02X", byte);
		else
			appendStringInfoChar(to, (char) byte);
	}
}

static char *
file_name(const RsUnloadFiles *files, int part)
{
	if (files->options->parallel)
		return psprintf("%s%s%04d_part_%02d%s", files->prefix, files->directory.data, files->slice, part, files->end);
	return psprintf("%s%s%03d%s", files->prefix, files->directory.data, part, files->end);
}

/* ---------------------------------------------------------------------
 * One file
 * ---------------------------------------------------------------------
 */

/*
 * With CLEANPATH and PARTITION BY only the directories that get files are cleared, by whoever
 * comes first; what this statement has written there is in the ledger.
 */
static void
clean_directory(RsUnloadFiles *files)
{
	char	   *prefix = psprintf("%s%s", files->prefix, files->directory.data);
	List	   *objects = files->location->list(files->location, prefix);
	/* Whatever is in the list and of this statement was in the ledger before. */
	List	   *written = objects == NIL ? NIL : rs_unload_ledger_files(files->ledger);
	ListCell   *object;
	ListCell   *lc;

	foreach(object, objects)
	{
		const char *url = ((RsObject *) lfirst(object))->url;
		bool		ours = false;

		foreach(lc, written)
			ours |= strcmp(((RsUnloadFile *) lfirst(lc))->url, url) == 0;
		if (!ours)
			files->location->remove(files->location, url);
	}
}

static int
next_part(RsUnloadFiles *files)
{
	Partition  *partition;
	bool		found;
	char	   *key;

	if (files->partitions == NULL)
		return files->next_part++;
	key = files->directory.data;
	partition = hash_search(files->partitions, &key, HASH_ENTER, &found);
	if (!found)
	{
		partition->directory = MemoryContextStrdup(files->context, key);
		partition->next_part = 0;
		if (files->options->clean_path)
			clean_directory(files);
	}
	return partition->next_part++;
}

static RsWriter *
make_writer(RsUnloadFiles *files)
{
	const RsUnloadOptions *options = files->options;
	const RsFormat *format;

	if (options->format == RS_UNLOAD_JSON || options->format == RS_UNLOAD_PARQUET)
	{
		const char *name = options->format == RS_UNLOAD_JSON ? "json" : "parquet";

		format = rs_format_find(name);
		if (format == NULL || format->write == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("files of format \"%s\" cannot be written", name)));
		return format->write(&files->spec, files->output);
	}
	return rs_text_write(&files->spec, files->output);
}

static void
begin_file(RsUnloadFiles *files)
{
	MemoryContext caller = MemoryContextSwitchTo(files->file_context);
	int			part;
	char	   *url;

	if (files->slice < 0)
		files->slice = rs_unload_ledger_next_slice(files->ledger);
	part = next_part(files);
	url = file_name(files, part);
	files->file = rs_unload_ledger_begin(files->ledger, url, files->slice, part);
	files->target = files->location->write(files->location, url);
	files->output = files->options->compression == RS_COMPRESSION_NONE ? files->target :
		rs_compress_output(files->target, files->options->compression, 0);
	files->writer = make_writer(files);
	files->rows = 0;
	files->largest = 0;
	MemoryContextSwitchTo(caller);
}

static void
finish_file(RsUnloadFiles *files)
{
	RsUnloadFile *file = files->file;
	MemoryContext caller;

	if (file == NULL)
		return;
	caller = MemoryContextSwitchTo(files->file_context);
	files->writer->finish(files->writer);
	files->output->finish(files->output);
	files->file = NULL;
	if (!rs_unload_ledger_complete(files->ledger, file, files->rows, files->rows + files->options->header,
								   files->target->written))
		files->location->remove(files->location, file->url);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(files->file_context);
}

static uint64
file_size(const RsUnloadFiles *files)
{
	if (files->output != files->target)
		return files->target->written;
	return files->writer->size(files->writer);
}

static void
put_rows(RsUnloadFiles *files, const RsVectorBatch *batch)
{
	uint64		before;
	uint64		after;
	MemoryContext caller;

	if (files->file == NULL)
		begin_file(files);
	before = file_size(files);
	caller = MemoryContextSwitchTo(files->batch);
	files->writer->put(files->writer, batch);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(files->batch);
	files->rows += batch->n;
	after = file_size(files);
	files->largest = Max(files->largest, after > before ? after - before : 0);
	if (after + files->largest > files->options->max_file_size)
		finish_file(files);
}

/* ---------------------------------------------------------------------
 * Partitions
 * ---------------------------------------------------------------------
 */

/*
 * The text of each row's value.
 */
static void
format_key(RsUnloadFiles *files, Key *key, const RsVectorBatch *batch)
{
	const RsVector *vector = rs_vector_flatten(files->arena, batch->columns[key->column], batch->n);
	uint32		i;

	rs_text_column_format(key->text, vector, batch->n, key->pieces);
	for (i = 0; i < batch->n; i++)
	{
		RsTextPiece *piece = &key->pieces[i];

		while (key->is_padded && piece->size > 0 && piece->data[piece->size - 1] == ' ')
			piece->size--;
		if (key->is_bool && piece->data != NULL)
			*piece = piece->data[0] == 't' ? (RsTextPiece) {"true", 4} : (RsTextPiece) {"false", 5};
	}
}

static bool
same_key(const RsTextPiece *one, const RsTextPiece *other)
{
	if (one->data == NULL || other->data == NULL)
		return one->data == other->data;
	return one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
}

static bool
same_partition(const RsUnloadFiles *files, uint32 one, uint32 other)
{
	int			k;

	for (k = 0; k < files->nkeys; k++)
		if (!same_key(&files->keys[k].pieces[one], &files->keys[k].pieces[other]))
			return false;
	return true;
}

static void
name_directory(const RsUnloadFiles *files, uint32 row, StringInfo name)
{
	int			k;

	resetStringInfo(name);
	for (k = 0; k < files->nkeys; k++)
	{
		const RsTextPiece *piece = &files->keys[k].pieces[row];

		appendStringInfo(name, "%s=", files->keys[k].name);
		/* Hive has no other directory for an empty string. */
		if (piece->size == 0)
			appendStringInfoString(name, NULL_PARTITION);
		else
			append_escaped(name, piece->data, piece->size);
		appendStringInfoChar(name, '/');
	}
}

/*
 * Rows [first, first + n) of a batch, all of one partition.
 */
static void
put_partition(RsUnloadFiles *files, const RsVectorBatch *batch, uint32 first, uint32 n, StringInfo name)
{
	uint32		rows[RS_VECTOR_ROWS];
	RsVectorBatch part = {n, files->vectors};
	uint32		i;
	int			c;

	name_directory(files, first, name);
	if (strcmp(name->data, files->directory.data) != 0)
	{
		finish_file(files);
		resetStringInfo(&files->directory);
		appendBinaryStringInfo(&files->directory, name->data, name->len);
	}
	for (i = 0; i < n; i++)
		rows[i] = first + i;
	for (c = 0; c < files->spec.ncolumns; c++)
	{
		const RsVector *vector = batch->columns[files->sources[c]];

		files->vectors[c] = n == batch->n || vector->constant ? vector :
			rs_vector_gather(files->arena, vector, rows, n);
	}
	put_rows(files, &part);
}

static void
put_partitions(RsUnloadFiles *files, const RsVectorBatch *batch)
{
	StringInfoData name;
	uint32		first = 0;
	uint32		end;
	int			k;

	initStringInfo(&name);
	for (k = 0; k < files->nkeys; k++)
		format_key(files, &files->keys[k], batch);
	while (first < batch->n)
	{
		CHECK_FOR_INTERRUPTS();
		for (end = first + 1; end < batch->n && same_partition(files, first, end); end++)
			;
		put_partition(files, batch, first, end - first, &name);
		first = end;
	}
	pfree(name.data);
	rs_arena_reset(files->arena);
}

/* ---------------------------------------------------------------------
 * All of them
 * ---------------------------------------------------------------------
 */

void
rs_unload_files_put(RsUnloadFiles *files, const RsVectorBatch *batch)
{
	CHECK_FOR_INTERRUPTS();
	if (batch->n == 0)
		return;
	if (files->partitions != NULL)
		put_partitions(files, batch);
	else
		put_rows(files, batch);
}

void
rs_unload_files_put_nothing(RsUnloadFiles *files)
{
	if (files->partitions == NULL)
		begin_file(files);
}

void
rs_unload_files_end(RsUnloadFiles *files)
{
	finish_file(files);
}

List *
rs_unload_partition_columns(const RsUnloadOptions *options, const RsWriteColumn *columns, int ncolumns)
{
	static const Oid allowed[] = {
		INT2OID, INT4OID, INT8OID, NUMERICOID, FLOAT4OID, BOOLOID, BPCHAROID, VARCHAROID, TEXTOID, DATEOID, TIMESTAMPOID
	};
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, options->partition_by)
	{
		const char *name = lfirst(lc);
		int			column = -1;
		bool		fits = false;
		int			i;

		for (i = 0; i < ncolumns; i++)
			if (strcmp(columns[i].name, name) == 0)
				column = i;
		if (column < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of UNLOAD option \"partition_by\" is not in the query", name)));
		for (i = 0; i < lengthof(allowed); i++)
			fits |= columns[column].type.typid == allowed[i];
		if (!fits)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of UNLOAD option \"partition_by\" is of a type that files cannot be "
							"partitioned by", name)));
		if (list_member_int(found, column))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" is twice in UNLOAD option \"partition_by\"", name)));
		found = lappend_int(found, column);
	}
	if (found != NIL && list_length(found) == ncolumns && !options->include)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("UNLOAD option \"partition_by\" leaves no column for the files")));
	return found;
}

static uint32
hash_directory(const void *key, Size size)
{
	const char *directory = *(const char *const *) key;

	return hash_bytes((const unsigned char *) directory, (int) strlen(directory));
}

static int
match_directories(const void *one, const void *other, Size size)
{
	return strcmp(*(const char *const *) one, *(const char *const *) other);
}

static void
init_keys(RsUnloadFiles *files, List *columns, const RsWriteColumn *all)
{
	HASHCTL		control = {.keysize = sizeof(char *),.entrysize = sizeof(Partition)};
	ListCell   *lc;

	if (columns == NIL)
		return;
	files->keys = palloc0(list_length(columns) * sizeof(Key));
	foreach(lc, columns)
	{
		const RsWriteColumn *column = &all[lfirst_int(lc)];
		Key		   *key = &files->keys[files->nkeys++];
		StringInfoData name;

		initStringInfo(&name);
		append_escaped(&name, column->name, strlen(column->name));
		key->name = name.data;
		key->column = lfirst_int(lc);
		key->is_bool = column->type.typid == BOOLOID;
		key->is_padded = column->type.typid == BPCHAROID;
		key->text = rs_text_column_create(&column->type);
		key->pieces = palloc(RS_VECTOR_ROWS * sizeof(RsTextPiece));
	}
	control.hash = hash_directory;
	control.match = match_directories;
	control.hcxt = CurrentMemoryContext;
	files->partitions = hash_create("redshift partitions of files", 64, &control,
									HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static const void *
parquet_options(const RsUnloadOptions *options)
{
	static const RsParquetWriteOptions defaults = RS_PARQUET_WRITE_DEFAULTS;
	RsParquetWriteOptions *parquet = palloc(sizeof(RsParquetWriteOptions));

	*parquet = defaults;
	if (options->row_group_size != 0)
		parquet->row_group_bytes = (uint64) options->row_group_size << 20;
	return parquet;
}

/*
 * The options of the format's writer.
 */
static const void *
writer_options(const RsUnloadOptions *options, int ncolumns)
{
	RsTextWriteOptions *text;
	ListCell   *lc;
	int		   *widths;

	if (options->format == RS_UNLOAD_JSON)
		return NULL;
	if (options->format == RS_UNLOAD_PARQUET)
		return parquet_options(options);
	text = palloc0(sizeof(RsTextWriteOptions));
	text->delimiter = options->delimiter;
	text->csv = options->format == RS_UNLOAD_CSV;
	text->add_quotes = options->add_quotes;
	text->escape = options->escape;
	text->header = options->header;
	text->null_as = options->null_as;
	if (options->widths == NIL)
		return text;
	if (list_length(options->widths) != ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("UNLOAD option \"fixedwidth\" has %d columns, the files have %d",
						list_length(options->widths), ncolumns)));
	widths = palloc(ncolumns * sizeof(int));
	foreach(lc, options->widths)
		widths[foreach_current_index(lc)] = lfirst_int(lc);
	text->widths = widths;
	return text;
}

RsUnloadFiles *
rs_unload_files_create(const char *target, const RsUnloadOptions *options, const RsWriteColumn *columns, int ncolumns,
					   RsUnloadLedger *ledger)
{
	RsUnloadFiles *files = palloc0(sizeof(RsUnloadFiles));
	List	   *keys = rs_unload_partition_columns(options, columns, ncolumns);
	RsWriteColumn *written = palloc(Max(ncolumns, 1) * sizeof(RsWriteColumn));
	int			c;

	files->context = CurrentMemoryContext;
	files->prefix = rs_unload_prefix(target, options);
	files->options = options;
	files->end = end_of_names(options);
	files->ledger = ledger;
	files->slice = -1;
	files->location = rs_location_open(files->prefix, options->access, true);
	files->sources = palloc(Max(ncolumns, 1) * sizeof(int));
	files->vectors = palloc(Max(ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < ncolumns; c++)
		if (options->include || !list_member_int(keys, c))
		{
			files->sources[files->spec.ncolumns] = c;
			written[files->spec.ncolumns++] = columns[c];
		}
	files->spec.columns = written;
	files->spec.options = writer_options(options, files->spec.ncolumns);
	initStringInfo(&files->directory);
	files->file_context = AllocSetContextCreate(CurrentMemoryContext, "redshift unload file", ALLOCSET_DEFAULT_SIZES);
	files->batch = AllocSetContextCreate(CurrentMemoryContext, "redshift unload batch", ALLOCSET_DEFAULT_SIZES);
	files->arena = rs_arena_create(CurrentMemoryContext);
	init_keys(files, keys, columns);
	return files;
}
