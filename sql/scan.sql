SET redshift.enable_vector = off;  -- the scan node alone
-- The scan node: columns, skipping, parameters, parallel workers.
CREATE TABLE s (id int, d date, ts timestamp, tz timestamptz, t text COLLATE "C", u text, n numeric(12,2), f float8, b bool, i8 bigint)
  USING redshift WITH (sortkey = 'id');
INSERT INTO s SELECT g, date '2020-01-01' + g / 100, timestamp '2020-01-01' + g * interval '1 minute', timestamptz '2020-01-01 00:00Z' + g * interval '1 minute',
  'key' || lpad(g::text, 7, '0'), 'u' || lpad(g::text, 7, '0'), g / 4.0, g / 8.0, g > 100000, CASE WHEN g > 65536 THEN g END FROM generate_series(1, 200000) g;
CREATE FUNCTION blocks_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE j json; p json;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF, SUMMARY OFF) ' || query INTO j;
  p := j -> 0 -> 'Plan';
  WHILE p IS NOT NULL AND p ->> 'Custom Plan Provider' IS NULL LOOP p := p -> 'Plans' -> 0; END LOOP;
  RETURN format('groups %s/%s, blocks skipped %s, columns %s, rows %s', p ->> 'Row Groups Read', p ->> 'Row Groups Skipped', p ->> 'Blocks Skipped', p ->> 'Columns', p ->> 'Actual Rows');
END $$;
EXPLAIN (COSTS OFF) SELECT n FROM s WHERE id < 10 AND u LIKE 'u%' ORDER BY n;
SELECT q, blocks_of(q) FROM unnest(ARRAY[
  'SELECT n FROM s WHERE id = 5', 'SELECT n FROM s WHERE 5 >= id', 'SELECT n FROM s WHERE id BETWEEN 100000 AND 100010', 'SELECT n FROM s WHERE id IN (1, 199999)',
  'SELECT n FROM s WHERE id > 199990::bigint', 'SELECT n FROM s WHERE d = ''2020-03-01''', 'SELECT n FROM s WHERE d < timestamp ''2020-01-02''',
  'SELECT n FROM s WHERE ts < date ''2020-01-02''', 'SELECT n FROM s WHERE tz < timestamptz ''2020-01-01 05:00Z''', 'SELECT n FROM s WHERE t LIKE ''key00001%''', 'SELECT n FROM s WHERE u LIKE ''u00001%''',
  'SELECT n FROM s WHERE t < ''key0000005''', 'SELECT n FROM s WHERE u = ''u0000005''', 'SELECT n FROM s WHERE n < 2', 'SELECT n FROM s WHERE f = 1.5',
  'SELECT n FROM s WHERE b', 'SELECT n FROM s WHERE NOT b', 'SELECT n FROM s WHERE b IS FALSE', 'SELECT n FROM s WHERE i8 IS NULL', 'SELECT n FROM s WHERE i8 IS NOT NULL', 'SELECT n FROM s WHERE id = NULL',
  'SELECT n FROM s WHERE id < (SELECT 5)', 'SELECT n FROM s WHERE id = ANY (ARRAY(SELECT 7))', 'SELECT n FROM s WHERE id < random()', 'SELECT 1 FROM s WHERE id = 5', 'SELECT s FROM s WHERE id = 5', 'SELECT n FROM s WHERE id = -1']) q;
-- parameters
PREPARE q(int) AS SELECT count(*), min(u) FROM s WHERE id BETWEEN $1 AND $1 + 3;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE q(500);
EXECUTE q(199998);
EXECUTE q(NULL);
RESET plan_cache_mode;
SELECT v, (SELECT count(*) FROM s WHERE id < v) FROM (VALUES (1), (10), (100000)) x(v);
SELECT v, c FROM (VALUES (1), (10), (100000)) x(v), LATERAL (SELECT count(*) FROM s WHERE id = v) y(c);
-- count(*)
EXPLAIN (COSTS OFF) SELECT count(*) FROM s;
SELECT count(*) FROM s;
SELECT count(*) + 1 FROM s HAVING count(*) > 5;
-- rows of the whole table, system columns, row locks
SELECT s FROM s WHERE id = 3;
SELECT ctid, tableoid::regclass, id FROM s WHERE id = 3;
EXPLAIN (COSTS OFF) SELECT xmin, id FROM s WHERE id = 3;
-- backward
BEGIN;
DECLARE sc SCROLL CURSOR FOR SELECT id FROM s WHERE id % 20000 = 0;
MOVE ALL sc;
FETCH BACKWARD 4 sc;
FETCH FORWARD 2 sc;
FETCH FORWARD 5 sc;
FETCH PRIOR sc;
FETCH FIRST sc;
FETCH PRIOR sc;
FETCH NEXT sc;
FETCH BACKWARD ALL sc;
FETCH FORWARD ALL sc;
FETCH LAST sc;
UPDATE s SET n = n WHERE CURRENT OF sc;
ROLLBACK;
-- parallel
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT sum(id) FROM s WHERE n > 5;
SELECT sum(id), count(*) FROM s WHERE n > 5;
SET parallel_leader_participation = off;
SELECT sum(id), count(*) FROM s WHERE n > 5;
BEGIN;
INSERT INTO s (id, n) VALUES (-1, 6), (-2, 6);
DELETE FROM s WHERE id = 100;
SELECT sum(id), count(*) FROM s WHERE n > 5;
ROLLBACK;
RESET parallel_leader_participation;
CREATE INDEX s_id ON s (id);
SELECT count(*) FROM s WHERE id = 77;
SET redshift.enable_scan = off;
EXPLAIN (COSTS OFF) SELECT sum(id) FROM s WHERE n > 5;
SELECT sum(id), count(*) FROM s WHERE n > 5;
DROP TABLE s;
DROP FUNCTION blocks_of(text);
