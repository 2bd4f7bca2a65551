/*
 * hll.c
 *	  HyperLogLog sketches: type hllsketch, its aggregates and functions.
 *
 * A sketch has 2^15 registers, as Redshift's do ("logm" 15), and starts sparse: a sorted
 * array of words, of which each has 26 bits of a value's hash as an index and 6 bits for
 * the place of the first one bit in the 38 others, from 1.  The larger place wins.  A
 * register is the high 15 bits of the index; what it holds follows from the other 11
 * bits, or from the place if these are all zero.  A sketch of more than 6,144 words would
 * be larger than its registers of 6 bits each, 24,576 bytes: it becomes dense.  So the
 * size of a value tells what it is, and a varlena is 24,580 bytes at most.
 *
 * While it is sparse the number of values is that of a linear count in 2^26 places, nearly
 * exact; of a dense one it is Ertl's estimate, which needs no corrections for any range
 * (O. Ertl, New cardinality estimation algorithms for HyperLogLog sketches, 2017): standard
 * error 1.04 / sqrt(2^15) = 0.57 %.
 *
 * Values that are equal in their type hash alike, so sketches of one type can be merged
 * on any server of the same kind of processor; those of different types can not.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/base64.h"
#include "common/hashfn.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "functions/aggregate_context.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(rs_hllsketch_in);
PG_FUNCTION_INFO_V1(rs_hllsketch_out);
PG_FUNCTION_INFO_V1(rs_hll_transition);
PG_FUNCTION_INFO_V1(rs_hll_combine_transition);
PG_FUNCTION_INFO_V1(rs_hll_combine_states);
PG_FUNCTION_INFO_V1(rs_hll_serialize);
PG_FUNCTION_INFO_V1(rs_hll_deserialize);
PG_FUNCTION_INFO_V1(rs_hll_final_sketch);
PG_FUNCTION_INFO_V1(rs_hll_final_count);
PG_FUNCTION_INFO_V1(rs_hll_cardinality);
PG_FUNCTION_INFO_V1(rs_hll_combine_sketches);

#define LOG_REGISTERS		15
#define REGISTERS			(1 << LOG_REGISTERS)
#define REGISTER_BITS		6
#define DENSE_SIZE			(REGISTERS * REGISTER_BITS / 8)

#define INDEX_BITS			26		/* of a sparse word */
#define EXTRA_BITS			(INDEX_BITS - LOG_REGISTERS)
#define PLACE_BITS			6
#define MOST_WORDS			(DENSE_SIZE / sizeof(uint32))
#define MOST_SPARSE_PLACE	(64 - INDEX_BITS + 1)
#define MOST_DENSE_PLACE	(64 - LOG_REGISTERS + 1)

/* Words that wait to be sorted in. */
#define WAITING_WORDS		1024

/*
 * What aggregates collect.
 */
typedef struct Sketch
{
	uint8	   *registers;		/* REGISTERS of them, or NULL: sparse */
	uint32	   *words;			/* the first sorted ones in order, one an index */
	int			nsorted;
	int			nwords;
	int			room;

	/* Of the values' type. */
	Oid			type;
	FmgrInfo   *hash;
	int			width;			/* of integers, which equal values are; 0: of no integer */
} Sketch;

/* ---------------------------------------------------------------------
 * Sketches in memory
 * ---------------------------------------------------------------------
 */

static Sketch *
new_sketch(MemoryContext context)
{
	return MemoryContextAllocZero(context, sizeof(Sketch));
}

static void
set_register(Sketch *s, uint32 number, int place)
{
	if (place > s->registers[number])
		s->registers[number] = place;
}

static void
set_register_of_word(Sketch *s, uint32 word)
{
	uint32		index = word >> PLACE_BITS;
	uint32		extra = index & ((1 << EXTRA_BITS) - 1);
	int			place;

	if (extra != 0)
		place = EXTRA_BITS - pg_leftmost_one_pos32(extra);
	else
		place = EXTRA_BITS + (word & ((1 << PLACE_BITS) - 1));
	set_register(s, index >> EXTRA_BITS, place);
}

static void
make_dense(Sketch *s)
{
	int			i;

	s->registers = MemoryContextAllocZero(GetMemoryChunkContext(s), REGISTERS);
	for (i = 0; i < s->nwords; i++)
		set_register_of_word(s, s->words[i]);
	if (s->words != NULL)
		pfree(s->words);
	s->words = NULL;
	s->nwords = s->nsorted = s->room = 0;
}

static int
compare_words(const void *a, const void *b)
{
	uint32		left = *(const uint32 *) a;
	uint32		right = *(const uint32 *) b;

	return left < right ? -1 : left > right;
}

/*
 * Put all words in order; of those of one index the one of the largest place stays.
 */
static void
sort_words(Sketch *s)
{
	int			kept = 0;
	int			i;

	if (s->nsorted == s->nwords)
		return;
	qsort(s->words, s->nwords, sizeof(uint32), compare_words);
	for (i = 0; i < s->nwords; i++)
		if (i + 1 == s->nwords || s->words[i] >> PLACE_BITS != s->words[i + 1] >> PLACE_BITS)
			s->words[kept++] = s->words[i];
	s->nsorted = s->nwords = kept;
	if (kept >= MOST_WORDS)
		make_dense(s);
}

static void
add_word(Sketch *s, uint32 word)
{
	if (s->registers != NULL)
	{
		set_register_of_word(s, word);
		return;
	}
	if (s->nwords == s->room)
	{
		MemoryContext context = GetMemoryChunkContext(s);

		/* Sorting makes room, or makes dense, unless most of the words are of their own. */
		if (s->room >= WAITING_WORDS)
		{
			sort_words(s);
			if (s->registers != NULL)
			{
				set_register_of_word(s, word);
				return;
			}
		}
		if (s->nwords > s->room / 2 || s->room == 0)
		{
			s->room = s->room == 0 ? 16 : s->room * 2;
			s->words = s->words == NULL ? MemoryContextAlloc(context, sizeof(uint32) * s->room) :
				repalloc(s->words, sizeof(uint32) * s->room);
		}
	}
	s->words[s->nwords++] = word;
}

static void
add_hash(Sketch *s, uint64 hash)
{
	if (s->registers != NULL)
	{
		uint64		rest = hash << LOG_REGISTERS;

		set_register(s, hash >> (64 - LOG_REGISTERS),
					 rest == 0 ? MOST_DENSE_PLACE : 64 - pg_leftmost_one_pos64(rest));
	}
	else
	{
		uint64		rest = hash << INDEX_BITS;
		int			place = rest == 0 ? MOST_SPARSE_PLACE : 64 - pg_leftmost_one_pos64(rest);

		add_word(s, (uint32) (hash >> (64 - INDEX_BITS)) << PLACE_BITS | place);
	}
}

static int
packed_register(const uint8 *packed, int number)
{
	int			bit = number * REGISTER_BITS;
	uint32		two = packed[bit / 8] << 8 | (bit / 8 + 1 < DENSE_SIZE ? packed[bit / 8 + 1] : 0);

	return two >> (16 - REGISTER_BITS - bit % 8) & ((1 << REGISTER_BITS) - 1);
}

/*
 * A value of the type, of what was collected.
 */
static bytea *
to_value(Sketch *s)
{
	bytea	   *value;
	Size		size;

	if (s->registers == NULL)
		sort_words(s);
	size = s->registers != NULL ? DENSE_SIZE : sizeof(uint32) * s->nwords;
	value = palloc0(VARHDRSZ + size);
	SET_VARSIZE(value, VARHDRSZ + size);
	if (s->registers == NULL)
	{
		if (size > 0)
			memcpy(VARDATA(value), s->words, size);
	}
	else
	{
		uint8	   *packed = (uint8 *) VARDATA(value);
		int			i;

		for (i = 0; i < REGISTERS; i++)
		{
			int			bit = i * REGISTER_BITS;
			uint32		two = (uint32) s->registers[i] << (16 - REGISTER_BITS - bit % 8);

			packed[bit / 8] |= two >> 8;
			if ((two & 0xFF) != 0)
				packed[bit / 8 + 1] |= two & 0xFF;
		}
	}
	return value;
}

/*
 * Add what a value has.
 */
static void
add_value(Sketch *s, const bytea *value)
{
	Size		size = VARSIZE_ANY_EXHDR(value);
	const char *data = VARDATA_ANY(value);
	int			i;

	if (size == DENSE_SIZE)
	{
		if (s->registers == NULL)
			make_dense(s);
		for (i = 0; i < REGISTERS; i++)
			set_register(s, i, packed_register((const uint8 *) data, i));
		return;
	}
	if (size > DENSE_SIZE || size % sizeof(uint32) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("HyperLogLog sketch has %zu bytes", size)));
	for (i = 0; i < size / sizeof(uint32); i++)
	{
		uint32		word;

		memcpy(&word, data + i * sizeof(uint32), sizeof(uint32));
		add_word(s, word);
	}
}

/* ---------------------------------------------------------------------
 * Estimates
 * ---------------------------------------------------------------------
 */

static double
sigma(double x)
{
	double		y = 1;
	double		z = x;
	double		last;

	if (x == 1)
		return INFINITY;
	do
	{
		x *= x;
		last = z;
		z += x * y;
		y += y;
	} while (z != last);
	return z;
}

static double
tau(double x)
{
	double		y = 1;
	double		z = 1 - x;
	double		last;

	if (x == 0 || x == 1)
		return 0;
	do
	{
		x = sqrt(x);
		last = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != last);
	return z / 3;
}

static int64
estimate(Sketch *s)
{
	int			counts[MOST_DENSE_PLACE + 1] = {0};
	double		m = REGISTERS;
	double		z;
	int			i;

	if (s->registers == NULL)
		sort_words(s);
	if (s->registers == NULL)
	{
		double		places = (double) (1 << INDEX_BITS);

		return (int64) rint(places * log(places / (places - s->nwords)));
	}
	for (i = 0; i < REGISTERS; i++)
		counts[Min(s->registers[i], MOST_DENSE_PLACE)]++;
	z = m * tau(1 - counts[MOST_DENSE_PLACE] / m);
	for (i = MOST_DENSE_PLACE - 1; i >= 1; i--)
		z = 0.5 * (z + counts[i]);
	z += m * sigma(counts[0] / m);
	return (int64) rint(m * m / (2 * M_LN2) / z);
}

/* ---------------------------------------------------------------------
 * The type
 * ---------------------------------------------------------------------
 */

static void
not_a_sketch(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid HyperLogLog sketch"),
			 errdetail("%s", detail)));
}

/*
 * A member of an object; an error if there is none of the kind.
 */
static JsonbValue *
member(JsonbContainer *object, const char *name, enum jbvType type)
{
	JsonbValue *v = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	if (v == NULL || v->type != type)
		not_a_sketch(psprintf("Member \"%s\" is missing or of another kind.", name));
	return v;
}

static int64
number(const JsonbValue *v, int64 most)
{
	int64		result = -1;

	if (v != NULL && v->type == jbvNumeric && numeric_is_nan(v->val.numeric) == false)
	{
		Datum		n = NumericGetDatum(v->val.numeric);
		Datum		limit = NumericGetDatum(int64_to_numeric(most));

		if (DatumGetBool(DirectFunctionCall2(numeric_le, n, limit)) &&
			DatumGetBool(DirectFunctionCall2(numeric_ge, n, NumericGetDatum(int64_to_numeric(0)))))
			result = DatumGetInt64(DirectFunctionCall1(numeric_int8, n));
	}
	if (result < 0)
		not_a_sketch("A number is missing or out of range.");
	return result;
}

static Sketch *
read_sparse(const char *text)
{
	Sketch	   *s = new_sketch(CurrentMemoryContext);
	Jsonb	   *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	JsonbContainer *sparse;
	JsonbContainer *indices;
	JsonbContainer *values;
	int			i;

	if (!JB_ROOT_IS_OBJECT(json))
		not_a_sketch("It is no JSON object.");
	if (number(member(&json->root, "logm", jbvNumeric), 64) != LOG_REGISTERS)
		not_a_sketch("Member \"logm\" is not 15.");
	sparse = member(&json->root, "sparse", jbvBinary)->val.binary.data;
	if (!JsonContainerIsObject(sparse))
		not_a_sketch("Member \"sparse\" is no object.");
	indices = member(sparse, "indices", jbvBinary)->val.binary.data;
	values = member(sparse, "values", jbvBinary)->val.binary.data;
	if (!JsonContainerIsArray(indices) || !JsonContainerIsArray(values) ||
		JsonContainerSize(indices) != JsonContainerSize(values))
		not_a_sketch("There are not as many indices as values.");
	for (i = 0; i < JsonContainerSize(indices); i++)
	{
		int64		index = number(getIthJsonbValueFromContainer(indices, i), (1 << INDEX_BITS) - 1);
		int64		place = number(getIthJsonbValueFromContainer(values, i), MOST_SPARSE_PLACE);

		CHECK_FOR_INTERRUPTS();
		if (place == 0)
			not_a_sketch("A value is 0.");
		add_word(s, (uint32) index << PLACE_BITS | (uint32) place);
	}
	return s;
}

/*
 * JSON if sparse, the registers in base64 if dense.
 */
Datum
rs_hllsketch_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	int			length;
	bytea	   *value;
	int			i;

	while (isspace((unsigned char) *text))
		text++;
	if (*text == '{')
		PG_RETURN_BYTEA_P(to_value(read_sparse(text)));
	length = strlen(text);
	while (length > 0 && isspace((unsigned char) text[length - 1]))
		length--;
	if (length != DENSE_SIZE / 3 * 4)
		not_a_sketch("It is neither JSON nor base64 of 24576 bytes.");
	value = palloc(VARHDRSZ + DENSE_SIZE);
	SET_VARSIZE(value, VARHDRSZ + DENSE_SIZE);
	if (pg_b64_decode(text, length, VARDATA(value), DENSE_SIZE) != DENSE_SIZE)
		not_a_sketch("It is neither JSON nor base64 of 24576 bytes.");
	for (i = 0; i < REGISTERS; i++)
		if (packed_register((uint8 *) VARDATA(value), i) > MOST_DENSE_PLACE)
			not_a_sketch("A register is out of range.");
	PG_RETURN_BYTEA_P(value);
}

Datum
rs_hllsketch_out(PG_FUNCTION_ARGS)
{
	bytea	   *value = PG_GETARG_BYTEA_P(0);
	StringInfoData text;

	initStringInfo(&text);
	if (VARSIZE_ANY_EXHDR(value) == DENSE_SIZE)
	{
		enlargeStringInfo(&text, pg_b64_enc_len(DENSE_SIZE) + 1);
		text.len = pg_b64_encode(VARDATA_ANY(value), DENSE_SIZE, text.data, pg_b64_enc_len(DENSE_SIZE));
		text.data[text.len] = '\0';
	}
	else
	{
		Sketch	   *s = new_sketch(CurrentMemoryContext);
		int			i;

		add_value(s, value);
		sort_words(s);
		appendStringInfoString(&text, "{\"version\":1,\"logm\":15,\"sparse\":{\"indices\":[");
		for (i = 0; i < s->nwords; i++)
			appendStringInfo(&text, "%s%u", i > 0 ? "," : "", s->words[i] >> PLACE_BITS);
		appendStringInfoString(&text, "],\"values\":[");
		for (i = 0; i < s->nwords; i++)
			appendStringInfo(&text, "%s%u", i > 0 ? "," : "", s->words[i] & ((1 << PLACE_BITS) - 1));
		appendStringInfoString(&text, "]}}");
	}
	PG_RETURN_CSTRING(text.data);
}

/* ---------------------------------------------------------------------
 * Aggregates and functions
 * ---------------------------------------------------------------------
 */

static Sketch *
state_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(0) ? new_sketch(rs_aggregate_context(fcinfo)) : (Sketch *) PG_GETARG_POINTER(0);
}

static void
find_hash(Sketch *s, FunctionCallInfo fcinfo)
{
	TypeCacheEntry *entry;

	s->type = get_fn_expr_argtype(fcinfo->flinfo, 1);
	if (!OidIsValid(s->type))
		elog(ERROR, "could not determine the type of the argument");
	s->type = getBaseType(s->type);
	/* Trailing blanks of strings do not count: char's function does not see them. */
	entry = lookup_type_cache(s->type == TEXTOID || s->type == VARCHAROID ? BPCHAROID : s->type,
							  TYPECACHE_HASH_EXTENDED_PROC_FINFO);
	if (!OidIsValid(entry->hash_extended_proc))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("could not identify a hash function for type %s", format_type_be(s->type))));
	s->hash = &entry->hash_extended_proc_finfo;
	/* These have hash functions of 32 bits at the heart, not enough for many values. */
	if (entry->typbyval && entry->type_id != FLOAT4OID && entry->type_id != FLOAT8OID &&
		entry->typtype == TYPTYPE_BASE)
		s->width = entry->typlen;
}

/*
 * The bits of an integer, without those of a Datum that are not its own.
 */
static uint64
integer_bits(Datum value, int width)
{
	switch (width)
	{
		case 1:
			return DatumGetUInt8(value);
		case 2:
			return (uint64) (int64) DatumGetInt16(value);
		case 4:
			return (uint64) (int64) DatumGetInt32(value);
		default:
			return (uint64) DatumGetInt64(value);
	}
}

/* The finalizer of splitmix64: every bit of the value changes every bit of the hash. */
static uint64
mix(uint64 x)
{
	x += UINT64CONST(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

Datum
rs_hll_transition(PG_FUNCTION_ARGS)
{
	Sketch	   *s = state_argument(fcinfo);
	Datum		value;

	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(s);
	if (s->hash == NULL)
		find_hash(s, fcinfo);
	value = PG_GETARG_DATUM(1);
	if (s->width > 0)
		add_hash(s, mix(integer_bits(value, s->width)));
	else
		add_hash(s, mix(DatumGetUInt64(FunctionCall2Coll(s->hash, PG_GET_COLLATION(), value, Int64GetDatum(0)))));
	PG_RETURN_POINTER(s);
}

Datum
rs_hll_combine_transition(PG_FUNCTION_ARGS)
{
	Sketch	   *s = state_argument(fcinfo);

	if (!PG_ARGISNULL(1))
		add_value(s, PG_GETARG_BYTEA_PP(1));
	PG_RETURN_POINTER(s);
}

Datum
rs_hll_combine_states(PG_FUNCTION_ARGS)
{
	Sketch	   *s = state_argument(fcinfo);
	Sketch	   *other = PG_ARGISNULL(1) ? NULL : (Sketch *) PG_GETARG_POINTER(1);

	if (other != NULL)
		add_value(s, to_value(other));
	PG_RETURN_POINTER(s);
}

/* A state's bytes are those of a sketch. */
Datum
rs_hll_serialize(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(to_value((Sketch *) PG_GETARG_POINTER(0)));
}

Datum
rs_hll_deserialize(PG_FUNCTION_ARGS)
{
	Sketch	   *s = new_sketch(CurrentMemoryContext);

	add_value(s, PG_GETARG_BYTEA_PP(0));
	PG_RETURN_POINTER(s);
}

Datum
rs_hll_final_sketch(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(to_value(state_argument(fcinfo)));
}

Datum
rs_hll_final_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(estimate(state_argument(fcinfo)));
}

Datum
rs_hll_cardinality(PG_FUNCTION_ARGS)
{
	Sketch	   *s = new_sketch(CurrentMemoryContext);

	add_value(s, PG_GETARG_BYTEA_PP(0));
	PG_RETURN_INT64(estimate(s));
}

/*
 * NULL only if both are.
 */
Datum
rs_hll_combine_sketches(PG_FUNCTION_ARGS)
{
	Sketch	   *s = new_sketch(CurrentMemoryContext);
	int			i;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	for (i = 0; i < 2; i++)
		if (!PG_ARGISNULL(i))
			add_value(s, PG_GETARG_BYTEA_PP(i));
	PG_RETURN_BYTEA_P(to_value(s));
}
