/*
 * session.c
 *	  The translator as SQL functions of a session.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "core/parameters.h"
#include "dialect/session.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(rs_translate_sql);
PG_FUNCTION_INFO_V1(rs_translate_positions);
PG_FUNCTION_INFO_V1(rs_is_no_ancestor);
PG_FUNCTION_INFO_V1(rs_can_end_transaction);

RsDialect
rs_session_dialect(void)
{
	RsDialect	dialect = {0};

	dialect.case_sensitive_identifiers = rs_enable_case_sensitive_identifier;
	dialect.standard_conforming_strings = standard_conforming_strings;
	dialect.database = get_database_name(MyDatabaseId);
	return dialect;
}

/* A place in the text that is translated is none in the statement that calls for it. */
static void
make_position_internal(void *arg)
{
	int			position = geterrposition();

	if (position <= 0)
		return;
	errposition(0);
	internalerrposition(position);
	internalerrquery(arg);
}

static RsTranslation *
translate_with_place(char *sql)
{
	RsDialect	dialect = rs_session_dialect();
	ErrorContextCallback callback = {error_context_stack, make_position_internal, sql};
	RsTranslation *translation;

	error_context_stack = &callback;
	translation = rs_translate(&dialect, sql);
	error_context_stack = callback.previous;
	return translation;
}

Datum
rs_translate_sql(PG_FUNCTION_ARGS)
{
	RsTranslation *translation = translate_with_place(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	PG_RETURN_TEXT_P(cstring_to_text_with_len(translation->text.data.data, translation->text.data.len));
}

Datum
rs_translate_positions(PG_FUNCTION_ARGS)
{
	RsTranslation *translation = translate_with_place(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < translation->text.npieces; i++)
	{
		const RsTextPiece *piece = &translation->text.pieces[i];
		Datum		values[3] = {Int32GetDatum(piece->out), Int32GetDatum(piece->source),
								 BoolGetDatum(piece->copied)};
		bool		nulls[3] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* True, since a row that is its own ancestor is an error. */
Datum
rs_is_no_ancestor(PG_FUNCTION_ARGS)
{
	text	   *row = PG_GETARG_TEXT_PP(0);
	text	   *ancestor = PG_GETARG_TEXT_PP(1);

	if (VARSIZE_ANY_EXHDR(row) == VARSIZE_ANY_EXHDR(ancestor) &&
		memcmp(VARDATA_ANY(row), VARDATA_ANY(ancestor), VARSIZE_ANY_EXHDR(row)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("a row of the query with CONNECT BY is its own ancestor"),
				 errhint("CONNECT BY NOCYCLE leaves out such rows.")));
	PG_RETURN_BOOL(true);
}

Datum
rs_can_end_transaction(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!IsTransactionBlock() && !IsSubTransaction());
}
