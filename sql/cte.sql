-- Common table expressions computed once in the vector engine give what PostgreSQL's executor gives.
CREATE SCHEMA cte;
SET search_path = cte;
CREATE TABLE x (a int, b int, t text COLLATE "C", n numeric) USING redshift;
INSERT INTO x SELECT i, i % 37, 'key' || i % 11, i * 1.5 FROM generate_series(1, 20000) i;
INSERT INTO x VALUES (NULL, NULL, NULL, NULL), (7, 7, '', 'NaN');
CREATE TABLE y (a int, b int) USING redshift;
INSERT INTO y SELECT i * 3, i % 17 FROM generate_series(1, 300) i;
CREATE TABLE heap (a int, b int);
INSERT INTO heap SELECT i, i % 7 FROM generate_series(1, 50) i;
ANALYZE x, y, heap;
SET max_parallel_workers_per_gather = 0;

EXPLAIN (COSTS OFF) WITH q AS (SELECT b, sum(n) AS s FROM x GROUP BY b) SELECT q.b, q.s FROM q WHERE q.s > (SELECT avg(s) FROM q);
EXPLAIN (COSTS OFF) WITH q AS MATERIALIZED (SELECT * FROM x) SELECT count(*) FROM q JOIN y ON q.a = y.a;
EXPLAIN (COSTS OFF) WITH q AS MATERIALIZED (SELECT * FROM x), r AS MATERIALIZED (SELECT b, count(*) FROM q GROUP BY b) SELECT * FROM r LIMIT 1;
-- PostgreSQL's: whole rows, nothing of a redshift table below
EXPLAIN (COSTS OFF) WITH q AS MATERIALIZED (SELECT * FROM x) SELECT q FROM q;
EXPLAIN (COSTS OFF) WITH q AS MATERIALIZED (SELECT * FROM heap) SELECT count(*) FROM q JOIN y ON q.a = y.a;
SET redshift.disabled_operators = 'cte';
EXPLAIN (COSTS OFF) WITH q AS MATERIALIZED (SELECT * FROM x WHERE a > 5) SELECT a FROM q WHERE b > 5;
RESET redshift.disabled_operators;

\getenv source_directory PG_ABS_SRCDIR
\set compare_order :source_directory '/test/lib/compare_order.sql'
\set ECHO none
\i :compare_order
\set ECHO all
CREATE TABLE queries (q text);
INSERT INTO queries VALUES
  ('WITH q AS (SELECT b, sum(n) AS s FROM x WHERE b <> 7 GROUP BY b) SELECT q.b, q.s FROM q WHERE q.s > (SELECT avg(s) FROM q) ORDER BY 1'),
  ('WITH q AS MATERIALIZED (SELECT * FROM x) SELECT count(*), sum(q.n), max(t) FROM q JOIN y ON q.a = y.a WHERE q.b > 3'),
  ('WITH q AS MATERIALIZED (SELECT * FROM x) SELECT z.t, count(*), sum(q.n) FROM q JOIN q z USING (a) JOIN q w USING (a) GROUP BY z.t ORDER BY 1'),
  ('WITH q AS MATERIALIZED (SELECT * FROM x), r AS MATERIALIZED (SELECT b, count(*) AS c FROM q GROUP BY b) SELECT r.b, r.c, q.a FROM r JOIN q ON q.a = r.b AND r.c > 2 ORDER BY 1, 3'),
  ('WITH q AS (SELECT a, a + 1 AS c FROM x ORDER BY n, a LIMIT 100) SELECT v.a, w.a AS b FROM q v JOIN q w ON v.c = w.a ORDER BY 1'),
  ('WITH q AS MATERIALIZED (SELECT a, 1 / (a - 15000) AS d FROM x) SELECT * FROM q ORDER BY a'),
  ('WITH q AS MATERIALIZED (SELECT a, 1 / (a - 15000) AS d FROM x WHERE a IS NOT NULL) SELECT * FROM q LIMIT 5'),
  ('WITH q AS MATERIALIZED (SELECT * FROM x WHERE a < 0) SELECT a, (SELECT count(*) FROM q) AS c FROM q'),
  ('SELECT y.a, l.* FROM y, LATERAL (WITH q AS MATERIALIZED (SELECT x.a, x.n FROM x WHERE x.b = y.b + 20 AND x.a < 1000) SELECT count(*) AS c, min(v.n) AS m FROM q v JOIN q w ON v.a = w.a) l WHERE y.a < 60 ORDER BY 1'),
  ('SELECT y.a, (WITH q AS MATERIALIZED (SELECT x.a FROM x WHERE x.b = y.b AND x.a < 500) SELECT sum(v.a + w.a) FROM q v, q w WHERE v.a <= w.a) AS s FROM y WHERE y.a < 60 ORDER BY 1'),
  ('WITH q AS MATERIALIZED (SELECT a, b FROM x) SELECT y.a, (SELECT count(*) FROM q WHERE q.b = y.b) AS c, (SELECT max(q.a) FROM q WHERE q.a < y.a) AS d FROM y WHERE y.a < 100 ORDER BY 1'),
  ('WITH q AS MATERIALIZED (SELECT a, b FROM x) SELECT h.a FROM heap h WHERE EXISTS (SELECT FROM q WHERE q.a = h.a * 400) AND h.a NOT IN (SELECT b FROM q WHERE b < 30) ORDER BY 1'),
  ('WITH RECURSIVE q AS (SELECT a, b, 1 AS depth FROM x WHERE a < 4 UNION ALL SELECT x.a, x.b, depth + 1 FROM q JOIN x ON x.a = q.a * 3 AND depth < 9) SELECT * FROM q ORDER BY a'),
  ('WITH RECURSIVE q AS (SELECT min(a) AS a FROM x UNION ALL SELECT (SELECT min(x.a) FROM x WHERE x.a > q.a + 10) FROM q) SELECT * FROM q LIMIT 20'),
  ('WITH RECURSIVE s AS MATERIALIZED (SELECT a, b FROM x WHERE a < 200), q AS (SELECT a, b FROM s WHERE a = 1 UNION SELECT s.a, s.b FROM s JOIN q ON s.a IN (q.a * 2, q.a + 3)) SELECT count(*), sum(a), sum(b) FROM q'),
  ('WITH q AS MATERIALIZED (SELECT a, b, random() AS r FROM x) SELECT count(*), count(*) FILTER (WHERE v.r = w.r) AS c FROM q v JOIN q w USING (a)'),
  ('WITH q AS MATERIALIZED (SELECT a, b FROM x UNION ALL SELECT a, b FROM heap) SELECT v.b, count(*) FROM q v JOIN q w USING (a) GROUP BY 1 ORDER BY 1'),
  ('WITH q AS MATERIALIZED (SELECT a, unnest(ARRAY[b, a]) AS u FROM x WHERE a < 100) SELECT v.u, w.a FROM q v JOIN q w USING (u) ORDER BY 1, 2');
SELECT compare_order(q, '=> CTE Scan'), q FROM queries;
SET work_mem = '64kB';
SELECT compare_order(q, '=> CTE Scan') FROM queries;
CREATE FUNCTION spilled(q text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE plan text; ours bool := false; found bool := false;
BEGIN
  FOR plan IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ' || q LOOP
    IF plan ~ '=>' THEN ours := plan ~ 'CTE Scan'; END IF;
    found := found OR ours AND plan ~ 'Spilled';
  END LOOP;
  RETURN found;
END $$;
SELECT spilled('WITH q AS MATERIALIZED (SELECT * FROM x) SELECT v.a, w.t FROM q v JOIN q w USING (a)');
RESET work_mem;
SET redshift.vector_rows = 7;
SELECT compare_order(q, '=> CTE Scan') FROM queries;
RESET redshift.vector_rows;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT compare_order(q, '=> CTE Scan') FROM queries;
RESET max_parallel_workers_per_gather;
-- As many rows are computed as somebody reads
SET redshift.vector_rows = 2048;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) WITH q AS MATERIALIZED (SELECT a FROM x WHERE b > 2) SELECT * FROM q LIMIT 3;
RESET redshift.vector_rows;
-- Cursors scroll where PostgreSQL's do
BEGIN;
DECLARE c CURSOR FOR WITH q AS MATERIALIZED (SELECT a FROM x WHERE b > 2 AND a < 50) SELECT * FROM q;
FETCH 3 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH LAST FROM c;
DECLARE s CURSOR FOR SELECT a, n FROM x WHERE b = 5 ORDER BY n LIMIT 10;
FETCH 3 FROM s;
FETCH BACKWARD 2 FROM s;
FETCH LAST FROM s;
EXPLAIN (COSTS OFF) DECLARE d CURSOR FOR SELECT a, n FROM x WHERE b = 5 ORDER BY n;
DECLARE n CURSOR FOR SELECT sum(a) FROM x;
FETCH 1 FROM n;
FETCH BACKWARD 1 FROM n;
ROLLBACK;
SET client_min_messages = warning;
DROP SCHEMA cte CASCADE;
