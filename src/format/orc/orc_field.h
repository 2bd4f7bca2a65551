/*
 * orc_field.h
 *	  A column of an ORC file on its way into a column of a table.
 */
#ifndef RS_ORC_FIELD_H
#define RS_ORC_FIELD_H

#include "format/column_builder.h"
#include "format/format.h"
#include "format/orc/orc_column.h"

/* What the fields of one reader share. */
typedef struct RsOrcScan
{
	RsOrcFile  *file;
	const RsReadSpec *spec;
	uint64		first_row;		/* of the file, that the batch begins with */
	Size		most_bytes;		/* of a field's values in one batch, about */
	MemoryContext scratch;		/* of one value */
	/* Room for the values of one batch */
	int64		ints[RS_BATCH_ROWS];
	double		doubles[RS_BATCH_ROWS];
	int128		decimals[RS_BATCH_ROWS];
	uint8		scales[RS_BATCH_ROWS];
	/* and for one string that is in no single piece. */
	char	   *string;
	Size		string_size;
} RsOrcScan;

typedef enum RsOrcWay
{
	/* Values of the same kind, all at once */
	RS_ORC_BY_INTS,
	RS_ORC_BY_DOUBLES,
	RS_ORC_BY_DATES,
	RS_ORC_BY_TIMESTAMPS,
	RS_ORC_BY_VALUE,			/* one by one */
	RS_ORC_BY_STRING,			/* in no dictionary: their lengths are read ahead */
	RS_ORC_NESTED				/* as jsonb */
} RsOrcWay;

typedef struct RsOrcField
{
	RsOrcScan  *scan;
	RsOrcColumn column;
	const RsReadColumn *target;
	int			number;			/* of the spec's columns */
	RsOrcWay	way;			/* RS_ORC_BY_STRING in stripes where it has no dictionary */
	RsColumnBuilder *builder;

	/* Rows whose NULLs and lengths are known already. */
	uint32		nahead;
	uint8	   *null_ahead;
	uint32	   *length_ahead;
} RsOrcField;

/* An error, if the types do not go together. */
extern void rs_orc_field_init(RsOrcField *field, RsOrcScan *scan, uint32 type, int number);

/* Its streams have been opened for a stripe. */
extern void rs_orc_field_begin(RsOrcField *field);

/* How many of the next n rows are not too many bytes; at least one. */
extern uint32 rs_orc_field_plan(RsOrcField *field, uint32 n);

/* The next n rows. */
extern const RsVector *rs_orc_field_read(RsOrcField *field, RsArena *arena, uint32 n);

/* Put the next row, of a nested field, into its builder; returns its bytes. */
extern Size rs_orc_field_put_nested(RsOrcField *field, uint32 row);

/* A value that is wrong: there is no row without it, so this does not return. */
extern void rs_orc_field_fault(RsOrcField *field, uint32 row, const RsValueFault *fault) pg_attribute_noreturn();

/*
 * Text of the file in the server's encoding, as it stands or in the current memory context.
 * False: it is not valid, and this is a fault.
 */
extern bool rs_orc_text(RsOrcField *field, uint32 row, const char **text, Size *size, RsValueFault *fault);

/* The next bytes of a stream, good until the next call. */
extern const char *rs_orc_string(RsOrcScan *scan, RsOrcStream *stream, uint32 size);

#endif							/* RS_ORC_FIELD_H */
