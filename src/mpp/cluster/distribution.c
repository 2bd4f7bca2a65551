/*
 * distribution.c
 *	  Which slice a row belongs to: hash of the key modulo the number of slices.
 *
 * Rows stay where this put them, so it never changes.  Values that a query may find
 * equal hash alike, also across types: integers of all widths as 64 bits, strings of
 * all types without trailing blanks, enums by their labels, everything else by its type's
 * extended hash function.  A NULL counts as zero.
 *
 * A hash has to be the same on all nodes.  Values of enums and the reg* types are OIDs, which
 * are not: of the former the labels are hashed, by the latter, and by what has either in it,
 * rows cannot be distributed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "mpp/cluster/distribution.h"
#include "mpp/wire/wire_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

typedef enum KeyKind
{
	KEY_INT2, KEY_INT4, KEY_INT8, KEY_TEXT, KEY_ENUM, KEY_OTHER
} KeyKind;

typedef struct Key
{
	KeyKind		kind;
	Oid			collation;
	FmgrInfo	hash;			/* of KEY_OTHER */
} Key;

struct RsDistribution
{
	int			nslices;
	int			nkeys;
	Key			keys[FLEXIBLE_ARRAY_MEMBER];
};

static bool
is_deterministic(Oid collation)
{
	return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

static KeyKind
kind_of(Oid base, Oid collation)
{
	switch (base)
	{
		case INT2OID:
			return KEY_INT2;
		case INT4OID:
			return KEY_INT4;
		case INT8OID:
			return KEY_INT8;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return is_deterministic(collation) ? KEY_TEXT : KEY_OTHER;
		default:
			return type_is_enum(base) ? KEY_ENUM : KEY_OTHER;
	}
}

/*
 * By a collation that is not deterministic strings are equal whose bytes differ: only
 * hashes made with it follow.
 */
bool
rs_distribution_alike(Oid a, Oid a_collation, Oid b, Oid b_collation, Oid compared)
{
	KeyKind		a_kind;
	KeyKind		b_kind;

	a = getBaseType(a);
	b = getBaseType(b);
	a_kind = kind_of(a, a_collation);
	b_kind = kind_of(b, b_collation);
	if (a_kind >= KEY_ENUM || b_kind >= KEY_ENUM ? a != b : (a_kind == KEY_TEXT) != (b_kind == KEY_TEXT))
		return false;
	if (!is_deterministic(compared))
		return a_collation == compared && b_collation == compared;
	return a_collation == b_collation || (is_deterministic(a_collation) && is_deterministic(b_collation));
}

static bool
row_holds_oids(Oid type)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(type, -1);
	bool		found = false;
	int			i;

	for (i = 0; i < desc->natts && !found; i++)
		found = !TupleDescAttr(desc, i)->attisdropped && rs_type_holds_oids(TupleDescAttr(desc, i)->atttypid);
	ReleaseTupleDesc(desc);
	return found;
}

bool
rs_type_holds_oids(Oid type)
{
	Oid			base = getBaseType(type);

	if (base == RECORDOID || base == ACLITEMOID || rs_wire_type_names_objects(base))
		return true;
	if (OidIsValid(get_element_type(base)))
		return rs_type_holds_oids(get_element_type(base));
	switch (get_typtype(base))
	{
		case TYPTYPE_ENUM:
			return true;
		case TYPTYPE_RANGE:
			return rs_type_holds_oids(get_range_subtype(base));
		case TYPTYPE_MULTIRANGE:
			return rs_type_holds_oids(get_multirange_range(base));
		case TYPTYPE_COMPOSITE:
			return row_holds_oids(base);
		default:
			return false;
	}
}

bool
rs_distribution_possible(Oid type)
{
	Oid			base = getBaseType(type);

	return type_is_enum(base) || (OidIsValid(lookup_type_cache(base, TYPECACHE_HASH_EXTENDED_PROC)->hash_extended_proc) &&
								  !rs_type_holds_oids(base));
}

bool
rs_distribution_equality(Oid operator, Oid type)
{
	TypeCacheEntry *entry = lookup_type_cache(getBaseType(type), TYPECACHE_HASH_OPFAMILY);

	return rs_distribution_possible(type) && OidIsValid(entry->hash_opf) && op_in_opfamily(operator, entry->hash_opf);
}

static void
init_key(Key *key, Oid type, Oid collation)
{
	Oid			base = getBaseType(type);
	TypeCacheEntry *entry;

	key->collation = collation;
	key->kind = kind_of(base, collation);
	if (key->kind != KEY_OTHER)
		return;
	entry = lookup_type_cache(base, TYPECACHE_HASH_EXTENDED_PROC_FINFO);
	if (!rs_distribution_possible(base))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("rows cannot be distributed by a value of type %s", format_type_be(type)),
				 errdetail("Its values have other hashes on other servers, or no extended hash function.")));
	fmgr_info_copy(&key->hash, &entry->hash_extended_proc_finfo, CurrentMemoryContext);
}

RsDistribution *
rs_distribution_create(int nkeys, const Oid *types, const Oid *collations, int nslices)
{
	RsDistribution *result = palloc0(offsetof(RsDistribution, keys) + nkeys * sizeof(Key));
	int			i;

	result->nslices = nslices;
	result->nkeys = nkeys;
	for (i = 0; i < nkeys; i++)
		init_key(&result->keys[i], types[i], collations[i]);
	return result;
}

/*
 * The finalizer of MurmurHash3 (Austin Appleby, public domain).
 */
static uint64
mix(uint64 x)
{
	x ^= x >> 33;
	x *= UINT64CONST(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64CONST(0xc4ceb9fe1a85ec53);
	x ^= x >> 33;
	return x;
}

static uint64
hash_text(Datum value)
{
	struct varlena *text = PG_DETOAST_DATUM_PACKED(value);
	const char *bytes = VARDATA_ANY(text);
	int			size = VARSIZE_ANY_EXHDR(text);
	uint64		hash;

	while (size > 0 && bytes[size - 1] == ' ')
		size--;
	hash = hash_bytes_extended((const unsigned char *) bytes, size, 0);
	if ((Pointer) text != DatumGetPointer(value))
		pfree(text);
	return hash;
}

static uint64
hash_label(Oid value)
{
	HeapTuple	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	const char *label;
	uint64		hash;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for enum value %u", value);
	label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);
	hash = hash_bytes_extended((const unsigned char *) label, strlen(label), 0);
	ReleaseSysCache(tuple);
	return hash;
}

static uint64
hash_key(const Key *key, Datum value)
{
	switch (key->kind)
	{
		case KEY_INT2:
			return mix((uint64) (int64) DatumGetInt16(value));
		case KEY_INT4:
			return mix((uint64) (int64) DatumGetInt32(value));
		case KEY_INT8:
			return mix((uint64) DatumGetInt64(value));
		case KEY_TEXT:
			return hash_text(value);
		case KEY_ENUM:
			return hash_label(DatumGetObjectId(value));
		case KEY_OTHER:
			return DatumGetUInt64(FunctionCall2Coll(unconstify(FmgrInfo *, &key->hash), key->collation, value,
													Int64GetDatum(0)));
	}
	return 0;
}

int32
rs_distribution_slice(const RsDistribution *distribution, const Datum *keys, const bool *nulls)
{
	uint64		hash = 0;
	int			i;

	for (i = 0; i < distribution->nkeys; i++)
		hash = (i == 0 ? 0 : mix(hash)) + (nulls[i] ? 0 : hash_key(&distribution->keys[i], keys[i]));
	return (int32) (hash % (uint64) distribution->nslices);
}
