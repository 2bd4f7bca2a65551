-- Loads and unloads as SYS views have them: statements, with what the load tables have of their files.

CREATE VIEW redshift.sys_load_history WITH (security_invoker) AS
	SELECT q.userid AS user_id, q.query::int8 AS query_id, q.xid AS transaction_id, q.pid AS session_id, current_database()::text AS database_name,
		CASE WHEN q.endtime IS NULL THEN 'running' WHEN q.aborted = 0 THEN 'completed' ELSE 'aborted' END AS status,
		(regexp_match(q.text, '^\s*copy\s+((?:"[^"]*"|[\w$.])+)', 'i'))[1] AS table_name, q.starttime AS start_time, q.endtime AS end_time,
		(1000000 * extract(epoch FROM coalesce(q.endtime, clock_timestamp() AT TIME ZONE 'UTC') - q.starttime))::int8 AS duration,
		(regexp_match(q.text, '\sfrom\s+''([^'']*)''', 'i'))[1] AS data_source, f.file_format, q."rows" AS loaded_rows, f.bytes AS loaded_bytes,
		f.files AS source_file_count, f.bytes AS source_file_bytes, f.files AS file_count_scanned, f.bytes AS file_bytes_scanned,
		e.errors AS error_count, 0::int8 AS copy_job_id
	FROM (
		SELECT query, userid, xid, pid, type, text, starttime, endtime, aborted, "rows" FROM redshift.all_queries
		UNION ALL
		SELECT query, userid, xid, pid, type, text, starttime, NULL::timestamp, 0, 0::int8 FROM redshift.running_statements() WHERE endtime IS NULL) q,
		LATERAL (SELECT max(trim(s.file_format)) AS file_format FROM redshift.stl_load_commits s WHERE s.query = q.query) c,
		LATERAL (SELECT c.file_format, count(DISTINCT s.name)::int4 AS files, coalesce(sum(s.bytes), 0)::int8 AS bytes
			FROM redshift.stl_file_scan s WHERE s.query = q.query) f,
		LATERAL (SELECT count(*) AS errors FROM redshift.stl_load_errors s WHERE s.query = q.query) e
	WHERE q.type = 'COPY';
COMMENT ON VIEW redshift.sys_load_history IS 'COPYs that run or have ended; duration: microseconds';

CREATE VIEW redshift.sys_load_detail WITH (security_invoker) AS
	SELECT s.userid AS user_id, s.query AS query_id, s.name::char(256) AS file_name, least(s.bytes, 2147483647)::int4 AS bytes_scanned,
		least(s.lines, 2147483647)::int4 AS lines_scanned, s.curtime AS record_time, 1 AS splits_scanned,
		s.curtime - s.loadtime * interval '1 microsecond' AS start_time, s.curtime AS end_time, NULL::char(256) AS file_etag,
		NULL::timestamp AS file_last_modified
	FROM redshift.stl_file_scan s;
COMMENT ON VIEW redshift.sys_load_detail IS 'files, and parts of files, that COPY has read';

CREATE VIEW redshift.sys_load_error_detail WITH (security_invoker) AS
	SELECT e.userid AS user_id, e.query::int8 AS query_id, q.xid AS transaction_id, e.session AS session_id, current_database()::char(64) AS database_name,
		e.tbl AS table_id, e.starttime AS start_time, e.filename AS file_name, e.line_number, e.colname AS column_name, e.type AS column_type,
		e.col_length AS column_length, e."position", e.err_code AS error_code, e.err_reason::char(512) AS error_message
	FROM redshift.stl_load_errors e LEFT JOIN redshift.all_queries q USING (query);
COMMENT ON VIEW redshift.sys_load_error_detail IS 'rows that COPY could not load';

CREATE VIEW redshift.sys_unload_history WITH (security_invoker) AS
	SELECT q.userid AS user_id, q.query::int8 AS query_id, q.xid AS transaction_id, q.pid AS session_id, current_database()::text AS database_name,
		CASE WHEN q.aborted = 0 THEN 'completed' ELSE 'aborted' END AS status, q.starttime AS start_time, q.endtime AS end_time,
		(1000000 * extract(epoch FROM q.endtime - q.starttime))::int8 AS duration, f.file_format::char(16) AS file_format,
		NULL::char(16) AS compression_type, f.location::char(1280) AS unload_location, f.lines AS unloaded_rows, f.files AS unloaded_files_count,
		f.bytes AS unloaded_files_size, q.error AS error_message
	FROM redshift.all_queries q,
		LATERAL (SELECT max(trim(u.file_format)) AS file_format, regexp_replace(min(trim(u.path)), '[^/]*$', '') AS location, coalesce(sum(u.line_count), 0)::int8 AS lines, count(*) AS files,
			coalesce(sum(u.transfer_size), 0)::int8 AS bytes
			FROM redshift.stl_unload_log u WHERE u.query = q.query) f
	WHERE q.type = 'UNLOAD';
COMMENT ON VIEW redshift.sys_unload_history IS 'UNLOADs that have ended; duration: microseconds';

CREATE VIEW redshift.sys_unload_detail WITH (security_invoker) AS
	SELECT u.userid AS user_id, u.query AS query_id, u.pid AS session_id, q.xid AS transaction_id, u.path AS file_name, u.start_time, u.end_time,
		u.line_count, u.transfer_size, u.file_format
	FROM redshift.stl_unload_log u LEFT JOIN redshift.all_queries q USING (query);
COMMENT ON VIEW redshift.sys_unload_detail IS 'files that UNLOAD has written';

GRANT SELECT ON redshift.sys_load_history, redshift.sys_load_detail, redshift.sys_load_error_detail, redshift.sys_unload_history,
	redshift.sys_unload_detail TO PUBLIC;
