/*
 * stream.h
 *	  Files that are compressed as a whole: gzip, bzip2, lzop, zstd.
 *
 * A compressed input is read, and a compressed output written, as if it were not: readers
 * and writers of formats see no difference, except that it is not seekable.
 */
#ifndef RS_STREAM_H
#define RS_STREAM_H

#include "format/input.h"
#include "format/output.h"

typedef enum RsCompression
{
	RS_COMPRESSION_NONE,
	RS_COMPRESSION_GZIP,
	RS_COMPRESSION_BZIP2,
	RS_COMPRESSION_LZOP,
	RS_COMPRESSION_ZSTD
} RsCompression;

/* As COPY's option of this name says it, in lower case. */
extern const char *rs_compression_name(RsCompression compression);

/* Of what its name should end with: ".gz"; "" for none. */
extern const char *rs_compression_suffix(RsCompression compression);

/* So many bytes from the start of a file tell how it is compressed. */
#define RS_COMPRESSION_MAGIC_SIZE	9

/* What the file's first bytes say, whatever its name. */
extern RsCompression rs_compression_detect(const char *start, Size size);

/*
 * The content of a compressed input.  A file of another content is an error, when it is
 * first read; an empty one has no content.  close() closes both.  Lives in the current
 * memory context.
 */
extern RsInput *rs_decompress_input(RsInput *source, RsCompression compression);

/*
 * An output that writes to another one, which finish() finishes too.  level 0: as the
 * compression's own program does.  Not for lzop.  Lives in the current memory context.
 */
extern RsOutput *rs_compress_output(RsOutput *target, RsCompression compression, int level);

#endif							/* RS_STREAM_H */
