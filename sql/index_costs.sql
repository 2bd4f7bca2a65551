-- Index scans cost what fetching rows from blocks does.
SET max_parallel_workers_per_gather = 0;
CREATE TABLE big (id int PRIMARY KEY, far int, near int, v int, t text) USING redshift WITH (sortkey = 'near');
INSERT INTO big SELECT g, g::bigint * 7919 % 300007, g / 3, g % 1000, md5(g::text) FROM generate_series(1, 300000) g;
CREATE INDEX big_far ON big (far);
CREATE INDEX big_near ON big (near);
CREATE TABLE few (k int);
INSERT INTO few SELECT g * 1999 FROM generate_series(1, 20) g;
ANALYZE big, few;
-- a row or a few
EXPLAIN (COSTS OFF) SELECT * FROM big WHERE id = 777;
EXPLAIN (COSTS OFF) SELECT sum(v) FROM big WHERE far BETWEEN 100 AND 110;
EXPLAIN (COSTS OFF) SELECT sum(v) FROM few, big WHERE far = k;
-- many in no order: the scan, or a join that reads the table once
EXPLAIN (COSTS OFF) SELECT sum(v) FROM big WHERE far BETWEEN 100 AND 30000;
EXPLAIN (COSTS OFF) SELECT sum(a.v), count(b.t) FROM big a, big b WHERE a.far = b.id;
SET enable_hashjoin = off;
EXPLAIN (COSTS OFF) SELECT sum(a.v), count(b.t) FROM big a, big b WHERE a.far = b.far;
RESET enable_hashjoin;
EXPLAIN (COSTS OFF) SELECT far, t FROM big ORDER BY far;
-- the first rows in an index's order
EXPLAIN (COSTS OFF) SELECT far, v FROM big ORDER BY far LIMIT 3;
-- a bitmap takes each block once; a scan that is disabled stays so
SET enable_indexscan = off;
EXPLAIN (COSTS OFF) SELECT sum(v) FROM few, big WHERE far = k;
RESET enable_indexscan;
DROP TABLE big, few;
