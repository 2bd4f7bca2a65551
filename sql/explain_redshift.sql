-- EXPLAIN (redshift): plans in Redshift's words
SET max_parallel_workers_per_gather = 0;
CREATE SCHEMA xn;
SET search_path = xn;
CREATE TABLE sales (salesid int, eventid int, qty int, price numeric(8,2)) USING redshift WITH (distkey = eventid, sortkey = salesid);
CREATE TABLE event (eventid int, name varchar(40)) USING redshift WITH (diststyle = all);
CREATE TABLE place (id int, city varchar(20)) USING heap;
INSERT INTO sales SELECT g, g % 100, g % 7, g % 31 FROM generate_series(1, 5000) g;
INSERT INTO event SELECT g, 'event ' || g FROM generate_series(0, 99) g;
INSERT INTO place SELECT g, 'city ' || g FROM generate_series(1, 20) g;
ANALYZE sales; ANALYZE event; ANALYZE place;

-- nodes, joins, orders
EXPLAIN (redshift, costs off) SELECT * FROM sales WHERE price > 9;
EXPLAIN (redshift, costs off) SELECT name, count(*), sum(price) FROM sales s JOIN event e USING (eventid) WHERE price > 9 GROUP BY name HAVING count(*) > 3 ORDER BY 2 DESC LIMIT 10;
EXPLAIN (redshift, costs off) SELECT count(*) FROM sales;
EXPLAIN (redshift, costs off) SELECT sum(qty) FROM sales;
EXPLAIN (redshift, costs off) SELECT * FROM event e LEFT JOIN sales s ON s.eventid = e.eventid AND qty > 3;
EXPLAIN (redshift, costs off) SELECT * FROM sales s FULL JOIN sales t ON s.salesid = t.salesid AND s.qty = t.qty;
EXPLAIN (redshift, costs off) SELECT * FROM sales WHERE eventid IN (SELECT eventid FROM event WHERE name LIKE 'event 1%');
EXPLAIN (redshift, costs off) SELECT * FROM sales s WHERE NOT EXISTS (SELECT FROM event e WHERE e.eventid = s.eventid);
EXPLAIN (redshift, costs off) SELECT DISTINCT qty FROM sales;
EXPLAIN (redshift, costs off) SELECT qty, rank() OVER (PARTITION BY eventid ORDER BY price DESC) FROM sales;
EXPLAIN (redshift, costs off) SELECT eventid FROM sales EXCEPT SELECT eventid FROM event;
EXPLAIN (redshift, costs off) SELECT eventid FROM sales UNION ALL SELECT eventid FROM event ORDER BY 1;
EXPLAIN (redshift, costs off) SELECT * FROM sales WHERE price > (SELECT avg(price) FROM sales) AND qty <> ALL (SELECT id FROM place);
EXPLAIN (redshift, costs off) SELECT * FROM (SELECT eventid, max(price) AS most FROM sales GROUP BY 1 LIMIT 5) q WHERE most > 7;
EXPLAIN (redshift, costs off) WITH c AS MATERIALIZED (SELECT qty, count(*) AS n FROM sales GROUP BY 1) SELECT * FROM c x JOIN c y ON x.n = y.n;

-- costs, and the trailer of joins without conditions
CREATE FUNCTION pg_temp.lines(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY EXECUTE statement; END $$;
SELECT count(*) FILTER (WHERE line ~ '^XN HashAggregate  \(cost=\d+\.\d\d\.\.\d+\.\d\d rows=7 width=\d+\)$') AS top,
	count(*) FILTER (WHERE line ~ '^  ->  XN Seq Scan on sales  \(cost=0\.00\.\.\d+\.\d\d rows=5000 width=4\)$') AS scan
FROM pg_temp.lines('EXPLAIN (redshift) SELECT qty, count(*) FROM sales GROUP BY 1') AS line;
EXPLAIN (redshift, costs off) SELECT * FROM event, sales WHERE name > 'x' AND salesid < qty;

-- tables without statistics
CREATE TABLE fresh (a int) USING redshift;
EXPLAIN (redshift, costs off) SELECT * FROM fresh;

-- what reads no table of ours has plain names
EXPLAIN (redshift, costs off) SELECT * FROM place WHERE city = 'x' ORDER BY id;
EXPLAIN (redshift, costs off) SELECT 1;

-- other statements
EXPLAIN (redshift, costs off) INSERT INTO fresh SELECT qty FROM sales WHERE qty > 5;
EXPLAIN (redshift, costs off) UPDATE sales SET qty = 1 FROM event e WHERE e.eventid = sales.eventid;
EXPLAIN (redshift, costs off) DELETE FROM sales WHERE qty = 3;
EXPLAIN (redshift, costs off) CREATE TABLE copied USING redshift AS SELECT * FROM event;
SELECT count(*) FROM fresh;
PREPARE p(int) AS SELECT salesid FROM sales WHERE qty = $1;
EXPLAIN (redshift, costs off) EXECUTE p(3);
EXPLAIN (redshift, costs off) DECLARE x CURSOR FOR SELECT * FROM event;
EXPLAIN (redshift, verbose, costs off) SELECT name FROM event;

-- on, off, and what cannot be
EXPLAIN (redshift off, costs off) SELECT 1;
EXPLAIN (costs off, redshift false) SELECT count(*) FROM place;
EXPLAIN (redshift, analyze) SELECT 1;
EXPLAIN (redshift, format json) SELECT 1;
EXPLAIN (redshift, buffers) SELECT 1;
EXPLAIN (redshift 7) SELECT 1;
EXPLAIN (redshift, nonsense) SELECT 1;

-- workers send to the leader
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT line FROM pg_temp.lines('EXPLAIN (redshift, costs off) SELECT * FROM place ORDER BY city') AS line;
DROP SCHEMA xn CASCADE;
