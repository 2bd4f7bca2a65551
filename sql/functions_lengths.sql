-- varchar(n) and char(n) of n bytes under redshift.dialect = redshift, of n characters without.
SET datestyle = 'ISO, MDY';
CREATE TABLE lengths (v varchar(3), c char(3), n int) USING redshift;
INSERT INTO lengths VALUES ('äöü', 'äöü', 1);
SET redshift.dialect = redshift;
INSERT INTO lengths VALUES ('äö', 'a', 2);
INSERT INTO lengths VALUES ('ä', 'ä', 2);
INSERT INTO lengths VALUES ('abc  ', 'abc  ', 3);
INSERT INTO lengths (v) VALUES ('abcd');
INSERT INTO lengths (c) SELECT 'abcd' || n FROM lengths;
UPDATE lengths SET v = 'ä' || v WHERE n = 3;
SELECT *, octet_length(v) AS bytes, octet_length(c) AS padded FROM lengths ORDER BY n;
-- A cast cuts between characters
SELECT 'äöü'::varchar(3) AS v, octet_length('äöü'::varchar(3)) AS bytes, CAST('abcdef' AS char(3)) AS c, 'a'::char(3) || '|' AS padded, NULL::varchar(2) AS "null", 'äöü'::varchar AS any_length;
SELECT 'ä'::char(1);
-- Types and lengths are shown as ever
CREATE TABLE made AS SELECT 'äöü'::varchar(5) AS v, 'x'::char(2) AS c;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'made'::regclass AND attnum > 0 ORDER BY attnum;
SELECT octet_length(v) AS bytes FROM made;
CREATE VIEW cut AS SELECT v::varchar(2) AS v FROM lengths WHERE n = 1;
SELECT pg_get_viewdef('cut'::regclass);
PREPARE cut(text) AS SELECT $1::varchar(3);
EXECUTE cut('äöü');
SELECT (SELECT v::varchar(1) FROM made) AS in_sublink, EXISTS (WITH w AS (SELECT 'äx'::varchar(2) AS v) SELECT FROM w WHERE v = 'ä') AS in_with;
RESET redshift.dialect;
-- A view stays what it was made as; statements that are prepared are analysed anew
SELECT octet_length(v) AS bytes FROM cut;
EXECUTE cut('äöü');
SELECT octet_length('äöü'::varchar(3)) AS bytes;
-- Both executors
SET redshift.dialect = redshift;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE many (id int, v varchar(40)) USING redshift;
INSERT INTO many SELECT i, repeat('ö', i % 7) || i || repeat(' ', i % 3) FROM generate_series(1, 3000) i;
INSERT INTO many VALUES (0, NULL);
EXPLAIN (VERBOSE, COSTS OFF) SELECT max(v::varchar(5)) FROM many;
SELECT count(*), md5(string_agg(v::varchar(5), ',' ORDER BY id)) FROM many \gset engine_
SET redshift.enable_vector = off;
SELECT count(*) = :engine_count AND md5(string_agg(v::varchar(5), ',' ORDER BY id)) = :'engine_md5' AS same FROM many;
RESET redshift.enable_vector;
-- COPY counts as its session does, in files of all kinds
SELECT current_setting('data_directory') AS dir \gset
\set file :dir '/functions_lengths.txt'
\set url 'file://' :dir '/functions_lengths.txt'
\set parquet 'file://' :dir '/functions_lengths_'
COPY (VALUES ('äö', 'a'), ('abc', 'ä'), ('abc  ', 'b'), ('äb', 'abc')) TO :'file' (DELIMITER '|');
SELECT redshift.unload('SELECT * FROM (VALUES (''äö''::varchar, ''a''::varchar), (''abc'', ''ä''), (''äb'', ''abc'')) v', :'parquet', '{"format": "parquet", "parallel": false}') AS unloaded;
CREATE TABLE loaded (v varchar(3), c char(3)) USING redshift;
COPY loaded FROM :'url' WITH (delimiter '|', maxerror 9);
TABLE loaded ORDER BY v;
SELECT trim(colname) AS colname, err_code, trim(err_reason) AS err_reason FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id() ORDER BY line_number;
COPY loaded FROM :'parquet' WITH (format parquet, maxerror 9);
SELECT trim(colname) AS colname, err_code, trim(err_reason) AS err_reason FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id() ORDER BY line_number;
RESET redshift.dialect;
COPY loaded FROM :'parquet' WITH (format parquet);
SELECT count(*), max(octet_length(v)) AS bytes FROM loaded;
DROP TABLE loaded;
SET redshift.dialect = redshift;
INSERT INTO lengths (v) SELECT v FROM many;
RESET redshift.dialect;
DEALLOCATE cut;
DROP VIEW cut;
DROP TABLE lengths, made, many;
