/*
 * parquet_format.h
 *	  The Parquet file format: its numbers, and its metadata in memory.
 *
 *	"PAR1"  column chunks, each: pages  ...  page indexes, Bloom filters  file metadata
 *	length of the metadata (4 bytes, little-endian)  "PAR1"
 *
 * Metadata and page headers are Thrift structures in the compact protocol; the field
 * numbers below are theirs.  Reader and writer share what is here.
 */
#ifndef RS_PARQUET_FORMAT_H
#define RS_PARQUET_FORMAT_H

#define RS_PARQUET_MAGIC		"PAR1"
#define RS_PARQUET_ENCRYPTED	"PARE"	/* in its place: the metadata are encrypted */
#define RS_PARQUET_MAGIC_SIZE	4
#define RS_PARQUET_TAIL_SIZE	8	/* length and magic */

/* Types of the compact protocol.  A field's boolean is in its type, a list's in a byte. */
typedef enum RsThriftType
{
	RS_THRIFT_STOP = 0,
	RS_THRIFT_TRUE = 1,
	RS_THRIFT_FALSE = 2,
	RS_THRIFT_I8 = 3,
	RS_THRIFT_I16 = 4,
	RS_THRIFT_I32 = 5,
	RS_THRIFT_I64 = 6,
	RS_THRIFT_DOUBLE = 7,
	RS_THRIFT_BINARY = 8,
	RS_THRIFT_LIST = 9,
	RS_THRIFT_SET = 10,
	RS_THRIFT_MAP = 11,
	RS_THRIFT_STRUCT = 12
} RsThriftType;

typedef enum RsParquetType
{
	RS_PARQUET_NO_TYPE = -1,	/* of groups */
	RS_PARQUET_BOOLEAN = 0,
	RS_PARQUET_INT32 = 1,
	RS_PARQUET_INT64 = 2,
	RS_PARQUET_INT96 = 3,		/* nanoseconds of the day (8 bytes), Julian day (4 bytes) */
	RS_PARQUET_FLOAT = 4,
	RS_PARQUET_DOUBLE = 5,
	RS_PARQUET_BYTE_ARRAY = 6,
	RS_PARQUET_FIXED = 7		/* FIXED_LEN_BYTE_ARRAY */
} RsParquetType;

typedef enum RsParquetRepetition
{
	RS_PARQUET_REQUIRED = 0,
	RS_PARQUET_OPTIONAL = 1,
	RS_PARQUET_REPEATED = 2
} RsParquetRepetition;

/* What values mean, in the older way. */
typedef enum RsParquetConverted
{
	RS_PARQUET_NOT_CONVERTED = -1,
	RS_PARQUET_UTF8 = 0,
	RS_PARQUET_MAP = 1,
	RS_PARQUET_MAP_KEY_VALUE = 2,
	RS_PARQUET_LIST = 3,
	RS_PARQUET_ENUM = 4,
	RS_PARQUET_DECIMAL = 5,
	RS_PARQUET_DATE = 6,
	RS_PARQUET_TIME_MILLIS = 7,
	RS_PARQUET_TIME_MICROS = 8,
	RS_PARQUET_TIMESTAMP_MILLIS = 9,
	RS_PARQUET_TIMESTAMP_MICROS = 10,
	RS_PARQUET_UINT_8 = 11,
	RS_PARQUET_UINT_16 = 12,
	RS_PARQUET_UINT_32 = 13,
	RS_PARQUET_UINT_64 = 14,
	RS_PARQUET_INT_8 = 15,
	RS_PARQUET_INT_16 = 16,
	RS_PARQUET_INT_32 = 17,
	RS_PARQUET_INT_64 = 18,
	RS_PARQUET_JSON = 19,
	RS_PARQUET_BSON = 20,
	RS_PARQUET_INTERVAL = 21	/* months, days, milliseconds: 4 bytes each */
} RsParquetConverted;

/* And in the newer: fields of the union LogicalType. */
typedef enum RsParquetLogicalKind
{
	RS_LOGICAL_NONE = 0,
	RS_LOGICAL_STRING = 1,
	RS_LOGICAL_MAP = 2,
	RS_LOGICAL_LIST = 3,
	RS_LOGICAL_ENUM = 4,
	RS_LOGICAL_DECIMAL = 5,		/* 1 scale, 2 precision */
	RS_LOGICAL_DATE = 6,
	RS_LOGICAL_TIME = 7,		/* 1 is adjusted to UTC, 2 unit */
	RS_LOGICAL_TIMESTAMP = 8,	/* the same */
	RS_LOGICAL_INTEGER = 10,	/* 1 bits (I8), 2 is signed */
	RS_LOGICAL_UNKNOWN = 11,	/* always NULL */
	RS_LOGICAL_JSON = 12,
	RS_LOGICAL_BSON = 13,
	RS_LOGICAL_UUID = 14,
	RS_LOGICAL_FLOAT16 = 15,
	RS_LOGICAL_VARIANT = 16,
	RS_LOGICAL_GEOMETRY = 17,
	RS_LOGICAL_GEOGRAPHY = 18,
	RS_LOGICAL_INTERVAL = 100	/* not of the union: converted only */
} RsParquetLogicalKind;

/* Fields of the union TimeUnit. */
typedef enum RsParquetTimeUnit
{
	RS_PARQUET_MILLIS = 1,
	RS_PARQUET_MICROS = 2,
	RS_PARQUET_NANOS = 3
} RsParquetTimeUnit;

typedef enum RsParquetEncoding
{
	RS_PARQUET_PLAIN = 0,
	RS_PARQUET_PLAIN_DICTIONARY = 2,	/* in data pages as RLE_DICTIONARY */
	RS_PARQUET_RLE = 3,
	RS_PARQUET_BIT_PACKED = 4,
	RS_PARQUET_DELTA_BINARY_PACKED = 5,
	RS_PARQUET_DELTA_LENGTH_BYTE_ARRAY = 6,
	RS_PARQUET_DELTA_BYTE_ARRAY = 7,
	RS_PARQUET_RLE_DICTIONARY = 8,
	RS_PARQUET_BYTE_STREAM_SPLIT = 9
} RsParquetEncoding;

typedef enum RsParquetCodec
{
	RS_PARQUET_UNCOMPRESSED = 0,
	RS_PARQUET_SNAPPY = 1,
	RS_PARQUET_GZIP = 2,
	RS_PARQUET_LZO = 3,
	RS_PARQUET_BROTLI = 4,
	RS_PARQUET_LZ4 = 5,			/* in Hadoop's frames */
	RS_PARQUET_ZSTD = 6,
	RS_PARQUET_LZ4_RAW = 7
} RsParquetCodec;

typedef enum RsParquetPageType
{
	RS_PARQUET_DATA_PAGE = 0,
	RS_PARQUET_INDEX_PAGE = 1,
	RS_PARQUET_DICTIONARY_PAGE = 2,
	RS_PARQUET_DATA_PAGE_V2 = 3
} RsParquetPageType;

typedef enum RsParquetOrder
{
	RS_PARQUET_UNORDERED = 0,
	RS_PARQUET_ASCENDING = 1,
	RS_PARQUET_DESCENDING = 2
} RsParquetOrder;

/* Field numbers, by structure. */
enum						/* FileMetaData */
{
	RS_FILE_VERSION = 1,		/* I32 */
	RS_FILE_SCHEMA = 2,			/* list of SchemaElement, depth first, the root too */
	RS_FILE_NUM_ROWS = 3,		/* I64 */
	RS_FILE_ROW_GROUPS = 4,		/* list of RowGroup */
	RS_FILE_KEY_VALUES = 5,		/* list of KeyValue: 1 key, 2 value */
	RS_FILE_CREATED_BY = 6,
	RS_FILE_COLUMN_ORDERS = 7,	/* list of the union ColumnOrder: 1 by type, an empty struct */
	RS_FILE_ENCRYPTION = 8
};

enum						/* SchemaElement */
{
	RS_ELEMENT_TYPE = 1,		/* I32; none: a group */
	RS_ELEMENT_TYPE_LENGTH = 2, /* I32, of FIXED */
	RS_ELEMENT_REPETITION = 3,	/* I32; none: the root */
	RS_ELEMENT_NAME = 4,
	RS_ELEMENT_NUM_CHILDREN = 5,	/* I32 */
	RS_ELEMENT_CONVERTED = 6,	/* I32 */
	RS_ELEMENT_SCALE = 7,		/* I32 */
	RS_ELEMENT_PRECISION = 8,	/* I32 */
	RS_ELEMENT_FIELD_ID = 9,	/* I32 */
	RS_ELEMENT_LOGICAL = 10		/* union LogicalType */
};

enum						/* RowGroup */
{
	RS_GROUP_COLUMNS = 1,		/* list of ColumnChunk */
	RS_GROUP_BYTES = 2,			/* I64, uncompressed */
	RS_GROUP_NUM_ROWS = 3,		/* I64 */
	RS_GROUP_SORTING = 4,
	RS_GROUP_OFFSET = 5,		/* I64 */
	RS_GROUP_COMPRESSED = 6,	/* I64, bytes */
	RS_GROUP_ORDINAL = 7		/* I16 */
};

enum						/* ColumnChunk */
{
	RS_CHUNK_FILE_PATH = 1,
	RS_CHUNK_FILE_OFFSET = 2,	/* I64 */
	RS_CHUNK_METADATA = 3,		/* ColumnMetaData */
	RS_CHUNK_OFFSET_INDEX_OFFSET = 4,	/* I64 */
	RS_CHUNK_OFFSET_INDEX_LENGTH = 5,	/* I32 */
	RS_CHUNK_COLUMN_INDEX_OFFSET = 6,	/* I64 */
	RS_CHUNK_COLUMN_INDEX_LENGTH = 7,	/* I32 */
	RS_CHUNK_CRYPTO = 8,
	RS_CHUNK_ENCRYPTED_METADATA = 9
};

enum						/* ColumnMetaData */
{
	RS_COLUMN_TYPE = 1,			/* I32 */
	RS_COLUMN_ENCODINGS = 2,	/* list of I32 */
	RS_COLUMN_PATH = 3,			/* list of names */
	RS_COLUMN_CODEC = 4,		/* I32 */
	RS_COLUMN_NUM_VALUES = 5,	/* I64, NULLs too */
	RS_COLUMN_UNCOMPRESSED = 6, /* I64, bytes with the pages' headers */
	RS_COLUMN_COMPRESSED = 7,	/* I64 */
	RS_COLUMN_KEY_VALUES = 8,
	RS_COLUMN_DATA_PAGE = 9,	/* I64, offset of the first */
	RS_COLUMN_INDEX_PAGE = 10,
	RS_COLUMN_DICTIONARY_PAGE = 11, /* I64, offset */
	RS_COLUMN_STATISTICS = 12,
	RS_COLUMN_ENCODING_STATS = 13,	/* list of PageEncodingStats: 1 page type, 2 encoding, 3 count */
	RS_COLUMN_BLOOM_OFFSET = 14,	/* I64 */
	RS_COLUMN_BLOOM_LENGTH = 15 /* I32 */
};

enum						/* Statistics */
{
	RS_STATISTICS_OLD_MAX = 1,
	RS_STATISTICS_OLD_MIN = 2,
	RS_STATISTICS_NULLS = 3,	/* I64 */
	RS_STATISTICS_DISTINCT = 4, /* I64 */
	RS_STATISTICS_MAX = 5,
	RS_STATISTICS_MIN = 6,
	RS_STATISTICS_MAX_EXACT = 7,
	RS_STATISTICS_MIN_EXACT = 8
};

enum						/* PageHeader */
{
	RS_PAGE_TYPE = 1,			/* I32 */
	RS_PAGE_UNCOMPRESSED = 2,	/* I32, bytes */
	RS_PAGE_COMPRESSED = 3,		/* I32, bytes */
	RS_PAGE_CRC = 4,			/* I32: CRC-32 of gzip, of the page as it is in the file */
	RS_PAGE_DATA = 5,			/* DataPageHeader */
	RS_PAGE_INDEX = 6,
	RS_PAGE_DICTIONARY = 7,		/* DictionaryPageHeader */
	RS_PAGE_DATA_V2 = 8			/* DataPageHeaderV2 */
};

enum						/* DataPageHeader */
{
	RS_DATA_NUM_VALUES = 1,		/* I32, NULLs too */
	RS_DATA_ENCODING = 2,		/* I32 */
	RS_DATA_DEFINITION_ENCODING = 3,	/* I32 */
	RS_DATA_REPETITION_ENCODING = 4,	/* I32 */
	RS_DATA_STATISTICS = 5
};

enum						/* DictionaryPageHeader */
{
	RS_DICTIONARY_NUM_VALUES = 1,	/* I32 */
	RS_DICTIONARY_ENCODING = 2, /* I32 */
	RS_DICTIONARY_SORTED = 3
};

enum						/* DataPageHeaderV2 */
{
	RS_DATA2_NUM_VALUES = 1,	/* I32, NULLs too */
	RS_DATA2_NUM_NULLS = 2,		/* I32 */
	RS_DATA2_NUM_ROWS = 3,		/* I32 */
	RS_DATA2_ENCODING = 4,		/* I32 */
	RS_DATA2_DEFINITION_BYTES = 5,	/* I32; levels are never compressed */
	RS_DATA2_REPETITION_BYTES = 6,	/* I32 */
	RS_DATA2_COMPRESSED = 7,	/* boolean; none: true */
	RS_DATA2_STATISTICS = 8
};

enum						/* OffsetIndex */
{
	RS_OFFSETS_PAGES = 1		/* list of PageLocation: 1 I64 offset, 2 I32 bytes with the
								 * header, 3 I64 first row of the row group */
};

enum						/* ColumnIndex */
{
	RS_INDEX_NULL_PAGES = 1,	/* list of booleans */
	RS_INDEX_MINS = 2,
	RS_INDEX_MAXES = 3,
	RS_INDEX_ORDER = 4,			/* I32 */
	RS_INDEX_NULLS = 5			/* list of I64 */
};

enum						/* BloomFilterHeader, before the bits */
{
	RS_BLOOM_BYTES = 1,			/* I32 */
	RS_BLOOM_ALGORITHM = 2,		/* union: 1 split blocks, an empty struct */
	RS_BLOOM_HASH = 3,			/* union: 1 XXH64, an empty struct */
	RS_BLOOM_CODEC = 4			/* union: 1 uncompressed, an empty struct */
};

/* What the values of a column mean, whichever way a file says it. */
typedef struct RsParquetLogical
{
	RsParquetLogicalKind kind;
	int			scale;			/* of DECIMAL */
	int			precision;
	int			bits;			/* of INTEGER: 8, 16, 32, 64 */
	bool		is_signed;
	bool		utc;			/* of TIME and TIMESTAMP */
	RsParquetTimeUnit unit;
} RsParquetLogical;

/* An element of the schema: a column, or a group of those after it. */
typedef struct RsParquetElement
{
	const char *name;
	RsParquetType type;			/* NO_TYPE: a group */
	int			type_length;	/* bytes, of FIXED */
	RsParquetRepetition repetition;
	int			nchildren;
	RsParquetConverted converted;
	RsParquetLogical logical;
} RsParquetElement;

/* Bytes in the metadata; data NULL: not there. */
typedef struct RsParquetBytes
{
	const char *data;
	uint32		size;
} RsParquetBytes;

/* Values as PLAIN encodes them, but byte arrays without their length. */
typedef struct RsParquetStatistics
{
	RsParquetBytes min;
	RsParquetBytes max;
	int64		nulls;			/* -1: unknown */
} RsParquetStatistics;

/* A column of a row group. */
typedef struct RsParquetChunk
{
	RsParquetType type;
	RsParquetCodec codec;
	int64		nvalues;
	int64		uncompressed;	/* bytes */
	int64		compressed;
	int64		data_page;		/* offset of the first */
	int64		dictionary_page;	/* 0: none */
	RsParquetStatistics statistics;
	int64		offset_index;	/* 0: none */
	int32		offset_index_size;
	int64		column_index;	/* 0: none */
	int32		column_index_size;
	int64		bloom_filter;	/* 0: none */
	int32		bloom_filter_size;	/* 0: unknown */
} RsParquetChunk;

typedef struct RsParquetGroup
{
	int64		nrows;
	int64		bytes;			/* uncompressed */
	RsParquetChunk *chunks;		/* of each leaf of the schema */
	int			nchunks;
} RsParquetGroup;

typedef struct RsParquetFile
{
	RsParquetElement *elements; /* the root first */
	int			nelements;
	int64		nrows;
	RsParquetGroup *groups;
	int			ngroups;
	const char *created_by;		/* NULL: unknown */
} RsParquetFile;

#endif							/* RS_PARQUET_FORMAT_H */
