-- Redshift's functions of strings: the manual's examples, limits, and what the engine sees.
\pset null NULL
SET search_path = redshift, pg_catalog, public;
SET datestyle = 'ISO, MDY';
SET max_parallel_workers_per_gather = 0;

-- Characters; char(n) without its padding, varchar with its blanks
SELECT redshift.len('abc  ') AS blanks, redshift.len('abc  '::char(9)) AS padded, redshift.len('français') AS characters, redshift.octet_length('français') AS bytes,
	redshift.len(12345) AS number, redshift.len(date '2000-01-01') AS date, redshift.textlen('abc') AS textlen, redshift.length('\x0102'::bytea) AS bytea,
	redshift.octet_length('ab '::char(6)) AS padded_bytes;
SELECT redshift.charindex('fish', 'dogfish') AS found, redshift.charindex('fish', 'dog') AS absent, redshift.octetindex('q', 'áqq') AS bytes, redshift.charindex('q', 'áqq') AS characters,
	redshift.charindex('-', date '2000-01-01') AS in_date, redshift.octetindex('', 'a') AS empty;
SELECT redshift.substring('caterpillar', 0, 5) AS before, redshift.substring('caterpillar', -2, 4) AS more, redshift.substring('caterpillar', 6, 4) AS inside, redshift.substr('caterpillar', 20) AS behind,
	redshift.substring(date '2004-05-06', 1, 4) AS of_date, redshift.left(12345, 2) AS of_int, redshift.right('abc', 2) AS "right", redshift.substring('\x010203'::bytea, 2, 1) AS of_bytea;
SELECT redshift.split_part('abc$def$ghi', '$', 2) AS second, redshift.split_part('abc$def$ghi', '$', 4) AS beyond, redshift.split_part('abc', '#', 1) AS whole;
SELECT redshift.split_part('abc$def$ghi', '$', -1);

-- Two arguments, and no NULL
SELECT redshift.concat('December 25, ', '2008') AS strings, redshift.concat(1, 'x') AS int, redshift.concat('x', 2.5) AS numeric, redshift.concat(1, date '2000-01-01') AS two,
	redshift.concat('a', NULL) AS null_string, redshift.concat('a'::char(3), 'b'::varchar) AS "char";
SELECT redshift.concat('a', 'b', 'c');
SELECT redshift.lpad(7, 3, '0') AS lpad, redshift.rpad('caterpillar', 5) AS cut, redshift.lpad('x', 0) AS empty, redshift.replace(date '2000-01-01', '-', '') AS replace,
	redshift.replicate('ab', 3) AS replicate, redshift.replicate('ab', -1) AS negative;
SELECT redshift.quote_literal('a''b\c') AS quoted, redshift.bpcharcmp('a', 'a  ') AS same, redshift.bpcharcmp('zz', 'a') AS more, redshift.bttext_pattern_cmp('a', 'zz') AS less,
	redshift.bttext_pattern_cmp('a', 'a ') AS blank;

SET standard_conforming_strings = off;
SET escape_string_warning = off;
SELECT redshift.quote_literal('a''b\\c') AS quoted;
RESET standard_conforming_strings;
RESET escape_string_warning;

SELECT redshift.btrim(' a ') AS trim, redshift.btrim(12) AS number, redshift.ltrim(0012.50, '1') AS ltrim, redshift.rtrim('x  ') || '|' AS rtrim, redshift.btrim('xax', 'x') AS btrim,
	redshift.strpos(12345, '4') AS strpos, redshift.reverse(123) AS reverse, redshift.translate(date '2000-01-02', '-', '/') AS translate, redshift.md5(1) = md5('1') AS md5,
	redshift.sha2(1, 256) = redshift.sha2('1', 256) AS sha2, redshift.btrim('ab '::char(5)) || '|' AS "char", redshift.btrim('\x0102'::bytea, '\x01') AS bytea;

-- Regular expressions
SELECT redshift.regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}') AS threes, redshift.regexp_count('the fox', 'FOX', 1, 'i') AS any_case, redshift.regexp_count('the fox', 'FOX', 1, 'c') AS exact,
	redshift.regexp_count('abab', 'a', 2) AS after, redshift.regexp_count('', '') AS empty, redshift.regexp_count('abc', NULL) AS "null", redshift.regexp_count('áá', '.', 1, 'p') AS utf8;
SELECT redshift.regexp_count('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 'p') AS pcre,
	redshift.regexp_count('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 'ip') AS pcre_any_case;
SELECT redshift.regexp_instr('The Home Depot Center', '[cC]ent(er|re)$') AS instr, redshift.regexp_instr('the fox', 'FOX', 1, 1, 0, 'i') AS any_case, redshift.regexp_instr('abc', 'x') AS absent,
	redshift.regexp_instr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 0, 'p') AS second, redshift.regexp_instr('abc', 'b', 1, 1, 1) AS behind,
	redshift.regexp_instr('ééb', 'b', 2, 1, 0, 'p') AS characters, redshift.regexp_instr('ab12', '[a-z]+([0-9]+)', 1, 1, 0, 'e') AS "group";
SELECT redshift.regexp_substr('dolor.nonummy@ipsum.org', '@[^.]*') AS substr, redshift.regexp_substr('abc', 'x') = '' AS absent, redshift.regexp_substr('ab12cd', '([a-z]+)([0-9]+)', 1, 1, 'e') AS "group",
	redshift.regexp_substr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 'p') AS pcre, redshift.regexp_substr('a1b2', '[0-9]', 3) AS after;
SELECT redshift.regexp_replace('the fox', 'FOX', 'quick brown fox', 1, 'i') AS any_case, redshift.regexp_replace('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', '[hidden]', 1, 'p') AS pcre,
	redshift.regexp_replace('hello world', '(l+)(o|d)', '<$2$1$$>') AS groups, redshift.regexp_replace('Etiam.laoreet.libero@example.com', '@.*\.(org|gov|com)$') AS removed,
	redshift.regexp_replace('aaa', 'a', 'b', 3) AS after, redshift.regexp_replace('aaa', 'a', 'b', 7) AS beyond;
SELECT redshift.regexp_replace('áb', '', '-') AS empty, redshift.regexp_replace('áb', '', '-', 1, 'p') AS empty_pcre, redshift.regexp_replace('áb', '(?<=á)', '+', 1, 'p') AS behind,
	redshift.regexp_replace('ab', '\Kb', 'x', 1, 'p') AS kept, redshift.regexp_replace('a', 'a', '$9$&', 1) AS unset;
SELECT redshift.regexp_replace('aab', 'a', '[\&]', 'g') AS flags, redshift.regexp_replace('Aab', 'a', 'x', 'i') AS first;
SELECT redshift.regexp_count('abc', '(', 1, 'p');
SELECT redshift.regexp_count('abc', '(');
SELECT redshift.regexp_count('abc', 'a', 0);
SELECT redshift.regexp_count('abc', 'a', 1, 'x');
SELECT redshift.regexp_count(repeat('a', 40), '(a+)+$b', 1, 'p') AS hopeless;
-- A pattern that changes from row to row is compiled anew
SELECT sum(redshift.regexp_count('abc1', p, 1, 'p')) FROM unnest('{[a-b],[0-9],x,[a-b]}'::text[]) p;

-- Hashes
SELECT redshift.sha1('Amazon Redshift') = redshift.func_sha1('Amazon Redshift') AS same, redshift.sha('abc') AS sha, redshift.sha2('abc', 256) AS sha2, redshift.sha2('abc', 0) = redshift.sha2('abc', 256) AS zero,
	length(redshift.sha2('abc', 512)) AS long, redshift.sha2('abc', 7) AS none, redshift.crc32('Amazon Redshift') AS crc32;
SELECT redshift.fnv_hash(1) AS int, redshift.fnv_hash('Amazon Redshift') AS string, redshift.fnv_hash('Amazon Redshift', redshift.fnv_hash(1)) AS both, redshift.fnv_hash('abcd') AS abcd,
	redshift.fnv_hash('cd', redshift.fnv_hash('ab')) AS ab_cd, redshift.fnv_hash('', 5) AS seed;
SELECT redshift.fnv_hash(1::int2) AS int2, redshift.fnv_hash(1::int8) AS int8, redshift.fnv_hash(true) AS bool, redshift.fnv_hash('a '::char(2)) = redshift.fnv_hash('a ') AS blank,
	redshift.murmur3_32_hash(34) AS murmur, redshift.murmur3_32_hash(34::int8) AS same, redshift.murmur3_32_hash('iceberg') AS string, redshift.fnv_hash(1.50) = redshift.fnv_hash(150::int8) AS numeric;
SELECT redshift.fnv_hash('{1}'::int[]);

SELECT redshift.soundex('Amazon') AS amazon, redshift.soundex('AWS') AS aws, redshift.soundex('Ashcraft') AS ashcraft, redshift.soundex('Tymczak') AS tymczak, redshift.soundex('%') AS none,
	redshift.difference('%', '@') AS no_letters, redshift.difference('Amazon', '') AS empty, redshift.difference('Amazon', '+-*/%Amazon') AS same, redshift.difference('AC/DC', 'Aerosmith') AS one;

-- Numbers
SELECT redshift.strtol('0xf', 16) AS hex, redshift.strtol('abcd1234', 16) AS more, redshift.strtol('110101', 2) AS binary, redshift.strtol('', 2) AS empty, redshift.strtol('  -7', 10) AS negative,
	redshift.strtol('-9223372036854775808', 10) AS least, redshift.strtol(NULL, 2) AS "null";
SELECT redshift.strtol('129', 2);
SELECT redshift.strtol('9223372036854775808', 10);
SELECT redshift.strtol('1', 37);
SELECT redshift.text_to_int_alt('123.52501') AS rounded, redshift.text_to_int_alt('$1,234-') AS teradata, redshift.text_to_int_alt('(5)') AS brackets, redshift.text_to_int_alt('1.5e-1') AS small,
	redshift.text_to_numeric_alt('-9.99') AS numeric;
SELECT redshift.text_to_numeric_alt('$1,234.565', 8, 2) AS rounded, redshift.text_to_numeric_alt('12-', 4, 0) AS whole, redshift.text_to_numeric_alt(NULL, 4, 0) AS "null";
SELECT redshift.text_to_numeric_alt('1234.5', 5, 2);
SELECT redshift.text_to_int_alt('12x');
SELECT redshift.to_hex(2147483647) AS int, redshift.to_hex(-1::int8) AS int8, redshift.to_hex('abc'::bytea) AS bytea, redshift.from_hex('6162') AS from_hex,
	redshift.from_varbyte('abc'::bytea, 'utf-8') AS utf8, redshift.from_varbyte('abc'::bytea, 'HEX') AS hex, redshift.to_varbyte('YWJj', 'base64') AS base64, redshift.getbit('\x01', 0) AS bit;

-- + joins strings
SELECT 'a'::varchar + 'b'::char(3) + 'c' AS strings, upper('x') + lower('Y') AS calls, 'x'::text + NULL AS "null", date '2000-01-01' + 1 AS date, 1 + '2' AS sum,
	timestamp '2000-01-01' + '1 day' AS day;

-- What the engine sees are PostgreSQL's functions
CREATE TABLE words (id int, v varchar(20), c char(12), d date, n int) USING redshift;
INSERT INTO words SELECT i, repeat('wörd ', i % 4) || i, 'x' || i % 100, date '1990-01-01' + i, i FROM generate_series(1, 3000) i;
INSERT INTO words VALUES (0, NULL, NULL, NULL, NULL);
EXPLAIN (VERBOSE, COSTS OFF) SELECT max(redshift.len(v)), max(redshift.len(c)), max(redshift.charindex('7', v)), max(redshift.left(d, 7)), max(redshift.concat(v, n)),
	max(redshift.split_part(v, ' ', 2)), max(redshift.lpad(n, 9, '0')), max(redshift.substring(v, 2, 3)), max(redshift.replace(d, '-', '')) FROM words;
SET redshift.enable_vector = on;
CREATE TEMP TABLE engine AS SELECT id, redshift.len(v) AS len, redshift.len(c) AS clen, redshift.charindex('7', v) AS at, redshift.left(d, 7) AS l, redshift.concat(v, n) AS cat, redshift.regexp_count(v, 'ö|1') AS re,
	redshift.regexp_replace(v, '(?<=w)(.)', '<$1>', 1, 'p') AS pcre, redshift.fnv_hash(v) AS fnv, redshift.lpad(n, 9, '0') AS pad FROM words;
SET redshift.enable_vector = off;
SELECT count(*) AS differ FROM (SELECT id, redshift.len(v), redshift.len(c), redshift.charindex('7', v), redshift.left(d, 7), redshift.concat(v, n), redshift.regexp_count(v, 'ö|1'),
	redshift.regexp_replace(v, '(?<=w)(.)', '<$1>', 1, 'p'), redshift.fnv_hash(v), redshift.lpad(n, 9, '0') FROM words EXCEPT ALL SELECT * FROM engine) d;
RESET redshift.enable_vector;
DROP TABLE words, engine;

-- COLLATE of two arguments
SELECT redshift.translate('select collate(a, ''CI''), collate(b || ''x'', ''case_sensitive''), a collate "C", collate(a, b)');
SELECT redshift.deferred('select collate(''Abc'', ''case_insensitive'') = ''aBC'' as same, collate(''Abc'', ''cs'') = ''aBC'' as other');
