-- States of aggregates as PostgreSQL serializes them, of what plain aggregates give: the
-- node's half of an aggregation in two steps.  NULL if there were no rows.

CREATE FUNCTION redshift.numeric_avg_state(count int8, sum numeric) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_numeric_avg_state' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.numeric_avg_state(int8, numeric) IS 'state of sum(numeric) and avg(numeric)';

CREATE FUNCTION redshift.numeric_var_state(count int8, sum numeric, sum_of_squares numeric) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_numeric_var_state' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.numeric_var_state(int8, numeric, numeric) IS 'state of variance(numeric) and its kin';

CREATE FUNCTION redshift.int8_avg_state(count int8, sum numeric) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_int8_avg_state' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.int8_avg_state(int8, numeric) IS 'state of sum(int8) and avg(int8)';

CREATE FUNCTION redshift.int8_var_state(count int8, sum numeric, sum_of_squares numeric) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_int8_var_state' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.int8_var_state(int8, numeric, numeric) IS 'state of variance(int4) and its kin';
