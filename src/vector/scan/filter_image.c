/*
 * filter_image.c
 *	  Runtime filters that travel: made by the senders of rows, read by who sends others.
 *
 * An image has the kind of the filter, its range and the words of its set, which is a
 * Bloom filter here: those of several senders are put together by OR.  A set of fewer
 * words stands for one of twice as many, in which each half is the same, since a word is
 * chosen by the low bits of a hash; so senders need not agree on a size.
 *
 * Images may come from anyone who may fill an exchange, so nothing in them is believed:
 * sizes are compared with what there is.  A wrong set makes rows be missing of the
 * user's own query, and no more.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "vector/scan/runtime_filter.h"
#include "vector/scan/runtime_filter_state.h"

/* 1 MB; that many words have a use for so many keys. */
#define MOST_WORDS			(128 * 1024)
#define MOST_KEYS_PER_WORD	16
/* A range of longer values is not told. */
#define MOST_BOUND			1024

typedef struct Image
{
	uint32		typid;
	uint8		kind;			/* RsFilterKind; no bitmap */
	uint8		any;			/* there is a range */
	uint16		unused;
	uint32		nwords;
	uint32		min_size;		/* of bounds by reference, which come behind the words */
	uint32		max_size;
	uint32		unused2;
	uint64		min;			/* other bounds: an integer, or a double's bits */
	uint64		max;
} Image;

StaticAssertDecl(sizeof(Image) == 40, "filter image");

static RsFilterLoader loader = NULL;

void
rs_runtime_filter_set_loader(RsFilterLoader function)
{
	loader = function;
}

bool
rs_runtime_filter_takes(Oid type, Oid collation)
{
	if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
		return false;
	switch (getBaseType(type))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case NUMERICOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case BYTEAOID:
		case UUIDOID:
			return true;
		default:
			return false;
	}
}

RsRuntimeFilter *
rs_runtime_filter_standalone(const RsVectorType *type, MemoryContext context)
{
	RsRuntimeFilter *filter = MemoryContextAllocZero(context, sizeof(RsRuntimeFilter));

	filter->type = *type;
	/* Strings may be compared as char(n) are: what passes then is more. */
	if (type->typid == TEXTOID || type->typid == VARCHAROID)
		filter->type.typid = BPCHAROID;
	filter->integers = !type->is_numeric && type->form <= RS_FORM_I64;
	filter->bytes = type->typlen == -1 && type->form == RS_FORM_REF;
	filter->context = AllocSetContextCreate(context, "redshift runtime filter", ALLOCSET_DEFAULT_SIZES);
	return filter;
}

/* ---------------------------------------------------------------------
 * Making one
 * ---------------------------------------------------------------------
 */

void
rs_runtime_filter_add_values(RsRuntimeFilter *filter, RsArena *arena, const RsVector *values, uint32 n)
{
	RsVector   *wide;
	uint32		i;

	if (n == 0)
		return;
	values = rs_vector_flatten(arena, values, n);
	if (!filter->integers || values->form == RS_FORM_I64)
	{
		rs_runtime_filter_add(filter, values, n);
		return;
	}
	wide = rs_vector_create(arena, RS_FORM_I64, n);
	wide->null = values->null;
	for (i = 0; i < n; i++)
		((int64 *) wide->data)[i] = rs_vector_int(values, i);
	rs_runtime_filter_add(filter, wide, n);
}

static const char *
ref_bytes(const RsRuntimeFilter *filter, Datum value, Size *size)
{
	*size = filter->type.typlen;
	return filter->bytes ? rs_varlena_bytes(value, false, size) : DatumGetPointer(value);
}

/*
 * Bounds by reference, behind the rest.
 */
static void
append_refs(const RsRuntimeFilter *filter, Image *image, StringInfo to)
{
	Size		min_size;
	Size		max_size;
	const char *min = ref_bytes(filter, filter->min_ref, &min_size);
	const char *max = ref_bytes(filter, filter->max_ref, &max_size);

	image->any = min_size <= MOST_BOUND && max_size <= MOST_BOUND;
	if (!image->any)
		return;
	image->min_size = (uint32) min_size;
	image->max_size = (uint32) max_size;
	appendBinaryStringInfo(to, min, (int) min_size);
	appendBinaryStringInfo(to, max, (int) max_size);
}

void
rs_runtime_filter_export(RsRuntimeFilter *filter, int senders, StringInfo to)
{
	uint64		nkeys = (uint64) filter->nkeys * Max(senders, 1);
	bool		by_ref = filter->type.form == RS_FORM_REF && !filter->type.is_numeric;
	Image		image = {.typid = filter->type.typid,.any = filter->any};
	int			start = to->len;

	if (filter->too_many || nkeys > (uint64) MOST_WORDS * MOST_KEYS_PER_WORD)
		filter->kind = RS_FILTER_RANGE;
	else if (nkeys == 0)
		filter->kind = RS_FILTER_EMPTY;
	else
	{
		filter->kind = RS_FILTER_BLOOM;
		filter->nwords = 64;
		while (filter->nwords < nkeys / RS_BLOOM_KEYS_PER_WORD && filter->nwords < MOST_WORDS)
			filter->nwords *= 2;
		filter->words = MemoryContextAllocZero(filter->context, filter->nwords * sizeof(uint64));
	}
	rs_filter_add_keys(filter, false);
	image.kind = filter->kind;
	image.nwords = filter->nwords;
	image.min = (uint64) filter->min;
	image.max = (uint64) filter->max;
	appendBinaryStringInfo(to, (char *) &image, sizeof(Image));
	appendBinaryStringInfo(to, (char *) filter->words, filter->nwords * sizeof(uint64));
	if (by_ref && filter->any)
	{
		append_refs(filter, &image, to);
		memcpy(to->data + start, &image, sizeof(Image));
	}
}

/* ---------------------------------------------------------------------
 * Reading them
 * ---------------------------------------------------------------------
 */

static void
damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("filter of an exchange is damaged")));
}

/*
 * Types of one family have the same sets and bounds.
 */
static Oid
family(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
			return INT8OID;
		default:
			return type;
	}
}

static void
check_image(const RsRuntimeFilter *filter, const Image *image, Size size)
{
	bool		by_ref = filter->type.form == RS_FORM_REF && !filter->type.is_numeric;

	if (image->kind != RS_FILTER_RANGE && image->kind != RS_FILTER_EMPTY && image->kind != RS_FILTER_BLOOM)
		damaged();
	if (image->kind == RS_FILTER_BLOOM ? image->nwords < 64 || image->nwords > MOST_WORDS ||
		(image->nwords & (image->nwords - 1)) != 0 : image->nwords != 0)
		damaged();
	if (size - sizeof(Image) != (uint64) image->nwords * sizeof(uint64) + image->min_size + image->max_size)
		damaged();
	if (family(image->typid) != family(filter->type.typid))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("filter of an exchange is of another type than the values")));
	if (!by_ref || !image->any ? image->min_size + image->max_size > 0 :
		!filter->bytes && (image->min_size != filter->type.typlen || image->max_size != filter->type.typlen))
		damaged();
}

/*
 * A bound's bytes as a value.
 */
static Datum
make_ref(const RsRuntimeFilter *filter, const char *bytes, uint32 size)
{
	Size		header = filter->bytes ? VARHDRSZ : 0;
	char	   *value = MemoryContextAlloc(filter->context, header + size);

	if (filter->bytes)
		SET_VARSIZE(value, VARHDRSZ + size);
	memcpy(value + header, bytes, size);
	return PointerGetDatum(value);
}

static void
take_range(RsRuntimeFilter *filter, const Image *image, const char *bounds)
{
	if (!image->any)
	{
		filter->unbounded |= image->kind != RS_FILTER_EMPTY;
		return;
	}
	if (filter->integers)
	{
		filter->min = filter->any ? Min(filter->min, (int64) image->min) : (int64) image->min;
		filter->max = filter->any ? Max(filter->max, (int64) image->max) : (int64) image->max;
	}
	else if (!filter->type.is_numeric)
	{
		Datum		min = make_ref(filter, bounds, image->min_size);
		Datum		max = make_ref(filter, bounds + image->min_size, image->max_size);

		if (!filter->any || rs_filter_compare_refs(filter, min, filter->min_ref) < 0)
			filter->min_ref = min;
		if (!filter->any || rs_filter_compare_refs(filter, max, filter->max_ref) > 0)
			filter->max_ref = max;
	}
	filter->any = true;
}

/*
 * Take in a set of so many words, repeating the smaller one.
 */
static void
take_words(RsRuntimeFilter *filter, const char *words, uint32 nwords)
{
	uint32		i;

	if (filter->nwords < nwords)
	{
		uint64	   *larger = MemoryContextAllocZero(filter->context, nwords * sizeof(uint64));

		for (i = 0; i < nwords && filter->nwords > 0; i++)
			larger[i] = filter->words[i & (filter->nwords - 1)];
		filter->words = larger;
		filter->nwords = nwords;
	}
	for (i = 0; i < filter->nwords; i++)
	{
		uint64		word;

		memcpy(&word, words + (i & (nwords - 1)) * sizeof(uint64), sizeof(uint64));
		filter->words[i] |= word;
	}
}

void
rs_runtime_filter_import(RsRuntimeFilter *filter, const char *bytes, Size size)
{
	Image		image;

	if (size < sizeof(Image))
		damaged();
	memcpy(&image, bytes, sizeof(Image));
	check_image(filter, &image, size);
	bytes += sizeof(Image);
	take_range(filter, &image, bytes + image.nwords * sizeof(uint64));
	if (image.kind == RS_FILTER_RANGE)
		filter->too_many = true;
	else if (image.kind == RS_FILTER_BLOOM)
		take_words(filter, bytes, image.nwords);
}

void
rs_runtime_filter_load(RsRuntimeFilter *filter)
{
	if (filter->exchange == NULL || filter->ready || loader == NULL ||
		!loader(filter->exchange, filter->column, filter))
		return;
	filter->kind = filter->too_many ? RS_FILTER_RANGE : filter->nwords > 0 ? RS_FILTER_BLOOM : RS_FILTER_EMPTY;
	filter->ready = true;
}
