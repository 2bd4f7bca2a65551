\echo
\echo '== The same flights in a heap table and in a columnar one =='
CREATE EXTENSION redshift_ext;
CREATE TABLE flights_heap ("time" float8, delay int, distance int);
CREATE TABLE flights ("time" float8, delay int, distance int) USING redshift
	WITH (sortkey = 'time', distkey = 'distance');
SELECT format('COPY flights_heap FROM %L WITH (FORMAT csv, HEADER)', :'csv') \gexec
SELECT format('COPY flights FROM %L WITH (FORMAT csv, HEADER)', :'csv') \gexec
ANALYZE flights_heap, flights;
SELECT c.relname AS "table", pg_size_pretty(pg_table_size(c.oid)) AS size,
	round(pg_table_size('flights_heap')::numeric / pg_table_size(c.oid), 1) AS "times smaller"
FROM pg_class c WHERE relname IN ('flights_heap', 'flights') ORDER BY 1 DESC;

\echo '== Its columns, as stored =='
SELECT "column", encoding, codec, count(*) AS blocks, sum("rows") AS "rows", pg_size_pretty(sum(size)) AS size
FROM redshift.blocks WHERE "table" = 'flights'::regclass GROUP BY 1, 2, 3 ORDER BY 1;

\echo '== A range query reads the blocks it needs =='
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
SELECT count(*), round(avg(delay), 2) FROM flights WHERE "time" BETWEEN 6 AND 7;

\echo '== Answers =='
SELECT floor("time") AS hour, count(*) AS flights, round(avg(delay), 1) AS "mean delay",
	max(distance) AS farthest
FROM flights GROUP BY 1 ORDER BY 3 DESC LIMIT 5;
SELECT (SELECT count(*) FROM (SELECT * FROM flights EXCEPT ALL SELECT * FROM flights_heap) d) = 0 AS "same as heap",
	count(*) AS "rows" FROM flights;
