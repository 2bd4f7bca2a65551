-- Redshift's functions of strings.
--
-- Where a string is expected Redshift takes numbers and dates, too: overloads of anyelement.  Bodies
-- are strings, so that they are for the collation of the call; they name everything by its
-- schema, and have no backslash, which the session's standard_conforming_strings would give its meaning.

-- LEN, LENGTH, OCTET_LENGTH: without the blanks that pad a char(n).

CREATE FUNCTION redshift.len(string text) RETURNS int4
	AS $$SELECT pg_catalog.length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.len(text) IS 'characters';
CREATE FUNCTION redshift.len(string char) RETURNS int4
	AS $$SELECT pg_catalog.length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.len(bytes bytea) RETURNS int4
	AS $$SELECT pg_catalog.length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.len(value anyelement) RETURNS int4
	AS $$SELECT pg_catalog.length($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.length(string text) RETURNS int4
	AS $$SELECT pg_catalog.length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.length(string char) RETURNS int4
	AS $$SELECT pg_catalog.length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.length(bytes bytea) RETURNS int4
	AS $$SELECT pg_catalog.length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.length(value anyelement) RETURNS int4
	AS $$SELECT pg_catalog.length($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.textlen(string text) RETURNS int4
	AS $$SELECT pg_catalog.length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.textlen(text) IS 'characters';
CREATE FUNCTION redshift.octet_length(string text) RETURNS int4
	AS $$SELECT pg_catalog.octet_length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.octet_length(text) IS 'bytes; of char(n) without the blanks that pad it';
CREATE FUNCTION redshift.octet_length(bytes bytea) RETURNS int4
	AS $$SELECT pg_catalog.octet_length($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.octet_length(value anyelement) RETURNS int4
	AS $$SELECT pg_catalog.octet_length($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;

-- Places

CREATE FUNCTION redshift.charindex(sought text, string text) RETURNS int4
	AS $$SELECT pg_catalog.strpos($2, $1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.charindex(text, text) IS 'where the first string begins in the second, in characters from 1; 0: nowhere';
CREATE FUNCTION redshift.charindex(sought text, value anyelement) RETURNS int4
	AS $$SELECT pg_catalog.strpos($2::text, $1)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.charindex(sought bytea, bytes bytea) RETURNS int4
	AS $$SELECT pg_catalog.position($2, $1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.octetindex(sought text, string text) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_octetindex' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.octetindex(text, text) IS 'where the first string begins in the second, in bytes from 1; 0: nowhere';

-- Parts

CREATE FUNCTION redshift.substring(string text, start int4) RETURNS text
	AS $$SELECT pg_catalog.substr($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substring(string text, start int4, length int4) RETURNS text
	AS $$SELECT pg_catalog.substr($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substring(bytes bytea, start int4) RETURNS bytea
	AS $$SELECT pg_catalog.substr($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substring(bytes bytea, start int4, length int4) RETURNS bytea
	AS $$SELECT pg_catalog.substr($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substring(value anyelement, start int4) RETURNS text
	AS $$SELECT pg_catalog.substr($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substring(value anyelement, start int4, length int4) RETURNS text
	AS $$SELECT pg_catalog.substr($1::text, $2, $3)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substr(string text, start int4) RETURNS text
	AS $$SELECT pg_catalog.substr($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substr(string text, start int4, length int4) RETURNS text
	AS $$SELECT pg_catalog.substr($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substr(bytes bytea, start int4) RETURNS bytea
	AS $$SELECT pg_catalog.substr($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substr(bytes bytea, start int4, length int4) RETURNS bytea
	AS $$SELECT pg_catalog.substr($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substr(value anyelement, start int4) RETURNS text
	AS $$SELECT pg_catalog.substr($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.substr(value anyelement, start int4, length int4) RETURNS text
	AS $$SELECT pg_catalog.substr($1::text, $2, $3)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.left(string text, n int4) RETURNS text
	AS $$SELECT pg_catalog.left($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.left(value anyelement, n int4) RETURNS text
	AS $$SELECT pg_catalog.left($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.right(string text, n int4) RETURNS text
	AS $$SELECT pg_catalog.right($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.right(value anyelement, n int4) RETURNS text
	AS $$SELECT pg_catalog.right($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;

-- internal
CREATE FUNCTION redshift.check_position(n int4) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_check_position' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.check_position(int4) IS 'the number, which has to be positive';
CREATE FUNCTION redshift.split_part(string text, delimiter text, part int4) RETURNS text
	AS $$SELECT pg_catalog.split_part($1, $2, redshift.check_position($3))$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.split_part(text, text, int4) IS 'a part of a string, counted from 1; beyond the last one empty';
CREATE FUNCTION redshift.split_part(value anyelement, delimiter text, part int4) RETURNS text
	AS $$SELECT pg_catalog.split_part($1::text, $2, redshift.check_position($3))$$ LANGUAGE sql STABLE PARALLEL SAFE;

-- New strings

CREATE FUNCTION redshift.concat(a text, b text) RETURNS text
	AS $$SELECT pg_catalog.textcat($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.concat(text, text) IS 'two strings as one; NULL if either is';
CREATE FUNCTION redshift.concat(a bytea, b bytea) RETURNS bytea
	AS $$SELECT pg_catalog.byteacat($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.concat(a anyelement, b text) RETURNS text
	AS $$SELECT pg_catalog.textcat($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.concat(a text, b anyelement) RETURNS text
	AS $$SELECT pg_catalog.textcat($1, $2::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.concat(a anyelement, b anycompatible) RETURNS text
	AS $$SELECT pg_catalog.textcat($1::text, $2::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
-- In pg_catalog, for operators of other schemas are not found; PostgreSQL has no + of strings.
CREATE OPERATOR pg_catalog.+ (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_catalog.textcat);
CREATE FUNCTION redshift.lpad(string text, length int4) RETURNS text
	AS $$SELECT pg_catalog.lpad($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.lpad(string text, length int4, fill text) RETURNS text
	AS $$SELECT pg_catalog.lpad($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.lpad(value anyelement, length int4) RETURNS text
	AS $$SELECT pg_catalog.lpad($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.lpad(value anyelement, length int4, fill text) RETURNS text
	AS $$SELECT pg_catalog.lpad($1::text, $2, $3)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rpad(string text, length int4) RETURNS text
	AS $$SELECT pg_catalog.rpad($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rpad(string text, length int4, fill text) RETURNS text
	AS $$SELECT pg_catalog.rpad($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rpad(value anyelement, length int4) RETURNS text
	AS $$SELECT pg_catalog.rpad($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rpad(value anyelement, length int4, fill text) RETURNS text
	AS $$SELECT pg_catalog.rpad($1::text, $2, $3)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.replace(string text, old text, new text) RETURNS text
	AS $$SELECT pg_catalog.replace($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.replace(value anyelement, old text, new text) RETURNS text
	AS $$SELECT pg_catalog.replace($1::text, $2, $3)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.replicate(string text, n int4) RETURNS text
	AS $$SELECT pg_catalog.repeat($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.replicate(text, int4) IS 'the string n times';
CREATE FUNCTION redshift.quote_literal(string text) RETURNS text
	AS $$SELECT pg_catalog.textcat('''', pg_catalog.textcat(pg_catalog.replace(pg_catalog.replace($1, pg_catalog.chr(92), pg_catalog.repeat(pg_catalog.chr(92), 2)), '''', ''''''), ''''))$$
	LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.quote_literal(text) IS 'a literal of Redshift, where backslashes are escapes';
CREATE FUNCTION redshift.quote_literal(value anyelement) RETURNS text
	AS $$SELECT pg_catalog.quote_literal($1)$$ LANGUAGE sql STABLE PARALLEL SAFE;

-- Comparisons by bytes

CREATE FUNCTION redshift.bpcharcmp(a char, b char) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN sign(pg_catalog.bpcharcmp(a COLLATE "C", b COLLATE "C")::float8)::int4;
COMMENT ON FUNCTION redshift.bpcharcmp(char, char) IS '-1, 0 or 1; trailing blanks do not count';
CREATE FUNCTION redshift.bttext_pattern_cmp(a text, b text) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN sign(pg_catalog.bttext_pattern_cmp(a, b)::float8)::int4;
COMMENT ON FUNCTION redshift.bttext_pattern_cmp(text, text) IS '-1, 0 or 1';

-- Regular expressions

CREATE FUNCTION redshift.regexp_count(string text, pattern text) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_regexp_count' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_count(string text, pattern text, start int4) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_regexp_count' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_count(string text, pattern text, start int4, parameters text) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_regexp_count' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.regexp_count(text, text, int4, text) IS 'matches, from a position on; parameters c, i, p (PCRE)';
CREATE FUNCTION redshift.regexp_instr(string text, pattern text) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_regexp_instr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_instr(string text, pattern text, start int4) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_regexp_instr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_instr(string text, pattern text, start int4, occurrence int4) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_regexp_instr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_instr(string text, pattern text, start int4, occurrence int4, option int4) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_regexp_instr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_instr(string text, pattern text, start int4, occurrence int4, option int4, parameters text) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_regexp_instr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.regexp_instr(text, text, int4, int4, int4, text) IS 'where an occurrence begins, or by option 1 what follows it, in characters from 1; 0: nowhere';
CREATE FUNCTION redshift.regexp_substr(string text, pattern text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_regexp_substr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_substr(string text, pattern text, start int4) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_regexp_substr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_substr(string text, pattern text, start int4, occurrence int4) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_regexp_substr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_substr(string text, pattern text, start int4, occurrence int4, parameters text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_regexp_substr' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.regexp_substr(text, text, int4, int4, text) IS 'an occurrence, or by parameter e its first group; an empty string if there is none';
CREATE FUNCTION redshift.regexp_replace(string text, pattern text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_regexp_replace' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_replace(string text, pattern text, replacement text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_regexp_replace' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_replace(string text, pattern text, replacement text, start int4) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_regexp_replace' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_replace(string text, pattern text, replacement text, start int4, parameters text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_regexp_replace' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_replace(string text, pattern text, replacement text, flags text) RETURNS text
	AS $$SELECT pg_catalog.regexp_replace($1, $2, $3, $4)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.regexp_replace(text, text, text, text) IS 'PostgreSQL''s, whose fourth argument is no position';
COMMENT ON FUNCTION redshift.regexp_replace(text, text, text, int4, text) IS 'all matches replaced, from a position on; $1 to $9 are groups of the match';

-- Hashes

CREATE FUNCTION redshift.sha(string text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_sha1' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.sha1(string text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_sha1' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.sha1(text) IS 'SHA-1 in hexadecimal';
CREATE FUNCTION redshift.func_sha1(string text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_sha1' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.sha2(string text, bits int4) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_sha2' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.sha2(text, int4) IS 'SHA-2 of 224, 256 (or 0), 384 or 512 bits in hexadecimal';
CREATE FUNCTION redshift.crc32(string text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_crc32' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.crc32(text) IS 'CRC-32C in hexadecimal';
CREATE FUNCTION redshift.fnv_hash(value anyelement) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_fnv_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.fnv_hash(value anyelement, seed int8) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_fnv_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.fnv_hash(anyelement, int8) IS 'FNV-1a of 64 bits, of the value''s bytes; the seed may be the hash of what is before it';
CREATE FUNCTION redshift.fnv_hash(value text) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_fnv_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.fnv_hash(value text, seed int8) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_fnv_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.fnv_hash(value char) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_fnv_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.fnv_hash(value char, seed int8) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_fnv_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.farmfingerprint64(value text) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_farmfingerprint64' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.farmfingerprint64(text) IS 'FarmHash of 64 bits, of the value''s bytes';
CREATE FUNCTION redshift.farmfingerprint64(value bytea) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_farmfingerprint64' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.murmur3_32_hash(value anyelement) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_murmur3_32_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.murmur3_32_hash(value anyelement, seed int4) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_murmur3_32_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.murmur3_32_hash(anyelement, int4) IS 'MurmurHash3 of 32 bits; integers of any width have one hash';
CREATE FUNCTION redshift.murmur3_32_hash(value text) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_murmur3_32_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.murmur3_32_hash(value text, seed int4) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_murmur3_32_hash' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- What PostgreSQL has for strings alone, for numbers and dates, too

CREATE FUNCTION redshift.ltrim(string text) RETURNS text
	AS $$SELECT pg_catalog.ltrim($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.ltrim(string text, characters text) RETURNS text
	AS $$SELECT pg_catalog.ltrim($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.ltrim(bytes bytea, set bytea) RETURNS bytea
	AS $$SELECT pg_catalog.ltrim($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.ltrim(value anyelement) RETURNS text
	AS $$SELECT pg_catalog.ltrim($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.ltrim(value anyelement, characters text) RETURNS text
	AS $$SELECT pg_catalog.ltrim($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rtrim(string text) RETURNS text
	AS $$SELECT pg_catalog.rtrim($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rtrim(string text, characters text) RETURNS text
	AS $$SELECT pg_catalog.rtrim($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rtrim(bytes bytea, set bytea) RETURNS bytea
	AS $$SELECT pg_catalog.rtrim($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rtrim(value anyelement) RETURNS text
	AS $$SELECT pg_catalog.rtrim($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.rtrim(value anyelement, characters text) RETURNS text
	AS $$SELECT pg_catalog.rtrim($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.btrim(string text) RETURNS text
	AS $$SELECT pg_catalog.btrim($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.btrim(string text, characters text) RETURNS text
	AS $$SELECT pg_catalog.btrim($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.btrim(bytes bytea, set bytea) RETURNS bytea
	AS $$SELECT pg_catalog.btrim($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.btrim(value anyelement) RETURNS text
	AS $$SELECT pg_catalog.btrim($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.btrim(value anyelement, characters text) RETURNS text
	AS $$SELECT pg_catalog.btrim($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.strpos(string text, sought text) RETURNS int4
	AS $$SELECT pg_catalog.strpos($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.strpos(value anyelement, sought text) RETURNS int4
	AS $$SELECT pg_catalog.strpos($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.reverse(string text) RETURNS text
	AS $$SELECT pg_catalog.reverse($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.reverse(value anyelement) RETURNS text
	AS $$SELECT pg_catalog.reverse($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.translate(string text, "from" text, "to" text) RETURNS text
	AS $$SELECT pg_catalog.translate($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.translate(value anyelement, "from" text, "to" text) RETURNS text
	AS $$SELECT pg_catalog.translate($1::text, $2, $3)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.md5(string text) RETURNS text
	AS $$SELECT pg_catalog.md5($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.md5(bytes bytea) RETURNS text
	AS $$SELECT pg_catalog.md5($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.md5(value anyelement) RETURNS text
	AS $$SELECT pg_catalog.md5($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.sha(value anyelement) RETURNS text
	AS $$SELECT redshift.sha($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.sha1(value anyelement) RETURNS text
	AS $$SELECT redshift.sha1($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.func_sha1(value anyelement) RETURNS text
	AS $$SELECT redshift.func_sha1($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.sha2(value anyelement, bits int4) RETURNS text
	AS $$SELECT redshift.sha2($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.initcap(string text) RETURNS text
	AS $$SELECT pg_catalog.initcap($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.initcap(value anyelement) RETURNS text
	AS $$SELECT pg_catalog.initcap($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.ascii(string text) RETURNS int4
	AS $$SELECT pg_catalog.ascii($1)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.ascii(value anyelement) RETURNS int4
	AS $$SELECT pg_catalog.ascii($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.repeat(string text, n int4) RETURNS text
	AS $$SELECT pg_catalog.repeat($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.repeat(value anyelement, n int4) RETURNS text
	AS $$SELECT pg_catalog.repeat($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.replicate(value anyelement, n int4) RETURNS text
	AS $$SELECT pg_catalog.repeat($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.crc32(value anyelement) RETURNS text
	AS $$SELECT redshift.crc32($1::text)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_count(value anyelement, pattern text) RETURNS int4
	AS $$SELECT redshift.regexp_count($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_instr(value anyelement, pattern text) RETURNS int4
	AS $$SELECT redshift.regexp_instr($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_substr(value anyelement, pattern text) RETURNS text
	AS $$SELECT redshift.regexp_substr($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_replace(value anyelement, pattern text) RETURNS text
	AS $$SELECT redshift.regexp_replace($1::text, $2)$$ LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.regexp_replace(value anyelement, pattern text, replacement text) RETURNS text
	AS $$SELECT redshift.regexp_replace($1::text, $2, $3)$$ LANGUAGE sql STABLE PARALLEL SAFE;

-- Sounds

CREATE FUNCTION redshift.soundex(string text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_soundex' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.soundex(text) IS 'American Soundex of the English letters in the string';
CREATE FUNCTION redshift.difference(a text, b text) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_difference' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.difference(text, text) IS 'places, of 4, at which the Soundex codes agree';

-- Numbers in strings

CREATE FUNCTION redshift.strtol(string text, base int4) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_strtol' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.strtol(text, int4) IS 'the number of a base that the string is';
-- internal
CREATE FUNCTION redshift.plain_number(string text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_plain_number' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.plain_number(text) IS 'a number as Teradata writes it, without what PostgreSQL would not understand';
CREATE FUNCTION redshift.text_to_int_alt(string text) RETURNS int4
	AS $$SELECT redshift.plain_number($1)::numeric::int4$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.text_to_int_alt(text) IS 'the number that the string is, rounded; currency, commas, and a sign behind are understood';
CREATE FUNCTION redshift.text_to_numeric_alt(string text) RETURNS numeric
	AS $$SELECT pg_catalog.round(redshift.plain_number($1)::numeric, 0)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.text_to_numeric_alt(string text, "precision" int4, scale int4) RETURNS numeric
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog."numeric"(redshift.plain_number($1)::numeric, (($2 << 16) | $3) + 4);
COMMENT ON FUNCTION redshift.text_to_numeric_alt(text, int4, int4) IS 'the number that the string is, as DECIMAL(precision, scale)';
COMMENT ON FUNCTION redshift.text_to_numeric_alt(text) IS 'the number that the string is, rounded; currency, commas, and a sign behind are understood';
