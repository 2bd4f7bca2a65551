-- Redshift's precision and scale of decimals, under its dialect.
CREATE TABLE sales (id int, qty smallint, big bigint, pricepaid numeric(8,2), commission numeric(8,2), rate numeric(12,2), wide numeric(38,10),
	f4 real, f8 float8) USING redshift;
INSERT INTO sales VALUES (1, 3, 7, 20.00, 3.00, 1.15, 12345678901234567890.5, 0.5, 1), (2, 4, 9, 100.10, 15.02, 2.50, 1, 0.25, 3),
	(3, NULL, NULL, NULL, 1.00, NULL, NULL, NULL, NULL), (4, -3, -7, -20.00, 3.00, -1.15, -1, -0.5, -1);
ANALYZE sales;
CREATE FUNCTION pg_temp.types(query text) RETURNS TABLE (columns text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'CREATE TEMP TABLE described AS ' || query;
	RETURN QUERY SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = 'described'::regclass AND attnum > 0;
	DROP TABLE described;
END $$;

-- PostgreSQL's rules, while its dialect is set.
SELECT pricepaid / commission FROM sales WHERE id = 1;
SELECT pg_temp.types('SELECT pricepaid * rate AS p FROM sales');

SET redshift.dialect = redshift;

-- The manual's: DECIMAL(8,2) by DECIMAL(8,2) is DECIMAL(17,9); quotients are cut.
SELECT * FROM pg_temp.types('SELECT pricepaid / commission AS quotient, pricepaid * rate AS product, pricepaid + commission AS sum, pricepaid - rate AS difference,
	pricepaid % commission AS rest, -pricepaid AS minus, abs(pricepaid) AS abs FROM sales');
SELECT id, pricepaid / commission AS quotient, pricepaid * rate AS product, pricepaid + commission AS sum, pricepaid / qty AS by_int, qty / 2 AS int FROM sales ORDER BY id;
SELECT 20.00 / 3.00 AS literals, 2 / 3 AS ints, 2.0 / 3 AS by_int, 1::bigint / 3.0 AS big;
SELECT * FROM pg_temp.types('SELECT 20.00 / 3.00 AS literals, 0.5 + 1 AS sum, 1.50 AS literal, qty * 1.5 AS small, id * 1.5 AS int, big * 1.5 AS big,
	f4 * f4 AS f4, f4 * f8 AS f8, f4 * id AS fi, qty + qty AS i2, qty + id AS i4, id + big AS i8, pricepaid * f8 AS nf FROM sales');

SELECT * FROM pg_temp.types('SELECT round(pricepaid / 3, 2) AS r, redshift.round(rate) AS r0, redshift.trunc(pricepaid, 1) AS t, floor(rate) AS f, ceil(rate) / 3 AS c,
	round(rate, id) AS unknown, sign(pricepaid) AS sign, redshift.sign(rate) AS s, redshift.abs(rate) AS a FROM sales');
SELECT round(pricepaid / 3, 2) AS r, redshift.trunc(pricepaid, 1) AS t, round(28.05, 1) AS manual FROM sales WHERE id = 2;

-- 38 digits are all there are.
SELECT * FROM pg_temp.types('SELECT wide * wide AS product, wide / wide AS quotient, wide + wide AS sum, sum(pricepaid) / count(*) AS mean FROM sales WHERE id < 0 GROUP BY wide');
SELECT wide * wide FROM sales WHERE id = 1;
SELECT wide + 99999999999999999999999999::numeric(38,10) FROM sales WHERE id = 4;
SELECT 9999999999999999999999999999::numeric(28,0) + 9999999999999999999999999999999999999::numeric(38,0) AS fits;
SELECT 99999999999999999999999999999999999999::numeric(38,0) + 1;
SELECT 1.00 / 0.00;

-- Sums and averages.
SELECT sum(pricepaid), avg(pricepaid), avg(qty), redshift.avg(pricepaid) AS own, redshift.avg(qty) AS own_int, redshift.avg(big) AS own_big FROM sales;
SELECT * FROM pg_temp.types('SELECT sum(pricepaid) AS sum, avg(pricepaid) AS avg, min(rate) AS min, redshift.avg(qty) AS qty, redshift.avg(rate) AS rate,
	redshift.sum(rate) AS own FROM sales');
SELECT avg(x), pg_typeof(avg(x)) FROM (SELECT 2.50::numeric(5,2) AS x UNION ALL SELECT 3.75 UNION ALL SELECT 1.90) AS v;
SELECT id, avg(pricepaid) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS running, redshift.avg(qty) OVER () AS own FROM sales ORDER BY id;
SELECT qty / 2.0 AS half, sum(pricepaid) / 3 AS third FROM sales GROUP BY qty / 2.0 HAVING qty / 2.0 > -2 OR count(*) > 5 ORDER BY qty / 2.0;

-- Types go through subqueries, CTEs, set operations and alternatives.
SELECT * FROM pg_temp.types('WITH c AS (SELECT pricepaid * rate AS p FROM sales) SELECT p, p / 2 AS half, (SELECT max(p) FROM c) AS most FROM (SELECT p FROM c) AS s');
SELECT * FROM pg_temp.types('SELECT pricepaid FROM sales UNION ALL SELECT wide FROM sales');
SELECT pricepaid FROM sales WHERE id < 3 UNION SELECT id * 1.5 FROM sales WHERE id < 3 ORDER BY 1;
SELECT * FROM pg_temp.types('SELECT CASE WHEN id = 1 THEN pricepaid ELSE wide END AS c, coalesce(rate, 0.125) AS o, greatest(rate, wide) AS g, nullif(rate, 1) AS n FROM sales');
SELECT id, coalesce(rate, 0.125) AS o, CASE WHEN id = 2 THEN 1.5 ELSE NULL END AS c FROM sales ORDER BY id;
CREATE VIEW ratios AS SELECT pricepaid / commission AS ratio FROM sales;
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'ratios'::regclass;
PREPARE by_parameter(numeric) AS SELECT pricepaid / $1 AS quotient FROM sales WHERE id = 1;
EXECUTE by_parameter(3);
WITH RECURSIVE r(n) AS (SELECT 1.0 UNION ALL SELECT n / 2 FROM r WHERE n > 0.2) SELECT * FROM r;
UPDATE sales SET rate = pricepaid / commission WHERE id = 1;
SELECT rate FROM sales WHERE id = 1;

-- The engine divides as the function does, and knows the aggregates that ours become.
INSERT INTO sales SELECT k, k % 30000, k * 1000003::bigint, (k % 99999) / 7.0, 1 + k % 877, k % 997 - 500, k * 123456789.5, k, k FROM generate_series(5, 20000) AS k;
ANALYZE sales;
EXPLAIN (VERBOSE, COSTS OFF) SELECT redshift.avg(big), redshift.avg(qty), redshift.sum(big), redshift.stddev(f8), avg(pricepaid) FROM sales WHERE pricepaid / commission > 2;
CREATE TEMP TABLE engine AS SELECT id, pricepaid / commission AS a, rate / commission AS b, big / rate AS c, wide / commission AS d FROM sales WHERE rate <> 0;
CREATE TEMP TABLE engine_sums AS SELECT qty % 10 AS g, redshift.avg(big) AS a, redshift.sum(big) AS s, avg(pricepaid) AS p, sum(wide) AS w FROM sales GROUP BY 1;
SET redshift.enable_vector = off;
(SELECT id, pricepaid / commission AS a, rate / commission AS b, big / rate AS c, wide / commission AS d FROM sales WHERE rate <> 0) EXCEPT TABLE engine;
(SELECT qty % 10 AS g, redshift.avg(big) AS a, redshift.sum(big) AS s, avg(pricepaid) AS p, sum(wide) AS w FROM sales GROUP BY 1) EXCEPT TABLE engine_sums;
SELECT count(*), sum(a), sum(b), sum(c) FROM engine;
RESET redshift.enable_vector;

-- Casts of SUPER are lax.
SELECT s::int AS int, s::numeric AS numeric, s::float8 AS float, s::boolean AS bool, s::text AS text, s::varchar(2) AS short
	FROM (VALUES ('12'::jsonb), ('1.6'), ('true'), ('"abc"'), ('{"a": [1]}'), ('null'), (NULL)) AS v(s);
SELECT ('"2024-02-29"'::jsonb)::date AS date, ('"2024-02-29 12:00"'::jsonb)::timestamp AS timestamp, ('null'::jsonb)::date IS NULL AS none;
RESET redshift.dialect;
SELECT ('"x"'::jsonb)::int;
DROP VIEW ratios;
DROP TABLE sales;
