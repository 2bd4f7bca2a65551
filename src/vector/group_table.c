/*
 * group_table.c
 *	  Distinct rows of some columns: open addressing over columns of groups.
 *
 * A slot has the group's number and hash; the values stand column by column, in
 * the order in which groups were met.  The hash of one integer is as good as the
 * integer itself, so then nothing but the slot is looked at.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "vector/group_table.h"

/* Slots to begin with: for the groups expected, within reason. */
#define RS_FIRST_SLOTS		1024
#define RS_MOST_FIRST_SLOTS	(4 * 1024 * 1024)
/* Rows whose slots are fetched ahead. */
#define RS_PREFETCH_ROWS	16
#define RS_NO_GROUP			PG_UINT32_MAX

typedef struct Slot
{
	uint64		hash;
	uint32		group;
} Slot;

typedef struct GroupColumn
{
	RsVectorType type;
	char	   *data;			/* of the type's form; RsNumericKeys for numerics */
	uint8	   *null;
} GroupColumn;

struct RsGroupTable
{
	MemoryContext context;
	int			ncolumns;
	int			nkeys;
	RsVectorType *types;
	GroupColumn *columns;
	uint64	   *hashes;			/* of the groups */
	uint32		ngroups;
	uint32		capacity;
	Slot	   *slots;
	uint32		nslots;			/* a power of two */
	bool		any_null;		/* a single key was NULL, or may have been */
};

static Size
column_width(const RsVectorType *type)
{
	return type->is_numeric ? sizeof(RsNumericKey) : rs_form_width(type->form);
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
	table->columns = MemoryContextAllocZero(context, Max(ncolumns, 1) * sizeof(GroupColumn));
	table->types = MemoryContextAllocZero(context, Max(ncolumns, 1) * sizeof(RsVectorType));
	for (c = 0; c < ncolumns; c++)
		table->types[c] = table->columns[c].type = types[c];
	table->nslots = RS_FIRST_SLOTS;
	while (table->nslots < RS_MOST_FIRST_SLOTS && table->nslots < 2 * expected)
		table->nslots *= 2;
	table->slots = MemoryContextAlloc(context, table->nslots * sizeof(Slot));
	memset(table->slots, 0xff, table->nslots * sizeof(Slot));
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

Size
rs_group_table_memory(const RsGroupTable *table)
{
	return MemoryContextMemAllocated(table->context, true);
}

static void
grow_groups(RsGroupTable *table)
{
	int			c;

	table->capacity = Max(256, table->capacity * 2);
	table->hashes = rs_enlarge(table->context, table->hashes, table->capacity * sizeof(uint64));
	for (c = 0; c < table->ncolumns; c++)
	{
		GroupColumn *column = &table->columns[c];

		column->data = rs_enlarge(table->context, column->data,
							   table->capacity * column_width(&column->type));
		column->null = rs_enlarge(table->context, column->null, table->capacity);
	}
}

static void
grow_slots(RsGroupTable *table)
{
	uint32		mask;
	uint32		g;

	if (table->nslots >= ((uint32) 1 << 31))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many groups")));
	pfree(table->slots);
	table->nslots *= 2;
	table->slots = MemoryContextAllocHuge(table->context, (Size) table->nslots * sizeof(Slot));
	memset(table->slots, 0xff, (Size) table->nslots * sizeof(Slot));
	mask = table->nslots - 1;
	for (g = 0; g < table->ngroups; g++)
	{
		uint32		slot = (uint32) table->hashes[g] & mask;

		while (table->slots[slot].group != RS_NO_GROUP)
			slot = (slot + 1) & mask;
		table->slots[slot].group = g;
		table->slots[slot].hash = table->hashes[g];
	}
}

static bool
value_equal(const GroupColumn *column, uint32 group, const RsVector *vector, uint32 row)
{
	bool		null = rs_vector_is_null(vector, row);

	if (column->null[group] != null)
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

/*
 * Keep a value of the row that opens a group.
 */
static void
keep_value(RsGroupTable *table, GroupColumn *column, uint32 group, const RsVector *vector,
		   uint32 row)
{
	bool		null = rs_vector_is_null(vector, row);
	Size		width = column_width(&column->type);
	char	   *to = column->data + group * width;

	column->null[group] = null;
	memset(to, 0, width);
	if (null)
		return;
	if (column->type.is_numeric)
	{
		RsNumericKey *key = (RsNumericKey *) to;

		rs_numeric_key(vector, row, key);
		if (key->scale < 0)
			key->datum = PointerGetDatum(PG_DETOAST_DATUM_COPY(key->datum));
		return;
	}
	if (vector->constant)
		row = 0;
	if (vector->form != RS_FORM_REF)
		memcpy(to, (char *) vector->data + row * width, width);
	else if (column->type.typlen == -1)
		*(Datum *) to = PointerGetDatum(PG_DETOAST_DATUM_COPY(((Datum *) vector->data)[row]));
	else
		*(Datum *) to = datumCopy(((Datum *) vector->data)[row], false, column->type.typlen);
}

static uint32
add_group(RsGroupTable *table, uint64 hash, const RsVector **columns, uint32 row)
{
	MemoryContext old;
	uint32		group = table->ngroups;
	int			c;

	if (group == table->capacity)
		grow_groups(table);
	old = MemoryContextSwitchTo(table->context);
	for (c = 0; c < table->ncolumns; c++)
		keep_value(table, &table->columns[c], group, columns[c], row);
	MemoryContextSwitchTo(old);
	table->hashes[group] = hash;
	table->ngroups++;
	return group;
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

/*
 * Do equal hashes mean equal keys?  One integer is mixed into another without
 * loss; NULL has a hash that an integer may have, too.
 */
static bool
hash_is_exact(RsGroupTable *table, const RsVector **columns)
{
	if (table->nkeys != 1 || table->types[0].is_numeric || columns[0]->form > RS_FORM_I64)
		return false;
	table->any_null |= columns[0]->null != NULL;
	return !table->any_null;
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

void
rs_group_table_find(RsGroupTable *table, RsArena *arena, const RsVector **columns, uint32 n,
					uint32 *groups)
{
	uint64	   *hashes = rs_arena_alloc(arena, n * sizeof(uint64));
	bool		images = keys_are_images(table, columns);
	bool		exact = hash_is_exact(table, columns);
	uint32		remembered[RS_REMEMBERED];
	uint32		i;

	memset(remembered, 0xff, sizeof(remembered));
	rs_hash_columns(table->types, columns, table->nkeys, n, hashes);
	for (i = 0; i < n; i++)
	{
		uint32	   *like = &remembered[hashes[i] % RS_REMEMBERED];
		uint32		mask = table->nslots - 1;
		uint32		slot = (uint32) hashes[i] & mask;

		if (i + RS_PREFETCH_ROWS < n)
			__builtin_prefetch(&table->slots[(uint32) hashes[i + RS_PREFETCH_ROWS] & mask]);
		if (images)
		{
			if (*like != RS_NO_GROUP && same_images(columns, table->nkeys, *like, i))
			{
				groups[i] = groups[*like];
				continue;
			}
			*like = i;
		}
		for (;;)
		{
			Slot	   *at = &table->slots[slot];

			if (at->group == RS_NO_GROUP)
			{
				at->group = groups[i] = add_group(table, hashes[i], columns, i);
				at->hash = hashes[i];
				if (table->ngroups > table->nslots / 2)
					grow_slots(table);
				break;
			}
			if (at->hash == hashes[i] &&
				(exact || group_equal(table, at->group, columns, i)))
			{
				groups[i] = at->group;
				break;
			}
			slot = (slot + 1) & mask;
		}
	}
}

RsVector *
rs_group_table_column(RsGroupTable *table, RsArena *arena, int column, const uint32 *groups,
					  uint32 n)
{
	GroupColumn *from = &table->columns[column];
	RsVector   *all;
	uint32		i;

	if (!from->type.is_numeric)
	{
		RsVector	whole = {.form = from->type.form, .data = from->data, .null = from->null};

		return rs_vector_gather(arena, &whole, groups, n);
	}
	all = rs_vector_create(arena, RS_FORM_REF, n);
	all->null = rs_arena_alloc(arena, n);
	for (i = 0; i < n; i++)
	{
		all->null[i] = from->null[groups[i]];
		((Datum *) all->data)[i] = all->null[i] ? (Datum) 0 :
			rs_numeric_key_datum(&((RsNumericKey *) from->data)[groups[i]]);
	}
	return all;
}
