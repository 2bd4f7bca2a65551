-- Statements that have ended: at once for the session, without secrets, each user's own.
CREATE TABLE history_rows (a int4, b text) USING redshift;
SELECT redshift.pg_last_query_id() AS before \gset
SET query_group = 'history test';
INSERT INTO history_rows SELECT i, 'x' FROM generate_series(1, 3000) i;
SELECT count(*) FROM history_rows;
-- A catalog is no query in Redshift's sense, and leaves the last one's number.
SELECT relname FROM pg_class WHERE relname = 'history_rows';
SELECT redshift.pg_last_query_id() > :before AS rises;
SELECT a / 0 FROM history_rows LIMIT 1;
SELECT nothing FROM history_rows;
BEGIN;
CREATE TABLE history_copy AS SELECT a FROM history_rows WHERE a < 10;
PREPARE history_get (int) AS SELECT a FROM history_copy WHERE a = $1;
EXECUTE history_get(3);
DECLARE history_cursor CURSOR FOR SELECT a FROM history_copy ORDER BY a;
FETCH 2 FROM history_cursor;
SAVEPOINT s;
SELECT a / 0 FROM history_copy;
ROLLBACK TO s;
COMMIT;
RESET query_group;
CREATE ROLE history_other PASSWORD 'not to be seen';
DO $$ BEGIN PERFORM count(*) FROM history_rows; END $$;

SELECT trim(label) AS label, trim(querytxt) AS querytxt, aborted, database = current_database() AS here, pid = pg_backend_pid() AS mine,
	endtime >= starttime AS ordered
	FROM redshift.stl_query WHERE query > :before AND pid = pg_backend_pid() ORDER BY query;
SELECT trim(query_type) AS query_type, trim(status) AS status, trim(error_message) AS error_message, returned_rows, trim(query_text) AS query_text
	FROM redshift.sys_query_history WHERE query_id > :before AND session_id = pg_backend_pid() ORDER BY query_id;
SELECT trim(type) AS type, trim(label) AS label, trim(text) AS text FROM redshift.svl_statementtext
	WHERE pid = pg_backend_pid() AND text ~ 'history_|savepoint|commit' AND text !~ 'query_group|stl_query|sys_query' ORDER BY xid, starttime, sequence;
-- A transaction has one number.
SELECT count(*) AS statements, count(DISTINCT xid) AS transactions FROM redshift.svl_statementtext
	WHERE pid = pg_backend_pid() AND text ~ 'BEGIN|history_copy|history_get|history_cursor|SAVEPOINT|ROLLBACK TO|COMMIT' AND text !~ 'redshift\.|^DO';

-- Long texts are in pieces.
SELECT length(repeat('0123456789', 3)) -- 
	+ 0 * count(*) AS long_text, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' AS x FROM history_rows;
SELECT sequence, text::text FROM redshift.stl_querytext WHERE query = redshift.pg_last_query_id() ORDER BY sequence;

-- Others see their own only.
GRANT SELECT ON history_rows TO history_other;
SET ROLE history_other;
SELECT sum(a) FROM history_rows;
SELECT trim(querytxt) AS querytxt, userid = (SELECT oid::int4 FROM pg_roles WHERE rolname = 'history_other') AS mine FROM redshift.stl_query;
SELECT count(*) FROM redshift.history_rows(NULL::redshift.history_query) WHERE userid <> (SELECT oid::int4 FROM pg_roles WHERE rolname = 'history_other');
SELECT count(*) FROM redshift.history_query WHERE userid <> (SELECT oid::int4 FROM pg_roles WHERE rolname = 'history_other');
INSERT INTO redshift.history_query (logged_at, query, userid) VALUES (now(), 1, 1);
SELECT * FROM redshift.history_rows(NULL::pg_class);
SET redshift.history = off;
RESET ROLE;

-- Off, nothing is kept.
SET redshift.history = off;
SELECT count(*) AS unseen FROM history_rows;
RESET redshift.history;
SELECT count(*) FROM redshift.stl_query WHERE querytxt LIKE '%unseen FROM%';
SELECT redshift.history_lost();
DROP TABLE history_rows, history_copy;
DROP ROLE history_other;
