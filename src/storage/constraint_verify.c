/*
 * constraint_verify.c
 *	  SQL functions that show informational constraints, and the rows that break them.
 *
 * The rows are found by queries that the user could write, with the user's rights, so that
 * they run like any other: in the vector engine, and on a cluster's nodes.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "storage/constraints.h"
#include "storage/reloptions.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(rs_constraints_of_table);
PG_FUNCTION_INFO_V1(rs_verify_constraints);

/*
 * The table that a foreign key refers to; InvalidOid if there is none.
 */
static Oid
referenced_table(const RsConstraint *constraint)
{
	Oid			schema;

	if (constraint->type != CONSTRAINT_FOREIGN)
		return InvalidOid;
	schema = LookupNamespaceNoError(constraint->ref_schema);
	return OidIsValid(schema) ? get_relname_relid(constraint->ref_table, schema) : InvalidOid;
}

static Datum
column_numbers(Oid relid, List *columns)
{
	Datum	   *numbers = palloc(Max(list_length(columns), 1) * sizeof(Datum));
	ListCell   *lc;
	int			n = 0;

	foreach(lc, columns)
		numbers[n++] = Int16GetDatum(get_attnum(relid, lfirst(lc)));
	return PointerGetDatum(construct_array(numbers, n, INT2OID, sizeof(int16), true, TYPALIGN_SHORT));
}

/*
 * Columns that a foreign key refers to: those it names, or the primary key.
 */
static List *
referenced_columns(const RsConstraint *constraint, Oid relid)
{
	RsConstraint *key;

	if (constraint->ref_columns != NIL)
		return constraint->ref_columns;
	key = rs_constraints_primary_key(rs_constraints_of(relid));
	return key != NULL ? key->columns : NIL;
}

Datum
rs_constraints_of_table(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			relid = PG_GETARG_OID(0);
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, rs_constraints_of(relid))
	{
		RsConstraint *constraint = lfirst(lc);
		Oid			ref = referenced_table(constraint);
		NameData	name;
		Datum		values[6];
		bool		nulls[6] = {false};
		char	   *text = rs_constraints_unparse(list_make1(constraint));

		namestrcpy(&name, constraint->name);
		values[0] = NameGetDatum(&name);
		values[1] = CharGetDatum(constraint->type);
		values[2] = column_numbers(relid, constraint->columns);
		values[3] = ObjectIdGetDatum(ref);
		nulls[4] = !OidIsValid(ref);
		values[4] = nulls[4] ? (Datum) 0 : column_numbers(ref, referenced_columns(constraint, ref));
		text += strlen("CONSTRAINT ") + strlen(quote_identifier(constraint->name)) + 1;
		values[5] = CStringGetTextDatum(text);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * Rows that break them
 * ---------------------------------------------------------------------
 */

/*
 * Columns in a pattern with one or two %s, joined.
 */
static char *
joined(List *columns, const char *prefix, const char *suffix, const char *between)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, columns)
		appendStringInfo(&text, "%s%s%s%s", foreach_current_index(lc) > 0 ? between : "", prefix,
						 quote_identifier(lfirst(lc)), suffix);
	return text.data;
}

static char *
key_object(List *columns)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	appendStringInfoString(&text, "pg_catalog.jsonb_build_object(");
	foreach(lc, columns)
		appendStringInfo(&text, "%s%s, t.%s", foreach_current_index(lc) > 0 ? ", " : "",
						 quote_literal_cstr(lfirst(lc)), quote_identifier(lfirst(lc)));
	appendStringInfoChar(&text, ')');
	return text.data;
}

/*
 * A query for the keys that break a constraint, and their numbers of rows.
 */
static char *
query_of(const char *table, const RsConstraint *constraint, Oid ref)
{
	char	   *columns = joined(constraint->columns, "t.", "", ", ");
	char	   *known = joined(constraint->columns, "t.", " IS NOT NULL", " AND ");
	StringInfoData equal;
	ListCell   *lc;
	ListCell   *other;

	if (constraint->type != CONSTRAINT_FOREIGN)
		return psprintf("SELECT %s, pg_catalog.count(*) FROM ONLY %s t WHERE %s GROUP BY %s HAVING pg_catalog.count(*) > 1 ORDER BY %s",
						key_object(constraint->columns), table, known, columns, columns);
	initStringInfo(&equal);
	forboth(lc, constraint->columns, other, referenced_columns(constraint, ref))
		appendStringInfo(&equal, "%sr.%s = t.%s", equal.len > 0 ? " AND " : "", quote_identifier(lfirst(other)),
						 quote_identifier(lfirst(lc)));
	if (equal.len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FOREIGN_KEY),
				 errmsg("there is no primary key for referenced table \"%s\"", get_rel_name(ref))));
	return psprintf("SELECT %s, pg_catalog.count(*) FROM ONLY %s t WHERE %s AND NOT EXISTS (SELECT FROM %s r WHERE %s) GROUP BY %s ORDER BY %s",
					key_object(constraint->columns), table, known,
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(ref)), get_rel_name(ref)), equal.data,
					columns, columns);
}

static void
verify(Oid relid, const char *table, const RsConstraint *constraint, ReturnSetInfo *result)
{
	Oid			ref = referenced_table(constraint);
	Portal		portal;
	NameData	name;
	Datum		values[3];
	bool		nulls[3] = {false};

	if (constraint->type == CONSTRAINT_FOREIGN && !OidIsValid(ref))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s.%s\" does not exist", constraint->ref_schema, constraint->ref_table),
				 errdetail("Constraint \"%s\" of table \"%s\" refers to it.", constraint->name, get_rel_name(relid))));
	namestrcpy(&name, constraint->name);
	values[0] = NameGetDatum(&name);
	portal = SPI_cursor_open_with_args(NULL, query_of(table, constraint, ref), 0, NULL, NULL, NULL, true, 0);
	for (;;)
	{
		uint64		row;

		SPI_cursor_fetch(portal, true, 1000);
		if (SPI_processed == 0)
			break;
		for (row = 0; row < SPI_processed; row++)
		{
			values[1] = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &nulls[1]);
			values[2] = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 2, &nulls[2]);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
}

Datum
rs_verify_constraints(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			relid = PG_GETARG_OID(0);
	Relation	rel = table_open(relid, AccessShareLock);
	char	   *table = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												   RelationGetRelationName(rel));
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	foreach(lc, rs_constraints_of(relid))
		verify(relid, table, lfirst(lc), result);
	SPI_finish();
	table_close(rel, NoLock);
	return (Datum) 0;
}
