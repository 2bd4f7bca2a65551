/*
 * load_source.c
 *	  The files of a load, one after another, as the processes of the load take them.
 *
 * Each file has a memory context of its own, so that what its reader and its input hold is
 * gone when the next one begins.
 */
#include "postgres.h"

#include "load/load.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"

struct RsLoadSource
{
	RsLoad	   *load;
	const RsLoadUnit *unit;		/* that is being read */
	RsFilePart	part;
	MemoryContext context;		/* of the file */
	MemoryContext load_context;
	const char **names;			/* of files that were opened, as their inputs call them */
	RsReader   *reader;			/* NULL: none is open */
	RsArena    *arena;
	uint64		lines;			/* of the reader that have been counted */
	uint64		bytes;
	instr_time	start;
};

RsLoadSource *
rs_load_source_open(RsLoad *load)
{
	RsLoadSource *source = palloc0(sizeof(RsLoadSource));

	source->load = load;
	source->load_context = CurrentMemoryContext;
	source->names = palloc0(Max(load->nfiles, 1) * sizeof(char *));
	source->context = AllocSetContextCreate(CurrentMemoryContext, "redshift load file", ALLOCSET_DEFAULT_SIZES);
	source->arena = rs_arena_create(CurrentMemoryContext);
	return source;
}

/*
 * Take the next file or part; false: there is none.
 */
static bool
open_next(RsLoadSource *source)
{
	RsLoad	   *load = source->load;
	uint32		next = pg_atomic_fetch_add_u32(&load->progress->next_unit, 1);
	MemoryContext caller;
	RsInput    *input;

	if (next >= (uint32) load->nunits)
		return false;
	source->unit = &load->units[next];
	load->unit_errors = 0;
	INSTR_TIME_SET_CURRENT(source->start);
	caller = MemoryContextSwitchTo(source->context);
	input = load->location->read(load->location, load->files[source->unit->file]);
	if (source->names[source->unit->file] == NULL)
		source->names[source->unit->file] = MemoryContextStrdup(source->load_context, input->name);
	if (load->options.compression != RS_COMPRESSION_NONE)
		input = rs_decompress_input(input, load->options.compression);
	source->part.number = source->unit->part;
	source->part.nparts = source->unit->nparts;
	source->part.shared = load->part_memory + source->unit->shared;
	source->reader = load->format->read(&load->spec, input, source->unit->nparts > 0 ? &source->part : NULL);
	source->lines = source->bytes = 0;
	MemoryContextSwitchTo(caller);
	return true;
}

static void
count_progress(RsLoadSource *source, uint32 rows)
{
	RsLoadProgress *progress = source->load->progress;

	pg_atomic_fetch_add_u64(&progress->rows, rows);
	pg_atomic_fetch_add_u64(&progress->lines, source->reader->lines - source->lines);
	pg_atomic_fetch_add_u64(&progress->bytes, source->reader->bytes - source->bytes);
	source->lines = source->reader->lines;
	source->bytes = source->reader->bytes;
	source->load->reports->progress(source->load->reports);
}

static void
report_done(RsLoadSource *source)
{
	RsLoad	   *load = source->load;
	RsUnitDone	done;
	instr_time	time;

	INSTR_TIME_SET_CURRENT(time);
	INSTR_TIME_SUBTRACT(time, source->start);
	done.unit = (int) (source->unit - load->units);
	done.lines = source->lines;
	done.bytes = source->bytes;
	done.errors = load->unit_errors;
	done.microseconds = (int64) INSTR_TIME_GET_MICROSEC(time);
	load->reports->unit_done(load->reports, &done);
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
		if (source->reader == NULL && !open_next(source))
			return false;
		rs_arena_reset(source->arena);
		caller = MemoryContextSwitchTo(source->context);
		any = source->reader->next(source->reader, source->arena, batch);
		MemoryContextSwitchTo(caller);
		count_progress(source, any ? batch->n : 0);
		if (any)
			return true;
		report_done(source);
		close_reader(source);
	}
}

void
rs_load_source_locate(RsLoadSource *source, uint32 row, RsBadRow *place)
{
	source->reader->locate(source->reader, row, place);
	place->file = source->names[source->unit->file];
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
