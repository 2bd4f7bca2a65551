/*
 * delete_blob.c
 *	  Bytes of redshift.delete_vector: deleted positions and moved rows.
 *
 * A blob starts with a CRC-32C of the rest, of the group id and of the part.
 * Deleted rows: then one byte of kind, and 16-bit positions within the part,
 * runs of them, or a bitmap, whichever is smallest.  Moved rows: runs of rows
 * that went to consecutive row numbers, as variable-length integers.
 * doc/format.md has the bytes.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "port/pg_bitutils.h"
#include "port/pg_crc32c.h"
#include "storage/delete_blob.h"

#define RS_DELETE_LIST		1	/* uint16 positions */
#define RS_DELETE_RUNS		2	/* uint16 first, uint16 length - 1 */
#define RS_DELETE_BITMAP	3	/* RS_DELETE_PART_ROWS bits */

#define RS_PART_WORDS		(RS_DELETE_PART_ROWS / 64)
#define RS_BLOB_HEADER		sizeof(pg_crc32c)

/* A catalog row holds at most so many bytes of moved rows, to fit a page. */
#define RS_MOVED_MAX_BYTES	3000

void
rs_delete_blob_corrupt(int64 group_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("delete vector of row group %lld is damaged", (long long) group_id)));
}

static pg_crc32c
blob_crc(int64 group_id, uint32 part, const char *data, Size size)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, &group_id, sizeof(group_id));
	COMP_CRC32C(crc, &part, sizeof(part));
	COMP_CRC32C(crc, data, size);
	FIN_CRC32C(crc);
	return crc;
}

/*
 * Give the buffer, which starts with room for both headers, its CRC and length.
 */
static bytea *
blob_finish(StringInfo buf, int64 group_id, uint32 part)
{
	pg_crc32c	crc = blob_crc(group_id, part, buf->data + VARHDRSZ + RS_BLOB_HEADER,
							   buf->len - VARHDRSZ - RS_BLOB_HEADER);

	memcpy(buf->data + VARHDRSZ, &crc, sizeof(crc));
	SET_VARSIZE(buf->data, buf->len);
	return (bytea *) buf->data;
}

static void
blob_start(StringInfo buf)
{
	char		zeros[VARHDRSZ + RS_BLOB_HEADER] = {0};

	initStringInfo(buf);
	appendBinaryStringInfo(buf, zeros, sizeof(zeros));
}

/*
 * Check a blob and give its payload.
 */
static const char *
blob_open(int64 group_id, uint32 part, const bytea *blob, Size *size)
{
	const char *data = VARDATA_ANY(blob);
	pg_crc32c	crc;

	*size = VARSIZE_ANY_EXHDR(blob);
	if (*size < RS_BLOB_HEADER + 1)
		rs_delete_blob_corrupt(group_id);
	memcpy(&crc, data, sizeof(crc));
	data += RS_BLOB_HEADER;
	*size -= RS_BLOB_HEADER;
	if (crc != blob_crc(group_id, part, data, *size))
		rs_delete_blob_corrupt(group_id);
	return data;
}

bytea *
rs_delete_blob_form(int64 group_id, uint32 part, const RsDeleteSet *set, uint32 *ndeleted)
{
	const uint64 *words = set->words + part * RS_PART_WORDS;
	StringInfoData buf;
	uint32		nruns = 0;
	uint32		i;
	uint64		carry = 0;
	uint8		kind;

	*ndeleted = 0;
	for (i = 0; i < RS_PART_WORDS; i++)
	{
		*ndeleted += pg_popcount64(words[i]);
		/* A run starts at each set bit whose lower neighbour is clear. */
		nruns += pg_popcount64(words[i] & ~((words[i] << 1) | carry));
		carry = words[i] >> 63;
	}
	if (*ndeleted == 0)
		return NULL;

	if (nruns * 4 < *ndeleted * 2 && nruns * 4 < RS_DELETE_PART_ROWS / 8)
		kind = RS_DELETE_RUNS;
	else if (*ndeleted * 2 < RS_DELETE_PART_ROWS / 8)
		kind = RS_DELETE_LIST;
	else
		kind = RS_DELETE_BITMAP;

	blob_start(&buf);
	appendStringInfoChar(&buf, kind);
	if (kind == RS_DELETE_BITMAP)
		appendBinaryStringInfo(&buf, (const char *) words, RS_PART_WORDS * sizeof(uint64));
	else
	{
		uint32		pos = 0;

		while (pos < RS_DELETE_PART_ROWS)
		{
			uint16		entry[2];
			uint32		first;

			if (!((words[pos / 64] >> (pos % 64)) & 1))
			{
				pos = words[pos / 64] >> (pos % 64) == 0 ? (pos / 64 + 1) * 64 : pos + 1;
				continue;
			}
			first = pos++;
			if (kind == RS_DELETE_RUNS)
				while (pos < RS_DELETE_PART_ROWS && ((words[pos / 64] >> (pos % 64)) & 1))
					pos++;
			entry[0] = (uint16) first;
			entry[1] = (uint16) (pos - first - 1);
			appendBinaryStringInfo(&buf, (const char *) entry,
								   kind == RS_DELETE_RUNS ? sizeof(entry) : sizeof(entry[0]));
		}
	}
	return blob_finish(&buf, group_id, part);
}

static void
apply_run(int64 group_id, uint32 part, uint32 first, uint32 length, RsDeleteSet *set)
{
	uint32		pos;

	if (first + length > RS_DELETE_PART_ROWS)
		rs_delete_blob_corrupt(group_id);
	first += part * RS_DELETE_PART_ROWS;
	for (pos = first; pos < first + length; pos++)
	{
		uint64		bit = UINT64CONST(1) << (pos % 64);

		set->ndeleted += (set->words[pos / 64] & bit) == 0;
		set->words[pos / 64] |= bit;
	}
}

void
rs_delete_blob_apply(int64 group_id, uint32 part, uint32 ndeleted, const bytea *blob,
					 RsDeleteSet *set)
{
	const char *data;
	Size		size;
	uint32		before = 0;
	uint32		step;
	Size		i;
	uint8		kind;

	if (blob == NULL)
	{
		if (ndeleted != 0)
			rs_delete_blob_corrupt(group_id);
		return;
	}
	data = blob_open(group_id, part, blob, &size);
	kind = (uint8) *data++;
	size--;
	step = kind == RS_DELETE_LIST ? sizeof(uint16) : 2 * sizeof(uint16);
	if (kind == RS_DELETE_BITMAP)
	{
		if (size != RS_PART_WORDS * sizeof(uint64))
			rs_delete_blob_corrupt(group_id);
		for (i = 0; i < RS_PART_WORDS; i++)
		{
			uint64	   *word = &set->words[part * RS_PART_WORDS + i];
			uint64		bits;

			memcpy(&bits, data + i * sizeof(uint64), sizeof(uint64));
			set->ndeleted += pg_popcount64(bits & ~*word);
			before += pg_popcount64(bits);
			*word |= bits;
		}
	}
	else
	{
		if ((kind != RS_DELETE_LIST && kind != RS_DELETE_RUNS) || size % step != 0)
			rs_delete_blob_corrupt(group_id);
		for (i = 0; i < size; i += step)
		{
			uint16		entry[2] = {0, 0};

			memcpy(entry, data + i, step);
			apply_run(group_id, part, entry[0], (uint32) entry[1] + 1, set);
			before += (uint32) entry[1] + 1;
		}
	}
	if (before != ndeleted)
		rs_delete_blob_corrupt(group_id);
}

static void
put_varint(StringInfo buf, uint64 value)
{
	while (value >= 0x80)
	{
		appendStringInfoCharMacro(buf, (char) (value | 0x80));
		value >>= 7;
	}
	appendStringInfoCharMacro(buf, (char) value);
}

static uint64
get_varint(int64 group_id, const char **p, const char *end)
{
	uint64		value = 0;
	int			shift;

	for (shift = 0; shift < 64; shift += 7)
	{
		uint8		byte;

		if (*p >= end)
			rs_delete_blob_corrupt(group_id);
		byte = (uint8) *(*p)++;
		value |= (uint64) (byte & 0x7F) << shift;
		if (byte < 0x80)
			return value;
	}
	rs_delete_blob_corrupt(group_id);
	return 0;
}

int
rs_moved_row_compare(const void *a, const void *b)
{
	uint32		pa = ((const RsMovedRow *) a)->pos;
	uint32		pb = ((const RsMovedRow *) b)->pos;

	return pa < pb ? -1 : pa > pb;
}

/*
 * Runs: distance from the end of the previous run, zigzag distance of the row
 * number from the end of the previous run's, length.
 */
bytea *
rs_moved_blob_form(int64 group_id, uint32 part, const RsMovedRow *moved, uint32 nmoved,
				   uint32 *next)
{
	StringInfoData buf;
	uint32		end = (part + 1) * RS_DELETE_PART_ROWS;
	uint32		pos = part * RS_DELETE_PART_ROWS;
	uint64		row = 0;

	if (*next >= nmoved || moved[*next].pos >= end)
		return NULL;
	blob_start(&buf);
	while (*next < nmoved && moved[*next].pos < end && buf.len < RS_MOVED_MAX_BYTES)
	{
		const RsMovedRow *first = &moved[*next];
		uint32		length = 1;
		uint64		step = first->row - row;

		while (*next + length < nmoved && first[length].pos == first->pos + length &&
			   first[length].pos < end && first[length].row == first->row + length)
			length++;
		put_varint(&buf, first->pos - pos);
		put_varint(&buf, (step << 1) ^ (step >> 63 ? PG_UINT64_MAX : 0));
		put_varint(&buf, length);
		pos = first->pos + length;
		row = first->row + length;
		*next += length;
	}
	return blob_finish(&buf, group_id, part);
}

uint64
rs_moved_blob_find(int64 group_id, uint32 part, const bytea *blob, uint32 pos)
{
	Size		size;
	const char *p = blob_open(group_id, part, blob, &size);
	const char *end = p + size;
	uint64		at = part * RS_DELETE_PART_ROWS;
	uint64		row = 0;

	while (p < end)
	{
		uint64		length;
		uint64		step;

		at += get_varint(group_id, &p, end);
		step = get_varint(group_id, &p, end);
		row += (step >> 1) ^ (step & 1 ? PG_UINT64_MAX : 0);
		length = get_varint(group_id, &p, end);
		if (length > RS_DELETE_PART_ROWS || at + length > (part + 1) * RS_DELETE_PART_ROWS)
			rs_delete_blob_corrupt(group_id);
		if (pos >= at && pos < at + length)
			return row + (pos - at);
		at += length;
		row += length;
	}
	return 0;
}
