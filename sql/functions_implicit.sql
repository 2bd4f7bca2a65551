-- What takes strings takes numbers and dates, too.
\pset null NULL
SET datestyle = 'ISO, MDY';
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;
CREATE TABLE readings (id int, code varchar(20), short char(6), day date, seen timestamp, price numeric(8,2), rate float8, big bigint, small smallint) USING redshift;
INSERT INTO readings VALUES (1, '12', '12', '2021-03-04', '2021-03-04 05:06:07', 12.50, 0.5, 12, 12),
	(2, '012', 'ab', '2021-03-05', '2021-03-04 00:00', 1, 12, 9, 9), (3, '2021-03-05', '2021', '2021-12-31', NULL, NULL, NULL, NULL, NULL),
	(4, NULL, NULL, NULL, NULL, 7, 1e20, 10000000000, 0);
SELECT redshift.deferred($$select position('.' in price) as at, position('0' in day) as in_day, trim(both '1' from big) as both, trim(leading '0' from code) as leading,
	trim(trailing from short) as trailing, trim(price, '0') as arguments, repeat(small, 2) as repeated, replicate(id, 3) as replicated,
	initcap(day) as capitals, ascii(id) as ascii, crc32(id) = crc32('1') as crc, regexp_replace(day, '-') as removed, regexp_replace(day, '-0', '/') as replaced,
	regexp_substr(seen, '[0-9]+:') as part, regexp_count(day, '0') as counted, regexp_instr(price, '5') as place from readings where id = 1$$);
SELECT redshift.deferred($$select position('b' in 'ab'), position('b'::bytea in 'ab'::bytea), position(b'1' in b'001')$$);
DROP TABLE readings;
