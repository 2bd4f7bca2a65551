/*
 * orc_column.c
 *	  Values of a column of an ORC file, stripe after stripe.
 *
 * A stream that a stripe lacks is one without bytes: so writers leave out what would be
 * empty, and where values are wanted of it the stripe is damaged.
 */
#include "postgres.h"

#include <math.h>

#include "datatype/timestamp.h"
#include "format/orc/orc_column.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* 2015-01-01, which timestamps are counted from, and PostgreSQL's 2000-01-01 */
#define TIMESTAMP_EPOCH		INT64CONST(1420070400)
#define POSTGRES_EPOCH		((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)
/* Seconds that far from now are no timestamps, and sums with them do not overflow. */
#define MAX_SECONDS			INT64CONST(9000000000000)
#define MAX_DICTIONARY		((uint64) 1024 * 1024 * 1024 - 64)
/* So much of a dictionary is believed before its bytes are there. */
#define FIRST_DICTIONARY	((uint64) 1024 * 1024)

void
rs_orc_column_init(RsOrcColumn *column, RsOrcFile *file, uint32 id)
{
	uint32		i;

	memset(column, 0, sizeof(RsOrcColumn));
	column->file = file;
	column->id = id;
	column->type = &file->types[id];
	if (column->type->nchildren > 0)
		column->children = palloc(column->type->nchildren * sizeof(RsOrcColumn));
	/* The file's types are a tree of bounded depth. */
	for (i = 0; i < column->type->nchildren; i++)
		rs_orc_column_init(&column->children[i], file, column->type->children[i]);
}

/*
 * What the zone adds to UTC at that time.
 */
static int64
zone_offset(RsOrcClock *clock, int64 seconds)
{
	pg_time_t	time = (pg_time_t) seconds;
	pg_time_t	boundary;
	long int	before;
	long int	after;
	int			before_dst;
	int			after_dst;
	int			found;

	if (seconds >= clock->from && seconds < clock->to)
		return clock->offset;
	found = pg_next_dst_boundary(&time, &before, &before_dst, &boundary, &after, &after_dst, clock->zone);
	if (found < 0)
		return 0;
	clock->from = seconds;
	clock->to = found > 0 ? (int64) boundary : PG_INT64_MAX;
	clock->offset = before;
	return before;
}

void
rs_orc_clock_init(RsOrcClock *clock, const RsOrcFile *file, const RsOrcStripe *stripe, const char *zone)
{
	memset(clock, 0, sizeof(RsOrcClock));
	/* Who did not say where he was is taken to have been here. */
	clock->zone = zone != NULL ? pg_tzset(zone) : session_timezone;
	if (clock->zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" of ORC file \"%s\" is not recognized", zone, file->input->name),
				 errdetail("The stripe at byte " UINT64_FORMAT " was written in it.", stripe->offset)));
	clock->epoch = TIMESTAMP_EPOCH - zone_offset(clock, TIMESTAMP_EPOCH);
}

uint64
rs_orc_column_size(const RsOrcColumn *column, const RsOrcStripeFooter *footer, uint32 *nstreams)
{
	const RsOrcColumnChunk *chunk = &footer->columns[column->id];
	uint64		size = 0;
	uint32		i;

	for (i = 0; i < RS_ORC_NSTREAMS; i++)
	{
		size += chunk->streams[i].size;
		*nstreams += chunk->streams[i].size > 0;
	}
	for (i = 0; i < column->type->nchildren; i++)
		size += rs_orc_column_size(&column->children[i], footer, nstreams);
	return size;
}

static RsOrcStream *
open_stream(RsOrcColumn *column, const RsOrcColumnChunk *chunk, RsOrcStreamKind kind, double share)
{
	RsByteRange range = chunk->streams[kind];

	return rs_orc_stream_open(column->file, range, (Size) ceil((double) range.size * share));
}

static void
read_dictionary(RsOrcColumn *column, const RsOrcColumnChunk *chunk, bool is_v2, double share)
{
	RsOrcStream *length_stream = open_stream(column, chunk, RS_ORC_LENGTH, share);
	RsOrcStream *stream = open_stream(column, chunk, RS_ORC_DICTIONARY_DATA, share);
	RsOrcInts  *lengths = rs_orc_ints_open(length_stream, false, is_v2);
	uint32		allocated = 0;
	uint64		total = 0;
	uint64		there = 0;
	uint64		space;
	uint32		i;

	column->nentries = chunk->dictionary_size;
	column->entry_ends = NULL;
	for (i = 0; i < column->nentries; i++)
	{
		int64		length;

		rs_orc_ints_read(lengths, &length, 1);
		/* Entries differ, so few are empty: more of them than bytes would only take memory. */
		if (length < 0 || (uint64) length > MAX_DICTIONARY - total || i > total + 1024)
			rs_orc_stream_damaged(length_stream, "a dictionary is too large");
		/* It grows with what the stream has: the footer may say any number. */
		if (i == allocated)
		{
			CHECK_FOR_INTERRUPTS();
			allocated = Max(1024, allocated * 2);
			column->entry_ends = column->entry_ends == NULL ? palloc(allocated * sizeof(uint64)) :
				repalloc_huge(column->entry_ends, (Size) allocated * sizeof(uint64));
		}
		column->entry_ends[i] = total += (uint64) length;
	}
	space = Min(total, FIRST_DICTIONARY);
	column->entries = palloc(Max(space, 1));
	while (there < total)
	{
		if (there == space)
		{
			space = Min(total, space * 2);
			column->entries = repalloc_huge(column->entries, space);
		}
		rs_orc_stream_take(stream, column->entries + there, (Size) (space - there));
		there = space;
	}
	rs_orc_stream_close(stream);
	pfree(lengths);
	rs_orc_stream_close(length_stream);
}

static void
open_strings(RsOrcColumn *column, const RsOrcColumnChunk *chunk, bool is_v2, double share)
{
	column->is_dictionary = chunk->encoding == RS_ORC_DICTIONARY || chunk->encoding == RS_ORC_DICTIONARY_V2;
	column->data = open_stream(column, chunk, RS_ORC_DATA, share);
	if (column->is_dictionary)
	{
		read_dictionary(column, chunk, is_v2, share);
		column->ints = rs_orc_ints_open(column->data, false, is_v2);
	}
	else
		column->lengths = rs_orc_ints_open(open_stream(column, chunk, RS_ORC_LENGTH, share), false, is_v2);
}

void
rs_orc_column_open(RsOrcColumn *column, const RsOrcStripeFooter *footer, RsOrcClock *clock, double share)
{
	const RsOrcColumnChunk *chunk = &footer->columns[column->id];
	bool		is_v2 = chunk->encoding >= RS_ORC_DIRECT_V2;
	uint32		i;

	column->present = NULL;
	if (chunk->streams[RS_ORC_PRESENT].size > 0)
		column->present = rs_orc_bits_open(open_stream(column, chunk, RS_ORC_PRESENT, share));
	column->clock = clock;
	switch (column->type->kind)
	{
		case RS_ORC_BOOLEAN:
			column->bits = rs_orc_bits_open(open_stream(column, chunk, RS_ORC_DATA, share));
			break;
		case RS_ORC_BYTE:
		case RS_ORC_UNION:
			rs_orc_bytes_open(&column->bytes, open_stream(column, chunk, RS_ORC_DATA, share));
			break;
		case RS_ORC_SHORT:
		case RS_ORC_INT:
		case RS_ORC_LONG:
		case RS_ORC_DATE:
			column->ints = rs_orc_ints_open(open_stream(column, chunk, RS_ORC_DATA, share), true, is_v2);
			break;
		case RS_ORC_FLOAT:
		case RS_ORC_DOUBLE:
			column->data = open_stream(column, chunk, RS_ORC_DATA, share);
			break;
		case RS_ORC_STRING:
		case RS_ORC_VARCHAR:
		case RS_ORC_CHAR:
		case RS_ORC_BINARY:
			open_strings(column, chunk, is_v2, share);
			break;
		case RS_ORC_TIMESTAMP:
		case RS_ORC_TIMESTAMP_INSTANT:
			column->ints = rs_orc_ints_open(open_stream(column, chunk, RS_ORC_DATA, share), true, is_v2);
			column->secondary = rs_orc_ints_open(open_stream(column, chunk, RS_ORC_SECONDARY, share), false, is_v2);
			break;
		case RS_ORC_DECIMAL:
			column->data = open_stream(column, chunk, RS_ORC_DATA, share);
			column->ints = NULL;
			if (column->file->plain_decimals && column->type->precision > 0 && column->type->precision <= 18)
				column->ints = rs_orc_ints_open(column->data, true, true);
			else
				column->secondary = rs_orc_ints_open(open_stream(column, chunk, RS_ORC_SECONDARY, share), true,
													 is_v2);
			break;
		case RS_ORC_LIST:
		case RS_ORC_MAP:
			column->lengths = rs_orc_ints_open(open_stream(column, chunk, RS_ORC_LENGTH, share), false, is_v2);
			break;
		case RS_ORC_STRUCT:
		case RS_ORC_NKINDS:
			break;
	}
	for (i = 0; i < column->type->nchildren; i++)
		rs_orc_column_open(&column->children[i], footer, clock, share);
}

uint32
rs_orc_column_nulls(RsOrcColumn *column, uint8 *null, uint32 n)
{
	uint32		nvalues = 0;
	uint32		i;

	if (column->present == NULL)
	{
		memset(null, 0, n);
		return n;
	}
	rs_orc_bits_read(column->present, null, n);
	for (i = 0; i < n; i++)
	{
		nvalues += null[i];
		null[i] ^= 1;
	}
	return nvalues;
}

void
rs_orc_column_ints(RsOrcColumn *column, int64 *values, uint32 n)
{
	/* Their bytes come to stand where the first of the integers will. */
	uint8	   *bytes = (uint8 *) values;
	bool		is_signed = column->type->kind == RS_ORC_BYTE;
	uint32		i;

	switch (column->type->kind)
	{
		case RS_ORC_BOOLEAN:
			rs_orc_bits_read(column->bits, bytes, n);
			break;
		case RS_ORC_BYTE:
		case RS_ORC_UNION:
			rs_orc_bytes_read(&column->bytes, bytes, n);
			break;
		default:
			rs_orc_ints_read(column->ints, values, n);
			return;
	}
	for (i = n; i-- > 0;)
	{
		uint8		byte = bytes[i];

		values[i] = is_signed ? (int8) byte : byte;
	}
}

void
rs_orc_column_doubles(RsOrcColumn *column, double *values, uint32 n)
{
	float	   *floats = (float *) values;
	uint32		i;

	if (column->type->kind == RS_ORC_DOUBLE)
	{
		rs_orc_stream_take(column->data, values, (Size) n * sizeof(double));
		return;
	}
	rs_orc_stream_take(column->data, floats, (Size) n * sizeof(float));
	for (i = n; i-- > 0;)
	{
		float		value;

		memcpy(&value, (char *) values + (Size) i * sizeof(float), sizeof(float));
		values[i] = value;
	}
}

/*
 * Nanoseconds stand without the zeros at their end: the low three bits tell how many there
 * were, if two or more.
 */
static bool
nanoseconds(uint64 stored, int64 *result)
{
	uint64		value = stored >> 3;
	int			zeros = (int) (stored & 7);

	if (value > 999999999)
		return false;
	if (zeros > 0)
		for (zeros++; zeros > 0; zeros--)
			value *= 10;
	*result = (int64) value;
	return value <= 999999999;
}

uint32
rs_orc_column_timestamps(RsOrcColumn *column, int64 *values, uint32 n)
{
	bool		is_instant = column->type->kind == RS_ORC_TIMESTAMP_INSTANT;
	int64		epoch = is_instant ? TIMESTAMP_EPOCH : column->clock->epoch;
	uint32		bad = n;
	int64		stored[64];
	uint32		i;

	rs_orc_ints_read(column->ints, values, n);
	for (i = 0; i < n; i++)
	{
		int64		seconds = values[i];
		int64		nanos = 0;

		if (i % lengthof(stored) == 0)
			rs_orc_ints_read(column->secondary, stored, Min(n - i, lengthof(stored)));
		if (seconds > MAX_SECONDS || seconds < -MAX_SECONDS ||
			!nanoseconds((uint64) stored[i % lengthof(stored)], &nanos))
		{
			bad = Min(bad, i);
			continue;
		}
		seconds += epoch;
		/* Writers round times before 1970 towards it, but count nanoseconds onwards. */
		if (seconds < 0 && nanos > 999999)
			seconds--;
		if (!is_instant)
			seconds += zone_offset(column->clock, seconds);
		values[i] = (seconds - POSTGRES_EPOCH) * USECS_PER_SEC + nanos / 1000;
		if (!IS_VALID_TIMESTAMP(values[i]))
			bad = Min(bad, i);
	}
	return bad;
}

uint32
rs_orc_column_decimals(RsOrcColumn *column, int128 *values, uint8 *scales, uint32 n)
{
	int64		buffer[RS_ORC_MAX_RUN];
	uint32		bad = n;
	uint32		first;
	uint32		i;

	for (first = 0; first < n; first += lengthof(buffer))
	{
		uint32		count = Min(n - first, lengthof(buffer));

		rs_orc_ints_read(column->ints != NULL ? column->ints : column->secondary, buffer, count);
		for (i = 0; i < count; i++)
		{
			if (column->ints != NULL)
			{
				values[first + i] = buffer[i];
				scales[first + i] = (uint8) column->type->scale;
			}
			else if (!rs_orc_read_decimal(column->data, &values[first + i]) || buffer[i] < 0 || buffer[i] > 38)
				bad = Min(bad, first + i);
			else
				scales[first + i] = (uint8) buffer[i];
		}
	}
	return bad;
}

void
rs_orc_column_lengths(RsOrcColumn *column, uint32 *lengths, uint32 n)
{
	int64		buffer[RS_ORC_MAX_RUN];
	uint32		first;
	uint32		i;

	for (first = 0; first < n; first += lengthof(buffer))
	{
		uint32		count = Min(n - first, lengthof(buffer));

		rs_orc_ints_read(column->lengths, buffer, count);
		for (i = 0; i < count; i++)
		{
			/* No larger than memory of PostgreSQL can be */
			if (buffer[i] < 0 || buffer[i] > (int64) MaxAllocSize - 64)
				rs_orc_stream_damaged(column->lengths->stream, "a value is too long");
			lengths[first + i] = (uint32) buffer[i];
		}
	}
}

const char *
rs_orc_column_entry(const RsOrcColumn *column, int64 code, uint32 *size)
{
	uint64		start;

	if (code < 0 || code >= column->nentries)
		rs_orc_stream_damaged(column->data, "a value is beyond its dictionary");
	start = code > 0 ? column->entry_ends[code - 1] : 0;
	*size = (uint32) (column->entry_ends[code] - start);
	return column->entries + start;
}
