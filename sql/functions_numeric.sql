-- Redshift's functions of numbers: types that stay, and double precision.
SET search_path = redshift, pg_catalog, public;
SET datestyle = 'ISO, MDY';
SELECT redshift.ceil(5) AS ceil, redshift.ceil(-5.2) AS ceil_numeric, redshift.ceiling(5.2::float8) AS ceil_float, redshift.floor(-5.2) AS floor, redshift.floor(5::int8) AS floor_int8,
	redshift.round(28.05) AS round, redshift.round(28.05::float8) AS round_float, redshift.round(2.675::float8, 2) AS round_2, redshift.round(123456, -2) AS round_int, redshift.round(-28.05, 1) AS away;
SELECT redshift.trunc(111.86) AS trunc, redshift.trunc(111.86, 1) AS trunc_1, redshift.trunc(-111.86::float8, 1) AS float, redshift.trunc(123456, -2) AS int,
	redshift.trunc(timestamp '2011-07-21 10:32:38.248109') AS date, redshift.trunc(timestamptz '2011-07-21 10:32:38+00' AT TIME ZONE 'UTC') AS moment;
SELECT redshift.sign(-7) AS int, redshift.sign(0.00) AS numeric, redshift.sign(2.5::float8) AS float, redshift.power(2, 3) AS power, redshift.pow(2.5, 2) AS pow, redshift.log(100) AS log,
	redshift.log(2, 8) AS base, redshift.dlog10(100) AS dlog10, redshift.ln(2.718281828459045) AS ln, redshift.dlog1(1) AS dlog1, redshift.exp(0) AS exp, redshift.dexp(1.0) AS dexp, redshift.sqrt(16) AS sqrt;
SELECT pg_typeof(redshift.round(5::int2)) AS int2, pg_typeof(redshift.ceil(5)) AS int4, pg_typeof(redshift.floor(5::int8)) AS int8, pg_typeof(redshift.round(5.5)) AS numeric,
	pg_typeof(redshift.sign(5)) AS sign, pg_typeof(redshift.power(2.0, 3)) AS power, pg_typeof(redshift.sqrt(2.0)) AS sqrt, pg_typeof(redshift.trunc(5.5::float4)) AS float4;
SELECT redshift.round(2147483647, -1);
SELECT redshift.sqrt(-1);
SELECT redshift.ln(0);
SELECT mod(-7, 3) AS mod, -7 % 3 AS percent, degrees(pi()) AS degrees, radians(180) AS radians, atan2(2, 2) * 4 AS atan2, cot(1) AS cot, 2 # 3 AS xor, |/ 9 AS root, @ -5 AS abs;
-- Inlined
EXPLAIN (VERBOSE, COSTS OFF) SELECT redshift.round(i), redshift.ceil(n), redshift.trunc(f), redshift.power(n, 2), redshift.trunc(t)
	FROM (VALUES (1, 1.5, 2.5::float8, timestamp '2000-01-01')) v (i, n, f, t), generate_series(1, 1) LIMIT 1;
