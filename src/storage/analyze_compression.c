/*
 * analyze_compression.c
 *	  redshift.analyze_compression(): the best encoding for each column.
 *
 * Redshift's ANALYZE COMPRESSION: a sample of the rows is encoded with every
 * encoding the column's type accepts, and the smallest is reported with its
 * saving against raw.  Columns of the sort key are reported as they are.  Works
 * on tables of any access method, so one can ask before moving a heap table.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/column_set.h"
#include "storage/options.h"
#include "storage/remote_rows.h"
#include "storage/tableam.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_analyze_compression);

/*
 * Size of a column's sampled rows under one wish, blocks as in a row group.
 */
static uint64
encoded_size(const RsColumnData *column, uint32 nrows, RsEncodingId wish)
{
	RsEncodingPlan plan = {RS_ENC_RAW, RS_CODEC_NONE};
	bool		chosen = false;
	uint64		total = 0;
	uint32		first;

	for (first = 0; first < nrows; first += RS_BLOCK_ROWS)
	{
		MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
													  "redshift analyze compression",
													  ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(context);
		uint32		n = Min(nrows - first, RS_BLOCK_ROWS);
		uint64		valid[RS_BLOCK_ROWS / 64];
		StringInfoData out;
		RsBlockForm form;
		RsValues	dense;

		CHECK_FOR_INTERRUPTS();
		rs_column_gather(column, NULL, first, n, &dense, valid);
		initStringInfo(&out);
		if (!chosen && dense.count > 0)
		{
			rs_block_choose(&column->type, &dense, wish, &plan);
			chosen = true;
		}
		rs_block_encode(&column->type, &dense, valid, n, &plan, &out, &form);
		total += form.size;
		MemoryContextSwitchTo(old);
		MemoryContextDelete(context);
	}
	return total;
}

/*
 * The first sample_rows rows, at most a row group's.
 */
static void
sample(Relation rel, uint32 sample_rows, RsColumnSet *set)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);

	rs_column_set_init(set, RelationGetDescr(rel), CurrentMemoryContext);
	while (set->nrows < sample_rows && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		(void) rs_column_set_append(set, &slot, 1);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * The same of a table whose rows other servers have: they are asked for.
 */
static void
sample_remote(Relation rel, uint32 sample_rows, RsColumnSet *set)
{
	TupleDesc	desc = RelationGetDescr(rel);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));
	StringInfoData sql;
	Portal		portal;

	rs_column_set_init(set, desc, CurrentMemoryContext);
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < desc->natts; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", TupleDescAttr(desc, i)->attisdropped ? "NULL" :
						 quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
	appendStringInfo(&sql, " FROM ONLY %s LIMIT %u",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel)),
					 sample_rows);
	SPI_connect();
	portal = SPI_cursor_open_with_args(NULL, sql.data, 0, NULL, NULL, NULL, true, 0);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, RS_BLOCK_ROWS);
		if (SPI_processed == 0)
			break;
		for (uint64 row = 0; row < SPI_processed; row++)
		{
			CHECK_FOR_INTERRUPTS();
			heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, values, nulls);
			ExecClearTuple(slot);
			memcpy(slot->tts_values, values, desc->natts * sizeof(Datum));
			memcpy(slot->tts_isnull, nulls, desc->natts * sizeof(bool));
			ExecStoreVirtualTuple(slot);
			(void) rs_column_set_append(set, &slot, 1);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_finish();
	ExecDropSingleTupleTableSlot(slot);
}

static bool
in_sort_key(const RsTableOptions *options, AttrNumber attno)
{
	int			i;

	for (i = 0; i < options->nsortkeys; i++)
		if (options->sortkeys[i] == attno)
			return true;
	return false;
}

/*
 * Saving in hundredths of a percent of the raw size.
 */
static int64
reduction(uint64 raw, uint64 size)
{
	return raw == 0 || size >= raw ? 0 : (int64) ((raw - size) * 10000 / raw);
}

static RsEncodingId
best_encoding(const RsColumnData *column, uint32 nrows, int64 *saved)
{
	uint64		raw = encoded_size(column, nrows, RS_ENC_RAW);
	RsEncodingId best = RS_ENC_RAW;
	int			id;

	*saved = 0;
	for (id = RS_ENC_RAW + 1; id <= RS_ENC_ZSTD; id++)
	{
		int64		this;

		if (!rs_encoding_accepts_type((RsEncodingId) id, &column->type))
			continue;
		this = reduction(raw, encoded_size(column, nrows, (RsEncodingId) id));
		if (this > *saved)
		{
			*saved = this;
			best = (RsEncodingId) id;
		}
	}
	return best;
}

Datum
rs_analyze_compression(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			relid = PG_GETARG_OID(0);
	int64		sample_rows = PG_GETARG_INT64(1);
	Relation	rel;
	AclResult	acl;
	RsTableOptions *options = NULL;
	RsColumnSet set;
	int			i;

	if (sample_rows < 1000 || sample_rows > 1000000000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sample_rows must be between 1000 and 1000000000")));
	rel = relation_open(relid, AccessShareLock);
	acl = pg_class_aclcheck(relid, GetUserId(), ACL_SELECT);
	if (acl != ACLCHECK_OK)
		aclcheck_error(acl, get_relkind_objtype(rel->rd_rel->relkind),
					   RelationGetRelationName(rel));
	if (rel->rd_tableam == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", RelationGetRelationName(rel))));
	if (rs_is_redshift_relation(rel))
		options = rs_options_get(rel);

	InitMaterializedSRF(fcinfo, 0);
	if (rs_remote_rows != NULL && rs_remote_rows->remote(relid))
		sample_remote(rel, (uint32) Min(sample_rows, RS_GROUP_ROWS), &set);
	else
		sample(rel, (uint32) Min(sample_rows, RS_GROUP_ROWS), &set);
	for (i = 0; i < set.natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);
		Datum		values[4];
		bool		nulls[4] = {false};
		RsEncodingId encoding;
		int64		saved = 0;

		if (att->attisdropped)
			continue;
		if (options != NULL && in_sort_key(options, (AttrNumber) (i + 1)))
			encoding = options->encodings[i] != RS_ENC_AUTO ? options->encodings[i] : RS_ENC_RAW;
		else
			encoding = best_encoding(&set.columns[i], set.nrows, &saved);
		values[0] = CStringGetTextDatum(RelationGetRelationName(rel));
		values[1] = CStringGetTextDatum(NameStr(att->attname));
		values[2] = CStringGetTextDatum(rs_encoding_name(encoding));
		values[3] = NumericGetDatum(int64_div_fast_to_numeric(saved, 2));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	relation_close(rel, AccessShareLock);
	return (Datum) 0;
}
