-- Correlated subqueries: as joins where that is the same, else evaluated row by row in the engine.
CREATE TABLE f (id int, g int, s int, n numeric(8,2), t text, v float8) USING redshift WITH (sortkey = 'id');
INSERT INTO f SELECT i, nullif(i % 7, 3), i % 40, (i % 300) / 4.0, 't' || i % 9, i / 3.0 FROM generate_series(1, 3000) i;
CREATE TABLE dim (g int, s int, w numeric(6,1), t text) USING redshift;
INSERT INTO dim VALUES (0, 1, 0.5, 't1'), (1, 1, 1.5, 't2'), (2, 2, NULL, 't2'), (2, 2, 2.5, 't3'), (NULL, 3, 9, NULL), (99, NULL, 1, 't1'), (5, 5, 40, 't4'), (6, 6, NULL, 't5');
CREATE TABLE heap_dim AS SELECT * FROM dim;
CREATE TABLE nothing (g int, s int, w numeric) USING redshift;
ANALYZE f, dim, heap_dim, nothing;

-- how a query runs, and whether it gives what PostgreSQL's executor gives
\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all

-- EXPLAIN names what is passed
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE n > (SELECT max(w) FROM dim WHERE dim.g < f.g + 1);
EXPLAIN (COSTS OFF, VERBOSE) SELECT g, sum(n) FROM f GROUP BY g HAVING count(*) > (SELECT count(*) FROM dim WHERE dim.w < max(f.v));
EXPLAIN (COSTS OFF) SELECT count(*) FROM f JOIN dim d ON f.g = d.g AND f.n > (SELECT max(w) FROM heap_dim h WHERE h.g + d.g > f.s);
EXPLAIN (COSTS OFF, FORMAT JSON) SELECT sum(CASE WHEN EXISTS (SELECT FROM dim WHERE dim.g <> f.g AND dim.w < f.n LIMIT 1) THEN 1 END) FROM f;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT count(*) FROM f WHERE n > (SELECT max(w) FROM dim WHERE dim.g < f.g + 1)', 'SELECT g, sum(n) FROM f GROUP BY g HAVING count(*) > (SELECT count(*) FROM dim WHERE dim.w < max(f.v))',
  'SELECT count(*) FROM f JOIN dim d ON f.g = d.g AND f.n > (SELECT max(w) FROM heap_dim h WHERE h.g + d.g > f.s)', 'SELECT sum(CASE WHEN EXISTS (SELECT FROM dim WHERE dim.g <> f.g AND dim.w < f.n LIMIT 1) THEN 1 END) FROM f',
  'SELECT f.id, d.t FROM f LEFT JOIN dim d ON f.g = d.g AND d.w > (SELECT avg(w) FROM heap_dim h WHERE h.t < f.t) WHERE f.id < 100',
  'SELECT g, (SELECT string_agg(t, '','' ORDER BY t) FROM dim WHERE dim.g <= f.g) FROM f GROUP BY g', 'SELECT t, sum((SELECT max(w) FROM dim WHERE dim.s > f.s)) FROM f GROUP BY t',
  'SELECT sum(n) FILTER (WHERE s > ALL (SELECT s FROM dim WHERE dim.g < f.g)) FROM f', 'SELECT count(*) FROM f WHERE (g, s) = ANY (SELECT g, s FROM heap_dim h WHERE h.w < f.n)',
  'SELECT count(*) FROM f WHERE ARRAY(SELECT s FROM dim WHERE dim.g < f.g ORDER BY s) = ARRAY[1, 1]', 'SELECT count(*) FROM f WHERE (SELECT (d.g, d.s) FROM dim d WHERE d.g < f.g ORDER BY d.s, d.g LIMIT 1) > (0, 0)',
  'SELECT g, max((SELECT count(*) FROM f b WHERE b.g < f.g AND b.id < (SELECT max(s) FROM dim WHERE dim.g <> b.g AND dim.s <> f.s))) FROM f WHERE id < 60 GROUP BY g',
  'SELECT count(*) FROM f WHERE id < 50 AND (SELECT w FROM dim WHERE dim.s = f.s OR f.id > 40) > 1', 'SELECT count(*) FROM f WHERE id < 20 AND (SELECT s / (f.id - 15) FROM heap_dim WHERE s = 5) > 0',
  'SELECT count(*) FROM f WHERE g NOT IN (SELECT g FROM dim WHERE g IS NOT NULL)', 'SELECT count(*) FROM f WHERE g NOT IN (SELECT g FROM dim)', 'SELECT count(*) FROM f WHERE (g, s) NOT IN (SELECT g, s FROM dim WHERE w IS NOT NULL)',
  'SELECT count(*) FROM f WHERE g NOT IN (SELECT g FROM nothing)', 'SELECT count(*) FROM f WHERE s NOT IN (SELECT s FROM dim WHERE dim.w > f.n AND s IS NOT NULL)', 'SELECT count(*) FROM f WHERE g IN (SELECT g FROM dim) OR s IN (SELECT s FROM dim WHERE s > 2)',
  'SELECT x.g, z.c FROM dim x, LATERAL (SELECT count(*) AS c, sum(n) FROM f WHERE f.g = x.g AND f.n < x.w) z', 'SELECT x.g, z.* FROM dim x LEFT JOIN LATERAL (SELECT t, max(n) FROM f WHERE f.g <= x.g AND f.s = x.s GROUP BY t) z ON z.max > x.w',
  'SELECT count(*) FROM f WHERE n < (SELECT avg(n) FROM f) AND s > (SELECT min(s) FROM dim WHERE g > (SELECT min(g) FROM heap_dim))']) q;
-- joins in their place: in the select list, under anything, by several columns, where no row is not NULL
EXPLAIN (COSTS OFF) SELECT id, (SELECT count(*) FROM dim WHERE dim.g = f.g AND f.s = dim.s) FROM f;
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE coalesce((SELECT sum(w) FROM dim WHERE dim.g = f.g), 1) > n OR s = 3;
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE t IN (SELECT t FROM dim WHERE dim.g = f.g);
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE t NOT IN (SELECT t FROM dim WHERE dim.g = f.g);
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE g NOT IN (SELECT g FROM dim);
ALTER TABLE dim ADD i int NOT NULL DEFAULT 7;
ALTER TABLE f ALTER id SET NOT NULL;
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE id NOT IN (SELECT i FROM dim);
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE id NOT IN (SELECT dim.i FROM heap_dim h LEFT JOIN dim USING (g));
-- not so: a row more could fail, limits, one row at most, its own grouping
EXPLAIN (COSTS OFF) SELECT count(*) FROM f WHERE 1 < (SELECT sum(1 / s) FROM dim WHERE dim.g = f.g);
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT id, (SELECT count(*) FROM dim WHERE dim.g = f.g AND f.s = dim.s) FROM f', 'SELECT id, (SELECT 2 + count(w) * 3 - coalesce(sum(w), 9) FROM dim WHERE dim.g = f.g) FROM f',
  'SELECT d.g, (SELECT count(*) FILTER (WHERE n > 70) FROM f WHERE f.g = d.g), (SELECT max(n) || min(t) FROM f WHERE d.g = f.g) FROM dim d', 'SELECT DISTINCT t, (SELECT bool_and(w > 2) FROM dim WHERE dim.t = f.t) FROM f ORDER BY 2, 1',
  'SELECT count(*) FROM f WHERE coalesce((SELECT sum(w) FROM dim WHERE dim.g = f.g), 1) > n OR s = 3', 'SELECT count(*) FROM f WHERE (SELECT sum(w) FROM dim WHERE dim.g = f.g) IS NULL', 'SELECT count(*) FROM f WHERE NOT (n > (SELECT min(w) FROM dim WHERE dim.g = f.g))',
  'SELECT count(*) FROM f WHERE 0 = (SELECT count(*) FROM dim WHERE dim.g = f.g)', 'SELECT count(*) FROM f WHERE (SELECT count(w) FROM dim WHERE dim.g = f.g) <> (SELECT count(*) FROM dim WHERE dim.g = f.g)',
  'SELECT f.id, d.t FROM f LEFT JOIN dim d ON f.g = d.g WHERE coalesce((SELECT max(n) FROM f x WHERE x.g = d.g), 0) < 74', 'SELECT id, (SELECT count(*) FROM dim WHERE dim.g = f.g) FROM f ORDER BY id LIMIT 5', 'SELECT g, (SELECT max(w) FROM dim WHERE dim.g = f.g) FROM f GROUP BY g',
  'SELECT id, (SELECT max(d.w) FROM dim d WHERE d.g = f.g AND d.s < (SELECT avg(s) FROM f b WHERE b.g = d.g)) FROM f', 'SELECT (SELECT sum(n) FROM f WHERE f.g = d.g) + (SELECT count(*) FROM f WHERE f.g = d.s) FROM dim d JOIN heap_dim h USING (g)',
  'SELECT (SELECT (SELECT count(*) FROM dim WHERE dim.g = h.g) + min(s) FROM f WHERE f.g = h.g) FROM heap_dim h', 'SELECT x.g, y.* FROM heap_dim x, LATERAL (SELECT count(*) FROM f WHERE f.g = x.g AND f.n > (SELECT min(w) FROM dim WHERE dim.g = f.g AND dim.s <> x.s)) y',
  'SELECT count(*) FROM f WHERE t IN (SELECT t FROM dim WHERE dim.g = f.g)', 'SELECT count(*) FROM f WHERE t NOT IN (SELECT t FROM dim WHERE dim.g = f.g)', 'SELECT count(*) FROM f WHERE (t, s) NOT IN (SELECT t, s FROM dim WHERE dim.g = f.g)', 'SELECT count(*) FROM f WHERE id NOT IN (SELECT i FROM dim)',
  'SELECT count(*) FROM f WHERE id NOT IN (SELECT dim.i FROM heap_dim h LEFT JOIN dim USING (g))', 'SELECT count(*) FROM f WHERE g NOT IN (SELECT g FROM nothing)', 'SELECT count(*) FROM f WHERE g NOT IN (SELECT g FROM dim WHERE g > 0) AND t NOT IN (SELECT t FROM dim WHERE t IS NOT NULL)',
  'SELECT count(*) FROM f LEFT JOIN dim d USING (g) WHERE d.i NOT IN (SELECT s FROM f b WHERE s < 7)', 'SELECT count(*) FROM dim WHERE g NOT IN (SELECT g FROM f WHERE f.t = dim.t) IS NOT TRUE', 'SELECT count(*) FROM f WHERE 1 < (SELECT sum(1 / (s - 3)) FROM dim WHERE dim.g = f.g)',
  'SELECT count(*) FROM f WHERE 1 < (SELECT sum(s) / (min(s) - 3) FROM dim WHERE dim.g = f.g AND dim.g IS NOT NULL)', 'SELECT count(*) FROM f WHERE n > (SELECT max(w) FROM dim WHERE dim.g = f.g GROUP BY t)', 'SELECT count(*) FROM f WHERE n > (SELECT max(w) FROM dim WHERE dim.g = f.g HAVING count(*) > 1)']) q;
-- parameters from outside
PREPARE q(int, numeric) AS SELECT count(*), sum(n) FROM f WHERE g = $1 AND n > (SELECT min(w) + $2 FROM dim WHERE dim.s < f.s);
SET plan_cache_mode = force_generic_plan;
EXECUTE q(1, 2);
EXECUTE q(2, 70);
EXECUTE q(NULL, 0);
RESET plan_cache_mode;
-- results that depend on columns farther out; DISTINCT ON; equalities under other collations than the groups'; NOT NULL that a child has dropped
CREATE COLLATION either_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE words (c text COLLATE "C", e text COLLATE either_case, x int) USING redshift;
INSERT INTO words SELECT w, w, i FROM generate_series(1, 2000) i, LATERAL (SELECT CASE WHEN i % 3 = 0 THEN chr(65 + i % 20) ELSE chr(97 + i % 20) END w) l;
CREATE TABLE parent (a int NOT NULL) USING redshift;
CREATE TABLE child () INHERITS (parent) USING redshift;
ALTER TABLE child ALTER a DROP NOT NULL;
INSERT INTO parent SELECT generate_series(1, 50);
INSERT INTO child VALUES (NULL);
ANALYZE words, parent, child;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT count(*) FROM f WHERE n < (SELECT avg(w) * f.s FROM dim WHERE dim.g = f.g)',
  'SELECT g, (SELECT max(d.w) + f.g FROM dim d WHERE d.s = f.s) FROM f WHERE id < 50',
  'SELECT count(*) FROM dim d WHERE EXISTS (SELECT FROM f WHERE f.g = d.g AND f.n < (SELECT avg(w) * d.s FROM dim e WHERE e.s = f.s))',
  'SELECT count(*) FROM f WHERE id IN (SELECT DISTINCT ON (g) x.id FROM f x WHERE x.s = f.s ORDER BY g, id)',
  'SELECT count(*) FROM f WHERE id NOT IN (SELECT DISTINCT ON (g) x.id FROM f x WHERE x.s = f.s ORDER BY g, id)',
  'SELECT count(*), sum(x) FROM words w WHERE x < (SELECT sum(x) / 50 FROM words v WHERE v.e = w.c COLLATE "C")',
  'SELECT count(*), sum(x) FROM words w WHERE x < (SELECT 20 * count(x) FROM words v WHERE v.c = w.e COLLATE either_case)',
  'SELECT count(*), sum(x) FROM words w WHERE x < (SELECT 20 * count(x) FROM words v WHERE v.c = w.c)',
  'SELECT count(*) FROM f WHERE id NOT IN (SELECT a FROM parent)',
  'SELECT count(*) FROM f WHERE id NOT IN (SELECT a FROM ONLY parent)',
  'SELECT count(*) FROM parent WHERE a NOT IN (SELECT id FROM f WHERE id < 20)'
  ]) q;
DROP TABLE words, child, parent;
DROP COLLATION either_case;
-- workers
SET parallel_setup_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT t, count(*) FROM f WHERE n > (SELECT max(w) FROM dim WHERE dim.g < f.g + 1) GROUP BY t']) q;
RESET parallel_setup_cost;
RESET min_parallel_table_scan_size;
DROP TABLE f, dim, heap_dim, nothing;
DROP FUNCTION compare_engines(text);
