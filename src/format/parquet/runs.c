/*
 * runs.c
 *	  Parquet's encoding RLE.
 *
 *	run:	header, varint: count << 1		value, in as many whole bytes as the width needs
 *	packed:	header, varint: groups << 1 | 1	groups of eight values, lowest bits first
 */
#include "postgres.h"

#include "format/parquet/runs.h"

/* Values that are unpacked at a time. */
#define UNPACK			256

void
rs_runs_init(RsRunReader *reader, const char *data, Size size, int width)
{
	memset(reader, 0, sizeof(RsRunReader));
	reader->at = (const uint8 *) data;
	reader->end = reader->at + size;
	reader->width = (uint8) width;
	/* One value can only be said once: there may be no runs at all. */
	if (width == 0)
		reader->left = PG_UINT32_MAX;
}

/*
 * The next run that is not empty.
 */
static bool
begin_run(RsRunReader *reader)
{
	Size		bytes = (reader->width + 7) / 8;

	do
	{
		uint64		header = 0;
		uint64		count;
		int			shift = 0;
		Size		i;

		do
		{
			if (reader->at >= reader->end || shift > 28)
				return false;
			header |= (uint64) (*reader->at & 0x7f) << shift;
			shift += 7;
		} while (*reader->at++ & 0x80);
		reader->packed = NULL;
		reader->next = 0;
		if (header & 1)
		{
			/* The last groups of some writers are short. */
			Size		size = Min((header >> 1) * reader->width, (Size) (reader->end - reader->at));

			count = Min((header >> 1) * 8, size * 8 / reader->width);
			reader->packed = reader->at;
			reader->at += size;
		}
		else
		{
			count = header >> 1;
			if ((Size) (reader->end - reader->at) < bytes)
				return false;
			reader->value = 0;
			for (i = 0; i < bytes; i++)
				reader->value |= (uint32) reader->at[i] << (8 * i);
			reader->at += bytes;
		}
		reader->left = (uint32) Min(count, PG_UINT32_MAX);
	} while (reader->left == 0);
	return true;
}

static inline void
take(RsRunReader *reader, uint32 n)
{
	if (reader->width == 0)
		return;
	reader->left -= n;
	reader->next += n;
}

bool
rs_runs_pass(RsRunReader *reader, uint32 value, uint32 n)
{
	if (reader->left == 0 && !begin_run(reader))
		return false;
	if (reader->packed != NULL || reader->value != value || reader->left < n)
		return false;
	take(reader, n);
	return true;
}

bool
rs_runs_read16(RsRunReader *reader, uint16 *to, uint32 n)
{
	uint32		i;

	while (n > 0)
	{
		uint32		some;

		if (reader->left == 0 && !begin_run(reader))
			return false;
		some = Min(n, reader->left);
		if (reader->packed != NULL)
			rs_bitunpack16((const char *) reader->packed, reader->width, reader->next, some, to);
		else
			for (i = 0; i < some; i++)
				to[i] = (uint16) reader->value;
		take(reader, some);
		to += some;
		n -= some;
	}
	return true;
}

bool
rs_runs_read8(RsRunReader *reader, uint8 *to, uint32 n)
{
	uint16		values[UNPACK];
	uint32		i;

	while (n > 0)
	{
		uint32		some;

		if (reader->left == 0 && !begin_run(reader))
			return false;
		some = Min(n, reader->left);
		if (reader->packed == NULL)
			memset(to, (int) reader->value, some);
		else
		{
			some = Min(some, UNPACK);
			rs_bitunpack16((const char *) reader->packed, reader->width, reader->next, some, values);
			for (i = 0; i < some; i++)
				to[i] = (uint8) values[i];
		}
		take(reader, some);
		to += some;
		n -= some;
	}
	return true;
}

bool
rs_runs_read32(RsRunReader *reader, uint32 *to, uint32 n)
{
	uint64		values[UNPACK];
	uint32		i;

	while (n > 0)
	{
		uint32		some;

		if (reader->left == 0 && !begin_run(reader))
			return false;
		some = Min(n, reader->left);
		if (reader->packed != NULL)
		{
			some = Min(some, UNPACK);
			rs_bitunpack((const char *) reader->packed, reader->width, reader->next, some, values);
			for (i = 0; i < some; i++)
				to[i] = (uint32) values[i];
		}
		else
			for (i = 0; i < some; i++)
				to[i] = reader->value;
		take(reader, some);
		to += some;
		n -= some;
	}
	return true;
}

void
rs_levels_unpack(const char *data, int width, uint32 n, uint8 *to)
{
	const uint8 *bytes = (const uint8 *) data;
	uint64		bit = 0;
	uint32		i;
	int			b;

	for (i = 0; i < n; i++)
	{
		uint8		level = 0;

		for (b = 0; b < width; b++, bit++)
			level = (uint8) (level << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1));
		to[i] = level;
	}
}
