/*
 * avro_file.c
 *	  The container of Avro files.
 *
 *		file:	"Obj\1", metadata (a map of bytes), marker (16 bytes), blocks
 *		block:	rows (long), size (long), so many bytes, the marker again
 *
 * A part of a file begins with the first block behind a marker that is in it.  Bytes that
 * only look like the marker are as likely as two equal UUIDs.
 */
#include "postgres.h"

#include <zlib.h>

#include "format/avro/avro_file.h"
#include "format/compression/page_codec.h"
#include "format/compression/stream.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/memutils.h"

#define MARKER_SIZE		16

/* As Redshift has it. */
#define MAX_HEADER_SIZE	(1024 * 1024)

/* Of a block, compressed or not.  Redshift stops at 4 MB; some writers do not. */
#define MAX_BLOCK_SIZE	(32 * 1024 * 1024)

/* Rows without any bytes, in a block. */
#define MAX_EMPTY_ROWS	1000000

#define FIRST_ROOM		(256 * 1024)
#define MAX_LONG_SIZE	10		/* bytes */

typedef enum AvroCodec
{
	CODEC_NULL,
	CODEC_DEFLATE,
	CODEC_SNAPPY,
	CODEC_ZSTANDARD,
	CODEC_BZIP2
} AvroCodec;

struct RsAvroFile
{
	RsInput    *input;
	RsAvroType *schema;
	AvroCodec	codec;
	char		marker[MARKER_SIZE];
	RsPageCodec *page_codec;
	char	   *block;			/* MAX_BLOCK_SIZE bytes, decompressed; NULL: none needed one yet */

	char	   *buffer;			/* room bytes: */
	Size		room;
	Size		begin;			/* those at [begin, end) are still to be used */
	Size		end;
	uint64		offset;			/* of the file, at end */
	uint64		limit;			/* no block begins there or later */
	bool		ended;			/* the file has no more */
};

uint64
rs_avro_position(const RsAvroFile *file)
{
	return file->offset - (file->end - file->begin);
}

const RsAvroType *
rs_avro_schema(const RsAvroFile *file)
{
	return file->schema;
}

void
rs_avro_damaged(const RsAvroFile *file, uint64 offset, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("Avro file \"%s\" is damaged at offset " UINT64_FORMAT ": %s", file->input->name, offset,
					what)));
}

/* Have at least so many bytes at begin; false: there are not as many. */
static bool
look_ahead(RsAvroFile *file, Size size)
{
	while (file->end - file->begin < size)
	{
		Size		kept = file->end - file->begin;
		Size		got;

		if (file->ended)
			return false;
		CHECK_FOR_INTERRUPTS();
		memmove(file->buffer, file->buffer + file->begin, kept);
		file->begin = 0;
		file->end = kept;
		if (file->room < size)
		{
			file->room = size + FIRST_ROOM;
			file->buffer = repalloc_huge(file->buffer, file->room);
		}
		got = file->input->read(file->input, file->offset, file->buffer + kept, file->room - kept);
		file->ended = got < file->room - kept;
		file->end += got;
		file->offset += got;
	}
	return true;
}

static void
need(RsAvroFile *file, Size size)
{
	if (!look_ahead(file, size))
		rs_avro_damaged(file, file->offset, "the file ends too early");
}

/* A number at begin + *at, which goes behind it; false: it is none. */
static bool
parse_long(RsAvroFile *file, Size *at, int64 *value)
{
	uint64		bits = 0;
	int			i;

	(void) look_ahead(file, *at + MAX_LONG_SIZE);
	for (i = 0; i < MAX_LONG_SIZE && file->begin + *at < file->end; i++)
	{
		uint8		byte = (uint8) file->buffer[file->begin + (*at)++];

		bits |= (uint64) (byte & 0x7f) << (7 * i);
		if ((byte & 0x80) == 0)
		{
			*value = (int64) (bits >> 1) ^ -(int64) (bits & 1);
			return true;
		}
	}
	return false;
}

static int64
take_long(RsAvroFile *file)
{
	Size		at = 0;
	int64		value;

	if (!parse_long(file, &at, &value))
		rs_avro_damaged(file, rs_avro_position(file),
						file->ended ? "the file ends too early" : "not a number");
	file->begin += at;
	return value;
}

/* A string of the header, and its size; good until the next one. */
static const char *
take_bytes(RsAvroFile *file, Size *size)
{
	uint64		offset = rs_avro_position(file);
	int64		length = take_long(file);
	const char *result;

	if (length < 0 || offset + (uint64) length > MAX_HEADER_SIZE)
		rs_avro_damaged(file, offset, "the header is larger than 1 MB");
	need(file, (Size) length);
	result = file->buffer + file->begin;
	file->begin += (Size) length;
	*size = (Size) length;
	return result;
}

static bool
is_name(const char *data, Size size, const char *name)
{
	return size == strlen(name) && memcmp(data, name, size) == 0;
}

static AvroCodec
find_codec(const RsAvroFile *file, const char *name, Size size)
{
	if (size == 0 || is_name(name, size, "null"))
		return CODEC_NULL;
	if (is_name(name, size, "deflate"))
		return CODEC_DEFLATE;
	if (is_name(name, size, "snappy"))
		return CODEC_SNAPPY;
	if (is_name(name, size, "zstandard"))
		return CODEC_ZSTANDARD;
	if (is_name(name, size, "bzip2"))
		return CODEC_BZIP2;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("Avro file \"%s\" is compressed with a codec that is not supported", file->input->name),
			 errdetail("Supported are null, deflate, snappy, zstandard and bzip2.")));
}

static void
read_metadata(RsAvroFile *file)
{
	int64		n;

	while ((n = take_long(file)) != 0)
	{
		/* Before a negative number of entries their size is skipped. */
		if (n < 0)
		{
			(void) take_long(file);
			if (n == PG_INT64_MIN)
				rs_avro_damaged(file, rs_avro_position(file), "impossible metadata");
			n = -n;
		}
		for (; n > 0; n--)
		{
			Size		size;
			const char *name = take_bytes(file, &size);
			bool		is_schema = is_name(name, size, "avro.schema");
			bool		is_codec = is_name(name, size, "avro.codec");
			const char *value = take_bytes(file, &size);

			if (is_schema && file->schema == NULL)
				file->schema = rs_avro_schema_parse(value, size, file->input->name,
													rs_avro_position(file) - size);
			if (is_codec)
				file->codec = find_codec(file, value, size);
		}
	}
}

RsAvroFile *
rs_avro_open(RsInput *input)
{
	RsAvroFile *file = palloc0(sizeof(RsAvroFile));

	file->input = input;
	file->room = FIRST_ROOM;
	file->buffer = palloc(file->room);
	file->limit = PG_UINT64_MAX;
	if (!look_ahead(file, 4) || memcmp(file->buffer, "Obj\1", 4) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("file \"%s\" is not an Avro file", input->name)));
	file->begin += 4;
	read_metadata(file);
	if (file->schema == NULL)
		rs_avro_damaged(file, rs_avro_position(file), "it has no schema");
	need(file, MARKER_SIZE);
	memcpy(file->marker, file->buffer + file->begin, MARKER_SIZE);
	file->begin += MARKER_SIZE;
	file->page_codec = rs_page_codec_create(CurrentMemoryContext);
	return file;
}

/* Bytes in memory as an input of stream.h. */
typedef struct MemoryInput
{
	RsInput		input;
	const char *data;
} MemoryInput;

static Size
read_memory(RsInput *input, uint64 offset, char *buffer, Size size)
{
	MemoryInput *memory = (MemoryInput *) input;
	Size		n = Min(size, (Size) input->size - Min(offset, (uint64) input->size));

	memcpy(buffer, memory->data + offset, n);
	return n;
}

static void
close_memory(RsInput *input)
{
}

static Size
decompress_bzip2(RsAvroFile *file, const char *data, Size size)
{
	MemoryInput memory = {{file->input->name, (int64) size, false, read_memory, NULL, close_memory}, data};
	RsInput    *content = rs_decompress_input(&memory.input, RS_COMPRESSION_BZIP2);
	Size		n = content->read(content, 0, file->block, MAX_BLOCK_SIZE);
	char		more;

	if (n == MAX_BLOCK_SIZE && content->read(content, n, &more, 1) > 0)
		rs_avro_damaged(file, rs_avro_position(file), "a block is too large");
	content->close(content);
	return n;
}

static Size
decompress(RsAvroFile *file, const char *data, Size size)
{
	static const RsBlockCodec codecs[] = {
		[CODEC_DEFLATE] = RS_BLOCK_DEFLATE,
		[CODEC_SNAPPY] = RS_BLOCK_SNAPPY,
		[CODEC_ZSTANDARD] = RS_BLOCK_ZSTD
	};
	Size		result;
	uint32		checksum = 0;

	if (file->block == NULL)
		file->block = palloc(MAX_BLOCK_SIZE);
	if (file->codec == CODEC_BZIP2)
		return decompress_bzip2(file, data, size);
	if (file->codec == CODEC_SNAPPY)
	{
		/* Behind it: the checksum of what it says. */
		if (size < sizeof(checksum))
			rs_avro_damaged(file, rs_avro_position(file), "a compressed block is too small");
		size -= sizeof(checksum);
		memcpy(&checksum, data + size, sizeof(checksum));
		checksum = pg_ntoh32(checksum);
	}
	if (!rs_page_decompress(file->page_codec, codecs[file->codec], data, size, file->block, MAX_BLOCK_SIZE,
							&result))
		rs_avro_damaged(file, rs_avro_position(file), "a compressed block is damaged or too large");
	if (file->codec == CODEC_SNAPPY && crc32(0, (const Bytef *) file->block, (uInt) result) != checksum)
		rs_avro_damaged(file, rs_avro_position(file), "checksum of a block does not match");
	return result;
}

bool
rs_avro_next_block(RsAvroFile *file, RsAvroBlock *block)
{
	uint64		offset = rs_avro_position(file);
	int64		size;

	if (offset >= file->limit || !look_ahead(file, 1))
		return false;
	block->offset = offset;
	block->rows = take_long(file);
	size = take_long(file);
	if (block->rows < 0 || size < 0 || size > MAX_BLOCK_SIZE)
		rs_avro_damaged(file, offset, "impossible size of a block");
	need(file, (Size) size + MARKER_SIZE);
	if (memcmp(file->buffer + file->begin + size, file->marker, MARKER_SIZE) != 0)
		rs_avro_damaged(file, rs_avro_position(file) + (Size) size, "the marker behind a block is missing");

	block->data = file->buffer + file->begin;
	block->size = (Size) size;
	if (file->codec != CODEC_NULL)
	{
		block->size = decompress(file, block->data, block->size);
		block->data = file->block;
	}
	if (file->schema->min_size > 0 ? block->rows > (int64) (block->size / file->schema->min_size) :
		block->rows > (int64) block->size + MAX_EMPTY_ROWS)
		rs_avro_damaged(file, offset, "impossible number of rows of a block");
	file->begin += (Size) size + MARKER_SIZE;
	return true;
}

/* To the first block that begins at or behind an offset; false: none does. */
static bool
find_marker(RsAvroFile *file, uint64 begin, uint64 end)
{
	const char *at;
	const char *last;

	file->begin = file->end = 0;
	file->ended = false;
	file->offset = begin - MARKER_SIZE;
	(void) look_ahead(file, end - file->offset);
	if (file->end < MARKER_SIZE)
		return false;
	last = file->buffer + file->end - MARKER_SIZE;
	for (at = file->buffer; at <= last; at++)
	{
		at = memchr(at, file->marker[0], last + 1 - at);
		if (at == NULL)
			return false;
		if (memcmp(at, file->marker, MARKER_SIZE) == 0)
		{
			file->begin = at + MARKER_SIZE - file->buffer;
			return rs_avro_position(file) < end;
		}
	}
	return false;
}

int64
rs_avro_choose(RsAvroFile *file, uint64 begin, uint64 end)
{
	Size		at = 0;
	int64		total = 0;

	file->limit = end;
	/* The header is in the first part, or all that is before its end is. */
	if (begin > rs_avro_position(file))
	{
		if (!find_marker(file, begin, end))
		{
			file->limit = 0;
			return 0;
		}
	}
	else if (rs_avro_position(file) < end)
		(void) look_ahead(file, end - rs_avro_position(file));

	/* From block to block; what is damaged is told when it is read. */
	while (rs_avro_position(file) + at < end)
	{
		int64		rows;
		int64		size;

		if (!parse_long(file, &at, &rows) || !parse_long(file, &at, &size) || rows < 0 || size < 0 ||
			size > MAX_BLOCK_SIZE)
			break;
		total += rows;
		at += (Size) size + MARKER_SIZE;
	}
	return total;
}
