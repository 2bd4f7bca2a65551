-- UNLOAD to Parquet: what becomes of columns, pages and row groups; what cannot be written.
\set VERBOSITY terse
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SELECT 'file://' || current_setting('data_directory') || '/parquet_' AS dir \gset
CREATE FUNCTION try_unload(query text, options jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
	RETURN redshift.unload(query, 'file://' || current_setting('data_directory') || '/parquet_try_', '{"format": "parquet", "allowoverwrite": true}' || options);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN sqlstate || ': ' || sqlerrm || CASE detail WHEN '' THEN '' ELSE ' (' || detail || ')' END;
END $$;
CREATE PROCEDURE load(target text, name text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('COPY %I FROM %L WITH (format parquet)', target, 'file://' || current_setting('data_directory') || '/parquet_' || name);
END $$;

-- Dictionaries that pay, that do not, that get too large after some pages; pages of NULLs; runs.
CREATE TABLE pages (i int8, few text, many text, grows int4, grows_text text, eighths float8, half numeric(9,2), flag bool, gone int4, late text) USING redshift;
INSERT INTO pages SELECT i, 'w' || i % 7, md5(i::text), CASE WHEN i < 25000 THEN i % 100 ELSE i END, CASE WHEN i < 25000 THEN 'g' || i % 1000 ELSE repeat('x', 100) || i END,
	i % 20000 / 8.0, CASE WHEN i % 2 = 0 THEN i % 500 / 4.0 END, i / 1000 % 2 = 0, NULL, CASE WHEN i > 24000 THEN 'late' || i % 3 END
	FROM generate_series(1, 60000) i;
CREATE TABLE again (LIKE pages) USING redshift;
SELECT redshift.unload('SELECT * FROM pages ORDER BY i', :'dir' || 'pages_', '{"format": "parquet", "parallel": "off", "rowgroupsize": "64 MB"}');
CALL load('again', 'pages_');
SELECT count(*), count(*) FILTER (WHERE p IS DISTINCT FROM a) AS wrong FROM (SELECT i, p::text AS p FROM pages p) p FULL JOIN (SELECT i, a::text AS a FROM again a) a USING (i);
-- Repeated values take no room: 25,000 of them a few hundred bytes.
SELECT redshift.unload('SELECT flag, gone, late FROM pages WHERE i < 25000 ORDER BY i', :'dir' || 'few_', '{"format": "parquet", "parallel": "off"}');
SELECT size < 1500 AS small FROM pg_stat_file('parquet_few_000.parquet');
-- More rows than a row group has, of a heap table too; constants; no rows.
CREATE TABLE heap_rows AS SELECT i, 'x'::text AS x FROM generate_series(1, 1100000) i;
SELECT redshift.unload('SELECT i, x, 7 AS seven, NULL::date AS nothing FROM heap_rows', :'dir' || 'heap_', '{"format": "parquet", "parallel": "off"}');
CREATE TABLE heap_again (i int4, x text, seven int4, nothing date) USING redshift;
CALL load('heap_again', 'heap_');
SELECT count(*), sum(i), min(i), max(i), min(x), max(x), sum(seven), count(nothing) FROM heap_again;
SELECT try_unload('SELECT * FROM pages WHERE i < 0');
-- Expressions whose scale is not the type's.
SELECT redshift.unload('SELECT id, (a * b)::numeric(12,5) AS product, a::numeric(30,8) AS wide, (a / 3)::numeric(20,6) AS third FROM (VALUES (1, 1.5::numeric(4,2), 2.25::numeric(6,4)), (2, 0.01, -0.0001), (3, NULL, 1)) v(id, a, b)',
	:'dir' || 'scales_', '{"format": "parquet", "parallel": "off"}');
CREATE TABLE scales (id int4, product numeric(12,5), wide numeric(30,8), third numeric(20,6));
CALL load('scales', 'scales_');
SELECT * FROM scales ORDER BY id;
-- Expressions without a precision whose scale is known are decimals, which no numeric(p,s) takes text for; others are text, which
-- goes into a numeric only.
SELECT redshift.unload($$
	WITH c AS (SELECT a + 1 AS a1, b FROM (VALUES (1.5::numeric(4,2), 2.25::numeric(6,4)), (-0.01, 0.0001), (NULL, 1)) v(a, b) WHERE a > -5 OR a IS NULL),
		t AS (SELECT a::numeric(5,2) AS a, b::numeric(6,4) AS b FROM c, LATERAL (SELECT a1 AS a) l)
	SELECT count(*) AS n, sum(a * (1 - b)) AS product, sum(CASE WHEN b > 1 THEN a ELSE 0 END) AS chosen, max(coalesce(-a, 1.125)) AS other,
		sum(n8) AS whole, round(avg(a), 3) AS rounded, sum(greatest(a, b)) OVER () AS windowed, avg(a) AS mean, sum(a) / 3 AS third
	FROM (SELECT t.*, 9223372036854775807 AS n8 FROM t JOIN (SELECT 1) o ON true) q GROUP BY greatest(a, b) > 100, a, b$$, :'dir' || 'known_', '{"format": "parquet", "parallel": "off"}');
CREATE TABLE known (n int8, product numeric(38,6), chosen numeric(38,2), other numeric(38,3), whole numeric(38,0), rounded numeric(38,3), windowed numeric(38,4),
	mean numeric, third numeric);
CALL load('known', 'known_');
SELECT * FROM known ORDER BY product;
SELECT try_unload('SELECT 1e30 * 1e10 AS too_large');
DROP TABLE known;

-- What cannot be.
SELECT try_unload('SELECT ''infinity''::date AS d');
SELECT try_unload('SELECT ''-infinity''::timestamp AS t');
SELECT try_unload('SELECT ''294270-01-01''::timestamptz AS t');
SELECT try_unload('SELECT ''NaN''::numeric(9,2) AS n');
SELECT try_unload('SELECT ''NaN''::numeric AS n');
SELECT try_unload('SELECT ARRAY[[1, 2], [3, 4]] AS a');
SELECT try_unload('SELECT 1 AS a', '{"rowgroupsize": 31}');
SELECT try_unload('SELECT 1 AS a', '{"rowgroupsize": "128 MB"}');
DROP TABLE pages, again, heap_rows, heap_again, scales;
DROP FUNCTION try_unload;
DROP PROCEDURE load;
