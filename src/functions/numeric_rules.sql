-- What statements have under redshift.dialect = redshift in the place of division and of
-- averages (numeric_rules.c).

-- internal
CREATE FUNCTION redshift.numeric_quotient(dividend numeric, divisor numeric, typmod int) RETURNS numeric
	AS 'MODULE_PATHNAME', 'rs_numeric_quotient' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.numeric_quotient(numeric, numeric, int) IS 'quotient cut to the scale of a type modifier of numeric';
