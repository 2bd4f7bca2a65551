-- What casts and assignments to varchar(n) and char(n) call under redshift.dialect = redshift.

-- internal
CREATE FUNCTION redshift.varchar_bytes(value varchar, typmod int4, cut bool) RETURNS varchar
	AS 'MODULE_PATHNAME', 'rs_varchar_bytes' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE SUPPORT pg_catalog.varchar_support;
COMMENT ON FUNCTION redshift.varchar_bytes(varchar, int4, bool) IS 'the value with at most typmod - 4 bytes; what is too long is cut, or fails';
-- internal
CREATE FUNCTION redshift.char_bytes(value char, typmod int4, cut bool) RETURNS char
	AS 'MODULE_PATHNAME', 'rs_char_bytes' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.char_bytes(char, int4, bool) IS 'the value padded to typmod - 4 bytes; what is too long is cut, or fails, as do characters that are not ASCII';
