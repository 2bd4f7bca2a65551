-- Values that are equal and look different: numerics by their display scale, char without a length by its padding, zeros of floats by their sign.
\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all
-- Each value as it is, and with zeros behind the point: up to 38 decimals and beyond, up to 63 and beyond; and some of more digits than 128 bits
-- hold, the last that they do, the first that they do not.
CREATE TABLE shown (id int, v numeric) USING redshift WITH (encode = 'v raw');
INSERT INTO shown SELECT row_number() OVER (ORDER BY z, x, s), round(x, s) FROM generate_series(1, 4) z, unnest(ARRAY[1, -1, 0, 10, 12345678901234567890123456789012345678,
    99999999999999999999999999999999999999, 170141183460469231731687303715884105727, 170141183460469231731687303715884105728, -170141183460469231731687303715884105728,
    -170141183460469231731687303715884105729, 1e38, 1e39, 1e45, 1e131071, 123e-37, 1e-37, 1.5e-38, 12.25, 0.5]::numeric[]) x,
  unnest(ARRAY[0, 1, 2, 4, 7, 37, 38, 39, 40, 44, 63, 64, 70, 1000]) s WHERE round(x, s) = x OR s > 40;
INSERT INTO shown (v) VALUES (NULL), ('NaN'), ('NaN'), ('Infinity'), ('-Infinity'), ('Infinity');
-- The same values from arithmetic, which makes integers where it can.
CREATE TABLE factors (id int, a numeric(20,2), b bigint, c numeric(38,0), d numeric(38,38)) USING redshift;
INSERT INTO factors SELECT i, i % 5, i % 3 - 1, i % 2 * 12345678901234567890123456789012345678, i % 3 * 0.5e-37 FROM generate_series(1, 500) i;
INSERT INTO factors VALUES (0, 10000000000000000, 10000000000000000, 99999999999999999999999999999999999999, 123e-37), (-1, NULL, NULL, NULL, NULL);
CREATE TABLE few (v numeric, x int) USING redshift;
INSERT INTO few SELECT v, row_number() OVER (ORDER BY v) FROM (SELECT DISTINCT v FROM shown) s;
INSERT INTO few VALUES (0.1, -1), (2, -2);
ANALYZE shown, factors, few;
SET enable_mergejoin = off;
SET enable_nestloop = off;

SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT v, count(*), min(id), max(v), min(v) FROM shown GROUP BY v', 'SELECT DISTINCT v FROM shown', 'SELECT count(DISTINCT v), trim_scale(sum(DISTINCT v)) FROM shown WHERE v < 1e40 AND v > -1e40',
  'SELECT a.id, b.x, b.v FROM shown a JOIN few b USING (v)', 'SELECT a.id, b.id FROM shown a JOIN shown b ON a.v = b.v AND a.id % 7 = b.id % 7', 'SELECT v, x FROM few f WHERE v IN (SELECT v FROM shown)', 'SELECT v, x FROM few f WHERE NOT EXISTS (SELECT FROM shown s WHERE s.v = f.v)',
  'SELECT v, x FROM few WHERE x NOT IN (SELECT x FROM few WHERE v IS NULL)', 'SELECT a.id, b.x FROM shown a FULL JOIN few b ON a.v = b.v AND b.x > 3',
  'SELECT f.id, s.v FROM factors f JOIN few s ON s.v = f.a * f.b', 'SELECT f.id, s.v FROM factors f JOIN few s ON s.v = f.a * f.a', 'SELECT f.id, s.v FROM factors f JOIN few s ON s.v = f.c', 'SELECT f.id, s.v FROM factors f JOIN few s ON s.v = f.d', 'SELECT f.id, s.v FROM factors f JOIN few s ON s.v = f.c * 1.0',
  'SELECT v, count(*) FROM (SELECT v FROM shown UNION ALL SELECT a * a FROM factors UNION ALL SELECT c FROM factors UNION ALL SELECT d * 0.1 FROM factors) u GROUP BY v',
  'SELECT v FROM shown UNION SELECT c FROM factors', 'SELECT trim_scale(v) FROM shown INTERSECT SELECT trim_scale(c) FROM factors', 'SELECT v FROM (SELECT trim_scale(v) AS v FROM shown) s EXCEPT SELECT c FROM factors', 'SELECT c FROM factors EXCEPT ALL SELECT v FROM shown',
  'SELECT id, count(*) OVER (PARTITION BY v), rank() OVER (ORDER BY v) FROM shown', 'SELECT DISTINCT ON (v) trim_scale(v) FROM shown ORDER BY v', 'SELECT v, id, count(*) FROM shown GROUP BY GROUPING SETS ((v), (v, id))', 'SELECT a.id, b.x FROM shown a JOIN few b ON a.v IS NOT DISTINCT FROM b.v AND a.id % 100 = b.x',
  'SELECT id, v IN (1.00, 0.00, 1e39, 99999999999999999999999999999999999999.0, ''NaN''), v IN (12.250, 1, -1, NULL) FROM shown GROUP BY 1, 2, 3', 'SELECT id, nullif(v, 1), v IS DISTINCT FROM 1e39, greatest(v, 1.0), least(v, 1.00) FROM shown GROUP BY 1, 2, 3, 4, 5',
  'SELECT v::text, count(*) FROM shown GROUP BY v HAVING count(*) > 20 ORDER BY v', 'SELECT x, v, sum(v), avg(v) FROM (SELECT id % 3 AS x, v FROM shown WHERE abs(v) < 1e50) s GROUP BY x, v']) q;

-- in files, and by several processes
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT i, v, count(*) FROM (SELECT id % 200 AS i, v FROM shown) s GROUP BY i, v', 'SELECT a.id, b.id FROM shown a JOIN shown b ON a.v = b.v AND a.id % 50 = b.id % 50', 'SELECT i, count(DISTINCT v) FROM (SELECT id % 200 AS i, v FROM shown) s GROUP BY i']) q;
RESET work_mem;
RESET hash_mem_multiplier;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT trim_scale(v), count(*) FROM shown GROUP BY v', 'SELECT a.id, b.x FROM shown a JOIN few b USING (v)', 'SELECT count(DISTINCT v) FROM shown']) q;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
RESET enable_mergejoin;
RESET enable_nestloop;

-- Sums that come near the end of 128 bits and go on with short values; sums whose scale grows beyond it.
CREATE TABLE near (g int, x numeric(38,0), y numeric) USING redshift;
INSERT INTO near SELECT 1 + i % 2, CASE WHEN i < 5 THEN (ARRAY[9e37, 80141183460469231731687303715880000000])[1 + i / 3] * (i % 2 * 2 - 1) ELSE 1 END, CASE WHEN i < 5 THEN 1e20 ELSE 1 END * 1e17 FROM generate_series(1, 20000) i;
INSERT INTO near SELECT 1 + i % 2, 5000000 * (i % 2 * 2 - 1), i + 0.25 FROM generate_series(1, 40000) i;
INSERT INTO near SELECT 1 + i % 2, i, i / 1e10 FROM generate_series(1, 20000) i;
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT sum(x), avg(x) FROM near WHERE g = 2', 'SELECT g, sum(x), avg(x), sum(y), avg(y) FROM near GROUP BY g', 'SELECT sum(x), sum(y), avg(y) FROM near', 'SELECT g, sum(x) OVER (PARTITION BY g ORDER BY x), sum(y) OVER (PARTITION BY g ORDER BY x, y) FROM near WHERE abs(x) > 5000000',
  'SELECT sum(s), sum(y) FROM (SELECT g, sum(x) AS s, sum(y) AS y FROM near GROUP BY g, x) z']) q;
SELECT sum(x) FROM near WHERE g = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT sum(x), avg(x) FROM near WHERE g = 2', 'SELECT g, sum(x), avg(x), sum(y), avg(y) FROM near GROUP BY g', 'SELECT x % 10, g, sum(x), avg(x), sum(y), avg(y) FROM near GROUP BY 1, 2']) q;

RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- min and max: of equal values PostgreSQL's functions for char keep the first, those for other types the last
CREATE TABLE padded (id int, g int, c bpchar, cc bpchar COLLATE "C", n numeric, f float8, r real, iv interval, a numeric[]) USING redshift;
INSERT INTO padded SELECT i, i % 3, (ARRAY['b', 'b ', 'b  ', 'c   ', 'c', 'a  ', 'a '])[1 + i % 7], (ARRAY['b', 'b ', 'b  ', 'c   ', 'c', 'a  ', 'a '])[1 + i % 7], (ARRAY[1, 1.0, 1.00, 2.0, 2])[1 + i % 5],
  (ARRAY['0', '-0', '0', '-0']::float8[])[1 + i % 4], (ARRAY['-0', '0']::real[])[1 + i % 2], (ARRAY['1 mon', '30 days', '720 hours']::interval[])[1 + i % 3], ARRAY[(ARRAY[1, 1.0, 1.00])[1 + i % 3]] FROM generate_series(1, 5000) i;
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT min(c) || ''|'', max(c) || ''|'', min(cc) || ''|'', max(cc) || ''|'', length(min(c)::bytea::text) FROM padded',
  'SELECT g, format(''%s|%s|%s|%s|'', min(c), max(c), min(cc), max(cc)), min(n), max(n), min(f), max(f), min(r), max(r), min(iv), max(iv), min(a), max(a) FROM padded GROUP BY g',
  'SELECT id, format(''%s|%s|'', min(c) OVER (ORDER BY id), max(cc) OVER (ORDER BY id)), min(n) OVER (ORDER BY id), max(f) OVER (ORDER BY id) FROM padded WHERE id < 200', 'SELECT format(''%s|'', c), count(*) FROM padded GROUP BY c', 'SELECT f, r, count(*) FROM padded GROUP BY f, r', 'SELECT DISTINCT cc || ''|'' FROM padded',
  'SELECT format(''%s|%s|%s|%s|'', min(c ORDER BY id DESC), max(c ORDER BY id DESC), min(cc ORDER BY id), max(cc ORDER BY id)), min(n ORDER BY id DESC), max(f ORDER BY -id) FROM padded']) q;
SELECT min(c) || '|', max(c) || '|', min(n), max(n), min(f), max(f), min(iv), max(iv) FROM padded;

-- several aggregates that sort, in the memory of one
SET work_mem = '256kB';
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT g, md5(string_agg(n::text, '','' ORDER BY id DESC)), array_length(array_agg(c ORDER BY c DESC, id), 1), percentile_disc(0.5) WITHIN GROUP (ORDER BY iv), count(DISTINCT a) FROM padded GROUP BY g']) q;
RESET work_mem;

DROP TABLE shown, factors, few, near, padded;
DROP FUNCTION compare_engines(text);
