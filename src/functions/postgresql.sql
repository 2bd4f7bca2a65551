-- PostgreSQL's functions of the names that Redshift has too, for types and numbers of arguments
-- that Redshift's have not: the translator takes the name for Redshift's, whatever it is called with.

CREATE FUNCTION redshift.array_position(anycompatiblearray, anycompatible) RETURNS integer AS 'array_position'
	LANGUAGE internal IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_position(anycompatiblearray, anycompatible) IS 'where an array has a value first, from 1; NULL if nowhere';
CREATE FUNCTION redshift.array_position(anycompatiblearray, anycompatible, integer) RETURNS integer AS 'array_position_start'
	LANGUAGE internal IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_position(anycompatiblearray, anycompatible, integer) IS 'where an array has a value first, looked for from a subscript on';
CREATE FUNCTION redshift.array_positions(anycompatiblearray, anycompatible) RETURNS integer[] AS 'array_positions'
	LANGUAGE internal IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_positions(anycompatiblearray, anycompatible) IS 'where an array has a value';
CREATE FUNCTION redshift.charindex(sought bit, string bit) RETURNS integer LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.position(string, sought);
COMMENT ON FUNCTION redshift.charindex(bit, bit) IS 'where the first bits begin in the second, from 1; 0: nowhere';
CREATE FUNCTION redshift.json_array_length(json) RETURNS integer AS 'json_array_length'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_array_length(json) IS 'number of elements';
CREATE FUNCTION redshift.json_extract_path_text(json, VARIADIC text[]) RETURNS text AS 'json_extract_path_text'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_extract_path_text(json, VARIADIC text[]) IS 'what a path leads to, as a text; NULL if nowhere';
CREATE FUNCTION redshift.json_typeof(json) RETURNS text AS 'json_typeof'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_typeof(json) IS 'kind of a value';
-- Else a literal could be json or jsonb.
CREATE FUNCTION redshift.json_typeof(text) RETURNS text LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
	RETURN pg_catalog.json_typeof($1::json);
COMMENT ON FUNCTION redshift.json_typeof(text) IS 'kind of a value';
CREATE FUNCTION redshift.length(bit) RETURNS integer AS 'bitlength'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.length(bit) IS 'number of bits';
CREATE FUNCTION redshift.length(varbit) RETURNS integer AS 'bitlength'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.length(varbit) IS 'number of bits';
CREATE FUNCTION redshift.length(bytea, name) RETURNS integer AS 'length_in_encoding'
	LANGUAGE internal STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.length(bytea, name) IS 'number of characters of a text in an encoding';
CREATE FUNCTION redshift.length(lseg) RETURNS double precision AS 'lseg_length'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.length(lseg) IS 'distance of its ends';
CREATE FUNCTION redshift.length(path) RETURNS double precision AS 'path_length'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.length(path) IS 'length of all segments';
CREATE FUNCTION redshift.length(tsvector) RETURNS integer AS 'tsvector_length'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.length(tsvector) IS 'number of lexemes';
CREATE FUNCTION redshift.octet_length(bit) RETURNS integer AS 'bitoctetlength'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.octet_length(bit) IS 'number of bytes';
CREATE FUNCTION redshift.octet_length(varbit) RETURNS integer AS 'bitoctetlength'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.octet_length(varbit) IS 'number of bytes';
CREATE FUNCTION redshift.pg_terminate_backend(integer, bigint) RETURNS boolean AS 'pg_terminate_backend'
	LANGUAGE internal VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.pg_terminate_backend(integer, bigint) IS 'ends a session and waits for that as many milliseconds';
CREATE FUNCTION redshift.regexp_instr(text, text, integer, integer, integer, text, integer) RETURNS integer AS 'regexp_instr'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.regexp_instr(text, text, integer, integer, integer, text, integer) IS 'where the n-th match, or a subexpression''s, begins or ends';
CREATE FUNCTION redshift.regexp_replace(text, text, text, integer, integer) RETURNS text AS 'textregexreplace_extended_no_flags'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.regexp_replace(text, text, text, integer, integer) IS 'the string with its n-th match replaced, 0: all';
CREATE FUNCTION redshift.regexp_replace(text, text, text, integer, integer, text) RETURNS text AS 'textregexreplace_extended'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.regexp_replace(text, text, text, integer, integer, text) IS 'the string with its n-th match replaced, 0: all, with flags';
CREATE FUNCTION redshift.regexp_substr(text, text, integer, integer, text, integer) RETURNS text AS 'regexp_substr'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.regexp_substr(text, text, integer, integer, text, integer) IS 'the n-th match, or a subexpression''s';
CREATE FUNCTION redshift.substring(bit, integer) RETURNS bit AS 'bitsubstr_no_len'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.substring(bit, integer) IS 'bits from a place on';
CREATE FUNCTION redshift.substring(varbit, integer) RETURNS varbit AS 'bitsubstr_no_len'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.substring(varbit, integer) IS 'bits from a place on';
CREATE FUNCTION redshift.substring(bit, integer, integer) RETURNS bit AS 'bitsubstr'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.substring(bit, integer, integer) IS 'a number of bits from a place on';
CREATE FUNCTION redshift.substring(varbit, integer, integer) RETURNS varbit AS 'bitsubstr'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.substring(varbit, integer, integer) IS 'a number of bits from a place on';
CREATE FUNCTION redshift.to_timestamp(double precision) RETURNS timestamptz AS 'float8_timestamptz'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.to_timestamp(double precision) IS 'seconds since 1970 as a time';
CREATE FUNCTION redshift.trunc(macaddr) RETURNS macaddr AS 'macaddr_trunc'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.trunc(macaddr) IS 'the manufacturer''s part';
CREATE FUNCTION redshift.trunc(macaddr8) RETURNS macaddr8 AS 'macaddr8_trunc'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.trunc(macaddr8) IS 'the manufacturer''s part';

CREATE AGGREGATE redshift.bit_and(bit) (SFUNC = pg_catalog.bitand, STYPE = bit, COMBINEFUNC = pg_catalog.bitand, PARALLEL = SAFE);
COMMENT ON AGGREGATE redshift.bit_and(bit) IS 'bits that all have';
CREATE AGGREGATE redshift.bit_or(bit) (SFUNC = pg_catalog.bitor, STYPE = bit, COMBINEFUNC = pg_catalog.bitor, PARALLEL = SAFE);
COMMENT ON AGGREGATE redshift.bit_or(bit) IS 'bits that any has';
CREATE AGGREGATE redshift.sum(money) (SFUNC = pg_catalog.cash_pl, STYPE = money, COMBINEFUNC = pg_catalog.cash_pl,
	MSFUNC = pg_catalog.cash_pl, MINVFUNC = pg_catalog.cash_mi, MSTYPE = money, PARALLEL = SAFE);
COMMENT ON AGGREGATE redshift.sum(money) IS 'sum';
