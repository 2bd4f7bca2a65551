/*
 * wire_decode.c
 *	  Messages into rows.
 *
 * Nothing in a message is believed: a length or offset is compared with what there is
 * before it is used, codes with the dictionary, headers of varlenas with the bytes
 * they stand in.  The checksum finds damage, not malice.  Values whose memory has a
 * structure of its own never come as they are in memory (wire_type.c).
 *
 * Values of fixed width and varlenas are used where they stand in the message.
 */
#include "postgres.h"

#include <lz4.h>

#include "encoding/numeric.h"
#include "mb/pg_wchar.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_type.h"
#include "port/pg_crc32c.h"
#include "utils/memutils.h"
#include "vector/operator.h"

struct RsWireDecoder
{
	MemoryContext context;
	MemoryContext values;		/* made by functions, of one batch */
	RsWireType *types;
	int			ncolumns;
	bool		trusted;
	bool		has_text;		/* columns that come by input functions */
	char	   *buffer;			/* of what was compressed */
	Size		capacity;
	const char *payload;		/* what is left of it */
	Size		left;
	uint32		rows_left;
	const char *report;			/* NULL: the message is none */
	Size		report_size;
};

/* A part of a chunk that is being read. */
typedef struct Reader
{
	const char *at;
	Size		left;
} Reader;

static void
damaged(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("message of rows is damaged: %s", what)));
}

RsWireDecoder *
rs_wire_decoder_create(MemoryContext context, const Oid *types, int ncolumns, bool trusted)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	RsWireDecoder *decoder = palloc0(sizeof(RsWireDecoder));
	int			c;

	decoder->context = context;
	decoder->values = AllocSetContextCreate(context, "redshift wire values", ALLOCSET_DEFAULT_SIZES);
	decoder->ncolumns = ncolumns;
	decoder->trusted = trusted;
	decoder->types = palloc(Max(ncolumns, 1) * sizeof(RsWireType));
	for (c = 0; c < ncolumns; c++)
	{
		rs_wire_type_init(&decoder->types[c], types[c], true);
		decoder->has_text |= decoder->types[c].encoding == RS_WIRE_TEXT;
	}
	MemoryContextSwitchTo(caller);
	return decoder;
}

/* ---------------------------------------------------------------------
 * Messages
 * ---------------------------------------------------------------------
 */

static void
check_header(const char *message, Size size, RsWireHeader *header)
{
	pg_crc32c	crc;

	if (size < sizeof(RsWireHeader))
		damaged("too short");
	memcpy(header, message, sizeof(RsWireHeader));
	if (header->magic != RS_WIRE_MAGIC)
		damaged("wrong magic number");
	if (header->version != RS_WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("message of rows has version %d, not %d", header->version, RS_WIRE_VERSION)));
	if (header->size != size - sizeof(RsWireHeader))
		damaged("wrong length");
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, message + offsetof(RsWireHeader, version), size - offsetof(RsWireHeader, version));
	FIN_CRC32C(crc);
	if (header->crc != crc)
		damaged("wrong checksum");
	if (header->raw_size > MaxAllocSize ||
		(!(header->flags & RS_WIRE_LZ4) && header->raw_size != header->size) ||
		(header->flags & ~RS_WIRE_LZ4) != 0)
		damaged("wrong size of payload");
}

const char *
rs_wire_decode_payload(const char *message, uint8 kind, Size least, Size *size)
{
	RsWireHeader header;

	check_header(message, *size, &header);
	if (header.kind != kind || header.flags != 0 || header.size < least)
		damaged("wrong kind");
	*size = header.size;
	return message + sizeof(RsWireHeader);
}

void
rs_wire_decode_forget(RsWireDecoder *decoder)
{
	decoder->rows_left = 0;
	decoder->left = 0;
	decoder->report = NULL;
}

const char *
rs_wire_decoded_report(const RsWireDecoder *decoder, Size *size)
{
	*size = decoder->report_size;
	return decoder->report;
}

bool
rs_wire_decode_message(RsWireDecoder *decoder, const char *message, Size size, uint64 *rows)
{
	RsWireHeader header;

	rs_wire_decode_forget(decoder);
	check_header(message, size, &header);
	if (header.ncolumns != decoder->ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("message of rows has %u columns, expected %d", header.ncolumns, decoder->ncolumns)));
	decoder->payload = message + sizeof(RsWireHeader);
	if (header.kind == RS_WIRE_REPORT)
	{
		if (header.flags != 0)
			damaged("wrong report");
		decoder->report = decoder->payload;
		decoder->report_size = header.size;
		return true;
	}
	if (header.kind == RS_WIRE_END)
	{
		RsWireEnd	end;

		if (header.size != sizeof(RsWireEnd) || header.flags != 0)
			damaged("wrong end");
		memcpy(&end, decoder->payload, sizeof(RsWireEnd));
		*rows = end.rows;
		return false;
	}
	if (header.kind != RS_WIRE_ROWS)
		damaged("unknown kind");
	if (header.flags & RS_WIRE_LZ4)
	{
		if (header.raw_size > decoder->capacity)
		{
			Size		capacity = Max(header.raw_size, RS_WIRE_MESSAGE_SIZE * 2);

			decoder->capacity = 0;
			if (decoder->buffer != NULL)
				pfree(decoder->buffer);
			decoder->buffer = NULL;
			decoder->buffer = MemoryContextAlloc(decoder->context, capacity);
			decoder->capacity = capacity;
		}
		if (LZ4_decompress_safe(decoder->payload, decoder->buffer, header.size, header.raw_size) !=
			(int) header.raw_size)
			damaged("its compression");
		decoder->payload = decoder->buffer;
	}
	decoder->left = header.raw_size;
	decoder->rows_left = header.nrows;
	return true;
}

/* ---------------------------------------------------------------------
 * Chunks
 * ---------------------------------------------------------------------
 */

/*
 * The next part of a chunk, of so many bytes and those that fill it up.
 */
static const char *
take(Reader *reader, uint64 size)
{
	const char *part = reader->at;
	uint64		padded = TYPEALIGN64(MAXIMUM_ALIGNOF, size);

	if (padded > reader->left)
		damaged("a column is cut off");
	reader->at += padded;
	reader->left -= padded;
	return part;
}

static uint8 *
read_bitmap(Reader *reader, RsArena *arena, uint32 n)
{
	const uint8 *bits = (const uint8 *) take(reader, (n + 7) / 8);
	uint8	   *null = rs_arena_alloc(arena, n);
	uint32		i;

	for (i = 0; i < n; i++)
		null[i] = bits[i / 8] >> i % 8 & 1;
	return null;
}

static inline bool
value_is_null(const RsVector *vector, uint32 i)
{
	return vector->null != NULL && vector->null[i];
}

/*
 * Values of the type's length.
 */
static void
read_fixed(RsWireDecoder *decoder, const RsWireType *type, Reader *reader, RsArena *arena,
		   uint32 n, RsVector *vector)
{
	Size		width = type->vector.typbyval ? type->vector.typlen : MAXALIGN(type->vector.typlen);
	char	   *data = unconstify(char *, take(reader, (uint64) n * width));
	uint32		i;

	if (!decoder->trusted)
		for (i = 0; i < n; i++)
			if (!value_is_null(vector, i))
				rs_wire_check_value(type, data + i * width);
	vector->data = data;
	if (type->vector.typbyval)
		return;
	vector->data = rs_arena_alloc(arena, n * sizeof(Datum));
	for (i = 0; i < n; i++)
		((Datum *) vector->data)[i] = PointerGetDatum(data + i * width);
}

/*
 * A varlena as it stands in a message: plain, with its bytes inside.
 */
static void
check_varlena(const RsWireDecoder *decoder, const RsWireType *type, const char *image, Size left)
{
	if (left < VARHDRSZ_SHORT || VARATT_IS_1B_E(image))
		damaged("header of a value");
	if (!VARATT_IS_SHORT(image) &&
		(left < VARHDRSZ || image != (char *) MAXALIGN(image) || !VARATT_IS_4B_U(image) ||
		 VARSIZE(image) < VARHDRSZ))
		damaged("header of a value");
	if (VARSIZE_ANY(image) > left)
		damaged("length of a value");
	if (!decoder->trusted && type->is_text)
		(void) pg_verifymbstr(VARDATA_ANY(image), VARSIZE_ANY_EXHDR(image), false);
}

static Datum
make_value(RsWireType *type, const char *bytes, uint32 size)
{
	char	   *copy = palloc(size + 1);
	StringInfoData in = {.data = copy, .len = (int) size, .maxlen = (int) size + 1};
	Datum		value;

	memcpy(copy, bytes, size);
	copy[size] = '\0';
	if (type->encoding == RS_WIRE_TEXT)
	{
		(void) pg_verifymbstr(copy, size, false);
		return InputFunctionCall(&type->function, copy, type->parameter, -1);
	}
	value = ReceiveFunctionCall(&type->function, &in, type->parameter, -1);
	if (in.cursor != in.len)
		damaged("a value has more bytes than it should");
	return value;
}

static void
read_variable(RsWireDecoder *decoder, RsWireType *type, Reader *reader, RsArena *arena,
			  const RsWireColumn *column, RsVector *vector)
{
	uint32		n = column->nvalues;
	const uint32 *offsets = (const uint32 *) take(reader, ((uint64) n + 1) * sizeof(uint32));
	const char *bytes = take(reader, column->nbytes);
	Datum	   *data;
	bool	   *isnull;
	MemoryContext caller;
	uint32		i;

	data = rs_arena_alloc(arena, n * sizeof(Datum));
	for (i = 0; i < n; i++)
	{
		data[i] = (Datum) 0;
		if (offsets[i] > column->nbytes || offsets[i + 1] > column->nbytes || offsets[i + 1] < offsets[i])
			damaged("offset of a value");
	}
	if (type->encoding == RS_WIRE_VARLENA)
	{
		for (i = 0; i < n; i++)
		{
			data[i] = PointerGetDatum(bytes + offsets[i]);
			if (value_is_null(vector, i))
				data[i] = (Datum) 0;
			else
				check_varlena(decoder, type, bytes + offsets[i], column->nbytes - offsets[i]);
		}
		vector->data = data;
		return;
	}
	caller = MemoryContextSwitchTo(decoder->values);
	isnull = rs_arena_alloc(arena, n * sizeof(bool));
	for (i = 0; i < n; i++)
	{
		isnull[i] = value_is_null(vector, i);
		if (!isnull[i])
			data[i] = make_value(type, bytes + offsets[i], offsets[i + 1] - offsets[i]);
	}
	MemoryContextSwitchTo(caller);
	*vector = *rs_vector_from_datums(arena, &type->vector, data, isnull, n);
}

/*
 * Rows by codes, of a dictionary that was read.
 */
static RsVector *
read_codes(Reader *reader, RsArena *arena, const RsVector *dictionary, uint32 nentries, uint32 n)
{
	const uint16 *codes = (const uint16 *) take(reader, (uint64) n * sizeof(uint16));
	RsVector   *vector;
	uint32		i;

	for (i = 0; i < n; i++)
		if (codes[i] >= nentries)
			damaged("code without an entry");
	vector = rs_vector_by_codes(arena, dictionary, nentries, codes, n);
	if (nentries > n / 2)
		vector->dictionary = NULL;
	return vector;
}

static void
check_scales(const RsVector *vector, uint32 n)
{
	uint32		i;

	if (vector->scale < 0 || vector->scale > RS_NUMERIC_MAX_SCALE)
		damaged("scale of a numeric");
	if (vector->scales != NULL)
		for (i = 0; i < n; i++)
			if (vector->scales[i] > vector->scale)
				damaged("scale of a numeric");
}

static const RsVector *
read_column(RsWireDecoder *decoder, RsWireType *type, Reader *reader, RsArena *arena,
			const RsWireColumn *column, uint32 nrows)
{
	bool		integers = column->encoding == RS_WIRE_INT64 || column->encoding == RS_WIRE_INT128;
	bool		dictionary = (column->flags & RS_WIRE_HAS_DICTIONARY) != 0;
	uint32		n = column->nvalues;
	RsVector   *vector;

	if (column->typid != type->id)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("message of rows has a column of type %u, expected %u", column->typid, type->id)));
	if ((column->encoding != type->encoding && !(integers && type->vector.is_numeric)) ||
		(column->flags & ~RS_WIRE_ALL_FLAGS) != 0 ||
		(dictionary && type->encoding != RS_WIRE_VARLENA) ||
		((column->flags & RS_WIRE_HAS_SCALES) && !integers) ||
		(dictionary ? n == 0 || n > nrows : n != nrows))
		damaged("header of a column");
	vector = rs_vector_create(arena, type->vector.form, 0);
	if (column->flags & RS_WIRE_HAS_NULL)
		vector->null = read_bitmap(reader, arena, n);
	if (integers)
	{
		vector->form = column->encoding == RS_WIRE_INT64 ? RS_FORM_I64 : RS_FORM_I128;
		vector->scale = column->scale;
		if (column->flags & RS_WIRE_HAS_SCALES)
			vector->scales = (uint8 *) unconstify(char *, take(reader, n));
		check_scales(vector, n);
		vector->data = unconstify(char *, take(reader, (uint64) n * rs_form_width(vector->form)));
	}
	else if (column->encoding == RS_WIRE_FIXED)
		read_fixed(decoder, type, reader, arena, n, vector);
	else
		read_variable(decoder, type, reader, arena, column, vector);
	return dictionary ? read_codes(reader, arena, vector, n, nrows) : vector;
}

uint32
rs_wire_decode_next(RsWireDecoder *decoder, RsArena *arena, const RsVector **columns)
{
	Reader		reader = {decoder->payload, decoder->left};
	const RsWireChunk *chunk;
	const RsWireColumn *headers;
	int			level;
	int			c;

	if (decoder->rows_left == 0)
	{
		if (decoder->left > 0)
			damaged("more rows than it says");
		return 0;
	}
	MemoryContextReset(decoder->values);
	chunk = (const RsWireChunk *) take(&reader, sizeof(RsWireChunk));
	if (chunk->nrows == 0 || chunk->nrows > RS_VECTOR_ROWS || chunk->nrows > decoder->rows_left ||
		chunk->size < sizeof(RsWireChunk) || chunk->size > decoder->left ||
		chunk->size % MAXIMUM_ALIGNOF != 0)
		damaged("header of a chunk");
	reader.left = chunk->size - sizeof(RsWireChunk);
	headers = (const RsWireColumn *) take(&reader, (uint64) decoder->ncolumns * sizeof(RsWireColumn));
	level = decoder->has_text ? rs_wire_settings_begin() : 0;
	for (c = 0; c < decoder->ncolumns; c++)
		columns[c] = read_column(decoder, &decoder->types[c], &reader, arena, &headers[c], chunk->nrows);
	if (decoder->has_text)
		rs_wire_settings_end(level);
	if (reader.left != 0)
		damaged("a chunk is too long");
	decoder->payload += chunk->size;
	decoder->left -= chunk->size;
	decoder->rows_left -= chunk->nrows;
	return chunk->nrows;
}
