/*
 * vector.c
 *	  Vectors: made of blocks and Datums, gathered, and turned into Datums.
 */
#include "postgres.h"

#include <sys/mman.h>

#include "catalog/pg_type.h"
#include "encoding/dictionary.h"
#include "encoding/numeric.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "vector/vector.h"

/* Each block is twice as large as the one before: a query of one row needs little. */
#define RS_FIRST_ARENA_BLOCK	((Size) 32 * 1024)
#define RS_LAST_ARENA_BLOCK		((Size) 1024 * 1024)

/* A dictionary pays where each entry stands for this many rows. */
#define RS_ROWS_PER_ENTRY	2

typedef struct ArenaBlock
{
	struct ArenaBlock *next;
	Size		size;
	char	   *start;			/* MAXALIGNed */
} ArenaBlock;

struct RsArena
{
	MemoryContext context;
	ArenaBlock *blocks;
	ArenaBlock *current;
	Size		used;			/* of the current block */
};

RsArena *
rs_arena_create(MemoryContext context)
{
	RsArena    *arena = MemoryContextAllocZero(context, sizeof(RsArena));

	arena->context = context;
	return arena;
}

/*
 * The next block with room: one kept from an earlier batch, or a new one.
 */
static void
arena_next_block(RsArena *arena, Size size)
{
	ArenaBlock **link = arena->current != NULL ? &arena->current->next : &arena->blocks;
	ArenaBlock *block;

	while (*link != NULL && (*link)->size < size)
		link = &(*link)->next;
	if (*link == NULL)
	{
		Size		space = arena->current == NULL ? RS_FIRST_ARENA_BLOCK :
			Min(arena->current->size * 2, RS_LAST_ARENA_BLOCK);

		space = Max(space, size);

		block = MemoryContextAllocHuge(arena->context, MAXALIGN(sizeof(ArenaBlock)) + space);
		block->next = NULL;
		block->size = space;
		block->start = (char *) block + MAXALIGN(sizeof(ArenaBlock));
		*link = block;
	}
	arena->current = *link;
	arena->used = 0;
}

void *
rs_arena_alloc(RsArena *arena, Size size)
{
	void	   *result;

	size = MAXALIGN(size);
	if (arena->current == NULL || arena->used + size > arena->current->size)
		arena_next_block(arena, size);
	result = arena->current->start + arena->used;
	arena->used += size;
	return result;
}

void
rs_arena_reset(RsArena *arena)
{
	arena->current = NULL;
	arena->used = 0;
}

void
rs_arena_destroy(RsArena *arena)
{
	ArenaBlock *block = arena->blocks;

	while (block != NULL)
	{
		ArenaBlock *next = block->next;

		pfree(block);
		block = next;
	}
	pfree(arena);
}

/*
 * Tables this large are worth huge pages: rows touch them in no order, and each first
 * touch of a page is a fault.
 */
#define RS_HUGE_PAGE		((Size) 2 * 1024 * 1024)

void *
rs_enlarge(MemoryContext context, void *old, Size size)
{
	void	   *result = old == NULL ? MemoryContextAllocHuge(context, size) : repalloc_huge(old, size);

#ifdef MADV_HUGEPAGE
	if (size >= 2 * RS_HUGE_PAGE)
	{
		char	   *first = (char *) TYPEALIGN(RS_HUGE_PAGE, result);
		char	   *end = (char *) TYPEALIGN_DOWN(RS_HUGE_PAGE, (char *) result + size);

		/* A hint, which may be ignored. */
		(void) madvise(first, end - first, MADV_HUGEPAGE);
	}
#endif
	return result;
}

Size
rs_form_width(RsForm form)
{
	static const uint8 widths[] = {1, 2, 4, 8, 16, 4, 8, sizeof(Datum)};

	return widths[form];
}

void
rs_vector_type_init(RsVectorType *type, Oid typid)
{
	memset(type, 0, sizeof(RsVectorType));
	type->typid = getBaseType(typid);
	get_typlenbyval(type->typid, &type->typlen, &type->typbyval);
	type->is_numeric = type->typid == NUMERICOID;
	if (type->is_numeric)
		type->form = RS_FORM_I64;
	else if (type->typid == FLOAT4OID)
		type->form = RS_FORM_F32;
	else if (type->typid == FLOAT8OID)
		type->form = RS_FORM_F64;
	else if (!type->typbyval)
		type->form = RS_FORM_REF;
	else
		type->form = type->typlen == 1 ? RS_FORM_I8 : type->typlen == 2 ? RS_FORM_I16 :
			type->typlen == 4 ? RS_FORM_I32 : RS_FORM_I64;
}

RsVector *
rs_vector_create(RsArena *arena, RsForm form, uint32 n)
{
	RsVector   *vector = rs_arena_alloc(arena, sizeof(RsVector));

	vector->form = form;
	vector->scale = 0;
	vector->scales = NULL;
	vector->constant = false;
	vector->data = rs_arena_alloc(arena, Max(n, 1) * rs_form_width(form));
	vector->null = NULL;
	vector->dictionary = NULL;
	return vector;
}

static void
store_datum(RsVector *vector, uint32 row, Datum value)
{
	switch (vector->form)
	{
		case RS_FORM_I8:
			((int8 *) vector->data)[row] = (int8) DatumGetChar(value);
			break;
		case RS_FORM_I16:
			((int16 *) vector->data)[row] = DatumGetInt16(value);
			break;
		case RS_FORM_I32:
			((int32 *) vector->data)[row] = DatumGetInt32(value);
			break;
		case RS_FORM_I64:
			((int64 *) vector->data)[row] = DatumGetInt64(value);
			break;
		case RS_FORM_F32:
			((float4 *) vector->data)[row] = DatumGetFloat4(value);
			break;
		case RS_FORM_F64:
			((float8 *) vector->data)[row] = DatumGetFloat8(value);
			break;
		case RS_FORM_REF:
			((Datum *) vector->data)[row] = value;
			break;
		case RS_FORM_I128:
			pg_unreachable();
	}
}

RsVector *
rs_vector_from_datums(RsArena *arena, const RsVectorType *type, const Datum *values,
					  const bool *isnull, uint32 n)
{
	RsVector   *vector = rs_vector_create(arena, type->is_numeric ? RS_FORM_REF : type->form, n);
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (isnull != NULL && isnull[i])
		{
			if (vector->null == NULL)
			{
				vector->null = rs_arena_alloc(arena, n);
				memset(vector->null, 0, n);
			}
			vector->null[i] = 1;
			store_datum(vector, i, (Datum) 0);
		}
		else
			store_datum(vector, i, values[i]);
	}
	return vector;
}

bool
rs_numeric_from_datum(Datum value, int128 *to, int16 *scale)
{
	struct varlena *image = PG_DETOAST_DATUM_PACKED(value);
	bool		result = rs_numeric_to_integer((const char *) image, to, scale);

	if ((Pointer) image != DatumGetPointer(value))
		pfree(image);
	return result;
}

/*
 * A numeric constant as an integer, if it is one of up to 38 digits.
 */
static bool
scale_constant(RsArena *arena, RsVector *vector, Datum value)
{
	int128		integer;

	if (!rs_numeric_from_datum(value, &integer, &vector->scale))
		return false;
	if (integer >= PG_INT64_MIN && integer <= PG_INT64_MAX)
	{
		vector->form = RS_FORM_I64;
		*(int64 *) vector->data = (int64) integer;
	}
	else
	{
		vector->form = RS_FORM_I128;
		vector->data = rs_arena_alloc(arena, sizeof(int128));
		*(int128 *) vector->data = integer;
	}
	return true;
}

RsVector *
rs_vector_constant(RsArena *arena, const RsVectorType *type, Datum value, bool isnull)
{
	RsVector   *vector;

	vector = rs_vector_from_datums(arena, type, &value, &isnull, 1);
	vector->constant = true;
	if (type->is_numeric && (isnull || !scale_constant(arena, vector, value)) && isnull)
	{
		vector->form = RS_FORM_I64;
		memset(vector->data, 0, sizeof(int64));
	}
	return vector;
}

/*
 * NULL flags of rows [first, first + n) of a validity bitmap; NULL if none is.
 */
static uint8 *
null_flags(RsArena *arena, const uint64 *valid, uint32 first, uint32 n)
{
	uint8	   *null;
	uint8		any = 0;
	uint32		i;

	if (valid == NULL)
		return NULL;
	null = rs_arena_alloc(arena, n);
	for (i = 0; i < n; i++)
	{
		null[i] = (uint8) (~(valid[(first + i) / 64] >> ((first + i) % 64)) & 1);
		any |= null[i];
	}
	return any ? null : NULL;
}

static RsForm
form_of_phys(RsPhys phys)
{
	switch (phys)
	{
		case RS_PHYS_INT8:
			return RS_FORM_I8;
		case RS_PHYS_INT16:
			return RS_FORM_I16;
		case RS_PHYS_INT32:
			return RS_FORM_I32;
		case RS_PHYS_INT64:
			return RS_FORM_I64;
		case RS_PHYS_INT128:
			return RS_FORM_I128;
		case RS_PHYS_FLOAT32:
			return RS_FORM_F32;
		case RS_PHYS_FLOAT64:
			return RS_FORM_F64;
		case RS_PHYS_FIXED:
		case RS_PHYS_VARLEN:
			break;
	}
	return RS_FORM_REF;
}

/*
 * Entries of a block's dictionary, and one for NULL where there are any.
 */
static void
take_dictionary(RsArena *arena, const RsValues *values, uint32 first, uint32 n, RsVector *vector)
{
	uint32		nentries = values->nentries + (vector->null != NULL);
	RsVector   *dictionary;
	Datum	   *data;
	uint32		i;

	if (nentries > n / RS_ROWS_PER_ENTRY)
		return;
	dictionary = rs_vector_create(arena, RS_FORM_REF, nentries);
	data = dictionary->data;
	for (i = 0; i < values->nentries; i++)
		data[i] = PointerGetDatum(values->bytes + values->entries[i]);
	if (vector->null != NULL)
	{
		data[i] = data[0];
		dictionary->null = rs_arena_alloc(arena, nentries);
		memset(dictionary->null, 0, nentries);
		dictionary->null[i] = 1;
	}
	vector->dictionary = dictionary;
	vector->ndictionary = nentries;
	vector->codes = values->codes + first;
}

RsVector *
rs_vector_from_block(RsArena *arena, const RsColumnType *column, const RsDecodedBlock *block,
					 uint32 first, uint32 n)
{
	const RsValues *values = &block->values;
	RsVector   *vector = rs_arena_alloc(arena, sizeof(RsVector));
	Datum	   *data;
	uint32		i;

	first -= block->first;
	vector->form = form_of_phys(values->phys);
	vector->scale = column->is_numeric ? values->scale : 0;
	vector->scales = NULL;
	vector->constant = false;
	vector->null = null_flags(arena, block->valid, first, n);
	vector->dictionary = NULL;
	if (vector->form != RS_FORM_REF)
	{
		vector->data = (char *) values->fixed + (Size) first * values->width;
		return vector;
	}
	data = vector->data = rs_arena_alloc(arena, n * sizeof(Datum));
	if (values->phys == RS_PHYS_FIXED)
		for (i = 0; i < n; i++)
			data[i] = PointerGetDatum((char *) values->fixed + (Size) (first + i) * values->width);
	else if (!column->plain)
	{
		for (i = 0; i < n; i++)
			data[i] = PointerGetDatum(values->bytes + values->offsets[first + i]);
		if (values->codes != NULL)
			take_dictionary(arena, values, first, n, vector);
	}
	else
		for (i = 0; i < n; i++)
			data[i] = vector->null != NULL && vector->null[i] ? (Datum) 0 :
				rs_image_datum(column, values->bytes + values->offsets[first + i]);
	return vector;
}

#define GATHER(type) \
	do { \
		const type *source = from; \
		for (i = 0; i < n; i++) \
			memcpy(target + i * sizeof(type), &source[rows[i]], sizeof(type)); \
	} while (0)

/*
 * Values of that width by row, to where they need not be aligned.
 */
static void
gather_values(char *target, const void *from, Size width, const uint32 *rows, uint32 n)
{
	uint32		i;

	switch (width)
	{
		case 1:
			GATHER(uint8);
			break;
		case 2:
			GATHER(uint16);
			break;
		case 4:
			GATHER(uint32);
			break;
		case 8:
			GATHER(uint64);
			break;
		default:
			GATHER(int128);
	}
}

void
rs_vector_collect(char *target, const RsVector *from, const uint32 *rows, uint32 first, uint32 n)
{
	Size		width = rs_form_width(from->form);
	uint32		i;

	if (from->constant)
		for (i = 0; i < n; i++)
			memcpy(target + i * width, from->data, width);
	else if (rows == NULL)
		memcpy(target, (const char *) from->data + first * width, n * width);
	else
		gather_values(target, from->data, width, rows + first, n);
}

RsVector *
rs_vector_gather(RsArena *arena, const RsVector *from, const uint32 *rows, uint32 n)
{
	RsVector   *vector;
	uint32		i;

	if (from->constant)
		return (RsVector *) from;
	vector = rs_vector_create(arena, from->form, n);
	vector->scale = from->scale;
	gather_values(vector->data, from->data, rs_form_width(from->form), rows, n);
	if (from->null != NULL)
	{
		vector->null = rs_arena_alloc(arena, n);
		for (i = 0; i < n; i++)
			vector->null[i] = from->null[rows[i]];
	}
	if (from->scales != NULL)
	{
		vector->scales = rs_arena_alloc(arena, n);
		for (i = 0; i < n; i++)
			vector->scales[i] = from->scales[rows[i]];
	}
	if (from->dictionary != NULL && from->ndictionary <= n / RS_ROWS_PER_ENTRY)
	{
		uint16	   *codes = rs_arena_alloc(arena, n * sizeof(uint16));

		for (i = 0; i < n; i++)
			codes[i] = from->codes[rows[i]];
		vector->dictionary = from->dictionary;
		vector->ndictionary = from->ndictionary;
		vector->codes = codes;
	}
	return vector;
}

#define BY_CODES(type) \
	do { \
		const type *source = entries->data; \
		type	   *target = vector->data; \
		for (i = 0; i < n; i++) \
			target[i] = source[codes[i]]; \
	} while (0)

RsVector *
rs_vector_by_codes(RsArena *arena, const RsVector *entries, uint32 nentries, const uint16 *codes,
				   uint32 n)
{
	RsVector   *vector;
	uint32		i;

	if (entries->constant)
		return (RsVector *) entries;
	vector = rs_vector_create(arena, entries->form, n);
	vector->scale = entries->scale;
	switch (rs_form_width(entries->form))
	{
		case 1:
			BY_CODES(uint8);
			break;
		case 2:
			BY_CODES(uint16);
			break;
		case 4:
			BY_CODES(uint32);
			break;
		case 8:
			BY_CODES(uint64);
			break;
		default:
			BY_CODES(int128);
	}
	if (entries->null != NULL)
	{
		vector->null = rs_arena_alloc(arena, n);
		for (i = 0; i < n; i++)
			vector->null[i] = entries->null[codes[i]];
	}
	if (entries->scales != NULL)
	{
		vector->scales = rs_arena_alloc(arena, n);
		for (i = 0; i < n; i++)
			vector->scales[i] = entries->scales[codes[i]];
	}
	if (entries->form == RS_FORM_REF)
	{
		vector->dictionary = entries;
		vector->ndictionary = nentries;
		vector->codes = codes;
	}
	return vector;
}

/*
 * The form and scale that hold the numerics of all pieces; REF if integers can't.
 */
static RsForm
common_numeric_form(const RsPiece *pieces, int npieces, int16 *scale, bool *several)
{
	RsForm		form = RS_FORM_I64;
	int			p;

	*scale = 0;
	*several = false;
	for (p = 0; p < npieces; p++)
		*scale = Max(*scale, pieces[p].vector->scale);
	for (p = 0; p < npieces; p++)
	{
		const RsVector *vector = pieces[p].vector;

		if (vector->form == RS_FORM_REF)
			return RS_FORM_REF;
		/* Rescaling might take one out of 64 bits. */
		if (vector->form == RS_FORM_I128 || vector->scale != *scale)
			form = RS_FORM_I128;
		*several |= vector->scale != *scale || vector->scales != NULL;
	}
	return *scale > RS_NUMERIC_MAX_SCALE ? RS_FORM_REF : form;
}

#define SCATTER(type) \
	do { \
		const type *source = from->data; \
		type	   *target = to->data; \
		for (i = 0; i < piece->n; i++) \
			target[piece->rows[i]] = source[from->constant ? 0 : i]; \
	} while (0)

/*
 * False if a numeric does not fit.
 */
static bool
scatter(RsArena *arena, const RsVectorType *type, const RsPiece *piece, RsVector *to)
{
	const RsVector *from = piece->vector;
	uint32		i;

	if (type->is_numeric && to->form == RS_FORM_I128)
	{
		int128	   *values = rs_arena_alloc(arena, piece->n * sizeof(int128));

		if (!rs_numeric_rescale(from, piece->n, to->scale, values))
			return false;
		for (i = 0; i < piece->n; i++)
			((int128 *) to->data)[piece->rows[i]] = values[from->constant ? 0 : i];
	}
	else if (type->is_numeric && to->form == RS_FORM_REF)
	{
		bool		isnull;

		for (i = 0; i < piece->n; i++)
			((Datum *) to->data)[piece->rows[i]] = rs_vector_datum(from, type, i, &isnull);
	}
	else
		switch (rs_form_width(to->form))
		{
			case 1:
				SCATTER(uint8);
				break;
			case 2:
				SCATTER(uint16);
				break;
			case 4:
				SCATTER(uint32);
				break;
			default:
				SCATTER(uint64);
		}
	for (i = 0; i < piece->n; i++)
	{
		to->null[piece->rows[i]] = rs_vector_is_null(from, i);
		if (to->scales != NULL)
			to->scales[piece->rows[i]] = from->scales != NULL ?
				from->scales[from->constant ? 0 : i] : (uint8) from->scale;
	}
	return true;
}

RsVector *
rs_vector_merge(RsArena *arena, const RsVectorType *type, const RsPiece *pieces, int npieces,
				uint32 n)
{
	RsForm		form = type->form;
	int16		scale = 0;
	bool		several = false;
	RsVector   *to;
	int			p;

	if (type->is_numeric)
		form = common_numeric_form(pieces, npieces, &scale, &several);
	for (;;)
	{
		to = rs_vector_create(arena, form, n);
		memset(to->data, 0, n * rs_form_width(form));
		to->null = rs_arena_alloc(arena, n);
		memset(to->null, 1, n);
		if (form != RS_FORM_REF && several)
		{
			to->scales = rs_arena_alloc(arena, n);
			memset(to->scales, 0, n);
		}
		to->scale = form == RS_FORM_REF ? 0 : scale;
		for (p = 0; p < npieces; p++)
			if (!scatter(arena, type, &pieces[p], to))
				break;
		if (p == npieces)
			return to;
		form = RS_FORM_REF;
	}
}

const RsVector *
rs_vector_flatten(RsArena *arena, const RsVector *from, uint32 n)
{
	RsVector   *vector;
	uint32	   *rows;
	RsVector	single = *from;

	if (!from->constant)
		return from;
	single.constant = false;
	rows = rs_arena_alloc(arena, n * sizeof(uint32));
	memset(rows, 0, n * sizeof(uint32));
	vector = rs_vector_gather(arena, &single, rows, n);
	return vector;
}

Datum
rs_vector_datum(const RsVector *vector, const RsVectorType *type, uint32 row, bool *isnull)
{
	if (vector->constant)
		row = 0;
	*isnull = vector->null != NULL && vector->null[row];
	if (*isnull)
		return (Datum) 0;
	if (type->is_numeric && vector->form == RS_FORM_I64 && vector->scales == NULL)
		return rs_numeric_from_int64(((int64 *) vector->data)[row], vector->scale);
	if (type->is_numeric && vector->form != RS_FORM_REF)
	{
		int			scale = vector->scales != NULL ? vector->scales[row] : vector->scale;

		return rs_numeric_from_int128(rs_vector_numeric(vector, row) /
									  rs_power_of_ten(vector->scale - scale), scale);
	}
	switch (vector->form)
	{
		case RS_FORM_I8:
			return CharGetDatum(((char *) vector->data)[row]);
		case RS_FORM_I16:
			return Int16GetDatum(((int16 *) vector->data)[row]);
		case RS_FORM_I32:
			return Int32GetDatum(((int32 *) vector->data)[row]);
		case RS_FORM_I64:
			return Int64GetDatum(((int64 *) vector->data)[row]);
		case RS_FORM_F32:
			return Float4GetDatum(((float4 *) vector->data)[row]);
		case RS_FORM_F64:
			return Float8GetDatum(((float8 *) vector->data)[row]);
		case RS_FORM_REF:
			return ((Datum *) vector->data)[row];
		case RS_FORM_I128:
			break;
	}
	elog(ERROR, "unexpected form of vector: %d", (int) vector->form);
	return (Datum) 0;
}

void
rs_vectors_row(const RsVector **columns, const RsVectorType *types, int ncolumns, uint32 row, MemoryContext memory,
			   Datum *values, bool *nulls)
{
	MemoryContext caller = MemoryContextSwitchTo(memory);
	int			i;

	for (i = 0; i < ncolumns; i++)
		values[i] = rs_vector_datum(columns[i], &types[i], row, &nulls[i]);
	MemoryContextSwitchTo(caller);
}

const char *
rs_varlena_bytes(Datum value, bool padded, Size *size)
{
	struct varlena *image = (struct varlena *) DatumGetPointer(value);

	if (VARATT_IS_COMPRESSED(image) || VARATT_IS_EXTERNAL(image))
		image = PG_DETOAST_DATUM_PACKED(value);
	*size = VARSIZE_ANY_EXHDR(image);
	if (padded)
		*size = rs_stripped_length(VARDATA_ANY(image), *size);
	return VARDATA_ANY(image);
}

const char *
rs_datum_image(const RsVectorType *type, Datum value, MemoryContext scratch, Size *size,
			   bool *aligned)
{
	const char *image = DatumGetPointer(value);

	*aligned = type->typlen != -2;
	if (type->typlen > 0)
		*size = type->typlen;
	else if (type->typlen == -2)
		*size = strlen(image) + 1;
	else
	{
		if (VARATT_IS_COMPRESSED(image) || VARATT_IS_EXTERNAL(image))
		{
			MemoryContext old = MemoryContextSwitchTo(scratch);

			image = (const char *) PG_DETOAST_DATUM_PACKED(value);
			MemoryContextSwitchTo(old);
		}
		*size = VARSIZE_ANY(image);
		*aligned = !VARATT_IS_SHORT(image);
	}
	return image;
}

int64
rs_vector_int(const RsVector *vector, uint32 row)
{
	if (vector->constant)
		row = 0;
	switch (vector->form)
	{
		case RS_FORM_I8:
			return ((int8 *) vector->data)[row];
		case RS_FORM_I16:
			return ((int16 *) vector->data)[row];
		case RS_FORM_I32:
			return ((int32 *) vector->data)[row];
		case RS_FORM_I64:
			return ((int64 *) vector->data)[row];
		default:
			elog(ERROR, "unexpected form of vector: %d", (int) vector->form);
	}
	return 0;
}

/* There are no literals of 128 bits. */
#define POWER(a, b)		((int128) INT64CONST(a) * INT64CONST(b))

static const int128 powers_of_ten[RS_NUMERIC_MAX_SCALE + 1] = {
	POWER(1, 1),
	POWER(10, 1),
	POWER(100, 1),
	POWER(1000, 1),
	POWER(10000, 1),
	POWER(100000, 1),
	POWER(1000000, 1),
	POWER(10000000, 1),
	POWER(100000000, 1),
	POWER(1000000000, 1),
	POWER(10000000000, 1),
	POWER(100000000000, 1),
	POWER(1000000000000, 1),
	POWER(10000000000000, 1),
	POWER(100000000000000, 1),
	POWER(1000000000000000, 1),
	POWER(10000000000000000, 1),
	POWER(100000000000000000, 1),
	POWER(1000000000000000000, 1),
	POWER(1000000000000000000, 10),
	POWER(1000000000000000000, 100),
	POWER(1000000000000000000, 1000),
	POWER(1000000000000000000, 10000),
	POWER(1000000000000000000, 100000),
	POWER(1000000000000000000, 1000000),
	POWER(1000000000000000000, 10000000),
	POWER(1000000000000000000, 100000000),
	POWER(1000000000000000000, 1000000000),
	POWER(1000000000000000000, 10000000000),
	POWER(1000000000000000000, 100000000000),
	POWER(1000000000000000000, 1000000000000),
	POWER(1000000000000000000, 10000000000000),
	POWER(1000000000000000000, 100000000000000),
	POWER(1000000000000000000, 1000000000000000),
	POWER(1000000000000000000, 10000000000000000),
	POWER(1000000000000000000, 100000000000000000),
	POWER(1000000000000000000, 1000000000000000000),
	POWER(1000000000000000000, 1000000000000000000) * 10,
	POWER(1000000000000000000, 1000000000000000000) * 100
};

int128
rs_power_of_ten(int exponent)
{
	return powers_of_ten[exponent];
}

bool
rs_numeric_rescale(const RsVector *from, uint32 n, int scale, int128 *to)
{
	uint32		count = from->constant ? 1 : n;
	uint32		i;

	if (from->form == RS_FORM_REF || scale < from->scale || scale - from->scale > RS_NUMERIC_MAX_SCALE)
		return false;
	if (scale == from->scale)
	{
		for (i = 0; i < count; i++)
			to[i] = rs_vector_numeric(from, i);
	}
	else
	{
		int128		factor = rs_power_of_ten(scale - from->scale);

		for (i = 0; i < count; i++)
			if (__builtin_mul_overflow(rs_vector_numeric(from, i), factor, &to[i]) &&
				!rs_vector_is_null(from, i))
				return false;
	}
	return true;
}
