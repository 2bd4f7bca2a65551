/*
 * runtime_filter_state.h
 *	  What a runtime filter consists of: for the files that make one.
 */
#ifndef RS_RUNTIME_FILTER_STATE_H
#define RS_RUNTIME_FILTER_STATE_H

#include "vector/scan/runtime_filter.h"

/* Keys that are kept to make a set of: 16 MB. */
#define RS_FILTER_MAX_KEYS		(2 * 1024 * 1024)
/* Keys for each word of a Bloom filter. */
#define RS_BLOOM_KEYS_PER_WORD	4

typedef enum RsFilterKind
{
	RS_FILTER_RANGE,			/* no set */
	RS_FILTER_EMPTY,
	RS_FILTER_BITMAP,
	RS_FILTER_BLOOM
} RsFilterKind;

struct RsRuntimeFilter
{
	RsVectorType type;			/* of the keys */
	bool		integers;		/* they are int64s */
	bool		bytes;			/* varlenas, ordered by their bytes */
	MemoryContext context;
	const char *exchange;		/* whose senders have made it; NULL: a join here makes it */
	int			column;			/* ... of this column */
	bool		ready;
	RsFilterKind kind;
	/* while keys come */
	uint64	   *keys;			/* integers, or hashes */
	uint32		nkeys;
	uint32		capacity;
	bool		too_many;
	/* range; of nothing if !any */
	bool		any;
	bool		unbounded;		/* there are keys of which it says nothing */
	int64		min;
	int64		max;
	double		min_float;
	double		max_float;
	Datum		min_ref;		/* own copies */
	Datum		max_ref;
	/* set */
	uint64	   *words;
	uint64		span;			/* bitmap: values from min on; the bit after is clear */
	uint32		nwords;			/* Bloom: a power of two */
};

/* Compare two values of a type that is by reference; copy one, and free the old one. */
extern int	rs_filter_compare_refs(const RsRuntimeFilter *filter, Datum a, Datum b);
extern Datum rs_filter_copy_ref(RsRuntimeFilter *filter, Datum old, Datum value);

/* Add the keys that were kept to the set, and give them up. */
extern void rs_filter_add_keys(RsRuntimeFilter *filter, bool shared);

#endif							/* RS_RUNTIME_FILTER_STATE_H */
