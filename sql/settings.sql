-- The settings that find faults: parts of the engine off, tiny batches, errors at a batch.
CREATE TABLE t (a int, b int) USING redshift;
INSERT INTO t SELECT i, i % 7 FROM generate_series(1, 5000) i;
ANALYZE t;
SET max_parallel_workers_per_gather = 0;
SET redshift.vector_rows = 2048;

SET redshift.disabled_operators = 'join, nonsense';
SET redshift.disabled_operators = 'join,,sort';
SET redshift.disabled_operators = 'aggregate';
EXPLAIN (COSTS OFF) SELECT b, count(*) FROM t GROUP BY b;
SELECT b, count(*), sum(a) FROM t GROUP BY b ORDER BY b;
SET redshift.disabled_operators = 'join, sort';
EXPLAIN (COSTS OFF) SELECT count(*) FROM t x JOIN t y USING (a);
SELECT count(*) FROM t x JOIN t y USING (a);
RESET redshift.disabled_operators;
EXPLAIN (COSTS OFF) SELECT b, count(*) FROM t GROUP BY b;

SET redshift.vector_rows = 0;
SET redshift.vector_rows = 2049;
SET redshift.vector_rows = 1;
SELECT b, count(*), sum(a) FROM t GROUP BY b ORDER BY b;
SELECT count(*), sum(y.b) FROM t x JOIN t y USING (a) WHERE x.b = 3;
SET redshift.vector_rows = 2048;

\set VERBOSITY terse
SET redshift.fail_at_batch = 2;
SELECT b, count(*), sum(a) FROM t GROUP BY b ORDER BY b;
SET redshift.fail_at_batch = 200;
SELECT b, count(*), sum(a) FROM t GROUP BY b ORDER BY b;
RESET redshift.fail_at_batch;
DROP TABLE t;
