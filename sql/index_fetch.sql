-- Rows fetched one by one through indexes: of every encoding, in any order, with little memory.
CREATE TABLE f (id int PRIMARY KEY, i2 smallint, i8 bigint, n numeric(12,2), huge numeric(38,4), loose numeric,
  d date, f8 float8, b boolean, c char(12), v varchar(60), words varchar(80), t text, u uuid, few text)
  USING redshift WITH (encode = 'i2 mostly8, i8 delta32k, n az64, d runlength, c bytedict, words text255, t lzo, v zstd, few text32k');
CREATE TABLE f_heap (LIKE f);
INSERT INTO f_heap SELECT g, nullif(g % 300, 7)::smallint, CASE WHEN g % 5 > 0 THEN g::bigint * 1000003 END,
  CASE WHEN g % 11 > 0 THEN g / 7.0 END, g::numeric * 12345678901234567890, CASE WHEN g % 3 > 0 THEN 1.0 / g END,
  CASE WHEN g / 500 % 2 = 0 THEN date '2000-01-01' + g / 100 END, CASE WHEN g % 2 = 0 THEN g / 3.0 END, g % 3 = 0, 'c' || g % 20,
  CASE WHEN g % 4 > 0 THEN repeat(md5(g::text), 1 + g % 1) END, 'red fox ' || g % 50 || ' jumps', CASE WHEN g % 9 > 0 THEN repeat('x', g % 300) END,
  md5(g::text)::uuid, CASE WHEN g % 6 > 0 THEN 'few' || g % 40 END FROM generate_series(1, 30000) g;
INSERT INTO f SELECT * FROM f_heap ORDER BY id * 7919 % 30011;
ALTER TABLE f ADD added int DEFAULT 42, ADD late text;
ALTER TABLE f_heap ADD added int DEFAULT 42, ADD late text;
DELETE FROM f WHERE id % 101 = 0;
DELETE FROM f_heap WHERE id % 101 = 0;
ANALYZE f;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET redshift.enable_scan = off;
-- all columns
SELECT count(*), sum((f = h)::int) FROM f_heap h, f WHERE f.id = h.id AND h.id % 10 = 3;
-- one each time, whose block is evicted
SET work_mem = '64kB';
SELECT count(*), sum((f = h)::int) FROM f_heap h, f WHERE f.id = h.id AND h.id % 200 = 4;
SET work_mem = '32MB';
-- many rows of each block: decoded as a whole after a while
SELECT count(*), sum((f = h)::int) FROM f_heap h, f WHERE f.id = h.id;
-- columns that the plan does not want are not read, and those that it wants are
EXPLAIN (COSTS OFF, VERBOSE) SELECT h.id, f.v FROM f_heap h, f WHERE f.id = h.id AND f.t > 'xx' AND h.id < 3;
SELECT count(*), count(f.v), sum(length(f.v)) FROM f_heap h, f WHERE f.id = h.id AND f.t > 'xx' AND h.id % 10 = 5;
SELECT count(h.v), sum(length(h.v)) FROM f_heap h WHERE h.t > 'xx' AND h.id % 10 = 5;
SELECT (SELECT f.few FROM f WHERE f.id = h.id) = h.few, (SELECT f FROM f WHERE f.id = h.id) = h FROM f_heap h WHERE h.id BETWEEN 20 AND 22;
SELECT id, added, late FROM f WHERE id BETWEEN 100 AND 103 ORDER BY id;
UPDATE f SET t = 'new', late = v WHERE id = 1001 RETURNING id, i2, n, t, late, few;
DELETE FROM f WHERE id = 1002 RETURNING f.*;
-- bitmaps, with a recheck of another column
SET enable_bitmapscan = on;
SET enable_indexscan = off;
CREATE INDEX f_i8 ON f (i8);
SELECT count(*), sum(length(v)) FROM f WHERE id BETWEEN 500 AND 2500 AND i8 > 0 OR id = 9;
SELECT count(*), sum(length(v)) FROM f_heap WHERE id BETWEEN 500 AND 2500 AND id NOT IN (1002) AND i8 > 0 OR id = 9;
-- rows written by this transaction, and fetched after a part of it failed
BEGIN;
INSERT INTO f (id, v) VALUES (40000, 'mine'), (40001, 'mine too');
SELECT id, v, t FROM f WHERE id = 40000;
SAVEPOINT s;
INSERT INTO f (id, v) VALUES (40002, 'not mine'), (40000, 'twice');
ROLLBACK TO s;
SELECT id, v, t FROM f WHERE id BETWEEN 40000 AND 40005 ORDER BY id;
COMMIT;
-- TIDs
SELECT count(*), sum(length(v)) FROM f WHERE ctid = ANY (ARRAY(SELECT ctid FROM f WHERE id % 1000 = 17));
SELECT count(*), sum(length(v)) FROM f WHERE id % 1000 = 17;
DROP TABLE f, f_heap;
