/*
 * group_codes.c
 *	  Groups of rows whose keys all have dictionaries.
 *
 * Rows with the same codes are of the same group, so the table is asked once for each
 * combination of entries that a batch has, in the order in which they appear.  Different
 * entries may still be equal (char(n) with other padding, numerics of another scale):
 * that is for the table to know.
 */
#include "postgres.h"

#include "vector/aggregate/group_table.h"

/* Combinations of dictionary entries that are told apart without a look at values. */
#define RS_MAX_COMBINED	1024

/*
 * Number the combinations of entries that the rows' keys have; 0: a key has no
 * dictionary, or there are too many.
 */
static uint32
combine_codes(RsArena *arena, const RsVector **columns, int nkeys, uint32 n, uint16 **combined)
{
	uint32		count = 1;
	uint32		i;
	int			c;

	for (c = 0; c < nkeys; c++)
	{
		if (columns[c]->dictionary == NULL)
			return 0;
		count *= columns[c]->ndictionary;
		if (count > RS_MAX_COMBINED || count > n / 2)
			return 0;
	}
	*combined = rs_arena_alloc(arena, n * sizeof(uint16));
	memcpy(*combined, columns[0]->codes, n * sizeof(uint16));
	for (c = 1; c < nkeys; c++)
	{
		const uint16 *codes = columns[c]->codes;
		uint16		factor = (uint16) columns[c]->ndictionary;

		for (i = 0; i < n; i++)
			(*combined)[i] = (uint16) ((*combined)[i] * factor + codes[i]);
	}
	return count;
}

bool
rs_find_groups_by_codes(RsGroupTable *table, int nkeys, int ncolumns, RsArena *arena,
						const RsVector **columns, uint32 n, uint32 *groups)
{
	uint16	   *combined;
	uint32		count = nkeys > 0 ? combine_codes(arena, columns, nkeys, n, &combined) : 0;
	uint32		known[RS_MAX_COMBINED];
	uint32		first[RS_MAX_COMBINED];
	uint32		found[RS_MAX_COMBINED];
	uint32		nfirst = 0;
	const RsVector **distinct;
	uint32		i;
	int			c;

	if (count == 0)
		return false;
	memset(known, 0xff, count * sizeof(uint32));
	for (i = 0; i < n; i++)
		if (known[combined[i]] == PG_UINT32_MAX)
		{
			known[combined[i]] = nfirst;
			first[nfirst++] = i;
		}
	distinct = rs_arena_alloc(arena, ncolumns * sizeof(RsVector *));
	for (c = 0; c < ncolumns; c++)
	{
		RsVector   *vector = rs_arena_alloc(arena, sizeof(RsVector));

		*vector = *rs_vector_gather(arena, columns[c], first, nfirst);
		vector->dictionary = NULL;
		distinct[c] = vector;
	}
	rs_group_table_find(table, arena, distinct, nfirst, found);
	for (i = 0; i < n; i++)
		groups[i] = found[known[combined[i]]];
	return true;
}
