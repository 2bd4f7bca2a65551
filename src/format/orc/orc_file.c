/*
 * orc_file.c
 *	  The tail of an ORC file and the footers of its stripes.
 *
 * A file ends with its postscript, which is not compressed, and one byte that tells the
 * postscript's size.  Before it stand the footer and what else is compressed.  Here every
 * size and offset is proved to lie within the file, and the types to be a tree.
 */
#include "postgres.h"

#include "format/orc/orc_file.h"
#include "format/orc/orc_stream.h"
#include "format/orc/protobuf.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"

#define MAGIC				"ORC"
#define MAGIC_SIZE			3
#define MAX_POSTSCRIPT		255
/* Metadata larger than this are taken for damage: they would be many times larger in memory. */
#define MAX_METADATA		((uint64) 16 * 1024 * 1024)
/* A chunk's header has 23 bits for its size; writers leave it at 256 kB. */
#define MAX_BLOCK_SIZE		((uint64) 128 * 1024 * 1024)
#define MAX_TYPES			100000
/* Levels of lists, maps and structs. */
#define MAX_DEPTH			64

typedef struct Postscript
{
	uint64		footer_size;
	uint64		metadata_size;
	uint64		compression;
	uint64		block_size;
	uint64		version[2];
	int			nversion;
	bool		has_magic;
} Postscript;

static const char *const kind_names[] = {
	"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary",
	"timestamp", "array", "map", "struct", "uniontype", "decimal", "date", "varchar", "char",
	"timestamp with local time zone"
};

const char *
rs_orc_kind_name(RsOrcKind kind)
{
	return kind_names[kind];
}

void
rs_orc_damaged(const RsOrcFile *file, uint64 offset, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("ORC file \"%s\" is damaged", file->input->name),
			 errdetail("At byte " UINT64_FORMAT ": %s.", offset, reason)));
}

static void
not_supported(const RsOrcFile *file, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("ORC file \"%s\" cannot be read", file->input->name),
			 errdetail("It has %s.", what)));
}

void
rs_orc_read(RsOrcFile *file, uint64 offset, char *buffer, Size size)
{
	if (offset > file->size || size > file->size - offset ||
		file->input->read(file->input, offset, buffer, size) != size)
		rs_orc_damaged(file, offset, "it ends too early");
	file->bytes_read += size;
}

/*
 * All of a stream, decompressed, in the current memory context.
 */
static char *
read_metadata(RsOrcFile *file, uint64 offset, uint64 size, Size *result_size)
{
	RsOrcStream *stream;
	StringInfoData out;

	if (size > MAX_METADATA)
		rs_orc_damaged(file, offset, "its metadata are too large");
	stream = rs_orc_stream_open(file, (RsByteRange) {offset, size}, (Size) size);
	initStringInfo(&out);
	while (rs_orc_stream_fill(stream, 1) > 0)
	{
		Size		n = (Size) (stream->end - stream->at);

		if (n > MAX_METADATA - (uint64) out.len)
			rs_orc_damaged(file, offset, "its metadata are too large");
		appendBinaryStringInfo(&out, (const char *) stream->at, (int) n);
		stream->at += n;
	}
	rs_orc_stream_close(stream);
	*result_size = (Size) out.len;
	return out.data;
}

static bool
parse_postscript(const char *data, Size size, Postscript *postscript)
{
	RsProtobuf	message;
	RsProtobufField field;
	Size		at = 0;
	uint64		number;

	memset(postscript, 0, sizeof(Postscript));
	postscript->block_size = 256 * 1024;
	rs_protobuf_init(&message, data, size);
	while (rs_protobuf_next(&message, &field))
		switch (field.number)
		{
			case 1:
				postscript->footer_size = field.value;
				break;
			case 2:
				postscript->compression = field.value;
				break;
			case 3:
				postscript->block_size = field.value;
				break;
			case 4:
				for (at = 0; rs_protobuf_number(&message, &field, &at, &number);)
					if (postscript->nversion < 2)
						postscript->version[postscript->nversion++] = number;
				break;
			case 5:
				postscript->metadata_size = field.value;
				break;
			case 8000:
				postscript->has_magic = field.size == MAGIC_SIZE && memcmp(field.bytes, MAGIC, MAGIC_SIZE) == 0;
				break;
		}
	return !message.damaged;
}

static RsBlockCodec
codec_of(const RsOrcFile *file, uint64 compression)
{
	static const RsBlockCodec codecs[] = {
		RS_BLOCK_NONE, RS_BLOCK_DEFLATE, RS_BLOCK_SNAPPY, RS_BLOCK_LZO, RS_BLOCK_LZ4, RS_BLOCK_ZSTD, RS_BLOCK_BROTLI
	};

	if (compression >= lengthof(codecs))
		not_supported(file, "a compression that is unknown");
	return codecs[compression];
}

/*
 * Space for one more element of an array that grows by doubling.
 */
static void *
one_more(void *array, uint32 n, Size width)
{
	if (array == NULL)
		return palloc0(width);
	/* At powers of two the array is full. */
	if ((n & (n - 1)) != 0)
		return array;
	return repalloc(array, (Size) n * 2 * width);
}

static bool
parse_stripe(const RsProtobufField *from, RsOrcStripe *stripe)
{
	RsProtobuf	message;
	RsProtobufField field;

	memset(stripe, 0, sizeof(RsOrcStripe));
	rs_protobuf_init(&message, from->bytes, from->size);
	while (rs_protobuf_next(&message, &field))
		switch (field.number)
		{
			case 1:
				stripe->offset = field.value;
				break;
			case 2:
				stripe->index_size = field.value;
				break;
			case 3:
				stripe->data_size = field.value;
				break;
			case 4:
				stripe->footer_size = field.value;
				break;
			case 5:
				stripe->nrows = field.value;
				break;
		}
	return !message.damaged;
}

static bool
parse_type(const RsProtobufField *from, RsOrcType *type)
{
	RsProtobuf	message;
	RsProtobufField field;
	Size		at;
	uint64		number;

	memset(type, 0, sizeof(RsOrcType));
	rs_protobuf_init(&message, from->bytes, from->size);
	while (rs_protobuf_next(&message, &field))
		switch (field.number)
		{
			case 1:
				if (field.value >= RS_ORC_NKINDS)
					return false;
				type->kind = (RsOrcKind) field.value;
				break;
			case 2:
				for (at = 0; rs_protobuf_number(&message, &field, &at, &number);)
				{
					if (number > MAX_TYPES)
						return false;
					type->children = one_more(type->children, type->nchildren, sizeof(uint32));
					type->children[type->nchildren++] = (uint32) number;
				}
				break;
			case 3:
				if (field.wire != RS_PROTOBUF_BYTES)
					return false;
				type->names = one_more(type->names, type->nnames, sizeof(char *));
				type->names[type->nnames++] = pnstrdup(field.bytes, field.size);
				break;
			case 5:
				type->precision = (uint32) Min(field.value, PG_UINT32_MAX);
				break;
			case 6:
				type->scale = (uint32) Min(field.value, PG_UINT32_MAX);
				break;
		}
	return !message.damaged;
}

/*
 * Which columns have encrypted forms beside what can be read.
 */
static bool
parse_encryption(RsOrcFile *file, const RsProtobufField *from)
{
	RsProtobuf	message;
	RsProtobufField field;

	rs_protobuf_init(&message, from->bytes, from->size);
	while (rs_protobuf_next(&message, &field))
	{
		RsProtobuf	variant;
		RsProtobufField item;

		if (field.number != 3 || field.wire != RS_PROTOBUF_BYTES)
			continue;
		rs_protobuf_init(&variant, field.bytes, field.size);
		while (rs_protobuf_next(&variant, &item))
			if (item.number == 1)
			{
				if (item.value >= file->ntypes)
					return false;
				file->types[item.value].encrypted = true;
			}
		if (variant.damaged)
			return false;
	}
	return !message.damaged;
}

static bool
parse_footer(RsOrcFile *file, const char *data, Size size)
{
	RsProtobuf	message;
	RsProtobufField field;
	RsProtobufField encryption = {0};

	rs_protobuf_init(&message, data, size);
	while (rs_protobuf_next(&message, &field))
		switch (field.number)
		{
			case 3:
				file->stripes = one_more(file->stripes, file->nstripes, sizeof(RsOrcStripe));
				if (!parse_stripe(&field, &file->stripes[file->nstripes++]))
					return false;
				break;
			case 4:
				file->types = one_more(file->types, file->ntypes, sizeof(RsOrcType));
				if (file->ntypes >= MAX_TYPES || !parse_type(&field, &file->types[file->ntypes++]))
					return false;
				break;
			case 6:
				file->nrows = field.value;
				break;
			case 10:
				encryption = field;
				break;
		}
	/* It names types, which may come after it. */
	return !message.damaged && parse_encryption(file, &encryption);
}

/*
 * Each type but the first is a child of one before it, so there is no cycle.
 */
static const char *
check_types(const RsOrcFile *file)
{
	uint8	   *depth = palloc0(Max(file->ntypes, 1));
	uint32		i;
	uint32		child;

	if (file->ntypes == 0)
		return "it has no types";
	depth[0] = 1;
	for (i = 0; i < file->ntypes; i++)
	{
		const RsOrcType *type = &file->types[i];
		bool		sound = type->nchildren == 0;

		if (type->kind == RS_ORC_STRUCT)
			sound = type->nnames == type->nchildren;
		else if (type->kind == RS_ORC_LIST)
			sound = type->nchildren == 1;
		else if (type->kind == RS_ORC_MAP)
			sound = type->nchildren == 2;
		else if (type->kind == RS_ORC_UNION)
			sound = type->nchildren > 0 && type->nchildren <= 256;
		if (!sound || depth[i] == 0)
			return "a type is no part of the others";
		if (depth[i] > MAX_DEPTH)
			return "its types are nested too deeply";
		if (type->kind == RS_ORC_DECIMAL && (type->precision > 38 || type->scale > 38))
			return "a decimal has more than 38 digits";
		for (child = 0; child < type->nchildren; child++)
		{
			uint32		id = type->children[child];

			if (id <= i || id >= file->ntypes || depth[id] != 0)
				return "a type is part of several others";
			depth[id] = depth[i] + 1;
			file->types[id].encrypted |= type->encrypted;
		}
	}
	pfree(depth);
	return NULL;
}

static void
check_stripes(RsOrcFile *file, uint64 tail)
{
	uint64		row = 0;
	uint32		i;

	for (i = 0; i < file->nstripes; i++)
	{
		RsOrcStripe *stripe = &file->stripes[i];

		if (stripe->offset > tail || stripe->index_size > tail - stripe->offset ||
			stripe->data_size > tail - stripe->offset - stripe->index_size ||
			stripe->footer_size > tail - stripe->offset - stripe->index_size - stripe->data_size)
			rs_orc_damaged(file, tail, "a stripe lies beyond the file's body");
		stripe->first_row = row;
		if (stripe->nrows > PG_INT64_MAX - row)
			rs_orc_damaged(file, tail, "it has too many rows");
		row += stripe->nrows;
	}
	/* Some writers leave it out. */
	if (file->nrows != 0 && row != file->nrows)
		rs_orc_damaged(file, tail, "its stripes have another number of rows than it says");
	file->nrows = row;
}

static void
read_tail(RsOrcFile *file)
{
	char		buffer[MAX_POSTSCRIPT + 1];
	Size		in_buffer = (Size) Min(file->size, sizeof(buffer));
	Size		size;
	uint64		end;			/* of what stands before the postscript */
	uint64		start;
	Postscript	postscript;
	char	   *data;
	const char *fault;

	if (file->size < MAGIC_SIZE + 1)
		rs_orc_damaged(file, 0, "it is too small");
	rs_orc_read(file, file->size - in_buffer, buffer, in_buffer);
	size = (uint8) buffer[in_buffer - 1];
	if (size + 1 > in_buffer)
		rs_orc_damaged(file, file->size - 1, "it is no ORC file");
	end = file->size - 1 - size;
	if (!parse_postscript(buffer + in_buffer - 1 - size, size, &postscript))
		rs_orc_damaged(file, end, "it is no ORC file");
	if (!postscript.has_magic)
	{
		/* Hive's first writers had the magic at the beginning only. */
		char		head[MAGIC_SIZE];

		rs_orc_read(file, 0, head, MAGIC_SIZE);
		if (memcmp(head, MAGIC, MAGIC_SIZE) != 0)
			rs_orc_damaged(file, 0, "it is no ORC file");
	}
	if (postscript.footer_size > end || postscript.metadata_size > end - postscript.footer_size)
		rs_orc_damaged(file, end, "its footer begins before it does");
	file->compression = codec_of(file, postscript.compression);
	if (postscript.block_size == 0 || postscript.block_size > MAX_BLOCK_SIZE)
	{
		if (file->compression != RS_BLOCK_NONE)
			rs_orc_damaged(file, end, "its compressed chunks are too large");
		postscript.block_size = 256 * 1024;
	}
	file->block_size = (Size) postscript.block_size;
	file->plain_decimals = postscript.nversion == 2 &&
		(postscript.version[0] > 1 || (postscript.version[0] == 1 && postscript.version[1] >= 9999));
	start = end - postscript.footer_size;
	data = read_metadata(file, start, postscript.footer_size, &size);
	if (!parse_footer(file, data, size))
		rs_orc_damaged(file, start, "its footer cannot be read");
	pfree(data);
	fault = check_types(file);
	if (fault != NULL)
		rs_orc_damaged(file, start, fault);
	check_stripes(file, start - postscript.metadata_size);
}

RsOrcFile *
rs_orc_open(RsInput *input)
{
	RsOrcFile  *file = palloc0(sizeof(RsOrcFile));

	if (!input->seekable || input->size < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("ORC file \"%s\" cannot be read as a stream", input->name),
				 errdetail("An ORC file is read from its end.")));
	file->input = input;
	file->context = CurrentMemoryContext;
	file->size = (uint64) input->size;
	file->codec = rs_page_codec_create(CurrentMemoryContext);
	/* Hive and Spark leave files without a byte where there are no rows. */
	if (file->size > 0)
		read_tail(file);
	return file;
}

static bool
parse_encoding(const RsProtobufField *from, RsOrcColumnChunk *chunk)
{
	RsProtobuf	message;
	RsProtobufField field;

	rs_protobuf_init(&message, from->bytes, from->size);
	while (rs_protobuf_next(&message, &field))
		if (field.number == 1 && field.value <= RS_ORC_DICTIONARY_V2)
			chunk->encoding = (RsOrcEncoding) field.value;
		else if (field.number == 2 && field.value <= PG_INT32_MAX)
			chunk->dictionary_size = (uint32) field.value;
		else if (field.number <= 2)
			return false;
	return !message.damaged;
}

/*
 * Streams lie one after another from the stripe's beginning, in the order of the footer.
 */
static bool
parse_stream(const RsOrcFile *file, const RsProtobufField *from, uint64 *offset, uint64 end,
			 RsOrcStripeFooter *footer)
{
	RsProtobuf	message;
	RsProtobufField field;
	uint64		kind = 0;
	uint64		column = 0;
	uint64		size = 0;

	rs_protobuf_init(&message, from->bytes, from->size);
	while (rs_protobuf_next(&message, &field))
		if (field.number == 1)
			kind = field.value;
		else if (field.number == 2)
			column = field.value;
		else if (field.number == 3)
			size = field.value;
	if (message.damaged || size > end - *offset)
		return false;
	if (kind < RS_ORC_NSTREAMS)
	{
		if (column >= file->ntypes)
			return false;
		footer->columns[column].streams[kind] = (RsByteRange) {*offset, size};
	}
	*offset += size;
	return true;
}

RsOrcStripeFooter *
rs_orc_stripe_footer(RsOrcFile *file, const RsOrcStripe *stripe)
{
	RsOrcStripeFooter *footer = palloc0(sizeof(RsOrcStripeFooter));
	uint64		end = stripe->offset + stripe->index_size + stripe->data_size;
	uint64		offset = stripe->offset;
	uint32		nencodings = 0;
	uint32		i;
	int			kind;
	bool		sound = true;
	RsProtobuf	message;
	RsProtobufField field;
	Size		size;
	char	   *data = read_metadata(file, end, stripe->footer_size, &size);

	footer->columns = palloc0(file->ntypes * sizeof(RsOrcColumnChunk));
	/* A stream that is not there is one without bytes; messages about it have to name some place. */
	for (i = 0; i < file->ntypes; i++)
		for (kind = 0; kind < RS_ORC_NSTREAMS; kind++)
			footer->columns[i].streams[kind].offset = end;
	rs_protobuf_init(&message, data, size);
	while (sound && rs_protobuf_next(&message, &field))
		switch (field.number)
		{
			case 1:
				sound = parse_stream(file, &field, &offset, end, footer);
				break;
			case 2:
				sound = nencodings < file->ntypes && parse_encoding(&field, &footer->columns[nencodings]);
				nencodings++;
				break;
			case 3:
				if (field.size > 0)
					footer->time_zone = pnstrdup(field.bytes, field.size);
				break;
		}
	if (!sound || message.damaged || nencodings != file->ntypes)
		rs_orc_damaged(file, end, "the footer of a stripe cannot be read");
	pfree(data);
	return footer;
}
