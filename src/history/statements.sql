-- Statements that have ended: stl_query, the logs of texts, sys_query_history.

CREATE VIEW redshift.stl_query WITH (security_invoker) AS
	SELECT userid, query, coalesce(nullif(label, ''), 'default')::char(320) AS label, xid, pid, current_database()::char(32) AS database,
		text::char(4000) AS querytxt, starttime, endtime, aborted, 0 AS insert_pristine, 0 AS concurrency_scaling_status
	FROM redshift.all_queries WHERE family = 'query';
COMMENT ON VIEW redshift.stl_query IS 'queries that have ended';

CREATE VIEW redshift.stl_querytext WITH (security_invoker) AS
	SELECT q.userid, q.xid, q.pid, q.query, p.sequence, p.piece::char(200) AS text
	FROM redshift.all_queries q, redshift.text_pieces(q.text) p WHERE q.family = 'query';
COMMENT ON VIEW redshift.stl_querytext IS 'texts of queries that have ended, in pieces of 200 characters';

CREATE VIEW redshift.stl_ddltext WITH (security_invoker) AS
	SELECT q.userid, q.xid, q.pid, q.label::char(320) AS label, q.starttime, q.endtime, p.sequence, p.piece::char(200) AS text
	FROM redshift.all_queries q, redshift.text_pieces(q.text) p WHERE q.family = 'ddl';
COMMENT ON VIEW redshift.stl_ddltext IS 'texts of statements that create, alter or drop objects, in pieces of 200 characters';

CREATE VIEW redshift.stl_utilitytext WITH (security_invoker) AS
	SELECT q.userid, q.xid, q.pid, q.label::char(320) AS label, q.starttime, q.endtime, p.sequence, p.piece::char(200) AS text
	FROM redshift.all_queries q, redshift.text_pieces(q.text) p WHERE q.family = 'utility';
COMMENT ON VIEW redshift.stl_utilitytext IS 'texts of other statements that are no queries, in pieces of 200 characters';

CREATE VIEW redshift.svl_statementtext WITH (security_invoker) AS
	SELECT q.userid, q.xid, q.pid, q.label::char(320) AS label, q.starttime, q.endtime, p.sequence,
		CASE q.family WHEN 'ddl' THEN 'DDL' WHEN 'utility' THEN 'UTILITY' ELSE 'QUERY' END::char(10) AS type, p.piece::char(200) AS text
	FROM redshift.all_queries q, redshift.text_pieces(q.text) p WHERE q.family IN ('query', 'ddl', 'utility');
COMMENT ON VIEW redshift.svl_statementtext IS 'texts of all statements, in pieces of 200 characters';

CREATE VIEW redshift.svl_qlog WITH (security_invoker) AS
	SELECT userid, query, xid, pid, starttime, endtime, (1000000 * extract(epoch FROM endtime - starttime))::int8 AS elapsed, aborted,
		coalesce(nullif(label, ''), 'default')::char(320) AS label, text::char(60) AS substring, NULL::int4 AS source_query,
		'0 - Ran on the main cluster'::text AS concurrency_scaling_status_txt, caller AS from_sp_call
	FROM redshift.all_queries WHERE family = 'query';
COMMENT ON VIEW redshift.svl_qlog IS 'queries that have ended; elapsed: microseconds';

-- Statements that run, too.
CREATE VIEW redshift.sys_query_history WITH (security_invoker) AS
	SELECT q.userid AS user_id, q.query::int8 AS query_id, coalesce(nullif(q.label, ''), 'default')::char(320) AS query_label,
		q.xid AS transaction_id, q.pid AS session_id, current_database()::char(128) AS database_name, q.type::char(32) AS query_type,
		q.status::char(10) AS status, false AS result_cache_hit, q.starttime AS start_time, q.endtime AS end_time,
		e.elapsed + q.planning_time AS elapsed_time, 0::int8 AS queue_time, e.elapsed AS execution_time, q.error::char(512) AS error_message,
		CASE WHEN q.type = 'SELECT' THEN q."rows" ELSE 0 END AS returned_rows,
		CASE WHEN q.type = 'SELECT' THEN q.bytes ELSE 0 END AS returned_bytes, q.text::char(4000) AS query_text,
		current_setting('server_version')::char(256) AS redshift_version, NULL::char(150) AS usage_limit, 'provisioned'::varchar(32) AS compute_type,
		0::int8 AS compile_time, q.planning_time, 0::int8 AS lock_wait_time, 100 AS service_class_id, 'Default queue'::char(64) AS service_class_name,
		'NORMAL'::varchar(20) AS query_priority, 'false'::varchar(10) AS short_query_accelerated, md5(q.text)::char(40) AS user_query_hash,
		md5(regexp_replace(q.text, $$'([^']|'')*'|\m[0-9]+(\.[0-9]+)?\M$$, '?', 'g'))::char(40) AS generic_query_hash, 1 AS query_hash_version,
		NULL::int8 AS result_cache_query_id
	FROM (
		SELECT query, userid, xid, pid, type, label, starttime, endtime, "rows", bytes, planning_time, text, error,
			CASE WHEN aborted = 0 THEN 'success' WHEN sqlstate IS NULL OR sqlstate IN ('57014', '57P01') THEN 'canceled' ELSE 'failed' END AS status
		FROM redshift.all_queries
		UNION ALL
		SELECT query, userid, xid, pid, type, label, starttime, NULL::timestamp, 0::int8, 0::int8, 0::int8, text, NULL::text, 'running'::text
		FROM redshift.running_statements() WHERE endtime IS NULL) q,
		LATERAL (SELECT (1000000 * extract(epoch FROM coalesce(q.endtime, clock_timestamp() AT TIME ZONE 'UTC') - q.starttime))::int8 AS elapsed) e;
COMMENT ON VIEW redshift.sys_query_history IS 'statements that run or have ended; times are microseconds';

CREATE VIEW redshift.sys_query_text WITH (security_invoker) AS
	SELECT q.userid AS user_id, q.query::int8 AS query_id, q.xid AS transaction_id, q.pid AS session_id, q.starttime AS start_time,
		p.sequence, p.piece::char(200) AS text
	FROM redshift.all_queries q, redshift.text_pieces(q.text) p;
COMMENT ON VIEW redshift.sys_query_text IS 'texts of statements that have ended, in pieces of 200 characters';

GRANT SELECT ON redshift.stl_query, redshift.stl_querytext, redshift.stl_ddltext, redshift.stl_utilitytext, redshift.svl_statementtext,
	redshift.svl_qlog, redshift.sys_query_history, redshift.sys_query_text TO PUBLIC;
