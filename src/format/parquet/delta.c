/*
 * delta.c
 *	  Parquet's encoding DELTA_BINARY_PACKED.
 *
 *	header:	values of a block, miniblocks of a block, values in all (varints), first value (zigzag)
 *	block:	least difference (zigzag), bits of each miniblock (a byte each), miniblocks
 *
 * Miniblocks that no value is left for are missing.  Differences wrap, so sums are unsigned.
 */
#include "postgres.h"

#include "format/parquet/delta.h"

#define UNPACK			256

static bool
read_varint(RsDeltaReader *reader, uint64 *value)
{
	int			shift;

	*value = 0;
	for (shift = 0; shift < 64 && reader->at < reader->end; shift += 7)
	{
		uint8		byte = *reader->at++;

		*value |= (uint64) (byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return true;
	}
	return false;
}

static bool
read_zigzag(RsDeltaReader *reader, uint64 *value)
{
	uint64		zigzag;

	if (!read_varint(reader, &zigzag))
		return false;
	*value = (zigzag >> 1) ^ (0 - (zigzag & 1));
	return true;
}

bool
rs_delta_init(RsDeltaReader *reader, const char *data, Size size)
{
	uint64		block;
	uint64		nminiblocks;
	uint64		total;

	memset(reader, 0, sizeof(RsDeltaReader));
	reader->at = (const uint8 *) data;
	reader->end = reader->at + size;
	if (!read_varint(reader, &block) || !read_varint(reader, &nminiblocks) || !read_varint(reader, &total) ||
		!read_zigzag(reader, &reader->last))
		return false;
	/* Values of a miniblock have to fill whole bytes, whatever their width. */
	if (nminiblocks == 0 || nminiblocks > PG_INT16_MAX || block == 0 || block > PG_INT32_MAX ||
		block % nminiblocks != 0 || block / nminiblocks % 8 != 0 || total > PG_INT32_MAX)
		return false;
	reader->miniblock = (uint32) (block / nminiblocks);
	reader->nminiblocks = (uint32) nminiblocks;
	reader->current = reader->nminiblocks;
	reader->total = reader->left = (uint32) total;
	reader->first = total > 0;
	return true;
}

static bool
begin_miniblock(RsDeltaReader *reader)
{
	Size		size;

	if (reader->current == reader->nminiblocks)
	{
		if (!read_zigzag(reader, &reader->min_delta) ||
			(Size) (reader->end - reader->at) < reader->nminiblocks)
			return false;
		reader->widths = reader->at;
		reader->at += reader->nminiblocks;
		reader->current = 0;
	}
	if (reader->widths[reader->current] > 64)
		return false;
	size = (Size) reader->miniblock / 8 * reader->widths[reader->current];
	if ((Size) (reader->end - reader->at) < size)
		return false;
	reader->packed = reader->at;
	reader->packed_left = reader->miniblock;
	reader->next = 0;
	reader->at += size;
	reader->current++;
	return true;
}

bool
rs_delta_read(RsDeltaReader *reader, int64 *to, uint32 n)
{
	uint64		deltas[UNPACK];
	uint32		i;

	if (n > reader->left)
		return false;
	reader->left -= n;
	if (reader->first && n > 0)
	{
		*to++ = (int64) reader->last;
		reader->first = false;
		n--;
	}
	while (n > 0)
	{
		uint64		last = reader->last;
		uint32		some;

		if (reader->packed_left == 0 && !begin_miniblock(reader))
			return false;
		some = Min(Min(n, reader->packed_left), UNPACK);
		rs_bitunpack((const char *) reader->packed, reader->widths[reader->current - 1], reader->next, some,
					 deltas);
		for (i = 0; i < some; i++)
		{
			last += reader->min_delta + deltas[i];
			to[i] = (int64) last;
		}
		reader->last = last;
		reader->next += some;
		reader->packed_left -= some;
		to += some;
		n -= some;
	}
	return true;
}
