/*
 * exchange.c
 *	  SQL functions of exchanges: how the leader opens, reads and closes them on a
 *	  compute node.
 *
 * redshift.exchange() reads rows one by one.  It is volatile, so nothing that is read
 * twice is read once for both.  Parallel workers find the files as their leader does:
 * they run as the same user.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/exchange/exchange_file.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_format.h"
#include "nodes/supportnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(rs_open_exchange);
PG_FUNCTION_INFO_V1(rs_close_exchanges);
PG_FUNCTION_INFO_V1(rs_exchange);
PG_FUNCTION_INFO_V1(rs_exchange_size);
PG_FUNCTION_INFO_V1(rs_exchange_support);

/*
 * open_exchange(id, senders, distinct_values)
 */
Datum
rs_open_exchange(PG_FUNCTION_ARGS)
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
	List	   *distinct = NIL;
	int			i;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &values, &nulls, &n);
	for (i = 0; i < n; i++)
		distinct = lappend_int(distinct, nulls[i] ? 0 : (int) Min(DatumGetFloat8(values[i]), (double) INT_MAX));
	rs_exchange_open(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(1), distinct);
	PG_RETURN_VOID();
}

/*
 * close_exchanges(ids)
 */
Datum
rs_close_exchanges(PG_FUNCTION_ARGS)
{
	Datum	   *ids;
	bool	   *nulls;
	int			n;
	int			i;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &ids, &nulls, &n);
	for (i = 0; i < n; i++)
		if (!nulls[i])
			rs_exchange_close(TextDatumGetCString(ids[i]));
	PG_RETURN_VOID();
}

/*
 * Rows of a batch into the function's result.
 */
static void
put_rows(ReturnSetInfo *info, const RsVectorType *types, const RsVector **columns, uint32 n,
		 MemoryContext scratch)
{
	int			natts = info->setDesc->natts;
	Datum	   *values = MemoryContextAlloc(scratch, Max(natts, 1) * sizeof(Datum));
	bool	   *nulls = MemoryContextAlloc(scratch, Max(natts, 1) * sizeof(bool));
	uint32		i;

	for (i = 0; i < n; i++)
	{
		rs_vectors_row(columns, types, natts, i, scratch, values, nulls);
		tuplestore_putvalues(info->setResult, info->setDesc, values, nulls);
	}
	MemoryContextReset(scratch);
}

/*
 * exchange(id): its rows, of the columns that the query says they have.
 */
Datum
rs_exchange(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	RsExchangeReader *reader;
	RsWireDecoder *decoder;
	RsArena    *arena = rs_arena_create(CurrentMemoryContext);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "redshift exchange rows",
												  ALLOCSET_DEFAULT_SIZES);
	const RsVector **columns;
	RsVectorType *vector_types;
	Oid		   *types;
	const char *message;
	Size		size;
	uint64		rows;
	uint32		n;
	int			natts;
	int			c;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	natts = info->setDesc->natts;
	columns = palloc(Max(natts, 1) * sizeof(RsVector *));
	types = palloc(Max(natts, 1) * sizeof(Oid));
	vector_types = palloc(Max(natts, 1) * sizeof(RsVectorType));
	for (c = 0; c < natts; c++)
	{
		types[c] = TupleDescAttr(info->setDesc, c)->atttypid;
		rs_vector_type_init(&vector_types[c], types[c]);
	}
	decoder = rs_wire_decoder_create(CurrentMemoryContext, types, natts, false);
	reader = rs_exchange_reader_create(text_to_cstring(PG_GETARG_TEXT_PP(0)), RS_WIRE_ROWS, NULL);
	while ((message = rs_exchange_reader_next(reader, &size)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (!rs_wire_decode_message(decoder, message, size, &rows))
			break;
		for (;;)
		{
			rs_arena_reset(arena);
			n = rs_wire_decode_next(decoder, arena, columns);
			if (n == 0)
				break;
			put_rows(info, vector_types, columns, n, scratch);
		}
	}
	rs_exchange_reader_end(reader);
	rs_arena_destroy(arena);
	return (Datum) 0;
}

/*
 * exchange_size(id)
 */
Datum
rs_exchange_size(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	uint64		bytes;
	Datum		values[2];
	bool		nulls[2] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int64GetDatum((int64) rs_exchange_rows(text_to_cstring(PG_GETARG_TEXT_PP(0)), &bytes));
	values[1] = Int64GetDatum((int64) bytes);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * The planner's: how many rows an exchange has is known when what reads it is planned.
 */
Datum
rs_exchange_support(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	Node	   *argument;
	uint64		bytes;

	if (!IsA(request, SupportRequestRows) || request->node == NULL || !IsA(request->node, FuncExpr))
		PG_RETURN_POINTER(NULL);
	argument = linitial(((FuncExpr *) request->node)->args);
	if (!IsA(argument, Const) || ((Const *) argument)->constisnull)
		PG_RETURN_POINTER(NULL);
	request->rows = rs_exchange_rows(TextDatumGetCString(((Const *) argument)->constvalue), &bytes);
	request->rows = Max(request->rows, 1.0);
	PG_RETURN_POINTER(request);
}
