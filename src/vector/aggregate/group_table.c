/*
 * group_table.c
 *	  Distinct rows of some columns, numbered from 0: the groups of an aggregation.
 *
 * Rows are found in one of three ways, chosen by the keys' types and values:
 *
 *	 direct		one integer key whose values lie close together: an array from value
 *				to group
 *	 packed		integer keys that fit 64 bits together: open addressing, with the
 *				packed keys in the slots, so that a look-up touches nothing else
 *	 general	any keys: open addressing, with hashes in the slots; the values stand
 *				column by column, in the order in which groups were met
 *
 * A table begins in the best way and falls back: from direct to packed when values
 * spread, from packed to general when a NULL finds no room.  A large table is not in
 * the processor's caches, so what a look-up will touch is fetched for many rows
 * before the first of them is looked up.
 *
 * Numbers of groups never change, whatever way the table goes.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/nodeHash.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "vector/aggregate/group_table.h"
#include "vector/rows/pages.h"

/* Slots to begin with: for the groups expected, within reason. */
#define RS_FIRST_SLOTS		1024
#define RS_MOST_FIRST_SLOTS	(4 * 1024 * 1024)
/* Rows that are fetched ahead together. */
#define RS_AHEAD_ROWS		64
/*
 * Entries that a direct table may have, whatever its use; of each group, beyond that; and
 * at all, if half the memory is enough for them.
 */
#define RS_DIRECT_ENTRIES	65536
#define RS_DIRECT_SPARSE	16
#define RS_MOST_DIRECT		(64 * 1024 * 1024)
/* Bits that a packed 64-bit integer should have. */
#define RS_LEAST_BITS		24
/* Values by reference are kept in areas of this size. */
#define RS_AREA_SIZE		((Size) 128 * 1024)

typedef enum Way
{
	WAY_DIRECT,
	WAY_PACKED,
	WAY_GENERAL
} Way;

typedef struct Slot
{
	uint64		key;			/* packed keys, or the hash */
	uint32		group;
} Slot;

typedef struct GroupColumn
{
	RsVectorType type;
	char	   *data;			/* of the type's form; RsNumericKeys for numerics; NULL: packed */
	uint8	   *null;			/* NULL: no value is */
	int			shift;			/* in packed keys: where the value is, */
	int			bits;			/* how long, */
	int			null_bit;		/* and its flag; -1: no room */
} GroupColumn;

struct RsGroupTable
{
	MemoryContext context;
	int			ncolumns;
	int			nkeys;
	RsVectorType *types;
	GroupColumn *columns;
	Way			way;
	double		expected;
	bool		full;			/* gets no more groups */
	uint32		ngroups;
	uint32		capacity;
	uint64	   *keys;			/* packed, by group */
	uint32		null_group;		/* of a single packed key that is NULL */
	uint32	   *direct;			/* groups of values from direct_first on */
	int64		direct_first;
	uint64		direct_size;
	Slot	   *slots;
	uint32		nslots;			/* a power of two */
	char	   *area;			/* where the next value by reference goes */
	Size		area_left;
};

static Size
column_width(const RsVectorType *type)
{
	return type->is_numeric ? sizeof(RsNumericKey) : rs_form_width(type->form);
}

/*
 * Where the keys stand in a packed one, if they can.  A single key has no flag: NULL
 * has a group of its own.  Of wide integers (of this form or wider) that are too many,
 * short values are expected; a longer one ends the packing.
 */
static bool
pack_wide(RsGroupTable *table, RsForm widest)
{
	int			bits = 0;
	int			nwide = 0;
	int			wide;
	int			c;

	for (c = 0; c < table->nkeys; c++)
	{
		const RsVectorType *type = &table->types[c];

		if (type->is_numeric || type->form > RS_FORM_I64)
			return false;
		if (type->form >= widest)
			nwide++;
		else
			bits += 8 * (int) rs_form_width(type->form);
	}
	wide = nwide == 0 ? 0 : Min(64, (64 - bits - (table->nkeys > 1 ? table->nkeys : 0)) / nwide);
	if (table->nkeys == 0 || bits > 64 || (nwide > 0 && wide < RS_LEAST_BITS))
		return false;
	bits = 0;
	for (c = 0; c < table->nkeys; c++)
	{
		GroupColumn *column = &table->columns[c];

		column->shift = bits;
		column->bits = table->nkeys == 1 ? 64 : 8 * (int) rs_form_width(column->type.form);
		if (table->nkeys > 1 && column->type.form >= widest)
			column->bits = Min(column->bits, wide);
		column->null_bit = -1;
		bits += column->bits;
	}
	if (table->nkeys > 1 && bits + table->nkeys <= 64)
		for (c = 0; c < table->nkeys; c++)
			table->columns[c].null_bit = bits + c;
	return true;
}

static bool
plan_packing(RsGroupTable *table)
{
	return pack_wide(table, RS_FORM_I64) || pack_wide(table, RS_FORM_I32);
}

static void
create_slots(RsGroupTable *table, double groups)
{
	table->nslots = RS_FIRST_SLOTS;
	while (table->nslots < RS_MOST_FIRST_SLOTS && table->nslots < 2 * groups)
		table->nslots *= 2;
	table->slots = rs_enlarge(table->context, NULL, (Size) table->nslots * sizeof(Slot));
	rs_map_pages(table->slots, (Size) table->nslots * sizeof(Slot));
	memset(table->slots, 0xff, (Size) table->nslots * sizeof(Slot));
}

RsGroupTable *
rs_group_table_create(const RsVectorType *types, int ncolumns, int nkeys, double expected)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift groups",
												  ALLOCSET_DEFAULT_SIZES);
	RsGroupTable *table = MemoryContextAllocZero(context, sizeof(RsGroupTable));
	int			c;

	table->context = context;
	table->ncolumns = ncolumns;
	table->nkeys = nkeys;
	table->expected = expected;
	table->columns = MemoryContextAllocZero(context, Max(ncolumns, 1) * sizeof(GroupColumn));
	table->types = MemoryContextAllocZero(context, Max(ncolumns, 1) * sizeof(RsVectorType));
	for (c = 0; c < ncolumns; c++)
		table->types[c] = table->columns[c].type = types[c];
	table->null_group = RS_NO_GROUP;
	table->way = !plan_packing(table) ? WAY_GENERAL : nkeys == 1 ? WAY_DIRECT : WAY_PACKED;
	if (table->way != WAY_DIRECT)
		create_slots(table, expected);
	return table;
}

void
rs_group_table_destroy(RsGroupTable *table)
{
	MemoryContextDelete(table->context);
}

uint32
rs_group_table_count(const RsGroupTable *table)
{
	return table->ngroups;
}

void
rs_group_table_close(RsGroupTable *table)
{
	table->full = true;
}

Size
rs_group_table_memory(const RsGroupTable *table)
{
	return MemoryContextMemAllocated(table->context, true);
}

/* ---------------------------------------------------------------------
 * Slots
 * ---------------------------------------------------------------------
 */

static inline uint64
slot_hash(const RsGroupTable *table, uint64 key)
{
	return table->way == WAY_GENERAL ? key : rs_hash_integer(key);
}

static void
insert_slot(RsGroupTable *table, uint64 key, uint32 group)
{
	uint32		mask = table->nslots - 1;
	uint32		slot = (uint32) slot_hash(table, key) & mask;

	while (table->slots[slot].group != RS_NO_GROUP)
		slot = (slot + 1) & mask;
	table->slots[slot].key = key;
	table->slots[slot].group = group;
}

static void
grow_slots(RsGroupTable *table)
{
	Slot	   *before = table->slots;
	uint32		nbefore = table->nslots;
	uint32		i;

	if (nbefore >= ((uint32) 1 << 31))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many groups")));
	table->nslots *= 2;
	table->slots = rs_enlarge(table->context, NULL, (Size) table->nslots * sizeof(Slot));
	rs_map_pages(table->slots, (Size) table->nslots * sizeof(Slot));
	memset(table->slots, 0xff, (Size) table->nslots * sizeof(Slot));
	for (i = 0; i < nbefore; i++)
		if (before[i].group != RS_NO_GROUP)
			insert_slot(table, before[i].key, before[i].group);
	pfree(before);
}

/* ---------------------------------------------------------------------
 * Values of groups
 * ---------------------------------------------------------------------
 */

static void
grow_groups(RsGroupTable *table)
{
	uint32		before = table->capacity;
	int			c;

	table->capacity = before == 0 ? 256 : before < RS_NO_GROUP / 2 ? before * 2 : RS_NO_GROUP;
	if (before == table->capacity)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many groups")));
	if (table->way != WAY_GENERAL)
		table->keys = rs_enlarge(table->context, table->keys,
								 (Size) table->capacity * sizeof(uint64));
	for (c = table->way == WAY_GENERAL ? 0 : table->nkeys; c < table->ncolumns; c++)
	{
		GroupColumn *column = &table->columns[c];

		column->data = rs_enlarge(table->context, column->data,
								  table->capacity * column_width(&column->type));
		if (column->null != NULL)
		{
			column->null = rs_enlarge(table->context, column->null, table->capacity);
			memset(column->null + before, 0, table->capacity - before);
		}
	}
}

static void
mark_null(RsGroupTable *table, GroupColumn *column, uint32 group)
{
	if (column->null == NULL)
	{
		column->null = rs_enlarge(table->context, NULL, table->capacity);
		memset(column->null, 0, table->capacity);
	}
	column->null[group] = 1;
}

/*
 * A copy of a value by reference, among the others of the table.
 */
static Datum
keep_ref(RsGroupTable *table, const RsVectorType *type, Datum value)
{
	struct varlena *image = (struct varlena *) DatumGetPointer(value);
	Size		size;
	char	   *to;

	if (type->typlen > 0)
		size = (Size) type->typlen;
	else
	{
		if (VARATT_IS_COMPRESSED(image) || VARATT_IS_EXTERNAL(image))
			image = PG_DETOAST_DATUM(value);
		size = VARSIZE_ANY(image);
	}
	if (size > RS_AREA_SIZE / 8)
		to = MemoryContextAllocHuge(table->context, size);
	else
	{
		if (MAXALIGN(size) > table->area_left)
		{
			table->area = MemoryContextAlloc(table->context, RS_AREA_SIZE);
			table->area_left = RS_AREA_SIZE;
		}
		to = table->area;
		table->area += MAXALIGN(size);
		table->area_left -= MAXALIGN(size);
	}
	memcpy(to, image, size);
	if ((Pointer) image != DatumGetPointer(value))
		pfree(image);
	return PointerGetDatum(to);
}

/*
 * Keep a value of the row that opens a group.
 */
static void
keep_value(RsGroupTable *table, GroupColumn *column, uint32 group, const RsVector *vector,
		   uint32 row)
{
	Size		width = column_width(&column->type);
	char	   *to = column->data + group * width;

	if (rs_vector_is_null(vector, row))
	{
		memset(to, 0, width);
		mark_null(table, column, group);
		return;
	}
	if (column->type.is_numeric)
	{
		RsNumericKey *key = (RsNumericKey *) to;

		rs_numeric_key(vector, row, key);
		if (key->datum != (Datum) 0)
			key->datum = keep_ref(table, &column->type, key->datum);
		return;
	}
	if (vector->constant)
		row = 0;
	switch (rs_form_width(vector->form))
	{
		case 1:
			*(uint8 *) to = ((uint8 *) vector->data)[row];
			break;
		case 2:
			*(uint16 *) to = ((uint16 *) vector->data)[row];
			break;
		case 4:
			*(uint32 *) to = ((uint32 *) vector->data)[row];
			break;
		default:
			if (vector->form == RS_FORM_REF)
				*(Datum *) to = keep_ref(table, &column->type, ((Datum *) vector->data)[row]);
			else
				*(uint64 *) to = ((uint64 *) vector->data)[row];
	}
}

/*
 * The number of a new group; packed: its key, not used otherwise.
 */
static uint32
add_group(RsGroupTable *table, uint64 packed, const RsVector **columns, uint32 row)
{
	uint32		group = table->ngroups;
	int			c = 0;

	if (group == table->capacity)
		grow_groups(table);
	if (table->way != WAY_GENERAL)
	{
		table->keys[group] = packed;
		c = table->nkeys;
	}
	for (; c < table->ncolumns; c++)
		keep_value(table, &table->columns[c], group, columns[c], row);
	table->ngroups++;
	return group;
}

#define UNPACK(integer) \
	for (i = 0; i < n; i++) \
		((integer *) vector->data)[i] = \
			(integer) ((int64) (table->keys[groups[i]] << left) >> right)

static RsVector *
unpack_column(RsGroupTable *table, RsArena *arena, const GroupColumn *column,
			  const uint32 *groups, uint32 n)
{
	RsVector   *vector = rs_vector_create(arena, column->type.form, n);
	int			left = 64 - column->shift - column->bits;
	int			right = 64 - column->bits;
	uint32		i;

	switch (column->type.form)
	{
		case RS_FORM_I8:
			UNPACK(int8);
			break;
		case RS_FORM_I16:
			UNPACK(int16);
			break;
		case RS_FORM_I32:
			UNPACK(int32);
			break;
		default:
			UNPACK(int64);
	}
	if (column->null_bit < 0 && table->null_group == RS_NO_GROUP)
		return vector;
	vector->null = rs_arena_alloc(arena, n);
	for (i = 0; i < n; i++)
		vector->null[i] = column->null_bit >= 0 ?
			table->keys[groups[i]] >> column->null_bit & 1 : groups[i] == table->null_group;
	return vector;
}

/*
 * Numerics as integers of the largest display scale, if they are such.
 */
static RsVector *
numeric_column(const GroupColumn *column, RsArena *arena, const uint32 *groups, uint32 n)
{
	const RsNumericKey *keys = (const RsNumericKey *) column->data;
	RsVector   *vector = rs_vector_create(arena, RS_FORM_I128, n);
	int128	   *values = vector->data;
	bool		several = false;
	int			scale = -1;
	uint32		i;

	if (column->null != NULL)
		vector->null = rs_arena_alloc(arena, n);
	for (i = 0; i < n; i++)
	{
		const RsNumericKey *key = &keys[groups[i]];

		if (vector->null != NULL && (vector->null[i] = column->null[groups[i]]))
			continue;
		if (key->datum != (Datum) 0)
			return NULL;
		several |= scale >= 0 && key->display_scale != scale;
		scale = Max(scale, key->display_scale);
	}
	vector->scale = (int16) Max(scale, 0);
	if (several)
		vector->scales = rs_arena_alloc(arena, n);
	for (i = 0; i < n; i++)
	{
		const RsNumericKey *key = &keys[groups[i]];

		values[i] = 0;
		if (several)
			vector->scales[i] = (uint8) key->display_scale;
		if (vector->null != NULL && vector->null[i])
			continue;
		if (vector->scale - key->scale > 38 ||
			__builtin_mul_overflow(key->value, rs_power_of_ten(vector->scale - key->scale), &values[i]))
			return NULL;
	}
	return vector;
}

RsVector *
rs_group_table_column(RsGroupTable *table, RsArena *arena, int position, const uint32 *groups,
					  uint32 n)
{
	GroupColumn *column = &table->columns[position];
	RsVector   *vector;
	uint32		i;

	if (table->way != WAY_GENERAL && position < table->nkeys)
		return unpack_column(table, arena, column, groups, n);
	if (!column->type.is_numeric)
	{
		RsVector	whole = {.form = column->type.form, .data = column->data, .null = column->null};

		return rs_vector_gather(arena, &whole, groups, n);
	}
	vector = numeric_column(column, arena, groups, n);
	if (vector != NULL)
		return vector;
	vector = rs_vector_create(arena, RS_FORM_REF, n);
	vector->null = rs_arena_alloc(arena, n);
	for (i = 0; i < n; i++)
	{
		vector->null[i] = column->null != NULL && column->null[groups[i]];
		((Datum *) vector->data)[i] = vector->null[i] ? (Datum) 0 :
			rs_numeric_key_datum(&((RsNumericKey *) column->data)[groups[i]]);
	}
	return vector;
}

/* ---------------------------------------------------------------------
 * From one way to the next
 * ---------------------------------------------------------------------
 */

static void
direct_to_packed(RsGroupTable *table)
{
	uint32		g;

	table->way = WAY_PACKED;
	create_slots(table, Max(table->expected, (double) table->ngroups));
	for (g = 0; g < table->ngroups; g++)
		if (g != table->null_group)
			insert_slot(table, table->keys[g], g);
	if (table->direct != NULL)
		pfree(table->direct);
	table->direct = NULL;
	table->direct_size = 0;
}

/*
 * Write the keys out into columns, and hash them.
 */
static void
packed_to_general(RsGroupTable *table)
{
	RsArena    *arena = rs_arena_create(table->context);
	const RsVector **columns = palloc(table->nkeys * sizeof(RsVector *));
	uint32		ngroups = table->ngroups;
	uint32	   *groups = rs_arena_alloc(arena, Max(ngroups, 1) * sizeof(uint32));
	uint64	   *hashes = rs_arena_alloc(arena, Max(ngroups, 1) * sizeof(uint64));
	uint32		g;
	int			c;

	for (g = 0; g < ngroups; g++)
		groups[g] = g;
	for (c = 0; c < table->nkeys; c++)
	{
		GroupColumn *column = &table->columns[c];
		Size		width = column_width(&column->type);

		columns[c] = unpack_column(table, arena, column, groups, ngroups);
		column->data = rs_enlarge(table->context, NULL, Max(table->capacity, 1) * width);
		memcpy(column->data, columns[c]->data, ngroups * width);
		for (g = 0; g < ngroups; g++)
			if (rs_vector_is_null(columns[c], g))
				mark_null(table, column, g);
	}
	rs_hash_columns(table->types, columns, table->nkeys, ngroups, hashes);
	table->way = WAY_GENERAL;
	memset(table->slots, 0xff, (Size) table->nslots * sizeof(Slot));
	for (g = 0; g < ngroups; g++)
		insert_slot(table, hashes[g], g);
	if (table->keys != NULL)
		pfree(table->keys);
	table->keys = NULL;
	pfree(columns);
	rs_arena_destroy(arena);
}

/* ---------------------------------------------------------------------
 * Finding
 * ---------------------------------------------------------------------
 */

#define PACK(integer) \
	do { \
		const integer *values = vector->data; \
		if (vector->null == NULL || column->null_bit < 0) \
			for (i = 0; i < n; i++) \
				keys[i] |= ((uint64) values[i] & mask) << column->shift; \
		else \
			for (i = 0; i < n; i++) \
				keys[i] |= vector->null[i] ? (uint64) 1 << column->null_bit : \
					((uint64) values[i] & mask) << column->shift; \
	} while (0)

#define FIND_BEYOND(integer) \
	do { \
		const integer *values = vector->data; \
		for (i = 0; i < n; i++) \
			if (vector->null == NULL || !vector->null[i]) \
				beyond |= (uint64) (int64) (values[i] ^ values[i] >> (8 * sizeof(integer) - 1)); \
	} while (0)

/*
 * Has every value of 32 or 64 bits its place in so many?
 */
static bool
has_room(const RsVector *vector, uint32 n, int bits)
{
	uint64		beyond = 0;
	uint32		i;

	/* A value and its sign. */
	if (vector->form == RS_FORM_I32)
		FIND_BEYOND(int32);
	else
		FIND_BEYOND(int64);
	return beyond >> (bits - 1) == 0;
}

/*
 * Keys of all rows, packed; NULL if a value or a NULL has no room.
 */
static uint64 *
pack_keys(RsGroupTable *table, RsArena *arena, const RsVector **columns, uint32 n)
{
	uint64	   *keys = rs_arena_alloc(arena, n * sizeof(uint64));
	uint32		i;
	int			c;

	memset(keys, 0, n * sizeof(uint64));
	for (c = 0; c < table->nkeys; c++)
	{
		const GroupColumn *column = &table->columns[c];
		const RsVector *vector = rs_vector_flatten(arena, columns[c], n);
		uint64		mask = PG_UINT64_MAX >> (64 - column->bits);

		if (vector->null != NULL && column->null_bit < 0 && table->nkeys > 1 &&
			memchr(vector->null, 1, n) != NULL)
			return NULL;
		switch (vector->form)
		{
			case RS_FORM_I8:
				PACK(int8);
				break;
			case RS_FORM_I16:
				PACK(int16);
				break;
			case RS_FORM_I32:
				if (column->bits < 32 && !has_room(vector, n, column->bits))
					return NULL;
				PACK(int32);
				break;
			default:
				if (column->bits < 64 && !has_room(vector, n, column->bits))
					return NULL;
				PACK(int64);
		}
	}
	return keys;
}

static uint32
null_group(RsGroupTable *table, const RsVector **columns, uint32 row)
{
	if (table->null_group == RS_NO_GROUP && !table->full)
		table->null_group = add_group(table, 0, columns, row);
	return table->null_group;
}

/*
 * Make the direct table hold these values too; false if they are too far apart.
 */
static bool
reserve_direct(RsGroupTable *table, const uint64 *keys, const uint8 *null, uint32 n)
{
	int64		low = PG_INT64_MAX;
	int64		high = PG_INT64_MIN;
	int64		last = 0;
	uint64		size;
	uint64		cap;
	double		most;
	uint32	   *direct;
	uint32		i;

	for (i = 0; i < n; i++)
		if (null == NULL || !null[i])
		{
			low = Min(low, (int64) keys[i]);
			high = Max(high, (int64) keys[i]);
		}
	if (low > high)
		return true;
	cap = Min(RS_MOST_DIRECT, get_hash_memory_limit() / 2 / sizeof(uint32));
	cap = Max(cap, RS_DIRECT_ENTRIES);
	most = Max(table->expected, (double) table->ngroups + n) * RS_DIRECT_SPARSE;
	most = Max(Min(most, (double) cap), RS_DIRECT_ENTRIES);
	if (table->direct_size > 0)
	{
		last = table->direct_first + (int64) (table->direct_size - 1);
		if (low >= table->direct_first && high <= last)
			return true;
		low = Min(low, table->direct_first);
		high = Max(high, last);
	}
	size = (uint64) high - (uint64) low;
	if ((double) size >= most)
		return false;
	size++;
	if (table->direct_size > 0)
	{
		/* More of the same is likely to come: what grows does so by half, or to the cap. */
		uint64		slack = Min(table->direct_size / 2, cap - size);

		if (low < table->direct_first && low >= PG_INT64_MIN + (int64) slack)
		{
			low -= (int64) slack;
			size += slack;
			slack = Min(slack, cap - size);
		}
		if (high > last && high <= PG_INT64_MAX - (int64) slack)
			size += slack;
	}
	direct = rs_enlarge(table->context, NULL, size * sizeof(uint32));
	memset(direct, 0xff, size * sizeof(uint32));
	if (table->direct != NULL)
	{
		memcpy(direct + (table->direct_first - low), table->direct,
			   table->direct_size * sizeof(uint32));
		pfree(table->direct);
	}
	table->direct = direct;
	table->direct_first = low;
	table->direct_size = size;
	return true;
}

static void
find_direct(RsGroupTable *table, const uint64 *keys, const uint8 *null, const RsVector **columns,
			uint32 n, uint32 *groups)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		uint64		at = keys[i] - (uint64) table->direct_first;
		uint32	   *entry;

		if (null != NULL && null[i])
		{
			groups[i] = null_group(table, columns, i);
			continue;
		}
		if (at >= table->direct_size)
		{
			/* A full table was not made to hold it. */
			groups[i] = RS_NO_GROUP;
			continue;
		}
		entry = &table->direct[at];
		if (*entry == RS_NO_GROUP && !table->full)
			*entry = add_group(table, keys[i], columns, i);
		groups[i] = *entry;
	}
}

/*
 * A table is doubled when it is filled to this.
 */
static inline bool
is_crowded(const RsGroupTable *table)
{
	return table->ngroups > table->nslots / 8 * 5;
}

static void
find_packed(RsGroupTable *table, const uint64 *keys, const uint8 *null, const RsVector **columns,
			uint32 n, uint32 *groups)
{
	uint64		hashes[RS_AHEAD_ROWS];
	uint32		first;
	uint32		i;

	for (first = 0; first < n; first += RS_AHEAD_ROWS)
	{
		uint32		end = Min(first + RS_AHEAD_ROWS, n);

		for (i = first; i < end; i++)
		{
			hashes[i - first] = rs_hash_integer(keys[i]);
			__builtin_prefetch(&table->slots[(uint32) hashes[i - first] & (table->nslots - 1)]);
		}
		for (i = first; i < end; i++)
		{
			uint32		mask = table->nslots - 1;
			uint32		at = (uint32) hashes[i - first] & mask;

			if (null != NULL && null[i])
			{
				groups[i] = null_group(table, columns, i);
				continue;
			}
			while (table->slots[at].group != RS_NO_GROUP && table->slots[at].key != keys[i])
				at = (at + 1) & mask;
			groups[i] = table->slots[at].group;
			if (groups[i] != RS_NO_GROUP || table->full)
				continue;
			groups[i] = table->slots[at].group = add_group(table, keys[i], columns, i);
			table->slots[at].key = keys[i];
			if (is_crowded(table))
				grow_slots(table);
		}
	}
}

static bool
value_equal(const GroupColumn *column, uint32 group, const RsVector *vector, uint32 row)
{
	bool		null = rs_vector_is_null(vector, row);

	if ((column->null != NULL && column->null[group]) != null)
		return false;
	if (null)
		return true;
	if (column->type.is_numeric)
	{
		RsNumericKey key;

		rs_numeric_key(vector, row, &key);
		return rs_numeric_key_equal(&((RsNumericKey *) column->data)[group], &key);
	}
	if (vector->constant)
		row = 0;
	switch (column->type.form)
	{
		case RS_FORM_I8:
			return ((int8 *) column->data)[group] == ((int8 *) vector->data)[row];
		case RS_FORM_I16:
			return ((int16 *) column->data)[group] == ((int16 *) vector->data)[row];
		case RS_FORM_I32:
			return ((int32 *) column->data)[group] == ((int32 *) vector->data)[row];
		case RS_FORM_I64:
			return ((int64 *) column->data)[group] == ((int64 *) vector->data)[row];
		case RS_FORM_F32:
			return rs_float_order(((float4 *) column->data)[group],
								  ((float4 *) vector->data)[row]) == 0;
		case RS_FORM_F64:
			return rs_float_order(((float8 *) column->data)[group],
								  ((float8 *) vector->data)[row]) == 0;
		default:
			return rs_refs_equal(&column->type, ((Datum *) column->data)[group],
							  ((Datum *) vector->data)[row]);
	}
}

static bool
group_equal(const RsGroupTable *table, uint32 group, const RsVector **columns, uint32 row)
{
	int			c;

	for (c = 0; c < table->nkeys; c++)
		if (!value_equal(&table->columns[c], group, columns[c], row))
			return false;
	return true;
}

/* Rows of a batch that are remembered, to know rows of the same images again. */
#define RS_REMEMBERED	64

/*
 * Can two rows be known to be of one group by the addresses of their keys?
 */
static bool
keys_are_images(const RsGroupTable *table, const RsVector **columns)
{
	int			c;

	for (c = 0; c < table->nkeys; c++)
		if (columns[c]->form != RS_FORM_REF || columns[c]->constant || columns[c]->null != NULL ||
			table->types[c].is_numeric)
			return false;
	return true;
}

static inline bool
same_images(const RsVector **columns, int nkeys, uint32 a, uint32 b)
{
	int			c;

	for (c = 0; c < nkeys; c++)
		if (((Datum *) columns[c]->data)[a] != ((Datum *) columns[c]->data)[b])
			return false;
	return true;
}

/*
 * Fetch what the rows' look-ups will touch: the slots, then the keys of the groups that
 * the first slots name, then what these refer to.
 */
static void
fetch_ahead(const RsGroupTable *table, const uint64 *hashes, uint32 n)
{
	uint32		candidates[RS_AHEAD_ROWS];
	uint32		mask = table->nslots - 1;
	uint32		found = 0;
	uint32		i;
	int			c;

	for (i = 0; i < n; i++)
		__builtin_prefetch(&table->slots[(uint32) hashes[i] & mask]);
	for (i = 0; i < n; i++)
	{
		const Slot *slot = &table->slots[(uint32) hashes[i] & mask];

		if (slot->group != RS_NO_GROUP && slot->key == hashes[i])
			candidates[found++] = slot->group;
	}
	for (c = 0; c < table->nkeys; c++)
	{
		Size		width = column_width(&table->columns[c].type);

		for (i = 0; i < found; i++)
			__builtin_prefetch(table->columns[c].data + candidates[i] * width);
	}
	for (c = 0; c < table->nkeys; c++)
		if (table->types[c].form == RS_FORM_REF)
			for (i = 0; i < found; i++)
				__builtin_prefetch(DatumGetPointer(((Datum *) table->columns[c].data)[candidates[i]]));
}

static void
find_general(RsGroupTable *table, RsArena *arena, const RsVector **columns, uint32 n, uint32 *groups)
{
	uint64	   *hashes = rs_arena_alloc(arena, n * sizeof(uint64));
	bool		images = keys_are_images(table, columns);
	/* A few groups are in the cache anyhow. */
	bool		ahead = table->nslots > RS_FIRST_SLOTS;
	uint32		remembered[RS_REMEMBERED];
	uint32		i;

	memset(remembered, 0xff, sizeof(remembered));
	rs_hash_columns(table->types, columns, table->nkeys, n, hashes);
	for (i = 0; i < n; i++)
	{
		uint32	   *like = &remembered[hashes[i] % RS_REMEMBERED];
		uint32		mask = table->nslots - 1;
		uint32		at = (uint32) hashes[i] & mask;

		if (ahead && i % RS_AHEAD_ROWS == 0)
			fetch_ahead(table, hashes + i, Min(n - i, RS_AHEAD_ROWS));
		if (images)
		{
			if (*like != RS_NO_GROUP && same_images(columns, table->nkeys, *like, i))
			{
				groups[i] = groups[*like];
				continue;
			}
			*like = i;
		}
		while (table->slots[at].group != RS_NO_GROUP &&
			   !(table->slots[at].key == hashes[i] &&
				 group_equal(table, table->slots[at].group, columns, i)))
			at = (at + 1) & mask;
		groups[i] = table->slots[at].group;
		if (groups[i] != RS_NO_GROUP || table->full)
			continue;
		groups[i] = table->slots[at].group = add_group(table, 0, columns, i);
		table->slots[at].key = hashes[i];
		if (is_crowded(table))
			grow_slots(table);
	}
}

void
rs_group_table_find(RsGroupTable *table, RsArena *arena, const RsVector **columns, uint32 n,
					uint32 *groups)
{
	if (rs_find_groups_by_codes(table, table->nkeys, table->ncolumns, arena, columns, n, groups))
		return;
	if (table->way != WAY_GENERAL)
	{
		uint64	   *keys = pack_keys(table, arena, columns, n);
		const uint8 *null = table->nkeys == 1 ? rs_vector_flatten(arena, columns[0], n)->null : NULL;

		if (table->way == WAY_DIRECT && !table->full &&
			!reserve_direct(table, keys, null, n))
			direct_to_packed(table);
		if (keys == NULL)
			packed_to_general(table);
		else if (table->way == WAY_DIRECT)
			find_direct(table, keys, null, columns, n, groups);
		else
			find_packed(table, keys, null, columns, n, groups);
	}
	if (table->way == WAY_GENERAL)
		find_general(table, arena, columns, n, groups);
}
