-- Avro files, of test/data/avro/make.js
CREATE SCHEMA format_avro;
SET search_path = format_avro, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set samples :abs_srcdir '/test/data/avro/'
\set types 'file://' :samples 'types.avro'
SELECT current_setting('data_directory') AS dir \gset
SET load.samples = :'samples';
SET load.file = :'dir';
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET bytea_output = 'hex';

CREATE FUNCTION put_file(name text, data bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	object oid := lo_from_bytea(0, data);
BEGIN
	PERFORM lo_export(object, current_setting('load.file') || '/' || name);
	PERFORM lo_unlink(object);
END $$;
-- Rows that COPY makes of a file, or what is wrong with it
CREATE FUNCTION rows_of_file(target regclass, options text, path text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE format('TRUNCATE %s', target);
	EXECUTE format('COPY %s FROM %L WITH (%s)', target, 'file://' || path,
				   replace(options, 'file://', 'file://' || current_setting('load.file') || '/'));
	RETURN QUERY EXECUTE format('SELECT q::text FROM %s q', target);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN NEXT sqlstate || ' ' || replace(concat_ws('. ', sqlerrm, nullif(detail, '')), path, '');
END $$;
CREATE FUNCTION rows_of(target regclass, options text, data bytea) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT put_file('format_avro.data', data);
	SELECT rows_of_file(target, options, current_setting('load.file') || '/format_avro.data') $$;

-- All types, into their own, as text, and as one value
CREATE TABLE avro_types (id int, big int8, name varchar(30), option text, single float4, double float8, flag bool, raw bytea, color varchar(10),
	four char(4), list jsonb, map jsonb, inner_x int, "any" jsonb, nothing text, day date, time_ms time, time_us time, at_ms timestamptz,
	at_us timestamptz, at_ns timestamptz, clock_ms timestamp, clock_us timestamp, price numeric(10,2), huge numeric, uid uuid, span interval,
	missing int) USING redshift;
COPY avro_types FROM :'types' WITH (format avro);
\x
SELECT * FROM avro_types;
CREATE TABLE avro_texts (id text, big text, name text, option text, single text, double text, flag text, color text,
	four text, list text, map text, "inner" text, "any" text, nothing text, day text, time_ms text, time_us text, at_ms text,
	at_us text, at_ns text, clock_ms text, clock_us text, price text, huge text, uid text, span text) USING redshift;
COPY avro_texts FROM :'types' WITH (avro 'auto', maxerror 2);
SELECT * FROM avro_texts LIMIT 3;
CREATE TABLE avro_whole (s jsonb) USING redshift;
COPY avro_whole FROM :'types' WITH (avro 'noshred');
SELECT jsonb_pretty(s) FROM avro_whole LIMIT 1;
\x
-- Paths: into records, unions, maps and arrays
SELECT put_file('avro_paths', '{"jsonpaths": ["$.id", "$.inner.x", "$.inner.next.x", "$.inner.next.color", "$.map.a", "$.map.c", "$.inner.next"]}');
CREATE TABLE avro_paths (id int, x int, next_x text, next_color text, a int, c text, next jsonb) USING redshift;
SELECT rows_of_file('avro_paths', 'avro ''file://avro_paths''', :'samples' || 'types.avro');
SELECT put_file('avro_paths', '{"jsonpaths": ["$.id", "$.list[1]", "$.any[2]"]}');
CREATE TABLE avro_elements (id int, second text, third int) USING redshift;
SELECT rows_of_file('avro_elements', 'avro ''file://avro_paths'', maxerror 10', :'samples' || 'types.avro');
SELECT line_number, err_code, trim(err_reason) FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id();

-- Codecs, several blocks; names in upper case
CREATE TABLE pairs (id int, name text) USING redshift;
CREATE FUNCTION load_pairs(codec text, mode text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE pairs;
	EXECUTE format('COPY pairs FROM %L WITH (avro %L)', 'file://' || current_setting('load.samples') || 'pairs_' || codec || '.avro', mode);
	RETURN (SELECT concat_ws(' ', count(*), sum(id), count(name), min(name), max(name)) FROM pairs);
END $$;
SELECT codec, load_pairs(codec, 'auto ignorecase'), load_pairs(codec, 'auto') FROM unnest(array['null', 'deflate', 'snappy', 'zstandard', 'bzip2']) codec;

-- Bad values: their rows are left out, the others are not
CREATE TABLE narrow (id int2 NOT NULL, name varchar(6)) USING redshift;
SELECT put_file('avro_paths', '{"jsonpaths": ["$.big", "$.Name"]}');
SELECT rows_of_file('narrow', 'avro ''file://avro_paths'', maxerror 10', :'samples' || 'pairs_null.avro') LIMIT 1;
SELECT put_file('avro_paths', '{"jsonpaths": ["$.id", "$.any"]}');
SELECT rows_of_file('narrow', 'avro ''file://avro_paths'', maxerror 10', :'samples' || 'types.avro');
SELECT line_number, trim(colname), err_code, trim(err_reason) FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id();

-- Hostile files: a header of this schema and a block of so many rows of this content
CREATE FUNCTION varint(n numeric) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	bits numeric := CASE WHEN n >= 0 THEN 2 * n ELSE -2 * n - 1 END;
	result bytea := '';
BEGIN
	WHILE bits > 127 LOOP
		result := result || set_byte('\x00', 0, (bits % 128)::int + 128);
		bits := div(bits, 128);
	END LOOP;
	RETURN result || set_byte('\x00', 0, bits::int);
END $$;
CREATE FUNCTION avro_file(schema text, n numeric, content bytea) RETURNS bytea LANGUAGE sql AS $$
	SELECT '\x4f626a01'::bytea || varint(1) || varint(11) || 'avro.schema'::bytea || varint(octet_length(schema)) || convert_to(schema, 'UTF8')
		|| '\x00'::bytea || decode(md5(''), 'hex') || varint(n) || varint(octet_length(content)) || content || decode(md5(''), 'hex') $$;
CREATE TABLE hostile (a text) USING redshift;
\set list '{"type": "record", "name": "r", "fields": [{"name": "a", "type": ["null", "r"]}]}'
\set nulls '{"type": "record", "name": "r", "fields": [{"name": "a", "type": {"type": "array", "items": "null"}}]}'
\set string '{"type": "record", "name": "r", "fields": [{"name": "a", "type": "string"}]}'
\set empty '{"type": "record", "name": "r", "fields": []}'
SELECT rows_of('hostile', 'avro', avro_file(:'string', 1, '\x0261')), rows_of('hostile', 'avro', avro_file(:'list', 1, '\x020200'));
SELECT rows_of('hostile', 'avro', avro_file(schema, n, content)) FROM (VALUES
	-- within themselves
	('{"type": "record", "name": "r", "fields": [{"name": "a", "type": "r"}]}', 1, ''),
	(:'list', 1, decode(repeat('02', 5000) || '00', 'hex')),
	-- more than there is
	(:'nulls', 1, varint(4000000000) || '\x00'), (:'nulls', 1, varint(-9223372036854775808) || '\x0000'), (:'string', 1, '\x02'),
	(:'string', 1, varint(1152921504606846976)), (:'string', 1, varint(-1)), (:'string', 1125899906842624, '\x0261'), (:'string', 2, '\x0261'),
	(:'empty', 1125899906842624, ''), (:'string', -1, '\x0261'), (:'string', 1, '\x026161'), (:'string', 1, decode(repeat('ff', 11), 'hex')),
	(:'list', 1, '\x04'), ('{"type": "record", "name": "r", "fields": [{"name": "a", "type": {"type": "enum", "name": "e", "symbols": ["x"]}}]}', 1, '\x02')
	) h (schema, n, content);
-- Schemas
SELECT rows_of('hostile', 'avro', avro_file(schema, 1, '\x0261')) FROM unnest(array['', '{', '"string"', '1', '[]', '{"type": "record"}',
	'{"type": "record", "name": "r"}', '{"type": "record", "name": "r", "fields": [1]}', '{"type": "record", "name": "r", "fields": [{"name": "a"}]}',
	'{"type": "record", "name": "r", "fields": [{"name": "a", "type": "klingon"}]}',
	'{"type": "record", "name": "r", "fields": [{"name": "a", "type": {"type": "record", "name": "r", "fields": []}}]}',
	'{"type": "record", "name": "r", "fields": [{"name": "a", "type": ["null", ["int"]]}]}',
	'{"type": "record", "name": "r", "fields": [{"name": "a", "type": {"type": "fixed", "name": "f", "size": -1}}]}',
	'{"type": "record", "name": "r", "fields": [{"name": "a", "type": ' || repeat('{"type": "array", "items": ', 600) || '"int"' || repeat('}', 600) || '}]}',
	'{"type": "record", "name": "' || repeat('r', 1100000) || '", "fields": []}']) schema;
-- Names in namespaces, and a type that is named before
SELECT rows_of('hostile', 'avro', avro_file('{"type": "record", "name": "x.r", "fields": [{"name": "b", "type": {"type": "fixed", "name": "f", "size": 1}},
	{"name": "a", "type": ["null", "x.f", {"type": "record", "name": "s", "namespace": "y", "fields": [{"name": "c", "type": "x.f"}]}]}]}', 2, '\x610262630464'));
-- Ends too early, wherever; a bit that is another one
CREATE FUNCTION sample(name text) RETURNS bytea LANGUAGE sql AS $$ SELECT pg_read_binary_file(current_setting('load.samples') || name) $$;
SELECT r LIKE 'XX001 Avro file %' OR r LIKE '22000 file % is not an Avro file' AS error, count(*) FROM generate_series(0, 330, 3) n,
	LATERAL (SELECT rows_of('pairs', 'avro', substring(sample('pairs_deflate.avro'), 1, n)) LIMIT 1) f (r) GROUP BY 1;
SELECT codec, count(*) AS damaged FROM unnest(array['deflate', 'snappy', 'zstandard', 'bzip2']) codec, sample('pairs_' || codec || '.avro') s, generate_series(200, 900, 25) n,
	LATERAL (SELECT rows_of('pairs', 'avro', set_bit(s, 8 * n, 1 - get_bit(s, 8 * n))) LIMIT 1) f (r)
	WHERE r LIKE 'XX001 Avro file %' OR r LIKE 'XX001 file %' GROUP BY 1 ORDER BY 1;

-- In parts by workers: the same rows, and the same numbers of bad ones
SELECT put_file('format_avro.data', '\x4f626a01'::bytea || varint(1) || varint(11) || 'avro.schema'::bytea || varint(octet_length(schema)) || convert_to(schema, 'UTF8')
	|| '\x00'::bytea || decode(md5(''), 'hex') || string_agg(varint(1) || varint(octet_length(content)) || content || decode(md5(''), 'hex'), '' ORDER BY i))
	FROM (SELECT '{"type": "record", "name": "r", "fields": [{"name": "pad", "type": "string"}, {"name": "a", "type": "string"}]}', i,
		varint(12000) || decode(repeat(md5(i::text), 375), 'escape') || varint(5) || convert_to(CASE i % 700 WHEN 0 THEN 'wrong' ELSE to_char(i, 'FM00000') END, 'UTF8')
		FROM generate_series(1, 2810) i) b (schema, i, content) GROUP BY schema;
CREATE TABLE parted (a int) USING redshift;
CREATE FUNCTION load_parts(workers int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('max_parallel_maintenance_workers', workers::text, true);
	TRUNCATE parted;
	EXECUTE format('COPY parted FROM %L WITH (avro, maxerror 5)', 'file://' || current_setting('load.file') || '/format_avro.data');
	RETURN (SELECT concat_ws(' ', count(*), sum(a)) FROM parted);
END $$;
CREATE VIEW bad_rows AS SELECT line_number, trim(raw_field_value) AS value FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id() ORDER BY 1;
SELECT load_parts(0);
TABLE bad_rows;
SELECT load_parts(2);
TABLE bad_rows;
SELECT put_file('format_avro.data', '');
SET client_min_messages = warning;
DROP SCHEMA format_avro CASCADE;
