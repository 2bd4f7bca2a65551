-- What statements did: tables that the writer (writer.c) fills from the ring (ring.c), and what
-- views read: the tables with what is in the ring still.  Columns are in the order in which
-- the rows are made; times are UTC.

-- internal
CREATE TABLE redshift.history_query (
	logged_at timestamptz NOT NULL, query int4 NOT NULL, userid int4 NOT NULL, xid int8, pid int4, family text, type text, label text,
	starttime timestamp, endtime timestamp, aborted int4, sqlstate text, error text, "rows" int8, bytes int8, planning_time int8, text text);
CREATE INDEX ON redshift.history_query (logged_at);
CREATE INDEX ON redshift.history_query (query);

-- internal
CREATE FUNCTION redshift.history_rows("table" anyelement) RETURNS SETOF anyelement
	LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 1000 AS 'MODULE_PATHNAME', 'rs_history_rows';
COMMENT ON FUNCTION redshift.history_rows(anyelement) IS 'rows of a table of the history that are not written yet and that the user may see';

-- internal
CREATE FUNCTION redshift.history_lost() RETURNS int8
	LANGUAGE C STRICT VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rs_history_lost_rows';
COMMENT ON FUNCTION redshift.history_lost() IS 'rows of the history that were lost since the server started';

-- internal
CREATE FUNCTION redshift.running_statements(OUT query int4, OUT userid int4, OUT xid int8, OUT pid int4, OUT family text, OUT type text,
	OUT label text, OUT starttime timestamp, OUT endtime timestamp, OUT text text) RETURNS SETOF record
	LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 100 AS 'MODULE_PATHNAME', 'rs_running_statements';
COMMENT ON FUNCTION redshift.running_statements() IS 'the last statement of each session of this database that the user may see';

-- system
CREATE FUNCTION redshift.pg_last_query_id() RETURNS int4
	LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rs_pg_last_query_id';
COMMENT ON FUNCTION redshift.pg_last_query_id() IS 'the number of the session''s last query that read or wrote tables; -1 if there was none';

-- internal
CREATE VIEW redshift.all_queries WITH (security_barrier) AS
	SELECT * FROM redshift.history_query WHERE redshift.may_see(userid)
	UNION ALL
	SELECT * FROM redshift.history_rows(NULL::redshift.history_query);
COMMENT ON VIEW redshift.all_queries IS 'statements that have ended';
