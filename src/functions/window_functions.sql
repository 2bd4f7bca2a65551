-- Window functions.  The translator names them for what stands above each.

-- LAG(x [, n]) IGNORE NULLS, LEAD(x [, n]) IGNORE NULLS
-- internal
CREATE FUNCTION redshift.lag_ignore_nulls(anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_lag_ignore_nulls' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.lag_ignore_nulls(anyelement, int) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_lag_ignore_nulls' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.lag_ignore_nulls(anyelement, int) IS 'the value that is so many values before the row, which nulls are not';
-- internal
CREATE FUNCTION redshift.lead_ignore_nulls(anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_lead_ignore_nulls' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.lead_ignore_nulls(anyelement, int) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_lead_ignore_nulls' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.lead_ignore_nulls(anyelement, int) IS 'the value that is so many values behind the row, which nulls are not';

CREATE FUNCTION redshift.ratio_to_report(float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'rs_ratio_to_report' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.ratio_to_report(float8) IS 'the value''s part of the sum of the partition';

-- FIRST_VALUE(x) IGNORE NULLS, LAST_VALUE(x) IGNORE NULLS, NTH_VALUE(x, n) IGNORE NULLS: aggregates, the last
-- two functions of each for frames whose start moves.
-- internal
CREATE FUNCTION redshift.nth_add(internal, anyelement, bigint) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_nth_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.queue_add(internal, anyelement) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_queue_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.queue_remove(internal, anyelement) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_queue_remove' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.queue_add(internal, anyelement, bigint) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_queue_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.queue_remove(internal, anyelement, bigint) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_queue_remove' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.queue_first(internal, anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_queue_first' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.queue_last(internal, anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_queue_last' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.queue_nth(internal, anyelement, bigint) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_queue_nth' LANGUAGE C IMMUTABLE PARALLEL SAFE;
-- internal
CREATE AGGREGATE redshift.first_value_ignore_nulls(anyelement) (
	SFUNC = redshift.keep_first, STYPE = anyelement, MSFUNC = redshift.queue_add, MINVFUNC = redshift.queue_remove,
	MSTYPE = internal, MFINALFUNC = redshift.queue_first, MFINALFUNC_EXTRA);
COMMENT ON AGGREGATE redshift.first_value_ignore_nulls(anyelement) IS 'the first value of a frame that is not null';
-- internal
CREATE AGGREGATE redshift.last_value_ignore_nulls(anyelement) (
	SFUNC = redshift.keep_last, STYPE = anyelement, MSFUNC = redshift.queue_add, MINVFUNC = redshift.queue_remove,
	MSTYPE = internal, MFINALFUNC = redshift.queue_last, MFINALFUNC_EXTRA);
COMMENT ON AGGREGATE redshift.last_value_ignore_nulls(anyelement) IS 'the last value of a frame that is not null';
-- internal
CREATE AGGREGATE redshift.nth_value_ignore_nulls(anyelement, bigint) (
	SFUNC = redshift.nth_add, STYPE = internal, FINALFUNC = redshift.queue_nth, FINALFUNC_EXTRA,
	MSFUNC = redshift.queue_add, MINVFUNC = redshift.queue_remove, MSTYPE = internal,
	MFINALFUNC = redshift.queue_nth, MFINALFUNC_EXTRA);
COMMENT ON AGGREGATE redshift.nth_value_ignore_nulls(anyelement, bigint) IS 'the nth value of a frame that is not null';
