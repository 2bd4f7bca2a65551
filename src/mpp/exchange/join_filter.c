/*
 * join_filter.c
 *	  What the rows of an exchange say of those that can join them.
 *
 * Who sends rows to an exchange may be asked for a filter of columns (vector/
 * filter_image.c): it goes to all targets, as a message of its own behind the rows.  The
 * fragment that sends the other side of the join then has the condition
 * redshift.may_join(exchange, column, key), so that rows without a match are neither read
 * nor sent, where the exchange has come to all nodes before.
 *
 * The payload of such a message is a RsWireFilter and the image.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "mpp/exchange/exchange_file.h"
#include "mpp/exchange/join_filter.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_format.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "vector/scan/runtime_filter.h"

/* Values of one column that a sender takes in. */
typedef struct Column
{
	int			number;
	RsVectorType type;
	RsRuntimeFilter *filter;
	Datum	   *values;			/* of rows that come one by one */
	bool	   *nulls;
} Column;

struct RsFilterMaker
{
	MemoryContext context;
	MemoryContext values;		/* of the rows that wait */
	RsArena    *arena;
	int			ncolumns;
	Column	   *columns;
	uint32		nrows;			/* that wait */
};

RsFilterMaker *
rs_filter_maker_create(MemoryContext context, List *columns, TupleDesc desc)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	RsFilterMaker *maker = palloc0(sizeof(RsFilterMaker));
	ListCell   *lc;

	maker->context = context;
	maker->values = AllocSetContextCreate(context, "redshift filter values", ALLOCSET_DEFAULT_SIZES);
	maker->arena = rs_arena_create(context);
	maker->columns = palloc0(list_length(columns) * sizeof(Column));
	foreach(lc, columns)
	{
		Column	   *column = &maker->columns[maker->ncolumns++];
		Form_pg_attribute attribute;

		column->number = lfirst_int(lc);
		if (column->number < 1 || column->number > desc->natts)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
					 errmsg("rows have no column %d to make a filter of", column->number)));
		attribute = TupleDescAttr(desc, column->number - 1);
		if (!rs_runtime_filter_takes(attribute->atttypid, attribute->attcollation))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("no filter can be made of column %d", column->number)));
		rs_vector_type_init(&column->type, attribute->atttypid);
		column->filter = rs_runtime_filter_standalone(&column->type, context);
		column->values = palloc(RS_VECTOR_ROWS * sizeof(Datum));
		column->nulls = palloc(RS_VECTOR_ROWS * sizeof(bool));
	}
	MemoryContextSwitchTo(caller);
	return maker;
}

static void
take_waiting(RsFilterMaker *maker)
{
	MemoryContext caller = MemoryContextSwitchTo(maker->values);
	int			c;

	for (c = 0; c < maker->ncolumns; c++)
	{
		Column	   *column = &maker->columns[c];

		rs_runtime_filter_add_values(column->filter, maker->arena,
									 rs_vector_from_datums(maker->arena, &column->type, column->values,
														   column->nulls, maker->nrows), maker->nrows);
	}
	maker->nrows = 0;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(maker->values);
	rs_arena_reset(maker->arena);
}

void
rs_filter_maker_add_vectors(RsFilterMaker *maker, const RsVector **columns, uint32 n)
{
	MemoryContext caller;
	int			c;

	if (maker->nrows > 0)
		take_waiting(maker);
	caller = MemoryContextSwitchTo(maker->values);
	for (c = 0; c < maker->ncolumns; c++)
		rs_runtime_filter_add_values(maker->columns[c].filter, maker->arena,
									 columns[maker->columns[c].number - 1], n);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(maker->values);
	rs_arena_reset(maker->arena);
}

void
rs_filter_maker_add_row(RsFilterMaker *maker, const Datum *values, const bool *nulls)
{
	MemoryContext caller = MemoryContextSwitchTo(maker->values);
	int			c;

	for (c = 0; c < maker->ncolumns; c++)
	{
		Column	   *column = &maker->columns[c];
		bool		isnull = nulls[column->number - 1];

		column->nulls[maker->nrows] = isnull;
		column->values[maker->nrows] = isnull ? (Datum) 0 :
			datumCopy(values[column->number - 1], column->type.typbyval, column->type.typlen);
	}
	MemoryContextSwitchTo(caller);
	if (++maker->nrows == RS_VECTOR_ROWS)
		take_waiting(maker);
}

List *
rs_filter_maker_end(RsFilterMaker *maker, int senders)
{
	MemoryContext caller = MemoryContextSwitchTo(maker->context);
	List	   *payloads = NIL;
	int			c;

	take_waiting(maker);
	for (c = 0; c < maker->ncolumns; c++)
	{
		RsWireFilter header = {.column = maker->columns[c].number};
		StringInfo	payload = makeStringInfo();

		appendBinaryStringInfo(payload, (char *) &header, sizeof(header));
		rs_runtime_filter_export(maker->columns[c].filter, senders, payload);
		payloads = lappend(payloads, payload);
	}
	MemoryContextSwitchTo(caller);
	return payloads;
}

/*
 * Read what all senders of an exchange say of a column; false if one says nothing, or if
 * there are none: then the exchange is not for this node.
 */
static bool
load(const char *exchange, int column, RsRuntimeFilter *filter)
{
	RsExchangeReader *reader = rs_exchange_reader_create(exchange, RS_WIRE_FILTER, NULL);
	const char *message;
	Size		size;
	int			found = 0;
	bool		complete;

	while ((message = rs_exchange_reader_next(reader, &size)) != NULL)
	{
		const char *payload = rs_wire_decode_payload(message, RS_WIRE_FILTER, sizeof(RsWireFilter), &size);
		RsWireFilter header;

		CHECK_FOR_INTERRUPTS();
		memcpy(&header, payload, sizeof(header));
		if (header.column != column)
			continue;
		rs_runtime_filter_import(filter, payload + sizeof(header), size - sizeof(header));
		found++;
	}
	complete = found > 0 && found == rs_exchange_reader_senders(reader);
	rs_exchange_reader_end(reader);
	return complete;
}

void
rs_join_filter_init(void)
{
	rs_runtime_filter_set_loader(load);
}
