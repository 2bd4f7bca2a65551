/*
 * avro_file.h
 *	  The container of Avro files: a header with the schema, and blocks of values.
 */
#ifndef RS_AVRO_FILE_H
#define RS_AVRO_FILE_H

#include "format/avro/avro_schema.h"
#include "format/input.h"

typedef struct RsAvroFile RsAvroFile;

typedef struct RsAvroBlock
{
	const char *data;			/* decompressed; good until the next block */
	Size		size;
	int64		rows;			/* that it says it has */
	uint64		offset;			/* in the file */
} RsAvroBlock;

/* Reads the header.  Lives in the current memory context. */
extern RsAvroFile *rs_avro_open(RsInput *input);
extern const RsAvroType *rs_avro_schema(const RsAvroFile *file);

/* The next block; false: there is none. */
extern bool rs_avro_next_block(RsAvroFile *file, RsAvroBlock *block);

/*
 * Only those blocks that begin in [begin, end) of the file: read them ahead, and say how
 * many rows they have.  Before the first one is read.
 */
extern int64 rs_avro_choose(RsAvroFile *file, uint64 begin, uint64 end);

/* Bytes of the file that have been used. */
extern uint64 rs_avro_position(const RsAvroFile *file);

extern void rs_avro_damaged(const RsAvroFile *file, uint64 offset, const char *what) pg_attribute_noreturn();

#endif							/* RS_AVRO_FILE_H */
