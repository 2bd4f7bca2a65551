/*
 * load.c
 *	  What a load reads, and how it is divided.
 */
#include "postgres.h"

#include "load/load.h"
#include "nodes/value.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* What a reader should keep to, kB. */
#define READER_MEMORY	(64 * 1024)

/* About how many bytes of a file a process takes at a time. */
#define PART_SIZE		(16 * 1024 * 1024)

void
rs_load_set_columns(RsLoad *load, const List *attnos)
{
	TupleDesc	desc = RelationGetDescr(load->rel);
	ListCell   *lc;

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

void
rs_load_find_files(RsLoad *load)
{
	List	   *found;
	ListCell   *lc;

	load->location = rs_location_open(load->url, load->options.access, false);
	found = load->location->list(load->location, load->url);
	load->files = palloc(Max(list_length(found), 1) * sizeof(RsObject *));
	foreach(lc, found)
		if (!is_directory(lfirst(lc)))
			load->files[load->nfiles++] = lfirst(lc);
	if (load->nfiles == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 errmsg("there is no file whose name begins with \"%s\"", load->url)));
}

/*
 * In how many parts a file is to be read; 0: as a whole.
 */
static int
count_parts(const RsLoad *load, const RsObject *file)
{
	RsInput    *input;
	int			nparts = 0;

	if (load->format->parts == NULL || load->options.compression != RS_COMPRESSION_NONE ||
		(file->size >= 0 && file->size <= PART_SIZE))
		return 0;
	input = load->location->read(load->location, file);
	if (input->seekable && input->size > PART_SIZE)
		nparts = load->format->parts(&load->spec, input, PART_SIZE);
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
