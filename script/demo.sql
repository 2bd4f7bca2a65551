\echo
\echo '== Who may read the bucket is a foreign server and its user mappings =='
CREATE EXTENSION redshift_ext;
CREATE SERVER demo FOREIGN DATA WRAPPER redshift_s3
	OPTIONS (endpoint :'endpoint', role_arn 'arn:aws:iam::123456789012:role/demo', allow_private 'true');
CREATE USER MAPPING FOR CURRENT_USER SERVER demo OPTIONS (access_key_id :'key', secret_access_key :'secret');

\echo '== Three million flights: COPY from S3 into a columnar table, and the same rows in heap =='
CREATE TABLE flights ("date" timestamp, delay bigint, distance bigint, origin varchar, destination varchar)
	USING redshift WITH (sortkey = 'date', distkey = 'origin');
\timing on
COPY flights FROM 's3://demo/flights/' WITH (format parquet, iam_role 'arn:aws:iam::123456789012:role/demo');
\timing off
CREATE TABLE flights_heap AS SELECT * FROM flights;
ANALYZE flights_heap;
SELECT trim(filename) AS file, count(*) AS parts, sum(lines_scanned) AS "rows"
FROM redshift.stl_load_commits WHERE query = redshift.pg_last_copy_id() GROUP BY 1;
SELECT c.relname AS "table", pg_size_pretty(pg_table_size(c.oid)) AS size,
	round(pg_table_size('flights_heap')::numeric / pg_table_size(c.oid), 1) AS "times smaller"
FROM pg_class c WHERE relname IN ('flights_heap', 'flights') ORDER BY 1 DESC;

\echo '== Its columns, as stored =='
SELECT "column", encoding, codec, count(*) AS blocks, sum("rows") AS "rows", pg_size_pretty(sum(size)) AS size
FROM redshift.blocks WHERE "table" = 'flights'::regclass GROUP BY 1, 2, 3 ORDER BY 1;

\echo '== A range query reads the blocks it needs =='
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
SELECT count(*), round(avg(delay), 2) FROM flights WHERE "date" BETWEEN '2001-03-01' AND '2001-03-02';

\echo '== Answers =='
SELECT origin, count(*) AS flights, round(avg(delay), 2) AS "mean delay", max(distance) AS farthest
FROM flights GROUP BY 1 ORDER BY 2 DESC LIMIT 5;
SELECT count(*) AS "rows", sum(delay) AS delay, sum(distance) AS distance FROM flights;

\echo '== UNLOAD: back to S3, for any other tool to read =='
SELECT redshift.unload('SELECT * FROM flights WHERE origin = ''ORD''', 's3://demo/chicago/',
	'{"format": "parquet", "iam_role": "arn:aws:iam::123456789012:role/demo"}') AS "rows";
SELECT trim(path) AS file, line_count AS "rows", pg_size_pretty(transfer_size) AS size FROM redshift.stl_unload_log ORDER BY 1;
