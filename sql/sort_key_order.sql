-- Sort-key order as a property of plans: scans that give their rows in the order of the
-- sort key, whatever was written when, against the row executor on a copy in heap.
SET max_parallel_workers_per_gather = 0;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		RETURN NEXT line;
	END LOOP;
END $$;

-- The rows of a query and their order, in the table and in its copy, the engine on and off.
CREATE FUNCTION pg_temp.compare(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	ours text;
	rows text;
	heap text;
	line text;
	ordered text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		ordered := ordered || coalesce(' ' || substring(line from '(Ordered Scan Backward|Ordered Scan|Group Aggregate|Sort$|Merge [A-Za-z ]*Join|Merge Join)'), '');
	END LOOP;
	EXECUTE 'SELECT string_agg(x::text, chr(10)) FROM (' || query || ') x' INTO ours;
	SET LOCAL redshift.enable_vector = off;
	EXECUTE 'SELECT string_agg(x::text, chr(10)) FROM (' || query || ') x' INTO rows;
	SET LOCAL redshift.enable_vector = on;
	EXECUTE 'SELECT string_agg(x::text, chr(10)) FROM (' || regexp_replace(query, '\mkeyed', 'plain', 'g') || ') x' INTO heap;
	RETURN CASE WHEN ours IS DISTINCT FROM rows THEN 'ENGINE DIFFERS' WHEN ours IS DISTINCT FROM heap THEN 'HEAP DIFFERS'
		ELSE 'same' END || ',' || ordered || ' | ' || query;
END $$;

CREATE TABLE plain (a int, b int, c text COLLATE "C", v int);
CREATE TABLE keyed (LIKE plain) USING redshift WITH (sortkey = 'a, b, c');

-- Groups that follow each other, that touch, and that overlap; NULLs; rows not yet sorted
INSERT INTO plain SELECT g, g % 7, 'x' || g % 11, g FROM generate_series(1, 4000) g;
INSERT INTO keyed SELECT * FROM plain;
BEGIN;
INSERT INTO keyed SELECT g, g % 5, 'y' || g % 3, -g FROM generate_series(4000, 9000) g;
INSERT INTO plain SELECT g, g % 5, 'y' || g % 3, -g FROM generate_series(4000, 9000) g;
COMMIT;
ANALYZE keyed;
SELECT * FROM pg_temp.plan_of('SELECT a, b FROM keyed ORDER BY a LIMIT 3');
SELECT * FROM pg_temp.plan_of('SELECT a, b, v FROM keyed ORDER BY a DESC, b DESC');
SELECT * FROM pg_temp.plan_of('SELECT a, count(*) FROM keyed GROUP BY a ORDER BY a');
SELECT * FROM pg_temp.plan_of('SELECT DISTINCT a, b FROM keyed ORDER BY a, b');
SELECT * FROM pg_temp.plan_of('SELECT a, rank() OVER (PARTITION BY a ORDER BY b) FROM keyed');
-- Not in the sort key's order
SELECT * FROM pg_temp.plan_of('SELECT a, b FROM keyed ORDER BY b, a');
SELECT * FROM pg_temp.plan_of('SELECT a FROM keyed ORDER BY a NULLS FIRST');

CREATE TABLE queries (n int GENERATED ALWAYS AS IDENTITY, query text);
INSERT INTO queries (query) VALUES
	('SELECT a FROM keyed ORDER BY a'),
	('SELECT a FROM keyed ORDER BY a DESC'),
	('SELECT a, b FROM keyed ORDER BY a, b'),
	('SELECT a, b, c FROM keyed ORDER BY a, b, c'),
	('SELECT a, b, c FROM keyed ORDER BY a DESC, b DESC, c DESC'),
	('SELECT a, b FROM keyed ORDER BY a, b LIMIT 7'),
	('SELECT a, b FROM keyed ORDER BY a DESC, b DESC LIMIT 7 OFFSET 3'),
	('SELECT a, b FROM keyed ORDER BY a, b OFFSET 8999'),
	('SELECT a FROM keyed WHERE v > 100 AND b = 3 ORDER BY a DESC LIMIT 5'),
	('SELECT b, c FROM keyed WHERE a = 42 ORDER BY b, c'),
	('SELECT c FROM keyed WHERE a = 42 AND b = 0 ORDER BY c DESC'),
	('SELECT a, count(*), sum(v), min(c), max(b) FROM keyed GROUP BY a ORDER BY a'),
	('SELECT a, b, count(*), sum(v) FROM keyed GROUP BY a, b ORDER BY a, b'),
	('SELECT a, count(*) FROM keyed GROUP BY a HAVING count(*) > 1 ORDER BY a DESC'),
	('SELECT DISTINCT a FROM keyed ORDER BY a'),
	('SELECT DISTINCT a, b FROM keyed ORDER BY a DESC, b DESC'),
	('SELECT DISTINCT ON (a) a, b, c FROM keyed ORDER BY a, b, c'),
	('SELECT a, b, rank() OVER (PARTITION BY a ORDER BY b) FROM keyed ORDER BY a, b'),
	('SELECT min(a), max(a) FROM keyed WHERE v % 3 = 1'),
	('SELECT min(a) FROM keyed WHERE b = 4'),
	('SELECT max(a) FROM keyed WHERE b = 4'),
	('SELECT a FROM keyed WHERE a IS NULL ORDER BY a'),
	('SELECT a, b FROM keyed WHERE a IS NULL ORDER BY a DESC, b DESC'),
	('SELECT x.a, y.n FROM (SELECT a FROM keyed ORDER BY a LIMIT 20) x, LATERAL (SELECT count(*) AS n FROM keyed k WHERE k.a <= x.a) y');
SELECT pg_temp.compare(query) FROM queries ORDER BY n;
INSERT INTO keyed VALUES (NULL, 1, 'n', 1), (NULL, NULL, 'm', 2), (17, NULL, NULL, 3), (-5, 2, 'neg', 4);
INSERT INTO plain VALUES (NULL, 1, 'n', 1), (NULL, NULL, 'm', 2), (17, NULL, NULL, 3), (-5, 2, 'neg', 4);
SELECT pg_temp.compare(query) FROM queries ORDER BY n;
DELETE FROM keyed WHERE a % 3 = 0 OR a BETWEEN 3990 AND 4100; DELETE FROM plain WHERE a % 3 = 0 OR a BETWEEN 3990 AND 4100;
UPDATE keyed SET a = a - 2000 WHERE v % 5 = 0; UPDATE plain SET a = a - 2000 WHERE v % 5 = 0;
UPDATE keyed SET a = NULL WHERE v % 41 = 0; UPDATE plain SET a = NULL WHERE v % 41 = 0;
SELECT pg_temp.compare(query) FROM queries ORDER BY n;
SET redshift.vector_rows = 3;
SELECT pg_temp.compare(query) FROM queries ORDER BY n;
RESET redshift.vector_rows;

-- More overlapping groups than are merged: the others are sorted
BEGIN;
DO $$ BEGIN FOR i IN 1..12 LOOP
	INSERT INTO keyed SELECT g * 3 + i, g % 4, 'z' || i, g FROM generate_series(1, 300) g;
	INSERT INTO plain SELECT g * 3 + i, g % 4, 'z' || i, g FROM generate_series(1, 300) g;
END LOOP; END $$;
COMMIT;
SET work_mem = '64kB';
SELECT pg_temp.compare(query) FROM queries ORDER BY n;
RESET work_mem;

-- What is written between PREPARE and EXECUTE
CREATE TABLE later (a int, b int) USING redshift WITH (sortkey = 'a');
INSERT INTO later SELECT g, g FROM generate_series(1, 20000) g;
ANALYZE later;
SET plan_cache_mode = force_generic_plan;
PREPARE ordered AS SELECT count(*), count(*) FILTER (WHERE a < before) AS wrong FROM
	(SELECT a, lag(a) OVER (ORDER BY a) AS before FROM later) x;
PREPARE groups AS SELECT count(*) FROM (SELECT a, count(*) FROM later GROUP BY a) x;
PREPARE first AS SELECT a, b FROM later ORDER BY a LIMIT 2;
SET enable_hashagg = off;
EXPLAIN (COSTS OFF) EXECUTE ordered;
EXPLAIN (COSTS OFF) EXECUTE groups;
EXECUTE ordered; EXECUTE groups; EXECUTE first;
INSERT INTO later SELECT 20001 - g, -g FROM generate_series(1, 20000) g;
INSERT INTO later VALUES (-1, 0), (NULL, 0), (10000, 1);
EXECUTE ordered; EXECUTE groups; EXECUTE first;
UPDATE later SET a = 30000 - a WHERE b < -15000;
DELETE FROM later WHERE a < 2;
EXECUTE ordered; EXECUTE groups; EXECUTE first;
-- Within a transaction, before and after its own changes, and in a cursor opened before them
BEGIN;
DECLARE c NO SCROLL CURSOR FOR SELECT a FROM later ORDER BY a;
FETCH 1 FROM c;
INSERT INTO later VALUES (-7, 0);
FETCH 2 FROM c;
EXECUTE first;
ROLLBACK;
EXECUTE first;
-- The sort key changes, without a rewrite
ALTER TABLE later SET (sortkey = 'b');
EXECUTE ordered;
SELECT count(*) FILTER (WHERE b < before) AS wrong FROM (SELECT b, lag(b) OVER (ORDER BY b) AS before FROM later) x;
ALTER TABLE later SET (sortkey = 'a, b');
SELECT count(*) FILTER (WHERE (a, b) < (before, b_before)) AS wrong FROM
	(SELECT a, b, lag(a) OVER w AS before, lag(b) OVER w AS b_before FROM later WINDOW w AS (ORDER BY a, b)) x;
ALTER TABLE later SET (sortstyle = interleaved);
EXECUTE ordered;
RESET enable_hashagg;
RESET plan_cache_mode;
DEALLOCATE ALL;
-- The engine does not run these: no ordered scan may be left to the executor
BEGIN;
DECLARE s SCROLL CURSOR FOR SELECT a FROM keyed ORDER BY a;
FETCH 2 FROM s;
FETCH BACKWARD 1 FROM s;
COMMIT;
SELECT a FROM keyed WHERE a > 100 ORDER BY a LIMIT 1 FOR UPDATE;
SELECT a FROM (SELECT a FROM keyed WHERE a > 100 ORDER BY a LIMIT 1 FOR UPDATE) x;
SET redshift.enable_vector = off;
SELECT * FROM pg_temp.plan_of('SELECT a FROM keyed ORDER BY a LIMIT 1');
RESET redshift.enable_vector;
UPDATE keyed SET v = 0 WHERE a = (SELECT a FROM keyed WHERE a > 100 ORDER BY a LIMIT 1) RETURNING a;
UPDATE plain SET v = 0 WHERE a = (SELECT a FROM plain WHERE a > 100 ORDER BY a LIMIT 1);

-- Types, and text under other collations
CREATE FUNCTION pg_temp.types(type text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	wrong bigint;
	n bigint;
	plan text := '';
	line text;
BEGIN
	EXECUTE 'DROP TABLE IF EXISTS typed';
	EXECUTE format('CREATE TABLE typed (k %s, n int) USING redshift WITH (sortkey = ''k'')', type);
	EXECUTE format('INSERT INTO typed SELECT %s, g FROM generate_series(1, 3000) g', value);
	EXECUTE format('INSERT INTO typed SELECT %s, g FROM generate_series(1500, 5000) g', value);
	EXECUTE 'INSERT INTO typed VALUES (NULL, 0)';
	EXECUTE 'ANALYZE typed';
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT k FROM typed ORDER BY k LIMIT 1' LOOP
		plan := plan || coalesce(substring(line from 'Ordered Scan'), '');
	END LOOP;
	EXECUTE 'SELECT count(*), count(*) FILTER (WHERE k < before OR before IS NULL AND i > 1) FROM (SELECT k, lag(k) OVER (ORDER BY k) AS before, row_number() OVER (ORDER BY k) AS i FROM typed) x'
		INTO n, wrong;
	RETURN type || ': ' || n || ' rows, ' || wrong || ' wrong ' || plan;
END $$;
SET client_min_messages = warning;
SELECT pg_temp.types(type, value) FROM (VALUES
	('smallint', 'g'), ('bigint', '-g::bigint << 33'), ('numeric(12,2)', 'g / 8.0'), ('numeric', 'g / 7.0'),
	('numeric', 'CASE g % 100 WHEN 0 THEN numeric ''NaN'' WHEN 1 THEN ''-Infinity'' ELSE -g END'),
	('real', 'sin(g)'), ('float8', 'CASE g % 9 WHEN 0 THEN float8 ''NaN'' WHEN 1 THEN ''-0'' WHEN 2 THEN 0 ELSE cos(g) END'),
	('date', 'date ''2020-01-01'' + g'), ('timestamptz', 'timestamptz ''2020-01-01Z'' + g * interval ''1 hour'''),
	('boolean', 'g % 3 = 0'), ('uuid', 'md5(g::text)::uuid'), ('bytea', 'decode(md5(g::text), ''hex'')'),
	('text COLLATE "C"', 'repeat(''long'', g % 40) || md5(g::text)'), ('text COLLATE "C"', 'CASE g % 3 WHEN 0 THEN '''' ELSE g::text END'),
	('varchar(9) COLLATE "C"', 'left(md5(g::text), g % 9)'), ('char(9) COLLATE "C"', 'left(md5(g::text), g % 9)'),
	('text COLLATE "en-x-icu"', 'md5(g::text)'), ('interval', 'g * interval ''1 hour''')) t (type, value);
DROP TABLE typed;

-- Merge joins: duplicates on both sides, NULLs, conditions beside the keys, sides that end early
CREATE TABLE keyed_b (k bigint, a smallint, c text COLLATE "C", w int) USING redshift WITH (sortkey = 'k, c');
CREATE TABLE plain_b (LIKE keyed_b);
INSERT INTO plain_b SELECT g / 3, g % 7, 'x' || g % 11, g FROM generate_series(1, 2500) g;
INSERT INTO plain_b SELECT 77, g % 5, 'y' || g % 4, g FROM generate_series(1, 300) g;
INSERT INTO plain_b VALUES (NULL, 1, 'n', 1), (NULL, 2, NULL, 2), (17, NULL, NULL, 3), (-5, 2, 'neg', 4), (20000, 1, 'far', 5);
INSERT INTO keyed_b SELECT * FROM plain_b;
CREATE TABLE empty (k bigint) USING redshift WITH (sortkey = 'k');
INSERT INTO keyed SELECT 77, g % 3, 'x1', g FROM generate_series(1, 40) g; INSERT INTO plain SELECT 77, g % 3, 'x1', g FROM generate_series(1, 40) g;
ANALYZE keyed_b, empty;
TRUNCATE queries;
INSERT INTO queries (query) SELECT replace(query, 'KIND', kind) FROM
	unnest(ARRAY['', 'LEFT', 'RIGHT', 'FULL']) kind,
	unnest(ARRAY[
		'SELECT count(*), sum(v), sum(w), sum(a.a), sum(k), min(b.c), max(a.c) FROM keyed a KIND JOIN keyed_b b ON a.a = k',
		'SELECT count(*), sum(v), sum(w), sum(a.a), sum(k), min(b.c), max(a.c) FROM keyed_b b KIND JOIN keyed a ON a.a = k',
		'SELECT count(*), sum(v), sum(w), sum(hashtext(b.c)) FROM keyed a KIND JOIN keyed_b b ON a.a = k AND v <> w + 1',
		'SELECT count(*), sum(v), sum(w) FROM keyed a KIND JOIN (SELECT * FROM keyed_b WHERE w % 3 > 0) b ON a.a = k AND a.c = b.c',
		'SELECT count(*), sum(v), sum(k) FROM keyed a KIND JOIN empty ON a.a = k',
		'SELECT count(*), sum(v), sum(k) FROM empty KIND JOIN keyed a ON a.a = k']) query
	WHERE kind <> 'FULL' OR query NOT LIKE '%<>%';
INSERT INTO queries (query) VALUES
	('SELECT a.a, w FROM keyed a LEFT JOIN keyed_b b ON a.a = k AND v < w AND w < 60 WHERE a.a BETWEEN 70 AND 80 ORDER BY a.a, w'),
	('SELECT a, count(w), count(*) FROM (SELECT a.a, w FROM keyed a LEFT JOIN keyed_b b ON a.a = k AND v < w) x GROUP BY a ORDER BY a'),
	('SELECT count(*), sum(v) FROM keyed a WHERE EXISTS (SELECT FROM keyed_b b WHERE k = a.a)'),
	('SELECT count(*), sum(v) FROM keyed a WHERE EXISTS (SELECT FROM keyed_b b WHERE k = a.a AND w > v)'),
	('SELECT count(*), sum(v) FROM keyed a WHERE NOT EXISTS (SELECT FROM keyed_b b WHERE k = a.a)'),
	('SELECT count(*), sum(v) FROM keyed a WHERE NOT EXISTS (SELECT FROM keyed_b b WHERE k = a.a AND w > v)'),
	('SELECT a.a FROM keyed a JOIN keyed_b b ON a.a = k ORDER BY a.a LIMIT 5'),
	('SELECT a.a FROM keyed a JOIN keyed_b b ON a.a = k ORDER BY a.a DESC LIMIT 5'),
	('SELECT count(*), sum(x.v + y.v) FROM keyed x JOIN keyed y ON x.a = y.a AND x.b = y.b AND x.c = y.c'),
	('SELECT count(*), sum(v), sum(h.w) FROM keyed a JOIN plain_b h ON a.a = h.k'),
	('SELECT count(*), sum(n) FROM keyed a JOIN (SELECT k, count(*) AS n FROM keyed_b GROUP BY k) b ON a.a = k');
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT * FROM pg_temp.plan_of('SELECT count(*) FROM keyed a JOIN keyed_b b ON a.a = k AND v < w');
SELECT pg_temp.compare(query) FROM queries ORDER BY n;
SET redshift.vector_rows = 3;
SELECT pg_temp.compare(query) FROM queries ORDER BY n;
RESET redshift.vector_rows;
SET work_mem = '64kB';
SELECT pg_temp.compare(query) FROM queries ORDER BY n;
RESET ALL;
DROP TABLE plain, keyed, plain_b, keyed_b, empty, later, queries;
