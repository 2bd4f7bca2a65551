-- What VACUUM, ANALYZE, users, transactions and sessions leave.
CREATE TABLE history_v (a int4, b int4) USING redshift WITH (sortkey = 'a');
INSERT INTO history_v SELECT i, i FROM generate_series(1, 3000) i;
INSERT INTO history_v SELECT i, i FROM generate_series(1, 3000) i;
DELETE FROM history_v WHERE a <= 100;
ANALYZE history_v;
VACUUM history_v;
VACUUM (DELETE_ONLY) history_v;
SELECT table_id = 'history_v'::regclass::oid::int4 AS it, trim(status) AS status, "rows", trim(table_name) AS table_name, endtime >= starttime AS ordered
	FROM redshift.stl_analyze WHERE table_name = 'history_v';
SELECT trim(status) AS status, "rows", reclaimable_rows, table_id = 'history_v'::regclass::oid::int4 AS it
	FROM redshift.stl_vacuum WHERE table_id = 'history_v'::regclass::oid::int4 ORDER BY eventtime;
SELECT table_name, trim(vacuum_type) AS type, trim(status) AS status, rows_before_vacuum, reclaimable_rows, reclaimed_rows
	FROM redshift.sys_vacuum_history WHERE table_name = 'history_v' ORDER BY query_id;

-- users, not groups
CREATE ROLE history_user LOGIN PASSWORD 'hidden' CREATEDB;
CREATE ROLE history_group;
ALTER ROLE history_user NOCREATEDB;
ALTER ROLE history_user RENAME TO history_user2;
DROP ROLE history_user2, history_group;
SELECT trim(username) AS username, trim(oldusername) AS oldusername, trim(action) AS action, usecreatedb, usesuper, pid = pg_backend_pid() AS mine
	FROM redshift.stl_userlog WHERE username ~ '^history_' ORDER BY recordtime;
SELECT count(*) FROM redshift.stl_utilitytext WHERE text LIKE '%hidden%' AND text NOT LIKE '%stl_utilitytext%';

-- transactions that wrote
BEGIN;
INSERT INTO history_v VALUES (1, 1);
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
DELETE FROM history_v WHERE a = 3000;
COMMIT;
SELECT t.isolation_level, t.status, t.commit_end_time >= t.commit_start_time AND t.commit_start_time >= t.transaction_start_time AS ordered
	FROM redshift.sys_transaction_history t JOIN redshift.stl_query q ON q.xid = t.transaction_id
	WHERE q.pid = pg_backend_pid() AND (q.querytxt LIKE 'INSERT INTO history_v VALUES%' OR q.querytxt LIKE 'DELETE FROM history_v WHERE a = 3000%')
	ORDER BY t.transaction_id;
SELECT count(*) FROM redshift.stl_undone u JOIN redshift.stl_query q ON q.xid = u.xact_id
	WHERE q.pid = pg_backend_pid() AND q.querytxt LIKE 'INSERT INTO history_v VALUES%';

-- sessions
\c
SELECT trim(event) AS event, trim(dbname) = current_database() AS here, trim(username) = current_user AS me
	FROM redshift.stl_connection_log WHERE pid = pg_backend_pid() ORDER BY recordtime;
SELECT status FROM redshift.sys_session_history WHERE session_id = pg_backend_pid();
CREATE ROLE history_reader;
SET ROLE history_reader;
SELECT count(*) FROM redshift.stl_connection_log;
SELECT count(*) FROM redshift.stl_userlog;
SELECT count(*) FROM redshift.stl_vacuum;
RESET ROLE;
DROP ROLE history_reader;
DROP TABLE history_v;
