/*
 * formats.c
 *	  libFuzzer in a backend, against the readers of src/format, and of manifests and S3's XML.
 *
 * Readers want much of PostgreSQL: memory contexts, errors, types' input functions, encodings,
 * time zones.  So they are not given stubs of it: they are compiled, with libFuzzer and its
 * sanitizers, into a library that a single-user backend loads.  `SELECT fuzz(target, arguments)`
 * runs the fuzzer.
 *
 * Memory that readers take comes from contexts of our own, whose chunks are malloc'ed one by
 * one, exactly as large as asked for: so AddressSanitizer sees what leaves them.
 *
 * An input is a line that says which columns are read with which options (input_head() tells the
 * letters), and then the file.  It fails if a sanitizer says so; if a reader's error is an
 * internal one, or does not name the file and, of damage, the place; if a batch is not what
 * vector.h says; if the file read in parts has other rows; if so small a file takes much memory.
 */
#include "postgres.h"

#include <time.h>

#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "core/settings.h"
#include "fmgr.h"
#include "format/compression/stream.h"
#include "format/format.h"
#include "format/json/json.h"
#include "format/text/text.h"
#include "load/manifest.h"
#include "load/s3/xml.h"
#include "mb/pg_wchar.h"
#include "nodes/memnodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/varlena.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(fuzz);

extern int	LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback) (const uint8 *data, size_t size));
extern MemoryContext fuzz_context_create(MemoryContext parent, const char *name, Size min, Size init, Size max);

/* As messages have to call it */
#define FILE_NAME			"fuzz.in"
/* Memory of one reader, whatever a file of some kilobytes says. */
#define MEMORY_LIMIT		((Size) 768 * 1024 * 1024)
#define MAX_SECONDS			15
#define MAX_COLUMNS			40
#define MAX_BAD_ROWS		1000
/* Files that say so can have as many rows as they like; a stream of zeros is as long. */
#define MAX_ROWS			200000
#define MAX_CONTENT			((uint64) 16 * 1024 * 1024)

typedef struct Chunk
{
	struct Chunk *previous;
	struct Chunk *next;
	Size		size;
	uint64		unused;
	MemoryContext context;		/* the word before what the caller gets, as everywhere in PostgreSQL */
} Chunk;

typedef struct FuzzContext
{
	MemoryContextData base;
	Chunk		chunks;			/* a ring */
} FuzzContext;

/* What an input asks for. */
typedef struct Head
{
	RsReadColumn columns[MAX_COLUMNS];
	int			ncolumns;
	RsConversion conversion;
	RsTextOptions text;
	RsJsonOptions json;
	bool		seekable;
	bool		in_parts;
	bool		lenient;		/* bad rows are left out */
	int			max_memory;
} Head;

typedef struct MemoryInput
{
	RsInput		base;
	const char *data;
} MemoryInput;

typedef struct Rows
{
	uint64		n;
	uint64		hash;			/* of all values, in their order */
} Rows;

int			rs_vector_rows = RS_BATCH_ROWS;
int			rs_dialect = RS_DIALECT_POSTGRESQL;

static const char *target;
static const RsFormat *format;
static Size memory_used;
static int	nbad_rows;
static bool lenient;

static void
fail(const char *reason)
{
	fprintf(stderr, "FAILED: %s\n", reason);
	abort();
}

/* ---------------------------------------------------------------------
 * Memory
 * ---------------------------------------------------------------------
 */

#define CHUNK_OF(pointer)	((Chunk *) ((char *) (pointer) - sizeof(Chunk)))

static void *
chunk_alloc(MemoryContext context, Size size)
{
	FuzzContext *owner = (FuzzContext *) context;
	char	   *memory;
	Chunk	   *chunk;

	memory_used += size;
	if (memory_used > MEMORY_LIMIT)
		fail("it takes too much memory");
	/* MAXALIGNed, but no more than that */
	memory = malloc(sizeof(Chunk) + size);
	if (memory == NULL)
		fail("out of memory");
	chunk = (Chunk *) memory;
	chunk->size = size;
	chunk->context = context;
	chunk->previous = &owner->chunks;
	chunk->next = owner->chunks.next;
	chunk->next->previous = chunk;
	owner->chunks.next = chunk;
	memset(memory + sizeof(Chunk), 0x7F, Min(size, 64));
	return memory + sizeof(Chunk);
}

static void
chunk_free(MemoryContext context, void *pointer)
{
	Chunk	   *chunk = CHUNK_OF(pointer);

	memory_used -= chunk->size;
	chunk->previous->next = chunk->next;
	chunk->next->previous = chunk->previous;
	free(chunk);
}

static void *
chunk_realloc(MemoryContext context, void *pointer, Size size)
{
	void	   *larger = chunk_alloc(context, size);

	memcpy(larger, pointer, Min(size, CHUNK_OF(pointer)->size));
	chunk_free(context, pointer);
	return larger;
}

static void
context_reset(MemoryContext context)
{
	FuzzContext *owner = (FuzzContext *) context;

	while (owner->chunks.next != &owner->chunks)
		chunk_free(context, owner->chunks.next + 1);
}

static void
context_delete(MemoryContext context)
{
	context_reset(context);
	free(context);
}

static Size
chunk_space(MemoryContext context, void *pointer)
{
	return CHUNK_OF(pointer)->size;
}

static bool
context_is_empty(MemoryContext context)
{
	FuzzContext *owner = (FuzzContext *) context;

	return owner->chunks.next == &owner->chunks;
}

static void
context_stats(MemoryContext context, MemoryStatsPrintFunc print, void *arg, MemoryContextCounters *totals,
			  bool to_stderr)
{
}

#ifdef MEMORY_CONTEXT_CHECKING
static void
context_check(MemoryContext context)
{
}
#endif

static const MemoryContextMethods methods = {
	chunk_alloc, chunk_free, chunk_realloc, context_reset, context_delete, chunk_space, context_is_empty,
	context_stats
#ifdef MEMORY_CONTEXT_CHECKING
	,context_check
#endif
};

/* Instead of AllocSetContextCreateInternal(), in what is compiled with the fuzzer. */
MemoryContext
fuzz_context_create(MemoryContext parent, const char *name, Size min, Size init, Size max)
{
	FuzzContext *context = malloc(sizeof(FuzzContext));

	context->chunks.next = context->chunks.previous = &context->chunks;
	MemoryContextCreate((MemoryContext) context, T_AllocSetContext, &methods, parent, name);
	return (MemoryContext) context;
}

/* ---------------------------------------------------------------------
 * What is read
 * ---------------------------------------------------------------------
 */

static Size
input_read(RsInput *input, uint64 offset, char *buffer, Size size)
{
	MemoryInput *memory = (MemoryInput *) input;
	Size		n = offset >= (uint64) input->size ? 0 : (Size) Min(size, (uint64) input->size - offset);

	memcpy(buffer, memory->data + Min(offset, (uint64) input->size), n);
	return n;
}

static void
input_close(RsInput *input)
{
}

static RsInput *
open_input(const char *data, Size size, bool seekable)
{
	MemoryInput *input = palloc0(sizeof(MemoryInput));

	/* A copy, so that its end is seen */
	input->data = memcpy(palloc(size), data, size);
	input->base.name = FILE_NAME;
	input->base.size = (int64) size;
	input->base.seekable = seekable;
	input->base.read = input_read;
	input->base.close = input_close;
	return &input->base;
}

static void
add_column(Head *head, Oid type, int32 typmod)
{
	RsReadColumn *column = &head->columns[head->ncolumns];

	column->name = psprintf("c%d", head->ncolumns++);
	column->typid = type;
	column->typmod = typmod;
	column->collation = DEFAULT_COLLATION_OID;
	rs_vector_type_init(&column->type, type);
	column->wanted = true;
}

#define NUMERIC_TYPMOD(precision, scale)	((((precision) << 16) | (scale)) + VARHDRSZ)

static void
read_type(Head *head, char letter)
{
	static const struct
	{
		char		letter;
		Oid			type;
		int32		typmod;
	}			types[] = {
		{'b', BOOLOID, -1}, {'s', INT2OID, -1}, {'i', INT4OID, -1}, {'l', INT8OID, -1}, {'f', FLOAT4OID, -1},
		{'d', FLOAT8OID, -1}, {'n', NUMERICOID, -1}, {'N', NUMERICOID, NUMERIC_TYPMOD(20, 5)},
		{'m', NUMERICOID, NUMERIC_TYPMOD(10, 2)}, {'t', TEXTOID, -1}, {'v', VARCHAROID, VARHDRSZ + 10},
		{'c', BPCHAROID, VARHDRSZ + 5}, {'x', BYTEAOID, -1}, {'T', TIMESTAMPOID, -1}, {'Z', TIMESTAMPTZOID, -1},
		{'D', DATEOID, -1}, {'h', TIMEOID, -1}, {'j', JSONBOID, -1}, {'J', JSONOID, -1}, {'u', UUIDOID, -1},
		{'a', INT4ARRAYOID, -1}, {'A', TEXTARRAYOID, -1}, {'S', TIMESTAMPOID, 3}, {'I', INTERVALOID, -1}
	};
	int			i;

	if (head->ncolumns == MAX_COLUMNS)
		return;
	if (letter == '!' && head->ncolumns > 0)
		head->columns[head->ncolumns - 1].not_null = true;
	if (letter == '-' && head->ncolumns > 0)
		head->columns[head->ncolumns - 1].wanted = false;
	for (i = 0; i < lengthof(types); i++)
		if (types[i].letter == letter)
			add_column(head, types[i].type, types[i].typmod);
}

static void
read_option(Head *head, char letter)
{
	RsConversion *conversion = &head->conversion;

	switch (letter)
	{
		case 'i':
			conversion->accept_invalid_chars = true;
			conversion->replacement = '?';
			break;
		case 'f':
			conversion->fill_record = true;
			break;
		case 'd':
			conversion->accept_any_date = true;
			break;
		case 't':
			conversion->truncate_columns = true;
			break;
		case 'b':
			conversion->blanks_as_null = true;
			break;
		case 'e':
			conversion->empty_as_null = true;
			break;
		case 'T':
			conversion->trim_blanks = true;
			break;
		case 'r':
			conversion->round_decimals = true;
			break;
		case 'a':
			conversion->date_format = conversion->time_format = "auto";
			break;
		case 'F':
			conversion->date_format = "MM/DD/YY";
			conversion->time_format = "DD Mon YYYY HH12:MI:SS.MS AM";
			break;
		case 'o':
			conversion->time_format = "epochmillisecs";
			break;
		case 'u':
			conversion->encoding = RS_ENCODING_UTF16;
			break;
		case 'U':
			conversion->encoding = RS_ENCODING_UTF16LE;
			break;
		case 'l':
			conversion->encoding = PG_LATIN1;
			break;
		case 'L':
			head->lenient = true;
			break;
		case 's':
			head->seekable = false;
			break;
		case 'p':
			head->in_parts = true;
			break;
		case 'M':
			head->max_memory = 64;
			break;
		case '5':
			rs_vector_rows = 5;
			break;
		case 'R':
			rs_dialect = RS_DIALECT_REDSHIFT;
			break;
		case 'E':
			head->text.escape = true;
			break;
		case 'q':
			head->text.remove_quotes = true;
			break;
		case 'B':
			head->text.ignore_blank_lines = true;
			break;
		case 'h':
			head->text.ignore_header = head->json.ignore_header = 1;
			break;
		case 'D':
			head->text.delimiter = "||";
			break;
		case 'Q':
			head->text.quote = '\'';
			break;
		case '1':
			head->json.mode = RS_JSON_AUTO_IGNORECASE;
			break;
		case '2':
			head->json.mode = RS_JSON_NOSHRED;
			break;
		case '3':
			head->json.mode = RS_JSON_PATHS;
			break;
	}
}

/*
 * The first line: letters of columns, ':', letters of options.  A jsonpaths file stands behind
 * it, up to a NUL.  Returns where the file begins; NULL: there is no such line.
 */
static const char *
input_head(Head *head, const char *data, Size size)
{
	const char *end = memchr(data, '\n', Min(size, 128));
	bool		options = false;

	memset(head, 0, sizeof(Head));
	rs_vector_rows = RS_BATCH_ROWS;
	rs_dialect = RS_DIALECT_POSTGRESQL;
	head->seekable = true;
	head->max_memory = 64 * 1024;
	head->conversion.encoding = PG_UTF8;
	head->text.fixed_width = "a:3,b:1,c:10,d:2";
	if (end == NULL)
		return NULL;
	for (; data < end; data++)
		if (*data == ':')
			options = true;
		else if (options)
			read_option(head, *data);
		else
			read_type(head, *data);
	if (strcmp(target, "delimited") == 0 || strcmp(target, "fixedwidth") == 0)
	{
		head->conversion.null_as = RS_TEXT_NULL;
		head->conversion.null_as_size = strlen(RS_TEXT_NULL);
	}
	return end + 1;
}

/* ---------------------------------------------------------------------
 * What comes of it
 * ---------------------------------------------------------------------
 */

static void
touch(const void *bytes, Size size, Rows *rows)
{
	rows->hash = hash_combine64(rows->hash, hash_bytes_extended(bytes, (int) size, 0));
}

/* Every byte of a value is there, and of the type. */
static void
check_datum(const RsVectorType *type, Datum value, Rows *rows)
{
	if (type->typlen == -1)
	{
		const struct varlena *image = (const struct varlena *) DatumGetPointer(value);
		Size		size = VARSIZE_ANY_EXHDR(image);

		if (VARATT_IS_EXTERNAL(image) || VARATT_IS_COMPRESSED(image))
			fail("a value is not plain");
		touch(VARDATA_ANY(image), size, rows);
		if ((type->typid == TEXTOID || type->typid == VARCHAROID || type->typid == BPCHAROID) &&
			pg_encoding_verifymbstr(GetDatabaseEncoding(), VARDATA_ANY(image), (int) size) != (int) size)
			fail("a string is not valid");
	}
	else if (type->typlen > 0)
		touch(DatumGetPointer(value), type->typlen, rows);
}

static void
check_vector(const RsReadColumn *column, const RsVector *vector, uint32 n, Rows *rows)
{
	Size		width = rs_form_width(vector->form);
	uint32		i;

	if (vector->dictionary != NULL && (vector->ndictionary > n / 2 || vector->codes == NULL))
		fail("a dictionary is too large");
	for (i = 0; i < n; i++)
	{
		uint32		row = vector->constant ? 0 : i;
		uint8		null = vector->null != NULL && vector->null[row];

		if (vector->dictionary != NULL && vector->codes[i] >= vector->ndictionary)
			fail("a code is beyond its dictionary");
		if (vector->dictionary != NULL &&
			null != (vector->dictionary->null != NULL && vector->dictionary->null[vector->codes[i]]))
			fail("a dictionary says otherwise than its vector");
		if (null && column->not_null)
			fail("a value is NULL where none must be");
		touch(&null, 1, rows);
		if (null)
			continue;
		if (vector->form == RS_FORM_REF)
			check_datum(&column->type, ((Datum *) vector->data)[row], rows);
		else
			touch((char *) vector->data + row * width, width, rows);
	}
}

static void
read_rows(const RsReadSpec *spec, RsInput *input, const RsFilePart *part, Rows *rows)
{
	RsArena    *arena = rs_arena_create(CurrentMemoryContext);
	RsReader   *reader = format->read(spec, input, part);
	RsVectorBatch batch;

	for (;;)
	{
		int			i;
		RsBadRow	place;

		rs_arena_reset(arena);
		if (!reader->next(reader, arena, &batch))
			break;
		if (batch.n == 0 || batch.n > RS_BATCH_ROWS)
			fail("a batch has no rows or too many");
		for (i = 0; i < spec->ncolumns; i++)
			if (spec->columns[i].wanted)
				check_vector(&spec->columns[i], batch.columns[i], batch.n, rows);
		reader->locate(reader, batch.n - 1, &place);
		if (place.file == NULL || strcmp(place.file, FILE_NAME) != 0)
			fail("a row is of no file");
		rows->n += batch.n;
		if (rows->n > MAX_ROWS)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many rows in " FILE_NAME)));
	}
	reader->close(reader);
	rs_arena_destroy(arena);
}

static void
touch_raw(const RsRawField *field)
{
	Rows		rows = {0};

	if (field->value != NULL)
		touch(field->value, field->size, &rows);
}

static void
report_bad(RsBadRows *rows, const RsBadRow *bad)
{
	int			i;

	if (bad->file == NULL || strcmp(bad->file, FILE_NAME) != 0 || bad->reason == NULL || bad->line < 1 ||
		bad->column < -1 || bad->column >= MAX_COLUMNS)
		fail("a bad row is reported wrongly");
	touch_raw(&bad->raw_line);
	touch_raw(&bad->raw_value);
	for (i = 0; i < bad->nfields; i++)
		touch_raw(&bad->fields[i]);
	if (!lenient || nbad_rows++ >= MAX_BAD_ROWS)
		ereport(ERROR,
				(errcode(bad->sqlstate != 0 ? bad->sqlstate : ERRCODE_DATA_EXCEPTION),
				 errmsg("line " INT64_FORMAT " of " FILE_NAME ": %s", bad->line, bad->reason)));
}

/*
 * With a condition on the first column that is an integer: what may be left out by what the file says.
 */
static void
read_filtered(RsReadSpec *spec, const char *data, Size size, const Rows *whole)
{
	RsPredicate predicate = {.kind = RS_PRED_COMPARE,.strategy = BTLessStrategyNumber,.btree_order = true};
	Rows		rows = {0};
	int			i;

	for (i = 0; i < spec->ncolumns && predicate.attno == 0; i++)
	{
		Oid			type = spec->columns[i].type.typid;

		if (type != INT4OID && type != INT8OID)
			continue;
		predicate.attno = (AttrNumber) (i + 1);
		predicate.value_type = predicate.column_type = type;
		predicate.value = type == INT4OID ? Int32GetDatum(100) : Int64GetDatum(100);
		fmgr_info(type == INT4OID ? F_BTINT4CMP : F_BTINT8CMP, &predicate.cmp);
	}
	if (predicate.attno == 0)
		return;
	nbad_rows = 0;
	spec->predicates = &predicate;
	spec->npredicates = 1;
	read_rows(spec, open_input(data, size, true), NULL, &rows);
	if (rows.n > whole->n)
		fail("a condition makes rows more");
	spec->predicates = NULL;
	spec->npredicates = 0;
}

static void
read_file(const Head *head, const char *data, Size size)
{
	RsBadRows	bad_rows = {report_bad, NULL};
	RsReadSpec	spec = {0};
	Rows		whole = {0};
	Rows		parts = {0};
	RsFilePart	part = {0};

	spec.columns = head->columns;
	spec.ncolumns = head->ncolumns;
	spec.conversion = &head->conversion;
	spec.options = format->log_name != NULL && strcmp(format->name, "json") != 0 && strcmp(format->name, "avro") != 0 ?
		(const void *) &head->text : (const void *) &head->json;
	spec.bad_rows = &bad_rows;
	spec.max_memory = head->max_memory;
	nbad_rows = 0;
	lenient = head->lenient;
	read_rows(&spec, open_input(data, size, head->seekable), NULL, &whole);
	if (head->seekable)
		read_filtered(&spec, data, size, &whole);
	if (!head->in_parts || !head->seekable || format->parts == NULL)
		return;
	nbad_rows = 0;
	part.nparts = format->parts(&spec, open_input(data, size, true), size / 3 + 1);
	if (part.nparts < 1)
		fail("a file has no parts");
	part.shared = palloc0(Max(part.nparts * format->part_shared_size, 1));
	for (part.number = 0; part.number < part.nparts; part.number++)
		read_rows(&spec, open_input(data, size, true), &part, &parts);
	if (parts.n != whole.n || (parts.n < MAX_ROWS && parts.hash != whole.hash && spec.max_memory > 64))
		fail("parts of a file have other rows than all of it");
}

static void
read_stream(const char *data, Size size)
{
	RsCompression compression = rs_compression_detect(data, size);
	RsInput    *content;
	char		buffer[8192];
	uint64		offset = 0;
	Size		n;

	if (compression == RS_COMPRESSION_NONE)
		return;
	content = rs_decompress_input(open_input(data, size, true), compression);
	while ((n = content->read(content, offset, buffer, sizeof(buffer))) > 0)
	{
		if (n > sizeof(buffer))
			fail("a stream reads more than asked for");
		offset += n;
		if (offset > MAX_CONTENT)
			break;
	}
	content->close(content);
}

/* The file, whatever is asked for */
static const char *manifest_data;
static Size manifest_size;

static RsInput *
location_read(RsLocation *location, const RsObject *object)
{
	return open_input(manifest_data, manifest_size, true);
}

static RsObject *
location_find(RsLocation *location, const char *url)
{
	RsObject   *object = palloc0(sizeof(RsObject));

	object->url = url;
	object->size = (int64) strlen(url);
	return object->size % 8 == 7 ? NULL : object;
}

static void
read_manifest(const char *data, Size size)
{
	RsLocation	location = {0};
	ListCell   *lc;

	location.read = location_read;
	location.find = location_find;
	manifest_data = data;
	manifest_size = size;
	foreach(lc, rs_manifest_read(&location, "file:///" FILE_NAME))
		if (((RsObject *) lfirst(lc))->url == NULL)
			fail("a file of a manifest has no URL");
}

static void
read_xml(const char *data, Size size)
{
	char	   *text = palloc(size + 1);
	Size		nevents = 0;
	Rows		rows = {0};
	RsXmlReader reader;
	RsXmlEvent	event;

	memcpy(text, data, size);
	text[size] = '\0';
	rs_xml_begin(&reader, text, size);
	while ((event = rs_xml_next(&reader)) == RS_XML_START || event == RS_XML_END)
	{
		if (++nevents > 2 * size)
			fail("XML has no end");
		if (reader.depth < 1 || reader.depth > RS_XML_DEPTH)
			fail("XML is nested otherwise than it says");
		(void) rs_xml_is(&reader, "Contents");
		if (event == RS_XML_END)
			touch(reader.text.data, reader.text.len, &rows);
	}
}

/* An offset, a line or a row, with its number */
static bool
names_place(const char *text)
{
	static const char *const words[] = {"offset ", "byte ", "line ", "row ", NULL};

	for (int i = 0; text != NULL && words[i] != NULL; i++)
	{
		const char *found = strcasestr(text, words[i]);

		if (found != NULL && isdigit((unsigned char) found[strlen(words[i])]))
			return true;
	}
	return false;
}

static void
check_error(void)
{
	ErrorData  *error = CopyErrorData();

	if (error->sqlerrcode == ERRCODE_INTERNAL_ERROR)
	{
		fprintf(stderr, "%s (%s:%d)\n", error->message, error->filename, error->lineno);
		fail("an internal error");
	}
	/* What is asked for cannot be had of any file. */
	if (error->sqlerrcode != ERRCODE_FEATURE_NOT_SUPPORTED && error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE &&
		strstr(error->message, FILE_NAME) == NULL &&
		(error->detail == NULL || strstr(error->detail, FILE_NAME) == NULL) &&
		(error->context == NULL || strstr(error->context, FILE_NAME) == NULL))
	{
		fprintf(stderr, "%s (%s:%d)\n", error->message, error->filename, error->lineno);
		fail("an error does not name the file");
	}
	if (error->sqlerrcode == ERRCODE_DATA_CORRUPTED && !names_place(error->message) && !names_place(error->detail) &&
		!names_place(error->context))
	{
		fprintf(stderr, "%s (%s:%d)\n", error->message, error->filename, error->lineno);
		fail("damage has no place");
	}
	FreeErrorData(error);
}

static int
run_one(const uint8 *data, size_t size)
{
	MemoryContext old = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context;
	time_t		start = time(NULL);

	/* As a load would, but that the transaction goes on. */
	BeginInternalSubTransaction(NULL);
	context = fuzz_context_create(NULL, "fuzz", 0, 0, 0);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		if (strcmp(target, "stream") == 0)
			read_stream((const char *) data, size);
		else if (strcmp(target, "manifest") == 0)
			read_manifest((const char *) data, size);
		else if (strcmp(target, "xml") == 0)
			read_xml((const char *) data, size);
		else
		{
			Head	   *head = palloc(sizeof(Head));
			const char *file = input_head(head, (const char *) data, size);
			Size		left = file != NULL ? size - (Size) (file - (const char *) data) : 0;
			const char *end;

			if (file != NULL && head->json.mode == RS_JSON_PATHS && (end = memchr(file, '\0', left)) != NULL)
			{
				head->json.paths = file;
				head->json.paths_size = (Size) (end - file);
				head->json.paths_name = FILE_NAME;
				left -= (Size) (end + 1 - file);
				file = end + 1;
			}
			if (file != NULL && head->ncolumns > 0 && (head->json.mode != RS_JSON_PATHS || head->json.paths != NULL))
				read_file(head, file, left);
		}
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(old);
		check_error();
		FlushErrorState();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(old);
	CurrentResourceOwner = owner;
	MemoryContextDelete(context);
	if (memory_used != 0)
		fail("memory is left");
	if (time(NULL) - start > MAX_SECONDS)
		fail("a small file takes too long");
	return 0;
}

/* fuzz(target, arguments): does not return, since libFuzzer ends the process. */
Datum
fuzz(PG_FUNCTION_ARGS)
{
	char	   *arguments = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char	  **argv = palloc0(sizeof(char *) * (strlen(arguments) + 2));
	int			argc = 0;
	char	   *word;

	target = MemoryContextStrdup(TopMemoryContext, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	format = rs_format_find(target);
	if (format == NULL && strcmp(target, "stream") != 0 && strcmp(target, "manifest") != 0 && strcmp(target, "xml") != 0)
		elog(ERROR, "no such target: %s", target);
	argv[argc++] = "fuzz";
	for (word = strtok(arguments, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	exit(LLVMFuzzerRunDriver(&argc, &argv, run_one));
}
