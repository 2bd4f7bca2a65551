-- Materialized views to which rows are added: which ones, how, and what makes a refresh compute all of one.
CREATE SCHEMA inc;
SET search_path = inc;
SET default_table_access_method = redshift;
SET redshift.dialect = redshift;
SET client_min_messages = warning;
CREATE TABLE f (k int, v int, d numeric(10,2), s text) WITH (sortkey = v);
CREATE TABLE dim (k int, name varchar(20));
CREATE TABLE heap (k int) USING heap;
CREATE TABLE parent (k int);
CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';
INSERT INTO f SELECT g % 4, g, g / 8.0, 's' || g FROM generate_series(1, 20000) g;
INSERT INTO dim VALUES (0, 'zero'), (1, 'one'), (NULL, 'nothing');

-- Which.
CREATE MATERIALIZED VIEW yes_rows AS SELECT v, upper(s) AS "Upper S" FROM f WHERE k = 1;
CREATE MATERIALIZED VIEW "Yes Groups" AS SELECT k AS "the key", count(*), sum(v) AS "t", min(s) AS "c1", max(d) FROM f GROUP BY k;
CREATE MATERIALIZED VIEW yes_total AS SELECT sum(v) AS s, count(d) AS n FROM f;
CREATE MATERIALIZED VIEW yes_join AS SELECT dim.name, sum(f.v) AS s FROM f JOIN dim USING (k) GROUP BY dim.name;
CREATE MATERIALIZED VIEW yes_keys AS SELECT k FROM f GROUP BY k;
CREATE MATERIALIZED VIEW yes_heap USING heap AS SELECT twice(k) AS double, count(*) FILTER (WHERE v > 3) AS n FROM f GROUP BY twice(k);
CREATE MATERIALIZED VIEW yes_parent AS SELECT k FROM parent;
CREATE MATERIALIZED VIEW yes_avg AS SELECT k, avg(v) AS a, sum(v) AS s, count(v) AS n, redshift.avg(v + 1) AS ia, redshift.sum(v + 1) AS "is", count(v + 1) AS "in",
	avg(v::float8) AS fa, sum(v::float8) AS fs,
	count(v::float8) AS fn FROM f GROUP BY k;
CREATE MATERIALIZED VIEW yes_decimals AS SELECT k, sum(d) AS s, min(d) AS lo, max(d) FILTER (WHERE v > 0) AS hi FROM f GROUP BY k;
CREATE MATERIALIZED VIEW no_decimals AS SELECT k, sum(d)::numeric(10,1) AS s FROM f GROUP BY k;
CREATE MATERIALIZED VIEW no_decimal_avg AS SELECT k, avg(d) AS s FROM f GROUP BY k;
CREATE MATERIALIZED VIEW no_outer AS SELECT f.v FROM f LEFT JOIN dim ON dim.k = f.k;
CREATE MATERIALIZED VIEW no_avg AS SELECT k, avg(v) AS a FROM f GROUP BY k;
CREATE MATERIALIZED VIEW no_avg_of_others AS SELECT k, avg(v) AS a, sum(d) AS s, count(*) AS n FROM f GROUP BY k;
CREATE MATERIALIZED VIEW no_having AS SELECT k, sum(v) AS s FROM f GROUP BY k HAVING sum(v) > 0;
CREATE MATERIALIZED VIEW no_expression AS SELECT k, sum(v) / count(*) AS s FROM f GROUP BY k;
CREATE MATERIALIZED VIEW no_key AS SELECT sum(v) AS s FROM f GROUP BY k;
CREATE MATERIALIZED VIEW no_distinct AS SELECT DISTINCT k FROM f;
CREATE MATERIALIZED VIEW no_count_distinct AS SELECT k, count(DISTINCT v) AS n FROM f GROUP BY k;
CREATE MATERIALIZED VIEW no_limit AS SELECT v FROM f ORDER BY v LIMIT 3;
CREATE MATERIALIZED VIEW no_union AS SELECT k FROM f UNION ALL SELECT k FROM dim;
CREATE MATERIALIZED VIEW no_window AS SELECT v, row_number() OVER (ORDER BY v) AS n FROM f;
CREATE MATERIALIZED VIEW no_subquery AS SELECT v FROM f WHERE k = (SELECT max(k) FROM dim);
CREATE MATERIALIZED VIEW no_from AS SELECT x.v FROM (SELECT v FROM f) x;
CREATE MATERIALIZED VIEW no_cte AS WITH x AS (SELECT v FROM f) SELECT v FROM x;
CREATE MATERIALIZED VIEW no_sets AS SELECT k, count(*) FROM f GROUP BY ROLLUP (k);
CREATE MATERIALIZED VIEW no_stable AS SELECT v FROM f WHERE now() > '2020-01-01';
CREATE MATERIALIZED VIEW no_place AS SELECT ctid AS place FROM f;
CREATE MATERIALIZED VIEW no_sample AS SELECT v FROM f TABLESAMPLE SYSTEM (10) REPEATABLE (1);
CREATE MATERIALIZED VIEW no_heap AS SELECT k FROM heap;
CREATE MATERIALIZED VIEW no_view AS SELECT s FROM yes_total;
CREATE MATERIALIZED VIEW no_constant AS SELECT 1 AS n;
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'inc'::regnamespace AND c.relkind = 'm' AND redshift.mv_is_incremental(c.oid) <> (c.relname ~* 'yes');
SELECT DISTINCT btrim(i.name) ~* 'yes' AS is_incremental, i.state, s.state, i.is_stale FROM redshift.svv_mv_info i JOIN redshift.stv_mv_info s USING (name)
	WHERE i.schema_name = 'inc' AND i.name NOT LIKE 'no_stable%' AND i.name NOT LIKE 'no_heap%' ORDER BY 1;
SELECT redshift.mv_is_incremental('f'::regclass), redshift.mv_is_incremental(0);

-- Rows are added; the new ones are all that is read of the table.
INSERT INTO f VALUES (1, -1, 0.5, 'a'), (NULL, 7, NULL, NULL), (9, NULL, 9, 'z');
INSERT INTO dim VALUES (9, 'nine'), (2, 'two');
SELECT statement FROM (VALUES ('yes_rows'), ('"Yes Groups"'), ('yes_total'), ('yes_join'), ('yes_keys'), ('yes_heap'), ('yes_avg'), ('yes_decimals'), ('yes_parent'), ('no_avg')) v(name),
	LATERAL (SELECT 'REFRESH MATERIALIZED VIEW ' || name) s(statement) \gexec
SELECT count(*), min(v), max("Upper S") FROM yes_rows;
SELECT * FROM "Yes Groups" ORDER BY 1;
SELECT * FROM yes_total;
SELECT * FROM yes_join ORDER BY 1;
SELECT * FROM yes_keys ORDER BY 1;
SELECT * FROM yes_decimals ORDER BY 1;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'yes_decimals'::regclass AND attnum > 1 ORDER BY attnum;
SELECT pg_get_viewdef('no_decimal_avg'::regclass);
SELECT k, a, ia, fa FROM yes_avg ORDER BY 1;
SELECT k, avg(v), redshift.avg(v + 1), avg(v::float8) FROM f GROUP BY k ORDER BY 1;
SELECT * FROM yes_heap ORDER BY 1;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT k, sum(v) FROM f WHERE redshift.in_rows(ctid, '{20000,30000}') GROUP BY k;

-- Indexes, other names of columns, rows added in a transaction that goes on.
CREATE UNIQUE INDEX ON yes_total (n);
CREATE UNIQUE INDEX ON "Yes Groups" ("the key");
ALTER MATERIALIZED VIEW "Yes Groups" RENAME COLUMN "the key" TO "K";
BEGIN;
INSERT INTO f VALUES (1, 1, 1, 'b');
SAVEPOINT a;
INSERT INTO f VALUES (1, 10000, 10000, 'c');
REFRESH MATERIALIZED VIEW "Yes Groups";
ROLLBACK TO a;
INSERT INTO f VALUES (11, 11, 11, 'e');
REFRESH MATERIALIZED VIEW "Yes Groups";
INSERT INTO f VALUES (11, 2, 2, 'd');
COMMIT;
REFRESH MATERIALIZED VIEW "Yes Groups";
SELECT * FROM "Yes Groups" WHERE "K" IN (1, 11) ORDER BY 1;
SET enable_seqscan = off;
SELECT max FROM "Yes Groups" WHERE "K" = 11;
RESET enable_seqscan;

-- An error leaves the view as it was.
INSERT INTO f SELECT 1, 2147483647, 0, '' FROM generate_series(1, 10);
CREATE MATERIALIZED VIEW small AS SELECT k, count(*) AS n, min(100 / (v - 5)) AS q FROM f WHERE v <> 5 GROUP BY k;
CREATE MATERIALIZED VIEW failing AS SELECT 1 / (v - 3) AS q FROM f WHERE v > 20000;
INSERT INTO f VALUES (1, 30000, 0, ''), (1, 3, 0, '');
REFRESH MATERIALIZED VIEW small;
ALTER TABLE f ADD COLUMN later int;
REFRESH MATERIALIZED VIEW failing;
CREATE MATERIALIZED VIEW division AS SELECT 1 / (v - 40000) AS q FROM f WHERE v > 20000;
INSERT INTO f VALUES (1, 40000, 0, '');
REFRESH MATERIALIZED VIEW division;
SELECT count(*) FROM division;

-- All of it: rows deleted, written anew, of heirs; other functions; PostgreSQL's REFRESH and its options.
DELETE FROM f WHERE v = 40000;
REFRESH MATERIALIZED VIEW yes_total;
UPDATE f SET v = 0 WHERE k = 9;
REFRESH MATERIALIZED VIEW yes_total;
TRUNCATE dim;
INSERT INTO dim VALUES (0, 'none');
REFRESH MATERIALIZED VIEW yes_join;
SELECT * FROM yes_join;
INSERT INTO f VALUES (1, 1, 1, 'b');
VACUUM f;
REFRESH MATERIALIZED VIEW yes_total;
CREATE TABLE child () INHERITS (parent);
INSERT INTO child VALUES (1);
INSERT INTO parent VALUES (2);
REFRESH MATERIALIZED VIEW yes_parent;
SELECT * FROM yes_parent ORDER BY 1;
INSERT INTO f VALUES (5, 5, 5, 'f');
CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT -$1 * 2';
REFRESH MATERIALIZED VIEW yes_heap;
SELECT min(double), max(double) FROM yes_heap;
INSERT INTO f VALUES (5, 5, 5, 'f');
SET redshift.dialect = postgresql;
REFRESH MATERIALIZED VIEW yes_total;
SET redshift.dialect = redshift;
INSERT INTO f VALUES (5, 5, 5, 'f');
REFRESH MATERIALIZED VIEW CONCURRENTLY yes_total;
REFRESH MATERIALIZED VIEW yes_total WITH NO DATA;
REFRESH MATERIALIZED VIEW yes_total;
INSERT INTO f VALUES (5, 5, 5, 'f');
REFRESH MATERIALIZED VIEW yes_total;
BEGIN READ ONLY;
REFRESH MATERIALIZED VIEW yes_rows;
ROLLBACK;
SELECT s = (SELECT sum(v) FROM f) AS same FROM yes_total;

-- Groups of equal strings are the dialect's.
CREATE TABLE blanks (s varchar(5));
INSERT INTO blanks VALUES ('a'), ('a ');
SET redshift.dialect = postgresql;
CREATE MATERIALIZED VIEW by_s AS SELECT s, count(*) AS n FROM blanks GROUP BY s;
SELECT count(*), sum(n) FROM by_s;
SET redshift.dialect = redshift;
INSERT INTO blanks VALUES ('a');
REFRESH MATERIALIZED VIEW by_s;
INSERT INTO blanks VALUES ('a  '), ('b');
REFRESH MATERIALIZED VIEW by_s;
SELECT count(*), sum(n) FROM by_s;

-- As the owner, who needs SELECT on the tables.
CREATE ROLE inc_owner;
GRANT USAGE, CREATE ON SCHEMA inc TO inc_owner;
GRANT SELECT ON f TO inc_owner;
CREATE MATERIALIZED VIEW owned AS SELECT k, count(*) AS n FROM f GROUP BY k;
ALTER MATERIALIZED VIEW owned OWNER TO inc_owner;
INSERT INTO f VALUES (5, 5, 5, 'f');
SET ROLE inc_owner;
REFRESH MATERIALIZED VIEW owned;
RESET ROLE;
REVOKE SELECT ON f FROM inc_owner;
INSERT INTO f VALUES (5, 5, 5, 'f');
REFRESH MATERIALIZED VIEW owned;
SET ROLE inc_owner;
REFRESH MATERIALIZED VIEW owned;
RESET ROLE;

-- The condition on row numbers, wherever it stands.
CREATE TABLE r AS SELECT g AS n FROM generate_series(0, 299999) g;
SELECT min(n), max(n), count(*) FROM r WHERE redshift.in_rows(ctid, '{5,8,131070,131080,299999,400000}');
SELECT count(*) FROM r WHERE redshift.in_rows(ctid, '{5,8,131070,131080}') AND redshift.in_rows(ctid, '{7,131071}') AND n > 5;
SELECT count(*) FROM r x JOIN r y USING (n) WHERE redshift.in_rows(x.ctid, '{10,20}') AND NOT redshift.in_rows(y.ctid, '{12,14}');
SELECT count(*) FROM r WHERE redshift.in_rows(ctid, '{}');
SELECT count(*) FROM r WHERE redshift.in_rows(ctid, NULL);
SELECT count(*) FROM r WHERE redshift.in_rows(ctid, (SELECT '{1,3}'::int8[]));
SELECT count(*) FROM r WHERE redshift.in_rows(ctid, '{3,1}');
SELECT count(*) FROM r WHERE redshift.in_rows(ctid, '{1}');
SELECT count(*) FROM heap WHERE redshift.in_rows(ctid, '{0,10}');
SELECT n FROM r WHERE redshift.in_rows(ctid, '{100,102}') ORDER BY n FOR UPDATE;
UPDATE r SET n = -n WHERE redshift.in_rows(ctid, '{100,102}') RETURNING n;
SELECT sum(n), min(n), max(n) FROM r WHERE redshift.in_rows(ctid, '{0,131072}');
DROP SCHEMA inc CASCADE;
DROP ROLE inc_owner;
