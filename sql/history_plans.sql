-- Plans of queries that have ended, and their steps.
SET max_parallel_workers_per_gather = 0;
CREATE TABLE history_sale (id int4, item int4, price numeric(10,2)) USING redshift WITH (sortkey = 'id');
CREATE TABLE history_item (item int4, name text) USING redshift;
INSERT INTO history_sale SELECT i, i % 10, i FROM generate_series(1, 200000) i;
INSERT INTO history_item SELECT i, 'item ' || i FROM generate_series(0, 9) i;

-- without statistics, and with
SELECT count(*) FROM history_item;
SELECT trim(event) AS event, trim(solution) AS solution FROM redshift.stl_alert_event_log WHERE query = redshift.pg_last_query_id();
ANALYZE history_sale, history_item;

SELECT name, sum(price) FROM history_sale s JOIN history_item i USING (item) WHERE s.id <= 1000 GROUP BY name ORDER BY name LIMIT 2;
SELECT nodeid, parentid, regexp_replace(rtrim(plannode), '  \(cost.*', '') AS plannode, trim(info) AS info
	FROM redshift.stl_explain WHERE query = redshift.pg_last_query_id() ORDER BY nodeid;
SELECT stm, seg, step, regexp_replace(label, 'tbl=\d{4,}', 'tbl=N') AS label, "rows", is_diskbased, is_rrscan
	FROM redshift.svl_query_summary WHERE query = redshift.pg_last_query_id() ORDER BY seg, step;
SELECT "rows", tbl = 'history_sale'::regclass::oid::int4 AS sale, tbl = 'history_item'::regclass::oid::int4 AS item, trim(perm_table_name) AS perm_table_name,
	rows_pre_user_filter > "rows" AS filters
	FROM redshift.stl_scan WHERE query = redshift.pg_last_query_id() AND type = 2 ORDER BY segment;
SELECT "rows", trim(type) AS type FROM redshift.stl_aggr WHERE query = redshift.pg_last_query_id();
SELECT "rows", join_type, hash_segment < segment AS before FROM redshift.stl_hashjoin WHERE query = redshift.pg_last_query_id();
SELECT step_name, output_rows, trim(table_name) AS table_name, trim(step_attribute) AS step_attribute FROM redshift.sys_query_detail
	WHERE query_id = redshift.pg_last_query_id() AND step_name IN ('hash', 'hashjoin', 'aggregate', 'return') ORDER BY segment_id, step_id;
SELECT scan_row_count, join_row_count, return_row_count FROM redshift.svl_query_metrics_summary WHERE query = redshift.pg_last_query_id();
SELECT regexp_replace(trim(event), '\(\d+\)', '(N)', 'g') AS event FROM redshift.stl_alert_event_log WHERE query = redshift.pg_last_query_id();
SELECT count(*) FROM redshift.stl_plan_info WHERE query = redshift.pg_last_query_id() AND totalcost >= startupcost;

-- nested loops
SELECT count(*) FROM history_item a JOIN history_item b ON a.item < b.item;
SELECT trim(event) AS event FROM redshift.stl_alert_event_log WHERE query = redshift.pg_last_query_id();
SELECT "rows" FROM redshift.stl_nestloop WHERE query = redshift.pg_last_query_id();

-- changes
UPDATE history_sale SET price = 0 WHERE id BETWEEN 11 AND 15;
SELECT d."rows" AS deleted, i."rows" AS inserted, d.tbl = 'history_sale'::regclass::oid::int4 AS sale
	FROM redshift.stl_delete d JOIN redshift.stl_insert i USING (query) WHERE query = redshift.pg_last_query_id();
DELETE FROM history_sale WHERE id < 4;
SELECT "rows" FROM redshift.stl_delete WHERE query = redshift.pg_last_query_id();
CREATE TABLE history_kept AS SELECT * FROM history_item WHERE item < 4;
SELECT "rows" FROM redshift.stl_insert WHERE query = redshift.pg_last_query_id();

-- what runs
SELECT trim(status) AS status, trim(query) AS query FROM redshift.stv_recents WHERE pid = pg_backend_pid();
SELECT count(*) FROM redshift.stv_inflight WHERE pid = pg_backend_pid();
SELECT trim(text) AS text FROM redshift.stv_inflight, history_item WHERE pid = pg_backend_pid() LIMIT 1;
SELECT trim(db_name) = current_database() AS here FROM redshift.stv_sessions WHERE process = pg_backend_pid();

-- Whoever may read them gets answers.
-- Under the names for clusters for concurrency, too, and in the queue
SELECT (SELECT count(*) FROM redshift.svcs_explain WHERE plannode LIKE '%history_item%') > 0 AS explain, (SELECT count(*) FROM redshift.svcs_query_summary) > 0 AS summary,
	(SELECT count(*) FROM redshift.svcs_concurrency_scaling_usage) AS usage, redshift.last_user_query_id() = redshift.pg_last_query_id() AS last;
SELECT DISTINCT slots, queue_elapsed, wlm_total_elapsed = exec_elapsed AS all_executed, commit_queue_elapsed, trim(service_class_name) AS class, database = current_database() AS here
	FROM redshift.svl_query_queue_info WHERE querytxt LIKE '%history_item%';
CREATE ROLE history_reader;
SET ROLE history_reader;
DO $$
DECLARE
	name text;
	n int8;
BEGIN
	FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'redshift'::regnamespace AND relkind = 'v'
			AND relname ~ '^(stl|svl|sys|stv)_' AND has_table_privilege(oid, 'SELECT') LOOP
		EXECUTE format('SELECT count(v.*) FROM redshift.%I v', name) INTO n;
	END LOOP;
END $$;
RESET ROLE;
DROP ROLE history_reader;
DROP TABLE history_sale, history_item, history_kept;
