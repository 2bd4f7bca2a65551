/*
 * zorder.c
 *	  Sort a whole table by an INTERLEAVED key.
 *
 * sort.c deals the bits of exact ranks, which it can only know for the rows of
 * one batch.  Over a table a rank is estimated: a first pass takes a random
 * sample of the key columns, a second one looks each value up in the sorted
 * sample, and tuplesort orders the rows by the dealt bits, in bounded memory.
 * An error of the estimate costs a little skipping, never an answer: the order
 * inside each row group is then made exact by sort.c.
 */
#include "postgres.h"

#include "access/relscan.h"
#include "access/tableam.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/options.h"
#include "storage/slot.h"
#include "storage/sort.h"
#include "storage/zorder.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/sampling.h"
#include "utils/sortsupport.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

/* Rows of the sample: bits enough for 2^14 ranges of each column. */
#define RS_ZORDER_SAMPLE	16384
#define RS_ZORDER_BITS		14

typedef struct ZorderColumn
{
	AttrNumber	attno;
	Form_pg_attribute att;
	SortSupportData support;
	Datum	   *sample;			/* values that are not NULL, sorted */
	bool	   *isnull;			/* while sampling */
	int			nvalues;
} ZorderColumn;

struct RsZorder
{
	int			ncolumns;
	ZorderColumn *columns;
	TupleDesc	desc;
	TupleTableSlot *row;		/* virtual, of desc */
	Tuplesortstate *sort;
};

static void
column_init(ZorderColumn *column, Relation rel, AttrNumber attno)
{
	column->attno = attno;
	column->att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
	column->support.ssup_cxt = CurrentMemoryContext;
	column->support.ssup_collation = column->att->attcollation;
	PrepareSortSupportFromOrderingOp(lookup_type_cache(column->att->atttypid,
													   TYPECACHE_LT_OPR)->lt_opr,
									 &column->support);
	column->sample = palloc(RS_ZORDER_SAMPLE * sizeof(Datum));
	column->isnull = palloc(RS_ZORDER_SAMPLE * sizeof(bool));
}

static void
sample_row(RsZorder *zorder, TupleTableSlot *slot, int at, bool replace)
{
	int			c;

	for (c = 0; c < zorder->ncolumns; c++)
	{
		ZorderColumn *column = &zorder->columns[c];
		Form_pg_attribute att = column->att;
		bool		isnull;
		Datum		value = slot_getattr(slot, column->attno, &isnull);

		if (replace && !column->isnull[at] && !att->attbyval)
			pfree(DatumGetPointer(column->sample[at]));
		column->isnull[at] = isnull;
		if (!isnull)
			column->sample[at] = datumCopy(value, att->attbyval, att->attlen);
	}
}

static int
compare_datums(const void *a, const void *b, void *support)
{
	return ApplySortComparator(*(const Datum *) a, false, *(const Datum *) b, false,
							   (SortSupport) support);
}

/* Algorithm Z of Vitter, "Random Sampling with a Reservoir", as ANALYZE uses it. */
static void
take_sample(RsZorder *zorder, Relation rel, Snapshot snapshot)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), rs_slot_ops());
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);
	ReservoirStateData reservoir;
	double		seen = 0;
	double		skip = -1;
	int			n = 0;
	int			c;

	reservoir_init_selection_state(&reservoir, RS_ZORDER_SAMPLE);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (n < RS_ZORDER_SAMPLE)
			sample_row(zorder, slot, n++, false);
		else
		{
			if (skip < 0)
				skip = reservoir_get_next_S(&reservoir, seen, RS_ZORDER_SAMPLE);
			if (skip <= 0)
				sample_row(zorder, slot,
						   (int) (RS_ZORDER_SAMPLE * sampler_random_fract(&reservoir.randstate)),
						   true);
			skip -= 1;
		}
		seen += 1;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);

	for (c = 0; c < zorder->ncolumns; c++)
	{
		ZorderColumn *column = &zorder->columns[c];
		int			i;

		for (i = 0; i < n; i++)
			if (!column->isnull[i])
				column->sample[column->nvalues++] = column->sample[i];
		qsort_arg(column->sample, column->nvalues, sizeof(Datum), compare_datums,
				  &column->support);
	}
}

RsZorder *
rs_zorder_begin(Relation rel, const RsTableOptions *options, Snapshot snapshot)
{
	RsZorder   *zorder = palloc0(sizeof(RsZorder));
	int			natts = RelationGetDescr(rel)->natts;
	AttrNumber	key = (AttrNumber) (natts + 1);
	Oid			less = Int8LessOperator;
	Oid			collation = InvalidOid;
	bool		nulls_first = false;
	int			i;

	zorder->ncolumns = options->nsortkeys;
	zorder->columns = palloc0(options->nsortkeys * sizeof(ZorderColumn));
	for (i = 0; i < options->nsortkeys; i++)
		column_init(&zorder->columns[i], rel, options->sortkeys[i]);
	take_sample(zorder, rel, snapshot);

	zorder->desc = CreateTemplateTupleDesc(natts + 1);
	for (i = 0; i < natts; i++)
		TupleDescCopyEntry(zorder->desc, (AttrNumber) (i + 1), RelationGetDescr(rel),
						   (AttrNumber) (i + 1));
	TupleDescInitEntry(zorder->desc, key, "zorder", INT8OID, -1, 0);
	zorder->row = MakeSingleTupleTableSlot(zorder->desc, &TTSOpsVirtual);
	zorder->sort = tuplesort_begin_heap(zorder->desc, 1, &key, &less, &collation, &nulls_first,
										maintenance_work_mem, NULL, TUPLESORT_NONE);
	return zorder;
}

/*
 * Estimated rank, of RS_ZORDER_BITS bits: how much of the sample is smaller.
 */
static uint32
estimate_rank(ZorderColumn *column, Datum value, bool isnull)
{
	int			low = 0;
	int			high = column->nvalues;

	if (isnull)
		return (1 << RS_ZORDER_BITS) - 1;
	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (ApplySortComparator(column->sample[middle], false, value, false,
								&column->support) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return column->nvalues == 0 ? 0 :
		Min(((uint32) low << RS_ZORDER_BITS) / column->nvalues, (1 << RS_ZORDER_BITS) - 1);
}

void
rs_zorder_put(RsZorder *zorder, TupleTableSlot *slot)
{
	TupleTableSlot *row = zorder->row;
	int			natts = slot->tts_tupleDescriptor->natts;
	uint64		key = 0;
	int			c;

	slot_getallattrs(slot);
	for (c = 0; c < zorder->ncolumns; c++)
	{
		ZorderColumn *column = &zorder->columns[c];
		uint32		rank = estimate_rank(column, slot->tts_values[column->attno - 1],
										 slot->tts_isnull[column->attno - 1]);

		key |= rs_deal_bits(rank, RS_ZORDER_BITS, c, zorder->ncolumns);
	}
	ExecClearTuple(row);
	memcpy(row->tts_values, slot->tts_values, natts * sizeof(Datum));
	memcpy(row->tts_isnull, slot->tts_isnull, natts * sizeof(bool));
	/* int8 is signed; one bit less does not matter to the order. */
	row->tts_values[natts] = Int64GetDatum((int64) (key >> 1));
	row->tts_isnull[natts] = false;
	ExecStoreVirtualTuple(row);
	tuplesort_puttupleslot(zorder->sort, row);
}

Tuplesortstate *
rs_zorder_sort(RsZorder *zorder)
{
	return zorder->sort;
}

TupleDesc
rs_zorder_desc(RsZorder *zorder)
{
	return zorder->desc;
}
