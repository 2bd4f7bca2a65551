/*
 * bad_row.h
 *	  Rows of a file that cannot become rows of a table.
 *
 * A reader reports such a row and goes on with the next one, if report() returns: with
 * MAXERROR it does, until there are too many.
 */
#ifndef RS_BAD_ROW_H
#define RS_BAD_ROW_H

/* Redshift's numbers, as stl_load_errors.err_code shows them. */
typedef enum RsRowFault
{
	RS_ROW_SOUND = 0,
	RS_ROW_UNPARSABLE = 1200,
	RS_ROW_NO_DELIMITER = 1201,
	RS_ROW_EXTRA_COLUMNS = 1202,
	RS_ROW_MISSING_COLUMNS = 1203,
	RS_ROW_OUT_OF_RANGE = 1204, /* or too long */
	RS_ROW_BAD_DATE = 1205,
	RS_ROW_BAD_TIMESTAMP = 1206,
	RS_ROW_BAD_DIGIT = 1207,
	RS_ROW_BAD_FLOAT = 1208,
	RS_ROW_BAD_DECIMAL = 1209,
	RS_ROW_BAD_BOOLEAN = 1210,
	RS_ROW_EMPTY_LINE = 1211,
	RS_ROW_NOT_NULL = 1213,
	RS_ROW_DELIMITER_MISSING = 1214,
	RS_ROW_BAD_CHAR = 1215,
	RS_ROW_BAD_LINE = 1216,
	RS_ROW_BAD_IDENTITY = 1217,
	RS_ROW_NUL_BYTE = 1218,
	RS_ROW_BAD_HEX = 1219,
	RS_ROW_BAD_UTF8 = 1220,
	RS_ROW_BAD_ENCODING = 1221,
	RS_ROW_OVERFLOW = 1222,
	RS_ROW_BAD_TYPE = 1223,
	RS_ROW_BAD_JSON = 1224
} RsRowFault;

#define RS_FAULT_REASON_SIZE	200

/* A field of a bad row as it stood in the file. */
typedef struct RsRawField
{
	const char *value;			/* not terminated; NULL: read as NULL */
	Size		size;
} RsRawField;

typedef struct RsBadRow
{
	const char *file;			/* an input's name */
	int64		line;			/* of the file, from 1; of formats without lines the row */
	int			column;			/* of the read columns, from 0; -1: the row as a whole */
	int64		position;		/* of the fault: characters from the start of the line, from 0 */
	RsRawField	raw_line;		/* NULL: the format has no lines */
	RsRawField	raw_value;
	RsRowFault	fault;
	const char *reason;			/* as Redshift says it */
	int			sqlstate;		/* of the error that would be thrown; 0: data exception */
	const RsRawField *fields;	/* those up to the bad one */
	int			nfields;
} RsBadRow;

typedef struct RsBadRows RsBadRows;
struct RsBadRows
{
	/* Returns if the row is to be left out. */
	void		(*report) (RsBadRows *rows, const RsBadRow *bad);
	/* A row whose invalid characters were replaced, and is kept.  column as above. */
	void		(*replaced) (RsBadRows *rows, const RsBadRow *row);
};

#endif							/* RS_BAD_ROW_H */
