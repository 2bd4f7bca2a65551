-- A parallel append: each process takes whole children of its own, and a part of every partial one.
CREATE SCHEMA append_parallel;
SET search_path = append_parallel;
CREATE TABLE p (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (20000) USING redshift;
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (20000) TO (40000) USING redshift;
CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (40000) TO (60000) WITH (parallel_workers = 0);
CREATE TABLE p4 PARTITION OF p FOR VALUES FROM (60000) TO (80000) WITH (parallel_workers = 0);
INSERT INTO p SELECT i, i % 7 FROM generate_series(0, 79999) i;
ANALYZE p;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT b, count(*), sum(a) FROM p GROUP BY b ORDER BY b;
SELECT b, count(*), sum(a) FROM p GROUP BY b ORDER BY b;
-- Again, for each row
SELECT g, (SELECT sum(a) + g FROM p WHERE b > g) AS s FROM generate_series(3, 7) g;
-- Without any worker
SET max_parallel_workers = 0;
SELECT b, count(*), sum(a) FROM p GROUP BY b ORDER BY b;
RESET max_parallel_workers;
SET redshift.enable_vector = off;
SELECT b, count(*), sum(a) FROM p GROUP BY b ORDER BY b;
SELECT g, (SELECT sum(a) + g FROM p WHERE b > g) AS s FROM generate_series(3, 7) g;
RESET redshift.enable_vector;
-- A recursive query's joins keep their tables from one round to the next
SET max_parallel_workers_per_gather = 0;
SET redshift.vector_rows = 2048;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) WITH RECURSIVE q AS (SELECT g AS a FROM generate_series(1, 1000) g UNION ALL SELECT p.a + 7 FROM q JOIN p1 p ON p.a = q.a AND p.b = 3 WHERE q.a < 2000) SELECT count(*), sum(a) FROM q;
RESET redshift.vector_rows;
WITH RECURSIVE q AS (SELECT 1 AS a, 0 AS d UNION ALL SELECT p.a, d + 1 FROM q JOIN p ON p.a = q.a * 2 LEFT JOIN p1 ON p1.a = q.a + d) SELECT count(*), sum(a), sum(d) FROM q;
SET redshift.enable_vector = off;
WITH RECURSIVE q AS (SELECT 1 AS a, 0 AS d UNION ALL SELECT p.a, d + 1 FROM q JOIN p ON p.a = q.a * 2 LEFT JOIN p1 ON p1.a = q.a + d) SELECT count(*), sum(a), sum(d) FROM q;
SET client_min_messages = warning;
DROP SCHEMA append_parallel CASCADE;
