/*
 * attributes.c
 *	  Distribution, sort keys and encodings as Redshift's catalogs have them.
 *
 * They are functions of pg_class.reloptions and of a column's name and type, not of a
 * table that they would have to open, so that views over all of a database's columns
 * are as fast as reading the catalogs.  A table's options are parsed once for all of
 * its columns where these come one after another.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_type.h"
#include "encoding/encoding.h"
#include "fmgr.h"
#include "funcapi.h"
#include "storage/options.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(rs_dist_style);
PG_FUNCTION_INFO_V1(rs_dist_key_name);
PG_FUNCTION_INFO_V1(rs_is_dist_key);
PG_FUNCTION_INFO_V1(rs_sort_key_names);
PG_FUNCTION_INFO_V1(rs_is_interleaved);
PG_FUNCTION_INFO_V1(rs_sort_position);
PG_FUNCTION_INFO_V1(rs_column_encoding);
PG_FUNCTION_INFO_V1(rs_format_encoding);
PG_FUNCTION_INFO_V1(rs_rounded);
PG_FUNCTION_INFO_V1(rs_table_design);

/* pg_class_info.releffectivediststyle */
#define DIST_EVEN			0
#define DIST_KEY			1
#define DIST_ALL			8
#define DIST_AUTO_ALL		10
#define DIST_AUTO_EVEN		11
#define DIST_AUTO_KEY		12

/* The options that a call site has parsed last. */
typedef struct ParsedOptions
{
	MemoryContext context;
	struct varlena *source;
	RsNamedOptions *options;
	TupleDesc	design;			/* of what table_design() returns */
} ParsedOptions;

static ParsedOptions *
cache_of(FunctionCallInfo fcinfo)
{
	ParsedOptions *cache = fcinfo->flinfo->fn_extra;

	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ParsedOptions));
		cache->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "options of a table", ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = cache;
	}
	return cache;
}

static const RsNamedOptions *
parse(FunctionCallInfo fcinfo, Datum reloptions)
{
	ParsedOptions *cache = cache_of(fcinfo);
	struct varlena *source = PG_DETOAST_DATUM(reloptions);
	MemoryContext caller;

	if (cache->source != NULL && VARSIZE(cache->source) == VARSIZE(source) &&
		memcmp(cache->source, source, VARSIZE(source)) == 0)
		return cache->options;
	cache->source = NULL;
	MemoryContextReset(cache->context);
	caller = MemoryContextSwitchTo(cache->context);
	cache->options = rs_options_parse_names(untransformRelOptions(PointerGetDatum(source)));
	cache->source = memcpy(palloc(VARSIZE(source)), source, VARSIZE(source));
	MemoryContextSwitchTo(caller);
	return cache->options;
}

/*
 * The number of the name in the list, from 1; 0 if it is not in it.
 */
static int
position(const List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
		if (strcmp(lfirst(lc), name) == 0)
			return foreach_current_index(lc) + 1;
	return 0;
}

static int16
dist_style(const RsNamedOptions *options)
{
	if (options == NULL || options->diststyle == RS_DIST_AUTO)
		return DIST_AUTO_EVEN;
	switch (options->diststyle)
	{
		case RS_DIST_KEY:
			return options->automatic ? DIST_AUTO_KEY : DIST_KEY;
		case RS_DIST_ALL:
			return options->automatic ? DIST_AUTO_ALL : DIST_ALL;
		default:
			return options->automatic ? DIST_AUTO_EVEN : DIST_EVEN;
	}
}

/*
 * dist_style(reloptions): pg_class_info.releffectivediststyle of a redshift table.
 */
Datum
rs_dist_style(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(dist_style(PG_ARGISNULL(0) ? NULL : parse(fcinfo, PG_GETARG_DATUM(0))));
}

/*
 * dist_key_name(reloptions): the distribution key's name; NULL: there is none.
 */
Datum
rs_dist_key_name(PG_FUNCTION_ARGS)
{
	const RsNamedOptions *options = parse(fcinfo, PG_GETARG_DATUM(0));

	if (options->distkey == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall1(namein, CStringGetDatum(options->distkey)));
}

/*
 * sort_key_names(reloptions): names of the sort key's columns; NULL: there is none.
 */
Datum
rs_sort_key_names(PG_FUNCTION_ARGS)
{
	const RsNamedOptions *options = parse(fcinfo, PG_GETARG_DATUM(0));
	int			n = list_length(options->sortkeys);
	Datum	   *names = palloc(Max(n, 1) * sizeof(Datum));
	ListCell   *lc;

	if (n == 0)
		PG_RETURN_NULL();
	foreach(lc, options->sortkeys)
		names[foreach_current_index(lc)] = DirectFunctionCall1(namein, CStringGetDatum(lfirst(lc)));
	PG_RETURN_ARRAYTYPE_P(construct_array(names, n, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR));
}

/*
 * is_interleaved(reloptions): is the sort key interleaved?
 */
Datum
rs_is_interleaved(PG_FUNCTION_ARGS)
{
	const RsNamedOptions *options = parse(fcinfo, PG_GETARG_DATUM(0));

	PG_RETURN_BOOL(options->sortkeys != NIL && options->sortstyle == RS_SORT_INTERLEAVED);
}

/*
 * is_dist_key(reloptions, column)
 */
Datum
rs_is_dist_key(PG_FUNCTION_ARGS)
{
	const RsNamedOptions *options = parse(fcinfo, PG_GETARG_DATUM(0));

	PG_RETURN_BOOL(options->distkey != NULL && strcmp(options->distkey, NameStr(*PG_GETARG_NAME(1))) == 0);
}

/*
 * sort_position(reloptions, column): from 1, 0 if it is not of the key; of an
 * interleaved key every second one is negative.
 */
Datum
rs_sort_position(PG_FUNCTION_ARGS)
{
	const RsNamedOptions *options = parse(fcinfo, PG_GETARG_DATUM(0));
	int			n = position(options->sortkeys, NameStr(*PG_GETARG_NAME(1)));

	PG_RETURN_INT32(options->sortstyle == RS_SORT_INTERLEAVED && n % 2 == 0 ? -n : n);
}

/*
 * column_encoding(reloptions, column, type): pg_attribute.attencodingtype of a column
 * of a redshift table: what its definition says, else what Redshift takes.
 */
Datum
rs_column_encoding(PG_FUNCTION_ARGS)
{
	const RsNamedOptions *options;
	const char *name;
	int			n;
	RsColumnType type = {0};

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	options = PG_ARGISNULL(0) ? NULL : parse(fcinfo, PG_GETARG_DATUM(0));
	name = NameStr(*PG_GETARG_NAME(1));
	n = options == NULL ? 0 : position(options->encoded, name);
	if (n > 0)
		PG_RETURN_INT16((int16) (list_nth_int(options->encodings, n - 1) - RS_ENC_RAW));
	type.typid = getBaseType(PG_GETARG_OID(2));
	PG_RETURN_INT16((int16) (rs_encoding_default(&type, options != NULL && position(options->sortkeys, name) > 0) - RS_ENC_RAW));
}

/*
 * format_encoding(attencodingtype): the encoding's name; NULL if there is none of this
 * number.
 */
Datum
rs_format_encoding(PG_FUNCTION_ARGS)
{
	int32		number = PG_GETARG_INT32(0);

	if (number == 0)
		PG_RETURN_TEXT_P(cstring_to_text("none"));
	if (number < 0 || number >= RS_ENC_COUNT - RS_ENC_RAW)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(rs_encoding_name((RsEncodingId) (number + RS_ENC_RAW))));
}

static Datum
name_datum(const char *name)
{
	return DirectFunctionCall1(namein, CStringGetDatum(name));
}

/*
 * table_design(reloptions): what views of whole tables show, the options parsed once.
 */
Datum
rs_table_design(PG_FUNCTION_ARGS)
{
	ParsedOptions *cache = cache_of(fcinfo);
	const RsNamedOptions *options = PG_ARGISNULL(0) ? NULL : parse(fcinfo, PG_GETARG_DATUM(0));
	const char *first = options != NULL && options->sortkeys != NIL ? linitial(options->sortkeys) : NULL;
	Datum		values[8] = {0};
	bool		nulls[8] = {false};
	int			raw = 0;
	ListCell   *lc;

	if (cache->design == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &cache->design) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		cache->design = BlessTupleDesc(cache->design);
		MemoryContextSwitchTo(caller);
	}
	if (options != NULL)
		foreach(lc, options->encodings)
			raw += lfirst_int(lc) == RS_ENC_RAW;
	values[0] = Int16GetDatum(dist_style(options));
	nulls[1] = options == NULL || options->distkey == NULL;
	if (!nulls[1])
		values[1] = name_datum(options->distkey);
	nulls[2] = nulls[3] = first == NULL;
	if (first != NULL)
	{
		int			n = position(options->encoded, first);

		values[2] = name_datum(first);
		values[3] = CStringGetTextDatum(n == 0 || list_nth_int(options->encodings, n - 1) == RS_ENC_RAW ? "none" :
										rs_encoding_name(list_nth_int(options->encodings, n - 1)));
	}
	values[4] = Int32GetDatum(options == NULL ? 0 : list_length(options->sortkeys));
	values[5] = BoolGetDatum(first != NULL && options->sortstyle == RS_SORT_INTERLEAVED);
	values[6] = Int32GetDatum(options == NULL ? 0 : list_length(options->encoded));
	values[7] = Int32GetDatum(raw);
	return HeapTupleGetDatum(heap_form_tuple(cache->design, values, nulls));
}

/*
 * A number rounded to so many digits behind the point, at most 9: PostgreSQL's cast goes by the
 * number's text, which takes longer than all else of a row.
 */
Datum
rs_rounded(PG_FUNCTION_ARGS)
{
	double		value = PG_GETARG_FLOAT8(0);
	int			digits = PG_GETARG_INT32(1);
	double		scaled = digits >= 0 && digits <= 9 ? rint(value * pow(10, digits)) : get_float8_nan();

	if (isnan(scaled) || !FLOAT8_FITS_IN_INT64(scaled))
		return DirectFunctionCall1(float8_numeric, Float8GetDatum(value));
	PG_RETURN_NUMERIC(int64_div_fast_to_numeric((int64) scaled, digits));
}
