-- Window functions in the vector engine give what PostgreSQL's executor gives.
CREATE TABLE w (id int, p int, o int, i2 smallint, k bigint, n numeric(12,2), m numeric, x float8, d date, c text COLLATE "C", b bool) USING redshift;
INSERT INTO w SELECT i, nullif(i % 37, 5), (i * 7919) % 1000, i % 300, i * 1000000007::bigint, CASE WHEN i % 11 > 0 THEN (i * 37 % 1000) / 8.0 END,
  CASE i % 7 WHEN 0 THEN 1.5 WHEN 1 THEN 1.50 WHEN 2 THEN NULL WHEN 3 THEN i / 3.0 WHEN 4 THEN 99999999999999999999999999999999999999 WHEN 5 THEN -i ELSE i * 0.001 END,
  i / 7.0, date '2020-01-01' + i % 50, 'c' || i % 90, i % 3 = 0 FROM generate_series(1, 17000) i;
INSERT INTO w SELECT 100000 + i, -1, i, 1, 1, 1, CASE i WHEN 500 THEN 'NaN' WHEN 700 THEN 'Infinity' ELSE 0.10 END, 1, '2020-01-01', 'one', NULL FROM generate_series(1, 1000) i;
CREATE TABLE empty (id int, p int, n numeric) USING redshift;
ANALYZE w;

EXPLAIN (COSTS OFF) SELECT id, row_number() OVER (PARTITION BY p ORDER BY o, id), sum(n) OVER (PARTITION BY p ORDER BY o, id) + 1 FROM w;
EXPLAIN (COSTS OFF) SELECT * FROM (SELECT id, rank() OVER (PARTITION BY p ORDER BY o) AS r FROM w) q WHERE r <= 3;
-- rows left out of frames, frames by value, filters
EXPLAIN (COSTS OFF) SELECT sum(n) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) FROM w;
EXPLAIN (COSTS OFF) SELECT sum(n) OVER (ORDER BY o RANGE 5 PRECEDING) FROM w;
EXPLAIN (COSTS OFF) SELECT sum(n) FILTER (WHERE b) OVER (ORDER BY id) FROM w;

\getenv source_directory PG_ABS_SRCDIR
\set compare_order :source_directory '/test/lib/compare_order.sql'
\set ECHO none
\i :compare_order
\set ECHO all
\set operators '=> (Window)'
CREATE TABLE queries (q text);
-- every function over every window
INSERT INTO queries SELECT format('SELECT id, %s OVER (%s) FROM w ORDER BY id', f, v)
  FROM unnest(ARRAY['row_number()', 'rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()', 'ntile(7)', 'ntile(5000)']) WITH ORDINALITY AS f(f, position),
  unnest(ARRAY['ORDER BY o DESC, id', 'PARTITION BY p ORDER BY o, id', 'PARTITION BY p, b ORDER BY d DESC, id']) v ORDER BY position, v;
INSERT INTO queries SELECT format('SELECT id, %s OVER (%s) FROM w ORDER BY id', f, v) FROM unnest(ARRAY['rank()', 'dense_rank()', 'cume_dist()', 'count(*)', 'sum(n)']) f, unnest(ARRAY['PARTITION BY p ORDER BY d', 'ORDER BY c DESC', 'PARTITION BY c', '']) v ORDER BY f, v;
INSERT INTO queries SELECT format('SELECT id, %s OVER (PARTITION BY p ORDER BY o, id) FROM w ORDER BY id', f) FROM unnest(ARRAY['lag(n)', 'lead(c)', 'lag(m, 3)', 'lead(x, 2, 0.5)', 'lag(c, 1, ''none'')', 'lag(n, -2)', 'lead(id, 0)', 'lag(m, 5, n)', 'lag(d, 100000)', 'lead(n, 2147483647, 0)']) f;
INSERT INTO queries SELECT format('SELECT id, %s OVER (PARTITION BY p ORDER BY o, id %s) FROM w ORDER BY id', f, v) FROM unnest(ARRAY['first_value(c)', 'last_value(n)', 'nth_value(m, 2)', 'count(n)', 'sum(i2)', 'sum(k)', 'sum(n)', 'sum(m)', 'avg(k)', 'avg(n)', 'avg(m)']) WITH ORDINALITY AS f(f, position),
  unnest(ARRAY['', 'ROWS UNBOUNDED PRECEDING', 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING', 'ROWS BETWEEN 2 PRECEDING AND 3 FOLLOWING', 'ROWS BETWEEN 3 FOLLOWING AND 5 FOLLOWING', 'ROWS BETWEEN 4 PRECEDING AND 2 PRECEDING',
    'ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING', 'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING', 'ROWS BETWEEN 2 FOLLOWING AND 1 FOLLOWING', 'RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING', 'GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW', 'ROWS 9223372036854775807 PRECEDING']) v ORDER BY position, v;
INSERT INTO queries SELECT format('SELECT id, %s OVER (PARTITION BY p ORDER BY d %s) FROM w ORDER BY id', f, v) FROM unnest(ARRAY['count(n)', 'sum(m)', 'avg(n)', 'min(c)', 'max(n)', 'bool_and(b)']) WITH ORDINALITY AS f(f, position), unnest(ARRAY['', 'RANGE BETWEEN CURRENT ROW AND CURRENT ROW']) v ORDER BY position, v;
INSERT INTO queries SELECT format('SELECT id, %s OVER (PARTITION BY p ORDER BY o, id %s) FROM w WHERE id %% 3 > 0 ORDER BY id', f, v) FROM unnest(ARRAY['min(n)', 'max(c)', 'min(m)', 'sum(x)', 'stddev(i2)', 'bool_or(b)', 'string_agg(c, '','')', 'max(n * 2 + id)', 'regr_count(x, x)', 'bit_xor(k)', 'array_agg(p)']) WITH ORDINALITY AS f(f, position),
  unnest(ARRAY['', 'ROWS UNBOUNDED PRECEDING', 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING']) v WHERE f <> 'array_agg(p)' OR v LIKE '%FOLLOWING' ORDER BY position, v;
INSERT INTO queries SELECT unnest(ARRAY['SELECT id, row_number() OVER (PARTITION BY p ORDER BY id), sum(n) OVER (PARTITION BY p ORDER BY id), count(*) OVER (PARTITION BY c ORDER BY id DESC) FROM w ORDER BY id', 'SELECT id, rank() OVER v * 2 + length(c), lag(c) OVER v || ''!'' FROM w WINDOW v AS (PARTITION BY p ORDER BY o, id) ORDER BY id',
  'SELECT * FROM (SELECT id, row_number() OVER (ORDER BY o, id) AS r FROM w) q WHERE r <= 30 ORDER BY id', 'SELECT * FROM (SELECT id, p, row_number() OVER (PARTITION BY p ORDER BY o, id) AS r, sum(n) OVER (PARTITION BY p ORDER BY o, id) AS s FROM w) q WHERE r < 4 AND s > 20 ORDER BY id', 'SELECT * FROM (SELECT id, c, dense_rank() OVER (PARTITION BY p ORDER BY d) AS r FROM w) q WHERE r = 2 ORDER BY id',
  'SELECT p, q.s, rank() OVER (ORDER BY s DESC) FROM (SELECT p, sum(n) AS s FROM w GROUP BY p) q ORDER BY 3, 1', 'SELECT p, sum(n), sum(sum(n)) OVER (ORDER BY p) FROM w GROUP BY p ORDER BY p', 'SELECT count(*) FROM (SELECT id, row_number() OVER (PARTITION BY p ORDER BY o) AS r FROM w) q WHERE r = 1',
  'SELECT id, row_number() OVER (ORDER BY id), sum(n) OVER (PARTITION BY p) FROM empty ORDER BY id', 'SELECT id, sum(100 / (o - 500)) OVER (ORDER BY id) FROM w ORDER BY id', 'SELECT id, ntile(0) OVER (ORDER BY id) FROM w', 'SELECT e.p, l.* FROM (VALUES (1), (2)) e(p), LATERAL (SELECT id, sum(n) OVER (ORDER BY id) FROM w WHERE w.p = e.p) l ORDER BY 1, 2',
  'SELECT id, sum(n) OVER (ORDER BY id ROWS BETWEEN (SELECT 2) PRECEDING AND CURRENT ROW) FROM w ORDER BY id', 'SELECT w.id, count(*) OVER (PARTITION BY v.p ORDER BY w.id) FROM w JOIN w v ON w.id = v.o ORDER BY 1, 2']);
SELECT compare_order(q, :'operators'), q FROM queries;
-- batches of a few rows; sorting in files; workers
SET redshift.vector_rows = 7;
SELECT compare_order(q, :'operators'), q FROM queries WHERE length(q) % 9 = 0;
RESET redshift.vector_rows;
SET work_mem = '64kB';
SELECT result, count(*) FROM (SELECT regexp_replace(compare_order(q, :'operators'), '\d+ rows', 'rows') AS result FROM queries WHERE length(q) % 5 = 0) z GROUP BY 1 ORDER BY 1;
RESET work_mem;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT DISTINCT regexp_replace(compare_order(q, :'operators'), '(not ours, )?\d+ rows', 'rows') FROM queries WHERE length(q) % 5 = 1 ORDER BY 1;
CREATE ROLE redshift_window;
GRANT SELECT ON w TO redshift_window;
CREATE AGGREGATE secret_sum(int) (sfunc = int4pl, stype = int, initcond = '0');
REVOKE EXECUTE ON FUNCTION secret_sum(int) FROM public;
SELECT compare_order('SELECT id, secret_sum(o) OVER (PARTITION BY p ORDER BY id) FROM w ORDER BY id', :'operators');
SET ROLE redshift_window;
SELECT secret_sum(o) OVER (ORDER BY id) FROM w;
RESET ROLE;
DROP AGGREGATE secret_sum(int);
DROP TABLE w, empty, queries;
DROP FUNCTION compare_order(text, text);
DROP ROLE redshift_window;
