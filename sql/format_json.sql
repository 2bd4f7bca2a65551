-- Files of JSON: by names, by paths, whole; what is no JSON; parts.
CREATE SCHEMA format_json;
SET search_path = format_json, public;
SET timezone TO 'UTC';
SET datestyle TO 'ISO, MDY';
SELECT current_setting('data_directory') AS dir \gset
SET load.file = :'dir';

-- A file of these bytes, for COPY
CREATE FUNCTION put_file(name text, data bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	object oid := lo_from_bytea(0, data);
BEGIN
	PERFORM lo_export(object, current_setting('load.file') || '/' || name);
	PERFORM lo_unlink(object);
END $$;
-- Rows that COPY makes of these bytes, or what is wrong with them
CREATE FUNCTION rows_of(target regclass, options text, data bytea) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	directory text := current_setting('load.file');
	detail text;
BEGIN
	PERFORM put_file('format_json.data', data);
	EXECUTE format('truncate %s', target);
	EXECUTE format('copy %s from %L with (%s)', target, 'file://' || directory || '/format_json.data',
				   replace(options, 'file://', 'file://' || directory || '/'));
	RETURN QUERY EXECUTE format('select q::text from %s q', target);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN NEXT sqlstate || ' ' || replace(sqlerrm, directory, '') || coalesce(': ' || nullif(detail, ''), '');
END $$;
CREATE FUNCTION rows_of(target regclass, options text, data text) RETURNS SETOF text LANGUAGE sql AS
	$$ SELECT rows_of(target, options, convert_to(data, 'UTF8')) $$;
-- What a load that allows for errors could not load: line, position, column, what it was, why
CREATE FUNCTION bad_rows() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' | ', line_number, position, trim(colname), trim(raw_field_value), err_code, trim(err_reason))
	FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id() ORDER BY line_number, position $$;

CREATE FUNCTION convert_utf16(text) RETURNS bytea LANGUAGE sql AS
	$$ SELECT string_agg(int2send(ascii(c)::int2), '' ORDER BY i) FROM regexp_split_to_table($1, '') WITH ORDINALITY t (c, i) $$;

CREATE TABLE json_rows (id int, name varchar(20), n numeric(30,2), b bool, d date, o text, s jsonb, f float8, ts timestamp) USING redshift;

-- Names in any order, values of every type; white space between rows or none; numbers to their last digit
SELECT rows_of('json_rows', 'json ''auto''', $$
{"id": 1, "name": "a\u00e9\ud83d\ude00\n\"\/\\", "n": 1.50, "b": true, "d": "2024-01-02", "o": {"x": [1, 2,
     {"y": "  z\n"}], "k": null}, "unknown": [1, [2, {"id": 7}]]}
{"name":null,"id":-5,"n":1234567890123456789012345678.91,"b":"f","o":"text","s":{"a":1}}{"id":3,"s":[1,2.50],"o":12e3}
{}  {}
	{"id":9,"s":"text","b":false,"n":-0,"o":true,"f":1e-3,"ts":"2024-02-29 12:34:56.789"}
{"\u0069d": 10, "f": "1.5", "n": "", "s": null, "b": 1}$$);
SELECT bad_rows();
SELECT rows_of('json_rows', 'format json', '');
SELECT rows_of('json_rows', 'format json', E'\uFEFF \n');
-- A name that is there twice: the last one counts
SELECT rows_of('json_rows', 'json', '{"id":1,"id":null,"name":"a","name":"b"}');
-- A list of columns; names are as they are written, but with ignorecase
CREATE TABLE json_defaults (id int DEFAULT 7, "Name" text DEFAULT 'none', x int) USING redshift;
SELECT put_file('format_json.data', '{"id":1,"Name":"a","X":1,"x":2}{"ID":1,"NAME":"b"}');
SELECT 'file://' || :'dir' || '/format_json.data' AS file \gset
COPY json_defaults FROM :'file' WITH (json 'auto');
COPY json_defaults (x) FROM :'file' WITH (json 'auto');
TABLE json_defaults;
CREATE TABLE json_folded (id int, name text, x int) USING redshift;
SELECT rows_of('json_folded', 'json ''auto ignorecase''', '{"id":1,"Name":"a","X":1,"x":2}{"ID":1,"NAME":"b"}{"iD":null}');
-- Values as they stand in the file, but for the ends of lines
SELECT rows_of('json_folded', 'json', E'{"name" : [ 1 , "a  b" ,\n\t{"c":   [ ]\r\n}\n ] }{"name":1.2300e+01}{"name":false}');
-- Parameters of conversion
SELECT rows_of('json_rows', 'json, truncatecolumns, emptyasnull, roundec, timeformat ''epochsecs'', dateformat ''DD.MM.YYYY''',
	'{"name":"longer than it can be","n":1.005,"o":"","d":"31.12.2023","ts":1700000000}');
SELECT rows_of('json_rows', 'json, ignoreheader 2, acceptinvchars ''^''', convert_to(E'{"id":1,\n"id":2}\n', 'UTF8') || '\x7b226e616d65223a2261ff62c3227d');

-- Paths in both notations
SELECT put_file('paths_dots', '{"jsonpaths": ["$.a", "$.b.c[1]", "$.b.c[1].d", "$.b"]}');
SELECT put_file('paths_brackets', convert_to($${"jsonpaths": ["$['a']", "$['b']['c'][1]", "$['b'][\"c\"][1]['d']", "$['b']"]}$$, 'UTF8'));
SELECT put_file('paths_array', '{"jsonpaths": ["$[0]", "$[2]", "$[1].x", "$"]}');
CREATE TABLE json_paths (a int, b text, c text, d jsonb) USING redshift;
SELECT rows_of('json_paths', 'json ''file://paths_dots''', $$
{"a": 1, "b": {"c": [0, {"d": "x"}, 2]}} {"b": null, "a": 2} {"a": 3, "b": {"c": null}}$$);
SELECT rows_of('json_paths', 'json ''file://paths_brackets''', '{"a": 1, "b": {"c": [0, {"d": "x"}, 2]}} ');
SELECT rows_of('json_paths', 'json ''file://paths_array''', '[1,{"x":[5]},"c"][2, {}, null, {"a": 3}]');
-- which do not fit
SELECT rows_of('json_paths', 'json ''file://paths_dots'', maxerror 10', $$
{"a": 1, "b": {"c": [0]}}
{"a": 2, "b": {"c": {"d": 1}}}
{"a": 3, "b": 1}
{"a": 4, "b": {}}
[5]
$$);
SELECT bad_rows();
-- Files of paths: another name stands for auto; what is wrong in others
CREATE FUNCTION paths(expressions text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT put_file('paths', convert_to(expressions, 'UTF8'));
	SELECT rows_of('json_paths', 'json ''file://paths''', '{"a":1, "b":2}') $$;
SELECT paths('{"paths": ["$.b"]}');
SELECT paths(p) FROM unnest(array['', '[]', '{"jsonpaths": {}}', '{"jsonpaths": []}', '{"jsonpaths": ["$.a"]} {}', '{"jsonpaths": ["$.a"]}',
	'{"jsonpaths": ["$.a", "", "$.c", "$.d"]}', '{"jsonpaths": ["$.a", 1, "$.c", "$.d"]}', '{"jsonpaths": ["a", "$.b", "$.c", "$.d"]}',
	'{"jsonpaths": ["$..a", "$.b", "$.c", "$.d"]}', '{"jsonpaths": ["$.*", "$.b", "$.c", "$.d"]}', '{"jsonpaths": ["$.a[*]", "$.b", "$.c", "$.d"]}',
	'{"jsonpaths": ["$.a[''b'']", "$.b", "$.c", "$.d"]}', '{"jsonpaths": ["$[''a", "$.b", "$.c", "$.d"]}', '{"jsonpaths": ["$.a[-1]", "$.b", "$.c", "$.d"]}',
	'{"jsonpaths": ["$.a[99999999999]", "$.b", "$.c", "$.d"]}']) p;

-- Whole rows
CREATE TABLE json_whole (s jsonb) USING redshift;
SELECT rows_of('json_whole', 'json ''noshred''', '{"a":{"b":[1.10,"\u00e9"]}} [1] {"a":1,"a":2}');
SELECT rows_of('json_paths', 'json ''noshred''', '{}');
SELECT rows_of('json_whole', 'json ''whole''', '{}');

-- What is no JSON: the next row is found, and lines are counted
SELECT rows_of('json_rows', 'json, maxerror 100', $${"id": 1}
junk {"id": 2},{"id": 3}
{"id": 4, }
{"id": 5 {"o":1}} {"id": 6}
{"id": 7, "name":"abc
{"id": 8}
{"id": 9
{"id": 10}
{"id": 11, "name": "\q"} {"id":nul}
{"id":01} {"id":1.} {"id":-} {"id":.5} {"id":1e} {'id':1} {"id":"\u12g4"}
{"id": [
  12}
}
{"id": 13}}
{"id":"x"}
{"id":1.0}
{"id": 99999999999}
{"name": "\u0000"}
{"name": "\ud800x"}
{"name": "\udc00x"}
{"name": "longer than it can be"}
{"s": 1e999999}
{"d": "2024-02-30"}
{"id": 14, "s": {"a": [{"b": 1}]}
$$);
SELECT bad_rows();
SELECT rows_of('json_rows', 'json', '{"name":"'::bytea || '\xe9'::bytea || '"}'::bytea);
-- Other encodings: UTF-16 of both orders, with a mark and without, and ISO 8859-1
SELECT rows_of('json_folded', 'json, encoding utf16', '\xfeff'::bytea || convert_utf16('{"id":1,"name":"äöü€"}'));
SELECT rows_of('json_folded', 'json, encoding utf16be', convert_utf16('{"id":2,"name":"äöü€"}'));
SELECT rows_of('json_folded', 'json, encoding utf16le, acceptinvchars', '\x7b0022006e0061006d00650022003a00220000d822007d00'::bytea);
SELECT rows_of('json_folded', 'json, encoding iso88591', convert_to('{"name":"äöü"}', 'LATIN1'));
-- Bounds: of depth, and of size
SELECT rows_of('json_paths', 'json', '{"d":' || repeat('[', 998) || repeat(']', 998) || '}') LIKE '(,,,[[[%' AS deep;
SELECT rows_of('json_paths', 'json', '{"d":' || repeat('[', 1001));
SELECT rows_of('json_folded', 'json', '{"id":1,"x":2,"name":"' || repeat('x', 4000000) || '"}') LIKE '(1,xxxx%x,2)' AS large;
SELECT left(rows_of('json_folded', 'json, maxerror 2', '{"name":"' || repeat('x', 4200000) || E'"}\n{"id":2}'), 10);
SELECT line_number, err_reason FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id();
SELECT left(rows_of('json_paths', 'json', '{"c":"' || repeat('x', 4200000) || E'"}\n{"id":2}'), 10);

-- In parts by workers the rows are the same, and lines have the same numbers
CREATE TABLE json_parts (id int, name text) USING redshift;
CREATE FUNCTION load_parts(workers int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('max_parallel_maintenance_workers', workers::text, true);
	TRUNCATE json_parts;
	EXECUTE format('COPY json_parts FROM %L WITH (json, maxerror 10)', 'file://' || current_setting('load.file') || '/format_json.data');
	RETURN (SELECT concat_ws(' ', count(*), sum(id), md5(string_agg(id || name, '' ORDER BY id))) FROM json_parts);
END $$;
SET client_min_messages = warning;
SELECT put_file('format_json.data', convert_to(string_agg(format('{"id":%s,"pad":"%s","name":"a }] [{\" %s"}', i, repeat('x', 4000), i), E'\n')
	|| E'\n{"id"\n' || E'{"id":0,"name":""}\n', 'UTF8')) FROM generate_series(1, 8500) i;
SELECT load_parts(0);
SELECT bad_rows();
SELECT load_parts(2);
SELECT bad_rows();
SELECT put_file('format_json.data', convert_to(string_agg(format(E'{"id":%s,"pad":"%s",\n"name":"a }] [{\\" %s"}', i, repeat('x', 4000), i), E'\n')
	|| E'\n{"id"\n' || E'{"id":0,"name":""}\n', 'UTF8')) FROM generate_series(1, 8500) i;
SELECT load_parts(2);
SELECT bad_rows();
SELECT put_file('format_json.data', '');
SET client_min_messages = warning;
DROP SCHEMA format_json CASCADE;
