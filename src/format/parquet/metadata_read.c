/*
 * metadata_read.c
 *	  What a Parquet file says of itself, and pages of themselves.
 *
 * All that is read here is checked as far as it can be without the pages: offsets and sizes
 * against the file's, numbers of chunks against the schema.
 */
#include "postgres.h"

#include "format/parquet/metadata.h"
#include "format/parquet/parquet_bloom.h"
#include "format/parquet/thrift_read.h"
#include "utils/memutils.h"

/* The metadata of millions of chunks. */
#define MAX_METADATA	((Size) 512 * 1024 * 1024)

/* Bytes that these take at least: they bound what is allocated for a list of them. */
#define LEAST_ELEMENT	4
#define LEAST_CHUNK		16
#define LEAST_GROUP		6

/* Most files are read to the end of their metadata by one request. */
#define TAIL_READ		((Size) 64 * 1024)

void
rs_parquet_corrupt(const char *file, uint64 offset, const char *fault)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("file \"%s\" is damaged at offset " UINT64_FORMAT ": %s", file, offset, fault)));
}

/*
 * An enumeration's value; those that later versions may add are kept, and rejected where
 * they would matter.
 */
static int
read_enum(RsThriftReader *reader, const RsThriftField *field)
{
	return rs_thrift_int32(reader, field);
}

static char *
copy_name(RsParquetBytes bytes)
{
	return bytes.data == NULL ? NULL : pnstrdup(bytes.data, bytes.size);
}

/*
 * A union has one field, whose number says which.
 */
static int
read_union(RsThriftReader *reader)
{
	RsThriftField field = {0};
	int			choice = 0;

	while (rs_thrift_field(reader, &field))
	{
		choice = field.id;
		rs_thrift_skip(reader, &field);
	}
	return choice;
}

/*
 * DECIMAL, TIME, TIMESTAMP or INTEGER; the others are empty.
 */
static void
read_logical_fields(RsThriftReader *reader, RsParquetLogical *logical)
{
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
	{
		if (logical->kind == RS_LOGICAL_DECIMAL && field.id == 1)
			logical->scale = rs_thrift_int32(reader, &field);
		else if (logical->kind == RS_LOGICAL_DECIMAL && field.id == 2)
			logical->precision = rs_thrift_int32(reader, &field);
		else if ((logical->kind == RS_LOGICAL_TIME || logical->kind == RS_LOGICAL_TIMESTAMP) && field.id == 1)
			logical->utc = rs_thrift_bool(reader, &field);
		else if ((logical->kind == RS_LOGICAL_TIME || logical->kind == RS_LOGICAL_TIMESTAMP) && field.id == 2 &&
				 rs_thrift_struct(reader, &field))
			logical->unit = (RsParquetTimeUnit) read_union(reader);
		else if (logical->kind == RS_LOGICAL_INTEGER && field.id == 1)
			logical->bits = rs_thrift_int32(reader, &field);
		else if (logical->kind == RS_LOGICAL_INTEGER && field.id == 2)
			logical->is_signed = rs_thrift_bool(reader, &field);
		else
			rs_thrift_skip(reader, &field);
	}
}

static void
read_logical(RsThriftReader *reader, RsParquetLogical *logical)
{
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
	{
		logical->kind = (RsParquetLogicalKind) field.id;
		if (rs_thrift_struct(reader, &field))
			read_logical_fields(reader, logical);
	}
}

static void
set_integer(RsParquetLogical *logical, int bits, bool is_signed)
{
	logical->kind = RS_LOGICAL_INTEGER;
	logical->bits = bits;
	logical->is_signed = is_signed;
}

static void
set_time(RsParquetLogical *logical, RsParquetLogicalKind kind, RsParquetTimeUnit unit)
{
	logical->kind = kind;
	logical->unit = unit;
	logical->utc = true;		/* what the older way means */
}

/*
 * The older way of saying it, where the newer is missing.
 */
static void
convert_logical(RsParquetElement *element, int scale, int precision)
{
	RsParquetLogical *logical = &element->logical;

	switch (element->converted)
	{
		case RS_PARQUET_NOT_CONVERTED:
			break;
		case RS_PARQUET_UTF8:
			logical->kind = RS_LOGICAL_STRING;
			break;
		case RS_PARQUET_MAP:
		case RS_PARQUET_MAP_KEY_VALUE:
			logical->kind = RS_LOGICAL_MAP;
			break;
		case RS_PARQUET_LIST:
			logical->kind = RS_LOGICAL_LIST;
			break;
		case RS_PARQUET_ENUM:
			logical->kind = RS_LOGICAL_ENUM;
			break;
		case RS_PARQUET_DECIMAL:
			logical->kind = RS_LOGICAL_DECIMAL;
			logical->scale = scale;
			logical->precision = precision;
			break;
		case RS_PARQUET_DATE:
			logical->kind = RS_LOGICAL_DATE;
			break;
		case RS_PARQUET_TIME_MILLIS:
			set_time(logical, RS_LOGICAL_TIME, RS_PARQUET_MILLIS);
			break;
		case RS_PARQUET_TIME_MICROS:
			set_time(logical, RS_LOGICAL_TIME, RS_PARQUET_MICROS);
			break;
		case RS_PARQUET_TIMESTAMP_MILLIS:
			set_time(logical, RS_LOGICAL_TIMESTAMP, RS_PARQUET_MILLIS);
			break;
		case RS_PARQUET_TIMESTAMP_MICROS:
			set_time(logical, RS_LOGICAL_TIMESTAMP, RS_PARQUET_MICROS);
			break;
		case RS_PARQUET_UINT_8:
		case RS_PARQUET_UINT_16:
		case RS_PARQUET_UINT_32:
		case RS_PARQUET_UINT_64:
			set_integer(logical, 8 << (element->converted - RS_PARQUET_UINT_8), false);
			break;
		case RS_PARQUET_INT_8:
		case RS_PARQUET_INT_16:
		case RS_PARQUET_INT_32:
		case RS_PARQUET_INT_64:
			set_integer(logical, 8 << (element->converted - RS_PARQUET_INT_8), true);
			break;
		case RS_PARQUET_JSON:
			logical->kind = RS_LOGICAL_JSON;
			break;
		case RS_PARQUET_BSON:
			logical->kind = RS_LOGICAL_BSON;
			break;
		case RS_PARQUET_INTERVAL:
			logical->kind = RS_LOGICAL_INTERVAL;
			break;
	}
}

static void
read_element(RsThriftReader *reader, RsParquetElement *element)
{
	RsThriftField field = {0};
	int			scale = 0;
	int			precision = 0;

	memset(element, 0, sizeof(RsParquetElement));
	element->name = "";
	element->type = RS_PARQUET_NO_TYPE;
	element->converted = RS_PARQUET_NOT_CONVERTED;
	while (rs_thrift_field(reader, &field))
	{
		switch (field.id)
		{
			case RS_ELEMENT_TYPE:
				element->type = (RsParquetType) read_enum(reader, &field);
				break;
			case RS_ELEMENT_TYPE_LENGTH:
				element->type_length = rs_thrift_int32(reader, &field);
				break;
			case RS_ELEMENT_REPETITION:
				element->repetition = (RsParquetRepetition) read_enum(reader, &field);
				break;
			case RS_ELEMENT_NAME:
				element->name = copy_name(rs_thrift_bytes(reader, &field));
				break;
			case RS_ELEMENT_NUM_CHILDREN:
				element->nchildren = rs_thrift_int32(reader, &field);
				break;
			case RS_ELEMENT_CONVERTED:
				element->converted = (RsParquetConverted) read_enum(reader, &field);
				break;
			case RS_ELEMENT_SCALE:
				scale = rs_thrift_int32(reader, &field);
				break;
			case RS_ELEMENT_PRECISION:
				precision = rs_thrift_int32(reader, &field);
				break;
			case RS_ELEMENT_LOGICAL:
				if (rs_thrift_struct(reader, &field))
					read_logical(reader, &element->logical);
				break;
			default:
				rs_thrift_skip(reader, &field);
		}
	}
	if (element->name == NULL)
		element->name = "";
	if (element->logical.kind == RS_LOGICAL_NONE)
		convert_logical(element, scale, precision);
}

static void
read_schema(RsThriftReader *reader, const RsThriftField *field, RsParquetFile *file)
{
	RsThriftField element;
	uint32		count = rs_thrift_list(reader, field, LEAST_ELEMENT, &element);
	uint32		i;

	file->elements = MemoryContextAllocHuge(CurrentMemoryContext, Max(count, 1) * sizeof(RsParquetElement));
	for (i = 0; i < count && rs_thrift_struct(reader, &element); i++)
		read_element(reader, &file->elements[i]);
	file->nelements = (int) i;
}

static void
read_statistics(RsThriftReader *reader, RsParquetStatistics *statistics)
{
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
	{
		if (field.id == RS_STATISTICS_MIN)
			statistics->min = rs_thrift_bytes(reader, &field);
		else if (field.id == RS_STATISTICS_MAX)
			statistics->max = rs_thrift_bytes(reader, &field);
		else if (field.id == RS_STATISTICS_NULLS)
			statistics->nulls = rs_thrift_int(reader, &field);
		else
			rs_thrift_skip(reader, &field);
	}
}

static void
read_column(RsThriftReader *reader, RsParquetChunk *chunk)
{
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
	{
		switch (field.id)
		{
			case RS_COLUMN_TYPE:
				chunk->type = (RsParquetType) read_enum(reader, &field);
				break;
			case RS_COLUMN_CODEC:
				chunk->codec = (RsParquetCodec) read_enum(reader, &field);
				break;
			case RS_COLUMN_NUM_VALUES:
				chunk->nvalues = rs_thrift_int(reader, &field);
				break;
			case RS_COLUMN_UNCOMPRESSED:
				chunk->uncompressed = rs_thrift_int(reader, &field);
				break;
			case RS_COLUMN_COMPRESSED:
				chunk->compressed = rs_thrift_int(reader, &field);
				break;
			case RS_COLUMN_DATA_PAGE:
				chunk->data_page = rs_thrift_int(reader, &field);
				break;
			case RS_COLUMN_DICTIONARY_PAGE:
				chunk->dictionary_page = rs_thrift_int(reader, &field);
				break;
			case RS_COLUMN_STATISTICS:
				if (rs_thrift_struct(reader, &field))
					read_statistics(reader, &chunk->statistics);
				break;
			case RS_COLUMN_BLOOM_OFFSET:
				chunk->bloom_filter = rs_thrift_int(reader, &field);
				break;
			default:
				rs_thrift_skip(reader, &field);
		}
	}
}

static void
read_chunk(RsThriftReader *reader, RsParquetChunk *chunk, const char **unable)
{
	RsThriftField field = {0};

	memset(chunk, 0, sizeof(RsParquetChunk));
	chunk->type = RS_PARQUET_NO_TYPE;
	chunk->statistics.nulls = -1;
	while (rs_thrift_field(reader, &field))
	{
		switch (field.id)
		{
			case RS_CHUNK_FILE_PATH:
				rs_thrift_skip(reader, &field);
				*unable = "columns in other files";
				break;
			case RS_CHUNK_METADATA:
				if (rs_thrift_struct(reader, &field))
					read_column(reader, chunk);
				break;
			case RS_CHUNK_OFFSET_INDEX_OFFSET:
				chunk->offset_index = rs_thrift_int(reader, &field);
				break;
			case RS_CHUNK_OFFSET_INDEX_LENGTH:
				chunk->offset_index_size = rs_thrift_int32(reader, &field);
				break;
			case RS_CHUNK_COLUMN_INDEX_OFFSET:
				chunk->column_index = rs_thrift_int(reader, &field);
				break;
			case RS_CHUNK_COLUMN_INDEX_LENGTH:
				chunk->column_index_size = rs_thrift_int32(reader, &field);
				break;
			case RS_CHUNK_CRYPTO:
				rs_thrift_skip(reader, &field);
				*unable = "encrypted columns";
				break;
			default:
				rs_thrift_skip(reader, &field);
		}
	}
	/* Where nothing is, has no meaning. */
	if (chunk->nvalues <= 0)
	{
		chunk->nvalues = chunk->compressed = chunk->dictionary_page = 0;
		chunk->data_page = RS_PARQUET_MAGIC_SIZE;
	}
}

static void
read_group(RsThriftReader *reader, RsParquetGroup *group, const char **unable)
{
	RsThriftField field = {0};
	RsThriftField element;
	uint32		count;
	uint32		i;

	memset(group, 0, sizeof(RsParquetGroup));
	while (rs_thrift_field(reader, &field))
	{
		switch (field.id)
		{
			case RS_GROUP_COLUMNS:
				count = rs_thrift_list(reader, &field, LEAST_CHUNK, &element);
				group->chunks = MemoryContextAllocHuge(CurrentMemoryContext,
													   Max(count, 1) * sizeof(RsParquetChunk));
				for (i = 0; i < count && rs_thrift_struct(reader, &element); i++)
					read_chunk(reader, &group->chunks[i], unable);
				group->nchunks = (int) i;
				break;
			case RS_GROUP_BYTES:
				group->bytes = rs_thrift_int(reader, &field);
				break;
			case RS_GROUP_NUM_ROWS:
				group->nrows = rs_thrift_int(reader, &field);
				break;
			default:
				rs_thrift_skip(reader, &field);
		}
	}
}

static void
read_groups(RsThriftReader *reader, const RsThriftField *field, RsParquetFile *file, const char **unable)
{
	RsThriftField element;
	uint32		count = rs_thrift_list(reader, field, LEAST_GROUP, &element);
	uint32		i;

	file->groups = MemoryContextAllocHuge(CurrentMemoryContext, Max(count, 1) * sizeof(RsParquetGroup));
	for (i = 0; i < count && rs_thrift_struct(reader, &element); i++)
		read_group(reader, &file->groups[i], unable);
	file->ngroups = (int) i;
}

static RsParquetFile *
read_file(RsThriftReader *reader, const char **unable)
{
	RsParquetFile *file = palloc0(sizeof(RsParquetFile));
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
	{
		switch (field.id)
		{
			case RS_FILE_SCHEMA:
				read_schema(reader, &field, file);
				break;
			case RS_FILE_NUM_ROWS:
				file->nrows = rs_thrift_int(reader, &field);
				break;
			case RS_FILE_ROW_GROUPS:
				read_groups(reader, &field, file, unable);
				break;
			case RS_FILE_CREATED_BY:
				file->created_by = copy_name(rs_thrift_bytes(reader, &field));
				break;
			case RS_FILE_ENCRYPTION:
				rs_thrift_skip(reader, &field);
				*unable = "encrypted columns";
				break;
			default:
				rs_thrift_skip(reader, &field);
		}
	}
	return file;
}

int64
rs_parquet_chunk_offset(const RsParquetChunk *chunk)
{
	/* Some writers have set the dictionary's offset to 0, or beyond the data, without one. */
	if (chunk->dictionary_page > 0 && chunk->dictionary_page < chunk->data_page)
		return chunk->dictionary_page;
	return chunk->data_page;
}

static const char *
check_range(int64 offset, int64 size, int64 end)
{
	if (offset < RS_PARQUET_MAGIC_SIZE || size < 0 || offset > end || size > end - offset)
		return "column chunk is not within the file";
	return NULL;
}

/*
 * Is what was read in itself sound?  NULL, or what is wrong.
 */
static const char *
check_file(const RsParquetFile *file, int64 end)
{
	const char *fault = NULL;
	int64		nrows = 0;
	int			nleaves = 0;
	int			i;
	int			j;

	if (file->nelements == 0 || file->elements[0].type != RS_PARQUET_NO_TYPE)
		return "schema has no root";
	for (i = 1; i < file->nelements; i++)
		if (file->elements[i].type != RS_PARQUET_NO_TYPE)
			nleaves++;
	for (i = 0; i < file->ngroups && fault == NULL; i++)
	{
		const RsParquetGroup *group = &file->groups[i];

		if (group->nchunks != nleaves)
			return "row group has another number of columns than the schema";
		if (group->nrows < 0 || group->nrows > PG_INT64_MAX - nrows)
			return "row group has an impossible number of rows";
		nrows += group->nrows;
		for (j = 0; j < nleaves && fault == NULL; j++)
			fault = check_range(rs_parquet_chunk_offset(&group->chunks[j]), group->chunks[j].compressed, end);
	}
	return fault;
}

/*
 * A range of the file that has to be there.
 */
static char *
read_range(RsInput *input, uint64 offset, Size size)
{
	char	   *data = MemoryContextAllocHuge(CurrentMemoryContext, Max(size, 1));

	if (input->read(input, offset, data, size) != size)
		rs_parquet_corrupt(input->name, offset, "file ends too early");
	return data;
}

RsParquetFile *
rs_parquet_open(RsInput *input)
{
	RsThriftReader reader;
	RsParquetFile *file;
	const char *fault;
	const char *unable = NULL;
	const char *tail;
	char	   *data;
	Size		tail_size;
	Size		size;
	uint64		offset;

	if (!input->seekable || input->size < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Parquet file \"%s\" cannot be read from a stream", input->name)));
	if (input->size < RS_PARQUET_MAGIC_SIZE + RS_PARQUET_TAIL_SIZE)
		rs_parquet_corrupt(input->name, 0, "it is too short for a Parquet file");
	tail_size = Min(TAIL_READ, (uint64) input->size);
	data = read_range(input, input->size - tail_size, tail_size);
	tail = data + tail_size - RS_PARQUET_TAIL_SIZE;
	if (memcmp(tail + 4, RS_PARQUET_ENCRYPTED, RS_PARQUET_MAGIC_SIZE) == 0)
		unable = "encrypted metadata";
	else if (memcmp(tail + 4, RS_PARQUET_MAGIC, RS_PARQUET_MAGIC_SIZE) != 0)
		rs_parquet_corrupt(input->name, input->size - RS_PARQUET_MAGIC_SIZE, "it does not end as a Parquet file");
	size = (Size) (uint8) tail[0] | (Size) (uint8) tail[1] << 8 | (Size) (uint8) tail[2] << 16 |
		(Size) (uint8) tail[3] << 24;
	if (unable == NULL)
	{
		if (size > MAX_METADATA || size > input->size - RS_PARQUET_TAIL_SIZE - RS_PARQUET_MAGIC_SIZE)
			rs_parquet_corrupt(input->name, input->size - RS_PARQUET_TAIL_SIZE, "length of the metadata is wrong");
		offset = input->size - RS_PARQUET_TAIL_SIZE - size;
		if (size > tail_size - RS_PARQUET_TAIL_SIZE)
			data = read_range(input, offset, size);
		else
			data += tail_size - RS_PARQUET_TAIL_SIZE - size;
		rs_thrift_init(&reader, data, size);
		file = read_file(&reader, &unable);
		fault = reader.fault != NULL ? reader.fault : check_file(file, (int64) offset);
		if (fault != NULL)
			rs_parquet_corrupt(input->name, offset, fault);
	}
	if (unable != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Parquet file \"%s\" has %s", input->name, unable)));
	return file;
}

static void
read_data_header(RsThriftReader *reader, RsParquetPage *page)
{
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
	{
		switch (field.id)
		{
			case RS_DATA_NUM_VALUES:
				page->nvalues = (uint32) rs_thrift_int32(reader, &field);
				break;
			case RS_DATA_ENCODING:
				page->encoding = (RsParquetEncoding) read_enum(reader, &field);
				break;
			case RS_DATA_DEFINITION_ENCODING:
				page->definition_encoding = (RsParquetEncoding) read_enum(reader, &field);
				break;
			case RS_DATA_REPETITION_ENCODING:
				page->repetition_encoding = (RsParquetEncoding) read_enum(reader, &field);
				break;
			default:
				rs_thrift_skip(reader, &field);
		}
	}
}

static void
read_data2_header(RsThriftReader *reader, RsParquetPage *page)
{
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
	{
		switch (field.id)
		{
			case RS_DATA2_NUM_VALUES:
				page->nvalues = (uint32) rs_thrift_int32(reader, &field);
				break;
			case RS_DATA2_ENCODING:
				page->encoding = (RsParquetEncoding) read_enum(reader, &field);
				break;
			case RS_DATA2_DEFINITION_BYTES:
				page->definition_size = (uint32) rs_thrift_int32(reader, &field);
				break;
			case RS_DATA2_REPETITION_BYTES:
				page->repetition_size = (uint32) rs_thrift_int32(reader, &field);
				break;
			case RS_DATA2_COMPRESSED:
				page->is_compressed = rs_thrift_bool(reader, &field);
				break;
			default:
				rs_thrift_skip(reader, &field);
		}
	}
}

static void
read_dictionary_header(RsThriftReader *reader, RsParquetPage *page)
{
	RsThriftField field = {0};

	while (rs_thrift_field(reader, &field))
	{
		if (field.id == RS_DICTIONARY_NUM_VALUES)
			page->nvalues = (uint32) rs_thrift_int32(reader, &field);
		else if (field.id == RS_DICTIONARY_ENCODING)
			page->encoding = (RsParquetEncoding) read_enum(reader, &field);
		else
			rs_thrift_skip(reader, &field);
	}
}

/*
 * Numbers were read as unsigned ones: negative ones are far too large.
 */
static const char *
check_page(const RsParquetPage *page)
{
	if (page->uncompressed > PG_INT32_MAX || page->compressed > PG_INT32_MAX)
		return "page has an impossible size";
	if (page->nvalues > PG_INT32_MAX)
		return "page has an impossible number of values";
	if (page->type == RS_PARQUET_DATA_PAGE_V2 &&
		(page->definition_size > page->uncompressed || page->repetition_size > page->uncompressed ||
		 page->definition_size + page->repetition_size > Min(page->uncompressed, page->compressed)))
		return "levels of a page are larger than it";
	return NULL;
}

RsHeaderResult
rs_parquet_page_header(const char *data, Size size, RsParquetPage *page, Size *used, const char **fault)
{
	RsThriftReader reader;
	RsThriftField field = {0};

	memset(page, 0, sizeof(RsParquetPage));
	page->is_compressed = true;
	page->definition_encoding = page->repetition_encoding = RS_PARQUET_RLE;
	rs_thrift_init(&reader, data, size);
	while (rs_thrift_field(&reader, &field))
	{
		if (field.id == RS_PAGE_TYPE)
			page->type = (RsParquetPageType) read_enum(&reader, &field);
		else if (field.id == RS_PAGE_UNCOMPRESSED)
			page->uncompressed = (uint32) rs_thrift_int32(&reader, &field);
		else if (field.id == RS_PAGE_COMPRESSED)
			page->compressed = (uint32) rs_thrift_int32(&reader, &field);
		else if (field.id == RS_PAGE_CRC)
		{
			page->crc = (uint32) rs_thrift_int32(&reader, &field);
			page->has_crc = true;
		}
		else if (field.id == RS_PAGE_DATA && rs_thrift_struct(&reader, &field))
			read_data_header(&reader, page);
		else if (field.id == RS_PAGE_DATA_V2 && rs_thrift_struct(&reader, &field))
			read_data2_header(&reader, page);
		else if (field.id == RS_PAGE_DICTIONARY && rs_thrift_struct(&reader, &field))
			read_dictionary_header(&reader, page);
		else
			rs_thrift_skip(&reader, &field);
	}
	*used = reader.at - data;
	*fault = reader.fault != NULL ? reader.fault : check_page(page);
	if (reader.ended)
		return RS_HEADER_TOO_SHORT;
	return *fault == NULL ? RS_HEADER_READ : RS_HEADER_DAMAGED;
}

const char *
rs_parquet_bloom_header(const char *data, Size size, Size *filter_size, Size *used)
{
	RsThriftReader reader;
	RsThriftField field = {0};
	int32		bytes = 0;
	bool		known = true;

	rs_thrift_init(&reader, data, size);
	while (rs_thrift_field(&reader, &field))
	{
		if (field.id == RS_BLOOM_BYTES)
			bytes = rs_thrift_int32(&reader, &field);
		else if ((field.id == RS_BLOOM_ALGORITHM || field.id == RS_BLOOM_HASH || field.id == RS_BLOOM_CODEC) &&
				 rs_thrift_struct(&reader, &field))
			known &= read_union(&reader) == 1;
		else
			rs_thrift_skip(&reader, &field);
	}
	*used = reader.at - data;
	*filter_size = known ? (Size) Max(bytes, 0) : 0;
	if (reader.fault == NULL && (bytes <= 0 || bytes % RS_BLOOM_BLOCK != 0))
		return "Bloom filter has an impossible size";
	return reader.fault;
}
