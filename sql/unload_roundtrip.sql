-- What UNLOAD writes COPY reads back the same: every type, in every format.
\set VERBOSITY terse
\set QUIET on
SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE TYPE mood AS ENUM ('sad', 'o"k', 'häppy');
CREATE DOMAIN cents AS numeric(10,2) CHECK (value > -1000000);

CREATE TABLE kinds (
	id int8, flag bool, tiny int2, small int4, large int8, number oid, single float4, double float8,
	dec9 numeric(9,2), dec18 numeric(18,4), dec38 numeric(38,10), fraction numeric(4,4), hundreds numeric(3,-2), any_scale numeric,
	day date, clock time, wall timestamp, instant timestamptz, zoned timetz, span interval,
	words text, short varchar(40), fixed char(8), bytes bytea, key uuid, doc jsonb, raw_doc json, how mood, address inet,
	bits bit varying, ints int4range, price cents,
	numbers int4[], names text[], prices numeric(10,2)[], keys uuid[], flags bool[], times timestamp[]) USING redshift;
-- Least and greatest values that every format has, then NULLs, empty values, and others.
INSERT INTO kinds VALUES
	(-1, false, -32768, -2147483648, -9223372036854775808, 0, '-3.4028235e38', '-1.7976931348623157e308',
	-9999999.99, -99999999999999.9999, -9999999999999999999999999999.9999999999, -0.9999, -99900, -1e-30,
	'4713-01-01 BC', '00:00', '4713-01-01 BC', '4713-01-01 00:00+00 BC', '00:00+14', '-178000000 years',
	'', '', '', '', '00000000-0000-0000-0000-000000000000', 'null', 'null', 'sad', '0.0.0.0', '', 'empty', -999999.99,
	'{}', '{}', '{}', '{}', '{}', '{}'),
	(-2, true, 32767, 2147483647, 9223372036854775807, 4294967295, '3.4028235e38', '1.7976931348623157e308',
	9999999.99, 99999999999999.9999, 9999999999999999999999999999.9999999999, 0.9999, 99900, 1e30,
	'9999-12-31', '23:59:59.999999', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00', '24:00-14', '178000000 years',
	E'a,"b"|c''d\\e\nf\tg', E'"|\\\n,', 'äöü €', '\x00ff0a5c22', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
	'{"k": [1, "z\n", null], "ä": {"o": {}}}', '{"a" :  1}', 'häppy', 'fe80::1/64', '1010', '[1,)', 99999999.99,
	'{2147483647,NULL,-2147483648}', '{"",NULL,"NULL","a,\"b\\|{}","ä
"}', '{99999999.99,NULL,-0.01}', '{ffffffff-ffff-ffff-ffff-ffffffffffff,NULL}',
	'{t,NULL,f}', '{9999-12-31 23:59:59.999999,NULL,0001-01-01}');
INSERT INTO kinds (id) VALUES (-3);
INSERT INTO kinds (id, single, double, clock) VALUES (-4, 'NaN', 'NaN', '24:00'), (-5, 'Infinity', '-Infinity', '12:00'), (-6, '-0', '-0', '1:00');
-- Columns of few values, of many, and of NULLs among them.
INSERT INTO kinds SELECT i, i % 3 = 0, i % 100, i * 7919 % 60000, i * 100000007::int8, i, i / 8.0, sqrt(i),
	i / 100.0, i * 1234.5678, i * 98765432109876543.0123456789, i % 9000 / 10000.0, i % 999 * 100, i / 3.0,
	date '1999-12-31' + i, time '00:00' + i * interval '1.000001 s', timestamp '1969-12-31' + i * interval '1 hour 1 us',
	timestamptz '2024-01-01 00:00+00' + i * interval '1 s', timetz '12:00+01' + i * interval '1 s', i * interval '1 day 1 s',
	CASE WHEN i % 2 = 0 THEN repeat('x', i % 200) || i END, 'v' || i % 10, 'c' || i % 4000, decode(md5(i::text), 'hex'), md5(i::text)::uuid,
	CASE WHEN i > 1000 THEN jsonb_build_object('i', i, 'l', jsonb_build_array(i % 7, 'x')) END, to_json(i), (enum_range(NULL::mood))[1 + i % 3],
	inet '10.0.0.0' + i, i::bit(16), int4range(i, i + 5), i,
	CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '{}' WHEN 2 THEN ARRAY[i, NULL, i % 10] ELSE (SELECT array_agg(n) FROM generate_series(1, i % 40) n) END,
	CASE i % 3 WHEN 0 THEN ARRAY['x' || i % 10, NULL, 'y' || i] WHEN 1 THEN ARRAY[NULL::text] END, ARRAY[i / 4.0, NULL], ARRAY[md5(i::text)::uuid],
	ARRAY[i % 2 = 0], ARRAY[timestamp '2000-01-01' + i * interval '1 min', NULL]
	FROM generate_series(1, 4000) i;

CREATE FUNCTION round_trip(columns text, unload jsonb, load text) RETURNS TABLE (rows int8, wrong int8) LANGUAGE plpgsql AS $$
DECLARE
	url text := 'file://' || current_setting('data_directory') || '/roundtrip_';
BEGIN
	PERFORM redshift.unload('SELECT ' || columns || ' FROM kinds', url, unload || '{"cleanpath": true}');
	EXECUTE 'CREATE TABLE copy_of_kinds USING redshift AS SELECT ' || columns || ' FROM kinds WHERE false';
	EXECUTE format('COPY copy_of_kinds FROM %L WITH (%s)', url, load);
	RETURN QUERY EXECUTE 'SELECT count(*), count(*) FILTER (WHERE k IS DISTINCT FROM c) FROM
		(SELECT id, q::text AS k FROM (SELECT ' || columns || ' FROM kinds) q) a FULL JOIN (SELECT id, q::text AS c FROM copy_of_kinds q) b USING (id)';
	DROP TABLE copy_of_kinds;
END $$;

SELECT * FROM round_trip('*', '{"format": "parquet"}', 'format parquet');
-- A field of text that is empty is NULL but for characters, and NULL of json is that of JSON.
UPDATE kinds SET bytes = nullif(bytes, ''), bits = nullif(bits, ''), doc = coalesce(doc, 'null'), raw_doc = coalesce(raw_doc, 'null')
	WHERE id < 0 OR doc IS NULL;
SELECT * FROM round_trip('*', '{"format": "csv", "null as": "\\N"}', $$format csv, null '\N'$$);
SELECT * FROM round_trip('*', '{"escape": true, "null as": "\\N"}', $$escape, null '\N'$$);
SELECT * FROM round_trip('*', '{"addquotes": true, "escape": true, "null as": "\\N"}', $$removequotes, escape, null '\N'$$);
-- NULL of JSON is NULL.
UPDATE kinds SET doc = nullif(doc, 'null'), raw_doc = CASE WHEN raw_doc::text <> 'null' THEN raw_doc END WHERE doc = 'null' OR raw_doc::text = 'null';
SELECT * FROM round_trip('*', '{"format": "json"}', 'json');
DROP TABLE kinds;
DROP TYPE mood;
DROP DOMAIN cents;
DROP FUNCTION round_trip;
