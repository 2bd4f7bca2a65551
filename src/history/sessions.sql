-- Sessions and users.

-- internal
CREATE TABLE redshift.history_connection (
	logged_at timestamptz NOT NULL, dbname text, event text, userid int4, recordtime timestamp, remotehost text, remoteport text, pid int4,
	username text, authmethod text, duration int8, sslversion text, sslcipher text, application_name text, started timestamp);
CREATE INDEX ON redshift.history_connection (logged_at);
ALTER TABLE redshift.history_connection ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON redshift.history_connection FOR SELECT USING (userid = (SELECT redshift.own_userid()) OR (SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')));
GRANT SELECT ON redshift.history_connection TO PUBLIC;

-- internal
CREATE TABLE redshift.history_user (
	logged_at timestamptz NOT NULL, userid int4, username text, oldusername text, action text, usecreatedb int4, usesuper int4, pid int4,
	xid int8, recordtime timestamp);
CREATE INDEX ON redshift.history_user (logged_at);
ALTER TABLE redshift.history_user ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON redshift.history_user FOR SELECT USING ((SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')));
GRANT SELECT ON redshift.history_user TO PUBLIC;

-- internal
CREATE VIEW redshift.all_connections WITH (security_invoker) AS
	SELECT * FROM redshift.history_connection
	UNION ALL
	SELECT * FROM redshift.history_rows(NULL::redshift.history_connection);
COMMENT ON VIEW redshift.all_connections IS 'what happened to sessions';
GRANT SELECT ON redshift.all_connections TO PUBLIC;

CREATE VIEW redshift.stl_connection_log WITH (security_invoker) AS
	SELECT event::char(50) AS event, recordtime, remotehost::char(45) AS remotehost, remoteport::char(32) AS remoteport, pid,
		dbname::char(50) AS dbname, username::char(50) AS username, authmethod::char(32) AS authmethod,
		least(duration, 2147483647)::int4 AS duration, sslversion::char(50) AS sslversion, sslcipher::char(128) AS sslcipher, 0 AS mtu,
		''::char(64) AS sslcompression, ''::char(64) AS sslexpansion, ''::char(36) AS iamauthguid,
		application_name::char(250) AS application_name, ''::char(64) AS driver_version, ''::char(64) AS os_version,
		''::char(32) AS plugin_name, 0 AS protocol_version,
		md5(pid || ' ' || started::text)::char(36) AS sessionid, ''::char(8) AS compression
	FROM redshift.all_connections WHERE (SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'));
COMMENT ON VIEW redshift.stl_connection_log IS 'sessions that began, could not, or ended, for members of pg_read_all_stats; duration: microseconds';

CREATE VIEW redshift.sys_connection_log WITH (security_invoker) AS
	SELECT event, recordtime AS record_time, remotehost AS remote_host, remoteport AS remote_port, pid AS session_id, dbname AS database_name,
		username AS user_name, authmethod AS auth_method, duration, sslversion AS ssl_version, sslcipher AS ssl_cipher, mtu,
		sslcompression AS ssl_compression, sslexpansion AS ssl_expansion, iamauthguid AS iam_auth_guid, application_name, driver_version,
		os_version, plugin_name, protocol_version, sessionid AS global_session_id
	FROM redshift.stl_connection_log;
COMMENT ON VIEW redshift.sys_connection_log IS 'sessions that began, could not, or ended, for members of pg_read_all_stats; duration: microseconds';

CREATE VIEW redshift.stl_sessions WITH (security_invoker) AS
	SELECT userid, started AS starttime, recordtime AS endtime, pid AS process, username::char(50) AS user_name, dbname::char(50) AS db_name,
		0 AS timeout_sec, 0 AS timed_out
	FROM redshift.all_connections WHERE event = 'disconnecting session';
COMMENT ON VIEW redshift.stl_sessions IS 'sessions that have ended';

CREATE VIEW redshift.sys_session_history WITH (security_invoker) AS
	SELECT userid::text::char(50) AS user_id, pid AS session_id, dbname::char(50) AS database_name, 'closed'::char(9) AS status,
		0 AS session_timeout, started AS start_time, recordtime AS end_time
	FROM redshift.all_connections WHERE event = 'disconnecting session'
	UNION ALL
	SELECT usesysid::text::char(50), pid, datname::char(50), 'active'::char(9), 0, backend_start AT TIME ZONE 'UTC', NULL
	FROM pg_stat_activity WHERE backend_type = 'client backend' AND backend_start IS NOT NULL
		AND redshift.may_see(usesysid::int8::bit(32)::int4);
COMMENT ON VIEW redshift.sys_session_history IS 'sessions that are there or have ended';

CREATE VIEW redshift.stl_restarted_sessions WITH (security_invoker) AS
	SELECT recordtime AS currenttime, dbname, 0 AS newpid, pid AS oldpid, username, remotehost, remoteport, recordtime AS parkedtime,
		NULL::char(2000) AS session_vars
	FROM redshift.stl_connection_log WHERE false;
COMMENT ON VIEW redshift.stl_restarted_sessions IS 'sessions that went on in another process: there are none';

-- internal
CREATE VIEW redshift.all_user_changes WITH (security_invoker) AS
	SELECT * FROM redshift.history_user
	UNION ALL
	SELECT * FROM redshift.history_rows(NULL::redshift.history_user);
COMMENT ON VIEW redshift.all_user_changes IS 'users that were created, changed or dropped, for members of pg_read_all_stats';
GRANT SELECT ON redshift.all_user_changes TO PUBLIC;

CREATE VIEW redshift.stl_userlog WITH (security_invoker) AS
	SELECT userid, username::char(50) AS username, oldusername::char(50) AS oldusername, action::char(10) AS action, usecreatedb, usesuper,
		0 AS usecatupd, NULL::timestamp AS valuntil, pid, xid, recordtime
	FROM redshift.all_user_changes;
COMMENT ON VIEW redshift.stl_userlog IS 'users that were created, changed or dropped, for members of pg_read_all_stats';

CREATE VIEW redshift.sys_userlog WITH (security_invoker) AS
	SELECT userid AS user_id, username AS user_name, oldusername AS original_user_name, action, usecreatedb AS has_create_db_privs,
		usesuper AS is_superuser, usecatupd AS has_update_catalog_privs, valuntil AS password_expiration, pid AS session_id,
		xid AS transaction_id, recordtime AS record_time
	FROM redshift.stl_userlog;
COMMENT ON VIEW redshift.sys_userlog IS 'users that were created, changed or dropped, for members of pg_read_all_stats';

GRANT SELECT ON redshift.stl_connection_log, redshift.sys_connection_log, redshift.stl_sessions, redshift.sys_session_history,
	redshift.stl_restarted_sessions, redshift.stl_userlog, redshift.sys_userlog TO PUBLIC;
