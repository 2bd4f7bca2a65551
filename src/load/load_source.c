/*
 * load_source.c
 *	  The files of a load, and their readers.
 *
 * Each file has a memory context of its own, so that what its reader and its input hold is
 * gone when the next one begins.
 */
#include "postgres.h"

#include "load/load.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* What a reader should keep to, kB. */
#define READER_MEMORY	(64 * 1024)

struct RsLoadSource
{
	const RsLoad *load;
	int			next;			/* file */
	MemoryContext context;		/* of the file */
	RsReader   *reader;			/* NULL: none is open */
	RsArena    *arena;
};

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

	load->format = rs_format_find(load->options.format);
	if (load->format == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY format \"%s\" cannot be read here", load->options.format)));
	load->spec.columns = load->columns;
	load->spec.ncolumns = load->ncolumns;
	load->spec.conversion = &load->options.conversion;
	load->spec.bad_rows = rs_load_bad_rows(load);
	load->spec.max_memory = READER_MEMORY;

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

RsLoadSource *
rs_load_source_open(const RsLoad *load)
{
	RsLoadSource *source = palloc0(sizeof(RsLoadSource));

	source->load = load;
	source->context = AllocSetContextCreate(CurrentMemoryContext, "redshift load file", ALLOCSET_DEFAULT_SIZES);
	source->arena = rs_arena_create(CurrentMemoryContext);
	return source;
}

static void
open_next(RsLoadSource *source)
{
	const RsLoad *load = source->load;
	MemoryContext caller = MemoryContextSwitchTo(source->context);
	RsInput    *input = load->location->read(load->location, load->files[source->next++]);

	if (load->options.compression != RS_COMPRESSION_NONE)
		input = rs_decompress_input(input, load->options.compression);
	source->reader = load->format->read(&load->spec, input, NULL);
	MemoryContextSwitchTo(caller);
}

static void
close_reader(RsLoadSource *source)
{
	source->reader->close(source->reader);
	source->reader = NULL;
	MemoryContextReset(source->context);
}

bool
rs_load_source_next(RsLoadSource *source, RsVectorBatch *batch)
{
	for (;;)
	{
		MemoryContext caller;
		bool		any;

		CHECK_FOR_INTERRUPTS();
		if (source->reader == NULL)
		{
			if (source->next == source->load->nfiles)
				return false;
			open_next(source);
		}
		rs_arena_reset(source->arena);
		caller = MemoryContextSwitchTo(source->context);
		any = source->reader->next(source->reader, source->arena, batch);
		MemoryContextSwitchTo(caller);
		if (any)
			return true;
		close_reader(source);
	}
}

void
rs_load_source_locate(RsLoadSource *source, uint32 row, RsBadRow *place)
{
	source->reader->locate(source->reader, row, place);
	place->file = source->load->files[source->next - 1]->url;
}

void
rs_load_source_close(RsLoadSource *source)
{
	if (source->reader != NULL)
		close_reader(source);
	MemoryContextDelete(source->context);
	rs_arena_destroy(source->arena);
	pfree(source);
}
