/*
 * bench_reader.c
 *	  The reader by itself: decode columns of a table in batches and drop them.
 *
 * bench_reader(regclass, int[]) gives the rows read; time it with \timing.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "storage/scan.h"
#include "utils/array.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(bench_reader);

Datum
bench_reader(PG_FUNCTION_ARGS)
{
	Relation	rel = table_open(PG_GETARG_OID(0), AccessShareLock);
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(1);
	int32	   *attnos = (int32 *) ARR_DATA_PTR(array);
	Bitmapset  *attrs = NULL;
	RsBatch    *batch = palloc(sizeof(RsBatch));
	RsScan	   *scan;
	int64		rows = 0;
	int			i;

	for (i = 0; i < ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)); i++)
		attrs = bms_add_member(attrs, attnos[i]);
	scan = rs_scan_begin(rel, RelationGetDescr(rel), GetActiveSnapshot(), attrs, NULL, 0, NULL);
	while (rs_scan_next(scan, batch))
		rows += batch->nsel;
	rs_scan_end(scan);
	table_close(rel, AccessShareLock);
	PG_RETURN_INT64(rows);
}
