-- COPY of files at a location: into tables of every kind, by rows and by groups, alone and with workers
SELECT current_setting('data_directory') AS dir \gset
\set small 'file://' :dir '/load_small'
\set small_file :dir '/load_small_1.txt'
\set large 'file://' :dir '/load_large.txt'
\set large_file :dir '/load_large.txt'
\set wrong 'file://' :dir '/load_wrong.txt'
\set wrong_file :dir '/load_wrong.txt'
SET load.test = :'dir';
-- what an error says, without the directory
CREATE FUNCTION load_fails(command text, file text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	context text;
BEGIN
	EXECUTE format(command, file);
	RETURN 'did not fail';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
	RETURN replace(concat_ws(E'\n', sqlstate || ' ' || sqlerrm, nullif(detail, ''), substring(context FROM '^COPY[^\n]*')),
				   current_setting('load.test'), '...');
END $$;
COPY (SELECT i, CASE WHEN i % 3 > 0 THEN 'v' || i END, date '2020-01-01' + i, i / 4.0, i % 2 = 0 FROM generate_series(1, 5) i)
	TO :'small_file' (DELIMITER '|');
COPY (SELECT i, CASE WHEN i % 3 > 0 THEN lpad('v' || i % 100, 90) END, date '2020-01-01' + i % 900, (i::int8 * 7919 % 100000) / 4.0, i % 2 = 0
	  FROM generate_series(1, 200000) i) TO :'large_file' (DELIMITER '|');
COPY (VALUES ('1|a|2020-01-01|1|t'), ('x|a|2020-01-01|1|t'), ('2|a|2020-02-30|1|t'), ('3|' || repeat('long', 30) || '|2020-01-01|1|t'), ('4|b|2020-01-01|1|f'))
	TO :'wrong_file';

-- each kind of table has the same rows
CREATE TABLE load_heap (i int, t varchar(90), d date, n numeric(8,2), b bool);
CREATE TABLE load_groups (LIKE load_heap) USING redshift WITH (sortkey = 'n');
COPY load_heap FROM :'small' WITH (delimiter '|');
COPY load_groups FROM :'small' WITH (format delimited);
TABLE load_groups ORDER BY i;
SELECT count(*) FROM (TABLE load_heap EXCEPT ALL TABLE load_groups) different;
SELECT redshift.pg_last_copy_count();

-- by workers, alone, and by rows
TRUNCATE load_groups;
COPY load_groups FROM :'large' WITH (delimiter '|');
SELECT redshift.pg_last_copy_id() AS parts \gset
CREATE TABLE load_alone (LIKE load_heap) USING redshift WITH (sortkey = 'n, d');
SET max_parallel_maintenance_workers = 0;
COPY load_alone FROM :'large' WITH (delimiter '|');
RESET max_parallel_maintenance_workers;
TRUNCATE load_heap;
COPY load_heap FROM :'large' WITH (delimiter '|');
SELECT count(*), sum(i::int8 * hashtext(t)), sum(n), min(d), count(b) FILTER (WHERE b) FROM load_heap;
SELECT count(*), sum(i::int8 * hashtext(t)), sum(n), min(d), count(b) FILTER (WHERE b) FROM load_groups;
SELECT count(*), sum(i::int8 * hashtext(t)), sum(n), min(d), count(b) FILTER (WHERE b) FROM load_alone;
SELECT bool_and(sorted), sum("rows"), count(*) FROM redshift.row_groups WHERE "table" = 'load_groups'::regclass;
SELECT * FROM redshift.verify('load_groups');
SELECT count(*) AS parts, bool_and(is_partial = 1) AS partial, sum(lines_scanned) AS lines, sum(lines_skipped) AS skipped,
		bool_and(load_time > 0 AND starttime < curtime) AS timed
	FROM redshift.stl_load_commits WHERE query = :parts;
SELECT reltuples FROM pg_class WHERE oid = 'load_alone'::regclass;

-- rolled back, in part
BEGIN;
COPY load_groups FROM :'small' WITH (delimiter '|');
SAVEPOINT s;
COPY load_groups FROM :'small' WITH (delimiter '|');
COPY load_groups FROM :'large' WITH (delimiter '|');
ROLLBACK TO s;
SELECT count(*) FROM load_groups;
COMMIT;
SELECT count(*) FROM load_groups;

-- defaults, generated columns, identity
CREATE TABLE load_made (id int GENERATED ALWAYS AS IDENTITY, i int, t text DEFAULT 'none', d date, n numeric, b bool,
						twice int GENERATED ALWAYS AS (i * 2) STORED, seven int DEFAULT 7);
COPY load_made (i, t, d, n, b) FROM :'small' WITH (delimiter '|') WHERE i <> 2;
SELECT id, i, t, twice, seven FROM load_made ORDER BY id;
COPY load_made (id, i, t, d, n) FROM :'small' WITH (delimiter '|');
COPY load_made (i, t, d, n) FROM :'small' WITH (delimiter '|', explicit_ids);
CREATE TABLE load_ids (id int GENERATED ALWAYS AS IDENTITY, t text, d date, n numeric, b bool, seven int DEFAULT 7) USING redshift;
COPY load_ids (id, t, d, n, b) FROM :'small' WITH (delimiter '|', explicit_ids);
SELECT id, t, seven FROM load_ids ORDER BY id;

-- constraints say which line it was
SELECT load_fails('COPY load_heap FROM %L', :'wrong');
SELECT load_fails('COPY load_groups FROM %L', :'wrong');
SELECT load_fails('COPY load_groups FROM %L WITH (maxerror 3)', :'wrong');
COPY load_groups FROM :'wrong' WITH (maxerror 4);
SELECT redshift.pg_last_copy_count();
SELECT line_number, trim(colname) AS colname, trim(type) AS type, trim(col_length) AS length, left(raw_field_value, 20) AS value, err_code
	FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id() ORDER BY 1;
SELECT line_number, field, trim(colname) AS colname, left(value, 20) AS value FROM redshift.stl_loaderror_detail
	WHERE query = redshift.pg_last_copy_id() ORDER BY 1, 2;
COPY load_groups FROM :'wrong' WITH (noload, ignoreallerrors);
SELECT count(*) FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id();
CREATE DOMAIN load_small AS numeric CHECK (value < 1);
CREATE TABLE load_checked (i int UNIQUE, t text, d date, n load_small, b bool NOT NULL, CHECK (i <> 3));
SELECT load_fails('COPY load_checked FROM %L', :'small');
ALTER TABLE load_checked DROP CONSTRAINT load_checked_i_check;
SELECT load_fails('COPY load_checked FROM %L', :'small');
ALTER TABLE load_checked ALTER n TYPE numeric;
SELECT load_fails('COPY load_checked (i, t, d, n) FROM %L WITH (fillrecord, ignoreallerrors)', :'wrong');
COPY load_checked FROM :'small';
SELECT load_fails('COPY load_checked FROM %L', :'small');
ALTER TABLE load_checked SET ACCESS METHOD redshift;
SELECT load_fails('COPY load_checked FROM %L', :'small');
DELETE FROM load_checked;
COPY load_checked FROM :'small';
SET enable_seqscan = off;
SELECT i, t FROM load_checked WHERE i = 4;
RESET enable_seqscan;

-- triggers, foreign keys, partitions, views
CREATE FUNCTION load_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.t := upper(NEW.t); RETURN NEW; END $$;
CREATE TRIGGER t BEFORE INSERT ON load_alone FOR EACH ROW EXECUTE FUNCTION load_trigger();
TRUNCATE load_alone;
COPY load_alone FROM :'small';
SELECT i, t FROM load_alone ORDER BY i;
CREATE TABLE load_child (i int REFERENCES load_checked (i), t text, d date, n numeric, b bool);
DELETE FROM load_checked WHERE i = 5;
SELECT load_fails('COPY load_child FROM %L', :'small');
CREATE TABLE load_parts (i int, t text, d date, n numeric, b bool) PARTITION BY RANGE (i);
CREATE TABLE load_part1 PARTITION OF load_parts FOR VALUES FROM (0) TO (3) USING redshift;
CREATE TABLE load_part2 PARTITION OF load_parts FOR VALUES FROM (3) TO (5);
SELECT load_fails('COPY load_parts FROM %L', :'small');
SELECT load_fails('COPY load_part1 FROM %L', :'small');
COPY load_parts FROM :'small' WHERE i < 5;
SELECT tableoid::regclass, count(*) FROM load_parts GROUP BY 1 ORDER BY 1;
CREATE VIEW load_view AS SELECT 1 AS i;
SELECT load_fails('COPY load_view FROM %L WITH (delimiter ''#'', ignoreallerrors)', :'small');
CREATE TEMP TABLE load_temp (LIKE load_heap) USING redshift;
COPY load_temp FROM :'large';
SELECT count(*) FROM load_temp;

-- row-level security
CREATE ROLE load_user;
GRANT pg_read_server_files TO load_user;
GRANT INSERT (i, t) ON load_heap TO load_user;
SET ROLE load_user;
SELECT load_fails('COPY load_heap FROM %L', :'small');
COPY load_heap (i, t) FROM :'small' WITH (maxerror 10);
SELECT count(*) FROM redshift.stl_load_errors;
RESET ROLE;
GRANT INSERT ON load_heap TO load_user;
ALTER TABLE load_heap ENABLE ROW LEVEL SECURITY;
SET ROLE load_user;
SELECT load_fails('COPY load_heap FROM %L', :'small');
SELECT load_fails('COPY load_heap FROM %L WITH (compupdate, statupdate)', :'small');
RESET ROLE;

-- encodings and statistics
CREATE TABLE load_update (i int, t varchar(90), d date, n float, b bool) USING redshift WITH (sortkey = 'd', encode = 'i raw');
COPY load_update FROM :'small' WITH (compupdate preset, statupdate off);
SELECT reloptions FROM pg_class WHERE oid = 'load_update'::regclass;
SELECT reltuples FROM pg_class WHERE oid = 'load_update'::regclass;
COPY load_update FROM :'small' WITH (compupdate on, statupdate on);
SELECT reloptions FROM pg_class WHERE oid = 'load_update'::regclass;
SELECT reltuples FROM pg_class WHERE oid = 'load_update'::regclass;
TRUNCATE load_update;
COPY load_update FROM :'small' WITH (compupdate);
SELECT reloptions FROM pg_class WHERE oid = 'load_update'::regclass;

SELECT count(*) FROM redshift.stv_load_state;
DROP TABLE load_heap, load_groups, load_alone, load_made, load_ids, load_checked, load_child, load_parts, load_temp, load_update;
DROP VIEW load_view;
DROP FUNCTION load_fails, load_trigger;
DROP DOMAIN load_small;
REVOKE pg_read_server_files FROM load_user;
DROP ROLE load_user;
