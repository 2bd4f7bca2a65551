-- Joins without an equality in the vector engine give what PostgreSQL's executor gives.
CREATE SCHEMA nested_loop;
SET search_path = nested_loop;
CREATE TABLE x (a int, b int, t text COLLATE "C", n numeric, f float8) USING redshift;
INSERT INTO x SELECT i, i % 37, 'k' || i % 11, i * 1.5, CASE WHEN i % 50 = 0 THEN 'NaN' ELSE i / 3.0 END FROM generate_series(1, 800) i;
INSERT INTO x VALUES (NULL, NULL, NULL, NULL, NULL), (7, 7, '', 'NaN', '-0');
CREATE TABLE y (a int, b int, t text COLLATE "C", n numeric, f float8) USING redshift;
INSERT INTO y SELECT i * 3, i % 17, 'k' || i % 13, i * 2.25, i FROM generate_series(1, 250) i;
INSERT INTO y VALUES (NULL, NULL, NULL, NULL, NULL), (7, 7, 'k%', 1e40, 'NaN');
CREATE TABLE short (a int, t text) USING redshift;
INSERT INTO short SELECT i * 100, 'k' || i || '%' FROM generate_series(0, 20) i;
INSERT INTO short VALUES (NULL, NULL);
CREATE TABLE none (a int, t text) USING redshift;
CREATE TABLE heap_short AS SELECT * FROM short;
CREATE TABLE wide (a int, t text, n numeric) USING redshift;
INSERT INTO wide SELECT i, repeat('x', i % 50) || i, i * 1.25 FROM generate_series(1, 25000) i;
ANALYZE x, y, short, none, heap_short, wide;
SET max_parallel_workers_per_gather = 0;

EXPLAIN (COSTS OFF) SELECT count(*), sum(x.a) FROM x JOIN y ON x.a < y.a AND x.n > y.n * 0.3;
EXPLAIN (COSTS OFF) SELECT x.a FROM x WHERE NOT EXISTS (SELECT FROM y WHERE x.a > y.a AND x.n < y.n);
EXPLAIN (COSTS OFF) SELECT h.a, x.a FROM x LEFT JOIN heap_short h ON x.t LIKE h.t;
-- PostgreSQL's: a condition that may fail behind the first match; tables that are all heap
EXPLAIN (COSTS OFF) SELECT x.a FROM x WHERE EXISTS (SELECT FROM y WHERE 1 / (x.b - y.b) < 5);
EXPLAIN (COSTS OFF) SELECT count(*) FROM heap_short g, heap_short h WHERE g.a < h.a;

\getenv source_directory PG_ABS_SRCDIR
\set compare_order :source_directory '/test/lib/compare_order.sql'
\set ECHO none
\i :compare_order
\set ECHO all
CREATE TABLE queries (q text);
INSERT INTO queries VALUES
  ('SELECT count(*), sum(x.a), sum(y.b), min(y.t) FROM x JOIN y ON x.a < y.a AND x.n > y.n * 0.3'),
  ('SELECT x.a, y.a AS b, y.f FROM x JOIN y ON x.f >= y.f AND x.t < y.t WHERE x.a % 7 = 0 ORDER BY 1, 2, 3'),
  ('SELECT x.a, y.a AS b, y.n FROM x LEFT JOIN y ON x.a BETWEEN y.a - 1 AND y.a + 1 AND x.t <> y.t ORDER BY 1, 2, 3'),
  ('SELECT x.a, y.a AS b, y.n FROM y LEFT JOIN x ON x.f > y.f * 300 WHERE x.n IS NULL OR y.a < 20 ORDER BY 1, 2, 3'),
  ('SELECT x.a, x.n FROM x WHERE NOT EXISTS (SELECT FROM y WHERE x.a > y.a AND x.n < y.n) ORDER BY 1'),
  ('SELECT x.a, x.n FROM x WHERE EXISTS (SELECT FROM y WHERE x.t > y.t AND x.n < y.n AND y.b <> x.b) ORDER BY 1'),
  ('SELECT x.a, s.a AS b FROM x, short s WHERE x.a < 30 ORDER BY 1, 2'),
  ('SELECT s.a, x.a AS b FROM short s LEFT JOIN x ON x.t LIKE s.t AND x.a > s.a ORDER BY 1, 2'),
  ('SELECT s.a, x.a AS b, s.t FROM x LEFT JOIN short s ON x.t LIKE s.t AND x.a > s.a ORDER BY 1, 2'),
  ('SELECT x.a, h.a AS b FROM x LEFT JOIN heap_short h ON x.a < h.a - 1500 ORDER BY 1, 2'),
  ('SELECT x.a, n.t AS b FROM x LEFT JOIN none n ON x.a < n.a ORDER BY 1'),
  ('SELECT x.a, n.t AS b FROM x, none n'),
  ('SELECT n.a, x.a AS b FROM none n LEFT JOIN x ON x.a < n.a'),
  ('SELECT x.a FROM x WHERE NOT EXISTS (SELECT FROM none n WHERE n.a < x.a) ORDER BY 1'),
  ('SELECT x.a FROM x WHERE EXISTS (SELECT FROM none n WHERE n.a < x.a) ORDER BY 1'),
  ('SELECT count(*) FROM x, short s, heap_short h WHERE x.a < s.a AND s.a <> h.a'),
  ('SELECT count(*), sum(x.a) FROM x JOIN y ON 1 / (x.b - y.b) < 5 AND x.a < 3'),
  ('SELECT s.a, (SELECT count(*) FROM x JOIN y ON x.a < y.a AND y.b > s.a - 90 WHERE x.b < s.a) AS b FROM short s ORDER BY 1'),
  ('SELECT s.a, (SELECT sum(y.b) FROM x JOIN y ON x.a < y.a WHERE x.b < s.a) AS b FROM short s ORDER BY 1'),
  ('SELECT s.a, l.b, l.c FROM short s, LATERAL (SELECT x.a AS b, y.a AS c FROM x JOIN y ON x.a < y.a AND x.n < s.a ORDER BY x.a, y.a LIMIT 3) l ORDER BY 1, 2, 3'),
  ('SELECT s.a, w.a AS b, w.t FROM short s LEFT JOIN wide w ON w.a BETWEEN s.a - 2 AND s.a + 1 AND w.t <> s.t ORDER BY 1, 2'),
  ('SELECT s.a FROM short s WHERE NOT EXISTS (SELECT FROM wide w WHERE w.n > s.a * 24::numeric AND w.t > s.t) ORDER BY 1'),
  ('SELECT s.a FROM short s WHERE EXISTS (SELECT FROM wide w WHERE w.n > s.a * 24::numeric AND w.t > s.t) ORDER BY 1'),
  ('SELECT count(*), sum(w.n), max(w.t) FROM short s, wide w WHERE w.n > s.a * 20'),
  ('SELECT * FROM (SELECT x.a, y.a AS b FROM (SELECT * FROM x ORDER BY n, a LIMIT 40) x JOIN y ON x.a < y.a + 50 AND y.b < 3) q ORDER BY a, b LIMIT 100');
SELECT compare_order(q, 'Nested Loop'), q FROM queries;
-- An inner side in files, and few pairs at a time
SET work_mem = '64kB';
SELECT compare_order(q, '=> Nested Loop') FROM queries WHERE q ~ 'wide';
CREATE FUNCTION spilled(q text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE plan text; found bool := false;
BEGIN
  FOR plan IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ' || q LOOP found := found OR plan ~ 'Spilled'; END LOOP;
  RETURN found;
END $$;
SET enable_material = off;
SELECT spilled('SELECT s.a, w.t FROM short s LEFT JOIN wide w ON w.a BETWEEN s.a - 2 AND s.a + 1 AND w.t <> s.t');
RESET enable_material;
RESET work_mem;
SET redshift.vector_rows = 7;
SELECT compare_order(q, '=> Nested Loop') FROM queries WHERE q !~ 'wide|y ON';
RESET redshift.vector_rows;
-- With workers
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET enable_material = off; SET min_parallel_table_scan_size = 0;
SELECT compare_order(q, '=> Nested Loop') FROM queries WHERE q ~ 'count';
SET redshift.disabled_operators = 'nestloop';
EXPLAIN (COSTS OFF) SELECT count(*) FROM short g, short h WHERE g.a < h.a;
SET client_min_messages = warning;
DROP SCHEMA nested_loop CASCADE;
