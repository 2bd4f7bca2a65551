/*
 * zone_map.h
 *	  Min, max and NULL count of blocks and chunks; predicates against them.
 */
#ifndef RS_ZONE_MAP_H
#define RS_ZONE_MAP_H

#include "access/stratnum.h"
#include "storage/format.h"

typedef struct RsZone
{
	uint32		nrows;
	uint32		nnulls;
	bool		unknown;		/* nnulls is a guess */
	bool		has_bounds;		/* min and max below are known */
	uint8		order;			/* RsZoneOrder */
	bool		max_truncated;
	bool		blank_padded;	/* char(n): bounds have trailing blanks stripped */
	Datum		min;			/* RS_ZONE_BTREE: Datums of the column's type; */
	Datum		max;			/* RS_ZONE_BYTES: short varlenas of the payload */
} RsZone;

typedef enum RsPredicateKind
{
	RS_PRED_COMPARE,			/* column op value */
	RS_PRED_IN,					/* column = ANY (values) */
	RS_PRED_PREFIX,				/* column starts with value (C collation bytes) */
	RS_PRED_IS_NULL,
	RS_PRED_IS_NOT_NULL,
	RS_PRED_ZONE,				/* strict: no NULL matches; may_match judges the bounds */
	RS_PRED_ORDER				/* may_match judges the bounds, and NULLs */
} RsPredicateKind;

/*
 * One conjunct that zone maps can refute.  The values may change between scans
 * (parameters); nothing is assumed about them but their type.
 */
typedef struct RsPredicate RsPredicate;
struct RsPredicate
{
	AttrNumber	attno;
	RsPredicateKind kind;
	StrategyNumber strategy;	/* RS_PRED_COMPARE: btree strategy */
	Oid			collation;		/* of the comparison */
	Oid			value_type;		/* of the value, or of each; InvalidOid: unknown */
	FmgrInfo	cmp;			/* btree order proc (column type, value type) */
	bool		never;			/* value is NULL: no row can match */
	bool		padded;			/* trailing blanks do not count, but the column's bounds have them */
	bool		bytes_order;	/* may be held against RS_ZONE_BYTES bounds */
	bool		btree_order;	/* may be held against RS_ZONE_BTREE bounds */
	Datum		value;
	Datum	   *values;			/* RS_PRED_IN */
	int			nvalues;
	/* RS_PRED_ZONE, RS_PRED_ORDER */
	bool		(*may_match) (void *arg, const RsPredicate *pred, const RsZone *zone);
	void	   *arg;
	Oid			column_type;
};

/* Do the bytes of the column's values sort as the values do? */
extern bool rs_collation_is_bytes(const RsColumnType *type);

/*
 * Where trailing blanks do not count: may a string that is no less than this lower bound
 * equal that one, which has none?
 */
extern bool rs_bound_admits_padded(const char *min, Size min_size, const char *value, Size size);

/* Can a row of this zone satisfy the predicate?  True when in doubt. */
extern bool rs_zone_may_match(const RsZone *zone, const RsPredicate *pred);

/* Does every row of this zone satisfy the predicate?  False when in doubt. */
extern bool rs_zone_must_match(const RsZone *zone, const RsPredicate *pred);

/*
 * Collects a zone while a block is written.  NULL-free dense values; order
 * procs come from the type cache (NULL proc: no bounds kept).
 */
typedef struct RsZoneBuilder RsZoneBuilder;
extern RsZoneBuilder *rs_zone_builder_create(const RsColumnType *type);
extern void rs_zone_builder_reset(RsZoneBuilder *zb);
extern void rs_zone_builder_add(RsZoneBuilder *zb, const RsValues *dense);
extern void rs_zone_builder_merge(RsZoneBuilder *into, const RsZoneBuilder *from);
/* Append RsZoneBytes; false (nothing appended) if there are no bounds. */
extern bool rs_zone_builder_write(const RsZoneBuilder *zb, StringInfo out);

/* Parse RsZoneBytes (checked against avail); Datums are made in the current context. */
extern void rs_zone_read(const RsColumnType *type, const char *bytes, Size avail,
						 RsZone *zone);

/*
 * The bounds of the leading sort column in a directory row: fills zone and gives
 * the attribute they are of, as it was when the group was written; 0 if there
 * are none, or the attribute is gone.
 */
struct RsRowGroup;
extern AttrNumber rs_key_zone_read(const RsColumnType *types, int natts,
								   const struct RsRowGroup *group, RsZone *zone);

#endif							/* RS_ZONE_MAP_H */
