-- Hash joins: keys of all kinds, build sides that the processes of a parallel plan share, and that go to temporary files.
SET client_min_messages = warning;
-- How many rows, and a checksum of them.
CREATE FUNCTION checksum(query text, OUT n bigint, OUT checksum numeric) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SELECT count(*), sum(hashtextextended(q::text, 0)::numeric) FROM (%s) q', query) INTO n, checksum;
END $$;
-- Are they those of PostgreSQL's executor, and did the engine join?
CREATE FUNCTION judge(query text, n bigint, checksum numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := ''; now record;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line; END LOOP;
  now := checksum(query);
  RETURN CASE WHEN plan !~ '=> Hash' THEN 'not ours, ' ELSE '' END ||
    CASE WHEN now.n = n AND now.checksum IS NOT DISTINCT FROM checksum THEN 'same' ELSE 'DIFFERENT: ' || now.n || ' rows' END;
END $$;

CREATE TABLE a (id int, i2 smallint, i8 bigint, d date, ts timestamp, f8 float8, f4 real, n numeric(12,2), m numeric, t text COLLATE "C", v varchar(20), c char(8), u uuid, y bytea, b bool) USING redshift;
INSERT INTO a SELECT i, CASE WHEN i % 11 > 0 THEN i % 700 END, i % 5000 * 1000000007::bigint, date '2020-01-01' + i % 900, timestamp '2020-01-01' + i % 3000 * interval '1 hour',
  CASE i % 500 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' ELSE i % 500 / 3.0 END, i % 300 / 4.0, i % 2000 / 8.0, CASE i % 6 WHEN 0 THEN 'NaN' WHEN 1 THEN i % 900 * 1.50 WHEN 2 THEN NULL ELSE i % 900 * 0.5 END,
  'value ' || i % 4000, 'v' || i % 900, 'c' || i % 77, md5((i % 3000)::text)::uuid, decode(md5((i % 1500)::text), 'hex'), i % 2 = 0 FROM generate_series(1, 12000) i;
CREATE TABLE z (LIKE a) USING redshift;
INSERT INTO z SELECT id * 3, i2, i8, d, ts, f8, f4, n + 0, m, t, v, c, u, y, b FROM a WHERE id % 4 = 0;
INSERT INTO z (id) VALUES (7), (NULL), (NULL);
CREATE TABLE skew (k int, payload text) USING redshift;
INSERT INTO skew SELECT CASE WHEN i % 3 = 0 THEN 42 ELSE i END, repeat('x', 40) || i FROM generate_series(1, 9000) i;
CREATE TABLE none (id int, t text) USING redshift;
ANALYZE a, z, skew, none;
CREATE TABLE queries (number serial, query text, n bigint, checksum numeric);
INSERT INTO queries (query) VALUES
  ('SELECT a.id, z.t FROM a JOIN z ON a.id = z.id'), ('SELECT a.id, z.id AS z FROM a JOIN z ON a.i2 = z.i8 / 1000000007'), ('SELECT a.id, z.id AS z FROM a JOIN z ON a.i8 = z.i8 AND a.id > z.id'),
  ('SELECT a.id, z.id AS z FROM a JOIN z USING (i2, d)'), ('SELECT a.id, z.id AS z FROM a JOIN z USING (i2, i8)'), ('SELECT a.id, z.id AS z FROM a JOIN z USING (i2, d, id)'),
  ('SELECT count(*), sum(a.id), sum(z.id) FROM a JOIN z USING (ts)'), ('SELECT count(*), sum(a.id), sum(z.id) FROM a JOIN z USING (f8) WHERE a.id % 3 = 0'), ('SELECT a.id, z.id AS z FROM a JOIN z USING (f4, d)'),
  ('SELECT count(*), sum(a.id), sum(z.id) FROM a JOIN z USING (n)'), ('SELECT count(*), sum(a.id), sum(z.id) FROM a JOIN z ON a.n = z.m'), ('SELECT count(*), sum(a.id), sum(z.id) FROM a JOIN z ON a.m = z.m AND a.id % 10 = 1'),
  ('SELECT a.id, z.id AS z, z.v FROM a JOIN z USING (t)'), ('SELECT a.id, z.y FROM a JOIN z USING (v, u)'), ('SELECT count(*), sum(a.id), max(z.c) FROM a JOIN z USING (c)'), ('SELECT a.id, z.m FROM a JOIN z USING (u, y)'),
  ('SELECT count(*), sum(a.id) FROM a JOIN z USING (b) WHERE a.id < 100'), ('SELECT a.id, z.id AS z FROM a JOIN z ON a.id + 1 = z.id - 1'),
  ('SELECT a.id, z.id AS z, z.t FROM a LEFT JOIN z ON a.id = z.id'), ('SELECT a.id, z.id AS z, z.n FROM a LEFT JOIN z ON a.i2 = z.i2 AND a.id = z.id AND z.b'), ('SELECT a.id, z.id AS z FROM z RIGHT JOIN a ON a.t = z.t AND a.d > z.d'),
  ('SELECT a.id, a.t, z.id AS z FROM a RIGHT JOIN z ON a.id = z.id'), ('SELECT a.id, z.id AS z, z.m FROM a FULL JOIN z ON a.id = z.id'), ('SELECT a.id, z.id AS z FROM a FULL JOIN z ON a.i2 = z.i2 AND a.id = z.id'),
  ('SELECT id, t FROM a WHERE id IN (SELECT id FROM z)'), ('SELECT id FROM a WHERE EXISTS (SELECT 1 FROM z WHERE z.i2 = a.i2 AND z.id > a.id)'), ('SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM z WHERE z.id = a.id)'),
  ('SELECT id, i2 FROM a WHERE NOT EXISTS (SELECT 1 FROM z WHERE z.i2 = a.i2 AND z.n > a.n + 200)'), ('SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM z WHERE z.i2 = a.i2)'),
  ('SELECT x.k, count(*), min(y.payload) FROM skew x JOIN skew y USING (k) WHERE x.payload < ''xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx2'' GROUP BY x.k'), ('SELECT count(*) FROM skew x JOIN a ON x.k = a.id'),
  ('SELECT a.id, n.t FROM a LEFT JOIN none n ON n.id = a.id'), ('SELECT a.id FROM a JOIN none n ON n.id = a.id'), ('SELECT n.t, z.id FROM none n FULL JOIN z ON n.id = z.id'),
  ('SELECT x.id, y.t, y.m FROM a x JOIN a y USING (id)'), ('SELECT x.id, y.t, y.u FROM a x LEFT JOIN a y ON x.id = y.id + 3000'), ('SELECT x.id FROM a x WHERE EXISTS (SELECT 1 FROM a y WHERE x.i8 = y.i8 AND x.t <> y.t AND x.m <> y.m)'),
  ('SELECT x.id, x.v FROM a x WHERE NOT EXISTS (SELECT 1 FROM a y WHERE x.id = y.id * 2 AND x.t <> y.t)'),
  -- the outer side is the smaller one
  ('SELECT id, t FROM z WHERE EXISTS (SELECT 1 FROM a WHERE a.id = z.id)'), ('SELECT id, t, m FROM z WHERE EXISTS (SELECT 1 FROM a WHERE a.i8 = z.i8 AND a.n < z.n)'), ('SELECT id, v FROM z WHERE NOT EXISTS (SELECT 1 FROM a WHERE a.id = z.id)'),
  ('SELECT id, i2, c FROM z WHERE NOT EXISTS (SELECT 1 FROM a WHERE a.i2 = z.i2 AND a.n > z.n + 200)'), ('SELECT id, u FROM z WHERE NOT EXISTS (SELECT 1 FROM a WHERE a.t = z.t AND a.id % 5 = 0) AND id > 50'),
  ('SELECT a.id, z.t, s.payload FROM a JOIN z ON a.id = z.id JOIN skew s ON s.k = z.i2'), ('SELECT a.i2, count(*), sum(z.n) FROM a JOIN z ON a.t = z.t LEFT JOIN skew s ON s.k = a.id GROUP BY a.i2');
SET enable_mergejoin = off;
SET enable_nestloop = off;


-- one process, in memory
SET max_parallel_workers_per_gather = 0;
SET redshift.enable_vector = off;
UPDATE queries SET (n, checksum) = (SELECT * FROM checksum(query));
RESET redshift.enable_vector;
SELECT number, n, judge(query, n, checksum), query FROM queries ORDER BY number;
-- to files: the same answers
SET work_mem = '64kB';
SELECT number, judge FROM queries, judge(query, n, checksum) WHERE judge <> 'same' ORDER BY number;
-- partitions again and again, and rows that no partition tells apart
CREATE FUNCTION spills(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan json; lines text[] := '{}'; op jsonb;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || query INTO plan;
  FOR op IN SELECT j FROM jsonb_path_query(plan::jsonb, 'strict $.** ? (exists (@."Partitions"))') q(j) WHERE j->>'Operator' LIKE '%Join' LOOP
    lines := lines || format('%s: %s', op->>'Operator', CASE WHEN (op->>'Partitions')::int > 0 AND (op->>'Spilled')::int > 0 THEN 'partitions' ELSE 'memory' END);
  END LOOP;
  RETURN array_to_string(lines, ', ');
END $$;
SELECT spills('SELECT count(z.t) FROM a JOIN z ON a.id = z.id');
SELECT spills('SELECT count(*) FROM skew x LEFT JOIN skew y ON x.k = y.k AND y.payload < x.payload');
SELECT spills('SELECT count(*) FROM a JOIN none n ON n.id = a.id');
SET temp_file_limit = '64kB';
SELECT count(*), sum(length(z.t)) FROM a JOIN z ON a.id = z.id;
RESET temp_file_limit;

-- build sides of several processes together
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET work_mem = '4MB';
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT count(*), sum(a.id), max(z.t) FROM a JOIN z ON a.id = z.id;
EXPLAIN (COSTS OFF) SELECT count(*) FROM z WHERE NOT EXISTS (SELECT 1 FROM a WHERE a.i2 = z.i2 AND a.n > z.n + 200);
SELECT number, judge FROM queries, judge(query, n, checksum) WHERE judge <> 'same' ORDER BY number;
SET max_parallel_workers_per_gather = 4;
SET parallel_leader_participation = off;
SELECT number, judge FROM queries, judge(query, n, checksum) WHERE judge <> 'same' ORDER BY number;
RESET parallel_leader_participation;
-- no worker starts
SET max_parallel_workers = 0;
SELECT number, judge FROM queries, judge(query, n, checksum) WHERE judge <> 'same' ORDER BY number;
RESET max_parallel_workers;
-- together, and to files
SET work_mem = '64kB';
SET max_parallel_workers_per_gather = 2;
SELECT number, judge FROM queries, judge(query, n, checksum) WHERE judge <> 'same' ORDER BY number;
SELECT spills('SELECT count(y.t), count(x.t), count(y.v), count(x.v) FROM a x JOIN a y USING (id)');
SET max_parallel_workers_per_gather = 4;
SET parallel_leader_participation = off;
SELECT number, judge FROM queries, judge(query, n, checksum) WHERE judge <> 'same' ORDER BY number;
RESET parallel_leader_participation;
SET max_parallel_workers = 0;
SELECT count(y.t), count(y.m), sum(y.id) FROM a x JOIN a y USING (id);
RESET max_parallel_workers;
-- scanned again, with workers and without
SET enable_nestloop = on;
SET enable_material = off;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT x.k, l.* FROM generate_series(1, 3) x(k) LEFT JOIN (SELECT count(y.t), sum(y.id) FROM a x JOIN a y USING (id)) l ON l.count > x.k ORDER BY 1;
SELECT x.k, l.* FROM generate_series(1, 3) x(k) LEFT JOIN (SELECT count(y.t), sum(y.id) FROM a x JOIN a y USING (id)) l ON l.count > x.k ORDER BY 1;
SELECT x.k, (SELECT count(*) FROM a JOIN z ON a.id = z.id WHERE a.i2 < x.k) FROM generate_series(1, 300, 100) x(k);
SET work_mem = '4MB';
SELECT x.k, l.* FROM generate_series(1, 3) x(k) LEFT JOIN (SELECT count(y.t), sum(y.id) FROM a x JOIN a y USING (id)) l ON l.count > x.k ORDER BY 1;
SELECT x.k, l.* FROM generate_series(1, 3) x(k), LATERAL (SELECT count(*), sum(z.n) FROM a JOIN z ON a.t = z.t AND a.i2 > x.k) l ORDER BY 1;
-- given up halfway
SELECT count(*) FROM (SELECT x.id FROM a x JOIN a y ON x.b = y.b AND y.f8 < x.f8 LIMIT 5000) q;
SET statement_timeout = '50ms';
SELECT count(*) FROM a x JOIN a y ON x.b = y.b AND y.f8 + x.f8 < 0 AND x.t || y.t = 'none';
RESET statement_timeout;
SELECT count(y.t), count(y.m), sum(y.id) FROM a x JOIN a y USING (id);
DROP TABLE a, z, skew, none, queries;
DROP FUNCTION checksum(text), judge(text, bigint, numeric), spills(text);
