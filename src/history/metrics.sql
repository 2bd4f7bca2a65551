-- What queries took: queues and metrics.

CREATE VIEW redshift.stl_wlm_query WITH (security_invoker) AS
	SELECT userid, xid::int4 AS xid, query AS task, query, 100 AS service_class, 1 AS slot_count, starttime AS service_class_start_time,
		starttime AS queue_start_time, starttime AS queue_end_time, 0::int8 AS total_queue_time, starttime AS exec_start_time,
		endtime AS exec_end_time, (1000000 * extract(epoch FROM endtime - starttime))::int8 AS total_exec_time,
		endtime AS service_class_end_time, CASE WHEN aborted = 0 THEN 'Completed' ELSE 'Evicted' END::char(16) AS final_state,
		0::int8 AS est_peak_mem, 'Normal'::char(20) AS query_priority, 'Default queue'::char(64) AS service_class_name
	FROM redshift.all_queries WHERE family = 'query';
COMMENT ON VIEW redshift.stl_wlm_query IS 'queries that have ended, in the one queue there is, where none waits; times: microseconds';

CREATE VIEW redshift.stl_wlm_rule_action WITH (security_invoker) AS
	SELECT userid, query, 100 AS service_class, NULL::char(256) AS rule, NULL::char(256) AS action, starttime AS recordtime,
		NULL::char(256) AS action_value, NULL::char(64) AS service_class_name
	FROM redshift.all_queries WHERE false;
COMMENT ON VIEW redshift.stl_wlm_rule_action IS 'rules that were broken: there are none';

CREATE VIEW redshift.stl_wlm_error WITH (security_invoker) AS
	SELECT userid, endtime AS recordtime, pid, NULL::char(256) AS error_string FROM redshift.all_queries WHERE false;
COMMENT ON VIEW redshift.stl_wlm_error IS 'errors of queues: there are none';

-- Of queries as a whole; processor time is not measured.  io_skew is of the slices that read tables.
-- internal
CREATE VIEW redshift.query_metrics WITH (security_invoker) AS
	SELECT q.userid, q.query, q.starttime, extract(epoch FROM q.endtime - q.starttime) AS seconds, s.*, p.slices, p.io_skew
	FROM redshift.all_queries q,
		LATERAL (
			SELECT coalesce(sum("rows") FILTER (WHERE name = 'scan' AND tbl >= 1000), 0)::int8 AS scanned_rows,
				coalesce(sum("rows") FILTER (WHERE name IN ('hjoin', 'mjoin')), 0)::int8 AS joined_rows,
				coalesce(sum("rows") FILTER (WHERE name = 'nloop'), 0)::int8 AS looped_rows,
				CASE WHEN q.type = 'SELECT' THEN q."rows" ELSE 0 END AS returned_rows,
				ceil(coalesce(sum(bytes_read), 0) / 1048576.0)::int8 AS blocks_read, coalesce(max("rows"), 0)::int8 AS most_rows,
				coalesce(max(longest) / 1000000.0, extract(epoch FROM q.endtime - q.starttime)) AS segment_seconds
			FROM redshift.plan_steps(coalesce(q.plan, ''), q.type, q."rows", false)) s,
		LATERAL (
			SELECT greatest(count(*), 1)::int4 AS slices, (max(r.bytes) / nullif(avg(r.bytes), 0))::numeric(38,2) AS io_skew
			FROM (
				SELECT slice, sum(bytes_read) AS bytes FROM redshift.plan_steps(coalesce(q.plan, ''), q.type, q."rows", true)
				WHERE bytes_read IS NOT NULL GROUP BY slice) r) p
	WHERE q.family = 'query';
COMMENT ON VIEW redshift.query_metrics IS 'what queries that have ended took';
GRANT SELECT ON redshift.query_metrics TO PUBLIC;

CREATE VIEW redshift.stl_query_metrics WITH (security_invoker) AS
	SELECT userid, 100 AS service_class, query, -1 AS segment, -1 AS step_type, starttime, slices, most_rows AS max_rows, scanned_rows AS "rows",
		NULL::int8 AS max_cpu_time, NULL::int8 AS cpu_time, blocks_read AS max_blocks_read, blocks_read, (1000000 * seconds)::int8 AS max_run_time,
		(1000000 * seconds)::int8 AS run_time, 0::int8 AS max_blocks_to_disk, 0::int8 AS blocks_to_disk, -1 AS step, blocks_read AS max_query_scan_size,
		blocks_read AS query_scan_size, 'Normal'::char(20) AS query_priority, 0::int8 AS query_queue_time, 'Default queue'::char(64) AS service_class_name
	FROM redshift.query_metrics;
COMMENT ON VIEW redshift.stl_query_metrics IS 'queries that have ended, as a whole; run times: microseconds';

CREATE VIEW redshift.stv_query_metrics WITH (security_invoker) AS
	SELECT userid, 100 AS service_class, query, starttime, 1 AS slices, -1 AS segment, -1 AS step_type, NULL::int8 AS "rows", NULL::int8 AS max_rows,
		NULL::int8 AS cpu_time, NULL::int8 AS max_cpu_time, NULL::int8 AS blocks_read, NULL::int8 AS max_blocks_read,
		(1000000 * extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC') - starttime))::int8 AS run_time,
		(1000000 * extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC') - starttime))::int8 AS max_run_time,
		0::int8 AS blocks_to_disk, 0::int8 AS max_blocks_to_disk, -1 AS step, NULL::int8 AS max_query_scan_size, NULL::int8 AS query_scan_size,
		'Normal'::char(20) AS query_priority, 0::int8 AS query_queue_time, 'Default queue'::char(64) AS service_class_name
	FROM redshift.running_statements() WHERE endtime IS NULL AND family = 'query';
COMMENT ON VIEW redshift.stv_query_metrics IS 'queries that run; run times: microseconds';

CREATE VIEW redshift.svl_query_metrics WITH (security_invoker) AS
	SELECT userid, query, 100 AS service_class, 'query'::varchar(24) AS dimension, NULL::int4 AS segment, NULL::int4 AS step,
		NULL::varchar(30) AS step_label, NULL::int8 AS query_cpu_time, blocks_read AS query_blocks_read, seconds::int8 AS query_execution_time,
		NULL::int8 AS query_cpu_usage_percent, 0::int8 AS query_temp_blocks_to_disk, segment_seconds::int8 AS segment_execution_time,
		NULL::numeric(38,2) AS cpu_skew, io_skew, scanned_rows AS scan_row_count, joined_rows AS join_row_count,
		looped_rows AS nested_loop_join_row_count, returned_rows AS return_row_count, NULL::int8 AS spectrum_scan_row_count,
		NULL::int8 AS spectrum_scan_size_mb, 0::int8 AS query_queue_time, 'Default queue'::char(64) AS service_class_name
	FROM redshift.query_metrics;
COMMENT ON VIEW redshift.svl_query_metrics IS 'queries that have ended, as a whole; times: seconds';

CREATE VIEW redshift.svl_query_metrics_summary WITH (security_invoker) AS
	SELECT userid, query, 100 AS service_class, NULL::int8 AS query_cpu_time, blocks_read AS query_blocks_read, seconds::int8 AS query_execution_time,
		NULL::numeric(38,2) AS query_cpu_usage_percent, 0::int8 AS query_temp_blocks_to_disk, segment_seconds::int8 AS segment_execution_time,
		NULL::numeric(38,2) AS cpu_skew, io_skew, scanned_rows AS scan_row_count, joined_rows AS join_row_count,
		looped_rows AS nested_loop_join_row_count, returned_rows AS return_row_count, NULL::int8 AS spectrum_scan_row_count,
		NULL::int8 AS spectrum_scan_size_mb, 0::int8 AS query_queue_time, 'Default queue'::char(64) AS service_class_name
	FROM redshift.query_metrics;
COMMENT ON VIEW redshift.svl_query_metrics_summary IS 'queries that have ended; times: seconds';

CREATE VIEW redshift.svl_compile WITH (security_invoker) AS
	SELECT userid, xid, pid, query, segment, 1 AS locus, starttime, starttime AS endtime, 0 AS compile
	FROM redshift.all_steps WHERE step = 0 AND NOT by_slice;
COMMENT ON VIEW redshift.svl_compile IS 'segments of queries: nothing is compiled';

GRANT SELECT ON redshift.stl_wlm_query, redshift.stl_wlm_rule_action, redshift.stl_wlm_error, redshift.stl_query_metrics, redshift.stv_query_metrics,
	redshift.svl_query_metrics, redshift.svl_query_metrics_summary, redshift.svl_compile TO PUBLIC;
