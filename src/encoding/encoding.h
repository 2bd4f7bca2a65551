/*
 * encoding.h
 *	  How the values of one block become bytes and back.
 *
 * A block is up to RS_BLOCK_ROWS consecutive rows of one column.  Its values
 * reach an encoding dense (NULLs left out; the validity bitmap is block.c's
 * business) and in physical form, so an encoding never sees an SQL type.
 *
 * Everything decoded here was read from disk: every length, count, offset and
 * code is checked before it is used, and a violation is reported through
 * rs_encoding_corrupt(), never an Assert.
 */
#ifndef RS_ENCODING_H
#define RS_ENCODING_H

#include "core/settings.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "storage/itemptr.h"

#define RS_BLOCK_ROWS		8192	/* rows of a block */
#define RS_BATCH_ROWS		RS_MOST_VECTOR_ROWS	/* rows of a batch */
#define RS_GROUP_ROWS		131072	/* rows of a row group, at most */
#define RS_GROUP_BLOCKS		(RS_GROUP_ROWS / RS_BLOCK_ROWS)

/* Physical forms of values; the numbers are on disk. */
typedef enum RsPhys
{
	RS_PHYS_INT8 = 1,			/* 1 byte: bool, "char" */
	RS_PHYS_INT16 = 2,
	RS_PHYS_INT32 = 3,			/* int4, date, oid, ... */
	RS_PHYS_INT64 = 4,			/* int8, time, timestamp[tz], scaled numeric */
	RS_PHYS_INT128 = 5,			/* scaled numeric only */
	RS_PHYS_FLOAT32 = 6,
	RS_PHYS_FLOAT64 = 7,
	RS_PHYS_FIXED = 8,			/* fixed length, passed by reference: uuid ... */
	RS_PHYS_VARLEN = 9			/* varlena */
} RsPhys;

/*
 * A column's type as storage sees it; filled by rs_column_type_init().
 * A domain is looked through to its base type.
 */
typedef struct RsColumnType
{
	Oid			typid;			/* base type */
	int32		typmod;
	Oid			collation;
	int16		typlen;
	bool		typbyval;
	char		typalign;
	RsPhys		phys;			/* form of its Datums: numeric is VARLEN here */
	uint16		width;			/* bytes a value; 0 for VARLEN */
	bool		is_numeric;		/* VARLEN that may be stored as scaled integers */
	bool		plain;			/* VARLEN whose functions want a 4-byte header */
} RsColumnType;

/*
 * A run of values in physical form.
 *
 * Fixed-width forms: `fixed` holds count * width bytes, MAXALIGNed.
 * VARLEN: value i is the complete, untoasted, uncompressed varlena at
 * bytes + offsets[i]: with a 1-byte header when its payload is at most 126
 * bytes, else with a 4-byte header at a MAXALIGNed offset (of a MAXALIGNed
 * `bytes`), so PointerGetDatum(bytes + offsets[i]) is a Datum as it stands.
 * Several offsets may point at one image (dictionaries).
 */
typedef struct RsValues
{
	RsPhys		phys;
	uint16		width;
	int16		scale;			/* display scale of scaled numerics, else 0 */
	uint32		count;
	void	   *fixed;
	uint32	   *offsets;
	char	   *bytes;
	Size		nbytes;			/* bytes used in `bytes` */

	/*
	 * Of decoded VARLEN values with few images: value i is the image at
	 * bytes + entries[codes[i]], and that of a row which is NULL has code nentries.
	 */
	uint16	   *codes;			/* NULL: not known */
	uint32		nentries;
	uint32	   *entries;
} RsValues;

/* Encodings, by Redshift's names; the numbers are on disk. */
typedef enum RsEncodingId
{
	RS_ENC_AUTO = 0,			/* only as a wish, never on disk */
	RS_ENC_RAW = 1,
	RS_ENC_AZ64 = 2,
	RS_ENC_BYTEDICT = 3,
	RS_ENC_DELTA = 4,
	RS_ENC_DELTA32K = 5,
	RS_ENC_LZO = 6,				/* raw, then lz4 */
	RS_ENC_MOSTLY8 = 7,
	RS_ENC_MOSTLY16 = 8,
	RS_ENC_MOSTLY32 = 9,
	RS_ENC_RUNLENGTH = 10,
	RS_ENC_TEXT255 = 11,
	RS_ENC_TEXT32K = 12,
	RS_ENC_ZSTD = 13,			/* the best light form, then zstd */
	RS_ENC_ALP = 14				/* lossless floats; chosen by AUTO only */
} RsEncodingId;
#define RS_ENC_COUNT	15

typedef enum RsCodecId
{
	RS_CODEC_NONE = 0,
	RS_CODEC_LZ4 = 1,
	RS_CODEC_ZSTD = 2
} RsCodecId;

/* How one block was stored: copied into the footer as it is. */
typedef struct RsBlockForm
{
	uint8		encoding;		/* RsEncodingId of the payload's layout */
	uint8		codec;			/* RsCodecId over it */
	uint8		phys;			/* RsPhys the payload decodes to */
	uint8		flags;			/* RS_BLOCK_... */
	int16		scale;			/* RsValues.scale */
	uint16		reserved;		/* 0 */
	uint32		nrows;			/* rows, NULLs included */
	uint32		nnulls;
	uint32		raw_size;		/* payload before the codec */
	uint32		size;			/* bytes stored, bitmap included */
} RsBlockForm;

#define RS_BLOCK_HAS_BITMAP		0x01	/* a validity bitmap precedes the payload */
#define RS_BLOCK_ALL_NULL		0x02	/* nothing is stored at all */
#define RS_BLOCK_ENCRYPTED		0x04	/* reserved: cipher between codec and page */

/*
 * A decoded block.  Values stand at their row's position, NULL rows hold zero
 * (or offset of an empty image) and are clear in `valid`; valid == NULL means
 * no NULLs.  A numeric column gives INT64 or INT128 with scale, or VARLEN.
 */
typedef struct RsDecodedBlock
{
	uint32		first;			/* row of the block that values[0] is */
	RsValues	values;
	uint64	   *valid;			/* bit i: row first + i is not NULL */
} RsDecodedBlock;

/* One encoding: the table in encoding.c has a row for each. */
typedef struct RsEncoding
{
	RsEncodingId id;
	const char *name;

	/* Can it hold this physical form at all? */
	bool		(*accepts) (RsPhys phys);

	/*
	 * Append the values' encoded form to out; false (with out as it was) where
	 * these values do not fit the encoding.
	 */
	bool		(*encode) (const RsValues *in, StringInfo out);

	/*
	 * Decode values [first, first + count) of the `total` that were encoded
	 * into out, whose phys, width and scale are set; space is allocated in the
	 * current memory context.  `in` need not be aligned.
	 */
	void		(*decode) (const char *in, Size size, uint32 total,
						   uint32 first, uint32 count, RsValues *out);

	/*
	 * The distinct values alone, of an encoding that keeps a dictionary of them; NULL
	 * for others.  As decode otherwise.
	 */
	void		(*entries) (const char *in, Size size, RsValues *out);
} RsEncoding;

extern const RsEncoding *rs_encoding_get(RsEncodingId id);	/* NULL: unknown */
extern RsEncodingId rs_encoding_by_name(const char *name);	/* -1: unknown; "none" is raw */
extern const char *rs_encoding_name(RsEncodingId id);

/* Which encodings Redshift accepts for which SQL type, and its defaults. */
extern bool rs_encoding_accepts_type(RsEncodingId id, const RsColumnType *type);
extern char *rs_encoding_list_for_type(const RsColumnType *type);	/* "raw, az64, ..." */
extern RsEncodingId rs_encoding_default(const RsColumnType *type, bool in_sortkey);

extern void rs_column_type_init(RsColumnType *type, Oid typid, int32 typmod, Oid collation);

/*
 * Block level (block.c): bitmap, numeric's scaled form, encoding, codec.  Numerics
 * may come scaled already (rs_numeric_scale()).
 * rs_block_encode appends to out; wish is what the table's definition says.
 * With RS_ENC_AUTO it takes *hint (set by rs_block_choose over a sample of the
 * chunk) or chooses itself.  A wish that cannot hold these values falls back to
 * raw for this block, as Redshift's do.
 */
typedef struct RsEncodingPlan
{
	RsEncodingId encoding;
	RsCodecId	codec;
} RsEncodingPlan;

extern void rs_block_choose(const RsColumnType *type, const RsValues *sample,
							RsEncodingId wish, RsEncodingPlan *plan);
extern void rs_block_encode(const RsColumnType *type, const RsValues *dense,
							const uint64 *valid, uint32 nrows,
							const RsEncodingPlan *plan,
							StringInfo out, RsBlockForm *form);

/* Decode rows [first, first + count) in the current memory context. */
extern void rs_block_decode(const RsColumnType *type, const RsBlockForm *form,
							const char *data, uint32 first, uint32 count,
							RsDecodedBlock *out);

/*
 * A block to read single values of: what the codec made is undone, the encoding is not.
 * Both are borrowed; a block of NULLs only has no data.
 */
typedef struct RsOpenBlock
{
	const RsBlockForm *form;
	const char *bitmap;			/* NULL: no NULLs, or nothing else */
	const char *payload;
} RsOpenBlock;

/* data must stay; what a codec gives is allocated in the current memory context. */
extern void rs_block_open(const RsColumnType *type, const RsBlockForm *form, const char *data,
						  RsOpenBlock *block);

/* The Datum of one row, in the current memory context. */
extern Datum rs_block_value(const RsColumnType *type, const RsOpenBlock *block, uint32 row,
							bool *isnull);

/* All rows, as rs_block_decode() gives them. */
extern void rs_block_decode_open(const RsColumnType *type, const RsOpenBlock *block, uint32 first,
								 uint32 count, RsDecodedBlock *out);

/*
 * The distinct values of an encoded block, if they stand in it so that they can be
 * had at once; else false.
 */
extern bool rs_block_entries(const RsColumnType *type, const RsBlockForm *form,
							 const char *data, RsValues *entries);

/* A varlena image as a Datum of the type: copied where its header must be long. */
extern Datum rs_image_datum(const RsColumnType *type, char *image);

/* The Datum of row `row` (counted from values[0]); numerics are built in the
 * current memory context, everything else points into the block. */
extern Datum rs_block_datum(const RsColumnType *type, const RsDecodedBlock *block,
							uint32 row, bool *isnull);

/* Report damaged bytes; the reader adds relation, group, column and block. */
extern void rs_encoding_corrupt(const char *what) pg_attribute_noreturn();

#endif							/* RS_ENCODING_H */
