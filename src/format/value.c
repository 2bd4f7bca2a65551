/*
 * value.c
 *	  Faults of values, and values by input functions.
 *
 * Errors of input functions are caught without a subtransaction where nothing can be left
 * to undo: a function of the server's own that only looks at its text takes no lock, pin or
 * snapshot, changes nothing, and what it allocated goes with its memory context.  That
 * holds for the types of pg_catalog but those whose input runs other code or libraries (domains,
 * composite types, and arrays and ranges of such) or looks up objects by name (reg* types);
 * their errors, and those of types that users made, are thrown.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "format/value.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

bool
rs_value_fault(RsValueFault *fault, RsRowFault code, int sqlstate, const char *format,...)
{
	va_list		args;

	fault->fault = code;
	fault->sqlstate = sqlstate;
	va_start(args, format);
	vsnprintf(fault->reason, sizeof(fault->reason), format, args);
	va_end(args);
	return false;
}

bool
rs_value_caught(RsValueFault *fault, RsRowFault code, MemoryContext scratch)
{
	ErrorData  *error;
	int			category;

	MemoryContextSwitchTo(scratch);
	error = CopyErrorData();
	category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
	if (category != ERRCODE_DATA_EXCEPTION && category != ERRCODE_PROGRAM_LIMIT_EXCEEDED &&
		category != ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION &&
		error->sqlerrcode != ERRCODE_FEATURE_NOT_SUPPORTED)
		PG_RE_THROW();
	FlushErrorState();
	if (code == RS_ROW_BAD_DECIMAL && error->sqlerrcode == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE)
		code = RS_ROW_OUT_OF_RANGE;
	return rs_value_fault(fault, code, error->sqlerrcode, "%s", error->message);
}

/*
 * Can its errors be caught?  See above.
 */
static bool
reads_text_only(Oid typid)
{
	Oid			element;

	if (typid >= FirstGenbkiObjectId)
		return get_typtype(typid) == TYPTYPE_ENUM;
	switch (typid)
	{
		case XMLOID:
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGCLASSOID:
		case REGTYPEOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
		case REGNAMESPACEOID:
		case REGROLEOID:
		case REGCOLLATIONOID:
		case ACLITEMOID:
			return false;
	}
	element = get_element_type(typid);
	if (OidIsValid(element))
		return reads_text_only(element);
	switch (get_typtype(typid))
	{
		case TYPTYPE_BASE:
		case TYPTYPE_RANGE:
		case TYPTYPE_MULTIRANGE:
			return true;
		default:
			return false;
	}
}

void
rs_input_function_init(RsInputFunction *input, Oid typid, int32 typmod, RsRowFault code)
{
	Oid			function;

	getTypeInputInfo(typid, &function, &input->io_param);
	fmgr_info(function, &input->function);
	input->typmod = typmod;
	input->may_catch = reads_text_only(typid);
	input->code = code;
}

bool
rs_input_function_call(RsInputFunction *input, char *text, MemoryContext scratch, Datum *value,
					   RsValueFault *fault)
{
	MemoryContext old = MemoryContextSwitchTo(scratch);
	volatile bool sound = true;

	if (!input->may_catch)
		*value = InputFunctionCall(&input->function, text, input->io_param, input->typmod);
	else
	{
		PG_TRY();
		{
			*value = InputFunctionCall(&input->function, text, input->io_param, input->typmod);
		}
		PG_CATCH();
		{
			sound = rs_value_caught(fault, input->code, scratch);
		}
		PG_END_TRY();
	}
	MemoryContextSwitchTo(old);
	return sound;
}
