-- slice_num(), and what system tables say of slices, on a server without compute nodes;
-- test/t/022_cluster_slices.pl does it with some.
SELECT redshift.slice_num();
SELECT redshift.slice_num() FROM pg_am WHERE amname = 'heap';
SELECT node, slice, localslice, type FROM redshift.stv_slices;

CREATE TABLE sliced (k int, v varchar(20)) USING redshift WITH (distkey = k, sortkey = 'v, k', encode = 'k raw');
INSERT INTO sliced SELECT i, 'v' || i FROM generate_series(1, 20000) i;
CREATE VIEW sliced_view AS SELECT v FROM sliced WHERE k < 10;
SELECT DISTINCT redshift.slice_num(), cmax FROM sliced;
SELECT count(*) FROM sliced WHERE redshift.slice_num() = 0;
SELECT redshift.slice_num(), count(*) FROM sliced_view GROUP BY 1;
SELECT redshift.slice_num(), n FROM (SELECT count(*) AS n FROM sliced) counted;
SELECT (SELECT redshift.slice_num()), redshift.slice_num() FROM pg_am a JOIN sliced ON k = 1 AND redshift.slice_num() = 0 WHERE amname = 'heap';
SELECT redshift.slice_num(), a.amname FROM pg_am a LEFT JOIN sliced s ON s.v = a.amname WHERE amname = 'heap';

-- Rows that are not written yet, and those that indexes find.
BEGIN;
INSERT INTO sliced VALUES (0, 'new');
CREATE INDEX ON sliced (k);
SET LOCAL enable_seqscan = off;
SET LOCAL redshift.enable_scan = off;
SELECT redshift.slice_num(), xmin = pg_current_xact_id()::xid AS own, v FROM sliced WHERE k = 0;
ROLLBACK;
DELETE FROM sliced WHERE redshift.slice_num() = 0 AND k > 19000;

-- PostgreSQL's own tables do not have slices.
CREATE TABLE parts (k int) PARTITION BY RANGE (k);
CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10) USING redshift;
INSERT INTO parts VALUES (1);
SELECT redshift.slice_num() FROM parts;
CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (10) TO (20) USING heap;
SELECT redshift.slice_num() FROM parts;

ANALYZE sliced;
SELECT "table", encoded, diststyle, sortkey1, max_varchar, sortkey1_enc, sortkey_num, size, pct_used < 100 AS pct_used, unsorted, stats_off,
	tbl_rows, skew_sortkey1 > 0 AS skew_sortkey1, skew_rows, estimated_visible_rows
FROM redshift.svv_table_info ORDER BY 1;

-- A user sees the tables that he may read.
CREATE ROLE sliced_reader;
SET ROLE sliced_reader;
SELECT "table" FROM redshift.svv_table_info;
SELECT count(*) FROM redshift.stv_slices;
RESET ROLE;
GRANT SELECT ON sliced TO sliced_reader;
SET ROLE sliced_reader;
SELECT "table" FROM redshift.svv_table_info;
RESET ROLE;

DROP TABLE parts;
DROP VIEW sliced_view;
DROP TABLE sliced;
DROP ROLE sliced_reader;
