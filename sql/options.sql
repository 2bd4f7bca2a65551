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
DROP MATERIALIZED VIEW o5;
SELECT count(*) FROM redshift.row_group;
