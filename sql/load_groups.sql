-- Row groups that loads make of batches have what heap tables have: every type, NULLs, mixed numerics, changed tables
SELECT current_setting('data_directory') AS dir \gset
\set types 'file://' :dir '/load_types.txt'
\set types_file :dir '/load_types.txt'
\set long 'file://' :dir '/load_long.txt'
\set long_file :dir '/load_long.txt'
CREATE TABLE load_types (i int, s int2, l int8, f real, g float8, b bool, c char(3), v varchar(12), t text, d date, ts timestamp,
	tz timestamptz, tm time, n2 numeric(9,2), n20 numeric(29,4), n numeric, u uuid, j jsonb, a int[], y bytea, o oid, x "char", iv interval, m money,
	k inet) WITH (autovacuum_enabled = off);
INSERT INTO load_types SELECT i, i % 30000, i::int8 << 33, i / 7.0::real, i / 7.0::float8, i % 2 = 0, 'c' || i % 9, 'v' || i % 400, repeat('t', i % 300),
	date '2000-01-01' + i, timestamp '2001-01-01 00:00:00.5' + i * interval '1 minute', timestamptz '2001-01-01 00:00:00Z' + i * interval '1 hour',
	time '00:00' + i * interval '1 second', i / 100.0, i * 12345678901234567890.1234, CASE i % 5000 WHEN 4000 THEN 'NaN' ELSE (i / 8.0)::numeric END,
	md5(i::text)::uuid, jsonb_build_object('i', i), ARRAY[i, NULL, -i], decode(md5(i::text), 'hex'), i, chr(65 + i % 20)::"char",
	i * interval '1 second', i::money, '10.0.0.0'::inet + i
	FROM generate_series(-100, 9000) i;
UPDATE load_types SET s = NULL, f = NULL, c = NULL, t = NULL, d = NULL, n2 = NULL, n = NULL, u = NULL, a = NULL, x = NULL WHERE i % 11 = 0;
UPDATE load_types SET (l, g, b, v, ts, tz, tm, n20, j, y, o, iv, m, k) = (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
	WHERE i > 8500;
SET extra_float_digits = 3;
SET datestyle = iso;
COPY load_types TO :'types_file' (DELIMITER '~');
-- in pages, sorted or not, by a numeric or text; and few rows, in the directory
CREATE TABLE load_back (LIKE load_types) USING redshift;
CREATE TABLE load_sorted (gone numeric, LIKE load_types, also_gone text, more int DEFAULT 5, late numeric(5,1) DEFAULT 2.5) USING redshift
	WITH (sortkey = 'n2, c, d');
ALTER TABLE load_sorted DROP gone, DROP also_gone;
COPY load_back FROM :'types' WITH (delimiter '~', escape, timeformat 'auto');
COPY load_sorted (i, s, l, f, g, b, c, v, t, d, ts, tz, tm, n2, n20, n, u, j, a, y, o, x, iv, m, k)
	FROM :'types' WITH (delimiter '~', escape, timeformat 'auto');
SELECT count(*) FROM (SELECT t::text FROM load_types t EXCEPT ALL SELECT t::text FROM load_back t) x;
SELECT count(*), sum(more), sum(late) FROM load_sorted;
ALTER TABLE load_sorted DROP more, DROP late;
SELECT count(*) FROM (SELECT t::text FROM load_types t EXCEPT ALL SELECT t::text FROM load_sorted t) x;
SELECT bool_and(sorted), bool_or(inline), sum("rows") FROM redshift.row_groups WHERE "table" = 'load_sorted'::regclass;
SELECT sum(n20), count(n) FILTER (WHERE n = 'NaN'), max(n2) FROM load_sorted WHERE n2 BETWEEN 20 AND 100.5;
SELECT * FROM redshift.verify('load_back') UNION ALL SELECT * FROM redshift.verify('load_sorted');
COPY (SELECT * FROM load_types WHERE i BETWEEN 20 AND 40) TO :'types_file' (DELIMITER '~');
TRUNCATE load_back;
COPY load_back FROM :'types' WITH (delimiter '~', escape, timeformat 'auto');
SELECT count(*) FROM (SELECT t::text FROM load_types t WHERE i BETWEEN 20 AND 40 EXCEPT ALL SELECT t::text FROM load_back t) x;
SELECT inline, "rows" FROM redshift.row_groups WHERE "table" = 'load_back'::regclass;

-- several groups of one batch's rows: they are closed when their memory is used up
SET redshift.insert_buffer_size = '1MB';
COPY (SELECT i, repeat('x', 300) || i FROM generate_series(1, 9000) i) TO :'long_file' (DELIMITER '|');
CREATE TABLE load_long (i int, t text) USING redshift WITH (sortkey = i);
COPY load_long FROM :'long';
SELECT count(*) > 1 AS several, sum("rows") FROM redshift.row_groups WHERE "table" = 'load_long'::regclass;
SELECT count(*), sum(length(t)), sum(i) FROM load_long;

-- what a command before sees, and one in the same transaction
BEGIN;
CREATE TABLE load_new (i int, t text) USING redshift;
DECLARE before CURSOR FOR SELECT count(*) FROM load_long WHERE i > 0;
COPY load_long FROM :'long';
COPY load_new FROM :'long';
FETCH before;
SELECT count(*) FROM load_long;
DELETE FROM load_new WHERE i > 10;
UPDATE load_new SET t = 'new' WHERE i = 3;
COMMIT;
SELECT i, left(t, 3), length(t) FROM load_new ORDER BY i LIMIT 4;

-- workers fail together, and all that they did is undone
SELECT string_agg(i || '|' || repeat('y', 80), E'\n') || E'\nwrong|row' AS lines FROM generate_series(1, 230000) i \gset
\o :long_file
\qecho :lines
\o
COPY load_long FROM :'long' WITH (maxerror 2);
SELECT line_number, trim(raw_line) AS line FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id();
SELECT count(*) FROM redshift.stl_load_commits WHERE query = redshift.pg_last_copy_id() AND is_partial = 1;
DO $$
BEGIN
	EXECUTE format('COPY load_long FROM %L', 'file://' || current_setting('data_directory') || '/load_long.txt');
EXCEPTION WHEN invalid_text_representation THEN
	RAISE NOTICE 'undone';
END $$;
SELECT count(*), sum(length(t)) FROM load_long;
SELECT * FROM redshift.verify('load_long');
VACUUM load_long;
DROP TABLE load_types, load_back, load_sorted, load_long, load_new;
