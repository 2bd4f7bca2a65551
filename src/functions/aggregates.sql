-- Aggregates with Redshift's types.  Those with the names of PostgreSQL's give way to them when a
-- statement is planned (plain_aggregates.c).

-- SUM and AVG of integers are bigint.

-- internal
CREATE FUNCTION redshift.int2_sum_transition(internal, int2) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_int2_sum_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.int4_sum_transition(internal, int4) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_int4_sum_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.int8_sum_transition(internal, int8) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_int8_sum_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.integer_sum_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_integer_sum_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.integer_sum_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_integer_sum_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.integer_sum_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_integer_sum_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.integer_sum_final(internal) RETURNS bigint
	AS 'MODULE_PATHNAME', 'rs_integer_sum_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.integer_avg_final(internal) RETURNS bigint
	AS 'MODULE_PATHNAME', 'rs_integer_avg_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE redshift.sum(int2) (
	SFUNC = redshift.int2_sum_transition, STYPE = internal, FINALFUNC = redshift.integer_sum_final,
	COMBINEFUNC = redshift.integer_sum_combine, SERIALFUNC = redshift.integer_sum_serialize,
	DESERIALFUNC = redshift.integer_sum_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.sum(int2) IS 'sum of integers, as bigint';
CREATE AGGREGATE redshift.sum(int4) (
	SFUNC = redshift.int4_sum_transition, STYPE = internal, FINALFUNC = redshift.integer_sum_final,
	COMBINEFUNC = redshift.integer_sum_combine, SERIALFUNC = redshift.integer_sum_serialize,
	DESERIALFUNC = redshift.integer_sum_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.sum(int4) IS 'sum of integers, as bigint';
CREATE AGGREGATE redshift.sum(int8) (
	SFUNC = redshift.int8_sum_transition, STYPE = internal, FINALFUNC = redshift.integer_sum_final,
	COMBINEFUNC = redshift.integer_sum_combine, SERIALFUNC = redshift.integer_sum_serialize,
	DESERIALFUNC = redshift.integer_sum_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.sum(int8) IS 'sum of integers, as bigint';
CREATE AGGREGATE redshift.avg(int2) (
	SFUNC = redshift.int2_sum_transition, STYPE = internal, FINALFUNC = redshift.integer_avg_final,
	COMBINEFUNC = redshift.integer_sum_combine, SERIALFUNC = redshift.integer_sum_serialize,
	DESERIALFUNC = redshift.integer_sum_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.avg(int2) IS 'average of integers, cut to a bigint';
CREATE AGGREGATE redshift.avg(int4) (
	SFUNC = redshift.int4_sum_transition, STYPE = internal, FINALFUNC = redshift.integer_avg_final,
	COMBINEFUNC = redshift.integer_sum_combine, SERIALFUNC = redshift.integer_sum_serialize,
	DESERIALFUNC = redshift.integer_sum_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.avg(int4) IS 'average of integers, cut to a bigint';
CREATE AGGREGATE redshift.avg(int8) (
	SFUNC = redshift.int8_sum_transition, STYPE = internal, FINALFUNC = redshift.integer_avg_final,
	COMBINEFUNC = redshift.integer_sum_combine, SERIALFUNC = redshift.integer_sum_serialize,
	DESERIALFUNC = redshift.integer_sum_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.avg(int8) IS 'average of integers, cut to a bigint';
CREATE AGGREGATE redshift.sum(numeric) (
	SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_sum,
	COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.avg(numeric) (
	SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_avg,
	COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.sum(float8) (
	SFUNC = float8pl, STYPE = float8, COMBINEFUNC = float8pl, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.sum(float8) IS 'sum of floats, as double precision';
CREATE AGGREGATE redshift.avg(float8) (
	SFUNC = float8_accum, STYPE = float8[], FINALFUNC = float8_avg, COMBINEFUNC = float8_combine, INITCOND = '{0,0,0}', PARALLEL = safe);
COMMENT ON AGGREGATE redshift.avg(float8) IS 'average of floats';
CREATE AGGREGATE redshift.sum(interval) (
	SFUNC = interval_pl, STYPE = interval, COMBINEFUNC = interval_pl, PARALLEL = safe);
CREATE AGGREGATE redshift.avg(interval) (
	SFUNC = interval_accum, STYPE = interval[], FINALFUNC = interval_avg, COMBINEFUNC = interval_combine,
	INITCOND = '{0 second,0 second}', PARALLEL = safe);

-- Of numbers of any type these are double precision.

CREATE AGGREGATE redshift.stddev(float8) (
	SFUNC = float8_accum, STYPE = float8[], FINALFUNC = float8_stddev_samp, COMBINEFUNC = float8_combine, INITCOND = '{0,0,0}', PARALLEL = safe);
CREATE AGGREGATE redshift.stddev_samp(float8) (
	SFUNC = float8_accum, STYPE = float8[], FINALFUNC = float8_stddev_samp, COMBINEFUNC = float8_combine, INITCOND = '{0,0,0}', PARALLEL = safe);
CREATE AGGREGATE redshift.stddev_pop(float8) (
	SFUNC = float8_accum, STYPE = float8[], FINALFUNC = float8_stddev_pop, COMBINEFUNC = float8_combine, INITCOND = '{0,0,0}', PARALLEL = safe);
CREATE AGGREGATE redshift.variance(float8) (
	SFUNC = float8_accum, STYPE = float8[], FINALFUNC = float8_var_samp, COMBINEFUNC = float8_combine, INITCOND = '{0,0,0}', PARALLEL = safe);
CREATE AGGREGATE redshift.var_samp(float8) (
	SFUNC = float8_accum, STYPE = float8[], FINALFUNC = float8_var_samp, COMBINEFUNC = float8_combine, INITCOND = '{0,0,0}', PARALLEL = safe);
CREATE AGGREGATE redshift.var_pop(float8) (
	SFUNC = float8_accum, STYPE = float8[], FINALFUNC = float8_var_pop, COMBINEFUNC = float8_combine, INITCOND = '{0,0,0}', PARALLEL = safe);

-- Bits, also of booleans.

CREATE AGGREGATE redshift.bit_and(int2) (
	SFUNC = int2and, STYPE = int2, COMBINEFUNC = int2and, PARALLEL = safe);
CREATE AGGREGATE redshift.bit_and(int4) (
	SFUNC = int4and, STYPE = int4, COMBINEFUNC = int4and, PARALLEL = safe);
CREATE AGGREGATE redshift.bit_and(int8) (
	SFUNC = int8and, STYPE = int8, COMBINEFUNC = int8and, PARALLEL = safe);
CREATE AGGREGATE redshift.bit_and(boolean) (
	SFUNC = booland_statefunc, STYPE = boolean, COMBINEFUNC = booland_statefunc, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.bit_and(boolean) IS 'bool_and';
CREATE AGGREGATE redshift.bit_or(int2) (
	SFUNC = int2or, STYPE = int2, COMBINEFUNC = int2or, PARALLEL = safe);
CREATE AGGREGATE redshift.bit_or(int4) (
	SFUNC = int4or, STYPE = int4, COMBINEFUNC = int4or, PARALLEL = safe);
CREATE AGGREGATE redshift.bit_or(int8) (
	SFUNC = int8or, STYPE = int8, COMBINEFUNC = int8or, PARALLEL = safe);
CREATE AGGREGATE redshift.bit_or(boolean) (
	SFUNC = boolor_statefunc, STYPE = boolean, COMBINEFUNC = boolor_statefunc, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.bit_or(boolean) IS 'bool_or';

-- Some value that is not null.

-- internal
CREATE FUNCTION redshift.keep_first(anyelement, anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_keep_first' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.keep_last(anyelement, anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_keep_last' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE AGGREGATE redshift.any_value(anyelement) (
	SFUNC = redshift.keep_first, STYPE = anyelement, COMBINEFUNC = redshift.keep_first, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.any_value(anyelement) IS 'some value that is not null';

-- LISTAGG(x, d) WITHIN GROUP (ORDER BY y) is listagg(x, d ORDER BY y) here.

-- internal
CREATE FUNCTION redshift.listagg_transition(internal, anyelement) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_listagg_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.listagg_transition(internal, anyelement, text) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_listagg_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.listagg_transition(internal, text) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_listagg_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.listagg_transition(internal, text, text) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_listagg_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.listagg_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_listagg_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.listagg_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_listagg_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.listagg_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_listagg_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.listagg_final(internal) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_listagg_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE AGGREGATE redshift.listagg(anyelement) (
	SFUNC = redshift.listagg_transition, STYPE = internal, FINALFUNC = redshift.listagg_final,
	COMBINEFUNC = redshift.listagg_combine, SERIALFUNC = redshift.listagg_serialize,
	DESERIALFUNC = redshift.listagg_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.listagg(anyelement) IS 'values as text, with a delimiter between them';
CREATE AGGREGATE redshift.listagg(anyelement, text) (
	SFUNC = redshift.listagg_transition, STYPE = internal, FINALFUNC = redshift.listagg_final,
	COMBINEFUNC = redshift.listagg_combine, SERIALFUNC = redshift.listagg_serialize,
	DESERIALFUNC = redshift.listagg_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.listagg(anyelement, text) IS 'values as text, with a delimiter between them';
CREATE AGGREGATE redshift.listagg(text) (
	SFUNC = redshift.listagg_transition, STYPE = internal, FINALFUNC = redshift.listagg_final,
	COMBINEFUNC = redshift.listagg_combine, SERIALFUNC = redshift.listagg_serialize,
	DESERIALFUNC = redshift.listagg_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.listagg(text) IS 'values as text, with a delimiter between them';
CREATE AGGREGATE redshift.listagg(text, text) (
	SFUNC = redshift.listagg_transition, STYPE = internal, FINALFUNC = redshift.listagg_final,
	COMBINEFUNC = redshift.listagg_combine, SERIALFUNC = redshift.listagg_serialize,
	DESERIALFUNC = redshift.listagg_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.listagg(text, text) IS 'values as text, with a delimiter between them';

-- LISTAGG(DISTINCT x, d) WITHIN GROUP (ORDER BY y DESC, z) OVER (w) is
-- listagg_over(x, d, true, 'desc, asc', y, z) OVER (w).
-- internal
CREATE FUNCTION redshift.listagg_over_transition(internal, anyelement, text, boolean, text, VARIADIC "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_listagg_over_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.listagg_over_final(internal) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_listagg_over_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE AGGREGATE redshift.listagg_over(value anyelement, delimiter text, is_distinct boolean, orders text, VARIADIC keys "any") (
	SFUNC = redshift.listagg_over_transition, STYPE = internal, FINALFUNC = redshift.listagg_over_final, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.listagg_over(anyelement, text, boolean, text, VARIADIC "any") IS 'listagg of a window, in the order of keys, each asc or desc with nulls first or last';

-- PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x [DESC]) is percentile_cont(p, x [, true]) here, also OVER a window.

-- internal
CREATE FUNCTION redshift.median_transition(internal, anyelement) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_median_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_transition(internal, float8, anyelement) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_percentile_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_transition(internal, float8, anyelement, boolean) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_percentile_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_percentile_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_percentile_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_percentile_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_cont_numeric(internal) RETURNS numeric
	AS 'MODULE_PATHNAME', 'rs_percentile_cont_numeric' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_cont_float8(internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'rs_percentile_cont_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_cont_time(internal, anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_percentile_cont_time' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_cont_time(internal, float8, anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_percentile_cont_time' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_cont_time(internal, float8, anyelement, boolean) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_percentile_cont_time' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_disc_final(internal, float8, anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_percentile_disc_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.percentile_disc_final(internal, float8, anyelement, boolean) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_percentile_disc_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE AGGREGATE redshift.median(int2) (
	SFUNC = redshift.median_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.median(int4) (
	SFUNC = redshift.median_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.median(int8) (
	SFUNC = redshift.median_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.median(numeric) (
	SFUNC = redshift.median_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.median(float4) (
	SFUNC = redshift.median_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_float8,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.median(float8) (
	SFUNC = redshift.median_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_float8,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.median(anyelement) (
	SFUNC = redshift.median_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_time, FINALFUNC_EXTRA,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.median(anyelement) IS 'the value in the middle';
CREATE AGGREGATE redshift.percentile_cont(float8, int2) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, int2, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, int4) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, int4, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, int8) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, int8, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, numeric) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, numeric, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_numeric,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, float4) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_float8,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, float4, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_float8,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, float8) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_float8,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, float8, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_float8,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
CREATE AGGREGATE redshift.percentile_cont(float8, anyelement) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_time, FINALFUNC_EXTRA,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.percentile_cont(float8, anyelement) IS 'value at this part of the values, between two where it lies there';
CREATE AGGREGATE redshift.percentile_cont(float8, anyelement, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_cont_time, FINALFUNC_EXTRA,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.percentile_cont(float8, anyelement, boolean) IS 'value at this part of the values, between two where it lies there';
CREATE AGGREGATE redshift.percentile_disc(float8, anyelement) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_disc_final, FINALFUNC_EXTRA,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.percentile_disc(float8, anyelement) IS 'first value that this part of the values is not beyond';
CREATE AGGREGATE redshift.percentile_disc(float8, anyelement, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_disc_final, FINALFUNC_EXTRA,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.percentile_disc(float8, anyelement, boolean) IS 'first value that this part of the values is not beyond';
-- internal
CREATE AGGREGATE redshift.approximate_percentile_disc(float8, anyelement) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_disc_final, FINALFUNC_EXTRA,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.approximate_percentile_disc(float8, anyelement) IS 'first value that this part of the values is not beyond';
-- internal
CREATE AGGREGATE redshift.approximate_percentile_disc(float8, anyelement, boolean) (
	SFUNC = redshift.percentile_transition, STYPE = internal, FINALFUNC = redshift.percentile_disc_final, FINALFUNC_EXTRA,
	COMBINEFUNC = redshift.percentile_combine, SERIALFUNC = redshift.percentile_serialize,
	DESERIALFUNC = redshift.percentile_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.approximate_percentile_disc(float8, anyelement, boolean) IS 'first value that this part of the values is not beyond';
