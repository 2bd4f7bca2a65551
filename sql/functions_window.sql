-- Redshift's window functions.
SET search_path = redshift, public, pg_catalog;
CREATE TABLE winsales (salesid int, dateid date, sellerid int, buyerid char(10), qty int, qty_shipped int) USING redshift;
INSERT INTO winsales VALUES (30001, '2003-08-02', 3, 'b', 10, 10), (10001, '2003-12-24', 1, 'c', 10, 10), (10005, '2003-12-24', 1, 'a', 30, NULL),
	(40001, '2004-01-09', 4, 'a', 40, NULL), (10006, '2004-01-18', 1, 'c', 10, NULL), (20001, '2004-02-12', 2, 'b', 20, 20),
	(40005, '2004-02-12', 4, 'a', 10, 10), (20002, '2004-02-16', 2, 'c', 20, 20), (30003, '2004-04-18', 3, 'b', 15, NULL),
	(30004, '2004-04-18', 3, 'b', 20, NULL), (30007, '2004-09-07', 3, 'c', 30, NULL);

-- The manual's: parts of a total, medians, lists of a window.
SELECT sellerid, qty, ratio_to_report(qty) OVER () AS all, ratio_to_report(qty) OVER (PARTITION BY sellerid) FROM winsales ORDER BY sellerid, qty;
SELECT x, ratio_to_report(x) OVER () FROM (VALUES (1), (-1), (NULL)) AS v(x);
SELECT sellerid, qty, median(qty) OVER (PARTITION BY sellerid) FROM winsales ORDER BY sellerid, qty;
SELECT sellerid, qty, redshift.percentile_cont(0.6, qty) OVER (PARTITION BY sellerid) AS cont, redshift.percentile_disc(0.6, qty, true) OVER (PARTITION BY sellerid) AS disc
	FROM winsales ORDER BY sellerid, qty;
SELECT DISTINCT sellerid, listagg_over(buyerid::text, ', ', true, 'desc', buyerid) OVER (PARTITION BY sellerid) AS buyers,
	listagg_over(salesid, ',', false, 'asc nulls first, desc', qty_shipped, dateid) OVER (PARTITION BY sellerid) AS sales FROM winsales ORDER BY sellerid;
SELECT sellerid, listagg(qty, '+') OVER (PARTITION BY sellerid) IS NOT NULL AS listed FROM winsales GROUP BY sellerid, qty ORDER BY 1;
SELECT listagg_over(qty, ',', false, 'up', qty) OVER () FROM winsales;

-- IGNORE NULLS.
SELECT k, v, lag_ignore_nulls(v) OVER w AS lag, lag_ignore_nulls(v, 2) OVER w AS lag2, lag_ignore_nulls(v, k % 3) OVER w AS lagk, lag_ignore_nulls(v, 0) OVER w AS lag0,
	lead_ignore_nulls(v) OVER w AS lead, lead_ignore_nulls(v, 2) OVER w AS lead2, lead_ignore_nulls(v, k % 3) OVER w AS leadk
	FROM (VALUES (1, NULL), (2, 'b'), (3, NULL), (4, NULL), (5, 'e'), (6, 'f'), (7, NULL), (8, 'h'), (9, NULL)) AS t(k, v) WINDOW w AS (ORDER BY k) ORDER BY k;
SELECT k, lag_ignore_nulls(v, -1) OVER (ORDER BY k) FROM (VALUES (1, 2)) AS t(k, v);
SELECT k, v, first_value_ignore_nulls(v) OVER a AS first, last_value_ignore_nulls(v) OVER a AS last, nth_value_ignore_nulls(v, 2) OVER a AS second,
	first_value_ignore_nulls(v) OVER m AS moving_first, last_value_ignore_nulls(v) OVER m AS moving_last, nth_value_ignore_nulls(v, 2) OVER m AS moving_second,
	first_value_ignore_nulls(v) OVER f AS following
	FROM (VALUES (1, NULL), (2, 'b'), (3, NULL), (4, NULL), (5, 'e'), (6, 'f'), (7, NULL), (8, 'h'), (9, NULL)) AS t(k, v)
	WINDOW a AS (ORDER BY k ROWS UNBOUNDED PRECEDING), m AS (ORDER BY k ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING),
	f AS (ORDER BY k ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) ORDER BY k;
SELECT nth_value_ignore_nulls(qty, 0) OVER (ORDER BY qty ROWS UNBOUNDED PRECEDING) FROM winsales;

-- By definition, over runs of nulls of any length, in the engine and outside of it.
CREATE TABLE gaps (p int, k int, v int) USING redshift;
INSERT INTO gaps SELECT k % 3, k, CASE WHEN k * k % 11 > 7 AND k % 1000 < 600 THEN k END FROM generate_series(1, 6000) AS k;
ANALYZE gaps;
CREATE VIEW gap_values AS SELECT p, k, v, lag_ignore_nulls(v, 3) OVER w AS lag, lead_ignore_nulls(v, 2) OVER w AS lead,
	last_value_ignore_nulls(v) OVER (w ROWS UNBOUNDED PRECEDING) AS filled, first_value_ignore_nulls(v) OVER (w ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING) AS first,
	nth_value_ignore_nulls(v, 2) OVER (w ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) AS second FROM gaps WINDOW w AS (PARTITION BY p ORDER BY k);
CREATE TEMP TABLE with_engine AS SELECT * FROM gap_values;
SET redshift.enable_vector = off;
CREATE TEMP TABLE without AS SELECT * FROM gap_values;
SELECT count(*), count(lag), count(lead), count(filled), count(first), count(second) FROM without;
(TABLE with_engine EXCEPT TABLE without) UNION ALL (TABLE without EXCEPT TABLE with_engine);
CREATE TEMP TABLE numbered AS SELECT p, k, v, row_number() OVER (PARTITION BY p ORDER BY k) AS r FROM gaps WHERE v IS NOT NULL;
CREATE INDEX ON numbered (p, k);
SELECT count(*) FROM (SELECT * FROM without WHERE k % 37 = 0) AS w
	WHERE lag IS DISTINCT FROM (SELECT v FROM numbered AS n WHERE n.p = w.p AND n.k < w.k ORDER BY n.k DESC OFFSET 2 LIMIT 1)
	OR lead IS DISTINCT FROM (SELECT v FROM numbered AS n WHERE n.p = w.p AND n.k > w.k ORDER BY n.k OFFSET 1 LIMIT 1)
	OR filled IS DISTINCT FROM (SELECT v FROM numbered AS n WHERE n.p = w.p AND n.k <= w.k ORDER BY n.k DESC LIMIT 1)
	OR first IS DISTINCT FROM (SELECT v FROM numbered AS n WHERE n.p = w.p AND n.k BETWEEN w.k - 15 AND w.k + 6 ORDER BY n.k LIMIT 1)
	OR second IS DISTINCT FROM (SELECT v FROM numbered AS n WHERE n.p = w.p AND n.k BETWEEN w.k - 27 AND w.k ORDER BY n.k OFFSET 1 LIMIT 1);
RESET redshift.enable_vector;
DROP VIEW gap_values;
DROP TABLE gaps, winsales;
