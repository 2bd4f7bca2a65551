/*
 * orc_file.h
 *	  What an ORC file says of itself: its types, stripes, and the streams of a stripe.
 *
 * Numbers of the enums are the file's.
 */
#ifndef RS_ORC_FILE_H
#define RS_ORC_FILE_H

#include "format/compression/page_codec.h"
#include "format/input.h"

typedef enum RsOrcKind
{
	RS_ORC_BOOLEAN,
	RS_ORC_BYTE,
	RS_ORC_SHORT,
	RS_ORC_INT,
	RS_ORC_LONG,
	RS_ORC_FLOAT,
	RS_ORC_DOUBLE,
	RS_ORC_STRING,
	RS_ORC_BINARY,
	RS_ORC_TIMESTAMP,
	RS_ORC_LIST,
	RS_ORC_MAP,
	RS_ORC_STRUCT,
	RS_ORC_UNION,
	RS_ORC_DECIMAL,
	RS_ORC_DATE,
	RS_ORC_VARCHAR,
	RS_ORC_CHAR,
	RS_ORC_TIMESTAMP_INSTANT,
	RS_ORC_NKINDS
} RsOrcKind;

/* A column, maybe part of another: they are numbered from the root, each before its children. */
typedef struct RsOrcType
{
	RsOrcKind	kind;
	uint32		precision;		/* of decimals; 0: each value has its own */
	uint32		scale;
	uint32		nchildren;
	uint32	   *children;
	uint32		nnames;
	const char **names;			/* of the children of structs */
	bool		encrypted;		/* what can be read without a key is a mask */
} RsOrcType;

typedef struct RsOrcStripe
{
	uint64		offset;
	uint64		index_size;
	uint64		data_size;
	uint64		footer_size;
	uint64		nrows;
	uint64		first_row;
} RsOrcStripe;

typedef struct RsOrcFile
{
	RsInput    *input;
	MemoryContext context;		/* of all that is here */
	RsBlockCodec compression;
	Size		block_size;		/* no chunk is larger, once decompressed */
	RsPageCodec *codec;
	char	   *block;			/* that a chunk is decompressed into; NULL: none was yet */
	bool		plain_decimals; /* decimals of up to 18 digits are integers of the type's scale */
	uint64		size;
	uint64		nrows;
	uint32		nstripes;
	RsOrcStripe *stripes;
	uint32		ntypes;			/* 0: a file without a byte, which has no rows */
	RsOrcType  *types;
	uint64		bytes_read;
} RsOrcFile;

/* Streams of a column that hold its values; indexes are not read. */
typedef enum RsOrcStreamKind
{
	RS_ORC_PRESENT,
	RS_ORC_DATA,
	RS_ORC_LENGTH,
	RS_ORC_DICTIONARY_DATA,
	RS_ORC_SECONDARY = 5,
	RS_ORC_NSTREAMS
} RsOrcStreamKind;

typedef enum RsOrcEncoding
{
	RS_ORC_DIRECT,
	RS_ORC_DICTIONARY,
	RS_ORC_DIRECT_V2,
	RS_ORC_DICTIONARY_V2
} RsOrcEncoding;

typedef struct RsOrcColumnChunk
{
	RsByteRange streams[RS_ORC_NSTREAMS];	/* size 0: there is none */
	RsOrcEncoding encoding;
	uint32		dictionary_size;
} RsOrcColumnChunk;

typedef struct RsOrcStripeFooter
{
	RsOrcColumnChunk *columns;	/* of each type of the file */
	const char *time_zone;		/* of the writer; NULL: it did not say */
} RsOrcStripeFooter;

/* In the current memory context. */
extern RsOrcFile *rs_orc_open(RsInput *input);
extern RsOrcStripeFooter *rs_orc_stripe_footer(RsOrcFile *file, const RsOrcStripe *stripe);

/* A type as messages call it. */
extern const char *rs_orc_kind_name(RsOrcKind kind);

/* Read bytes that have to be there. */
extern void rs_orc_read(RsOrcFile *file, uint64 offset, char *buffer, Size size);

extern void rs_orc_damaged(const RsOrcFile *file, uint64 offset, const char *reason) pg_attribute_noreturn();

#endif							/* RS_ORC_FILE_H */
