-- Under redshift.dialect = redshift blanks at the end of a string do not count when values are compared.
SET redshift.dialect = redshift;
\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all

-- Operators
SELECT 'a'::varchar = 'a ' AS eq, 'a'::text <> 'a  ' AS ne, 'a ' < 'a' AS lt, 'a ' <= 'a' AS le, 'a ' > 'a' AS gt, 'a' >= 'a ' AS ge, '' = '   ' AS empty, ' a' = 'a' AS leading, 'é ' = 'é' AS multibyte,
  'a '::char(3) = 'a  '::varchar AS mixed, 'a '::varchar = 'a'::char(5) AS mixed_too, NULL::varchar = ' ' AS unknown;
-- A control character is less than a blank, and more than nothing
SELECT E'a\t' < 'a ' AS less, E'a\t' > 'a' AS more, E'a\t' > 'a     ' AS more_still, E'\x01' > '  ' AS behind_empty;
SELECT 'a ' IN ('b', 'a  ') AS in_list, 'a' NOT IN ('b', 'a  ') AS not_in, 'a ' = ANY ('{x,a}'::varchar[]) AS any_array, 'a' <> ALL (ARRAY['b', 'a ']) AS all_array, 'a ' BETWEEN 'a' AND 'a' AS between,
  ('a ', 'b') = ('a', 'b  ') AS rows, ('a ', 'b') < ('a', 'b  ') AS rows_less, ('a ', 'b') <= ('a', 'b  ') AS rows_or_equal, 'a' IS DISTINCT FROM 'a ' AS different, NULLIF('a ', 'a') AS nothing,
  length(NULLIF('a ', 'b')) AS kept, CASE 'a ' WHEN 'b' THEN 1 WHEN 'a' THEN 2 END AS chosen, 'a ' = ANY (SELECT 'a') AS any_query, 'a' = ALL (SELECT 'a  ') AS all_query;
-- What does not compare sees them; names are left alone
SELECT length('a '), 'a ' LIKE 'a' AS like_all, 'a ' LIKE 'a%' AS like_start, 'a ' || 'b' AS joined, position(' ' IN 'a ') AS place, md5('a ') = md5('a') AS digest, 'pg_class'::name = 'pg_class '::text AS names;

-- Tables of both kinds
CREATE TABLE kinds (k int, v varchar(10) COLLATE "C", c char(4), t text COLLATE "C") USING heap;
INSERT INTO kinds VALUES (1, 'a', 'a', 'a '), (2, 'a ', 'b', 'b'), (3, 'b  ', 'b', 'a'), (4, '', '', '  '), (5, '  ', 'a', ''), (6, NULL, NULL, NULL), (7, E'a\t', 'c', 'c');
CREATE TABLE columns (LIKE kinds) USING redshift;
INSERT INTO columns SELECT * FROM kinds;
SELECT k, '[' || v || ']' AS kept, length(v) FROM columns ORDER BY v, k;
SELECT k FROM kinds WHERE v = 'a' ORDER BY 1;
SELECT k FROM columns WHERE v = c ORDER BY 1;
SELECT k FROM columns WHERE v = t ORDER BY 1;
SELECT a.k, b.k FROM kinds a JOIN columns b ON a.v = b.t ORDER BY 1, 2;
SELECT a.k, b.k FROM kinds a FULL JOIN columns b ON a.v = b.c ORDER BY 1, 2;
SELECT count(*) FROM kinds NATURAL JOIN (SELECT v || ' ' AS v FROM columns) x;
SELECT rtrim(v), count(*), min(k) FROM columns GROUP BY v ORDER BY v;
SELECT rtrim(v), count(*) FROM kinds GROUP BY GROUPING SETS ((v), ()) ORDER BY v, 2;
SELECT count(DISTINCT v), count(DISTINCT c), count(DISTINCT t), count(*) FROM (SELECT DISTINCT v, c, t FROM columns) x;
SELECT DISTINCT ON (v) k FROM kinds ORDER BY v, k;
SELECT k, rank() OVER (ORDER BY v), count(*) OVER (PARTITION BY v), lag(k) OVER (PARTITION BY t ORDER BY k) FROM columns ORDER BY k;
SELECT rtrim(v) FROM kinds UNION SELECT t FROM columns ORDER BY 1;
SELECT rtrim(x.v) FROM (SELECT v FROM kinds INTERSECT SELECT t FROM columns) x ORDER BY 1;
SELECT rtrim(x.v) FROM (SELECT v FROM kinds EXCEPT SELECT t FROM columns) x ORDER BY 1;
SELECT k FROM kinds WHERE v IN (SELECT c FROM columns) ORDER BY 1;
SELECT k FROM kinds WHERE v NOT IN (SELECT t FROM columns WHERE t IS NOT NULL) ORDER BY 1;
SELECT k FROM columns x WHERE (SELECT count(*) FROM kinds y WHERE y.t = x.v) > 1 ORDER BY 1;
SELECT redshift.listagg(DISTINCT c || ' ', ',' ORDER BY c || ' ') AS listed, redshift.listagg_over(v, ',', true, 'asc, desc', v, k) AS distinct_only, redshift.listagg_over(k, ',', false, 'asc, desc', t, k) AS in_order, redshift.approximate_count_distinct(v) AS estimated FROM kinds;
WITH RECURSIVE longer(v, n) AS (SELECT 'a'::text, 1 UNION SELECT v || ' ', 1 FROM longer) SELECT count(*) FROM longer;

-- Statements that change rows
BEGIN;
UPDATE kinds SET k = kinds.k + 10 FROM columns WHERE kinds.v = columns.t AND columns.k = 1 RETURNING kinds.k, kinds.v = 'a  ' AS a;
DELETE FROM kinds WHERE t = 'a' RETURNING k;
MERGE INTO columns USING (VALUES ('a   '), ('new')) AS s (v) ON columns.v = s.v WHEN MATCHED AND t = 'a  ' THEN DELETE WHEN NOT MATCHED THEN INSERT (k, v) VALUES (100, s.v);
SELECT k FROM columns ORDER BY k;
ROLLBACK;
-- A unique index keeps what it takes for different, and ON CONFLICT asks it
CREATE TABLE keyed (v varchar(10) PRIMARY KEY, n int) USING heap;
INSERT INTO keyed VALUES ('a', 1), ('a ', 2);
INSERT INTO keyed VALUES ('a ', 3) ON CONFLICT (v) DO UPDATE SET n = excluded.n WHERE keyed.v = 'a';
SELECT '[' || v || ']' AS v, n FROM keyed ORDER BY n;
-- So do foreign keys, whose queries are PostgreSQL's
CREATE TABLE refers (v varchar(10)) USING heap;
INSERT INTO refers VALUES ('a  ');
ALTER TABLE refers ADD FOREIGN KEY (v) REFERENCES keyed ON DELETE CASCADE;
DELETE FROM refers;
ALTER TABLE refers ADD FOREIGN KEY (v) REFERENCES keyed ON DELETE CASCADE;
INSERT INTO refers VALUES ('a  ');
INSERT INTO refers VALUES ('a'), ('a ');
DELETE FROM keyed WHERE length(v) = 1;
SELECT '[' || v || ']' AS v FROM refers;
-- CHECK and the like are no queries
CREATE TABLE checked (v varchar(10) CHECK (v <> 'x')) USING heap;
INSERT INTO checked VALUES ('x ');
INSERT INTO checked VALUES ('x');
DROP TABLE checked, refers, keyed;

-- Functions: what is inlined, what is not, and kept plans
CREATE FUNCTION same(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE FUNCTION same_twice(a varchar, b varchar DEFAULT 'a ') RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT same(a, b) AND same(b, a)';
CREATE FUNCTION of_value(varchar) RETURNS SETOF int LANGUAGE sql STABLE AS 'SELECT k FROM kinds WHERE v = $1';
CREATE FUNCTION same_plpgsql(a varchar, b varchar) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN IF a = b THEN RETURN true; END IF; RETURN false; END';
PREPARE kept(varchar) AS SELECT k FROM kinds WHERE v = $1 AND same_twice(v) ORDER BY k;
SELECT same('a', 'a '), same_twice(b => 'x ', a => 'x'), same_twice('a'), same_plpgsql('a', 'a '), (SELECT count(*) FROM of_value('a  ')) AS of_value;
EXPLAIN (COSTS OFF, VERBOSE) SELECT same_twice(v) FROM kinds;
CREATE FUNCTION shorter(text) RETURNS int LANGUAGE sql IMMUTABLE AS $$SELECT CASE WHEN $1 = '' THEN 0 ELSE 1 END$$;
CREATE OR REPLACE FUNCTION shorter(text) RETURNS int LANGUAGE sql IMMUTABLE AS $$SELECT CASE WHEN $1 = '' THEN 0 ELSE 1 + shorter(substr($1, 2)) END$$;
SELECT DISTINCT shorter('a' || v || 'b') FROM kinds WHERE v IS NOT NULL ORDER BY 1;
DROP FUNCTION shorter;
EXECUTE kept('a');
SET redshift.dialect = postgresql;
SELECT same('a', 'a '), same_twice(b => 'x ', a => 'x'), same_twice('a'), same_plpgsql('a', 'a '), (SELECT count(*) FROM of_value('a  ')) AS of_value;
EXECUTE kept('a');
EXECUTE kept('a ');
SET redshift.dialect = redshift;
EXECUTE kept('a  ');
CREATE OR REPLACE FUNCTION same(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> $2';
EXECUTE kept('a  ');
SELECT same_plpgsql('a', 'a ');
DROP FUNCTION same_twice, same, same_plpgsql, of_value;

-- Views and policies follow the session that uses them, and are stored as they were written
CREATE VIEW groups AS SELECT rtrim(v) AS v, count(*) AS n FROM columns WHERE v IN ('a', 'b', '') GROUP BY columns.v;
CREATE MATERIALIZED VIEW kept_groups AS SELECT rtrim(v) AS v, count(*) AS n FROM columns GROUP BY columns.v;
SELECT pg_get_viewdef('groups');
SELECT * FROM groups ORDER BY 1;
SELECT * FROM kept_groups ORDER BY 1;
SET redshift.dialect = postgresql;
SELECT * FROM groups ORDER BY 1;
SET redshift.dialect = redshift;
CREATE ROLE blanks_reader;
GRANT SELECT ON kinds TO blanks_reader;
ALTER TABLE kinds ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_a ON kinds USING (v = 'a');
SET ROLE blanks_reader;
SELECT k FROM kinds ORDER BY k;
RESET ROLE;
DROP POLICY of_a ON kinds;
ALTER TABLE kinds DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON kinds FROM blanks_reader;
DROP ROLE blanks_reader;
DROP VIEW groups;
DROP MATERIALIZED VIEW kept_groups;

-- Indexes of text serve equalities as ranges, of which rows are looked at again
CREATE TABLE indexed (v varchar(20) COLLATE "C" PRIMARY KEY, p text, n int) USING heap;
CREATE INDEX indexed_pattern ON indexed (p text_pattern_ops);
INSERT INTO indexed SELECT 'key' || i || repeat(' ', i % 3), 'key' || i || repeat(' ', i % 2), i FROM generate_series(1, 5000) i;
INSERT INTO indexed VALUES ('', ' ', 0), ('key7', '', -1), (E'key7\t', E'key7\x01', -2), ('key7  !', 'key7 a', -3);
ANALYZE indexed;
EXPLAIN (COSTS OFF) SELECT n FROM indexed WHERE v = 'key7  ';
SELECT n FROM indexed WHERE v = 'key7  ' ORDER BY n;
EXPLAIN (COSTS OFF) SELECT n FROM indexed WHERE p = 'key7';
SELECT n FROM indexed WHERE p = 'key7' ORDER BY n;
SELECT n FROM indexed WHERE v = '  ';
SELECT n FROM indexed WHERE p = '  ' ORDER BY n;
EXPLAIN (COSTS OFF) SELECT k, n FROM kinds JOIN indexed ON indexed.v = 'key' || k || ' ';
SELECT k, n FROM kinds JOIN indexed ON indexed.v = 'key' || k || ' ' ORDER BY 1, 2;
SELECT k, n FROM kinds LEFT JOIN indexed ON indexed.p = kinds.c ORDER BY 1, 2;
DROP TABLE indexed;

-- The engine gives what PostgreSQL's executor gives: strings with blanks and control characters, in dictionaries and out of them
CREATE TABLE strings (id int, g int, v varchar(40) COLLATE "C", c char(8) COLLATE "C", t text COLLATE "C") USING redshift WITH (sortkey = 'v');
INSERT INTO strings
  SELECT i, i % 7, CASE WHEN i % 19 > 0 THEN part || CASE WHEN i % 3 = 0 THEN i % 500 || '' ELSE '' END || repeat(' ', h / 7 % 4) END, substr(translate(part, 'é', 'e'), 1, 8), part || repeat(' ', h / 29 % 3)
  FROM (SELECT i, i * 7919 % 10007 AS h, (ARRAY['', 'a', 'b', 'ab', E'a\t', E'a\tb', 'a b', E'a \t', 'é', 'éa', 'zz', E'\x01', E'\x1f', 'A', '!', 'a!', 'several words', 'several  words'])[i * 7919 % 10007 % 18 + 1] AS part FROM generate_series(1, 20000) i) x;
CREATE TABLE few (v varchar(20) COLLATE "C", n int) USING redshift;
INSERT INTO few VALUES ('a', 1), ('a ', 2), ('', 3), (' ', 4), (E'a\t ', 5), ('zz  ', 6), ('none', 7), (NULL, 8), ('éa ', 9);
ANALYZE strings, few;
EXPLAIN (COSTS OFF) SELECT v, count(DISTINCT t) FROM strings WHERE c = 'a' AND t <> '' GROUP BY v ORDER BY v;
EXPLAIN (COSTS OFF) SELECT count(*) FROM strings s JOIN few f ON s.v = f.v WHERE t NOT IN ('a', 'b', 'c');
EXPLAIN (COSTS OFF) SELECT rank() OVER (PARTITION BY v ORDER BY t) FROM strings;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT rtrim(v), count(*), sum(id) FROM strings GROUP BY v', 'SELECT rtrim(v), rtrim(t), c, count(*), sum(id) FROM strings GROUP BY v, t, c', 'SELECT g, rtrim(t), count(*) FROM strings GROUP BY GROUPING SETS ((g, t), (t), (g), ())',
  'SELECT g, count(DISTINCT v), count(DISTINCT c), count(DISTINCT t), count(DISTINCT (v, t)) FROM strings GROUP BY g', 'SELECT count(DISTINCT v) FILTER (WHERE g > 2), count(DISTINCT t) FROM strings',
  'SELECT count(*), sum(length(z.v) - length(rtrim(z.v))) * 0 FROM (SELECT DISTINCT v, t FROM strings) z', 'SELECT count(*) FROM (SELECT v FROM strings UNION SELECT t FROM strings) z',
  'SELECT count(*) FROM (SELECT v FROM strings INTERSECT SELECT v FROM few) z', 'SELECT count(*) FROM (SELECT t FROM strings EXCEPT SELECT v FROM few) z', 'SELECT count(*) FROM (SELECT t FROM strings EXCEPT ALL SELECT c FROM strings) z',
  'SELECT id, rank() OVER (ORDER BY v), dense_rank() OVER (PARTITION BY g ORDER BY t), count(*) OVER (PARTITION BY v, t), sum(id) OVER (PARTITION BY c ORDER BY v) FROM strings',
  'SELECT id, n FROM strings s JOIN few f ON s.v = f.v', 'SELECT id, n FROM strings s LEFT JOIN few f ON s.t = f.v AND s.id > f.n * 100', 'SELECT id, n FROM strings s FULL JOIN few f ON s.c = f.v', 'SELECT count(*), sum(a.id) FROM strings a JOIN strings b ON a.v = b.t AND a.g = b.g WHERE b.id < 100',
  'SELECT id FROM strings WHERE t IN (SELECT v FROM few)', 'SELECT id FROM strings WHERE v NOT IN (SELECT v FROM few WHERE v IS NOT NULL)', 'SELECT id FROM strings s WHERE NOT EXISTS (SELECT 1 FROM few f WHERE f.v = s.v AND f.n > 1)',
  'SELECT id FROM strings s WHERE id > (SELECT avg(id) FROM strings z WHERE z.t = s.t AND z.g < 3) AND id % 50 = 0', 'SELECT sum(CASE t WHEN ''a'' THEN 1 WHEN ''b '' THEN 2 WHEN '''' THEN 3 ELSE 4 END), count(nullif(v, t)) FROM strings',
  'SELECT id FROM strings WHERE v = t', 'SELECT id FROM strings WHERE v = c', 'SELECT id FROM strings WHERE v < t', 'SELECT id FROM strings WHERE v IS DISTINCT FROM t', 'SELECT id FROM strings WHERE (v, t) < (t, v)', 'SELECT rtrim(v), rtrim(t) FROM strings ORDER BY v DESC, t, c',
  'SELECT rtrim(v) FROM strings ORDER BY v LIMIT 100', 'SELECT rtrim(v), n FROM (SELECT v, count(*) AS n FROM strings GROUP BY v) z ORDER BY n DESC, v FETCH FIRST 10 ROWS WITH TIES', 'SELECT rtrim(min(v)), rtrim(max(v)), max(c) FROM strings']) q;
-- Zone maps: groups of two rows, from all pairs of these strings; what they let be skipped must have no match
CREATE TABLE zones (v varchar(300) COLLATE "C", n int) USING redshift WITH (sortkey = 'v');
CREATE TABLE zone_strings AS SELECT v FROM unnest(ARRAY['', '  ', 'a', 'a ', 'a   ', E'a\t', E'a\t ', E'a \t', 'a b', 'a!', E'\x01', E'\x1f ', 'b', 'é ', repeat('x', 250), repeat('x', 250) || ' ', repeat('x', 250) || E'\t ', repeat('x', 249) || '!']) v;
\o /dev/null
SELECT format('INSERT INTO zones VALUES (%L, 1), (%L, 2)', a.v, b.v) FROM zone_strings a, zone_strings b WHERE length(a.v) < 200 OR length(b.v) < 200 OR length(a.v) = length(b.v)
\gexec
\o
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT n FROM zones WHERE v = 'b  ';
CREATE FUNCTION wrong_counts() RETURNS TABLE (condition text, counted bigint, expected bigint) LANGUAGE plpgsql AS $$
DECLARE o text; c text;
BEGIN
  FOR o, c IN SELECT * FROM unnest(ARRAY['=', '<>', '<', '<=', '>', '>=']), (SELECT v FROM zone_strings UNION ALL SELECT v || ' ' FROM zone_strings) z LOOP
    condition := format('v %s %L', o, c);
    EXECUTE format('SELECT count(*) FROM zones WHERE v %s %L', o, c) INTO counted;
    EXECUTE format('SELECT count(*) FROM zones WHERE rtrim(v) COLLATE "C" OPERATOR(pg_catalog.%s) rtrim(%L)', o, c) INTO expected;
    IF counted <> expected THEN RETURN NEXT; END IF;
    condition := format('v = ANY (ARRAY[%L, ''none''])', c);
    EXECUTE format('SELECT count(*) FROM zones WHERE v = ANY (ARRAY[%L, ''none''])', c) INTO counted;
    EXECUTE format('SELECT count(*) FROM zones WHERE rtrim(v) = rtrim(%L)', c) INTO expected;
    IF counted <> expected THEN RETURN NEXT; END IF;
    condition := format('join with %L', c);
    EXECUTE format('SELECT count(*) FROM zones z JOIN (SELECT s.v FROM zone_strings s WHERE s.v = %L OFFSET 0) s ON z.v = s.v', c) INTO counted;
    EXECUTE format('SELECT count(*) FROM zones z, (SELECT s.v FROM zone_strings s WHERE rtrim(s.v) = rtrim(%L)) s WHERE rtrim(z.v) = rtrim(s.v)', c) INTO expected;
    IF counted <> expected THEN RETURN NEXT; END IF;
  END LOOP;
END $$;
SELECT * FROM wrong_counts();
VACUUM zones;
SELECT * FROM wrong_counts();
DROP FUNCTION wrong_counts, compare_engines;
DROP TABLE strings, few, kinds, columns, zones, zone_strings;
