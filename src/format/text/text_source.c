/*
 * text_source.c
 *	  The text of a file, or of a part of one, as UTF-8 in a buffer.
 *
 * UTF-8 is read into the buffer as it is, valid or not.  Of the other encodings everything
 * has a place in UTF-8, but for halves of UTF-16 characters that are alone: these become
 * what UTF-8 would have for them if it had, so that they are found to be invalid where
 * all such characters are.
 */
#include "postgres.h"

#include "format/conversion.h"
#include "format/text/text_source.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/vector.h"

/* Bytes of UTF-8 at most for a byte of the other encodings: two for one of ISO 8859-1. */
#define MAX_GROWTH		2

/* Of a character. */
#define MAX_UTF8		4

void
rs_text_source_init(RsTextSource *source, RsInput *input, int encoding, uint64 offset, Size step)
{
	memset(source, 0, sizeof(RsTextSource));
	source->input = input;
	source->encoding = encoding;
	source->context = CurrentMemoryContext;
	source->offset = offset;
	source->step = step;
}

static bool
starts_with(const char *text, Size size, const char *start, Size start_size)
{
	return size >= start_size && memcmp(text, start, start_size) == 0;
}

static void
check_no_utf16(const RsTextSource *source, const char *text, Size size)
{
	if (starts_with(text, size, "\xFF\xFE", 2) || starts_with(text, size, "\xFE\xFF", 2))
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("file \"%s\" is in UTF-16, but ENCODING is not", source->input->name)));
}

static Size
read_input(RsTextSource *source, char *to, Size size)
{
	Size		total = 0;

	while (total < size)
	{
		Size		some;

		CHECK_FOR_INTERRUPTS();
		some = source->input->read(source->input, source->offset, to + total, size - total);
		if (some == 0)
			break;
		source->offset += some;
		total += some;
	}
	return total;
}

static Size
put_utf8(char *to, uint32 character)
{
	unsigned char *bytes = (unsigned char *) to;

	if (character < 0x80)
	{
		bytes[0] = character;
		return 1;
	}
	if (character < 0x800)
	{
		bytes[0] = 0xC0 | character >> 6;
		bytes[1] = 0x80 | (character & 0x3F);
		return 2;
	}
	if (character < 0x10000)
	{
		bytes[0] = 0xE0 | character >> 12;
		bytes[1] = 0x80 | (character >> 6 & 0x3F);
		bytes[2] = 0x80 | (character & 0x3F);
		return 3;
	}
	bytes[0] = 0xF0 | character >> 18;
	bytes[1] = 0x80 | (character >> 12 & 0x3F);
	bytes[2] = 0x80 | (character >> 6 & 0x3F);
	bytes[3] = 0x80 | (character & 0x3F);
	return 4;
}

/*
 * The next unit of UTF-16, with what may have waited for it.
 */
static Size
put_utf16(RsTextSource *source, char *to, uint32 unit)
{
	uint32		first = source->surrogate;
	Size		size = 0;

	source->surrogate = 0;
	if (first != 0 && unit >= 0xDC00 && unit <= 0xDFFF)
		return put_utf8(to, 0x10000 + ((first - 0xD800) << 10) + (unit - 0xDC00));
	if (first != 0)
		size = put_utf8(to, first);
	if (unit >= 0xD800 && unit <= 0xDBFF)
		source->surrogate = unit;
	else
		size += put_utf8(to + size, unit);
	return size;
}

/*
 * By its byte order mark.
 */
static void
find_byte_order(RsTextSource *source, Size *first)
{
	bool		little = starts_with(source->raw, source->raw_size, "\xFF\xFE", 2);
	bool		big = starts_with(source->raw, source->raw_size, "\xFE\xFF", 2);

	if (source->encoding == RS_ENCODING_UTF16)
		source->encoding = little ? RS_ENCODING_UTF16LE : RS_ENCODING_UTF16BE;
	if (source->encoding == RS_ENCODING_UTF16LE ? little : big)
		*first = 2;
}

/*
 * Take the bytes in raw into the buffer; those of a unit that is not complete wait.
 */
static void
convert_raw(RsTextSource *source, bool at_start, bool at_end)
{
	const unsigned char *raw = (const unsigned char *) source->raw;
	char	   *to = source->buffer + source->size;
	Size		i = 0;

	if (source->encoding == PG_LATIN1)
	{
		for (; i < source->raw_size; i++)
			to += put_utf8(to, raw[i]);
	}
	else
	{
		int			low;

		if (at_start)
			find_byte_order(source, &i);
		low = source->encoding == RS_ENCODING_UTF16LE ? 0 : 1;
		for (; i + 1 < source->raw_size; i += 2)
			to += put_utf16(source, to, raw[i + low] | (uint32) raw[i + 1 - low] << 8);
		if (at_end && source->surrogate != 0)
			to += put_utf8(to, source->surrogate);
		if (at_end && i < source->raw_size)
			*to++ = (char) 0xFF;	/* half of a unit: nothing that is valid */
	}
	source->size = to - source->buffer;
	source->raw_size -= Min(i, source->raw_size);
	memmove(source->raw, source->raw + i, source->raw_size);
}

/*
 * Room for so many bytes more.
 */
static void
make_room(RsTextSource *source, Size more)
{
	Size		capacity = Max(source->size + more, source->capacity);

	if (source->buffer != NULL && capacity <= source->capacity)
		return;
	/* Grow in large steps, so that long lines are not copied often. */
	if (source->buffer != NULL)
		capacity = Max(capacity, source->capacity * 2);
	if (source->buffer == NULL)
		source->buffer = MemoryContextAllocHuge(source->context, capacity + RS_TEXT_PADDING);
	else
		source->buffer = repalloc_huge(source->buffer, capacity + RS_TEXT_PADDING);
	source->capacity = capacity;
}

bool
rs_text_source_more(RsTextSource *source, Size keep)
{
	bool		at_start = source->offset == 0;
	Size		got;
	Size		wanted = source->step;

	if (source->at_end)
		return false;
	if (keep > 0)
	{
		memmove(source->buffer, source->buffer + keep, source->size - keep);
		source->size -= keep;
	}
	if (source->encoding == PG_UTF8)
	{
		make_room(source, wanted);
		got = read_input(source, source->buffer + source->size, wanted);
		source->at_end = got < wanted;
		if (at_start)
			check_no_utf16(source, source->buffer, got);
		if (at_start && starts_with(source->buffer, got, "\xEF\xBB\xBF", 3))
		{
			got -= 3;
			memmove(source->buffer, source->buffer + 3, got);
		}
		source->size += got;
	}
	else
	{
		make_room(source, wanted * MAX_GROWTH + 2 * MAX_UTF8);
		if (wanted > source->raw_capacity)
		{
			source->raw = rs_enlarge(source->context, source->raw, wanted);
			source->raw_capacity = wanted;
		}
		got = read_input(source, source->raw + source->raw_size, wanted - source->raw_size);
		source->at_end = got < wanted - source->raw_size;
		source->raw_size += got;
		convert_raw(source, at_start, source->at_end);
	}
	memset(source->buffer + source->size, 0, RS_TEXT_PADDING);
	return true;
}
