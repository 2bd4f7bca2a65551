-- COPY: what a session's last one did, and those that run.

-- system
CREATE FUNCTION redshift.pg_last_copy_count() RETURNS int8
	LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rs_pg_last_copy_count';
COMMENT ON FUNCTION redshift.pg_last_copy_count() IS 'rows that the last COPY of this session has loaded; 0 if it failed, or there was none';

-- system
CREATE FUNCTION redshift.pg_last_copy_id() RETURNS int4
	LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rs_pg_last_copy_id';
COMMENT ON FUNCTION redshift.pg_last_copy_id() IS 'the number of the last COPY of this session; -1 if there was none';

-- Bytes that are compressed are those read from the files.
-- system
CREATE VIEW redshift.stv_load_state AS
	SELECT a.usesysid::int8::bit(32)::int4 AS userid, p.pid AS session, p.param13::int4 AS query, 0 AS slice, p.pid, (clock_timestamp() AT TIME ZONE 'UTC') AS recordtime,
		CASE p.param17 WHEN 0 THEN p.param2 ELSE 0 END AS bytes_to_load, CASE p.param17 WHEN 0 THEN p.param1 ELSE 0 END AS bytes_loaded,
		CASE p.param17 WHEN 0 THEN 0 ELSE p.param2 END AS bytes_to_load_compressed,
		CASE p.param17 WHEN 0 THEN 0 ELSE p.param1 END AS bytes_loaded_compressed, p.param16 AS lines, p.param14::int4 AS num_files,
		p.param15::int4 AS num_files_complete, NULL::char(256) AS current_file,
		CASE WHEN p.param2 > 0 THEN least(100 * p.param1 / p.param2, 100)::int4 ELSE 0 END AS pct_complete
	FROM pg_stat_get_progress_info('COPY') p JOIN pg_stat_activity a USING (pid)
	WHERE p.param14 > 0;
COMMENT ON VIEW redshift.stv_load_state IS 'how far running COPYs of files at locations are';
GRANT SELECT ON redshift.stv_load_state TO PUBLIC;

CREATE FUNCTION redshift.read_files(load text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_read_files' LANGUAGE C STRICT STABLE PARALLEL SAFE ROWS 1000000;
COMMENT ON FUNCTION redshift.read_files(text) IS 'on a compute node: rows of the files that it reads for a COPY at the leader';
