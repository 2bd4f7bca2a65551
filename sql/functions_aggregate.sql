-- Redshift's aggregates: by the engine, by PostgreSQL's executor, and in two steps.
CREATE TABLE agg_values (id int, g int, i2 smallint, i int, b bigint, n numeric(8,2), r real, f float8, v varchar(20), d date,
	ts timestamp, bo boolean) USING redshift;
INSERT INTO agg_values SELECT k, k % 7, k % 100, k, k * 1000003::bigint, (k % 977) / 3.0, k / 4.0, k / 7.0,
	CASE WHEN k % 5 = 0 THEN NULL WHEN k % 5 = 1 THEN '' ELSE 'v' || k % 13 END, date '2020-01-01' + k % 50,
	timestamp '2020-01-01' + k * interval '1 minute', k % 3 = 0 FROM generate_series(1, 40000) AS k;
ANALYZE agg_values;

-- The manual's median, in the middle of dates and times, too.
SELECT redshift.median(x::int), redshift.median(x::numeric(5,2)) AS numeric, redshift.median(x::float8) AS float, redshift.median(x::smallint) AS smallint,
	redshift.median(date '2020-01-01' + x::int) AS date, redshift.median(timestamp '2020-01-01' + x * interval '1 hour') AS time
	FROM (VALUES (10), (10), (30), (20), (20), (10), (15), (20), (NULL)) AS v(x);
SELECT redshift.median(x) AS none, redshift.percentile_cont(0.5, x) AS none, redshift.percentile_disc(0.5, x) AS none, redshift.any_value(x) AS none,
	redshift.listagg(x) AS none, redshift.avg(x) AS none, redshift.sum(x) AS none, redshift.hll(x) AS none, redshift.stddev(x) AS none
	FROM (VALUES (NULL::int)) AS v(x);
SELECT p, redshift.percentile_cont(p, x) AS cont, redshift.percentile_cont(p, x, true) AS cont_desc, redshift.percentile_disc(p, x) AS disc,
	redshift.percentile_disc(p, x, true) AS disc_desc, redshift.approximate_percentile_disc(p, x::text) AS text
	FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) AS v(x), (VALUES (0), (0.1), (0.25), (0.6), (0.9), (1)) AS f(p)
	GROUP BY p ORDER BY p;
SELECT redshift.median(x) AS day, redshift.percentile_cont(1, x) AS most FROM (VALUES (interval '1 hour'), ('1 day 23 hours')) AS v(x);
SELECT redshift.percentile_cont(1.5, i) FROM agg_values;
SELECT redshift.percentile_cont(0.5, v) FROM agg_values;
SELECT redshift.median(d) FROM (VALUES ('infinity'::date), ('2020-01-01')) AS v(d);

-- Types: integers have an integer average, cut; others are double precision.
SELECT redshift.avg(x), pg_typeof(redshift.avg(x)) FROM (VALUES (1), (2)) AS v(x);
SELECT redshift.avg(-x::smallint), redshift.avg(-x::bigint), redshift.sum(x::smallint), redshift.sum(x::bigint) FROM (VALUES (1), (2), (2)) AS v(x);
SELECT pg_typeof(redshift.sum(i2)), pg_typeof(redshift.sum(i)), pg_typeof(redshift.sum(b)), pg_typeof(redshift.sum(n)), pg_typeof(redshift.sum(r)),
	pg_typeof(redshift.avg(b)), pg_typeof(redshift.avg(n)), pg_typeof(redshift.avg(r)), pg_typeof(redshift.stddev(i)), pg_typeof(redshift.var_pop(n)),
	pg_typeof(redshift.median(i)), pg_typeof(redshift.median(r)), pg_typeof(redshift.bit_and(bo)) FROM agg_values;
SELECT redshift.sum(x) FROM (VALUES (9223372036854775807), (1)) AS v(x);
SELECT redshift.avg(x) FROM (VALUES (9223372036854775807), (9223372036854775805)) AS v(x);
SELECT redshift.bit_and(i2), redshift.bit_or(i), redshift.bit_and(b), redshift.bit_and(bo), redshift.bit_or(bo), redshift.bit_or(NULL::boolean) IS NULL AS none
	FROM agg_values WHERE id < 4;
SELECT redshift.stddev(x), redshift.variance(x), redshift.stddev_pop(x), redshift.var_pop(x) FROM (VALUES (1), (2), (4)) AS v(x);
SELECT redshift.stddev(x) IS NULL AS one_row FROM (VALUES (1)) AS v(x);

-- LISTAGG: nulls and empty strings do not count.
SELECT redshift.listagg(x, ', ' ORDER BY x) AS ordered, redshift.listagg(DISTINCT x, ', ' ORDER BY x DESC) AS distinct, redshift.listagg(x ORDER BY x) AS plain,
	redshift.listagg(x, NULL ORDER BY x) AS null_delimiter, redshift.listagg(length(x), '|' ORDER BY x) AS numbers
	FROM (VALUES ('b'), (''), ('a'), (NULL), ('b')) AS v(x);
SELECT redshift.listagg_over(x, ',', true, 'desc', y) AS distinct_by_another FROM (VALUES ('b', 1), ('a', 2), ('b', 3)) AS v(x, y);
SELECT redshift.listagg(x, ',') IS NULL AS all_skipped FROM (VALUES (''), (NULL)) AS v(x);
SELECT length(redshift.listagg('x' || repeat('y', 654), '')) FROM generate_series(1, 100);
SELECT redshift.listagg('x' || repeat('y', 655), '') FROM generate_series(1, 100);

-- HyperLogLog.
SELECT redshift.hll_create_sketch(x), redshift.hll(x) FROM (VALUES (NULL::int)) AS v(x);
SELECT redshift.hll_cardinality('{"version":1,"logm":15,"sparse":{"indices":[15099259,33107846,37891580,50065963],"values":[2,3,2,1]}}'),
	'{"logm":15,"sparse":{"indices":[14523,4878,9559],"values":[1,1,2]}}'::redshift.hllsketch;
SELECT redshift.hll_cardinality(redshift.hll_combine_sketches(a, b)), redshift.hll_cardinality(redshift.hll_combine_sketches(a, NULL)),
	redshift.hll_combine_sketches(NULL, NULL) IS NULL AS none
	FROM (SELECT redshift.hll_create_sketch(i) FILTER (WHERE i <= 3000) AS a, redshift.hll_create_sketch(i) FILTER (WHERE i BETWEEN 2000 AND 5000) AS b FROM agg_values) AS s;
-- Error of estimates, in per mille; a value's type does not matter for that.
SELECT n, abs(redshift.hll(k) * 1000.0 / n - 1000) <= 6 AS int, abs(redshift.hll(k::text) * 1000.0 / n - 1000) <= 12 AS text,
	abs(redshift.hll(k * 4294967297) * 1000.0 / n - 1000) <= 12 AS bigint, abs(redshift.hll(k / 8.0::numeric) * 1000.0 / n - 1000) <= 12 AS numeric
	FROM (VALUES (10), (1000), (6000), (20000), (60000)) AS v(n), generate_series(1, n) AS k GROUP BY n ORDER BY n;
-- Merging gives what all values at once give, sparse or dense, and through text.
SELECT redshift.hll_combine(s)::text = (SELECT redshift.hll_create_sketch(i) FROM agg_values)::text AS merged,
	redshift.hll_cardinality(redshift.hll_combine(s::text::redshift.hllsketch)) = (SELECT redshift.hll(i) FROM agg_values) AS through_text,
	min(octet_length(s::bytea)) AS least, max(octet_length(s::bytea)) AS most
	FROM (SELECT redshift.hll_create_sketch(i) AS s FROM agg_values GROUP BY CASE WHEN i < 100 THEN 0 ELSE g + 1 END) AS parts;
SELECT '{"logm":14,"sparse":{"indices":[],"values":[]}}'::redshift.hllsketch;
SELECT '{"logm":15,"sparse":{"indices":[67108864],"values":[1]}}'::redshift.hllsketch;
SELECT '{"logm":15,"sparse":{"indices":[1],"values":[]}}'::redshift.hllsketch;
SELECT '{"logm":15,"sparse":{"indices":[1,"x"],"values":[1,1]}}'::redshift.hllsketch;
SELECT '{"logm":15}'::redshift.hllsketch;
SELECT 'AAAA'::redshift.hllsketch;
SELECT redshift.hll(point(1, 2));

-- The engine runs them, and all ways give the same.
SET max_parallel_workers_per_gather = 0;
CREATE VIEW agg_all AS SELECT g, redshift.median(i) AS med, redshift.percentile_cont(0.3, n) AS cont, redshift.percentile_disc(0.3, v) AS disc, redshift.hll(b - 20000000000) AS hll,
	redshift.approximate_count_distinct(v) AS acd, redshift.any_value(g) AS any, redshift.avg(i) AS avg, redshift.sum(b) AS sum, redshift.avg(n) AS avgn,
	redshift.sum(r) AS sumr, redshift.bit_or(i2) AS bits, length(redshift.listagg(v, ',')) AS list, redshift.median(ts) AS ts FROM agg_values GROUP BY g;
EXPLAIN (COSTS OFF) SELECT * FROM agg_all;
CREATE TEMP TABLE engine AS SELECT * FROM agg_all;
SET redshift.enable_vector = off;
CREATE TEMP TABLE rowwise AS SELECT * FROM agg_all;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT * FROM agg_all;
CREATE TEMP TABLE parallel AS SELECT * FROM agg_all;
SET redshift.enable_vector = on;
EXPLAIN (COSTS OFF) SELECT * FROM agg_all;
CREATE TEMP TABLE parallel_engine AS SELECT * FROM agg_all;
SELECT * FROM engine ORDER BY g;
(TABLE engine EXCEPT TABLE rowwise) UNION ALL (TABLE rowwise EXCEPT TABLE parallel) UNION ALL (TABLE parallel EXCEPT TABLE parallel_engine)
	UNION ALL (TABLE parallel_engine EXCEPT TABLE engine);
DROP VIEW agg_all;
DROP TABLE agg_values;

-- An order by what is computed above.
SELECT max(k) FROM generate_series(1, 3) AS k ORDER BY 1;
