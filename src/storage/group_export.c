/*
 * group_export.c
 *	  Row groups as bytes, for another compute node.
 *
 * SQL functions that a node which gets slices calls on the one that has them: which
 * groups there are (stored_groups), the pages of one (read_group), and at last, when
 * nobody writes any more, their deleted rows (stored_deletes).  Nothing is decoded.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tupdesc_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "storage/delete_blob.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/group_export.h"
#include "storage/slice_rows.h"
#include "storage/space.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_stored_groups);
PG_FUNCTION_INFO_V1(rs_read_group);
PG_FUNCTION_INFO_V1(rs_stored_deletes);
PG_FUNCTION_INFO_V1(rs_stored_layout);

uint32
rs_export_crc(const bytea *key_zone, const bytea *rows)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	if (key_zone != NULL)
		COMP_CRC32C(crc, VARDATA_ANY(key_zone), VARSIZE_ANY_EXHDR(key_zone));
	if (rows != NULL)
		COMP_CRC32C(crc, VARDATA_ANY(rows), VARSIZE_ANY_EXHDR(rows));
	FIN_CRC32C(crc);
	return crc;
}

/*
 * Columns by number: name, type, and the value that they have in groups which are older
 * than they.
 */
char *
rs_export_layout(TupleDesc desc)
{
	StringInfoData text;
	int			i;

	initStringInfo(&text);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attisdropped)
			continue;
		appendStringInfo(&text, "%d %s %s", i + 1, quote_identifier(NameStr(att->attname)),
						 format_type_extended(att->atttypid, att->atttypmod,
											  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
		if (att->atthasmissing && desc->constr != NULL && desc->constr->missing != NULL &&
			desc->constr->missing[i].am_present)
		{
			Oid			output;
			bool		is_varlena;

			getTypeOutputInfo(att->atttypid, &output, &is_varlena);
			appendStringInfo(&text, " %s",
							 quote_literal_cstr(OidOutputFunctionCall(output, desc->constr->missing[i].am_value)));
		}
		appendStringInfoString(&text, ", ");
	}
	return text.data;
}

/*
 * stored_layout(table): see above.
 */
Datum
rs_stored_layout(PG_FUNCTION_ARGS)
{
	Relation	rel = rs_slice_rows_open(PG_GETARG_OID(0), AccessShareLock);
	char	   *layout = rs_export_layout(RelationGetDescr(rel));

	table_close(rel, AccessShareLock);
	PG_RETURN_TEXT_P(cstring_to_text(layout));
}

/*
 * stored_groups(table, slices): the groups of these slices.
 */
Datum
rs_stored_groups(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	rel = rs_slice_rows_open(PG_GETARG_OID(0), AccessShareLock);
	Bitmapset  *slices = rs_slice_set(PG_GETARG_ARRAYTYPE_P(1));
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, rs_directory_list(rs_space_storage_id(rel, false), GetActiveSnapshot()))
	{
		RsRowGroup *group = lfirst(lc);
		Datum		values[13] = {0};
		bool		nulls[13] = {false};

		CHECK_FOR_INTERRUPTS();
		if (!bms_is_member(group->slice, slices))
			continue;
		values[0] = Int64GetDatum((int64) group->storage_id);
		values[1] = Int64GetDatum(group->group_id);
		values[2] = Int32GetDatum(group->slice);
		values[3] = Int32GetDatum((int32) group->nrows);
		values[4] = BoolGetDatum(group->sorted);
		values[5] = BoolGetDatum(group->filled);
		values[6] = Int32GetDatum((int32) group->npages);
		values[7] = Int64GetDatum((int64) group->footer_offset);
		values[8] = Int32GetDatum((int32) group->footer_size);
		values[9] = PointerGetDatum(group->key_zone);
		nulls[9] = group->key_zone == NULL;
		values[10] = PointerGetDatum(group->rows);
		nulls[10] = group->rows == NULL;
		values[11] = Int64GetDatum((int64) rs_export_crc(group->key_zone, group->rows));
		values[12] = Int64GetDatum((int64) group->first_row);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	table_close(rel, AccessShareLock);
	return (Datum) 0;
}

/*
 * A group by its ids, as the active snapshot shows it, or NULL.
 */
static RsRowGroup *
find_group(Relation rel, uint64 storage_id, int64 group_id)
{
	ListCell   *lc;

	if (rs_space_storage_id(rel, false) == storage_id)
		foreach(lc, rs_directory_list(storage_id, GetActiveSnapshot()))
			if (((RsRowGroup *) lfirst(lc))->group_id == group_id)
				return lfirst(lc);
	return NULL;
}

/*
 * read_group(table, storage_id, group_id): its stream, in pieces; nothing if the group is
 * no longer there.
 */
Datum
rs_read_group(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	RsRowGroup *group;
	Relation	rel;
	uint64		offset;
	uint64		size;
	bytea	   *piece;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		context = SRF_FIRSTCALL_INIT();
		caller = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		rel = rs_slice_rows_open(PG_GETARG_OID(0), AccessShareLock);
		group = find_group(rel, (uint64) PG_GETARG_INT64(1), PG_GETARG_INT64(2));
		context->user_fctx = group;
		table_close(rel, NoLock);
		MemoryContextSwitchTo(caller);
	}
	context = SRF_PERCALL_SETUP();
	group = context->user_fctx;
	offset = context->call_cntr * RS_EXPORT_CHUNK;
	if (group == NULL || group->rows != NULL || offset >= group->footer_offset + group->footer_size)
		SRF_RETURN_DONE(context);
	size = Min(group->footer_offset + group->footer_size - offset, RS_EXPORT_CHUNK);
	piece = palloc(VARHDRSZ + size);
	SET_VARSIZE(piece, VARHDRSZ + size);
	rel = table_open(PG_GETARG_OID(0), NoLock);
	rs_space_read(rel, group->first_page, group->npages, offset, size, VARDATA(piece), NULL);
	table_close(rel, NoLock);
	SRF_RETURN_NEXT(context, PointerGetDatum(piece));
}

/*
 * stored_deletes(table, slices): the deleted rows of the groups of these slices, in the
 * latest state, as bytes of redshift.delete_vector.
 */
Datum
rs_stored_deletes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	rel = rs_slice_rows_open(PG_GETARG_OID(0), AccessShareLock);
	Bitmapset  *slices = rs_slice_set(PG_GETARG_ARRAYTYPE_P(1));
	RsDeleteSet *set = palloc(sizeof(RsDeleteSet));
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, rs_directory_list(rs_space_storage_id(rel, false), GetActiveSnapshot()))
	{
		RsRowGroup *group = lfirst(lc);
		uint32		part;

		CHECK_FOR_INTERRUPTS();
		if (!bms_is_member(group->slice, slices) ||
			!rs_delete_vector_load(group->storage_id, group->group_id, SnapshotSelf, set))
			continue;
		for (part = 0; part < RS_GROUP_ROWS / RS_DELETE_PART_ROWS; part++)
		{
			uint32		ndeleted;
			bytea	   *rows = rs_delete_blob_form(group->group_id, part, set, &ndeleted);
			Datum		values[5];
			bool		nulls[5] = {false};

			if (rows == NULL)
				continue;
			values[0] = Int64GetDatum((int64) group->storage_id);
			values[1] = Int64GetDatum(group->group_id);
			values[2] = Int32GetDatum((int32) part);
			values[3] = Int32GetDatum((int32) ndeleted);
			values[4] = PointerGetDatum(rows);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
			pfree(rows);
		}
	}
	table_close(rel, AccessShareLock);
	return (Datum) 0;
}
