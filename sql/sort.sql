-- Sorting, top-N and limits in the vector engine give what PostgreSQL's executor gives.
CREATE TABLE s (id int, i2 smallint, k bigint, n numeric(12,2), m numeric, x float8, y float4, d date, ts timestamptz, b bool,
  c text COLLATE "C", t text COLLATE "en-x-icu", p char(12) COLLATE "C", u uuid, z bytea, o oid, h "char", v interval, nm name) USING redshift;
INSERT INTO s SELECT i, nullif(i % 7, 3), i % 11 * 1000000007::bigint - 5000000000, (i * 37 % 1000) / 8.0 - 50,
  CASE i % 9 WHEN 0 THEN 1.50 WHEN 1 THEN 1.5 WHEN 2 THEN NULL WHEN 3 THEN 'NaN' WHEN 4 THEN '-Infinity' WHEN 5 THEN 12345678901234567890123456789012345678901.5 WHEN 6 THEN i * -0.00001 WHEN 7 THEN 'Infinity' ELSE i / 3.0 END,
  CASE i % 6 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN 0 WHEN 3 THEN '-Infinity' ELSE i / 7.0 - 300 END, i % 13 / 3.0 - 2,
  date '2020-01-01' - i % 400, timestamptz '2020-01-01 00:00+00' + i % 50 * interval '1 day', i % 3 = 0,
  CASE WHEN i % 5 > 0 THEN repeat('a', i % 3) || chr(96 + i % 25) || i % 40 END, CASE i % 4 WHEN 0 THEN 'a' WHEN 1 THEN 'B' WHEN 2 THEN 'é' ELSE 'b' END || i % 30,
  CASE i % 3 WHEN 0 THEN 'x' WHEN 1 THEN E'x\t' ELSE 'longer' END, md5((i % 90)::text)::uuid, decode(CASE i % 4 WHEN 0 THEN '00' WHEN 1 THEN '0000' WHEN 2 THEN 'ff00112233445566' ELSE 'ff001122334455667788' END, 'hex'),
  (i * 1000003::bigint % 4294967296)::oid, chr(33 + i % 90)::"char", i % 70 * interval '11 hours', 'name' || i % 20
  FROM generate_series(1, 20000) i;
DELETE FROM s WHERE id % 101 = 0;
CREATE TABLE few (id int, g int) USING redshift;
INSERT INTO few VALUES (1, 1), (2, NULL), (3, 1), (4, 2);
CREATE TABLE none (id int, g int) USING redshift;
CREATE TABLE heap_few AS SELECT * FROM few;
ANALYZE s, few, heap_few;

EXPLAIN (COSTS OFF) SELECT id, c FROM s WHERE b ORDER BY c COLLATE "C" DESC, t COLLATE "C", n NULLS FIRST, id USING > LIMIT 10 OFFSET 2;
EXPLAIN (COSTS OFF) SELECT q.id + 1 FROM (SELECT id, sum(n) AS total FROM s GROUP BY id ORDER BY total LIMIT 10) q WHERE total > 0;
EXPLAIN (COSTS OFF) SELECT id FROM s ORDER BY i2 FETCH FIRST 3 ROWS WITH TIES;
-- PostgreSQL's: heap tables; nothing to do but to pass on
EXPLAIN (COSTS OFF) SELECT id FROM heap_few ORDER BY id;
EXPLAIN (COSTS OFF) SELECT id FROM s LIMIT 10;

\getenv source_directory PG_ABS_SRCDIR
\set compare_order :source_directory '/test/lib/compare_order.sql'
\set ECHO none
\i :compare_order
\set ECHO all
\set operators '=> (Sort|Limit|Append|Unique|Intersect|Except)'
CREATE TABLE queries (q text);
INSERT INTO queries SELECT format('SELECT id, %1$s FROM s ORDER BY %1$s%2$s, id%3$s%4$s', c, o, i, l)
  FROM unnest(ARRAY['i2', 'k', 'n', 'm', 'x', 'y', 'd', 'ts', 'b', 'c', 't', 'p', 'u', 'z', 'o', 'h', 'v', 'nm']) WITH ORDINALITY AS c(c, position),
  (VALUES ('', '', ''), (' DESC', '', ' LIMIT 25'), (' NULLS FIRST', ' DESC', ' LIMIT 3000 OFFSET 40'), (' DESC NULLS LAST', '', ' OFFSET 19000')) AS o(o, i, l) ORDER BY position, o;
INSERT INTO queries SELECT unnest(ARRAY['SELECT * FROM s ORDER BY i2, d DESC, c, k DESC NULLS LAST, id', 'SELECT * FROM s ORDER BY b, c DESC, id LIMIT 100', 'SELECT id, n FROM s ORDER BY b, i2 DESC, p, u DESC, id DESC LIMIT 500 OFFSET 7',
  'SELECT id FROM s ORDER BY m + 1, x * 2, id LIMIT 9', 'SELECT id, n / (id - 10001) FROM s ORDER BY n / (id - 10001) LIMIT 9', 'SELECT id FROM s ORDER BY c || p, id LIMIT 50', 'SELECT id FROM s WHERE id % 17 = 0 ORDER BY length(c), z, id',
  'SELECT id FROM s ORDER BY id LIMIT 0', 'SELECT id FROM s ORDER BY id LIMIT NULL OFFSET NULL', 'SELECT id FROM s ORDER BY id LIMIT -1', 'SELECT id FROM s ORDER BY id OFFSET -1', 'SELECT id FROM s ORDER BY id DESC LIMIT (SELECT count(*) FROM few)',
  'SELECT id FROM s ORDER BY id LIMIT 9223372036854775807 OFFSET 19000', 'SELECT id FROM s ORDER BY id OFFSET 9223372036854775807', 'SELECT id FROM none ORDER BY id LIMIT 3', 'SELECT id, g FROM none ORDER BY g, id', 'SELECT id, g FROM few ORDER BY g NULLS FIRST, id DESC',
  'SELECT id, g FROM few ORDER BY g DESC, id LIMIT 3', 'SELECT c, sum(n) FROM s GROUP BY c ORDER BY 2 DESC, 1 LIMIT 7', 'SELECT c, sum(m * n) AS q FROM s WHERE m < 1000 GROUP BY c ORDER BY q, c', 'SELECT i2, count(*), avg(n) FROM s GROUP BY i2 ORDER BY 3 DESC, 1',
  'SELECT s.id, few.id AS f FROM s JOIN few ON few.g = s.i2 ORDER BY s.n DESC, s.id, f LIMIT 20', 'SELECT few.id, s.id AS s FROM few LEFT JOIN s ON s.id = few.g ORDER BY 1, 2', 'SELECT h.id, s.id AS s FROM heap_few h JOIN s ON s.i2 = h.g ORDER BY s.x DESC, s.id, h.id LIMIT 30 OFFSET 5',
  'SELECT * FROM (SELECT id, n FROM s ORDER BY n, id LIMIT 50 OFFSET 10) q WHERE id % 2 = 0 ORDER BY id', 'SELECT count(*), sum(n) FROM (SELECT n FROM s ORDER BY n DESC, id LIMIT 1000) q', 'SELECT i2, count(*) FROM (SELECT i2 FROM s ORDER BY id LIMIT 500) q GROUP BY i2 ORDER BY i2',
  'SELECT few.id, q.n FROM few JOIN (SELECT i2, n FROM s ORDER BY n, id LIMIT 2000) q ON q.i2 = few.g ORDER BY q.n, few.id', 'SELECT id, (SELECT max(n) FROM (SELECT n FROM s ORDER BY id LIMIT 3) q) FROM few ORDER BY id', 'SELECT few.id, l.id AS s FROM few, LATERAL (SELECT s.id FROM s WHERE s.i2 = few.g ORDER BY s.n, s.id LIMIT 2) l ORDER BY 1, 2',
  'SELECT few.id, l.id AS s FROM few, LATERAL (SELECT s.id FROM s ORDER BY s.n, s.id LIMIT few.id) l ORDER BY 1, 2', 'SELECT few.id, l.id AS s FROM few LEFT JOIN (SELECT s.id, s.n FROM s ORDER BY s.n, s.id LIMIT 5) l ON l.n < few.g - 50 + random() * 0 ORDER BY 1, 2',
  'SELECT id FROM s WHERE now() > ''2020-01-01'' AND (SELECT true) ORDER BY id DESC LIMIT 3']);
SELECT compare_order(q, :'operators'), q FROM queries;
-- Ties, within a batch and over several.  Which of equal rows an OFFSET skips is nobody's promise.
SELECT compare_order(format('SELECT count(*), %4$s AS i, min(v::text), max(v::text) FROM (SELECT id, %1$s AS v FROM s ORDER BY %1$s%2$s FETCH FIRST %3$s ROWS WITH TIES) q', c, o, n, CASE WHEN o ~ 'OFFSET' THEN 'count(v)' ELSE 'sum(id)' END), '=> Limit'), c, o, n
  FROM unnest(ARRAY['i2', 'k', 'trim_scale(m)', 'x + 0', 'd', 'b', 'c', 't', 'p', 'u', 'z']) WITH ORDINALITY AS c(c, position), (VALUES (' DESC', 1), (' NULLS FIRST', 300), ('', 2048), (' OFFSET 3000', 7)) AS o(o, n) ORDER BY position, n;
SELECT compare_order('SELECT few.id, l.* FROM few, LATERAL (SELECT count(*), min(q.id) AS i, max(q.id) AS j FROM (SELECT s.id FROM s WHERE s.i2 = few.g ORDER BY s.d FETCH FIRST few.id ROWS WITH TIES) q) l ORDER BY 1', '=> Limit');
SELECT compare_order('SELECT id FROM s ORDER BY id FETCH FIRST 0 ROWS WITH TIES', '=> Limit'), compare_order('SELECT id FROM none ORDER BY id FETCH FIRST 3 ROWS WITH TIES', '=> Limit'), compare_order('SELECT id FROM s ORDER BY id FETCH FIRST (SELECT NULL::bigint) ROWS WITH TIES', '=> Limit');
-- UNION ALL, partitions, duplicates and set operations
CREATE TABLE parts (id int, g int, n numeric(8,2), t text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (MINVALUE) TO (1000) USING redshift;
CREATE TABLE parts_2 (t text, n numeric(8,2), gone int, g int, id int) USING redshift;
ALTER TABLE parts_2 DROP COLUMN gone;
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (1000) TO (2000);
CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (2000) TO (MAXVALUE);
INSERT INTO parts SELECT i, i % 13, i / 4.0, 't' || i % 5 FROM generate_series(1, 3000) i;
ANALYZE parts, parts_1, parts_2, parts_3;
EXPLAIN (COSTS OFF) SELECT g, sum(n) FROM parts GROUP BY g;
EXPLAIN (COSTS OFF) SELECT i2 FROM s EXCEPT SELECT g FROM few;
SET enable_hashagg = off;
EXPLAIN (COSTS OFF) SELECT i2 FROM s UNION SELECT g FROM few;
RESET enable_hashagg;
CREATE TABLE operations (q text);
INSERT INTO operations SELECT unnest(ARRAY['SELECT g, sum(n), count(*), max(t) FROM parts GROUP BY g ORDER BY g', 'SELECT * FROM parts ORDER BY n DESC LIMIT 2500', 'SELECT count(*), sum(p.n) FROM parts p JOIN few USING (g)', 'SELECT t, count(*) FROM parts WHERE id BETWEEN 900 AND 1500 GROUP BY t ORDER BY t',
  'SELECT trim_scale(x) AS x, count(*) FROM (SELECT n AS x FROM s UNION ALL SELECT m FROM s WHERE m < 100 UNION ALL SELECT id / 3.0 FROM few UNION ALL SELECT 7.50) q GROUP BY 1 ORDER BY 1', 'SELECT * FROM (SELECT id, c FROM s UNION ALL SELECT id, ''few'' FROM heap_few UNION ALL SELECT g, NULL FROM few) q ORDER BY 1, 2 LIMIT 50',
  'SELECT i2, b FROM s UNION SELECT g, NULL FROM few ORDER BY 1, 2', 'SELECT trim_scale(n) FROM s UNION SELECT trim_scale(w) FROM (VALUES (1.0), (2.50), (-50)) v(w) ORDER BY 1 LIMIT 300', 'SELECT trim_scale(n) FROM s INTERSECT SELECT trim_scale(x / 4.0) FROM generate_series(-300, 300) x ORDER BY 1',
  'SELECT i2 FROM s INTERSECT SELECT g FROM few ORDER BY 1', 'SELECT i2 FROM s EXCEPT SELECT g FROM few ORDER BY 1', 'SELECT i2 FROM s INTERSECT ALL SELECT i2 FROM s WHERE id < 30 ORDER BY 1', 'SELECT i2 FROM s WHERE id < 50 EXCEPT ALL SELECT g FROM few ORDER BY 1', 'SELECT i2, b, d FROM s EXCEPT ALL SELECT i2, b, d FROM s WHERE id < 12345 ORDER BY 1, 2, 3',
  'SELECT g FROM few EXCEPT ALL SELECT g FROM none ORDER BY 1', 'SELECT g FROM none EXCEPT SELECT g FROM few ORDER BY 1', 'SELECT c, t FROM s INTERSECT SELECT c, t FROM s WHERE id > 10000 ORDER BY c, t', 'SELECT count(*), sum(i2) FROM (SELECT i2, c FROM s EXCEPT SELECT i2, c FROM s WHERE b) q',
  'SELECT DISTINCT ON (i2) i2, id, c FROM s ORDER BY i2, n DESC, id', 'SELECT DISTINCT ON (p, b) p, b, id FROM s WHERE id < 9000 ORDER BY p, b DESC, id DESC LIMIT 4 OFFSET 1', 'SELECT DISTINCT n, x, y, u, z FROM s WHERE id % 3 = 0 ORDER BY n, x, y, u, z LIMIT 900', 'SELECT DISTINCT ON (m) m, id FROM s ORDER BY m, id',
  'SELECT few.id, q.i2 FROM few LEFT JOIN LATERAL (SELECT i2 FROM s WHERE i2 > few.g EXCEPT SELECT few.id + 3) q ON true ORDER BY 1, 2', 'SELECT id, g FROM few WHERE g IN (SELECT i2 FROM s INTERSECT SELECT g FROM parts) ORDER BY id', 'SELECT FROM few EXCEPT SELECT FROM none']);
SELECT compare_order(q, :'operators'), q FROM operations;
SET enable_hashagg = off;
SELECT compare_order(q, :'operators') FROM operations;
RESET enable_hashagg;
-- runs in temporary files
SET work_mem = '64kB';
SELECT result, count(*) FROM (SELECT regexp_replace(compare_order(q, :'operators'), '\d+ rows', 'rows') AS result FROM queries) z GROUP BY 1 ORDER BY 1;
CREATE TABLE wide (id int, a text, b numeric) USING redshift;
INSERT INTO wide SELECT i, repeat(md5(i::text), 8), CASE WHEN i % 3 > 0 THEN i % 1000 / power(10, i % 5)::numeric END FROM generate_series(1, 60000) i;
SELECT compare_order(q, :'operators'), q FROM unnest(ARRAY['SELECT * FROM wide ORDER BY a', 'SELECT * FROM wide ORDER BY b DESC, id', 'SELECT * FROM wide ORDER BY b NULLS FIRST, a OFFSET 10 LIMIT 40000', 'SELECT * FROM wide ORDER BY a LIMIT 10000']) q;
CREATE FUNCTION explain_sort(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
    IF line ~ 'Sort|Partitions|Limit' THEN RETURN NEXT regexp_replace(line, '(rows|batches|Partitions:|Spilled:)[ =]\d+', '\1 N', 'g'); END IF;
  END LOOP;
END $$;
SELECT explain_sort('SELECT * FROM wide ORDER BY a');
SELECT explain_sort('SELECT * FROM wide ORDER BY a LIMIT 10');
RESET work_mem;
SELECT explain_sort('SELECT id FROM wide ORDER BY a');

-- parallel
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT id, n FROM s ORDER BY n, id LIMIT 5;
SELECT compare_order(q, :'operators') FROM operations;
SELECT compare_order(q, :'operators'), q FROM unnest(ARRAY['SELECT * FROM s ORDER BY n, id', 'SELECT * FROM s ORDER BY c DESC, id LIMIT 40 OFFSET 3', 'SELECT s.id, few.id AS f FROM s JOIN few ON few.g = s.i2 ORDER BY s.n DESC, s.id, f LIMIT 20',
  'SELECT few.id, l.id AS s FROM few, LATERAL (SELECT s.id FROM s WHERE s.i2 > few.g ORDER BY s.n, s.id LIMIT 3) l ORDER BY 1, 2', 'SELECT c, sum(n) FROM s GROUP BY c ORDER BY 2, 1 LIMIT 9']) q;
RESET max_parallel_workers_per_gather;

-- cursors that turn back, merge joins that do
BEGIN;
DECLARE plain CURSOR FOR SELECT id FROM few ORDER BY id DESC;
FETCH 3 FROM plain;
FETCH BACKWARD 2 FROM plain;
DECLARE forward NO SCROLL CURSOR FOR SELECT id FROM few ORDER BY id DESC;
FETCH 3 FROM forward;
COMMIT;
SET enable_hashjoin = off;
SET enable_nestloop = off;
SELECT a.id, b.id FROM few a JOIN few b USING (g) ORDER BY 1, 2;
SELECT count(*) FROM s a JOIN s b USING (i2) WHERE a.id < 100 AND b.id < 200;
RESET enable_hashjoin;
RESET enable_nestloop;
PREPARE top(int) AS SELECT id FROM s ORDER BY id LIMIT $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE top(2);
EXECUTE top(0);
EXECUTE top(-1);
DROP TABLE s, few, none, heap_few, wide, queries, operations, parts;
DROP FUNCTION compare_order(text, text), explain_sort(text);
-- columns of a set operation have no more in common than their types say
CREATE TABLE narrow (c char(6), v varchar(5), n numeric(8,2)) USING redshift;
CREATE TABLE broad (c char(8), v varchar(9), n numeric(9,3)) USING redshift;
INSERT INTO narrow VALUES ('a', 'b', 1.25);
INSERT INTO broad VALUES ('a', 'b', 1.250);
CREATE TEMP TABLE of_two AS (SELECT c, v, n FROM narrow) INTERSECT ALL (SELECT c, v, n FROM broad);
CREATE TEMP TABLE of_all AS (SELECT c, v, n FROM narrow) UNION ALL (SELECT c, v, n FROM broad);
SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid IN ('of_two'::regclass, 'of_all'::regclass) AND attnum > 0 ORDER BY 1, attnum;
SELECT * FROM of_two;
DROP TABLE narrow, broad, of_two, of_all;
