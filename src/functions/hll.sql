-- HyperLogLog: type hllsketch, of 2^15 registers, and what makes, merges and counts with it.

CREATE TYPE redshift.hllsketch;
-- internal
CREATE FUNCTION redshift.hllsketch_in(cstring) RETURNS redshift.hllsketch
	AS 'MODULE_PATHNAME', 'rs_hllsketch_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.hllsketch_out(redshift.hllsketch) RETURNS cstring
	AS 'MODULE_PATHNAME', 'rs_hllsketch_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE TYPE redshift.hllsketch (INPUT = redshift.hllsketch_in, OUTPUT = redshift.hllsketch_out,
	STORAGE = extended, ALIGNMENT = int4);
COMMENT ON TYPE redshift.hllsketch IS 'HyperLogLog sketch: JSON with indices and values while it is sparse, else its registers in base64';
-- Nodes send states of aggregates as bytes.
CREATE CAST (redshift.hllsketch AS bytea) WITHOUT FUNCTION;

-- internal
CREATE FUNCTION redshift.hll_transition(internal, anyelement) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_hll_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.hll_combine_transition(internal, redshift.hllsketch) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_hll_combine_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.hll_combine_states(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_hll_combine_states' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.hll_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_hll_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.hll_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_hll_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.hll_final_sketch(internal) RETURNS redshift.hllsketch
	AS 'MODULE_PATHNAME', 'rs_hll_final_sketch' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.hll_final_count(internal) RETURNS bigint
	AS 'MODULE_PATHNAME', 'rs_hll_final_count' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE redshift.hll(anyelement) (
	SFUNC = redshift.hll_transition, STYPE = internal, SSPACE = 32768, FINALFUNC = redshift.hll_final_count,
	COMBINEFUNC = redshift.hll_combine_states, SERIALFUNC = redshift.hll_serialize,
	DESERIALFUNC = redshift.hll_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.hll(anyelement) IS 'about the number of different values, within 0.6 % two times of three';
-- What APPROXIMATE COUNT(DISTINCT x) is translated to.
-- internal
CREATE AGGREGATE redshift.approximate_count_distinct(anyelement) (
	SFUNC = redshift.hll_transition, STYPE = internal, SSPACE = 32768, FINALFUNC = redshift.hll_final_count,
	COMBINEFUNC = redshift.hll_combine_states, SERIALFUNC = redshift.hll_serialize,
	DESERIALFUNC = redshift.hll_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.approximate_count_distinct(anyelement) IS 'APPROXIMATE COUNT(DISTINCT x)';
CREATE AGGREGATE redshift.hll_create_sketch(anyelement) (
	SFUNC = redshift.hll_transition, STYPE = internal, SSPACE = 32768, FINALFUNC = redshift.hll_final_sketch,
	COMBINEFUNC = redshift.hll_combine_states, SERIALFUNC = redshift.hll_serialize,
	DESERIALFUNC = redshift.hll_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.hll_create_sketch(anyelement) IS 'sketch of the values';
CREATE AGGREGATE redshift.hll_combine(redshift.hllsketch) (
	SFUNC = redshift.hll_combine_transition, STYPE = internal, SSPACE = 32768, FINALFUNC = redshift.hll_final_sketch,
	COMBINEFUNC = redshift.hll_combine_states, SERIALFUNC = redshift.hll_serialize,
	DESERIALFUNC = redshift.hll_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.hll_combine(redshift.hllsketch) IS 'sketch of the values of all these sketches';

CREATE FUNCTION redshift.hll_cardinality(sketch redshift.hllsketch) RETURNS bigint
	AS 'MODULE_PATHNAME', 'rs_hll_cardinality' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.hll_cardinality(redshift.hllsketch) IS 'about the number of different values of a sketch';
CREATE FUNCTION redshift.hll_combine_sketches(a redshift.hllsketch, b redshift.hllsketch) RETURNS redshift.hllsketch
	AS 'MODULE_PATHNAME', 'rs_hll_combine_sketches' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.hll_combine_sketches(redshift.hllsketch, redshift.hllsketch) IS 'sketch of the values of both';
