/*
 * key_order.c
 *	  Row groups as sequences in the order of a sort key.
 *
 * A group says itself what its rows are sorted by, next to the bounds of the leading
 * column in its directory row: the table's sort key, and types and collations of its
 * columns, may have changed since without a rewrite.
 *
 * Groups whose bounds do not overlap follow each other in a chain; a table that was
 * loaded in order, or sorted by VACUUM, is one chain.  Where bounds touch, the order of
 * further columns is not known from them, so such groups are of one chain only if the
 * order is that of the first column.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "encoding/numeric.h"
#include "storage/key_order.h"
#include "storage/zone_map.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

typedef struct Range
{
	RsRowGroup *group;
	RsZone		zone;
} Range;

typedef struct Comparison
{
	FmgrInfo   *cmp;
	Oid			collation;
} Comparison;

bytea *
rs_key_zone_add_order(bytea *key_zone, TupleDesc desc, const RsTableOptions *options)
{
	Size		size = VARSIZE(key_zone);
	int			n = options->nsortkeys;
	bytea	   *result;
	int			k;

	if (options->sortstyle == RS_SORT_INTERLEAVED && n > 1)
		return key_zone;
	result = palloc0(size + n * sizeof(RsSortedBy));
	memcpy(result, key_zone, size);
	SET_VARSIZE(result, size + n * sizeof(RsSortedBy));
	for (k = 0; k < n; k++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, options->sortkeys[k] - 1);
		RsSortedBy	by = {.attno = (uint16) att->attnum, .type = att->atttypid,
			.collation = att->attcollation};

		memcpy((char *) result + size + k * sizeof(RsSortedBy), &by, sizeof(by));
	}
	return result;
}

bool
rs_key_has_order(Oid type, Oid collation)
{
	RsColumnType column;

	rs_column_type_init(&column, type, -1, collation);
	if (!OidIsValid(lookup_type_cache(column.typid, TYPECACHE_CMP_PROC)->cmp_proc))
		return false;
	return column.phys != RS_PHYS_VARLEN || column.is_numeric || rs_collation_is_bytes(&column);
}

/*
 * Are the group's rows in the order of these columns, as they are now?
 */
static bool
is_sorted_by(TupleDesc desc, const RsRowGroup *group, const AttrNumber *keys, int nkeys)
{
	const char *bytes;
	Size		size;
	RsZoneBytes head;
	int			k;

	if (!group->sorted || group->key_zone == NULL)
		return false;
	bytes = VARDATA_ANY(group->key_zone);
	size = VARSIZE_ANY_EXHDR(group->key_zone);
	if (size < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	bytes += sizeof(head) + head.min_size + head.max_size;
	if (size < sizeof(head) + head.min_size + head.max_size + nkeys * sizeof(RsSortedBy))
		return false;
	for (k = 0; k < nkeys; k++, bytes += sizeof(RsSortedBy))
	{
		Form_pg_attribute att = TupleDescAttr(desc, keys[k] - 1);
		RsSortedBy	by;

		memcpy(&by, bytes, sizeof(by));
		if (by.attno != keys[k] || by.type != att->atttypid || by.collation != att->attcollation)
			return false;
	}
	return true;
}

/*
 * Order of two bounds.  Those of bytes are compared as such: a lower bound that was cut
 * short is still one.
 */
static int
compare_bounds(const RsZone *zone, Datum a, Datum b, const Comparison *comparison)
{
	Size		a_size;
	Size		b_size;
	int			result;

	if (zone->order == RS_ZONE_BTREE)
		return DatumGetInt32(FunctionCall2Coll(comparison->cmp, comparison->collation, a, b));
	a_size = VARSIZE_ANY_EXHDR(DatumGetPointer(a));
	b_size = VARSIZE_ANY_EXHDR(DatumGetPointer(b));
	result = memcmp(VARDATA_ANY(DatumGetPointer(a)), VARDATA_ANY(DatumGetPointer(b)),
					Min(a_size, b_size));
	return result != 0 ? result : (a_size > b_size) - (a_size < b_size);
}

/*
 * Do all rows of one range come before those of another one that begins later?
 */
static bool
precedes(const RsZone *before, const RsZone *after, bool strictly, const Comparison *comparison)
{
	int			order = compare_bounds(before, before->max, after->min, comparison);

	if (before->max_truncated)
	{
		Size		size = Min(VARSIZE_ANY_EXHDR(DatumGetPointer(before->max)),
							   VARSIZE_ANY_EXHDR(DatumGetPointer(after->min)));

		/* The true end may be anything that begins so. */
		if (memcmp(VARDATA_ANY(DatumGetPointer(before->max)),
				   VARDATA_ANY(DatumGetPointer(after->min)), size) == 0)
			return false;
	}
	return strictly ? order < 0 : order <= 0;
}

static int
compare_ranges(const void *a, const void *b, void *comparison)
{
	const Range *x = a;
	const Range *y = b;
	int			order = compare_bounds(&x->zone, x->zone.min, y->zone.min, comparison);

	if (order == 0)
		order = compare_bounds(&x->zone, x->zone.max, y->zone.max, comparison);
	if (order == 0)
		order = (x->group->first_row > y->group->first_row) - (x->group->first_row < y->group->first_row);
	return order;
}

static void
add_to_rest(RsKeyChains *result, RsRowGroup *group)
{
	result->rest = lappend(result->rest, group);
	result->rest_rows += group->nrows;
}

/*
 * The ranges of the groups that are in order; all others are to be sorted.
 */
static Range *
find_ranges(TupleDesc desc, List *groups, const AttrNumber *keys, int nkeys, RsKeyChains *result,
			int *n)
{
	Range	   *ranges = palloc(Max(list_length(groups), 1) * sizeof(Range));
	RsColumnType *types = palloc0(desc->natts * sizeof(RsColumnType));
	Form_pg_attribute att = TupleDescAttr(desc, keys[0] - 1);
	ListCell   *lc;

	*n = 0;
	rs_column_type_init(&types[keys[0] - 1], att->atttypid, att->atttypmod, att->attcollation);
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);

		if (is_sorted_by(desc, group, keys, nkeys) &&
			rs_key_zone_read(types, desc->natts, group, &ranges[*n].zone) == keys[0])
			ranges[(*n)++].group = group;
		else
			add_to_rest(result, group);
	}
	return ranges;
}

void
rs_key_chains(TupleDesc desc, List *groups, const AttrNumber *keys, int nkeys, int most,
			  RsKeyChains *result)
{
	Form_pg_attribute att = TupleDescAttr(desc, keys[0] - 1);
	Comparison	comparison = {.collation = att->attcollation};
	Range	   *ranges;
	const RsZone **ends = palloc(most * sizeof(RsZone *));
	int			n;
	int			i;

	memset(result, 0, sizeof(RsKeyChains));
	result->chains = palloc0(most * sizeof(List *));
	comparison.cmp = &lookup_type_cache(att->atttypid, TYPECACHE_CMP_PROC_FINFO)->cmp_proc_finfo;
	ranges = find_ranges(desc, groups, keys, nkeys, result, &n);
	qsort_arg(ranges, n, sizeof(Range), compare_ranges, &comparison);
	for (i = 0; i < n; i++)
	{
		int			c;

		for (c = 0; c < result->n; c++)
			if (precedes(ends[c], &ranges[i].zone, nkeys > 1, &comparison))
				break;
		if (c == most)
		{
			add_to_rest(result, ranges[i].group);
			continue;
		}
		result->n = Max(result->n, c + 1);
		result->chains[c] = lappend(result->chains[c], ranges[i].group);
		ends[c] = &ranges[i].zone;
	}
}
