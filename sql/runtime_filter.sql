-- A join's build side drops rows of the scan below its probe side, and no answer changes.
\set SHOW_CONTEXT never
CREATE TABLE fact (id int, i2 smallint, i4 int, i8 bigint, o oid, n numeric, f4 real, f8 float8, d date, ts timestamp, tz timestamptz,
  tm time, b bool, t text, vc varchar(20), ch char(8), tc text COLLATE "C", u uuid, y bytea, sparse bigint) USING redshift WITH (sortkey = 'id');
INSERT INTO fact SELECT i, i % 1000, i % 5000, i % 7000, i % 3000, (i % 4000) / 4.0, CASE i % 500 WHEN 0 THEN 'NaN'::real WHEN 1 THEN '-0' ELSE i % 500 END, CASE i % 900 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN '0' ELSE (i % 900) / 8.0 END,
  date '2020-01-01' + i / 100, timestamp '2020-01-01' + i * interval '1 hour', timestamptz '2020-01-01 00:00+00' + i * interval '1 hour', time '00:00' + i * interval '1 second',
  i % 2 = 0, 'k' || i % 6000, 'k' || i % 600, 'k' || i % 800, 'k' || i % 900, md5((i % 2000)::text)::uuid, decode(md5((i % 1500)::text), 'hex'), (i % 3000) * 1000000007::bigint
  FROM generate_series(1, 40000) i;
INSERT INTO fact (id) SELECT -i FROM generate_series(1, 9000) i;
UPDATE fact SET i4 = 4242 WHERE id % 1111 = 0;
DELETE FROM fact WHERE id % 13 = 0;
CREATE TABLE dim (LIKE fact) USING redshift;
INSERT INTO dim SELECT * FROM fact WHERE id IN (17, 501, 502, 4243, 4245, 9001, 39999);
INSERT INTO dim (id, i4, n, t, ch) VALUES (0, NULL, 2.500, 'k 5 ', 'k5');
INSERT INTO dim (id) SELECT -i FROM generate_series(1, 3) i;
CREATE TABLE nulls (LIKE fact) USING redshift;
INSERT INTO nulls (id) SELECT i FROM generate_series(1, 3) i;
CREATE TABLE nothing (LIKE fact) USING redshift;
ANALYZE fact, dim, nulls, nothing;

-- what EXPLAIN ANALYZE says of the scans
CREATE FUNCTION removed(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
    IF line ~ '=> |Runtime Filter|Blocks' THEN RETURN NEXT regexp_replace(line, ' batches=\d+', ''); END IF;
  END LOOP;
END $$;
SET max_parallel_workers_per_gather = 0;
SELECT * FROM removed('SELECT count(*) FROM fact JOIN dim USING (i4)');
-- blocks without any of the keys are not read
SELECT * FROM removed('SELECT count(*), sum(f.n) FROM fact f JOIN dim USING (id)');
SELECT * FROM removed('SELECT count(*), sum(f.n) FROM fact f JOIN dim d ON f.d = d.d');
-- through joins, and an aggregation by the key
SELECT * FROM removed('SELECT count(*) FROM (SELECT f.i4, f.id FROM fact f LEFT JOIN nulls x ON x.i4 = f.id OFFSET 0) f JOIN dim USING (i4)');
SELECT * FROM removed('SELECT count(*) FROM (SELECT i4, sum(n) AS n FROM fact GROUP BY i4) f JOIN dim USING (i4)');
-- not where rows without a match are kept
SELECT * FROM removed('SELECT count(d.id) FROM fact f LEFT JOIN dim d USING (i4)');

\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all
-- every type of key; joins that drop rows of the probe side, and others
SELECT key, kind, string_agg(DISTINCT compare_engines(format(kind, key, small)), ' / ') FROM
  unnest(ARRAY['i2', 'i4', 'i8', 'o', 'n', 'f4', 'f8', 'd', 'ts', 'tz', 'tm', 'b', 't', 'vc', 'ch', 'tc', 'u', 'y', 'sparse']) WITH ORDINALITY k(key, number),
  unnest(ARRAY['dim', 'nulls', 'nothing']) small,
  unnest(ARRAY['SELECT f.id, d.id FROM fact f JOIN %2$s d ON f.%1$s = d.%1$s WHERE d.id <> 3 AND f.id < 30000', 'SELECT id FROM fact f WHERE EXISTS (SELECT 1 FROM %2$s d WHERE f.%1$s = d.%1$s)',
    'SELECT f.id, d.id FROM (SELECT * FROM fact WHERE id > 35000) f RIGHT JOIN %2$s d ON f.%1$s = d.%1$s', 'SELECT f.id, d.id FROM (SELECT * FROM fact WHERE id > 39000) f LEFT JOIN %2$s d ON f.%1$s = d.%1$s',
    'SELECT count(*) FROM fact f WHERE NOT EXISTS (SELECT 1 FROM %2$s d WHERE f.%1$s = d.%1$s)']) WITH ORDINALITY q(kind, place)
  GROUP BY number, key, place, kind HAVING bool_or(compare_engines(format(kind, key, small)) LIKE '%DIFFERENT%') OR key = 'i4' ORDER BY number, place;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT f.id, d.id FROM fact f JOIN dim d ON f.i2 = d.i8', 'SELECT f.id, d.id FROM fact f JOIN dim d ON f.i8 = d.i2', 'SELECT f.id, d.id FROM fact f JOIN dim d ON f.vc = d.t', 'SELECT f.id, d.id FROM fact f JOIN dim d ON f.f4 = d.f8',
  'SELECT f.id, d.id FROM fact f JOIN dim d ON f.i4 = d.i4 AND f.t = d.t', 'SELECT f.id FROM fact f JOIN dim d ON f.i4 = d.i4 JOIN dim e ON f.sparse = e.sparse',
  'SELECT f.id, x.id, d.id FROM fact f FULL JOIN nulls x ON f.i4 = x.i4 JOIN dim d ON d.i8 = f.i8', 'SELECT f.id, x.id, d.id FROM nulls x LEFT JOIN fact f ON f.id = x.id JOIN dim d ON d.id = x.id',
  'SELECT f.id, d.id FROM (SELECT x.id, f.i8 FROM dim x LEFT JOIN fact f ON f.id = x.id OFFSET 0) f JOIN dim d USING (i8)',
  'SELECT * FROM (SELECT i4, count(*), max(n) FROM fact GROUP BY i4 HAVING sum(n) > 10) f JOIN dim USING (i4)', 'SELECT count(*) FROM (SELECT n, count(*) FROM fact GROUP BY n) f JOIN dim USING (n)', 'SELECT count(*) FROM (SELECT f8, i2 FROM fact GROUP BY f8, i2) f JOIN dim USING (f8)',
  'SELECT d.id, (SELECT count(*) FROM fact f JOIN dim e USING (i4) WHERE e.id > d.id) FROM dim d',
-- an error that PostgreSQL would raise is raised
  'SELECT count(*) FROM fact f JOIN dim d USING (i4) WHERE 100 / f.i2 > 3', 'SELECT count(*) FROM (SELECT i4, 100 / i2 AS q FROM fact OFFSET 0) f JOIN dim d USING (i4) WHERE q IS NOT NULL',
  'SELECT count(*) FROM (SELECT i4, sum(100 / i2) AS q FROM fact GROUP BY i4) f JOIN dim d USING (i4) WHERE q IS NOT NULL', 'SELECT count(*) FROM fact f JOIN dim d USING (i4) WHERE f.i2 <> 0 AND 100 / f.i2 > 3']) q;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT count(*), sum(f.n) FROM fact f JOIN dim USING (id)', 'SELECT f.t, count(*) FROM fact f JOIN dim d ON f.i4 = d.i4 AND f.t = d.t GROUP BY f.t', 'SELECT count(*) FROM fact f WHERE EXISTS (SELECT 1 FROM dim d WHERE d.n = f.n)']) q;
-- a process whose part has keys beside NULLs only
CREATE TABLE half (id int, i4 int, i8 bigint) USING redshift;
INSERT INTO half VALUES (1, 17, 17), (2, 501, 501);
INSERT INTO half VALUES (3, -70000, NULL);
INSERT INTO half VALUES (4, NULL, 70000000);
INSERT INTO half VALUES (5, -70000000, NULL), (6, 5, NULL);
ANALYZE half;
SELECT compare_engines(q), q FROM unnest(array_fill('SELECT f.id, h.id FROM fact f JOIN half h ON f.i4 = h.i4 AND f.i8 = h.i8'::text, ARRAY[5])) q;
SELECT count(*), min(f.id), max(h.id) FROM fact f JOIN half h ON f.i4 = h.i4 AND f.i8 = h.i8;
DROP TABLE half;
SET max_parallel_workers_per_gather = 0;

-- conjuncts change places, but not over one that may fail
CREATE TABLE ordered (a int, z int, t text) USING redshift;
INSERT INTO ordered SELECT i, CASE WHEN i % 50 = 0 THEN 0 ELSE 1 END, 'x' || i % 10 FROM generate_series(1, 70000) i;
SELECT count(*) FROM ordered WHERE t LIKE '%1%' AND a % 2 = 1 AND t <> 'x3' AND a > 0 AND z >= 0 AND a < 60000;
SELECT count(*) FROM ordered WHERE t LIKE 'x%' AND a > 0 AND z <> 0 AND 1 / z > 0 AND a < 69999;
SELECT count(*) FROM ordered WHERE a > 0 AND 1 / z > 0 AND a + 0 < 60000 AND z + 0 <> 0;
SELECT count(*) FROM ordered WHERE a + 0 < 60000 AND z + 0 <> 0 AND 1 / z > 0 AND t = 'x7';

DROP TABLE fact, dim, nulls, nothing, ordered;
DROP FUNCTION compare_engines(text), removed(text);

-- An aggregation that a filter reaches is not planned as if none did: not with workers who make all
-- groups first, and not with little memory
CREATE TABLE many (k int, v numeric(10,2)) USING redshift;
INSERT INTO many SELECT g % 8000, g % 1009 FROM generate_series(1, 800000) g;
CREATE TABLE dim (k int, kind int);
INSERT INTO dim SELECT g, g % 1000 FROM generate_series(0, 99999) g;
ALTER TABLE dim SET (parallel_workers = 0);
ANALYZE many, dim;
SET work_mem = '1MB';
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0.002;
EXPLAIN (COSTS OFF) SELECT k, avg(v) AS a, sum(v + 1) AS b, sum(v - 1) AS c, max(v * 2) AS d, min(v + 3) AS e FROM many GROUP BY k;
EXPLAIN (COSTS OFF) SELECT count(*), sum(a), sum(b + c), max(m.d - e) FROM dim d, (SELECT k, avg(v) AS a, sum(v + 1) AS b, sum(v - 1) AS c, max(v * 2) AS d, min(v + 3) AS e FROM many GROUP BY k) m WHERE m.k = d.k AND d.kind = 7;
SELECT count(*), sum(a), sum(b + c), max(m.d - e) FROM dim d, (SELECT k, avg(v) AS a, sum(v + 1) AS b, sum(v - 1) AS c, max(v * 2) AS d, min(v + 3) AS e FROM many GROUP BY k) m WHERE m.k = d.k AND d.kind = 7;
SET redshift.enable_vector = off;
SELECT count(*), sum(a), sum(b + c), max(m.d - e) FROM dim d, (SELECT k, avg(v) AS a, sum(v + 1) AS b, sum(v - 1) AS c, max(v * 2) AS d, min(v + 3) AS e FROM many GROUP BY k) m WHERE m.k = d.k AND d.kind = 7;
RESET redshift.enable_vector;
RESET work_mem;
RESET max_parallel_workers_per_gather;
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
DROP TABLE many, dim;
