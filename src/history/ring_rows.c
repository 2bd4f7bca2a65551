/*
 * ring_rows.c
 *	  Rows of the history that are in the ring, as rows of their tables.
 *
 * history_rows(NULL::redshift.history_query) gives those of this database that the user may
 * see and that are not in the table yet, by the present snapshot: what a view adds to what the
 * table has.  In the worker that writes the tables it gives all that nobody has written, and
 * marks them as written by its transaction.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "core/schema.h"
#include "funcapi.h"
#include "history/ring.h"
#include "history/ring_rows.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "redshift_ext.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

typedef struct Reading
{
	RsHistoryTable table;
	Oid			user;			/* whose rows; InvalidOid: everybody's */
	TransactionId writer;		/* that writes them; else InvalidTransactionId */
	Snapshot	snapshot;
	TupleDesc	desc;
	Tuplestorestate *store;
	Datum	   *values;
	bool	   *nulls;
} Reading;

bool		rs_history_writing = false;

static char here[NAMEDATALEN];	/* the database's name */

PG_FUNCTION_INFO_V1(rs_history_rows);
PG_FUNCTION_INFO_V1(rs_history_lost_rows);

/*
 * Names that clients give before they are let in are in no encoding that is known.
 */
static text *
valid_text(const char *bytes, int size)
{
	text	   *result = cstring_to_text_with_len(bytes, size);

	if (!pg_verifymbstr(bytes, size, true))
		for (char *c = VARDATA(result); size > 0; c++, size--)
			if (IS_HIGHBIT_SET(*c))
				*c = '?';
	return result;
}

static Datum
datum_of(const RsHistoryValue *value, Oid type)
{
	if (value->type == RS_HISTORY_TEXT && type == TEXTOID)
		return PointerGetDatum(valid_text((const char *) (value + 1), (int) value->size));
	if (value->type == RS_HISTORY_FLOAT && type == FLOAT8OID)
		return Float8GetDatum(value->u.real);
	if (value->type == RS_HISTORY_NUMBER)
		switch (type)
		{
			case BOOLOID:
				return BoolGetDatum(value->u.number != 0);
			case INT4OID:
				return Int32GetDatum((int32) value->u.number);
			case INT8OID:
			case TIMESTAMPOID:
			case TIMESTAMPTZOID:
				return Int64GetDatum(value->u.number);
		}
	elog(ERROR, "a value of the history is not of type %u", type);
}

/*
 * Is it in the table, for this snapshot?
 */
static bool
is_written(const Reading *reading, RsHistoryRow *row)
{
	TransactionId writer = pg_atomic_read_u32(&row->written_by);

	if (writer == InvalidTransactionId)
		return false;
	if (reading->writer != InvalidTransactionId || writer == RS_HISTORY_DROPPED)
		return true;
	return !XidInMVCCSnapshot(writer, reading->snapshot) && TransactionIdDidCommit(writer);
}

/*
 * Is it of this database, as far as that is known?
 */
static bool
is_here(const RsHistoryRow *row)
{
	const RsHistoryValue *name;

	if (OidIsValid(row->database))
		return row->database == MyDatabaseId;
	name = rs_history_next_value(rs_history_first_value(row));
	return name->type == RS_HISTORY_TEXT && strcmp((const char *) (name + 1), here) == 0;
}

static void
read_row(RsHistoryRow *row, void *arg)
{
	Reading    *reading = arg;
	const RsHistoryValue *value = rs_history_first_value(row);
	int			i;

	if (row->table != reading->table || !is_here(row) ||
		(reading->user != InvalidOid && row->user != reading->user) || is_written(reading, row))
		return;
	/* A table or a row of another version of the extension may have fewer columns: new ones are the last. */
	for (i = 0; i < reading->desc->natts; i++)
	{
		reading->nulls[i] = i >= row->nvalues || value->type == RS_HISTORY_NULL;
		if (!reading->nulls[i])
			reading->values[i] = datum_of(value, TupleDescAttr(reading->desc, i)->atttypid);
		if (i < row->nvalues)
			value = rs_history_next_value(value);
	}
	tuplestore_putvalues(reading->store, reading->desc, reading->values, reading->nulls);
	if (reading->writer != InvalidTransactionId)
		pg_atomic_write_u32(&row->written_by, reading->writer);
}

/*
 * The table whose row type it is.
 */
static RsHistoryTable
table_of(TupleDesc desc)
{
	Oid			relid = get_typ_typrelid(desc->tdtypeid);
	const char *name = OidIsValid(relid) ? get_rel_name(relid) : NULL;
	int			table;

	if (name != NULL && get_rel_namespace(relid) == rs_extension_schema())
		for (table = 0; table < RS_HISTORY_TABLES; table++)
			if (strcmp(name, rs_history_tables[table]) == 0)
				return table;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("type \"%s\" is not that of a table of the history", format_type_be(desc->tdtypeid))));
}

Datum
rs_history_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Reading		reading = {0};

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	reading.desc = lookup_rowtype_tupdesc_copy(get_fn_expr_argtype(fcinfo->flinfo, 0), -1);
	reading.table = table_of(reading.desc);
	reading.store = result->setResult;
	reading.values = palloc0(reading.desc->natts * sizeof(Datum));
	reading.nulls = palloc0(reading.desc->natts * sizeof(bool));
	reading.snapshot = GetActiveSnapshot();
	if (rs_history_writing)
		reading.writer = GetTopTransactionId();
	else if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS))
		reading.user = GetUserId();
	/* It may have got another. */
	strlcpy(here, get_database_name(MyDatabaseId), sizeof(here));
	rs_history_visit(read_row, &reading);
	return (Datum) 0;
}

/*
 * Rows that were lost since the server started, because the ring was full or they could not
 * be written.
 */
Datum
rs_history_lost_rows(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) rs_history_lost());
}
