-- Where whoever asks stops early, no error of a row behind the last one asked for shows.
-- Row 5000 is the one that fails.
CREATE TABLE t (i int, d int, f float8, n numeric(10, 2), s text) USING redshift;
INSERT INTO t SELECT i, bad - 1, bad - 1, bad - 1, CASE WHEN bad = 1 THEN 'no number' ELSE bad::text END
  FROM generate_series(1, 20000) i, LATERAL (SELECT CASE WHEN i = 5000 THEN 1 ELSE 2 + i % 7 END AS bad) b;
CREATE TABLE u (i int) USING redshift;
INSERT INTO u SELECT generate_series(1, 10);
CREATE TABLE h AS SELECT * FROM t;
ANALYZE;
SET max_parallel_workers_per_gather = 0;
SET enable_mergejoin = off;
SET enable_nestloop = off;

CREATE PROCEDURE try(query text) LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  EXECUTE format('SELECT string_agg(q::text, '' '') FROM (%s) q', query) INTO answer;
  RAISE NOTICE '%', answer;
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE '%', SQLERRM;
END $$;

EXPLAIN (COSTS OFF) SELECT EXISTS (SELECT FROM t WHERE 10 / d >= 1);
EXPLAIN (COSTS OFF) SELECT i FROM t WHERE i > 4990 AND 10 / d >= 1 LIMIT 9;

-- LIMIT: up to the row that fails, and one more
CALL try('SELECT i FROM t WHERE i > 4990 AND 10 / d >= 1 LIMIT 9');
CALL try('SELECT i FROM t WHERE i > 4990 AND 10 / d >= 1 LIMIT 10');
CALL try('SELECT i FROM t WHERE i > 4990 AND 1e3 / f >= 1 LIMIT 9');
CALL try('SELECT i FROM t WHERE i > 4990 AND 1e3 / f >= 1 LIMIT 10');
CALL try('SELECT i FROM t WHERE i > 4990 AND 1.0 / n > 0 LIMIT 9');
CALL try('SELECT i FROM t WHERE i > 4990 AND 1.0 / n > 0 LIMIT 10');
CALL try('SELECT i FROM t WHERE i > 4990 AND s::int > 0 LIMIT 9');
CALL try('SELECT i FROM t WHERE i > 4990 AND s::int > 0 LIMIT 10');
CALL try('SELECT i FROM t WHERE i > 4990 AND (d + 2147483640) <> 0 AND CASE WHEN d > 0 THEN d < 9 ELSE (d + 2147483647) / d > 0 END LIMIT 9');
CALL try('SELECT i, 100 / d FROM (SELECT i, d FROM t WHERE i > 4997 OFFSET 0) q LIMIT 2');
CALL try('SELECT i, 100 / d FROM (SELECT i, d FROM t WHERE i > 4997 OFFSET 0) q LIMIT 3');
CALL try('SELECT i FROM (SELECT i, 100 / d AS x FROM t WHERE i > 4997 UNION ALL SELECT i, 1 FROM u) q WHERE x <> 0 LIMIT 2');
CALL try('SELECT i FROM (SELECT i, 100 / d AS x FROM t WHERE i > 4997 UNION ALL SELECT i, 1 FROM u) q WHERE x <> 0 LIMIT 3');

-- Joins: keys, conditions, columns, rows without a match
CALL try('SELECT t.i FROM t JOIN u ON t.i = u.i + 4994 AND 10 / d >= u.i - 10 LIMIT 5');
CALL try('SELECT t.i FROM t JOIN u ON t.i = u.i + 4994 AND 10 / d >= u.i - 10 LIMIT 6');
CALL try('SELECT t.i FROM t JOIN u ON 100 / t.d = u.i * 50 AND t.i > 4997 LIMIT 1');
CALL try('SELECT t.i FROM t JOIN u ON 100 / t.d = u.i * 50 AND t.i > 4999 LIMIT 1');
CALL try('SELECT t.i FROM t LEFT JOIN u ON t.i = u.i AND 10 / t.d > u.i WHERE t.i > 4998 LIMIT 3');
CALL try('SELECT t.i, 10 / t.d FROM t LEFT JOIN u ON t.i = u.i WHERE t.i > 4998 LIMIT 1');
CALL try('SELECT t.i, 10 / t.d FROM t LEFT JOIN u ON t.i = u.i WHERE t.i > 4998 LIMIT 2');
CALL try('SELECT t.i FROM t WHERE t.i > 4990 AND EXISTS (SELECT FROM u WHERE t.i = u.i + 4990 AND 10 / t.d > u.i - 20) LIMIT 9');
CALL try('SELECT t.i FROM t WHERE t.i > 4990 AND EXISTS (SELECT FROM u WHERE t.i = u.i + 4990 AND 10 / t.d > u.i - 20) LIMIT 10');
CALL try('SELECT t.i FROM t WHERE t.i > 4990 AND NOT EXISTS (SELECT FROM u WHERE t.i = u.i + 4990 AND 10 / t.d < u.i - 20) LIMIT 9');

-- Groups
CALL try('SELECT count(*) FROM (SELECT i FROM t WHERE i BETWEEN 4990 AND 5010 GROUP BY i, d HAVING 10 / d >= 1 LIMIT 1) q');

-- EXISTS and IN, once and for each row
CALL try('SELECT EXISTS (SELECT FROM t WHERE 10 / d >= 1)');
CALL try('SELECT EXISTS (SELECT FROM t WHERE i > 4999 AND 10 / d >= 1)');
CALL try('SELECT i FROM u WHERE EXISTS (SELECT FROM t WHERE t.i > 4985 + u.i AND 10 / d >= 1 OFFSET 0)');
CALL try('SELECT i FROM u WHERE i > 8 AND (SELECT 10 / d FROM t WHERE t.i > 4985 + u.i LIMIT 1) > 0');

-- A heap table below a join of ours
CALL try('SELECT h.i FROM h JOIN u ON h.i = u.i + 4994 WHERE 10 / h.d > 0 LIMIT 1');

-- Cursors and loops that stop
BEGIN;
DECLARE c CURSOR FOR SELECT i, 10 / d AS x FROM t WHERE i > 4990 AND 10 / d >= 1;
FETCH 8 FROM c;
MOVE 1 IN c;
FETCH 1 FROM c;
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT t.i, 10 / t.d AS x FROM t JOIN u ON t.i = u.i + 4994;
FETCH 5 FROM c;
FETCH ALL FROM c;
ROLLBACK;
DO $$
DECLARE
  n int;
BEGIN
  SELECT i INTO n FROM t WHERE i > 4998 AND 10 / d > 0;
  RAISE NOTICE '%', n;
END $$;

-- What is read to the end fails
CALL try('SELECT count(*) FROM t WHERE 10 / d >= 1');
CALL try('SELECT i FROM t WHERE 10 / d >= 1 ORDER BY i LIMIT 1');
DROP TABLE t, u, h;
DROP PROCEDURE try(text);
