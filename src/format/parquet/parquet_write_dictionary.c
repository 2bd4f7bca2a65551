/*
 * parquet_write_dictionary.c
 *	  Distinct values of a column chunk, numbered as they come.
 *
 * A hash table without chains, at most half full, of entry numbers; the entries themselves stand
 * as the dictionary's page will have them.
 */
#include "postgres.h"

#include "format/parquet/parquet_write.h"
#include "port/pg_bswap.h"

#define FIRST_SLOTS		1024

#define MULTIPLIER		UINT64CONST(0x9E3779B97F4A7C15)

#ifdef WORDS_BIGENDIAN
#define LITTLE32(x)	pg_bswap32(x)
#define LITTLE64(x)	pg_bswap64(x)
#else
#define LITTLE32(x)	(x)
#define LITTLE64(x)	(x)
#endif

void
rs_dictionary_init(RsParquetDictionary *dictionary, const RsParquetLeaf *leaf, Size limit,
				   MemoryContext context)
{
	memset(dictionary, 0, sizeof(RsParquetDictionary));
	dictionary->class = leaf->class;
	dictionary->prefixed = leaf->element.type == RS_PARQUET_BYTE_ARRAY;
	dictionary->limit = limit;
	rs_buffer_init(&dictionary->entries, context);
	rs_buffer_init(&dictionary->offsets, context);
	rs_buffer_init(&dictionary->hashes, context);
	rs_buffer_init(&dictionary->slots, context);
}

static void
set_slots(RsParquetDictionary *dictionary, uint32 nslots)
{
	RsByteBuffer *slots = &dictionary->slots;

	slots->size = 0;
	memset(rs_buffer_reserve(slots, nslots * sizeof(uint32)), 0, nslots * sizeof(uint32));
	slots->size = nslots * sizeof(uint32);
	dictionary->mask = nslots - 1;
	dictionary->shift = 64;
	for (; nslots > 1; nslots /= 2)
		dictionary->shift--;
}

void
rs_dictionary_reset(RsParquetDictionary *dictionary)
{
	dictionary->nentries = 0;
	dictionary->entries.size = 0;
	dictionary->offsets.size = 0;
	dictionary->hashes.size = 0;
	set_slots(dictionary, FIRST_SLOTS);
}

static inline uint32
hash_integer(uint64 value)
{
	/* The multiplication carries low bits up only, so that these get some from above first. */
	value ^= value >> 32;
	return (uint32) ((value * MULTIPLIER) >> 32);
}

static inline uint32
hash_bytes(const char *data, uint32 size)
{
	uint64		hash = size * MULTIPLIER;
	uint64		word;
	uint32		low;
	uint32		high;

	for (; size >= 8; size -= 8, data += 8)
	{
		memcpy(&word, data, 8);
		hash = (hash ^ word) * MULTIPLIER;
		hash ^= hash >> 32;
	}
	if (size >= 4)
	{
		memcpy(&low, data, 4);
		memcpy(&high, data + size - 4, 4);
		hash ^= low | (uint64) high << 32;
	}
	else if (size > 0)
		hash ^= (uint8) data[0] | (uint32) (uint8) data[size / 2] << 8 |
			(uint32) (uint8) data[size - 1] << 16;
	hash *= MULTIPLIER;
	return (uint32) (hash >> 32);
}

/* Slots are chosen by a hash's first bits. */
#define first_slot(dictionary, hash) ((uint32) ((uint64) (hash) << 32 >> (dictionary)->shift))

RsParquetBytes
rs_dictionary_bytes(const RsParquetDictionary *dictionary, uint32 entry)
{
	const uint32 *offsets = (const uint32 *) dictionary->offsets.data;
	uint32		end = entry + 1 < dictionary->nentries ?
		offsets[entry + 1] - (dictionary->prefixed ? sizeof(uint32) : 0) : (uint32) dictionary->entries.size;
	RsParquetBytes bytes;

	bytes.data = dictionary->entries.data + offsets[entry];
	bytes.size = end - offsets[entry];
	return bytes;
}

static uint32
hash_entry(const RsParquetDictionary *dictionary, uint32 entry)
{
	uint32		value;
	uint64		wide;

	switch (dictionary->class)
	{
		case RS_CLASS_4:
			value = LITTLE32(((const uint32 *) dictionary->entries.data)[entry]);
			return hash_integer(value);
		case RS_CLASS_8:
			wide = LITTLE64(((const uint64 *) dictionary->entries.data)[entry]);
			return hash_integer(wide);
		default:
			return ((const uint32 *) dictionary->hashes.data)[entry];
	}
}

/*
 * Twice as many slots, once half are taken.
 */
static void
make_room(RsParquetDictionary *dictionary)
{
	uint32	   *slots;
	uint32		entry;

	if (dictionary->nentries * 2 <= dictionary->mask)
		return;
	set_slots(dictionary, (dictionary->mask + 1) * 2);
	slots = (uint32 *) dictionary->slots.data;
	for (entry = 0; entry < dictionary->nentries; entry++)
	{
		uint32		at = first_slot(dictionary, hash_entry(dictionary, entry));

		while (slots[at] != 0)
			at = (at + 1) & dictionary->mask;
		slots[at] = entry + 1;
	}
}

static bool
is_full(const RsParquetDictionary *dictionary, Size more)
{
	return dictionary->nentries == RS_DICTIONARY_ENTRIES ||
		dictionary->entries.size + more > dictionary->limit;
}

#define DEFINE_ENCODE(name, type, little) \
static bool \
name(RsParquetDictionary *dictionary, const type *values, uint32 n, uint32 *codes) \
{ \
	uint32	   *slots = (uint32 *) dictionary->slots.data; \
	type	   *entries = (type *) dictionary->entries.data; \
	uint32		i; \
 \
	for (i = 0; i < n; i++) \
	{ \
		type		value = values[i]; \
		uint32		at = first_slot(dictionary, hash_integer(value)); \
		uint32		code; \
 \
		while ((code = slots[at]) != 0 && little(entries[code - 1]) != value) \
			at = (at + 1) & dictionary->mask; \
		if (code == 0) \
		{ \
			type		image = little(value); \
 \
			if (is_full(dictionary, sizeof(type))) \
				return false; \
			rs_buffer_append(&dictionary->entries, &image, sizeof(type)); \
			entries = (type *) dictionary->entries.data; \
			slots[at] = code = ++dictionary->nentries; \
			make_room(dictionary); \
			slots = (uint32 *) dictionary->slots.data; \
		} \
		codes[i] = code - 1; \
	} \
	return true; \
}

DEFINE_ENCODE(encode_4, uint32, LITTLE32)
DEFINE_ENCODE(encode_8, uint64, LITTLE64)

static bool
add_bytes(RsParquetDictionary *dictionary, const RsParquetBytes *value, uint32 hash)
{
	Size		size = value->size + (dictionary->prefixed ? sizeof(uint32) : 0);
	uint32		prefix = LITTLE32(value->size);
	uint32		offset;

	if (is_full(dictionary, size))
		return false;
	if (dictionary->prefixed)
		rs_buffer_append(&dictionary->entries, &prefix, sizeof(uint32));
	offset = (uint32) dictionary->entries.size;
	rs_buffer_append(&dictionary->entries, value->data, value->size);
	rs_buffer_append(&dictionary->offsets, &offset, sizeof(uint32));
	rs_buffer_append(&dictionary->hashes, &hash, sizeof(uint32));
	dictionary->nentries++;
	return true;
}

static bool
encode_bytes(RsParquetDictionary *dictionary, const RsParquetBytes *values, uint32 n, uint32 *codes)
{
	uint32	   *slots = (uint32 *) dictionary->slots.data;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		const RsParquetBytes *value = &values[i];
		uint32		hash = hash_bytes(value->data, value->size);
		uint32		at = first_slot(dictionary, hash);
		uint32		code;

		while ((code = slots[at]) != 0)
		{
			if (((const uint32 *) dictionary->hashes.data)[code - 1] == hash)
			{
				RsParquetBytes entry = rs_dictionary_bytes(dictionary, code - 1);

				if (entry.size == value->size && memcmp(entry.data, value->data, value->size) == 0)
					break;
			}
			at = (at + 1) & dictionary->mask;
		}
		if (code == 0)
		{
			if (!add_bytes(dictionary, value, hash))
				return false;
			slots[at] = code = dictionary->nentries;
			make_room(dictionary);
			slots = (uint32 *) dictionary->slots.data;
		}
		codes[i] = code - 1;
	}
	return true;
}

bool
rs_dictionary_encode(RsParquetDictionary *dictionary, const void *values, uint32 n, uint32 *codes)
{
	switch (dictionary->class)
	{
		case RS_CLASS_4:
			return encode_4(dictionary, values, n, codes);
		case RS_CLASS_8:
			return encode_8(dictionary, values, n, codes);
		case RS_CLASS_BYTES:
			return encode_bytes(dictionary, values, n, codes);
		case RS_CLASS_BOOL:
			break;
	}
	pg_unreachable();
}
