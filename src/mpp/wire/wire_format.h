/*
 * wire_format.h
 *	  The message in which a batch of rows travels between servers of a cluster.
 *
 * All integers and values are in the byte order of the sender; a receiver of another
 * one finds the magic wrong.  See doc/wire.md.
 */
#ifndef RS_WIRE_FORMAT_H
#define RS_WIRE_FORMAT_H

#include "c.h"

#define RS_WIRE_MAGIC		0x52535742	/* "RSWB" */
#define RS_WIRE_VERSION		1

/* Kinds of messages. */
#define RS_WIRE_ROWS		1	/* payload: chunks */
#define RS_WIRE_END			2	/* the last one; payload: RsWireEnd */
#define RS_WIRE_REPORT		3	/* before that, if asked for; payload: RsWireReport */
#define RS_WIRE_FILTER		4	/* of an exchange, behind rows; payload: RsWireFilter, an image */
#define RS_WIRE_NUMBERS		5	/* to the leader, which answers; payload: RsWireNumbersWanted */

#define RS_WIRE_LZ4			0x01	/* the payload is compressed */

typedef struct RsWireHeader
{
	uint32		magic;
	uint32		crc;			/* CRC-32C of the rest of the header and the payload as it stands */
	uint16		version;
	uint8		kind;
	uint8		flags;
	uint32		ncolumns;
	uint32		nrows;			/* of all chunks */
	uint32		raw_size;		/* bytes of the payload before compression */
	uint32		size;			/* bytes that follow */
	uint32		unused;			/* 0 */
} RsWireHeader;

typedef struct RsWireEnd
{
	uint64		rows;			/* sent, or changed by INSERT, UPDATE, DELETE, MERGE */
} RsWireEnd;

/* What a fragment did: this, RsWireReportTargets, and its plan as text. */
typedef struct RsWireReport
{
	uint64		rows;			/* as RsWireEnd */
	uint64		time;			/* microseconds */
	uint64		planning;
	uint32		ntargets;
	uint32		format;			/* ExplainFormat, of the plan */
} RsWireReport;

typedef struct RsWireReportTarget
{
	uint64		rows;			/* sent there */
	uint64		bytes;
	int32		node;
	uint32		unused;			/* 0 */
} RsWireReportTarget;

typedef struct RsWireFilter
{
	uint32		column;			/* that it is of, from 1 */
	uint32		unused;			/* 0 */
} RsWireFilter;

/* Numbers of a sequence are wanted. */
typedef struct RsWireNumbersWanted
{
	uint32		place;			/* of the call in the fragment */
	uint32		count;
} RsWireNumbersWanted;

/* The answer, a CopyData without a header, is some of these. */
typedef struct RsWireNumbers
{
	int64		first;
	int64		step;
	uint32		count;			/* 1 at least */
	uint32		unused;			/* 0 */
} RsWireNumbers;

/*
 * A payload of ROWS is a sequence of chunks of at most RS_VECTOR_ROWS rows.  A chunk is this,
 * RsWireColumn for each column, then the parts of each column; every part begins at a
 * multiple of 8.
 */
typedef struct RsWireChunk
{
	uint32		nrows;
	uint32		size;			/* with this header; a multiple of 8 */
} RsWireChunk;

#define RS_WIRE_HAS_NULL		0x01	/* of its values */
#define RS_WIRE_HAS_SCALES		0x02	/* display scales of numerics */
#define RS_WIRE_HAS_DICTIONARY	0x04	/* values are entries, rows are codes */
#define RS_WIRE_ALL_FLAGS		0x07

typedef struct RsWireColumn
{
	uint8		encoding;		/* RsWireEncoding */
	uint8		flags;
	int16		scale;			/* of numerics as integers */
	uint32		typid;			/* 0: not the same in all databases */
	uint32		nvalues;		/* rows, or entries of the dictionary */
	uint32		nbytes;			/* of variable length */
} RsWireColumn;

/* How values stand; the numbers are on the wire. */
typedef enum RsWireEncoding
{
	RS_WIRE_FIXED = 1,			/* values of the type's length; by reference: MAXALIGNed */
	RS_WIRE_INT64 = 2,			/* numerics: integers of the scale */
	RS_WIRE_INT128 = 3,
	RS_WIRE_VARLENA = 4,		/* varlenas with their headers */
	RS_WIRE_BINARY = 5,			/* what the type's send function gives */
	RS_WIRE_TEXT = 6			/* what its output function gives */
} RsWireEncoding;

StaticAssertDecl(sizeof(RsWireHeader) == 32, "wire header");
StaticAssertDecl(offsetof(RsWireHeader, version) == 8, "wire header");
StaticAssertDecl(offsetof(RsWireHeader, size) == 24, "wire header");
StaticAssertDecl(sizeof(RsWireEnd) == 8, "wire end");
StaticAssertDecl(sizeof(RsWireReport) == 32, "wire report");
StaticAssertDecl(sizeof(RsWireReportTarget) == 24, "wire report");
StaticAssertDecl(sizeof(RsWireFilter) == 8, "wire filter");
StaticAssertDecl(sizeof(RsWireNumbersWanted) == 8, "wire numbers");
StaticAssertDecl(sizeof(RsWireNumbers) == 24, "wire numbers");
StaticAssertDecl(sizeof(RsWireChunk) == 8, "wire chunk");
StaticAssertDecl(sizeof(RsWireColumn) == 16, "wire column");
StaticAssertDecl(offsetof(RsWireColumn, nbytes) == 12, "wire column");

#endif							/* RS_WIRE_FORMAT_H */
