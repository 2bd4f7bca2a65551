-- Groups that are nearly as many as rows: processes deal the rows by hash before anyone groups them.
CREATE TABLE f (k bigint, small int, half smallint, o int, v numeric(12,2), w numeric, x float8, d date, t text) USING redshift;
INSERT INTO f SELECT (i::bigint * 7919 % 200003 - 100000) * CASE WHEN i > 250000 THEN 40000 ELSE 1 END, i * 31 % 170003, (i % 30000)::smallint,
  CASE WHEN i > 150000 AND i % 60 = 0 THEN NULL ELSE i % 160001 END, (i % 10007) * 0.25, CASE WHEN i % 9 = 0 THEN NULL WHEN i > 200000 THEN i * 0.125 ELSE i * 1000 END,
  i % 500, date '2020-01-01' + i % 3000, 'w' || i % 170000 FROM generate_series(1, 300000) i;
-- What is no integer, or of another scale, comes in some blocks only.
INSERT INTO f SELECT i % 1000, i, 1, i, 1, CASE WHEN i % 100 = 0 THEN 'NaN' ELSE 1e25 + i END, 0, '2020-01-01', 'w' FROM generate_series(1, 20000) i;
DO $$ BEGIN FOR i IN 0..3 LOOP INSERT INTO f SELECT k, small, half, o, v, w * 0.001, x, d, t FROM f WHERE half % 4 = i AND small % 9 = 1; END LOOP; END $$;
ANALYZE f;
\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all
CREATE TABLE queries (id serial, q text);
INSERT INTO queries (q) VALUES
  ('SELECT k, sum(v), count(*), min(d), max(small) FROM f GROUP BY k'),
  ('SELECT o, sum(v), count(w), sum(half), avg(small) FROM f GROUP BY o'),
  ('SELECT small, half, sum(v) FILTER (WHERE half > 100), max(x) FROM f GROUP BY small, half HAVING count(*) < 3'),
  ('SELECT k, sum(w), max(w), avg(w) FROM f GROUP BY k'),
  ('SELECT o, k, count(*) FROM f GROUP BY o, k'),
  ('SELECT v * small AS p, sum(half) FROM f GROUP BY v * small'),
  ('SELECT t, sum(v), count(*) FROM f GROUP BY t'),
  ('SELECT k, bool_and(half > 5), sum(small + half) FROM f WHERE v > 100 GROUP BY k HAVING sum(v) > 5000'),
  ('SELECT DISTINCT k, o FROM f');
CREATE FUNCTION dealt(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan text;
DECLARE result text = '';
BEGIN
  FOR plan IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
    IF plan LIKE '%Parallel Aggregate%' THEN result = 'parallel'; END IF;
    IF plan LIKE '%Partitions: % Spilled: 0 kB' THEN result = result || ', in memory'; END IF;
    IF plan LIKE '%Partitions: % Spilled: %' AND plan NOT LIKE '%Spilled: 0 kB' THEN result = result || ', in files'; END IF;
  END LOOP;
  RETURN result;
END $$;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET cpu_operator_cost = 1;
SET max_parallel_workers_per_gather = 2;
SET enable_sort = off;
-- Memory for one process to have nearly all of them, if the others come late.
SET work_mem = '32MB';
SELECT id, dealt(q) FROM queries WHERE id IN (1, 3, 5) ORDER BY id;
RESET work_mem;
SELECT compare_engines(format('SELECT count(*), sum(hashtext(z::text)) FROM (%s) z', q)), q FROM queries;
-- rows begin to be dealt and have to go on through files
SET work_mem = '2MB';
SELECT compare_engines(format('SELECT count(*), sum(hashtext(z::text)) FROM (%s) z', q)), q FROM queries WHERE id IN (1, 4);
SET work_mem = '64kB';
SELECT dealt(q) FROM queries WHERE id = 1;
SELECT compare_engines(format('SELECT count(*), sum(hashtext(z::text)) FROM (%s) z', q)), q FROM queries WHERE id IN (2, 3);
RESET work_mem;
SET parallel_leader_participation = off;
SELECT compare_engines(format('SELECT count(*), sum(hashtext(z::text)) FROM (%s) z', q)), q FROM queries WHERE id IN (3);
SET max_parallel_workers = 0;
SELECT compare_engines(format('SELECT count(*), sum(hashtext(z::text)) FROM (%s) z', q)), q FROM queries WHERE id IN (2);
RESET parallel_leader_participation;
SELECT compare_engines(format('SELECT count(*), sum(hashtext(z::text)) FROM (%s) z', q)), q FROM queries WHERE id IN (2);
RESET max_parallel_workers;
-- again and again, and not to the end
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT g, count(*), sum(c) FROM generate_series(1, 3) g LEFT JOIN (SELECT k, count(*) AS c FROM f GROUP BY k) z ON z.k > g * 10000 GROUP BY g ORDER BY g;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
SELECT count(*) FROM (SELECT k, sum(v) FROM f GROUP BY k LIMIT 10) z;
BEGIN;
DECLARE cur CURSOR FOR SELECT k, sum(v) FROM f GROUP BY k;
MOVE 3000 IN cur;
ROLLBACK;
SELECT count(s) FROM (SELECT k, sum(1 / (small - 5)) AS s FROM f GROUP BY k) z;
DROP FUNCTION compare_engines, dealt;
DROP TABLE f, queries;
