-- Merging partitions and sides of UNION ALL in order gives what PostgreSQL's executor gives.
CREATE SCHEMA merge_append;
SET search_path = merge_append;
CREATE TABLE p (a int, b int, t text COLLATE "C", n numeric) PARTITION BY LIST (b);
CREATE TABLE p0 PARTITION OF p FOR VALUES IN (0, NULL) USING redshift;
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) USING redshift WITH (sortkey = 'a');
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
CREATE TABLE p3 PARTITION OF p FOR VALUES IN (3) USING redshift;
INSERT INTO p SELECT i * 7919 % 20011, i % 3, 'key' || i % 97, CASE WHEN i % 11 > 0 THEN (i % 501)::numeric(10, 2) / (i % 4 + 1) END FROM generate_series(1, 12000) i;
INSERT INTO p VALUES (NULL, NULL, NULL, NULL), (NULL, 0, '', 'NaN'), (5, 2, NULL, 1e40);
CREATE INDEX ON p2 (a);
ANALYZE p;
SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT a, t FROM p ORDER BY a, t LIMIT 10;
EXPLAIN (COSTS OFF) (SELECT a, t FROM p0 ORDER BY a LIMIT 3000) UNION ALL (SELECT a, t FROM p1 ORDER BY a LIMIT 3000) ORDER BY a;

\getenv source_directory PG_ABS_SRCDIR
\set compare_order :source_directory '/test/lib/compare_order.sql'
\set ECHO none
\i :compare_order
\set ECHO all
CREATE TABLE queries (q text);
INSERT INTO queries VALUES
  ('SELECT a FROM p ORDER BY a LIMIT 100 OFFSET 40'),
  ('SELECT a FROM p ORDER BY a DESC LIMIT 100'),
  ('SELECT count(*), sum(a) FROM (SELECT a FROM p ORDER BY a LIMIT 3000) q'),
  ('SELECT a FROM p ORDER BY a FETCH FIRST 50 ROWS WITH TIES'),
  ('SELECT a, n FROM ((SELECT a, n FROM p0 ORDER BY a, n LIMIT 3000) UNION ALL (SELECT a, n FROM p1 ORDER BY a, n LIMIT 3000) UNION ALL SELECT 7, 0.000) q ORDER BY a, n'),
  ('SELECT n FROM ((SELECT trim_scale(n) AS n FROM p0 ORDER BY 1 DESC LIMIT 3000) UNION ALL (SELECT trim_scale(n * 1.0) FROM p1 ORDER BY 1 DESC LIMIT 300) UNION ALL (SELECT 1e39 FROM p3 ORDER BY 1 DESC LIMIT 2)) q ORDER BY n DESC'),
  ('SELECT t FROM ((SELECT t FROM p0 ORDER BY t NULLS FIRST LIMIT 3000) UNION ALL (SELECT t FROM p1 ORDER BY t NULLS FIRST LIMIT 3000)) q ORDER BY t NULLS FIRST LIMIT 4000');
SELECT compare_order(q, '=> Merge Append'), q FROM queries;
SET redshift.vector_rows = 7;
SELECT compare_order(q, '=> Merge Append') FROM queries;
RESET redshift.vector_rows;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT compare_order(q, '') FROM queries;
SET client_min_messages = warning;
DROP SCHEMA merge_append CASCADE;
