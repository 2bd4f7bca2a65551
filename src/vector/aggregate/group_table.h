/*
 * group_table.h
 *	  Distinct rows of some columns, numbered from 0: the groups of an aggregation.
 */
#ifndef RS_GROUP_TABLE_H
#define RS_GROUP_TABLE_H

#include "vector/expr/expr.h"

typedef struct RsGroupTable RsGroupTable;

/* Can values of the type be told apart here, by its default equality or, strings, by char(n)'s? */
extern bool rs_key_type_supported(Oid typid, Oid equality, Oid collation);

/* Make a key's type the one by whose rules this equality compares it. */
extern void rs_key_type_for(RsVectorType *type, Oid equality);

/* The same of those of ncolumns that are keys (columns[0 .. n), from 1); palloc'd. */
extern RsVectorType *rs_key_types_for(const RsVectorType *types, int ncolumns, int n, const AttrNumber *columns,
									  const Oid *equalities);

/*
 * The first nkeys of ncolumns make the group; the others are kept of its first
 * row.  expected is the planner's guess of the groups.  Everything lives in a child
 * of the current context.
 */
extern RsGroupTable *rs_group_table_create(const RsVectorType *types, int ncolumns, int nkeys,
										   double expected);
extern void rs_group_table_destroy(RsGroupTable *table);

/* Not a group's number. */
#define RS_NO_GROUP		PG_UINT32_MAX

/* From now on rows of new groups get RS_NO_GROUP. */
extern void rs_group_table_close(RsGroupTable *table);

/* Group of each row; new ones are added. */
extern void rs_group_table_find(RsGroupTable *table, RsArena *arena, const RsVector **columns,
								uint32 n, uint32 *groups);

/* In group_codes.c: the same where all keys have dictionaries; false if they have not. */
extern bool rs_find_groups_by_codes(RsGroupTable *table, int nkeys, int ncolumns, RsArena *arena,
									const RsVector **columns, uint32 n, uint32 *groups);

extern uint32 rs_group_table_count(const RsGroupTable *table);
extern Size rs_group_table_memory(const RsGroupTable *table);

/* Column values of groups[0 .. n). */
extern RsVector *rs_group_table_column(RsGroupTable *table, RsArena *arena, int column,
									   const uint32 *groups, uint32 n);

/* Hashes of rows by some columns, equal where the values are. */
extern void rs_hash_columns(const RsVectorType *types, const RsVector **columns, int ncolumns,
							uint32 n, uint64 *hashes);

/* Are two values by reference, neither of them NULL, the same? */
extern bool rs_refs_equal(const RsVectorType *type, Datum a, Datum b);

/*
 * A numeric in lowest terms: no trailing zeros behind the point, so that equal
 * ones look the same, in whatever form they come.  scale -1: no integer of 128 bits and
 * up to 38 decimals.  datum has it as it was, if the integer cannot give it back with
 * its display scale; else it is 0.
 */
typedef struct RsNumericKey
{
	int128		value;
	int16		scale;
	int16		display_scale;
	Datum		datum;
} RsNumericKey;

extern void rs_numeric_key(const RsVector *vector, uint32 row, RsNumericKey *key);
extern bool rs_numeric_key_equal(const RsNumericKey *a, const RsNumericKey *b);
extern Datum rs_numeric_key_datum(const RsNumericKey *key);

#endif							/* RS_GROUP_TABLE_H */
