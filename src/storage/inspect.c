/*
 * inspect.c
 *	  SQL functions that show a table's row groups and blocks.
 *
 * Bounds are values of the table, so the whole table must be readable.
 */
#include "postgres.h"

#include <sys/statvfs.h>

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/compaction.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/group_reader.h"
#include "storage/insert_buffer.h"
#include "storage/inspect.h"
#include "storage/options.h"
#include "storage/space.h"
#include "storage/tableam.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_storage_id);
PG_FUNCTION_INFO_V1(rs_sort_columns);
PG_FUNCTION_INFO_V1(rs_storage_capacity);
PG_FUNCTION_INFO_V1(rs_list_row_groups);
PG_FUNCTION_INFO_V1(rs_list_blocks);

/*
 * Open a redshift table that the user may read, its pending rows written out.
 */
Relation
rs_inspect_open(Oid relid, LOCKMODE lockmode)
{
	Relation	rel = relation_open(relid, lockmode);
	AclResult	acl = pg_class_aclcheck(relid, GetUserId(), ACL_SELECT);

	if (acl != ACLCHECK_OK)
		aclcheck_error(acl, get_relkind_objtype(rel->rd_rel->relkind),
					   RelationGetRelationName(rel));
	if (!rs_is_redshift_relation(rel))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a redshift table", RelationGetRelationName(rel))));
	if (RELATION_IS_OTHER_TEMP(rel))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot access temporary tables of other sessions")));
	rs_insert_buffer_flush(rel);
	return rel;
}

Datum
rs_storage_id(PG_FUNCTION_ARGS)
{
	Relation	rel = rs_inspect_open(PG_GETARG_OID(0), AccessShareLock);
	uint64		id = rs_space_storage_id(rel, false);

	relation_close(rel, AccessShareLock);
	PG_RETURN_INT64((int64) id);
}

Datum
rs_sort_columns(PG_FUNCTION_ARGS)
{
	Relation	rel = rs_inspect_open(PG_GETARG_OID(0), AccessShareLock);
	RsTableOptions *options = rs_options_get(rel);
	Datum	   *columns = palloc(Max(options->nsortkeys, 1) * sizeof(Datum));
	int			i;

	for (i = 0; i < options->nsortkeys; i++)
		columns[i] = Int16GetDatum(options->sortkeys[i]);
	relation_close(rel, AccessShareLock);
	PG_RETURN_ARRAYTYPE_P(construct_array(columns, options->nsortkeys, INT2OID, sizeof(int16), true, TYPALIGN_SHORT));
}

Datum
rs_storage_capacity(PG_FUNCTION_ARGS)
{
	struct statvfs system;

	if (statvfs(DataDir, &system) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not look at file system of directory \"%s\": %m", DataDir)));
	PG_RETURN_INT64((int64) system.f_blocks * (int64) system.f_frsize);
}

static char *
bytes_to_text(const RsColumnType *type, Datum bytes)
{
	Oid			output;
	bool		is_varlena;

	getTypeOutputInfo(type->typid, &output, &is_varlena);
	return OidOutputFunctionCall(output, bytes);
}

/*
 * A zone's bounds as text, NULLs if it has none, or row-level security may hide the rows
 * that have them from the user.
 */
static void
show_bounds(Relation rel, const RsColumnType *type, const RsZone *zone, Datum *min, Datum *max, bool *isnull)
{
	isnull[0] = isnull[1] = !zone->has_bounds || check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED;
	if (isnull[0])
		return;
	*min = CStringGetTextDatum(bytes_to_text(type, zone->min));
	*max = CStringGetTextDatum(bytes_to_text(type, zone->max));
}

Datum
rs_list_row_groups(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	rel = rs_inspect_open(PG_GETARG_OID(0), AccessShareLock);
	RsTableOptions *options = rs_options_get(rel);
	List	   *groups = rs_directory_list(rs_space_storage_id(rel, false), GetActiveSnapshot());
	bool	   *unsorted = palloc(Max(list_length(groups), 1) * sizeof(bool));
	RsColumnType *types = palloc0(Max(RelationGetDescr(rel)->natts, 1) * sizeof(RsColumnType));
	AttrNumber	key = options->nsortkeys > 0 ? options->sortkeys[0] : 0;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	(void) rs_unsorted_groups(rel, groups, unsorted, NULL);
	if (key != 0)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), key - 1);

		rs_column_type_init(&types[key - 1], att->atttypid, att->atttypmod, att->attcollation);
	}
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);
		Datum		values[12] = {0};
		bool		nulls[12] = {false};
		RsZone		zone = {0};

		CHECK_FOR_INTERRUPTS();
		values[0] = Int64GetDatum(group->group_id);
		values[1] = Int32GetDatum(group->slice);
		values[2] = Int64GetDatum((int64) group->first_row);
		values[3] = Int64GetDatum((int64) group->nrows);
		values[4] = Int64GetDatum((int64) rs_delete_vector_count(group, GetActiveSnapshot()));
		values[5] = Int32GetDatum((int32) group->npages);
		values[6] = Int64GetDatum(group->rows != NULL ? (int64) VARSIZE_ANY(group->rows) :
								  (int64) group->npages * BLCKSZ);
		values[7] = BoolGetDatum(group->sorted);
		values[8] = BoolGetDatum(unsorted[foreach_current_index(lc)]);
		values[9] = BoolGetDatum(group->rows != NULL);
		if (key != 0 && group->key_zone != NULL)
			(void) rs_key_zone_read(types, RelationGetDescr(rel)->natts, group, &zone);
		show_bounds(rel, &types[Max(key, 1) - 1], &zone, &values[10], &values[11], &nulls[10]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	relation_close(rel, AccessShareLock);
	return (Datum) 0;
}

static const char *
codec_name(uint8 codec)
{
	return codec == RS_CODEC_LZ4 ? "lz4" : codec == RS_CODEC_ZSTD ? "zstd" : "none";
}

static void
list_blocks(ReturnSetInfo *result, Relation rel, const RsRowGroup *group)
{
	RsGroupReader *reader = rs_group_open(rel, RelationGetDescr(rel), group, NULL, NULL);
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		uint32		block;

		if (att->attisdropped)
			continue;
		for (block = 0; block < rs_group_nblocks(reader); block++)
		{
			Datum		values[11] = {0};
			bool		nulls[11] = {false};
			RsBlockInfo info;

			if (!rs_group_block_info(reader, (AttrNumber) (i + 1), block, &info))
				continue;
			values[0] = Int64GetDatum(group->group_id);
			values[1] = NameGetDatum(&att->attname);
			values[2] = Int32GetDatum((int32) block);
			values[3] = CStringGetTextDatum(rs_encoding_name((RsEncodingId) info.form.encoding));
			values[4] = CStringGetTextDatum(codec_name(info.form.codec));
			values[5] = Int32GetDatum((int32) info.form.nrows);
			values[6] = Int32GetDatum((int32) info.form.nnulls);
			values[7] = Int64GetDatum((int64) info.form.raw_size);
			values[8] = Int64GetDatum((int64) info.form.size);
			show_bounds(rel, rs_group_column_type(reader, (AttrNumber) (i + 1)), &info.zone,
						&values[9], &values[10], &nulls[9]);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	rs_group_close(reader);
}

Datum
rs_list_blocks(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	rel = rs_inspect_open(PG_GETARG_OID(0), AccessShareLock);
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, rs_directory_list(rs_space_storage_id(rel, false), GetActiveSnapshot()))
	{
		CHECK_FOR_INTERRUPTS();
		list_blocks(result, rel, lfirst(lc));
	}
	relation_close(rel, AccessShareLock);
	return (Datum) 0;
}
