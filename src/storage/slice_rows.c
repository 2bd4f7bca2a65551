/*
 * slice_rows.c
 *	  SQL functions about the slices of stored rows.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/insert_buffer.h"
#include "storage/inspect.h"
#include "storage/row_group.h"
#include "storage/slice_rows.h"
#include "storage/slicing.h"
#include "storage/space.h"
#include "storage/tableam.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_slice_num);
PG_FUNCTION_INFO_V1(rs_drop_slices);
PG_FUNCTION_INFO_V1(rs_deal_slices);
PG_FUNCTION_INFO_V1(rs_misplaced_rows);

/* What slice_num() says of rows that are no table's: Redshift's number of the leader. */
#define LEADERS_SLICE	10000

/*
 * slice_num(): of a query without a redshift table in FROM.  Where there is one the planner
 * has made it slice_num(cmax), of a row of that.
 */
Datum
rs_slice_num(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(PG_NARGS() == 0 ? LEADERS_SLICE : (int32) DatumGetCommandId(PG_GETARG_DATUM(0)));
}

Relation
rs_slice_rows_open(Oid relid, LOCKMODE lockmode)
{
	Relation	rel = table_open(relid, lockmode);

	if (!pg_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(rel->rd_rel->relkind), RelationGetRelationName(rel));
	if (!rs_is_redshift_relation(rel))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a redshift table", RelationGetRelationName(rel))));
	rs_insert_buffer_flush(rel);
	return rel;
}

Bitmapset *
rs_slice_set(ArrayType *array)
{
	Bitmapset  *set = NULL;
	int32	   *values = (int32 *) ARR_DATA_PTR(array);
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	int			i;

	if (ARR_HASNULL(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("slices must not be null")));
	for (i = 0; i < n; i++)
	{
		if (values[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("slice %d is out of range", values[i])));
		set = bms_add_member(set, values[i]);
	}
	return set;
}

/*
 * drop_slices(table, slices): forget the rows of these slices; returns how many groups.
 * Their index entries are removed by VACUUM.
 */
Datum
rs_drop_slices(PG_FUNCTION_ARGS)
{
	Relation	rel = rs_slice_rows_open(PG_GETARG_OID(0), ExclusiveLock);
	Bitmapset  *slices = rs_slice_set(PG_GETARG_ARRAYTYPE_P(1));
	int32		n = 0;
	ListCell   *lc;

	foreach(lc, rs_directory_list(rs_space_storage_id(rel, false), SnapshotSelf))
	{
		RsRowGroup *group = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (!bms_is_member(group->slice, slices))
			continue;
		rs_directory_delete(group);
		rs_delete_vector_drop(group->storage_id, group->group_id);
		n++;
	}
	table_close(rel, NoLock);
	PG_RETURN_INT32(n);
}

/*
 * deal_slices(table): the row groups of a table without distribution key become of this
 * server's present slices, in turn.
 */
Datum
rs_deal_slices(PG_FUNCTION_ARGS)
{
	Relation	rel = rs_slice_rows_open(PG_GETARG_OID(0), ExclusiveLock);
	ListCell   *lc;

	foreach(lc, rs_directory_list(rs_space_storage_id(rel, false), SnapshotSelf))
	{
		RsRowGroup *group = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		group->slice = rs_slicing_deal(rel, group->group_id);
		rs_directory_update(group);
	}
	table_close(rel, NoLock);
	PG_RETURN_VOID();
}

/* ---------------------------------------------------------------------
 * Checking
 * ---------------------------------------------------------------------
 */

static bool
has_slice(const RsSlicing *slicing, int32 slice)
{
	int			i;

	if (slicing == NULL)
		return slice == 0;
	for (i = 0; i < slicing->nslices; i++)
		if (slicing->slices[i] == slice)
			return true;
	return false;
}

/*
 * The rows of one group after the other: TIDs come in that order.
 */
static int64
count_misplaced(Relation rel, const RsSlicing *slicing, const List *groups)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
	int64		misplaced = 0;
	int			place = 0;

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		uint64		row = rs_tid_to_row(&slot->tts_tid);
		RsRowGroup *group = NULL;
		bool		right;

		CHECK_FOR_INTERRUPTS();
		for (; place < list_length(groups); place++)
		{
			group = list_nth(groups, place);
			if (row < group->first_row + group->nrows)
				break;
		}
		if (place == list_length(groups))
			break;
		right = row >= group->first_row && has_slice(slicing, group->slice);
		if (right && slicing != NULL && slicing->key != 0)
		{
			bool		isnull;
			Datum		key = slot_getattr(slot, slicing->key, &isnull);

			right = slicing->slice_of(slicing, key, isnull) == group->slice;
		}
		misplaced += right ? 0 : 1;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return misplaced;
}

/*
 * misplaced_rows(table): how many rows are of slices that this server has not, or that
 * their keys do not say.
 */
Datum
rs_misplaced_rows(PG_FUNCTION_ARGS)
{
	Relation	rel = rs_slice_rows_open(PG_GETARG_OID(0), AccessShareLock);
	int64		misplaced = 0;

	if (rs_slicing != NULL)
		misplaced = count_misplaced(rel, rs_slicing(rel),
									rs_directory_list(rs_space_storage_id(rel, false), GetActiveSnapshot()));
	table_close(rel, AccessShareLock);
	PG_RETURN_INT64(misplaced);
}
