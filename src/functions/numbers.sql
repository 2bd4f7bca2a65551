-- Redshift's functions of numbers: roundings keep an integer's type, and what PostgreSQL would
-- compute in numeric is double precision.

CREATE FUNCTION redshift.ceil(value int2) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.ceil(value int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.ceil(value int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.ceil(value numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.ceil(value);
CREATE FUNCTION redshift.ceil(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.ceil(value);
COMMENT ON FUNCTION redshift.ceil(numeric) IS 'the next whole number, of the same type';
CREATE FUNCTION redshift.ceiling(value int2) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.ceiling(value int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.ceiling(value int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.ceiling(value numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.ceil(value);
CREATE FUNCTION redshift.ceiling(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.ceil(value);
COMMENT ON FUNCTION redshift.ceiling(numeric) IS 'the next whole number, of the same type';
CREATE FUNCTION redshift.floor(value int2) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.floor(value int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.floor(value int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.floor(value numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.floor(value);
CREATE FUNCTION redshift.floor(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.floor(value);
COMMENT ON FUNCTION redshift.floor(numeric) IS 'the whole number before, of the same type';

CREATE FUNCTION redshift.round(value int2) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.round(value int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.round(value int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.round(value numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.round(value, 0);
CREATE FUNCTION redshift.round(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.round(value);
CREATE FUNCTION redshift.round(value int4, digits int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.round(value::numeric, digits)::int4;
CREATE FUNCTION redshift.round(value int8, digits int4) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.round(value::numeric, digits)::int8;
CREATE FUNCTION redshift.round(value numeric, digits int4) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.round(value, digits);
CREATE FUNCTION redshift.round(value float8, digits int4) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.round(value::numeric, digits)::float8;
COMMENT ON FUNCTION redshift.round(float8, int4) IS 'rounded to so many digits behind the point, halves away from zero';

CREATE FUNCTION redshift.trunc(value int2) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.trunc(value int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.trunc(value int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.trunc(value numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.trunc(value);
CREATE FUNCTION redshift.trunc(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.trunc(value);
CREATE FUNCTION redshift.trunc(value int4, digits int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.trunc(value::numeric, digits)::int4;
CREATE FUNCTION redshift.trunc(value int8, digits int4) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.trunc(value::numeric, digits)::int8;
CREATE FUNCTION redshift.trunc(value numeric, digits int4) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.trunc(value, digits);
CREATE FUNCTION redshift.trunc(value float8, digits int4) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.trunc(value::numeric, digits)::float8;
COMMENT ON FUNCTION redshift.trunc(float8, int4) IS 'cut off behind so many digits';
CREATE FUNCTION redshift.trunc(value timestamp) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value::date;
COMMENT ON FUNCTION redshift.trunc(timestamp) IS 'the date of a time';
CREATE FUNCTION redshift.trunc(value date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
CREATE FUNCTION redshift.trunc(value timestamptz) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE RETURN value::date;

CREATE FUNCTION redshift.sign(value int2) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.sign(value::float8)::int2;
CREATE FUNCTION redshift.sign(value int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.sign(value::float8)::int4;
CREATE FUNCTION redshift.sign(value int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.sign(value::float8)::int8;
CREATE FUNCTION redshift.sign(value numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.sign(value);
CREATE FUNCTION redshift.sign(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.sign(value);
COMMENT ON FUNCTION redshift.sign(numeric) IS '-1, 0 or 1, of the same type';

CREATE FUNCTION redshift.abs(value int2) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.abs(value);
CREATE FUNCTION redshift.abs(value int4) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.abs(value);
CREATE FUNCTION redshift.abs(value int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.abs(value);
CREATE FUNCTION redshift.abs(value numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.abs(value);
CREATE FUNCTION redshift.abs(value float4) RETURNS float4 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.abs(value);
CREATE FUNCTION redshift.abs(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.abs(value);

-- Literals in quotes, which could be a SUPER, too

CREATE FUNCTION redshift.ceil(value text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.ceil(value::float8);
CREATE FUNCTION redshift.ceiling(value text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.ceil(value::float8);
CREATE FUNCTION redshift.floor(value text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.floor(value::float8);
CREATE FUNCTION redshift.round(value text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.round(value::float8);
CREATE FUNCTION redshift.round(value text, digits int4) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.round(value::float8, digits);
CREATE FUNCTION redshift.trunc(value text, digits int4) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.trunc(value::float8, digits);
CREATE FUNCTION redshift.abs(value text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.abs(value::float8);

-- Of double precision alone

CREATE FUNCTION redshift.exp(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.exp(value);
CREATE FUNCTION redshift.dexp(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.exp(value);
COMMENT ON FUNCTION redshift.dexp(float8) IS 'e to the power of the value';
CREATE FUNCTION redshift.ln(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.ln(value);
CREATE FUNCTION redshift.dlog1(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.ln(value);
COMMENT ON FUNCTION redshift.dlog1(float8) IS 'natural logarithm';
CREATE FUNCTION redshift.log(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.log(value);
CREATE FUNCTION redshift.log(base float8, value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.ln(value) / pg_catalog.ln(base);
COMMENT ON FUNCTION redshift.log(float8, float8) IS 'logarithm of a base';
CREATE FUNCTION redshift.dlog10(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.log(value);
COMMENT ON FUNCTION redshift.dlog10(float8) IS 'logarithm of base 10';
CREATE FUNCTION redshift.sqrt(value float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.sqrt(value);
CREATE FUNCTION redshift.power(base float8, exponent float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.power(base, exponent);
CREATE FUNCTION redshift.pow(base float8, exponent float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.power(base, exponent);
