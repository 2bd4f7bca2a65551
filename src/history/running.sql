-- Statements that run, sessions and cursors.

CREATE VIEW redshift.stv_recents WITH (security_invoker) AS
	SELECT r.userid, CASE WHEN r.endtime IS NULL THEN 'Running' ELSE 'Done' END::char(20) AS status, r.starttime,
		least(1000000 * extract(epoch FROM coalesce(r.endtime, clock_timestamp() AT TIME ZONE 'UTC') - r.starttime), 2147483647)::int4 AS duration,
		pg_get_userbyid(r.userid::oid)::char(50) AS user_name, current_database()::char(50) AS db_name, r.text::char(600) AS query,
		CASE WHEN r.endtime IS NULL THEN r.pid ELSE -1 END AS pid
	FROM redshift.running_statements() r;
COMMENT ON VIEW redshift.stv_recents IS 'the last statement of each session; duration: microseconds';

CREATE VIEW redshift.stv_inflight WITH (security_invoker) AS
	SELECT userid, 0 AS slice, query, coalesce(nullif(label, ''), 'default')::char(320) AS label, xid, pid, starttime, text::char(100) AS text,
		0 AS suspended, 0 AS insert_pristine, 0 AS concurrency_scaling_status
	FROM redshift.running_statements() WHERE endtime IS NULL AND family = 'query';
COMMENT ON VIEW redshift.stv_inflight IS 'queries that run';

CREATE VIEW redshift.svv_query_inflight WITH (security_invoker) AS
	SELECT r.userid, 0 AS slice, r.query, r.pid, r.starttime, 0 AS suspended, p.piece::char(200) AS text, p.sequence
	FROM redshift.running_statements() r, redshift.text_pieces(r.text) p WHERE r.endtime IS NULL AND r.family = 'query';
COMMENT ON VIEW redshift.svv_query_inflight IS 'queries that run, their texts in pieces of 200 characters; 2,400 bytes of each';

CREATE VIEW redshift.svv_query_state WITH (security_invoker) AS
	SELECT r.userid, r.query, 0 AS seg, 0 AS step, e.elapsed AS maxtime, e.elapsed AS avgtime, NULL::int8 AS "rows", NULL::int8 AS bytes,
		NULL::int8 AS cpu, NULL::int8 AS memory, NULL::float8 AS rate_row, NULL::float8 AS rate_byte, r.type::char(25) AS label,
		'f'::char(1) AS is_diskbased, NULL::int8 AS workmem, NULL::int4 AS num_parts, 'f'::char(1) AS is_rrscan, 'f'::char(1) AS is_delayed_scan
	FROM redshift.running_statements() r, LATERAL (SELECT (clock_timestamp() AT TIME ZONE 'UTC') - r.starttime AS elapsed) e
	WHERE r.endtime IS NULL AND r.family = 'query';
COMMENT ON VIEW redshift.svv_query_state IS 'queries that run; their steps are known when they have ended';

CREATE VIEW redshift.stv_exec_state WITH (security_invoker) AS
	SELECT userid, query, 0 AS slice, 0 AS segment, 0 AS step, starttime, clock_timestamp() AT TIME ZONE 'UTC' AS currenttime, 0 AS tasknum,
		NULL::int8 AS "rows", NULL::int8 AS bytes, type::char(256) AS label, 'f'::char(1) AS is_diskbased, NULL::int8 AS workmem,
		NULL::int4 AS num_parts, 'f'::char(1) AS is_rrscan, 'f'::char(1) AS is_delayed_scan
	FROM redshift.running_statements() WHERE endtime IS NULL AND family = 'query';
COMMENT ON VIEW redshift.stv_exec_state IS 'queries that run; their steps are known when they have ended';

CREATE VIEW redshift.stv_sessions WITH (security_invoker) AS
	SELECT backend_start AT TIME ZONE 'UTC' AS starttime, pid AS process, usename::char(50) AS user_name, datname::char(50) AS db_name,
		0 AS timeout_sec
	FROM pg_stat_activity WHERE backend_type = 'client backend' AND backend_start IS NOT NULL
		AND redshift.may_see(usesysid::int8::bit(32)::int4);
COMMENT ON VIEW redshift.stv_sessions IS 'sessions';

CREATE VIEW redshift.stv_active_cursors WITH (security_invoker) AS
	SELECT (SELECT oid::int8::bit(32)::int4 FROM pg_roles WHERE rolname = current_user) AS userid, c.name::varchar(256) AS name, r.xid, pg_backend_pid() AS pid,
		c.creation_time AT TIME ZONE 'UTC' AS starttime, NULL::int8 AS row_count, NULL::int8 AS byte_count, NULL::int8 AS fetched_rows
	FROM pg_cursors c LEFT JOIN redshift.running_statements() r ON r.pid = pg_backend_pid()
	WHERE c.name <> '';
COMMENT ON VIEW redshift.stv_active_cursors IS 'open cursors of this session; PostgreSQL shows no others'', and computes rows as they are fetched';

CREATE VIEW redshift.stv_cursor_configuration WITH (security_invoker) AS
	SELECT count(*)::int4 AS current_cursor_count, 0::int8 AS max_diskspace_usable, 0::int8 AS current_diskspace_used
	FROM pg_cursors WHERE name <> '';
COMMENT ON VIEW redshift.stv_cursor_configuration IS 'cursors: PostgreSQL keeps them in no space of their own';

-- There is one queue, in which nothing waits: the default one.
CREATE VIEW redshift.stv_wlm_query_state WITH (security_invoker) AS
	SELECT xid::int4 AS xid, query AS task, query, 100 AS service_class, 1 AS slot_count, starttime AS wlm_start_time, 'Running'::char(16) AS state,
		0::int8 AS queue_time, (1000000 * extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC') - starttime))::int8 AS exec_time,
		'Normal'::char(20) AS query_priority
	FROM redshift.running_statements() WHERE endtime IS NULL AND family = 'query';
COMMENT ON VIEW redshift.stv_wlm_query_state IS 'queries that run, in the one queue there is; times: microseconds';

CREATE VIEW redshift.stv_wlm_query_queue_state WITH (security_invoker) AS
	SELECT 100 AS service_class, 0 AS "position", 0 AS task, 0 AS query, 0 AS slot_count, NULL::timestamp AS start_time, 0::int8 AS queue_time
	WHERE false;
COMMENT ON VIEW redshift.stv_wlm_query_queue_state IS 'queries that wait in a queue: there are none';

CREATE VIEW redshift.stv_wlm_query_task_state WITH (security_invoker) AS
	SELECT 100 AS service_class, query AS task, query, 1 AS slot_count, starttime AS start_time,
		(1000000 * extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC') - starttime))::int8 AS exec_time
	FROM redshift.running_statements() WHERE endtime IS NULL AND family = 'query';
COMMENT ON VIEW redshift.stv_wlm_query_task_state IS 'queries that run, in the one queue there is; exec_time: microseconds';

GRANT SELECT ON redshift.stv_recents, redshift.stv_inflight, redshift.svv_query_inflight, redshift.svv_query_state, redshift.stv_exec_state,
	redshift.stv_sessions, redshift.stv_active_cursors, redshift.stv_cursor_configuration, redshift.stv_wlm_query_state,
	redshift.stv_wlm_query_queue_state, redshift.stv_wlm_query_task_state TO PUBLIC;
