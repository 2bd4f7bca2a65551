-- UNLOAD: names of files, formats of text, options, manifests, failures.
\set VERBOSITY terse
SET max_parallel_workers_per_gather = 0;
SELECT 'file://' || current_setting('data_directory') || '/unload_test/' AS dir \gset
-- A failure, without the names of directories.
CREATE FUNCTION try_unload(query text, target text, options jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
	RETURN redshift.unload(query, target, options);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN sqlstate || ': ' || regexp_replace(sqlerrm, 'file://.*/', '.../') || CASE hint WHEN '' THEN '' ELSE ' (' || hint || ')' END;
END $$;
CREATE FUNCTION files() RETURNS TABLE (name text, size int8) LANGUAGE sql AS $$
	WITH RECURSIVE f(path, isdir, size) AS (
		SELECT '', true, 0::int8
		UNION ALL
		SELECT f.path || '/' || e.name, s.isdir, s.size FROM f, pg_ls_dir('unload_test' || f.path, true, false) AS e(name),
			pg_stat_file('unload_test' || f.path || '/' || e.name) s WHERE f.isdir)
	SELECT substr(path, 2), size FROM f WHERE NOT isdir ORDER BY 1 $$;
CREATE FUNCTION content(name text) RETURNS text LANGUAGE sql AS $$ SELECT pg_read_file('unload_test/' || name) $$;

CREATE TABLE t (i int4, s int2, l int8, n numeric(12,3), w numeric(38,10), b bool, r real, d double precision, day date, at timestamp,
	tz timestamptz, tm time, c char(4), v varchar(20), x text, by bytea, j jsonb, a int[], iv interval) USING redshift;
SET TimeZone = 'UTC';
SET DateStyle = 'German, DMY';
SET IntervalStyle = 'iso_8601';
SET extra_float_digits = -5;
INSERT INTO t VALUES
	(1, 2, 3, 4.5, 1234567890123456789012345678.0123456789, true, 1.5, 0.1, '2020-02-29', '2020-02-29 12:34:56.7', '2020-02-29 00:00+02',
	 '23:59:59.000001', 'ab', 'plain', 'two words', '\x00ff', '{"k": [1, "z"]}', '{1,2}', '1 day 02:00'),
	(-2147483648, -32768, -9223372036854775808, -0.001, -0.0000000001, false, 'NaN', '-Infinity', '0001-01-01 BC', 'infinity', '-infinity',
	 '24:00', '', '', 'a,"b"|c''d\e' || chr(10) || 'f', '\x', 'null', '{}', '-1 mon'),
	(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(0, 0, 0, 0, 0, true, 0.3, 1e300 / 3, '12000-01-01', '12000-01-01 00:00:00.5', '1999-12-31 23:59:59.999999', '00:00', 'äöü', 'ß', '',
	 '\xabcd', '1', '{NULL}', '0');

-- Formats.
SELECT redshift.unload('SELECT * FROM t ORDER BY i', :'dir' || 'text_', '{"parallel": "off"}');
SELECT content('text_000');
SELECT redshift.unload('SELECT * FROM t ORDER BY i', :'dir' || 'csv_', '{"parallel": false, "format": "csv", "header": true, "null as": "\\N"}');
SELECT content('csv_000');
SELECT redshift.unload('SELECT i, v, x FROM t ORDER BY i', :'dir' || 'quotes_', '{"parallel": "off", "addquotes": true, "escape": true, "delimiter": ",", "header": true}');
SELECT content('quotes_000');
SELECT redshift.unload('SELECT i, x FROM t ORDER BY i', :'dir' || 'escape_', '{"parallel": "off", "escape": true, "delimiter": "\\t"}');
SELECT content('escape_000');
SELECT redshift.unload('SELECT i, c, day FROM t ORDER BY i', :'dir' || 'fixed_', '{"parallel": "off", "fixedwidth": "i:12,c:5,day:14", "null as": "nul"}');
SELECT content('fixed_000');
SELECT try_unload('SELECT v FROM t', :'dir' || 'short_', '{"fixedwidth": "v:3"}');
SELECT try_unload('SELECT v FROM t', :'dir' || 'short_', '{"fixedwidth": "v:30,w:1"}');
SELECT try_unload('SELECT v FROM t', :'dir' || 'short_', '{"fixedwidth": "v:3", "null as": "long"}');
-- Columns that come as dictionaries, and constants.
CREATE TABLE words (w varchar(10), k int4) USING redshift;
INSERT INTO words SELECT 'w' || i % 3 || CASE i % 3 WHEN 0 THEN ',' ELSE '' END, i FROM generate_series(1, 3000) i;
SELECT redshift.unload('SELECT w, k, 7 AS seven, ''x,y''::varchar AS c FROM words ORDER BY k', :'dir' || 'words_', '{"parallel": "off", "csv": true}');
SELECT md5(content('words_000')) = md5(string_agg(CASE WHEN w ~ ',' THEN '"' || w || '"' ELSE w END || ',' || k || ',7,"x,y"' || chr(10), '' ORDER BY k)) AS same FROM words;
-- Heap tables, and what is no table.
SELECT redshift.unload('WITH q AS (SELECT g, g * 1.5 AS h FROM generate_series(1, 3) g) SELECT * FROM q', :'dir' || 'rows_', '{}');
SELECT content('rows_0000_part_00');

-- Names, sizes.
SELECT redshift.unload('SELECT repeat(''x'', 100) FROM generate_series(1, 150000)', :'dir' || 'large_', '{"maxfilesize": "5 MB", "extension": "txt"}');
SELECT name, size <= 5 * 1024 * 1024 AS fits FROM files() WHERE name ~ '^large';
SELECT redshift.unload('SELECT 1', :'dir' || 'zip_', '{"gzip": true}'), redshift.unload('SELECT 1', :'dir' || 'zip_', '{"bzip2": true}'),
	redshift.unload('SELECT 1', :'dir' || 'zip_', '{"zstd": true, "parallel": "off"}');
SELECT name FROM files() WHERE name ~ '^zip';
SELECT redshift.unload('SELECT i FROM t WHERE i = 5', :'dir' || 'empty_', '{"header": true}');
SELECT content('empty_0000_part_00');

-- Manifests.
SELECT redshift.unload('SELECT i, n, c, v FROM t', :'dir' || 'listed_', '{"manifest": true}');
SELECT replace(content('listed_manifest'), :'dir', '.../');
SELECT redshift.unload('SELECT i, n, c, v FROM t', :'dir' || 'verbose_', '{"manifest": "verbose", "header": true}');
SELECT replace(content('verbose_manifest'), :'dir', '.../')::jsonb;

-- What is there already.
SELECT try_unload('SELECT 1', :'dir' || 'rows_', '{}');
SELECT try_unload('SELECT 1', :'dir' || 'listed_', '{"manifest": true, "parallel": "off"}');
SELECT try_unload('SELECT 1', :'dir' || 'rows_', '{"parallel": "off"}');
SELECT try_unload('SELECT 2', :'dir' || 'rows_', '{"parallel": "off", "allowoverwrite": true}'), content('rows_000');
SELECT try_unload('SELECT 3', :'dir' || 'rows_', '{"cleanpath": true, "gzip": true}');
SELECT name FROM files() WHERE name ~ '^rows';

-- Partitions.
SELECT redshift.unload('SELECT v, b, day, i FROM t ORDER BY i DESC', :'dir' || 'parts', '{"partition_by": "b, day"}');
SELECT name, content(name) FROM files() WHERE name ~ '^parts';
SELECT redshift.unload($$ SELECT DISTINCT k % 2 AS m, 'a/b' || CASE WHEN k % 2 = 1 THEN '=' ELSE '' END AS "odd name" FROM words $$, :'dir' || 'include/',
	'{"partition_by": ["odd name"], "include": true, "parallel": "off"}');
SELECT name, content(name) FROM files() WHERE name ~ '^include';
SELECT try_unload('SELECT v, b FROM t', :'dir' || 'parts', '{"partition_by": "b"}');
SELECT try_unload('SELECT i, v, b FROM t', :'dir' || 'parts', '{"partition_by": "i, v, b"}');
SELECT try_unload('SELECT i, v, b FROM t', :'dir' || 'parts', '{"partition_by": "z"}');
SELECT try_unload('SELECT i, j FROM t', :'dir' || 'parts', '{"partition_by": "j"}');
SELECT redshift.unload('SELECT i, k FROM (VALUES (1, 1)) v(i, k)', :'dir' || 'clean/', '{"partition_by": "i"}'),
	redshift.unload('SELECT i, k FROM (VALUES (2, 2)) v(i, k)', :'dir' || 'clean/', '{"partition_by": "i", "extension": ".old"}'),
	redshift.unload('SELECT i, k FROM (VALUES (2, 3), (3, 3)) v(i, k)', :'dir' || 'clean/', '{"partition_by": "i", "cleanpath": true}');
SELECT name, content(name) FROM files() WHERE name ~ '^clean';

-- A failure leaves nothing, whatever was written before it.
SELECT try_unload('SELECT repeat(''x'', 100) || 1 / (100000 - g) FROM generate_series(1, 150000) g', :'dir' || 'failed_', '{"maxfilesize": 5}');
SELECT name FROM files() WHERE name ~ 'failed';
SELECT redshift.pg_last_unload_count();

-- Options.
SELECT try_unload('SELECT 1', :'dir' || 'no', o::jsonb) FROM unnest('{
	"{\"emr\": 1}", "[1]", "{\"format\": \"orc\"}", "{\"csv\": true, \"parquet\": true}", "{\"csv\": true, \"fixedwidth\": \"a:1\"}", "{\"parquet\": true, \"gzip\": true}",
	"{\"json\": true, \"header\": true}", "{\"gzip\": true, \"zstd\": true}", "{\"cleanpath\": true, \"allowoverwrite\": true}",
	"{\"maxfilesize\": \"4 MB\"}", "{\"maxfilesize\": \"7 GB\"}", "{\"maxfilesize\": \"big\"}", "{\"rowgroupsize\": 64}", "{\"parquet\": true, \"rowgroupsize\": 200}",
	"{\"delimiter\": \"ab\"}", "{\"delimiter\": \"ä\"}", "{\"header\": \"perhaps\"}", "{\"include\": true}", "{\"encrypted\": true}", "{\"kms_key_id\": \"k\"}", "{\"encrypted\": \"auto\", \"kms_key_id\": \"k\"}", "{\"encrypted\": true, \"kms_key_id\": \"k\", \"credentials\": \"c\"}",
	"{\"MASTER_SYMMETRIC_KEY\": \"secret\"}", "{\"extension\": \"a/b\"}", "{\"fixedwidth\": \"a\"}"}'::text[]) o;
-- Queries.
SELECT try_unload(q, :'dir' || 'no', '{}') FROM unnest('{"SELECT 1 LIMIT 1", "DELETE FROM t", "SELECT 1; SELECT 2", "", "TABLE t FOR UPDATE",
	"WITH d AS (DELETE FROM t RETURNING 1) SELECT * FROM d", "SELECT 1 INTO u", "CREATE TABLE u ()", "SELECT", "SELECT $1", "SELECT nothing"}'::text[]) q;
SELECT try_unload('SELECT 1 AS a, 2 AS a', :'dir' || 'no', '{"json": true}');
SELECT try_unload('SELECT 1', 'nowhere', '{}'), try_unload('SELECT 1', 'file://relative', '{}');
-- LIMIT below, and the whole of a statement's own view of the transaction.
BEGIN;
INSERT INTO words VALUES ('new', 100000);
SELECT redshift.unload('SELECT * FROM (SELECT k FROM words ORDER BY k DESC LIMIT 2) l ORDER BY 1', :'dir' || 'limit_', '{"parallel": "off"}');
ROLLBACK;
SELECT content('limit_000');

-- Rights are the caller's.
CREATE ROLE regress_unload;
CREATE POLICY odd ON words USING (k % 2 = 1);
CREATE TABLE own (k int4);
INSERT INTO own VALUES (1), (2), (3);
ALTER TABLE own ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON own USING (k % 2 = 1);
GRANT SELECT ON own TO regress_unload;
GRANT EXECUTE ON FUNCTION try_unload TO regress_unload;
SET ROLE regress_unload;
SELECT try_unload('SELECT 1', :'dir' || 'rights_', '{}');
RESET ROLE;
GRANT pg_write_server_files TO regress_unload;
SET ROLE regress_unload;
SELECT try_unload('SELECT * FROM words', :'dir' || 'rights_', '{}');
SELECT try_unload('SELECT * FROM own', :'dir' || 'rights_', '{}');
SELECT count(*) FROM redshift.stl_unload_log WHERE path ~ 'unload_test/rights_';
RESET ROLE;
SELECT content('rights_0000_part_00');
SELECT regexp_replace(path, '.*/', '')::text AS name, line_count, transfer_size, file_format, query = redshift.pg_last_unload_id() AS last
	FROM redshift.stl_unload_log WHERE path ~ 'unload_test/(csv|rights)_' ORDER BY 1;
DROP FUNCTION try_unload, files, content;
DROP TABLE t, words, own;
DROP ROLE regress_unload;
