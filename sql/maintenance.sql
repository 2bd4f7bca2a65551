-- VACUUM, what it merges, purges, sorts and gives back; and the views to see it.
CREATE TABLE m (k int, v text) USING redshift WITH (sortkey = 'k', autovacuum_enabled = off);
-- small inserts stay in the directory, and VACUUM merges them
DO $$ BEGIN FOR i IN 1..50 LOOP INSERT INTO m VALUES (100 - i, 'small'); PERFORM count(*) FROM m; END LOOP; END $$;
SELECT count(*), bool_and(inline), sum("rows") FROM redshift.row_groups WHERE "table" = 'm'::regclass;
SELECT "rows", unsorted, row_groups, inline_groups FROM redshift.table_info WHERE "table" = 'm'::regclass;
VACUUM m;
SELECT "rows", sorted, inline FROM redshift.row_groups WHERE "table" = 'm'::regclass;
SELECT unsorted FROM redshift.table_info WHERE "table" = 'm'::regclass;
SELECT k FROM m LIMIT 3;
-- deleted rows
INSERT INTO m SELECT g, 'v' || g FROM generate_series(1000, 301000) g;
DELETE FROM m WHERE k BETWEEN 1000 AND 200000;
SELECT "rows", deleted_rows FROM redshift.table_info WHERE "table" = 'm'::regclass;
VACUUM m;
SELECT "rows", deleted_rows, unsorted FROM redshift.table_info WHERE "table" = 'm'::regclass;
SELECT count(*), sum(k) FROM m;
SELECT reltuples FROM pg_class WHERE relname = 'm';
-- space: what is dead to everybody is free, and used again or cut off
VACUUM m;
SELECT pg_relation_size('m') AS before \gset
DELETE FROM m WHERE k > 1000;
VACUUM m;
VACUUM m;
SELECT pg_relation_size('m') < :before / 4 AS given_back;
INSERT INTO m SELECT g, 'v' || g FROM generate_series(1000, 301000) g;
SELECT pg_relation_size('m') AS before \gset
UPDATE m SET v = v || '+';
VACUUM m;
VACUUM m;
INSERT INTO m SELECT g, 'w' || g FROM generate_series(1000, 301000) g;
SELECT pg_relation_size('m') < :before * 3.5 AS reused;
-- sorting
SELECT unsorted > 0 AS unsorted FROM redshift.table_info WHERE "table" = 'm'::regclass;
SELECT redshift.vacuum_sort_only('m');
SELECT unsorted FROM redshift.table_info WHERE "table" = 'm'::regclass;
SELECT redshift.vacuum_delete_only('m');
VACUUM FULL m;
SELECT unsorted, deleted_rows FROM redshift.table_info WHERE "table" = 'm'::regclass;
SELECT * FROM redshift.verify('m');
-- sort key and encodings by ALTER take effect on new groups, and on all with VACUUM FULL
ALTER TABLE m SET (sortkey = 'v', encode = 'k delta, v zstd');
VACUUM FULL m;
SELECT DISTINCT "column", encoding, codec FROM redshift.blocks WHERE "table" = 'm'::regclass ORDER BY 1;
SELECT "column", encoding, est_reduction_pct > 10 AS worth FROM redshift.analyze_compression('m') ORDER BY 1;
SELECT redshift.analyze_compression('m', 5);
-- interleaved: each batch by itself at first, the whole table with VACUUM FULL
CREATE TABLE i (a int, b int) USING redshift WITH (sortkey = 'a, b', sortstyle = interleaved);
INSERT INTO i SELECT x % 640, x / 640 FROM (SELECT g * 7919::bigint % 409600 FROM generate_series(0, 409599) g) s(x);
INSERT INTO i VALUES (NULL, 1), (1, NULL);
CREATE FUNCTION blocks_read(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, FORMAT json) ' || query INTO plan;
  RETURN jsonb_path_query_first(plan, '$.**."Blocks Read"');
END $$;
SELECT blocks_read('SELECT a FROM i WHERE a < 20') + blocks_read('SELECT b FROM i WHERE b < 20') AS before \gset
VACUUM FULL i;
SELECT blocks_read('SELECT a FROM i WHERE a < 20') <= 20 AS few_a, blocks_read('SELECT b FROM i WHERE b < 20') <= 20 AS few_b,
  blocks_read('SELECT a FROM i WHERE a < 20') + blocks_read('SELECT b FROM i WHERE b < 20') < :before AS fewer;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT a FROM i WHERE a < 0;
SELECT count(*), sum(a), sum(b), count(DISTINCT (a, b)) FROM i;
DROP FUNCTION blocks_read(text);
-- privileges
CREATE ROLE redshift_reader;
GRANT USAGE ON SCHEMA public TO redshift_reader;
SET ROLE redshift_reader;
SELECT count(*) FROM redshift.row_groups WHERE "table" = 'm'::regclass;
SELECT count(*) FROM redshift.row_group;
SELECT redshift.list_blocks('m');
SELECT redshift.verify('m');
SELECT redshift.vacuum_sort_only('m');
VACUUM m;
RESET ROLE;
REVOKE ALL ON SCHEMA public FROM redshift_reader;
DROP ROLE redshift_reader;
SELECT redshift.verify('pg_class');
SELECT count(*) > 0 AS reported FROM pg_stat_user_tables WHERE relname = 'm' AND vacuum_count > 0;
DROP TABLE m, i;
SELECT count(*) FROM redshift.row_group;
