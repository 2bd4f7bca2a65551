/*
 * wire_encode.c
 *	  Rows into messages.
 *
 * Rows gather in a chunk, column by column in the form of vectors.  A chunk is closed
 * when it has as many rows as a batch may have, when it is large, or when numerics
 * come in another form than those it has; closed chunks gather in the payload of a
 * message, which is compressed when it is full.  Rows that come in slots are first
 * gathered to vectors.
 *
 * A dictionary is kept where a chunk has the rows of one vector only.
 */
#include "postgres.h"

#include <lz4.h>

#include "access/detoast.h"
#include "encoding/numeric.h"
#include "miscadmin.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_type.h"
#include "port/pg_crc32c.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"
#include "vector/operator.h"

#define CHUNK_BYTES		(256 * 1024)	/* values of variable length that a chunk may have */
#define MOST_COMPRESSED	(256 * 1024 * 1024) /* what is larger goes as it is */

/* A column of the chunk in the making. */
typedef struct Column
{
	RsWireType	type;
	RsForm		form;
	int16		scale;
	bool		has_null;
	bool		has_scales;
	StringInfoData values;		/* of fixed width; or the offset of each in bytes */
	StringInfoData bytes;		/* of variable length */
	StringInfoData nulls;		/* a byte for each row, if has_null */
	StringInfoData scales;
	/* of the only vector so far; NULL: none, or no dictionary */
	StringInfoData codes;
	uint32		nentries;		/* 0: no dictionary; else values and nulls are its entries' */
} Column;

struct RsWireEncoder
{
	MemoryContext context;
	MemoryContext scratch;		/* of one call */
	void		(*emit) (void *arg, const char *message, Size size);
	void	   *arg;
	int			ncolumns;
	Column	   *columns;
	bool		has_text;		/* columns that go by output functions */
	bool		compressed;		/* messages are to be */
	uint32		nrows;			/* of the chunk */
	uint32		payload_rows;	/* of closed chunks */
	StringInfoData payload;		/* room for the header, then chunks */
	StringInfoData message;		/* compressed */
	uint64		rows;
	/* rows that came in slots */
	RsArena    *arena;
	MemoryContext slot_values;
	Datum	  **datums;			/* of each column; NULL: not yet asked for */
	bool	  **nulls;
	uint32		nslots;
	Size		slot_bytes;
};

RsWireEncoder *
rs_wire_encoder_create(MemoryContext context, const Oid *types, int ncolumns,
					   void (*emit) (void *arg, const char *message, Size size), void *arg)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	RsWireEncoder *encoder = palloc0(sizeof(RsWireEncoder));
	int			c;

	encoder->context = context;
	encoder->scratch = AllocSetContextCreate(context, "redshift wire values", ALLOCSET_DEFAULT_SIZES);
	encoder->emit = emit;
	encoder->arg = arg;
	encoder->compressed = true;
	encoder->ncolumns = ncolumns;
	encoder->columns = palloc0(Max(ncolumns, 1) * sizeof(Column));
	for (c = 0; c < ncolumns; c++)
	{
		Column	   *column = &encoder->columns[c];

		rs_wire_type_init(&column->type, types[c], false);
		encoder->has_text |= column->type.encoding == RS_WIRE_TEXT;
		initStringInfo(&column->values);
		initStringInfo(&column->bytes);
		initStringInfo(&column->nulls);
		initStringInfo(&column->scales);
		initStringInfo(&column->codes);
	}
	initStringInfo(&encoder->payload);
	initStringInfo(&encoder->message);
	MemoryContextSwitchTo(caller);
	return encoder;
}

void
rs_wire_encode_compressed(RsWireEncoder *encoder, bool compressed)
{
	encoder->compressed = compressed;
}

uint64
rs_wire_encoded_rows(const RsWireEncoder *encoder)
{
	return encoder->rows;
}

/* ---------------------------------------------------------------------
 * Messages
 * ---------------------------------------------------------------------
 */

static void
zero_pad(StringInfo to, int multiple)
{
	static const char zeros[MAXIMUM_ALIGNOF] = {0};
	int			rest = to->len % multiple;

	if (rest != 0)
		appendBinaryStringInfo(to, zeros, multiple - rest);
}

/*
 * Complete the header that the message begins with, and emit it.
 */
static void
emit(RsWireEncoder *encoder, StringInfo message, uint8 kind, uint8 flags, Size raw_size)
{
	RsWireHeader *header = (RsWireHeader *) message->data;
	pg_crc32c	crc;

	memset(header, 0, sizeof(RsWireHeader));
	header->magic = RS_WIRE_MAGIC;
	header->version = RS_WIRE_VERSION;
	header->kind = kind;
	header->flags = flags;
	header->ncolumns = encoder->ncolumns;
	header->nrows = encoder->payload_rows;
	header->raw_size = raw_size;
	header->size = message->len - sizeof(RsWireHeader);
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, (char *) header + offsetof(RsWireHeader, version),
				message->len - offsetof(RsWireHeader, version));
	FIN_CRC32C(crc);
	header->crc = crc;
	encoder->emit(encoder->arg, message->data, message->len);
	encoder->payload_rows = 0;
}

static void
start_message(StringInfo message)
{
	resetStringInfo(message);
	enlargeStringInfo(message, sizeof(RsWireHeader));
	message->len = sizeof(RsWireHeader);
}

static void
emit_rows(RsWireEncoder *encoder)
{
	StringInfo	payload = &encoder->payload;
	int			size = payload->len - sizeof(RsWireHeader);
	int			compressed;

	if (encoder->payload_rows == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	start_message(&encoder->message);
	if (encoder->compressed && size <= MOST_COMPRESSED)
	{
		/* Not worth it unless an eighth is saved: then it does not fit, which is soon seen. */
		int			room = size - size / 8;

		enlargeStringInfo(&encoder->message, room);
		compressed = LZ4_compress_default(payload->data + sizeof(RsWireHeader),
										  encoder->message.data + sizeof(RsWireHeader), size, room);
		if (compressed > 0)
		{
			encoder->message.len += compressed;
			emit(encoder, &encoder->message, RS_WIRE_ROWS, RS_WIRE_LZ4, size);
			start_message(payload);
			return;
		}
	}
	emit(encoder, payload, RS_WIRE_ROWS, 0, size);
	start_message(payload);
}

/* ---------------------------------------------------------------------
 * Chunks
 * ---------------------------------------------------------------------
 */

static void
append_bitmap(StringInfo to, const StringInfoData *flags, uint32 n)
{
	uint8	   *bits;
	uint32		size = (n + 7) / 8;
	uint32		i;

	enlargeStringInfo(to, size);
	bits = (uint8 *) to->data + to->len;
	memset(bits, 0, size);
	for (i = 0; i < n; i++)
		bits[i / 8] |= flags->data[i] << i % 8;
	to->len += size;
	zero_pad(to, MAXIMUM_ALIGNOF);
}

static RsWireEncoding
column_encoding(const Column *column)
{
	if (!column->type.vector.is_numeric || column->form == RS_FORM_REF)
		return column->type.encoding;
	return column->form == RS_FORM_I64 ? RS_WIRE_INT64 : RS_WIRE_INT128;
}

static void
append_part(StringInfo to, const StringInfoData *part)
{
	appendBinaryStringInfo(to, part->data, part->len);
	zero_pad(to, MAXIMUM_ALIGNOF);
}

static void
append_column(StringInfo to, Column *column)
{
	if (column->has_null)
		append_bitmap(to, &column->nulls, column->nulls.len);
	if (column->has_scales)
		append_part(to, &column->scales);
	if (column_encoding(column) >= RS_WIRE_VARLENA)
	{
		/* One more than values: where the last one ends. */
		uint32		end = column->bytes.len;

		appendBinaryStringInfo(&column->values, (char *) &end, sizeof(uint32));
		append_part(to, &column->values);
		append_part(to, &column->bytes);
	}
	else
		append_part(to, &column->values);
	if (column->nentries > 0)
		append_part(to, &column->codes);
	resetStringInfo(&column->values);
	resetStringInfo(&column->bytes);
	resetStringInfo(&column->nulls);
	resetStringInfo(&column->scales);
	resetStringInfo(&column->codes);
}

/*
 * Put the chunk behind those of the message, which is emitted if it is full.
 */
static void
close_chunk(RsWireEncoder *encoder)
{
	StringInfo	to = &encoder->payload;
	int			start;
	RsWireChunk *chunk;
	int			c;

	if (encoder->nrows == 0)
		return;
	if (encoder->payload_rows == 0)
		start_message(to);
	start = to->len;
	enlargeStringInfo(to, sizeof(RsWireChunk) + encoder->ncolumns * sizeof(RsWireColumn));
	to->len += sizeof(RsWireChunk);
	for (c = 0; c < encoder->ncolumns; c++)
	{
		Column	   *column = &encoder->columns[c];
		RsWireColumn header = {.encoding = column_encoding(column), .scale = column->scale,
			.typid = column->type.id, .nvalues = column->nentries > 0 ? column->nentries : encoder->nrows,
			.nbytes = column->bytes.len};

		header.flags = (column->has_null ? RS_WIRE_HAS_NULL : 0) |
			(column->has_scales ? RS_WIRE_HAS_SCALES : 0) |
			(column->nentries > 0 ? RS_WIRE_HAS_DICTIONARY : 0);
		appendBinaryStringInfo(to, (char *) &header, sizeof(RsWireColumn));
	}
	for (c = 0; c < encoder->ncolumns; c++)
	{
		append_column(to, &encoder->columns[c]);
		encoder->columns[c].has_null = encoder->columns[c].has_scales = false;
		encoder->columns[c].nentries = 0;
	}
	chunk = (RsWireChunk *) (to->data + start);
	chunk->nrows = encoder->nrows;
	chunk->size = to->len - start;
	encoder->payload_rows += encoder->nrows;
	encoder->nrows = 0;
	if (to->len >= RS_WIRE_MESSAGE_SIZE)
		emit_rows(encoder);
}

/* ---------------------------------------------------------------------
 * Values
 * ---------------------------------------------------------------------
 */

static inline bool
is_null(const RsVector *vector, uint32 row)
{
	return vector->null != NULL && vector->null[row];
}

/*
 * Values by value.  Those of NULL rows are zero, not what the memory had.
 */
static void
add_fixed(Column *column, const RsVector *vector, const uint32 *rows, uint32 first, uint32 n)
{
	Size		width = rs_form_width(column->form);
	char	   *to;
	uint32		i;

	enlargeStringInfo(&column->values, n * width);
	to = column->values.data + column->values.len;
	column->values.len += n * width;
	if (vector->form != column->form)
	{
		/* All of them are NULL. */
		memset(to, 0, n * width);
		return;
	}
	rs_vector_collect(to, vector, rows, first, n);
	if (vector->null != NULL)
		for (i = 0; i < n; i++)
			if (vector->null[rs_chosen_row(vector, rows, first, i)])
				memset(to + i * width, 0, width);
}

/*
 * A varlena with its header: short where it can be, else MAXALIGNed.
 */
static void
add_varlena(Column *column, Datum value)
{
	StringInfo	to = &column->bytes;
	Size		size;
	const char *data = rs_varlena_bytes(value, false, &size);

	if (size + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
	{
		enlargeStringInfo(to, size + VARHDRSZ_SHORT);
		SET_VARSIZE_1B(to->data + to->len, size + VARHDRSZ_SHORT);
		to->len += VARHDRSZ_SHORT;
	}
	else
	{
		uint32		at = MAXALIGN(to->len);
		uint32	   *offset = (uint32 *) (column->values.data + column->values.len) - 1;

		zero_pad(to, MAXIMUM_ALIGNOF);
		*offset = at;
		enlargeStringInfo(to, size + VARHDRSZ);
		SET_VARSIZE(to->data + at, size + VARHDRSZ);
		to->len += VARHDRSZ;
	}
	memcpy(to->data + to->len, data, size);
	to->len += size;
}

/*
 * A value of a column of variable length.
 */
static void
add_value(Column *column, const RsVector *vector, uint32 row)
{
	uint32		offset = column->bytes.len;
	bool		isnull;
	Datum		value = rs_vector_datum(vector, &column->type.vector, row, &isnull);

	appendBinaryStringInfo(&column->values, (char *) &offset, sizeof(uint32));
	if (isnull)
		return;
	if (column->type.encoding == RS_WIRE_VARLENA)
		add_varlena(column, value);
	else if (column->type.encoding == RS_WIRE_BINARY)
	{
		bytea	   *bytes = SendFunctionCall(&column->type.function, value);

		appendBinaryStringInfo(&column->bytes, VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ);
	}
	else
		appendStringInfoString(&column->bytes, OutputFunctionCall(&column->type.function, value));
}

/*
 * Values of fixed length by reference.
 */
static void
add_images(Column *column, const RsVector *vector, const uint32 *rows, uint32 first, uint32 n)
{
	Size		length = column->type.vector.typlen;
	Size		stride = MAXALIGN(length);
	char	   *to;
	uint32		i;

	enlargeStringInfo(&column->values, n * stride);
	to = column->values.data + column->values.len;
	memset(to, 0, n * stride);
	for (i = 0; i < n; i++)
	{
		uint32		row = rs_chosen_row(vector, rows, first, i);

		if (!is_null(vector, row))
			memcpy(to + i * stride, DatumGetPointer(((Datum *) vector->data)[row]), length);
	}
	column->values.len += n * stride;
}

static void
add_values(Column *column, const RsVector *vector, const uint32 *rows, uint32 first, uint32 n)
{
	RsWireEncoding encoding = column_encoding(column);
	uint32		i;

	if (encoding >= RS_WIRE_VARLENA)
		for (i = 0; i < n; i++)
			add_value(column, vector, rs_chosen_row(vector, rows, first, i));
	else if (column->form == RS_FORM_REF)
		add_images(column, vector, rows, first, n);
	else
		add_fixed(column, vector, rows, first, n);
}

static void
add_nulls(Column *column, const RsVector *vector, const uint32 *rows, uint32 first, uint32 n, uint32 before)
{
	uint8	   *to;
	uint32		i;

	if (vector->null == NULL && !column->has_null)
		return;
	if (!column->has_null)
	{
		enlargeStringInfo(&column->nulls, before);
		memset(column->nulls.data, 0, before);
		column->nulls.len = before;
		column->has_null = true;
	}
	enlargeStringInfo(&column->nulls, n);
	to = (uint8 *) column->nulls.data + column->nulls.len;
	for (i = 0; i < n; i++)
		to[i] = is_null(vector, rs_chosen_row(vector, rows, first, i));
	column->nulls.len += n;
}

static void
add_scales(Column *column, const RsVector *vector, const uint32 *rows, uint32 first, uint32 n)
{
	uint8	   *to;
	uint32		i;

	enlargeStringInfo(&column->scales, n);
	to = (uint8 *) column->scales.data + column->scales.len;
	for (i = 0; i < n; i++)
	{
		uint32		row = rs_chosen_row(vector, rows, first, i);

		to[i] = is_null(vector, row) ? 0 : vector->scales != NULL ? vector->scales[row] : vector->scale;
	}
	column->scales.len += n;
}

/*
 * Replace a dictionary by the values of its rows: others come behind them.
 */
static void
expand_dictionary(Column *column, uint32 nrows)
{
	const uint16 *codes = (const uint16 *) column->codes.data;
	StringInfoData values = column->values;
	StringInfoData bytes = column->bytes;
	StringInfoData nulls = column->nulls;
	const uint32 *offsets = (const uint32 *) values.data;
	uint32		i;

	initStringInfo(&column->values);
	initStringInfo(&column->bytes);
	initStringInfo(&column->nulls);
	for (i = 0; i < nrows; i++)
	{
		uint32		at = column->bytes.len;
		const char *image = bytes.data + offsets[codes[i]];
		bool		isnull = column->has_null && nulls.data[codes[i]];

		if (column->has_null)
			appendStringInfoCharMacro(&column->nulls, isnull);
		if (!isnull && !VARATT_IS_SHORT(image))
		{
			at = MAXALIGN(at);
			zero_pad(&column->bytes, MAXIMUM_ALIGNOF);
		}
		appendBinaryStringInfo(&column->values, (char *) &at, sizeof(uint32));
		if (!isnull)
			appendBinaryStringInfo(&column->bytes, image, VARSIZE_ANY(image));
	}
	pfree(values.data);
	pfree(bytes.data);
	pfree(nulls.data);
	resetStringInfo(&column->codes);
	column->nentries = 0;
}

static void
add_dictionary(Column *column, const RsVector *vector, const uint32 *rows, uint32 first, uint32 n)
{
	uint32		i;

	add_nulls(column, vector->dictionary, NULL, 0, vector->ndictionary, 0);
	add_values(column, vector->dictionary, NULL, 0, vector->ndictionary);
	column->nentries = vector->ndictionary;
	enlargeStringInfo(&column->codes, n * sizeof(uint16));
	for (i = 0; i < n; i++)
		((uint16 *) column->codes.data)[i] = vector->codes[rows != NULL ? rows[first + i] : first + i];
	column->codes.len = n * sizeof(uint16);
}

static void
add_column(RsWireEncoder *encoder, Column *column, const RsVector *vector, const uint32 *rows,
		   uint32 first, uint32 n)
{
	if (vector->dictionary != NULL && !vector->constant && encoder->nrows == 0 &&
		column->type.encoding == RS_WIRE_VARLENA && vector->ndictionary > 0 && vector->ndictionary <= n)
	{
		add_dictionary(column, vector, rows, first, n);
		return;
	}
	if (column->nentries > 0)
	{
		MemoryContext caller = MemoryContextSwitchTo(encoder->context);

		expand_dictionary(column, encoder->nrows);
		MemoryContextSwitchTo(caller);
	}
	add_nulls(column, vector, rows, first, n, encoder->nrows);
	if (column->has_scales)
		add_scales(column, vector, rows, first, n);
	add_values(column, vector, rows, first, n);
}

/* ---------------------------------------------------------------------
 * Vectors
 * ---------------------------------------------------------------------
 */

static bool
is_null_constant(const RsVector *vector)
{
	return vector->constant && vector->null != NULL && vector->null[0];
}

/*
 * Can the chunk take the vector's values behind those it has?
 */
static bool
fits(const Column *column, const RsVector *vector)
{
	return !column->type.vector.is_numeric || is_null_constant(vector) ||
		(column->form == vector->form && column->scale == vector->scale &&
		 column->has_scales == (vector->scales != NULL));
}

/*
 * How many of the rows a chunk may have, by the length of their values.
 */
static uint32
limit_rows(RsWireEncoder *encoder, const RsVector **columns, const uint32 *rows, uint32 first, uint32 n)
{
	Size		size = 0;
	int			c;
	uint32		i;

	for (c = 0; c < encoder->ncolumns; c++)
	{
		const RsVector *vector = columns[c];
		const Column *column = &encoder->columns[c];

		if (column->type.vector.typlen != -1 || vector->form != RS_FORM_REF ||
			(vector->dictionary != NULL && encoder->nrows == 0))
			continue;
		size += column->bytes.len;
		for (i = 0; i < n; i++)
		{
			uint32		row = rs_chosen_row(vector, rows, first, i);

			if (is_null(vector, row))
				continue;
			size += toast_raw_datum_size(((Datum *) vector->data)[row]);
			if (size > CHUNK_BYTES)
			{
				n = i;
				break;
			}
		}
	}
	return n;
}

static void
add_rows(RsWireEncoder *encoder, const RsVector **columns, const uint32 *rows, uint32 first, uint32 n)
{
	int			c;

	for (c = 0; c < encoder->ncolumns; c++)
		if (encoder->nrows > 0 && !fits(&encoder->columns[c], columns[c]))
			close_chunk(encoder);
	for (c = 0; c < encoder->ncolumns; c++)
	{
		Column	   *column = &encoder->columns[c];

		if (encoder->nrows == 0)
		{
			column->form = columns[c]->form;
			column->scale = column->type.vector.is_numeric ? columns[c]->scale : 0;
			/* A sum of integers may have scales, all zero. */
			column->has_scales = column->type.vector.is_numeric && columns[c]->scales != NULL;
		}
		add_column(encoder, column, columns[c], rows, first, n);
	}
	encoder->nrows += n;
	encoder->rows += n;
}

static void
encode_vectors(RsWireEncoder *encoder, const RsVector **columns, const uint32 *rows, uint32 n)
{
	uint32		first = 0;

	while (first < n)
	{
		uint32		room = Min(n - first, RS_VECTOR_ROWS - encoder->nrows);

		if (room > 0)
			room = limit_rows(encoder, columns, rows, first, room);

		/* A row that is larger than chunks should be has one for itself. */
		if (room == 0 && encoder->nrows > 0)
		{
			close_chunk(encoder);
			continue;
		}
		add_rows(encoder, columns, rows, first, Max(room, 1));
		first += Max(room, 1);
		if (encoder->nrows == RS_VECTOR_ROWS)
			close_chunk(encoder);
	}
}

void
rs_wire_encode_vectors(RsWireEncoder *encoder, const RsVector **columns, const uint32 *rows, uint32 n)
{
	MemoryContext caller = MemoryContextSwitchTo(encoder->scratch);
	int			level = encoder->has_text ? rs_wire_settings_begin() : 0;

	encode_vectors(encoder, columns, rows, n);
	if (encoder->has_text)
		rs_wire_settings_end(level);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(encoder->scratch);
}

/* ---------------------------------------------------------------------
 * Slots
 * ---------------------------------------------------------------------
 */

/*
 * Numerics as integers where they can be.
 */
static RsVector *
scale_numerics(RsWireEncoder *encoder, const Datum *values, const bool *nulls, uint32 n)
{
	RsValues	numerics = {.phys = RS_PHYS_VARLEN};
	RsValues	scaled;
	RsVector   *vector;
	Size		size = 0;
	uint32		from = 0;
	uint32		i;

	for (i = 0; i < n; i++)
		if (!nulls[i])
			size += MAXALIGN(toast_raw_datum_size(values[i]));
	if (size > RS_VECTOR_ROWS * 64)
		return NULL;
	numerics.bytes = rs_arena_alloc(encoder->arena, size);
	numerics.offsets = rs_arena_alloc(encoder->arena, n * sizeof(uint32));
	for (i = 0; i < n; i++)
		if (!nulls[i])
		{
			struct varlena *image = PG_DETOAST_DATUM_PACKED(values[i]);

			numerics.offsets[numerics.count++] = numerics.nbytes;
			memcpy(numerics.bytes + numerics.nbytes, image, VARSIZE_ANY(image));
			numerics.nbytes = MAXALIGN(numerics.nbytes + VARSIZE_ANY(image));
		}
	if (!rs_numeric_scale(&numerics, &scaled))
		return NULL;
	vector = rs_vector_create(encoder->arena, scaled.phys == RS_PHYS_INT64 ? RS_FORM_I64 : RS_FORM_I128, n);
	vector->scale = scaled.scale;
	vector->null = rs_arena_alloc(encoder->arena, n);
	memset(vector->data, 0, n * scaled.width);
	for (i = 0; i < n; i++)
	{
		vector->null[i] = nulls[i];
		if (!nulls[i])
			memcpy((char *) vector->data + i * scaled.width, (char *) scaled.fixed + from++ * scaled.width,
				   scaled.width);
	}
	if (from == n)
		vector->null = NULL;
	return vector;
}

/*
 * Encode the rows that came in slots.
 */
static void
encode_slots(RsWireEncoder *encoder)
{
	const RsVector **columns;
	uint32		n = encoder->nslots;
	MemoryContext caller;
	int			c;

	if (n == 0)
		return;
	encoder->nslots = 0;
	encoder->slot_bytes = 0;
	caller = MemoryContextSwitchTo(encoder->slot_values);
	columns = rs_arena_alloc(encoder->arena, Max(encoder->ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < encoder->ncolumns; c++)
	{
		const RsVectorType *type = &encoder->columns[c].type.vector;

		columns[c] = NULL;
		if (type->is_numeric)
			columns[c] = scale_numerics(encoder, encoder->datums[c], encoder->nulls[c], n);
		if (columns[c] == NULL)
			columns[c] = rs_vector_from_datums(encoder->arena, type, encoder->datums[c],
											   encoder->nulls[c], n);
	}
	MemoryContextSwitchTo(caller);
	rs_wire_encode_vectors(encoder, columns, NULL, n);
	rs_arena_reset(encoder->arena);
	MemoryContextReset(encoder->slot_values);
}

static void
begin_slots(RsWireEncoder *encoder)
{
	MemoryContext caller = MemoryContextSwitchTo(encoder->context);
	int			c;

	encoder->arena = rs_arena_create(encoder->context);
	encoder->slot_values = AllocSetContextCreate(encoder->context, "redshift wire rows",
												 ALLOCSET_DEFAULT_SIZES);
	encoder->datums = palloc(Max(encoder->ncolumns, 1) * sizeof(Datum *));
	encoder->nulls = palloc(Max(encoder->ncolumns, 1) * sizeof(bool *));
	for (c = 0; c < encoder->ncolumns; c++)
	{
		encoder->datums[c] = palloc(RS_VECTOR_ROWS * sizeof(Datum));
		encoder->nulls[c] = palloc(RS_VECTOR_ROWS * sizeof(bool));
	}
	MemoryContextSwitchTo(caller);
}

static Datum
copy_value(RsWireEncoder *encoder, const RsVectorType *type, Datum value)
{
	Size		size;
	char	   *copy;

	if (type->typlen == -1 && VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		MemoryContext caller = MemoryContextSwitchTo(encoder->slot_values);

		value = datumCopy(value, false, -1);
		MemoryContextSwitchTo(caller);
		encoder->slot_bytes += VARSIZE_ANY(DatumGetPointer(value));
		return value;
	}
	size = datumGetSize(value, false, type->typlen);
	copy = rs_arena_alloc(encoder->arena, size);
	memcpy(copy, DatumGetPointer(value), size);
	encoder->slot_bytes += type->typlen == -1 ? toast_raw_datum_size(value) : size;
	return PointerGetDatum(copy);
}

void
rs_wire_encode_slot(RsWireEncoder *encoder, TupleTableSlot *slot)
{
	int			c;

	if (encoder->datums == NULL)
		begin_slots(encoder);
	slot_getallattrs(slot);
	for (c = 0; c < encoder->ncolumns; c++)
	{
		const RsVectorType *type = &encoder->columns[c].type.vector;
		Datum		value = slot->tts_values[c];

		encoder->nulls[c][encoder->nslots] = slot->tts_isnull[c];
		if (!slot->tts_isnull[c] && !type->typbyval)
			value = copy_value(encoder, type, value);
		encoder->datums[c][encoder->nslots] = value;
	}
	encoder->nslots++;
	if (encoder->nslots == RS_VECTOR_ROWS || encoder->slot_bytes > CHUNK_BYTES * 2)
		encode_slots(encoder);
}

/* ---------------------------------------------------------------------
 * The end
 * ---------------------------------------------------------------------
 */

void
rs_wire_encode_flush(RsWireEncoder *encoder)
{
	encode_slots(encoder);
	close_chunk(encoder);
	emit_rows(encoder);
}

void
rs_wire_encode_payload(RsWireEncoder *encoder, uint8 kind, const char *payload, Size size)
{
	rs_wire_encode_flush(encoder);
	start_message(&encoder->message);
	appendBinaryStringInfo(&encoder->message, payload, (int) size);
	emit(encoder, &encoder->message, kind, 0, size);
}

void
rs_wire_encode_end(RsWireEncoder *encoder, uint64 rows)
{
	RsWireEnd	end = {.rows = rows};

	rs_wire_encode_flush(encoder);
	start_message(&encoder->message);
	appendBinaryStringInfo(&encoder->message, (char *) &end, sizeof(end));
	emit(encoder, &encoder->message, RS_WIRE_END, 0, sizeof(end));
}
