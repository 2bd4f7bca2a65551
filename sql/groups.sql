-- Groups: by keys of every kind, many and few; all answers are compared with PostgreSQL's executor.
CREATE TABLE f (near int, far bigint, late bigint, odd int, s smallint, b bool, ch "char", n numeric, t text COLLATE "C", c char(9), x float8, d date, u uuid) USING redshift;
-- Values and NULLs that do not fit what the table was begun with come late.
INSERT INTO f SELECT i % 5000 - 2500, (i % 3000)::bigint * 1234567890123, CASE WHEN i > 40000 THEN i::bigint << 33 ELSE i % 700 END,
  CASE WHEN i > 30000 AND i % 50 = 0 THEN NULL ELSE i % 900 END, (i % 256 - 128)::smallint, nullif(i % 3, 2)::bool, (i % 120 + 1)::"char",
  CASE i % 7 WHEN 0 THEN 1.5 WHEN 1 THEN 1.50 WHEN 2 THEN NULL WHEN 3 THEN i % 2000 WHEN 4 THEN 1e30 + i % 10 WHEN 5 THEN -0.001 * (i % 100) ELSE 'NaN' END,
  CASE WHEN i % 11 = 0 THEN NULL ELSE 'word ' || i % 4000 END, 'c' || i % 40, CASE i % 5 WHEN 0 THEN float8 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN 0 ELSE i % 600 END,
  date '2020-01-01' + i % 1500, md5((i % 1000)::text)::uuid
  FROM generate_series(1, 50000) i;
\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all
CREATE TABLE queries (id serial, q text);
INSERT INTO queries (q) SELECT format('SELECT %s, count(*), sum(near), sum(n) FILTER (WHERE n < 1e20), avg(near), max(t), min(d) FROM f GROUP BY %1$s', k) FROM unnest(ARRAY[
  'near', 'far', 'late', 'odd', 's', 'b', 'ch', 't', 'c', 'd', 'u', 'near, s', 'far, near', 'late, near', 'near, odd', 's, b, ch', 'odd, s', 'odd, b', 'b, t', 'far, late, s', 't, c', 'near, u']) k;
INSERT INTO queries (q) VALUES ('SELECT n::text, count(*) FROM (SELECT n, count(*) FROM f GROUP BY n) z GROUP BY 1'), ('SELECT n, x, count(*) FROM f GROUP BY n, x HAVING count(*) > 3'),
  ('SELECT near, avg(n), sum(n), avg(near * 100000), avg(s), avg(far), sum(far) FROM f WHERE n <> ''NaN'' AND far > 0 GROUP BY near'),
  ('SELECT s, avg(n * 0.01), avg(-n), avg(round(n, 3)), sum(round(n, 3)), avg(near * 0.5) FROM f WHERE n < 1e20 GROUP BY s HAVING sum(near) > 100'),
  ('SELECT odd, min(s), max(s), min(ch), max(near), min(far), max(x), min(x), min(n), max(n), min(c), max(u::text), bool_and(b), bool_or(b) FROM f GROUP BY odd'),
  ('SELECT near FROM f WHERE near > 99 + s GROUP BY near'), ('SELECT near, s FROM f GROUP BY near, s HAVING min(far) = 0 ORDER BY s, near DESC');
SELECT compare_engines(q), q FROM queries;
-- rows of groups that do not fit memory wait in files; the executor is made to keep the first of equal keys, as we do
SET work_mem = '64kB';
SET enable_sort = off;
CREATE FUNCTION spills(query text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE plan text;
BEGIN
  FOR plan IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
    IF plan LIKE '%Partitions: % Spilled: %' THEN RETURN true; END IF;
  END LOOP;
  RETURN false;
END $$;
SELECT spills('SELECT s, count(*) FROM f GROUP BY s') AS few, spills('SELECT near, odd, count(*) FROM f GROUP BY near, odd') AS many,
  spills('SELECT t, c, sum(n) FROM f GROUP BY t, c') AS strings;
SELECT compare_engines(q), q FROM queries WHERE id % 3 = 1;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT t, array_agg(near) FROM f GROUP BY t', 'SELECT t, string_agg(c, '','' ORDER BY near, c), count(DISTINCT s), round(stddev(x)::numeric, 5) FROM f WHERE x <> ''NaN'' GROUP BY t',
  'SELECT DISTINCT near, far, t FROM f', 'SELECT d.near, (SELECT count(*) FROM (SELECT u, t, count(*) FROM f WHERE f.near = d.near GROUP BY u, t) z) FROM (SELECT DISTINCT near FROM f WHERE near < -2480) d']) q;
BEGIN;
DECLARE cur CURSOR FOR SELECT near, u, count(*) FROM f GROUP BY near, u;
MOVE 3 IN cur;
ROLLBACK;
-- in order, too
SET enable_hashagg = off;
SET enable_sort = on;
SELECT spills('SELECT near, t, count(*) FROM f GROUP BY near, t') AS ordered;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT md5(string_agg(z::text, '','')) FROM (SELECT near, s, count(*) FROM f GROUP BY near, s) z',
  'SELECT md5(string_agg(z::text, '','')) FROM (SELECT sum(n), max(t) FROM f WHERE n < 1e20 GROUP BY far, late, t HAVING min(near) > 0 ORDER BY t DESC, far, late) z']) q;
SET enable_hashagg = on;
SET enable_sort = off;
SET temp_file_limit = 100;
SELECT count(*) FROM (SELECT near, odd, max(t), count(*) FROM f GROUP BY near, odd) z;
RESET temp_file_limit;
RESET work_mem;
RESET enable_sort;

-- processes exchange their groups
CREATE TABLE p (LIKE f) USING redshift;
DO $$ BEGIN FOR k IN 0..6 LOOP INSERT INTO p SELECT * FROM f WHERE abs(near) % 7 = k; END LOOP; END $$;
ANALYZE p;
UPDATE queries SET q = replace(q, 'FROM f', 'FROM p');
-- which of equal keys is given, and the last digits of a sum of floats, are nobody's to say here
DELETE FROM queries WHERE q ~ 'n::text|n, x|min\(x\)';
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0.001;
SET cpu_operator_cost = 1;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 4;
SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT near, t, count(*), sum(n) FROM p GROUP BY near, t HAVING count(*) > 1;
EXPLAIN (COSTS OFF) SELECT near, t, count(*), array_agg(n) FROM p GROUP BY near, t;
SELECT compare_engines(q), q FROM queries WHERE id % 3 = 2;
SET work_mem = '64kB';
SET max_parallel_workers_per_gather = 2;
SELECT spills('SELECT near, t, count(*), sum(n) FROM p GROUP BY near, t HAVING count(*) > 1');
SELECT compare_engines(q), q FROM queries WHERE id IN (4, 12, 15);
RESET work_mem;
SET parallel_leader_participation = off;
SELECT compare_engines(q), q FROM queries WHERE id IN (3, 16);
SET max_parallel_workers = 0;
SELECT compare_engines(q), q FROM queries WHERE id IN (3, 16);
RESET parallel_leader_participation;
SELECT compare_engines(q), q FROM queries WHERE id IN (3, 16);
RESET max_parallel_workers;
-- again and again, not to the end, and what is left to the executor
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
EXPLAIN (COSTS OFF) SELECT g, count(*), sum(c) FROM generate_series(1, 3) g LEFT JOIN (SELECT near, u, count(*) AS c FROM p GROUP BY near, u) z ON z.near > g * 1000 GROUP BY g;
SELECT g, count(*), sum(c) FROM generate_series(1, 3) g LEFT JOIN (SELECT near, u, count(*) AS c FROM p GROUP BY near, u) z ON z.near > g * 1000 GROUP BY g ORDER BY g;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
SELECT count(*) FROM (SELECT near, u FROM p GROUP BY near, u LIMIT 10) z;
SELECT near, count(*) FROM p WHERE near > (SELECT max(near) - 3 FROM p) GROUP BY near HAVING count(*) > (SELECT min(near) FROM p) ORDER BY 1;
BEGIN;
DECLARE cur SCROLL CURSOR FOR SELECT near, count(*) FROM p GROUP BY near ORDER BY near;
FETCH 2 FROM cur;
ROLLBACK;
SELECT near, sum(1 / (near - 7)) FROM p GROUP BY near HAVING count(*) > 1000;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET cpu_operator_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
RESET enable_sort;
DROP TABLE p;
DROP FUNCTION spills(text);
DROP TABLE f, queries;
DROP FUNCTION compare_engines(text);
