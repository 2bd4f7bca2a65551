-- Messages of procedures, and what ANALYZE COMPRESSION said: messages.c.

-- internal
CREATE TABLE redshift.history_message (
	logged_at timestamptz NOT NULL, userid int4, session_userid int4, pid int4, xid int8, query int4, recordtime timestamp, loglevel int4,
	message text, linenum int4, message_xid int8);
CREATE INDEX ON redshift.history_message (logged_at);
ALTER TABLE redshift.history_message ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON redshift.history_message FOR SELECT USING (session_userid = (SELECT redshift.own_userid()) OR (SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')));
GRANT SELECT ON redshift.history_message TO PUBLIC;

-- internal
CREATE TABLE redshift.history_compression (
	logged_at timestamptz NOT NULL, userid int4, start_time timestamp, xid int8, tbl int4, schemaname text, tablename text, col int4,
	old_encoding text, new_encoding text);
CREATE INDEX ON redshift.history_compression (logged_at);
ALTER TABLE redshift.history_compression ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON redshift.history_compression FOR SELECT USING (userid = (SELECT redshift.own_userid()) OR (SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')));
GRANT SELECT ON redshift.history_compression TO PUBLIC;

-- internal
CREATE FUNCTION redshift.tell_compression("table" oid, "column" name, old_encoding text, new_encoding text) RETURNS void
	LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rs_tell_compression';
COMMENT ON FUNCTION redshift.tell_compression(oid, name, text, text) IS 'keeps in the history that ANALYZE COMPRESSION advises an encoding';

CREATE VIEW redshift.svl_stored_proc_messages WITH (security_invoker) AS
	SELECT m.userid, m.session_userid, m.pid, m.xid, m.query, m.recordtime, m.loglevel,
		CASE m.loglevel WHEN 20 THEN 'LOG' WHEN 30 THEN 'INFO' WHEN 40 THEN 'NOTICE' WHEN 50 THEN 'WARNING' ELSE 'EXCEPTION' END::char(10) AS loglevel_text,
		m.message::char(1024) AS message, m.linenum, q.text::char(500) AS querytext, coalesce(nullif(q.label, ''), 'default')::char(320) AS label,
		coalesce(q.aborted, 0) AS aborted, m.message_xid
	FROM (
		SELECT * FROM redshift.history_message
		UNION ALL
		SELECT * FROM redshift.history_rows(NULL::redshift.history_message)) m
		LEFT JOIN redshift.all_queries q ON q.query = m.query;
COMMENT ON VIEW redshift.svl_stored_proc_messages IS 'what RAISE said in procedures that clients called, and errors in them';

CREATE VIEW redshift.sys_procedure_messages WITH (security_invoker) AS
	SELECT xid AS transaction_id, query AS query_id, recordtime AS record_time, loglevel_text AS log_level, message, linenum AS line_number
	FROM redshift.svl_stored_proc_messages;
COMMENT ON VIEW redshift.sys_procedure_messages IS 'what RAISE said in procedures that clients called, and errors in them';

CREATE VIEW redshift.stl_analyze_compression WITH (security_invoker) AS
	SELECT userid, start_time, xid, tbl, tablename::char(128) AS tablename, schemaname::char(128) AS schemaname, col,
		old_encoding::char(15) AS old_encoding, new_encoding::char(15) AS new_encoding, 'ANALYZE ONLY'::char(14) AS mode
	FROM (
		SELECT * FROM redshift.history_compression
		UNION ALL
		SELECT * FROM redshift.history_rows(NULL::redshift.history_compression)) c;
COMMENT ON VIEW redshift.stl_analyze_compression IS 'encodings that ANALYZE COMPRESSION has advised';

CREATE VIEW redshift.sys_analyze_compression_history WITH (security_invoker) AS
	SELECT userid AS user_id, start_time, xid AS transaction_id, tbl AS table_id, tablename AS table_name, col AS column_position, old_encoding,
		new_encoding, mode
	FROM redshift.stl_analyze_compression;
COMMENT ON VIEW redshift.sys_analyze_compression_history IS 'encodings that ANALYZE COMPRESSION has advised';

GRANT SELECT ON redshift.svl_stored_proc_messages, redshift.sys_procedure_messages, redshift.stl_analyze_compression,
	redshift.sys_analyze_compression_history TO PUBLIC;
