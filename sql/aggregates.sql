-- Every aggregate function runs in the vector engine and gives what PostgreSQL's executor gives.
CREATE TABLE f (id int, g int, x int, k bigint, s smallint, n numeric, y float8, r float4, d date, iv interval, b bool, t text COLLATE "C", u uuid, j jsonb) USING redshift;
INSERT INTO f SELECT i, nullif(i % 7, 3), (i * 7919) % 200, i % 11 * 1000000007::bigint, i % 100, CASE i % 5 WHEN 2 THEN NULL WHEN 4 THEN 1.50 ELSE (i % 40) / 8.0 END, i % 91 / 7.0,
  i % 13 / 4.0, date '2020-01-01' + i % 400, make_interval(days => i % 30), i % 3 = 0, 'word' || i % 50, md5((i % 20)::text)::uuid, jsonb_build_object('a', i % 3) FROM generate_series(1, 6000) i;
INSERT INTO f (id) VALUES (0), (-1);
CREATE TABLE nothing (g int, x int, t text) USING redshift;
ANALYZE f;

\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all

-- aggregates of users: strict and not, with and without initial values, finals that get more arguments, states of all kinds
CREATE FUNCTION remember(int, int) RETURNS int LANGUAGE plpgsql STRICT AS 'BEGIN RETURN CASE WHEN $2 = 13 THEN NULL ELSE greatest($1, $2) END; END';
CREATE AGGREGATE strict_first(int) (SFUNC = remember, STYPE = int);
CREATE FUNCTION count_nulls(bigint, anyelement) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 0) + ($2 IS NULL)::int';
CREATE AGGREGATE nulls_of(anyelement) (SFUNC = count_nulls, STYPE = bigint);
CREATE AGGREGATE gather(anycompatible) (SFUNC = array_append, STYPE = anycompatiblearray, INITCOND = '{}');
CREATE AGGREGATE gather_all(anycompatiblearray) (SFUNC = array_cat, STYPE = anycompatiblearray);
CREATE FUNCTION longest(text, text, VARIADIC text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
  'SELECT v FROM unnest($3 || $2 || $1) v WHERE v IS NOT NULL ORDER BY length(v) DESC, v COLLATE "C" LIMIT 1';
CREATE AGGREGATE longest_of(text, VARIADIC text[]) (SFUNC = longest, STYPE = text);
CREATE FUNCTION describe(numeric, int, int) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT coalesce($1::text, 'none') || coalesce($2::text, '!') || coalesce($3::text, '!')$$;
CREATE FUNCTION add_product(numeric, int, int) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 + $2::numeric * $3';
CREATE AGGREGATE sum_of_products(int, int) (SFUNC = add_product, STYPE = numeric, INITCOND = '0.0', FINALFUNC = describe, FINALFUNC_EXTRA);
CREATE FUNCTION add_pair(point, float8) RETURNS point LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT point($1[0] + 1, $1[1] + coalesce($2, 0))';
CREATE FUNCTION join_pairs(point, point) RETURNS point LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT point($1[0] + $2[0], $1[1] + $2[1])';
CREATE AGGREGATE count_and_sum(float8) (SFUNC = add_pair, STYPE = point, INITCOND = '(0,0)', COMBINEFUNC = join_pairs, PARALLEL = SAFE);
CREATE FUNCTION fail_at(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 0) + 1 / ($2 - 150)';
CREATE AGGREGATE failing(int) (SFUNC = fail_at, STYPE = int);

EXPLAIN (COSTS OFF) SELECT g, string_agg(t, ',' ORDER BY id), count(DISTINCT x), mode() WITHIN GROUP (ORDER BY s) FROM f GROUP BY g;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT g, strict_first(x), strict_first(x) FILTER (WHERE b), nulls_of(n), nulls_of(t), gather(id ORDER BY id), sum_of_products(x, s) FROM f GROUP BY g',
  'SELECT strict_first(x), nulls_of(n), gather(x), longest_of(t, t || 1, u::text), longest_of(t, VARIADIC ARRAY[t, NULL]), sum_of_products(x, s), count_and_sum(y) FROM f',
  'SELECT strict_first(x), nulls_of(x), gather(x), longest_of(t, t), sum_of_products(x, g) FROM nothing', 'SELECT g, gather(x) FROM nothing GROUP BY g',
  'SELECT g, gather_all(ARRAY[x, id] ORDER BY id) FROM f WHERE id < 200 GROUP BY g', 'SELECT failing(x) FROM f', 'SELECT failing(x) FILTER (WHERE x <> 150) FROM f',
  'SELECT g, string_agg(t, '','' ORDER BY id), array_agg(x ORDER BY id DESC), json_agg(s ORDER BY id), jsonb_object_agg(id, n) FROM f GROUP BY g',
  'SELECT string_agg(t, '','' ORDER BY t, id DESC), array_agg(id ORDER BY n NULLS FIRST, y DESC, id) FROM f WHERE id < 1000',
  'SELECT g, stddev(x), variance(n), stddev_pop(s), var_samp(k), corr(y, x), regr_slope(y, r), regr_r2(y, x), covar_pop(y, x), regr_count(y, n) FROM f GROUP BY g',
  'SELECT g, bit_and(x), bit_or(s), bit_xor(k), every(b), bit_and(x::bit(8)), sum(iv), avg(iv), min(iv), max(iv), sum(r), sum(x::money), max(ARRAY[x, s]), min(b::text) FROM f GROUP BY g',
  'SELECT bit_and(x), bit_or(s), bit_xor(k), bit_xor(x) FROM nothing, (SELECT 1::smallint AS s, 2::bigint AS k) z']) q;

-- DISTINCT and ORDER BY
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT count(DISTINCT x), sum(DISTINCT n), avg(DISTINCT y), count(DISTINCT t), max(DISTINCT x), count(DISTINCT (x, t)), count(DISTINCT j), count(DISTINCT u), count(DISTINCT b) FROM f',
  'SELECT g, count(DISTINCT x), sum(DISTINCT n), avg(DISTINCT y), count(DISTINCT t), min(DISTINCT t), count(DISTINCT j), sum(DISTINCT r), count(x) FROM f GROUP BY g',
  'SELECT g, array_agg(DISTINCT x), array_agg(DISTINCT n ORDER BY n DESC), string_agg(DISTINCT t, '';''), string_agg(DISTINCT t, '';'' ORDER BY t DESC), array_agg(DISTINCT b) FROM f GROUP BY g',
  'SELECT g, count(DISTINCT x) FILTER (WHERE y > 3), array_agg(DISTINCT x) FILTER (WHERE x < 20), sum(y ORDER BY id) FILTER (WHERE n > 2) FROM f GROUP BY g HAVING count(DISTINCT t) > 1',
  'SELECT count(DISTINCT x ORDER BY x DESC), sum(x ORDER BY t), max(t ORDER BY 100 / (s + 1)), sum(x ORDER BY 100 / s) FROM f',
  'SELECT regr_count(DISTINCT y, x), string_agg(DISTINCT t, t), corr(DISTINCT y, r) FROM f', 'SELECT count(DISTINCT x), array_agg(DISTINCT x) FROM nothing', 'SELECT g, count(DISTINCT x) FROM nothing GROUP BY g',
  'SELECT count(DISTINCT g), array_agg(DISTINCT g), array_agg(DISTINCT g ORDER BY g NULLS FIRST), array_agg(DISTINCT n) FROM f',
  'SELECT g, s, count(DISTINCT x), array_agg(id ORDER BY id) FROM f GROUP BY g, s ORDER BY s DESC, g',
  'SELECT g, array_agg(id ORDER BY nullif(k - 5000000035, 0) DESC, id), array_agg(id ORDER BY nullif(k - 5000000035, 0) NULLS FIRST, id), array_agg(id ORDER BY nullif(k % 5 - 2, 1) DESC NULLS LAST, id DESC) FROM f GROUP BY g',
  'SELECT array_agg(DISTINCT i), array_agg(DISTINCT i ORDER BY i DESC) FROM (SELECT CASE id % 4 WHEN 0 THEN 2147483647 WHEN 1 THEN -2147483648 WHEN 2 THEN 2147483646 ELSE id % 3 - 2147483647 END AS i FROM f) z']) q;

-- aggregates of one distinct value: groups of groups
EXPLAIN (COSTS OFF) SELECT g, count(DISTINCT x), avg(n) FROM f GROUP BY g HAVING count(*) > 1;
EXPLAIN (COSTS OFF) SELECT count(DISTINCT x) FROM f;
-- not two values, sums of floats, results that depend on order, or what cannot be combined
EXPLAIN (COSTS OFF) SELECT count(DISTINCT x), count(DISTINCT s) FROM f;
EXPLAIN (COSTS OFF) SELECT sum(DISTINCT y), array_agg(DISTINCT y) FROM f;
EXPLAIN (COSTS OFF) SELECT count(DISTINCT x), sum(y) FROM f;
EXPLAIN (COSTS OFF) SELECT count(DISTINCT x), count(DISTINCT x) FILTER (WHERE b), (SELECT max(x) FROM nothing WHERE nothing.g = f.g) FROM f GROUP BY g;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT count(DISTINCT x), sum(DISTINCT x), avg(DISTINCT x), min(DISTINCT x), bit_xor(DISTINCT x), count(*), count(n), sum(x), sum(k), sum(s), sum(n), avg(n), avg(k), avg(x), avg(s), min(t), max(d), bool_or(b), bit_xor(s) FROM f',
  'SELECT g, count(DISTINCT x), sum(DISTINCT x), avg(DISTINCT x), count(*), count(n), sum(x), sum(k), sum(n), avg(n), avg(k), avg(x), min(t), max(iv), every(b), bit_and(x) FROM f GROUP BY g',
  'SELECT count(DISTINCT x), sum(DISTINCT x), count(*), count(x), sum(x), sum(x::bigint), avg(x), max(t) FROM nothing', 'SELECT g, count(DISTINCT x), count(*), avg(x) FROM nothing GROUP BY g', 'SELECT count(DISTINCT x), count(*) FROM nothing HAVING count(*) > 0',
  'SELECT count(DISTINCT g), count(DISTINCT g) FILTER (WHERE true), count(*) FROM f', 'SELECT s, count(DISTINCT g), count(g) FROM f GROUP BY s', 'SELECT count(DISTINCT n), sum(DISTINCT n), sum(n), avg(n) FROM f WHERE n IS NULL', 'SELECT count(DISTINCT NULL::int), count(*) FROM f',
  'SELECT g, count(DISTINCT t) FILTER (WHERE x > 150), count(*) FILTER (WHERE b), count(*), avg(n) FILTER (WHERE b), sum(x) FILTER (WHERE x < 0) FROM f GROUP BY g', 'SELECT g, max(DISTINCT 100 / (s - 50)) FILTER (WHERE s > 50), count(*) FROM f GROUP BY g',
  'SELECT g, max(DISTINCT 100 / (s - 50)), count(*) FROM f GROUP BY g', 'SELECT x + 1, (x + 1) * 2, upper(t), count(DISTINCT id) + 1, rank() OVER (ORDER BY count(DISTINCT id), x + 1), sum(count(*)) OVER () FROM f GROUP BY x + 1, t HAVING count(DISTINCT id) > 1 AND x + 1 < 50',
  'SELECT DISTINCT g % 2, count(DISTINCT x) FROM f GROUP BY g', 'SELECT g, count(DISTINCT x) FROM f GROUP BY g ORDER BY count(DISTINCT x) DESC, sum(n), g LIMIT 3', 'SELECT count(DISTINCT a.x), count(*) FROM f a LEFT JOIN f b ON a.id = b.x WHERE b.b IS NOT TRUE',
  'WITH w AS (SELECT * FROM f WHERE b) SELECT g, count(DISTINCT x), count(*) FROM w WHERE s IN (SELECT s FROM w WHERE w.g = 2) GROUP BY g', 'SELECT a.g, (SELECT count(DISTINCT b.x + a.g) FROM f b WHERE b.g = a.g AND b.id < 500) FROM (VALUES (1), (2), (NULL), (50)) a(g)',
  'SELECT z.g, l.* FROM (VALUES (1), (5)) z(g), LATERAL (WITH w AS (SELECT * FROM f WHERE f.g = z.g) SELECT count(DISTINCT x + z.g), sum(x) FROM w WHERE EXISTS (SELECT FROM w v WHERE v.id = w.id + z.g)) l',
  'SELECT g, count(DISTINCT x) FROM f GROUP BY g HAVING count(DISTINCT x) > (SELECT 20)', 'SELECT count(DISTINCT x) FROM f LIMIT (SELECT 1)', 'SELECT sum(c) FROM (SELECT g, count(DISTINCT x) AS c FROM f GROUP BY g UNION ALL SELECT 1, count(DISTINCT x) FROM nothing) u',
  'SELECT count(DISTINCT x) FROM f WHERE id > (SELECT count(DISTINCT g) FROM f b WHERE b.s = f.s)', 'SELECT count(DISTINCT t COLLATE "C"), max(t) FROM f GROUP BY t COLLATE "C"', 'SELECT count(DISTINCT j), count(*) FROM f', 'SELECT count(DISTINCT random()) > 1 FROM f',
  'SELECT 1, ''a'', count(DISTINCT x) FROM f GROUP BY 1, 2', 'SELECT g, count(DISTINCT x) FROM f GROUP BY GROUPING SETS ((g), ())', 'SELECT count(DISTINCT x), min(x) FROM (SELECT x FROM f UNION ALL SELECT x FROM nothing) u']) q;

-- ordered-set and hypothetical-set aggregates
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT g, percentile_cont(0.3) WITHIN GROUP (ORDER BY y), percentile_disc(0.5) WITHIN GROUP (ORDER BY t), mode() WITHIN GROUP (ORDER BY x), percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY n) FROM f GROUP BY g',
  'SELECT percentile_cont(0.3) WITHIN GROUP (ORDER BY y), percentile_disc(0.3) WITHIN GROUP (ORDER BY y), percentile_cont(0.7) WITHIN GROUP (ORDER BY y), percentile_cont(ARRAY[0.1, NULL]) WITHIN GROUP (ORDER BY iv) FROM f',
  'SELECT g, rank(g) WITHIN GROUP (ORDER BY x), dense_rank(g * 3) WITHIN GROUP (ORDER BY x), cume_dist(5) WITHIN GROUP (ORDER BY x DESC), percent_rank(''word3'') WITHIN GROUP (ORDER BY t) FROM f GROUP BY g',
  'SELECT rank(5) WITHIN GROUP (ORDER BY x), rank(5, ''word2'') WITHIN GROUP (ORDER BY x, t), mode() WITHIN GROUP (ORDER BY g) FILTER (WHERE b) FROM f', 'SELECT percentile_cont(2) WITHIN GROUP (ORDER BY y) FROM f',
  'SELECT g, b, percentile_cont(g / 10.0) WITHIN GROUP (ORDER BY y) FROM f GROUP BY g, b ORDER BY b, g DESC', 'SELECT mode() WITHIN GROUP (ORDER BY x), rank(1) WITHIN GROUP (ORDER BY x) FROM nothing',
  'SELECT x, percentile_disc(0.5) WITHIN GROUP (ORDER BY id), count(*) FROM f GROUP BY x HAVING percentile_disc(0.5) WITHIN GROUP (ORDER BY id) > 2990']) q;

-- grouping sets
EXPLAIN (COSTS OFF) SELECT g, b, grouping(g, b), count(*) FROM f GROUP BY ROLLUP (g, b) ORDER BY g, b;
EXPLAIN (COSTS OFF) SELECT g, b, sum(x) FROM f GROUP BY CUBE (g, b) HAVING grouping(g) = 0;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT g, b, c, count(*), sum(x), sum(g), max(b::text), grouping(g), grouping(b, g), grouping(c, b, g) FROM (SELECT *, t AS c FROM f) f GROUP BY CUBE (g, b, c)', 'SELECT g, s, n, count(*), array_agg(id ORDER BY id) FROM f GROUP BY GROUPING SETS ((g, s), (s, n), (n), ())',
  'SELECT g, b, count(DISTINCT x), sum(DISTINCT n), string_agg(t, '''' ORDER BY id) FROM f GROUP BY ROLLUP (g, b)', 'SELECT g, b, g + 1, coalesce(g, -1), mode() WITHIN GROUP (ORDER BY x), rank(g) WITHIN GROUP (ORDER BY s) FROM f GROUP BY ROLLUP (g, b)',
  'SELECT g, count(*) FROM f GROUP BY GROUPING SETS ((g), (g), ())', 'SELECT count(*), sum(x) FROM f GROUP BY GROUPING SETS ((), ())',
  'SELECT g, b, count(*) FROM f GROUP BY g, ROLLUP (b, x % 3) HAVING count(*) > 100 OR grouping(b) = 1', 'SELECT x % 3, upper(t), avg(n), count(*) FILTER (WHERE b) FROM f GROUP BY CUBE (x % 3, upper(t)) HAVING avg(n) > 2',
  'SELECT g, x, count(*), sum(x) FROM nothing GROUP BY CUBE (g, x)', 'SELECT g, count(*), grouping(g) FROM nothing GROUP BY GROUPING SETS ((g), (), (), (g, x))', 'SELECT g, count(*) FROM nothing GROUP BY GROUPING SETS ((g), (x))', 'SELECT count(*) FROM nothing GROUP BY ROLLUP (g) HAVING count(*) = 0',
  'SELECT t, d, u, count(*) FROM f GROUP BY GROUPING SETS ((t, d), (u), (d))', 'SELECT g, sum(c) FROM (SELECT g, b, count(*) AS c FROM f GROUP BY CUBE (g, b)) z GROUP BY g', 'SELECT a.g, count(*), sum(b.x) FROM f a JOIN f b ON a.id = b.x GROUP BY ROLLUP (a.g, b.b)',
  'SELECT j, g, count(*) FROM f GROUP BY CUBE (j, g)', 'SELECT DISTINCT grouping(g), count(*) > 5 FROM f GROUP BY ROLLUP (g, x)']) q;
-- made of the finest set's groups, as no function shows how its states were combined; all together, in files, and by processes
CREATE TABLE fine (a int, b int, c smallint, t text COLLATE "C", n numeric, v numeric(12,2), k bigint, d date) USING redshift;
INSERT INTO fine SELECT nullif(i % 7, 3), i % 50, i % 3, 'w' || i % 9, round(i % 6, i % 4), i / 4.0, i % 900 * 1000000007::bigint, date '2020-01-01' + i % 40 FROM generate_series(1, 30000) i;
INSERT INTO fine SELECT i % 5 * 1000000000 - 2000000000, NULL, 7, NULL, 1e39, NULL, i, NULL FROM generate_series(1, 100) i;
ANALYZE fine;
CREATE VIEW queries AS SELECT unnest(ARRAY[
  'SELECT a, b, count(*), count(v), sum(v), avg(v), min(v), max(d), grouping(a, b) FROM fine GROUP BY ROLLUP (a, b)', 'SELECT a, b, c, sum(b), avg(k), bit_xor(b), bool_or(b > 40), min(t), grouping(c), grouping(b, a) FROM fine GROUP BY CUBE (a, b, c)',
  'SELECT t, a, sum(n), avg(n), sum(v) FILTER (WHERE b > 25), count(*) FILTER (WHERE d IS NULL) FROM fine GROUP BY CUBE (t, a)', 'SELECT n, c, count(*), sum(k) FROM fine GROUP BY ROLLUP (n, c)', 'SELECT k, b, count(*), sum(v), max(v) FROM fine GROUP BY CUBE (k, b) HAVING count(*) > 3',
  'SELECT a, b, count(*) FROM fine GROUP BY GROUPING SETS ((a, b), (b, a), (a), (b), (), ())', 'SELECT a, b, c, count(*) FROM fine GROUP BY GROUPING SETS ((a, b), (c))', 'SELECT a, b, min(n), max(n) FROM fine GROUP BY ROLLUP (a, b)', 'SELECT a, b, sum(v::float8) FROM fine GROUP BY ROLLUP (a, b)',
  'SELECT a, b, count(DISTINCT c), sum(v) FROM fine GROUP BY ROLLUP (a, b)', 'SELECT a + 1, b % 5, count(*), sum(a) FROM fine GROUP BY CUBE (a + 1, b % 5)', 'SELECT a, b, c, t, d, count(*) FROM fine GROUP BY CUBE (a, b, c, t, d)', 'SELECT a, b FROM fine GROUP BY ROLLUP (a, b)',
  'SELECT a, b, count(*), sum(v) FROM fine WHERE a > 100 AND b IS NOT NULL GROUP BY ROLLUP (a, b)', 'SELECT z.x, l.* FROM (VALUES (1), (2), (60)) z(x), LATERAL (SELECT a, c, count(*), sum(v) + z.x FROM fine WHERE fine.b = z.x GROUP BY ROLLUP (a, c)) l',
  'SELECT k % 2, count(*), sum(s) FROM (SELECT k, b, count(*), sum(v) AS s FROM fine GROUP BY CUBE (k, b)) q GROUP BY 1']) AS q;
SELECT compare_engines(q), q FROM queries;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT compare_engines(q), q FROM queries WHERE q ~ 'CUBE|ROLLUP \(n';
RESET work_mem;
RESET hash_mem_multiplier;
SET redshift.vector_rows = 7;
SELECT compare_engines(q) FROM queries WHERE q ~ 'ROLLUP';
RESET redshift.vector_rows;
DROP VIEW queries;
DROP TABLE fine;
SELECT g, b, grouping(g, b), count(*) FROM f WHERE id < 40 GROUP BY ROLLUP (g, b) ORDER BY g, b, grouping(g, b);
SELECT z.g, l.* FROM (VALUES (1), (99)) z(g), LATERAL (SELECT s, count(*), z.g + grouping(s) FROM f WHERE f.g = z.g AND f.id < 20 GROUP BY ROLLUP (s)) l ORDER BY 1, 2;
SET enable_hashagg = off;
EXPLAIN (COSTS OFF) SELECT g, b, x, count(*) FROM f GROUP BY ROLLUP (g, b), ROLLUP (x);
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT g, b, x, count(*), grouping(g, b, x) FROM f GROUP BY ROLLUP (g, b), ROLLUP (x)', 'SELECT g, b, count(*) FROM f GROUP BY ROLLUP (g, b)', 'SELECT g, sum(c) FROM (SELECT g, x, count(*) AS c FROM f GROUP BY g, x) z GROUP BY g',
  'SELECT g, array_agg(x) FROM (SELECT g, x FROM f ORDER BY g, x, id) z GROUP BY g']) q;
EXPLAIN (COSTS OFF) SELECT g, b, count(*) FROM f WHERE id BETWEEN 1 AND 40 AND g > 3 GROUP BY ROLLUP (g, b) ORDER BY g DESC NULLS LAST, b;
SELECT g, b, count(*) FROM f WHERE id BETWEEN 1 AND 40 AND g > 3 GROUP BY ROLLUP (g, b) ORDER BY g DESC NULLS LAST, b;
RESET enable_hashagg;

-- many groups, little memory
SET work_mem = '64kB';
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT id, string_agg(t, '','' ORDER BY x), percentile_cont(0.5) WITHIN GROUP (ORDER BY y), count(DISTINCT t), array_agg(DISTINCT x) FROM f GROUP BY id',
  'SELECT array_agg(id ORDER BY x, id), md5(string_agg(t, '','' ORDER BY id DESC)), mode() WITHIN GROUP (ORDER BY x) FROM f',
  'SELECT id, x, count(*), sum(DISTINCT n), string_agg(t, '','' ORDER BY id), stddev(x), gather(s ORDER BY id), grouping(id, x) FROM f GROUP BY CUBE (id, x)',
  'SELECT id, count(DISTINCT s), avg(x) FROM f GROUP BY id', 'SELECT count(DISTINCT id), sum(DISTINCT id), count(DISTINCT t) FROM f']) q;
RESET work_mem;

-- run again for other rows
SELECT z.g, l.* FROM (VALUES (1), (2), (NULL), (99)) z(g), LATERAL (SELECT string_agg(t, ',' ORDER BY id), mode() WITHIN GROUP (ORDER BY x), count(DISTINCT x), gather(s ORDER BY id) FROM f WHERE f.g = z.g AND f.id < 50) l;

-- parallel, through functions that combine states
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT g, stddev(n), count_and_sum(x) FROM f GROUP BY g;
SELECT compare_engines(q), q FROM unnest(ARRAY['SELECT g, stddev(x), variance(n), max(iv), sum(iv), count_and_sum(x), bit_xor(k), bit_and(s), regr_count(y, x), round(corr(y, x)::numeric, 8) FROM f GROUP BY g',
  'SELECT stddev(x), variance(n), count_and_sum(x), avg(iv), round(regr_slope(y, x)::numeric, 8) FROM f', 'SELECT count_and_sum(x), stddev(x), max(NULL::interval) FROM nothing', 'SELECT g, array_agg(x ORDER BY id), stddev(x) FROM f GROUP BY g',
  'SELECT count(DISTINCT x), avg(n), count(*) FROM f', 'SELECT g, count(DISTINCT t), sum(x), sum(n), count(*) FROM f GROUP BY g', 'SELECT count(DISTINCT x), avg(x), count(*) FROM nothing']) q;

-- privileges, of the user and of the aggregate's owner
CREATE ROLE redshift_aggregates;
GRANT SELECT ON f TO redshift_aggregates;
REVOKE EXECUTE ON FUNCTION strict_first(int) FROM public;
ALTER AGGREGATE sum_of_products(int, int) OWNER TO redshift_aggregates;
REVOKE EXECUTE ON FUNCTION describe(numeric, int, int) FROM public;
SELECT sum_of_products(x, s) FROM f;
SET ROLE redshift_aggregates;
SELECT strict_first(x) FROM f;
SELECT nulls_of(x) FROM f;
RESET ROLE;
DROP AGGREGATE strict_first(int);
DROP AGGREGATE nulls_of(anyelement);
DROP AGGREGATE gather(anycompatible);
DROP AGGREGATE gather_all(anycompatiblearray);
DROP AGGREGATE longest_of(text, VARIADIC text[]);
DROP AGGREGATE sum_of_products(int, int);
DROP AGGREGATE count_and_sum(float8);
DROP AGGREGATE failing(int);
DROP TABLE f, nothing;
DROP FUNCTION compare_engines(text), remember(int, int), count_nulls(bigint, anyelement), longest(text, text, text[]), describe(numeric, int, int), add_product(numeric, int, int), add_pair(point, float8),
  join_pairs(point, point), fail_at(int, int);
DROP ROLE redshift_aggregates;
