-- What statements did: tables that the writer (writer.c) fills from the ring (ring.c), and what
-- views read: the tables with what is in the ring still.  Columns are in the order in which
-- the rows are made; times are UTC.

-- Users see their own rows: policies of the tables say so, and all views are of their invoker, so
-- that the planner can see through them.

-- internal
CREATE FUNCTION redshift.own_userid() RETURNS int4 LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT oid::int8::bit(32)::int4 FROM pg_roles WHERE rolname = current_user);
COMMENT ON FUNCTION redshift.own_userid() IS 'the current user, as columns called userid have it';

-- internal
CREATE TABLE redshift.history_query (
	logged_at timestamptz NOT NULL, query int4 NOT NULL, userid int4 NOT NULL, xid int8, pid int4, family text, type text, label text,
	starttime timestamp, endtime timestamp, aborted int4, sqlstate text, error text, "rows" int8, bytes int8, planning_time int8, text text, plan text,
	caller int4, session_userid int4);
CREATE INDEX ON redshift.history_query (logged_at);
ALTER TABLE redshift.history_query ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON redshift.history_query FOR SELECT USING (userid = (SELECT redshift.own_userid()) OR (SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')));
GRANT SELECT ON redshift.history_query TO PUBLIC;
CREATE INDEX ON redshift.history_query (query);
CREATE INDEX ON redshift.history_query (starttime);

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

-- system
CREATE FUNCTION redshift.last_user_query_id() RETURNS int4
	LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rs_pg_last_query_id';
COMMENT ON FUNCTION redshift.last_user_query_id() IS 'the same; statements of the extension itself have no numbers';

-- internal
CREATE VIEW redshift.all_queries WITH (security_invoker) AS
	SELECT * FROM redshift.history_query
	UNION ALL
	SELECT * FROM redshift.history_rows(NULL::redshift.history_query);
COMMENT ON VIEW redshift.all_queries IS 'statements that have ended';
GRANT SELECT ON redshift.all_queries TO PUBLIC;

-- A text as the logs have it: line ends are \n, and pieces have 200 characters.
-- internal
CREATE FUNCTION redshift.text_pieces(text text, OUT sequence int4, OUT piece char(200)) RETURNS SETOF record
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 2
	BEGIN ATOMIC
		SELECT i, substr(t.line, i * 200 + 1, 200)
		FROM (SELECT replace(replace(text, E'\r\n', '\n'), E'\n', '\n') AS line OFFSET 0) t,
			generate_series(0, greatest(length(t.line) - 1, 0) / 200) i;
	END;
COMMENT ON FUNCTION redshift.text_pieces(text) IS 'a statement''s text in pieces of 200 characters, from 0';

-- internal
CREATE FUNCTION redshift.plan_nodes(plan text, OUT nodeid int4, OUT parentid int4, OUT startup_cost float8, OUT total_cost float8,
	OUT estimate int8, OUT width int4, OUT name text, OUT line text, OUT info text) RETURNS SETOF record
	LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'rs_plan_nodes';
COMMENT ON FUNCTION redshift.plan_nodes(text) IS 'the nodes of a plan that the history has';

-- internal
CREATE FUNCTION redshift.plan_steps(plan text, type text, returned int8, by_slice bool, OUT stream int4, OUT segment int4, OUT step int4,
	OUT nodeid int4, OUT name text, OUT tbl int4, OUT table_name text, OUT slice int4, OUT "rows" int8, OUT bytes int8, OUT rows_read int8,
	OUT bytes_read int8, OUT memory int8, OUT flag bool, OUT attribute text, OUT started int8, OUT ended int8, OUT longest int8, OUT average int8)
	RETURNS SETOF record LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'rs_plan_steps';
COMMENT ON FUNCTION redshift.plan_steps(text, text, int8, bool) IS 'the steps of a plan that the history has, or of each slice; flag: a scan passed over blocks, others wrote temporary files; times: microseconds, of segments';

-- Steps, and with by_slice those of each slice.  Where the times of a segment are not known, its bounds are those of the query.
-- internal
CREATE VIEW redshift.all_steps WITH (security_invoker) AS
	SELECT q.userid, q.query, q.xid, q.pid, coalesce(q.starttime + s.started * interval '1 microsecond', q.starttime) AS starttime,
		coalesce(q.starttime + s.ended * interval '1 microsecond', q.endtime) AS endtime, s.longest AS elapsed, s.average,
		q.type, b.by_slice, s.slice, s.stream, s.segment, s.step, s.nodeid, s.name, s.tbl, s.table_name, s."rows",
		CASE WHEN s.name = 'scan' THEN coalesce(s.bytes_read, s.bytes) ELSE s.bytes END AS bytes, coalesce(s.rows_read, s."rows") AS rows_read,
		s.memory, (s.name = 'scan' AND s.flag) AS skips, (s.name <> 'scan' AND s.flag) AS spilled, s.attribute,
		rtrim(rpad(s.name, 7) || concat_ws(' ', CASE WHEN s.tbl <> 0 THEN 'tbl=' || s.tbl END, 'name=' || nullif(s.table_name, ''))) AS label
	FROM redshift.all_queries q, (VALUES (false), (true)) b(by_slice), redshift.plan_steps(q.plan, q.type, q."rows", b.by_slice) s
	WHERE q.family = 'query' AND q.plan IS NOT NULL;
COMMENT ON VIEW redshift.all_steps IS 'steps of the queries that have ended';
GRANT SELECT ON redshift.all_steps TO PUBLIC;
