-- ORDER BY ... LIMIT passes over groups and blocks that have no row before the last one wanted.
SET redshift.enable_vector = on;
CREATE TABLE ranked (id int, i2 smallint, n numeric(12,2), m numeric, f8 float8, d date, ts timestamp, t text COLLATE "C", icu text COLLATE "en-x-icu", c char(6) COLLATE "C", long text COLLATE "C", u uuid, y bytea, o oid, b bool, gaps int)
  USING redshift WITH (sortkey = 'id');
INSERT INTO ranked SELECT i, i / 200, ((i * 7919) % 100000) / 8.0, (ARRAY[1.0, 1.00, 2.5, 'NaN'::numeric, NULL])[1 + i % 5] + i / 15000, CASE WHEN i % 900 = 0 THEN 'NaN'::float8 WHEN i % 7 = 0 THEN '-0' ELSE i / 3 END, date '2020-01-01' + i / 100, timestamp '2020-01-01' + i * interval '1 hour',
  'w' || lpad(i::text, 6, '0'), 'w' || i, 'c' || i / 5000, repeat('x', 70) || lpad(i::text, 6, '0'), md5(i::text)::uuid, decode(md5(i::text), 'hex'), i, i > 25000, CASE WHEN i % 3 = 0 OR i > 22000 THEN i END FROM generate_series(1, 18000) i;
INSERT INTO ranked SELECT id + 18000, i2 + 90, n, m + 1, f8 + 6000, d + 180, ts + interval '750 days', 'x' || t, 'y' || icu, 'd' || substr(c, 2), long || 'x', md5(id || 'x')::uuid, y || '\x00', id + 18000, true, id + 18000 FROM ranked;
INSERT INTO ranked (id) SELECT -i FROM generate_series(1, 300) i;
DELETE FROM ranked WHERE id BETWEEN 35990 AND 36000 OR id IN (1, 2, -300);
ANALYZE ranked;
CREATE FUNCTION compare_orders(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE engine text; executor text; line text; blocks text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
    IF line ~ 'Row Groups' THEN blocks := trim(line); END IF;
  END LOOP;
  EXECUTE format('SELECT string_agg(q::text, '' '') FROM (%s) q', query) INTO engine;
  SET LOCAL redshift.enable_vector = off;
  EXECUTE format('SELECT string_agg(q::text, '' '') FROM (%s) q', query) INTO executor;
  SET LOCAL redshift.enable_vector = on;
  RETURN CASE WHEN engine IS NOT DISTINCT FROM executor THEN 'same' ELSE 'DIFFERENT: ' || left(engine, 200) || ' -- ' || left(executor, 200) END || coalesce(', ' || blocks, '');
END $$;
SET max_parallel_workers_per_gather = 0;
SELECT key, direction, string_agg(DISTINCT result, ' / ') FROM
  unnest(ARRAY['i2', 'n', 'm', 'f8', 'd', 'ts', 't', 'icu', 'c', 'long', 'u', 'y', 'o', 'b', 'gaps']) WITH ORDINALITY k(key, number), unnest(ARRAY['ASC', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST']) WITH ORDINALITY d(direction, place), unnest(ARRAY[10, 3000]) n,
  LATERAL (SELECT compare_orders(format('SELECT id, %1$s FROM ranked ORDER BY %1$s %2$s, id LIMIT %3$s', key, direction, n)) AS result OFFSET 0) r
  GROUP BY number, key, place, direction HAVING bool_or(result LIKE 'DIFFERENT%') OR key IN ('d', 'gaps', 't') ORDER BY number, place;
SELECT compare_orders(q), q FROM unnest(ARRAY['SELECT id FROM ranked ORDER BY id LIMIT 5', 'SELECT id FROM ranked ORDER BY id DESC LIMIT 5', 'SELECT id, t FROM ranked WHERE i2 > 100 ORDER BY id OFFSET 3 LIMIT 4', 'SELECT id FROM ranked ORDER BY id LIMIT 0', 'SELECT id FROM ranked WHERE n > 5 ORDER BY id DESC LIMIT 3',
  'SELECT id, i2 FROM ranked ORDER BY i2 DESC NULLS LAST, t DESC LIMIT 7', 'SELECT id, gaps FROM ranked WHERE id > 15000 ORDER BY gaps NULLS LAST, id LIMIT 20', 'SELECT id FROM ranked ORDER BY id + 0 LIMIT 3', 'SELECT x.id, (SELECT y.id FROM ranked y WHERE y.id > x.id * 1000 ORDER BY y.id LIMIT 1) FROM ranked x WHERE x.id BETWEEN 3 AND 6 ORDER BY 1']) q;
-- an error that PostgreSQL would raise is raised
SELECT id FROM ranked WHERE 10 / i2 >= 0 ORDER BY id DESC LIMIT 3;
SELECT id, 10 / i2 FROM ranked ORDER BY ts DESC NULLS LAST LIMIT 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT compare_orders(q) LIKE 'same%', q FROM unnest(ARRAY['SELECT id FROM ranked ORDER BY id LIMIT 5', 'SELECT id FROM ranked ORDER BY id DESC LIMIT 5', 'SELECT id, n FROM ranked ORDER BY n DESC NULLS LAST, id LIMIT 50']) q;
SET max_parallel_workers_per_gather = 0;
-- rows that do not count are computed nevertheless: an error among them is raised
SELECT id, 1 / (id - 30000) AS quotient FROM ranked ORDER BY id LIMIT 2;
-- rows that nobody asks for are not, where no sort or aggregation stands between
SELECT sum(id), sum(quotient) FROM (SELECT id, 1 / (id + 200) AS quotient FROM ranked JOIN ranked r USING (id) WHERE id < 0 LIMIT 3) q;
SELECT id, row_number() OVER (ORDER BY id) AS number, 1 / (id + 200) AS quotient FROM ranked LIMIT 2;
SELECT id, row_number() OVER (ORDER BY id) AS number, 1 / (id + 200) AS quotient FROM ranked OFFSET 2 LIMIT 200;
EXPLAIN (COSTS OFF) SELECT id, row_number() OVER (ORDER BY id) AS number, 1 / (id + 200) AS quotient FROM ranked LIMIT 2;
RESET max_parallel_workers_per_gather;
DROP TABLE ranked;
DROP FUNCTION compare_orders(text);
