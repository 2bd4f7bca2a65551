/*
 * listagg.c
 *	  LISTAGG: values as text, with a delimiter between them.
 *
 * listagg() takes values as they come; with WITHIN GROUP it is an aggregate with ORDER BY,
 * which PostgreSQL sorts for.  That it does not do for window functions: listagg_over()
 * collects values and keys, and sorts itself.
 *
 * What it takes for equal, and sorts by, are strings without trailing blanks under
 * redshift.dialect = redshift, as elsewhere (dialect/blanks.c).
 *
 * NULLs and empty strings count for nothing.  A list of more than 65,535 bytes is an error.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "core/settings.h"
#include "fmgr.h"
#include "functions/aggregate_context.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/sortsupport.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(rs_listagg_transition);
PG_FUNCTION_INFO_V1(rs_listagg_combine);
PG_FUNCTION_INFO_V1(rs_listagg_serialize);
PG_FUNCTION_INFO_V1(rs_listagg_deserialize);
PG_FUNCTION_INFO_V1(rs_listagg_final);
PG_FUNCTION_INFO_V1(rs_listagg_over_transition);
PG_FUNCTION_INFO_V1(rs_listagg_over_final);

#define MOST_BYTES			65535

/*
 * Values, each behind its delimiter.  The first one's delimiter is kept, too, for states
 * that are appended to others.
 */
typedef struct Listing
{
	StringInfoData text;
	int			first_delimiter;	/* bytes */
} Listing;

static void
check_size(Size size)
{
	if (size > MOST_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("result size exceeds LISTAGG limit"),
				 errdetail("The list has more than %d bytes.", MOST_BYTES)));
}

static Listing *
new_listing(MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Listing    *result = palloc0(sizeof(Listing));

	initStringInfo(&result->text);
	MemoryContextSwitchTo(old);
	return result;
}

/*
 * An argument of any type, as text; its output function is looked up once.
 */
static text *
argument_text(FunctionCallInfo fcinfo, int number)
{
	FmgrInfo   *output = fcinfo->flinfo->fn_extra;

	if (output == NULL)
	{
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, number);
		Oid			function;
		bool		varlena;

		if (!OidIsValid(type))
			elog(ERROR, "could not determine the type of the argument");
		output = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo));
		if (type != TEXTOID && type != VARCHAROID)
		{
			getTypeOutputInfo(type, &function, &varlena);
			fmgr_info_cxt(function, output, fcinfo->flinfo->fn_mcxt);
		}
		fcinfo->flinfo->fn_extra = output;
	}
	if (output->fn_addr == NULL)
		return PG_GETARG_TEXT_PP(number);
	return cstring_to_text(OutputFunctionCall(output, PG_GETARG_DATUM(number)));
}

/*
 * (state, value [, delimiter])
 */
Datum
rs_listagg_transition(PG_FUNCTION_ARGS)
{
	MemoryContext context = rs_aggregate_context(fcinfo);
	Listing    *listing = PG_ARGISNULL(0) ? NULL : (Listing *) PG_GETARG_POINTER(0);
	text	   *delimiter = PG_NARGS() > 2 && !PG_ARGISNULL(2) ? PG_GETARG_TEXT_PP(2) : NULL;
	text	   *value = PG_ARGISNULL(1) ? NULL : argument_text(fcinfo, 1);

	if (value == NULL || VARSIZE_ANY_EXHDR(value) == 0)
	{
		if (listing == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(listing);
	}
	if (listing == NULL)
	{
		listing = new_listing(context);
		listing->first_delimiter = delimiter == NULL ? 0 : VARSIZE_ANY_EXHDR(delimiter);
	}
	if (delimiter != NULL)
		appendBinaryStringInfo(&listing->text, VARDATA_ANY(delimiter), VARSIZE_ANY_EXHDR(delimiter));
	appendBinaryStringInfo(&listing->text, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	check_size(listing->text.len - listing->first_delimiter);
	PG_RETURN_POINTER(listing);
}

Datum
rs_listagg_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = rs_aggregate_context(fcinfo);
	Listing    *listing = PG_ARGISNULL(0) ? NULL : (Listing *) PG_GETARG_POINTER(0);
	Listing    *other = PG_ARGISNULL(1) ? NULL : (Listing *) PG_GETARG_POINTER(1);

	if (other == NULL)
	{
		if (listing == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(listing);
	}
	if (listing == NULL)
	{
		listing = new_listing(context);
		listing->first_delimiter = other->first_delimiter;
	}
	appendBinaryStringInfo(&listing->text, other->text.data, other->text.len);
	check_size(listing->text.len - listing->first_delimiter);
	PG_RETURN_POINTER(listing);
}

Datum
rs_listagg_serialize(PG_FUNCTION_ARGS)
{
	Listing    *listing = (Listing *) PG_GETARG_POINTER(0);
	StringInfoData bytes;

	pq_begintypsend(&bytes);
	pq_sendint32(&bytes, listing->first_delimiter);
	pq_sendbytes(&bytes, listing->text.data, listing->text.len);
	PG_RETURN_BYTEA_P(pq_endtypsend(&bytes));
}

Datum
rs_listagg_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	StringInfoData from;
	Listing    *listing = new_listing(CurrentMemoryContext);

	initStringInfo(&from);
	appendBinaryStringInfo(&from, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	listing->first_delimiter = pq_getmsgint(&from, 4);
	appendBinaryStringInfo(&listing->text, from.data + from.cursor, from.len - from.cursor);
	if (listing->first_delimiter < 0 || listing->first_delimiter > listing->text.len)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("state of listagg is damaged")));
	PG_RETURN_POINTER(listing);
}

Datum
rs_listagg_final(PG_FUNCTION_ARGS)
{
	Listing    *listing = PG_ARGISNULL(0) ? NULL : (Listing *) PG_GETARG_POINTER(0);

	if (listing == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(listing->text.data + listing->first_delimiter,
											  listing->text.len - listing->first_delimiter));
}

/* ---------------------------------------------------------------------
 * In a window
 * ---------------------------------------------------------------------
 */

typedef struct Row
{
	text	   *value;
	int64		number;			/* in the order of arrival */
	bool		again;			/* an equal value was listed before */
	NullableDatum keys[FLEXIBLE_ARRAY_MEMBER];
} Row;

typedef struct Rows
{
	text	   *delimiter;		/* or NULL */
	bool		distinct;
	bool		padded;			/* trailing blanks do not count */
	int			nkeys;
	SortSupport sort;			/* of each key */
	int16	   *lengths;		/* and types' */
	bool	   *by_value;
	Row		  **rows;
	int64		nrows;
	int64		room;
} Rows;

/* Arguments in front of the keys: state, value, delimiter, distinct, orders. */
#define FIRST_KEY			5

/*
 * The next order of a list as "asc, desc nulls last": the words that ORDER BY takes.
 */
static const char *
read_order(const char *at, SortSupport sort, bool *descending)
{
	bool		nulls_given = false;

	*descending = false;
	while (*at != '\0' && *at != ',')
	{
		int			length = strcspn(at, " ,");

		if (length == 0)
			at++;
		else if (pg_strncasecmp(at, "asc", Max(length, 3)) == 0 || pg_strncasecmp(at, "nulls", Max(length, 5)) == 0)
			;
		else if (pg_strncasecmp(at, "desc", Max(length, 4)) == 0)
			*descending = true;
		else if (pg_strncasecmp(at, "first", Max(length, 5)) == 0 ||
				 pg_strncasecmp(at, "last", Max(length, 4)) == 0)
		{
			nulls_given = true;
			sort->ssup_nulls_first = pg_tolower((unsigned char) *at) == 'f';
		}
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized order of listagg_over: \"%.*s\"", length, at)));
		at += length;
	}
	if (!nulls_given)
		sort->ssup_nulls_first = *descending;
	return *at == ',' ? at + 1 : at;
}

static Rows *
new_rows(FunctionCallInfo fcinfo, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Rows	   *rows = palloc0(sizeof(Rows));
	char	   *orders = PG_ARGISNULL(4) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(4));
	const char *at = orders;
	int			i;

	rows->delimiter = PG_ARGISNULL(2) ? NULL : PG_GETARG_TEXT_P_COPY(2);
	rows->distinct = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	rows->padded = rs_dialect == RS_DIALECT_REDSHIFT;
	rows->nkeys = PG_NARGS() - FIRST_KEY;
	rows->sort = palloc0(sizeof(SortSupportData) * rows->nkeys);
	rows->lengths = palloc(sizeof(int16) * rows->nkeys);
	rows->by_value = palloc(sizeof(bool) * rows->nkeys);
	for (i = 0; i < rows->nkeys; i++)
	{
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, FIRST_KEY + i);
		bool		is_string = getBaseType(type) == TEXTOID || getBaseType(type) == VARCHAROID;
		SortSupport sort = &rows->sort[i];
		TypeCacheEntry *entry = lookup_type_cache(is_string && rows->padded ? BPCHAROID : type,
												  TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
		bool		descending;

		if (!OidIsValid(entry->lt_opr) || !OidIsValid(entry->gt_opr))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FUNCTION),
					 errmsg("could not identify an ordering operator for type %s", format_type_be(type))));
		at = read_order(at, sort, &descending);
		sort->ssup_cxt = context;
		sort->ssup_collation = PG_GET_COLLATION();
		if (OidIsValid(get_typcollation(type)) && !OidIsValid(sort->ssup_collation))
			sort->ssup_collation = DEFAULT_COLLATION_OID;
		PrepareSortSupportFromOrderingOp(descending ? entry->gt_opr : entry->lt_opr, sort);
		get_typlenbyval(type, &rows->lengths[i], &rows->by_value[i]);
	}
	MemoryContextSwitchTo(old);
	return rows;
}

/*
 * (state, value, delimiter, distinct, orders, key, ...)
 */
Datum
rs_listagg_over_transition(PG_FUNCTION_ARGS)
{
	MemoryContext context = rs_aggregate_context(fcinfo);
	Rows	   *rows = PG_ARGISNULL(0) ? new_rows(fcinfo, context) : (Rows *) PG_GETARG_POINTER(0);
	text	   *value = PG_ARGISNULL(1) ? NULL : argument_text(fcinfo, 1);
	MemoryContext old;
	Row		   *row;
	int			i;

	if (value == NULL || VARSIZE_ANY_EXHDR(value) == 0)
		PG_RETURN_POINTER(rows);
	old = MemoryContextSwitchTo(context);
	if (rows->nrows == rows->room)
	{
		rows->room = Max(16, rows->room * 2);
		rows->rows = rows->rows == NULL ? palloc(sizeof(Row *) * rows->room) :
			repalloc_huge(rows->rows, sizeof(Row *) * rows->room);
	}
	row = palloc(offsetof(Row, keys) + sizeof(NullableDatum) * rows->nkeys);
	row->value = (text *) DatumGetPointer(datumCopy(PointerGetDatum(value), false, -1));
	row->number = rows->nrows;
	row->again = false;
	for (i = 0; i < rows->nkeys; i++)
	{
		row->keys[i].isnull = PG_ARGISNULL(FIRST_KEY + i);
		if (!row->keys[i].isnull)
			row->keys[i].value = datumCopy(PG_GETARG_DATUM(FIRST_KEY + i), rows->by_value[i], rows->lengths[i]);
	}
	rows->rows[rows->nrows++] = row;
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(rows);
}

static int
compare_numbers(const Row *a, const Row *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

static int
compare_keys(const void *a, const void *b, void *arg)
{
	const Row  *left = *(Row *const *) a;
	const Row  *right = *(Row *const *) b;
	Rows	   *rows = arg;
	int			i;

	CHECK_FOR_INTERRUPTS();
	for (i = 0; i < rows->nkeys; i++)
	{
		int			difference = ApplySortComparator(left->keys[i].value, left->keys[i].isnull,
													 right->keys[i].value, right->keys[i].isnull, &rows->sort[i]);

		if (difference != 0)
			return difference;
	}
	return compare_numbers(left, right);
}

static int
compare_values(const Row *left, const Row *right, bool padded)
{
	int			left_size = VARSIZE_ANY_EXHDR(left->value);
	int			right_size = VARSIZE_ANY_EXHDR(right->value);
	int			difference;

	if (padded)
	{
		left_size = bpchartruelen(VARDATA_ANY(left->value), left_size);
		right_size = bpchartruelen(VARDATA_ANY(right->value), right_size);
	}
	difference = memcmp(VARDATA_ANY(left->value), VARDATA_ANY(right->value), Min(left_size, right_size));
	return difference != 0 ? difference : left_size - right_size;
}

static int
compare_values_then_numbers(const void *a, const void *b, void *arg)
{
	const Row  *left = *(Row *const *) a;
	const Row  *right = *(Row *const *) b;
	int			difference = compare_values(left, right, ((Rows *) arg)->padded);

	CHECK_FOR_INTERRUPTS();
	return difference != 0 ? difference : compare_numbers(left, right);
}

/*
 * Mark all but the first of equal values, of rows in order.
 */
static void
mark_repeated(Rows *rows, Row **sorted)
{
	Row		  **by_value = palloc_extended(sizeof(Row *) * rows->nrows, MCXT_ALLOC_HUGE);
	int64		i;

	for (i = 0; i < rows->nrows; i++)
	{
		sorted[i]->number = i;
		sorted[i]->again = false;
		by_value[i] = sorted[i];
	}
	qsort_arg(by_value, rows->nrows, sizeof(Row *), compare_values_then_numbers, rows);
	for (i = 1; i < rows->nrows; i++)
		by_value[i]->again = compare_values(by_value[i - 1], by_value[i], rows->padded) == 0;
	pfree(by_value);
}

/*
 * Sorts where the rows stand: rows that are added later are sorted in next time.
 */
Datum
rs_listagg_over_final(PG_FUNCTION_ARGS)
{
	Rows	   *rows = PG_ARGISNULL(0) ? NULL : (Rows *) PG_GETARG_POINTER(0);
	StringInfoData list;
	int64		i;

	if (rows == NULL || rows->nrows == 0)
		PG_RETURN_NULL();
	qsort_arg(rows->rows, rows->nrows, sizeof(Row *), compare_keys, rows);
	if (rows->distinct)
		mark_repeated(rows, rows->rows);
	initStringInfo(&list);
	for (i = 0; i < rows->nrows; i++)
	{
		Row		   *row = rows->rows[i];

		if (row->again)
			continue;
		if (list.len > 0 && rows->delimiter != NULL)
			appendBinaryStringInfo(&list, VARDATA_ANY(rows->delimiter), VARSIZE_ANY_EXHDR(rows->delimiter));
		appendBinaryStringInfo(&list, VARDATA_ANY(row->value), VARSIZE_ANY_EXHDR(row->value));
		check_size(list.len);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(list.data, list.len));
}
