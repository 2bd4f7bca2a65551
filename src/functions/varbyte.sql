-- VARBYTE, which is bytea: casts, forms as text, operators.

-- internal
CREATE FUNCTION redshift.varbyte(string text) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_varbyte' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.varbyte(text) IS 'a string as bytes in UTF-8: what a cast is, under Redshift''s dialect';
-- internal
CREATE FUNCTION redshift.varbyte(string char) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_varbyte' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
-- internal
CREATE FUNCTION redshift.varbyte_text(bytes bytea) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_varbyte_text' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.varbyte_text(bytea) IS 'the string that bytes in UTF-8 are: what a cast is, under Redshift''s dialect';
CREATE CAST (smallint AS bytea) WITH FUNCTION pg_catalog.int2send(smallint);
CREATE CAST (int AS bytea) WITH FUNCTION pg_catalog.int4send(int);
CREATE CAST (bigint AS bytea) WITH FUNCTION pg_catalog.int8send(bigint);

CREATE FUNCTION redshift.to_hex(value int4) RETURNS text
	AS $$SELECT pg_catalog.to_hex($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.to_hex(value int8) RETURNS text
	AS $$SELECT pg_catalog.to_hex($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.to_hex(value bytea) RETURNS text
	AS $$SELECT pg_catalog.encode($1, 'hex')$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.to_hex(bytea) IS 'bytes in hexadecimal';
CREATE FUNCTION redshift.from_hex(string text) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_from_hex' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.from_hex(text) IS 'the bytes of hexadecimal digits';
-- internal
CREATE FUNCTION redshift.varbyte_bits(bytes bytea) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_varbyte_bits' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.varbyte_bits(bytea) IS 'bytes in digits of 0 and 1';
-- internal
CREATE FUNCTION redshift.bits_varbyte(string text) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_bits_varbyte' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.bits_varbyte(text) IS 'the bytes of digits of 0 and 1';
CREATE FUNCTION redshift.to_varbyte(string text, format text) RETURNS bytea
	AS $$SELECT CASE pg_catalog.lower($2) WHEN 'hex' THEN redshift.from_hex($1) WHEN 'base64' THEN pg_catalog.decode($1, 'base64')
		WHEN 'binary' THEN redshift.bits_varbyte($1) ELSE pg_catalog.convert_to($1, $2::name) END$$ LANGUAGE sql STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.to_varbyte(text, text) IS 'bytes of text: hex, base64, binary, or utf-8';
CREATE FUNCTION redshift.from_varbyte(bytes bytea, format text) RETURNS text
	AS $$SELECT CASE pg_catalog.lower($2) WHEN 'hex' THEN pg_catalog.encode($1, 'hex') WHEN 'base64' THEN pg_catalog.encode($1, 'base64')
		WHEN 'binary' THEN redshift.varbyte_bits($1) ELSE pg_catalog.convert_from($1, $2::name) END$$ LANGUAGE sql STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.from_varbyte(bytea, text) IS 'bytes as text: hex, base64, binary, or utf-8';
CREATE FUNCTION redshift.getbit(bytes bytea, index int4) RETURNS int4
	AS $$SELECT pg_catalog.get_bit($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.getbit(bytea, int4) IS 'a bit of the bytes, counted from 0, the lowest of the first byte';

-- internal
CREATE FUNCTION redshift.varbyte_and(bytea, bytea) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_varbyte_and' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE OPERATOR pg_catalog.& (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = redshift.varbyte_and, COMMUTATOR = OPERATOR(pg_catalog.&));
-- internal
CREATE FUNCTION redshift.varbyte_or(bytea, bytea) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_varbyte_or' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE OPERATOR pg_catalog.| (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = redshift.varbyte_or, COMMUTATOR = OPERATOR(pg_catalog.|));
-- internal
CREATE FUNCTION redshift.varbyte_xor(bytea, bytea) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_varbyte_xor' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE OPERATOR pg_catalog.# (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = redshift.varbyte_xor, COMMUTATOR = OPERATOR(pg_catalog.#));
-- internal
CREATE FUNCTION redshift.varbyte_not(bytea) RETURNS bytea
	AS 'MODULE_PATHNAME', 'rs_varbyte_not' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE OPERATOR pg_catalog.~ (RIGHTARG = bytea, FUNCTION = redshift.varbyte_not);
CREATE OPERATOR pg_catalog.+ (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = pg_catalog.byteacat);
