-- count, min and max from zone maps are what reading the rows gives.
CREATE TABLE zoned (id int, i2 smallint, i8 bigint, n numeric(12,2), m numeric, f4 real, f8 float8, d date, ts timestamp, tz timestamptz, tm time, t text COLLATE "C", v varchar(10) COLLATE "C",
  long text COLLATE "C", icu text COLLATE "en-x-icu", c char(6) COLLATE "C", u uuid, b bool, nothing int) USING redshift WITH (sortkey = 'id');
INSERT INTO zoned SELECT i, i % 100 - 50, i * 1000000007::bigint, (i % 1000) / 8.0, (ARRAY[1.0, 1.00, 2.5, 1, NULL])[1 + i % 5], CASE WHEN i % 900 = 0 THEN 'NaN'::real ELSE i % 77 END, (ARRAY['0', '-0', '5', '-0', '0']::float8[])[1 + i % 5],
  date '2020-01-01' + i % 400, timestamp '2020-01-01' + i * interval '1 hour', timestamptz '2020-01-01 00:00+00' - i * interval '1 hour', time '00:00' + i * interval '1 second', CASE WHEN i % 11 > 0 THEN 'word' || i END, 'v' || i % 50,
  repeat('x', 70) || i, 'w' || i % 50, 'c' || i % 4, md5(i::text)::uuid, i % 3 = 0, NULL FROM generate_series(1, 150000) i;
CREATE FUNCTION compare_scans(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE engine text; executor text; line text; answered text := '0';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
    IF line ~ 'Answered' THEN answered := substring(line, '\d+'); END IF;
  END LOOP;
  EXECUTE format('SELECT q::text FROM (%s) q', query) INTO engine;
  SET LOCAL redshift.enable_vector = off;
  EXECUTE format('SELECT q::text FROM (%s) q', query) INTO executor;
  SET LOCAL redshift.enable_vector = on;
  RETURN answered || ' answered, ' || CASE WHEN engine IS NOT DISTINCT FROM executor THEN left(engine, 80) ELSE 'DIFFERENT: ' || coalesce(engine, 'NULL') || ' -- ' || coalesce(executor, 'NULL') END;
END $$;
SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT count(*), min(id), max(n) FROM zoned;
CREATE VIEW queries AS SELECT q, compare_scans(q) FROM unnest(ARRAY[
  'SELECT count(*), min(id), max(id), count(nothing), max(nothing) FROM zoned', 'SELECT min(i2), max(i2), min(i8), max(i8), min(n), max(n) FROM zoned', 'SELECT min(d), max(d), min(ts), max(ts), min(tm), max(tm) FROM zoned', 'SELECT min(tz) = timestamptz ''2002-11-20 00:00+00'', max(tz) FROM zoned WHERE id > 0',
  'SELECT min(t), max(t), count(t), min(v), max(v) FROM zoned', 'SELECT min(f4), max(f4) FROM zoned', 'SELECT max(f8) FROM zoned', 'SELECT min(f8) FROM zoned', 'SELECT min(m), max(m) FROM zoned', 'SELECT min(long), max(long) FROM zoned', 'SELECT min(icu), max(c), count(u), count(b) FROM zoned', 'SELECT count(DISTINCT i2), max(id) FROM zoned',
  'SELECT count(*) FILTER (WHERE id > 5), max(id) FROM zoned', 'SELECT max(id + 1) FROM zoned', 'SELECT max(id) AS m FROM zoned HAVING count(*) > 5',
  'SELECT count(*) FROM zoned WHERE id > 20000', 'SELECT count(*), max(n), min(t) FROM zoned WHERE id BETWEEN 20000 AND 140000', 'SELECT count(*), max(id) FROM zoned WHERE id > 20000 AND i2 <> 7', 'SELECT count(*), max(id) FROM zoned WHERE nothing IS NULL AND id IS NOT NULL', 'SELECT count(*) FROM zoned WHERE t IS NOT NULL',
  'SELECT count(*), max(id) FROM zoned WHERE id >= 8193 AND id <= 100000.5', 'SELECT count(*) FROM zoned WHERE ts < date ''2030-01-01'' AND id > -1', 'SELECT count(*) FROM zoned WHERE nothing = 1', 'SELECT count(*), max(id) FROM zoned WHERE long >= ''xxx''', 'SELECT count(*), max(id) FROM zoned WHERE v < ''w'' AND c < ''d''', 'SELECT max(id) FROM zoned WHERE id < NULL']) q;
SELECT * FROM queries;
-- deleted rows, of one block, at the ends, and updated ones
DELETE FROM zoned WHERE id IN (1, 2, 150000) OR id BETWEEN 70000 AND 70003;
UPDATE zoned SET n = 99999.99, id = 0 WHERE id = 90000;
SELECT * FROM queries;
-- rows of this transaction, before and after a cursor's snapshot
BEGIN;
INSERT INTO zoned (id, i8) VALUES (1000000, -1), (1000001, NULL);
DECLARE old CURSOR FOR SELECT count(*), max(id) FROM zoned;
SAVEPOINT s;
INSERT INTO zoned (id) SELECT 2000000 + i FROM generate_series(1, 20000) i;
DELETE FROM zoned WHERE id = 1000001;
SELECT compare_scans('SELECT count(*), max(id), count(i8), min(i8) FROM zoned');
FETCH old;
ROLLBACK TO s;
SELECT compare_scans('SELECT count(*), max(id), count(i8), min(i8) FROM zoned');
ROLLBACK;
-- a column that came later
ALTER TABLE zoned ADD later int DEFAULT 7, ADD empty text COLLATE "C";
SELECT compare_scans('SELECT count(*), count(later), min(later), count(empty), max(empty) FROM zoned');
INSERT INTO zoned (id, later) VALUES (-5, 9);
SELECT compare_scans('SELECT count(later), max(later) FROM zoned WHERE later IS NOT NULL');
VACUUM zoned;
SELECT compare_scans('SELECT count(*), min(id), max(n), min(t) FROM zoned');
-- workers
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT compare_scans('SELECT count(*), max(n), min(t) FROM zoned WHERE id > 20000');
TRUNCATE zoned;
SELECT compare_scans('SELECT count(*), max(n), min(t) FROM zoned');
DROP VIEW queries;
DROP TABLE zoned;
DROP FUNCTION compare_scans(text);
