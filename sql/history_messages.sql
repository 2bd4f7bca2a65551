-- Messages of procedures that clients call, and what ANALYZE COMPRESSION advises.
CREATE PROCEDURE history_talk(n int4) LANGUAGE plpgsql AS $$
BEGIN
	RAISE LOG 'log %', n;
	RAISE INFO 'info %', n;
	RAISE DEBUG 'not kept';
	RAISE NOTICE 'notice of key 12';
	DROP TABLE IF EXISTS history_nothing;
	COMMIT;
	RAISE WARNING 'warning';
	BEGIN
		EXECUTE 'SELECT nothing';
	EXCEPTION WHEN undefined_column THEN
		RAISE INFO 'caught';
	END;
	RAISE EXCEPTION 'failed';
END $$;
SET query_group = 'talk';
\set VERBOSITY terse
CALL history_talk(7);
CALL history_talk('x');
DO $$ BEGIN RAISE INFO 'of no procedure'; END $$;
SELECT loglevel, trim(loglevel_text) AS loglevel_text, trim(message) AS message, linenum, trim(querytext) AS querytext, trim(label) AS label, aborted,
	message_xid = m.xid AS same_transaction, m.xid = c.xid AS of_the_call, userid = session_userid AS mine
	FROM redshift.svl_stored_proc_messages m JOIN (SELECT query, xid FROM redshift.svl_stored_proc_call) c USING (query) WHERE m.pid = pg_backend_pid() ORDER BY recordtime;
SET stored_proc_log_min_messages = 'WARNING';
CALL history_talk(8);
SELECT log_level, trim(message) AS message, line_number FROM redshift.sys_procedure_messages
	WHERE query_id = (SELECT max(query) FROM redshift.svl_stored_proc_call WHERE pid = pg_backend_pid()) ORDER BY record_time;
SET stored_proc_log_min_messages = 'loud';
RESET stored_proc_log_min_messages;
RESET query_group;
DROP PROCEDURE history_talk;

CREATE TABLE history_advice (a int4, b text) USING redshift WITH (sortkey = 'a');
INSERT INTO history_advice SELECT i, 'x' FROM generate_series(1, 20000) i;
SELECT count(*) FROM redshift.compression_report('history_advice', NULL, NULL);
SELECT trim(tablename) AS tablename, trim(schemaname) AS schemaname, col, trim(old_encoding) AS old_encoding, trim(mode) AS mode,
	new_encoding <> '' AS advised, tbl = 'history_advice'::regclass::oid::int4 AS it
	FROM redshift.stl_analyze_compression WHERE tablename = 'history_advice' ORDER BY col;
SELECT count(*) FROM redshift.sys_analyze_compression_history h JOIN redshift.sys_query_history q USING (transaction_id)
	WHERE trim(table_name) = 'history_advice';
DROP TABLE history_advice;

-- Each user sees what he has called.
CREATE ROLE history_listener;
SET ROLE history_listener;
SELECT count(*) FROM redshift.svl_stored_proc_messages;
SELECT count(*) FROM redshift.stl_analyze_compression;
RESET ROLE;
DROP ROLE history_listener;
