-- The vector engine gives what PostgreSQL's executor gives.
CREATE TABLE f (id int, g int, k bigint, s smallint, n numeric(12,2), m numeric, x float8, y float4, d date, ts timestamp,
  b bool, t text COLLATE "C", c char(6), u uuid) USING redshift WITH (sortkey = 'd');
INSERT INTO f SELECT i, nullif(i % 7, 3), i % 11 * 1000000007::bigint, i % 100, (i % 1000) / 8.0, CASE i % 5 WHEN 0 THEN 1.50 WHEN 1 THEN 2 WHEN 2 THEN NULL WHEN 3 THEN 0.001 ELSE 12345678901234567890.5 END,
  i / 7.0, i % 13 / 3.0, date '2020-01-01' + i % 400, timestamp '2020-01-01' + i * interval '1 hour', i % 3 = 0, 'word' || i % 50, 'c' || i % 4, md5((i % 20)::text)::uuid
  FROM generate_series(1, 30000) i;
INSERT INTO f (id) VALUES (0), (-1);
DELETE FROM f WHERE id % 97 = 0;
CREATE TABLE dim (g int, name text, w numeric(6,1)) USING redshift;
INSERT INTO dim VALUES (0, 'zero', 0.5), (1, 'one', 1.5), (2, 'two', NULL), (2, 'two again', 2.5), (NULL, 'none', 9), (99, 'unused', 1);
CREATE TABLE heap_dim AS SELECT * FROM dim;
CREATE TABLE heap_numbers (g int, one numeric(10,2), several numeric, odd numeric, wide numeric);
INSERT INTO heap_numbers SELECT i % 7, nullif(i % 9, 4) / 4.0, (i % 50)::numeric / (10 ^ (i % 4))::numeric(6), CASE i % 300 WHEN 7 THEN 'NaN'::numeric WHEN 8 THEN 'Infinity' ELSE i END,
  i * 1234567890123456789012345.25 FROM generate_series(1, 3000) i;
CREATE TABLE nothing (g int, v text) USING redshift;
ANALYZE f, dim, heap_dim;

EXPLAIN (COSTS OFF) SELECT g, sum(n), count(*) FROM f WHERE d >= '2020-06-01' GROUP BY g HAVING count(*) > 1 ORDER BY g;
EXPLAIN (COSTS OFF) SELECT name, avg(n * (1 - w)) FROM f JOIN dim USING (g) WHERE t LIKE 'word1%' GROUP BY name;
EXPLAIN (COSTS OFF) SELECT count(*) FROM f LEFT JOIN heap_dim h ON f.g = h.g AND h.w > f.n WHERE h.g IS NULL;
-- duplicates removed inside an aggregate
EXPLAIN (COSTS OFF) SELECT count(DISTINCT g) FROM f;

\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT count(*), count(g), sum(id), sum(k), sum(s), sum(n), sum(m), avg(id), avg(k), avg(n), avg(m) FROM f WHERE true OR id > 0',
  'SELECT g, min(id), max(k), min(s), max(n), min(m), max(x), min(y), max(d), min(ts), min(t), max(c) FROM f GROUP BY g',
  'SELECT round(stddev(x)::numeric, 6), round(var_pop(x)::numeric, 3), round(avg(y)::numeric, 6), sum(x)::numeric(20,3), bool_and(b), bool_or(b) FROM f GROUP BY g',
  'SELECT c, t, b, count(*) FROM f GROUP BY c, t, b',
  'SELECT m, count(*) FROM f GROUP BY m', 'SELECT u, sum(n) FROM f GROUP BY u', 'SELECT y, count(*) FROM f GROUP BY y',
  'SELECT DISTINCT g, b FROM f', 'SELECT DISTINCT n % 1 FROM f',
  'SELECT g, count(*) FILTER (WHERE n > 50), sum(n) FILTER (WHERE b AND t < ''word3'') FROM f GROUP BY g',
  'SELECT g, sum(CASE WHEN b THEN n * 1.10 ELSE 0 END), sum(CASE g WHEN 1 THEN 1 WHEN 2 THEN 2.50 END), sum(coalesce(m, n, 0)) FROM f GROUP BY g',
  'SELECT extract(year FROM d), extract(month FROM ts), count(*) FROM f GROUP BY 1, 2',
  'SELECT count(*) FROM f WHERE d < timestamp ''2020-03-01 12:00'' AND ts >= date ''2020-02-01'' AND n BETWEEN 10 AND 20.125',
  'SELECT count(*) FROM f WHERE g IN (1, 2, NULL) OR t IN (''word3'', ''word4'')', 'SELECT count(*) FROM f WHERE g NOT IN (1, 2)',
  'SELECT count(*) FROM f WHERE c = ''c1'' AND t LIKE ''%rd1%'' AND t NOT LIKE ''%0'' AND t LIKE ''w%d_2''',
  'SELECT count(*) FROM f WHERE (g = 1) IS NOT TRUE AND b IS NOT NULL AND NOT (b AND g > 3)',
  'SELECT count(*) FROM f WHERE g <> 0 AND 100 / g > 20', 'SELECT sum(100 / g) FROM f WHERE id > 100',
  'SELECT count(*) FROM f WHERE CASE WHEN g = 0 THEN false ELSE 100 / g > 20 END',
  'SELECT sum(id * 1000000) FROM f', 'SELECT sum((s * 400::smallint)::int) FROM f', 'SELECT sum(k * k * 100) FROM f', 'SELECT sum(n * m * m * m) FROM f',
  'SELECT count(*) FROM f WHERE x / (s - 50) > 1', 'SELECT sum(x * 1e308) FROM f',
  'SELECT sum(length(t)), max(upper(t) || ''!''), min(substr(t, 5)) FROM f', 'SELECT max(d + 5), min(d - 3), max(d + interval ''1 month'') FROM f',
  'SELECT name, count(*), sum(n * w) FROM f JOIN dim USING (g) GROUP BY name', 'SELECT f.id, name FROM f LEFT JOIN dim d ON f.g = d.g AND f.s = 5 WHERE f.id < 300',
  'SELECT f.id, name FROM f RIGHT JOIN dim d ON f.g = d.g AND f.id < 20', 'SELECT f.id, name FROM (SELECT * FROM f WHERE id < 10) f FULL JOIN dim d ON f.g = d.g',
  'SELECT count(*) FROM f WHERE g IN (SELECT g FROM dim WHERE w > 1)', 'SELECT count(*) FROM f WHERE NOT EXISTS (SELECT 1 FROM dim WHERE dim.g = f.g AND dim.w > f.n)',
  'SELECT count(*) FROM f WHERE g NOT IN (SELECT g FROM dim WHERE g IS NOT NULL)', 'SELECT count(*) FROM f JOIN nothing USING (g)',
  'SELECT count(*), sum(length(v)) FROM f LEFT JOIN nothing USING (g)', 'SELECT count(*) FROM nothing JOIN f USING (g)', 'SELECT sum(g), count(*), max(v) FROM nothing', 'SELECT g, count(*) FROM nothing GROUP BY g',
  'SELECT d.name, sum(one), max(one * 2 - 1), sum(several), min(several), avg(wide), sum(wide - one), max(odd), count(odd) FROM heap_numbers h JOIN dim d USING (g) GROUP BY 1',
  'SELECT g, min(one), max(one), min(several), max(several), min(odd), max(odd), min(wide), max(wide), max(n) FROM heap_numbers h LEFT JOIN (SELECT g, max(n) AS n FROM f GROUP BY g) x USING (g) GROUP BY g',
  'SELECT id % 5000, min(n), max(n), min(m), max(m), max(n - m), min(s), max(k) FROM f GROUP BY 1', 'SELECT min(n), max(m), max(s), min(nullif(n, n)) FROM f WHERE id < 0',
  'SELECT d.name, one, several, wide FROM heap_numbers h JOIN dim d USING (g) WHERE one < 1.5 AND odd > several',
  'SELECT h.name, d.name, count(*) FROM f JOIN heap_dim h ON h.g = f.g JOIN dim d ON d.g = f.s GROUP BY 1, 2', 'SELECT count(*) FROM f a JOIN f b ON a.id = b.k', 'SELECT count(*) FROM f a JOIN f b ON a.n = b.m',
  'SELECT count(*) FROM f a JOIN f b ON a.c = b.c AND a.t = b.t AND a.id < 500 AND b.id < 500', 'SELECT a.g, (SELECT count(*) FROM f b WHERE b.g = a.g) FROM dim a',
  'SELECT count(*) FROM f WHERE n > (SELECT avg(n) FROM f)', 'SELECT avg(q) FROM (SELECT t, sum(n) AS q FROM f GROUP BY t) z', 'SELECT g, count(*) FROM (SELECT g FROM f UNION ALL SELECT g FROM dim) z GROUP BY g']) q;

-- correlated subqueries become joins
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE n < (SELECT 0.5 * avg(w) FROM dim WHERE dim.g = f.g);
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT count(*), sum(id) FROM f WHERE n < (SELECT 50 * avg(w) FROM dim WHERE dim.g = f.g)', 'SELECT count(*) FROM f WHERE (SELECT max(w) FROM dim WHERE f.g = dim.g AND dim.w < 2) * 10 = n',
  'SELECT count(*) FROM f WHERE (SELECT max(w) FROM dim WHERE f.g = dim.g) < n AND id < 500', 'SELECT a.id FROM f a WHERE id < 300 AND n >= (SELECT max(n) FROM f b WHERE b.g = a.g AND b.c = a.c AND b.id < 300)',
  'SELECT id FROM f WHERE id < 50 AND 0 = (SELECT count(*) FROM dim WHERE dim.g = f.g)', 'SELECT id FROM f WHERE id < 50 AND 1 > (SELECT coalesce(sum(w), 0) FROM dim WHERE dim.g = f.g)',
  'SELECT id FROM f WHERE id < 50 AND (SELECT sum(w) FROM dim WHERE dim.g = f.g) IS NULL', 'SELECT id FROM f WHERE id < 50 AND n <> (SELECT min(w) FROM dim WHERE dim.g > f.g)',
  'SELECT id FROM f WHERE id < 50 AND n > (SELECT min(w) FROM dim WHERE dim.g = f.g LIMIT 1)', 'SELECT id FROM f WHERE id < 200 AND m > (SELECT min(w) FROM dim WHERE dim.w = f.m)',
  'SELECT count(*) FROM dim WHERE g IN (SELECT g FROM f WHERE n < (SELECT 30 * avg(w) FROM dim d WHERE d.g = f.g))', 'SELECT name, (SELECT max(n) FROM f WHERE f.g = dim.g) FROM dim',
  'SELECT g, count(*) FROM f WHERE n < (SELECT 50 * avg(w) FROM dim WHERE dim.g = f.g) GROUP BY g HAVING count(*) > (SELECT avg(w) FROM dim WHERE dim.g = f.g)',
  'SELECT f.id, d.name FROM f LEFT JOIN dim d ON f.g = d.g WHERE f.id < 100 AND f.n > (SELECT min(w) FROM dim x WHERE x.g = d.g)',
  'SELECT count(*) FROM heap_dim h WHERE w < (SELECT avg(n) FROM f WHERE f.g = h.g AND f.s = h.g)']) q;

-- parallel
SET parallel_setup_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT g, avg(n) FROM f GROUP BY g;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT g, count(*), sum(id), sum(n), avg(n), sum(m), avg(m), min(t), max(n), bool_or(b), min(d), max(k) FROM f GROUP BY g', 'SELECT count(*), sum(n), avg(m) FROM f WHERE t = ''word7''',
  'SELECT t, round(stddev(x)::numeric, 4) FROM f GROUP BY t ORDER BY t DESC LIMIT 5', 'SELECT name, count(*) FROM f JOIN dim USING (g) GROUP BY name', 'SELECT count(*), sum(a.n) FROM f a JOIN f b ON a.id = b.id WHERE b.b']) q;
BEGIN;
INSERT INTO f (id, g, n) VALUES (100001, 1, 5.25);
SELECT g, sum(n) FROM f WHERE id > 100000 GROUP BY g;
ROLLBACK;
RESET max_parallel_workers_per_gather;

-- what stands around it
CREATE TABLE result AS SELECT g, sum(n) AS total FROM f GROUP BY g;
INSERT INTO result SELECT g, count(*) FROM f GROUP BY g;
SELECT count(*), sum(total) FROM result;
PREPARE totals(int) AS SELECT sum(n), count(*) FROM f WHERE g = $1 AND d > '2020-03-01';
SET plan_cache_mode = force_generic_plan;
EXECUTE totals(1);
EXECUTE totals(NULL);
EXECUTE totals(2);
BEGIN;
DECLARE cur CURSOR FOR SELECT t, count(*) FROM f GROUP BY t ORDER BY t;
FETCH 2 FROM cur;
MOVE 3 IN cur;
FETCH 1 FROM cur;
ROLLBACK;
CREATE VIEW v AS SELECT g, count(*) AS n FROM f GROUP BY g;
CREATE ROLE redshift_engine;
GRANT SELECT ON v TO redshift_engine;
CREATE FUNCTION secret(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION guarded(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END';
REVOKE EXECUTE ON FUNCTION guarded(int) FROM public;
SET ROLE redshift_engine;
SELECT sum(n) FROM v;
SELECT count(*) FROM f;
SELECT sum(guarded(n::int)) FROM v;
RESET ROLE;
SELECT x.g, z.c FROM dim x, LATERAL (SELECT count(*) AS c FROM f WHERE f.g = x.g) z ORDER BY 1, 2;
-- each worker's part in what all of them counted
CREATE FUNCTION rows_by_process(query text) RETURNS TABLE (operator text, workers bigint, together bool) LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, VERBOSE, FORMAT json) ' || query INTO plan;
  RETURN QUERY
    WITH RECURSIVE nodes(node) AS (SELECT plan -> 0 -> 'Plan' UNION ALL SELECT p FROM nodes, json_array_elements(node -> 'Plans') p),
    operators(o) AS (SELECT p FROM nodes, json_array_elements(node -> 'Operators') p UNION ALL
      SELECT p FROM operators, json_array_elements(o -> 'Operators') p)
    SELECT o ->> 'Operator', count(w), sum((w ->> 'Rows')::bigint) <= (o ->> 'Rows')::bigint
    FROM operators LEFT JOIN json_array_elements(o -> 'Workers') w ON true GROUP BY o::text, 1, o ->> 'Rows' ORDER BY 1;
END $$;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT * FROM rows_by_process('SELECT g, count(*) FROM f GROUP BY g');
RESET max_parallel_workers_per_gather;
DROP FUNCTION rows_by_process(text);
-- columns that are generated or were dropped
CREATE TABLE copied (n int, twice bigint GENERATED ALWAYS AS (n * 2) STORED, gone int, g text) USING redshift;
INSERT INTO copied SELECT n FROM f WHERE n < 1000;
ALTER TABLE copied DROP COLUMN gone;
INSERT INTO copied (n, g) SELECT n, g FROM f WHERE n < 1000;
SELECT count(*) = 2 * (SELECT count(*) FROM f WHERE n < 1000), bool_and(twice = 2 * n), count(g) FROM copied;
DROP TABLE copied;
SET redshift.enable_vector = off;
EXPLAIN (COSTS OFF) SELECT sum(n) FROM f;
DROP VIEW v;
DROP TABLE f, dim, heap_dim, heap_numbers, nothing, result;
DROP FUNCTION compare_engines(text), secret(int), guarded(int);
DROP ROLE redshift_engine;
