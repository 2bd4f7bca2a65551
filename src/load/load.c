/*
 * load.c
 *	  What a load reads, and how it is divided.
 */
#include "postgres.h"

#include "load/load.h"
#include "load/manifest.h"
#include "load/ssh/ssh_manifest.h"
#include "nodes/value.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* What a reader should keep to, kB. */
#define READER_MEMORY	(64 * 1024)

/* About how many bytes of a file a process takes at a time; of formats that compress, too. */
#define PART_SIZE		(16 * 1024 * 1024)
#define DENSE_PART_SIZE	(1024 * 1024)

/* Bytes of a JSONPaths file or a manifest, at most. */
#define SMALL_FILE		(16 * 1024 * 1024)

void
rs_load_set_columns(RsLoad *load, const List *attnos)
{
	TupleDesc	desc = RelationGetDescr(load->rel);
	ListCell   *lc;

	load->table = pstrdup(RelationGetRelationName(load->rel));
	load->columns = palloc0(Max(list_length(attnos), 1) * sizeof(RsReadColumn));
	load->attnos = palloc(Max(list_length(attnos), 1) * sizeof(AttrNumber));
	foreach(lc, attnos)
	{
		Form_pg_attribute att = TupleDescAttr(desc, lfirst_int(lc) - 1);
		RsReadColumn *column = &load->columns[load->ncolumns];
		int32		typmod = att->atttypmod;
		Oid			base = getBaseTypeAndTypmod(att->atttypid, &typmod);

		column->name = pstrdup(NameStr(att->attname));
		column->typid = att->atttypid;
		column->typmod = typmod;
		column->collation = att->attcollation;
		rs_vector_type_init(&column->type, base);
		column->not_null = att->attnotnull;
		column->wanted = true;
		load->attnos[load->ncolumns++] = att->attnum;
		load->names = lappend(load->names, makeString(pstrdup(NameStr(att->attname))));
	}
}

/*
 * The whole of a small file beside the data.
 */
static char *
read_small_file(const RsLoad *load, const char *url, Size *size)
{
	RsLocation *location = rs_location_open(url, load->options.access, false);
	RsObject   *file = location->find(location, url);
	char	   *content = palloc(SMALL_FILE + 1);
	RsInput    *input;

	if (file == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 errmsg("file \"%s\" does not exist", url)));
	input = location->read(location, file);
	*size = input->read(input, 0, content, SMALL_FILE + 1);
	input->close(input);
	if (*size > SMALL_FILE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("file \"%s\" has more than %d bytes", url, SMALL_FILE)));
	return content;
}

/*
 * How fields that have names are matched to columns.
 */
static void
set_matching(RsLoad *load)
{
	const char *argument = load->options.format_argument;
	RsJsonOptions *json = &load->json;

	json->ignore_header = load->options.text.ignore_header;
	if (pg_strcasecmp(argument, "auto") == 0)
		json->mode = RS_JSON_AUTO;
	else if (pg_strcasecmp(argument, "auto ignorecase") == 0)
		json->mode = RS_JSON_AUTO_IGNORECASE;
	else if (pg_strcasecmp(argument, "noshred") == 0)
		json->mode = RS_JSON_NOSHRED;
	else if (rs_is_location(argument))
	{
		json->mode = RS_JSON_PATHS;
		json->paths = read_small_file(load, argument, &json->paths_size);
		json->paths_name = argument;
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument of COPY option \"%s\" must be 'auto', 'auto ignorecase', 'noshred' or the URL of a JSONPaths file",
						load->options.format)));
	load->spec.options = json;
}

void
rs_load_set_format(RsLoad *load)
{
	load->format = rs_format_find(load->options.format);
	if (load->format == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY format \"%s\" cannot be read here", load->options.format)));
	load->spec.columns = load->columns;
	load->spec.ncolumns = load->ncolumns;
	load->spec.conversion = &load->options.conversion;
	if (strcmp(load->options.format, "json") == 0 || strcmp(load->options.format, "avro") == 0)
		set_matching(load);
	else if (strcmp(load->options.format, "parquet") != 0 && strcmp(load->options.format, "orc") != 0)
		load->spec.options = &load->options.text;
	load->spec.bad_rows = rs_load_bad_rows(load);
	load->spec.max_memory = READER_MEMORY;
}

/*
 * An object store's "directories" may be empty objects of their name.
 */
static bool
is_directory(const RsObject *file)
{
	return file->size == 0 && file->url[strlen(file->url) - 1] == '/';
}

/*
 * The commands of a manifest are what is read, by SSH.
 */
static List *
find_commands(RsLoad *load)
{
	Size		size;
	char	   *text = read_small_file(load, load->url, &size);

	return rs_ssh_manifest_read(load->url, text, size);
}

void
rs_load_find_files(RsLoad *load)
{
	List	   *found;
	ListCell   *lc;

	load->location = rs_location_open(load->url, load->options.access, false);
	found = load->options.manifest ? rs_manifest_read(load->location, load->url)
		: load->options.ssh ? find_commands(load)
		: load->location->list(load->location, load->url);
	load->files = palloc(Max(list_length(found), 1) * sizeof(RsObject *));
	foreach(lc, found)
		if (!is_directory(lfirst(lc)))
			load->files[load->nfiles++] = lfirst(lc);
	if (load->nfiles == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 load->options.manifest
				 ? errmsg("there is none of the files that manifest \"%s\" lists", load->url)
				 : errmsg("there is no file whose name begins with \"%s\"", load->url)));
}

/*
 * In how many parts a file is to be read; 0: as a whole.
 */
static int
count_parts(const RsLoad *load, const RsObject *file)
{
	const char *format = load->format->name;
	bool		dense = strcmp(format, "parquet") == 0 || strcmp(format, "orc") == 0 || strcmp(format, "avro") == 0;
	int64		size = dense ? DENSE_PART_SIZE : PART_SIZE;
	RsInput    *input;
	int			nparts = 0;

	if (load->format->parts == NULL || load->options.compression != RS_COMPRESSION_NONE ||
		file->size <= size)		/* or not known */
		return 0;
	input = load->location->read(load->location, file);
	if (input->seekable && input->size > size)
		nparts = load->format->parts(&load->spec, input, size);
	input->close(input);
	return nparts > 1 ? nparts : 0;
}

void
rs_load_divide(RsLoad *load, bool parts)
{
	int			capacity = load->nfiles;
	int			file;

	load->units = palloc(capacity * sizeof(RsLoadUnit));
	for (file = 0; file < load->nfiles; file++)
	{
		int			nparts = parts ? count_parts(load, load->files[file]) : 0;
		int			part;

		for (part = 0; part < Max(nparts, 1); part++)
		{
			RsLoadUnit *unit;

			if (load->nunits == capacity)
				load->units = repalloc(load->units, (capacity *= 2) * sizeof(RsLoadUnit));
			unit = &load->units[load->nunits++];
			unit->file = file;
			unit->part = part;
			unit->nparts = nparts;
			unit->shared = load->part_memory_size;
		}
		load->part_memory_size += MAXALIGN(nparts * load->format->part_shared_size);
	}
}

RsLoadProgress *
rs_load_progress_init(void *memory)
{
	RsLoadProgress *progress = memory;

	pg_atomic_init_u32(&progress->next_unit, 0);
	pg_atomic_init_u64(&progress->rows, 0);
	pg_atomic_init_u64(&progress->lines, 0);
	pg_atomic_init_u64(&progress->bytes, 0);
	return progress;
}
