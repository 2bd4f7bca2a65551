-- Frames of every kind, filters, moving aggregates and partitions beyond work_mem give what PostgreSQL's executor gives.
CREATE TABLE f (id int, p int, i2 smallint, i4 int, i8 bigint, n numeric(12,2), m numeric, r real, x float8, d date, t timestamp, z timestamptz,
  v interval, h time, c text COLLATE "C", b bool, k char(4)) USING redshift;
INSERT INTO f SELECT i, nullif(i % 7, 3), (i * 31) % 40, nullif((i * 7919) % 60, 7), (i * 13) % 50 * 1000000007::bigint, CASE WHEN i % 11 > 0 THEN (i * 37 % 1000) / 8.0 END,
  CASE i % 7 WHEN 0 THEN 1.5 WHEN 1 THEN 1.50 WHEN 2 THEN NULL WHEN 3 THEN i / 3.0 WHEN 4 THEN 99999999999999999999999999999999999999 WHEN 5 THEN -i ELSE i * 0.001 END,
  i % 30 / 4.0, CASE i % 50 WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN '-Infinity' WHEN 4 THEN -0.0 WHEN 5 THEN NULL ELSE i % 30 / 7.0 END,
  date '2020-01-01' + i % 50, timestamp '2020-01-01' + i % 40 * interval '7 hours', timestamptz '2020-03-28' + i % 40 * interval '7 hours',
  i % 20 * interval '1 day 3 hours', time '00:00' + i % 90 * interval '15 minutes', 'c' || i % 90, i % 3 = 0, 'k' || i % 5 FROM generate_series(1, 500) i;
INSERT INTO f SELECT 10000 + i, -1, i % 3, i % 4, i, 1, CASE i WHEN 50 THEN 'NaN' WHEN 70 THEN 'Infinity' ELSE 0.10 END, 1, 1, '2020-01-01', '2020-01-01', '2020-01-01', '1 day', '12:00', 'one', NULL, 'z'
  FROM generate_series(1, 100) i;
ANALYZE f;

\getenv source_directory PG_ABS_SRCDIR
\set compare_order :source_directory '/test/lib/compare_order.sql'
\set ECHO none
\i :compare_order
\set ECHO all
\set operators '=> (Window)'

CREATE FUNCTION add_strict(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 + $2';
CREATE FUNCTION subtract_most(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT CASE WHEN $2 % 5 = 0 THEN NULL ELSE $1 - $2 END';
CREATE FUNCTION append_any(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, '''') || coalesce($2, ''-'')';
CREATE FUNCTION behead(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT substr($1, length(coalesce($2, ''-'')) + 1)';
CREATE AGGREGATE plain_sum(int) (sfunc = add_strict, stype = int);
CREATE AGGREGATE moving_sum(int) (sfunc = add_strict, stype = int, msfunc = add_strict, minvfunc = subtract_most, mstype = int);
CREATE AGGREGATE moving_list(text) (sfunc = append_any, stype = text, msfunc = append_any, minvfunc = behead, mstype = text, minitcond = '>');

CREATE TABLE queries (id serial, q text);
-- every frame with every exclusion, but those for which PostgreSQL's node fails on first_value (it goes back beyond its mark)
CREATE TABLE frames AS SELECT format('%s BETWEEN %s AND %s%s', mode, s, e, x) AS frame, mode, row_number() OVER () AS number FROM unnest(ARRAY['ROWS', 'RANGE', 'GROUPS']) WITH ORDINALITY AS mode(mode, a),
  unnest(ARRAY['UNBOUNDED PRECEDING', '3 PRECEDING', 'CURRENT ROW', '2 FOLLOWING']) WITH ORDINALITY AS s(s, b), unnest(ARRAY['1 PRECEDING', 'CURRENT ROW', '4 FOLLOWING', 'UNBOUNDED FOLLOWING']) WITH ORDINALITY AS e(e, c),
  unnest(ARRAY['', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES']) WITH ORDINALITY AS x(x, d)
  WHERE NOT (s = 'CURRENT ROW' AND e = '1 PRECEDING') AND NOT (s = '2 FOLLOWING' AND e IN ('1 PRECEDING', 'CURRENT ROW')) ORDER BY a, b, c, d;
INSERT INTO queries (q) SELECT format('SELECT id, %s FROM (SELECT * FROM f ORDER BY p, i4, id OFFSET 0) f WINDOW w AS (PARTITION BY p ORDER BY i4 %s) ORDER BY id', f, frame) FROM frames,
  unnest(ARRAY['count(*) OVER w, sum(i4) OVER w, min(i8) OVER w, first_value(id) OVER w, last_value(id) OVER w, nth_value(id, 2) OVER w, bool_or(b) OVER w, sum(i2) FILTER (WHERE b) OVER w',
    'avg(n) OVER w, sum(n) OVER w, max(c) OVER w, sum(x) OVER w, moving_sum(i4) OVER w, max(k) OVER w, array_agg(i2) OVER w, variance(i2) OVER w']) WITH ORDINALITY AS f(f, a)
  WHERE (a = 1 OR number % 3 = 1) AND NOT (a = 1 AND frame LIKE '%2 FOLLOWING AND%TIES') ORDER BY a, number;
-- every function over moving frames
INSERT INTO queries (q) SELECT format('SELECT id, %s OVER (PARTITION BY p ORDER BY i2, id %s) FROM f ORDER BY id', f, v) FROM unnest(ARRAY['count(n)', 'sum(i2)', 'sum(i8)', 'sum(n)', 'sum(m)', 'avg(m)', 'avg(i4)', 'sum(r)', 'avg(x)', 'stddev(x)', 'sum(v)', 'avg(v)',
    'stddev(n)', 'var_pop(i8)', 'min(i2)', 'max(n)', 'min(m)', 'max(m)', 'min(r)', 'max(x)', 'min(d)', 'max(t)', 'min(v)', 'max(h)', 'min(c)', 'max(k)', 'bool_and(b)', 'every(b)', 'bool_or(b)', 'bit_and(i4)', 'string_agg(c, '','')', 'array_agg(i4)', 'json_agg(i2)',
    'regr_count(x, r)', 'corr(r, i2)', 'plain_sum(i4)', 'moving_sum(i4)', 'moving_list(c)', 'sum(i4 + i2)', 'max(i4 - i2)', 'sum(n) FILTER (WHERE i4 > 20)', 'min(x) FILTER (WHERE b)', 'count(*) FILTER (WHERE i4 + i2 > 50)',
    'moving_list(c) FILTER (WHERE i2 % 2 = 0)', 'sum(m) FILTER (WHERE b)', 'string_agg(c, '''') FILTER (WHERE length(c) = 2)', 'first_value(m)', 'last_value(v)', 'nth_value(x, 3)', 'nth_value(c, nullif(i2, 5) + 1)', 'sum((SELECT i4))', 'min((SELECT i4))']) WITH ORDINALITY AS f(f, a),
  unnest(ARRAY['ROWS BETWEEN 6 PRECEDING AND 2 FOLLOWING', 'ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING', 'GROUPS BETWEEN 4 PRECEDING AND 1 PRECEDING', 'ROWS BETWEEN UNBOUNDED PRECEDING AND 3 PRECEDING EXCLUDE CURRENT ROW', 'ROWS UNBOUNDED PRECEDING']) WITH ORDINALITY AS v(v, b) WHERE (a + b) % 3 = 0 ORDER BY a, b;
-- offsets of every type, up and down, NULLs first and last
INSERT INTO queries (q) SELECT format('SELECT id, count(*) OVER w, sum(i4) OVER w, first_value(%1$s) OVER w, last_value(id) OVER w FROM (SELECT * FROM f ORDER BY p, %1$s%5$s, id OFFSET 0) f WINDOW w AS (PARTITION BY p ORDER BY %1$s%5$s RANGE BETWEEN %2$s %3$s AND %4$s) ORDER BY id', c, o, s, replace(e, '?', o), d)
  FROM (VALUES ('i2', '3::smallint'), ('i2', '3'), ('i2', '9223372036854775807::bigint'), ('i4', '5'), ('i4', '2::smallint'), ('i8', '3000000000'), ('n', '10.5'), ('m', '100'), ('r', '1.5'), ('x', '0.5::float8'), ('x', '''Infinity''::float8'),
    ('d', '''3 days''::interval'), ('t', '''1 day 7 hours''::interval'), ('z', '''1 day''::interval'), ('v', '''2 days''::interval'), ('h', '''1 hour''::interval'), ('i4', '-1'), ('x', '''NaN''::float8'), ('d', '''-1 day''::interval'), ('n', '-0.5'), ('i8', '(-2)::bigint')) AS o(c, o),
  (VALUES ('PRECEDING', 'CURRENT ROW'), ('PRECEDING', '? FOLLOWING'), ('FOLLOWING', 'UNBOUNDED FOLLOWING')) AS b(s, e), unnest(ARRAY['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']) d WHERE length(c || o || s || d) % 2 = 0 OR (c = 'i4' AND o = '5');
-- offsets that are no constants, refused ones, arguments that differ from row to row, that fail for rows in no frame, run conditions
INSERT INTO queries (q) VALUES ('SELECT id, sum(n) OVER (ORDER BY id ROWS BETWEEN (SELECT 2) PRECEDING AND (SELECT min(id) FROM f) FOLLOWING) FROM f ORDER BY id'), ('SELECT id, sum(n) OVER (ORDER BY id ROWS (SELECT -1) PRECEDING) FROM f'),
  ('SELECT id, sum(n) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND (SELECT NULL::int) FOLLOWING) FROM f'), ('SELECT id, sum(n) OVER (ORDER BY id GROUPS (SELECT NULL::int) PRECEDING) FROM f WHERE false'),
  ('SELECT e.k, l.* FROM (VALUES (1), (3)) e(k), LATERAL (SELECT id, count(*) OVER (ORDER BY i4 RANGE e.k PRECEDING), sum(i4) OVER (ORDER BY id ROWS e.k PRECEDING) FROM f) l ORDER BY 1, 2'),
  ('SELECT id, lag(n, i2 - 20, m) OVER (PARTITION BY p ORDER BY id), lead(c, nullif(i4, 3), c || ''!'') OVER (ORDER BY id) FROM f ORDER BY id'), ('SELECT id, lag(c, NULL) OVER (ORDER BY id), lead(id, -3, -1) OVER (ORDER BY id) FROM f ORDER BY id'),
  ('SELECT id, ntile(nullif(i2, 31) + 1) OVER (PARTITION BY p ORDER BY id) FROM f ORDER BY id'), ('SELECT id, ntile(NULL) OVER (ORDER BY id) FROM f'), ('SELECT id, ntile(i2) OVER (PARTITION BY p ORDER BY id) FROM f'), ('SELECT id, nth_value(id, i2) OVER (ORDER BY id DESC) FROM f'),
  ('SELECT id, sum(100 / (id - 1)) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) FROM f ORDER BY id'), ('SELECT id, lead(100 / (id - 1)) OVER (ORDER BY id) FROM f ORDER BY id'), ('SELECT id, lag(100 / (id - 1)) OVER (ORDER BY id) FROM f ORDER BY id'),
  ('SELECT id, sum(100 / (id - 1)) FILTER (WHERE id > 1) OVER (ORDER BY id) FROM f ORDER BY id'), ('SELECT id, max(100 / (id - 1)) OVER (ORDER BY id ROWS 3 PRECEDING) FROM f ORDER BY id'),
  ('SELECT * FROM (SELECT id, p, row_number() OVER (PARTITION BY p ORDER BY i4, id) AS r, sum(n) OVER (PARTITION BY p ORDER BY i4, id) AS s FROM f) q WHERE r < 4 ORDER BY id'), ('SELECT * FROM (SELECT id, rank() OVER (ORDER BY i4) AS r FROM f) q WHERE r <= 50 ORDER BY id'),
  ('SELECT * FROM (SELECT id, rank() OVER (PARTITION BY p ORDER BY i4) AS r, row_number() OVER (PARTITION BY c ORDER BY id) AS s, count(*) OVER (PARTITION BY p ORDER BY id) AS n FROM f) q WHERE r <= 50 AND s <= 3 AND n < 100 ORDER BY id'),
  ('SELECT * FROM (SELECT id, p, count(*) OVER (PARTITION BY p ORDER BY i4 RANGE 2 PRECEDING) AS s, dense_rank() OVER (PARTITION BY p ORDER BY i4) AS r FROM f) q WHERE r = 3 AND s > 1 ORDER BY id'),
  ('SELECT p, r, sum(r) OVER (PARTITION BY r ORDER BY p ROWS 1 PRECEDING) FROM (SELECT p, rank() OVER (PARTITION BY p ORDER BY i4 DESC) AS r FROM f) q ORDER BY 1, 2, 3'), ('SELECT p, sum(n), avg(sum(n)) OVER (ORDER BY p ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM f GROUP BY p ORDER BY p'),
  ('SELECT id, array_agg(i2) OVER w, count(*) OVER (ORDER BY id ROWS 2 PRECEDING), row_number() OVER (PARTITION BY b ORDER BY id) FROM f WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE TIES) ORDER BY id');
CREATE TABLE results AS SELECT id, q, regexp_replace(compare_order(q, :'operators'), '\d+ rows', 'rows') AS result FROM queries;
SELECT result, count(*) FROM results GROUP BY 1 ORDER BY 1;
SELECT result, q FROM results WHERE result LIKE '%DIFFERENT%' OR result LIKE 'not ours%' ORDER BY id;
-- batches of a few rows; rows in files
SET redshift.vector_rows = 5;
SELECT result, count(*) FROM (SELECT regexp_replace(compare_order(q, :'operators'), '\d+ rows', 'rows') AS result FROM queries WHERE id % 9 = 0) z GROUP BY 1 ORDER BY 1;
RESET redshift.vector_rows;
CREATE TABLE large (id int, g int, v int, n numeric(10,2), x float8, c text) USING redshift;
INSERT INTO large SELECT i, i % 3, i * 7919 % 10007, i % 1000 / 8.0, i / 7.0, repeat('c' || i % 100, 40) FROM generate_series(1, 12000) i;
ANALYZE large;
SET work_mem = '64kB';
SELECT compare_order(format('SELECT id, c, %s FROM large ORDER BY id', f), :'operators'), f FROM unnest(ARRAY['sum(n) OVER ()', 'count(*) OVER (PARTITION BY g), max(c) OVER (PARTITION BY g)', 'avg(x) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)', 'first_value(c) OVER (ORDER BY v, id), nth_value(c, 9000) OVER (ORDER BY v, id)',
  'last_value(c) OVER (PARTITION BY g ORDER BY id GROUPS BETWEEN 5 PRECEDING AND UNBOUNDED FOLLOWING)', 'lag(c, 8000) OVER (ORDER BY id), lead(c, 7000) OVER (ORDER BY id)', 'lag(c, v % 50) OVER (ORDER BY id)', 'cume_dist() OVER (PARTITION BY g ORDER BY v), ntile(17) OVER (PARTITION BY g ORDER BY v, id)', 'min(c) OVER (ORDER BY id ROWS BETWEEN 4000 PRECEDING AND 3980 PRECEDING), max(v) OVER (ORDER BY id ROWS BETWEEN 4000 PRECEDING AND 3980 PRECEDING)',
  'sum(n) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)', 'variance(v) OVER (ORDER BY id ROWS BETWEEN 5000 PRECEDING AND 4000 PRECEDING)', 'sum(v) OVER (PARTITION BY g ORDER BY v RANGE BETWEEN 3000 PRECEDING AND 2000 FOLLOWING)', 'percent_rank() OVER (ORDER BY v), sum(n) OVER (ORDER BY v)']) f;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON) SELECT id, c, sum(n) OVER () FROM large \g |grep -c '"Spilled": [1-9]'
RESET work_mem;
-- over rows of workers
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT id, sum(n) OVER (ORDER BY id ROWS 3 PRECEDING) FROM large WHERE v % 10 = 1;
SELECT compare_order('SELECT id, sum(n) OVER (ORDER BY id ROWS 3 PRECEDING) FROM large WHERE v % 10 = 1', :'operators');
DROP TABLE f, large, frames, queries, results;
DROP FUNCTION compare_order(text, text);
DROP AGGREGATE plain_sum(int), moving_sum(int), moving_list(text);
DROP FUNCTION add_strict(int, int), subtract_most(int, int), append_any(text, text), behead(text, text);
