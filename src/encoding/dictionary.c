/*
 * dictionary.c
 *	  Distinct values of a block, by their bytes.
 */
#include "postgres.h"

#include "encoding/bitpack.h"
#include "encoding/dictionary.h"

bool
rs_values_equal(const RsValues *values, uint32 i, uint32 j)
{
	Size		size_i;
	Size		size_j;
	const char *a = rs_value_bytes(values, i, &size_i);
	const char *b = rs_value_bytes(values, j, &size_j);

	return size_i == size_j && memcmp(a, b, size_i) == 0;
}

/*
 * A hash for finding equal values of a block, no more: words, the last one
 * overlapping the one before.
 */
static inline uint32
hash_value(const char *bytes, Size size)
{
	uint64		hash = size;
	uint64		word = 0;
	Size		at;

	if (size < sizeof(word))
		memcpy(&word, bytes, size);
	else
	{
		for (at = 0; at + sizeof(word) < size; at += sizeof(word))
			hash = (hash ^ rs_load_word(bytes + at)) * UINT64CONST(0x9e3779b97f4a7c15);
		word = rs_load_word(bytes + size - sizeof(word));
	}
	hash = (hash ^ word) * UINT64CONST(0xc2b2ae3d27d4eb4f);
	return (uint32) (hash >> 32);
}

/* A slot of the table: a distinct value. */
typedef struct Entry
{
	const char *bytes;
	uint32		size;
	uint32		code1;			/* code + 1, 0: free */
} Entry;

/*
 * Compiled for each form of values: values->phys and width are known there.
 */
static pg_attribute_always_inline bool
build(const RsValues *of, RsPhys phys, uint16 width, uint32 max, uint64 *codes,
	  uint32 *firsts, uint32 *ndistinct)
{
	RsValues	values = *of;
	uint32		nslots = 16;
	Entry	   *slots;
	uint32		n = 0;
	uint32		i;

	values.phys = phys;
	values.width = width;
	while (nslots < 2 * Min(max, values.count))
		nslots *= 2;
	slots = palloc0(nslots * sizeof(Entry));
	for (i = 0; i < values.count; i++)
	{
		Size		size;
		const char *bytes = rs_value_bytes(&values, i, &size);
		uint32		slot = hash_value(bytes, size) & (nslots - 1);
		Entry	   *entry = &slots[slot];

		while (entry->code1 != 0 &&
			   !(entry->size == size && rs_bytes_equal(entry->bytes, bytes, size)))
		{
			slot = (slot + 1) & (nslots - 1);
			entry = &slots[slot];
		}
		if (entry->code1 == 0)
		{
			if (n == max)
			{
				pfree(slots);
				return false;
			}
			firsts[n] = i;
			entry->bytes = bytes;
			entry->size = (uint32) size;
			entry->code1 = ++n;
		}
		codes[i] = entry->code1 - 1;
	}
	pfree(slots);
	*ndistinct = n;
	return true;
}

bool
rs_dictionary_build(const RsValues *values, uint32 max, uint64 *codes, uint32 *firsts,
					uint32 *ndistinct)
{
	if (values->phys == RS_PHYS_VARLEN)
		return build(values, RS_PHYS_VARLEN, 0, max, codes, firsts, ndistinct);
	if (values->width == sizeof(int64))
		return build(values, RS_PHYS_INT64, sizeof(int64), max, codes, firsts, ndistinct);
	return build(values, RS_PHYS_FIXED, values->width, max, codes, firsts, ndistinct);
}

void
rs_values_pick(const RsValues *values, const uint32 *indexes, uint32 n, RsValues *out)
{
	uint32		i;

	*out = *values;
	out->count = n;
	if (values->phys == RS_PHYS_VARLEN)
	{
		out->offsets = palloc(Max(n, 1) * sizeof(uint32));
		for (i = 0; i < n; i++)
			out->offsets[i] = values->offsets[indexes[i]];
		return;
	}
	rs_values_alloc(out, n);
	for (i = 0; i < n; i++)
		memcpy((char *) out->fixed + (Size) i * out->width,
			   (const char *) values->fixed + (Size) indexes[i] * out->width, out->width);
}

/*
 * Entries known by their codes are worth it where each stands for this many values.
 */
#define RS_VALUES_PER_ENTRY	4

RS_KERNEL static uint16
largest_code(const uint16 *codes, uint32 n)
{
	uint16		largest = 0;
	uint32		i;

	for (i = 0; i < n; i++)
		largest = Max(largest, codes[i]);
	return largest;
}

void
rs_values_expand(const RsValues *entries, uint16 *codes, uint32 n, RsValues *out)
{
	const char *from = entries->fixed;
	char	   *to;
	uint32		i;

	if (n > 0 && largest_code(codes, n) >= entries->count)
		rs_encoding_corrupt("dictionary code is out of range");
	if (entries->phys == RS_PHYS_VARLEN)
	{
		*out = *entries;
		out->count = n;
		out->offsets = palloc(Max(n, 1) * sizeof(uint32));
		for (i = 0; i < n; i++)
			out->offsets[i] = entries->offsets[codes[i]];
		if (entries->count <= n / RS_VALUES_PER_ENTRY)
		{
			out->codes = codes;
			out->nentries = entries->count;
			out->entries = entries->offsets;
			return;
		}
		pfree(codes);
		return;
	}
	rs_values_alloc(out, n);
	to = out->fixed;
	if (out->width == 8)
		for (i = 0; i < n; i++)
			((int64 *) to)[i] = ((const int64 *) from)[codes[i]];
	else if (out->width == 4)
		for (i = 0; i < n; i++)
			((int32 *) to)[i] = ((const int32 *) from)[codes[i]];
	else
		for (i = 0; i < n; i++)
			memcpy(to + (Size) i * out->width, from + (Size) codes[i] * out->width, out->width);
	pfree(codes);
}
