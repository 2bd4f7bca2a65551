/*
 * row_pull.c
 *	  The rows of another node's row group, as row groups of this one.
 *
 * Row groups go from node to node as they are stored (slice_pull.c), but not where their
 * rows come to belong to several slices, since the cluster is to have another number of
 * these, nor where values mean something on one node only: types that each node has made
 * for itself, whose values may hold OIDs.  Then the rows of a group are asked for, by their
 * TIDs, and travel as those of a fragment do.  Those of each slice become a group here, in the
 * order they had; a bitmap of their places in the group that they come from is kept with it,
 * so that rows which are deleted there later can be found here.
 */
#include "postgres.h"

#include "access/transam.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/cluster/distribution.h"
#include "mpp/cluster/node.h"
#include "mpp/resize/row_pull.h"
#include "mpp/wire/wire_rows.h"
#include "storage/column_set.h"
#include "storage/group_import.h"
#include "storage/options.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(rs_place_in_group);
PG_FUNCTION_INFO_V1(rs_slice_of);

/* ---------------------------------------------------------------------
 * Where they come from
 * ---------------------------------------------------------------------
 */

/*
 * place_in_group(ctid, first_row): from 0.
 */
Datum
rs_place_in_group(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) (rs_tid_to_row((ItemPointer) PG_GETARG_POINTER(0)) - (uint64) PG_GETARG_INT64(1)));
}

/*
 * slice_of(key, slices): of a row with that distribution key in a cluster of so many.
 */
Datum
rs_slice_of(PG_FUNCTION_ARGS)
{
	RsDistribution *distribution = fcinfo->flinfo->fn_extra;
	Datum		key = PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0);
	bool		isnull = PG_ARGISNULL(0);

	if (PG_ARGISNULL(1) || PG_GETARG_INT32(1) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of slices must be positive")));
	if (distribution == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 0);
		Oid			collation = PG_GET_COLLATION();

		distribution = rs_distribution_create(1, &type, &collation, PG_GETARG_INT32(1));
		fcinfo->flinfo->fn_extra = distribution;
		MemoryContextSwitchTo(caller);
	}
	PG_RETURN_INT32(rs_distribution_slice(distribution, &key, &isnull));
}

/*
 * Values of users' types may hold OIDs that nobody knows of.
 */
bool
rs_rows_are_of_one_node(TupleDesc desc)
{
	int			i;

	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && (getBaseType(att->atttypid) >= FirstNormalObjectId || rs_type_holds_oids(att->atttypid)))
			return true;
	}
	return false;
}

static void
append_tid(StringInfo sql, uint64 row)
{
	ItemPointerData tid;

	rs_row_to_tid(row, &tid);
	appendStringInfo(sql, "'(%u,%u)'", ItemPointerGetBlockNumberNoCheck(&tid), ItemPointerGetOffsetNumberNoCheck(&tid));
}

/*
 * The query that gives a group's rows: all columns, the place, the slice.
 */
static char *
rows_query(Relation rel, const char *name, const RsRowGroup *group, const Bitmapset *slices, int of_slices)
{
	TupleDesc	desc = RelationGetDescr(rel);
	char	   *slice = psprintf("%d", group->slice);
	StringInfoData sql;
	int			i;

	if (of_slices > 0)
	{
		AttrNumber	key = rs_options_get(rel)->distkey;

		slice = psprintf("redshift.slice_of(%s, %d)",
						 quote_identifier(NameStr(TupleDescAttr(desc, key - 1)->attname)), of_slices);
	}
	initStringInfo(&sql);
	appendStringInfoString(&sql, "COPY (SELECT ");
	for (i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			appendStringInfo(&sql, "%s, ", quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
	appendStringInfo(&sql, "redshift.place_in_group(ctid, " UINT64_FORMAT "), %s FROM ONLY %s WHERE ctid BETWEEN ",
					 group->first_row, slice, name);
	append_tid(&sql, group->first_row);
	appendStringInfoString(&sql, " AND ");
	append_tid(&sql, group->first_row + group->nrows - 1);
	if (of_slices > 0)
	{
		int			member = -1;

		appendStringInfo(&sql, " AND %s = ANY ('{", slice);
		for (i = 0; (member = bms_next_member(slices, member)) >= 0; i++)
			appendStringInfo(&sql, "%s%d", i > 0 ? "," : "", member);
		appendStringInfoString(&sql, "}')");
	}
	appendStringInfoString(&sql, ") TO STDOUT (FORMAT redshift_batch)");
	return sql.data;
}

/* ---------------------------------------------------------------------
 * Where they go
 * ---------------------------------------------------------------------
 */

/* Rows of a slice that have come. */
typedef struct Part
{
	int32		slice;
	MemoryContext context;
	RsColumnSet rows;
	bytea	   *places;
} Part;

typedef struct Rows
{
	Relation	rel;
	const RsRowGroup *from;
	const Bitmapset *slices;
	int			of_slices;
	List	   *parts;			/* by slice, no two of one */
	MemoryContext context;		/* of what is given back */
	List	   *pulled;
} Rows;

static Part *
part_of(Rows *rows, int32 slice)
{
	Size		size = VARHDRSZ + (rows->from->nrows + 7) / 8;
	Part	   *part;
	ListCell   *lc;

	foreach(lc, rows->parts)
		if (((Part *) lfirst(lc))->slice == slice)
			return lfirst(lc);
	part = palloc(sizeof(Part));
	part->slice = slice;
	part->context = AllocSetContextCreate(CurrentMemoryContext, "redshift rows of a slice", ALLOCSET_DEFAULT_SIZES);
	rs_column_set_init(&part->rows, RelationGetDescr(rows->rel), part->context);
	part->places = MemoryContextAllocZero(rows->context, size);
	SET_VARSIZE(part->places, size);
	rows->parts = lappend(rows->parts, part);
	return part;
}

static void
store_part(Rows *rows, Part *part)
{
	MemoryContext caller = MemoryContextSwitchTo(rows->context);
	RsPulledRows *pulled = palloc(sizeof(RsPulledRows));

	pulled->places = part->places;
	pulled->group = palloc0(sizeof(RsRowGroup));
	pulled->group->slice = part->slice;
	pulled->index_files = rs_group_import_rows(rows->rel, pulled->group, &part->rows);
	rows->pulled = lappend(rows->pulled, pulled);
	MemoryContextSwitchTo(caller);
	rows->parts = list_delete_ptr(rows->parts, part);
	MemoryContextDelete(part->context);
	pfree(part);
}

static void
add_row(Rows *rows, TupleTableSlot *slot, int32 place, int32 slice)
{
	Part	   *part = part_of(rows, slice);

	/* A group of long values may become two. */
	if (part->rows.nrows > 0 && !rs_column_set_fits(&part->rows, &slot, 1))
	{
		store_part(rows, part);
		part = part_of(rows, slice);
	}
	(void) rs_column_set_append(&part->rows, &slot, 1);
	VARDATA(part->places)[place / 8] |= 1 << (place % 8);
}

static bool
is_sound(const Rows *rows, int32 place, int32 slice)
{
	return place >= 0 && (uint32) place < rows->from->nrows &&
		(rows->of_slices > 0 ? slice >= 0 && bms_is_member(slice, rows->slices) : slice == rows->from->slice);
}

static int64
receive_rows(Rows *rows, RsConnection *source)
{
	RsWireRows *decoded = rs_wire_rows_create(RelationGetDescr(rows->rel), 2);
	int64		bytes = 0;

	for (;;)
	{
		char	   *data;
		char	   *message;
		int			size = PQgetCopyData(rs_connection_libpq(source), &data, 1);
		TupleTableSlot *slot;
		int32		extra[2];

		if (size < 0)
			break;
		if (size == 0)
		{
			rs_connections_wait(list_make1(source));
			continue;
		}
		message = MemoryContextAllocExtended(CurrentMemoryContext, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
		if (message != NULL)
			memcpy(message, data, size);
		PQfreemem(data);
		if (message == NULL)
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
		bytes += size;
		if (rs_wire_rows_message(decoded, message, size))
			while ((slot = rs_wire_rows_next(decoded, extra)) != NULL)
			{
				if (!is_sound(rows, extra[0], extra[1]))
					ereport(ERROR,
							(errcode(ERRCODE_DATA_CORRUPTED),
							 errmsg("compute node \"%s\" sent rows of other slices", rs_connection_node(source)->name)));
				add_row(rows, slot, extra[0], extra[1]);
			}
		pfree(message);
	}
	rs_wire_rows_end(decoded);
	return bytes;
}

List *
rs_rows_pull(Relation rel, const char *name, RsConnection *source, const RsRowGroup *group,
			 const Bitmapset *slices, int of_slices, int64 *bytes)
{
	Rows		rows = {.rel = rel, .from = group, .slices = slices, .of_slices = of_slices, .context = CurrentMemoryContext};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift rows of a group", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	char	   *sql = rows_query(rel, name, group, slices, of_slices);
	PGresult   *result;

	rs_connection_send(source, sql, NULL);
	result = rs_connection_result(source);
	if (PQresultStatus(result) != PGRES_COPY_OUT)
		rs_connection_error(ERROR, source, result, sql);
	PQclear(result);
	*bytes += receive_rows(&rows, source);
	PQclear(rs_connection_finish(source));
	while (rows.parts != NIL)
		store_part(&rows, linitial(rows.parts));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return rows.pulled;
}

RsDeleteSet *
rs_rows_deleted(const bytea *places, const RsDeleteSet *deletes)
{
	const uint8 *bits = (const uint8 *) VARDATA_ANY(places);
	uint32		n = Min(VARSIZE_ANY_EXHDR(places) * 8, RS_GROUP_ROWS);
	RsDeleteSet *deleted = palloc0(sizeof(RsDeleteSet));
	uint32		row = 0;
	uint32		place;

	for (place = 0; place < n; place++)
	{
		if (!(bits[place / 8] & (1 << (place % 8))))
			continue;
		if (rs_deleted(deletes, place))
		{
			deleted->words[row / 64] |= UINT64CONST(1) << (row % 64);
			deleted->ndeleted++;
		}
		row++;
	}
	return deleted->ndeleted > 0 ? deleted : NULL;
}
