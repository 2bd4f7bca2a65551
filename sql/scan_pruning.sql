-- Zone filters and count(*) must not give another answer than heap.
CREATE TABLE small (id int) USING redshift;
INSERT INTO small SELECT generate_series(1, 10);
CREATE TABLE heap_rows AS
  SELECT g AS id, (CASE WHEN g % 2 = 0 THEN 'B' ELSE 'a' END || g)::name AS n,
    ARRAY[CASE WHEN g % 2 = 0 THEN 'B' ELSE 'a' END || g] AS a,
    lpad(g::text, 7, '0') AS t, lpad(g::text, 7, '0')::char(9) AS c
  FROM generate_series(1, 20000) g;
CREATE TABLE rs_rows (LIKE heap_rows) USING redshift WITH (sortkey = 'id');
INSERT INTO rs_rows SELECT * FROM heap_rows;
CREATE TABLE outer_heap AS SELECT 1 AS id;

-- count(*) below another query level counts its own table
EXPLAIN (COSTS OFF) SELECT id, (SELECT count(*) FROM rs_rows) FROM outer_heap;
SELECT id, (SELECT count(*) FROM rs_rows) FROM outer_heap;
SELECT (SELECT count(*) FROM small) AS few, (SELECT count(*) FROM rs_rows) AS many;
WITH c AS MATERIALIZED (SELECT count(*) AS n FROM rs_rows) SELECT id, n FROM small, c WHERE id = 1;
SELECT o.id, s.n FROM outer_heap o, (SELECT count(*) AS n FROM rs_rows) s;
SELECT count(*) FROM small UNION ALL SELECT count(*) FROM rs_rows;
BEGIN;
DECLARE counter CURSOR FOR SELECT count(*) FROM small;
FETCH counter;
UPDATE small SET id = 0 WHERE CURRENT OF counter;
ROLLBACK;

-- heap's answer, then ours: other collations, other types, blanks
CREATE FUNCTION both_counts(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE h bigint; r bigint;
BEGIN
  EXECUTE 'SELECT count(*) FROM heap_rows WHERE ' || condition INTO h;
  EXECUTE 'SELECT count(*) FROM rs_rows WHERE ' || condition INTO r;
  RETURN h || ' ' || r || CASE WHEN h <> r THEN ' DIFFERENT' ELSE '' END;
END $$;
SELECT q, both_counts(q) FROM unnest(ARRAY[
  'n > ''b0'' COLLATE "en-x-icu"', 'n > ''b0'' COLLATE "C"', 'n = ''B2''', 'n < ''B2''',
  'a > ARRAY[''b0''] COLLATE "en-x-icu"', 'a > ARRAY[''b0''] COLLATE "C"', 'a = ARRAY[''a3'']',
  't = ANY (''{0000005,0019999}''::name[])', 't = ''0000005''::name', 't = ANY (''{0000005,NULL}'')',
  't > ''0019990'' COLLATE "en-x-icu"', 't > ''0019990'' COLLATE "C"', 't LIKE ''00199%''',
  't LIKE ''0000\005%''', 't ^@ ''00199''', 'c LIKE ''0000005 %''', 'c = ''0000005''', 'id = ANY (''{5,NULL,19999}'')',
  'id = ANY (''{}'')', 'id NOT IN (5)', 'id = 5.0', 'id > 19990::bigint', 'id < 10::smallint']) q;

-- a zone filter is shown where it can skip
EXPLAIN (COSTS OFF) SELECT 1 FROM rs_rows WHERE t > '0019990' COLLATE "en-x-icu";
EXPLAIN (COSTS OFF) SELECT 1 FROM rs_rows WHERE t > '0019990' COLLATE "C";
EXPLAIN (COSTS OFF) SELECT 1 FROM rs_rows WHERE t LIKE '%990';

-- another collation of a column, without a rewrite
CREATE TABLE collated (n name COLLATE "en-x-icu") USING redshift;
INSERT INTO collated SELECT n FROM heap_rows;
ALTER TABLE collated ALTER n TYPE name COLLATE "C";
SELECT (SELECT count(*) + 0 FROM heap_rows WHERE n < 'a') AS heap,
  (SELECT count(*) + 0 FROM collated WHERE n < 'a') AS redshift;

-- another type of the same bytes, without a rewrite
CREATE TABLE retyped (i int, t text) USING redshift WITH (sortkey = 'i');
INSERT INTO retyped SELECT g - 10000, 'v' || g || ' ' FROM generate_series(1, 20000) g;
ALTER TABLE retyped ALTER i TYPE oid, ALTER t TYPE char(8);
INSERT INTO retyped SELECT g, 'w' || g FROM generate_series(1, 9000) g;
SELECT count(*) + 0 AS two FROM retyped WHERE i = 3;
SELECT count(*) + 0 AS one FROM retyped WHERE t = 'v77';
SELECT count(*) FROM redshift.verify('retyped');

-- rows compare otherwise once an attribute is gone; oidvector knows no short header
CREATE TYPE pair AS (x int, y int);
CREATE TABLE composed (p pair, v oidvector) USING redshift;
INSERT INTO composed SELECT ROW(g, 20000 - g)::pair, (g || ' ' || g % 3)::oidvector FROM generate_series(1, 20000) g;
ALTER TYPE pair DROP ATTRIBUTE x;
SELECT count(*) + 0 AS one FROM composed WHERE p = ROW(5)::pair;
SELECT count(*) + 0 AS one FROM composed WHERE v = '7 1';

-- bounds of char(n) are of what stands before the padding
CREATE TABLE padded (c char(8) COLLATE "C") USING redshift;
INSERT INTO padded SELECT CASE g % 3 WHEN 0 THEN 'ab' || chr(9) WHEN 1 THEN 'zz' ELSE 'ab' END FROM generate_series(1, 9000) g;
SELECT count(*) + 0 AS third FROM padded WHERE c = 'ab';

DROP TABLE padded, small, heap_rows, rs_rows, outer_heap, collated, retyped, composed;
DROP TYPE pair;
DROP FUNCTION both_counts(text);
