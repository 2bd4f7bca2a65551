/*
 * text255.c
 *	  Text as codes of its words.
 *
 * A value is its words, split at every single space, so joining them with single
 * spaces gives it back whatever it is.  The first RS_TEXT255_WORDS distinct words
 * of the block have one-byte codes; another word is an escape, its length and its
 * bytes.  The encoded lengths stand apart, so that any range can be decoded.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "encoding/bitpack.h"
#include "encoding/dictionary.h"
#include "encoding/raw.h"
#include "encoding/text255.h"
#include "utils/memutils.h"

#define RS_TEXT255_WORDS	245
#define RS_TEXT255_ESCAPE	255
#define RS_TEXT255_SLOTS	1024	/* of the hash table of words */

typedef struct Word
{
	const char *bytes;
	Size		size;
} Word;

typedef struct WordTable
{
	Word		words[RS_TEXT255_WORDS];
	uint32		n;
	uint8		slots[RS_TEXT255_SLOTS];	/* code + 1, 0: free */
} WordTable;

/*
 * The word's code; -1 if it has none and the table is full, or it is empty or
 * longer than a dictionary word may be.
 */
static int
word_code(WordTable *table, const char *bytes, Size size)
{
	uint32		slot;

	if (size == 0 || size > PG_UINT8_MAX)
		return -1;
	slot = hash_bytes((const unsigned char *) bytes, (int) size) % RS_TEXT255_SLOTS;
	while (table->slots[slot] != 0)
	{
		Word	   *word = &table->words[table->slots[slot] - 1];

		if (word->size == size && memcmp(word->bytes, bytes, size) == 0)
			return table->slots[slot] - 1;
		slot = (slot + 1) % RS_TEXT255_SLOTS;
	}
	if (table->n == RS_TEXT255_WORDS)
		return -1;
	table->words[table->n].bytes = bytes;
	table->words[table->n].size = size;
	table->slots[slot] = (uint8) ++table->n;
	return (int) table->n - 1;
}

static bool
put_value(WordTable *table, const char *bytes, Size size, Size limit, StringInfo out)
{
	const char *end = bytes + size;

	for (;;)
	{
		const char *space = memchr(bytes, ' ', end - bytes);
		Size		length = (space == NULL ? end : space) - bytes;
		int			code = word_code(table, bytes, length);

		if (out->len + (code >= 0 ? 1 : 5 + length) > limit)
			return false;
		if (code >= 0)
			rs_bytes_put(out, (uint64) code, 1);
		else
		{
			rs_bytes_put(out, RS_TEXT255_ESCAPE, 1);
			rs_bytes_put(out, length, 4);
			appendBinaryStringInfo(out, bytes, (int) length);
		}
		if (space == NULL)
			return true;
		bytes = space + 1;
	}
}

static bool
text255_accepts(RsPhys phys)
{
	return phys == RS_PHYS_VARLEN;
}

static bool
text255_encode(const RsValues *in, StringInfo out)
{
	WordTable  *table = palloc0(sizeof(WordTable));
	uint64	   *lengths = palloc(Max(in->count, 1) * sizeof(uint64));
	uint64		longest = 0;
	Size		plain = 0;
	StringInfoData body;
	uint32		i;

	/* A stray word costs five bytes more than it has: such values stay raw. */
	for (i = 0; i < in->count; i++)
		plain += VARSIZE_ANY_EXHDR(in->bytes + in->offsets[i]);
	initStringInfo(&body);
	for (i = 0; i < in->count; i++)
	{
		Size		size;
		const char *bytes = rs_value_bytes(in, i, &size);
		int			before = body.len;

		if (!put_value(table, bytes, size, plain, &body))
		{
			pfree(body.data);
			pfree(lengths);
			pfree(table);
			return false;
		}
		lengths[i] = body.len - before;
		longest = Max(longest, lengths[i]);
	}
	rs_bytes_put(out, table->n, 1);
	for (i = 0; i < table->n; i++)
	{
		rs_bytes_put(out, table->words[i].size, 1);
		appendBinaryStringInfo(out, table->words[i].bytes, (int) table->words[i].size);
	}
	rs_bytes_put(out, rs_bits_needed(longest), 1);
	rs_bitpack(lengths, in->count, rs_bits_needed(longest), out);
	appendBinaryStringInfo(out, body.data, body.len);
	pfree(body.data);
	pfree(lengths);
	pfree(table);
	return true;
}

/*
 * Decode one value into to (NULL: only measure); returns its length.
 */
static Size
get_value(const Word *words, uint32 nwords, RsBytes body, char *to)
{
	Size		length = 0;
	bool		first = true;

	while (body.at < body.end)
	{
		uint32		code = (uint32) rs_bytes_uint(&body, 1);
		const char *bytes;
		Size		size;

		if (code == RS_TEXT255_ESCAPE)
		{
			size = (Size) rs_bytes_uint(&body, 4);
			bytes = rs_bytes_take(&body, size);
		}
		else
		{
			if (code >= nwords)
				rs_encoding_corrupt("word code is out of range");
			size = words[code].size;
			bytes = words[code].bytes;
		}
		if (to != NULL)
		{
			if (!first)
				to[length] = ' ';
			memcpy(to + length + !first, bytes, size);
		}
		length += size + !first;
		first = false;
	}
	return length;
}

static void
text255_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count,
			   RsValues *out)
{
	RsBytes		bytes = {in, in + size};
	Word		words[RS_TEXT255_WORDS];
	uint32		nwords = (uint32) rs_bytes_uint(&bytes, 1);
	uint64	   *lengths = palloc(Max(total, 1) * sizeof(uint64));
	char	   *buffer = NULL;
	Size		buffer_size = 0;
	Size		at = 0;
	Size		longest = 0;
	Size		bound = 0;
	RsBytes		body;
	uint8		width;
	uint32		i;

	if (nwords > RS_TEXT255_WORDS)
		rs_encoding_corrupt("word dictionary is too large");
	for (i = 0; i < nwords; i++)
	{
		words[i].size = (Size) rs_bytes_uint(&bytes, 1);
		words[i].bytes = rs_bytes_take(&bytes, words[i].size);
	}
	width = (uint8) rs_bytes_uint(&bytes, 1);
	if (width > 31)
		rs_encoding_corrupt("length of a value is out of range");
	rs_bitunpack(rs_bytes_take(&bytes, rs_bitpack_size(total, width)), width, 0, total, lengths);

	for (i = 0; i < first; i++)
		(void) rs_bytes_take(&bytes, lengths[i]);
	body = bytes;
	for (i = first; i < first + count; i++)
	{
		RsBytes		value;
		Size		length;

		value.at = rs_bytes_take(&bytes, lengths[i]);
		value.end = bytes.at;
		length = get_value(words, nwords, value, NULL);
		longest = Max(longest, length);
		bound += MAXIMUM_ALIGNOF + VARHDRSZ + length;
	}
	if (bound > PG_UINT32_MAX || longest > MaxAllocSize - VARHDRSZ)
		rs_encoding_corrupt("values of a block are too long");

	out->count = count;
	out->offsets = palloc(Max(count, 1) * sizeof(uint32));
	out->bytes = MemoryContextAllocHuge(CurrentMemoryContext, Max(bound, 1));
	buffer_size = Max(longest, 1);
	buffer = palloc(buffer_size);
	for (i = first; i < first + count; i++)
	{
		RsBytes		value;
		Size		length;

		value.at = rs_bytes_take(&body, lengths[i]);
		value.end = body.at;
		length = get_value(words, nwords, value, buffer);
		at = rs_image_put(out->bytes, at, buffer, length, &out->offsets[i - first]);
	}
	out->nbytes = at;
	pfree(buffer);
	pfree(lengths);
}

const RsEncoding rs_encoding_text255 = {
	RS_ENC_TEXT255, "text255", text255_accepts, text255_encode, text255_decode
};
