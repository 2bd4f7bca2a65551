/*
 * parquet.c
 *	  Parquet's runs, differences and metadata: what was encoded is read, whatever the pieces that
 *	  it is asked for in, and random bytes end in an error without a read beyond them.
 */
#include "postgres.h"

#include <signal.h>

#include "format/parquet/delta.h"
#include "format/parquet/metadata.h"
#include "format/parquet/runs.h"
#include "format/parquet/thrift_read.h"
#include "harness.h"
#include "miscadmin.h"
#include "stubs.h"

#define MAX_VALUES	3000
#define MAX_BYTES	(64 * 1024)

/* What CHECK_FOR_INTERRUPTS() looks at. */
volatile sig_atomic_t InterruptPending = false;

void
ProcessInterrupts(void)
{
}

typedef struct Bytes
{
	uint8		data[MAX_BYTES];
	Size		size;
} Bytes;

static Bytes out;

static void
put_byte(uint8 byte)
{
	out.data[out.size++] = byte;
}

static void
put_varint(uint64 value)
{
	for (; value > 127; value >>= 7)
		put_byte((uint8) (value | 128));
	put_byte((uint8) value);
}

static void
put_zigzag(int64 value)
{
	put_varint((uint64) value << 1 ^ (value < 0 ? PG_UINT64_MAX : 0));
}

/* Lowest bits first. */
static void
put_packed(const uint64 *values, uint32 n, int width)
{
	uint64		bit;

	for (bit = 0; bit < (uint64) n * width; bit++)
	{
		if (bit % 8 == 0)
			put_byte(0);
		out.data[out.size - 1] |= (values[bit / width] >> (bit % width) & 1) << (bit % 8);
	}
}

/*
 * The bytes alone, with the padding that readers may look at: the sanitizer sees what goes
 * beyond.
 */
static char *
padded_copy(void)
{
	char	   *copy = palloc(out.size + RS_BITPACK_PAD);

	memcpy(copy, out.data, out.size);
	memset(copy + out.size, 0xff, RS_BITPACK_PAD);
	return copy;
}

/* ---------------------------------------------------------------------
 * Runs
 * ---------------------------------------------------------------------
 */

static uint32
encode_runs(uint64 *values, int width)
{
	uint32		limit = 1 + (uint32) rnd_below(MAX_VALUES - 600);
	uint32		n = 0;

	out.size = 0;
	while (n < limit)
	{
		uint64		mask = width == 0 ? 0 : PG_UINT64_MAX >> (64 - width);
		uint32		count = 1 + (uint32) rnd_below(rnd_below(4) == 0 ? 500 : 20);
		uint64		value = rnd() & mask;
		uint32		i;

		if (rnd_below(2) == 0 && width > 0)
		{
			count = TYPEALIGN(8, count);
			for (i = 0; i < count; i++)
				values[n + i] = rnd() & mask;
			put_varint((uint64) (count / 8) << 1 | 1);
			put_packed(values + n, count, width);
		}
		else
		{
			for (i = 0; i < count; i++)
				values[n + i] = value;
			put_varint((uint64) count << 1);
			for (i = 0; i < (uint32) (width + 7) / 8; i++)
				put_byte((uint8) (value >> (8 * i)));
		}
		n += count;
	}
	return n;
}

static bool
read_some_runs(RsRunReader *reader, int width, uint32 *to, uint32 n)
{
	uint8		bytes[MAX_VALUES];
	uint16		words[MAX_VALUES];
	uint32		i;

	if (width <= 8 && rnd_below(3) == 0)
	{
		if (!rs_runs_read8(reader, bytes, n))
			return false;
		for (i = 0; i < n; i++)
			to[i] = bytes[i];
		return true;
	}
	if (width <= 16 && rnd_below(2) == 0)
	{
		if (!rs_runs_read16(reader, words, n))
			return false;
		for (i = 0; i < n; i++)
			to[i] = words[i];
		return true;
	}
	return rs_runs_read32(reader, to, n);
}

static void
test_runs(int width)
{
	static uint64 values[MAX_VALUES];
	static uint32 got[MAX_VALUES];
	uint32		n = encode_runs(values, width);
	RsRunReader reader;
	uint32		done = 0;
	bool		same = true;
	char	   *copy = padded_copy();

	rs_runs_init(&reader, copy, out.size, width);
	while (same && done < n)
	{
		uint32		some = 1 + (uint32) rnd_below(Min(n - done, 300));
		uint32		i;

		if (rnd_below(4) == 0 && rs_runs_pass(&reader, (uint32) values[done], some))
			for (i = 0; i < some; i++)
				same &= values[done + i] == values[done];
		else
		{
			same = read_some_runs(&reader, width, got, some);
			for (i = 0; same && i < some; i++)
				same = got[i] == values[done + i];
		}
		done += some;
	}
	ok(same, "runs of %d bits", width);
	digest(got, sizeof(got[0]));
	if (width > 0)
		ok(!rs_runs_read32(&reader, got, 8), "runs of %d bits end", width);
	stub_free_all();
}

/* ---------------------------------------------------------------------
 * Differences
 * ---------------------------------------------------------------------
 */

static void
encode_deltas(const int64 *values, uint32 n, uint32 miniblock, uint32 nminiblocks)
{
	uint32		at = 1;
	uint32		m;
	uint32		i;

	out.size = 0;
	put_varint((uint64) miniblock * nminiblocks);
	put_varint(nminiblocks);
	put_varint(n);
	put_zigzag(n > 0 ? values[0] : 0);
	for (; at < n; at += miniblock * nminiblocks)
	{
		uint32		count = Min(n - at, miniblock * nminiblocks);
		int64		least = PG_INT64_MAX;
		int			widths[8];

		for (i = 0; i < count; i++)
			least = Min(least, (int64) ((uint64) values[at + i] - (uint64) values[at + i - 1]));
		put_zigzag(least);
		for (m = 0; m < nminiblocks; m++)
		{
			uint64		all = 0;

			for (i = m * miniblock; i < Min(count, (m + 1) * miniblock); i++)
				all |= (uint64) values[at + i] - (uint64) values[at + i - 1] - (uint64) least;
			widths[m] = rs_bits_needed(all);
			put_byte((uint8) widths[m]);
		}
		for (m = 0; m * miniblock < count; m++)
		{
			uint64		deltas[128] = {0};

			for (i = m * miniblock; i < Min(count, (m + 1) * miniblock); i++)
				deltas[i - m * miniblock] = (uint64) values[at + i] - (uint64) values[at + i - 1] - (uint64) least;
			put_packed(deltas, miniblock, widths[m]);
		}
	}
}

static void
test_deltas(int kind)
{
	static int64 values[MAX_VALUES];
	static int64 got[MAX_VALUES];
	uint32		n = (uint32) rnd_below(MAX_VALUES);
	RsDeltaReader reader;
	uint32		done = 0;
	bool		same;
	char	   *copy;
	uint32		i;

	for (i = 0; i < n; i++)
		values[i] = kind == 0 ? (int64) rnd() : kind == 1 ? (int64) rnd_below(1000) : i > 0 ? values[i - 1] + 3 : -7;
	encode_deltas(values, n, rnd_below(2) ? 32 : 128, 1 + (uint32) rnd_below(8));
	copy = padded_copy();
	same = rs_delta_init(&reader, copy, out.size) && reader.total == n;
	while (same && done < n)
	{
		uint32		some = 1 + (uint32) rnd_below(Min(n - done, 300));

		same = rs_delta_read(&reader, got + done, some) && memcmp(got + done, values + done, some * sizeof(int64)) == 0;
		done += some;
	}
	ok(same, "%u differences of kind %d", n, kind);
	ok(same && (const char *) reader.at == copy + out.size && !rs_delta_read(&reader, got, 1),
	   "%u differences of kind %d end where they should", n, kind);
	digest(values, n * sizeof(int64));
	stub_free_all();
}

/* ---------------------------------------------------------------------
 * Random bytes
 * ---------------------------------------------------------------------
 */

static void
random_bytes(void)
{
	Size		i;

	out.size = rnd_below(400);
	for (i = 0; i < out.size; i++)
		out.data[i] = rnd_below(3) == 0 ? (uint8) rnd_below(32) : (uint8) rnd();
}

static void
read_random(void *arg)
{
	static int64 integers[MAX_VALUES];
	static uint32 numbers[MAX_VALUES];
	char	   *copy = padded_copy();
	RsRunReader runs;
	RsDeltaReader deltas;
	RsParquetPage page;
	Size		used;
	Size		size;
	const char *fault;
	int			i;

	rs_runs_init(&runs, copy, out.size, (int) rnd_below(33));
	for (i = 0; i < 100 && rs_runs_read32(&runs, numbers, 1 + (uint32) rnd_below(100)); i++)
		;
	if (rs_delta_init(&deltas, copy, out.size))
		for (i = 0; i < 100 && rs_delta_read(&deltas, integers, Min(deltas.left, 1 + (uint32) rnd_below(100))); i++)
			;
	(void) rs_parquet_page_header(copy, out.size, &page, &used, &fault);
	(void) rs_parquet_bloom_header(copy, out.size, &size, &used);
}

/* A file in memory. */
typedef struct MemoryInput
{
	RsInput		input;
	const char *data;
} MemoryInput;

static Size
read_memory(RsInput *input, uint64 offset, char *buffer, Size size)
{
	size = Min(size, (Size) input->size - offset);
	memcpy(buffer, ((MemoryInput *) input)->data + offset, size);
	return size;
}

static void
open_random(void *arg)
{
	MemoryInput memory = {{0}};

	memory.data = padded_copy();
	memory.input.name = "random";
	memory.input.size = (int64) out.size;
	memory.input.seekable = true;
	memory.input.read = read_memory;
	(void) rs_parquet_open(&memory.input);
}

/* Fields of metadata with random numbers and lengths, between the magics. */
static void
random_file(void)
{
	Size		metadata;
	Size		i;

	random_bytes();
	metadata = out.size;
	memmove(out.data + 4, out.data, out.size);
	memcpy(out.data, RS_PARQUET_MAGIC, 4);
	out.size += 4;
	for (i = 0; i < 4; i++)
		put_byte((uint8) (metadata >> (8 * i)));
	memcpy(out.data + out.size, RS_PARQUET_MAGIC, 4);
	out.size += 4;
}

static void
test_random(int rounds)
{
	int			failed = 0;
	int			i;

	for (i = 0; i < rounds; i++)
	{
		random_bytes();
		if (stub_run(read_random, NULL) != STUB_DONE)
			failed++;
		stub_free_all();
	}
	ok(failed == 0, "random bytes are read, or not, without an error thrown");
	failed = 0;
	for (i = 0; i < rounds; i++)
	{
		StubOutcome outcome;

		random_file();
		outcome = stub_run(open_random, NULL);
		if (outcome != STUB_DONE && outcome != STUB_CORRUPT && strstr(stub_message, "Parquet file \"random\" has") == NULL)
		{
			diag("%s", stub_message);
			failed++;
		}
		stub_free_all();
	}
	ok(failed == 0, "files of random metadata are damaged");
}

/*
 * A map that says it has more entries than bytes, of a type that takes none.
 */
static void
test_endless_map(void)
{
	static const uint8 map[] = {0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0x00};
	RsParquetPage page;
	Size		used;
	const char *fault;

	ok(rs_parquet_page_header((const char *) map, sizeof(map), &page, &used, &fault) != RS_HEADER_READ, "a map ends");
}

int
main(int argc, char **argv)
{
	int			width;
	int			i;

	harness_begin(argc, argv);
	for (width = 0; width <= 32; width++)
		test_runs(width);
	for (i = 0; i < 30; i++)
		test_deltas(i % 3);
	test_random(3000);
	test_endless_map();
	return harness_end();
}
