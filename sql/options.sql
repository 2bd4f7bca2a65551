-- Table options: what is accepted, what is refused, and that they stay.
CREATE TABLE o1 (a int, "B x" text, c numeric(10,2), j jsonb) USING redshift
  WITH (diststyle = key, distkey = a, sortkey = 'a, "B x"', encode = 'a az64, "B x" ZSTD, c mostly16', fillfactor = 90);
SELECT reloptions FROM pg_class WHERE relname = 'o1';
ALTER TABLE o1 RENAME COLUMN a TO "A";
SELECT reloptions FROM pg_class WHERE relname = 'o1';
ALTER TABLE o1 RENAME COLUMN "A" TO a;
ALTER TABLE o1 SET (sortkey = 'c', autovacuum_enabled = off);
SELECT reloptions FROM pg_class WHERE relname = 'o1';
ALTER TABLE o1 RESET (encode, fillfactor);
SELECT reloptions FROM pg_class WHERE relname = 'o1';
ALTER TABLE o1 SET (sortstyle = interleaved, sortkey = 'a, c');
SELECT reloptions FROM pg_class WHERE relname = 'o1';
ALTER TABLE o1 DROP COLUMN c;
ALTER TABLE o1 RESET (sortkey, sortstyle);
ALTER TABLE o1 DROP COLUMN c;
SELECT reloptions FROM pg_class WHERE relname = 'o1';
-- LIKE, CREATE TABLE AS, SELECT INTO, materialized views
CREATE TABLE o2 (LIKE o1 INCLUDING ALL) USING redshift;
SELECT reloptions FROM pg_class WHERE relname = 'o2';
CREATE TABLE o3 USING redshift WITH (sortkey = 'x') AS SELECT x, x % 7 AS y FROM generate_series(5, 1, -1) x;
SELECT *, ctid FROM o3;
SELECT reloptions FROM pg_class WHERE relname = 'o3';
SET default_table_access_method = redshift;
SELECT x INTO o4 FROM generate_series(1, 3) x;
SELECT amname FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE relname = 'o4';
CREATE MATERIALIZED VIEW o5 WITH (sortkey = 'x') AS SELECT x FROM generate_series(1, 3) x;
REFRESH MATERIALIZED VIEW o5;
SELECT * FROM o5;
CREATE TABLE o6 (d date, v int) PARTITION BY RANGE (d);
CREATE TABLE o6a PARTITION OF o6 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') WITH (sortkey = 'd');
INSERT INTO o6 VALUES ('2020-05-05', 1);
SELECT tableoid::regclass, * FROM o6;
RESET default_table_access_method;
-- to heap and back
ALTER TABLE o3 SET ACCESS METHOD heap;
SELECT reloptions FROM pg_class WHERE relname = 'o3';
SELECT * FROM o3 ORDER BY x;
ALTER TABLE o3 SET (fillfactor = 50);
ALTER TABLE o3 SET ACCESS METHOD redshift;
ALTER TABLE o3 SET (sortkey = 'x');
SELECT * FROM o3 ORDER BY x;
SELECT reloptions FROM pg_class WHERE relname = 'o3';
-- refusals
CREATE TABLE e (a int) USING redshift WITH (diststyle = nowhere);
CREATE TABLE e (a int) USING redshift WITH (diststyle = key);
CREATE TABLE e (a int) USING redshift WITH (diststyle = all, distkey = a);
CREATE TABLE e (a int) USING redshift WITH (distkey = b);
CREATE TABLE e (a int) USING redshift WITH (distkey = 'a, a');
CREATE TABLE e (a int) USING redshift WITH (sortkey = 'a, b');
CREATE TABLE e (a int) USING redshift WITH (sortkey = 'a, a');
CREATE TABLE e (a int) USING redshift WITH (sortkey = 'a,');
CREATE TABLE e (a point) USING redshift WITH (sortkey = 'a');
CREATE TABLE e (a json) USING redshift WITH (distkey = 'a');
CREATE TABLE e (a int) USING redshift WITH (sortstyle = interleaved);
CREATE TABLE e (a int, b int, c int, d int, e int, f int, g int, h int, i int) USING redshift
  WITH (sortstyle = interleaved, sortkey = 'a,b,c,d,e,f,g,h,i');
CREATE TABLE e (a int) USING redshift WITH (encode = 'a gzip');
CREATE TABLE e (a text) USING redshift WITH (encode = 'a mostly8');
CREATE TABLE e (a int) USING redshift WITH (encode = 'a');
CREATE TABLE e (a int) USING redshift WITH (encode = 'a az64, a raw');
CREATE TABLE e (a int) USING redshift WITH (nonsense = 1);
CREATE TABLE e (a int) WITH (sortkey = 'a');
CREATE INDEX ON o1 USING brin (a);
CREATE PUBLICATION e FOR TABLE o1;
DROP TABLE o1, o2, o3, o4, o6;
-- what a column goes through, by whatever way, reaches the options
CREATE TYPE o_mood AS ENUM ('low', 'high');
CREATE TYPE o_row AS (a int, b int);
CREATE TABLE c1 (a int, b int, c int) USING redshift WITH (sortkey = 'a', encode = 'a az64, b mostly8');
CREATE TABLE c2 (m o_mood, n int) USING redshift WITH (sortkey = 'm, n', distkey = m, encode = 'n raw');
CREATE TABLE c3 OF o_row USING redshift WITH (sortkey = 'a', encode = 'b zstd');
CREATE TABLE c4 (d date, v int, w int) PARTITION BY RANGE (d);
CREATE TABLE c4a PARTITION OF c4 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')
  USING redshift WITH (sortkey = 'v', encode = 'w az64');
ALTER TABLE c1 ALTER b TYPE text;
ALTER TABLE c1 ALTER a TYPE point USING point(a, a);
ALTER TABLE c1 ALTER b TYPE bigint, ALTER c SET DEFAULT 1;
ALTER TABLE c1 DROP COLUMN b;
DROP TYPE o_mood CASCADE;
ALTER TYPE o_row RENAME ATTRIBUTE a TO z CASCADE;
ALTER TYPE o_row DROP ATTRIBUTE z CASCADE;
ALTER TYPE o_row DROP ATTRIBUTE b CASCADE;
ALTER TABLE c4 DROP COLUMN v;
ALTER TABLE c4 DROP COLUMN w;
ALTER TABLE c4 RENAME COLUMN v TO "V v";
SELECT relname, reloptions FROM pg_class WHERE relname ~ '^c[1-4]' AND relkind = 'r' ORDER BY relname;
DROP TABLE c1, c2, c3, c4;
DROP TYPE o_row;
-- one change brings the other with it
CREATE TABLE s1 (a int, b int) USING redshift WITH (distkey = a, sortstyle = interleaved, sortkey = 'a, b');
ALTER TABLE s1 SET (diststyle = key);
SELECT reloptions FROM pg_class WHERE relname = 's1';
ALTER TABLE s1 SET (diststyle = even), RESET (sortkey);
SELECT reloptions FROM pg_class WHERE relname = 's1';
ALTER TABLE s1 SET (distkey = "b", fillfactor = 80);
SELECT reloptions FROM pg_class WHERE relname = 's1';
CREATE TABLE s2 (LIKE s1 INCLUDING ALL) USING redshift WITH (sortkey = 'a');
SELECT reloptions FROM pg_class WHERE relname = 's2';
ALTER TABLE s1 RESET (diststyle, fillfactor);
SELECT reloptions FROM pg_class WHERE relname = 's1';
BEGIN READ ONLY;
ALTER TABLE s1 SET (sortkey = 'a');
ROLLBACK;
-- a rewrite in the same statement follows the new key
INSERT INTO s1 VALUES (2, 1), (1, 2);
ALTER TABLE s1 SET (sortkey = 'a'), ALTER b TYPE bigint;
SELECT a, ctid FROM s1;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
  CREATE TABLE s3 USING redshift WITH (sortkey = 'x') AS SELECT 3 - x AS x FROM generate_series(1, 2) x;
SELECT x, ctid FROM s3;
DROP TABLE s1, s2, s3;
CREATE TABLE e (a int, b int) USING redshift WITH (sortkey = 'a', sortkey = 'b');
-- block range indexes that come without CREATE INDEX on the table itself
CREATE TABLE b1 (d date) PARTITION BY RANGE (d);
CREATE TABLE b1a PARTITION OF b1 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') USING redshift;
CREATE INDEX ON b1 USING brin (d);
CREATE TABLE b2 (a int);
CREATE INDEX ON b2 USING brin (a);
ALTER TABLE b2 SET ACCESS METHOD redshift;
DROP TABLE b1, b2;
DROP MATERIALIZED VIEW o5;
SELECT count(*) FROM redshift.row_group;
