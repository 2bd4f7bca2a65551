/*
 * stream_lzop.c
 *	  Files of lzop: its container here, its blocks by liblzo2.
 *
 * A file is one or more members: a magic number, a header with a checksum, and blocks, each
 * with its sizes and checksums as the header's flags say, until one of size 0.  All numbers
 * are big-endian.
 *
 *		header: version u16, library u16, [needed u16,] method u8, [level u8,] flags u32,
 *				[filter u32,] mode u32, time u32, [time, high half u32,] name (u8 and bytes),
 *				checksum u32, [extra field: u32 and bytes, checksum u32]
 *		block:	size u32, stored size u32, [Adler-32, CRC-32 of the content,]
 *				[Adler-32, CRC-32 of the stored bytes, if they are compressed,] bytes
 */
#include "postgres.h"

#include <lzo/lzo1x.h>

#include "format/compression/stream_codec.h"
#include "port/pg_bswap.h"
#include "utils/memutils.h"

#define VERSION_FIRST			0x0900
#define VERSION_WITH_LEVEL		0x0940	/* with it came the fields in brackets, but filter's */
#define VERSION_LAST			0x1040	/* that a file may need */

#define FLAG_ADLER32			0x00000001	/* of the content */
#define FLAG_ADLER32_STORED		0x00000002
#define FLAG_EXTRA_FIELD		0x00000040
#define FLAG_CRC32				0x00000100
#define FLAG_CRC32_STORED		0x00000200
#define FLAG_FILTER				0x00000800
#define FLAG_HEADER_CRC32		0x00001000

#define METHOD_FIRST			1	/* all are LZO1X */
#define METHOD_LAST				3

/* The program writes 256 kB, and reads no larger ones than this. */
#define MAX_BLOCK_SIZE			(64 * 1024 * 1024)
#define SPLIT_BLOCK				PG_UINT32_MAX	/* stands for a block of a file in several parts */

#define MAX_HEADER_SIZE			512

typedef struct LzopState
{
	bool		in_member;
	uint32		flags;
	char	   *block;			/* content of the current one, */
	uint32		block_size;
	uint32		block_given;	/* of which so much was given */
	uint32		block_room;
	char	   *stored;
	uint32		stored_room;
	/* The header as far as it has been read, for its checksum. */
	char		header[MAX_HEADER_SIZE];
	Size		header_size;
} LzopState;

static uint32
take_uint32(RsDecompressor *stream)
{
	uint32		value;

	rs_stream_take(stream, (char *) &value, sizeof(value));
	return pg_ntoh32(value);
}

/* The next bytes of a header, as a number of up to four bytes. */
static uint32
header_number(RsDecompressor *stream, Size size)
{
	LzopState  *state = stream->state;
	uint32		value = 0;
	Size		i;

	Assert(state->header_size + size <= MAX_HEADER_SIZE);
	rs_stream_take(stream, state->header + state->header_size, size);
	for (i = 0; i < size; i++)
		value = value << 8 | (uint8) state->header[state->header_size + i];
	state->header_size += size;
	return value;
}

static bool
matches(const char *data, Size size, bool crc, uint32 checksum)
{
	if (crc)
		return lzo_crc32(0, (const lzo_bytep) data, size) == checksum;
	return lzo_adler32(1, (const lzo_bytep) data, size) == checksum;
}

static void
skip_extra_field(RsDecompressor *stream)
{
	uint32		left = take_uint32(stream);
	char		piece[1024];

	while (left > 0)
	{
		uint32		n = Min(left, sizeof(piece));

		rs_stream_take(stream, piece, n);
		left -= n;
	}
	(void) take_uint32(stream);
}

static void
begin_member(RsDecompressor *stream)
{
	LzopState  *state = stream->state;
	char		magic[RS_COMPRESSION_MAGIC_SIZE];
	uint32		version;
	uint32		method;
	uint32		name_size;

	rs_stream_check_magic(stream);
	rs_stream_take(stream, magic, sizeof(magic));

	state->header_size = 0;
	version = header_number(stream, 2);
	(void) header_number(stream, 2);
	if (version < VERSION_FIRST)
		rs_stream_damaged(stream, "unknown version of lzop");
	if (version >= VERSION_WITH_LEVEL && header_number(stream, 2) > VERSION_LAST)
		rs_stream_damaged(stream, "a later version of lzop is needed");
	method = header_number(stream, 1);
	if (version >= VERSION_WITH_LEVEL)
		(void) header_number(stream, 1);
	state->flags = header_number(stream, 4);
	if (state->flags & FLAG_FILTER)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("file \"%s\" was compressed with lzop's option --filter", stream->input.name)));
	(void) header_number(stream, 4);
	(void) header_number(stream, 4);
	if (version >= VERSION_WITH_LEVEL)
		(void) header_number(stream, 4);
	name_size = header_number(stream, 1);
	rs_stream_take(stream, state->header + state->header_size, name_size);
	state->header_size += name_size;

	if (!matches(state->header, state->header_size, (state->flags & FLAG_HEADER_CRC32) != 0,
				 take_uint32(stream)))
		rs_stream_damaged(stream, "checksum of the header does not match");
	if (method < METHOD_FIRST || method > METHOD_LAST)
		rs_stream_damaged(stream, "unknown method of compression");
	if (state->flags & FLAG_EXTRA_FIELD)
		skip_extra_field(stream);
	state->in_member = true;
}

/* Room for a block: no more than was needed for one that is really there. */
static char *
make_room(RsDecompressor *stream, char *memory, uint32 *room, uint32 size)
{
	if (size <= *room)
		return memory;
	if (memory != NULL)
		pfree(memory);
	*room = size;
	return MemoryContextAlloc(stream->context, size);
}

/* The next block; false: the member has no more. */
static bool
next_block(RsDecompressor *stream)
{
	LzopState  *state = stream->state;
	uint32		size = take_uint32(stream);
	uint32		stored;
	uint32		adler32 = 0;
	uint32		crc32 = 0;
	uint32		stored_adler32 = 0;
	uint32		stored_crc32 = 0;
	bool		compressed;
	lzo_uint	got = size;

	if (size == 0)
		return false;
	if (size == SPLIT_BLOCK)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("file \"%s\" is a part of a split lzop file", stream->input.name)));
	stored = take_uint32(stream);
	if (size > MAX_BLOCK_SIZE || stored == 0 || stored > size)
		rs_stream_damaged(stream, "impossible size of a block");
	compressed = stored < size;
	if (state->flags & FLAG_ADLER32)
		adler32 = take_uint32(stream);
	if (state->flags & FLAG_CRC32)
		crc32 = take_uint32(stream);
	if (compressed && (state->flags & FLAG_ADLER32_STORED))
		stored_adler32 = take_uint32(stream);
	if (compressed && (state->flags & FLAG_CRC32_STORED))
		stored_crc32 = take_uint32(stream);

	state->block = make_room(stream, state->block, &state->block_room, size);
	if (!compressed)
		rs_stream_take(stream, state->block, size);
	else
	{
		state->stored = make_room(stream, state->stored, &state->stored_room, stored);
		rs_stream_take(stream, state->stored, stored);
		if (((state->flags & FLAG_ADLER32_STORED) &&
			 !matches(state->stored, stored, false, stored_adler32)) ||
			((state->flags & FLAG_CRC32_STORED) && !matches(state->stored, stored, true, stored_crc32)))
			rs_stream_damaged(stream, "checksum of a compressed block does not match");
		if (lzo1x_decompress_safe((const lzo_bytep) state->stored, stored, (lzo_bytep) state->block, &got,
								  NULL) != LZO_E_OK || got != size)
			rs_stream_damaged(stream, "a block cannot be decompressed");
	}
	if (((state->flags & FLAG_ADLER32) && !matches(state->block, size, false, adler32)) ||
		((state->flags & FLAG_CRC32) && !matches(state->block, size, true, crc32)))
		rs_stream_damaged(stream, "checksum of a block does not match");
	state->block_size = size;
	state->block_given = 0;
	return true;
}

static Size
decode(RsDecompressor *stream, char *target, Size size)
{
	LzopState  *state = stream->state;
	Size		given;

	while (state->block_given == state->block_size)
	{
		if (!state->in_member)
		{
			if (!rs_stream_peek(stream, 1))
				return 0;
			begin_member(stream);
		}
		if (!next_block(stream))
			state->in_member = false;
	}
	given = Min(size, state->block_size - state->block_given);
	memcpy(target, state->block + state->block_given, given);
	state->block_given += given;
	return given;
}

void
rs_lzop_begin_decode(RsDecompressor *stream)
{
	if (lzo_init() != LZO_E_OK)
		elog(ERROR, "liblzo2 does not work with this compiler");
	stream->state = palloc0(sizeof(LzopState));
	stream->decode = decode;
}
