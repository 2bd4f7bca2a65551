-- Parquet files of several writers, of test/data/parquet/make.mjs
\getenv abs_srcdir PG_ABS_SRCDIR
\set dir 'file://' :abs_srcdir '/test/data/parquet/'
\set v1 :dir 'duckdb_v1.parquet'
\set v2 :dir 'duckdb_v2.parquet'
\set nested :dir 'duckdb_nested.parquet'
\set hyparquet :dir 'hyparquet.parquet'
\set parquetjs :dir 'parquetjs.parquet'
\set old :dir 'old.parquet'
\set gzip :dir 'duckdb_gzip.parquet'
SET TIME ZONE 'UTC';
SET DateStyle = 'ISO';
SET IntervalStyle = 'postgres';
SET bytea_output = 'hex';
CREATE FUNCTION load_error(target text, file text, options text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
BEGIN
	EXECUTE format('COPY %s FROM %L WITH (FORMAT parquet%s)', target, file, options);
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN regexp_replace(sqlstate || ': ' || concat_ws(': ', message, nullif(detail, '')), 'file://[^"]*/', '', 'g');
END $$;

-- All types: dictionaries and plain values, pages of the first version; differences, split bytes and runs, of the second
CREATE TABLE parquet_v1 (id int, b bool, i8 int2, i16 int2, i32 int, i64 int8, u8 int2, u16 int, u32 int8, u64 numeric(20, 0), f float4, d float8,
	dec4 numeric(4, 1), dec9 numeric(9, 2), dec18 numeric(18, 3), dec38 numeric(38, 10), dt date, tm time, ts timestamp, ts_ms timestamp,
	ts_ns timestamp, tz timestamptz, few char(8), s varchar(350), bin bytea, u uuid, iv interval, e text, j jsonb) USING redshift;
CREATE TABLE parquet_v2 (LIKE parquet_v1) USING redshift;
CREATE TABLE parquet_heap (LIKE parquet_v1);
COPY parquet_v1 FROM :'v1' WITH (FORMAT parquet);
COPY parquet_v2 FROM :'v2' WITH (FORMAT parquet);
COPY parquet_heap FROM :'v2' WITH (FORMAT parquet);
\x
SELECT * FROM parquet_v1 WHERE id IN (0, 7, 39) ORDER BY id;
\x
SELECT count(*), sum(i8), sum(i16), sum(i32), sum(i64), sum(u8), sum(u16), sum(u32), sum(u64), sum(f), round(sum(d)::numeric, 9) AS d FROM parquet_v1;
SELECT sum(dec4), sum(dec9), sum(dec18), sum(dec38), sum(length(s)), sum(length(few)), sum(length(bin)), sum(iv), count(DISTINCT u), count(*) FILTER (WHERE b) FROM parquet_v1;
SELECT count(*) FROM (TABLE parquet_v1 EXCEPT TABLE parquet_v2) AS missing;
SELECT count(*) FROM (TABLE parquet_v1 EXCEPT TABLE parquet_heap) AS missing;

-- What numbers become of other numbers, and strings of types that Parquet has none of
CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
CREATE TABLE parquet_other (id int8, b bool, i8 int8, i16 int4, i32 float8, i64 numeric, u8 int8, u16 float4, u32 numeric(12, 2), u64 numeric, f float8,
	d numeric, dec4 numeric, dec9 numeric(20, 6), dec18 numeric(15, 0), dec38 float8, dt date, tm timetz, ts timestamptz, ts_ms timestamptz(0),
	ts_ns timestamp(1), tz timestamp, few jsonb, s text, bin bytea, u text, iv interval, e colour, j json) USING redshift;
COPY parquet_other FROM :'v1' WITH (FORMAT parquet);
\x
SELECT * FROM parquet_other WHERE id IN (7, 39) ORDER BY id;
\x
SELECT count(*) FROM parquet_other o JOIN parquet_v1 v USING (id) WHERE (o.i64, o.u64, o.dec9, o.ts AT TIME ZONE 'UTC', o.tz AT TIME ZONE 'UTC', o.u)
	IS DISTINCT FROM (v.i64, v.u64, v.dec9, v.ts, v.tz, v.u::text);

-- Lists, maps and groups: as jsonb, and lists as arrays
CREATE TABLE parquet_nested (id int, li int[], st jsonb, ll jsonb, m jsonb, ls jsonb, sc jsonb) USING redshift;
COPY parquet_nested FROM :'nested' WITH (FORMAT parquet);
SELECT * FROM parquet_nested WHERE id < 7 ORDER BY id;
CREATE TABLE parquet_json (id jsonb, li jsonb, st jsonb, ll jsonb, m jsonb, ls jsonb, sc jsonb) USING redshift;
COPY parquet_json FROM :'nested' WITH (FORMAT parquet);
SELECT count(*) FROM parquet_nested n JOIN parquet_json j ON j.id = to_jsonb(n.id)
	WHERE (n.st, n.ll, n.m, n.ls, n.sc, to_jsonb(n.li)) IS NOT DISTINCT FROM (j.st, j.ll, j.m, j.ls, j.sc, j.li);

-- Other writers: several pages and row groups, encodings by column
CREATE TABLE parquet_encodings (i int, l int8, prefixed text, lengths text, split float4, splitd float8, spliti int, flag bool, half float4, few text) USING redshift;
COPY parquet_encodings FROM :'hyparquet' WITH (FORMAT parquet);
SELECT count(*) FROM parquet_encodings WHERE (l, prefixed, lengths, split, splitd, spliti, flag, half, few) IS DISTINCT FROM
	(CASE WHEN i % 4 > 0 THEN (i::numeric ^ 7)::int8 END, 'http://example/' || repeat('a', i % 5) || '/' || i, CASE WHEN i % 3 > 0 THEN repeat('v', i) END, (i / 4.0)::float4,
	 CASE WHEN i % 5 > 0 THEN i::float8 / 3 END, i * 1000, i % 7 < 3, (i / 8.0 - 3)::float4, 'f' || i % 3);
SELECT count(*), sum(i) FROM parquet_encodings;
CREATE TABLE parquet_js (id int, name text, tags text[], stock jsonb, ms timestamp, day time, iv interval) USING redshift;
COPY parquet_js FROM :'parquetjs' WITH (FORMAT parquet);
SELECT * FROM parquet_js WHERE id % 6 = 5 ORDER BY id;
SELECT count(*), sum(cardinality(tags)), sum(jsonb_array_length(stock)), max(ms), max(day), max(iv) FROM parquet_js;
CREATE TABLE parquet_old (n int, l int[], at timestamp) USING redshift;
COPY parquet_old FROM :'old' WITH (FORMAT parquet);
SELECT * FROM parquet_old;

-- Each codec
CREATE TABLE parquet_codecs (i int, s text) USING redshift;
SELECT codec, load_error('parquet_codecs', :'dir' || 'duckdb_' || codec || '.parquet') FROM unnest('{gzip,brotli,lz4_raw,uncompressed}'::text[]) AS codec;
SELECT count(*), count(DISTINCT (i, s)), sum(i), max(s) FROM parquet_codecs;

-- Columns: as many as the file has, at the same places, or of the rest the first; missing ones only if asked for
CREATE TABLE parquet_few (s text, extra int, i int) USING redshift;
COPY parquet_few (i, s) FROM :'gzip' WITH (FORMAT parquet);
SELECT load_error('parquet_few', :'gzip');
SELECT load_error('parquet_few (i)', :'gzip');
SELECT load_error('parquet_few (i, s, extra)', :'gzip', ', FILLRECORD');
SELECT count(*), sum(i), count(DISTINCT s), count(extra) FROM parquet_few;

-- Types that have nothing in common; values that do not fit; NULL; damage
SELECT load_error('parquet_codecs (s, i)', :'gzip');
SELECT load_error('parquet_codecs', :'old');
CREATE TABLE parquet_narrow (i int2, s varchar(1));
SELECT load_error('parquet_narrow', :'gzip');
TRUNCATE parquet_v2;
ALTER TABLE parquet_v2 ALTER i32 TYPE int2;
SELECT load_error('parquet_v2', :'v2');
TRUNCATE parquet_heap;
ALTER TABLE parquet_heap ALTER dec18 TYPE numeric(6, 3);
SELECT load_error('parquet_heap', :'v2');
-- Characters that are none
ALTER TABLE parquet_v2 ALTER i32 TYPE int4, ALTER bin TYPE text;
SELECT load_error('parquet_v2', :'v2');
SELECT load_error('parquet_v2', :'v2', $$, ACCEPTINVCHARS '^'$$);
SELECT count(*), min(bin), max(bin) FROM parquet_v2;
SELECT count(*), min(line_number), min(raw_line) FROM redshift.stl_replacements WHERE query = redshift.pg_last_copy_id();
CREATE TABLE parquet_not_null (n int NOT NULL, l int[], at timestamp);
SELECT load_error('parquet_not_null', :'old');
SELECT load_error('parquet_old', :'dir' || 'checksum.parquet');
SELECT load_error('parquet_old', :'dir' || '../orc/snappy.orc');
SELECT count(*) FROM parquet_old;
-- Row groups that WHERE leaves nothing of are passed over, by bounds and by Bloom filters: rows of the file that were looked at
\set groups :dir 'duckdb_groups.parquet'
CREATE TABLE parquet_groups (i int, down int8, k text, n numeric(9, 2), d date, f float8, few int8);
CREATE TABLE parquet_where (LIKE parquet_groups);
CREATE TABLE parquet_conditions (condition text, number int GENERATED ALWAYS AS IDENTITY);
INSERT INTO parquet_conditions SELECT * FROM unnest(ARRAY['true', 'i < 10', 'i <= 10', 'down <= -30', 'down > 0', 'n > 3.3', 'n IS NULL', 'n IS NOT NULL AND i < 20', $$d = '2020-01-12'$$,
	'f > 8', 'f < 1', $$k = 'k32'$$, $$k = 'k15'$$, $$k IN ('k30', 'k31', 'none')$$, $$k > 'k23' COLLATE "C"$$, 'few = 12000', 'few IN (1000, 22000)', 'few = 11500',
	'few IN (500, 11500)', 'i = NULL', 'i / 2 < 5', 'd >= now()::date AND few > 0']);
COPY parquet_groups FROM :'groups' WITH (FORMAT parquet);
\set ECHO none
SELECT format('COPY parquet_where FROM %L WITH (FORMAT parquet) WHERE %s', :'groups', condition) FROM parquet_conditions ORDER BY number \gexec
\set ECHO all
SELECT condition, lines_scanned FROM parquet_conditions
	JOIN (SELECT row_number() OVER (ORDER BY query DESC) AS back, lines_scanned FROM redshift.stl_load_commits) s ON number = 23 - back ORDER BY number;
CREATE TABLE parquet_filtered (LIKE parquet_groups);
\set ECHO none
SELECT format('INSERT INTO parquet_filtered SELECT * FROM parquet_groups WHERE %s', condition) FROM parquet_conditions ORDER BY number \gexec
\set ECHO all
SELECT count(*) FROM (TABLE parquet_filtered EXCEPT ALL TABLE parquet_where) AS missing;
SELECT count(*) FROM (TABLE parquet_where EXCEPT ALL TABLE parquet_filtered) AS more;
CREATE TABLE parquet_some (i int, k text);
INSERT INTO parquet_some SELECT i, md5(i::text) FROM generate_series(1, 20000) i;
SELECT 'file://' || current_setting('data_directory') || '/format_parquet_' AS some \gset
SELECT redshift.unload('SELECT * FROM parquet_some', :'some', '{"format": "parquet", "parallel": "off"}');
TRUNCATE parquet_some;
COPY parquet_some FROM :'some' WITH (FORMAT parquet) WHERE k = md5('77');
COPY parquet_some FROM :'some' WITH (FORMAT parquet) WHERE k = md5('none');
TABLE parquet_some;
SELECT count(*), sum(lines_scanned) FROM redshift.stl_load_commits WHERE query = redshift.pg_last_copy_id();
-- So are pages, by their index: flat and nested columns go on at the same row
CREATE TABLE parquet_pages (i int, k text, n numeric(10, 2), a int[], j jsonb, z int);
INSERT INTO parquet_pages SELECT i, md5(i::text), CASE WHEN i % 7 > 0 THEN i * 0.25 END, CASE WHEN i % 3 > 0 THEN ARRAY[i, NULL, i + 1] END,
	jsonb_build_object('i', i), CASE WHEN i NOT BETWEEN 30000 AND 90000 THEN i % 1000 END FROM generate_series(1, 100000) i;
SELECT 'file://' || current_setting('data_directory') || '/format_parquet_pages_' AS pages \gset
SELECT redshift.unload('SELECT * FROM parquet_pages', :'pages', '{"format": "parquet", "parallel": "off"}');
CREATE TABLE parquet_read (LIKE parquet_pages);
CREATE TABLE parquet_conditions_2 (condition text, number int GENERATED ALWAYS AS IDENTITY);
INSERT INTO parquet_conditions_2 SELECT * FROM unnest(ARRAY['i < 1000', 'i BETWEEN 50000 AND 51000', 'z = 5 AND i > 95000', 'z IS NULL', 'z IS NOT NULL AND i % 2 = 0',
	'i IN (5, 45000, 99999)', 'n > 24000', 'n IS NULL AND i < 5000', 'i > 100000']);
\set ECHO none
SELECT format('COPY parquet_read FROM %L WITH (FORMAT parquet) WHERE %s', :'pages', condition) FROM parquet_conditions_2 ORDER BY number \gexec
\set ECHO all
SELECT condition, lines_scanned FROM parquet_conditions_2
	JOIN (SELECT row_number() OVER (ORDER BY query DESC) AS back, lines_scanned FROM redshift.stl_load_commits) s ON number = 10 - back ORDER BY number;
CREATE TABLE parquet_picked (LIKE parquet_pages);
\set ECHO none
SELECT format('INSERT INTO parquet_picked SELECT * FROM parquet_pages WHERE %s', condition) FROM parquet_conditions_2 ORDER BY number \gexec
\set ECHO all
SELECT count(*) FROM (TABLE parquet_picked EXCEPT ALL TABLE parquet_read) AS missing;
SELECT count(*) FROM (TABLE parquet_read EXCEPT ALL TABLE parquet_picked) AS more;
DROP TABLE parquet_pages, parquet_read, parquet_picked, parquet_conditions_2;
DROP TABLE parquet_groups, parquet_filtered, parquet_where, parquet_conditions, parquet_some;
DROP TABLE parquet_v1, parquet_v2, parquet_heap, parquet_other, parquet_nested, parquet_json, parquet_encodings, parquet_js, parquet_old, parquet_codecs, parquet_few,
	parquet_narrow, parquet_not_null;
DROP TYPE colour;
DROP FUNCTION load_error;
