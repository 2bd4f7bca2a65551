/*
 * verify.c
 *	  redshift.verify(): read and check everything a table stores.
 *
 * Damage is reported, not raised: every piece is read within a subtransaction
 * of its own, and a data_corrupted error becomes a row of the result.  Checked
 * are checksums, decoding, bounds against values, counts against the directory,
 * delete vectors, and that groups overlap neither in pages nor in row numbers.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "core/subtransaction.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/group_reader.h"
#include "storage/inspect.h"
#include "storage/space.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(rs_verify);

typedef struct Verifier
{
	ReturnSetInfo *result;
	Relation	rel;
	List	   *groups;
	const RsRowGroup *group;
	RsGroupReader *reader;
	AttrNumber	attno;			/* 0: not about a column */
	int32		block;			/* -1: not about a block */
} Verifier;

static void
report(Verifier *v, const char *problem)
{
	Datum		values[4] = {0};
	bool		nulls[4] = {false};

	nulls[0] = v->group == NULL;
	if (v->group != NULL)
		values[0] = Int64GetDatum(v->group->group_id);
	nulls[1] = v->attno == 0;
	if (v->attno != 0)
		values[1] = NameGetDatum(&TupleDescAttr(RelationGetDescr(v->rel), v->attno - 1)->attname);
	nulls[2] = v->block < 0;
	values[2] = Int32GetDatum(v->block);
	values[3] = CStringGetTextDatum(problem);
	tuplestore_putvalues(v->result->setResult, v->result->setDesc, values, nulls);
}

/*
 * Run one check; an error about damaged data becomes a report.  True if it ran
 * to its end.
 */
static bool
guarded(Verifier *v, void (*check) (Verifier *))
{
	RsSubtransaction sub;
	volatile bool ok = true;

	rs_subtransaction_begin(&sub);
	PG_TRY();
	{
		check(v);
		rs_subtransaction_commit(&sub);
	}
	PG_CATCH();
	{
		ErrorData  *error = rs_subtransaction_abort(&sub);

		if (error->sqlerrcode != ERRCODE_DATA_CORRUPTED &&
			error->sqlerrcode != ERRCODE_INDEX_CORRUPTED &&
			error->sqlerrcode != ERRCODE_IO_ERROR)
			ReThrowError(error);
		report(v, error->detail ? psprintf("%s: %s", error->message, error->detail) : error->message);
		ok = false;
	}
	PG_END_TRY();
	return ok;
}

static void
open_group(Verifier *v)
{
	v->reader = rs_group_open(v->rel, RelationGetDescr(v->rel), v->group, NULL, NULL);
}

/*
 * Decode a block and hold every value against its bounds.
 */
static void
check_block(Verifier *v)
{
	const RsDecodedBlock *block = rs_group_block(v->reader, v->attno, (uint32) v->block);
	const RsColumnType *type = rs_group_column_type(v->reader, v->attno);
	TypeCacheEntry *cache = lookup_type_cache(type->typid, TYPECACHE_CMP_PROC_FINFO);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift verify",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old;
	RsPredicate pred = {0};
	RsZone		zone;
	uint32		nnulls = 0;
	uint32		row;

	rs_group_zone(v->reader, v->attno, v->block, &zone);
	pred.kind = RS_PRED_IN;
	pred.nvalues = 1;
	pred.collation = type->collation;
	pred.btree_order = pred.bytes_order = true;
	if (OidIsValid(cache->cmp_proc_finfo.fn_oid))
		fmgr_info_copy(&pred.cmp, &cache->cmp_proc_finfo, CurrentMemoryContext);
	for (row = 0; row < rs_group_block_rows(v->reader, (uint32) v->block); row++)
	{
		bool		isnull;
		Datum		value;
		bool		outside;

		CHECK_FOR_INTERRUPTS();
		old = MemoryContextSwitchTo(context);
		value = rs_block_datum(type, block, row, &isnull);
		pred.values = &value;
		outside = !isnull && zone.has_bounds && !rs_zone_may_match(&zone, &pred);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
		nnulls += isnull;
		if (outside)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("value of row %u is outside the block's bounds", row)));
	}
	if (zone.has_bounds && nnulls != zone.nnulls)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("block has %u NULLs, but its zone map says %u", nnulls, zone.nnulls)));
	MemoryContextDelete(context);
}

static void
check_deletes(Verifier *v)
{
	RsDeleteSet *set = palloc(sizeof(RsDeleteSet));
	uint32		pos;

	if (rs_delete_vector_load(v->group->storage_id, v->group->group_id, GetActiveSnapshot(), set))
		for (pos = v->group->nrows; pos < RS_GROUP_ROWS; pos++)
			if (rs_deleted(set, pos))
				ereport(ERROR,
						(errcode(ERRCODE_DATA_CORRUPTED),
						 errmsg("delete vector names row %u, but the row group has %u",
								pos, v->group->nrows)));
	pfree(set);
}

static void
check_group(Verifier *v)
{
	TupleDesc	desc = RelationGetDescr(v->rel);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift verify group",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	int			i;

	v->attno = 0;
	v->block = -1;
	(void) guarded(v, check_deletes);
	if (guarded(v, open_group))
	{
		uint32		nblocks = rs_group_nblocks(v->reader);

		for (i = 0; i < desc->natts; i++)
		{
			if (TupleDescAttr(desc, i)->attisdropped)
				continue;
			v->attno = (AttrNumber) (i + 1);
			for (v->block = 0; v->block < (int32) nblocks; v->block++)
				if (!guarded(v, check_block))
				{
					/* The reader may be in the middle of something: start afresh. */
					AttrNumber	attno = v->attno;
					int32		block = v->block;

					v->attno = 0;
					v->block = -1;
					if (!guarded(v, open_group))
						break;
					v->attno = attno;
					v->block = block;
				}
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static int
by_page(const ListCell *a, const ListCell *b)
{
	const RsRowGroup *ga = lfirst(a);
	const RsRowGroup *gb = lfirst(b);

	return ga->first_page < gb->first_page ? -1 : ga->first_page > gb->first_page;
}

/*
 * Groups among each other and against the metapage and the file.
 */
static void
check_ranges(Verifier *v, List *groups, const RsMetaPage *meta)
{
	BlockNumber nblocks = RelationGetNumberOfBlocks(v->rel);
	uint64		next_row = 0;
	BlockNumber next_page = RS_META_BLKNO + 1;
	ListCell   *lc;

	v->attno = 0;
	v->block = -1;
	foreach(lc, groups)
	{
		v->group = lfirst(lc);
		if (v->group->first_row < next_row)
			report(v, "row numbers overlap those of another row group");
		next_row = v->group->first_row + v->group->nrows;
		if (next_row > meta->next_row)
			report(v, "row numbers are beyond those given out");
	}
	groups = list_copy(groups);
	list_sort(groups, by_page);
	foreach(lc, groups)
	{
		v->group = lfirst(lc);
		if (v->group->first_page == InvalidBlockNumber)
			continue;
		if (v->group->first_page < next_page)
			report(v, "pages overlap those of another row group");
		next_page = v->group->first_page + v->group->npages;
		if (next_page > meta->end_page || next_page > nblocks)
			report(v, "pages are beyond the end of the file");
	}
}

static void
list_groups(Verifier *v)
{
	v->groups = rs_directory_list(rs_space_storage_id(v->rel, false), GetActiveSnapshot());
}

static void
read_meta(Verifier *v)
{
	RsMetaPage	meta;

	rs_space_read_meta(v->rel, &meta);
}

Datum
rs_verify(PG_FUNCTION_ARGS)
{
	Verifier	v = {0};
	ListCell   *lc;

	v.rel = rs_inspect_open(PG_GETARG_OID(0), AccessShareLock);
	v.result = (ReturnSetInfo *) fcinfo->resultinfo;
	v.block = -1;
	InitMaterializedSRF(fcinfo, 0);
	if (guarded(&v, read_meta) && guarded(&v, list_groups))
	{
		RsMetaPage	meta;

		rs_space_read_meta(v.rel, &meta);
		check_ranges(&v, v.groups, &meta);
		foreach(lc, v.groups)
		{
			CHECK_FOR_INTERRUPTS();
			v.group = lfirst(lc);
			check_group(&v);
		}
	}
	relation_close(v.rel, AccessShareLock);
	return (Datum) 0;
}
