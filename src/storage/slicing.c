/*
 * slicing.c
 *	  How the rows of a table are spread over slices: see slicing.h.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "storage/slicing.h"
#include "storage/zone_map.h"
#include "utils/lsyscache.h"

const RsSlicing *(*rs_slicing) (Relation rel) = NULL;
bool		(*rs_slicing_possible) (Oid type) = NULL;

int32
rs_slicing_deal(Relation rel, int64 group_id)
{
	const RsSlicing *slicing = rs_slicing == NULL ? NULL : rs_slicing(rel);

	return slicing == NULL || slicing->nslices == 0 ? 0 : slicing->slices[group_id % slicing->nslices];
}

/*
 * By counting: there are far more rows in a batch than slices.
 */
uint32 *
rs_slicing_sort(const RsSlicing *slicing, TupleTableSlot **slots, uint32 n, TupleTableSlot ***order)
{
	uint32	   *ends = palloc0((slicing->total + 1) * sizeof(uint32));
	int32	   *of = palloc(n * sizeof(int32));
	uint32		i;
	int			s;

	*order = palloc(n * sizeof(TupleTableSlot *));
	for (i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		key = slot_getattr(slots[i], slicing->key, &isnull);

		of[i] = slicing->slice_of(slicing, key, isnull);
		ends[of[i] + 1]++;
	}
	for (s = 1; s <= slicing->total; s++)
		ends[s] += ends[s - 1];

	/* ends[s] is where slice s begins until its rows have been put there. */
	for (i = 0; i < n; i++)
		(*order)[ends[of[i]]++] = slots[i];
	pfree(of);
	return ends;
}

/*
 * Those hash alike, without trailing blanks.
 */
static bool
is_string(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

/*
 * Do values of a type hash as the column's do, given to its hash function?
 */
static bool
hashes_as(Oid type, Oid column)
{
	type = getBaseType(type);
	column = getBaseType(column);
	return type == column || (is_string(type) && is_string(column));
}

bool
rs_slicing_may_match(const RsSlicing *slicing, TupleDesc desc, int32 slice, const RsPredicate *pred)
{
	Form_pg_attribute key = TupleDescAttr(desc, slicing->key - 1);
	int			i;

	if (pred->attno != slicing->key || pred->never || !OidIsValid(pred->value_type) ||
		!hashes_as(pred->value_type, key->atttypid) ||
		(OidIsValid(key->attcollation) && pred->collation != key->attcollation))
		return true;
	if (pred->kind == RS_PRED_COMPARE && pred->strategy == BTEqualStrategyNumber)
		return slicing->slice_of(slicing, pred->value, false) == slice;
	if (pred->kind != RS_PRED_IN)
		return true;
	for (i = 0; i < pred->nvalues; i++)
		if (slicing->slice_of(slicing, pred->values[i], false) == slice)
			return true;
	return false;
}
