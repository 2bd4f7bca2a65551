-- The demo's second part, in Redshift's SQL on its port.
\echo
\echo '== The same in Redshift\'s SQL, on its port =='
CREATE TABLE delays (flown date SORTKEY, origin varchar(3) DISTKEY, delay int ENCODE az64);
COPY flights FROM 's3://demo/flights/' IAM_ROLE 'arn:aws:iam::123456789012:role/demo' FORMAT AS PARQUET NOLOAD;
INSERT INTO delays SELECT date, origin, delay FROM flights;
SELECT TOP 3 origin, MEDIAN(delay) AS "median", PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY delay) AS "of 100 the latest",
	APPROXIMATE COUNT(DISTINCT flown) AS days
FROM delays WHERE DATEDIFF(month, '2001-01-01', flown) < 3 GROUP BY 1 QUALIFY RANK() OVER (ORDER BY COUNT(*) DESC) <= 3;
SELECT "table", diststyle, sortkey1, tbl_rows, size AS "MB", unsorted FROM svv_table_info ORDER BY 1;
SELECT TRIM(query_type) AS "type", DATEDIFF(ms, start_time, end_time) AS ms, LEFT(TRIM(query_text), 60) AS "text"
FROM sys_query_history WHERE query_text ILIKE '%delays%' ORDER BY start_time;
