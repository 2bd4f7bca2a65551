-- Calls of procedures; and what does not happen here.

CREATE VIEW redshift.svl_stored_proc_call WITH (security_invoker) AS
	SELECT userid, userid AS session_userid, query, coalesce(nullif(label, ''), 'default')::char(320) AS label, xid, pid,
		current_database()::char(32) AS database, text::char(4000) AS querytxt, starttime, endtime, aborted, NULL::int4 AS from_sp_call
	FROM redshift.all_queries WHERE family = 'utility' AND text ~* '^\s*call\M';
COMMENT ON VIEW redshift.svl_stored_proc_call IS 'procedures that clients have called; those that procedures call are not told';

CREATE VIEW redshift.sys_procedure_call WITH (security_invoker) AS
	SELECT session_userid AS session_user_id, userid AS security_user_id, query AS query_id, querytxt AS query_text, starttime AS start_time,
		endtime AS end_time, CASE aborted WHEN 0 THEN 'success' ELSE 'canceled' END::char(10) AS status, from_sp_call AS caller_procedure_query_id
	FROM redshift.svl_stored_proc_call;
COMMENT ON VIEW redshift.sys_procedure_call IS 'procedures that clients have called; those that procedures call are not told';

-- There are no functions in Python, no external tables, no scheduled COPYs, no serverless work group, and a full disk
-- fails a statement with an error.
CREATE VIEW redshift.svl_udf_log WITH (security_invoker) AS
	SELECT NULL::int8 AS query, NULL::char(4096) AS message, NULL::timestamp AS created, NULL::char(4096) AS traceback,
		NULL::char(256) AS funcname, NULL::int4 AS node, NULL::int4 AS slice, NULL::int4 AS seq WHERE false;
COMMENT ON VIEW redshift.svl_udf_log IS 'messages of functions in Python: there are none';

CREATE VIEW redshift.svl_s3query_summary WITH (security_invoker) AS
	SELECT userid, query, xid, pid, 0 AS segment, 0 AS step, starttime, endtime, 0 AS elapsed, aborted, NULL::char(136) AS external_table_name,
		NULL::char(16) AS file_format, NULL::char(1) AS is_partitioned, NULL::char(1) AS is_rrscan, NULL::char(1) AS is_nested,
		NULL::int8 AS s3_scanned_rows, NULL::int8 AS s3_scanned_bytes, NULL::int8 AS s3query_returned_rows, NULL::int8 AS s3query_returned_bytes,
		NULL::int4 AS files, NULL::int4 AS files_max, NULL::int4 AS files_avg, NULL::int4 AS splits, NULL::int4 AS splits_max,
		NULL::int4 AS splits_avg, NULL::int8 AS total_split_size, NULL::int8 AS max_split_size, NULL::int8 AS avg_split_size,
		NULL::int4 AS total_retries, NULL::int4 AS max_retries, NULL::int4 AS max_request_duration, NULL::float8 AS avg_request_duration,
		NULL::int4 AS max_request_parallelism, NULL::float8 AS avg_request_parallelism, NULL::int4 AS total_slowdown_count,
		NULL::int4 AS max_slowdown_count
	FROM redshift.all_queries WHERE false;
COMMENT ON VIEW redshift.svl_s3query_summary IS 'queries of external tables: there are none';

CREATE VIEW redshift.sys_external_query_detail WITH (security_invoker) AS
	SELECT NULL::int4 AS user_id, NULL::int8 AS query_id, NULL::int8 AS transaction_id, NULL::int4 AS child_query_sequence, NULL::int4 AS segment_id,
		NULL::char(32) AS source_type, NULL::timestamp AS start_time, NULL::timestamp AS end_time, NULL::int8 AS duration,
		NULL::int4 AS total_partitions, NULL::int4 AS qualified_partitions, NULL::int4 AS scanned_files, NULL::int8 AS returned_rows,
		NULL::int8 AS returned_bytes, NULL::text AS file_format, NULL::text AS file_location, NULL::text AS external_query_text,
		NULL::char(4000) AS warning_message, NULL::char(136) AS table_name, NULL::char(1) AS is_recursive, NULL::char(1) AS is_nested,
		NULL::int8 AS s3list_time, NULL::int8 AS get_partition_time, NULL::int8 AS scanned_bytes WHERE false;
COMMENT ON VIEW redshift.sys_external_query_detail IS 'queries of external tables: there are none';

CREATE VIEW redshift.sys_external_query_error WITH (security_invoker) AS
	SELECT NULL::int4 AS user_id, NULL::int8 AS query_id, NULL::char(256) AS file_location, NULL::char(2100) AS rowid, NULL::char(127) AS column_name,
		NULL::char(1024) AS original_value, NULL::char(1024) AS modified_value, NULL::char(128) AS trigger, NULL::char(128) AS action,
		NULL::char(128) AS action_value, NULL::int4 AS error_code WHERE false;
COMMENT ON VIEW redshift.sys_external_query_error IS 'errors of queries of external tables: there are none';

CREATE VIEW redshift.sys_serverless_usage WITH (security_invoker) AS
	SELECT NULL::timestamp AS start_time, NULL::timestamp AS end_time, NULL::float8 AS compute_seconds, NULL::float8 AS compute_capacity,
		NULL::int4 AS data_storage, NULL::int4 AS cross_region_transferred_data, NULL::int4 AS charged_seconds WHERE false;
COMMENT ON VIEW redshift.sys_serverless_usage IS 'what a serverless work group used: there is none';

CREATE VIEW redshift.sys_copy_job WITH (security_invoker) AS
	SELECT NULL::int8 AS job_id, NULL::char(128) AS job_name, NULL::char(128) AS iam_role, NULL::char(256) AS job_text, NULL::int4 AS is_auto,
		NULL::int4 AS on_error_suspend WHERE false;
COMMENT ON VIEW redshift.sys_copy_job IS 'scheduled COPYs: there are none';

CREATE VIEW redshift.sys_copy_job_info WITH (security_invoker) AS
	SELECT NULL::int8 AS job_id, NULL::char(128) AS job_name, NULL::char(128) AS database_name, NULL::timestamp AS record_time,
		NULL::char(512) AS message WHERE false;
COMMENT ON VIEW redshift.sys_copy_job_info IS 'messages of scheduled COPYs: there are none';

CREATE VIEW redshift.stl_disk_full_diag WITH (security_invoker) AS
	SELECT NULL::int8 AS currenttime, NULL::int8 AS node_num, NULL::int8 AS query_id, NULL::int8 AS temp_blocks WHERE false;
COMMENT ON VIEW redshift.stl_disk_full_diag IS 'queries that found the disk full: sys_query_history has their errors';

GRANT SELECT ON redshift.svl_stored_proc_call, redshift.sys_procedure_call, redshift.svl_udf_log,
	redshift.svl_s3query_summary, redshift.sys_external_query_detail, redshift.sys_external_query_error, redshift.sys_serverless_usage,
	redshift.sys_copy_job, redshift.sys_copy_job_info, redshift.stl_disk_full_diag TO PUBLIC;
