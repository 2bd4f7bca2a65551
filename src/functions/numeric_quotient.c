/*
 * numeric_quotient.c
 *	  Redshift's division of decimals: of a scale that is given, and cut to it.
 *
 * numeric_quotient(dividend, divisor, typmod) is what numeric_rules.c puts in the place of
 * "/" and of averages.  In the vector engine it runs in 128 bits; where these do not do,
 * and for errors, the function does.
 */
#include "postgres.h"

#include "fmgr.h"
#include "functions/numeric_quotient.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "vector/kernel/kernel.h"

PG_FUNCTION_INFO_V1(rs_numeric_quotient);

/* Of the call that was before: 10^scale, and 10^-scale. */
typedef struct Powers
{
	int32		typmod;
	Datum		up;
	Datum		down;
} Powers;

static int
typmod_precision(int32 typmod)
{
	return ((typmod - VARHDRSZ) >> 16) & 0xffff;
}

static int
typmod_scale(int32 typmod)
{
	return (typmod - VARHDRSZ) & 0x7ff;
}

static Datum
power_of_ten(int exponent)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(psprintf("1e%d", exponent)),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

static const Powers *
find_powers(FunctionCallInfo fcinfo, int32 typmod)
{
	Powers	   *powers = fcinfo->flinfo->fn_extra;
	MemoryContext old;

	if (powers != NULL && powers->typmod == typmod)
		return powers;
	if (typmod < (int32) VARHDRSZ || typmod_scale(typmod) > 38)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("type modifier of a quotient is invalid: %d", typmod)));
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	powers = palloc(sizeof(Powers));
	powers->typmod = typmod;
	powers->up = power_of_ten(typmod_scale(typmod));
	powers->down = power_of_ten(-typmod_scale(typmod));
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = powers;
	return powers;
}

Datum
rs_numeric_quotient(PG_FUNCTION_ARGS)
{
	int32		typmod = PG_GETARG_INT32(2);
	const Powers *powers = find_powers(fcinfo, typmod);
	Datum		quotient;

	quotient = DirectFunctionCall2(numeric_mul, PG_GETARG_DATUM(0), powers->up);
	quotient = DirectFunctionCall2(numeric_div_trunc, quotient, PG_GETARG_DATUM(1));
	quotient = DirectFunctionCall2(numeric_mul, quotient, powers->down);

	/* Of the right scale already: this is for too many digits. */
	return DirectFunctionCall2(numeric, quotient, Int32GetDatum(typmod));
}

static RsVector *
quotient_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	int128	   *to;
	int32		typmod;
	int			scale;
	int			shift;
	int128		up;
	int128		limit;
	uint32		i;

	if (args[0]->form == RS_FORM_REF || args[1]->form == RS_FORM_REF || args[0]->scales != NULL ||
		args[1]->scales != NULL || !args[2]->constant || rs_vector_is_null(args[2], 0))
		return NULL;
	typmod = ((int32 *) args[2]->data)[0];
	if (typmod < (int32) VARHDRSZ || typmod_precision(typmod) > 38)
		return NULL;
	scale = typmod_scale(typmod);
	shift = scale + args[1]->scale - args[0]->scale;
	if (scale > 38 || shift < 0 || shift > 38)
		return NULL;
	up = rs_power_of_ten(shift);
	limit = rs_power_of_ten(typmod_precision(typmod));
	result = rs_vector_create(rows->arena, RS_FORM_I128, rows->n);
	result->null = rs_null_union(rows, args, 2);
	result->scale = (int16) scale;
	to = result->data;
	for (i = 0; i < rows->n; i++)
	{
		int128		x;
		int128		y;

		to[i] = 0;
		if (result->null != NULL && result->null[i])
			continue;
		y = rs_vector_numeric(args[1], i);
		if (y == 0 || __builtin_mul_overflow(rs_vector_numeric(args[0], i), up, &x))
			return NULL;
		/* Most fit 64 bits, whose division costs a third. */
		if (x == (int64) x && y == (int64) y && (int64) x != PG_INT64_MIN)
			to[i] = (int64) x / (int64) y;
		else
			to[i] = x / y;
		if (to[i] >= limit || to[i] <= -limit)
			return NULL;
	}
	return result;
}

const RsFunctionKernel rs_numeric_quotient_kernels[] = {
	{rs_numeric_quotient, quotient_kernel},
	{NULL}
};
