/*
 * page_stream.h
 *	  The pages of one column chunk, decompressed, one after another.
 */
#ifndef RS_PARQUET_PAGE_STREAM_H
#define RS_PARQUET_PAGE_STREAM_H

#include "format/compression/page_codec.h"
#include "format/parquet/metadata.h"

typedef struct RsPageStream RsPageStream;

/* Lives in the context; the codec is shared by the streams of a file. */
extern RsPageStream *rs_page_stream_create(MemoryContext context, RsInput *input, RsPageCodec *codec);

/* A chunk begins, of which at least so many bytes are read at a time. */
extern void rs_page_stream_begin(RsPageStream *stream, const RsParquetChunk *chunk, Size window);

/* Read the first of these windows, so that windows of many streams are read in their order. */
extern void rs_page_stream_fetch(RsPageStream *stream);

/*
 * The next page; false: there are no more.  The caller knows how many values there have to be,
 * and does not ask for pages behind them.  *body: behind levels of version 2, decompressed, with
 * RS_BITPACK_PAD bytes behind it, good until the next call, and the caller's to change.  Its size
 * is page->uncompressed.  A dictionary's stays until the chunk's end.
 */
extern bool rs_page_stream_next(RsPageStream *stream, RsParquetPage *page, char **body);

/*
 * Pass over the next page, if it has values and no more than so many, with NULLs: how many; 0:
 * it has to be asked for, or there is none.
 */
extern uint32 rs_page_stream_pass(RsPageStream *stream, uint64 most);

/* Bytes of the file read so far. */
extern uint64 rs_page_stream_bytes(const RsPageStream *stream);

/* The last page is damaged. */
extern void rs_page_stream_corrupt(const RsPageStream *stream, const char *fault) pg_attribute_noreturn();

#endif							/* RS_PARQUET_PAGE_STREAM_H */
