-- Files that a manifest lists, and what is wrong with manifests.
SELECT current_setting('data_directory') || '/load_manifest' AS dir \gset
\set file_dir 'file://' :dir
CREATE TABLE loaded (i int, s text) USING redshift;
CREATE FUNCTION put(name text, content text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('COPY (SELECT %L) TO %L', content, current_setting('data_directory') || '/' || name);
END $$;
-- COPY makes no directories.
SELECT redshift.unload('SELECT 1, ''a''', :'file_dir' || '/one', '{"format": "csv", "parallel": "off"}');
SELECT redshift.unload('SELECT 2, ''b''', :'file_dir' || '/two', '{"format": "csv", "parallel": "off"}');
CREATE FUNCTION pg_temp.load(manifest text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	dir text := current_setting('data_directory') || '/load_manifest';
	message text;
	detail text;
	context text;
BEGIN
	PERFORM put('load_manifest/manifest', replace(manifest, '@', 'file://' || dir));
	TRUNCATE loaded;
	EXECUTE format('COPY loaded FROM %L WITH (format csv, manifest)', 'file://' || dir || '/manifest');
	RETURN (SELECT string_agg(i || s, ',' ORDER BY i) FROM loaded);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
	RETURN replace(concat_ws('; ', message, nullif(detail, ''), substring(context FROM '(?:entry \d+ of )?manifest')), dir, '@');
END $$;
SELECT name, pg_temp.load(manifest) FROM (VALUES
	(1, 'two files', '{"entries": [{"url": "@/two000", "mandatory": true}, {"url": "@/one000"}]}'),
	(2, 'one that is not there', '{"entries": [{"url": "@/none"}, {"url": "@/one000", "mandatory": false}]}'),
	(3, 'and must be', '{"entries": [{"url": "@/one000"}, {"url": "@/none", "mandatory": true}]}'),
	(4, 'none of them', '{"entries": [{"url": "@/none"}]}'),
	(5, 'no entries', '{"entries": []}'),
	(6, 'its size', '{"entries": [{"url": "@/one000", "meta": {"content_length": 4}, "more": [1]}], "schema": {}}'),
	(7, 'another size', '{"entries": [{"url": "@/one000", "meta": {"content_length": 5}}]}'),
	(8, 'twice', '{"entries": [{"url": "@/one000"}, {"url": "@/one000"}]}'),
	(9, 'not a prefix', '{"entries": [{"url": "@/one"}, {"url": "@/two000"}]}'),
	(10, 'elsewhere', '{"entries": [{"url": "s3://bucket/one"}]}'),
	(11, 'no URL', '{"entries": [{"name": "x"}]}'),
	(12, 'a number', '{"entries": [{"url": 1}]}'),
	(13, 'an entry that is none', '{"entries": ["@/one000"]}'),
	(14, 'entries that are none', '{"entries": {"url": "@/one000"}}'),
	(15, 'an array', '[{"url": "@/one000"}]'),
	(16, 'mandatory how', '{"entries": [{"url": "@/one000", "mandatory": "yes"}]}'),
	(17, 'size how', '{"entries": [{"url": "@/one000", "meta": {"content_length": -1}}]}'),
	(18, 'no JSON', '{"entries": [{"url": "@/one000"'),
	(19, 'nothing', '')) v(n, name, manifest) ORDER BY n;
-- What UNLOAD lists
SELECT redshift.unload('SELECT i, ''x'' FROM generate_series(1, 5) i', :'file_dir' || '/un_', '{"format": "csv", "manifest": "verbose"}');
SELECT :'file_dir' || '/un_manifest' AS manifest, :'file_dir' || '/none' AS none \gset
TRUNCATE loaded;
COPY loaded FROM :'manifest' WITH (format csv, manifest);
SELECT count(*), sum(i) FROM loaded;
\set VERBOSITY sqlstate
COPY loaded FROM :'none' WITH (format csv, manifest);
DROP TABLE loaded;
DROP FUNCTION put;
