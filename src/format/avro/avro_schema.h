/*
 * avro_schema.h
 *	  What the schema of an Avro file says of its values.
 *
 * A type may be part of itself; what walks along types has to bound its depth.
 */
#ifndef RS_AVRO_SCHEMA_H
#define RS_AVRO_SCHEMA_H

typedef enum RsAvroKind
{
	RS_AVRO_NULL,
	RS_AVRO_BOOLEAN,
	RS_AVRO_INT,
	RS_AVRO_LONG,
	RS_AVRO_FLOAT,
	RS_AVRO_DOUBLE,
	RS_AVRO_BYTES,
	RS_AVRO_STRING,
	RS_AVRO_RECORD,
	RS_AVRO_ENUM,
	RS_AVRO_ARRAY,
	RS_AVRO_MAP,
	RS_AVRO_UNION,
	RS_AVRO_FIXED
} RsAvroKind;

typedef enum RsAvroLogical
{
	RS_AVRO_PLAIN,				/* none, or one that is not known */
	RS_AVRO_DECIMAL,
	RS_AVRO_DATE,
	RS_AVRO_TIME_MILLIS,
	RS_AVRO_TIME_MICROS,
	RS_AVRO_TIMESTAMP_MILLIS,
	RS_AVRO_TIMESTAMP_MICROS,
	RS_AVRO_TIMESTAMP_NANOS,
	RS_AVRO_LOCAL_TIMESTAMP_MILLIS,
	RS_AVRO_LOCAL_TIMESTAMP_MICROS,
	RS_AVRO_LOCAL_TIMESTAMP_NANOS,
	RS_AVRO_DURATION
} RsAvroLogical;

typedef struct RsAvroType RsAvroType;
struct RsAvroType
{
	RsAvroKind	kind;
	RsAvroLogical logical;
	const char *name;			/* records, enums, fixed: with namespace */
	int			n;				/* fields, symbols, branches */
	RsAvroType **types;			/* of fields and branches; of the items of an array or map the first */
	const char **names;			/* of fields and symbols, in the server's encoding */
	int32		size;			/* fixed: bytes */
	int			scale;			/* decimal */
	int32		min_size;		/* a value has at least so many bytes */
	bool		sizing;			/* while min_size is being found out */
	bool		sized;
};

/* A schema as its file has it, UTF-8; in the current memory context.  Errors name the file and its offset there. */
extern RsAvroType *rs_avro_schema_parse(const char *text, Size size, const char *file, uint64 offset);

#endif							/* RS_AVRO_SCHEMA_H */
