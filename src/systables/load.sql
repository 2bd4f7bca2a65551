-- What is kept of loads and unloads.  Each view shows users their own rows, and members of
-- pg_read_all_stats all; the tables below them are written by the journal (core/journal.c) only.

-- internal
CREATE TABLE redshift.load_error (
	logged_at timestamptz NOT NULL, userid int4 NOT NULL, slice int4, tbl int4, starttime timestamp, session int4, query int4,
	filename text, line_number int8, colname text, type text, col_length text, position int4, raw_line text, raw_field_value text,
	err_code int4, err_reason text, is_partial int4, start_offset int8);
CREATE INDEX ON redshift.load_error (logged_at);

CREATE VIEW redshift.stl_load_errors WITH (security_barrier) AS
	SELECT userid, slice, tbl, starttime, session, query, filename::char(256), line_number, colname::char(127), type::char(10),
		col_length::char(10), position, raw_line::char(1024), raw_field_value::char(1024), err_code, err_reason::char(100),
		is_partial, start_offset, NULL::int8 AS copy_job_id
	FROM redshift.load_error WHERE redshift.may_see(userid);
COMMENT ON VIEW redshift.stl_load_errors IS 'rows that COPY could not load';

-- internal
CREATE TABLE redshift.load_error_field (
	logged_at timestamptz NOT NULL, userid int4 NOT NULL, slice int4, session int4, query int4, filename text, line_number int8,
	field int4, colname text, value text, is_null int4, type text, col_length text);
CREATE INDEX ON redshift.load_error_field (logged_at);

CREATE VIEW redshift.stl_loaderror_detail WITH (security_barrier) AS
	SELECT userid, slice, session, query, filename::char(256), line_number, field, colname::char(1024), value::char(1024), is_null,
		type::char(10), col_length::char(10)
	FROM redshift.load_error_field WHERE redshift.may_see(userid);
COMMENT ON VIEW redshift.stl_loaderror_detail IS 'fields of rows that COPY could not load, up to the one that is wrong';

-- internal
CREATE TABLE redshift.load_commit (
	logged_at timestamptz NOT NULL, userid int4 NOT NULL, query int4, slice int4, filename text, byte_offset int8, lines_scanned int8,
	errors int4, loadtime int8, curtime timestamp, status int4, file_format text, is_partial int4, start_offset int8);
CREATE INDEX ON redshift.load_commit (logged_at);

-- The columns behind copy_job_id are not Redshift's, but programs ask for them.

CREATE VIEW redshift.stl_load_commits WITH (security_barrier) AS
	SELECT userid, query, slice, ''::char(256) AS name, filename::char(256), least(byte_offset, 2147483647)::int4 AS byte_offset,
		least(lines_scanned, 2147483647)::int4 AS lines_scanned, errors, curtime, status, file_format::char(16), is_partial, start_offset,
		NULL::int8 AS copy_job_id, errors AS lines_skipped, loadtime / 1e6::float8 AS load_time,
		curtime - loadtime * interval '1 microsecond' AS starttime
	FROM redshift.load_commit WHERE redshift.may_see(userid);
COMMENT ON VIEW redshift.stl_load_commits IS 'files that COPY has read; load_time: seconds';

-- internal
CREATE TABLE redshift.file_scan (
	logged_at timestamptz NOT NULL, userid int4 NOT NULL, query int4, slice int4, name text, lines int8, bytes int8, loadtime int8,
	curtime timestamp, is_partial int4, start_offset int8);
CREATE INDEX ON redshift.file_scan (logged_at);

CREATE VIEW redshift.stl_file_scan WITH (security_barrier) AS
	SELECT userid, query, slice, name::char(90), lines, bytes, loadtime, curtime, is_partial, start_offset
	FROM redshift.file_scan WHERE redshift.may_see(userid);
COMMENT ON VIEW redshift.stl_file_scan IS 'how long COPY took to read files; loadtime: microseconds';

-- internal
CREATE TABLE redshift.replacement (
	logged_at timestamptz NOT NULL, userid int4 NOT NULL, query int4, slice int4, tbl int4, starttime timestamp, session int4,
	filename text, line_number int8, colname text, raw_line text);
CREATE INDEX ON redshift.replacement (logged_at);

CREATE VIEW redshift.stl_replacements WITH (security_barrier) AS
	SELECT userid, query, slice, tbl, starttime, session, filename::char(256), line_number, colname::char(127), raw_line::char(1024)
	FROM redshift.replacement WHERE redshift.may_see(userid);
COMMENT ON VIEW redshift.stl_replacements IS 'rows in which COPY replaced invalid characters (ACCEPTINVCHARS)';

-- internal
CREATE TABLE redshift.unload_file (
	logged_at timestamptz NOT NULL, userid int4 NOT NULL, query int4, slice int4, pid int4, path text, start_time timestamp,
	end_time timestamp, line_count int8, transfer_size int8, file_format text);
CREATE INDEX ON redshift.unload_file (logged_at);

CREATE VIEW redshift.stl_unload_log WITH (security_barrier) AS
	SELECT userid, query, slice, pid, path::char(1280), start_time, end_time, line_count, transfer_size, file_format::char(10)
	FROM redshift.unload_file WHERE redshift.may_see(userid);
COMMENT ON VIEW redshift.stl_unload_log IS 'files that UNLOAD has written';

GRANT SELECT ON redshift.stl_load_errors, redshift.stl_loaderror_detail, redshift.stl_load_commits, redshift.stl_file_scan,
	redshift.stl_replacements, redshift.stl_unload_log TO PUBLIC;
