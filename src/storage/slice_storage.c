/*
 * slice_storage.c
 *	  SQL functions that tell what all tables store, and slice by slice.
 *
 * Made for views of thousands of tables: most are answered by one scan of the directory,
 * with no table opened or locked, no file asked for its size and no footer read.  That
 * needs a table's storage id, which stands in its metapage: taken from shared buffers,
 * else the table is opened.  Tables with deleted rows, and those with a sort key whose
 * row groups may overlap, are looked at one by one.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/compaction.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/insert_buffer.h"
#include "storage/options.h"
#include "storage/space.h"
#include "storage/tableam.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_slice_storage);
PG_FUNCTION_INFO_V1(rs_stored_tables);

#define MAX_COLUMNS	10

typedef struct SliceTotal
{
	struct SliceTotal *next;	/* of the same table */
	int32		slice;
	int64		rows;			/* deleted ones too */
	int64		deleted_rows;
	int64		unsorted_rows;
	int64		pages;
	int64		inline_bytes;	/* of rows that stand in the directory */
	int64		groups;
} SliceTotal;

typedef struct Table
{
	uint64		storage_id;		/* the key; unique in the database */
	Oid			relid;
	bool		has_sortkey;
	bool		has_deletes;
	int64		groups;
	SliceTotal *totals;
} Table;

/* Where rows go: one for each slice of a table, or one for all of them. */
typedef struct Output
{
	ReturnSetInfo *result;
	bool		by_slice;
} Output;

typedef struct Tables
{
	HTAB	   *by_storage_id;
	MemoryContext context;
} Tables;

static SliceTotal *
total_of_slice(SliceTotal **totals, int32 slice)
{
	SliceTotal *total;

	for (total = *totals; total != NULL; total = total->next)
		if (total->slice == slice)
			return total;
	total = palloc0(sizeof(SliceTotal));
	total->slice = slice;
	total->next = *totals;
	return *totals = total;
}

static SliceTotal *
add_group(SliceTotal **totals, const RsRowGroup *group, bool unsorted)
{
	SliceTotal *total = total_of_slice(totals, group->slice);

	total->rows += group->nrows;
	if (unsorted)
		total->unsorted_rows += group->nrows;
	if (group->rows != NULL)
		total->inline_bytes += VARSIZE_ANY(group->rows);
	else
		total->pages += group->npages;
	total->groups++;
	return total;
}

static void
put_slice(ReturnSetInfo *result, Oid relid, bool has_sortkey, const SliceTotal *total)
{
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS] = {false};

	values[0] = ObjectIdGetDatum(relid);
	values[1] = Int32GetDatum(total->slice);
	values[2] = Int64GetDatum(total->rows);
	values[3] = Int64GetDatum(total->deleted_rows);
	values[4] = Int64GetDatum(total->unsorted_rows);
	nulls[4] = !has_sortkey;
	values[5] = Int64GetDatum(total->pages);
	values[6] = Int64GetDatum(total->pages * BLCKSZ + total->inline_bytes);
	values[7] = Int64GetDatum(total->groups);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_all_slices(ReturnSetInfo *result, Oid relid, bool has_sortkey, const SliceTotal *total)
{
	SliceTotal	sum = {0};
	int64		smallest = PG_INT64_MAX;
	int64		largest = 0;
	int32		slices = 0;
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS] = {false};

	for (; total != NULL; total = total->next, slices++)
	{
		sum.rows += total->rows;
		sum.deleted_rows += total->deleted_rows;
		sum.unsorted_rows += total->unsorted_rows;
		sum.pages += total->pages;
		sum.inline_bytes += total->inline_bytes;
		sum.groups += total->groups;
		smallest = Min(smallest, total->rows - total->deleted_rows);
		largest = Max(largest, total->rows - total->deleted_rows);
	}
	values[0] = ObjectIdGetDatum(relid);
	values[1] = Int64GetDatum(sum.rows);
	values[2] = Int64GetDatum(sum.deleted_rows);
	values[3] = Int64GetDatum(sum.unsorted_rows);
	nulls[3] = !has_sortkey;
	values[4] = Int64GetDatum(sum.pages);
	values[5] = Int64GetDatum(sum.pages * BLCKSZ + sum.inline_bytes);
	values[6] = Int64GetDatum(sum.groups);
	values[7] = Int32GetDatum(slices);
	values[8] = Int64GetDatum(smallest);
	values[9] = Int64GetDatum(largest);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_totals(const Output *out, Oid relid, bool has_sortkey, const SliceTotal *total)
{
	if (total != NULL && !out->by_slice)
		put_all_slices(out->result, relid, has_sortkey, total);
	else
		for (; total != NULL; total = total->next)
			put_slice(out->result, relid, has_sortkey, total);
}

/*
 * A table by itself; nothing is allocated that outlives the call.
 */
static void
put_table(const Output *out, Relation rel)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "slices of a table", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	RsDeleteSet *deleted = palloc(sizeof(RsDeleteSet));
	List	   *groups = rs_directory_list(rs_space_storage_id(rel, false), GetActiveSnapshot());
	bool	   *unsorted = palloc(Max(list_length(groups), 1) * sizeof(bool));
	SliceTotal *totals = NULL;
	ListCell   *lc;

	(void) rs_unsorted_groups(rel, groups, unsorted, NULL);
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);
		SliceTotal *total = add_group(&totals, group, unsorted[foreach_current_index(lc)]);

		CHECK_FOR_INTERRUPTS();
		if (rs_delete_vector_load(group->storage_id, group->group_id, GetActiveSnapshot(), deleted))
			total->deleted_rows += deleted->ndeleted;
	}
	put_totals(out, RelationGetRelid(rel), rs_options_get(rel)->nsortkeys > 0, totals);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/*
 * The same of one that may have been dropped meanwhile or be of another kind.
 */
static void
open_and_put_table(const Output *out, Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);

	if (rel == NULL)
		return;
	if (rs_is_redshift_relation(rel) && !RELATION_IS_OTHER_TEMP(rel))
		put_table(out, rel);
	relation_close(rel, AccessShareLock);
}

static bool
has_sortkey(HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;
	Datum		options = heap_getattr(tuple, Anum_pg_class_reloptions, desc, &isnull);

	return !isnull && rs_options_parse_names(untransformRelOptions(options))->sortkeys != NIL;
}

/*
 * Tables of our access method that the user may read: those whose storage id is at hand go
 * into the hash table, the OIDs of others are returned.
 */
static List *
collect_tables(Tables *tables)
{
	Oid			am = get_table_am_oid("redshift", false);
	bool		all = superuser();	/* what takes a look-up of each is not asked */
	Relation	catalog = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	List	   *others = NIL;
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		RelFileNode node = {form->reltablespace, MyDatabaseId, form->relfilenode};
		uint64		storage_id;
		Table	   *table;

		if ((form->relkind != RELKIND_RELATION && form->relkind != RELKIND_MATVIEW) || form->relam != am ||
			(!all && pg_class_aclcheck(form->oid, GetUserId(), ACL_SELECT) != ACLCHECK_OK))
			continue;
		if (!OidIsValid(node.spcNode))
			node.spcNode = MyDatabaseTableSpace;
		if (form->relpersistence == RELPERSISTENCE_TEMP || !rs_space_cached_storage_id(node, &storage_id))
		{
			others = lappend_oid(others, form->oid);
			continue;
		}
		if (storage_id == 0)
			continue;
		table = hash_search(tables->by_storage_id, &storage_id, HASH_ENTER, NULL);
		memset((char *) table + sizeof(uint64), 0, sizeof(Table) - sizeof(uint64));
		table->relid = form->oid;
		table->has_sortkey = has_sortkey(tuple, RelationGetDescr(catalog));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return others;
}

static void
mark_deletes(uint64 storage_id, void *arg)
{
	Table	   *table = hash_search(((Tables *) arg)->by_storage_id, &storage_id, HASH_FIND, NULL);

	if (table != NULL)
		table->has_deletes = true;
}

static void
count_group(const RsRowGroup *group, void *arg)
{
	Tables	   *tables = arg;
	Table	   *table = hash_search(tables->by_storage_id, &group->storage_id, HASH_FIND, NULL);
	MemoryContext caller;

	if (table == NULL)
		return;
	caller = MemoryContextSwitchTo(tables->context);
	(void) add_group(&table->totals, group, table->has_sortkey && !group->sorted);
	MemoryContextSwitchTo(caller);
	table->groups++;
}

static void
put_all_tables(const Output *out)
{
	HASHCTL		control = {.keysize = sizeof(uint64), .entrysize = sizeof(Table), .hcxt = CurrentMemoryContext};
	Tables		tables = {.context = CurrentMemoryContext};
	HASH_SEQ_STATUS seq;
	Table	   *table;
	List	   *others;
	ListCell   *lc;

	rs_insert_buffers_flush_all();
	tables.by_storage_id = hash_create("tables by storage id", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	others = collect_tables(&tables);
	rs_delete_vector_scan(GetActiveSnapshot(), mark_deletes, &tables);
	rs_directory_scan(GetActiveSnapshot(), count_group, &tables);

	hash_seq_init(&seq, tables.by_storage_id);
	while ((table = hash_seq_search(&seq)) != NULL)
	{
		if (table->has_deletes || (table->has_sortkey && table->groups > 1))
			others = lappend_oid(others, table->relid);
		else
			put_totals(out, table->relid, table->has_sortkey, table->totals);
	}
	foreach(lc, others)
	{
		CHECK_FOR_INTERRUPTS();
		open_and_put_table(out, lfirst_oid(lc));
	}
}

/*
 * slice_storage(): of each slice of each redshift table that the user may read, what row
 * groups it has; nothing of slices without rows.
 */
Datum
rs_slice_storage(PG_FUNCTION_ARGS)
{
	Output		out = {(ReturnSetInfo *) fcinfo->resultinfo, true};

	InitMaterializedSRF(fcinfo, 0);
	put_all_tables(&out);
	return (Datum) 0;
}

/*
 * stored_tables(): the same of each table with rows.
 */
Datum
rs_stored_tables(PG_FUNCTION_ARGS)
{
	Output		out = {(ReturnSetInfo *) fcinfo->resultinfo, false};

	InitMaterializedSRF(fcinfo, 0);
	put_all_tables(&out);
	return (Datum) 0;
}
