/*
 * spill.c
 *	  Rows of vectors in temporary files.
 *
 * A file is a sequence of chunks, one for each call that added rows.  A chunk is
 * a ChunkHeader, a ColumnHeader for each column, and then for each column the
 * values, NULL flags if there are NULLs, and display scales if they differ.
 * Values are dense; those by reference are offsets into the images that follow.
 * Images are detoasted; all but those with a short header begin at a MAXALIGNed
 * offset, so that they can be used where they are read to.
 *
 * Rows come in small numbers where they are dealt to many files, so reading puts
 * chunks of the same forms together.
 *
 * Files live no longer than the statement: nothing here is a lasting format.
 */
#include "postgres.h"

#include "commands/tablespace.h"
#include "miscadmin.h"
#include "storage/buffile.h"
#include "utils/memutils.h"
#include "vector/operator.h"
#include "vector/rows/spill.h"

typedef struct ChunkHeader
{
	uint32		nrows;
	uint32		unused;
} ChunkHeader;

typedef struct ColumnHeader
{
	uint8		form;
	bool		has_null;
	bool		has_scales;
	uint8		unused;
	int16		scale;
	uint16		unused2;
	uint64		nbytes;			/* of images; 0 by value */
} ColumnHeader;

struct RsSpill
{
	MemoryContext context;
	MemoryContext detoasted;	/* of one call */
	BufFile    *file;
	FileSet    *set;			/* NULL: private */
	bool		exported;
	const RsVectorType *types;
	int			ncolumns;
	char	   *buffer;			/* a chunk in the making */
	Size		used;
	Size		capacity;
	uint64		rows;
	uint64		bytes;
	RsSpillPosition end;		/* of what rs_spill_put() wrote */
	/* reading */
	ChunkHeader next;			/* read, but not its values; nrows 0: none */
	RsSpillPosition at;			/* where it begins */
	ColumnHeader *headers;
};

static RsSpill *
make_spill(MemoryContext context, const RsVectorType *types, int ncolumns)
{
	RsSpill    *spill = MemoryContextAllocZero(context, sizeof(RsSpill));

	spill->context = context;
	spill->detoasted = AllocSetContextCreate(context, "redshift detoasted", ALLOCSET_SMALL_SIZES);
	spill->types = types;
	spill->ncolumns = ncolumns;
	spill->headers = MemoryContextAllocZero(context, Max(ncolumns, 1) * sizeof(ColumnHeader));
	return spill;
}

RsSpill *
rs_spill_create(MemoryContext context, const RsVectorType *types, int ncolumns, FileSet *set,
				const char *name)
{
	RsSpill    *spill = make_spill(context, types, ncolumns);
	MemoryContext old = MemoryContextSwitchTo(context);

	spill->set = set;
	if (set != NULL)
		spill->file = BufFileCreateFileSet(set, name);
	else
	{
		PrepareTempTablespaces();
		spill->file = BufFileCreateTemp(false);
	}
	MemoryContextSwitchTo(old);
	return spill;
}

RsSpill *
rs_spill_open(MemoryContext context, const RsVectorType *types, int ncolumns, FileSet *set,
			  const char *name)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	BufFile    *file = BufFileOpenFileSet(set, name, O_RDONLY, true);
	RsSpill    *spill = NULL;

	if (file != NULL)
	{
		spill = make_spill(context, types, ncolumns);
		spill->set = set;
		spill->exported = true;
		spill->file = file;
	}
	MemoryContextSwitchTo(old);
	return spill;
}

/*
 * Room for more of the chunk, at the end of what is there.
 */
static char *
room(RsSpill *spill, Size size)
{
	char	   *result;

	if (spill->used + size > spill->capacity)
	{
		spill->capacity = Max(2 * (spill->used + size), 1024);
		spill->buffer = rs_enlarge(spill->context, spill->buffer, spill->capacity);
	}
	result = spill->buffer + spill->used;
	spill->used += size;
	return result;
}

/*
 * Offsets, then images; how many bytes those are.
 */
static uint64
collect_images(RsSpill *spill, const RsVectorType *type, const RsVector *vector,
			   const uint32 *rows, uint32 n)
{
	Size		offsets = spill->used;
	Size		start;
	uint32		i;

	(void) room(spill, n * sizeof(uint64));
	start = spill->used;
	for (i = 0; i < n; i++)
	{
		uint32		row = rs_chosen_row(vector, rows, 0, i);
		uint64		at = 0;

		if (vector->null == NULL || !vector->null[row])
		{
			bool		aligned;
			Size		size;
			const char *image = rs_datum_image(type, ((Datum *) vector->data)[row], spill->detoasted,
											   &size, &aligned);
			Size		padding = aligned ? MAXALIGN(spill->used - start) - (spill->used - start) : 0;
			char	   *to = room(spill, padding + size);

			memset(to, 0, padding);
			memcpy(to + padding, image, size);
			at = spill->used - size - start;
		}
		memcpy(spill->buffer + offsets + i * sizeof(uint64), &at, sizeof(uint64));
	}
	return spill->used - start;
}

static void
collect_flags(RsSpill *spill, const RsVector *vector, const uint8 *flags, const uint32 *rows,
			  uint32 n)
{
	uint8	   *to = (uint8 *) room(spill, n);
	uint32		i;

	for (i = 0; i < n; i++)
		to[i] = flags[rs_chosen_row(vector, rows, 0, i)];
}

void
rs_spill_append(RsSpill *spill, const RsVector **columns, const uint32 *rows, uint32 n)
{
	ChunkHeader header = {.nrows = n};
	Size		headers = sizeof(ChunkHeader);
	int			c;

	Assert(n <= RS_VECTOR_ROWS);
	CHECK_FOR_INTERRUPTS();
	if (n == 0)
		return;
	spill->used = 0;
	memcpy(room(spill, sizeof(ChunkHeader)), &header, sizeof(ChunkHeader));
	(void) room(spill, spill->ncolumns * sizeof(ColumnHeader));
	for (c = 0; c < spill->ncolumns; c++)
	{
		const RsVector *vector = columns[c];
		ColumnHeader column = {.form = vector->form, .scale = vector->scale,
			.has_null = vector->null != NULL, .has_scales = vector->scales != NULL};

		if (vector->form == RS_FORM_REF)
			column.nbytes = collect_images(spill, &spill->types[c], vector, rows, n);
		else
			rs_vector_collect(room(spill, n * rs_form_width(vector->form)), vector, rows, 0, n);
		if (column.has_null)
			collect_flags(spill, vector, vector->null, rows, n);
		if (column.has_scales)
			collect_flags(spill, vector, vector->scales, rows, n);
		memcpy(spill->buffer + headers + c * sizeof(ColumnHeader), &column, sizeof(ColumnHeader));
	}
	BufFileWrite(spill->file, spill->buffer, spill->used);
	spill->rows += n;
	spill->bytes += spill->used;
	MemoryContextReset(spill->detoasted);
}

void
rs_spill_finish(RsSpill *spill)
{
	if (spill->set != NULL && !spill->exported)
	{
		BufFileExportFileSet(spill->file);
		spill->exported = true;
	}
	if (BufFileSeek(spill->file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not rewind a temporary file of the vector engine")));
	spill->next.nrows = 0;
	if (spill->buffer != NULL)
		pfree(spill->buffer);
	spill->buffer = NULL;
	spill->capacity = 0;
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

static void
read_bytes(RsSpill *spill, void *to, Size size)
{
	if (size > 0 && BufFileRead(spill->file, to, size) != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read a temporary file of the vector engine")));
}

/*
 * The headers of the next chunk into spill->next and spill->headers; false at the
 * end.
 */
static bool
read_headers(RsSpill *spill)
{
	size_t		got;

	BufFileTell(spill->file, &spill->at.file, &spill->at.offset);
	got = BufFileRead(spill->file, &spill->next, sizeof(ChunkHeader));
	if (got == sizeof(ChunkHeader))
	{
		read_bytes(spill, spill->headers, spill->ncolumns * sizeof(ColumnHeader));
		return true;
	}
	spill->next.nrows = 0;
	if (got != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read a temporary file of the vector engine")));
	return false;
}

/*
 * A vector for rows like those of a chunk, with room for a batch.
 */
static RsVector *
begin_column(RsArena *arena, const ColumnHeader *header)
{
	RsVector   *vector = rs_vector_create(arena, (RsForm) header->form, RS_VECTOR_ROWS);

	vector->scale = header->scale;
	if (header->has_scales)
		vector->scales = rs_arena_alloc(arena, RS_VECTOR_ROWS);
	return vector;
}

static void
read_column(RsSpill *spill, RsArena *arena, const ColumnHeader *header, RsVector *vector,
			uint32 at, uint32 n)
{
	Size		width = rs_form_width(vector->form);
	uint32		i;

	if (vector->form == RS_FORM_REF)
	{
		uint64	   *offsets = rs_arena_alloc(arena, n * sizeof(uint64));
		char	   *images = rs_arena_alloc(arena, Max(header->nbytes, 1));

		read_bytes(spill, offsets, n * sizeof(uint64));
		read_bytes(spill, images, header->nbytes);
		for (i = 0; i < n; i++)
			((Datum *) vector->data)[at + i] = PointerGetDatum(images + offsets[i]);
	}
	else
		read_bytes(spill, (char *) vector->data + at * width, n * width);
	if (header->has_null && vector->null == NULL)
	{
		vector->null = rs_arena_alloc(arena, RS_VECTOR_ROWS);
		memset(vector->null, 0, at);
	}
	if (header->has_null)
		read_bytes(spill, vector->null + at, n);
	else if (vector->null != NULL)
		memset(vector->null + at, 0, n);
	if (header->has_scales)
		read_bytes(spill, vector->scales + at, n);
}

static bool
same_forms(const RsSpill *spill, const RsVector **columns)
{
	int			c;

	for (c = 0; c < spill->ncolumns; c++)
	{
		const ColumnHeader *header = &spill->headers[c];

		if (header->form != columns[c]->form || header->scale != columns[c]->scale ||
			header->has_scales != (columns[c]->scales != NULL))
			return false;
	}
	return true;
}

uint32
rs_spill_next(RsSpill *spill, RsArena *arena, const RsVector **columns)
{
	uint32		n = 0;
	int			c;

	CHECK_FOR_INTERRUPTS();
	while (spill->next.nrows > 0 || read_headers(spill))
	{
		if (n == 0)
			for (c = 0; c < spill->ncolumns; c++)
				columns[c] = begin_column(arena, &spill->headers[c]);
		else if (n + spill->next.nrows > RS_VECTOR_ROWS || !same_forms(spill, columns))
			break;
		for (c = 0; c < spill->ncolumns; c++)
			read_column(spill, arena, &spill->headers[c], (RsVector *) columns[c], n,
						spill->next.nrows);
		n += spill->next.nrows;
		spill->next.nrows = 0;
	}
	return n;
}

RsSpillPosition
rs_spill_put(RsSpill *spill, const RsVector **columns, uint32 n)
{
	RsSpillPosition at = spill->end;

	rs_spill_seek(spill, &at);
	rs_spill_append(spill, columns, NULL, n);
	BufFileTell(spill->file, &spill->end.file, &spill->end.offset);
	return at;
}

uint32
rs_spill_get(RsSpill *spill, RsSpillPosition at, RsArena *arena, const RsVector **columns)
{
	uint32		n;
	int			c;

	CHECK_FOR_INTERRUPTS();
	rs_spill_seek(spill, &at);
	if (!read_headers(spill))
		elog(ERROR, "no rows at their place in a temporary file");
	n = spill->next.nrows;
	for (c = 0; c < spill->ncolumns; c++)
	{
		columns[c] = begin_column(arena, &spill->headers[c]);
		read_column(spill, arena, &spill->headers[c], (RsVector *) columns[c], 0, n);
	}
	spill->next.nrows = 0;
	return n;
}

void
rs_spill_tell(RsSpill *spill, RsSpillPosition *position)
{
	if (spill->next.nrows > 0)
		*position = spill->at;
	else
		BufFileTell(spill->file, &position->file, &position->offset);
}

void
rs_spill_seek(RsSpill *spill, const RsSpillPosition *position)
{
	if (BufFileSeek(spill->file, position->file, position->offset, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not seek in a temporary file of the vector engine")));
	spill->next.nrows = 0;
}

void
rs_spill_close(RsSpill *spill)
{
	BufFileClose(spill->file);
	MemoryContextDelete(spill->detoasted);
	if (spill->buffer != NULL)
		pfree(spill->buffer);
	pfree(spill->headers);
	pfree(spill);
}

uint64
rs_spill_rows(const RsSpill *spill)
{
	return spill->rows;
}

uint64
rs_spill_bytes(const RsSpill *spill)
{
	return spill->bytes;
}

void
rs_spill_distribute(const uint64 *hashes, uint32 n, int shift, uint32 nparts, uint32 *starts,
					uint32 *order)
{
	uint32		part;
	uint32		i;

	memset(starts, 0, (nparts + 1) * sizeof(uint32));
	for (i = 0; i < n; i++)
		starts[(hashes[i] >> shift & (nparts - 1)) + 1]++;
	for (part = 0; part < nparts; part++)
		starts[part + 1] += starts[part];
	for (i = 0; i < n; i++)
		order[starts[hashes[i] >> shift & (nparts - 1)]++] = i;
	/* Each start has become the next one's. */
	memmove(starts + 1, starts, nparts * sizeof(uint32));
	starts[0] = 0;
}
