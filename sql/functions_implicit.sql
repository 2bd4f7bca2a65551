-- Strings compared with numbers and dates, patterns looked for in these, and strings' functions of them.
\pset null NULL
SET datestyle = 'ISO, MDY';
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;
CREATE TABLE readings (id int, code varchar(20), short char(6), day date, seen timestamp, price numeric(8,2), rate float8, big bigint, small smallint) USING redshift;
INSERT INTO readings VALUES (1, '12', '12', '2021-03-04', '2021-03-04 05:06:07', 12.50, 0.5, 12, 12),
	(2, '012', 'ab', '2021-03-05', '2021-03-04 00:00', 1, 12, 9, 9), (3, '2021-03-05', '2021', '2021-12-31', NULL, NULL, NULL, NULL, NULL),
	(4, NULL, NULL, NULL, NULL, 7, 1e20, 10000000000, 0);

-- Numbers are compared as the strings that they are; where the string is to be a DECIMAL, as numbers
SELECT id, code = big AS big, small = code AS small, short = 12 AS short, code <> 12 AS other, code < big AS less, rate >= code AS more, code IN (11, 12) AS among
	FROM readings ORDER BY id;
SELECT id FROM readings WHERE id < 3 AND code = price - 0.5 ORDER BY 1;
SELECT id FROM readings WHERE id < 3 AND price < code ORDER BY 1;
SELECT id FROM readings WHERE code < 1.5;
SELECT id, day = code AS day, seen > code AS seen, code <= day AS not_after, code = time '00:12' AS clock FROM readings ORDER BY id;
SELECT a.id, b.id FROM readings a JOIN readings b ON a.code = b.big;
EXPLAIN (COSTS OFF) SELECT a.id FROM readings a JOIN readings b ON a.code = b.big WHERE b.short = 12 AND a.seen LIKE '2021-03%';
SELECT CASE code WHEN 12 THEN 'twelve' ELSE 'other' END FROM readings ORDER BY id;
PREPARE coded(int) AS SELECT id FROM readings WHERE code = $1;
EXECUTE coded(12);
DEALLOCATE coded;

-- Patterns
SELECT id FROM readings WHERE seen LIKE '2021-03-04%' ORDER BY 1;
SELECT id, day LIKE '%-03-__' AS day, big NOT LIKE '1%' AS big, price ILIKE '12.%' AS price, rate SIMILAR TO '[0-9]+' AS rate, small ~ '^1' AS small,
	readings.id !~ '3' AS number FROM readings ORDER BY id;
SELECT timestamptz '2021-01-01 00:00+02' LIKE '2020-12-31%' AS moment, time '10:11:12' LIKE '10:%' AS clock, 1.5::real LIKE '1.5' AS real;

-- What PostgreSQL compares it compares as before
SELECT 'a'::varchar = 'a' AS strings, 'x'::"char" LIKE 'x' AS "char", '12' = 12 AS literal, 5 = '5' AS other, name 'ab' ~~ 'a%' AS name, date '2021-01-01' = '2021-01-01' AS date,
	oid = 'pg_class'::regclass AS oid, split_part('table_' || oid, '_', 2) = oid AS oid_in_text FROM pg_class WHERE relname = 'pg_class';

-- Functions
SELECT redshift.deferred($$select position('.' in price) as at, position('0' in day) as in_day, trim(both '1' from big) as both, trim(leading '0' from code) as leading,
	trim(trailing from short) as trailing, trim(price, '0') as arguments, repeat(small, 2) as repeated, replicate(id, 3) as replicated,
	initcap(day) as capitals, ascii(id) as ascii, crc32(id) = crc32('1') as crc, regexp_replace(day, '-') as removed, regexp_replace(day, '-0', '/') as replaced,
	regexp_substr(seen, '[0-9]+:') as part, regexp_count(day, '0') as counted, regexp_instr(price, '5') as place from readings where id = 1$$);
SELECT redshift.deferred($$select position('b' in 'ab'), position('b'::bytea in 'ab'::bytea), position(b'1' in b'001')$$);
DROP TABLE readings;
