/*
 * dictionary.h
 *	  Distinct values of a block, by their bytes: what bytedict, runlength and the
 *	  text encodings build on.
 */
#ifndef RS_DICTIONARY_H
#define RS_DICTIONARY_H

#include "encoding/ints.h"

/* Bytes of value i, without header. */
static inline const char *
rs_value_bytes(const RsValues *values, uint32 i, Size *size)
{
	if (values->phys == RS_PHYS_VARLEN)
	{
		const char *image = values->bytes + values->offsets[i];

		*size = VARSIZE_ANY_EXHDR(image);
		return VARDATA_ANY(image);
	}
	*size = values->width;
	return (const char *) values->fixed + (Size) i * values->width;
}

extern bool rs_values_equal(const RsValues *values, uint32 i, uint32 j);

/*
 * Number the distinct values by first appearance: codes[i] for each value,
 * firsts[code] where it appears first.  False if there are more than max.
 */
extern bool rs_dictionary_build(const RsValues *values, uint32 max,
								uint64 *codes, uint32 *firsts, uint32 *ndistinct);

/* The values at these indexes, sharing the bytes of `values`. */
extern void rs_values_pick(const RsValues *values, const uint32 *indexes, uint32 n, RsValues *out);
/*
 * The reverse of a dictionary: entries[codes[i]]; codes are checked.  It takes over the
 * array of codes, which was palloc'ed.
 */
extern void rs_values_expand(const RsValues *entries, uint16 *codes, uint32 n, RsValues *out);

static inline uint64
rs_load_word(const char *bytes)
{
	uint64		word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* memcmp() == 0, quicker on the short values of dictionaries. */
static inline bool
rs_bytes_equal(const char *a, const char *b, Size size)
{
	Size		at;

	if (size < sizeof(uint64))
	{
		for (at = 0; at < size; at++)
			if (a[at] != b[at])
				return false;
		return true;
	}
	for (at = 0; at + sizeof(uint64) < size; at += sizeof(uint64))
		if (rs_load_word(a + at) != rs_load_word(b + at))
			return false;
	return rs_load_word(a + size - sizeof(uint64)) == rs_load_word(b + size - sizeof(uint64));
}

/* memcpy(), quicker on short values whose length is not known beforehand. */
static inline void
rs_bytes_copy(char *to, const char *from, Size size)
{
	uint64		first;
	uint64		last;
	Size		at;

	if (size > 4 * sizeof(uint64))
	{
		memcpy(to, from, size);
		return;
	}
	if (size < sizeof(uint64))
	{
		for (at = 0; at < size; at++)
			to[at] = from[at];
		return;
	}
	last = rs_load_word(from + size - sizeof(uint64));
	for (at = 0; at + sizeof(uint64) < size; at += sizeof(uint64))
	{
		first = rs_load_word(from + at);
		memcpy(to + at, &first, sizeof(uint64));
	}
	memcpy(to + size - sizeof(uint64), &last, sizeof(uint64));
}

/* Without the blanks at the end: what counts of char(n), which are mostly many. */
static inline Size
rs_stripped_length(const char *bytes, Size size)
{
	while (size >= sizeof(uint64) &&
		   rs_load_word(bytes + size - sizeof(uint64)) == UINT64CONST(0x2020202020202020))
		size -= sizeof(uint64);
	while (size > 0 && bytes[size - 1] == ' ')
		size--;
	return size;
}

#endif							/* RS_DICTIONARY_H */
