-- Calls of procedures; and what does not happen here.

CREATE VIEW redshift.svl_stored_proc_call WITH (security_invoker) AS
	SELECT userid, session_userid, query, coalesce(nullif(label, ''), 'default')::char(320) AS label, xid, pid,
		current_database()::char(32) AS database, text::char(4000) AS querytxt, starttime, endtime, aborted, caller AS from_sp_call
	FROM redshift.all_queries WHERE family = 'utility' AND text ~* '^\s*call\M';
COMMENT ON VIEW redshift.svl_stored_proc_call IS 'procedures that clients and procedures have called';

CREATE VIEW redshift.sys_procedure_call WITH (security_invoker) AS
	SELECT session_userid AS session_user_id, userid AS security_user_id, query AS query_id, querytxt AS query_text, starttime AS start_time,
		endtime AS end_time, CASE aborted WHEN 0 THEN 'success' ELSE 'canceled' END::char(10) AS status, from_sp_call AS caller_procedure_query_id
	FROM redshift.svl_stored_proc_call;
COMMENT ON VIEW redshift.sys_procedure_call IS 'procedures that clients and procedures have called';

-- What COPY and UNLOAD say of files in S3, and the errors that S3 made them fail with.  Requests are not told apart.
CREATE VIEW redshift.stl_s3client WITH (security_invoker) AS
	SELECT f.userid, f.query, f.slice, f.recordtime, q.pid, f.method::char(64) AS http_method, (regexp_match(f.name, '^s3://([^/]*)'))[1]::char(64) AS bucket,
		regexp_replace(f.name, '^s3://[^/]*/?', '')::char(256) AS key, f.bytes AS transfer_size, NULL::int8 AS data_size,
		t.ended - f.duration AS start_time, t.ended AS end_time, f.duration AS transfer_time, NULL::int8 AS compression_time, NULL::int8 AS connect_time,
		NULL::int8 AS app_connect_time, NULL::int8 AS retries, NULL::char(32) AS request_id, NULL::char(128) AS extended_request_id,
		NULL::char(64) AS ip_address, f.is_partial, f.start_offset
	FROM (
		SELECT userid, query, slice, curtime AS recordtime, 'GET' AS method, rtrim(name) AS name, bytes, loadtime AS duration, is_partial, start_offset
		FROM redshift.stl_file_scan
		UNION ALL
		SELECT userid, query, slice, end_time, 'PUT', rtrim(path), transfer_size, (1000000 * extract(epoch FROM end_time - start_time))::int8, 0, 0
		FROM redshift.stl_unload_log) f
		CROSS JOIN LATERAL (SELECT (1000000 * extract(epoch FROM f.recordtime - timestamp '2000-01-01'))::int8 AS ended) t
		LEFT JOIN redshift.all_queries q ON q.query = f.query
	WHERE f.name LIKE 's3://%';
COMMENT ON VIEW redshift.stl_s3client IS 'files, and parts of files, that COPY has read from S3 and UNLOAD has written; times are microseconds, points in time since 2000';

CREATE VIEW redshift.stl_s3client_error WITH (security_invoker) AS
	SELECT q.userid, q.query, 0 AS sliceid, q.endtime AS recordtime, q.pid, CASE q.type WHEN 'COPY' THEN 'GET' ELSE 'PUT' END::char(64) AS http_method,
		f.place[1]::char(64) AS bucket, f.place[2]::char(256) AS key, q.error::char(1024) AS error, 0 AS is_partial, 0::int8 AS start_offset
	FROM redshift.all_queries q CROSS JOIN LATERAL (SELECT regexp_match(q.error, '"s3://([^/"]*)/?([^"]*)"') AS place) f
	WHERE q.type IN ('COPY', 'UNLOAD') AND q.sqlstate IN ('08006', '28000', '42501', '53000', '55000', '58P01', 'HV000', 'HV024') AND f.place IS NOT NULL;
COMMENT ON VIEW redshift.stl_s3client_error IS 'errors of S3 that COPY and UNLOAD have failed with';

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

CREATE VIEW redshift.stl_udf WITH (security_invoker) AS
	SELECT NULL::int4 AS userid, NULL::int4 AS query, NULL::int4 AS slice, NULL::int4 AS segment, NULL::int4 AS step, NULL::timestamp AS starttime,
		NULL::timestamp AS endtime, NULL::int4 AS tasknum, NULL::int8 AS "rows" WHERE false;
COMMENT ON VIEW redshift.stl_udf IS 'steps that run functions in Python: there are none';

CREATE VIEW redshift.sys_copy_job_detail WITH (security_invoker) AS
	SELECT NULL::int4 AS user_id, NULL::text AS database_name, NULL::int4 AS job_id, NULL::text AS job_name, NULL::text AS file_location,
		NULL::text AS file_name, NULL::int8 AS file_size, NULL::text AS file_etag, NULL::char(256) AS job_text, NULL::timestamp AS modification_time,
		NULL::timestamp AS enqueue_time, NULL::char(8) AS status WHERE false;
COMMENT ON VIEW redshift.sys_copy_job_detail IS 'files of scheduled COPYs: there are none';

CREATE VIEW redshift.stl_mv_state WITH (security_invoker) AS
	SELECT NULL::int8 AS userid, NULL::timestamp AS starttime, NULL::int8 AS xid, NULL::char(500) AS event_desc, NULL::char(128) AS db_name,
		NULL::char(128) AS base_table_schema, NULL::char(128) AS base_table_name, NULL::char(128) AS mv_schema, NULL::char(128) AS mv_name,
		NULL::char(32) AS state WHERE false;
COMMENT ON VIEW redshift.stl_mv_state IS 'no rows: the state of a materialized view is found when it is asked for, see svv_mv_info';

CREATE VIEW redshift.sys_mv_state WITH (security_invoker) AS
	SELECT NULL::int4 AS user_id, NULL::int8 AS transaction_id, NULL::char(128) AS database_name, NULL::char(500) AS event_desc,
		NULL::timestamp AS start_time, NULL::char(128) AS base_table_database_name, NULL::char(128) AS base_table_schema,
		NULL::char(128) AS base_table_name, NULL::char(128) AS mv_schema, NULL::char(128) AS mv_name, NULL::char(32) AS state WHERE false;
COMMENT ON VIEW redshift.sys_mv_state IS 'no rows: the state of a materialized view is found when it is asked for, see svv_mv_info';

CREATE VIEW redshift.svl_auto_worker_action WITH (security_invoker) AS
	SELECT NULL::int4 AS table_id, NULL::char(32) AS type, NULL::char(128) AS status, NULL::timestamp AS eventtime, NULL::int4 AS sequence,
		NULL::char(200) AS previous_state WHERE false;
COMMENT ON VIEW redshift.svl_auto_worker_action IS 'changes of tables by workers: there are none, VACUUM distributes tables of DISTSTYLE AUTO';

CREATE VIEW redshift.sys_auto_table_optimization WITH (security_invoker) AS
	SELECT NULL::int8 AS transaction_id, NULL::int4 AS session_id, NULL::int4 AS table_id, NULL::char(32) AS alter_table_type,
		NULL::char(128) AS status, NULL::timestamp AS event_time, NULL::char(200) AS alter_from, NULL::char(200) AS alter_to WHERE false;
COMMENT ON VIEW redshift.sys_auto_table_optimization IS 'changes of tables by workers: there are none, VACUUM distributes tables of DISTSTYLE AUTO';

GRANT SELECT ON redshift.stl_s3client, redshift.stl_s3client_error, redshift.stl_udf, redshift.sys_copy_job_detail, redshift.stl_mv_state,
	redshift.sys_mv_state, redshift.svl_auto_worker_action, redshift.sys_auto_table_optimization TO PUBLIC;
GRANT SELECT ON redshift.svl_stored_proc_call, redshift.sys_procedure_call, redshift.svl_udf_log,
	redshift.svl_s3query_summary, redshift.sys_external_query_detail, redshift.sys_external_query_error, redshift.sys_serverless_usage,
	redshift.sys_copy_job, redshift.sys_copy_job_info, redshift.stl_disk_full_diag TO PUBLIC;
