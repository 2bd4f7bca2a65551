/*
 * format.h
 *	  What all file formats have in common: readers and writers of batches.
 *
 * A file is read in one part, or in several by processes of their own.  Parts are begun in
 * their order, so whoever reads one may wait for what the readers of those before it tell.
 */
#ifndef RS_FILE_FORMAT_H
#define RS_FILE_FORMAT_H

#include "format/bad_row.h"
#include "format/conversion.h"
#include "format/input.h"
#include "format/output.h"
#include "format/read_column.h"
#include "vector/operator.h"

typedef struct RsReadSpec
{
	const RsReadColumn *columns;	/* in the order of the fields, where these have no names */
	int			ncolumns;
	const RsConversion *conversion;
	const void *options;		/* the format's own, in its header */
	RsBadRows  *bad_rows;

	/*
	 * Rows that cannot satisfy all of these are not wanted: a reader may leave them out.  attno is
	 * the number of a column here, from 1.
	 */
	const RsPredicate *predicates;
	int			npredicates;
	int			max_memory;		/* kB that a reader should keep to */
} RsReadSpec;

/* Part of a file. */
typedef struct RsFilePart
{
	int			number;			/* from 0 */
	int			nparts;
	void	   *shared;			/* part_shared_size bytes for each of nparts, zeroed before the
								 * first begins; processes that read parts share it */
} RsFilePart;

typedef struct RsReader RsReader;
struct RsReader
{
	/*
	 * The next rows, at least one, with a vector for each column of the spec, in the
	 * arena, which the caller resets in between; false: there are no more.
	 */
	bool		(*next) (RsReader *reader, RsArena *arena, RsVectorBatch *batch);

	/* Where a row of the last batch stood, as a bad row would be reported; for later errors. */
	void		(*locate) (RsReader *reader, uint32 row, RsBadRow *place);

	void		(*close) (RsReader *reader);
	uint64		lines;			/* lines or rows passed so far, bad ones too */
	uint64		bytes;			/* of the input read so far */
};

typedef struct RsWriteColumn
{
	const char *name;
	Oid			typid;
	int32		typmod;
	RsVectorType type;
} RsWriteColumn;

typedef struct RsWriteSpec
{
	const RsWriteColumn *columns;
	int			ncolumns;
	const void *options;		/* the format's own, in its header */
} RsWriteSpec;

typedef struct RsWriter RsWriter;
struct RsWriter
{
	void		(*put) (RsWriter *writer, const RsVectorBatch *batch);
	/* About how large the file would be if it ended now, bytes. */
	uint64		(*size) (RsWriter *writer);
	/* Write what is left; the output is the caller's to finish. */
	void		(*finish) (RsWriter *writer);
};

typedef struct RsFormat
{
	const char *name;			/* in lower case, as COPY's FORMAT option says it */
	const char *log_name;		/* in stl_load_commits.file_format */

	/*
	 * In how many parts of about so many bytes the file can be read; at least 1.  Uncompressed,
	 * seekable inputs are asked for only.  NULL: never in parts.
	 */
	int			(*parts) (const RsReadSpec *spec, RsInput *input, uint64 part_size);
	Size		part_shared_size;

	/* Lives in the current context, with all it needs.  part NULL: the whole file. */
	RsReader   *(*read) (const RsReadSpec *spec, RsInput *input, const RsFilePart *part);
	RsWriter   *(*write) (const RsWriteSpec *spec, RsOutput *output);	/* NULL: it cannot be written */
} RsFormat;

/* By its name; NULL: there is none of this name. */
extern const RsFormat *rs_format_find(const char *name);

#endif							/* RS_FILE_FORMAT_H */
